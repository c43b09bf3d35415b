"""Line tests of both kinds, on schedule, both ways; alarm on the first silence (NORMS 3).

Rules:
- Each end tests the others: its node every hour, a person at its post every twelve, or as the
  agreement says. A machine's test is answered by the other node, a person's by a person there.
- What is due is read from the logs, from test to test: a restart neither repeats nor forgets one.
- A test that another end owed and did not make is written down once per period, whether the link
  is up or not: a line dies silently. An own test that nobody answers is overdue, as any message.
- A machine's test and its answer are "system"'s: nobody's presence, use of the line or answer.

What does not live here: results and ages (`tested`), the alarms that follow (`alarms`).
"""

from __future__ import annotations

import bisect
import hashlib
from collections.abc import Callable, Iterator

import msgspec

from parley.node.entries import Draft, Entry, MessageAnswered, MessageSaid
from parley.node.indexes import MACHINE_TEST, PERSON_TEST
from parley.node.inputs import Say, TestLine
from parley.node.line_bodies import TEST_KINDS, LineTestMissed, TestKind
from parley.node.rules.agreements import adopted_agreement, check_own_post, line_of
from parley.node.rules.line_evidence import (
    AHEAD_US,
    LINE_DUTIES_SINCE,
    SYSTEM,
    WHOLE,
    Sight,
    act_on,
    agreed_since_us,
    came_early,
    caught_up,
    next_effect_us,
)
from parley.node.rules.lines import first_look_us, owed_since_us
from parley.node.rules.saying import say
from parley.node.rules.tested import (
    TYPE_OF,
    Schedule,
    answered_us,
    grace_us,
    is_machine_test,
    missed_since,
    period_us,
    schedule_of,
    tests_of,
)
from parley.node.state import Key, Scope, State, key_of, written_us
from parley.world.agreement import Agreement, Line
from parley.world.faults import InputFault
from parley.world.time import US_MAX, datetime_from_us

ANSWERED_EVERY_US = 300 * 1_000_000
"""Of one peer's machine tests on a line no more than one in so long is answered: each answer is an
entry of ours, and a peer must not make us write without end."""
FIRST_US = 300 * 1_000_000
"""After both have agreed, the first machine test waits so long, or until the first by a person of
ours: whoever sets up a line is still at it."""
NOTED_US = 60 * 1_000_000
NOTED_MAX = 1_440
"""How closely, and how often, it is remembered how long the logs of the others were: for a day."""
START_US = 120 * 1_000_000
"""After a start the links come up and bring what was written meanwhile: nothing is missed yet."""
_WORDS = (
    "ALFA", "BRAVO", "CHARLIE", "DELTA", "ECHO", "FOXTROT", "GOLF", "HOTEL", "INDIA", "JULIETT",
    "KILO", "LIMA", "MIKE", "NOVEMBER", "OSCAR", "PAPA", "QUEBEC", "ROMEO", "SIERRA", "TANGO",
    "UNIFORM", "VICTOR", "WHISKEY", "XRAY", "YANKEE", "ZULU",
)  # fmt: skip
_WORDS_IN_NONCE = 4


class TestDue(msgspec.Struct, frozen=True, kw_only=True):
    """A test by a person that this party owes: on which line, to whom, by which post, since when.

    `late`: its grace is over too; the other end may have written it as missed.
    """

    __test__ = False

    agreement: str
    line: str
    to: str
    post: str
    due_us: int
    late: bool


# ---- what is due ---------------------------------------------------------------------------------


def due(state: State, now_us: int) -> list[Draft]:
    """Return the tests that are due, the machine's answers, and what was missed.

    Looked at when something new is held, or when time alone may have made something due.
    """
    first_look_us(state, now_us)
    if rests_until_us(state, now_us) is not None:
        return []
    _note_sizes(state, now_us)
    drafts: list[Draft] = []
    for agreement, line in _own_lines(state):
        if agreement.in_force(now_us):
            drafts += _machine_test(state, agreement, line, now_us)
        drafts += _answers(state, agreement, line, now_us)
        drafts += _missed(state, agreement, line, now_us)
    if not drafts:
        later = [us for us in next_due_us(state, now_us) if us > now_us]
        state.views["line tests"] = (_held(state), range(now_us, min(later, default=US_MAX)))
    return drafts


