"""Each clause kind has a passing case for each of the six outcomes that can occur."""

from __future__ import annotations

import pytest

from parley.review.verdict_parts import WORST
from parley.review.verdicts import JUDGES, verdicts
from parley.world.clauses import CLAUSE_KINDS
from review.verdictcells import CANNOT, CELLS
from review.verdictkit import BEGIN, DAY, END, evidence, judge


@pytest.mark.row("R8", "S14")
def test_every_kind_and_outcome_has_a_case_or_a_reason_why_it_cannot_occur() -> None:
    every = {(kind, outcome) for kind in CLAUSE_KINDS for outcome in WORST}
    assert set(CELLS) | set(CANNOT) == every
    assert not set(CELLS) & set(CANNOT)
    assert all(len(why.split()) > 3 for why in CANNOT.values())
    assert set(JUDGES) == set(CLAUSE_KINDS)
    assert len(CLAUSE_KINDS) == 27


@pytest.mark.row("R8", "S14")
@pytest.mark.parametrize(
    ("kind", "outcome"), sorted(CELLS), ids=lambda each: each.replace(" ", "-")
)
def test_the_case_of_a_kind_and_outcome(kind: str, outcome: str) -> None:
    text, facts, words = CELLS[kind, outcome]
    clocks = {"to_s": DAY, "as_of_s": DAY}
    if isinstance(facts, tuple):
        which, seconds, facts = facts
        clocks["to_s" if which == "to" else "as_of_s"] = seconds
    judged = judge(text, facts, **clocks)
    assert {each.kind for each in judged} == {kind}
    found = [each for each in judged if each.verdict == outcome and words in each.because]
    assert found, [(each.verdict, each.because) for each in judged]
    for each in judged:
        assert each.because
        assert each.verdict in WORST
    told = found[0]
    if outcome in ("late", "missed") and (kind, words) not in {
        ("line_test", "no test for 86400 s"), ("validity", "not renewed by BRAVO"),
    }:  # fmt: skip
        assert told.cites, told
    if outcome == "late":
        assert told.measure is not None
        assert told.measure.off_quantity > 0 or kind in ("line_test",)


def test_a_window_without_anything_says_so_for_each_clause() -> None:
    for (kind, _), (text, _, _) in CELLS.items():
        judged = verdicts(evidence(presence_held=False), (text,), BEGIN, END, END)
        assert kind in {each.kind for each in judged}
