"""Complete ranges: every small one against all the leaves, and no change is accepted."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.trust.ranges import range_proof, verify_growth, verify_range
from parley.trust.tree import EMPTY_ROOT, Tree, leaf_hash, node_hash
from parley.world.faults import OurFault, PeerFault

LEAVES = [leaf_hash(b"%d" % number) for number in range(300)]
TREE = Tree(LEAVES)


def plain_root(leaves):
    """RFC 6962, section 2.1, word for word."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return node_hash(plain_root(leaves[:k]), plain_root(leaves[k:]))


def plain_proof(start, end, leaves, first=0):
    """The slow twin: split as RFC 6962 does, hash what lies outside from all its leaves."""
    last = first + len(leaves)
    if last <= start or end <= first:
        return [plain_root(leaves)] if leaves else []
    if start <= first and last <= end:
        return []
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return [
        *plain_proof(start, end, leaves[:k], first),
        *plain_proof(start, end, leaves[k:], first + k),
    ]


def refused(*args, verify=verify_range):
    with pytest.raises(PeerFault):
        verify(*args)


def test_every_small_range_has_the_proof_of_its_definition_and_is_accepted():
    for size in range(27):
        root = plain_root(LEAVES[:size])
        for start in range(size + 1):
            for end in range(start, size + 1):
                proof = range_proof(TREE, start, end, size)
                assert list(proof) == plain_proof(start, end, LEAVES[:size])
                verify_range(LEAVES[start:end], start, size, proof, root)
                verify_growth(start, TREE.root(start), LEAVES[start:end], proof, root, size)


def test_every_change_of_a_small_proof_is_refused():
    for size in range(1, 14):
        root = TREE.root(size)
        for start in range(size + 1):
            for end in range(start, size + 1):
                leaves, proof = LEAVES[start:end], list(range_proof(TREE, start, end, size))
                for at in range(len(leaves)):
                    refused(leaves[:at] + leaves[at + 1 :], start, size, proof, root)
                    refused([*leaves[:at], LEAVES[99], *leaves[at:]], start, size, proof, root)
                    refused([*leaves[:at], LEAVES[99], *leaves[at + 1 :]], start, size, proof, root)
                for at in range(len(proof)):
                    refused(leaves, start, size, proof[:at] + proof[at + 1 :], root)
                    refused(leaves, start, size, [*proof[:at], LEAVES[99], *proof[at:]], root)
                    changed = [*proof[:at], LEAVES[99], *proof[at + 1 :]]
                    refused(leaves, start, size, changed, root)
                refused(leaves, start, size, [*proof, root], root)
                refused(leaves, start, size, proof, LEAVES[99])
                for other in (start - 1, start + 1, size + 1, -1):
                    if leaves or len(plain_proof(other, other, LEAVES[:size])) != len(proof):
                        refused(leaves, other, size, proof, root)


def test_another_size_never_gets_the_same_leaves_accepted_elsewhere():
    """A proof may fit another size only where it says the same of the same leaves' places."""
    for size in range(2, 20):
        root = TREE.root(size)
        for start in range(size):
            for end in range(start + 1, size + 1):
                proof = range_proof(TREE, start, end, size)
                for other in range(1, 24):
                    if other < end:
                        refused(LEAVES[start:end], start, other, proof, root)


@given(st.data())
@settings(max_examples=60)
def test_no_flipped_bit_is_accepted(data):
    size = data.draw(st.integers(1, 300))
    start = data.draw(st.integers(0, size))
    end = data.draw(st.integers(start, size))
    proof = range_proof(TREE, start, end, size)
    whole = bytearray(b"".join((*LEAVES[start:end], *proof, TREE.root(size))))
    bit = data.draw(st.integers(0, 8 * len(whole) - 1))
    whole[bit // 8] ^= 1 << bit % 8
    hashes = [bytes(whole[at : at + 32]) for at in range(0, len(whole), 32)]
    count = end - start
    refused(hashes[:count], start, size, hashes[count:-1], hashes[-1])


def test_silence_is_an_old_head_no_leaves_and_the_new_head():
    # The same head again: nothing was added, and nothing was taken away.
    for size in (0, 1, 8, 13):
        proof = range_proof(TREE, size, size, size)
        verify_growth(size, TREE.root(size), [], proof, TREE.root(size))
        refused(size, LEAVES[99], [], proof, TREE.root(size), verify=verify_growth)
    # Between two heads exactly these three.
    proof = range_proof(TREE, 10, 13, 13)
    verify_growth(10, TREE.root(10), LEAVES[10:13], proof, TREE.root(13))
    refused(10, TREE.root(9), LEAVES[10:13], proof, TREE.root(13), verify=verify_growth)
    refused(10, TREE.root(10), LEAVES[10:12], proof, TREE.root(13), verify=verify_growth)
    refused(
        10, TREE.root(10), [], range_proof(TREE, 10, 10, 13), TREE.root(13), verify=verify_growth
    )
    with pytest.raises(PeerFault, match="may prove a fork"):
        verify_growth(10, LEAVES[99], LEAVES[10:13], proof, TREE.root(13))


def test_the_proof_of_a_range_is_at_most_two_hashes_per_level():
    for start, end, size in ((1, 299, 300), (137, 138, 300), (128, 129, 257), (0, 300, 300)):
        assert len(range_proof(TREE, start, end, size)) <= 2 * 8 + 1
    assert range_proof(TREE, 0, 300, 300) == ()


def test_ranges_outside_are_faults_and_hashes_have_32_bytes():
    for start, end, size in ((-1, 2, 5), (3, 2, 5), (0, 6, 5), (0, 5, 301)):
        with pytest.raises(OurFault):
            range_proof(TREE, start, end, size)
    proof = range_proof(TREE, 1, 3, 4)
    refused([LEAVES[1], LEAVES[2][:31]], 1, 4, proof, TREE.root(4))
    refused(LEAVES[1:3], 1, 4, [proof[0], proof[1] + b"\x00"], TREE.root(4))
    refused(LEAVES[1:3], 1, 2**63, proof, TREE.root(4))
    refused(LEAVES[1:3], -1, 4, proof, TREE.root(4))
