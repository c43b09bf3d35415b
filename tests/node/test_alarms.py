"""What somebody at a post must see, when it falls silent, and when it is over."""

from __future__ import annotations

import contextlib

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nodekit import do, pair, reference, say, thread, write_as
from peoplekit import enrol, person, sign
from simstory import agreement_of, two
from simworld import SECOND_US, SimWorld
from test_scale import calls_of, write

from parley.node.custody_bodies import ClockMeasured, ForkEvidence
from parley.node.entries import (
    Draft,
    LineDeclared,
    MessageAnswered,
    MessageEscalated,
    MessageSaid,
)
from parley.node.inputs import (
    AcknowledgeAlarm,
    Answer,
    BePresent,
    DeclareLine,
    Display,
    NoteAlarmSent,
    Say,
)
from parley.node.inputs import TestLine as LineTested
from parley.node.line_bodies import (
    AlarmAcknowledged,
    LineTestMissed,
    LinkObserved,
    MessageUndelivered,
    NoticeDiffers,
)
from parley.node.rules.alarms import LISTED_MAX, Alarm, alarms, load, sent_by_name, sounding
from parley.node.state import Key, key_of
from parley.trust.checkpoint import Checkpoint, sign_checkpoint
from parley.world.faults import InputFault
from parley.world.time import Interval


def seen(world: SimWorld, party: str = "BRAVO", kind: str | None = None) -> list[Alarm]:
    """Return what stands at a party, of one kind or of all."""
    found = alarms(world.node(party).state, world.now_us + world.clock_offset_us[party])
    return [each for each in found if kind in (None, each.kind)]


def names(world: SimWorld, party: str = "BRAVO", kind: str | None = None) -> list[str]:
    return [each.name for each in seen(world, party, kind)]


def loud(world: SimWorld, party: str = "BRAVO", kind: str | None = None) -> list[str]:
    return [each.name for each in sounding(seen(world, party, kind))]


def take(world: SimWorld, name: str, party: str = "BRAVO", post: str = "desk", **more) -> list:
    return do(world, party, AcknowledgeAlarm(agreement="AB", alarm=name, post=post, **more))


def answer(world: SimWorld, key: Key, word: str = "WILCO", **more) -> None:
    fields = {"flight": "F1", "zone": "Z1"} if word == "WILCO" else {}
    values = {"fields": fields, "text": "busy" if word == "UNABLE" else ""} | more
    do(world, "BRAVO", Answer(ref=key, post="desk", answer=word, **values))
    world.run(2)


def urgent(world: SimWorld, **more) -> Key:
    key = say(world, message_class="URGENT", **more)
    world.run(2)
    return key


def place(key: Key) -> str:
    parts = key[0].split("/")
    return f"{parts[2]}/{parts[4]}/{key[1]}"


# ---- the ladder of a message for us --------------------------------------------------------------


@pytest.mark.row("S9", "R2")
def test_nobody_answers_and_each_rung_calls_its_own_post() -> None:
    """The 27 minutes of 2016: at once, at 60 s, 3 and 10 minutes, until somebody takes it."""
    world = pair([no_clause()])
    key = urgent(world)
    name = f"message:{place(key)}"
    calls = {0: (f"{name}:0", "desk"), 60: (f"{name}:1", "duty-officer"),
             180: (f"{name}:2", "commander"), 600: (f"{name}:3", "commander")}  # fmt: skip
    at_s = 2
    for after_s, (rung, post) in calls.items():
        world.run(max(0, after_s + 1 - at_s))
        at_s = max(at_s, after_s + 1)
        newest = max(seen(world, kind="unanswered"), key=lambda each: each.rung)
        assert (newest.name, newest.post, newest.alarm_class) == (rung, post, "URGENT")
        assert not newest.silent
    assert len(names(world, kind="unanswered")) == 4
    assert loud(world, "ALFA", "overdue") == [f"overdue:{place(key)}:BRAVO"]
    assert names(world, "ALFA", "unanswered") == []
    answer(world, key)
    assert names(world) == []
    assert names(world, "ALFA") == []


