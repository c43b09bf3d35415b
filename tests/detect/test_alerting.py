"""The machine of one pair: when it is raised, told again and ended; and the motion of one track."""

from __future__ import annotations

import math
import random
from itertools import pairwise

import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.detect.alerting import (
    AT_ONCE_S,
    LOOK_US,
    RENEW_EVERY_US,
    URGENCY,
    Look,
    Numbers,
    PairMemory,
    class_of,
)
from parley.detect.track_motion import HELD_NOISE_M, SAMPLES_MAX, STEP_M, TrackMotion
from parley.world.norms import norms

SECOND_US = 1_000_000
NUMBERS = Numbers.of()


def look(at_s, loss_s, **changes):
    """A look at so many seconds; the newest report is of that time."""
    values = {
        "now_us": round(at_s * SECOND_US), "newest_us": round(at_s * SECOND_US), "loss_s": loss_s,
        "kept_s": loss_s, "minimum_m": 9260.0, "least_m": 0.0,
    } | changes  # fmt: skip
    return Look(**values)


def played(looks):
    """What each look leads to, told as it is decided."""
    memory, found = PairMemory(), []
    for each in looks:
        decision = memory.look(each, NUMBERS)
        found.append(decision.step)
        if decision.step in ("raise", "renew"):
            memory.say(each, decision.alert_class)
        if decision.step == "resolve":
            memory.end()
    return found


def steps_of(*losses_s, every_s=5.0, **changes):
    """What looks each few seconds lead to."""
    return played([look(100.0 + every_s * n, loss, **changes) for n, loss in enumerate(losses_s)])


def test_two_of_three_looks_raise_and_one_does_not() -> None:
    assert steps_of(100.0, 95.0) == ["none", "raise"]
    assert steps_of(100.0, None, 90.0) == ["none", "none", "raise"]
    assert steps_of(100.0, None, None, 85.0) == ["none"] * 4, "two of four"
    assert (NUMBERS.looks_to_raise, NUMBERS.looks_considered) == (2, 3)


def test_a_near_loss_is_told_at_one_look() -> None:
    assert steps_of(20.0) == ["raise"]
    assert steps_of(AT_ONCE_S) == ["raise"]
    assert steps_of(AT_ONCE_S + 1.0) == ["none"]


def test_reports_of_the_same_seconds_are_one_look() -> None:
    """One bad report in a feed of one a second shows in several: they must not count as looks."""
    assert steps_of(100.0, 99.0, 98.0, 97.0, every_s=1.0) == ["none"] * 4
    assert steps_of(100.0, 99.0, 98.0, 97.0, 96.0, every_s=1.0)[-1] == "raise"
    assert LOOK_US == 4 * SECOND_US


def test_time_alone_is_no_look() -> None:
    same = [look(100.0 + n, 80.0, newest_us=100 * SECOND_US) for n in range(20)]
    assert set(played(same)) == {"none"}


def test_who_is_not_steady_is_not_predicted_far() -> None:
    assert steps_of(300.0, 295.0, 290.0, firm=False) == ["none"] * 3
    assert steps_of(300.0, 295.0, firm=True) == ["none", "raise"]
    assert steps_of(119.0, 114.0, firm=False) == ["none", "raise"], "short-term it counts"


def test_nothing_is_raised_beyond_the_look_ahead() -> None:
    assert steps_of(1201.0, 1201.0, 1201.0) == ["none"] * 3
    assert steps_of(1199.0, 1199.0)[-1] == "raise"


def test_it_ends_after_five_looks_and_thirty_seconds_without() -> None:
    assert steps_of(100.0, 95.0, *[None] * 6) == ["none", "raise", *["none"] * 6]
    assert steps_of(100.0, 95.0, *[None] * 7)[-1] == "resolve", "30 s after the first without"
    assert steps_of(100.0, 95.0, *[None] * 6, 60.0, *[None] * 6)[-1] == "none"
    slow = steps_of(100.0, 90.0, *[None] * 5, every_s=12.0)
    assert slow == ["none", "raise", *["none"] * 4, "resolve"]
    assert (NUMBERS.looks_to_resolve, NUMBERS.resolve_after_us) == (5, 30_000_000)


def test_the_wider_minima_keep_an_alert_and_raise_none() -> None:
    border = [look(100.0 + 5 * n, None, kept_s=80.0) for n in range(10)]
    assert set(played(border)) == {"none"}
    begun = [look(90.0, 100.0), look(95.0, 95.0)]
    assert played(begun + border) == ["none", "raise", *["none"] * 10]


