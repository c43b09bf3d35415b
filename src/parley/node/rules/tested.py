"""Tests of a line by what the logs show: results, ages, schedules, what was missed (NORMS 3).

Rules:
- A test is good when the addressee's own log answers it in time and repeats what it was given: by
  the node for a machine's test, by a person at a post of the agreement for a person's.
- Its sender measures the way there and back: once the sender wrote that no answer came, it failed,
  whatever date an answer bears that comes later.
- One that whoever looks held well before its date tests nothing: its writer may be long dead.
- The schedule goes from test to test, by the log alone: a restart changes nothing.

What does not live here: who writes tests and what is missed (`line_tests`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from parley.node.entries import Entry, MessageAnswered, MessageSaid
from parley.node.indexes import MACHINE_TEST, PERSON_TEST
from parley.node.line_bodies import TestKind
from parley.node.rules.agreements import clauses_for, posts_of
from parley.node.rules.line_evidence import AHEAD_US, SYSTEM, Sight, came_early, hours_of
from parley.node.state import Key, Scope, Thread, key_of, rank_of, written_us
from parley.world.agreement import Agreement, Line
from parley.world.clauses import LineTest
from parley.world.norms import norms
from parley.world.watch_hours import WatchHours

TEST_EVERY_LEAST_US = 60 * 1_000_000
"""No text makes a node test a line more often: a test must be over before the next."""
TYPE_OF: dict[TestKind, str] = {"machine": MACHINE_TEST, "person": PERSON_TEST}


class TestSeen(msgspec.Struct, frozen=True, kw_only=True):
    """One test of one addressee: when it was known, and from when on which result was.

    `failed_us`: its sender wrote that no answer had come, or what was answered is not good.
    `own`: whoever looks sent it itself, and writes down when no answer came: without that, nothing
    has failed yet.
    """

    __test__ = False

    key: Key
    said_us: int
    known_us: int
    due_us: int
    good_us: int | None = None
    good_known_us: int | None = None
    good_by: Key | None = None
    failed_us: int | None = None
    own: bool = False

    def result(self, at_us: int) -> bool | None:
        """Return whether it was good by what was known at an instant; None: nothing is yet."""
        if self.known_us > at_us:
            return None
        if self.failed_us is not None and self.failed_us <= at_us:
            return False
        if self.good_known_us is not None and self.good_known_us <= at_us:
            return True
        return False if at_us > self.due_us and not self.own else None


class TestAge(msgspec.Struct, frozen=True, kw_only=True):
    """Tests of one kind one way: the word, when the last good one was, and what was missed.

    `good_by`: the answer of the last good test. `last_us`: when the newest was sent. `due_us`: when
    the next is due; None: none is owed. `missed`: how many were due since the newest.
    """

    __test__ = False

    kind: TestKind
    word: str
    good_us: int | None = None
    good_by: Key | None = None
    last_us: int | None = None
    due_us: int | None = None
    missed: int = 0


def period_us(agreement: Agreement, line: Line, kind: TestKind, at_us: int | None = None) -> int:
    """Return how often a line is tested: what the agreement's clause or the line says, else norms.

    What they say is about the test by people; the machines' is never rarer than that.
    """
    every_s: float | None = line.test_every_s
    for clause in clauses_for(agreement, LineTest, line.parties, at_us):
        every_s = clause.every_s
    clocks = norms().line
    if kind == "person":
        found_s = every_s or clocks.person_test_every_s
    else:
        found_s = min(clocks.machine_test_every_s, every_s or clocks.machine_test_every_s)
    return max(round(found_s * 1_000_000), TEST_EVERY_LEAST_US)


def grace_us(kind: TestKind) -> int:
    """Return how long after its time a test may still come before it was missed."""
    clocks = norms().line
    return (clocks.test_grace_s if kind == "machine" else clocks.person_test_grace_s) * 1_000_000


def is_machine_test(body: MessageSaid, by: str) -> bool:
    """Whether a message is a machine's test and nothing else: no words for a person go with it.

    What only bears the name is an ordinary message: it is shown, and no machine answers it.
    """
    bare = not body.text and set(body.fields) == {"nonce"} and not body.life_safety
    plain = body.subject in ("", MACHINE_TEST) and body.message_class == "ROUTINE"
    return body.message_type == MACHINE_TEST and by == SYSTEM and bare and plain


def tests_of(
    agreement: Agreement,
    scope: Scope,
    line: Line,
    way: tuple[str, str],
    kind: TestKind,
    sight: Sight,
) -> Iterator[TestSeen]:
    """Yield the tests of a kind by which one end tested another, newest first.

    What was read of a test once is kept until more is known of it: whoever looks for the last good
    one may have to go back for years.
    """
    sender, receiver = way
    posts = posts_of(agreement, receiver)
    table = scope.index.tested.get((line.id, sender, TYPE_OF[kind]), [])
    kept = _kept(scope, f"tests {line.id} {sender} {receiver} {kind}", posts, sight)
    for _, key in reversed(table):
        thread = scope.threads.get(key)
        if thread is None:
            continue
        size = len(thread.answers) + len(thread.overdue)
        known = kept.get(key)
        if known is None or known[0] != size:
            said = thread.said
            early = said and came_early(scope, said, sight.viewer, written_us(said))
            seen = None if early else _test_seen(thread, receiver, kind, posts, sight)
            # As long as our logs do not say when it came, it is looked at again.
            kept[key] = known = (-1 if early is None else size, seen)
        if known[1] is not None:
            yield known[1]


_Kept = dict[Key, tuple[int, TestSeen | None]]


def _kept(scope: Scope, name: str, posts: tuple[str, ...], sight: Sight) -> _Kept:
    """Return what was read of tests before, by whoever looks now."""
    views = scope.index.views if sight.known is None else sight.views
    since, kept = views.get(name, (None, None))
    if since != posts or not isinstance(kept, dict):
        kept = {}
        views[name] = (posts, kept)
    return kept


def _test_seen(
    thread: Thread, receiver: str, kind: TestKind, posts: tuple[str, ...], sight: Sight
) -> TestSeen | None:
    said = thread.said
    if said is None or receiver not in said.to or (said.by == SYSTEM) != (kind == "machine"):
        return None
    known_us = sight.since_us(said)
    if known_us is None or (kind == "machine" and not is_machine_test(thread.body, said.by)):
        return None
    said_us = written_us(said)
    within_us = answered_us()
    due_us = thread.body.answer_due_us
    due_us = said_us + within_us if due_us is None else due_us
    reply = _reply(thread, receiver)
    overdue = thread.overdue.get((receiver, "answer"))
    failed_us = sight.since_us(overdue) if overdue is not None else None
    seen = TestSeen(
        key=thread.key,
        said_us=said_us,
        known_us=known_us,
        due_us=due_us,
        failed_us=failed_us,
        own=said.log.party == sight.viewer,
    )
    reply_known_us = sight.since_us(reply) if reply is not None else None
    if reply is None or reply_known_us is None:
        return seen
    # Inside the test's own time, wherever the other end's clock stands.
    good_us = min(max(written_us(reply), said_us), due_us)
    known_us = good_us if sight.known is None else reply_known_us
    if not _is_good(thread, reply, kind, posts, due_us):
        return msgspec.structs.replace(seen, failed_us=min(failed_us or known_us, known_us))
    return msgspec.structs.replace(
        seen, good_us=good_us, good_known_us=known_us, good_by=key_of(reply)
    )


def answered_us() -> int:
    """Return the time that a test gives for its answer where it says none itself."""
    found = next((k.answered_s for k in norms().types if k.name == MACHINE_TEST), None)
    return (found or 60) * 1_000_000


def _reply(thread: Thread, receiver: str) -> Entry | None:
    """Return the first answer in the addressee's log that ends a test, good or not."""
    found = [
        entry
        for entry in thread.answers.values()
        if entry.log.party == receiver
        and isinstance(entry.body, MessageAnswered)
        and entry.body.answer != "STANDBY"
        and entry.ref[0].leaf == thread.leaf
    ]
    return min(found, key=rank_of, default=None)


