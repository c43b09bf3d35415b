"""Intents whose volumes go to some parties only: nobody else learns of them, by whatever way."""

from __future__ import annotations

import msgspec
import pytest
from intentkit import alerts, conflicts, file, intent, standing_alerts, world_of
from nodekit import do

from parley.node.agreement_inputs import MoveIntent
from parley.node.inputs import ChangeIntent, FileIntent
from parley.node.rules.intent_record import intents_of
from parley.node.rules.intents import check_intent
from parley.world.faults import InputFault
from parley.world.intent import IntentState

SECRET = "PATROL-7"


def three():
    return world_of("ALFA", "BRAVO", "CHARLIE")


def sealed(world, party="ALFA", name="P", *, to=("BRAVO",), **where):
    return file(world, intent(world, party, name, flight=SECRET, **where), to=to)


def everything_held(world, party) -> bytes:
    """All bytes of a party's store: entries, openings, heads, parts."""
    store = world.stores[party]
    found = [entry for log in store.logs.values() for entry in log]
    found += [opening for log in store.opened.values() for opening in log.values()]
    found += [repr(store.parts).encode(), repr(store.settings).encode()]
    return b"\\n".join(found)


def known_to(world, party):
    state = world.node(party).state
    return set(intents_of(state, state.scope("AB")))


@pytest.mark.row("S41")
def test_a_third_party_holds_no_byte_of_a_sealed_intent_nor_of_what_follows_from_it() -> None:
    world = three()
    sealed(world)
    filed = file(world, intent(world, "BRAVO", "Y", lat=35.02))
    world.run(5)
    assert filed.body.conflicts == (), "what all may read must not name it"
    for party in ("ALFA", "BRAVO"):
        assert known_to(world, party) == {("ALFA", "P"), ("BRAVO", "Y")}
        (found,) = conflicts(world, party)
        assert SECRET in found.flights
        assert found.audience == ("ALFA", "BRAVO")
        (alert,) = alerts(world, party)
        assert alert.audience == ("ALFA", "BRAVO")
    do(world, "ALFA", MoveIntent(agreement="AB", post="desk", intent="P", climb_m=1_500.0))
    do(
        world,
        "ALFA",
        ChangeIntent(agreement="AB", post="desk", intent="P", state=IntentState.ACTIVATED),
    )
    world.run(20)
    assert standing_alerts(world, "ALFA") == standing_alerts(world, "BRAVO") == []
    assert known_to(world, "CHARLIE") == {("BRAVO", "Y")}
    assert conflicts(world, "CHARLIE") == ()
    held = everything_held(world, "CHARLIE")
    for word in (SECRET, '"P"', "ALFA/P", "overlap"):
        assert word.encode() not in held, word
    scope = world.node("CHARLIE").state.scope("AB")
    assert len([e for e in scope.sealed.values() if e.log.party == "ALFA"]) >= 4
    assert SECRET.encode() in everything_held(world, "BRAVO"), "the addressee holds it"


@pytest.mark.row("S41")
def test_what_one_party_alone_holds_both_of_is_told_to_nobody() -> None:
    world = three()
    sealed(world, "ALFA", "P", to=("BRAVO",))
    sealed(world, "CHARLIE", "Q", to=("BRAVO",))
    file(world, intent(world, "BRAVO", "Y"), to=("ALFA",))
    world.run(5)
    pairs = {(each.first, each.second): each.audience for each in conflicts(world, "BRAVO")}
    assert pairs == {
        ("ALFA/P.1", "BRAVO/Y.1"): ("ALFA", "BRAVO"),
        ("BRAVO/Y.1", "CHARLIE/Q.1"): ("BRAVO",),
    }
    assert {each.audience for each in alerts(world, "BRAVO")} == {("ALFA", "BRAVO"), ("BRAVO",)}
    assert known_to(world, "CHARLIE") == {("CHARLIE", "Q")}
    assert conflicts(world, "CHARLIE") == (), "it holds one of the two only"
    for word in ("ALFA/P", "BRAVO/Y"):
        assert word.encode() not in everything_held(world, "CHARLIE")


@pytest.mark.row("S41")
def test_a_sealed_filing_names_what_its_addressees_may_know_and_a_check_leaks_nothing() -> None:
    world = three()
    file(world, intent(world, "BRAVO", "Y"))
    sealed(world, "CHARLIE", "Q", to=("ALFA",))
    world.run(5)
    act = FileIntent(
        agreement="AB", post="desk", intent=intent(world, "ALFA", "P"), addressees=("BRAVO",)
    )
    checked = check_intent(world.node("ALFA").state, act, world.now_us)
    assert [(each.first, each.second) for each in checked.conflicts] == [
        ("ALFA/P.1", "BRAVO/Y.1"), ("ALFA/P.1", "CHARLIE/Q.1"),
    ]  # fmt: skip
    filed = file(world, act.intent, to=("BRAVO",))
    assert filed.body.conflicts == ("BRAVO/Y",), "Q is for ALFA alone"
    both = msgspec.structs.replace(act.intent, id="R")
    named = file(world, both, to=("CHARLIE",)).body.conflicts
    assert named == ("BRAVO/Y", "CHARLIE/Q"), "both who get R hold Q"


def test_addressees_may_grow_and_never_shrink() -> None:
    world = three()
    file(world, intent(world, "ALFA", "X"))
    with pytest.raises(InputFault, match="everybody"):
        file(world, intent(world, "ALFA", "X", version=2), to=("BRAVO",))
    sealed(world, name="P", to=("BRAVO",))
    with pytest.raises(InputFault, match="all who have the version before"):
        sealed(world, name="P", version=2, to=("CHARLIE",))
    sealed(world, name="P", version=2, to=("BRAVO", "CHARLIE"))
    world.run(3)
    assert known_to(world, "CHARLIE") == {("ALFA", "X"), ("ALFA", "P")}
    for to, wanted in ((("NOBODY",), "BRAVO, CHARLIE"), (("ALFA",), "BRAVO, CHARLIE")):
        with pytest.raises(InputFault, match=wanted):
            sealed(world, name="Q", to=to)
