"""Sealed payloads: commitments bind and hide, boxes open for one key and one purpose only."""

from __future__ import annotations

import copy
import hashlib
import json
import pickle
import traceback

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl.bindings import crypto_scalarmult

from parley.trust import seal as seal_module
from parley.trust.keys import SigningKey
from parley.trust.seal import (
    PUBLIC_SEAL_BYTES,
    PUSH_COUNTER_MAX,
    SALT_BYTES,
    SealKey,
    check_seal_digest,
    commitment,
    make_opening,
    open_push,
    payload_of,
    seal,
    seal_push,
    verify_commitment,
    verify_seal_public,
)
from parley.world.faults import InputFault, OurFault, PeerFault
from shared_data import shared

SEED = bytes(range(100, 132))
KEY = SealKey(SEED, name="parley/COAL/seal")
OTHER = SealKey(SEED, name="parley/RUS/seal")
SALT = bytes(range(SALT_BYTES))
INFO = b"parley/link/v1 COAL RUS"
BOX = seal(KEY.public, INFO, b"session key")
PUSH_KEY = bytes(range(32))


# ---- commitments --------------------------------------------------------------------------------


def test_the_commitment_is_the_hash_that_is_written_down():
    opening = make_opening(SALT, b'{"text":"hold"}')
    assert commitment(opening) == hashlib.sha256(
        b"parley/commit/v1" + SALT + b'{"text":"hold"}'
    ).hexdigest()  # fmt: skip
    assert payload_of(opening) == b'{"text":"hold"}'
    verify_commitment(opening, commitment(opening))


