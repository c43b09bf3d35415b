"""The evidence pack, `parley-pack/2`: its parts, its bytes, and back. docs/pack.md is its law.

A zip of stored members in one canonical form. Reading is strict about places and lenient about
damage inside a member, so that `verify` can say which entry was changed; nothing here is verified,
except by `check_form`: that not one byte is other than the form wants it. What entries mean is
`node`'s business; signatures and trees are `verify`'s.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NoReturn

import msgspec

from parley.review.pack_guide import GUIDE
from parley.review.pack_zip import zip_members, zip_pieces
from parley.trust.keys import SIGNATURE_BYTES
from parley.trust.proof import make_proof
from parley.trust.ranges import range_proof
from parley.trust.tree import HASH_BYTES, SIZE_MAX, Tree
from parley.world.faults import InputFault, PeerFault
from parley.world.limits import ENTRY_BYTES_MAX

FORMAT = "parley-pack/2"
FORMAT_BEFORE = "parley-pack/1"
PACK_BYTES_MAX = 2**32 - 1
"""The plain zip form ends here; a longer record is exported in several packs."""
PACK_LOGS_MAX = 1_000
"""Logs in one pack: three per party of an agreement, for many agreements."""
MEMBERS_MAX = 65_535
STATEMENTS_MAX = 10_000
"""Each may be recomputed from the whole pack."""
Release = Literal["full", "sealed", "redacted"]
"""full: all openings that the maker holds; sealed: none; redacted: what a selection passed."""
_MANIFEST = "MANIFEST.json"
_GUIDE = "VERIFY.md"
_INDEX = struct.Struct(">Q")
_LENGTH = struct.Struct(">H")
_LONG = struct.Struct(">L")
_TIME = struct.Struct(">q")


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A record of a pack, or of its manifest."""


class LogKey(_Part, frozen=True, kw_only=True):
    """The key, named by the origin, that signs heads of `from_size` and more, until the next."""

    from_size: int = msgspec.field(name="from")
    vkey: str


class PackHead(_Part, frozen=True, kw_only=True):
    """A signed head with its cosignature lines, under the size that the manifest gives it."""

    size: int
    note: bytes


class PackRange(_Part, frozen=True, kw_only=True):
    """Entries [start, end) under the head of size `head`.

    Attributes:
        start: the first index.
        end: one past the last.
        head: the size of the head whose root the proof leads to.
        bundle: the entries, each behind its 16-bit length.
        leaves: their leaf hashes, joined.
        proof: the hashes of `trust.ranges`, joined.
    """

    start: int
    end: int
    head: int
    bundle: bytes
    leaves: bytes
    proof: bytes = b""

    @property
    def entries(self) -> list[bytes]:
        """The exact bytes of each entry, read anew each time; up to the first that is cut."""
        return unbundle(self.bundle)


class PackReceipt(_Part, frozen=True, kw_only=True):
    """The receipt of `peer` for the entry at `index`: when it was held, signed by its link key."""

    index: int
    peer: str
    at_us: int
    signature: bytes


class PackLog(_Part, frozen=True, kw_only=True):
    """One log, or what is shown of it.

    Attributes:
        origin: the log.
        keys: its keys by the size from which they sign.
        policy: C2SP tlog-policy: the log's keys, its witnesses, the quorum.
        heads: by size.
        consistency: proofs (joined hashes) between heads, by (old, new) size.
        ranges: by start, without overlap.
        proofs: tlog-proof files by index.
        openings: released payloads with their salts by index.
        receipts: by index, then peer.
    """

    origin: str
    keys: tuple[LogKey, ...]
    policy: bytes
    heads: tuple[PackHead, ...]
    ranges: tuple[PackRange, ...] = ()
    consistency: dict[tuple[int, int], bytes] = {}
    proofs: dict[int, bytes] = {}
    openings: dict[int, bytes] = {}
    receipts: tuple[PackReceipt, ...] = ()

    def entry(self, index: int) -> bytes | None:
        """Return the exact bytes of an entry, or None where no range holds it."""
        for one in self.ranges:
            if one.start <= index < one.end:
                return next(iter(one.entries[index - one.start :]), None)
        return None


