"""Parties that file intents over links that are cut: what both must see when they are back.

`played(seed)` plays one world and checks it: clocks that are wrong, links that are cut while
overlapping intents are filed in the same second, versions changed, moved and cancelled meanwhile,
some of them sealed; two or three parties.
"""

from __future__ import annotations

import random

import msgspec
from simkeys import oracle
from simstory import agreement_of
from simworld import SECOND_US, Faults, SimWorld

from parley.node.agreement_inputs import MoveIntent
from parley.node.entries import AlertRaised
from parley.node.inputs import ChangeIntent, FileIntent
from parley.node.intent_table import Held
from parley.node.rules.intent_record import intents_of, read_intents
from parley.node.rules.overlaps import Conflict, conflicts_of, waiting
from parley.world.clauses import IntentLimits, Priority
from parley.world.geo import Position
from parley.world.intent import TRANSITIONS, Intent, IntentState
from parley.world.shape import Circle
from parley.world.volume import VerticalLimit, Volume4D

CLOCKS_APART_S = 3.0
CUT_S = 60.0
AFTER_S = 60.0
NAME = "AB"


class IntentWorld:
    """One world and what is filed in it.

    Attributes:
        world: the simulation.
        parties: those in it.
        filed: intents filed so far, by party.
    """

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(f"intents {seed}")
        self.parties = (
            ("ALFA", "BRAVO") if self.draw.random() < 0.6 else ("ALFA", "BRAVO", "CHARLIE")
        )
        clauses = self._clauses()
        base = agreement_of(NAME, self.parties)
        agreement = msgspec.structs.replace(base, clauses=(*base.clauses, *clauses))
        self.world = SimWorld(seed, [agreement], Faults(delay_s=(0.01, 0.3)))
        for party in self.parties:
            apart_us = round(self.draw.uniform(-CLOCKS_APART_S, CLOCKS_APART_S) * SECOND_US)
            self.world.clock_offset_us[party] = apart_us
        self.filed: dict[str, list[str]] = {party: [] for party in self.parties}
        self.world.run(5)

    def _clauses(self) -> list[Priority | IntentLimits]:
        found: list[Priority | IntentLimits] = []
        if self.draw.random() < 0.7:
            found.append(Priority(id="P1", order=("rescue", "fire", "routine")))
        if self.draw.random() < 0.3:
            found.append(IntentLimits(id="L1", standing_max=self.draw.randint(2, 4)))
        return found

    def play(self) -> None:
        """File before, during and after the cut, and let the links come back."""
        for party in self.parties:
            if self.draw.random() < 0.5:
                self.file(party)
        self.world.run(5)
        for party in self.parties:
            for other in self.parties:
                if party < other:
                    self.world.partition(party, other, seconds=3_600.0)
        self.world.run(2)
        for party in self.parties:
            for _ in range(self.draw.randint(1, 2)):
                self.file(party)  # all in the same second
        for _ in range(self.draw.randint(0, 6)):
            self.world.run(self.draw.uniform(0.5, CUT_S / 6))
            self.change(self.draw.choice(self.parties))
        self.world.heal()
        self.world.run(AFTER_S)
        for _ in range(self.draw.randint(0, 2)):
            self.change(self.draw.choice(self.parties))
        self.world.run(AFTER_S)

    def file(self, party: str) -> None:
        """File one more intent near the others, sometimes to some parties only."""
        name = f"I{len(self.filed[party])}"
        others = [other for other in self.parties if other != party]
        to = tuple(sorted(self.draw.sample(others, 1))) if self.draw.random() < 0.25 else ()
        now_us = self.world.clock_us(party)
        from_us = now_us + round(self.draw.uniform(60, 900)) * SECOND_US
        low_m = 304.8 * self.draw.randint(3, 8)
        volumes = tuple(
            Volume4D(
                shape=Circle(
                    centre=Position(
                        lat_deg=35.0 + self.draw.uniform(0.0, 0.08),
                        lon_deg=179.98 + self.draw.uniform(0.0, 0.0199),
                    ),
                    radius_m=self.draw.uniform(500.0, 5_000.0),
                ),
                lower=VerticalLimit(value_m=low_m, reference="AMSL"),
                upper=VerticalLimit(
                    value_m=low_m + 304.8 * self.draw.randint(1, 6), reference="AMSL"
                ),
                from_us=from_us + leg * 600 * SECOND_US,
                to_us=from_us + (leg + 1) * 600 * SECOND_US + 30 * SECOND_US,
            )
            for leg in range(self.draw.randint(1, 3))
        )
        intent = Intent(
            id=name,
            party=party,
            flight=f"{party}-{name}",
            priority=self.draw.choice(("rescue", "fire", "routine", "routine")),
            volumes=volumes,
        )
        act = FileIntent(agreement=NAME, post="desk", intent=intent, addressees=to)
        if self.world.give(party, act) is not None:
            self.filed[party].append(name)

    def change(self, party: str) -> None:
        """Move, activate or cancel one of a party's intents."""
        if not self.filed[party]:
            return
        name = self.draw.choice(self.filed[party])
        state = self.world.node(party).state
        held = read_intents(state, state.scope(NAME)).held[party, name]
        kind = self.draw.random()
        if kind < 0.6 and held.state is not IntentState.ENDED:
            self.world.give(party, self._move(name))
            return
        if TRANSITIONS[held.state]:
            new = self.draw.choice(sorted(TRANSITIONS[held.state]))
            self.world.give(
                party, ChangeIntent(agreement=NAME, post="desk", intent=name, state=new)
            )

    def _move(self, name: str) -> MoveIntent:
        how = self.draw.choice(("delay_s", "extend_s", "climb_m", "north_m"))
        by = {"delay_s": 120, "extend_s": 60, "climb_m": 304.8, "north_m": 800.0}[how]
        return MoveIntent(agreement=NAME, post="desk", intent=name, **{how: by})

    # ---- what must hold --------------------------------------------------------------------------

    def broken(self) -> list[str]:
        """Return what does not hold."""
        found = []
        for place, one in enumerate(self.parties):
            for other in self.parties[place + 1 :]:
                found += self._seen_alike(one, other)
        for party in self.parties:
            found += self._alerts_of(party)
            found += self._held_by(party)
        return found

    def _held(self, party: str) -> dict[tuple[str, str], Held]:
        state = self.world.node(party).state
        return read_intents(state, state.scope(NAME)).held

    def _conflicts(self, party: str) -> tuple[Conflict, ...]:
        state = self.world.node(party).state
        # By the true time at every node: clocks differ, and with them what is over just then.
        return conflicts_of(state, state.scope(NAME), self.world.now_us)

    def _seen_alike(self, one: str, other: str) -> list[str]:
        """Return how two parties differ about what is between them and both hold."""
        seen = []
        for party in (one, other):
            between = {
                (each.first, each.second): each
                for each in self._conflicts(party)
                if {each.first.partition("/")[0], each.second.partition("/")[0]} == {one, other}
                and (each.audience is None or {one, other} <= set(each.audience))
            }
            seen.append(between)
        if seen[0] != seen[1]:
            return [
                f"{one} and {other} see different conflicts: {sorted(seen[0])}, {sorted(seen[1])}"
            ]
        return []

    def _alerts_of(self, party: str) -> list[str]:
        """Return how a party's alerts are not one for each conflict that it sees."""
        scope = self.world.node(party).state.scope(NAME)
        standing = [
            entry.body.key
            for entry in scope.index.open_alerts.values()
            if entry.log.party == party
            and isinstance(entry.body, AlertRaised)
            and entry.body.what == "intent overlap"
        ]
        wanted = sorted(f"overlap:{each.first}:{each.second}" for each in self._conflicts(party))
        found = []
        if sorted(standing) != wanted:
            found.append(f"{party} has alerts {sorted(standing)}, wanted {wanted}")
        raised = [
            entry.body.key
            for entry in scope.alerts.values()
            if entry.log.party == party and isinstance(entry.body, AlertRaised)
        ]
        if len(set(raised)) != len(raised):
            found.append(f"{party} raised an alert twice: {sorted(raised)}")
        if waiting(self.world.node(party).state, scope):
            found.append(f"{party} has not compared everything")
        return found

    def _held_by(self, party: str) -> list[str]:
        """Return what a party holds of others and may not, or holds otherwise than they do."""
        found = []
        state = self.world.node(party).state
        for name, view in intents_of(state, state.scope(NAME)).items():
            if view.audience is not None and party not in view.audience:
                found.append(f"{party} holds {name}, which is for {view.audience}")
            own = self._held(name[0])[name]
            here = self._held(party)[name]
            if (own.version, own.state) != (here.version, here.state):
                found.append(
                    f"{party} has {name} as {here.version} {here.state}, not {own.version}"
                )
        for writer in self.parties:
            for name, own in self._held(writer).items():
                for_all = own.audience is None or party in own.audience
                if name[0] == writer and for_all and name not in self._held(party):
                    found.append(f"{party} lacks {name}")
        return found


def played(seed: int) -> IntentWorld:
    """Return a world that was played to its end; asserts what must hold in it."""
    with oracle(seed % 10 != 0):
        world = IntentWorld(seed)
        world.play()
        broken = world.broken()
    assert not broken, f"seed {seed}: {'; '.join(broken)}"
    return world
