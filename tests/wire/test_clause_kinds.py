"""Clauses of a scenario that came with the line: time to yield, what a line runs over."""

from __future__ import annotations

import pytest

from parley.world.clauses import Bearer, Yield
from wire.test_scenario import changed, refused

YIELD = {"id": "F8", "kind": "yield", "of": ["priority_intent"], "within": "PT7M"}
BEARER = {"id": "F9", "kind": "bearer", "line": "LINE-FIRE", "delay": "PT2S", "rate_bps": 9600}


def add(*clauses):
    def change(timeline, _) -> None:
        timeline["agreements"][1]["clauses"].extend(clauses)

    return change


@pytest.mark.row("R14")
def test_time_to_yield_and_the_bearer_are_read_in_si() -> None:
    found = changed("wildfire-civil", add(YIELD, BEARER)).agreements[1].clauses
    assert found[-2:] == (
        Yield(id="F8", within_s=420.0, of=("priority.intent",)),
        Bearer(id="F9", delay_s=2.0, rate_bps=9600.0, line="LINE-FIRE"),
    )


@pytest.mark.parametrize(
    ("clause", "match"),
    [
        (YIELD | {"within": "soon"}, "soon"),
        (YIELD | {"of": ["priority_intend"]}, "priority_intent"),
        (BEARER | {"rate": 9600}, "rate_bps"),
        (BEARER | {"rate_bps": 0}, "rate_bps"),
    ],
)
def test_what_is_not_understood_in_them_is_refused(clause, match: str) -> None:
    assert match in refused("wildfire-civil", add(clause))
