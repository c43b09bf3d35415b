"""The published folder: right tiles, nothing rewritten, and a crash at any point harms nothing."""

from __future__ import annotations

import functools
import random
from pathlib import Path, PurePosixPath

import pytest

from parley.store.tilefolder import CHECKPOINT, DiskFiles, TileFolder
from parley.trust.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from parley.trust.keys import SigningKey
from parley.trust.tiles import entries_path, root_from_tiles, tile_path, unbundle
from parley.trust.tree import Tree
from parley.world.faults import OurFault, PeerFault

ORIGIN = "parley.example/A/B/line/2026"
KEY = SigningKey(b"\x01" * 32, name=ORIGIN, role="log")
ENTRIES = [b'{"seq":%d}' % number for number in range(70_000)]
SIZES = [1, 7, 255, 256, 257, 511, 600]
"""Sizes published one after another: partial tiles that grow, become full, and a second level."""


@pytest.fixture(scope="module")
def tree():
    return Tree(_leaves(len(ENTRIES)))


def _leaves(size):
    from parley.trust.tree import leaf_hashes

    return leaf_hashes(ENTRIES[:size])


@functools.cache
def note(tree, size, origin=ORIGIN):
    head = Checkpoint(origin=origin, size=size, root=tree.root(size))
    return sign_checkpoint(KEY.named(origin), head)


def read_entries(start, end):
    return ENTRIES[start:end]


