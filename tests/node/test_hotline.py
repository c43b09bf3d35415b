from __future__ import annotations

import pytest
from nodekit import do, pair, say, thread
from simstory import agreement_of, two
from simworld import SECOND_US

from parley.node.entries import MessageAnswered
from parley.node.inputs import Answer, DeclareLine, Display
from parley.node.rules.hotline import closing_answer
from parley.node.state import key_of
from parley.world.clauses import PositionCheck
from parley.world.faults import InputFault
from parley.world.geo import Position
from parley.world.place import Place

FIELDS = {"flight": "F1", "zone": "Z1"}


def test_a_message_is_answered_read_back_and_checked_by_machine() -> None:
    world = pair()
    key = say(world)
    world.run(1)
    do(world, "BRAVO", Display(ref=key, post="desk"))
    do(world, "BRAVO", Answer(ref=key, post="desk", answer="WILCO", fields=FIELDS))
    world.run(1)
    for party in ("ALFA", "BRAVO"):
        found = thread(world, party, key)
        closed = closing_answer(found, "BRAVO")
        assert closed is not None
        assert found.checks[key_of(closed)].body.matches
        assert "BRAVO" in found.displayed
    held = world.node("ALFA").state.links.receipt(*key[:1], "BRAVO", key[1])
    assert held is not None, "the addressee's mirror cosignature is the receipt"
    world.run(400)
    assert not thread(world, "ALFA", key).overdue


def test_a_wrong_read_back_is_found_by_the_senders_machine() -> None:
    world = pair()
    key = say(world)
    world.run(1)
    do(world, "BRAVO", Answer(ref=key, post="desk", answer="WILCO", fields=FIELDS | {"zone": "Z2"}))
    world.run(1)
    found = thread(world, "BRAVO", key)
    (check,) = found.checks.values()
    assert not check.body.matches
    assert [(d.field, d.said, d.read) for d in check.body.differences] == [("zone", "Z1", "Z2")]


def test_no_answer_is_overdue_and_escalated_by_the_clock() -> None:
    world = pair()
    key = say(world, message_type="free.text", message_class="URGENT", fields={}, subject="x")
    start_us = thread(world, "ALFA", key).said.issued_us
    world.run(200)
    found = thread(world, "BRAVO", key)
    steps = sorted((step, e.body.post, e.issued_us) for (_, step), e in found.escalated.items())
    assert [(step, post) for step, post, _ in steps] == [(0, "duty-officer"), (1, "commander")]
    for (_, _, at_us), after_s in zip(steps, (60, 180), strict=True):
        assert 0 <= at_us - start_us - after_s * SECOND_US <= 2 * SECOND_US
    overdue = found.overdue[("BRAVO", "answer")]
    assert overdue.body.due_us == start_us + 60 * SECOND_US


def test_an_answer_stops_the_escalation() -> None:
    world = pair()
    key = say(world, message_type="free.text", message_class="URGENT", fields={})
    world.run(90)
    do(world, "BRAVO", Answer(ref=key, post="desk", answer="ROGER"))
    world.run(300)
    assert [step for _, step in thread(world, "ALFA", key).escalated] == [0]


def test_only_the_addressee_answers_once_and_only_what_is_allowed() -> None:
    world = pair()
    key = say(world)
    world.run(1)
    with pytest.raises(InputFault, match="wanted by BRAVO"):
        do(world, "ALFA", Answer(ref=key, post="desk", answer="WILCO", fields=FIELDS))
    with pytest.raises(InputFault, match="ROGER, wanted WILCO, UNABLE, STANDBY"):
        do(world, "BRAVO", Answer(ref=key, post="desk", answer="ROGER", fields=FIELDS))
    with pytest.raises(InputFault, match="without zone"):
        do(world, "BRAVO", Answer(ref=key, post="desk", answer="WILCO", fields={"flight": "F1"}))
    do(world, "BRAVO", Answer(ref=key, post="desk", answer="UNABLE", text="fuel"))
    with pytest.raises(InputFault, match="one closing answer"):
        do(world, "BRAVO", Answer(ref=key, post="desk", answer="WILCO", fields=FIELDS))


def test_standby_comes_once_with_a_time_not_past_the_deadline() -> None:
    world = pair()
    key = say(world, answer_within_s=60.0)
    world.run(1)
    now_us = world.now_us
    with pytest.raises(InputFault, match="promised time"):
        do(world, "BRAVO", Answer(ref=key, post="desk", answer="STANDBY"))
    late = now_us + 61 * SECOND_US
    with pytest.raises(InputFault, match="promised time"):
        do(world, "BRAVO", Answer(ref=key, post="desk", answer="STANDBY", promised_us=late))
    promised_us = now_us + 30 * SECOND_US
    do(world, "BRAVO", Answer(ref=key, post="desk", answer="STANDBY", promised_us=promised_us))
    assert closing_answer(thread(world, "BRAVO", key), "BRAVO") is None
    with pytest.raises(InputFault, match="second STANDBY"):
        do(world, "BRAVO", Answer(ref=key, post="desk", answer="STANDBY", promised_us=promised_us))
    do(world, "BRAVO", Answer(ref=key, post="desk", answer="WILCO", fields=FIELDS))


