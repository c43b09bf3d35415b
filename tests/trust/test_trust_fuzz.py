"""Any bytes offered as one of our formats give a value or the peer's fault, and nothing else.

Random bytes, and good ones with bits flipped and pieces cut, doubled, swapped and mixed. What is
accepted is written again and must be the same bytes, where the format has one form only. More with
PARLEY_FUZZ_EXAMPLES=100000 in the environment.
"""

from __future__ import annotations

import contextlib
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parley.trust.checkpoint import (
    Checkpoint,
    cosign,
    open_checkpoint,
    parse_unverified_checkpoint,
    sign_checkpoint,
)
from parley.trust.keys import SigningKey
from parley.trust.mirror import (
    MirrorInfo,
    Upload,
    UploadReader,
    make_mirror_info,
    parse_mirror_info,
    upload_parts,
)
from parley.trust.note import (
    add_signatures,
    make_note,
    open_note,
    parse_signature_line,
    parse_unverified_note,
)
from parley.trust.policy import make_policy, parse_policy, verify_policy, verify_quorum
from parley.trust.proof import format_proof, make_proof, parse_proof, verify_proof
from parley.trust.ranges import range_proof, verify_range
from parley.trust.tiles import (
    bundle,
    entries_path,
    parse_tile_path,
    root_from_tiles,
    split_tile,
    tile_data,
    tile_path,
    unbundle,
    verify_bundle,
)
from parley.trust.tree import Tree, leaf_hashes
from parley.trust.witness import (
    accept_cosignatures,
    decide,
    make_add_checkpoint,
    parse_add_checkpoint,
    parse_cosignatures,
    parse_size_reply,
)
from parley.world.faults import PeerFault

EXAMPLES = int(os.environ.get("PARLEY_FUZZ_EXAMPLES", "60"))
ORIGIN = "parley.example/SYR-17/COAL/line/2026"
LOG = SigningKey(b"\x01" * 32, name="parley/COAL/log", role="log")
MIRRORS = [SigningKey(bytes([n]) * 32, name=f"parley/P{n}/mirror", role="mirror") for n in (2, 3)]
ENTRIES = [b'{"n":%d}' % n for n in range(300)]
TREE = Tree(leaf_hashes(ENTRIES))
HEAD = Checkpoint(origin=ORIGIN, size=300, root=TREE.root())
SIGNED = sign_checkpoint(LOG, HEAD)
LINES = b"".join(cosign(key, SIGNED, 1_782_000_000_000_000) for key in MIRRORS)
NOTE = SIGNED + LINES
OTHER = sign_checkpoint(LOG, Checkpoint(origin=ORIGIN, size=299, root=TREE.root(299)))
KEYS = {ORIGIN: LOG.verifier}
COSIGNERS = [key.verifier for key in MIRRORS]
POLICY = make_policy([LOG.verifier.named(ORIGIN)], COSIGNERS)
PROOF = make_proof(TREE, 7, NOTE)
REQUEST = make_add_checkpoint(299, TREE.consistency_proof(299), NOTE)
UPLOAD = Upload(origin=ORIGIN, start=10, end=300)
BODY = b"".join(upload_parts(TREE, lambda a, b: ENTRIES[a:b], UPLOAD))
BUNDLE = bundle(ENTRIES[:256])
TILE = tile_data(TREE, 0, 0)


def note(data):
    parsed = parse_unverified_note(data)
    assert parsed.data == data == make_note(parsed.text, parsed.signatures)
    open_note(data, [LOG.verifier.named(ORIGIN), *COSIGNERS])


def signature(data):
    assert parse_signature_line(data).line == data


def added(data):
    add_signatures(NOTE, [data])


def checkpoint(data):
    body = parse_unverified_checkpoint(data).body
    assert data.startswith(body.encode())
    assert open_checkpoint(data, LOG.verifier).body == body


def path(data):
    text = data.decode("latin-1")
    assert parse_tile_path(text).path == text


def tile(data):
    assert b"".join(split_tile(data, 256)) == data
    assert (
        root_from_tiles(
            lambda level, index, width: (
                data if level + index == 0 else tile_data(TREE, level, index, width)
            ),
            300,
            HEAD.root,
        )
        == HEAD.root
    )
    assert data == TILE


def bundled(data):
    assert bundle(unbundle(data)) == data
    assert verify_bundle(data, TILE) == ENTRIES[:256]


def policy(data):
    parsed = parse_policy(data)
    assert parse_policy(parsed.data) == parsed
    verify_quorum(NOTE, parsed)
    verify_policy(NOTE, parsed)


def judged(data):
    """A note held against the policy: only the head that was signed ever comes out."""
    verify_quorum(data, POLICY)
    assert verify_policy(data, POLICY)[0] == HEAD


def proof(data):
    parsed = parse_proof(data)
    if b"\nextra " not in data:
        assert format_proof(parsed) == data
    assert verify_proof(data, ENTRIES[7], POLICY).index == 7