def no_clause():
    agreement = agreement_of("AB", ("ALFA", "BRAVO"))
    return msgspec.structs.replace(agreement, clauses=())


def test_a_restart_raises_the_same_and_forgets_nothing_that_was_taken() -> None:
    world = pair()
    first, second = urgent(world), urgent(world)
    world.run(70)
    take(world, f"message:{place(first)}:1")
    before = seen(world, kind="unanswered")
    world.stop("BRAVO")
    world.start("BRAVO")
    assert seen(world, kind="unanswered") == before
    assert {each.cause for each in sounding(before)} == {second}


def test_a_page_that_displays_an_urgent_message_takes_it_from_nobody() -> None:
    world = pair()
    key = urgent(world)
    do(world, "BRAVO", Display(ref=key, post="desk"))
    assert loud(world, kind="unanswered") == [f"message:{place(key)}:0"]


@pytest.mark.parametrize("shown", [False, True])
def test_other_classes_call_when_they_should_have_been_displayed(shown: bool) -> None:
    world = pair([no_clause()])
    key = say(world)
    world.run(2)
    if shown:
        do(world, "BRAVO", Display(ref=key, post="desk"))
    world.run(50)
    assert names(world) == []
    world.run(15)
    assert names(world, kind="unanswered") == ([] if shown else [f"message:{place(key)}:0"])
    world.run(180)
    assert f"message:{place(key)}:1" in loud(world), "shown or not, nobody answered"


def test_a_message_that_asks_for_nothing_is_over_once_it_was_displayed() -> None:
    world = pair()
    key = say(world, wants_answer=False)
    world.run(65)
    assert loud(world) == [f"message:{place(key)}:0"]
    world.run(700)
    assert names(world, kind="unanswered") == [f"message:{place(key)}:0"]
    do(world, "BRAVO", Display(ref=key, post="desk"))
    assert names(world, kind="unanswered") == []


@pytest.mark.row("R2")
@pytest.mark.parametrize("message_class", ["DISTRESS", "URGENT"])
def test_a_loud_message_that_asks_for_nothing_calls_until_a_person_takes_it(
    message_class: str,
) -> None:
    world = pair()
    key = say(world, message_class=message_class, wants_answer=False)
    world.run(2)
    do(world, "BRAVO", Display(ref=key, post="desk"))
    (alarm,) = seen(world, kind="unanswered")
    assert not alarm.silent, "a page that displayed it is no person"
    assert "no answer is asked for" in alarm.text
    world.run(700)
    assert loud(world, kind="unanswered") == [f"message:{place(key)}:0"]
    take(world, alarm.name)
    assert names(world, kind="unanswered") == []


def test_the_next_rung_sounds_again_after_one_was_taken_and_a_later_one_takes_the_earlier() -> None:
    world = pair()
    key = urgent(world)
    name = f"message:{place(key)}"
    take(world, f"{name}:0")
    assert loud(world) == []
    world.run(60)
    assert loud(world, kind="unanswered") == [f"{name}:1"]
    found = next(each for each in seen(world) if each.name == f"{name}:0")
    assert (found.acknowledged_by, found.silent) == ("desk", True)
    world.run(120)
    take(world, f"{name}:2", post="commander")
    assert loud(world, kind="unanswered") == [], "who takes a later call has taken the earlier ones"
    assert len(names(world, kind="unanswered")) == 3


def test_a_promised_answer_is_silent_until_its_time_and_then_calls() -> None:
    world = pair([no_clause()])
    key = urgent(world, answer_within_s=300)
    name = f"message:{place(key)}"
    promised_us = world.now_us + 100 * SECOND_US
    answer(world, key, "STANDBY", promised_us=promised_us)
    assert names(world) == [f"{name}:0"]
    assert loud(world) == []
    world.run(300)
    assert loud(world, kind="unanswered") == [f"{name}:1"]


