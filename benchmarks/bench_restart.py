"""How long a node takes to come back with its logs: opening, checking (fsck), folding, in parts.

Run: .venv/bin/python benchmarks/bench_restart.py [--entries N] [--profile]
A store as a node of two parties leaves it: own and mirrored `ops` logs of sealed zone states, a
head per 64 entries, one message in a hundred on the lines. Folding is measured whole, as a restart
does it, and then in its parts over the same bytes: reading, hashing, decoding.
"""

from __future__ import annotations

import argparse
import cProfile
import hashlib
import os
import pstats
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

from parley.app.crank import Crank
from parley.node.encoding import decode_entry, encode_entry, seal_entry
from parley.node.entries import Draft, LogName, LogOpened, MessageSaid, ZoneActivity
from parley.store.sqlite import Store
from parley.trust.checkpoint import Checkpoint, sign_checkpoint
from parley.trust.frontier import Frontier
from parley.trust.seal import seal
from parley.trust.tree import Tree, leaf_hash

sys.path[:0] = [str(Path(__file__).parents[1] / "tests" / room) for room in ("", "sim")]

from simstory import two  # noqa: E402  tests are no package
from simworld import make_identities  # noqa: E402  tests are no package

START_US = 1_780_000_000_000_000
PER_HEAD = 64
IDENTITIES = make_identities(two())


def body_of(name: LogName, seq: int) -> object:
    if seq == 0:
        keys = IDENTITIES[name.party].keys
        return LogOpened(
            agreement=name.agreement,
            kind=name.kind,
            year=name.year,
            keys={
                "log": keys.log.verifier.vkey,
                "mirror": keys.mirror.verifier.vkey,
                "link": keys.link.verifier.vkey,
                "witness": keys.witness.verifier.vkey,
                "seal": keys.seal.digest,
            },
            rules_version=2,
        )
    if name.kind == "ops":
        return ZoneActivity(zone=f"Z{seq % 50}", activity=("hot", "cold")[seq % 2],
                            from_us=START_US + seq)  # fmt: skip
    return MessageSaid(line="LINE-AB", message_type="free.text", message_class="ROUTINE",
                       answers=("ROGER",), text=f"word {seq}")  # fmt: skip


def fill(store: Store, name: LogName, count: int) -> None:
    """Write a log of so many entries, as its writer's node would have."""
    draw = random.Random(name.origin)
    frontier = Frontier()
    key = IDENTITIES[name.party].keys.log
    to = tuple(p for p in IDENTITIES if p != name.party)
    for first in range(0, count, PER_HEAD):
        entries, openings = [], {}
        for seq in range(first, min(count, first + PER_HEAD)):
            addressed = to if name.kind == "line" and seq else ()
            draft = Draft(agreement="AB", by="desk", body=body_of(name, seq), to=addressed)
            place = {"log": name, "seq": seq, "issued_us": START_US + seq * 1000, "seen": {}}
            if seq == 0:
                data = encode_entry(draft, **place)
            else:
                data, openings[seq] = seal_entry(draft, **place, salt=draw.randbytes(32))
            entries.append(data)
            frontier.append(leaf_hash(data))
        head = Checkpoint(origin=name.origin, size=frontier.size, root=frontier.root())
        store.append(name.origin, first, entries, sign_checkpoint(key, head), openings)


def timed(what: str, count: int, act):
    begin_s = time.perf_counter()
    found = act()
    took_s = time.perf_counter() - begin_s
    print(f"{what:44} {took_s:8.2f} s  {1e6 * took_s / count:7.1f} us/entry", flush=True)
    return found


def crank_of(store: Store) -> Crank:
    salt = hashlib.sha256(b"salt").digest
    return Crank(IDENTITIES["ALFA"], store, salt=salt, sealer=seal, asking=True)


def parts(store: Store, count: int) -> None:
    """Time each part of folding alone, over the same entries."""
    origins = store.origins()
    held = timed("  of it: entries read", count, lambda: {
        o: [e for s in range(0, store.size(o), 4096) for e in store.entries(o, s, s + 4096)]
        for o in origins
    })  # fmt: skip
    opened = timed("  of it: openings read", count, lambda: {
        o: {i: d for s in range(0, store.size(o), 4096)
            for i, d in store.openings(o, s, s + 4096).items()}
        for o in origins
    })  # fmt: skip

    def hashed() -> None:
        for entries in held.values():
            tree, frontier = Tree(), Frontier()
            for data in entries:
                leaf = leaf_hash(data)
                tree.extend((leaf,))
                frontier.append(leaf)

    def hashed_together() -> None:
        for entries in held.values():
            Tree().extend_entries(entries)

    def decoded() -> None:
        for origin, entries in held.items():
            log = next(
                LogName(agreement="AB", party=p, kind=k, year=2026)
                for p in IDENTITIES for k in ("line", "ops") if f"/{p}/{k}/" in origin
            )  # fmt: skip
            for index, data in enumerate(entries):
                decode_entry(data, log=log, index=index, opening=opened[origin].get(index))

    timed("  of it: tree and frontier, one by one", count, hashed)
    timed("  instead: tree, all together", count, hashed_together)
    timed("  of it: decoded", count, decoded)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--profile", action="store_true")
    arguments = parser.parse_args()
    print(f"{arguments.entries:,} entries, load {os.getloadavg()[0]:.1f} at the start")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "restart.db"
        share = arguments.entries // 2
        with Store(path) as store:
            for party in IDENTITIES:
                for kind, count in (("ops", share - share // 100), ("line", share // 100)):
                    fill(store, LogName(agreement="AB", party=party, kind=kind, year=2026), count)
        count = 2 * share
        print(f"store {path.stat().st_size / 1e6:.0f} MB")
        with timed("opened", count, lambda: Store(path, check=False)) as store:
            timed("checked (fsck)", count, store.fsck)
            profile = cProfile.Profile()
            if arguments.profile:
                profile.enable()
            crank = timed("folded (what a restart does)", count, lambda: crank_of(store))
            profile.disable()
            assert sum(log.tree.size for log in crank.state.logs()) == count
            unread = sum(map(len, (s.unreadable for s in crank.state.scopes.values())))
            assert not unread, f"{unread} unreadable"
            del crank
            parts(store, count)
        if arguments.profile:
            pstats.Stats(profile).sort_stats("tottime").print_stats(25)
    most_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{most_mb:.0f} MB at most, load {os.getloadavg()[0]:.1f} at the end")


if __name__ == "__main__":
    main()
