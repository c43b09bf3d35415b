"""An index in front of the exact overlap: which volumes may have something in common with another.

Here: boxes in latitude, longitude, height and time, never too small, as columns in memory. Never
here: the exact answer (`strategic`), whose the volumes are, which of them count.

Rules:

- Complete: whatever `strategic.overlap` finds, decided or not, is among the candidates.
- Latitudes, longitudes and heights are kept in 32 bits, rounded outwards; times exactly.
- Heights of different references are no reason to leave a volume out, but for AMSL against WGS84,
  which the geoid bounds. An open window is open here too. What may hold a pole goes all the way
  round.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from parley.world.geo import Polyline
from parley.world.shape import Circle, Polygon, Shape
from parley.world.time import US_MAX, US_MIN
from parley.world.volume import GEOID_BOUND_M, VerticalLimit, Volume4D

_LEAST_DEGREE_M = 110_574.0
"""The shortest degree of latitude, at the equator."""
_LEAST_RADIUS_M = 6_335_439.0
"""The least radius of curvature of WGS-84, of a meridian at the equator: angles never too small."""
_MARGIN_DEG = 1e-6
"""A tenth of a metre: what rounding and common borders may do."""
_GROWS_BY = 1_024
_REFERENCES = {"AMSL": 0, "WGS84": 0, "STD": 1, "AGL": 2}
"""Which column of heights a reference belongs to: numbers of one column are compared."""
_COLUMNS = 3
_FULL_TURN_DEG = 360.0
_SETTLED_AT = 4_096
"""So many owners wait to be put into the columns at once: more only take memory."""

AreaBox = tuple[float, float, float, float]
"""South, north, west and east, as `area_box` returns them."""


class Box(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a volume may fill, at most: degrees, heights by column, microseconds.

    `west_deg` is from -180 up to 180, `east_deg` is east of it by as much as the box is wide.
    """

    south_deg: float
    north_deg: float
    west_deg: float
    east_deg: float
    low_m: tuple[float, float, float]
    high_m: tuple[float, float, float]
    from_us: int
    to_us: int


def box_of(volume: Volume4D) -> Box:
    """Return the box of a volume.

    >>> from parley.world.geo import Position
    >>> ring = Circle(centre=Position(lat_deg=0.0, lon_deg=10.0), radius_m=110_574.0)
    >>> box = box_of(Volume4D(shape=ring))
    >>> box.south_deg < -1.0 < 1.0 < box.north_deg, box.low_m[0]
    (True, -inf)
    """
    return box_about(
        area_box(volume.shape), volume.lower, volume.upper, volume.from_us, volume.to_us
    )


def box_about(
    around: AreaBox,
    lower: VerticalLimit,
    upper: VerticalLimit,
    from_us: int | None,
    to_us: int | None,
) -> Box:
    """Return the box of a volume from the box of its area (`area_box`), its limits and window."""
    south_deg, north_deg, west_deg, east_deg = around
    return Box(
        south_deg=south_deg,
        north_deg=north_deg,
        west_deg=west_deg,
        east_deg=east_deg,
        low_m=_heights_m(lower, -math.inf, -GEOID_BOUND_M),
        high_m=_heights_m(upper, math.inf, GEOID_BOUND_M),
        from_us=US_MIN if from_us is None else from_us,
        to_us=US_MAX + 1 if to_us is None else to_us,
    )


def _heights_m(
    limit: VerticalLimit, without_m: float, geoid_m: float
) -> tuple[float, float, float]:
    """Return the limit in the column of its reference, and no limit in the others."""
    found = [without_m] * _COLUMNS
    if limit.value_m is not None:
        value_m = limit.value_m + (geoid_m if limit.reference == "WGS84" else 0.0)
        found[_REFERENCES[limit.reference]] = value_m
    return (found[0], found[1], found[2])


def area_box(shape: Shape) -> AreaBox:
    """Return south, north, west and east of an area in degrees, never too near.

    West is from -180 up to 180, and east is not less than west: over the antimeridian it is more
    than 180. An area that may hold a pole goes all the way round.
    """
    match shape:
        case Circle():
            centre = shape.centre
            lats_deg, lons_deg = (centre.lat_deg, centre.lat_deg), (centre.lon_deg, centre.lon_deg)
            reach_m = shape.radius_m
        case Polygon():
            lats_deg, lons_deg, reach_m = _extent(shape.rings[0])
        case _:
            lats_deg, lons_deg, reach_m = _extent(shape.centre_line)
            reach_m += shape.width_m / 2.0
    return area_about(lats_deg, lons_deg, reach_m)


def _extent(line: Polyline) -> tuple[tuple[float, float], tuple[float, float], float]:
    """Return the extent of the vertices, and how far beyond it the edges may reach.

    A point of a geodesic edge is no further from one of its ends than half of its length.
    """
    beyond_m = float(line.length_m.max()) / 2.0 if line.edges == "geodesic" else 0.0
    lats_deg = (float(line.lat_deg.min()), float(line.lat_deg.max()))
    return lats_deg, (float(line.lon_deg.min()), float(line.lon_deg.max())), beyond_m


