"""Bundles of frames: the file of `wire/bundle` with the frames of `wire/peer` in it."""

from __future__ import annotations

from parley.node.frames import Frame
from parley.wire.bundle import Bundle, BundleFrame, decode_bundle, encode_part
from parley.wire.peer import FrameReader, encode_frame


def part_of(frame: BundleFrame) -> bytes:
    """Return a frame as it stands in a bundle.

    Raises:
        InputFault: longer than a frame may be.
    """
    return encode_part(encode_frame(frame))


def read_bundle(data: bytes) -> Bundle:
    """Return the bundle that these bytes are.

    Raises:
        PeerFault: they are none, or not all of one, or were changed; it says where.
    """
    return decode_bundle(data, _frames)


def _frames(part: bytes) -> list[Frame]:
    return FrameReader().receive(part)
