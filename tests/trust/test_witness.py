"""The witness: another program's cases in order, every refusal of C2SP, and forks told apart."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.trust.checkpoint import Checkpoint, cosign, sign_checkpoint, verify_cosignature
from parley.trust.keys import SigningKey, VerifierKey
from parley.trust.note import add_signatures, parse_unverified_note
from parley.trust.tree import EMPTY_ROOT, Tree, leaf_hash
from parley.trust.witness import (
    REQUEST_BYTES_MAX,
    accept_cosignatures,
    decide,
    make_add_checkpoint,
    parse_add_checkpoint,
    parse_cosignatures,
    parse_size_reply,
)
from parley.world.faults import OurFault, PeerFault
from shared_data import shared

ORIGIN = "parley.example/SYR-17/COAL/line/2026"
LOG = SigningKey(b"\x01" * 32, name="parley/COAL/log", role="log")
WITNESS = SigningKey(b"\x02" * 32, name="parley/HOST/witness", role="witness")
MIRROR = SigningKey(b"\x03" * 32, name="parley/RUS/mirror", role="mirror")
TREE = Tree([leaf_hash(b"%d" % number) for number in range(40)])
OTHER = Tree([leaf_hash(b"another %d" % number) for number in range(40)])
KEYS = {ORIGIN: LOG.verifier}


def head(size, tree=TREE, origin=ORIGIN):
    return Checkpoint(origin=origin, size=size, root=tree.root(size))


def signed(size, tree=TREE, origin=ORIGIN, key=LOG):
    return sign_checkpoint(key, head(size, tree, origin))


def ask(old, size, latest, *, tree=TREE, proof=None, note=None):
    """Send a request through its bytes, as a client makes it; `latest` is a size, or a head."""
    if proof is None:
        proof = tree.consistency_proof(old, size) if 0 < old <= size else ()
    body = make_add_checkpoint(old, proof, note or signed(size, tree))
    request = parse_add_checkpoint(body)
    known = head(latest) if isinstance(latest, int) else latest
    decision = decide(request, KEYS, known)
    assert (decision.checkpoint is not None) == (decision.status == 200)
    assert bool(decision.because) == (decision.status != 200)
    return decision


def test_another_program_s_requests_in_order():
    data = json.loads(shared("vectors/tlog-witness/add-checkpoint.json").read_text())
    public = bytes.fromhex(data["log_ed25519_public_key_hex"])
    key = VerifierKey(name=data["log_origin"], algorithm=1, public=public)
    latest, found = None, []
    for case in data["cases"]:
        request = parse_add_checkpoint(case["request"].encode())
        assert make_add_checkpoint(request.old, request.proof, request.note) == (
            case["request"].encode()
        )
        decision = decide(request, {data["log_origin"]: key}, latest)
        latest = decision.checkpoint or latest
        found.append(decision.status)
        assert not decision.fork
        for wanted in case["asserts"]:
            if wanted.startswith("body == "):
                assert decision.body.decode() == json.loads(wanted.removeprefix("body == "))
                assert decision.media_type == "text/x.tlog.size"
                assert parse_size_reply(decision.body) == latest.size
    wanted = [case["status"] for case in data["cases"]]
    assert len(found) == 9
    # The third names a log that is not known. That program answered 403 in 2025; C2SP says 404.
    assert "e563" in data["cases"][2]["request"]
    assert (wanted[2], found[2]) == (403, 404)
    assert found[:2] + found[3:] == wanted[:2] + wanted[3:]


def test_heads_that_grow_are_taken_and_the_same_again():
    assert ask(0, 0, None).checkpoint == head(0)
    assert ask(0, 7, None).checkpoint == head(7)
    assert ask(0, 7, 0).checkpoint == head(7)
    assert ask(7, 9, 7).checkpoint == head(9)
    assert ask(9, 9, 9).checkpoint == head(9)


def test_an_old_size_above_the_checkpoint_is_a_bad_request():
    assert ask(9, 7, 9).status == 400
    assert ask(9, 7, None).status == 400


@pytest.mark.parametrize(("old", "size", "latest"), [(0, 9, 7), (5, 9, 7), (9, 12, 7), (3, 5, 7)])
def test_another_old_size_is_a_conflict_that_tells_the_size(old, size, latest):
    decision = ask(old, size, latest)
    assert (decision.status, decision.body) == (409, b"7\n")
    assert decision.media_type == "text/x.tlog.size"
    assert not decision.fork


def test_a_rollback_is_refused_whatever_old_size_it_gives():
    for old in range(6):
        assert ask(old, 5, 7).status == 409
    assert ask(6, 5, 7).status == 400


@pytest.mark.row("A16")
def test_another_root_for_a_size_is_a_fork_whatever_the_old_size():
    for old, proof in ((9, ()), (0, ()), (4, None), (9, (EMPTY_ROOT,))):
        decision = ask(old, 9, 9, tree=OTHER, proof=proof)
        assert (decision.status, decision.body) == (409, b"9\n")
        assert decision.fork
        assert decision.suspect


def test_a_proof_that_does_not_fit_is_unprocessable_and_perhaps_evidence():
    good = TREE.consistency_proof(7, 9)
    for proof in ((), good[:-1], (*good, EMPTY_ROOT), good[::-1]):
        decision = ask(7, 9, 7, proof=proof)
        assert (decision.status, decision.suspect, decision.fork) == (422, True, False)
    assert ask(7, 12, 7, tree=OTHER).status == 422
    assert ask(0, 9, None, proof=good).status == 422
    assert ask(0, 9, 0, proof=good).status == 422
    assert ask(9, 9, 9, proof=good).status == 422


def test_an_unknown_log_and_an_unknown_key():
    elsewhere = signed(9, origin="parley.example/SYR-17/COAL/ops/2026")
    assert ask(0, 9, None, note=elsewhere).status == 404
    thief = SigningKey(b"\x09" * 32, name="parley/COAL/log", role="log")
    decision = ask(0, 9, None, note=signed(9, key=thief))
    assert (decision.status, decision.suspect) == (403, False)
    # The right key under its own name, not under the log's.
    wrong_name = signed(9).replace(ORIGIN.encode() + b" ", b"parley/COAL/log ")
    assert ask(0, 9, None, note=wrong_name).status == 403
    # A signature by the known key that is bad, beside a good one, refuses the note.
    bad = signed(8).splitlines(keepends=True)[-1]
    assert ask(0, 9, None, note=add_signatures(signed(9), [bad])).status == 403
    # Signature lines of no form are no signatures.
    for tail in (b"", b"- x AAAA\n", signed(9).splitlines(keepends=True)[-1][:-1]):
        note = signed(9).rpartition(b"\n\n")[0] + b"\n\n" + tail
        assert ask(0, 9, None, note=note).status == 403
    with pytest.raises(OurFault, match="latest checkpoint"):
        ask(7, 9, head(7, origin="elsewhere"))


def test_signatures_of_others_are_ignored():
    note = signed(9)
    note = add_signatures(note, [cosign(MIRROR, note, 5_000_000), cosign(WITNESS, note, 6_000_000)])
    stranger = SigningKey(b"\x09" * 32, name="stranger", role="log")
    other = sign_checkpoint(stranger, head(9, origin="stranger")).splitlines(keepends=True)[-1]
    assert ask(7, 9, 7, note=add_signatures(note, [other])).checkpoint == head(9)


@pytest.mark.parametrize(
    "change",
    [
        lambda b: b"",
        lambda b: b.replace(b"old 7", b"old 07"),
        lambda b: b.replace(b"old 7", b"old -7"),
        lambda b: b.replace(b"old 7", b"old  7"),
        lambda b: b.replace(b"old 7", b"old 7 "),
        lambda b: b.replace(b"old 7", b"old"),
        lambda b: b.replace(b"old 7", b"Old 7"),
        lambda b: b.replace(b"old 7", b"old 9223372036854775808"),
        lambda b: b.replace(b"old 7", b"old \xd9\xa7"),
        lambda b: b.replace(b"old 7\n", b""),
        lambda b: b.replace(b"old 7\n", b"old 7\r\n"),
        lambda b: b.replace(b"old 7\n", b"old 7\n\n"),
        lambda b: b.replace(b"old 7\n", b"old 7\nAAAA\n"),
        lambda b: b.replace(b"old 7\n", b"old 7\n" + (b"A" * 43 + b"=\n") * 64),
        lambda b: b.replace(b"=\n", b"\n", 1),
        lambda b: b.replace(b"=\n", b"=", 1),
        lambda b: b[: b.rindex(b"\n\n")],
        lambda b: b.replace(b"parley.example", b"parley.\xff"),
        lambda b: b.replace(b"\n9\n", b"\n09\n"),
        lambda b: b + b"x" * REQUEST_BYTES_MAX,
    ],
)
def test_another_form_is_a_peer_fault(change):
    body = make_add_checkpoint(7, TREE.consistency_proof(7, 9), signed(9))
    assert parse_add_checkpoint(body).old == 7
    assert change(body) != body
    with pytest.raises(PeerFault):
        parse_add_checkpoint(change(body))


def test_a_client_cannot_make_a_longer_proof_than_the_form_allows():
    with pytest.raises(OurFault, match="63"):
        make_add_checkpoint(1, [EMPTY_ROOT] * 64, signed(9))


@given(st.lists(st.tuples(st.integers(0, 40), st.booleans()), min_size=1, max_size=12))
@settings(max_examples=60, deadline=None)
def test_what_a_witness_takes_is_one_history_and_never_shrinks(heads):
    latest = None
    for size, honest in heads:
        tree = TREE if honest else OTHER
        old = latest.size if latest is not None else 0
        decision = ask(old, size, latest, tree=tree)
        before, latest = latest, decision.checkpoint or latest
        if decision.status == 200 and before is not None:
            assert latest.size >= before.size
            one = next(t for t in (TREE, OTHER) if t.root(latest.size) == latest.root)
            assert one.root(before.size) == before.root
        if before is not None and before.size == size and before.root != tree.root(size):
            assert decision.fork


def test_the_answer_is_added_to_the_note_as_far_as_its_signers_are_known():
    note = signed(9)
    lines = cosign(WITNESS, note, 6_000_000) + cosign(MIRROR, note, 5_000_000)
    both, shown = accept_cosignatures(note, lines, [WITNESS.verifier, MIRROR.verifier])
    assert [(each.cosigner, each.time_s) for each in shown] == [
        ("parley/HOST/witness", 6),
        ("parley/RUS/mirror", 5),
    ]
    assert verify_cosignature(both, MIRROR.verifier).time_s == 5
    one, shown = accept_cosignatures(note, lines, [WITNESS.verifier])
    assert [each.cosigner for each in shown] == ["parley/HOST/witness"]
    assert len(parse_unverified_note(one).signatures) == 2
    with pytest.raises(PeerFault, match="unknown keys"):
        accept_cosignatures(note, lines, [])
    elsewhere = cosign(WITNESS, signed(8), 6_000_000)
    with pytest.raises(PeerFault, match="parley/HOST/witness"):
        accept_cosignatures(note, elsewhere, [WITNESS.verifier])


@pytest.mark.parametrize("body", [b"", b"\n", b"7\n", b"\xe2\x80\x94 a b\n", b"x" * 2_000_000])
def test_an_answer_of_another_form_is_a_peer_fault(body):
    with pytest.raises(PeerFault):
        parse_cosignatures(body)
    line = cosign(WITNESS, signed(9), 6_000_000)
    for bad in (line[:-1], line + b"\n", line.replace(b"\n", b"\r\n"), line * 65):
        with pytest.raises(PeerFault):
            parse_cosignatures(bad)
    assert len(parse_cosignatures(line * 2)) == 2


@pytest.mark.parametrize(
    "body", [b"", b"7", b"07\n", b"7\n\n", b"-1\n", b"9" * 20 + b"\n", b"\xff\n"]
)
def test_a_size_of_another_form_is_a_peer_fault(body):
    with pytest.raises(PeerFault):
        parse_size_reply(body)
    assert parse_size_reply(b"0\n") == 0
    assert parse_size_reply(b"9223372036854775807\n") == 2**63 - 1
