"""Which reports count as coverage: only believed ones of tracks that nobody doubts."""

from __future__ import annotations

import itertools

import pytest
from intentkit import file, intent
from nodekit import do, pair
from simkeys import make_identities
from simstory import two
from simworld import SECOND_US

from parley.detect.coverage import SLOT_US, SLOTS_TO_COVER, cell_at, key_of
from parley.node.coasting import TAKEN_UP_SAID_US
from parley.node.inputs import TrackReports
from parley.node.picture import STALE_US, TrackReport
from parley.node.rules import coverage_watch, covered_areas
from parley.node.rules.coverage_watch import coverage_of, note
from parley.node.rules.covered_areas import areas_covered, coverage_lines
from parley.node.state import State
from parley.world.geo import Position, destination

BEGIN_US = 1_700_000_000 * SECOND_US // SLOT_US * SLOT_US
HOME = Position(lat_deg=35.5, lon_deg=38.5)
NEAR = Position(lat_deg=35.51, lon_deg=38.5)


@pytest.fixture
def state():
    return State(identity=make_identities(two())["ALFA"])


def report(name, at_us, position, **changes):
    values = {
        "aircraft": name, "at_us": at_us, "lat_deg": position.lat_deg, "lon_deg": position.lon_deg,
        "altitude_m": 2_000.0, "altitude_reference": "AMSL",
    }  # fmt: skip
    return TrackReport(**(values | changes))


def fly(
    state, name="F1", *, looks=10, begin_us=BEGIN_US, from_=HOME, lag_us=0, feed="radar", **more
):
    """Fly east at 100 m/s, a report each 2 s; return when the last one came in."""
    now_us = begin_us
    for n in range(looks):
        now_us = begin_us + 2 * n * SECOND_US
        there = destination(from_, 90.0, 200.0 * n)
        if state.picture.take(report(name, now_us - lag_us, there, **more), now_us, feed):
            note(state, state.picture.aircraft[name], now_us)
    return now_us


def counted(state, feed="radar"):
    known = coverage_of(state).feeds.get(feed)
    return known.reports if known is not None else 0


def test_a_flight_counts_from_when_its_track_is_settled_and_by_the_feeds_name(state):
    fly(state)
    # Three reports over 8 s: the fifth is the first that counts.
    assert counted(state) == 6
    fly(state, "F2", feed="", begin_us=BEGIN_US + 60 * SECOND_US, from_=NEAR)
    assert counted(state, coverage_watch.UNNAMED) == 6
    fly(
        state,
        "F3",
        begin_us=BEGIN_US + 120 * SECOND_US,
        feed="hub",
        from_=Position(lat_deg=1, lon_deg=1),
    )
    assert counted(state, "hub") == 6


def test_ids_made_up_for_a_report_or_two_paint_nothing(state):
    for n in range(2_000):
        there = Position(lat_deg=-60.0 + n * 0.05, lon_deg=n * 0.07)
        for step in range(2):
            now_us = BEGIN_US + (n + step) * SECOND_US
            if state.picture.take(report(f"X{n}", now_us, there), now_us, "radar"):
                note(state, state.picture.aircraft[f"X{n}"], now_us)
    assert len(coverage_of(state)) == 0
    assert not coverage_of(state).feeds


def test_a_track_that_jumps_paints_nothing_where_it_claims_to_be(state):
    last_us = fly(state)
    before = coverage_of(state).rows()
    away = destination(HOME, 0.0, 400_000.0)
    for n in range(1, 6):
        now_us = last_us + 2 * n * SECOND_US
        taken = state.picture.take(report("F1", now_us, away), now_us, "radar")
        assert not taken
    assert coverage_of(state).rows() == before
    # Nor does what is believed of it count while the claim stands.
    now_us = last_us + 12 * SECOND_US
    true_one = report("F1", now_us, destination(HOME, 90.0, 200.0 * 9 + 1_200.0))
    assert state.picture.take(true_one, now_us, "radar")
    note(state, state.picture.aircraft["F1"], now_us)
    assert coverage_of(state).rows() == before


def test_a_track_that_was_taken_up_elsewhere_counts_after_ten_minutes_only(state):
    last_us = fly(state)
    known = state.picture.aircraft["F1"]
    known.taken_up = (last_us, "place not reached")
    note(state, known, last_us + TAKEN_UP_SAID_US)
    assert counted(state) == 6
    known.received_us = last_us
    known.taken_up = (last_us - TAKEN_UP_SAID_US - 1, "place not reached")
    note(state, known, last_us)
    assert counted(state) == 7


def test_late_reports_tell_nothing_of_what_is_seen_now(state):
    fly(state, lag_us=STALE_US + SECOND_US)
    assert counted(state) == 0
    fly(state, "F2", lag_us=STALE_US, begin_us=BEGIN_US + 200 * SECOND_US, from_=NEAR)
    assert counted(state) == 6


