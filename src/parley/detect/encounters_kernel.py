"""The compiled inner loops of `encounters`, imported only when needed: numba starts slowly.

Here: arrays in, arrays out, no objects, no text. Every rule (what inside means, tolerances, pair
order) is stated in `encounters`, and `encounters_plain` follows the same rules by another road.
Rules of this
file: fastmath stays off and nothing runs in parallel, so that two parties get the same bits from
the same reports. Positions are ECEF metres on the ellipsoid, times seconds from one base, altitudes
metres.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Pieces = tuple[Floats, Floats, Floats, Floats]
"""Chord starts, chord ends, spans of time, altitudes: as `encounters.Pieces.arrays` gives them."""

CELL_BITS = 14
"""Cells along one axis of the earth: 16,384 of at least 1 km are more than its 12,800 km."""
CELL_ORIGIN_M = 6_600_000.0
"""Added to ECEF coordinates so that cell numbers are never negative; leaves 220 km of reach."""


@njit(cache=True, nogil=True)
def chord_at(
    start: Floats, end: Floats, span: Floats, piece: int, at_s: float
) -> tuple[float, float, float]:
    """Return the point of a chord at a time; exactly its ends at the ends: neighbours agree."""
    if at_s == span[piece, 0]:
        return start[piece, 0], start[piece, 1], start[piece, 2]
    if at_s == span[piece, 1]:
        return end[piece, 0], end[piece, 1], end[piece, 2]
    share = (at_s - span[piece, 0]) / (span[piece, 1] - span[piece, 0])
    return (
        start[piece, 0] + (end[piece, 0] - start[piece, 0]) * share,
        start[piece, 1] + (end[piece, 1] - start[piece, 1]) * share,
        start[piece, 2] + (end[piece, 2] - start[piece, 2]) * share,
    )


@njit(cache=True, nogil=True)
def altitude_at_m(altitude: Floats, span: Floats, piece: int, at_s: float) -> float:
    """Return the altitude of a piece at a time, linear between its ends."""
    first_m: float = altitude[piece, 0]
    last_m: float = altitude[piece, 1]
    if at_s == span[piece, 0]:
        return first_m
    if at_s == span[piece, 1]:
        return last_m
    share: float = (at_s - span[piece, 0]) / (span[piece, 1] - span[piece, 0])
    return first_m + (last_m - first_m) * share


@njit(cache=True, nogil=True)
def disc_interval(
    square_m2: float, across_m2ps: float, speed_m2ps2: float, limit_m2: float, end_s: float
) -> tuple[float, float]:
    """Return the part of [0, end_s] in which |d + v t|^2 < limit, empty as (0, 0).

    `square_m2` is d.d, `across_m2ps` d.v, `speed_m2ps2` v.v. The squared distance is convex, so
    inside at both ends is inside throughout, and there is never more than one part.
    """
    last_m2 = square_m2 + end_s * (2.0 * across_m2ps + end_s * speed_m2ps2)
    begins = square_m2 < limit_m2
    ends = last_m2 < limit_m2
    if begins and ends:
        return 0.0, end_s
    if speed_m2ps2 <= 0.0:
        return 0.0, 0.0
    excess_m2 = square_m2 - limit_m2
    root2 = across_m2ps * across_m2ps - speed_m2ps2 * excess_m2
    if root2 <= 0.0:
        return 0.0, 0.0
    # The form that never subtracts two near-equal numbers (Press et al., Numerical Recipes 5.6).
    half = -across_m2ps - math.copysign(math.sqrt(root2), across_m2ps)
    one_s = half / speed_m2ps2
    other_s = excess_m2 / half if half != 0.0 else one_s
    low_s, high_s = min(one_s, other_s), max(one_s, other_s)
    low_s = 0.0 if begins else max(low_s, 0.0)
    high_s = end_s if ends else min(high_s, end_s)
    if low_s >= high_s:
        return 0.0, 0.0
    return low_s, high_s


@njit(cache=True, nogil=True)
def band_interval(
    first_m: float, last_m: float, limit_m: float, end_s: float
) -> tuple[float, float]:
    """Return the part of [0, end_s] in which a linear height difference is below the limit."""
    begins = abs(first_m) < limit_m
    ends = abs(last_m) < limit_m
    if begins and ends:
        return 0.0, end_s
    change_m = last_m - first_m
    if change_m == 0.0:
        return 0.0, 0.0
    one_s = (limit_m - first_m) / change_m * end_s
    other_s = (-limit_m - first_m) / change_m * end_s
    low_s = 0.0 if begins else max(min(one_s, other_s), 0.0)
    high_s = end_s if ends else min(max(one_s, other_s), end_s)
    if low_s >= high_s:
        return 0.0, 0.0
    return low_s, high_s


@njit(cache=True, nogil=True)
def relative(
    start: Floats, end: Floats, span: Floats, i: int, j: int, from_s: float, to_s: float
) -> tuple[float, float, float]:
    """Return d.d, d.v and v.v of piece `j` seen from `i` at `from_s`; v holds until `to_s`."""
    ax, ay, az = chord_at(start, end, span, i, from_s)
    bx, by, bz = chord_at(start, end, span, j, from_s)
    cx, cy, cz = chord_at(start, end, span, i, to_s)
    ex, ey, ez = chord_at(start, end, span, j, to_s)
    dx, dy, dz = bx - ax, by - ay, bz - az
    length_s = to_s - from_s
    vx, vy, vz = (ex - cx - dx) / length_s, (ey - cy - dy) / length_s, (ez - cz - dz) / length_s
    return dx * dx + dy * dy + dz * dz, dx * vx + dy * vy + dz * vz, vx * vx + vy * vy + vz * vz


@njit(cache=True, nogil=True)
def meet(
    pieces: Pieces,
    i: int,
    j: int,
    minima: tuple[float, float],
    rows: Floats,
    at: int,
) -> bool:
    """Return whether two pieces are inside both minima for some time; write when and how close.

    `rows[at]` becomes from, to, least chord, its time, vertical distance then, least vertical
    distance. `minima` are chord and vertical metres.
    """
    start, end, span, altitude = pieces
    from_s = max(span[i, 0], span[j, 0])
    to_s = min(span[i, 1], span[j, 1])
    if from_s >= to_s:
        return False
    length_s = to_s - from_s
    first_m = altitude_at_m(altitude, span, j, from_s) - altitude_at_m(altitude, span, i, from_s)
    last_m = altitude_at_m(altitude, span, j, to_s) - altitude_at_m(altitude, span, i, to_s)
    low_s, high_s = band_interval(first_m, last_m, minima[1], length_s)
    if low_s >= high_s:
        return False
    square_m2, across_m2ps, speed_m2ps2 = relative(start, end, span, i, j, from_s, to_s)
    disc_low_s, disc_high_s = disc_interval(
        square_m2, across_m2ps, speed_m2ps2, minima[0] * minima[0], length_s
    )
    low_s, high_s = max(low_s, disc_low_s), min(high_s, disc_high_s)
    if low_s >= high_s:
        return False
    near_s = low_s
    if speed_m2ps2 > 0.0:
        near_s = min(max(-across_m2ps / speed_m2ps2, low_s), high_s)
    climb_mps = (last_m - first_m) / length_s
    one_m = first_m + climb_mps * low_s
    other_m = first_m + climb_mps * high_s
    near_m2 = square_m2 + near_s * (2.0 * across_m2ps + near_s * speed_m2ps2)
    rows[at, 0] = from_s + low_s
    rows[at, 1] = from_s + high_s if high_s < length_s else to_s
    rows[at, 2] = math.sqrt(max(near_m2, 0.0))
    rows[at, 3] = from_s + near_s
    rows[at, 4] = abs(first_m + climb_mps * near_s)
    rows[at, 5] = 0.0 if (one_m < 0.0) != (other_m < 0.0) else min(abs(one_m), abs(other_m))
    return True


@njit(cache=True, nogil=True)
def count_groups(aircraft: Ints, span: Floats, slice_s: float) -> int:
    """Return how many (aircraft, time slice) groups the pieces make."""
    groups = 0
    last = -1
    for piece in range(aircraft.shape[0]):
        first = math.floor(span[piece, 0] / slice_s)
        final = math.floor(span[piece, 1] / slice_s)
        if piece == 0 or aircraft[piece] != aircraft[piece - 1]:
            last = first - 1
        groups += max(final - max(first, last + 1) + 1, 0)
        last = max(last, final)
    return groups


@njit(cache=True, nogil=True)
def make_groups(aircraft: Ints, pieces: Pieces, slice_s: float) -> tuple[Ints, Floats]:
    """Return per group slice, first and last piece; and its box (x, y, z, alt: low, high)."""
    start, end, span, altitude = pieces
    count = count_groups(aircraft, span, slice_s)
    index = np.empty((count, 3), dtype=np.int64)
    box = np.empty((count, 8), dtype=np.float64)
    made = 0
    own = 0
    for piece in range(aircraft.shape[0]):
        if piece > 0 and aircraft[piece] != aircraft[piece - 1]:
            own = made
        first = math.floor(span[piece, 0] / slice_s)
        final = math.floor(span[piece, 1] / slice_s)
        for part in range(first, final + 1):
            # Groups of one aircraft rise in time, so a piece meets only the newest of them.
            group = made - 1
            while group >= own and index[group, 0] > part:
                group -= 1
            if group < own or index[group, 0] != part:
                group = made
                made += 1
                index[group, 0] = part
                index[group, 1] = piece
                for side in range(8):
                    box[group, side] = np.inf if side % 2 == 0 else -np.inf
            index[group, 2] = piece
            for axis in range(3):
                low = min(start[piece, axis], end[piece, axis])
                high = max(start[piece, axis], end[piece, axis])
                box[group, 2 * axis] = min(box[group, 2 * axis], low)
                box[group, 2 * axis + 1] = max(box[group, 2 * axis + 1], high)
            box[group, 6] = min(box[group, 6], altitude[piece, 0], altitude[piece, 1])
            box[group, 7] = max(box[group, 7], altitude[piece, 0], altitude[piece, 1])
    return index[:made], box[:made]


@njit(cache=True, nogil=True)
def cell_of(coordinate_m: float, cell_m: float) -> int:
    """Return the number of the cell along one axis."""
    return math.floor((coordinate_m + CELL_ORIGIN_M) / cell_m)


@njit(cache=True, nogil=True)
def make_entries(index: Ints, box: Floats, reach_m: float, cell_m: float) -> tuple[Ints, Ints]:
    """Return (key, group) of every cell that a group's box, widened by `reach_m`, touches."""
    count = 0
    for group in range(index.shape[0]):
        cells = 1
        for axis in range(3):
            cells *= (
                cell_of(box[group, 2 * axis + 1] + reach_m, cell_m)
                - cell_of(box[group, 2 * axis] - reach_m, cell_m)
                + 1
            )
        count += cells
    key = np.empty(count, dtype=np.int64)
    owner = np.empty(count, dtype=np.int64)
    made = 0
    for group in range(index.shape[0]):
        x0 = cell_of(box[group, 0] - reach_m, cell_m)
        x1 = cell_of(box[group, 1] + reach_m, cell_m)
        y0 = cell_of(box[group, 2] - reach_m, cell_m)
        y1 = cell_of(box[group, 3] + reach_m, cell_m)
        z0 = cell_of(box[group, 4] - reach_m, cell_m)
        z1 = cell_of(box[group, 5] + reach_m, cell_m)
        for x in range(x0, x1 + 1):
            for y in range(y0, y1 + 1):
                for z in range(z0, z1 + 1):
                    cell = (((x << CELL_BITS) | y) << CELL_BITS) | z
                    key[made] = (index[group, 0] << (3 * CELL_BITS)) | cell
                    owner[made] = group
                    made += 1
    return key, owner


