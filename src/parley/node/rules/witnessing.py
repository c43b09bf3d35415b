"""Heads of logs that may not be read: witnessed, so that their writer cannot rewrite them.

Rules:
- Of a private log only heads leave. Each peer keeps the newest, takes another only with the proof
  that it goes on from the one it has, and cosigns it with its witness key: "I saw this head".
- Two heads that cannot be of one history are kept, both, as evidence.
"""

from __future__ import annotations

from parley.node.frames import Head, Witnessed
from parley.node.inputs import FrameOut, HeadWitnessed, Output, ReceiptKept, Refused
from parley.node.links import Session
from parley.node.rules import quotas
from parley.node.rules.fork_evidence import evidence_drafts
from parley.node.rules.keyring import open_head, require_counting
from parley.node.rules.mirroring import NOTE_OF_PEER_BYTES_MAX, check_shard, permitted
from parley.node.state import State
from parley.trust.checkpoint import Checkpoint, cosign, verify_cosignature
from parley.trust.note import add_signatures
from parley.trust.tree import verify_consistency
from parley.world.faults import InputFault, PeerFault


def due_heads(state: State, session: Session) -> tuple[FrameOut, ...]:
    """Return the heads of own private logs that this peer has not witnessed yet."""
    if session.peer is None:
        return ()
    private = [log for log in state.own_logs() if log.name.kind == "private"]
    if not private:
        return ()
    shared = set(state.identity.shared_with(session.peer))
    frames = []
    for log in private:
        name, size = log.name, log.tree.size
        known = session.heads_known.get(name.origin, 0)
        if name.agreement not in shared or not log.checkpoint:
            continue
        if known >= size or name.origin in session.pushing:
            continue
        proof = log.tree.consistency_proof(known, size) if known else ()
        frame = Head(
            origin=name.origin,
            old=known,
            proof=tuple(each.hex() for each in proof),
            checkpoint=log.checkpoint.decode(),
        )
        # One at a time: a lost answer is asked for again with a new connection.
        session.heads_known[name.origin] = size
        frames.append(FrameOut(connection=session.connection, frame=frame))
    return tuple(frames)


def head_in(state: State, session: Session, frame: Head, now_us: int) -> Output:
    """Return the cosignature on a head of a peer's private log, or the size that is known of it."""
    assert session.peer is not None
    name = permitted(state, session.peer, frame.origin)
    check_shard(name, state.links.witnessed, now_us)
    note = frame.checkpoint.encode()
    if name.kind != "private" or len(note) > NOTE_OF_PEER_BYTES_MAX:
        raise PeerFault("head of log", value=frame.origin, wanted="a private log, a short note")
    head = open_head(state, state.log(frame.origin), note)
    known = state.links.witnessed.get(frame.origin)
    if frame.old != (known.size if known is not None else 0):
        size = known.size if known is not None else 0
        return _answer(session, Witnessed(origin=frame.origin, size=size))
    if quotas.take(state, session.peer, "private", 1, len(note), now_us=now_us):
        state.links.refuse(session.peer, "quota", "more than its quota of private heads")
        return Output()
    if known is not None:
        try:
            proof = tuple(bytes.fromhex(each) for each in frame.proof)
            verify_consistency(known.size, head.size, proof, known.root, head.root)
        except (PeerFault, ValueError):
            return _forked(state, session, frame, known)
    state.links.witnessed[frame.origin] = head
    state.links.witnessed_notes[frame.origin] = note
    line = cosign(state.identity.keys.witness, note, now_us).decode()
    output = _answer(session, Witnessed(origin=frame.origin, size=head.size, line=line))
    kept = HeadWitnessed(origin=frame.origin, size=head.size, note=note)
    return Output(witnessed=(kept,), frames=output.frames)


def _answer(session: Session, frame: Witnessed) -> Output:
    return Output(frames=(FrameOut(connection=session.connection, frame=frame),))


def _forked(state: State, session: Session, frame: Head, known: Checkpoint) -> Output:
    why = f"head of {frame.origin} does not go on from the one witnessed at {known.size}"
    note = frame.checkpoint.encode()
    assert session.peer is not None
    state.links.refuse(session.peer, "fault", why)
    name = permitted(state, session.peer, frame.origin)
    held = state.links.witnessed_notes.get(frame.origin, b"")
    return Output(
        refused=(Refused(origin=frame.origin, peer=session.peer, checkpoint=note, why=why),),
        drafts=evidence_drafts(state, name, held, note, why),
    )


def witnessed_in(state: State, session: Session, frame: Witnessed, checkpoint: bytes) -> Output:
    """Return what stores a peer's cosignature on a head of a private log of ours."""
    assert session.peer is not None
    own = {log.name.origin: log for log in state.own_logs() if log.name.kind == "private"}
    log = own.get(frame.origin)
    if log is None or frame.size > log.tree.size:
        # It has witnessed more than we hold: this node was restored; the log is not continued.
        if log is not None:
            state.abandoned[frame.origin] = "restored"
            return Output()
        raise PeerFault("witnessed", value=frame.origin, wanted="a private log of ours")
    if frame.size < 0:
        raise PeerFault("witnessed size", value=frame.size, wanted=f"0..{log.tree.size}")
    if not frame.line:
        session.heads_known[frame.origin] = frame.size
        return Output(frames=due_heads(state, session))
    if not checkpoint:
        raise PeerFault("witnessed", value=frame.size, wanted="the size of a head of ours")
    witness = state.identity.peers[session.peer].witness
    if witness is None:
        raise PeerFault("witnessed", value=session.peer, wanted="a peer whose witness key we have")
    require_counting(state, session.peer, witness.vkey)
    line = frame.line.encode()
    try:
        verify_cosignature(add_signatures(checkpoint, (line,)), witness)
    except InputFault as fault:
        raise PeerFault(fault.what, value=fault.value, wanted=fault.wanted) from None
    kept = ReceiptKept(
        origin=frame.origin,
        size=frame.size,
        peer=session.peer,
        cosigner=witness.name,
        line=line,
    )
    return Output(receipts=(kept,))
