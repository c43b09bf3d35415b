"""What became of a message: refused, unanswered, technical failure; the ladder with its results."""

from __future__ import annotations

import msgspec
import pytest
from nodekit import do, pair, reference, say, thread, write_as
from simstory import agreement_of
from simworld import SECOND_US

from parley.app.custody_views import no_receipts
from parley.app.message_views import messages
from parley.node.entries import MessageAnswered
from parley.node.inputs import Answer, Display, LogCall
from parley.node.line_bodies import CallLogged, MessageUndelivered
from parley.node.rules.delivery import link_allowance_us
from parley.node.rules.outcomes import Outcome, ladder_of_thread, outcome_of
from parley.world.clauses import Bearer

FIELDS = {"flight": "F1", "zone": "Z1"}
URGENT = {"message_type": "free.text", "message_class": "URGENT", "fields": {}}


def outcome(world, party: str, key, addressee: str = "BRAVO") -> Outcome:
    state = world.node(party).state
    found = thread(world, party, key)
    return outcome_of(state, state.scope("AB"), found, addressee, world.now_us)


def ladder(world, party: str, key):
    state = world.node(party).state
    found = thread(world, party, key)
    return ladder_of_thread(state, state.scope("AB"), found, "BRAVO", world.now_us)


def undelivered(world, party: str, key) -> dict[str, MessageUndelivered]:
    table = world.node(party).state.scope("AB").line.undelivered.get(key, {})
    return {duty: entry.body for (_, duty), entry in table.items()}


def cut(world, seconds: float) -> None:
    world.partition("ALFA", "BRAVO", seconds=seconds)


def call(world, key, result: str, party: str = "ALFA", **changes) -> None:
    """Write one end's entry of a call by ALFA to BRAVO about a message, as `LogCall` does."""
    other, direction = ("BRAVO", "placed") if party == "ALFA" else ("ALFA", "received")
    body = CallLogged(
        line="LINE-AB", call=f"C-{world.now_us}", party=other, direction=direction,
        outcome=result, **{"began_us": world.now_us} | changes,
    )  # fmt: skip
    write_as(world, party, body, to=(other,), ref=(reference(world, party, key),))


@pytest.mark.row("R2", "S9")
def test_refused_unanswered_and_technical_failure_are_three_different_things() -> None:
    world = pair()
    answered, refused, unanswered = say(world), say(world), say(world)
    world.run(1)
    do(world, "BRAVO", Answer(ref=answered, post="desk", answer="WILCO", fields=FIELDS))
    do(world, "BRAVO", Answer(ref=refused, post="desk", answer="UNABLE", text="low on fuel"))
    do(world, "BRAVO", Display(ref=unanswered, post="desk"))
    world.run(230)
    assert outcome(world, "ALFA", unanswered).word == "waiting"
    cut(world, 10_000)
    failed = say(world)
    world.run(300)
    words = [outcome(world, "ALFA", key).text for key in (answered, refused, unanswered, failed)]
    assert words[0] == "answered WILCO"
    assert words[1] == "refused UNABLE: low on fuel"
    assert words[2].startswith("unanswered since ")
    assert words[3] == "technical failure not stored there, link up"
    shown = messages(world.node("ALFA").state, world.now_us, receipts=no_receipts)
    assert len({row.ladder[0].outcome for row in shown if row.key[1] >= answered[1]}) == 4


@pytest.mark.row("R2")
def test_what_is_not_held_in_its_class_time_is_written_as_a_technical_failure() -> None:
    world = pair()
    cut(world, 150)
    world.run(60)
    key = say(world, **URGENT)
    said_us = thread(world, "ALFA", key).said.issued_us
    world.run(5)
    assert not undelivered(world, "ALFA", key), "5 s and a second for the link have not passed"
    world.run(3)
    body = undelivered(world, "ALFA", key)["stored"]
    assert (body.due_us, body.party, body.link) == (said_us + 6 * SECOND_US, "BRAVO", "down")
    world.run(20)
    assert list(undelivered(world, "ALFA", key)) == ["stored"], "one failure is written once"
    assert outcome(world, "ALFA", key).word == "technical failure"
    world.run(300)
    assert outcome(world, "ALFA", key).word == "unanswered", "it came, and nobody answered"
    assert outcome(world, "BRAVO", key).word == "unanswered"
    assert list(undelivered(world, "ALFA", key)) == ["stored"], "nor was it displayed: the same"


