"""The picture: what of the reports is believed, flagged, refused, and what is said about it."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.node import belief
from parley.node.coasting import SAME_PLACE, STATUS_WORDS, status, watch_summary
from parley.node.picture import (
    AHEAD_US,
    FORGOTTEN_AFTER_US,
    OTHER_REASONS,
    REASONS_MAX,
    STALE_US,
    Picture,
    TrackReport,
)

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "detect"))

import trackfaults as faults

NOW_US = 10**15
SECOND_US = 1_000_000
NOT_CLIMBED = belief.HEIGHT_NOT_REACHED


def report_of(shown: faults.Shown) -> TrackReport:
    return TrackReport(
        aircraft=shown.aircraft,
        at_us=NOW_US + round(shown.at_s * SECOND_US),
        lat_deg=shown.lat_deg,
        lon_deg=shown.lon_deg,
        altitude_m=shown.alt_m,
        altitude_reference=shown.reference,
        feed=shown.feed,
    )


def us(seconds: float) -> int:
    return NOW_US + round(seconds * SECOND_US)


def at_s(report: TrackReport) -> float:
    return (report.at_us - NOW_US) / SECOND_US


class Seen:
    """A picture fed with a track, and the status of each aircraft at each second on the way."""

    def __init__(self, track: faults.Track) -> None:
        self.picture = Picture()
        self.taken: list[faults.Shown] = []
        self.words: dict[str, dict[int, str]] = {}
        next_s = 0
        for shown in track:
            while next_s < shown.received_s:
                self.look(next_s)
                next_s += 1
            if self.picture.take(report_of(shown), us(shown.received_s)):
                self.taken.append(shown)

    def look(self, at_s: int) -> None:
        for name in self.picture.aircraft:
            self.words.setdefault(name, {})[at_s] = status(self.picture, name, us(at_s)).word

    def during(self, name: str, from_s: int, to_s: int) -> set[str]:
        return {word for s, word in self.words[name].items() if from_s <= s < to_s}


def believed_near(track: faults.Track, seen: Seen, within_m: float) -> bool:
    """Whether everything that was believed lies on the true track."""
    true = {s.at_s: s for s in track}
    return all(
        faults.GEOD.inv(s.lon_deg, s.lat_deg, true[s.at_s].lon_deg, true[s.at_s].lat_deg)[2]
        <= within_m
        for s in seen.taken
    )


# ---- forged places ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "bend",
    [
        faults.jumped_to_point,
        faults.jumped_to_circle,
        faults.scattered,
        faults.frozen,
        lambda t, a, b: faults.shifted(t, a, b, 300_000.0),
    ],
)
def test_a_forged_place_is_flagged_never_believed_and_the_true_one_is_taken_back(bend):
    true = faults.flown("A", seconds=400)
    seen = Seen(bend(true, 100.0, 150.0))
    assert believed_near(true, seen, 1.0), "nothing forged is believed"
    assert seen.during("A", 20, 100) == {"watched"}
    assert "flagged" in seen.during("A", 102, 150)
    assert seen.during("A", 120, 150) == {"flagged"}
    assert seen.during("A", 190, 400) == {"watched"}, "thirty seconds after the last false report"
    assert len([s for s in seen.taken if s.at_s >= 150]) == 251
    assert sum(seen.picture.refused.values()) == 50


@pytest.mark.parametrize("bend", [faults.jumped_to_point, faults.jumped_to_circle])
def test_a_forged_place_is_not_believed_because_it_lasts(bend):
    """Eight minutes at one point or circle: predicted on for a minute, then not watched."""
    true = faults.flown("A", seconds=700)
    seen = Seen(bend(true, 100.0, 580.0))
    assert believed_near(true, seen, 1.0)
    assert seen.during("A", 110, 580) == {"flagged"}
    assert seen.picture.aircraft["A"].last.at_us >= us(580.0)
    assert not seen.picture.aircraft["A"].claim
    half = Seen(bend(true, 100.0, 580.0)[:170])
    track = half.picture.aircraft["A"]
    assert not track.predicted(us(169.0)), "a minute after the last believed report"
    assert track.predicted(us(150.0))
    said = status(half.picture, "A", us(169.5))
    assert said.word == "flagged"
    assert said.since_us <= us(102.0)
    assert "not predicted" in said.why
    assert "claimed" in said.why
    assert "km away" in said.why
    (line,) = [s for s in watch_summary(half.picture, us(169.5)).not_watched if "flagged" in s]
    assert "no alert about them is no clearance" in line


def test_many_that_jump_to_one_place_are_told_as_that_and_none_is_taken_up():
    """Twelve aircraft from all over, each flying on there as fast as before: one cause."""
    tracks = []
    for n in range(12):
        true = faults.flown(f"A{n:02d}", start=(50.0 + 0.6 * n, 15.0), seconds=200, every_s=2.0)
        tracks.append(faults.jumped_to_circle(true, 60.0, 201.0, speed_mps=230.0, radius_m=6_000.0))
    seen = Seen(faults.merged(tracks))
    assert {status(seen.picture, f"A{n:02d}", us(199.0)).word for n in range(12)} == {"flagged"}
    assert seen.picture.flags_raised[belief.TOGETHER] >= 11
    assert not any(why.startswith("taken up") for why in seen.picture.flags_raised)
    assert all(s.at_s < 60.0 for s in seen.taken)


def test_a_single_false_report_moves_nothing_and_blinds_nobody():
    true = faults.flown("A", seconds=120)
    seen = Seen(faults.with_false(true, 60.4, faults.BEIRUT))
    assert len(seen.taken) == len(true)
    assert seen.during("A", 20, 120) == {"watched"}, "one is counted, it flags nobody"
    assert seen.picture.refused == {belief.NOT_REACHED: 1}


def test_a_report_dated_a_minute_ahead_shuts_no_true_report_out():
    true = faults.flown("A", seconds=120)
    place = (true[60].lat_deg, true[60].lon_deg)
    seen = Seen(faults.with_false(true, 60.4, place, date_s=59.0))
    lost = [s.at_s for s in true if s not in seen.taken]
    assert len(lost) <= 1, lost
    assert "flagged" in seen.during("A", 61, 70), "its clock is told"


def test_a_false_first_report_does_not_hold_the_true_ones_off():
    true = faults.flown("A", seconds=60)
    seen = Seen(faults.with_false(true, -0.5, faults.BEIRUT))
    assert [s.at_s for s in seen.taken][:2] == [-0.5, 2.0], "the third that agree are believed"
    assert status(seen.picture, "A", us(60.4)).word == "watched"
    assert "taken up again" in status(seen.picture, "A", us(60.4)).why


def test_after_a_jump_that_stays_and_flies_it_is_taken_up_when_coasting_ends_and_marked():
    true = faults.flown("A", seconds=400)
    seen = Seen(faults.shifted(true, 100.0, 500.0, 300_000.0))
    (gap,) = [
        (one.at_s, two.at_s)
        for one, two in zip(seen.taken, seen.taken[1:], strict=False)
        if two.at_s - one.at_s > 1.5
    ]
    assert gap == (99.0, 160.0), "nobody is frozen for ever"
    said = status(seen.picture, "A", us(400.0))
    assert (said.word, said.since_us) == ("watched", us(160.3))
    assert "taken up again after a contradiction" in said.why


def test_one_id_at_two_places_is_flagged_and_the_first_goes_on_being_predicted():
    one = faults.flown("A", seconds=200)
    other = faults.flown("B", start=(50.0, 10.0), seconds=200, seed=2)
    seen = Seen(faults.two_at_once(one, other[60:]))
    assert believed_near(one, Seen([s for s in seen.taken if s in one]), 1.0)
    assert len([s for s in seen.taken if s.at_s % 1.0 == 0.0]) == 201
    assert not [s for s in seen.taken if s.lat_deg < 52.0], "the other place is a claim only"
    assert seen.during("A", 75, 200) == {"flagged"}
    assert belief.TWO_PLACES in status(seen.picture, "A", us(200.0)).why
    assert seen.picture.aircraft["A"].predicted(us(200.0)), "a real conflict of it is not deleted"


def test_single_heights_that_nobody_climbs_to_are_not_believed_and_flag_nobody():
    """One in seven is 126,700 ft: the place is believed, the height is kept from before."""
    true = faults.flown("A", seconds=120)
    seen = Seen(faults.height_spikes(true, 7))
    assert len(seen.taken) == 121, "no place is lost"
    assert {r.altitude_m for r in seen.picture.aircraft["A"].reports} == {true[0].alt_m}
    assert seen.picture.in_part == {belief.HEIGHT_NOT_REACHED: 17}
    assert not seen.picture.refused
    assert seen.during("A", 20, 120) == {"watched"}
    (line,) = watch_summary(seen.picture, us(120.4)).not_watched
    assert line == f"17 times the height not believed and kept from before: {NOT_CLIMBED}"


def test_heights_of_which_many_are_wrong_flag_the_aircraft_and_move_it_nowhere():
    true = faults.flown("A", seconds=120)
    seen = Seen(faults.height_spikes(true, 2))
    assert {r.altitude_m for r in seen.picture.aircraft["A"].reports} == {true[0].alt_m}
    assert "watched" not in seen.during("A", 30, 120)
    said = status(seen.picture, "A", us(120.4))
    assert NOT_CLIMBED in said.why
    assert "its place is believed" in said.why
    assert seen.picture.aircraft["A"].predicted(us(120.4)), "it goes on being predicted"


def test_a_height_garbled_for_a_while_is_kept_from_before_and_the_true_one_is_taken_back():
    """In a descent of 8 m/s an encoder says 38,000 ft for forty seconds."""
    true = faults.flown("A", climb_mps=-8.0, alt_m=3_000.0, seconds=200)
    seen = Seen(faults.heights(true, 100.0, 140.0, 11_582.4))
    assert len(seen.taken) == 201
    kept = seen.picture.aircraft["A"].reports
    assert all(abs(r.altitude_m - (3_000.0 - 8.0 * at_s(r))) < 60.0 for r in kept)
    assert seen.during("A", 104, 140) == {"flagged"}
    assert seen.during("A", 172, 200) == {"watched"}
    half = Seen(faults.heights(true, 100.0, 140.0, 11_582.4)[:131])
    said = status(half.picture, "A", us(130.4))
    assert "its height kept from 31 s ago" in said.why
    assert "claimed by 31 reports" in said.why


def test_a_height_that_stays_is_believed_after_a_minute_in_flight_and_ten_seconds_on_the_ground():
    for speed_mps, after_s in ((150.0, 60.0), (3.0, 10.0)):
        true = faults.flown("A", alt_m=1_500.0, speed_mps=speed_mps, seconds=200)
        seen = Seen(faults.heights(true, 100.0, 300.0, 9_144.0))
        known = seen.picture.aircraft["A"]
        assert known.last.altitude_m == 9_144.0
        assert known.taken_up == (us(100.3 + after_s), belief.HEIGHT_NOT_REACHED)
        assert "taken up again" in status(seen.picture, "A", us(200.4)).why
        assert len(seen.taken) == 201


# ---- who stands, and what is repeated -----------------------------------------------------------


def hovering(aircraft="H", seconds=200.0, every_s=1.0):
    """At one place to the digit, from the first report on."""
    return faults.slowed(aircraft, speed_mps=0.0, seconds=seconds, every_s=every_s)


@pytest.mark.parametrize("every_s", [0.5, 1.0, 5.0, 12.0])
@pytest.mark.parametrize("brake_mps2", [1.0, 3.0, 5.0])
def test_who_slows_to_a_hover_is_believed_all_along(every_s, brake_mps2):
    true = faults.slowed("H", brake_mps2=brake_mps2, every_s=every_s, seconds=240.0)
    seen = Seen(true)
    assert len(seen.taken) == len(true)
    assert not seen.picture.flags_raised
    assert seen.during("H", 40, 240) == {"watched"}
    assert seen.picture.aircraft["H"].motion_mps == (0.0, 0.0, 0.0)
    assert seen.picture.aircraft["H"].predicted(us(240.3))


@pytest.mark.parametrize("every_s", [1.0, 10.0])
def test_who_hovers_from_the_first_report_is_watched_and_may_fly_off(every_s):
    true = hovering(every_s=every_s)
    off = faults.flown("H", speed_mps=50.0, seconds=100, every_s=every_s, noise_m=0.0)
    off = [faults.replace(s, at_s=s.at_s + 200, received_s=s.received_s + 200) for s in off[1:]]
    seen = Seen(true + [faults.replace(s, alt_m=true[0].alt_m) for s in off])
    assert len(seen.taken) == len(true) + len(off)
    assert not seen.picture.refused
    assert seen.during("H", 20, 300) == {"watched"}


@pytest.mark.parametrize("speed_mps", [0.0, 5.0, 14.0, 20.0, 60.0, 230.0])
def test_a_receiver_that_rounds_to_a_thousandth_of_a_degree_stays_watched(speed_mps):
    """And coasts from one place that it tells apart to the next, where that takes seconds."""
    true = faults.rounded(faults.flown("R", speed_mps=speed_mps, seconds=200, noise_m=0.0), 3)
    seen = Seen(true)
    assert not seen.picture.flags_raised
    assert seen.during("R", 20, 200) <= {"watched", "coasting"}
    last = seen.taken[-1]
    assert faults.GEOD.inv(last.lon_deg, last.lat_deg, true[-1].lon_deg, true[-1].lat_deg)[2] < 250


def test_a_rounded_place_of_one_that_stops_is_believed_after_the_time_it_brakes():
    """20 m/s at 3 m/s2 are 67 m: within one thousandth of a degree."""
    true = faults.rounded(faults.slowed("D", speed_mps=20.0, seconds=200.0), 3)
    seen = Seen(true)
    assert not seen.picture.flags_raised
    assert seen.during("D", 80, 200) == {"watched"}
    assert seen.picture.aircraft["D"].last.at_us == us(200.0)


@pytest.mark.parametrize("every_s", [1.0, 5.0])
def test_a_place_held_at_speed_is_coasting_flagged_then_standing_and_begins_again_at_once(every_s):
    """A landing aircraft's last place goes on for three minutes, then it is heard 3 km on."""
    true = faults.flown(
        "A", speed_mps=70.0, alt_m=60.0, seconds=400, noise_m=0.0, every_s=every_s
    )  # fmt: skip
    bent = faults.frozen(true, 100.0, 280.0)
    seen = Seen(bent)
    held_s = 100.0 - every_s
    assert seen.during("A", 40, 95) == {"watched"}
    assert seen.during("A", int(held_s) + 21, 280) == {"flagged"}
    half = Seen([s for s in bent if s.at_s <= 150.0])
    said = status(half.picture, "A", us(150.4))
    assert (said.word, said.is_watched) == ("flagged", False)
    assert said.why == f"{belief.REPEATED_LONG}; predicted on from its last believed place"
    assert half.picture.aircraft["A"].last.at_us == us(held_s)
    long = Seen([s for s in bent if s.at_s <= 200.0])
    known = long.picture.aircraft["A"]
    said = status(long.picture, "A", us(200.4))
    assert said.word == "flagged"
    assert "predicted as standing where it is reported, which may be wrong" in said.why
    assert known.last.at_us == us(200.0)
    assert known.predicted(us(200.4)), "not forgotten: who comes there is warned"
    assert known.motion_mps == (0.0, 0.0, 0.0)
    assert next(s.at_s for s in seen.taken if s.at_s >= 280.0) == 280.0, "the first that moves"
    assert seen.during("A", 283, 400) <= {"watched", "one report only"}
    assert "taken up again" in status(seen.picture, "A", us(400.4)).why


