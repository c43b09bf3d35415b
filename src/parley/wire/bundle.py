r"""A bundle: what one party has for another, as one file (`.parley-bundle`). Bytes, no files.

A bundle is a recorded one-way session of the peer protocol, in blocks::

    parley-bundle/1\n
    block*         length (4 bytes, big-endian), CRC-32 (4 bytes), so many bytes

The first block is the header (JSON), then come as many parts as it says (frames of `wire/peer`, one
in each), then the end: the SHA-256 of all that is before it, and the proof of identity that a link
would carry. The proof is made over a nonce that names this hash, and that no link can ask for
(docs/decisions/016-file-bearer.md).

Contract: any bytes give a bundle or a `PeerFault` that says at which part they are wrong. Damage is
found here; who wrote it, and whether its entries are what was signed, is found by the node.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Sequence

import msgspec

from parley.node.frames import Ahead, Frame, Hello, Prove, Push, Receipt, Received
from parley.world.faults import InputFault, PeerFault
from parley.world.time import US_MAX, US_MIN

SUFFIX = ".parley-bundle"
MAGIC = b"parley-bundle/1\n"
BUNDLE_BYTES_MAX = 67_108_864
"""One file: 100,000 messages; a stick or a mail server takes it, and so does the memory here."""
PARTS_MAX = 100_000
HEADER_BYTES_MAX = 262_144
"""Digests of the texts of a hundred agreements, and the sizes of 2,000 logs."""
END_BYTES_MAX = 16_384
BLOCK_OVERHEAD_BYTES = 8
_COUNT_MAX = 2**53
_AGAIN = "it was damaged on its way: carry it again, or ask its sender to make it again"
BundleFrame = Push | Ahead | Receipt | Received
"""What travels by file; who is there at the moment, and what is asked for, does not."""


class Range(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a sender has of the receiver's receipts for a log of its own: below both it has all.

    Attributes:
        cosigned: the size of the largest head of it that the receiver cosigned.
        entries: the index after the newest entry with a receipt of its own.
    """

    cosigned: int = 0
    entries: int = 0


