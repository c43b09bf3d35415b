"""One entry and its proof: offline, from public keys alone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.trust.checkpoint import Checkpoint, cosign, sign_checkpoint
from parley.trust.keys import SigningKey
from parley.trust.note import add_signatures
from parley.trust.policy import make_policy, parse_policy
from parley.trust.proof import (
    Proof,
    format_proof,
    make_proof,
    parse_proof,
    verify_leaf_proof,
    verify_proof,
)
from parley.trust.tree import Tree, leaf_hashes
from parley.world.faults import OurFault, PeerFault

LOG = SigningKey(b"\x01" * 32, name="parley/A/B/log", role="log")
MIRRORS = [SigningKey(b"\x02" * 32, name=f"parley/A/{p}/mirror", role="mirror") for p in "CD"]
ENTRIES = [b'{"n":%d}' % n for n in range(21)]
TREE = Tree(leaf_hashes(ENTRIES))


def note(size):
    head = Checkpoint(origin="parley/A/B/line", size=size, root=TREE.root(size))
    signed = sign_checkpoint(LOG, head)
    return add_signatures(signed, [cosign(key, signed, 1_000_000 * size) for key in MIRRORS])


NOTE = note(20)
PROOF = make_proof(TREE, 7, NOTE)
COSIGNERS = [key.verifier for key in MIRRORS]


def test_every_entry_is_proven_under_every_head():
    for size in range(1, 22):
        head = note(size)
        for index in range(size):
            proof = make_proof(TREE, index, head)
            shown = verify_proof(proof, ENTRIES[index], LOG.verifier, COSIGNERS, "parley/A/B/line")
            assert (shown.index, shown.checkpoint.size) == (index, size)
            assert [held.time_s for held in shown.cosignatures] == [size, size]


def test_the_file_has_the_form_of_the_specification():
    lines = PROOF.decode().split("\n")
    assert lines[0] == "c2sp.org/tlog-proof@v1"
    assert lines[1] == "index 7"
    assert lines[2 + len(TREE.inclusion_proof(7, 20))] == ""
    assert PROOF.endswith(NOTE)
    assert format_proof(parse_proof(PROOF)) == PROOF
    extra = PROOF.replace(b"index", b"extra YWJj\nindex", 1)
    assert parse_proof(extra) == parse_proof(PROOF)


@given(st.integers(0, 8 * len(PROOF) - 1))
@settings(max_examples=200)
def test_no_bit_of_a_proof_may_change(bit):
    changed = bytearray(PROOF)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(PeerFault):
        verify_proof(bytes(changed), ENTRIES[7], LOG.verifier, COSIGNERS)


def test_another_entry_index_log_or_missing_mirror_is_refused():
    with pytest.raises(PeerFault, match="entry 7"):
        verify_proof(PROOF, ENTRIES[8], LOG.verifier)
    moved = format_proof(Proof(index=6, hashes=TREE.inclusion_proof(7, 20), checkpoint=NOTE))
    with pytest.raises(PeerFault, match="entry 6"):
        verify_proof(moved, ENTRIES[7], LOG.verifier)
    with pytest.raises(PeerFault, match="parley/A/B/ops"):
        verify_proof(PROOF, ENTRIES[7], LOG.verifier, (), "parley/A/B/ops")
    absent = SigningKey(b"\x05" * 32, name="parley/A/E/mirror", role="mirror").verifier
    with pytest.raises(PeerFault, match="parley/A/E/mirror"):
        verify_proof(PROOF, ENTRIES[7], LOG.verifier, [*COSIGNERS, absent])


@pytest.mark.parametrize(
    "change",
    [
        lambda p: b"",
        lambda p: p[1:],
        lambda p: p.replace(b"index 7", b"index 07"),
        lambda p: p.replace(b"index 7", b"index -7"),
        lambda p: p.replace(b"index 7\n", b""),
        lambda p: p.replace(b"index 7", b"index 9223372036854775808"),
        lambda p: p.replace(b"index 7", b"extra !\nindex 7"),
        lambda p: p.replace(b"index 7", b"index 7\n" + b"A" * 43 + b"=" + b"\nAAAA"),
        lambda p: p.replace(b"index 7", b"index 7" + (b"\n" + b"A" * 43 + b"=") * 64),
        lambda p: p.replace(b"tlog", b"tl\xc3\xb6g"),
        lambda p: p.replace(b"\n\n", b"\n"),
        lambda p: p + b"x" * 1_000_000,
    ],
)
def test_another_form_is_a_peer_fault(change):
    with pytest.raises(PeerFault):
        verify_proof(change(PROOF), ENTRIES[7], LOG.verifier)


def test_a_head_of_another_tree_proves_nothing():
    with pytest.raises(OurFault, match="this tree"):
        make_proof(Tree(leaf_hashes(ENTRIES[1:])), 7, NOTE)
    with pytest.raises(OurFault, match="leaf index"):
        make_proof(TREE, 20, NOTE)


def test_a_proof_in_a_log_of_a_million_entries_stays_under_1500_bytes():
    longest = Proof(index=999_999, hashes=(bytes(32),) * 20, checkpoint=NOTE)
    assert len(format_proof(longest)) <= 1_500


def test_a_policy_says_who_must_hold_the_head():
    listed = LOG.verifier.named("parley/A/B/line")
    both, one = make_policy([listed], COSIGNERS), make_policy([listed], COSIGNERS, 1)
    leaf = leaf_hashes(ENTRIES)[7]
    for policy in (both, one, parse_policy(both.data)):
        shown = verify_proof(PROOF, ENTRIES[7], policy)
        assert (shown.index, len(shown.cosignatures)) == (7, 2)
        assert shown == verify_leaf_proof(PROOF, leaf, policy, COSIGNERS, "parley/A/B/line")
    head = sign_checkpoint(LOG, Checkpoint(origin="parley/A/B/line", size=20, root=TREE.root(20)))
    single = make_proof(TREE, 7, add_signatures(head, [cosign(MIRRORS[0], head, 1_000_000)]))
    assert len(verify_proof(single, ENTRIES[7], one).cosignatures) == 1
    with pytest.raises(PeerFault, match="wanted more of parley/A/D/mirror"):
        verify_proof(single, ENTRIES[7], both)
    with pytest.raises(PeerFault, match="entry 7"):
        verify_proof(PROOF, ENTRIES[8], both)
    # The bytes of a leaf hash are an entry like any other: they are never taken for the hash.
    with pytest.raises(PeerFault, match="entry 7"):
        verify_proof(PROOF, leaf, both)
    with pytest.raises(PeerFault, match="a listed log"):
        verify_proof(PROOF, ENTRIES[7], make_policy([LOG.verifier.named("other")], COSIGNERS))


def test_a_proof_of_a_real_log_of_a_million_entries_is_small():
    leaves = [number.to_bytes(32, "big") for number in range(2**20)]
    tree = Tree(leaves)
    name = "parley.example/SYR-17/COAL/line/2026"
    head = sign_checkpoint(LOG, Checkpoint(origin=name, size=2**20, root=tree.root()))
    head = add_signatures(head, [cosign(key, head, 1_782_000_000_000_000) for key in MIRRORS])
    proof = make_proof(tree, 999_999, head)
    assert len(proof) <= 1_500
    policy = make_policy([LOG.verifier.named(name)], COSIGNERS)
    assert verify_leaf_proof(proof, leaves[999_999], policy).checkpoint.size == 2**20