def test_what_stands_for_ten_minutes_after_all_stands_like_any_other():
    true = faults.flown("A", speed_mps=70.0, alt_m=60.0, seconds=900, noise_m=0.0)
    seen = Seen(faults.frozen(true, 100.0, 901.0))
    assert seen.during("A", 130, 690) == {"flagged"}
    assert seen.during("A", 750, 900) == {"watched"}


def test_a_place_held_in_a_turn_is_no_longer_believed_than_one_held_on_a_straight_line():
    true = faults.flown("A", speed_mps=120.0, turn_degps=3.0, seconds=200)
    seen = Seen(faults.frozen(true, 100.0, 130.0))
    assert believed_near(true, seen, 1.0)
    assert seen.during("A", 165, 200) == {"watched"}


def test_a_claim_that_is_confirmed_is_read_report_by_report_and_once():
    true = faults.flown("A", seconds=200)
    for east_m in (1_500.0, 2_000.0):
        picture, looks = Picture(), []
        for s in faults.shifted(true, 100.0, 300.0, east_m):
            if picture.take(report_of(s), us(s.received_s)):
                looks += [at_s(each.last) for each in picture.aircraft["A"].replayed()]
        assert looks == [float(n) for n in range(201)], "each once, in the order of their times"


def test_two_aircraft_at_exactly_one_place_are_told_and_stay_predicted():
    one = faults.flown("A", seconds=60)
    other = [faults.replace(s, aircraft="B") for s in one]
    seen = Seen(faults.merged([one, other]))
    for name in ("A", "B"):
        said = status(seen.picture, name, us(60.4))
        assert (said.word, said.why) == ("flagged", SAME_PLACE)
        assert seen.picture.aircraft[name].predicted(us(60.4))


