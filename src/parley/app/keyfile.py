"""Key seeds and the operator token: drawn from the system, kept in files that only we can read.

Rules: a file is made with mode 0600 and never over another; one that others can read is refused,
because whoever read it can sign as this party. Nothing here prints a seed or a token.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from parley.node.identity import Keys
from parley.trust.keys import SEED_BYTES, Role, SigningKey
from parley.world.faults import InputFault

NODE_ROLES: tuple[Role, ...] = ("log", "mirror", "link")
_FORM = "parley-seed/1"
_FILE_BYTES_MAX = 4096
_TOKEN_CHARACTERS = 64


def key_name_of(party: str, role: str) -> str:
    """Return the name of a node's key, as it stands on signature lines.

    >>> key_name_of("COAL", "log")
    'parley/COAL/log'
    """
    return f"parley/{party}/{role}"


def make_keys(folder: Path, party: str) -> None:
    """Make one key file per role.

    Raises:
        InputFault: one of them is there already: a key is never replaced silently.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for role in NODE_ROLES:
        seed = os.urandom(SEED_BYTES).hex()
        _write(folder / f"{role}.key", f"{_FORM} {party} {role} {seed}\n")


def read_keys(folder: Path, party: str) -> Keys:
    """Return the signing keys of a party.

    Raises:
        InputFault: a file is missing, of another party or role, or readable by others.
    """
    found = {role: _read_key(folder / f"{role}.key", party, role) for role in NODE_ROLES}
    return Keys(log=found["log"], mirror=found["mirror"], link=found["link"])


def _read_key(path: Path, party: str, role: Role) -> SigningKey:
    words = read_private(path, f"key file {path}").split()
    if len(words) != 4 or words[0] != _FORM:
        # Never the value: it may be most of a seed.
        raise InputFault(f"key file {path}", value="not readable", wanted=f"one {_FORM} line")
    if words[1:3] != [party, role]:
        raise InputFault(
            f"key file {path}", value=f"of {words[1]} {words[2]}", wanted=f"of {party} {role}"
        )
    try:
        seed = bytes.fromhex(words[3])
    except ValueError:
        seed = b""
    if len(seed) != SEED_BYTES:
        wanted = f"{SEED_BYTES} bytes in hexadecimal"
        raise InputFault(f"key file {path} seed", value="damaged", wanted=wanted)
    return SigningKey(seed, name=key_name_of(party, role), role=role)


def make_token(path: Path) -> None:
    """Make the file of the token that whoever posts to the HTTP API must show.

    Raises:
        InputFault: it is there already.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write(path, os.urandom(_TOKEN_CHARACTERS // 2).hex() + "\n")


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


def read_private(path: Path, what: str) -> str:
    """Return the text of a file that nobody else can read.

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
            return file.read(_FILE_BYTES_MAX).decode("ascii", "replace")
    except OSError as error:
        raise InputFault(
            what, value=error.strerror, wanted="a file", repair="make it with parley node init"
        ) from None


def _write(path: Path, text: str) -> None:
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        raise InputFault(
            f"file {path}", value="there already", wanted="a new one", repair="move it away first"
        ) from None
    except OSError as error:
        raise InputFault(f"file {path}", value=error.strerror, wanted="a writable folder") from None
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