def rests_until_us(state: State, now_us: int) -> int | None:
    """Return until when nothing is due if nothing new is held; None: nobody has looked since."""
    kept = state.views.get("line tests")
    if kept is None or not isinstance(kept[1], range) or now_us not in kept[1]:
        return None
    return kept[1].stop if kept[0] == _held(state) else None


def _held(state: State) -> tuple[tuple[int, int], ...]:
    """Return what changes whenever anything new is held of a line that this party is an end of."""
    scopes = [state.scope(name) for name in state.agreements]
    return tuple(
        (
            sum(log.tree.size for log in scope.logs.values() if log.name.kind == "line"),
            len(scope.ahead.held),
        )
        for scope in scopes
    )


def next_due_us(state: State, now_us: int) -> Iterator[int]:
    """Yield the instants, not all later than now, at which time alone makes a test due."""
    for agreement, line in _own_lines(state):
        if agreement.valid is not None:
            yield from (agreement.valid.from_us, agreement.valid.to_us + 1)
        effect_us = next_effect_us(state.scope(agreement.id), line.id, now_us)
        yield from () if effect_us is None else (effect_us,)
        yield from _machine_due_us(state, agreement, line, now_us).values()
        for party in _others(state, line):
            for kind in TEST_KINDS:
                way, schedule = _owed(state, agreement, line, party, kind, now_us)
                if schedule.since_us is None:
                    continue
                next_us, count, last_us = _missed_by(state, agreement, line, way, schedule, now_us)
                if count:
                    next_us = last_us + schedule.every_us
                hours = schedule.hours
                next_us = hours.next_open_us(next_us) if hours is not None else next_us
                yield next_us + grace_us(kind) + 1
    yield first_look_us(state, now_us) + START_US


def tests_due(state: State, now_us: int) -> tuple[TestDue, ...]:
    """Return the tests by a person that this party owes now and has not made, oldest first."""
    found = []
    for agreement, line in _own_lines(state):
        post = next(end.post for end in line.ends if end.party == state.party)
        for party in _others(state, line):
            way = (state.party, party)
            since_us = owed_since_us(state, agreement, line, way, now_us, Sight(state.party))
            schedule = schedule_of(agreement, line, "person", since_us, now_us)
            if since_us is None:
                continue
            due_us, missed, _ = _missed_by(state, agreement, line, way, schedule, now_us)
            if due_us <= now_us:
                found.append(
                    TestDue(
                        agreement=agreement.id,
                        line=line.id,
                        to=party,
                        post=post,
                        due_us=due_us,
                        late=missed > 0,
                    )
                )
    return tuple(sorted(found, key=lambda each: (each.due_us, each.agreement, each.line, each.to)))


def _own_lines(state: State) -> Iterator[tuple[Agreement, Line]]:
    """Yield the lines of which this party is an end, under rules that know tests of two kinds."""
    for _, agreement in sorted(state.agreements.items()):
        if agreement.rules_version < LINE_DUTIES_SINCE:
            continue
        for line in agreement.lines:
            if state.party in line.parties:
                yield agreement, line


def _others(state: State, line: Line) -> list[str]:
    """Return the other ends that have a node which this one knows."""
    return [p for p in line.parties if p != state.party and p in state.identity.peers]


# ---- the machine's test --------------------------------------------------------------------------


def _machine_due_us(state: State, agreement: Agreement, line: Line, now_us: int) -> dict[str, int]:
    """Return when our machine's next test of each other end is due.

    A suspended line is tested too, a withdrawn one not, nor one that is not agreed.
    """
    scope, sight = state.scope(agreement.id), Sight(state.party)
    every_us = period_us(agreement, line, "machine", now_us)
    found = {}
    for party in _others(state, line):
        since_us = agreed_since_us(scope, (state.party, party), now_us, sight)
        acts = [
            act_on(scope, where, end, now_us, sight, state=state)
            for end in (state.party, party)
            for where in (line.id, WHOLE)
        ]
        if since_us is None or any(act and act.body.value == "withdrawn" for act in acts):
            continue
        last_us = _last_machine_us(state, agreement, line, party)
        first_us = since_us + min(every_us, FIRST_US)
        if scope.index.tested.get((line.id, state.party, PERSON_TEST)):
            # Whoever tests a line wants to know it now.
            first_us = since_us
        found[party] = first_us if last_us is None else last_us + every_us
    return found


