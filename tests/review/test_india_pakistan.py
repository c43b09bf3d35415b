"""The agreement of 1991 on invented flights: each article kept and broken, and changed copies."""

from __future__ import annotations

import copy
from datetime import datetime, timedelta

import pytest
import yaml
from builders import make_example_oracle as oracle

from longer import first_or_all
from parley.app.cli.replay import read_scenario
from parley.world.faults import InputFault
from review.examplekit import compared, documents, judged, key_of, scenario_of

NAME = "india-pakistan-1991"
ARTICLES = ("1-IND", "1-PAK", "1-REPORT", "2a", "2b", "3-NEAR", "3")


def clause(text, clause_id: str):
    return next(c for c in text["clauses"] if c["id"] == clause_id)


def message(timeline, seq: int):
    return next(m for m in timeline["messages"] if m["seq"] == seq)


def track(geometry, name: str):
    return next(f for f in geometry["features"] if f["properties"]["id"] == name)


def later(text: str, seconds_s: float) -> str:
    return (datetime.fromisoformat(text) + timedelta(seconds=seconds_s)).isoformat()


def agree(timeline, geometry, text):
    """Check the engine against the oracle on a copy; return the verdicts by name."""
    found = judged(scenario_of(timeline, geometry, text))
    compared(found, oracle.judged(timeline, geometry, text))
    return {key_of(v)[0:1] + key_of(v)[2:4]: v.verdict for v in found}


@pytest.mark.row("R8", "S14")
def test_the_engine_says_of_each_article_what_the_oracle_says() -> None:
    timeline, geometry, text = documents(NAME)
    expected = yaml.safe_load((oracle.EXAMPLES / NAME / "expected.yaml").read_text("utf-8"))
    found = judged(scenario_of(timeline, geometry, text))
    compared(found, expected["verdicts"])
    for article in ARTICLES:
        words = {v.verdict for v in found if v.clause == article}
        assert "met" in words, article
        assert words & {"late", "missed"}, article


def test_the_expected_verdicts_are_those_that_the_oracle_writes() -> None:
    assert (oracle.EXAMPLES / NAME / "expected.yaml").read_text("utf-8") == oracle.text_of(NAME)


@pytest.mark.row("R8")
def test_the_story_in_words() -> None:
    said = agree(*documents(NAME))
    assert said["2a", "PC-12", ""] == "met"
    assert said["2a", "IC-8", ""] == "missed"
    assert said["2a", "IC-BAND", ""] == "not checkable", "10.05 km from a line known to 100 m"
    assert said["2a", "PX-5", ""] == "not checkable", "nobody says of which class it is"
    assert (said["2b", "PT-2", ""], said["2b", "IT-500", ""]) == ("met", "missed")
    assert said["3-NEAR", "PM-FULL", ""] == "met"
    assert said["3", "message 5", "lead"] == "late"
    assert said["3", "message 3", "content"] == "missed"
    assert said["3-NEAR", "IM-NONE", ""] == "missed"
    assert said["1-IND", "IT-CLEAR", ""] == "met", "cleared, so no violation"
    assert said["1-PAK", "PT-STRAY", ""] == "missed"
    assert [said["1-REPORT", f"message {n}", "initial"] for n in (11, 12, 13)] == [
        "met", "late", "missed",
    ]  # fmt: skip


# ---- changed copies ------------------------------------------------------------------------------


@pytest.mark.row("R8", "S14")
@pytest.mark.parametrize("north_deg", first_or_all([0.027, -0.027]))
def test_the_line_moved_by_three_kilometres(north_deg: float) -> None:
    timeline, geometry, text = documents(NAME)
    for vertex in text["boundaries"][0]["vertices"]:
        vertex["lat_deg"] += north_deg
    said = agree(timeline, geometry, text)
    # Northwards it goes away from India's flights; southwards towards them and beyond.
    assert said["2a", "IC-8", ""] == ("met" if north_deg > 0 else "missed")
    assert said["2b", "IT-500", ""] == ("met" if north_deg > 0 else "missed")


@pytest.mark.row("R8")
def test_other_classes() -> None:
    timeline, geometry, text = documents(NAME)
    track(geometry, "IC-8")["properties"]["type"] = "transport"
    track(geometry, "PT-2")["properties"]["type"] = "combat"
    track(geometry, "PX-5")["properties"]["aircraft_class"] = "transport"
    del track(geometry, "IT-500")["properties"]["type"]
    said = agree(timeline, geometry, text)
    assert (said["2a", "IC-8", ""], said["2a", "PT-2", ""]) == ("no duty", "missed")
    assert (said["2a", "PX-5", ""], said["2b", "PX-5", ""]) == ("no duty", "met")
    assert said["2a", "IT-500", ""] == said["2b", "IT-500", ""] == "not checkable"