class Window(_Part, frozen=True, kw_only=True):
    """The time of which the maker claims to show everything, microseconds UTC."""

    from_us: int
    to_us: int


class Statement(_Part, frozen=True, kw_only=True):
    """What the maker says of the record, with the entries (log number, index) that it cites."""

    kind: str
    text: str
    cites: tuple[tuple[int, int], ...] = ()
    values: dict[str, str] = {}


class Pack(_Part, frozen=True, kw_only=True):
    """A whole pack.

    Attributes:
        logs: their place is their number.
        release: which openings are in it.
        title: words of the maker.
        made_us: when it was made, as the maker claims.
        window: the time of which it claims to show everything.
        keys: vkeys of other roles: link keys, root keys.
        refused: notes that the maker was shown and refused.
        statements: what the maker says of the record.
    """

    logs: tuple[PackLog, ...]
    release: Release = "full"
    title: str = ""
    made_us: int = 0
    window: Window | None = None
    keys: tuple[str, ...] = ()
    refused: tuple[bytes, ...] = ()
    statements: tuple[Statement, ...] = ()


class _ListedRange(_Part, frozen=True, kw_only=True):
    start: int
    end: int
    head: int


class _ListedLog(_Part, frozen=True, kw_only=True):
    origin: str
    keys: tuple[LogKey, ...]
    heads: tuple[int, ...]
    consistency: tuple[tuple[int, int], ...]
    ranges: tuple[_ListedRange, ...]
    proofs: tuple[int, ...]
    openings: int
    receipts: int


class _Manifest(_Part, frozen=True, kw_only=True):
    format: str
    release: Release
    title: str
    made_us: int
    window: Window | None
    keys: tuple[str, ...]
    logs: tuple[_ListedLog, ...]
    refused: int
    statements: tuple[Statement, ...]


# --- making -------------------------------------------------------------------------------------


def bundle(entries: Sequence[bytes], what: str = "pack", start: int = 0) -> bytes:
    """Return the C2SP entry bundle of any number of entries.

    Raises:
        InputFault: an entry that is empty or too long, named by `what` and its index.
    """
    parts: list[bytes] = []
    for index, entry in enumerate(entries, start):
        if not 0 < len(entry) <= ENTRY_BYTES_MAX:
            wanted = f"1 to {ENTRY_BYTES_MAX}"
            raise InputFault(f"{what} entry {index}", value=f"{len(entry)} bytes", wanted=wanted)
        parts += (len(entry).to_bytes(2, "big"), entry)
    return b"".join(parts)


def unbundle(data: bytes) -> list[bytes]:
    """Return the entries of a bundle, up to the first that is cut, empty or too long."""
    found: list[bytes] = []
    take = found.append
    at, end = 0, len(data)
    while at < end - 1:
        start = at + 2
        size = data[at] << 8 | data[at + 1]
        at = start + size
        if at > end or not 0 < size <= ENTRY_BYTES_MAX:
            break
        take(data[start:at])
    return found


def make_range(
    tree: Tree, entries: Sequence[bytes], *, start: int = 0, head: int | None = None
) -> PackRange:
    """Return a range with its proof.

    Args:
        tree: the log's tree.
        entries: those of [start, start + len).
        start: the first index.
        head: the size of the covering head, by default the end of the range.
    """
    end = start + len(entries)
    head = end if head is None else head
    return PackRange(
        start=start,
        end=end,
        head=head,
        bundle=bundle(entries, start=start),
        leaves=tree.hashes(0, start, len(entries)),
        proof=b"".join(range_proof(tree, start, end, head)),
    )


def needed_consistency(sizes: Sequence[int], ranges: Sequence[PackRange]) -> list[tuple[int, int]]:
    """Return the neighbouring heads (old, new) whose consistency needs a proof of its own.

    Up to the end of a range that starts at 0 every root is computed from the leaf hashes.
    """
    known = max((one.end for one in ranges if one.start == 0), default=0)
    return [(old, new) for old, new in itertools.pairwise(sizes) if old > 0 and new > known]


