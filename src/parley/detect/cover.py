"""Whether a whole area lies clear of something that answers for points only: a side of a line.

Here: a question about points and an area in; "clear", "touched" or "undecided" out, with a point.
The question is asked for discs: "out" must hold decidedly for every point within the reach asked.
Never here: what the something is, heights, times.

Rules: clear only if discs that hold the whole area are each decidedly out; touched only if a point
of the area is decidedly in. What lies between is undecided, and so is what would take too long.
Pieces of an outline are halved down to `STEP_M`: nothing is called clear that is not.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from parley.world.geo import Answer, Polyline, Position, course_at_deg, destination
from parley.world.shape import Circle, Corridor, Polygon, Shape, contains

Word = Literal["clear", "touched", "undecided"]
Field = Callable[[Position, float], Answer]
"""Answers "in" or "out" of the something; decided only if it holds within so many metres."""

STEP_M = 100.0
"""Shorter pieces of an outline are not halved again: nearer than half of it is undecided."""
TESTS_MAX = 1_500
"""Questions about one area: beyond it the answer is undecided, and says so."""
_RIM_DEG = tuple(45.0 * k for k in range(8))
_RIM_RATIO = 0.999
"""A point of the rim is taken a little inside, so that rounding does not put it outside."""


class Covered(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The answer for a whole area; `at` is a point of it that is in, or may be."""

    word: Word
    at: Position | None
    because: str
    tests: int


class _Doubt(Exception):  # noqa: N818  not an error: how a search ends that need not go on
    pass


def cover(
    field: Field,
    shape: Shape,
    *,
    anchors: Sequence[Position] = (),
    quick: bool = False,
    tests_max: int = TESTS_MAX,
) -> Covered:
    """Return whether an area is clear of something, touched by it, or neither decidedly.

    Args:
        field: the something.
        shape: the area.
        anchors: points of the something; an area round one of them is not clear.
        quick: whether the first doubt is enough: the word is then never "touched" for sure.
        tests_max: so many questions are asked at most.

    >>> def west(at, reach_m):
    ...     away_m = at.lon_deg * 111_000.0
    ...     word = "in" if away_m < 0.0 else "out"
    ...     sure = abs(away_m) > reach_m
    ...     return Answer(nominal=word, decided=word if sure else "undecided", margin_m=abs(away_m),
    ...                   because=word)
    >>> def ring(lon_deg):
    ...     return Circle(centre=Position(lat_deg=0.0, lon_deg=lon_deg), radius_m=50_000.0)
    >>> [cover(west, ring(lon_deg)).word for lon_deg in (1.0, 0.3, -1.0)]
    ['clear', 'touched', 'touched']
    """
    search = _Search(field, quick=quick, tests_max=min(tests_max, TESTS_MAX))
    with contextlib.suppress(_Doubt):
        search.look(shape, anchors)
    return search.found()


class _Search:
    def __init__(self, field: Field, *, quick: bool, tests_max: int) -> None:
        self._tests_max = tests_max
        self._field = field
        self._quick = quick
        self._tests = 0
        self._touched: tuple[Position, str] | None = None
        self._doubt: tuple[Position, str] | None = None

    def found(self) -> Covered:
        """Return what was found so far."""
        if self._touched is not None:
            at, because = self._touched
            return Covered(word="touched", at=at, because=because, tests=self._tests)
        if self._doubt is not None:
            at, because = self._doubt
            return Covered(word="undecided", at=at, because=because, tests=self._tests)
        return Covered(word="clear", at=None, because="", tests=self._tests)

    def look(self, shape: Shape, anchors: Sequence[Position]) -> None:
        """Look at a whole area."""
        match shape:
            case Circle():
                self._disc(shape.centre, shape.radius_m)
            case Corridor():
                self._line(shape.centre_line, shape.width_m / 2.0)
            case Polygon():
                self._line(shape.rings[0], 0.0)
                for anchor in anchors:
                    if contains(shape, anchor).nominal == "in":
                        self._doubts(anchor, "the area goes round it")

    def _disc(self, centre: Position, radius_m: float) -> None:
        if self._is_out(centre, radius_m) or self._is_in(centre):
            return
        if not self._rim(centre, radius_m, 2):
            self._doubts(centre, self._why(centre, radius_m))

    def _rim(self, centre: Position, radius_m: float, rounds: int = 1) -> bool:
        for turn in range(rounds):
            for bearing_deg in _RIM_DEG:
                at_deg = bearing_deg + 45.0 * turn / rounds
                if self._is_in(destination(centre, at_deg, radius_m * _RIM_RATIO)):
                    return True
        return False

    def _line(self, line: Polyline, half_width_m: float) -> None:
        """Look at all points within half a width of a line, by halves of it."""
        ends_m = np.concatenate(([0.0], np.cumsum(line.length_m)))
        pieces = [(0.0, float(ends_m[-1]))]
        while pieces:
            from_m, to_m = pieces.pop()
            middle = _point_at(line, ends_m, (from_m + to_m) / 2.0)
            long_m = to_m - from_m
            reach_m = long_m / 2.0 * 1.001 + half_width_m
            if self._is_out(middle, reach_m):
                continue
            if self._is_in(middle):
                return
            wide = half_width_m > 0.0 and long_m <= 8.0 * half_width_m
            if wide and self._rim(middle, half_width_m):
                return
            if long_m <= STEP_M:
                self._doubts(middle, self._why(middle, half_width_m))
                continue
            middle_m = (from_m + to_m) / 2.0
            pieces += ((middle_m, to_m), (from_m, middle_m))

    def _is_out(self, at: Position, reach_m: float) -> bool:
        return self._ask(at, reach_m).decided == "out"

    def _is_in(self, at: Position) -> bool:
        answer = self._ask(at, 0.0)
        if self._quick and answer.nominal == "in":
            self._doubts(at, answer.because)
        if answer.decided != "in":
            return False
        self._touched = (at, answer.because)
        return True

    def _why(self, at: Position, reach_m: float) -> str:
        return self._field(at, reach_m).because

    def _doubts(self, at: Position, because: str) -> None:
        if self._doubt is None:
            self._doubt = (at, because)
        if self._quick:
            raise _Doubt

    def _ask(self, at: Position, reach_m: float) -> Answer:
        self._tests += 1
        if self._tests > self._tests_max:
            most = self._tests_max
            self._doubt = self._doubt or (at, f"more than {most} questions: not looked through")
            raise _Doubt
        return self._field(at, reach_m)


def _point_at(line: Polyline, ends_m: NDArray[np.float64], along_m: float) -> Position:
    """Return the point so far along a line, by the lengths that its edges have at most."""
    edge = int(np.searchsorted(ends_m, along_m, side="right")) - 1
    edge = min(max(edge, 0), len(line.length_m) - 1)
    long_m = float(line.length_m[edge])
    fraction = (along_m - float(ends_m[edge])) / long_m if long_m > 0.0 else 0.0
    return course_at_deg(line, edge, min(max(fraction, 0.0), 1.0))[0]
