"""Recorded traffic: what counts, what is left out, and that every bad input names its place."""

from __future__ import annotations

import datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.wire.traffic import read_traffic
from parley.world.faults import InputFault

START = datetime.datetime(2021, 10, 7, 12, 0, 0, tzinfo=datetime.UTC)
START_US = 1_633_608_000_000_000


def table(**columns):
    """Four reports of one aircraft, one a second; the arguments replace or add columns."""
    rows = {
        "timestamp": pa.array([START + datetime.timedelta(seconds=k) for k in range(4)]),
        "icao24": ["398564"] * 4,
        "latitude": [48.0, 48.001, 48.002, 48.003],
        "longitude": [2.0] * 4,
        "altitude": [1000.0, 1025.0, 1050.0, 1075.0],
        **columns,
    }
    return pa.table({name: values for name, values in rows.items() if values is not None})


def refusal(*tables, **options):
    with pytest.raises(InputFault) as caught:
        read_traffic([(f"file{k}.csv", one) for k, one in enumerate(tables)], **options)
    line = str(caught.value)
    assert "\n" not in line
    return line


def read(*tables, **options):
    return read_traffic([(f"file{k}.csv", one) for k, one in enumerate(tables)], **options)


def test_columns_become_a_track_in_the_units_inside():
    traffic = read(table())
    (track,) = traffic.tracks
    assert (track.id, track.party, track.alt_reference, track.interpolation) == (
        "398564",
        None,
        "STD",
        "geodesic",
    )
    assert track.t_us.tolist() == [START_US + k * 1_000_000 for k in range(4)]
    assert track.alt_m.tolist() == pytest.approx([304.8, 312.42, 320.04, 327.66])
    assert (traffic.counts.reports, traffic.counts.used, traffic.counts.aircraft) == (4, 4, 1)


