"""Answers about where things are: places, crossings of boundaries, presence in zones, encounters.

General code over a scenario's objects. Rules: times of crossings and encounters are those of
continuous time; `nominal` is what is drawn, `decided` what the uncertainties leave; a separation
clause binds a pair only if an agreement in force binds both parties, otherwise it is an advisory.
Not here: messages, zone states.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Literal

import msgspec

from parley.detect.crossing import line_crossings, presence
from parley.detect.encounters import HORIZONTAL_MAX_M, Episode, Minima, PairEncounter, closest_pair
from parley.review.answers_acts import suspended_by
from parley.world.agreement import Agreement
from parley.world.boundary import Boundary, side_of
from parley.world.clauses import Separation
from parley.world.geo import Answer, Position, bearing_deg, distance_m, interpolated
from parley.world.line_search import distance_to_line_m, nearest_on_line
from parley.world.norms import norms
from parley.world.place import Place, fold_name
from parley.world.scenario import Scenario
from parley.world.shape import distance_to_shape_m, planar_rings
from parley.world.time import format_instant, seconds_between
from parley.world.track import Track, position_at
from parley.world.units import (
    feet_from_metres,
    kilometres_from_metres,
    metres_from_feet,
    metres_from_nautical_miles,
    nautical_miles_from_metres,
)
from parley.world.volume import VerticalLimit
from parley.world.zone import Zone, zone_contains

_CARDINALS = ("northward", "eastward", "southward", "westward")
_GEODESIC_STEP_M = 1_000.0
_HEIGHT_UNLIMITED_M = 1e6


class _Answered(msgspec.Struct, frozen=True, kw_only=True):
    """Values as they are printed: RFC 3339 times, kilometres, nautical miles, feet."""


class SideAnswer(_Answered, frozen=True, kw_only=True):
    """The side of a boundary and how far it is."""

    nominal: str
    decided: str
    name: str
    distance_km: float
    because: str


class InsideAnswer(_Answered, frozen=True, kw_only=True):
    """In or out of a zone, how far its outline is, and the exclusion that decided, if one did."""

    nominal: str
    decided: str
    distance_km: float
    uncertainty_km: float
    exclusion: str | None
    because: str


class Way(_Answered, frozen=True, kw_only=True):
    """Distance and true bearing to another place."""

    distance_km: float
    bearing_deg: float


class PlaceAnswer(_Answered, frozen=True, kw_only=True):
    """What can be said about a place."""

    id: str
    uncertainty_m: float
    boundaries: dict[str, SideAnswer]
    zones: dict[str, InsideAnswer]
    places: dict[str, Way]


class CrossingAnswer(_Answered, frozen=True, kw_only=True, rename={"from_side": "from"}):
    """One crossing of a boundary: when, from which side to which, in which direction."""

    t: str
    from_side: str
    to: str
    direction: str


class TrackSides(_Answered, frozen=True, kw_only=True):
    """The side on which a track starts, and its crossings."""

    starts: str
    start: str
    crossings: list[CrossingAnswer]


class StateAt(_Answered, frozen=True, kw_only=True):
    """A state that holds from an instant on."""

    t: str
    state: str


class Stay(_Answered, frozen=True, kw_only=True, rename={"from_t": "from"}):
    """One unbroken time inside; the end is the last instant that is told of."""

    from_t: str
    to: str
    seconds: float


class PresenceAnswer(_Answered, frozen=True, kw_only=True):
    """Whether a track was inside a zone, when that happened, and since when it was known."""

    states: list[StateAt]
    inside: list[Stay]
    happened_from: str | None
    known_from: str | None


class Bound(_Answered, frozen=True, kw_only=True):
    """The clause that gives the minima, whose it is, and whether it binds this pair."""

    agreement: str
    clause: str
    parties: tuple[str, ...]
    binds: bool
    because: str


class Limits(_Answered, frozen=True, kw_only=True):
    """Minima as written: nautical miles and feet, how they are joined, the dwell allowed."""

    horizontal_nm: float
    vertical_ft: float
    joined: Literal["or", "and"]
    dwell_s: float | None


class EncounterAnswer(
    _Answered,
    frozen=True,
    kw_only=True,
    rename={"vertical_then_ft": "vertical_ft_at_that_time"},
):
    """How close a pair came, against which minima, and what follows from it."""

    pair: tuple[str, str]
    parties: tuple[str | None, str | None]
    minima: Limits
    rule: str
    clauses: list[Bound]
    min_horizontal_nm: float
    at: str
    vertical_then_ft: float
    least_vertical_ft: float
    inside_both_minima: list[Stay]
    seconds_inside: float
    longest_s: float
    verdict: str


# ---- places ----------------------------------------------------------------------------------


def places(scenario: Scenario) -> dict[str, PlaceAnswer]:
    """Return for each place its side of every boundary and its distance to everything drawn."""
    return {place.name: _place(scenario, place) for place in scenario.places}


def _place(scenario: Scenario, place: Place) -> PlaceAnswer:
    others = (other for other in scenario.places if other.id != place.id)
    return PlaceAnswer(
        id=place.id,
        uncertainty_m=place.uncertainty_m,
        boundaries={b.id: _side(b, place) for b in scenario.boundaries},
        zones={zone.id: inside(zone, place) for zone in scenario.zones},
        places={other.name: _way(place.position, other.position) for other in others},
    )


def _way(here: Position, there: Position) -> Way:
    return Way(
        distance_km=round(kilometres_from_metres(distance_m(here, there)), 3),
        bearing_deg=round(bearing_deg(here, there), 2),
    )


def _side(boundary: Boundary, place: Place) -> SideAnswer:
    answer = side_of(boundary, place.position, place.uncertainty_m)
    away_m = distance_to_line_m(place.position, boundary.vertices, boundary.edges)
    return SideAnswer(
        nominal=answer.nominal,
        decided=answer.decided,
        name=boundary.left if answer.nominal == "left" else boundary.right,
        distance_km=round(kilometres_from_metres(away_m), 3),
        because=answer.because,
    )


def inside(zone: Zone, place: Place) -> InsideAnswer:
    """Return whether a place is in a zone, with the exclusion that decides it cited."""
    answer = zone_contains(zone, place.position, place.uncertainty_m, place.name)
    return InsideAnswer(
        nominal=answer.nominal,
        decided=answer.decided,
        distance_km=zone_distance_km(zone, place.position),
        uncertainty_km=kilometres_from_metres(zone.uncertainty_m + place.uncertainty_m),
        exclusion=_exclusion(zone, place, answer),
        because=answer.because,
    )


def _exclusion(zone: Zone, place: Place, answer: Answer) -> str | None:
    """Return the name of the exclusion that makes a place outside, if one does."""
    words = {fold_name(word) for word in (place.name, *place.aliases)}
    for exclusion in zone.exclusions:
        by_name = words & {fold_name(word) for word in (exclusion.name, *exclusion.aliases)}
        if answer.nominal == "out" and (by_name or exclusion.name in answer.because):
            return exclusion.name
    return None


def zone_distance_km(zone: Zone, position: Position) -> float:
    """Return the distance to the outline of a zone in kilometres, 0 inside."""
    return round(kilometres_from_metres(distance_to_shape_m(zone.shape, position)), 3)


# ---- crossings and presence ------------------------------------------------------------------


def crossings(scenario: Scenario) -> dict[str, dict[str, TrackSides]]:
    """Return for each boundary and track the side it starts on and its crossings."""
    return {
        boundary.id: {track.id: _sides(boundary, track) for track in scenario.tracks}
        for boundary in scenario.boundaries
    }


def _sides(boundary: Boundary, track: Track) -> TrackSides:
    start_us = int(track.t_us[0])
    start = _position(track, start_us)
    found = line_crossings(track, planar_vertices(boundary))
    first = found[0].from_side if found else side_of(boundary, start).nominal
    return TrackSides(
        starts=format_instant(start_us),
        start=first,
        crossings=[
            CrossingAnswer(
                t=format_instant(_whole_second(crossing.at_us)),
                from_side=crossing.from_side,
                to=crossing.to_side,
                direction=_direction(boundary, _position(track, crossing.at_us), crossing.to_side),
            )
            for crossing in found
        ],
    )


def _position(track: Track, at_us: int) -> Position:
    found = position_at(track, at_us)
    assert found is not None, "asked for inside the track's own time"
    return found[0]


def planar_vertices(boundary: Boundary) -> tuple[Position, ...]:
    """Return the vertices with planar edges: geodesic edges cut short, planar ones as they are."""
    if boundary.edges == "planar":
        return boundary.vertices
    points = [boundary.vertices[0]]
    for a, b in zip(boundary.vertices, boundary.vertices[1:], strict=False):
        parts = max(1, round(distance_m(a, b) / _GEODESIC_STEP_M))
        points += [interpolated(a, b, k / parts, boundary.edges) for k in range(1, parts + 1)]
    return tuple(points)


def _direction(boundary: Boundary, position: Position, to_side: str) -> str:
    """Return where a crossing goes: square to the edge that is crossed, as a word of the compass.

    >>> from parley.world.boundary import Boundary
    >>> ends = (Position(lat_deg=35.6, lon_deg=38.3), Position(lat_deg=35.6, lon_deg=38.9))
    >>> _direction(Boundary(id="L", vertices=ends), Position(lat_deg=35.6, lon_deg=38.5), "right")
    'southward'
    """
    edge = nearest_on_line(position, boundary.line).edge
    course_deg = bearing_deg(boundary.vertices[edge], boundary.vertices[edge + 1])
    square_deg = course_deg + (90.0 if to_side == "right" else -90.0)
    return _CARDINALS[round((square_deg % 360.0) / 90.0) % 4]


def _whole_second(at_us: int) -> int:
    """Return the first whole second at or after an instant: then the new state is seen."""
    return -(-at_us // 1_000_000) * 1_000_000


def presences(scenario: Scenario) -> dict[str, dict[str, PresenceAnswer]]:
    """Return for each zone and track the times inside its outline, limits and window."""
    found: dict[str, dict[str, PresenceAnswer]] = {}
    for zone in scenario.zones:
        found[zone.id] = {
            track.id: answer
            for track in scenario.tracks
            if (answer := _presence(zone, track)) is not None
        }
    return found


def states_in(zone: Zone, track: Track) -> list[tuple[int, str]]:
    """Return the instants from which a track is "inside" or "outside" a zone while it applies.

    Where heights are on another reference than the zone's limits nothing is compared: "undecided".
    """
    limits = (zone.lower, zone.upper)
    if any(x.value_m is not None and x.reference != track.alt_reference for x in limits):
        from_us = max(int(track.t_us[0]), zone.from_us or int(track.t_us[0]))
        return [(from_us, "undecided")] if from_us <= int(track.t_us[-1]) else []
    return list(
        presence(
            track,
            planar_rings(zone.shape),
            _limit_m(zone.lower),
            _limit_m(zone.upper),
            zone.from_us,
            zone.to_us,
        )
    )


def _limit_m(limit: VerticalLimit) -> float | None:
    return limit.value_m


def stays_in(zone: Zone, track: Track) -> list[tuple[int, int]]:
    """Return the times inside as (from, to); the last ends with the track or the zone's window."""
    states = states_in(zone, track)
    end_us = int(track.t_us[-1]) if zone.to_us is None else min(int(track.t_us[-1]), zone.to_us)
    ends = [at_us for at_us, _ in states[1:]] + [end_us]
    return [
        (at_us, until_us)
        for (at_us, state), until_us in zip(states, ends, strict=True)
        if state == "inside"
    ]


