"""What changed and touches own intents stands as an alarm until somebody has dealt with it."""

from __future__ import annotations

import msgspec
import pytest
from intentkit import file, intent, world_of
from nodekit import do, reference, say
from repositionkit import (
    RIVER,
    STAND_OFF,
    apply,
    by_a_river,
    declared,
    of,
    planned,
    raised,
    seen,
    standing,
    stays,
)
from simworld import SECOND_US
from test_texts import agreed, text_of
from test_texts import made as with_people

from parley.node.agreement_inputs import PlannedMove
from parley.node.inputs import DeclareBoundary, DeclareZone, SetActivity
from parley.node.rules.alarm_reposition import CHANGES_MAX
from parley.node.rules.reposition_objects import thing_of
from parley.node.rules.reposition_past import reposition_shown
from parley.node.rules.touched import touched_by
from parley.world.boundary import Boundary
from parley.world.faults import InputFault
from parley.world.geo import Position
from parley.world.shape import Circle
from parley.world.zone import Zone


@pytest.mark.row("A19")
def test_a_change_that_touches_own_intents_is_an_alarm_until_each_is_dealt_with() -> None:
    world = by_a_river()
    assert raised(world) == []
    declared(world, "ALFA", "Q1", lon=37.7, radius_m=40_000.0)
    (alarm,) = raised(world)
    assert alarm.alarm_class == "SAFETY"
    assert alarm.text.startswith("Q1 from 2026-")
    assert alarm.text.endswith("touches 2 own intents, 0 own aircraft")
    made = planned(world, "Q1")
    world.run(1)
    apply(world, made, [stays("W")])
    (left,) = raised(world)
    assert left.text.endswith("touches 1 own intent, 0 own aircraft")
    assert left.name == alarm.name, "the same alarm: whoever took it is not called again"
    move = next(p.together for p in planned(world, "Q1").proposals if p.touched.intent == "X")
    apply(world, made, [move])
    assert raised(world) == []
    world.run(1)
    declared(world, "ALFA", "Q1", lon=37.7, radius_m=41_000.0, version=2)
    assert len(raised(world)) == 1, "another version is another change"
    file(world, msgspec.structs.replace(standing(world, "ALFA")["W"].intent, version=2))
    assert raised(world) == [], "filed again, knowing of it"


def test_a_word_that_a_zone_is_hot_and_a_notice_of_a_side_are_changes() -> None:
    world = by_a_river()
    do(world, "ALFA", SetActivity(agreement="AB", post="desk", zone="Z1", activity="cold"))
    file(world, intent(world, "ALFA", "IN-Z1", lat=35.5, lon=38.5))
    assert raised(world) == []
    do(world, "ALFA", SetActivity(agreement="AB", post="desk", zone="Z1", activity="hot"))
    assert [a.text.split(" from ")[0] for a in raised(world)] == ["Z1"]
    fields = {"boundary": "RIVER", "time": "2026-05-28T20:30:00Z", "side": "west of the river"}
    key = say(world, "BRAVO", "ALFA", message_type="line.crossing.notice", fields=fields)
    world.run(2)
    (asserted,) = [a for a in raised(world) if a.kind == "reposition asserted"]
    assert asserted.alarm_class == "ROUTINE"
    assert asserted.text == (
        "BRAVO asserts RIVER west of the river: touches 2 own intents, 0 own aircraft; "
        "advisory, no duty"
    )
    ref = (reference(world, "ALFA", key),)
    found = seen(world, "RIVER", side="right", ref=ref)
    assert found.word == "asserted by BRAVO alone: advisory, no duty"
    assert len(found.intents) == 2, "no duty, and listed all the same"


