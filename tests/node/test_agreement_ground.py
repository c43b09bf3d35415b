"""Several agreements over one ground: whose rules hold where, for whom, and what contradicts."""

from __future__ import annotations

import msgspec
import pytest
from nodekit import pair
from simstory import agreement_of
from test_agreement_status import declare

from parley.app.agreement_views import agreement_lines, agreements_view
from parley.node.rules.agreement_ground import fighting, rules_over
from parley.world.agreement import Actor
from parley.world.clauses import AppliesTo, Separation
from parley.world.faults import InputFault
from parley.world.geo import Position

INSIDE = Position(lat_deg=35.5, lon_deg=38.5)
FAR = Position(lat_deg=10.0, lon_deg=10.0)


def first():
    found = agreement_of("AB", ("ALFA", "BRAVO"))
    more = Separation(id="C9", horizontal_m=9_000.0, vertical_m=600.0,
                      applies_to=AppliesTo(zones=("Z1",)))  # fmt: skip
    return msgspec.structs.replace(found, clauses=(*found.clauses, more))


def second(**changes):
    found = agreement_of("AX", ("ALFA", "BRAVO", "CHARLIE"))
    wider = tuple(
        msgspec.structs.replace(c, horizontal_m=18_520.0) if isinstance(c, Separation) else c
        for c in found.clauses
    )
    return msgspec.structs.replace(found, clauses=wider, **changes)


def view(world, party="ALFA", **asked):
    return rules_over(world.node(party).state, world.now_us, **asked)


@pytest.mark.row("S17")
def test_each_rule_over_a_place_says_of_which_agreement_and_whose_it_is() -> None:
    world = pair([first(), second()])
    found = view(world, place=INSIDE)
    assert [(o.agreement, o.whose) for o in found.agreements] == [
        ("AB", ("ALFA", "BRAVO")),
        ("AX", ("ALFA", "BRAVO", "CHARLIE")),
    ]
    (mine,) = (o for o in found.agreements if o.agreement == "AB")
    assert [(z.zone, z.owner, z.answer) for z in mine.zones] == [("Z1", "ALFA", "in")]
    assert ("C9", ("Z1",)) in [(r.clause, r.zones) for r in mine.rules]
    far = view(world, place=FAR)
    assert all(not over.zones for over in far.agreements)
    assert "C9" not in [rule.clause for over in far.agreements for rule in over.rules]
    assert "C1" in [rule.clause for over in far.agreements for rule in over.rules]


@pytest.mark.row("S17")
def test_between_two_parties_only_what_both_are_party_to() -> None:
    world = pair([first(), second()])
    found = view(world, "BRAVO", parties=("BRAVO", "CHARLIE"))
    assert [over.agreement for over in found.agreements] == ["AX"]
    assert view(world, parties=("ALFA", "ZULU")).agreements == ()


@pytest.mark.row("S17")
def test_two_that_are_in_force_and_contradict_are_both_shown() -> None:
    world = pair([first(), second()])
    state = world.node("ALFA").state
    (fight, *_) = (f for f in fighting(state, world.now_us) if "horizontal" in f.about)
    assert fight.agreements == ("AB", "AX")
    assert (fight.first, fight.second) == ("3 NM", "10 NM")
    assert fight in view(world, place=INSIDE).contradictions
    assert view(world, parties=("BRAVO", "CHARLIE")).contradictions == (), "only one is theirs"


@pytest.mark.row("S18")
def test_what_one_side_asserts_is_shown_as_its_own_and_fights_nobody() -> None:
    world = pair([first(), second(asserted_by=("CHARLIE",))])
    found = view(world, place=INSIDE)
    (theirs,) = (o for o in found.agreements if o.agreement == "AX")
    assert (theirs.word, theirs.one_sided, theirs.whose) == ("asserted", True, ("CHARLIE",))
    assert fighting(world.node("ALFA").state, world.now_us) == ()


@pytest.mark.row("S13", "S17")
def test_who_has_suspended_stands_beside_the_rules() -> None:
    world = pair([first(), second()])
    declare(world, "BRAVO", "suspended", effective_us=world.now_us)
    world.run(2)
    found = {over.agreement: over.suspended for over in view(world, place=INSIDE).agreements}
    assert found == {"AB": ("BRAVO",), "AX": ()}


def test_an_unknown_zone_is_refused() -> None:
    world = pair([first()])
    with pytest.raises(InputFault, match="wanted a zone of an agreement"):
        view(world, zone="NOWHERE")
    assert [over.agreement for over in view(world, zone="Z1").agreements] == ["AB"]


@pytest.mark.row("S22")
def test_actors_nobody_answers_for_stand_on_a_list_of_their_own() -> None:
    actors = (
        Actor(name="SDF", standing="partner force", answers="ALFA", contested_by=("BRAVO",)),
        Actor(name="militia", standing="non-party"),
    )
    world = pair([msgspec.structs.replace(first(), actors=actors)])
    (shown,) = agreements_view(world.node("BRAVO").state, world.now_us)
    assert shown.unanswered == ("militia",)
    lines = agreement_lines(shown)
    assert "  no party: militia (non-party), NOBODY answers" in lines
    assert "  no party: SDF (partner force), ALFA answers; contested by BRAVO" in lines
