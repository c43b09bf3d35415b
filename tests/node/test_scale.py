"""A step costs what is open, not what ever was: calls are counted, nothing is timed."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable

import pytest
from nodekit import pair, write_as
from simstory import agreement_of
from simworld import SECOND_US, SimWorld
from test_tracks import replaced

from parley.app.crank import Turned
from parley.node.documents import document_of
from parley.node.entries import (
    AlertRaised,
    Draft,
    IntentFiled,
    MessageAnswered,
    MessageSaid,
    Reference,
    ZoneDeclared,
)
from parley.node.inputs import BePresent, Output, Tick, TrackReports
from parley.node.picture import FORGOTTEN_AFTER_US, STALE_US, Picture, TrackReport
from parley.node.rules.alerts import open_alerts
from parley.node.rules.lines import line_vector
from parley.node.step import next_due_us
from parley.world.clauses import Acknowledgement
from parley.world.geo import Position
from parley.world.intent import Intent
from parley.world.limits import TRACKS_MAX
from parley.world.shape import Circle
from parley.world.volume import Volume4D
from parley.world.zone import Zone


def calls_of(act: Callable[[], object]) -> int:
    """Return how many functions an act calls: a count that does not depend on the machine."""
    count = 0

    def profile(_frame, event, _arg) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(profile)
    try:
        act()
    finally:
        sys.setprofile(None)
    return count


def write(world: SimWorld, party: str, drafts: list[Draft]) -> None:
    world.node(party)._carry_out(world.now_us, Output(drafts=tuple(drafts)), Turned())
    world.wake_soon(party)


def full(messages: int, alerts: int) -> SimWorld:
    """Return a world whose logs hold that many open messages and alerts of each party."""
    world = pair()
    for party, other in (("ALFA", "BRAVO"), ("BRAVO", "ALFA")):
        said = [
            Draft(
                agreement="AB", by="desk", to=(other,),
                body=MessageSaid(
                    line="LINE-AB", message_type="clearance", message_class="SAFETY",
                    fields={"flight": f"F{n}", "zone": "Z1" if n == 0 else f"Z-{n}"},
                    answers=("WILCO", "UNABLE"), answer_due_us=world.now_us + 10**10 + n,
                ),
            )
            for n in range(messages)
        ]  # fmt: skip
        raised = [
            Draft(
                agreement="AB", by="system",
                body=AlertRaised(
                    key=f"k{n}", what="crossing", alert_class="notice", aircraft=("A",),
                    parties=(party,), clause=None, binding=False,
                ),
            )
            for n in range(alerts)
        ]  # fmt: skip
        write(world, party, said + raised)
    world.run(2)
    return world


def fleet(world: SimWorld, number: int, later_s: int) -> TrackReports:
    at_us = world.now_us + later_s * SECOND_US
    reports = tuple(
        TrackReport(
            aircraft=f"T{n}", at_us=at_us, lat_deg=34 + 0.05 * n, lon_deg=38.0 + 0.001 * later_s,
            altitude_m=3000.0, altitude_reference="AMSL", party="ALFA" if n % 2 else "BRAVO",
        )
        for n in range(number)
    )  # fmt: skip
    return TrackReports(feed="F", reports=reports)


def costs(world: SimWorld) -> dict[str, int]:
    crank = world.node("ALFA")
    crank.turn(world.now_us, Tick())
    agreement = crank.state.identity.agreements["AB"]
    line = agreement.lines[0]
    for later_s in (0, 5, 10):
        crank.turn(world.now_us + later_s * SECOND_US, fleet(world, 20, later_s))
    now_us = world.now_us + 15 * SECOND_US
    return {
        "tick": calls_of(lambda: crank.turn(now_us, Tick())),
        "tracks": calls_of(lambda: crank.turn(now_us, fleet(world, 20, 15))),
        "line": calls_of(lambda: line_vector(crank.state, agreement, line, now_us)),
        "next due": calls_of(lambda: next_due_us(crank.state, now_us)),
        "write": calls_of(
            lambda: crank.turn(now_us, BePresent(agreement="AB", line="LINE-AB", post="desk"))
        ),
    }


def test_no_step_costs_more_because_the_logs_are_longer() -> None:
    small, large = costs(full(2, 3)), costs(full(800, 1500))
    for what, calls in large.items():
        # A tree twice as deep makes a head a little dearer; 400 times the history must not.
        assert calls <= small[what] * 1.5 + 60, f"{what}: {small[what]} calls, then {calls}"


def test_a_tick_looks_only_at_what_is_due() -> None:
    world = full(300, 0)
    crank = world.node("ALFA")
    crank.turn(world.now_us, Tick())
    looks = crank.state.agenda.looks
    crank.turn(world.now_us + SECOND_US, Tick())
    assert crank.state.agenda.looks == looks
    now_us, found = world.now_us, Counter[str]()
    # Whether they were held, whether displayed, whom to call next: an instant each for all of them.
    for _ in range(20):
        due_us = next_due_us(crank.state, now_us)
        assert due_us is not None
        assert due_us > now_us
        now_us = due_us + 1000
        found += Counter(entry.type for entry in crank.turn(now_us, Tick()).written)
        # Each is looked at, and again once what was due is written; nothing is looked at besides.
        assert crank.state.agenda.looks - looks <= 610
        looks = crank.state.agenda.looks
        if found["message.escalated"]:
            break
    assert found["message.undelivered"] == 300, "all were held, nobody displayed them in time"
    assert found["message.escalated"] == 300, "all are escalated at their time"


@pytest.mark.parametrize("seed", range(3))
def test_the_agenda_finds_what_a_look_at_everything_finds(seed: int) -> None:
    """What is drafted does not depend on which ticks were given in between."""
    clause = Acknowledgement(id="C2", within_s=20.0)
    agreement = replaced(agreement_of("AB", ("ALFA", "BRAVO")), clauses=(clause,))
    found = []
    for step_s in (1, 7 + seed):
        world = pair([agreement])
        body = MessageSaid(
            line="LINE-AB", message_type="clearance", message_class="URGENT", clause="C2",
            answers=("WILCO",), answer_due_us=world.now_us + 20 * SECOND_US,
            read_back_due_us=world.now_us + 30 * SECOND_US, read_back=("a",), fields={"a": "b"},
        )  # fmt: skip
        for _ in range(3):
            write_as(world, "ALFA", body, to=("BRAVO",))
        start_us = world.now_us
        crank = world.node("ALFA")
        for later_s in range(0, 700, step_s):
            crank.turn(start_us + later_s * SECOND_US, Tick())
        found.append(
            {
                str(key): (sorted(map(str, t.overdue)), sorted(map(str, t.escalated)))
                for key, t in crank.state.scope("AB").threads.items()
                if t.body.message_type == "clearance"
            }
        )
    assert found[0] == found[1]
    assert all(len(overdue) == 2 and len(steps) == 3 for overdue, steps in found[0].values())


def test_a_flood_of_answers_costs_each_new_one_no_more_than_a_look() -> None:
    world = full(1, 0)
    key = next(iter(world.node("ALFA").state.scope("AB").threads))
    reference = world.node("BRAVO").state.reference(key)
    calls = []
    for count in (50, 500):
        flood = [
            Draft(
                agreement="AB", by="desk", ref=(reference,),
                body=MessageAnswered(answer="STANDBY", post="desk"),
            )
            for _ in range(count)
        ]  # fmt: skip
        write(world, "BRAVO", flood)
        world.run(2)
        calls.append(calls_of(lambda: world.node("ALFA").turn(world.now_us, Tick())))
    assert len(world.node("ALFA").state.scope("AB").threads[key].answers) == 550
    assert abs(calls[1] - calls[0]) < 20
    assert calls[1] < 2_000


def test_zones_and_intents_are_read_once_however_many_there_are() -> None:
    def filled(number: int) -> SimWorld:
        world = pair()
        here = Circle(centre=Position(lat_deg=10.0, lon_deg=10.0), radius_m=100.0)
        volume = Volume4D(shape=here, from_us=world.now_us, to_us=world.now_us + 10**9)
        for n in range(number):
            zone = Zone(id=f"Z-{n}", kind="ring", shape=here)
            intent = Intent(id=f"I-{n}", party="BRAVO", flight="F", volumes=(volume,))
            write_as(world, "BRAVO", ZoneDeclared(zone=document_of(zone)))
            write_as(world, "BRAVO", IntentFiled(intent=document_of(intent)))
        world.run(12)
        return world

    small, large = costs(filled(2)), costs(filled(60))
    for what in ("tick", "write", "line"):
        assert large[what] <= small[what] * 1.5 + 60, what
    per_zone = (large["tracks"] - small["tracks"]) / (58 * 20)
    assert per_zone < 15, "a zone costs one look for each report, never a reading"


def test_the_picture_forgets_who_is_gone_and_goes_on_taking_who_comes() -> None:
    picture = Picture()

    def heard(name: str, now_us: int) -> bool:
        report = TrackReport(
            aircraft=name, at_us=now_us, lat_deg=1.0, lon_deg=1.0, altitude_m=1.0,
            altitude_reference="AMSL",
        )  # fmt: skip
        return picture.take(report, now_us)

    now_us = 10**15
    for n in range(TRACKS_MAX):
        assert heard(f"A{n}", now_us)
    picture.watch(("crossing:R/A1", "AB", "A1"))
    assert not heard("NEW", now_us), "all of them are there"
    assert picture.refused == {"picture full": 1}
    assert heard("NEW", now_us + STALE_US + 1)
    assert len(picture.aircraft) == 1
    assert not picture.watches
    later_us = now_us + 2 * FORGOTTEN_AFTER_US
    for n in range(2000):
        assert heard(f"B{n}", later_us)
    assert "NEW" not in picture.aircraft


def test_pairs_that_went_apart_are_not_watched_for_ever() -> None:
    world = pair()
    crank = world.node("ALFA")
    now_us = world.now_us
    for step in range(30):
        now_us = world.now_us + step * 5 * SECOND_US
        way = 1 if step < 5 else -1
        reports = tuple(
            TrackReport(
                aircraft=f"{party}-{n}", at_us=now_us, lat_deg=35.0 + n,
                lon_deg=38.0 + side * (0.2 - way * 0.01 * (step % 5) + 0.1 * (step // 5)),
                altitude_m=3000.0, altitude_reference="AMSL", party=party,
            )
            for n in range(5)
            for party, side in (("ALFA", 1), ("BRAVO", -1))
        )  # fmt: skip
        crank.turn(now_us, TrackReports(feed="F", reports=reports))
    assert crank.state.scope("AB").alerts
    assert not list(open_alerts(crank.state))
    assert not crank.state.picture.pairs


def test_a_reference_to_anything_makes_no_more_than_one_thread() -> None:
    world = pair()
    for index in (10**15, 5, 0):
        ref = Reference(log="parley.example/AB/ALFA/line/2026", index=index, leaf="00")
        write_as(world, "BRAVO", MessageAnswered(answer="WILCO", post="d"), ref=(ref,))
    world.run(15)
    state = world.node("ALFA").state
    assert len(state.scope("AB").threads) == 3
    assert not state.scope("AB").messages()
    world.node("ALFA").turn(world.now_us, Tick())
