"""Ed25519 keys: one per role, points checked, and two libraries that must both say yes.

Libraries disagree on Ed25519 edge cases, so evidence counts only if `cryptography` and PyNaCl both
accept it, and a public key must be a point of the prime-order group before it can be written down
at all. Seeds are handed in by `app`; nothing here draws randomness, stores or shows a seed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Literal, NoReturn

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from nacl.bindings import crypto_core_ed25519_is_valid_point
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from parley.world.faults import InputFault, OurFault, PeerFault

Role = Literal["log", "mirror", "witness", "link", "operator", "root"]
"""log signs heads; mirror cosigns those whose entries it holds, witness those it saw grow; link
proves who is calling; operator signs acts; root, kept offline, says which keys count no more."""
ROLES: tuple[Role, ...] = ("log", "mirror", "witness", "link", "operator", "root")
COSIGNER_ROLES: tuple[Role, ...] = ("mirror", "witness")

ALGORITHM_ED25519 = 0x01
"""C2SP signed-note: Ed25519 over the note text."""
ALGORITHM_COSIGNATURE = 0x04
"""C2SP tlog-cosignature v1: Ed25519 over time and checkpoint."""

SEED_BYTES = 32
PUBLIC_BYTES = 32
SIGNATURE_BYTES = 64
KEY_ID_BYTES = 4
_KEY_NAME_CHARACTERS_MAX = 255
"""A tlog-cosignature of the ML-DSA form carries the name behind one length byte."""


def algorithm_of(role: Role) -> int:
    """Return the C2SP algorithm by which keys of a role sign.

    >>> algorithm_of("log"), algorithm_of("witness")
    (1, 4)
    """
    return ALGORITHM_COSIGNATURE if role in COSIGNER_ROLES else ALGORITHM_ED25519


def check_key_name(name: str) -> None:
    """Return nothing if C2SP signed-note allows the name: not empty, no space, no plus, no control.

    Raises:
        InputFault: it does not.
    """
    allowed = bool(name) and len(name) <= _KEY_NAME_CHARACTERS_MAX and name.isprintable()
    if not allowed or "+" in name or any(letter.isspace() for letter in name):
        raise InputFault(
            "key name",
            value=name,
            wanted=f"1 to {_KEY_NAME_CHARACTERS_MAX} characters without space, plus or control",
        )


def key_name(agreement: str, party: str, role: str) -> str:
    """Return the name of a party's key, or of its log, under an agreement.

    >>> key_name("SYR-17", "COAL", "log")
    'parley/SYR-17/COAL/log'

    Raises:
        InputFault: a part is empty, or holds a slash, a space or a plus.
    """
    for what, part in (("agreement id", agreement), ("party id", party), ("role", role)):
        if not part or "/" in part:
            raise InputFault(what, value=part, wanted="a name without a slash")
    name = f"parley/{agreement}/{party}/{role}"
    check_key_name(name)
    return name


def check_point(public: bytes) -> None:
    """Return nothing if the bytes are a public key that every library reads alike.

    A canonical encoding of a point of the prime-order group, not of small order (libsodium
    `crypto_core_ed25519_is_valid_point`).

    Raises:
        InputFault: they are not.
    """
    if len(public) != PUBLIC_BYTES:
        raise InputFault(
            "public key", value=f"{len(public)} bytes", wanted=f"{PUBLIC_BYTES} bytes of Ed25519"
        )
    if not crypto_core_ed25519_is_valid_point(public):
        raise InputFault(
            "public key",
            value=public.hex(),
            wanted="a point of the prime-order group",
            repair="this key can sign what only some libraries accept: ask its owner for another",
        )


def verify_signature(public: bytes, signature: bytes, message: bytes) -> None:
    """Return nothing if both libraries accept the Ed25519 signature.

    Raises:
        PeerFault: one of them does not, or a length is wrong.
    """
    if len(public) != PUBLIC_BYTES or len(signature) != SIGNATURE_BYTES:
        _refuse_signature("wrong length")
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        _refuse_signature("refused by cryptography")
    try:
        VerifyKey(public).verify(message, signature)
    except (BadSignatureError, ValueError):
        _refuse_signature("refused by PyNaCl")


def _refuse_signature(why: str) -> NoReturn:
    raise PeerFault(
        "signature", value=why, wanted=f"{SIGNATURE_BYTES} bytes that both libraries accept"
    )


class VerifierKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A public key with its name and what it signs; its point is checked when it is made.

    Attributes:
        name: the C2SP key name.
        algorithm: 0x01 (Ed25519 over the text) or 0x04 (cosignature v1).
        public: 32 bytes (RFC 8032).
    """

    name: str
    algorithm: int
    public: bytes

    def __post_init__(self) -> None:
        check_key_name(self.name)
        if self.algorithm not in (ALGORITHM_ED25519, ALGORITHM_COSIGNATURE):
            raise InputFault(
                f"key {self.name} algorithm", value=self.algorithm, wanted="1 (note) or 4 (cosign)"
            )
        check_point(self.public)

    @property
    def key_id(self) -> bytes:
        """The 4-byte key ID: SHA-256(name || LF || algorithm || public), its first bytes."""
        material = b"%b\n%c%b" % (self.name.encode(), self.algorithm, self.public)
        return hashlib.sha256(material).digest()[:KEY_ID_BYTES]

    @property
    def vkey(self) -> str:
        """The C2SP text form: name+id+base64(algorithm || public)."""
        material = base64.b64encode(bytes((self.algorithm,)) + self.public).decode("ascii")
        return f"{self.name}+{self.key_id.hex()}+{material}"

    def named(self, name: str) -> VerifierKey:
        """Return the same key under another name: one log key signs each log under its origin.

        Raises:
            InputFault: not a key name.
        """
        return self if name == self.name else msgspec.structs.replace(self, name=name)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the public key in eight groups of four characters, to read out to a person."""
        digest = hashlib.sha256(self.public).hexdigest()[:32]
        return " ".join(digest[at : at + 4] for at in range(0, 32, 4))


def parse_vkey(text: str) -> VerifierKey:
    """Return the key of a C2SP vkey text; this is the enrolment check.

    Raises:
        InputFault: the form, the key id, the algorithm or the point is wrong.
    """
    name, _, rest = text.partition("+")
    key_id, _, material_text = rest.partition("+")
    try:
        material = base64.b64decode(material_text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        material = b""
    if not material or base64.b64encode(material).decode("ascii") != material_text:
        raise InputFault("verifier key", value=text, wanted="name+keyid+base64, as C2SP writes it")
    key = VerifierKey(name=name, algorithm=material[0], public=material[1:])
    if key.key_id.hex() != key_id:
        raise InputFault(
            f"verifier key {name}",
            value=f"key id {key_id}",
            wanted=key.key_id.hex(),
            repair="the text was changed or mistyped: copy it again",
        )
    return key


class SigningKey:
    """A private key for one role under one name. Its seed is used once and never kept or shown.

    The key is derived (HKDF-SHA-256) from the seed, the role and the name, so that one seed handed
    in for several roles still gives a different key to each.
    """

    __slots__ = ("_private", "role", "verifier")

    def __init__(self, seed: bytes, *, name: str, role: Role) -> None:
        if len(seed) != SEED_BYTES:
            raise InputFault(
                f"seed of key {name}", value=f"{len(seed)} bytes", wanted=f"{SEED_BYTES} bytes"
            )
        if role not in ROLES:
            raise InputFault(f"role of key {name}", value=role, wanted=", ".join(ROLES))
        check_key_name(name)
        info = f"parley/key/v1\n{role}\n{name}".encode()
        derived = HKDF(algorithm=SHA256(), length=SEED_BYTES, salt=None, info=info).derive(seed)
        self._private = Ed25519PrivateKey.from_private_bytes(derived)
        self.role: Role = role
        self.verifier = VerifierKey(
            name=name,
            algorithm=algorithm_of(role),
            public=self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw),
        )

    def named(self, name: str) -> SigningKey:
        """Return the same key, for the same job, under another name.

        Raises:
            InputFault: not a key name.
        """
        if name == self.name:
            return self
        found = object.__new__(SigningKey)
        found._private, found.role = self._private, self.role
        found.verifier = self.verifier.named(name)
        return found

    @property
    def name(self) -> str:
        """The key name that stands on signature lines."""
        return self.verifier.name

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte Ed25519 signature over the message (RFC 8032, deterministic)."""
        return self._private.sign(message)

    def require_role(self, *roles: Role) -> None:
        """Return nothing if this key has one of the roles: no key ever does two jobs.

        Raises:
            OurFault: it has another.
        """
        if self.role not in roles:
            wanted = f"the {' or '.join(roles)} key"
            raise OurFault(f"key {self.name}", value=f"a {self.role} key", wanted=wanted)

    def __repr__(self) -> str:
        return f"SigningKey(name={self.name!r}, role={self.role!r})"

    def __reduce__(self) -> NoReturn:
        raise OurFault(f"key {self.name}", value="copied or pickled", wanted="to stay where it is")
