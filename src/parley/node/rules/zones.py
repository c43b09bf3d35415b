"""Zones and boundaries: what is declared, by whom, in which version, and acts on them.

Rules:
- A party's declaration is its own: it binds nobody else, and takes no other's name.
- A zone or boundary of the agreed text is changed only by another text of the agreement.
- From rules version 4 on a declared zone has versions: the greatest that is in force at an instant
  holds, and none has effect before it was written.
- What happens in a zone and what was issued: `zone_acts` and `zone_states`.
"""

from __future__ import annotations

from typing import NamedTuple, cast

import msgspec

from parley.node.documents import document_of, record_of
from parley.node.entries import (
    BoundaryDeclared,
    Draft,
    Entry,
    ZoneActivity,
    ZoneDeclared,
    ZonePromulgation,
)
from parley.node.inputs import DeclareBoundary, DeclareZone, Promulgate, SetActivity
from parley.node.rules.agreement_status import text_at
from parley.node.rules.agreements import adopted_agreement
from parley.node.rules.zone_acts import (
    ZONE_TERMS_SINCE,
    acts_of,
    believed,
    may_issue,
    owner_absent,
)
from parley.node.rules.zone_agreed import ZoneSaid, terms_of_zone
from parley.node.rules.zone_reservations import (
    Reservations,
    check_promulgation,
    check_withdrawal,
)
from parley.node.rules.zone_states import ZoneView, zone_view
from parley.node.state import Scope, State, key_of, order_of, rank_of, written_us
from parley.world.boundary import Boundary
from parley.world.faults import Fault, InputFault, nearest
from parley.world.zone import Zone, zone_in_force

__all__ = [
    "ZoneHeld", "ZoneVersion", "ZoneView", "boundaries_of", "declare_boundary", "declare_zone",
    "find_zone", "promulgate", "set_activity", "versions_of", "zone_held", "zone_view", "zones_of",
]  # fmt: skip


class ZoneHeld(msgspec.Struct, frozen=True, kw_only=True):
    """Which version of a zone was in force at an instant, for whom, and by what.

    `zone`: None where none was; `agreed`: of the agreed text, else its writer's own word.
    """

    zone: Zone | None
    agreed: bool
    because: str


class ZoneVersion(NamedTuple):
    """One declared version of a zone: by whom, and from when on it has effect."""

    party: str
    from_us: int
    zone: Zone


def declare_zone(state: State, act: DeclareZone) -> Draft:
    """Return the entry of a zone of this party's own, or of its next version.

    Raises:
        InputFault: it names another owner; from rules version 4 on also: it is this party's zone of
            the agreed text, or its version is no greater than the one before.
    """
    agreement = adopted_agreement(state, act.agreement)
    if act.zone.owner not in (None, state.party):
        raise InputFault(f"zone {act.zone.id} owner", value=act.zone.owner, wanted=state.party)
    scope = state.scope(act.agreement)
    if scope.rules.version >= ZONE_TERMS_SINCE:
        if any(z.id == act.zone.id and z.owner == state.party for z in agreement.zones):
            raise InputFault(
                f"zone {act.zone.id}",
                value="a zone of the agreed text",
                wanted="another name",
                repair=f"amend {act.agreement}, or say hot, cold, issued of it",
            )
        own = [v.zone.version for v in versions_of(scope, act.zone.id, state.party)]
        if own and act.zone.version <= max(own):
            what = f"zone {act.zone.id} version"
            raise InputFault(what, value=act.zone.version, wanted=f"{max(own) + 1} or greater")
    body = ZoneDeclared(zone=document_of(act.zone))
    return Draft(agreement=act.agreement, by=act.post, body=body)


def declare_boundary(state: State, act: DeclareBoundary) -> Draft:
    """Return the entry of a boundary of this party's own; it binds nobody else."""
    adopted_agreement(state, act.agreement)
    return Draft(
        agreement=act.agreement,
        by=act.post,
        body=BoundaryDeclared(boundary=document_of(act.boundary)),
    )


