"""Several agreements over one ground: which rules hold for a place, a zone or a pair, and whose.

Rules:
- Each rule says which agreement it is of, and that one who agreed to it or asserts it alone.
- Where two that are in force cannot both be followed, both are shown: which of them holds is for
  the parties.
"""

from __future__ import annotations

from itertools import combinations

import msgspec

from parley.node.rules.agreement_status import TextView, text_at
from parley.node.rules.zones import zones_of
from parley.node.state import State
from parley.world.agreement import Agreement
from parley.world.agreement_checks import Contradiction, contradictions, kind_of
from parley.world.faults import InputFault, nearest
from parley.world.geo import Position
from parley.world.shape import contains
from parley.world.zone import Zone


class ZoneHere(msgspec.Struct, frozen=True, kw_only=True):
    """A zone of an agreement that holds a place, or may ("in", "undecided"), and whose it is."""

    zone: str
    answer: str
    owner: str
    agreed_by: tuple[str, ...]
    asserted_by: tuple[str, ...]


class RuleHere(msgspec.Struct, frozen=True, kw_only=True):
    """One clause that speaks of a place or a pair, and whose it is.

    `zones`: those of the clause that hold the place; empty where it speaks of everywhere.
    `undecided`: whether the place may lie just outside of them all.
    """

    agreement: str
    clause: str
    kind: str
    source: str = ""
    zones: tuple[str, ...] = ()
    undecided: bool = False


class OverGround(msgspec.Struct, frozen=True, kw_only=True):
    """One agreement over a ground: whether it binds, whom, its zones there, and its rules.

    `word`: as `TextView`; `whose`: who agreed, or who asserts it alone.
    """

    agreement: str
    title: str
    word: str
    why: str
    version: int
    whose: tuple[str, ...]
    one_sided: bool
    suspended: tuple[str, ...]
    withdrawn: tuple[str, ...]
    zones: tuple[ZoneHere, ...]
    rules: tuple[RuleHere, ...]


class GroundView(msgspec.Struct, frozen=True, kw_only=True):
    """Every agreement held here that speaks of a ground, and where two of them contradict."""

    at_us: int
    agreements: tuple[OverGround, ...]
    contradictions: tuple[AgreementsFight, ...]


class AgreementsFight(msgspec.Struct, frozen=True, kw_only=True):
    """Two agreements in force that cannot both be followed, with what each says."""

    agreements: tuple[str, str]
    about: str
    first: str
    second: str
    clauses: tuple[str, str]


def rules_over(
    state: State,
    at_us: int,
    *,
    place: Position | None = None,
    zone: str = "",
    parties: tuple[str, ...] = (),
) -> GroundView:
    """Return whose rules hold for a place, a zone, or a pair of parties, at an instant.

    Args:
        state: the record.
        at_us: the instant.
        place: only zones that hold it, and rules of these or of everywhere.
        zone: only agreements that have it.
        parties: only agreements that all of these are parties to.

    Raises:
        InputFault: no agreement has such a zone; the repair names the nearest.
    """
    found, known = [], set()
    for name in sorted(state.agreements):
        view = text_at(state, name, at_us)
        if view.agreement is None:
            continue
        zones = _zones(state, view.agreement, at_us)
        known |= set(zones)
        if zone and zone not in zones:
            continue
        zones = {zone: zones[zone]} if zone else zones
        if not set(parties) <= {party.id for party in view.agreement.parties}:
            continue
        here = _holding(zones, place)
        found.append(_over(view, view.agreement, here, everywhere=place is None and not zone))
    if zone and not found:
        close = nearest(zone, sorted(known))
        repair = f"did you mean {close!r}?" if close else ""
        raise InputFault("zone", value=zone, wanted="a zone of an agreement", repair=repair)
    names = {each.agreement for each in found}
    fights = [f for f in fighting(state, at_us) if set(f.agreements) <= names]
    return GroundView(at_us=at_us, agreements=tuple(found), contradictions=tuple(fights))


def _zones(state: State, agreement: Agreement, at_us: int) -> dict[str, Zone]:
    """Return the zones of a text, and those that parties declared under it."""
    now = state.agreement(agreement.id)
    of_text = {zone.id for zone in now.zones} if now is not None else set()
    declared = zones_of(state, state.scope(agreement.id), at_us)
    found = {name: zone for name, zone in declared.items() if name not in of_text}
    return found | {zone.id: zone for zone in agreement.zones}


def _holding(zones: dict[str, Zone], place: Position | None) -> dict[str, ZoneHere]:
    """Return the zones that hold a place, or may; all of them where no place is asked for."""
    found = {}
    for name, zone in zones.items():
        answer = "in"
        if place is not None:
            answer = contains(zone.shape, place, zone.uncertainty_m).decided
        if answer != "out":
            found[name] = ZoneHere(
                zone=name,
                answer=answer,
                owner=zone.owner or "",
                agreed_by=zone.agreed_by,
                asserted_by=zone.asserted_by,
            )
    return found


def _over(
    view: TextView, agreement: Agreement, here: dict[str, ZoneHere], *, everywhere: bool
) -> OverGround:
    rules = []
    for clause in agreement.clauses:
        about = set(clause.applies_to.zones)
        named = getattr(clause, "zone", "")
        about |= {named} if isinstance(named, str) and named else set()
        held = sorted(about & set(here))
        if about and not held and not everywhere:
            continue
        rules.append(
            RuleHere(
                agreement=agreement.id,
                clause=clause.id,
                kind=kind_of(clause),
                source=clause.source_paragraph,
                zones=tuple(held),
                undecided=bool(held) and all(here[z].answer != "in" for z in held),
            )
        )
    return OverGround(
        agreement=agreement.id,
        title=agreement.title,
        word=view.word,
        why=view.why,
        version=agreement.version,
        whose=view.asserted_by or view.agreed_by,
        one_sided=not view.in_force and view.word != "ended",
        suspended=view.suspended,
        withdrawn=view.withdrawn,
        zones=tuple(here[name] for name in sorted(here)),
        rules=tuple(rules),
    )


def fighting(state: State, at_us: int) -> tuple[AgreementsFight, ...]:
    """Return where two agreements in force at an instant cannot both be followed."""
    held = []
    for name in sorted(state.agreements):
        view = text_at(state, name, at_us)
        if view.agreement is not None and view.in_force:
            held.append((view.sha256, view.agreement))
    texts = tuple(sha256 for sha256, _ in held)
    known = state.views.get("agreements that fight")
    if known is None or known[0] != texts:
        found = [_fight(a, b, each) for (_, a), (_, b) in combinations(held, 2)
                 for each in contradictions(a, b)]  # fmt: skip
        known = (texts, tuple(found))
        state.views["agreements that fight"] = known
    assert isinstance(known[1], tuple)
    return known[1]


def _fight(a: Agreement, b: Agreement, each: Contradiction) -> AgreementsFight:
    return AgreementsFight(
        agreements=(a.id, b.id),
        about=each.about,
        first=each.first,
        second=each.second,
        clauses=each.clauses,
    )
