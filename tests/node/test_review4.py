"""What a hostile reading of the line found: rivals with valid keys, each alone and at its worst."""

from __future__ import annotations

import msgspec
import pytest
from nodekit import do, pair, reference, say, thread, write_as
from simkeys import oracle
from simstory import three
from simworld import SECOND_US, SimWorld
from test_line_tests import quick, write_by
from test_lines import age, vector
from test_outcomes import outcome
from test_scale import calls_of, write

from parley.app.message_views import messages
from parley.node import encoding, overtaking
from parley.node.encoding import encode_entry
from parley.node.entries import (
    Draft,
    LineDeclared,
    LogName,
    MessageAnswered,
    MessageEscalated,
    MessageOverdue,
    MessageSaid,
    PresenceDeclared,
    Reference,
)
from parley.node.indexes import MACHINE_TEST
from parley.node.inputs import Answer, LogCall, Tick, TrackReports
from parley.node.line_bodies import (
    CallLogged,
    LineTestMissed,
    MessageUndelivered,
    NoticeDiffers,
    RelayReported,
)
from parley.node.overtaking import fold_in, hold_ahead
from parley.node.picture import TrackReport
from parley.node.rules import ahead
from parley.node.rules.alarm_raised import Raised
from parley.node.rules.alarms import LISTED_MAX, _bounded, alarms
from parley.node.rules.lines import declared
from parley.node.rules.notices import WATCHED_MAX
from parley.node.rules.outcomes import ladder_of_thread
from parley.node.rules.priority import yields
from parley.node.rules.relays import relays_of
from parley.node.rules.threads import thread_tree
from parley.node.snapshots import snapshot
from parley.node.state import key_of
from parley.trust.checkpoint import Checkpoint, sign_checkpoint
from parley.world.time import format_instant

LINE = "parley.example/AB/ALFA/line/2026"
HOUR_US = 3_600 * SECOND_US


def rungs(world: SimWorld, party: str = "ALFA") -> list[tuple[str, str, int]]:
    standing = alarms(world.node(party).state, world.clock_us(party))
    return [(each.kind, each.post, each.rung) for each in standing]


# ---- what the honest side would believe ----------------------------------------------------------


def test_a_chain_of_messages_of_any_length_is_a_tree_and_no_fault() -> None:
    with oracle():
        world = pair()
        drafts = []
        for n in range(1500):
            seq = world.node("BRAVO").state.log(LINE.replace("ALFA", "BRAVO")).tree.size + n
            ref = Reference(log=LINE.replace("ALFA", "BRAVO"), index=seq - 1, leaf="00" * 32)
            body = MessageSaid(line="LINE-AB", message_type="free.text", message_class="ROUTINE")
            drafts.append(Draft(agreement="AB", by="desk", to=("ALFA",), ref=(ref,), body=body))
        write(world, "BRAVO", drafts)
        world.run(30)
        scope = world.node("ALFA").state.scope("AB")
        keys = sorted(scope.threads)
        assert len(keys) == 1500
        tree = thread_tree(scope, keys[-1])
        assert tree is not None
        assert len(tree.places()) == 1500
        msgspec.json.encode(tree)


def test_whoever_dates_its_answer_back_is_not_shown_as_having_answered_before_it_was_called() -> (
    None
):
    world = pair()
    key = say(world, message_class="URGENT", message_type="free.text", fields={}, text="now?")
    world.run(100)
    # What BRAVO writes anyway (it displays, tests, presence) says where its log had come to.
    write_as(
        world,
        "BRAVO",
        MessageSaid(line="LINE-AB", message_type="free.text", message_class="ROUTINE", text="."),
        to=("ALFA",),
    )
    world.run(100)
    said_us = thread(world, "ALFA", key).said.issued_us
    write_as(
        world, "BRAVO", MessageAnswered(answer="ROGER", post="desk"), to=("ALFA",),
        ref=(reference(world, "BRAVO", key),), issued_us=said_us + SECOND_US,
    )  # fmt: skip
    world.run(2)
    state = world.node("ALFA").state
    found = thread(world, "ALFA", key)
    seen = ladder_of_thread(state, state.scope("AB"), found, "BRAVO", world.now_us)
    answered = [each for each in seen.rungs if each.result == "answered"]
    assert outcome(world, "ALFA", key).at_us >= said_us + 90 * SECOND_US
    assert all(each.step > -1 for each in answered)


