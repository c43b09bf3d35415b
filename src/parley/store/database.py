"""One SQLite file with one writer: how it is opened, written durably, and what its errors mean.

Rules:
- Write-ahead log, synchronous FULL, exclusive lock from the first read until close (given back by
  the system even after SIGKILL): when a transaction ends without a fault it is on the disk.
- Deleted rows are overwritten with zeros; `scrub` empties the write-ahead log of their copies.
- After a failed write to the disk nothing more is written until the file is opened again: what the
  system still holds of it may never have reached the disk.

What the tables mean lives in `schema` and `sqlite`, never here.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from parley.world.faults import OurFault

Value = str | int | bytes | None
"""What stands in one column of a row."""
Row = tuple[Value, ...]

REPAIR = "restore from a mirror; do not sign until it is whole"
_LOCKED = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_PRIMARY = 0xFF
"""SQLite's extended result codes carry the primary one in their low byte."""
_PRAGMAS = (
    # Exclusive before the first read: the lock is then taken at once and kept until close.
    "locking_mode=EXCLUSIVE",
    "journal_mode=WAL",
    "synchronous=FULL",
    "secure_delete=ON",
    "trusted_schema=OFF",
)


class Cursor(Protocol):
    """What is asked of a finished statement."""

    @property
    def lastrowid(self) -> int | None:
        """The row id of the last INSERT."""

    @property
    def rowcount(self) -> int:
        """How many rows were changed."""

    def fetchone(self) -> Row | None:
        """Return the next row, or None."""

    def fetchall(self) -> list[Row]:
        """Return the rows left."""

    def close(self) -> None:
        """End the statement."""

    def __iter__(self) -> Iterator[Row]:
        """Return the rows left, one by one."""


class Connection(Protocol):
    """What is asked of SQLite; `sqlite3.Connection` is one, tests bring others."""

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""

    def execute(self, statement: str, values: Sequence[Value] = (), /) -> Cursor:
        """Run one statement."""

    def executemany(self, statement: str, rows: Iterable[Sequence[Value]], /) -> Cursor:
        """Run one statement for each row of values."""

    def close(self) -> None:
        """Close the file."""


Connect = Callable[[Path], Connection]


def connect(path: Path) -> Connection:
    """Return SQLite's connection to a file, which is made, readable by its owner only, if missing.

    Raises:
        sqlite3.Error: it cannot be opened.
    """
    # SQLite would make it readable by all; the payloads of sealed entries are in there. What is
    # wrong with the path, SQLite then says itself.
    with contextlib.suppress(OSError):
        path.touch(mode=0o600)
    found: Connection = sqlite3.connect(
        path, timeout=0.0, isolation_level=None, check_same_thread=False
    )
    return found


