"""Who may sign, who has signed, which keys count, what is held back, opened, destroyed or forked.

Only reading. A signature of a person is shown with its reason where it does not count; nothing that
was refused is left out, and what a guarded notice says is shown only after somebody has opened it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, Protocol

import msgspec

from parley.node.custody_bodies import (
    ConsentGiven,
    ConsentWithdrawn,
    ForkEvidence,
    HeadDisputed,
    HoldLifted,
    HoldSet,
    KeyDistrusted,
    PayloadOpened,
    PeerRefused,
)
from parley.node.entries import Entry
from parley.node.rules.custody import clock_alarm, guarded
from parley.node.rules.forks import is_proof
from parley.node.rules.keyring import (
    Signed,
    log_key_chain,
    operator_ended,
    operators_of,
    refused_keys,
    signatures_of,
)
from parley.node.state import Key, Scope, State, Thread, key_of, order_of, rank_of
from parley.store.sqlite import EntryReceipt, StoredCosignature
from parley.trust.checkpoint import verify_cosignature
from parley.trust.keys import VerifierKey
from parley.trust.note import add_signatures
from parley.world.faults import Fault

GUARDED = "guarded: open it to read, the opening is written down"
_HEADS_LOOKED_AT = 16
"""How many heads after an entry are looked at for a peer's first cosignature over it."""
SignedWord = Literal["not signed by a person", "single-signed", "double-signed"]
Reading = Literal["plain", "guarded", "opened", "sealed", "destroyed"]
"""plain: to be read; guarded: not opened here yet; opened: it was, see by whom; sealed: the payload
is not held here; destroyed: this party has dropped its copy."""


class _View(msgspec.Struct, frozen=True, kw_only=True):
    pass


# ---- people's signatures ------------------------------------------------------------------------


def signed_word(signatures: tuple[Signed, ...]) -> SignedWord:
    """Return how many different people's signatures count, in words."""
    people = {each.operator for each in signatures if each.counts}
    if not people:
        return "not signed by a person"
    return "single-signed" if len(people) == 1 else "double-signed"


def signed_keys(scope: Scope) -> set[Key]:
    """Return the entries under an agreement that bear a person's signature, counting or not."""
    acts = scope.custody.get("act.signed", {}).values()
    return {entry.ref[0].key for entry in acts if entry.ref}


def signatures(state: State, scope: Scope, key: Key) -> tuple[Signed, ...]:
    """Return the signatures of people on an entry that is held here."""
    log = state.log(key[0])
    if not 0 <= key[1] < log.tree.size:
        return ()
    return signatures_of(state, scope, key, log.tree.leaf(key[1]).hex())


class OperatorView(_View, frozen=True, kw_only=True):
    """A person by pseudonym: the key, the posts, and whether it counts now; if not, why."""

    operator: str
    agreement: str
    party: str
    key: str
    posts: tuple[str, ...]
    enrolled_us: int
    until_us: int | None
    counts: bool
    why: str


def operators_view(state: State, now_us: int) -> tuple[OperatorView, ...]:
    """Return the people of every party, those removed or expired too."""
    found = []
    for name, scope in sorted(state.scopes.items()):
        parties = {e.log.party for e in scope.custody.get("operator.enrolled", {}).values()}
        for party in sorted(parties):
            refused = refused_keys(state, party)
            for operator, known in sorted(operators_of(scope, party).items()):
                why = operator_ended(known, now_us) or refused.get(known.body.key, "")
                found.append(
                    OperatorView(
                        operator=operator,
                        agreement=name,
                        party=party,
                        key=known.body.key,
                        posts=known.body.posts,
                        enrolled_us=known.enrolled.issued_us,
                        until_us=known.body.until_us,
                        counts=why == "",
                        why=why,
                    )
                )
    return tuple(found)


# ---- keys, forks, clocks, refusals --------------------------------------------------------------


class KeyView(_View, frozen=True, kw_only=True):
    """A key of a peer: its job, and why it does not count; empty where it does."""

    party: str
    role: str
    key: str
    why: str


class ForkView(_View, frozen=True, kw_only=True):
    """Two histories under one log key: whose log, who says so, what is wrong, where it stands.

    `proven`: both heads are signed by that key and cannot be of one history; else it is only what
    its writer says, and accuses nobody.
    """

    origin: str
    party: str
    found_by: str
    at_us: int
    why: str
    key: Key
    proven: bool


