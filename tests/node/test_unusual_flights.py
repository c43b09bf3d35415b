"""A flight where none of ours was ever seen asks our own post for a notice; nobody else."""

from __future__ import annotations

import msgspec
import pytest
from intentkit import file, intent
from nodekit import do, pair, say
from simstory import agreement_of
from simworld import SECOND_US

from parley.detect.flown_area import FlownArea, cell_of
from parley.node.inputs import AcknowledgeAlarm, TrackReports
from parley.node.picture import TrackReport
from parley.node.rules.alarms import alarms
from parley.node.rules.unusual_flights import LEARN_S, flown_of, keep_flown
from parley.node.warning_bodies import FlightUnusual
from parley.world.geo import Position, destination
from parley.world.time import format_second

CENTRE = "35.0,38.5"
HOME = Position(lat_deg=35.0, lon_deg=38.0)


def world_with(flown_s=LEARN_S, **changes):
    """A world in which ALFA's flights were seen about home for long enough."""
    base = agreement_of("AB", ("ALFA", "BRAVO"))
    world = pair([msgspec.structs.replace(base, **changes)])
    keep_flown(world.node("ALFA").state, FlownArea([cell_of(HOME)], flown_s))
    return world


def at(km, bearing_deg=90.0):
    return destination(HOME, bearing_deg, km * 1_000.0)


def flown(world, positions, *, party="ALFA", flight="F1", step_s=2.0):
    written = []
    for position in positions:
        world.run(step_s)
        one = TrackReport(
            aircraft=flight, at_us=world.now_us, lat_deg=position.lat_deg,
            lon_deg=position.lon_deg, altitude_m=1_500.0, altitude_reference="AMSL", party=party,
        )  # fmt: skip
        written += do(world, "ALFA", TrackReports(feed="F", reports=(one,)))
    return written


def asked(written):
    return [e for e in written if isinstance(e.body, FlightUnusual)]


def raised(world, party="ALFA"):
    found = alarms(world.node(party).state, world.now_us)
    return [a for a in found if a.kind == "unusual flight" and not a.silent]


def out(count=10, km=60.0):
    """Ten looks further and further away, at 100 m/s."""
    return [at(km + 0.2 * n) for n in range(count)]


@pytest.mark.row("R11")
def test_a_flight_where_none_was_before_asks_for_a_notice_once_and_tells_no_peer() -> None:
    world = world_with()
    assert asked(flown(world, [at(0.1 * n) for n in range(20)], flight="F0")) == []
    (entry,) = asked(flown(world, out()))
    assert entry.log.kind == "private"
    assert entry.body.beyond_mm == pytest.approx(55e6, abs=6e6)
    assert entry.body.at_us - entry.body.since_us >= 5 * SECOND_US
    (alarm,) = raised(world)
    assert "give notice of it" in alarm.text
    world.run(5)
    assert raised(world, "BRAVO") == []
    assert not world.node("BRAVO").state.scope("AB").warnings.unusual


def test_two_looks_are_no_flight_there() -> None:
    world = world_with()
    assert asked(flown(world, out(2))) == []


def test_one_that_flies_on_is_asked_about_once_an_hour_at_most_and_is_not_learnt() -> None:
    world = world_with()
    for _ in range(5):
        flown(world, out(60))
        world.run(600)
    entries = world.node("ALFA").state.scope("AB").warnings.unusual
    assert 1 <= len(entries) <= 2
    assert len(flown_of(world.node("ALFA").state)) == 1


def test_it_is_over_once_somebody_takes_the_alarm_and_the_place_is_known_from_then_on() -> None:
    world = world_with()
    flown(world, out())
    (alarm,) = raised(world)
    do(world, "ALFA", AcknowledgeAlarm(agreement="AB", alarm=alarm.name, post="desk", text="ours"))
    assert raised(world) == []
    flown(world, out(10, km=62.0))
    assert len(flown_of(world.node("ALFA").state)) > 1
    world.run(3_700)
    assert asked(flown(world, out(), flight="F2")) == []


def test_a_notice_about_the_flight_answers_it() -> None:
    world = world_with()
    flown(world, out())
    assert len(raised(world)) == 1
    window = "/".join(format_second(world.now_us + s * SECOND_US) for s in (-60, 3_600))
    said = {"flight": "F1", "window": window, "centre": CENTRE, "radius_m": "80000"}
    say(world, "BRAVO", "ALFA", message_type="intent.notice", fields=said)
    world.run(2)
    assert len(raised(world)) == 1, "another party's words about our flight answer nothing"
    say(world, message_type="intent.notice", fields=said)
    assert raised(world) == []
    flown(world, out(5, km=62.0))
    assert len(flown_of(world.node("ALFA").state)) > 1


def test_where_an_own_intent_of_the_flight_says_that_it_will_be_nothing_is_asked() -> None:
    world = world_with()
    there = at(60.0)
    file(world, intent(world, name="C1", flight="F1", lat=there.lat_deg, lon=there.lon_deg,
                       start_s=-60, long_s=7_200, radius_m=20_000.0))  # fmt: skip
    assert asked(flown(world, out())) == []
    # Another flight has filed nothing; what the first one flew is known now.
    assert asked(flown(world, [at(120 + 0.2 * n) for n in range(10)], flight="F2"))


def test_while_it_learns_nothing_is_asked_and_everything_is_learnt() -> None:
    world = world_with(flown_s=0.0)
    assert asked(flown(world, out(20))) == []
    area = flown_of(world.node("ALFA").state)
    assert len(area) >= 2
    assert area.flown_s == pytest.approx(38.0)


def test_others_flights_and_older_rules_ask_for_nothing() -> None:
    world = world_with()
    assert asked(flown(world, out(), party="BRAVO")) == []
    assert asked(flown(world, out(), party=None, flight="F9")) == []
    older = world_with(rules_version=4)
    assert asked(flown(older, out())) == []


def test_a_restart_asks_not_again_within_the_hour() -> None:
    world = world_with()
    flown(world, out())
    kept = flown_of(world.node("ALFA").state)
    world.stop("ALFA")
    world.start("ALFA")
    keep_flown(world.node("ALFA").state, FlownArea(kept.cells, kept.flown_s))
    world.run(3)
    assert len(raised(world)) == 1
    assert asked(flown(world, out())) == []


def test_a_clock_that_goes_back_and_on_floods_nobody() -> None:
    world = world_with()
    flown(world, out())
    for by_s in (-7_200.0, 7_200.0) * 3:
        world.step_clock("ALFA", by_s)
    assert len(world.node("ALFA").state.scope("AB").warnings.unusual) == 1
