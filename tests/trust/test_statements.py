"""Statements of keys: each holds for its own kind, key, place and words, and for nothing else."""

from __future__ import annotations

import base64
import hashlib
import itertools

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.node.frames import Heads, heads_message, hello_message
from parley.trust.checkpoint import Checkpoint, cosign, parse_checkpoint_body, sign_checkpoint
from parley.trust.keys import ROLES, SigningKey, verify_signature
from parley.trust.note import Signature, add_signatures, cosigned_message, make_note, open_note
from parley.trust.statements import (
    ACT_DOMAIN,
    ENROLMENT_DOMAIN,
    RECEIPT_DOMAIN,
    ROTATION_DOMAIN,
    STATEMENT_DOMAIN,
    Enrolment,
    Rotation,
    Statement,
    act_message,
    combine_statements,
    parse_statement,
    receipt_message,
    sign_act,
    sign_enrolment,
    sign_receipt,
    sign_rotation,
    sign_statement,
    verify_act,
    verify_enrolment,
    verify_receipt,
    verify_rotation,
    verify_statement,
    vkey_digest,
)
from parley.trust.tree import leaf_hash
from parley.world.faults import InputFault, OurFault, PeerFault

AT_US = 1_497_938_400_000_000  # 2017-06-20T06:00:00Z
LINE = "parley.example/AGR-1/COAL/line/2017"
LEAF = leaf_hash(b"an entry").hex()


def key(job, role=None, seed=1, party="COAL"):
    return SigningKey(bytes([seed]) * 32, name=f"parley/{party}/{job}", role=role or job)


OLD, NEW, AFTER = (key("log", seed=n) for n in (1, 2, 3))
LINK = key("link", party="RUS")
OWL = key("operator/owl", "operator")
ROOTS = [key(f"root-{n}", "root", seed=n) for n in (1, 2, 3)]
PUBLIC_ROOTS = [root.verifier for root in ROOTS]
WITHOUT = msgspec.structs.replace


# ---- rotation -----------------------------------------------------------------------------------

ROTATION = Rotation(
    party="COAL",
    role="log",
    old=OLD.verifier.vkey,
    new=NEW.verifier.vkey,
    next_sha256=vkey_digest(AFTER.verifier.vkey),
)
PROMISED = vkey_digest(NEW.verifier.vkey)
POSSESSION = sign_rotation(NEW, ROTATION)


def test_a_promised_key_that_is_held_takes_over():
    found = verify_rotation(ROTATION, POSSESSION, OLD.verifier, PROMISED)
    assert found == NEW.verifier
    assert ROTATION.message.decode().split("\n") == [
        "parley/rotate/v1",
        "party COAL",
        "role log",
        f"old {OLD.verifier.vkey}",
        f"new {NEW.verifier.vkey}",
        f"next {ROTATION.next_sha256}",
        "",
    ]


def rotated(new, **changed):
    """Return a rotation by whoever holds `new`, and their proof that they hold it."""
    rotation = WITHOUT(ROTATION, new=new.verifier.vkey, **changed)
    return rotation, new.sign(rotation.message).hex()


def test_a_thief_of_the_present_key_cannot_choose_the_next():
    thief = key("log", seed=9)
    with pytest.raises(PeerFault, match="the key promised by"):
        verify_rotation(*rotated(thief), OLD.verifier, PROMISED)
    with pytest.raises(PeerFault, match="the key promised by"):
        verify_rotation(ROTATION, POSSESSION, OLD.verifier, None)
    # Nor can who knows the promised key, but does not hold it, have it take over.
    with pytest.raises(PeerFault, match="possession"):
        verify_rotation(ROTATION, thief.sign(ROTATION.message).hex(), OLD.verifier, PROMISED)


