"""What a node remembers of its peers for bundles: their seal keys, and what came and went by file.

It is a setting of the store, no part of the record: losing it costs longer bundles and one more
greeting, never an entry.
"""

from __future__ import annotations

import base64
from typing import Protocol

import msgspec

from parley.node.state import State
from parley.wire.bundle import BundleHeader, Named, Range

META = "bundles"
SEEN_KEPT = 64
"""Ids of bundles taken, of each peer: one that comes twice is told apart from a late one."""


class Settings(Protocol):
    """The part of a store that is asked here; `store.sqlite.Store` is one."""

    def meta(self, key: str) -> str | None:
        """Return a setting."""

    def put_meta(self, key: str, value: str) -> None:
        """Keep a setting."""


class Known(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is remembered of one peer.

    Attributes:
        seal: its public seal key (base64), of the digest that was enrolled.
        has_our_seal: digest of our seal key that it says it has.
        texts: SHA-256 of the agreement texts that it holds.
        made: our newest bundle for it; `ends`: up to where that one went, by log.
        taken: its newest bundle taken here; `taken_us`: when; `seen`: ids of those before too.
        holds: sizes of our logs that it held when it made that one.
        receipted: which of our receipts it had then, by its log.
    """

    seal: str = ""
    has_our_seal: str = ""
    texts: dict[str, str] = {}
    made: Named | None = None
    ends: dict[str, int] = {}
    taken: Named | None = None
    taken_us: int | None = None
    seen: tuple[str, ...] = ()
    holds: dict[str, int] = {}
    receipted: dict[str, Range] = {}


class Memory:
    """The memory of one node.

    Args:
        store: where it is kept.
    """

    def __init__(self, store: Settings) -> None:
        self._store = store
        text = store.meta(META)
        self._known: dict[str, Known] = (
            msgspec.json.decode(text, type=dict[str, Known]) if text else {}
        )

    def of(self, peer: str) -> Known:
        """Return what is known of a peer."""
        return self._known.get(peer, Known())

    def put(self, peer: str, known: Known) -> None:
        """Keep what is known of a peer."""
        if self._known.get(peer) != known:
            self._known[peer] = known
            self._store.put_meta(META, msgspec.json.encode(self._known).decode())

    def heard_us(self) -> dict[str, int]:
        """Return when a bundle of each peer was taken last."""
        found = {peer: known.taken_us for peer, known in self._known.items()}
        return {peer: at_us for peer, at_us in found.items() if at_us is not None}

    def learn(self, state: State) -> None:
        """Keep the seal keys that peers gave over their links: a bundle may need them later."""
        for session in state.links.sessions.values():
            peer = session.peer
            # What a bundle says is kept by `took`, which knows whether it is an old one.
            by_file = session.connection < 0
            if by_file or not session.proven or peer is None or not session.peer_seal:
                continue
            seal = base64.b64encode(session.peer_seal).decode("ascii")
            known = self.of(peer)
            self.put(peer, msgspec.structs.replace(known, seal=seal, texts=dict(session.texts)))

    def took(self, state: State, header: BundleHeader, now_us: int) -> None:
        """Keep what a peer said in a bundle whose proof was good, if it is newer than the last."""
        known = self.of(header.party)
        seen = (*(each for each in known.seen if each != header.name.id), header.name.id)
        known = msgspec.structs.replace(
            known, taken_us=now_us, seen=seen[-SEEN_KEPT:], seal=header.seal or known.seal
        )
        if known.taken is None or header.name.made_us >= known.taken.made_us:
            # Of an older one only that it came: a replay must not take back what is known since.
            own = {log.name.origin for log in state.own_logs()}
            known = msgspec.structs.replace(
                known,
                taken=header.name,
                has_our_seal=header.seal_known,
                texts=header.agreements,
                holds={o: size for o, size in header.holds.items() if o in own},
                receipted=header.receipted,
            )
        self.put(header.party, known)
