"""Why two detectors differ: each pair that only one of them found, put down to its cause.

Used by bench_prediction.py. A pair of the WGS-84 kernel is judged by geographiclib (the oracle of
tests/detect), so that a difference is either a named cause or a fault of ours. Here is also the
check of a picture too large for BlueSky: some aircraft against all others, by BlueSky's definition
written plainly.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
from traffic_sets import EARTH_M

from parley.detect.prediction import predict_pairs

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))

from detect import geodesickit as kit

TOLERANCE_M = kit.TOLERANCE_M
NOISE_M = 1e-6
SAME_VELOCITY = "one velocity: BlueSky divides 0 by 0 (C++) or by 1e-6 (numpy)"
NOT_WRAPPED = "across the antimeridian: BlueSky's C++ does not wrap longitudes"
AT_VERTICAL = "level and exactly the vertical minimum apart: float noise decides"
UNEXPLAINED = "UNEXPLAINED"


def keys(pairs, count):
    """Return unordered pairs as sorted unique numbers: lower row times count plus higher."""
    pairs = np.sort(np.asarray(pairs, dtype=np.int64).reshape(-1, 2), axis=1)
    return np.unique(pairs[:, 0] * count + pairs[:, 1])


def compared(ours, theirs, count):
    """Return how many pairs both have, and the pairs that only one has, as (k, 2) rows."""
    ours, theirs = keys(ours, count), keys(theirs, count)
    only = [np.setdiff1d(*both, assume_unique=True) for both in ((ours, theirs), (theirs, ours))]
    both = len(ours) - len(only[0])
    return both, *(np.stack(np.divmod(one, count), axis=1) for one in only)


def relative(traffic, a, b):
    """Return the differences of longitude, height, and level and vertical velocity, b less a."""
    east_mps, north_mps = traffic.level_mps
    return (
        traffic.lon_deg[b] - traffic.lon_deg[a],
        traffic.alt_m[b] - traffic.alt_m[a],
        east_mps[b] - east_mps[a],
        north_mps[b] - north_mps[a],
        traffic.up_mps[b] - traffic.up_mps[a],
    )


def bluesky_causes(traffic, rule, pairs):
    """Return {cause: pairs} for pairs that one of two flat-earth detectors lacks."""
    found = defaultdict(list)
    for a, b in pairs.tolist():
        lon_deg, height_m, east_mps, north_mps, climb_mps = relative(traffic, a, b)
        cause = UNEXPLAINED
        if abs(lon_deg) > 180.0:
            cause = NOT_WRAPPED
        elif east_mps * east_mps + north_mps * north_mps <= 1e-6:
            cause = SAME_VELOCITY
        elif climb_mps == 0.0 and abs(abs(height_m) - rule.vertical_m) < NOISE_M:
            cause = AT_VERTICAL
        found[cause].append((a, b))
    return dict(found)


def geodesic_causes(traffic, rule, only_flat, only_wgs84):
    """Return {cause: [(metres, a, b)]} of a difference between the flat and the WGS-84 set.

    The metres are the exact least distance (geographiclib) while the heights are within the
    minimum, less the minimum: below 0 is inside. `UNEXPLAINED` holds the pairs for which that
    contradicts the WGS-84 kernel.
    """
    found = defaultdict(list)
    states = traffic.states()
    for side, pairs in (("flat", only_flat), ("wgs84", only_wgs84)):
        for a, b in pairs.tolist():
            pair = kit.flights(states, a, b)
            least_m = kit.least_inside_m(*pair, rule.vertical_m, rule.lookahead_s)
            cause = _cause(traffic, pair, rule, (a, b), side)
            found[f"only {side}: {cause}"].append((least_m - rule.horizontal_m, a, b))
    return {cause: sorted(rows) for cause, rows in found.items()}


def _cause(traffic, pair, rule, rows, side):
    strict = kit.loses(pair, rule, tolerance_m=0.0)
    tolerant = kit.loses(pair, rule)
    if tolerant != (side == "wgs84"):
        return UNEXPLAINED
    if side == "wgs84":
        lon_deg, _, east_mps, north_mps, _ = relative(traffic, *rows)
        if east_mps * east_mps + north_mps * north_mps <= 1e-6:
            return SAME_VELOCITY
        if abs(lon_deg) > 180.0:
            return "the plane ends at the antimeridian"
        return "equirectangular plane puts them too far apart"
    at_minimum = (
        kit.level_time_s(*pair, rule.vertical_m, rule.lookahead_s)
        and not kit.level_time_s(*pair, rule.vertical_m - TOLERANCE_M, rule.lookahead_s)
    )  # fmt: skip
    if strict:
        return f"exactly at {'the vertical' if at_minimum else 'a'} minimum, within {TOLERANCE_M} m"
    if at_minimum:
        return "both: at the vertical minimum, and the plane puts them too near"
    return "equirectangular plane puts them too near"


# --- pictures too large for BlueSky --------------------------------------------------------------


def sample_differs(traffic, rule, pairs, rows, slow):
    """Return how many pairs of these rows differ from a slow twin's, and how many that has."""
    count = len(traffic)
    mine = pairs[np.isin(pairs, rows).any(axis=1)]
    plain = slow(traffic, rows, rule)
    return len(np.setxor1d(keys(mine, count), keys(plain, count))), len(keys(plain, count))


