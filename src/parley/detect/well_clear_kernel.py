"""The compiled inner loops of `well_clear`, imported only when needed: numba starts slowly.

Here: columns of relative motion in, or of both states, and columns out; no objects, no text. What a
volume means and why these formulas are right is stated in `well_clear`; `well_clear_plain` is the
slow twin. Both entries mark by the same questions and solve by the same loop: same bits.

Rules of this file: fastmath stays off and nothing runs in parallel. Pairs go through in blocks that
stay in the first cache, in loops without a branch, which the compiler turns into vector
instructions; those round like scalar ones, so that the bits are the same on every processor. Cheap
questions come first: a pair whose vertical or horizontal answer is no without a division or a root
goes no further. (Measured against solving for every pair: a third less time on traffic, the same
where every fourth pair is left.) Columns are cut into blocks before the loop, so that it counts
from 0: with an offset inside, the compiler must think of negative rows, and reads half as fast. A
number is divided by zero on purpose where the pair does not move: the infinite or undefined
quotient loses every comparison that follows, as stated there.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Columns = tuple[Floats, Floats, Floats, Floats, Floats, Floats]
"""East, north and up in metres, then in m/s: of one aircraft, or intruder minus ownship."""
Limits = tuple[float, float, float, float, float]
"""DTHR squared in m², then ZTHR in m, TTHR, TCOA and vertical modified tau in s."""

BLOCK = 1024
"""Pairs at a time: twelve columns of them are 96 KiB, well within the second cache."""
PLACES_MAX_M, SPEEDS_MAX_MPS = 1e8, 1e5
"""What the sizes of two states' numbers may add up to: the limits of `well_clear`, as constants."""
STILL_M2PS2 = 1e-200
"""Relative speeds below 1e-100 m/s are none: squares of smaller ones lose their digits."""
TAUMOD, TCPA, TEP, CYLINDER = 0, 1, 2, 3


@njit(cache=True, nogil=True)
def first_beyond(column: Floats, limit_quantity: float) -> int:
    """Return the first row whose number is not within the limit either way, or -1; NaN is not."""
    found = False
    for row in range(column.shape[0]):
        found |= not abs(column[row]) <= limit_quantity
    if found:
        for row in range(column.shape[0]):
            if not abs(column[row]) <= limit_quantity:
                return row
    return -1


@njit(cache=True, nogil=True)
def first_apart(one: Floats, other: Floats, limit_quantity: float) -> int:
    """Return the first row whose two sizes add up to more than the limit, or -1; NaN always does.

    Where they do not, each of the two and their difference is within the limit as well.
    """
    for row in range(one.shape[0]):
        if not abs(one[row]) + abs(other[row]) <= limit_quantity:
            return row
    return -1


@njit(cache=True, nogil=True, error_model="numpy")
def _high(up_m: float, up_mps: float, limits: Limits, end_s: float) -> bool:
    """Return whether a pair is within the volume vertically at some time in [0, end].

    Nothing is left open: the height difference, counted as rising, reaches the entry plane by the
    end and is not yet above the exit plane.
    """
    _, height_m, _, coaltitude_s, vertical_s = limits
    climb = abs(up_mps)
    rising = up_m if up_mps >= 0.0 else -up_m
    early, late = climb * coaltitude_s, height_m + climb * vertical_s
    entry = early if early > late else late
    return (rising <= height_m) & (rising + climb * end_s >= -entry)


@njit(cache=True, nogil=True, error_model="numpy")
def _level(
    east_m: float, north_m: float, east_mps: float, north_mps: float, square_m2: float
) -> bool:
    """Return whether a pair is within the distance, or on a course in: no division, no time."""
    across = east_m * east_mps + north_m * north_mps
    turn = east_m * north_mps - north_m * east_mps
    return (east_m * east_m + north_m * north_m <= square_m2) | (
        (across < 0.0) & (square_m2 * (east_mps * east_mps + north_mps * north_mps) >= turn * turn)
    )


@njit(cache=True, nogil=True, error_model="numpy")
def _mark(
    columns: Columns, first: int, last: int, limits: Limits, end_s: float, flag: Ints
) -> None:
    """Write 1 where a pair may be in violation in [0, end], as far as can be told undivided."""
    x, y, z, u, v, w = columns
    x, y, z = x[first:last], y[first:last], z[first:last]
    u, v, w = u[first:last], v[first:last], w[first:last]
    square_m2 = limits[0]
    for i in range(x.shape[0]):
        level = _level(x[i], y[i], u[i], v[i], square_m2)
        flag[i] = 1 if level & _high(z[i], w[i], limits, end_s) else 0


