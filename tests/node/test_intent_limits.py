"""Nobody squats: how much room and time one party may hold by intents, and what is over it."""

from __future__ import annotations

import random

import msgspec
import pytest
from intentkit import PRIORITY, alerts, conflicts, file, intent, standing_alerts, world_of
from nodekit import do, write_as
from simworld import SECOND_US

from parley.node.documents import document_of
from parley.node.entries import IntentChanged, IntentFiled
from parley.node.inputs import ChangeIntent
from parley.node.rules import overlaps
from parley.node.rules.intent_limits import limits_of
from parley.node.rules.intent_record import intents_of
from parley.node.state import State, fold
from parley.world.clauses import AppliesTo, IntentLimits
from parley.world.faults import InputFault
from parley.world.intent import IntentState
from parley.world.norms import norms
from parley.world.shape import Circle
from parley.world.volume import Volume4D

PARTIES = ("ALFA", "BRAVO")
TIGHT = IntentLimits(
    id="L1", standing_max=3, ahead_s=7_200.0, longest_s=3_600.0, area_m2=4e8, unflown_max=2
)


def held(world, party):
    state = world.node(party).state
    return intents_of(state, state.scope("AB"))


def past_rules(world, filed, **envelope):
    """A party writes an intent into its own log past its own rules: it has the keys."""
    return write_as(world, filed.party, IntentFiled(intent=document_of(filed)), **envelope)


def changed(world, party, name, state):
    do(world, party, ChangeIntent(agreement="AB", post="desk", intent=name, state=state))


def over(world, party, name):
    return held(world, party)["BRAVO", name].over_limit


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ({"start_s": 8_000}, "2.2 h ahead, at most 2 h"),
        ({"long_s": 4_000}, "1.1 h long, at most 1 h"),
        ({"radius_m": 12_000.0}, "452 km2, at most 400 km2"),
    ],
)
def test_an_own_intent_over_a_limit_is_refused_with_the_numbers(where, said) -> None:
    world = world_of(clauses=(TIGHT,))
    with pytest.raises(InputFault, match="within the limits of clause L1") as caught:
        file(world, intent(world, "ALFA", "X", **where))
    assert said in str(caught.value)
    file(world, intent(world, "ALFA", "X"))
    shape = intent(world).volumes[0].shape
    open_end = (Volume4D(shape=shape, from_us=world.now_us),)
    with pytest.raises(InputFault, match="window without an end"):
        file(world, msgspec.structs.replace(intent(world, "ALFA", "W"), volumes=open_end))


def test_no_more_stand_than_may_and_what_ended_or_is_over_makes_room() -> None:
    world = world_of(clauses=(TIGHT,))
    for name in "XYZ":
        file(world, intent(world, "ALFA", name, start_s=10, long_s=60))
    with pytest.raises(InputFault, match="3 intents stand already, at most 3"):
        file(world, intent(world, "ALFA", "W"))
    file(world, intent(world, "ALFA", "X", version=2, start_s=10, long_s=60))
    changed(world, "ALFA", "Z", IntentState.ENDED)
    file(world, intent(world, "ALFA", "W"))
    for name in "XY":
        changed(world, "ALFA", name, IntentState.ACTIVATED)
    world.run(80)
    file(world, intent(world, "ALFA", "V"))


def test_a_peers_intent_over_the_limit_is_kept_shown_and_has_no_precedence() -> None:
    world = world_of(clauses=(TIGHT, PRIORITY))
    file(world, intent(world, "ALFA", "X", priority="routine"))
    big = intent(world, "BRAVO", "BIG", priority="rescue", radius_m=30_000.0)
    past_rules(world, big)
    world.run(5)
    for party in PARTIES:
        assert over(world, party, "BIG") == "2827 km2, at most 400 km2"
        (found,) = conflicts(world, party)
        assert not found.binding, "advisory, whatever it says of itself"
        assert found.precedence.goes_first == "ALFA/X.1"
        assert "over the limit" in found.text
        assert [each.body.binding for each in alerts(world, party)] == [False]


def test_a_party_that_files_and_never_flies_loses_its_precedence() -> None:
    world = world_of(clauses=(TIGHT,))
    for name in ("N1", "N2"):
        file(world, intent(world, "BRAVO", name, start_s=5, long_s=20))
    file(world, intent(world, "BRAVO", "FLOWN", start_s=5, long_s=20))
    changed(world, "BRAVO", "FLOWN", IntentState.ACTIVATED)
    world.run(40)
    with pytest.raises(InputFault, match=r"2 intents of the last .* days were never flown"):
        file(world, intent(world, "BRAVO", "M"))
    past_rules(world, intent(world, "BRAVO", "M"))
    world.run(3)
    assert "never flown" in over(world, "ALFA", "M")


def test_ending_an_intent_in_its_window_unflown_counts_as_well_and_before_it_does_not() -> None:
    world = world_of(clauses=(TIGHT,))
    for name, start_s in (("N1", 5), ("N2", 5), ("EARLY", 600)):
        file(world, intent(world, "BRAVO", name, start_s=start_s, long_s=900))
    world.run(10)
    for name in ("EARLY", "N1"):
        changed(world, "BRAVO", name, IntentState.ENDED)
    file(world, intent(world, "BRAVO", "M"))
    changed(world, "BRAVO", "N2", IntentState.ENDED)
    with pytest.raises(InputFault, match="2 intents of the last"):
        file(world, intent(world, "BRAVO", "K"))