# ---- clocks -------------------------------------------------------------------------------------


def test_a_clock_ahead_is_flagged_and_its_place_counts_as_of_when_it_came_in():
    seen = Seen(faults.clock_offset(faults.flown("A", seconds=120), 12.0))
    track = seen.picture.aircraft["A"]
    assert status(seen.picture, "A", us(120.0)).word == "flagged"
    assert belief.CLOCK_AHEAD in status(seen.picture, "A", us(120.0)).why
    assert track.time_us == track.received_us < track.last.at_us
    assert len(seen.taken) == 121


def test_a_clock_beyond_what_is_granted_is_refused_and_counted():
    seen = Seen(faults.clock_offset(faults.flown("A", seconds=60), AHEAD_US / SECOND_US + 1.0))
    assert not seen.picture.aircraft
    assert seen.picture.refused == {"time ahead of our clock": 61}


@pytest.mark.parametrize("rate", [0.85, 1.15])
def test_a_clock_that_runs_slow_or_fast_is_flagged(rate):
    seen = Seen(faults.clock_rate(faults.flown("A", seconds=300), rate))
    why = belief.CLOCK_BEHIND if rate < 1.0 else belief.CLOCK_AHEAD
    assert seen.during("A", 100, 300) == {"flagged"}
    assert why in status(seen.picture, "A", us(300.0)).why
    assert "its place is believed" in status(seen.picture, "A", us(300.0)).why


