"""What lines, links, tests, peers and forks raise at our posts.

Rules:
- Of what a peer may write without end, the newest of its kind stands and no other.
- What is told as an event (a suspension, a missed test, a fork) stands until somebody takes it;
  what is a state (a link that is down) stands as long as it lasts.
- A line that was withdrawn, an agreement that is over, raise nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from parley.node.custody_bodies import ClockMeasured, ForkEvidence
from parley.node.entries import Entry, LineDeclared, PresenceDeclared, log_name
from parley.node.line_bodies import TEST_KINDS, LineTestMissed, LinkObserved, TestKind
from parley.node.rules import distribution
from parley.node.rules.alarm_raised import Raised, line_posts, place_name
from parley.node.rules.forks import is_proof
from parley.node.rules.line_evidence import Sight, declared, effective_us, hours_of
from parley.node.rules.line_tests import tests_due
from parley.node.rules.notice_standing import raised as standing_raised
from parley.node.rules.peering import link_state
from parley.node.rules.priority import YieldSeen, yields
from parley.node.rules.tested import TestSeen, tests_of
from parley.node.state import Key, Scope, State, key_of, rank_of, written_us
from parley.world.agreement import Agreement, Line
from parley.world.norms import norms
from parley.world.time import format_second
from parley.world.units import MICROSECONDS_PER_SECOND

K = TypeVar("K")
_PROMISES = "alarms promises"
_YIELD_WORDS = {"priority.yielded", "landed.report", "priority.end"}


def newest_by(
    scope: Scope, view: str, table: dict[Key, Entry], name: Callable[[Entry], K | None]
) -> dict[K, Entry]:
    """Return the entry that stands last in its writer's logs, by name; each is looked at once.

    Args:
        scope: keeps what was found.
        view: under which name.
        table: of entries, which only grows.
        name: of an entry; None: it does not count.
    """
    held = scope.index.views.get(view)
    count, found = held if held is not None else (0, {})
    assert isinstance(count, int)
    assert isinstance(found, dict)
    if count > len(table):
        count, found = 0, {}
    for entry in itertools.islice(reversed(table.values()), len(table) - count):
        known_as = name(entry)
        known = found.get(known_as)
        if known_as is not None and (known is None or rank_of(entry) > rank_of(known)):
            found[known_as] = entry
    scope.index.views[view] = (len(table), found)
    return found


def own_lines(state: State, agreement: Agreement) -> tuple[Line, ...]:
    """Return the lines of which we are an end."""
    return tuple(line for line in agreement.lines if state.party in line.parties)


def withdrawn(state: State, scope: Scope, line: Line, now_us: int) -> bool:
    """Whether one of its ends has withdrawn a line for good."""
    newest = _newest_acts(scope, line)
    for party in line.parties:
        last = newest.get(party)
        if last is None or not isinstance(last.body, LineDeclared):
            continue
        if last.body.value != "withdrawn" and effective_us(last) <= now_us:
            # The newest act in effect says it all; only else are the others looked through.
            continue
        act = declared(scope, line.id, party, now_us, state=state)
        if act is None or not isinstance(act.body, LineDeclared):
            continue
        if act.body.value == "withdrawn":
            return True
    return False


def _newest_acts(scope: Scope, line: Line) -> dict[str, Entry]:
    def name(entry: Entry) -> str | None:
        return entry.log.party if isinstance(entry.body, LineDeclared) else None

    return newest_by(scope, f"alarms declared {line.id}", scope.line_acts.get(line.id, {}), name)


def _others(state: State, line: Line) -> list[str]:
    return [party for party in line.parties if party != state.party]


def _first_post(state: State, agreement: Agreement, line_id: str) -> str:
    posts = line_posts(agreement, line_id, state.party)
    return posts[0] if posts else "duty-officer"


def raised_under(
    state: State,
    scope: Scope,
    agreement: Agreement,
    standing: list[Line],
    waiting: Sequence[Raised],
    now_us: int,
) -> Iterator[Raised]:
    """Yield what all but messages raises under an agreement that is in force.

    Args:
        state: whose posts.
        scope: the record.
        agreement: of the lines.
        standing: our lines that nobody has withdrawn.
        waiting: what messages raise.
        now_us: the time.
    """
    for line in own_lines(state, agreement):
        yield from _declared(state, scope, agreement, line)
    for line in standing:
        yield from _missed(state, scope, agreement, line, now_us)
        yield from _failed(state, scope, agreement, line, now_us)
        yield from _unattended(state, scope, agreement, line, waiting, now_us)
    yield from _due(state, agreement, standing, now_us)
    yield from _yields(state, scope, agreement, now_us)
    names = {line.id for line in standing}
    yield from distribution.raised(state, scope, agreement, names, now_us)
    yield from _links(state, scope, agreement, standing, now_us)
    yield from _clocks(state, scope, agreement, standing)
    yield from _forks(state, scope, agreement)
    yield from standing_raised(state, scope, agreement, standing, now_us)


# ---- what a peer declared -----------------------------------------------------------------------


def _declared(state: State, scope: Scope, agreement: Agreement, line: Line) -> Iterator[Raised]:
    """Yield a peer's newest act by which it suspends or withdraws its side of a line."""
    newest = _newest_acts(scope, line)
    for party in _others(state, line):
        entry = newest.get(party)
        if entry is None or not isinstance(entry.body, LineDeclared):
            continue
        if entry.body.value == "in force":
            continue
        at = format_second(entry.body.effective_us)
        how = ", at once" if entry.body.immediate else ""
        yield Raised(
            name=f"declared:{line.id}:{place_name(key_of(entry))}",
            kind="declared",
            alarm_class="URGENT",
            line=line.id,
            party=party,
            text=f"{party} declares line {line.id} {entry.body.value} from {at}{how}",
            post=_first_post(state, agreement, line.id),
            since_us=written_us(entry),
            cause=key_of(entry),
            once=True,
        )