@pytest.mark.parametrize(
    ("rotation", "present", "promised", "words"),
    [
        (rotated(NEW), AFTER, PROMISED, "wanted from parley/COAL/log"),
        (rotated(OLD), OLD, vkey_digest(OLD.verifier.vkey), "to the same key"),
        (rotated(key("link", seed=2)), OLD, vkey_digest(key("link", seed=2).verifier.vkey),
         "a key named parley/COAL/log"),
        (rotated(key("log", "mirror")), OLD, vkey_digest(key("log", "mirror").verifier.vkey),
         "that signs messages"),
        (rotated(NEW, party="RUS"), OLD, PROMISED, "a key named parley/RUS/log"),
        (rotated(NEW, next_sha256=PROMISED), OLD, PROMISED, "promising a key that was used"),
        (rotated(NEW, next_sha256=vkey_digest(OLD.verifier.vkey)), OLD, PROMISED,
         "promising a key that was used"),
        ((WITHOUT(ROTATION, new="x"), POSSESSION), OLD, PROMISED, "verifier key"),
        ((WITHOUT(ROTATION, old=OLD.verifier.vkey + " "), POSSESSION), OLD, PROMISED, "from"),
        ((WITHOUT(ROTATION, next_sha256="0" * 64), POSSESSION), OLD, PROMISED, "possession"),
    ],
)  # fmt: skip
def test_a_rotation_that_does_not_hold_is_the_peers_fault(rotation, present, promised, words):
    with pytest.raises(PeerFault, match=words):
        verify_rotation(*rotation, present.verifier, promised)


def test_a_key_of_small_order_is_never_rotated_to():
    material = b"\x01" + b"\x01" + bytes(31)
    key_id = hashlib.sha256(b"parley/COAL/log\n" + material).hexdigest()[:8]
    weak = f"parley/COAL/log+{key_id}+{base64.b64encode(material).decode()}"
    with pytest.raises(PeerFault, match="prime-order"):
        verify_rotation(WITHOUT(ROTATION, new=weak), "00" * 64, OLD.verifier, vkey_digest(weak))


def test_a_rotation_is_signed_only_by_the_new_log_key():
    with pytest.raises(InputFault, match="rotation new"):
        sign_rotation(AFTER, ROTATION)
    with pytest.raises(OurFault, match="the log key"):
        sign_rotation(LINK, ROTATION)
    for changed in ({"next_sha256": "x"}, {"next_sha256": PROMISED.upper()}, {"party": "A B"}):
        with pytest.raises(InputFault):
            Rotation(**{**msgspec.structs.asdict(ROTATION), **changed})


# ---- root statements ----------------------------------------------------------------------------

REVOKED = Statement(
    party="COAL",
    action="revoke",
    role="log",
    key=OLD.verifier.vkey,
    at_us=AT_US,
    reason="the disk of the node was taken",
)
NOTES = [sign_statement(root, REVOKED) for root in ROOTS]


def test_enough_of_the_root_keys_together_decide():
    for some in itertools.permutations(NOTES, 2):
        both = combine_statements(some)
        assert verify_statement(both, PUBLIC_ROOTS, 2) == REVOKED
        with pytest.raises(PeerFault, match="wanted 3 of 3 root keys"):
            verify_statement(both, PUBLIC_ROOTS, 3)
    assert verify_statement(combine_statements(NOTES), PUBLIC_ROOTS, 3) == REVOKED
    for note in NOTES:
        with pytest.raises(PeerFault, match="wanted 2 of 3 root keys"):
            verify_statement(note, PUBLIC_ROOTS, 2)


def test_the_statement_is_a_note_that_other_tools_read():
    note = open_note(combine_statements(NOTES), PUBLIC_ROOTS)
    assert note.text.split("\n") == [
        "parley/key-statement/v1",
        "party COAL",
        "action revoke",
        "role log",
        f"key {OLD.verifier.vkey}",
        "at 2017-06-20T06:00:00Z",
        "reason the disk of the node was taken",
        "",
    ]
    assert parse_statement(note.text) == REVOKED


def test_one_root_signing_twice_is_one_root():
    note = NOTES[0]
    line = note[note.index(b"\n\n") + 2 :]
    assert combine_statements([note, note]) == note
    doubled = note + line
    with pytest.raises(PeerFault, match="wanted 2 of 3"):
        verify_statement(doubled, PUBLIC_ROOTS, 2)
    # Nor does one key under two numbers become two roots.
    twin = ROOTS[0].named("parley/COAL/root-9")
    both = combine_statements([note, sign_statement(twin, REVOKED)])
    with pytest.raises(PeerFault):
        verify_statement(both, [ROOTS[0].verifier, twin.verifier], 2)


