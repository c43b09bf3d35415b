"""Uploads to a mirror: the form of C2SP, every cut of the stream, and going on from there."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.trust.checkpoint import Checkpoint
from parley.trust.mirror import (
    MirrorInfo,
    Upload,
    UploadReader,
    decide_end,
    decide_upload,
    make_mirror_info,
    parse_mirror_info,
    spans,
    upload_head,
    upload_parts,
)
from parley.trust.tree import Tree, leaf_hashes
from parley.world.faults import OurFault, PeerFault

ORIGIN = "parley.example/SYR-17/COAL/line/2026"
ENTRIES = [b'{"n":%d}' % number for number in range(1_500)]
TREE = Tree(leaf_hashes(ENTRIES))


def head(size, tree=TREE):
    return Checkpoint(origin=ORIGIN, size=size, root=tree.root(size))


def entries(start, end):
    return ENTRIES[start:end]


def body(start, end, packages=32, ticket=b""):
    upload = Upload(origin=ORIGIN, start=start, end=end, ticket=ticket)
    return list(upload_parts(TREE, entries, upload, packages))


class Mirror:
    """What a mirror keeps: entries that were proven, and the size that it has cosigned."""

    def __init__(self, held=0, ends=()):
        self.entries = ENTRIES[:held]
        self.held = held
        self.heads = {size: head(size) for size in (held, *ends)}
        self.packages = 0

    def take(self, chunks):
        """Answer a request that comes in these chunks and then ends."""
        reader, chunks, saved = UploadReader(), iter(chunks), 0
        while reader.upload is None:
            chunk = next(chunks, None)
            if chunk is None:
                return 400, None
            reader.feed(chunk)
        upload = reader.upload
        decision = decide_upload(upload, self.heads, self.held, len(self.entries))
        if decision.status != 100:
            return decision.status, parse_mirror_info(decision.body)
        first = upload.start - upload.start % 256
        reader.begin(decision.checkpoint, leaf_hashes(self.entries[first : upload.start]))
        try:
            for chunk in (b"", *chunks):
                reader.feed(chunk)
                saved += self._save(reader)
        except PeerFault:
            return 422, None
        decision = decide_end(upload, saved, self.held, len(self.entries))
        if decision.status == 200:
            self.held = upload.end
            return 200, None
        return decision.status, parse_mirror_info(decision.body) if decision.status == 202 else None

    def _save(self, reader):
        count = 0
        for package in reader.packages():
            assert package.entries == tuple(ENTRIES[package.start : package.end])
            assert list(package.leaves) == leaf_hashes(package.entries)
            self.entries += package.entries[len(self.entries) - package.start :]
            count += 1
        self.packages += count
        return count


def test_the_bytes_are_those_of_the_specification():
    upload = Upload(origin="o", start=300, end=600, ticket=b"t!")
    assert upload_head(upload) == (
        b"\x00\x01o" + (300).to_bytes(8, "big") + (600).to_bytes(8, "big") + b"\x00\x02t!"
    )
    parts = list(upload_parts(TREE, entries, upload))
    assert len(parts) == 3
    proof = TREE.subtree_consistency_proof(256, 512, 600)
    wanted = b"".join(len(one).to_bytes(2, "big") + one for one in ENTRIES[300:512])
    assert parts[1] == wanted + bytes([len(proof)]) + b"".join(proof)
    proof = TREE.subtree_consistency_proof(512, 600, 600)
    assert parts[2].endswith(bytes([len(proof)]) + b"".join(proof))
    assert [tuple(span) for span in spans(0, 257)] == [(0, 0, 256), (256, 256, 257)]
    assert [tuple(span) for span in spans(255, 256)] == [(0, 255, 256)]
    assert list(spans(7, 7)) == []


def test_a_whole_upload_ends_with_the_head_to_cosign():
    for held, size in ((0, 1), (0, 1_500), (300, 600), (256, 512), (299, 300), (255, 257)):
        mirror = Mirror(held, [size])
        assert mirror.take([b"".join(body(held, size))]) == (200, None)
        assert mirror.entries == ENTRIES[:size]
        assert mirror.held == size
    mirror = Mirror(300)
    assert mirror.take([b"".join(body(300, 300))]) == (200, None)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_any_cut_keeps_what_was_proven_and_the_upload_goes_on(data):
    held = data.draw(st.integers(0, 900))
    size = data.draw(st.integers(held + 1, 1_500))
    mirror = Mirror(held, [size])
    start = held
    for _ in range(4):
        parts = body(start, size)
        whole = b"".join(parts)
        cut = data.draw(st.integers(0, len(whole) - 1))
        steps = data.draw(st.integers(1, 5_000))
        chunks = [whole[at : min(at + steps, cut)] for at in range(0, cut, steps)]
        before = mirror.packages
        status, info = mirror.take(chunks)
        # Exactly the packages of which every byte came.
        ends, at = [], len(parts[0])
        for part, span in zip(parts[1:], spans(start, size), strict=True):
            at += len(part)
            if at <= cut:
                ends.append(span.end)
        assert mirror.packages - before == len(ends)
        assert mirror.entries == ENTRIES[: ends[-1] if ends else start]
        assert status == (202 if ends else 400)
        if ends:
            assert info == MirrorInfo(size=size, next_entry=ends[-1])
            start = info.next_entry
    assert mirror.take([b"".join(body(start, size))]) == (200, None)
    assert mirror.entries == ENTRIES[:size]


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_changed_byte_is_never_taken_and_all_before_it_stays(data):
    start = data.draw(st.integers(0, 700))
    size = data.draw(st.integers(start + 1, 1_200))
    parts = body(start, size)
    whole = bytearray(b"".join(parts))
    bit = data.draw(st.integers(8 * len(parts[0]), 8 * len(whole) - 1))
    whole[bit // 8] ^= 1 << bit % 8
    mirror = Mirror(start, [size])
    # A changed length may make a package wait for bytes that never come.
    assert mirror.take([bytes(whole)])[0] in (202, 400, 422)
    at, kept = len(parts[0]), start
    for part, span in zip(parts[1:], spans(start, size), strict=True):
        at += len(part)
        if at <= bit // 8:
            kept = span.end
    assert mirror.entries == ENTRIES[:kept]


def test_one_byte_at_a_time_is_read_as_well():
    mirror = Mirror(250, [520])
    assert mirror.take([bytes([one]) for one in b"".join(body(250, 520))]) == (200, None)
    assert mirror.packages == 3


def test_a_long_upload_goes_in_requests_of_32_packages():
    entries_many = [b"%d" % number for number in range(9_000)]
    tree = Tree(leaf_hashes(entries_many))
    upload = Upload(origin=ORIGIN, start=100, end=9_000)
    parts = list(upload_parts(tree, lambda a, b: entries_many[a:b], upload))
    assert len(parts) == 1 + 32
    reader = UploadReader()
    reader.feed(b"".join(parts))
    assert reader.upload == upload
    reader.begin(head(9_000, tree), leaf_hashes(entries_many[:100]))
    assert [package.end for package in reader.packages()][-1] == 32 * 256
    assert not reader.done
    assert parse_mirror_info(decide_end(upload, 32, 0, 8_192).body).next_entry == 8_192


def test_where_an_upload_may_begin_and_end():
    heads = {size: head(size) for size in (300, 600)}

    def ask(start, end, held=300, next_entry=400, known=heads):
        return decide_upload(Upload(origin=ORIGIN, start=start, end=end), known, held, next_entry)

    assert ask(0, 600, known=None).status == 404
    assert ask(400, 600).checkpoint == head(600)
    assert ask(300, 600).status == 100
    for start, end, size in ((400, 500, 600), (0, 0, 600), (401, 600, 600)):
        decision = ask(start, end)
        assert decision.status == 409
        assert decision.media_type == "text/x.tlog.mirror-info"
        assert parse_mirror_info(decision.body) == MirrorInfo(size=size, next_entry=400)
    # An end that we have cosigned past is over, one far back is a mistake.
    assert parse_mirror_info(ask(300, 300, held=600, next_entry=600).body).size == 600
    assert ask(0, 600, next_entry=9_000).status == 409
    assert ask(0, 0, held=0, next_entry=0, known={}).status == 409
    upload = Upload(origin=ORIGIN, start=300, end=600)
    assert decide_end(upload, 2, 300, 600).status == 200
    assert decide_end(upload, 2, 900, 900).status == 409
    assert decide_end(upload, 0, 300, 400).status == 400


def test_entries_that_are_there_already_may_come_again():
    mirror = Mirror(300, [600])
    mirror.take([b"".join(body(300, 600, packages=1))])
    assert len(mirror.entries) == 512
    assert mirror.take([b"".join(body(300, 600))]) == (200, None)
    assert mirror.entries == ENTRIES[:600]


def test_another_log_s_entries_are_refused_with_their_place():
    other = Tree(leaf_hashes([*ENTRIES[:280], b"another", *ENTRIES[281:]]))
    reader = UploadReader()
    reader.feed(b"".join(body(256, 600)))
    assert reader.upload is not None
    reader.begin(head(600, other), [])
    for _ in range(2):
        with pytest.raises(PeerFault, match=r"package of entries \[256, 512\)"):
            list(reader.packages())
        reader.feed(b"more")
    # Our own leaves before the upload are part of what is proven.
    reader = UploadReader()
    reader.feed(b"".join(body(257, 600)))
    assert reader.upload is not None
    reader.begin(head(600), leaf_hashes([b"another"]))
    with pytest.raises(PeerFault, match="package"):
        list(reader.packages())


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\x00" + bytes(18),
        b"\x00\x01\xff" + bytes(18),
        b"\x00\x01\n" + bytes(18),
        b"\x00\x01o" + (7).to_bytes(8, "big") + (6).to_bytes(8, "big") + b"\x00\x00",
        b"\x00\x01o" + bytes(8) + b"\xff" * 8 + b"\x00\x00",
    ],
)
def test_a_head_of_another_form_is_a_peer_fault(data):
    reader = UploadReader()
    reader.feed(data)
    with pytest.raises(PeerFault, match=r"an origin in one line|a range"):
        _ = reader.upload


def test_a_proof_of_more_than_63_hashes_is_refused_and_bytes_behind_the_end_dropped():
    parts = body(0, 1)
    reader = UploadReader()
    reader.feed(parts[0] + b"\x00\x00\x40")
    assert reader.upload is not None
    reader.begin(head(1), [])
    with pytest.raises(PeerFault, match="63 hashes"):
        list(reader.packages())
    reader = UploadReader()
    reader.feed(b"".join(parts) + b"more")
    assert reader.upload is not None
    reader.begin(head(1), [])
    assert len(list(reader.packages())) == 1
    assert reader.done
    reader.feed(b"more")
    assert list(reader.packages()) == []


def test_what_the_caller_must_give_is_checked():
    reader = UploadReader()
    with pytest.raises(OurFault):
        reader.begin(head(600), [])
    reader.feed(b"".join(body(300, 600)))
    assert reader.upload is not None
    for good, before in ((head(599), leaf_hashes(ENTRIES[256:300])), (head(600), [])):
        with pytest.raises(OurFault):
            reader.begin(good, before)
    for bad in (
        Upload(origin="", start=0, end=1),
        Upload(origin="o" * 65_536, start=0, end=1),
        Upload(origin="o", start=2, end=1),
        Upload(origin="o", start=0, end=1, ticket=bytes(65_536)),
    ):
        with pytest.raises(OurFault):
            upload_head(bad)
    with pytest.raises(OurFault, match="entries to upload"):
        list(
            upload_parts(TREE, lambda a, b: ENTRIES[a : b - 1], Upload(origin="o", start=0, end=9))
        )


@given(st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1), st.binary(max_size=80))
def test_every_info_is_read_back(size, next_entry, ticket):
    info = MirrorInfo(size=size, next_entry=next_entry, ticket=ticket)
    assert parse_mirror_info(make_mirror_info(info)) == info


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"1\n2\n",
        b"1\n2\n\n\n",
        b"01\n2\n\n",
        b"1\n-2\n\n",
        b"1\n2\n!\n",
        b"1\n2\nAA\n",
        b"\xff\n2\n\n",
        b"9223372036854775808\n2\n\n",
        b"1\n2\n" + b"A" * 200_000 + b"\n",
        "\u0661\n2\n\n".encode(),
    ],
)
def test_an_info_of_another_form_is_a_peer_fault(data):
    with pytest.raises(PeerFault):
        parse_mirror_info(data)
