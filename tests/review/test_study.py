"""The batch study: rows for people from tracks."""

from __future__ import annotations

import numpy as np
import pytest

from parley.detect.encounters import Minima
from parley.review.study import row_document, study_encounters
from parley.world.track import Track


def level(name, lon_deg, alt_m, t_s=(0, 30, 60)):
    """An aircraft that stands still in the air at the equator."""
    return Track(
        id=name,
        party=None,
        t_us=np.array([1_600_000_000_000_000 + t * 1_000_000 for t in t_s], dtype=np.int64),
        lat_deg=np.zeros(len(t_s)),
        lon_deg=np.full(len(t_s), lon_deg),
        alt_m=np.full(len(t_s), alt_m),
        alt_reference="STD",
        interpolation="geodesic",
    )


def test_rows_carry_the_units_of_the_field():
    minute_of_arc_deg = 1855.3248 / 111_319.490793
    study = study_encounters(
        [level("bb", minute_of_arc_deg, 1152.4), level("aa", 0.0, 1000.0)],
        Minima(horizontal_m=9260.0, vertical_m=304.8),
        60.0,
    )
    assert (study.pairs, study.legs, study.gaps, study.too_fast) == (1, 4, 0, 0)
    (row,) = study.rows
    assert row_document(row) == {
        "pair": ["aa", "bb"],
        "from": "2020-09-13T12:26:40Z",
        "to": "2020-09-13T12:27:40Z",
        "dwell_s": 60.0,
        "least_horizontal_nm": pytest.approx(1855.3248 / 1852.0, abs=2e-6),
        "least_horizontal_at": "2020-09-13T12:26:40Z",
        "vertical_then_ft": 500.0,
        "least_vertical_ft": 500.0,
    }


def test_what_was_not_watched_is_counted_and_progress_is_told():
    told = []
    study = study_encounters(
        [level("aa", 0.0, 1000.0), level("bb", 0.001, 1000.0, (0, 30, 300))],
        Minima(horizontal_m=9260.0, vertical_m=304.8),
        60.0,
        lambda done, whole: told.append((done, whole)),
    )
    assert study.gaps == 1
    assert [row.dwell_s for row in study.rows] == [30.0]
    assert told
    assert told[-1][0] == told[-1][1]
