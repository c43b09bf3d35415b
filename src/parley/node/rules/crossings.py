"""What a live report does to a boundary: a notice of each decided change of side, and no flapping.

Rules:
- A node tells its own aircraft's crossings; everybody's of a boundary that it asserts itself; and a
  stranger's of one that it has agreed to. Manned or not, identified or not: a track is a track.
- Only a decided side counts. Since rules version 4 a new side counts once the track was beyond all
  uncertainty and the hysteresis of the norms at two looks, so long apart as the norms say; until
  then the old side stands. A track that flies along the line tells nothing, however noisy it is.
"""

from __future__ import annotations

from parley.node.entries import AlertRaised, Draft, StateVector
from parley.node.picture import Aircraft, TrackReport, Watch
from parley.node.rules import line_margins
from parley.node.rules.pairs import own_party
from parley.node.state import Scope, State
from parley.world.boundary import Boundary, side_of
from parley.world.geo import UNDECIDED, Position
from parley.world.norms import norms
from parley.world.time import Interval
from parley.world.units import MICROSECONDS_PER_SECOND

EVALUATOR = "objects/1"
SETTLED_EVALUATOR = "crossings/2"
HYSTERESIS_SINCE = 4
"""The rules version from which a change of side must last."""
MARGINS_SINCE = 5
"""The rules version from which margins are kept, and a notice says that a place is doubted."""


def boundary_met(
    state: State,
    scope: Scope,
    named: tuple[str, Boundary],
    aircraft: Aircraft,
    position: Position,
) -> list[Draft]:
    """Return the notice of a decided change of side, for those to whom it matters."""
    name, boundary = named
    if not _tells(state, scope, boundary, aircraft):
        return []
    if scope.rules.version >= MARGINS_SINCE:
        line_margins.looked(state, scope, named, aircraft)
    watched = (f"crossing:{name}/{aircraft.id}", scope.agreement_id, aircraft.id)
    watch = state.picture.watch(watched)
    if scope.rules.version < HYSTERESIS_SINCE:
        since_us, side = watch.at_us, _side_at_once(boundary, position, watch, aircraft)
    else:
        fresh = state.picture.watch((f"{watched[0]} next", *watched[1:]))
        since_us, side = watch.at_us, _side_settled(boundary, position, (watch, fresh), aircraft)
    if side in ("", watch.state):
        return []
    before, watch.state = watch.state, side
    if before and scope.rules.version >= MARGINS_SINCE:
        line_margins.crossed(state, scope, name, aircraft)
    return [_notice(state, scope, named, aircraft, (before, side), since_us)] if before else []


def _is_doubted(aircraft: Aircraft) -> bool:
    """Whether the place of a track is doubted (`belief`): it may be somewhere else altogether."""
    flag = aircraft.flagged(aircraft.received_us)
    return flag is not None and flag.place_doubtful


def _side_at_once(boundary: Boundary, position: Position, watch: Watch, aircraft: Aircraft) -> str:
    """Return the decided side, or "" where it is undecided (rules before version 4)."""
    side = side_of(boundary, position).decided
    if side == UNDECIDED:
        return ""
    watch.at_us = aircraft.last.at_us
    return side


def _side_settled(
    boundary: Boundary, position: Position, watches: tuple[Watch, Watch], aircraft: Aircraft
) -> str:
    """Return the side on which a track is for good, or "" while the one before stands.

    Args:
        boundary: the line.
        position: of the last report.
        watches: the side that stands, with when it was last seen there; the side that may become
            it, with when it was first seen there.
        aircraft: whose report.
    """
    standing, fresh = watches
    now_us = aircraft.last.at_us
    near = side_of(boundary, position).decided
    if near == standing.state:
        # Back where it was, decided without any margin: what was seen beyond was a flicker.
        standing.at_us, fresh.state = now_us, ""
        return ""
    if near == UNDECIDED:
        return ""
    if not standing.state:
        standing.at_us = now_us
        return near
    if side_of(boundary, position, norms().crossing.hysteresis_m).decided == UNDECIDED:
        return ""
    if fresh.state != near:
        fresh.state, fresh.at_us = near, now_us
        return ""
    if now_us - fresh.at_us < norms().crossing.dwell_s * MICROSECONDS_PER_SECOND:
        return ""
    fresh.state = ""
    return near


def _notice(
    state: State,
    scope: Scope,
    named: tuple[str, Boundary],
    aircraft: Aircraft,
    sides: tuple[str, str],
    since_us: int,
) -> Draft:
    """Return the notice; where it crossed lies between the last report on either side."""
    name, boundary = named
    key = f"crossing:{name}/{aircraft.id}"
    watch = state.picture.watch((key, scope.agreement_id, aircraft.id))
    last, settled = aircraft.last, scope.rules.version >= HYSTERESIS_SINCE
    to_us = last.at_us
    if settled:
        # First seen beyond it, not when that was settled: the crossing lies before.
        fresh = state.picture.watch((f"{key} next", scope.agreement_id, aircraft.id))
        to_us, watch.at_us = max(since_us, fresh.at_us), last.at_us
    watch.hits += 1
    while (state.party, f"{key}/{watch.hits}") in scope.index.newest_alert:
        # Counted on from what the log has: after a restart the count begins again, the log not.
        watch.hits += 1
    doubt = ""
    if scope.rules.version >= MARGINS_SINCE and _is_doubted(aircraft):
        doubt = "; the place of this track is doubted"
    whose = "" if aircraft.party is not None else ", nobody's by its own word"
    text = f"{aircraft.id} from {sides[0]} to {sides[1]} of {name}{whose if settled else ''}{doubt}"
    body = AlertRaised(
        key=f"{key}/{watch.hits}",
        what="crossing",
        alert_class="notice",
        aircraft=(aircraft.id,),
        parties=(aircraft.party or "",),
        clause=None,
        binding=bool(boundary.agreed_by) and not boundary.asserted_by,
        object=name,
        states=(report_vector(last, aircraft, last.at_us),),
        text=text,
        evaluator=SETTLED_EVALUATOR if settled else EVALUATOR,
    )
    happened = Interval(from_us=since_us, to_us=to_us)
    return Draft(agreement=scope.agreement_id, by="system", happened=happened, body=body)


def _tells(state: State, scope: Scope, boundary: Boundary, aircraft: Aircraft) -> bool:
    """Whether this node tells of an aircraft's crossings: one node for each, not all of them.

    Its own aircraft's always; everybody's of a boundary that it asserts itself; and a stranger's,
    for whom no party of the agreement answers, of a boundary that it has agreed to.
    """
    if own_party(state, aircraft.party) or state.party in boundary.asserted_by:
        return True
    agreement = state.agreement(scope.agreement_id)
    parties = {p.id for p in agreement.parties} if agreement is not None else set()
    agreed = state.party in boundary.agreed_by or (not boundary.asserted_by and bool(parties))
    return agreed and aircraft.party not in parties


def report_vector(last: TrackReport, aircraft: Aircraft, now_us: int) -> StateVector:
    """Return a report as an alert carries it: where and when, no motion."""
    return StateVector(
        aircraft=aircraft.id,
        party=aircraft.party,
        at_us=last.at_us,
        lat_e9=round(last.lat_deg * 1e9),
        lon_e9=round(last.lon_deg * 1e9),
        altitude_mm=round(last.altitude_m * 1000),
        altitude_reference=last.altitude_reference,
        east_mmps=0,
        north_mmps=0,
        up_mmps=0,
        age_us=now_us - last.at_us,
    )
