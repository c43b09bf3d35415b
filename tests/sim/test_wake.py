"""A node turned only when `parley.node.wake` says so does what one that ticks each second does."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from simkeys import oracle
from simstory import Story, three, two
from simworld import SECOND_US, Faults, SimWorld

from longer import first_or_all
from parley.node.entries import Entry, LogOpened
from parley.node.inputs import DeclareLine, GiveConsent, Input, Say, Tick
from parley.node.wake import next_turn_us

EVEN = Faults(delay_s=(0.05, 0.05))
"""Frames take the same time each: what is drawn by chance does not depend on how many there are."""


def acts_of(world: SimWorld, ends: int) -> list[tuple[float, str, Input]]:
    """Return a fixed plan of acts: deadlines that pass, notices that expire, lines that rest."""
    plan: list[tuple[float, str, Input]] = []
    for number, (party, other) in enumerate([("ALFA", "BRAVO"), ("BRAVO", "ALFA")] * 4):
        agreement = "AB" if ends == 2 else "ABC"
        say = Say(
            agreement=agreement,
            line=f"LINE-{agreement}",
            post="desk",
            to=(other,),
            message_type="clearance",
            fields={"flight": f"F{number}", "zone": "Z1"},
            answer_within_s=7.3 + 11.9 * number,
        )
        plan.append((10.35 + 23.7 * number, party, say))
    consent = GiveConsent(agreement=agreement, post="desk", addressee="BRAVO")
    notice = Say(
        agreement=agreement,
        line=f"LINE-{agreement}",
        post="desk",
        to=("BRAVO",),
        message_type="humanitarian.notice",
        fields={"place": "P", "window": "W"},
        valid_until_us=world.now_us + 95 * SECOND_US + 400_000,
    )
    rest = DeclareLine(
        agreement=agreement, line=f"LINE-{agreement}", post="desk", value="suspended"
    )
    return [*plan, (20.1, "ALFA", consent), (21.2, "ALFA", notice), (130.6, "BRAVO", rest)]


def entries_of(world: SimWorld, party: str) -> Counter:
    """Return what a party wrote, each as what it says, without when and in what order."""
    state = world.node(party).state
    found: Counter = Counter()
    for entry in all_entries(state):
        if entry.log.party == party and not isinstance(entry.body, LogOpened):
            refs = tuple(ref.log for ref in entry.ref)
            found[(entry.log.origin, entry.type, entry.to, refs, said_in(entry))] += 1
    return found


def said_in(entry: Entry) -> str:
    """Return a body as text, without what a machine makes from the very time it acts at."""
    text = str(entry.body)
    if entry.by != "system" or entry.type == "message.overdue":
        return text
    return re.sub(r"'nonce': '[0-9a-f]+'|_us=\d{16}", "", text)


def all_entries(state: object) -> list[Entry]:
    found: list[Entry] = []
    for scope in state.scopes.values():
        for thread in scope.threads.values():
            found += [e for e in (thread.said,) if e is not None]
            for table in (thread.displayed, thread.answers, thread.checks):
                found += table.values()
            found += [*thread.overdue.values(), *thread.escalated.values()]
        for table in (*scope.custody.values(), *scope.adopted.values(), *scope.line_acts.values()):
            found += table.values()
    return found


def issued_of(world: SimWorld, party: str) -> dict[tuple, list[int]]:
    found: dict[tuple, list[int]] = {}
    for entry in all_entries(world.node(party).state):
        if entry.log.party == party:
            name = (entry.log.origin, entry.type, entry.to, said_in(entry))
            found.setdefault(name, []).append(entry.issued_us)
    return {name: sorted(times) for name, times in found.items()}


@pytest.mark.parametrize("ends", [2, 3])
def test_woken_when_due_and_ticked_each_second_write_the_same_within_a_second(ends: int) -> None:
    worlds = []
    with oracle():
        for tick_s in (1.0, None):
            world = SimWorld(5, two() if ends == 2 else three(), EVEN, tick_s=tick_s)
            for when_s, party, act in acts_of(world, ends):
                world.after(when_s, lambda w=world, p=party, a=act: w.give(p, a))
            world.run(700)
            worlds.append(world)
    ticked, woken = worlds
    assert woken.turns < ticked.turns / 2
    for party in ticked.identities:
        assert entries_of(ticked, party) == entries_of(woken, party)
        late = issued_of(woken, party)
        for name, times in issued_of(ticked, party).items():
            for before, after in zip(times, late[name], strict=True):
                # The start draws up to a second; the links stand up to two seconds apart.
                assert -3 * SECOND_US <= after - before <= 2.5 * SECOND_US, (name, before, after)
    overdue = [name for name in entries_of(woken, "ALFA") if "overdue" in name[1]]
    assert len(overdue) >= 3


class Watched(SimWorld):
    """A world that ticks each second and asks, at each tick, whether `wake` had foreseen it."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        self.foreseen: dict[str, int] = {}
        self.surprises: list[str] = []
        self.looked = 0
        super().__init__(*args, **kwargs)

    def start(self, party: str) -> None:
        self.foreseen.pop(party, None)
        super().start(party)

    def step_clock(self, party: str, by_s: float) -> None:
        # Nobody foresees that his clock is set.
        self.foreseen.pop(party, None)
        super().step_clock(party, by_s)

    def give(self, party: str, event: Input) -> object:
        crank = self.nodes[party]
        due_us = self.foreseen.get(party)
        turned = super().give(party, event)
        # An act that is refused is no turn: what was due by then still is.
        if crank is None or turned is None or self.nodes[party] is not crank:
            return turned
        now_us = self.clock_us(party)
        if isinstance(event, Tick) and due_us is not None:
            self.looked += 1
            did = [e.type for e in turned.written] + [type(f.frame).__name__ for f in turned.frames]
            if did and due_us > now_us:
                self.surprises.append(f"{party} at {now_us}: {did}, foreseen at {due_us}")
        self.foreseen[party] = next_turn_us(crank.state, now_us)
        return turned


@pytest.mark.parametrize("seed", first_or_all([3, 8, 13, 14]))
def test_no_tick_does_anything_that_was_not_foreseen(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simstory.SimWorld", Watched)
    with oracle():
        story = Story(seed, tick_s=1.0)
        story.play()
    assert story.world.looked > 500
    assert not story.world.surprises, story.world.surprises[:5]
