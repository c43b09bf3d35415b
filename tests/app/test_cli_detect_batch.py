"""`parley detect` on folders: the same output as of one file, what is said, and what is refused."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
import typer
from typer.testing import CliRunner

from app.dayskit import fleet, spoiled, table_of, write_days
from parley.app.cli.detect import detect
from parley.app.kernel_cache import COMPILING, VARIABLE
from parley.detect import all_pairs, encounters

app = typer.Typer()
app.command("detect")(detect)


@app.callback()
def _root():
    """So that `detect` stays a command of its own."""


@pytest.fixture(scope="module", autouse=True)
def _compiled():
    """Nothing is said of compiling then: the counts of lines here are those of a later run."""
    encounters.warm()
    all_pairs.warm()


def run(*arguments):
    return CliRunner().invoke(app, ["detect", *(str(argument) for argument in arguments)])


def refused(*arguments):
    """The one line of an exit 2."""
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1, result.stderr
    return result.stderr


@pytest.fixture(scope="module")
def days(tmp_path_factory):
    """Traffic over midnight as folders by day, and the same as one file."""
    folder = tmp_path_factory.mktemp("days")
    rng = np.random.default_rng(2)
    rows = spoiled(rng, fleet(rng, "antimeridian", aircraft=6, minutes=12))
    pyarrow.parquet.write_table(table_of(rows), folder / "all.parquet")
    return write_days(folder / "hive", rows), folder / "all.parquet"


def test_a_folder_gives_what_its_file_gives(days, tmp_path):
    folder, file = days
    one, many = run(file), run(folder, "--workers", 1)
    assert (one.exit_code, many.exit_code) == (0, 0), many.output
    assert len(one.stdout.splitlines()) > 4
    assert many.stdout == one.stdout
    # All that is said but the names of the files.
    assert many.stderr.splitlines()[1:] == one.stderr.splitlines()[1:]
    counts = one.stderr.splitlines()[0].partition(": ")[2]
    assert many.stderr.splitlines()[0] == f"hive (4 files, 2 partitions): {counts}"
    assert run(folder, "--workers", 1, "--json").stdout == run(file, "--json").stdout
    for kind in ("parquet", "csv", "jsonl"):
        for source, name in ((file, "one"), (folder, "many")):
            options = ("--workers", 1) if source == folder else ()
            result = run(source, *options, "-o", tmp_path / f"{name}.{kind}")
            assert (result.exit_code, result.stdout) == (0, "")
        same = (tmp_path / f"one.{kind}").read_bytes() == (tmp_path / f"many.{kind}").read_bytes()
        assert same, kind
    assert not list(tmp_path.glob("*.half"))


def test_predictions_of_a_folder_are_those_of_its_file(days, tmp_path):
    folder, file = days
    options = ("--mode", "predict", "--lookahead", "60s", "--every", "20s", "--json")
    one, many = run(file, *options), run(folder, "--workers", 1, *options)
    assert one.exit_code == many.exit_code == 0, many.output
    assert many.stdout == one.stdout
    rows = [json.loads(line) for line in one.stdout.splitlines()]
    assert {row["came_to_it"] for row in rows if row["first_predicted"]} == {True, False}
    assert "encounters without a warning" in many.stderr


def test_a_work_folder_is_gone_on_with(days, tmp_path):
    folder, _ = days
    first = run(folder, "--workers", 1, "--work", tmp_path / "w", "--json")
    made = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "w").iterdir()}
    again = run(folder, "--workers", 1, "--work", tmp_path / "w", "--json")
    assert again.stdout == first.stdout
    assert made == {path.name: path.stat().st_mtime_ns for path in (tmp_path / "w").iterdir()}
    said = refused(folder, "--workers", 1, "--work", tmp_path / "w", "--max-gap", "30s")
    assert "of other inputs, options or of another version" in said
    other = run(folder, "--workers", 1, "--work", tmp_path / "w", "--max-gap", "30s", "--restart")
    assert other.exit_code == 0
    assert "gaps longer than 30 s" in other.stderr


def test_days_without_reports_and_instants_without_a_zone_are_said(tmp_path):
    rows = fleet(np.random.default_rng(4), "equator", aircraft=2, minutes=4)
    later = [{**row, "timestamp": row["timestamp"] + 4 * 86_400_000_000} for row in rows]
    (tmp_path / "f").mkdir()
    naive = pa.timestamp("us")
    pyarrow.parquet.write_table(table_of(rows, kind=naive), tmp_path / "f" / "a.parquet")
    pyarrow.parquet.write_table(table_of(later), tmp_path / "f" / "b.parquet")
    pyarrow.parquet.write_table(table_of(rows).slice(0, 0), tmp_path / "f" / "c.parquet")
    result = run(tmp_path / "f", "--workers", 1)
    assert result.exit_code == 0, result.output
    assert "taken as UTC: the instants of 1 files without a time zone" in result.stderr
    assert "no reports at all on 2 days in between" in result.stderr


def test_a_folder_whose_files_are_empty_says_so(tmp_path):
    (tmp_path / "f").mkdir()
    rows = fleet(np.random.default_rng(4), "equator", aircraft=2, minutes=4)
    pyarrow.parquet.write_table(table_of(rows).slice(0, 0), tmp_path / "f" / "c.parquet")
    result = run(tmp_path / "f", "--workers", 1)
    assert result.exit_code == 0, result.output
    assert "0 reports, 0 used of 0 aircraft\n" in result.stderr
    assert "0 episodes of 0 pairs" in result.stderr


def test_bad_folders_and_options_are_one_line(days, tmp_path):
    folder, file = days
    (tmp_path / "empty").mkdir()
    assert "a folder without a .parquet file" in refused(tmp_path / "empty")
    csv = tmp_path / "t.csv"
    pyarrow.csv.write_csv(pyarrow.parquet.read_table(file).slice(0, 3), csv)
    assert "wanted Parquet beside folders" in refused(folder, csv)
    assert "wanted Parquet beside folders" in refused(csv, "--workers", 1)
    assert "--memory is lots, wanted a size" in refused(folder, "--memory", "lots")
    assert "GB for each worker" in refused(folder, "--memory", "100MB", "--workers", 1)
    assert "--partition-rows is 7" in refused(folder, "--partition-rows", 7)
    assert "--workers is -1" in refused(folder, "--workers", -1)
    assert "wanted --work DIR beside it" in refused(folder, "--restart", "--workers", 1)
    assert "--mode is guess, wanted encounters or predict" in refused(file, "--mode", "guess")
    ahead = ("--mode", "predict", "--lookahead")
    assert "lookahead in seconds" in refused(file, *ahead, "2h")
    assert "seconds between predictions" in refused(file, *ahead, "60s", "--every", "90s")
    assert "longest gap in seconds" in refused(folder, "--max-gap", "25h", "--workers", 1)
    inside = next(folder.rglob("*.parquet"))
    assert "wanted another file than the recording" in refused(folder, "-o", inside)


def test_a_bad_file_in_a_folder_is_named_with_row_and_field(tmp_path):
    rows = fleet(np.random.default_rng(4), "equator", aircraft=2, minutes=4)
    folder = tmp_path / "f"
    folder.mkdir()
    pyarrow.parquet.write_table(table_of(rows), folder / "a.parquet")
    bad = table_of(rows).drop_columns(["altitude"])
    pyarrow.parquet.write_table(bad, folder / "b.parquet")
    assert "b.parquet column altitude is missing" in refused(folder, "--workers", 1)
    (folder / "b.parquet").write_bytes(b"PAR1")
    assert "b.parquet is not readable as Parquet" in refused(folder, "--workers", 1)


def test_one_aircraft_at_two_places_in_two_files_is_refused_by_both_rows(tmp_path):
    rows = fleet(np.random.default_rng(4), "equator", aircraft=2, minutes=4)
    folder = tmp_path / "f"
    folder.mkdir()
    pyarrow.parquet.write_table(table_of(rows), folder / "a.parquet")
    moved = {**rows[0], "latitude": 5.0}
    pyarrow.parquet.write_table(table_of([moved]), folder / "b.parquet")
    said = refused(folder, "--workers", 1)
    assert f"b.parquet row 1 position of {rows[0]['icao24']} is 5.0, " in said
    assert "a.parquet row " in said
    assert "keep one of the two" in said


def test_what_a_folder_passes_over_is_counted(days, tmp_path):
    folder, file = days
    mixed = tmp_path / "mixed"
    mixed.mkdir()
    (mixed / "a.parquet").write_bytes(file.read_bytes())
    for name in ("b.csv", "c.CSV", "d.json.gz", "E.PARQUET", "notes.txt", "_hidden.csv"):
        (mixed / name).write_text("")
    result = run(mixed, "--workers", 1)
    assert result.exit_code == 0, result.output
    assert result.stderr.splitlines()[0] == (
        "passed over: 2 .csv, 1 .json.gz, 1 .parquet in folders, where only .parquet is read"
    )
    assert "passed over" not in run(folder, "--workers", 1).stderr


def test_a_first_run_says_that_it_compiles(days, tmp_path, monkeypatch):
    """Not on a terminal either: a minute of silence reads as a program that hangs."""
    _, file = days
    assert COMPILING not in run(file).stderr
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    cold = run(file)
    assert cold.exit_code == 0
    assert cold.stderr.splitlines()[0] == COMPILING
    assert cold.stdout == run(file).stdout