class ClockView(_View, frozen=True, kw_only=True):
    """A peer's clock against ours: offset (theirs minus ours), its bound, whether it alarms."""

    offset_us: int
    within_us: int | None
    alarm: bool


class RefusedView(_View, frozen=True, kw_only=True):
    """What was not taken from a peer: quota, fault or sealed; how often, the last reason."""

    what: str
    count: int
    why: str
    written: bool


def keys_view(state: State) -> tuple[KeyView, ...]:
    """Return the keys of every peer, by role, with what is said against them."""
    found = []
    for party, peer in sorted(state.identity.peers.items()):
        keys = [("log", key.vkey) for key in log_key_chain(state, party)]
        keys += [("mirror", peer.mirror.vkey), ("link", peer.link.vkey)]
        keys += [("witness", peer.witness.vkey)] if peer.witness is not None else []
        keys += [("seal", peer.seal)] if peer.seal is not None else []
        refused = refused_keys(state, party)
        found += [
            KeyView(party=party, role=role, key=key, why=refused.get(key, "")) for role, key in keys
        ]
        known = {key for _, key in keys}
        found += [
            KeyView(party=party, role="other", key=key, why=why)
            for key, why in sorted(refused.items())
            if key not in known
        ]
    return tuple(found)


def own_keys_refused(state: State) -> tuple[KeyView, ...]:
    """Return the keys of this party that count no more, by its root or at a peer, and why.

    What such a key signs is taken nowhere, or not by that peer: the post must know it at once.
    """
    keys = state.identity.keys
    roles: dict[str, str] = {keys.seal.digest: "seal"}
    for each in (keys.log, keys.mirror, keys.link, keys.witness):
        roles[each.verifier.vkey] = each.role
    said = list(refused_keys(state, state.party).items())
    for scope in state.scopes.values():
        for entry in scope.custody.get("key.distrusted", {}).values():
            body = entry.body
            if isinstance(body, KeyDistrusted) and body.party == state.party:
                why = f"distrusted by {body.post} of {entry.log.party}: {body.reason}"
                said.append((body.key, why))
    return tuple(
        KeyView(party=state.party, role=roles[key], key=key, why=why)
        for key, why in dict.fromkeys(said)
        if key in roles
    )


def forks_view(state: State) -> tuple[ForkView, ...]:
    """Return every fork that a log held here tells of, the proven ones first, then the newest."""
    found = [
        ForkView(
            origin=entry.body.origin,
            party=_party_of(entry.body.origin),
            found_by=entry.log.party,
            at_us=entry.issued_us,
            why=entry.body.why,
            key=key_of(entry),
            proven=is_proof(state, entry.body),
        )
        for scope in state.scopes.values()
        for entry in scope.custody.get("fork.evidence", {}).values()
        if isinstance(entry.body, ForkEvidence)
    ]
    return tuple(sorted(found, key=lambda each: (not each.proven, -each.at_us, each.key)))


class DisputeView(_View, frozen=True, kw_only=True):
    """A party says that it saw another head of a log than the one held here; accuses nobody."""

    origin: str
    says: str
    told_by: str
    size: int
    at_us: int
    key: Key


def disputes_view(state: State) -> tuple[DisputeView, ...]:
    """Return the heads that are disputed, the newest first."""
    found = [
        DisputeView(
            origin=entry.body.origin,
            says=entry.body.party,
            told_by=entry.log.party,
            size=entry.body.size,
            at_us=entry.issued_us,
            key=key_of(entry),
        )
        for scope in state.scopes.values()
        for entry in scope.custody.get("head.disputed", {}).values()
        if isinstance(entry.body, HeadDisputed)
    ]
    return tuple(sorted(found, key=lambda each: (-each.at_us, each.key)))


def _party_of(origin: str) -> str:
    parts = origin.split("/")
    return parts[2] if len(parts) == 5 else "unknown"


def clock_view(state: State, party: str) -> ClockView | None:
    """Return a peer's clock as measured; None while nothing is known of it."""
    sample = state.links.clock(party)
    offset_us = state.links.offset_us.get(party)
    standing = [
        alarm
        for name in state.identity.shared_with(party)
        if (alarm := clock_alarm(state, state.scope(name), party)) is not None
    ]
    if sample is not None:
        within_us = sample.round_trip_us // 2
        return ClockView(offset_us=sample.offset_us, within_us=within_us, alarm=bool(standing))
    if standing:
        last = standing[-1]
        return ClockView(offset_us=last.offset_us, within_us=last.within_us, alarm=True)
    if offset_us is None:
        return None
    return ClockView(offset_us=offset_us, within_us=None, alarm=False)


