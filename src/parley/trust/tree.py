"""The Merkle tree of a log: RFC 6962, section 2, with SHA-256, leaf prefix 0x00, node prefix 0x01.

`Tree` keeps every full node of every level (64 bytes per leaf), so an append touches the path that
became full, and a proof is a few slices. Verifiers raise `PeerFault`, never answer yes or no, and
read nothing but their arguments. Signatures and notes live in `note` and `checkpoint`.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from parley.world.faults import OurFault, PeerFault

HASH_BYTES = 32
SIZE_MAX = 2**63 - 1
"""No log grows here; a size beyond it is nonsense in a checkpoint."""
_CHUNK_LEAVES = 8_192
"""Hashed level by level together: small enough to stay in the processor's cache (measured)."""
_LEAF = b"\x00"
_NODE = b"\x01"
EMPTY_ROOT = hashlib.sha256(b"").digest()
"""The root of a log without entries (RFC 6962, section 2.1)."""


def leaf_hash(entry: bytes) -> bytes:
    """Return the 32-byte hash of one entry as a leaf: SHA-256(0x00 || entry)."""
    return hashlib.sha256(_LEAF + entry).digest()


def leaf_hashes(entries: Iterable[bytes | memoryview]) -> list[bytes]:
    """Return the leaf hash of each entry, in order; the quick way for many."""
    # A copy of a hash that has the prefix in it is quicker than a copy of the entry with it.
    fresh = hashlib.sha256(_LEAF).copy
    hashes: list[bytes] = []
    for entry in entries:
        one = fresh()
        one.update(entry)
        hashes.append(one.digest())
    return hashes


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the 32-byte hash of an inner node: SHA-256(0x01 || left || right)."""
    return hashlib.sha256(_NODE + left + right).digest()


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the root over leaf hashes, the empty root for none; nothing else is kept.

    Raises:
        OurFault: a hash is not 32 bytes long.

    >>> root_of([]) == EMPTY_ROOT, root_of([leaf_hash(b"a")]) == leaf_hash(b"a")
    (True, True)
    """
    if set(map(len, leaves)) - {HASH_BYTES}:
        raise OurFault("leaf hash", wanted=f"{HASH_BYTES} bytes each")
    if not leaves:
        return EMPTY_ROOT
    # All chunks but the last are full subtrees, so their roots are hashed on like leaves.
    chunks = range(0, len(leaves), _CHUNK_LEAVES)
    return _root([_root(leaves[start : start + _CHUNK_LEAVES]) for start in chunks])


def _root(hashes: Sequence[bytes]) -> bytes:
    """Return the root over at least one hash; one without a right neighbour moves up as it is."""
    while len(hashes) > 1:
        above = _node_hashes(hashes)
        if len(hashes) % 2:
            above.append(hashes[-1])
        hashes = above
    return hashes[0]


def _node_hashes(hashes: Iterable[bytes]) -> list[bytes]:
    """Return the hashes of the inner nodes over each two neighbours; a last one alone is left."""
    fresh = hashlib.sha256(_NODE).copy
    above: list[bytes] = []
    halves = iter(hashes)
    for left, right in zip(halves, halves, strict=False):
        one = fresh()
        one.update(left + right)
        above.append(one.digest())
    return above


