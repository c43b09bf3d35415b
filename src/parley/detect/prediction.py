"""Prediction: which pairs of aircraft will come inside both minima if each flies straight on.

Here: state vectors as columns, velocity from two reports, and the pairs that lose separation within
a lookahead. Never here: parties, agreements, alert classes. `prediction_plain` is the slow twin.

The definition, which both twins follow:

- Each aircraft goes on along the WGS-84 geodesic at constant speed over the ellipsoid; its altitude
  is linear in time.
- Horizontal distance is the geodesic distance of the surface positions. A pair is *inside* when
  horizontal < minimum and vertical < minimum, both by more than `TOLERANCE_M`: traffic that stands
  exactly 1,000 ft apart is not inside 1,000 ft.
- A pair *loses separation* when it is inside for some time in [0, lookahead], in continuous time.
- A state faster than `SPEED_MAX_MPS` was not flown (spoofing, a clock fault). It is not predicted,
  and `States.flown` says so: the caller shows it as not watched.

How: `states` moves all aircraft to the nodes of time slices. Within a slice both of a pair move on
chords; their difference is laid into the plane of the ellipsoid midway between them, where it is
linear in time within millimetres, and the times inside are roots of a quadratic.

Same bits for everybody: what `states` says of its arithmetic holds here as well, and the two of a
pair may be swapped.

Cost: pairs times slices for what a bound on the bend cannot exclude; meant for hundreds of
aircraft.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from parley.detect.encounters import HORIZONTAL_MAX_M, TOLERANCE_M
from parley.detect.legs import MEAN_RADIUS_M, WGS84_A_M
from parley.detect.states import (
    ALTITUDE_MAX_M,
    LOOKAHEAD_MAX_S,
    SLICE_S,
    WGS84_B_M,
    Bools,
    Floats,
    States,
    arc_m,
    check_within,
    dot,
    first_motion,
    gradient_per_m,
    step_ahead,
    velocity_from_reports,
)
from parley.world.faults import InputFault

__all__ = ["PREDICTION", "States", "predict_pairs", "velocity_from_reports"]

Ints = NDArray[np.int64]

_LEAST_RADIUS_M = WGS84_B_M * WGS84_B_M / WGS84_A_M
"""The sharpest that WGS-84 bends anywhere: along the meridian at the equator."""
_FILTER_MARGIN_M = 1.0
_PAIRS_PER_CHUNK = 1 << 18
_CELLS_PER_CHUNK = 1 << 19

PREDICTION = np.dtype(
    [
        ("a", np.int64),
        ("b", np.int64),
        ("loss_s", np.float64),
        ("end_s", np.float64),
        ("least_horizontal_m", np.float64),
        ("least_s", np.float64),
        ("vertical_then_m", np.float64),
        ("least_vertical_m", np.float64),
        ("minimum_horizontal_m", np.float64),
        ("minimum_vertical_m", np.float64),
    ]
)
"""One pair that loses separation; `a` < `b` are rows of the states, times are seconds from them.

