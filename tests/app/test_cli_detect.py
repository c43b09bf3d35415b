"""`parley detect` from arguments to output: formats in and out, and one line for each bad input."""

from __future__ import annotations

import csv
import gzip
import json

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
import typer
from typer.testing import CliRunner

from parley.app.cli.detect import detect
from parley.detect import all_pairs, encounters
from shared_data import shared

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
    lines = result.stderr.splitlines()
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("parley detect: ")
    return lines[0]


def head_on(**changes):
    """Two aircraft nose to nose on the equator, 4 NM apart at first, 1 NM after 30 s."""
    rows = []
    for k in range(4):
        for icao24, lon, alt in (
            ("004010", 0.001 * 10 * k, 30000.0),
            ("3e6562", 0.0667 - 0.01 * k, 30500.0),
        ):
            rows.append(
                {
                    "timestamp": 1_600_000_000_000 + 10_000 * k,
                    "icao24": icao24,
                    "latitude": 0.0,
                    "longitude": lon,
                    "altitude": alt,
                    "callsign": "X",
                    "squawk": 7000.0 if k else "0",
                    "onground": False,
                }
            )
    for where, value in changes.items():
        column, _, row = where.rpartition("_")
        rows[int(row)][column] = value
    return rows


def write(path, rows):
    columns = {name: [row.get(name) for row in rows] for name in rows[0] if name != "squawk"}
    kind = path.name.partition(".")[2]
    if kind == "parquet":
        pyarrow.parquet.write_table(pa.table(columns), path)
    elif kind == "csv":
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    elif kind == "records.json.gz":
        path.write_bytes(gzip.compress(json.dumps(rows).encode()))
    elif kind == "lists.json":
        path.write_text(json.dumps(columns))
    else:
        path.write_text(
            json.dumps({n: {str(k): v for k, v in enumerate(c)} for n, c in columns.items()})
        )
    return path


FORMATS = ["t.parquet", "t.csv", "t.records.json.gz", "t.lists.json", "t.columns.json"]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_row(tmp_path, name):
    result = run(write(tmp_path / name, head_on()), "--json")
    assert result.exit_code == 0, result.output
    (row,) = [json.loads(line) for line in result.stdout.splitlines()]
    assert row["pair"] == ["004010", "3e6562"]
    assert (row["from"], row["to"]) == ("2020-09-13T12:26:40Z", "2020-09-13T12:27:10Z")
    assert row["dwell_s"] == 30.0
    assert row["least_horizontal_nm"] == pytest.approx(0.0067 * 111_319.4908 / 1852.0, abs=1e-5)
    assert row["least_horizontal_at"] == "2020-09-13T12:27:10Z"
    assert (row["vertical_then_ft"], row["least_vertical_ft"]) == (500.0, 500.0)


def test_the_table_is_aligned_and_talk_goes_to_stderr(tmp_path):
    result = run(write(tmp_path / "t.parquet", head_on()))
    heading, row = result.stdout.splitlines()
    assert heading.split() == [
        "pair", "from", "to", "dwell_s", "least_horizontal_nm", "at", "vertical_then_ft",
        "least_vertical_ft",
    ]  # fmt: skip
    assert row.index("2020-09-13T12:26:40.000Z") == heading.index("from")
    assert "8 reports, 8 used of 2 aircraft" in result.stderr
    assert "not watched: 0 gaps" in result.stderr
    assert "1 episodes of 1 pairs" in result.stderr


def test_an_empty_answer_says_what_was_looked_at(tmp_path):
    result = run(write(tmp_path / "t.parquet", head_on()), "--minima", "5NM,400ft")
    assert (result.exit_code, len(result.stdout.splitlines())) == (0, 1)
    assert "t.parquet" in result.stderr
    assert "0 episodes" in result.stderr


def test_results_are_written_as_parquet_csv_and_json_lines(tmp_path):
    recording = write(tmp_path / "t.csv", head_on())
    for name in ("o.parquet", "o.csv", "o.jsonl", "o.json"):
        result = run(recording, "-o", tmp_path / name)
        assert (result.exit_code, result.stdout) == (0, "")
    table = pyarrow.parquet.read_table(tmp_path / "o.parquet").to_pylist()
    assert table[0]["pair"] == ["004010", "3e6562"]
    assert table[0]["from"].isoformat() == "2020-09-13T12:26:40+00:00"
    written = pyarrow.csv.read_csv(tmp_path / "o.csv").to_pylist()[0]
    assert (written["pair"], written["dwell_s"]) == ("004010 3e6562", 30.0)
    lines = (tmp_path / "o.jsonl").read_text()
    assert json.loads(lines)["pair"] == ["004010", "3e6562"]
    assert (tmp_path / "o.json").read_text() == lines


def test_gap_ground_and_order_are_options(tmp_path):
    recording = write(tmp_path / "t.parquet", head_on())
    assert "0 episodes" in run(recording, "--max-gap", "9s").stderr
    grounded = write(tmp_path / "g.parquet", head_on(**{f"onground_{k}": True for k in range(8)}))
    assert "0 episodes" in run(grounded).stderr
    assert "1 episodes" in run(grounded, "--ground").stderr
    rows = head_on()
    backwards = write(tmp_path / "b.parquet", rows[::-1])
    assert "row 3 timestamp of 3e6562 is 2020-09-13T12:27:00Z" in refused(backwards)
    assert "1 episodes" in run(backwards, "--sort").stderr


