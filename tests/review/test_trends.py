"""Trends of two parties: a planted change is warned of, none seldom is; how seldom is measured."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from parley.review.trends import (
    WARNING_SHARE,
    first_warning,
    mann,
    study_trend,
    theil,
    trend_of,
)
from parley.world.faults import InputFault
from parley.world.track import Track

WEEKS = 26
AT = [float(n) for n in range(WEEKS)]
MONDAY_US = 1_483_315_200_000_000  # 2017-01-02T00:00:00Z


def test_the_exact_distribution_is_that_of_all_orders() -> None:
    """Against an independent construction: every order of 6 values, counted."""
    every = list(itertools.permutations(range(6)))
    sums = [sum((b > a) - (b < a) for a, b in itertools.combinations(order, 2)) for order in every]
    for order in every[::37]:
        s, falling, rising = mann([float(v) for v in order])
        assert falling == pytest.approx(sum(x <= s for x in sums) / len(every))
        assert rising == pytest.approx(sum(x >= s for x in sums) / len(every))


def test_the_normal_form_with_ties_is_near_the_exact_one() -> None:
    values = [float(v) for v in np.random.default_rng(3).permutation(20)]
    _, exact, _ = mann(values)
    _, near, _ = mann([*values[:-1], values[0]])
    assert near == pytest.approx(exact, abs=0.1)
    assert mann([1.0] * 12)[1:] == (1.0, 1.0)


def test_theil_is_the_median_slope_and_one_wild_week_moves_it_little() -> None:
    values = [30.0 - n for n in range(20)]
    assert theil(AT[:20], values) == (-1.0, -1.0, -1.0)
    values[7] = 1e6
    slope, low, high = theil(AT[:20], values)
    assert slope == -1.0
    assert low <= slope <= high


def test_the_interval_of_the_slope_holds_the_true_one_about_as_often_as_it_says() -> None:
    draw, held, runs = np.random.default_rng(11), 0, 400
    for _ in range(runs):
        values = (-0.3 * np.arange(WEEKS) + draw.normal(size=WEEKS)).tolist()
        _, low, high = theil(AT, values)
        held += low <= -0.3 <= high
    assert 0.92 <= held / runs <= 0.99


@pytest.mark.row("S45")
def test_false_alarms_of_a_half_year_without_any_change_are_as_seldom_as_stated() -> None:
    """Stated in docs/studies.md: about 3 of a hundred half-years, at 19 looks each.

    The bound is what 2,000 runs of a true 3 % stay below all but once in a million.
    """
    draw, runs = np.random.default_rng(2017), 2_000
    alarms = sum(
        first_warning(AT, (20_000.0 * draw.weibull(2.0, WEEKS)).tolist(), "falling") is not None
        for _ in range(runs)
    )
    assert 0.015 <= alarms / runs <= 0.048
    assert WARNING_SHARE == 0.003


@pytest.mark.row("S45")
def test_a_known_change_is_warned_of_in_time() -> None:
    """Least distances that fall to a fifth over the half-year: most are warned of before then."""
    draw, runs = np.random.default_rng(5), 300
    falls = np.linspace(1.0, 0.2, WEEKS)
    found = [
        first_warning(AT, (20_000.0 * draw.weibull(3.0, WEEKS) * falls).tolist(), "falling")
        for _ in range(runs)
    ]
    weeks = [place for place in found if place is not None]
    assert len(weeks) / runs > 0.85
    assert np.median(weeks) < 22


def test_weeks_that_hang_together_warn_more_often_and_the_docs_say_so() -> None:
    draw, runs, alarms = np.random.default_rng(6), 500, 0
    for _ in range(runs):
        noise, values = draw.normal(size=WEEKS), [0.0]
        for n in range(1, WEEKS):
            values.append(0.5 * values[-1] + noise[n])
        alarms += first_warning(AT, values, "falling") is not None
    assert 0.05 < alarms / runs < 0.25, "a level for independent weeks is none for these"


def test_weeks_without_a_value_are_left_out_and_too_few_are_said_to_be() -> None:
    values: list[float | None] = [10.0, None, 9.0, None, 8.0, 7.0]
    found = trend_of(AT[:6], values)
    assert (found.weeks, found.slope_per_week) == (4, None)
    assert "8 are needed" in found.said
    long = trend_of(AT[:20], [None if n % 3 else 100.0 - n for n in range(20)])
    assert long.slope_per_week is None
    assert trend_of(AT, [100.0 - n for n in range(WEEKS)]).slope_per_week == -1.0


# ---- synthetic traffic --------------------------------------------------------------------------


def leg(name, party, start_us, lat_deg, lon_deg, east_deg):
    return Track(
        id=name, party=party, alt_reference="STD", interpolation="geodesic",
        t_us=np.array([start_us, start_us + 300_000_000, start_us + 600_000_000], dtype=np.int64),
        lat_deg=np.full(3, lat_deg),
        lon_deg=np.array([lon_deg, lon_deg + east_deg / 2, lon_deg + east_deg]),
        alt_m=np.full(3, 6_000.0),
    )  # fmt: skip


def half_year(seed: int, nearer: bool, more: bool = False):
    """Two parties on either side of a parallel; each week some pairs, at distances drawn anew.

    `nearer`: the distances shrink to a fifth over the half-year. `more`: the same distances, but
    one flight a week at first and ten at last.
    """
    draw, tracks = np.random.default_rng(seed), []
    for week in range(WEEKS):
        apart_km = 30.0 * (1.0 - 0.8 * week / (WEEKS - 1)) if nearer else 30.0
        for n in range(1 + 9 * week // (WEEKS - 1) if more else 4):
            start_us = MONDAY_US + (week * 7 + int(draw.integers(0, 6))) * 86_400_000_000
            start_us += int(draw.integers(0, 80_000)) * 1_000_000
            km = apart_km * draw.uniform(0.7, 1.3)
            lon_deg = 38.0 + draw.uniform(0.0, 0.5)
            south = 35.0 - km / 222.4
            tracks.append(leg(f"A{week}-{n}", "ALFA", start_us, south, lon_deg, 0.9))
            tracks.append(leg(f"B{week}-{n}", "BRAVO", start_us, 35.0 + km / 222.4, lon_deg, 0.9))
    return tracks


@pytest.mark.row("S45")
def test_a_half_year_of_traffic_with_a_planted_approach_is_warned_of_and_one_without_is_not() -> (
    None
):
    found = study_trend(half_year(1, nearer=True), ("ALFA", "BRAVO"))
    assert len(found.weeks) == WEEKS
    (warned,) = [each for each in found.warnings if each.series == "least distance"]
    assert warned.week < "2017-W22"
    assert warned.slope_per_week < 0.0
    assert "traffic did not grow" in warned.beside
    assert "no causal claim" in warned.said
    assert found.least.high_per_week < 0.0
    for seed in range(2, 5):
        still = study_trend(half_year(seed, nearer=False), ("ALFA", "BRAVO"))
        assert [each for each in still.warnings if each.series == "least distance"] == []
        assert still.least.low_per_week < 0.0 < still.least.high_per_week


@pytest.mark.row("S45")
def test_more_flights_alone_bring_a_smaller_least_distance_and_the_warning_says_so() -> None:
    """What somebody could believe wrongly: that the other party came nearer; it only flew more."""
    warned = []
    for seed in range(4):
        found = study_trend(half_year(seed, nearer=False, more=True), ("ALFA", "BRAVO"))
        assert found.flights.rising_share < 1e-6
        warned += [each for each in found.warnings if each.series == "least distance"]
    assert all("traffic grew as well" in each.beside for each in warned)


@pytest.mark.row("S45")
def test_shared_ground_grows_where_areas_move_together() -> None:
    tracks = []
    for week in range(WEEKS):
        for n in range(3):
            start_us = MONDAY_US + (week * 7 + 2 * n) * 86_400_000_000
            tracks.append(leg(f"A{week}-{n}", "ALFA", start_us, 35.0, 38.0 + 0.03 * week, 1.0))
            tracks.append(leg(f"B{week}-{n}", "BRAVO", start_us + 43_200_000_000, 35.0, 38.8, 1.0))
    found = study_trend(tracks, ("ALFA", "BRAVO"))
    assert found.weeks[0].overlap_share < found.weeks[-1].overlap_share
    assert any(each.series == "shared area" for each in found.warnings)
    assert found.least.slope_per_week is None, "never within reach at one time: not measured"
    assert all(math.isclose(row.flights[0], 3) for row in found.weeks)


def test_two_parties_with_tracks_are_wanted() -> None:
    tracks = half_year(1, nearer=False)[:4]
    for parties in (("ALFA", "CHARLIE"), ("ALFA", "ALFA")):
        with pytest.raises(InputFault, match="parties"):
            study_trend(tracks, parties)
