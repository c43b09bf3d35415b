"""Which keys of a party count, and which people: enrolled face to face, then what the logs say.

Rules:
- A log key gives way only to the key whose digest was committed to before, by an entry in a log
  that the old key signed; a thief of the current key cannot choose the next.
- A key revoked by the party's offline root, or distrusted by one of our own people, signs nothing
  more for us; what it signed before stays what it was.
- A person's signature counts if the key was enrolled for that person before, and not removed.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import msgspec

from parley.node.custody_bodies import (
    ActSigned,
    KeyDistrusted,
    KeyRevoked,
    KeyRotated,
    OperatorEnrolled,
    OperatorRemoved,
)
from parley.node.entries import Entry, LogOpened, log_name
from parley.node.state import Key, Log, Scope, State, rank_of
from parley.trust.checkpoint import Checkpoint, open_checkpoint
from parley.trust.keys import VerifierKey, parse_vkey
from parley.trust.statements import (
    Enrolment,
    Rotation,
    verify_act,
    verify_enrolment,
    verify_rotation,
    verify_statement,
)
from parley.world.faults import Fault, PeerFault
from parley.world.time import format_instant


def _entries_of(state: State, name: str, party: str) -> list[Entry]:
    return [e for scope in state.scopes.values() for e in scope.acts_of(name, party).values()]


def log_key_chain(state: State, party: str) -> tuple[VerifierKey, ...]:
    """Return the log keys of a party, the enrolled one first, each followed by its successor."""
    rotated = _entries_of(state, "key.rotated", party)
    # Asked for each frame: computed again only where there is more to compute it from.
    opened = sum(len(scope.opened) for scope in state.scopes.values())
    since = (state.identity, len(rotated), opened)
    known = state.views.get(f"log keys of {party}")
    if known is None or known[0] != since:
        known = (since, _chain(state, party, rotated))
        state.views[f"log keys of {party}"] = known
    assert isinstance(known[1], tuple)
    return known[1]


def _chain(state: State, party: str, rotated: list[Entry]) -> tuple[VerifierKey, ...]:
    first = _enrolled(state, party)
    if first is None:
        return ()
    key, next_sha256 = first
    chain = [key]
    rotations = [
        entry.body for entry in sorted(rotated, key=rank_of) if isinstance(entry.body, KeyRotated)
    ]
    while next_sha256 is not None:
        following = _successor(party, chain[-1], next_sha256, rotations)
        if following is None or following[0] in chain:
            break
        chain.append(following[0])
        next_sha256 = following[1]
    return tuple(chain)


def _enrolled(state: State, party: str) -> tuple[VerifierKey, str | None] | None:
    """Return the log key that was enrolled, and the digest of the one after it."""
    if party == state.party:
        keys = state.identity.keys
        return keys.log.verifier, keys.next_sha256
    known = state.identity.peers.get(party)
    if known is None:
        return None
    if known.next is not None:
        return known.log, known.next
    # Not enrolled: what the logs that this key began say. A thief of the key can begin a log of a
    # year gone by: where they differ none is believed, and the next is enrolled face to face.
    named = {
        entry.body.keys["next"]
        for scope in state.scopes.values()
        for entry in scope.opened.values()
        if entry.log.party == party
        and isinstance(entry.body, LogOpened)
        and entry.body.keys.get("log") == known.log.vkey
        and "next" in entry.body.keys
    }
    return known.log, named.pop() if len(named) == 1 else None


def _successor(
    party: str, old: VerifierKey, next_sha256: str, rotations: list[KeyRotated]
) -> tuple[VerifierKey, str] | None:
    for body in rotations:
        if body.old != old.vkey:
            continue
        try:
            rotation = Rotation(
                party=party,
                role=body.role,
                old=body.old,
                new=body.new,
                next_sha256=body.next_sha256,
            )
            return verify_rotation(rotation, body.possession, old, next_sha256), body.next_sha256
        except Fault:
            continue
    return None


def refused_keys(state: State, party: str) -> dict[str, str]:
    """Return the keys of a party that sign nothing more for us, by vkey, with the reason."""
    found: dict[str, str] = {}
    for entry in _entries_of(state, "key.distrusted", state.party):
        body = entry.body
        if isinstance(body, KeyDistrusted) and body.party == party:
            found[body.key] = f"distrusted by {body.post}: {body.reason}"
    return found | {key: why for key, (_, why) in _revoked(state, party).items()}


def _revoked(state: State, party: str) -> dict[str, tuple[int, str]]:
    """Return the keys that the root of a party has revoked: from when on, and why."""
    peer = state.identity.peers.get(party)
    roots, threshold = (peer.roots, peer.root_threshold) if peer is not None else ((), 0)
    if party == state.party:
        roots, threshold = state.identity.roots
    if not roots:
        return {}
    found: dict[str, tuple[int, str]] = {}
    for scope in state.scopes.values():
        found |= _revoked_in(scope, party, roots, threshold)
    return found


def _revoked_in(
    scope: Scope, party: str, roots: tuple[VerifierKey, ...], threshold: int
) -> dict[str, tuple[int, str]]:
    """Return what one agreement's logs say of it; each statement is verified once, not each time.

    Anybody can write one statement a thousand times, and keys are asked for with every frame.
    """
    acts = scope.custody.get("key.revoked", {})
    since = (roots, threshold)
    done = 0
    found: dict[str, tuple[int, str]] = {}
    known = scope.index.revoked.get(party)
    if known is not None and known[1] == since:
        done, _, found = known
    for entry in itertools.islice(acts.values(), done, None):
        assert isinstance(entry.body, KeyRevoked)
        try:
            statement = verify_statement(entry.body.statement.encode(), roots, threshold)
        except Fault:
            continue
        if statement.action == "revoke" and statement.party == party:
            why = f"revoked by the root of {party}: {statement.reason}"
            found.setdefault(statement.key, (statement.at_us, why))
    scope.index.revoked[party] = (len(acts), since, found)
    return found


def require_counting(state: State, party: str, key: str) -> None:
    """Return nothing if a party's key (vkey, or digest of a seal key) counts here.

    Raises:
        PeerFault: it was revoked, or is distrusted.
    """
    why = refused_keys(state, party).get(key)
    if why is not None:
        raise PeerFault(f"key of {party}", value=why, wanted="a key that counts")


def open_head(state: State, log: Log, note: bytes, *, refused_too: bool = False) -> Checkpoint:
    """Return the head in a note that the log's writer signed with a key that counts there.

    Within a log the key in force is that of the last rotation held; a log not yet held may be
    opened by any key of the chain that was not given up in one before it. `refused_too`: also by
    a key that was distrusted or revoked since, to judge what it signed as evidence.

    Raises:
        PeerFault: no key that counts signed it.
    """
    party = log.name.party
    refused = {} if refused_too else refused_keys(state, party)
    chain = log_key_chain(state, party)
    inside = [key for key in _keys_in(state, log) if key in chain]
    candidates = [inside[-1]] if inside else _may_begin(state, log, chain)
    if party == state.party:
        candidates = [*candidates, *chain, *state.identity.past]
    counting = [key for key in candidates if key.vkey not in refused]
    if not counting:
        why = next((refused[k.vkey] for k in candidates if k.vkey in refused), "unknown")
        raise PeerFault(f"head of {log.name.origin} key", value=why, wanted=f"a key of {party}")
    fault: PeerFault | None = None
    for key in counting:
        try:
            return open_checkpoint(note, key, log.name.origin)
        except PeerFault as found:
            fault = found
    assert fault is not None
    raise fault


def _may_begin(state: State, log: Log, chain: tuple[VerifierKey, ...]) -> list[VerifierKey]:
    """Return the keys that may begin a log, the newest first: none older than in the log before it.

    Else a thief of a key that was given up could go on in the party's name with a new incarnation.
    """
    name, oldest = log.name, 0
    for other in state.scope(name.agreement).logs.values():
        before = (other.name.year, other.name.incarnation) < (name.year, name.incarnation)
        if not before or (other.name.party, other.name.kind) != (name.party, name.kind):
            continue
        inside = [chain.index(key) for key in _keys_in(state, other) if key in chain]
        oldest = max(oldest, *inside[-1:], 0)
    return list(reversed(chain[oldest:]))


def _keys_in(state: State, log: Log) -> list[VerifierKey]:
    """Return the keys that a held log names: the one it opened with, and each rotation."""
    scope = state.scope(log.name.agreement)
    opened = scope.opened.get(log.name.origin)
    if opened is None or not isinstance(opened.body, LogOpened):
        return []
    texts = [opened.body.keys.get("log", "")]
    rotated = scope.acts_of("key.rotated", log.name.party)
    here = sorted(
        (e for e in rotated.values() if e.log.origin == log.name.origin), key=lambda e: e.seq
    )
    texts += [e.body.new for e in here if isinstance(e.body, KeyRotated)]
    found = []
    for text in texts:
        try:
            found.append(parse_vkey(text))
        except Fault:
            continue
    return found


# ---- people -------------------------------------------------------------------------------------


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """A person's signature on an entry: who, at which post, when, and whether it counts."""

    operator: str
    post: str
    at_us: int
    counts: bool
    why: str = ""