def test_several_recordings_are_one_study(tmp_path):
    rows = head_on()
    one = write(tmp_path / "one.csv", [row for row in rows if row["icao24"] == "004010"])
    other = write(tmp_path / "other.parquet", [row for row in rows if row["icao24"] != "004010"])
    assert "1 episodes of 1 pairs" in run(one, other).stderr


def test_positions_that_are_nan_are_counted_and_not_fatal(tmp_path):
    for name in ("t.parquet", "t.csv", "t.records.json.gz"):
        result = run(write(tmp_path / name, head_on(latitude_2=None, longitude_4=None)))
        assert result.exit_code == 0, result.output
        assert "2 without a position (NaN)" in result.stderr
        assert "1 episodes" in result.stderr


@pytest.mark.parametrize("name", FORMATS)
def test_bad_input_is_one_line_that_names_file_row_field_and_limit(tmp_path, name):
    line = refused(write(tmp_path / name, head_on(latitude_5=100.0)))
    assert f"{name} row 6 latitude is 100.0, wanted -90 to 90 degrees" in line
    rows = [{k: v for k, v in row.items() if k != "altitude"} for row in head_on()]
    assert "column altitude is missing" in refused(write(tmp_path / name, rows))
    back = write(tmp_path / name, head_on(timestamp_4=1_600_000_000_000))
    assert "row 5 timestamp of 004010 is 2020-09-13T12:26:40Z" in refused(back)


def test_files_that_cannot_be_read_are_one_line(tmp_path):
    assert "unreadable (No such file" in refused(tmp_path / "none.parquet")
    assert "a folder" in refused(_folder(tmp_path))
    (tmp_path / "t.kml").write_text("x")
    assert "wanted a name that ends in .parquet" in refused(tmp_path / "t.kml")
    for name, data, said in [
        ("a.parquet", b"no", "not readable as Parquet"),
        ("a.json.gz", b"no", "not readable as gzip"),
        ("b.json.gz", gzip.compress(b"[1"), "not readable as JSON"),
        ("c.json.gz", gzip.compress(b"[{}]" * 9)[:-9], "not readable as gzip"),
        ("a.json", b"[1]", "row 1 is 1, wanted a JSON object"),
        ("b.json", b"[" * 100_000, "not readable as JSON"),
        ("c.json", b"3", "wanted a list of records"),
        ("d.json", b'{"latitude": [1], "longitude": [1, 2]}', "wanted one length"),
        ("e.json", b'[{"latitude": 1}, {"latitude": "x"}]', "row 2 latitude is x, wanted a number"),
        ("a.csv", b"", "not readable as CSV"),
        ("b.csv", b"a,b\n1,2\n1,2,3\n", "not readable as CSV (CSV parse error: Row #3"),
        ("c.csv", b"latitude,latitude\n1,2\n", "column latitude is there twice"),
    ]:
        (tmp_path / name).write_bytes(data)
        assert said in refused(tmp_path / name)


def _folder(tmp_path):
    folder = tmp_path / "folder.csv"
    folder.mkdir()
    return folder


def test_bad_options_are_one_line(tmp_path):
    recording = write(tmp_path / "t.parquet", head_on())
    assert "--minima is 5NM, wanted horizontal,vertical" in refused(recording, "--minima", "5NM")
    assert "--minima horizontal is 5" in refused(recording, "--minima", "5,1000ft")
    assert "vertical minimum" in refused(recording, "--minima", "5NM,0ft")
    assert "--max-gap is soon" in refused(recording, "--max-gap", "soon")
    assert "longest gap" in refused(recording, "--max-gap", "0s")
    assert "ends in .parquet, .csv, .jsonl or .json" in refused(
        recording, "-o", tmp_path / "o.xlsx"
    )
    assert "a folder that exists" in refused(recording, "-o", tmp_path / "none" / "o.csv")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("calfire.json.gz", "45 aircraft"),
        ("aircraft_carrier.json.gz", "1,689 without a position"),
        ("inflight_refuelling.json.gz", "1 without a position"),
        ("rega_sg.json.gz", "1,080 reports"),
        ("dreamliner_airfrance.json.gz", "1 pairs"),
    ],
)
def test_real_recordings_are_read(name, said):
    result = run(shared(f"data/tracks/{name}"))
    assert result.exit_code == 0, result.output
    assert said in result.stderr


def test_the_real_recording_whose_clock_went_back_is_refused_unless_sorted():
    glider = shared("data/tracks/danube_valley.json.gz")
    assert "row 1012 timestamp of 3e65c2 is 2019-05-23T12:15:06Z" in refused(glider)
    assert run(glider, "--sort").exit_code == 0


def test_a_readsb_trace_is_refused_by_its_columns():
    assert "column timestamp is missing" in refused(shared("data/tracks/trace_full_ac671b.json"))


def test_no_recording_is_written_over(tmp_path):
    recording = write(tmp_path / "t.csv", head_on())
    before = recording.read_bytes()
    (tmp_path / "other.csv").symlink_to(recording)
    for output in (recording, tmp_path / "other.csv"):
        assert "wanted another file than the recording" in refused(recording, "-o", output)
    assert recording.read_bytes() == before
