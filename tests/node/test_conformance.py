"""Own flights against own intents: the clocks of F3548, no flicker, nobody else's word."""

from __future__ import annotations

import math

import msgspec
import pytest
from intentkit import file, intent, volume, world_of
from nodekit import do, pair, write_as
from simstory import agreement_of
from simworld import SECOND_US

from parley.node.entries import IntentChanged, IntentFiled
from parley.node.inputs import ChangeIntent, Tick, TrackReports
from parley.node.picture import TrackReport
from parley.node.rules.alarms import alarms
from parley.node.rules.conformance_watch import newest_observed, watches_of
from parley.node.rules.intents import intents_of
from parley.node.warning_bodies import ConformanceObserved
from parley.world.agreement import Party
from parley.world.geo import Position, destination
from parley.world.intent import Intent, IntentState
from parley.world.shape import Circle, Polygon

MIDDLE = Position(lat_deg=35.0, lon_deg=38.0)
RADIUS_M = 5_000.0


def world_with(state="Activated", parties=("ALFA", "BRAVO"), to=(), **changes):
    """A world in which ALFA's flight F1 has an intent, a circle of 5 km from now on."""
    world = world_of(*parties, **changes)
    one = intent(world, name="C1", flight="F1", start_s=-60, long_s=3_600)
    file(world, one, to=to)
    if state != "Accepted":
        change(world, "C1", state)
    return world


def change(world, name, state, party="ALFA"):
    act = ChangeIntent(agreement="AB", post="desk", intent=name, state=IntentState(state))
    return do(world, party, act)


def report(world, east_m, *, party="ALFA", flight="F1", altitude_m=1_500.0, reference="AMSL",
           behind_s=0.0):  # fmt: skip
    at = destination(MIDDLE, 90.0 if east_m >= 0 else 270.0, abs(east_m))
    return TrackReport(
        aircraft=flight, at_us=world.now_us - round(behind_s * SECOND_US), lat_deg=at.lat_deg,
        lon_deg=at.lon_deg, altitude_m=altitude_m, altitude_reference=reference, party=party,
    )  # fmt: skip


def flown(world, offsets_m, *, step_s=1.0, node="ALFA", **how):
    """Report the flight at these distances east of the middle; return what is written."""
    written = []
    for east_m in offsets_m:
        world.run(step_s)
        one = report(world, east_m, **how)
        written += do(world, node, TrackReports(feed="F", reports=(one,)))
    return written


def told(written):
    return [e.body for e in written if isinstance(e.body, ConformanceObserved)]


def words(written):
    """Observations and changes of state in the order written."""
    found = []
    for entry in written:
        if isinstance(entry.body, ConformanceObserved | IntentChanged):
            found.append(entry.body.state)
    return found


def state_of(world, name="C1", node="ALFA", party="ALFA"):
    node_state = world.node(node).state
    return intents_of(node_state, node_state.scope("AB"))[(party, name)].state.value


def raised(world, party="ALFA"):
    return [a for a in alarms(world.node(party).state, world.now_us) if a.kind == "conformance"]


def ramp(from_m, to_m, seconds):
    """As one flies: reports that no look at plausible motion would refuse."""
    return [from_m + (to_m - from_m) * n / seconds for n in range(1, seconds + 1)]


# ---- the clocks ---------------------------------------------------------------------------------


@pytest.mark.row("R11")
def test_a_flight_that_leaves_is_told_ahead_then_nonconforming_after_5_s_then_back() -> None:
    world = world_with()
    written = flown(world, ramp(0.0, 4_000.0, 40))
    # At 100 m/s the edge is 30 s away when 2,000 m are left: told at the second such look.
    (ahead,) = told(written)
    assert (ahead.state, ahead.what) == ("leaving", ("place",))
    assert state_of(world) == "Activated"
    left_us = world.now_us
    written = flown(world, ramp(4_000.0, 6_000.0, 20))
    assert words(written) == ["Nonconforming", "outside"]
    (body,) = told(written)
    # 10 m beyond the edge nothing is decided; the first look beyond that is the second at 5,100 m.
    assert body.since_us == left_us + 11 * SECOND_US
    assert body.at_us == body.since_us + 5 * SECOND_US
    assert body.what == ("place",)
    assert body.horizontal_mm == pytest.approx(600_000, abs=2_000)
    written = flown(world, ramp(6_000.0, 3_000.0, 30))
    assert words(written) == ["Activated", "inside"]
    assert state_of(world) == "Activated"


