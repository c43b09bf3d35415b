"""Files that are whole after a loss of power: what was there before, or what was written last.

Every small file of a node that is written again is written by these. What the files mean, and in
which words a fault of the disk is told, is their owner's matter.
"""

from __future__ import annotations

import os
from pathlib import Path


def replace_file(path: Path, data: bytes) -> None:
    """Write a file that only we can read, whole or not at all, over the one that is there.

    Raises:
        OSError: it cannot be written; what was there before still stands.
    """
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Wait until the names of the folder are on the disk: a file made or renamed in it stays."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