def _is_good(
    thread: Thread, reply: Entry, kind: TestKind, posts: tuple[str, ...], due_us: int
) -> bool:
    """Whether an answer repeats in time what was given, by the right one of the two.

    A person's test is answered by a person at a post of the agreement; a machine's by the node.
    """
    body = reply.body
    assert isinstance(body, MessageAnswered)
    by = reply.by == SYSTEM if kind == "machine" else reply.by in posts
    in_time = written_us(reply) <= due_us + AHEAD_US
    names = ("nonce",) if kind == "machine" else thread.body.read_back
    said = thread.body.fields
    same = all(name in said and said[name] == body.fields.get(name) for name in names)
    return by and in_time and same and body.answer in ("REPLY", "ROGER")


def missed_since(
    from_us: int, every_us: int, grace: int, at_us: int, hours: WatchHours | None
) -> tuple[int, int, int]:
    """Return when the first test after one is due, how many were missed, and when the last was due.

    Args:
        from_us: the test, or since when tests are owed.
        every_us: how often.
        grace: how long after its time each may still come.
        at_us: the instant.
        hours: of the watch; a test by people is due when somebody is there. None: always.
    """
    due_us = from_us + every_us
    if hours is None or not hours.spans:
        late_us = at_us - grace - due_us
        missed = (late_us - 1) // every_us + 1 if late_us > 0 else 0
        return due_us, missed, due_us + max(missed - 1, 0) * every_us
    first_us = due_us = last_us = hours.next_open_us(due_us)
    missed = 0
    while due_us + grace < at_us:
        missed, last_us = missed + 1, due_us
        due_us = hours.next_open_us(due_us + every_us)
    return first_us, missed, last_us


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """How often tests of a kind are due one way, and since when; None: they are not owed."""

    kind: TestKind
    every_us: int
    since_us: int | None
    hours: WatchHours | None = None


