"""The right edge of a tree gives the roots that the whole tree gives."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from parley.trust.frontier import Frontier
from parley.trust.tree import EMPTY_ROOT, Tree, leaf_hash


def test_every_size_has_the_root_of_the_tree() -> None:
    tree, frontier = Tree(), Frontier()
    assert frontier.root() == EMPTY_ROOT == tree.root()
    for number in range(300):
        data = b"%d" % number
        tree.append(data)
        frontier.append(leaf_hash(data))
        assert (frontier.size, frontier.root()) == (tree.size, tree.root())


@given(st.lists(st.binary(max_size=8), max_size=80), st.lists(st.binary(max_size=8), max_size=80))
def test_a_copy_goes_on_by_itself(first: list[bytes], more: list[bytes]) -> None:
    tree, frontier = Tree(), Frontier()
    for data in first:
        tree.append(data)
        frontier.append(leaf_hash(data))
    ahead = frontier.copy()
    for data in more:
        ahead.append(leaf_hash(data))
    assert (frontier.size, frontier.root()) == (tree.size, tree.root())
    for data in more:
        tree.append(data)
    assert (ahead.size, ahead.root()) == (tree.size, tree.root())


def test_what_it_keeps_grows_with_the_logarithm() -> None:
    frontier = Frontier()
    for number in range(5_000):
        frontier.append(hashlib.sha256(b"%d" % number).digest())
    assert len(frontier._peaks) == 13