def test_after_valid_until_nothing_is_answered_wilco() -> None:
    world = pair()
    key = say(world, valid_until_us=world.now_us + 10 * SECOND_US)
    world.run(11)
    with pytest.raises(InputFault, match="EXPIRED"):
        do(world, "BRAVO", Answer(ref=key, post="desk", answer="WILCO", fields=FIELDS))
    do(world, "BRAVO", Answer(ref=key, post="desk", answer="UNABLE", text="fuel"))


def test_a_peers_late_wilco_does_not_close_an_expired_message() -> None:
    """A peer's node that lets its operator answer too late convinces nobody."""
    world = pair()
    key = say(world, valid_until_us=world.now_us + 2 * SECOND_US)
    world.run(1)
    world.clock_offset_us["BRAVO"] = -30 * SECOND_US
    world.run(3)
    do(world, "BRAVO", Answer(ref=key, post="desk", answer="WILCO", fields=FIELDS))
    world.run(1)
    answer = next(iter(thread(world, "ALFA", key).answers.values()))
    # It claims an early time, but its log cannot go back behind what it wrote before.
    assert isinstance(answer.body, MessageAnswered)


@pytest.mark.row("A8", "S5")
def test_life_safety_passes_while_suspended_and_nothing_else_does() -> None:
    world = pair()
    do(world, "BRAVO", DeclareLine(
        agreement="AB", line="LINE-AB", post="desk", value="suspended", effective_us=world.now_us,
    ))  # fmt: skip
    world.run(1)
    with pytest.raises(InputFault, match="suspended by BRAVO"):
        say(world)
    with pytest.raises(InputFault, match="suspended by BRAVO"):
        say(world, message_type="free.text", message_class="URGENT", fields={})
    fields = {"position": "35.1,38.2", "time": "now"}
    key = say(world, message_type="distress.relay", fields=fields)
    say(world, message_type="line.test", fields={"nonce": "oak"})
    world.run(1)
    do(world, "BRAVO", Answer(ref=key, post="desk", answer="ROGER", fields=fields))
    world.run(1)
    assert closing_answer(thread(world, "ALFA", key), "BRAVO") is not None
    do(world, "BRAVO", DeclareLine(agreement="AB", line="LINE-AB", post="desk", value="in force"))
    world.run(1)
    say(world)


def test_a_suspension_has_its_notice_and_begins_at_its_time() -> None:
    world = pair()
    do(world, "BRAVO", DeclareLine(agreement="AB", line="LINE-AB", post="desk", value="suspended"))
    world.run(90)
    say(world)
    world.run(31)
    with pytest.raises(InputFault, match="suspended"):
        say(world)


@pytest.mark.row("A6")
def test_a_named_place_far_from_its_coordinates_is_queried_before_sending() -> None:
    base = agreement_of("AB", ("ALFA", "BRAVO"))
    place = Place(id="PL", name="Oakton", position=Position(lat_deg=35.6289, lon_deg=38.7581))
    changed = type(base)(
        **{f: getattr(base, f) for f in base.__struct_fields__}
        | {
            "clauses": (*base.clauses, PositionCheck(id="C9", named_place_within_m=5000.0)),
            "places": (place,),
        }
    )
    world = pair([changed])
    fields = {"place": "Oakton", "centre": "35.6289,38.8575", "window": "w"}
    with pytest.raises(InputFault, match=r"9\.0 km apart, wanted within 5 km \(clause C9\)"):
        say(world, message_type="area.notice", fields=fields, confirmed=False)
    say(world, message_type="area.notice", fields=fields, confirmed=True)
    ask = {"message_type": "area.notice", "confirmed": False}
    say(world, fields=fields | {"centre": "35.6289,38.7600"}, **ask)
    with pytest.raises(InputFault, match="did you mean Oakton"):
        say(world, fields=fields | {"place": "Oaktown"}, **ask)
    with pytest.raises(InputFault, match="latitude"):
        say(world, fields=fields | {"centre": "135.6,38.7"}, **ask)


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"message_type": "clearence"}, "did you mean 'clearance'"),
        ({"line": "LINE-BA"}, "LINE-AB"),
        ({"agreement": "BA"}, "agreement is BA"),
        ({"to": ("CHARLIE",)}, "CHARLIE, wanted one of BRAVO"),
        ({"to": ("ALFA",)}, "ALFA, wanted one of BRAVO"),
        ({"to": ()}, "nobody"),
        ({"answer_within_s": 0.0}, "answer_within_s"),
        ({"text": "x" * 5000}, "4000"),
        ({"message_class": "LOUD"}, "LOUD"),
    ],
)
def test_what_cannot_be_said_is_refused_with_the_reason(changes, match) -> None:
    world = pair(two())
    sizes = {log.name.origin: log.tree.size for log in world.node("ALFA").state.logs()}
    with pytest.raises(InputFault, match=match):
        say(world, **changes)
    assert sizes == {log.name.origin: log.tree.size for log in world.node("ALFA").state.logs()}
