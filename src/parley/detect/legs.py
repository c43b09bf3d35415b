"""Legs: the flown way between reports, as columns, and the same cut into straight ECEF pieces.

Here: what lies between two reports (`encounters` states the definition), positions and distances on
legs, and the pieces that the compiled kernel works on. Not here: pairs of aircraft.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from parley.world.faults import InputFault
from parley.world.time import MICROSECONDS_PER_SECOND

if TYPE_CHECKING:
    import pyproj

    from parley.world.track import Track

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Value = TypeVar("Value", bound=np.generic)

SPEED_MAX_MPS = 2_000.0
"""Mach 6: faster than any aircraft, slower than the jumps that spoofing and clock faults make."""
CHORD_ERROR_M = 0.05
"""How far a piece of a path may leave the path; nodes are 1.6 km apart on a geodesic."""
CHORD_LEG_M = 10_000.0
"""Up to this length a chord pushed out to the ellipsoid is the geodesic within 0.01 m."""

WGS84_A_M = 6_378_137.0
WGS84_F = 1.0 / 298.257223563
_ECCENTRICITY_SQUARED = WGS84_F * (2.0 - WGS84_F)
MEAN_RADIUS_M = 6_371_008.8
_RADIUS_MAX_M = 6_399_594.0


@dataclass(frozen=True, slots=True, eq=False)
class Legs:
    """The legs of many aircraft, sorted by aircraft and time; `aircraft` indexes `ids` (sorted).

    Times are microseconds UTC, angles degrees, altitudes metres above the one `alt_reference`.
    """

    ids: tuple[str, ...]
    alt_reference: str
    aircraft: Ints
    from_us: Ints
    to_us: Ints
    lat_from_deg: Floats
    lon_from_deg: Floats
    lat_to_deg: Floats
    lon_to_deg: Floats
    alt_from_m: Floats
    alt_to_m: Floats
    is_planar: Bools
    gaps: int
    """Pairs of consecutive reports further apart than the longest gap allowed."""
    too_fast: int
    """Legs left out because they are faster than `SPEED_MAX_MPS`."""

    def __len__(self) -> int:
        return int(self.aircraft.shape[0])


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """Straight ECEF pieces of legs: what the kernel works on. Times are seconds after `base_us`."""

    base_us: int
    leg: Ints
    aircraft: Ints
    start_m: Floats
    end_m: Floats
    span_s: Floats
    altitude_m: Floats

    def arrays(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Return the columns in the order in which the kernel takes them."""
        return self.start_m, self.end_m, self.span_s, self.altitude_m


@lru_cache(maxsize=1)
def ellipsoid() -> pyproj.Geod:
    """Return the WGS-84 geodesic solver."""
    import pyproj

    return pyproj.Geod(ellps="WGS84")


def wrapped_deg(angle_deg: Floats) -> Floats:
    """Return a difference of longitudes as the short way round, in [-180, 180)."""
    return (angle_deg + 180.0) % 360.0 - 180.0


def ecef_m(lat_deg: Floats, lon_deg: Floats) -> Floats:
    """Return ECEF coordinates (n, 3) in metres of points on the WGS-84 ellipsoid."""
    lat, lon = np.radians(lat_deg), np.radians(lon_deg)
    sine = np.sin(lat)
    normal_m = WGS84_A_M / np.sqrt(1.0 - _ECCENTRICITY_SQUARED * sine * sine)
    flat_m = normal_m * np.cos(lat)
    return np.stack(
        [
            flat_m * np.cos(lon),
            flat_m * np.sin(lon),
            normal_m * (1.0 - _ECCENTRICITY_SQUARED) * sine,
        ],
        axis=-1,
    )


