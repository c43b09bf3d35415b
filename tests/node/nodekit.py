"""Two linked nodes on a good network, for the tests of single rules."""

from __future__ import annotations

from simstory import two
from simworld import Faults, SimWorld

from parley.node.entries import (
    Body,
    Draft,
    Entry,
    LogName,
    MessageSaid,
    Reference,
    encode_entry,
    kind_of,
)
from parley.node.inputs import Input, Say
from parley.node.rules.hotline import find_thread
from parley.node.state import Key, Thread, key_of
from parley.world.faults import InputFault


def pair(agreements=None) -> SimWorld:
    """Return a world of ALFA and BRAVO (or the parties of the agreements), linked and proven."""
    world = SimWorld(1, agreements or two(), Faults(delay_s=(0.001, 0.002)))
    world.run(3)
    return world


def do(world: SimWorld, party: str, act: Input) -> list[Entry]:
    """Do an act and return what was written; a refusal is raised, as an operator would see it."""
    before = len(world.refusals)
    turned = world.give(party, act)
    if len(world.refusals) > before:
        raise InputFault(world.refusals[-1])
    assert turned is not None
    return turned.written


def say(
    world: SimWorld, party: str = "ALFA", to: str | tuple[str, ...] = "BRAVO", **changes
) -> Key:
    """Say something and return its place."""
    values = {
        "agreement": "AB",
        "line": "LINE-AB",
        "post": "desk",
        "to": (to,) if isinstance(to, str) else to,
        "message_type": "clearance",
        "fields": {"flight": "F1", "zone": "Z1"},
    } | changes
    written = do(world, party, Say(**values))
    return key_of(next(e for e in written if isinstance(e.body, MessageSaid)))


def thread(world: SimWorld, party: str, key: Key) -> Thread:
    """Return a thread as one node holds it."""
    return find_thread(world.node(party).state, key)[1]


def write_as(
    world: SimWorld,
    party: str,
    body: Body,
    *,
    agreement: str = "AB",
    issued_us: int | None = None,
    year: int = 2026,
    **envelope,
) -> Key:
    """Let a party's node sign any entry into its own log, past all rules, and return its place."""
    crank = world.node(party)
    name = LogName(agreement=agreement, party=party, kind=kind_of(body), year=year)
    draft = Draft(agreement=agreement, by="desk", body=body, **envelope)
    seq = crank.state.log(name.origin).tree.size
    at_us = world.now_us if issued_us is None else issued_us
    data = encode_entry(draft, log=name, seq=seq, issued_us=at_us, seen={})
    crank._append_own(name.origin, seq, [data])
    return (name.origin, seq)


def reference(world: SimWorld, party: str, key: Key) -> Reference:
    """Return the true reference to an entry that a node holds."""
    return world.node(party).state.reference(key)
