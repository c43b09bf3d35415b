"""Conflicts of rules version 5 through a node: classes, minima, life, crowds, restarts, order."""

from __future__ import annotations

import itertools
import random

import msgspec
import pytest
from conflictkit import (
    FT_M,
    NM_M,
    en_route,
    flown,
    geodesic,
    head_on,
    raised,
    renewed,
    reports_at,
    resolved,
    world_of,
)
from nodekit import do, pair
from simstory import agreement_of
from simworld import SECOND_US

from parley.node.entries import AlertRaised
from parley.node.inputs import TrackReports
from parley.node.rules import conflicts
from parley.node.rules.alerts import open_alerts, standing
from parley.node.rules.conflict_flights import watch_of
from parley.node.rules.conflicts import (
    RAISED_PER_TURN_MAX,
    STANDING_PER_AIRCRAFT_MAX,
    URGENT_FACTOR,
    crowds,
)
from parley.node.rules.pairs import pair_rules
from parley.node.state import key_of
from parley.node.step import step
from parley.node.warning_bodies import ConflictRaised
from parley.world.clauses import Separation

CHAIN_S = 600


def test_a_far_conflict_of_steady_tracks_can_be_coordinated() -> None:
    """470 km head on at 460 m/s: lost in 1,001 s, by tracks that were steady for a minute."""
    world = en_route()
    written = flown(world, head_on(470_000.0), 100)
    ((second, entry),) = raised(written)
    body = entry.body
    assert second == 60, "as steady as can be known, and the second look"
    assert body.alert_class == "coordinate"
    loss_s = (body.loss_at_us - entry.issued_us) / SECOND_US
    assert loss_s == pytest.approx((470_000 - 9_260) / 460 - second, abs=1.0)
    assert body.chain_s == {"ALFA": CHAIN_S, "BRAVO": CHAIN_S}
    assert body.end_us is not None
    assert body.end_us - body.loss_at_us == pytest.approx(2 * 9_260 / 460 * SECOND_US, rel=0.01)
    assert (body.horizontal_mm, body.vertical_mm) == (9_260_000, 304_800)
    assert body.quantisation_mm == 30_480
    assert body.probability_ppm > 900_000
    for state in body.states:
        assert state.feed == "RADAR"
        assert state.horizontal_sigma_mm >= 12_000
        assert state.velocity_sigma_mmps >= 3_000
        assert state.status == "reported"
        assert state.age_us < SECOND_US


def test_the_class_becomes_more_urgent_and_each_is_told_with_its_inputs() -> None:
    world = en_route()
    written = flown(world, head_on(330_000.0), 600)
    told = raised(written) + renewed(written)
    assert [e.body.alert_class for _, e in told] == ["coordinate", "own move only", "short-term"]
    first = told[0][1]
    for second, entry in told[1:]:
        assert entry.ref[0].index == first.seq
        assert entry.body.states[0].at_us == entry.issued_us
        loss_s = (entry.body.loss_at_us - entry.issued_us) / SECOND_US
        assert loss_s <= (CHAIN_S if entry.body.alert_class == "own move only" else 120)
        assert loss_s > (120 if entry.body.alert_class == "own move only" else 0) - 6
        assert second
    scope = world.node("ALFA").state.scope("AB")
    assert standing(scope, key_of(first)).body.alert_class == "short-term"


def test_who_turns_is_not_predicted_far_ahead() -> None:
    """A holding pattern points at everybody once a round: none of it is a conflict in 8 minutes."""
    world = en_route()

    def holding(second):
        return geodesic("A1", "ALFA", 50.0, 8.0, second * 1.5, 3_000.0)(1)

    other = head_on(310_000.0)[1]
    written = flown(world, [holding, other], 300)
    assert not raised(written)


def test_the_wider_of_two_minima_counts_and_both_are_watched() -> None:
    wide = Separation(id="WIDE", horizontal_m=5 * NM_M, vertical_m=1000 * FT_M)
    high = Separation(id="HIGH", horizontal_m=3 * NM_M, vertical_m=3000 * FT_M)
    assert raised(flown(world_of(wide, high), head_on(40_000.0), 20))[0][1].body.clause == "WIDE"
    apart = flown(world_of(wide, high), head_on(40_000.0, alt_m=10_600.0), 20)
    assert raised(apart)[0][1].body.clause == "HIGH"