def area_about(
    lats_deg: tuple[float, float], lons_deg: tuple[float, float], reach_m: float
) -> AreaBox:
    """Return the box (`area_box`) of all that is within a distance of a range of positions."""
    up_deg = reach_m / _LEAST_DEGREE_M + _MARGIN_DEG
    south_deg, north_deg = lats_deg[0] - up_deg, lats_deg[1] + up_deg
    around = (max(south_deg, -90.0), min(north_deg, 90.0), -180.0, 180.0)
    if south_deg <= -90.0 or north_deg >= 90.0:
        return around
    steepest = math.radians(max(abs(lats_deg[0]), abs(lats_deg[1])))
    angle = reach_m / _LEAST_RADIUS_M
    if angle + steepest >= math.pi / 2.0 or angle >= math.pi / 2.0:
        return around
    aside_deg = math.degrees(math.asin(min(1.0, math.sin(angle) / math.cos(steepest))))
    west_deg = lons_deg[0] - aside_deg - _MARGIN_DEG
    width_deg = lons_deg[1] - lons_deg[0] + 2.0 * (aside_deg + _MARGIN_DEG)
    if width_deg >= _FULL_TURN_DEG:
        return around
    west_deg = (west_deg + 180.0) % _FULL_TURN_DEG - 180.0
    return (south_deg, north_deg, west_deg, west_deg + width_deg)


def boxes_meet(one: Box, other: Box) -> bool:
    """Return whether two boxes have something in common."""
    if one.to_us <= other.from_us or other.to_us <= one.from_us:
        return False
    if any(
        low_m > high_m
        for low_m, high_m in itertools.chain(
            zip(one.low_m, other.high_m, strict=True), zip(other.low_m, one.high_m, strict=True)
        )
    ):
        return False
    return areas_meet(
        (one.south_deg, one.north_deg, one.west_deg, one.east_deg),
        (other.south_deg, other.north_deg, other.west_deg, other.east_deg),
    )


def areas_meet(one: AreaBox, other: AreaBox) -> bool:
    """Return whether two boxes of `area_box` have something in common."""
    south_deg, north_deg, west_deg, east_deg = one
    if north_deg < other[0] or other[1] < south_deg:
        return False
    return any(
        west_deg <= other[3] + turn_deg and other[2] + turn_deg <= east_deg
        for turn_deg in (-360.0, 0.0, 360.0)
    )


_Bits = NDArray[np.float32]


def _outwards(values: ArrayLike, *, down: bool) -> _Bits:
    """Return numbers in 32 bits, none of them nearer than it was."""
    found = np.asarray(values, dtype=np.float64)
    near = found.astype(np.float32)
    wrong = near > found if down else near < found
    away = np.float32(-np.inf if down else np.inf)
    moved: _Bits = np.where(wrong, np.nextafter(near, away), near)
    return moved


