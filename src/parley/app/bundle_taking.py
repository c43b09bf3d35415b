"""Taking a bundle: as a session of the peer protocol that somebody has recorded, to the letter.

Rules:
- Every part goes through the node's one queue and through the code that takes frames of a link:
  signatures, openings, quotas, staging, evidence of forks are what they are there.
- It is no link: nobody is heard by it, nothing is sent over it. What the node would have answered
  stands in the next bundle that it makes.
- What is held already is left out, what is missing is named; nothing counts twice.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import msgspec

from parley.app.bundle_memory import Known
from parley.app.service import Outlet, Service
from parley.node.entries import log_name
from parley.node.frames import Ahead, Frame, Hello, Push, Receipt, Received, Refuse, push_info
from parley.node.inputs import FrameIn, LinkClosed, LinkOpened
from parley.node.rules.keyring import open_head
from parley.node.rules.mirroring import pack_openings, unpack_openings
from parley.store.sqlite import Store
from parley.trust.seal import open_push, seal_push
from parley.wire.bundle import Bundle, BundleHeader, Named
from parley.world.faults import Fault, InputFault, PeerFault, nearest
from parley.world.limits import REFUSED_KEPT_MAX
from parley.world.time import format_instant, format_second

AHEAD_S_MAX = 86_400
"""A bundle made so much later than now is refused: a wrong time zone passes, a wrong date does not.
Entries dated ahead are marked one by one, as over a link."""
_SECRET_BYTES = 32
_TRIES = 3
_ANEW = 2**63
"""Added to the counter of a push that is closed again here: no peer's counter is so large."""


