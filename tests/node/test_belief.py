"""Belief: places and heights that are forged, held or garbled, and who stands still."""

from __future__ import annotations

import pytest
from picturekit import (
    NOT_CLIMBED,
    Seen,
    at_s,
    believed_near,
    faults,
    report_of,
    us,
)

from parley.node import belief
from parley.node.coasting import SAME_PLACE, status, watch_summary
from parley.node.picture import (
    Picture,
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
