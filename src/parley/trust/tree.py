"""The Merkle tree of a log: RFC 6962, section 2, with SHA-256, leaf prefix 0x00, node prefix 0x01.

`Tree` keeps every full node of every level (64 bytes per leaf), so an append touches the path that
became full, and a proof is a few slices. Verifiers raise `PeerFault`, never answer yes or no, and
read nothing but their arguments. Signatures and notes live in `note` and `checkpoint`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import NoReturn

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
    sha256 = hashlib.sha256
    return [sha256(b"\x00" + entry).digest() for entry in entries]


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the 32-byte hash of an inner node: SHA-256(0x01 || left || right)."""
    return hashlib.sha256(_NODE + left + right).digest()


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the root over leaf hashes, the empty root for none.

    >>> root_of([]) == EMPTY_ROOT, root_of([leaf_hash(b"a")]) == leaf_hash(b"a")
    (True, True)
    """
    tree = Tree()
    tree.extend(leaves)
    return tree.root()


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

    def _extend(self, added: Sequence[bytes]) -> None:
        sha256 = hashlib.sha256
        level = 0
        while added:
            if level == len(self._levels):
                self._levels.append(bytearray())
            row = self._levels[level]
            # A hash that stood alone at the end of the row now gets its right neighbour.
            alone = [bytes(row[-HASH_BYTES:])] if len(row) // HASH_BYTES % 2 else []
            row += b"".join(added)
            halves = iter((*alone, *added) if alone else added)
            added = [
                sha256(b"\x01" + left + right).digest()
                for left, right in zip(halves, halves, strict=False)
            ]
            level += 1

    def leaf(self, index: int) -> bytes:
        """Return the leaf hash at an index.

        Raises:
            OurFault: there is no such leaf.
        """
        if not 0 <= index < self.size:
            raise OurFault("leaf index", value=index, wanted=f"0 to {self.size - 1}")
        return self._full(0, index)

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
        path: list[bytes] = []
        start, count = 0, size
        while count > 1:
            left = _left_count(count)
            if index - start < left:
                path.append(self._range(start + left, count - left))
                count = left
            else:
                path.append(self._range(start, left))
                start, count = start + left, count - left
        return tuple(reversed(path))

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
        path: list[bytes] = []
        start, count, whole = 0, size, True
        while old - start != count:
            left = _left_count(count)
            if old - start <= left:
                path.append(self._range(start + left, count - left))
                count = left
            else:
                path.append(self._range(start, left))
                start, count, whole = start + left, count - left, False
        if not whole:
            path.append(self._range(start, count))
        return tuple(reversed(path))

    def _known(self, size: int | None) -> int:
        if size is None:
            return self.size
        if not 0 <= size <= self.size:
            raise OurFault("tree size", value=size, wanted=f"0 to {self.size}")
        return size

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


def _left_count(count: int) -> int:
    """Return the largest power of two below `count`: what stands left in a tree of that size."""
    return 1 << ((count - 1).bit_length() - 1)


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
    _check_hashes(what, (leaf, root, *proof))
    if _walk(what, leaf, index, size - 1, proof)[1] != root:
        raise PeerFault(what, wanted="the root of the checkpoint", repair="it is not in this log")


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
    _check_hashes(what, (old_root, root, *proof))
    if old == size:
        if proof:
            raise PeerFault(what, value=f"{len(proof)} hashes", wanted="an empty proof")
        if old_root != root:
            _refuse_fork(what)
        return
    if old == 0:
        raise PeerFault(what, wanted="an old size above 0", repair="from 0 no proof is needed")
    if not proof:
        raise PeerFault(what, value="empty", wanted="at least one hash")
    # Where the old tree is a full subtree of the new one, its root is the first hash itself.
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    old_found, found = _walk(what, path[0], old - 1, size - 1, path[1:], shift_full=True)
    if old_found != old_root or found != root:
        _refuse_fork(what)


def _walk(
    what: str,
    first: bytes,
    node: int,
    last: int,
    proof: Sequence[bytes],
    *,
    shift_full: bool = False,
) -> tuple[bytes, bytes]:
    """Return the old root and the new root that the path leads to from the hash `first`."""
    if shift_full:
        while node & 1:
            node, last = node >> 1, last >> 1
    old = new = first
    for sibling in proof:
        if last == 0:
            raise PeerFault(what, value=f"{len(proof)} hashes", wanted="fewer hashes")
        if node & 1 or node == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        node, last = node >> 1, last >> 1
    if last:
        raise PeerFault(what, value=f"{len(proof)} hashes", wanted="more hashes")
    return old, new


def _check_hashes(what: str, hashes: Iterable[bytes]) -> None:
    for one in hashes:
        if len(one) != HASH_BYTES:
            raise PeerFault(
                what, value=f"a hash of {len(one)} bytes", wanted=f"{HASH_BYTES} bytes each"
            )


def _refuse_fork(what: str) -> NoReturn:
    raise PeerFault(
        what, wanted="roots of one history", repair="keep both checkpoints: they prove a fork"
    )
