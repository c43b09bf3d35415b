"""The state of a line at any instant of the past, as each side could know it then.

Rules:
- A party knows its own entries from when it wrote them, and another's from its first entry that
  says it has seen beyond it (`seen`). Between the two it may have known: that is told apart.
- Links are what the viewer wrote that it measured then; nothing of the present goes into the past.
- The same rules give the word then that give it now (`lines`).

What does not live here: evidence about a line (`line_evidence`, `tested`).
"""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from parley.node.custody_bodies import ActSigned
from parley.node.entries import Entry, PresenceDeclared
from parley.node.line_bodies import TEST_KINDS, CallLogged
from parley.node.rules.line_evidence import Sight, effective_us, hours_of, presence_of
from parley.node.rules.lines import LineVector, vector_by
from parley.node.rules.tested import (
    TYPE_OF,
    TestSeen,
    grace_us,
    missed_since,
    schedule_of,
    tests_of,
)
from parley.node.state import Key, Scope, State, Thread, key_of, written_us
from parley.world.agreement import Agreement, Line
from parley.world.faults import InputFault
from parley.world.norms import norms
from parley.world.time import format_instant

BESIDES_MAX = 200
"""Entries told by name that a side may have known; the vector has them all."""
INSTANTS_MAX = 5_000
"""Instants looked at for changes: a longer window is asked for in parts."""
_DAY_US = 86_400 * 1_000_000


