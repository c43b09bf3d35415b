"""Priority: who was asked to make way, who took it, who has yielded, and when."""

from __future__ import annotations

import msgspec
import pytest
from nodekit import do, pair, reference, say, thread
from replaykit import Replay, plan
from simstory import agreement_of
from simworld import SECOND_US

from parley.node.inputs import Answer
from parley.node.rules.priority import overdue_yields, within_s, yields
from parley.world.clauses import Yield, clause_from_document
from parley.world.faults import InputFault

MEDEVAC = {"message_type": "priority.intent", "fields": {"flight": "MED-1", "corridor": "C"}}


def stand(world, party: str = "ALFA", agreement: str = "AB"):
    state = world.node(party).state
    return yields(state, state.scope(agreement), world.now_us)


def taken(world, key, **changes) -> None:
    fields = thread(world, "BRAVO", key).body.fields
    values = {"ref": key, "post": "desk", "answer": "WILCO", "fields": fields} | changes
    do(world, "BRAVO", Answer(**values))


def yielded(world, **changes):
    values = {"message_type": "priority.yielded", "fields": {"flight": "MED-1"}} | changes
    return say(world, "BRAVO", "ALFA", **values)


@pytest.mark.row("R14")
def test_taking_is_not_yielding_and_what_is_promised_comes_due() -> None:
    world = pair()
    key = say(world, **MEDEVAC)
    world.run(2)
    assert [each.word for each in stand(world)] == ["not taken"]
    taken(world, key)
    world.run(2)
    asked_us = thread(world, "ALFA", key).said.issued_us
    for party in ("ALFA", "BRAVO"):
        (found,) = stand(world, party)
        assert (found.word, found.asker, found.party) == ("outstanding", "ALFA", "BRAVO")
        assert found.due_us == asked_us + 420 * SECOND_US
    world.run(430)
    state = world.node("ALFA").state
    (late,) = overdue_yields(state, state.scope("AB"), world.now_us)
    assert late.late_s == pytest.approx(14, abs=2)
    done = yielded(world, ref=(reference(world, "BRAVO", key),))
    world.run(1)
    (found,) = stand(world)
    assert (found.word, found.by, found.named) == ("yielded late", done, True)
    assert not overdue_yields(state, state.scope("AB"), world.now_us)


@pytest.mark.row("R14")
def test_word_that_one_has_yielded_is_the_partys_own_to_the_asker_and_after_the_request() -> None:
    world = pair()
    say(world, "BRAVO", "ALFA", message_type="landed.report", fields={"flight": "B7"})
    world.run(1)
    key = say(world, **MEDEVAC)
    world.run(1)
    taken(world, key)
    say(world, message_type="landed.report", fields={"flight": "A7"})
    say(world, "BRAVO", "ALFA", message_type="landed.report", fields={"flight": "MED-1"})
    world.run(1)
    assert [each.word for each in stand(world)] == ["outstanding"]
    done = say(world, "BRAVO", "ALFA", message_type="landed.report", fields={"flight": "B8"})
    world.run(1)
    (found,) = stand(world)
    assert (found.word, found.by, found.named) == ("yielded", done, False)


@pytest.mark.row("R14")
@pytest.mark.parametrize(
    ("how", "word"), [("refused", "refused"), ("end", "ended"), ("cancel", "ended")]
)
def test_who_refused_or_is_needed_no_more_owes_nothing(how: str, word: str) -> None:
    world = pair()
    key = say(world, **MEDEVAC)
    world.run(1)
    if how == "refused":
        taken(world, key, answer="UNABLE", text="no other way down")
    else:
        taken(world, key)
        world.run(60)
        name = "priority.end" if how == "end" else "cancel"
        ref = (reference(world, "ALFA", key),)
        say(world, message_type=name, fields={"flight": "MED-1"}, ref=ref)
    world.run(1000)
    assert [each.word for each in stand(world)] == [word]


@pytest.mark.row("R14")
def test_an_agreement_sets_its_own_time_to_yield() -> None:
    base = agreement_of("AB", ("ALFA", "BRAVO"))
    clause = clause_from_document(
        {"kind": "yield", "id": "F8", "within_s": 60.0, "of": ["priority.intent"]}, "clause"
    )
    assert clause == Yield(id="F8", within_s=60.0, of=("priority.intent",))
    changed = msgspec.structs.replace(base, clauses=(*base.clauses, clause))
    assert within_s(changed, "priority.intent") == 60.0
    assert within_s(changed, "medevac.request") == 420.0
    world = pair([changed])
    key = say(world, **MEDEVAC)
    world.run(1)
    taken(world, key)
    world.run(65)
    assert [each.word for each in stand(world)] == ["overdue"]
    with pytest.raises(InputFault, match="within_s"):
        Yield(id="F8", within_s=0.0)


@pytest.mark.row("R14", "R2")
def test_the_wildfire_medevac_is_replayed_who_took_it_who_yielded_and_when() -> None:
    """Messages 25 to 31: U-3 has landed seven minutes after the request; RANGE answered late."""
    replay = Replay("wildfire-civil", range(26, 32))
    replay.all(after_s=5)
    world = replay.world
    name = next(c.do.agreement for c in plan("wildfire-civil").cues if c.seq == 26)
    found = {each.party: each for each in stand(world, "MEDEVAC", name)}
    assert set(found) == {"AIRATTACK", "UAS-AGENCY", "RANGE"}
    drone = found["UAS-AGENCY"]
    assert drone.word == "yielded"
    assert drone.by == replay.keys[30]
    assert (drone.yielded_us - drone.asked_us) / SECOND_US == pytest.approx(420, abs=0.01)
    assert (drone.taken_us - drone.asked_us) / SECOND_US == pytest.approx(65, abs=0.01)
    for quiet in ("AIRATTACK", "RANGE"):
        assert found[quiet].word == "overdue", "nobody has said that they made way"
    request = world.node("MEDEVAC").state.scope(name).threads[replay.keys[26]]
    assert ("RANGE", "answer") in request.overdue, "240 s against 120 s"
    assert ("AIRATTACK", "answer") not in request.overdue
    for party in ("UAS-AGENCY", "RANGE"):
        assert stand(world, party, name) == stand(world, "MEDEVAC", name)
