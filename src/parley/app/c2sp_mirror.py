"""Copies of other people's logs, uploaded by whoever has them (C2SP tlog-mirror, add-entries).

Rules:
- Taken is only what is proven to stand under a head that our witness cosigned before, package by
  package; what was proven is on the disk, and an upload that breaks goes on from there.
- The mirror key, never the witness key, signs a head once all entries up to it are on the disk and
  were read back to its root.
- Which logs, the node's owner says; entries are stored, not opened.

On the disk: per log a folder named after its origin's hash, in it the entries 256 to a file as C2SP
bundles, and the heads that were cosigned. Everything here blocks; `c2sp` calls it from a thread.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Iterable
from pathlib import Path

from parley.app.c2sp_reading import Clock, TileRoots, origin_hash
from parley.app.c2sp_witness import Reply, WitnessStore, signed_by
from parley.store.durable import replace_file, sync_folder
from parley.store.sqlite import StoredCosignature
from parley.trust.checkpoint import Checkpoint, cosign, parse_unverified_checkpoint
from parley.trust.keys import SigningKey, VerifierKey
from parley.trust.mirror import (
    REQUEST_PACKAGES_MAX,
    Package,
    Upload,
    UploadReader,
    decide_end,
    decide_upload,
)
from parley.trust.note import add_signatures, parse_unverified_note
from parley.trust.tiles import TILE_HASHES, bundle, unbundle
from parley.trust.tree import leaf_hashes
from parley.world.faults import OurFault, PeerFault

PACKAGES_MAX = REQUEST_PACKAGES_MAX
"""Taken from one request; the answer then says where to go on."""
_RECENT_HEADS = 8
_FOLDER_FILES = 1000
_GZIP = 16 + zlib.MAX_WBITS
_INFLATED_BYTES = 1_048_576


class FolderLogs:
    """Logs in a folder, with the part of a store's face that reading them needs.

    Args:
        folder: where; made if it is not there.
        origins: the logs.
        mirror: name of the mirror key, whose lines stand in the kept heads.
    """

    def __init__(self, folder: Path, origins: Iterable[str], mirror: str) -> None:
        self._folders = {origin: folder / origin_hash(origin) for origin in origins}
        self._mirror = mirror
        self._sizes: dict[str, int] = {}
        self._heads: dict[str, int] = {}
        for origin, each in self._folders.items():
            for part in ("entries", "heads"):
                (each / part).mkdir(parents=True, exist_ok=True)
            heads = [int(file.name) for file in each.glob("heads/*") if not file.suffix]
            if heads:
                self._heads[origin] = max(heads)

    def origins(self) -> list[str]:
        """Return the logs that have a cosigned head."""
        return sorted(self._heads)

    def size(self, origin: str) -> int:
        """Return how many entries are on the disk, cosigned or not."""
        if origin not in self._sizes:
            files = (self._folders[origin] / "entries").glob("*/*")
            numbers = sorted(
                int(file.parent.name + file.name) for file in files if file.suffix == ""
            )
            last = numbers[-1] if numbers else 0
            self._sizes[origin] = last * TILE_HASHES + len(self._read(origin, last))
        return self._sizes[origin]

    def _file(self, origin: str, number: int) -> Path:
        group, rest = divmod(number, _FOLDER_FILES)
        return self._folders[origin] / "entries" / f"{group:06}" / f"{rest:03}"

    def _read(self, origin: str, number: int) -> list[bytes]:
        file = self._file(origin, number)
        return unbundle(file.read_bytes()) if file.exists() else []

    def entries(self, origin: str, start: int, end: int) -> list[bytes]:
        """Return the exact bytes of entries `start` to `end` - 1; fewer past the size."""
        found: list[bytes] = []
        for number in range(start // TILE_HASHES, -(-end // TILE_HASHES)):
            first = number * TILE_HASHES
            found += self._read(origin, number)[max(0, start - first) : end - first]
        return found

    def leaf_hashes(self, origin: str, start: int, end: int) -> list[bytes]:
        """Return the leaf hashes of entries `start` to `end` - 1."""
        return leaf_hashes(self.entries(origin, start, end))

    def add(self, origin: str, package: Package) -> None:
        """Keep proven entries durably; those that are here already stay as they are."""
        size = self.size(origin)
        if not package.start <= size:
            raise OurFault(f"mirror of {origin}", value=package.start, wanted=f"at most {size}")
        if package.end <= size:
            return
        number = package.start // TILE_HASHES
        here = self.entries(origin, number * TILE_HASHES, size)
        data = bundle([*here, *package.entries[size - package.start :]])
        file = self._file(origin, number)
        file.parent.mkdir(exist_ok=True)
        _write(file, data)
        sync_folder(file.parent.parent)
        self._sizes[origin] = package.end

    def put_head(self, origin: str, size: int, note: bytes) -> None:
        """Keep a cosigned head durably."""
        _write(self._folders[origin] / "heads" / str(size), note)
        self._heads[origin] = max(size, self._heads.get(origin, 0))

    def checkpoint(self, origin: str) -> bytes | None:
        """Return the newest cosigned head."""
        size = self._heads.get(origin)
        return self.checkpoint_at(origin, size) if size is not None else None

    def checkpoint_at(self, origin: str, size: int) -> bytes | None:
        """Return the cosigned head of that size."""
        file = self._folders[origin] / "heads" / str(size)
        return file.read_bytes() if file.exists() else None

    def cosignatures(self, origin: str, size: int | None = None) -> list[StoredCosignature]:
        """Return our mirror's line on a head."""
        note = self.checkpoint_at(origin, size or 0)
        if note is None:
            return []
        return [
            StoredCosignature(size=size or 0, cosigner=each.name, line=each.line)
            for each in parse_unverified_note(note).signatures
            if each.name == self._mirror
        ]

    def witnessed(self, origin: str) -> bytes | None:
        """Return None: the witness has its own record."""
        del origin
        return None

    def witnessed_origins(self) -> list[str]:
        """Return none."""
        return []