@njit(cache=True, nogil=True)
def owns_pair(box: Floats, i: int, j: int, key: int, reach_m: float, cell_m: float) -> bool:
    """Return whether this is the one of their shared cells in which a pair of groups is tested."""
    for axis in range(3):
        low = max(box[i, 2 * axis], box[j, 2 * axis]) - reach_m
        mask = (1 << CELL_BITS) - 1
        if cell_of(low, cell_m) != (key >> ((2 - axis) * CELL_BITS)) & mask:
            return False
    return True


@njit(cache=True, nogil=True)
def boxes_near(box: Floats, i: int, j: int, chord_m: float, vertical_m: float) -> bool:
    """Return whether two boxes are near enough for the pieces in them to meet."""
    if max(box[i, 6] - box[j, 7], box[j, 6] - box[i, 7]) >= vertical_m:
        return False
    square_m2 = 0.0
    for axis in range(3):
        gap_m = max(
            box[i, 2 * axis] - box[j, 2 * axis + 1], box[j, 2 * axis] - box[i, 2 * axis + 1], 0.0
        )
        square_m2 += gap_m * gap_m
    return square_m2 < chord_m * chord_m


@njit(cache=True, nogil=True)
def doubled(rows: Floats) -> Floats:
    """Return a copy with room for twice as many rows."""
    wider = np.empty((2 * rows.shape[0], rows.shape[1]), dtype=np.float64)
    for row in range(rows.shape[0]):
        for column in range(rows.shape[1]):
            wider[row, column] = rows[row, column]
    return wider


