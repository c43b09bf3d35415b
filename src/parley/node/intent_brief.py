"""What the record needs of a filed intent, read from its document without building its shapes.

Rules: the same as reading the whole of it (`documents.record_of`): whatever is not plainly well
formed here is read there, and that decides. The boxes are never smaller than its volumes are.
"""

from __future__ import annotations

import itertools
import math
import sys
from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, Literal

import msgspec

from parley.detect.strategic_index import AreaBox, Box, area_about, box_about, box_of
from parley.node.documents import record_of
from parley.world.agreement import check_name
from parley.world.faults import Fault
from parley.world.intent import Intent, IntentState
from parley.world.shape import LENGTH_MIN_M, RADIUS_MAX_M
from parley.world.volume import (
    SURFACE,
    UNLIMITED,
    LimitReference,
    VerticalLimit,
    check_limits,
    check_window,
)

_DEGREE_E9 = 10**9
_METRE_MM = 1_000
_CURVATURE_MAX_M = 6_399_594.0
"""No radius of curvature of WGS-84 is longer: lengths by it are never too short."""
_DEGREE_M = 111_700.0
"""Longer than any degree, of latitude or longitude."""
_VERTICES_QUICK_MAX = 64
_BEND_E9 = 4
"""So far a vertex of a ring must lie off the line of its neighbours: far above all rounding."""
_ROUNDING = 1.0 + 1e-9

_Small = Annotated[int, msgspec.Meta(ge=-(2**62), le=2**62)]
_Edges = Literal["geodesic", "planar"]


class _Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class _Point(_Form, frozen=True):
    lat_e9: Annotated[int, msgspec.Meta(ge=-90 * _DEGREE_E9, le=90 * _DEGREE_E9)]
    lon_e9: Annotated[int, msgspec.Meta(ge=-180 * _DEGREE_E9, le=180 * _DEGREE_E9)]


class _Polygon(_Form, frozen=True, tag="polygon"):
    exterior: tuple[_Point, ...]
    holes: tuple[tuple[_Point, ...], ...] = ()
    edges: _Edges = "planar"


class _Circle(_Form, frozen=True, tag="circle"):
    centre: _Point
    radius_mm: _Small


class _Corridor(_Form, frozen=True, tag="corridor"):
    vertices: tuple[_Point, ...]
    width_mm: _Small
    edges: _Edges = "planar"


class _Limit(_Form, frozen=True):
    value_mm: _Small | None
    reference: LimitReference


class _Volume(_Form, frozen=True):
    shape: _Polygon | _Circle | _Corridor
    lower: _Limit | msgspec.UnsetType = msgspec.UNSET
    upper: _Limit | msgspec.UnsetType = msgspec.UNSET
    from_us: _Small | None = None
    to_us: _Small | None = None


class _Intent(_Form, frozen=True):
    id: str
    party: str
    flight: str
    volumes: tuple[_Volume, ...]
    state: IntentState = IntentState.ACCEPTED
    priority: str = "routine"
    version: _Small = 1
    aircraft_class: str = ""


_decoder = msgspec.json.Decoder(_Intent)


class _NotPlain(Exception):  # noqa: N818  not an error: the whole of it is to be read
    pass