def test_minima_joined_by_and_ask_for_both_distances() -> None:
    """3 NM and 1,000 ft: 6,000 ft above is still nearer than 3 NM (as verdicts judge it)."""
    both = Separation(id="BOTH", horizontal_m=3 * NM_M, vertical_m=1000 * FT_M, joined="and")
    either = Separation(id="EITHER", horizontal_m=3 * NM_M, vertical_m=1000 * FT_M)
    high = head_on(40_000.0, alt_m=10_000.0 + 6000 * FT_M)
    assert not raised(flown(world_of(either), high, 60))
    ((_, entry),) = raised(flown(world_of(both), high, 60))
    assert entry.body.both_needed
    rules = pair_rules(world_of(both, either).node("ALFA").state, "ALFA", "BRAVO", 0)
    assert "BOTH" in [rule.clause for rule in rules], "the other asks for less"


def test_minima_by_class_pair_bind_those_classes_alone() -> None:
    world = en_route(class_pairs=(("tanker", "fighter"),))
    rules = pair_rules(world.node("ALFA").state, "ALFA", "BRAVO", world.now_us)
    assert [rule.binding for rule in rules] == [False], "nobody said of which class they are"
    ((_, entry),) = raised(flown(world, head_on(40_000.0), 20))
    assert not entry.body.binding


def test_a_dwell_does_not_wait_with_the_warning() -> None:
    """Head on they are inside for 40 s, at most 180 are agreed: no breach, and still a warning."""
    world = en_route(dwell_s=180.0)
    ((second, entry),) = raised(flown(world, head_on(40_000.0), 20))
    assert second <= 10
    assert "inside for 40 s, agreed at most 180 s" in entry.body.text


# ---- levels --------------------------------------------------------------------------------------


@pytest.mark.parametrize("apart_ft", [900, 950, 999, 1000])
@pytest.mark.parametrize("step_ft", [25, 100])
def test_level_traffic_at_the_vertical_minimum_raises_nothing(apart_ft, step_ft) -> None:
    """Heights in steps, wandering by one: 900 to 1,000 ft apart in level flight."""
    drawn = random.Random(apart_ft + step_ft)
    world = en_route()
    low, high = head_on(60_000.0, alt_m=10_000.0 + apart_ft * FT_M)

    def stepped(flight, way):
        def at(second):
            name, party, lat, lon, alt_m = flight(second)
            wander_ft = drawn.choice((0, 0, 0, step_ft)) if apart_ft > 900 or way > 0 else 0
            most_ft = min(step_ft, apart_ft - 900) if way < 0 else step_ft
            return (name, party, lat, lon, alt_m + way * min(wander_ft, most_ft) * FT_M)

        return at

    written = flown(world, [low, stepped(high, -1)], 150)
    assert not raised(written)


def test_a_climb_through_the_level_still_warns() -> None:
    for fpm in (500, 1500):
        world = en_route()
        up_mps = fpm * FT_M / 60
        climbing = head_on(80_000.0, alt_m=10_000.0 - 174 * up_mps, up_mps=up_mps)
        ((second, entry),) = raised(flown(world, climbing, 160))
        assert (entry.body.loss_at_us - entry.issued_us) / SECOND_US > 30, (fpm, second)


def test_the_quantisation_is_that_of_the_clause_and_never_all_of_the_minimum() -> None:
    for vertical_m, named, wanted in (
        (1000 * FT_M, None, 100 * FT_M),
        (1000 * FT_M, 0.0, 0.0),
        (1000 * FT_M, 50 * FT_M, 50 * FT_M),
        (15.0, None, 3.0),
        (15.0, 300.0, 7.5),
    ):
        world = en_route(vertical_m=vertical_m, vertical_quantisation_m=named)
        (rule,) = pair_rules(world.node("ALFA").state, "ALFA", "BRAVO", world.now_us)
        assert rule.quantisation_m == pytest.approx(wanted)
        assert rule.vertical_m == vertical_m, "detection knows nothing of it"


def test_drones_at_fifty_metres_are_warned_of() -> None:
    world = world_of(Separation(id="D", horizontal_m=50.0, vertical_m=15.0))
    drones = head_on(2_500.0, alt_m=10_010.0, speed=15.0)
    ((_, entry),) = raised(flown(world, drones, 60))
    assert entry.body.quantisation_mm == 3_000