@pytest.mark.row("R11")
def test_without_recovery_for_60_s_it_is_contingent_and_only_its_end_is_left() -> None:
    world = world_with()
    written = flown(world, [*ramp(0.0, 6_000.0, 60), *ramp(6_000.0, 8_000.0, 50)])
    assert words(written)[-2:] == ["Nonconforming", "outside"]
    (alarm,) = raised(world)
    assert alarm.alarm_class == "URGENT"
    assert "F1 IS OUTSIDE its intent C1" in alarm.text
    written = flown(world, ramp(8_000.0, 8_500.0, 20))
    assert words(written) == ["Contingent"]
    assert words(flown(world, ramp(8_500.0, 0.0, 100))) == []
    (alarm,) = raised(world)
    assert alarm.rung == 1
    change(world, "C1", "Ended")
    assert raised(world) == []


@pytest.mark.parametrize(
    ("how", "what"),
    [({"altitude_m": 2_100.0}, ("height",)), ({"altitude_m": 900.0}, ("height",))],
)
def test_a_level_outside_is_told_as_a_height(how, what):
    world = world_with()
    flown(world, [0.0] * 2)
    (body,) = told(flown(world, [100.0 * n for n in range(12)], **how))
    assert body.what == what
    assert body.vertical_mm == 100_000


def test_before_its_window_it_is_early_and_after_it_late() -> None:
    world = world_of("ALFA", "BRAVO")
    file(world, intent(world, name="C1", flight="F1", start_s=40, long_s=60))
    change(world, "C1", "Activated")
    written = flown(world, ramp(0.0, 3_000.0, 38))
    (early,) = told(written)
    assert (early.what, early.state, early.horizontal_mm) == (("time",), "outside", 0)
    assert early.late_ms == pytest.approx(-34_000, abs=1)
    assert words(flown(world, ramp(3_000.0, 0.0, 30))) == ["Activated", "inside"]
    written = flown(world, ramp(0.0, 4_000.0, 45))
    assert [(b.state, b.what) for b in told(written)] == [
        ("leaving", ("time",)), ("outside", ("time",)),
    ]  # fmt: skip
    assert told(written)[-1].late_ms == pytest.approx(6_000, abs=1_000)


def test_an_intent_of_another_day_is_no_duty_of_a_flight_of_the_same_name() -> None:
    world = world_of("ALFA", "BRAVO")
    file(world, intent(world, name="C1", flight="F1", start_s=2 * 3_600, long_s=60))
    change(world, "C1", "Activated")
    assert told(flown(world, ramp(0.0, 20_000.0, 100))) == []


# ---- undecided, not known -----------------------------------------------------------------------


def test_along_the_edge_within_the_doubt_nothing_is_told() -> None:
    world = world_with()
    edge = [RADIUS_M + (-1) ** n * 8.0 for n in range(90)]
    written = flown(world, [*ramp(0.0, RADIUS_M, 50), *edge])
    assert "outside" not in words(written)
    assert state_of(world) == "Activated"


def test_one_that_flickers_over_the_edge_is_told_boundedly() -> None:
    """What could flood the log: nine seconds out and eleven in, again and again."""
    world = world_with()
    inside = RADIUS_M - 100.0
    swing = [RADIUS_M - 100.0 * math.cos(2.0 * math.pi * second / 20.0) for second in range(20)]
    written = flown(world, [*ramp(0.0, inside, 50), *(swing * 10)])
    # Ten times out. Told back after 5 s the first time; the second time nine are not long enough,
    # and after a minute of that it is Contingent.
    assert [word for word in words(written) if word != "leaving"] == [
        "Nonconforming", "outside", "Activated", "inside", "Nonconforming", "outside", "Contingent",
    ]  # fmt: skip