def zones_of(state: State, scope: Scope, at_us: int | None = None) -> dict[str, Zone]:
    """Return the zones known under an agreement: those of its text, and those parties declared.

    A party's own declaration never replaces a zone of the agreed text, nor another party's zone:
    the second of a name is kept beside the first as "NAME@PARTY", so that no party can take a name
    from another, or lose its own, by the time that it claims. The last declaration that a party
    wrote of a zone holds. The answer is shared: nobody may change it.

    Args:
        state: whose record.
        scope: under which agreement.
        at_us: from rules version 4 on, the versions in force at this instant; without it, or where
            no version of a zone is in force, the newest.
    """
    agreement = state.agreement(scope.agreement_id)
    version = (len(scope.zones), agreement)
    known = scope.index.views.get("zones")
    if known is None or known[0] != version:
        known = (version, _declared_zones(scope))
        scope.index.views["zones"] = known
        for view in ("zones newest", "zones at"):
            scope.index.views.pop(view, None)
    declared = cast("list[tuple[str, list[ZoneVersion]]]", known[1])
    at_us = at_us if scope.rules.version >= ZONE_TERMS_SINCE else None
    view = "zones newest" if at_us is None else "zones at"
    held = scope.index.views.get(view)
    if held is not None:
        from_us, to_us = cast("tuple[int | None, int | None]", held[0])
        if at_us is None or _within(from_us, to_us, at_us):
            return cast("dict[str, Zone]", held[1])
    found = {zone.id: zone for zone in agreement.zones} if agreement is not None else {}
    for name, versions in declared:
        if not versions:
            continue
        zone = _version_at(versions, at_us)
        found[name if name not in found else f"{name}@{versions[0].party}"] = zone
    scope.index.views[view] = (_until(declared, at_us), found)
    return found


def _within(from_us: int | None, to_us: int | None, at_us: int) -> bool:
    return (from_us is None or from_us <= at_us) and (to_us is None or at_us < to_us)


def _until(
    declared: list[tuple[str, list[ZoneVersion]]], at_us: int | None
) -> tuple[int | None, int | None]:
    """Return between which instants the same versions are in force; no bounds for the newest."""
    if at_us is None:
        return None, None
    edges = {v.from_us for _, versions in declared for v in versions}
    edges |= {
        v.zone.to_us for _, versions in declared for v in versions if v.zone.to_us is not None
    }
    before = max((edge for edge in edges if edge <= at_us), default=at_us)
    return before, min((edge for edge in edges if edge > at_us), default=None)


def _version_at(versions: list[ZoneVersion], at_us: int | None) -> Zone:
    """Return the version that is in force at an instant; where none is, the newest."""
    if at_us is not None:
        begun = [v.zone for v in versions if v.from_us <= at_us]
        found = zone_in_force(begun, at_us)
        if found is not None:
            return found
    return versions[-1].zone


def _declared_zones(scope: Scope) -> list[tuple[str, list[ZoneVersion]]]:
    """Return the declared zones by name and party, each with its versions in order of writing."""
    declared: dict[tuple[str, str], list[ZoneVersion]] = {}
    first: dict[tuple[str, str], Entry] = {}
    agreed = scope.rules.version >= ZONE_TERMS_SINCE
    for entry in sorted(scope.zones.values(), key=rank_of if agreed else key_of):
        zone = _zone_of(scope, entry)
        if zone is not None:
            name = (zone.id, entry.log.party)
            first.setdefault(name, entry)
            begun_us = written_us(entry) if zone.from_us is None else zone.from_us
            begun_us = max(begun_us, written_us(entry))
            declared.setdefault(name, []).append(ZoneVersion(name[1], begun_us, zone))
    in_order = sorted(declared, key=lambda each: order_of(first[each]))
    return [(name[0], declared[name]) for name in in_order]


def versions_of(scope: Scope, zone_id: str, party: str) -> tuple[ZoneVersion, ...]:
    """Return the versions of a zone that a party has declared, in order of writing.

    Which of them was in force at an instant: the greatest that had begun, by `zone_in_force`.
    """
    found = _declared_zones(scope)
    return tuple(
        v for name, versions in found if name == zone_id for v in versions if v.party == party
    )


