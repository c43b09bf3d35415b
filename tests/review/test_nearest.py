"""The greatest value along a track against samples of it, on random tracks beside random lines."""

from __future__ import annotations

import random

import numpy as np
import pytest

from parley.review.nearest import greatest_m
from parley.world.boundary import Boundary
from parley.world.geo import Position
from parley.world.stand_off import signed_away_m
from parley.world.track import Track, position_at


def random_line(rng: random.Random) -> Boundary:
    vertices = [
        Position(lat_deg=44.0 + i * 0.2 + rng.uniform(-0.05, 0.05), lon_deg=rng.uniform(14.9, 15.1))
        for i in range(4)
    ]
    return Boundary(id="L", vertices=tuple(vertices), edges="planar", left="left", right="right")


def random_track(rng: random.Random) -> Track:
    reports = rng.randint(2, 6)
    t_us = np.cumsum([0, *(rng.randint(20, 120) for _ in range(reports - 1))]) * 1_000_000
    lat = np.cumsum(
        [rng.uniform(44.1, 44.5), *(rng.uniform(-0.1, 0.1) for _ in range(reports - 1))]
    )
    lon = np.cumsum(
        [rng.uniform(14.8, 15.2), *(rng.uniform(-0.1, 0.1) for _ in range(reports - 1))]
    )
    return Track(
        id="T", party="A", t_us=t_us.astype(np.int64), lat_deg=lat, lon_deg=lon,
        alt_m=np.full(reports, 3000.0), alt_reference="AMSL",
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(20))
def test_the_nearest_is_never_farther_than_any_sample(seed: int) -> None:
    rng = random.Random(seed)
    line, track = random_line(rng), random_track(rng)

    def value_m(at_us: int) -> float:
        found = position_at(track, at_us)
        assert found is not None
        return -signed_away_m(line, found[0])[0]

    last_us = int(track.t_us[-1])
    until_us = rng.choice([last_us, last_us // 2])
    found_m = greatest_m(track, value_m, until_us, 2000.0)
    samples = [value_m(at_us) for at_us in range(0, until_us + 1, 500_000)]
    assert found_m >= max(samples) - 30.0, "a crossing falls between two looks, 50 ms apart at most"
    assert found_m <= max(samples) + 1000.0, "half a second at two thousand metres a second"
    assert found_m <= 0.0