def test_a_sender_does_not_make_its_addressee_refuse_by_entering_a_call() -> None:
    world = pair()
    key = say(world, "BRAVO", "ALFA")
    body = CallLogged(
        line="LINE-AB", call="C-1", party="ALFA", direction="placed", outcome="refused",
        began_us=world.now_us, reason="they hung up",
    )  # fmt: skip
    write_as(world, "BRAVO", body, to=("ALFA",), ref=(reference(world, "BRAVO", key),))
    world.run(2)
    found = outcome(world, "ALFA", key, "ALFA")
    assert found.word != "refused" or "BRAVO" in found.detail


def test_an_addressee_does_not_excuse_its_silence_by_entering_a_call_that_failed() -> None:
    """And not for ever: a call that is said to have begun in seventy years is none of now."""
    world = pair()
    key = say(world)
    world.run(2)
    body = CallLogged(
        line="LINE-AB", call="C-1", party="ALFA", direction="received",
        outcome="technical failure", began_us=world.now_us + 10**15, reason="no tone",
    )  # fmt: skip
    write_as(world, "BRAVO", body, to=("ALFA",), ref=(reference(world, "ALFA", key),))
    world.run(300)
    found = outcome(world, "ALFA", key)
    assert found.word == "unanswered"


def test_nobody_is_overdue_before_the_time_that_was_given() -> None:
    world = pair()
    key = say(world, "BRAVO", "ALFA")
    world.run(1)
    due_us = thread(world, "ALFA", key).body.answer_due_us
    body = MessageOverdue(duty="answer", party="ALFA", due_us=world.now_us - HOUR_US)
    write_as(world, "BRAVO", body, to=("ALFA",), ref=(reference(world, "BRAVO", key),))
    world.run(2)
    assert world.now_us < due_us
    assert outcome(world, "ALFA", key, "ALFA").word == "waiting"


def test_an_end_that_enters_many_calls_makes_no_use_of_the_line_for_the_other() -> None:
    world = pair()
    for n in range(30):
        body = CallLogged(
            line="LINE-AB", call=f"C-{n}", party="ALFA", direction="received", outcome="talked",
            began_us=world.now_us, subject="weather",
        )  # fmt: skip
        write_as(world, "BRAVO", body, to=("ALFA",))
    world.run(2)
    found = vector(world, "ALFA")
    ours = next(side for side in found.sides if side.party == "ALFA")
    assert ours.used_24h_count == 0
    assert ours.used_last_us is None


def test_a_node_that_wrote_its_tests_of_the_whole_day_before_has_tested_nothing() -> None:
    """The link is dead: that the tests in the log come due one by one shows nothing of the line."""
    with oracle():
        world = quick()
        world.run(20)
        written = world.now_us
        for n in range(1, 24):
            at_us = written + n * HOUR_US
            body = MessageSaid(
                line="LINE-AB", message_type=MACHINE_TEST, message_class="ROUTINE",
                subject=MACHINE_TEST, fields={"nonce": f"{n:032x}"}, answers=("REPLY",),
                answer_due_us=at_us + 60 * SECOND_US,
            )  # fmt: skip
            write_by(world, "BRAVO", "system", body, to=("ALFA",), issued_us=at_us)
        world.run(20)
        world.stop("BRAVO")
        world.run(12 * 3600)
        one = age(world, "ALFA", "BRAVO", "machine")
        assert one.word != "verified"
        assert one.missed > 0


def test_the_newest_act_on_a_line_is_that_of_the_newest_log_whatever_its_number() -> None:
    world = pair()
    state = world.node("ALFA").state
    for incarnation, value in ((2, "suspended"), (10, "in force")):
        name = LogName(
            agreement="AB", party="BRAVO", kind="line", year=2026, incarnation=incarnation
        )
        body = LineDeclared(line="LINE-AB", value=value, effective_us=world.now_us)
        data = encode_entry(
            Draft(agreement="AB", by="desk", body=body), log=name, seq=0,
            issued_us=world.now_us + incarnation, seen={},
        )  # fmt: skip
        fold_in(state, name.origin, 0, [data])
    act = declared(state.scope("AB"), "LINE-AB", "BRAVO", world.now_us + SECOND_US)
    assert act.body.value == "in force"