def _presence(zone: Zone, track: Track) -> PresenceAnswer | None:
    states = states_in(zone, track)
    if not states:
        return None
    stays = stays_in(zone, track)
    return PresenceAnswer(
        states=[StateAt(t=format_instant(_whole_second(t)), state=state) for t, state in states],
        inside=[_stay(from_us, to_us) for from_us, to_us in stays],
        happened_from=format_instant(_whole_second(stays[0][0])) if stays else None,
        known_from=None if track.known_us is None else format_instant(track.known_us),
    )


def _stay(from_us: int, to_us: int) -> Stay:
    return Stay(
        from_t=format_instant(_whole_second(from_us)),
        to=format_instant(to_us // 1_000_000 * 1_000_000),
        seconds=round(seconds_between(from_us, to_us), 1),
    )


# ---- encounters ------------------------------------------------------------------------------


def encounters(scenario: Scenario) -> list[EncounterAnswer]:
    """Return one answer for each pair of tracks with common time and each set of minima."""
    found = []
    tracks = sorted(scenario.tracks, key=lambda track: track.id)
    for clauses in _minima_of(scenario):
        for a, b in combinations(tracks, 2):
            if a.alt_reference == b.alt_reference:
                met = pair_inside(a, b, clauses[0][1])
                if met is not None:
                    found.append(_encounter(scenario, a, b, met, clauses))
    return sorted(found, key=lambda each: each.pair)


_Clauses = Sequence[tuple[Agreement | None, Separation]]


def _minima_of(scenario: Scenario) -> list[_Clauses]:
    """Return the separation clauses of all agreements, those with equal minima together.

    With none at all the norms' default for state aircraft is judged, as an advisory.
    """
    groups: dict[tuple[float, float, str], list[tuple[Agreement | None, Separation]]] = {}
    for agreement in scenario.agreements:
        for clause in agreement.clauses:
            if isinstance(clause, Separation):
                key = (clause.horizontal_m, clause.vertical_m, clause.joined)
                groups.setdefault(key, []).append((agreement, clause))
    if groups:
        return list(groups.values())
    default = norms().separation["state_aircraft"]
    clause = Separation(
        id="state_aircraft",
        horizontal_m=metres_from_nautical_miles(default.horizontal_nm),
        vertical_m=metres_from_feet(default.vertical_ft),
        dwell_s=default.dwell_s,
    )
    return [[(None, clause)]]


def pair_inside(a: Track, b: Track, clause: Separation) -> PairEncounter | None:
    """Return how close two tracks came and when they were inside the minima.

    Minima joined by "or" are infringed only while both are; joined by "and", while one is.
    """
    if clause.joined == "or":
        return closest_pair(
            a, b, Minima(horizontal_m=clause.horizontal_m, vertical_m=clause.vertical_m)
        )
    level = closest_pair(
        a, b, Minima(horizontal_m=clause.horizontal_m, vertical_m=_HEIGHT_UNLIMITED_M)
    )
    height = closest_pair(a, b, Minima(horizontal_m=HORIZONTAL_MAX_M, vertical_m=clause.vertical_m))
    if level is None or height is None:
        return None
    return msgspec.structs.replace(level, episodes=_union((*level.episodes, *height.episodes)))


def _union(episodes: Iterable[Episode]) -> tuple[Episode, ...]:
    merged: list[Episode] = []
    for each in sorted(episodes, key=lambda e: e.from_us):
        if merged and each.from_us <= merged[-1].to_us:
            from_us, to_us = merged[-1].from_us, max(merged[-1].to_us, each.to_us)
            dwell_s = seconds_between(from_us, to_us)
            merged[-1] = Episode(from_us=from_us, to_us=to_us, dwell_s=dwell_s)
        else:
            merged.append(each)
    return tuple(merged)


def _encounter(
    scenario: Scenario, a: Track, b: Track, met: PairEncounter, clauses: _Clauses
) -> EncounterAnswer:
    bounds = [_bound(scenario, a, b, met.at_us, agreement, c) for agreement, c in clauses]
    binding = [c for bound, (_, c) in zip(bounds, clauses, strict=True) if bound.binds]
    judged = binding or [clause for _, clause in clauses]
    dwell_s = min((c.dwell_s for c in judged if c.dwell_s is not None), default=None)
    longest_s = max((episode.dwell_s for episode in met.episodes), default=0.0)
    first = clauses[0][1]
    return EncounterAnswer(
        pair=(met.a, met.b),
        parties=(a.party, b.party) if met.a == a.id else (b.party, a.party),
        minima=Limits(
            horizontal_nm=round(nautical_miles_from_metres(first.horizontal_m), 6),
            vertical_ft=round(feet_from_metres(first.vertical_m), 6),
            joined=first.joined,
            dwell_s=dwell_s,
        ),
        rule=", ".join(c.id for c in binding) if binding else "advisory",
        clauses=bounds,
        min_horizontal_nm=round(nautical_miles_from_metres(met.least_horizontal_m), 3),
        at=format_instant(_nearest_second(met.at_us)),
        vertical_then_ft=round(feet_from_metres(met.vertical_then_m), 1),
        least_vertical_ft=round(feet_from_metres(met.least_vertical_m), 1),
        inside_both_minima=[
            Stay(
                from_t=format_instant(_nearest_second(e.from_us)),
                to=format_instant(_nearest_second(e.to_us)),
                seconds=round(e.dwell_s, 1),
            )
            for e in met.episodes
        ],
        seconds_inside=round(sum(e.dwell_s for e in met.episodes), 1),
        longest_s=round(longest_s, 1),
        verdict=_verdict(longest_s, dwell_s, ever=bool(met.episodes)),
    )


def _nearest_second(at_us: int) -> int:
    return (at_us + 500_000) // 1_000_000 * 1_000_000


def _verdict(longest_s: float, dwell_s: float | None, *, ever: bool) -> str:
    """Return the verdict on a pair; strictly more than the dwell allowed exceeds it."""
    if not ever:
        return "clear"
    if dwell_s is None:
        return "inside minima"
    return "dwell exceeded" if longest_s > dwell_s else "inside minima, dwell within limit"


def _bound(
    scenario: Scenario,
    a: Track,
    b: Track,
    at_us: int,
    agreement: Agreement | None,
    clause: Separation,
) -> Bound:
    because = _why_not(scenario, a, b, at_us, agreement)
    return Bound(
        agreement="norms" if agreement is None else agreement.id,
        clause=clause.id,
        parties=() if agreement is None else tuple(p.id for p in agreement.parties),
        binds=not because,
        because=because or "both are parties and it is in force",
    )


def _why_not(
    scenario: Scenario, a: Track, b: Track, at_us: int, agreement: Agreement | None
) -> str:
    """Return why an agreement does not bind a pair at an instant; empty if it does."""
    if agreement is None:
        return "a default of the norms, no agreement"
    if a.party is None or b.party is None:
        return "a track that belongs to nobody"
    if a.party == b.party:
        return "both fly for one party: no agreement is between them"
    outside = [p for p in (a.party, b.party) if p not in {m.id for m in agreement.parties}]
    if outside:
        return f"{', '.join(sorted(outside))} not a party"
    if not agreement.binds(a.party, b.party):
        return f"asserted by {', '.join(agreement.asserted_by)} only"
    if not agreement.in_force(at_us):
        return "not in force then"
    by = suspended_by(scenario, agreement.id, at_us)
    return f"suspended by {', '.join(by)}" if by else ""