def check_folder(read, *, bundles):
    """Read the folder as a stranger would: everything under the checkpoint must follow from it."""
    data = read(CHECKPOINT)
    if data is None:
        return 0
    head = open_checkpoint(data, KEY.verifier)
    tiles = {}

    def tile(level, index, width):
        tiles[level, index] = read(tile_path(level, index, width))
        return tiles[level, index] or b""

    assert root_from_tiles(tile, head.size, head.root) == head.root
    for index in range((head.size + 255) // 256 if bundles else 0):
        width = min(256, head.size - 256 * index)
        found = unbundle(read(entries_path(index, width)))
        assert found == ENTRIES[256 * index : 256 * index + width]
    return head.size


def on_disk(folder):
    return lambda name: DiskFiles().read(folder / name)


def test_a_folder_grows_with_its_log(tmp_path, tree):
    folder = TileFolder(tmp_path, bundles=True)
    for size in SIZES:
        assert folder.publish(tree, note(tree, size), read_entries) > 0
        assert folder.publish(tree, note(tree, size), read_entries) == 0
        assert check_folder(on_disk(tmp_path), bundles=True) == size
    names = {str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file()}
    partial = {f"tile/{level}/002.p/{width}" for level in ("0", "entries") for width in (88,)}
    full = {f"tile/{level}/00{n}" for level in ("0", "entries") for n in (0, 1)}
    assert names == {CHECKPOINT, *partial, *full, "tile/1/000.p/1", "tile/1/000.p/2"}


def test_a_new_process_goes_on_and_writes_only_what_is_missing(tmp_path, tree):
    TileFolder(tmp_path, bundles=False).publish(tree, note(tree, 65_536), read_entries)
    assert not (tmp_path / "tile/entries").exists()
    before = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*") if p.is_file()}
    written = TileFolder(tmp_path, bundles=False).publish(tree, note(tree, 65_793), read_entries)
    # One full tile, one partial below it, one above, the checkpoint: the top tile is as it was.
    assert written == 4
    assert check_folder(on_disk(tmp_path), bundles=False) == 65_793
    del before[tmp_path / CHECKPOINT]
    assert all(path.stat().st_mtime_ns == then for path, then in before.items())


def test_bundles_asked_for_later_are_all_made(tmp_path, tree):
    for bundles in (False, True):
        TileFolder(tmp_path, bundles=bundles).publish(tree, note(tree, 600), read_entries)
        assert check_folder(on_disk(tmp_path), bundles=bundles) == 600


def test_another_log_a_smaller_one_or_another_root_is_refused(tmp_path, tree):
    other = Tree(_leaves(299))
    other.append(b"another")
    other.append(b"and more")
    TileFolder(tmp_path, bundles=False).publish(tree, note(tree, 300), read_entries)
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    for source, data, said in [
        (tree, note(tree, 299), "goes on from"),
        (tree, note(tree, 301, ORIGIN.replace("line", "ops")), "goes on from"),
        (other, note(other, 301), "goes on from"),
        (tree, note(other, 301), "of the tree beside it"),
        (other, note(tree, 302), "of the tree beside it"),
        (tree, b"no note", "signed checkpoint"),
    ]:
        with pytest.raises(OurFault, match=said):
            TileFolder(tmp_path, bundles=False).publish(source, data, read_entries)
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before


def test_a_full_tile_that_is_there_is_never_replaced(tmp_path, tree):
    TileFolder(tmp_path, bundles=False).publish(tree, note(tree, 300), read_entries)
    changed = tmp_path / tile_path(0, 0)
    changed.write_bytes(bytes(8192))
    with pytest.raises(OurFault, match="tile/0/000 is a full tile with other bytes"):
        TileFolder(tmp_path, bundles=False).publish(tree, note(tree, 301), read_entries)
    assert changed.read_bytes() == bytes(8192)
    assert open_checkpoint((tmp_path / CHECKPOINT).read_bytes(), KEY.verifier).size == 300


def test_a_folder_that_cannot_be_written_is_our_fault(tmp_path, tree):
    (tmp_path / "tile").write_bytes(b"a file in the way")
    with pytest.raises(OurFault, match=f"tiles in {tmp_path}"):
        TileFolder(tmp_path, bundles=False).publish(tree, note(tree, 3), read_entries)


class StoppedError(Exception):
    """The machine stopped."""


class LosingFiles:
    """Files in memory that stop at an operation and then lose what was not synced.

    A name is bound to a content; `durable` and `names_durable` are what the disk has for sure.
    """

    def __init__(self, stop_after=None):
        self.left = stop_after
        self.operations = 0
        self.content = {}  # number -> bytes now
        self.durable = {}  # number -> bytes on the disk
        self.bound = {}  # path -> number, or None for a folder
        self.bound_durably = {}
        self.replaced = []

    def _spend(self):
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise StoppedError
        self.operations += 1

    def read(self, path):
        number = self.bound.get(path)
        return None if number is None else self.content[number]

    def write(self, path, data):
        self._spend()
        assert path.parent in self.bound or path.parent == Path()
        number = len(self.content)
        self.content[number], self.durable[number] = data, b""
        self.bound[path] = number

    def sync(self, path):
        self._spend()
        self.durable[self.bound[path]] = self.content[self.bound[path]]

    def rename(self, old, new):
        self._spend()
        if new in self.bound:
            self.replaced.append(new)
        self.bound[new] = self.bound.pop(old)

    def make_folder(self, path):
        self._spend()
        self.bound[path] = None

    def sync_folder(self, path):
        self._spend()
        for bound in (self.bound, self.bound_durably):
            for name in [one for one in bound if one.parent == path]:
                if name in self.bound:
                    self.bound_durably[name] = self.bound[name]
                else:
                    del self.bound_durably[name]

    def names(self, path):
        return sorted(one.name for one in self.bound if one.parent == path and one != path)

    def remove(self, path):
        self._spend()
        assert not self.names(path)
        del self.bound[path]

    def lose(self, draw):
        """Keep each change of a name that was not synced, and each content, or not."""
        for path in {*self.bound, *self.bound_durably}:
            if draw.random() < 0.5:
                continue
            if path in self.bound_durably:
                self.bound[path] = self.bound_durably[path]
            else:
                self.bound.pop(path, None)
        # A file whose folder is lost cannot be reached.
        for path in sorted(self.bound):
            if path.parent != Path() and path.parent not in self.bound:
                del self.bound[path]
        for number, data in self.content.items():
            if data != self.durable[number] and draw.random() < 0.7:
                self.content[number] = draw.choice([self.durable[number], data[: len(data) // 2]])
            self.durable[number] = self.content[number]
        self.bound_durably = dict(self.bound)
        self.left = None


def publish_all(files, tree, sizes):
    folder = TileFolder(Path(), bundles=True, files=files)
    for size in sizes:
        folder.publish(tree, note(tree, size), read_entries)


@pytest.mark.parametrize("steps", [[3, 255, 256], [256, 257, 520], [255, 511, 513]])
def test_a_crash_at_any_operation_leaves_a_folder_that_verifies(tree, steps):
    whole = LosingFiles()
    publish_all(whole, tree, steps)
    assert whole.operations > 40
    reached = set()
    for stop in range(whole.operations):
        for seed in range(2):
            draw = random.Random(f"{stop}/{seed}")
            files = LosingFiles(stop)
            with pytest.raises(StoppedError):
                publish_all(files, tree, steps)
            if seed:
                # The power went too; else only the process.
                files.lose(draw)
            files.left = None

            def read(name, files=files):
                return files.read(Path(PurePosixPath(name)))

            size = check_folder(read, bundles=True)
            reached.add(size)
            publish_all(files, tree, steps[-1:])
            files.lose(draw)
            assert check_folder(read, bundles=True) == steps[-1]
            full = [p for p in files.replaced if ".p" not in str(p) and p.name != CHECKPOINT]
            assert full == []
    assert reached == {0, *steps}


def test_the_losing_disk_bites_when_a_file_is_not_synced(tree, monkeypatch):
    # A publisher that forgets one sync must be caught by the test above.
    monkeypatch.setattr(LosingFiles, "sync", lambda self, path: self._spend())
    with pytest.raises((PeerFault, OurFault)):
        test_a_crash_at_any_operation_leaves_a_folder_that_verifies(tree, [256, 257, 520])