class Operator(msgspec.Struct, frozen=True, kw_only=True):
    """A person of a party as its logs say: the enrolment that holds, and what ended it, if any."""

    enrolled: Entry
    removed: Entry | None = None

    @property
    def body(self) -> OperatorEnrolled:
        """What was enrolled."""
        assert isinstance(self.enrolled.body, OperatorEnrolled)
        return self.enrolled.body


def signatures_of(
    state: State, scope: Scope, key: Key, leaf: str, among: Iterable[Entry] | None = None
) -> tuple[Signed, ...]:
    """Return the signatures of people on an entry, in the order of their writer's log.

    `among`: the entries to look at, for whoever has them already; else all signatures there are.
    """
    found = []
    every = scope.custody.get("act.signed", {}).values() if among is None else among
    for entry in sorted(every, key=rank_of):
        body = entry.body
        if not isinstance(body, ActSigned) or not entry.ref or entry.ref[0].key != key:
            continue
        why = _flaw(state, scope, entry, leaf)
        found.append(
            Signed(
                operator=body.operator,
                post=entry.by,
                at_us=entry.issued_us,
                counts=why == "",
                why=why,
            )
        )
    return tuple(found)


def _flaw(state: State, scope: Scope, entry: Entry, leaf: str) -> str:
    """Return why a person's signature does not count, or nothing."""
    body, (origin, index) = entry.body, entry.ref[0].key
    assert isinstance(body, ActSigned)
    if log_name(origin).party != entry.log.party:
        return "on an entry of another party"
    try:
        enrolled = operator_key(state, scope, entry, body.operator)
        verify_act(enrolled, origin, index, leaf, body.signature)
    except Fault as fault:
        return str(fault)
    return ""


