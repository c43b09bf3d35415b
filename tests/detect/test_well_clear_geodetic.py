"""Well clear on the earth: the orthographic plane, levels for one ownship, pairs of two parties."""

from __future__ import annotations

import math

import numpy as np
import pyproj
import pytest

from parley.detect.alert_levels import (
    ALERTERS,
    NOT_WATCHED,
    PHASE1_ALERTER,
    PREVENTIVE,
    WARNING,
    Alerter,
    AlertRule,
    alert_levels,
    well_clear_of_pairs,
    well_clear_of_states,
)
from parley.detect.orthographic import SPHERE_RADIUS_M, STEP_S, project_pairs
from parley.detect.states import States
from parley.detect.well_clear import PHASE1, Motions
from parley.world.faults import InputFault

SPHERE = pyproj.Geod(a=SPHERE_RADIUS_M, b=SPHERE_RADIUS_M)


def states(*rows):
    """States from rows of lat, lon, alt, east, north, up."""
    return States(*np.array(rows, dtype=np.float64).reshape(-1, 6).T)


def crowd(count, seed, lat_deg=None):
    """Aircraft within some kilometres of each other, so that some are well clear and some not."""
    draw = np.random.default_rng(seed)
    lat = draw.uniform(-0.03, 0.03, count) + (47.0 if lat_deg is None else lat_deg)
    lon = draw.uniform(-0.05, 0.05, count) / math.cos(math.radians(lat.mean()))
    alt = draw.uniform(800, 1200, count)
    ahead = draw.uniform(-90, 90, (2, count))
    return States(np.clip(lat, -90, 90), lon, alt, *ahead, draw.uniform(-3, 3, count))


@pytest.mark.parametrize("centre", [(0, 0), (47, 8), (-33, 179.99), (78, -180), (89.9, 20)])
def test_places_and_speeds_are_those_of_another_library(centre):
    """PROJ's orthographic projection of the sphere, and its great circles ten seconds on."""
    lat, lon = centre
    plane = pyproj.Proj(proj="ortho", lat_0=lat, lon_0=lon, R=SPHERE_RADIUS_M)
    draw = np.random.default_rng(int(lat) + 100)
    for _ in range(25):
        course, away_m = draw.uniform(-180, 180), draw.uniform(0, 60_000)
        other_lon, other_lat, _ = SPHERE.fwd(lon, lat, course, away_m)
        own_east, own_north, east, north = draw.uniform(-250, 250, 4)
        pair = project_pairs(
            states(
                (lat, lon, 1000, own_east, own_north, 1),
                (other_lat, other_lon, 900, east, north, 3),
            ),
            0,
            [1],
        )
        x, y = plane(other_lon, other_lat)
        assert (float(pair.east_m[0]), float(pair.north_m[0])) == pytest.approx((x, y), abs=1e-6)
        assert (float(pair.up_m[0]), float(pair.up_mps[0])) == (-100.0, 2.0)
        for (la, lo), (e, n), ours in (
            ((lat, lon), (own_east, own_north), (pair.own_east_mps, pair.own_north_mps)),
            ((other_lat, other_lon), (east, north), (pair.other_east_mps, pair.other_north_mps)),
        ):
            flown_m = math.hypot(e, n) * STEP_S
            later = SPHERE.fwd(lo, la, math.degrees(math.atan2(e, n)), flown_m)
            before, after = np.array(plane(lo, la)), np.array(plane(later[0], later[1]))
            theirs = (after - before) / STEP_S
            assert (float(ours[0][0]), float(ours[1][0])) == pytest.approx(theirs, abs=1e-6)


def test_a_pair_over_the_pole_and_one_over_the_antimeridian_are_like_any_other():
    """Head-on at 100 m/s each, 15 km apart: the same level everywhere."""
    half = math.degrees(7_500.0 / SPHERE_RADIUS_M)
    for pair in (
        states((0, -half, 900, 100, 0, 0), (0, half, 900, -100, 0, 0)),
        states((0, 180 - half, 900, 100, 0, 0), (0, half - 180, 900, -100, 0, 0)),
        states((90 - half, 0, 900, 0, 100, 0), (90 - half, 180, 900, 0, 100, 0)),
        states((half - 90, 30, 900, 0, -100, 0), (half - 90, -150, 900, 0, -100, 0)),
    ):
        for own in (0, 1):
            motion = project_pairs(pair, own, [1 - own]).motions()
            assert math.hypot(motion.east_m[0], motion.north_m[0]) == pytest.approx(15_000, abs=0.1)
            assert math.hypot(motion.east_mps[0], motion.north_mps[0]) == pytest.approx(200, 1e-5)
            assert well_clear_of_states(pair, own).tolist()[1 - own] == 2
    at_the_pole = states((90, 12, 900, 0, 0, 0), (90, -77, 900, 0, 0, 0))
    assert well_clear_of_states(at_the_pole, 0).tolist() == [0, WARNING]


