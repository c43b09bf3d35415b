"""Forks: heads that a party's own key signed and that cannot be of one history, kept and told.

Rules:
- Only from who has proved itself, about its own log, and signed by its log key: anything else is
  nobody's word, and a stranger must not fill the disk in a peer's name.
- Every party of the agreement is told, once for each log: more would say nothing more.
"""

from __future__ import annotations

from parley.node.custody_bodies import ForkEvidence
from parley.node.entries import Draft, LogName
from parley.node.frames import Frame, Push
from parley.node.inputs import (
    Refused,
)
from parley.node.links import (
    Session,
)
from parley.node.rules.keyring import open_head
from parley.node.rules.mirroring import NOTE_OF_PEER_BYTES_MAX, Forked, check_shard, permitted
from parley.node.state import State
from parley.world.faults import Fault, PeerFault

_EVIDENCE_BYTES_MAX = 8_192


def fork_evidence(
    state: State, session: Session, frame: Frame, fault: PeerFault, now_us: int
) -> tuple[tuple[Refused, ...], tuple[Draft, ...]]:
    """Return what keeps a head that a peer signed and we refused, and the entry that says so.

    Only from who has proved itself, about a log that it may push, and signed by its log key:
    anything else is nobody's word, and a stranger must not fill the disk in a peer's name.
    """
    if not isinstance(frame, Push) or session.peer is None or not session.proven:
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
    return (refused,), evidence_drafts(state, name, log.checkpoint, note, str(fault))


def evidence_drafts(
    state: State, name: LogName, held: bytes, refused: bytes, why: str
) -> tuple[Draft, ...]:
    """Return the entry that tells everybody of a fork, once per log: more say nothing more."""
    scope = state.scope(name.agreement)
    if "fork.evidence" in scope.rules.unknown or len(held) + len(refused) > _EVIDENCE_BYTES_MAX:
        return ()
    for entry in scope.custody.get("fork.evidence", {}).values():
        body = entry.body
        own = entry.log.party == state.party and isinstance(body, ForkEvidence)
        if own and isinstance(body, ForkEvidence) and body.origin == name.origin:
            return ()
    body = ForkEvidence(
        origin=name.origin,
        held=held.decode("utf-8", "replace"),
        refused=refused.decode("utf-8", "replace"),
        why=why[:400],
    )
    return (Draft(agreement=name.agreement, by="system", body=body),)
