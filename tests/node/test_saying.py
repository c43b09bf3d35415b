"""What a type of message asks of whoever says it and of whoever answers: rules version 3."""

from __future__ import annotations

import msgspec
import pytest
from nodekit import do, pair, reference, say, thread
from simstory import agreement_of
from simworld import SECOND_US

from parley.node.inputs import Answer, DeclareLine, Display
from parley.node.rules.hotline import closing_answer, outcome_of, wants
from parley.world.faults import InputFault
from parley.world.norms import norms

FIELDS = {"flight": "F1", "zone": "Z1"}
ASK = {"confirmed": False}


def old(version: int = 2):
    return msgspec.structs.replace(agreement_of("AB", ("ALFA", "BRAVO")), rules_version=version)


@pytest.mark.row("R2")
@pytest.mark.parametrize("name", sorted(k.name for k in norms().types if k.about))
def test_what_speaks_of_a_message_is_nothing_without_one(name: str) -> None:
    world = pair()
    with pytest.raises(InputFault, match=f"{name} about, wanted a message held here"):
        say(world, message_type=name, fields={}, text="x")


@pytest.mark.row("R2")
def test_each_type_speaks_only_of_what_it_can_be_about() -> None:
    world = pair()
    own, medevac = say(world), say(world, message_type="medevac.request", fields={"pick_up": "x"})
    objection = say(world, message_type="objection", fields={"what": "the strike at 10"})
    world.run(1)

    def of(party: str, name: str, key, **changes):
        to = "BRAVO" if party == "ALFA" else "ALFA"
        ref = (reference(world, party, key),)
        return say(world, party, to, message_type=name, fields={}, ref=ref, **changes)

    for party, name, key, match in (
        ("BRAVO", "correction", own, "of ALFA, wanted an own message"),
        ("BRAVO", "cancel", own, "wanted an own message"),
        ("ALFA", "clarify.request", own, "wanted somebody else's message"),
        ("ALFA", "priority.yielded", medevac, "wanted somebody else's message"),
        ("BRAVO", "priority.yielded", own, "what a priority.yielded can be about"),
        ("BRAVO", "sar.intent", own, "what a sar.intent can be about"),
        ("BRAVO", "resolution.counter", own, "what a resolution.counter can be about"),
        ("ALFA", "objection.withdraw", own, "clearance, wanted an objection"),
    ):
        with pytest.raises(InputFault, match=match):
            of(party, name, key)
    assert of("BRAVO", "clarify.request", own)
    assert of("BRAVO", "priority.yielded", medevac)
    assert of("ALFA", "objection.withdraw", objection)


@pytest.mark.row("R2")
def test_a_message_without_a_field_that_is_read_back_is_asked_about() -> None:
    world = pair()
    with pytest.raises(InputFault, match="without zone, wanted the fields that are read back"):
        say(world, fields={"flight": "F1"}, **ASK)
    with pytest.raises(InputFault, match="did you mean flight by 'flihgt'"):
        say(world, fields={"flihgt": "F1", "zone": "Z1"}, **ASK)
    say(world, fields={"flight": "F1"}, confirmed=True)
    say(world, fields={"flight": "F1"}, wants_read_back=False, **ASK)
    say(world, message_type="line.test", fields={}, **ASK)
    say(world, message_type="distress.relay", fields={"position": "unknown"}, **ASK)
    earlier = pair([old()])
    say(earlier, fields={"flight": "F1"}, **ASK)


@pytest.mark.row("R19", "S19")
@pytest.mark.parametrize(
    ("name", "fields"),
    [("advisory", {"area": "north"}), ("disown", {"whose": "not ours", "scope": "convoy 7"})],
)
def test_what_one_side_states_is_no_duty_for_the_other(name: str, fields) -> None:
    world = pair()
    key = say(world, message_type=name, fields=fields, **ASK)
    world.run(3000)
    found = thread(world, "ALFA", key)
    assert found.body.answer_due_us is None
    assert not found.overdue
    assert not found.escalated
    state = world.node("ALFA").state
    outcome = outcome_of(state, state.scope("AB"), found, "BRAVO", world.now_us)
    assert outcome.word == "no duty"
    if name == "disown":
        do(world, "BRAVO", Answer(ref=key, post="desk", answer="ROGER", fields=fields))


@pytest.mark.row("R2")
def test_a_reply_has_the_words_of_its_type() -> None:
    world = pair()
    fields = {"track": "T-9", "time": "2026-05-28T20:00:00Z"}
    key = say(world, message_type="identify.request", fields=fields, **ASK)
    world.run(1)

    def reply(**more: str):
        return do(world, "BRAVO", Answer(
            ref=key, post="desk", answer="REPLY", fields=fields | more,
        ))  # fmt: skip

    with pytest.raises(InputFault, match=r"reply to identify\.request whose, wanted one of ours"):
        reply()
    with pytest.raises(InputFault, match="did you mean 'not ours'"):
        reply(whose="not our")
    assert reply(whose="decline")


@pytest.mark.row("R2")
def test_free_text_is_heard_and_promises_nothing() -> None:
    world = pair()
    key = say(world, message_type="free.text", fields={})
    assert thread(world, "ALFA", key).body.answers == ("ROGER",)
    world.run(1)
    with pytest.raises(InputFault, match="UNABLE, wanted ROGER"):
        do(world, "BRAVO", Answer(ref=key, post="desk", answer="UNABLE", text="no"))
    earlier = pair([old()])
    key = say(earlier, message_type="free.text", fields={})
    assert thread(earlier, "ALFA", key).body.answers == ("ROGER", "UNABLE")