@pytest.mark.parametrize(
    ("lat", "lon"), [(-47, -172), (-47.001, -172.003), (-30, -150), (0, 100), (47, 98.1), (-89, 8)]
)
def test_the_far_side_of_the_earth_is_not_folded_onto_the_near_one(lat, lon):
    there = states((47, 8, 900, 0, 0, 0), (lat, lon, 900, 90, 0, 0))
    pair = project_pairs(there, 0, [1])
    assert math.hypot(pair.east_m[0], pair.north_m[0]) > 0.5 * SPHERE_RADIUS_M
    for alerter in ALERTERS.values():
        assert well_clear_of_states(there, 0, alerter).tolist() == [0, 0]


def test_a_state_that_was_not_flown_is_not_watched_rather_than_clear():
    three = states((47, 8, 900, 0, 0, 0), (47, 8, 900, 1e308, 0, 0), (47, 8, 900, 0, 0, 0))
    assert well_clear_of_states(three, 0).tolist() == [0, NOT_WATCHED, WARNING]
    assert well_clear_of_states(three, 1).tolist() == [NOT_WATCHED] * 3
    assert well_clear_of_pairs(three, [0, 1], [2, 2]).tolist() == [WARNING, NOT_WATCHED]


@pytest.mark.parametrize("alerter", ALERTERS.values(), ids=ALERTERS)
@pytest.mark.parametrize("lat_deg", [None, 89.95])
def test_one_ownship_against_all_is_pair_by_pair(alerter, lat_deg):
    traffic = crowd(120, 3, lat_deg)
    own = 17
    levels = well_clear_of_states(traffic, own, alerter)
    assert levels[own] == 0
    alone = [
        int(alert_levels(project_pairs(traffic, [own], [row]).motions(), alerter)[0])
        for row in range(len(traffic))
        if row != own
    ]
    assert np.delete(levels, own).tolist() == alone
    assert len({*alone}) > 1


def test_two_parties_get_the_same_answer_for_a_pair_whoever_asks():
    traffic = crowd(90, 9)
    one, other = (column.ravel() for column in np.meshgrid(np.arange(90), np.arange(90)))
    apart = one != other
    one, other = one[apart], other[apart]
    asked = well_clear_of_pairs(traffic, one, other)
    answered = well_clear_of_pairs(traffic, other, one)
    assert asked.tobytes() == answered.tobytes()
    assert len({*asked.tolist()}) == 4
    # The row order is the canonical one: it is not the order in which the pairs are asked for.
    order = np.random.default_rng(1).permutation(len(one))
    assert well_clear_of_pairs(traffic, one[order], other[order]).tobytes() == (
        asked[order].tobytes()
    )


def test_the_planes_of_the_two_differ_by_parts_in_a_million():
    traffic = crowd(90, 9)
    one, other = np.triu_indices(90, 1)
    mine, theirs = project_pairs(traffic, one, other), project_pairs(traffic, other, one)
    here_m, there_m = (np.hypot(pair.east_m, pair.north_m) for pair in (mine, theirs))
    assert np.allclose(here_m, there_m, rtol=1e-9)
    here, there = mine.motions(), theirs.motions()
    here_mps, there_mps = (np.hypot(pair.east_mps, pair.north_mps) for pair in (here, there))
    assert 0.0 < np.abs(here_mps - there_mps).max() < 2e-3


def test_the_longest_alerting_time_counts_from_below():
    """Stationary 500 ft below: preventive (700 ft) and no more; 900 ft: nothing."""
    feet = 0.3048
    motions = Motions(*np.array([[0, 0, 500 * feet, 0, 0, 0], [0, 0, 900 * feet, 0, 0, 0.0]]).T)
    assert alert_levels(motions).tolist() == [PREVENTIVE, 0]


@pytest.mark.parametrize(
    ("own", "others"), [(5, [0]), (-1, [0]), (0, [5]), (0, [0.5]), (True, [1]), (0, [[1]])]
)
def test_a_row_that_there_is_not_is_refused(own, others):
    with pytest.raises(InputFault, match="row"):
        project_pairs(crowd(5, 1), own, others)


def test_a_pair_of_one_aircraft_is_refused():
    with pytest.raises(InputFault, match="pair 1"):
        well_clear_of_pairs(crowd(5, 1), [0, 2], [1, 2])
    with pytest.raises(InputFault, match="two columns"):
        well_clear_of_pairs(crowd(5, 1), [0, 2], [1])
    assert len(well_clear_of_pairs(crowd(5, 1), [], [])) == 0


def test_an_alerter_that_makes_no_sense_is_refused():
    def rule(level, alerting_s):
        return AlertRule(level=level, volume=PHASE1, alerting_s=alerting_s)

    for rules in ((), (rule(3, 25.0), rule(1, 55.0)), (rule(4, 25.0),), (rule(2, 5), rule(2, 6))):
        with pytest.raises(InputFault, match="levels"):
            Alerter(name="wrong", rules=rules, source="")
    for alerting_s in (0.0, 181.0, math.nan):
        with pytest.raises(InputFault, match="alerting time"):
            Alerter(name="wrong", rules=(rule(3, alerting_s),), source="")
    assert [rule.level for rule in PHASE1_ALERTER.rules] == [1, 2, 3]
