"""Line tests of both kinds: on schedule, both ways, answered, missed, and the age that stands."""

from __future__ import annotations

import functools
import random
from itertools import pairwise

import msgspec
import nodekit
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nodekit import do, pair, say, thread, write_as
from simkeys import oracle
from simstory import agreement_of, three, two
from simworld import SECOND_US, START_US, Faults, SimWorld

from node.test_lines import age, attend, declare, person_test, side, vector
from parley.node.entries import MessageAnswered, MessageSaid, PresenceDeclared
from parley.node.indexes import MACHINE_TEST
from parley.node.inputs import TestLine, Tick
from parley.node.line_bodies import LineTestMissed
from parley.node.overtaking import fold_in
from parley.node.rules import line_tests
from parley.node.rules.hotline import closing_answer
from parley.node.rules.lines import line_vector
from parley.node.rules.tested import missed_since
from parley.node.state import State, key_of
from parley.node.wake import next_turn_us
from parley.world.clauses import LineTest
from parley.world.faults import InputFault
from parley.world.watch_hours import WatchHours, parse_hours

HOUR_S, DAY_S = 3600, 86_400


def with_period(every_s: float):
    base = agreement_of("AB", ("ALFA", "BRAVO"))
    clauses = (*base.clauses, LineTest(id="C9", every_s=every_s))
    return [msgspec.structs.replace(base, clauses=clauses)]


def quick(agreements=None) -> SimWorld:
    """Return a world whose nodes turn when something is due, and not each second."""
    world = SimWorld(1, agreements or two(), Faults(delay_s=(0.001, 0.002)), tick_s=None)
    world.run(3)
    return world


@pytest.fixture
def swift():
    """Let keyed hashes stand for signatures: the hours of these worlds are long."""
    with oracle():
        yield


def said_by(world: SimWorld, viewer: str, sender: str, name: str = MACHINE_TEST):
    return [
        t
        for t in world.node(viewer).state.scope("AB").messages()
        if t.body.message_type == name and t.said is not None and t.said.log.party == sender
    ]


def missed(world: SimWorld, viewer: str) -> list[tuple[str, str, int]]:
    table = world.node(viewer).state.scope("AB").line.tests_missed.get("LINE-AB", {})
    return [
        (e.body.party, e.body.kind, e.body.due_us)
        for _, e in sorted(table.items())
        if isinstance(e.body, LineTestMissed) and e.log.party == viewer
    ]


def turns(world: SimWorld, party: str, seconds: int, step_s: int) -> None:
    """Let one node alone live on: its clock, no peer."""
    crank = world.node(party)
    for at_s in range(0, seconds, step_s):
        crank.turn(world.now_us + at_s * SECOND_US, Tick())
    world.now_us += seconds * SECOND_US


# ---- the machine's test --------------------------------------------------------------------------


@pytest.mark.usefixtures("swift")
@pytest.mark.row("R3")
def test_each_node_tests_the_other_each_hour_and_is_answered_and_nothing_more_is_written() -> None:
    world = quick()
    world.run(4 * HOUR_S + 400)
    for viewer in ("ALFA", "BRAVO"):
        for sender, other in (("ALFA", "BRAVO"), ("BRAVO", "ALFA")):
            tests = said_by(world, viewer, sender)
            at_us = [t.said.issued_us for t in tests]
            assert len(tests) == 5
            # Each goes from the one before by the clock of the log: within a tick of a period.
            gaps = [b - a for a, b in pairwise(at_us)]
            assert all(HOUR_S * SECOND_US <= g <= HOUR_S * SECOND_US + 2 * SECOND_US for g in gaps)
            for each in tests:
                (answer,) = each.answers.values()
                assert (answer.by, answer.log.party) == ("system", other)
                assert answer.body.fields == each.body.fields
                assert closing_answer(each, other) is answer
            assert age(world, viewer, sender, "machine").word == "verified"
    scope = world.node("ALFA").state.scope("AB")
    # Opened, adopted (ops log), link up; then a test and an answer each hour and way: no check, no
    # receipt, no display.
    assert scope.logs["parley.example/AB/ALFA/line/2026"].tree.size == 2 + 5 + 5
    assert len({t.body.fields["nonce"] for t in scope.messages()}) == 10, "no nonce twice"


