"""Live tracks: the picture, predicted losses of separation, incursions, crossings.

Rules:
- Minima belong to the pair: the agreements that bind both parties; where two apply, the larger.
  A pair with somebody who belongs to no agreement is judged by our own minima, as an advisory.
- A node warns about its own aircraft (and those bound through it), and about zones and boundaries
  that are its business. Raw tracks stay with their owner, so an alert carries its inputs.
- An alert needs two looks in a row, or a loss within the short-term time; it ends after three
  looks without cause, so that it does not flicker. A look is new reports, not new time.
- That an aircraft is not heard ends an alert only with these words, never as "no loss".
- Nothing here says that a picture without alerts is clear.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from parley.detect.prediction import States, predict_pairs, velocity_from_reports
from parley.detect.strategic import overlap
from parley.node.entries import (
    AlertClass,
    AlertRaised,
    AlertResolved,
    Draft,
    Entry,
    StateVector,
    TracksRecorded,
)
from parley.node.inputs import SegmentRecorded, TrackReports
from parley.node.picture import STALE_US, Aircraft, PairWatch, Picture, TrackReport
from parley.node.rules.agreements import binding_agreements
from parley.node.rules.zones import ZoneView, boundaries_of, zone_view, zones_of
from parley.node.state import Key, Scope, State, Thread, key_of
from parley.world.agreement import Agreement, Separation
from parley.world.boundary import Boundary, side_of
from parley.world.faults import InputFault
from parley.world.geo import UNDECIDED, Position
from parley.world.norms import norms
from parley.world.shape import planar_rings
from parley.world.time import Interval
from parley.world.volume import SURFACE, UNLIMITED, Volume4D, altitude_inside
from parley.world.zone import Zone, zone_contains

EVALUATOR = "prediction/1"
MOTION_OVER_US = 500_000
"""A motion is taken over this long at least."""
_LEAST_RADIUS_M = 6_350_000.0
_LARGEST_RADIUS_M = 6_378_137.0
_OUTLINE_STEP_M = 20_000.0
_MARGIN_M = 1_000.0
LOOKS_TO_RAISE = 2
LOOKS_TO_RESOLVE = 3


@dataclass(frozen=True, slots=True)
class Moving:
    """An aircraft, and the report before its last from which its motion is taken."""

    aircraft: Aircraft
    before: TrackReport


@dataclass(frozen=True, slots=True)
class Ball:
    """A ball in space that has a whole zone in it."""

    centre_m: tuple[float, float, float]
    radius_m: float


@dataclass(frozen=True, slots=True)
class PairRule:
    """What holds for a pair of parties: minima, where they come from, and whether it binds."""

    horizontal_m: float
    vertical_m: float
    clause: str
    agreement: str
    binding: bool


def segment_recorded(event: SegmentRecorded) -> Draft:
    """Return the entry that commits to a segment of raw reports by its hash."""
    return Draft(
        agreement=event.agreement,
        by="system",
        body=TracksRecorded(
            sha256=event.sha256,
            size_bytes=event.size_bytes,
            reports=event.reports,
            from_us=event.from_us,
            to_us=event.to_us,
        ),
    )


def track_reports(state: State, event: TrackReports, now_us: int) -> list[Draft]:
    """Return the alerts that new reports raise and resolve."""
    drafts: list[Draft] = []
    for report in event.reports:
        if state.picture.take(report, now_us):
            drafts.extend(_objects(state, state.picture.aircraft[report.aircraft], now_us))
    drafts.extend(_separation(state, now_us))
    return drafts


# ---- minima of a pair ---------------------------------------------------------------------------


def own_party(state: State, party: str | None) -> bool:
    """Whether a party is this one, or bound through it under some agreement."""
    if party == state.party:
        return True
    return any(
        p.id == party and p.bound_through == state.party
        for agreement in state.identity.agreements.values()
        for p in agreement.parties
    )


def _separations(agreement: Agreement) -> list[Separation]:
    return [c for c in agreement.clauses if isinstance(c, Separation)]


def pair_rules(
    state: State, first: str | None, second: str | None, now_us: int
) -> tuple[PairRule, ...]:
    """Return the minima that hold for a pair of parties, the larger first; none where no rule does.

    Where two apply both hold: a rule goes only where another asks for no less both ways. A
    non-party is judged by all our own minima, not binding.
    """
    if first is not None and second is not None and first == second:
        return ()
    found: list[PairRule] = []
    if first is not None and second is not None:
        found = [
            PairRule(c.horizontal_m, c.vertical_m, c.id, agreement.id, binding=True)
            for agreement in binding_agreements(state, first, second)
            if agreement.in_force(now_us)
            for c in _separations(agreement)
        ]
    if not found:
        found = [
            PairRule(c.horizontal_m, c.vertical_m, c.id, agreement.id, binding=False)
            for _, agreement in sorted(state.identity.agreements.items())
            if agreement.in_force(now_us)
            for c in _separations(agreement)
        ]
    found.sort(key=lambda r: (r.horizontal_m, r.vertical_m, r.clause), reverse=True)
    return tuple(
        rule
        for place, rule in enumerate(found)
        if not any(before.vertical_m >= rule.vertical_m for before in found[:place])
    )


def pair_rule(state: State, first: str | None, second: str | None, now_us: int) -> PairRule | None:
    """Return the widest minima of a pair of parties; None where no rule of ours speaks of them."""
    return next(iter(pair_rules(state, first, second, now_us)), None)


# ---- separation ---------------------------------------------------------------------------------


def _before(aircraft: Aircraft) -> TrackReport | None:
    """Return the report from which the motion at the last one is taken.

    Not one of the same half second: over so short a time an error of a place is a wild speed.
    """
    last_us = aircraft.last.at_us
    earlier = (r for r in reversed(aircraft.reports) if last_us - r.at_us >= MOTION_OVER_US)
    return next(earlier, None)


def _moving(state: State, now_us: int) -> list[Moving]:
    """Return the aircraft that can be predicted: two reports or more, and not stale; by id."""
    return [
        Moving(aircraft, before)
        for _, aircraft in sorted(state.picture.aircraft.items())
        if now_us - aircraft.last.at_us <= STALE_US and (before := _before(aircraft)) is not None
    ]


def _columns(moving: list[Moving], now_us: int) -> States:
    """Return the state vectors of all aircraft, brought forward to now along their motion."""
    last = [m.aircraft.last for m in moving]
    before = [m.before for m in moving]

    def column(reports: list[TrackReport], name: str) -> np.ndarray:
        return np.array([getattr(r, name) for r in reports], dtype=np.float64)

    at_s = np.array([r.at_us for r in last], dtype=np.float64) / 1e6
    before_s = np.array([r.at_us for r in before], dtype=np.float64) / 1e6
    lat_deg, lon_deg = column(last, "lat_deg"), column(last, "lon_deg")
    alt_m = column(last, "altitude_m")
    east_mps, north_mps, up_mps = velocity_from_reports(
        column(before, "lat_deg"),
        column(before, "lon_deg"),
        column(before, "altitude_m"),
        before_s,
        lat_deg,
        lon_deg,
        alt_m,
        at_s,
    )
    states = States(
        lat_deg=lat_deg,
        lon_deg=lon_deg,
        alt_m=alt_m,
        east_mps=east_mps,
        north_mps=north_mps,
        up_mps=up_mps,
    )
    # A report from a clock that is ahead of ours is taken as of now, never flown backwards.
    return states.at(np.maximum(now_us / 1e6 - at_s, 0.0))


def _near(states: States, own: np.ndarray, within_m: float) -> Iterator[tuple[int, int]]:
    """Yield the pairs with an own aircraft that could come within a distance in the lookahead.

    Chords of a sphere smaller than the earth are shorter than any way between: nothing is left out.
    """
    lat, lon = np.radians(states.lat_deg), np.radians(states.lon_deg)
    places_m = _LEAST_RADIUS_M * np.stack(
        [np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=1
    )
    reach_m = np.hypot(states.east_mps, states.north_mps) * float(norms().alert.lookahead_s)
    for i in np.flatnonzero(own):
        apart_m = np.linalg.norm(places_m - places_m[i], axis=1)
        near = apart_m <= reach_m + reach_m[i] + within_m
        # A pair of two own aircraft is yielded once, by the first of them.
        near[: i + 1] &= ~own[: i + 1]
        near[i] = False
        for j in np.flatnonzero(near):
            yield (int(min(i, j)), int(max(i, j)))


def _pairs(
    state: State, moving: list[Moving], states: States, now_us: int
) -> dict[tuple[int, int], tuple[PairRule, ...]]:
    """Return the pairs that are this node's business, with their rules."""
    owned = {party: own_party(state, party) for party in {m.aircraft.party for m in moving}}
    own = np.array([owned[m.aircraft.party] for m in moving], dtype=bool)
    widest_m = max(
        (c.horizontal_m for a in state.identity.agreements.values() for c in _separations(a)),
        default=0.0,
    )
    rules: dict[tuple[str | None, str | None], tuple[PairRule, ...]] = {}
    found: dict[tuple[int, int], tuple[PairRule, ...]] = {}
    for i, j in sorted(_near(states, own, widest_m + _MARGIN_M)):
        first, second = moving[i].aircraft, moving[j].aircraft
        parties = (first.party, second.party)
        if parties not in rules:
            rules[parties] = pair_rules(state, first.party, second.party, now_us)
        if not rules[parties]:
            continue
        if first.last.altitude_reference != second.last.altitude_reference:
            # Heights of two references are not compared silently; the picture counts them.
            state.picture.refuse("pair with two altitude references")
            continue
        found[(i, j)] = rules[parties]
    return found


