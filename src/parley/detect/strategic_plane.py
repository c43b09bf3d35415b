"""Two areas in one local plane: whether they are certainly apart, and where both may be deep.

The plane is azimuthal equidistant about a point between the two. On WGS-84, which is curved the
same way everywhere, a distance in the plane is never less than the true one, and the true one is
never less than sin(D/R) / (D/R) of it, within D of the centre. So a gap in the plane that is wide
enough is a gap on the ground. Points proposed here are judged by true distances elsewhere.

Here: quick answers for most pairs. Never here: a close call (`strategic` draws the outlines).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod

from parley.world.faults import InputFault
from parley.world.geo import Floats, Polyline, Position, planar_pieces, wrapped_longitude_deg
from parley.world.shape import Circle, Polygon, Shape

_GEOD = Geod(ellps="WGS84")
_STEPS_M = {"planar": 20_000.0, "geodesic": 100_000.0}
"""Pieces of an edge that are taken as straight in the plane."""
_REACH_MAX_M = 1_500_000.0
"""Further from its centre the plane says little."""
_RADIUS_M = 6_335_439.0
"""The least radius of curvature of WGS-84: bounds by it are on the safe side."""
_STEEPEST_DEG = 89.999
_SAGITTA_M = 5.0
"""So far may a piece of a planar edge lie from a straight one: near a pole pieces are short."""
_PIECES_MAX = 5_000
_SHAPES_KEPT = 4_096
_PARTS_OF_DISC = 8
_SEARCH_PARTS = 200


@dataclass(frozen=True, slots=True, eq=False)
class _Drawn:
    """A shape as lines of points: rings, a centre line, or one point; and how wide it is about it.

    `bend_per_m` is how much its edges bend; `piece_m` no piece is longer; `middle` points
    from the centre of the earth to the middle of it.
    """

    lines: tuple[tuple[Floats, Floats], ...]
    half_m: float
    filled: bool
    bend_per_m: float
    piece_m: float
    middle: Floats


@lru_cache(maxsize=_SHAPES_KEPT)
def _drawn(shape: Shape) -> _Drawn | None:
    match shape:
        case Circle():
            point = (np.array([shape.centre.lon_deg]), np.array([shape.centre.lat_deg]))
            middle = _middle(*point)
            return _Drawn(
                (point,), shape.radius_m, filled=False, bend_per_m=0.0, piece_m=0.0, middle=middle
            )
        case Polygon():
            lines, half_m = shape.rings, 0.0
        case _:
            lines, half_m = (shape.centre_line,), shape.width_m / 2.0
    steepest_deg = max(float(np.abs(line.lat_deg).max()) for line in lines)
    planar = any(line.edges == "planar" for line in lines)
    if planar and steepest_deg > _STEEPEST_DEG:
        return None
    bend_per_m = 2.0 * math.tan(math.radians(steepest_deg)) / _RADIUS_M if planar else 0.0
    step_m = _STEPS_M["planar" if planar else "geodesic"]
    if bend_per_m > 0.0:
        step_m = min(step_m, math.sqrt(8.0 * _SAGITTA_M / bend_per_m))
    if sum(float(line.length_m.sum()) for line in lines) / step_m > _PIECES_MAX:
        return None
    try:
        pieces = tuple(_pieces(line, step_m) for line in lines)
    except InputFault:
        return None
    longest_m = max(min(float(line.length_m.max()), step_m) for line in lines)
    return _Drawn(
        pieces,
        half_m,
        isinstance(shape, Polygon),
        bend_per_m=bend_per_m,
        piece_m=longest_m,
        middle=_middle(*pieces[0]),
    )


def _pieces(line: Polyline, step_m: float) -> tuple[Floats, Floats]:
    if float(line.length_m.max()) <= step_m:
        return line.lon_deg, line.lat_deg
    lon_deg, lat_deg, _ = planar_pieces(line, tolerance_m=math.inf, step_m=step_m)
    return lon_deg, lat_deg


def _middle(lon_deg: Floats, lat_deg: Floats) -> NDArray[np.float64]:
    lon, lat = np.radians(lon_deg), np.radians(lat_deg)
    points = np.column_stack((np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)))
    middle: NDArray[np.float64] = (points.min(axis=0) + points.max(axis=0)) / 2.0
    return middle


class Plane:
    """Two areas in the plane between them; `useful` says whether it can tell anything."""

    def __init__(self, first: Shape, second: Shape) -> None:
        drawn = (_drawn(first), _drawn(second))
        self.useful = False
        if drawn[0] is None or drawn[1] is None:
            return
        self._pair = (drawn[0], drawn[1])
        self._centre = _between(self._pair)
        areas = [self._laid(each) for each in self._pair]
        self._reach_m = max(reach_m for _, reach_m in areas)
        if self._reach_m > _REACH_MAX_M:
            return
        self._first, self._second = areas[0][0], areas[1][0]
        # A ring that crosses itself once its edges are straight says nothing about distances.
        self.useful = all(
            not drawn.filled or bool(shapely.is_valid(area))
            for drawn, (area, _) in zip(self._pair, areas, strict=True)
        )

    def _laid(self, drawn: _Drawn) -> tuple[shapely.Geometry, float]:
        """Return the points of a shape in the plane, and how far it reaches from the centre."""
        lines, reach_m = [], 0.0
        for lon_deg, lat_deg in drawn.lines:
            start = np.full_like(lon_deg, self._centre[0]), np.full_like(lat_deg, self._centre[1])
            azimuth_deg, _, away_m = _GEOD.inv(*start, lon_deg, lat_deg)
            angle = np.radians(azimuth_deg)
            lines.append(np.column_stack((away_m * np.sin(angle), away_m * np.cos(angle))))
            reach_m = max(reach_m, float(np.max(away_m)))
        reach_m += drawn.half_m + drawn.piece_m
        if drawn.filled:
            return shapely.Polygon(lines[0], lines[1:]), reach_m
        line = lines[0]
        return shapely.Point(line[0]) if len(line) == 1 else shapely.LineString(line), reach_m

    def _loose_m(self, drawn: _Drawn) -> float:
        """Return how far the true edges may lie from the straight pieces in the plane."""
        bend_per_m = drawn.bend_per_m + 2.0 * self._reach_m / _RADIUS_M**2
        return drawn.piece_m**2 / 8.0 * bend_per_m

    def are_apart(self, margin_m: float) -> bool:
        """Return whether the areas are certainly further apart than a margin."""
        angle = self._reach_m / _RADIUS_M
        least = math.sin(angle) / angle if angle > 0.0 else 1.0
        gap_m = float(shapely.distance(self._first, self._second))
        near_m = sum(self._loose_m(each) + each.half_m for each in self._pair) + margin_m
        return (gap_m - sum(self._loose_m(each) for each in self._pair)) * least > near_m

    def _parts(self) -> list[shapely.Polygon]:
        """Return what both have in common in the plane, the largest first."""
        areas = [
            area if drawn.filled else shapely.buffer(area, drawn.half_m, quad_segs=_PARTS_OF_DISC)
            for area, drawn in zip((self._first, self._second), self._pair, strict=True)
        ]
        parts = [
            part
            for part in shapely.get_parts(shapely.intersection(*areas))
            if isinstance(part, shapely.Polygon) and part.area > 0.0
        ]
        return sorted(parts, key=lambda each: -each.area)

    def _deepest(self) -> Iterator[tuple[Floats, Floats]]:
        """Yield circles in what both have in common in the plane: the centre, and one on it."""
        for part in self._parts()[:2]:
            west, south, east, north = part.bounds
            fine_m = max(min(east - west, north - south) / _SEARCH_PARTS, 1e-3)
            centre, edge = shapely.get_coordinates(shapely.maximum_inscribed_circle(part, fine_m))
            yield centre, edge

    def proposed(self) -> Iterator[Position]:
        """Yield points that are probably far inside both areas, the deepest first."""
        for (x_m, y_m), _ in self._deepest():
            yield self._position(float(x_m), float(y_m))

    def surely_meet(self, margin_m: float) -> bool:
        """Return whether the areas certainly have more than a margin in common, all the way round.

        What is this deep in the plane is as deep on the ground, but for the distances that the
        plane draws too long.
        """
        angle = self._reach_m / _RADIUS_M
        least = math.sin(angle) / angle if angle > 0.0 else 1.0
        loose_m = sum(self._loose_m(each) for each in self._pair) + margin_m
        for part in self._parts()[:1]:
            # Any point that is deep enough will do: the deepest takes far longer to find.
            inside = shapely.point_on_surface(part)
            return float(shapely.distance(part.exterior, inside)) * least > loose_m and not len(
                part.interiors
            )
        return False

    def _position(self, x_m: float, y_m: float) -> Position:
        azimuth_deg, away_m = math.degrees(math.atan2(x_m, y_m)), math.hypot(x_m, y_m)
        lon_deg, lat_deg, _ = _GEOD.fwd(*self._centre, azimuth_deg, away_m)
        return Position(lat_deg=float(lat_deg), lon_deg=wrapped_longitude_deg(float(lon_deg)))


def _between(pair: tuple[_Drawn, _Drawn]) -> tuple[float, float]:
    """Return the longitude and latitude of a point near the middle of both."""
    x, y, z = ((pair[0].middle + pair[1].middle) / 2.0).tolist()
    return math.degrees(math.atan2(y, x)), math.degrees(math.atan2(z, math.hypot(x, y)))
