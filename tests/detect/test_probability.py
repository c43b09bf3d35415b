"""The probability of a loss against drawn samples, the closed form and what must hold anyway."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from parley.detect.probability import Passing, loss_share
from parley.detect.probability_plain import loss_plain_share
from parley.world.faults import InputFault

DRAWN = np.random.default_rng(1997).standard_normal((3, 200_000))
MINIMA = {"horizontal_m": 9260.0, "vertical_m": 304.8, "within_s": 1200.0}


def errors(across_m=1000.0, along_m=None, vertical_m=30.0):
    along_m = across_m if along_m is None else along_m
    return {
        "sigma_across_m": across_m, "sigma_along_m": along_m, "sigma_vertical_m": vertical_m,
    }  # fmt: skip


@pytest.mark.parametrize("nearest_m", [0.0, 4000.0, 8000.0, 9260.0, 10_500.0, 14_000.0])
@pytest.mark.parametrize("sigma_m", [50.0, 600.0, 3000.0])
def test_level_flight_is_the_strip_of_paielli_and_erzberger(nearest_m, sigma_m) -> None:
    """P = Phi((D - d) / s) - Phi((-D - d) / s), by another library's normal distribution."""
    found = loss_share(
        Passing(nearest_m, 300.0, 400.0, 0.0, 0.0), **MINIMA, **errors(sigma_m, 0.0, 0.0)
    )
    strip = NormalDist(nearest_m, sigma_m)
    assert found == pytest.approx(strip.cdf(9260.0) - strip.cdf(-9260.0), abs=1e-6)


@settings(max_examples=60, deadline=None)
@example(0.0, 397.0, 24.0, 0.0, 19.0, 81.0, 5.0)  # twelve parts along were too few
@example(9826.7, 0.0, 533.3, 0.0, -6.8, 2456.6, 49.7)  # beside now, at the limit: cut by time
@given(
    st.floats(0.0, 20_000.0), st.floats(0.0, 1100.0), st.floats(20.0, 550.0),
    st.floats(-3000.0, 3000.0), st.floats(-20.0, 20.0), st.floats(10.0, 3000.0),
    st.floats(5.0, 80.0),
)  # fmt: skip
def test_within_a_hundredth_of_drawn_samples(
    nearest_m, nearest_s, closing_mps, vertical_m, climb_mps, sigma_m, sigma_up_m
) -> None:
    passing = Passing(nearest_m, nearest_s, closing_mps, vertical_m, climb_mps)
    given_errors = errors(sigma_m, sigma_m, sigma_up_m)
    found = loss_share(passing, **MINIMA, **given_errors)
    assert found == pytest.approx(
        loss_plain_share(passing, **MINIMA, **given_errors, drawn=DRAWN), abs=0.01
    )


def test_who_stays_beside_is_judged_by_where_it_is() -> None:
    beside = Passing(9260.0, 0.0, 0.0, 0.0, 0.0)
    found = loss_share(beside, **MINIMA, **errors(500.0))
    assert found == pytest.approx(
        loss_plain_share(beside, **MINIMA, **errors(500.0), drawn=DRAWN), abs=0.01
    )


def test_a_side_does_not_matter_and_more_height_is_never_likelier() -> None:
    def chance(nearest_m, vertical_m):
        passing = Passing(nearest_m, 200.0, 300.0, vertical_m, 0.0)
        return loss_share(passing, **MINIMA, **errors())

    assert chance(9000.0, 100.0) == pytest.approx(chance(-9000.0, 100.0), abs=1e-12)
    assert chance(9000.0, 100.0) == pytest.approx(chance(9000.0, -100.0), abs=1e-12)
    falling = [chance(5000.0, height) for height in (0.0, 200.0, 290.0, 304.8, 330.0, 400.0)]
    assert falling == sorted(falling, reverse=True)
    assert falling[3] == pytest.approx(0.5 * falling[0], abs=0.01)


def test_without_errors_it_is_yes_or_no() -> None:
    none = errors(0.0, 0.0, 0.0)
    for nearest_m, wanted in ((9259.0, 1.0), (9261.0, 0.0)):
        passing = Passing(nearest_m, 100.0, 250.0, 0.0, 0.0)
        assert loss_share(passing, **MINIMA, **none) == wanted
    late = Passing(0.0, 1300.0, 250.0, 0.0, 0.0)
    assert loss_share(late, **MINIMA, **none) == 0.0, "it comes after the time asked for"


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_none_are_refused(bad) -> None:
    with pytest.raises(InputFault, match="finite"):
        loss_share(Passing(bad, 1.0, 1.0, 0.0, 0.0), **MINIMA, **errors())
    with pytest.raises(InputFault, match="standard deviation"):
        loss_share(Passing(0.0, 1.0, 1.0, 0.0, 0.0), **MINIMA, **errors(bad))
    with pytest.raises(InputFault, match="standard deviation"):
        loss_share(Passing(0.0, 1.0, 1.0, 0.0, 0.0), **MINIMA, **errors(-1.0))
