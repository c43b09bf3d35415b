"""The slow twin of `live`: everything anew for each question, by `prediction` on all pairs.

Nothing is kept between questions and nothing is shared with the fast twin but the definition: the
states are brought to the instant by `States.at`, and each pair is asked about by each rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from parley.detect.live import STALE_S
from parley.detect.minima_table import MinimaTable
from parley.detect.prediction import predict_pairs
from parley.detect.states import ALTITUDE_MAX_M, States

Three = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class PlainState:
    """One aircraft at its own time, as it is put into a `LivePicture`."""

    at_us: int
    place: Three
    velocity: Three
    group: int = 0
    datum: int = 0


def conflicts_plain(
    states: Mapping[str, PlainState], table: MinimaTable, lookahead_s: float, now_us: int
) -> tuple[list[tuple[str, str, int, NDArray[np.void]]], list[tuple[str, str]]]:
    """Return the losses as (smaller id, other id, rule, row), and the undecided pairs, sorted.

    An undecided pair has heights of two references, and is inside if heights are left out.
    """
    names = sorted(n for n, s in states.items() if (now_us - s.at_us) / 1e6 <= STALE_S)
    if len(names) < 2:
        return [], []
    held = [states[n] for n in names]
    columns = np.array([(*s.place, *s.velocity) for s in held]).T
    age_s = np.maximum(np.array([now_us - s.at_us for s in held]), 0) / 1e6
    brought = States(*columns).at(age_s)
    pairs = np.array(list(combinations(range(len(names)), 2)))
    one, other = pairs.T
    group = np.array([s.group for s in held])
    compared = np.array([held[a].datum == held[b].datum for a, b in pairs.tolist()])
    limbs = table.limbs()
    losses, undecided = [], set()
    for limb, rule in enumerate(limbs.plane.tolist()):
        level_m = limbs.radius_m[limb][group[one], group[other]]
        high_m = np.minimum(limbs.half_height_m[limb][group[one], group[other]], ALTITUDE_MAX_M)
        # Without heights that can be compared only the level distance decides.
        asked_m = np.where(compared | (high_m <= 0.0), high_m, ALTITUDE_MAX_M)
        for row in predict_pairs(brought, level_m, asked_m, pairs, lookahead_s):
            a, b = int(row["a"]), int(row["b"])
            if held[a].datum == held[b].datum:
                losses.append((names[a], names[b], rule, row))
            else:
                undecided.add((names[a], names[b]))
    return sorted(losses, key=_order), sorted(undecided)


def _order(loss: tuple[str, str, int, NDArray[np.void]]) -> tuple[str, str, int, float]:
    return *loss[:3], float(loss[3]["loss_s"])
