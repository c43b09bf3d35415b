"""The slow twins of `all_pairs`: every pair by itself, by other roads; oracles in the tests.

On the ellipsoid each pair is stepped with pyproj (`prediction_plain`), limb by limb. BlueSky's flat
definition is written down a second time, for all pairs at once and with the vertical and horizontal
intervals solved apart. Nothing is shared with the fast twin but the definition and the tables.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from parley.detect.minima_table import MinimaTable
from parley.detect.prediction_plain import predict_pair_plain
from parley.detect.states import States

Floats = NDArray[np.float64]
Row = tuple[int, int, int, float, float]
"""Lower row, higher row, plane that is lost first, loss and end in seconds."""


def predict_all_plain(states: States, minima: MinimaTable, lookahead_s: float) -> list[Row]:
    """Return the pairs that lose separation, sorted, each with its plane, loss and end."""
    rows = []
    for a in range(len(states)):
        for b in range(a + 1, len(states)):
            found = _first_plane(states, (a, b), minima, lookahead_s)
            if found is not None:
                rows.append((a, b, *found))
    return rows


def _first_plane(
    states: States, pair: tuple[int, int], minima: MinimaTable, lookahead_s: float
) -> tuple[int, float, float] | None:
    """Return the plane that a pair loses first, with loss and end in seconds."""
    i, j = (int(minima.group[row]) for row in pair)
    losses = []
    for number, plane in enumerate(minima.rules):
        horizontal_m = float(plane.horizontal_m[i, j])
        vertical_m = float(plane.vertical_m[i, j])
        if horizontal_m <= 0.0 or vertical_m <= 0.0:
            continue
        cylinders = [(horizontal_m, vertical_m)]
        if np.asarray(plane.both_needed)[i, j]:
            reach_m = float(np.asarray(plane.reach_m)[i, j])
            cylinders = [(horizontal_m, 1e9), (reach_m, vertical_m)]
        inside = [predict_pair_plain(states, pair, c, lookahead_s) for c in cylinders]
        spans = [(row[2], row[3]) for row in inside if row is not None]
        if spans:
            losses.append((min(s[0] for s in spans), number, max(s[1] for s in spans)))
    if not losses:
        return None
    loss_s, number, end_s = min(losses)
    return number, loss_s, end_s


def flat_conflicts_plain(
    columns: tuple[Floats, Floats, Floats, Floats, Floats, Floats],
    minima: tuple[float, float],
    lookahead_s: float,
) -> list[tuple[int, int]]:
    """Return the pairs in conflict by BlueSky's flat definition; columns as those of `States`."""
    lat, lon = np.radians(columns[0]), np.radians(columns[1])
    pairs: list[tuple[int, int]] = []
    for a in range(lat.shape[0] - 1):
        others = slice(a + 1, None)
        apart = (lon[others] - lon[a]) * np.cos((lat[others] + lat[a]) / 2.0)
        east_m, north_m = 6_371_000.0 * apart, 6_371_000.0 * (lat[others] - lat[a])
        up_m = columns[2][others] - columns[2][a]
        east_mps, north_mps, up_mps = (c[others] - c[a] for c in columns[3:])
        near = _inside_s(east_m, north_m, east_mps, north_mps, minima[0])
        high = _between_s(up_m, up_mps, minima[1])
        from_s = np.maximum(np.maximum(near[0], high[0]), 0.0)
        to_s = np.minimum(near[1], high[1])
        lost = (from_s <= lookahead_s) & (from_s < to_s) & (to_s > 0.0)
        pairs.extend((a, a + 1 + int(row)) for row in np.flatnonzero(lost))
    return pairs


def _inside_s(
    east_m: Floats, north_m: Floats, east_mps: Floats, north_mps: Floats, limit_m: float
) -> tuple[Floats, Floats]:
    """Return from when to when each difference is shorter than the limit; never: (inf, -inf)."""
    speed = np.hypot(east_mps, north_mps)
    moving = speed > 0.0
    unit = np.where(moving, speed, 1.0)
    along_m = (east_m * east_mps + north_m * north_mps) / unit
    aside_m = (east_m * north_mps - north_m * east_mps) / unit
    meets = moving & (np.abs(aside_m) < limit_m)
    half_m = np.sqrt(np.where(meets, limit_m * limit_m - aside_m * aside_m, 0.0))
    return (
        np.where(meets, (-along_m - half_m) / unit, math.inf),
        np.where(meets, (-along_m + half_m) / unit, -math.inf),
    )


def _between_s(up_m: Floats, up_mps: Floats, limit_m: float) -> tuple[Floats, Floats]:
    """Return from when to when each height difference is less than the limit."""
    still = np.abs(up_mps) <= 1e-6
    divisor = np.where(still, 1.0, up_mps)
    ends = np.stack(((-limit_m - up_m) / divisor, (limit_m - up_m) / divisor))
    near = np.abs(up_m) < limit_m
    return (
        np.where(still, np.where(near, 0.0, math.inf), ends.min(axis=0)),
        np.where(still, np.where(near, math.inf, -math.inf), ends.max(axis=0)),
    )
