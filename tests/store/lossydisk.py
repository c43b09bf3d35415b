"""A disk in memory under SQLite that may lose or tear what was written and not yet synced.

What a file was given since its last sync is kept apart, sector by sector. When the power goes, each
sector holds any of the versions it was given since, the old one, zeros or noise in the bytes that
were being written; the length of a file is any that it had since. So writes land in any order, in
part or not at all; what was synced stays. As SQLite's own unix layer says of itself, bytes beside a
write are not touched by it (SQLITE_IOCAP_POWERSAFE_OVERWRITE).
"""

from __future__ import annotations

import contextlib
import itertools
import sqlite3
import sys

import apsw

POWERSAFE_OVERWRITE = 0x1000
_CODES = {
    apsw.FullError: sqlite3.SQLITE_FULL,
    apsw.IOError: sqlite3.SQLITE_IOERR,
    apsw.ReadOnlyError: sqlite3.SQLITE_READONLY,
    apsw.CorruptError: sqlite3.SQLITE_CORRUPT,
    apsw.CantOpenError: sqlite3.SQLITE_CANTOPEN,
    apsw.BusyError: sqlite3.SQLITE_BUSY,
}
_NUMBERS = itertools.count()


class PowerLossError(apsw.IOError):
    """The power is gone; nothing is answered any more."""


class _Content:
    """A file: what is on the disk for sure, and the changes since, in order."""

    def __init__(self):
        self.synced = b""
        self.pending = []  # (offset, bytes) or (length, None) for a cut
        self.now = bytearray()

    def write(self, offset, data):
        self.pending.append((offset, data))
        if len(self.now) < offset:
            self.now += bytes(offset - len(self.now))
        self.now[offset : offset + len(data)] = data

    def cut(self, length):
        self.pending.append((length, None))
        del self.now[length:]

    def sync(self):
        self.synced = bytes(self.now)
        self.pending.clear()

    def lose(self, draw, sector):
        """Keep of the changes since the last sync what chance leaves."""
        lengths = [len(self.synced)]
        for offset, data in self.pending:
            lengths.append(offset if data is None else max(lengths[-1], offset + len(data)))
        found = bytearray(self.synced)
        found += bytes(max(lengths) - len(found))
        kept = {}  # sector -> how many of its changes it got
        seen = {}
        for offset, data in self.pending:
            if data is None:
                continue
            for at in range(offset - offset % sector, offset + len(data), sector):
                seen[at] = seen.get(at, 0) + 1
        # All of it, nothing of it, or some of the sectors.
        share = draw.choice([0.0, 0.3, 0.7, 0.95, 1.0])
        for at, count in seen.items():
            some = draw.randint(1, count) if draw.random() < share else 0
            kept[at] = count if share == 1.0 else some
        for offset, data in self.pending:
            if data is None:
                continue
            for at in range(offset - offset % sector, offset + len(data), sector):
                if not kept[at]:
                    continue
                kept[at] -= 1
                first, end = max(at, offset), min(at + sector, offset + len(data))
                piece = data[first - offset : end - offset]
                found[first:end] = piece if share == 1.0 else self._torn(draw, piece)
        del found[draw.choice(lengths) :]
        self.now = found
        self.sync()

    @staticmethod
    def _torn(draw, piece):
        chance = draw.random()
        if chance < 0.9:
            return piece
        return bytes(len(piece)) if chance < 0.95 else draw.randbytes(len(piece))


class LossyDisk(apsw.VFS):
    """The disk, as a file layer of SQLite."""

    def __init__(self):
        self.name = f"lossy{next(_NUMBERS)}"
        self.files = {}
        self.unlinked = {}  # deleted, but the folder was not synced since
        self.left = None  # operations, or syncs, until the power goes
        self.by_syncs = False
        self.gone = False
        self.bytes_max = None  # in all files together
        self.failing_syncs = 0
        self.read_only = False
        self.operations = 0
        self.syncs = {}
        super().__init__(self.name, "")

    def cut_power_after(self, operations):
        self.left, self.by_syncs = operations, False

    def cut_power_at_sync(self, number):
        """Let the power go when all of a commit is written and its sync begins."""
        self.left, self.by_syncs = number, True

    def lose(self, draw):
        """Cut the power now if it is not gone, and bring it back."""
        for name, content in self.unlinked.items():
            if draw.random() < 0.5:
                self.files.setdefault(name, content)
        self.unlinked.clear()
        for content in self.files.values():
            content.lose(draw, draw.choice([512, 4096]))
        self.gone, self.left = False, None

    def spend(self, *, sync=False):
        """Count one operation; return whether the power goes during it."""
        if self.gone:
            raise PowerLossError
        self.operations += 1
        if self.left is not None and (sync or not self.by_syncs):
            self.left -= 1
            self.gone = self.left < 0
        return self.gone

    def require_room(self, more):
        used = sum(len(content.now) for content in self.files.values())
        if self.bytes_max is not None and more > 0 and used + more > self.bytes_max:
            raise apsw.FullError("no space left")

    def xOpen(self, name, flags):  # noqa: N802 - SQLite's name
        return _Handle(self, name.filename() if hasattr(name, "filename") else name, flags)

    def xAccess(self, path, flags):  # noqa: N802 - SQLite's name
        return path in self.files

    def xDelete(self, path, sync):  # noqa: N802 - SQLite's name
        if self.spend():
            raise PowerLossError
        content = self.files.pop(path, None)
        if content is not None and not sync:
            self.unlinked[path] = content

    def xFullPathname(self, path):  # noqa: N802 - SQLite's name
        return path


