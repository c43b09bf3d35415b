"""Zones and boundaries: what is declared, the two states of a zone, and what is shown to others.

Rules:
- A zone has an activity and a promulgation, never one state (NORMS 5).
- Only its owner says what happens in it; only its owner, or somebody who was asked to, issues it.
  Anything else said about it is kept and does not count.
- Requested is not issued, issued is not in force before its window, nothing unconfirmed is cold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import msgspec

from parley.node.documents import document_of, record_of
from parley.node.entries import (
    BoundaryDeclared,
    Draft,
    Entry,
    MessageSaid,
    ZoneActivity,
    ZoneDeclared,
    ZonePromulgation,
)
from parley.node.inputs import DeclareBoundary, DeclareZone, Promulgate, SetActivity
from parley.node.rules.agreements import adopted_agreement
from parley.node.rules.peering import link_state
from parley.node.state import Key, Scope, State, key_of, order_of
from parley.world.boundary import Boundary
from parley.world.faults import Fault, InputFault, nearest
from parley.world.limits import PEER_ENTRIES_AHEAD_S
from parley.world.norms import norms
from parley.world.time import parse_instant_us
from parley.world.zone import Activity, Promulgation, Zone, shown_activity


@dataclass(frozen=True, slots=True)
class ZoneAct:
    """One thing said about a zone: by whom, in which order, about which window."""

    what: str
    value: str
    party: str
    from_us: int | None
    to_us: int | None
    order: tuple[int, str, int]
    key: Key
    asked: tuple[str, ...] = ()


class ZoneView(msgspec.Struct, frozen=True, kw_only=True):
    """A zone at an instant, as this node knows it under one agreement."""

    zone: str
    agreement: str
    at_us: int
    activity: str
    promulgation: str
    shown: str
    from_us: int | None
    to_us: int | None
    owner: str | None
    because: tuple[str, ...]


def declare_zone(state: State, act: DeclareZone) -> Draft:
    """Return the entry of a zone of this party's own.

    Raises:
        InputFault: it names another owner.
    """
    adopted_agreement(state, act.agreement)
    if act.zone.owner not in (None, state.party):
        raise InputFault(f"zone {act.zone.id} owner", value=act.zone.owner, wanted=state.party)
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


def zones_of(state: State, scope: Scope) -> dict[str, Zone]:
    """Return the zones known under an agreement: those of its text, and those parties declared.

    A party's own declaration never replaces a zone of the agreed text, nor another party's zone:
    the second of a name is kept beside the first as "NAME@PARTY", so that no party can take a name
    from another, or lose its own, by the time that it claims. The last declaration that a party
    wrote of a zone holds. The answer is shared: nobody may change it.
    """
    agreement = state.agreement(scope.agreement_id)
    version = (len(scope.zones), agreement)
    known = scope.index.views.get("zones")
    if known is not None and known[0] == version:
        return cast("dict[str, Zone]", known[1])
    found = {zone.id: zone for zone in agreement.zones} if agreement is not None else {}
    declared: dict[tuple[str, str], tuple[Entry, Zone]] = {}
    for entry in sorted(scope.zones.values(), key=key_of):
        zone = _zone_of(scope, entry)
        if zone is not None:
            first, _ = declared.get((zone.id, entry.log.party), (entry, zone))
            declared[(zone.id, entry.log.party)] = (first, zone)
    for (name, party), (_, zone) in sorted(declared.items(), key=lambda each: order_of(each[1][0])):
        found[name if name not in found else f"{name}@{party}"] = zone
    scope.index.views["zones"] = (version, found)
    return found


def _zone_of(scope: Scope, entry: Entry) -> Zone | None:
    """Return a declared zone as its writer's own, read once; None if it is none.

    A declaration that is no zone is its writer's fault; it must not grow into anything.
    """
    assert isinstance(entry.body, ZoneDeclared)
    key = key_of(entry)
    if key not in scope.index.zones:
        try:
            party = entry.log.party
            scope.index.zones[key] = msgspec.structs.replace(
                record_of(entry.body.zone, Zone), owner=party, asserted_by=(party,), agreed_by=()
            )
        except Fault:
            scope.index.zones[key] = None
    return scope.index.zones[key]


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
        InputFault: not the owner, or a window that ends before it begins.
    """
    zone = find_zone(state, act.agreement, act.zone)
    if zone.owner != state.party:
        what = f"activity of zone {act.zone}"
        raise InputFault(what, value=f"by {state.party}", wanted=f"by its owner {zone.owner}")
    from_us = now_us if act.from_us is None else act.from_us
    if act.to_us is not None and act.to_us <= from_us:
        raise InputFault(f"window of zone {act.zone}", value=act.to_us, wanted=f"after {from_us}")
    body = ZoneActivity(zone=zone.id, activity=act.activity, from_us=from_us, to_us=act.to_us)
    return Draft(agreement=act.agreement, by=act.post, body=body)


