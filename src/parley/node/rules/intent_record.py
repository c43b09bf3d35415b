"""Reading intents out of the logs: which version of each stands, in which state, over which limit.

Rules, of version 4:
- An intent counts only from its own party's log, and is read in the order of that log.
- A version that does not count up, a step that F3548 does not have, anything after the end: kept
  in the log, and counts for nothing.
- An intent is over when its last window is: it takes up no room from then on.

Under versions 1 to 3 the last filing holds, with all changes after it, and nothing is ever over.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from parley.detect.strategic_index import Box, VolumeIndex, box_of
from parley.node.documents import record_of
from parley.node.entries import Entry, IntentChanged, IntentFiled
from parley.node.intent_brief import Brief, brief_of
from parley.node.intent_table import Account, Held, IntentTable, Key, Name, Rank
from parley.node.rules.intent_limits import (
    Limits,
    holds_of,
    limits_of,
    limits_text,
    over_limit,
    passed,
    window_of,
)
from parley.node.state import Scope, State, rank_of, written_us
from parley.world.faults import Fault
from parley.world.intent import TRANSITIONS, Intent, IntentState
from parley.world.time import US_MIN
from parley.world.volume import Volume4D

Whose = Literal["own", "others", "all"]
INTENT_RULES = 4
"""The rules version from which intents have limits, an order, precedence and an end."""


@dataclass(frozen=True, slots=True)
class IntentView:
    """An intent as it stands: its newest version, its state, and the party that filed it.

    `audience`: who may hold it; None is every party. `over_limit`: which limits it is over.
    """

    intent: Intent
    state: IntentState
    party: str
    audience: tuple[str, ...] | None = None
    over_limit: str = ""

    def over(self, now_us: int) -> bool:
        """Return whether its last window is over."""
        to_us = window_of(self.intent)[1]
        return to_us is not None and to_us <= now_us


def read_intents(state: State, scope: Scope) -> IntentTable:
    """Return the table of intents, with everything that was folded taken in."""
    table = scope.index.intents
    agreement = state.agreement(scope.agreement_id)
    if scope.rules.version >= INTENT_RULES:
        text = limits_text(agreement)
        if table.limits != text:
            table.limits_of.clear()
            if table.limits is not None:
                for party in sorted(table.of_party):
                    _read_again(state, scope, table, party)
        table.limits = text
    if not table.new:
        return table
    new, table.new = table.new, []
    table.turns += 1
    by_party: dict[str, list[tuple[Key, Entry]]] = {}
    for key in new:
        entry = _entry(scope, key)
        by_party.setdefault(entry.log.party, []).append((key, entry))
        table.of_party.setdefault(entry.log.party, []).append(key)
    for party, entries in sorted(by_party.items()):
        entries.sort(key=_rank)
        account = table.parties.setdefault(party, Account())
        legacy = scope.rules.version < INTENT_RULES
        if _rank(entries[0]) < account.rank or (legacy and not _all_new(table, entries)):
            _read_again(state, scope, table, party)
            continue
        for key, entry in entries:
            _take(state, scope, table, key, entry)
    return table


def _rank(found: tuple[Key, Entry]) -> Rank:
    return rank_of(found[1])


def _entry(scope: Scope, key: Key) -> Entry:
    known = scope.intents.get(key)
    return known if known is not None else scope.intent_changes[key]


def _read_again(state: State, scope: Scope, table: IntentTable, party: str) -> None:
    """Read a party's intents from the beginning: an entry came that stands before others."""
    for name in [name for name in table.held if name[0] == party]:
        _forget(state, table, table.held.pop(name))
    table.parties[party] = Account()
    entries = [(key, _entry(scope, key)) for key in table.of_party.get(party, ())]
    entries.sort(key=_rank)
    if scope.rules.version < INTENT_RULES:
        # As these versions are read: all filings first, then all changes.
        entries.sort(key=lambda found: (isinstance(found[1].body, IntentChanged), found[0]))
    for key, entry in entries:
        _take(state, scope, table, key, entry)


