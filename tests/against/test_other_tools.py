"""Our logs as other people's tools read them: Go's tlog, a browser's WebCrypto, npm's Sigstore."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest

from against.gotools import built, run_program
from app.test_c2sp import AT_US, MIRROR, Log, origin_of, served
from parley.app.c2sp import Doors
from parley.app.c2sp_reading import Reader
from parley.store.sqlite import Store
from parley.store.tilefolder import TileFolder
from parley.trust.checkpoint import Checkpoint, sign_checkpoint
from parley.trust.keys import SigningKey
from parley.trust.proof import Proof, format_proof, make_proof, parse_proof
from parley.trust.tiles import entries_path, tile_path
from parley.trust.tree import Tree

ORIGIN = "parley.example/AGR-1/COAL/line/2026"
KEY = SigningKey(b"\x07" * 32, name=ORIGIN, role="log")
SIZES = (1, 2, 255, 256, 257, 700)
BIG = 66_000
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    return built(tmp_path_factory) / "reader"


def entries_of(size: int) -> list[bytes]:
    return [b'{"seq":%d,"text":"%s"}' % (n, b"x" * (n % 40)) for n in range(size)]


def published(folder: Path, size: int) -> tuple[Tree, list[bytes], bytes]:
    """Publish a log of that size as a folder, at a few sizes before."""
    entries = entries_of(size)
    folder.mkdir()
    tiles = TileFolder(folder, bundles=True)
    tree, note = Tree(), b""
    for at in sorted({size // 3, size - 1, size} - {0}):
        for entry in entries[tree.size : at]:
            tree.append(entry)
        note = sign_checkpoint(KEY, Checkpoint(origin=ORIGIN, size=at, root=tree.root()))
        tiles.publish(tree, note, lambda start, end: entries[start:end])
    return tree, entries, note


def proof_lines(tree: Tree, index: int, note: bytes) -> list[str]:
    """Return what our proof file says above its checkpoint."""
    text = make_proof(tree, index, note).decode()
    return text.split("\n\n")[0].split("\n")[1:]


def check_reader(
    program: Path, place: str, vkey: str, tree: Tree, entries: list[bytes], note: bytes
):
    indices = sorted({0, tree.size // 2, tree.size - 1, *range(0, tree.size, 97)})[:300]
    code, said = run_program(program, place, vkey, *indices)
    assert code == 0, said
    digest = hashlib.sha256(b"".join(entries)).hexdigest()
    wanted = [line for index in indices for line in proof_lines(tree, index, note)]
    assert said.split("\n") == [f"intact {tree.size} {digest}", *wanted]


@pytest.mark.parametrize("size", [*SIZES, BIG])
def test_go_reads_every_entry_of_a_published_folder_and_makes_our_proofs(reader, tmp_path, size):
    tree, entries, note = published(tmp_path / "log", size)
    place = str(tmp_path / "log")
    check_reader(reader, place, KEY.verifier.vkey, tree, entries, note)


@pytest.mark.parametrize(
    "path", [tile_path(0, 0), tile_path(0, 2, 188), entries_path(1), entries_path(2, 188)]
)
def test_go_refuses_a_changed_tile_or_bundle(reader, tmp_path, path):
    published(tmp_path / "log", 700)
    file = tmp_path / "log" / path
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    code, said = run_program(reader, tmp_path / "log", KEY.verifier.vkey)
    assert (code, said[:11]) == (1, "not intact:"), said


def test_go_reads_what_a_node_serves(reader, tmp_path):
    with Store(tmp_path / "node.db") as store:
        log = Log(store, origin_of())
        log.grow(3, 250, 250, 97)
        doors = Doors(Reader(store, "COAL", MIRROR, lambda: AT_US, entries=True))
        entries = store.entries(log.origin, 0, log.tree.size)
        vkey = log.key.verifier.named(log.origin).vkey
        with served(doors) as port:
            place = f"http://127.0.0.1:{port}/{log.origin}"
            check_reader(reader, place, vkey, log.tree, entries, log.head())


# ---- JavaScript ---------------------------------------------------------------------------------


def node_runs(script: Path, folder: Path, entry: bytes, proof: bytes, vkey: str, *more: object):
    """Return the exit code of a script that is given an entry and its proof, and what it says."""
    given = {"entry": base64.b64encode(entry).decode(), "proof": proof.decode(), "vkey": vkey}
    (folder / "given.json").write_text(json.dumps(given))
    return run_program("node", script, folder / "given.json", *more)


def check_script(script: Path, folder: Path, *more: object) -> None:
    """Check that a script verifies good proofs and refuses bad ones."""
    if shutil.which("node") is None:
        pytest.skip("node is not on this machine")
    tree, entries, note = published(folder / "log", 257)
    vkey = KEY.verifier.vkey
    for index in (0, 100, 255, 256):
        proof = make_proof(tree, index, note)
        said = node_runs(script, folder, entries[index], proof, vkey, *more)
        assert said == (0, f"intact: entry {index} of 257")
    proof = make_proof(tree, 7, note)
    parts = parse_proof(proof)
    hashes = (*parts.hashes[:-1], bytes(32))
    other = SigningKey(b"\x08" * 32, name=ORIGIN, role="log").verifier.vkey
    changed = note.replace(b"\n257\n", b"\n258\n")
    for entry, bad, key in (
        (entries[8], proof, vkey),
        (entries[7], proof, other),
        (entries[7], format_proof(Proof(index=7, hashes=hashes, checkpoint=note)), vkey),
        (entries[7], format_proof(Proof(index=7, hashes=parts.hashes, checkpoint=changed)), vkey),
    ):
        code, said = node_runs(script, folder, entry, bad, key, *more)
        assert (code, said[:11]) == (1, "not intact:"), said


def test_webcrypto_verifies_a_head_and_the_proof_of_an_entry(tmp_path):
    check_script(HERE / "webcrypto.mjs", tmp_path)


def test_the_code_of_sigstore_verifies_a_head_and_the_proof_of_an_entry(tmp_path):
    """Node's packages are not fetched by a test: whoever has them says where they are."""
    modules = os.environ.get("PARLEY_NODE_MODULES")
    if modules is None:
        pytest.skip("PARLEY_NODE_MODULES names no folder with @sigstore/verify in it")
    check_script(HERE / "sigstore.cjs", tmp_path, Path(modules).resolve())
