"""Who this node is: its party, the agreements it has adopted, its keys, its peers' keys.

Handed in by `app` at the start; nothing here changes while the node runs.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from parley.trust.keys import SigningKey, VerifierKey
from parley.world.agreement import Agreement


class PeerKeys(msgspec.Struct, frozen=True, kw_only=True):
    """A peer's verifier keys, one per role."""

    log: VerifierKey
    mirror: VerifierKey
    link: VerifierKey


@dataclass(frozen=True, slots=True)
class Keys:
    """The node's own signing keys, one per role, never one for two jobs."""

    log: SigningKey
    mirror: SigningKey
    link: SigningKey


@dataclass(frozen=True, slots=True)
class Identity:
    """Who this node is.

    Attributes:
        party: its id.
        keys: its own keys.
        peers: the keys of the parties it talks to.
        agreements: the agreements it has adopted, by id.
        documents: the exact texts of those agreements, by id; their SHA-256 is what is adopted.
    """

    party: str
    keys: Keys
    peers: dict[str, PeerKeys] = field(default_factory=dict)
    agreements: dict[str, Agreement] = field(default_factory=dict)
    documents: dict[str, str] = field(default_factory=dict)

    def shared_with(self, party: str) -> list[str]:
        """Return the ids of the agreements that this party shares with another, in order."""
        return sorted(
            name
            for name, agreement in self.agreements.items()
            if party in {p.id for p in agreement.parties}
        )
