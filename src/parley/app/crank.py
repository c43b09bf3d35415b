"""The crank that turns a mind: step, append, fold, then send.

The same code drives a real node and the simulation; neither clock nor socket is in it. Rule:
nothing leaves before everything it speaks of is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from parley.node.entries import Entry, decode_entry
from parley.node.frames import Frame, Push, Receipt
from parley.node.identity import Identity
from parley.node.inputs import Drop, FrameIn, FrameOut, Input, Output, PushWanted, Tick
from parley.node.links import Held
from parley.node.rules.peering import keep_receipt
from parley.node.state import State, fold
from parley.node.step import peer_work, step, write_drafts
from parley.store.sqlite import Refused as RefusedHead
from parley.store.sqlite import StoredCosignature
from parley.trust.checkpoint import Checkpoint, sign_checkpoint, verify_cosignature
from parley.trust.note import add_signatures
from parley.trust.tree import leaf_hash
from parley.world.faults import OurFault
from parley.world.limits import BATCH_ENTRIES_MAX, REFUSED_KEPT_MAX

_ROUNDS_MAX = 20
"""Rounds of work that one input may lead to; more means that two rules chase each other."""
_READ_ENTRIES = 4096


class LogStore(Protocol):
    """What the crank asks of a store; `store.sqlite.Store` is one."""

    def append(
        self, origin: str, first_index: int, entries: Sequence[bytes], checkpoint: bytes
    ) -> None:
        """Store entries and the head over them, durably, together or not at all."""

    def entries(self, origin: str, start: int, end: int) -> list[bytes]:
        """Return the exact bytes of a range."""

    def origins(self) -> list[str]:
        """Return the logs held."""

    def size(self, origin: str) -> int:
        """Return how many entries of a log are held."""

    def checkpoint(self, origin: str) -> bytes | None:
        """Return the newest head."""

    def checkpoint_at(self, origin: str, size: int) -> bytes | None:
        """Return the head of that size."""

    def checkpoint_sizes(self, origin: str, after: int = -1) -> list[int]:
        """Return the sizes of the heads beyond one."""

    def put_cosignature(self, origin: str, size: int, cosigner: str, line: bytes) -> None:
        """Keep a receipt."""

    def cosignatures(self, origin: str, size: int | None = None) -> list[StoredCosignature]:
        """Return the receipts of a log."""

    def put_refused(self, origin: str, note: bytes, why: str) -> None:
        """Keep a head that was not taken."""

    def refused(self) -> list[RefusedHead]:
        """Return the heads that were not taken."""


@dataclass(slots=True)
class Turned:
    """What one turn did: what to send now, whom to drop, and what was written (for the screen)."""

    frames: list[FrameOut] = field(default_factory=list)
    drops: list[Drop] = field(default_factory=list)
    written: list[Entry] = field(default_factory=list)
    mirrored: list[Entry] = field(default_factory=list)


class Crank:
    """One party's mind with its store.

    Args:
        identity: who it is.
        store: opened; its logs are folded back at once.
    """

    def __init__(self, identity: Identity, store: LogStore) -> None:
        self.store = store
        self.state = State(identity=identity)
        for origin in store.origins():
            self._restore(origin)

    def _restore(self, origin: str) -> None:
        """Fold a stored log back, and take its receipts."""
        size = self.store.size(origin)
        for start in range(0, size, _READ_ENTRIES):
            end = min(size, start + _READ_ENTRIES)
            fold(self.state, origin, start, self.store.entries(origin, start, end))
        log = self.state.log(origin)
        log.checkpoint = self.store.checkpoint(origin) or b""
        peers = self.state.identity.peers.items()
        mirrors = {keys.mirror.name: (party, keys.mirror) for party, keys in peers}
        for kept in self.store.cosignatures(origin):
            known = mirrors.get(kept.cosigner)
            note = self.store.checkpoint_at(origin, kept.size)
            if known is not None and note is not None:
                given = verify_cosignature(add_signatures(note, (kept.line,)), known[1])
                keep_receipt(
                    self.state, origin, known[0], Held(size=kept.size, time_s=given.time_s)
                )

    def turn(self, now_us: int, event: Input) -> Turned:
        """Take one input all the way: step, store, fold, and what follows; return what to send.

        Raises:
            InputFault: an operator's act that cannot be done; nothing has changed.
        """
        turned = Turned()
        self._carry_out(now_us, step(self.state, now_us, self._completed(event)), turned)
        for _ in range(_ROUNDS_MAX):
            output = step(self.state, now_us, Tick())
            if not output.drafts:
                break
            self._carry_out(now_us, output, turned)
        else:
            raise OurFault("node", value=f"{_ROUNDS_MAX} rounds of work", wanted="rest")
        self._send(peer_work(self.state, now_us), turned)
        return turned

    def _completed(self, event: Input) -> Input:
        """Give a receipt the note of ours that it is about."""
        if isinstance(event, FrameIn) and isinstance(event.frame, Receipt):
            note = self.store.checkpoint_at(event.frame.origin, event.frame.size)
            return FrameIn(connection=event.connection, frame=event.frame, checkpoint=note or b"")
        return event

    def _carry_out(self, now_us: int, output: Output, turned: Turned) -> None:
        """Store and fold what a step wants written; then collect what it wants sent."""
        for batch in output.mirrored:
            self.store.append(batch.origin, batch.first, batch.entries, batch.checkpoint)
            turned.mirrored.extend(self._fold(batch.origin, batch.first, batch.entries))
            self.state.log(batch.origin).checkpoint = batch.checkpoint
        written = write_drafts(self.state, output.drafts, now_us=now_us)
        for origin, (first, entries) in written.items():
            for start in range(0, len(entries), BATCH_ENTRIES_MAX):
                part = entries[start : start + BATCH_ENTRIES_MAX]
                turned.written.extend(self._append_own(origin, first + start, part))
        for receipt in output.receipts:
            cosigner = self.state.identity.peers[receipt.peer].mirror.name
            self.store.put_cosignature(receipt.origin, receipt.size, cosigner, receipt.line)
        for refused in output.refused:
            # A peer that repeats itself must not fill the disk: the first heads are proof enough.
            known = sum(kept.origin == refused.origin for kept in self.store.refused())
            if known < REFUSED_KEPT_MAX:
                self.store.put_refused(refused.origin, refused.checkpoint, refused.why)
        self._send(output, turned)

    def _append_own(self, origin: str, first: int, entries: list[bytes]) -> list[Entry]:
        frontier = self.state.log(origin).frontier.copy()
        for data in entries:
            frontier.append(leaf_hash(data))
        head = Checkpoint(origin=origin, size=frontier.size, root=frontier.root())
        note = sign_checkpoint(self.state.identity.keys.log, head)
        self.store.append(origin, first, entries, note)
        folded = self._fold(origin, first, entries)
        self.state.log(origin).checkpoint = note
        return folded

    def _fold(self, origin: str, first: int, entries: Sequence[bytes]) -> list[Entry]:
        fold(self.state, origin, first, entries)
        name = self.state.log(origin).name
        read = [decode_entry(data, log=name, index=first + n) for n, data in enumerate(entries)]
        return [entry for entry in read if isinstance(entry, Entry)]

    def _send(self, output: Output, turned: Turned) -> None:
        turned.frames.extend(output.frames)
        turned.drops.extend(output.drops)
        for wanted in output.pushes:
            push = self._push(wanted)
            if push is not None:
                turned.frames.append(FrameOut(connection=wanted.connection, frame=push))

    def _push(self, wanted: PushWanted) -> Frame | None:
        """Return the next batch that ends at a signed head."""
        sizes = self.store.checkpoint_sizes(wanted.origin, after=wanted.first)
        if not sizes:
            return None
        end = max(size for size in sizes if size - wanted.first <= BATCH_ENTRIES_MAX)
        note = self.store.checkpoint_at(wanted.origin, end)
        assert note is not None
        entries = tuple(self.store.entries(wanted.origin, wanted.first, end))
        return Push(
            origin=wanted.origin, first=wanted.first, checkpoint=note.decode(), entries=entries
        )


Clock = Callable[[], int]
"""Gives now, in microseconds UTC; only `app` makes one."""
