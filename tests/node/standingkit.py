"""Places that are kept and told between nodes, and how the notices of them stand."""

from __future__ import annotations

import msgspec
from simstory import agreement_of
from simworld import SECOND_US, Faults, SimWorld

from node.nodekit import do, thread
from parley.node.agreement_bodies import KeptPlace
from parley.node.agreement_inputs import DisclosePlace, KeepPlaces
from parley.node.entries import MessageSaid
from parley.node.inputs import (
    GiveConsent,
)
from parley.node.rules.alarms import alarms
from parley.node.rules.disclosure import ledger
from parley.node.rules.notice_standing import standing_of
from parley.node.state import key_of

AB = {"agreement": "AB", "post": "desk"}


def place(id_="H1", lat=35.6289, lon=38.7581, **changes) -> KeptPlace:
    values = {
        "place": id_, "name": f"Clinic {id_}", "kind": "hospital",
        "lat_e9": round(lat * 1e9), "lon_e9": round(lon * 1e9),
    } | changes  # fmt: skip
    return KeptPlace(**values)


def ruled(*clauses, parties=("ALFA", "BRAVO"), name="AB", **changes) -> SimWorld:
    """Return a linked world whose agreement has these clauses beside its own."""
    plain = agreement_of(name, parties)
    agreement = msgspec.structs.replace(plain, clauses=(*plain.clauses, *clauses), **changes)
    world = SimWorld(1, [agreement], Faults(delay_s=(0.001, 0.002)), tick_s=None)
    world.run(3)
    return world


def keep(world, *places, party="ALFA", **more):
    return do(world, party, KeepPlaces(**AB, places=places, **more))


def consent(world, *parties, agreement="AB", **more):
    for party in parties:
        act = GiveConsent(agreement=agreement, post="desk", addressee=party, **more)
        do(world, "ALFA", act)


def tell(world, name="H1", to="BRAVO", precision_m=10_000.0, agreement="AB", **more):
    """Tell a place; return the place of the notice, or None where nothing was to be said."""
    act = DisclosePlace(
        agreement=agreement, line=f"LINE-{agreement}", post="desk", place=name, to=(to,),
        precision_m=precision_m, **more,
    )  # fmt: skip
    written = do(world, "ALFA", act)
    world.run(2)
    return next((key_of(e) for e in written if isinstance(e.body, MessageSaid)), None)


def told(*clauses, **more):
    """Return a world in which ALFA told BRAVO of one place, and the notice."""
    world = ruled(*clauses)
    keep(world, place())
    consent(world, "BRAVO")
    key = tell(world, **more)
    assert key is not None
    return world, key


def how(world, key, party="BRAVO", at_us=None, agreement="AB"):
    state = world.node(party).state
    scope = state.scope(agreement)
    text = state.agreement(agreement)
    at_us = world.now_us if at_us is None else at_us
    return standing_of(state, scope, text, scope.threads[key], at_us)


def later(world, seconds):
    """Let a long time pass in which nobody does anything: every node slept."""
    by_us = round(seconds * SECOND_US)
    world.now_us += by_us
    world._queue = [(at_us + by_us, order, act) for at_us, order, act in world._queue]
    world.run(15)


def fields_at(world, key, party="BRAVO"):
    return thread(world, party, key).body.fields


def told_rows(world, party="ALFA", agreement="AB"):
    state = world.node(party).state
    return tuple(ledger(state, state.scope(agreement)))


def standing_alarms(world, party, at_us):
    found = alarms(world.node(party).state, at_us)
    return [each for each in found if each.name.startswith("standing:")]
