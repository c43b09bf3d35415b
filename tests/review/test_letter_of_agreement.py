"""A day under an invented letter of agreement: each clause beside the oracle, and copies."""

from __future__ import annotations

import pytest
import yaml
from builders import make_example_oracle as oracle

from parley.world.clauses import CLAUSE_KINDS
from review.examplekit import compared, documents, judged, key_of, scenario_of

NAME = "letter-of-agreement"


@pytest.mark.row("R8", "S14", "S20")
def test_the_engine_says_of_each_clause_what_the_oracle_says() -> None:
    timeline, geometry, text = documents(NAME)
    expected = yaml.safe_load((oracle.EXAMPLES / NAME / "expected.yaml").read_text("utf-8"))
    found = judged(scenario_of(timeline, geometry, text))
    compared(found, expected["verdicts"])
    assert {v.kind for v in found} == set(CLAUSE_KINDS), "the letter has a clause of every kind"


def clause(text, clause_id: str):
    return next(c for c in text["clauses"] if c["id"] == clause_id)


def message(timeline, seq: int):
    return next(m for m in timeline["messages"] if m["seq"] == seq)


def agree(timeline, geometry, text):
    """Check the engine against the oracle on a copy; return the verdicts by name."""
    found = judged(scenario_of(timeline, geometry, text))
    compared(found, oracle.judged(timeline, geometry, text))
    return {key_of(v): v.verdict for v in found}


def test_the_expected_verdicts_are_those_that_the_oracle_writes() -> None:
    assert (oracle.EXAMPLES / NAME / "expected.yaml").read_text("utf-8") == oracle.text_of(NAME)


@pytest.mark.row("R8", "R4", "R14", "S14", "S20", "S21")
def test_the_day_in_words() -> None:
    timeline, geometry, text = documents(NAME)
    scenario = scenario_of(timeline, geometry, text)
    said = {key_of(v): v for v in judged(scenario)}
    word = {key: v.verdict for key, v in said.items()}
    # Released with confirmation: in time, later, refused; only its owner speaks for it.
    assert [word["7", "RANGE", f"message {n}", "asked", "NEIGHBOUR"] for n in (13, 21, 26)] == [
        "met", "late", "not triggered",
    ]  # fmt: skip
    assert word["7", "CELL", "message 28", "said", ""] == "missed"
    # Bookings one after the other: the second came ten minutes before, and 9 km beside its place.
    assert word["6", "RANGE", "message 40", "lead", "NEIGHBOUR"] == "met"
    assert word["6", "RANGE", "message 43", "lead", "NEIGHBOUR"] == "late"
    assert word["25", "RANGE", "message 43", "KARST-FIELD", "CELL"] == "missed"
    assert word["6", "RANGE", "message 46", "lead", "CELL"] == "met", "an emergency, it says"
    # Of two units one was told; one was told and has not loaded it.
    assert word["6", "NEIGHBOUR", "message 40", "north-sector", "RANGE"] == "met"
    assert word["6", "NEIGHBOUR", "message 40", "approach", "RANGE"] == "missed"
    assert word["18", "RANGE", "message 31", "range-safety", "NEIGHBOUR"] == "missed"
    # Suspended: a plain notice makes no duty, what is about lives does.
    assert word["6", "RANGE", "message 60", "lead", "CELL"] == "no duty"
    assert word["4", "NEIGHBOUR", "message 61", "medevac.request", "CELL"] == "late"
    assert word["24", "NEIGHBOUR", "message 57", "suspended", "CELL"] == "met"
    # An ambulance that had way, a watch with gaps, a notice that went stale.
    assert word["14", "RANGE", "message 49", "way", "NEIGHBOUR"] == "met"
    watched = [word["2", party, "watch", "", ""] for party in ("CELL", "RANGE", "NEIGHBOUR")]
    assert watched == ["met", "late", "missed"]
    stale = said["S-DAY", "RANGE", "message 10", "emission.notice", "CELL"]
    assert (stale.verdict, stale.measure.value) == ("missed", 46_800)
    # Reservations stand beside what is judged, and nothing judges them.
    apart = said["9", "CELL", "NEIGHBOUR", "C-11 and N-21", "", ""]
    assert apart.reservations == (
        "NEIGHBOUR: Interception under national rules is not limited by this article.",
    )
    assert [a.standing for a in scenario.agreements[0].actors] == ["civil user", "non-party"]


# ---- changed copies ------------------------------------------------------------------------------