def _separation(state: State, now_us: int) -> list[Draft]:
    moving = _moving(state, now_us)
    state.picture.evaluated_us = now_us
    _take_up(state)
    drafts: list[Draft] = []
    seen: set[str] = set()
    if moving:
        states = _columns(moving, now_us)
        for i in np.flatnonzero(~states.flown):
            state.picture.refuse(f"motion of {moving[i].aircraft.id} not possible")
        pairs = _pairs(state, moving, states, now_us)
        for place in range(max(map(len, pairs.values()), default=0)):
            drafts.extend(_predicted(state, states, moving, pairs, place, seen, now_us))
    drafts.extend(_resolve_unseen(state, moving, seen))
    return drafts


def _take_up(state: State) -> None:
    """Watch the own separation alerts that were open before this node started."""
    if state.picture.taken_up:
        return
    state.picture.taken_up = True
    for name in sorted(state.scopes):
        for entry in state.scopes[name].index.watched.get(state.party, {}).values():
            body = entry.body
            if isinstance(body, AlertRaised) and body.what == "separation":
                watch = state.picture.pairs.setdefault(body.key, PairWatch(body.aircraft))
                watch.hits, watch.agreement = LOOKS_TO_RAISE, name


def _predicted(
    state: State,
    states: States,
    moving: list[Moving],
    pairs: dict[tuple[int, int], tuple[PairRule, ...]],
    place: int,
    seen: set[str],
    now_us: int,
) -> list[Draft]:
    """Return the alerts by the rule at one place of each pair's rules, of pairs not seen yet."""
    ruled = [(pair, rules[place]) for pair, rules in pairs.items() if place < len(rules)]
    found = predict_pairs(
        states,
        np.array([rule.horizontal_m for _, rule in ruled]),
        np.array([rule.vertical_m for _, rule in ruled]),
        pairs=np.array([pair for pair, _ in ruled], dtype=np.int64),
        lookahead_s=float(norms().alert.lookahead_s),
    )
    by_pair = dict(ruled)
    drafts: list[Draft] = []
    for row in found:
        pair = (int(row["a"]), int(row["b"]))
        key = separation_key(*(moving[n].aircraft.id for n in pair))
        if key not in seen:
            seen.add(key)
            drafts.extend(_raise(state, states, moving, pair, row, by_pair[pair], key, now_us))
    return drafts


