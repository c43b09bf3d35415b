"""Entry bodies about the record itself: keys, operators, logs, payloads, refusals, clocks.

New in rules version 2 (`versions`). All of them are plain, never sealed: whoever checks a log must
be able to read who could sign what, and what was taken out of it, without any opening.

What does not live here: what a party does about them (`rules.custody`, `rules.peering`).
"""

from __future__ import annotations

from typing import Literal

import msgspec

KeyRole = Literal["log", "mirror", "witness", "link", "seal"]
Refusal = Literal["quota", "fault", "sealed"]
"""quota: more than its share; fault: against the rules; sealed: a payload that did not come."""
KEY_ROLES: tuple[KeyRole, ...] = ("log", "mirror", "witness", "link", "seal")


class _Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class LogClosed(_Body, frozen=True, kw_only=True, tag="log.closed"):
    """Last entry of a log: nothing after it counts. `next`: the log that continues it."""

    why: Literal["year", "takeover", "restored", "rotation"]
    next: str | None = None


class KeyRotated(_Body, frozen=True, kw_only=True, tag="key.rotated"):
    """A key of this party gives way to the next: heads beyond this entry are signed by `new`.

    `possession`: signature (hex) of the new key over the rotation. `next_sha256`: digest of the
    key after it, committed to now so that a thief of `new` cannot choose its successor.
    """

    role: Literal["log"]
    old: str
    new: str
    possession: str
    next_sha256: str


class KeyRevoked(_Body, frozen=True, kw_only=True, tag="key.revoked"):
    """A statement of the party's offline root (m of n), as a C2SP signed note."""

    statement: str


class KeyDistrusted(_Body, frozen=True, kw_only=True, tag="key.distrusted"):
    """One person of this party no longer takes a peer's key: on this node, from now on."""

    party: str
    role: KeyRole
    key: str
    post: str
    reason: str


class OperatorEnrolled(_Body, frozen=True, kw_only=True, tag="operator.enrolled"):
    """A person of this party, by pseudonym, may sign acts with this key at these posts."""

    operator: str
    key: str
    posts: tuple[str, ...]
    possession: str
    until_us: int | None = None


class OperatorRemoved(_Body, frozen=True, kw_only=True, tag="operator.removed"):
    """A person of this party no longer signs."""

    operator: str
    reason: str = ""


class ActSigned(_Body, frozen=True, kw_only=True, tag="act.signed"):
    """A person's own signature (hex) over the origin, index and leaf hash of an entry (`ref`)."""

    operator: str
    signature: str


class ForkEvidence(_Body, frozen=True, kw_only=True, tag="fork.evidence"):
    """Two heads signed by one log key that cannot both be of one history; anyone can check.

    Where they are of different sizes, `proof` (hex, RFC 6962 consistency) shows that the larger
    goes on from `root` at the smaller one's size, which is not the root that the smaller one signs.
    """

    origin: str
    held: str
    refused: str
    why: str
    root: str = ""
    proof: tuple[str, ...] = ()


class HeadDisputed(_Body, frozen=True, kw_only=True, tag="head.disputed"):
    """A party says it saw a root of a log that is not the one held here; it accuses nobody.

    `said`: the root (hex) in the newest entry of `party` that names one; `here`: the root of the
    entries held here at that size; `held`: the newest head held here, as the log's writer signed
    it, so that whoever holds other entries of it has the proof of a fork.
    """

    origin: str
    party: str
    size: int
    said: str
    here: str
    held: str


class PeerRefused(_Body, frozen=True, kw_only=True, tag="peer.refused"):
    """What was not taken from a peer since the entry before: how often, and why."""

    party: str
    what: Refusal
    count: int
    why: str


class ClockMeasured(_Body, frozen=True, kw_only=True, tag="clock.measured"):
    """A peer's clock against ours: offset (theirs minus ours), and half the round trip as bound."""

    party: str
    offset_us: int
    within_us: int
    alarm: bool


class PayloadDestroyed(_Body, frozen=True, kw_only=True, tag="payload.destroyed"):
    """This party dropped its copy of the payload and salt of an entry (`ref`).

    Copies that others hold cannot be recalled.
    """

    why: Literal["expired", "asked"]
    post: str = ""


class PayloadOpened(_Body, frozen=True, kw_only=True, tag="payload.opened"):
    """Somebody at a post read a guarded payload (`ref`); stands in the private log."""

    post: str
    purpose: str = ""


class HoldSet(_Body, frozen=True, kw_only=True, tag="hold.set"):
    """Legal hold: nothing under this agreement is destroyed here until it is lifted."""

    hold: str
    post: str
    reason: str


class HoldLifted(_Body, frozen=True, kw_only=True, tag="hold.lifted"):
    """A legal hold ends."""

    hold: str
    post: str
    reason: str


class ConsentGiven(_Body, frozen=True, kw_only=True, tag="consent.given"):
    """The owner of humanitarian notices lets one addressee have them, until an instant."""

    addressee: str
    post: str
    scope: str = ""
    until_us: int | None = None


class ConsentWithdrawn(_Body, frozen=True, kw_only=True, tag="consent.withdrawn"):
    """It no longer does: nothing further is sent; what was sent cannot be recalled."""

    addressee: str
    post: str
    reason: str = ""


CustodyBody = (
    LogClosed
    | KeyRotated
    | KeyRevoked
    | KeyDistrusted
    | OperatorEnrolled
    | OperatorRemoved
    | ActSigned
    | ForkEvidence
    | HeadDisputed
    | PeerRefused
    | ClockMeasured
    | PayloadDestroyed
    | PayloadOpened
    | HoldSet
    | HoldLifted
    | ConsentGiven
    | ConsentWithdrawn
)
CUSTODY_TYPES: tuple[type[msgspec.Struct], ...] = (
    LogClosed, KeyRotated, KeyRevoked, KeyDistrusted, OperatorEnrolled, OperatorRemoved, ActSigned,
    ForkEvidence, PeerRefused, ClockMeasured, PayloadDestroyed, PayloadOpened, HoldSet, HoldLifted,
    ConsentGiven, ConsentWithdrawn, HeadDisputed,
)  # fmt: skip
EVERY_LOG_TYPES = (LogClosed, KeyRotated)
"""They are about the log they stand in, of whatever kind."""
PRIVATE_TYPES = (PayloadOpened,)
"""They stand in the private log, of which only heads leave the node."""
LINE_TYPES = (
    KeyRevoked, KeyDistrusted, OperatorEnrolled, OperatorRemoved, ActSigned, ForkEvidence,
    HeadDisputed,
)  # fmt: skip
"""Small and urgent: they go with the line log. The others go with operations."""