def test_the_senders_word_of_its_own_clock_calls_here_too() -> None:
    world = pair()
    key = urgent(world)
    body = MessageEscalated(party="BRAVO", post="commander", step=1, after_s=180)
    write_as(world, "ALFA", body, ref=(reference(world, "ALFA", key),))
    world.run(12)
    # No two clocks differ by so much: it would only wake everybody at once.
    assert f"message:{place(key)}:2" not in loud(world)
    world.run(53)
    assert f"message:{place(key)}:2" in loud(world)


@pytest.mark.parametrize("later_s", [400, 10**7])
def test_a_message_from_the_future_calls_at_once(later_s: int) -> None:
    world = pair()
    body = MessageSaid(
        line="LINE-AB", message_type="clearance", message_class="SAFETY", answers=("WILCO",),
        answer_due_us=world.now_us + (later_s + 60) * SECOND_US,
    )  # fmt: skip
    said_us = world.now_us + later_s * SECOND_US
    key = write_as(world, "ALFA", body, to=("BRAVO",), issued_us=said_us)
    world.run(12)
    assert loud(world) == [f"message:{place(key)}:0"]


def test_a_routine_message_calls_when_its_answer_is_overdue() -> None:
    world = pair([no_clause()])
    key = say(world, message_class="ROUTINE")
    do_later(world, Display(ref=key, post="desk"))
    world.run(3598)
    assert names(world, kind="unanswered") == []
    world.run(5)
    assert loud(world, kind="unanswered") == [f"message:{place(key)}:1"]


def do_later(world: SimWorld, act) -> None:
    world.run(2)
    do(world, "BRAVO", act)


@pytest.mark.parametrize("word", ["DISTRESS", "URGENT"])
def test_no_word_of_a_message_is_in_an_alarm(word: str) -> None:
    world = pair()
    say(world, message_class=word, text="SECRET", subject="HIDDEN", fields={"flight": "LOST"})
    world.run(700)
    told = " ".join(f"{a.text} {a.name}" for p in ("ALFA", "BRAVO") for a in seen(world, p))
    assert "clearance" in told
    assert not any(each in told for each in ("SECRET", "HIDDEN", "LOST"))


def test_an_exercise_is_called_one() -> None:
    world = pair()
    urgent(world, status="exercise")
    assert seen(world)[0].text.startswith("EXERCISE clearance from ALFA on LINE-AB")


# ---- over ---------------------------------------------------------------------------------------


@pytest.mark.row("S9")
@pytest.mark.parametrize("word", ["answered", "cancelled", "corrected", "expired"])
def test_what_is_over_calls_nobody(word: str) -> None:
    world = pair()
    end_us = world.now_us + 100 * SECOND_US
    key = urgent(world, valid_until_us=end_us if word == "expired" else None)
    world.run(65)
    assert f"message:{place(key)}:1" in loud(world)
    if word == "answered":
        answer(world, key)
    elif word == "expired":
        world.run(60)
    else:
        kind = {"cancelled": "cancel", "corrected": "correction"}[word]
        ref = (reference(world, "ALFA", key),)
        say(world, message_type=kind, message_class="ROUTINE", ref=ref, confirmed=True)
        world.run(2)
    assert [n for n in names(world) if place(key) in n] == []
    assert [n for n in names(world, "ALFA") if place(key) in n] == []
    world.run(700)
    assert [n for n in names(world) if place(key) in n] == []
    with pytest.raises(InputFault, match="one that stands"):
        take(world, f"message:{place(key)}:1")


def test_an_agreement_that_is_over_calls_nobody_but_for_life() -> None:
    agreement = agreement_of("AB", ("ALFA", "BRAVO"))
    start = pair().now_us
    valid = Interval(from_us=start - 10**12, to_us=start + 120 * SECOND_US)
    world = pair([msgspec.structs.replace(agreement, valid=valid)])
    urgent(world)
    life = urgent(world, message_type="distress.relay", fields={"position": "x", "time": "y"})
    world.run(60)
    assert len({each.cause for each in seen(world, kind="unanswered")}) == 2
    world.run(120)
    # That it is over is told as well: it says why all else falls still.
    kinds = {each.kind: each.cause for each in seen(world)}
    assert kinds.pop("agreement end") is None
    assert set(kinds.values()) == {life}


