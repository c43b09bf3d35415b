"""Verdicts from nodes' logs are those of the scenario that was played through them.

What cannot be the same is listed by cause, and nothing else may differ: where aircraft were (raw
tracks stay with their owner, unless somebody gives recordings), and a notice whose margin lies
within what is known of two clocks.
"""

from __future__ import annotations

import json

import pytest

from app.test_line_rows_played import play
from longer import longer_only
from parley.review.evidence_of_logs import evidence_of_logs
from parley.review.evidence_of_scenario import evidence_of_scenario
from parley.review.verdicts import verdicts
from parley.wire.scenario import scenario_from_documents
from review.scenario_oracle import documents

DAY_US = 86_400_000_000
TRACKS = ("separation", "stand_off", "ring", "boundary", "zone")


class Played:
    """A scenario, the nodes it was played through, and the verdicts of each."""

    def __init__(self, name: str) -> None:
        texts = documents(name)
        self.scenario = scenario_from_documents(*(json.dumps(t).encode() for t in texts))
        self.case = play(*texts)
        self.first_us = min(m.at_us for m in self.scenario.messages) - DAY_US
        self.end_us = self.scenario.end_us
        self.labels = {
            f"{k[0]} {k[1]}": f"message {label[1:]}" for label, k in self.case.keys.items()
        }
        told = verdicts(
            evidence_of_scenario(self.scenario), self.scenario.agreements, self.first_us,
            self.end_us + 1, self.end_us,
        )  # fmt: skip
        self.told = told

    def by_logs(self, party: str, **given):
        state = self.case.nodes.cranks[party].state
        texts = tuple(state.agreements.values())
        window = (self.first_us, self.end_us + 1, self.end_us + 5_000_000)
        return verdicts(evidence_of_logs(state, **given), texts, *window)

    def plainly(self, found, agreements) -> set[tuple[object, ...]]:
        """Return verdicts without the places at which they stand, which differ."""
        rows = set()
        for v in found:
            if v.agreement in agreements:
                first = self.labels.get(v.cites[0], v.cites[0]) if v.cites else ""
                rows.add((v.agreement, v.clause, v.parties, v.about, first, v.verdict))
        return rows


@pytest.fixture(
    scope="module",
    params=[
        "syria-2017-06",
        pytest.param("line-cases", marks=longer_only),
        pytest.param("wildfire-civil", marks=longer_only),
    ],
)
def played(request):
    return Played(request.param)


def with_clauses(played) -> set[str]:
    return {a.id for a in played.scenario.agreements if a.clauses and not a.asserted_by}


@pytest.mark.row("R8", "S14", "A7", "A9")
def test_the_logs_say_what_the_scenario_says_but_for_what_they_cannot_know(played) -> None:
    looked = 0
    for party in played.scenario.acting_parties:
        state = played.case.nodes.cranks[party].state
        shared = with_clauses(played) & set(state.agreements)
        for name in shared:
            judged_by_all = {p.id for p in state.agreements[name].parties}
            if party not in judged_by_all:
                continue
            mine = played.plainly(
                [v for v in played.by_logs(party) if v.kind not in TRACKS], {name}
            )
            told = played.plainly([v for v in played.told if v.kind not in TRACKS], {name})
            causes = {row: why(played, party, row) for row in mine ^ told}
            unexplained = {row for row, cause in causes.items() if not cause}
            assert not unexplained, unexplained
            looked += len(mine & told)
    assert looked >= 20


def why(played, party: str, row: tuple[object, ...]) -> str:
    """Return the cause of a difference between logs and scenario, or nothing."""
    agreement, clause, _, about, first, _ = row
    text = played.scenario.agreement(agreement)
    kind = next(type(c).__struct_config__.tag for c in text.clauses if c.id == clause)
    if about == "nothing in this time":
        return "what the clause covers was said on the line of another agreement, held by others"
    if kind == "suspension":
        return "a margin of nothing lies within what is known of two clocks"
    if kind == "incident_report" and "final" in about:
        return "when the incursion ended is known by tracks alone"
    seq = int(first.removeprefix("message ")) if first.startswith("message ") else None
    if seq is not None and f"#{seq}" not in played.case.keys:
        return "refused by its own node while suspended: it was never said"
    if seq is not None and played.scenario.message(seq).agreement != agreement:
        return "said on a line of another agreement, whose logs are another scope"
    if kind == "priority":
        return "intents are known to nodes, and the scenario files none"
    return ""


@pytest.mark.row("A10", "R8")
def test_without_tracks_alerts_are_cited_and_nothing_is_decided(played) -> None:
    if "COAL" not in played.scenario.acting_parties:
        for party in played.scenario.acting_parties:
            assert not [v for v in played.by_logs(party) if v.kind in TRACKS and v.measure], party
        return
    (alone,) = [v for v in played.by_logs("COAL") if v.clause == "M1"]
    assert alone.verdict == "not checkable"
    assert alone.because.startswith("raw tracks stay with their owner; ")
    assert alone.cites
    assert all(cite.startswith("parley.example/AGR-MOU-2015/") for cite in alone.cites)
    given = [v for v in played.by_logs("COAL", tracks=played.scenario.tracks) if v.clause == "M1"]
    dwell = next(v for v in given if v.about == "SYN-A2 and SYN-B2")
    assert (dwell.verdict, round(dwell.measure.limit_quantity)) == ("missed", 180)
    assert dwell.measure.value == pytest.approx(722, abs=2)
    both = {party: played.by_logs(party) for party in ("COAL", "RUS")}
    words = {
        party: sorted((v.clause, v.about, v.verdict) for v in found if v.kind != "separation")
        for party, found in both.items()
    }
    assert words["COAL"] == words["RUS"]
