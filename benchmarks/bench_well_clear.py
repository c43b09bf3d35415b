"""Nanoseconds per pair of the well-clear volumes, and the ratio to DAIDALUS' own detector.

Run: .venv/bin/python benchmarks/bench_well_clear.py [--pairs 1000000] [--rounds 30]
NASA's software is not run here: its 120 ns per pair of WCV_TAUMOD and 237 ns for the cylinder are
quoted from measurements with its C++ library on a machine like this one
(../shared/notes/detection.md, section 1). They begin with the two states, and so does the entry
`violations_of_states`: **that line is the comparable one**, checks included, over pairs that are
read from memory, and once more over the golden rows as they are, which stay in the cache.
`violation_intervals` begins with a difference that somebody has made and checked; its ratio is
printed beside it and is not a comparison. CPU time of this process is what counts, for the machine
is shared; median and best of some rounds, taken in turn, with the load average beside them.

Two mixes: `typical`, traffic of which most is vertically apart, and `golden`, the pairs of
../shared/golden, most of which were made to be near a limit. The yes and no of the golden mix is
compared with the golden column first, and the bits of both roads, else the times say nothing.
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
from parley.app.kernel_cache import keep_kernels
from parley.detect.alert_levels import ALERTERS, alert_levels
from parley.detect.well_clear import (
    CYLINDER,
    PHASE1,
    VOLUMES,
    Motions,
    kernel_name,
    violated_now,
    violation_intervals,
    warm,
)
from parley.detect.well_clear_plain import violation_intervals_plain
from parley.detect.well_clear_states import violations_of_states
from parley.detect.well_clear_states import warm as warm_states

QUOTED_NS = {"phase1": 120.0, "cylinder-5nm": 237.0}
GOLDEN = Path(__file__).resolve().parents[2] / "shared" / "golden"
PLAIN_PAIRS = 100


States = tuple[list[np.ndarray], list[np.ndarray]]
AXES = ("x_m", "y_m", "z_m", "ve_ms", "vn_ms", "vz_ms")


def typical(count: int) -> States:
    """Pairs that an index hands over: within 40 km and 3,000 m, a third of them climbing."""
    draw = np.random.default_rng(20)
    level_m, speed_mps = draw.uniform(-40e3, 40e3, (2, count)), draw.normal(0, 180, (2, count))
    height_m = draw.integers(-10, 11, count) * 304.8 + draw.normal(0, 8, count)
    climb_mps = np.where(draw.random(count) < 1 / 3, draw.uniform(-15, 15, count), 0.0)
    own = [
        *draw.uniform(-2e5, 2e5, (2, count)),
        draw.integers(20, 41, count) * 304.8,
        *draw.normal(0, 180, (2, count)),
        np.zeros(count),
    ]
    apart = (*level_m, height_m, *speed_mps, climb_mps)
    return [np.ascontiguousarray(column) for column in own], [
        a + b for a, b in zip(own, apart, strict=True)
    ]


def golden_states(count: int | None = None) -> States:
    """The golden pairs as they are, or `count` of them drawn again and again."""
    rows = golden("xyz")
    drawn = slice(None)
    if count is not None:
        drawn = np.random.default_rng(1).integers(0, len(rows["id"]), count)
    own, other = ([rows[f"{who}_{axis}"][drawn].copy() for axis in AXES] for who in ("own", "int"))
    return own, other


def apart(states: States) -> Motions:
    return Motions(*(b - a for a, b in zip(*states, strict=True)))


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


def in_turn_ns(
    works: dict[str, Callable[[], object]], pairs: int, rounds: int
) -> dict[str, tuple[float, float]]:
    """Median and best CPU time per pair of each, all having had the same company."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for work in works.values():
        work()
    for _ in range(rounds):
        for name, work in works.items():
            start = time.process_time()
            work()
            times[name].append((time.process_time() - start) / pairs * 1e9)
    return {name: (float(np.median(spent)), min(spent)) for name, spent in times.items()}


