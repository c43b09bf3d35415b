"""The flights of a plan: reports sampled from tracks for the nodes concerned, and intents.

Pure. Rules: a track that became known late is told at once up to then, and lives on from there;
an intent is filed when its party gives notice of the flight, else a quarter of an hour before.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence

import msgspec
import numpy as np

from parley.node.inputs import ChangeIntent, FileIntent
from parley.node.picture import TrackReport
from parley.world.agreement import Agreement
from parley.world.clauses import Separation
from parley.world.geo import Position
from parley.world.intent import Intent, IntentState
from parley.world.scenario import Flight, Scenario
from parley.world.shape import Corridor
from parley.world.time import MICROSECONDS_PER_SECOND
from parley.world.track import Track, position_at
from parley.world.units import metres_from_feet, metres_from_nautical_miles
from parley.world.volume import VerticalLimit, Volume4D

SAMPLE_EVERY_US = 5 * MICROSECONDS_PER_SECOND
ALONE_EVERY_US = 15 * MICROSECONDS_PER_SECOND
"""While one aircraft flies alone there is nobody to come near."""
FILED_BEFORE_US = 900 * MICROSECONDS_PER_SECOND
"""NORMS 8: the tactical lead time."""
VOLUMES_MAX = 16
"""Volumes of one intent: a long orbit is filed in pieces, so that the entry stays within limits."""
_NOTICES = ("intent.notice", "intent.request", "priority.intent")


class FlightPlan(msgspec.Struct, frozen=True, kw_only=True):
    """The reports by instant, in order, and the nodes that get them."""

    concerned: tuple[str, ...] = ()
    instants: tuple[int, ...] = ()
    reports: dict[int, tuple[TrackReport, ...]] = {}


def plan_flights(
    scenario: Scenario, agreements: Sequence[Agreement], acting: Sequence[str]
) -> FlightPlan:
    """Return the sampled reports of all tracks, and which parties' nodes they go to."""
    by_instant: dict[int, list[TrackReport]] = {}
    spans = [(int(track.t_us[0]), int(track.t_us[-1])) for track in scenario.tracks]
    for track in scenario.tracks:
        first_us, last_us = int(track.t_us[0]), int(track.t_us[-1])
        known_us = max(first_us, track.known_us or 0)
        for report in sampled(track):
            at_us = report.at_us
            alone = sum(begin <= at_us <= end for begin, end in spans) == 1
            if alone and at_us % ALONE_EVERY_US and at_us not in (first_us, last_us):
                continue
            by_instant.setdefault(max(report.at_us, known_us), []).append(report)
    reports = {at_us: tuple(by_instant[at_us]) for at_us in sorted(by_instant)}
    return FlightPlan(
        concerned=tuple(p for p in acting if _is_concerned(scenario, agreements, p)),
        instants=tuple(reports),
        reports=reports,
    )


def _is_concerned(scenario: Scenario, agreements: Sequence[Agreement], party: str) -> bool:
    """Whether a node can have anything to say about tracks: minima, own aircraft, own zones."""
    own = [a for a in agreements if a.binds(party)]
    return (
        any(isinstance(clause, Separation) for a in own for clause in a.clauses)
        or any(track.party == party for track in scenario.tracks)
        or any(zone.owner == party for a in own for zone in a.zones)
        or any(m.sender == party and m.type == "zone.request" for m in scenario.messages)
    )