def promulgate(state: State, act: Promulgate) -> Draft:
    """Return the entry by which a zone is requested, issued or ended.

    Raises:
        InputFault: issued or ended by somebody who neither owns it nor was asked.
    """
    zone = find_zone(state, act.agreement, act.zone)
    scope = state.scope(act.agreement)
    said = _believed(state, scope, zone, _acts(scope, zone.id))
    absent = _owner_absent(state, scope, zone)
    may = _may_issue(zone, state.party, said, absent=absent)
    if act.promulgation in ("issued", "ended") and not may:
        what = f"zone {act.zone} {act.promulgation}"
        wanted = "by its owner or whom it was asked of"
        raise InputFault(what, value=f"by {state.party}", wanted=wanted)
    body = ZonePromulgation(
        zone=zone.id,
        promulgation=act.promulgation,
        from_us=act.from_us,
        to_us=act.to_us,
        reference=act.reference,
    )
    return Draft(agreement=act.agreement, by=act.post, body=body)


# ---- the two states, computed -------------------------------------------------------------------


def _window(fields: dict[str, str]) -> tuple[int | None, int | None]:
    """Return the window of a message's fields; what cannot be read is no window."""
    try:
        if "window" in fields:
            begin, _, end = fields["window"].partition("/")
            return parse_instant_us(begin), parse_instant_us(end)
        if "effective" in fields:
            return parse_instant_us(fields["effective"]), None
    except InputFault:
        return None, None
    return None, None


_MESSAGES = {"zone.request": "requested", "zone.issued": "issued", "zone.notice": "issued"}


def _message_act(entry: Entry, body: MessageSaid) -> ZoneAct | None:
    """Return what a message says about a zone, if it does."""
    from_us, to_us = _window(body.fields)
    activity = body.fields.get("activity")
    if body.message_type in ("zone.state", "zone.notice") and activity in norms().zone.activity:
        what, value = "activity", str(activity)
        from_us = entry.issued_us if from_us is None else from_us
    elif body.message_type in _MESSAGES:
        what, value = "promulgation", _MESSAGES[body.message_type]
    elif body.message_type == "zone.release.request":
        what, value = "release", "cold asked for"
    else:
        return None
    asked = entry.to if body.message_type == "zone.request" else ()
    party, order, key = entry.log.party, order_of(entry), key_of(entry)
    return ZoneAct(what, value, party, from_us, to_us, order, key, asked)


def _acts(scope: Scope, zone_id: str) -> list[ZoneAct]:
    """Return everything said about a zone under an agreement, in reading order."""
    acts = []
    for key in scope.index.by_zone.get(zone_id, ()):
        thread = scope.threads[key]
        if thread.said is not None:
            act = _message_act(thread.said, thread.body)
            acts += [act] if act else []
    for key, entry in scope.zone_acts.get(zone_id, {}).items():
        body = entry.body
        assert isinstance(body, ZoneActivity | ZonePromulgation)
        said = body.activity if isinstance(body, ZoneActivity) else body.promulgation
        what = "activity" if isinstance(body, ZoneActivity) else "promulgation"
        asked = entry.to if said == "requested" else ()
        party, order = entry.log.party, order_of(entry)
        acts.append(ZoneAct(what, said, party, body.from_us, body.to_us, order, key, asked))
    return sorted(acts, key=lambda act: act.order)


def _believed(state: State, scope: Scope, zone: Zone, acts: list[ZoneAct]) -> list[ZoneAct]:
    """Return the acts but for requests about somebody else's zone.

    Who is asked for a zone may issue it, so a request is a power: with an owner that is a party
    here, only its owner's own request gives it. Nobody can ask itself.
    """
    absent = _owner_absent(state, scope, zone)
    return [
        act
        for act in acts
        if act.value not in ("requested", "draft") or absent or act.party == zone.owner
    ]


def _owner_absent(state: State, scope: Scope, zone: Zone) -> bool:
    """Whether the zone's owner is no party of this agreement, so that others must tell of it."""
    agreement = state.agreement(scope.agreement_id)
    return agreement is None or zone.owner not in {p.id for p in agreement.parties}


def _may_issue(zone: Zone, party: str, acts: list[ZoneAct], *, absent: bool) -> bool:
    """Whether a party may issue or end a zone: its owner, or somebody whom its owner asked.

    A zone whose owner is nobody, or no party here, is issued by whoever was asked; if nobody was,
    whoever notifies it answers for that (`absent`).
    """
    asked = _asked(acts)
    if asked:
        return party in asked
    return zone.owner in (None, party) or absent


def _asked(acts: list[ZoneAct]) -> set[str]:
    return {
        name for act in acts if act.value == "requested" for name in act.asked if name != act.party
    }


def _counts(zone: Zone, act: ZoneAct, acts: list[ZoneAct], *, absent: bool) -> bool:
    if act.what == "activity":
        return zone.owner in (None, act.party)
    if act.value in ("issued", "ended"):
        may = _may_issue(zone, act.party, acts, absent=absent)
        return may or act.party in _requesters(acts)
    return True


def _requesters(acts: list[ZoneAct]) -> set[str]:
    """Return the parties that asked for the zone: they may tell others that it was issued."""
    return {act.party for act in acts if act.value == "requested" and act.asked} - _asked(acts)


