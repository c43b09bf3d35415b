"""Files that only we can read, and the operator token in one of them.

Rules: a file is made with mode 0600 and stands after a loss of power; one that others can read is
refused. No fault shows what stood in a file. It leans on nothing heavy: each command of the command
line reads a token.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from parley.store.durable import replace_file, sync_folder
from parley.world.faults import InputFault

_FILE_BYTES_MAX = 4096
_TOKEN_CHARACTERS = 64


# ---- the operator's token -----------------------------------------------------------------------


def make_token(path: Path) -> None:
    """Make the file of the token that whoever posts to the HTTP API must show.

    Raises:
        InputFault: it is there already.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_new(path, os.urandom(_TOKEN_CHARACTERS // 2).hex() + "\n")


def read_token(path: Path) -> str:
    """Return the token.

    Raises:
        InputFault: no file, no token, or readable by others.
    """
    token = read_private(path, f"token file {path}").strip()
    if len(token) != _TOKEN_CHARACTERS or not token.isalnum() or not token.isascii():
        wanted = f"{_TOKEN_CHARACTERS} letters and digits"
        raise InputFault(f"token file {path}", value="damaged", wanted=wanted)
    return token


# ---- files that only we can read ----------------------------------------------------------------


def read_private(
    path: Path,
    what: str,
    repair: str = "make it with parley node init",
    *,
    bytes_max: int = _FILE_BYTES_MAX,
) -> str:
    """Return the text of a file that nobody else can read.

    Args:
        path: of the file.
        what: the file, as its owner knows it.
        repair: what to do where there is none.
        bytes_max: no more of it is read.

    Raises:
        InputFault: it is not there, not a file, of another user, or readable by others.
    """
    try:
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise InputFault(what, value="not a file", wanted="a file")
            mode = stat.S_IMODE(found.st_mode)
            if mode & 0o077:
                raise InputFault(
                    what,
                    value=f"readable by others (mode {mode:04o})",
                    wanted="mode 0600",
                    repair=f"if nobody can have read it: chmod 600 {path}; else make new keys",
                )
            if found.st_uid != os.geteuid():
                raise InputFault(what, value=f"of user {found.st_uid}", wanted="our own file")
            return file.read(bytes_max).decode("utf-8", "replace")
    except OSError as error:
        raise InputFault(what, value=error.strerror, wanted="a file", repair=repair) from None


def write_new(path: Path, text: str) -> None:
    """Make a file that only we can read, and that stands after a loss of power."""
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        raise InputFault(
            f"file {path}", value="there already", wanted="a new one", repair="move it away first"
        ) from None
    except OSError as error:
        raise InputFault(f"file {path}", value=error.strerror, wanted="a writable folder") from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        sync_folder(path.parent)
    except OSError as error:
        # Half a key is none: it would stand in the way of the next attempt.
        path.unlink(missing_ok=True)
        raise InputFault(f"file {path}", value=error.strerror, wanted="a writable disk") from None


def write_private(path: Path, data: bytes) -> None:
    """Write a file that only we can read, whole or not at all, so that it stands after power loss.

    Raises:
        InputFault: it cannot be written.
    """
    try:
        replace_file(path, data)
    except OSError as error:
        wanted = "a writable folder"
        raise InputFault(f"file {path}", value=error.strerror, wanted=wanted) from None


def is_there(path: Path) -> bool:
    """Whether there is something of that name, readable or not."""
    try:
        return path.exists()
    except OSError as error:
        raise InputFault(f"file {path}", value=error.strerror, wanted="our own folder") from None
