"""Forks shown to different parties, found by what each says that it has seen.

A party that shows one history here and another there keeps each peer content. But every entry
names the heads that its writer has seen (`seen`), so readers of one log find out from each other.

Rules:
- A root that is claimed, and is not the one of the entries held here, is a dispute and accuses
  nobody: the writer may have forked its log, or whoever claims to have seen it may lie.
- A dispute carries the head held here as its writer signed it. Who holds other entries under a
  signature of the same key has the proof, and writes it down as `fork.evidence`.
- Each dispute is told once for each log and party that claims.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from parley.node.custody_bodies import ForkEvidence, HeadDisputed
from parley.node.entries import Draft, Entry, LogName, Seen, log_name
from parley.node.rules.fork_evidence import evidence_drafts
from parley.node.rules.keyring import open_head
from parley.node.rules.mirroring import NOTE_OF_PEER_BYTES_MAX
from parley.node.state import Scope, State
from parley.world.faults import Fault

_LOOKED = "heads compared"
_ROOT_CHARACTERS = 64
HELD_BYTES_MAX = 4_096


class Claim(NamedTuple):
    """A head that a party says it has seen, and that is not what is held here."""

    origin: str
    party: str
    size: int
    said: str
    here: str


def due(state: State) -> Iterator[Draft]:
    """Yield the disputes and the proven forks that stand in no entry of ours yet."""
    for name in sorted(state.scopes):
        scope = state.scopes[name]
        if "head.disputed" in scope.rules.unknown or name not in state.identity.agreements:
            continue
        total = sum(log.tree.size for log in scope.logs.values()) + len(state.links.witnessed)
        known = scope.index.views.get(_LOOKED)
        if known is not None and known[0] == total:
            continue
        compared = dict(known[1]) if known is not None and isinstance(known[1], dict) else {}
        drafts = [*_disputes(state, scope, compared), *_proven(state, scope)]
        yield from drafts
        if not drafts:
            # Looked at again after they are written: what cannot be written is tried again.
            scope.index.views[_LOOKED] = (total, compared)


def disputes(
    state: State, scope: Scope, compared: dict[tuple[str, str], Seen] | None = None
) -> Iterator[Claim]:
    """Yield the newest claims of every log about every other that the entries held here belie.

    A root binds everything before it, so the newest claim that can be compared says it all.

    Args:
        state: for the heads witnessed of logs that may not be read.
        scope: the agreement.
        compared: claims found right before, by claiming log and log claimed; added to.
    """
    compared = compared if compared is not None else {}
    for log in sorted(scope.logs.values(), key=lambda each: each.name.origin):
        if log.name.party == state.party:
            continue
        for origin, seen in sorted(log.seen.items()):
            if compared.get((log.name.origin, origin)) is seen:
                continue
            here = _root_here(state, scope, origin, seen.size)
            if here is None:
                continue
            if here != seen.root:
                yield Claim(origin, log.name.party, seen.size, seen.root, here)
            else:
                compared[(log.name.origin, origin)] = seen


def _root_here(state: State, scope: Scope, origin: str, size: int) -> str | None:
    """Return the root of a log at a size as held here, in hex, or None where that is not known."""
    log = scope.logs.get(origin)
    if log is not None:
        return log.tree.root(size).hex() if 0 < size <= log.tree.size else None
    head = state.links.witnessed.get(origin)
    return head.root.hex() if head is not None and head.size == size else None


def _disputes(state: State, scope: Scope, compared: dict[tuple[str, str], Seen]) -> Iterator[Draft]:
    told = {
        (entry.body.origin, entry.body.party)
        for entry in scope.custody.get("head.disputed", {}).values()
        if entry.log.party == state.party and isinstance(entry.body, HeadDisputed)
    }
    for claim in disputes(state, scope, compared):
        if (claim.origin, claim.party) in told or claim.origin in state.abandoned:
            continue
        told.add((claim.origin, claim.party))
        held = state.log(claim.origin).checkpoint
        body = HeadDisputed(
            origin=claim.origin,
            party=claim.party,
            size=claim.size,
            here=claim.here,
            said=claim.said[:_ROOT_CHARACTERS],
            held=held.decode("utf-8", "replace") if len(held) <= HELD_BYTES_MAX else "",
        )
        yield Draft(agreement=scope.agreement_id, by="system", body=body)


def _proven(state: State, scope: Scope) -> Iterator[Draft]:
    """Yield the forks that signed heads in disputes and evidence of others prove with our own."""
    told: set[str] = set()
    for kind in ("head.disputed", "fork.evidence"):
        for _, entry in sorted(scope.custody.get(kind, {}).items()):
            if entry.log.party == state.party:
                continue
            for name, note, why in _notes_belied(state, scope, entry):
                if name.origin in told:
                    continue
                told.add(name.origin)
                held = state.log(name.origin).checkpoint
                yield from evidence_drafts(state, name, held, note, why)


def _notes_belied(state: State, scope: Scope, entry: Entry) -> Iterator[tuple[LogName, bytes, str]]:
    """Yield the heads in an entry that the log's own key signed over other entries than ours."""
    body = entry.body
    if not isinstance(body, HeadDisputed | ForkEvidence):
        return
    log = scope.logs.get(body.origin)
    if log is None or log.name.party == state.party:
        return
    shown = (body.held,) if isinstance(body, HeadDisputed) else (body.held, body.refused)
    for text in shown:
        note = text.encode()
        if not 0 < len(note) <= NOTE_OF_PEER_BYTES_MAX:
            continue
        try:
            head = open_head(state, log, note)
        except Fault:
            continue
        if 0 < head.size <= log.tree.size and log.tree.root(head.size) != head.root:
            why = (
                f"{entry.log.party} was shown another history of {body.origin}: "
                f"root {head.root.hex()} at {head.size}, here {log.tree.root(head.size).hex()}"
            )
            yield log.name, note, why


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
    # Of different sizes: what is held here decides which of them it is that does not fit.
    return any(
        head.size <= log.tree.size and log.tree.root(head.size) != head.root for head in heads
    )