def schedule_of(
    agreement: Agreement,
    line: Line,
    kind: TestKind,
    since_us: int | None,
    at_us: int | None = None,
) -> Schedule:
    """Return the schedule of a line's tests of a kind; people test within the hours of the line."""
    hours = hours_of(line) if kind == "person" else None
    every_us = period_us(agreement, line, kind, at_us)
    return Schedule(kind=kind, every_us=every_us, since_us=since_us, hours=hours)


def test_age(tests: Iterable[TestSeen], schedule: Schedule, at_us: int) -> TestAge:
    """Return the word and ages of the tests of one kind one way, newest first, at an instant.

    One missed test alarms, two missed make it unverified; a failed one does at once (NORMS 3).
    """
    newest: bool | None = None
    good: TestSeen | None = None
    sent: TestSeen | None = None
    for seen in tests:
        if seen.known_us > at_us or seen.said_us > at_us + AHEAD_US:
            continue
        sent = sent or seen
        result = seen.result(at_us)
        newest = result if newest is None else newest
        if result:
            good = seen
            break
    every_us, grace, hours = schedule.every_us, grace_us(schedule.kind), schedule.hours
    due_us, missed = None, 0
    if schedule.since_us is not None:
        from_us = max(sent.said_us, schedule.since_us) if sent else schedule.since_us
        due_us, missed, _ = missed_since(from_us, every_us, grace, at_us, hours)
    word = "never" if newest is None else "unverified"
    if good is not None and newest:
        _, since_good, _ = missed_since(good.said_us, every_us, grace, at_us, hours)
        word = "verified" if since_good < 2 else "unverified"
    return TestAge(
        kind=schedule.kind,
        word=word,
        good_us=good.good_us if good is not None else None,
        good_by=good.good_by if good is not None else None,
        last_us=sent.said_us if sent is not None else None,
        due_us=due_us,
        missed=missed,
    )


# ---- tests under the rules before version 3 ------------------------------------------------------


def results_of_tests(scope: Scope, line: Line, now_us: int) -> list[tuple[int, bool]]:
    """Return the tests of a line with a result by now, oldest first: when it was known, and good.

    A test is good when an addressee answered in time and read back what it was given; it has failed
    once its time passed without that. Only what one end of the line sends another tests it.
    """
    results = []
    for key in scope.index.tests.get(line.id, ()):
        thread = scope.threads[key]
        if thread.said is None or thread.said.log.party not in line.parties:
            continue
        for party in thread.said.to:
            result = _test_result(thread, party, now_us) if party in line.parties else None
            if result is not None:
                results.append(result)
    return sorted(results)


def _test_result(thread: Thread, party: str, now_us: int) -> tuple[int, bool] | None:
    due_us = thread.body.answer_due_us
    replies = [
        e
        for e in sorted(thread.answers.values(), key=key_of)
        if e.log.party == party
        and isinstance(e.body, MessageAnswered)
        and e.body.answer in ("REPLY", "ROGER")
        and e.ref[0].leaf == thread.leaf
        and written_us(e) <= now_us
    ]
    if replies and (due_us is None or written_us(replies[0]) <= due_us):
        body = replies[0].body
        assert isinstance(body, MessageAnswered)
        matched = all(
            thread.body.fields.get(name) == body.fields.get(name) for name in thread.body.read_back
        )
        return written_us(replies[0]), matched
    if due_us is not None and now_us > due_us:
        return due_us, False
    return None


def test_word_before(
    scope: Scope, agreement: Agreement, line: Line, now_us: int
) -> tuple[str, int | None]:
    """Return never, verified or unverified; and when the last good test was."""
    results = results_of_tests(scope, line, now_us)
    good = [at_us for at_us, well in results if well]
    last_good_us = good[-1] if good else None
    if not results:
        return "never", None
    every_s = line.test_every_s or norms().line.person_test_every_s
    for clause in clauses_for(agreement, LineTest, line.parties, now_us):
        every_s = clause.every_s
    # One missed test alarms, two missed make it unverified; a failed one does at once (NORMS 3).
    recent = last_good_us is not None and now_us - last_good_us <= 2 * every_s * 1_000_000
    return ("verified" if results[-1][1] and recent else "unverified"), last_good_us