def with_proofs(log: PackLog, tree: Tree, cited: Sequence[int] = ()) -> PackLog:
    """Return the log with the consistency proofs it needs and a tlog-proof per cited index.

    Raises:
        OurFault: a cited index is not under the newest head, or the tree is not of this log.
    """
    sizes = [head.size for head in log.heads]
    return msgspec.structs.replace(
        log,
        consistency={
            (old, new): b"".join(tree.consistency_proof(old, new))
            for old, new in needed_consistency(sizes, log.ranges)
        },
        proofs={index: make_proof(tree, index, log.heads[-1].note) for index in sorted(set(cited))},
    )


# --- writing ------------------------------------------------------------------------------------


def write_pack(pack: Pack) -> bytes:
    """Return the bytes of a pack, the same for the same pack on every machine.

    Nothing is verified here: `verify_pack` does that, and whoever exports should run it.

    Raises:
        InputFault: a log twice, too many logs, or a pack too large for its form.
    """
    if len({log.origin for log in pack.logs}) != len(pack.logs) or len(pack.logs) > PACK_LOGS_MAX:
        raise InputFault("pack", wanted=f"every log once, at most {PACK_LOGS_MAX}")
    members = list(_members(pack))
    total = sum(len(data) + 256 for _, data in members)
    if total > PACK_BYTES_MAX or len(members) > MEMBERS_MAX:
        raise InputFault(
            "pack",
            value=f"about {total} bytes in {len(members)} members",
            wanted=f"at most {PACK_BYTES_MAX} bytes in {MEMBERS_MAX} members",
            repair="export fewer logs or heads per pack",
        )
    return b"".join(zip_pieces(members))


def _members(pack: Pack) -> Iterator[tuple[str, bytes]]:
    """Yield the members of a pack in their order."""
    yield _MANIFEST, _manifest(pack)
    yield _GUIDE, GUIDE
    for number, log in enumerate(pack.logs):
        folder = f"logs/{number}"
        yield f"{folder}/policy", log.policy
        for head in log.heads:
            yield f"{folder}/head.{head.size}", head.note
        for (old, new), proof in log.consistency.items():
            yield f"{folder}/consistency.{old}-{new}", proof
        for one in log.ranges:
            place = f"{one.start}-{one.end}"
            yield f"{folder}/entries.{place}", one.bundle
            yield f"{folder}/leaves.{place}", one.leaves
            if one.proof:
                yield f"{folder}/range.{place}", one.proof
        for index, file in log.proofs.items():
            yield f"{folder}/proof.{index}", file
        if log.openings:
            yield f"{folder}/openings", _openings_bytes(log.openings)
        if log.receipts:
            yield f"{folder}/receipts", b"".join(map(_receipt_bytes, log.receipts))
    for number, note in enumerate(pack.refused):
        yield f"refused/{number}", note


def _manifest(pack: Pack) -> bytes:
    made = _Manifest(
        format=FORMAT,
        release=pack.release,
        title=pack.title,
        made_us=pack.made_us,
        window=pack.window,
        keys=pack.keys,
        logs=tuple(
            _ListedLog(
                origin=log.origin,
                keys=log.keys,
                heads=tuple(head.size for head in log.heads),
                consistency=tuple(log.consistency),
                ranges=tuple(
                    _ListedRange(start=one.start, end=one.end, head=one.head) for one in log.ranges
                ),
                proofs=tuple(log.proofs),
                openings=len(log.openings),
                receipts=len(log.receipts),
            )
            for log in pack.logs
        ),
        refused=len(pack.refused),
        statements=pack.statements,
    )
    return msgspec.json.format(msgspec.json.encode(made), indent=1) + b"\n"


def _openings_bytes(openings: Mapping[int, bytes]) -> bytes:
    return b"".join(
        _INDEX.pack(index) + _LONG.pack(len(opening)) + opening
        for index, opening in openings.items()
    )


def _receipt_bytes(receipt: PackReceipt) -> bytes:
    peer = receipt.peer.encode()
    return b"".join(
        (
            _INDEX.pack(receipt.index),
            _LENGTH.pack(len(peer)),
            peer,
            _TIME.pack(receipt.at_us),
            receipt.signature,
        )
    )


# --- reading ------------------------------------------------------------------------------------


