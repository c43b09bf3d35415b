"""Was the line used between two instants? A call counts by when it happened, late or not."""

from __future__ import annotations

import pytest

from parley.node.custody_bodies import ClockMeasured
from parley.node.entries import Reference
from parley.node.line_bodies import CallLogged
from parley.review.silence_words import USE_KINDS, SilenceQuestion, answer_lines
from parley.trust.tree import leaf_hash
from parley.world.time import Interval
from review.logkit import SECOND_US, World, agreement, at

MINUTE_US = 60 * SECOND_US


def question(**changes) -> SilenceQuestion:
    """Ask whether L1 was used by ALFA between ten and twelve, by message or call."""
    values = {
        "agreement": "AB",
        "from_us": at("10:00:00"),
        "to_us": at("12:00:00"),
        "line": "L1",
        "party": "ALFA",
        "kinds": USE_KINDS,
    }
    return SilenceQuestion(**(values | changes))


def before() -> World:
    world = World()
    world.say("BRAVO", at("09:00:00"), to="ALFA")
    world.cosign("ALFA", at("09:00:01"))
    world.say("ALFA", at("09:00:05"))
    world.cosign("BRAVO", at("09:59:00"))
    return world


def call(world, entered, began="11:00:30", ended="11:04:10", party="ALFA", **changes):
    """Let a party enter a call with the other end; return its place."""
    envelope = {k: changes.pop(k) for k in ("claimed_us", "sealed", "ref") if k in changes}
    other = "BRAVO" if party == "ALFA" else "ALFA"
    values = {
        "line": "L1", "call": f"c-{entered}", "party": other, "outcome": "talked",
        "direction": "placed" if party == "ALFA" else "received", "began_us": at(began),
        "ended_us": at(ended) if ended else None, "subject": "ground",
    } | changes  # fmt: skip
    happened = Interval(from_us=values["began_us"], to_us=values["ended_us"] or values["began_us"])
    return world.write(
        party, at(entered), CallLogged(**values), to=(other,), happened=happened, **envelope
    )


def closed(world) -> World:
    """Both take what there is, just after the window and in the evening."""
    world.cosign("BRAVO", at("12:00:01"))
    return world


def later(world) -> World:
    for party in ("ALFA", "BRAVO"):
        world.cosign(party, at("19:00:00"))
    return world


def reasons(answer) -> str:
    return "; ".join([*answer.why, *(why for log in answer.logs for why in log.why)])


def entered_in_time(**changes) -> World:
    world = before()
    world.cosign("BRAVO", at("11:03:00"))
    call(world, "11:06:00", **changes)
    world.cosign("BRAVO", at("11:06:30"))
    return closed(world)


@pytest.mark.row("S6", "A17")
def test_a_call_in_the_window_is_use_of_the_line_and_who_says_so_stands_beside_it():
    answer = entered_in_time().ask(question())
    assert answer.word == "in these logs"
    lines = "\n".join(answer_lines(answer))
    assert "a call with BRAVO, talked, said by ALFA alone" in lines
    both = entered_in_time()
    call(both, "11:07:00", party="BRAVO")
    assert "talked, said by both ends" in "\n".join(answer_lines(both.ask(question())))


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"line": "L2"}, "not in these logs"),
        ({"line": None}, "in these logs"),
        ({"addressee": "BRAVO"}, "in these logs"),
        ({"addressee": "CHARLIE"}, "not in these logs"),
        ({"subject": "ground"}, "in these logs"),
        ({"subject": "air"}, "not in these logs"),
        ({"message_type": "clearance"}, "not in these logs"),
        ({"message_class": "SAFETY"}, "not in these logs"),
        ({"from_us": at("11:30:00")}, "not in these logs"),
        ({"to_us": at("10:30:00")}, "not in these logs"),
        ({"kinds": ("message.said",)}, "not in these logs"),
        ({"kinds": ("call.logged",)}, "in these logs"),
    ],
)
def test_only_the_calls_that_were_asked_for_count(changes, word):
    world = entered_in_time()
    world.cosign("BRAVO", at("10:30:01"), size=2)
    assert world.ask(question(**changes)).word == word


@pytest.mark.row("S51")
def test_whether_the_line_was_used_is_answered_for_each_subject():
    """C02 and C03 of 2017: a call about the ground says nothing about one about the air."""
    world = entered_in_time()
    assert world.ask(question(subject="ground")).word == "in these logs"
    assert world.ask(question(subject="air")).word == "not in these logs"
    untold = entered_in_time(subject="")
    answer = untold.ask(question(subject="air"))
    assert answer.word == "undecided"
    assert "a call whose subject is not stated" in reasons(answer)


@pytest.mark.row("S10", "A17")
def test_a_call_entered_late_after_the_window_is_one_partys_word_until_the_other_says_the_same():
    world = closed(before())
    call(world, "18:00:00")
    later(world)
    answer = world.ask(question())
    assert answer.word == "undecided"
    assert "a call entered late, after the window, by ALFA alone" in reasons(answer)
    call(world, "18:30:00", party="BRAVO")
    answer = later(world).ask(question())
    assert answer.word == "in these logs"
    assert "said by both ends, entered late, after the window" in "\n".join(answer_lines(answer))


