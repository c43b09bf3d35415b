"""Logs in one SQLite file: appended durably before anything is sent, read back exactly.

One writer per file (an exclusive lock, given back by the system even after SIGKILL), write-ahead
log, synchronous FULL: when `append` returns, entries and checkpoint are on the disk together or not
at all. Entries are never changed, overwritten or left out; leaf hashes stand beside them so that
`fsck` names the entry that was. What the bytes mean is `node`'s business, not the store's.
"""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self

import msgspec

from parley.trust.checkpoint import Checkpoint, parse_unverified_checkpoint
from parley.trust.tree import Tree, leaf_hash, leaf_hashes
from parley.world.faults import OurFault, PeerFault
from parley.world.limits import BATCH_ENTRIES_MAX, ENTRY_BYTES_MAX

SCHEMA_VERSION = 1
_INDEX_BITS = 40
"""A row id is log << 40 | index: entries of one log lie together, and rows need no second index."""
_INDEX_MASK = (1 << _INDEX_BITS) - 1
_FSCK_ROWS = 4096

_SCHEMA = """
CREATE TABLE schema_version (version INTEGER NOT NULL) STRICT;
CREATE TABLE logs (log INTEGER PRIMARY KEY, origin TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE entries (id INTEGER PRIMARY KEY, leaf BLOB NOT NULL, data BLOB NOT NULL) STRICT;
CREATE TABLE checkpoints (
  log INTEGER NOT NULL, size INTEGER NOT NULL, note BLOB NOT NULL, PRIMARY KEY (log, size)
) STRICT, WITHOUT ROWID;
CREATE TABLE cosignatures (
  log INTEGER NOT NULL, size INTEGER NOT NULL, cosigner TEXT NOT NULL, line BLOB NOT NULL,
  PRIMARY KEY (log, size, cosigner)
) STRICT, WITHOUT ROWID;
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE blobs (digest TEXT PRIMARY KEY, data BLOB NOT NULL) STRICT;
CREATE TABLE refused (
  number INTEGER PRIMARY KEY, origin TEXT NOT NULL, note BLOB NOT NULL, why TEXT NOT NULL
) STRICT;
"""

_DATA = "SELECT data FROM entries WHERE id BETWEEN ? AND ? ORDER BY id"
_LEAF = "SELECT leaf FROM entries WHERE id BETWEEN ? AND ? ORDER BY id"

_Value = str | int | bytes | None