@pytest.mark.row("R8", "S14")
def test_other_minima() -> None:
    timeline, geometry, text = documents(NAME)
    clause(text, "9")["dwell"] = "10 min"
    clause(text, "10")["horizontal"] = "2 NM"
    clause(text, "11")["distance"] = "1 NM"
    clause(text, "25")["named_place_within"] = "10 km"
    said = agree(timeline, geometry, text)
    assert said["9", "CELL", "NEIGHBOUR", "C-11 and N-21", "", ""] == "met"
    assert said["10", "CELL", "RANGE", "C-12 and U-1", "", ""] == "met"
    assert said["25", "RANGE", "message 43", "KARST-FIELD", "CELL"] == "met"


@pytest.mark.row("R8", "R4")
def test_other_deadlines() -> None:
    timeline, geometry, text = documents(NAME)
    clause(text, "6").update(
        {"lead": "45 min", "units_before": "20 min", "content": ["window", "area"]}
    )
    clause(text, "4")["within"] = "25 s"
    clause(text, "5")["within"] = "30 s"
    clause(text, "7").update({"cold_within": "10 min", "notice": "10 min"})
    clause(text, "14")["within"] = "2 min"
    clause(text, "18").update({"before": "1 min", "loaded": False})
    clause(text, "22")["initial"] = "5 h"
    clause(text, "24")["notice"] = "2 h"
    clause(text, "2")["gap"] = "30 min"
    timeline["agreements"][0]["clauses"][1]["reconfirm_every"] = "PT13H"
    said = agree(timeline, geometry, text)
    assert said["6", "RANGE", "message 40", "lead", "CELL"] == "late"
    assert said["7", "RANGE", "message 21", "asked", "NEIGHBOUR"] == "met"
    assert said["14", "RANGE", "message 49", "way", "NEIGHBOUR"] == "late"
    assert said["18", "RANGE", "message 31", "range-safety", "NEIGHBOUR"] == "met"
    assert said["22", "CELL", "message 38", "initial", "NEIGHBOUR"] == "late"
    assert said["24", "NEIGHBOUR", "message 57", "suspended", "CELL"] == "late"
    assert said["2", "RANGE", "watch", "", ""] == "met"
    assert said["S-DAY", "RANGE", "message 10", "emission.notice", "CELL"] == "met"


@pytest.mark.row("R8", "R4", "R14")
def test_other_times_and_people() -> None:
    timeline, geometry, text = documents(NAME)
    message(timeline, 15)["t"] = "2027-06-01T08:56:00Z"
    message(timeline, 16)["t"] = message(timeline, 17)["t"] = "2027-06-01T08:57:00Z"
    message(timeline, 43)["t"] = "2027-06-01T14:25:00Z"
    message(timeline, 43)["centre"] = [15.3, 44.53]
    message(timeline, 51)["t"] = "2027-06-01T15:26:00Z"
    message(timeline, 57)["effective"] = "2027-06-01T18:30:00Z"
    timeline["distribution_receipts"].append(
        {"of": 40, "party": "NEIGHBOUR", "unit": "approach", "t": "2027-06-01T13:49:00Z"}
    )
    timeline["presence"].append(
        {"party": "NEIGHBOUR", "line": "LINE-KARST", "from": "2027-06-01T21:05:00Z",
         "to": "2027-06-01T22:00:00Z"}
    )  # fmt: skip
    timeline["confirmations"] += [
        {"of": 10, "t": f"2027-06-01T{hour}:00:00Z", "until": "2027-06-03T06:00:00Z"}
        for hour in (12, 15, 18, 21)
    ]
    said = agree(timeline, geometry, text)
    assert said["7", "RANGE", "message 13", "asked", "NEIGHBOUR"] == "late"
    assert said["6", "RANGE", "message 43", "lead", "CELL"] == "met"
    assert said["14", "RANGE", "message 49", "way", "NEIGHBOUR"] == "late"
    assert said["24", "NEIGHBOUR", "message 57", "suspended", "CELL"] == "late"
    assert said["6", "NEIGHBOUR", "message 40", "approach", "RANGE"] == "met"
    assert said["2", "NEIGHBOUR", "watch", "", ""] == "met"
    assert said["S-DAY", "RANGE", "message 10", "emission.notice", "CELL"] == "met"


@pytest.mark.row("R8")
def test_other_ground() -> None:
    timeline, geometry, text = documents(NAME)
    text["zones"][0]["shape"]["circle"]["radius"] = "2 NM"
    for feature in geometry["features"]:
        if feature["properties"]["id"] == "C-13":
            feature["properties"]["type"] = "unmanned"
    clause(text, "12")["applies_to"] = {"parties": ["RANGE"]}
    del timeline["agreements"][0]["clauses"][0]
    said = agree(timeline, geometry, text)
    assert said["11", "CELL", "C-13", "", ""] == "no duty"
    assert said["12", "CELL", "C-13", "", ""] == "no duty"
    assert said["8", "NEIGHBOUR", "N-22", "", ""] == "not checkable", "no longer the only channel"
