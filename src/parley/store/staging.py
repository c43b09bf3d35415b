"""Uploads that are not all there: kept durably beside the log until an append covers them.

A link that breaks in the middle of a batch loses nothing that had come. What is staged is verified
against nothing: only the root of a signed head says that it is the log's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from parley.store.check import open_head, verify_opening
from parley.store.database import Database, as_bytes, as_int
from parley.store.schema import with_sum
from parley.world.faults import OurFault
from parley.world.limits import BATCH_ENTRIES_MAX, ENTRY_BYTES_MAX


class Staged(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The part of an upload that has come so far: kept, but not yet in the log.

    Attributes:
        first_index: where the first entry will go: the size of the log.
        entries: exact bytes, verified against nothing.
        openings: by index in the log.
        checkpoint: the head that the upload goes to.
    """

    first_index: int
    entries: tuple[bytes, ...]
    openings: dict[int, bytes]
    checkpoint: bytes


def check_entries(what: str, first_index: int, entries: Sequence[bytes], before: int = 0) -> None:
    """Check number and lengths of entries, of which there are `before` already.

    Raises:
        OurFault: too many, or one too long.
    """
    if before + len(entries) > BATCH_ENTRIES_MAX:
        raise OurFault(
            what, value=f"{before + len(entries)} entries", wanted=f"at most {BATCH_ENTRIES_MAX}"
        )
    for index, entry in enumerate(entries, first_index):
        if len(entry) > ENTRY_BYTES_MAX:
            raise OurFault(
                f"{what} entry {index}",
                value=f"{len(entry)} bytes",
                wanted=f"at most {ENTRY_BYTES_MAX}",
            )


def check_openings(
    what: str, first_index: int, entries: Sequence[bytes], openings: Mapping[int, bytes]
) -> None:
    """Check that each opening opens the entry beside it: nothing is let in that `fsck` refuses.

    Raises:
        OurFault: one of no entry, or of another.
    """
    for index, opening in openings.items():
        named = f"{what} opening {index}"
        if not 0 <= index - first_index < len(entries):
            raise OurFault(named, value="of no entry", wanted="one of an entry beside it")
        verify_opening(named, entries[index - first_index], opening)


def put_staged(
    database: Database,
    origin: str,
    first_index: int,
    entries: Sequence[bytes],
    openings: Mapping[int, bytes],
    checkpoint: bytes,
    size: int,
) -> None:
    """Write a part of an upload; the caller has a transaction and says how large the log is.

    Raises:
        OurFault: a gap, an entry that the log has, too much, another log's head.
    """
    what = f"stage for {origin}"
    known = read_staged(database, origin, size)
    end = size + len(known.entries) if known else size
    if not size <= first_index <= end:
        raise OurFault(what, value=f"first index {first_index}", wanted=f"{size} to {end}")
    check_entries(what, first_index, entries, before=first_index - size)
    reached = first_index + len(entries)
    head = open_head(what, checkpoint)
    if head.origin != origin or head.size < reached:
        raise OurFault(
            what,
            value=f"checkpoint of {head.origin} at {head.size}",
            wanted=f"one of {origin} at {reached} or beyond",
        )
    check_openings(what, first_index, entries, openings)
    run = database.connection
    run.execute("DELETE FROM staged WHERE origin = ? AND position >= ?", (origin, first_index))
    run.executemany(
        "INSERT INTO staged (origin, position, data, opening, sum) VALUES (?, ?, ?, ?, ?)",
        [
            with_sum(origin, index, entry, openings.get(index))
            for index, entry in enumerate(entries, first_index)
        ],
    )
    run.execute(
        "INSERT INTO staged_heads VALUES (?, ?, ?) ON CONFLICT (origin)"
        " DO UPDATE SET note = excluded.note, sum = excluded.sum",
        with_sum(origin, checkpoint),
    )


def read_staged(database: Database, origin: str, size: int) -> Staged | None:
    """Return what is kept of an upload to a log of that size, or None."""
    note = database.one_bytes("SELECT note FROM staged_heads WHERE origin = ?", (origin,))
    if note is None:
        return None
    rows = database.rows(
        "SELECT position, data, opening FROM staged WHERE origin = ? ORDER BY position", (origin,)
    )
    return Staged(
        first_index=size,
        entries=tuple(as_bytes(row[1]) for row in rows),
        openings={as_int(row[0]): as_bytes(row[2]) for row in rows if row[2] is not None},
        checkpoint=note,
    )


def drop_staged_opening(database: Database, origin: str, index: int) -> bool:
    """Return whether a staged entry had an opening, which it now has no more."""
    found = database.rows(
        "SELECT data FROM staged WHERE origin = ? AND position = ? AND opening IS NOT NULL",
        (origin, index),
    )
    for (data,) in found:
        database.connection.execute(
            "UPDATE staged SET data = ?3, opening = ?4, sum = ?5"
            " WHERE origin = ?1 AND position = ?2",
            with_sum(origin, index, data, None),
        )
    return bool(found)


def clear_staged(database: Database, origin: str, size: int) -> None:
    """Drop what is staged below a size, and the head it went to when nothing is left."""
    run = database.connection
    run.execute("DELETE FROM staged WHERE origin = ? AND position < ?", (origin, size))
    run.execute(
        "DELETE FROM staged_heads WHERE origin = ?1"
        " AND NOT EXISTS (SELECT 1 FROM staged WHERE origin = ?1)",
        (origin,),
    )
