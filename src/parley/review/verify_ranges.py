"""Step 4 of a verification, first half: every entry under a signed root, and heads of one history.

Where entries and signed root disagree, the leaf hashes beside the entries tell which entry was
changed, if they are the signed ones; else the heads narrow it down. What the entries say about
each other's logs is `verify_entries`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from parley.review.pack import PackRange, needed_consistency, split_hashes
from parley.review.verify_parts import FORKED, CheckedLog, CheckedRange, refuse
from parley.trust.ranges import verify_range
from parley.trust.tree import Tree, leaf_hashes, verify_consistency
from parley.world.faults import PeerFault

_STEP = 4


def check_ranges(log: CheckedLog) -> None:
    """Fill in the ranges and the tree of a log whose heads are checked.

    Raises:
        PackFault: an entry that is not what was signed, or heads that disagree.
    """
    heads = {one.size: one.checkpoint.root for one in log.heads}
    for shown in log.shown.ranges:
        entries = shown.entries
        found = leaf_hashes(entries)
        tree = Tree(found) if shown.start == 0 else None
        # Bytes behind the last entry are no entry, and nothing that anybody signed.
        whole = sum(map(len, entries)) + 2 * len(entries) == len(shown.bundle)
        complete = whole and len(entries) == shown.end - shown.start
        if not complete or not _under(found, tree, shown, heads[shown.head]):
            _refuse_range(log, shown, found, tree)
        if b"".join(found) != shown.leaves:
            _refuse_leaves(log, shown, found)
        log.ranges.append(CheckedRange(start=shown.start, entries=entries, leaves=found))
        log.tree = tree or log.tree
    _check_heads(log)


def _under(found: list[bytes], tree: Tree | None, shown: PackRange, root: bytes) -> bool:
    if tree is not None and shown.head == shown.end and not shown.proof:
        return tree.root() == root
    if len(shown.proof) % 32:
        return False
    try:
        verify_range(found, shown.start, shown.head, split_hashes(shown.proof), root)
    except PeerFault:
        return False
    return True


def _check_heads(log: CheckedLog) -> None:
    """Check that every signed head is of this same history."""
    good = 0
    for head in log.heads:
        if head.size > log.tree.size:
            break
        if log.tree.root(head.size) != head.checkpoint.root:
            index, last = good, max(head.size - 1, good)
            refuse(
                _STEP,
                f"{log.what} {_place(index, last)}",
                f"forked: two signed roots for size {head.size}",
                "one history",
                "keep the pack: both heads carry the log's own signature",
                log=log.origin,
                index=index,
                last=last,
                verdict=FORKED,
            )
        good = head.size
    _check_consistency(log)


def _check_consistency(log: CheckedLog) -> None:
    sizes = [head.size for head in log.heads]
    needed = needed_consistency(sizes, log.shown.ranges)
    if list(log.shown.consistency) != needed:
        refuse(_STEP, f"{log.what} consistency proofs", wanted=f"those of {needed}", log=log.origin)
    roots = {head.size: head.checkpoint.root for head in log.heads}
    for (old, new), proof in log.shown.consistency.items():
        try:
            if len(proof) % 32:
                raise PeerFault("proof", value=f"{len(proof)} bytes", wanted="whole hashes")
            verify_consistency(old, new, split_hashes(proof), roots[old], roots[new])
        except PeerFault as fault:
            refuse(
                _STEP,
                f"{log.what} heads of {old} and {new} entries",
                str(fault),
                "one history",
                "keep the pack: if the proof is not false, the log was forked",
                log=log.origin,
                index=old,
                last=new - 1,
            )


def _place(index: int, last: int) -> str:
    return f"entry {index}" if last <= index else f"range {index} to {last}"


# ---- where it is --------------------------------------------------------------------------------


def _refuse_range(
    log: CheckedLog, shown: PackRange, found: Sequence[bytes], tree: Tree | None
) -> NoReturn:
    """Say which entry is not what was signed."""
    root = next(one.checkpoint.root for one in log.heads if one.size == shown.head)
    signed = split_hashes(shown.leaves)
    if len(signed) == shown.end - shown.start and _under(
        signed, Tree(signed) if shown.start == 0 else None, shown, root
    ):
        _refuse_entry(log, shown.start, found, signed)
    if tree is not None:
        _refuse_history(log, tree, shown)
    refuse(
        _STEP,
        f"{log.what} {_place(shown.start, shown.end - 1)}",
        f"{len(found)} entries that do not give the signed root",
        f"all {shown.end - shown.start} entries as the head of {shown.head} has them",
        log=log.origin,
        index=shown.start,
        last=max(shown.end - 1, shown.start),
    )


def _refuse_entry(
    log: CheckedLog, start: int, found: Sequence[bytes], signed: Sequence[bytes]
) -> NoReturn:
    """Say which entry differs from the leaf hashes that the log signed, and how."""
    pairs = zip(found, signed, strict=False)
    at = next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(found), len(signed)))
    rest = set(found[at:])
    if at == len(signed):
        how = "added after the signed record"
    elif at == len(found):
        how = f"deleted or cut, with all {len(signed) - at} from it to the end"
    elif signed[at] not in rest:
        same = found[at] == (signed[at + 1] if at + 1 < len(signed) else None)
        how = "deleted" if same else "changed since it was signed"
    else:
        how = "not in its place: added or put in another order"
    wanted = f"leaf hash {signed[at].hex()[:16]}" if at < len(signed) else ""
    index = start + at
    refuse(_STEP, f"{log.what} entry {index}", how, wanted, log=log.origin, index=index)


def _refuse_history(log: CheckedLog, tree: Tree, shown: PackRange) -> NoReturn:
    """Narrow damage down between two signed heads where entries and leaf hashes both differ."""
    good = 0
    for head in log.heads:
        if head.size <= tree.size and tree.root(head.size) == head.checkpoint.root:
            good = head.size
            continue
        if head.size > tree.size and tree.size < shown.end:
            refuse(
                _STEP,
                f"{log.what} entry {good}",
                f"or a later one deleted: {tree.size} entries",
                f"{shown.end} entries under the signed head of size {head.size}",
                log=log.origin,
                index=good,
                last=shown.end - 1,
            )
        last = max(good, min(head.size, shown.end) - 1)
        refuse(
            _STEP,
            f"{log.what} {_place(good, last)}",
            "not what was signed",
            f"the entries under the signed root of size {head.size}",
            log=log.origin,
            index=good,
            last=last,
        )
    refuse(
        _STEP,
        f"{log.what} range proof {shown.start} to {shown.end}",
        wanted="hashes that give the signed root",
        log=log.origin,
        index=shown.start,
        last=max(shown.end - 1, shown.start),
    )


def _refuse_leaves(log: CheckedLog, shown: PackRange, found: Sequence[bytes]) -> NoReturn:
    pairs = zip(found, split_hashes(shown.leaves), strict=False)
    at = next((n for n, (a, b) in enumerate(pairs) if a != b), 0)
    refuse(
        _STEP,
        f"{log.what} entry {shown.start + at}",
        "another leaf hash beside it",
        "the entry's own leaf hash",
        log=log.origin,
        index=shown.start + at,
    )
