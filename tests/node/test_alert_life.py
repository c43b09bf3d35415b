"""New, seen, called, resolved: each party by its own people's acts, and nobody for another."""

from __future__ import annotations

import msgspec
import pytest
from alertkit import life, marked, of, raised, renewed, resolved, telephoned, told
from nodekit import do, reference, ticked_pair, write_as
from simkeys import oracle
from simstory import two
from simworld import SECOND_US
from test_scale import write
from test_tracks import alerts_of, fly, head_on

from parley.node.entries import Draft, MessageSaid, Reference
from parley.node.inputs import AcknowledgeAlarm
from parley.node.rules.alarms import alarms, sounding
from parley.node.rules.alert_steps import NEAR_ALERTS, together
from parley.node.warning_bodies import AlertMarked
from parley.node.warning_inputs import MarkAlert
from parley.world.faults import InputFault


@pytest.fixture(autouse=True)
def _hashes_for_signatures():
    with oracle():
        yield


def test_an_alert_is_new_until_a_person_says_otherwise() -> None:
    world = ticked_pair()
    key = raised(world)
    world.run(5)
    assert life(world, key).word == "new"
    assert [each.word for each in life(world, key).parties] == ["not seen", "not seen"]
    (entry,) = marked(world, key)
    assert entry.body == AlertMarked(stage="seen", post="desk")
    world.run(2)
    for node in ("ALFA", "BRAVO"):
        assert of(world, key, "ALFA", node).word == "seen"
        assert of(world, key, "BRAVO", node).word == "not seen"
    assert life(world, key).word == "seen"
    assert life(world, key, "BRAVO").word == "new", "what ALFA saw BRAVO did not see"
    marked(world, key, "called", "BRAVO", text="by telephone")
    world.run(2)
    assert of(world, key, "BRAVO").word == "called"
    assert of(world, key, "BRAVO").seen_us == of(world, key, "BRAVO").called_us
    resolved(world, key)
    assert life(world, key).word == "resolved"
    assert life(world, key).why == "no loss predicted"


def test_marking_twice_writes_once_and_a_more_urgent_conflict_is_marked_again() -> None:
    world = ticked_pair()
    key = raised(world)
    assert marked(world, key)
    assert marked(world, key) == []
    assert marked(world, key, post="commander") == []
    world.run(1)
    renewal = renewed(world, key, loss_s=300)
    (entry,) = marked(world, key)
    assert entry.ref[-1].key == renewal
    assert marked(world, key) == []
    renewed(world, key, loss_s=280)
    assert marked(world, key) == [], "it is another, and no more urgent"
    first = of(world, key, "ALFA").seen_us
    assert first is not None
    assert first < entry.issued_us, "the first mark stands"


def test_a_mark_says_which_form_was_before_the_post_and_covers_no_later_one() -> None:
    """The page was drawn before the conflict became short-term: the click does not silence that."""
    world = ticked_pair()
    key = raised(world)
    renewed(world, key, loss_s=100)
    (entry,) = marked(world, key, renewal=key)
    assert [ref.key for ref in entry.ref] == [key]
    (alarm,) = [a for a in alarms(world.node("ALFA").state, world.now_us) if a.kind == "conflict"]
    assert not alarm.silent
    assert marked(world, key), "the form as it is now was not marked yet"
    assert sounding(alarms(world.node("ALFA").state, world.now_us)) == ()
    with pytest.raises(InputFault, match="a renewal of that alert"):
        marked(world, key, renewal=("parley.example/AB/ALFA/ops/2026", 0))


def test_taking_the_alarm_is_seeing_the_alert_and_one_act() -> None:
    world = ticked_pair()
    key = raised(world)
    (alarm,) = [a for a in alarms(world.node("ALFA").state, world.now_us) if a.kind == "conflict"]
    do(world, "ALFA", AcknowledgeAlarm(agreement="AB", alarm=alarm.name, post="desk"))
    assert of(world, key, "ALFA").word == "seen"
    assert life(world, key).word == "seen"
    world.run(3)
    assert of(world, key, "ALFA", "BRAVO").seen_post == "desk"


def test_a_message_or_a_telephone_call_that_names_it_is_a_call() -> None:
    world = ticked_pair()
    first, second, third = (raised(world, str(n)) for n in (1, 2, 3))
    world.run(2)
    message = told(world, first)
    assert (of(world, first, "ALFA").called_how, of(world, first, "ALFA").about) == (
        "message", message,
    )  # fmt: skip
    telephoned(world, second)
    assert of(world, second, "ALFA").called_how == "telephone"
    assert of(world, second, "BRAVO").word == "not seen", "only BRAVO says what BRAVO did"
    telephoned(world, third, outcome="no answer", spoke_with="", reason="")
    assert of(world, third, "ALFA").word == "not seen", "nobody was reached"


def test_a_machine_that_answers_a_test_about_it_has_called_nobody() -> None:
    world = ticked_pair()
    key = raised(world)
    world.run(2)
    body = MessageSaid(
        line="LINE-AB", message_type="line.test.machine", message_class="ROUTINE",
        fields={"nonce": "7"}, answers=("ROGER",), answer_due_us=world.now_us + 60 * SECOND_US,
    )  # fmt: skip
    ref = (reference(world, "BRAVO", key),)
    write(world, "BRAVO", [Draft(agreement="AB", by="system", to=("ALFA",), ref=ref, body=body)])
    world.run(5)
    assert world.node("ALFA").state.scope("AB").index.about[key], "it came, and names the alert"
    assert of(world, key, "BRAVO").word == "not seen"


