"""Time by distance to a line, in bins: what a node can keep of days of reports in bounded memory.

Rules: weighted by time, never by reports. A quantile is the lower edge of its bin: at most
`BIN_M` less than the exact one, and never more. Beyond `REACH_M` either way is one bin each, of
which no more is known: its quantile is infinite, and not the bin's edge as if that were flown.
"""

from __future__ import annotations

import math

import numpy as np

from parley.world.faults import InputFault

BIN_M = 100.0
REACH_M = 50_000.0
_HALF = int(REACH_M / BIN_M)


class MarginBins:
    """Seconds in each bin from -50 km to 50 km, and beyond; 8 kB whatever is added."""

    def __init__(self) -> None:
        """Begin with no time at all."""
        self._seconds = np.zeros(2 * _HALF + 2, dtype=np.float64)

    @property
    def total_s(self) -> float:
        """How much time was added."""
        return float(self._seconds.sum())

    def add(self, margin_m: float, weight_s: float) -> None:
        """Add some time at a margin.

        Raises:
            InputFault: NaN, or a time that is negative or not finite.
        """
        if math.isnan(margin_m):
            raise InputFault("margin", value=margin_m, wanted="a number of metres")
        if not 0.0 <= weight_s < math.inf:
            raise InputFault("margin weight", value=weight_s, wanted="0 s or more, finite")
        bounded_m = min(max(margin_m, -REACH_M - BIN_M), REACH_M)
        self._seconds[math.floor(bounded_m / BIN_M) + _HALF + 1] += weight_s

    def quantile_m(self, share: float) -> float | None:
        """Return the margin below which, to one bin, `share` of the time was spent; None of none.

        inf where it was `REACH_M` or more, -inf where it was more than that beyond the line.

        Raises:
            InputFault: a share that is not from 0 to 1.

        >>> bins = MarginBins()
        >>> for margin_m in (3_040.0, 20_010.0, 20_090.0):
        ...     bins.add(margin_m, 10.0)
        >>> bins.quantile_m(0.05), bins.quantile_m(0.5), bins.total_s
        (3000.0, 20000.0, 30.0)
        """
        if not 0.0 <= share <= 1.0:
            raise InputFault("quantile", value=share, wanted="0 to 1")
        total_s = self.total_s
        if total_s == 0.0:
            return None
        summed = np.cumsum(self._seconds)
        # The first bin with time in it, of those that reach the share.
        place = int(np.searchsorted(summed, max(share * total_s * (1.0 - 1e-12), 1e-300)))
        if place == 0:
            return -math.inf
        return math.inf if place == 2 * _HALF + 1 else (place - _HALF - 1) * BIN_M
