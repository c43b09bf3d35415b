"""From sending to the receipt: a line message between two real nodes, idle and with `ops` full.

Run: .venv/bin/python benchmarks/bench_links.py [--messages N] [--pairs N] [--only NAME]
Both nodes run in this process, each with its own store and sockets. The clock stops when the other
node's receipt for the entry, signed after it was stored, is back at the sender. On the slow bearer
(9,600 bit/s and 2 s each way) several pairs run side by side, for more messages in the same time;
they do next to nothing. Goals: p99 300 ms on loopback, 10 s on the slow bearer.

The row "slow distress" has DISTRESS messages on the slow bearer while operations fill it and up to
200 ROUTINE messages stand before each in its own log: until the other side can show it, and until
its receipt is back.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1] / "tests")]

from app.slowlink import SLOW_BITS_PER_S, SLOW_DELAY_S, Pair  # noqa: E402  tests are no package

GOALS_S = {"loopback": 0.3, "slow": 10.0}


async def measure(
    folder: Path, messages: int, *, slow: bool, full: bool
) -> tuple[list[float], str]:
    """Return how long each message took, and what else went over the bearer meanwhile."""
    pair = Pair(
        folder,
        bits_per_s=SLOW_BITS_PER_S if slow else None,
        delay_s=SLOW_DELAY_S if slow else 0.0,
    )
    await pair.start()
    took_s = []
    try:
        await pair.linked()
        if full:
            pair.saturate()
        # What is known of the link settles: the first pushes, the first heartbeats.
        await asyncio.sleep(30.0 if slow else 3.0)
        begin_s, begin_bytes = time.monotonic(), pair.link.there.carried_bytes
        begin_size = pair.rus.store.size(pair.coal.log("ops").name.origin)
        for _ in range(messages):
            took_s.append(await pair.say())
            # A post may say 120 messages a minute.
            await asyncio.sleep(random.uniform(0.0, 4.0 if slow else 1.2))
        while_s = time.monotonic() - begin_s
        rate = (pair.link.there.carried_bytes - begin_bytes) / while_s
        ops = pair.rus.store.size(pair.coal.log("ops").name.origin) - begin_size
        return took_s, f"{rate:,.0f} B/s there, {ops / while_s:.1f} ops entries/s"
    finally:
        await pair.stop()


async def distress(folder: Path, messages: int) -> tuple[list[tuple[float, float]], str]:
    """Return how long each DISTRESS message took to the other screen and to its receipt."""
    pair = Pair(folder)
    await pair.start()
    took_s = []
    try:
        await pair.linked()
        pair.saturate()
        await asyncio.sleep(20.0)
        for _ in range(messages):
            await pair.queue_routine(max(0, 200 - pair.coal.lacking("RUS", "line")))
            await asyncio.sleep(random.uniform(8.0, 16.0))
            took_s.append(await pair.tell("distress.relay"))
        waiting = pair.coal.lacking("RUS", "line"), pair.coal.lacking("RUS")
        return took_s, f"{waiting[0]} line and {waiting[1]} ops entries wait at the end"
    finally:
        await pair.stop()


async def distress_row(messages: int, pairs: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        folders = [Path(folder) / str(number) for number in range(pairs)]
        for one in folders:
            one.mkdir()
        found = await asyncio.gather(*(distress(one, -(-messages // pairs)) for one in folders))
    told = [one for took_s, _ in found for one in took_s]
    for what, took_s in (
        ("shown", sorted(shown for shown, _ in told)),
        ("receipt", sorted(received for _, received in told)),
    ):
        p50, p99 = (took_s[min(len(took_s) - 1, int(len(took_s) * q))] for q in (0.5, 0.99))
        goal = GOALS_S["slow"]
        print(
            f"{'slow distress ' + what:22} {len(took_s):4} messages: p50 {p50:.2f} s, "
            f"p99 {p99:.2f} s, max {took_s[-1]:.2f} s (goal {goal:g} s: "
            f"{'met' if took_s[-1] <= goal else 'MISSED'}); {found[0][1]}",
            flush=True,
        )


async def table(arguments: argparse.Namespace) -> None:
    print(f"load {os.getloadavg()[0]:.1f} at the start")
    for bearer in ("loopback", "slow"):
        for full in (False, True):
            name = f"{bearer} {'ops full' if full else 'idle'}"
            if arguments.only and arguments.only not in name:
                continue
            slow = bearer == "slow"
            pairs = arguments.pairs if slow else 1
            each = -(-arguments.messages // pairs)
            with tempfile.TemporaryDirectory() as folder:
                folders = [Path(folder) / str(number) for number in range(pairs)]
                for one in folders:
                    one.mkdir()
                found = await asyncio.gather(
                    *(measure(one, each, slow=slow, full=full) for one in folders)
                )
            took_s = sorted(second for seconds, _ in found for second in seconds)
            p50, p99 = (took_s[min(len(took_s) - 1, int(len(took_s) * q))] for q in (0.5, 0.99))
            goal = GOALS_S[bearer]
            print(
                f"{name:18} {len(took_s):4} messages: p50 {p50:.3f} s, p99 {p99:.3f} s, "
                f"max {took_s[-1]:.3f} s (goal p99 {goal:g} s: "
                f"{'met' if p99 <= goal else 'MISSED'}); {found[0][1]}",
                flush=True,
            )
    if arguments.only in "slow distress":
        await distress_row(arguments.messages, arguments.pairs)
    print(f"load {os.getloadavg()[0]:.1f} at the end")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=100)
    parser.add_argument("--pairs", type=int, default=4, help="side by side on the slow bearer")
    parser.add_argument("--only", default="", help="rows whose name has this in it")
    asyncio.run(table(parser.parse_args()))
