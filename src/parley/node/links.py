"""The volatile state of the links to peers: who is there, what they confirmed, when last heard.

A restart loses it and the next heartbeat gives it again; it never enters the record. What of it is
also in the store (entries staged, heads witnessed) is given back by the crank at the start.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from parley.node.custody_bodies import Refusal
from parley.trust.checkpoint import Checkpoint

PUSH_BYTES_START = 2_048
PUSH_BYTES_MIN = 512
PUSH_BYTES_MAX = 8_388_608
CLOCK_SAMPLES = 8


class Secret(bytes):
    """Bytes that no log, screen or exception shows."""

    def __repr__(self) -> str:
        return "Secret()"

    __str__ = __repr__


@dataclass(slots=True)
class Session:
    """One connection to somebody.

    Attributes:
        connection: the number that `app` gave it.
        nonce: ours, for the other to sign.
        secret: our session key, under which we send openings.
        peer: who it says it is; believed only when `proven`.
        peer_nonce: theirs, which we sign.
        peer_seal: their public seal key, of the digest that was enrolled.
        peer_secret: their session key.
        proven: whether it signed our nonce with the peer's link key.
        texts: SHA-256 of the agreement texts that it said it holds.
        confirmed: sizes of our logs that it holds, by origin.
        pushing: since when a push is under way, by origin.
        held_back_us: until when a log is not offered again, by origin.
        wanted: own logs that we asked it for.
        asked: logs of its own that it asked us for, with the index it wants.
        cosigned_us: when we cosigned the newest head of each of its line logs last.
        heads_known: sizes of our private logs whose heads it has witnessed.
        bytes_max: how much goes into one push: what the link took lately in about a second.
        express: what of our line logs may go ahead of what stands before it, by origin.
        counter: of pushes encrypted under our session key; none is used twice.
        heads_sent_us: when our last heartbeats went out, the newest last.
        heads_at_us: the time in the newest heartbeat that came in; an older one says nothing new.
        heads_in_us: when that came.
    """

    connection: int
    nonce: str
    secret: bytes = Secret()
    peer: str | None = None
    peer_nonce: str | None = None
    peer_seal: bytes = b""
    peer_secret: bytes | None = None
    hello_sent: bool = False
    proven: bool = False
    texts: dict[str, str] = field(default_factory=dict)
    confirmed: dict[str, int] = field(default_factory=dict)
    pushing: dict[str, int] = field(default_factory=dict)
    held_back_us: dict[str, int] = field(default_factory=dict)
    wanted: set[str] = field(default_factory=set)
    asked: dict[str, int] = field(default_factory=dict)
    heads_known: dict[str, int] = field(default_factory=dict)
    cosigned_us: dict[str, int] = field(default_factory=dict)
    bytes_max: int = PUSH_BYTES_START
    express: dict[str, Express] = field(default_factory=dict)
    counter: int = 0
    heads_sent_us: list[int] = field(default_factory=list)
    heads_at_us: int = -(10**18)
    heads_in_us: int = -(10**18)

    def next_counter(self) -> int:
        """Return a number never used before under our session key."""
        self.counter += 1
        return self.counter


@dataclass(frozen=True, slots=True)
class Held:
    """A peer's newest verified receipt for one of our logs: up to this size, at its time."""

    size: int
    time_s: int


class About(NamedTuple):
    """An entry of a line log of ours that is a message, or is about one: which, and for whom."""

    place: int
    message: tuple[str, int]
    to: tuple[str, ...]


@dataclass(slots=True)
class Express:
    """Entries of one of our line logs that may go to a peer ahead of those before them.

    Attributes:
        looked: how many entries that are about messages were looked at.
        waiting: the peer may not have them yet; True: of a DISTRESS message.
        sent_us: when they were sent last, ahead or at the end of their log.
    """

    looked: int = 0
    waiting: dict[int, bool] = field(default_factory=dict)
    sent_us: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class StagedPart:
    """Verified entries of a peer's log that do not yet reach their signed head."""

    first: int
    entries: list[bytes] = field(default_factory=list)
    openings: dict[int, bytes] = field(default_factory=dict)

    @property
    def end(self) -> int:
        """The index that is wanted next."""
        return self.first + len(self.entries)