@pytest.mark.row("R2")
@pytest.mark.parametrize("reason", [{"text": "low on fuel"}, {"fields": {"reason_code": "TFR"}}])
def test_a_refusal_says_why(reason) -> None:
    world = pair()
    key = say(world)
    world.run(1)
    with pytest.raises(InputFault, match="UNABLE is without a reason"):
        do(world, "BRAVO", Answer(ref=key, post="desk", answer="UNABLE", text="  "))
    do(world, "BRAVO", Answer(ref=key, post="desk", answer="UNABLE", **reason))
    earlier = pair([old()])
    key = say(earlier)
    earlier.run(1)
    do(earlier, "BRAVO", Answer(ref=key, post="desk", answer="UNABLE"))


@pytest.mark.row("R17")
def test_the_language_of_a_message_is_kept_where_the_rules_know_it() -> None:
    world, earlier = pair(), pair([old()])
    assert thread(world, "ALFA", say(world, language="ru")).body.language == "ru"
    assert thread(earlier, "ALFA", say(earlier, language="ru")).body.language == ""


@pytest.mark.row("S2", "R2")
@pytest.mark.parametrize("post", ["desk", "duty-officer", "commander"])
def test_any_attendant_of_the_addressed_party_can_take_a_message(post: str) -> None:
    """A message goes to a party at the end of a line, not to a person: whoever is there answers."""
    world = pair()
    key = say(world)
    world.run(1)
    do(world, "BRAVO", Display(ref=key, post="desk"))
    do(world, "BRAVO", Answer(ref=key, post=post, answer="WILCO", fields=FIELDS))
    world.run(600)
    found = thread(world, "ALFA", key)
    assert closing_answer(found, "BRAVO").body.post == post
    assert not wants(found, "BRAVO")
    assert not found.overdue
    assert not found.escalated


@pytest.mark.row("S2")
def test_nobody_speaks_or_answers_for_a_post_that_is_not_there() -> None:
    world = pair()
    key = say(world)
    world.run(1)
    with pytest.raises(InputFault, match="did you mean 'desk'"):
        say(world, post="desc")
    with pytest.raises(InputFault, match="post of BRAVO is commnder"):
        do(world, "BRAVO", Answer(ref=key, post="commnder", answer="WILCO", fields=FIELDS))
    with pytest.raises(InputFault, match="post of BRAVO"):
        do(world, "BRAVO", Display(ref=key, post="somebody"))


def suspend(world) -> None:
    do(world, "BRAVO", DeclareLine(
        agreement="AB", line="LINE-AB", post="desk", value="suspended",
        effective_us=world.now_us + SECOND_US,
    ))  # fmt: skip
    world.run(2)


@pytest.mark.row("A8", "S5", "R14")
@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("distress.relay", {"position": "35.1,38.2", "time": "2026-05-28T20:00:00Z"}),
        ("medevac.request", {"pick_up": "35.1,38.2"}),
        ("sar.notice", {"area": "north", "window": "now"}),
        ("fire.notice", {"area": "north", "window": "now"}),
        ("priority.intent", {"flight": "M1", "corridor": "C"}),
        ("line.test", {}),
        ("agreement.resume", {"effective": "2026-05-28T20:00:00Z"}),
        ("line.state", {"value": "in force", "effective": "2026-05-28T20:00:00Z"}),
    ],
)
def test_life_safety_tests_and_resuming_pass_while_suspended(name: str, fields) -> None:
    world = pair()
    suspend(world)
    key = say(world, message_type=name, fields=fields, **ASK)
    world.run(1)
    assert thread(world, "BRAVO", key).said is not None


@pytest.mark.row("A8", "S5")
def test_what_speaks_of_a_life_safety_message_passes_with_it_and_nothing_else_does() -> None:
    world = pair()
    routine = say(world)
    fields = {"position": "35.1,38.2", "time": "2026-05-28T20:00:00Z"}
    distress = say(world, message_type="distress.relay", fields=fields)
    suspend(world)
    corrected = say(
        world, message_type="correction", fields={"position": "35.2,38.2"},
        ref=(reference(world, "ALFA", distress),), **ASK,
    )  # fmt: skip
    body = thread(world, "ALFA", corrected).body
    assert (body.message_class, body.life_safety) == ("DISTRESS", True)
    medevac = say(world, message_type="medevac.request", fields={"pick_up": "35.1,38.2"})
    ref = (reference(world, "ALFA", medevac),)
    cancelled = say(world, message_type="cancel", fields={}, ref=ref, **ASK)
    body = thread(world, "ALFA", cancelled).body
    assert (body.message_class, body.life_safety) == ("URGENT", True)
    for name in ("clearance", "free.text", "demand", "intent.notice", "objection"):
        with pytest.raises(InputFault, match="suspended by BRAVO"):
            say(world, message_type=name, message_class="URGENT", fields=FIELDS)
    with pytest.raises(InputFault, match="suspended by BRAVO"):
        say(world, message_type="cancel", fields={}, ref=(reference(world, "ALFA", routine),))


@pytest.mark.row("R14")
def test_life_safety_is_never_held_back_by_a_count() -> None:
    world = pair()
    for _ in range(norms().quota.say_per_min):
        say(world)
    with pytest.raises(InputFault, match="in the last minute"):
        say(world)
    say(world, message_type="medevac.request", fields={"pick_up": "35.1,38.2"}, **ASK)
    say(world, message_type="priority.intent", message_class="SAFETY", fields={"flight": "M"})
