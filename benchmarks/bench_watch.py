"""From one operator's keyboard to the other's screen: two nodes, two watches, on loopback.

Typed at one terminal (`parley watch`), stored durably, sent, mirrored durably, drawn on the other
terminal. Goal: 500 ms at the 95th percentile. Run: python benchmarks/bench_watch.py [MESSAGES]
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1] / "tests")]

from app.terminal import watching  # noqa: E402  tests are no package
from app.twonodes import make_pair, running, until  # noqa: E402  tests are no package

GOAL_MS = 500.0


def main(count: int) -> None:
    found_ms = []
    with tempfile.TemporaryDirectory() as folder:
        files = make_pair(Path(folder))
        with (
            running(files) as nodes,
            watching(nodes["COAL"]) as coal,
            watching(nodes["RUS"]) as rus,
        ):
            coal.shows("L1")
            rus.shows("L1")
            for number in range(count):
                words = f"word {number:04d} end"
                began_s = time.perf_counter()
                coal.enter(f"s RUS conflict.alert level=FL{number:03d} time=06:12Z {words}")
                until(lambda words=words: words in rus.text(), 20)
                found_ms.append((time.perf_counter() - began_s) * 1000)
                row = next(r for r in rus.rows() if r.startswith(">"))
                rus.enter(f"a {row[1:].split()[0]} WILCO level=FL{number:03d} time=06:12Z")
                until(lambda: "us>RUS URGENT conflict.alert due" not in coal.text(), 20)
            cost = rus.wire.size_bytes / max(1, count)
    found_ms.sort()
    p95 = found_ms[min(len(found_ms) - 1, round(0.95 * len(found_ms)))]
    load = os.getloadavg()[0]
    print(
        f"{count} messages, keyboard to screen: p50 {statistics.median(found_ms):.0f} ms, "
        f"p95 {p95:.0f} ms, most {found_ms[-1]:.0f} ms; goal {GOAL_MS:g} ms, "
        f"ratio {p95 / GOAL_MS:.2f}; {cost:.0f} bytes to the terminal a message; load {load:.1f}"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 60)
