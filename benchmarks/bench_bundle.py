"""A bundle: bytes a message, and the time to make and to take 10,000 entries.

Run: .venv/bin/python benchmarks/bench_bundle.py [--entries N]
Two nodes in this process, each with its own store on disk and no socket between them. Bytes are
compared with what the log itself holds of the same entries: their exact bytes and their openings.
There is no goal in the norms; the reference is a push over a link (`bench_links.py`) for the bytes,
and the quota of a line (4,000 entries at once) for what one file may bring.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1] / "tests")]

from app.bundlekit import Offline, meet  # noqa: E402  tests are no package
from app.twonodes import make_pair  # noqa: E402  tests are no package

BURST = 100
TEXT = "Two aircraft hold south of the river at 3,000 m until 06:40."


def own_bytes(node: Offline, sizes: dict[str, int]) -> tuple[int, int]:
    """Return how many entries a node has written since, and how long they are, openings too."""
    entries = size = 0
    for log in node.state.own_logs():
        if log.name.kind == "private":
            continue
        origin = log.name.origin
        first, end = sizes.get(origin, 0), log.tree.size
        found = node.store.entries(origin, first, end)
        entries += len(found)
        size += sum(map(len, found))
        size += sum(map(len, node.store.openings(origin, first, end).values()))
    return entries, size


def sizes_of(node: Offline) -> dict[str, int]:
    return {log.name.origin: log.tree.size for log in node.state.own_logs()}


async def run(folder: Path, wanted: int) -> None:
    files = make_pair(folder)
    coal, rus = nodes = [Offline(files[party]) for party in ("COAL", "RUS")]
    for node in nodes:
        await node.start()
    await meet(coal, rus)
    await coal.take(rus.bundles.make("COAL"))
    print(f"load {os.getloadavg()[0]:.1f} at the start")
    for messages in (1, 10, 100):
        before = sizes_of(coal)
        coal.later(120)
        rus.later(120)
        for _ in range(messages):
            await coal.say(text=TEXT)
        entries, raw = own_bytes(coal, before)
        data = coal.bundles.make("RUS")
        await rus.take(data)
        back = rus.bundles.make("COAL")
        await coal.take(back)
        print(
            f"{messages:4} messages in {entries} entries, {raw:,} bytes: bundle {len(data):,} "
            f"({len(data) / raw:.2f} x, {len(data) / messages:,.0f} each), back {len(back):,}"
        )
    before = sizes_of(coal)
    while own_bytes(coal, before)[0] < wanted:
        coal.later(70)
        await asyncio.gather(*(coal.say(text=TEXT) for _ in range(BURST)))
    rus.clock.advance(coal.clock())
    entries, raw = own_bytes(coal, before)
    begin_s = time.perf_counter()
    data = coal.bundles.make("RUS")
    made_s = time.perf_counter() - begin_s
    took_s, rounds, taken = 0.0, 0, None
    while taken is None or not taken.complete:
        begin_s = time.perf_counter()
        taken = await rus.take(data)
        took_s, rounds = took_s + time.perf_counter() - begin_s, rounds + 1
        # What is over the quota of a line waits; the clock of this measurement does not.
        rus.later(200)
        assert taken.fault is None, taken
    print(
        f"{entries:,} entries, {raw:,} bytes: bundle {len(data):,} ({len(data) / raw:.3f} x, "
        f"{len(data) / entries:,.0f} each); made in {made_s:.2f} s, taken in {took_s:.2f} s "
        f"in {rounds} rounds ({entries / took_s:,.0f} entries/s); load {os.getloadavg()[0]:.1f}"
    )
    for node in nodes:
        await node.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=10_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder), arguments.entries))


if __name__ == "__main__":
    main()
