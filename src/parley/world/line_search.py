"""The point of a line nearest to a position, its distance, and the side: by halving, then by feet.

Exact to 0.001 m up to thousands of kilometres, also near the poles. A line whose edges are long is
cut into short pieces once, when it is first asked about; their straight distances through the earth
leave few of them to look at on its surface.
Not here: points and lines (`geo`), areas (`shape`), named sides (`boundary`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from parley.world.geo import (
    GEOD,
    EdgeMeaning,
    Floats,
    Pieces,
    Polyline,
    Position,
    Side,
    course_deg,
    point_on,
    points_on,
    polyline,
    wrapped_longitude_deg,
)

_SEARCH_STEP_M = 2_000.0
"""Pieces this short are straight enough for the last step of the search."""
_PIECES_KEPT_MAX = 4_096
"""Of one line, 400 kB: a longer one is halved anew for each position."""
_PIECES_ONE_BY_ONE_MAX = 16
"""So few are quicker looked at one by one than as columns."""
_PIECES_LOOKED_MAX = 64
"""More than so many are left only far away, where halving is quicker."""
_SAME_POINT_M = 1e-6
_ROUNDING_M = 1e-3
"""Added to the bound of the search: a sum of two lengths may come out short by the last digit."""


class Nearest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The point of a line nearest to a position.

    `edge` counts from 0, `fraction` runs 0..1 along it, `side` looks along the vertices. `beyond`
    is "start" or "end" when the nearest point is that end and the position lies past it.
    """

    position: Position
    distance_m: float
    edge: int
    fraction: float
    side: Side
    beyond: Literal["", "start", "end"]


def _distances_m(position: Position, lon_deg: Floats, lat_deg: Floats) -> Floats:
    from_lon, from_lat = (
        np.full_like(lon_deg, position.lon_deg),
        np.full_like(lat_deg, position.lat_deg),
    )
    return np.asarray(GEOD.inv(from_lon, from_lat, lon_deg, lat_deg)[2], dtype=np.float64)