def _zone_of(scope: Scope, entry: Entry) -> Zone | None:
    """Return a declared zone as its writer's own, read once; None if it is none.

    A declaration that is no zone is its writer's fault; it must not grow into anything. Nor must
    one with a schedule under rules that know of none: releases before read it as no zone.
    """
    assert isinstance(entry.body, ZoneDeclared)
    key = key_of(entry)
    if key not in scope.index.zones:
        party = entry.log.party
        try:
            zone = record_of(entry.body.zone, Zone)
        except Fault:
            scope.index.zones[key] = None
            return None
        old = zone.schedule is not None and scope.rules.version < ZONE_TERMS_SINCE
        own = msgspec.structs.replace(zone, owner=party, asserted_by=(party,), agreed_by=())
        scope.index.zones[key] = None if old else own
    return scope.index.zones[key]


def zone_held(state: State, agreement_id: str, zone_id: str, at_us: int, party: str) -> ZoneHeld:
    """Return which version of a zone was in force at an instant for a party.

    A zone of the text that was in force for it then; else the version that it had itself declared
    by then. What another party declared is nobody else's.

    Args:
        state: whose record.
        agreement_id: under which agreement.
        zone_id: which zone.
        at_us: the instant.
        party: for whom.
    """
    text = text_at(state, agreement_id, at_us, party)
    agreed = [z for z in text.agreement.zones if z.id == zone_id] if text.agreement else []
    if agreed and text.in_force:
        zone = zone_in_force(agreed, at_us)
        because = f"of the text {text.sha256[:8]}, agreed by {', '.join(text.agreed_by)}"
        return ZoneHeld(zone=zone, agreed=True, because=because)
    versions = versions_of(state.scope(agreement_id), zone_id, party)
    begun = [v.zone for v in versions if v.from_us <= at_us]
    zone = zone_in_force(begun, at_us)
    if zone is not None:
        return ZoneHeld(zone=zone, agreed=False, because=f"declared by {party}")
    why = text.why if agreed else f"no version of {zone_id} had begun for {party}"
    return ZoneHeld(zone=None, agreed=False, because=why)


def boundaries_of(state: State, scope: Scope) -> dict[str, Boundary]:
    """Return the boundaries known under an agreement, each with who agreed to it or asserts it.

    Names are kept apart as those of zones are. The answer is shared: nobody may change it.
    """
    agreement = state.agreement(scope.agreement_id)
    version = (len(scope.boundaries), agreement)
    known = scope.index.views.get("boundaries")
    if known is not None and known[0] == version:
        return cast("dict[str, Boundary]", known[1])
    found = {b.id: b for b in agreement.boundaries} if agreement is not None else {}
    declared: dict[tuple[str, str], tuple[Entry, Boundary]] = {}
    for entry in sorted(scope.boundaries.values(), key=key_of):
        boundary = _boundary_of(scope, entry)
        if boundary is not None:
            party = entry.log.party
            first, _ = declared.get((boundary.id, party), (entry, boundary))
            own = msgspec.structs.replace(boundary, asserted_by=(party,), agreed_by=())
            declared[(boundary.id, party)] = (first, own)
    in_order = sorted(declared.items(), key=lambda each: order_of(each[1][0]))
    for (name, party), (_, boundary) in in_order:
        found[name if name not in found else f"{name}@{party}"] = boundary
    scope.index.views["boundaries"] = (version, found)
    return found


def _boundary_of(scope: Scope, entry: Entry) -> Boundary | None:
    assert isinstance(entry.body, BoundaryDeclared)
    key = key_of(entry)
    if key not in scope.index.boundaries:
        try:
            scope.index.boundaries[key] = record_of(entry.body.boundary, Boundary)
        except Fault:
            scope.index.boundaries[key] = None
    return scope.index.boundaries[key]