@pytest.mark.row("R3")
def test_a_machine_test_is_nobodys_presence_use_or_answer() -> None:
    world = pair()
    world.run(400)
    assert age(world, "ALFA", "BRAVO", "machine").word == "verified"
    for who in ("ALFA", "BRAVO"):
        found = side(world, "ALFA", who)
        assert (found.attended, found.used_last_us, found.used_24h_count) == ("unknown", None, 0)
        assert age(world, "ALFA", who, "person").word == "never"
    assert vector(world, "ALFA").test == "unverified"


@pytest.mark.row("R3", "S5")
def test_tests_of_both_kinds_pass_while_a_line_is_suspended() -> None:
    world = pair()
    declare(world, "BRAVO", "suspended", effective_us=world.now_us)
    world.run(400)
    assert vector(world, "ALFA").glance == "SUSPENDED"
    assert age(world, "ALFA", "ALFA", "machine").word == "verified"
    person_test(world)
    assert age(world, "ALFA", "ALFA", "person").word == "verified"
    with pytest.raises(InputFault, match="suspended by BRAVO"):
        say(world)


def test_a_line_that_was_withdrawn_is_tested_no_more() -> None:
    base = agreement_of("AB", ("ALFA", "BRAVO"))
    world = pair([msgspec.structs.replace(base, rules_version=2)])
    world.run(400)
    assert said_by(world, "ALFA", "ALFA") == [], "nor under rules that do not know such tests"


@pytest.mark.row("R3")
def test_a_restart_neither_repeats_nor_forgets_a_test() -> None:
    world = quick()
    world.run(1000)
    for _ in range(4):
        world.crash("ALFA", back_after_s=5)
        world.run(300)
    assert len(said_by(world, "BRAVO", "ALFA")) == 1
    world.crash("ALFA", back_after_s=4000)
    world.run(4100)
    assert len(said_by(world, "BRAVO", "ALFA")) == 2, "the one that came due meanwhile, at once"


def test_on_a_line_of_three_one_message_tests_all_others_and_each_answers() -> None:
    world = quick(three())
    world.run(400)
    state = world.node("ALFA").state
    tests = [t for t in state.scope("ABC").messages() if t.said.log.party == "ALFA"]
    assert [t.said.to for t in tests] == [("BRAVO", "CHARLIE")]
    assert {e.log.party for e in tests[0].answers.values()} == {"BRAVO", "CHARLIE"}
    world.crash("CHARLIE", back_after_s=10_000)
    world.run(4000)
    ways = {
        (w.sender, w.receiver): w.tests[0].word for w in vector(world, "ALFA", "ABC").directions
    }
    assert ways["ALFA", "BRAVO"] == "verified"
    assert ways["ALFA", "CHARLIE"] == "unverified"


def test_when_to_wake_for_a_test_is_told() -> None:
    world = pair()
    world.run(400)
    crank = world.node("ALFA")
    sent_us = said_by(world, "ALFA", "ALFA")[0].said.issued_us
    # No peer, no message: the tests alone.
    crank.state.links.sessions.clear()
    at_us = world.now_us
    while (next_us := next_turn_us(crank.state, at_us)) < sent_us + HOUR_S * SECOND_US:
        assert line_tests.due(crank.state, next_us) == []
        at_us = next_us
    assert next_us == sent_us + HOUR_S * SECOND_US
    assert [d.body.message_type for d in line_tests.due(crank.state, next_us)] == [MACHINE_TEST]


# ---- the other end's silence ---------------------------------------------------------------------


