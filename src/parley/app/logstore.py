"""What the crank asks of a store: `store.sqlite.Store` is one, the simulation's another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

import msgspec

from parley.node.state import Abandoned
from parley.store.sqlite import EntryReceipt, Overtaken, Staged, StoredCosignature

ABANDONED = "abandoned"
"""The store's setting that names own logs which must not be continued."""


class LogStore(Protocol):
    """What the crank asks of a store; `store.sqlite.Store` is one."""

    def together(self) -> AbstractContextManager[object]:
        """Make several writes one durable transaction."""

    def append(
        self,
        origin: str,
        first_index: int,
        entries: Sequence[bytes],
        checkpoint: bytes,
        openings: Mapping[int, bytes] = ...,
    ) -> None:
        """Store entries, their openings and the head over them, durably, together or not at all."""

    def entries(self, origin: str, start: int, end: int) -> list[bytes]:
        """Return the exact bytes of a range."""

    def openings(self, origin: str, start: int, end: int) -> dict[int, bytes]:
        """Return the openings held of a range, by index."""

    def drop_opening(self, origin: str, index: int) -> bool:
        """Destroy the opening of an entry; return whether there was one."""

    def origins(self) -> list[str]:
        """Return the logs held."""

    def size(self, origin: str) -> int:
        """Return how many entries of a log are held."""

    def checkpoint(self, origin: str) -> bytes | None:
        """Return the newest head."""

    def checkpoint_at(self, origin: str, size: int) -> bytes | None:
        """Return the head of that size."""

    def head_at_or_before(self, origin: str, size: int) -> tuple[int, bytes] | None:
        """Return the largest head up to a size."""

    def head_at_or_after(self, origin: str, size: int) -> tuple[int, bytes] | None:
        """Return the smallest head from a size on."""

    def put_cosignature(self, origin: str, size: int, cosigner: str, line: bytes) -> None:
        """Keep a receipt."""

    def cosignatures(self, origin: str, size: int | None = None) -> list[StoredCosignature]:
        """Return the receipts of a log."""

    def put_refused(self, origin: str, note: bytes, why: str) -> None:
        """Keep a head that was not taken."""

    def refused_count(self, origin: str) -> int:
        """Return how many heads of a log were not taken."""

    def stage(
        self,
        origin: str,
        first_index: int,
        entries: Sequence[bytes],
        openings: Mapping[int, bytes],
        checkpoint: bytes,
    ) -> None:
        """Keep a part of a log that does not reach its head yet."""

    def staged(self, origin: str) -> Staged | None:
        """Return the part kept."""

    def put_ahead(self, origin: str, entry: Overtaken) -> None:
        """Keep an entry that came ahead of its log."""

    def ahead(self, origin: str) -> list[Overtaken]:
        """Return what came ahead of a log."""

    def ahead_origins(self) -> list[str]:
        """Return the logs of which something came ahead."""

    def meta(self, key: str) -> str | None:
        """Return a setting."""

    def put_meta(self, key: str, value: str) -> None:
        """Keep a setting."""

    def staged_origins(self) -> list[str]:
        """Return the logs of which a part is kept."""

    def put_witnessed(self, origin: str, size: int, note: bytes) -> None:
        """Keep the newest head of a log that is not read here."""

    def witnessed(self, origin: str) -> bytes | None:
        """Return that head."""

    def witnessed_origins(self) -> list[str]:
        """Return the logs witnessed."""

    def put_entry_receipt(self, origin: str, index: int, peer: str, data: bytes) -> None:
        """Keep a receipt for one entry."""

    def entry_receipts(self, origin: str, start: int, end: int) -> list[EntryReceipt]:
        """Return the receipts for single entries."""


def read_abandoned(store: LogStore) -> dict[str, Abandoned]:
    """Return the own logs that are not to be continued, with why."""
    text = store.meta(ABANDONED)
    return msgspec.json.decode(text, type=dict[str, Abandoned]) if text else {}
