"""Track frames: what a console draws, against the picture and the golden frame."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.app.track_frames import (
    HEADER_BYTES,
    NO_COURSE,
    PART,
    ROW,
    TRACK_BYTES,
    TrackColumns,
    TrackNames,
    decode_frame,
    encode_frame,
    rows_within,
)
from parley.node.coasting import STATUS_WORDS, status
from parley.node.picture import Picture, TrackReport

T0_US = 1_796_000_000_000_000
GOLDEN = Path(__file__).parents[1] / "golden" / "track-frame.json"


def report(name="A1", at_s=0.0, lat=50.0, lon=8.0, level_m=9_000.0, **more) -> TrackReport:
    return TrackReport(
        aircraft=name, at_us=T0_US + round(at_s * 1e6), lat_deg=lat, lon_deg=lon,
        altitude_m=level_m, altitude_reference="STD", **more,
    )  # fmt: skip


def flown(picture: Picture, seconds: int, name="A1", party="COAL", east_mps=200.0) -> None:
    """Fly east for so long, a report a second."""
    for s in range(seconds + 1):
        lon = 8.0 + east_mps * s / (111_320.0 * math.cos(math.radians(50.0)))
        made = report(name, float(s), lon=lon, level_m=9_000.0 + 5.0 * s, party=party)
        assert picture.take(made, T0_US + s * 1_000_000)


def test_a_frame_says_what_the_picture_believes() -> None:
    picture, names = Picture(), TrackNames()
    flown(picture, 12)
    now_us = T0_US + 13_000_000
    at_us, flags, rows = decode_frame(TrackColumns(names).frame(picture, now_us))
    assert (at_us, flags, len(rows)) == (now_us, 0, 1)
    row, last = rows[0], picture.aircraft["A1"].last
    assert names.named[row["number"]].aircraft == "A1"
    assert names.named[row["number"]].party == "COAL"
    assert row["lat_e7"] / 1e7 == pytest.approx(last.lat_deg, abs=1e-7)
    assert row["lon_e7"] / 1e7 == pytest.approx(last.lon_deg, abs=1e-7)
    assert row["altitude_dm"] / 10 == pytest.approx(last.altitude_m, abs=0.05)
    assert row["speed_dmps"] / 10 == pytest.approx(200.0, abs=1.0)
    assert row["course_cdeg"] / 100 == pytest.approx(90.0, abs=0.3)
    assert row["climb_cmps"] / 100 == pytest.approx(5.0, abs=0.2)
    assert row["age_ds"] == 10
    assert STATUS_WORDS[row["status"]] == "watched"


def test_statuses_move_without_any_report() -> None:
    """A symbol that went on as watched after its reports stopped would be a lie."""
    picture, columns = Picture(), TrackColumns(TrackNames())
    flown(picture, 12)
    for after_s in (13, 20, 40, 80, 300):
        now_us = T0_US + after_s * 1_000_000
        _, _, rows = decode_frame(columns.frame(picture, now_us))
        assert STATUS_WORDS[rows[0]["status"]] == status(picture, "A1", now_us).word, after_s
    _, _, rows = decode_frame(columns.frame(picture, T0_US + 700 * 1_000_000))
    assert len(rows) == 0


def test_one_report_has_no_course() -> None:
    picture = Picture()
    assert picture.take(report(), T0_US)
    _, _, rows = decode_frame(TrackColumns(TrackNames()).frame(picture, T0_US + 1_000_000))
    assert rows[0]["course_cdeg"] == NO_COURSE
    assert STATUS_WORDS[rows[0]["status"]] == "one report only"


def test_who_is_forgotten_leaves_and_numbers_are_never_used_again() -> None:
    picture, names = Picture(), TrackNames()
    columns = TrackColumns(names)
    flown(picture, 3)
    columns.frame(picture, T0_US + 4_000_000)
    picture._forget({"A1"})
    _, _, rows = decode_frame(columns.frame(picture, T0_US + 5_000_000))
    assert len(rows) == 0
    assert picture.take(report("B2", 6.0), T0_US + 6_000_000)
    _, _, rows = decode_frame(columns.frame(picture, T0_US + 7_000_000))
    assert [names.named[n].aircraft for n in rows["number"]] == ["B2"]
    assert names.number_of("A1", "COAL") == 0
    assert names.number_of("A1", "RUS") == 2


def golden_rows():
    rows = np.zeros(3, ROW)
    rows["number"] = (0, 7, 4_000_000_000)
    rows["lat_e7"] = (500_000_001, -899_999_999, 0)
    rows["lon_e7"] = (80_000_000, 1_799_999_999, -1_800_000_000)
    rows["altitude_dm"] = (90_000, -500, 1_000_000)
    rows["speed_dmps"] = (2_000, 0, 65_535)
    rows["course_cdeg"] = (9_000, NO_COURSE, 35_999)
    rows["climb_cmps"] = (500, -32_767, 32_767)
    rows["age_ds"] = (10, 0, 65_535)
    rows["status"] = (0, 4, 3)
    rows["reference"] = (2, 0, 3)
    return rows


def test_the_golden_frame_is_what_is_written() -> None:
    """The console's own test reads the same file (web/src/live/frames.test.ts)."""
    data = encode_frame(golden_rows(), T0_US, T0_US - 1_000_000, flags=PART, left_out=5)
    golden = json.loads(GOLDEN.read_text())
    assert data.hex() == golden["hex"]
    assert len(data) == HEADER_BYTES + 3 * TRACK_BYTES
    for name in ROW.names:
        assert golden["columns"][name] == golden_rows()[name].tolist()


@given(st.binary(max_size=200))
def test_any_bytes_are_a_frame_or_a_value_error(data) -> None:
    try:
        decode_frame(data)
    except ValueError:
        return
    assert data.startswith(b"PTF1")


def test_rows_within_goes_over_the_antimeridian_and_keeps_who_is_wanted() -> None:
    rows = np.zeros(4, ROW)
    rows["number"] = range(4)
    rows["lon_e7"] = [int(x * 1e7) for x in (179.5, -179.5, 0.0, 10.0)]
    found = rows_within(rows, (170.0, -10.0, -170.0, 10.0), [3])
    assert found["number"].tolist() == [0, 1, 3]
    assert rows_within(rows, (-1.0, -1.0, 1.0, 1.0))["number"].tolist() == [2]