class Named(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A bundle, as the next one and its receiver name it."""

    id: str
    number: int
    made_us: int


class BundleHeader(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From whom to whom, and what the sender knows of both ends.

    Attributes:
        party: who made it; `peer`: for whom.
        name: its random id, its number among those of this sender for this receiver, when made.
        after: the bundle that it goes on from, if it does not begin where the receiver stood.
        taken: the newest bundle of the receiver that the sender has taken.
        seal: the sender's public seal key (base64); left out once the receiver is known to have it.
        seal_known: the digest of the receiver's seal key that the sender has.
        agreements: SHA-256 of the texts of the agreements that they share, by id.
        holds: sizes of the receiver's logs that the sender holds.
        receipted: by log of the sender, which receipts of the receiver it has.
        parts: how many follow.
        left: entries for the receiver that found no room in it.
    """

    party: str
    peer: str
    name: Named
    after: Named | None = None
    taken: Named | None = None
    seal: str = ""
    seal_known: str = ""
    agreements: dict[str, str] = {}
    holds: dict[str, int] = {}
    receipted: dict[str, Range] = {}
    parts: int = 0
    left: int = 0


class _End(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    sha256: str
    signature: str
    box: str = ""


class Bundle(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle that is whole and undamaged; nobody has looked yet at who made it.

    Attributes:
        header: as it stands there.
        frames: the parts, in order.
        nonce: what the proof must be made over.
        prove: the proof of identity, with the box of the session key.
    """

    header: BundleHeader
    frames: tuple[BundleFrame, ...]
    nonce: str
    prove: Prove

    def hello(self, seal: str) -> Hello:
        """Return the greeting that a link would have begun with.

        Args:
            seal: the sender's public seal key (base64), where the bundle leaves it out.
        """
        return Hello(
            party=self.header.party,
            peer=self.header.peer,
            nonce=self.header.name.id,
            seal=self.header.seal or seal,
            agreements=self.header.agreements,
        )


# ---- out ----------------------------------------------------------------------------------------


def encode_part(frame: bytes) -> bytes:
    """Return the bytes of a frame as they stand in a bundle."""
    return _block(frame)


def encode_bundle(header: BundleHeader, parts: Sequence[bytes]) -> bytes:
    """Return a bundle without its end, which is signed over it.

    Args:
        header: `parts` in it is set here.
        parts: from `encode_part`.

    Raises:
        InputFault: more parts than a bundle may have, or a header that is too long.
    """
    if len(parts) > PARTS_MAX:
        raise InputFault("bundle parts", value=len(parts), wanted=f"{PARTS_MAX} at most")
    head = msgspec.json.encode(msgspec.structs.replace(header, parts=len(parts)))
    if len(head) > HEADER_BYTES_MAX:
        raise InputFault("bundle header", value=len(head), wanted=f"{HEADER_BYTES_MAX} at most")
    return b"".join((MAGIC, _block(head), *parts))


def bundle_nonce(body: bytes) -> str:
    """Return what the end of a bundle proves its maker's identity over.

    No link can ask for a proof over it: a nonce from a greeting has letters and digits only.
    """
    return f"bundle/1:{hashlib.sha256(body).hexdigest()}"


def end_bundle(body: bytes, prove: Prove) -> bytes:
    """Return a whole bundle.

    Args:
        body: from `encode_bundle`.
        prove: made over `bundle_nonce`.
    """
    end = _End(sha256=hashlib.sha256(body).hexdigest(), signature=prove.signature, box=prove.box)
    return body + _block(msgspec.json.encode(end))


def _block(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + zlib.crc32(data).to_bytes(4, "big") + data


# ---- in -----------------------------------------------------------------------------------------


class _Blocks:
    """The blocks of a file, one after the other, each named in what is said against it."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = len(MAGIC)

    def next(self, what: str, most: int) -> bytes:
        """Return the next block.

        Raises:
            PeerFault: cut off, too long, or not the bytes that were written.
        """
        head = self._data[self.at : self.at + BLOCK_OVERHEAD_BYTES]
        length, crc = int.from_bytes(head[:4], "big"), int.from_bytes(head[4:], "big")
        begins = self.at + BLOCK_OVERHEAD_BYTES
        what = f"bundle {what} at byte {self.at}"
        if len(head) == BLOCK_OVERHEAD_BYTES and length > most:
            raise PeerFault(what, value=f"{length} bytes", wanted=f"{most} at most", repair=_AGAIN)
        body = self._data[begins : begins + length]
        if len(head) < BLOCK_OVERHEAD_BYTES or len(body) < length:
            value = f"cut off: the file ends at byte {len(self._data)}"
            raise PeerFault(what, value=value, wanted="all of it", repair=_AGAIN)
        if zlib.crc32(body) != crc:
            value = "not the bytes that were written"
            raise PeerFault(what, value=value, wanted="its check sum", repair=_AGAIN)
        self.at = begins + length
        return body


def decode_bundle(data: bytes, read: Callable[[bytes], list[Frame]]) -> Bundle:
    """Return the bundle that these bytes are.

    Args:
        data: the file.
        read: gives the frames in the bytes of a part, as `wire/peer` does; one format knows no
            other.

    Raises:
        PeerFault: they are none, or not all of one, or were changed; it says where.
    """
    if len(data) > BUNDLE_BYTES_MAX:
        raise PeerFault("bundle", value=f"{len(data)} bytes", wanted=f"{BUNDLE_BYTES_MAX} at most")
    if data[: len(MAGIC)] != MAGIC:
        begins = data[: len(MAGIC)].decode("utf-8", "backslashreplace")
        wanted = f"a first line {MAGIC.decode().strip()}"
        repair = "give the file that parley bundle make wrote, as it was"
        raise PeerFault("bundle", value=begins, wanted=wanted, repair=repair)
    blocks = _Blocks(data)
    header = _header(blocks.next("header", HEADER_BYTES_MAX))
    frames = []
    for number in range(1, header.parts + 1):
        what = f"part {number} of {header.parts}"
        at = blocks.at
        frames.append(_frame(blocks.next(what, len(data)), f"bundle {what} at byte {at}", read))
    body = data[: blocks.at]
    end = _end(blocks.next("end", END_BYTES_MAX))
    if blocks.at != len(data):
        value = f"{len(data) - blocks.at} bytes behind its end"
        raise PeerFault("bundle", value=value, wanted="none", repair=_AGAIN)
    if end.sha256 != hashlib.sha256(body).hexdigest():
        wanted = "what its end says was written"
        raise PeerFault("bundle SHA-256", value=end.sha256, wanted=wanted, repair=_AGAIN)
    prove = Prove(signature=end.signature, box=end.box)
    return Bundle(header=header, frames=tuple(frames), nonce=bundle_nonce(body), prove=prove)


def _header(data: bytes) -> BundleHeader:
    try:
        header = msgspec.json.decode(data, type=BundleHeader)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise PeerFault("bundle header", value=str(error), wanted="one of this release") from None
    for named in (header.name, header.after, header.taken):
        if named is not None:
            _check_named(named)
    counts = [header.left, *header.holds.values()]
    counts += [size for one in header.receipted.values() for size in (one.cosigned, one.entries)]
    if not all(0 <= count <= _COUNT_MAX for count in counts):
        wanted = f"sizes of 0 to {_COUNT_MAX}"
        raise PeerFault("bundle header", value="a size beyond any log", wanted=wanted)
    if not 0 <= header.parts <= PARTS_MAX:
        raise PeerFault("bundle parts", value=header.parts, wanted=f"0..{PARTS_MAX}")
    return header


def _check_named(named: Named) -> None:
    if not 32 <= len(named.id) <= 64 or not named.id.isascii() or not named.id.isalnum():
        raise PeerFault("bundle id", value=named.id, wanted="32 to 64 letters and digits")
    if not 0 < named.number <= _COUNT_MAX:
        raise PeerFault("bundle number", value=named.number, wanted=f"1..{_COUNT_MAX}")
    if not US_MIN <= named.made_us <= US_MAX:
        raise PeerFault("bundle made_us", value=named.made_us, wanted="1900 to 2100")


def _end(data: bytes) -> _End:
    try:
        return msgspec.json.decode(data, type=_End)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise PeerFault("bundle end", value=str(error), wanted="one of this release") from None


def _frame(data: bytes, what: str, read: Callable[[bytes], list[Frame]]) -> BundleFrame:
    try:
        found = read(data)
    except PeerFault as fault:
        raise PeerFault(f"{what}: {fault.what}", value=fault.value, wanted=fault.wanted) from None
    if len(found) != 1:
        raise PeerFault(what, value=f"{len(found)} frames", wanted="one, whole")
    frame = found[0]
    if not isinstance(frame, BundleFrame):
        wanted = "entries or receipts: nothing else goes by file"
        raise PeerFault(what, value=type(frame).__name__, wanted=wanted)
    return frame
