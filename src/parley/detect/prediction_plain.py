"""The slow twin of `prediction`: the same definition by another road, its oracle in the tests.

Every pair is stepped through the lookahead with the geodesics of pyproj (`Geod`, Karney 2013), and
the ends are found by bisection. Nothing is shared with the fast twin but the definition, the record
and the tolerance.

How: let m(t) be the larger of horizontal distance less its limit and vertical distance less its.
Both are convex in time (the horizontal one as nearly as makes no difference within the lookahead),
so m is: it has one lowest point, and the pair is inside between two crossings of zero around it.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pyproj
from numpy.typing import NDArray

from parley.detect.encounters import SPEED_MAX_MPS, TOLERANCE_M
from parley.detect.prediction import PREDICTION, States

STEP_S = 1.0
_Row = tuple[float, ...]
_END_S = 1e-7
_GOLDEN_SHARE = (math.sqrt(5.0) - 1.0) / 2.0
_GEOD = pyproj.Geod(ellps="WGS84")


def place_at(states: States, row: int, at_s: float) -> tuple[float, float, float]:
    """Return latitude and longitude in degrees and altitude in metres of one aircraft at a time."""
    speed_mps = math.hypot(states.east_mps[row], states.north_mps[row])
    azimuth_deg = math.degrees(math.atan2(states.east_mps[row], states.north_mps[row]))
    lon_deg, lat_deg, _ = _GEOD.fwd(
        float(states.lon_deg[row]), float(states.lat_deg[row]), azimuth_deg, speed_mps * at_s
    )
    return lat_deg, lon_deg, float(states.alt_m[row] + states.up_mps[row] * at_s)


def distances_at_m(states: States, a: int, b: int, at_s: float) -> tuple[float, float]:
    """Return the horizontal and vertical distance of two aircraft at a time."""
    lat_a_deg, lon_a_deg, alt_a_m = place_at(states, a, at_s)
    lat_b_deg, lon_b_deg, alt_b_m = place_at(states, b, at_s)
    _, _, horizontal_m = _GEOD.inv(lon_a_deg, lat_a_deg, lon_b_deg, lat_b_deg)
    return float(horizontal_m), abs(alt_b_m - alt_a_m)


def predict_pairs_plain(
    states: States, horizontal_m: float, vertical_m: float, lookahead_s: float = 300.0
) -> NDArray[np.void]:
    """Return the pairs that lose separation, like `predict_pairs`, for one pair of minima."""
    rows = [
        row
        for a in range(len(states))
        for b in range(a + 1, len(states))
        if (row := predict_pair_plain(states, (a, b), (horizontal_m, vertical_m), lookahead_s))
    ]
    return np.array(rows, dtype=PREDICTION)


def predict_pair_plain(
    states: States, pair: tuple[int, int], minima: tuple[float, float], lookahead_s: float
) -> _Row | None:
    """Return the row of one pair in the order of `PREDICTION`, or None if none is lost."""
    a, b = pair
    for row in pair:
        speed_mps = math.hypot(states.east_mps[row], states.north_mps[row])
        if max(speed_mps, abs(states.up_mps[row])) > SPEED_MAX_MPS:
            return None

    def over_m(at_s: float) -> float:
        level_m, apart_m = distances_at_m(states, a, b, at_s)
        return max(level_m - minima[0] + TOLERANCE_M, apart_m - minima[1] + TOLERANCE_M)

    times_s = np.append(np.arange(0.0, lookahead_s, STEP_S), lookahead_s)
    lowest_s = float(times_s[np.argmin([over_m(float(at_s)) for at_s in times_s])])
    if over_m(lowest_s) >= 0.0:
        lowest_s = _lowest_s(
            over_m, max(lowest_s - STEP_S, 0.0), min(lowest_s + STEP_S, lookahead_s)
        )
    if over_m(lowest_s) >= 0.0:
        return None
    loss_s = 0.0 if over_m(0.0) < 0.0 else _crossing_s(over_m, lowest_s, 0.0)
    end_s = lookahead_s
    if over_m(lookahead_s) >= 0.0:
        end_s = _crossing_s(over_m, lowest_s, lookahead_s)
    least_s = _lowest_s(lambda at_s: distances_at_m(states, a, b, at_s)[0], loss_s, end_s)
    level_m, apart_m = distances_at_m(states, a, b, least_s)
    nearest_s = _lowest_s(lambda at_s: distances_at_m(states, a, b, at_s)[1], loss_s, end_s)
    least_vertical_m = distances_at_m(states, a, b, nearest_s)[1]
    return (a, b, loss_s, end_s, level_m, least_s, apart_m, least_vertical_m, *minima)


def _crossing_s(function: Callable[[float], float], inside_s: float, outside_s: float) -> float:
    """Return where a function turns from below 0 (at `inside_s`) to not below 0, by bisection."""
    while abs(outside_s - inside_s) > _END_S:
        middle_s = (inside_s + outside_s) / 2.0
        if function(middle_s) < 0.0:
            inside_s = middle_s
        else:
            outside_s = middle_s
    return inside_s


def _lowest_s(function: Callable[[float], float], low_s: float, high_s: float) -> float:
    """Return where a convex function is least between two times, ends included."""
    ends_s = (low_s, high_s)
    while high_s - low_s > _END_S:
        one_s = high_s - _GOLDEN_SHARE * (high_s - low_s)
        other_s = low_s + _GOLDEN_SHARE * (high_s - low_s)
        if function(one_s) < function(other_s):
            high_s = other_s
        else:
            low_s = one_s
    return min((*ends_s, (low_s + high_s) / 2.0), key=function)
