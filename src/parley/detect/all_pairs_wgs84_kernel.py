"""The compiled motion on the ellipsoid of `all_pairs`, and its decision about a pair.

Here: the arithmetic of `states` and `prediction`, operation by operation, so that each number has
the same bits as theirs (a test holds the two together); arrays in, arrays out. Never here: which
pairs are tried. Rules of this file: fastmath stays off, nothing runs in parallel, sums and products
stand in the order in which `prediction` has them.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from parley.detect.all_pairs_decision_kernel import LEG_FIELDS, Limbs, arc_m, band_s, decide
from parley.detect.legs import SPEED_MAX_MPS, WGS84_A_M, WGS84_F
from parley.detect.states import WGS84_B_M

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Ints = NDArray[np.int32]
Columns = tuple[Floats, Floats, Floats, Floats, Floats, Floats]
"""Latitude, longitude, altitude, east, north, up: the columns of `States`."""

LANES = 8
LANE_1, LANE_2, LANE_3, LANE_4, LANE_5 = (np.uint64(k * LANES) for k in range(1, 6))
NODES_AT_ONCE = 6_144
"""Pairs are decided so many at a time that their aircraft's nodes stay in the second cache."""
RAD_PER_DEG = math.pi / 180.0
E2_FACTOR = WGS84_F * (2.0 - WGS84_F)
INVERSE_A2_PER_M2 = 1.0 / (WGS84_A_M * WGS84_A_M)
INVERSE_B2_PER_M2 = 1.0 / (WGS84_B_M * WGS84_B_M)


@njit(cache=True, nogil=True, error_model="numpy")
def is_flown(east_mps: float, north_mps: float, up_mps: float) -> bool:
    """Return whether a state is slow enough to have been flown, as `States.flown` says it."""
    if not max(abs(east_mps), abs(north_mps)) <= SPEED_MAX_MPS:
        return False
    fast = east_mps * east_mps + north_mps * north_mps > SPEED_MAX_MPS * SPEED_MAX_MPS
    return not fast and abs(up_mps) <= SPEED_MAX_MPS


@njit(cache=True, nogil=True, error_model="numpy")
def first_motion(columns: Columns, one: int, motion: Floats, at: int) -> None:
    """Write ECEF place and velocity of one aircraft into six rows of `motion`, column `at`."""
    lat_rad, lon_rad = columns[0][one] * RAD_PER_DEG, columns[1][one] * RAD_PER_DEG
    sin_lat, cos_lat = math.sin(lat_rad), math.cos(lat_rad)
    sin_lon, cos_lon = math.sin(lon_rad), math.cos(lon_rad)
    east_mps, north_mps = columns[3][one], columns[4][one]
    normal_m = WGS84_A_M / math.sqrt(1.0 - E2_FACTOR * sin_lat * sin_lat)
    flat_m = normal_m * cos_lat
    motion[0, at] = flat_m * cos_lon
    motion[1, at] = flat_m * sin_lon
    motion[2, at] = normal_m * (1.0 - E2_FACTOR) * sin_lat
    motion[3, at] = -sin_lon * east_mps + -sin_lat * cos_lon * north_mps
    motion[4, at] = cos_lon * east_mps + -sin_lat * sin_lon * north_mps
    motion[5, at] = 0.0 * east_mps + cos_lat * north_mps


@njit(cache=True, nogil=True, error_model="numpy")
def records(
    columns: Columns, middle_m: Floats, rank: NDArray[np.int8], out: Singles
) -> tuple[float, float, float, float]:
    """Write what the sieve reads of each aircraft; return the most of four measures.

    They are: distance along one axis from `middle_m`, squared speed, altitude and climb, all of
    them without sign. The rank of a state that was not flown becomes -1, that of others 0.
    """
    motion = np.empty((6, 1))
    far_m, fast_m2ps2, high_m, climb_mps = 0.0, 0.0, 0.0, 0.0
    for one in range(out.shape[0]):
        if not is_flown(columns[3][one], columns[4][one], columns[5][one]):
            rank[one] = -1
            continue
        rank[one] = 0
        first_motion(columns, one, motion, 0)
        speed = motion[3, 0] ** 2 + motion[4, 0] ** 2 + motion[5, 0] ** 2
        for axis in range(3):
            out[one, axis] = motion[axis, 0] - middle_m[axis]
            out[one, 3 + axis] = motion[3 + axis, 0]
            far_m = max(far_m, abs(motion[axis, 0] - middle_m[axis]))
        out[one, 6], out[one, 7] = columns[2][one], columns[5][one]
        fast_m2ps2 = max(fast_m2ps2, speed)
        high_m = max(high_m, abs(columns[2][one]))
        climb_mps = max(climb_mps, abs(columns[5][one]))
    return far_m, fast_m2ps2, high_m, climb_mps


