"""The batch study: the same rows and counts to the last bit however it is cut; resumed; refused."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pyarrow.parquet
import pytest

from app.dayskit import MIDNIGHT_US, PLACES, fleet, spoiled, table_of, write_days
from parley.app.batch_study import Choices, Resources, manifest, run_study
from parley.detect.encounters import Minima
from parley.review.study import study_encounters
from parley.review.warning_study import Ahead, warning_rows, warnings_of_tracks
from parley.store.files import read_recording
from parley.store.work_folder import WorkFolder
from parley.wire.traffic import COLUMNS, read_traffic
from parley.world.faults import InputFault
from shared_data import shared

MINIMA = Minima(horizontal_m=9260.0, vertical_m=304.8)
MEMORY = 2_000_000_000


def batch(tmp_path, files, *, rows=0, workers=1, choices=None, name="work", memory=MEMORY):
    """Rows, totals and partitions of a study of files in a fresh work folder."""
    choices = choices or Choices(minima=MINIMA, max_gap_s=60.0)
    use = Resources(workers=workers, memory_bytes=memory, partition_rows=rows)
    with WorkFolder(tmp_path / f"{name}-{rows}", manifest(files, choices), restart=True) as folder:
        study = run_study(files, choices, use, folder, lambda *_: None)
        found = study.warnings() if choices.ahead else study.encounters()
        return tuple(found), study.totals


def whole(files, choices=None):
    """Rows, counts and study of the same files read whole."""
    choices = choices or Choices(minima=MINIMA, max_gap_s=60.0)
    traffic = read_traffic([(str(f), read_recording(f, COLUMNS)) for f in files])
    study = study_encounters(traffic.tracks, choices.minima, choices.max_gap_s)
    rows = study.rows
    if choices.ahead is not None:
        warned = warnings_of_tracks(
            traffic.tracks, choices.minima, choices.max_gap_s, choices.ahead
        )
        rows = tuple(warning_rows(warned, study.rows, choices.ahead.lookahead_s))
    return rows, traffic.counts, study


def same_counts(totals, counts, study):
    for name in ("reports", "on_ground", "without_position", "without_altitude", "repeated",
                 "used", "aircraft"):  # fmt: skip
        assert getattr(totals, name) == getattr(counts, name), name
    assert (totals.legs, totals.gaps, totals.too_fast) == (study.legs, study.gaps, study.too_fast)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Traffic at every edge of a partition, with bad reports, in folders by day."""
    rng = np.random.default_rng(6)
    rows = []
    for k, place in enumerate(PLACES):
        rows += fleet(rng, place, aircraft=8, minutes=20, prefix=f"{k:x}")
    return write_days(tmp_path_factory.mktemp("world"), spoiled(rng, rows))


def files_of(folder):
    return sorted(folder.rglob("*.parquet"))


@pytest.mark.parametrize("rows", [0, 500, 150])
def test_rows_and_counts_do_not_depend_on_partitions(tmp_path, world, rows):
    expected, counts, study = whole(files_of(world))
    found, totals = batch(tmp_path, files_of(world), rows=rows)
    places = {row.pair[0][0] for row in expected if row.pair[0][0] == row.pair[1][0]}
    assert places == {f"{k:x}" for k in range(len(PLACES))}, "some place has no encounters"
    assert any(row.from_us < MIDNIGHT_US < row.to_us for row in expected)
    assert min(counts.repeated, study.gaps, study.too_fast) > 10
    assert found == expected
    same_counts(totals, counts, study)
    assert totals.partitions >= {0: 2, 500: 4, 150: 12}[rows]


@pytest.mark.parametrize("name", ["switzerland.parquet", "quickstart.parquet"])
def test_recorded_traffic_has_the_same_rows_in_partitions(tmp_path, name):
    files = [shared(f"data/tracks/{name}")]
    expected, counts, study = whole(files)
    found, totals = batch(tmp_path, files, rows=70_000)
    assert totals.partitions >= 4
    assert found == expected
    same_counts(totals, counts, study)


def test_long_legs_pass_through_cells_without_reports(tmp_path):
    """Two that cross 1,000 km from any report of theirs: their cells have none."""
    rows = []
    for name, lats, lons in (
        ("aa", (0.0, 0.0), (0.0, 20.0)),
        ("bb", (-9.0, 9.0), (10.0, 10.02)),
    ):
        rows += [
            {"timestamp": MIDNIGHT_US - 1_800_000_000 + k * 3_600_000_000, "icao24": name,
             "latitude": lat, "longitude": lon, "altitude": 40_000.0, "onground": False}
            for k, (lat, lon) in enumerate(zip(lats, lons, strict=True))
        ]  # fmt: skip
    # Many more, elsewhere, so that the earth is cut into cells.
    rows += fleet(np.random.default_rng(1), "equator") + fleet(
        np.random.default_rng(2), "prime meridian", prefix="c"
    )
    files = files_of(write_days(tmp_path / "long", rows))
    choices = Choices(minima=MINIMA, max_gap_s=3_600.0)
    expected = whole(files, choices)[0]
    assert ("aa", "bb") in {row.pair for row in expected}
    found, totals = batch(tmp_path, files, rows=700, choices=choices)
    assert totals.partitions > 3
    assert found == expected


def test_two_processes_give_what_one_gives(tmp_path, world):
    one, totals = batch(tmp_path, files_of(world))
    assert batch(tmp_path, files_of(world), workers=2, name="two") == (one, totals)


