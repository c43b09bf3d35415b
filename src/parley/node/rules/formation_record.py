"""Formations as the record has them: which are in force, whose flights, why one is not.

Rules:
- In force inside its window, once every party whose flights it names has confirmed exactly these
  bytes, or declared them. What one side alone declares silences nothing.
- Any party that it names, or that declared it, ends it for all; the newest of a name by one party
  replaces the one before.
- A party cannot write itself past the limits: a declaration that is over one never counts, whoever
  signed it. What is said at a post that the party does not have counts for nothing.
- A word that is dated ahead of our clock counts when its time has come, not before.
- A report looks at what was confirmed and whose window is now, however much was ever declared.

What does not live here: acts (`formations`), who flies with whom now (`formation_flights`).
"""

from __future__ import annotations

import bisect
import itertools
from dataclasses import dataclass, field
from typing import Literal, cast

from parley.node.entries import Entry
from parley.node.rules.agreement_status import agreement_at, answerable
from parley.node.rules.agreements import posts_of
from parley.node.state import Key, Scope, State, key_of, rank_of, written_us
from parley.node.warning_bodies import FormationConfirmed, FormationDeclared, FormationEnded
from parley.node.warning_record import Table
from parley.world.agreement import Agreement, check_name
from parley.world.faults import InputFault
from parley.world.limits import NAME_CHARACTERS_MAX
from parley.world.time import format_second

FLIGHTS_MAX = 16
"""Four flights of four: more fly as several formations."""
WINDOW_US = 24 * 3_600 * 1_000_000
"""A day: longer is no flight any more, and what nobody remembers agreeing silences nothing."""
RADIUS_MAX_M = 5_556.0
"""3 NM, the separation of state aircraft (NORMS 8): further apart nobody is in one formation."""
VERTICAL_MAX_M = 914.4
"""3,000 ft, likewise."""
IN_FORCE_MAX = 64
"""At once, by the earliest: with 16 flights each a thousand aircraft; others count as single."""

_VIEW = "formations declared"

FormationState = Literal["in force", "waiting", "not yet", "over", "ended", "replaced", "refused"]


@dataclass(frozen=True, slots=True)
class FormationView:
    """A formation as it stands.

    Attributes:
        key: where it was declared.
        party: who declared it.
        body: as declared.
        state: waiting: not all have confirmed; not yet, over: of its window; refused: past limits.
        waits_for: the parties that have not confirmed.
        since_us: since when it is in force, if it is or was.
        why: in words, where it is not in force.
    """

    key: Key
    party: str
    body: FormationDeclared
    state: FormationState
    waits_for: tuple[str, ...] = ()
    since_us: int = 0
    why: str = ""


def flaw_of(body: FormationDeclared, agreement: Agreement) -> InputFault | None:
    """Return what is wrong with a declaration, or None."""
    try:
        _check(body, agreement)
    except InputFault as fault:
        return fault
    return None


def _check(body: FormationDeclared, agreement: Agreement) -> None:
    check_name(body.formation, "formation")
    _check_flights(body, agreement)
    if not 0 < body.to_us - body.from_us <= WINDOW_US:
        raise InputFault(
            "formation window in hours", value=(body.to_us - body.from_us) / 3.6e9,
            wanted="more than 0 and at most 24", repair="declare it again for the next day",
        )  # fmt: skip
    for what, value_mm, most_m in (
        ("radius", body.radius_mm, RADIUS_MAX_M),
        ("vertical extent", body.vertical_mm, VERTICAL_MAX_M),
    ):
        if not 1_000 <= value_mm <= most_m * 1_000:
            wanted = f"1 to {most_m:g} m"
            raise InputFault(f"formation {what} in metres", value=value_mm / 1_000, wanted=wanted)


