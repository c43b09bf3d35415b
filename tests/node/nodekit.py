"""Two linked nodes on a good network, for the tests of single rules."""

from __future__ import annotations

import base64
from unittest.mock import patch

import msgspec
from simstory import two
from simworld import Faults, SimWorld

from parley.node.encoding import encode_entry
from parley.node.entries import Body, Draft, Entry, LogName, MessageSaid, Reference, kind_of
from parley.node.frames import (
    Heads,
    Hello,
    Prove,
    heads_message,
    hello_message,
    session_info,
)
from parley.node.inputs import Input, Say
from parley.node.rules.hotline import find_thread
from parley.node.state import Key, Thread, key_of
from parley.trust.bytes import sha256_hex
from parley.trust.seal import seal
from parley.world.agreement_document import canonical_document
from parley.world.faults import InputFault


def pair(agreements=None, *, tick_s: float | None = None) -> SimWorld:
    """Return a world of ALFA and BRAVO (or the parties of the agreements), linked and proven.

    Its nodes are turned when time makes something due, as a real one is.
    """
    world = SimWorld(1, agreements or two(), Faults(delay_s=(0.001, 0.002)), tick_s=tick_s)
    world.run(3)
    return world


def ticked_pair(agreements=None) -> SimWorld:
    """Return the same with a turn each second besides.

    For tests that change a node's state past its only door, which no node can foresee.
    """
    return pair(agreements, tick_s=1.0)


def pair_of_two_texts(title: str = "another text") -> SimWorld:
    """Return a world in which BRAVO was set up with another text of the agreement than ALFA."""
    world = SimWorld(1, two(), Faults(delay_s=(0.001, 0.002)))
    world.stop("BRAVO")
    identity = world.identities["BRAVO"]
    other = msgspec.structs.replace(identity.agreements["AB"], title=title)
    identity.agreements["AB"] = other
    identity.documents["AB"] = canonical_document(other)
    world.start("BRAVO")
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
        # What a test says is meant so, whatever the guard asks (`test_guard` lets it ask).
        "confirmed": True,
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
    """Let a party's node sign any entry into its own log, past all rules, and return its place.

    Also past the limits that every node reads by: who is hostile does not look at them.
    """
    crank = world.node(party)
    name = LogName(agreement=agreement, party=party, kind=kind_of(body), year=year)
    draft = Draft(agreement=agreement, by="desk", body=body, **envelope)
    seq = crank.state.log(name.origin).tree.size
    at_us = world.now_us if issued_us is None else issued_us
    with patch("parley.node.encoding._require_readable"):
        data = encode_entry(draft, log=name, seq=seq, issued_us=at_us, seen={})
    crank.append_exact(name.origin, seq, [data])
    world.wake_soon(party)
    return (name.origin, seq)


def greeting(world: SimWorld, party: str, peer: str, nonce: str) -> Hello:
    """Return what anybody can send who has read a party's greeting: nothing in it is secret."""
    identity = world.identities[party]
    return Hello(
        party=party,
        peer=peer,
        nonce=nonce,
        seal=base64.b64encode(identity.keys.seal.public).decode(),
        agreements={
            name: sha256_hex(identity.documents[name].encode())
            for name in identity.shared_with(peer)
        },
    )


def proof(world: SimWorld, party: str, peer: str, nonce: str, secret: bytes) -> Prove:
    """Return the proof that a party's real link key signs, with its session key for the peer."""
    public = world.identities[peer].keys.seal.public
    box = base64.b64encode(seal(public, session_info(party, peer, nonce), secret)).decode()
    message = hello_message(party, peer, nonce, box)
    return Prove(signature=world.identities[party].keys.link.sign(message).hex(), box=box)


def signed_heads(
    world: SimWorld, party: str, peer: str, nonce: str, heads: dict[str, int], at_us: int
) -> Heads:
    """Return a heartbeat that a party's real link key signed."""
    plain = Heads(at_us=at_us, heads=heads, signature="")
    message = heads_message(party, peer, nonce, plain)
    signature = world.identities[party].keys.link.sign(message).hex()
    return msgspec.structs.replace(plain, signature=signature)


def reference(world: SimWorld, party: str, key: Key) -> Reference:
    """Return the true reference to an entry that a node holds."""
    return world.node(party).state.reference(key)
