from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.node.frames import (
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
from parley.node.rules.mirroring import pack_openings
from parley.trust.seal import PUBLIC_SEAL_BYTES, SALT_BYTES, seal_push
from parley.wire.peer import GREETING_BYTES_MAX, PROOF_HASHES_MAX, FrameReader, encode_frame
from parley.world.faults import PeerFault
from parley.world.limits import BATCH_ENTRIES_MAX, ENTRY_BYTES_MAX, FRAME_BYTES_MAX

TEXT = st.text(max_size=40)
SIZES = st.integers(0, 2**62)
ENTRIES = st.lists(st.binary(min_size=1, max_size=60), min_size=1, max_size=5).map(tuple)
PROOFS = st.lists(TEXT, max_size=3).map(tuple)
FRAMES: st.SearchStrategy[Frame] = st.one_of(
    st.builds(
        Hello,
        party=TEXT,
        peer=TEXT,
        nonce=TEXT,
        seal=TEXT,
        agreements=st.dictionaries(TEXT, TEXT),
    ),
    st.builds(Prove, signature=TEXT, box=TEXT),
    st.builds(
        Heads,
        at_us=SIZES,
        heads=st.dictionaries(TEXT, SIZES),
        echo_us=SIZES,
        held_us=SIZES,
        signature=TEXT,
    ),
    st.builds(
        Push,
        origin=TEXT,
        first=SIZES,
        checkpoint=TEXT,
        proof=PROOFS,
        counter=SIZES,
        entries=ENTRIES,
        box=st.binary(max_size=200),
    ),
    st.builds(Want, origin=TEXT, first=SIZES),
    st.builds(Head, origin=TEXT, old=SIZES, proof=PROOFS, checkpoint=TEXT),
    st.builds(Witnessed, origin=TEXT, size=SIZES, line=TEXT),
    st.builds(Received, origin=TEXT, index=SIZES, leaf=TEXT, at_us=SIZES, signature=TEXT),
    st.builds(Receipt, origin=TEXT, size=SIZES, line=TEXT),
    st.builds(Refuse, origin=TEXT, why=TEXT, wait_us=SIZES),
)


@given(st.lists(FRAMES, max_size=6), st.integers(1, 50))
def test_frames_come_out_as_they_went_in_however_the_bytes_are_cut(frames, piece) -> None:
    data = b"".join(encode_frame(frame) for frame in frames)
    reader = FrameReader()
    found = [f for at in range(0, len(data), piece) for f in reader.receive(data[at : at + piece])]
    assert found == frames


@given(st.binary(max_size=400))
def test_any_bytes_are_frames_or_the_peers_fault(data: bytes) -> None:
    try:
        FrameReader().receive(data)
    except PeerFault:
        return


@given(FRAMES, st.integers(0, 10_000), st.integers(0, 255))
def test_any_changed_byte_is_a_frame_or_the_peers_fault(frame, at, value) -> None:
    data = bytearray(encode_frame(frame))
    data[at % len(data)] = value
    try:
        FrameReader().receive(bytes(data))
    except PeerFault:
        return


def pushed(count: int, more: bytes = b"") -> bytes:
    return b'{"type":"push","origin":"o","first":0,"checkpoint":"","count":%d%s}' % (count, more)


def framed(head: bytes, payload: bytes = b"") -> bytes:
    body = len(head).to_bytes(4, "big") + head + payload
    return len(body).to_bytes(4, "big") + body


@pytest.mark.parametrize(
    ("data", "match"),
    [
        ((FRAME_BYTES_MAX + 1).to_bytes(4, "big"), "frame length"),
        (b"\x00\x00\x00\x00", "frame length"),
        (framed(b"{}"), "frame header"),
        (framed(b'{"type":"prove","signature":"","more":1}'), "frame header"),
        (framed(b'{"type":"prove","signature":""}', b"x"), "frame payload"),
        (framed(b"[" * 100_000), "frame header"),
        (framed(pushed(0)), "push count"),
        (framed(pushed(257)), "push count"),
        (framed(pushed(1), b"\x00\x05abc"), "entry length"),
        (framed(pushed(1), b"\x00\x00"), "entry length"),
        (framed(pushed(1), b"\x00\x01abc"), "push payload"),
        (framed(pushed(1, b',"box_bytes":4'), b"\x00\x01a"), "box_bytes"),
        (framed(pushed(1, b',"box_bytes":-1'), b"\x00\x01a"), "box_bytes"),
        (framed(pushed(1, b',"box_bytes":1'), b"\x00\x01a"), "entry length"),
        (framed(pushed(1, b',"counter":-1'), b"\x00\x01a"), "push counter"),
        (framed(pushed(1, b',"counter":9223372036854775808'), b"\x00\x01a"), "push counter"),
        (framed(pushed(1, b',"proof":[%s""]' % (b'"",' * 64)), b"\x00\x01a"), "push proof"),
        (b"\x00\x00\x00\x08\x00\x00\xff\xff{}{}", "header length"),
    ],
)
def test_bytes_that_are_no_frame_are_the_peers_fault(data: bytes, match: str) -> None:
    with pytest.raises(PeerFault, match=match):
        FrameReader().receive(data)


def test_a_full_batch_of_full_entries_with_their_openings_fits_a_frame() -> None:
    openings = dict.fromkeys(range(BATCH_ENTRIES_MAX), b"x" * (SALT_BYTES + ENTRY_BYTES_MAX))
    push = Push(
        origin="o" * 400,
        first=2**62,
        checkpoint="c" * 60_000,
        proof=("d" * 64,) * PROOF_HASHES_MAX,
        counter=2**63 - 1,
        entries=(b"x" * ENTRY_BYTES_MAX,) * BATCH_ENTRIES_MAX,
        box=seal_push(bytes(32), 1, b"", pack_openings(openings)),
    )
    assert FrameReader().receive(encode_frame(push)) == [push]


def test_a_stranger_is_not_waited_for_with_a_frame_of_full_length() -> None:
    reader = FrameReader(GREETING_BYTES_MAX)
    seal = base64.b64encode(bytes(PUBLIC_SEAL_BYTES)).decode()
    texts = {f"{number:064d}": "d" * 64 for number in range(100)}
    hello = Hello(party="A" * 64, peer="B" * 64, nonce="c" * 64, seal=seal, agreements=texts)
    prove = Prove(signature="e" * 128, box=seal)
    assert reader.receive(encode_frame(hello) + encode_frame(prove)) == [hello, prove]
    with pytest.raises(PeerFault, match="frame length"):
        reader.receive((GREETING_BYTES_MAX + 1).to_bytes(4, "big"))
    reader = FrameReader(GREETING_BYTES_MAX)
    reader.limit_bytes = FRAME_BYTES_MAX
    assert reader.receive(FRAME_BYTES_MAX.to_bytes(4, "big")) == []
