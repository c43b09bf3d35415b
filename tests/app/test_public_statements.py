"""What is said in public is a claim with its claimant: it never changes what is measured (S7)."""

from __future__ import annotations

import json
import random

import msgspec
import pytest
from nodekit import do, pair, say

from parley.app.demo_plan import plan_scenario
from parley.node.inputs import BePresent
from parley.node.rules.lines import line_vector
from parley.review.answers import answers
from parley.wire.scenario import scenario_from_documents
from review.scenario_oracle import NAMES, documents

WORDS = ("open", "never_down_and_always_answered", "suspended_effective now", "withdrawn", "down")
DIMENSIONS = ("agreement_status", "technical_link", "in_use", "attended", "test")


def read(timeline, geometry):
    return scenario_from_documents(json.dumps(timeline).encode(), json.dumps(geometry).encode())


def with_statements(name, seed):
    """Return a scenario whose public statements are other ones, for every line and dimension."""
    draw = random.Random(seed)
    timeline, geometry = documents(name)
    at = [message["t"] for message in timeline["messages"]]
    timeline["line_state_assertions"] = [
        {"t": draw.choice(at), "line": line["id"], "dimension": dimension,
         "value": draw.choice(WORDS), "by": draw.choice([p["id"] for p in timeline["parties"]])}
        for line in timeline["lines_of_communication"]
        for dimension in DIMENSIONS
    ]  # fmt: skip
    timeline["claims"] = []
    timeline["events"] = []
    timeline["queries"] = []
    return read(timeline, geometry)


def without_statements(name):
    timeline, geometry = documents(name)
    for key in ("line_state_assertions", "claims", "events", "queries"):
        timeline.pop(key, None)
    return read(timeline, geometry)


@pytest.mark.row("S7")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_node_is_ever_given_what_was_said_in_public(name, seed):
    """The plan is all that a demo's nodes get: with the same inputs they measure the same."""
    bare, told = plan_scenario(without_statements(name)), plan_scenario(with_statements(name, seed))
    assert told == bare
    assert plan_scenario(read(*documents(name))).cues == bare.cues


@pytest.mark.row("S7")
@pytest.mark.parametrize("name", NAMES)
def test_statements_change_no_measured_section_of_the_answers(name):
    bare, told = answers(without_statements(name)), answers(with_statements(name, 4))
    for section in ("messages", "zones", "presence", "crossings", "encounters", "places"):
        assert getattr(told, section) == getattr(bare, section), section
    lines = [each for each in told.statements if each.about == "line"]
    assert lines == [each for each in bare.statements if each.about == "line"]


@pytest.mark.row("S7")
def test_assertions_are_kept_with_claimant_and_time_and_shown_as_said():
    timeline, geometry = documents("syria-2017-06")
    scenario = read(timeline, geometry)
    assert len(scenario.assertions) == len(timeline["line_state_assertions"])
    (query,) = [q for q in answers(scenario).queries if q.id == "Q2"]
    assert query.agreement["RUS"] == "interaction ended from 2017-06-19"
    timeline["line_state_assertions"] = []
    (bare,) = [q for q in answers(read(timeline, geometry)).queries if q.id == "Q2"]
    assert bare.by_acts == query.by_acts
    assert bare.agreement != query.agreement


def measured(world, party):
    """Return a line's vector without what the message itself is: use, and when it was heard."""
    state = world.node(party).state
    (agreement,) = state.identity.agreements.values()
    vector = line_vector(state, agreement, agreement.lines[0], world.now_us)
    document = msgspec.to_builtins(vector)
    for side in document["sides"]:
        for name in [n for n in side if n.startswith(("used_", "heard_"))]:
            side.pop(name)
    return document


@pytest.mark.row("S7")
@pytest.mark.parametrize(
    "text",
    [
        "We keep the line open, as ever.",
        "As of now the line is suspended.",
        "Nobody is at the post.",
    ],
)
def test_words_on_the_line_about_the_line_change_none_of_its_state(text):
    """Two worlds, one seed; in one of them somebody says in words how the line stands."""
    worlds = pair(), pair()
    for number, world in enumerate(worlds):
        present = BePresent(agreement="AB", line="LINE-AB", post="desk", present=True)
        do(world, "ALFA", present)
        said = text if number else "Good morning."
        say(world, "ALFA", message_type="free.text", fields={"value": "in force"}, text=said)
        world.run(2)
    for party in ("ALFA", "BRAVO"):
        assert measured(worlds[0], party) == measured(worlds[1], party)