@pytest.mark.row("R3")
def test_a_line_dead_for_three_years_is_noticed_after_one_silence_and_its_age_stands() -> None:
    """The hotline of 2022 to 2025: out in March, and its other end unaware for three years."""
    world = quick()
    world.run(300)
    person_test(world)
    person_test(world, "BRAVO", "ALFA")
    world.run(100)
    good_us = age(world, "ALFA", "BRAVO", "machine").good_us
    sent_us = said_by(world, "ALFA", "BRAVO")[-1].said.issued_us
    assert good_us is not None
    world.stop("BRAVO")
    turns(world, "ALFA", 3700, 10)
    # One period and the grace after the last: the first silence is the alarm.
    assert missed(world, "ALFA") == [("BRAVO", "machine", sent_us + HOUR_S * SECOND_US)]
    assert age(world, "ALFA", "BRAVO", "machine").word == "verified", "one missed alarms"
    assert age(world, "ALFA", "ALFA", "machine").word == "unverified", "our own was not answered"
    turns(world, "ALFA", 3700, 10)
    assert [kind for _, kind, _ in missed(world, "ALFA")] == ["machine", "machine"]
    assert age(world, "ALFA", "BRAVO", "machine").word == "unverified", "two missed"
    turns(world, "ALFA", 3 * 365 * DAY_S, 20 * DAY_S)
    found = age(world, "ALFA", "BRAVO", "machine")
    assert (found.word, found.good_us) == ("unverified", good_us)
    assert found.missed > 26_000
    years = (world.now_us - good_us) / (365 * DAY_S * SECOND_US)
    assert 3 < years < 3.01
    assert age(world, "ALFA", "BRAVO", "person").word == "unverified"
    assert vector(world, "ALFA").glance == "DOWN"
    assert vector(world, "ALFA").test_good_us is not None


@pytest.mark.usefixtures("swift")
@pytest.mark.row("R3")
def test_of_two_routine_calls_a_day_the_missed_one_is_noticed_within_hours() -> None:
    """Korea, 7 April 2023: the break was noticed because two calls a day were routine."""
    world = quick(with_period(12 * HOUR_S))
    world.run(2)
    for _ in range(2):
        person_test(world)
        person_test(world, "BRAVO", "ALFA")
        world.run(12 * HOUR_S - 4)
    assert missed(world, "ALFA") == []
    assert [d.to for d in line_tests.tests_due(world.node("ALFA").state, world.now_us)] == ["BRAVO"]
    person_test(world)
    # ALFA's person has tested; BRAVO's does not call any more. The nodes still answer each other.
    world.run(25 * 60)
    assert missed(world, "ALFA") == []
    world.run(10 * 60)
    assert [(who, kind) for who, kind, _ in missed(world, "ALFA")] == [("BRAVO", "person")]
    assert missed(world, "BRAVO") == []
    assert vector(world, "ALFA").sides[1].link == "up", "a silent person, not a broken link"
    world.run(3 * HOUR_S)
    assert len(missed(world, "ALFA")) == 1, "once per missed period"


@pytest.mark.row("R3")
def test_nothing_is_missed_by_whoever_was_down_itself_and_finds_the_tests_when_it_is_back() -> None:
    world = quick()
    world.run(400)
    world.crash("ALFA", back_after_s=2 * HOUR_S)
    world.run(2 * HOUR_S + 400)
    assert missed(world, "ALFA") == []
    assert {kind for _, kind, _ in missed(world, "BRAVO")} == {"machine"}


def test_nothing_is_missed_by_a_machine_that_slept_before_its_links_are_up_again() -> None:
    world = quick()
    world.run(400)
    crank = world.node("ALFA")
    world.nodes["ALFA"] = None
    world.run(2 * HOUR_S)
    written = list(crank.turn(world.now_us, Tick()).written)
    assert {e.type for e in written} >= {"message.said"}, "our own test is long due"
    assert "test.missed" not in {e.type for e in written}
    for second in range(1, 125):
        written += crank.turn(world.now_us + second * SECOND_US, Tick()).written
    assert "test.missed" in {e.type for e in written}, "it stays silent: then it is"


