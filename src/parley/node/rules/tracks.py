"""Live tracks: the picture, predicted losses of separation, incursions, crossings.

Rules:
- Minima belong to the pair: the agreements that bind both parties; where two apply, the larger.
  A pair with somebody who belongs to no agreement is judged by our own minima, as an advisory.
- A node warns about its own aircraft (and those bound through it), and about zones and boundaries
  that are its business. Raw tracks stay with their owner, so an alert carries its inputs.
- An alert needs two looks in a row, or a loss within the short-term time; it ends after three
  looks without cause, so that it does not flicker.
- Nothing here says that a picture without alerts is clear.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from parley.detect.prediction import States, predict_pairs, velocity_from_reports
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
from parley.node.picture import Aircraft, TrackReport
from parley.node.rules.agreements import binding_agreements
from parley.node.rules.zones import ZoneView, boundaries_of, zone_view, zones_of
from parley.node.state import Key, Scope, State, key_of
from parley.world.agreement import Agreement, Separation
from parley.world.boundary import Boundary, side_of
from parley.world.geo import UNDECIDED, Position
from parley.world.norms import norms
from parley.world.time import Interval
from parley.world.volume import altitude_inside
from parley.world.zone import Zone, zone_contains

EVALUATOR = "prediction/1"
STALE_US = 60 * 1_000_000
"""A track without a report for this long is not predicted: coasting further would be a guess."""
LOOKS_TO_RAISE = 2
LOOKS_TO_RESOLVE = 3


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


def pair_rule(state: State, first: str | None, second: str | None, now_us: int) -> PairRule | None:
    """Return the minima of a pair of parties; None where no rule of ours speaks about them.

    The larger of two that apply. A non-party is judged by our own largest minima, not binding.
    """
    if first is not None and second is not None and first == second:
        return None
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
    return max(found, key=lambda r: (r.horizontal_m, r.vertical_m, r.clause), default=None)


# ---- separation ---------------------------------------------------------------------------------


def _moving(state: State, now_us: int) -> list[Aircraft]:
    """Return the aircraft that can be predicted: two reports or more, and not stale; by id."""
    return [
        aircraft
        for _, aircraft in sorted(state.picture.aircraft.items())
        if len(aircraft.reports) > 1 and now_us - aircraft.last.at_us <= STALE_US
    ]


def _columns(moving: list[Aircraft], now_us: int) -> States:
    """Return the state vectors of all aircraft, brought forward to now along their motion."""
    last = [a.reports[-1] for a in moving]
    before = [a.reports[-2] for a in moving]

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


def _pairs(
    state: State, moving: list[Aircraft], now_us: int
) -> tuple[list[tuple[int, int]], list[PairRule]]:
    """Return the pairs that are this node's business, with their rules."""
    rules: dict[tuple[str | None, str | None], PairRule | None] = {}
    own = [own_party(state, a.party) for a in moving]
    pairs, found = [], []
    for i, first in enumerate(moving):
        for j in range(i + 1, len(moving)):
            second = moving[j]
            if not (own[i] or own[j]):
                continue
            if first.last.altitude_reference != second.last.altitude_reference:
                # Heights of two references are not compared silently; the picture counts them.
                state.picture.refuse("pair with two altitude references")
                continue
            parties = (first.party, second.party)
            if parties not in rules:
                rules[parties] = pair_rule(state, first.party, second.party, now_us)
            rule = rules[parties]
            if rule is not None:
                pairs.append((i, j))
                found.append(rule)
    return pairs, found


