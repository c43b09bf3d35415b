"""Formations as the record has them: which are in force, whose flights, why one is not.

Rules:
- In force inside its window, once every party whose flights it names has confirmed exactly these
  bytes, or declared them. What one side alone declares silences nothing.
- Any party that it names, or that declared it, ends it for all; the newest of a name by one party
  replaces the one before.
- A party cannot write itself past the limits: a declaration that is over one never counts, whoever
  signed it.

What does not live here: acts (`formations`), who flies with whom now (`formation_flights`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from parley.node.entries import Entry
from parley.node.rules.agreement_status import answerable
from parley.node.state import Key, Scope, State, rank_of, written_us
from parley.node.warning_bodies import FormationDeclared
from parley.world.agreement import Agreement, check_name
from parley.world.faults import InputFault
from parley.world.limits import NAME_CHARACTERS_MAX

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


def formations_of(state: State, scope: Scope, now_us: int) -> list[FormationView]:
    """Return the formations under an agreement as they stand, in the order of their places."""
    agreement = state.agreement(scope.agreement_id)
    if agreement is None:
        return []
    newest: dict[tuple[str, str], Entry] = {}
    for entry in scope.warnings.formations.values():
        assert isinstance(entry.body, FormationDeclared)
        name = (entry.log.party, entry.body.formation)
        if name not in newest or rank_of(entry) > rank_of(newest[name]):
            newest[name] = entry
    found = []
    for key, entry in sorted(scope.warnings.formations.items()):
        assert isinstance(entry.body, FormationDeclared)
        replaced = newest[entry.log.party, entry.body.formation] is not entry
        found.append(_view(state, scope, agreement, key, entry, now_us, replaced=replaced))
    return found


def _view(
    state: State,
    scope: Scope,
    agreement: Agreement,
    key: Key,
    entry: Entry,
    now_us: int,
    *,
    replaced: bool,
) -> FormationView:
    body, party = entry.body, entry.log.party
    assert isinstance(body, FormationDeclared)

    def view(
        word: FormationState, why: str = "", waits_for: tuple[str, ...] = (), since_us: int = 0
    ) -> FormationView:
        return FormationView(key, party, body, word, waits_for, since_us, why)

    flaw = flaw_of(body, agreement)
    if flaw is not None:
        return view("refused", str(flaw))
    if replaced:
        return view("replaced", "its party has declared another of this name")
    needed = {answerable(agreement, named) for named in body.flights}
    leaf = state.reference(key).leaf
    ended = sorted(
        e.log.party
        for e in scope.warnings.ended.get(key, {}).values()
        if e.log.party in needed | {party} and e.ref[0].leaf == leaf
    )
    if ended:
        return view("ended", f"ended by {ended[0]}")
    since_us = max(body.from_us, written_us(entry))
    confirmed: dict[str, int] = {party: since_us}
    for each in scope.warnings.confirmed.get(key, {}).values():
        if each.ref[0].leaf == leaf:
            before_us = confirmed.get(each.log.party, written_us(each))
            confirmed[each.log.party] = min(before_us, written_us(each))
    waits_for = tuple(sorted(needed - set(confirmed)))
    if now_us >= body.to_us:
        return view("over", "its window is over")
    if waits_for:
        return view("waiting", f"not confirmed by {', '.join(waits_for)}", waits_for=waits_for)
    if now_us < body.from_us:
        return view("not yet", "its window has not begun")
    since_us = max(since_us, *(confirmed[each] for each in needed))
    return view("in force", since_us=since_us)


def in_force(state: State, now_us: int) -> list[FormationView]:
    """Return the formations that are in force under any agreement, the earliest first."""
    found = [
        view
        for name in sorted(state.scopes)
        if state.scopes[name].warnings.formations
        for view in formations_of(state, state.scopes[name], now_us)
        if view.state == "in force"
    ]
    found.sort(key=lambda view: (view.since_us, view.key))
    return found[:IN_FORCE_MAX]