# ---- links --------------------------------------------------------------------------------------


def _links(
    state: State, scope: Scope, agreement: Agreement, standing: list[Line], now_us: int
) -> Iterator[Raised]:
    """Yield each link that is down, once, under the first line that needs it."""
    within_us = norms().line.link_up_within_s * MICROSECONDS_PER_SECOND
    told: set[str] = set()
    for line in standing:
        for party in _others(state, line):
            heard_us = _last_heard_us(state, scope, party, now_us)
            if party in told or heard_us is None:
                continue
            told.add(party)
            yield Raised(
                name=f"link:{party}:{heard_us}",
                kind="link",
                alarm_class="URGENT",
                line=line.id,
                party=party,
                text=f"link to {party} is down, last heard {format_second(heard_us)}",
                post=_first_post(state, agreement, line.id),
                since_us=heard_us + within_us,
            )


def _last_heard_us(state: State, scope: Scope, party: str, now_us: int) -> int | None:
    """Return when a peer whose link is down was last heard; None: it is not known to be down.

    Our log says it, not the clock alone: one that flaps raises nothing anew, and a machine that
    slept and hears nobody in its first seconds calls nobody. After a start nothing was heard yet,
    and what our log says holds.
    """
    word, heard_us = link_state(state, party, now_us)
    if word == "up" or (word == "unknown" and heard_us is not None):
        return None
    last = _observed(state, scope, party)
    return last.since_us if last is not None and last.link == "down" else None


def _observed(state: State, scope: Scope, party: str) -> LinkObserved | None:
    """Return what our own log says of a link last."""
    table = scope.line.links.get((state.party, party), {})
    own = newest_by(scope, f"alarms link {party}", table, lambda entry: entry.log.party)
    last = own.get(state.party)
    return last.body if last is not None and isinstance(last.body, LinkObserved) else None


# ---- tests --------------------------------------------------------------------------------------


def _said_by_link(state: State, scope: Scope, party: str, at_us: int, now_us: int) -> bool:
    """Whether a link that is, or then was, down says already why a machine's test did not come."""
    if link_state(state, party, now_us)[0] != "up":
        return True
    last = _observed(state, scope, party)
    return last is not None and at_us < last.since_us