def test_strangers_count_for_nothing_and_a_false_root_refuses_all():
    stranger = key("root-7", "root", seed=7)
    with_stranger = combine_statements([NOTES[0], sign_statement(stranger, REVOKED)])
    with pytest.raises(PeerFault, match="wanted 2 of 3"):
        verify_statement(with_stranger, PUBLIC_ROOTS, 2)
    root = PUBLIC_ROOTS[1]
    false = Signature(name=root.name, key_id=root.key_id, payload=bytes(64))
    with pytest.raises(PeerFault, match="own signature"):
        verify_statement(
            add_signatures(combine_statements(NOTES[::2]), [false.line]), PUBLIC_ROOTS, 2
        )


def test_no_statement_is_believed_without_an_enrolled_root():
    note = combine_statements(NOTES)
    for roots, threshold in (
        ([], 0), ([], 1), (PUBLIC_ROOTS, 0), (PUBLIC_ROOTS, 4), (PUBLIC_ROOTS, -1),
        (PUBLIC_ROOTS[:1] * 2, 2),
    ):  # fmt: skip
        with pytest.raises(PeerFault, match="a root that was enrolled"):
            verify_statement(note, roots, threshold)


def test_a_root_speaks_for_its_own_party_only():
    other = [key(f"root-{n}", "root", seed=n, party="RUS") for n in (1, 2)]
    with pytest.raises(InputFault, match="a key parley/COAL/root-N"):
        sign_statement(other[0], REVOKED)
    lines = [
        Signature(
            name=root.name,
            key_id=root.verifier.key_id,
            payload=root.sign(REVOKED.text.encode()),
        )
        for root in other
    ]
    with pytest.raises(PeerFault, match="a key parley/COAL/root-N"):
        verify_statement(make_note(REVOKED.text, lines), [r.verifier for r in other], 2)
    # A log key under a root's place neither signs nor counts.
    with pytest.raises(OurFault, match="the root key"):
        sign_statement(OLD, REVOKED)
    with pytest.raises(PeerFault, match="root-N"):
        verify_statement(NOTES[0], [OLD.verifier], 1)


def test_only_equal_statements_are_combined():
    later = sign_statement(ROOTS[1], WITHOUT(REVOKED, at_us=AT_US + 1))
    with pytest.raises(InputFault, match="2 different ones"):
        combine_statements([NOTES[0], later])
    with pytest.raises(InputFault, match="no note"):
        combine_statements([])
    with pytest.raises(PeerFault):
        combine_statements([b"x"])


@pytest.mark.parametrize(
    "changed",
    [
        {"action": "appoint", "role": "mirror", "key": key("mirror").verifier.vkey},
        {"action": "appoint", "role": "witness", "key": key("witness").verifier.vkey},
        {"action": "takeover", "key": NEW.verifier.vkey},
        {"role": "seal", "key": "ab" * 32},
        {"role": "operator", "key": OWL.verifier.vkey},
        {"at_us": AT_US + 500_000},
        {"reason": "Потерян ключ: см. журнал"},
    ],
)
def test_each_kind_of_statement_reads_back(changed):
    statement = WITHOUT(REVOKED, **changed)
    note = combine_statements([sign_statement(root, statement) for root in ROOTS])
    assert verify_statement(note, PUBLIC_ROOTS, 2) == statement


@pytest.mark.parametrize(
    "changed",
    [
        {"party": "A/B"},
        {"party": ""},
        {"party": "RUS"},
        {"role": "mirror"},
        {"role": "seal"},
        {"role": "operator"},
        {"role": "mirror", "key": key("mirror", "log").verifier.vkey},
        {"key": "x"},
        {"reason": ""},
        {"reason": "two\nlines"},
        {"reason": "x" * 4001},
        {"at_us": 2**60},
        {"action": "takeover", "role": "link", "key": key("link").verifier.vkey},
    ],
)
def test_what_could_be_misread_is_never_stated(changed):
    with pytest.raises(InputFault):
        Statement(**{**msgspec.structs.asdict(REVOKED), **changed})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("parley/key-statement/v1", "parley/key-statement/v2"),
        ("action revoke", "action forgive"),
        ("role log", "role king"),
        ("action revoke\nrole log", "role log\naction revoke"),
        ("at 2017-06-20T06:00:00Z", "at 2017-06-20T08:00:00+02:00"),
        ("at 2017-06-20T06:00:00Z", "at 2017-06-20"),
        ("party COAL", "party  COAL"),
        ("reason the", "reason\nthe"),
        ("was taken\n", "was taken\nmore\n"),
        ("was taken\n", "was taken"),
        ("party COAL\n", ""),
    ],
)
def test_a_statement_has_one_form_even_if_the_root_signs_another(old, new):
    text = REVOKED.text.replace(old, new, 1)
    assert text != REVOKED.text
    with pytest.raises(PeerFault):
        parse_statement(text)
    if text.endswith("\n"):
        lines = [
            Signature(name=r.name, key_id=r.verifier.key_id, payload=r.sign(text.encode()))
            for r in ROOTS
        ]
        with pytest.raises(PeerFault):
            verify_statement(make_note(text, lines), PUBLIC_ROOTS, 2)


