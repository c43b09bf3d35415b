"""Who this node is: its party, the agreements it has adopted, its keys, its peers' keys.

Handed in by `app` at the start; nothing here changes while the node runs.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from parley.trust.keys import SigningKey, VerifierKey
from parley.trust.seal import SealKey
from parley.world.agreement import Agreement


class PeerKeys(msgspec.Struct, frozen=True, kw_only=True):
    """A peer's verifier keys, one per role, as enrolled face to face.

    Attributes:
        log: signs the heads of its logs.
        mirror: says that it holds ours.
        link: says who is at the end of a link.
        witness: says that it saw the heads of our private logs.
        seal: SHA-256 (hex) of the key to which payloads are sealed; the key itself comes in its
            greeting. Like `witness` it may be missing where every agreement shared with the peer
            pins version 1 of the rules, which seals nothing.
        next: SHA-256 (hex) of its next log key.
        roots: its offline root keys, of which `root_threshold` together revoke a key.
    """

    log: VerifierKey
    mirror: VerifierKey
    link: VerifierKey
    witness: VerifierKey | None = None
    seal: str | None = None
    next: str | None = None
    roots: tuple[VerifierKey, ...] = ()
    root_threshold: int = 0


@dataclass(frozen=True, slots=True)
class Keys:
    """The node's own signing keys, one per role, never one for two jobs."""

    log: SigningKey
    mirror: SigningKey
    link: SigningKey
    witness: SigningKey
    seal: SealKey
    next_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """Who this node is.

    Attributes:
        party: its id.
        keys: its own keys.
        peers: the keys of the parties it talks to.
        roots: its own offline root keys, and how many of them sign together.
        past: its own log keys before the present one: it takes its own logs back from mirrors.
        agreements: the agreements it has adopted, by id.
        documents: the exact texts of those agreements, by id; their SHA-256 is what is adopted.
    """

    party: str
    keys: Keys
    peers: dict[str, PeerKeys] = field(default_factory=dict)
    roots: tuple[tuple[VerifierKey, ...], int] = ((), 0)
    past: tuple[VerifierKey, ...] = ()
    agreements: dict[str, Agreement] = field(default_factory=dict)
    documents: dict[str, str] = field(default_factory=dict)
    _shared: dict[str, tuple[list[tuple[str, Agreement]], list[str]]] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def shared_with(self, party: str) -> list[str]:
        """Return the ids of the agreements that this party shares with another, in order."""
        # Asked for each peer in each turn.
        held = list(self.agreements.items())
        known = self._shared.get(party)
        if known is None or known[0] != held:
            names = (n for n, agreement in held if any(p.id == party for p in agreement.parties))
            known = self._shared[party] = (held, sorted(names))
        return known[1].copy()
