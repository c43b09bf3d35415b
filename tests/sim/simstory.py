"""Stories in simulated worlds: what people and the world do, and what must hold throughout.

`played(seed)` plays one and checks it. Nine of ten seeds run on hashes in place of signatures
(`simkeys.oracle`); every tenth signs for real.
"""

from __future__ import annotations

import random

import invariants
from simkeys import oracle
from simpeople import Operator
from simworld import Faults, SimWorld

from parley.world.agreement import Agreement, Line, LineEnd, Party
from parley.world.clauses import Acknowledgement, Separation, Suspension
from parley.world.geo import Position
from parley.world.shape import Circle
from parley.world.verdict import EscalationStep
from parley.world.zone import Zone

LENGTH_S = 240.0
CALM_S = 270.0
CHECK_EVERY_S = 30.0


def agreement_of(name: str, parties: tuple[str, ...]) -> Agreement:
    return Agreement(
        id=name,
        parties=tuple(Party(id=p, posts=("desk", "duty-officer", "commander")) for p in parties),
        lines=(
            Line(id=f"LINE-{name}", ends=tuple(LineEnd(party=p, post="desk") for p in parties)),
        ),
        clauses=(
            Separation(id="C1", horizontal_m=5556.0, vertical_m=914.4, dwell_s=180.0),
            Acknowledgement(
                id="C2",
                within_s=60.0,
                message_class="URGENT",
                escalate=(
                    EscalationStep(after_s=60.0, post="duty-officer"),
                    EscalationStep(after_s=180.0, post="commander"),
                ),
            ),
            Suspension(id="C3", notice_s=60.0),
        ),
        zones=(
            Zone(
                id="Z1",
                kind="zone",
                shape=Circle(centre=Position(lat_deg=35.5, lon_deg=38.5), radius_m=8000.0),
                owner=parties[0],
            ),
        ),
    )


def two() -> list[Agreement]:
    return [agreement_of("AB", ("ALFA", "BRAVO"))]


def three() -> list[Agreement]:
    return [
        agreement_of("ABC", ("ALFA", "BRAVO", "CHARLIE")),
        agreement_of("BC", ("BRAVO", "CHARLIE")),
    ]


def played(seed: int, **options: object) -> Story:
    """Return a story that was played to its end and checked.

    Raises:
        invariants.Broken: something does not hold; the text names the seed.
    """
    with oracle(seed % 10 != 0):
        story = Story(seed, **options)
        story.play()
        story.check()
    return story


class Story:
    """What happens in one world: people talk, mistype, sleep; links, clocks and disks fail.

    Attributes:
        network: how bad its network is until it heals.
        clogged: whether some link is clogged for a while.
        orderly: whether no frame is doubled or overtaken and no clock set, so that nobody honest
            may be taken for somebody who replays.

    Args:
        seed: of everything that is drawn.
        tick_s: how often every node is turned; None: when time makes something due.
        along: whether what is cheap to check is checked along the way.
    """

    def __init__(self, seed: int, *, tick_s: float | None = None, along: bool = True) -> None:
        draw = random.Random(f"story {seed}")
        faults = Faults(
            loss=draw.choice([0.0, 0.0, 0.05, 0.2]),
            double=draw.choice([0.0, 0.0, 0.1]),
            delay_s=draw.choice([(0.01, 0.2), (0.5, 3.0), (0.0, 8.0)]),
            reorder=draw.random() < 0.2,
        )
        self.agreements = two() if seed % 2 else three()
        self.world = SimWorld(seed, self.agreements, faults, tick_s=tick_s)
        self.world.people = {
            party: Operator(self.world, party, self.agreements) for party in self.world.identities
        }
        self.random = self.world.random
        self.length_s = LENGTH_S
        self.network, self.clogged = faults, False
        self.orderly = not faults.double and not faults.reorder
        for party in self.world.identities:
            self._plan_operator(party)
        self._plan_network()
        self._plan_crashes()
        self._plan_clocks()
        if along:
            self.world.after(CHECK_EVERY_S, self._check_along)

    def _when(self) -> float:
        return self.random.uniform(0, self.length_s)

    def _plan_operator(self, party: str) -> None:
        person, world = self.world.people[party], self.world
        for _ in range(self.random.randint(2, 6)):
            world.after(self._when(), person.say)
        for _ in range(self.random.randint(0, 2)):
            world.after(self._when(), person.act)
        for _ in range(self.random.randint(0, 2)):
            world.after(self._when(), person.take_alarms)
        for act, chance in (
            (person.distress, 0.3),
            (person.suspend, 0.15),
            (person.flood, 0.04),
        ):
            if self.random.random() < chance:
                world.after(self._when(), act)
        if self.random.random() < 0.3:
            person.sleep(self._when(), self.random.uniform(60, 180))
        start_s = self._when()
        for step in range(self.random.choice([0, 0, 6])):
            world.after(start_s + 5 * step, lambda n=step: person.tracks(n))

    def _plan_network(self) -> None:
        parties = sorted(self.world.identities)
        for _ in range(self.random.randint(0, 2)):
            a, b = self.random.sample(parties, 2)
            seconds, one_way = self.random.uniform(10, 120), self.random.random() < 0.4
            self.world.after(
                self._when(),
                lambda a=a, b=b, s=seconds, o=one_way: self.world.partition(
                    a, b, seconds=s, one_way=o
                ),
            )
        if self.random.random() < 0.25:
            a, b = self.random.sample(parties, 2)
            rate, seconds = self.random.choice([150.0, 600.0, 1200.0]), self.random.uniform(20, 120)
            self.clogged = True
            self.world.after(
                self._when(), lambda: self.world.clog(a, b, bytes_per_s=rate, seconds=seconds)
            )

    def _plan_crashes(self) -> None:
        parties = sorted(self.world.identities)
        for _ in range(self.random.randint(0, 3)):
            party = self.random.choice(parties)
            when = self.random.choice(["now", "before append", "torn", "after append"])
            self.world.after(self._when(), lambda p=party, w=when: self._kill(p, w))
        if self.random.random() < 0.1:
            full, seconds = self.random.choice(parties), self.random.uniform(10, 90)
            self.world.after(self._when(), lambda: self.world.fill_disk(full, seconds=seconds))

    def _kill(self, party: str, when: str) -> None:
        if when == "now":
            self.world.crash(party, back_after_s=self.random.uniform(1, 60))
        else:
            self.world.crash_next[party] = when

    def _plan_clocks(self) -> None:
        for party in sorted(self.world.identities):
            if self.random.random() < 0.4:
                self.world.clock_ppm[party] = self.random.uniform(-200, 200)
            if self.random.random() < 0.15:
                by_s = self.random.choice([-45.0, -5.0, -0.5, 0.5, 5.0, 45.0])
                self.orderly = False
                self.world.after(self._when(), lambda p=party, s=by_s: self.world.step_clock(p, s))

    # ---- the end

    def _check_along(self) -> None:
        for holds in invariants.ALONG_THE_WAY:
            holds(self.world)
        self.world.after(CHECK_EVERY_S, self._check_along)

    def play(self) -> None:
        self.world.run(self.length_s)
        self.world.heal()
        self.world.run(CALM_S)

    def check(self) -> None:
        for holds in invariants.AT_THE_END:
            holds(self.world)
        invariants.nobody_is_accused(self.world, orderly=self.orderly)
