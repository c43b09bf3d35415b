"""Repositioning on the example scenarios: followed west of the river, and a zone that grows."""

from __future__ import annotations

import functools

import msgspec
import pytest
import simworld

from parley.app.cli.demo import find_scenario
from parley.app.cli.replay import read_scenario
from parley.app.demo_flights import intent_of
from parley.app.demo_plan import plan_scenario
from parley.node.agreement_bodies import RepositionRecorded
from parley.node.agreement_inputs import PlannedMove, Reposition
from parley.node.entries import MessageSaid
from parley.node.inputs import DeclareBoundary, DeclareZone, FileIntent, Say
from parley.node.rules.alarms import alarms
from parley.node.rules.intent_record import intents_of
from parley.node.rules.reposition_past import reposition_shown
from parley.node.rules.reposition_plan import move_of, plan
from parley.node.state import key_of
from parley.world.boundary import side_of
from parley.world.clauses import Priority
from parley.world.shape import Circle
from parley.world.time import format_instant, parse_instant_us

SimWorld, Faults = simworld.SimWorld, simworld.Faults
FOLLOWED_US = parse_instant_us("2017-06-19T10:00:00Z")
RIVER = "GL-EUPHRATES"


@functools.cache
def scenario(name):
    return read_scenario(find_scenario(name))


def world_at(monkeypatch, at: str, agreements):
    """A linked world of these agreements whose clock begins at an instant."""
    monkeypatch.setattr(simworld, "START_US", parse_instant_us(at))
    world = SimWorld(1, agreements, Faults(delay_s=(0.001, 0.002)))
    world.run(3)
    return world


def do(world, party, act):
    turned = world.give(party, act)
    assert turned is not None, world.refusals[-1:]
    return turned.written


def text_of(name, agreement, **changes):
    found = next(a for a in plan_scenario(scenario(name)).agreements if a.id == agreement)
    return msgspec.structs.replace(found, **changes)


def file_flights(world, name, agreement, flights):
    """File the intents of flights from their tracks, as the demo does; each by its own party."""
    story = scenario(name)
    for flight in story.flights:
        if flight.id not in flights:
            continue
        track = next(t for t in story.tracks if t.id == flight.track)
        filed = intent_of(track, flight, agreement)
        post = agreement.party(flight.party).posts[0]
        do(world, flight.party, FileIntent(agreement=agreement.id, post=post, intent=filed))
    world.run(3)


def syria(monkeypatch, *, line=None, said="2017-06-19T10:00:00Z"):
    """RUS draws the river and says that aircraft west of it are followed; the day before flying."""
    agreement = text_of("syria", "AGR-MOU-2015")
    world = world_at(monkeypatch, "2017-06-19T09:30:00Z", [agreement])
    file_flights(world, "syria", agreement, ("SYN-A1", "SYN-A2", "SYN-B1", "SYN-B2"))
    river = line or next(b for b in scenario("syria").boundaries if b.id == RIVER)
    post = agreement.party("RUS").posts[0]
    do(world, "RUS", DeclareBoundary(agreement=agreement.id, post=post, boundary=river))
    fields = {"boundary": RIVER, "time": said, "side": "west of the Euphrates"}
    notice = Say(
        agreement=agreement.id, line=agreement.lines[0].id, post=post, to=("COAL",),
        message_type="line.crossing.notice", fields=fields,
    )  # fmt: skip
    (written,) = [e for e in do(world, "RUS", notice) if isinstance(e.body, MessageSaid)]
    world.run(3)
    return world, agreement, key_of(written)


def planned(world, party, agreement, name, from_us, *, side="", ref=()):
    state = world.node(party).state
    return plan(state, agreement.id, name, from_us, now_us=world.now_us, side=side, ref=ref)


