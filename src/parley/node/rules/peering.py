"""Links to peers: who is there, what they hold, what they may push, what is acknowledged.

Rules:
- A link is used only after its other end has signed our nonce with the peer's link key.
- A peer may push only its own logs, under agreements shared with it, exactly continued, under a
  head that its log key signed and that the entries really give. Anything else is its fault.
- A receipt is sent after the entries are stored (the caller stores before it sends).
"""

from __future__ import annotations

from parley.node.entries import LogName, log_name
from parley.node.frames import (
    Frame,
    Heads,
    Hello,
    Prove,
    Push,
    Receipt,
    Refuse,
    heads_message,
    hello_message,
)
from parley.node.identity import PeerKeys
from parley.node.inputs import (
    Drop,
    FrameIn,
    FrameOut,
    LinkClosed,
    LinkOpened,
    Mirrored,
    Output,
    PushWanted,
    ReceiptKept,
    Refused,
)
from parley.node.links import Held, Session
from parley.node.state import Log, State
from parley.trust.bytes import INTEGER_MAX, sha256_hex
from parley.trust.checkpoint import cosign, open_checkpoint, verify_cosignature
from parley.trust.keys import verify_signature
from parley.trust.note import add_signatures
from parley.trust.tree import leaf_hash
from parley.world.faults import InputFault, PeerFault
from parley.world.limits import BATCH_ENTRIES_MAX
from parley.world.norms import norms
from parley.world.time import datetime_from_us

LOG_YEARS_BACK = 20
"""Logs of a peer are taken from so many years back: a partner of long standing catches up."""
NOTE_OF_PEER_BYTES_MAX = 65_536
"""A head as a peer pushes it: 16 signatures (C2SP), even of ML-DSA-44 (3.3 kB each), fit."""
HEADS_BACK_US = 60 * 1_000_000
"""A heartbeat that is older than the newest by more than this was not just overtaken."""


def link_opened(state: State, event: LinkOpened) -> Output:
    """Return the greeting of a new connection; whoever calls speaks first."""
    session = Session(connection=event.connection, nonce=event.nonce, peer=event.peer)
    state.links.sessions[event.connection] = session
    return Output(frames=(_hello(state, session),)) if event.peer is not None else Output()


def link_closed(state: State, event: LinkClosed) -> Output:
    """Forget a connection; what was confirmed over it is asked again over the next."""
    state.links.sessions.pop(event.connection, None)
    return Output()


def frame_in(state: State, event: FrameIn, now_us: int) -> Output:
    """Return what a frame leads to; a peer that breaks the rules is counted and dropped."""
    session = state.links.sessions.get(event.connection)
    if session is None:
        return Output()
    try:
        return _frame(state, session, event, now_us)
    except PeerFault as fault:
        # Who has not proved itself is not the peer whose name it gives.
        name = session.peer if session.proven and session.peer is not None else "unknown"
        state.links.faults[name] = state.links.faults.get(name, 0) + 1
        state.links.sessions.pop(event.connection, None)
        return Output(
            refused=_evidence(state, session, event.frame, fault),
            drops=(Drop(connection=event.connection, why=str(fault)),),
        )


def _evidence(
    state: State, session: Session, frame: Frame, fault: PeerFault
) -> tuple[Refused, ...]:
    """Keep a head that a peer signed and we refused: it is evidence of a fork.

    Only from who has proved itself, about a log that it may push, and signed by its log key:
    anything else is nobody's word, and a stranger must not fill the disk in a peer's name.
    """
    if not isinstance(frame, Push) or session.peer is None or not session.proven:
        return ()
    note = frame.checkpoint.encode()
    try:
        _permitted(state, session.peer, frame.origin)
        if len(note) > NOTE_OF_PEER_BYTES_MAX:
            return ()
        open_checkpoint(note, _keys(state, session.peer).log, frame.origin)
    except PeerFault:
        return ()
    return (Refused(origin=frame.origin, peer=session.peer, checkpoint=note, why=str(fault)),)


