"""A seat in the demo: what its party is asked is left to who sits there; time goes evenly."""

from __future__ import annotations

import asyncio
import itertools

import msgspec
import pytest

from app.demokit import LocalNodes, Notes
from parley.app.cli.replay import read_scenario
from parley.app.demo_conductor import Conductor, Pace
from parley.app.demo_flights import FlightPlan
from parley.app.demo_plan import Reply, Shown, plan_scenario
from parley.app.demo_seat import SEAT_STEP_US, seated
from parley.app.demo_units import UnitTold
from parley.world.faults import InputFault
from wire.agreementkit import EXAMPLES


@pytest.fixture(scope="module")
def plan():
    made = plan_scenario(read_scenario(EXAMPLES.parent / "syria-2017-06"))
    return msgspec.structs.replace(made, flights=FlightPlan())


def test_only_the_words_of_who_sits_there_are_left_out(plan) -> None:
    sat = seated(plan, "COAL")
    gone = [cue for cue in plan.cues if cue not in sat.cues]
    assert gone
    assert all(cue.party == "COAL" and isinstance(cue.do, Reply | Shown | UnitTold) for cue in gone)
    assert any(cue.party == "RUS" and isinstance(cue.do, Reply) for cue in sat.cues)
    assert sat.seat == "COAL"


def test_a_party_without_a_node_has_no_seat(plan) -> None:
    with pytest.raises(InputFault, match="did you mean 'COAL'"):
        seated(plan, "COAl")


def test_nobody_answers_in_the_place_of_who_sits_there(plan) -> None:
    """An exercise that answered for its pupil would teach that somebody always does."""
    short = msgspec.structs.replace(seated(plan, "RUS"), ends_us=plan.begins_us + 400_000_000)
    nodes, steps = LocalNodes(short), []

    class Counted(Conductor):
        async def _step(self, now_us: int) -> None:
            steps.append(now_us)
            await super()._step(now_us)

    asyncio.run(Counted(short, nodes, Notes(), Pace(None)).play())
    state = nodes.cranks["COAL"].state
    threads = [t for scope in state.scopes.values() for t in scope.messages()]
    asked = [t for t in threads if t.said is not None and "RUS" in t.said.to]
    assert asked
    assert not any(
        e.log.party == "RUS" and e.by != "system" for t in asked for e in t.answers.values()
    )
    assert any(t.overdue for t in asked), "its deadline passed, and that is told"
    assert short.seat_from_us < min(t.said.issued_us for t in asked)
    later = [at_us for at_us in steps if at_us >= short.seat_from_us]
    assert max(b - a for a, b in itertools.pairwise(later)) <= SEAT_STEP_US