@given(st.binary(max_size=80), st.integers(0, 10_000))
@settings(max_examples=60)
def test_no_bit_of_an_opening_may_change(payload, place):
    opening = bytearray(make_opening(SALT, payload))
    said = commitment(bytes(opening))
    bit = place % (8 * len(opening))
    opening[bit // 8] ^= 1 << bit % 8
    with pytest.raises(PeerFault, match="opening is of commitment"):
        verify_commitment(bytes(opening), said)


def test_the_same_payload_under_another_salt_has_another_commitment():
    opening = make_opening(SALT, b"yes")
    with pytest.raises(PeerFault):
        verify_commitment(make_opening(bytes(32), b"yes"), commitment(opening))
    # Bytes may not move between salt and payload: the salt has one length.
    for salt in (b"", SALT[:31], SALT + b"x"):
        with pytest.raises(OurFault, match="salt"):
            make_opening(salt, b"yes")
    for short in (b"", SALT[:31]):
        with pytest.raises(PeerFault, match="opening"):
            payload_of(short)
        with pytest.raises(PeerFault, match="opening"):
            verify_commitment(short, commitment(short))


@given(st.binary(max_size=100), st.text(max_size=70))
@settings(max_examples=60)
def test_any_opening_and_commitment_hold_or_are_the_peers_fault(opening, commit):
    with pytest.raises(PeerFault):
        verify_commitment(opening, commit)


# ---- boxes --------------------------------------------------------------------------------------


def test_a_box_opens_for_its_key_and_its_purpose_only():
    assert KEY.unseal(BOX, INFO) == b"session key"
    assert KEY.unseal(seal(KEY.public, b"", b""), b"") == b""
    again = SealKey(SEED, name="parley/COAL/seal")
    assert (again.public, again.unseal(BOX, INFO)) == (KEY.public, b"session key")
    assert seal(KEY.public, INFO, b"session key") != BOX
    for key, info in ((OTHER, INFO), (KEY, INFO + b"x"), (KEY, b"")):
        with pytest.raises(PeerFault, match="sealed box"):
            key.unseal(BOX, info)


def test_a_box_needs_both_of_its_key_exchanges():
    half = SealKey(bytes(32), name="parley/COAL/seal").public
    for mixed in (half[:1184] + KEY.public[1184:], KEY.public[:1184] + half[1184:]):
        with pytest.raises(PeerFault, match="sealed box"):
            KEY.unseal(seal(mixed, INFO, b"session key"), INFO)


@given(st.integers(0, 8 * len(BOX) - 1))
@settings(max_examples=80)
def test_no_bit_of_a_box_may_change(bit):
    changed = bytearray(BOX)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(PeerFault, match="sealed box"):
        KEY.unseal(bytes(changed), INFO)


@given(st.binary(max_size=1300), st.binary(max_size=20))
@settings(max_examples=60)
def test_any_bytes_for_a_box_are_the_peers_fault(box, info):
    with pytest.raises(PeerFault):
        KEY.unseal(box, info)


@given(st.binary(max_size=40) | st.binary(min_size=PUBLIC_SEAL_BYTES, max_size=PUBLIC_SEAL_BYTES))
@settings(max_examples=40)
def test_any_bytes_for_a_public_key_seal_or_are_the_peers_fault(public):
    for act in (lambda: seal(public, INFO, b"x"), lambda: verify_seal_public(public, "00" * 32)):
        try:
            act()
        except PeerFault:
            continue


def test_what_is_no_public_key_is_refused():
    zero_point = KEY.public[:1184] + bytes(32)
    not_reduced = b"\xff" * 1184 + KEY.public[1184:]
    for public in (b"", KEY.public[:-1], KEY.public + b"x", zero_point, not_reduced):
        with pytest.raises(PeerFault, match="seal key"):
            seal(public, INFO, b"x")


def test_a_public_key_is_held_to_the_digest_that_was_enrolled():
    assert KEY.digest == hashlib.sha256(KEY.public).hexdigest()
    assert len(KEY.public) == PUBLIC_SEAL_BYTES
    check_seal_digest(KEY.digest)
    verify_seal_public(KEY.public, KEY.digest)
    with pytest.raises(PeerFault, match="the enrolled"):
        verify_seal_public(OTHER.public, KEY.digest)
    with pytest.raises(PeerFault, match="ML-KEM-768"):
        verify_seal_public(b"x", hashlib.sha256(b"x").hexdigest())
    for bad in ("", KEY.digest[:-1], KEY.digest.upper(), KEY.digest[:-1] + "g", "\u0661" * 64):
        with pytest.raises(InputFault, match="64 digits"):
            check_seal_digest(bad)


def test_a_seal_key_has_nothing_in_common_with_the_signing_keys_of_its_seed():
    signing = SigningKey(SEED, name="parley/COAL/seal", role="link")
    assert signing.verifier.public not in KEY.public
    assert KEY.public[-32:] != OTHER.public[-32:]
    assert KEY.public[:1184] != OTHER.public[:1184]


def test_the_seed_of_a_seal_key_is_never_shown():
    shown = repr(KEY) + str(KEY)
    for act in (lambda: pickle.dumps(KEY), lambda: copy.copy(KEY), lambda: copy.deepcopy(KEY)):
        with pytest.raises(OurFault) as caught:
            act()
        shown += "".join(traceback.format_exception(caught.value))
    for seed, name in ((SEED[:31], "a"), (SEED, "a b")):
        with pytest.raises(InputFault) as refused:
            SealKey(seed, name=name)
        shown += str(refused.value)
    with pytest.raises(PeerFault) as strange:
        KEY.unseal(b"strange", INFO)
    shown += "".join(traceback.format_exception(strange.value))
    assert not hasattr(KEY, "__dict__")
    for form in (SEED[:31].hex(), repr(SEED[:31])[2:-1], str(list(SEED[:31]))[1:-1]):
        assert form not in shown


# ---- pushes -------------------------------------------------------------------------------------


def test_a_push_opens_under_its_key_number_and_binding_only():
    box = seal_push(PUSH_KEY, 7, b"origin 3", b"openings")
    assert open_push(PUSH_KEY, 7, b"origin 3", box) == b"openings"
    assert len(box) == len(b"openings") + 16
    assert box != seal_push(PUSH_KEY, 8, b"origin 3", b"openings")
    for key, counter, aad, data in (
        (bytes(32), 7, b"origin 3", box),
        (PUSH_KEY, 8, b"origin 3", box),
        (PUSH_KEY, 7, b"origin 4", box),
        (PUSH_KEY, 7, b"origin 3", box[:-1]),
        (PUSH_KEY, 7, b"origin 3", b""),
    ):
        with pytest.raises(PeerFault, match="sealed push"):
            open_push(key, counter, aad, data)


def test_numbers_of_pushes_never_meet_and_never_wrap():
    assert len({seal_module._nonce(n) for n in (0, 1, 255, 256, 2**32, PUSH_COUNTER_MAX)}) == 6
    for counter in (-1, PUSH_COUNTER_MAX + 1):
        with pytest.raises(OurFault, match="push counter"):
            seal_push(PUSH_KEY, counter, b"", b"")
        with pytest.raises(OurFault, match="push counter"):
            open_push(PUSH_KEY, counter, b"", b"")
    with pytest.raises(OurFault, match="31 bytes") as caught:
        seal_push(PUSH_KEY[:31], 0, b"", b"")
    assert PUSH_KEY[:31].hex() not in str(caught.value)


@given(st.binary(max_size=60), st.integers(0, PUSH_COUNTER_MAX), st.integers(0, 10_000))
@settings(max_examples=60)
def test_no_bit_of_a_push_may_change(plaintext, counter, place):
    box = bytearray(seal_push(PUSH_KEY, counter, b"", plaintext))
    assert open_push(PUSH_KEY, counter, b"", bytes(box)) == plaintext
    bit = place % (8 * len(box))
    box[bit // 8] ^= 1 << bit % 8
    with pytest.raises(PeerFault):
        open_push(PUSH_KEY, counter, b"", bytes(box))


# ---- published vectors over the parts -----------------------------------------------------------


def cases(name):
    for group in json.loads(shared(f"vectors/wycheproof/{name}").read_text())["testGroups"]:
        for case in group["tests"]:
            yield group, case


def test_every_wycheproof_x25519_exchange_in_both_libraries():
    count, zeros = 0, 0
    for _, case in cases("x25519_test.json"):
        private, public = bytes.fromhex(case["private"]), bytes.fromhex(case["public"])
        wanted = bytes.fromhex(case["shared"])
        if any(wanted):
            point = X25519PublicKey.from_public_bytes(public)
            found = X25519PrivateKey.from_private_bytes(private).exchange(point)
            assert found == wanted == crypto_scalarmult(private, public), case["tcId"]
        else:
            # A point of small order: no secret at all, so neither may answer.
            assert case["result"] == "acceptable"
            point = X25519PublicKey.from_public_bytes(public)
            with pytest.raises(ValueError, match="shared key"):
                X25519PrivateKey.from_private_bytes(private).exchange(point)
            with pytest.raises(PeerFault, match="seal key"):
                seal(KEY.public[:1184] + public, INFO, b"x")
            zeros += 1
        count += 1
    assert (count, zeros) == (518, 31)


def test_every_wycheproof_chacha20_poly1305_message():
    opened, refused = 0, 0
    for _, case in cases("chacha20_poly1305_test.json"):
        key, iv, aad, text, sealed, tag = (
            bytes.fromhex(case[name]) for name in ("key", "iv", "aad", "msg", "ct", "tag")
        )
        cipher = seal_module.ChaCha20Poly1305(key)
        try:
            found = cipher.decrypt(iv, sealed + tag, aad)
        except (seal_module.InvalidTag, ValueError):
            assert case["result"] == "invalid", case["tcId"]
            refused += 1
        else:
            assert case["result"] == "valid", case["tcId"]
            assert (found, cipher.encrypt(iv, text, aad)) == (text, sealed + tag)
            opened += 1
    assert (opened, refused) == (256, 69)


def test_every_wycheproof_hkdf_derivation():
    derived, refused = 0, 0
    for _, case in cases("hkdf_sha256_test.json"):
        seed, salt, info = (bytes.fromhex(case[name]) for name in ("ikm", "salt", "info"))
        try:
            found = HKDF(SHA256(), case["size"], salt, info).derive(seed)
        except ValueError:
            assert case["result"] == "invalid", case["tcId"]
            refused += 1
        else:
            assert (case["result"], found.hex()) == ("valid", case["okm"]), case["tcId"]
            derived += 1
    assert (derived, refused) == (83, 3)