def test_a_line_that_two_people_withdrew_calls_nobody_but_for_life() -> None:
    world = pair()
    urgent(world)
    people = [person(name) for name in ("alfa-1", "alfa-2")]
    for each in people:
        enrol(world, each)
    act = DeclareLine(
        agreement="AB", line="LINE-AB", post="desk", value="withdrawn", effective_us=world.now_us
    )
    (entry,) = [e for e in do(world, "ALFA", act) if isinstance(e.body, LineDeclared)]
    for each in people:
        world.run(6)
        assert len(names(world, kind="unanswered")) == 1, "one person withdraws nothing"
        sign(world, key_of(entry), each)
    world.run(6)
    assert names(world, kind="unanswered") == []
    life = say(world, message_class="DISTRESS")
    world.run(6)
    assert {each.cause for each in seen(world, kind="unanswered")} == {life}
    assert len(names(world, kind="declared")) == 1, "that it was withdrawn is still told"


# ---- messages of ours ----------------------------------------------------------------------------


def test_a_refused_and_a_misread_message_call_their_sender_until_somebody_has_seen_it() -> None:
    world = pair()
    refused, misread, slow = urgent(world), urgent(world), say(world)
    answer(world, refused, "UNABLE")
    answer(world, misread, fields={"flight": "F2", "zone": "Z1"})
    answer(world, slow, "UNABLE")
    found = {each.name: each for each in seen(world, "ALFA")}
    assert set(found) == {f"refused:{place(refused)}:BRAVO", f"misread:{place(misread)}:BRAVO"}
    assert {each.post for each in found.values()} == {"desk"}
    for name in found:
        take(world, name, "ALFA")
    assert names(world, "ALFA") == []


def test_a_message_that_was_not_delivered_calls_until_it_was() -> None:
    world = pair()
    world.cut.add(("ALFA", "BRAVO"))
    world.cut.add(("BRAVO", "ALFA"))
    key = say(world, message_class="URGENT")
    world.run(20)
    name = f"undelivered:{place(key)}:BRAVO:stored"
    if name not in names(world, "ALFA"):
        body = MessageUndelivered(duty="stored", party="BRAVO", due_us=world.now_us, link="unknown")
        write_as(world, "ALFA", body, ref=(reference(world, "ALFA", key),))
    assert name in loud(world, "ALFA")
    world.cut.clear()
    world.run(60)
    assert name not in names(world, "ALFA")
    assert thread(world, "BRAVO", key).said is not None


# ---- lines, links, tests, clocks -----------------------------------------------------------------


@pytest.mark.row("R3")
def test_a_link_that_is_down_calls_once_and_a_restart_changes_nothing() -> None:
    world = pair()
    world.run(12)
    world.cut |= {("ALFA", "BRAVO"), ("BRAVO", "ALFA")}
    world.run(25)
    assert names(world, "ALFA", "link") == []
    world.run(20)
    (found,) = seen(world, "ALFA", "link")
    assert found.text.startswith("link to BRAVO is down, last heard 2026-")
    take(world, found.name, "ALFA")
    world.run(600)
    assert loud(world, "ALFA", "link") == []
    world.stop("ALFA")
    world.start("ALFA")
    body = LinkObserved(party="BRAVO", link="down", since_us=int(found.name.rpartition(":")[2]))
    if not world.node("ALFA").state.scope("AB").line.links:
        write_as(world, "ALFA", body)
    world.run(5)
    assert names(world, "ALFA", "link") == [found.name]
    assert loud(world, "ALFA", "link") == []
    world.cut.clear()
    world.run(30)
    assert names(world, "ALFA", "link") == []