class Tree:
    """A growing Merkle tree over leaf hashes, with roots and proofs at every earlier size."""

    def __init__(self, leaves: Sequence[bytes] = ()) -> None:
        # _levels[k] holds the hashes of all full subtrees of 2**k leaves, 32 bytes each, in order.
        self._levels: list[bytearray] = [bytearray()]
        self.extend(leaves)

    @property
    def size(self) -> int:
        """The number of leaves."""
        return len(self._levels[0]) // HASH_BYTES

    def append(self, entry: bytes) -> int:
        """Return the index at which the entry now stands."""
        index = self.size
        self.extend((leaf_hash(entry),))
        return index

    def extend(self, leaves: Sequence[bytes]) -> None:
        """Add leaf hashes at the end, in order.

        Raises:
            OurFault: a hash is not 32 bytes long; the tree is then unchanged.
        """
        if set(map(len, leaves)) - {HASH_BYTES}:
            raise OurFault("leaf hash", wanted=f"{HASH_BYTES} bytes each")
        for start in range(0, len(leaves), _CHUNK_LEAVES):
            self._extend(leaves[start : start + _CHUNK_LEAVES])

    def extend_entries(self, entries: Iterable[bytes | memoryview]) -> None:
        """Add entries at the end, in order; the quickest way to the tree of many.

        They are hashed and added in pieces that stay in the processor's cache, and may come from a
        stream: nothing is kept but hashes.
        """
        rest = iter(entries)
        while leaves := leaf_hashes(itertools.islice(rest, _CHUNK_LEAVES)):
            self._extend(leaves)

    def _extend(self, added: Sequence[bytes]) -> None:
        level = 0
        while added:
            if level == len(self._levels):
                self._levels.append(bytearray())
            row = self._levels[level]
            # A hash that stood alone at the end of the row now gets its right neighbour.
            alone = [bytes(row[-HASH_BYTES:])] if len(row) // HASH_BYTES % 2 else []
            row += b"".join(added)
            added = _node_hashes((*alone, *added) if alone else added)
            level += 1

    def leaf(self, index: int) -> bytes:
        """Return the leaf hash at an index.

        Raises:
            OurFault: there is no such leaf.
        """
        if not 0 <= index < self.size:
            raise OurFault("leaf index", value=index, wanted=f"0 to {self.size - 1}")
        return self._full(0, index)

    def hashes(self, level: int, start: int, count: int) -> bytes:
        """Return the hashes of `count` full subtrees of 2**level leaves from the start-th, joined.

        Raises:
            OurFault: some of them are not in the tree, or not full.
        """
        held = len(self._levels[level]) // HASH_BYTES if 0 <= level < len(self._levels) else 0
        if not 0 <= start <= start + count <= held:
            raise OurFault(
                f"hashes of level {level}",
                value=f"{start} to {start + count}",
                wanted=f"0 to {held}",
            )
        return bytes(self._levels[level][start * HASH_BYTES : (start + count) * HASH_BYTES])

    def span_root(self, start: int, end: int, size: int | None = None) -> bytes:
        """Return the hash over the leaves [start, end), which some node of the tree stands for.

        Raises:
            OurFault: no node does (`start` is no multiple of the power of two that holds the span),
                or the tree never had that size.
        """
        self._known_span(start, end, self._known(size))
        return self._range(start, end - start) if start < end else EMPTY_ROOT

    def root(self, size: int | None = None) -> bytes:
        """Return the root as it was at `size` leaves, by default now.

        Raises:
            OurFault: the tree never had that size.
        """
        size = self._known(size)
        return self._range(0, size) if size else EMPTY_ROOT

    def inclusion_proof(self, index: int, size: int | None = None) -> tuple[bytes, ...]:
        """Return the audit path of a leaf, from its sibling up (RFC 6962, section 2.1.1).

        Args:
            index: the leaf, from 0.
            size: the tree to prove against, by default all of it.

        Raises:
            OurFault: no such leaf at that size.
        """
        size = self._known(size)
        if not 0 <= index < size:
            raise OurFault("leaf index", value=index, wanted=f"0 to {size - 1}")
        return self._span_proof(index, index + 1, size)

    def subtree_inclusion_proof(self, index: int, start: int, end: int) -> tuple[bytes, ...]:
        """Return the audit path of a leaf within the subtree [start, end), from its sibling up.

        Raises:
            OurFault: no such subtree here, or the leaf is not in it.
        """
        self._known_span(start, end, self.size)
        if not start <= index < end:
            raise OurFault("leaf index", value=index, wanted=f"{start} to {end - 1}")
        return self._span_proof(index - start, index - start + 1, end - start, start)

    def subtree_consistency_proof(
        self, start: int, end: int, size: int | None = None
    ) -> tuple[bytes, ...]:
        """Return the proof that the subtree [start, end) is in the tree of `size` leaves.

        draft-ietf-plants-merkle-tree-certs, section 4.4. One leaf gives its inclusion proof, a
        subtree from 0 the consistency proof.

        Raises:
            OurFault: no such subtree at that size.
        """
        size = self._known(size)
        self._known_span(start, end, size)
        return self._span_proof(start, end, size) if start < end else ()

    def consistency_proof(self, old: int, size: int | None = None) -> tuple[bytes, ...]:
        """Return the proof that the tree of `old` leaves is the start of the tree of `size`.

        RFC 6962, section 2.1.2. Empty for equal sizes and for an empty old tree.

        Raises:
            OurFault: old is larger than size, or the tree never had it.
        """
        size = self._known(size)
        if not 0 <= old <= size:
            raise OurFault("old size", value=old, wanted=f"0 to {size}")
        if old in (0, size):
            return ()
        return self._span_proof(0, old, size)

    def _span_proof(self, start: int, end: int, size: int, base: int = 0) -> tuple[bytes, ...]:
        """Return the proof of the subtree [start, end) in the tree of `size` leaves from `base`."""
        first, count, whole, steps = _descend(start, end, size)
        inner = () if whole else (self._range(base + first, count),)
        outer = (self._range(base + step.first, step.leaves) for step in reversed(steps))
        return (*inner, *outer)

    def _known(self, size: int | None) -> int:
        if size is None:
            return self.size
        if not 0 <= size <= self.size:
            raise OurFault("tree size", value=size, wanted=f"0 to {self.size}")
        return size

    def _known_span(self, start: int, end: int, size: int) -> None:
        if not is_subtree(start, end, size):
            raise OurFault(
                "subtree",
                value=f"[{start}, {end})",
                wanted=f"one that begins aligned, below {size}",
            )

    def _full(self, level: int, index: int) -> bytes:
        return bytes(self._levels[level][index * HASH_BYTES : (index + 1) * HASH_BYTES])

    def _range(self, start: int, count: int) -> bytes:
        """Return the root over `count` leaves from `start`, where a full subtree begins."""
        peaks: list[bytes] = []
        while count:
            level = count.bit_length() - 1
            peaks.append(self._full(level, start >> level))
            start += 1 << level
            count -= 1 << level
        root = peaks.pop()
        while peaks:
            root = node_hash(peaks.pop(), root)
        return root


