"""The witness of a node: it cosigns heads that only grow (C2SP tlog-witness, add-checkpoint).

Rules:
- The comparison with the last head and the record of the new one are one act: of two requests that
  race one is told the other's size. The record is on the disk before the answer leaves.
- A head that our own copy of the log contradicts is never cosigned, whatever its proof says.
- Two signed heads that cannot both be true are kept; a wrong proof alone proves nothing.

`c2sp` is the door.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from parley.app.c2sp_reading import Clock, LogReading, TileRoots, parley_name
from parley.node.rules.keyring import log_key_chain, refused_keys
from parley.node.state import State
from parley.store.sqlite import Refused
from parley.trust.checkpoint import (
    Checkpoint,
    cosign,
    parse_unverified_checkpoint,
)
from parley.trust.keys import SigningKey, VerifierKey
from parley.trust.note import add_signatures, make_note, open_note
from parley.trust.witness import TEXT_TYPE, AddCheckpoint, decide, parse_add_checkpoint
from parley.world.faults import PeerFault
from parley.world.limits import REFUSED_KEPT_MAX

_UNSIGNED = (403, 404)
"""What is answered where nothing says that the log itself signed the head."""
HEADS_AT_ONCE = 100
HEADS_PER_S = 20.0
"""Heads of one log that are recorded: each waits for the disk, and the node's writer with it."""
KeyOf = Callable[[str], VerifierKey | None]
"""Gives the key that signs a log of that origin, None for a log that is not known here; raises
`PeerFault` where the log is known and its key counts no more."""


class WitnessStore(LogReading, Protocol):
    """What the witness asks of a store; `store.sqlite.Store` is one."""

    def together(self) -> AbstractContextManager[None]:
        """Return the one transaction of all that is done in it."""

    def put_witnessed(self, origin: str, size: int, note: bytes) -> None:
        """Keep the newest head cosigned as a witness."""

    def put_refused(self, origin: str, note: bytes, why: str) -> None:
        """Keep a head that was not taken."""

    def refused(self) -> list[Refused]:
        """Return the heads that were not taken."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that can be judged: it is of a log that is known, and this key must have signed."""

    request: AddCheckpoint
    key: VerifierKey
    origin: str


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: status, body, media type."""

    status: int
    body: bytes
    media_type: str = TEXT_TYPE


def named_logs(keys: Iterable[VerifierKey]) -> KeyOf:
    """Return who signs other people's logs: each key the log whose origin is its name."""
    named = {key.name: key for key in keys}
    return named.get


def peers_logs(state: Callable[[], State]) -> KeyOf:
    """Return who signs the line and operations logs of the peers, by what the logs say by now.

    Their private logs are not witnessed here: their heads come over the link, one at a time.

    Args:
        state: gives the node's mind; called between its turns.
    """

    def key_of(origin: str) -> VerifierKey | None:
        name = parley_name(origin)
        if name is None or name.kind == "private":
            return None
        now = state()
        if name.party == now.party or name.agreement not in now.identity.shared_with(name.party):
            return None
        refused = refused_keys(now, name.party)
        newest = next(reversed(log_key_chain(now, name.party)), None)
        if newest is not None and newest.vkey in refused:
            wanted = "a key that counts"
            raise PeerFault(f"log key of {name.party}", value=refused[newest.vkey], wanted=wanted)
        return newest.named(origin) if newest is not None else None

    return key_of


@dataclass(slots=True)
class _Quota:
    """So many at once, and so many each second after."""

    at_once: int
    per_s: float
    _left: dict[str, tuple[float, float]] = field(default_factory=dict)

    def take(self, name: str) -> bool:
        """Return whether there is room for one more."""
        now_s = time.monotonic()
        left, at_s = self._left.get(name, (float(self.at_once), now_s))
        left = min(float(self.at_once), left + (now_s - at_s) * self.per_s)
        self._left[name] = (max(0.0, left - 1.0) if left >= 1.0 else left, now_s)
        return left >= 1.0