def _last_machine_us(state: State, agreement: Agreement, line: Line, party: str) -> int | None:
    """Return when our machine last tested an end."""
    scope = state.scope(agreement.id)
    for at_us, key in reversed(scope.index.tested.get((line.id, state.party, MACHINE_TEST), [])):
        said = scope.threads[key].said
        if said is not None and party in said.to:
            return at_us
    return None


def _machine_test(state: State, agreement: Agreement, line: Line, now_us: int) -> list[Draft]:
    """Return our machine's test of the other ends, if it is due to one of them."""
    due_us = _machine_due_us(state, agreement, line, now_us)
    if not any(now_us >= us for us in due_us.values()):
        return []
    # One message for all whose turn it nearly is.
    half_us = period_us(agreement, line, "machine", now_us) // 2
    to = tuple(party for party, us in due_us.items() if now_us >= us - half_us)
    nonce = _seed(state, agreement, line, now_us).hex()[:32]
    body = MessageSaid(
        line=line.id,
        message_type=MACHINE_TEST,
        message_class="ROUTINE",
        subject=MACHINE_TEST,
        fields={"nonce": nonce},
        answers=("REPLY",),
        answer_due_us=now_us + answered_us(),
    )
    return [Draft(agreement=agreement.id, by=SYSTEM, to=to, body=body)]


def _seed(state: State, agreement: Agreement, line: Line, now_us: int) -> bytes:
    """Return bytes that no earlier test had: from the head of our own log, the line, the time.

    Nobody need be unable to guess them: an answer names the hash of the test that it answers.
    """
    log = state.log(state.own_log(agreement.id, "line", datetime_from_us(now_us).year).origin)
    text = f"{log.name.origin}|{log.head.size}|{log.head.root}|{line.id}|{now_us}"
    return hashlib.sha256(text.encode()).digest()


def _answers(state: State, agreement: Agreement, line: Line, now_us: int) -> list[Draft]:
    """Return our machine's answers to the tests of the other ends that are in time."""
    scope, drafts = state.scope(agreement.id), []
    for party in _others(state, line):
        key = _unanswered(state, agreement, line, party, now_us)
        if key is None:
            continue
        thread = scope.threads[key]
        assert thread.said is not None
        nonce = thread.body.fields["nonce"]
        drafts.append(
            Draft(
                agreement=agreement.id,
                by=SYSTEM,
                to=(party,),
                ref=(state.reference(key),),
                status=thread.said.status,
                audience=thread.said.audience,
                body=MessageAnswered(answer="REPLY", post=SYSTEM, fields={"nonce": nonce}),
            )
        )
    return drafts