@njit(cache=True, nogil=True, error_model="numpy")
def angle_rad(up_m: float, along_m: float) -> float:
    """Return atan2(up, along) within 5e-8: Abramowitz and Stegun 4.4.49, for bins only."""
    tall, wide = abs(up_m), abs(along_m)
    low, high = min(tall, wide), max(tall, wide)
    ratio = low / (high if high > 0.0 else 1.0)
    square = ratio * ratio
    sum_ratio = -0.0161657367 + square * 0.0028662257
    sum_ratio = 0.0429096138 + square * sum_ratio
    sum_ratio = -0.0752896400 + square * sum_ratio
    sum_ratio = 0.1065626393 + square * sum_ratio
    sum_ratio = -0.1420889944 + square * sum_ratio
    sum_ratio = 0.1999355085 + square * sum_ratio
    sum_ratio = -0.3333314528 + square * sum_ratio
    angle = ratio + ratio * square * sum_ratio
    angle = 0.5 * math.pi - angle if tall > wide else angle
    angle = math.pi - angle if along_m < 0.0 else angle
    return -angle if up_m < 0.0 else angle


@njit(cache=True, nogil=True, error_model="numpy")
def bins(
    records: Singles,
    rank: NDArray[np.int8],
    middle_m: Floats,
    at_s: float,
    lat: Singles,
    lon: Singles,
) -> tuple[float, float]:
    """Write where each aircraft stands on its straight line at `at_s`, in radians; return the ends.

    Latitude is that of the ellipsoid stretched along its axis by 1 / (1 - e2), which on its surface
    is the geodetic one: tan lat = z / (p (1 - e2)).
    """
    low, high = math.inf, -math.inf
    for one in range(lat.shape[0]):
        if rank[one] < 0:
            continue
        x = middle_m[0] + (records[one, 0] + records[one, 3] * at_s)
        y = middle_m[1] + (records[one, 1] + records[one, 4] * at_s)
        z = middle_m[2] + (records[one, 2] + records[one, 5] * at_s)
        lat_rad = angle_rad(z / (1.0 - E2_FACTOR), math.sqrt(x * x + y * y))
        lat[one] = lat_rad
        lon[one] = angle_rad(y, x)
        low, high = min(low, lat_rad), max(high, lat_rad)
    return low, high


# --- along the geodesic --------------------------------------------------------------------------


@njit(cache=True, nogil=True, error_model="numpy")
def turn_mps2(
    x_m: float, y_m: float, z_m: float, u_mps: float, v_mps: float, w_mps: float
) -> tuple[float, float, float]:
    """Return the acceleration of a geodesic at a place and velocity, as `states` has it."""
    gx, gy, gz = x_m * INVERSE_A2_PER_M2, y_m * INVERSE_A2_PER_M2, z_m * INVERSE_B2_PER_M2
    vx, vy, vz = u_mps * INVERSE_A2_PER_M2, v_mps * INVERSE_A2_PER_M2, w_mps * INVERSE_B2_PER_M2
    bend = (vx * u_mps + vy * v_mps + vz * w_mps) / (gx * gx + gy * gy + gz * gz)
    return -bend * gx, -bend * gy, -bend * gz


@njit(cache=True, nogil=True, error_model="numpy")
def step_lanes(motion: Floats, first: int, step_s: float) -> None:
    """Move `LANES` aircraft one step on, from `motion[first]`.

    Lanes lie side by side, six fields one after the other, so that the compiler moves several
    aircraft with one instruction; each number is the one that `states.step_ahead` has.
    """
    half_s, sixth_s = 0.5 * step_s, step_s / 6.0
    for lane in range(LANES):
        here = np.uint64(first + lane)
        x, y, z = motion[here], motion[here + LANE_1], motion[here + LANE_2]
        u, v, w = motion[here + LANE_3], motion[here + LANE_4], motion[here + LANE_5]
        ax, ay, az = turn_mps2(x, y, z, u, v, w)
        bu, bv, bw = u + half_s * ax, v + half_s * ay, w + half_s * az
        bx, by, bz = turn_mps2(x + half_s * u, y + half_s * v, z + half_s * w, bu, bv, bw)
        cu, cv, cw = u + half_s * bx, v + half_s * by, w + half_s * bz
        cx, cy, cz = turn_mps2(x + half_s * bu, y + half_s * bv, z + half_s * bw, cu, cv, cw)
        du, dv, dw = u + step_s * cx, v + step_s * cy, w + step_s * cz
        dx, dy, dz = turn_mps2(x + step_s * cu, y + step_s * cv, z + step_s * cw, du, dv, dw)
        x, y = x + sixth_s * (u + 2.0 * (bu + cu) + du), y + sixth_s * (v + 2.0 * (bv + cv) + dv)
        z += sixth_s * (w + 2.0 * (bw + cw) + dw)
        motion[here], motion[here + LANE_1], motion[here + LANE_2] = x, y, z
        motion[here + LANE_3] = u + sixth_s * (ax + 2.0 * (bx + cx) + dx)
        motion[here + LANE_4] = v + sixth_s * (ay + 2.0 * (by + cy) + dy)
        motion[here + LANE_5] = w + sixth_s * (az + 2.0 * (bz + cz) + dz)


