"""A copy of a store in one new file: whole, checked, and on the disk before it has its name.

Made by SQLite's own online backup: what is appended meanwhile does not wait for it and does not
break it. A copy holds the openings too, so it is made readable by its owner only.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from parley.store.database import Database
from parley.store.durable import sync_folder
from parley.world.faults import InputFault, OurFault

_PAGES = 256
"""Pages copied at once (1 MB): an append waits for no more."""
_PAUSE_S = 0.005
"""Wait when the copy meets an append."""


@contextlib.contextmanager
def copy_to(database: Database, path: Path) -> Iterator[Path]:
    """Make the copy, hand it out under a temporary name to be checked, then give it its own.

    Raises:
        InputFault: there is a file of that name.
        OurFault: it cannot be written. Nothing is left then.
    """
    if path.exists():
        raise InputFault(f"backup {path}", value="there", wanted="a new file")
    part = path.with_name(path.name + ".part")
    try:
        part.unlink(missing_ok=True)
        part.touch(mode=0o600)
        _copy(database, part)
        yield part
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.rename(path)
        sync_folder(path.parent)
    except OSError as error:
        raise OurFault(
            f"backup {path}",
            value=error.strerror or str(error),
            wanted="a folder with room that this user can write",
        ) from error
    finally:
        for left in (part, Path(f"{part}-wal"), Path(f"{part}-journal")):
            with contextlib.suppress(OSError):
                left.unlink(missing_ok=True)


def _copy(database: Database, part: Path) -> None:
    source = database.connection
    if not isinstance(source, sqlite3.Connection):
        raise OurFault("backup", wanted="SQLite as Python brings it")
    with (
        database.explained(f"copy to {part}"),
        contextlib.closing(sqlite3.connect(part, isolation_level=None)) as copy,
    ):
        source.backup(copy, pages=_PAGES, sleep=_PAUSE_S)
