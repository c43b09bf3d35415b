"""The crank that turns a mind: step, fold, and at the end of a batch store, sign, then send.

The same code drives a real node and the simulation; neither clock nor socket is in it. Rules:
- Nothing leaves before everything it speaks of is stored: what inputs lead to is collected, and
  given out by `close`, after one durable transaction for the whole batch.
- One signed head per log and batch; a batch is full at one package of tlog-mirror.
- A node that may have lost the end of its own logs writes nothing until its mirrors have answered
  (docs/decisions/009).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial

import msgspec

from parley.app.logstore import ABANDONED, LogStore, read_abandoned
from parley.app.outgoing import make_ahead, make_push
from parley.node.entries import Draft, Entry, LogName, log_name
from parley.node.frames import Receipt, Witnessed
from parley.node.identity import Identity
from parley.node.inputs import (
    AheadKept,
    AheadWanted,
    Drop,
    FrameIn,
    FrameOut,
    Input,
    LinkClosed,
    LinkOpened,
    Mirrored,
    Output,
    ProofWanted,
    PushWanted,
    Tick,
    TrackReports,
)
from parley.node.links import Held, StagedPart
from parley.node.overtaking import fold_in, forget, hold_ahead
from parley.node.rules.agreements import superseded_by
from parley.node.rules.ahead import held_ahead
from parley.node.rules.custody import forgotten, too_late
from parley.node.rules.peering import keep_receipt, make_proof, news_of, proof_info
from parley.node.state import Abandoned, State
from parley.node.step import Batch, Salt, peer_work, step, write_drafts
from parley.node.versions import rules_of
from parley.store.sqlite import Overtaken
from parley.trust.checkpoint import (
    Checkpoint,
    parse_unverified_checkpoint,
    sign_checkpoint,
    verify_cosignature,
)
from parley.trust.keys import SigningKey
from parley.trust.note import add_signatures, parse_unverified_note
from parley.world.faults import Fault, InputFault, OurFault
from parley.world.limits import BATCH_ENTRIES_MAX, REFUSED_KEPT_MAX
from parley.world.time import format_instant

_ROUNDS_MAX = 20
"""Rounds of work that one input may lead to; more means that two rules chase each other."""
_READ_ENTRIES = 4096
UNWRITABLE_KEPT_MAX = 1000
"""Own drafts that could not be written and are remembered, so that they are not tried each turn."""
Sealer = Callable[[bytes, bytes, bytes], bytes]
"""Seals (public key, info, plaintext); draws randomness, so only `app` hands one in."""


@dataclass(slots=True)
class Turned:
    """What a turn did: what to send now, whom to drop, and what was written (for the screen).

    `unwritten` says which entries of our own rules could not be written, and why: our fault, shown
    and counted; it never stops the clock or the other entries.
    """

    frames: list[FrameOut] = field(default_factory=list)
    drops: list[Drop] = field(default_factory=list)
    written: list[Entry] = field(default_factory=list)
    mirrored: list[Entry] = field(default_factory=list)
    unwritten: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Open:
    """The batch that is not yet stored: in the order in which it is to be.

    `returned`: parts of our own logs that a mirror gave back; what we write goes on from them.
    """

    returned: list[Callable[[], object]] = field(default_factory=list)
    own: dict[str, Batch] = field(default_factory=dict)
    writes: list[Callable[[], object]] = field(default_factory=list)
    frames: list[FrameOut] = field(default_factory=list)
    aheads: list[AheadWanted] = field(default_factory=list)
    pushes: list[PushWanted] = field(default_factory=list)
    proofs: list[ProofWanted] = field(default_factory=list)
    drops: list[Drop] = field(default_factory=list)

    @property
    def entries(self) -> int:
        return sum(len(batch.entries) for batch in self.own.values())

    @property
    def keeps(self) -> bool:
        """Whether anything is to be stored; a heartbeat leaves nothing, and needs no disk."""
        return bool(self.returned or self.own or self.writes)


class Crank:
    """One party's mind with its store.

    Args:
        identity: who it is.
        store: opened; its logs are folded back at once.
        salt: gives 32 fresh random bytes for each sealed payload.
        sealer: seals a session key to a peer.
        asking: whether own logs may lack their end: nothing is written until `ready`.
        instance: the name of this store among those of the party.

    Attributes:
        superseded: the takeover by which another node of this party writes in our place.
        next_key: during a rotation, the key that signs every head beside the present one.
    """

    def __init__(
        self,
        identity: Identity,
        store: LogStore,
        *,
        salt: Salt,
        sealer: Sealer,
        asking: bool = False,
        instance: str = "",
    ) -> None:
        for agreement in identity.agreements.values():
            rules_of(agreement.rules_version)
        self.store = store
        self.state = State(identity=identity, instance=instance)
        self.asking = asking
        self.superseded: Entry | None = None
        self._opened_count = 0
        # When time was asked last, if nothing followed and nothing has happened since.
        self._rested_us: int | None = None
        self.next_key: SigningKey | None = None
        self.unwritable: dict[str, str] = {}
        self.doubted: list[str] = []
        self._salt = salt
        self._sealer = sealer
        self._open = _Open()
        self._abandoned = read_abandoned(store)
        self.state.abandoned.update(self._abandoned)
        for origin in store.origins():
            self._restore(origin)
        self._restore_links()

    # ---- from the store -------------------------------------------------------------------------

    def _restore(self, origin: str) -> None:
        """Fold a stored log back, and take its receipts."""
        size = self.store.size(origin)
        for start in range(0, size, _READ_ENTRIES):
            end = min(size, start + _READ_ENTRIES)
            openings = self.store.openings(origin, start, end)
            fold_in(self.state, origin, start, self.store.entries(origin, start, end), openings)
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

    def _restore_links(self) -> None:
        """Take back what came ahead, the parts of logs under way, and the heads witnessed."""
        links = self.state.links
        for origin in self.store.ahead_origins():
            for kept in self.store.ahead(origin):
                held = held_ahead(
                    self.state,
                    log_name(origin),
                    kept.index,
                    kept.data,
                    kept.opening,
                    kept.checkpoint,
                )
                if held is not None:
                    hold_ahead(self.state, held)
        for origin in self.store.staged_origins():
            part = self.store.staged(origin)
            if part is not None:
                links.staged[origin] = StagedPart(
                    first=part.first_index,
                    entries=list(part.entries),
                    openings=dict(part.openings),
                )
        for origin in self.store.witnessed_origins():
            note = self.store.witnessed(origin)
            if note is not None:
                links.witnessed[origin] = parse_unverified_checkpoint(note)
                links.witnessed_notes[origin] = note

    # ---- turning --------------------------------------------------------------------------------

    def turn(self, now_us: int, event: Input) -> Turned:
        """Take one input all the way: step, fold, store, and what follows; return what to send.

        Raises:
            InputFault: an operator's act that cannot be done; nothing has changed.
        """
        turned = self.take(now_us, event)
        closed = self.close(now_us)
        turned.frames, turned.drops = closed.frames, closed.drops
        return turned

    def take(self, now_us: int, event: Input) -> Turned:
        """Take one input into the open batch; return what it wrote, which `close` makes durable.

        Raises:
            InputFault: an operator's act that cannot be done; nothing has changed.
        """
        if self.asking and self.answered and self.superseded is None:
            # At once, so that whoever sees the links up is not refused for a moment longer.
            self.ready()
        self._yield_to_takeover(event)
        if self.asking and not isinstance(event, Tick | LinkOpened | LinkClosed | FrameIn):
            raise InputFault(
                f"node of {self.state.party}",
                value="still asking its mirrors for the end of its own logs",
                wanted="their answer, or that it has waited long enough",
                repair="try again in some seconds",
            )
        turned = Turned()
        rested, self._rested_us = self._rested_us == now_us and not self.asking, None
        told = news_of(self.state, event, now_us) if rested else None
        if not isinstance(event, Tick):
            output = step(self.state, now_us, self._completed(event))
            if isinstance(event, TrackReports):
                output = self._writable(now_us, output, turned)
            self._carry_out(now_us, output, turned)
        if rested and told is not None and told == news_of(self.state, event, now_us):
            self._rested_us = now_us
        elif not self.asking:
            self._follow(now_us, turned)
        return turned

    def _follow(self, now_us: int, turned: Turned) -> None:
        """Write what time and the record make due, until nothing more follows from it."""
        for _ in range(_ROUNDS_MAX):
            output = self._writable(now_us, step(self.state, now_us, Tick()), turned)
            if not output.drafts:
                self._rested_us = now_us
                return
            self._carry_out(now_us, output, turned)
        self._stop_chasing(now_us, turned)

    def _yield_to_takeover(self, event: Input) -> None:
        """Stop writing as soon as it is seen that another node of our party has taken over."""
        if self.superseded is None:
            self.superseded = superseded_by(self.state) if self._own_opened() else None
        if self.superseded is None:
            return
        self.asking = True
        if not isinstance(event, Tick | LinkOpened | LinkClosed | FrameIn):
            by = self.superseded
            raise InputFault(
                f"node of {self.state.party}",
                value=f"another node took over at {format_instant(by.issued_us)}: {by.log.origin}",
                wanted="the one node that writes for the party",
                repair="use that node; this machine may stand by, with a new store: "
                "parley node standby",
            )

    def _own_opened(self) -> bool:
        """Whether an own log was opened or came back since this was asked last."""
        count = sum(1 for _ in self.state.own_logs())
        changed = count != self._opened_count
        self._opened_count = count
        return changed

    def _stop_chasing(self, now_us: int, turned: Turned) -> None:
        """Give up drafts that come back however often they are written, and say so.

        A rule of ours is wrong then; the clock, and every other rule, must go on all the same.
        """
        output = self._writable(now_us, step(self.state, now_us, Tick()), turned)
        for draft in output.drafts:
            why = f"{draft.body}"[:200] + f": wanted again after {_ROUNDS_MAX} rounds"
            self.unwritable[repr(draft)] = why
            turned.unwritten.append(why)

    def write(self, now_us: int, drafts: tuple[Draft, ...]) -> list[Entry]:
        """Write entries that no input leads to: what is done to a node that does not run."""
        turned = Turned()
        self._carry_out(now_us, Output(drafts=drafts), turned)
        self.close(now_us)
        return turned.written

    def ready(self) -> None:
        """From now on write: the mirrors have answered, or have been waited for long enough."""
        self.asking = self.superseded is not None

    @property
    def answered(self) -> bool:
        """Whether every peer has told what it holds of our logs, and all of that is here again."""
        links = self.state.links
        missing = [o for o, (_, size) in links.ahead.items() if o not in self.state.abandoned]
        peers = {p for p in self.state.identity.peers if self.state.identity.shared_with(p)}
        return peers <= links.answered and not missing

    def abandon_own_logs(self, why: Abandoned, *, unsure: Iterable[LogName] = ()) -> None:
        """Write no further into the own logs held: the next entries open new incarnations.

        Args:
            why: in the first entry of the new log.
            unsure: logs that are not held and may have been signed: the next go on beyond these.
        """
        self.abandon(why, (*(log.name for log in self.state.own_logs()), *unsure))

    def abandon(self, why: Abandoned, names: Iterable[LogName]) -> None:
        """Write no further into these own logs, held or not."""
        self._rested_us = None
        for name in names:
            self.state.abandoned[name.origin] = why

    @property
    def full(self) -> bool:
        """Whether the open batch should be closed whatever else waits."""
        return self._open.entries >= BATCH_ENTRIES_MAX

    def close(self, now_us: int) -> Turned:
        """Store the open batch in one transaction; return what to send, which is now all true."""
        batch, self._open = self._open, _Open()
        turned = Turned()
        given_up = self.state.abandoned != self._abandoned
        with contextlib.ExitStack() as durable:
            if given_up or batch.keeps:
                self._rested_us = None
                durable.enter_context(self.store.together())
            if given_up:
                self._abandoned = dict(self.state.abandoned)
                self.store.put_meta(ABANDONED, msgspec.json.encode(self._abandoned).decode())
            self._store(batch)
            output = peer_work(self.state, now_us)
            if output.receipts:
                durable.enter_context(self.store.together())
            for write in self._kept(Output(receipts=output.receipts)):
                write()
        turned.drops.extend(batch.drops)
        turned.frames.extend(batch.frames)
        turned.frames.extend(output.frames)
        for wanted in batch.proofs:
            turned.frames.append(self._proof(wanted))
        for ahead in (*batch.aheads, *output.aheads):
            sent = make_ahead(self.state, self.store, ahead, now_us)
            if sent is not None:
                turned.frames.append(FrameOut(connection=ahead.connection, frame=sent))
        for push in (*batch.pushes, *output.pushes):
            frame = make_push(self.state, self.store, push, now_us)
            if frame is not None:
                turned.frames.append(FrameOut(connection=push.connection, frame=frame))
        return turned

    def _store(self, batch: _Open) -> None:
        for write in batch.returned:
            write()
        for origin, own in batch.own.items():
            self._append_own(origin, own)
        for write in batch.writes:
            write()

    def _writable(self, now_us: int, output: Output, turned: Turned) -> Output:
        """Leave out what our own rules drafted and cannot be written, and name it once.

        An operator's act is refused as a whole; what the clock or a feed makes due must not be held
        up by one entry among it.
        """
        drafts = [d for d in output.drafts if repr(d) not in self.unwritable]
        try:
            self._drafted(tuple(drafts), now_us)
        except InputFault:
            drafts = [d for d in drafts if self._try(now_us, d, turned)]
        return msgspec.structs.replace(output, drafts=tuple(drafts))

    def _drafted(self, drafts: tuple[Draft, ...], now_us: int) -> dict[str, Batch]:
        return write_drafts(self.state, drafts, now_us=now_us, salt=self._salt)

    def _try(self, now_us: int, draft: Draft, turned: Turned) -> bool:
        try:
            self._drafted((draft,), now_us)
        except InputFault as fault:
            if len(self.unwritable) < UNWRITABLE_KEPT_MAX:
                self.unwritable[repr(draft)] = str(fault)
            turned.unwritten.append(str(fault))
            return False
        return True

    def _completed(self, event: Input) -> Input:
        """Give a receipt the note of ours that it is about, if it is about one of ours."""
        if not isinstance(event, FrameIn) or not isinstance(event.frame, Receipt | Witnessed):
            return event
        frame = event.frame
        session = self.state.links.sessions.get(event.connection)
        own = {log.name.origin: log.tree.size for log in self.state.own_logs()}
        # The store is asked only what can be there: a peer's number may be of any size.
        known = (
            session is not None
            and session.proven
            and bool(frame.line)
            and 0 < frame.size <= own.get(frame.origin, 0)
        )
        note = self.store.checkpoint_at(frame.origin, frame.size) if known else None
        return FrameIn(connection=event.connection, frame=frame, checkpoint=note or b"")

    # ---- one step's output into the batch -------------------------------------------------------

    def _carry_out(self, now_us: int, output: Output, turned: Turned) -> None:
        """Fold what a step wants written, and note what is to be stored and sent."""
        drafted = {} if self.asking else self._drafted(output.drafts, now_us)
        for mirrored in output.mirrored:
            turned.mirrored.extend(self._mirror(mirrored))
        for kept in output.ahead:
            turned.mirrored.append(self._hold(kept))
        for origin, batch in drafted.items():
            turned.written.extend(self._write(origin, batch))
        self._open.writes.extend(self._kept(output))
        self._open.frames.extend(output.frames)
        self._open.aheads.extend(output.aheads)
        self._open.pushes.extend(output.pushes)
        self._open.proofs.extend(output.proofs)
        self._open.drops.extend(output.drops)

    def _write(self, origin: str, batch: Batch) -> list[Entry]:
        folded = fold_in(self.state, origin, batch.first, batch.entries, batch.openings)
        known = self._open.own.setdefault(origin, Batch(first=batch.first))
        known.entries.extend(batch.entries)
        known.openings.update(batch.openings)
        self._forget(folded)
        return folded

    def _forget(self, folded: list[Entry]) -> None:
        """Destroy the payloads that entries of ours say are destroyed."""
        for key in forgotten(self.state, folded):
            forget(self.state, key)
            self._open.writes.append(partial(self.store.drop_opening, *key))

    def _mirror(self, batch: Mirrored) -> list[Entry]:
        late = too_late(self.state, batch.origin, batch.first, batch.entries)
        openings = {i: o for i, o in batch.openings.items() if i - batch.first not in late}
        batch = msgspec.structs.replace(batch, openings=openings)
        folded = fold_in(self.state, batch.origin, batch.first, batch.entries, batch.openings)
        self.state.log(batch.origin).checkpoint = batch.checkpoint
        own = log_name(batch.origin).party == self.state.party
        writes = self._open.returned if own else self._open.writes
        writes.append(
            partial(
                self.store.append,
                batch.origin,
                batch.first,
                batch.entries,
                batch.checkpoint,
                batch.openings,
            )
        )
        # Our own log, taken back from a mirror, may say what we had destroyed.
        self._forget(folded)
        return folded

    def _hold(self, kept: AheadKept) -> Entry:
        """Hold an entry ahead of its log; it is shown and answered as if its log had it."""
        hold_ahead(self.state, kept.held)
        entry = kept.held.entry
        overtaken = Overtaken(
            index=entry.seq,
            data=kept.data,
            opening=kept.opening,
            checkpoint=kept.held.checkpoint,
            proof=b"".join(kept.proof),
        )
        self._open.writes.append(partial(self.store.put_ahead, entry.log.origin, overtaken))
        return entry

    def _kept(self, output: Output) -> Iterator[Callable[[], object]]:
        """Yield the writes of everything else that is to be kept."""
        store = self.store
        for part in output.staged:
            yield partial(
                store.stage,
                part.origin,
                part.first,
                part.entries,
                part.openings,
                part.checkpoint,
            )
        for head in output.witnessed:
            yield partial(store.put_witnessed, head.origin, head.size, head.note)
        for kept in output.receipts:
            yield partial(store.put_cosignature, kept.origin, kept.size, kept.cosigner, kept.line)
        for got in output.received:
            yield partial(store.put_entry_receipt, got.origin, got.index, got.peer, got.data)
        for refused in output.refused:
            # A peer that repeats itself must not fill the disk: the first heads are proof enough.
            if store.refused_count(refused.origin) < REFUSED_KEPT_MAX:
                yield partial(store.put_refused, refused.origin, refused.checkpoint, refused.why)

    # ---- at the end of a batch ------------------------------------------------------------------

    def _append_own(self, origin: str, batch: Batch) -> None:
        """Sign and store the new entries of an own log, a package at a time."""
        log = self.state.log(origin)
        for start in range(0, len(batch.entries), BATCH_ENTRIES_MAX):
            part = batch.entries[start : start + BATCH_ENTRIES_MAX]
            first = batch.first + start
            end = first + len(part)
            root = log.frontier.root() if end == log.tree.size else log.tree.root(end)
            head = Checkpoint(origin=origin, size=end, root=root)
            note = sign_checkpoint(self.state.identity.keys.log, head)
            if self.next_key is not None:
                other = sign_checkpoint(self.next_key, head)
                note = add_signatures(
                    note, [s.line for s in parse_unverified_note(other).signatures]
                )
            openings = {i: o for i, o in batch.openings.items() if first <= i < end}
            self.store.append(origin, first, part, note, openings)
            log.checkpoint = note

    def append_exact(self, origin: str, first: int, entries: list[bytes]) -> list[Entry]:
        """Sign and store entries past all rules: what a writer can do who keeps none."""
        self._rested_us = None
        folded = fold_in(self.state, origin, first, entries)
        with self.store.together():
            self._append_own(origin, Batch(first=first, entries=entries))
        return folded

    def _proof(self, wanted: ProofWanted) -> FrameOut:
        info = proof_info(self.state, wanted)
        box = self._sealer(wanted.seal, info, wanted.secret) if wanted.seal else b""
        return FrameOut(connection=wanted.connection, frame=make_proof(self.state, wanted, box))


Clock = Callable[[], int]
"""Gives now, in microseconds UTC; only `app` makes one."""