def _separation(state: State, now_us: int) -> list[Draft]:
    moving = _moving(state, now_us)
    pairs, rules = _pairs(state, moving, now_us)
    state.picture.evaluated_us = now_us
    seen: set[str] = set()
    drafts: list[Draft] = []
    if pairs:
        states = _columns(moving, now_us)
        index = np.array(pairs, dtype=np.int64)
        found = predict_pairs(
            states,
            np.array([r.horizontal_m for r in rules]),
            np.array([r.vertical_m for r in rules]),
            pairs=index,
            lookahead_s=float(norms().alert.lookahead_s),
        )
        place = {pair: number for number, pair in enumerate(pairs)}
        for row in found:
            i, j = int(row["a"]), int(row["b"])
            key = f"separation:{moving[i].id}/{moving[j].id}"
            seen.add(key)
            rule = rules[place[(i, j)]]
            drafts.extend(_raise(state, states, moving, (i, j), row, rule, key, now_us))
    drafts.extend(_resolve_unseen(state, seen))
    return drafts


def open_alert(state: State, agreement: str, key: str) -> Key | None:
    """Return where this node's newest unresolved alert of that key stands, if there is one."""
    scope = state.scope(agreement)
    raised = [
        e for e in scope.alerts.values()
        if isinstance(e.body, AlertRaised) and e.body.key == key and e.log.party == state.party
    ]  # fmt: skip
    if not raised:
        return None
    newest = key_of(max(raised, key=key_of))
    return None if newest in resolved_keys(scope, state.party) else newest


def resolved_keys(scope: Scope, party: str) -> set[Key]:
    """Return the alerts of a party that it has resolved."""
    return {e.ref[0].key for e in scope.resolved.values() if e.ref and e.log.party == party}


def open_alerts(state: State) -> Iterator[tuple[Scope, Entry]]:
    """Yield all unresolved alerts held here, of every party, in the order they were raised."""
    for name in sorted(state.scopes):
        scope = state.scopes[name]
        for entry in sorted(scope.alerts.values(), key=lambda e: (e.issued_us, key_of(e))):
            if key_of(entry) not in resolved_keys(scope, entry.log.party):
                yield scope, entry


def alert_class(loss_s: float) -> AlertClass:
    """Return the class of NORMS 6 by the time to loss."""
    if loss_s <= norms().alert.short_term_s:
        return "short-term"
    return "own move only" if loss_s <= norms().alert.chain_s else "coordinate"


def _raise(
    state: State,
    states: States,
    moving: list[Aircraft],
    pair: tuple[int, int],
    row: np.void,
    rule: PairRule,
    key: str,
    now_us: int,
) -> list[Draft]:
    watch = state.picture.watch((key,))
    watch.hits, watch.misses, watch.state = watch.hits + 1, 0, rule.agreement
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
        aircraft=tuple(moving[place].id for place in pair),
        parties=tuple(moving[place].party or "" for place in pair),
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


def _vector(states: States, moving: list[Aircraft], place: int, now_us: int) -> StateVector:
    aircraft = moving[place]
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


def _resolve_unseen(state: State, seen: set[str]) -> list[Draft]:
    """Return the resolutions of separation alerts without cause for long enough."""
    drafts = []
    for name, watch in sorted(state.picture.watches.items()):
        key = name[0]
        if len(name) != 1 or not key.startswith("separation:") or key in seen:
            continue
        watch.hits, watch.misses = 0, watch.misses + 1
        if watch.misses == LOOKS_TO_RESOLVE:
            drafts.extend(_resolve(state, watch.state, key, "no loss predicted"))
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
        for _, zone in sorted(zones_of(state, scope).items()):
            drafts.extend(_zone(state, scope, zone, aircraft, position, now_us))
        for _, boundary in sorted(boundaries_of(state, scope).items()):
            drafts.extend(_boundary(state, scope, boundary, aircraft, position))
    return drafts


def _entitled(state: State, scope: Scope, zone: Zone, aircraft: Aircraft) -> bool:
    """Whether an incursion is our business: our zone, asked for by us, or our aircraft."""
    if zone.owner == state.party or own_party(state, aircraft.party):
        return True
    return any(
        t.said is not None
        and t.said.log.party == state.party
        and t.body.message_type == "zone.request"
        and t.body.fields.get("zone") == zone.id
        for t in scope.threads.values()
    )


