"""Key seeds and the count of starts, in files that only we can read.

Seeds are drawn from the system here. Rules: a file is never made over another; one that others can
read is refused, because whoever read it can sign as this party. Nothing here prints a seed.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from parley.app.private_files import is_there, read_private, write_new
from parley.node.identity import Keys
from parley.store.durable import sync_folder
from parley.trust.keys import ROLES, SEED_BYTES, Role, SigningKey, VerifierKey, parse_vkey
from parley.trust.seal import SealKey
from parley.world.faults import InputFault

NODE_ROLES: tuple[str, ...] = ("log", "mirror", "link", "witness", "seal")
"""The jobs of a node's keys, one file and one key each."""
NEXT_FILE = "log.next.key"
"""The log key to come: drawn at once, its digest told at once, not used before the rotation."""
PAST_FILE = "log.past"
AFTER_FILE = "log.after.key"
"""The log key after the next; there only while a rotation is under way."""
STARTS_FILE = "starts"
_STARTS_MAX = 2**53
_FORM = "parley-seed/1"
_Made = TypeVar("_Made")


def key_name_of(party: str, job: str) -> str:
    """Return the name of a party's key, as it stands on signature lines.

    >>> key_name_of("COAL", "log"), key_name_of("COAL", "root-1")
    ('parley/COAL/log', 'parley/COAL/root-1')
    """
    return f"parley/{party}/{job}"


def role_of(job: str) -> Role | None:
    """Return the role in which the key of a job signs; None if it is no job of a signing key.

    >>> role_of("root-2"), role_of("operator/owl"), role_of("log"), role_of("seal")
    ('root', 'operator', 'log', None)
    """
    kind, dash, number = job.partition("-")
    if kind == "root":
        return "root" if dash and number.isascii() and number.isdigit() else None
    kind, slash, pseudonym = job.partition("/")
    if kind == "operator":
        return "operator" if slash and pseudonym else None
    return next((role for role in ROLES if role == job), None)


def next_key_digest(key: VerifierKey) -> str:
    """Return the SHA-256 (hexadecimal) of a key's C2SP text: what is told of the key to come."""
    return hashlib.sha256(key.vkey.encode()).hexdigest()


# ---- a node's folder of keys --------------------------------------------------------------------


def make_keys(folder: Path, party: str) -> None:
    """Make one key file per job, and that of the next log key.

    Raises:
        InputFault: one of them is there already: a key is never replaced silently.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file, job in _node_files():
        make_key(folder / file, party, job)


def add_keys(folder: Path) -> tuple[str, list[str]]:
    """Make the key files that an older release did not know; return the party, and their names.

    Raises:
        InputFault: there is no log key to say whose folder it is, or a file cannot be made.
    """
    party, _, _ = _read_seed(folder / "log.key")
    if is_there(folder / AFTER_FILE) and not is_there(folder / NEXT_FILE):
        finish_rotation(folder)  # its digest was promised: another key would not be believed
    missing = [(file, job) for file, job in _node_files() if not is_there(folder / file)]
    for file, job in missing:
        make_key(folder / file, party, job)
    read_keys(folder, party)
    return party, [file for file, _ in missing]


def _node_files() -> list[tuple[str, str]]:
    """Return the names of a node's key files, each with the job that is written in it."""
    return [*((f"{job}.key", job) for job in NODE_ROLES), (NEXT_FILE, "log")]


def read_keys(folder: Path, party: str) -> Keys:
    """Return the keys of a party.

    Raises:
        InputFault: a file is missing, of another party or job, or readable by others.
    """
    found = {
        role: _read_node_key(folder, f"{role}.key", party, role, _signing(role))
        for role in ROLES
        if role in NODE_ROLES
    }
    return Keys(
        log=found["log"],
        mirror=found["mirror"],
        link=found["link"],
        witness=found["witness"],
        seal=_read_node_key(folder, "seal.key", party, "seal", _sealing),
        next_sha256=next_key_digest(read_next_key(folder, party).verifier),
    )


def read_next_key(folder: Path, party: str) -> SigningKey:
    """Return the log key that is to follow the present one.

    Raises:
        InputFault: no file, a damaged one, or the present key under the name of the next.
    """
    found = _read_node_key(folder, NEXT_FILE, party, "log", _signing("log"))
    now = _read_node_key(folder, "log.key", party, "log", _signing("log"))
    if found.verifier.public == now.verifier.public:
        what = f"key file {folder / NEXT_FILE}"
        raise InputFault(what, value="the present log key", wanted="another key")
    return found


def add_past_key(folder: Path, key: VerifierKey) -> None:
    """Note a log key that was in force: public, needed to take own logs back from mirrors.

    Raises:
        InputFault: the file cannot be read or written.
    """
    known = read_past_keys(folder)
    if key in known:
        return
    part = folder / f"{PAST_FILE}.part"
    try:
        part.unlink(missing_ok=True)
        write_new(part, "".join(f"{each.vkey}\n" for each in (*known, key)))
        part.replace(folder / PAST_FILE)
        sync_folder(folder)
    except OSError as error:
        what = f"file {folder / PAST_FILE}"
        raise InputFault(what, value=error.strerror, wanted="a writable folder") from None


def read_past_keys(folder: Path) -> tuple[VerifierKey, ...]:
    """Return the log keys that were in force before the present one, the oldest first.

    Raises:
        InputFault: the file is damaged, or readable by others.
    """
    path = folder / PAST_FILE
    if not is_there(path):
        return ()
    return tuple(parse_vkey(line) for line in read_private(path, f"file {path}").split())


