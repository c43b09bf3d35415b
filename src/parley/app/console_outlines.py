"""Outlines as the map draws them, and what keeps one of them from costing the whole map.

Rules:
- An outline that cannot be drawn says why, and is never made another: it costs itself alone.
- One map draws so many points, and the node's loop works so long at once on outlines that are new;
  what waits for the next map says so. Nothing is left out without a word.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from parley.world.faults import Fault
from parley.world.geo import Position
from parley.world.shape import Circle, Corridor, Polygon, Shape, planar_rings

TOLERANCE_M = 5.0
CORRIDOR_VERTICES_MAX = 250
"""A corridor's outline takes 0.8 ms a vertex: one of 10,000 would hold the node for 8 s."""
POINTS_MAX = 300_000
"""Points of one map, some 8 MB."""
LOOP_S_MAX = 0.2
"""So long outlines that are new are worked on for one map of now."""
_KEPT_POINTS_MAX = 2_000_000
_OBJECT_POINTS = 16
"""What an outline counts beside its points."""
_DIGITS = 7
Ring = tuple[tuple[float, float], ...]


class DrawnShape(msgspec.Struct, frozen=True, kw_only=True):
    """An outline: rings of longitude and latitude, the exterior first; `why` it is not drawn.

    A ring that crosses the antimeridian goes on beyond 180 degrees. `label`: where its name goes.
    """

    rings: tuple[Ring, ...] = ()
    label: tuple[float, float] | None = None
    why: str = ""

    @property
    def points(self) -> int:
        """How many points it has."""
        return sum(map(len, self.rings))


class Outlines:
    """Outlines that were drawn, kept up to a number of points; for several threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Shape, DrawnShape] = OrderedDict()
        self._points = 0
        self._turn = threading.Lock()

    def find(self, shape: Shape) -> DrawnShape | None:
        """Return an outline that was drawn; None: it was not, or not lately."""
        with self._turn:
            found = self._kept.get(shape)
            if found is not None:
                self._kept.move_to_end(shape)
            return found

    def draw(self, shape: Shape) -> DrawnShape:
        """Return an outline, drawn now."""
        made = _drawn(shape)
        with self._turn:
            if shape not in self._kept:
                self._kept[shape] = made
                self._points += _weight(shape, made)
            while self._points > _KEPT_POINTS_MAX and len(self._kept) > 1:
                self._points -= _weight(*self._kept.popitem(last=False))
        return made


EVERY = Outlines()


@dataclass(slots=True)
class Paper:
    """What one map has room and time for.

    Attributes:
        left_s: how long outlines that are new may still take; infinite where nobody waits.
        points: that may still be drawn.
        waits: outlines that were left for the next map.
    """

    left_s: float
    points: int = POINTS_MAX
    waits: int = 0

    def draw(self, shape: Shape) -> DrawnShape:
        """Return an outline, or why there is none on this map."""
        if _vertices(shape) > self.points:
            return _NO_ROOM
        made = EVERY.find(shape)
        if made is None:
            if self.left_s <= 0.0:
                self.waits += 1
                return _WAITS
            begun_s = time.perf_counter()
            made = EVERY.draw(shape)
            self.left_s -= time.perf_counter() - begun_s
        return (
            made if self.takes(made.points) else msgspec.structs.replace(_NO_ROOM, label=made.label)
        )

    def takes(self, points: int) -> bool:
        """Whether there is room for so many points, which they take then."""
        if points > self.points:
            return False
        self.points -= points
        return True


_NO_ROOM = DrawnShape(why=f"no room: this map has {POINTS_MAX} points already")
_WAITS = DrawnShape(why="drawn with the next map: many outlines are new")


def _vertices(shape: Shape) -> int:
    match shape:
        case Polygon():
            return len(shape.exterior) + sum(map(len, shape.holes))
        case Corridor():
            return len(shape.vertices)
        case Circle():
            return 1


def _weight(shape: Shape, made: DrawnShape) -> int:
    return _OBJECT_POINTS + _vertices(shape) + made.points


def _drawn(shape: Shape) -> DrawnShape:
    if isinstance(shape, Corridor) and len(shape.vertices) > CORRIDOR_VERTICES_MAX:
        value, most = len(shape.vertices), CORRIDOR_VERTICES_MAX
        return DrawnShape(why=f"corridor of {value} vertices, drawn up to {most}")
    try:
        rings = tuple(ring_of(each) for each in planar_rings(shape, tolerance_m=TOLERANCE_M))
        return DrawnShape(rings=rings, label=_middle(rings[0]) if rings else None)
    except Fault as fault:
        return DrawnShape(why=str(fault))
    except (ArithmeticError, LookupError, ValueError) as error:
        return DrawnShape(why=f"it cannot be drawn: {type(error).__name__}")


def ring_of(points: Iterable[Position]) -> Ring:
    """Return coordinates that go on over the antimeridian instead of jumping back."""
    made: list[tuple[float, float]] = []
    for point in points:
        lon = point.lon_deg
        if made:
            lon += 360.0 * round((made[-1][0] - lon) / 360.0)
        made.append((round(lon, _DIGITS), round(point.lat_deg, _DIGITS)))
    return tuple(made)


def _middle(ring: Ring) -> tuple[float, float]:
    lons, lats = [p[0] for p in ring], [p[1] for p in ring]
    return (
        round((min(lons) + max(lons)) / 2, _DIGITS),
        round((min(lats) + max(lats)) / 2, _DIGITS),
    )
