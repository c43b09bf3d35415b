"""WebAuthn, checked step by step: what an honest authenticator writes, and each thing changed."""

from __future__ import annotations

import hashlib
import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.app.passkeys import FILE_NAME, KeptAssertion, Passkey, Passkeys, salt_of
from parley.app.webauthn import (
    Site,
    from_unpadded,
    read_cbor,
    site_of,
    unpadded,
    verify_assertion,
    verify_registration,
)
from parley.world.faults import InputFault

SITE = Site(origins=frozenset({"http://localhost:8080"}), rp_id="localhost")
CHALLENGE = bytes(range(32))


def cbor(value) -> bytes:
    """Return the shortest CBOR of what authenticators write."""
    if isinstance(value, bool) or value is None:
        return {False: b"\xf4", True: b"\xf5", None: b"\xf6"}[value]
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, dict):
        parts = [cbor(k) + cbor(v) for k, v in value.items()]
        return head(5, len(value)) + b"".join(parts)
    return head(4, len(value)) + b"".join(map(cbor, value))


def head(major: int, number: int) -> bytes:
    for short, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if number < 24:
            return bytes([major << 5 | number])
        if number < 1 << 8 * size:
            return bytes([major << 5 | short]) + number.to_bytes(size)
    raise AssertionError(number)


class Authenticator:
    """An authenticator of our own: ES256 or Ed25519, present and verified."""

    def __init__(self, kind: str = "es256") -> None:
        self.id = b"\x05" * 20
        self.count = 7
        if kind == "es256":
            self.key = ec.generate_private_key(ec.SECP256R1())
            numbers = self.key.public_key().public_numbers()
            self.cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        else:
            self.key = Ed25519PrivateKey.generate()
            self.cose = {1: 1, 3: -8, -1: 6, -2: self.key.public_key().public_bytes_raw()}

    def data(self, *, flags: int, rp_id="localhost", count=None, tail=b"") -> bytes:
        counted = (self.count if count is None else count).to_bytes(4)
        return hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + counted + tail

    def attestation(self, *, flags=0x45, rp_id="localhost", cose=None, more=b"") -> bytes:
        tail = bytes(16) + len(self.id).to_bytes(2) + self.id + cbor(cose or self.cose) + more
        data = self.data(flags=flags, rp_id=rp_id, tail=tail)
        return cbor({"fmt": "none", "attStmt": {}, "authData": data})

    def sign(self, data: bytes, client: bytes) -> bytes:
        message = data + hashlib.sha256(client).digest()
        if isinstance(self.key, Ed25519PrivateKey):
            return self.key.sign(message)
        return self.key.sign(message, ec.ECDSA(SHA256()))


def client_data(kind="webauthn.get", **changes) -> bytes:
    told = {"type": kind, "challenge": unpadded(CHALLENGE), "origin": "http://localhost:8080",
            "crossOrigin": False}  # fmt: skip
    return json.dumps(told | changes).encode()


def made(key: Authenticator):
    create = client_data("webauthn.create")
    return verify_registration(create, key.attestation(), challenge=CHALLENGE, site=SITE)


def asserted(key: Authenticator, credential, *, data=None, client=None, signed=None, site=SITE):
    key.count += 1
    data = key.data(flags=0x05) if data is None else data
    client = client_data() if client is None else client
    signature = key.sign(data, client) if signed is None else signed
    return verify_assertion(credential, client, data, signature, challenge=CHALLENGE, site=site)


@pytest.mark.parametrize("kind", ["es256", "ed25519"])
def test_what_an_honest_authenticator_writes_is_taken(kind):
    key = Authenticator(kind)
    credential = made(key)
    assert (credential.id, credential.count) == (key.id, 7)
    assert asserted(key, credential) == 8
    with_more = key.data(flags=0x85, count=10, tail=cbor({"hmac-secret": b"x" * 32}))
    assert asserted(key, credential, data=with_more) == 10


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"type": "webauthn.create"}, "type"),
        ({"challenge": unpadded(bytes(32))}, "challenge"),
        ({"challenge": unpadded(CHALLENGE) + "="}, "challenge"),
        ({"origin": "http://localhost:8081"}, "origin"),
        ({"origin": "https://localhost:8080"}, "origin"),
        ({"origin": "http://elsewhere.example"}, "origin"),
        ({"crossOrigin": True}, "origin"),
    ],
)
def test_another_ceremony_origin_or_challenge_is_refused(changes, word):
    key = Authenticator()
    credential = made(key)
    with pytest.raises(InputFault, match=word):
        asserted(key, credential, client=client_data(**changes))


