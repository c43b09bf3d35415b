"""Very many intents: what the index finds is what comparing all with all finds, and bounded."""

from __future__ import annotations

import math
import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from intentkit import world_of
from nodekit import write_as
from simworld import SECOND_US

from longer import more
from parley.detect.strategic import conflicts, overlap
from parley.node.documents import document_of
from parley.node.entries import IntentFiled
from parley.node.inputs import FileIntent
from parley.node.rules.intent_record import read_intents
from parley.node.rules.intents import check_intent
from parley.node.rules.overlaps import met_by, refresh
from parley.world.clauses import IntentLimits
from parley.world.faults import InputFault
from parley.world.geo import Position, destination, wrapped_longitude_deg
from parley.world.intent import Intent
from parley.world.shape import Circle, Corridor, Polygon
from parley.world.volume import SURFACE, UNLIMITED, PressureSource, VerticalLimit, Volume4D

PARTIES = ("ALFA", "BRAVO", "CHARLIE")
PLACES = ((35.0, 38.0), (-12.0, 179.95), (60.0, -179.9), (89.95, 10.0), (-89.9, -170.0))
HELD, FILED = 240, 12
ROOMY = IntentLimits(id="L1", standing_max=10_000)


def shape_at(draw, near):
    lat_deg, lon_deg = near
    middle = Position(lat_deg=lat_deg, lon_deg=lon_deg)
    here = destination(middle, draw.uniform(0, 360), 60_000.0 * math.sqrt(draw.random()))
    here = Position(lat_deg=here.lat_deg, lon_deg=wrapped_longitude_deg(here.lon_deg))
    kind, edges = draw.random(), draw.choice(("planar", "geodesic"))
    if kind < 0.4:
        return Circle(centre=here, radius_m=draw.uniform(200.0, 20_000.0))
    if kind < 0.7 or abs(lat_deg) > 85.0:
        there = destination(here, draw.uniform(0, 360), draw.uniform(2_000.0, 60_000.0))
        there = Position(lat_deg=there.lat_deg, lon_deg=wrapped_longitude_deg(there.lon_deg))
        return Corridor(vertices=(here, there), width_m=draw.uniform(100.0, 9_000.0),
                        edges="geodesic")  # fmt: skip
    ring = []
    for turn_deg in (20.0, 100.0, 190.0, 280.0):
        corner = destination(here, turn_deg, draw.uniform(1_000.0, 25_000.0))
        lon_deg = wrapped_longitude_deg(corner.lon_deg)
        ring.append(Position(lat_deg=corner.lat_deg, lon_deg=lon_deg))
    return Polygon(exterior=tuple(ring), edges=edges)


def limits_of(draw):
    reference = draw.choice(("AMSL", "AMSL", "AMSL", "WGS84", "STD", "AGL"))
    low_m = draw.choice((0.0, 500.0, 1_000.0, draw.uniform(0.0, 4_000.0)))
    lower = VerticalLimit(value_m=low_m, reference=reference)
    upper = VerticalLimit(value_m=low_m + draw.uniform(50.0, 800.0), reference=reference)
    lower = SURFACE if draw.random() < 0.1 else lower
    return lower, UNLIMITED if draw.random() < 0.1 else upper


def intent_at(draw, party, number, now_us):
    volumes = []
    near = draw.choice(PLACES)
    for _ in range(draw.choice((1, 1, 2, 3))):
        lower, upper = limits_of(draw)
        from_us = now_us + draw.randint(60, 7_200) * SECOND_US
        to_us = from_us + draw.randint(60, 1_800) * SECOND_US
        volumes.append(
            Volume4D(
                shape=shape_at(draw, near),
                lower=lower,
                upper=upper,
                from_us=None if draw.random() < 0.1 else from_us,
                to_us=None if draw.random() < 0.1 else to_us,
            )
        )
    return Intent(id=f"I{number}", party=party, flight=f"F{number}", volumes=tuple(volumes))


def meets(one, other, pressure):
    """The slow twin: every volume with every volume, no index, no boxes."""
    return any(overlap(a, b, pressure=pressure) for a in one.volumes for b in other.volumes)