def flat_partners(traffic, rows, rule):
    """Return the pairs of these rows that BlueSky's C++ defines, written here once more."""
    found = [np.empty((0, 2), dtype=np.int64)]
    for row in rows:
        partners = _flat_partners_of(traffic, row, rule)
        found.append(np.stack((np.full_like(partners, row), partners), axis=1))
    return np.concatenate(found)


def _flat_partners_of(traffic, row, rule):
    lon_deg, height_m, east_mps, north_mps, climb_mps = relative(traffic, row, slice(None))
    climbing = np.abs(climb_mps) > 1e-6
    rate_mps = np.where(climbing, climb_mps, 1.0)
    one_s, other_s = (
        (-rule.vertical_m - height_m) / rate_mps,
        (rule.vertical_m - height_m) / rate_mps,
    )
    from_s = np.where(climbing, np.maximum(np.minimum(one_s, other_s), 0.0), 0.0)
    to_s = np.where(climbing, np.maximum(one_s, other_s), 1e4)
    crosses = (from_s <= rule.lookahead_s) & (to_s > 0.0)
    may = np.where(climbing, crosses, np.abs(height_m) < rule.vertical_m)
    may[row] = False
    may = np.flatnonzero(may)
    middle = np.radians(0.5 * (traffic.lat_deg[row] + traffic.lat_deg[may]))
    # The antimeridian is a wall, as in its C++.
    east_m = EARTH_M * np.radians(lon_deg[may]) * np.cos(middle)
    north_m = EARTH_M * np.radians(traffic.lat_deg[may] - traffic.lat_deg[row])
    squared = east_mps[may] ** 2 + north_mps[may] ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        nearest_s = -(east_m * east_mps[may] + north_m * north_mps[may]) / squared
        least_m2 = east_m**2 + north_m**2 - nearest_s**2 * squared
        half_s = np.sqrt(np.maximum(rule.horizontal_m**2 - least_m2, 0.0) / squared)
    low_s = np.maximum(nearest_s - half_s, from_s[may])
    high_s = np.minimum(nearest_s + half_s, to_s[may])
    # Of one velocity all times are no numbers, and each comparison false: none, as in its C++.
    return may[(low_s <= rule.lookahead_s) & (low_s < high_s) & (high_s > 0.0)]


def geodesic_partners(traffic, rows, rule):
    """Return the pairs of these rows that `predict_pairs` has, which knows no grid."""
    lat, lon = np.radians(traffic.lat_deg), np.radians(traffic.lon_deg)
    places = np.stack((np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)))
    # A chord is shorter than its arc, and a hundredth more covers the ellipsoid.
    reach_m = 1.01 * rule.horizontal_m + 2.0 * traffic.speed_mps.max() * rule.lookahead_s
    found = [np.empty((0, 2), dtype=np.int64)]
    for row in rows:
        apart = places - places[:, row : row + 1]
        near = np.flatnonzero((apart * apart).sum(axis=0) < (1.01 * reach_m / EARTH_M) ** 2)
        near = near[near != row]
        found.append(np.stack((np.full_like(near, row), near), axis=1))
    pairs = np.unique(np.sort(np.concatenate(found), axis=1), axis=0)
    some = np.unique(pairs)
    lost = predict_pairs(
        traffic.some(some).states(),
        rule.horizontal_m,
        rule.vertical_m,
        np.searchsorted(some, pairs),
        rule.lookahead_s,
    )
    return some[np.stack((lost["a"], lost["b"]), axis=1)]
