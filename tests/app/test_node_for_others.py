"""A running node beside other people's tools: served tiles, an outside witness, a static folder."""

from __future__ import annotations

import hashlib
import re

from app.twonodes import WEB, free_port, make_pair, running, say, until
from parley.app.config import load_node
from parley.store.sqlite import Store
from parley.trust.checkpoint import open_checkpoint, verify_cosignature
from parley.trust.note import parse_unverified_note
from parley.trust.tiles import parse_tile_path
from parley.trust.tree import leaf_hashes

LINE = re.compile(r"parley\.example/AGR-1/COAL/line/\d{4}$")


def test_a_node_serves_publishes_and_is_cosigned_by_an_outside_witness(tmp_path):
    files = make_pair(tmp_path)
    port = free_port()
    # RUS stands for the outside witness: any C2SP witness answers the same way.
    rus = load_node(files["RUS"]).identity.keys
    served = free_port()
    files["RUS"].write_text(files["RUS"].read_text() + f"\n[c2sp]\nport = {port}\n")
    files["COAL"].write_text(
        files["COAL"].read_text()
        + f'\n[c2sp]\nport = {served}\nentries = true\n\n[publish]\nfolder = "public"\n'
        + f'\n[[witness]]\nname = "rus"\nurl = "http://127.0.0.1:{port}"\n'
        + f'vkey = "{rus.witness.verifier.vkey}"\n'
    )
    setup = load_node(files["COAL"])
    with running(files) as nodes:
        for n in range(5):
            nodes["COAL"].act(**say(text=f"number {n}"))
        origin = next(
            log["origin"] for log in nodes["COAL"].get("/api/logs") if LINE.match(log["origin"])
        )
        at = hashlib.sha256(origin.encode()).hexdigest()
        folder = tmp_path / "COAL" / "public" / at

        def cosigned() -> bytes:
            note = WEB.get(f"http://127.0.0.1:{served}/{at}/checkpoint").content
            names = [line.name for line in parse_unverified_note(note).signatures]
            return note if "parley/RUS/witness" in names else b""

        until(cosigned)
        until((folder / "checkpoint").exists)

        def caught_up() -> bool:
            head = open_checkpoint(
                (folder / "checkpoint").read_bytes(), setup.identity.keys.log.verifier
            )
            return head.size >= 6

        until(caught_up)
        note = cosigned()
        head = open_checkpoint(note, setup.identity.keys.log.verifier, origin)
        verify_cosignature(note, rus.witness.verifier)
        tile = WEB.get(f"http://127.0.0.1:{served}/{at}/tile/0/000.p/{head.size}").content
    with Store(setup.store) as store:
        leaves = leaf_hashes(store.entries(origin, 0, head.size))
    assert tile == b"".join(leaves)
    published = open_checkpoint(
        (folder / "checkpoint").read_bytes(), setup.identity.keys.log.verifier
    )
    path = parse_tile_path(f"tile/0/000.p/{published.size}").path
    assert (folder / path).read_bytes() == b"".join(leaves)[: published.size * 32]
    assert not any("private" in str(each) for each in folder.parent.rglob("*"))