def _frame(state: State, session: Session, event: FrameIn, now_us: int) -> Output:
    frame = event.frame
    if isinstance(frame, Hello):
        return _hello_in(state, session, frame)
    if isinstance(frame, Prove):
        return _prove_in(state, session, frame, now_us)
    if not session.proven or session.peer is None:
        raise PeerFault("frame", value=type(frame).__name__, wanted="a proof of identity first")
    match frame:
        case Heads():
            return _heads_in(state, session, frame, now_us)
        case Push():
            return _push_in(state, session, session.peer, frame, now_us)
        case Receipt():
            return _receipt_in(state, session, session.peer, frame, event.checkpoint)
        case Refuse():
            session.pushing.pop(frame.origin, None)
            return Output()


def _hello(state: State, session: Session) -> FrameOut:
    assert session.peer is not None
    session.hello_sent = True
    texts = {
        name: sha256_hex(state.identity.documents[name].encode())
        for name in state.identity.shared_with(session.peer)
    }
    hello = Hello(party=state.party, peer=session.peer, nonce=session.nonce, agreements=texts)
    return FrameOut(connection=session.connection, frame=hello)


def _hello_in(state: State, session: Session, hello: Hello) -> Output:
    if hello.peer != state.party:
        raise PeerFault("hello peer", value=hello.peer, wanted=state.party)
    if hello.party not in state.identity.peers or session.peer not in (None, hello.party):
        raise PeerFault("hello party", value=hello.party, wanted="a party this node knows")
    if session.peer_nonce is not None:
        raise PeerFault("hello", value="a second one", wanted="one on each link")
    if len(hello.nonce) < 32 or not hello.nonce.isascii() or not hello.nonce.isalnum():
        raise PeerFault("hello nonce", value=hello.nonce, wanted="32 or more letters and digits")
    session.peer = hello.party
    session.peer_nonce = hello.nonce
    shared = state.identity.shared_with(hello.party)
    state.links.texts[hello.party] = {
        name: hello.agreements[name] for name in shared if name in hello.agreements
    }
    frames = [] if session.hello_sent else [_hello(state, session)]
    message = hello_message(state.party, hello.party, hello.nonce)
    proof = Prove(signature=state.identity.keys.link.sign(message).hex())
    frames.append(FrameOut(connection=session.connection, frame=proof))
    return Output(frames=tuple(frames))


def _prove_in(state: State, session: Session, frame: Prove, now_us: int) -> Output:
    if session.peer is None or not session.hello_sent:
        raise PeerFault("proof", value="before hello", wanted="hello first")
    message = hello_message(session.peer, state.party, session.nonce)
    _verify_link(_keys(state, session.peer), frame.signature, message)
    session.proven = True
    return Output(frames=heartbeat(state, session, now_us))


def _keys(state: State, peer: str) -> PeerKeys:
    keys = state.identity.peers.get(peer)
    if keys is None:
        raise PeerFault("peer", value=peer, wanted="a party this node knows")
    return keys


def _verify_link(keys: PeerKeys, signature: str, message: bytes) -> None:
    try:
        raw = bytes.fromhex(signature)
    except ValueError:
        raise PeerFault("signature", value=signature, wanted="hexadecimal") from None
    verify_signature(keys.link.public, raw, message)


def heartbeat(state: State, session: Session, now_us: int) -> tuple[FrameOut, ...]:
    """Return our heartbeat for a proven session: what we hold of the peer's logs, and our clock."""
    if session.peer is None or session.peer_nonce is None:
        return ()
    session.heads_sent_us = now_us
    theirs = [log for log in state.logs() if log.name.party == session.peer]
    held = {log.name.origin: log.tree.size for log in theirs}
    message = heads_message(state.party, session.peer, session.peer_nonce, now_us, held)
    signature = state.identity.keys.link.sign(message).hex()
    frame = Heads(at_us=now_us, heads=held, signature=signature)
    return (FrameOut(connection=session.connection, frame=frame),)


