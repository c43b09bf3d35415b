"""Long crash runs of the store: SIGKILL at any instant, power cuts that lose unsynced writes.

Run: .venv/bin/python benchmarks/crash_runs.py [--kills N] [--cuts N] [--parallel N] [--seed N]
Ends with 1 and the seed when an acknowledged write is lost, or anything else is there than what was
written. The runs themselves live in tests/store/crashes.py; ./test makes a few of them each time.
The power cuts need apsw (the development group has it).
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from store.crashes import LostError, kills, power_cuts


def shared_out(what, count, parallel, seed):
    """Run a number of crashes in several processes; return what they counted together."""
    each = [count // parallel + (k < count % parallel) for k in range(parallel)]
    found = Counter()
    with ProcessPoolExecutor(parallel) as pool:
        # One seed per process: a fault is found again with it alone.
        for counted in pool.map(what, each, range(seed, seed + parallel)):
            found.update(counted)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=1_000)
    parser.add_argument("--cuts", type=int, default=1_000)
    parser.add_argument("--parallel", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    print("load average at start:", *os.getloadavg())
    for name, what, count in (("SIGKILL", kills, given.kills), ("power", power_cuts, given.cuts)):
        start_s = time.perf_counter()
        try:
            found = shared_out(what, count, given.parallel, given.seed)
        except LostError as lost:
            print(f"{name}: LOST: {lost}")
            return 1
        took_s = time.perf_counter() - start_s
        counts = ", ".join(f"{number} {word}" for word, number in sorted(found.items()))
        print(f"{name}: {count} runs, 0 acknowledged writes lost, {took_s:.0f} s ({counts})")
    print("load average at end:", *os.getloadavg())
    return 0


if __name__ == "__main__":
    sys.exit(main())
