"""The slow twin of `well_clear`: the same definitions by another road, its oracle in the tests.

One pair at a time is asked at many instants whether it is in violation, by the definition and
nothing else: time variables are divided out, entry into the distance is looked for by bisection.
The first and last instants that say yes are then narrowed down by bisection. Nothing is shared with
the fast twin but the records.

What it cannot see: a violation shorter than `STEP_S` that holds neither the closest approach nor
the co-altitude nor one of the sampled instants.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from parley.detect.well_clear import Intervals, Motions, Volume

STEP_S = 0.5
_END_S = 1e-9


def violated_at_plain(motions: Motions, row: int, volume: Volume, at_s: float) -> bool:
    """Return whether one pair is in violation at an instant, word for word by the definition."""
    x, y, z, u, v, w = (float(column[row]) for column in motions.columns)
    x, y, z = x + u * at_s, y + v * at_s, z + w * at_s
    away_m = math.hypot(x, y)
    if volume.strict:
        return away_m < volume.dthr_m and abs(z) < volume.zthr_m
    if abs(z) > volume.zthr_m and not _level_soon(z, w, volume):
        return False
    return away_m <= volume.dthr_m or _near_soon((x, y), (u, v), volume)


def violation_intervals_plain(
    motions: Motions, volume: Volume, *, begin_s: float = 0.0, end_s: float | None = None
) -> Intervals:
    """Return when each pair is in violation within [begin, end], like `violation_intervals`."""
    last_s = volume.lookahead_s if end_s is None else end_s
    found = [_interval(motions, row, volume, begin_s, last_s) for row in range(len(motions))]
    table = np.array(found, dtype=np.float64).reshape(len(found), 2)
    return Intervals(table[:, 0], table[:, 1])


def _interval(
    motions: Motions, row: int, volume: Volume, begin_s: float, end_s: float
) -> tuple[float, float]:
    """Return begin and end of one pair's violation: the set of yes is one interval."""

    def violated(at_s: float) -> bool:
        return violated_at_plain(motions, row, volume, at_s)

    x, y, z, u, v, w = (float(column[row]) for column in motions.columns)
    times_s = [float(at_s) for at_s in np.arange(begin_s, end_s, STEP_S)] + [end_s]
    if u * u + v * v > 0.0:
        times_s.append(-(x * u + y * v) / (u * u + v * v))
    if w != 0.0:
        times_s.append(-z / w)
    times_s = sorted(at_s for at_s in times_s if begin_s <= at_s <= end_s)
    yes = [at_s for at_s in times_s if violated(at_s)]
    if not yes:
        return math.inf, -math.inf
    before_s = max((at_s for at_s in times_s if at_s < yes[0]), default=yes[0])
    behind_s = min((at_s for at_s in times_s if at_s > yes[-1]), default=yes[-1])
    return _turn_s(violated, yes[0], before_s), _turn_s(violated, yes[-1], behind_s)


def _turn_s(violated: Callable[[float], bool], yes_s: float, no_s: float) -> float:
    """Return the last instant that says yes on the way from a yes to a no, by bisection."""
    while abs(no_s - yes_s) > _END_S:
        middle_s = 0.5 * (yes_s + no_s)
        if middle_s in (yes_s, no_s):
            break
        if violated(middle_s):
            yes_s = middle_s
        else:
            no_s = middle_s
    return yes_s


def _level_soon(z_m: float, climb_mps: float, volume: Volume) -> bool:
    """Return whether a pair that closes vertically is within the vertical time threshold."""
    if z_m * climb_mps >= 0.0:
        return False
    coaltitude_s = -z_m / climb_mps
    modified_s = (abs(z_m) - volume.zthr_m) / abs(climb_mps)
    return coaltitude_s <= volume.tcoa_s or modified_s <= volume.vmod_s


def _near_soon(place: tuple[float, float], velocity: tuple[float, float], volume: Volume) -> bool:
    """Return whether a pair outside the distance will come into it, and is soon enough there."""
    (x, y), (u, v) = place, velocity
    closing = x * u + y * v
    if closing >= 0.0:
        return False
    speed_mps = math.hypot(u, v)
    nearest_s = -closing / speed_mps / speed_mps
    if math.hypot(x + u * nearest_s, y + v * nearest_s) > volume.dthr_m:
        return False
    if volume.horizontal == "TCPA":
        return nearest_s <= volume.tthr_s
    if volume.horizontal == "TAUMOD":
        return (volume.dthr_m * volume.dthr_m - x * x - y * y) / closing <= volume.tthr_s
    entry_s = _turn_s(
        lambda at_s: math.hypot(x + u * at_s, y + v * at_s) <= volume.dthr_m, nearest_s, 0.0
    )
    return entry_s <= volume.tthr_s
