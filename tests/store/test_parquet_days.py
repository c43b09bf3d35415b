"""Reading days of Parquet with DuckDB: what is refused, and that only what is needed is read."""

from __future__ import annotations

import math

import pyarrow as pa
import pyarrow.parquet
import pytest

from parley.store.parquet_days import Clock, Database, Window, read_steps, survey_file
from parley.store.work_folder import WorkFolder, table_bytes, table_notes
from parley.wire.traffic import RANGES, read_traffic
from parley.world.faults import InputFault

NOON_US = 1_538_395_200_000_000
EVERYWHERE = ((-8.192e6,) * 3, (8.192e6,) * 3)


@pytest.fixture
def database(tmp_path):
    database = Database(memory_bytes=200_000_000, threads=1, spill=tmp_path / "spill")
    yield database
    database.close()


def reports(**changes):
    """Six reports of two aircraft, ten seconds apart."""
    columns = {
        "timestamp": pa.array(
            [NOON_US + 10_000_000 * (k // 2) for k in range(6)], pa.timestamp("us", "UTC")
        ),
        "icao24": ["3E6562 ", "004010"] * 3,
        "latitude": [47.0 + 0.01 * k for k in range(6)],
        "longitude": [8.0] * 6,
        "altitude": pa.array([30_000.0 + k for k in range(6)], pa.float32()),
        "onground": [False] * 6,
    }
    columns.update(changes)
    return pa.table({name: values for name, values in columns.items() if values is not None})


def survey(database, path, table, *, ground=False, sort=False):
    pyarrow.parquet.write_table(table, path)
    return survey_file(database, path, RANGES, include_ground=ground, sort=sort)


def window(from_us, to_us, box=EVERYWHERE, gap_us=60_000_001):
    return Window(from_us=from_us, to_us=to_us, low_m=box[0], high_m=box[1], reach_m=9360.0,
                  is_everywhere=box == EVERYWHERE, gap_us=gap_us, leg_m=120_000.0)  # fmt: skip


def test_no_bar_of_the_database_gets_among_results_on_stdout(database):
    """It draws one on stdout for any query longer than two seconds, unless told not to."""
    assert database.rows("SELECT current_setting('enable_progress_bar')") == [(False,)]


def test_a_survey_counts_what_the_reader_of_whole_recordings_counts(database, tmp_path):
    table = reports(
        latitude=[47.0, math.nan, None, 47.03, 47.04, 47.05],
        altitude=[None, 30_000.0, 30_000.0, math.nan, 30_000.0, 30_000.0],
        onground=[False, False, True, None, False, True],
    )
    found = survey(database, tmp_path / "a.parquet", table)
    counts = read_traffic([("a", table)]).counts
    for name in ("reports", "on_ground", "without_position", "without_altitude", "used"):
        assert getattr(found, name) == getattr(counts, name), name
    assert (found.used, found.first_us) == (1, NOON_US + 20_000_000)
    assert survey(database, tmp_path / "a.parquet", table, ground=True).used == 2


@pytest.mark.parametrize(
    ("kind", "naive"),
    [
        (pa.timestamp("ns", "UTC"), False), (pa.timestamp("ms", "Europe/Zurich"), False),
        (pa.timestamp("us"), True), (pa.timestamp("ns"), True), (pa.timestamp("s"), True),
    ],
)  # fmt: skip
def test_instants_of_every_kind_are_the_same(database, tmp_path, kind, naive):
    table = reports()
    told = table.set_column(0, "timestamp", table["timestamp"].cast(kind))
    found = survey(database, tmp_path / "a.parquet", told)
    assert (found.first_us, found.last_us) == (NOON_US, NOON_US + 20_000_000)
    assert found.source.clock.is_naive == naive
    steps = read_steps(database, [found.source], window(NOON_US + 5, NOON_US + 10_000_001), 100)
    assert steps.filter(steps["core"]).num_rows == 2


@pytest.mark.parametrize("unit_us", [1e-3, 1.0, 1e3, 1e6])
@pytest.mark.parametrize("kind", [pa.int64(), pa.float64()])
def test_numbers_since_1970_have_the_unit_of_their_size(database, tmp_path, unit_us, kind):
    us = [NOON_US + 10_000_000 * (k // 2) for k in range(6)]
    numbers = pa.array([round(t / unit_us) for t in us]).cast(kind, safe=False)
    found = survey(database, tmp_path / "a.parquet", reports(timestamp=numbers))
    assert found.source.clock == Clock(kind=found.source.clock.kind, unit_us=unit_us)
    traffic = read_traffic([("a", reports(timestamp=numbers))])
    assert found.first_us == min(int(track.t_us[0]) for track in traffic.tracks)
    assert found.last_us == max(int(track.t_us[-1]) for track in traffic.tracks)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"altitude": None}, "column altitude is missing, wanted the columns timestamp"),
        ({"latitude": ["47"] * 6}, "column latitude is of type VARCHAR, wanted numbers"),
        ({"icao24": [1] * 6}, "column icao24 is of type BIGINT, wanted text"),
        ({"timestamp": ["2018-10-01"] * 6}, "column timestamp is of type VARCHAR, wanted instants"),
        ({"latitude": [47.0, 47.0, 90.5, 47.0, 99.0, 47.0]}, "row 3 latitude is 90.5, wanted -90"),
        ({"longitude": [8.0] * 5 + [math.inf]}, "row 6 longitude is inf, wanted -180 to 180"),
        ({"altitude": [3e5] * 6}, "row 1 altitude is 300000.0, wanted -2000 to 200000 feet"),
        ({"icao24": ["a", "b", " ", "c", None, "d"]}, "row 3 icao24 is"),
        ({"timestamp": pa.array([NOON_US] * 5 + [None], pa.timestamp("us", "UTC"))},
         "row 6 timestamp is missing, wanted an instant"),
        ({"timestamp": pa.array([9e15] * 6, pa.float64())}, "row 1 timestamp is"),
        ({"onground": ["true", "no", "1", "0", None, "false"]}, "row 2 onground is no, wanted"),
        ({"onground": [[True]] * 6}, "column onground is of type BOOLEAN[]"),
    ],
)  # fmt: skip
def test_a_bad_file_is_refused_by_file_row_and_field(database, tmp_path, changes, said):
    path = tmp_path / "bad.parquet"
    with pytest.raises(InputFault) as fault:
        survey(database, path, reports(**changes))
    assert str(path) in fault.value.what
    assert said in f"{fault.value.what} is {fault.value.value}, wanted {fault.value.wanted}"