def _refuse(what: str, value: object = None, wanted: str = "", repair: str = "") -> NoReturn:
    raise PeerFault(what, value=value, wanted=wanted, repair=repair)


def read_pack(data: bytes) -> Pack:
    """Return the parts of a pack, nothing verified.

    Raises:
        PeerFault: it is not a pack of this format.
    """
    if len(data) > PACK_BYTES_MAX:
        _refuse("pack", f"{len(data)} bytes", f"at most {PACK_BYTES_MAX}")
    members = dict(zip_members(data))
    manifest = _read_manifest(members.pop(_MANIFEST, None))
    logs = tuple(_read_log(members, number, listed) for number, listed in enumerate(manifest.logs))
    if not 0 <= manifest.refused <= MEMBERS_MAX:
        _refuse("pack manifest", f"{manifest.refused} refused notes", "as many as there are")
    return Pack(
        logs=logs,
        release=manifest.release,
        title=manifest.title,
        made_us=manifest.made_us,
        window=manifest.window,
        keys=manifest.keys,
        refused=tuple(_take(members, f"refused/{k}") for k in range(manifest.refused)),
        statements=manifest.statements,
    )


def check_form(data: bytes, pack: Pack) -> None:
    """Return nothing if the file is what `write_pack` makes of the pack that was read from it.

    Raises:
        PeerFault: a byte is other, missing or more.
    """
    at = 0
    for piece in zip_pieces(list(_members(pack))):
        if not data.startswith(piece, at):
            found = data[at : at + len(piece)]
            pairs = zip(found, piece, strict=False)
            where = next((n for n, (a, b) in enumerate(pairs) if a != b), len(found))
            _refuse("pack", f"changed near byte {at + where}", "the canonical form")
        at += len(piece)
    if at != len(data):
        _refuse("pack", f"{len(data) - at} bytes more", "the canonical form")


def _read_manifest(data: bytes | None) -> _Manifest:
    if data is None:
        _refuse("pack", "without a manifest", "a zip that parley log export made")
    try:
        manifest = msgspec.json.decode(data, type=_Manifest)
    except (msgspec.MsgspecError, ValueError, RecursionError) as fault:
        if b'"' + FORMAT_BEFORE.encode() + b'"' in data[:100]:
            _refuse("pack format", FORMAT_BEFORE, FORMAT, "export the record again")
        _refuse("pack manifest", str(fault), FORMAT)
    if manifest.format != FORMAT:
        _refuse("pack format", manifest.format, FORMAT, "verify it with the release it is for")
    if len({log.origin for log in manifest.logs}) != len(manifest.logs):
        _refuse("pack manifest", "a log twice", "every log once")
    if len(manifest.logs) > PACK_LOGS_MAX or len(manifest.statements) > STATEMENTS_MAX:
        wanted = f"at most {PACK_LOGS_MAX} logs and {STATEMENTS_MAX} statements"
        _refuse("pack manifest", f"{len(manifest.logs)}, {len(manifest.statements)}", wanted)
    return manifest


def _read_log(members: Mapping[str, bytes], number: int, listed: _ListedLog) -> PackLog:
    folder = f"logs/{number}"
    _check_listed(listed)
    return PackLog(
        origin=listed.origin,
        keys=listed.keys,
        policy=_take(members, f"{folder}/policy"),
        heads=tuple(
            PackHead(size=size, note=_take(members, f"{folder}/head.{size}"))
            for size in listed.heads
        ),
        consistency={
            (old, new): _take(members, f"{folder}/consistency.{old}-{new}")
            for old, new in listed.consistency
        },
        ranges=tuple(_read_range(members, folder, one) for one in listed.ranges),
        proofs={index: _take(members, f"{folder}/proof.{index}") for index in listed.proofs},
        openings=_read_openings(members, folder, listed),
        receipts=_read_receipts(members, folder, listed),
    )