def test_a_link_that_two_agreements_need_calls_once() -> None:
    world = pair([agreement_of("AB", ("ALFA", "BRAVO")), agreement_of("AC", ("ALFA", "BRAVO"))])
    world.run(12)
    world.cut |= {("ALFA", "BRAVO"), ("BRAVO", "ALFA")}
    world.run(60)
    assert [each.agreement for each in seen(world, "ALFA", "link")] == ["AB"]


@pytest.mark.row("R3", "S9")
def test_a_missed_test_calls_again_with_each_new_one_and_a_rival_makes_none() -> None:
    world = pair()
    due_us = world.now_us - 100 * SECOND_US

    def missed(writer: str, party: str, kind: str, at_us: int) -> None:
        body = LineTestMissed(line="LINE-AB", party=party, kind=kind, due_us=at_us)
        write_as(world, writer, body)

    missed("ALFA", "BRAVO", "person", due_us)
    name = f"test-missed:LINE-AB:BRAVO:person:{due_us}"
    assert loud(world, "ALFA") == [name]
    take(world, name, "ALFA")
    assert names(world, "ALFA") == []
    missed("ALFA", "BRAVO", "person", due_us + 7)
    assert loud(world, "ALFA") == [f"test-missed:LINE-AB:BRAVO:person:{due_us + 7}"]
    for n in range(50):
        missed("BRAVO", "ALFA", "person", due_us + n)
    world.run(12)
    assert names(world, "ALFA") == [f"test-missed:LINE-AB:BRAVO:person:{due_us + 7}"]


def test_a_peer_that_suspends_calls_once_whatever_it_writes() -> None:
    world = pair()
    for value in ("suspended", "in force", "suspended"):
        do(world, "ALFA", DeclareLine(agreement="AB", line="LINE-AB", post="desk", value=value))
    world.run(12)
    (found,) = seen(world, kind="declared")
    assert "ALFA declares line LINE-AB suspended from 2026-" in found.text
    assert names(world, "ALFA", "declared") == [], "our own act tells us nothing"
    take(world, found.name)
    assert names(world, kind="declared") == []
    do(world, "ALFA", DeclareLine(agreement="AB", line="LINE-AB", post="desk", value="in force"))
    do(world, "ALFA", DeclareLine(agreement="AB", line="LINE-AB", post="desk", value="suspended"))
    world.run(12)
    assert len(loud(world, kind="declared")) == 1


def test_a_clock_far_from_ours_calls_until_it_is_near() -> None:
    world = pair()
    for alarm in (True, True, False):
        body = ClockMeasured(party="BRAVO", offset_us=2_500_000, within_us=1000, alarm=alarm)
        write_as(world, "ALFA", body)
        found = seen(world, "ALFA", "clock")
        assert [each.text for each in found] == ["clock of BRAVO is +2.5 s from ours"] * alarm


def test_a_notice_that_an_aircraft_did_not_follow_calls_both_ends() -> None:
    world = pair()
    key = say(world)
    world.run(2)
    for n in range(5):
        body = NoticeDiffers(
            aircraft=f"F{n}", at_us=world.now_us, lat_e9=1, lon_e9=1, distance_mm=9_000_000,
            uncertainty_mm=1,
        )  # fmt: skip
        write_as(world, "BRAVO", body, ref=(reference(world, "BRAVO", key),))
    world.run(12)
    name = f"differs:{place(key)}:BRAVO"
    for party in ("ALFA", "BRAVO"):
        assert names(world, party, "differs") == [name], "one for each who saw it"
        take(world, name, party)
        assert names(world, party, "differs") == []


def test_nobody_at_our_end_calls_the_next_post_while_something_waits() -> None:
    world = pair()
    key = urgent(world)
    assert names(world, kind="unattended") == [], "nobody ever said who is there"
    here = BePresent(agreement="AB", line="LINE-AB", post="desk")
    do(world, "BRAVO", here)
    assert names(world, kind="unattended") == []
    do(world, "BRAVO", msgspec.structs.replace(here, present=False))
    (found,) = seen(world, kind="unattended")
    assert (found.name, found.post) == (f"unattended:LINE-AB:{place(key)}", "duty-officer")
    answer(world, key)
    assert names(world) == []