def _missed(
    state: State, scope: Scope, agreement: Agreement, line: Line, now_us: int
) -> Iterator[Raised]:
    """Yield the newest test of each kind that a peer owed and did not make."""

    def name(entry: Entry) -> tuple[str, str] | None:
        body = entry.body
        if entry.log.party != state.party or not isinstance(body, LineTestMissed):
            return None
        return (body.party, body.kind)

    table = scope.line.tests_missed.get(line.id, {})
    newest = newest_by(scope, f"alarms tests {line.id}", table, name)
    for (party, kind), entry in sorted(newest.items()):
        assert isinstance(entry.body, LineTestMissed)
        due_us = entry.body.due_us
        if kind == "machine" and _said_by_link(state, scope, party, due_us, now_us):
            continue
        due = format_second(due_us)
        yield Raised(
            name=f"test-missed:{line.id}:{party}:{kind}:{due_us}",
            kind="test missed",
            alarm_class="SAFETY",
            line=line.id,
            party=party,
            text=f"{kind} test of line {line.id} by {party}, due {due}, did not come",
            post=_first_post(state, agreement, line.id),
            since_us=written_us(entry),
            cause=key_of(entry),
            once=True,
        )


def _failed(
    state: State, scope: Scope, agreement: Agreement, line: Line, now_us: int
) -> Iterator[Raised]:
    """Yield our newest test of each kind, if it failed: over as soon as one is good."""
    for party in _others(state, line):
        for kind in TEST_KINDS:
            seen = _newest_result(state, scope, agreement, line, party, kind, now_us)
            if seen is None or seen.result(now_us) is not False:
                continue
            if kind == "machine" and _said_by_link(state, scope, party, seen.said_us, now_us):
                continue
            yield Raised(
                name=f"test-failed:{place_name(seen.key)}:{party}",
                kind="test failed",
                alarm_class="SAFETY",
                line=line.id,
                party=party,
                text=f"our {kind} test of line {line.id} with {party} FAILED",
                post=_first_post(state, agreement, line.id),
                since_us=seen.failed_us if seen.failed_us is not None else seen.due_us + 1,
                cause=seen.key,
            )


def _newest_result(
    state: State,
    scope: Scope,
    agreement: Agreement,
    line: Line,
    party: str,
    kind: TestKind,
    now_us: int,
) -> TestSeen | None:
    way = (state.party, party)
    tests = tests_of(agreement, scope, line, way, kind, Sight(state.party))
    return next((seen for seen in tests if seen.result(now_us) is not None), None)


def _due(state: State, agreement: Agreement, standing: list[Line], now_us: int) -> Iterator[Raised]:
    """Yield the tests that our own people owe, and again once they are late."""
    names = {line.id for line in standing}
    for test in tests_due(state, now_us):
        if test.agreement != agreement.id or test.line not in names:
            continue
        late = "is LATE" if test.late else "is due"
        yield Raised(
            name=f"test-due:{test.line}:{test.to}:{test.due_us}{':late' if test.late else ''}",
            kind="test due",
            alarm_class="SAFETY" if test.late else "ROUTINE",
            line=test.line,
            party=test.to,
            text=f"our test of line {test.line} with {test.to} {late}",
            post=test.post,
            since_us=test.due_us,
            rung=int(test.late),
        )


# ---- promises to make way ------------------------------------------------------------------------


def _yields(state: State, scope: Scope, agreement: Agreement, now_us: int) -> Iterator[Raised]:
    """Yield each promise to make way whose time has passed without word that it was kept."""
    for each in _promises(state, scope, now_us):
        if each.word != "overdue" or each.due_us is None:
            continue
        if state.party == each.asker:
            text = f"{each.party} promised to make way and gave NO WORD that it has"
        elif state.party == each.party:
            text = f"WE PROMISED {each.asker} to make way and gave no word that we have"
        else:
            continue
        line = scope.threads[each.message].body.line
        yield Raised(
            name=f"yield:{place_name(each.message)}:{each.party}",
            kind="yield",
            alarm_class="URGENT",
            line=line,
            party=each.party if state.party == each.asker else each.asker,
            text=text,
            post=_first_post(state, agreement, line),
            since_us=each.due_us + 1,
            cause=each.message,
            once=True,
        )


def _promises(state: State, scope: Scope, now_us: int) -> list[YieldSeen]:
    """Return who was asked to make way; made anew when a message of it changed or a time passed."""
    kept = scope.index.views.get(_PROMISES)
    if kept is not None:
        assert isinstance(kept[1], list)
        waiting = (e.due_us for e in kept[1] if e.word == "outstanding" and e.due_us is not None)
        if all(now_us <= due_us for due_us in waiting):
            return kept[1]
    found = list(yields(state, scope, now_us))
    scope.index.views[_PROMISES] = (None, found)
    return found