def test_a_clock_that_repeats_its_instants_is_flagged_and_moves_nobody():
    seen = Seen(faults.instants_repeated(faults.flown("A", seconds=120), 4))
    assert seen.picture.refused[belief.INSTANT_TWICE] > 80
    assert belief.CLOCK_ORDER in status(seen.picture, "A", us(120.0)).why


def test_a_clock_that_steps_back_loses_the_aircraft_no_longer_than_the_step():
    true = faults.flown("A", seconds=200)
    seen = Seen(faults.clock_step(true, 100.0, -20.0))
    assert seen.picture.refused[belief.NOT_LATER] >= 19
    assert "flagged" in seen.during("A", 106, 130)
    assert seen.taken[-1].at_s == true[-1].at_s - 20.0


def test_reports_that_come_old_are_coasting_and_then_stale():
    late = [faults.replace(s, received_s=s.at_s + 40.0) for s in faults.flown("A", seconds=60)]
    seen = Seen(late)
    assert status(seen.picture, "A", us(100.0)).word == "coasting"
    assert status(seen.picture, "A", us(100.0)).age_us == 40 * SECOND_US
    assert status(seen.picture, "A", us(121.0)).word == "stale"


# ---- silence ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("every_s", "coasts_after_s"), [(1.0, 5.0), (4.0, 12.0), (10.0, 30.0)])
def test_a_track_coasts_after_its_own_usual_interval_and_is_stale_after_a_minute(
    every_s, coasts_after_s
):
    seen = Seen(faults.flown("A", seconds=120, every_s=every_s, lag_s=0.0))
    words = [status(seen.picture, "A", us(120.0 + s)).word for s in range(70)]
    assert (
        words
        == ["watched"] * (int(coasts_after_s) + 1)
        + ["coasting"] * (60 - int(coasts_after_s))
        + ["stale"] * 9
    )
    said = status(seen.picture, "A", us(120.0 + coasts_after_s + 3))
    assert (said.age_us, said.is_watched) == (round((coasts_after_s + 3) * SECOND_US), True)
    gone = status(seen.picture, "A", us(190.0))
    assert (gone.since_us, gone.is_watched) == (us(180.0), False)