class Besides(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that a side may have known at an instant: surely only from `known_us` on.

    None: nothing that is held here proves that the side ever had it.
    """

    key: Key
    type: str
    party: str
    written_us: int
    known_us: int | None


class PastVector(msgspec.Struct, frozen=True, kw_only=True):
    """A line at an instant by what one side surely knew, and by what it may have known besides.

    `besides_more`: how many more there are than are named.
    """

    viewer: str
    at_us: int
    certain: LineVector
    perhaps: LineVector
    besides: tuple[Besides, ...]
    besides_more: int = 0


class LineChange(msgspec.Struct, frozen=True, kw_only=True):
    """An instant at which the glance word of a line became another for one side, and why.

    `gone`: what was missing before and is not; `came`: what is missing now. `by`: the entries that
    became known at that instant, and the acts that took effect at it; none where time alone did it.
    """

    at_us: int
    before: str
    after: str
    came: tuple[str, ...]
    gone: tuple[str, ...]
    by: tuple[Key, ...]


class LineChanges(msgspec.Struct, frozen=True, kw_only=True):
    """The glance word at the start of a window, and each change until its end."""

    viewer: str
    from_us: int
    to_us: int
    first: str
    changes: tuple[LineChange, ...]


# ---- who knew what when --------------------------------------------------------------------------


def known_by(scope: Scope, viewer: str) -> Callable[[Entry], int | None]:
    """Return since when a party provably knew an entry under an agreement; None: never provably.

    Proof is the first entry of its own that has `seen` the other's log beyond it, and that the
    payload was for it.
    """
    seen: dict[str, list[tuple[int, int]]] = {}
    for entry in _entries(scope):
        if entry.log.party == viewer:
            for origin, head in entry.seen.items():
                seen.setdefault(origin, []).append((written_us(entry), head.size))
    steps: dict[str, tuple[list[int], list[int]]] = {}
    for origin, told in seen.items():
        sizes: list[int] = []
        since: list[int] = []
        for at_us, size in sorted(told):
            if not sizes or size > sizes[-1]:
                sizes.append(size)
                since.append(at_us)
        steps[origin] = (sizes, since)

    def known(entry: Entry) -> int | None:
        if entry.log.party == viewer:
            return written_us(entry)
        if entry.audience is not None and viewer not in entry.audience:
            return None
        sizes, since = steps.get(entry.log.origin, ([], []))
        place = bisect.bisect_right(sizes, entry.seq)
        # Never before it was written, whatever the two clocks say.
        return max(since[place], written_us(entry)) if place < len(since) else None

    return known


def _entries(scope: Scope) -> Iterator[Entry]:
    """Yield the entries held under an agreement; those that count nowhere prove nothing."""
    tables: tuple[Mapping[Any, Entry], ...] = (
        scope.zones, scope.boundaries, scope.intents, scope.intent_changes, scope.alerts,
        scope.resolved, scope.recorded, scope.sealed, scope.opened, scope.line.calls,
        scope.line.alarms_sent, scope.line.refused,
        *scope.adopted.values(), *scope.line_acts.values(), *scope.presence.values(),
        *scope.zone_acts.values(), *scope.custody.values(), *scope.line.relays.values(),
        *scope.line.translations.values(), *scope.line.undelivered.values(),
        *scope.line.differs.values(), *scope.line.links.values(),
        *scope.line.tests_missed.values(), *scope.line.acknowledged.values(),
        scope.terms.proposed, scope.terms.declared, *scope.terms.signed.values(),
        *scope.terms.renewed.values(),
    )  # fmt: skip
    for table in tables:
        yield from table.values()
    for thread in scope.threads.values():
        yield from _of_thread(thread)


def _of_thread(thread: Thread) -> Iterator[Entry]:
    if thread.said is not None:
        yield thread.said
    for table in (
        thread.displayed, thread.answers, thread.checks, thread.overdue, thread.escalated,
    ):  # fmt: skip
        yield from table.values()


# ---- the vector then -----------------------------------------------------------------------------


def check_viewer(agreement: Agreement, viewer: str) -> None:
    """Check that a side is a party of the agreement.

    Raises:
        InputFault: another.
    """
    known = [party.id for party in agreement.parties]
    if viewer not in known:
        raise InputFault("viewer", value=viewer, wanted=f"one of {', '.join(known)}")


def line_vector_at(
    state: State, agreement: Agreement, line: Line, at_us: int, viewer: str
) -> PastVector:
    """Return a line's vector at an instant, as one side could know it then.

    Args:
        state: holds the logs; what it does not hold of the viewer's proves nothing.
        agreement: that the line stands under, in the text of today.
        line: the line.
        at_us: the instant.
        viewer: the side.

    Raises:
        InputFault: not a party.
    """
    check_viewer(agreement, viewer)
    scope = state.scope(agreement.id)
    known = known_by(scope, viewer)

    def perhaps(entry: Entry) -> int | None:
        sealed = entry.audience is not None and viewer not in (*entry.audience, entry.log.party)
        return None if sealed else written_us(entry)

    besides = [
        Besides(
            key=key_of(entry),
            type=entry.type,
            party=entry.log.party,
            written_us=written_us(entry),
            known_us=known(entry),
        )
        for entry in _evidence(scope, line)
        if (may_us := perhaps(entry)) is not None and may_us <= at_us
        and ((sure_us := known(entry)) is None or sure_us > at_us)
    ]  # fmt: skip
    besides.sort(key=lambda each: (-each.written_us, each.key))
    return PastVector(
        viewer=viewer,
        at_us=at_us,
        certain=vector_by(state, agreement, line, at_us, Sight(viewer, known)),
        perhaps=vector_by(state, agreement, line, at_us, Sight(viewer, perhaps)),
        besides=tuple(besides[:BESIDES_MAX]),
        besides_more=max(len(besides) - BESIDES_MAX, 0),
    )


def _evidence(scope: Scope, line: Line) -> Iterator[Entry]:
    """Yield every entry from which the vector of a line is computed."""
    yield from _evidence_but_words(scope, line)
    for entry in scope.line.calls.values():
        if isinstance(entry.body, CallLogged) and entry.body.line == line.id:
            yield entry
    for thread in scope.threads.values():
        if thread.said is not None and thread.body.line == line.id:
            yield thread.said
            if thread.body.message_type in TYPE_OF.values():
                yield from (*thread.answers.values(), *thread.overdue.values())


def _evidence_but_words(scope: Scope, line: Line) -> Iterator[Entry]:
    """Yield the entries that are neither messages nor calls: acts, adoptions, presence, links."""
    acts = scope.line_acts.get(line.id, {}) | scope.terms.declared
    yield from acts.values()
    for entry in scope.custody.get("act.signed", {}).values():
        if isinstance(entry.body, ActSigned) and entry.ref and entry.ref[0].key in acts:
            yield entry
    for party in line.parties:
        yield from scope.adopted.get(party, {}).values()
        yield from scope.presence.get((line.id, party), {}).values()
        for other in line.parties:
            yield from scope.line.links.get((party, other), {}).values()


# ---- when the word changed -----------------------------------------------------------------------


def line_changes(
    state: State,
    agreement: Agreement,
    line: Line,
    from_us: int,
    to_us: int,
    viewer: str,
    *,
    known: Callable[[Entry], int | None] | None = None,
    instants_max: int | None = None,
) -> LineChanges:
    """Return each instant of a window at which the glance word changed for one side, with why.

    By what the side surely knew; what it may have known earlier is for `line_vector_at`.

    Args:
        state: holds the logs.
        agreement: that the line stands under, in the text of today.
        line: the line.
        from_us: where the window begins.
        to_us: where it ends.
        viewer: the side.
        known: since when the side surely knew an entry, where more proves it than `known_by` asks.
        instants_max: so many instants are looked at, not more; else `INSTANTS_MAX`.

    Raises:
        InputFault: not a party, or a window in which too much happened.
    """
    check_viewer(agreement, viewer)
    if from_us > to_us:
        value = f"{format_instant(from_us)} to {format_instant(to_us)}"
        raise InputFault("window", value=value, wanted="its beginning first")
    sight = Sight(viewer, known or known_by(state.scope(agreement.id), viewer))
    told = _told(state, agreement, line, sight)
    for act in _acts(state.scope(agreement.id), line):
        known_us = sight.since_us(act)
        if known_us is not None and known_us < effective_us(act):
            told.setdefault(effective_us(act), []).append(key_of(act))
    instants = sorted(
        {us for us in (*told, *_by_time(state, agreement, line, sight)) if from_us < us <= to_us}
        | set(_by_hours(line, from_us, to_us))
    )
    most = INSTANTS_MAX if instants_max is None else instants_max
    if len(instants) > most:
        raise InputFault(
            "window",
            value=f"{len(instants)} instants",
            wanted=f"{most} at most",
            repair="ask for a shorter one",
        )
    now = vector_by(state, agreement, line, from_us, sight)
    first, changes = now.glance, []
    for at_us in instants:
        before, now = now, vector_by(state, agreement, line, at_us, sight)
        if now.glance != before.glance:
            changes.append(
                LineChange(
                    at_us=at_us,
                    before=before.glance,
                    after=now.glance,
                    came=tuple(each for each in now.missing if each not in before.missing),
                    gone=tuple(each for each in before.missing if each not in now.missing),
                    by=tuple(sorted(told.get(at_us, ()))),
                )
            )
    return LineChanges(
        viewer=viewer, from_us=from_us, to_us=to_us, first=first, changes=tuple(changes)
    )


def _told(state: State, agreement: Agreement, line: Line, sight: Sight) -> dict[int, list[Key]]:
    """Return what became known when and may change the word, with the entries behind it."""
    scope = state.scope(agreement.id)
    found: dict[int, list[Key]] = {}
    routine = {key_of(entry) for entry in _renewals(scope, agreement, line, sight)}
    for entry in _evidence_but_words(scope, line):
        known_us = sight.since_us(entry)
        if known_us is not None and key_of(entry) not in routine:
            found.setdefault(known_us, []).append(key_of(entry))
    for sender in line.parties:
        for receiver in line.parties:
            for kind in TEST_KINDS:
                tests = list(tests_of(agreement, scope, line, (sender, receiver), kind, sight))
                for at_us, key in _turns(tests[::-1]):
                    found.setdefault(at_us, []).extend([key] if key is not None else [])
    return found


def _turns(tests: list[TestSeen]) -> Iterator[tuple[int, Key | None]]:
    """Yield when the result of tests turned, oldest first, with the entry that made it so."""
    before: tuple[int, bool] | None = None
    for seen in tests:
        results: list[tuple[int, bool, Key | None]] = []
        if seen.good_known_us is not None:
            results.append((max(seen.good_known_us, seen.known_us), True, seen.good_by))
        if seen.failed_us is not None:
            results.append((max(seen.failed_us, seen.known_us), False, seen.key))
        if not seen.own and not (results and results[0][0] <= seen.due_us):
            results.append((max(seen.due_us + 1, seen.known_us), False, None))
        for at_us, good, key in sorted(results, key=lambda each: each[0]):
            if before is None or before[1] != good or before[0] > at_us:
                yield at_us, key
            before = (at_us, good)


def _renewals(scope: Scope, agreement: Agreement, line: Line, sight: Sight) -> Iterator[Entry]:
    """Yield the presence acts that change nothing: somebody is still there."""
    within_us = norms().line.presence_within_s * 1_000_000
    for party in line.parties:
        for known_us, newest in presence_of(agreement, scope, line, party, sight).values():
            for at_us, before, entry in zip(known_us[1:], newest, newest[1:], strict=False):
                if _present(before) and _present(entry) and at_us - before.issued_us <= within_us:
                    yield entry


def _present(entry: Entry) -> bool:
    return isinstance(entry.body, PresenceDeclared) and entry.body.present


def _by_time(state: State, agreement: Agreement, line: Line, sight: Sight) -> Iterator[int]:
    """Yield the instants at which time alone may change the word."""
    scope = state.scope(agreement.id)
    if agreement.valid is not None:
        yield from (agreement.valid.from_us, agreement.valid.to_us + 1)
    yield from (effective_us(entry) for entry in _acts(scope, line))
    within_us = norms().line.presence_within_s * 1_000_000
    for party in line.parties:
        for known_us, newest in presence_of(agreement, scope, line, party, sight).values():
            ends = [entry.issued_us + within_us + 1 for entry in newest]
            following: Iterable[int | None] = (*known_us[1:], None)
            for end_us, next_us in zip(ends, following, strict=True):
                if next_us is None or next_us > end_us:
                    yield end_us
        for other in line.parties:
            if other != party:
                yield from _tests_by_time(state, agreement, line, (party, other), sight)


def _acts(scope: Scope, line: Line) -> Iterator[Entry]:
    """Yield the acts on a line, and those on its agreement."""
    for table in (scope.line_acts.get(line.id, {}), scope.terms.declared):
        yield from table.values()


def _tests_by_time(
    state: State, agreement: Agreement, line: Line, way: tuple[str, str], sight: Sight
) -> Iterator[int]:
    """Yield when two tests were missed after a good one, unless a good one came before that."""
    scope = state.scope(agreement.id)
    for kind in TEST_KINDS:
        later_us: int | None = None
        schedule = schedule_of(agreement, line, kind, None)
        for seen in tests_of(agreement, scope, line, way, kind, sight):
            if seen.good_known_us is None:
                continue
            first_us, _, _ = missed_since(seen.said_us, schedule.every_us, 0, 0, schedule.hours)
            second_us, _, _ = missed_since(first_us, schedule.every_us, 0, 0, schedule.hours)
            old_us = second_us + grace_us(kind) + 1
            if later_us is None or later_us > old_us:
                yield old_us
            later_us = seen.good_known_us


def _by_hours(line: Line, from_us: int, to_us: int) -> Iterator[int]:
    """Yield when the hours of a line begin and end in a window."""
    hours = hours_of(line)
    if hours is None or not hours.spans or to_us - from_us > INSTANTS_MAX * _DAY_US:
        return
    for midnight_us in range(from_us - from_us % _DAY_US, to_us + 1, _DAY_US):
        for span in hours.spans:
            yield from (midnight_us + us for us in span if from_us < midnight_us + us <= to_us)