def _heads_in(state: State, session: Session, frame: Heads, now_us: int) -> Output:
    assert session.peer is not None
    message = heads_message(session.peer, state.party, session.nonce, frame.at_us, frame.heads)
    _verify_link(_keys(state, session.peer), frame.signature, message)
    if frame.at_us < session.heads_at_us - HEADS_BACK_US:
        raise PeerFault(
            "heads at_us",
            value=frame.at_us,
            wanted=f"not before {session.heads_at_us}",
            repair="a heartbeat is replayed, or the clock was set back: open the link again",
        )
    if frame.at_us < session.heads_at_us:
        # Overtaken on the way, or replayed: a newer one has told more.
        return Output()
    if frame.at_us > session.heads_at_us:
        state.links.heard_us[session.peer] = now_us
    session.heads_at_us = frame.at_us
    state.links.offset_us[session.peer] = frame.at_us - now_us
    sizes = {log.name.origin: log.tree.size for log in state.own_logs()}
    for origin, size in frame.heads.items():
        _check_head(state, session.peer, origin, size)
        if size > sizes.get(origin, 0):
            # It says that it holds more of our log than we do: perhaps we are a restored backup.
            # Only a head with our own signature would prove it, so it is shown, not obeyed.
            state.links.ahead[origin] = (session.peer, size)
    session.confirmed = {
        origin: min(size, sizes[origin]) for origin, size in frame.heads.items() if origin in sizes
    }
    # Whatever was under way is asked again: a frame may have been lost with its connection.
    session.pushing.clear()
    return Output(pushes=due_pushes(state, session))


def _check_head(state: State, peer: str, origin: str, size: int) -> None:
    """Check that a heartbeat speaks of logs of ours; one we do not hold may be one we have lost."""
    try:
        name = log_name(origin)
    except InputFault as fault:
        raise PeerFault(fault.what, value=fault.value, wanted=fault.wanted) from None
    if name.party != state.party or name.agreement not in state.identity.shared_with(peer):
        raise PeerFault("heads log", value=origin, wanted=f"a log of {state.party}")
    if not 0 <= size <= INTEGER_MAX:
        raise PeerFault(f"heads size of {origin}", value=size, wanted=f"0..{INTEGER_MAX}")


def due_pushes(state: State, session: Session) -> tuple[PushWanted, ...]:
    """Return the batches of own logs that this peer lacks and are not under way, lines first.

    Only under agreements of which the peer said in its greeting that it holds a text: it would
    refuse any other, and a refusal costs both the link.
    """
    if not session.proven or session.peer is None:
        return ()
    named = state.links.texts.get(session.peer, {})
    shared = set(state.identity.shared_with(session.peer)) & set(named)
    lacking = [
        log
        for log in state.own_logs()
        if session.confirmed.get(log.name.origin, 0) < log.tree.size
        and log.name.agreement in shared
        and log.name.origin not in session.pushing
    ]
    wanted = []
    for log in sorted(lacking, key=lambda each: (each.name.kind != "line", each.name)):
        origin = log.name.origin
        confirmed = session.pushing[origin] = session.confirmed.get(origin, 0)
        wanted.append(PushWanted(connection=session.connection, origin=origin, first=confirmed))
    return tuple(wanted)


def _check_year(origin: str, year: int, now_us: int) -> None:
    """Check that a log is of a year that there can be one of.

    Every log of a peer costs memory, a line in each heartbeat and a head in entries of ours, so a
    peer must not open ten thousand of them.
    """
    ours = datetime_from_us(now_us).year
    if not ours - LOG_YEARS_BACK <= year <= ours + 1:
        wanted = f"{ours - LOG_YEARS_BACK}..{ours + 1}"
        raise PeerFault(f"push log {origin} year", value=year, wanted=wanted)


def _permitted(state: State, peer: str, origin: str) -> LogName:
    """Return the name of a log that this peer may push to us."""
    try:
        name = log_name(origin)
    except InputFault as fault:
        raise PeerFault(fault.what, value=fault.value, wanted=fault.wanted) from None
    if name.party != peer:
        raise PeerFault("push log", value=origin, wanted=f"a log written by {peer}")
    if name.agreement not in state.identity.shared_with(peer):
        raise PeerFault("push log", value=origin, wanted=f"an agreement shared with {peer}")
    return name


def _push_in(state: State, session: Session, peer: str, push: Push, now_us: int) -> Output:
    name = _permitted(state, peer, push.origin)
    _check_year(push.origin, name.year, now_us)
    log = state.log(push.origin)
    if push.first != log.tree.size:
        # Not in step: say what is held, and the peer begins there. Old entries are never replaced.
        return Output(frames=heartbeat(state, session, now_us))
    if not 0 < len(push.entries) <= BATCH_ENTRIES_MAX:
        raise PeerFault("push entries", value=len(push.entries), wanted=f"1..{BATCH_ENTRIES_MAX}")
    note = push.checkpoint.encode()
    if len(note) > NOTE_OF_PEER_BYTES_MAX:
        wanted = f"{NOTE_OF_PEER_BYTES_MAX} at most"
        raise PeerFault(f"head of {push.origin} bytes", value=len(note), wanted=wanted)
    _verify_head(state, peer, log, push, note)
    receipt = Receipt(
        origin=push.origin,
        size=push.first + len(push.entries),
        line=cosign(state.identity.keys.mirror, note, now_us).decode(),
    )
    return Output(
        mirrored=(
            Mirrored(origin=push.origin, first=push.first, entries=push.entries, checkpoint=note),
        ),
        frames=(FrameOut(connection=session.connection, frame=receipt),),
    )