def authorised(state: State, zone: Zone, aircraft: Aircraft) -> bool:
    """Whether an aircraft may be in a zone: its owner's, cleared by the owner, or with priority."""
    if aircraft.party is not None and aircraft.party == zone.owner:
        return True
    for scope in state.scopes.values():
        for thread in scope.threads.values():
            if thread.said is None or thread.body.fields.get("flight") != aircraft.id:
                continue
            writer = thread.said.log.party
            if thread.body.message_type == "clearance" and zone.owner in (None, writer):
                return True
            if thread.body.message_type == "priority.intent" and writer == aircraft.party:
                return True
    return False


def _zone(
    state: State, scope: Scope, zone: Zone, aircraft: Aircraft, position: Position, now_us: int
) -> list[Draft]:
    if zone.kind not in ("zone", "notified area") or not _entitled(state, scope, zone, aircraft):
        return []
    key = f"incursion:{zone.id}/{aircraft.id}"
    watch = state.picture.watch((key, scope.agreement_id))
    inside = _inside(zone, aircraft, position)
    if inside == "in":
        view = zone_view(state, scope, zone, now_us)
        known = watch.state == "in" or authorised(state, zone, aircraft)
        if known or view.promulgation != "in force":
            return []
        watch.state = "in"
        if open_alert(state, scope.agreement_id, key) is not None:
            return []
        return _incursion(scope, zone, view, aircraft, key, now_us)
    if inside == "out" and watch.state == "in":
        watch.state = "out"
        return _resolve(state, scope.agreement_id, key, "outside again")
    return []


def _inside(zone: Zone, aircraft: Aircraft, position: Position) -> str:
    """Return in, out or undecided for both the outline and the limits of a zone."""
    last = aircraft.last
    across = zone_contains(zone, position).decided
    up = altitude_inside(last.altitude_m, last.altitude_reference, zone.lower, zone.upper).decided
    if "out" in (across, up):
        return "out"
    return UNDECIDED if UNDECIDED in (across, up) else "in"


def _incursion(
    scope: Scope, zone: Zone, view: ZoneView, aircraft: Aircraft, key: str, now_us: int
) -> list[Draft]:
    last = aircraft.last
    body = AlertRaised(
        key=key,
        what="incursion",
        alert_class="short-term",
        aircraft=(aircraft.id,),
        parties=(aircraft.party or "",),
        clause=None,
        binding=aircraft.party is not None and bool(zone.agreed_by),
        object=zone.id,
        states=(_report_vector(last, aircraft, now_us),),
        text=f"{aircraft.id} inside {zone.id}, {view.promulgation}, activity {view.activity}",
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
    state: State, scope: Scope, boundary: Boundary, aircraft: Aircraft, position: Position
) -> list[Draft]:
    """Return the notice of a decided change of side, for those to whom the boundary matters."""
    concerned = (*boundary.agreed_by, *boundary.asserted_by)
    if state.party not in concerned and not own_party(state, aircraft.party):
        return []
    key = f"crossing:{boundary.id}/{aircraft.id}"
    watch = state.picture.watch((key, scope.agreement_id))
    side = side_of(boundary, position).decided
    if side == UNDECIDED or side == watch.state:
        return []
    before, watch.state = watch.state, side
    if not before:
        return []
    watch.hits += 1
    last = aircraft.last
    body = AlertRaised(
        key=f"{key}/{watch.hits}",
        what="crossing",
        alert_class="notice",
        aircraft=(aircraft.id,),
        parties=(aircraft.party or "",),
        clause=None,
        binding=bool(boundary.agreed_by) and not boundary.asserted_by,
        object=boundary.id,
        states=(_report_vector(last, aircraft, last.at_us),),
        text=f"{aircraft.id} from {before} to {side} of {boundary.id}",
        evaluator=EVALUATOR,
    )
    return [Draft(agreement=scope.agreement_id, by="system", body=body)]