def test_nobody_present_verified_or_asked_for_another_site_is_refused():
    key = Authenticator()
    credential = made(key)
    for flags, word in ((0x04, "flags"), (0x01, "flags"), (0x45, "flags")):
        with pytest.raises(InputFault, match=word):
            asserted(key, credential, data=key.data(flags=flags))
    with pytest.raises(InputFault, match="name"):
        asserted(key, credential, data=key.data(flags=0x05, rp_id="127.0.0.1"))
    with pytest.raises(InputFault, match="more"):
        asserted(key, credential, data=key.data(flags=0x05, tail=b"\x00"))


def test_a_count_that_does_not_go_on_says_that_a_copy_may_be_about():
    key = Authenticator()
    credential = made(key)
    for count in (7, 6, 0):
        with pytest.raises(InputFault, match="copy of this key"):
            asserted(key, credential, data=key.data(flags=0x05, count=count))
    silent = made(Authenticator())
    assert silent.count == 7
    never = Authenticator()
    never.count = 0
    quiet = made(never)
    assert asserted(never, quiet, data=never.data(flags=0x05, count=0)) == 0


@pytest.mark.parametrize("kind", ["es256", "ed25519"])
def test_anothers_signature_and_each_changed_bit_are_refused(kind):
    key, other = Authenticator(kind), Authenticator(kind)
    credential = made(key)
    data, client = key.data(flags=0x05, count=9), client_data()
    good = key.sign(data, client)
    with pytest.raises(InputFault, match="signature"):
        asserted(key, credential, data=data, signed=other.sign(data, client))
    for at in range(0, len(good), 7):
        bad = bytearray(good)
        bad[at] ^= 1
        with pytest.raises(InputFault, match="signature"):
            asserted(key, credential, data=data, signed=bytes(bad))
    with pytest.raises(InputFault, match="signature"):
        asserted(key, credential, data=key.data(flags=0x05, count=10), signed=good)


def test_a_key_of_another_kind_is_refused():
    key = Authenticator()
    rsa = {1: 3, 3: -257, -1: b"n" * 32, -2: b"\x01\x00\x01"}
    off = {**key.cose, -2: b"\x00" * 32, -3: b"\x01" * 32}
    small = {1: 1, 3: -8, -1: 6, -2: bytes(32)}
    for cose in (rsa, off, small, {**key.cose, -1: 2}, {**key.cose, 4: 1}, {**key.cose, -1: True}):
        with pytest.raises(InputFault, match="key"):
            verify_registration(
                client_data("webauthn.create"), key.attestation(cose=cose),
                challenge=CHALLENGE, site=SITE,
            )  # fmt: skip


@pytest.mark.parametrize(
    "bad",
    [
        b"", b"\x18", b"\x18\x17", b"\x1f", b"\x5f\xff", b"\xc0\x00", b"\xf9\x00\x00",
        b"\xa2\x01\x00\x01\x00", b"\xa1\x41\x00\x00", b"\xa1\xf5\x00", b"\x62\xff\xff",
        b"\x9b" + b"\xff" * 8, b"\x81" * 6 + b"\x00", b"\xf8\x14", b"\xe0",
    ],
)  # fmt: skip
def test_cbor_in_another_form_than_authenticators_write_is_refused(bad):
    with pytest.raises(InputFault):
        read_cbor(bad)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_cbor_or_refused_and_what_is_read_is_written_the_same(data):
    try:
        value, rest = read_cbor(data)
    except InputFault:
        return
    assert cbor(value) + rest == data


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.binary(max_size=300), st.binary(max_size=80))
def test_any_bytes_of_an_authenticator_are_refused_and_never_crash(client, data, signature):
    credential = made(KEY)
    with pytest.raises(InputFault):
        verify_assertion(credential, client, data, signature, challenge=CHALLENGE, site=SITE)
    with pytest.raises(InputFault):
        verify_registration(client, data, challenge=CHALLENGE, site=SITE)
    for each in (data, signature):
        with pytest.raises(InputFault):
            verify_registration(
                client_data("webauthn.create"), each, challenge=CHALLENGE, site=SITE
            )


