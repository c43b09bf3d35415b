"""Tracks: what is refused, and where an aircraft was between two reports."""

from __future__ import annotations

import math

import numpy as np
import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.world.faults import InputFault
from parley.world.geo import Position
from parley.world.track import Track, position_at

SECOND_US = 1_000_000


def track(**changed):
    columns = {
        "id": "SYN-A1",
        "party": "COAL",
        "t_us": [0, 10 * SECOND_US, 30 * SECOND_US],
        "lat_deg": [36.0, 36.1, 36.1],
        "lon_deg": [38.0, 38.1, 38.3],
        "alt_m": [1_000.0, 2_000.0, 1_000.0],
        "alt_reference": "AMSL",
    }
    return Track(**(columns | changed))


def test_columns_are_typed_copies_that_nobody_can_write_to():
    times = np.array([0, 10, 30])
    made = track(t_us=times)
    times[0] = 5
    assert made.t_us.tolist() == [0, 10, 30]
    assert (made.t_us.dtype, made.lat_deg.dtype) == (np.int64, np.float64)
    assert len(made) == 3
    with pytest.raises(ValueError, match="read-only"):
        made.alt_m[0] = 0.0


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"lat_deg": [36.0, 100.0, 36.1]}, r"SYN-A1 lat_deg row 1 is 100\.0, wanted -90 to 90"),
        ({"lon_deg": [38.0, 38.1, math.nan]}, "lon_deg row 2 is nan"),
        ({"lon_deg": [38.0, 38.1, 181.0]}, "lon_deg row 2 is 181"),
        ({"alt_m": [1_000.0, math.inf, 0.0]}, "alt_m row 1 is inf"),
        ({"t_us": [0, 30, 10]}, r"t_us row 2 is 10, wanted later than row 1 \(30\)"),
        ({"t_us": [0, 10, 10]}, "t_us row 2 is 10"),
        ({"t_us": [0, 10, 10**18]}, "t_us row 2"),
        ({"t_us": [0.0, 1.5, 2.5]}, "t_us is float64, wanted integers"),
        ({"t_us": [True, False, True]}, "t_us is bool"),
        ({"alt_m": ["a", "b", "c"]}, "alt_m is <U1, wanted numbers"),
        ({"alt_m": [1_000.0, 2_000.0]}, "alt_m is 2, wanted 3 rows"),
        ({"t_us": [], "lat_deg": [], "lon_deg": [], "alt_m": []}, "no rows"),
        ({"lat_deg": [[1.0], [2.0], [3.0]]}, "2 dimensions"),
        ({"alt_reference": "MSL"}, "altitude reference is MSL"),
        ({"interpolation": "straight"}, "interpolation is straight"),
        ({"id": ""}, "track id"),
    ],
)
def test_a_bad_column_is_refused_and_the_row_named(changed, named):
    with pytest.raises(InputFault, match=named) as refused:
        track(**changed)
    assert "\n" not in str(refused.value)


def test_nothing_is_extrapolated_and_reports_are_exact():
    made = track()
    assert position_at(made, -1) is None
    assert position_at(made, 30 * SECOND_US + 1) is None
    for row in range(3):
        position, alt_m = position_at(made, int(made.t_us[row]))
        assert position == Position(lat_deg=made.lat_deg[row], lon_deg=made.lon_deg[row])
        assert alt_m == made.alt_m[row]


def test_a_single_report_is_a_track():
    made = track(t_us=[7], lat_deg=[1.0], lon_deg=[2.0], alt_m=[3.0])
    assert position_at(made, 7) == (Position(lat_deg=1.0, lon_deg=2.0), 3.0)
    assert position_at(made, 8) is None


@given(st.integers(0, 30 * SECOND_US))
@settings(max_examples=60)
def test_planar_interpolation_is_linear_in_longitude_latitude_and_height(at_us):
    made = track()
    position, alt_m = position_at(made, at_us)
    assert position.lat_deg == pytest.approx(np.interp(at_us, made.t_us, made.lat_deg), abs=1e-12)
    assert position.lon_deg == pytest.approx(np.interp(at_us, made.t_us, made.lon_deg), abs=1e-12)
    assert alt_m == pytest.approx(np.interp(at_us, made.t_us, made.alt_m), abs=1e-9)


@given(st.integers(1, 20 * SECOND_US - 1), st.sampled_from([38.1, 179.9]))
@settings(max_examples=60)
def test_geodesic_interpolation_runs_along_the_geodesic_also_over_the_antimeridian(us, lon):
    far = (lon + 3.0 + 180) % 360 - 180
    made = track(lon_deg=[38.0, lon, far], interpolation="geodesic")
    whole = Geodesic.WGS84.InverseLine(36.1, lon, 36.1, far)
    truth = whole.Position(whole.s13 * us / (20 * SECOND_US))
    position, _ = position_at(made, 10 * SECOND_US + us)
    apart = Geodesic.WGS84.Inverse(
        truth["lat2"], truth["lon2"], position.lat_deg, position.lon_deg
    )["s12"]
    assert apart < 1e-6


def test_planar_interpolation_over_the_antimeridian_goes_the_shorter_way():
    made = track(lon_deg=[179.0, -179.0, -178.0])
    position, _ = position_at(made, 5 * SECOND_US)
    assert abs(position.lon_deg) == pytest.approx(180.0)