def _verify_head(state: State, peer: str, log: Log, push: Push, note: bytes) -> None:
    """Check that the peer signed a head, and that exactly these entries give it."""
    head = open_checkpoint(note, _keys(state, peer).log, push.origin)
    if head.size != push.first + len(push.entries):
        raise PeerFault(
            f"head of {push.origin}", value=head.size, wanted=f"{push.first + len(push.entries)}"
        )
    frontier = log.frontier.copy()
    for data in push.entries:
        frontier.append(leaf_hash(data))
    if frontier.root() != head.root:
        raise PeerFault(
            f"head of {push.origin} at {head.size}",
            value=head.root.hex(),
            wanted=f"root {frontier.root().hex()} of the entries held here",
            repair="the log was forked or changed; both heads are kept as evidence",
        )


def _receipt_in(
    state: State, session: Session, peer: str, receipt: Receipt, checkpoint: bytes
) -> Output:
    own = {log.name.origin: log for log in state.own_logs()}
    log = own.get(receipt.origin)
    if log is None or not checkpoint:
        raise PeerFault("receipt", value=receipt.origin, wanted="a head of a log of ours")
    line = receipt.line.encode()
    try:
        noted = add_signatures(checkpoint, (line,))
        given = verify_cosignature(noted, _keys(state, peer).mirror)
    except InputFault as fault:
        raise PeerFault(fault.what, value=fault.value, wanted=fault.wanted) from None
    keep_receipt(state, receipt.origin, peer, Held(size=receipt.size, time_s=given.time_s))
    # An old receipt that comes late takes nothing back; only a heartbeat says "I hold less".
    session.confirmed[receipt.origin] = max(session.confirmed.get(receipt.origin, 0), receipt.size)
    session.pushing.pop(receipt.origin, None)
    return Output(
        receipts=(ReceiptKept(origin=receipt.origin, size=receipt.size, peer=peer, line=line),),
        pushes=due_pushes(state, session),
    )


def keep_receipt(state: State, origin: str, peer: str, held: Held) -> None:
    """Keep a verified receipt if it is the largest yet."""
    by_peer = state.links.receipts.setdefault(origin, {})
    known = by_peer.get(peer)
    if known is None or held.size > known.size:
        by_peer[peer] = held


def due(state: State, now_us: int) -> Output:
    """Return the heartbeats and pushes that time and new entries have made due."""
    frames: list[FrameOut] = []
    pushes: list[PushWanted] = []
    every_us = norms().line.heartbeat_every_s * 1_000_000
    for session in state.links.sessions.values():
        if not session.proven:
            continue
        # A clock that was set back must not silence us until it has caught up.
        if abs(now_us - session.heads_sent_us) >= every_us:
            frames.extend(heartbeat(state, session, now_us))
        pushes.extend(due_pushes(state, session))
    return Output(frames=tuple(frames), pushes=tuple(pushes))


def link_state(state: State, party: str, now_us: int) -> tuple[str, int | None]:
    """Return the link word of NORMS 1 for a peer, and the instant it was last heard."""
    if party == state.party:
        return "up", now_us
    heard_us = state.links.heard_us.get(party)
    if heard_us is None:
        return "unknown", None
    within_us = norms().line.link_up_within_s * 1_000_000
    if now_us < heard_us - within_us:
        # Our own clock was set back: how long ago that was is not known until it is heard again.
        return "unknown", heard_us
    return ("up" if now_us - heard_us <= within_us else "down"), heard_us


__all__ = [
    "due",
    "due_pushes",
    "frame_in",
    "heartbeat",
    "keep_receipt",
    "link_closed",
    "link_opened",
    "link_state",
]