def separation_key(first: str, second: str) -> str:
    """Return the key of the alert of a pair; ids that contain a slash stay apart.

    >>> separation_key("A1", "B/2")
    'separation:A1/B%2F2'
    """
    return "separation:" + "/".join(name.replace("/", "%2F") for name in (first, second))


def open_alert(state: State, agreement: str, key: str) -> Key | None:
    """Return where this node's newest unresolved alert of that key stands, if there is one."""
    index = state.scope(agreement).index
    newest = index.newest_alert.get((state.party, key))
    return None if newest is None or (state.party, newest) in index.resolved else newest


def open_alerts(state: State) -> Iterator[tuple[Scope, Entry]]:
    """Yield all unresolved alerts held here, of every party, in the order they were raised."""
    for name in sorted(state.scopes):
        scope = state.scopes[name]
        found = scope.index.open_alerts.values()
        for entry in sorted(found, key=lambda e: (e.issued_us, key_of(e))):
            yield scope, entry


def due(state: State, now_us: int) -> list[Draft]:
    """Return the end of own alerts about aircraft that are not reported any more.

    It says so: that nothing is heard is no evidence that nothing is there. An alert from before a
    restart has the same time to be taken up by the feed.
    """
    picture = state.picture
    if picture.watched_from_us is None:
        picture.watched_from_us = now_us
    drafts = []
    for name in sorted(state.scopes):
        for entry in state.scopes[name].index.watched.get(state.party, {}).values():
            body = entry.body
            if not isinstance(body, AlertRaised):
                continue
            lost = [a for a in body.aircraft if not _heard(picture, a, now_us)]
            since_us = max(entry.issued_us, picture.watched_from_us)
            if lost and now_us - since_us > STALE_US:
                why = f"not watched any more: no report of {', '.join(lost)}"
                drafts.extend(_resolve(state, name, body.key, f"{why} for {STALE_US // 10**6} s"))
    return drafts