BOTH = combine_statements(NOTES[:2])


@given(st.integers(0, 8 * len(BOTH) - 1))
@settings(max_examples=100)
def test_no_bit_of_a_signed_statement_may_change(bit):
    changed = bytearray(BOTH)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(PeerFault):
        verify_statement(bytes(changed), PUBLIC_ROOTS, 2)


@given(st.binary(max_size=200), st.text(max_size=60))
@settings(max_examples=150)
def test_any_bytes_are_a_statement_or_a_peer_fault(data, text):
    with pytest.raises(PeerFault):
        parse_statement(text)
    with pytest.raises(PeerFault):
        verify_statement(data, PUBLIC_ROOTS, 2)
    mixed = REVOKED.text.replace("the disk", text, 1)
    try:
        found = parse_statement(mixed)
    except PeerFault:
        return
    assert found.text == mixed


# ---- people -------------------------------------------------------------------------------------

ENROLMENT = Enrolment(
    party="COAL", operator="owl", key=OWL.verifier.vkey, posts=("duty-officer", "commander")
)
OWLS_OWN = sign_enrolment(OWL, ENROLMENT)


def test_a_person_agrees_to_be_enrolled_for_these_posts_until_then():
    assert verify_enrolment(ENROLMENT, OWLS_OWN) == OWL.verifier
    until = WITHOUT(ENROLMENT, until_us=AT_US)
    assert verify_enrolment(until, sign_enrolment(OWL, until)) == OWL.verifier
    assert b"until removed\n" in ENROLMENT.message
    assert b"until 2017-06-20T06:00:00Z\n" in until.message
    for changed in (
        until,
        WITHOUT(ENROLMENT, posts=("duty-officer",)),
        WITHOUT(ENROLMENT, posts=("commander", "duty-officer")),
    ):
        with pytest.raises(PeerFault, match="enrolment of parley/COAL/operator/owl"):
            verify_enrolment(changed, OWLS_OWN)


def test_nobody_is_enrolled_with_anothers_key_or_name():
    for changed in (
        {"operator": "fox"},
        {"party": "RUS"},
        {"key": LINK.verifier.vkey},
        {"key": key("operator/owl", "mirror").verifier.vkey},
        {"key": "x"},
    ):
        with pytest.raises(PeerFault):
            verify_enrolment(WITHOUT(ENROLMENT, **changed), OWLS_OWN)
    with pytest.raises(PeerFault):
        verify_enrolment(ENROLMENT, key("operator/owl", "operator", 5).sign(b"x").hex())
    with pytest.raises(OurFault, match="operator key"):
        sign_enrolment(LINK, ENROLMENT)
    with pytest.raises(InputFault, match="enrolment key"):
        sign_enrolment(key("operator/owl", "operator", 5), ENROLMENT)
    for bad in (
        {"posts": ()}, {"posts": ("a", "a")}, {"posts": ("a\nb",)}, {"posts": ("x",) * 65},
        {"operator": "a b"}, {"party": ""}, {"until_us": 2**60},
    ):  # fmt: skip
        with pytest.raises(InputFault):
            Enrolment(**{**msgspec.structs.asdict(ENROLMENT), **bad})