class _Handle:
    """One open file of the disk."""

    def __init__(self, disk, name, flags):
        self.disk, self.name = disk, name
        if disk.read_only:
            flags[1] = flags[0] & ~apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_READONLY
        self.content = disk.files.setdefault(name, _Content()) if name else _Content()
        # SQLite's own unix layer syncs the folder at the first sync of a journal that it may make.
        kinds = apsw.SQLITE_OPEN_WAL | apsw.SQLITE_OPEN_MAIN_JOURNAL
        self.folder_too = bool(flags[0] & apsw.SQLITE_OPEN_CREATE and flags[0] & kinds)

    def xRead(self, amount, offset):  # noqa: N802 - SQLite's name
        if self.disk.gone:
            raise PowerLossError
        return bytes(self.content.now[offset : offset + amount])

    def xWrite(self, data, offset):  # noqa: N802 - SQLite's name
        gone = self.disk.spend()
        self.disk.require_room(offset + len(data) - len(self.content.now))
        self.content.write(offset, bytes(data))
        if gone:
            raise PowerLossError

    def xTruncate(self, length):  # noqa: N802 - SQLite's name
        gone = self.disk.spend()
        self.content.cut(length)
        if gone:
            raise PowerLossError

    def xSync(self, flags):  # noqa: N802 - SQLite's name
        if self.disk.spend(sync=True):
            raise PowerLossError
        if self.disk.failing_syncs:
            self.disk.failing_syncs -= 1
            raise apsw.IOError("the disk did not take it")
        self.disk.syncs[self.name] = self.disk.syncs.get(self.name, 0) + 1
        self.content.sync()
        if self.folder_too:
            self.disk.unlinked.clear()
            self.folder_too = False

    def xFileSize(self):  # noqa: N802 - SQLite's name
        return len(self.content.now)

    def xSectorSize(self):  # noqa: N802 - SQLite's name
        return 4096

    def xDeviceCharacteristics(self):  # noqa: N802 - SQLite's name
        return POWERSAFE_OVERWRITE

    def xFileControl(self, op, pointer):  # noqa: N802 - SQLite's name
        return False

    def xLock(self, level):  # noqa: N802 - SQLite's name
        return None

    def xUnlock(self, level):  # noqa: N802 - SQLite's name
        return None

    def xCheckReservedLock(self):  # noqa: N802 - SQLite's name
        return False

    def xClose(self):  # noqa: N802 - SQLite's name
        return None


class _Cursor:
    """As much of `sqlite3.Cursor` as a store asks for."""

    def __init__(self, connection, cursor):
        self._cursor = cursor
        self.lastrowid = connection.last_insert_rowid()
        self.rowcount = connection.changes()

    def fetchone(self):
        with _as_sqlite3():
            return self._cursor.fetchone()

    def fetchall(self):
        with _as_sqlite3():
            return self._cursor.fetchall()

    def __iter__(self):
        with _as_sqlite3():
            yield from self._cursor

    def close(self):
        self._cursor.close(True)


class _as_sqlite3:  # noqa: N801 - reads as a statement
    """Turn apsw's errors into those of Python's own module, result code and all."""

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if isinstance(error, apsw.Error):
            found = sqlite3.OperationalError(str(error) or kind.__name__)
            # What a file layer raised itself comes back without its code.
            codes = (code for raised, code in _CODES.items() if isinstance(error, raised))
            found.sqlite_errorcode = next(codes, sqlite3.SQLITE_ERROR)
            raise found from error


@contextlib.contextmanager
def quiet():
    """Say nothing where SQLite cannot pass an error on: it is the power that is gone."""
    before = sys.unraisablehook

    def hook(said):
        if not isinstance(said.exc_value, PowerLossError):
            before(said)

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = before


class Connection:
    """As much of `sqlite3.Connection` as a store asks for, on a lossy disk.

    Args:
        instead: statements to run in place of others: how a careless store is made.
    """

    def __init__(self, path, disk, instead=None):
        self._instead = instead or {}
        with _as_sqlite3():
            self._db = apsw.Connection(str(path), vfs=disk.name)

    @property
    def in_transaction(self):
        return self._db.in_transaction

    def execute(self, statement, values=(), /):
        with _as_sqlite3():
            cursor = self._db.cursor()
            cursor.execute(self._instead.get(statement, statement), tuple(values))
            return _Cursor(self._db, cursor)

    def executemany(self, statement, rows, /):
        with _as_sqlite3():
            cursor = self._db.cursor()
            cursor.executemany(statement, rows)
            return _Cursor(self._db, cursor)

    def close(self):
        # SQLite itself says nothing where the last move from log to file fails: the log stays.
        with contextlib.suppress(apsw.Error):
            self._db.close(True)
