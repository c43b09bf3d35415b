"""Our logs as folders of static files, for a web server that knows nothing of Parley.

Rules:
- A thread of its own reads the store, so that no disk of a web server slows the node.
- A log's folder is the SHA-256 of its origin, as tlog-mirror names it; private logs are left out.
- What cannot be written is shown and tried again; the node goes on.
"""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path

from parley.node.entries import log_name
from parley.store.sqlite import Store
from parley.store.tilefolder import TileFolder
from parley.trust.note import add_signatures
from parley.trust.tree import Tree
from parley.world.faults import Fault, OurFault

EACH_S = 1.0
_READ_LEAVES = 65_536


class Publisher:
    """Writes the public logs of a store into folders, and keeps them up.

    Args:
        store: the node's.
        party: whose logs are published.
        folder: made if it is not there.
        entries: whether the entries go in too, not only their hashes.

    Raises:
        OurFault: the folder cannot be made.
    """

    def __init__(self, store: Store, party: str, folder: Path, *, entries: bool) -> None:
        self._store = store
        self._party = party
        self._folder = folder
        self._entries = entries
        self._trees: dict[str, Tree] = {}
        self._folders: dict[str, TileFolder] = {}
        self._published: dict[str, bytes] = {}
        self.fault = ""
        try:
            folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        except OSError as error:
            raise OurFault(
                f"publish folder {folder}", value=error.strerror, wanted="a writable folder"
            ) from None

    def run(self, stop: threading.Event, each_s: float = EACH_S) -> None:
        """Publish until told to stop."""
        while not stop.wait(each_s):
            try:
                self.round()
                self.fault = ""
            except (Fault, OSError) as fault:
                self.fault = str(fault)

    def round(self) -> int:
        """Return how many files were written for what is new.

        Raises:
            OurFault: a folder holds another log, or cannot be written.
        """
        count = 0
        for origin in self._store.origins():
            name = log_name(origin)
            if name.party == self._party and name.kind != "private":
                count += self._publish(origin)
        return count

    def _publish(self, origin: str) -> int:
        note = self._store.checkpoint(origin)
        if note is None:
            return 0
        size = self._store.size(origin)
        lines = [each.line for each in self._store.cosignatures(origin, size)]
        signed = add_signatures(note, lines)
        if self._published.get(origin) == signed:
            return 0
        tree = self._trees.setdefault(origin, Tree())
        while tree.size < size:
            end = min(size, tree.size + _READ_LEAVES)
            tree.extend(self._store.leaf_hashes(origin, tree.size, end))
        count = self._tiles(origin).publish(
            tree, signed, lambda start, end: self._store.entries(origin, start, end)
        )
        self._published[origin] = signed
        return count

    def _tiles(self, origin: str) -> TileFolder:
        known = self._folders.get(origin)
        if known is None:
            path = self._folder / hashlib.sha256(origin.encode()).hexdigest()
            path.mkdir(mode=0o755, exist_ok=True)
            known = self._folders[origin] = TileFolder(path, bundles=self._entries)
        return known
