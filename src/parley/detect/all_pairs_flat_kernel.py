"""The compiled motion on the flat earth of `all_pairs`: one plane per pair, as BlueSky has it.

Here: equirectangular geometry, x = R dlon cos(mean latitude), y = R dlat, R = 6,371,000 m, straight
motion in it; arrays in, arrays out. `all_pairs` says what that geometry is worth (wrong by up to
500 m over five minutes at 60 degrees): it is here to be compared with, and for traffic of one city.
The definition of `blueskys` is that of BlueSky's `cstatebased` (MIT): every comparison and its
strictness is meant to be the same, what it leaves out included.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from parley.detect.all_pairs_decision_kernel import LEG_FIELDS, Limbs, decide
from parley.detect.all_pairs_wgs84_kernel import RAD_PER_DEG, is_flown

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Ints = NDArray[np.int32]
Columns = tuple[Floats, Floats, Floats, Floats, Floats, Floats]

FLAT_RADIUS_M = 6_371_000.0
STILL_MPS = 1e-6
"""BlueSky takes a climb no faster than this for none."""


@njit(cache=True, nogil=True, error_model="numpy")
def records(
    columns: Columns, middle_deg: Floats, rank: NDArray[np.int8], out: Singles
) -> tuple[float, float, float, float]:
    """Write what the sieve reads of each aircraft; return the most of four measures.

    They are: distance along one axis from `middle_deg`, squared speed, altitude and climb, all of
    them without sign. The rank of a state that was not flown becomes -1, that of others 0.
    """
    far_m, fast_m2ps2, high_m, climb_mps = 0.0, 0.0, 0.0, 0.0
    for one in range(out.shape[0]):
        if not is_flown(columns[3][one], columns[4][one], columns[5][one]):
            rank[one] = -1
            continue
        rank[one] = 0
        x_m = FLAT_RADIUS_M * RAD_PER_DEG * (columns[1][one] - middle_deg[1])
        y_m = FLAT_RADIUS_M * RAD_PER_DEG * (columns[0][one] - middle_deg[0])
        out[one, 0], out[one, 1] = x_m, y_m
        out[one, 2] = math.cos(columns[0][one] * RAD_PER_DEG)
        out[one, 3], out[one, 4], out[one, 5] = columns[3][one], columns[4][one], 0.0
        out[one, 6], out[one, 7] = columns[2][one], columns[5][one]
        far_m = max(far_m, abs(x_m), abs(y_m))
        fast_m2ps2 = max(fast_m2ps2, columns[3][one] ** 2 + columns[4][one] ** 2)
        high_m = max(high_m, abs(columns[2][one]))
        climb_mps = max(climb_mps, abs(columns[5][one]))
    return far_m, fast_m2ps2, high_m, climb_mps


@njit(cache=True, nogil=True, error_model="numpy")
def bins(
    columns: Columns,
    records: Singles,
    rank: NDArray[np.int8],
    at_s: float,
    round_rad: float,
    lat: Singles,
    lon: Singles,
) -> tuple[float, float]:
    """Write where each aircraft is at `at_s`, in radians by its own cosine; return the ends.

    `round_rad` is the way round, after which the meridians begin again, inf if they do not.
    """
    low, high = math.inf, -math.inf
    for one in range(lat.shape[0]):
        if rank[one] < 0:
            continue
        lat_rad = columns[0][one] * RAD_PER_DEG + columns[4][one] * at_s / FLAT_RADIUS_M
        cosine = max(np.float64(records[one, 2]), 1e-9)
        lon_rad = columns[1][one] * RAD_PER_DEG + columns[3][one] * at_s / FLAT_RADIUS_M / cosine
        lat[one] = lat_rad
        if round_rad < math.inf:
            lon_rad -= round_rad * math.floor(lon_rad / round_rad + 0.5)
        # Beyond this only poles are, and there a row is searched whole.
        lon[one] = min(max(lon_rad, -7.0), 7.0)
        low, high = min(low, lat_rad), max(high, lat_rad)
    return low, high


@njit(cache=True, nogil=True, error_model="numpy")
def decide_all(
    columns: Columns,
    pairs: Ints,
    end_s: float,
    slice_s: tuple[float, float],
    limbs: Limbs,
    rows: tuple[Ints, Floats, Ints],
) -> int:
    """Write the rows of those pairs that lose separation from within the slice; return how many.

    `rows` are pair, numbers and plane. The shorter way round in longitude counts. A slice owns the
    losses from its begin to before its end.
    """
    lat_deg, lon_deg, alt_m, east_mps, north_mps, up_mps = columns
    found_pairs, numbers, planes = rows
    leg, found = np.empty((1, LEG_FIELDS)), np.empty(4)
    made = 0
    for k in range(pairs.shape[0]):
        i, j = pairs[k, 0], pairs[k, 1]
        turn_deg = lon_deg[j] - lon_deg[i]
        if turn_deg > 180.0:
            turn_deg -= 360.0
        elif turn_deg < -180.0:
            turn_deg += 360.0
        middle_rad = 0.5 * (lat_deg[i] + lat_deg[j]) * RAD_PER_DEG
        x = FLAT_RADIUS_M * (turn_deg * RAD_PER_DEG) * math.cos(middle_rad)
        y = FLAT_RADIUS_M * ((lat_deg[j] - lat_deg[i]) * RAD_PER_DEG)
        u, v = east_mps[j] - east_mps[i], north_mps[j] - north_mps[i]
        last_x, last_y = x + u * end_s, y + v * end_s
        leg[0, 0], leg[0, 1], leg[0, 2], leg[0, 3], leg[0, 4] = 0.0, end_s, x, y, 0.0
        leg[0, 5], leg[0, 6], leg[0, 7] = u, v, 0.0
        leg[0, 8], leg[0, 9] = x * x + y * y, last_x * last_x + last_y * last_y
        leg[0, 10] = x * u + y * v
        heights = alt_m[j] - alt_m[i], up_mps[j] - up_mps[i]
        plane = decide(leg, 1, heights, end_s, i, j, limbs, found, numbers, made)
        if plane >= 0 and slice_s[0] <= numbers[made, 0] < slice_s[1]:
            found_pairs[made, 0], found_pairs[made, 1], planes[made] = i, j, plane
            made += 1
    return made


# --- BlueSky's own definition --------------------------------------------------------------------


@njit(cache=True, nogil=True, error_model="numpy")
def blueskys_vertical_s(
    apart_m: float, climb_mps: float, minimum_m: float, end_s: float
) -> tuple[float, float]:
    """Return from when to when two are within the vertical minimum; from inf where they are not."""
    if abs(climb_mps) > STILL_MPS:
        one_s, other_s = (apart_m + minimum_m) / -climb_mps, (apart_m - minimum_m) / -climb_mps
        low_s, high_s = max(0.0, min(one_s, other_s)), max(one_s, other_s)
        return low_s if low_s <= end_s and high_s > 0.0 else math.inf, high_s
    return 0.0 if abs(apart_m) < minimum_m else math.inf, 1e4


@njit(cache=True, nogil=True, error_model="numpy")
def blueskys_level_s(
    x_m: float, y_m: float, u_mps: float, v_mps: float, minimum_m: float
) -> tuple[float, float]:
    """Return from when to when two are within the horizontal minimum; from inf where never.

    Two with the same velocity never are, however near: it divides by their relative speed.
    """
    square = x_m * x_m + y_m * y_m
    closing, speed = u_mps * x_m + v_mps * y_m, u_mps * u_mps + v_mps * v_mps
    if speed == 0.0 or (closing < 0.0 and not math.sqrt(square) < minimum_m):
        return math.inf, 0.0
    nearest_s = closing / speed
    half_s = math.sqrt(max(minimum_m * minimum_m - (square - closing * nearest_s), 0.0) / speed)
    return nearest_s - half_s, nearest_s + half_s


@njit(cache=True, nogil=True, error_model="numpy")
def blueskys(
    columns: Columns,
    pairs: Ints,
    minima: tuple[float, float],
    end_s: float,
    slice_s: tuple[float, float],
    found: Ints,
    loss_s: Floats,
) -> int:
    """Write the pairs that BlueSky has in conflict, begun within the slice; return how many."""
    lat_deg, lon_deg, alt_m, east_mps, north_mps, up_mps = columns
    made = 0
    for k in range(pairs.shape[0]):
        i, j = pairs[k, 0], pairs[k, 1]
        up_m, climb_mps = alt_m[i] - alt_m[j], up_mps[i] - up_mps[j]
        high = blueskys_vertical_s(up_m, climb_mps, minima[1], end_s)
        if high[0] == math.inf:
            continue
        lat_i, lat_j = lat_deg[i] * RAD_PER_DEG, lat_deg[j] * RAD_PER_DEG
        turn = lon_deg[j] * RAD_PER_DEG - lon_deg[i] * RAD_PER_DEG
        x = FLAT_RADIUS_M * (turn * math.cos(0.5 * (lat_i + lat_j)))
        y = FLAT_RADIUS_M * (lat_j - lat_i)
        u, v = east_mps[i] - east_mps[j], north_mps[i] - north_mps[j]
        near = blueskys_level_s(x, y, u, v, minima[0])
        low_s, high_s = max(high[0], near[0]), min(high[1], near[1])
        if not (low_s <= end_s and low_s < high_s and high_s > 0.0):
            continue
        at_s = max(low_s, 0.0)
        if slice_s[0] <= at_s < slice_s[1]:
            found[made, 0], found[made, 1] = i, j
            loss_s[made] = at_s
            made += 1
    return made
