from __future__ import annotations

import hashlib
import zlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.app.bundle_frames import part_of, read_bundle
from parley.node.frames import Ahead, Heads, Hello, Prove, Push, Receipt, Received, Want
from parley.wire.bundle import (
    BUNDLE_BYTES_MAX,
    MAGIC,
    PARTS_MAX,
    Bundle,
    BundleFrame,
    BundleHeader,
    Named,
    Range,
    bundle_nonce,
    encode_bundle,
    end_bundle,
)
from parley.wire.peer import encode_frame
from parley.world.faults import InputFault, PeerFault

TEXT = st.text(max_size=20)
SIZES = st.integers(0, 2**53)
NAMED = st.builds(
    Named,
    id=st.text("0123456789abcdef", min_size=32, max_size=64),
    number=st.integers(1, 2**53),
    made_us=st.integers(0, 2**51),
)
HEADERS = st.builds(
    BundleHeader,
    party=TEXT,
    peer=TEXT,
    name=NAMED,
    after=st.none() | NAMED,
    taken=st.none() | NAMED,
    seal=TEXT,
    seal_known=TEXT,
    agreements=st.dictionaries(TEXT, TEXT, max_size=3),
    holds=st.dictionaries(TEXT, SIZES, max_size=3),
    receipted=st.dictionaries(TEXT, st.builds(Range, cosigned=SIZES, entries=SIZES), max_size=3),
    left=SIZES,
)
FRAMES: st.SearchStrategy[BundleFrame] = st.one_of(
    st.builds(
        Push,
        origin=TEXT,
        first=SIZES,
        checkpoint=TEXT,
        proof=st.lists(TEXT, max_size=2).map(tuple),
        counter=SIZES,
        entries=st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=4).map(tuple),
        box=st.binary(max_size=60),
    ),
    st.builds(Receipt, origin=TEXT, size=SIZES, line=TEXT),
    st.builds(Received, origin=TEXT, index=SIZES, leaf=TEXT, at_us=SIZES, signature=TEXT),
)
NAME = Named(id="0123456789abcdef" * 2, number=3, made_us=1_497_938_400_000_000)
HEADER = BundleHeader(party="COAL", peer="RUS", name=NAME, holds={"a": 1})
PARTS = (
    Push(origin="o", first=4, checkpoint="c\n", entries=(b"one", b"two"), box=b"closed"),
    Receipt(origin="p", size=9, line="l"),
    Received(origin="p", index=8, leaf="aa", at_us=5, signature="bb"),
)


def whole(header: BundleHeader = HEADER, frames=PARTS, box: str = "") -> bytes:
    body = encode_bundle(header, [part_of(frame) for frame in frames])
    return end_bundle(body, Prove(signature="ab" * 64, box=box))


