"""Real nodes of a simulated world, their stores written to real files, for proofs from them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from nodekit import do
from simworld import Faults, SimStore, SimWorld

from parley.app.config import read_config
from parley.app.evidence import PARTY
from parley.app.setup import make_node
from parley.node.inputs import Answer, Say
from parley.store.sqlite import Store
from parley.world.agreement import Agreement, Line, LineEnd, Party
from parley.world.clauses import ExclusiveChannel


def drill(*, exclusive: bool | None = None, rules_version: int = 2) -> Agreement:
    """Return the agreement of ALFA and BRAVO, with a line, and a clause about it if asked."""
    clauses = () if exclusive is None else (ExclusiveChannel(id="C9", value=exclusive),)
    return Agreement(
        id="AB",
        parties=tuple(Party(id=party, posts=("desk",)) for party in ("ALFA", "BRAVO")),
        lines=(
            Line(
                id="LINE-AB",
                ends=tuple(LineEnd(party=party, post="desk") for party in ("ALFA", "BRAVO")),
            ),
        ),
        clauses=clauses,
        rules_version=rules_version,
    )


def linked(agreement: Agreement | None = None) -> SimWorld:
    """Return a world of the two, linked and proven."""
    world = SimWorld(7, [agreement or drill()], Faults(delay_s=(0.01, 0.02)))
    world.run(3)
    return world


def say(world: SimWorld, party: str = "ALFA", to: str = "BRAVO", **changes) -> None:
    values = {
        "agreement": "AB", "line": "LINE-AB", "post": "desk", "to": (to,),
        "message_type": "free.text", "text": "a word",
    }  # fmt: skip
    do(world, party, Say(**(values | changes)))
    world.run(3)


def answer(world: SimWorld, party: str, subject: str) -> None:
    """Let a party answer what was said to it with that subject."""
    for thread in list(world.node(party).state.scope("AB").threads.values()):
        said = thread.said
        if said is not None and said.log.party != party and thread.body.subject == subject:
            key = (said.log.origin, said.seq)
            do(world, party, Answer(ref=key, answer="ROGER", post="desk"))
    world.run(3)


def write_node(world: SimWorld, party: str, folder: Path) -> Path:
    """Write a node's folder: its mirror key, and all that it holds."""
    make_node(folder, party=party, listen="127.0.0.1:1", http="127.0.0.1:0")
    seed = hashlib.sha256(party.encode()).hexdigest()
    (folder / "keys" / "mirror.key").write_text(f"parley-seed/1 {party} mirror {seed}\n")
    sim = world.stores[party]
    with Store(folder / read_config(folder / "node.toml").store) as store:
        store.put_meta(PARTY, party)
        for origin in sim.origins():
            write_log(sim, store, origin)
    return folder


def write_log(sim: SimStore, store: Store, origin: str) -> None:
    """Write a log of a simulated store to a real one, with what others said of it."""
    first = 0
    for size, note in sorted(sim.heads[origin].items()):
        if size > sim.size(origin):
            continue
        openings = sim.openings(origin, first, size)
        store.append(origin, first, sim.entries(origin, first, size), note, openings)
        first = size
    for each in sim.cosignatures(origin):
        store.put_cosignature(origin, each.size, each.cosigner, each.line)
    for each in sim.entry_receipts(origin, 0, first):
        store.put_entry_receipt(origin, each.index, each.peer, each.data)