def _all_new(table: IntentTable, entries: Iterable[tuple[Key, Entry]]) -> bool:
    """Return whether entries only file what was not known: then nothing is to be read again."""
    return all(
        isinstance(entry.body, IntentFiled) and not table.changed.get(entry.log.party)
        for _, entry in entries
    )


def _forget(state: State, table: IntentTable, held: Held) -> None:
    _index(state, table, held).drop(held.number)
    table.drop_pairs(held.number)
    table.todo.discard(held.number)
    table.names.pop(held.number, None)


def _take(state: State, scope: Scope, table: IntentTable, key: Key, entry: Entry) -> None:
    account = table.parties.setdefault(entry.log.party, Account())
    account.rank = max(account.rank, rank_of(entry))
    if isinstance(entry.body, IntentFiled):
        why = _take_filed(state, scope, table, key, entry)
    else:
        why = _take_changed(state, table, entry)
    if why:
        table.ignore(key, why)


def _take_filed(state: State, scope: Scope, table: IntentTable, key: Key, entry: Entry) -> str:
    assert isinstance(entry.body, IntentFiled)
    intent, party = brief_of(entry.body.intent), entry.log.party
    if intent is None:
        return "no intent that can be read"
    if intent.party != party:
        return f"an intent of {intent.party} in a log of {party}"
    known, ordered = table.held.get((party, intent.id)), scope.rules.version >= INTENT_RULES
    if known is not None and ordered:
        if known.state is IntentState.ENDED:
            return f"intent {intent.id} has ended"
        if intent.version <= known.version:
            return f"version {intent.version} of intent {intent.id} after {known.version}"
    if known is None:
        known = _new(table, key, entry, intent)
    became = intent.state
    if ordered and known.version and became not in TRANSITIONS[known.state]:
        became = known.state
    at_us = written_us(entry)
    account = passed(table, party, at_us, table.parties[party])
    if ordered:
        limits = _limits(state, scope, table, party)
        holds = holds_of(limits, account, intent.id, at_us)
        why = over_limit(limits, holds, intent, at_us, lambda: intent_of(scope, key))
        known.over_limit = "; ".join(why)
    known.key, known.version, known.state = key, intent.version, became
    known.from_us, known.to_us = intent.from_us, intent.to_us
    known.audience = entry.audience
    known.flight, known.priority = intent.flight, intent.priority
    known.volumes = len(intent.boxes)
    known.flown = known.flown or became is IntentState.ACTIVATED
    account.standing.discard(intent.id)
    if became is not IntentState.ENDED:
        account.push(known.to_us, intent.id, intent.version)
    _put(state, table, known, intent.boxes)
    return ""


def _limits(state: State, scope: Scope, table: IntentTable, party: str) -> Limits:
    known = table.limits_of.get(party)
    if not isinstance(known, Limits):
        known = limits_of(state.agreement(scope.agreement_id), party)
        table.limits_of[party] = known
    return known


def _new(table: IntentTable, key: Key, entry: Entry, intent: Brief) -> Held:
    held = Held(
        party=entry.log.party,
        id=intent.id,
        key=key,
        version=0,
        state=intent.state,
        from_us=None,
        to_us=None,
        audience=None,
        flown=False,
        number=table.next_number,
    )
    table.next_number += 1
    name = held.name
    table.held[name] = held
    table.names[held.number] = name
    table.flights.add(intent.flight)
    return held


def _take_changed(state: State, table: IntentTable, entry: Entry) -> str:
    assert isinstance(entry.body, IntentChanged)
    party, at_us = entry.log.party, written_us(entry)
    table.changed[party] = True
    held = table.held.get((party, entry.body.intent))
    if held is None:
        return f"a change of intent {entry.body.intent}, which is not known"
    new = IntentState(entry.body.state)
    if new is not held.state and new not in TRANSITIONS[held.state]:
        return f"{new.value} after {held.state.value}"
    account = passed(table, party, at_us, table.parties[party])
    held.state = new
    held.flown = held.flown or new is IntentState.ACTIVATED
    if new is IntentState.ENDED:
        begun = held.from_us is None or held.from_us <= at_us
        if held.id in account.standing and begun and not held.flown:
            bisect.insort(account.unflown_us, at_us)
        account.standing.discard(held.id)
    _put(state, table, held, None)
    return ""


