"""What a live report does to zones, and to boundaries (`crossings`) and stand-off distances.

Rules: a node speaks of zones that it owns or asked for and of its own aircraft. Only decided
answers count; an undecided place is counted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from parley.detect.strategic import overlap
from parley.node.entries import AlertRaised, Draft
from parley.node.picture import Aircraft
from parley.node.rules.alerts import open_alert, resolve
from parley.node.rules.boundary_past import boundaries_now
from parley.node.rules.crossings import (
    EVALUATOR,
    HYSTERESIS_SINCE,
    boundary_met,
    report_vector,
)
from parley.node.rules.pairs import own_party
from parley.node.rules.standing_off import stand_offs_met
from parley.node.rules.zone_states import ZoneView, zone_view
from parley.node.rules.zones import boundaries_of, zones_of
from parley.node.state import Scope, State, Thread, key_of
from parley.world.faults import InputFault
from parley.world.geo import UNDECIDED, Position
from parley.world.norms import norms
from parley.world.shape import planar_rings
from parley.world.time import Interval
from parley.world.volume import SURFACE, UNLIMITED, Volume4D, altitude_inside
from parley.world.zone import Zone, zone_contains

_LARGEST_RADIUS_M = 6_378_137.0
_OUTLINE_STEP_M = 20_000.0
EDGE_SINCE = 5
"""The rules version from which an incursion ends only beyond the edge by the hysteresis."""
EDGE_VERTICAL_M = 30.0
"""The same for a limit: 100 ft, as much as levels are reported in steps."""


@dataclass(frozen=True, slots=True)
class Ball:
    """A ball in space that has a whole zone in it."""

    centre_m: tuple[float, float, float]
    radius_m: float


def objects_met(state: State, aircraft: Aircraft, now_us: int) -> list[Draft]:
    """Return what the newest report of one aircraft does to zones and boundaries."""
    drafts: list[Draft] = []
    last = aircraft.last
    position = Position(lat_deg=last.lat_deg, lon_deg=last.lon_deg)
    for name in sorted(state.scopes):
        scope = state.scopes[name]
        if state.agreement(name) is None:
            continue
        for zone_name, zone in sorted(zones_of(state, scope, now_us).items()):
            drafts.extend(_zone(state, scope, (zone_name, zone), aircraft, position, now_us))
        new = scope.rules.version >= HYSTERESIS_SINCE
        known = boundaries_now(state, scope, last.at_us) if new else boundaries_of(state, scope)
        for boundary_name, boundary in sorted(known.items()):
            named = (boundary_name, boundary)
            drafts.extend(boundary_met(state, scope, named, aircraft, position))
        drafts.extend(stand_offs_met(state, scope, aircraft, position, now_us))
    return drafts


def _entitled(state: State, scope: Scope, zone: Zone, aircraft: Aircraft) -> bool:
    """Whether an incursion is our business: our zone, asked for by us, or our aircraft."""
    if zone.owner == state.party or own_party(state, aircraft.party):
        return True
    named = (scope.threads[key] for key in scope.index.by_zone.get(zone.id, ()))
    return any(
        t.said is not None
        and t.said.log.party == state.party
        and t.body.message_type == "zone.request"
        for t in named
    )


def authorised(state: State, zone: Zone, aircraft: Aircraft, at_us: int | None = None) -> bool:
    """Whether an aircraft may be in a zone: its owner's, cleared by the owner, or with priority.

    A clearance holds until its message's valid-until, into the zone that it names and into every
    other whose outline meets that one's. Nobody clears itself into a zone without an owner.
    """
    if aircraft.party is not None and aircraft.party == zone.owner:
        return True
    at_us = aircraft.last.at_us if at_us is None else at_us
    found = [
        scope.threads[key]
        for scope in state.scopes.values()
        for key in scope.index.by_flight.get(aircraft.id, ())
    ]
    threads = [t for t in found if t.said is not None]
    return any(
        _clears(state, thread, zone, aircraft, at_us) or _precedes(thread, threads, aircraft)
        for thread in threads
        if thread.said is not None
    )


def _clears(state: State, thread: Thread, zone: Zone, aircraft: Aircraft, at_us: int) -> bool:
    assert thread.said is not None
    writer, until_us = thread.said.log.party, thread.said.valid_until_us
    if thread.body.message_type != "clearance" or (until_us is not None and at_us > until_us):
        return False
    if writer != zone.owner and (zone.owner is not None or writer == aircraft.party):
        return False
    named = thread.body.fields.get("zone")
    return named is not None and (named == zone.id or _meets(state, named, zone))


def _meets(state: State, named: str, zone: Zone) -> bool:
    """Whether some zone of that name and this one have ground in common, at whatever height."""
    for scope in state.scopes.values():
        other = zones_of(state, scope).get(named)
        if other is not None and _on_common_ground(scope, named, other, zone):
            return True
    return False


def _on_common_ground(scope: Scope, named: str, other: Zone, zone: Zone) -> bool:
    """Whether two zones have ground in common; worked out once for two outlines."""
    view = f"ground {named} {zone.id}"
    known = scope.index.views.get(view)
    shapes = (other.shape, zone.shape)
    if known is None or known[0] != shapes:
        there, here = (Volume4D(shape=each, lower=SURFACE, upper=UNLIMITED) for each in shapes)
        known = (shapes, overlap(there, here) is not None)
        scope.index.views[view] = known
    return bool(known[1])


def _precedes(thread: Thread, others: list[Thread], aircraft: Aircraft) -> bool:
    """Whether this is the priority of an aircraft by its own party, and not ended since."""
    assert thread.said is not None
    if thread.body.message_type != "priority.intent" or thread.said.log.party != aircraft.party:
        return False
    return not any(
        other.said is not None
        and other.body.message_type == "priority.end"
        and other.said.log.party == aircraft.party
        and key_of(other.said) > key_of(thread.said)
        for other in others
    )


def _zone(
    state: State,
    scope: Scope,
    named: tuple[str, Zone],
    aircraft: Aircraft,
    position: Position,
    now_us: int,
) -> list[Draft]:
    name, zone = named
    if zone.kind not in ("zone", "notified area") or not _entitled(state, scope, zone, aircraft):
        return []
    key = f"incursion:{name}/{aircraft.id}"
    stands = open_alert(state, scope.agreement_id, key)
    inside = _inside(zone, aircraft, position) if may_be_in(scope, named, position) else "out"
    if inside == "out":
        if stands is None or _still_near(scope, zone, aircraft, position):
            return []
        return resolve(state, scope.agreement_id, key, "outside again")
    if inside == UNDECIDED:
        state.picture.refuse(f"inside {name} or not: undecided")
        return []
    view = zone_view(state, scope, zone, now_us)
    allowed = authorised(state, zone, aircraft)
    if allowed or view.promulgation != "in force":
        if stands is None:
            return []
        why = "cleared since" if allowed else f"{name} is {view.promulgation}"
        return resolve(state, scope.agreement_id, key, why)
    return [] if stands is not None else _incursion(scope, named, view, aircraft, key, now_us)


def _place(position: Position) -> tuple[float, float, float]:
    """Return a position on a sphere of the earth's largest radius, in metres."""
    lat, lon = math.radians(position.lat_deg), math.radians(position.lon_deg)
    level = _LARGEST_RADIUS_M * math.cos(lat)
    return level * math.cos(lon), level * math.sin(lon), _LARGEST_RADIUS_M * math.sin(lat)