def test_an_act_is_bound_to_the_place_and_the_bytes_of_its_entry():
    signed = sign_act(OWL, LINE, 7, LEAF)
    verify_act(OWL.verifier, LINE, 7, LEAF, signed)
    for args in (
        (LINE, 8, LEAF),
        (LINE.replace("line", "ops"), 7, LEAF),
        (LINE, 7, leaf_hash(b"another").hex()),
    ):
        with pytest.raises(PeerFault, match="act of parley/COAL/operator/owl"):
            verify_act(OWL.verifier, *args, signed)
    for args in ((LINE, -1, LEAF), (LINE, 7, LEAF.upper()), (LINE, 7, ""), ("a\nb", 7, LEAF)):
        with pytest.raises(PeerFault):
            verify_act(OWL.verifier, *args, signed)
        with pytest.raises(InputFault):
            sign_act(OWL, *args)
    for bad in ("", signed[:-2], signed.upper(), signed + "\n", "g" * 128, "\u0661" * 128):
        with pytest.raises(PeerFault, match="act of"):
            verify_act(OWL.verifier, LINE, 7, LEAF, bad)
    with pytest.raises(OurFault, match="operator key"):
        sign_act(LINK, LINE, 7, LEAF)


# ---- receipts -----------------------------------------------------------------------------------


def test_a_receipt_is_of_its_holder_entry_and_time():
    signed = sign_receipt(LINK, "RUS", LINE, 7, LEAF, AT_US)
    verify_receipt(LINK.verifier, "RUS", LINE, 7, LEAF, AT_US, signed)
    for args in (
        ("COAL", LINE, 7, LEAF, AT_US),
        ("RUS", LINE.replace("line", "ops"), 7, LEAF, AT_US),
        ("RUS", LINE, 8, LEAF, AT_US),
        ("RUS", LINE, 7, leaf_hash(b"another").hex(), AT_US),
        ("RUS", LINE, 7, LEAF, AT_US + 1),
    ):
        with pytest.raises(PeerFault, match="receipt by parley/RUS/link"):
            verify_receipt(LINK.verifier, *args, signed)
    for args in (("A B", LINE, 7, LEAF, AT_US), ("RUS", LINE, 2**63, LEAF, AT_US),
                 ("RUS", LINE, 7, LEAF[:-1], AT_US), ("RUS", LINE, 7, LEAF, 2**62)):  # fmt: skip
        with pytest.raises(PeerFault):
            verify_receipt(LINK.verifier, *args, signed)
        with pytest.raises(InputFault):
            sign_receipt(LINK, *args)
    with pytest.raises(OurFault, match="link key"):
        sign_receipt(OWL, "RUS", LINE, 7, LEAF, AT_US)


@given(st.text(max_size=40), st.integers(), st.text(max_size=140), st.integers())
@settings(max_examples=80)
def test_any_receipt_act_or_enrolment_holds_or_is_the_peers_fault(text, index, other, at_us):
    with pytest.raises(PeerFault):
        verify_receipt(LINK.verifier, text, text, index, other, at_us, other)
    with pytest.raises(PeerFault):
        verify_act(OWL.verifier, text, index, LEAF, other)
    with pytest.raises(PeerFault):
        verify_enrolment(ENROLMENT, other)
    with pytest.raises(PeerFault):
        verify_rotation(WITHOUT(ROTATION, new=text), other, OLD.verifier, PROMISED)


# ---- no signature can be taken for another ------------------------------------------------------