def test_outside_of_its_hours_an_empty_end_calls_nobody_more() -> None:
    agreement = no_clause()
    line = msgspec.structs.replace(agreement.lines[0], hours="00:00-00:01Z")
    world = pair([msgspec.structs.replace(agreement, lines=(line,))])
    urgent(world)
    do(world, "BRAVO", BePresent(agreement="AB", line="LINE-AB", post="desk", present=False))
    assert names(world, kind="unattended") == []
    assert len(names(world, kind="unanswered")) == 1


# ---- duties of our own people --------------------------------------------------------------------


@pytest.mark.row("R3")
def test_a_test_that_our_own_people_owe_is_due_and_then_late() -> None:
    agreement = no_clause()
    line = msgspec.structs.replace(agreement.lines[0], test_every_s=3600.0)
    world = pair([msgspec.structs.replace(agreement, lines=(line,))])
    world.run(3500)
    assert names(world, kind="test due") == []
    world.run(200)
    (due,) = seen(world, kind="test due")
    assert (due.alarm_class, due.post, due.text) == (
        "ROUTINE", "desk", "our test of line LINE-AB with ALFA is due",
    )  # fmt: skip
    take(world, due.name)
    world.run(3600)
    (late,) = seen(world, kind="test due")
    assert (late.name, late.silent) == (f"{due.name}:late", False)
    (missed,) = seen(world, "ALFA", "test missed")
    assert "person test of line LINE-AB by BRAVO" in missed.text
    do(world, "BRAVO", LineTested(agreement="AB", line="LINE-AB", post="desk"))
    assert names(world, kind="test due") == []


@pytest.mark.row("R3")
def test_a_test_that_failed_calls_until_one_is_good() -> None:
    world = pair([no_clause()])
    for word in ("wrong", "right"):
        world.run(60)
        written = do(world, "ALFA", LineTested(agreement="AB", line="LINE-AB", post="desk"))
        test = next(e for e in written if isinstance(e.body, MessageSaid))
        world.run(2)
        fields = dict(test.body.fields)
        if word == "wrong":
            fields = dict.fromkeys(fields, "other words")
        answer(world, key_of(test), "REPLY", fields=fields)
        assert loud(world, "ALFA", "test failed") == (
            [f"test-failed:{place(key_of(test))}:BRAVO"] if word == "wrong" else []
        )


def test_a_promise_to_make_way_without_word_calls_both() -> None:
    world = pair([no_clause()])
    fields = {"area": "north", "window": "now", "flight": "MEDIC"}
    key = urgent(world, message_type="sar.notice", fields=fields)
    do(world, "BRAVO", Answer(ref=key, post="desk", answer="WILCO", fields=fields))
    world.run(400)
    assert names(world, "ALFA", "yield") == names(world, kind="yield") == []
    world.run(40)
    for party, words in (("ALFA", "BRAVO promised"), ("BRAVO", "WE PROMISED ALFA")):
        (found,) = seen(world, party, "yield")
        assert found.text.startswith(words)
        assert "MEDIC" not in found.text
    ref = (reference(world, "BRAVO", key),)
    act = Say(
        agreement="AB", line="LINE-AB", post="desk", to=("ALFA",), ref=ref,
        message_type="priority.yielded", fields={"flight": "MEDIC"},
    )  # fmt: skip
    do(world, "BRAVO", act)
    world.run(6)
    assert names(world, "ALFA", "yield") == names(world, kind="yield") == []


def test_an_objection_that_was_refused_calls_whoever_objected() -> None:
    world = pair([no_clause()])
    key = urgent(world, message_type="objection", fields={"what": "the zone"})
    answer(world, key, "NEGATIVE", text="it stands")
    assert names(world, "ALFA") == [f"refused:{place(key)}:BRAVO"]


