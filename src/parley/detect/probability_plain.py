"""The slow twin of `probability`: samples of both errors, flown and counted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from parley.detect.probability import Passing


def loss_plain_share(
    passing: Passing,
    *,
    horizontal_m: float,
    vertical_m: float,
    sigma_across_m: float,
    sigma_along_m: float,
    sigma_vertical_m: float,
    within_s: float,
    drawn: NDArray[np.float64],
) -> float:
    """Return the share of drawn passings that lose both minima at one time; as `loss_share`.

    `drawn`: (3, n) standard normal numbers, for the offsets across, along and up: chance comes from
    outside. Each sample is a straight relative motion with its own offsets; the time inside the
    circle and the time inside the layer are intervals, and they meet or do not.
    """
    samples = drawn.shape[1]
    across_m = passing.nearest_m + sigma_across_m * drawn[0]
    along_m = sigma_along_m * drawn[1]
    height_m = passing.vertical_m + sigma_vertical_m * drawn[2]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        half_m = np.sqrt(np.maximum(horizontal_m**2 - across_m**2, 0.0))
        middle_m = along_m - passing.closing_mps * passing.nearest_s
        one_s = (-half_m - middle_m) / passing.closing_mps
        two_s = (half_m - middle_m) / passing.closing_mps
        low_s = (-vertical_m - height_m) / passing.climb_mps
        high_s = (vertical_m - height_m) / passing.climb_mps
    if passing.closing_mps == 0.0:
        near = np.hypot(across_m, along_m) < horizontal_m
        one_s, two_s = np.zeros(samples), np.where(near, within_s, -1.0)
    two_s = np.where(np.abs(across_m) < horizontal_m, two_s, -1.0)
    if passing.climb_mps == 0.0:
        low_s = np.zeros(samples)
        high_s = np.where(np.abs(height_m) < vertical_m, within_s, -1.0)
    begins_s = np.maximum(np.maximum(one_s, np.minimum(low_s, high_s)), 0.0)
    ends_s = np.minimum(np.minimum(two_s, np.maximum(low_s, high_s)), within_s)
    return float(np.mean(begins_s < ends_s))
