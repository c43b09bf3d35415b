from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from parley.node.rules.mirroring import pack_openings
from parley.trust.seal import PUBLIC_SEAL_BYTES, SALT_BYTES, seal_push
from parley.wire.peer import (
    GREETING_BYTES_MAX,
    PIECE_LANES,
    PROOF_HASHES_MAX,
    FrameReader,
    Pieces,
    encode_frame,
)
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
    st.builds(
        Ahead,
        origin=TEXT,
        index=SIZES,
        checkpoint=TEXT,
        counter=SIZES,
        proof=st.lists(st.binary(min_size=32, max_size=32), max_size=5).map(tuple),
        entry=st.binary(min_size=1, max_size=60),
        box=st.binary(max_size=60),
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


@given(FRAMES, FRAMES, st.lists(FRAMES, max_size=4), st.integers(1, 90), st.randoms())
def test_frames_pass_between_the_pieces_of_longer_ones(line, bulk, express, size, draw) -> None:
    reader, found = FrameReader(), []
    under_way = [Pieces(encode_frame(line), 0), Pieces(encode_frame(bulk), 1)]
    waiting = list(express)
    while under_way or waiting:
        if waiting and draw.random() < 0.3:
            found += reader.receive(encode_frame(waiting.pop(0)))
        elif under_way:
            one = draw.choice(under_way)
            found += reader.receive(one.next(size))
            if one.done:
                under_way.remove(one)
    assert sorted(map(repr, found)) == sorted(map(repr, [line, bulk, *express]))


@given(
    st.lists(st.tuples(st.integers(-1, PIECE_LANES), st.booleans(), st.binary(max_size=40))),
    st.lists(FRAMES, max_size=2),
)
def test_any_pieces_are_frames_a_wait_or_the_peers_fault(pieces, frames) -> None:
    reader = FrameReader()
    try:
        for lane, last, data in pieces:
            reader.receive(piece(lane, data, last=last))
        for frame in frames:
            assert reader.receive(encode_frame(frame)) == [frame]
    except PeerFault:
        return


def piece(lane: int, data: bytes, *, last: bool = False) -> bytes:
    word = b"true" if last else b"false"
    return framed(b'{"type":"piece","lane":%d,"last":%s}' % (lane, word), data)


def test_a_frame_in_pieces_is_no_longer_than_a_frame() -> None:
    reader = FrameReader(1000)
    assert reader.receive(piece(0, b"x" * 900) + piece(1, b"x" * 900)) == []
    with pytest.raises(PeerFault, match="frame length"):
        reader.receive(piece(0, b"x" * 101))


def test_pieces_have_pieces_of_no_piece_and_only_so_many_lanes() -> None:
    inner = piece(0, b"x", last=True)[4:]
    for data in (
        piece(0, inner, last=True),
        piece(PIECE_LANES, b"x"),
        piece(-1, b"x"),
        piece(0, b""),
        piece(0, b"", last=True),
    ):
        with pytest.raises(PeerFault, match="frame piece"):
            FrameReader().receive(data)


def aheaded(more: bytes) -> bytes:
    return b'{"type":"ahead","origin":"o","checkpoint":"",%s}' % more


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
        (framed(aheaded(b'"index":-1,"hashes":0,"entry_bytes":1'), b"x"), "ahead index"),
        (framed(aheaded(b'"index":0,"hashes":65,"entry_bytes":1'), b"x" * 2081), "ahead proof"),
        (framed(aheaded(b'"index":0,"hashes":-1,"entry_bytes":1'), b"x"), "ahead proof"),
        (framed(aheaded(b'"index":0,"hashes":0,"entry_bytes":0')), "ahead entry"),
        (framed(aheaded(b'"index":0,"hashes":0,"entry_bytes":60001'), b"x" * 60001), "ahead entry"),
        (framed(aheaded(b'"index":0,"hashes":1,"entry_bytes":1'), b"x" * 32), "ahead payload"),
        (framed(aheaded(b'"index":0,"hashes":0,"entry_bytes":1'), b"xy"), "ahead payload"),
        (framed(aheaded(b'"index":0,"hashes":0,"entry_bytes":1,"box_bytes":-1'), b""), "payload"),
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