def _heard(picture: Picture, aircraft: str, now_us: int) -> bool:
    known = picture.aircraft.get(aircraft)
    return known is not None and now_us - known.received_us <= STALE_US


def alert_class(loss_s: float) -> AlertClass:
    """Return the class of NORMS 6 by the time to loss."""
    if loss_s <= norms().alert.short_term_s:
        return "short-term"
    return "own move only" if loss_s <= norms().alert.chain_s else "coordinate"


def _raise(
    state: State,
    states: States,
    moving: list[Moving],
    pair: tuple[int, int],
    row: np.void,
    rule: PairRule,
    key: str,
    now_us: int,
) -> list[Draft]:
    names = (moving[pair[0]].aircraft.id, moving[pair[1]].aircraft.id)
    watch = state.picture.pairs.setdefault(key, PairWatch(names))
    watch.misses, watch.agreement = 0, rule.agreement
    # A look without a new report of either is no second look.
    watch.hits += watch.look(max(moving[n].aircraft.last.at_us for n in pair))
    loss_s = float(row["loss_s"])
    soon = loss_s <= norms().alert.short_term_s
    if watch.hits < LOOKS_TO_RAISE and not soon:
        return []
    if open_alert(state, rule.agreement, key) is not None:
        return []
    body = AlertRaised(
        key=key,
        what="separation",
        alert_class=alert_class(loss_s),
        aircraft=names,
        parties=tuple(moving[place].aircraft.party or "" for place in pair),
        clause=rule.clause,
        binding=rule.binding,
        horizontal_mm=round(rule.horizontal_m * 1000),
        vertical_mm=round(rule.vertical_m * 1000),
        least_horizontal_mm=round(float(row["least_horizontal_m"]) * 1000),
        vertical_then_mm=round(float(row["vertical_then_m"]) * 1000),
        least_at_us=now_us + round(float(row["least_s"]) * 1e6),
        loss_at_us=now_us + round(loss_s * 1e6),
        states=tuple(_vector(states, moving, place, now_us) for place in pair),
        evaluator=EVALUATOR,
    )
    return [Draft(agreement=rule.agreement, by="system", body=body)]


def _vector(states: States, moving: list[Moving], place: int, now_us: int) -> StateVector:
    aircraft = moving[place].aircraft
    return StateVector(
        aircraft=aircraft.id,
        party=aircraft.party,
        at_us=now_us,
        lat_e9=round(float(states.lat_deg[place]) * 1e9),
        lon_e9=round(float(states.lon_deg[place]) * 1e9),
        altitude_mm=round(float(states.alt_m[place]) * 1000),
        altitude_reference=aircraft.last.altitude_reference,
        east_mmps=round(float(states.east_mps[place]) * 1000),
        north_mmps=round(float(states.north_mps[place]) * 1000),
        up_mmps=round(float(states.up_mps[place]) * 1000),
        age_us=now_us - aircraft.last.at_us,
    )


def _resolve_unseen(state: State, moving: list[Moving], seen: set[str]) -> list[Draft]:
    """Return the resolutions of separation alerts without cause for long enough.

    Only a look at new reports of both counts: an aircraft that is not heard is not clear of
    anything (`due` ends its alerts, and says why).
    """
    drafts = []
    last_us = {m.aircraft.id: m.aircraft.last.at_us for m in moving}
    for key, watch in sorted(state.picture.pairs.items()):
        if key in seen or not all(name in last_us for name in watch.aircraft):
            continue
        if not watch.look(max(last_us[name] for name in watch.aircraft)):
            continue
        watch.hits, watch.misses = 0, watch.misses + 1
        if watch.misses >= LOOKS_TO_RESOLVE:
            found = _resolve(state, watch.agreement, key, "no loss predicted")
            drafts.extend(found)
            if not found:
                del state.picture.pairs[key]
    return drafts


def _resolve(state: State, agreement: str, key: str, why: str) -> list[Draft]:
    stands = open_alert(state, agreement, key)
    if stands is None:
        return []
    return [
        Draft(
            agreement=agreement,
            by="system",
            ref=(state.reference(stands),),
            body=AlertResolved(key=key, why=why),
        )
    ]


# ---- zones and boundaries -----------------------------------------------------------------------


