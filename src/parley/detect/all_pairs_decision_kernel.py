"""The compiled decision of `all_pairs` about one pair: from when to when it is inside, how close.

Here: relative motion that is linear per leg, in; the numbers of `PREDICTION`, out. `prediction` has
the same arithmetic, operation by operation, so that each number has the same bits as its own. Never
here: how aircraft move, which pairs are tried.

A rule is told as one or two *limbs*: a pair is inside a limb when horizontal < its radius and
vertical < its half height. A plane of minima that asks for one distance of two is one limb; one
that asks for both is two (see `minima_table`), and its end is the end of its last limb.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from parley.detect.legs import MEAN_RADIUS_M

Floats = NDArray[np.float64]
Limbs = tuple[NDArray[np.int32], Floats, Floats, NDArray[np.int64], Floats, Floats]
"""Group of each aircraft; radius and half height, (limb, g, g), what they must be less than; plane
of each limb; the plane's minima as agreed, horizontal and vertical, (plane, g, g)."""

LEG_FIELDS = 11
"""Of a leg: begin, span; place (3) and rate (3) then, squared place and end, and rate times place.
The squared rate follows from the rate."""


@njit(cache=True, nogil=True, error_model="numpy")
def band_s(first_m: float, climb_mps: float, limit_m: float, end_s: float) -> tuple[float, float]:
    """Return from when to when a linear height difference is less than the limit; else (0, 0)."""
    if not limit_m > 0.0:
        return 0.0, 0.0
    begins = abs(first_m) < limit_m
    ends = abs(first_m + climb_mps * end_s) < limit_m
    # A climb too slow to matter would overflow the division; in 1e9 seconds it is out of any range.
    moves = abs(climb_mps) > 1e-9
    if not ((begins and ends) or moves):
        return 0.0, 0.0
    divisor_mps = climb_mps if moves else 1.0
    one_s = min(max((limit_m - first_m) / divisor_mps, -1e12), 1e12)
    other_s = min(max((-limit_m - first_m) / divisor_mps, -1e12), 1e12)
    low_s = 0.0 if begins else max(min(one_s, other_s), 0.0)
    high_s = end_s if ends else min(max(one_s, other_s), end_s)
    return low_s, high_s if low_s < high_s else 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def disc_s(
    square_m2: float,
    last_m2: float,
    across_m2ps: float,
    speed_m2ps2: float,
    limit_m2: float,
    span_s: float,
) -> tuple[float, float]:
    """Return the part of a leg in which the difference is shorter than the limit, else (0, 0).

    The squared length is convex, so that inside at both ends is inside throughout, and there is
    never more than one part.
    """
    begins = square_m2 < limit_m2
    ends = last_m2 < limit_m2
    excess_m2 = square_m2 - limit_m2
    root2 = across_m2ps * across_m2ps - speed_m2ps2 * excess_m2
    meets = root2 > 0.0 and speed_m2ps2 > 0.0
    if not ((begins and ends) or meets):
        return 0.0, 0.0
    # The form that never subtracts two near-equal numbers (Press et al., Numerical Recipes 5.6).
    half = -across_m2ps - math.copysign(math.sqrt(root2 if meets else 0.0), across_m2ps)
    one_s = half / (speed_m2ps2 if meets else 1.0)
    other_s = excess_m2 / half if half != 0.0 else one_s
    low_s = 0.0 if begins else max(min(one_s, other_s), 0.0)
    high_s = span_s if ends else min(max(one_s, other_s), span_s)
    return low_s, high_s if low_s < high_s else 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def inside_limb(
    legs: Floats, count: int, limit_m: float, band: tuple[float, float], found: Floats
) -> None:
    """Widen `found` (loss, end, least squared distance, when) by what the legs lie inside a limb.

    `limit_m` is the radius, `band` from when to when the pair is inside the half height.
    """
    limit_m2 = limit_m * limit_m
    for k in range(count):
        begin_s, span_s = legs[k, 0], legs[k, 1]
        u, v, w = legs[k, 5], legs[k, 6], legs[k, 7]
        speed_m2ps2 = u * u + v * v + w * w
        low_s, high_s = disc_s(legs[k, 8], legs[k, 9], legs[k, 10], speed_m2ps2, limit_m2, span_s)
        start_s, stop_s = max(begin_s + low_s, band[0]), min(begin_s + high_s, band[1])
        if not (low_s < high_s and start_s < stop_s):
            continue
        near_s = -legs[k, 10] / (speed_m2ps2 if speed_m2ps2 > 0.0 else 1.0)
        near_s = min(max(begin_s + near_s, start_s), stop_s)
        since_s = near_s - begin_s
        x, y, z = legs[k, 2] + u * since_s, legs[k, 3] + v * since_s, legs[k, 4] + w * since_s
        square_m2 = x * x + y * y + z * z
        found[0], found[1] = min(found[0], start_s), max(found[1], stop_s)
        if square_m2 < found[2]:
            found[2], found[3] = square_m2, near_s


@njit(cache=True, nogil=True, error_model="numpy")
def arc_m(chord_m: float) -> float:
    """Return the arc of a chord of the mean earth, as `states.arc_m` computes it."""
    half = chord_m / (2.0 * MEAN_RADIUS_M)
    square = half * half
    series = 1.0 + square * (1.0 / 6.0 + square * (3.0 / 40.0 + square * (15.0 / 336.0)))
    return chord_m * series


@njit(cache=True, nogil=True, error_model="numpy")
def decide(
    legs: Floats,
    count: int,
    heights: tuple[float, float],
    end_s: float,
    one: int,
    other: int,
    limbs: Limbs,
    found: Floats,
    rows: Floats,
    at: int,
) -> int:
    """Write the numbers of one pair and return the plane that it loses first, -1 if none.

    `heights` are the difference of altitudes and its rate; `found` is scratch. Row `at` becomes
    loss, end, least distance (of the legs, not yet an arc), when, vertical then, least vertical,
    minima of the plane.
    """
    group, radius_m, half_height_m, plane_of, horizontal_m, vertical_m = limbs
    chosen, plane_now = -1, -1
    i, j = group[one], group[other]
    found[0] = rows[at, 0] = math.inf
    for limb in range(plane_of.shape[0] + 1):
        ended = limb == plane_of.shape[0]
        if ended or plane_of[limb] != plane_now:
            if found[0] < rows[at, 0]:
                rows[at, 0], rows[at, 1] = found[0], found[1]
                rows[at, 2], rows[at, 3] = math.sqrt(found[2]), found[3]
                chosen = plane_now
            if ended:
                break
            plane_now = int(plane_of[limb])
            found[0], found[1], found[2], found[3] = math.inf, -math.inf, math.inf, 0.0
        if radius_m[limb, i, j] > 0.0:
            band = band_s(heights[0], heights[1], half_height_m[limb, i, j], end_s)
            if band[0] < band[1]:
                inside_limb(legs, count, radius_m[limb, i, j], band, found)
    if chosen >= 0:
        rows[at, 6], rows[at, 7] = horizontal_m[chosen, i, j], vertical_m[chosen, i, j]
        rows[at, 4] = abs(heights[0] + heights[1] * rows[at, 3])
        begin_m = heights[0] + heights[1] * rows[at, 0]
        end_m = heights[0] + heights[1] * rows[at, 1]
        crosses = (begin_m < 0.0) != (end_m < 0.0)
        rows[at, 5] = 0.0 if crosses else min(abs(begin_m), abs(end_m))
    return chosen