@pytest.mark.row("R8")
@pytest.mark.parametrize("shift_s", first_or_all([-90_000.0, 90_000.0]))
def test_notices_and_reports_at_other_times(shift_s: float) -> None:
    timeline, geometry, text = documents(NAME)
    for seq in (1, 3, 5):
        message(timeline, seq)["t"] = later(message(timeline, seq)["t"], shift_s)
        answer = message(timeline, seq + 1)
        answer["t"] = later(answer["t"], max(0.0, shift_s))
    timeline["messages"].sort(key=lambda m: datetime.fromisoformat(m["t"]))
    for seq in (14, 16):
        message(timeline, seq)["t"] = later(message(timeline, seq)["t"], -shift_s)
    said = agree(timeline, geometry, text)
    assert said["3", "message 3", "lead"] == ("met" if shift_s < 0 else "late")
    assert said["1-REPORT", "message 12", "initial"] == ("late" if shift_s < 0 else "met")
    assert said["3-NEAR", "PM-SHORT", ""] == ("met" if shift_s < 0 else "late")


@pytest.mark.row("R8", "S14")
@pytest.mark.parametrize(
    ("combat", "transport", "lead", "initial"),
    first_or_all(
        [("5 km", "3 km", "2 h", "9 days"), ("13 km", "380 m", "3 days", "2 days"),
         ("6 NM", "1 NM", "12 h", "1 days")]
    ),
)  # fmt: skip
def test_other_minima_and_deadlines(combat, transport, lead, initial) -> None:
    timeline, geometry, text = documents(NAME)
    clause(text, "2a")["distance"] = combat
    clause(text, "2b")["distance"] = transport
    clause(text, "3")["lead"] = lead
    clause(text, "1-REPORT")["initial"] = initial
    said = agree(timeline, geometry, text)
    assert said["2a", "PC-12", ""] == ("missed" if combat == "13 km" else "met")
    assert said["2b", "PT-2", ""] == ("missed" if transport == "3 km" else "met")


@pytest.mark.row("R8", "S14")
def test_where_the_logs_are_not_the_only_channel_silence_decides_nothing() -> None:
    timeline, geometry, text = documents(NAME)
    del timeline["agreements"][0]["clauses"]
    said = agree(timeline, geometry, text)
    for name in (("2a", "IC-8"), ("2b", "IT-500"), ("3-NEAR", "IM-NONE"), ("1-PAK", "PT-STRAY")):
        assert said[(*name, "")] == "not checkable", name
    assert said["2a", "PC-12", ""] == "met"
    assert said["3", "message 3", "content"] == "missed", "what was said lacks it"


@pytest.mark.row("R8")
def test_a_clearance_that_was_refused_or_came_after_or_names_another() -> None:
    timeline, geometry, text = documents(NAME)
    refused = copy.deepcopy(timeline)
    message(refused, 10)["kind"] = "refusal"
    assert agree(refused, geometry, text)["1-IND", "IT-CLEAR", ""] == "missed"
    after = copy.deepcopy(timeline)
    message(after, 9)["t"], message(after, 10)["t"] = "1995-03-14T08:06:00Z", "1995-03-14T08:06:30Z"
    assert agree(after, geometry, text)["1-IND", "IT-CLEAR", ""] == "late"
    another = copy.deepcopy(timeline)
    message(another, 9)["flight"] = "IC-8"
    said = agree(another, geometry, text)
    assert said["1-IND", "IT-CLEAR", ""] == said["2b", "IT-CLEAR", ""] == "missed"


@pytest.mark.row("R8")
def test_nobody_clears_itself() -> None:
    timeline, geometry, text = documents(NAME)
    message(timeline, 9)["from"], message(timeline, 9)["to"] = "IND", "PAK"
    message(timeline, 10)["from"], message(timeline, 10)["to"] = "PAK", "IND"
    found = {key_of(v): v for v in judged(scenario_of(timeline, geometry, text))}
    assert found["1-IND", "IND", "IT-CLEAR", "", ""].verdict == "missed"
    assert found["2b", "IND", "IT-CLEAR", "", ""].verdict == "missed"


def test_a_document_that_is_another_or_cannot_be_read_is_refused() -> None:
    timeline, geometry, text = documents(NAME)
    timeline["agreements"][0]["id"] = "IND-PAK-1992"
    with pytest.raises(InputFault, match="IND-PAK-1991, as"):
        scenario_of(timeline, geometry, text)
    timeline, geometry, text = documents(NAME)
    timeline["agreements"][0]["title"] = "mine"
    with pytest.raises(InputFault, match="id, document and clauses only"):
        scenario_of(timeline, geometry, text)


@pytest.mark.parametrize("name", ["../../secret.toml", "/etc/passwd", "../agreements/nothing.toml"])
def test_a_story_names_documents_in_its_folder_or_beside_it_only(tmp_path, name: str) -> None:
    folder = tmp_path / "examples" / "story"
    folder.mkdir(parents=True)
    (tmp_path / "secret.toml").write_text("id = 'x'", "utf-8")
    written = (oracle.EXAMPLES / NAME / "timeline.yaml").read_text("utf-8")
    text = written.replace("../agreements/india-pakistan-1991.toml", name)
    (folder / "timeline.yaml").write_text(text, "utf-8")
    (folder / "geo.geojson").write_bytes((oracle.EXAMPLES / NAME / "geo.geojson").read_bytes())
    with pytest.raises(InputFault) as fault:
        read_scenario(folder)
    assert name in str(fault.value)
    assert "passwd" not in str(fault.value).replace(name, "")