`loss_s` is 0 if it is lost now; `end_s` is the lookahead if it is lost until then or longer. The
least horizontal distance is that between loss and end, with its time and the vertical distance
then; `least_vertical_m` is the least in the same time. The minima are those that were asked for.
"""


def predict_pairs(
    states: States,
    horizontal_m: ArrayLike,
    vertical_m: ArrayLike,
    pairs: NDArray[np.integer] | None = None,
    lookahead_s: float = 300.0,
) -> NDArray[np.void]:
    """Return the pairs that lose separation within the lookahead, sorted by pair; see `PREDICTION`.

    Args:
        states: of all aircraft, at the instant from which times count.
        horizontal_m: horizontal minimum: one number, one per pair, or a symmetric (n, n) table.
        vertical_m: vertical minimum, the same. A minimum of 0 binds nothing.
        pairs: (k, 2) rows of the states, each pair once, either way round; None is every pair, in
            the order (0, 1), (0, 2) ... (1, 2) ...
        lookahead_s: how far ahead, more than 0 and at most `LOOKAHEAD_MAX_S`.

    Raises:
        InputFault: a minimum, pair or lookahead out of range; the row is named.

    Two head on, 60 km apart, each at 250 m/s: 5 NM are lost after (60,000 - 9,260) / 500 s.

    >>> states = States(lat_deg=[0, 0], lon_deg=[0, 0.538985], alt_m=[9000, 9000],
    ...                 east_mps=[250, -250], north_mps=[0, 0], up_mps=[0, 0])
    >>> row = predict_pairs(states, 9260.0, 304.8)[0]
    >>> round(float(row["loss_s"]), 1), round(float(row["least_s"]), 1)
    (101.5, 120.0)
    """
    if not 0.0 < lookahead_s <= LOOKAHEAD_MAX_S:
        raise InputFault(
            "lookahead in seconds",
            value=lookahead_s,
            wanted=f"more than 0 and at most {LOOKAHEAD_MAX_S:.0f}",
        )
    given = None if pairs is None else _checked_pairs(pairs, len(states))
    count = len(states) * (len(states) - 1) // 2 if given is None else given.shape[1]
    horizontal = _checked_minima("horizontal minimum in metres", horizontal_m, count, len(states))
    vertical = _checked_minima("vertical minimum in metres", vertical_m, count, len(states))
    flown = states.flown
    motion = _Motion.of(states, flown, lookahead_s)
    found = []
    for first, a, b in _chunks(len(states), given):
        minima = _chosen(horizontal, first, a, b), _chosen(vertical, first, a, b)
        near = flown[a] & flown[b] & _may_lose(motion, a, b, minima)
        a, b = a[near], b[near]
        minima = minima[0][near], minima[1][near]
        step = max(_CELLS_PER_CHUNK // motion.times_s.shape[0], 1)
        for start in range(0, a.shape[0], step):
            part = slice(start, start + step)
            found.append(_losses(motion, a[part], b[part], (minima[0][part], minima[1][part])))
    rows = np.concatenate(found) if found else np.empty(0, dtype=PREDICTION)
    return rows[np.lexsort((rows["b"], rows["a"]))]


# --- what comes in -------------------------------------------------------------------------------


def _checked_pairs(pairs: NDArray[np.integer], count: int) -> Ints:
    """Return the pairs as two rows, the lower number first."""
    given = np.asarray(pairs)
    if given.size == 0:
        return np.empty((2, 0), dtype=np.int64)
    if given.ndim != 2 or given.shape[1] != 2 or given.dtype.kind not in "iu":
        raise InputFault("pairs", value=given.shape, wanted="integers, two columns")
    low = np.minimum(given[:, 0], given[:, 1]).astype(np.int64)
    high = np.maximum(given[:, 0], given[:, 1]).astype(np.int64)
    bad = (low < 0) | (high >= count) | (low == high)
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise InputFault(
            f"pairs row {row}",
            value=tuple(given[row].tolist()),
            wanted=f"two different rows of {count} states",
        )
    key = np.sort(low * count + high)
    twice = np.flatnonzero(key[1:] == key[:-1])
    if twice.size:
        again = divmod(int(key[twice[0]]), count)
        raise InputFault("pairs", value=again, wanted="each pair once, either way round")
    return np.stack((low, high))


def _checked_minima(what: str, value: ArrayLike, pair_count: int, state_count: int) -> Floats:
    """Return one number, one per pair or a symmetric table of minima, as float64."""
    table = np.asarray(value, dtype=np.float64)
    limit_m = HORIZONTAL_MAX_M if what.startswith("horizontal") else ALTITUDE_MAX_M
    check_within(what, table.ravel(), (0.0, limit_m))
    if table.shape not in ((), (pair_count,), (state_count, state_count)):
        wanted = f"one number, ({pair_count},) or ({state_count}, {state_count})"
        raise InputFault(what, value=table.shape, wanted=wanted)
    if table.ndim == 2 and not np.array_equal(table, table.T):
        raise InputFault(what, value="a table that is not symmetric", wanted="one value per pair")
    return table


def _chosen(minima: Floats, first: int, a: Ints, b: Ints) -> Floats:
    """Return the minima of a chunk of pairs of which `first` is the first one's number."""
    if minima.ndim == 2:
        return minima[a, b]
    if minima.ndim == 1:
        return minima[first : first + a.shape[0]]
    return np.full(a.shape[0], float(minima))


