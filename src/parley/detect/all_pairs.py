"""All pairs of aircraft that will lose separation, from two aircraft to a million.

Here: the definition's front door, checks, and what becomes of more rows than a caller wants. Never
here: motion and decisions (the kernels), candidates (`all_pairs_sieve`), live updates, alerts.
`all_pairs_plain` is the slow twin; for one rule on the ellipsoid `prediction.predict_pairs` is too.

The definition is that of `prediction`, to the bit. The flat geometry replaces the ellipsoid by one
plane per pair, equirectangular on a sphere of 6,371 km, with the same rules and tolerance; it is
off by up to 0.5 km after five minutes at 60 degrees, and there to be compared with.

Cost: one sort of the aircraft and a sift of their neighbours, then a decision per candidate, so
linear in the number of aircraft at equal density; where all are at one place it is quadratic, and
only rows are bounded: `ROWS_MAX`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from parley.detect.all_pairs_sieve import Columns, Sieve
from parley.detect.encounters import HORIZONTAL_MAX_M, TOLERANCE_M
from parley.detect.legs import SPEED_MAX_MPS
from parley.detect.minima_table import MinimaPlane, MinimaTable, one_rule
from parley.detect.prediction import PREDICTION
from parley.detect.states import ALTITUDE_MAX_M, LOOKAHEAD_MAX_S, SLICE_S, States, check_within
from parley.world.faults import InputFault

__all__ = [
    "ALL_PAIRS",
    "MinimaPlane",
    "MinimaTable",
    "Predictions",
    "flat_conflicts",
    "predict_all",
    "warm",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ROWS_MAX = 1_000_000
"""Rows kept where the caller names no limit: 96 MB, three times what a million aircraft spread over
the earth have. 10,000 at one point have 50 million; nobody can act on the millionth."""

_NUMBERS = (PREDICTION.names or ())[2:]
ALL_PAIRS = np.dtype([*PREDICTION.descr, ("plane", np.int64)])
"""A row of `PREDICTION`, and the plane of the minima that is lost first (the lower one of two)."""


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """The pairs that lose separation: `rows`, sorted by pair, and what was not predicted or kept.

    `pairs_total` pairs lose it. If that is more than the limit, `rows` are the soonest ones (of
    equal time those of lower rows), `left_out` says how many are not among them, and
    `pairs_of` still counts all of them for each aircraft.
    """

    rows: NDArray[np.void]
    not_flown: Ints
    """Rows of the states that are too fast to have been flown: they are not watched."""
    pairs_total: int
    left_out: int
    pairs_of: Ints
    slices: int
    """Into how many time slices the work was cut: for those who measure."""

    @property
    def capped(self) -> bool:
        """Whether there are more pairs than rows."""
        return self.left_out > 0


def predict_all(
    states: States,
    minima: tuple[float, float] | MinimaTable,
    *,
    lookahead_s: float = 300.0,
    geometry: Literal["wgs84", "flat"] = "wgs84",
    limit: int | None = None,
) -> Predictions:
    """Return all pairs that lose separation within the lookahead; see `Predictions`, `ALL_PAIRS`.

    Args:
        states: of all aircraft, at the instant from which times count.
        minima: horizontal and vertical in metres, apart by one of them; or a table per group.
            A minimum of 0 binds nothing.
        lookahead_s: how far ahead, more than 0 and at most `LOOKAHEAD_MAX_S`.
        geometry: motion on the ellipsoid, or on one plane per pair.
        limit: most rows to keep; None is `ROWS_MAX`.

    Raises:
        InputFault: a minimum, lookahead or limit out of range, or a table for other aircraft.

    Two head on, 60 km apart, each at 250 m/s: 5 NM are lost after (60,000 - 9,260) / 500 s.

    >>> states = States(lat_deg=[0, 0], lon_deg=[0, 0.538985], alt_m=[9000, 9000],
    ...                 east_mps=[250, -250], north_mps=[0, 0], up_mps=[0, 0])
    >>> found = predict_all(states, (9260.0, 304.8))
    >>> found.pairs_total, round(float(found.rows[0]["loss_s"]), 1)
    (1, 101.5)
    """
    _check_lookahead(lookahead_s)
    if geometry not in ("wgs84", "flat"):
        raise InputFault("geometry", value=geometry, wanted="wgs84 or flat")
    rows_max = ROWS_MAX if limit is None else limit
    if rows_max < 0:
        raise InputFault("limit of rows", value=limit, wanted="0 or more")
    table = minima if isinstance(minima, MinimaTable) else one_rule(*minima, len(states))
    if table.group.shape != (len(states),):
        value, wanted = table.group.shape[0], f"one per state, {len(states)}"
        raise InputFault("minima groups", value=value, wanted=wanted)
    columns = _columns_of(states)
    sieve = Sieve(columns, table.widest_m, lookahead_s, geometry)
    kept = _Kept(len(states), rows_max)
    decide = _Decider(columns, table, lookahead_s, geometry)
    for pairs, slice_s in sieve.blocks():
        kept.take(*decide(pairs, slice_s))
    not_flown = np.flatnonzero(sieve.rank < 0)
    return kept.predictions(not_flown, sieve.slices)


def flat_conflicts(
    lat_deg: ArrayLike,
    lon_deg: ArrayLike,
    alt_m: ArrayLike,
    east_mps: ArrayLike,
    north_mps: ArrayLike,
    up_mps: ArrayLike,
    *,
    horizontal_m: float,
    vertical_m: float,
    lookahead_s: float,
) -> tuple[NDArray[np.int32], Floats]:
    """Return pairs and times of loss by BlueSky's definition: for comparison, not for watching.

    The pairs (k, 2) have the lower row first and are sorted; times are seconds from now. Limits
    are strict, without tolerance; the antimeridian is a wall; two of the same velocity are no
    conflict, however near (BlueSky 1.1.1, `cstatebased`, MIT). None of this is so in `predict_all`.

    Raises:
        InputFault: a column or number out of range, as in `States`; a speed above `SPEED_MAX_MPS`.
    """
    _check_lookahead(lookahead_s)
    states = States(
        *(np.asarray(c) for c in (lat_deg, lon_deg, alt_m, east_mps, north_mps, up_mps))
    )
    check_within("horizontal minimum in metres", np.array([horizontal_m]), (0.0, HORIZONTAL_MAX_M))
    check_within("vertical minimum in metres", np.array([vertical_m]), (0.0, ALTITUDE_MAX_M))
    columns = _columns_of(states)
    sieve = Sieve(columns, (horizontal_m, vertical_m), lookahead_s, "flat-unwrapped")
    fast = np.flatnonzero(sieve.rank < 0)
    if fast.size:
        wanted = f"speeds up to {SPEED_MAX_MPS:.0f} m/s"
        raise InputFault(f"states speed row {fast[0]}", value="faster", wanted=wanted)
    from parley.detect import all_pairs_flat_kernel as kernel

    found, times_s = [np.empty((0, 2), dtype=np.int32)], [np.empty(0)]
    for pairs, slice_s in sieve.blocks():
        some, at_s = np.empty_like(pairs), np.empty(pairs.shape[0])
        minima = horizontal_m, vertical_m
        made = kernel.blueskys(columns, pairs, minima, lookahead_s, slice_s, some, at_s)
        found.append(some[:made].copy())
        times_s.append(at_s[:made].copy())
    both, loss_s = np.concatenate(found), np.concatenate(times_s)
    order = np.lexsort((both[:, 1], both[:, 0]))
    return both[order], loss_s[order]


def warm() -> None:
    """Compile the kernels (or load them from the cache) by running each once."""
    lat_deg = np.array([0.0, 0.0, 0.1])
    zero, speed_mps = np.zeros(3), np.array([10.0, 20.0, 200.0])
    states = States(lat_deg, zero, zero, speed_mps, zero, zero)
    for geometry in ("wgs84", "flat"):
        predict_all(states, (1000.0, 100.0), geometry=geometry, lookahead_s=60.0)
    flat_conflicts(
        lat_deg, zero, zero, speed_mps, zero, zero,
        horizontal_m=1000.0, vertical_m=100.0, lookahead_s=60.0,
    )  # fmt: skip


def _check_lookahead(lookahead_s: float) -> None:
    if not 0.0 < lookahead_s <= LOOKAHEAD_MAX_S:
        wanted = f"more than 0 and at most {LOOKAHEAD_MAX_S:.0f}"
        raise InputFault("lookahead in seconds", value=lookahead_s, wanted=wanted)


def _columns_of(states: States) -> Columns:
    return (
        states.lat_deg,
        states.lon_deg,
        states.alt_m,
        states.east_mps,
        states.north_mps,
        states.up_mps,
    )


class _Decider:
    """Decides candidates, a block at a time, into arrays that are used again."""

    def __init__(
        self, columns: Columns, table: MinimaTable, lookahead_s: float, geometry: str
    ) -> None:
        self._columns = columns
        self._lookahead_s = lookahead_s
        self._flat = geometry == "flat"
        limbs = table.limbs()
        radius_m = limbs.radius_m - TOLERANCE_M
        self._limbs = (
            table.group.astype(np.int32),
            np.maximum(radius_m if self._flat else _chord_m(radius_m), 0.0),
            limbs.half_height_m - TOLERANCE_M,
            limbs.plane,
            np.stack([plane.horizontal_m for plane in table.rules]),
            np.stack([plane.vertical_m for plane in table.rules]),
        )
        self._widest_m = float(self._limbs[1].max()), float(self._limbs[2].max())
        self._times_s = np.minimum(
            SLICE_S * np.arange(math.ceil(lookahead_s / SLICE_S) + 1), lookahead_s
        )
        self._place_of = np.full(columns[0].shape[0], -1, dtype=np.int32)

    def __call__(
        self, pairs: NDArray[np.int32], slice_s: tuple[float, float]
    ) -> tuple[NDArray[np.int32], Floats, NDArray[np.int32]]:
        """Return pair, numbers and plane of those pairs that lose separation in the slice."""
        from parley.detect import all_pairs_flat_kernel, all_pairs_wgs84_kernel

        room = pairs.shape[0] + 1
        rows = (
            np.empty((room, 2), dtype=np.int32),
            np.empty((room, 8)),
            np.empty(room, dtype=np.int32),
        )
        if self._flat:
            made = all_pairs_flat_kernel.decide_all(
                self._columns, pairs, self._lookahead_s, slice_s, self._limbs, rows
            )
        else:
            made = all_pairs_wgs84_kernel.decide_all(
                self._columns,
                pairs,
                self._times_s,
                slice_s,
                self._widest_m,
                self._limbs,
                self._place_of,
                rows,
            )
        return rows[0][:made], rows[1][:made], rows[2][:made]


def _chord_m(arcs_m: Floats) -> Floats:
    from parley.detect.prediction import _chord_m as chords_of

    return chords_of(arcs_m)


class _Kept:
    """The rows that are kept: all of them up to a limit, then the soonest."""

    def __init__(self, count: int, rows_max: int) -> None:
        self._rows_max = rows_max
        self._parts: list[tuple[NDArray[np.int32], Floats, NDArray[np.int32]]] = []
        self._held = 0
        self._latest_s = math.inf
        self.total = 0
        self.pairs_of = np.zeros(count, dtype=np.int64)

    def take(self, pairs: NDArray[np.int32], numbers: Floats, plane: NDArray[np.int32]) -> None:
        """Count some pairs and keep their rows, as far as they may be among the soonest."""
        if not pairs.shape[0]:
            return
        from parley.detect import all_pairs_kernel

        self.total += pairs.shape[0]
        all_pairs_kernel.tally(pairs, self.pairs_of)
        # Later than the latest kept is never kept; as late may be, by its rows.
        good = numbers[:, 0] <= self._latest_s
        if good.any():
            self._parts.append((pairs[good], numbers[good], plane[good]))
            self._held += self._parts[-1][0].shape[0]
        if self._held > 2 * self._rows_max + 65_536:
            self._cut()

    def _cut(self) -> None:
        pairs, numbers, plane = self._joined()
        order = np.lexsort((pairs[:, 1], pairs[:, 0], numbers[:, 0]))[: self._rows_max]
        pairs, numbers, plane = pairs[order], numbers[order], plane[order]
        self._latest_s = float(numbers[-1, 0]) if self._rows_max else -math.inf
        self._parts, self._held = [(pairs, numbers, plane)], pairs.shape[0]

    def _joined(self) -> tuple[NDArray[np.int32], Floats, NDArray[np.int32]]:
        if not self._parts:
            return np.empty((0, 2), np.int32), np.empty((0, 8)), np.empty(0, np.int32)
        pairs, numbers, plane = zip(*self._parts, strict=True)
        return np.concatenate(pairs), np.concatenate(numbers), np.concatenate(plane)

    def predictions(self, not_flown: NDArray[np.intp], slices: int) -> Predictions:
        """Return what was kept, sorted by pair."""
        if self._held > self._rows_max:
            self._cut()
        pairs, numbers, plane = self._joined()
        order = np.argsort(pairs[:, 0].astype(np.int64) * self.pairs_of.shape[0] + pairs[:, 1])
        rows = np.empty(order.shape[0], dtype=ALL_PAIRS)
        rows["a"], rows["b"], rows["plane"] = pairs[order, 0], pairs[order, 1], plane[order]
        for number, name in enumerate(_NUMBERS):
            rows[name] = numbers[order, number]
        return Predictions(
            rows=rows,
            not_flown=not_flown.astype(np.int64),
            pairs_total=self.total,
            left_out=self.total - rows.shape[0],
            pairs_of=self.pairs_of,
            slices=slices,
        )