def _objects(state: State, aircraft: Aircraft, now_us: int) -> list[Draft]:
    """Return what the newest report of one aircraft does to zones and boundaries."""
    drafts: list[Draft] = []
    last = aircraft.last
    position = Position(lat_deg=last.lat_deg, lon_deg=last.lon_deg)
    for name in sorted(state.scopes):
        scope = state.scopes[name]
        if state.agreement(name) is None:
            continue
        for zone_name, zone in sorted(zones_of(state, scope).items()):
            drafts.extend(_zone(state, scope, (zone_name, zone), aircraft, position, now_us))
        for boundary_name, boundary in sorted(boundaries_of(state, scope).items()):
            drafts.extend(_boundary(state, scope, (boundary_name, boundary), aircraft, position))
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
    found = [zones_of(state, scope).get(named) for scope in state.scopes.values()]
    here = Volume4D(shape=zone.shape, lower=SURFACE, upper=UNLIMITED)
    return any(
        overlap(Volume4D(shape=other.shape, lower=SURFACE, upper=UNLIMITED), here) is not None
        for other in found
        if other is not None
    )


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
    inside = _inside(zone, aircraft, position) if _may_be_in(scope, named, position) else "out"
    if inside == "out":
        if stands is None:
            return []
        return _resolve(state, scope.agreement_id, key, "outside again")
    if inside == UNDECIDED:
        state.picture.refuse(f"inside {name} or not: undecided")
        return []
    view = zone_view(state, scope, zone, now_us)
    allowed = authorised(state, zone, aircraft)
    if allowed or view.promulgation != "in force":
        if stands is None:
            return []
        why = "cleared since" if allowed else f"{name} is {view.promulgation}"
        return _resolve(state, scope.agreement_id, key, why)
    return [] if stands is not None else _incursion(scope, named, view, aircraft, key, now_us)


def _place(position: Position) -> tuple[float, float, float]:
    """Return a position on a sphere of the earth's largest radius, in metres."""
    lat, lon = math.radians(position.lat_deg), math.radians(position.lon_deg)
    level = _LARGEST_RADIUS_M * math.cos(lat)
    return level * math.cos(lon), level * math.sin(lon), _LARGEST_RADIUS_M * math.sin(lat)


def _may_be_in(scope: Scope, named: tuple[str, Zone], position: Position) -> bool:
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
    across = zone_contains(zone, position).decided
    up = altitude_inside(last.altitude_m, last.altitude_reference, zone.lower, zone.upper).decided
    if "out" in (across, up):
        return "out"
    return UNDECIDED if UNDECIDED in (across, up) else "in"


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
        states=(_report_vector(last, aircraft, now_us),),
        text=f"{aircraft.id} inside {name}, {view.promulgation}, activity {view.activity}",
        evaluator=EVALUATOR,
    )
    happened = Interval(from_us=min(last.at_us, now_us), to_us=max(last.at_us, now_us))
    return [Draft(agreement=scope.agreement_id, by="system", happened=happened, body=body)]


def _report_vector(last: TrackReport, aircraft: Aircraft, now_us: int) -> StateVector:
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


def _boundary(
    state: State,
    scope: Scope,
    named: tuple[str, Boundary],
    aircraft: Aircraft,
    position: Position,
) -> list[Draft]:
    """Return the notice of a decided change of side, for those to whom the boundary matters."""
    name, boundary = named
    concerned = (*boundary.agreed_by, *boundary.asserted_by)
    if state.party not in concerned and not own_party(state, aircraft.party):
        return []
    key = f"crossing:{name}/{aircraft.id}"
    watch = state.picture.watch((key, scope.agreement_id, aircraft.id))
    side = side_of(boundary, position).decided
    last = aircraft.last
    if side == UNDECIDED:
        return []
    since_us, watch.at_us = watch.at_us, last.at_us
    if side == watch.state:
        return []
    before, watch.state = watch.state, side
    if not before:
        return []
    watch.hits += 1
    while (state.party, f"{key}/{watch.hits}") in scope.index.newest_alert:
        # Counted on from what the log has: after a restart the count begins again, the log not.
        watch.hits += 1
    body = AlertRaised(
        key=f"{key}/{watch.hits}",
        what="crossing",
        alert_class="notice",
        aircraft=(aircraft.id,),
        parties=(aircraft.party or "",),
        clause=None,
        binding=bool(boundary.agreed_by) and not boundary.asserted_by,
        object=name,
        states=(_report_vector(last, aircraft, last.at_us),),
        text=f"{aircraft.id} from {before} to {side} of {name}",
        evaluator=EVALUATOR,
    )
    # Where it crossed lies between the last report on either side, however far apart they are.
    happened = Interval(from_us=since_us, to_us=last.at_us)
    return [Draft(agreement=scope.agreement_id, by="system", happened=happened, body=body)]