def test_after_a_gap_the_same_flight_is_taken_at_once_and_another_place_is_not():
    true = faults.flown("A", seconds=400)
    back = Seen(faults.without(true, 100.0, 300.0))
    assert len([s for s in back.taken if s.at_s >= 300]) == 101
    gone = Seen(faults.without(faults.jumped_to_point(true, 300.0, 400.0), 100.0, 300.0))
    assert not [s for s in gone.taken if 300 <= s.at_s < 400]


def test_an_aircraft_is_new_after_an_hour_wherever_it_is():
    picture = Picture()
    first = faults.flown("A", seconds=30)
    for s in first:
        picture.take(report_of(s), us(s.received_s))
    later = FORGOTTEN_AFTER_US / SECOND_US + 60.0
    assert picture.take(
        report_of(faults.replace(first[0], at_s=later, received_s=later, lat_deg=-33.0)), us(later)
    )
    assert len(picture.aircraft["A"].reports) == 1


def test_every_word_is_counted_and_the_summary_names_what_is_not_watched():
    picture = Picture()
    for track in (faults.flown("W", seconds=60), faults.flown("C", start=(40.0, 2.0), seconds=45)):
        for s in track:
            picture.take(report_of(s), us(s.received_s))
    for s in faults.jumped_to_point(faults.flown("F", start=(45.0, 0.0), seconds=60), 50.0, 61.0):
        picture.take(report_of(s), us(s.received_s))
    picture.take(report_of(faults.flown("O", start=(30.0, 0.0))[59]), us(59.3))
    picture.take(report_of(faults.flown("S", start=(20.0, 0.0))[0]), us(0.3))
    summary = watch_summary(picture, us(60.5))
    assert summary.counts == {
        "watched": 1, "coasting": 1, "stale": 1, "flagged": 1, "one report only": 1,
    }  # fmt: skip
    assert tuple(summary.counts) == STATUS_WORDS
    text = " | ".join(summary.not_watched)
    for part in ("coasting", "without a report", "flagged", "one report only", "times refused"):
        assert part in text