def legs_from_tracks(tracks: Sequence[Track], max_gap_s: float) -> Legs:
    """Return the legs between consecutive reports at most `max_gap_s` apart.

    Args:
        tracks: one per aircraft, of one altitude reference.
        max_gap_s: longest time between two reports that still makes a leg; may be infinite.

    Raises:
        InputFault: two tracks with one id, mixed altitude references, or a gap that is not
        positive.
    """
    if not max_gap_s > 0.0:
        raise InputFault("longest gap in seconds", value=max_gap_s, wanted="more than 0")
    ordered = sorted(tracks, key=lambda track: track.id)
    ids = tuple(track.id for track in ordered)
    references = sorted({track.alt_reference for track in ordered})
    if len(references) > 1:
        raise InputFault(
            "altitude references of the tracks",
            value=", ".join(references),
            wanted="one",
            repair="convert them, with the uncertainty that this takes",
        )
    for one, other in pairwise(ids):
        if one == other:
            raise InputFault(
                "track", value=one, wanted="one track per aircraft", repair="join them"
            )
    return flown_legs(_all_legs(ordered, ids, references[0] if references else "STD", max_gap_s))


def _all_legs(
    ordered: Sequence[Track], ids: tuple[str, ...], alt_reference: str, max_gap_s: float
) -> Legs:
    """Return every leg whose gap is short enough, and the count of the others."""
    counts = [max(track.t_us.shape[0] - 1, 0) for track in ordered]
    ends_us = [_ends(np.asarray(track.t_us, dtype=np.int64)) for track in ordered]
    from_us = np.concatenate([np.empty(0, dtype=np.int64), *(one for one, _ in ends_us)])
    to_us = np.concatenate([np.empty(0, dtype=np.int64), *(other for _, other in ends_us)])
    near = (to_us - from_us) / MICROSECONDS_PER_SECOND <= max_gap_s
    lat_deg = _column([track.lat_deg for track in ordered])
    lon_deg = _column([track.lon_deg for track in ordered])
    alt_m = _column([track.alt_m for track in ordered])
    planar = np.array([track.interpolation == "planar" for track in ordered], dtype=np.bool_)
    return Legs(
        ids=ids,
        alt_reference=alt_reference,
        aircraft=np.repeat(np.arange(len(ordered), dtype=np.int64), counts)[near],
        from_us=from_us[near],
        to_us=to_us[near],
        lat_from_deg=lat_deg[0][near],
        lon_from_deg=lon_deg[0][near],
        lat_to_deg=lat_deg[1][near],
        lon_to_deg=lon_deg[1][near],
        alt_from_m=alt_m[0][near],
        alt_to_m=alt_m[1][near],
        is_planar=np.repeat(planar, counts)[near],
        gaps=int(near.size - near.sum()),
        too_fast=0,
    )


def _ends(column: NDArray[Value]) -> tuple[NDArray[Value], NDArray[Value]]:
    """Return the first and the last value of each leg of one track."""
    return column[:-1], column[1:]


def _column(columns: Sequence[Floats]) -> tuple[Floats, Floats]:
    """Return the first and the last values of the legs of all tracks."""
    ends = [_ends(np.asarray(column, dtype=np.float64)) for column in columns]
    empty = np.empty(0, dtype=np.float64)
    return (
        np.concatenate([empty, *(one for one, _ in ends)]),
        np.concatenate([empty, *(other for _, other in ends)]),
    )


def select_legs(legs: Legs, keep: Bools, *, too_fast: int = 0) -> Legs:
    """Return the legs marked in `keep`, with `too_fast` more counted as not flown."""
    columns = {
        field.name: getattr(legs, field.name)[keep]
        for field in fields(legs)
        if isinstance(getattr(legs, field.name), np.ndarray)
    }
    return Legs(
        ids=legs.ids,
        alt_reference=legs.alt_reference,
        gaps=legs.gaps,
        too_fast=legs.too_fast + too_fast,
        **columns,
    )


def flown_legs(legs: Legs) -> Legs:
    """Return the legs without those too fast to have been flown, which are counted."""
    span_s = (legs.to_us - legs.from_us) / MICROSECONDS_PER_SECOND
    slow = _path_bound_m(legs) <= SPEED_MAX_MPS * span_s
    if not slow.all():
        maybe = np.flatnonzero(~slow)
        slow[maybe] = path_length_m(select_legs(legs, ~slow)) <= SPEED_MAX_MPS * span_s[maybe]
    return select_legs(legs, slow, too_fast=int(slow.size - slow.sum()))


def _path_bound_m(legs: Legs) -> Floats:
    """Return a length that no leg's path exceeds: along the meridian, then along the parallel."""
    north, east, flattest = _planar_turns(legs)
    return _RADIUS_MAX_M * (north + east * np.cos(flattest))