class LogTaken(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a bundle's entries of one log.

    Attributes:
        origin: the log.
        taken: entries new here; `here`: those held already.
        held: up to which entry it is held now.
        waits: entries taken that count once the signed head over them is reached.
        missing: the first and last entry that must come before what is in the bundle.
        why: what else kept entries back.
    """

    origin: str
    taken: int = 0
    here: int = 0
    held: int = 0
    waits: int = 0
    missing: tuple[int, int] | None = None
    why: str = ""


class BundleTaken(msgspec.Struct, frozen=True, kw_only=True):
    """What a bundle gave.

    Attributes:
        party: who made it; `name`: its id, number, and when it was made.
        again: whether this very one was taken before.
        ahead_s: how far its maker's clock was ahead of ours, if it was.
        logs: by log; `ahead`: entries that came ahead of their log.
        receipts: receipts of single entries of ours; `cosignatures`: on heads of ours.
        notes: in words what is missing or kept back, and what to do.
        wait_s: after how long the rest of it will be taken, if it was more than the quota.
        left: entries for which the sender had no room.
        fault: the sender's fault that ended it, if one did.
        complete: whether all of it is here now.
    """

    party: str
    name: Named
    again: bool = False
    ahead_s: int = 0
    logs: tuple[LogTaken, ...] = ()
    ahead: int = 0
    receipts: int = 0
    cosignatures: int = 0
    notes: tuple[str, ...] = ()
    wait_s: int = 0
    left: int = 0
    fault: str | None = None
    complete: bool = True


def check_bundle(service: Service, known: Known, header: BundleHeader, now_us: int) -> None:
    """Return nothing if a bundle can be for this node, from a party that it knows.

    Raises:
        PeerFault: it is for somebody else, of an unknown party, from the future, or leaves out a
            key that is not here.
    """
    identity = service.state.identity
    if header.peer != identity.party:
        repair = f"carry it to {header.peer}"
        raise PeerFault("bundle for", value=header.peer, wanted=identity.party, repair=repair)
    if header.party not in identity.peers:
        close = nearest(header.party, sorted(identity.peers))
        wanted = f"a peer of this node{f', such as {close}' if close else ''}"
        repair = "enrol its keys first, if it is one: [[peer]] in node.toml"
        raise PeerFault("bundle of", value=header.party, wanted=wanted, repair=repair)
    if header.name.made_us > now_us + AHEAD_S_MAX * 1_000_000:
        raise PeerFault(
            "bundle made",
            value=format_instant(header.name.made_us),
            wanted=f"at most a day ahead of our clock, {format_instant(now_us)}",
            repair="compare both clocks by voice; set the wrong one, then make it again",
        )
    if identity.peers[header.party].seal is not None and not (header.seal or known.seal):
        raise PeerFault(
            "bundle seal key",
            value="left out",
            wanted=f"that of {header.party}, which is not here",
            repair=f"give {header.party} a bundle of ours; what it makes then has the key",
        )


class _Recorder:
    """Takes what leaves for the recorded session; all else goes where it went before."""

    def __init__(self, connection: int, behind: Outlet | None) -> None:
        self.frames: list[Frame] = []
        self.dropped: str | None = None
        self._connection = connection
        self._behind = behind

    def send(self, connection: int, frame: Frame) -> None:
        if connection == self._connection:
            self.frames.append(frame)
        elif self._behind is not None:
            self._behind.send(connection, frame)

    def drop(self, connection: int, why: str) -> None:
        if connection == self._connection:
            self.dropped = why
        elif self._behind is not None:
            self._behind.drop(connection, why)


class Taking:
    """One bundle while it is taken.

    Args:
        service: the node's one queue.
        store: the node's.
        known: what is remembered of the sender.
        connection: a number that no connection has; below zero.
    """

    def __init__(self, service: Service, store: Store, known: Known, connection: int) -> None:
        self._service, self._state, self._store = service, service.state, store
        self._known = known
        self._connection = connection
        self._recorder = _Recorder(connection, service.outlet)
        self._logs: dict[str, LogTaken] = {}
        self._counts = {"ahead": 0, "receipts": 0, "cosignatures": 0}
        self._notes: list[str] = []
        self._wait_s = 0
        self._fault: str | None = None

    async def take(self, bundle: Bundle) -> BundleTaken:
        """Return what a bundle gave; its header was checked.

        Raises:
            PeerFault: its maker did not prove who it is; nothing was taken.
        """
        before = self._service.outlet
        self._service.outlet = self._recorder
        try:
            await self._prove(bundle)
            for frame in bundle.frames:
                await self._part(bundle, frame)
                if self._recorder.dropped is not None:
                    self._fault = self._recorder.dropped
                    break
        except BaseException:
            # Not awaited: whoever asked may have gone away.
            self._service.link_later(LinkClosed(connection=self._connection))
            raise
        else:
            _ = await self._service.link(LinkClosed(connection=self._connection))
        finally:
            self._service.outlet = before
        return self._taken(bundle.header)

    async def _prove(self, bundle: Bundle) -> None:
        nonce, secret = bundle.nonce, secrets.token_hex(_SECRET_BYTES)
        opened = LinkOpened(connection=self._connection, nonce=nonce, secret=secret)
        _ = await self._service.link(opened)
        hello: Hello = bundle.hello(self._known.seal)
        for frame in (hello, bundle.prove):
            await self._feed(frame)
            if self._recorder.dropped is not None:
                party = bundle.header.party
                raise PeerFault(
                    f"bundle {bundle.header.name.number} of {party}",
                    value=f"not proven to be of {party}: {self._recorder.dropped}",
                    wanted=f"one that the link key of {party} signed",
                    repair=f"ask {party} by voice whether it made it; nothing of it was taken",
                )

    async def _feed(self, frame: Frame) -> None:
        self._recorder.frames.clear()
        _ = await self._service.link(FrameIn(connection=self._connection, frame=frame))

    async def _part(self, bundle: Bundle, frame: Frame) -> None:
        if isinstance(frame, Push):
            for _ in range(_TRIES):
                # A link that is up may take the same entries meanwhile.
                if not await self._push(bundle, frame):
                    return
            return
        if isinstance(frame, Receipt | Received) and not self._is_ours(frame):
            # Else a node that lost its disk would call the honest peer at fault.
            self._note(f"receipts for what this node does not hold of {frame.origin}: left out")
            return
        if isinstance(frame, Ahead) and not self._shared(frame.origin):
            return
        await self._feed(frame)
        if self._recorder.dropped is None:
            names = {Receipt: "cosignatures", Received: "receipts"}
            self._counts[names.get(type(frame), "ahead")] += 1

    def _is_ours(self, frame: Receipt | Received) -> bool:
        """Whether a receipt is for an entry, or a head, that this node has written and holds."""
        logs = {log.name.origin: log for log in self._state.own_logs()}
        log = logs.get(frame.origin)
        if log is None:
            return False
        if isinstance(frame, Receipt):
            inside = 0 < frame.size <= log.tree.size
            return inside and self._store.checkpoint_at(frame.origin, frame.size) is not None
        inside = 0 <= frame.index < log.tree.size
        return inside and log.tree.leaf(frame.index).hex() == frame.leaf

    # ---- entries --------------------------------------------------------------------------------

    async def _push(self, bundle: Bundle, push: Push) -> bool:
        """Take a push as far as it goes on from what is held; return whether to try once more."""
        if not self._shared(push.origin):
            return False
        known = self._logs.get(push.origin, LogTaken(origin=push.origin))
        held, end = self._held(push.origin), push.first + len(push.entries)
        if push.first > held:
            if known.missing is None:
                known = msgspec.structs.replace(known, missing=(held, push.first - 1))
            self._logs[push.origin] = known
            return False
        here = min(end, held) - push.first
        if end <= held:
            if self._differs(push, held):
                return False
            self._logs[push.origin] = msgspec.structs.replace(known, here=known.here + here)
            return False
        await self._feed(self._trimmed(bundle, push, held))
        now_held = self._held(push.origin)
        refused = [each for each in self._recorder.frames if isinstance(each, Refuse)]
        if now_held >= end:
            known = msgspec.structs.replace(
                known, taken=known.taken + end - held, here=known.here + here
            )
            self._logs[push.origin] = known
            return False
        if refused and refused[0].wait_us:
            self._wait_s = max(self._wait_s, -(-refused[0].wait_us // 1_000_000))
        why = refused[0].why if refused else ""
        self._logs[push.origin] = msgspec.structs.replace(known, why=why)
        return bool(refused) and not refused[0].wait_us

    def _shared(self, origin: str) -> bool:
        """Whether a log is of an agreement that is shared; its origin may be any text."""
        try:
            agreement = log_name(origin).agreement
        except InputFault:
            # The code that takes frames says what is wrong with it.
            return True
        if agreement in self._state.agreements:
            return True
        self._note(f"agreement {agreement} is not one of this node: {origin} left out")
        return False

    def _held(self, origin: str) -> int:
        try:
            log_name(origin)
        except InputFault:
            return 0
        staged = self._state.links.staged.get(origin)
        if staged is not None:
            return staged.end
        return self._store.size(origin)

    def _trimmed(self, bundle: Bundle, push: Push, held: int) -> Push:
        """Return a push without the entries that are here, closed again under the same key."""
        skip = held - push.first
        if not skip:
            return push
        trimmed = msgspec.structs.replace(push, first=held, entries=push.entries[skip:])
        session = self._state.links.sessions.get(self._connection)
        if not push.box or session is None or session.peer_secret is None:
            return trimmed
        sender, own = bundle.header.party, bundle.header.peer
        bound = push_info(sender, own, push.origin, push.first, len(push.entries))
        try:
            opened = open_push(session.peer_secret, push.counter, bound, push.box)
            openings = unpack_openings(opened)
        except PeerFault:
            # Taken as it is, it is the sender's fault by the same code as over a link.
            return trimmed
        rest = {index: opening for index, opening in openings.items() if index >= held}
        bound = push_info(sender, own, push.origin, held, len(trimmed.entries))
        counter = push.counter + _ANEW
        box = seal_push(session.peer_secret, counter, bound, pack_openings(rest)) if rest else b""
        return msgspec.structs.replace(trimmed, counter=counter, box=box)

    def _differs(self, push: Push, held: int) -> bool:
        """Whether a bundle holds other entries than those here, at one place; keep its head then.

        What goes on from here is compared by the code that takes frames; this is what ends before.
        """
        end = min(push.first + len(push.entries), held)
        ours = self._store.entries(push.origin, push.first, end)
        other = [
            index
            for index, (one, two) in enumerate(zip(ours, push.entries, strict=False), push.first)
            if one != two
        ]
        if not other:
            return False
        note = push.checkpoint.encode()
        why = f"entry {other[0]} in a bundle is not the one held here"
        try:
            open_head(self._state, self._state.log(push.origin), note)
        except Fault:
            signed = "under a head that its log key did not sign"
        else:
            signed = "under a head that its log key signed: two histories"
            if self._store.refused_count(push.origin) < REFUSED_KEPT_MAX:
                self._store.put_refused(push.origin, note, why)
        self._fault = f"log {push.origin}: {why}, {signed}; keep the file, tell its sender by voice"
        return True

    # ---- what is said of it ---------------------------------------------------------------------

    def _note(self, text: str) -> None:
        if text not in self._notes:
            self._notes.append(text)

    def _taken(self, header: BundleHeader) -> BundleTaken:
        logs = []
        for origin, log in sorted(self._logs.items()):
            staged = self._state.links.staged.get(origin)
            waits = len(staged.entries) if staged is not None else 0
            logs.append(msgspec.structs.replace(log, held=self._held(origin), waits=waits))
        notes = [*self._notes, *_missing_notes(header, logs), *self._kept_back(header, logs)]
        now_us = self._service.clock()
        return BundleTaken(
            party=header.party,
            name=header.name,
            again=header.name.id in self._known.seen,
            ahead_s=max(0, (header.name.made_us - now_us) // 1_000_000),
            logs=tuple(logs),
            **self._counts,
            notes=tuple(notes),
            wait_s=self._wait_s,
            left=header.left,
            fault=self._fault,
            complete=self._fault is None and not notes,
        )

    def _kept_back(self, header: BundleHeader, logs: Sequence[LogTaken]) -> list[str]:
        notes = [f"{log.origin} beyond {log.held}: {log.why}" for log in logs if log.why]
        if self._wait_s:
            notes.append(f"take the same file again in {self._wait_s} s: the rest comes in then")
        own = {log.name.origin: log.tree.size for log in self._state.own_logs()}
        for origin, size in sorted(header.holds.items()):
            if size > own.get(origin, size):
                notes.append(
                    f"{header.party} holds {size} entries of our log {origin}, and we "
                    f"{own[origin]}: this node has lost some; see parley node restore"
                )
        return notes


def _missing_notes(header: BundleHeader, logs: Sequence[LogTaken]) -> list[str]:
    """Return in words which entries are missing, and which bundle has them."""
    notes = []
    for log in logs:
        if log.missing is None:
            continue
        first, last = log.missing
        which = "a bundle made before this one"
        if header.after is not None:
            made = format_second(header.after.made_us)
            which = f"bundle {header.after.number} of {header.party}, made {made}"
        notes.append(
            f"{log.origin}: entries {first} to {last} are missing, they came in {which}; take that "
            f"first and this again, or give {header.party} a bundle of ours: its next one begins "
            "where we stand"
        )
    return notes