def test_the_other_ends_entry_of_another_time_helps_no_late_one():
    world = closed(before())
    ours = call(world, "18:00:00")
    leaf = leaf_hash(world.logs[ours[0]][ours[1]]).hex()
    call(
        world, "18:30:00", "09:10:30", "09:12:10", party="BRAVO",
        ref=(Reference(log=ours[0], index=ours[1], leaf=leaf),),
    )  # fmt: skip
    assert later(world).ask(question()).word == "undecided"


def test_a_late_entry_with_an_early_claim_is_still_late():
    world = closed(before())
    call(world, "18:00:00", claimed_us=at("11:05:00"))
    later(world)
    answer = world.ask(question())
    assert answer.word == "undecided"
    assert "by ALFA alone" in reasons(answer)


def test_a_call_entered_at_once_counts_even_where_the_window_ended_while_it_was_written():
    world = closed(before())
    call(world, "12:02:00", "11:50:30", "11:59:30")
    world.cosign("BRAVO", at("12:02:10"))
    assert world.ask(question()).word == "in these logs"


@pytest.mark.parametrize(
    ("began", "ended", "word", "why"),
    [
        ("09:50:30", "10:05:30", "in these logs", ""),
        ("09:50:30", "09:58:30", "not in these logs", ""),
        ("09:50:00", "10:00:00", "undecided", "may lie beside the window"),
        ("09:50:30", None, "undecided", "whose end is not stated"),
        ("11:58:30", "12:20:30", "in these logs", ""),
        ("12:00:00", "12:20:30", "undecided", "may lie beside the window"),
        ("12:02:30", "12:20:30", "not in these logs", ""),
    ],
)
def test_an_uncertain_edge_leaves_it_open_and_says_why(began, ended, word, why):
    world = before()
    entered = "12:21:00" if began > "11" else "10:06:00"
    if began > "11":
        closed(world)
    call(world, entered, began, ended)
    world.cosign("BRAVO", at("10:06:30" if began < "11" else "12:21:30"))
    if began < "11":
        closed(world)
    answer = world.ask(question())
    assert answer.word == word
    assert why in reasons(answer)


def test_a_doubtful_clock_makes_the_edge_uncertain():
    world = before()
    call(world, "10:06:00", "09:50:30", "10:01:30")
    world.cosign("BRAVO", at("10:06:30"))
    closed(world)
    assert world.ask(question()).word == "in these logs"
    assert world.ask(question(), offsets_us={"ALFA": 5 * MINUTE_US}).word == "undecided"


def test_a_sealed_call_that_may_be_meant_is_not_silence():
    world = entered_in_time(sealed=True)
    closed_parts = world.parts(opened=False)
    answer = world.ask(question(), closed_parts)
    assert answer.word == "undecided"
    assert "1 sealed entry of a matching type" in reasons(answer)
    # Nothing but the party is asked, and the envelope says when it happened.
    assert world.ask(question(line=None), closed_parts).word == "in these logs"
    out = question(from_us=at("11:30:00"))
    assert world.ask(out, closed_parts).word == "not in these logs"


def test_who_telephoned_was_not_silent_where_only_messages_were_asked_for():
    exclusive = agreement(exclusive=True)
    old = question(kinds=("message.said",))
    quiet = closed(before())
    assert quiet.ask(old, agreement=exclusive).word == "nothing was sent"
    assert quiet.ask(question(), agreement=exclusive).word == "nothing was sent"
    world = entered_in_time()
    answer = world.ask(old, agreement=exclusive)
    assert answer.word == "not in these logs"
    told = "not asked for: 0 answers, 0 line declarations, 1 call by ALFA in the window"
    assert told in "\n".join(answer_lines(answer))


def test_a_call_that_only_the_other_end_has_is_told_and_nothing_was_sent_is_not():
    world = before()
    call(world, "11:06:00", party="BRAVO", direction="placed")
    closed(world)
    answer = world.ask(question(), agreement=agreement(exclusive=True))
    assert answer.word == "not in these logs"
    assert "a call with ALFA, talked, said by BRAVO alone" in "; ".join(answer.remarks)


def test_calls_of_nobody_change_no_old_answer():
    for world in (closed(before()), before()):
        old, new = world.ask(question(kinds=("message.said",))), world.ask(question())
        assert (old.word, old.why, old.remarks) == (new.word, new.why, new.remarks)
        assert [log.why for log in old.logs] == [log.why for log in new.logs]


def test_clocks_that_both_ends_wrote_down_as_apart_pair_a_late_call():
    world = closed(before())
    call(world, "18:00:00", "11:10:30", "11:20:30")
    call(world, "18:30:00", "11:20:45", "11:30:30", party="BRAVO")
    assert later(world).ask(question()).word == "undecided"
    for party, other in (("ALFA", "BRAVO"), ("BRAVO", "ALFA")):
        body = ClockMeasured(party=other, offset_us=8 * MINUTE_US, within_us=1, alarm=True)
        world.write(party, at("18:40:00"), body)
    assert later(world).ask(question()).word == "in these logs"