class StoredCosignature(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One cosignature line as it came: on the head of `size` entries, by `cosigner`."""

    size: int
    cosigner: str
    line: bytes


class Refused(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A signed note that was refused and is kept because it may prove a fork."""

    origin: str
    note: bytes
    why: str


class Store:
    """The logs, blobs and settings of one node, in one file with one writer.

    Safe to call from several threads of one process: calls take turns.

    Args:
        path: the file; made if it is not there. Its folder must exist.
        check: whether to run `fsck` before anything else.

    Raises:
        OurFault: another process holds the file, it is not ours, or the check found damage.
    """

    def __init__(self, path: Path, *, check: bool = True) -> None:
        self._path = path
        self._turn = threading.RLock()
        self._logs: dict[str, int] = {}
        self._sizes: dict[str, int] = {}
        with self._explained("open"):
            self._db = sqlite3.connect(
                path, timeout=0.0, isolation_level=None, check_same_thread=False
            )
        try:
            with self._explained("open"):
                self._prepare()
            if check:
                self.fsck()
        except BaseException:
            self._db.close()
            raise

    def _prepare(self) -> None:
        # Exclusive before the first read: the lock is then taken at once and kept until close.
        for pragma in ("locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=FULL"):
            self._db.execute(f"PRAGMA {pragma}")
        self._db.execute("PRAGMA trusted_schema=OFF")
        with self._transaction():
            known = {row[0] for row in self._db.execute("SELECT name FROM sqlite_schema")}
            if not known:
                for statement in _SCHEMA.split(";"):
                    self._db.execute(statement)
                self._db.execute("INSERT INTO schema_version VALUES (?)", (SCHEMA_VERSION,))
            elif "schema_version" not in known:
                raise OurFault(f"store {self._path}", wanted="a file that parley made")
            (version,) = self._db.execute("SELECT max(version) FROM schema_version").fetchone()
            if version != SCHEMA_VERSION:
                raise OurFault(
                    f"store {self._path} schema",
                    value=version,
                    wanted=str(SCHEMA_VERSION),
                    repair="open it with the release that wrote it",
                )
        for log, origin in self._db.execute("SELECT log, origin FROM logs"):
            self._logs[origin] = log
            self._sizes[origin] = self._stored_size(log)

    def _stored_size(self, log: int) -> int:
        (last,) = self._db.execute(
            "SELECT max(id) FROM entries WHERE id BETWEEN ? AND ?", _span(log)
        ).fetchone()
        return 0 if last is None else (last & _INDEX_MASK) + 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the file back. Nothing is lost without it."""
        with self._turn, self._explained("close"):
            self._db.close()

    # --- logs ---------------------------------------------------------------------------------

    def append(
        self, origin: str, first_index: int, entries: Sequence[bytes], checkpoint: bytes
    ) -> None:
        """Return when the entries and the checkpoint that covers them are durable, all or nothing.

        Args:
            origin: the log; begun here if it is new.
            first_index: where the first entry goes: exactly the size so far.
            entries: exact bytes, at most `BATCH_ENTRIES_MAX`; none only for the first head, size 0.
            checkpoint: the signed note of the log at the size reached; the caller verified it.

        Raises:
            OurFault: a gap, an overwrite, a checkpoint of another log or size, a full disk.
        """
        with self._turn:
            self._check_append(origin, first_index, entries, checkpoint)
            size = first_index + len(entries)
            with self._transaction():
                log = self._log(origin)
                base = (log << _INDEX_BITS) + first_index
                self._db.executemany(
                    "INSERT INTO entries (id, leaf, data) VALUES (?, ?, ?)",
                    zip(
                        range(base, base + len(entries)),
                        leaf_hashes(entries),
                        entries,
                        strict=True,
                    ),
                )
                self._db.execute(
                    "INSERT INTO checkpoints VALUES (?, ?, ?)", (log, size, checkpoint)
                )
            self._logs[origin] = log
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
        if len(entries) > BATCH_ENTRIES_MAX:
            raise OurFault(
                what, value=f"{len(entries)} entries", wanted=f"at most {BATCH_ENTRIES_MAX}"
            )
        for index, entry in enumerate(entries, first_index):
            if len(entry) > ENTRY_BYTES_MAX:
                raise OurFault(
                    f"{what} entry {index}",
                    value=f"{len(entry)} bytes",
                    wanted=f"at most {ENTRY_BYTES_MAX}",
                )
        head = self._head(what, checkpoint)
        reached = first_index + len(entries)
        if head.origin != origin or head.size != reached:
            raise OurFault(
                what,
                value=f"checkpoint of {head.origin} at {head.size}",
                wanted=f"one of {origin} at {reached}",
            )
        if not entries and self.checkpoint_at(origin, reached) is not None:
            raise OurFault(what, value="no entries", wanted="entries: this size has its checkpoint")

    def _head(self, what: str, checkpoint: bytes) -> Checkpoint:
        try:
            return parse_unverified_checkpoint(checkpoint)
        except PeerFault as fault:
            raise OurFault(what, value=str(fault), wanted="a signed checkpoint") from fault

    def _log(self, origin: str) -> int:
        known = self._logs.get(origin)
        if known is not None:
            return known
        log = self._db.execute("INSERT INTO logs (origin) VALUES (?)", (origin,)).lastrowid
        assert log is not None
        return log

    def origins(self) -> list[str]:
        """Return the origins of all logs, sorted."""
        return sorted(self._logs)

    def size(self, origin: str) -> int:
        """Return the number of entries of a log, 0 for one that is not here."""
        return self._sizes.get(origin, 0)

    def entries(self, origin: str, start: int, end: int) -> list[bytes]:
        """Return the exact bytes of entries `start` to `end` - 1; fewer past the size."""
        return self._column(_DATA, origin, start, end)

    def leaf_hashes(self, origin: str, start: int, end: int) -> list[bytes]:
        """Return the leaf hashes of entries `start` to `end` - 1, to regrow a tree."""
        return self._column(_LEAF, origin, start, end)

    def _column(self, statement: str, origin: str, start: int, end: int) -> list[bytes]:
        log = self._logs.get(origin)
        end = min(end, self.size(origin))
        if log is None or end <= start:
            return []
        base = log << _INDEX_BITS
        rows = self._rows(statement, (base + max(start, 0), base + end - 1))
        return [_bytes(row[0]) for row in rows]

    def checkpoint(self, origin: str) -> bytes | None:
        """Return the newest checkpoint note of a log, or None."""
        return self._one_bytes(
            "SELECT note FROM checkpoints WHERE log = ? ORDER BY size DESC LIMIT 1",
            (self._logs.get(origin),),
        )

    def checkpoint_at(self, origin: str, size: int) -> bytes | None:
        """Return the checkpoint note of a log at exactly that size, or None."""
        return self._one_bytes(
            "SELECT note FROM checkpoints WHERE log = ? AND size = ?",
            (self._logs.get(origin), size),
        )

    def checkpoint_sizes(self, origin: str, after: int = -1) -> list[int]:
        """Return the sizes above `after` that have a checkpoint, ascending: where batches end."""
        rows = self._rows(
            "SELECT size FROM checkpoints WHERE log = ? AND size > ? ORDER BY size",
            (self._logs.get(origin), after),
        )
        return [_int(row[0]) for row in rows]

    # --- receipts and evidence ----------------------------------------------------------------

    def put_cosignature(self, origin: str, size: int, cosigner: str, line: bytes) -> None:
        """Keep a verified cosignature line; the first for a size and cosigner stays.

        Raises:
            OurFault: there is no checkpoint of that log at that size.
        """
        if self.checkpoint_at(origin, size) is None:
            raise OurFault(
                f"cosignature on {origin}", value=f"size {size}", wanted="a size with a checkpoint"
            )
        self._write(
            "INSERT OR IGNORE INTO cosignatures VALUES (?, ?, ?, ?)",
            (self._logs[origin], size, cosigner, line),
        )

    def cosignatures(self, origin: str, size: int | None = None) -> list[StoredCosignature]:
        """Return the cosignatures on a log's heads, or on one of them, by size and cosigner."""
        rows = self._rows(
            "SELECT size, cosigner, line FROM cosignatures WHERE log = ?1"
            " AND (?2 IS NULL OR size = ?2) ORDER BY size, cosigner",
            (self._logs.get(origin), size),
        )
        return [
            StoredCosignature(size=_int(at), cosigner=str(cosigner), line=_bytes(line))
            for at, cosigner, line in rows
        ]

    def put_refused(self, origin: str, note: bytes, why: str) -> None:
        """Keep a note that was refused: two heads of one size with different roots prove a fork."""
        self._write("INSERT INTO refused (origin, note, why) VALUES (?, ?, ?)", (origin, note, why))

    def refused(self) -> list[Refused]:
        """Return all refused notes in the order they came."""
        rows = self._rows("SELECT origin, note, why FROM refused ORDER BY number", ())
        return [
            Refused(origin=str(origin), note=_bytes(note), why=str(why))
            for origin, note, why in rows
        ]

    # --- blobs and settings -------------------------------------------------------------------

    def put_blob(self, data: bytes) -> str:
        """Return the SHA-256 (hexadecimal) under which the bytes are now kept."""
        digest = hashlib.sha256(data).hexdigest()
        self._write("INSERT OR IGNORE INTO blobs VALUES (?, ?)", (digest, data))
        return digest

    def blob(self, digest: str) -> bytes | None:
        """Return the bytes of a digest, or None.

        Raises:
            OurFault: what is kept no longer has that digest.
        """
        data = self._one_bytes("SELECT data FROM blobs WHERE digest = ?", (digest,))
        if data is not None and hashlib.sha256(data).hexdigest() != digest:
            raise OurFault(f"blob {digest} in {self._path}", value="changed", repair="restore it")
        return data

    def put_meta(self, key: str, value: str) -> None:
        """Keep a setting of this node, in place of the one before."""
        self._write("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def meta(self, key: str) -> str | None:
        """Return a setting of this node, or None."""
        rows = self._rows("SELECT value FROM meta WHERE key = ?", (key,))
        return str(rows[0][0]) if rows else None

    # --- the check ----------------------------------------------------------------------------

    def fsck(self) -> Mapping[str, int]:
        """Return the size of every log after checking all of it against its own checkpoints.

        Every leaf hash is made again from its entry, every root from the leaves, at every stored
        checkpoint; the newest checkpoint must cover the last entry.

        Raises:
            OurFault: damage, naming log and entry.
        """
        with self._turn, self._explained("check"):
            damage = self._db.execute("PRAGMA quick_check(1)").fetchone()[0]
            if damage != "ok":
                raise OurFault(
                    f"store {self._path}", value=damage, wanted="an undamaged file", repair=_REPAIR
                )
            for origin in self.origins():
                self._fsck_log(origin)
            return dict(self._sizes)

    def _fsck_log(self, origin: str) -> None:
        tree = Tree()
        size = self._sizes[origin]
        for start in range(0, size, _FSCK_ROWS):
            tree.extend(self._fsck_rows(origin, start, min(start + _FSCK_ROWS, size)))
        good = 0
        for at in self.checkpoint_sizes(origin):
            head = self._head(f"log {origin}", self.checkpoint_at(origin, at) or b"")
            if (head.origin, head.size) != (origin, at) or at > size or tree.root(at) != head.root:
                raise OurFault(
                    f"log {origin} checkpoint at {at}",
                    value=f"not the root of its entries {good} to {max(at - 1, good)}",
                    repair=_REPAIR,
                )
            good = at
        if good != size:
            raise OurFault(
                f"log {origin} entry {good}", value="under no checkpoint", repair=_REPAIR
            )

    def _fsck_rows(self, origin: str, start: int, end: int) -> list[bytes]:
        base = self._logs[origin] << _INDEX_BITS
        rows = self._rows(
            "SELECT id, leaf, data FROM entries WHERE id BETWEEN ? AND ? ORDER BY id",
            (base + start, base + end - 1),
        )
        leaves = []
        for index, row in enumerate(rows, start):
            leaf = leaf_hash(_bytes(row[2]))
            if row[0] != base + index or row[1] != leaf:
                found = "missing" if row[0] != base + index else "changed"
                raise OurFault(f"log {origin} entry {index}", value=found, repair=_REPAIR)
            leaves.append(leaf)
        return leaves

    # --- SQLite -------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._explained("write"):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _write(self, statement: str, values: tuple[_Value, ...]) -> None:
        with self._turn, self._transaction():
            self._db.execute(statement, values)

    def _rows(self, statement: str, values: tuple[_Value, ...]) -> list[tuple[_Value, ...]]:
        with self._turn, self._explained("read"):
            return self._db.execute(statement, values).fetchall()

    def _one_bytes(self, statement: str, values: tuple[_Value, ...]) -> bytes | None:
        rows = self._rows(statement, values)
        return _bytes(rows[0][0]) if rows else None

    @contextlib.contextmanager
    def _explained(self, act: str) -> Iterator[None]:
        """Turn what SQLite raises into our own fault, which names the file."""
        try:
            yield
        except sqlite3.Error as error:
            locked = "locked" in str(error)
            raise OurFault(
                f"store {self._path}",
                value="held by another process" if locked else f"{act}: {error}",
                wanted="a file that only this node writes" if locked else "a sound, writable file",
                repair="stop the other node, or give this one its own file" if locked else _REPAIR,
            ) from error


_REPAIR = "restore from a mirror; do not sign until it is whole"


def _span(log: int) -> tuple[int, int]:
    return log << _INDEX_BITS, (log << _INDEX_BITS) | _INDEX_MASK


def _bytes(value: _Value) -> bytes:
    assert isinstance(value, bytes)
    return value


def _int(value: _Value) -> int:
    assert isinstance(value, int)
    return value