def _check_flights(body: FormationDeclared, agreement: Agreement) -> None:
    known = {party.id for party in agreement.parties}
    strangers = sorted(set(body.flights) - known)
    if strangers:
        wanted = f"a party of {agreement.id}"
        raise InputFault("formation party", value=strangers[0], wanted=wanted)
    if len({answerable(agreement, party) for party in body.flights}) < 2:
        raise InputFault(
            "formation parties", value=", ".join(body.flights), wanted="two parties or more",
            repair="flights of one party need no agreement: they are not warned of each other",
        )  # fmt: skip
    flights = [name for names in body.flights.values() for name in names]
    if not all(body.flights.values()):
        raise InputFault("formation flights", wanted="at least one flight of each party it names")
    if len(flights) > FLIGHTS_MAX:
        wanted = f"at most {FLIGHTS_MAX} flights"
        raise InputFault("formation flights", value=len(flights), wanted=wanted)
    for name in flights:
        if not 0 < len(name) <= NAME_CHARACTERS_MAX or not name.isprintable():
            wanted = f"1 to {NAME_CHARACTERS_MAX} printable characters"
            raise InputFault("formation flight", value=name, wanted=wanted)
    twice = sorted({name for name in flights if flights.count(name) > 1})
    if twice:
        raise InputFault("formation flight", value=twice[0], wanted="each flight once")


@dataclass(slots=True)
class _Declared:
    """What was declared under an agreement, read once.

    Attributes:
        texts: the tables and the agreement that it was read by.
        count: how many declarations were read.
        newest: by party and name, the declaration that holds.
        flaws: by place, why a declaration never counts; "" where nothing is wrong with it.
        ends: those that may count by when they end, sorted.
        said: by whether it is an end, and the declaration: how many were read, and when each party
            said it first.
    """

    texts: tuple[object, object, object] = (None, None, None)
    count: int = 0
    newest: dict[tuple[str, str], Entry] = field(default_factory=dict)
    flaws: dict[Key, str] = field(default_factory=dict)
    ends: list[tuple[int, Key]] = field(default_factory=list)
    said: dict[tuple[bool, Key], tuple[int, dict[str, int]]] = field(default_factory=dict)


def _declared(state: State, scope: Scope, agreement: Agreement) -> _Declared:
    """Return what was declared; only what came since the last time is read."""
    table = scope.warnings.formations
    # Which text holds for what is past follows from what was proposed and when it began.
    texts = (id(table), agreement, len(scope.terms.proposed))
    held = scope.index.views.get(_VIEW)
    found = cast("_Declared", held[1]) if held is not None else _Declared()
    if found.texts != texts or found.count > len(table):
        found = _Declared(texts=texts)
    for entry in itertools.islice(reversed(table.values()), len(table) - found.count):
        body, key = entry.body, key_of(entry)
        assert isinstance(body, FormationDeclared)
        name = (entry.log.party, body.formation)
        if name not in found.newest or rank_of(entry) > rank_of(found.newest[name]):
            found.newest[name] = entry
        flaw = flaw_of(body, agreement)
        why = str(flaw) if flaw is not None else _misplaced(state, scope, entry, body.post)
        found.flaws[key] = why
        if not why:
            bisect.insort(found.ends, (body.to_us, key))
    found.count = len(table)
    scope.index.views[_VIEW] = (None, found)
    return found


def _misplaced(state: State, scope: Scope, entry: Entry, post: str) -> str:
    """Return why what a party says at a post counts for nothing; "": it counts."""
    agreement = agreement_at(state, scope.agreement_id, written_us(entry))
    if agreement is None or post not in posts_of(agreement, entry.log.party):
        return f"said at a post that {entry.log.party} does not have"
    return ""


def _said(
    state: State, scope: Scope, declared: _Declared, key: Key, tables: dict[Key, Table]
) -> dict[str, int]:
    """Return when each party first confirmed or ended a declaration: by its bytes, at its posts.

    Only what came since the last time is read, however often somebody says it.
    """
    table = tables.get(key, {})
    name = (tables is scope.warnings.ended, key)
    count, found = declared.said.get(name, (0, {}))
    if count > len(table):
        count, found = 0, {}
    leaf = state.reference(key).leaf if len(table) > count else ""
    for entry in itertools.islice(reversed(table.values()), len(table) - count):
        body, party = entry.body, entry.log.party
        assert isinstance(body, FormationConfirmed | FormationEnded)
        if entry.ref[0].leaf == leaf and not _misplaced(state, scope, entry, body.post):
            found[party] = min(found.get(party, written_us(entry)), written_us(entry))
    if table:
        declared.said[name] = (len(table), found)
    return found