def _put(state: State, table: IntentTable, held: Held, boxes: Sequence[Box] | None) -> None:
    """Bring the index up to date with an intent: its volumes where they are new, or none."""
    index = _index(state, table, held)
    if held.state is IntentState.ENDED:
        index.drop(held.number)
    elif boxes is not None:
        index.add(held.number, boxes)
    table.todo.add(held.number)


def _index(state: State, table: IntentTable, held: Held) -> VolumeIndex:
    return table.own if held.party == state.party else table.others


def index_again(state: State, scope: Scope, table: IntentTable, clock_us: int) -> None:
    """Take what was over into the index again: the clock was set back."""
    for held in table.held.values():
        index = _index(state, table, held)
        if not held.stands(clock_us) or held.number in index:
            continue
        body = scope.intents[held.key].body
        assert isinstance(body, IntentFiled)
        intent = brief_of(body.intent)
        if intent is not None:
            _put(state, table, held, intent.boxes)


def intent_of(scope: Scope, key: Key) -> Intent | None:
    """Return a filed intent as read; None if it is none."""
    table = scope.index.intents
    if key not in table.read:
        body = scope.intents[key].body
        assert isinstance(body, IntentFiled)
        try:
            table.keep_read(key, record_of(body.intent, Intent))
        except Fault:
            table.keep_read(key, None)
    return table.read[key]


def intents_of(state: State, scope: Scope) -> dict[Name, IntentView]:
    """Return the intents under an agreement, by party and id; each only from its own log."""
    table = read_intents(state, scope)
    found = {}
    for name, held in table.held.items():
        view = view_of(scope, held)
        if view is not None:
            found[name] = view
    return found


def view_of(scope: Scope, held: Held) -> IntentView | None:
    """Return one intent as it stands."""
    intent = intent_of(scope, held.key)
    if intent is None:
        return None
    return IntentView(intent, held.state, held.party, held.audience, held.over_limit)


def clock_of(scope: Scope, now_us: int) -> int:
    """Return the instant by which intents are over: never, under rules before version 4."""
    return now_us if scope.rules.version >= INTENT_RULES else US_MIN


def candidates(
    table: IntentTable, volumes: Iterable[Volume4D], *, now_us: int, whose: Whose = "all"
) -> list[Held]:
    """Return the standing intents whose volumes may overlap some of these, by name.

    Args:
        table: as read.
        volumes: those asked about.
        now_us: what is over by then is left out.
        whose: "own", "others" or "all".
    """
    numbers: set[int] = set()
    for volume in volumes:
        box = box_of(volume)
        for index in _indexes(table, whose):
            numbers.update(index.candidates(box, from_us=now_us).tolist())
    found = [table.held[table.names[number]] for number in numbers]
    return sorted(
        (held for held in found if held.stands(now_us)), key=lambda held: (held.party, held.id)
    )


def _indexes(table: IntentTable, whose: Whose) -> Iterator[VolumeIndex]:
    if whose in ("own", "all"):
        yield table.own
    if whose in ("others", "all"):
        yield table.others


def standing_near(
    state: State, scope: Scope, volumes: Iterable[Volume4D], *, now_us: int
) -> list[tuple[Name, Intent]]:
    """Return the standing intents, own and of others, that may overlap some of these volumes."""
    table = read_intents(state, scope)
    found = []
    for held in candidates(table, volumes, now_us=clock_of(scope, now_us)):
        intent = intent_of(scope, held.key)
        if intent is not None:
            found.append((held.name, intent))
    return found