@pytest.mark.row("A19")
@pytest.mark.row("S38")
@pytest.mark.row("S40")
def test_who_is_followed_west_of_the_river_is_listed_and_nothing_moves_by_itself(
    monkeypatch,
) -> None:
    world, agreement, notice = syria(monkeypatch)
    state = world.node("COAL").state
    ref = (state.reference(notice),)
    made = planned(world, "COAL", agreement, RIVER, FOLLOWED_US, side="right", ref=ref)
    touched = {each.intent: each for each in made.touched.intents}
    assert set(touched) == {"SYN-A1.plan", "SYN-A2.plan"}, "RUS's own are not ours to move"
    assert {each.decided for each in touched.values()} == {"touched"}
    assert all("right of GL-EUPHRATES" in each.because for each in touched.values())
    # A1 is over the river only after its first leg.
    assert format_instant(touched["SYN-A1.plan"].from_us)[:16] == "2017-06-20T06:10"
    assert not made.touched.binding
    assert made.touched.word == "asserted by RUS alone: advisory, no duty"
    options = {p.touched.intent: [o.text for o in p.options] for p in made.proposals}
    assert options["SYN-A2.plan"][2] == "46300 m north"
    assert made.none_found == ("SYN-A1.plan",)
    assert options["SYN-A1.plan"][2] == "none found: none of 48 steps is free", (
        "said, with how many"
    )
    moved = move_of(made.proposals[0].together).of(
        intents_of(state, state.scope(agreement.id))[("COAL", "SYN-A2.plan")].intent
    )
    river = next(b for b in scenario("syria").boundaries if b.id == RIVER)
    for volume in moved.volumes:
        for vertex in volume.shape.vertices:
            assert side_of(river, vertex, volume.shape.width_m / 2.0).decided == "left"
    (alarm,) = [a for a in alarms(state, world.now_us) if a.kind == "reposition asserted"]
    assert alarm.text.startswith("RUS asserts GL-EUPHRATES west of the Euphrates: touches 2 own")
    versions = {v.intent.version for v in intents_of(state, state.scope(agreement.id)).values()}
    assert versions == {1}


@pytest.mark.row("A19")
@pytest.mark.row("S40")
def test_both_parties_read_the_same_before_and_after_of_the_day(monkeypatch) -> None:
    world, agreement, notice = syria(monkeypatch)
    state = world.node("COAL").state
    moves = (
        PlannedMove(intent="SYN-A1.plan", how="cancelled", version=1),
        PlannedMove(intent="SYN-A2.plan", how="unchanged", text="called on the line", version=1),
    )
    act = Reposition(
        agreement=agreement.id, line=agreement.lines[0].id,
        post=agreement.party("COAL").posts[0], object=RIVER, from_us=FOLLOWED_US, side="right",
        moves=moves, to=("RUS",), ref=(state.reference(notice),),
    )  # fmt: skip
    world.run(1)
    written = do(world, "COAL", act)
    (record,) = [e for e in written if isinstance(e.body, RepositionRecorded)]
    world.run(5)
    shown = [reposition_shown(world.node(party).state, key_of(record)) for party in ("COAL", "RUS")]
    assert shown[0] == shown[1]
    assert shown[0].object_word == "asserted by RUS alone: advisory, no duty"
    one, two = shown[0].moves
    assert (one.move.how, one.before.word, one.after) == ("cancelled", "touched", None)
    assert (two.move.text, two.after.word) == ("called on the line", "touched")
    assert [a for a in alarms(state, world.now_us) if a.kind.startswith("reposition")] == []


@pytest.mark.row("A19")
def test_with_another_line_or_another_time_nothing_is_touched(monkeypatch) -> None:
    river = next(b for b in scenario("syria").boundaries if b.id == RIVER)
    far = msgspec.structs.replace(
        river,
        vertices=tuple(msgspec.structs.replace(v, lon_deg=v.lon_deg - 6.0) for v in river.vertices),
    )
    world, agreement, _ = syria(monkeypatch, line=far)
    made = planned(world, "COAL", agreement, RIVER, FOLLOWED_US, side="right")
    decided = {each.decided for each in made.touched.intents}
    assert "touched" not in decided
    late_us = parse_instant_us("2017-06-20T12:00:00Z")
    world, agreement, _ = syria(monkeypatch, said="2017-06-20T12:00:00Z")
    assert planned(world, "COAL", agreement, RIVER, late_us, side="right").touched.intents == ()
    kinds = {a.kind for a in alarms(world.node("COAL").state, world.now_us)}
    assert "reposition asserted" not in kinds


