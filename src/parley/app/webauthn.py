"""What an authenticator signed: registrations and assertions of WebAuthn, checked step by step.

W3C Web Authentication Level 2, sections 7.1 and 7.2, for ES256 and Ed25519 keys with user presence
and user verification. Attestation is asked for by nobody and believed by nobody: who an
authenticator was made by says nothing of the person who holds it. Everything here is another's
bytes: short, decoded strictly, and refused in one line.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from parley.trust.keys import check_point, verify_signature
from parley.world.faults import Fault, InputFault

BYTES_MAX = 16_384
CREDENTIAL_BYTES_MAX = 1_023
_DEPTH_MAX = 4
"""As CTAP2 allows, whose canonical form this is."""
_USER_PRESENT, _USER_VERIFIED, _ATTESTED, _EXTENSIONS = 0x01, 0x04, 0x40, 0x80
_ES256, _EDDSA = -7, -8


class _ClientData(msgspec.Struct, frozen=True):
    """What the browser says of a ceremony; further members may be there, and say nothing here."""

    type: str
    challenge: str
    origin: str
    crossOrigin: bool = False  # noqa: N815  the name in the standard


@dataclass(frozen=True, slots=True)
class Site:
    """Where a ceremony may come from: the origins of our page, and the name that keys are for."""

    origins: frozenset[str]
    rp_id: str


@dataclass(frozen=True, slots=True)
class Credential:
    """A public key of an authenticator.

    Attributes:
        id: by which the authenticator knows it.
        algorithm: -7 (ES256) or -8 (Ed25519), as COSE numbers them.
        public: x and y of P-256, 64 bytes; or the 32 bytes of Ed25519.
        count: how often it has signed, as it said last; 0 where it does not count.
    """

    id: bytes
    algorithm: int
    public: bytes
    count: int


@dataclass(frozen=True, slots=True)
class _AuthenticatorData:
    flags: int
    count: int
    credential: Credential | None


def unpadded(data: bytes) -> str:
    r"""Return bytes as WebAuthn writes them: base64url without padding.

    >>> unpadded(b"\xff\xee")
    '_-4'
    """
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def from_unpadded(text: str, what: str) -> bytes:
    """Return the bytes of a base64url text without padding.

    Raises:
        InputFault: it is none, or longer than anything here is.
    """
    try:
        if len(text) > BYTES_MAX * 2:
            raise ValueError("longer")
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise InputFault(what, value="not readable", wanted="base64url without padding") from None
    if unpadded(data) != text:
        raise InputFault(what, value="not its one form", wanted="base64url without padding")
    return data


# ---- the two ceremonies -------------------------------------------------------------------------


def verify_registration(
    client_data: bytes, attestation: bytes, *, challenge: bytes, site: Site
) -> Credential:
    """Return the new key of an authenticator that was made for this challenge, here.

    Args:
        client_data: what the browser says, as its bytes were hashed.
        attestation: the attestation object.
        challenge: that we gave for it.
        site: ours.

    Raises:
        InputFault: another ceremony, origin, name or challenge; nobody present or verified; bytes
            that are not what they should be.
    """
    _check_client_data(client_data, "webauthn.create", challenge, site)
    found, rest = read_cbor(attestation)
    if rest or not isinstance(found, dict) or set(found) != {"fmt", "attStmt", "authData"}:
        raise _bad("attestation object", "another form", "fmt, attStmt and authData")
    if not isinstance(found["authData"], bytes):
        raise _bad("attestation object authData", "no bytes", "bytes")
    data = _authenticator_data(found["authData"], site, attested=True)
    assert data.credential is not None
    return data.credential


def verify_assertion(
    credential: Credential,
    client_data: bytes,
    authenticator_data: bytes,
    signature: bytes,
    *,
    challenge: bytes,
    site: Site,
) -> int:
    """Return how often the authenticator has signed, once all that it signed holds.

    Args:
        credential: whose signature it must be.
        client_data: what the browser says, as its bytes were hashed.
        authenticator_data: what the authenticator says.
        signature: over both.
        challenge: what must have been signed.
        site: ours.

    Raises:
        InputFault: another ceremony, origin, name or challenge; nobody present or verified; a count
            that did not go on (a copy of the key is about); another's signature.
    """
    _check_client_data(client_data, "webauthn.get", challenge, site)
    data = _authenticator_data(authenticator_data, site, attested=False)
    message = authenticator_data + hashlib.sha256(client_data).digest()
    _check_signature(credential, signature, message)
    if (data.count or credential.count) and data.count <= credential.count:
        raise InputFault(
            "passkey count",
            value=data.count,
            wanted=f"more than {credential.count}",
            repair="a copy of this key may be about: remove the person and enrol another key",
        )
    return data.count


def _check_client_data(data: bytes, kind: str, challenge: bytes, site: Site) -> None:
    if len(data) > BYTES_MAX:
        raise _bad("client data", "longer", f"at most {BYTES_MAX} bytes")
    try:
        found = msgspec.json.decode(data, type=_ClientData)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise _bad("client data", "not readable", "what a browser writes") from None
    if found.type != kind:
        raise _bad("client data type", found.type, kind)
    if found.challenge != unpadded(challenge):
        raise _bad("client data challenge", found.challenge, unpadded(challenge))
    if found.origin not in site.origins or found.crossOrigin:
        raise _bad("client data origin", found.origin, ", ".join(sorted(site.origins)))


def _authenticator_data(data: bytes, site: Site, *, attested: bool) -> _AuthenticatorData:
    what = "authenticator data"
    if not 37 <= len(data) <= BYTES_MAX:
        raise _bad(what, f"{len(data)} bytes", f"37 to {BYTES_MAX}")
    if data[:32] != hashlib.sha256(site.rp_id.encode()).digest():
        raise _bad(f"{what} name", data[:32].hex(), f"the SHA-256 of {site.rp_id}")
    flags, count = data[32], int.from_bytes(data[33:37])
    if not flags & _USER_PRESENT or not flags & _USER_VERIFIED:
        raise _bad(f"{what} flags", f"{flags:#04x}", "somebody present, and verified by it")
    if bool(flags & _ATTESTED) != attested:
        raise _bad(f"{what} flags", f"{flags:#04x}", "a key" if attested else "no key")
    rest, credential = data[37:], None
    if attested:
        credential, rest = _credential(rest, count)
    if flags & _EXTENSIONS:
        found, rest = read_cbor(rest)
        if not isinstance(found, dict):
            raise _bad(f"{what} extensions", "no map", "a map")
    if rest:
        raise _bad(what, f"{len(rest)} bytes more", "nothing after it")
    return _AuthenticatorData(flags=flags, count=count, credential=credential)


def _credential(data: bytes, count: int) -> tuple[Credential, bytes]:
    length = int.from_bytes(data[16:18])
    name = data[18 : 18 + length]
    if len(data) < 18 or len(name) != length or not 1 <= length <= CREDENTIAL_BYTES_MAX:
        raise _bad("passkey id", f"{length} bytes", f"1 to {CREDENTIAL_BYTES_MAX}")
    found, rest = read_cbor(data[18 + length :])
    algorithm, public = _cose_key(found)
    return Credential(id=name, algorithm=algorithm, public=public, count=count), rest


def _cose_key(found: object) -> tuple[int, bytes]:
    """Return the algorithm and the public key of a COSE key: ES256 on P-256, or Ed25519."""
    if not isinstance(found, dict):
        raise _bad("passkey key", "no map", "a COSE key")
    if any(isinstance(each, bool) for each in found.values()):
        raise _bad("passkey key", "another kind", "numbers and bytes alone")
    x, y = _bytes_32(found.get(-2)), _bytes_32(found.get(-3))
    if x and y and found == {1: 2, 3: _ES256, -1: 1, -2: x, -3: y}:
        _point(x + y)
        return _ES256, x + y
    if x and found == {1: 1, 3: _EDDSA, -1: 6, -2: x}:
        check_point(x)
        return _EDDSA, x
    raise _bad("passkey key", "another kind", "ES256 on P-256, or Ed25519, as COSE writes it")


def _bytes_32(value: object) -> bytes:
    return value if isinstance(value, bytes) and len(value) == 32 else b""


def _point(public: bytes) -> ec.EllipticCurvePublicKey:
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + public)
    except ValueError:
        raise _bad("passkey key", "no point of P-256", "a point of it") from None


def _check_signature(credential: Credential, signature: bytes, message: bytes) -> None:
    try:
        if credential.algorithm == _EDDSA:
            verify_signature(credential.public, signature, message)
        else:
            _point(credential.public).verify(signature, message, ec.ECDSA(SHA256()))
    except (InvalidSignature, Fault):
        raise _bad("passkey signature", "not over this", "one by the key that is kept") from None


def _bad(what: str, value: object, wanted: str) -> InputFault:
    return InputFault(what, value=value, wanted=wanted)


# ---- CBOR, as much as authenticators write ------------------------------------------------------


def read_cbor(data: bytes) -> tuple[object, bytes]:
    """Return the first value of CBOR bytes, and what stands after it.

    Whole numbers, bytes, text, arrays, maps, true, false and null, each in its one shortest form
    and of definite length, as CTAP2 writes them; keys are numbers or text, each once.

    Raises:
        InputFault: anything else, or cut off.
    """
    if len(data) > BYTES_MAX:
        raise _bad("CBOR", "longer", f"at most {BYTES_MAX} bytes")
    value, end = _value(data, 0, 0)
    return value, data[end:]


def _value(data: bytes, at: int, depth: int) -> tuple[object, int]:
    major, number, at = _head(data, at)
    if major == 0:
        return number, at
    if major == 1:
        return -1 - number, at
    if major in (2, 3):
        part = data[at : at + number]
        if len(part) != number:
            raise _bad("CBOR", "cut off", "all of it")
        return (part if major == 2 else _text(part)), at + number
    if major == 7:
        if number not in (20, 21, 22):
            raise _bad("CBOR", f"simple value {number}", "true, false or null")
        return {20: False, 21: True, 22: None}[number], at
    if major not in (4, 5) or depth >= _DEPTH_MAX or number > len(data) - at:
        raise _bad("CBOR", "a tag, too deep, or more than there is", "what authenticators write")
    return _array(data, at, number, depth) if major == 4 else _map(data, at, number, depth)


def _head(data: bytes, at: int) -> tuple[int, int, int]:
    """Return the kind and the number of a value's head, and where its body begins."""
    if at >= len(data):
        raise _bad("CBOR", "cut off", "all of it")
    major, short = data[at] >> 5, data[at] & 31
    at += 1
    if short < 24:
        return major, short, at
    if short > 27 or major == 7:
        raise _bad("CBOR", "of no definite length, or a float", "a definite length")
    size = 1 << (short - 24)
    number = int.from_bytes(data[at : at + size])
    if len(data) < at + size:
        raise _bad("CBOR", "cut off", "all of it")
    if number < (24, 1 << 8, 1 << 16, 1 << 32)[short - 24]:
        raise _bad("CBOR", "a longer form than its shortest", "the shortest form")
    return major, number, at + size


