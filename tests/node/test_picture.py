"""The picture: clocks, silence, feeds, what comes from outside, and recorded flights.

What of one aircraft's reports is believed stands in `test_belief`.
"""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from picturekit import (
    NOW_US,
    SECOND_US,
    Seen,
    faults,
    report_of,
    us,
)

from parley.node import belief
from parley.node.coasting import STATUS_WORDS, status, watch_summary
from parley.node.picture import (
    AHEAD_US,
    FORGOTTEN_AFTER_US,
    OTHER_REASONS,
    REASONS_MAX,
    STALE_US,
    Picture,
    TrackReport,
)

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