@pytest.mark.row("R2")
def test_what_is_held_and_shown_to_nobody_is_written_and_what_is_over_is_not() -> None:
    world = pair()
    quiet, shown, answered = (say(world, **URGENT) for _ in range(3))
    expired = say(world, **URGENT, valid_until_us=world.now_us + 3 * SECOND_US)
    cancelled = say(world, **URGENT)
    world.run(1)
    say(world, message_type="cancel", fields={}, ref=(reference(world, "ALFA", cancelled),))
    do(world, "BRAVO", Display(ref=shown, post="desk"))
    do(world, "BRAVO", Answer(ref=answered, post="desk", answer="ROGER"))
    world.run(120)
    found = {key: list(undelivered(world, "ALFA", key)) for key in (quiet, shown, answered)}
    assert found == {quiet: ["displayed"], shown: [], answered: []}
    assert not undelivered(world, "ALFA", expired)
    assert not undelivered(world, "ALFA", cancelled)
    again = world.crank("ALFA")
    assert ("BRAVO", "displayed") in again.state.scope("AB").line.undelivered[quiet]


@pytest.mark.row("R2", "R17")
def test_the_bearer_of_a_line_stretches_the_clocks_and_nothing_else_does() -> None:
    slow = Bearer(id="C8", delay_s=2.0, rate_bps=9600.0)
    agreement = agreement_of("AB", ("ALFA", "BRAVO"))
    changed = msgspec.structs.replace(agreement, clauses=(*agreement.clauses, slow))
    assert link_allowance_us(changed, "LINE-AB") == 4_000_000 + round(2048 * 8 / 9600 * 1e6)
    assert link_allowance_us(agreement, "LINE-AB") == 1_000_000
    world = pair([changed])
    cut(world, 300)
    key = say(world, **URGENT)
    world.run(10)
    assert not undelivered(world, "ALFA", key)
    world.run(2)
    assert undelivered(world, "ALFA", key)


@pytest.mark.row("R2", "S9")
@pytest.mark.parametrize(
    ("result", "word"),
    [("refused", "refused"), ("technical failure", "technical failure"), ("talked", "waiting"),
     ("no answer", "waiting")],
)  # fmt: skip
def test_a_call_about_a_message_refuses_it_fails_or_leaves_it_waiting(result, word) -> None:
    world = pair()
    key = say(world)
    world.run(2)
    call(world, key, result, reason="policy")
    world.run(1)
    if result == "refused":
        alone = outcome(world, "ALFA", key)
        assert alone.text == "waiting call: refused, says ALFA alone: policy"
        call(world, key, result, party="BRAVO", reason="policy")
        world.run(1)
    found = outcome(world, "ALFA", key)
    assert found.word == word
    if word == result:
        assert found.detail == "call: policy"
    do(world, "BRAVO", Answer(ref=key, post="desk", answer="WILCO", fields=FIELDS))
    world.run(1)
    assert outcome(world, "ALFA", key).word == "answered", "only an answer answers"


@pytest.mark.row("R2", "S9")
def test_a_broken_telephone_does_not_excuse_who_has_read_it() -> None:
    world = pair()
    key = say(world)
    world.run(2)
    do(world, "BRAVO", Display(ref=key, post="desk"))
    world.run(1)
    call(world, key, "technical failure", reason="no line")
    world.run(260)
    assert outcome(world, "ALFA", key).word == "unanswered"