def test_time_that_goes_back_is_refused_with_its_row_unless_sorted(database, tmp_path):
    back = reports().take([0, 1, 4, 3, 2, 5])
    with pytest.raises(InputFault) as fault:
        survey(database, tmp_path / "t.parquet", back)
    assert fault.value.what.endswith("row 5 timestamp of 3e6562")
    assert "2018-10-01T12:00:20Z (row 3) or later" in fault.value.wanted
    assert survey(database, tmp_path / "t.parquet", back, sort=True).used == 6
    flights = back.append_column("flight_id", [["a", "b", "c", "d", "a", "b"]])
    assert survey(database, tmp_path / "t.parquet", flights).used == 6


def test_a_broken_file_is_refused_by_its_name(database, tmp_path):
    for name, data in (("a.parquet", b""), ("b.parquet", b"no"), ("c.parquet", b"PAR1" * 9)):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(InputFault, match="not readable as Parquet"):
            survey_file(database, tmp_path / name, RANGES, include_ground=False, sort=False)
    with pytest.raises(InputFault, match="No such file"):
        survey_file(database, tmp_path / "none.parquet", RANGES, include_ground=False, sort=False)


def test_a_page_that_is_damaged_is_refused(database, tmp_path):
    path = tmp_path / "page.parquet"
    pyarrow.parquet.write_table(reports(), path)
    data = bytearray(path.read_bytes())
    data[4:200] = bytes(196)
    path.write_bytes(data)
    with pytest.raises(InputFault, match="not readable as Parquet"):
        survey_file(database, path, RANGES, include_ground=False, sort=False)


