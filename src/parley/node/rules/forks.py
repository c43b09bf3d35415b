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

import itertools
from collections.abc import Iterator
from typing import NamedTuple

from parley.node.custody_bodies import ForkEvidence, HeadDisputed
from parley.node.entries import Draft, Entry, LogName, log_name
from parley.node.rules.fork_evidence import evidence_drafts, told_once
from parley.node.rules.fork_evidence import is_proof as is_proof  # asked for here
from parley.node.rules.keyring import open_head
from parley.node.rules.mirroring import NOTE_OF_PEER_BYTES_MAX
from parley.node.state import Scope, State
from parley.trust.checkpoint import parse_unverified_checkpoint
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
        if "head.disputed" in scope.rules.unknown or name not in state.agreements:
            continue
        sizes = {origin: log.tree.size for origin, log in scope.logs.items()}
        sizes |= {origin: head.size for origin, head in state.links.witnessed.items()}
        known = scope.index.views.get(_LOOKED)
        before = known[0] if known is not None and isinstance(known[0], dict) else {}
        if before == sizes:
            continue
        changed = {origin for origin, size in sizes.items() if before.get(origin) != size}
        drafts = [*_disputes(state, scope, changed), *_proven(state, scope)]
        yield from drafts
        if not drafts:
            # Looked at again after they are written: what cannot be written is tried again.
            scope.index.views[_LOOKED] = (sizes, None)


def disputes(state: State, scope: Scope, changed: set[str] | None = None) -> Iterator[Claim]:
    """Yield the newest claims of every log about every other that the entries held here belie.

    A root binds everything before it, so the newest claim that can be compared says it all.

    Args:
        state: for the heads witnessed of logs that may not be read.
        scope: the agreement.
        changed: logs that grew since the last look; the others' claims about others hold.
    """
    known = scope.logs.keys() | state.links.witnessed.keys()
    for log in sorted(scope.logs.values(), key=lambda each: each.name.origin):
        if log.name.party == state.party:
            continue
        # What it says of logs that are not here may be without end, and nobody can tell.
        grew = changed is None or log.name.origin in changed
        for origin in sorted(
            (known if grew or changed is None else known & changed) & log.seen.keys()
        ):
            seen = log.seen[origin]
            here = _root_here(state, scope, origin, seen.size)
            if here is not None and here != seen.root:
                yield Claim(origin, log.name.party, seen.size, seen.root, here)
    # Who disputes what we hold is answered with our own head: theirs may be longer than our log,
    # and then only they can compare.
    for entry in scope.custody.get("head.disputed", {}).values():
        body = entry.body
        if entry.log.party == state.party or not isinstance(body, HeadDisputed):
            continue
        here = _root_here(state, scope, body.origin, body.size) if body.origin in known else None
        if here is not None and here != body.here:
            yield Claim(body.origin, entry.log.party, body.size, body.here, here)


def _root_here(state: State, scope: Scope, origin: str, size: int) -> str | None:
    """Return the root of a log at a size as held here, in hex, or None where that is not known."""
    log = scope.logs.get(origin)
    if log is not None:
        return log.tree.root(size).hex() if 0 < size <= log.tree.size else None
    head = state.links.witnessed.get(origin)
    return head.root.hex() if head is not None and head.size == size else None


def _disputes(state: State, scope: Scope, changed: set[str]) -> Iterator[Draft]:
    told = {
        (entry.body.origin, entry.body.party)
        for entry in scope.acts_of("head.disputed", state.party).values()
        if isinstance(entry.body, HeadDisputed)
    }
    for claim in disputes(state, scope, changed):
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
    for entry in _told_by_others(state, scope):
        body = entry.body
        if isinstance(body, ForkEvidence) and body.proof and is_proof(state, body):
            # Proven by others to anybody: we say so too, whatever we hold of that log ourselves.
            yield from told_once(state, log_name(body.origin), body)
        for name, note, why in _notes_belied(state, scope, entry):
            if name.origin in told:
                continue
            told.add(name.origin)
            held = state.log(name.origin).checkpoint
            yield from evidence_drafts(state, name, held, note, why)


def _told_by_others(state: State, scope: Scope) -> Iterator[Entry]:
    """Yield the disputes and evidence of others that may say something new.

    Each when it comes, and when the log it is about has grown to a head in it; of one writer's
    entries about one log only the first count: signatures are dear to check, and anybody can write
    a thousand such entries.
    """
    told = scope.index.told
    for kind in ("head.disputed", "fork.evidence"):
        acts = scope.custody.get(kind, {})
        done = told.counts.get(kind, 0)
        for entry in itertools.islice(acts.values(), done, None):
            body = entry.body
            if entry.log.party == state.party or not isinstance(body, HeadDisputed | ForkEvidence):
                continue
            told.add(kind, body.origin, entry)
        told.counts[kind] = len(acts)
    for origin in sorted(told.waiting.keys() & scope.logs.keys()):
        size = scope.logs[origin].tree.size
        again = []
        for from_size, entry in told.waiting.pop(origin):
            if from_size > size:
                again.append((from_size, entry))
                continue
            yield entry
            later = [each for each in _sizes_shown(entry) if each > size]
            again.extend([(min(later), entry)] if later else [])
        if again:
            told.waiting[origin] = again


def _sizes_shown(entry: Entry) -> list[int]:
    """Return the sizes of the heads that an entry shows, as they say themselves."""
    sizes = []
    for text in _shown(entry):
        try:
            sizes.append(parse_unverified_checkpoint(text.encode()).size)
        except Fault:
            continue
    return sizes


def _shown(entry: Entry) -> tuple[str, ...]:
    body = entry.body
    if isinstance(body, HeadDisputed):
        return (body.held,)
    return (body.held, body.refused) if isinstance(body, ForkEvidence) else ()


def _notes_belied(state: State, scope: Scope, entry: Entry) -> Iterator[tuple[LogName, bytes, str]]:
    """Yield the heads in an entry that the log's own key signed over other entries than ours."""
    body = entry.body
    if not isinstance(body, HeadDisputed | ForkEvidence):
        return
    log = scope.logs.get(body.origin)
    if log is None or log.name.party == state.party:
        return
    for text in _shown(entry):
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