def is_subtree(start: int, end: int, size: int) -> bool:
    """Return whether [start, end) is a subtree within the first `size` leaves.

    draft-ietf-plants-merkle-tree-certs, section 4.1: `start` is a multiple of the smallest power of
    two that is not below its length. An empty one may begin anywhere.

    >>> [is_subtree(*span, 9) for span in ((0, 9), (4, 7), (4, 8), (4, 9), (3, 3), (8, 10))]
    [True, True, True, False, True, False]
    """
    aligned = start == end or start % (1 << (end - start - 1).bit_length()) == 0
    return 0 <= start <= end <= size and aligned


def left_count(count: int) -> int:
    """Return the largest power of two below `count`: what stands left in a tree of that size."""
    return 1 << ((count - 1).bit_length() - 1)


class _Step(NamedTuple):
    """A step down to a subtree: the sibling left behind, and where it stands.

    `part`: the subtree itself was split here, so that the sibling, on its left, is part of it.
    """

    first: int
    leaves: int
    left: bool
    part: bool


def _descend(start: int, end: int, size: int) -> tuple[int, int, bool, list[_Step]]:
    """Return the way from the root down to the subtree [start, end), or to its last full part.

    Returns:
        Where the last part begins, its count of leaves, whether it is the whole subtree, and the
        steps, from the root down (SUBTREE_SUBPROOF of the draft, its recursion unrolled).
    """
    steps: list[_Step] = []
    first, count, whole = 0, size, True
    while (start, end) != (first, first + count):
        half = left_count(count)
        split = first + half
        if end <= split:
            steps.append(_Step(split, count - half, left=False, part=False))
            count = half
            continue
        steps.append(_Step(first, half, left=True, part=start < split))
        if start < split:
            start, whole = split, False
        first, count = split, count - half
    return first, count, whole, steps


