"""The compiled inner loops of `live`, imported only when needed: numba starts slowly.

Here: arrays in, arrays out. The definition of a loss is that of `prediction`; each function names
the one there that it follows, operation by operation, so that the numbers agree. Rules of this
file: fastmath stays off and nothing runs in parallel; every formula is odd or even in the order of
the two aircraft, so that the one asked about may be either of them.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from parley.detect.encounters import TOLERANCE_M
from parley.detect.legs import MEAN_RADIUS_M, WGS84_A_M
from parley.detect.states import SLICE_S, WGS84_B_M

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Ints = NDArray[np.int64]
Flags = NDArray[np.uint8]
Words = NDArray[np.uint64]
Three = tuple[float, float, float]

# Columns of `motion`: what is read of one aircraft lies together.
X, Y, Z, VX, VY, VZ, SPEED, ALT, UP = range(9)
COLUMNS = 9
# Columns of `marks`: time of the state, group, code of the altitude reference, flown or not.
AT_US, GROUP, DATUM, FLOWN = range(4)
MARKS = 4
# Columns of what is found; the others are those of `PREDICTION` from `loss_s` on.
FOUND_NUMBERS = 8
FOUND_MARKS = 3
"""Row of the other aircraft, which rule, and whether the heights could be compared."""
MICROSECOND_S = 1e-6

_PER_A2 = 1.0 / (WGS84_A_M * WGS84_A_M)
_PER_B2 = 1.0 / (WGS84_B_M * WGS84_B_M)
_LEAST_RADIUS_M = WGS84_B_M * WGS84_B_M / WGS84_A_M
_FILTER_MARGIN_M = 1.0
_FLOAT32_MARGIN_M = 10.0
_FLOAT32_SHARE = 1e-5
"""Places of 6,400 km in 24 bits are half a metre off; a square of few roundings, a millionth."""
_CREEP_MPS = 1e-9
"""A climb slower than this never matters: see `prediction._vertical_interval_s`."""


@njit(cache=True, nogil=True)
def turn_mps2(p: Three, v: Three) -> Three:
    """Return the acceleration of a geodesic (`states._turn_mps2`)."""
    gx, gy, gz = p[0] * _PER_A2, p[1] * _PER_A2, p[2] * _PER_B2
    wx, wy, wz = v[0] * _PER_A2, v[1] * _PER_A2, v[2] * _PER_B2
    bend = (wx * v[0] + wy * v[1] + wz * v[2]) / (gx * gx + gy * gy + gz * gz)
    return -bend * gx, -bend * gy, -bend * gz


@njit(cache=True, nogil=True)
def plus(p: Three, share_s: float, v: Three) -> Three:
    """Return p + share v."""
    return p[0] + share_s * v[0], p[1] + share_s * v[1], p[2] + share_s * v[2]


@njit(cache=True, nogil=True)
def mixed(v: Three, v2: Three, v3: Three, v4: Three) -> Three:
    """Return the weighted sum of the four stages."""
    return (
        v[0] + 2.0 * (v2[0] + v3[0]) + v4[0],
        v[1] + 2.0 * (v2[1] + v3[1]) + v4[1],
        v[2] + 2.0 * (v2[2] + v3[2]) + v4[2],
    )


@njit(cache=True, nogil=True)
def step(p: Three, v: Three, step_s: float) -> tuple[Three, Three]:
    """Return place and velocity one time step later on the geodesic (`states.step_ahead`)."""
    half_s = 0.5 * step_s
    one = turn_mps2(p, v)
    v2 = plus(v, half_s, one)
    two = turn_mps2(plus(p, half_s, v), v2)
    v3 = plus(v, half_s, two)
    three = turn_mps2(plus(p, half_s, v2), v3)
    v4 = plus(v, step_s, three)
    four = turn_mps2(plus(p, step_s, v3), v4)
    sixth_s = step_s / 6.0
    return plus(p, sixth_s, mixed(v, v2, v3, v4)), plus(v, sixth_s, mixed(one, two, three, four))


@njit(cache=True, nogil=True)
def write_nodes(motion: Floats, row: int, age_s: float, times_s: Floats, nodes: Floats) -> None:
    """Write the places of one aircraft at the times from now, each (3,), brought to now first."""
    p = (motion[row, X], motion[row, Y], motion[row, Z])
    v = (motion[row, VX], motion[row, VY], motion[row, VZ])
    left_s = age_s
    while left_s > 0.0:
        step_s = min(left_s, SLICE_S)
        p, v = step(p, v, step_s)
        left_s -= step_s
    nodes[0, 0], nodes[0, 1], nodes[0, 2] = p
    for k in range(1, times_s.shape[0]):
        p, v = step(p, v, times_s[k] - times_s[k - 1])
        nodes[k, 0], nodes[k, 1], nodes[k, 2] = p


@njit(cache=True, nogil=True)
def band_s(first_m: float, climb_mps: float, limit_m: float, end_s: float) -> tuple[float, float]:
    """Return from when to when inside the vertical minimum (`prediction._vertical_interval_s`)."""
    if not limit_m > 0.0:
        return 0.0, 0.0
    begins = abs(first_m) < limit_m
    ends = abs(first_m + climb_mps * end_s) < limit_m
    if begins and ends:
        return 0.0, end_s
    if not abs(climb_mps) > _CREEP_MPS:
        return 0.0, 0.0
    one_s = (limit_m - first_m) / climb_mps
    other_s = (-limit_m - first_m) / climb_mps
    low_s = 0.0 if begins else max(min(one_s, other_s), 0.0)
    high_s = end_s if ends else min(max(one_s, other_s), end_s)
    if low_s < high_s:
        return low_s, high_s
    return 0.0, 0.0


@njit(cache=True, nogil=True)
def disc_s(
    square_m2: float, across_m2ps: float, speed_m2ps2: float, last_m2: float, limit_m2: float,
    span_s: float,
) -> tuple[float, float]:  # fmt: skip
    """Return the part of a slice inside the limit (`prediction._disc_interval_s`)."""
    begins = square_m2 < limit_m2
    ends = last_m2 < limit_m2
    if begins and ends:
        return 0.0, span_s
    excess_m2 = square_m2 - limit_m2
    root2 = across_m2ps * across_m2ps - speed_m2ps2 * excess_m2
    if not (root2 > 0.0 and speed_m2ps2 > 0.0):
        return 0.0, 0.0
    half = -across_m2ps - math.copysign(math.sqrt(root2), across_m2ps)
    one_s = half / speed_m2ps2
    other_s = excess_m2 / half if half != 0.0 else one_s
    low_s = 0.0 if begins else max(min(one_s, other_s), 0.0)
    high_s = span_s if ends else min(max(one_s, other_s), span_s)
    if low_s < high_s:
        return low_s, high_s
    return 0.0, 0.0


@njit(cache=True, nogil=True)
def chord_m(arc_m: float) -> float:
    """Return the chord of an arc of the mean earth (`prediction._chord_m`)."""
    half = arc_m / (2.0 * MEAN_RADIUS_M)
    square = half * half
    chord: float = arc_m * (1.0 - square / 6.0 * (1.0 - square / 20.0 * (1.0 - square / 42.0)))
    return chord


@njit(cache=True, nogil=True)
def arc_of_m(straight_m: float) -> float:
    """Return the arc of a chord of the mean earth (`states.arc_m`)."""
    half = straight_m / (2.0 * MEAN_RADIUS_M)
    square = half * half
    arc: float = straight_m * (
        1.0 + square * (1.0 / 6.0 + square * (3.0 / 40.0 + square * (15.0 / 336.0)))
    )
    return arc


@njit(cache=True, nogil=True)
def write_relative_m2(one: Floats, other: Floats, k: int, rel: Floats, span_s: float) -> float:
    """Write first difference and rate in the plane of slice `k`; return the last one squared."""
    nx = ny = nz = 0.0
    for end in range(k, k + 2):
        gx = (one[end, 0] + other[end, 0]) * _PER_A2
        gy = (one[end, 1] + other[end, 1]) * _PER_A2
        gz = (one[end, 2] + other[end, 2]) * _PER_B2
        nx, ny, nz = nx + gx, ny + gy, nz + gz
    length = math.sqrt(nx * nx + ny * ny + nz * nz)
    if length == 0.0:
        # Exactly opposite each other on the earth: no plane lies midway, and nothing is near.
        rel[:] = 0.0
        rel[0] = 4.0 * WGS84_A_M
        return 16.0 * WGS84_A_M * WGS84_A_M
    nx, ny, nz = nx / length, ny / length, nz / length
    last_m2 = 0.0
    for side in range(2):
        dx = other[k + side, 0] - one[k + side, 0]
        dy = other[k + side, 1] - one[k + side, 1]
        dz = other[k + side, 2] - one[k + side, 2]
        out = dx * nx + dy * ny + dz * nz
        dx, dy, dz = dx - out * nx, dy - out * ny, dz - out * nz
        if side == 0:
            rel[0], rel[1], rel[2] = dx, dy, dz
        else:
            rel[3] = (dx - rel[0]) / span_s
            rel[4] = (dy - rel[1]) / span_s
            rel[5] = (dz - rel[2]) / span_s
            last_m2 = dx * dx + dy * dy + dz * dz
    return last_m2


@njit(cache=True, nogil=True)
def loss_of_pair(
    one: Floats, other: Floats, times_s: Floats, heights: tuple[float, float],
    minima_m: tuple[float, float], compared: int, rel: Floats, out: Floats,
) -> bool:  # fmt: skip
    """Return whether a pair loses separation; if so `out` holds the numbers of `PREDICTION`.

    `heights`: vertical distance now and its rate. Without comparable heights the vertical minimum
    is taken as undercut throughout (`prediction._losses`).
    """
    end_s = times_s[-1]
    first_m, climb_mps = heights
    level_m = max(chord_m(minima_m[0] - TOLERANCE_M), 0.0)
    low_s, high_s = (0.0, end_s)
    if compared:
        low_s, high_s = band_s(first_m, climb_mps, minima_m[1] - TOLERANCE_M, end_s)
    if not (level_m > 0.0 and low_s < high_s):
        return False
    out[0], out[1], out[2], out[3] = math.inf, -math.inf, math.inf, 0.0
    for k in range(times_s.shape[0] - 1):
        from_s, span_s = times_s[k], times_s[k + 1] - times_s[k]
        if from_s >= high_s or times_s[k + 1] <= low_s:
            continue
        last_m2 = write_relative_m2(one, other, k, rel, span_s)
        square_m2 = rel[0] * rel[0] + rel[1] * rel[1] + rel[2] * rel[2]
        across = rel[0] * rel[3] + rel[1] * rel[4] + rel[2] * rel[5]
        speed2 = rel[3] * rel[3] + rel[4] * rel[4] + rel[5] * rel[5]
        limit_m2 = level_m * level_m
        part = disc_s(square_m2, across, speed2, last_m2, limit_m2, span_s)
        start_s, stop_s = max(from_s + part[0], low_s), min(from_s + part[1], high_s)
        if not (part[0] < part[1] and start_s < stop_s):
            continue
        near_s = from_s - across / (speed2 if speed2 > 0.0 else 1.0)
        near_s = min(max(near_s, start_s), stop_s)
        x = rel[0] + rel[3] * (near_s - from_s)
        y = rel[1] + rel[4] * (near_s - from_s)
        z = rel[2] + rel[5] * (near_s - from_s)
        near_m2 = x * x + y * y + z * z
        out[0], out[1] = min(out[0], start_s), max(out[1], stop_s)
        if near_m2 < out[2]:
            out[2], out[3] = near_m2, near_s
    if out[0] == math.inf:
        return False
    write_vertical(first_m, climb_mps, out)
    out[6], out[7] = minima_m
    return True


@njit(cache=True, nogil=True)
def write_vertical(first_m: float, climb_mps: float, out: Floats) -> None:
    """Turn the least square into a distance and write the vertical ones."""
    out[2] = arc_of_m(math.sqrt(out[2]))
    out[4] = abs(first_m + climb_mps * out[3])
    begin_m, end_m = first_m + climb_mps * out[0], first_m + climb_mps * out[1]
    crosses = (begin_m < 0.0) != (end_m < 0.0)
    out[5] = 0.0 if crosses else min(abs(begin_m), abs(end_m))


@njit(cache=True, nogil=True)
def may_lose(
    motion: Floats, i: int, j: int, ages: tuple[float, float], when_s: tuple[float, float],
    level_m: float,
) -> bool:  # fmt: skip
    """Return whether two may come that near at such a time: no bound excludes it.

    As `prediction._may_lose`, from each state's own time: on its tangent an aircraft leaves its
    geodesic by at most v² t² / 2 R, and a chord is never longer than the surface distance.
    """
    one_s, other_s = ages
    dx = motion[j, X] + motion[j, VX] * other_s - (motion[i, X] + motion[i, VX] * one_s)
    dy = motion[j, Y] + motion[j, VY] * other_s - (motion[i, Y] + motion[i, VY] * one_s)
    dz = motion[j, Z] + motion[j, VZ] * other_s - (motion[i, Z] + motion[i, VZ] * one_s)
    vx = motion[j, VX] - motion[i, VX]
    vy = motion[j, VY] - motion[i, VY]
    vz = motion[j, VZ] - motion[i, VZ]
    speed2 = vx * vx + vy * vy + vz * vz
    low_s, end_s = when_s
    at_s = low_s
    if speed2 > 0.0:
        at_s = min(max(-(dx * vx + dy * vy + dz * vz) / speed2, low_s), end_s)
    dx, dy, dz = dx + vx * at_s, dy + vy * at_s, dz + vz * at_s
    one_m = motion[i, SPEED] * (end_s + one_s)
    other_m = motion[j, SPEED] * (end_s + other_s)
    bends_m = 0.5 * (one_m * one_m + other_m * other_m) / _LEAST_RADIUS_M
    reach_m = level_m + bends_m + _FILTER_MARGIN_M
    near: bool = dx * dx + dy * dy + dz * dz < reach_m * reach_m
    return near


@njit(cache=True, nogil=True)
def scan(
    places: Singles, count: int, i: int, reach: tuple[float, float], flags: Flags, words: Words,
    near: Ints,
) -> int:  # fmt: skip
    """Return how many rows straight flight could bring near, written to `near`, lowest first.

    `places`: (4, rows), x, y, z and speed of all aircraft, each in a row: read in order of memory.
    `reach`: the minimum with the own way in metres, and the seconds in which each other adds its
    way. The first loop has no branch, so that the compiler takes several rows at once; `words` are
    the same bytes as `flags`, eight at a time.
    """
    # Four bytes a number hold a place within half a metre; the margin is wider than that.
    base_m = np.float32(reach[0] * (1.0 + _FLOAT32_SHARE) + _FLOAT32_MARGIN_M)
    horizon_s = np.float32(reach[1] * (1.0 + _FLOAT32_SHARE))
    x, y, z, speed = places[0], places[1], places[2], places[3]
    xi, yi, zi = x[i], y[i], z[i]
    for j in range(count):
        reach_m = base_m + speed[j] * horizon_s
        dx, dy, dz = x[j] - xi, y[j] - yi, z[j] - zi
        flags[j] = dx * dx + dy * dy + dz * dz <= reach_m * reach_m
    found = 0
    for word in range((count + 7) // 8):
        if words[word] != 0:
            for j in range(8 * word, min(8 * word + 8, count)):
                if flags[j] != 0:
                    near[found] = j
                    found += 1
    return found


@njit(cache=True, nogil=True)
def age_of_s(marks: Ints, row: int, now_us: int) -> float:
    """Return how old a state is; one from the future is as of now, never flown backwards."""
    age_s: float = max(now_us - marks[row, AT_US], 0) * MICROSECOND_S
    return age_s


@njit(cache=True, nogil=True)
def losses_with(
    motion: Floats, marks: Ints, pair: tuple[int, int], ages: tuple[float, float], times_s: Floats,
    minima_m: Floats, nodes: Floats, rel: Floats, numbers: Floats, found: Ints, total: int,
) -> int:  # fmt: skip
    """Return `total` and the losses of one pair by each rule; those that fit are written."""
    i, j = pair
    age_s, other_s = ages
    end_s = times_s[-1]
    compared = 1 if marks[i, DATUM] == marks[j, DATUM] else 0
    climb_mps = motion[j, UP] - motion[i, UP]
    apart_m = (motion[j, ALT] + motion[j, UP] * other_s) - (motion[i, ALT] + motion[i, UP] * age_s)
    ready = False
    for rule in range(minima_m.shape[0]):
        level_m = minima_m[rule, 0, marks[i, GROUP], marks[j, GROUP]]
        high_m = minima_m[rule, 1, marks[i, GROUP], marks[j, GROUP]]
        if not (level_m > 0.0 and high_m > 0.0):
            continue
        when_s = (0.0, end_s)
        if compared:
            when_s = band_s(apart_m, climb_mps, high_m - TOLERANCE_M, end_s)
        if not (when_s[0] < when_s[1] and may_lose(motion, i, j, ages, when_s, level_m)):
            continue
        if not ready:
            write_nodes(motion, j, other_s, times_s, nodes[1])
            ready = True
        place = min(total, numbers.shape[0] - 1)
        if loss_of_pair(
            nodes[0], nodes[1], times_s, (apart_m, climb_mps), (level_m, high_m), compared, rel,
            numbers[place],
        ):  # fmt: skip
            found[place, 0], found[place, 1], found[place, 2] = j, rule, compared
            total += 1
    return total


@njit(cache=True, nogil=True)
def conflicts_of_row(
    motion: Floats, marks: Ints, places: Singles, count: int, i: int, now_us: int, stale_s: float,
    times_s: Floats, minima_m: Floats, widest_m: Floats, flags: Flags, words: Words, near: Ints,
    nodes: Floats, numbers: Floats, found: Ints,
) -> int:  # fmt: skip
    """Return how many losses there are of one aircraft; all are written if they fit.

    `motion` is (rows, COLUMNS), `marks` (rows, MARKS) and `places` (4, rows), of which `count` rows
    are used; `times_s` the slice ends from 0 to the lookahead; `minima_m` (limbs, 2, groups,
    groups) and `widest_m` (groups,) metres. Room for what is found on the way: `flags`, `words` and
    `near`, see `scan`, `nodes` (2, slice ends, 3). Found are `numbers` (k, 8) and `found` (k, 3);
    where there are more than k losses, the last of them is worth nothing.
    """
    age_s = age_of_s(marks, i, now_us)
    if marks[i, FLOWN] == 0 or age_s > stale_s:
        return 0
    end_s = times_s[-1]
    group_widest_m = widest_m[marks[i, GROUP]]
    if group_widest_m <= 0.0:
        return 0
    base_m = group_widest_m + motion[i, SPEED] * (end_s + age_s) + _FILTER_MARGIN_M
    near_count = scan(places, count, i, (base_m, end_s + stale_s), flags, words, near)
    write_nodes(motion, i, age_s, times_s, nodes[0])
    rel = np.empty(6)
    total = 0
    for place in range(near_count):
        j = near[place]
        other_s = age_of_s(marks, j, now_us)
        if j == i or marks[j, FLOWN] == 0 or other_s > stale_s:
            continue
        total = losses_with(
            motion, marks, (i, j), (age_s, other_s), times_s, minima_m, nodes, rel, numbers, found,
            total,
        )  # fmt: skip
    return total
