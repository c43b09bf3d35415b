"""Activity by the state of a line: exact intervals, contradictions refused, no causal claim."""

from __future__ import annotations

import math

import numpy as np
import pytest

from parley.review.activity import (
    NO_CAUSE,
    Span,
    poisson_interval,
    rate_ratio,
    study_activity,
)
from parley.world.faults import InputFault
from parley.world.time import parse_instant_us

DAY_US = 86_400_000_000
APRIL_US = parse_instant_us("2017-04-01T00:00:00Z")


def span(first_day, last_day, state, source="one side's statement"):
    return Span(
        from_us=APRIL_US + first_day * DAY_US,
        to_us=APRIL_US + last_day * DAY_US,
        state=state,
        source=source,
    )


SPANS = (span(0, 7, "in force"), span(7, 33, "suspended"), span(33, 60, "in force"))
"""The spring of 2017, by one side's word; the other said that the line worked all the time."""


def flights(draw, per_day):
    """Begins of flights, so many a day on average in each of sixty days."""
    return [
        APRIL_US + day * DAY_US + int(draw.integers(0, DAY_US))
        for day, rate in enumerate(per_day)
        for _ in range(draw.poisson(rate))
    ]


def test_the_exact_limits_are_those_of_the_binomial_and_the_poisson() -> None:
    """Each limit is where the tail is 2.5 %, summed here from plain products."""

    def at_least(k, n, p):
        return sum(math.comb(n, j) * p**j * (1 - p) ** (n - j) for j in range(k, n + 1))

    for k, other in ((30, 10), (3, 9), (1, 40), (0, 5)):
        _, low, high = rate_ratio(k, 12.0, other, 30.0)
        n = k + other
        if k:
            p = low * 12.0 / (low * 12.0 + 30.0)
            assert at_least(k, n, p) == pytest.approx(0.025, rel=1e-6)
        p = high * 12.0 / (high * 12.0 + 30.0)
        assert 1.0 - at_least(k + 1, n, p) == pytest.approx(0.025, rel=1e-6)
    assert poisson_interval(0) == (0.0, pytest.approx(-math.log(0.025)))
    ratio, low, high = rate_ratio(5, 1.0, 0, 1.0)
    assert (ratio, high) == (None, None)
    assert low > 0.0
    assert rate_ratio(0, 1.0, 0, 1.0) == (None, 0.0, None)


def test_the_interval_holds_the_true_ratio_at_least_as_often_as_it_says() -> None:
    draw, held, runs = np.random.default_rng(42), 0, 2_000
    for _ in range(runs):
        _, low, high = rate_ratio(int(draw.poisson(12)), 6.0, int(draw.poisson(20)), 20.0)
        held += low <= 2.0 and (high is None or high >= 2.0)
    assert held / runs >= 0.95


@pytest.mark.row("S42")
def test_operations_that_scaled_down_while_the_line_was_off_are_shown_and_no_cause_is() -> None:
    rates = [8.0] * 7 + [4.0] * 26 + [8.0] * 27
    found = study_activity(flights(np.random.default_rng(1), rates), SPANS, "COAL")
    (row,) = found.ratios
    assert (row.state, row.than) == ("in force", "suspended")
    assert row.low_ratio > 1.0
    assert row.said == f"the rates differ; {NO_CAUSE}"
    assert found.said == NO_CAUSE
    assert found.sources == ("one side's statement",)
    assert found.flights_outside == 0
    assert sum(each.flights for each in found.rates) > 0


@pytest.mark.row("S42")
def test_where_nothing_differs_it_says_so_about_as_often_as_it_should() -> None:
    shown = 0
    for seed in range(60):
        found = study_activity(flights(np.random.default_rng(seed), [6.0] * 60), SPANS, "COAL")
        shown += found.ratios[0].said.startswith("the rates differ")
    assert shown <= 9, "5 % of 60 is 3; more than 9 come by chance once in a thousand"


@pytest.mark.row("S42")
def test_days_that_differ_more_than_chance_are_told_beside_the_interval() -> None:
    draw = np.random.default_rng(3)
    lumps = [float(draw.choice([0.5, 20.0])) for _ in range(60)]
    found = study_activity(flights(draw, lumps), SPANS, "COAL")
    assert any("intervals are too narrow" in each for each in found.warnings)
    calm = study_activity(flights(draw, [10.0] * 60), SPANS, "COAL")
    assert calm.warnings == ()


def test_two_states_at_one_time_are_a_contradiction_and_refused() -> None:
    spans = (*SPANS, span(10, 12, "in force", "the other side's statement"))
    with pytest.raises(InputFault, match="two that contradict each other are two studies"):
        study_activity([], spans, "COAL")
    with pytest.raises(InputFault, match="none"):
        study_activity([], (), "COAL")
    with pytest.raises(InputFault, match="after"):
        study_activity([], (span(3, 3, "in force"),), "COAL")


def test_flights_outside_of_every_span_are_counted_apart() -> None:
    before, within = APRIL_US - DAY_US, APRIL_US + DAY_US
    found = study_activity([before, within], (span(0, 30, "up"),), "COAL")
    assert found.flights_outside == 1
    assert found.ratios == ()
    assert "one state only" in found.warnings[-1]