def block(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + zlib.crc32(data).to_bytes(4, "big") + data


def ended(body: bytes) -> bytes:
    """Return a body with an end that fits it: what a rival can write who makes no mistakes."""
    digest = hashlib.sha256(body).hexdigest()
    return body + block(msgspec.json.encode({"sha256": digest, "signature": "00"}))


@pytest.mark.row("R17")
@given(HEADERS, st.lists(FRAMES, max_size=5), TEXT, TEXT)
def test_a_bundle_comes_out_as_it_went_in(header, frames, signature, box) -> None:
    body = encode_bundle(header, [part_of(frame) for frame in frames])
    prove = Prove(signature=signature, box=box)
    found = read_bundle(end_bundle(body, prove))
    assert found == Bundle(
        header=msgspec.structs.replace(header, parts=len(frames)),
        frames=tuple(frames),
        nonce=bundle_nonce(body),
        prove=prove,
    )


@pytest.mark.row("R17")
@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_are_a_bundle_or_the_senders_fault(data: bytes, begins: bool) -> None:
    try:
        read_bundle((MAGIC if begins else b"") + data)
    except PeerFault:
        return


@given(HEADERS, st.lists(FRAMES, max_size=3), st.binary(max_size=40), st.data())
def test_any_bytes_in_whole_blocks_are_a_bundle_or_the_senders_fault(
    header, frames, junk, data
) -> None:
    # A rival's check sums are right: what is in the blocks may still be anything.
    blocks = [block(msgspec.json.encode(header)), *map(part_of, frames), block(junk)]
    order = data.draw(st.permutations(blocks))
    try:
        read_bundle(ended(MAGIC + b"".join(order)))
    except PeerFault:
        return


@pytest.mark.row("R17")
def test_every_flipped_bit_is_refused_with_its_place() -> None:
    data = whole(box="Ym94")
    for at in range(len(data)):
        for bit in range(8):
            changed = bytearray(data)
            changed[at] ^= 1 << bit
            with pytest.raises(PeerFault) as found:
                read_bundle(bytes(changed))
            assert "\n" not in str(found.value)
            if at >= len(MAGIC):
                assert "at byte" in str(found.value)
                assert "carry it again" in str(found.value)


@pytest.mark.row("R17")
def test_every_cut_and_anything_behind_the_end_is_refused() -> None:
    data = whole()
    for end in range(len(data)):
        with pytest.raises(PeerFault):
            read_bundle(data[:end])
    with pytest.raises(PeerFault, match="1 bytes behind its end"):
        read_bundle(data + b"\n")


def test_the_place_of_the_damage_is_named() -> None:
    data = whole()
    with pytest.raises(PeerFault, match=r"bundle part 2 of 3 at byte \d+ is not the bytes that"):
        read_bundle(data.replace(b'"size":9', b'"size":8'))
    with pytest.raises(PeerFault, match=r"bundle end at byte \d+ is cut off: the file ends at"):
        read_bundle(data[:-1])


def header_of(**changed: object) -> bytes:
    known = msgspec.to_builtins(HEADER)
    return MAGIC + block(msgspec.json.encode({**known, **changed}))


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"", "a first line"),
        (b"PK\x03\x04 not a bundle at all", "parley bundle make"),
        (b"parley-bundle/2\n", "a first line"),
        (MAGIC, "bundle header at byte 16 is cut off"),
        (MAGIC + b"\xff\xff\xff\xff" + bytes(4), "262144 at most"),
        (MAGIC + block(b"[" * 100_000), "bundle header"),
        (header_of(more=1), "unknown field"),
        (header_of(parts=PARTS_MAX + 1), "bundle parts"),
        (header_of(parts=-1), "bundle parts"),
        (header_of(left=-1), "a size beyond any log"),
        (header_of(holds={"o": 2**63}), "a size beyond any log"),
        (header_of(receipted={"o": {"cosigned": -1}}), "a size beyond any log"),
        (header_of(name={"id": "short", "number": 1, "made_us": 0}), "bundle id"),
        (header_of(name={"id": "0" * 31 + ":", "number": 1, "made_us": 0}), "bundle id"),
        (header_of(name={"id": "0" * 32, "number": 0, "made_us": 0}), "bundle number"),
        (header_of(after={"id": "0" * 32, "number": 1, "made_us": 10**18}), "bundle made_us"),
        (header_of(parts=1) + b"\xff\xff\xff\xff" + bytes(4), "part 1 of 1 at byte"),
        (header_of(parts=1) + block(b"\x00\x00\x00\x04"), "0 frames"),
        (header_of(parts=1) + block(encode_frame(PARTS[1]) * 2), "2 frames"),
    ],
)
def test_what_no_honest_node_writes_is_refused(data: bytes, match: str) -> None:
    with pytest.raises(PeerFault, match=match):
        read_bundle(data)


@pytest.mark.parametrize(
    "frame",
    [
        Hello(party="COAL", peer="RUS", nonce="0" * 32),
        Prove(signature="00"),
        Heads(at_us=1, heads={}, signature="00"),
        Want(origin="o", first=0),
    ],
)
def test_nothing_but_entries_and_receipts_goes_by_file(frame) -> None:
    # A heartbeat in a file would make a stick in a drawer look like a link that is up.
    data = header_of(parts=1) + block(encode_frame(frame))
    with pytest.raises(PeerFault, match="nothing else goes by file"):
        read_bundle(data)


def test_an_entry_ahead_of_its_log_goes_by_file() -> None:
    ahead = Ahead(
        origin="o", index=7, checkpoint="c", proof=(bytes(32),), entry=b"entry", box=b"closed"
    )
    assert read_bundle(whole(frames=(ahead,))).frames == (ahead,)


def test_a_bundle_longer_than_any_is_not_read() -> None:
    with pytest.raises(PeerFault, match="at most"):
        read_bundle(bytes(BUNDLE_BYTES_MAX + 1))


def test_a_sum_that_is_of_other_bytes_is_refused() -> None:
    body = encode_bundle(HEADER, ())
    data = body + block(msgspec.json.encode({"sha256": "0" * 64, "signature": "00"}))
    with pytest.raises(PeerFault, match="bundle SHA-256"):
        read_bundle(data)


def test_no_more_parts_are_written_than_are_read() -> None:
    with pytest.raises(InputFault, match="bundle parts"):
        encode_bundle(HEADER, [b""] * (PARTS_MAX + 1))
    with pytest.raises(InputFault, match="bundle header"):
        encode_bundle(msgspec.structs.replace(HEADER, seal="x" * 300_000), ())


def test_no_link_can_be_made_to_sign_a_bundle() -> None:
    # A greeting's nonce has letters and digits only; a node signs whatever nonce it is given.
    nonce = bundle_nonce(b"anything")
    assert not nonce.isalnum()