HEAD = Checkpoint(origin=LINE, size=3, root=leaf_hash(b"x"))
BEAT = Heads(at_us=AT_US, heads={LINE: 3}, signature="")
MESSAGES = {
    "rotation": ROTATION.message,
    "statement": REVOKED.text.encode(),
    "enrolment": ENROLMENT.message,
    "act": act_message(LINE, 7, LEAF),
    "receipt": receipt_message("RUS", LINE, 7, LEAF, AT_US),
    "link proof": hello_message("COAL", "RUS", "00" * 16),
    "heads": heads_message("COAL", "RUS", "00" * 16, BEAT),
    "head": HEAD.body.encode(),
    "cosignature": cosigned_message(HEAD.body, AT_US // 1_000_000),
}


def test_every_kind_of_message_begins_with_its_own_line():
    first = {name: message.split(b"\n")[0] for name, message in MESSAGES.items()}
    assert len(set(first.values())) == len(MESSAGES)
    assert first["rotation"].decode() == ROTATION_DOMAIN
    assert first["statement"].decode() == STATEMENT_DOMAIN
    assert first["enrolment"].decode() == ENROLMENT_DOMAIN
    assert first["act"].decode() == ACT_DOMAIN
    assert first["receipt"].decode() == RECEIPT_DOMAIN
    # A log could be named like one of these lines; its second line is a number, theirs never is.
    for name, message in MESSAGES.items():
        if name != "head":
            assert not message.split(b"\n")[1].isdigit()
            with pytest.raises(PeerFault):
                parse_checkpoint_body(message.decode())


def checks(one):
    """Return the check of each kind that a key signs, given one key that has every job."""
    root, person = one.named("parley/COAL/root-1"), one.named("parley/COAL/operator/owl")
    new = one.named("parley/COAL/log")
    rotation = WITHOUT(ROTATION, new=new.vkey)
    enrolment = WITHOUT(ENROLMENT, key=person.vkey)

    def statement(signature):
        line = Signature(name=root.name, key_id=root.key_id, payload=signature)
        verify_statement(make_note(REVOKED.text, [line]), [root], 1)

    def head(signature):
        named = one.named(LINE)
        line = Signature(name=LINE, key_id=named.key_id, payload=signature)
        open_note(make_note(HEAD.body, [line]), [named])

    return {
        "rotation": (rotation.message, lambda s: verify_rotation(
            rotation, s.hex(), OLD.verifier, vkey_digest(new.vkey))),
        "statement": (REVOKED.text.encode(), statement),
        "enrolment": (enrolment.message, lambda s: verify_enrolment(enrolment, s.hex())),
        "act": (MESSAGES["act"], lambda s: verify_act(one, LINE, 7, LEAF, s.hex())),
        "receipt": (MESSAGES["receipt"], lambda s: verify_receipt(
            one, "RUS", LINE, 7, LEAF, AT_US, s.hex())),
        "head": (MESSAGES["head"], head),
        "link proof": (MESSAGES["link proof"], lambda s: verify_signature(
            one.public, s, MESSAGES["link proof"])),
        "heads": (MESSAGES["heads"], lambda s: verify_signature(
            one.public, s, MESSAGES["heads"])),
    }  # fmt: skip


def test_no_signature_is_taken_for_one_of_another_kind_even_by_one_key_for_all():
    one = SigningKey(b"\x31" * 32, name="parley/COAL/log", role="log")
    kinds = checks(one.verifier)
    for (made, (message, _)), (taken, (_, check)) in itertools.product(
        kinds.items(), kinds.items()
    ):
        if made == taken:
            check(one.sign(message))
        else:
            with pytest.raises(PeerFault):
                check(one.sign(message))


def test_no_cosignature_is_taken_for_a_statement():
    mirror = key("mirror")
    note = sign_checkpoint(OLD, HEAD)
    line = cosign(mirror, note, AT_US)
    with pytest.raises(PeerFault):
        verify_statement(note + line, [mirror.verifier], 1)
    as_signer = WITHOUT(mirror.verifier, algorithm=1)
    signed = mirror.sign(MESSAGES["cosignature"])
    for made, (_, check) in checks(as_signer).items():
        with pytest.raises(PeerFault):
            check(signed)
        assert made
    with pytest.raises(PeerFault, match="cosigner's key"):
        verify_act(mirror.verifier, LINE, 7, LEAF, mirror.sign(MESSAGES["act"]).hex())


def test_each_statement_is_made_by_one_role_only():
    made = {
        "log": lambda k: sign_rotation(k, WITHOUT(ROTATION, new=k.verifier.vkey)),
        "root": lambda k: sign_statement(k, REVOKED),
        "operator": lambda k: sign_act(k, LINE, 7, LEAF),
        "link": lambda k: sign_receipt(k, "RUS", LINE, 7, LEAF, AT_US),
    }
    for role in ROLES:
        one = SigningKey(bytes(32), name="parley/COAL/root-1", role=role)
        for wanted, act in made.items():
            if role == wanted:
                act(one)
            else:
                with pytest.raises(OurFault, match=f"the {wanted} key"):
                    act(one)