def zone_view(state: State, scope: Scope, zone: Zone, now_us: int) -> ZoneView:
    """Return both states of a zone at an instant, and what is shown to others."""
    said = [act for act in _acts(scope, zone.id) if _known_by(state, act, now_us)]
    every = _believed(state, scope, zone, said)
    absent = _owner_absent(state, scope, zone)
    acts = [act for act in every if _counts(zone, act, every, absent=absent)]
    promulgation, from_us, to_us = _promulgation(zone, acts, now_us)
    activity, open_request = _activity(acts, now_us)
    silent = _owner_silent(state, zone, now_us)
    shown = shown_activity(
        msgspec.convert(activity, Activity),
        promulgation=msgspec.convert(promulgation, Promulgation),
        owner_link_down_past_limit=silent,
        open_request_without_cold=open_request,
    )
    because = tuple(f"{act.value} by {act.party}" for act in acts)
    return ZoneView(
        zone=zone.id,
        agreement=scope.agreement_id,
        at_us=now_us,
        activity=activity,
        promulgation=promulgation,
        shown=shown,
        from_us=from_us,
        to_us=to_us,
        owner=zone.owner,
        because=because,
    )


def _known_by(state: State, act: ZoneAct, now_us: int) -> bool:
    """Whether an act was written by an instant, on our clock: a peer's may be ahead of it."""
    ahead_us = min(max(state.links.offset_us.get(act.party, 0), 0), PEER_ENTRIES_AHEAD_S * 10**6)
    return act.order[0] - ahead_us <= now_us


def _owner_silent(state: State, zone: Zone, now_us: int) -> bool:
    """Whether the owner is a peer that was not heard for too long, or not yet since we started."""
    if zone.owner is None or zone.owner == state.party or zone.owner not in state.identity.peers:
        return False
    _, heard_us = link_state(state, zone.owner, now_us)
    limit_us = norms().zone.owner_silent_after_s * 1_000_000
    return heard_us is None or now_us - heard_us > limit_us


def _promulgation(
    zone: Zone, acts: list[ZoneAct], now_us: int
) -> tuple[str, int | None, int | None]:
    said = [act for act in acts if act.what == "promulgation"]
    # A standing zone of the agreed text was confirmed by signing; one with hours was not yet.
    standing = zone.from_us is None and zone.to_us is None and not zone.asserted_by
    if not said:
        return ("in force" if standing else "draft"), zone.from_us, zone.to_us
    last = said[-1]
    from_us, to_us = _hours(zone, said)
    done = [act for act in said if act.value in ("issued", "ended")]
    if not done and standing:
        # What both have signed is not undone by asking for it again.
        return "in force", zone.from_us, zone.to_us
    if not done or (last not in done and _is_over(zone, said, done[-1], now_us)):
        return last.value, from_us, to_us
    # A request or draft after the issue asks for something new: until it is issued the old holds.
    upto = said[: said.index(done[-1]) + 1]
    from_us, to_us = _hours(zone, upto)
    if done[-1].value == "ended" or (to_us is not None and now_us >= to_us):
        return "ended", from_us, to_us
    begun = from_us is None or now_us >= from_us
    return ("in force" if begun else "issued"), from_us, to_us


def _hours(zone: Zone, said: list[ZoneAct]) -> tuple[int | None, int | None]:
    """Return the window of the last act that names one, else that of the zone."""
    windows = [act for act in said if act.from_us is not None]
    if not windows:
        return zone.from_us, zone.to_us
    return windows[-1].from_us, windows[-1].to_us


def _is_over(zone: Zone, said: list[ZoneAct], issue: ZoneAct, now_us: int) -> bool:
    """Whether what was issued has ended, so that a later request stands for itself."""
    _, to_us = _hours(zone, said[: said.index(issue) + 1])
    return issue.value == "ended" or (to_us is not None and now_us >= to_us)


def _activity(acts: list[ZoneAct], now_us: int) -> tuple[str, bool]:
    """Return the activity at an instant, and whether it is asked to be cold without an answer.

    Of all that is said about this instant the latest said holds; a window that has ended says
    nothing more, so that without anything after it the activity is unknown, which reads hot.
    """
    said = [
        act
        for act in acts
        if act.what == "activity"
        # What begins as it is said has begun, by whichever clock that is.
        and (act.from_us or 0) <= max(now_us, act.order[0])
        and (act.to_us is None or now_us < act.to_us)
    ]
    asked = [act.order for act in acts if act.what == "release" and act.order[0] <= now_us]
    cold = [act.order for act in acts if act.what == "activity" and act.value == "cold"]
    open_request = bool(asked) and (not cold or max(cold) < max(asked))
    if not said:
        return "unknown", open_request
    last = said[-1]
    # A lasting word said before a window is not taken up again when the window has ended: after
    # "cold", "hot from 10 to 11" leaves nobody's word for half past 11.
    over = [
        act
        for act in acts
        if act.what == "activity"
        and act.to_us is not None
        and act.to_us <= now_us
        and act.order > last.order
    ]
    if over and last.to_us is None:
        return "unknown", open_request
    return last.value, open_request
