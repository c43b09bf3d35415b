"""The passkeys by which people of this node's party sign, and what each one has signed.

Rules:
- A passkey is for one operator key: while that key is the person's, the node takes a signature by
  it only with an assertion of the passkey whose challenge is the very act that is signed.
- Kept are public keys, in a file beside the node's token; assertions are added to a second file
  and never changed. Neither is evidence for others: that is the signature in the log.
- A challenge is drawn here, counts once and for ten minutes.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from parley.app.private_files import read_private, write_private
from parley.app.webauthn import Credential
from parley.world.faults import InputFault

FILE_NAME = "passkeys"
ASSERTIONS_NAME = "passkey-assertions"
PASSKEYS_MAX = 256
CHALLENGE_S_MAX = 600
_CHALLENGES_MAX = 64
_FILE_BYTES_MAX = 4_000_000
ASSERTIONS_BYTES_MAX = 64_000_000
"""About 40,000 signatures; then the file is moved aside, once, and the older one is gone."""


class Passkey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A passkey of a person: which operator key it guards, and its own public key (hex)."""

    operator: str
    key: str
    rp_id: str
    id: str
    algorithm: int
    public: str
    count: int
    made_us: int

    @property
    def credential(self) -> Credential:
        """What an assertion is held against."""
        return Credential(
            id=bytes.fromhex(self.id),
            algorithm=self.algorithm,
            public=bytes.fromhex(self.public),
            count=self.count,
        )


class KeptAssertion(msgspec.Struct, frozen=True, kw_only=True):
    """One assertion as it is kept: all that is needed to check it again (hex)."""

    at_us: int
    operator: str
    key: str
    id: str
    log: str
    index: int
    leaf: str
    client_data: str
    authenticator_data: str
    signature: str


def salt_of(key_name: str) -> bytes:
    """Return what an authenticator's secret function is asked with for a person's key.

    From the key's name alone: the same passkey gives the same key again, whatever files are lost.
    """
    return hashlib.sha256(f"parley/passkey/v1\n{key_name}\n".encode()).digest()


@dataclass(slots=True)
class Passkeys:
    """The passkeys of one node.

    Args:
        folder: where the two files lie.
        steady_s: seconds of a clock that never goes back.

    Raises:
        InputFault: the file is damaged, or readable by others.
    """

    folder: Path
    steady_s: Callable[[], float] = time.monotonic
    _kept: tuple[Passkey, ...] = ()
    _challenges: OrderedDict[bytes, float] = field(default_factory=OrderedDict)

    def __post_init__(self) -> None:
        path = self.folder / FILE_NAME
        if not path.exists():
            return
        text = read_private(path, f"file {path}", bytes_max=_FILE_BYTES_MAX)
        try:
            self._kept = msgspec.json.decode(text, type=tuple[Passkey, ...])
        except msgspec.MsgspecError:
            raise InputFault(
                f"file {path}",
                value="damaged",
                wanted="passkeys",
                repair="move it away: people then sign without their passkey being asked for",
            ) from None

    # ---- challenges -----------------------------------------------------------------------------

    def challenge(self) -> bytes:
        """Return a new challenge."""
        drawn = secrets.token_bytes(32)
        self._challenges[drawn] = self.steady_s() + CHALLENGE_S_MAX
        while len(self._challenges) > _CHALLENGES_MAX:
            self._challenges.popitem(last=False)
        return drawn

    def take(self, challenge: bytes) -> None:
        """Take a challenge that was given, which then counts no more.

        Raises:
            InputFault: it was not given here, was taken, or is too old.
        """
        ends_s = self._challenges.pop(challenge, None)
        if ends_s is None or ends_s < self.steady_s():
            wanted = f"one that this node gave in the last {CHALLENGE_S_MAX // 60} minutes"
            raise InputFault("passkey challenge", wanted=wanted, repair="begin again")

    # ---- what is kept ---------------------------------------------------------------------------

    @property
    def every(self) -> tuple[Passkey, ...]:
        """All passkeys, in the order in which they were made."""
        return self._kept

    def guarding(self, key: str) -> tuple[Passkey, ...]:
        """Return the passkeys that guard an operator key."""
        return tuple(each for each in self._kept if each.key == key)

    def add(self, new: Passkey) -> None:
        """Keep a new passkey.

        Raises:
            InputFault: it is kept already, there are too many, or the disk does not take it.
        """
        if any(each.id == new.id for each in self._kept):
            raise InputFault("passkey", value=new.id[:16], wanted="one that is not kept yet")
        if len(self._kept) >= PASSKEYS_MAX:
            wanted = f"{PASSKEYS_MAX} at most"
            repair = f"take those of people who left out of {FILE_NAME} while the node stands"
            raise InputFault("passkeys", value=len(self._kept), wanted=wanted, repair=repair)
        self._write((*self._kept, new))

    def drop(self, credential_id: str) -> None:
        """Keep a passkey no longer."""
        self._write(tuple(each for each in self._kept if each.id != credential_id))

    def note(self, kept: KeptAssertion, count: int) -> None:
        """Write an assertion down, and how often its authenticator has signed.

        Raises:
            InputFault: the disk does not take it.
        """
        self._append(msgspec.json.encode(kept) + b"\n")
        self._write(
            tuple(
                msgspec.structs.replace(each, count=count) if each.id == kept.id else each
                for each in self._kept
            )
        )

    def _append(self, line: bytes) -> None:
        path = self.folder / ASSERTIONS_NAME
        try:
            if path.exists() and path.stat().st_size > ASSERTIONS_BYTES_MAX:
                path.replace(path.with_name(f"{ASSERTIONS_NAME}.before"))
            handle = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
            with os.fdopen(handle, "ab") as file:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            wanted = "a writable folder"
            raise InputFault(f"file {path}", value=error.strerror, wanted=wanted) from None

    def _write(self, kept: tuple[Passkey, ...]) -> None:
        write_private(self.folder / FILE_NAME, msgspec.json.encode(kept))
        self._kept = kept
