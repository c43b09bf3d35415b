"""A log as files: tiles of hashes and bundles of entries, as C2SP tlog-tiles names and fills them.

Tile n of level L holds the hashes of the full subtrees of 256**L leaves from the (256 n)-th on; at
the right edge it is partial. A bundle holds the entries under a tile of level 0. What comes from
outside is believed only against a root: `root_from_tiles` names the tile that is wrong. Nothing
here reads or writes a file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from parley.trust.tree import (
    EMPTY_ROOT,
    HASH_BYTES,
    SIZE_MAX,
    Tree,
    leaf_hashes,
    node_hash,
    root_of,
)
from parley.world.faults import InputFault, OurFault, PeerFault

TILE_HASHES = 256
"""The width of a full tile."""
TILE_LEVELS = 8
"""How many levels of the tree one level of tiles steps over."""
ENTRY_LENGTH_MAX = 65_535
"""What the two length bytes before an entry in a bundle can say."""
_LEVEL_MAX = 63
_PATH = re.compile(
    r"tile/(?P<level>entries|0|[1-9][0-9]?)/"
    r"(?P<index>(?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?",
    re.ASCII,
)


class TilePath(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which tile, or which bundle of entries where `level` is None.

    Attributes:
        level: 0 to 63 for hashes; None for entries.
        index: its number within the level, from 0.
        width: hashes or entries in it; 256 is a full one.
    """

    level: int | None
    index: int
    width: int = TILE_HASHES

    def __post_init__(self) -> None:
        if self.level is not None and not 0 <= self.level <= _LEVEL_MAX:
            raise InputFault("tile level", value=self.level, wanted=f"0 to {_LEVEL_MAX}")
        if not 0 <= self.index <= SIZE_MAX // TILE_HASHES:
            raise InputFault("tile index", value=self.index, wanted="one within a log")
        if not 1 <= self.width <= TILE_HASHES:
            raise InputFault("tile width", value=self.width, wanted=f"1 to {TILE_HASHES}")

    @property
    def path(self) -> str:
        """The path below the log's prefix.

        >>> TilePath(level=1, index=1234067, width=17).path
        'tile/1/x001/x234/067.p/17'
        """
        index, last = divmod(self.index, 1_000)
        groups = [f"{last:03}"]
        while index:
            index, group = divmod(index, 1_000)
            groups.append(f"x{group:03}")
        level = "entries" if self.level is None else str(self.level)
        part = "" if self.width == TILE_HASHES else f".p/{self.width}"
        return f"tile/{level}/{'/'.join(reversed(groups))}{part}"


def tile_path(level: int, index: int, width: int = TILE_HASHES) -> str:
    """Return the path of a tile below the log's prefix; a width of 256 is the full tile.

    >>> tile_path(0, 273, 112)
    'tile/0/273.p/112'

    Raises:
        InputFault: there is no such tile.
    """
    return TilePath(level=level, index=index, width=width).path


def entries_path(index: int, width: int = TILE_HASHES) -> str:
    """Return the path of a bundle of entries below the log's prefix.

    >>> entries_path(0, 15)
    'tile/entries/000.p/15'

    Raises:
        InputFault: there is no such bundle.
    """
    return TilePath(level=None, index=index, width=width).path


def parse_tile_path(path: str) -> TilePath:
    """Return which tile or bundle a path names, in the one form that C2SP allows.

    Raises:
        PeerFault: it names none.
    """
    found = _PATH.fullmatch(path)
    if found is None:
        raise PeerFault(
            "tile path", value=path, wanted="tile/LEVEL/xNNN/NNN, perhaps with .p/WIDTH"
        )
    level, width = found["level"], found["width"]
    try:
        tile = TilePath(
            level=None if level == "entries" else int(level),
            index=int(found["index"].replace("x", "").replace("/", "")),
            width=TILE_HASHES if width is None else int(width),
        )
    except InputFault as fault:
        raise PeerFault(fault.what, value=fault.value, wanted=fault.wanted) from None
    if tile.path != path:
        raise PeerFault("tile path", value=path, wanted=tile.path)
    return tile


def tile_data(tree: Tree, level: int, index: int, width: int = TILE_HASHES) -> bytes:
    """Return the bytes of a tile: `width` hashes.

    Raises:
        OurFault: the tree does not hold them.
    """
    return tree.hashes(TILE_LEVELS * level, index * TILE_HASHES, width)


