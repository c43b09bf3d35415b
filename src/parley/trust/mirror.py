"""Entries on their way to a mirror: C2SP tlog-mirror, `add-entries`, both ends, without I/O.

An upload [start, end) goes in packages that end at multiples of 256, each with the proof that its
entries stand under the head of `end` entries. Wherever the line breaks, what was authenticated is
kept and the upload goes on from there. A mirror takes packages only under a head that its witness
half has accepted, keeps them durably, and cosigns only when it has them all.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

import msgspec

from parley.trust.checkpoint import Checkpoint
from parley.trust.note import decode_base64
from parley.trust.tiles import ENTRY_LENGTH_MAX, TILE_HASHES, bundle
from parley.trust.tree import (
    HASH_BYTES,
    SIZE_MAX,
    Tree,
    leaf_hashes,
    root_of,
    verify_subtree_consistency,
)
from parley.world.faults import OurFault, PeerFault

PACKAGE_ENTRIES = TILE_HASHES
"""Packages are cut at multiples of this, like bundles."""
REQUEST_PACKAGES_MAX = 32
"""What one request should carry (C2SP): 8,192 entries; the rest goes in the next."""
INFO_TYPE = "text/x.tlog.mirror-info"
"""The media type of an answer that says where to go on."""
UPLOAD_TYPE = "application/octet-stream"
TEXT_TYPE = "text/plain; charset=utf-8"
_HASHES_MAX = 63
_BACK_ENTRIES_MAX = REQUEST_PACKAGES_MAX * PACKAGE_ENTRIES
"""How far below the next entry an upload may begin: one request sent twice."""
_LENGTH = 2
_INDEX = 8
_INFO_BYTES_MAX = 100_000
_DIGITS_MAX = 19


class Upload(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The head of a request: what it is going to send.

    Attributes:
        origin: the log.
        start: the first entry to come; the packages are those of [start, end).
        end: the size of the head under which they are proven.
        ticket: what the mirror gave to remember that head by, if anything.
    """

    origin: str
    start: int
    end: int
    ticket: bytes = b""


