"""Complete ranges: all the entries [start, end) of a log and nothing left out, against its root.

The proof of a range is the hashes of the largest subtrees outside it, from left to right, where
RFC 6962 (section 2.1) splits the tree of `size` leaves. With the leaves they give the root, so a
verifier hashes as often as the range has leaves, and at most twice per level beside that. Size and
root belong together and come from one verified checkpoint: a root alone does not tell its size.

An empty range [a, a) has a proof as well, the tree split at a; with no leaves it says only that
the hashes are of this tree. Whoever wants to say "nothing was added" says it with heads: an old
head, exactly these leaves (none may be none), a new head. That is `verify_growth`, and it is how
silence is proven: it needs no trust in the left part, because the old head's root is computed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from parley.trust.tree import EMPTY_ROOT, HASH_BYTES, SIZE_MAX, Tree, left_count, node_hash, root_of
from parley.world.faults import OurFault, PeerFault


class _Node(NamedTuple):
    """A subtree of the cut tree, and whether its leaves are in the range."""

    first: int
    leaves: int
    inside: bool


def _cut(start: int, end: int, size: int) -> Iterator[_Node]:
    """Yield the largest subtrees of a tree of `size` leaves that lie all inside or all outside."""
    stack = [(0, size)] if size else []
    while stack:
        first, count = stack.pop()
        last = first + count
        if last <= start or end <= first:
            yield _Node(first, count, inside=False)
        elif start <= first and last <= end:
            yield _Node(first, count, inside=True)
        else:
            left = left_count(count)
            stack += (first + left, count - left), (first, left)


def range_proof(tree: Tree, start: int, end: int, size: int) -> tuple[bytes, ...]:
    """Return the hashes that prove the leaves [start, end) complete in the tree of `size` leaves.

    At most two per level; none where the range is the whole tree. Where the range is empty, they
    are those of the tree split at `start`.

    Raises:
        OurFault: the tree never had that size, or the range is not in it.
    """
    if not 0 <= start <= end <= size <= tree.size:
        raise OurFault("range", value=f"[{start}, {end}) of {size}", wanted=f"within {tree.size}")
    return tuple(
        tree.span_root(node.first, node.first + node.leaves)
        for node in _cut(start, end, size)
        if not node.inside
    )


def verify_range(
    leaves: Sequence[bytes], start: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Return nothing if these are all the leaf hashes [start, start + len) under the root.

    No leaf at all is a range like any other, and says nothing; see `verify_growth`.

    Args:
        leaves: the leaf hashes, in order.
        start: the index of the first.
        size: the size of the tree.
        proof: what `range_proof` gave.
        root: the root at that size.

    Raises:
        PeerFault: a leaf is missing, added, changed or moved, or the proof has another form.
    """
    what = _what(leaves, start, size)
    if _fold(what, leaves, start, size, proof)[1] != root:
        raise PeerFault(what, wanted="the root of the checkpoint", repair="entries are missing")


def verify_growth(
    old: int,
    old_root: bytes,
    leaves: Sequence[bytes],
    proof: Sequence[bytes],
    root: bytes,
    size: int | None = None,
) -> None:
    """Return nothing if the old head grew by exactly these leaves into what the root holds.

    This is the statement of silence: between the head of `old` entries and the head of
    `old + len(leaves)` there are these entries and no others. The proof is
    `range_proof(tree, old, old + len(leaves), size)`.

    Args:
        old: the size of the older head.
        old_root: its root.
        leaves: all leaf hashes from there on, possibly none.
        proof: the hashes outside the range.
        root: the root of the newer head.
        size: the newer head's size, where it holds more than the leaves; by default it ends there.

    Raises:
        PeerFault: the heads and the leaves are not of one history.
    """
    size = old + len(leaves) if size is None else size
    what = _what(leaves, old, size)
    old_found, found = _fold(what, leaves, old, size, proof)
    if found != root:
        raise PeerFault(what, wanted="the root of the checkpoint", repair="entries are missing")
    if old_found != old_root:
        raise PeerFault(
            what,
            wanted=f"the root of the checkpoint of {old} entries",
            repair="keep both checkpoints: they may prove a fork",
        )


def _what(leaves: Sequence[bytes], start: int, size: int) -> str:
    return f"range of entries [{start}, {start + len(leaves)}) at size {size}"


def _fold(
    what: str, leaves: Sequence[bytes], start: int, size: int, proof: Sequence[bytes]
) -> tuple[bytes, bytes]:
    """Return the root at `start` leaves and the root at `size`, as leaves and proof give them."""
    end = start + len(leaves)
    if not 0 <= start <= end <= size <= SIZE_MAX:
        raise PeerFault(what, wanted="a range inside the log")
    if {HASH_BYTES, *map(len, leaves), *map(len, proof)} != {HASH_BYTES}:
        raise PeerFault(what, wanted=f"hashes of {HASH_BYTES} bytes each")
    nodes = list(_cut(start, end, size))
    wanted = sum(not node.inside for node in nodes)
    if wanted != len(proof):
        raise PeerFault(what, value=f"{len(proof)} hashes", wanted=f"{wanted} hashes")
    given = iter(proof)
    found: dict[tuple[int, int], bytes] = {}
    for first, count, inside in nodes:
        at = first - start
        found[first, count] = root_of(leaves[at : at + count]) if inside else next(given)
    # What lies before the range are the full subtrees that the tree of `start` leaves is made of.
    return _joined(found, 0, start), _joined(found, 0, size)


def _joined(found: dict[tuple[int, int], bytes], first: int, count: int) -> bytes:
    """Return the hash over `count` leaves from `first`, joined from the subtrees found."""
    if not count:
        return EMPTY_ROOT
    known = found.get((first, count))
    if known is not None:
        return known
    left = left_count(count)
    return node_hash(_joined(found, first, left), _joined(found, first + left, count - left))