@pytest.mark.parametrize("name", ["a[1]*?.parquet", "it's.parquet", "day=x/a b.parquet"])
def test_names_are_names_and_not_patterns(database, tmp_path, name):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    survey(database, tmp_path / "a1.parquet", reports())
    found = survey(database, tmp_path / name, reports(icao24=["f"] * 6), sort=True)
    steps = read_steps(database, [found.source], window(NOON_US, NOON_US + 10**8), 100)
    assert set(steps["id"].to_pylist()) == {"f"}


def test_steps_have_the_next_report_wherever_it_is(database, tmp_path):
    """The box holds the first report alone; its leg leaves it and comes whole."""
    at_us = [NOON_US + k * 10_000_000 for k in range(6)]
    table = reports(
        icao24=["a"] * 6,
        longitude=[8.0, 8.2, 8.4, 150.0, 8.8, 9.0],
        timestamp=pa.array(at_us, pa.timestamp("us", "UTC")),
    )
    found = survey(database, tmp_path / "a.parquet", table)
    x = 6.378e6 * math.cos(math.radians(47.0)) * math.cos(math.radians(8.0))
    box = ((x - 2_000.0, 0.0, 0.0), (8.192e6, 8.192e6, 8.192e6))
    steps = read_steps(database, [found.source], window(NOON_US, NOON_US + 10**8, box), 100)
    rows = {row["t_us"] - NOON_US: row for row in steps.to_pylist()}
    assert rows[0]["core"]
    assert rows[0]["next_lon"] == 8.2
    # The report far away is between the third and the fifth: they are never joined.
    assert rows[20_000_000]["next_lon"] == 150.0


def test_more_rows_than_allowed_are_not_read(database, tmp_path):
    found = survey(database, tmp_path / "a.parquet", reports())
    assert read_steps(database, [found.source], window(NOON_US, NOON_US + 10**8), 5) is None
    assert read_steps(database, [found.source], window(NOON_US, NOON_US + 10**8), 6).num_rows == 6
    assert read_steps(database, [], window(NOON_US, NOON_US + 10**8), 6).num_rows == 0


def test_row_groups_of_other_times_are_not_read(database, tmp_path):
    """By damage: a row group of another day is broken, and nobody notices."""
    path = tmp_path / "a.parquet"
    days = pa.concat_tables([reports(), reports(timestamp=pa.array(
        [NOON_US + 86_400_000_000 + k for k in range(6)], pa.timestamp("us", "UTC")))])  # fmt: skip
    found = survey(database, path, days, sort=True)
    pyarrow.parquet.write_table(days, path, row_group_size=6)
    second = pyarrow.parquet.read_metadata(path).row_group(1)
    data = bytearray(path.read_bytes())
    for k in range(second.num_columns):
        if second.column(k).path_in_schema != "timestamp":
            at = second.column(k).dictionary_page_offset or second.column(k).data_page_offset
            data[at : at + 20] = b"\xff" * 20
    path.write_bytes(data)
    today = window(NOON_US, NOON_US + 10**8)
    assert read_steps(database, [found.source], today, 100).num_rows == 6
    both = window(NOON_US, NOON_US + 2 * 86_400_000_000)
    with pytest.raises(InputFault, match="not readable as Parquet"):
        read_steps(database, [found.source], both, 100)


def test_a_work_folder_is_for_one_run_and_for_nothing_else(tmp_path):
    with WorkFolder(tmp_path / "w", b"a", restart=False) as folder:
        folder.put("part-000001.parquet", table_bytes({"a": [1]}, pa.schema([("a", "i8")]), b"n"))
        assert table_notes(folder.path / "part-000001.parquet") == b"n"
        with pytest.raises(InputFault, match="no other run is using"):
            WorkFolder(tmp_path / "w", b"a", restart=False)
    (tmp_path / "w" / "mine.txt").write_text("x")
    with WorkFolder(tmp_path / "w", b"b", restart=True) as folder:
        assert not folder.has("part-000001.parquet")
    assert (tmp_path / "w" / "mine.txt").read_text() == "x"
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.json").write_text("x")
    for restart in (False, True):
        with pytest.raises(InputFault, match="an empty folder or one of partial results"):
            WorkFolder(tmp_path / "other", b"a", restart=restart)
    assert (tmp_path / "other" / "thesis.json").exists()
