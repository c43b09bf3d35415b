"""Strategic overlap: whether two volumes have something in common in space, height and time.

Here: two volumes in, their overlap out, exact for each pair. Never here: whose the volumes are,
which has precedence, what to do about it; an index in front of the exact test.

Rules:

- Time windows are half open: touching at an instant is no overlap. Touching heights or outlines are
  none either: `TOLERANCE_M` of common depth is needed, for neighbours share drawn borders.
- Heights of one reference compare as numbers. Across references nothing is converted silently: what
  geoid bound or pressure source cannot decide counts as a possible overlap, `decided` "undecided".
- A circle is measured with geodesics from its centre. Polygons are met as drawn, planar edges in
  longitude and latitude, over the antimeridian as well. Corridors and geodesic edges are met as
  planar rings within `OUTLINE_M`; what lies within that is "undecided" too.
- The answer is the same whichever volume is named first.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Literal

import msgspec
import numpy as np
import shapely
from numpy.typing import NDArray

from parley.detect.encounters import TOLERANCE_M
from parley.detect.strategic_index import area_box, areas_meet
from parley.detect.strategic_plane import Plane
from parley.world.faults import InputFault
from parley.world.geo import (
    UNDECIDED,
    Position,
    bearing_deg,
    destination,
    distance_m,
    wrapped_longitude_deg,
)
from parley.world.shape import (
    Circle,
    Polygon,
    Shape,
    contains,
    distance_to_shape_m,
    planar_rings,
)
from parley.world.volume import (
    AltitudeReference,
    PressureSource,
    VerticalLimit,
    Volume4D,
    compare_altitudes,
)

Decided = Literal["overlap", "undecided"]

OUTLINE_M = 0.5
"""How far the planar ring that stands for a corridor or a geodesic outline may lie from it."""
_LEAST_DEGREE_M = 110_574.0
"""The shortest degree of latitude, at the equator."""
_DEGREE_M = 111_700.0
"""Longer than any degree, of latitude or longitude: widths in it are never too small."""
_SHAPES_KEPT = 1_024


class Overlap(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What two volumes have in common.

    `from_us` to `to_us` is the common time (None is open). `lower` and `upper` bound the common
    heights: one limit each, or both where their references do not let them be ordered. `at` is a
    point inside both areas where one was found, `depth_m` the diameter of the disc around it that
    both hold: at least this deep. `because` says what is undecided.
    """

    decided: Decided
    from_us: int | None
    to_us: int | None
    lower: tuple[VerticalLimit, ...]
    upper: tuple[VerticalLimit, ...]
    depth_m: float
    at: Position | None
    because: str


