"""Forks: heads that a party's own key signed and that cannot be of one history, kept and told.

Rules:
- Only from who has proved itself, about its own log, and signed by its log key: anything else is
  nobody's word, and a stranger must not fill the disk in a peer's name.
- Every party of the agreement is told, once for each log: more would say nothing more.
"""

from __future__ import annotations

import msgspec

from parley.node.custody_bodies import ForkEvidence
from parley.node.entries import Draft, LogName, log_name
from parley.node.frames import Ahead, Frame, Push
from parley.node.inputs import (
    Refused,
)
from parley.node.links import (
    Session,
)
from parley.node.rules.keyring import open_head
from parley.node.rules.mirroring import NOTE_OF_PEER_BYTES_MAX, Forked, check_shard, permitted
from parley.node.state import State
from parley.trust.checkpoint import Checkpoint, parse_unverified_checkpoint
from parley.trust.tree import verify_consistency
from parley.world.faults import Fault, PeerFault

_EVIDENCE_BYTES_MAX = 8_192


def fork_evidence(
    state: State, session: Session, frame: Frame, fault: PeerFault, now_us: int
) -> tuple[tuple[Refused, ...], tuple[Draft, ...]]:
    """Return what keeps a head that a peer signed and we refused, and the entry that says so.

    Only from who has proved itself, about a log that it may push, and signed by its log key:
    anything else is nobody's word, and a stranger must not fill the disk in a peer's name.
    """
    if not isinstance(frame, Push | Ahead) or session.peer is None or not session.proven:
        return (), ()
    note = frame.checkpoint.encode()
    try:
        name = permitted(state, session.peer, frame.origin)
        if len(note) > NOTE_OF_PEER_BYTES_MAX:
            return (), ()
        log = state.log(frame.origin)
        open_head(state, log, note)
        if not log.tree.size:
            check_shard(name, (), now_us)
    except Fault:
        return (), ()
    if len(note) > _EVIDENCE_BYTES_MAX or (not log.tree.size and name.incarnation > 1):
        # A key can sign heads of names without end: what is kept of them must have one.
        return (), ()
    refused = Refused(origin=frame.origin, peer=session.peer, checkpoint=note, why=str(fault))
    if not isinstance(fault, Forked):
        return (refused,), ()
    return (refused,), evidence_drafts(state, name, fault.held or log.checkpoint, note, str(fault))


def evidence_drafts(
    state: State, name: LogName, held: bytes, refused: bytes, why: str
) -> tuple[Draft, ...]:
    """Return the entry that tells everybody of a fork, once per log: more say nothing."""
    scope = state.scope(name.agreement)
    if "fork.evidence" in scope.rules.unknown or len(held) + len(refused) > _EVIDENCE_BYTES_MAX:
        return ()
    body = _body(state, name, held, refused, why)
    return told_once(state, name, body)


def told_once(state: State, name: LogName, body: ForkEvidence) -> tuple[Draft, ...]:
    """Return the entry of evidence, unless one of ours tells as much already."""
    scope = state.scope(name.agreement)
    told = [
        entry.body
        for entry in scope.acts_of("fork.evidence", state.party).values()
        if isinstance(entry.body, ForkEvidence) and entry.body.origin == name.origin
    ]
    # What only looked like a fork must not stand in the way of the proof of one.
    if told and (any(is_proof(state, each) for each in told) or not is_proof(state, body)):
        return ()
    return (Draft(agreement=name.agreement, by="system", body=body),)


def _body(state: State, name: LogName, held: bytes, refused: bytes, why: str) -> ForkEvidence:
    """Return the evidence, with the proof that lets others see it who hold neither history."""
    body = ForkEvidence(
        origin=name.origin,
        held=held.decode("utf-8", "replace"),
        refused=refused.decode("utf-8", "replace"),
        why=why[:400],
    )
    tree = state.log(name.origin).tree
    try:
        ours, theirs = parse_unverified_checkpoint(held), parse_unverified_checkpoint(refused)
    except PeerFault:
        return body
    fits = 0 < theirs.size < ours.size <= tree.size and tree.root(ours.size) == ours.root
    if not fits:
        return body
    return msgspec.structs.replace(
        body,
        root=tree.root(theirs.size).hex(),
        proof=tuple(each.hex() for each in tree.consistency_proof(theirs.size, ours.size)),
    )


def _shown_by_proof(body: ForkEvidence, smaller: Checkpoint, larger: Checkpoint) -> bool:
    """Whether the larger head goes on from another root than the smaller one signs."""
    try:
        root = bytes.fromhex(body.root)
        proof = tuple(bytes.fromhex(each) for each in body.proof)
        verify_consistency(smaller.size, larger.size, proof, root, larger.root)
    except (PeerFault, ValueError):
        return False
    return root != smaller.root


def is_proof(state: State, body: ForkEvidence) -> bool:
    """Return whether evidence holds: both heads signed by the log's key, and not of one history.

    Evidence that does not is the word of whoever wrote it, and accuses nobody.
    """
    try:
        log = state.log(log_name(body.origin).origin)
        # A key that was distrusted because of this must not take the proof away.
        heads = [
            open_head(state, log, text.encode(), refused_too=True)
            for text in (body.held, body.refused)
        ]
    except Fault:
        return False
    first, second = sorted(heads, key=lambda head: head.size)
    if first.size == second.size:
        return first.root != second.root
    # Of different sizes: a proof decides, or what is held here, which of them does not fit.
    return _shown_by_proof(body, first, second) or any(
        head.size <= log.tree.size and log.tree.root(head.size) != head.root for head in heads
    )