class VolumeIndex:
    """Boxes of volumes, each of an owner: a number that its user gave.

    Owners come and go; the rows of one that went are filled again later.
    """

    def __init__(self) -> None:
        self._room = 0
        self._count = 0
        self._dead = 0
        self._low: list[_Bits] = [np.empty(0, np.float32) for _ in range(2 + _COLUMNS)]
        self._high: list[_Bits] = [np.empty(0, np.float32) for _ in range(2 + _COLUMNS)]
        self._from_us = np.empty(0, np.int64)
        self._to_us = np.empty(0, np.int64)
        self._owner = np.empty(0, np.int64)
        self._first: dict[int, int] = {}
        self._waiting: list[tuple[int, Sequence[Box]]] = []
        self._awaited: set[int] = set()

    def __len__(self) -> int:
        self._settle()
        return self._count - self._dead

    def __contains__(self, owner: int) -> bool:
        self._settle()
        return owner in self._first

    @property
    def numbers(self) -> set[int]:
        """The owners that have volumes here."""
        self._settle()
        return set(self._first)

    @property
    def has_levels(self) -> bool:
        """Whether some volume here has a limit that is a pressure level."""
        self._settle()
        level = 2 + _REFERENCES["STD"]
        columns = (self._low[level][: self._count], self._high[level][: self._count])
        return any(bool(np.isfinite(column).any()) for column in columns)

    def add(self, owner: int, boxes: Sequence[Box]) -> None:
        """Take in all volumes of an owner in place of those it had."""
        self.drop(owner)
        self._waiting.append((owner, boxes))
        self._awaited.add(owner)
        if len(self._waiting) >= _SETTLED_AT:
            self._settle()

    def _settle(self) -> None:
        """Put what was added into the columns: many at once are as dear as few."""
        if not self._waiting:
            return
        boxes = [box for _, each in self._waiting for box in each]
        first = self._count
        self._make_room(first + len(boxes))
        rows = slice(first, first + len(boxes))
        lows = ([b.south_deg for b in boxes], [b.west_deg for b in boxes])
        highs = ([b.north_deg for b in boxes], [b.east_deg for b in boxes])
        for place, values in enumerate(lows):
            self._low[place][rows] = _outwards(values, down=True)
        for place, values in enumerate(highs):
            self._high[place][rows] = _outwards(values, down=False)
        for column in range(_COLUMNS):
            self._low[2 + column][rows] = _outwards([b.low_m[column] for b in boxes], down=True)
            self._high[2 + column][rows] = _outwards([b.high_m[column] for b in boxes], down=False)
        self._from_us[rows] = [b.from_us for b in boxes]
        self._to_us[rows] = [b.to_us for b in boxes]
        for owner, each in self._waiting:
            self._owner[first : first + len(each)] = owner
            if each:
                self._first[owner] = first
            first += len(each)
        self._count = first
        self._waiting.clear()
        self._awaited.clear()

    def drop(self, owner: int) -> None:
        """Let the volumes of an owner go, if it has any."""
        if owner in self._awaited:
            self._settle()
        if owner not in self._first:
            return
        rows = self._rows_of(owner)
        del self._first[owner]
        # No window is over before it begins: such a row meets nothing.
        self._to_us[rows] = US_MIN - 1
        self._owner[rows] = -1
        self._dead += rows.stop - rows.start
        if self._dead > _GROWS_BY and self._dead * 2 > self._count:
            self._compact()

    def _rows_of(self, owner: int) -> slice:
        """Return where the volumes of an owner are: they stand one after the other."""
        first = last = self._first[owner]
        while last < self._count and self._owner[last] == owner:
            last += 1
        return slice(first, last)

    def drop_over(self, now_us: int) -> list[int]:
        """Let the owners go of which every window is over; return them."""
        self._settle()
        ends_us, owner = self._to_us[: self._count], self._owner[: self._count]
        over = np.unique(owner[(ends_us <= now_us) & (owner >= 0)]).tolist()
        gone = [name for name in over if bool((ends_us[self._rows_of(name)] <= now_us).all())]
        for name in gone:
            self.drop(name)
        return gone

    def candidates(self, box: Box, *, from_us: int | None = None) -> NDArray[np.int64]:
        """Return the owners whose volumes may overlap a box, sorted, each once.

        Args:
            box: the volume asked about.
            from_us: only what lasts longer than this.
        """
        self._settle()
        count = self._count
        starts_us = box.from_us if from_us is None else max(box.from_us, from_us)
        south = _outwards([box.south_deg], down=True)[0]
        north = _outwards([box.north_deg], down=False)[0]
        near = np.flatnonzero(
            (self._to_us[:count] > starts_us) & (self._from_us[:count] < box.to_us)
        )
        near = near[(self._low[0][near] <= north) & (self._high[0][near] >= south)]
        for column in range(_COLUMNS):
            low, high = self._low[2 + column][near], self._high[2 + column][near]
            under = _outwards([box.high_m[column]], down=False)[0]
            over = _outwards([box.low_m[column]], down=True)[0]
            near = near[(low <= under) & (high >= over)]
        west, east = self._low[1][near], self._high[1][near]
        beside = np.zeros(len(near), dtype=bool)
        for turn_deg in (-_FULL_TURN_DEG, 0.0, _FULL_TURN_DEG):
            first = _outwards([box.west_deg + turn_deg], down=True)[0]
            last = _outwards([box.east_deg + turn_deg], down=False)[0]
            beside |= (west <= last) & (east >= first)
        found: NDArray[np.int64] = np.unique(self._owner[near[beside]])
        return found

    def _make_room(self, count: int) -> None:
        if count <= self._room:
            return
        room = max(count, self._room + max(_GROWS_BY, self._room // 4))
        self._resize(np.arange(self._count), room)

    def _compact(self) -> None:
        kept = np.flatnonzero(self._owner[: self._count] >= 0)
        self._resize(kept, len(kept) + _GROWS_BY)
        self._count, self._dead = len(kept), 0
        owners, firsts = np.unique(self._owner[: self._count], return_index=True)
        self._first = dict(zip(owners.tolist(), firsts.tolist(), strict=True))

    def _resize(self, kept: NDArray[np.int64], room: int) -> None:
        """Move the rows that are kept, in their order, into columns of another length."""
        columns: list[list[_Bits]] = [self._low, self._high]
        for group in columns:
            for place, column in enumerate(group):
                wider = np.empty(room, np.float32)
                wider[: len(kept)] = column[kept]
                group[place] = wider
        self._from_us = _moved(self._from_us, kept, room)
        self._to_us = _moved(self._to_us, kept, room)
        self._owner = _moved(self._owner, kept, room)
        self._room = room


def _moved(column: NDArray[np.int64], kept: NDArray[np.int64], room: int) -> NDArray[np.int64]:
    wider = np.empty(room, np.int64)
    wider[: len(kept)] = column[kept]
    return wider
