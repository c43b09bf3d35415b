"""Rows per second of `parley detect` on real recordings, and its ratio to the plain twin.

Run: .venv/bin/python benchmarks/bench_detect.py [--folder ../shared/data/tracks] [--no-plain]
Each step is timed apart: reading and understanding the file, legs, detection. The best of a few
runs counts, for the machine is shared; the load average is printed. The plain twin runs once, and
its episodes must be the same, else the ratio says nothing.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path

from parley.app.kernel_cache import keep_kernels
from parley.detect.encounters import (
    Minima,
    find_encounters,
    kernel_name,
    legs_from_tracks,
    warm,
)
from parley.detect.encounters_plain import find_encounters_plain
from parley.store.files import read_recording
from parley.wire.traffic import COLUMNS, read_traffic

MINIMA = Minima(horizontal_m=5 * 1852.0, vertical_m=1000 * 0.3048)
MAX_GAP_S = 60.0
TRACKS = Path(__file__).resolve().parents[2] / "shared" / "data" / "tracks"


def best_s(work: Callable[[], object], runs: int = 5) -> float:
    """The shortest of some runs."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def load() -> str:
    return " ".join(f"{value:.2f}" for value in os.getloadavg())


def bench(path: Path, *, plain: bool) -> None:
    read_s = best_s(lambda: read_traffic([(path.name, read_recording(path, COLUMNS))]), 3)
    traffic = read_traffic([(path.name, read_recording(path, COLUMNS))])
    rows, used = traffic.counts.reports, traffic.counts.used
    legs = legs_from_tracks(traffic.tracks, MAX_GAP_S)
    legs_s = best_s(lambda: legs_from_tracks(traffic.tracks, MAX_GAP_S))
    detect_s = best_s(lambda: find_encounters(legs, MINIMA))
    table = find_encounters(legs, MINIMA)
    whole_s = read_s + legs_s + detect_s
    print(f"{path.name}: {rows:,} rows, {used:,} used, {traffic.counts.aircraft} aircraft")
    print(f"  {len(table)} episodes of {len(table.pairs())} pairs inside 5 NM and 1,000 ft")
    print(f"  read {read_s:.3f} s, legs {legs_s:.3f} s, detect {detect_s:.3f} s")
    print(
        f"  {rows / whole_s:,.0f} rows/s from file to table, {used / detect_s:,.0f} rows/s detect"
    )
    if not plain:
        return
    start = time.perf_counter()
    slow = find_encounters_plain(legs, MINIMA)
    plain_s = time.perf_counter() - start
    same = (
        "the same" if slow.pairs() == table.pairs() and len(slow) == len(table) else "NOT the same"
    )
    print(
        f"  plain twin {plain_s:.1f} s: {plain_s / detect_s:,.0f} times the kernel, {same} episodes"
    )


def main() -> None:
    keep_kernels()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=TRACKS)
    parser.add_argument("--no-plain", action="store_true")
    options = parser.parse_args()
    start = time.perf_counter()
    warm()
    print(f"{kernel_name()}; ready after {time.perf_counter() - start:.2f} s; load {load()}")
    for name in ("quickstart.parquet", "switzerland.parquet"):
        bench(options.folder / name, plain=not options.no_plain)
    print(f"load at the end {load()}")


if __name__ == "__main__":
    main()