@pytest.mark.parametrize("below_m", [30.0, 45.0])
@pytest.mark.parametrize("step_m", [0.1, 1.0])
def test_a_drone_that_climbs_slowly_into_the_level_of_another_warns(below_m, step_m) -> None:
    """0.3 m/s from 30 m below: 12 m are lost after a minute, all of it within 100 ft."""
    world = world_of(Separation(id="D", horizontal_m=50.0, vertical_m=15.0))
    lost_s = (below_m - 12.0) / 0.3
    meet_s = lost_s + 20.0

    def climbing(second):
        name, party, lat, lon, alt_m = below(second)
        return (name, party, lat, lon, round(alt_m / step_m) * step_m)

    level, below = head_on(30.0 * meet_s, alt_m=10_000.0 - below_m, speed=15.0, up_mps=0.3)
    ((second, entry),) = raised(flown(world, [level, climbing], round(meet_s), every_s=2))
    assert 10_000.0 - below_m + 0.3 * second < 10_000.0 - 12.0, "before the minimum is lost"
    assert (entry.body.loss_at_us - entry.issued_us) / SECOND_US >= 20
    assert entry.body.states[1].up_mmps == pytest.approx(300, abs=60)


def test_a_drone_that_stays_thirty_metres_below_raises_nothing() -> None:
    world = world_of(Separation(id="D", horizontal_m=50.0, vertical_m=15.0))
    drawn = random.Random(4)

    def wandering(second):
        name, party, lat, lon, alt_m = below(second)
        return (name, party, lat, lon, alt_m + drawn.uniform(-0.5, 0.5))

    level, below = head_on(2_400.0, alt_m=9_970.0, speed=15.0)
    assert not raised(flown(world, [level, wandering], 80, every_s=2))


# ---- noise and bad reports -----------------------------------------------------------------------


def test_one_bad_report_raises_nothing() -> None:
    """5 NM and more beside each other on parallel tracks; one report is 4 km off towards it."""
    world = en_route()
    flights = [
        geodesic("A1", "ALFA", 50.0, 8.0, 90.0, 230.0),
        geodesic("B1", "BRAVO", 50.1, 8.0, 90.0, 230.0),
    ]

    def bad(second):
        name, party, lat, lon, alt_m = flights[1](second)
        return (name, party, lat - (0.036 if second == 60 else 0.0), lon, alt_m)

    assert not raised(flown(world, [flights[0], bad], 180))


def test_a_real_loss_in_twenty_seconds_is_told_at_once() -> None:
    """Two that nobody saw before, 20 s from 5 NM: told with their second report."""
    ((second, entry),) = raised(flown(en_route(), head_on(9_260.0 + 25 * 460.0), 10))
    assert second == 5
    assert (entry.body.loss_at_us - entry.issued_us) / SECOND_US == pytest.approx(20.0, abs=0.5)


def test_noise_at_the_border_is_one_alert_and_few_entries() -> None:
    """Passing at just the minimum with 30 m of error: it stands or it does not, without flicker."""
    drawn = random.Random(2)
    world = en_route()
    far = 4.99 * NM_M

    def noisy(flight):
        def at(second):
            name, party, lat, lon, alt_m = flight(second)
            return (name, party, lat + drawn.gauss(0, 30) / 111e3, lon, alt_m)

        return at

    flights = [
        noisy(geodesic("A1", "ALFA", 50.0, 8.0, 90.0, 230.0)),
        noisy(geodesic("B1", "BRAVO", 50.0 + far / 111_230, 9.5, 270.0, 230.0)),
    ]
    written = flown(world, flights, 230)
    assert len(raised(written)) <= 1
    assert len(renewed(written)) <= 4
    assert not [e for second, e in resolved(written) if second < 200]


# ---- life ----------------------------------------------------------------------------------------


def test_it_ends_when_they_have_passed_and_a_restart_keeps_it() -> None:
    world = en_route()
    flights = head_on(30_000.0)
    written = flown(world, flights, 30)
    assert len(raised(written)) == 1
    world.crash("ALFA", back_after_s=1)
    world.run(2)
    again = flown(world, flights, 100, from_s=35)
    assert not raised(again)
    ((second, end),) = resolved(again)
    assert end.body.why == "no loss predicted"
    assert second > (30_000 + 9_260) / 460
    assert not watch_of(world.node("ALFA").state).pairs


