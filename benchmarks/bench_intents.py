"""Intents: what one costs against those held, what a node with very many needs, and whether
the exact overlap is right.

Run: .venv/bin/python benchmarks/bench_intents.py [--held N] [--filings N] [--million] [--dense]
     .venv/bin/python benchmarks/bench_intents.py --oracle 100000 [--first SEED]

`--held`: so many intents of other parties are folded into a node, over two days and 1,500 by 1,000
km; then its own are checked against all of them and drafted, each sealed and encoded, as they would
be accepted. The disk is not in it (benchmarks/bench_append.py). `--dense`: all of them in one
hundredth of the room. `--million`: 1,000,000 held, for memory and the time of a start.
`--oracle`: pairs of volumes against a construction by pyproj and shapely and against drawn points
(tests/detect/overlapkit.py); every disagreement is printed, the rest counted by what they are.
"""

from __future__ import annotations

import argparse
import collections
import gc
import math
import os
import random
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "detect"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "sim"))

import msgspec
from overlapkit import disagreements
from simkeys import make_identities

from parley.node.documents import document_of
from parley.node.encoding import seal_entry
from parley.node.entries import Draft, IntentFiled, LogName
from parley.node.inputs import FileIntent
from parley.node.rules.intent_record import read_intents
from parley.node.rules.intents import file_intent
from parley.node.rules.overlaps import refresh
from parley.node.state import State, fold
from parley.node.step import write_drafts
from parley.world.agreement import Agreement, Line, LineEnd, Party
from parley.world.clauses import IntentLimits, Priority
from parley.world.faults import InputFault
from parley.world.geo import Position
from parley.world.intent import Intent
from parley.world.shape import Circle, Corridor, Polygon
from parley.world.volume import VerticalLimit, Volume4D

NOW_US = 1_790_000_000_000_000
SECOND_US = 1_000_000
TWO_DAYS_S = 48 * 3_600
OTHERS = tuple(f"P{n}" for n in range(1, 6))
BATCH = 5_000
DRAWN = 50_000


def agreement() -> Agreement:
    """Return an agreement of six parties whose limits let so many intents stand."""
    parties = ("OWN", *OTHERS)
    return Agreement(
        id="MANY",
        parties=tuple(Party(id=party, posts=("desk",)) for party in parties),
        lines=(
            Line(id="LINE", ends=tuple(LineEnd(party=party, post="desk") for party in parties)),
        ),
        clauses=(
            IntentLimits(id="L1", standing_max=1_000_000),
            Priority(id="P1", order=("rescue", "routine")),
        ),
    )


def intent_of(draw: random.Random, party: str, number: int, *, dense: bool) -> Intent:
    """Return an intent of half an hour to an hour and a half, of one or two volumes, anywhere."""
    part = 0.1 if dense else 1.0
    lat, lon = 35.0 + part * draw.uniform(0.0, 9.0), 30.0 + part * draw.uniform(0.0, 17.0)
    start_s = draw.uniform(60.0, TWO_DAYS_S * (0.1 if dense else 1.0))
    volumes = []
    for _ in range(draw.choice((1, 1, 1, 2))):
        near = Position(lat_deg=lat, lon_deg=lon)
        low_m = 304.8 * draw.randint(1, 38)
        end_s = start_s + draw.uniform(1_800.0, 5_400.0)
        volumes.append(
            Volume4D(
                shape=shape_of(draw, near),
                lower=VerticalLimit(value_m=low_m, reference="AMSL"),
                upper=VerticalLimit(value_m=low_m + 304.8 * draw.randint(1, 4), reference="AMSL"),
                from_us=NOW_US + round(start_s * SECOND_US),
                to_us=NOW_US + round(end_s * SECOND_US),
            )
        )
        lat, start_s = lat + 0.2, end_s
    return Intent(id=f"I{number}", party=party, flight=f"F{number}", volumes=tuple(volumes))


def shape_of(draw: random.Random, near: Position) -> Circle | Corridor | Polygon:
    kind = draw.random()
    if kind < 0.4:
        return Circle(centre=near, radius_m=draw.uniform(2_000.0, 15_000.0))
    turn, reach_deg = draw.uniform(0.0, 2.0 * math.pi), draw.uniform(0.2, 0.8)
    there = Position(
        lat_deg=near.lat_deg + reach_deg * math.sin(turn),
        lon_deg=near.lon_deg + reach_deg * math.cos(turn),
    )
    if kind < 0.7:
        return Corridor(vertices=(near, there), width_m=10_000.0, edges="geodesic")
    ring = ((0.0, 0.0), (0.0, 0.3), (0.15, 0.4), (0.3, 0.3), (0.3, 0.0))
    return Polygon(
        exterior=tuple(
            Position(lat_deg=near.lat_deg + n, lon_deg=near.lon_deg + e) for n, e in ring
        )
    )


class Part(NamedTuple):
    """Entries of one log that stand one after the other, and the openings beside them."""

    origin: str
    first: int
    entries: list[bytes]
    openings: dict[int, bytes]