def test_no_deadline_that_has_not_come_is_shown_as_passed() -> None:
    world = pair(three())
    key = say(world, "BRAVO", ("ALFA", "CHARLIE"), agreement="ABC", line="LINE-ABC")
    world.run(1)
    ref = (reference(world, "ALFA", key),)
    for party in ("ALFA", "CHARLIE"):
        for body in (
            MessageOverdue(duty="answer", party=party, due_us=world.now_us - HOUR_US),
            MessageUndelivered(duty="stored", party=party, due_us=world.now_us, link="down"),
        ):
            write_as(world, "BRAVO", body, agreement="ABC", to=("ALFA", "CHARLIE"), ref=ref)
    world.run(2)
    state = world.node("ALFA").state
    assert len(state.scope("ABC").line.undelivered[key]) == 2
    (view,) = messages(state, world.now_us, only=key)
    assert [step.outcome for step in view.ladder] == ["waiting", "waiting"]
    assert [step.overdue + step.undelivered for step in view.ladder] == [(), ()]


# ---- whom it wakes -------------------------------------------------------------------------------


def test_no_commander_is_called_at_once_because_the_sender_says_that_it_came_to_that() -> None:
    world = pair()
    key = say(world, "BRAVO", "ALFA", answer_within_s=3600)
    world.run(1)
    before = rungs(world)
    for step in range(4):
        body = MessageEscalated(party="ALFA", post="commander", step=step, after_s=0)
        write_as(world, "BRAVO", body, to=("ALFA",), ref=(reference(world, "BRAVO", key),))
    world.run(2)
    assert rungs(world) == before


# ---- what it costs -------------------------------------------------------------------------------


def flooded_about(count: int) -> SimWorld:
    """Return a world in which an own message waits, and BRAVO has said so much that names it."""
    world = pair()
    key = say(world, answer_within_s=86_400)
    world.run(2)
    ref = (reference(world, "ALFA", key),)
    body = MessageSaid(line="LINE-AB", message_type="free.text", message_class="ROUTINE")
    draft = Draft(agreement="AB", by="desk", to=("ALFA",), ref=ref, body=body)
    write(world, "BRAVO", [draft] * count)
    world.run(30)
    return world


def test_what_others_say_about_an_own_message_makes_each_more_no_dearer() -> None:
    with oracle():
        costs = []
        for count in (100, 800):
            world = flooded_about(count)
            assert len(world.node("ALFA").state.scope("AB").index.about) == 1
            ref = next(iter(world.node("ALFA").state.scope("AB").index.about))
            one = Draft(
                agreement="AB", by="desk", to=("ALFA",), ref=(reference(world, "ALFA", ref),),
                body=MessageSaid(
                    line="LINE-AB", message_type="free.text", message_class="ROUTINE"
                ),
            )  # fmt: skip
            write(world, "BRAVO", [one])
            costs.append(calls_of(lambda world=world: world.run(1.5)))
        assert costs[1] < 1.5 * costs[0]


def held_ahead_answers(world: SimWorld, key, count: int) -> None:
    """Let ALFA hold so many answers of BRAVO about one message ahead of BRAVO's log."""
    state = world.node("ALFA").state
    name = LogName(agreement="AB", party="BRAVO", kind="line", year=2026)
    draft = Draft(
        agreement="AB", by="desk", to=("ALFA",), ref=(state.reference(key),),
        body=MessageAnswered(answer="UNABLE", post="desk", text="no"),
    )  # fmt: skip
    for n in range(count):
        seq = state.log(name.origin).tree.size + 10 + n
        data = encode_entry(draft, log=name, seq=seq, issued_us=world.now_us, seen={})
        note = Checkpoint(origin=name.origin, size=10**6, root=bytes(32))
        signed = sign_checkpoint(world.identities["BRAVO"].keys.log, note)
        held = ahead.held_ahead(state, name, seq, data, None, signed)
        assert held is not None
        hold_ahead(state, held)