def test_no_report_is_not_known_and_never_inside() -> None:
    world = world_with()
    flown(world, ramp(0.0, 500.0, 10))
    watch = next(iter(watches_of(world.node("ALFA").state.scope("AB")).watched.values()))
    assert watch.word(world.now_us) == "inside"
    assert watch.word(world.now_us + 6 * SECOND_US) == "not known"
    assert (watch.inside_us, watch.known_us) == (9 * SECOND_US, 9 * SECOND_US)
    flown(world, [700.0], step_s=40.0)
    # Of 40 s without a report five count: for that long the answer before it holds.
    assert watch.known_us == 14 * SECOND_US
    assert watch.share == 1.0


def test_the_share_is_of_the_time_that_is_known() -> None:
    world = world_with()
    flown(world, [*ramp(0.0, 4_950.0, 50), *ramp(4_950.0, 5_050.0, 1), *ramp(5_050.0, 6_000.0, 10)])
    watch = next(iter(watches_of(world.node("ALFA").state.scope("AB")).watched.values()))
    assert watch.share == pytest.approx(50 / 60, abs=0.02)


def test_one_wild_report_outside_is_told_only_if_nothing_is_heard_after_it() -> None:
    world = world_with()
    flown(world, ramp(0.0, 4_900.0, 60))
    written = flown(world, [5_100.0])
    assert "outside" not in words(written)
    world.run(50)
    assert state_of(world) == "Activated"
    world.run(20)
    assert state_of(world) == "Nonconforming"
    world.run(70)
    assert state_of(world) == "Contingent"


def test_a_clock_that_jumps_makes_nothing_contingent() -> None:
    world = world_with()
    flown(world, [*ramp(0.0, 6_000.0, 60)])
    assert state_of(world) == "Nonconforming"
    world.step_clock("ALFA", 7_200.0)
    assert state_of(world) == "Nonconforming"
    world.step_clock("ALFA", -7_200.0)
    do(world, "ALFA", Tick())
    assert state_of(world) == "Nonconforming"


def test_heights_of_two_references_are_compared_only_as_far_as_the_norms_allow() -> None:
    """A pressure level without a pressure source: undecided, whatever the numbers say."""
    world = world_with()
    written = flown(world, ramp(0.0, 2_000.0, 30), reference="STD", altitude_m=2_400.0)
    assert "outside" not in words(written)
    watch = next(iter(watches_of(world.node("ALFA").state.scope("AB")).watched.values()))
    assert watch.word(world.now_us) == "undecided"


# ---- whose word counts --------------------------------------------------------------------------


def test_the_peer_reads_the_same_from_the_entries() -> None:
    world = world_with()
    flown(world, ramp(0.0, 6_000.0, 60))
    world.run(5)
    assert state_of(world, node="BRAVO") == "Nonconforming"
    entry = newest_observed(world.node("BRAVO").state.scope("AB"))[("ALFA", "C1")]
    assert entry.body.state == "outside"
    assert raised(world, "BRAVO") == []


def test_an_intent_of_another_that_names_our_flight_is_nothing_to_us() -> None:
    world = world_of("ALFA", "BRAVO")
    theirs = intent(world, "BRAVO", name="X", flight="F1", start_s=-60, long_s=3_600)
    file(world, theirs)
    change(world, "X", "Activated", "BRAVO")
    world.run(3)
    assert words(flown(world, ramp(0.0, 9_000.0, 60))) == []


def test_reports_of_another_partys_or_nobodys_aircraft_move_no_intent_of_ours() -> None:
    for party in ("BRAVO", None):
        world = world_with()
        assert words(flown(world, ramp(0.0, 9_000.0, 90), party=party)) == []


