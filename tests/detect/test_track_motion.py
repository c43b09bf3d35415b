"""The motion of one track: the compiled arithmetic against its plain twin, and steps of height."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.detect.track_motion import SAMPLES_MAX, STEP_M, VERTICAL_M, TrackMotion
from parley.detect.track_motion_plain import PlainTrackMotion
from parley.world.faults import InputFault

SECOND_US = 1_000_000
FT_M = 0.3048
STEPS_M = [100 * FT_M, 25 * FT_M, 1.0, 0.1, 0.0]


def flights(seed: int):
    """A flight that manoeuvres, drops reports, is noisy and jumps: arguments of `add`."""
    drawn = random.Random(seed)
    lat, lon, alt_m, at_s = drawn.uniform(-89.9, 89.9), drawn.uniform(-180, 180), 1_000.0, 0.0
    east, north, up = drawn.uniform(-250, 250), drawn.uniform(-250, 250), 0.0
    step_m = drawn.choice(STEPS_M)
    for _ in range(45):
        span_s = drawn.choice((1, 2, 5, 5, 12, 40) if seed % 3 else (5,))
        at_s += span_s
        if drawn.random() < 0.08:
            east, up = east + drawn.uniform(-50, 50), drawn.choice((0.0, 0.3, 2.0, -5.0))
        lat = min(max(lat + north * span_s / 111e3, -90.0), 90.0)
        lon += east * span_s / 111e3 / max(math.cos(math.radians(lat)), 0.01)
        lon = (lon + 180.0) % 360.0 - 180.0
        alt_m += up * span_s
        height_m = alt_m + drawn.gauss(0, 0.5)
        height_m = round(height_m / step_m) * step_m if step_m else height_m
        off_deg = drawn.gauss(0, 1e-4) + (0.02 if drawn.random() < 0.03 else 0.0)
        yield round(at_s * SECOND_US), min(max(lat + off_deg, -90.0), 90.0), lon, height_m


def numbers(motion):
    known = (
        motion.east_mps, motion.north_mps, motion.up_mps,
        motion.sigma_m, motion.sigma_up_m, motion.sigma_mps,
    )  # fmt: skip
    return [math.nan if each is None else each for each in known]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([VERTICAL_M, 500 * FT_M, 15.0, 5.0]))
def test_the_kernel_decides_as_its_plain_twin(seed, vertical_m) -> None:
    track, plain = TrackMotion(vertical_m), PlainTrackMotion(vertical_m)
    for place, report in enumerate(flights(seed)):
        if place == 25:
            track.judge_by(20.0)
            plain.judge_by(20.0)
        assert track.add(*report) == plain.add(*report)
        assert track.fixes == tuple(plain.fixes)
        assert (track.held, track.last) == (plain.held, plain.last)
        assert track.step_m == plain.step_m
        assert (track.motion is None) == (plain.motion is None)
        if track.motion is not None and plain.motion is not None:
            assert (track.motion.steady, track.motion.level) == (
                plain.motion.steady, plain.motion.level,
            )  # fmt: skip
            assert numbers(track.motion) == pytest.approx(
                numbers(plain.motion), rel=1e-9, abs=1e-9, nan_ok=True
            )
    assert len(track.fixes) <= SAMPLES_MAX


# ---- steps of height -----------------------------------------------------------------------------


def climbed(vertical_m, up_mps, step_m, seconds=90, level_s=0, every_s=2):
    """Both twins after a climb that began at 0, and the first second at which half of it shows."""
    both = (TrackMotion(vertical_m), PlainTrackMotion(vertical_m))
    seen_s = None
    for second in range(-level_s, seconds + 1, every_s):
        true_m = 50.0 + max(second, 0) * up_mps
        height_m = round(true_m / step_m) * step_m if step_m else true_m
        for track in both:
            track.add((second + level_s) * SECOND_US, 50.0, 8.0 + 0.0002 * second, height_m)
        motion = both[0].motion
        if seen_s is None and motion is not None and abs(motion.up_mps) >= 0.5 * abs(up_mps):
            seen_s = second
    assert both[0].motion.level == both[1].motion.level
    assert both[0].motion.up_mps == pytest.approx(both[1].motion.up_mps, abs=1e-9)
    return both[0], seen_s


@pytest.mark.parametrize("step_m", STEPS_M)
def test_a_step_is_told_from_the_heights_themselves(step_m) -> None:
    """However fast it climbs: of changes of 3 and 4 steps the difference is one step."""
    track, _ = climbed(VERTICAL_M, 3.3 * (step_m or 1.0), step_m, every_s=1)
    if step_m:
        assert track.step_m == pytest.approx(step_m, abs=1e-6)
    assert track.step_m <= STEP_M


@pytest.mark.parametrize("up_mps", [0.3, -0.3, 0.15, 1.0])
@pytest.mark.parametrize("step_m", [0.0, 0.1, 1.0])
def test_a_slow_climb_of_a_drone_is_a_climb_where_fifteen_metres_are_kept(up_mps, step_m) -> None:
    track, seen_s = climbed(15.0, up_mps, step_m, level_s=60)
    assert track.motion.up_mps == pytest.approx(up_mps, abs=0.1 * abs(up_mps))
    assert seen_s is not None
    # Off the level line by a fifth of the minimum, and the shorter window.
    assert seen_s <= 0.2 * 15.0 / abs(up_mps) + 20


def test_the_same_climb_is_level_where_a_thousand_feet_are_kept_until_a_tenth_is_flown() -> None:
    """0.3 m/s for 80 s are 24 m: within the wander of a level jet; for 300 s they are a climb."""
    assert climbed(VERTICAL_M, 0.3, 25 * FT_M, seconds=80)[0].motion.level
    assert not climbed(15.0, 0.3, 25 * FT_M, seconds=80)[0].motion.level
    long, _ = climbed(VERTICAL_M, 0.6, 25 * FT_M, seconds=300)
    assert long.motion.up_mps == pytest.approx(0.6, rel=0.15)


@pytest.mark.parametrize("vertical_ft", [1000, 500])
@pytest.mark.parametrize("step_ft", [100, 25])
def test_steps_of_reporting_are_level_at_the_minima_they_are_flown_with(
    vertical_ft, step_ft
) -> None:
    drawn = random.Random(vertical_ft + step_ft)
    track = TrackMotion(vertical_ft * FT_M)
    for second in range(0, 300, 5):
        height_m = 3_000.0 + step_ft * FT_M * drawn.randint(0, 1)
        track.add(second * SECOND_US, 50.0, 8.0 + 0.003 * second, height_m)
        assert track.motion is None or track.motion.up_mps == 0.0


def test_another_minimum_is_looked_at_with_the_reports_that_are_there() -> None:
    track, _ = climbed(VERTICAL_M, 0.3, 0.1, seconds=60)
    assert track.motion.level
    track.judge_by(15.0)
    assert track.motion.up_mps == pytest.approx(0.3, abs=0.01)
    for wrong in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(InputFault, match="vertical minimum"):
            track.judge_by(wrong)


# ---- feeds as they are ---------------------------------------------------------------------------


def straight(at_s, *, along_s=0.0, across_m=0.0, speed_mps=230.0):
    """Return an eastward track: a report at each time, every second one dated or placed off."""
    track = TrackMotion()
    for number, second in enumerate(at_s):
        odd = number % 2
        east_m = speed_mps * (second + odd * along_s)
        north_m = odd * across_m
        track.add(round(second * SECOND_US), north_m / 110_574.0, east_m / 111_319.5, 9000.0)
    return track


@pytest.mark.parametrize(
    "at_s",
    [
        [10 * n + (0.4, -0.4)[n % 2] for n in range(14)],  # each ten seconds, dates off
        [5 * n for n in range(28) if n != 16],  # one lost where the window would begin
        [12 * n for n in range(12)],
    ],
    ids=["ten seconds", "one lost", "twelve seconds"],
)
def test_a_feed_without_a_report_at_the_edge_of_the_window_is_steady_too(at_s) -> None:
    """Else nobody on such a feed is ever warned of early: beyond two minutes only who is steady."""
    assert straight(at_s).motion.steady


def test_a_gap_is_no_edge() -> None:
    """Nobody knows what happened in it."""
    assert not straight([*range(0, 30, 5), *range(70, 125, 5)]).motion.steady


def test_a_date_that_is_off_moves_along_the_course_and_a_turn_across_it() -> None:
    at_s = range(0, 130, 5)
    assert straight(at_s, along_s=1.1).motion.steady
    assert not straight(at_s, across_m=1.1 * 230.0).motion.steady


@pytest.mark.parametrize(("slower_mps", "steady"), [(5.0, True), (25.0, False), (60.0, False)])
def test_a_change_of_speed_is_none_of_dates(slower_mps, steady) -> None:
    """The window holds 30 s of either speed; five per cent of it are no other motion."""
    track = TrackMotion()
    for second in range(0, 65, 5):
        east_m = 230.0 * second - max(second - 30, 0) * slower_mps
        track.add(second * SECOND_US, 0.0, east_m / 111_319.5, 9000.0)
    assert track.motion.steady == steady