@njit(cache=True, nogil=True)
def meet_groups(
    pieces: Pieces,
    index: Ints,
    i: int,
    j: int,
    slice_s: float,
    minima: tuple[float, float],
    rows: Floats,
    made: int,
) -> tuple[Floats, int]:
    """Write the meetings of two groups' pieces that begin in their slice; return the table."""
    span = pieces[2]
    p, q = index[i, 1], index[j, 1]
    while p <= index[i, 2] and q <= index[j, 2]:
        from_s = max(span[p, 0], span[q, 0])
        if made == rows.shape[0]:
            rows = doubled(rows)
        if math.floor(from_s / slice_s) == index[i, 0] and meet(pieces, p, q, minima, rows, made):
            rows[made, 6] = p
            rows[made, 7] = q
            made += 1
        if span[p, 1] <= span[q, 1]:
            p += 1
        else:
            q += 1
    return rows, made


@njit(cache=True, nogil=True)
def scan(
    pieces: Pieces,
    aircraft: Ints,
    groups: tuple[Ints, Floats],
    key: Ints,
    owner: Ints,
    grid: tuple[float, float, float],
    minima: tuple[float, float],
) -> Floats:
    """Return the meetings in a sorted run of cell entries: rows of `meet` and the two pieces.

    `grid` is slice length in seconds, cell size and reach in metres; `minima` chord and vertical
    metres.
    """
    index, box = groups
    rows = np.empty((1024, 8), dtype=np.float64)
    made = 0
    first = 0
    for last in range(1, key.shape[0] + 1):
        if last < key.shape[0] and key[last] == key[first]:
            continue
        for one in range(first, last):
            for other in range(one + 1, last):
                i, j = owner[one], owner[other]
                if aircraft[index[i, 1]] > aircraft[index[j, 1]]:
                    i, j = j, i
                if boxes_near(box, i, j, minima[0], minima[1]) and owns_pair(
                    box, i, j, key[first], grid[2], grid[1]
                ):
                    rows, made = meet_groups(pieces, index, i, j, grid[0], minima, rows, made)
        first = last
    return rows[:made]