class Witness:
    """Cosigns heads of the logs that it knows.

    Args:
        store: where the heads are recorded; the logs in it are our own copies.
        key: the witness key, never the mirror key.
        key_of: which logs, and who signs them; the first that knows a log says.
        clock: gives the time of a cosignature.
        heads_at_once: how many heads of one log are recorded at once, then `HEADS_PER_S`.
    """

    def __init__(
        self,
        store: WitnessStore,
        key: SigningKey,
        key_of: Sequence[KeyOf],
        clock: Clock,
        *,
        heads_at_once: int = HEADS_AT_ONCE,
    ) -> None:
        key.require_role("witness")
        self._store = store
        self._key = key
        self._key_of = key_of
        self._clock = clock
        self._turn = threading.Lock()
        self._quota = _Quota(heads_at_once, HEADS_PER_S)
        self._copies: dict[str, TileRoots] = {}

    def asked(self, body: bytes) -> Asked | Reply:
        """Return the request of a body with the key that it must be signed by; else the refusal.

        Quick, and reads what the node knows of keys: for the node's own loop.
        """
        try:
            request = parse_add_checkpoint(body)
            origin = request.head.origin
        except PeerFault as fault:
            return Reply(400, f"{fault}\n".encode())
        try:
            keys = [key for key_of in self._key_of if (key := key_of(origin)) is not None]
        except PeerFault as fault:
            return Reply(403, f"{fault}\n".encode())
        if not keys:
            return Reply(404, f"unknown log {origin!r}\n".encode())
        return Asked(request, keys[0], origin)

    def answer(self, asked: Asked) -> Reply:
        """Return the answer; what it says is recorded before. Blocks: for a thread."""
        with self._turn:
            # Long before: the tiles of a long copy must not be hashed while the writer waits.
            copy = _head(self._store.checkpoint(asked.origin))
            if copy is not None:
                self._copy(asked.origin).root(copy.size)
            with self._store.together():
                return self._decide(asked.request, asked.key, asked.origin)

    def _decide(self, request: AddCheckpoint, key: VerifierKey, origin: str) -> Reply:
        witnessed = _head(self._store.witnessed(origin))
        copy = _head(self._store.checkpoint(origin))
        if witnessed is not None and self._contradicts(copy, witnessed):
            # Both were signed: the copy came over the link, the other through this door.
            self._keep(origin, self._store.witnessed(origin) or b"", "another root than our copy")
            return _refused("two histories of this log were signed: nothing more is cosigned")
        latest = witnessed
        head = request.head
        if copy is not None and head.size > copy.size > (witnessed.size if witnessed else -1):
            # Beyond what we hold only a proof from there on says that it is one history.
            latest = copy
        decision = decide(request, {origin: key}, latest)
        if decision.status in _UNSIGNED:
            return Reply(decision.status, decision.body, decision.media_type)
        if decision.fork or self._contradicts(copy, head):
            self._keep(origin, signed_by(request.note, key), "another root for its size")
            return _refused("another root was signed for this size: both heads are kept")
        if decision.checkpoint is None:
            return Reply(decision.status, decision.body, decision.media_type)
        line = cosign(self._key, request.note, self._clock())
        if witnessed is None or head.size > witnessed.size:
            if not self._quota.take(origin):
                return Reply(429, b"too many heads of this log: send the newest later\n")
            note = add_signatures(signed_by(request.note, key), (line,))
            self._store.put_witnessed(origin, head.size, note)
        return Reply(200, line)

    # ---- forks ----------------------------------------------------------------------------------

    def _contradicts(self, copy: Checkpoint | None, head: Checkpoint) -> bool:
        """Return whether our copy of the log, where it is long enough, has another root there."""
        if copy is None or copy.size < head.size:
            return False
        return self._copy(copy.origin).root(head.size) != head.root

    def _copy(self, origin: str) -> TileRoots:
        return self._copies.setdefault(origin, TileRoots(self._store, origin))

    def _keep(self, origin: str, note: bytes, why: str) -> None:
        kept = [each.note for each in self._store.refused() if each.origin == origin]
        if note not in kept and len(kept) < REFUSED_KEPT_MAX:
            self._store.put_refused(origin, note, why)


def _head(note: bytes | None) -> Checkpoint | None:
    return parse_unverified_checkpoint(note) if note is not None else None


def _refused(why: str) -> Reply:
    return Reply(409, f"{why}\n".encode())


def signed_by(data: bytes, key: VerifierKey) -> bytes:
    """Return the note with the log's signature alone: what others wrote under it fills no disk."""
    note = open_note(data, (key,))
    kept = [s for s in note.signatures if (s.name, s.key_id) == (key.name, key.key_id)]
    return make_note(note.text, kept[:1])