def refused_view(state: State, party: str) -> tuple[RefusedView, ...]:
    """Return what was not taken from a peer: what stands in our logs, then what is not in them."""
    written: dict[str, tuple[int, str]] = {}
    every = (
        entry
        for scope in state.scopes.values()
        for entry in scope.custody.get("peer.refused", {}).values()
        if entry.log.party == state.party
    )
    for entry in sorted(every, key=rank_of):
        body = entry.body
        if isinstance(body, PeerRefused) and body.party == party:
            written[body.what] = (written.get(body.what, (0, ""))[0] + body.count, body.why)
    found = [
        RefusedView(what=what, count=count, why=why, written=True)
        for what, (count, why) in sorted(written.items())
    ]
    found += [
        RefusedView(what=what, count=count, why=why, written=False)
        for (who, what), (count, why) in sorted(state.links.unlogged.items())
        if who == party
    ]
    return tuple(found)


# ---- holds and consents -------------------------------------------------------------------------


class HoldView(_View, frozen=True, kw_only=True):
    """A legal hold that stands: nothing under the agreement is destroyed by that party."""

    hold: str
    agreement: str
    party: str
    post: str
    reason: str
    set_us: int


class ConsentView(_View, frozen=True, kw_only=True):
    """A consent: who lets whom have its guarded notices, and whether it stands now."""

    addressee: str
    agreement: str
    party: str
    post: str
    scope: str
    given_us: int
    until_us: int | None
    stands: bool
    why: str


def _acts(scope: Scope, *names: str) -> list[Entry]:
    found = [entry for name in names for entry in scope.custody.get(name, {}).values()]
    return sorted(found, key=rank_of)


def holds_view(state: State) -> tuple[HoldView, ...]:
    """Return the legal holds that stand, of every party."""
    found = []
    for name, scope in sorted(state.scopes.items()):
        standing: dict[tuple[str, str], HoldView] = {}
        for entry in _acts(scope, "hold.set", "hold.lifted"):
            body = entry.body
            if isinstance(body, HoldSet):
                standing[(entry.log.party, body.hold)] = HoldView(
                    hold=body.hold,
                    agreement=name,
                    party=entry.log.party,
                    post=body.post,
                    reason=body.reason,
                    set_us=entry.issued_us,
                )
            elif isinstance(body, HoldLifted):
                standing.pop((entry.log.party, body.hold), None)
        found += [standing[key] for key in sorted(standing)]
    return tuple(found)


def consents_view(state: State, now_us: int) -> tuple[ConsentView, ...]:
    """Return the last word on each consent held here, by giver and addressee."""
    found = []
    for name, scope in sorted(state.scopes.items()):
        given: dict[tuple[str, str], Entry] = {}
        ended: dict[tuple[str, str], ConsentWithdrawn] = {}
        for entry in _acts(scope, "consent.given", "consent.withdrawn"):
            body = entry.body
            if isinstance(body, ConsentGiven):
                given[(entry.log.party, body.addressee)] = entry
                ended.pop((entry.log.party, body.addressee), None)
            elif isinstance(body, ConsentWithdrawn):
                ended[(entry.log.party, body.addressee)] = body
        found += [_consent_view(name, given[key], ended.get(key), now_us) for key in sorted(given)]
    return tuple(found)


def _consent_view(
    agreement: str, entry: Entry, ended: ConsentWithdrawn | None, now_us: int
) -> ConsentView:
    body = entry.body
    assert isinstance(body, ConsentGiven)
    why = ""
    if ended is not None:
        why = f"withdrawn: {ended.reason}" if ended.reason else "withdrawn"
    elif body.until_us is not None and body.until_us <= now_us:
        why = "expired"
    return ConsentView(
        addressee=body.addressee,
        agreement=agreement,
        party=entry.log.party,
        post=body.post,
        scope=body.scope,
        given_us=entry.issued_us,
        until_us=body.until_us,
        stands=why == "",
        why=why,
    )


# ---- guarded payloads ---------------------------------------------------------------------------


class OpenedView(_View, frozen=True, kw_only=True):
    """Somebody at a post of this party opened a guarded notice; it stands in the private log."""

    post: str
    at_us: int
    purpose: str


