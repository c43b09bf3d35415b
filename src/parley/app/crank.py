"""The crank that turns a mind: step, append, fold, then send.

The same code drives a real node and the simulation; neither clock nor socket is in it. Rule:
nothing leaves before everything it speaks of is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from parley.node.entries import Draft, Entry
from parley.node.frames import Frame, Push, Receipt
from parley.node.identity import Identity
from parley.node.inputs import (
    Drop,
    FrameIn,
    FrameOut,
    Input,
    Output,
    PushWanted,
    Tick,
    TrackReports,
)
from parley.node.links import Held
from parley.node.rules.peering import keep_receipt
from parley.node.state import State, fold
from parley.node.step import peer_work, step, write_drafts
from parley.store.sqlite import Refused as RefusedHead
from parley.store.sqlite import StoredCosignature
from parley.trust.checkpoint import (
    Checkpoint,
    parse_unverified_checkpoint,
    sign_checkpoint,
    verify_cosignature,
)
from parley.trust.note import add_signatures
from parley.trust.tree import leaf_hash
from parley.world.faults import Fault, InputFault, OurFault
from parley.world.limits import BATCH_ENTRIES_MAX, REFUSED_KEPT_MAX

_ROUNDS_MAX = 20
"""Rounds of work that one input may lead to; more means that two rules chase each other."""
_READ_ENTRIES = 4096
UNWRITABLE_KEPT_MAX = 1000
"""Own drafts that could not be written and are remembered, so that they are not tried each turn."""


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
    """What one turn did: what to send now, whom to drop, and what was written (for the screen).

    `unwritten` says which entries of our own rules could not be written, and why: our fault, shown
    and counted; it never stops the clock or the other entries.
    """

    frames: list[FrameOut] = field(default_factory=list)
    drops: list[Drop] = field(default_factory=list)
    written: list[Entry] = field(default_factory=list)
    mirrored: list[Entry] = field(default_factory=list)
    unwritten: list[str] = field(default_factory=list)


class Crank:
    """One party's mind with its store.

    Args:
        identity: who it is.
        store: opened; its logs are folded back at once.
    """

    def __init__(self, identity: Identity, store: LogStore) -> None:
        self.store = store
        self.state = State(identity=identity)
        self.unwritable: dict[str, str] = {}
        self.doubted: list[str] = []
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
        if log.checkpoint:
            head = parse_unverified_checkpoint(log.checkpoint)
            if (head.size, head.root) != (log.tree.size, log.frontier.root()):
                raise OurFault(
                    f"stored log {origin}",
                    value=f"{log.tree.size} entries with root {log.frontier.root().hex()}",
                    wanted=f"its head, {head.size} entries with root {head.root.hex()}",
                    repair="the store was changed or is broken: fetch the log from a mirror",
                )
        self._restore_receipts(origin)

    def _restore_receipts(self, origin: str) -> None:
        """Take the largest receipt of each peer that still verifies.

        One that does not (a key was changed, a byte was) is named, and keeps no node from starting.
        """
        peers = self.state.identity.peers.items()
        mirrors = {keys.mirror.name: (party, keys.mirror) for party, keys in peers}
        done: set[str] = set()
        for kept in sorted(self.store.cosignatures(origin), key=lambda k: k.size, reverse=True):
            known = mirrors.get(kept.cosigner)
            if known is None or kept.cosigner in done:
                continue
            note = self.store.checkpoint_at(origin, kept.size)
            if note is None:
                continue
            try:
                given = verify_cosignature(add_signatures(note, (kept.line,)), known[1])
            except Fault as fault:
                self.doubted.append(f"receipt of {kept.cosigner} for {origin}: {fault}")
                continue
            done.add(kept.cosigner)
            keep_receipt(self.state, origin, known[0], Held(size=kept.size, time_s=given.time_s))

    def turn(self, now_us: int, event: Input) -> Turned:
        """Take one input all the way: step, store, fold, and what follows; return what to send.

        Raises:
            InputFault: an operator's act that cannot be done; nothing has changed.
        """
        turned = Turned()
        output = step(self.state, now_us, self._completed(event))
        if isinstance(event, TrackReports):
            output = self._writable(now_us, output, turned)
        self._carry_out(now_us, output, turned)
        for _ in range(_ROUNDS_MAX):
            output = self._writable(now_us, step(self.state, now_us, Tick()), turned)
            if not output.drafts:
                break
            self._carry_out(now_us, output, turned)
        else:
            raise OurFault("node", value=f"{_ROUNDS_MAX} rounds of work", wanted="rest")
        self._send(peer_work(self.state, now_us), turned)
        return turned

    def _writable(self, now_us: int, output: Output, turned: Turned) -> Output:
        """Leave out what our own rules drafted and cannot be written, and name it once.

        An operator's act is refused as a whole; what the clock or a feed makes due must not be held
        up by one entry among it.
        """
        drafts = [d for d in output.drafts if repr(d) not in self.unwritable]
        try:
            write_drafts(self.state, tuple(drafts), now_us=now_us)
        except InputFault:
            drafts = [d for d in drafts if self._try(now_us, d, turned)]
        return msgspec.structs.replace(output, drafts=tuple(drafts))

    def _try(self, now_us: int, draft: Draft, turned: Turned) -> bool:
        try:
            write_drafts(self.state, (draft,), now_us=now_us)
        except InputFault as fault:
            if len(self.unwritable) < UNWRITABLE_KEPT_MAX:
                self.unwritable[repr(draft)] = str(fault)
            turned.unwritten.append(str(fault))
            return False
        return True

    def _completed(self, event: Input) -> Input:
        """Give a receipt the note of ours that it is about, if it is about one of ours."""
        if not isinstance(event, FrameIn) or not isinstance(event.frame, Receipt):
            return event
        frame = event.frame
        session = self.state.links.sessions.get(event.connection)
        own = {log.name.origin: log.tree.size for log in self.state.own_logs()}
        # The store is asked only what can be there: a peer's number may be of any size.
        known = (
            session is not None and session.proven and 0 < frame.size <= own.get(frame.origin, 0)
        )
        note = self.store.checkpoint_at(frame.origin, frame.size) if known else None
        return FrameIn(connection=event.connection, frame=frame, checkpoint=note or b"")

    def _carry_out(self, now_us: int, output: Output, turned: Turned) -> None:
        """Store and fold what a step wants written; then collect what it wants sent."""
        for batch in output.mirrored:
            self.store.append(batch.origin, batch.first, batch.entries, batch.checkpoint)
            turned.mirrored.extend(fold(self.state, batch.origin, batch.first, batch.entries))
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
        folded = fold(self.state, origin, first, entries)
        self.state.log(origin).checkpoint = note
        return folded

    def _send(self, output: Output, turned: Turned) -> None:
        turned.frames.extend(output.frames)
        turned.drops.extend(output.drops)
        for wanted in output.pushes:
            push = self._push(wanted)
            if push is not None:
                turned.frames.append(FrameOut(connection=wanted.connection, frame=push))

    def _push(self, wanted: PushWanted) -> Frame | None:
        """Return the next batch that ends at a signed head."""
        end = self._batch_end(wanted.origin, wanted.first)
        if end is None:
            return None
        note = self.store.checkpoint_at(wanted.origin, end)
        assert note is not None
        entries = tuple(self.store.entries(wanted.origin, wanted.first, end))
        return Push(
            origin=wanted.origin, first=wanted.first, checkpoint=note.decode(), entries=entries
        )

    def _batch_end(self, origin: str, first: int) -> int | None:
        """Return the largest size with a head that one batch reaches.

        Looked for downwards from a full batch: a long log has a head for nearly every entry, and
        each push must not read them all.
        """
        last = min(first + BATCH_ENTRIES_MAX, self.state.log(origin).tree.size)
        for size in range(last, first, -1):
            if self.store.checkpoint_at(origin, size) is not None:
                return size
        return None


Clock = Callable[[], int]
"""Gives now, in microseconds UTC; only `app` makes one."""