def test_nothing_is_missed_of_a_side_that_is_suspended_and_a_resumed_one_starts_anew() -> None:
    world = quick()
    world.run(400)
    declare(world, "BRAVO", "suspended", effective_us=world.now_us)
    world.run(2)
    world.crash("BRAVO", back_after_s=3 * HOUR_S)
    world.run(3 * HOUR_S + 60)
    assert missed(world, "ALFA") == []
    declare(world, "BRAVO", "in force")
    world.run(300)
    assert missed(world, "ALFA") == [], "a whole period from the resumption"


@pytest.mark.usefixtures("swift")
def test_a_person_is_reminded_when_a_test_is_due_and_not_before() -> None:
    world = quick()
    person_test(world)
    world.run(12 * HOUR_S - 60)
    assert line_tests.tests_due(world.node("ALFA").state, world.now_us) == ()
    world.run(60)
    (reminder,) = line_tests.tests_due(world.node("ALFA").state, world.now_us)
    assert (reminder.line, reminder.post, reminder.to, reminder.late) == (
        "LINE-AB", "desk", "BRAVO", False,
    )  # fmt: skip
    world.run(1801)
    assert line_tests.tests_due(world.node("ALFA").state, world.now_us)[0].late
    person_test(world)
    assert line_tests.tests_due(world.node("ALFA").state, world.now_us) == ()


# ---- the person's test ---------------------------------------------------------------------------


@pytest.mark.row("R3")
def test_a_person_says_words_that_a_person_at_the_other_post_reads_back() -> None:
    world = pair()
    written = do(world, "ALFA", TestLine(agreement="AB", line="LINE-AB", post="desk"))
    entry = next(e for e in written if isinstance(e.body, MessageSaid) and e.by == "desk")
    words = entry.body.fields["nonce"].split()
    assert len(words) == 4
    assert all(word.isalpha() and word.isupper() for word in words)
    assert (entry.to, entry.body.read_back) == (("BRAVO",), ("nonce",))
    world.run(2)
    assert thread(world, "BRAVO", key_of(entry)).answers == {}, "no machine answers for a person"
    with pytest.raises(InputFault, match="post of ALFA"):
        do(world, "ALFA", TestLine(agreement="AB", line="LINE-AB", post="nobody"))


@pytest.mark.row("R3")
def test_a_machine_that_answers_a_persons_test_has_tested_nobody() -> None:
    world = pair()
    do(world, "ALFA", TestLine(agreement="AB", line="LINE-AB", post="desk"))
    world.run(1)
    (test,) = said_by(world, "BRAVO", "ALFA", "line.test")
    ref = world.node("BRAVO").state.reference(test.key)
    body = MessageAnswered(answer="REPLY", post="desk", fields=dict(test.body.fields))
    write_by(world, "BRAVO", "system", body, ref=(ref,))
    world.run(2)
    assert age(world, "ALFA", "ALFA", "person").good_us is None
    assert age(world, "ALFA", "ALFA", "person").word == "unverified"


def write_by(world: SimWorld, party: str, by: str, body, **envelope):
    """Write past all rules, in any name."""
    original = nodekit.Draft

    def draft(**values):
        return original(**(values | {"by": by}))

    nodekit.Draft = draft
    try:
        return write_as(world, party, body, **envelope)
    finally:
        nodekit.Draft = original


# ---- rivals --------------------------------------------------------------------------------------


