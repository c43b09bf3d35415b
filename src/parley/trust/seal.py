"""Sealed payloads: what stands in the log for them, and how they travel.

The log holds a commitment: SHA-256 over a random salt and the payload. Whoever has the opening
(salt and payload) can show what was committed to; once every copy of the opening is destroyed, the
commitment tells nobody anything. On a link a session key goes once to the peer's seal key (HPKE
with ML-KEM-768 and X25519 together: recorded traffic stays closed while either of them holds), then
each push is closed under it with ChaCha20-Poly1305.

The salt and the session key are drawn by `app`. Only `seal` draws randomness, inside the library;
only `app` calls it. Nothing here stores or shows a key.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from parley.trust.keys import SEED_BYTES, check_key_name
from parley.world.faults import InputFault, OurFault, PeerFault

SALT_BYTES = 32
"""As long as the hash: who knows all possible payloads still cannot try them one by one."""
PUSH_KEY_BYTES = 32
PUSH_COUNTER_MAX = 2**64 - 1
PUBLIC_SEAL_BYTES = 1184 + 32
"""ML-KEM-768 public key (FIPS 203), then X25519 public key (RFC 7748)."""
_KEM_SEED_BYTES = 64
_COMMIT_DOMAIN = b"parley/commit/v1"
_HEXADECIMAL = frozenset("0123456789abcdef")
_SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)


# ---- commitments --------------------------------------------------------------------------------


def make_opening(salt: bytes, payload: bytes) -> bytes:
    """Return what opens a commitment: the salt, then the exact bytes of the payload.

    Raises:
        OurFault: the salt has another length.
    """
    if len(salt) != SALT_BYTES:
        raise OurFault("salt", value=f"{len(salt)} bytes", wanted=f"{SALT_BYTES} random bytes")
    return salt + payload


def payload_of(opening: bytes) -> bytes:
    """Return the payload of an opening, which nobody has compared with a commitment yet.

    Raises:
        PeerFault: it is shorter than a salt.
    """
    if len(opening) < SALT_BYTES:
        wanted = f"a salt of {SALT_BYTES} bytes and a payload"
        raise PeerFault("opening", value=f"{len(opening)} bytes", wanted=wanted)
    return opening[SALT_BYTES:]


def commitment(opening: bytes) -> str:
    """Return the commitment to an opening, in lower-case hexadecimal, as it stands in an entry."""
    return hashlib.sha256(_COMMIT_DOMAIN + opening).hexdigest()


def verify_commitment(opening: bytes, commit_hex: str) -> None:
    """Return nothing if the opening is the one that was committed to.

    Raises:
        PeerFault: it is another one, or too short to be one.
    """
    payload_of(opening)
    found = commitment(opening)
    if found != commit_hex:
        raise PeerFault("opening", value=f"of commitment {found}", wanted=f"that of {commit_hex}")


# ---- the key to which session keys are sealed ---------------------------------------------------


class SealKey:
    """A private key that opens what was sealed to it. Its seed is used once, never kept or shown.

    Derived (HKDF-SHA-256) from the seed and the name, apart from every signing key of that seed.
    """

    __slots__ = ("_private", "name", "public")

    def __init__(self, seed: bytes, *, name: str) -> None:
        if len(seed) != SEED_BYTES:
            raise InputFault(
                f"seed of key {name}", value=f"{len(seed)} bytes", wanted=f"{SEED_BYTES} bytes"
            )
        check_key_name(name)
        info = f"parley/key/v1\nseal\n{name}".encode()
        length = _KEM_SEED_BYTES + SEED_BYTES
        derived = HKDF(algorithm=SHA256(), length=length, salt=None, info=info).derive(seed)
        lattice = MLKEM768PrivateKey.from_seed_bytes(derived[:_KEM_SEED_BYTES])
        curve = X25519PrivateKey.from_private_bytes(derived[_KEM_SEED_BYTES:])
        self._private = MLKEM768X25519PrivateKey(lattice, curve)
        self.name = name
        self.public: bytes = (
            lattice.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw()
        )

    @property
    def digest(self) -> str:
        """SHA-256 of the public key in hexadecimal: what peers enrol and compare by voice."""
        return seal_digest(self.public)

    def unseal(self, box: bytes, info: bytes) -> bytes:
        """Return what was sealed to this key for the purpose that `info` names.

        Raises:
            PeerFault: it was sealed to another key or for another purpose, or was changed.
        """
        try:
            return bytes(_SUITE.decrypt(box, self._private, info))
        except (InvalidTag, ValueError):
            raise PeerFault(
                "sealed box",
                value=f"{len(box)} bytes",
                wanted=f"one sealed to {self.name} for this",
            ) from None

    def __repr__(self) -> str:
        return f"SealKey(name={self.name!r})"

    def __reduce__(self) -> NoReturn:
        raise OurFault(f"key {self.name}", value="copied or pickled", wanted="to stay where it is")


def seal_digest(public: bytes) -> str:
    """Return the SHA-256 of a public seal key in hexadecimal."""
    return hashlib.sha256(public).hexdigest()


def check_seal_digest(text: str, what: str = "seal key digest") -> None:
    """Return nothing if the text can be the digest of a public seal key.

    Raises:
        InputFault: it cannot.
    """
    if len(text) != 2 * SHA256.digest_size or not set(text) <= _HEXADECIMAL:
        raise InputFault(what, value=text, wanted="64 digits 0 to 9, a to f")


def verify_seal_public(public: bytes, digest: str) -> None:
    """Return nothing if this public seal key is the one that was enrolled by its digest.

    Raises:
        PeerFault: it is another one, or no seal key at all.
    """
    found = seal_digest(public)
    if not hmac.compare_digest(found.encode(), digest.encode()):
        raise PeerFault("seal key", value=f"with digest {found}", wanted=f"the enrolled {digest}")
    _public_key(public)


def seal(public: bytes, info: bytes, plaintext: bytes) -> bytes:
    """Return a box that only the private half of `public` opens, for the purpose that `info` names.

    Draws randomness in the library, so that two boxes of one text differ: only `app` calls it.

    Raises:
        PeerFault: not a public seal key.
    """
    try:
        return bytes(_SUITE.encrypt(plaintext, _public_key(public), info))
    except ValueError:
        # A curve point of small order is a key in form only; the exchange shows it.
        _refuse_public(public)


def _public_key(public: bytes) -> MLKEM768X25519PublicKey:
    if len(public) != PUBLIC_SEAL_BYTES:
        _refuse_public(public)
    try:
        return MLKEM768X25519PublicKey(
            MLKEM768PublicKey.from_public_bytes(public[:-32]),
            X25519PublicKey.from_public_bytes(public[-32:]),
        )
    except ValueError:
        _refuse_public(public)


def _refuse_public(public: bytes) -> NoReturn:
    raise PeerFault(
        "seal key", value=f"{len(public)} bytes", wanted="a public key of ML-KEM-768 and X25519"
    )


# ---- pushes under a session key -----------------------------------------------------------------


def seal_push(key: bytes, counter: int, aad: bytes, plaintext: bytes) -> bytes:
    """Return a push closed under a session key: ciphertext and 16 bytes of tag (RFC 8439).

    Args:
        key: the session key of one direction of one link; never one for both.
        counter: of this push, never used before under this key: two pushes under one number would
            give both texts away.
        aad: what the push is bound to, sent in clear beside it (its log, its first index).
        plaintext: the openings.

    Raises:
        OurFault: the key or the counter cannot be one.
    """
    return ChaCha20Poly1305(_push_key(key)).encrypt(_nonce(counter), plaintext, aad)


def open_push(key: bytes, counter: int, aad: bytes, box: bytes) -> bytes:
    """Return what was closed by `seal_push` under the same key, counter and binding.

    Raises:
        OurFault: the key or the counter cannot be one.
        PeerFault: the push was changed, is another one, or bound to something else.
    """
    try:
        return ChaCha20Poly1305(_push_key(key)).decrypt(_nonce(counter), box, aad)
    except (InvalidTag, ValueError):
        raise PeerFault(
            "sealed push", value=f"number {counter}", wanted="one closed under this session's key"
        ) from None


def _push_key(key: bytes) -> bytes:
    if len(key) != PUSH_KEY_BYTES:
        raise OurFault("session key", value=f"{len(key)} bytes", wanted=f"{PUSH_KEY_BYTES} bytes")
    return key


def _nonce(counter: int) -> bytes:
    if not 0 <= counter <= PUSH_COUNTER_MAX:
        raise OurFault("push counter", value=counter, wanted=f"0 to {PUSH_COUNTER_MAX}")
    return counter.to_bytes(12, "big")
