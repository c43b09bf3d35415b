"""The answers of examples/line-cases against its expected.yaml, key by key.

Tolerances: 5 s, 0.05 km, as expected.yaml states them; what is a word is that word.
"""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from review.scenario_oracle import EXAMPLES, answered, documents, seconds

NAME = "line-cases"
Document = dict[str, Any]


@pytest.fixture(scope="module")
def found() -> Document:
    return answered(*documents(NAME))


@pytest.fixture(scope="module")
def wanted() -> Document:
    return yaml.load((EXAMPLES / NAME / "expected.yaml").read_text("utf-8"), yaml.BaseLoader)


def _same(found: object, wanted: object, where: str) -> None:
    """Hold what is found against what is wanted of it; wanted is text, as YAML writes it."""
    if isinstance(wanted, dict):
        assert isinstance(found, dict), where
        for key, value in wanted.items():
            _same(found.get(key), value, f"{where} {key}")
    elif isinstance(wanted, list):
        assert isinstance(found, list), where
        assert len(found) == len(wanted), where
        for one, other in zip(found, wanted, strict=True):
            _same(one, other, where)
    elif isinstance(found, bool):
        assert str(found).lower() == wanted, where
    elif isinstance(found, int | float):
        assert found == pytest.approx(float(str(wanted)), abs=5), where
    elif isinstance(found, str) and found.endswith("Z") and found[:2] == "20":
        assert abs(seconds(found) - seconds(str(wanted))) <= 5, where
    else:
        assert found == wanted, where


def _message(found: Document, seq: str) -> Document:
    return next(m for m in found["messages"] if m["seq"] == int(seq))


@pytest.mark.row("A7", "A8", "S3", "S5", "S9", "R2")
def test_messages(found, wanted):
    for want in wanted["messages"]:
        message = _message(found, want["seq"])
        for key in ("acknowledgement", "lead_time", "suspension"):
            if key in want:
                _same(message[key], want[key], f"message {want['seq']} {key}")
        if "escalations" in want:
            steps = [[step["post"], step["t"]] for step in message["escalations"]]
            _same(steps, want["escalations"], f"message {want['seq']} escalations")
        if "passes" in want:
            passes = str(message["while_suspended"]["passes"]).lower()
            assert passes == want["passes"], want


@pytest.mark.row("A6", "A9", "R12")
def test_the_position_that_its_sender_got_wrong(found, wanted):
    (want,) = [each for each in wanted["messages"] if "distance_km" in each]
    message = _message(found, want["seq"])
    check = message["position_check"]
    assert check["verdict"].startswith("query before sending")
    assert check["distance_km"] == pytest.approx(float(want["distance_km"]), abs=0.05)
    assert [r["matches"] for r in message["read_backs"]] == [True], (
        "it repeats the error faithfully"
    )
    assert message["distribution"]["not_told"] == want["not_told"]


@pytest.mark.row("A17")
def test_calls(found, wanted):
    calls = found["calls"]["calls"]
    assert [[end["id"] for end in call["ends"]] for call in calls] == [
        want["ends"] for want in wanted["calls"]
    ]
    for call, want in zip(calls, wanted["calls"], strict=True):
        assert call["from"] == want["from"]
        assert call["outcomes"] == want["outcomes"]
        assert call["stands"] == want["stands"]
        assert call.get("about", []) == [int(seq) for seq in want["about"]]
        assert call.get("differences", {}) == want.get("differences", {})
        late = {
            e["id"]: [e["began"], e["entered_at"]] for e in call["ends"] if e["entered"] == "late"
        }
        assert late == want.get("late", {})
    assert found["calls"]["counts"] == [
        {k: int(v) if v.isdigit() else v for k, v in want.items()} for want in wanted["counts"]
    ]


@pytest.mark.row("A18")
def test_relays(found, wanted):
    assert len(found["relays"]) == len(wanted["relays"])
    for relay, want in zip(found["relays"], wanted["relays"], strict=True):
        _same(relay, want, f"relay {want['of']}")
        assert ("age_s" in relay) == ("age_s" in want), "only what is outstanding has an age"


@pytest.mark.row("S6")
def test_queries(found, wanted):
    for answer, want in zip(found["queries"], wanted["queries"], strict=True):
        beside = want.pop("though", [])
        _same(answer, want, f"query {want['id']}")
        for call in beside:
            assert f"{call}:" in answer["because"], "who reads 'not in these logs' hears of it"


@pytest.mark.row("A12", "R3")
def test_statements(found, wanted):
    for want in wanted["statements"]:
        key = "at" if "at" in want else "last_test"
        (statement,) = [
            s
            for s in found["statements"]
            if s["about"] == want["about"] and s.get("id") == want["id"] and s[key] == want[key]
        ]
        _same(statement, want, f"statement {want['about']} {want['id']}")