def begin_rotation(folder: Path, party: str) -> tuple[SigningKey, SigningKey]:
    """Return the log key to come and the one after it, which is drawn unless it was already.

    No key in use changes: that is for `finish_rotation`, once the entry that says so is stored.

    Raises:
        InputFault: there is no next key, or a file cannot be made.
    """
    if not is_there(folder / AFTER_FILE):
        make_key(folder / AFTER_FILE, party, "log")
    after = _read_node_key(folder, AFTER_FILE, party, "log", _signing("log"))
    return read_next_key(folder, party), after


def finish_rotation(folder: Path) -> None:
    """Put the next log key in the place of the present one, and the one after it in its own.

    The present one is destroyed. Cut short at any point, the same call goes on from there.

    Raises:
        InputFault: no rotation is under way, or the folder cannot be written.
    """
    log, following, after = (folder / name for name in ("log.key", NEXT_FILE, AFTER_FILE))
    if not is_there(after):
        raise InputFault(f"key file {after}", value="missing", wanted="a rotation under way")
    try:
        if is_there(following):
            following.replace(log)
            sync_folder(folder)
        after.replace(following)
        sync_folder(folder)
    except OSError as error:
        raise InputFault(f"{folder}", value=error.strerror, wanted="a writable folder") from None


def _read_node_key(
    folder: Path, file: str, party: str, job: str, make: Callable[[bytes, str], _Made]
) -> _Made:
    path = folder / file
    if file != "log.key" and not is_there(path) and is_there(folder / "log.key"):
        raise InputFault(
            f"key file {path}",
            value="missing",
            wanted="one file per key",
            repair=f"an older release or a rotation left this folder: parley key add {folder}",
        )
    return _read_made(path, party, job, make)


# ---- one key ------------------------------------------------------------------------------------


def make_key(path: Path, party: str, job: str) -> None:
    """Make a key file.

    Raises:
        InputFault: it is there already, or cannot be written.
    """
    write_new(path, f"{_FORM} {party} {job} {os.urandom(SEED_BYTES).hex()}\n")


def read_key(path: Path) -> tuple[str, str, SigningKey]:
    """Return the party, the job and the signing key of a key file, whatever they are.

    Raises:
        InputFault: no key file, not the key of a signer, or readable by others.
    """
    party, job, seed = _read_seed(path, "parley key make-root and parley key operator make one")
    role = role_of(job)
    if role is None:
        raise InputFault(f"key file {path}", value=f"for {job}", wanted="a key that signs")
    return party, job, SigningKey(seed, name=key_name_of(party, job), role=role)


def _read_made(path: Path, party: str, job: str, make: Callable[[bytes, str], _Made]) -> _Made:
    whose, what, seed = _read_seed(path)
    if (whose, what) != (party, job):
        raise InputFault(f"key file {path}", value=f"of {whose} {what}", wanted=f"of {party} {job}")
    return make(seed, key_name_of(party, job))


def _signing(role: Role) -> Callable[[bytes, str], SigningKey]:
    return lambda seed, name: SigningKey(seed, name=name, role=role)


def _sealing(seed: bytes, name: str) -> SealKey:
    return SealKey(seed, name=name)


def _read_seed(path: Path, repair: str = "make it with parley node init") -> tuple[str, str, bytes]:
    """Return the party, the job and the seed of a key file."""
    words = read_private(path, f"key file {path}", repair).split()
    if len(words) != 4 or words[0] != _FORM:
        # Never the value: it may be most of a seed.
        raise InputFault(f"key file {path}", value="not readable", wanted=f"one {_FORM} line")
    try:
        seed = bytes.fromhex(words[3])
    except ValueError:
        seed = b""
    if len(seed) != SEED_BYTES:
        wanted = f"{SEED_BYTES} bytes in hexadecimal"
        raise InputFault(f"key file {path} seed", value="damaged", wanted=wanted)
    return words[1], words[2], seed


# ---- the count of starts ------------------------------------------------------------------------


def read_starts(folder: Path) -> int:
    """Return how often a node with these keys has started; 0 if it never wrote that down.

    The count lies with the keys, apart from the store: a store that counts fewer is an older copy
    put back.

    Raises:
        InputFault: the file is damaged, or readable by others.
    """
    path = folder / STARTS_FILE
    if not is_there(path):
        return 0
    text = read_private(path, f"file {path}")
    number = text.removesuffix("\n")
    good = number.isascii() and number.isdigit() and len(number) <= 16 and text != number
    if not good or int(number) > _STARTS_MAX:
        raise InputFault(
            f"file {path}",
            value="damaged",
            wanted="a count of starts",
            repair="write a number there that is higher than it can have been",
        )
    return int(number)


def write_starts(folder: Path, count: int) -> None:
    """Write the count of starts down so that it stands after a loss of power.

    Raises:
        InputFault: it cannot be written, or is less than what stands there.
    """
    path = folder / STARTS_FILE
    held = read_starts(folder)
    if not held <= count <= _STARTS_MAX:
        raise InputFault(f"file {path}", value=count, wanted=f"{held} to {_STARTS_MAX}")
    part = folder / f"{STARTS_FILE}.part"
    try:
        part.unlink(missing_ok=True)
        write_new(part, f"{count}\n")
        part.replace(path)
        sync_folder(folder)
    except OSError as error:
        raise InputFault(f"file {path}", value=error.strerror, wanted="a writable folder") from None