@njit(cache=True, nogil=True, error_model="numpy")
def _mark_high(
    own: Columns, other: Columns, first: int, last: int, limits: Limits, end_s: float, flag: Ints
) -> bool:
    """Write 1 where two states may be in violation vertically; return whether one is no state."""
    za, wa = own[2][first:last], own[5][first:last]
    zb, wb = other[2][first:last], other[5][first:last]
    bad = False
    for i in range(za.shape[0]):
        bad |= not abs(za[i]) + abs(zb[i]) <= PLACES_MAX_M
        bad |= not abs(wa[i]) + abs(wb[i]) <= SPEEDS_MAX_MPS
        flag[i] = 1 if _high(zb[i] - za[i], wb[i] - wa[i], limits, end_s) else 0
    return bad


@njit(cache=True, nogil=True, error_model="numpy")
def _mark_level(
    own: Columns, other: Columns, first: int, last: int, square_m2: float, flag: Ints
) -> bool:
    """Leave 1 where two states may be so horizontally too; return whether one is no state.

    It is a second loop because the compiler does not vectorise one with thirteen columns.
    """
    xa, ya, ua, va = own[0][first:last], own[1][first:last], own[3][first:last], own[4][first:last]
    xb, yb = other[0][first:last], other[1][first:last]
    ub, vb = other[3][first:last], other[4][first:last]
    bad = False
    for i in range(xa.shape[0]):
        bad |= not abs(xa[i]) + abs(xb[i]) <= PLACES_MAX_M
        bad |= not abs(ya[i]) + abs(yb[i]) <= PLACES_MAX_M
        bad |= not abs(ua[i]) + abs(ub[i]) <= SPEEDS_MAX_MPS
        bad |= not abs(va[i]) + abs(vb[i]) <= SPEEDS_MAX_MPS
        level = _level(xb[i] - xa[i], yb[i] - ya[i], ub[i] - ua[i], vb[i] - va[i], square_m2)
        flag[i] = flag[i] if level else 0
    return bad


@njit(cache=True, nogil=True)
def _list(flag: Ints, count: int, keep: Ints) -> int:
    """Return how many pairs of a block are marked; write their places. Eight that are not: skip."""
    made = 0
    whole = count - count % 8
    for i in range(0, whole, 8):
        if (
            flag[i] | flag[i + 1] | flag[i + 2] | flag[i + 3]
            | flag[i + 4] | flag[i + 5] | flag[i + 6] | flag[i + 7]
        ):  # fmt: skip
            for j in range(i, i + 8):
                keep[made] = j
                made += flag[j]
    for j in range(whole, count):
        keep[made] = j
        made += flag[j]
    return made


@njit(cache=True, nogil=True)
def _fetch(columns: Columns, first: int, keep: Ints, made: int, work: Floats) -> None:
    """Write the motions of the marked pairs side by side."""
    x, y, z, u, v, w = columns
    for k in range(made):
        i = first + keep[k]
        work[k] = x[i]
        work[BLOCK + k] = y[i]
        work[2 * BLOCK + k] = z[i]
        work[3 * BLOCK + k] = u[i]
        work[4 * BLOCK + k] = v[i]
        work[5 * BLOCK + k] = w[i]


@njit(cache=True, nogil=True)
def _fetch_apart(
    own: Columns, other: Columns, first: int, keep: Ints, made: int, work: Floats
) -> None:
    """Write what the other states of the marked pairs are beyond the own ones, side by side."""
    xa, ya, za, ua, va, wa = own
    xb, yb, zb, ub, vb, wb = other
    for k in range(made):
        i = first + keep[k]
        work[k] = xb[i] - xa[i]
        work[BLOCK + k] = yb[i] - ya[i]
        work[2 * BLOCK + k] = zb[i] - za[i]
        work[3 * BLOCK + k] = ub[i] - ua[i]
        work[4 * BLOCK + k] = vb[i] - va[i]
        work[5 * BLOCK + k] = wb[i] - wa[i]