def test_silence_never_ends_it_as_no_loss() -> None:
    world = en_route()
    flights = head_on(60_000.0)
    assert raised(flown(world, flights, 50))
    only = flown(world, flights[:1], 90, from_s=55)
    ends = [e.body.why for _, e in resolved(only)]
    state = world.node("ALFA").state
    ends += [e.body.why for e in state.scope("AB").resolved.values()]
    assert ends
    assert all(why.startswith("not watched any more: no report of B1") for why in ends)


def test_a_flagged_aircraft_is_told_as_such_and_its_claim_warns_of_nothing() -> None:
    """B1 is claimed to be 100 km away, beside A1: no conflict is made from the claim."""
    world = en_route()
    a = geodesic("A1", "ALFA", 50.0, 8.0, 90.0, 230.0)
    b = geodesic("B1", "BRAVO", 51.0, 8.0, 90.0, 230.0)

    def forged(second):
        if second < 60:
            return b(second)
        lat, lon, alt_m = a(second)[2:]
        return ("B1", "BRAVO", lat + 0.01, lon, alt_m)

    assert not raised(flown(world, [a, forged], 90))


def late_meeting(b1):
    """A1 is first heard at 28 s, head on with B1: the warning, and the state of B1 in it."""
    a, b = head_on(40_000.0)
    world = en_route()

    def both(second):
        return [flight(second) for flight in (a, b1(b)) if flight(second) is not None]

    found = []
    start_us = world.now_us
    for second in range(0, 36, 2):
        world.run((start_us + second * SECOND_US - world.now_us) / SECOND_US)
        places = [place for place in both(second) if place[0] == "B1" or second >= 28]
        found += [(second, e) for e in do(world, "ALFA", reports_at(world, places))]
    ((second, entry),) = raised(found)
    assert second == 30
    return entry.body, next(state for state in entry.body.states if state.aircraft == "B1")


def test_a_state_coasts_by_its_own_interval_and_the_warning_says_so() -> None:
    """Reports each 2 s, and none for 10 s: less than a slow radar turns, and five are missing."""
    _, state = late_meeting(lambda b: lambda second: b(second) if second <= 20 else None)
    assert (state.status, state.age_us) == ("coasting", 10 * SECOND_US)
    body, state = late_meeting(lambda b: b)
    assert (state.status, state.age_us, body.text) == ("reported", 0, "")


def test_the_reason_of_a_flag_stands_in_the_words_of_the_warning() -> None:
    """B1 is claimed to be 35 km north from 20 s on: it is predicted on from where it was."""

    def claimed(b):
        def at(second):
            name, party, lat, lon, alt_m = b(second)
            return (name, party, lat + (0.3 if second > 20 else 0.0), lon, alt_m)

        return at

    body, state = late_meeting(claimed)
    assert state.status == "coasting"
    assert body.text.startswith(
        "B1 is flagged: place not reached: further than it can fly; claimed 33."
    ), body.text
    assert body.text.endswith("predicted on from its last believed place")


# ---- order and versions --------------------------------------------------------------------------


def test_the_order_of_reports_and_names_changes_nothing() -> None:
    names = ["A1", "B1", "A2", "B2"]
    spots = [(50.0, 8.0), (50.02, 8.3), (50.04, 8.01), (50.0, 8.2)]
    found = []
    for order in itertools.islice(itertools.permutations(range(4)), 0, 24, 5):
        world = en_route()
        state = world.node("ALFA").state
        drafts = []
        for second in (0, 5, 10):
            now_us = world.now_us + second * SECOND_US
            places = [
                (names[n], "ALFA" if names[n][0] == "A" else "BRAVO", spots[n][0],
                 spots[n][1] + (0.01 if n % 2 == 0 else -0.01) * second / 5, 10_000.0)
                for n in order
            ]  # fmt: skip
            event = reports_at(world, places)
            event = TrackReports(
                feed="F",
                reports=tuple(msgspec.structs.replace(r, at_us=now_us) for r in event.reports),
            )
            drafts += step(state, now_us, event).drafts
        found.append(drafts)
    assert found[0]
    assert all(each == found[0] for each in found)


