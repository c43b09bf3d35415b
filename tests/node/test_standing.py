"""Objections, disowned actors, one-sided advisories."""

from __future__ import annotations

import pytest
from nodekit import do, pair, reference, say, thread
from simworld import SECOND_US

from parley.node.inputs import Answer
from parley.node.rules.standing import advisories, disowned, objections
from parley.world.time import format_instant

OBJECTION = {"message_type": "objection", "fields": {"what": "the flight at 10"}, "text": "ours"}


def seen(world, party: str = "ALFA"):
    state = world.node(party).state
    return objections(state, state.scope("AB"), world.now_us)


def answered(world, key, word: str, **more):
    fields = thread(world, "BRAVO", key).body.fields
    do(world, "BRAVO", Answer(ref=key, post="desk", answer=word, **({"fields": fields} | more)))
    world.run(1)


@pytest.mark.row("R19")
@pytest.mark.parametrize(
    ("how", "word", "outstanding"),
    [
        ("AFFIRM", "agreed", False),
        ("NEGATIVE", "refused", True),
        ("withdraw", "withdrawn", False),
        ("silence", "unanswered", True),
        ("cut", "technical failure", True),
        ("soon", "waiting", True),
    ],
)
def test_an_objection_is_outstanding_until_agreed_or_withdrawn(how, word, outstanding) -> None:
    world = pair()
    if how == "cut":
        world.partition("ALFA", "BRAVO", seconds=10_000)
    key = say(world, **OBJECTION)
    world.run(2)
    if how in ("AFFIRM", "NEGATIVE"):
        answered(world, key, how, text="it is needed there")
    elif how == "withdraw":
        ref = (reference(world, "ALFA", key),)
        say(world, message_type="objection.withdraw", fields={}, ref=ref)
    if how != "soon":
        world.run(120)
    (found,) = seen(world)
    assert (found.party, found.what, found.text) == ("ALFA", "the flight at 10", "ours")
    assert found.outstanding is outstanding
    assert found.at[0].word == word
    if how == "NEGATIVE":
        assert found.at[0].detail == "NEGATIVE: it is needed there"
        assert seen(world, "BRAVO") == (found,)


@pytest.mark.row("R19")
def test_a_party_that_disowns_what_it_called_its_own_is_shown_with_both() -> None:
    world = pair()
    asked = say(
        world, message_type="identify.request",
        fields={"track": "T-9", "time": "2026-05-28T20:00:00Z"},
    )  # fmt: skip
    other = say(world, message_type="identify.request",
                fields={"track": "T-8", "time": "2026-05-28T20:00:00Z"})  # fmt: skip
    world.run(1)
    for key, whose in ((asked, "ours"), (other, "not ours")):
        fields = thread(world, "BRAVO", key).body.fields | {"whose": whose}
        answered(world, key, "REPLY", fields=fields)
    window = "/".join(format_instant(world.now_us + s * SECOND_US) for s in (-10, 100))
    for track in ("t-9", "T-8", "T-7"):
        say(world, "BRAVO", "ALFA", message_type="disown", fields={
            "whose": "not ours", "scope": "north of the river", "track": track, "window": window,
        })  # fmt: skip
    world.run(1)
    say(world, message_type="disown", fields={"whose": "not ours", "scope": "T-9"})
    world.run(1)
    for party in ("ALFA", "BRAVO"):
        found = disowned(world.node(party).state.scope("AB"), world.now_us)
        assert [(each.party, each.contradicted) for each in found] == [
            ("BRAVO", True), ("BRAVO", False), ("BRAVO", False), ("ALFA", False),
        ]  # fmt: skip
        assert found[0].claimed == (asked,)
        assert all(each.holds for each in found)
    world.run(200)
    found = disowned(world.node("ALFA").state.scope("AB"), world.now_us)
    assert [each.holds for each in found] == [False, False, False, True]


@pytest.mark.row("R19", "S19")
def test_an_advisory_is_its_partys_own_view_until_it_ends() -> None:
    world = pair()
    until_us = world.now_us + 60 * SECOND_US
    key = say(world, message_type="advisory", fields={"area": "north"}, valid_until_us=until_us)
    gone = say(world, message_type="advisory", fields={"area": "south"})
    say(world, message_type="cancel", fields={}, ref=(reference(world, "ALFA", gone),))
    world.run(1)
    for party in ("ALFA", "BRAVO"):
        (found,) = advisories(world.node(party).state.scope("AB"), world.now_us)
        assert (found.message, found.party, found.until_us) == (key, "ALFA", until_us)
        assert found.one_sided
    world.run(120)
    assert advisories(world.node("BRAVO").state.scope("AB"), world.now_us) == ()
    assert not thread(world, "ALFA", key).overdue