@pytest.mark.row("R3")
def test_a_person_who_answers_a_machines_test_makes_neither_test_good() -> None:
    """A rival without a node that answers, or one that would be taken for attended by it."""
    world = pair()
    world.run(250)
    test = MessageSaid(
        line="LINE-AB", message_type=MACHINE_TEST, message_class="ROUTINE", subject=MACHINE_TEST,
        fields={"nonce": "00"}, answers=("REPLY",), answer_due_us=world.now_us + 60 * SECOND_US,
    )  # fmt: skip
    key = write_by(world, "ALFA", "system", test, to=("BRAVO",))
    reply = MessageAnswered(answer="REPLY", post="desk", fields={"nonce": "00"})
    world.cut.add(("ALFA", "BRAVO"))
    ref = world.node("ALFA").state.reference(key)
    write_by(world, "BRAVO", "desk", reply, ref=(ref,))
    world.run(2)
    found = {kind: age(world, "ALFA", "ALFA", kind) for kind in ("machine", "person")}
    assert found["machine"].good_us is None
    assert found["person"].word == "never"
    assert side(world, "ALFA", "BRAVO").attended == "unknown"


@pytest.mark.row("R3")
def test_a_message_that_only_bears_the_name_of_a_machines_test_is_answered_by_no_machine() -> None:
    """Words that were never shown to anybody must not come out as having been answered."""
    world = pair()
    due_us = world.now_us + 60 * SECOND_US
    for changes in (
        {"text": "we fire at 10"},
        {"fields": {"nonce": "00", "place": "the ford"}},
        {"subject": "we fire at 10"},
        {"message_class": "URGENT"},
    ):
        values = {
            "line": "LINE-AB", "message_type": MACHINE_TEST, "message_class": "ROUTINE",
            "fields": {"nonce": "00"}, "answers": ("REPLY",), "answer_due_us": due_us,
        } | changes  # fmt: skip
        write_by(world, "BRAVO", "system", MessageSaid(**values), to=("ALFA",))
    world.run(5)
    tests = said_by(world, "ALFA", "BRAVO")
    assert len(tests) == 4
    assert all(not t.answers for t in tests)
    assert age(world, "ALFA", "BRAVO", "machine").word == "never"


@pytest.mark.row("R3")
def test_a_flood_of_machine_tests_is_answered_once_in_a_while() -> None:
    world = pair()
    for _ in range(200):
        values = MessageSaid(
            line="LINE-AB", message_type=MACHINE_TEST, message_class="ROUTINE",
            fields={"nonce": "00"}, answers=("REPLY",),
            answer_due_us=world.now_us + 60 * SECOND_US,
        )  # fmt: skip
        write_by(world, "BRAVO", "system", values, to=("ALFA",))
    world.run(250)
    answered = sum(bool(t.answers) for t in said_by(world, "ALFA", "BRAVO"))
    assert answered == 1


@pytest.mark.row("R3")
@pytest.mark.parametrize("by_s", [-3000, 3000])
def test_a_test_answer_dated_ahead_or_back_is_good_only_inside_the_tests_own_time(by_s) -> None:
    world = pair()
    do(world, "ALFA", TestLine(agreement="AB", line="LINE-AB", post="desk"))
    world.run(1)
    (test,) = said_by(world, "BRAVO", "ALFA", "line.test")
    ref = world.node("BRAVO").state.reference(test.key)
    body = MessageAnswered(answer="REPLY", post="desk", fields=dict(test.body.fields))
    write_as(world, "BRAVO", body, ref=(ref,), issued_us=world.now_us + by_s * SECOND_US)
    world.run(65)
    found = age(world, "ALFA", "ALFA", "person")
    if by_s > 0:
        assert (found.word, found.good_us) == ("unverified", None)
    else:
        assert found.word == "verified"
        assert test.said.issued_us <= found.good_us <= world.now_us