@pytest.mark.row("A19")
def test_in_the_band_where_the_river_is_not_known_it_is_possible(monkeypatch) -> None:
    """A short flight over Tabqah, whose own side expected.yaml leaves undecided."""
    world, agreement, _ = syria(monkeypatch)
    base = intent_of(
        next(t for t in scenario("syria").tracks if t.id == "SYN-A2"),
        next(f for f in scenario("syria").flights if f.id == "SYN-A2"), agreement,
    )  # fmt: skip
    town = next(p for p in scenario("syria").gazetteer.places if p.name == "Tabqah")
    ring = Circle(centre=town.position, radius_m=500.0)
    volumes = (msgspec.structs.replace(base.volumes[0], shape=ring),)
    over = msgspec.structs.replace(base, id="TABQAH", volumes=volumes)
    post = agreement.party("COAL").posts[0]
    do(world, "COAL", FileIntent(agreement=agreement.id, post=post, intent=over))
    made = planned(world, "COAL", agreement, RIVER, FOLLOWED_US, side="right")
    (each,) = [p for p in made.proposals if p.touched.intent == "TABQAH"]
    assert each.touched.decided == "possibly"
    assert "uncertainty" in each.touched.because


GROWN_US = parse_instant_us("2026-08-14T19:30:00Z")


def wildfire(monkeypatch, *flights):
    """The fire's agreement with an order of priorities, some minutes after seven."""
    base = text_of("wildfire-civil", "AGR-FIRE")
    order = Priority(id="P9", order=("MEDEVAC", "routine"))
    others = tuple(c for c in base.clauses if not isinstance(c, Priority))
    agreement = msgspec.structs.replace(base, clauses=(*others, order))
    world = world_at(monkeypatch, "2026-08-14T19:10:00Z", [agreement])
    file_flights(world, "wildfire-civil", agreement, flights)
    return world, agreement


@pytest.mark.row("A19")
@pytest.mark.row("S40")
def test_a_fire_zone_that_grows_touches_drone_and_tanker_each_at_its_own_node(monkeypatch) -> None:
    world, agreement = wildfire(monkeypatch, "U-3", "T-41", "H-7", "MED-1")
    old = next(z for z in agreement.zones if z.id == "TFR-1")
    world.run(1)
    grown = msgspec.structs.replace(
        old, id="TFR-1-WIDE", owner="IC", agreed_by=(), asserted_by=(), agreement=None,
        shape=Circle(centre=scenario("wildfire-civil").place("PL-FIRE").position,
                     radius_m=12_000.0),
        from_us=GROWN_US, version=2, upper=msgspec.structs.replace(old.upper, value_m=4_000.0),
    )  # fmt: skip
    post = agreement.party("IC").posts[0]
    do(world, "IC", DeclareZone(agreement=agreement.id, post=post, zone=grown))
    world.run(3)
    for party, flight in (("UAS-AGENCY", "U-3"), ("TANKER-CO", "T-41"), ("MEDEVAC", "MED-1")):
        made = planned(world, party, agreement, "TFR-1-WIDE", GROWN_US)
        (each,) = made.touched.intents
        assert (each.flight, each.decided) == (flight, "touched")
        assert made.touched.version == 2
        assert not made.touched.binding, "IC alone says so: advisory to all others"
        for option in made.proposals[0].options:
            assert option.move is not None or option.text.startswith("none found: ")
    assert planned(world, "IC", agreement, "TFR-1-WIDE", GROWN_US).touched.intents == ()
    assert planned(world, "IC", agreement, "TFR-1-WIDE", GROWN_US).touched.binding
    late_us = parse_instant_us("2026-08-15T12:00:00Z")
    assert planned(world, "TANKER-CO", agreement, "TFR-1-WIDE", late_us).touched.intents == ()