def new_tiles(old: int, size: int) -> Iterator[TilePath]:
    """Yield the bundles and tiles of a log of `size` entries that one of `old` does not have.

    Level by level, the bundles first; partial ones only as the size has them.

    >>> [tile.path for tile in new_tiles(255, 257)][:3]
    ['tile/entries/000', 'tile/entries/001.p/1', 'tile/0/000']
    """
    for level in (None, *range(_LEVEL_MAX + 1)):
        shift = TILE_LEVELS * (level or 0)
        count, before = size >> shift, old >> shift
        if not count:
            return
        if count == before:
            continue
        for index in range(before // TILE_HASHES, (count + TILE_HASHES - 1) // TILE_HASHES):
            width = min(TILE_HASHES, count - index * TILE_HASHES)
            yield TilePath(level=level, index=index, width=width)


def bundle(entries: Sequence[bytes]) -> bytes:
    """Return the entries as a bundle: each behind its length, two bytes, big-endian.

    Raises:
        OurFault: no entry, more than 256, or one of more than 65,535 bytes.
    """
    if not 1 <= len(entries) <= TILE_HASHES:
        raise OurFault("bundle", value=f"{len(entries)} entries", wanted=f"1 to {TILE_HASHES}")
    longest = max(map(len, entries))
    if longest > ENTRY_LENGTH_MAX:
        raise OurFault("entry", value=f"{longest} bytes", wanted=f"at most {ENTRY_LENGTH_MAX}")
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def unbundle(data: bytes) -> list[bytes]:
    """Return the entries of a bundle, in order; nothing says yet that they are the log's.

    Raises:
        PeerFault: it ends within an entry, is empty, or holds more than 256.
    """
    entries: list[bytes] = []
    at = 0
    while at < len(data):
        start = at + 2
        at = start + int.from_bytes(data[at:start], "big")
        if start > len(data) or at > len(data):
            raise PeerFault(f"bundle, entry {len(entries)}", value="cut short", wanted="all of it")
        entries.append(data[start:at])
        if len(entries) > TILE_HASHES:
            raise PeerFault("bundle", value="more entries", wanted=f"at most {TILE_HASHES}")
    if not entries:
        raise PeerFault("bundle", value="empty", wanted=f"1 to {TILE_HASHES} entries")
    return entries


def verify_bundle(data: bytes, tile: bytes, first: int = 0) -> list[bytes]:
    """Return the entries of a bundle that hash to the tile of level 0 above it.

    Args:
        data: the bundle.
        tile: the tile's hashes, already known to be the log's.
        first: the log index of the bundle's first entry, to name a bad one.

    Raises:
        PeerFault: an entry is not the one that was hashed, or the counts differ.
    """
    entries = unbundle(data)
    if len(entries) * HASH_BYTES != len(tile):
        raise PeerFault(
            f"bundle of entry {first}",
            value=f"{len(entries)} entries",
            wanted=f"{len(tile) // HASH_BYTES}, as its tile has",
        )
    for number, (found, wanted) in enumerate(zip(leaf_hashes(entries), _split(tile), strict=True)):
        if found != wanted:
            raise PeerFault(f"entry {first + number}", wanted="the entry that its tile has hashed")
    return entries


def split_tile(data: bytes, width: int, path: str = "tile") -> list[bytes]:
    """Return the hashes of a tile.

    Raises:
        PeerFault: it is not `width` hashes long.
    """
    if len(data) != width * HASH_BYTES:
        raise PeerFault(path, value=f"{len(data)} bytes", wanted=f"{width * HASH_BYTES} bytes")
    return _split(data)


def _split(data: bytes) -> list[bytes]:
    return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]


def root_from_tiles(
    read: Callable[[int, int, int], bytes], size: int, root: bytes | None = None
) -> bytes:
    """Return the root of a log of `size` entries from its tiles, each hashed into its parent.

    Every tile of every level is read once, level by level. Where a tile and its parent differ, the
    root settles which of them is bad: without one the lower tile is named.

    Args:
        read: gives the bytes of the tile of (level, index, width); it may raise.
        size: how many entries.
        root: the root they must have, of a verified checkpoint.

    Raises:
        PeerFault: a tile has another length, does not hash into its parent, or another root.
    """
    below: list[bytes] = []
    edges: list[list[bytes]] = []
    bad: list[_Mismatch] = []
    level = 0
    while count := size >> TILE_LEVELS * level:
        above: list[bytes] = []
        for index in range((count + TILE_HASHES - 1) // TILE_HASHES):
            first = index * TILE_HASHES
            width = min(TILE_HASHES, count - first)
            hashes = split_tile(read(level, index, width), width, tile_path(level, index, width))
            children = below[first : first + width] if level else hashes
            if hashes != children:
                differ = map(bytes.__ne__, hashes, children)
                at = next(number for number, wrong in enumerate(differ) if wrong)
                bad.append(_Mismatch(level, index, width, first + at))
            if width == TILE_HASHES:
                above.append(root_of(hashes))
            else:
                edges.append(hashes)
        below = above
        level += 1
    found = _edge_root(edges)
    _refuse_bad(bad, agrees=root is None or found == root)
    if root is not None and found != root:
        # No tile holds the hashes of the last partial one: only the root can show it bad.
        last, width = divmod(size, TILE_HASHES)
        what = tile_path(0, last, width) if width else f"tiles of {size} entries"
        raise PeerFault(what, value="of another root", wanted="the root of the checkpoint")
    return found


class _Mismatch(NamedTuple):
    """A tile that holds another hash than its child number `child` has."""

    level: int
    number: int
    width: int
    child: int


def _refuse_bad(bad: list[_Mismatch], *, agrees: bool) -> None:
    """Raise a fault that names the bad tile, if any; `agrees`: the right edge gives the root.

    The root is made of the partial tiles at the right edge. Where it is the right one, they are
    good, and so is all that they say below, from the top down. Where it is not, one of them is bad,
    and it is the one that differs from its child.
    """
    if not bad:
        return
    edge = next((one for one in bad if one.width < TILE_HASHES), None)
    if agrees or edge is None:
        one = next(one for one in bad if one.level == bad[-1].level)
        wrong, other = (one.level - 1, one.child, TILE_HASHES), "the tile hashed into"
        right = (one.level, one.number, one.width)
    else:
        wrong, other = (edge.level, edge.number, edge.width), "the hashes of its children, as of"
        right = (edge.level - 1, edge.child, TILE_HASHES)
    raise PeerFault(tile_path(*wrong), value="another tile", wanted=f"{other} {tile_path(*right)}")


def _edge_root(edges: list[list[bytes]]) -> bytes:
    """Return the root over the partial tiles at the right edge, given from the leaves up."""
    peaks: list[bytes] = []
    for hashes in reversed(edges):
        at = 0
        while at < len(hashes):
            count = 1 << ((len(hashes) - at).bit_length() - 1)
            peaks.append(root_of(hashes[at : at + count]))
            at += count
    root = peaks.pop() if peaks else EMPTY_ROOT
    while peaks:
        root = node_hash(peaks.pop(), root)
    return root