class Brief(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the record needs of an intent.

    `from_us` and `to_us`: when its first volume begins and its last one ends; None is open.
    `area_m2`: its area is no larger; infinite where only the whole of it tells.
    """

    id: str
    party: str
    flight: str
    priority: str
    state: IntentState
    version: int
    from_us: int | None
    to_us: int | None
    boxes: tuple[Box, ...]
    area_m2: float


def brief_of(document: msgspec.Raw) -> Brief | None:
    """Return the brief of a filed intent; None if the document is none."""
    try:
        return _quickly(_decoder.decode(document))
    except (_NotPlain, Fault, ValueError, RecursionError):
        pass
    try:
        intent = record_of(document, Intent)
    except (Fault, ValueError):
        return None
    return brief_from(intent)


def brief_from(intent: Intent) -> Brief:
    """Return the brief of an intent that was read as a whole."""
    from_us, to_us = _window([(v.from_us, v.to_us) for v in intent.volumes])
    return Brief(
        id=intent.id,
        party=intent.party,
        flight=intent.flight,
        priority=sys.intern(intent.priority),
        state=intent.state,
        version=intent.version,
        from_us=from_us,
        to_us=to_us,
        boxes=tuple(box_of(volume) for volume in intent.volumes),
        area_m2=math.inf,
    )


def _window(windows: Sequence[tuple[int | None, int | None]]) -> tuple[int | None, int | None]:
    starts = [start for start, _ in windows if start is not None]
    ends = [end for _, end in windows if end is not None]
    from_us = min(starts) if len(starts) == len(windows) else None
    return from_us, max(ends) if len(ends) == len(windows) else None


def _quickly(form: _Intent) -> Brief:
    """Return the brief of a document whose shapes are plainly well formed.

    Raises:
        _NotPlain: they may be or not.
        InputFault: something else of it is bad.
    """
    check_name(form.id, "intent id")
    if not form.volumes:
        raise _NotPlain
    boxes, area_m2 = [], 0.0
    for volume in form.volumes:
        around, most_m2 = _area(volume.shape)
        area_m2 += most_m2
        lower = SURFACE if isinstance(volume.lower, msgspec.UnsetType) else _limit(volume.lower)
        upper = UNLIMITED if isinstance(volume.upper, msgspec.UnsetType) else _limit(volume.upper)
        check_limits(lower, upper)
        check_window(volume.from_us, volume.to_us)
        boxes.append(box_about(around, lower, upper, volume.from_us, volume.to_us))
    from_us, to_us = _window([(v.from_us, v.to_us) for v in form.volumes])
    return Brief(
        id=form.id,
        party=form.party,
        flight=form.flight,
        priority=sys.intern(form.priority),
        state=form.state,
        version=form.version,
        from_us=from_us,
        to_us=to_us,
        boxes=tuple(boxes),
        area_m2=area_m2 * _ROUNDING,
    )


@lru_cache(maxsize=4_096)
def _limit(form: _Limit) -> VerticalLimit:
    value_m = None if form.value_mm is None else form.value_mm / _METRE_MM
    return VerticalLimit(value_m=value_m, reference=form.reference)


def _area(form: _Polygon | _Circle | _Corridor) -> tuple[AreaBox, float]:
    """Return a box about an area, and square metres that it is not larger than."""
    match form:
        case _Circle():
            radius_m = form.radius_mm / _METRE_MM
            _check_length_m(radius_m, RADIUS_MAX_M)
            lat_deg, lon_deg = form.centre.lat_e9 / _DEGREE_E9, form.centre.lon_e9 / _DEGREE_E9
            around = area_about((lat_deg, lat_deg), (lon_deg, lon_deg), radius_m)
            return around, math.pi * radius_m**2
        case _Corridor():
            return _corridor_area(form)
        case _Polygon():
            if form.holes or form.edges != "planar":
                raise _NotPlain
            lats_deg, lons_deg = _extent(form.exterior)
            _check_convex(form.exterior)
            south_deg, north_deg, west_deg, east_deg = around = area_about(lats_deg, lons_deg, 0.0)
            return around, (north_deg - south_deg) * (east_deg - west_deg) * _DEGREE_M**2


def _corridor_area(form: _Corridor) -> tuple[AreaBox, float]:
    width_m = form.width_mm / _METRE_MM
    _check_length_m(width_m, 2.0 * RADIUS_MAX_M)
    lats_deg, lons_deg = _extent(form.vertices)
    total_m = longest_m = 0.0
    for one, other in itertools.pairwise(form.vertices):
        length_m = _most_m(one, other)
        if length_m == 0.0:
            raise _NotPlain
        total_m, longest_m = total_m + length_m, max(longest_m, length_m)
    # A point of a geodesic edge is no further from one of its ends than half of its length.
    beyond_m = longest_m / 2.0 if form.edges == "geodesic" else 0.0
    around = area_about(lats_deg, lons_deg, beyond_m * _ROUNDING + width_m / 2.0)
    return around, total_m * width_m + math.pi * width_m**2 / 4.0


def _check_length_m(value_m: float, limit_m: float) -> None:
    if not LENGTH_MIN_M <= value_m <= limit_m:
        raise _NotPlain


def _extent(points: Sequence[_Point]) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the least and greatest latitude and longitude of what is on one turn of the earth."""
    if not 2 <= len(points) <= _VERTICES_QUICK_MAX:
        raise _NotPlain
    lats = [point.lat_e9 for point in points]
    lons = [point.lon_e9 for point in points]
    south, north, west, east = min(lats), max(lats), min(lons), max(lons)
    if east - west >= 180 * _DEGREE_E9:
        raise _NotPlain
    return (
        (south / _DEGREE_E9, north / _DEGREE_E9),
        (west / _DEGREE_E9, east / _DEGREE_E9),
    )


def _most_m(one: _Point, other: _Point) -> float:
    """Return a length that no edge between two points exceeds, however it is meant."""
    if one.lat_e9 * other.lat_e9 <= 0:
        nearest_deg = 0.0
    else:
        nearest_deg = min(abs(one.lat_e9), abs(other.lat_e9)) / _DEGREE_E9
    along = math.cos(math.radians(nearest_deg)) * (other.lon_e9 - one.lon_e9)
    return _CURVATURE_MAX_M * math.radians(math.hypot(other.lat_e9 - one.lat_e9, along) / 1e9)


def _check_convex(ring: Sequence[_Point]) -> None:
    """Check that a ring turns one way only, and round once: such a ring never meets itself."""
    if len(ring) < 3 or any(abs(point.lat_e9) == 90 * _DEGREE_E9 for point in ring):
        raise _NotPlain
    before, here = ring[-2], ring[-1]
    way, west_east, ways = 0, [], (here.lon_e9 - before.lon_e9, here.lat_e9 - before.lat_e9)
    for point in ring:
        onward = (point.lon_e9 - here.lon_e9, point.lat_e9 - here.lat_e9)
        turn = ways[0] * onward[1] - ways[1] * onward[0]  # whole numbers: exact
        longest = max(abs(ways[0]), abs(ways[1]), abs(onward[0]), abs(onward[1]))
        if abs(turn) < _BEND_E9 * longest or (way and (turn > 0) != (way > 0)):
            raise _NotPlain
        way = turn
        if onward[0]:
            west_east.append(onward[0] > 0)
        here, ways = point, onward
    changes = sum(one != other for one, other in itertools.pairwise(west_east))
    if changes + (west_east[0] != west_east[-1]) != 2:
        raise _NotPlain