def _check_listed(listed: _ListedLog) -> None:
    """Check that what the manifest lists is in order, each thing once."""
    what = f"log {listed.origin}"
    _check_ascending(f"{what} keys", [key.from_size for key in listed.keys])
    _check_ascending(f"{what} heads", listed.heads)
    _check_ascending(f"{what} proofs", listed.proofs)
    _check_ascending(f"{what} consistency proofs", [old for old, _ in listed.consistency])
    if not listed.keys or listed.keys[0].from_size != 0:
        _refuse(f"{what} keys", wanted="one from size 0 on")
    if not listed.heads:
        _refuse(f"{what} heads", "none", "at least one signed head")
    reached = 0
    for one in listed.ranges:
        whole = one.head in listed.heads and 0 <= one.start <= one.end <= one.head
        empty = one.start == one.end and (one.head, len(listed.ranges)) != (0, 1)
        if not whole or empty or one.start < reached:
            _refuse(f"{what} range {one.start} to {one.end}", wanted="ranges in order under heads")
        reached = one.end


def _check_ascending(what: str, numbers: Sequence[int]) -> None:
    if any(not 0 <= number <= SIZE_MAX for number in numbers) or any(
        after <= before for before, after in itertools.pairwise(numbers)
    ):
        _refuse(what, wanted="ascending, each once")


def _read_range(members: Mapping[str, bytes], folder: str, one: _ListedRange) -> PackRange:
    place = f"{one.start}-{one.end}"
    return PackRange(
        start=one.start,
        end=one.end,
        head=one.head,
        bundle=_take(members, f"{folder}/entries.{place}"),
        leaves=_take(members, f"{folder}/leaves.{place}"),
        proof=members.get(f"{folder}/range.{place}", b""),
    )


def _take(members: Mapping[str, bytes], name: str) -> bytes:
    found = members.get(name)
    if found is None:
        _refuse("pack", f"without {name}", "every member of its manifest")
    return found


def _read_openings(
    members: Mapping[str, bytes], folder: str, listed: _ListedLog
) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    what = f"log {listed.origin} openings"
    reader = _Reader(what, members.get(f"{folder}/openings", b""))
    last = -1
    while reader.more:
        index = reader.number(_INDEX)
        if index <= last:
            _refuse(what, f"index {index} after {last}", "ascending indices")
        found[index] = reader.take(reader.number(_LONG))
        last = index
    if len(found) != listed.openings:
        _refuse(what, len(found), f"{listed.openings}, as the manifest has it")
    return found


def _read_receipts(
    members: Mapping[str, bytes], folder: str, listed: _ListedLog
) -> tuple[PackReceipt, ...]:
    found: list[PackReceipt] = []
    what = f"log {listed.origin} receipts"
    reader = _Reader(what, members.get(f"{folder}/receipts", b""))
    while reader.more:
        index = reader.number(_INDEX)
        try:
            peer = reader.take(reader.number(_LENGTH)).decode()
        except UnicodeDecodeError:
            _refuse(what, f"of entry {index}", "a peer's name in UTF-8")
        at_us = reader.number(_TIME)
        signature = reader.take(SIGNATURE_BYTES)
        if found and (index, peer) <= (found[-1].index, found[-1].peer):
            _refuse(what, f"index {index}", "ascending indices and peers")
        found.append(PackReceipt(index=index, peer=peer, at_us=at_us, signature=signature))
    if len(found) != listed.receipts:
        _refuse(what, len(found), f"{listed.receipts}, as the manifest has it")
    return tuple(found)


class _Reader:
    """Takes numbers and bytes off the front of a member."""

    def __init__(self, what: str, data: bytes) -> None:
        self._what, self._data, self._at = what, data, 0

    @property
    def more(self) -> bool:
        return self._at < len(self._data)

    def number(self, form: struct.Struct) -> int:
        (value,) = form.unpack(self.take(form.size))
        return int(value)

    def take(self, count: int) -> bytes:
        start, self._at = self._at, self._at + count
        if self._at > len(self._data):
            _refuse(self._what, f"cut off at byte {start}", "whole records")
        return self._data[start : self._at]


def split_hashes(data: bytes) -> list[bytes]:
    """Return the whole hashes of a member; a rest that is too short is none."""
    whole = len(data) - len(data) % HASH_BYTES
    return [data[at : at + HASH_BYTES] for at in range(0, whole, HASH_BYTES)]
