"""The warning study: what straight prediction says of tracks, against motion worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from parley.detect.encounters import Minima
from parley.review.study import study_encounters
from parley.review.warning_study import (
    Ahead,
    Warned,
    joined_warnings,
    warning_document,
    warning_rows,
    warnings_of_tracks,
)
from parley.world.faults import InputFault
from parley.world.track import Track

MINIMA = Minima(horizontal_m=9260.0, vertical_m=304.8)
START_US = 1_600_000_000_000_000
EQUATOR_M = 111_319.490793
AHEAD = Ahead(lookahead_s=120.0, every_s=10.0)


def flight(name, metres, *, seconds=None, alt_m=9_000.0, lat_deg=0.0):
    """A track along a parallel near the equator: metres east at each second given."""
    seconds = range(0, 10 * len(metres), 10) if seconds is None else seconds
    return Track(
        id=name,
        party=None,
        t_us=np.array([START_US + s * 1_000_000 for s in seconds], dtype=np.int64),
        lat_deg=np.full(len(metres), lat_deg),
        lon_deg=np.array(metres) / EQUATOR_M,
        alt_m=np.full(len(metres), alt_m),
        alt_reference="STD",
        interpolation="geodesic",
    )


def rows_of(*tracks, max_gap_s=60.0, ahead=AHEAD):
    warned = warnings_of_tracks(tracks, MINIMA, max_gap_s, ahead)
    found = study_encounters(tracks, MINIMA, max_gap_s).rows
    return list(warning_rows(warned, found, ahead.lookahead_s))


def test_two_head_on_are_warned_of_when_the_loss_is_within_the_lookahead():
    """80 km apart at 400 m/s: 9,260 m are lost after 176.85 s, first within 120 s at 60 s."""
    one = flight("aa", [200.0 * 10 * k for k in range(25)])
    other = flight("bb", [80_000.0 - 200.0 * 10 * k for k in range(25)])
    (row,) = rows_of(other, one)
    lost_s = (80_000.0 - 9_260.0) / 400.0
    assert row.pair == ("aa", "bb")
    assert row.warned.first_us == START_US + 60_000_000
    assert row.warned.loss_s == pytest.approx(lost_s - 60.0, abs=0.001)
    assert row.warned.least_horizontal_m < 9_260.0
    assert row.encounter.from_us == pytest.approx(START_US + lost_s * 1e6, abs=1_000)
    assert row.warning_s == pytest.approx(lost_s - 60.0, abs=0.001)
    # At 220 s they are 8 km apart and part; at 230 s it is 12 km.
    assert row.warned.predictions == 17
    document = warning_document(row)
    assert document["came_to_it"] is True
    assert document["first_predicted"] == "2020-09-13T12:27:40Z"


def test_a_turn_makes_a_warning_that_did_not_come_to_it():
    one = flight("aa", [2_000.0 * min(k, 12) for k in range(40)])
    other = flight("bb", [70_000.0 - 2_000.0 * min(k, 12) for k in range(40)])
    (row,) = rows_of(one, other)
    assert row.encounter is None
    assert row.warning_s is None
    assert warning_document(row)["came_to_it"] is False
    assert row.warned.last_us < START_US + 150_000_000


def test_an_encounter_nobody_could_predict_has_a_row_of_its_own():
    """One report each before they are inside: no velocity, so no prediction until too late."""
    one = flight("aa", [0.0, 2_000.0], seconds=[0, 10])
    other = flight("bb", [5_000.0, 5_000.0], seconds=[0, 10])
    rows = rows_of(one, other, ahead=Ahead(lookahead_s=9.0, every_s=7.0))
    # 7 s since 1970 do not fall on 10 s; nothing is newer than the second report for a while.
    assert [row.encounter is not None for row in rows] == [True]
    assert rows[0].warned is None or rows[0].warning_s <= 0.0


def test_old_reports_and_gaps_are_not_predicted_from():
    one = flight("aa", [0.0, 2_000.0, 4_000.0], seconds=[0, 10, 20])
    other = flight("bb", [60_000.0, 58_000.0, 56_000.0], seconds=[0, 10, 20])
    (row,) = rows_of(one, other, max_gap_s=60.0, ahead=Ahead(lookahead_s=300.0, every_s=10.0))
    assert (row.warned.first_us - START_US, row.warned.last_us - START_US) == (
        10_000_000, 80_000_000
    )  # fmt: skip
    assert rows_of(
        flight("aa", [0.0, 2_000.0], seconds=[0, 61]), flight("bb", [1_000.0, 3_000.0],
                                                             seconds=[0, 61])) == []  # fmt: skip


def test_level_traffic_exactly_at_the_vertical_minimum_is_not_warned_of():
    one = flight("aa", [2_000.0 * k for k in range(20)])
    other = flight("bb", [60_000.0 - 2_000.0 * k for k in range(20)], alt_m=9_000.0 + 304.8)
    assert rows_of(one, other) == []


def warned(pair, first_s, last_s, loss_s=50.0, predictions=3):
    return Warned(
        a=pair[0], b=pair[1], first_us=first_s * 1_000_000, last_us=last_s * 1_000_000,
        predictions=predictions, loss_s=loss_s, least_horizontal_m=1.0, least_s=2.0,
        vertical_then_m=3.0,
    )  # fmt: skip


def test_parts_of_a_warning_join_across_partitions_and_the_first_figures_stay():
    parts = [
        warned("ab", 0, 20, loss_s=90.0),
        warned("ab", 140, 150),
        warned("ab", 271, 280),
        warned("ac", 140, 150),
    ]
    found = list(joined_warnings(parts, 120.0))
    assert [(row.a + row.b, row.first_us // 1_000_000, row.last_us // 1_000_000)
            for row in found] == [("ab", 0, 150), ("ab", 271, 280), ("ac", 140, 150)]  # fmt: skip
    assert (found[0].loss_s, found[0].predictions) == (90.0, 6)


@pytest.mark.parametrize(
    ("lookahead_s", "every_s"),
    [(0.0, 10.0), (float("nan"), 10.0), (3601.0, 10.0), (60.0, 0.0), (60.0, 61.0)],
)
def test_a_lookahead_or_grid_out_of_range_is_refused(lookahead_s, every_s):
    with pytest.raises(InputFault, match="seconds"):
        Ahead(lookahead_s=lookahead_s, every_s=every_s)