def _chunks(count: int, given: Ints | None) -> Iterator[tuple[int, Ints, Ints]]:
    """Yield the pairs in chunks of bounded memory: number of the first, lower and higher rows."""
    if given is not None:
        for first in range(0, given.shape[1], _PAIRS_PER_CHUNK):
            part = given[:, first : first + _PAIRS_PER_CHUNK]
            yield first, part[0], part[1]
        return
    rows = max(_PAIRS_PER_CHUNK // max(count, 1), 1)
    first = 0
    for start in range(0, count - 1, rows):
        a = np.arange(start, min(start + rows, count - 1), dtype=np.int64)
        partners = count - 1 - a
        ends = np.cumsum(partners)
        one = np.repeat(a, partners)
        other = np.arange(ends[-1], dtype=np.int64) - np.repeat(ends - partners, partners) + one + 1
        yield first, one, other
        first += one.shape[0]


# --- motion on the ellipsoid ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _Motion:
    """All aircraft over the lookahead: ECEF nodes (3, nodes, n) at `times_s`, and heights."""

    times_s: Floats
    nodes_m: Floats
    velocity_mps: Floats
    bend_m: Floats
    """How far an aircraft may leave its first straight line by the end: v² T² / 2 R."""
    alt_m: Floats
    up_mps: Floats

    @staticmethod
    def of(states: States, flown: Bools, lookahead_s: float) -> _Motion:
        """Return the motion of the states: nodes at whole slices and at the end."""
        slices = math.ceil(lookahead_s / SLICE_S)
        times_s = np.minimum(SLICE_S * np.arange(slices + 1), lookahead_s)
        place_m, velocity_mps = first_motion(states, flown)
        first_mps = velocity_mps
        nodes_m = np.empty((3, slices + 1, len(states)))
        nodes_m[:, 0] = place_m
        for number, step_s in enumerate(np.diff(times_s)):
            place_m, velocity_mps = step_ahead(place_m, velocity_mps, step_s)
            nodes_m[:, number + 1] = place_m
        speed_squared = dot(first_mps, first_mps)
        return _Motion(
            times_s=times_s,
            nodes_m=nodes_m,
            velocity_mps=first_mps,
            bend_m=speed_squared * (0.5 * lookahead_s * lookahead_s / _LEAST_RADIUS_M),
            alt_m=states.alt_m,
            up_mps=np.where(flown, states.up_mps, 0.0),
        )


# --- pairs ---------------------------------------------------------------------------------------


def _may_lose(motion: _Motion, a: Ints, b: Ints, minima: tuple[Floats, Floats]) -> Bools:
    """Return which pairs may come inside: those that no bound excludes.

    On straight lines in space from the first velocities they pass at some distance; each leaves its
    line by at most `bend_m`, and the chord is never longer than the surface distance.
    """
    end_s = float(motion.times_s[-1])
    low_s, high_s = _vertical_interval_s(motion, a, b, minima[1])
    near = low_s < high_s
    out = np.flatnonzero(near)
    one, other = a[out], b[out]
    apart_m = motion.nodes_m[:, 0, other] - motion.nodes_m[:, 0, one]
    closing_mps = motion.velocity_mps[:, other] - motion.velocity_mps[:, one]
    squared = dot(closing_mps, closing_mps)
    at_s = -dot(apart_m, closing_mps) / np.where(squared > 0.0, squared, 1.0)
    apart_m = apart_m + closing_mps * np.clip(at_s, 0.0, end_s)
    reach_m = minima[0][out] + motion.bend_m[one] + motion.bend_m[other] + _FILTER_MARGIN_M
    near[out] = dot(apart_m, apart_m) < reach_m * reach_m
    return near


def _vertical_interval_s(
    motion: _Motion, a: Ints, b: Ints, minimum_m: Floats
) -> tuple[Floats, Floats]:
    """Return from when to when each pair is inside the vertical minimum; (0, 0) where never."""
    end_s = float(motion.times_s[-1])
    limit_m = minimum_m - TOLERANCE_M
    first_m = motion.alt_m[b] - motion.alt_m[a]
    climb_mps = motion.up_mps[b] - motion.up_mps[a]
    begins = np.abs(first_m) < limit_m
    ends = np.abs(first_m + climb_mps * end_s) < limit_m
    moving = climb_mps != 0.0
    # A climb too slow to matter would overflow the division; in 1e9 seconds it is out of any range.
    divisor_mps = np.where(np.abs(climb_mps) > 1e-9, climb_mps, 1.0)
    one_s = np.clip((limit_m - first_m) / divisor_mps, -1e12, 1e12)
    other_s = np.clip((-limit_m - first_m) / divisor_mps, -1e12, 1e12)
    low_s = np.where(begins, 0.0, np.maximum(np.minimum(one_s, other_s), 0.0))
    high_s = np.where(ends, end_s, np.minimum(np.maximum(one_s, other_s), end_s))
    inside = (limit_m > 0.0) & ((begins & ends) | (moving & (np.abs(climb_mps) > 1e-9)))
    return np.where(inside, low_s, 0.0), np.where(inside & (low_s < high_s), high_s, 0.0)


def _chord_m(arc_m: Floats) -> Floats:
    """Return the chords of arcs of the mean earth, 2 R sin(s / 2 R), by its series (to 1e-9 m)."""
    half = arc_m / (2.0 * MEAN_RADIUS_M)
    square = half * half
    return arc_m * (1.0 - square / 6.0 * (1.0 - square / 20.0 * (1.0 - square / 42.0)))


def _losses(motion: _Motion, a: Ints, b: Ints, minima: tuple[Floats, Floats]) -> NDArray[np.void]:
    """Return the rows of those pairs that come inside both minima."""
    one_m, other_m = motion.nodes_m[:, :, a], motion.nodes_m[:, :, b]
    apart_m = other_m - one_m
    normal = gradient_per_m(one_m + other_m)
    normal = normal[:, :-1] + normal[:, 1:]
    normal /= np.sqrt(dot(normal, normal))
    first_m = apart_m[:, :-1] - dot(apart_m[:, :-1], normal) * normal
    last_m = apart_m[:, 1:] - dot(apart_m[:, 1:], normal) * normal
    from_s = motion.times_s[:-1, np.newaxis]
    span_s = np.diff(motion.times_s)[:, np.newaxis]
    closing_mps = (last_m - first_m) / span_s
    limit_m = np.maximum(_chord_m(minima[0] - TOLERANCE_M), 0.0)
    band = _vertical_interval_s(motion, a, b, minima[1])
    low_s, high_s = _disc_interval_s((first_m, last_m, closing_mps), limit_m * limit_m, span_s)
    start_s = np.maximum(from_s + low_s, band[0])
    stop_s = np.minimum(from_s + high_s, band[1])
    inside = (limit_m > 0.0) & (low_s < high_s) & (start_s < stop_s)
    # Nearest in each slice, then over all of them; the vector form keeps the last digits.
    squared = dot(closing_mps, closing_mps)
    near_s = -dot(first_m, closing_mps) / np.where(squared > 0.0, squared, 1.0)
    near_s = np.where(inside, np.clip(from_s + near_s, start_s, stop_s), from_s)
    near_m = first_m + closing_mps * (near_s - from_s)
    square_m2 = np.where(inside, dot(near_m, near_m), np.inf)
    kept = np.flatnonzero(inside.any(axis=0))
    best = np.argmin(square_m2[:, kept], axis=0)
    rows = np.empty(kept.shape[0], dtype=PREDICTION)
    rows["a"], rows["b"] = a[kept], b[kept]
    rows["loss_s"] = np.min(np.where(inside, start_s, np.inf)[:, kept], axis=0)
    rows["end_s"] = np.max(np.where(inside, stop_s, -np.inf)[:, kept], axis=0)
    rows["least_s"] = near_s[best, kept]
    rows["least_horizontal_m"] = arc_m(np.sqrt(square_m2[best, kept]))
    rows["minimum_horizontal_m"], rows["minimum_vertical_m"] = minima[0][kept], minima[1][kept]
    _write_vertical(motion, rows)
    return rows


def _disc_interval_s(
    relative: tuple[Floats, Floats, Floats], limit_m2: Floats, span_s: Floats
) -> tuple[Floats, Floats]:
    """Return the part of each slice in which the difference is shorter than the limit, else (0, 0).

    `relative` is the difference at the slice's start, at its end, and its rate. The squared length
    is convex, so that inside at both ends is inside throughout, and there is never more than one
    part.
    """
    first_m, last_m, closing_mps = relative
    square_m2 = dot(first_m, first_m)
    across_m2ps = dot(first_m, closing_mps)
    speed_m2ps2 = dot(closing_mps, closing_mps)
    begins = square_m2 < limit_m2
    ends = dot(last_m, last_m) < limit_m2
    excess_m2 = square_m2 - limit_m2
    root2 = across_m2ps * across_m2ps - speed_m2ps2 * excess_m2
    meets = (root2 > 0.0) & (speed_m2ps2 > 0.0)
    # The form that never subtracts two near-equal numbers (Press et al., Numerical Recipes 5.6).
    half = -across_m2ps - np.copysign(np.sqrt(np.where(meets, root2, 0.0)), across_m2ps)
    one_s = half / np.where(meets, speed_m2ps2, 1.0)
    other_s = np.where(half != 0.0, excess_m2 / np.where(half != 0.0, half, 1.0), one_s)
    low_s = np.where(begins, 0.0, np.maximum(np.minimum(one_s, other_s), 0.0))
    high_s = np.where(ends, span_s, np.minimum(np.maximum(one_s, other_s), span_s))
    inside = (begins & ends) | meets
    return np.where(inside, low_s, 0.0), np.where(inside & (low_s < high_s), high_s, 0.0)


def _write_vertical(motion: _Motion, rows: NDArray[np.void]) -> None:
    """Write the vertical distance at the least horizontal one, and the least of all."""
    first_m = motion.alt_m[rows["b"]] - motion.alt_m[rows["a"]]
    climb_mps = motion.up_mps[rows["b"]] - motion.up_mps[rows["a"]]
    rows["vertical_then_m"] = np.abs(first_m + climb_mps * rows["least_s"])
    begin_m = first_m + climb_mps * rows["loss_s"]
    end_m = first_m + climb_mps * rows["end_s"]
    crosses = (begin_m < 0.0) != (end_m < 0.0)
    rows["least_vertical_m"] = np.where(crosses, 0.0, np.minimum(np.abs(begin_m), np.abs(end_m)))