def test_predictions_do_not_depend_on_partitions(tmp_path):
    rng = np.random.default_rng(9)
    rows = spoiled(rng, fleet(rng, "antimeridian", aircraft=8, minutes=20))
    files = files_of(write_days(tmp_path / "days", rows))
    ahead = Ahead(lookahead_s=120.0, every_s=20.0)
    choices = Choices(minima=MINIMA, max_gap_s=60.0, ahead=ahead)
    expected = whole(files, choices)[0]
    assert sum(row.warned is not None for row in expected) > 5
    assert any(row.warned and row.warned.first_us < MIDNIGHT_US <= row.warned.last_us
               for row in expected)  # fmt: skip
    for rows in (0, 150):
        assert batch(tmp_path, files, rows=rows, choices=choices)[0] == expected


# ---- going on ------------------------------------------------------------------------------------

RUN = """
import sys, time
from pathlib import Path
import parley.app.batch_study as batch
import parley.app.batch_tasks as tasks
from parley.app.batch_study import *
from parley.detect.encounters import Minima
from parley.store.work_folder import WorkFolder
files = [Path(name) for name in sys.argv[2:]]
choices = Choices(minima=Minima(horizontal_m=9260.0, vertical_m=304.8), max_gap_s=60.0)
real = batch.work
def slow(request):
    time.sleep(0.1)
    return real(request)
batch.work = slow
use = Resources(workers=1, memory_bytes=2_000_000_000, partition_rows=800)
with WorkFolder(Path(sys.argv[1]), manifest(files, choices), restart=False) as folder:
    run_study(files, choices, use, folder, lambda *a: None)
"""


def test_a_killed_run_goes_on_where_it_was(tmp_path, world):
    files, work = files_of(world), tmp_path / "killed"
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, str(work), *(str(file) for file in files)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    until = time.monotonic() + 60
    while len(list(work.glob("part-*.parquet"))) < 3 and time.monotonic() < until:
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = {path.name: path.stat().st_ino for path in work.glob("part-*.parquet")}
    (work / "part-000099.parquet.half").write_bytes(b"half written")
    choices = Choices(minima=MINIMA, max_gap_s=60.0)
    # Other memory and processes: the plan stays that of the first run.
    use = Resources(workers=1, memory_bytes=MEMORY, partition_rows=5_000)
    with WorkFolder(work, manifest(files, choices), restart=False) as folder:
        study = run_study(files, choices, use, folder, lambda *_: None)
        found = tuple(study.encounters())
    now = {path.name: path.stat().st_ino for path in work.glob("part-*.parquet")}
    assert 3 <= len(done) < len(now)
    assert done.items() <= now.items(), "what was done was done again"
    assert found == whole(files)[0]
    assert not list(work.glob("*.half"))


def test_partial_results_of_something_else_are_refused(tmp_path):
    file = tmp_path / "t.parquet"
    rows = fleet(np.random.default_rng(3), "equator", aircraft=4)
    pyarrow.parquet.write_table(table_of(rows), file)
    choices = Choices(minima=MINIMA, max_gap_s=60.0)
    use = Resources(workers=1, memory_bytes=MEMORY)

    def run(wanted, *, restart=False):
        with WorkFolder(tmp_path / "w", manifest([file], wanted), restart=restart) as folder:
            return tuple(run_study([file], wanted, use, folder, lambda *_: None).encounters())

    first = run(choices)
    assert run(choices) == first
    other = Choices(minima=MINIMA, max_gap_s=61.0)
    with pytest.raises(InputFault, match="other inputs, options or of another version"):
        run(other)
    pyarrow.parquet.write_table(table_of(rows[:-40]), file)
    with pytest.raises(InputFault, match="--restart throws its partial results away"):
        run(choices)
    assert run(choices, restart=True) == whole([file])[0]


def test_a_damaged_partial_result_is_named(tmp_path):
    file = tmp_path / "t.parquet"
    pyarrow.parquet.write_table(
        table_of(fleet(np.random.default_rng(3), "equator", aircraft=4)), file
    )
    choices = Choices(minima=MINIMA, max_gap_s=60.0)
    use = Resources(workers=1, memory_bytes=MEMORY)
    for damaged in (False, True):
        with WorkFolder(tmp_path / "w", manifest([file], choices), restart=False) as folder:
            if damaged:
                (tmp_path / "w" / "part-000000.parquet").write_bytes(b"PAR1")
                with pytest.raises(InputFault, match="a damaged partial result"):
                    run_study([file], choices, use, folder, lambda *_: None)
            else:
                run_study([file], choices, use, folder, lambda *_: None)


def test_a_partition_that_cannot_be_made_small_enough_is_said(tmp_path):
    """A thousand reports within one gap at one place: no cut makes fewer of them."""
    rows = [
        {"timestamp": MIDNIGHT_US + k * 1000, "icao24": f"{k % 40:06x}", "latitude": 10.0,
         "longitude": 10.0, "altitude": 1000.0 * (k % 40), "onground": False}
        for k in range(3_000)
    ]  # fmt: skip
    file = tmp_path / "t.parquet"
    pyarrow.parquet.write_table(table_of(rows), file)
    with pytest.raises(InputFault, match="give more with --memory, or join less"):
        batch(tmp_path, [file], rows=1_000)


def test_too_little_memory_is_said():
    with pytest.raises(InputFault, match="GB for each worker; give more, or fewer --workers"):
        Resources(workers=4, memory_bytes=1_000_000_000).means(os.curdir)
