"""A log as a folder of files that any static web server can serve, as C2SP tlog-tiles wants them.

Rules:
- The checkpoint is published last: whatever is under its name is covered by the files beside it.
- Every file is written under a temporary name, synced, renamed, and its folder synced; a crash at
  any point leaves the checkpoint before or the new one.
- A full tile is never written again; another log, a smaller one or another root is refused.

Which tiles there are and what stands in them is `trust.tiles`; serving them is `app`'s.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from parley.store.check import open_head
from parley.store.durable import sync_folder
from parley.trust.checkpoint import Checkpoint
from parley.trust.tiles import TILE_HASHES, TILE_LEVELS, TilePath, bundle, new_tiles, tile_data
from parley.trust.tree import Tree
from parley.world.faults import OurFault

CHECKPOINT = "checkpoint"
_TEMPORARY = ".part"


class Files(Protocol):
    """The few things done to files; tests bring a disk that loses what was not synced."""

    def read(self, path: Path) -> bytes | None:
        """Return the bytes of a file, None where there is none."""

    def write(self, path: Path, data: bytes) -> None:
        """Write a file anew; not yet durable."""

    def sync(self, path: Path) -> None:
        """Make the bytes of a file durable."""

    def rename(self, old: Path, new: Path) -> None:
        """Give a file a name, in place of the file that had it."""

    def make_folder(self, path: Path) -> None:
        """Make one folder in a folder that is there."""

    def sync_folder(self, path: Path) -> None:
        """Make the names in a folder durable."""

    def names(self, path: Path) -> list[str]:
        """Return the names in a folder, none where there is no folder."""

    def remove(self, path: Path) -> None:
        """Remove a file or an empty folder."""


class DiskFiles:
    """Files of this machine."""

    def read(self, path: Path) -> bytes | None:
        """Return the bytes of a file, None where there is none."""
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None

    def write(self, path: Path, data: bytes) -> None:
        """Write a file anew; not yet durable."""
        path.write_bytes(data)

    def sync(self, path: Path) -> None:
        """Make the bytes of a file durable."""
        with path.open("rb") as file:
            os.fsync(file.fileno())

    def rename(self, old: Path, new: Path) -> None:
        """Give a file a name, in place of the file that had it."""
        old.replace(new)

    def make_folder(self, path: Path) -> None:
        """Make one folder in a folder that is there."""
        path.mkdir()

    def sync_folder(self, path: Path) -> None:
        """Make the names in a folder durable."""
        sync_folder(path)

    def names(self, path: Path) -> list[str]:
        """Return the names in a folder, none where there is no folder."""
        return sorted(one.name for one in path.iterdir()) if path.is_dir() else []

    def remove(self, path: Path) -> None:
        """Remove a file or an empty folder."""
        if path.is_dir():
            path.rmdir()
        else:
            path.unlink()


class TileFolder:
    """One log's folder.

    Args:
        path: the folder; it must exist.
        bundles: whether the entries are published too; they are then read by `publish`.
        files: how files are reached.
    """

    def __init__(self, path: Path, *, bundles: bool, files: Files | None = None) -> None:
        self._path = path
        self._bundles = bundles
        self._files: Files = files or DiskFiles()
        self._complete_size = 0
        self._folders = {path}

    def publish(
        self,
        tree: Tree,
        checkpoint: bytes,
        read_entries: Callable[[int, int], Sequence[bytes]],
    ) -> int:
        """Return how many files were written, once they and the checkpoint over them are durable.

        Args:
            tree: the log's tree, at the checkpoint's size or beyond.
            checkpoint: the signed note, with any cosignatures; the caller verified it.
            read_entries: gives entries from one index to before another; not called without
                bundles.

        Raises:
            OurFault: the folder holds another log or a larger one, or cannot be written.
        """
        try:
            return self._publish(tree, checkpoint, read_entries)
        except OSError as error:
            raise OurFault(
                f"tiles in {self._path}",
                value=error.strerror or str(error),
                wanted="a folder with room that this user can write",
            ) from error

    def _publish(
        self,
        tree: Tree,
        checkpoint: bytes,
        read_entries: Callable[[int, int], Sequence[bytes]],
    ) -> int:
        published_size, head = self._check(tree, checkpoint)
        count = 0
        folders: set[Path] = set()
        for tile in new_tiles(self._complete_size, head.size):
            if tile.level is None:
                if not self._bundles:
                    continue
                first = tile.index * TILE_HASHES
                data = bundle(read_entries(first, first + tile.width))
            else:
                data = tile_data(tree, tile.level, tile.index, tile.width)
            count += self._write_tile(tile, data)
            folders.add((self._path / tile.path).parent)
        # Also where nothing was to be written: whoever did may have crashed before this.
        for folder in sorted(folders):
            self._files.sync_folder(folder)
        # The checkpoint last, when all that it covers is on the disk.
        if self._files.read(self._path / CHECKPOINT) != checkpoint:
            self._write(self._path / CHECKPOINT, checkpoint)
            self._files.sync_folder(self._path)
            count += 1
        self._drop_partial(published_size, head.size)
        self._complete_size = head.size
        return count

    def _check(self, tree: Tree, checkpoint: bytes) -> tuple[int, Checkpoint]:
        """Return the size that is there and the head to publish, if it goes on from there."""
        head = open_head(f"tiles in {self._path}", checkpoint)
        if tree.size < head.size or tree.root(head.size) != head.root:
            raise OurFault(
                f"tiles in {self._path}",
                value=f"checkpoint at {head.size}",
                wanted="a checkpoint of the tree beside it",
            )
        published = self._files.read(self._path / CHECKPOINT)
        published_size = 0
        if published is not None:
            before = open_head(f"{self._path / CHECKPOINT}", published)
            same = before.origin == head.origin and before.size <= head.size
            if not same or tree.root(before.size) != before.root:
                raise OurFault(
                    f"{self._path / CHECKPOINT}",
                    value=f"of {before.origin} at {before.size}",
                    wanted=f"one that {head.origin} at {head.size} goes on from",
                    repair="publish each log into its own folder; a larger one is never taken back",
                )
            published_size = before.size
        return published_size, head

    def _write_tile(self, tile: TilePath, data: bytes) -> bool:
        """Return whether the tile had to be written."""
        path = self._path / tile.path
        self._make_folders(path.parent)
        found = self._files.read(path)
        if found == data:
            return False
        if found is not None and tile.width == TILE_HASHES:
            raise OurFault(
                f"{path}",
                value="a full tile with other bytes",
                wanted="the tile as the log has it",
                repair="move the folder away and publish into an empty one",
            )
        self._write(path, data)
        return True

    def _write(self, path: Path, data: bytes) -> None:
        part = path.with_name(path.name + _TEMPORARY)
        self._files.write(part, data)
        self._files.sync(part)
        self._files.rename(part, path)

    def _make_folders(self, folder: Path) -> None:
        if folder in self._folders:
            return
        self._make_folders(folder.parent)
        if folder.name not in self._files.names(folder.parent):
            self._files.make_folder(folder)
        # Also where it was there: whoever made it may have crashed before its name was durable.
        self._files.sync_folder(folder.parent)
        self._folders.add(folder)

    def _drop_partial(self, old: int, size: int) -> None:
        """Remove the partial tiles of tiles that are now full; the checkpoint needs none of them.

        What stays behind when this breaks off is of no harm, so it is not synced.
        """
        for tile in _partial_at(old):
            shift = TILE_LEVELS * (tile.level or 0)
            if size >> shift < (tile.index + 1) * TILE_HASHES:
                continue
            folder = (self._path / tile.path).parent
            for name in self._files.names(folder):
                self._files.remove(folder / name)
            if folder in self._folders:
                self._folders.discard(folder)
                self._files.remove(folder)


def _partial_at(size: int) -> Iterator[TilePath]:
    return (tile for tile in new_tiles(0, size) if tile.width < TILE_HASHES)