def forget_promises(scope: Scope, changed: Iterable[Key]) -> None:
    """Let the promises to make way be looked at again, if one of these messages is about them."""
    words = {kind.name for kind in norms().types if kind.asks_to_yield} | _YIELD_WORDS
    for key in changed:
        thread = scope.threads.get(key)
        if thread is not None and thread.said is not None and thread.body.message_type in words:
            scope.index.views.pop(_PROMISES, None)
            return


# ---- nobody there while something waits ---------------------------------------------------------


def _unattended(
    state: State,
    scope: Scope,
    agreement: Agreement,
    line: Line,
    waiting: Sequence[Raised],
    now_us: int,
) -> Iterator[Raised]:
    """Yield that nobody is at our end of a line in its hours, and something waits there."""
    first = min(
        (each for each in waiting if each.kind == "unanswered" and each.line == line.id),
        key=lambda each: (each.rung, each.since_us, each.name),
        default=None,
    )
    hours = hours_of(line)
    if first is None or first.cause is None or (hours and not hours.contains(now_us)):
        return

    def name(entry: Entry) -> str | None:
        return entry.body.post if isinstance(entry.body, PresenceDeclared) else None

    table = scope.presence.get((line.id, state.party), {})
    newest = newest_by(scope, f"alarms presence {line.id}", table, name)
    if not newest or any(_here(entry, now_us) for entry in newest.values()):
        # Where nobody ever said who is there, nothing is known of who is not.
        return
    posts = line_posts(agreement, line.id, state.party)
    yield Raised(
        name=f"unattended:{line.id}:{place_name(first.cause)}",
        kind="unattended",
        alarm_class=first.alarm_class,
        line=line.id,
        party=first.party,
        text=f"NOBODY AT OUR END of line {line.id}, and {first.party} waits",
        post=posts[1] if len(posts) > 1 else posts[0] if posts else "duty-officer",
        since_us=first.since_us,
        cause=first.cause,
    )


def _here(entry: Entry, now_us: int) -> bool:
    body = entry.body
    within_us = norms().line.presence_within_s * MICROSECONDS_PER_SECOND
    present = isinstance(body, PresenceDeclared) and body.present
    return present and now_us - entry.issued_us <= within_us


# ---- clocks and forks ---------------------------------------------------------------------------


def _clocks(
    state: State, scope: Scope, agreement: Agreement, standing: list[Line]
) -> Iterator[Raised]:
    """Yield each peer's clock that is too far from ours."""

    def name(entry: Entry) -> str | None:
        return entry.body.party if isinstance(entry.body, ClockMeasured) else None

    table = scope.acts_of("clock.measured", state.party)
    newest = newest_by(scope, "alarms clocks", table, name)
    for party, entry in sorted(newest.items()):
        lines = [line for line in standing if party in line.parties]
        if not lines or not isinstance(entry.body, ClockMeasured) or not entry.body.alarm:
            continue
        apart_s = entry.body.offset_us / MICROSECONDS_PER_SECOND
        yield Raised(
            name=f"clock:{party}:{place_name(key_of(entry))}",
            kind="clock",
            alarm_class="SAFETY",
            line=lines[0].id,
            party=party,
            text=f"clock of {party} is {apart_s:+.1f} s from ours",
            post=_first_post(state, agreement, lines[0].id),
            since_us=entry.issued_us,
            cause=key_of(entry),
        )


def _forks(state: State, scope: Scope, agreement: Agreement) -> Iterator[Raised]:
    """Yield each log of which our own log holds the proof that it was signed two ways."""

    def name(entry: Entry) -> str | None:
        body = entry.body
        return body.origin if isinstance(body, ForkEvidence) and is_proof(state, body) else None

    table = scope.acts_of("fork.evidence", state.party)
    for origin, entry in sorted(newest_by(scope, "alarms forks", table, name).items()):
        party = log_name(origin).party
        yield Raised(
            name=f"fork:{place_name((origin, 0)).rpartition('/')[0]}:{log_name(origin).kind}",
            kind="fork",
            alarm_class="URGENT",
            line="",
            party=party,
            text=f"{party} SIGNED TWO HISTORIES of its log {origin.rpartition('/')[0]}",
            post=_first_post(state, agreement, ""),
            since_us=entry.issued_us,
            cause=key_of(entry),
            once=True,
        )