def formations_of(state: State, scope: Scope, now_us: int) -> list[FormationView]:
    """Return the formations under an agreement as they stand, in the order of their places."""
    agreement = state.agreement(scope.agreement_id)
    if agreement is None:
        return []
    declared = _declared(state, scope, agreement)
    return [
        _view(state, scope, agreement, entry, declared, now_us)
        for _, entry in sorted(scope.warnings.formations.items())
    ]


def formation_at(state: State, scope: Scope, key: Key, now_us: int) -> FormationView | None:
    """Return one formation as it stands; None: nothing of the kind is held there."""
    agreement, entry = state.agreement(scope.agreement_id), scope.warnings.formations.get(key)
    if agreement is None or entry is None:
        return None
    declared = _declared(state, scope, agreement)
    return _view(state, scope, agreement, entry, declared, now_us)


def _view(
    state: State, scope: Scope, agreement: Agreement, entry: Entry, declared: _Declared, now_us: int
) -> FormationView:
    body, party, key = entry.body, entry.log.party, key_of(entry)
    assert isinstance(body, FormationDeclared)

    def view(
        word: FormationState, why: str = "", waits_for: tuple[str, ...] = (), since_us: int = 0
    ) -> FormationView:
        return FormationView(key, party, body, word, waits_for, since_us, why)

    if declared.flaws[key]:
        return view("refused", declared.flaws[key])
    if declared.newest[party, body.formation] is not entry:
        return view("replaced", "its party has declared another of this name")
    needed = {answerable(agreement, named) for named in body.flights}
    ends = _said(state, scope, declared, key, scope.warnings.ended)
    ended = sorted(ends.keys() & (needed | {party}))
    if ended:
        return view("ended", f"ended by {ended[0]}")
    if now_us >= body.to_us:
        return view("over", "its window is over")
    confirmed = _said(state, scope, declared, key, scope.warnings.confirmed)
    confirmed = {**confirmed, party: written_us(entry)}
    waits_for = tuple(sorted(needed - set(confirmed)))
    if waits_for:
        return view("waiting", f"not confirmed by {', '.join(waits_for)}", waits_for=waits_for)
    if now_us < body.from_us:
        return view("not yet", "its window has not begun")
    since_us = max(body.from_us, confirmed[party], *(confirmed[each] for each in needed))
    if now_us < since_us:
        return view("not yet", f"a word is dated ahead, {format_second(since_us)}")
    return view("in force", since_us=since_us)


def in_force(state: State, now_us: int) -> list[FormationView]:
    """Return the formations that are in force under any agreement, the earliest first."""
    found = [
        view
        for name in sorted(state.scopes)
        if state.scopes[name].warnings.formations
        for view in _in_window(state, state.scopes[name], now_us)
        if view.state == "in force"
    ]
    found.sort(key=lambda view: (view.since_us, view.key))
    return found[:IN_FORCE_MAX]


def _in_window(state: State, scope: Scope, now_us: int) -> list[FormationView]:
    """Return the formations that may be in force now, as they stand."""
    agreement = state.agreement(scope.agreement_id)
    if agreement is None:
        return []
    declared, table = _declared(state, scope, agreement), scope.warnings.formations
    first = bisect.bisect_right(declared.ends, now_us, key=lambda each: each[0])
    last = bisect.bisect_right(declared.ends, now_us + WINDOW_US, key=lambda each: each[0])
    return [
        _view(state, scope, agreement, table[key], declared, now_us)
        for _, key in declared.ends[first:last]
        # Of two parties or more: without one that confirmed nobody has agreed to it.
        if scope.warnings.confirmed.get(key)
    ]
