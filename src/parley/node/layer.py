"""Entries held ahead of their log: a layer over the record of one agreement, never part of it.

Rules:
- The record stays a pure function of the logs held: the layer is lifted before anything is folded,
  and laid again after; what it changed is taken back exactly.
- An entry leaves the layer when its log has reached it; it is then read like any other.

What does not live here: how entries are laid (`overtaking`), which may go ahead (`rules/ahead`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import msgspec

from parley.node.entries import Entry

Key = tuple[str, int]
"""Where an entry stands: origin and index."""


class HeldAhead(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of a peer's line log that came before the entries in front of it.

    Attributes:
        entry: as read.
        leaf: its leaf hash.
        size: of the signed head that it was shown to stand under.
        root: of that head.
        checkpoint: that head, as signed.
        distress: whether it is, or is about, a DISTRESS message.
    """

    entry: Entry
    leaf: bytes
    size: int
    root: bytes
    checkpoint: bytes
    distress: bool = False


@dataclass(slots=True)
class Layer:
    """What is held ahead under one agreement, and how to take it off the record and lay it again.

    Attributes:
        held: by place.
        undo: takes back what laying changed, the last first; `redo`: does it again.
        off: whether it is taken off for a reader just now.
    """

    held: dict[Key, HeldAhead] = field(default_factory=dict)
    undo: list[Callable[[], object]] = field(default_factory=list)
    redo: list[Callable[[], object]] = field(default_factory=list)
    off: bool = False

    def of(self, party: str) -> list[Key]:
        """Return the places of what is held ahead of one party's logs, in order."""
        return sorted(key for key, held in self.held.items() if held.entry.log.party == party)

    def lift(self) -> None:
        """Take everything off the record, for good: it can be laid anew."""
        for back in reversed(self.undo):
            back()
        self.undo.clear()
        self.redo.clear()

    @contextlib.contextmanager
    def lifted(self) -> Iterator[None]:
        """Take everything off the record while somebody reads it, and put it back."""
        if self.off:
            yield
            return
        for back in reversed(self.undo):
            back()
        self.off = True
        try:
            yield
        finally:
            self.off = False
            for again in self.redo:
                again()