def test_a_thread_is_copied_once_however_many_are_held_ahead_about_it(monkeypatch) -> None:
    world = pair()
    key = say(world, message_type="distress.relay", fields={"position": "1", "time": "2"})
    world.run(2)
    held_ahead_answers(world, key, 60)
    copies = []
    copy = overtaking._copy
    monkeypatch.setattr(overtaking, "_copy", lambda thread: copies.append(1) or copy(thread))
    state = world.node("ALFA").state
    before = snapshot(state.scope("AB"))
    say(world)
    assert len(copies) <= 4
    assert len(thread(world, "ALFA", key).answers) == 60
    with state.scope("AB").ahead.lifted():
        assert thread(world, "ALFA", key).answers == {}
    assert len(thread(world, "ALFA", key).answers) == 60
    assert before["threads"].keys() < snapshot(state.scope("AB"))["threads"].keys()


def test_who_sends_a_yes_ahead_and_has_a_no_before_it_in_its_log_has_said_both() -> None:
    """Its own log shows both, and the first in it counts: nobody forged anything (T: open)."""
    world = pair()
    key = say(world, message_type="distress.relay", fields={"position": "1", "time": "2"})
    world.run(2)
    session = world.node("BRAVO").state.links.proven("ALFA")
    for log in world.node("BRAVO").state.own_logs():
        if log.name.kind == "line":
            session.held_back_us[log.name.origin] = world.now_us + 10 * SECOND_US
    ref = (reference(world, "BRAVO", key),)
    name = "parley.example/AB/BRAVO/line/2026"
    no = write_as(world, "BRAVO", MessageAnswered(answer="UNABLE", post="desk", text="no"),
                  to=(), ref=ref)  # fmt: skip
    yes = write_as(world, "BRAVO", MessageAnswered(answer="ROGER", post="desk",
                   fields={"position": "1", "time": "2"}), to=("ALFA",), ref=ref)  # fmt: skip
    assert (no[0], yes[1]) == (name, no[1] + 1)
    world.run(3)
    early = outcome(world, "ALFA", key)
    world.run(30)
    late = outcome(world, "ALFA", key)
    assert late.word == "refused"
    found = thread(world, "ALFA", key)
    assert {each.body.answer for each in found.answers.values()} == {"UNABLE", "ROGER"}
    assert early.word == "answered"
    assert ("refused", "desk", 0) in rungs(world)
    assert world.drops == []


def test_acts_on_a_line_that_never_take_effect_make_no_step_dearer() -> None:
    with oracle():
        costs = []
        for count in (50, 400):
            world = pair()
            body = LineDeclared(
                line="LINE-AB", value="suspended", effective_us=world.now_us + 10**12
            )
            draft = Draft(agreement="AB", by="desk", body=body)
            write(world, "BRAVO", [draft] * count)
            world.run(20)
            write(world, "BRAVO", [draft])
            costs.append(calls_of(lambda world=world: world.run(1.5)))
        assert costs[1] < 1.5 * costs[0]


# ---- what the honest side would disclose ---------------------------------------------------------


def test_a_check_of_a_narrow_message_goes_to_whom_the_message_went_and_nobody_else() -> None:
    """An answer to all makes the sender's machine tell all what it had said to one."""
    world = pair(three())
    key = say(
        world, "ALFA", "BRAVO", agreement="ABC", line="LINE-ABC", addressees_only=True,
        fields={"flight": "SECRET-1", "zone": "Z1"},
    )  # fmt: skip
    world.run(2)
    assert thread(world, "ALFA", key).said.audience == ("ALFA", "BRAVO")
    body = MessageAnswered(answer="WILCO", post="desk", fields={"flight": "x", "zone": "Z1"})
    write_as(
        world, "BRAVO", body, agreement="ABC", to=("ALFA",), ref=(reference(world, "BRAVO", key),)
    )
    world.run(3)
    checks = thread(world, "ALFA", key).checks
    (check,) = checks.values()
    assert check.audience == ("ALFA", "BRAVO")


