"""Predicted losses of separation under agreements of rules version 4 and before: `alert.raised`.

As those releases read it, to the byte. From version 5 on pairs are warned of by `conflicts`.

Rules:
- An alert needs two looks in a row, or a loss within the short-term time; it ends after three
  looks and 15 s without cause, so that it does not flicker. A look is new reports, not new time.
- Raw tracks stay with their owner, so an alert carries its inputs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from parley.detect.prediction import States, predict_pairs, velocity_from_reports
from parley.node.entries import AlertRaised, Draft, StateVector
from parley.node.picture import STALE_US, Aircraft, PairWatch, TrackReport
from parley.node.rules.alerts import alert_class, open_alert, resolve
from parley.node.rules.pairs import (
    Flight,
    PairRule,
    PairRules,
    own_party,
    separations,
    warned_by_conflicts,
)
from parley.node.state import State
from parley.world.norms import norms

EVALUATOR = "prediction/1"
MOTION_OVER_US = 500_000
"""A motion is taken over this long at least."""
_LEAST_RADIUS_M = 6_350_000.0
_MARGIN_M = 1_000.0
LOOKS_TO_RAISE = 2
LOOKS_TO_RESOLVE = 3
RESOLVE_AFTER_US = 15 * 1_000_000
"""Without cause for this long as well: at a report each second three looks are too few."""


@dataclass(frozen=True, slots=True)
class Moving:
    """An aircraft, and the report before its last from which its motion is taken."""

    aircraft: Aircraft
    before: TrackReport


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
        (c.horizontal_m for a in state.agreements.values() for c in separations(a)),
        default=0.0,
    )
    rules = PairRules(state, now_us)
    ours = _of_old_rules(state)
    found: dict[tuple[int, int], tuple[PairRule, ...]] = {}
    for i, j in sorted(_near(states, own, widest_m + _MARGIN_M)):
        first, second = moving[i].aircraft, moving[j].aircraft
        held = tuple(
            rule
            for rule in rules.of(Flight(first.party, first.id), Flight(second.party, second.id))
            if rule.agreement in ours
        )
        if not held:
            continue
        if first.last.altitude_reference != second.last.altitude_reference:
            # Heights of two references are not compared silently; the picture counts them.
            state.picture.refuse("pair with two altitude references")
            continue
        found[(i, j)] = held
    return found


def alerts(state: State, now_us: int) -> list[Draft]:
    """Return the alerts that the picture as it is now raises and resolves."""
    if not _of_old_rules(state):
        return []
    moving = _moving(state, now_us)
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


def _of_old_rules(state: State) -> frozenset[str]:
    """Return the agreements of these rules versions."""
    return frozenset(name for name in state.agreements if not warned_by_conflicts(state, name))


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
        if not watch.misses:
            watch.clear_from_us = watch.at_us
        watch.hits, watch.misses = 0, watch.misses + 1
        long_enough = watch.at_us - watch.clear_from_us >= RESOLVE_AFTER_US
        if watch.misses >= LOOKS_TO_RESOLVE and long_enough:
            found = resolve(state, watch.agreement, key, "no loss predicted")
            drafts.extend(found)
            if not found:
                del state.picture.pairs[key]
    return drafts
