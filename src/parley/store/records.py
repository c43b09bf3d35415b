"""What a store keeps beside entries: receipts, cosignatures, notes that were refused."""

from __future__ import annotations

import msgspec


class StoredCosignature(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One cosignature line as it came: on the head of `size` entries, by `cosigner`."""

    size: int
    cosigner: str
    line: bytes


class EntryReceipt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A receipt as it came: `peer` says that it has the entry at `index`."""

    index: int
    peer: str
    data: bytes


class Refused(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A signed note that was refused and is kept because it may prove a fork."""

    origin: str
    note: bytes
    why: str


def first_and_newest(held: bytes | None, line: bytes) -> bytes:
    """Return the lines to keep of one cosigner at one size: what was first, then what came last."""
    if held is None:
        return line
    first = held.splitlines(keepends=True)[0]
    return first if line == first or not first.endswith(b"\n") else first + line
