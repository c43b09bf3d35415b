"""`parley replay`: tables for a person, one JSON document for a program, one line for bad input."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from parley.app.cli.main import main

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SECTIONS = {
    "places", "crossings", "presence", "encounters", "messages", "zones", "queries", "statements",
}  # fmt: skip
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch, capsys) -> Run:
    def parley(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["parley", "replay", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return parley


@pytest.fixture
def folder(tmp_path) -> Path:
    return Path(shutil.copytree(EXAMPLES / "wildfire-civil", tmp_path / "fire"))


def _change(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


@pytest.mark.parametrize("name", ["syria-2017-06", "wildfire-civil"])
def test_answers_are_one_json_document_with_sorted_keys(run, name):
    code, out, err = run(EXAMPLES / name, "--answers", "--json")
    assert (code, err) == (0, "")
    document = json.loads(out)
    assert set(document) >= SECTIONS
    assert out.count("\n") == 1
    assert out.strip() == json.dumps(
        document, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    assert run(EXAMPLES / name, "--answers", "--json")[1] == out


def test_tables_show_every_section_and_what_matters(run):
    code, out, _ = run(EXAMPLES / "syria-2017-06", "--answers")
    assert code == 0
    for words in (
        "undecided (as drawn",
        "(without",
        "dwell exceeded",
        "06:15:00 calls commander of COAL",
        "not told: COAL-unit-2",
        "9.0 km apart",
        "CONTESTED",
        "not in these logs",
    ):
        assert words in out.replace("\n", " "), words
    code, out, _ = run(EXAMPLES / "wildfire-civil", "--answers")
    assert "2026-08-14T19:50:00Z" in out
    assert "hot, in force" in out


def test_without_answers_it_says_what_the_scenario_holds(run):
    code, out, _ = run(EXAMPLES / "wildfire-civil")
    assert code == 0
    assert "wildfire-civil: understood" in out
    assert "11  parties" in out


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("timeline.yaml", "horizontal_nm: 0.5", "horizontal_mn: 0.5", "'horizontal_nm'"),
        ("timeline.yaml", "id: HOSP,", "id: MEDEVAC,", "MEDEVAC"),
        ("timeline.yaml", "ack_deadline_s: 300", "ack_deadlin_s: 300", "'ack_deadline_s'"),
        ("geo.geojson", "2026-08-14T19:02:00Z", "2026-08-14T18:02:00Z", "row 4"),
        ("geo.geojson", "43.59944", "143.59944", "latitude is 143.59944"),
        ("geo.geojson", '"zone_authority"', '"zone_autority"', "'zone_authority'"),
        ("geo.geojson", "[-115.84146, 43.1489]", "[-115.1, 43.3]", "MOA-E"),
        ("geo.geojson", '"type"', '"type', "JSON"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(run, folder, file, old, new, says):
    if file == "geo.geojson":
        text = json.dumps(json.loads((folder / file).read_text("utf-8")))
        (folder / file).write_text(text, "utf-8")
    _change(folder / file, old, new)
    code, out, err = run(folder, "--answers", "--json")
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert says in err


def test_a_folder_that_is_none_is_one_line_and_exit_2(run, tmp_path):
    code, _, err = run(tmp_path / "nothing", "--answers")
    assert code == 2
    assert err.count("\n") == 1
    assert "timeline.yaml" in err


def test_json_wants_answers(run):
    code, _, err = run(EXAMPLES / "wildfire-civil", "--json")
    assert code == 2
    assert "--answers" in err


def test_characters_that_a_terminal_would_obey_are_escaped(run, folder):
    text = json.dumps(json.loads((folder / "geo.geojson").read_text("utf-8")))
    text = text.replace("helibase (fictional)", "helibase \\u001b[31m[red]")
    (folder / "geo.geojson").write_text(text, "utf-8")
    code, out, _ = run(folder, "--answers")
    assert code == 0
    assert "\x1b" not in out
    assert "[red]" in out
