"""`parley agreement verdicts`, `explain`, `report`: from a scenario's folder and from a node."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.twonodes import parley_here, say, until

pytest_plugins = ["app.sharednodes"]
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SYRIA, FIRE = EXAMPLES / "syria-2017-06", EXAMPLES / "wildfire-civil"


@pytest.fixture
def run(capsys):
    return lambda *arguments: parley_here(capsys, "agreement", *arguments)


@pytest.mark.row("R8", "S14")
def test_a_scenario_is_judged_and_the_exit_code_says_whether_something_is_late(run) -> None:
    code, out, err = run("verdicts", SYRIA, "--clause", "M3")
    assert (code, err) == (1, "")
    lines = out.splitlines()
    assert lines[1].startswith("0 missed; 1 late; ")
    assert lines[4].startswith(
        "  LATE           COAL towards RUS: free.text of RUS: answered after 27 min"
    )
    assert lines[5].strip() == "message 10; message 11"
    code, out, err = run("verdicts", SYRIA, "--clause", "M6")
    assert (code, err) == (0, "")
    assert "MET            RUS towards COAL: suspended by RUS: notice 1 h against 1 h" in out
    code, out, _ = run("verdicts", SYRIA, "--clause", "M3", "--as-of", "2017-06-20T06:31:00Z")
    assert (code, "MISSED" in out, "LATE" in out) == (1, True, False)


@pytest.mark.row("R8")
def test_the_worst_clause_comes_first_and_json_has_all(run) -> None:
    code, out, _ = run("verdicts", FIRE, "--agreement", "AGR-RANGE", "--json")
    view = json.loads(out)
    assert code == 1
    assert sum(view["counts"].values()) == len(view["verdicts"])
    late = [v for v in view["verdicts"] if v["verdict"] == "late"]
    assert [(v["clause"], v["measure"]["off_quantity"]) for v in late] == [("R1", 210.0)]
    assert {each["cite"] for each in view["cited"]} >= {"message 9", "message 10"}
    _, out, _ = run("verdicts", FIRE, "--agreement", "AGR-RANGE")
    heads = [line for line in out.splitlines() if line.startswith("AGR-RANGE ")]
    assert heads[0].startswith("AGR-RANGE R2 (line_test")
    assert heads[1].startswith("AGR-RANGE R1 (notification")


@pytest.mark.row("R8", "S20")
def test_a_clause_is_explained_with_units_and_everything_it_rests_on(run) -> None:
    code, out, err = run("explain", "M3", SYRIA)
    assert (code, err) == (0, "")
    assert "AGR-MOU-2015 M3: acknowledgement" in out
    assert "  within_s: 60 s" in out
    assert "  message 10: 2017-06-20T06:05:00Z RUS to COAL: free.text" in out


@pytest.mark.row("S16", "S15")
def test_a_report_is_written_once(run, tmp_path) -> None:
    path = tmp_path / "report.md"
    window = ("--from", "2026-08-14T00:00:00Z", "--as-of", "2026-09-20T00:00:00Z")
    code, out, err = run("report", FIRE, "--agreement", "AGR-RANGE", *window, "--out", path)
    assert (code, err, out) == (0, "", f"wrote {path}\n")
    text = path.read_text("utf-8")
    assert "**answered in part**, in time, due 2026-08-15T21:30:00Z" in text
    assert "incident\\_report" not in text.partition("## Clauses")[0]
    assert "no final report by 2026-09-13T19:10:10Z" in text
    code, _, err = run("report", FIRE, "--out", path)
    assert code == 2
    assert "wanted a name that does not exist" in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("verdicts",), "wanted a scenario's folder, or --node"),
        (("verdicts", SYRIA, "--clause", "M33"), "did you mean 'M3'?"),
        (("verdicts", SYRIA, "--agreement", "AGR-MOU-2016"), "did you mean 'AGR-MOU-2015'?"),
        (("verdicts", SYRIA, "--from", "tomorrow"), "--from"),
        (("verdicts", SYRIA, "--from", "2030-01-01T00:00:00Z"), "wanted before its end"),
        (("verdicts", "--node", "http://x", "--tracks", "f.csv"), "are not sent to a node"),
    ],
)
def test_bad_usage_is_one_line(run, arguments, words: str) -> None:
    code, _, err = run(*arguments)
    assert code == 2
    assert words in err
    assert err.count("\n") == 1


# ---- a node --------------------------------------------------------------------------------------


@pytest.mark.row("R8", "S14")
def test_a_node_judges_by_its_own_logs(nodes, capsys) -> None:
    node = nodes["COAL"]
    assert node.act(**say()).status_code == 201
    mine = ("--node", node.url, "--token", node.token_file)

    def judged():
        code, out, err = parley_here(capsys, "agreement", "verdicts", *mine, "--json")
        assert err == ""
        assert code in (0, 1)
        return json.loads(out)

    until(lambda: judged()["verdicts"])
    view = judged()
    assert view["source"] == "logs"
    assert sum(view["counts"].values()) == len(view["verdicts"])
    for each in view["verdicts"]:
        assert each["because"]
        assert all(cite.startswith("parley.example/") for cite in each.get("cites", ()))
    later = datetime.fromtimestamp(time.time() + 60, UTC).isoformat()
    code, _, err = parley_here(capsys, "agreement", "verdicts", *mine, "--from", later)
    assert (code, "wanted before its end" in err) == (2, True)
    clause = view["verdicts"][0]["clause"]
    code, out, err = parley_here(capsys, "agreement", "explain", clause, *mine)
    assert (code, err) == (0, "")
    assert clause in out.splitlines()[0]
    code, out, err = parley_here(capsys, "agreement", "report", *mine)
    assert (code, err) == (0, "")
    assert "## Demands" in out
    code, _, err = parley_here(capsys, "agreement", "verdicts", *mine, "--agreement", "AGR-9")
    assert code == 2
    assert "AGR-9" in err