def _text(part: bytes) -> str:
    try:
        return part.decode("utf-8")
    except UnicodeDecodeError:
        raise _bad("CBOR text", "not UTF-8", "UTF-8") from None


def _array(data: bytes, at: int, number: int, depth: int) -> tuple[list[object], int]:
    found = []
    for _ in range(number):
        value, at = _value(data, at, depth + 1)
        found.append(value)
    return found, at


def _map(data: bytes, at: int, number: int, depth: int) -> tuple[dict[object, object], int]:
    found: dict[object, object] = {}
    for _ in range(number):
        key, at = _value(data, at, depth + 1)
        if not isinstance(key, int | str) or isinstance(key, bool) or key in found:
            raise _bad("CBOR map", "a key twice, or of another kind", "numbers or text, each once")
        found[key], at = _value(data, at, depth + 1)
    return found, at


def site_of(host: str, *, secure: bool) -> Site:
    """Return what ceremonies on the page of this Host may be for.

    Args:
        host: as the browser asked for it, which the guard has found to be ours.
        secure: whether it came over TLS.

    Raises:
        InputFault: an address, for which no browser makes or uses a passkey.
    """
    scheme = "https" if secure else "http"
    name = host.lower().rpartition("]")[2].partition(":")[0]
    if not name or name.replace(".", "").isdigit():
        raise InputFault(
            "passkey host",
            value=host,
            wanted="a name: browsers know no passkeys for addresses",
            repair="open the page at localhost, or at a name of [http] hosts",
        )
    return Site(origins=frozenset({f"{scheme}://{host.lower()}"}), rp_id=name)