def _write(file: Path, data: bytes) -> None:
    """Write a file so that after a crash it is there as it was before, or as it is now."""
    try:
        replace_file(file, data)
    except OSError as error:
        raise OurFault(f"mirror {file}", value=error.strerror, wanted="a disk with room") from error


class Mirror:
    """Takes uploads of the logs that it mirrors, and cosigns what it has.

    Args:
        folder: where the logs go.
        logs: keys of the logs; each one's name is its log's origin.
        store: holds the heads that our witness cosigned: only up to them anything is taken.
        key: the mirror key.
        clock: gives the time of a cosignature.
    """

    def __init__(
        self,
        folder: Path,
        logs: Iterable[VerifierKey],
        store: WitnessStore,
        key: SigningKey,
        clock: Clock,
    ) -> None:
        key.require_role("mirror")
        self._known = {each.name: each for each in logs}
        self.logs = FolderLogs(folder, self._known, key.name)
        self._store = store
        self._key = key
        self._clock = clock
        self._turn = threading.Lock()
        self._recent: dict[str, dict[int, bytes]] = {}
        self._roots: dict[str, TileRoots] = {}

    def heads(self, origin: str) -> dict[int, Checkpoint] | None:
        """Return the heads up to which entries are taken: the last few that were cosigned."""
        key = self._known.get(origin)
        if key is None:
            return None
        recent = self._recent.setdefault(origin, {})
        note = self._store.witnessed(origin)
        if note is not None:
            recent[parse_unverified_checkpoint(note).size] = signed_by(note, key)
        for size in sorted(recent)[:-_RECENT_HEADS]:
            del recent[size]
        return {size: parse_unverified_checkpoint(each) for size, each in recent.items()}

    def held(self, origin: str) -> int:
        """Return the size of the newest head that the mirror has cosigned."""
        note = self.logs.checkpoint(origin)
        return parse_unverified_checkpoint(note).size if note is not None else 0

    def save(self, origin: str, package: Package) -> None:
        """Keep a proven package."""
        with self._turn:
            self.logs.add(origin, package)

    def finish(self, upload: Upload, saved: int) -> Reply:
        """Return the answer at the end of a request's body, the head cosigned if all is here."""
        origin = upload.origin
        with self._turn:
            held, size = self.held(origin), self.logs.size(origin)
            decision = decide_end(upload, saved, held, size)
            if decision.status != 200:
                return Reply(decision.status, decision.body, decision.media_type)
            known = self.logs.cosignatures(origin, upload.end)
            if known:
                return Reply(200, known[0].line)
            note = self._recent[origin][upload.end]
            roots = self._roots.setdefault(origin, TileRoots(self.logs, origin))
            if roots.root(upload.end) != parse_unverified_checkpoint(note).root:
                raise OurFault(f"mirror of {origin}", value="damaged", wanted="what was proven")
            line = cosign(self._key, note, self._clock())
            self.logs.put_head(origin, upload.end, add_signatures(note, (line,)))
            return Reply(200, line)

    def receive(self, *, gzipped: bool = False) -> Receiving:
        """Return what takes the body of one request."""
        return Receiving(self, gzipped=gzipped)


class Receiving:
    """One request, as its body comes: feed it, and end it, until one of both gives the answer."""

    def __init__(self, mirror: Mirror, *, gzipped: bool) -> None:
        self._mirror = mirror
        self._reader = UploadReader()
        self._inflater = zlib.decompressobj(_GZIP) if gzipped else None
        self._upload: Upload | None = None
        self._saved = 0

    def feed(self, data: bytes) -> Reply | None:
        """Return the answer if it is known before the body ends."""
        if self._inflater is None:
            return self._feed(data)
        try:
            more = True
            while more:
                # In pieces: a short body may stand for a long one.
                found = self._inflater.decompress(data, _INFLATED_BYTES)
                reply = self._feed(found)
                if reply is not None:
                    return reply
                data = self._inflater.unconsumed_tail
                more = bool(data) or len(found) == _INFLATED_BYTES
        except zlib.error:
            return Reply(400, b"body is not gzip as it says\n")
        return None

    def _feed(self, data: bytes) -> Reply | None:
        self._reader.feed(data)
        if self._upload is None:
            reply = self._begin()
            if self._upload is None:
                return reply
        try:
            for package in self._reader.packages():
                self._mirror.save(self._upload.origin, package)
                self._saved += 1
                if self._saved >= PACKAGES_MAX:
                    return self.end()
        except PeerFault as fault:
            return Reply(422, f"{fault}\n".encode())
        return self.end() if self._reader.done else None

    def _begin(self) -> Reply | None:
        try:
            upload = self._reader.upload
        except PeerFault as fault:
            return Reply(400, f"{fault}\n".encode())
        if upload is None:
            return None
        mirror, origin = self._mirror, upload.origin
        heads = mirror.heads(origin)
        size = mirror.logs.size(origin) if heads is not None else 0
        held = mirror.held(origin)
        decision = decide_upload(upload, heads, held, size)
        if decision.checkpoint is None:
            return Reply(decision.status, decision.body, decision.media_type)
        first = upload.start - upload.start % TILE_HASHES
        before = mirror.logs.leaf_hashes(origin, first, upload.start)
        self._reader.begin(decision.checkpoint, before)
        self._upload = upload
        return None

    def end(self) -> Reply:
        """Return the answer once the body has ended, or was cut off."""
        if self._upload is None:
            return Reply(400, b"body ends before its first package\n")
        return self._mirror.finish(self._upload, self._saved)
