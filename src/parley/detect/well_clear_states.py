"""Well clear from two state vectors per pair: the fast road, which returns only what it finds.

Here: columns of both states in, checked, subtracted and solved in one pass over memory. Never here:
what a volume is (`well_clear`), the earth (`orthographic`). The answers are those of
`well_clear.violation_intervals` bit by bit: the questions and the solving loop are the same code.

It is the call to compare with a detector that is given two aircraft: `violation_intervals` begins
with their difference, which somebody has made and checked before. Of many pairs few are in
violation, so the result is a list of those; writing (inf, -inf) for all others would cost more than
finding out that they are none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from parley.detect.well_clear import (
    END_MAX_S,
    MOTION_MAX_M,
    MOTION_MAX_MPS,
    PHASE1,
    Floats,
    Intervals,
    Volume,
    kernel_terms,
)
from parley.world.faults import InputFault

Ints = NDArray[np.int64]
Six = tuple[Floats, Floats, Floats, Floats, Floats, Floats]

_NAMES = ("east_m", "north_m", "up_m", "east_mps", "north_mps", "up_mps")


@dataclass(frozen=True, slots=True, eq=False)
class Violations:
    """The pairs that are in violation at some time, by rising row, and when; of `pairs` looked at.

    Seconds from now. A row that is not listed was looked at and has no violation within the
    lookahead; a number that cannot be looked at is refused, never left out.
    """

    pairs: int
    rows: Ints
    in_s: Floats
    out_s: Floats

    def intervals(self) -> Intervals:
        """Return the same with one row for each pair, (inf, -inf) where there is none."""
        in_s, out_s = np.full(self.pairs, np.inf), np.full(self.pairs, -np.inf)
        in_s[self.rows], out_s[self.rows] = self.in_s, self.out_s
        return Intervals(in_s, out_s)


def violations_of_states(
    own: Sequence[ArrayLike],
    other: Sequence[ArrayLike],
    volume: Volume,
    *,
    end_s: float | None = None,
) -> Violations:
    """Return which pairs of states come into violation within [0, end], and when, flying straight.

    Args:
        own: six columns, one row for each pair: east, north and up in metres, then in m/s, of the
            ownship, in one flat frame with the other. float64 in one piece is read as it lies,
            anything else converted.
        other: the same of the intruder.
        volume: what must not be violated.
        end_s: seconds from now; the volume's own lookahead if not given.

    Raises:
        InputFault: columns that are not six or not of one length; a number that is not finite, or
        two whose sizes add up to more than `MOTION_MAX_M` or `MOTION_MAX_MPS`, by column and row;
        an end that is not within 0 to `END_MAX_S`.

    The columns must not be written to by another thread meanwhile: they are not copied.

    Two aircraft head-on at 100 m/s each, 20 km apart, and the same two 10,000 m apart in height:

    >>> own = [[0.0, 0.0], [0.0, 0.0], [900.0, 900.0], [100.0, 100.0], [0.0, 0.0], [0.0, 0.0]]
    >>> other = [[2e4, 2e4], [0.0, 0.0], [900.0, 10_900.0], [-100.0] * 2, [0.0, 0.0], [0.0, 0.0]]
    >>> found = violations_of_states(own, other, PHASE1)
    >>> found.rows.tolist(), round(float(found.in_s[0]), 3), round(float(found.out_s[0]), 3)
    ([0], 63.964, 106.112)
    """
    from parley.detect import well_clear_kernel as kernel

    end_s = volume.lookahead_s if end_s is None else end_s
    if not 0.0 <= end_s <= END_MAX_S:
        raise InputFault(
            "end of the lookahead in seconds", value=end_s, wanted=f"0 to {END_MAX_S:g}"
        )
    mine = _columns("own", own)
    pairs = int(mine[0].shape[0])
    theirs = _columns("other", other, pairs)
    limits, kind = kernel_terms(volume)
    # Room for every pair; memory that nothing is written to is never given by the system.
    rows, in_s, out_s = np.empty(pairs, dtype=np.int64), np.empty(pairs), np.empty(pairs)
    found = kernel.violations(mine, theirs, limits, kind, end_s, rows, in_s, out_s)
    if found < 0:
        raise _fault(mine, theirs)
    return Violations(pairs, rows[:found], in_s[:found], out_s[:found])


def warm() -> None:
    """Compile the kernel (or load it from the cache) by running it once on one pair."""
    violations_of_states([[9.0]] * 6, [[9.0]] * 6, PHASE1)


def _columns(whose: str, given: Sequence[ArrayLike], rows: int = -1) -> Six:
    """Return six columns of `rows` numbers as the kernel takes them: float64, in one piece.

    Without `rows`, as many as the first of them has.
    """
    if len(given) != len(_NAMES):
        raise InputFault(f"{whose} columns", value=len(given), wanted="six: " + ", ".join(_NAMES))
    views = []
    for name, values in zip(_NAMES, given, strict=True):
        # A view, always read-only: the compiler takes a writable column for another type, and
        # would compile anew for each mixture of the two.
        view = np.require(values, dtype=np.float64, requirements=("C", "A")).view()
        rows = view.shape[0] if view.ndim == 1 and rows < 0 else rows
        if view.shape != (rows,):
            raise InputFault(
                f"{whose} {name}", value=view.shape, wanted=f"one column of {rows} rows"
            )
        view.flags.writeable = False
        views.append(view)
    x, y, z, u, v, w = views
    return x, y, z, u, v, w


def _fault(mine: Six, theirs: Six) -> InputFault:
    """Return what is wrong with the first number that is no state's."""
    from parley.detect import well_clear_kernel as kernel

    for name, one, other in zip(_NAMES, mine, theirs, strict=True):
        limit = MOTION_MAX_MPS if name.endswith("_mps") else MOTION_MAX_M
        row = kernel.first_apart(one, other, limit)
        if row >= 0:
            return InputFault(
                f"own and other {name} row {row}",
                value=(float(one[row]), float(other[row])),
                wanted=f"finite numbers whose sizes add up to at most {limit:g}",
            )
    return InputFault("states", value="changed while they were read", wanted="columns left alone")