def test_a_fork_that_is_proven_calls_until_somebody_has_seen_it() -> None:
    world = pair()
    origin = "parley.example/AB/BRAVO/line/2026"
    heads = [
        sign_checkpoint(
            world.identities["BRAVO"].keys.log,
            Checkpoint(origin=origin, size=9, root=bytes([n]) * 32),
        ).decode()
        for n in (1, 2)
    ]
    for told in (heads[:1] * 2, heads):
        write_as(world, "ALFA", ForkEvidence(origin=origin, held=told[0], refused=told[1], why="w"))
        found = names(world, "ALFA", "fork")
        assert found == (["fork:BRAVO/2026:line"] if told is heads else [])
    take(world, found[0], "ALFA")
    assert names(world, "ALFA") == []


# ---- who may take what ---------------------------------------------------------------------------


@pytest.mark.row("S9")
def test_a_rival_takes_none_of_our_alarms() -> None:
    world = pair()
    key = urgent(world)
    name = f"message:{place(key)}:0"
    ref = (reference(world, "ALFA", key),)
    write_as(world, "ALFA", AlarmAcknowledged(alarm=name, post="desk"), ref=ref)
    write_as(world, "ALFA", MessageAnswered(answer="WILCO", post="desk"), ref=ref)
    world.run(12)
    assert loud(world) == [name]


def test_an_alarm_is_taken_at_a_post_of_ours_and_once() -> None:
    world = pair()
    key = urgent(world)
    name = f"message:{place(key)}:0"
    with pytest.raises(InputFault, match="did you mean 'desk'"):
        take(world, name, post="desks")
    with pytest.raises(InputFault, match=f"did you mean '{name}'"):
        take(world, name[:-1] + "9")
    (entry,) = [e for e in take(world, name, text="on it") if e.by == "desk"]
    assert isinstance(entry.body, AlarmAcknowledged)
    assert (entry.by, entry.body.text, entry.ref[0].key) == ("desk", "on it", key)
    assert take(world, name, post="duty-officer") == []
    assert thread(world, "BRAVO", key).answers == {}, "it answers nothing"


def test_what_was_sent_stands_in_the_private_log_by_name() -> None:
    world = pair()
    for attempt in (1, 2):
        act = NoteAlarmSent(
            agreement="AB", alarm="link:X:1", post="desk", channel="smtp", attempt=attempt,
            delivered=attempt > 1, detail="pager: ok",
        )  # fmt: skip
        (entry,) = [e for e in do(world, "ALFA", act) if e.type == "alarm.sent"]
        assert entry.log.kind == "private"
    scope = world.node("ALFA").state.scope("AB")
    assert [e.body.attempt for e in sent_by_name(scope)["link:X:1"]] == [1, 2]
    world.run(12)
    assert sent_by_name(world.node("BRAVO").state.scope("AB")) == {}
    for bad in ({"attempt": 0}, {"alarm": "x" * 500}, {"detail": "x" * 500}):
        with pytest.raises(InputFault):
            do(world, "ALFA", msgspec.structs.replace(act, **bad))


def test_under_older_rules_there_are_none() -> None:
    world = pair([msgspec.structs.replace(agreement_of("AB", ("ALFA", "BRAVO")), rules_version=2)])
    urgent(world)
    assert names(world) == []
    with pytest.raises(InputFault, match="one that stands"):
        take(world, "x")


# ---- load and cost -------------------------------------------------------------------------------


def flooded(number: int, *, loudly: bool = True) -> SimWorld:
    world = pair()
    said = [
        Draft(
            agreement="AB", by="desk", to=("BRAVO",),
            body=MessageSaid(
                line="LINE-AB", message_type="clearance", answers=("WILCO", "UNABLE"),
                message_class="URGENT" if loudly else "SAFETY",
                answer_due_us=world.now_us + 10**12,
            ),
        )
        for _ in range(number)
    ]  # fmt: skip
    write(world, "ALFA", said)
    world.run(6)
    return world