@pytest.mark.row("R2", "A17")
def test_what_an_end_has_corrected_about_its_call_does_not_count_any_more() -> None:
    world = pair()
    key = say(world)
    world.run(2)
    call(world, key, "refused", party="BRAVO", reason="wrong button")
    log = key[0].replace("ALFA", "BRAVO")
    first = world.node("BRAVO").state.log(log).tree.size - 1
    world.run(1)
    assert outcome(world, "ALFA", key).word == "refused"
    body = CallLogged(line="LINE-AB", call="C-2", party="ALFA", direction="received",
                      outcome="talked", began_us=world.now_us)  # fmt: skip
    write_as(world, "BRAVO", body, ref=(reference(world, "BRAVO", (log, first)),))
    world.run(1)
    for party in ("ALFA", "BRAVO"):
        assert outcome(world, party, key).word == "waiting"


@pytest.mark.row("R2")
def test_a_call_by_somebody_else_says_nothing_of_a_message() -> None:
    world = pair()
    key = say(world)
    world.run(1)
    body = CallLogged(line="LINE-AB", call="X", party="OTHER", direction="placed",
                      outcome="refused", began_us=world.now_us)  # fmt: skip
    write_as(world, "BRAVO", body, ref=(reference(world, "BRAVO", key),))
    world.run(1)
    assert outcome(world, "ALFA", key).word == "waiting"


@pytest.mark.row("R2")
def test_an_expired_message_nobody_had_to_answer_yet_is_over_and_a_late_one_stays_unanswered():
    world = pair()
    short = say(world, **URGENT, valid_until_us=world.now_us + 30 * SECOND_US)
    late = say(world, **URGENT, valid_until_us=world.now_us + 90 * SECOND_US)
    world.run(100)
    assert outcome(world, "ALFA", short).text.startswith("over expired at")
    assert outcome(world, "ALFA", late).word == "unanswered"
    assert not thread(world, "ALFA", short).escalated, "nobody is called for what has expired"
    assert [step for _, step in thread(world, "ALFA", late).escalated] == [0]


@pytest.mark.row("S9", "R2")
def test_the_ladder_says_who_was_tried_when_and_with_what_result() -> None:
    world = pair()
    key = say(world, **URGENT)
    start_us = thread(world, "ALFA", key).said.issued_us
    world.run(70)
    call(world, key, "no answer")
    world.run(60)
    before = ladder(world, "ALFA", key)
    assert [(r.post, r.result) for r in before.rungs] == [
        ("desk", "no answer"), ("duty-officer", "no answer"), ("commander", "not called"),
    ]  # fmt: skip
    world.run(60)
    do(world, "BRAVO", Answer(ref=key, post="commander", answer="ROGER"))
    world.run(1)
    for party in ("ALFA", "BRAVO"):
        found = ladder(world, party, key)
        assert [(r.step, r.post, r.result) for r in found.rungs] == [
            (-1, "desk", "no answer"), (0, "duty-officer", "no answer"),
            (1, "commander", "answered"),
        ]  # fmt: skip
        assert found.rungs[1].detail == "call: no answer"
        assert found.rungs[2].detail == "ROGER by commander"
        called = [r.called_us - start_us for r in found.rungs]
        assert [round(us / SECOND_US / 10) for us in called] == [0, 6, 18]


@pytest.mark.row("S9")
def test_a_rung_that_refuses_or_cannot_be_reached_says_so() -> None:
    world = pair()
    key = say(world)
    world.run(245)
    call(world, key, "refused", reason="no orders", spoke_with="duty-officer")
    world.run(1)
    rung = ladder(world, "ALFA", key).rungs[1]
    assert (rung.post, rung.result) == ("duty-officer", "no answer")
    assert rung.detail == "call: refused, says ALFA alone: no orders"
    call(world, key, "refused", party="BRAVO", reason="no orders")
    world.run(1)
    rung = ladder(world, "ALFA", key).rungs[1]
    assert (rung.post, rung.result) == ("duty-officer", "refused")
    assert rung.detail == "call: no orders"
    cut(world, 10_000)
    gone = say(world, **URGENT)
    world.run(90)
    assert {r.result for r in ladder(world, "ALFA", gone).rungs if r.called_us} == {
        "no answer", "technical failure",
    }  # fmt: skip


@pytest.mark.row("S9")
def test_a_distress_call_is_by_voice_at_once_whatever_the_ladder() -> None:
    world = pair()
    fields = {"position": "35.1,38.2", "time": "2026-05-28T20:00:00Z"}
    key = say(world, message_type="distress.relay", fields=fields)
    world.run(1)
    assert ladder(world, "ALFA", key).voice_at_once
    assert not ladder(world, "ALFA", say(world)).voice_at_once