@settings(max_examples=more(1, 20))
@given(st.integers(0, 10**6), st.booleans())
def test_the_index_finds_what_comparing_all_with_all_finds(seed, with_pressure) -> None:
    """Over the antimeridian and the poles, with open windows and heights of all references."""
    draw = random.Random(f"scale {seed}")
    world = world_of(*PARTIES, clauses=(ROOMY,))
    intents = {}
    for number in range(HELD):
        party = PARTIES[number % len(PARTIES)]
        filed = intent_at(draw, party, number, world.now_us)
        write_as(world, party, IntentFiled(intent=document_of(filed)))
        intents[party, filed.id] = filed
    world.run(20)
    state = world.node("ALFA").state
    scope = state.scope("AB")
    pressure = None
    if with_pressure:
        pressure = PressureSource(qnh_hpa=1_000.0, observed_us=world.now_us, bound_m=20.0)
    table = read_intents(state, scope)
    assert set(table.held) == set(intents)
    # As the rounds do: with the pressure that holds there, which is none.
    refresh(state, scope, world.now_us, tests_max=None)
    assert not table.todo
    found = {tuple(table.names[number] for number in pair) for pair in table.pairs}
    own = [name for name in intents if name[0] == "ALFA"]
    others = [name for name in intents if name[0] != "ALFA"]
    wanted = {(a, b) for a in own for b in others if meets(intents[a], intents[b], None)}
    assert found == wanted
    assert wanted, "some overlap"
    for number in range(FILED):
        asked = intent_at(draw, "ALFA", HELD + number, world.now_us)
        met = {held.name for held in met_by(state, scope, asked, world.now_us)}
        assert met == {b for b in others if meets(asked, intents[b], None)}
    if pressure is None:
        return
    # A pressure source decides more, and the boxes leave out nothing that it leaves in.
    for one in own[:20]:
        decided = {b for b in others if meets(intents[one], intents[b], pressure)}
        assert decided <= {b for a, b in found if a == one}


def crowd(world, count):
    """So many intents of BRAVO in one place at one time."""
    here = Circle(centre=Position(lat_deg=35.0, lon_deg=38.0), radius_m=5_000.0)
    from_us = world.now_us + 600 * SECOND_US
    volume = Volume4D(shape=here, from_us=from_us, to_us=from_us + 600 * SECOND_US)
    for number in range(count):
        filed = Intent(id=f"I{number}", party="BRAVO", flight="F", volumes=(volume,))
        write_as(world, "BRAVO", IntentFiled(intent=document_of(filed)))
    world.run(20)
    return volume


def test_a_crowd_is_compared_whole_or_refused_with_the_number(monkeypatch) -> None:
    world = world_of("ALFA", "BRAVO", clauses=(ROOMY,))
    volume = crowd(world, 40)
    state = world.node("ALFA").state
    asked = Intent(id="MINE", party="ALFA", flight="F", volumes=(volume,))
    act = FileIntent(agreement="AB", post="desk", intent=asked)
    checked = check_intent(state, act, world.now_us)
    assert (len(checked.conflicts), checked.tests) == (40, 40)
    met = met_by(state, state.scope("AB"), asked, world.now_us)
    assert len(met) == 40
    monkeypatch.setattr("parley.node.rules.overlaps.INTENT_TESTS_MAX", 39)
    with pytest.raises(InputFault, match="40 exact comparisons or more, wanted at most 39"):
        met_by(state, state.scope("AB"), asked, world.now_us)
    with pytest.raises(InputFault, match="all of them, or none"):
        check_intent(state, act, world.now_us)


def test_conflicts_of_lists_are_those_of_every_pair() -> None:
    draw = random.Random(7)
    lists = [
        [volume for n in range(20) for volume in intent_at(draw, "ALFA", n, 0).volumes]
        for _ in range(2)
    ]
    found = {(each.a, each.b): each.overlap for each in conflicts(*lists)}
    for a, one in enumerate(lists[0]):
        for b, other in enumerate(lists[1]):
            assert found.get((a, b)) == overlap(one, other)
    assert msgspec.json.encode(list(found.values()))