@pytest.mark.row("R3")
def test_an_answer_after_the_sender_wrote_that_none_came_is_not_good_whatever_its_date() -> None:
    world = pair()
    do(world, "ALFA", TestLine(agreement="AB", line="LINE-AB", post="desk"))
    world.run(65)
    (test,) = said_by(world, "BRAVO", "ALFA", "line.test")
    ref = world.node("BRAVO").state.reference(test.key)
    body = MessageAnswered(answer="REPLY", post="desk", fields=dict(test.body.fields))
    write_as(world, "BRAVO", body, ref=(ref,), issued_us=test.said.issued_us + SECOND_US)
    world.run(3)
    for viewer in ("ALFA", "BRAVO"):
        assert age(world, viewer, "ALFA", "person").word == "unverified"


@pytest.mark.row("R3")
def test_a_test_dated_far_ahead_keeps_no_silence_from_being_noticed() -> None:
    world = quick()
    world.run(400)
    world.stop("BRAVO")
    later_us = world.now_us + 30 * DAY_S * SECOND_US
    # What BRAVO's node would have signed before it went silent.
    world.start("BRAVO")
    test = MessageSaid(
        line="LINE-AB", message_type=MACHINE_TEST, message_class="ROUTINE", fields={"nonce": "0"},
        answers=("REPLY",), answer_due_us=later_us + 60 * SECOND_US,
    )  # fmt: skip
    write_by(world, "BRAVO", "system", test, to=("ALFA",), issued_us=later_us)
    world.run(20)
    world.stop("BRAVO")
    world.run(2 * HOUR_S)
    assert [kind for _, kind, _ in missed(world, "ALFA")] == ["machine", "machine"]


def test_a_test_that_came_well_before_its_date_is_answered_neither_then_nor_when_it_comes() -> None:
    """Though our own log says nothing meanwhile: the node remembers how long the log was."""
    with oracle():
        world = pair()
        world.run(400)
        at_us = world.now_us + 1200 * SECOND_US
        body = MessageSaid(
            line="LINE-AB", message_type=MACHINE_TEST, message_class="ROUTINE",
            subject=MACHINE_TEST, fields={"nonce": "0" * 32}, answers=("REPLY",),
            answer_due_us=at_us + 60 * SECOND_US,
        )  # fmt: skip
        key = write_by(world, "BRAVO", "system", body, to=("ALFA",), issued_us=at_us)
        world.run(20)
        scope = world.node("ALFA").state.scope("AB")
        assert key in scope.threads
        world.run(1170)
        assert scope.index.held_since_us("ALFA", key) is None, "our log is silent about it"
        # Something new is held, so that ALFA looks at what wants its answer.
        write_as(world, "BRAVO", PresenceDeclared(line="LINE-AB", post="desk", present=True))
        world.run(30)
        assert thread(world, "ALFA", key).answers == {}


def test_what_our_log_says_of_another_log_is_since_when_we_held_it() -> None:
    with oracle():
        world = pair()
        body = MessageSaid(line="LINE-AB", message_type="free.text", message_class="ROUTINE")
        first = write_as(world, "BRAVO", body, to=("ALFA",))
        world.run(5)
        index = world.node("ALFA").state.scope("AB").index
        assert index.held_since_us("ALFA", (first[0], first[1] + 1)) is None
        say(world)
        held_us = index.held_since_us("ALFA", first)
        assert held_us is not None
        world.run(50)
        second = write_as(world, "BRAVO", body, to=("ALFA",))
        world.run(5)
        say(world)
        assert index.held_since_us("ALFA", first) == held_us
        assert index.held_since_us("ALFA", second) >= held_us + 50 * SECOND_US


def test_presence_is_nobodys_test() -> None:
    world = pair()
    attend(world)
    write_as(world, "BRAVO", PresenceDeclared(line="LINE-AB", post="desk", present=True))
    world.run(1)
    assert age(world, "ALFA", "BRAVO", "person").word == "never"


# ---- when the next is due ------------------------------------------------------------------------


