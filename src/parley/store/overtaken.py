"""Entries that came ahead of their log: kept durably until an append covers them.

Each stands with the signed head and the proof by which the caller believed it, so that `fsck` can
believe it again, and so that it can be shown later if the log then says something else.
"""

from __future__ import annotations

import msgspec

from parley.store.check import open_head, verify_opening
from parley.store.database import Database, as_bytes, as_int
from parley.store.schema import with_sum
from parley.world.faults import OurFault
from parley.world.limits import ENTRY_BYTES_MAX


class Overtaken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry ahead of its log.

    Attributes:
        index: its place in the log.
        data: its exact bytes.
        opening: salt and payload, while held.
        checkpoint: the head over it.
        proof: the hashes from it to the root of that head, one after the other.
    """

    index: int
    data: bytes
    opening: bytes | None
    checkpoint: bytes
    proof: bytes


def put_ahead(database: Database, origin: str, size: int, entry: Overtaken) -> None:
    """Write an entry ahead of its log; the caller has a transaction and says how large the log is.

    Raises:
        OurFault: the log has it, it is too long, or the head is another log's or below it.
    """
    what = f"ahead of {origin} entry {entry.index}"
    if entry.index < size or len(entry.data) > ENTRY_BYTES_MAX:
        raise OurFault(what, value=f"{len(entry.data)} bytes", wanted=f"an entry beyond {size}")
    head = open_head(what, entry.checkpoint)
    if head.origin != origin or head.size <= entry.index:
        value = f"checkpoint of {head.origin} at {head.size}"
        raise OurFault(what, value=value, wanted="one over it")
    if entry.opening is not None:
        verify_opening(what, entry.data, entry.opening)
    database.connection.execute(
        "INSERT OR IGNORE INTO ahead VALUES (?, ?, ?, ?, ?, ?, ?)",
        with_sum(origin, entry.index, entry.data, entry.opening, entry.checkpoint, entry.proof),
    )


def read_ahead(database: Database, origin: str) -> list[Overtaken]:
    """Return what is kept ahead of a log, in order."""
    rows = database.rows(
        "SELECT position, data, opening, note, proof FROM ahead WHERE origin = ? ORDER BY position",
        (origin,),
    )
    return [
        Overtaken(
            index=as_int(row[0]),
            data=as_bytes(row[1]),
            opening=as_bytes(row[2]) if row[2] is not None else None,
            checkpoint=as_bytes(row[3]),
            proof=as_bytes(row[4]),
        )
        for row in rows
    ]


def drop_ahead_opening(database: Database, origin: str, index: int) -> bool:
    """Return whether an entry ahead of its log had an opening, which it now has no more."""
    for entry in read_ahead(database, origin):
        if entry.index == index and entry.opening is not None:
            database.connection.execute(
                "UPDATE ahead SET data = ?3, opening = ?4, note = ?5, proof = ?6, sum = ?7"
                " WHERE origin = ?1 AND position = ?2",
                with_sum(origin, index, entry.data, None, entry.checkpoint, entry.proof),
            )
            return True
    return False


def clear_ahead(database: Database, origin: str, size: int) -> None:
    """Drop what is kept ahead of a log and now stands in it."""
    database.connection.execute(
        "DELETE FROM ahead WHERE origin = ? AND position < ?", (origin, size)
    )
