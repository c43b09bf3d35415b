"""What a node serves of its logs to anybody's C2SP tools, made from the store (C2SP tlog-tiles).

Rules:
- Only what a published checkpoint reached; the store keeps no checkpoint without its entries.
- Entries themselves only where the node's owner said so: payloads are sealed, yet types, posts,
  addressees and times stand in plain.
- Of a private log the checkpoint alone: leaf hashes of entries that are few could be guessed.

Nothing of HTTP is here; `c2sp` is the door.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from parley.node.entries import LogName, log_name
from parley.store.sqlite import StoredCosignature
from parley.trust.checkpoint import cosign, parse_unverified_checkpoint
from parley.trust.keys import SigningKey
from parley.trust.note import add_signatures
from parley.trust.tiles import TILE_HASHES, TILE_LEVELS, TilePath, bundle, parse_tile_path
from parley.trust.tree import Tree, node_hash, root_of
from parley.world.faults import InputFault, PeerFault

Clock = Callable[[], int]
"""Gives now, in microseconds UTC."""
_READ_TILES = 16
"""Tiles whose leaf hashes are read in one turn of the store: the node's own writer waits for it."""


class LogReading(Protocol):
    """What is asked of a store; `store.sqlite.Store` is one."""

    def origins(self) -> list[str]:
        """Return the logs held."""

    def entries(self, origin: str, start: int, end: int) -> list[bytes]:
        """Return the exact bytes of a range."""

    def leaf_hashes(self, origin: str, start: int, end: int) -> list[bytes]:
        """Return the leaf hashes of a range."""

    def checkpoint(self, origin: str) -> bytes | None:
        """Return the newest head."""

    def checkpoint_at(self, origin: str, size: int) -> bytes | None:
        """Return the head of that size."""

    def cosignatures(self, origin: str, size: int | None = None) -> list[StoredCosignature]:
        """Return the cosignatures on a head."""

    def witnessed(self, origin: str) -> bytes | None:
        """Return the newest head that this node cosigned as a witness."""

    def witnessed_origins(self) -> Sequence[str]:
        """Return the logs that it witnesses."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One thing served: its parts in order, its media type, and whether it never changes."""

    parts: tuple[bytes, ...]
    media_type: Literal["text/plain; charset=utf-8", "application/octet-stream"]
    immutable: bool


class TileRoots:
    """The roots of a log's full tiles, grown as the log does: 1/128 of what its leaf hashes need.

    All hashes of levels above the lowest follow from them. Several threads may call it.
    """

    def __init__(self, store: LogReading, origin: str) -> None:
        self._store = store
        self._origin = origin
        self._tree = Tree()
        self._turn = threading.Lock()

    def hashes(self, level: int, start: int, count: int) -> bytes:
        """Return consecutive hashes of a tile level from 1 up; the caller knows that they exist."""
        with self._turn:
            self._grow((start + count) << (TILE_LEVELS * (level - 1)))
            return self._tree.hashes(TILE_LEVELS * (level - 1), start, count)

    def root(self, size: int) -> bytes:
        """Return the root of the log at a size that the store holds."""
        full, rest = divmod(size, TILE_HASHES)
        peaks: list[bytes] = []
        with self._turn:
            self._grow(full)
            at = 0
            for level in reversed(range(full.bit_length())):
                if full >> level & 1:
                    peaks.append(self._tree.hashes(level, at >> level, 1))
                    at += 1 << level
        if rest or not full:
            peaks.append(root_of(self._store.leaf_hashes(self._origin, full * TILE_HASHES, size)))
        root = peaks.pop()
        while peaks:
            root = node_hash(peaks.pop(), root)
        return root

    def _grow(self, tiles: int) -> None:
        """Read on until so many full tiles are known."""
        while self._tree.size < tiles:
            first = self._tree.size
            last = min(tiles, first + _READ_TILES)
            leaves = self._store.leaf_hashes(self._origin, first * TILE_HASHES, last * TILE_HASHES)
            self._tree.extend(
                [
                    root_of(leaves[at : at + TILE_HASHES])
                    for at in range(0, len(leaves), TILE_HASHES)
                ]
            )