@given(every=st.integers(60, 100_000), grace=st.integers(0, 2_000), at=st.integers(0, 3_000_000))
def test_what_was_missed_is_what_counting_one_by_one_gives(every, grace, at) -> None:
    first, count, last = missed_since(0, every, grace, at, None)
    dues = [k * every for k in range(1, at // every + 2) if k * every + grace < at]
    assert (first, count) == (every, len(dues))
    assert last == (dues[-1] if dues else every)


@given(
    at_s=st.integers(0, 10 * DAY_S),
    spans=st.lists(
        st.tuples(st.integers(0, 1439), st.integers(0, 1439)).filter(lambda s: s[0] != s[1]),
        min_size=1, max_size=3,
    ),
)  # fmt: skip
def test_hours_are_what_a_look_at_each_minute_says(at_s, spans) -> None:
    text = ", ".join(f"{b // 60:02}:{b % 60:02}-{e // 60:02}:{e % 60:02}Z" for b, e in spans)
    hours = parse_hours(text)
    at_us = at_s * SECOND_US
    minute = at_s % DAY_S // 60
    inside = any((b <= minute < e) if b < e else (minute >= b or minute < e) for b, e in spans)
    assert hours.contains(at_us) == inside
    opens_us = hours.next_open_us(at_us)
    assert opens_us >= at_us
    assert hours.contains(opens_us)
    assert opens_us == at_us or not hours.contains(opens_us - 1)


@pytest.mark.parametrize(
    "text",
    ["", "24/7 ", "always", "14:00-23:00", "14-23Z", "24:00-01:00Z", "09:00-09:00Z",
     "14:00-23:00Z,08:00-09:00Z", "14:00-23:60Z", "١٤:00-23:00Z"],
)  # fmt: skip
def test_hours_that_nobody_can_read_are_refused(text) -> None:
    with pytest.raises(InputFault, match="times of day in UTC"):
        parse_hours(text)


def test_hours_that_always_hold() -> None:
    assert parse_hours("24/7") == WatchHours()
    assert WatchHours().contains(0)


# ---- the same logs, the same vector --------------------------------------------------------------


@functools.cache
def lived() -> SimWorld:
    world = quick()
    person_test(world)
    world.run(400)
    do(world, "BRAVO", TestLine(agreement="AB", line="LINE-AB", post="desk"))
    world.run(4000)
    return world


def folded(world: SimWorld, party: str, order: random.Random) -> State:
    """Fold all that a node holds, cut into random pieces, in a random interleaving."""
    store = world.stores[party]
    state = State(identity=world.identities[party])
    places = dict.fromkeys(store.origins(), 0)
    while open_logs := [o for o in places if places[o] < store.size(o)]:
        origin = order.choice(open_logs)
        start = places[origin]
        end = min(store.size(origin), start + order.randint(1, 5))
        openings = store.openings(origin, start, end)
        fold_in(state, origin, start, store.entries(origin, start, end), openings)
        places[origin] = end
    return state


@settings(max_examples=20, deadline=None)
@given(first=st.randoms(use_true_random=False), second=st.randoms(use_true_random=False))
def test_the_vector_is_a_function_of_the_logs_and_the_time(first, second) -> None:
    world = lived()
    one, two = (folded(world, "ALFA", order) for order in (first, second))
    agreement = one.identity.agreements["AB"]
    for later_s in (0, HOUR_S, DAY_S):
        at_us = world.now_us + later_s * SECOND_US
        found = line_vector(one, agreement, agreement.lines[0], at_us)
        assert found == line_vector(two, agreement, agreement.lines[0], at_us)
    here = vector(world, "ALFA")
    found = line_vector(one, agreement, agreement.lines[0], world.now_us)
    assert [w.tests for w in found.directions] == [w.tests for w in here.directions]
    assert found.directions[0].tests[0].word == "verified"


def test_start_is_a_thursday_evening() -> None:
    assert START_US % (DAY_S * SECOND_US) // (60 * SECOND_US) == 20 * 60 + 26
