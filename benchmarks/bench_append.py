"""Durable append latency and rate, and the rate of a full audit, against DESIGN section 7.

Run: .venv/bin/python benchmarks/bench_append.py [--folder DIR] [--entries N] [--store-only]
The folder decides the disk; each append signs a checkpoint (both libraries check it) and waits for
the disk. A raw write and fsync of as many bytes is timed in the same run, as the floor of the disk.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from pathlib import Path

from parley.store.sqlite import Store
from parley.trust.checkpoint import Checkpoint, cosign, sign_checkpoint
from parley.trust.keys import SigningKey
from parley.trust.note import add_signatures
from parley.trust.proof import make_proof, verify_proof
from parley.trust.seal import commitment, make_opening
from parley.trust.tree import Tree, leaf_hashes

MIRRORS = [SigningKey(b"\x02" * 32, name=f"parley/bench/{p}/mirror", role="mirror") for p in "BC"]
ORIGIN = "parley.example/bench/A/ops/2026"
LOG_KEY = SigningKey(b"\x01" * 32, name=ORIGIN, role="log")


def entry(number: int) -> bytes:
    return b'{"v":1,"seq":%d,"body":"%b"}' % (number, b"x" * 290)


def percentiles_ms(took_s: list[float]) -> str:
    ordered = sorted(took_s)
    picked = [
        ordered[min(len(ordered) - 1, int(share * len(ordered)))] for share in (0.5, 0.95, 0.99)
    ]
    p50, p95, p99 = (1000 * one for one in picked)
    return f"p50 {p50:.2f} ms, p95 {p95:.2f} ms, p99 {p99:.2f} ms, max {1000 * ordered[-1]:.1f} ms"


def sealed(number: int) -> tuple[bytes, bytes]:
    opening = make_opening(number.to_bytes(32, "big"), b"x" * 200)
    return b'{"v":2,"seq":%d,"commit":"%b"}' % (number, commitment(opening).encode()), opening


def bench_append(folder: Path, batch: int, rounds: int, *, openings: bool) -> None:
    took_s: list[float] = []
    tree = Tree()
    with Store(folder / f"batch{batch}{openings}.db") as store:
        for _ in range(rounds):
            first = tree.size
            pairs = [
                sealed(n) if openings else (entry(n), b"") for n in range(first, first + batch)
            ]
            entries = [data for data, _ in pairs]
            beside = {n: one for n, (_, one) in enumerate(pairs, first) if one}
            start_s = time.perf_counter()
            tree.extend(leaf_hashes(entries))
            head = Checkpoint(origin=ORIGIN, size=tree.size, root=tree.root())
            store.append(ORIGIN, first, entries, sign_checkpoint(LOG_KEY, head), beside)
            took_s.append(time.perf_counter() - start_s)
    rate = batch * rounds / sum(took_s)
    name = "with openings   " if openings else "without openings"
    print(f"append batch {batch:3} {name}: {percentiles_ms(took_s)}, {rate:,.0f} entries/s")


def bench_restart(folder: Path, count: int, *, openings: bool) -> None:
    """Time the parts of a start over a log of `count` entries in batches of 256."""
    path = folder / f"restart{openings}.db"
    tree = Tree()
    with Store(path) as store, store.together():
        for first in range(0, count, 256):
            pairs = [
                sealed(n) if openings else (entry(n), b"")
                for n in range(first, min(first + 256, count))
            ]
            entries = [data for data, _ in pairs]
            beside = {n: one for n, (_, one) in enumerate(pairs, first) if one}
            tree.extend(leaf_hashes(entries))
            head = Checkpoint(origin=ORIGIN, size=tree.size, root=tree.root())
            store.append(ORIGIN, first, entries, sign_checkpoint(LOG_KEY, head), beside)
    print(f"store of {count:,}, openings {openings}: {path.stat().st_size / 1e6:,.0f} MB")
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start_s = time.perf_counter()
    store = Store(path, check=False)
    print(f"  open without check: {1000 * (time.perf_counter() - start_s):.1f} ms")
    timed("  fsck", store.fsck, count)
    more_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb
    print(f"  fsck took {more_kb / 1000:.0f} MB beyond what was used before")
    timed("  read leaf hashes, make tree", lambda: Tree(store.leaf_hashes(ORIGIN, 0, count)), count)
    timed("  online backup with fsck of it", lambda: store.backup_to(folder / "copy.db"), count)
    (folder / "copy.db").unlink()
    store.close()
    path.unlink()


def bench_raw_fsync(folder: Path, size: int, rounds: int) -> None:
    took_s: list[float] = []
    data = b"x" * size
    with (folder / "raw").open("wb", buffering=0) as file:
        for _ in range(rounds):
            start_s = time.perf_counter()
            file.write(data)
            os.fsync(file.fileno())
            took_s.append(time.perf_counter() - start_s)
    print(f"raw write+fsync {size:6} B: {percentiles_ms(took_s)}")


def timed(what: str, act, count: int, rounds: int = 1):
    start_s = time.perf_counter()
    for _ in range(rounds):
        found = act()
    took_s = (time.perf_counter() - start_s) / rounds
    print(f"{what}: {1000 * took_s:.3f} ms, {count / took_s:,.0f} entries/s")
    return found


def bench_audit(count: int) -> None:
    entries = [entry(number) for number in range(count)]
    leaves = timed("leaf hashes", lambda: leaf_hashes(entries), count)
    tree = timed("tree", lambda: Tree(leaves), count)
    timed("leaf hashes + tree + root", lambda: Tree(leaf_hashes(entries)).root(), count)
    head = sign_checkpoint(LOG_KEY, Checkpoint(origin=ORIGIN, size=count, root=tree.root()))
    note = add_signatures(head, [cosign(key, head, 1_000_000) for key in MIRRORS])
    proof = timed("make proof", lambda: make_proof(tree, count // 3, note), 1, 100)
    keys = [key.verifier for key in MIRRORS]
    checked = entries[count // 3]
    timed("verify proof", lambda: verify_proof(proof, checked, LOG_KEY.verifier, keys), 1, 100)
    print(f"proof of 1 in {count:,} with 2 cosignatures: {len(proof):,} B")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--store-only", action="store_true")
    given = parser.parse_args()
    print("load average at start:", *os.getloadavg())
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
        bench_raw_fsync(folder, 4_096, 1_000)
        for batch, rounds in ((1, 2_000), (16, 1_000), (256, 400)):
            for openings in (False, True):
                bench_append(folder, batch, rounds, openings=openings)
        for openings in (False, True):
            bench_restart(folder, given.entries, openings=openings)
    if not given.store_only:
        bench_audit(given.entries)
    print("load average at end:", *os.getloadavg())


if __name__ == "__main__":
    main()