@dataclass(slots=True)
class Reader:
    """What is served of which log.

    Args:
        store: the node's logs.
        party: whose node it is: its own logs need no mirror's signature.
        mirror: the mirror key, which signs the heads of the logs that are copies here.
        clock: gives the time of those signatures.
        entries: whether entries are served too.
        kinds: which kinds of our logs and of our peers' logs are served, beside private heads.
    """

    store: LogReading
    party: str
    mirror: SigningKey
    clock: Clock
    entries: bool = False
    kinds: tuple[str, ...] = ("line", "ops")
    _names: dict[str, str] = field(default_factory=dict)
    _roots: dict[str, TileRoots] = field(default_factory=dict)
    _cosigned: dict[str, tuple[int, bytes]] = field(default_factory=dict)

    def read(self, path: str) -> Resource:
        """Return what stands at a path: LOG/checkpoint, LOG/tile/... or witness/LOG/checkpoint.

        Args:
            path: without the first slash; LOG is an origin or its SHA-256 in lowercase hexadecimal.

        Raises:
            InputFault: nothing does, and why.
        """
        log, slash, tile = path.rpartition("/tile/")
        if slash:
            return self._tile(self._origin(log), f"tile/{tile}")
        log, slash, rest = path.rpartition("/checkpoint")
        if not slash or rest:
            wanted = "LOG/checkpoint, LOG/tile/L/N or LOG/tile/entries/N"
            raise InputFault("path", value=f"/{path}", wanted=wanted)
        if log.startswith("witness/"):
            return self._witnessed(log.removeprefix("witness/"))
        return self._checkpoint(self._origin(log))

    def knows(self, path: str) -> bool:
        """Return whether a path is one of a log here."""
        names = names_of(self.store.origins())
        return path.rpartition("/tile/")[0] in names or path.removesuffix("/checkpoint") in names

    # ---- names ----------------------------------------------------------------------------------

    def _origin(self, log: str) -> str:
        origins = self.store.origins()
        if len(self._names) != 2 * len(origins):
            self._names = names_of(origins)
        origin = _named(self._names, log)
        name = parley_name(origin)
        if name is not None and name.kind not in (*self.kinds, "private"):
            wanted = f"one of {', '.join(self.kinds)}"
            raise InputFault(f"log {origin}", value=f"{name.kind}: not served here", wanted=wanted)
        return origin

    # ---- checkpoints ----------------------------------------------------------------------------

    def _checkpoint(self, origin: str) -> Resource:
        note = self.store.checkpoint(origin)
        if note is None:
            raise InputFault(f"log {origin}", value="no checkpoint yet", wanted="one with a head")
        size = parse_unverified_checkpoint(note).size
        kept = self.store.cosignatures(origin, size)
        lines = [each.line for each in kept]
        if not self._is_own(origin) and all(k.cosigner != self.mirror.name for k in kept):
            lines.insert(0, self._mirror_line(origin, size, note))
        return _head(add_signatures(note, lines))

    def _is_own(self, origin: str) -> bool:
        name = parley_name(origin)
        return name is not None and name.party == self.party

    def _mirror_line(self, origin: str, size: int, note: bytes) -> bytes:
        """Return our word that we hold this head, one per head: a reader may poll."""
        known = self._cosigned.get(origin)
        if known is None or known[0] != size:
            known = size, cosign(self.mirror, note, self.clock())
            self._cosigned[origin] = known
        return known[1]

    def _witnessed(self, log: str) -> Resource:
        origin = _named(names_of(self.store.witnessed_origins()), log)
        note = self.store.witnessed(origin)
        if note is None:
            raise InputFault(f"log {origin}", value="not witnessed", wanted="one that was cosigned")
        return _head(note)

    # ---- tiles ----------------------------------------------------------------------------------

    def _tile(self, origin: str, path: str) -> Resource:
        self._require_open(origin)
        try:
            tile = parse_tile_path(path)
        except PeerFault as fault:
            raise InputFault(fault.what, value=fault.value, wanted=fault.wanted) from None
        self._require_reached(origin, tile)
        start = tile.index * TILE_HASHES
        if tile.level is None:
            if not self.entries:
                raise InputFault(
                    f"entries of log {origin}",
                    value="not served here",
                    wanted="entries = true under [c2sp] of this node",
                )
            return _octets(bundle(self.store.entries(origin, start, start + tile.width)))
        if tile.level == 0:
            return _octets(b"".join(self.store.leaf_hashes(origin, start, start + tile.width)))
        return _octets(self._tile_roots(origin).hashes(tile.level, start, tile.width))

    def _require_open(self, origin: str) -> None:
        name = parley_name(origin)
        if name is not None and name.kind == "private":
            raise InputFault(
                f"log {origin}",
                value="private",
                wanted="its checkpoint only",
                repair="few entries could be guessed from their hashes",
            )

    def _require_reached(self, origin: str, tile: TilePath) -> None:
        """Refuse what no published checkpoint has: a stranger learns nothing between two heads."""
        level = tile.level or 0
        reached = (tile.index * TILE_HASHES + tile.width) << (TILE_LEVELS * level)
        note = self.store.checkpoint(origin)
        size = parse_unverified_checkpoint(note).size if note is not None else 0
        what = f"{tile.path} of log {origin}"
        if reached > size:
            raise InputFault(what, value=f"beyond size {size}", wanted="what a checkpoint covers")
        # Heads stand at most one batch apart, so that above the lowest level one lies in each span.
        partial = tile.width < TILE_HASHES and level == 0
        if partial and self.store.checkpoint_at(origin, reached) is None:
            raise InputFault(
                what,
                value=f"size {reached} never had a checkpoint",
                wanted="the full tile, or a partial one of a published size",
            )

    def _tile_roots(self, origin: str) -> TileRoots:
        return self._roots.setdefault(origin, TileRoots(self.store, origin))


def origin_hash(origin: str) -> str:
    """Return the name of a log in a mirror's addresses (C2SP tlog-mirror).

    >>> origin_hash("example.com/log")[:16]
    '4d3203c8f35cdf60'
    """
    return hashlib.sha256(origin.encode()).hexdigest()


def names_of(origins: Sequence[str]) -> dict[str, str]:
    """Return the origins by both names under which they are asked for: themselves, their hashes."""
    return {origin_hash(origin): origin for origin in origins} | {o: o for o in origins}


def parley_name(origin: str) -> LogName | None:
    """Return the parts of an origin of ours or of a peer's, None for other people's logs."""
    try:
        return log_name(origin)
    except InputFault:
        return None


def _named(names: dict[str, str], log: str) -> str:
    origin = names.get(log)
    if origin is None:
        wanted = "the origin of a log held here, or its SHA-256 in lowercase hexadecimal"
        raise InputFault("log", value=log, wanted=wanted)
    return origin


def _head(note: bytes) -> Resource:
    return Resource((note,), "text/plain; charset=utf-8", immutable=False)


_PART_BYTES = 65_536


def _octets(data: bytes) -> Resource:
    parts = tuple(data[at : at + _PART_BYTES] for at in range(0, len(data), _PART_BYTES))
    return Resource(parts, "application/octet-stream", immutable=True)