class Database:
    """One file, one writer, calls in turn.

    Args:
        path: the file.
        connect: how SQLite is reached.

    Raises:
        OurFault: another process holds the file, or it is no SQLite file.
    """

    def __init__(self, path: Path, connect: Connect) -> None:
        self.path = path
        self.turn = threading.RLock()
        self._depth = 0
        self._broken = ""
        with self.explained("open"):
            self.connection = connect(path)
            try:
                for pragma in _PRAGMAS:
                    self.connection.execute(f"PRAGMA {pragma}")
            except BaseException:
                self.connection.close()
                raise

    def close(self) -> None:
        """Give the file back. Nothing is lost without it."""
        with self.turn, self.explained("close"):
            self.connection.close()

    @property
    def within_transaction(self) -> bool:
        """Whether the caller, who has the turn, is inside a transaction."""
        return self._depth > 0

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Make what is written inside durable at the end, all or nothing.

        One inside another joins it: durable when the outermost ends; undone alone if it fails and
        the outer one goes on.
        """
        with self.turn, self.explained("write"):
            begin, end, undo = "BEGIN IMMEDIATE", "COMMIT", ["ROLLBACK"]
            if self._depth:
                step = f"step{self._depth}"
                begin, end, undo = (
                    f"SAVEPOINT {step}",
                    f"RELEASE {step}",
                    [f"ROLLBACK TO {step}", f"RELEASE {step}"],
                )
                self._require_open()
            self._require_whole()
            self.connection.execute(begin)
            self._depth += 1
            try:
                yield
                self._end(end)
            except BaseException:
                # SQLite itself undoes all after some errors (disk full); there is nothing to undo.
                if self.connection.in_transaction:
                    for statement in undo:
                        self.connection.execute(statement)
                raise
            finally:
                self._depth -= 1

    def _require_whole(self) -> None:
        if self._broken:
            raise OurFault(
                f"store {self.path}",
                value=f"not written since a write to the disk failed ({self._broken})",
                wanted="a disk that keeps what it is given",
                repair="check the disk, then start again",
            )

    def _require_open(self) -> None:
        if not self.connection.in_transaction:
            raise OurFault(
                f"store {self.path}",
                value="nothing written, for a part of it failed",
                wanted="all of a transaction or none of it",
            )

    def _end(self, statement: str) -> None:
        self._require_open()
        try:
            self.connection.execute(statement)
        except sqlite3.Error as error:
            if _code(error) == sqlite3.SQLITE_IOERR:
                self._broken = str(error)
            raise

    def scrub(self) -> None:
        """Bring all into the file itself and empty the write-ahead log, durably.

        Raises:
            OurFault: the disk did not take it; what was committed is still there.
        """
        with self.turn, self.explained("empty the write-ahead log"):
            (busy, *_) = self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()[0]
            if busy:
                raise OurFault(f"store {self.path}", value="read while it is emptied")

    def write(self, statement: str, values: Sequence[Value]) -> int:
        """Return the number of rows changed, once that is durable."""
        with self.transaction():
            return self.connection.execute(statement, values).rowcount

    def rows(self, statement: str, values: Sequence[Value] = ()) -> list[Row]:
        """Return all rows of a query."""
        with self.turn, self.explained("read"):
            return self.connection.execute(statement, values).fetchall()

    @contextlib.contextmanager
    def each(self, statement: str, values: Sequence[Value] = ()) -> Iterator[Iterator[Row]]:
        """Hand out the rows of a query one by one, for as long as the caller has the turn."""
        with self.explained("read"):
            cursor = self.connection.execute(statement, values)
            # A statement left open would keep the lock of a file that is closed.
            with contextlib.closing(cursor):
                yield iter(cursor)

    def one_bytes(self, statement: str, values: Sequence[Value]) -> bytes | None:
        """Return the bytes in the one column of the first row, or None."""
        rows = self.rows(statement, values)
        return as_bytes(rows[0][0]) if rows else None

    @contextlib.contextmanager
    def explained(self, act: str) -> Iterator[None]:
        """Turn what SQLite raises into our own fault, which names the file."""
        try:
            yield
        except (sqlite3.Error, UnicodeDecodeError) as error:
            # The latter where damaged text stands in what SQLite says.
            code = _code(error)
            if code in _LOCKED or "locked" in str(error):
                value, wanted = "held by another process", "a file that only this node writes"
                repair = "stop the other node, or give this one its own file"
            else:
                value, wanted = f"{act}: {error}", "a sound, writable file"
                repair = _REPAIRS.get(code, REPAIR)
            raise OurFault(
                f"store {self.path}", value=value, wanted=wanted, repair=repair
            ) from error


_REPAIRS = {
    sqlite3.SQLITE_FULL: "free space on the disk; what was acknowledged is there, this is not",
    sqlite3.SQLITE_READONLY: "make the file and its folder writable for this user",
    sqlite3.SQLITE_CANTOPEN: "name a file in a folder that this user can write",
    sqlite3.SQLITE_IOERR: "check the disk, then start again",
}


def _code(error: Exception) -> int:
    """Return SQLite's primary result code, 0 where Python raised without one."""
    code = getattr(error, "sqlite_errorcode", 0)
    return code & _PRIMARY if isinstance(code, int) else 0


def is_full(fault: OurFault) -> bool:
    """Return whether the fault is a full disk."""
    cause = fault.__cause__
    return isinstance(cause, sqlite3.Error) and _code(cause) == sqlite3.SQLITE_FULL


def as_bytes(value: Value) -> bytes:
    """Return a column that the schema holds to be bytes.

    Raises:
        OurFault: a page of the file was changed past SQLite.
    """
    if not isinstance(value, bytes):
        raise _damaged(value, "bytes")
    return value


def as_int(value: Value) -> int:
    """Return a column that the schema holds to be an integer.

    Raises:
        OurFault: a page of the file was changed past SQLite.
    """
    if not isinstance(value, int):
        raise _damaged(value, "an integer")
    return value


def _damaged(value: Value, wanted: str) -> OurFault:
    fault = OurFault("stored column", value=value, wanted=wanted, repair=REPAIR)
    # As what SQLite finds itself: the check then says in which log, and at which entry, it stood.
    fault.__cause__ = sqlite3.DataError(f"a column that is not {wanted}")
    return fault
