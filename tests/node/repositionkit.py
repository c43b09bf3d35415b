"""A river between two parties with own intents beside it, and what is asked about changes there."""

from __future__ import annotations

from intentkit import file, intent, world_of
from nodekit import do
from simworld import SECOND_US

from parley.node.agreement_inputs import PlannedMove, Reposition
from parley.node.inputs import DeclareZone
from parley.node.rules.alarms import alarms
from parley.node.rules.intent_record import intents_of
from parley.node.rules.reposition_plan import plan
from parley.node.rules.touched import touched
from parley.world.boundary import Boundary
from parley.world.clauses import StandOff
from parley.world.geo import Position
from parley.world.shape import Circle
from parley.world.zone import Zone

RIVER = Boundary(
    id="RIVER",
    vertices=(Position(lat_deg=36.0, lon_deg=38.0), Position(lat_deg=34.0, lon_deg=38.0)),
    left="east",
    right="west",
    uncertainty_m=1_000.0,
)
STAND_OFF = StandOff(id="S1", distance_m=10_000.0, boundary="RIVER", side="left")


def declared(world, party, name, *, lat=35.0, lon=38.0, radius_m=8_000.0, **changes):
    circle = Circle(centre=Position(lat_deg=lat, lon_deg=lon), radius_m=radius_m)
    zone = Zone(id=name, kind="zone", shape=circle, **changes)
    do(world, party, DeclareZone(agreement="AB", post="desk", zone=zone))
    world.run(2)


def of(world, party="ALFA"):
    return world.node(party).state


def seen(world, name, *, party="ALFA", after_s=0, side="", ref=()):
    return touched(
        of(world, party), "AB", name, world.now_us + round(after_s * SECOND_US),
        now_us=world.now_us, side=side, ref=ref,
    )  # fmt: skip


def planned(world, name, *, party="ALFA", after_s=0, side=""):
    return plan(
        of(world, party), "AB", name, world.now_us + round(after_s * SECOND_US),
        now_us=world.now_us, side=side,
    )  # fmt: skip


def apply(world, made, moves, *, party="ALFA", to=("BRAVO",), **changes):
    values = {
        "agreement": "AB", "line": "LINE-AB", "post": "desk", "object": made.touched.object,
        "from_us": made.touched.from_us, "side": made.touched.side, "moves": tuple(moves),
        "to": to,
    }  # fmt: skip
    return do(world, party, Reposition(**(values | changes)))


def deed(written, kind):
    return [entry for entry in written if isinstance(entry.body, kind)]


def standing(world, of_party, holder="ALFA"):
    state = of(world, holder)
    return {
        view.intent.id: view
        for (party, _), view in intents_of(state, state.scope("AB")).items()
        if party == of_party
    }


def raised(world, party="ALFA"):
    return [a for a in alarms(of(world, party), world.now_us) if a.kind.startswith("reposition")]


def stays(name, text="the crew is down by then", **changes):
    return PlannedMove(intent=name, how="unchanged", text=text, **changes)


def by_a_river(**changes):
    """ALFA west, on the line and east of it; BRAVO west of it."""
    world = world_of(boundaries=(RIVER,), **changes)
    for name, lon in (("W", 37.5), ("X", 38.065), ("E", 38.6)):
        file(world, intent(world, "ALFA", name, lon=lon))
    file(world, intent(world, "BRAVO", "Y", lon=37.6))
    world.run(2)
    return world
