"""The two examples under documents played on nodes: what their logs show, against the scenario.

A node's logs know less than a scenario, and some things that no scenario tells. Every difference
between the two lists of verdicts must have one of the causes written here; nothing else may differ.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from app.demokit import LocalNodes, Notes
from longer import first_or_all, more
from parley.app.cli.replay import read_scenario
from parley.app.demo_conductor import Conductor, Pace, Summary
from parley.app.demo_flights import FlightPlan
from parley.app.demo_plan import plan_scenario
from parley.node.rules.agreement_status import text_at
from parley.review.evidence_of_logs import evidence_of_logs
from parley.review.verdicts import verdicts
from parley.world.scenario import Scenario
from parley.world.verdict import JudgedDuty
from review.examplekit import DAY_US, judged, key_of
from wire.agreementkit import EXAMPLES

Key = tuple[str, ...]


@dataclass
class Played:
    """An example after its messages were played, without its flights."""

    scenario: Scenario
    summary: Summary
    nodes: LocalNodes
    names: dict[str, str]
    told: dict[Key, JudgedDuty]

    def of_logs(self, party: str) -> dict[Key, JudgedDuty]:
        """Return the verdicts by a party's logs, with the scenario's tracks beside them."""
        state, told = self.nodes.cranks[party].state, self.scenario
        times = [m.at_us for m in told.messages] + [int(t.t_us[0]) for t in told.tracks]
        begin_us, end_us = min(times) - min(times) % DAY_US, told.end_us
        text = state.agreement(told.agreements[0].id)
        evidence = evidence_of_logs(state, tracks=told.tracks)
        found = verdicts(evidence, [text], begin_us, end_us + 1, end_us)
        return {self._key(v): v for v in found}

    def _key(self, v: JudgedDuty) -> Key:
        cites = tuple(self.names.get(cite, cite) for cite in v.cites)
        named = msgspec.structs.replace(v, cites=cites)
        if v.kind in ("watch", "validity") or any(
            c.startswith(("message ", "call ", "track ")) for c in cites
        ):
            return key_of(named)
        whole = key_of(named) if not v.cites or v.kind == "frequency" else None
        return whole or (v.clause, *v.parties, v.about, str(v.at_us), *v.towards)


def played(name: str) -> Played:
    scenario = read_scenario(EXAMPLES.parent / name)
    plan = msgspec.structs.replace(plan_scenario(scenario), flights=FlightPlan())
    nodes = LocalNodes(plan)
    conductor = Conductor(plan, nodes, Notes(), Pace(None))
    summary = asyncio.run(conductor.play())
    names = {
        f"{ref.log} {ref.index}": f"message {key}" if isinstance(key, int) else f"call {key}"
        for key, ref in conductor._keys.items()
    }
    return Played(scenario, summary, nodes, names, {key_of(v): v for v in judged(scenario)})


@pytest.fixture(scope="module")
def letter() -> Played:
    return played("letter-of-agreement")


@pytest.fixture(scope="module")
def border() -> Played:
    return played("india-pakistan-1991")


def cause_of(key: Key, told: JudgedDuty | None, logs: JudgedDuty | None) -> str:
    """Return why a scenario and the logs of the same story say different things; "" if nothing."""
    because = "" if logs is None else logs.because
    if "no class" in because or (told is not None and told.because.startswith("of class ")):
        return "its party filed no intent, so that no log says of which class it is"
    if key[0] == "10" or (key[0] == "9" and told is None):
        return "its party filed no intent, so that no log says of which class it is"
    if "message 60" in key:
        return "its sender's node refused it while the line is suspended: it is in no log"
    if "by what is known of clocks" in because:
        return "no margin that the clocks of two nodes can show"
    if key[0] == "24":
        return "in the logs a suspension is an act, and the message about it another entry"
    if key[0] in ("15", "20"):
        return "a scenario tells of no intents as they were filed"
    if key[0] == "17":
        return "a scenario does not tell when a message was stored"
    return ""


def differences(one: Played, party: str) -> dict[Key, tuple[Any, Any]]:
    told, logs = one.told, one.of_logs(party)
    return {
        key: (told.get(key), logs.get(key))
        for key in told.keys() | logs.keys()
        if key not in told or key not in logs or told[key].verdict != logs[key].verdict
    }


@pytest.mark.row("R8", "S14")
@pytest.mark.parametrize("name", first_or_all(["letter", "border"]))
def test_logs_and_scenario_say_the_same_but_for_causes_that_are_known(name, request) -> None:
    one = request.getfixturevalue(name)
    same = len(one.told)
    # Each node judges the same of everybody: `test_each_node_judges_the_same_of_everybody`.
    for party in list(one.nodes.cranks)[: 1 if name == "border" else more(1, 3)]:
        found = differences(one, party)
        unknown = [(key, *pair) for key, pair in found.items() if not cause_of(key, *pair)]
        assert not unknown, (party, unknown)
        causes = {cause_of(key, *pair) for key, pair in found.items()}
        assert len(causes) == (6 if name == "letter" else 1), causes
        assert same - sum(pair[0] is not None for pair in found.values()) > same / 2


@pytest.mark.row("R8")
@pytest.mark.parametrize("name", first_or_all(["letter", "border"]))
def test_the_story_is_played_to_its_end_and_the_nodes_agree(name, request) -> None:
    one = request.getfixturevalue(name)
    assert one.summary.holds
    refused = [text for text in one.summary.refused if "#60" not in text]
    assert not refused, "but for the notice on a suspended line everything is taken"
    assert bool(one.summary.refused) == (name == "letter")


@pytest.mark.row("R8", "S14")
def test_each_node_judges_the_same_of_everybody(letter) -> None:
    found = [
        {key: v.verdict for key, v in letter.of_logs(party).items() if key[0] != "17"}
        for party in letter.nodes.cranks
    ]
    assert found[0] == found[1] == found[2]


@pytest.mark.row("R8")
def test_overlapping_intents_have_one_precedence_and_a_tie_goes_to_the_line(letter) -> None:
    texts = {}
    for party, crank in letter.nodes.cranks.items():
        scope = crank.state.scope("LOA-KARST")
        raised = [e.body for e in scope.alerts.values() if e.body.what == "intent overlap"]
        texts[party] = {body.text for body in raised}
    assert texts["CELL"] == texts["NEIGHBOUR"]
    assert any("N-20" in text and "goes first" in text for text in texts["CELL"]), texts
    assert any("N-21" in text and "LINE-KARST" in text for text in texts["CELL"]), texts


@pytest.mark.row("R8", "S14")
def test_a_text_that_not_all_have_signed_is_not_in_force(letter) -> None:
    for crank in letter.nodes.cranks.values():
        view = text_at(crank.state, "LOA-KARST", letter.scenario.end_us)
        assert view.agreement is not None
        assert view.agreement.version == 1
