"""Assessments that expire, and the register of incidents: what each says and never does."""

from __future__ import annotations

import pytest
from nodekit import do, pair, reference, say, write_as
from simstory import agreement_of
from simworld import Faults, SimWorld

from parley.node.agreement_bodies import AssessmentDeclared, IncidentRegistered
from parley.node.agreement_inputs import DeclareAssessment, RegisterIncident
from parley.node.rules.alarms import alarms
from parley.node.rules.assessments import SHOWN_MAX, assessments, incident_register
from parley.node.state import key_of
from parley.world.faults import InputFault
from parley.world.norms import norms

MINUTE_US = 60_000_000


def assess(world, party="ALFA", **changes):
    values = {"agreement": "AB", "post": "desk", "subject": "strike near Z1"} | changes
    return do(world, party, DeclareAssessment(**values))


def seen(world, party="ALFA"):
    return assessments(world.node(party).state, world.now_us).shown


@pytest.mark.row("S43")
def test_an_assessment_holds_until_its_time_and_then_reads_expired_on_both_sides() -> None:
    world = pair()
    assess(world, until_us=world.now_us + 2 * MINUTE_US, text="commander looks at both tracks")
    world.run(5)
    assert [(each.word, each.post, each.party) for each in seen(world, "BRAVO")] == [
        ("holds", "desk", "ALFA")
    ]
    world.run(120)
    for party in ("ALFA", "BRAVO"):
        assert [each.word for each in seen(world, party)] == ["EXPIRED"]
    assess(world, done=True)
    world.run(5)
    assert seen(world) == seen(world, "BRAVO") == ()


@pytest.mark.row("S43")
def test_without_an_instant_it_holds_for_as_long_as_the_norms_say() -> None:
    world = pair()
    assess(world)
    each = seen(world)[0]
    assert each.until_us - each.since_us == norms().agreement.assess_s * 1_000_000


@pytest.mark.row("S43")
def test_a_hold_stops_no_deadline_the_message_is_still_late() -> None:
    """What an operator could believe at 3 a.m.: that "assess" bought time."""
    world = pair()
    key = say(
        world,
        "BRAVO",
        "ALFA",
        message_type="conflict.alert",
        fields={"level": "FL200", "time": "12:00"},
    )
    world.run(5)
    due_us = world.node("ALFA").state.scope("AB").threads[key].body.answer_due_us
    assess(world, ref=(reference(world, "ALFA", key),), until_us=world.now_us + 30 * MINUTE_US)
    hold = seen(world)[0]
    assert hold.about == key
    assert hold.owed_us == due_us
    assert not hold.late
    world.run((due_us - world.now_us) / 1e6 + 5)
    hold = seen(world)[0]
    assert (hold.word, hold.late) == ("holds", True)
    thread = world.node("BRAVO").state.scope("AB").threads[key]
    assert any(party == "ALFA" and duty == "answer" for party, duty in thread.overdue)
    kinds = {each.kind for each in alarms(world.node("ALFA").state, world.now_us)}
    assert "unanswered" in kinds


@pytest.mark.row("S43")
def test_ten_expired_holds_sound_once_and_stay_silent_once_taken() -> None:
    from parley.node.inputs import AcknowledgeAlarm

    world = pair()
    for n in range(10):
        assess(world, subject=f"subject {n}", until_us=world.now_us + MINUTE_US + n)
    world.run(70)
    state = world.node("ALFA").state
    found = [each for each in alarms(state, world.now_us) if each.kind == "assessment"]
    assert [each.post for each in found] == ["desk"]
    assert "subject" not in found[0].text, "a pager tells no words of a log"
    assert len([each for each in seen(world) if each.word == "EXPIRED"]) == 10
    do(world, "ALFA", AcknowledgeAlarm(agreement="AB", alarm=found[0].name, post="desk"))
    assert not [a for a in alarms(state, world.now_us) if a.kind == "assessment"]
    assert not [
        a for a in alarms(world.node("BRAVO").state, world.now_us) if a.kind == "assessment"
    ]


@pytest.mark.row("S43")
def test_a_peer_that_assesses_without_end_is_a_number_and_holds_nothing_for_ever() -> None:
    world = pair()
    for n in range(SHOWN_MAX + 5):
        body = AssessmentDeclared(subject=f"s{n}", post="desk", until_us=4_000_000_000_000_000)
        write_as(world, "BRAVO", body)
    world.run(30)
    state = world.node("ALFA").state
    found = assessments(state, world.now_us)
    assert len(found.shown) == SHOWN_MAX
    assert found.more == {"BRAVO": 5}
    longest_us = norms().agreement.assess_max_s * 1_000_000
    assert all(each.until_us <= each.since_us + longest_us for each in found.shown)


def test_what_cannot_be_assessed_is_refused_in_one_line() -> None:
    world = pair()
    key = say(world)
    world.run(3)
    ref = reference(world, "ALFA", key)
    wrong = type(ref)(log=ref.log, index=ref.index, leaf="00" * 32)
    for changes, named in (
        ({"subject": " "}, "subject"),
        ({"until_us": world.now_us - 1}, "until"),
        ({"until_us": world.now_us + 10 * 86_400_000_000}, "until"),
        ({"ref": (wrong,)}, "ref"),
        ({"post": "nobody"}, "post"),
        ({"done": True}, "done"),
    ):
        with pytest.raises(InputFault, match=named):
            assess(world, **changes)