def _candidates(line: Polyline, position: Position) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Return the short pieces (edge, from fraction, to fraction) that may hold the nearest point.

    Branch and bound: on a piece of length s between points at d1 and d2 from the position nothing
    is nearer than (d1 + d2 - s) / 2, so a piece whose bound is beyond the best end seen is dropped.
    """
    edge, low, high, length_m = _looked_at(line, position)
    if length_m.max() <= _SEARCH_STEP_M and len(edge) <= _PIECES_ONE_BY_ONE_MAX:
        return edge, low, high
    low_m = _distances_m(position, *points_on(line, edge, low))
    high_m = _distances_m(position, *points_on(line, edge, high))
    while True:
        best_m = min(low_m.min(), high_m.min()) + _ROUNDING_M
        keep = (low_m + high_m - length_m) / 2.0 <= best_m
        edge, low, high = edge[keep], low[keep], high[keep]
        low_m, high_m, length_m = low_m[keep], high_m[keep], length_m[keep]
        if length_m.max() <= _SEARCH_STEP_M:
            return edge, low, high
        middle = (low + high) / 2.0
        middle_m = _distances_m(position, *points_on(line, edge, middle))
        edge = np.concatenate((edge, edge))
        low, high = np.concatenate((low, middle)), np.concatenate((middle, high))
        low_m, high_m = np.concatenate((low_m, middle_m)), np.concatenate((middle_m, high_m))
        length_m = np.concatenate((length_m, length_m)) / 2.0


def _looked_at(
    line: Polyline, position: Position
) -> tuple[NDArray[np.int64], Floats, Floats, Floats]:
    """Return the pieces to begin with: edge, from fraction, to fraction, length.

    The same bound, by chords: none is longer than the way over the surface, so a piece whose bound
    by chords is beyond one way over the surface cannot hold the nearest point.
    """
    edges = np.arange(len(line.length_m), dtype=np.int64)
    whole = edges, np.zeros(len(edges)), np.ones(len(edges)), line.length_m
    if not line.pieces:
        line.pieces.append(_cut(line))
    pieces = line.pieces[0]
    if pieces is None:
        return whole
    here = _through_the_earth_m(np.array([position.lon_deg]), np.array([position.lat_deg]))
    low_m = np.sqrt(((pieces.low_ecef_m - here) ** 2).sum(axis=1))
    high_m = np.sqrt(((pieces.high_ecef_m - here) ** 2).sum(axis=1))
    nearest = int(np.argmin(low_m))
    end = point_on(line, int(pieces.edge[nearest]), float(pieces.low[nearest]))
    best_m = float(GEOD.inv(position.lon_deg, position.lat_deg, *end)[2])
    (keep,) = np.nonzero((low_m + high_m - pieces.length_m) / 2.0 <= best_m + _ROUNDING_M)
    if len(keep) > _PIECES_LOOKED_MAX:
        return whole
    return pieces.edge[keep], pieces.low[keep], pieces.high[keep], pieces.length_m[keep]


def _cut(line: Polyline) -> Pieces | None:
    """Return the line in pieces short enough for the last step; None where that gains nothing."""
    if line.length_m.max() <= 2.0 * _SEARCH_STEP_M:
        return None
    # Halves of halves, so that the search ends on the same pieces as without them.
    parts = np.exp2(np.ceil(np.log2(np.maximum(line.length_m / _SEARCH_STEP_M, 1.0))))
    if parts.sum() > _PIECES_KEPT_MAX:
        return None
    parts = parts.astype(np.int64)
    edge = np.repeat(np.arange(len(parts), dtype=np.int64), parts)
    number = np.arange(len(edge)) - np.repeat(np.cumsum(parts) - parts, parts)
    low, high = number / parts[edge], (number + 1) / parts[edge]
    return Pieces(
        edge=edge,
        low=low,
        high=high,
        length_m=line.length_m[edge] / parts[edge],
        low_ecef_m=_through_the_earth_m(*points_on(line, edge, low)),
        high_ecef_m=_through_the_earth_m(*points_on(line, edge, high)),
    )


def _through_the_earth_m(lon_deg: Floats, lat_deg: Floats) -> Floats:
    """Return earth-centred coordinates of points on the ellipsoid, one row each."""
    lon, lat = np.radians(lon_deg), np.radians(lat_deg)
    normal_m = GEOD.a / np.sqrt(1.0 - GEOD.es * np.sin(lat) ** 2)
    x_m, y_m = normal_m * np.cos(lat) * np.cos(lon), normal_m * np.cos(lat) * np.sin(lon)
    return np.column_stack((x_m, y_m, (1.0 - GEOD.es) * normal_m * np.sin(lat)))


def nearest_on_line(position: Position, line: Polyline) -> Nearest:
    """Return the point of the line nearest to the position, its distance and the side.

    Exact to 0.001 m up to thousands of kilometres, also near the poles: the search halves edges
    until pieces are 2 km or less, then drops perpendiculars in the azimuthal equidistant plane
    about the position, where every distance from the position is the geodesic one. The last answer
    is kept: of one report several rules ask how it lies to one line.
    """
    return _nearest_on_line(position, line)


@lru_cache(maxsize=1)
def _nearest_on_line(position: Position, line: Polyline) -> Nearest:
    edge, low, high = _candidates(line, position)
    if len(edge) <= _PIECES_ONE_BY_ONE_MAX:
        pieces = zip(edge.tolist(), low.tolist(), high.tolist(), strict=True)
        feet = [(*_foot_on(line, position, *piece), piece[0]) for piece in pieces]
        away_m, at, on = min(feet, key=lambda foot: foot[0])
        return _described(line, position, on, at, away_m)
    fraction = _foot(line, position, edge, (low, high), (low, high))
    # Fractions do not run evenly in metres: again on a thousandth of the piece round the foot.
    near = (high - low) / 2_000.0
    chord = np.maximum(fraction - near, low), np.minimum(fraction + near, high)
    fraction = _foot(line, position, edge, chord, (low, high))
    foot_m = _distances_m(position, *points_on(line, edge, fraction))
    best = int(np.argmin(foot_m))
    return _described(line, position, int(edge[best]), float(fraction[best]), float(foot_m[best]))


def _foot_on(
    line: Polyline, position: Position, edge: int, from_fraction: float, to_fraction: float
) -> tuple[float, float]:
    """Return distance and fraction of the foot on one piece: what `_foot` says of many."""
    here = position.lon_deg, position.lat_deg
    fraction, begins, ends = from_fraction, from_fraction, to_fraction
    for _ in range(2):
        azimuth_deg, _, begin_m = GEOD.inv(*here, *point_on(line, edge, begins))
        end_azimuth_deg, _, end_m = GEOD.inv(*here, *point_on(line, edge, ends))
        azimuth, end_azimuth = math.radians(azimuth_deg), math.radians(end_azimuth_deg)
        x_m, y_m = begin_m * math.sin(azimuth), begin_m * math.cos(azimuth)
        dx_m = end_m * math.sin(end_azimuth) - x_m
        dy_m = end_m * math.cos(end_azimuth) - y_m
        squared = dx_m * dx_m + dy_m * dy_m
        along = -(x_m * dx_m + y_m * dy_m) / (squared if squared > 0.0 else 1.0)
        fraction = min(max(begins + along * (ends - begins), from_fraction), to_fraction)
        near = (to_fraction - from_fraction) / 2_000.0
        begins, ends = max(fraction - near, from_fraction), min(fraction + near, to_fraction)
    return float(GEOD.inv(*here, *point_on(line, edge, fraction))[2]), fraction


def _foot(
    line: Polyline,
    position: Position,
    edge: NDArray[np.int64],
    chord: tuple[Floats, Floats],
    piece: tuple[Floats, Floats],
) -> Floats:
    """Return the fraction of the foot of the perpendicular on each chord, kept within its piece."""
    lon, lat = points_on(line, np.concatenate((edge, edge)), np.concatenate(chord))
    start = np.full_like(lon, position.lon_deg), np.full_like(lat, position.lat_deg)
    azimuth, _, away_m = GEOD.inv(*start, lon, lat)
    x_m, y_m = away_m * np.sin(np.radians(azimuth)), away_m * np.cos(np.radians(azimuth))
    n = len(edge)
    dx_m, dy_m = x_m[n:] - x_m[:n], y_m[n:] - y_m[:n]
    squared = dx_m * dx_m + dy_m * dy_m
    along = -(x_m[:n] * dx_m + y_m[:n] * dy_m) / np.where(squared > 0.0, squared, 1.0)
    foot: Floats = np.clip(chord[0] + along * (chord[1] - chord[0]), *piece)
    return foot


def _described(
    line: Polyline, position: Position, edge: int, fraction: float, away_m: float
) -> Nearest:
    lon_deg, lat_deg = point_on(line, edge, fraction)
    to_position_deg = float(GEOD.inv(lon_deg, lat_deg, position.lon_deg, position.lat_deg)[0])
    last = len(line.length_m) - 1
    before, after = edge, edge
    if fraction == 0.0:
        before = edge - 1 if edge else (last if line.closed else edge)
    elif fraction == 1.0:
        after = edge + 1 if edge < last else (0 if line.closed else edge)
    came_deg = course_deg(line, before, 1.0 if before != edge else fraction)
    goes_deg = course_deg(line, after, 0.0 if after != edge else fraction)
    side: Side = "left"  # on the line, as the crossings of `detect` have it
    beyond: Literal["", "start", "end"] = ""
    if away_m > _SAME_POINT_M:
        # Left is what a clockwise turn sweeps from the way back to the way on.
        back_deg = came_deg + 180.0
        swept_deg = (goes_deg - back_deg) % 360.0
        side = "left" if (to_position_deg - back_deg) % 360.0 < swept_deg else "right"
        ahead = math.cos(math.radians(to_position_deg - goes_deg))
        if not line.closed and edge == 0 and fraction == 0.0 and ahead < -1e-9:
            beyond = "start"
        elif not line.closed and edge == last and fraction == 1.0 and ahead > 1e-9:
            beyond = "end"
    foot = Position(lat_deg=lat_deg, lon_deg=wrapped_longitude_deg(lon_deg))
    return Nearest(
        position=foot, distance_m=away_m, edge=edge, fraction=fraction, side=side, beyond=beyond
    )


def distance_to_line_m(
    position: Position, vertices: Sequence[Position], edges: EdgeMeaning = "planar"
) -> float:
    """Return the geodesic distance in metres from the position to the nearest point of the line.

    >>> line = (Position(lat_deg=0.0, lon_deg=0.0), Position(lat_deg=0.0, lon_deg=1.0))
    >>> round(distance_to_line_m(Position(lat_deg=1.0, lon_deg=0.5), line), 1)
    110574.4
    """
    return nearest_on_line(position, polyline(vertices, edges)).distance_m


def side_of_line(
    position: Position, vertices: Sequence[Position], edges: EdgeMeaning = "planar"
) -> Side:
    """Return "left" or "right" of the line, looking along its vertices; on the line it is "left".

    It is the side at the nearest point, also past the ends, where the first and last edge run on.

    >>> south_to_north = (Position(lat_deg=0.0, lon_deg=0.0), Position(lat_deg=1.0, lon_deg=0.0))
    >>> side_of_line(Position(lat_deg=0.5, lon_deg=-0.1), south_to_north)
    'left'
    """
    return nearest_on_line(position, polyline(vertices, edges)).side