def _unanswered(
    state: State, agreement: Agreement, line: Line, party: str, now_us: int
) -> Key | None:
    """Return the newest machine test of an end that wants our answer; None: none, or too soon."""
    scope = state.scope(agreement.id)
    wait_us = min(ANSWERED_EVERY_US, period_us(agreement, line, "machine", now_us) // 2)
    tested = scope.index.tested.get((line.id, party, MACHINE_TEST), [])
    found: Key | None = None
    start = bisect.bisect_left(tested, (now_us - wait_us,))
    end = bisect.bisect_left(tested, (now_us + AHEAD_US + 1,))
    for _, key in tested[start:end]:
        thread = scope.threads[key]
        said = thread.said
        if said is None or state.party not in said.to:
            continue
        if any(entry.log.party == state.party for entry in thread.answers.values()):
            return None
        due_us = thread.body.answer_due_us
        in_time = written_us(said) <= now_us + AHEAD_US and not _held_long(state, scope, said)
        in_time = in_time and (due_us is None or now_us <= due_us + AHEAD_US)
        ours = is_machine_test(thread.body, said.by) and "REPLY" in thread.body.answers
        if in_time and ours:
            found = key
    return found


def _note_sizes(state: State, now_us: int) -> None:
    """Remember since when each line log of the others is as long as it is: volatile."""
    for name in state.agreements:
        for origin, log in state.scope(name).logs.items():
            if log.name.kind != "line" or log.name.party == state.party:
                continue
            sizes, since_us = _noted(state, origin)
            if sizes and (sizes[-1] >= log.tree.size or 0 <= now_us - since_us[-1] < NOTED_US):
                sizes[-1] = max(sizes[-1], log.tree.size)
                continue
            sizes.append(log.tree.size)
            since_us.append(now_us)
            del sizes[:-NOTED_MAX], since_us[:-NOTED_MAX]


def _noted(state: State, origin: str) -> tuple[list[int], list[int]]:
    sizes, since_us = state.views.setdefault(f"sizes {origin}", ([], []))
    assert isinstance(sizes, list)
    assert isinstance(since_us, list)
    return sizes, since_us


def _held_long(state: State, scope: Scope, said: Entry) -> bool:
    """Whether a test was here well before its date: whoever wrote it may be long dead.

    Our logs say so, or else what this node remembers since its start.
    """
    if came_early(scope, said, state.party, written_us(said)):
        return True
    sizes, since_us = _noted(state, said.log.origin)
    place = bisect.bisect_right(sizes, key_of(said)[1])
    noted_us = since_us[place] + NOTED_US if place < len(sizes) else None
    return noted_us is not None and noted_us < written_us(said) - AHEAD_US


# ---- what another end did not do -----------------------------------------------------------------


def _owed(
    state: State, agreement: Agreement, line: Line, party: str, kind: TestKind, now_us: int
) -> tuple[tuple[str, str], Schedule]:
    way = (party, state.party)
    since_us = owed_since_us(state, agreement, line, way, now_us, Sight(state.party))
    return way, schedule_of(agreement, line, kind, since_us, now_us)


def _missed_by(
    state: State,
    agreement: Agreement,
    line: Line,
    way: tuple[str, str],
    schedule: Schedule,
    now_us: int,
) -> tuple[int, int, int]:
    """Return when the next test after the newest is due, how many were missed, and the last one."""
    scope = state.scope(agreement.id)
    tests = tests_of(agreement, scope, line, way, schedule.kind, Sight(state.party))
    sent = next((t.said_us for t in tests if t.said_us <= now_us + AHEAD_US), None)
    assert schedule.since_us is not None
    from_us = schedule.since_us if sent is None else max(sent, schedule.since_us)
    return missed_since(from_us, schedule.every_us, grace_us(schedule.kind), now_us, schedule.hours)


def _missed(state: State, agreement: Agreement, line: Line, now_us: int) -> list[Draft]:
    """Return the tests that other ends owed and did not make, the newest period of each."""
    if now_us - first_look_us(state, now_us) < START_US:
        return []
    drafts = []
    for party in _others(state, line):
        for kind in TEST_KINDS:
            way, schedule = _owed(state, agreement, line, party, kind, now_us)
            if schedule.since_us is None:
                continue
            _, count, due_us = _missed_by(state, agreement, line, way, schedule, now_us)
            if count and due_us > _written_us(state, agreement, line, party, kind):
                body = LineTestMissed(line=line.id, party=party, kind=kind, due_us=due_us)
                drafts.append(Draft(agreement=agreement.id, by=SYSTEM, body=body))
    return drafts


def _written_us(state: State, agreement: Agreement, line: Line, party: str, kind: TestKind) -> int:
    """Return up to when our log already says which tests of an end were missed."""
    scope = state.scope(agreement.id)

    def take(newest: dict[tuple[str, str], int], entry: Entry) -> None:
        body = entry.body
        if isinstance(body, LineTestMissed) and entry.log.party == state.party:
            which = (body.party, body.kind)
            newest[which] = max(body.due_us, newest.get(which, body.due_us))

    made: Callable[[], dict[tuple[str, str], int]] = dict
    table = scope.line.tests_missed.get(line.id, {})
    newest = caught_up(scope, f"tests missed {line.id}", table, made, take)
    return newest.get((party, kind), -(10**18))


# ---- the person's test ---------------------------------------------------------------------------


def test_line(state: State, act: TestLine, now_us: int) -> Draft:
    """Return the person's test of a line: words that a person at the other end reads back.

    Raises:
        InputFault: not our post, not an end of the line, or rules that have no such test.
    """
    agreement = adopted_agreement(state, act.agreement)
    line = line_of(agreement, act.line)
    check_own_post(agreement, state.party, act.post)
    if agreement.rules_version < LINE_DUTIES_SINCE:
        wanted = f"an act of rules version {agreement.rules_version}: say a {PERSON_TEST}"
        raise InputFault("line test", value=act.line, wanted=wanted)
    seed = _seed(state, agreement, line, now_us)
    words = " ".join(_WORDS[byte % len(_WORDS)] for byte in seed[:_WORDS_IN_NONCE])
    said = Say(
        agreement=act.agreement,
        line=act.line,
        post=act.post,
        to=act.to or tuple(party for party in line.parties if party != state.party),
        message_type=TYPE_OF["person"],
        fields={"nonce": words},
    )
    return say(state, said, now_us)