def test_a_flight_of_a_party_bound_through_us_is_held_to_our_intent() -> None:
    base = agreement_of("AB", ("ALFA", "BRAVO"))
    bound = Party(id="GUARD", posts=(), bound_through="ALFA", standing="bound through another")
    world = pair([msgspec.structs.replace(base, parties=(*base.parties, bound))])
    file(world, intent(world, name="C1", flight="F1", start_s=-60, long_s=3_600))
    change(world, "C1", "Activated")
    assert words(flown(world, ramp(0.0, 6_000.0, 60), party="GUARD"))[-1] == "outside"


def test_an_observation_that_another_party_writes_for_us_is_kept_and_counts_for_nothing() -> None:
    world = world_with()
    world.run(3)
    flown(world, ramp(0.0, 500.0, 5))
    scope = world.node("BRAVO").state.scope("AB")
    assert state_of(world, node="BRAVO") == "Activated"
    key = scope.index.intents.held[("ALFA", "C1")].key
    forged = ConformanceObserved(
        intent="C1", flight="F1", state="outside", since_us=world.now_us, what=("place",),
        at_us=world.now_us, lat_e9=0, lon_e9=0, altitude_mm=0, altitude_reference="AMSL",
    )  # fmt: skip
    ref = (world.node("BRAVO").state.reference(key),)
    write_as(world, "BRAVO", forged, ref=ref)
    world.run(5)
    assert newest_observed(world.node("ALFA").state.scope("AB")) == {}
    assert raised(world) == []
    assert state_of(world) == "Activated"


# ---- several intents, versions, restarts --------------------------------------------------------


def test_two_activated_intents_of_one_flight_are_one_room_and_both_are_told_when_it_is_left() -> (
    None
):
    world = world_with()
    second = intent(world, name="C2", flight="F1", start_s=-60, long_s=3_600, lon=38.08)
    file(world, second)
    change(world, "C2", "Activated")
    # From the first circle into the second: 7.3 km between their centres, never out of both.
    assert "outside" not in words(flown(world, ramp(0.0, 9_000.0, 90)))
    written = flown(world, ramp(9_000.0, 14_000.0, 50))
    assert sorted(b.intent for b in told(written) if b.state == "outside") == ["C1", "C2"]
    assert (state_of(world), state_of(world, "C2")) == ("Nonconforming", "Nonconforming")
    flown(world, ramp(14_000.0, 9_000.0, 60))
    assert (state_of(world), state_of(world, "C2")) == ("Activated", "Activated")


def test_who_holds_one_intent_only_is_told_of_that_one() -> None:
    """BRAVO knows C1; that CHARLIE was told of another place for the flight is no help to it."""
    world = world_with(parties=("ALFA", "BRAVO", "CHARLIE"), to=("BRAVO",))
    away = intent(world, name="C2", flight="F1", start_s=-60, long_s=3_600, lon=38.08)
    file(world, away, to=("CHARLIE",))
    change(world, "C2", "Activated")
    flown(world, ramp(0.0, 9_000.0, 90))
    world.run(5)
    assert state_of(world, node="BRAVO") == "Nonconforming"
    assert state_of(world, "C2", node="CHARLIE") == "Activated"


def test_a_new_version_around_the_flight_brings_it_back() -> None:
    world = world_with()
    flown(world, ramp(0.0, 6_000.0, 60))
    wider = intent(world, name="C1", flight="F1", version=2, start_s=-60, long_s=3_600,
                   radius_m=20_000.0)  # fmt: skip
    file(world, wider)
    assert words(flown(world, ramp(6_000.0, 6_500.0, 12))) == ["Activated", "inside"]


def test_an_operator_who_activates_it_again_is_told_anew_if_it_is_still_outside() -> None:
    world = world_with()
    flown(world, ramp(0.0, 6_000.0, 60))
    change(world, "C1", "Activated")
    assert words(flown(world, ramp(6_000.0, 6_300.0, 10))) == ["Nonconforming", "outside"]