class MirrorInfo(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a mirror stands: a head it accepts as the end, the next entry it wants, a ticket."""

    size: int
    next_entry: int
    ticket: bytes = b""


class UploadDecision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a mirror answers.

    Attributes:
        status: the HTTP status; 100 means: read on, packages are welcome.
        body: the answer's body; for 200 it is empty here, the mirror's cosignatures come there.
        media_type: of that body.
        checkpoint: for 100 the head under which the packages are proven.
    """

    status: Literal[100, 200, 202, 400, 404, 409, 422]
    body: bytes = b""
    media_type: str = TEXT_TYPE
    checkpoint: Checkpoint | None = None


class Span(NamedTuple):
    """A package's place: the entries [start, end), in the subtree [subtree, end)."""

    subtree: int
    start: int
    end: int


class Package(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Entries that are proven to stand in the log from index `start` on, and their leaf hashes."""

    start: int
    entries: tuple[bytes, ...]
    leaves: tuple[bytes, ...]

    @property
    def end(self) -> int:
        """The index behind the last of them."""
        return self.start + len(self.entries)


def spans(start: int, end: int) -> Iterator[Span]:
    """Yield the canonical sequence of packages of an upload [start, end).

    >>> [tuple(span) for span in spans(300, 600)]
    [(256, 300, 512), (512, 512, 600)]
    """
    while start < end:
        subtree = start - start % PACKAGE_ENTRIES
        stop = min(end, subtree + PACKAGE_ENTRIES)
        yield Span(subtree, start, stop)
        start = stop


# ---- the client ---------------------------------------------------------------------------------


def upload_head(upload: Upload) -> bytes:
    """Return the bytes with which a request begins.

    Raises:
        OurFault: they do not fit the form.
    """
    origin = upload.origin.encode()
    if not 1 <= len(origin) <= ENTRY_LENGTH_MAX or len(upload.ticket) > ENTRY_LENGTH_MAX:
        raise OurFault("upload", value=upload.origin, wanted="an origin and ticket that fit")
    if not 0 <= upload.start <= upload.end <= SIZE_MAX:
        raise OurFault("upload", value=f"[{upload.start}, {upload.end})", wanted="a range")
    return b"".join(
        (
            len(origin).to_bytes(_LENGTH, "big"),
            origin,
            upload.start.to_bytes(_INDEX, "big"),
            upload.end.to_bytes(_INDEX, "big"),
            len(upload.ticket).to_bytes(_LENGTH, "big"),
            upload.ticket,
        )
    )


def upload_parts(
    tree: Tree,
    entries: Callable[[int, int], Sequence[bytes]],
    upload: Upload,
    packages_max: int = REQUEST_PACKAGES_MAX,
) -> Iterator[bytes]:
    """Yield the body of a request, part by part: its head, then the first packages.

    Args:
        tree: the log's tree, of at least `upload.end` entries.
        entries: gives the entries [start, end).
        upload: what to send.
        packages_max: how many packages at most; the mirror then asks for the rest.

    Raises:
        OurFault: the tree is too small, or the entries are not as many.
    """
    yield upload_head(upload)
    for number, span in enumerate(spans(upload.start, upload.end)):
        if number == packages_max:
            return
        proof = tree.subtree_consistency_proof(span.subtree, span.end, upload.end)
        found = entries(span.start, span.end)
        if len(found) != span.end - span.start:
            wanted = f"[{span.start}, {span.end})"
            raise OurFault("entries to upload", value=len(found), wanted=wanted)
        yield b"".join((bundle(found), bytes((len(proof),)), *proof))


# ---- the mirror ---------------------------------------------------------------------------------


def decide_upload(
    upload: Upload, heads: Mapping[int, Checkpoint] | None, held: int, next_entry: int
) -> UploadDecision:
    """Return whether packages of the upload are welcome, and under which head.

    Args:
        upload: the head of the request.
        heads: the heads of that log that were accepted and may still be an end, by size; None
            where the log is not known.
        held: the size of the head that the mirror has cosigned, 0 for none.
        next_entry: the first entry that it does not hold yet.

    Returns:
        100 with the head, or 404, or 409 with where to go on.
    """
    if heads is None:
        return UploadDecision(status=404, body=b"unknown log\n")
    head = heads.get(upload.end)
    near = next_entry - _BACK_ENTRIES_MAX <= upload.start <= next_entry
    if head is None or upload.end < held or not near:
        size = upload.end if head is not None and upload.end >= held else max(heads, default=0)
        return _info(409, MirrorInfo(size=size, next_entry=next_entry))
    return UploadDecision(status=100, checkpoint=head)


def decide_end(upload: Upload, saved: int, held: int, next_entry: int) -> UploadDecision:
    """Return the answer once the body has ended, or broken off; `next_entry` as it is by then.

    A package that was refused is answered with 422 instead, and what came before it stays.

    Args:
        upload: the head of the request.
        saved: how many packages of this request were authenticated, and are stored.
        held: the size of the head that the mirror has cosigned by now.
        next_entry: the first entry that it does not hold.

    Returns:
        200: it holds all up to `upload.end`: cosign that head; 202: some, go on; 400: nothing;
        409: another upload was faster and went further.
    """
    if next_entry < upload.end:
        if not saved:
            return UploadDecision(status=400, body=b"no whole package\n")
        return _info(202, MirrorInfo(size=upload.end, next_entry=next_entry, ticket=upload.ticket))
    if upload.end < held:
        return _info(409, MirrorInfo(size=held, next_entry=next_entry))
    return UploadDecision(status=200)


def _info(status: Literal[202, 409], info: MirrorInfo) -> UploadDecision:
    return UploadDecision(status=status, body=make_mirror_info(info), media_type=INFO_TYPE)


def make_mirror_info(info: MirrorInfo) -> bytes:
    r"""Return the body of an answer 202 or 409.

    >>> make_mirror_info(MirrorInfo(size=600, next_entry=512))
    b'600\n512\n\n'
    """
    ticket = base64.b64encode(info.ticket).decode("ascii")
    return f"{info.size}\n{info.next_entry}\n{ticket}\n".encode()


def parse_mirror_info(body: bytes) -> MirrorInfo:
    """Return where a mirror stands, of the body of its answer 202 or 409.

    Raises:
        PeerFault: another form.
    """
    try:
        lines = body[:_INFO_BYTES_MAX].decode("ascii").split("\n")
    except UnicodeDecodeError:
        lines = []
    if len(lines) != 4 or lines[3] or len(body) > _INFO_BYTES_MAX:
        raise PeerFault("mirror info", value=body[:64], wanted="three lines")
    ticket = decode_base64("mirror info ticket", lines[2])
    if len(ticket) > ENTRY_LENGTH_MAX:
        raise PeerFault("mirror info ticket", wanted=f"at most {ENTRY_LENGTH_MAX} bytes")
    return MirrorInfo(size=_decimal(lines[0]), next_entry=_decimal(lines[1]), ticket=ticket)


def _decimal(text: str) -> int:
    if not (text.isdigit() and len(text) <= _DIGITS_MAX and str(int(text)) == text):
        raise PeerFault("mirror info", value=text, wanted="a decimal without leading zeros")
    if int(text) > SIZE_MAX:
        raise PeerFault("mirror info", value=text, wanted=f"at most {SIZE_MAX}")
    return int(text)


class UploadReader:
    """Reads the body of a request as it comes, and gives out each package once it is proven.

    Feed bytes until `upload` is there; ask `decide_upload`; `begin` under the head; then feed and
    take `packages` until the body ends. It keeps at most one package (16.8 MB) and what was fed.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._upload: Upload | None = None
        self._head: Checkpoint | None = None
        self._spans: Iterator[Span] = iter(())
        self._span: Span | None = None
        self._before: tuple[bytes, ...] = ()
        self._entries: list[bytes] = []
        self._refused: PeerFault | None = None

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the body; whatever comes after the last package is dropped."""
        if self._refused is None and not self.done:
            self._buffer += data

    @property
    def upload(self) -> Upload | None:
        """The head of the request, None until all of it is there.

        Raises:
            PeerFault: it has another form: answer 400.
        """
        if self._upload is None:
            self._upload = self._read_upload()
        return self._upload

    @property
    def done(self) -> bool:
        """Whether every package of the upload was given out."""
        return self._head is not None and self._span is None

    def _read_upload(self) -> Upload | None:
        origin_end = _LENGTH + int.from_bytes(self._buffer[:_LENGTH], "big")
        start_end = origin_end + _INDEX
        end_end = start_end + _INDEX
        ticket_at = end_end + _LENGTH
        if len(self._buffer) < ticket_at:
            return None
        start = int.from_bytes(self._buffer[origin_end:start_end], "big")
        end = int.from_bytes(self._buffer[start_end:end_end], "big")
        stop = ticket_at + int.from_bytes(self._buffer[end_end:ticket_at], "big")
        if not start <= end <= SIZE_MAX:
            raise PeerFault("add-entries", value=f"[{start}, {end})", wanted="a range")
        if len(self._buffer) < stop:
            return None
        try:
            origin = self._buffer[_LENGTH:origin_end].decode("utf-8")
        except UnicodeDecodeError:
            origin = ""
        if not origin or not origin.isprintable():
            raise PeerFault("add-entries", value=origin, wanted="an origin in one line of UTF-8")
        ticket = bytes(self._buffer[ticket_at:stop])
        del self._buffer[:stop]
        return Upload(origin=origin, start=start, end=end, ticket=ticket)

    def begin(self, head: Checkpoint, before: Sequence[bytes]) -> None:
        """Start on the packages.

        Args:
            head: the accepted head of `upload.end` entries.
            before: the leaf hashes, from our own copy, of the entries below `upload.start` that
                share its package: from the multiple of 256 on.

        Raises:
            OurFault: the upload is not read yet, or head or hashes are not those.
        """
        upload = self._upload
        if upload is None or self._head is not None:
            raise OurFault("upload", wanted="its head read, and not begun")
        if (head.origin, head.size) != (upload.origin, upload.end):
            raise OurFault("head of the upload", value=head.size, wanted=f"of {upload.end} entries")
        if len(before) != upload.start % PACKAGE_ENTRIES and upload.start < upload.end:
            wanted = f"{upload.start % PACKAGE_ENTRIES} leaf hashes"
            raise OurFault("leaves before the upload", value=len(before), wanted=wanted)
        self._head, self._before = head, tuple(before)
        self._spans = spans(upload.start, upload.end)
        self._span = next(self._spans, None)

    def packages(self) -> Iterator[Package]:
        """Yield the packages that are there and proven; call it again after more bytes.

        Raises:
            PeerFault: a package is not of this log: answer 422, keep those before it.
        """
        if self._refused is not None:
            raise self._refused
        while self._span is not None and self._head is not None:
            package = self._read_package(self._span, self._head)
            if package is None:
                return
            self._span, self._before = next(self._spans, None), ()
            if self._span is None:
                self._buffer.clear()
            yield package

    def _read_package(self, span: Span, head: Checkpoint) -> Package | None:
        """Return the next package, proven; None while bytes of it are missing."""
        if not self._read_entries(span.end - span.start) or not self._buffer:
            return None
        count = self._buffer[0]
        if count > _HASHES_MAX:
            raise self._refuse(
                span, PeerFault("proof", value=count, wanted=f"{_HASHES_MAX} hashes")
            )
        stop = 1 + count * HASH_BYTES
        if len(self._buffer) < stop:
            return None
        data = bytes(self._buffer[1:stop])
        proof = [data[first : first + HASH_BYTES] for first in range(0, len(data), HASH_BYTES)]
        entries, self._entries = tuple(self._entries), []
        del self._buffer[:stop]
        leaves = tuple(leaf_hashes(entries))
        subtree = root_of((*self._before, *leaves))
        try:
            verify_subtree_consistency(span.subtree, span.end, head.size, proof, subtree, head.root)
        except PeerFault as fault:
            raise self._refuse(span, fault) from None
        return Package(start=span.start, entries=entries, leaves=leaves)

    def _read_entries(self, wanted: int) -> bool:
        """Take whole entries off the buffer, and return whether there are as many as wanted."""
        at = 0
        while len(self._entries) < wanted:
            first = at + _LENGTH
            stop = first + int.from_bytes(self._buffer[at:first], "big")
            if len(self._buffer) < max(first, stop):
                break
            self._entries.append(bytes(self._buffer[first:stop]))
            at = stop
        del self._buffer[:at]
        return len(self._entries) == wanted

    def _refuse(self, span: Span, fault: PeerFault) -> PeerFault:
        what = f"package of entries [{span.start}, {span.end}): {fault.what}"
        self._refused = PeerFault(what, value=fault.value, wanted=fault.wanted)
        self._buffer.clear()
        return self._refused