@njit(cache=True, nogil=True, error_model="numpy")
def _solve(work: Floats, count: int, limits: Limits, kind: int, end_s: float) -> None:
    """Write begin and end of violation of each gathered pair, (inf, -inf) where there is none."""
    square_m2, height_m, tau_s, coaltitude_s, vertical_s = limits
    half_s = 0.5 * tau_s
    for i in range(count):
        sx, sy, sz = work[i], work[BLOCK + i], work[2 * BLOCK + i]
        vx, vy, vz = work[3 * BLOCK + i], work[4 * BLOCK + i], work[5 * BLOCK + i]
        across = sx * vx + sy * vy
        speed = vx * vx + vy * vy
        turn = sx * vy - sy * vx
        room = square_m2 * speed - turn * turn
        moving = speed > STILL_M2PS2
        per_speed = 1.0 / speed
        nearest_s = -across * per_speed
        chord_s = math.sqrt(room if room > 0.0 else 0.0) * per_speed
        lead_s = half_s + math.sqrt(half_s * half_s + chord_s * chord_s)
        longer_s = chord_s if chord_s > tau_s else tau_s
        lead_s = longer_s if kind == TCPA else lead_s
        lead_s = chord_s + tau_s if kind == TEP else lead_s
        comes = (across < 0.0) & (room >= 0.0) & moving
        in_s = nearest_s - lead_s if comes else np.inf
        in_s = 0.0 if sx * sx + sy * sy <= square_m2 else in_s
        out_s = nearest_s + chord_s if moving else np.inf
        climb = abs(vz)
        rising = sz if vz >= 0.0 else -sz
        early, late = climb * coaltitude_s, height_m + climb * vertical_s
        entry = early if early > late else late
        per_climb = 1.0 / climb
        # Without vertical motion these are infinite, or undefined on the plane itself: an undefined
        # one is neither later than the beginning nor earlier than the end, and changes nothing.
        high_in_s = (-entry - rising) * per_climb
        high_out_s = (height_m - rising) * per_climb
        in_s = in_s if in_s > 0.0 else 0.0
        in_s = high_in_s if high_in_s > in_s else in_s
        out_s = out_s if out_s < end_s else end_s
        out_s = high_out_s if high_out_s < out_s else out_s
        found = (in_s < out_s) | ((in_s == out_s) & (kind != CYLINDER))
        work[6 * BLOCK + i] = in_s if found else np.inf
        work[7 * BLOCK + i] = out_s if found else -np.inf


@njit(cache=True, nogil=True)
def _scatter(
    work: Floats, keep: Ints, made: int, first: int, count: int, in_s: Floats, out_s: Floats
) -> None:
    """Write the answers of one block: none, but for the gathered pairs."""
    for i in range(count):
        in_s[first + i] = np.inf
    for i in range(count):
        out_s[first + i] = -np.inf
    for k in range(made):
        in_s[first + keep[k]] = work[6 * BLOCK + k]
        out_s[first + keep[k]] = work[7 * BLOCK + k]


@njit(cache=True, nogil=True)
def intervals(
    columns: Columns,
    limits: Limits,
    kind: int,
    end_s: float,
    in_s: Floats,
    out_s: Floats,
) -> None:
    """Write when each pair's violation begins and ends within [0, end], (inf, -inf) for none."""
    pairs = columns[0].shape[0]
    work = np.empty(8 * BLOCK, dtype=np.float64)
    flag = np.empty(BLOCK, dtype=np.int64)
    keep = np.empty(BLOCK + 1, dtype=np.int64)
    for first in range(0, pairs, BLOCK):
        count = min(BLOCK, pairs - first)
        _mark(columns, first, first + count, limits, end_s, flag)
        made = _list(flag, count, keep)
        _fetch(columns, first, keep, made, work)
        _solve(work, made, limits, kind, end_s)
        _scatter(work, keep, made, first, count, in_s, out_s)


@njit(cache=True, nogil=True)
def violations(
    own: Columns,
    other: Columns,
    limits: Limits,
    kind: int,
    end_s: float,
    rows: Ints,
    in_s: Floats,
    out_s: Floats,
) -> int:
    """Return how many pairs of states have a violation in [0, end], -1 if a number is no state's.

    Writes their rows, rising, with begin and end; each column has room for all pairs, and only as
    much of it is touched as is found.
    """
    pairs = own[0].shape[0]
    work = np.empty(8 * BLOCK, dtype=np.float64)
    flag = np.empty(BLOCK, dtype=np.int64)
    keep = np.empty(BLOCK + 1, dtype=np.int64)
    found = 0
    for first in range(0, pairs, BLOCK):
        count = min(BLOCK, pairs - first)
        bad = _mark_high(own, other, first, first + count, limits, end_s, flag)
        bad |= _mark_level(own, other, first, first + count, limits[0], flag)
        if bad:
            return -1
        made = _list(flag, count, keep)
        _fetch_apart(own, other, first, keep, made, work)
        _solve(work, made, limits, kind, end_s)
        for k in range(made):
            rows[found] = first + keep[k]
            in_s[found] = work[6 * BLOCK + k]
            out_s[found] = work[7 * BLOCK + k]
            found += 1 if work[6 * BLOCK + k] <= work[7 * BLOCK + k] else 0
    return found
