"""The sieve of `all_pairs`: how far candidates reach, speed classes, time slices, the grid's build.

Here: the proofs that no pair is left out, and the choice of what costs least. Never here: decisions
about pairs. The lookahead is cut into slices; in each, aircraft stand where they are in its middle.

Why no pair is missed, on the ellipsoid. Let a pair be inside at time t of the slice [t0, t1] with
middle m and half length h. (1) Its chord is at most the minimum D. (2) A geodesic bends only along
the ellipsoid's normal, by at most v2 / R, R = b2 / a the sharpest radius; so each aircraft is off
its first straight line by at most B = v2 t2 / 2 R. Both bends point inwards within 60 degrees of
each other, so their difference is no longer than the longer one; farther apart their sum counts.
(3) So the straight lines come within D + B in the slice: the sieve's test. (4) Their points at m
are then within S = D + B + (v1 + v2) h. (5) The bins are angles after a stretch along the axis by
1 / (1 - e2), which lengthens nothing by more; it makes the ellipsoid's least radius a, and tangents
lie outside. So seen from the middle the two are within A = 2 asin(S / (1 - e2) / 2 a). (6) Two
points A apart differ by at most A in latitude, so that they are in rows no further apart, and by at
most asin(sin A / cos latitude) in longitude, or anything where that cap holds a pole.

On the flat earth of a pair: y moves as the latitude does, exactly. Longitudes move by the pair's
cosine, the bins by each aircraft's own. 1 / cosine differs by at most d / 2 cos2 over half of the
first latitude difference d = (D + (v1 + v2) t1) / R, and that times speed times m is added to the
reach; cosines are the least of any latitude that either may have had. (cos a + cos b) / 2 is short
of cos((a + b) / 2) by a share of at most d2 / 8, added to the sieve's distance.

Float32 rounds each number by 6e-8 of itself: `_rounding_m` counts eight such errors of the longest
coordinate and of the longest way.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from parley.detect.legs import WGS84_A_M, WGS84_F
from parley.detect.states import WGS84_B_M

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Ints = NDArray[np.int32]
Columns = tuple[Floats, Floats, Floats, Floats, Floats, Floats]
Block = tuple[Ints, tuple[float, float]]
"""Candidate pairs (k, 2), the lower row first, and the slice that owns losses from .. to before."""

FLAT_RADIUS_M = 6_371_000.0
SLICES_MAX = 64
"""More never pays: the reach is then the minima, and each slice costs a sort of all aircraft."""
BIN_COST_RATIO = 60.0
"""Sorting one aircraft into a slice costs as much as sifting so many partners (measured)."""
ROWS_COUNTED = 8
"""Rows of which the looks are counted, to measure the density."""
CLASSES_MAX = 3
CLASSES_FROM = 512
"""Fewer aircraft are not parted by speed: all of them are soon looked at."""
_SPEED_PARTS = 32
PAIRS_PER_BLOCK = 1 << 16
_STRETCH_RATIO = 1.0 / (1.0 - WGS84_F * (2.0 - WGS84_F))
_LEAST_RADIUS_M = WGS84_B_M * WGS84_B_M / WGS84_A_M
_ROUNDING_RATIO = 8 * 2.0**-24
_SLACK_RAD = 4e-6
_PARALLEL_MAX_M = 6_000_000.0


@dataclass(frozen=True, slots=True, eq=False)
class _Reaches:
    """Per pair of speed classes: one row as `scan` reads it, and the window of its sieve."""

    rows: Floats
    windows: Singles
    own_rad: Floats


def _speed_cuts(counts: NDArray[np.int64], reach_m: tuple[float, float]) -> list[int]:
    """Return the parts of a histogram of speeds at which classes begin: none, one or two.

    `reach_m` is the minimum, and how far each part of speed makes an aircraft reach. A cut has to
    halve the looks, for each class is another search.
    """
    tries = np.arange(1, counts.shape[0])
    cuts: list[int] = []
    cost_m2 = float(_looks_m2(counts, np.zeros((1, 1), dtype=np.int64), reach_m)[0])
    while len(cuts) < CLASSES_MAX - 1:
        tried = np.empty((len(cuts) + 1, tries.shape[0]), dtype=np.int64)
        tried[0], tried[1:] = tries, np.array(cuts, dtype=np.int64)[:, np.newaxis]
        costs_m2 = _looks_m2(counts, np.sort(tried, axis=0), reach_m)
        best = int(np.argmin(costs_m2))
        if not costs_m2[best] <= 0.5 * cost_m2:
            break
        cost_m2 = float(costs_m2[best])
        cuts = sorted([*cuts, int(tries[best])])
    return cuts


def _looks_m2(
    counts: NDArray[np.int64], cuts: NDArray[np.int64], reach_m: tuple[float, float]
) -> Floats:
    """Return the looks of each column of cuts, but for the density.

    They are the aircraft of each two classes times the squared reach, which goes by the fastest
    part of either in which there is anyone.
    """
    below = np.concatenate(([0], np.cumsum(counts))).astype(np.float64)
    parts = np.where(counts, np.arange(counts.shape[0]) + 1, 0)
    top = np.concatenate(([0], np.maximum.accumulate(parts)))
    ends = np.concatenate((np.zeros_like(cuts[:1]), cuts, np.full_like(cuts[:1], counts.shape[0])))
    held, fastest = np.diff(below[ends], axis=0), top[ends[1:]]
    looks_m2 = np.zeros(cuts.shape[1])
    for k in range(held.shape[0]):
        for m in range(k + 1):
            far_m = reach_m[0] + 0.5 * (fastest[k] + fastest[m]) * reach_m[1]
            looks_m2 += held[k] * held[m] * far_m * far_m
    return looks_m2


def _start(rows_per_look: int = 1) -> NDArray[np.int64]:
    """Return where a scan begins; see `all_pairs_kernel.scan`."""
    return np.array([0, 0, 0, -1, rows_per_look], dtype=np.int64)


class Sieve:
    """Candidates for losing separation among many aircraft, block by block; see `blocks`."""

    def __init__(
        self,
        columns: Columns,
        widest_m: tuple[float, float],
        lookahead_s: float,
        geometry: Literal["wgs84", "flat", "flat-unwrapped"],
    ) -> None:
        self.columns = columns
        self.count = columns[0].shape[0]
        self.widest_m = widest_m
        self.lookahead_s = lookahead_s
        self.geometry = geometry
        self.wraps = geometry != "flat-unwrapped"
        self.slices = 1
        self._built_s = (-1.0, -1.0)
        self.rank = np.empty(self.count, dtype=np.int8)
        self._records = np.empty((self.count, 8), dtype=np.float32)
        self._middle = self._middle_of()
        self._measure()
        self._allocate()

    def _middle_of(self) -> Floats:
        """Return the middle of the occupied box: degrees, or ECEF metres on the ellipsoid."""
        if self.count == 0:
            return np.zeros(3)
        lat_deg, lon_deg = (0.5 * (float(c.min()) + float(c.max())) for c in self.columns[:2])
        if self.geometry != "wgs84":
            return np.array([lat_deg, lon_deg, 0.0])
        from parley.detect import all_pairs_wgs84_kernel as kernel

        still = np.zeros(1)
        spot = np.array([lat_deg]), np.array([lon_deg]), still, still, still, still
        motion = np.empty((6, 1))
        kernel.first_motion(spot, 0, motion, 0)
        return motion[:3, 0].copy()

    def _measure(self) -> None:
        """Write the records and note the most of coordinates, speed, altitude and climb."""
        from parley.detect import all_pairs_flat_kernel, all_pairs_wgs84_kernel

        kernel = all_pairs_wgs84_kernel if self.geometry == "wgs84" else all_pairs_flat_kernel
        far_m, fast_m2ps2, high_m, climb_mps = kernel.records(
            self.columns, self._middle, self.rank, self._records
        )
        # Rounded up: the record is float32, and a square root may round down.
        self.fastest_mps = np.array([math.sqrt(fast_m2ps2) * (1.0 + 1e-6)])
        self.far_m, self.high_m, self.climb_mps = far_m, high_m, climb_mps
        if self.count >= CLASSES_FROM:
            self._classify()

    def _classify(self) -> None:
        """Part the aircraft by speed, so that a few fast ones do not make all reach far."""
        from parley.detect import all_pairs_kernel

        most_mps = float(self.fastest_mps[0])
        counts = np.zeros(_SPEED_PARTS, dtype=np.int64)
        all_pairs_kernel.count_speeds(self._records, self.rank, most_mps, counts)
        reach_m = self.widest_m[0], most_mps * self.lookahead_s / _SPEED_PARTS
        cuts = _speed_cuts(counts, reach_m)
        if cuts:
            tops_mps = np.array(cuts) * most_mps / _SPEED_PARTS
            self.fastest_mps = np.zeros(len(cuts) + 1)
            all_pairs_kernel.rank_by_speed(self._records, self.rank, tops_mps, self.fastest_mps)

    def _allocate(self) -> None:
        count, padded = self.count, self.count + 16
        self._lat, self._lon, self._lon_by_row, self._lon_at, self._speed_at = (
            np.zeros(padded, dtype=np.float32) for _ in range(5)
        )
        self._row_of, self._by_row, self._who = (np.zeros(padded, dtype=np.int32) for _ in range(3))
        self._sorted = np.empty((8, padded), dtype=np.float32)
        self._pairs = np.empty((max(PAIRS_PER_BLOCK, 2 * count), 2), dtype=np.int32)

    # --- reach ------------------------------------------------------------------------------------

    def _rounding_m(self, way_m: float) -> float:
        rounding_m: float = _ROUNDING_RATIO * (self.far_m + way_m) + 0.01
        return rounding_m

    def _reaches(self, from_s: float, to_s: float) -> _Reaches:
        """Return how far candidates reach in a slice, for each pair of classes."""
        classes = self.fastest_mps.shape[0]
        pairs = [(own, other) for own in range(classes) for other in range(own + 1)]
        rows = np.zeros((len(pairs), 10))
        windows = np.zeros((len(pairs), 7), dtype=np.float32)
        for number, (own, other) in enumerate(pairs):
            rows[number], windows[number] = self._reach((own, other), from_s, to_s)
        own_rad = np.array([rows[k, 0] for k, (own, other) in enumerate(pairs) if own == other])
        return _Reaches(rows, windows, own_rad)

    def _reach(
        self, pair: tuple[int, int], from_s: float, to_s: float
    ) -> tuple[list[float], list[float]]:
        """Return the row and window of one pair of classes; the letters are those of the proof."""
        own_mps, other_mps = (float(self.fastest_mps[k]) for k in pair)
        both_mps = own_mps + other_mps
        middle_s, half_s = 0.5 * (from_s + to_s), 0.5 * (to_s - from_s)
        first_m = self.widest_m[0] + both_mps * to_s
        near_m = self.widest_m[0] + self._rounding_m(first_m)
        apart_rad = first_m / FLAT_RADIUS_M
        lag_s, slack_rad = 0.0, 0.0
        if self.geometry == "wgs84":
            bends_m = [0.5 * v * v * to_s * to_s / _LEAST_RADIUS_M for v in (own_mps, other_mps)]
            parallel = first_m + both_mps * to_s < _PARALLEL_MAX_M
            near_m += max(bends_m) if parallel else sum(bends_m)
            share = (near_m + both_mps * half_s) * _STRETCH_RATIO / WGS84_A_M
            angle_rad = 2.0 * math.asin(share / 2.0) if share < 2.0 else math.pi
            rad_per_m = angle_rad / (near_m + both_mps * half_s)
        else:
            near_m += first_m * apart_rad * apart_rad / 8.0
            rad_per_m = 1.0 / FLAT_RADIUS_M
            angle_rad = (near_m + both_mps * half_s) * rad_per_m
            lag_s = 0.5 * middle_s * apart_rad
            slack_rad = own_mps * middle_s / FLAT_RADIUS_M + apart_rad
        height_m = self.widest_m[1] + 0.01
        height_m += _ROUNDING_RATIO * (self.high_m + self.climb_mps * to_s + self.widest_m[1])
        round_m = math.pi * FLAT_RADIUS_M if self.geometry == "flat" else math.inf
        return (
            [angle_rad, near_m, other_mps, rad_per_m, half_s, lag_s, slack_rad, *pair, own_mps],
            [from_s, to_s, middle_s, half_s, near_m * near_m * (1.0 + 1e-6), height_m, round_m],
        )

    # --- grid -------------------------------------------------------------------------------------

    def _build(self, reaches: _Reaches, middle_s: float) -> None:
        """Sort the aircraft into rows and cells, where they are at `middle_s`."""
        from parley.detect import all_pairs_flat_kernel, all_pairs_kernel, all_pairs_wgs84_kernel
        from parley.detect import slice_grid_kernel as grid

        lat, lon = self._lat[: self.count], self._lon[: self.count]
        if self.geometry == "wgs84":
            low_rad, high_rad = all_pairs_wgs84_kernel.bins(
                self._records, self.rank, self._middle, middle_s, lat, lon
            )
        else:
            round_rad = 2.0 * math.pi if self.wraps else math.inf
            low_rad, high_rad = all_pairs_flat_kernel.bins(
                self.columns, self._records, self.rank, middle_s, round_rad, lat, lon
            )
        if not low_rad <= high_rad:
            low_rad = high_rad = 0.0
        span_rad = high_rad - low_rad + _SLACK_RAD
        first_row = [0]
        layout = np.empty((reaches.own_rad.shape[0], 2))
        for k, reach_rad in enumerate(reaches.own_rad):
            height_rad = max(float(reach_rad) + _SLACK_RAD, span_rad / (4 * self.count + 16))
            first_row.append(first_row[-1] + int(span_rad / height_rad) + 1)
            layout[k] = low_rad, 1.0 / height_rad
        self._first_row, self._layout = np.array(first_row, dtype=np.int32), layout
        starts = np.empty(first_row[-1] + 1, dtype=np.int32)
        row_of = self._row_of[: self.count]
        grid.count_rows(lat, self.rank, layout, self._first_row, row_of, starts)
        grid.sort_by_row(
            row_of, lon, starts, np.empty_like(starts[1:]), self._by_row, self._lon_by_row
        )
        cells = np.empty(2 * self.count + first_row[-1] + 1, dtype=np.int32)
        row_scale = np.empty((first_row[-1], 3))
        grid.sort_by_cell(
            starts, self._by_row, self._lon_by_row, self._who, self._lon_at, row_scale, cells
        )
        at = self._lon_at, self._speed_at
        self._grid = (starts, row_scale, cells, self._sorted, self._who, *at)
        mode = all_pairs_kernel.SPACE if self.geometry == "wgs84" else all_pairs_kernel.FLAT
        all_pairs_kernel.gather(
            mode, self._records, self._who, int(starts[-1]), self._sorted, self._speed_at
        )

    def _scan(self, mode: int, reaches: _Reaches, state: NDArray[np.int64]) -> int:
        from parley.detect import all_pairs_kernel

        return int(
            all_pairs_kernel.scan(
                mode,
                self._grid,
                (self._first_row, self._layout),
                (reaches.rows, reaches.windows, self.wraps),
                self._pairs,
                state,
            )
        )

    def _slice_s(self, number: int, slices: int) -> tuple[float, float]:
        return self.lookahead_s * number / slices, self.lookahead_s * (number + 1) / slices

    def _chosen_slices(self) -> int:
        """Return the number of slices that costs least, by building and counting the first one."""
        from parley.detect import all_pairs_kernel

        best, best_cost_ratio = 1, math.inf
        slices = 1
        while slices <= SLICES_MAX:
            from_s, to_s = self._slice_s(0, slices)
            reaches = self._reaches(from_s, to_s)
            self._build(reaches, 0.5 * (from_s + to_s))
            self._built_s = from_s, to_s
            apart = int(self._first_row[-1]) // ROWS_COUNTED + 1
            looked = apart * self._scan(all_pairs_kernel.COUNT, reaches, _start(apart))
            cost_ratio = slices * (BIN_COST_RATIO + looked / max(self.count, 1))
            if cost_ratio >= best_cost_ratio:
                break
            best, best_cost_ratio = slices, cost_ratio
            if looked < 2.0 * BIN_COST_RATIO * self.count:
                break
            slices *= 2
        return best

    # --- candidates -------------------------------------------------------------------------------

    def blocks(self) -> Iterator[Block]:
        """Yield candidates: each pair that is inside within a slice is in a block of that slice.

        The array is used again for the next block.
        """
        from parley.detect import all_pairs_kernel

        if self.count < 2 or min(self.widest_m) <= 0.0:
            return
        self.slices = self._chosen_slices()
        mode = all_pairs_kernel.SPACE if self.geometry == "wgs84" else all_pairs_kernel.FLAT
        for number in range(self.slices):
            from_s, to_s = self._slice_s(number, self.slices)
            reaches = self._reaches(from_s, to_s)
            if self._built_s != (from_s, to_s):
                self._build(reaches, 0.5 * (from_s + to_s))
                self._built_s = from_s, to_s
            state = _start()
            # The last slice owns what begins at the very end too.
            until_s = to_s if number + 1 < self.slices else math.inf
            while state[0] < reaches.rows.shape[0]:
                made = self._scan(mode, reaches, state)
                if made:
                    yield self._pairs[:made], (from_s, until_s)
