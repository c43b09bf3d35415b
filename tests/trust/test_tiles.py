"""Tiles and bundles: as another program writes them, every path, and the bad tile found."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from parley.trust.checkpoint import open_checkpoint
from parley.trust.keys import parse_vkey
from parley.trust.tiles import (
    TilePath,
    bundle,
    entries_path,
    new_tiles,
    parse_tile_path,
    root_from_tiles,
    tile_data,
    tile_path,
    unbundle,
    verify_bundle,
)
from parley.trust.tree import EMPTY_ROOT, Tree, leaf_hash, leaf_hashes
from parley.world.faults import InputFault, OurFault, PeerFault
from shared_data import shared

SIZE = 70_000
TREE = Tree([hashlib.sha256(b"%d" % number).digest() for number in range(SIZE)])


def read(level, index, width):
    return tile_data(TREE, level, index, width)


def tiles_with(change):
    """A reader of the tiles of TREE in which those of `change` have one bit flipped."""

    def changed(level, index, width):
        data = bytearray(read(level, index, width))
        for where, bit in change.items():
            if where == (level, index):
                data[bit // 8] ^= 1 << bit % 8
        return bytes(data)

    return changed


def test_the_log_of_another_program_is_written_as_we_write_it():
    log = shared("vectors/tessera-testlog/log")
    key = parse_vkey(shared("vectors/tessera-testlog/vkey").read_text().strip())
    entries = unbundle((log / entries_path(0, 15)).read_bytes())
    assert len(entries) == 15
    tree = Tree(leaf_hashes(entries))
    seen = set()
    for size in range(16):
        head = open_checkpoint((log / f"checkpoint.{size}").read_bytes(), key)
        assert head.size == size

        def from_disk(level, index, width):
            return (log / tile_path(level, index, width)).read_bytes()

        assert root_from_tiles(from_disk, size, head.root) == head.root == tree.root(size)
        for tile in new_tiles(size - 1, size) if size else ():
            data = (log / tile.path).read_bytes()
            seen.add(tile.path)
            if tile.level is None:
                assert data == bundle(entries[:size])
                verify_bundle(data, (log / tile_path(0, 0, size)).read_bytes())
            else:
                assert data == tile_data(tree, tile.level, tile.index, tile.width)
    there = {p.relative_to(log).as_posix() for p in (log / "tile").rglob("*") if p.is_file()}
    assert there == seen
    assert len(seen) == 30


def test_the_paths_of_the_specification():
    assert tile_path(0, 1234067) == "tile/0/x001/x234/067"
    assert tile_path(2, 0, 1) == "tile/2/000.p/1"
    assert entries_path(1000) == "tile/entries/x001/000"
    assert parse_tile_path("tile/entries/x001/000") == TilePath(level=None, index=1000)
    assert parse_tile_path("tile/63/273.p/112") == TilePath(level=63, index=273, width=112)
    # The example of the specification: 273 full tiles, then 112, 17 and 1.
    tiles = [tile for tile in new_tiles(0, SIZE) if tile.level is not None]
    partial = [(tile.level, tile.index, tile.width) for tile in tiles if tile.width < 256]
    assert partial == [(0, 273, 112), (1, 1, 17), (2, 0, 1)]
    assert len(tiles) == 273 + 1 + 3
    assert [t.path for t in new_tiles(0, 256)] == [
        "tile/entries/000",
        "tile/0/000",
        "tile/1/000.p/1",
    ]


@given(st.one_of(st.none(), st.integers(0, 63)), st.integers(0, 2**55 - 1), st.integers(1, 256))
@example(None, 999, 256)
@example(0, 1_000, 1)
@example(0, 2**55 - 1, 255)
def test_every_path_is_read_back(level, index, width):
    tile = TilePath(level=level, index=index, width=width)
    assert parse_tile_path(tile.path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0/000/",
        "/tile/0/000",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/00",
        "tile/0/0000",
        "tile/0/x000/000",
        "tile/0/001/000",
        "tile/0/x001/x000",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/999",
        "tile/0/000.p",
        "tile/0/000\n",
        "tile/Entries/000",
        "tile/0/x999/x999/x999/x999/x999/x999/999",
        "tile/0/x001/x999/x999/x999/x999/x999/x999/999",
        "tile/0/\u0661\u0662\u0663",
    ],
)
def test_another_path_is_a_peer_fault(path):
    with pytest.raises(PeerFault):
        parse_tile_path(path)


def test_there_is_no_tile_beyond_the_format():
    for level, index, width in ((64, 0, 1), (-1, 0, 1), (0, -1, 1), (0, 0, 0), (0, 0, 257)):
        with pytest.raises(InputFault):
            tile_path(level, index, width)
    for level, index, width in ((0, 273, 113), (0, 274, 1), (1, 1, 18), (3, 0, 1)):
        with pytest.raises(OurFault):
            read(level, index, width)


@given(st.lists(st.integers(0, 700), min_size=1, max_size=6))
def test_new_tiles_of_every_step_make_the_files_of_the_whole(steps):
    have, size = set(), 0
    for step in steps:
        before, size = size, size + step
        fresh = {tile.path for tile in new_tiles(before, size)}
        assert not fresh & have
        have |= fresh
    assert {tile.path for tile in new_tiles(0, size)} <= have


@given(st.sampled_from([0, 1, 255, 256, 257, 300, 512, 65_535, 65_536, 65_537, 66_000, SIZE]))
@settings(max_examples=12, deadline=None)
def test_the_tiles_give_the_root_of_the_tree(size):
    reads = []

    def once(level, index, width):
        reads.append((level, index, width))
        return read(level, index, width)

    assert root_from_tiles(once, size) == TREE.root(size)
    assert root_from_tiles(read, size, TREE.root(size)) == TREE.root(size)
    wanted = [t for t in new_tiles(0, size) if t.level is not None]
    assert sorted(reads) == sorted((t.level, t.index, t.width) for t in wanted)


@pytest.mark.parametrize(
    "where", [(0, 0), (0, 100), (0, 255), (0, 256), (0, 273), (1, 0), (1, 1), (2, 0)]
)
@pytest.mark.parametrize("bit", [0, 31])
def test_the_bad_tile_is_named(where, bit):
    width = {(0, 273): 112, (1, 1): 17, (2, 0): 1}.get(where, 256)
    with pytest.raises(PeerFault) as caught:
        root_from_tiles(tiles_with({where: bit}), SIZE, TREE.root())
    assert tile_path(*where, width) in str(caught.value)
    assert str(caught.value).startswith(tile_path(*where, width))


def test_without_a_root_two_tiles_that_differ_are_refused_all_the_same():
    with pytest.raises(PeerFault, match="tile/0/005"):
        root_from_tiles(tiles_with({(0, 5): 77}), SIZE)
    with pytest.raises(PeerFault, match="tile/1/000"):
        root_from_tiles(tiles_with({(1, 0): 77}), SIZE)
    # The rightmost leaves are held by no other tile: only the root tells.
    assert root_from_tiles(tiles_with({(0, 273): 0}), SIZE) != TREE.root()
    with pytest.raises(PeerFault, match="of 0 entries"):
        root_from_tiles(read, 0, TREE.root())
    assert root_from_tiles(read, 0, EMPTY_ROOT) == EMPTY_ROOT
    with pytest.raises(PeerFault, match="tile/0/000 is 8191 bytes"):
        root_from_tiles(lambda level, index, width: read(level, index, width)[1:], SIZE)


def test_a_bundle_is_read_as_it_is_written_and_held_to_its_tile():
    entries = [b"", b"a", b"\x00" * 65_535, b"b" * 320]
    data = bundle(entries)
    assert data[:5] == b"\x00\x00\x00\x01a"
    assert unbundle(data) == entries
    tile = b"".join(leaf_hashes(entries))
    assert verify_bundle(data, tile) == entries
    with pytest.raises(PeerFault, match="entry 513"):
        verify_bundle(bundle([b"", b"A", *entries[2:]]), tile, 512)
    with pytest.raises(PeerFault, match="4, as its tile has"):
        verify_bundle(bundle(entries[:3]), tile)
    for cut in range(1, 12):
        with pytest.raises(PeerFault):
            unbundle(bundle([b"abc", b"defg"])[:-cut] if cut not in (6, 11) else b"")
    for bad in ([], [b""] * 257, [b"x" * 65_536]):
        with pytest.raises(OurFault):
            bundle(bad)
    with pytest.raises(PeerFault, match="at most 256"):
        unbundle(b"\x00\x00" * 257)
    assert len(unbundle(b"\x00\x00" * 256)) == 256


def test_hashes_of_the_tree_are_given_by_level():
    assert TREE.hashes(0, 3, 2) == TREE.leaf(3) + TREE.leaf(4)
    assert TREE.hashes(16, 0, 1) == TREE.root(65_536)
    assert TREE.hashes(0, SIZE, 0) == b""
    assert leaf_hash(b"") != TREE.leaf(0)
    for level, start, count in (
        (0, SIZE, 1),
        (17, 0, 1),
        (99, 0, 1),
        (-1, 0, 1),
        (0, -1, 1),
        (0, 5, -1),
    ):
        with pytest.raises(OurFault):
            TREE.hashes(level, start, count)
