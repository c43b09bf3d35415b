"""Asking what is due once an instant writes what asking after every input writes, to the byte."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from app.demokit import LocalNodes, Notes
from longer import first_or_all
from parley.app.cli.replay import read_scenario
from parley.app.crank import Crank
from parley.app.demo_conductor import Conductor, Pace
from parley.app.demo_flights import FlightPlan
from parley.app.demo_plan import plan_scenario
from parley.node.step import step
from wire.agreementkit import EXAMPLES


def played(name: str) -> dict[str, dict[str, list[bytes]]]:
    """Return the logs of every party after an example was played where time stands meanwhile."""
    plan = plan_scenario(read_scenario(EXAMPLES.parent / name))
    nodes = LocalNodes(msgspec.structs.replace(plan, flights=FlightPlan()))
    asyncio.run(Conductor(plan, nodes, Notes(), Pace(None)).play())
    return {party: dict(crank.store.logs) for party, crank in nodes.cranks.items()}


@pytest.mark.parametrize(
    "name", first_or_all(["india-pakistan-1991", "letter-of-agreement", "syria-2017-06"])
)
def test_a_node_that_rests_writes_what_one_that_asks_after_every_input_does(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = [0, 0]
    take = Crank.take

    def counted(state, now_us, event):
        steps[0] += 1
        return step(state, now_us, event)

    monkeypatch.setattr("parley.app.crank.step", counted)
    rested = played(name)
    steps.reverse()

    def restless(crank, now_us, event):
        crank._rested_us = None
        return take(crank, now_us, event)

    monkeypatch.setattr(Crank, "take", restless)
    assert played(name) == rested
    assert sum(map(len, next(iter(rested.values())).values())) > 20
    assert steps[1] < steps[0], "it did rest"
