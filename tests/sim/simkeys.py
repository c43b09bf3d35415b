"""Keys of simulated parties, and an oracle that answers for their signatures.

With the oracle on, `SigningKey.sign` gives a keyed hash in place of an Ed25519 signature and the
two libraries are asked only about what no key of ours made: a seed then runs many times faster.
Every tenth seed runs without it, so that the real path stays exercised. Nothing outside the tests
knows of this.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
from collections.abc import Iterator, Sequence

import msgspec
import pytest

from parley.node.identity import Identity, Keys, PeerKeys
from parley.trust import keys as real
from parley.trust.keys import SigningKey
from parley.trust.seal import SealKey
from parley.trust.statements import vkey_digest
from parley.world.agreement import Agreement

_SECRET = b"parley simulation, not a key"


def _hashed(public: bytes, message: bytes) -> bytes:
    return hashlib.blake2b(public + message, key=_SECRET).digest()


class _Public:
    """Stands for the public key of one library: what the oracle made is good, the rest is asked."""

    __slots__ = ("_public",)

    def __init__(self, public: bytes) -> None:
        self._public = public

    @classmethod
    def from_public_bytes(cls, public: bytes) -> _Public:
        return cls(public)


class _OfCryptography(_Public):
    __slots__ = ()

    def verify(self, signature: bytes, message: bytes) -> None:
        if signature != _hashed(self._public, message):
            _ED25519.from_public_bytes(self._public).verify(signature, message)


class _OfNacl(_Public):
    __slots__ = ()

    def verify(self, message: bytes, signature: bytes) -> None:
        if signature != _hashed(self._public, message):
            _NACL(self._public).verify(message, signature)


_ED25519, _NACL = real.Ed25519PublicKey, real.VerifyKey


_checked = functools.lru_cache(maxsize=1024)(real.check_point)


@contextlib.contextmanager
def oracle(on: bool = True) -> Iterator[None]:
    """Let keyed hashes stand for the signatures of our own keys while this lasts."""
    with pytest.MonkeyPatch.context() as patch:
        if on:
            sign = lambda self, message: _hashed(self.verifier.public, message)  # noqa: E731  patched in
            patch.setattr(SigningKey, "sign", sign)
            patch.setattr(real, "Ed25519PublicKey", _OfCryptography)
            patch.setattr(real, "VerifyKey", _OfNacl)
            patch.setattr(real, "check_point", _checked)
        yield


def next_key(party: str, turn: int = 1) -> SigningKey:
    """Return the log key that a party has promised for its n-th rotation."""
    seed = hashlib.sha256(f"{party} next {turn}".encode()).digest()
    return SigningKey(seed, name=f"parley/{party}/log", role="log")


@functools.lru_cache(maxsize=64)
def keys_of(party: str) -> Keys:
    """Return the keys of a party, made from its name, once."""
    seed = hashlib.sha256(party.encode()).digest()
    return Keys(
        log=SigningKey(seed, name=f"parley/{party}/log", role="log"),
        mirror=SigningKey(seed, name=f"parley/{party}/mirror", role="mirror"),
        link=SigningKey(seed, name=f"parley/{party}/link", role="link"),
        witness=SigningKey(seed, name=f"parley/{party}/witness", role="witness"),
        seal=SealKey(seed, name=f"parley/{party}/seal"),
        next_sha256=vkey_digest(next_key(party).verifier.vkey),
    )


def make_identities(agreements: Sequence[Agreement]) -> dict[str, Identity]:
    """Return identities for all parties of the agreements, with keys made from their names."""
    parties = sorted({p.id for a in agreements for p in a.parties})
    keys = {party: keys_of(party) for party in parties}
    public = {
        party: PeerKeys(
            log=k.log.verifier,
            mirror=k.mirror.verifier,
            link=k.link.verifier,
            witness=k.witness.verifier,
            seal=k.seal.digest,
            next=k.next_sha256,
        )
        for party, k in keys.items()
    }
    identities = {}
    for party in parties:
        own = {a.id: a for a in agreements if party in {p.id for p in a.parties}}
        partners = {p.id for a in own.values() for p in a.parties} - {party}
        identities[party] = Identity(
            party=party,
            keys=keys[party],
            peers={p: public[p] for p in sorted(partners)},
            agreements=own,
            documents={
                name: msgspec.json.encode(a, order="sorted").decode() for name, a in own.items()
            },
        )
    return identities