# ---- two feeds ----------------------------------------------------------------------------------


def test_two_feeds_of_one_aircraft_are_one_track_and_its_motion_is_within_one_feed():
    one = faults.flown("A", seconds=60)
    other = [
        faults.replace(s, at_s=s.at_s + 0.6, received_s=s.received_s + 0.7, feed="MLAT")
        for s in faults.shifted(one, 0.0, 61.0, 300.0)
    ]
    seen = Seen(faults.merged([one, other]))
    assert len(seen.taken) == 122
    track = seen.picture.aircraft["A"]
    before = track.before()
    assert before.feed == track.last.feed == "MLAT"
    assert track.last.at_us - before.at_us == SECOND_US
    assert not seen.picture.refused


def test_the_feed_is_noted_where_the_report_does_not_say_it():
    picture = Picture()
    picture.take(report_of(faults.flown("A")[0]), us(0.3), feed="F")
    assert picture.aircraft["A"].last.feed == "F"


def test_no_motion_is_taken_between_two_references_of_height():
    track = faults.flown("A", seconds=10)
    mixed = [faults.replace(s, reference="AMSL") if n == 10 else s for n, s in enumerate(track)]
    seen = Seen(mixed)
    assert len(seen.taken) == 11
    assert seen.picture.aircraft["A"].before() is None
    assert status(seen.picture, "A", us(10.4)).word == "one report only"