def test_a_class_goes_up_at_once_and_down_with_time_to_spare() -> None:
    up = [look(100, 700.0), look(105, 695.0), look(110, 590.0), look(115, 110.0)]
    assert played(up) == ["none", "raise", "renew", "renew"]
    memory = PairMemory()
    for each in up[:3]:
        memory.look(each, NUMBERS)
    memory.say(up[2], "own move only")
    assert memory.look(look(150, 610.0), NUMBERS).step == "none", "not another loss by much"
    kept = memory.look(look(200, 629.0), NUMBERS)
    assert (kept.step, kept.alert_class) == ("renew", "own move only"), "29 s are not to spare"
    memory.say(look(200, 629.0), kept.alert_class)
    freed = memory.look(look(240, 631.0), NUMBERS)
    assert (freed.step, freed.alert_class) == ("renew", "coordinate")


def test_small_noise_is_not_told_again_and_a_real_change_is_once_in_a_while() -> None:
    drawn = random.Random(7)
    looks = [look(100 + 5 * n, 500.0 - 5 * n + drawn.uniform(-15, 15)) for n in range(60)]
    assert played(looks).count("renew") <= 1, "its class changed once, at 120 s"
    moving = [look(100 + 5 * n, 650.0 if n // 10 % 2 else 1000.0) for n in range(60)]
    told = [n for n, step in enumerate(played(moving)) if step in ("raise", "renew")]
    apart_s = [5 * (b - a) for a, b in pairwise(told)]
    assert len(told) >= 3
    assert min(apart_s) * SECOND_US >= RENEW_EVERY_US


def test_a_loss_that_is_there_is_not_told_again_and_again() -> None:
    inside = [look(100 + 5 * n, 0.0) for n in range(100)]
    assert played(inside).count("renew") == 0


def test_passing_nearer_is_another_conflict() -> None:
    assert steps_of(500.0, 495.0, least_m=9000.0) == ["none", "raise"]
    memory = PairMemory()
    first = look(100, 500.0, least_m=9000.0)
    memory.look(first, NUMBERS)
    memory.say(first, "own move only")
    assert memory.look(look(140, 460.0, least_m=8000.0), NUMBERS).step == "none"
    assert memory.look(look(150, 450.0, least_m=4000.0), NUMBERS).step == "renew"


@given(st.lists(st.one_of(st.none(), st.floats(0.0, 1300.0)), max_size=60), st.floats(1.0, 30.0))
def test_the_memory_of_a_pair_stays_small_and_each_end_has_a_beginning(losses_s, every_s) -> None:
    found = steps_of(*losses_s, every_s=every_s)
    open_now = False
    for step in found:
        assert not (step == "raise" and open_now)
        assert not (step in ("renew", "resolve") and not open_now)
        open_now = {"raise": True, "resolve": False}.get(step, open_now)
    assert PairMemory.__slots__ == ("seen", "looked_us", "misses", "clear_from_us", "told")


def test_the_classes_are_those_of_the_norms() -> None:
    assert set(URGENCY) == set(norms().alert.classes)
    assert class_of(120.0, 60.0, 120.0) == "short-term", "however quick a chain is"


# ---- the motion of one track ---------------------------------------------------------------------


def flown(track, seconds, every_s=5.0, lat=50.0, lon=8.0, azimuth=90.0, speed=230.0, **changes):
    """Fly a geodesic into a track: `height(s)`, `noise()` in metres along north."""
    height = changes.get("height", lambda s: 10_000.0)
    noise = changes.get("noise", lambda: 0.0)
    at_s = changes.get("from_s", 0.0)
    believed = []
    while at_s <= seconds:
        there = Geodesic.WGS84.Direct(lat, lon, azimuth, speed * at_s)
        moved = Geodesic.WGS84.Direct(there["lat2"], there["lon2"], 0.0, noise())
        believed.append(
            track.add(round(at_s * SECOND_US), moved["lat2"], moved["lon2"], height(at_s))
        )
        at_s += every_s
    return believed


@settings(max_examples=25, deadline=None)
@given(st.floats(-85, 85), st.floats(-180, 180), st.floats(0, 360), st.floats(5, 400))
def test_a_straight_line_is_known_as_steady_anywhere(lat, lon, azimuth, speed) -> None:
    track = TrackMotion()
    assert all(flown(track, 75, lat=lat, lon=lon, azimuth=azimuth, speed=speed))
    end = Geodesic.WGS84.Direct(lat, lon, azimuth, speed * 75)
    course = Geodesic.WGS84.Inverse(lat, lon, end["lat2"], end["lon2"])["azi2"]
    assert track.motion.steady
    assert track.motion.level
    assert track.motion.east_mps == pytest.approx(speed * math.sin(math.radians(course)), abs=0.05)
    assert track.motion.north_mps == pytest.approx(speed * math.cos(math.radians(course)), abs=0.05)


def test_a_line_through_a_minute_is_far_better_than_two_reports() -> None:
    drawn = random.Random(11)
    track, off_mps = TrackMotion(), []
    for second in range(0, 300):
        flown(
            track, second, every_s=1.0, from_s=second, noise=lambda: drawn.gauss(0.0, 15.0),
            speed=230.0,
        )  # fmt: skip
        if second > 70:
            end = Geodesic.WGS84.Direct(50.0, 8.0, 90.0, 230.0 * second)
            true_mps = 230.0 * math.cos(math.radians(end["azi2"]))
            off_mps.append(abs(track.motion.north_mps - true_mps))
    # Two reports a second apart: 15 m x sqrt 2 = 21 m/s. Over a minute: less than one.
    assert sum(off_mps) / len(off_mps) < 1.0
    assert len(track.fixes) <= SAMPLES_MAX


def test_one_report_that_cannot_be_is_held_back_and_dropped() -> None:
    track = TrackMotion()
    flown(track, 60)
    before = track.motion
    there = Geodesic.WGS84.Direct(50.0, 8.0, 90.0, 230.0 * 65)
    off = Geodesic.WGS84.Direct(there["lat2"], there["lon2"], 0.0, 2_000.0)
    assert not track.add(65 * SECOND_US, off["lat2"], off["lon2"], 10_000.0)
    assert track.motion == before
    assert all(flown(track, 90, from_s=70.0))
    assert track.motion.steady, "as if it had never been"
    assert abs(track.motion.north_mps) < 4.0
    up = TrackMotion()
    flown(up, 60)
    assert not up.add(65 * SECOND_US, there["lat2"], there["lon2"], 12_000.0)
    assert HELD_NOISE_M == 100.0


def test_two_reports_elsewhere_are_a_new_motion() -> None:
    track = TrackMotion()
    flown(track, 60)
    believed = flown(track, 75, from_s=65.0, lat=51.0, lon=8.0, azimuth=180.0)
    assert believed == [False, True, True]
    assert track.motion.north_mps == pytest.approx(-230.0, abs=0.5)
    assert not track.motion.steady


def test_who_turns_is_not_steady_and_its_motion_is_the_newest() -> None:
    """A turn of three degrees a second at 200 m/s, reported each 5 s, is believed throughout."""
    track, lat, lon, course = TrackMotion(), 50.0, 8.0, 0.0
    for step in range(30):
        assert track.add(step * 5 * SECOND_US, lat, lon, 5_000.0)
        for _ in range(5):
            course += 3.0 if step > 14 else 0.0
            there = Geodesic.WGS84.Direct(lat, lon, course, 200.0)
            lat, lon = there["lat2"], there["lon2"]
    assert not track.motion.steady
    moved = math.degrees(math.atan2(track.motion.east_mps, track.motion.north_mps)) % 360
    assert (course - 15.0 - moved) % 360 < 15.0, "half a leg behind the last report"


@pytest.mark.parametrize("step_m", [STEP_M, 25 * 0.3048])
def test_level_flight_in_steps_is_level(step_m) -> None:
    drawn = random.Random(5)
    track = TrackMotion()
    for second in range(0, 300, 5):
        flown(
            track, second, from_s=second, height=lambda s: 10_000.0 + step_m * drawn.randint(0, 1)
        )
        if track.motion is not None:
            assert track.motion.up_mps == 0.0


@pytest.mark.parametrize("fpm", [500, 1500, 3000])
@pytest.mark.parametrize("step_m", [STEP_M, 25 * 0.3048, 0.0])
def test_a_climb_is_a_climb_in_whatever_steps_it_is_reported(fpm, step_m) -> None:
    up_mps = fpm * 0.3048 / 60
    track = TrackMotion()

    def height(at_s):
        true_m = 3_000.0 + max(at_s - 60.0, 0.0) * up_mps
        return round(true_m / step_m) * step_m if step_m else true_m

    first_s = None
    for second in range(0, 200, 5):
        flown(track, second, from_s=second, height=height)
        if second > 60 and first_s is None and track.motion.up_mps > 0.3 * up_mps:
            first_s = second - 60
    assert track.motion.up_mps == pytest.approx(up_mps, rel=0.1, abs=0.4)
    assert track.motion.steady
    # One step of 100 ft, and a line of 20 s that still leans on what was before.
    assert first_s <= 15 + STEP_M / up_mps


def test_errors_are_told_by_the_residuals_and_never_as_none() -> None:
    drawn = random.Random(3)
    track = TrackMotion()
    flown(track, 20)
    assert track.motion.sigma_m is None, "too few reports"
    flown(track, 120, from_s=25.0, noise=lambda: drawn.gauss(0.0, 40.0))
    assert 15.0 < track.motion.sigma_m < 60.0
    still = TrackMotion()
    flown(still, 120)
    assert still.motion.sigma_m == 12.0
    assert still.motion.sigma_mps >= 3.0


def test_a_gap_is_not_steady() -> None:
    track = TrackMotion()
    for second in (0, 5, 10, 15, 50, 55, 60, 65):
        flown(track, second, from_s=second)
    assert not track.motion.steady