class VolumeConflict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An overlap of volume `a` of the one list with volume `b` of the other, counted from 0."""

    a: int
    b: int
    overlap: Overlap


class _Area(msgspec.Struct, frozen=True, kw_only=True):
    """What two outlines have in common: as in `Overlap`; `because` is empty if it is decided."""

    depth_m: float
    at: Position | None
    because: str


def overlap(
    volume_a: Volume4D, volume_b: Volume4D, *, pressure: PressureSource | None = None
) -> Overlap | None:
    """Return what two volumes have in common, or None if that is decidedly nothing.

    Args:
        volume_a: the one.
        volume_b: the other; exchanging them changes nothing.
        pressure: compares STD with AMSL and WGS84 (`world.volume`); without it that is undecided.

    >>> def box(west_deg, from_us, to_us):
    ...     corners = ((0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (1.0, 0.0))
    ...     ring = tuple(Position(lat_deg=n, lon_deg=west_deg + e) for n, e in corners)
    ...     return Volume4D(shape=Polygon(exterior=ring), from_us=from_us, to_us=to_us)
    >>> overlap(box(0.0, 0, 20), box(0.5, 10, 30)).decided
    'overlap'
    >>> overlap(box(0.0, 0, 20), box(0.5, 20, 30)), overlap(box(0.0, 0, 20), box(1.0, 10, 30))
    (None, None)
    """
    from_us, to_us = _common_window(volume_a, volume_b)
    if from_us is not None and to_us is not None and from_us >= to_us:
        return None
    order = _Heights(pressure=pressure, from_us=from_us, to_us=to_us)
    rises = (
        order.below(volume_a.lower, volume_b.upper),
        order.below(volume_b.lower, volume_a.upper),
    )
    if any(below is False for below, _ in rises):
        return None
    area = _common_area(volume_a.shape, volume_b.shape)
    if area is None:
        return None
    reasons = sorted({why for below, why in rises if below is None} | {area.because} - {""})
    return Overlap(
        decided="undecided" if reasons else "overlap",
        from_us=from_us,
        to_us=to_us,
        lower=order.inner(volume_a.lower, volume_b.lower, highest=True),
        upper=order.inner(volume_a.upper, volume_b.upper, highest=False),
        depth_m=area.depth_m,
        at=area.at,
        because="; ".join(reasons) or "time, heights and areas overlap",
    )


def overlaps(
    volume_a: Volume4D, volume_b: Volume4D, *, pressure: PressureSource | None = None
) -> bool:
    """Return whether `overlap` finds something, decided or not: the same answer, found sooner."""
    from_us, to_us = _common_window(volume_a, volume_b)
    if from_us is not None and to_us is not None and from_us >= to_us:
        return False
    order = _Heights(pressure=pressure, from_us=from_us, to_us=to_us)
    if order.below(volume_a.lower, volume_b.upper)[0] is False:
        return False
    if order.below(volume_b.lower, volume_a.upper)[0] is False:
        return False
    first, second = sorted((volume_a.shape, volume_b.shape), key=msgspec.json.encode)
    if not (isinstance(first, Circle) and isinstance(second, Circle)):
        plane = Plane(first, second)
        if plane.useful and plane.are_apart(2.0 * OUTLINE_M + TOLERANCE_M):
            return False
        if plane.useful and plane.surely_meet(OUTLINE_M + TOLERANCE_M):
            return True
    return _common_area(first, second) is not None


def conflicts(
    volumes_a: Iterable[Volume4D],
    volumes_b: Iterable[Volume4D],
    *,
    pressure: PressureSource | None = None,
) -> tuple[VolumeConflict, ...]:
    """Return all overlaps of volumes of one list with those of the other, the decided ones first.

    Among equals the earliest comes first, then the order of the lists. Nothing is left out.
    """
    others = tuple(volumes_b)
    found = [
        VolumeConflict(a=a, b=b, overlap=common)
        for a, one in enumerate(volumes_a)
        for b, other in enumerate(others)
        if (common := overlap(one, other, pressure=pressure)) is not None
    ]

    def urgency(conflict: VolumeConflict) -> tuple[bool, float, int, int]:
        from_us = conflict.overlap.from_us
        starts = -math.inf if from_us is None else from_us
        return conflict.overlap.decided == "undecided", starts, conflict.a, conflict.b

    return tuple(sorted(found, key=urgency))


# --- time and heights ----------------------------------------------------------------------------


def _common_window(one: Volume4D, other: Volume4D) -> tuple[int | None, int | None]:
    """Return the later start and the earlier end; None is open."""
    starts = [at_us for at_us in (one.from_us, other.from_us) if at_us is not None]
    ends = [at_us for at_us in (one.to_us, other.to_us) if at_us is not None]
    return max(starts, default=None), min(ends, default=None)


_Number = tuple[float, AltitudeReference]


def _number(limit: VerticalLimit) -> _Number | None:
    """Return the number of a limit with its reference; None for SFC and UNL."""
    if limit.value_m is None or limit.reference == "SFC" or limit.reference == "UNL":
        return None
    return limit.value_m, limit.reference


class _Heights(msgspec.Struct, frozen=True, kw_only=True):
    """The order of vertical limits during a window."""

    pressure: PressureSource | None
    from_us: int | None
    to_us: int | None

    def below(self, lower: VerticalLimit, upper: VerticalLimit) -> tuple[bool | None, str]:
        """Return whether `lower` leaves room below `upper` (None: undecided), and why not known."""
        low, high = _number(lower), _number(upper)
        if low is None or high is None:  # the surface, or no limit: always room
            return True, ""
        if low[1] == high[1]:
            return high[0] - low[0] > TOLERANCE_M, ""
        return self._across(low, high)

    def _across(self, low: _Number, high: _Number) -> tuple[bool | None, str]:
        """Return the order of two numbers on different references, if it holds all the time.

        A pressure source widens with its age, so it is worst at the ends of the window.
        """
        moments = (self.from_us, self.to_us) if "STD" in (low[1], high[1]) else (0,)
        if self.pressure is not None and None in moments:
            return None, "heights: no pressure source holds for a window that is open"
        answers = [
            compare_altitudes(*low, *high, pressure=self.pressure, at_us=at_us) for at_us in moments
        ]
        words = {answer.decided for answer in answers}
        if words in ({"above"}, {"below"}):
            return words == {"below"}, ""
        unsure = next((a for a in answers if a.decided == UNDECIDED), answers[0])
        return None, f"heights: {unsure.because}"

    def inner(
        self, one: VerticalLimit, other: VerticalLimit, *, highest: bool
    ) -> tuple[VerticalLimit, ...]:
        """Return the limit that binds: the higher lower one, or the lower upper one; or both."""
        if one == other:
            return (one,)
        for limit, rest in ((one, other), (other, one)):
            if _number(limit) is None:
                return (rest,)
        if one.reference == other.reference:
            above = (one.value_m or 0.0) > (other.value_m or 0.0)
        else:
            below, _ = self.below(one, other)
            if below is None:
                return tuple(sorted((one, other), key=lambda limit: limit.reference))
            above = not below
        return (one if above == highest else other,)


# --- areas ---------------------------------------------------------------------------------------


def _common_area(one: Shape, other: Shape) -> _Area | None:
    """Return what two areas have in common, or None if that is decidedly nothing."""
    first, second = sorted((one, other), key=msgspec.json.encode)
    if isinstance(first, Circle) and isinstance(second, Circle):
        return _common_lens(first, second)
    if not areas_meet(area_box(first), area_box(second)):
        return None
    plane = Plane(first, second)
    loose_m = sum(0.0 if _is_exact(shape) else OUTLINE_M for shape in (first, second))
    if plane.useful:
        if plane.are_apart(loose_m + TOLERANCE_M):
            return None
        found = _deepest(first, second, plane.proposed())
        if found is not None:
            return found
    for disc, rest in ((first, second), (second, first)):
        if isinstance(disc, Circle):
            depth_m = disc.radius_m - distance_to_shape_m(rest, disc.centre)
            if depth_m <= TOLERANCE_M:
                return None
            return _witnessed(first, second) or _Area(depth_m=0.0, at=None, because="")
    return _drawn_area(first, second, loose_m)


def _drawn_area(first: Shape, second: Shape, loose_m: float) -> _Area | None:
    """Return what two areas have in common by their outlines as drawn: the close calls."""
    try:
        pieces = _common_pieces(first, second)
    except InputFault as fault:
        return _Area(depth_m=0.0, at=None, because=f"areas: {fault}")
    if not any(_is_deep(piece) for piece in pieces) and loose_m == 0.0:
        return None
    found = _deepest(first, second, _proposals(pieces))
    if found is not None:
        return found
    if pieces or _rings_near(first, second, loose_m):
        because = f"areas: what they share, if anything, is no wider than {loose_m:g} m can tell"
        return _Area(depth_m=0.0, at=None, because=because)
    return None


def _common_lens(one: Circle, other: Circle) -> _Area | None:
    """Return the common area of two circles, exactly: it is widest on the line of their centres."""
    apart_m = distance_m(one.centre, other.centre)
    from_m = max(-one.radius_m, apart_m - other.radius_m)
    to_m = min(one.radius_m, apart_m + other.radius_m)
    if to_m - from_m <= TOLERANCE_M:
        return None
    course_deg = bearing_deg(one.centre, other.centre)
    at = destination(one.centre, course_deg, (from_m + to_m) / 2.0)
    return _Area(depth_m=to_m - from_m, at=at, because="")


def _witnessed(first: Shape, second: Shape) -> _Area | None:
    """Return the common area with a point inside both, if rings can be drawn and one is found."""
    try:
        return _deepest(first, second, _proposals(_common_pieces(first, second)))
    except InputFault:  # over a pole there is no ring; the distance has decided already
        return None


def _proposals(pieces: Sequence[shapely.Polygon]) -> Iterator[Position]:
    for piece in pieces:
        yield from _proposed(piece)


def _deepest(first: Shape, second: Shape, proposed: Iterable[Position]) -> _Area | None:
    """Return the first point that is in both areas by more than the tolerance, if there is one.

    They are only proposed; the geodesic distances to both exact outlines judge them.
    """
    for at in proposed:
        depth_m = math.inf
        for shape in (first, second):
            answer = contains(shape, at)
            within_m = (answer.margin_m or 0.0) * (1.0 if answer.nominal == "in" else -1.0)
            depth_m = min(depth_m, 2.0 * within_m)
        if depth_m > TOLERANCE_M:
            return _Area(depth_m=depth_m, at=at, because="")
    return None


def _is_exact(shape: Shape) -> bool:
    """Return whether the shape's own edges are its planar ring."""
    return isinstance(shape, Polygon) and shape.edges == "planar"


@lru_cache(maxsize=_SHAPES_KEPT)
def _flat(shape: Shape) -> shapely.Polygon:
    """Return the shape in longitude and latitude degrees, longitudes running on without a jump."""
    rings: list[NDArray[np.float64]] = []
    for ring in planar_rings(shape, tolerance_m=OUTLINE_M):
        points = np.array([(vertex.lon_deg, vertex.lat_deg) for vertex in ring])
        jumps = np.rint(np.diff(points[:, 0]) / 360.0)
        points[1:, 0] -= 360.0 * np.cumsum(jumps)
        if rings:
            points[:, 0] -= 360.0 * np.rint((_middle_deg(points) - _middle_deg(rings[0])) / 360.0)
        rings.append(points)
    return shapely.Polygon(rings[0], rings[1:])


def _middle_deg(points: NDArray[np.float64]) -> float:
    return float(points[:, 0].min() + points[:, 0].max()) / 2.0


def _turned(area: shapely.Polygon, turns: int) -> shapely.Polygon:
    """Return the area so many times round the earth further east."""
    return shapely.transform(area, lambda points: points + np.array([360.0 * turns, 0.0]))


def _near_turns(one: shapely.Polygon, other: shapely.Polygon, margin_deg: float) -> list[int]:
    """Return by how many turns the other must go east to lie within a margin of the first's box."""
    west, south, east, north = one.bounds
    other_west, other_south, other_east, other_north = other.bounds
    if max(south - other_north, other_south - north) > margin_deg:
        return []
    return [
        turns
        for turns in range(-2, 3)
        if max(west - other_east - 360.0 * turns, other_west + 360.0 * turns - east) <= margin_deg
    ]


def _common_pieces(first: Shape, second: Shape) -> list[shapely.Polygon]:
    """Return the polygons that two flat areas have in common, in degrees."""
    one, other = _flat(first), _flat(second)
    return [
        part
        for turns in _near_turns(one, other, 0.0)
        for part in shapely.get_parts(shapely.intersection(one, _turned(other, turns)))
        if isinstance(part, shapely.Polygon) and part.area > 0.0
    ]


def _level_m(piece: shapely.Polygon) -> tuple[shapely.Polygon, float]:
    """Return a piece in metres, never too narrow, and the metres of a degree of longitude."""
    _, south, _, north = piece.bounds
    nearest_deg = 0.0 if south <= 0.0 <= north else min(abs(south), abs(north))
    along_m = _DEGREE_M * math.cos(math.radians(nearest_deg))
    scale = np.array([along_m, _DEGREE_M])
    return shapely.transform(piece, lambda points: points * scale), along_m


def _is_deep(piece: shapely.Polygon) -> bool:
    """Return whether a disc of the tolerance may fit in: else it is a border drawn twice."""
    level, _ = _level_m(piece)
    return not shapely.buffer(level, -TOLERANCE_M / 2.0).is_empty


def _proposed(piece: shapely.Polygon) -> list[Position]:
    """Return points that are probably far inside a piece."""
    level, along_m = _level_m(piece)
    middle = shapely.get_point(shapely.maximum_inscribed_circle(level), 0)
    return [
        Position(
            lat_deg=min(max(point.y / _DEGREE_M, -90.0), 90.0),
            lon_deg=wrapped_longitude_deg(point.x / along_m),
        )
        for point in (middle, shapely.point_on_surface(level))
    ]


def _rings_near(first: Shape, second: Shape, loose_m: float) -> bool:
    """Return whether two flat areas are no further apart than their outlines are loose.

    Longitudes are shrunk as at the highest latitude, so that a gap never looks too wide.
    """
    one, other = _flat(first), _flat(second)
    steepest_deg = max(abs(lat) for area in (one, other) for lat in area.bounds[1::2])
    shrink = max(math.cos(math.radians(min(steepest_deg, 90.0))), 1e-6)
    gap_deg = 1.5 * (loose_m + TOLERANCE_M) / _LEAST_DEGREE_M
    scale = np.array([shrink, 1.0])
    return any(
        bool(
            shapely.dwithin(
                shapely.transform(one, lambda points: points * scale),
                shapely.transform(_turned(other, turns), lambda points: points * scale),
                gap_deg,
            )
        )
        for turns in _near_turns(one, other, gap_deg / shrink)
    )