def parts(count: int, *, dense: bool) -> Iterator[Part]:
    """Yield the sealed logs of the other parties, part by part.

    At most `DRAWN` intents are drawn; more of them are the same ones at other times.
    """
    draw = random.Random(f"held {count}")
    drawn = [
        msgspec.json.decode(document_of(intent_of(draw, OTHERS[0], number, dense=dense)))
        for number in range(min(count, DRAWN))
    ]
    number = 0
    for party in OTHERS:
        name = LogName(agreement="MANY", party=party, kind="ops", year=2026)
        left = count // len(OTHERS)
        for first in range(0, left, BATCH):
            entries, openings = [], {}
            for seq in range(first, min(first + BATCH, left)):
                document = drawn[number % len(drawn)]
                later_us = 0
                if number >= len(drawn):
                    later_us = round(draw.uniform(0.0, 1_800.0) * SECOND_US)
                filed = {
                    **document, "id": f"I{seq}", "party": party, "flight": f"F{seq}",
                    "volumes": [
                        {**v, "from_us": v["from_us"] + later_us, "to_us": v["to_us"] + later_us}
                        for v in document["volumes"]
                    ],
                }  # fmt: skip
                body = IntentFiled(intent=msgspec.Raw(msgspec.json.encode(filed)))
                data, openings[seq] = seal_entry(
                    Draft(agreement="MANY", by="desk", body=body), log=name, seq=seq,
                    issued_us=NOW_US - 3_600 * SECOND_US, seen={},
                    salt=number.to_bytes(32, "big"),
                )  # fmt: skip
                entries.append(data)
                number += 1
            yield Part(name.origin, first, entries, openings)


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def ready(count: int, *, dense: bool) -> State:
    """Return a node that has folded the logs and can be asked; print what that took.

    The raw logs are let go part by part, as a node does that reads them from its store.
    """
    state = State(identity=make_identities([agreement()])["OWN"])
    before_mb, folded_s = resident_mb(), 0.0
    for part in parts(count, dense=dense):
        since_s = time.process_time()
        fold(state, part.origin, part.first, part.entries, part.openings)
        folded_s += time.process_time() - since_s
    gc.collect()
    folded_mb, since_s = resident_mb(), time.process_time()
    table = read_intents(state, state.scope("MANY"))
    read_s = time.process_time() - since_s
    refresh(state, state.scope("MANY"), NOW_US)
    ready_s = time.process_time() - since_s
    gc.collect()
    print(
        f"start with {len(table.held):,} intents ({len(table.others):,} volumes): folded in "
        f"{folded_s:.1f} s, read and indexed in {read_s:.1f} s, ready after "
        f"{folded_s + ready_s:.1f} s"
    )
    most_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"memory: {before_mb:,.0f} MB without intents, {folded_mb:,.0f} MB folded, "
        f"{resident_mb():,.0f} MB ready, {most_mb:,.0f} MB at most"
    )
    return state


def filings(state: State, count: int, *, dense: bool) -> None:
    """Print how long it takes to check and accept own intents, one after the other.

    The sealing and encoding is timed apart. What is refused took its time as well.
    """
    draw, conflicts, refused = random.Random(f"filings {count}"), [], 0
    took_ms: dict[str, list[float]] = {"check and accept": [], "sealing and encoding of it": []}
    for number in range(count):
        filed = intent_of(draw, "OWN", number, dense=dense)
        act = FileIntent(agreement="MANY", post="desk", intent=filed)
        since_s = time.process_time()
        try:
            draft = file_intent(state, act, NOW_US)
        except InputFault as fault:
            refused += 1
            took_ms["check and accept"].append(1_000.0 * (time.process_time() - since_s))
            if refused == 1:
                print(f"refused, the first: {fault}")
            continue
        drafted_s = time.process_time()
        batches = write_drafts(state, (draft,), now_us=NOW_US, salt=lambda: bytes(32))
        ready_s = time.process_time()
        took_ms["check and accept"].append(1_000.0 * (ready_s - since_s))
        took_ms["sealing and encoding of it"].append(1_000.0 * (ready_s - drafted_s))
        assert isinstance(draft.body, IntentFiled)
        assert batches
        conflicts.append(len(draft.body.conflicts))
    for what, times_ms in took_ms.items():
        times_ms.sort()
        words = ", ".join(
            f"{name} {times_ms[min(len(times_ms) - 1, int(share * len(times_ms)))]:.1f} ms"
            for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
            if times_ms
        )
        print(f"{what}, of {len(times_ms):,}: {words}, most {max(times_ms, default=0.0):.1f} ms")
    print(
        f"conflicts with {sum(conflicts) / max(len(conflicts), 1):.1f} on average, "
        f"{max(conflicts, default=0)} at most; refused {refused}"
    )


def against_oracle(first: int, count: int) -> int:
    """Print how pairs of volumes compare with the construction; return the disagreements."""
    words, wrong = collections.Counter[tuple[str, str]](), 0
    since_s = time.process_time()
    for seed in range(first, first + count):
        for kind, word, why in disagreements(seed):
            words[kind, word] += 1
            if why:
                wrong += 1
                print(f"seed {seed}, {kind}: {why}")
    print(f"{count:,} pairs, each with its areas alone, in {time.process_time() - since_s:.0f} s:")
    for (kind, word), number in sorted(words.items()):
        print(f"  {kind:13} {word:18} {number:7,}")
    print(f"disagreements: {wrong}")
    return wrong


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--held", type=int, default=100_000)
    parser.add_argument("--filings", type=int, default=2_000)
    parser.add_argument("--million", action="store_true")
    parser.add_argument("--dense", action="store_true")
    parser.add_argument("--oracle", type=int, default=0)
    parser.add_argument("--first", type=int, default=0)
    args = parser.parse_args()
    if args.oracle:
        sys.exit(1 if against_oracle(args.first, args.oracle) else 0)
    state = ready(1_000_000 if args.million else args.held, dense=args.dense)
    filings(state, args.filings, dense=args.dense)
    print(f"load {os.getloadavg()[0]:.1f}; msgspec {msgspec.__version__}")


if __name__ == "__main__":
    main()
