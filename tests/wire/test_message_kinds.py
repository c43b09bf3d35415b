"""The tables of docs/message-types.md: every kind of a scenario, every type of the design note."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from builders import make_phrases_page as page

from parley.wire.scenario.scenario_clauses import ANSWERS, KINDS_OF_OPENERS, TYPES_BY_SUBJECT
from parley.world.norms import message_type, norms
from shared_data import shared

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def section(title):
    text = page.types_page()
    return text.split(f"## {title}")[1].split("\n## ")[0]


@pytest.mark.row("R2")
@pytest.mark.parametrize("name", ["syria-2017-06", "wildfire-civil"])
def test_every_kind_of_a_scenario_stands_in_the_table(name):
    timeline = yaml.safe_load((EXAMPLES / name / "timeline.yaml").read_text("utf-8"))
    rows = section("The scenarios' kinds of message").splitlines()
    for message in timeline["messages"]:
        kind = message["kind"]
        (row,) = [line for line in rows if line.startswith(f"| `{kind}` |")]
        if kind in ANSWERS:
            assert "the answer to `of`" in row
        elif message.get("derived"):
            assert "no message" in row
        else:
            assert f"`{KINDS_OF_OPENERS[kind]}`" in row
        subject = (kind, message.get("subject"))
        if subject in TYPES_BY_SUBJECT:
            assert any(f"`{TYPES_BY_SUBJECT[subject]}`" in line for line in rows[2:])


WHOLE = ("presence", "correction", "measures")
"""Names of the note that have no dot; every other such name goes on from the one before it."""


def types_of_the_note():
    """Return the types that the note's table names: `zone.activate / modify` is two of them."""
    text = shared("notes/evidence-and-hotline.md").read_text("utf-8")
    table = text.split("### 6.2 Message list v1")[1].split("Line state is derived")[0]
    found = []
    for line in table.splitlines():
        if not line.startswith("| ") or line.startswith("| type"):
            continue
        first, _, answer = line.strip("| ").split(" | ")[:3]
        names = re.split(r" ?/ ?|, ", re.sub(r" \(.*", "", first))
        for place, name in enumerate(names):
            if "." in name or name in WHOLE:
                found.append(name)
            elif place:
                found.append(f"{found[-1].rsplit('.', 1)[0]}.{name}")
            else:  # emission/exercise.notice
                found.append(f"{name}.{names[1].rsplit('.', 1)[1]}")
        found += re.findall(r"Y\(([a-z]+(?:\.[a-z]+)+)", answer)
    return found


def test_every_type_that_the_design_note_names_stands_in_the_table():
    named = types_of_the_note()
    assert len(named) == len(set(named)) > 40
    assert {"zone.modify", "identify.reply", "line.test.reply", "emission.notice"} <= set(named)
    assert set(named) == set(page.TYPES_OF_THE_NOTE)
    rows = section("The types of the design note")
    for name, ours in page.TYPES_OF_THE_NOTE.items():
        assert f"| `{name}` |" in rows
        if not isinstance(ours, str):
            assert all(message_type(each) for each in ours)


def test_the_page_has_each_type_with_what_it_asks_for():
    text = page.types_page()
    for kind in norms().types:
        start = f"| `{kind.name}` | {kind.message_class} | {kind.attribute} |"
        (row,) = [line for line in text.splitlines() if line.startswith(start)]
        assert all(name in row for name in kind.read_back)
        marks = row.split(" | ")[6]
        assert ("life-safety" in marks) == kind.life_safety
        assert ("one-sided" in marks) == kind.one_sided
        assert ("guarded" in marks) == kind.guarded