def operators_of(scope: Scope, party: str, before: Entry | None = None) -> dict[str, Operator]:
    """Return the people of a party by pseudonym, those removed too; up to an entry if one is given.

    A pseudonym that is enrolled again stands for the new key.
    """
    acts = [
        entry
        for name in ("operator.enrolled", "operator.removed")
        for entry in scope.acts_of(name, party).values()
        if before is None or rank_of(entry) < rank_of(before)
    ]
    found: dict[str, Operator] = {}
    for entry in sorted(acts, key=rank_of):
        body = entry.body
        if isinstance(body, OperatorEnrolled):
            found[body.operator] = Operator(enrolled=entry)
        elif isinstance(body, OperatorRemoved) and body.operator in found:
            known = found[body.operator]
            found[body.operator] = Operator(enrolled=known.enrolled, removed=known.removed or entry)
    return found


def operator_key(state: State, scope: Scope, by: Entry, operator: str) -> VerifierKey:
    """Return the key with which a person of an entry's writer could sign at that place.

    Raises:
        PeerFault: a stranger, somebody removed, expired or revoked by then, or at another post.
    """
    found = operators_of(scope, by.log.party, by).get(operator)
    what = f"operator {operator}"
    if found is None:
        wanted = "a person enrolled before, under this agreement"
        raise PeerFault(what, value="a stranger", wanted=wanted)
    why = operator_ended(found, by.issued_us)
    if why:
        raise PeerFault(what, value=why, wanted="a person enrolled then")
    if by.by not in found.body.posts:
        raise PeerFault(what, value=f"at post {by.by}", wanted=f"at {', '.join(found.body.posts)}")
    key = verify_enrolment(enrolment_of(by.log.party, found.body), found.body.possession)
    revoked = _revoked(state, by.log.party).get(key.vkey)
    if revoked is not None and revoked[0] <= by.issued_us:
        raise PeerFault(what, value=revoked[1], wanted="a key that counts")
    return key


def operator_ended(operator: Operator, at_us: int) -> str:
    """Return why a person may not sign any more at an instant, or nothing."""
    if operator.removed is not None:
        body = operator.removed.body
        assert isinstance(body, OperatorRemoved)
        reason = f": {body.reason}" if body.reason else ""
        return f"removed at {format_instant(operator.removed.issued_us)}{reason}"
    until_us = operator.body.until_us
    if until_us is not None and until_us < at_us:
        return f"enrolled until {format_instant(until_us)}"
    return ""


def enrolment_of(party: str, body: OperatorEnrolled) -> Enrolment:
    """Return what a person agreed to when enrolled.

    Raises:
        InputFault: it cannot be one.
    """
    return Enrolment(
        party=party,
        operator=body.operator,
        key=body.key,
        posts=body.posts,
        until_us=body.until_us,
    )