def openings_of(state: State, scope: Scope, key: Key) -> tuple[OpenedView, ...]:
    """Return who of this party has opened a guarded notice, in order."""
    found = [
        (entry, entry.body)
        for entry in scope.custody.get("payload.opened", {}).values()
        if entry.log.party == state.party and entry.ref and entry.ref[0].key == key
    ]
    return tuple(
        OpenedView(post=body.post, at_us=entry.issued_us, purpose=body.purpose)
        for entry, body in sorted(found, key=lambda each: order_of(each[0]))
        if isinstance(body, PayloadOpened)
    )


def reading_of(thread: Thread, opened: tuple[OpenedView, ...]) -> Reading:
    """Return how the text of a message that is held here may be shown."""
    if not guarded(thread):
        return "plain"
    return "opened" if opened else "guarded"


def masked_about(state: State, key: Key, entry: Entry) -> bool:
    """Whether the payload of an entry is not to be shown: a guarded notice, or about one.

    Args:
        state: with the notice, if it is held.
        key: where the entry stands.
        entry: as folded.
    """
    if entry.type == "places.kept":
        # Exact positions of our own: only who may act reads them (`parley place export`).
        return True
    scope = state.scope(entry.log.agreement)
    about = [key, *(each.key for each in entry.ref)] if entry.audience is not None else [key]
    for each in about:
        thread = scope.threads.get(each)
        if thread is not None and guarded(thread) and not openings_of(state, scope, each):
            return True
    return False


# ---- receipts for single entries ----------------------------------------------------------------


class ReceiptStore(Protocol):
    """What is asked of a store for receipts; `store.sqlite.Store` is one."""

    def entry_receipts(self, origin: str, start: int, end: int) -> list[EntryReceipt]:
        """Return the receipts for single entries."""

    def head_at_or_after(self, origin: str, size: int) -> tuple[int, bytes] | None:
        """Return the smallest head from a size on."""

    def cosignatures(self, origin: str, size: int | None = None) -> list[StoredCosignature]:
        """Return the cosignatures of a head."""


class _ReceivedAt(msgspec.Struct, frozen=True, kw_only=True):
    at_us: int


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """When a peer says that it held an entry of ours: by its receipt, by its first cosignature."""

    received_us: int | None = None
    cosigned_us: int | None = None


Receipts = Callable[[State, Key, tuple[str, ...]], Mapping[str, Held]]
"""Gives, for an entry of ours, what each of these peers has said about holding it."""


class StoredReceipts:
    """Receipts for single entries of our own, read once from the store: they never change.

    Args:
        store: the node's.
    """

    def __init__(self, store: ReceiptStore) -> None:
        self._store = store
        self._known: dict[tuple[Key, str], Held] = {}

    def __call__(self, state: State, key: Key, parties: tuple[str, ...]) -> Mapping[str, Held]:
        """Return what the peers have said of the entry, asking the store while some is missing."""
        missing = [p for p in parties if not _complete(self._known.get((key, p)))]
        if missing:
            origin, index = key
            received = {
                each.peer: msgspec.json.decode(each.data, type=_ReceivedAt).at_us
                for each in self._store.entry_receipts(origin, index, index + 1)
            }
            for party in missing:
                self._known[(key, party)] = Held(
                    received_us=received.get(party),
                    cosigned_us=self._cosigned_us(state, key, party),
                )
        return {party: self._known[(key, party)] for party in parties}

    def _cosigned_us(self, state: State, key: Key, party: str) -> int | None:
        """Return the instant of a peer's first cosignature over the entry, if it gave one."""
        origin, index = key
        peer = state.identity.peers.get(party)
        if peer is None or state.links.receipt(origin, party, index) is None:
            return None
        size = index + 1
        for _ in range(_HEADS_LOOKED_AT):
            head = self._store.head_at_or_after(origin, size)
            if head is None:
                return None
            for kept in self._store.cosignatures(origin, head[0]):
                if kept.cosigner == peer.mirror.name:
                    note = add_signatures(head[1], (kept.line,))
                    return _time_us(note, peer.mirror)
            size = head[0] + 1
        return None


def _complete(held: Held | None) -> bool:
    return held is not None and None not in (held.received_us, held.cosigned_us)


def _time_us(note: bytes, mirror: VerifierKey) -> int | None:
    """Return the time of a cosignature; None where it does not verify (its key was changed)."""
    try:
        return verify_cosignature(note, mirror).time_s * 1_000_000
    except Fault:
        return None


def no_receipts(state: State, key: Key, parties: tuple[str, ...]) -> Mapping[str, Held]:
    """Return nothing: where no store is at hand."""
    del state, key, parties
    return {}
