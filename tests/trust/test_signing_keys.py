"""Keys: two libraries must agree, points are checked, a seed is never seen again."""

from __future__ import annotations

import copy
import json
import pickle
import traceback

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from parley.trust import keys
from parley.trust.keys import (
    ROLES,
    SigningKey,
    VerifierKey,
    check_point,
    key_name,
    parse_vkey,
    verify_signature,
)
from parley.world.faults import InputFault, OurFault, PeerFault
from shared_data import shared

SEED = bytes(range(200, 232))


def accepts(verify, *args):
    try:
        verify(*args)
    except (PeerFault, InputFault, InvalidSignature, BadSignatureError, ValueError):
        return False
    return True


def by_cryptography(public, signature, message):
    return accepts(Ed25519PublicKey.from_public_bytes(public).verify, signature, message)


def by_nacl(public, signature, message):
    return accepts(VerifyKey(public).verify, message, signature)


def test_a_signature_counts_only_if_both_libraries_accept_it():
    cases = json.loads(shared("vectors/ed25519-cctv/ed25519vectors.json").read_text())
    assert len(cases) == 914
    disputed = enrolled = accepted = believed = 0
    for case in cases:
        public, signature = bytes.fromhex(case["key"]), bytes.fromhex(case["sig"])
        message = case["msg"].encode()
        one = by_cryptography(public, signature, message)
        other = by_nacl(public, signature, message)
        assert accepts(verify_signature, public, signature, message) == (one and other)
        disputed += one != other
        enrolled += accepts(check_point, public)
        accepted += one and other
        believed += one and other and accepts(check_point, public)
    # The premise of the rule: the two really differ, and the point check removes nearly all keys.
    assert (disputed, accepted, enrolled, believed) == (165, 43, 28, 1)


class Refuser:
    """A library that says no to everything."""

    def __init__(self, public=b""):
        self.from_public_bytes = Refuser

    def verify(self, *_):
        raise ValueError


@pytest.mark.parametrize("library", ["Ed25519PublicKey", "VerifyKey"])
def test_each_library_alone_can_refuse(monkeypatch, library):
    key = SigningKey(SEED, name="a", role="link")
    args = (key.verifier.public, key.sign(b"x"), b"x")
    verify_signature(*args)
    monkeypatch.setattr(keys, library, Refuser() if library[0] == "E" else Refuser)
    with pytest.raises(PeerFault, match="refused by"):
        verify_signature(*args)


def test_every_wycheproof_signature():
    groups = json.loads(shared("vectors/wycheproof/ed25519_test.json").read_text())["testGroups"]
    good = bad = 0
    for group in groups:
        public = bytes.fromhex(group["publicKey"]["pk"])
        check_point(public)
        for case in group["tests"]:
            signature, message = bytes.fromhex(case["sig"]), bytes.fromhex(case["msg"])
            valid = case["result"] == "valid"
            assert accepts(verify_signature, public, signature, message) == valid, case["tcId"]
            good, bad = good + valid, bad + (not valid)
    assert (good, bad) == (88, 63)


def test_keys_that_split_the_libraries_cannot_be_enrolled():
    small_order = [bytes(32), b"\x01" + bytes(31), b"\xec" + b"\xff" * 30 + b"\x7f"]
    for public in small_order:
        with pytest.raises(InputFault, match="prime-order"):
            VerifierKey(name="a", algorithm=1, public=public)
    with pytest.raises(InputFault, match="31 bytes"):
        VerifierKey(name="a", algorithm=1, public=bytes(31))
    with pytest.raises(InputFault, match="algorithm"):
        VerifierKey(
            name="a", algorithm=2, public=SigningKey(SEED, name="a", role="log").verifier.public
        )


def test_one_seed_gives_each_role_and_name_its_own_key():
    made = [SigningKey(SEED, name=f"parley/A/{p}", role=r) for r in ROLES for p in "BC"]
    assert len({key.verifier.public for key in made}) == len(made)
    again = SigningKey(SEED, name="parley/A/B", role="log")
    assert again.verifier == made[0].verifier
    assert again.sign(b"x") == made[0].sign(b"x")