def _climb(
    what: str, start: int, end: int, size: int, found: bytes, proof: Sequence[bytes]
) -> tuple[bytes, bytes]:
    """Return the hash of the subtree [start, end) and the root, as the proof gives them.

    Raises:
        PeerFault: a hash is not 32 bytes, or the proof has another length.
    """
    for one in (found, *proof):
        if len(one) != HASH_BYTES:
            raise PeerFault(
                what, value=f"a hash of {len(one)} bytes", wanted=f"{HASH_BYTES} bytes each"
            )
    _, _, whole, steps = _descend(start, end, size)
    wanted = len(steps) + (not whole)
    if len(proof) != wanted:
        raise PeerFault(what, value=f"{len(proof)} hashes", wanted=f"{wanted} hashes")
    given = iter(proof)
    part = root = found if whole else next(given)
    for step, sibling in zip(reversed(steps), given, strict=True):
        if step.part:
            part = node_hash(sibling, part)
        root = node_hash(sibling, root) if step.left else node_hash(root, sibling)
    return part, root


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Return nothing if the leaf stands at `index` in the tree of `size` leaves with that root.

    RFC 9162, section 2.1.3.2.

    Raises:
        PeerFault: it does not, or a hash is not 32 bytes, or the proof has the wrong length.
    """
    what = f"inclusion proof of entry {index} at size {size}"
    if not 0 <= index < size <= SIZE_MAX:
        raise PeerFault(what, wanted="an index below the size")
    if _climb(what, index, index + 1, size, leaf, proof)[1] != root:
        raise PeerFault(what, wanted="the root of the checkpoint", repair="it is not in this log")


def verify_subtree_inclusion(
    leaf: bytes, index: int, start: int, end: int, proof: Sequence[bytes], subtree: bytes
) -> None:
    """Return nothing if the leaf of the log's index stands in the subtree [start, end).

    Args:
        leaf: its hash.
        index: its place in the log, not in the subtree.
        start: the subtree's first leaf.
        end: the leaf behind its last.
        proof: the audit path within the subtree.
        subtree: the subtree's hash.

    Raises:
        PeerFault: it does not, or that is no subtree, or the proof has the wrong form.
    """
    what = f"inclusion proof of entry {index} in [{start}, {end})"
    if not is_subtree(start, end, SIZE_MAX) or not start <= index < end:
        raise PeerFault(what, wanted="a subtree with the entry in it")
    at = index - start
    if _climb(what, at, at + 1, end - start, leaf, proof)[1] != subtree:
        raise PeerFault(what, wanted="the hash of the subtree", repair="it is not in there")


def verify_subtree_consistency(
    start: int, end: int, size: int, proof: Sequence[bytes], subtree: bytes, root: bytes
) -> None:
    """Return nothing if the subtree [start, end) with that hash is in the tree with that root.

    draft-ietf-plants-merkle-tree-certs, section 4.4; C2SP tlog-mirror proves its packages by it.
    An empty subtree has the empty root and is in every tree: that says nothing of this root.

    Raises:
        PeerFault: it is not, or that is no subtree, or the proof has the wrong form.
    """
    what = f"subtree proof of [{start}, {end}) at size {size}"
    if not is_subtree(start, end, min(size, SIZE_MAX)):
        raise PeerFault(what, wanted="a subtree of the tree")
    if start == end:
        if proof or subtree != EMPTY_ROOT:
            raise PeerFault(what, wanted="the empty root and no proof")
        return
    if _climb(what, start, end, size, subtree, proof) != (subtree, root):
        raise PeerFault(what, wanted="the root of the checkpoint", repair="it is not of this log")


def verify_consistency(
    old: int, size: int, proof: Sequence[bytes], old_root: bytes, root: bytes
) -> None:
    """Return nothing if the tree of `old` leaves is the start of the tree of `size` leaves.

    RFC 9162, section 2.1.4.2; as in transparency-dev/merkle, a proof from an empty tree to a larger
    one is refused because it says nothing: whoever starts at 0 needs no proof.

    Raises:
        PeerFault: it is not (a fork), or the proof has the wrong form.
    """
    what = f"consistency proof from size {old} to {size}"
    if not 0 <= old <= size <= SIZE_MAX:
        raise PeerFault(what, wanted="an old size not above the new one")
    if old == 0 and size:
        raise PeerFault(what, wanted="an old size above 0", repair="from 0 no proof is needed")
    if _climb(what, 0, old, size, old_root, proof) != (old_root, root):
        raise PeerFault(
            what, wanted="roots of one history", repair="keep both checkpoints: they prove a fork"
        )