def _planar_turns(legs: Legs) -> tuple[Floats, Floats, Floats]:
    """Return in radians how far legs go in latitude and longitude, and their least |latitude|."""
    north = np.radians(np.abs(legs.lat_to_deg - legs.lat_from_deg))
    east = np.radians(np.abs(wrapped_deg(legs.lon_to_deg - legs.lon_from_deg)))
    flattest = np.minimum(np.abs(legs.lat_from_deg), np.abs(legs.lat_to_deg))
    flattest = np.where(legs.lat_from_deg * legs.lat_to_deg < 0.0, 0.0, flattest)
    return north, east, np.radians(flattest)


def path_length_m(legs: Legs) -> Floats:
    """Return the length of each leg's path: the geodesic, or close above the planar path's."""
    _, _, distance_m = ellipsoid().inv(
        legs.lon_from_deg, legs.lat_from_deg, legs.lon_to_deg, legs.lat_to_deg
    )
    north, east, flattest = _planar_turns(legs)
    planar_m = _RADIUS_MAX_M * np.hypot(north, east * np.cos(flattest))
    return np.asarray(np.where(legs.is_planar, planar_m, distance_m), dtype=np.float64)


def cut_pieces(legs: Legs, base_us: int | None = None) -> Pieces:
    """Return the legs cut into pieces that leave their path by at most `CHORD_ERROR_M`.

    Times count from `base_us`, by default the first leg's: parts of a whole that must give the
    same bits as the whole name one base, no later than any leg.

    A chord over a path r(u), u in [0, 1], cut n times is off by at most max |r''| / (8 n²): on a
    geodesic of length s and radius R that is s² / (8 R n²); on a straight line in longitude and
    latitude |r''| is at most R (Δφ² + 2 |Δφ Δλ| + Δλ² cos φ).
    """
    ends_m = ecef_m(legs.lat_from_deg, legs.lon_from_deg), ecef_m(legs.lat_to_deg, legs.lon_to_deg)
    chord_m = np.linalg.norm(ends_m[1] - ends_m[0], axis=-1)
    bend_m = _planar_bend_m(legs)
    arc_m = _geodesic_length_m(legs, chord_m)
    bend_m = np.where(legs.is_planar, bend_m, arc_m * arc_m / MEAN_RADIUS_M)
    parts = np.maximum(np.ceil(np.sqrt(bend_m * 1.02 / (8.0 * CHORD_ERROR_M))), 1.0)
    parts = parts.astype(np.int64)
    leg = np.repeat(np.arange(len(legs), dtype=np.int64), parts)
    step = np.arange(leg.shape[0], dtype=np.int64) - np.repeat(np.cumsum(parts) - parts, parts)
    share_from, share_to = step / parts[leg], (step + 1) / parts[leg]
    if base_us is None:
        base_us = int(legs.from_us.min()) if len(legs) else 0
    from_s = (legs.from_us - base_us) / MICROSECONDS_PER_SECOND
    to_s = (legs.to_us - base_us) / MICROSECONDS_PER_SECOND
    inner = step > 0
    start_m, end_m = ends_m[0][leg], ends_m[1][leg]
    nodes_m = _nodes_m(legs, leg[inner], share_from[inner], ends_m, arc_m)
    start_m[inner] = nodes_m
    end_m[np.flatnonzero(inner) - 1] = nodes_m
    return Pieces(
        base_us=base_us,
        leg=leg,
        aircraft=legs.aircraft[leg],
        start_m=start_m,
        end_m=end_m,
        span_s=np.stack(
            [_between(from_s, to_s, leg, share_from), _between(from_s, to_s, leg, share_to)],
            axis=-1,
        ),
        altitude_m=np.stack(
            [
                _between(legs.alt_from_m, legs.alt_to_m, leg, share_from),
                _between(legs.alt_from_m, legs.alt_to_m, leg, share_to),
            ],
            axis=-1,
        ),
    )


def _between(first: Floats, last: Floats, leg: Ints, share: Floats) -> Floats:
    """Return the value at a share of each leg; exactly `last` at its end: neighbours agree."""
    inside = first[leg] + (last[leg] - first[leg]) * share
    return np.where(share == 1.0, last[leg], inside)


