"""The volatile state of the links to peers: who is there, what they confirmed, when last heard.

A restart loses it and the next heartbeat gives it again; it never enters the record.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Session:
    """One connection to somebody.

    Attributes:
        connection: the number that `app` gave it.
        nonce: ours, for the other to sign.
        peer: who it says it is; believed only when `proven`.
        peer_nonce: theirs, which we sign.
        proven: whether it signed our nonce with the peer's link key.
        confirmed: sizes of our logs that it holds, by origin.
        pushing: the size that a push under way ends at, by origin.
        heads_sent_us: when our last heartbeat went out.
        heads_at_us: the time in the newest heartbeat that came in; an older one says nothing new.
    """

    connection: int
    nonce: str
    peer: str | None = None
    peer_nonce: str | None = None
    hello_sent: bool = False
    proven: bool = False
    confirmed: dict[str, int] = field(default_factory=dict)
    pushing: dict[str, int] = field(default_factory=dict)
    heads_sent_us: int = -(10**18)
    heads_at_us: int = -(10**18)


@dataclass(frozen=True, slots=True)
class Held:
    """A peer's newest verified receipt for one of our logs: up to this size, at its time."""

    size: int
    time_s: int


@dataclass(slots=True)
class Links:
    """All sessions, and what is known of each peer whatever the session."""

    sessions: dict[int, Session] = field(default_factory=dict)
    heard_us: dict[str, int] = field(default_factory=dict)
    offset_us: dict[str, int] = field(default_factory=dict)
    texts: dict[str, dict[str, str]] = field(default_factory=dict)
    receipts: dict[str, dict[str, Held]] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)
    ahead: dict[str, tuple[str, int]] = field(default_factory=dict)

    def proven(self, party: str) -> Session | None:
        """Return the newest proven session with a party, if any."""
        found = [s for s in self.sessions.values() if s.proven and s.peer == party]
        return max(found, key=lambda s: s.connection) if found else None

    def receipt(self, origin: str, party: str, index: int) -> Held | None:
        """Return the peer's receipt if it covers that entry of our log."""
        held = self.receipts.get(origin, {}).get(party)
        return held if held is not None and held.size > index else None