def test_what_is_over_a_limit_depends_on_its_own_log_and_on_no_arrival() -> None:
    """A squatter's log and the other's, folded in any order and in any parts: the same answer."""
    world = world_of(clauses=(TIGHT,))
    for number in range(6):
        past_rules(world, intent(world, "BRAVO", f"B{number}", start_s=5, long_s=20 + number))
        if number % 2:
            write_as(world, "BRAVO", IntentChanged(intent=f"B{number}", state="Activated"))
        file(world, intent(world, "ALFA", f"A{number % 3}", version=number + 1))
        world.run(12)
    crank, found = world.node("ALFA"), []
    store = world.stores["ALFA"]
    for seed in range(6):
        draw = random.Random(seed)
        state = State(identity=crank.state.identity)
        places = dict.fromkeys(sorted(store.logs), 0)
        while places:
            origin = draw.choice(sorted(places))
            first = places[origin]
            part = store.logs[origin][first : first + draw.randint(1, 5)]
            fold(state, origin, first, part, store.opened.get(origin))
            places[origin] = first + len(part)
            if places[origin] == len(store.logs[origin]):
                del places[origin]
            if draw.random() < 0.3:
                intents_of(state, state.scope("AB"))
        views = intents_of(state, state.scope("AB"))
        found.append({n: (v.over_limit, v.state, v.intent.version) for n, v in views.items()})
    assert all(each == found[0] for each in found)
    assert {name for name, each in found[0].items() if each[0]} == {("BRAVO", "B5")}


def test_a_backdated_filing_counts_from_the_time_its_log_had_reached() -> None:
    world = world_of(clauses=(TIGHT,))
    for name in "XYZ":
        file(world, intent(world, "BRAVO", name, start_s=60, long_s=600))
    past_rules(world, intent(world, "BRAVO", "W"), issued_us=world.now_us - 3_600 * SECOND_US)
    world.run(3)
    assert "3 intents stand already" in over(world, "ALFA", "W")


def test_limits_are_of_the_clause_that_applies_else_of_the_norms() -> None:
    of_bravo = IntentLimits(id="L2", standing_max=7, applies_to=AppliesTo(parties=("BRAVO",)))
    world = world_of(clauses=(of_bravo,))
    agreement = world.node("ALFA").state.agreement("AB")
    usual = norms().intent
    assert limits_of(agreement, "BRAVO").standing_max == 7
    assert limits_of(agreement, "BRAVO").longest_s == usual.longest_s
    assert limits_of(agreement, "ALFA").standing_max == usual.standing_max
    assert (limits_of(agreement, "ALFA").clause, limits_of(agreement, "BRAVO").clause) == ("", "L2")


def test_a_flood_of_squatting_intents_is_compared_in_parts_and_says_how_many_wait() -> None:
    world = world_of()
    for name in range(4):
        file(world, intent(world, "ALFA", f"X{name}", start_s=60 + name))
    for number in range(60):
        past_rules(world, intent(world, "BRAVO", f"Q{number}", radius_m=2_000.0 + number))
    world.run(30)
    assert len(conflicts(world, "ALFA")) == 240
    assert len(standing_alerts(world, "ALFA")) == 240


def test_a_circle_wider_than_a_polygon_may_be_is_judged_by_its_area() -> None:
    world = world_of(clauses=(TIGHT,))
    wide = intent(world, "BRAVO", "W", radius_m=4_000_000.0)
    assert isinstance(wide.volumes[0].shape, Circle)
    past_rules(world, wide)
    world.run(3)
    assert "km2" in over(world, "ALFA", "W")


@pytest.mark.row("R9")
def test_what_would_need_too_many_exact_tests_is_refused_or_said_never_cut_short(
    monkeypatch,
) -> None:
    world = world_of()
    for number in range(5):
        file(world, intent(world, "BRAVO", f"Y{number}"))
    world.run(3)
    monkeypatch.setattr(overlaps, "INTENT_TESTS_MAX", 4)
    with pytest.raises(InputFault, match="5 exact comparisons or more, wanted at most 4"):
        file(world, intent(world, "ALFA", "X"))
    monkeypatch.setattr(overlaps, "INTENT_TESTS_MAX", 5)
    assert len(file(world, intent(world, "ALFA", "X")).body.conflicts) == 5
    monkeypatch.setattr(overlaps, "INTENT_TESTS_MAX", 1)
    many = intent(world, "BRAVO", "MANY")
    past_rules(world, msgspec.structs.replace(many, volumes=many.volumes * 2))
    world.run(3)
    (found,) = [each for each in conflicts(world, "ALFA") if each.second.startswith("BRAVO/MANY")]
    assert (found.decided, found.binding) == ("undecided", False)
    assert "not compared: it needs 2 exact tests, at most 1" in found.text