def request(data):
    parsed = parse_add_checkpoint(data)
    assert make_add_checkpoint(parsed.old, parsed.proof, parsed.note) == data
    old = Checkpoint(origin=ORIGIN, size=299, root=TREE.root(299))
    for latest in (None, old):
        decision = decide(parsed, KEYS, latest)
        assert decision.status in (200, 400, 403, 404, 409, 422)
        assert decision.checkpoint is None or decision.checkpoint in (HEAD, old)
        assert not decision.fork


def size_reply(data):
    assert b"%d\n" % parse_size_reply(data) == data


def cosignatures(data):
    assert b"".join(one.line for one in parse_cosignatures(data)) == data
    accept_cosignatures(SIGNED, data, COSIGNERS)


def info(data):
    assert make_mirror_info(parse_mirror_info(data)) == data


def upload(data):
    reader = UploadReader()
    for at in range(0, len(data), 1_000):
        reader.feed(data[at : at + 1_000])
        if reader.upload is not None:
            break
    parsed = reader.upload
    if parsed is None or parsed.end > 300:
        return
    reader.begin(
        Checkpoint(origin=parsed.origin, size=parsed.end, root=TREE.root(parsed.end)),
        leaf_hashes(ENTRIES[parsed.start - parsed.start % 256 : parsed.start]),
    )
    reader.feed(data[at + 1_000 :])
    for package in reader.packages():
        assert package.entries == tuple(ENTRIES[package.start : package.end])


def ranged(data):
    """Hashes offered as leaves and proof of a range."""
    hashes = [data[at : at + 32] for at in range(0, len(data), 32)]
    verify_range(hashes[:9], 40, 300, hashes[9:], HEAD.root)
    assert hashes[:9] == leaf_hashes(ENTRIES[40:49])


RANGE = b"".join((*leaf_hashes(ENTRIES[40:49]), *range_proof(TREE, 40, 49, 300)))
FORMATS = {
    "note": (note, [NOTE, SIGNED, OTHER]),
    "signature line": (signature, LINES.splitlines(keepends=True)),
    "added signature": (added, LINES.splitlines(keepends=True)),
    "checkpoint": (checkpoint, [NOTE, SIGNED, OTHER]),
    "tile path": (
        path,
        [
            tile_path(1, 1234067, 17).encode(),
            tile_path(0, 0).encode(),
            entries_path(12345).encode(),
        ],
    ),
    "tile": (tile, [TILE]),
    "bundle": (bundled, [BUNDLE, bundle(ENTRIES[:3])]),
    "policy": (policy, [POLICY.data, make_policy([], COSIGNERS, 1).data]),
    "judged note": (judged, [NOTE]),
    "proof": (
        proof,
        [PROOF, make_proof(TREE, 0, OTHER), PROOF.replace(b"index", b"extra AA==\nindex", 1)],
    ),
    "add-checkpoint": (request, [REQUEST, make_add_checkpoint(0, [], OTHER)]),
    "witness's size": (size_reply, [b"299\n", b"0\n"]),
    "cosignatures": (cosignatures, [LINES]),
    "add-entries": (upload, [BODY, BODY[:200]]),
    "mirror info": (info, [make_mirror_info(MirrorInfo(size=300, next_entry=256, ticket=b"t"))]),
    "range": (ranged, [RANGE]),
}


@st.composite
def changed(draw, good):
    """Good bytes after one to four of the changes that break parsers."""
    data = bytearray(draw(st.sampled_from(good)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        to = min(len(data), at + draw(st.sampled_from([0, 1, 2, 3, 7, 32, 45, 1_000])))
        match draw(st.integers(0, 6)):
            case 0 if data:
                data[min(at, len(data) - 1)] ^= 1 << draw(st.integers(0, 7))
            case 1:
                del data[at:to]
            case 2:
                data[at:at] = data[at:to]
            case 3:
                data[at:to] = draw(st.binary(max_size=8))
            case 4:
                tokens = [
                    b"\n",
                    b"\n\n",
                    b" ",
                    b"\x00",
                    b"\xff",
                    b"0",
                    b"-1",
                    b"=",
                    b"\r",
                    b"9" * 25,
                ]
                data[at:at] = draw(st.sampled_from(tokens))
            case 5:
                other = draw(st.sampled_from(good))
                data[at:] = other[draw(st.integers(0, len(other))) :]
            case _:
                del data[at:]
    return bytes(data)


@pytest.mark.parametrize("name", FORMATS)
def test_good_bytes_are_read(name):
    read, good = FORMATS[name]
    read(good[0])


@pytest.mark.parametrize("name", FORMATS)
def test_any_bytes_give_a_value_or_the_peer_s_fault(name):
    read, good = FORMATS[name]

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.one_of(changed(good), changed(good), st.binary(max_size=300)))
    def offer(data):
        with contextlib.suppress(PeerFault):
            read(data)

    offer()