@pytest.mark.parametrize("version", [2, 3, 4])
def test_earlier_rules_raise_what_they_raised(version) -> None:
    """The same flights under an agreement of an earlier version: `alert.raised`, as ever."""
    base = agreement_of("AB", ("ALFA", "BRAVO"))
    world = pair([msgspec.structs.replace(base, rules_version=version)])
    written = flown(world, head_on(120_000.0), 30)
    (alert,) = [e for _, e in written if isinstance(e.body, AlertRaised)]
    assert not raised(written)
    assert alert.body.evaluator == "prediction/1"
    assert alert.body.alert_class == "own move only", "beyond 120 s without steadiness, as before"


# ---- crowds --------------------------------------------------------------------------------------


def crowd(world, count, second, spread_deg=0.0):
    places = [
        (f"X{n}", "ALFA" if n % 2 else "BRAVO", 50.0 + spread_deg * n, 8.0, 10_000.0)
        for n in range(count)
    ]
    now_us = world.now_us + second * SECOND_US
    event = reports_at(world, places)
    return now_us, TrackReports(
        feed="F", reports=tuple(msgspec.structs.replace(r, at_us=now_us) for r in event.reports)
    )


def test_a_crowd_at_one_point_is_told_as_a_crowd_and_nothing_is_dropped_unsaid() -> None:
    """50 at one point are 625 pairs of the two parties: some one by one, the rest as a count."""
    world = en_route()
    crank = world.node("ALFA")
    per_turn = []
    for second in range(0, 50, 5):
        now_us, event = crowd(world, 50, second)
        turned = crank.turn(now_us, event)
        per_turn.append(sum(isinstance(e.body, ConflictRaised) for e in turned.written))
    assert max(per_turn) <= RAISED_PER_TURN_MAX
    alerts = list(open_alerts(crank.state))
    assert len(alerts) <= 50 * URGENT_FACTOR * STANDING_PER_AIRCRAFT_MAX
    (words,) = crowds(crank.state)
    left = int(words.split()[0])
    assert left + len(alerts) == 25 * 25
    assert "a crowd of 50 aircraft around X" in words
    assert per_turn[-1] == 0, "it does not go on writing"


def test_who_waits_in_a_crowd_is_looked_at_in_the_next_turn(monkeypatch) -> None:
    """Room for half of 40 at one point in a turn: nobody waits twice while others go twice."""
    monkeypatch.setattr(conflicts, "LOSSES_PER_TURN_MAX", 500)
    world = en_route()
    state = world.node("ALFA").state
    waited = []
    for second in range(0, 30, 5):
        step(state, *crowd(world, 40, second))
        waited.append(set(watch_of(state).unlooked))
        if second:
            assert f"newest reports of {len(waited[-1])} aircraft in a crowd" in crowds(state)[-1]
    assert all(waited[1:])
    assert not any(one & two for one, two in itertools.pairwise(waited))


def test_a_crowd_of_strangers_does_not_hide_a_partner() -> None:
    """120 phantoms of nobody's around A1; B1 comes head on and is warned of by its clause."""
    world = en_route()
    flights = head_on(25_000.0)
    state = world.node("ALFA").state
    found = []
    for second in range(0, 30, 5):
        now_us = world.now_us + second * SECOND_US
        here = [flight(second) for flight in flights]
        _, _, lat, lon, alt_m = here[0]
        phantoms = [(f"P{n}", None, lat, lon, alt_m) for n in range(120)]
        event = reports_at(world, phantoms + here)
        event = TrackReports(
            feed="F", reports=tuple(msgspec.structs.replace(r, at_us=now_us) for r in event.reports)
        )
        found += [d.body for d in step(state, now_us, event).drafts]
    mine = [b for b in found if isinstance(b, ConflictRaised) and "B1" in b.aircraft]
    assert mine
    assert mine[0].binding


def test_what_is_remembered_of_a_crowd_is_bounded_and_forgotten() -> None:
    world = en_route()
    state = world.node("ALFA").state
    for second in (0, 5, 10):
        step(state, *crowd(world, 60, second))
    watch = watch_of(state)
    assert 0 < len(watch.pairs) <= 60 * 16 * URGENT_FACTOR
    for second in range(15, 60, 5):
        step(state, *crowd(world, 60, second, spread_deg=0.2))
    later_us = world.now_us + 4_000 * SECOND_US
    step(state, later_us, TrackReports(feed="F", reports=()))
    assert not [key for key, seen in watch.pairs.items() if seen.memory.idle]