@pytest.mark.parametrize("kind", ["correction", "cancel", "free.text"])
def test_what_speaks_of_a_narrow_message_goes_to_whom_it_went(kind) -> None:
    world = pair(three())
    common = {"agreement": "ABC", "line": "LINE-ABC"}
    key = say(world, "ALFA", "BRAVO", addressees_only=True, **common)
    world.run(1)
    later = say(
        world, "ALFA", "BRAVO", message_type=kind, fields={"zone": "Z2"},
        ref=(reference(world, "ALFA", key),), **common,
    )  # fmt: skip
    world.run(1)
    assert thread(world, "ALFA", later).said.audience == ("ALFA", "BRAVO")
    assert later not in world.node("CHARLIE").state.scope("ABC").threads


def test_a_call_that_is_corrected_goes_to_nobody_more_than_it_went_to() -> None:
    """A careless insider: the correction names the call alone, and not the message again."""
    world = pair(three())
    key = say(world, "ALFA", "BRAVO", agreement="ABC", line="LINE-ABC", addressees_only=True)
    world.run(2)

    def call(**changes):
        act = LogCall(
            agreement="ABC", line="LINE-ABC", post="desk", party="BRAVO", direction="placed",
            outcome="talked", began_us=world.now_us, subject="where", **changes,
        )  # fmt: skip
        return do(world, "ALFA", act)[0]

    first = call(ref=(reference(world, "ALFA", key),), text="the boat")
    assert first.audience == ("ALFA", "BRAVO")
    again = call(ref=(reference(world, "ALFA", key_of(first)),), text="the boat is at the pier")
    assert again.audience == ("ALFA", "BRAVO")
    third = call(ref=(reference(world, "ALFA", key_of(again)),), text="the white boat")
    assert third.audience == ("ALFA", "BRAVO")


def test_an_entry_to_thousands_is_not_shown_thousands_of_times(monkeypatch) -> None:
    """60 kB name seven thousand addressees; each would cost whoever shows the message."""
    monkeypatch.setattr(encoding, "_require_readable", lambda *given: None)
    world = pair()
    body = MessageSaid(line="LINE-AB", message_type="free.text", message_class="ROUTINE")
    keys = [
        write_as(world, "BRAVO", body, to=to)
        for to in (("ALFA",), ("ALFA", "ALFA"), tuple(f"P{n}" for n in range(2000)))
    ]
    world.run(2)
    scope = world.node("ALFA").state.scope("AB")
    assert [key for key in keys if key in scope.unreadable] == keys[1:]
    assert "addressees" in scope.unreadable[keys[1]].why


def test_a_relay_report_of_a_time_that_cannot_be_says_so() -> None:
    world = pair()
    key = say(
        world, message_type="relay.request", fields={"third": "VESSEL", "text": "x"},
    )  # fmt: skip
    world.run(2)
    ref = (reference(world, "ALFA", key),)
    for at_us, words in (
        (world.now_us - HOUR_US, "before it was asked"), (world.now_us + HOUR_US, "to come")
    ):  # fmt: skip
        body = RelayReported(third="VESSEL", outcome="passed", post="desk", at_us=at_us)
        write_as(world, "BRAVO", body, to=("ALFA",), ref=ref)
        world.run(2)
        (found,) = relays_of(world.node("ALFA").state.scope("AB"), world.now_us)
        assert words in found.remark


def test_however_many_are_beyond_the_list_who_took_them_has_not_taken_twice_as_many() -> None:
    raised = [
        Raised(
            name=f"n{n}", kind="unanswered", alarm_class="SAFETY", line="L", party="BRAVO",
            text="", post="desk", since_us=HOUR_US + n,
        )
        for n in range(LISTED_MAX + 64)
    ]  # fmt: skip
    some = _bounded(raised[: LISTED_MAX + 17])[-1].name
    assert _bounded(raised[: LISTED_MAX + 20])[-1].name == some
    assert _bounded(raised)[-1].name != some
    later = [each._replace(since_us=each.since_us + 24 * HOUR_US) for each in raised]
    assert _bounded(later[: LISTED_MAX + 17])[-1].name != some


# ---- what the honest node would write ------------------------------------------------------------