@dataclass(frozen=True, slots=True)
class ClockSample:
    """One measurement of a peer's clock: theirs minus ours, within half the round trip."""

    offset_us: int
    round_trip_us: int


@dataclass(slots=True)
class Bucket:
    """What a peer may still send of one kind: refilled with time, never above its burst.

    `entries` in thousandths, so that a second refills what it should; below zero when overdrawn.
    """

    entries_thousandths: int
    size_bytes: int
    at_us: int


@dataclass(slots=True)
class Links:
    """All sessions, and what is known of each peer whatever the session.

    Attributes:
        sessions: by connection.
        silence_counts: whether a peer that is not heard is written as down while its connection
            stands; not under a driven clock, where nothing is sent while the time stands.
        heard_us: when each peer was last heard.
        offset_us: its clock against ours, by the measurement with the shortest round trip.
        clocks: the newest measurements.
        clock_looked: the measurement that was looked at last, and until when that will do.
        texts: SHA-256 of the agreement texts that a peer says it holds.
        receipts: newest receipts for our logs, by origin and peer.
        received: newest entry receipts for our line logs: index and time, by origin and peer.
        received_ahead: receipts for entries that a peer holds ahead of their log: time by index, by
            origin and peer.
        about: the entries of our line logs that are about messages, by origin.
        faults: frames of a peer that broke the rules.
        unlogged: refusals that stand in no entry yet, by peer and kind, with the last reason.
        logged_us: when refusals of a peer were last written down.
        ahead: own logs of which a peer says it holds more than we do.
        answered: peers that have told us, since we started, how much of our logs they hold.
        staged: parts of peers' logs that do not yet reach a head.
        witnessed: newest heads of logs that we may not read; `witnessed_notes`: as signed.
        buckets: what is left of each peer's quota, by kind of log.
    """

    sessions: dict[int, Session] = field(default_factory=dict)
    heard_us: dict[str, int] = field(default_factory=dict)
    offset_us: dict[str, int] = field(default_factory=dict)
    clocks: dict[str, list[ClockSample]] = field(default_factory=dict)
    clock_looked: dict[str, tuple[ClockSample, int]] = field(default_factory=dict)
    texts: dict[str, dict[str, str]] = field(default_factory=dict)
    receipts: dict[str, dict[str, Held]] = field(default_factory=dict)
    received: dict[str, dict[str, tuple[int, int]]] = field(default_factory=dict)
    received_ahead: dict[tuple[str, str], dict[int, int]] = field(default_factory=dict)
    about: dict[str, list[About]] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)
    unlogged: dict[tuple[str, Refusal], tuple[int, str]] = field(default_factory=dict)
    logged_us: dict[tuple[str, Refusal], int] = field(default_factory=dict)
    ahead: dict[str, tuple[str, int]] = field(default_factory=dict)
    answered: set[str] = field(default_factory=set)
    staged: dict[str, StagedPart] = field(default_factory=dict)
    witnessed: dict[str, Checkpoint] = field(default_factory=dict)
    witnessed_notes: dict[str, bytes] = field(default_factory=dict)
    buckets: dict[tuple[str, str], Bucket] = field(default_factory=dict)
    silence_counts: bool = True

    def proven(self, party: str) -> Session | None:
        """Return the newest proven session with a party, if any."""
        found = [s for s in self.sessions.values() if s.proven and s.peer == party]
        return max(found, key=lambda s: s.connection) if found else None

    def receipt(self, origin: str, party: str, index: int) -> Held | None:
        """Return the peer's receipt if it covers that entry of our log."""
        held = self.receipts.get(origin, {}).get(party)
        return held if held is not None and held.size > index else None

    def refuse(self, peer: str, what: Refusal, why: str) -> None:
        """Count a refusal until it is written down."""
        count, _ = self.unlogged.get((peer, what), (0, ""))
        self.unlogged[(peer, what)] = (count + 1, why)

    def clock(self, party: str) -> ClockSample | None:
        """Return the measurement of a peer's clock with the shortest round trip, if any."""
        return min(self.clocks.get(party, ()), key=lambda s: s.round_trip_us, default=None)
