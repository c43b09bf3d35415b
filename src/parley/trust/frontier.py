"""The right edge of a growing tree: enough to know the next root before anything is kept.

A mirror computes the root that a peer's new entries would give, compares it with the signed head,
and only then takes the entries. RFC 6962 shapes; O(log n) memory.
"""

from __future__ import annotations

from collections.abc import Iterable

from parley.trust.tree import EMPTY_ROOT, node_hash


class Frontier:
    """Roots of the full subtrees at the right edge, smallest first; `None` where there is none."""

    def __init__(self, peaks: Iterable[bytes | None] = (), size: int = 0) -> None:
        self._peaks: list[bytes | None] = list(peaks)
        self.size = size

    def copy(self) -> Frontier:
        """Return an independent copy."""
        return Frontier(self._peaks, self.size)

    def append(self, leaf: bytes) -> None:
        """Add the hash of the next leaf."""
        carry = leaf
        level = 0
        while level < len(self._peaks) and (peak := self._peaks[level]) is not None:
            carry = node_hash(peak, carry)
            self._peaks[level] = None
            level += 1
        if level == len(self._peaks):
            self._peaks.append(None)
        self._peaks[level] = carry
        self.size += 1

    def root(self) -> bytes:
        """Return the root over all leaves so far."""
        root: bytes | None = None
        for peak in self._peaks:
            if peak is not None:
                root = peak if root is None else node_hash(peak, root)
        return EMPTY_ROOT if root is None else root
