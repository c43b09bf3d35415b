r"""The peer protocol: frames to bytes and back, h11 style. No sockets.

One frame on the wire is::

    total length   4 bytes, big-endian, of what follows
    header length  4 bytes, big-endian
    header         JSON object, tagged by "type"
    payload        for a push: each entry as 2 bytes of length and its exact bytes (C2SP bundle),
                   then the encrypted openings, as many bytes as the header says
                   for an entry ahead: the proof's hashes, the entry, its encrypted opening
                   for a piece: some bytes of a longer frame, without its total length

A long frame can go in pieces, so that a frame of a higher class goes between two of them. Both are
sent only to a node that is known to read them (`node/rules/ahead`).

Contract: any bytes give a frame, a wait for more, or `PeerFault`; never anything else.
"""

from __future__ import annotations

import msgspec

from parley.node.frames import (
    Ahead,
    Frame,
    Head,
    Heads,
    Hello,
    Prove,
    Push,
    Receipt,
    Received,
    Refuse,
    Want,
    Witnessed,
)
from parley.world.faults import InputFault, PeerFault
from parley.world.limits import BATCH_ENTRIES_MAX, ENTRY_BYTES_MAX, FRAME_BYTES_MAX

GREETING_BYTES_MAX = 65_536
"""A hello with the texts of a hundred agreements; a frame before the proof is never longer."""
PROOF_HASHES_MAX = 64
"""A consistency proof of the largest log has fewer."""
PIECE_LANES = 2
"""Frames under way in pieces at once: one of the lines, one of all else."""
_HASH_BYTES = 32
_LENGTH_BYTES = 4
_ENTRY_LENGTH_BYTES = 2


class _PushHeader(
    msgspec.Struct, frozen=True, kw_only=True, tag="push", forbid_unknown_fields=True
):
    origin: str
    first: int
    checkpoint: str
    count: int
    proof: tuple[str, ...] = ()
    counter: int = 0
    box_bytes: int = 0


class _AheadHeader(
    msgspec.Struct, frozen=True, kw_only=True, tag="ahead", forbid_unknown_fields=True
):
    origin: str
    index: int
    checkpoint: str
    hashes: int
    entry_bytes: int
    box_bytes: int = 0
    counter: int = 0


class _Piece(msgspec.Struct, frozen=True, kw_only=True, tag="piece", forbid_unknown_fields=True):
    lane: int
    last: bool = False


_Header = (
    Hello | Prove | Heads | _PushHeader | _AheadHeader | _Piece | Receipt | Refuse | Want | Head
    | Witnessed | Received
)  # fmt: skip
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(_Header)


def encode_frame(frame: Frame) -> bytes:
    """Return the bytes of a frame.

    Raises:
        InputFault: longer than a frame may be.
    """
    payload = b""
    header: object = frame
    if isinstance(frame, Push):
        header = _PushHeader(
            origin=frame.origin,
            first=frame.first,
            checkpoint=frame.checkpoint,
            count=len(frame.entries),
            proof=frame.proof,
            counter=frame.counter,
            box_bytes=len(frame.box),
        )
        payload = b"".join(
            len(data).to_bytes(_ENTRY_LENGTH_BYTES, "big") + data for data in frame.entries
        )
        payload += frame.box
    elif isinstance(frame, Ahead):
        header = _AheadHeader(
            origin=frame.origin,
            index=frame.index,
            checkpoint=frame.checkpoint,
            hashes=len(frame.proof),
            entry_bytes=len(frame.entry),
            box_bytes=len(frame.box),
            counter=frame.counter,
        )
        payload = b"".join(frame.proof) + frame.entry + frame.box
    return _framed(header, payload)


def _framed(header: object, payload: bytes | memoryview) -> bytes:
    head = _encoder.encode(header)
    total = _LENGTH_BYTES + len(head) + len(payload)
    if total > FRAME_BYTES_MAX:
        raise InputFault("frame bytes", value=total, wanted=f"{FRAME_BYTES_MAX} at most")
    return b"".join(
        (
            total.to_bytes(_LENGTH_BYTES, "big"),
            len(head).to_bytes(_LENGTH_BYTES, "big"),
            head,
            payload,
        )
    )


class Pieces:
    """One frame's bytes, to be sent a piece at a time.

    Args:
        data: the bytes of `encode_frame`.
        lane: which of the frames under way in pieces it is, below `PIECE_LANES`.
    """

    def __init__(self, data: bytes, lane: int) -> None:
        self._rest = memoryview(data)[_LENGTH_BYTES:]
        self._lane = lane

    @property
    def done(self) -> bool:
        """Whether the last piece was given."""
        return not self._rest

    def next(self, size: int) -> bytes:
        """Return the bytes of the next piece, which has at most `size` of the frame's own."""
        part, self._rest = self._rest[:size], self._rest[size:]
        return _framed(_Piece(lane=self._lane, last=not self._rest), part)