def test_a_flood_is_counted_and_listed_without_end_for_nobody() -> None:
    world = flooded(LISTED_MAX + 250)
    key = urgent(world, message_type="distress.relay", fields={"position": "x", "time": "y"})
    found = seen(world)
    assert len(found) == LISTED_MAX + 1
    assert any(a.text == "251 more alarms because of ALFA: see the messages" for a in found)
    assert load(found, world.now_us)["desk"] == LISTED_MAX + 1
    do(world, "ALFA", DeclareLine(agreement="AB", line="LINE-AB", post="desk", value="suspended"))
    life = say(world, message_class="DISTRESS")
    world.run(12)
    assert seen(world)[0].cause == life, "the most urgent is never among those left out"
    assert key


def test_what_an_alarm_costs_does_not_grow_with_what_is_over() -> None:
    costs = []
    for number in (3, 300):
        world = flooded(number, loudly=False)
        state = world.node("BRAVO").state
        refs = [state.reference(key) for key in state.scope("AB").threads]
        write(
            world, "BRAVO",
            [
                Draft(agreement="AB", by="desk", to=("ALFA",), ref=(ref,),
                      body=MessageAnswered(answer="WILCO", post="desk"))
                for ref in refs
            ],
        )  # fmt: skip
        urgent(world)
        alarms(state, world.now_us)
        costs.append(calls_of(lambda w=world: alarms(w.node("BRAVO").state, w.now_us + 1)))
    assert costs[1] <= costs[0] * 1.2 + 20


# ---- an acknowledged alarm is silent, whatever comes ---------------------------------------------

STEPS = st.lists(
    st.sampled_from(["urgent", "safety", "wait", "take", "restart", "standby", "answer", "cut",
                     "join", "suspend", "resume", "leave", "come", "back"]),
    min_size=4, max_size=25,
)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(steps=STEPS, pick=st.randoms(use_true_random=False))
def test_what_was_taken_is_silent_for_ever(steps: list[str], pick) -> None:
    world = pair(two())
    taken: set[str] = set()
    keys: list[Key] = []
    for step in [*steps, "wait", "wait"]:
        _one(world, step, pick, taken, keys)
        standing = seen(world)
        assert not {each.name for each in sounding(standing)} & taken
        assert len({each.name for each in standing}) == len(standing)


def _one(world: SimWorld, step: str, pick, taken: set[str], keys: list[Key]) -> None:
    line = {"agreement": "AB", "line": "LINE-AB", "post": "desk"}

    def take_one() -> None:
        sounds = loud(world)
        if sounds:
            name = pick.choice(sounds)
            take(world, name)
            taken.add(name)

    def restart() -> None:
        world.stop("BRAVO")
        world.start("BRAVO")

    def declare(value: str) -> None:
        do(world, "ALFA", DeclareLine(value=value, effective_us=world.now_us, **line))

    def set_back() -> None:
        world.clock_offset_us["BRAVO"] -= pick.choice((1, 500_000, 5_000_000))

    promised_us = world.now_us + 20 * SECOND_US
    acts = {
        "urgent": lambda: keys.append(say(world, message_class="URGENT")),
        "safety": lambda: keys.append(say(world)),
        "take": take_one,
        "restart": restart,
        "standby": lambda: keys and answer(
            world, pick.choice(keys), "STANDBY", promised_us=promised_us
        ),
        "answer": lambda: keys and answer(world, pick.choice(keys)),
        "cut": lambda: world.cut.update({("ALFA", "BRAVO"), ("BRAVO", "ALFA")}),
        "join": world.cut.clear,
        "suspend": lambda: declare("suspended"),
        "resume": lambda: declare("in force"),
        "leave": lambda: do(world, "BRAVO", BePresent(present=False, **line)),
        "come": lambda: do(world, "BRAVO", BePresent(present=True, **line)),
        "back": set_back,
        "wait": lambda: world.run(pick.choice((2, 40, 130))),
    }  # fmt: skip
    with contextlib.suppress(InputFault):
        acts[step]()
    world.run(2)