def test_a_peer_that_asserts_zones_without_end_moves_nothing_and_raises_one_alarm() -> None:
    world = by_a_river()
    began_us = world.now_us
    for number in range(CHANGES_MAX + 4):
        zone = Zone(id=f"HUGE-{number}", kind="zone", shape=Circle(
            centre=Position(lat_deg=35.0, lon_deg=38.0), radius_m=400_000.0 + number))  # fmt: skip
        do(world, "BRAVO", DeclareZone(agreement="AB", post="desk", zone=zone))
        world.run(2)
    (alarm,) = raised(world)
    assert alarm.alarm_class == "ROUTINE"
    assert "BRAVO asserts HUGE-19 and 15 more: touches 3 own intents" in alarm.text
    assert alarm.text.endswith("advisory, no duty; 4 older ones of it were not compared")
    # Since the first of this hour that is compared; it does not look older than what it is about.
    assert began_us < alarm.since_us < world.now_us
    assert {v.intent.version for v in standing(world, "ALFA").values()} == {1}
    declared(world, "ALFA", "OURS", radius_m=60_000.0)
    assert [a.kind for a in raised(world)] == ["reposition", "reposition asserted"]


def test_a_peers_line_of_very_many_vertices_is_possible_and_not_looked_through() -> None:
    """What is not looked through is listed: nobody can hide a touched intent behind vertices."""
    world = by_a_river()
    long = tuple(
        Position(lat_deg=36.0 - 2.0 * n / 9_000, lon_deg=38.0 + 0.01 * (n % 2))
        for n in range(9_000)
    )
    line = Boundary(id="LONG", vertices=long)
    do(world, "BRAVO", DeclareBoundary(agreement="AB", post="desk", boundary=line))
    fields = {"boundary": "LONG", "time": "2026-05-28T20:30:00Z", "side": "right"}
    say(world, "BRAVO", "ALFA", message_type="line.crossing.notice", fields=fields)
    world.run(3)
    (alarm,) = raised(world)
    assert "BRAVO asserts LONG right: touches" in alarm.text
    state = of(world)
    thing = thing_of(state, state.agreement("AB"), "LONG", from_us=world.now_us, side="right")
    none = touched_by(state, state.scope("AB"), thing, now_us=world.now_us, work_max=0)
    assert [(e.intent, e.decided) for e in none.intents] == [
        ("E", "possibly"), ("W", "possibly"), ("X", "possibly")
    ]  # fmt: skip
    assert all("not looked through" in e.because for e in none.intents)


@pytest.mark.row("A19")
def test_a_text_that_asks_for_more_distance_is_a_change_from_the_day_it_is_in_force() -> None:
    base = world_of(boundaries=(RIVER,)).identities["ALFA"].agreements["AB"]
    world = with_people([base])
    for name, lon in (("W", 37.5), ("X", 38.2), ("E", 38.9)):
        file(world, intent(world, "ALFA", name, lon=lon, start_s=1_200))
    world.run(2)
    new = text_of(world, clauses=(*base.clauses, STAND_OFF))
    agreed(world, new, in_s=600.0)
    from_us = world.node("ALFA").state.scope("AB").terms.proposed
    (proposal,) = from_us.values()
    assert world.node("ALFA").state.agreement("AB").version == 1, "its day has not come"
    (alarm,) = raised(world)
    assert (alarm.alarm_class, alarm.party) == ("SAFETY", "")
    assert alarm.text.startswith("S1 from ")
    assert alarm.text.endswith("touches 1 own intent, 0 own aircraft")
    after_s = (proposal.body.from_us - world.now_us) / SECOND_US
    found = seen(world, "S1", after_s=after_s)
    assert [e.intent for e in found.intents] == ["W"], "X keeps 12 km, on its own side"
    assert found.version == 2
    with pytest.raises(InputFault, match="one of"):
        seen(world, "S1")
    made_plan = planned(world, "S1", after_s=after_s)
    apply(world, made_plan, [PlannedMove(intent="W", how="cancelled", version=1)])
    assert raised(world) == []
    world.run(700)
    assert seen(world, "S1").intents == ()
    (record,) = of(world).scope("AB").terms.repositions
    world.run(2)
    shown = [reposition_shown(of(world, party), record) for party in ("ALFA", "BRAVO")]
    assert shown[0] == shown[1]
    assert shown[0].moves[0].before.word == "touched"