@njit(cache=True, nogil=True, error_model="numpy")
def node_at(place: int, node: int, count: int) -> int:
    """Return where the x of a node of an aircraft lies in the nodes; y and z are lanes further."""
    return (place // LANES * count + node) * (3 * LANES) + place % LANES


@njit(cache=True, nogil=True, error_model="numpy")
def fly(
    columns: Columns,
    pairs: Ints,
    part: tuple[int, int],
    times_s: Floats,
    place_of: Ints,
    motion: Floats,
    nodes: Floats,
) -> None:
    """Write the nodes of the aircraft of some pairs, and the place of each among them.

    `place_of` is -1 before and after: `land` clears it.
    """
    count, many = 0, times_s.shape[0]
    first = np.empty((6, 1))
    for row in range(part[0], part[1]):
        for end in range(2):
            one = pairs[row, end]
            if place_of[one] < 0:
                place_of[one] = count
                first_motion(columns, one, first, 0)
                for field in range(6):
                    at = count // LANES * (6 * LANES) + field * LANES + count % LANES
                    motion[at] = first[field, 0]
                for axis in range(3):
                    nodes[node_at(count, 0, many) + axis * LANES] = first[axis, 0]
                count += 1
    for group in range((count + LANES - 1) // LANES):
        for node in range(1, many):
            step_s = times_s[node] - times_s[node - 1]
            at = node_at(group * LANES, node, many)
            step_lanes(motion, group * (6 * LANES), step_s)
            for number in range(3 * LANES):
                nodes[at + number] = motion[group * (6 * LANES) + number]


@njit(cache=True, nogil=True, error_model="numpy")
def land(pairs: Ints, part: tuple[int, int], place_of: Ints) -> None:
    """Forget the places of the aircraft of some pairs."""
    for row in range(part[0], part[1]):
        place_of[pairs[row, 0]] = -1
        place_of[pairs[row, 1]] = -1


# --- pairs ---------------------------------------------------------------------------------------


@njit(cache=True, nogil=True, error_model="numpy")
def is_far(nodes: Floats, a: int, b: int, a_next: int, b_next: int, limit_m: float) -> bool:
    """Return whether two are further apart than the limit all along a leg: then it is left out.

    The places of a node differ by a vector d with d.A (a + b) = a.A a - b.A b = 0: it lies in the
    plane of its own node. In the plane of the leg, midway between two nodes, it loses no more than
    the change of d over the leg. So the distance there is at least that in space, less the change,
    as squares.
    """
    x, y = nodes[b] - nodes[a], nodes[b + LANES] - nodes[a + LANES]
    z = nodes[b + 2 * LANES] - nodes[a + 2 * LANES]
    u = nodes[b_next] - nodes[a_next] - x
    v = nodes[b_next + LANES] - nodes[a_next + LANES] - y
    w = nodes[b_next + 2 * LANES] - nodes[a_next + 2 * LANES] - z
    change_m2 = u * u + v * v + w * w
    share = -(x * u + y * v + z * w) / (change_m2 + 1e-6)
    share = min(max(share, 0.0), 1.0)
    x, y, z = x + u * share, y + v * share, z + w * share
    far: bool = x * x + y * y + z * z > (limit_m + 1.0) ** 2 + 1.001 * change_m2
    return far


@njit(cache=True, nogil=True, error_model="numpy")
def write_leg(
    nodes: Floats,
    a: int,
    b: int,
    a_next: int,
    b_next: int,
    begin_s: float,
    span_s: float,
    legs: Floats,
    at: int,
) -> None:
    """Write the relative motion of two places between two nodes, in the plane midway of them."""
    ax, ay, az = nodes[a], nodes[a + LANES], nodes[a + 2 * LANES]
    bx, by, bz = nodes[b], nodes[b + LANES], nodes[b + 2 * LANES]
    cx, cy, cz = nodes[a_next], nodes[a_next + LANES], nodes[a_next + 2 * LANES]
    dx, dy, dz = nodes[b_next], nodes[b_next + LANES], nodes[b_next + 2 * LANES]
    nx = (ax + bx) * INVERSE_A2_PER_M2 + (cx + dx) * INVERSE_A2_PER_M2
    ny = (ay + by) * INVERSE_A2_PER_M2 + (cy + dy) * INVERSE_A2_PER_M2
    nz = (az + bz) * INVERSE_B2_PER_M2 + (cz + dz) * INVERSE_B2_PER_M2
    size = math.sqrt(nx * nx + ny * ny + nz * nz)
    nx, ny, nz = nx / size, ny / size, nz / size
    x, y, z = bx - ax, by - ay, bz - az
    off_m = x * nx + y * ny + z * nz
    x, y, z = x - off_m * nx, y - off_m * ny, z - off_m * nz
    u, v, w = dx - cx, dy - cy, dz - cz
    off_m = u * nx + v * ny + w * nz
    u, v, w = u - off_m * nx, v - off_m * ny, w - off_m * nz
    legs[at, 9] = u * u + v * v + w * w
    u, v, w = (u - x) / span_s, (v - y) / span_s, (w - z) / span_s
    legs[at, 0], legs[at, 1] = begin_s, span_s
    legs[at, 2], legs[at, 3], legs[at, 4] = x, y, z
    legs[at, 5], legs[at, 6], legs[at, 7] = u, v, w
    legs[at, 8] = x * x + y * y + z * z
    legs[at, 10] = x * u + y * v + z * w


@njit(cache=True, nogil=True, error_model="numpy")
def write_legs(
    times_s: Floats,
    nodes: Floats,
    a: int,
    b: int,
    band: tuple[float, float],
    reach_m: float,
    legs: Floats,
) -> int:
    """Write those legs of a pair on which it may be inside; return how many.

    `band` is from when to when it is inside the greatest half height, `reach_m` the greatest
    radius. A leg that is left out would have changed nothing.
    """
    count, many = 0, times_s.shape[0]
    for node in range(many - 1):
        begin_s, end_s = times_s[node], times_s[node + 1]
        if end_s < band[0] or begin_s > band[1]:
            continue
        at = node_at(a, node, many), node_at(b, node, many)
        after = at[0] + 3 * LANES, at[1] + 3 * LANES
        if not is_far(nodes, at[0], at[1], after[0], after[1], reach_m):
            span_s = end_s - begin_s
            write_leg(nodes, at[0], at[1], after[0], after[1], begin_s, span_s, legs, count)
            count += 1
    return count


@njit(cache=True, nogil=True, error_model="numpy")
def decide_all(
    columns: Columns,
    pairs: Ints,
    times_s: Floats,
    slice_s: tuple[float, float],
    widest_m: tuple[float, float],
    limbs: Limbs,
    place_of: Ints,
    rows: tuple[Ints, Floats, Ints],
) -> int:
    """Write the rows of those pairs that lose separation from within the slice; return how many.

    `rows` are pair, numbers and plane, one longer than `pairs`. `widest_m` are the greatest radius
    and half height of any limb, `place_of` -1 for each aircraft. A slice owns the losses from its
    begin to before its end.
    """
    alt_m, up_mps = columns[2], columns[5]
    found_pairs, numbers, planes = rows
    many = times_s.shape[0]
    step = max(NODES_AT_ONCE // many, LANES)
    motion, nodes = np.empty(2 * step * 6), np.empty(2 * step * many * 3)
    legs, found = np.empty((many, LEG_FIELDS)), np.empty(4)
    end_s = times_s[-1]
    made = 0
    for begin in range(0, pairs.shape[0], step):
        part = begin, min(begin + step, pairs.shape[0])
        fly(columns, pairs, part, times_s, place_of, motion, nodes)
        for k in range(part[0], part[1]):
            i, j = pairs[k, 0], pairs[k, 1]
            heights = alt_m[j] - alt_m[i], up_mps[j] - up_mps[i]
            band = band_s(heights[0], heights[1], widest_m[1], end_s)
            if not band[0] < band[1]:
                continue
            count = write_legs(times_s, nodes, place_of[i], place_of[j], band, widest_m[0], legs)
            plane = decide(legs, count, heights, end_s, i, j, limbs, found, numbers, made)
            if plane >= 0 and slice_s[0] <= numbers[made, 0] < slice_s[1]:
                numbers[made, 2] = arc_m(numbers[made, 2])
                found_pairs[made, 0], found_pairs[made, 1], planes[made] = i, j, plane
                made += 1
        land(pairs, part, place_of)
    return made