def test_a_key_under_another_name_is_the_same_key_for_the_same_job():
    for role in ROLES:
        key = SigningKey(SEED, name="parley/A/log", role=role)
        other = key.named("parley.example/G/A/line/2026")
        assert other.verifier == key.verifier.named(other.name)
        assert (other.role, other.verifier.public) == (role, key.verifier.public)
        assert (other.sign(b"x"), key.name) == (key.sign(b"x"), "parley/A/log")
        assert other.verifier.key_id != key.verifier.key_id
        assert parse_vkey(other.verifier.vkey) == other.verifier
        assert key.named(key.name) is key
        for bad in ("", "a b", "a+b"):
            with pytest.raises(InputFault, match="key name"):
                key.named(bad)
            with pytest.raises(InputFault, match="key name"):
                key.verifier.named(bad)


def test_only_mirrors_and_witnesses_sign_as_cosigners():
    found = {role: SigningKey(SEED, name="a", role=role).verifier.algorithm for role in ROLES}
    assert {role for role, number in found.items() if number == 4} == {"mirror", "witness"}
    assert set(found.values()) == {1, 4}
    key = SigningKey(SEED, name="a", role="witness")
    key.require_role("mirror", "witness")
    with pytest.raises(OurFault, match="is a witness key, wanted the log or link key"):
        key.require_role("log", "link")


@given(st.binary(max_size=100), st.integers(0, 511))
@settings(max_examples=30)
def test_a_signature_verifies_and_no_bit_of_it_may_change(message, bit):
    key = SigningKey(SEED, name="a", role="link")
    signature = key.sign(message)
    verify_signature(key.verifier.public, signature, message)
    broken = bytearray(signature)
    broken[bit // 8] ^= 1 << bit % 8
    with pytest.raises(PeerFault):
        verify_signature(key.verifier.public, bytes(broken), message)
    with pytest.raises(PeerFault):
        verify_signature(key.verifier.public, signature, message + b"!")
    with pytest.raises(PeerFault):
        verify_signature(key.verifier.public, signature[:63], message)


def test_the_seed_is_never_shown():
    key = SigningKey(SEED, name="parley/A/B/log", role="log").named("parley/A/B/line")
    shown = repr(key) + str(key)
    for act in (lambda: pickle.dumps(key), lambda: copy.copy(key), lambda: copy.deepcopy(key)):
        with pytest.raises(OurFault) as caught:
            act()
        shown += "".join(traceback.format_exception(caught.value))
    for seed, name, role in ((SEED[:31], "a", "log"), (SEED, "a b", "log"), (SEED, "a", "king")):
        with pytest.raises(InputFault) as refused:
            SigningKey(seed, name=name, role=role)
        shown += str(refused.value)
    assert not hasattr(key, "__dict__")
    for form in (SEED[:31].hex(), repr(SEED[:31])[2:-1], str(list(SEED[:31]))[1:-1]):
        assert form not in shown


def test_vkey_text_reads_back_and_every_change_of_it_is_refused():
    key = SigningKey(SEED, name=key_name("A", "B", "mirror"), role="mirror").verifier
    assert parse_vkey(key.vkey) == key
    assert key.vkey.startswith("parley/A/B/mirror+")
    assert key.algorithm == 4
    for at in range(len(key.vkey)):
        letter = "x" if key.vkey[at] != "x" else "y"
        with pytest.raises(InputFault):
            parse_vkey(key.vkey[:at] + letter + key.vkey[at + 1 :])
    for bad in ("", "a", "a+b", "+00000000+AA==", key.vkey + "\n", key.vkey.replace("/", " ", 1)):
        with pytest.raises(InputFault):
            parse_vkey(bad)


def test_key_names_are_names_that_a_note_can_carry():
    assert key_name("SYR-17", "COAL", "log") == "parley/SYR-17/COAL/log"
    for parts in (("", "B", "log"), ("A/B", "C", "log"), ("A", "B C", "log"), ("A", "B+", "log")):
        with pytest.raises(InputFault):
            key_name(*parts)
    with pytest.raises(InputFault):
        key_name("A\u2028", "B", "log")


def test_a_fingerprint_can_be_read_out():
    key = SigningKey(SEED, name="a", role="log").verifier
    groups = key.fingerprint.split(" ")
    assert [len(group) for group in groups] == [4] * 8
    assert key.fingerprint != SigningKey(SEED, name="a", role="link").verifier.fingerprint