@pytest.mark.row("R2", "S9")
def test_standby_holds_the_ladder_until_the_promised_time_and_then_it_goes_on() -> None:
    fields = {"position": "35.1,38.2", "time": "2026-05-28T20:00:00Z"}
    said = {"message_type": "medevac.request", "message_class": "DISTRESS",
            "fields": fields | {"pick_up": "35.1,38.2"}}  # fmt: skip
    world = pair()
    key = say(world, **said)
    world.run(5)
    promised_us = world.now_us + 20 * SECOND_US
    do(world, "BRAVO", Answer(ref=key, post="desk", answer="STANDBY", promised_us=promised_us))
    world.run(18)
    assert not thread(world, "ALFA", key).escalated, "the first step was due at 15 s"
    assert ladder(world, "ALFA", key).held_until_us == promised_us
    world.run(4)
    (entry,) = thread(world, "ALFA", key).escalated.values()
    assert 0 <= entry.issued_us - promised_us <= 2 * SECOND_US
    world.run(60)
    assert len(thread(world, "ALFA", key).escalated) == 3


@pytest.mark.row("R2")
def test_a_rivals_endless_standby_holds_nothing() -> None:
    """A node that lets its operator promise the next year stills no alarm of ours."""
    world = pair()
    key = say(world, message_type="medevac.request", message_class="DISTRESS",
              fields={"pick_up": "35.1,38.2"})  # fmt: skip
    world.run(2)
    body = MessageAnswered(
        answer="STANDBY", post="desk", promised_us=world.now_us + 10**9 * SECOND_US
    )
    write_as(world, "BRAVO", body, ref=(reference(world, "BRAVO", key),))
    world.run(75)
    assert len(thread(world, "ALFA", key).escalated) == 3
    assert ("BRAVO", "answer") in thread(world, "ALFA", key).overdue


def test_an_act_about_a_call_reaches_the_outcome_of_its_message() -> None:
    """The call register's own act, not only its entry."""
    world = pair()
    key = say(world)
    world.run(1)
    act = LogCall(
        agreement="AB", line="LINE-AB", post="desk", party="BRAVO", outcome="refused",
        began_us=world.now_us - SECOND_US, reason="no orders",
        ref=(reference(world, "ALFA", key),),
    )  # fmt: skip
    do(world, "ALFA", act)
    world.run(1)
    assert outcome(world, "BRAVO", key).text.endswith("call: refused, says ALFA alone: no orders")
    act = msgspec.structs.replace(
        act, party="ALFA", direction="received", ref=(reference(world, "BRAVO", key),)
    )
    do(world, "BRAVO", act)
    world.run(1)
    assert outcome(world, "ALFA", key).word == "refused"


@pytest.mark.row("R2")
@pytest.mark.parametrize("apart_s", [-7200, 10**9])
def test_a_call_before_or_long_after_a_message_says_nothing_of_it(apart_s) -> None:
    world = pair()
    key = say(world)
    world.run(2)
    began_us = world.now_us + apart_s * SECOND_US
    call(world, key, "technical failure", reason="no line", began_us=began_us)
    call(world, key, "refused", party="BRAVO", reason="policy", began_us=began_us)
    world.run(1)
    found = outcome(world, "ALFA", key)
    assert (found.word, found.detail) == ("waiting", "")


@pytest.mark.row("R2")
def test_whoever_calls_and_is_refused_has_not_refused_itself() -> None:
    """The addressee calls back, and it is the sender that does not take the call."""
    world = pair()
    key = say(world)
    world.run(2)
    body = CallLogged(line="LINE-AB", call="C-1", party="ALFA", direction="placed",
                      outcome="refused", began_us=world.now_us, reason="busy")  # fmt: skip
    write_as(world, "BRAVO", body, to=("ALFA",), ref=(reference(world, "BRAVO", key),))
    world.run(1)
    assert outcome(world, "ALFA", key).word == "waiting"