def test_what_an_operator_calls_nonconforming_stays_so_until_the_operator_changes_it() -> None:
    world = world_with()
    flown(world, ramp(0.0, 500.0, 10))
    change(world, "C1", "Nonconforming")
    assert words(flown(world, ramp(500.0, 1_500.0, 90))) == []
    assert state_of(world) == "Nonconforming"


def test_a_restart_goes_on_with_what_the_log_says() -> None:
    world = world_with()
    flown(world, ramp(0.0, 6_000.0, 60))
    world.stop("ALFA")
    world.start("ALFA")
    world.run(3)
    assert raised(world)
    assert words(flown(world, ramp(6_000.0, 3_000.0, 35))) == ["Activated", "inside"]
    assert raised(world) == []


def test_reports_that_come_in_one_batch_tell_what_they_would_one_by_one() -> None:
    world = world_with()
    flown(world, ramp(0.0, 4_900.0, 60))
    path = [*ramp(4_900.0, 6_000.0, 12), *ramp(6_000.0, 4_000.0, 20), *[4_000.0] * 10]
    world.run(len(path))
    reports = tuple(
        report(world, east_m, behind_s=len(path) - 1 - n) for n, east_m in enumerate(path)
    )
    written = do(world, "ALFA", TrackReports(feed="F", reports=reports))
    assert words(written) == ["Nonconforming", "outside", "Activated", "inside"]
    assert state_of(world) == "Activated"
    world.run(5)
    assert state_of(world, node="BRAVO") == "Activated"


# ---- activation is the operator's ---------------------------------------------------------------


def test_a_flight_that_moves_in_an_accepted_intent_is_asked_about_and_changes_nothing() -> None:
    world = world_with("Accepted")
    assert words(flown(world, ramp(0.0, 1_000.0, 20))) == []
    (alarm,) = [a for a in alarms(world.node("ALFA").state, world.now_us)
                if a.kind == "not activated"]  # fmt: skip
    assert "Accepted and not Activated" in alarm.text
    assert state_of(world) == "Accepted"
    change(world, "C1", "Activated")
    assert not [a for a in alarms(world.node("ALFA").state, world.now_us)
                if a.kind == "not activated"]  # fmt: skip


def test_one_that_stands_still_in_an_accepted_intent_is_not_asked_about() -> None:
    world = world_with("Accepted")
    flown(world, [0.0] * 20)
    assert not [a for a in alarms(world.node("ALFA").state, world.now_us)
                if a.kind == "not activated"]  # fmt: skip


# ---- older rules, hostile input -----------------------------------------------------------------


def test_under_older_rules_nothing_of_this_happens() -> None:
    world = world_with(rules_version=4)
    assert words(flown(world, ramp(0.0, 9_000.0, 120))) == []
    assert raised(world) == []


@pytest.mark.row("R11")
def test_hundreds_of_volumes_and_a_ring_of_many_vertices_are_judged_like_any_other() -> None:
    world = world_of("ALFA", "BRAVO")
    base = volume(world, start_s=-60, long_s=3_600)
    rings = tuple(destination(MIDDLE, -360.0 * k / 1_000, RADIUS_M) for k in range(1_000))
    far = [
        msgspec.structs.replace(base, shape=Circle(
            centre=destination(MIDDLE, float(k), 50_000.0 + k), radius_m=100.0))
        for k in range(60)
    ]  # fmt: skip
    many = Intent(
        id="C1", party="ALFA", flight="F1",
        volumes=(*far, msgspec.structs.replace(base, shape=Polygon(exterior=rings))),
    )  # fmt: skip
    file(world, many)
    change(world, "C1", "Activated")
    assert words(flown(world, ramp(0.0, 6_000.0, 60)))[-2:] == ["Nonconforming", "outside"]


def test_an_intent_that_cannot_be_read_stops_no_report() -> None:
    world = world_with()
    broken = IntentFiled(intent={"id": "C9", "party": "ALFA", "flight": "F1"}, conflicts=())
    write_as(world, "ALFA", broken)
    assert words(flown(world, ramp(0.0, 6_000.0, 60)))[-1] == "outside"