@pytest.mark.parametrize(
    "timestamps",
    [
        pa.array([START_US // 1000 + 1000 * k for k in range(4)]),
        pa.array([START_US // 1_000_000 + k for k in range(4)]),
        pa.array([START_US / 1e6 + k for k in range(4)]),
        pa.array([START_US * 1000 + 10**9 * k for k in range(4)]),
        pa.array([f"2021-10-07 12:00:0{k}+00:00" for k in range(4)]),
        pa.array([f"2021-10-07T14:00:0{k}+02:00" for k in range(4)]),
        pa.array([f"2021-10-07T12:00:0{k}Z" for k in range(4)]),
        pa.array([f"2021-10-07 12:00:0{k}" for k in range(4)]),
        pa.array([str(START_US // 1000 + 1000 * k) for k in range(4)]),
        pa.array([START_US * 1000 + 10**9 * k for k in range(4)]).cast(pa.timestamp("ns", "UTC")),
        pa.array([START_US // 1000 + 1000 * k for k in range(4)]).cast(pa.timestamp("ms")),
    ],
)
def test_every_way_to_write_a_time_is_the_same_instant(timestamps):
    (track,) = read(table(timestamp=timestamps)).tracks
    assert track.t_us.tolist() == [START_US + k * 1_000_000 for k in range(4)]


def test_a_missing_column_is_named_with_its_like():
    line = refusal(table(latitude=None, latitud=[1.0] * 4))
    assert line == (
        "file0.csv column latitude is missing, wanted the columns timestamp, icao24, latitude, "
        "longitude, altitude; rename latitud"
    )


def test_a_missing_column_is_never_to_be_had_by_renaming_another_that_is_wanted():
    assert refusal(table(altitude=None)).endswith("latitude, longitude, altitude")


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("latitude", 100.0, "row 3 latitude is 100.0, wanted -90 to 90 degrees"),
        ("longitude", -180.5, "row 3 longitude is -180.5, wanted -180 to 180 degrees"),
        ("altitude", 1e6, "row 3 altitude is 1000000.0, wanted -2000 to 200000 feet"),
        ("latitude", float("inf"), "row 3 latitude is inf"),
    ],
)
def test_a_value_out_of_range_names_row_and_limit(column, value, said):
    values = [48.0, 48.0, value, 48.0]
    assert f"file0.csv {said}" in refusal(table(**{column: values}))


def test_text_that_is_no_number_or_time_names_its_row():
    assert "row 2 altitude is ground, wanted a number" in refusal(
        table(altitude=["1", "ground", "2", "3"])
    )
    assert "row 4 timestamp is soon" in refusal(
        table(timestamp=["2021-10-07T12:00:00Z"] * 3 + ["soon"])
    )
    assert "row 2 timestamp is missing" in refusal(table(timestamp=pa.array([1, None, 3, 4])))
    assert "row 1 timestamp is 0.0" not in refusal(table(timestamp=[float("nan")] * 4))
    assert "column icao24 is of type int64, wanted text" in refusal(table(icao24=[398564] * 4))
    assert "row 2 icao24 is missing" in refusal(table(icao24=["a", " ", "a", "a"]))
    assert "row 1 onground is maybe" in refusal(table(onground=["maybe"] * 4))


def test_time_that_goes_back_is_refused_and_sorting_accepts_it():
    swapped = table(
        timestamp=pa.array([START + datetime.timedelta(seconds=k) for k in (0, 2, 1, 3)])
    )
    line = refusal(swapped)
    assert "file0.csv row 3 timestamp of 398564 is 2021-10-07T12:00:01Z" in line
    assert "wanted 2021-10-07T12:00:02Z (row 2) or later" in line
    (track,) = read(swapped, sort=True).tracks
    assert track.lat_deg.tolist() == [48.0, 48.002, 48.001, 48.003]


def test_aircraft_may_be_interleaved_and_flights_may_stand_in_any_order():
    mixed = table(icao24=["a", "b", "a", "B"])
    assert [(t.id, len(t)) for t in read(mixed).tracks] == [("a", 2), ("b", 2)]
    later_first = pa.array([START + datetime.timedelta(seconds=k) for k in (10, 11, 0, 1)])
    assert "row 3 timestamp" in refusal(table(timestamp=later_first))
    flights = table(timestamp=later_first, flight_id=["f2", "f2", "f1", "f1"])
    assert read(flights).tracks[0].lat_deg[0] == 48.002


def test_what_is_missing_or_on_the_ground_is_left_out_and_counted():
    counts = read(
        table(
            latitude=[None, 48.0, float("nan"), 48.1],
            altitude=[1.0, None, 1.0, 1.0],
            onground=[False, None, True, False],
        )
    ).counts
    assert (counts.without_position, counts.without_altitude, counts.on_ground) == (1, 1, 1)
    assert counts.used == 1
    assert read(table(onground=["True", "0", "1", "false"])).counts.on_ground == 2
    assert read(table(onground=[True] * 4), include_ground=True).counts.used == 4


def test_a_repeat_counts_once_and_two_places_at_one_time_are_refused():
    twice = pa.array([START] * 4)
    repeat = table(timestamp=twice, latitude=[48.0] * 4, altitude=[1000.0] * 4)
    assert read(repeat).counts.repeated == 3
    assert len(read(repeat).tracks[0]) == 1
    line = refusal(table(timestamp=twice))
    assert "file0.csv row 2 position of 398564 is 48.001, 2.0, 1025.0 ft" in line
    assert "wanted the one of file0.csv row 1" in line


def test_categories_are_read_as_their_values():
    coded = pa.array(["a", "b", "a", "b"]).dictionary_encode()
    assert [t.id for t in read(table(icao24=coded)).tracks] == ["a", "b"]


def test_several_files_are_joined_by_aircraft():
    later = table(
        timestamp=pa.array([START + datetime.timedelta(seconds=k) for k in range(4, 8)]),
        icao24=["398564", "aaaaaa", "398564", "aaaaaa"],
    )
    traffic = read(table(), later)
    assert [(t.id, len(t)) for t in traffic.tracks] == [("398564", 6), ("aaaaaa", 2)]
    shifted = table(latitude=[1.0, 2.0, 3.0, 4.0])
    assert "file1.csv row 1 position" in refusal(table(), shifted)
    assert read(table(), table()).counts.repeated == 4


def test_an_empty_recording_is_no_tracks():
    assert read(table().slice(0, 0)).tracks == ()


def verify_one_line(fault):
    assert "\n" not in str(fault)


@settings(max_examples=60)
@given(
    columns=st.fixed_dictionaries(
        {},
        optional={
            name: st.one_of(
                st.lists(st.floats(), min_size=4, max_size=4),
                st.lists(st.text(max_size=8), min_size=4, max_size=4),
                st.lists(st.integers(-(2**62), 2**62), min_size=4, max_size=4),
                st.lists(st.none(), min_size=4, max_size=4),
                st.lists(st.lists(st.integers(0, 9)), min_size=4, max_size=4),
                st.lists(st.dates(), min_size=4, max_size=4),
            )
            for name in ("timestamp", "icao24", "latitude", "altitude", "onground", "flight_id")
        },
    )
)
def test_any_table_gives_tracks_or_the_inputs_fault(columns):
    try:
        traffic = read(table(**{name: pa.array(values) for name, values in columns.items()}))
    except InputFault as fault:
        verify_one_line(fault)
    else:
        assert traffic.counts.used == sum(len(track) for track in traffic.tracks)
        assert all((np.diff(track.t_us) > 0).all() for track in traffic.tracks)
