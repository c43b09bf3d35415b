"""What a peer pushes: which of it is taken, how it is held, what is answered; our own log back.

Rules:
- A peer may push only its own logs, under agreements shared with it, exactly continued, under a
  head that its log key signed and that the entries really give. Anything else is its fault.
- What came ahead of its log must be what the log then says: else the log was forked.
- A push may end before its head, with the proof that it is the head's beginning: such entries are
  stored apart (staged) and count when their head is reached.
- A sealed entry for us comes with its opening. One without it is held, and that is written down.
- A receipt is sent after the entries are stored (the caller stores before it sends): for each
  entry of a line at once, by the link key; for each head reached, by the mirror key.
- Our own log is taken back from a mirror only under our own signature, and only where it goes on
  exactly from what we hold; if we have signed something else there, that log is abandoned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from parley.node.encoding import decode_entry, sealed_part
from parley.node.entries import Entry, LogName, LogOpened, MessageSaid, log_name
from parley.node.frames import Push, Receipt, Received, Refuse, push_info
from parley.node.inputs import (
    FrameOut,
    Mirrored,
    Output,
    ReceiptKept,
    Refused,
    Staged,
)
from parley.node.links import (
    Session,
    StagedPart,
)
from parley.node.rules import quotas
from parley.node.rules.keyring import open_head
from parley.node.state import Log, State
from parley.trust.checkpoint import Checkpoint, cosign
from parley.trust.frontier import Frontier
from parley.trust.seal import SALT_BYTES, open_push, verify_commitment
from parley.trust.statements import sign_receipt
from parley.trust.tree import leaf_hash, verify_consistency
from parley.world.faults import InputFault, PeerFault
from parley.world.limits import BATCH_ENTRIES_MAX, PAYLOAD_BYTES_MAX
from parley.world.time import datetime_from_us

LOG_YEARS_BACK = 20
"""Logs of a peer are taken from so many years back: a partner of long standing catches up."""
INCARNATIONS_MAX = 32
"""Incarnations of one log taken in a year: each is a disk lost with no mirror to ask."""
STAGED_LOGS_MAX = 16
"""Logs of one peer of which a part is kept in memory; the others wait until one is whole."""
STAGED_WAIT_US = 5_000_000
NOTE_OF_PEER_BYTES_MAX = 65_536
"""A head as a peer pushes it: 16 signatures (C2SP), even of ML-DSA-44 (3.3 kB each), fit."""
OPENING_BYTES_MAX = PAYLOAD_BYTES_MAX + SALT_BYTES
COSIGN_AGAIN_US = 600 * 1_000_000
"""How often the head of a quiet line is cosigned again: so much of a silence stays undecided."""
RECEIVED_PER_PUSH_MAX = 16
"""Entry receipts go ahead of the cosignature where people wait; a long catching-up has none."""
Heartbeat = Callable[[State, Session, int], tuple[FrameOut, ...]]


class Forked(PeerFault):
    """A head that its own key signed and that cannot be of the history held here.

    `held`: the head that it does not go with, where that is not the one of the log held.
    """

    def __init__(
        self, what: str, *, value: object = None, wanted: str = "", held: bytes = b""
    ) -> None:
        self.held = held
        repair = "the log was forked or changed; both heads are kept as evidence"
        super().__init__(what, value=value, wanted=wanted, repair=repair)


# ---- what a peer pushes -------------------------------------------------------------------------


def permitted(state: State, peer: str, origin: str) -> LogName:
    """Return the name of a log that this peer may speak of as its own.

    Raises:
        PeerFault: no origin, another writer's, or under an agreement that is not shared.
    """
    try:
        name = log_name(origin)
    except InputFault as fault:
        raise PeerFault(fault.what, value=fault.value, wanted=fault.wanted) from None
    if name.party != peer:
        raise PeerFault("push log", value=origin, wanted=f"a log written by {peer}")
    if name.agreement not in state.identity.shared_with(peer):
        raise PeerFault("push log", value=origin, wanted=f"an agreement shared with {peer}")
    return name


def check_shard(name: LogName, held: Iterable[str], now_us: int) -> None:
    """Check that a log is of a year that there can be one of, and not one of too many of it.

    Every log of a peer costs memory, a line in each heartbeat and a head in entries of ours, so a
    peer must not open ten thousand of them.

    Args:
        name: the log.
        held: the origins held already.
        now_us: the time.

    Raises:
        PeerFault: another year, or too many incarnations.
    """
    ours = datetime_from_us(now_us).year
    if not ours - LOG_YEARS_BACK <= name.year <= ours + 1:
        wanted = f"{ours - LOG_YEARS_BACK}..{ours + 1}"
        raise PeerFault(f"push log {name.origin} year", value=name.year, wanted=wanted)
    if name.incarnation == 1:
        return
    first = msgspec.structs.replace(name, incarnation=1).origin
    others = [o for o in held if o.startswith(first) and o != name.origin]
    if len(others) >= INCARNATIONS_MAX:
        wanted = f"{INCARNATIONS_MAX} of one log in a year at most"
        raise PeerFault(f"push log {name.origin}", value="one more incarnation", wanted=wanted)


def push_in(
    state: State, session: Session, push: Push, now_us: int, heartbeat: Heartbeat
) -> Output:
    """Return what entries pushed by a proven peer lead to."""
    assert session.peer is not None
    if push.origin in session.wanted:
        return _own_in(state, session, push)
    name = permitted(state, session.peer, push.origin)
    if name.kind == "private":
        raise PeerFault("push log", value=push.origin, wanted="heads of a private log only")
    log, staged = state.log(push.origin), state.links.staged.get(push.origin)
    if name.year > datetime_from_us(now_us).year + 1:
        # One of our clocks jumped. Its other logs must not lose the link for what it began then.
        refuse = Refuse(origin=push.origin, why="of a year to come", wait_us=60_000_000)
        return Output(frames=(FrameOut(connection=session.connection, frame=refuse),))
    if not log.tree.size:
        check_shard(name, state.scope(name.agreement).logs, now_us)
    check_fence(state, name, push.first + len(push.entries))
    if push.first != (staged.end if staged is not None else log.tree.size):
        # Not in step: say what is held, and the peer begins there. Old entries are never replaced.
        return _out_of_step(state, session, push, now_us, heartbeat)
    head = _verified_head(state, log, staged, push)
    begins = head.size > push.first + len(push.entries) and staged is None
    if begins and _staged_of(state, session.peer) >= STAGED_LOGS_MAX:
        why = "other logs are not whole yet"
        refuse = Refuse(origin=push.origin, why=why, wait_us=STAGED_WAIT_US)
        return Output(frames=(FrameOut(connection=session.connection, frame=refuse),))
    openings, lacking = _openings(state, session, push)
    wait_us = _over_quota(state, session.peer, name, push, openings, now_us)
    if wait_us:
        state.links.refuse(session.peer, "quota", f"more than its quota of {name.kind} entries")
        refuse = Refuse(origin=push.origin, why="over the quota", wait_us=wait_us)
        return Output(frames=(FrameOut(connection=session.connection, frame=refuse),))
    owed = _owed(push, lacking, now_us)
    if owed:
        why = f"{push.origin} {owed[0]}: sealed, and came without its opening"
        state.links.refuse(session.peer, "sealed", why)
    receipts = _entry_receipts(state, session, push, frozenset(lacking), now_us)
    return _hold(state, session, push, head, openings, receipts, now_us)


def _staged_of(state: State, peer: str) -> int:
    return sum(log_name(origin).party == peer for origin in state.links.staged)


def check_fence(state: State, name: LogName, end: int) -> None:
    """Check that nothing up to `end` is beyond where a later log has gone on from this one.

    After a takeover the first node may still run: what it writes then is not its party's word.

    Raises:
        PeerFault: it is.
    """
    for entry in state.scope(name.agreement).opened.values():
        body = entry.body
        after = body.continues if isinstance(body, LogOpened) else None
        if after is None or after.origin != name.origin or entry.log.party != name.party:
            continue
        if after.why in ("restored", "forked"):
            # What it had signed before it was rolled back may still come back to it, and to us.
            continue
        if end > after.size:
            raise PeerFault(
                f"push log {name.origin}",
                value=f"entries beyond {after.size}",
                wanted=f"none: {entry.log.origin} goes on from there ({after.why})",
                repair="stop the first node: its party has taken over with another",
            )


def _out_of_step(
    state: State, session: Session, push: Push, now_us: int, heartbeat: Heartbeat
) -> Output:
    refuse = Refuse(origin=push.origin, why="not the entries wanted next")
    return Output(
        frames=(
            *heartbeat(state, session, now_us),
            FrameOut(connection=session.connection, frame=refuse),
        )
    )


def _verified_head(state: State, log: Log, staged: StagedPart | None, push: Push) -> Checkpoint:
    """Return the head of a push after checking that these entries are its beginning."""
    if not 0 < len(push.entries) <= BATCH_ENTRIES_MAX:
        raise PeerFault("push entries", value=len(push.entries), wanted=f"1..{BATCH_ENTRIES_MAX}")
    head = signed_head(state, log, push.checkpoint)
    end = push.first + len(push.entries)
    if not end <= head.size <= log.tree.size + BATCH_ENTRIES_MAX:
        wanted = f"{end}..{log.tree.size + BATCH_ENTRIES_MAX}"
        raise PeerFault(f"head of {push.origin}", value=head.size, wanted=wanted)
    frontier = _beneath_ahead(state, log, staged, push)
    try:
        proof = tuple(bytes.fromhex(text) for text in push.proof)
        verify_consistency(end, head.size, proof, frontier.root(), head.root)
    except (PeerFault, ValueError):
        raise Forked(
            f"head of {push.origin} at {head.size}",
            value=head.root.hex(),
            wanted=f"one that goes on from root {frontier.root().hex()} of {end} entries held here",
        ) from None
    return head


def signed_head(state: State, log: Log, text: str) -> Checkpoint:
    """Return the head in a note of a peer, which a key that counts there signed.

    Raises:
        PeerFault: none did, or it is longer than a note of a peer may be.
    """
    note = text.encode()
    if len(note) > NOTE_OF_PEER_BYTES_MAX:
        wanted = f"{NOTE_OF_PEER_BYTES_MAX} at most"
        raise PeerFault(f"head of {log.name.origin} bytes", value=len(note), wanted=wanted)
    return open_head(state, log, note)


def _beneath_ahead(state: State, log: Log, staged: StagedPart | None, push: Push) -> Frontier:
    """Return the log with what was pushed, after comparing it with what was held ahead of it.

    Raises:
        Forked: another entry, or another root, than what its writer had signed before.
    """
    frontier = log.frontier.copy()
    ahead = state.scope(log.name.agreement).ahead.held
    here = [held for (origin, _), held in ahead.items() if origin == push.origin]
    entries, heads = {held.entry.seq: held for held in here}, {held.size: held for held in here}
    for data in (*(staged.entries if staged is not None else ()), *push.entries):
        leaf, held = leaf_hash(data), entries.get(frontier.size)
        frontier.append(leaf)
        if held is None or held.leaf == leaf:
            held = heads.get(frontier.size)
            if held is None or held.root == frontier.root():
                continue
        raise Forked(
            f"log {push.origin} at {frontier.size}",
            value=leaf.hex(),
            wanted=f"what goes with the head of {held.size} entries under which one came ahead",
            held=held.checkpoint,
        )
    return frontier


def _openings(
    state: State, session: Session, push: Push
) -> tuple[dict[int, bytes], tuple[int, ...]]:
    """Return the openings that came with a push, and the entries for us that lack theirs."""
    given = _open_box(state, session, push)
    openings: dict[int, bytes] = {}
    lacking: list[int] = []
    for index, data in enumerate(push.entries, push.first):
        part = sealed_part(data)
        if part.commit is None:
            continue
        opening = given.pop(index, None)
        if opening is not None:
            verify_commitment(opening, part.commit)
            openings[index] = opening
        elif part.audience is None or state.party in part.audience:
            lacking.append(index)
    if given:
        raise PeerFault(
            f"openings of {push.origin}", value=min(given), wanted="those of sealed entries pushed"
        )
    return openings, tuple(lacking)


def _owed(push: Push, lacking: tuple[int, ...], now_us: int) -> list[int]:
    """Return the entries that should have come with their opening.

    What had expired before it came was destroyed by its owner, as it should be.
    """
    owed = []
    for index in lacking:
        until_us = sealed_part(push.entries[index - push.first]).valid_until_us
        if until_us is None or until_us > now_us:
            owed.append(index)
    return owed


def _open_box(state: State, session: Session, push: Push) -> dict[int, bytes]:
    if not push.box:
        return {}
    assert session.peer is not None
    if session.peer_secret is None:
        raise PeerFault("push box", value="before a session key", wanted="a proof first")
    info = push_info(session.peer, state.party, push.origin, push.first, len(push.entries))
    return unpack_openings(open_push(session.peer_secret, push.counter, info, push.box))


def pack_openings(openings: dict[int, bytes]) -> bytes:
    """Return openings as bytes: for each its index (8 bytes), its length (4 bytes), itself."""
    return b"".join(
        index.to_bytes(8, "big") + len(data).to_bytes(4, "big") + data
        for index, data in sorted(openings.items())
    )


def unpack_openings(data: bytes) -> dict[int, bytes]:
    """Return the openings of `pack_openings`.

    Raises:
        PeerFault: cut off, one twice, or longer than an opening may be.
    """
    found: dict[int, bytes] = {}
    at = 0
    while at < len(data):
        index = int.from_bytes(data[at : at + 8], "big")
        length = int.from_bytes(data[at + 8 : at + 12], "big")
        opening = data[at + 12 : at + 12 + length]
        if len(opening) < length or at + 12 > len(data) or length > OPENING_BYTES_MAX:
            raise PeerFault("opening", value=f"{length} bytes", wanted="a whole one")
        if index in found:
            raise PeerFault("opening", value=f"of entry {index} twice", wanted="each once")
        found[index] = opening
        at += 12 + length
    return found


def _over_quota(
    state: State, peer: str, name: LogName, push: Push, openings: dict[int, bytes], now_us: int
) -> int:
    count = len(push.entries)
    size_bytes = sum(map(len, push.entries)) + len(push.box)
    wait_us = quotas.take(state, peer, name.kind, count, size_bytes, now_us=now_us)
    if not wait_us or not _has_distress(name, push, openings):
        return wait_us
    taken = quotas.overdraw(state, peer, name.kind, count, size_bytes, now_us=now_us)
    return 0 if taken else wait_us


def _has_distress(name: LogName, push: Push, openings: dict[int, bytes]) -> bool:
    if name.kind != "line":
        return False
    for index, data in enumerate(push.entries, push.first):
        entry = decode_entry(data, log=name, index=index, opening=openings.get(index))
        body = entry.body if isinstance(entry, Entry) else None
        if isinstance(body, MessageSaid) and body.message_class == "DISTRESS":
            return True
    return False


def _entry_receipts(
    state: State, session: Session, push: Push, lacking: frozenset[int], now_us: int
) -> tuple[FrameOut, ...]:
    """Return the receipts for entries of a line, by the link key; none for what we cannot open."""
    if log_name(push.origin).kind != "line" or len(push.entries) > RECEIVED_PER_PUSH_MAX:
        return ()
    frames = []
    for index, data in enumerate(push.entries, push.first):
        if index in lacking:
            continue
        receipt = entry_receipt(state, push.origin, index, leaf_hash(data).hex(), now_us)
        frames.append(FrameOut(connection=session.connection, frame=receipt))
    return tuple(frames)


def entry_receipt(state: State, origin: str, index: int, leaf: str, now_us: int) -> Received:
    """Return our receipt for one entry, by the link key; only after it is stored may it go."""
    key = state.identity.keys.link
    signature = sign_receipt(key, state.party, origin, index, leaf, now_us)
    return Received(origin=origin, index=index, leaf=leaf, at_us=now_us, signature=signature)


def _hold(
    state: State,
    session: Session,
    push: Push,
    head: Checkpoint,
    openings: dict[int, bytes],
    receipts: tuple[FrameOut, ...],
    now_us: int,
) -> Output:
    """Return what stores a push: entries that reach their head, or a part that does not yet."""
    note = push.checkpoint.encode()
    staged = state.links.staged.get(push.origin)
    end = push.first + len(push.entries)
    if head.size > end:
        part = state.links.staged.setdefault(push.origin, StagedPart(first=push.first))
        part.entries.extend(push.entries)
        part.openings.update(openings)
        batch = Staged(
            origin=push.origin,
            first=push.first,
            entries=push.entries,
            checkpoint=note,
            openings=openings,
        )
        return Output(
            staged=(batch,),
            frames=(*receipts, FrameOut(connection=session.connection, frame=_so_far(push, end))),
        )
    state.links.staged.pop(push.origin, None)
    receipt = Receipt(
        origin=push.origin,
        size=end,
        line=cosign(state.identity.keys.mirror, note, now_us).decode(),
    )
    mirrored = Mirrored(
        origin=push.origin,
        first=staged.first if staged is not None else push.first,
        entries=(*(staged.entries if staged is not None else ()), *push.entries),
        checkpoint=note,
        openings={**(staged.openings if staged is not None else {}), **openings},
    )
    session.cosigned_us[push.origin] = now_us
    frames = (*receipts, FrameOut(connection=session.connection, frame=receipt))
    # Kept here too: it says to whoever reads our pack since when we held these entries.
    own = ReceiptKept(
        origin=push.origin,
        size=end,
        peer=state.party,
        cosigner=state.identity.keys.mirror.name,
        line=receipt.line.encode(),
    )
    return Output(mirrored=(mirrored,), receipts=(own,), frames=frames)


def cosign_again(state: State, session: Session, now_us: int) -> Output:
    """Return new cosignatures on heads of the peer's line logs that have not moved for long.

    A line on which nothing is said gives no new head; without a newer word on the old one, a quiet
    hour could not be told from an hour in which this mirror was gone.
    """
    if session.peer is None:
        return Output()
    frames, kept = [], []
    for log in state.logs_of(session.peer):
        name = log.name
        if name.kind != "line" or not log.checkpoint:
            continue
        # Not at once on a new link: who was restored must first take its own log back.
        if now_us - session.cosigned_us.setdefault(name.origin, now_us) < COSIGN_AGAIN_US:
            continue
        session.cosigned_us[name.origin] = now_us
        line = cosign(state.identity.keys.mirror, log.checkpoint, now_us)
        receipt = Receipt(origin=name.origin, size=log.tree.size, line=line.decode())
        frames.append(FrameOut(connection=session.connection, frame=receipt))
        kept.append(
            ReceiptKept(
                origin=name.origin,
                size=log.tree.size,
                peer=state.party,
                cosigner=state.identity.keys.mirror.name,
                line=line,
            )
        )
    return Output(frames=tuple(frames), receipts=tuple(kept))


def _so_far(push: Push, end: int) -> Receipt:
    """Return the answer to a part: held up to here, nothing cosigned before its head is reached."""
    return Receipt(origin=push.origin, size=end, line="")


# ---- our own log, back from a mirror ------------------------------------------------------------


def _own_in(state: State, session: Session, push: Push) -> Output:
    """Take entries of our own log back, if we signed their head and have signed nothing else."""
    log = state.log(push.origin)
    given_up = state.abandoned.get(push.origin, "restored") != "restored"
    if push.first != log.tree.size or given_up:
        return Output()
    try:
        head = _verified_head(state, log, None, push)
    except Forked:
        # We hold other entries there, signed since: that log must not grow any more.
        state.abandoned[push.origin] = "forked"
        session.wanted.discard(push.origin)
        note = push.checkpoint.encode()
        why = "our own log went on elsewhere: this node was restored and had signed already"
        peer = session.peer or ""
        return Output(refused=(Refused(origin=push.origin, peer=peer, checkpoint=note, why=why),))
    end = push.first + len(push.entries)
    if head.size != end:
        raise PeerFault(f"head of {push.origin}", value=head.size, wanted=f"{end}, a whole part")
    openings, _ = _openings(state, session, push)
    ahead = state.links.ahead.get(push.origin)
    if ahead is not None and ahead[1] <= end:
        del state.links.ahead[push.origin]
    mirrored = Mirrored(
        origin=push.origin,
        first=push.first,
        entries=push.entries,
        checkpoint=push.checkpoint.encode(),
        openings=openings,
    )
    taken = Receipt(origin=push.origin, size=end, line="")
    return Output(
        mirrored=(mirrored,),
        frames=(FrameOut(connection=session.connection, frame=taken),),
    )