def _planar_bend_m(legs: Legs) -> Floats:
    """Return the bound of |r''| of a straight line in longitude and latitude."""
    north, east, flattest = _planar_turns(legs)
    level = east * east * np.cos(flattest)
    return _RADIUS_MAX_M * (north * north + 2.0 * north * east + level)


def _geodesic_length_m(legs: Legs, chord_m: Floats) -> Floats:
    """Return the geodesic length of each leg: solved where it is long, else from the chord."""
    angle = np.minimum(chord_m / (2.0 * MEAN_RADIUS_M), 1.0)
    arc_m = 2.0 * MEAN_RADIUS_M * np.arcsin(angle)
    far = np.flatnonzero((chord_m > CHORD_LEG_M) & ~legs.is_planar)
    if far.size:
        _, _, arc_m[far] = ellipsoid().inv(
            legs.lon_from_deg[far],
            legs.lat_from_deg[far],
            legs.lon_to_deg[far],
            legs.lat_to_deg[far],
        )
    return arc_m


def _nodes_m(
    legs: Legs, leg: Ints, share: Floats, ends_m: tuple[Floats, Floats], arc_m: Floats
) -> Floats:
    """Return the ECEF points at a share of the way along the given legs."""
    nodes_m = ends_m[0][leg] + (ends_m[1][leg] - ends_m[0][leg]) * share[:, np.newaxis]
    # A short chord pushed out from the earth's centre to the ellipsoid lies on the geodesic within
    # 1 cm.
    axes_m = np.array([WGS84_A_M, WGS84_A_M, WGS84_A_M * (1.0 - WGS84_F)])
    nodes_m /= np.linalg.norm(nodes_m / axes_m, axis=-1)[:, np.newaxis]
    solved = np.flatnonzero(legs.is_planar[leg] | (arc_m[leg] > CHORD_LEG_M))
    if solved.size:
        lat_deg, lon_deg = positions_along(legs, leg[solved], share[solved])
        nodes_m[solved] = ecef_m(lat_deg, lon_deg)
    return nodes_m


def positions_along(legs: Legs, leg: Ints, share: Floats) -> tuple[Floats, Floats]:
    """Return latitude and longitude in degrees at a share (0 to 1) of the way along legs."""
    lat_deg = legs.lat_from_deg[leg] + (legs.lat_to_deg[leg] - legs.lat_from_deg[leg]) * share
    east_deg = wrapped_deg(legs.lon_to_deg[leg] - legs.lon_from_deg[leg])
    lon_deg = wrapped_deg(legs.lon_from_deg[leg] + east_deg * share)
    bent = np.flatnonzero(~legs.is_planar[leg])
    if bent.size:
        at = leg[bent]
        azimuth_deg, _, distance_m = ellipsoid().inv(
            legs.lon_from_deg[at], legs.lat_from_deg[at], legs.lon_to_deg[at], legs.lat_to_deg[at]
        )
        lon_deg[bent], lat_deg[bent], _ = ellipsoid().fwd(
            legs.lon_from_deg[at], legs.lat_from_deg[at], azimuth_deg, distance_m * share[bent]
        )
    return lat_deg, lon_deg


def distances_at_m(legs: Legs, leg_a: Ints, leg_b: Ints, at_s: Floats, base_us: int) -> Floats:
    """Return the geodesic distances in metres between legs, `at_s` seconds after `base_us`."""
    points = []
    for leg in (leg_a, leg_b):
        from_s = (legs.from_us[leg] - base_us) / MICROSECONDS_PER_SECOND
        to_s = (legs.to_us[leg] - base_us) / MICROSECONDS_PER_SECOND
        share = np.clip((at_s - from_s) / (to_s - from_s), 0.0, 1.0)
        points.append(positions_along(legs, leg, share))
    (lat_a_deg, lon_a_deg), (lat_b_deg, lon_b_deg) = points
    _, _, distance_m = ellipsoid().inv(lon_a_deg, lat_a_deg, lon_b_deg, lat_b_deg)
    return np.asarray(distance_m, dtype=np.float64)
