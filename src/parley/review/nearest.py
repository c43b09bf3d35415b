"""The greatest value along a track: on each leg between two reports, as near as metres matter.

Rules: a distance changes at most as fast as the aircraft flies, so a leg that cannot reach the
greatest found so far is left out; on the others the top is found by halving, which is exact where
the value has one top on a straight leg, as nearness to a line or a place has.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from parley.world.time import seconds_between
from parley.world.track import Track

_ENOUGH_M = 0.5
_NARROW_US = 50_000
_GOLDEN_RATIO = 0.618


def greatest_m(
    track: Track, value_m: Callable[[int], float], until_us: int, fastest_mps: float
) -> float:
    """Return the greatest value of a track from its first report until an instant.

    Args:
        track: along it.
        value_m: the value at an instant of the track's time.
        until_us: nothing later counts.
        fastest_mps: no value changes faster.
    """
    first_us, last_us = int(track.t_us[0]), min(int(track.t_us[-1]), until_us)
    reports = [int(t) for t in track.t_us if first_us < t < last_us]
    known = [(at_us, value_m(at_us)) for at_us in (first_us, *reports, max(first_us, last_us))]
    best_m = max(each_m for _, each_m in known)

    def bound_m(leg: tuple[tuple[int, float], tuple[int, float]]) -> float:
        (one_us, one_m), (two_us, two_m) = leg
        return (one_m + two_m + fastest_mps * seconds_between(one_us, two_us)) / 2

    for leg in sorted(pairwise(known), key=bound_m, reverse=True):
        if bound_m(leg) <= best_m + _ENOUGH_M:
            break
        best_m = max(best_m, _top_m(value_m, leg[0][0], leg[1][0]))
    return best_m


def _top_m(value_m: Callable[[int], float], low_us: int, high_us: int) -> float:
    """Return the top between two instants by golden sections."""
    span_us = high_us - low_us
    left_us, right_us = high_us - round(_GOLDEN_RATIO * span_us), low_us + round(
        _GOLDEN_RATIO * span_us
    )  # fmt: skip
    left_m, right_m = value_m(left_us), value_m(right_us)
    best_m = max(left_m, right_m)
    while high_us - low_us > _NARROW_US:
        if left_m >= right_m:
            high_us, right_us, right_m = right_us, left_us, left_m
            left_us = high_us - round(_GOLDEN_RATIO * (high_us - low_us))
            left_m = value_m(left_us)
        else:
            low_us, left_us, left_m = left_us, right_us, right_m
            right_us = low_us + round(_GOLDEN_RATIO * (high_us - low_us))
            right_m = value_m(right_us)
        best_m = max(best_m, left_m, right_m)
    return best_m