def may_be_in(scope: Scope, named: tuple[str, Zone], position: Position) -> bool:
    """Whether a position is near enough to a zone to be looked at exactly.

    A ball around a corner of the zone that has the whole outline in it, and more than its edges
    bend between its corners; made once for each zone, so that a far zone costs nearly nothing.
    """
    name, zone = named
    known = scope.index.views.get(f"ball {name}")
    if known is None or known[0] is not zone:
        known = (zone, _ball(zone))
        scope.index.views[f"ball {name}"] = known
    ball = known[1]
    if not isinstance(ball, Ball):
        return True
    return math.dist(ball.centre_m, _place(position)) <= ball.radius_m


def _ball(zone: Zone) -> Ball | None:
    try:
        rings = planar_rings(zone.shape, _OUTLINE_STEP_M)
    except InputFault:
        return None
    places_m = [_place(vertex) for vertex in rings[0]]
    reach_m = max(math.dist(places_m[0], each) for each in places_m)
    if reach_m > _LARGEST_RADIUS_M:
        # Beyond a quarter of the earth the outline is no longer what is farthest.
        return None
    return Ball(places_m[0], reach_m + 2.0 * _OUTLINE_STEP_M + zone.uncertainty_m)


def _inside(zone: Zone, aircraft: Aircraft, position: Position) -> str:
    """Return in, out or undecided for both the outline and the limits of a zone."""
    last = aircraft.last
    # The height first: it costs nearly nothing, and most who fly over a zone are above it.
    up = altitude_inside(last.altitude_m, last.altitude_reference, zone.lower, zone.upper).decided
    if up == "out":
        return "out"
    across = zone_contains(zone, position).decided
    if across == "out":
        return "out"
    return UNDECIDED if UNDECIDED in (across, up) else "in"


def _still_near(scope: Scope, zone: Zone, aircraft: Aircraft, position: Position) -> bool:
    """Whether an aircraft that was inside is not out by the hysteresis yet (rules version 5).

    One at the very edge of a zone would else raise an incursion for every swing of its reports.
    """
    if scope.rules.version < EDGE_SINCE:
        return False
    last = aircraft.last
    across = zone_contains(zone, position, norms().crossing.hysteresis_m).decided
    up = altitude_inside(
        last.altitude_m,
        last.altitude_reference,
        zone.lower,
        zone.upper,
        uncertainty_m=EDGE_VERTICAL_M,
    ).decided
    return "out" not in (across, up)


def _incursion(
    scope: Scope,
    named: tuple[str, Zone],
    view: ZoneView,
    aircraft: Aircraft,
    key: str,
    now_us: int,
) -> list[Draft]:
    name, zone = named
    last = aircraft.last
    body = AlertRaised(
        key=key,
        what="incursion",
        alert_class="short-term",
        aircraft=(aircraft.id,),
        parties=(aircraft.party or "",),
        clause=None,
        binding=aircraft.party is not None and bool(zone.agreed_by),
        object=name,
        states=(report_vector(last, aircraft, now_us),),
        text=f"{aircraft.id} inside {name}, {view.promulgation}, activity {view.activity}",
        evaluator=EVALUATOR,
    )
    happened = Interval(from_us=min(last.at_us, now_us), to_us=max(last.at_us, now_us))
    return [Draft(agreement=scope.agreement_id, by="system", happened=happened, body=body)]
