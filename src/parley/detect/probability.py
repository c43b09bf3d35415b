"""How likely a predicted loss of separation is, by the errors of the two states.

Here: one number from a straight relative motion and Gaussian errors, in closed form where there is
one. Never here: finding pairs, where the errors come from. `probability_plain` draws samples.

The method is that of Paielli and Erzberger, "Conflict Probability Estimation for Free Flight"
(Journal of Guidance, Control, and Dynamics 20 (3), 1997), and its extension to flight that is not
level (AIAA 99-4223): the errors of both aircraft are those of their difference; across the relative
motion the probability is that of a strip. Level flight needs no more:

    P = Phi((D - d) / s) - Phi((-D - d) / s)

With a climb the time inside the strip bounds the height that leads to a loss: for each offset
across, an interval of times, and with it of heights. That is summed over the offsets.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

from parley.world.faults import InputFault

_NODES = 24
_ALONG_NODES_LEAST, _ALONG_NODES_MOST = 12, 96
"""So many that the height between two grows by half its error at most from one to the next."""
_ALONG_SIGMAS_COUNT = 3.5
_SIGMAS_COUNT = 6.0
"""Beyond so many standard deviations lies 2e-9."""
_STILL_MPS = 0.05
"""Slower than this nobody passes anybody within a look-ahead: the distance stays what it is."""


@dataclass(frozen=True, slots=True)
class Passing:
    """How two aircraft pass each other on their straight lines.

    Attributes:
        nearest_m: horizontal distance at the nearest; its sign, which side, does not matter.
        nearest_s: when that is, in seconds from now.
        closing_mps: horizontal speed of one relative to the other.
        vertical_m: height of one above the other now.
        climb_mps: how that grows.
    """

    nearest_m: float
    nearest_s: float
    closing_mps: float
    vertical_m: float
    climb_mps: float


def loss_share(
    passing: Passing,
    *,
    horizontal_m: float,
    vertical_m: float,
    sigma_across_m: float,
    sigma_along_m: float,
    sigma_vertical_m: float,
    within_s: float,
) -> float:
    """Return the probability that both minima are lost at one time within so many seconds.

    Args:
        passing: the nominal motion.
        horizontal_m: horizontal minimum.
        vertical_m: vertical minimum.
        sigma_across_m: standard deviation of the place across the relative motion, of both
            together, at the nearest: the root of n'(C place + t² C velocity) n.
        sigma_along_m: the same along it.
        sigma_vertical_m: of the height, of both together.
        within_s: from now; a loss after it does not count.

    Raises:
        InputFault: a number that is not finite, or a standard deviation below 0.

    Overhead at 400 m/s with 1 km of error is nearly certain; at the edge it is a coin's toss.

    >>> def chance(nearest_m):
    ...     passing = Passing(nearest_m, 120.0, 400.0, 0.0, 0.0)
    ...     return loss_share(passing, horizontal_m=9260.0, vertical_m=304.8,
    ...         sigma_across_m=1000.0, sigma_along_m=1000.0, sigma_vertical_m=30.0, within_s=1200.0)
    >>> round(chance(0.0), 3), round(chance(9260.0), 3), round(chance(12_000.0), 3)
    (1.0, 0.5, 0.003)
    """
    numbers = (
        passing.nearest_m, passing.nearest_s, passing.closing_mps, passing.vertical_m,
        passing.climb_mps, horizontal_m, vertical_m, within_s,
    )  # fmt: skip
    for value in numbers:
        if not math.isfinite(value):
            raise InputFault("passing", value=value, wanted="finite numbers")
    for value_m in (sigma_across_m, sigma_along_m, sigma_vertical_m):
        if not (value_m >= 0.0 and math.isfinite(value_m)):
            raise InputFault("standard deviation", value=value_m, wanted="0 or more metres")
    nodes = _along_nodes(passing, sigma_along_m, sigma_vertical_m)
    everywhere = _along(sigma_along_m, nodes, (-math.inf, math.inf))
    total = 0.0
    for across_m, weight in _offsets(passing.nearest_m, sigma_across_m, horizontal_m):
        half_m = math.sqrt(max(horizontal_m * horizontal_m - across_m * across_m, 0.0))
        between_m = _along_inside_m(passing, half_m, within_s)
        whole = between_m[0] <= -_ALONG_SIGMAS_COUNT * sigma_along_m
        whole = whole and between_m[1] >= _ALONG_SIGMAS_COUNT * sigma_along_m
        for along_m, share in everywhere if whole else _along(sigma_along_m, nodes, between_m):
            inside = _inside_s(passing, half_m, along_m, within_s)
            if inside is not None:
                total += (
                    weight * share * _height_share(passing, inside, vertical_m, sigma_vertical_m)
                )
    return min(max(total, 0.0), 1.0)


def _normal_share(sigmas_count: float) -> float:
    """Return the normal distribution up to a value."""
    return 0.5 * math.erfc(-sigmas_count / math.sqrt(2.0))


def _between_share(low_m: float, high_m: float, mean_m: float, sigma_m: float) -> float:
    """Return the probability of a normal number between two."""
    if sigma_m == 0.0:
        return float(low_m < mean_m < high_m)
    above = _normal_share((high_m - mean_m) / sigma_m)
    return max(above - _normal_share((low_m - mean_m) / sigma_m), 0.0)


def _offsets(nearest_m: float, sigma_m: float, limit_m: float) -> list[tuple[float, float]]:
    """Return offsets across within the strip with their probabilities: strips of equal width."""
    low_m = max(-limit_m, nearest_m - _SIGMAS_COUNT * sigma_m)
    high_m = min(limit_m, nearest_m + _SIGMAS_COUNT * sigma_m)
    if sigma_m == 0.0:
        return [(nearest_m, 1.0)] if abs(nearest_m) < limit_m else []
    if low_m >= high_m:
        return []
    step_m = (high_m - low_m) / _NODES
    edges = [low_m + step_m * k for k in range(_NODES + 1)]
    # The outermost strips take the tails within the limit, so that nothing is lost.
    chances = [_between_share(a, b, nearest_m, sigma_m) for a, b in pairwise(edges)]
    return [((a + step_m / 2.0), p) for a, p in zip(edges, chances, strict=False)]


def _along_nodes(passing: Passing, sigma_along_m: float, sigma_vertical_m: float) -> int:
    """Return into how many parts the error along the motion is cut."""
    if passing.closing_mps < _STILL_MPS:
        return _ALONG_NODES_LEAST
    grown_m = (
        2.0 * _ALONG_SIGMAS_COUNT * sigma_along_m / passing.closing_mps * abs(passing.climb_mps)
    )
    if grown_m >= 0.5 * sigma_vertical_m * _ALONG_NODES_MOST:
        return _ALONG_NODES_MOST
    wanted = math.ceil(2.0 * grown_m / sigma_vertical_m) if sigma_vertical_m > 0.0 else 0
    return max(wanted, _ALONG_NODES_LEAST)


def _along(sigma_m: float, nodes: int, between_m: tuple[float, float]) -> list[tuple[float, float]]:
    """Return offsets along the motion between two with their probabilities."""
    if sigma_m == 0.0:
        return [(0.0, 1.0)] if between_m[0] < 0.0 < between_m[1] else []
    low = max(between_m[0] / sigma_m, -_ALONG_SIGMAS_COUNT)
    high = min(between_m[1] / sigma_m, _ALONG_SIGMAS_COUNT)
    if low >= high:
        return []
    step = (high - low) / nodes
    edges = [low + step * k for k in range(nodes + 1)]
    total = 2.0 * _normal_share(_ALONG_SIGMAS_COUNT) - 1.0
    return [
        ((a + step / 2.0) * sigma_m, (_normal_share(b) - _normal_share(a)) / total)
        for a, b in pairwise(edges)
    ]


def _along_inside_m(passing: Passing, half_m: float, within_s: float) -> tuple[float, float]:
    """Return between which offsets along the motion they come inside from now on, and in time."""
    speed_mps = passing.closing_mps
    if speed_mps < _STILL_MPS:
        return -half_m, half_m
    ahead_m = passing.nearest_s * speed_mps
    return ahead_m - within_s * speed_mps - half_m, ahead_m + half_m


def _inside_s(
    passing: Passing, half_m: float, along_m: float, within_s: float
) -> tuple[float, float] | None:
    """Return from when to when they are within the horizontal minimum, from now on."""
    speed_mps = passing.closing_mps
    if speed_mps < _STILL_MPS:
        return (0.0, within_s) if abs(along_m) < half_m else None
    middle_s = passing.nearest_s - along_m / speed_mps
    low_s = max(middle_s - half_m / speed_mps, 0.0)
    high_s = min(middle_s + half_m / speed_mps, within_s)
    return (low_s, high_s) if low_s < high_s else None


def _height_share(
    passing: Passing, inside_s: tuple[float, float], limit_m: float, sigma_m: float
) -> float:
    """Return the probability that the height between them is within the minimum in that time."""
    ends_m = [passing.vertical_m + passing.climb_mps * at_s for at_s in inside_s]
    return _between_share(-limit_m - max(ends_m), limit_m - min(ends_m), 0.0, sigma_m)
