"""The compiled grid of one time slice: aircraft in latitude rows, in each row by longitude.

Here: arrays in, arrays out; where each aircraft stands in the grid, and which stretch of a row may
hold partners of one. Never here: motion, minima, text. Nothing in this file decides a result: it
only has to leave no pair out. Angles are radians, each the place at the middle of the slice.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Ints = NDArray[np.int32]

PADDING = 16
"""Slots behind the last aircraft that a scan may read, not use: it takes this many at a time."""
CELLS_PER_AIRCRAFT = 2
"""Cells of a row: so many that most hold one aircraft or none."""
ANGLE_SLACK_RAD = 1e-6
"""More than float32 can be off in an angle up to pi: 6 m on the earth."""


@njit(cache=True, nogil=True, error_model="numpy")
def count_rows(
    lat: Singles,
    rank: NDArray[np.int8],
    layout: Floats,
    first_row: Ints,
    row_of: Ints,
    starts: Ints,
) -> None:
    """Write the row of each aircraft and the first slot of each row.

    `layout[k]` is the lowest latitude and the rows per radian of class k, whose rows begin at
    `first_row[k]`. An aircraft of rank -1 has no row.
    """
    for row in range(starts.shape[0]):
        starts[row] = 0
    for one in range(lat.shape[0]):
        k = rank[one]
        if k < 0:
            row_of[one] = -1
            continue
        row = int((np.float64(lat[one]) - layout[k, 0]) * layout[k, 1])
        row = first_row[k] + min(max(row, 0), first_row[k + 1] - first_row[k] - 1)
        row_of[one] = row
        starts[row + 1] += 1
    for row in range(starts.shape[0] - 1):
        starts[row + 1] += starts[row]


@njit(cache=True, nogil=True, error_model="numpy")
def sort_by_row(
    row_of: Ints, lon: Singles, starts: Ints, filled: Ints, by_row: Ints, lon_by_row: Singles
) -> None:
    """Write aircraft and longitudes in the order of rows; `filled` is scratch, one per row."""
    for row in range(filled.shape[0]):
        filled[row] = starts[row]
    for one in range(row_of.shape[0]):
        row = row_of[one]
        if row >= 0:
            slot = filled[row]
            filled[row] = slot + 1
            by_row[slot] = one
            lon_by_row[slot] = lon[one]


@njit(cache=True, nogil=True, error_model="numpy")
def sort_by_cell(
    starts: Ints,
    by_row: Ints,
    lon_by_row: Singles,
    who: Ints,
    lon_at: Singles,
    row_scale: Floats,
    cells: Ints,
) -> None:
    """Write aircraft and longitudes in the order of rows and cells, and where each cell begins.

    Row r, which has the slots from `starts[r]`, owns `CELLS_PER_AIRCRAFT` cells per aircraft and
    one for the end: cell c begins in slot `cells[2 starts[r] + r + c]`. `row_scale[r]` is its
    lowest longitude, its cells per radian and its highest longitude.
    """
    for row in range(starts.shape[0] - 1):
        lo, hi = starts[row], starts[row + 1]
        base = CELLS_PER_AIRCRAFT * lo + row
        count = CELLS_PER_AIRCRAFT * (hi - lo)
        for cell in range(base, base + count + 1):
            cells[cell] = 0
        least, most = np.float32(math.inf), np.float32(-math.inf)
        for slot in range(lo, hi):
            least = min(least, lon_by_row[slot])
            most = max(most, lon_by_row[slot])
        span = np.float64(most) - np.float64(least)
        scale = count / span if span > 0.0 else 0.0
        row_scale[row, 0] = least
        row_scale[row, 1] = scale
        row_scale[row, 2] = most
        for slot in range(lo, hi):
            cells[base + cell_at(np.float64(lon_by_row[slot]) - least, scale, count)] += 1
        end = lo
        for cell in range(base, base + count):
            end += cells[cell]
            cells[cell] = end
        cells[base + count] = hi
        # Filled from behind, so that each cell's end moves down to its begin.
        for slot in range(hi - 1, lo - 1, -1):
            cell = base + cell_at(np.float64(lon_by_row[slot]) - least, scale, count)
            at = cells[cell] - 1
            cells[cell] = at
            who[at] = by_row[slot]
            lon_at[at] = lon_by_row[slot]


@njit(cache=True, nogil=True, error_model="numpy")
def cell_at(beyond_rad: float, cells_per_rad: float, count: int) -> int:
    """Return the cell of a longitude so far beyond its row's lowest: never falls as that grows."""
    if not beyond_rad > 0.0:
        return 0
    reached = beyond_rad * cells_per_rad
    if reached >= count:
        return max(count - 1, 0)
    return int(reached)


@njit(cache=True, nogil=True, error_model="numpy")
def stretch(
    starts: Ints, row_scale: Floats, cells: Ints, row: int, low_rad: float, high_rad: float
) -> tuple[int, int]:
    """Return the slots, from and to before, that hold all of a row between two longitudes."""
    lo, hi = starts[row], starts[row + 1]
    if high_rad < row_scale[row, 0]:
        return lo, lo
    if low_rad > row_scale[row, 2]:
        # Empty at the other end: round the back, all of the row is still to be looked at.
        return hi, hi
    base = CELLS_PER_AIRCRAFT * lo + row
    count = CELLS_PER_AIRCRAFT * (hi - lo)
    first = cell_at(low_rad - row_scale[row, 0], row_scale[row, 1], count)
    last = cell_at(high_rad - row_scale[row, 0], row_scale[row, 1], count)
    return cells[base + first], cells[base + last + 1]


@njit(cache=True, nogil=True, error_model="numpy")
def write_stretches(
    starts: Ints,
    row_scale: Floats,
    cells: Ints,
    lon_at: Singles,
    speed_at: Singles,
    slots: tuple[int, int],
    row: int,
    across: tuple[float, float, float],
    turn: int,
    ends: Ints,
) -> int:
    """Write for each of some slots the stretch of a row that it has to look at; return their sum.

    `across` is the reach in longitude: constant, per m/s of its own, least and all in radians; a
    reach of pi and more is the whole row. `turn` is 0 for here, 1 for round the back to the east
    end and -1 to the west end: only what here did not reach. In its own row a slot looks at those
    behind it.
    """
    lo, hi = starts[row], starts[row + 1]
    looks = 0
    for p in range(slots[0], slots[1]):
        reach_rad = across[0] + across[1] * speed_at[p]
        first, last = lo, hi
        if reach_rad < math.pi:
            lon_rad = np.float64(lon_at[p])
            first, last = stretch(
                starts, row_scale, cells, row, lon_rad - reach_rad, lon_rad + reach_rad
            )
            if turn > 0:
                low_rad = lon_rad - reach_rad + 2.0 * math.pi
                far, end = stretch(starts, row_scale, cells, row, low_rad, 7.0)
                first, last = max(far, last), end
            elif turn < 0:
                high_rad = lon_rad + reach_rad - 2.0 * math.pi
                begin, far = stretch(starts, row_scale, cells, row, -7.0, high_rad)
                first, last = begin, min(far, first)
        elif turn != 0:
            last = first
        if slots[0] == lo:
            first = max(first, p + 1)
        last = max(first, last)
        ends[p - slots[0], 0], ends[p - slots[0], 1] = first, last
        looks += last - first
    return looks
