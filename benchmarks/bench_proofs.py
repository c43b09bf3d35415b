"""Proofs: size, time to make and to verify, against the goals of DESIGN section 7 and issue 3.

Run: .venv/bin/python benchmarks/bench_proofs.py [--entries N] [--silence N]
One entry of 10^6 with two cosigners; the silence of 100,000 entries between two cosigned heads; the
audit of a whole log. Times are the best of several rounds; the machine's load stands at both ends.
The raw hashing of as many bytes is timed in the same run, as the floor of the machine.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import time

from parley.node.encoding import encode_entry
from parley.node.entries import Draft, LogName, LogOpened, MessageSaid, PresenceDeclared
from parley.review.silence import answer_silence
from parley.review.silence_words import SilenceQuestion
from parley.review.times import Cosigned, read_part
from parley.trust.checkpoint import Checkpoint, cosign, open_checkpoint, sign_checkpoint
from parley.trust.keys import SigningKey
from parley.trust.note import add_signatures
from parley.trust.proof import make_proof, verify_proof
from parley.trust.ranges import range_proof, verify_growth
from parley.trust.tree import HASH_BYTES, Tree, leaf_hashes

NAME = LogName(agreement="BENCH", party="A", kind="line", year=2026)
ORIGIN = NAME.origin
KEY = SigningKey(b"\x01" * 32, name="parley/A/log", role="log")
MIRRORS = [SigningKey(b"\x02" * 32, name=f"parley/{p}/mirror", role="mirror") for p in "BC"]
START_US = 1_780_000_000_000_000
DAY_US = 86_400_000_000
GOAL_PROOF_BYTES = 1_500
GOAL_PROOF_MS = 0.5
GOAL_SILENCE_MS = 200.0
GOAL_SILENCE_BYTES = 1_024
GOAL_AUDIT_PER_S = 500_000


def entry(number: int) -> bytes:
    """Return an entry as a node writes it; of a line that is attended and not used."""
    body = PresenceDeclared(line="L1", post="desk", present=number % 2 == 0)
    at_us = START_US + number * (DAY_US // 100_000)
    draft = Draft(agreement="BENCH", by="desk", body=body)
    return encode_entry(draft, log=NAME, seq=number, issued_us=at_us, seen={})


def filler(number: int) -> bytes:
    return b'{"v":1,"seq":%d,"body":"%b"}' % (number, b"x" * 290)


def best_ms(act, rounds: int):
    """Return the least time in milliseconds, and what came of it."""
    least_s = float("inf")
    found = None
    for _ in range(rounds):
        start_s = time.perf_counter()
        found = act()
        least_s = min(least_s, time.perf_counter() - start_s)
    return 1000 * least_s, found


def told(what: str, value: float, unit: str, goal: float | None = None, *, more: bool = False):
    """Print a figure, with its share of the goal: below 1 is within it."""
    text = f"{what}: {value:,.3f} {unit}"
    if goal is not None:
        ratio = goal / value if more else value / goal
        text += f"  goal {'at least' if more else 'at most'} {goal:,g}, ratio {ratio:.3f}"
        text += "" if ratio <= 1 else "  MISSED"
    print(text)


def head_of(tree: Tree, size: int, at_us: int) -> bytes:
    note = sign_checkpoint(KEY, Checkpoint(origin=ORIGIN, size=size, root=tree.root(size)))
    return add_signatures(note, [cosign(key, note, at_us) for key in MIRRORS])


def bench_proof(count: int) -> None:
    entries = [filler(number) for number in range(count)]
    took_ms, leaves = best_ms(lambda: leaf_hashes(entries), 1)
    tree_ms, tree = best_ms(lambda: Tree(leaves), 1)
    told("audit: leaf hashes and tree", 1000 * count / (took_ms + tree_ms), "entries/s",
         GOAL_AUDIT_PER_S, more=True)  # fmt: skip
    note = head_of(tree, count, START_US)
    keys = [key.verifier for key in MIRRORS]
    index = count // 3
    make_ms, proof = best_ms(lambda: make_proof(tree, index, note), 200)
    check_ms, _ = best_ms(
        lambda: verify_proof(proof, entries[index], KEY.verifier, keys, ORIGIN), 200
    )
    told(f"proof of 1 in {count:,}, two cosigners", len(proof), "B", GOAL_PROOF_BYTES)
    told("  make", make_ms, "ms")
    told("  verify", check_ms, "ms", GOAL_PROOF_MS)


def bench_silence(count: int) -> None:
    """A day of entries on a line of which none is a message, in a log of a few days."""
    opened = LogOpened(agreement="BENCH", kind="line", year=2026, keys={}, rules_version=2)
    draft = Draft(agreement="BENCH", by="system", body=opened)
    first = encode_entry(draft, log=NAME, seq=0, issued_us=START_US, seen={})
    start, end, size = count // 2, count // 2 + count, 2 * count + 17
    entries = [first, *(entry(number) for number in range(1, size))]
    tree = Tree(leaf_hashes(entries))
    from_us = START_US + start * (DAY_US // 100_000)
    to_us = START_US + end * (DAY_US // 100_000)
    before, after = head_of(tree, start, from_us - 2_000_000), head_of(tree, end, to_us + 1_000_000)
    make_ms, proof = best_ms(lambda: range_proof(tree, start, end, end), 50)
    shown = entries[start:end]

    def verify() -> None:
        old = open_checkpoint(before, KEY.verifier, ORIGIN)
        new = open_checkpoint(after, KEY.verifier, ORIGIN)
        verify_growth(old.size, old.root, leaf_hashes(shown), proof, new.root)

    check_ms, _ = best_ms(verify, 5)
    told(f"silence of {count:,} entries: hashes", HASH_BYTES * len(proof), "B", GOAL_SILENCE_BYTES)
    told("  make", make_ms, "ms")
    told("  verify: both heads, every entry, nothing left out", check_ms, "ms", GOAL_SILENCE_MS)
    floor_ms, _ = best_ms(lambda: [hashlib.sha256(data).digest() for data in shown], 3)
    told("  floor: SHA-256 of the entries alone", floor_ms, "ms")
    question = SilenceQuestion(agreement="BENCH", from_us=from_us, to_us=to_us, party="A")
    cosigned = [
        Cosigned(origin=ORIGIN, size=at, party=party, time_s=at_us // 1_000_000)
        for at, at_us in ((start, from_us - 2_000_000), (end, to_us + 1_000_000))
        for party in "BC"
    ]
    read_ms, part = best_ms(lambda: read_part(ORIGIN, start, shown), 1)
    told("  read: every entry decoded strictly", read_ms, "ms")
    ask_ms, answer = best_ms(lambda: answer_silence(question, [part], cosigned), 3)
    told(f"  answer ({answer.word})", ask_ms, "ms")
    assert answer.word == "not in these logs", answer
    # The same with one message in it is another answer: else the figures say nothing.
    said = MessageSaid(line="L1", message_type="clearance", message_class="SAFETY")
    at = count // 2
    draft = Draft(agreement="BENCH", by="desk", body=said)
    one = encode_entry(draft, log=NAME, seq=start + at, issued_us=from_us, seen={})
    part = read_part(ORIGIN, start, [*shown[:at], one, *shown[at + 1 :]])
    assert answer_silence(question, [part], cosigned).word != "not in these logs"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--silence", type=int, default=100_000)
    given = parser.parse_args()
    print("load average at start:", *os.getloadavg())
    bench_proof(given.entries)
    bench_silence(given.silence)
    print("load average at end:", *os.getloadavg())


if __name__ == "__main__":
    main()