# ---- what comes from outside --------------------------------------------------------------------

numbers = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from([1e308, -1e308, 90.0, -90.0, 180.0, -180.0, 0.0]),
)


@given(st.lists(st.tuples(
    st.sampled_from(["A", "B", "", "x" * 65_536, "a\nb"]), st.integers(-100, 100), numbers, numbers,
    numbers, st.sampled_from(["STD", "AMSL", "AGL", "WGS84"]), st.integers(0, 50),
), max_size=30))  # fmt: skip
def test_whatever_comes_is_taken_or_counted_and_the_picture_stays_whole(rows):
    picture, now_us, taken = Picture(), NOW_US, 0
    for name, at_s, lat, lon, alt_m, reference, later_s in rows:
        now_us += later_s * SECOND_US
        taken += picture.take(
            TrackReport(
                aircraft=name, at_us=now_us + at_s * SECOND_US, lat_deg=lat, lon_deg=lon,
                altitude_m=alt_m, altitude_reference=reference,
            ),
            now_us,
        )  # fmt: skip
        for known in picture.aircraft:
            said = status(picture, known, now_us)
            assert said.word in STATUS_WORDS
    assert taken + sum(picture.refused.values()) == len(rows)
    assert set(picture.aircraft) <= {"A", "B"}
    for track in picture.aircraft.values():
        times = [r.at_us for r in track.reports]
        assert times == sorted(set(times)), "believed reports go forward"
        assert all(math.isfinite(r.lat_deg) and math.isfinite(r.altitude_m) for r in track.reports)
    places = [n for there in picture.at_place.values() for n in there]
    assert sorted(places) == sorted(picture.aircraft), "each stands at its last place, once"


def test_a_pole_a_standing_crowd_and_made_up_reasons_are_bounded():
    picture = Picture()
    for second in range(3):
        for n in range(1_000):
            shown = faults.Shown(f"P{n}", float(second), second + 0.1, 90.0, n % 360 - 180.0, 100.0)
            assert picture.take(report_of(shown), us(second + 0.1))
    assert watch_summary(picture, us(3.0)).counts["flagged"] > 0
    assert len(picture.at_place) == 360
    for n in range(2 * REASONS_MAX):
        picture.refuse(f"made up {n}")
    assert len(picture.refused) == REASONS_MAX + 1
    assert picture.refused[OTHER_REASONS] == REASONS_MAX
    later_us = us(3.0) + 2 * FORGOTTEN_AFTER_US
    for n in range(2_000):
        shown = faults.flown("N", seconds=0)[0]
        report = report_of(faults.replace(shown, aircraft=f"N{n}"))
        picture.take(faults_report_at(report, later_us), later_us)
    assert len(picture.aircraft) == 2_000
    assert sum(map(len, picture.at_place.values())) == 2_000