class FrameReader:
    """Bytes in, frames out; keeps what is not yet whole.

    Attributes:
        limit_bytes: the longest frame taken. Nobody who has not proved who it is needs more than
            `GREETING_BYTES_MAX`; without that every stranger could make a node keep 16 MB.
    """

    def __init__(self, limit_bytes: int = FRAME_BYTES_MAX) -> None:
        self.limit_bytes = limit_bytes
        self._buffer = bytearray()
        self._parts: dict[int, bytearray] = {}

    def receive(self, data: bytes) -> list[Frame]:
        """Return the frames that these bytes complete, in order.

        Raises:
            PeerFault: a length over the limit, or bytes that are no frame; the link is of no use.
                A frame that came in pieces is given when its last is there.
        """
        self._buffer += data
        frames: list[Frame] = []
        while len(self._buffer) >= _LENGTH_BYTES:
            total = int.from_bytes(self._buffer[:_LENGTH_BYTES], "big")
            if not _LENGTH_BYTES <= total <= self.limit_bytes:
                raise PeerFault(
                    "frame length", value=total, wanted=f"{_LENGTH_BYTES}..{self.limit_bytes}"
                )
            if len(self._buffer) < _LENGTH_BYTES + total:
                break
            body = bytes(self._buffer[_LENGTH_BYTES : _LENGTH_BYTES + total])
            del self._buffer[: _LENGTH_BYTES + total]
            header, payload = _opened(body)
            if isinstance(header, _Piece):
                whole = self._joined(header, payload)
                if whole is None:
                    continue
                header, payload = _opened(whole)
            frames.append(_frame(header, payload))
        return frames

    def _joined(self, piece: _Piece, payload: bytes) -> bytes | None:
        """Return the body of the frame of which the last piece has come, else None."""
        if not 0 <= piece.lane < PIECE_LANES or not payload:
            raise PeerFault("frame piece", value=piece.lane, wanted="bytes of a frame under way")
        part = self._parts.setdefault(piece.lane, bytearray())
        part += payload
        if len(part) > self.limit_bytes:
            raise PeerFault("frame length", value=len(part), wanted=f"{self.limit_bytes} at most")
        return bytes(self._parts.pop(piece.lane)) if piece.last else None


def _opened(body: bytes) -> tuple[_Header, bytes]:
    length = int.from_bytes(body[:_LENGTH_BYTES], "big")
    head, payload = body[_LENGTH_BYTES : _LENGTH_BYTES + length], body[_LENGTH_BYTES + length :]
    if len(head) < length:
        raise PeerFault("frame header length", value=length, wanted=f"{len(head)} at most")
    try:
        header: _Header = _decoder.decode(head)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise PeerFault("frame header", value=str(error), wanted="a known frame") from None
    return header, payload


def _frame(header: _Header, payload: bytes) -> Frame:
    if isinstance(header, _Piece):
        raise PeerFault("frame piece", value="of a piece", wanted="of a frame")
    if isinstance(header, _AheadHeader):
        return _ahead(header, payload)
    if isinstance(header, _PushHeader):
        return Push(
            origin=header.origin,
            first=header.first,
            checkpoint=header.checkpoint,
            proof=header.proof,
            counter=_counter(header.counter),
            entries=_entries(payload[: len(payload) - _box_bytes(header, payload)], header.count),
            box=payload[len(payload) - header.box_bytes :],
        )
    if payload:
        raise PeerFault("frame payload", value=f"{len(payload)} bytes", wanted="none")
    return header


def _ahead(header: _AheadHeader, payload: bytes) -> Ahead:
    if not 0 <= header.hashes <= PROOF_HASHES_MAX:
        raise PeerFault("ahead proof", value=header.hashes, wanted=f"0..{PROOF_HASHES_MAX}")
    if not 0 < header.entry_bytes <= ENTRY_BYTES_MAX:
        raise PeerFault("ahead entry", value=header.entry_bytes, wanted=f"1..{ENTRY_BYTES_MAX}")
    if not 0 <= header.index < 2**63:
        raise PeerFault("ahead index", value=header.index, wanted="0..2^63 - 1")
    at = header.hashes * _HASH_BYTES
    end = at + header.entry_bytes
    if header.box_bytes < 0 or end + header.box_bytes != len(payload):
        raise PeerFault("ahead payload", value=len(payload), wanted=f"{end} and the box")
    return Ahead(
        origin=header.origin,
        index=header.index,
        checkpoint=header.checkpoint,
        counter=_counter(header.counter),
        proof=tuple(payload[i : i + _HASH_BYTES] for i in range(0, at, _HASH_BYTES)),
        entry=payload[at:end],
        box=payload[end:],
    )


def _counter(counter: int) -> int:
    if not 0 <= counter < 2**63:
        raise PeerFault("push counter", value=counter, wanted="0..2^63 - 1")
    return counter


def _box_bytes(header: _PushHeader, payload: bytes) -> int:
    if not 0 <= header.box_bytes <= len(payload):
        raise PeerFault("push box_bytes", value=header.box_bytes, wanted=f"0..{len(payload)}")
    if len(header.proof) > PROOF_HASHES_MAX:
        raise PeerFault("push proof", value=len(header.proof), wanted=f"0..{PROOF_HASHES_MAX}")
    return header.box_bytes


def _entries(payload: bytes, count: int) -> tuple[bytes, ...]:
    if not 0 < count <= BATCH_ENTRIES_MAX:
        raise PeerFault("push count", value=count, wanted=f"1..{BATCH_ENTRIES_MAX}")
    entries = []
    at = 0
    for _ in range(count):
        length = int.from_bytes(payload[at : at + _ENTRY_LENGTH_BYTES], "big")
        at += _ENTRY_LENGTH_BYTES
        data = payload[at : at + length]
        if not 0 < length <= ENTRY_BYTES_MAX or len(data) < length:
            wanted = f"1..{ENTRY_BYTES_MAX}, whole"
            raise PeerFault("push entry length", value=length, wanted=wanted)
        entries.append(data)
        at += length
    if at != len(payload):
        raise PeerFault("push payload", value=f"{len(payload) - at} bytes more", wanted="none")
    return tuple(entries)
