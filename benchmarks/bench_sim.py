"""How fast the simulation runs: simulated seconds per second, against 10,000 for a two-node line.

Run: .venv/bin/python benchmarks/bench_sim.py [--hours H] [--seeds N]
A quiet line: two nodes, machine tests every hour, heartbeats every ten seconds, for H hours.
Stories: worlds of tests/sim with bad networks, clocks and disks and busy people, with every check.
Time is that of the process, so that others on the machine count less; the load stands beside it.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "sim"))

from simkeys import oracle
from simstory import CALM_S, LENGTH_S, played, two
from simworld import Faults, SimWorld


def quiet_x(hours: float, *, tick_s: float | None, hashed: bool) -> tuple[float, int]:
    """Return how much faster than the world a quiet line runs, and how many tests there were."""
    with oracle(hashed):
        world = SimWorld(1, two(), Faults(), tick_s=tick_s)
        world.run(30)
        since_s = time.process_time()
        world.run(3600 * hours)
        took_s = time.process_time() - since_s
    tests = sum(
        thread.body.message_type == "line.test.machine"
        for thread in world.node("ALFA").state.scope("AB").messages()
    )
    return 3600 * hours / took_s, tests


def stories_x(seeds: int) -> float:
    """Return how much faster than the world the stories run, with every check."""
    since_s = time.process_time()
    for seed in range(seeds):
        played(seed)
    return seeds * (LENGTH_S + CALM_S) / (time.process_time() - since_s)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--seeds", type=int, default=40)
    args = parser.parse_args()
    for words, tick_s, hashed in (
        ("turned when due, hashes for signatures", None, True),
        ("turned when due, every signature real", None, False),
        ("ticked each second, every signature real", 1.0, False),
    ):
        hours = args.hours if tick_s is None else args.hours / 8
        speed, tests = quiet_x(hours, tick_s=tick_s, hashed=hashed)
        print(f"quiet line of two, {words}: {speed:,.0f} x ({hours:g} h, {tests} machine tests)")
    print(f"stories, {args.seeds} seeds with all checks: {stories_x(args.seeds):,.0f} x")
    print(f"load {' '.join(f'{each:.1f}' for each in os.getloadavg())}, goal 10,000 x")


if __name__ == "__main__":
    main()
