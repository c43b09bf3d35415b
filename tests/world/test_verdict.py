from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.world.verdict import (
    EscalationStep,
    compare_read_back,
    escalations_due,
    judge_answer,
    judge_lead_time,
    ladder_of,
)

S = 1_000_000


@pytest.mark.parametrize(
    ("answered_s", "now_s", "verdict", "value_s"),
    [
        (21, 60, "met", 21.0),
        (60, 60, "met", 60.0),
        (61, 100, "late", 61.0),
        (None, 59, "not triggered", None),
        (None, 60, "not triggered", None),
        (None, 61, "missed", None),
        (90, 70, "missed", None),
    ],
)
def test_an_answer_is_judged_by_its_deadline(answered_s, now_s, verdict, value_s) -> None:
    answered_us = None if answered_s is None else answered_s * S
    found = judge_answer(sent_us=0, answered_us=answered_us, within_s=60.0, now_us=now_s * S)
    assert (found.verdict, found.value_s) == (verdict, value_s)


def test_no_deadline_is_no_duty_and_no_beginning_is_not_checkable() -> None:
    assert judge_answer(sent_us=0, answered_us=None, within_s=None, now_us=S).verdict == "no duty"
    assert judge_lead_time(sent_us=0, begins_us=None, lead_s=900).verdict == "not checkable"


@pytest.mark.parametrize(("begins_s", "verdict"), [(900, "met"), (899, "late"), (-5, "late")])
def test_lead_time_counts_from_the_notice(begins_s, verdict) -> None:
    assert judge_lead_time(sent_us=0, begins_us=begins_s * S, lead_s=900).verdict == verdict


@given(st.dictionaries(st.text(max_size=3), st.text(max_size=3)), st.data())
def test_a_read_back_matches_only_if_every_field_does(said, data) -> None:
    fields = sorted(said)
    assert compare_read_back(said, dict(said), fields) == ()
    if fields:
        name = data.draw(st.sampled_from(fields))
        (found,) = compare_read_back(said, said | {name: said[name] + "x"}, fields)
        assert (found.field, found.said, found.read) == (name, said[name], said[name] + "x")
        without = {k: v for k, v in said.items() if k != name}
        assert compare_read_back(said, without, fields)[0].read is None


@pytest.mark.row("A7")
def test_the_ladder_is_climbed_until_somebody_answers() -> None:
    posts = ("desk", "duty-officer", "alternate", "commander")
    steps = ladder_of("URGENT", 60.0, posts)
    assert [(s.after_s, s.post) for s in steps] == [
        (60.0, "duty-officer"),
        (180.0, "alternate"),
        (600.0, "commander"),
    ]
    for answered_s, count in ((None, 3), (1620, 3), (181, 2), (180, 1), (60, 0)):
        answered_us = None if answered_s is None else answered_s * S
        due = escalations_due(sent_us=0, answered_us=answered_us, steps=steps, now_us=1700 * S)
        assert len(due) == count, answered_s
    assert not escalations_due(sent_us=0, answered_us=None, steps=steps, now_us=60 * S - 1)


def test_a_longer_time_for_the_answer_moves_the_first_call_but_never_a_distress_call() -> None:
    assert [s.after_s for s in ladder_of("URGENT", 120.0, ())] == [120.0, 240.0, 660.0]
    assert [s.after_s for s in ladder_of("DISTRESS", 300.0, ())] == [15.0, 300.0, 330.0]
    assert ladder_of("ADMIN", None, ()) == ()
    assert ladder_of("SAFETY", 5.0, ())[0] == EscalationStep(after_s=240.0, post="duty-officer")
