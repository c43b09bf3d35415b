"""Minima per pair of groups: which distances two aircraft must keep, by party and class.

Here: the tables, their checks, and how the rules of agreements become what the kernels test. Never
here: agreements, aircraft, motion.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from parley.detect.encounters import HORIZONTAL_MAX_M, TOLERANCE_M
from parley.detect.states import ALTITUDE_MAX_M, check_within
from parley.world.faults import InputFault

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

GROUPS_MAX = 4_096
"""Parties times classes: a table of 4,096 by 4,096 numbers is 134 MB."""
NO_HEIGHT_M = 1e9
"""Half height of a limb that asks for no vertical distance: higher than any two can be apart."""


@dataclass(frozen=True, slots=True, eq=False)
class MinimaPlane:
    """One rule for each pair of groups: tables (g, g), symmetric, metres; 0 is no rule.

    Where `both_needed` is False the two must be apart by one of the distances: the rule is broken
    while horizontal < minimum and vertical < minimum. Where it is True they must be apart by both:
    it is broken while horizontal < minimum, however far apart in height, and while vertical <
    minimum and horizontal < `reach_m`. Without the reach all traffic of one level, anywhere on
    earth, would break the rule; so the reach has no default, and has to be at least the horizontal
    minimum. All comparisons are strict, less `TOLERANCE_M`.

    Raises:
        InputFault: a table of another shape, not symmetric, or a number out of range; a rule that
        needs both distances and has no reach, or has only one of the distances.
    """

    horizontal_m: Floats
    vertical_m: Floats
    both_needed: Bools | None = None
    reach_m: Floats | None = None

    def __post_init__(self) -> None:
        for name, most_m in (("horizontal_m", HORIZONTAL_MAX_M), ("vertical_m", ALTITUDE_MAX_M)):
            self._set(name, np.array(getattr(self, name), dtype=np.float64))
            _check_table(f"minima {name}", getattr(self, name), self.horizontal_m.shape, most_m)
        groups = self.horizontal_m.shape
        both = np.zeros(groups, bool) if self.both_needed is None else np.array(self.both_needed)
        reach_m = np.zeros(groups) if self.reach_m is None else np.array(self.reach_m, np.float64)
        if both.dtype != np.bool_:
            raise InputFault("minima both_needed", value=both.dtype, wanted="a table of bool")
        _check_table("minima both_needed", both.astype(np.float64), groups, 1.0)
        _check_table("minima reach_m", reach_m, groups, HORIZONTAL_MAX_M)
        self._set("both_needed", both)
        self._set("reach_m", reach_m)
        self._check_both(both, reach_m)

    def _set(self, name: str, table: NDArray[np.generic]) -> None:
        # The one moment at which a frozen record is normalised: before anyone has seen it.
        table.flags.writeable = False
        object.__setattr__(self, name, table)

    def _check_both(self, both: Bools, reach_m: Floats) -> None:
        half = both & ((self.horizontal_m > 0.0) != (self.vertical_m > 0.0))
        if half.any():
            value = tuple(int(group) for group in np.argwhere(half)[0])
            wanted = "a horizontal and a vertical minimum, or none"
            raise InputFault("minima both_needed of groups", value=value, wanted=wanted)
        short = both & (self.vertical_m > 0.0) & (reach_m < self.horizontal_m)
        if short.any():
            a, b = (int(group) for group in np.argwhere(short)[0])
            raise InputFault(
                f"minima reach_m of groups {a} and {b}",
                value=float(reach_m[a, b]),
                wanted=f"at least the horizontal minimum, {self.horizontal_m[a, b]:g}",
                repair="say how far apart a pair is still judged by a rule that needs both",
            )


@dataclass(frozen=True, slots=True, eq=False)
class MinimaTable:
    """The group of each aircraft (n,), and the rules of which breaking any one is a loss.

    Raises:
        InputFault: no rule, tables of different shapes, or a group that the tables do not have.

    >>> near = MinimaPlane(horizontal_m=[[0, 9260], [9260, 0]], vertical_m=[[0, 300], [300, 0]])
    >>> MinimaTable(group=[0, 1, 0], rules=(near,)).widest_m
    (9260.0, 300.0)
    """

    group: Ints
    rules: tuple[MinimaPlane, ...]

    def __post_init__(self) -> None:
        group = np.array(self.group)
        if group.ndim != 1 or (group.size and group.dtype.kind not in "iu"):
            raise InputFault("minima group", value=group.shape, wanted="one whole number a row")
        group = group.astype(np.int64)
        group.flags.writeable = False
        object.__setattr__(self, "group", group)
        shapes = {plane.horizontal_m.shape for plane in self.rules}
        if len(shapes) != 1:
            wanted = "at least one plane, all tables of one shape"
            raise InputFault("minima rules", value=sorted(shapes), wanted=wanted)
        groups = shapes.pop()[0]
        bad = np.flatnonzero((group < 0) | (group >= groups))
        if bad.size:
            row, wanted = int(bad[0]), f"0 to {groups - 1}"
            raise InputFault(f"minima group row {row}", value=int(group[row]), wanted=wanted)

    @property
    def widest_m(self) -> tuple[float, float]:
        """The widest radius and half height of any limb: beyond them nothing is lost."""
        limbs = self.limbs()
        binding = (limbs.radius_m > 0.0) & (limbs.half_height_m > 0.0)
        if not binding.any():
            return 0.0, 0.0
        return float(limbs.radius_m[binding].max()), float(limbs.half_height_m[binding].max())

    def limbs(self) -> Limbs:
        """Return the rules as limbs: a plane is one, or two where any pair needs both distances."""
        planes, radii, heights = [], [], []
        for number, plane in enumerate(self.rules):
            # Normalised by the constructor; the declared type lets a caller leave them out.
            both, reach_m = np.asarray(plane.both_needed), np.asarray(plane.reach_m)
            planes.append(number)
            radii.append(plane.horizontal_m)
            heights.append(np.where(both & (plane.vertical_m > 0.0), NO_HEIGHT_M, plane.vertical_m))
            if both.any():
                planes.append(number)
                radii.append(np.where(both, reach_m, 0.0))
                heights.append(np.where(both, plane.vertical_m, 0.0))
        return Limbs(np.array(planes, dtype=np.int64), np.stack(radii), np.stack(heights))


@dataclass(frozen=True, slots=True, eq=False)
class Limbs:
    """Cylinders (limb, g, g) in which a pair must not be, and the plane that each belongs to.

    A limb of radius or half height 0 holds nothing.
    """

    plane: Ints
    radius_m: Floats
    half_height_m: Floats


def one_rule(horizontal_m: float, vertical_m: float, count: int) -> MinimaTable:
    """Return the table of one pair of minima for all aircraft, apart by one of them."""
    plane = MinimaPlane(np.array([[horizontal_m]]), np.array([[vertical_m]]))
    return MinimaTable(np.zeros(count, dtype=np.int64), (plane,))


def _check_table(what: str, table: Floats, shape: tuple[int, ...], most_m: float) -> None:
    if table.ndim != 2 or table.shape[0] != table.shape[1] or table.shape != shape:
        raise InputFault(what, value=table.shape, wanted="square, as large as the other tables")
    if not 0 < table.shape[0] <= GROUPS_MAX:
        raise InputFault(what, value=table.shape, wanted=f"1 to {GROUPS_MAX} groups")
    check_within(what, table.ravel(), (0.0, most_m))
    if not np.array_equal(table, table.T):
        raise InputFault(what, value="a table that is not symmetric", wanted="one value per pair")


__all__ = ["TOLERANCE_M", "Limbs", "MinimaPlane", "MinimaTable", "one_rule"]