def test_two_at_exactly_one_place_are_doubted_and_do_not_count(state):
    for n in range(10):
        now_us = BEGIN_US + 2 * n * SECOND_US
        there = destination(HOME, 90.0, 200.0 * n)
        for name in ("A", "B"):
            if state.picture.take(report(name, now_us, there), now_us, "radar"):
                note(state, state.picture.aircraft[name], now_us)
    # A moves on alone each time before B comes to its place: only A's may count.
    cells = coverage_of(state).feeds["radar"].reports
    assert cells == 6


def test_a_feed_that_makes_up_flights_paints_its_own_coverage_only(state):
    for slot in range(SLOTS_TO_COVER):
        fly(state, f"M{slot}", feed="liar", begin_us=BEGIN_US + slot * SLOT_US, looks=10 + slot)
    now_us = BEGIN_US + (SLOTS_TO_COVER - 1) * SLOT_US + 22 * SECOND_US
    there = destination(HOME, 90.0, 1_600.0)
    key = key_of(cell_at(there.lat_deg, there.lon_deg), "sea", 2)
    assert coverage_of(state).feeds["liar"].word(key, now_us) == "covered"
    assert set(coverage_of(state).feeds) == {"liar"}


# ---- through the node, and in words -------------------------------------------------------------


def world_with_history(*, altitude_m=4_000.0, feed="X"):
    """A world in which ALFA's feed has usually seen aircraft over zone Z1 at one height."""
    world = pair(two())
    state = world.node("ALFA").state
    coverage = coverage_of(state)
    for slot in reversed(range(SLOTS_TO_COVER)):
        for row, column in itertools.product(range(7), range(7)):
            lat_deg, lon_deg = 35.2 + 0.1 * row + 0.05, 38.2 + 0.1 * column + 0.05
            coverage.note(feed, lat_deg, lon_deg, altitude_m, "AMSL", world.now_us - slot * SLOT_US)
    return world, state


def test_reports_through_the_node_are_counted():
    world = pair(two())
    state = world.node("ALFA").state
    for n in range(8):
        world.run(2.0)
        there = destination(HOME, 90.0, 200.0 * n)
        do(world, "ALFA", TrackReports(feed="F", reports=(report("F1", world.now_us, there),)))
    assert coverage_of(state).feeds["F"].reports == 4
    assert any("being learnt" in line for line in coverage_lines(state, world.now_us))


def test_where_no_feed_ever_reported_no_line_is_made_up(state):
    assert coverage_lines(state, BEGIN_US) == []


def test_a_zone_that_is_only_ever_seen_high_up_is_said_to_have_no_history_below():
    world, state = world_with_history()
    lines = coverage_lines(state, world.now_us)
    assert lines == ["zone Z1 of AB: below 3,000 m no history; 6,000 to 12,000 m no history"]
    (zone,), left_out = areas_covered(state, world.now_us)
    assert left_out == 0
    assert [band.amounts for band in zone.bands][3] == {"covered": zone.total}


def test_a_feed_that_falls_silent_is_said_at_once_with_what_it_takes_away():
    world, state = world_with_history()
    coverage_lines(state, world.now_us)
    now_us = world.now_us + 42 * SECOND_US
    lines = coverage_lines(state, now_us)
    assert lines[0] == (
        "feed X: no report that counts for 42 s: 41 cells that it covered are not watched by it now"
    )
    assert lines[1] == (
        "zone Z1 of AB: below 3,000 m no history; 3,000 to 6,000 m its feed is silent; "
        "6,000 to 12,000 m no history"
    )
    # And back at once, too.
    coverage_of(state).note("X", 35.5, 38.5, 4_000.0, "AMSL", now_us)
    assert not any(
        "silent" in line or "not watched" in line for line in coverage_lines(state, now_us)
    )


def test_a_feed_that_is_gone_for_days_goes_on_being_told():
    world, state = world_with_history()
    lines = coverage_lines(state, world.now_us + 3 * 24 * 3_600 * SECOND_US)
    assert lines[0] == "feed X: no report that counts for 72 h; it covers nothing now"
    assert "once covered, quiet now" in lines[1]


def test_own_intents_are_looked_at_and_those_of_others_are_not():
    world, state = world_with_history()
    file(world, intent(world, name="I1"))
    file(world, intent(world, "BRAVO", "I2"))
    world.run(3)
    names = {(each.kind, each.name) for each in areas_covered(state, world.now_us + 10**7)[0]}
    assert ("own intent", "I1") in names
    assert not any(name == "I2" for _, name in names)


def test_what_is_too_much_to_look_at_is_said_and_never_taken_as_covered(monkeypatch):
    world, state = world_with_history()
    monkeypatch.setattr(covered_areas, "LOOKS_MAX", 3)
    (line,) = coverage_lines(state, world.now_us)
    assert line == "zone Z1 of AB: not looked at: over 3 cells and bands in all"
    monkeypatch.setattr(covered_areas, "AREAS_MAX", 0)
    (line,) = coverage_lines(state, world.now_us + 10**7)
    assert line == "1 more areas are not wholly covered, or were not looked at"
