"""A text proposed and signed over a bad network, with crashes: both nodes end with the same one."""

from __future__ import annotations

import random

import pytest
from nodekit import thread
from simkeys import oracle
from simstory import two
from simworld import Faults, SimWorld
from test_agreement_status import declare, renew, valid_world
from test_texts import PEOPLE, S, deadline_of, enrol, propose, sign, take, text_of

from parley.node.entries import MessageSaid
from parley.node.inputs import Say
from parley.node.rules.agreement_status import text_at
from parley.node.rules.text_chain import chain_of, fate_of
from parley.node.state import State, fold, key_of
from parley.world.faults import InputFault

LENGTH_S = 200


class Signing:
    """What the people of two parties do about one text, again and again until it is done."""

    def __init__(self, world: SimWorld, draw: random.Random) -> None:
        self.world, self.draw = world, draw
        self.key = None
        self.left = {("ALFA", name) for name in PEOPLE} | {("BRAVO", name) for name in PEOPLE}
        self.entry = {}
        world.after(1, self.look)

    def look(self) -> None:
        self.world.after(self.draw.uniform(2, 15), self.look)
        if self.world.nodes["ALFA"] and self.key is None:
            self.key = propose(self.world, deadline_of(text_of(self.world), 33.0), in_s=120)
            self.entry["ALFA"] = self.key
        for party, name in sorted(self.left):
            self._sign(party, name)

    def _sign(self, party: str, name: str) -> None:
        crank = self.world.nodes[party]
        if crank is None or self.key is None:
            return
        if party not in self.entry:
            held = self.key in crank.state.scope("AB").terms.proposed
            if not held or self.draw.random() < 0.3:
                return
            try:
                self.entry[party] = take(self.world, party, self.key)
            except InputFault:
                # Its day is past.
                self.left.clear()
                return
        if self.draw.random() < 0.7:
            sign(self.world, party, self.entry[party], name)
            self.left.discard((party, name))


def played(seed: int) -> SimWorld:
    draw = random.Random(f"texts {seed}")
    faults = Faults(
        loss=draw.choice([0.0, 0.1, 0.2]),
        double=draw.choice([0.0, 0.1]),
        delay_s=draw.choice([(0.01, 0.2), (0.5, 3.0)]),
        reorder=draw.random() < 0.2,
    )
    world = SimWorld(seed, two(), Faults())
    world.run(5)
    enrol(world, "ALFA", "BRAVO")
    world.run(3)
    world.faults = faults
    Signing(world, draw)
    for _ in range(draw.randint(1, 3)):
        seconds = draw.uniform(20, 110)
        world.after(draw.uniform(5, 120),
                    lambda s=seconds: world.partition("ALFA", "BRAVO", seconds=s))  # fmt: skip
    for party in ("ALFA", "BRAVO"):
        # Between two acts of a person: what is being written then is what a crash may cost.
        world.after(draw.uniform(60, 190), lambda p=party: world.crash(p, back_after_s=9))
    world.run(LENGTH_S)
    world.heal()
    world.run(60)
    return world


@pytest.mark.row("R8")
def test_both_nodes_end_with_the_same_text_whatever_the_network_does() -> None:
    ends = set()
    for seed in range(24):
        with oracle():
            world = played(seed)
            alfa, bravo = (world.node(party).state for party in ("ALFA", "BRAVO"))
            assert alfa.document("AB") == bravo.document("AB"), seed
            assert alfa.agreement("AB") == bravo.agreement("AB"), seed
            chain = chain_of(alfa.scope("AB"))
            assert chain == chain_of(bravo.scope("AB")), seed
            for proposal in alfa.scope("AB").terms.proposed.values():
                fates = {
                    fate_of(s.scope("AB"), chain[0], proposal, world.now_us).word
                    for s in (alfa, bravo)
                }
                assert len(fates) == 1, seed
                ends |= fates
    assert {"complete", "lapsed"} <= ends, "the network must have told some from others"


@pytest.mark.row("R8")
def test_while_the_ends_go_by_two_texts_they_still_talk() -> None:
    """The last signature is cut off one way alone; the other way messages go on."""
    with oracle():
        world = SimWorld(3, two(), Faults())
        world.run(5)
        enrol(world, "ALFA", "BRAVO")
        key = propose(world, text_of(world), in_s=30)
        sign(world, "ALFA", key)
        world.run(3)
        world.cut.add(("BRAVO", "ALFA"))
        sign(world, "BRAVO", take(world, "BRAVO", key))
        world.run(40)
        assert world.node("BRAVO").state.agreement("AB").version == 2
        assert world.node("ALFA").state.agreement("AB").version == 1
        # New connections, new greetings: each names its text anew.
        world.crash("ALFA", back_after_s=1)
        world.run(5)
        world.cut.clear()
        # What waits goes over before the signature can have been taken in on every path.
        say = Say(agreement="AB", line="LINE-AB", post="desk", to=("BRAVO",),
                  message_type="clearance", fields={"flight": "F1", "zone": "Z1"},
                  confirmed=True)  # fmt: skip
        turned = world.give("ALFA", say)
        said = next(key_of(e) for e in turned.written if isinstance(e.body, MessageSaid))
        world.run(30)
        assert thread(world, "BRAVO", said).said is not None
        assert world.node("ALFA").state.agreement("AB").version == 2


def test_the_views_of_each_moment_are_the_same_from_any_order_of_arrival() -> None:
    """Also who is suspended, withdrawn, until when: folded anew in pieces, in twenty orders."""
    with oracle():
        world = valid_world("consensus", renew_s=100.0)
        renew(world, "ALFA")
        declare(world, "BRAVO", "suspended", effective_us=world.now_us)
        world.run(5)
        declare(world, "BRAVO", "in force")
        renew(world, "BRAVO")
        key = declare(world, "ALFA", "withdrawn", effective_us=world.now_us)
        sign(world, "ALFA", key)
        world.run(10)
        crank = world.node("BRAVO")
        instants = range(world.now_us - 30 * S, world.now_us + 300 * S, 3 * S)
        wanted = [text_at(crank.state, "AB", at_us) for at_us in instants]
        assert len({view.word for view in wanted}) > 1
        assert len({view.suspended for view in wanted}) > 1
        assert len({view.withdrawn for view in wanted}) > 1
        for seed in range(20):
            state = State(identity=crank.state.identity)
            arrive(state, crank.store, random.Random(seed))
            assert [text_at(state, "AB", at_us) for at_us in instants] == wanted, seed


def arrive(state: State, store, draw: random.Random) -> None:
    """Fold every log of a store, each in its own order, in pieces that come as they come."""
    left = dict.fromkeys(store.origins(), 0)
    while left:
        origin = draw.choice(sorted(left))
        start, size = left[origin], store.size(origin)
        end = min(size, start + draw.randint(1, 4))
        entries = store.entries(origin, start, end)
        fold(state, origin, start, entries, store.openings(origin, start, end))
        text_at(state, "AB", 0)
        left[origin] = end
        if end == size:
            del left[origin]