KEY = Authenticator()


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_an_attestation_cut_or_changed_anywhere_is_refused_or_another_key(data):
    whole = KEY.attestation()
    at = data.draw(st.integers(0, len(whole) - 1))
    cut = data.draw(st.booleans())
    bad = whole[:at] if cut else whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :]
    try:
        found = verify_registration(
            client_data("webauthn.create"), bad, challenge=CHALLENGE, site=SITE
        )
    except InputFault:
        return
    assert not cut
    assert found.public, "a key all the same, of another id or count"


def test_a_site_has_a_name_and_an_address_of_numbers_has_none():
    assert site_of("localhost:8080", secure=False) == SITE
    secure = site_of("Post.example", secure=True)
    assert (secure.rp_id, secure.origins) == ("post.example", frozenset({"https://post.example"}))
    for host in ("127.0.0.1:8080", "[::1]:8080", ""):
        with pytest.raises(InputFault, match="localhost"):
            site_of(host, secure=False)


def test_base64url_has_one_form():
    assert from_unpadded("_-4", "it") == b"\xff\xee"
    for bad in ("_-4=", "/+4", "_-5", "é", "A", "x" * 40_000):
        with pytest.raises(InputFault):
            from_unpadded(bad, "it")


# ---- what is kept --------------------------------------------------------------------------------


def passkey(name="ab", key="parley/COAL/operator/owl+00000000+x") -> Passkey:
    return Passkey(
        operator="owl", key=key, rp_id="localhost", id=name, algorithm=-8, public="00" * 32,
        count=0, made_us=1,
    )  # fmt: skip


def assertion(name="ab") -> KeptAssertion:
    return KeptAssertion(
        at_us=2, operator="owl", key="k", id=name, log="l", index=1, leaf="00", client_data="",
        authenticator_data="", signature="",
    )  # fmt: skip


def test_passkeys_and_assertions_stay_and_only_their_owner_reads_them(tmp_path):
    kept = Passkeys(tmp_path)
    kept.add(passkey())
    with pytest.raises(InputFault, match="not kept yet"):
        kept.add(passkey())
    kept.note(assertion(), 5)
    kept.note(assertion(), 6)
    for file in tmp_path.iterdir():
        assert file.stat().st_mode & 0o777 == 0o600
    again = Passkeys(tmp_path)
    assert [each.count for each in again.every] == [6]
    assert len((tmp_path / "passkey-assertions").read_text().splitlines()) == 2
    again.drop("ab")
    assert Passkeys(tmp_path).every == ()
    (tmp_path / FILE_NAME).write_text("[{")
    with pytest.raises(InputFault, match="damaged"):
        Passkeys(tmp_path)


def test_a_challenge_counts_once_and_for_ten_minutes(tmp_path):
    now = [0.0]
    kept = Passkeys(tmp_path, steady_s=lambda: now[0])
    first, second = kept.challenge(), kept.challenge()
    kept.take(first)
    with pytest.raises(InputFault, match="begin again"):
        kept.take(first)
    with pytest.raises(InputFault, match="begin again"):
        kept.take(bytes(32))
    now[0] = 601.0
    with pytest.raises(InputFault, match="begin again"):
        kept.take(second)
    many = [kept.challenge() for _ in range(100)]
    with pytest.raises(InputFault):
        kept.take(many[0])
    kept.take(many[-1])


def test_the_secret_is_asked_for_by_the_name_of_the_key_alone():
    assert salt_of("parley/COAL/operator/owl") == salt_of("parley/COAL/operator/owl")
    assert salt_of("parley/COAL/operator/owl") != salt_of("parley/RUS/operator/owl")