def faults_report_at(report: TrackReport, at_us: int) -> TrackReport:
    return TrackReport(
        aircraft=report.aircraft, at_us=at_us, lat_deg=report.lat_deg, lon_deg=report.lon_deg,
        altitude_m=report.altitude_m, altitude_reference=report.altitude_reference,
    )  # fmt: skip


def test_the_same_reports_make_the_same_picture():
    tracks = [
        faults.jumped_to_circle(faults.flown(f"A{n}", start=(50.0 + n, 10.0), seconds=150), 40, 110)
        for n in range(4)
    ]
    one, other = Seen(faults.merged(tracks)), Seen(faults.merged(tracks[::-1]))
    assert one.words == other.words
    assert one.picture.refused == other.picture.refused


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"every_s": 10.0},
        {"every_s": 4.0, "noise_m": 60.0},
        {"turn_degps": 3.0},
        {"turn_degps": 20.0, "speed_mps": 200.0, "noise_m": 30.0},
        {"speed_mps": 15.0, "alt_m": 80.0, "turn_degps": 30.0},
        {"speed_mps": 0.0, "noise_m": 3.0},
        {"speed_mps": 600.0, "climb_mps": 150.0, "alt_m": 3_000.0, "seconds": 100.0},
        {"climb_mps": -25.0, "every_s": 5.0, "seconds": 300.0},
        {"start": (89.99, 0.0)},
        {"start": (0.0, 179.99), "course_deg": 90.0},
    ],
)
def test_who_flies_as_aircraft_do_is_neither_refused_nor_flagged(options):
    seen = Seen(faults.flown("A", **options))
    assert not seen.picture.refused
    assert not seen.picture.flags_raised
    later = {word for s, word in seen.words["A"].items() if s > 30}
    assert later == {"watched"}
    assert STALE_US == 60 * SECOND_US


# ---- recordings ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "every", "flagged_per_hour", "refused_share"),
    [("switzerland.parquet", 6, 0.02, 0.001), ("quickstart.parquet", 9, 0.05, 0.0003)],
)
def test_recorded_flights_are_hardly_ever_doubted(name, every, flagged_per_hour, refused_share):
    """Flags by flight hour of what flies; the two kinds of faults that are in there do not count.

    Those are places repeated at speed for 15 s and more, and heights that jump by 1,000 ft and more
    in a second, of aircraft that stand (3999e4, 4cac5e, 4d21ec: 29,000 to 60,900 ft at one gate).
    """
    from parley.store.files import read_recording
    from parley.wire.traffic import COLUMNS, read_traffic
    from shared_data import shared

    tracks = read_traffic([(name, read_recording(shared(f"data/tracks/{name}"), COLUMNS))]).tracks
    picture, hours, count, refused = Picture(), 0.0, 0, 0
    for track in tracks[::every]:
        gaps_us = track.t_us[1:] - track.t_us[:-1]
        hours += float(gaps_us[gaps_us <= STALE_US].sum()) / 3.6e9
        rows = zip(
            track.t_us.tolist(), track.lat_deg.tolist(), track.lon_deg.tolist(),
            track.alt_m.tolist(), strict=True,
        )  # fmt: skip
        for at_us, lat, lon, alt_m in rows:
            count += 1
            report = TrackReport(
                aircraft=track.id, at_us=at_us, lat_deg=lat, lon_deg=lon, altitude_m=alt_m,
                altitude_reference=track.alt_reference,
            )  # fmt: skip
            picture.take(report, at_us)
    faulty = (belief.REPEATED_LONG, belief.HEIGHT_NOT_REACHED)
    false = sum(n for why, n in picture.flags_raised.items() if not why.endswith(faulty))
    assert picture.flags_raised.get(belief.HEIGHT_NOT_REACHED, 0) <= 3
    refused = sum(n for why, n in picture.refused.items() if why != belief.REPEATED)
    assert false / hours <= flagged_per_hour, picture.flags_raised
    assert refused / count <= refused_share, picture.refused