def find_zone(state: State, agreement_id: str, zone_id: str) -> Zone:
    """Return a zone that is known under an agreement.

    Raises:
        InputFault: it is not; the repair names the nearest.
    """
    adopted_agreement(state, agreement_id)
    known = zones_of(state, state.scope(agreement_id))
    # An operator who names a zone that two parties declared means the one that is the party's own.
    own = known.get(f"{zone_id}@{state.party}")
    if own is not None:
        return own
    if zone_id not in known:
        close = nearest(zone_id, sorted(known))
        raise InputFault(
            f"zone of {agreement_id}",
            value=zone_id,
            wanted=f"one of {', '.join(sorted(known)) or 'none'}",
            repair=f"did you mean {close!r}?" if close else "",
        )
    return known[zone_id]


def set_activity(state: State, act: SetActivity, now_us: int) -> Draft:
    """Return the entry by which the owner of a zone says what is happening in it.

    Raises:
        InputFault: not the owner nor anybody whom the agreement lets change it, or a window that
            ends before it begins.
    """
    zone = find_zone(state, act.agreement, act.zone)
    scope = state.scope(act.agreement)
    may: tuple[str | None, ...] = (zone.owner,)
    if scope.rules.version >= ZONE_TERMS_SINCE:
        terms = terms_of_zone(state, scope, zone, now_us)
        # Its owner always may say that it is hot.
        may = terms.speakers if act.activity == "cold" else (*terms.speakers, zone.owner)
    if state.party not in may:
        wanted = f"by its owner {zone.owner}"
        if tuple(each for each in may if each is not None) not in ((), (zone.owner,)):
            wanted = f"by {', '.join(sorted({each for each in may if each is not None}))}"
        what = f"activity of zone {act.zone}"
        raise InputFault(what, value=f"by {state.party}", wanted=wanted)
    from_us = now_us if act.from_us is None else act.from_us
    if act.to_us is not None and act.to_us <= from_us:
        raise InputFault(f"window of zone {act.zone}", value=act.to_us, wanted=f"after {from_us}")
    body = ZoneActivity(zone=zone.id, activity=act.activity, from_us=from_us, to_us=act.to_us)
    return Draft(agreement=act.agreement, by=act.post, body=body)


def promulgate(state: State, act: Promulgate, now_us: int) -> Draft:
    """Return the entry by which a zone is requested, issued or ended.

    Raises:
        InputFault: issued or ended by somebody who neither owns it nor was asked; from rules
            version 4 on also a window that ends before it begins, or an act of which it is not
            clear which reservation it is of. From then on who asked may take its request back.
    """
    zone = find_zone(state, act.agreement, act.zone)
    scope = state.scope(act.agreement)
    said = believed(state, scope, zone, acts_of(scope, zone.id))
    absent = owner_absent(state, scope, zone)
    may = may_issue(zone, state.party, said, absent=absent)
    agreed = scope.rules.version >= ZONE_TERMS_SINCE
    held = ZoneSaid(state, scope, zone, now_us).reservations if agreed else None
    if act.promulgation == "ended" and not may and held is not None and _asks(state, held, now_us):
        check_withdrawal(held, zone, act, state.party, now_us)
    elif act.promulgation in ("issued", "ended") and not may:
        what = f"zone {act.zone} {act.promulgation}"
        wanted = "by its owner or whom it was asked of"
        raise InputFault(what, value=f"by {state.party}", wanted=wanted)
    elif held is not None:
        check_promulgation(held, zone, act, state.party, now_us)
    backwards = act.from_us is not None and act.to_us is not None and act.to_us <= act.from_us
    if backwards and agreed:
        wanted = f"after {act.from_us}"
        raise InputFault(f"window of zone {act.zone}", value=act.to_us, wanted=wanted)
    body = ZonePromulgation(
        zone=zone.id,
        promulgation=act.promulgation,
        from_us=act.from_us,
        to_us=act.to_us,
        reference=act.reference,
    )
    return Draft(agreement=act.agreement, by=act.post, body=body)


def _asks(state: State, held: Reservations, now_us: int) -> bool:
    """Whether a request of ours is open."""
    return any(a.party == state.party and not a.over(now_us) for a in held.open)
