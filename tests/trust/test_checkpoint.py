"""Checkpoints and cosignatures: what is signed is exactly what is read."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.trust.checkpoint import (
    Checkpoint,
    Cosignature,
    cosign,
    open_checkpoint,
    parse_checkpoint_body,
    sign_checkpoint,
    verify_cosignature,
)
from parley.trust.keys import ROLES, SigningKey
from parley.trust.note import (
    Signature,
    add_signatures,
    make_note,
    open_note,
    parse_signature_line,
    parse_vkey,
)
from parley.trust.tree import EMPTY_ROOT, leaf_hash
from parley.world.faults import InputFault, OurFault, PeerFault

LOG = SigningKey(b"\x01" * 32, name="parley/A/B/log", role="log")
MIRROR = SigningKey(b"\x02" * 32, name="parley/A/C/mirror", role="mirror")
WITNESS = SigningKey(b"\x02" * 32, name="parley/A/C/witness", role="witness")
HEAD = Checkpoint(origin="parley/A/B/line", size=3, root=leaf_hash(b"x"))
NOTE = sign_checkpoint(LOG, HEAD)
AT_US = 1_497_938_400_900_000


@given(
    st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=30),
    st.integers(1, 2**63 - 1),
    st.binary(min_size=32, max_size=32),
)
@settings(max_examples=40)
def test_a_head_reads_back_as_it_was_signed(origin, size, root):
    head = Checkpoint(origin=origin, size=size, root=root)
    assert open_checkpoint(sign_checkpoint(LOG, head), LOG.verifier, origin) == head
    assert parse_checkpoint_body(head.body) == head


def test_the_body_is_three_lines():
    root = base64.b64encode(HEAD.root).decode()
    assert HEAD.body == f"parley/A/B/line\n3\n{root}\n"
    assert NOTE.startswith(HEAD.body.encode() + b"\n\xe2\x80\x94 parley/A/B/line ")


def test_one_key_signs_each_log_under_its_origin_and_is_verified_under_it():
    other = Checkpoint(origin="parley/A/B/ops", size=3, root=HEAD.root)
    notes = {head.origin: sign_checkpoint(LOG, head) for head in (HEAD, other)}
    for origin, note in notes.items():
        # Whoever knows only C2SP knows the log's key under the log's origin.
        theirs = parse_vkey(LOG.verifier.named(origin).vkey)
        assert open_note(note, [theirs]).verified == (theirs,)
        for known in (LOG.verifier, theirs, LOG.verifier.named("other")):
            assert open_checkpoint(note, known, origin).origin == origin
    lines = [note[note.index(b"\n\n") + 2 :] for note in notes.values()]
    assert parse_signature_line(lines[0]).key_id != parse_signature_line(lines[1]).key_id
    # The name is not signed, the origin is: a line moved under another origin does not hold.
    moved = parse_signature_line(lines[0])
    under = LOG.verifier.named(other.origin)
    moved = Signature(name=under.name, key_id=under.key_id, payload=moved.payload)
    with pytest.raises(PeerFault, match="own signature"):
        open_checkpoint(make_note(other.body, [moved]), LOG.verifier)
    # A line under the name of the enrolled key is the line of nobody.
    signed = LOG.sign(HEAD.body.encode())
    old = Signature(name=LOG.name, key_id=LOG.verifier.key_id, payload=signed)
    with pytest.raises(PeerFault, match="not signed by a known key"):
        open_checkpoint(make_note(HEAD.body, [old]), LOG.verifier)


@pytest.mark.parametrize("origin", ["a b", "a+b", "x" * 256])
def test_an_origin_that_no_key_can_be_named_after_is_not_signed_and_not_believed(origin):
    head = Checkpoint(origin=origin, size=3, root=HEAD.root)
    with pytest.raises(InputFault, match="key name"):
        sign_checkpoint(LOG, head)
    line = parse_signature_line(cosign(MIRROR, NOTE, AT_US))
    with pytest.raises(PeerFault, match="checkpoint origin"):
        open_checkpoint(make_note(head.body, [line]), LOG.verifier)


@given(st.binary(max_size=200) | st.integers(0, 8 * len(NOTE) - 1))
@settings(max_examples=150)
def test_any_bytes_are_a_checkpoint_or_a_peer_fault(data):
    if isinstance(data, int):
        changed = bytearray(NOTE)
        changed[data // 8] ^= 1 << data % 8
        data = bytes(changed)
    with pytest.raises(PeerFault):
        open_checkpoint(data, LOG.verifier)


@pytest.mark.parametrize(
    "body",
    [
        "o\n3\n",
        "\n3\nROOT\n",
        "o\n03\nROOT\n",
        "o\n-3\nROOT\n",
        "o\n+3\nROOT\n",
        "o\n3 \nROOT\n",
        "o\n\u0663\nROOT\n",
        "o\n9223372036854775808\nROOT\n",
        "o\n99999999999999999999\nROOT\n",
        "o\n3\nROOT",
        "o\n3\nROOT\n\n",
        "o\n3\n\nROOT\n",
        "o\n3\nAAAA\n",
        "o\n0\nROOT\n",
        "o\u200bo\n3\nROOT\n",
    ],
)
def test_a_body_in_another_form_is_a_peer_fault(body):
    body = body.replace("ROOT", base64.b64encode(HEAD.root).decode())
    with pytest.raises(PeerFault):
        parse_checkpoint_body(body)


def test_extension_lines_of_other_logs_are_kept_and_signed():
    head = Checkpoint(origin="o", size=3, root=HEAD.root, extensions=("more",))
    assert open_checkpoint(sign_checkpoint(LOG, head), LOG.verifier) == head
    with pytest.raises(InputFault):
        Checkpoint(origin="o", size=3, root=HEAD.root, extensions=("",))


def test_a_head_counts_only_from_its_own_key_and_log():
    other = SigningKey(b"\x03" * 32, name="parley/A/B/log", role="log")
    with pytest.raises(PeerFault, match="known key"):
        open_checkpoint(NOTE, other.verifier)
    with pytest.raises(PeerFault, match="parley/A/B/ops"):
        open_checkpoint(NOTE, LOG.verifier, "parley/A/B/ops")
    with pytest.raises(InputFault, match="algorithm"):
        open_checkpoint(NOTE, MIRROR.verifier)
    with pytest.raises(InputFault, match="empty root"):
        Checkpoint(origin="o", size=0, root=HEAD.root)
    assert Checkpoint(origin="o", size=0, root=EMPTY_ROOT).size == 0


def test_a_mirror_says_when_it_held_the_head():
    line = cosign(MIRROR, NOTE, AT_US)
    both = add_signatures(NOTE, [line])
    held = verify_cosignature(both, MIRROR.verifier)
    assert held == Cosignature(cosigner="parley/A/C/mirror", time_s=1_497_938_400)
    assert open_checkpoint(both, LOG.verifier) == HEAD
    assert open_note(both, [MIRROR.verifier, LOG.verifier]).verified[0] == MIRROR.verifier
    later = add_signatures(both, [cosign(MIRROR, NOTE, AT_US + 9_000_000)])
    assert verify_cosignature(later, MIRROR.verifier) == held
    with pytest.raises(PeerFault, match="known key"):
        verify_cosignature(NOTE, MIRROR.verifier)


def test_a_witness_says_when_it_saw_the_head_and_that_is_no_receipt():
    both = add_signatures(NOTE, [cosign(WITNESS, NOTE, AT_US)])
    seen = verify_cosignature(both, WITNESS.verifier)
    assert seen == Cosignature(cosigner="parley/A/C/witness", time_s=1_497_938_400)
    with pytest.raises(PeerFault, match="known key"):
        verify_cosignature(both, MIRROR.verifier)
    with pytest.raises(PeerFault, match="known key"):
        verify_cosignature(add_signatures(NOTE, [cosign(MIRROR, NOTE, AT_US)]), WITNESS.verifier)


def test_the_cosigned_message_is_the_one_of_the_specification():
    payload = parse_signature_line(cosign(MIRROR, NOTE, AT_US)).payload
    message = b"cosignature/v1\ntime 1497938400\n" + HEAD.body.encode()
    assert payload == (1_497_938_400).to_bytes(8, "big") + MIRROR.sign(message)


def test_no_bit_of_a_cosignature_may_change_and_it_fits_no_other_head():
    signed = parse_signature_line(cosign(MIRROR, NOTE, AT_US))
    for bit in range(0, 8 * len(signed.payload), 7):
        payload = bytearray(signed.payload)
        payload[bit // 8] ^= 1 << bit % 8
        changed = Signature(name=signed.name, key_id=signed.key_id, payload=bytes(payload))
        with pytest.raises(PeerFault):
            verify_cosignature(make_note(HEAD.body, [changed]), MIRROR.verifier)
    short = Signature(name=signed.name, key_id=signed.key_id, payload=signed.payload[:-1])
    with pytest.raises(PeerFault, match="71 bytes"):
        verify_cosignature(make_note(HEAD.body, [short]), MIRROR.verifier)
    for other in (
        Checkpoint(origin=HEAD.origin, size=4, root=HEAD.root),
        Checkpoint(origin="parley/A/B/ops", size=3, root=HEAD.root),
        Checkpoint(origin=HEAD.origin, size=3, root=leaf_hash(b"y")),
    ):
        with pytest.raises(PeerFault):
            verify_cosignature(make_note(other.body, [signed]), MIRROR.verifier)


def test_no_key_does_two_jobs():
    with pytest.raises(OurFault, match="log key"):
        sign_checkpoint(MIRROR, HEAD)
    with pytest.raises(OurFault, match="log key"):
        sign_checkpoint(WITNESS, HEAD)
    for role in ROLES:
        if role not in ("mirror", "witness"):
            with pytest.raises(OurFault, match="mirror or witness key"):
                cosign(SigningKey(bytes(32), name="a", role=role), NOTE, AT_US)
    with pytest.raises(PeerFault):
        cosign(
            MIRROR, make_note("not a head\n", [parse_signature_line(NOTE[len(HEAD.body) + 1 :])]), 0
        )
    with pytest.raises(InputFault, match="time"):
        cosign(MIRROR, NOTE, -1)
