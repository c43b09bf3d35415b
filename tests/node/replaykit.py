"""Messages of an example scenario, replayed by operators of simulated nodes at their own times."""

from __future__ import annotations

import functools
from collections.abc import Collection
from pathlib import Path

import msgspec
from nodekit import do, reference
from simworld import SECOND_US, Faults, SimWorld

from parley.app.demo_plan import Cue, Plan, Reply, plan_scenario
from parley.node.entries import MessageAnswered, MessageSaid
from parley.node.inputs import Answer, Display, Say
from parley.node.state import Key, key_of
from parley.wire.scenario import GEOMETRY_NAME, TIMELINE_NAME, scenario_from_documents

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@functools.cache
def plan(name: str) -> Plan:
    """Return the plan of an example scenario."""
    folder = EXAMPLES / name
    texts = ((folder / each).read_bytes() for each in (TIMELINE_NAME, GEOMETRY_NAME))
    return plan_scenario(scenario_from_documents(*texts))


class Replay:
    """A world in which chosen messages of a scenario are said again, as far apart as they were.

    `keys`: where each stands, by its number in the scenario.
    """

    def __init__(self, name: str, numbers: Collection[int]) -> None:
        self._plan = plan(name)
        cues = [c for c in self._plan.cues if c.seq in numbers and isinstance(c.do, Say | Reply)]
        self._cues = sorted(cues, key=lambda cue: (cue.at_us, cue.rank))
        parties = {party for cue in cues for party in (cue.party, *getattr(cue.do, "to", ()))}
        names = {cue.do.agreement for cue in cues if isinstance(cue.do, Say)}
        agreements = [a for a in self._plan.agreements if a.id in names]
        self.world = SimWorld(1, agreements, Faults(delay_s=(0.001, 0.002)), tick_s=None)
        assert parties <= set(self.world.identities)
        self.world.run(3)
        self._first_us = self._cues[0].at_us
        self.shift_us = self.world.now_us - self._first_us
        self.keys: dict[int, Key] = {}

    def until(self, seconds: float) -> None:
        """Say everything up to so long after the first message, and let that time pass."""
        until_us = self._first_us + round(seconds * SECOND_US)
        while self._cues and self._cues[0].at_us <= until_us:
            cue = self._cues.pop(0)
            self._run_to(cue.at_us + self.shift_us)
            self._give(cue)
        self._run_to(until_us + self.shift_us)

    def all(self, after_s: float = 0.0) -> None:
        """Say everything that is left, and let some time pass after it."""
        if self._cues:
            self.until((self._cues[-1].at_us - self._first_us) / SECOND_US)
        self.world.run(after_s)

    def _run_to(self, at_us: int) -> None:
        self.world.run(max(0.0, (at_us - self.world.now_us) / SECOND_US))

    def _give(self, cue: Cue) -> None:
        if isinstance(cue.do, Reply):
            key = self.keys[cue.do.of]
            do(self.world, cue.party, Display(ref=key, post=cue.do.post))
            act: Say | Answer = cue.do.answering(key)
        else:
            assert isinstance(cue.do, Say)
            about = self.keys.get(cue.of) if cue.of is not None else None
            ref = (reference(self.world, cue.party, about),) if about else ()
            act = msgspec.structs.replace(cue.do, ref=ref)
        written = do(self.world, cue.party, act)
        body = MessageAnswered if isinstance(cue.do, Reply) else MessageSaid
        self.keys[cue.seq or 0] = key_of(next(e for e in written if isinstance(e.body, body)))