def compare(name: str, states: States, rounds: int, again: int = 1) -> None:
    """Print both roads beside the quoted time; each round goes `again` times over the pairs."""
    own, other = states
    motions = apart(states)
    pairs = len(motions)

    def repeat(work: Callable[[], object]) -> Callable[[], None]:
        def repeated() -> None:
            for _ in range(again):
                work()

        return repeated

    works: dict[str, Callable[[], object]] = {}
    for volume in (PHASE1, CYLINDER):
        long = violation_intervals(motions, volume)
        short = violations_of_states(own, other, volume).intervals()
        if (long.in_s.tobytes(), long.out_s.tobytes()) != (
            short.in_s.tobytes(),
            short.out_s.tobytes(),
        ):
            print(f"{name}, {volume.name}: the two roads DIFFER, no time is given")
            return
        works |= {
            f"{volume.name} from two states": repeat(
                lambda v=volume: violations_of_states(own, other, v)
            ),
            f"{volume.name} from two states, a row for each": repeat(
                lambda v=volume: violations_of_states(own, other, v).intervals()
            ),
            f"{volume.name} from the difference": repeat(
                lambda v=volume: violation_intervals(motions, v)
            ),
        }
    found = violations_of_states(own, other, PHASE1).rows.size / pairs
    print(f"{name}: {pairs:,} pairs, {100 * found:.1f} % violate phase1 within 180 s")
    print(f"  {'':47}  median    best   quoted / median, best")
    for label, (median_ns, best) in in_turn_ns(works, pairs * again, rounds).items():
        line = f"  {label:47} {median_ns:7.1f} {best:7.1f} ns"
        quoted_ns = QUOTED_NS[label.split()[0]]
        ratio = f"{quoted_ns:.0f} ns: {quoted_ns / median_ns:4.1f} x {quoted_ns / best:4.1f} x"
        print(line + (f"   {ratio}" if "states" in label else f"  ({ratio}, not comparable)"))
    print(f"  load {load()}")


def same_as_golden() -> bool:
    rows = golden("xyz")
    motions = flat_motions(rows)
    return all(
        np.array_equal(violation_intervals(motions, volume).found, ~np.isnan(rows[f"{name}_tin_s"]))
        for name, volume in GOLDEN_VOLUMES.items()
    )


def others(states: States, rounds: int) -> None:
    """Print what the other volumes, levels and the twin take, best of some rounds."""
    motions = apart(states)
    pairs = len(motions)
    for volume in VOLUMES.values():
        spent_ns = best_ns(lambda v=volume: violations_of_states(*states, v), pairs, rounds)
        print(f"  states, {volume.name:18} {spent_ns:6.1f} ns")
    now_ns = best_ns(lambda: violated_now(motions, PHASE1), pairs, 3)
    print(f"  violated now (numpy)       {now_ns:6.1f} ns")
    made_ns = best_ns(lambda: apart(states), pairs, 3)
    print(f"  difference made, checked, kept (Motions) {made_ns:6.1f} ns")
    for alerter in ALERTERS.values():
        level_ns = best_ns(lambda a=alerter: alert_levels(motions, a), pairs, 3)
        print(f"  alert levels {alerter.name:15} {level_ns:6.1f} ns")
    few = Motions(*(column[:PLAIN_PAIRS] for column in motions.columns))
    plain_ns = best_ns(lambda: violation_intervals_plain(few, PHASE1), PLAIN_PAIRS, 1)
    print(f"  plain twin {plain_ns:,.0f} ns")


def main() -> None:
    keep_kernels()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=30)
    options = parser.parse_args()
    start = time.perf_counter()
    warm()
    warm_states()
    print(f"{kernel_name()}, warm after {time.perf_counter() - start:.1f} s; load {load()}")
    compare("typical", typical(options.pairs), options.rounds)
    others(typical(options.pairs), options.rounds // 5)
    if not GOLDEN.exists():
        print("golden mix left out: ../shared/golden is not on this machine")
    elif same_as_golden():
        print("golden rows: the yes and no of all nine volumes are the same")
        compare("golden", golden_states(options.pairs), options.rounds)
        others(golden_states(options.pairs), options.rounds // 5)
        compare("golden as they are, in the cache", golden_states(), options.rounds, again=50)
    else:
        print("golden rows: NOT the same, no time is given")
    print(f"load {load()}")


if __name__ == "__main__":
    main()
