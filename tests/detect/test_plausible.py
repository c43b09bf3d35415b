"""What a report can be, beside what is known: the bounds hold for whatever flies, and bite."""

from __future__ import annotations

import math

import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.detect.plausible import (
    PLACE_SLACK_M,
    REACH_MPS,
    TIME_SLACK_S,
    Known,
    distance_m,
    height_share,
    is_alike,
    is_reachable,
    is_renewed,
    motion_over,
    place_share,
)

GEOD = pyproj.Geod(ellps="WGS84")
PLACES = (st.floats(-89.9, 89.9), st.floats(-180.0, 180.0))


def flown_to(lat, lon, course_deg, speed_mps, seconds, turn_degps=0.0):
    """Where an aircraft gets to in steps of a tenth of a second, by pyproj."""
    steps = max(round(seconds * 10), 1)
    for _ in range(steps):
        lon, lat, back = GEOD.fwd(lon, lat, course_deg, speed_mps * seconds / steps)
        course_deg = back + 180.0 + turn_degps * seconds / steps
    return lat, lon


@given(
    *PLACES, st.floats(0, 360), st.floats(0.0, 600.0), st.floats(0.5, 20.0), st.floats(-1.0, 1.0)
)
def test_whatever_turns_with_six_g_or_less_is_possible(lat, lon, course, speed, seconds, share):
    turn = share * min(math.degrees(58.0 / max(speed, 1.0)), 90.0)
    motion = (
        speed * math.sin(math.radians(course)), speed * math.cos(math.radians(course)), 0.0,
    )  # fmt: skip
    there = flown_to(lat, lon, course, speed, seconds, turn)
    known = Known(0, lat, lon, None, motion)
    assert place_share(known, *there, round(seconds * 1e6)) <= 1.0
    assert is_reachable(known, *there, round(seconds * 1e6))


@given(*PLACES, st.floats(0, 360), st.floats(0.0, 300.0), st.floats(0.5, 120.0), st.floats(0, 360))
def test_what_lies_further_than_its_reach_is_not(lat, lon, course, speed, seconds, way):
    motion = (
        speed * math.sin(math.radians(course)), speed * math.cos(math.radians(course)), 0.0,
    )  # fmt: skip
    reach_m = max(REACH_MPS, 1.5 * speed) * (seconds + TIME_SLACK_S) + PLACE_SLACK_M
    lon1, lat1, _ = GEOD.fwd(lon, lat, way, 1.01 * reach_m + 10.0)
    for known in (Known(0, lat, lon, None, motion), Known(0, lat, lon, None, None)):
        if known.motion_mps is None and speed > REACH_MPS / 1.5:
            continue
        assert place_share(known, lat1, lon1, round(seconds * 1e6)) > 1.0
        assert not is_reachable(known, lat1, lon1, round(seconds * 1e6))


@pytest.mark.parametrize(
    ("speed_mps", "seconds", "off_m", "possible"),
    [
        (250.0, 1.0, 900.0, True),
        (250.0, 1.0, 950.0, False),
        (20.0, 1.0, 460.0, True),
        (20.0, 1.0, 500.0, False),
        (0.0, 10.0, 1_350.0, True),
        (0.0, 10.0, 1_450.0, False),
        (250.0, 10.0, 3_850.0, True),
        (250.0, 10.0, 3_950.0, False),
    ],
)
def test_the_bound_beside_the_course_in_numbers(speed_mps, seconds, off_m, possible):
    lat, lon = flown_to(47.0, 8.0, 0.0, speed_mps, seconds)
    lon, lat, _ = GEOD.fwd(lon, lat, 90.0, off_m)
    share = place_share(
        Known(0, 47.0, 8.0, None, (0.0, speed_mps, 0.0)), lat, lon, round(seconds * 1e6)
    )
    assert (share <= 1.0) == possible