def sampled(track: Track, every_us: int = SAMPLE_EVERY_US) -> Iterator[TrackReport]:
    """Yield reports of a track at whole multiples of `every_us`, its first and its last report."""
    first_us, last_us = int(track.t_us[0]), int(track.t_us[-1])
    grid = range(-(-first_us // every_us) * every_us, last_us + 1, every_us)
    for at_us in sorted({first_us, *grid, last_us}):
        found = position_at(track, at_us)
        assert found is not None
        yield _report(track, at_us, *found)


def _report(track: Track, at_us: int, position: Position, altitude_m: float) -> TrackReport:
    return TrackReport(
        aircraft=track.id,
        at_us=at_us,
        lat_deg=position.lat_deg,
        lon_deg=position.lon_deg,
        altitude_m=altitude_m,
        altitude_reference=track.alt_reference,
        party=track.party,
    )


# ---- intents ------------------------------------------------------------------------------------


def flight_cues(
    scenario: Scenario, agreement: Agreement, flight: Flight, post: str
) -> Iterator[tuple[int, FileIntent | ChangeIntent]]:
    """Yield when a flight's intent is filed, activated and ended, with the acts."""
    track = next(t for t in scenario.tracks if t.id == flight.track)
    intent = intent_of(track, flight, agreement)
    departs_us, lands_us = int(track.t_us[0]), int(track.t_us[-1])
    notices = [
        m.at_us
        for m in scenario.messages
        if m.sender == flight.party
        and m.type in _NOTICES
        and m.fields.get("flight") == flight.id
        and m.at_us <= departs_us
    ]
    filed_us = min(notices, default=departs_us - FILED_BEFORE_US)
    yield filed_us, FileIntent(agreement=agreement.id, post=post, intent=intent)
    for at_us, state in ((departs_us, IntentState.ACTIVATED), (lands_us, IntentState.ENDED)):
        yield (
            at_us,
            ChangeIntent(agreement=agreement.id, post=post, intent=intent.id, state=state),
        )


def intent_of(track: Track, flight: Flight, agreement: Agreement) -> Intent:
    """Return the intent of a flight: corridors along its track, as wide as the minima of the text.

    Two such intents overlap where the flights would come within the minima of each other.
    """
    clauses = [c for c in agreement.clauses if isinstance(c, Separation)]
    width_m = max((c.horizontal_m for c in clauses), default=metres_from_nautical_miles(1.0))
    height_m = max((c.vertical_m for c in clauses), default=metres_from_feet(1000.0))
    own = (c.id for c in agreement.aircraft_classes if flight.kind in c.kinds)
    return Intent(
        id=f"{flight.id}.plan",
        party=flight.party,
        flight=flight.id,
        aircraft_class=flight.aircraft_class or next(iter(own), ""),
        priority=flight.priority,
        volumes=tuple(_volume(track, part, width_m, height_m) for part in _parts(len(track))),
    )


def _parts(reports: int) -> Iterable[tuple[int, int]]:
    """Return the first and last row of each piece of a track; pieces share their ends."""
    if reports < 2:
        return [(0, 0)]
    pieces = min(VOLUMES_MAX, reports - 1)
    edges = np.linspace(0, reports - 1, pieces + 1).round().astype(int).tolist()
    return list(itertools.pairwise(edges))


def _volume(track: Track, part: tuple[int, int], width_m: float, height_m: float) -> Volume4D:
    first, last = part
    rows = range(first, last + 1)
    altitudes_m = [float(track.alt_m[row]) for row in rows]
    vertices = [
        Position(lat_deg=float(track.lat_deg[row]), lon_deg=float(track.lon_deg[row]))
        for row in rows
    ]
    end_us = int(track.t_us[last])
    return Volume4D(
        shape=Corridor(vertices=_distinct(vertices), width_m=width_m, edges=track.interpolation),
        lower=VerticalLimit(value_m=min(altitudes_m) - height_m / 2, reference=track.alt_reference),
        upper=VerticalLimit(value_m=max(altitudes_m) + height_m / 2, reference=track.alt_reference),
        from_us=int(track.t_us[first]),
        to_us=end_us if last > first else end_us + MICROSECONDS_PER_SECOND,
    )


def _distinct(vertices: Sequence[Position]) -> tuple[Position, ...]:
    """Return vertices without repeats in a row; one alone gets a second, 1e-7 degrees north."""
    kept = [v for n, v in enumerate(vertices) if n == 0 or v != vertices[n - 1]]
    if len(kept) == 1:
        north_deg = min(90.0, kept[0].lat_deg + 1e-7)
        kept.append(Position(lat_deg=north_deg, lon_deg=kept[0].lon_deg))
    return tuple(kept)