@njit(cache=True, nogil=True)
def merge(rows: Floats, one: Ints, other: Ints, merge_s: float) -> tuple[Floats, Ints]:
    """Return the episodes (rows of `scan`) and the row number of each one's first meeting.

    The meetings come sorted by pair and time; two of one pair no further apart than `merge_s` are
    one. The pieces of an episode are those in which it came closest.
    """
    episodes = np.empty_like(rows)
    origin = np.empty(rows.shape[0], dtype=np.int64)
    made = 0
    for k in range(rows.shape[0]):
        joins = (
            k > 0
            and one[k] == one[k - 1]
            and other[k] == other[k - 1]
            and rows[k, 0] - episodes[made - 1, 1] <= merge_s
        )
        if not joins:
            for column in range(rows.shape[1]):
                episodes[made, column] = rows[k, column]
            origin[made] = k
            made += 1
            continue
        newest = made - 1
        episodes[newest, 1] = max(episodes[newest, 1], rows[k, 1])
        episodes[newest, 5] = min(episodes[newest, 5], rows[k, 5])
        if rows[k, 2] < episodes[newest, 2]:
            for column in (2, 3, 4, 6, 7):
                episodes[newest, column] = rows[k, column]
    return episodes[:made], origin[:made]


@njit(cache=True, nogil=True)
def closest(pieces: Pieces, split: int, best: Floats) -> bool:
    """Return whether two aircraft share any time; write where they were closest.

    Pieces before `split` are the one aircraft, the rest the other. `best`, one row as of `scan`,
    becomes the least distances of all their common time and the two pieces.
    """
    span = pieces[2]
    p, q = 0, split
    rows = np.empty((1, 8), dtype=np.float64)
    any_time = False
    while p < split and q < span.shape[0]:
        if meet(pieces, p, q, (np.inf, np.inf), rows, 0):
            rows[0, 6], rows[0, 7] = p, q
            least_m = min(best[0, 5], rows[0, 5]) if any_time else rows[0, 5]
            if not any_time or rows[0, 2] < best[0, 2]:
                for column in range(8):
                    best[0, column] = rows[0, column]
            best[0, 5] = least_m
            any_time = True
        if span[p, 1] <= span[q, 1]:
            p += 1
        else:
            q += 1
    return any_time
