"""Traffic for the tests of `all_pairs`, drawn from seeds."""

from __future__ import annotations

import numpy as np

from parley.detect.all_pairs import predict_all
from parley.detect.prediction import PREDICTION
from parley.detect.states import States

EN_ROUTE = (9260.0, 304.8)
FT_M = 0.3048


def columns(states):
    return tuple(getattr(states, name) for name in States.__slots__)


def reordered(states, order):
    return States(*(column[order] for column in columns(states)))


def draw(seed, n, lat, lon, speed_mps, ups=(-15.0, 15.0)):
    """Aircraft in a box, 60 % level on whole thousands of feet, a tenth of them standing still."""
    rng = np.random.default_rng(seed)
    level = rng.random(n) < 0.6
    course = rng.uniform(0.0, 2.0 * np.pi, n)
    speed = np.where(rng.random(n) < 0.1, 0.0, rng.uniform(*speed_mps, n))
    return States(
        rng.uniform(*lat, n),
        (rng.uniform(*lon, n) + 180.0) % 360.0 - 180.0,
        np.where(level, rng.integers(28, 42, n) * 1000 * FT_M, rng.uniform(8_000, 13_000, n)),
        speed * np.sin(course),
        speed * np.cos(course),
        np.where(level, 0.0, rng.uniform(*ups, n)),
    )


BOXES = {
    "europe": ((48.0, 52.0), (4.0, 12.0), (90.0, 260.0)),
    "north pole": ((87.0, 90.0), (-180.0, 180.0), (90.0, 260.0)),
    "south pole": ((-90.0, -88.0), (0.0, 360.0), (50.0, 320.0)),
    "antimeridian": ((-2.0, 2.0), (177.0, 183.0), (90.0, 260.0)),
    "high antimeridian": ((68.0, 71.0), (174.0, 186.0), (0.0, 300.0)),
    "world": ((-90.0, 90.0), (-180.0, 180.0), (90.0, 260.0)),
}


def predictions_of(rows):
    """The rows of `predict_all` without their plane, as `predict_pairs` has them."""
    plain = np.empty(len(rows), dtype=PREDICTION)
    for name in PREDICTION.names:
        plain[name] = rows[name]
    return plain


def pairs_of(found):
    return [tuple(pair) for pair in found.rows[["a", "b"]].tolist()]


def predict(states, minima=EN_ROUTE, **more):
    return predict_all(states, minima, **more)