def test_an_assessment_of_what_is_for_some_only_goes_to_no_other() -> None:
    world = SimWorld(
        1, [agreement_of("ABC", ("ALFA", "BRAVO", "CHARLIE"))], Faults(delay_s=(0.001, 0.002))
    )
    world.run(5)
    key = say(
        world, "ALFA", "BRAVO", agreement="ABC", line="LINE-ABC", addressees_only=True,
        message_type="clearance", fields={"flight": "F1", "zone": "Z1"},
    )  # fmt: skip
    world.run(5)
    assess(world, "BRAVO", agreement="ABC", ref=(reference(world, "BRAVO", key),))
    world.run(10)
    assert len(seen(world, "ALFA")) == len(seen(world, "BRAVO")) == 1
    assert seen(world, "CHARLIE") == ()


def test_before_rules_version_4_there_is_no_such_act() -> None:
    import msgspec

    world = pair([msgspec.structs.replace(agreement_of("AB", ("ALFA", "BRAVO")), rules_version=3)])
    with pytest.raises(InputFault, match="rules version 3"):
        assess(world)


# ---- incidents ----------------------------------------------------------------------------------


def register(world, party="ALFA", **changes):
    at_us = 1_448_354_664_000_000
    values = {
        "agreement": "AB",
        "post": "desk",
        "incident": "INC-1",
        "kind": "loss of an aircraft",
        "definition": "a crewed aircraft of one side lost by an act of another",
        "from_us": at_us,
        "to_us": at_us + 17_000_000,
    } | changes
    return do(world, party, RegisterIncident(**values))


@pytest.mark.row("S47")
def test_the_precedent_of_2015_stands_with_both_sides_figures_and_whose_they_are() -> None:
    """24 November 2015, as stated by the two parties; nothing here says who is right."""
    world = pair()
    register(
        world,
        incident="2015-11-24",
        title="aircraft lost near the border, 2015",
        figures={
            "time inside": "17 s, says ALFA",
            "distance inside": "2.19 km, says ALFA",
            "warnings": "10 in 5 min, says ALFA",
        },
        source="letter of one party; reports on mil.today of the other's answer",
    )
    register(
        world,
        "BRAVO",
        incident="2015-11-24",
        figures={"time inside": "0 s, says BRAVO", "warnings": "none received, says BRAVO"},
    )
    world.run(5)
    for party in ("ALFA", "BRAVO"):
        found = incident_register(world.node(party).state)
        assert [each.party for each in found.incidents] == ["ALFA", "BRAVO"]
        told = {one.name: (one.said, one.by) for one in found.incidents[0].figures}
        assert told["distance inside"] == ("2.19 km", "ALFA")
        assert (
            "2015-11-24 warnings: ALFA has 10 in 5 min, says ALFA; "
            "BRAVO has none received, says BRAVO"
        ) in found.differing
        assert not any("distance" in line for line in found.differing), "only one side gives it"


@pytest.mark.row("S48")
def test_incidents_count_under_their_own_definition_and_two_are_never_summed() -> None:
    world = pair()
    narrow = "a crewed aircraft lost by an act of another State's crewed aircraft"
    register(world, incident="A", definition=narrow)
    register(world, incident="B")
    register(world, incident="C")
    register(world, "BRAVO", incident="D", definition=narrow)
    world.run(5)
    found = incident_register(world.node("ALFA").state)
    counts = {(each.party, each.definition): each.count for each in found.counts}
    assert sorted(counts.values()) == [1, 1, 2]
    assert counts[("ALFA", narrow)] == 1
    assert all(set(each.incidents) <= {"A", "B", "C", "D"} for each in found.counts)


@pytest.mark.row("S48")
def test_a_correction_moves_the_count_and_the_earlier_entry_stays_cited() -> None:
    world = pair()
    first = register(world, incident="A")
    register(
        world, incident="A", definition="an aircraft damaged", figures={"aircraft": "1, says ALFA"}
    )
    found = incident_register(world.node("ALFA").state)
    assert [(each.definition, each.count) for each in found.counts] == [("an aircraft damaged", 1)]
    assert found.incidents[0].corrected == (key_of(first[-1]),)


def test_nobody_corrects_the_register_of_another_party() -> None:
    world = pair()
    register(world, incident="A")
    body = IncidentRegistered(
        incident="A", kind="nothing", definition="no incident", from_us=1, to_us=2, post="desk"
    )
    write_as(world, "BRAVO", body)
    world.run(5)
    found = incident_register(world.node("ALFA").state)
    own = next(each for each in found.incidents if each.party == "ALFA")
    assert own.corrected == ()
    assert own.kind == "loss of an aircraft"
    assert any(line.startswith("A definition: ALFA has") for line in found.differing)


def test_a_figure_names_who_says_it_and_a_peers_that_does_not_is_shown_so() -> None:
    world = pair()
    with pytest.raises(InputFault, match="who says it"):
        register(world, figures={"warnings": "10"})
    body = IncidentRegistered(
        incident="A", kind="k", definition="d", from_us=1, to_us=2, post="desk",
        figures={"warnings": "10"},
    )  # fmt: skip
    write_as(world, "BRAVO", body)
    world.run(5)
    found = incident_register(world.node("ALFA").state)
    assert (found.incidents[0].figures[0].said, found.incidents[0].figures[0].by) == ("10", "")


def test_what_cannot_be_registered_is_refused_in_one_line() -> None:
    world = pair()
    for changes, named in (
        ({"definition": ""}, "definition"),
        ({"kind": "x" * 300}, "kind"),
        ({"to_us": 0}, "to"),
        ({"to_us": 2_000_000_000_000_000}, "not after now"),
        ({"incident": "a b"}, "incident"),
        ({"figures": {f"n{n}": "1, says A" for n in range(40)}}, "figures"),
    ):
        with pytest.raises(InputFault, match=named):
            register(world, **changes)
