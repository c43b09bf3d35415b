"""Nanoseconds per pair of the well-clear volumes, and the ratio to DAIDALUS' own detector.

Run: .venv/bin/python benchmarks/bench_well_clear.py [--pairs 1000000] [--rounds 30]
NASA's software is not run here: its 120 ns per pair of WCV_TAUMOD and 237 ns for the cylinder are
quoted from measurements with its C++ library on a machine like this one
(../shared/notes/detection.md, section 1); they begin with the two states, ours with their
difference. What making and checking that difference costs has its own line. CPU time of this
process is what counts, for the machine is shared; the best of some rounds, with the load average
beside it.

Two mixes: `typical`, traffic of which most is vertically apart, and `golden`, the pairs of
../shared/golden, most of which were made to be near a limit. The yes and no of the golden mix is
compared with the golden column first, else its time says nothing.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from detect.wellclearkit import GOLDEN_VOLUMES, flat_motions, golden
from parley.detect import well_clear_kernel as kernel
from parley.detect.alert_levels import ALERTERS, alert_levels
from parley.detect.well_clear import (
    PHASE1,
    VOLUMES,
    Motions,
    kernel_name,
    violated_now,
    violation_intervals,
    warm,
)
from parley.detect.well_clear_plain import violation_intervals_plain

QUOTED_NS = {"phase1": 120.0, "cylinder-5nm": 237.0}
GOLDEN = Path(__file__).resolve().parents[2] / "shared" / "golden"
PLAIN_PAIRS = 100


def typical(count: int) -> Motions:
    """Pairs that an index hands over: within 40 km and 3,000 m, a third of them climbing."""
    draw = np.random.default_rng(20)
    level_m, speed_mps = draw.uniform(-40e3, 40e3, (2, count)), draw.normal(0, 180, (2, count))
    height_m = draw.integers(-10, 11, count) * 304.8 + draw.normal(0, 8, count)
    climb_mps = np.where(draw.random(count) < 1 / 3, draw.uniform(-15, 15, count), 0.0)
    return Motions(*level_m, height_m, *speed_mps, climb_mps)


def best_ns(work: Callable[[], object], pairs: int, rounds: int) -> float:
    """The least CPU time of one round, per pair."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times) / pairs * 1e9


def load() -> str:
    return " ".join(f"{value:.2f}" for value in os.getloadavg())


def repeated(motions: Motions, count: int) -> Motions:
    rows = np.random.default_rng(1).integers(0, len(motions), count)
    return Motions(*(column[rows] for column in motions.columns))


def same_as_golden() -> bool:
    rows = golden("xyz")
    motions = flat_motions(rows)
    return all(
        np.array_equal(violation_intervals(motions, volume).found, ~np.isnan(rows[f"{name}_tin_s"]))
        for name, volume in GOLDEN_VOLUMES.items()
    )


def bench(name: str, motions: Motions, rounds: int) -> None:
    pairs = len(motions)
    in_s, out_s = np.empty(pairs), np.empty(pairs)
    found = violation_intervals(motions, PHASE1).found.mean()
    print(f"{name}: {pairs:,} pairs, {100 * found:.1f} % violate phase1 within 180 s")
    limits = (PHASE1.dthr_m**2, PHASE1.zthr_m, PHASE1.tthr_s, 0.0, 0.0)
    bare_ns = best_ns(
        lambda: kernel.intervals(motions.columns, limits, kernel.TAUMOD, 180.0, in_s, out_s),
        pairs,
        rounds,
    )
    quoted_ns = QUOTED_NS["phase1"]
    print(f"  kernel, phase1 (WCV_TAUMOD)  {bare_ns:6.1f} ns = {quoted_ns / bare_ns:4.1f} x quoted")
    for volume in VOLUMES.values():
        spent_ns = best_ns(lambda v=volume: violation_intervals(motions, v), pairs, rounds // 3)
        quoted = QUOTED_NS.get(volume.name)
        ratio = f" = {quoted / spent_ns:4.1f} x quoted {quoted:.0f} ns" if quoted else ""
        print(f"  intervals {volume.name:18} {spent_ns:6.1f} ns{ratio}")
    own = [np.zeros(pairs) for _ in range(6)]
    both_ns = best_ns(
        lambda: Motions(*(a - b for a, b in zip(motions.columns, own, strict=True))), pairs, 3
    )
    print(f"  two states subtracted and checked, before that: {both_ns:.1f} ns")
    now_ns = best_ns(lambda: violated_now(motions, PHASE1), pairs, 3)
    print(f"  violated now (numpy) {now_ns:.1f} ns")
    for alerter in ALERTERS.values():
        level_ns = best_ns(lambda a=alerter: alert_levels(motions, a), pairs, 3)
        print(f"  alert levels {alerter.name:15} {level_ns:6.1f} ns")
    few = Motions(*(column[:PLAIN_PAIRS] for column in motions.columns))
    plain_ns = best_ns(lambda: violation_intervals_plain(few, PHASE1), PLAIN_PAIRS, 1)
    print(f"  plain twin {plain_ns:,.0f} ns = {plain_ns / bare_ns:,.0f} times the kernel")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=30)
    options = parser.parse_args()
    start = time.perf_counter()
    warm()
    print(f"{kernel_name()}, warm after {time.perf_counter() - start:.1f} s; load {load()}")
    bench("typical", typical(options.pairs), options.rounds)
    if not GOLDEN.exists():
        print("golden mix left out: ../shared/golden is not on this machine")
    elif same_as_golden():
        print("golden rows: the yes and no of all nine volumes are the same")
        bench("golden", repeated(flat_motions(golden("xyz")), options.pairs), options.rounds)
    else:
        print("golden rows: NOT the same, no time is given")
    print(f"load {load()}")


if __name__ == "__main__":
    main()
