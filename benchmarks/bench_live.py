"""One new report against a live picture: CPU time of put and conflicts, and of a report taken in.

    python benchmarks/bench_live.py [--aircraft 20000] [--reports 2000]

Prints CPU microseconds (process time), the least of several repetitions of the same block, beside a
search of the whole picture by `predict_pairs` in the same run, of which the answers are compared
first; then what the picture of a node takes for a report. The machine's load stands beside it: on
shared cores the times go up by half, the ratios hardly.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from pathlib import Path

import numpy as np

from parley.app.kernel_cache import keep_kernels
from parley.detect.live import LiveMinima, LivePicture, warm
from parley.detect.prediction import predict_pairs
from parley.node.picture import Picture, TrackReport

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "detect"))

EN_ROUTE = (9260.0, 304.8)
DRONES = (50.0, 15.0)
REPETITIONS = 9


def europe(count: int, seed: int = 1):
    """Traffic as in the notes: 60 % spread, 40 % around 25 hubs, 60 % level on 1,000 ft levels."""
    rng = np.random.default_rng(seed)
    hubs = np.stack((rng.uniform(38, 57, 25), rng.uniform(-7, 27, 25)), axis=1)
    near = rng.random(count) < 0.4
    hub = hubs[rng.integers(0, 25, count)]
    lat = np.where(near, hub[:, 0] + rng.normal(0, 1.08, count), rng.uniform(35, 60, count))
    lon = np.where(near, hub[:, 1] + rng.normal(0, 1.6, count), rng.uniform(-10, 30, count))
    level = rng.random(count) < 0.6
    alt = np.where(level, rng.integers(28, 42, count) * 304.8, rng.uniform(0, 12_500, count))
    up = np.where(level, 0.0, rng.uniform(-15.24, 15.24, count))
    return lat, lon, alt, rng.uniform(93, 257, count), rng.uniform(0, 2 * math.pi, count), up


def city(count: int, seed: int = 2):
    """Drones over 60 km by 60 km, 30 to 120 m, up to 20 m/s."""
    rng = np.random.default_rng(seed)
    lat, lon = rng.uniform(47.0, 47.54, count), rng.uniform(8.0, 8.79, count)
    speed, course = rng.uniform(0, 20, count), rng.uniform(0, 2 * math.pi, count)
    return lat, lon, rng.uniform(30, 120, count), speed, course, np.zeros(count)


def filled(columns, ages_s) -> LivePicture:
    live = LivePicture(capacity=len(ages_s))
    rows = zip(*(c.tolist() for c in columns), ages_s.tolist(), strict=True)
    for n, (lat, lon, alt, speed, course, up, age_s) in enumerate(rows):
        motion = (speed * math.sin(course), speed * math.cos(course), up)
        live.put(f"A{n:06d}", -round(age_s * 1e6), (lat, lon, alt), motion)
    return live


def least_us(work, blocks) -> float:
    """Mean over blocks of the least CPU time of a block, for one item of it."""
    best = [math.inf] * len(blocks)
    for _ in range(REPETITIONS):
        for n, block in enumerate(blocks):
            begun = time.process_time()
            for item in block:
                work(item)
            best[n] = min(best[n], (time.process_time() - begun) / len(block) * 1e6)
    return float(np.mean(best))


def measure(title: str, columns, minima_m, lookahead_s: float, reports: int) -> None:
    count = len(columns[0])
    ages_s = np.random.default_rng(3).uniform(0.0, 15.0, count)
    live, minima = filled(columns, ages_s), LiveMinima.of([minima_m])
    names = live.names[: min(reports, count)]
    blocks = [names[at : at + 100] for at in range(0, len(names), 100)]
    place, motion = (47.2, 8.4, 100.0), (10.0, 10.0, 0.0)
    spare = f"A{count - 1:06d}"
    held = live.state_at(spare, 0)
    put_us = least_us(lambda _: live.put(spare, 0, place, motion), blocks)
    live.put(
        spare, 0, (float(held.lat_deg[0]), float(held.lon_deg[0]), float(held.alt_m[0])),
        (float(held.east_mps[0]), float(held.north_mps[0]), float(held.up_mps[0])),
    )  # fmt: skip
    found = []
    ask_us = least_us(lambda n: found.append(live.conflicts_of(n, minima, lookahead_s, 0)), blocks)
    _, states = live.states_at(0)
    row = 0
    pairs = np.array([(row, other) for other in range(count) if other != row])
    begun = time.process_time()
    batch = predict_pairs(states, *minima_m, pairs=pairs, lookahead_s=lookahead_s)
    batch_us = (time.process_time() - begun) * 1e6
    one = live.conflicts_of(live.names[row], minima, lookahead_s, 0)
    same = len(batch) == len(one.rows) and all(
        math.isclose(float(a["loss_s"]), float(b["loss_s"]), abs_tol=1e-6)
        for a, b in zip(batch, one.rows, strict=True)
    )
    losses = sum(len(f.rows) for f in found[: len(names)]) / len(names)
    print(
        f"{title:24s} {count:7d} aircraft  put {put_us:5.1f} us  ask {ask_us:6.1f} us  "
        f"update {put_us + ask_us:6.1f} us  {losses:5.2f} losses each  "
        f"batch of one row {batch_us:8.0f} us  x{batch_us / ask_us:5.0f}  answers equal: {same}"
    )


def taking_in(reports: int) -> None:
    """What the picture of a node costs for each report, looks at its truth included."""
    import trackfaults as faults

    tracks = [
        faults.flown(f"T{n}", start=(40.0 + n % 20, 0.1 * n), seconds=reports // 100, seed=n)
        for n in range(100)
    ]
    made = [
        (
            TrackReport(
                aircraft=s.aircraft, at_us=round(s.at_s * 1e6), lat_deg=s.lat_deg,
                lon_deg=s.lon_deg, altitude_m=s.alt_m, altitude_reference="STD", feed="F",
            ),
            round(s.received_s * 1e6),
        )
        for s in faults.merged(tracks)
    ]  # fmt: skip
    best = math.inf
    for _ in range(REPETITIONS):
        picture = Picture()
        begun = time.process_time()
        for report, now_us in made:
            picture.take(report, now_us)
        best = min(best, (time.process_time() - begun) / len(made) * 1e6)
    print(f"picture.take {best:5.1f} us for a report, {len(made)} reports of 100 aircraft")


def main() -> None:
    keep_kernels()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--aircraft", type=int, default=20_000)
    parser.add_argument("--reports", type=int, default=2_000)
    options = parser.parse_args()
    warm()
    print(
        f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; CPU time, least of {REPETITIONS}"
    )
    measure("Europe 300 s", europe(options.aircraft), EN_ROUTE, 300.0, options.reports)
    measure("Europe 1,200 s", europe(options.aircraft), EN_ROUTE, 1_200.0, options.reports // 4)
    measure("city drones 60 s", city(options.aircraft), DRONES, 60.0, options.reports)
    measure("Europe 300 s", europe(5 * options.aircraft), EN_ROUTE, 300.0, options.reports // 4)
    taking_in(options.reports)


if __name__ == "__main__":
    main()