def test_notices_without_end_of_one_flight_make_no_node_write_without_end() -> None:
    """Sixty notices of one flight, each elsewhere: a look costs few, and few are written."""
    world = pair()
    window = f"{format_instant(world.now_us)}/{format_instant(world.now_us + HOUR_US)}"
    for n in range(60):
        fields = {"flight": "F1", "window": window, "centre": f"35.{n:02d},37.0", "radius_m": "9"}
        body = MessageSaid(
            line="LINE-AB", message_type="intent.notice", message_class="SAFETY", fields=fields
        )
        write_as(world, "ALFA", body, to=("BRAVO",))
    world.run(2)

    def written(number: int) -> list[str]:
        found = []
        for _ in range(number):
            world.run(1)
            report = TrackReport(
                aircraft="F1", at_us=world.now_us, lat_deg=36.5, lon_deg=39.0, altitude_m=5000.0,
                altitude_reference="AMSL", party="ALFA",
            )  # fmt: skip
            done = do(world, "BRAVO", TrackReports(feed="F", reports=(report,)))
            found += [e.ref[0].index for e in done if isinstance(e.body, NoticeDiffers)]
        return found

    keys = sorted(world.node("BRAVO").state.scope("AB").index.by_flight["F1"])
    first = written(12)
    assert sorted(first) == [key[1] for key in keys[-WATCHED_MAX:]]
    # A restart looks into the record; a newer notice that stands is one more of as many.
    world.stop("BRAVO")
    world.start("BRAVO")
    world.run(15)
    assert written(8) == []
    # What is withdrawn stands no more, and makes room.
    say(world, message_type="cancel", fields={}, ref=(reference(world, "ALFA", keys[-1]),))
    world.run(2)
    assert written(8) == [keys[-1 - WATCHED_MAX][1]]


def grown(world: SimWorld, act) -> int:
    def size() -> int:
        return sum(log.tree.size for log in world.node("ALFA").state.own_logs())

    before = size()
    act()
    world.run(20)
    return size() - before


@pytest.mark.parametrize("kind", ["answers", "tests", "calls", "distress", "overdue", "lines"])
def test_no_flood_of_a_rival_makes_us_write_more_than_an_entry_or_two(kind) -> None:
    """Amplification: at most one entry of ours for one of the rival's, and mostly none."""
    with oracle():
        world = pair()
        key = say(world, answer_within_s=86_400)
        world.run(2)
        ref, now = (reference(world, "ALFA", key),), world.now_us
        answer = MessageAnswered(answer="WILCO", post="desk", fields={"flight": "F1", "zone": "Z9"})
        bodies = {
            "answers": lambda n: answer,
            "tests": lambda n: MessageSaid(
                line="LINE-AB", message_type=MACHINE_TEST, message_class="ROUTINE",
                subject=MACHINE_TEST, fields={"nonce": f"{n:032x}"}, answers=("REPLY",),
                answer_due_us=now + 600 * SECOND_US,
            ),
            "calls": lambda n: CallLogged(
                line="LINE-AB", call=f"C{n}", party="ALFA", direction="placed",
                outcome="refused", began_us=now, reason="x",
            ),
            "distress": lambda n: MessageSaid(
                line="LINE-AB", message_type="distress.relay", message_class="DISTRESS",
                answers=("ROGER",), answer_due_us=now + SECOND_US,
            ),
            "overdue": lambda n: MessageOverdue(duty="answer", party="ALFA", due_us=now),
            "lines": lambda n: LineTestMissed(
                line=f"L{n}", party="ALFA", kind="machine", due_us=now
            ),
        }  # fmt: skip
        by = "system" if kind == "tests" else "desk"
        drafts = [
            Draft(agreement="AB", by=by, to=("ALFA",), ref=ref, body=bodies[kind](n))
            for n in range(300)
        ]
        assert grown(world, lambda: write(world, "BRAVO", drafts)) <= 2


def test_answers_held_ahead_that_come_backwards_make_us_write_no_more_than_there_are() -> None:
    """Each stands before the one before it in the log, and is the first: each is compared."""
    world = pair()
    key = say(world, message_type="distress.relay", fields={"position": "1", "time": "2"})
    world.run(2)

    def answer() -> None:
        state = world.node("ALFA").state
        name = LogName(agreement="AB", party="BRAVO", kind="line", year=2026)
        body = MessageAnswered(answer="ROGER", post="desk", fields={"position": "9", "time": "2"})
        draft = Draft(agreement="AB", by="desk", to=("ALFA",), ref=(state.reference(key),),
                      body=body)  # fmt: skip
        head = Checkpoint(origin=name.origin, size=10**6, root=bytes(32))
        note = sign_checkpoint(world.identities["BRAVO"].keys.log, head)
        for n in range(40, 0, -1):
            seq = 500 + n
            data = encode_entry(draft, log=name, seq=seq, issued_us=world.now_us, seen={})
            held = ahead.held_ahead(state, name, seq, data, None, note)
            assert held is not None
            hold_ahead(state, held)
            world.give("ALFA", Tick())

    assert 1 <= grown(world, answer) <= 40


