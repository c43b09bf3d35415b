"""The compiled sieve of `all_pairs`: which pairs of aircraft may come near within a time slice.

Here: arrays in, candidate pairs out. A sieve decides nothing: it works in float32 with margins that
`all_pairs_sieve` proves, and `all_pairs_wgs84_kernel` or `all_pairs_flat_kernel` decides in double.
So that a scan reads memory in one line, aircraft stand in the order of the grid, one column each of
`FIELDS` numbers; the test has no branches, so that the compiler takes eight aircraft at once.

Columns of a sieve on the ellipsoid: x, y, z in metres from the traffic's middle, their rates,
altitude, climb. On the flat earth: longitude and latitude times radius from the middle, cosine of
the latitude, east, north, 0, altitude, climb. All at the start of the lookahead.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from parley.detect.slice_grid_kernel import PADDING, write_stretches

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Ints = NDArray[np.int32]

Record = tuple[Any, Any, Any, Any, Any, Any, Any, Any]
"""The eight float32 numbers of one aircraft."""
Window = tuple[Any, Any, Any, Any, Any, Any, Any]
"""From, to, middle and half length in seconds; square of the reach; vertical reach; half of the way
round the earth if the meridians wrap, else inf."""

FIELDS = 8
SPACE, FLAT, COUNT = 0, 1, 2
"""What a scan does with a stretch: sift it in space, on the flat earth, or only count it."""
SLACK_RAD = 2e-6
"""More than float32 can be off in two angles up to pi: 13 m on the earth."""
Job = tuple[int, int, int, int]
"""Slot to begin with, slot to end before, pairs made so far, pairs made at which to stop."""
TINY_M2PS2 = np.float32(1e-6)
SLOW_MPS, ROUND_S = np.float32(1e-2), np.float32(2e-3)
HALF = np.float32(0.5)


@njit(cache=True, nogil=True, error_model="numpy")
def gather(
    mode: int, records: Singles, who: Ints, count: int, columns: Singles, speed_at: Singles
) -> None:
    """Write the records of the aircraft in the order of the grid, one column per aircraft.

    `speed_at` becomes the speed by which a longitude changes: on the flat earth only the east's.
    """
    for slot in range(count):
        one = who[slot]
        for field in range(FIELDS):
            columns[field, slot] = records[one, field]
        u, v, w = records[one, 3], records[one, 4], records[one, 5]
        speed_at[slot] = abs(u) if mode == FLAT else math.sqrt(u * u + v * v + w * w)
    for slot in range(count, count + PADDING):
        for field in range(FIELDS):
            columns[field, slot] = np.float32(0.0)


@njit(cache=True, nogil=True, error_model="numpy")
def record_at(columns: Singles, slot: np.uint64) -> Record:
    """Return the eight numbers of the aircraft in a slot."""
    return (
        columns[0, slot],
        columns[1, slot],
        columns[2, slot],
        columns[3, slot],
        columns[4, slot],
        columns[5, slot],
        columns[6, slot],
        columns[7, slot],
    )


@njit(cache=True, nogil=True, error_model="numpy")
def near_in_height(own: Record, other: Record, window: Window) -> bool:
    """Return whether two aircraft come within the vertical reach in the window."""
    up_m, climb_mps = other[6] - own[6], other[7] - own[7]
    near: bool = abs(up_m + climb_mps * window[2]) < window[5] + abs(climb_mps) * window[3]
    return near


@njit(cache=True, nogil=True, error_model="numpy")
def near_in_space(own: Record, other: Record, window: Window) -> bool:
    """Return whether two aircraft on straight lines in space come near within the window."""
    x, y, z = other[0] - own[0], other[1] - own[1], other[2] - own[2]
    u, v, w = other[3] - own[3], other[4] - own[4], other[5] - own[5]
    at_s = -(x * u + y * v + z * w) / (u * u + v * v + w * w + TINY_M2PS2)
    at_s = window[0] if at_s < window[0] else at_s
    at_s = window[1] if at_s > window[1] else at_s
    x, y, z = x + u * at_s, y + v * at_s, z + w * at_s
    near: bool = x * x + y * y + z * z < window[4]
    return near & near_in_height(own, other, window)


@njit(cache=True, nogil=True, error_model="numpy")
def near_on_flat(own: Record, other: Record, window: Window) -> bool:
    """Return whether two aircraft come near on the plane of the pair within the window.

    cos((a + b) / 2) is (cos a + cos b) / 2, short by a factor that the margin covers.
    """
    x, y = other[0] - own[0], other[1] - own[1]
    x = x - window[6] - window[6] if x > window[6] else x
    x = x + window[6] + window[6] if x < -window[6] else x
    x *= (other[2] + own[2]) * HALF
    u, v = other[3] - own[3], other[4] - own[4]
    at_s = -(x * u + y * v) / (u * u + v * v + TINY_M2PS2)
    at_s = window[0] if at_s < window[0] else at_s
    at_s = window[1] if at_s > window[1] else at_s
    x, y = x + u * at_s, y + v * at_s
    near: bool = x * x + y * y < window[4]
    return near & near_in_height(own, other, window)


@njit(cache=True, nogil=True, error_model="numpy")
def while_level(own: Record, other: Record, window: Window) -> Window:
    """Return the window cut to the time in which two are within the vertical reach.

    The reach is longer than the minimum by more than altitudes are rounded; a time by less than a
    millisecond. One that climbs so slowly that it is there all the time keeps the whole window.
    """
    up_m, climb_mps = other[6] - own[6], other[7] - own[7]
    from_s, to_s = window[0], window[1]
    if abs(climb_mps) > SLOW_MPS:
        one_s, two_s = (-up_m - window[5]) / climb_mps, (window[5] - up_m) / climb_mps
        from_s = max(from_s, min(one_s, two_s) - ROUND_S)
        to_s = min(to_s, max(one_s, two_s) + ROUND_S)
    return from_s, to_s, window[2], window[3], window[4], window[5], window[6]


@njit(cache=True, nogil=True, error_model="numpy")
def sift_space(
    columns: Singles, who: Ints, begin: int, ends: Ints, job: Job, window: Window, pairs: Ints
) -> tuple[int, int]:
    """Append the partners of some slots in their stretches; see `sift`."""
    p, made = job[0], job[2]
    while p < job[1] and made <= job[3]:
        own = record_at(columns, np.uint64(p))
        last = ends[p - begin, 1]
        for start in range(ends[p - begin, 0], last, PADDING):
            some = False
            for step in range(PADDING):
                some |= near_in_space(own, record_at(columns, np.uint64(start + step)), window)
            if some:
                for q in range(start, min(start + PADDING, last)):
                    other = record_at(columns, np.uint64(q))
                    if near_in_space(own, other, window) and near_in_space(
                        own, other, while_level(own, other, window)
                    ):
                        pairs[made, 0], pairs[made, 1] = min(who[p], who[q]), max(who[p], who[q])
                        made += 1
        p += 1
    return p, made


@njit(cache=True, nogil=True, error_model="numpy")
def sift_flat(
    columns: Singles, who: Ints, begin: int, ends: Ints, job: Job, window: Window, pairs: Ints
) -> tuple[int, int]:
    """Append the partners of some slots in their stretches; see `sift`."""
    p, made = job[0], job[2]
    while p < job[1] and made <= job[3]:
        own = record_at(columns, np.uint64(p))
        last = ends[p - begin, 1]
        for start in range(ends[p - begin, 0], last, PADDING):
            some = False
            for step in range(PADDING):
                some |= near_on_flat(own, record_at(columns, np.uint64(start + step)), window)
            if some:
                for q in range(start, min(start + PADDING, last)):
                    other = record_at(columns, np.uint64(q))
                    if near_on_flat(own, other, window) and near_on_flat(
                        own, other, while_level(own, other, window)
                    ):
                        pairs[made, 0], pairs[made, 1] = min(who[p], who[q]), max(who[p], who[q])
                        made += 1
        p += 1
    return p, made


@njit(cache=True, nogil=True, error_model="numpy")
def lon_factor(lat_rad: float, reach: Floats) -> float:
    """Return radians of longitude per radian of reach that are enough around a latitude.

    A cap of radius r around latitude f spans asin(sin r / cos f) of longitude either side, or all
    if it holds the pole; asin x / x grows, so the factor of the longest reach serves the shorter.
    """
    if reach[0] >= 0.5 * math.pi or lat_rad + reach[6] >= 0.5 * math.pi:
        return math.inf
    sine, cosine = math.sin(reach[0]), math.cos(lat_rad + reach[6])
    if sine >= cosine:
        return math.inf
    return math.asin(sine / cosine) / sine


@njit(cache=True, nogil=True, error_model="numpy")
def row_edges(layout: Floats, first_row: Ints, k: int, row: int) -> tuple[float, float]:
    """Return the latitudes between which a row of class k lies, in radians."""
    low_rad = layout[k, 0] + (row - first_row[k]) / layout[k, 1]
    return low_rad, low_rad + 1.0 / layout[k, 1]


@njit(cache=True, nogil=True, error_model="numpy")
def window_at(windows: Singles, k: int) -> Window:
    """Return the window of a pair of classes."""
    return (
        windows[k, 0],
        windows[k, 1],
        windows[k, 2],
        windows[k, 3],
        windows[k, 4],
        windows[k, 5],
        windows[k, 6],
    )


@njit(cache=True, nogil=True, error_model="numpy")
def lon_reach(
    reach: Floats, layout: Floats, first_row: Ints, row: int
) -> tuple[float, float, float]:
    """Return the reach in longitude from a row: constant and per m/s in radians; the most m/s."""
    low_rad, high_rad = row_edges(layout, first_row, int(reach[7]), row)
    factor = lon_factor(max(abs(low_rad), abs(high_rad)) + SLACK_RAD, reach)
    if factor == math.inf:
        return math.pi, 0.0, 0.0
    slope_rad = (reach[4] + reach[5] * factor) * factor * reach[3]
    return reach[1] * factor * reach[3] + SLACK_RAD + reach[2] * slope_rad, slope_rad, reach[9]


@njit(cache=True, nogil=True, error_model="numpy")
def rows_beside(layout: Floats, first_row: Ints, reach: Floats, row: int) -> tuple[int, int]:
    """Return the first and last row that a row has to look at (last < first: none).

    Within a class a row looks at itself and the next: each pair of rows is met once.
    """
    own, other = int(reach[7]), int(reach[8])
    if own == other:
        return row, min(row + 1, first_row[own + 1] - 1)
    low_rad, high_rad = row_edges(layout, first_row, own, row)
    count = first_row[other + 1] - first_row[other]
    low_rad, high_rad = low_rad - reach[0] - SLACK_RAD, high_rad + reach[0] + SLACK_RAD
    first = math.floor((low_rad - layout[other, 0]) * layout[other, 1])
    last = math.floor((high_rad - layout[other, 0]) * layout[other, 1])
    return first_row[other] + max(int(first), 0), first_row[other] + min(int(last), count - 1)


@njit(cache=True, nogil=True, error_model="numpy")
def scan(
    mode: int,
    grid: tuple[Ints, Floats, Ints, Singles, Ints, Singles, Singles],
    classes: tuple[Ints, Floats],
    reaches: tuple[Floats, Singles, bool],
    pairs: Ints,
    state: NDArray[np.int64],
) -> int:
    """Write candidate pairs from where `state` stands; return how many, or how many looks it costs.

    `classes` are the first rows and layouts of the speed classes; `reaches` one row per pair of
    classes, the windows of their sieves, and whether the meridians wrap. `state` is pair of
    classes, row, job in that row and slot to go on from, and 1, or how many rows to go on at a time
    when counting; beyond the last pair nothing is left.
    """
    made = 0
    while state[0] < reaches[0].shape[0]:
        own = int(reaches[0][state[0], 7])
        state[1] = max(state[1], classes[0][own])
        while state[1] < classes[0][own + 1]:
            # Counting looks at some rows only, evenly spread.
            made = scan_row(mode, grid, classes, reaches, pairs, state, made)
            if state[3] >= 0:
                return made
            state[1] += state[4]
            state[2] = 0
        state[0] += 1
        state[1] = 0
    return made


@njit(cache=True, nogil=True, error_model="numpy")
def scan_row(
    mode: int,
    grid: tuple[Ints, Floats, Ints, Singles, Ints, Singles, Singles],
    classes: tuple[Ints, Floats],
    reaches: tuple[Floats, Singles, bool],
    pairs: Ints,
    state: NDArray[np.int64],
    made: int,
) -> int:
    """Scan one row against the rows beside it, as far as there is room for pairs.

    A job is one row to look at, here or round the back; `state[3]` is -1 when all are done.
    """
    starts, row_scale, cells, columns, who, lon_at, speed_at = grid
    row = state[1]
    begin, end = starts[row], starts[row + 1]
    if begin == end:
        state[3] = -1
        return made
    reach, window = reaches[0][state[0]], window_at(reaches[1], state[0])
    across = lon_reach(reach, classes[1], classes[0], row)
    first, last = rows_beside(classes[1], classes[0], reach, row)
    room = pairs.shape[0] - starts[-1]
    ends = np.empty((end - begin, 2), dtype=np.int32)
    while state[2] < 3 * (last - first + 1):
        other, turn = first + state[2] // 3, (state[2] % 3 + 1) % 3 - 1
        wide_rad = across[0] + across[1] * across[2]
        if turn == 1:
            useless = row_scale[row, 0] - wide_rad > -math.pi
        else:
            useless = row_scale[row, 2] + wide_rad < math.pi
        if turn != 0 and (useless or not reaches[2]):
            state[2] += 1
            continue
        looks = write_stretches(
            starts, row_scale, cells, lon_at, speed_at, (begin, end), other, across, turn, ends
        )
        if mode == COUNT:
            made += looks
        elif looks > 0:
            job = max(state[3], begin), end, made, room
            if mode == SPACE:
                state[3], made = sift_space(columns, who, begin, ends, job, window, pairs)
            else:
                state[3], made = sift_flat(columns, who, begin, ends, job, window, pairs)
            if state[3] < end:
                return made
        state[3] = -1
        state[2] += 1
    state[3] = -1
    return made


@njit(cache=True, nogil=True, error_model="numpy")
def tally(pairs: Ints, pairs_of: NDArray[np.int64]) -> None:
    """Add the pairs to the number of pairs of each of their aircraft."""
    for row in range(pairs.shape[0]):
        pairs_of[pairs[row, 0]] += 1
        pairs_of[pairs[row, 1]] += 1


@njit(cache=True, nogil=True, error_model="numpy")
def count_speeds(
    records: Singles, rank: NDArray[np.int8], most_mps: float, counts: NDArray[np.int64]
) -> None:
    """Write how many aircraft have speeds in each equal part from 0 to `most_mps`."""
    parts = counts.shape[0]
    for one in range(rank.shape[0]):
        if rank[one] >= 0:
            u, v, w = records[one, 3], records[one, 4], records[one, 5]
            part = int(math.sqrt(np.float64(u * u + v * v + w * w)) / most_mps * parts)
            counts[min(part, parts - 1)] += 1


@njit(cache=True, nogil=True, error_model="numpy")
def rank_by_speed(
    records: Singles, rank: NDArray[np.int8], tops_mps: Floats, fastest_mps: Floats
) -> None:
    """Write the class of each aircraft, the first whose top it is below, and the most of each."""
    for one in range(rank.shape[0]):
        if rank[one] >= 0:
            u, v, w = records[one, 3], records[one, 4], records[one, 5]
            speed_mps = math.sqrt(np.float64(u * u + v * v + w * w))
            k = 0
            while k < tops_mps.shape[0] and speed_mps >= tops_mps[k]:
                k += 1
            rank[one] = k
            fastest_mps[k] = max(fastest_mps[k], speed_mps * (1.0 + 1e-6))