def test_a_drone_that_jumps_a_kilometre_is_seen_though_a_jet_could_fly_it():
    drone = Known(0, 47.0, 8.0, None, (15.0, 0.0, 0.0))
    assert place_share(drone, 47.009, 8.0, 2_000_000) > 1.5


@pytest.mark.parametrize(
    ("up_mps", "seconds", "change_m", "possible"),
    [
        (0.0, 1.0, 300.0, True),
        (0.0, 1.0, 400.0, False),
        (0.0, 10.0, 2_200.0, True),
        (0.0, 10.0, 2_400.0, False),
        (150.0, 1.0, 450.0, True),
        (-100.0, 10.0, -1_000.0, True),
        (0.0, 100.0, 30_000.0, True),
        (0.0, 100.0, 31_500.0, False),
    ],
)
def test_the_bound_of_heights_in_numbers(up_mps, seconds, change_m, possible):
    known = Known(0, 47.0, 8.0, 9_000.0, (200.0, 0.0, up_mps))
    assert (height_share(known, 9_000.0 + change_m, round(seconds * 1e6)) <= 1.0) == possible


def test_without_a_height_or_a_motion_nothing_is_made_up():
    assert height_share(Known(0, 0.0, 0.0, None, None), 38_618.2, 1) == 0.0
    unknown = Known(0, 0.0, 0.0, 0.0, None)
    assert (
        height_share(unknown, 1_000.0, 1_000_000) < 1.0 < height_share(unknown, 1_300.0, 1_000_000)
    )


@pytest.mark.parametrize(
    ("speed_mps", "seconds", "renewed"),
    [
        (200.0, 1.0, False),
        (70.0, 300.0, False),
        (14.9, 1.0, True),
        (0.0, 60.0, True),
        (30.0, 0.5, True),
        (30.0, 1.0, False),
        (20.0, 6.0, False),
        (20.0, 7.0, True),
        (25.6, 9.0, True),
        (25.8, 9.0, False),
    ],
)
def test_a_place_over_again_is_no_report_of_one_at_speed(speed_mps, seconds, renewed):
    """Beyond 50 kt no rounding of a thousandth of a degree hides the way that braking takes."""
    assert is_renewed(speed_mps, seconds) == renewed


@given(*PLACES, st.floats(0, 360), st.floats(1.0, 300.0), st.floats(0.5, 20.0))
def test_a_motion_between_two_places_is_good_to_a_hundredth(lat, lon, course, speed, seconds):
    lat1, lon1 = flown_to(lat, lon, course, speed, seconds)
    east, north, up = motion_over((lat, lon, 100.0), (lat1, lon1, 90.0), seconds)
    assert math.hypot(east, north) == pytest.approx(speed, rel=0.01, abs=0.01)
    assert up == pytest.approx(-10.0 / seconds, rel=1e-3)
    if abs(lat) < 80.0:
        assert east == pytest.approx(speed * math.sin(math.radians(course)), abs=0.01 * speed + 0.1)
        assert north == pytest.approx(
            speed * math.cos(math.radians(course)), abs=0.01 * speed + 0.1
        )


def test_motions_are_alike_by_speed_whatever_their_course():
    assert is_alike((230.0, 0.0, 0.0), (0.0, -180.0, 9.0))
    assert not is_alike((230.0, 0.0, 0.0), (100.0, 0.0, 0.0))
    assert not is_alike((230.0, 0.0, 0.0), (0.0, 0.0, 0.0))
    assert is_alike((20.0, 0.0, 0.0), (0.0, 0.0, 0.0))


@given(*PLACES, *PLACES)
def test_distances_are_those_of_the_earth(lat0, lon0, lat1, lon1):
    exact_m = GEOD.inv(lon0, lat0, lon1, lat1)[2]
    share = 0.0065 if exact_m < 15e6 else 0.05
    assert distance_m(lat0, lon0, lat1, lon1) == pytest.approx(exact_m, rel=share, abs=1.0)