def request(n: int) -> MessageSaid:
    return MessageSaid(
        line="LINE-AB", message_type="priority.intent", message_class="URGENT",
        fields={"flight": f"F{n}"}, answers=("WILCO", "UNABLE"), answer_due_us=None,
    )  # fmt: skip


def test_requests_to_make_way_and_their_ends_cost_no_square() -> None:
    with oracle():
        costs = []
        for count in (40, 160):
            world = pair()
            ends = [
                msgspec.structs.replace(request(n), message_type="priority.end", answers=())
                for n in range(count)
            ]
            bodies = [*(request(n) for n in range(count)), *ends]
            write(
                world,
                "BRAVO",
                [Draft(agreement="AB", by="desk", to=("ALFA",), body=body) for body in bodies],
            )
            world.run(10)
            state = world.node("ALFA").state
            assert len(state.scope("AB").threads) == 2 * count
            alarms(state, world.now_us)
            write(
                world,
                "BRAVO",
                [Draft(agreement="AB", by="desk", to=("ALFA",), body=request(count))],
            )
            world.run(2)
            costs.append(calls_of(lambda state=state, now=world.now_us: alarms(state, now)))
        assert costs[1] < 6 * costs[0]


def test_who_made_way_late_and_dates_its_word_back_was_late() -> None:
    world = pair()
    key = say(
        world, message_type="priority.intent", fields={"flight": "F1"}, answer_within_s=60,
    )  # fmt: skip
    world.run(2)
    do(world, "BRAVO", Answer(ref=key, post="desk", answer="WILCO", fields={"flight": "F1"}))
    world.run(900)
    # BRAVO's own log has come that far.
    write_as(world, "BRAVO", request(9), to=("ALFA",))
    world.run(2)
    body = MessageSaid(
        line="LINE-AB", message_type="priority.yielded", message_class="SAFETY",
        fields={"flight": "F1"},
    )  # fmt: skip
    asked_us = thread(world, "ALFA", key).said.issued_us
    write_as(
        world, "BRAVO", body, to=("ALFA",), ref=(reference(world, "BRAVO", key),),
        issued_us=asked_us + 30 * SECOND_US,
    )  # fmt: skip
    world.run(2)
    state = world.node("ALFA").state
    found = next(
        each for each in yields(state, state.scope("AB"), world.now_us) if each.message == key
    )
    assert found.word == "yielded late"


def test_what_others_say_they_saw_otherwise_does_not_fill_the_screen() -> None:
    with oracle():
        world = pair()
        key = say(world)
        world.run(2)
        ref = (reference(world, "ALFA", key),)
        body = NoticeDiffers(
            aircraft="A", at_us=world.now_us, lat_e9=0, lon_e9=0, distance_mm=1,
            uncertainty_mm=1, text="y" * 1000,
        )  # fmt: skip
        drafts = [Draft(agreement="AB", by="desk", to=("ALFA",), ref=ref, body=body)] * 300
        write(world, "BRAVO", drafts)
        world.run(20)
        (view,) = messages(world.node("ALFA").state, world.now_us, only=key)
        assert 1 <= len(view.differs) <= 64


def test_a_presence_that_was_written_hours_before_attends_no_post_when_its_date_comes() -> None:
    with oracle():
        world = quick()
        world.run(20)
        body = PresenceDeclared(line="LINE-AB", post="desk", present=True)
        write_as(world, "BRAVO", body, issued_us=world.now_us + 6 * HOUR_US)
        world.run(20)
        world.stop("BRAVO")
        world.run(6 * 3600)
        found = next(s for s in vector(world, "ALFA").sides if s.party == "BRAVO")
        assert found.attended != "attended"