def test_a_mark_after_the_end_is_taken_and_says_so() -> None:
    world = ticked_pair()
    key = raised(world)
    resolved(world, key)
    world.run(5)
    assert marked(world, key)
    assert of(world, key, "ALFA").seen_after
    assert life(world, key).word == "resolved"


def test_a_mark_that_is_entered_late_says_when_it_was() -> None:
    world = ticked_pair()
    key = raised(world)
    seen_us = world.now_us + 10 * SECOND_US
    world.run(400)
    marked(world, key, at_us=seen_us)
    found = of(world, key, "ALFA")
    assert (found.seen_said_us, found.seen_late) == (seen_us, True)
    assert found.seen_us == world.now_us
    for at_us in (world.now_us + SECOND_US, seen_us - 60 * SECOND_US):
        with pytest.raises(InputFault, match="between the alert and now"):
            marked(world, key, "called", at_us=at_us)


@pytest.mark.parametrize(
    ("changes", "remark"),
    [
        ({"body": AlertMarked(stage="seen", post="tower")}, "post that it does not have"),
        ({"status": "exercise"}, "made as exercise"),
        ({"leaf": "00" * 32}, "other bytes"),
    ],
)
def test_a_mark_that_cannot_count_is_told_with_its_reason(changes, remark) -> None:
    world = ticked_pair()
    key = raised(world)
    world.run(2)
    ref = reference(world, "BRAVO", key)
    leaf = changes.pop("leaf", ref.leaf)
    body = changes.pop("body", AlertMarked(stage="seen", post="desk"))
    ref = Reference(log=ref.log, index=ref.index, leaf=leaf)
    write_as(world, "BRAVO", body, ref=(ref,), **changes)
    world.run(2)
    assert of(world, key, "BRAVO").word == "not seen"
    assert any(remark in each for each in life(world, key).remarks)


def test_nobody_marks_for_another_party() -> None:
    """BRAVO's mark at a post that only ALFA has is BRAVO's own word, and none about ALFA."""
    world = ticked_pair()
    key = raised(world)
    world.run(2)
    body = AlertMarked(stage="called", post="desk")
    write_as(world, "BRAVO", body, ref=(reference(world, "BRAVO", key),))
    world.run(2)
    assert of(world, key, "ALFA").word == "not seen"
    assert of(world, key, "BRAVO").word == "called"


def test_who_marks_its_own_alert_of_one_conflict_has_marked_the_conflict() -> None:
    world = ticked_pair()
    ours = raised(world)
    theirs = raised(world, party="BRAVO")
    world.run(2)
    marked(world, theirs, party="BRAVO")
    world.run(2)
    for key in (ours, theirs):
        assert of(world, key, "BRAVO").word == "seen"
        assert of(world, key, "ALFA").word == "not seen"
    resolved(world, ours)
    assert life(world, ours).word == "new", "the other's stands yet"
    resolved(world, theirs, party="BRAVO")
    world.run(2)
    assert life(world, ours).word == "resolved"


def test_a_conflict_of_the_same_pair_later_is_another() -> None:
    world = ticked_pair()
    first = raised(world)
    marked(world, first)
    resolved(world, first)
    world.run(30)
    later = raised(world, party="BRAVO")
    world.run(2)
    assert of(world, later, "ALFA").word == "not seen"
    assert of(world, first, "ALFA").word == "seen"


def test_a_party_that_raises_one_pair_without_end_is_not_looked_through() -> None:
    world = ticked_pair()
    ours = raised(world)
    for _ in range(3 * NEAR_ALERTS):
        resolved(world, raised(world, party="BRAVO"), party="BRAVO")
    world.run(5)
    scope = world.node("ALFA").state.scope("AB")
    assert len(together(scope, scope.alerts[ours])) == 2


def test_acts_that_cannot_be_done_name_their_repair() -> None:
    world = ticked_pair()
    key = raised(world)
    renewal = renewed(world, key, loss_s=300)
    with pytest.raises(InputFault, match="that one renews"):
        marked(world, renewal)
    with pytest.raises(InputFault, match="an alert that is held here"):
        marked(world, ("parley.example/AB/ALFA/ops/2026", 999))
    with pytest.raises(InputFault, match="post"):
        marked(world, key, post="tower")
    about = reference(world, "ALFA", key)
    with pytest.raises(InputFault, match="a message or a telephone call"):
        do(world, "ALFA", MarkAlert(ref=key, stage="called", post="desk", about=about))


def test_a_call_names_the_message_in_which_it_was_told() -> None:
    world = ticked_pair()
    key = raised(world)
    world.run(2)
    message = told(world, key)
    answered_ref = reference(world, "ALFA", message)
    (entry,) = marked(world, key, "called", about=answered_ref)
    assert entry.ref[1] == answered_ref
    assert marked(world, key, "called", about=answered_ref) == []


def test_under_earlier_rules_nothing_is_marked() -> None:
    old = [msgspec.structs.replace(each, rules_version=4) for each in two()]
    world = ticked_pair(old)
    (alert,) = alerts_of(fly(world, "ALFA", head_on(), 30))
    with pytest.raises(InputFault, match="rules version 5"):
        marked(world, (alert.log.origin, alert.seq))
