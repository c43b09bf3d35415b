"""Logs in one SQLite file: appended durably before anything is sent, read back exactly.

One writer per file; when `append` or the outermost `together` returns, all of it is on the disk
together or not at all. Entries are never changed, overwritten or left out; leaf hashes stand beside
them so that `fsck` names the entry that was. Openings of sealed entries stand apart and can be
destroyed. What the bytes mean is `node`'s business, not the store's.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self

from parley.store.backup import copy_to
from parley.store.check import check_store, open_head
from parley.store.database import (
    Connect,
    Database,
    Value,
    as_bytes,
    as_int,
    connect,
    is_full,
)
from parley.store.overtaken import Overtaken as Overtaken  # callers name it from here
from parley.store.overtaken import clear_ahead, drop_ahead_opening, put_ahead, read_ahead
from parley.store.records import EntryReceipt as EntryReceipt  # and these
from parley.store.records import Refused as Refused
from parley.store.records import StoredCosignature as StoredCosignature
from parley.store.records import first_and_newest
from parley.store.schema import INDEX_MASK, first_row, last_row, prepare, with_sum
from parley.store.staging import Staged as Staged  # callers name it from here
from parley.store.staging import (
    check_entries,
    check_openings,
    clear_staged,
    drop_staged_opening,
    put_staged,
    read_staged,
)
from parley.trust.tree import leaf_hashes
from parley.world.faults import OurFault

_DATA = "SELECT data FROM entries WHERE id BETWEEN ? AND ? ORDER BY id"
_LEAF = "SELECT leaf FROM entries WHERE id BETWEEN ? AND ? ORDER BY id"
_NO_OPENINGS: Mapping[int, bytes] = {}


class Store:
    """The logs, blobs and settings of one node, in one file with one writer.

    Safe to call from several threads of one process: calls take turns, and a reader waits for the
    writer, so that nothing is read that may still be undone.

    Args:
        path: the file; made if it is not there. Its folder must exist.
        check: whether to run `fsck` before anything else.
        connect: how SQLite is reached.

    Raises:
        OurFault: another process holds the file, it is not ours, or the check found damage.
    """

    def __init__(self, path: Path, *, check: bool = True, connect: Connect = connect) -> None:
        self._logs: dict[str, int] = {}
        self._sizes: dict[str, int] = {}
        self._remnants = False
        self.path = path
        self._db = Database(path, connect)
        try:
            prepare(self._db)
            # What the log ahead holds may never have reached the disk; the file then has it. A full
            # disk is no reason not to read.
            try:
                self._db.scrub()
            except OurFault as fault:
                if not is_full(fault):
                    raise
                self._remnants = True
            for log, origin in self._db.rows("SELECT log, origin FROM logs"):
                self._logs[str(origin)] = as_int(log)
                self._sizes[str(origin)] = self._stored_size(as_int(log))
            if check:
                self.fsck()
        except BaseException:
            self._db.close()
            raise

    def _stored_size(self, log: int) -> int:
        ((last,),) = self._db.rows(
            "SELECT max(id) FROM entries WHERE id BETWEEN ? AND ?", (first_row(log), last_row(log))
        )
        return 0 if last is None else (as_int(last) & INDEX_MASK) + 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the file back. Nothing is lost without it."""
        self._db.close()

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Make all writes inside durable at once when the outermost `together` ends.

        An exception that leaves it undoes all of them. One inside another joins it. The turn is
        held meanwhile, so nothing inside may wait for anything but the store.
        """
        with self._db.turn:
            outermost = not self._db.within_transaction
            logs, sizes = dict(self._logs), dict(self._sizes)
            try:
                with self._db.transaction():
                    yield
            except BaseException:
                self._logs, self._sizes = logs, sizes
                raise
            if outermost and self._remnants:
                # What was committed stays so: this is tried again, and `scrub` says why it fails.
                with contextlib.suppress(OurFault):
                    self.scrub()

    def scrub(self) -> None:
        """Empty the write-ahead log, which may hold copies of destroyed openings.

        Done by itself after `drop_opening` is durable; call it to be told when it cannot be done.

        Raises:
            OurFault: the disk did not take it; everything committed is still there.
        """
        self._db.scrub()
        self._remnants = False

    @property
    def remnants(self) -> bool:
        """Whether a copy of a destroyed opening may still be in the write-ahead log."""
        return self._remnants

    # --- logs ---------------------------------------------------------------------------------

    def append(
        self,
        origin: str,
        first_index: int,
        entries: Sequence[bytes],
        checkpoint: bytes,
        openings: Mapping[int, bytes] = _NO_OPENINGS,
    ) -> None:
        """Return when the entries and the checkpoint that covers them are durable, all or nothing.

        Inside `together` they are durable when that ends. What was staged of them is cleared.

        Args:
            origin: the log; begun here if it is new.
            first_index: where the first entry goes: exactly the size so far.
            entries: exact bytes, at most 256; none only for the first head, size 0.
            checkpoint: the signed note of the log at the size reached; the caller verified it.
            openings: the openings of sealed entries among them, by index in the log.

        Raises:
            OurFault: a gap, an overwrite, a checkpoint of another log or size, an opening of
                another entry, a full disk.
        """
        with self._db.turn:
            self._check_append(origin, first_index, entries, checkpoint)
            check_openings(f"append to {origin}", first_index, entries, openings)
            size = first_index + len(entries)
            with self.together():
                log = self._log(origin)
                base = first_row(log) + first_index
                run = self._db.connection
                run.executemany(
                    "INSERT INTO entries (id, leaf, data) VALUES (?, ?, ?)",
                    zip(
                        range(base, base + len(entries)),
                        leaf_hashes(entries),
                        entries,
                        strict=True,
                    ),
                )
                run.executemany(
                    "INSERT INTO openings (id, data) VALUES (?, ?)",
                    [(first_row(log) + index, data) for index, data in sorted(openings.items())],
                )
                run.execute(
                    "INSERT INTO checkpoints VALUES (?, ?, ?, ?)", with_sum(log, size, checkpoint)
                )
                clear_staged(self._db, origin, size)
                clear_ahead(self._db, origin, size)
                self._sizes[origin] = size

    def _check_append(
        self, origin: str, first_index: int, entries: Sequence[bytes], checkpoint: bytes
    ) -> None:
        what = f"append to {origin}"
        size = self._sizes.get(origin, 0)
        if first_index != size:
            raise OurFault(
                what,
                value=f"first index {first_index}",
                wanted=f"index {size}, neither a gap nor an overwrite",
            )
        check_entries(what, first_index, entries)
        head = open_head(what, checkpoint)
        reached = first_index + len(entries)
        if head.origin != origin or head.size != reached:
            raise OurFault(
                what,
                value=f"checkpoint of {head.origin} at {head.size}",
                wanted=f"one of {origin} at {reached}",
            )
        if not entries and self.checkpoint_at(origin, reached) is not None:
            raise OurFault(what, value="no entries", wanted="entries: this size has its checkpoint")

    def _log(self, origin: str) -> int:
        known = self._logs.get(origin)
        if known is not None:
            return known
        log = self._db.connection.execute(
            "INSERT INTO logs (origin) VALUES (?)", (origin,)
        ).lastrowid
        assert log is not None
        self._logs[origin] = log
        return log

    def origins(self) -> list[str]:
        """Return the origins of all logs, sorted."""
        with self._db.turn:
            return sorted(self._logs)

    def size(self, origin: str) -> int:
        """Return the number of entries of a log, 0 for one that is not here."""
        with self._db.turn:
            return self._sizes.get(origin, 0)

    def entries(self, origin: str, start: int, end: int) -> list[bytes]:
        """Return the exact bytes of entries `start` to `end` - 1; fewer past the size."""
        return self._column(_DATA, origin, start, end)

    def leaf_hashes(self, origin: str, start: int, end: int) -> list[bytes]:
        """Return the leaf hashes of entries `start` to `end` - 1, to regrow a tree."""
        return self._column(_LEAF, origin, start, end)

    def _column(self, statement: str, origin: str, start: int, end: int) -> list[bytes]:
        return [as_bytes(row[0]) for row in self._range(statement, origin, start, end)]

    def _range(self, statement: str, origin: str, start: int, end: int) -> list[tuple[Value, ...]]:
        """Return the rows of a statement on the row ids of entries `start` to `end` - 1."""
        with self._db.turn:
            log = self._logs.get(origin)
            start, end = max(start, 0), min(end, self._sizes.get(origin, 0))
            if log is None or end <= start:
                return []
            return self._db.rows(statement, (first_row(log) + start, first_row(log) + end - 1))

    # --- heads --------------------------------------------------------------------------------

    def checkpoint(self, origin: str) -> bytes | None:
        """Return the newest checkpoint note of a log, or None."""
        found = self.head_at_or_before(origin, INDEX_MASK)
        return found and found[1]

    def checkpoint_at(self, origin: str, size: int) -> bytes | None:
        """Return the checkpoint note of a log at exactly that size, or None."""
        return self._db.one_bytes(
            "SELECT note FROM checkpoints WHERE log = ? AND size = ?",
            (self._logs.get(origin), size),
        )

    def head_at_or_after(self, origin: str, size: int) -> tuple[int, bytes] | None:
        """Return size and note of the smallest head of at least `size` entries, or None."""
        return self._head(
            "SELECT size, note FROM checkpoints WHERE log = ? AND size >= ? ORDER BY size LIMIT 1",
            origin,
            size,
        )

    def head_at_or_before(self, origin: str, size: int) -> tuple[int, bytes] | None:
        """Return size and note of the largest head of at most `size` entries, or None."""
        return self._head(
            "SELECT size, note FROM checkpoints WHERE log = ? AND size <= ?"
            " ORDER BY size DESC LIMIT 1",
            origin,
            size,
        )

    def _head(self, statement: str, origin: str, size: int) -> tuple[int, bytes] | None:
        rows = self._db.rows(statement, (self._logs.get(origin), size))
        return (as_int(rows[0][0]), as_bytes(rows[0][1])) if rows else None

    def checkpoint_sizes(self, origin: str, after: int = -1) -> list[int]:
        """Return the sizes above `after` that have a checkpoint, ascending: where batches end."""
        rows = self._db.rows(
            "SELECT size FROM checkpoints WHERE log = ? AND size > ? ORDER BY size",
            (self._logs.get(origin), after),
        )
        return [as_int(row[0]) for row in rows]

    # --- openings -----------------------------------------------------------------------------

    def openings(self, origin: str, start: int, end: int) -> dict[int, bytes]:
        """Return the openings held of entries `start` to `end` - 1, by index."""
        rows = self._range(
            "SELECT id, data FROM openings WHERE id BETWEEN ? AND ? ORDER BY id", origin, start, end
        )
        return {as_int(row) & INDEX_MASK: as_bytes(data) for row, data in rows}

    def drop_opening(self, origin: str, index: int) -> bool:
        """Return whether an opening was there; it is destroyed, and the entry stays as it is.

        Its bytes are overwritten in the file; then the write-ahead log, which may hold a copy, is
        emptied (`remnants` says if that failed). Blocks of the disk that the file no longer uses,
        and backups, are not reached.
        """
        with self.together():
            gone = drop_staged_opening(self._db, origin, index)
            gone = drop_ahead_opening(self._db, origin, index) or gone
            if 0 <= index < self._sizes.get(origin, 0):
                row = first_row(self._logs[origin]) + index
                gone = self._db.write("DELETE FROM openings WHERE id = ?", (row,)) > 0 or gone
            self._remnants = self._remnants or gone
            return gone

    # --- uploads that are not all there -------------------------------------------------------

    def stage(
        self,
        origin: str,
        first_index: int,
        entries: Sequence[bytes],
        openings: Mapping[int, bytes],
        checkpoint: bytes,
    ) -> None:
        """Keep a part of an upload durably until an `append` covers it.

        What was staged from `first_index` on is replaced, what is before it stays.

        Args:
            origin: the log, which may not have begun.
            first_index: where the first entry will go: from the size of the log to the end of what
                is staged.
            entries: exact bytes; at most 256 of a log are staged.
            openings: by index in the log.
            checkpoint: the note of the head that the upload goes to, at or beyond the last entry.

        Raises:
            OurFault: a gap, an entry that the log has, too much, another log's head, a full disk.
        """
        with self.together():
            size = self._sizes.get(origin, 0)
            put_staged(self._db, origin, first_index, entries, openings, checkpoint, size)

    def staged(self, origin: str) -> Staged | None:
        """Return what is kept of an upload, or None."""
        with self._db.turn:
            return read_staged(self._db, origin, self._sizes.get(origin, 0))

    def staged_origins(self) -> list[str]:
        """Return the logs of which a part of an upload is kept, sorted."""
        rows = self._db.rows("SELECT origin FROM staged_heads ORDER BY origin", ())
        return [str(row[0]) for row in rows]

    def put_ahead(self, origin: str, entry: Overtaken) -> None:
        """Keep an entry durably that came ahead of its log, until an `append` covers it.

        Raises:
            OurFault: the log has it, or its head is not over it; a full disk.
        """
        with self.together():
            put_ahead(self._db, origin, self._sizes.get(origin, 0), entry)

    def ahead(self, origin: str) -> list[Overtaken]:
        """Return what is kept ahead of a log, in order."""
        return read_ahead(self._db, origin)

    def ahead_origins(self) -> list[str]:
        """Return the logs of which something is kept ahead, sorted."""
        rows = self._db.rows("SELECT DISTINCT origin FROM ahead ORDER BY origin")
        return [str(row[0]) for row in rows]

    # --- receipts and evidence ----------------------------------------------------------------

    def put_cosignature(self, origin: str, size: int, cosigner: str, line: bytes) -> None:
        """Keep a verified cosignature line: of a size and cosigner the first and the newest stay.

        The first says since when these entries were there, the newest until when no more were.

        Raises:
            OurFault: there is no checkpoint of that log at that size.
        """
        with self._db.turn:
            if self.checkpoint_at(origin, size) is None:
                raise OurFault(
                    f"cosignature on {origin}",
                    value=f"size {size}",
                    wanted="a size with a checkpoint",
                )
            held = self._db.one_bytes(
                "SELECT line FROM cosignatures WHERE log = ? AND size = ? AND cosigner = ?",
                (self._logs[origin], size, cosigner),
            )
            kept = first_and_newest(held, line)
            row = with_sum(self._logs[origin], size, cosigner, kept)
            if held is None:
                self._db.write("INSERT INTO cosignatures VALUES (?, ?, ?, ?, ?)", row)
            elif kept != held:
                # Not REPLACE: it deletes without the trigger that counts rows (SQLite, REPLACE).
                self._db.write(
                    "UPDATE cosignatures SET line = ?4, sum = ?5"
                    " WHERE log = ?1 AND size = ?2 AND cosigner = ?3",
                    row,
                )

    def cosignatures(
        self, origin: str, size: int | None = None, *, after: int = -1
    ) -> list[StoredCosignature]:
        """Return the cosignatures on a log's heads, or on one of them, by size and cosigner.

        Of one size and cosigner there are up to two, the first before the newest.

        Args:
            origin: of the log.
            size: only those on this head.
            after: only those on larger heads than this.
        """
        rows = self._db.rows(
            "SELECT size, cosigner, line FROM cosignatures WHERE log = ?1"
            " AND (?2 IS NULL OR size = ?2) AND size > ?3 ORDER BY size, cosigner",
            (self._logs.get(origin), size, after),
        )
        return [
            StoredCosignature(size=as_int(at), cosigner=str(cosigner), line=line)
            for at, cosigner, lines in rows
            for line in as_bytes(lines).splitlines(keepends=True)
        ]

    def put_entry_receipt(self, origin: str, index: int, peer: str, data: bytes) -> None:
        """Keep a verified receipt for one entry; the first of a peer stays.

        Raises:
            OurFault: the log has no such entry.
        """
        with self._db.turn:
            size = self._sizes.get(origin, 0)
            if not 0 <= index < size:
                raise OurFault(
                    f"receipt on {origin}", value=f"entry {index}", wanted=f"one of {size} entries"
                )
            self._db.write(
                "INSERT OR IGNORE INTO entry_receipts VALUES (?, ?, ?, ?)",
                with_sum(first_row(self._logs[origin]) + index, peer, data),
            )

    def entry_receipts(self, origin: str, start: int, end: int) -> list[EntryReceipt]:
        """Return the receipts for entries `start` to `end` - 1, by index and peer."""
        rows = self._range(
            "SELECT id, peer, data FROM entry_receipts WHERE id BETWEEN ? AND ? ORDER BY id, peer",
            origin,
            start,
            end,
        )
        return [
            EntryReceipt(index=as_int(row) & INDEX_MASK, peer=str(peer), data=as_bytes(data))
            for row, peer, data in rows
        ]

    def put_witnessed(self, origin: str, size: int, note: bytes) -> None:
        """Keep the head of a log that this node may not read; the first note of a size stays.

        Raises:
            OurFault: it is smaller than the newest, has another root at its size, or is no head.
        """
        what = f"witnessed head of {origin}"
        head = open_head(what, note)
        if (head.origin, head.size) != (origin, size):
            raise OurFault(what, value=f"of {head.origin} at {head.size}", wanted=f"one at {size}")
        with self._db.turn:
            newest = self.witnessed(origin)
            if newest is not None:
                before = open_head(what, newest)
                if size < before.size or (size == before.size and head.root != before.root):
                    raise OurFault(
                        what,
                        value=f"{size} {head.root.hex()}",
                        wanted=f"one beyond {before.size} {before.root.hex()}",
                    )
            self._db.write(
                "INSERT OR IGNORE INTO witnessed VALUES (?, ?, ?, ?)", with_sum(origin, size, note)
            )

    def witnessed(self, origin: str) -> bytes | None:
        """Return the newest head of a log that is only witnessed, or None."""
        return self._db.one_bytes(
            "SELECT note FROM witnessed WHERE origin = ? ORDER BY size DESC LIMIT 1", (origin,)
        )

    def witnessed_origins(self) -> list[str]:
        """Return the origins of all logs of which a head was witnessed, sorted."""
        rows = self._db.rows("SELECT DISTINCT origin FROM witnessed ORDER BY origin")
        return [str(row[0]) for row in rows]

    def put_refused(self, origin: str, note: bytes, why: str) -> None:
        """Keep a note that was refused: two heads of one size with different roots prove a fork."""
        with self._db.transaction():
            ((last,),) = self._db.rows("SELECT coalesce(max(number), 0) FROM refused")
            self._db.write(
                "INSERT INTO refused VALUES (?, ?, ?, ?, ?)",
                with_sum(as_int(last) + 1, origin, note, why),
            )

    def refused(self) -> list[Refused]:
        """Return all refused notes in the order they came."""
        rows = self._db.rows("SELECT origin, note, why FROM refused ORDER BY number")
        return [
            Refused(origin=str(origin), note=as_bytes(note), why=str(why))
            for origin, note, why in rows
        ]

    def refused_count(self, origin: str) -> int:
        """Return how many refused notes of a log are kept."""
        rows = self._db.rows("SELECT count(*) FROM refused WHERE origin = ?", (origin,))
        return as_int(rows[0][0])

    # --- blobs and settings -------------------------------------------------------------------

    def put_blob(self, data: bytes) -> str:
        """Return the SHA-256 (hexadecimal) under which the bytes are now kept."""
        digest = hashlib.sha256(data).hexdigest()
        self._db.write("INSERT OR IGNORE INTO blobs VALUES (?, ?)", (digest, data))
        return digest

    def blob(self, digest: str) -> bytes | None:
        """Return the bytes of a digest, or None.

        Raises:
            OurFault: what is kept no longer has that digest.
        """
        data = self._db.one_bytes("SELECT data FROM blobs WHERE digest = ?", (digest,))
        if data is not None and hashlib.sha256(data).hexdigest() != digest:
            raise OurFault(
                f"blob {digest} in {self._db.path}", value="changed", repair="restore it"
            )
        return data

    def put_meta(self, key: str, value: str) -> None:
        """Keep a setting of this node, in place of the one before."""
        self._db.write(
            "INSERT INTO meta VALUES (?, ?, ?) ON CONFLICT (key)"
            " DO UPDATE SET value = excluded.value, sum = excluded.sum",
            with_sum(key, value),
        )

    def meta(self, key: str) -> str | None:
        """Return a setting of this node, or None."""
        rows = self._db.rows("SELECT value FROM meta WHERE key = ?", (key,))
        return str(rows[0][0]) if rows else None

    # --- the whole file -----------------------------------------------------------------------

    def fsck(self) -> Mapping[str, int]:
        """Return the size of every log after everything was made again and compared.

        Leaf hashes from entries, roots from leaves at every stored head, openings against the
        commitments of their entries, blobs against their digests; whatever points at an entry or a
        head must find it.

        Raises:
            OurFault: damage, naming log and entry.
        """
        with self._db.turn:
            check_store(self._db, dict(self._logs), dict(self._sizes))
            return dict(self._sizes)

    def backup_to(self, path: Path) -> None:
        """Write a copy of the store to a new file, which gets its name once checked and durable.

        Appends go on meanwhile; the copy holds all that was durable when the call began.

        Raises:
            InputFault: there is a file of that name.
            OurFault: it cannot be written, or the copy does not pass `fsck`.
        """
        # Opening the copy checks it; what opening changed in it is durable with the rest.
        with copy_to(self._db, path) as part:
            Store(part).close()
