"""Heights with their reference, windows and volumes: what is decided, and what is not."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.world.faults import InputFault
from parley.world.geo import UNDECIDED, Position
from parley.world.shape import Circle
from parley.world.volume import (
    ALTITUDE_REFERENCES,
    GEOID_BOUND_M,
    SURFACE,
    UNLIMITED,
    PressureSource,
    VerticalLimit,
    Volume4D,
    altitude_inside,
    compare_altitudes,
    contains_4d,
    in_window,
    judge_volume,
)

HOUR_US = 3_600_000_000
HEIGHTS = st.floats(-500, 20_000)
REFERENCES = st.sampled_from(ALTITUDE_REFERENCES)


def limit(value_m, reference="AMSL"):
    return VerticalLimit(value_m=value_m, reference=reference)


def qnh(hpa, bound_m=30.0):
    return PressureSource(qnh_hpa=hpa, observed_us=0, bound_m=bound_m)


@given(HEIGHTS, HEIGHTS, REFERENCES, st.floats(0, 500))
def test_on_one_reference_the_numbers_decide(a_m, b_m, reference, uncertainty_m):
    answer = compare_altitudes(a_m, reference, b_m, reference, uncertainty_m=uncertainty_m)
    assert answer.nominal == ("above" if a_m >= b_m else "below")
    assert (answer.decided == UNDECIDED) == (abs(a_m - b_m) <= uncertainty_m)


@given(HEIGHTS, HEIGHTS, st.floats(-107, 86))
def test_amsl_against_wgs84_is_decided_only_where_no_geoid_could_change_it(h_m, amsl_m, geoid_m):
    answer = compare_altitudes(h_m, "WGS84", amsl_m, "AMSL")
    assert (answer.decided == UNDECIDED) == (abs(h_m - amsl_m) <= GEOID_BOUND_M)
    truth = "above" if h_m - geoid_m >= amsl_m else "below"
    assert answer.decided in (truth, UNDECIDED)


@given(HEIGHTS, HEIGHTS, st.sampled_from(["AMSL", "STD", "WGS84"]))
def test_above_ground_against_any_other_is_never_decided(a_m, b_m, other):
    for answer in (
        compare_altitudes(a_m, "AGL", b_m, other, pressure=qnh(1013.25), at_us=0),
        compare_altitudes(b_m, other, a_m, "AGL"),
    ):
        assert (answer.nominal, answer.decided) == (UNDECIDED, UNDECIDED)
        assert "height of the ground" in answer.because


@given(HEIGHTS, HEIGHTS, st.sampled_from(["AMSL", "WGS84"]))
def test_a_level_against_an_altitude_without_a_pressure_source_is_never_decided(a_m, b_m, other):
    answer = compare_altitudes(a_m, "STD", b_m, other)
    assert answer.decided == UNDECIDED
    assert "needs a pressure source" in answer.because


@pytest.mark.parametrize(
    ("hpa", "offset_ft"),
    # Pressure altitude of the QNH surface, ICAO Doc 7488: 27 ft per hPa near the standard.
    [(1013.25, 0.0), (1003.25, -274.0), (1023.25, 272.0), (983.25, -831.0)],
)
def test_a_pressure_source_moves_levels_as_an_altimeter_does(hpa, offset_ft):
    assert qnh(hpa).offset_m / 0.3048 == pytest.approx(offset_ft, abs=3.0)


def test_a_pressure_source_decides_beyond_its_bound_which_widens_with_age():
    # FL100 on QNH 983 is an altitude of 2,795 m.
    level_m = 3_048.0
    low = qnh(983.25, bound_m=30.0)

    def against(other_m, at_us=0, reference="AMSL", uncertainty_m=0.0):
        return compare_altitudes(
            level_m,
            "STD",
            other_m,
            reference,
            uncertainty_m=uncertainty_m,
            pressure=low,
            at_us=at_us,
        ).decided

    assert against(2_900.0) == "below"  # by the numbers alone it would be above
    assert against(2_700.0) == "above"
    assert against(2_780.0) == UNDECIDED
    assert against(2_700.0, at_us=4 * HOUR_US) == UNDECIDED
    assert against(2_700.0, at_us=-4 * HOUR_US) == UNDECIDED
    assert against(2_700.0, uncertainty_m=80.0) == UNDECIDED
    assert against(2_700.0, reference="WGS84") == UNDECIDED
    assert against(2_600.0, reference="WGS84") == "above"
    turned = compare_altitudes(2_900.0, "AMSL", level_m, "STD", pressure=low, at_us=0)
    assert turned.decided == "above"
    with pytest.raises(InputFault, match="at_us"):
        compare_altitudes(level_m, "STD", 2_700.0, "AMSL", pressure=low)


@given(st.floats(-1_000, 100_000), REFERENCES)
def test_everything_is_above_the_surface_and_below_unlimited(alt_m, reference):
    answer = altitude_inside(alt_m, reference, SURFACE, UNLIMITED)
    assert (answer.decided, answer.margin_m) == ("in", None)
    assert altitude_inside(None, reference, SURFACE, UNLIMITED).decided == "in"


def test_an_unknown_height_is_undecided_against_a_number():
    answer = altitude_inside(None, "AMSL", SURFACE, limit(3_000.0))
    assert answer.decided == UNDECIDED
    assert "height is unknown" in answer.because


@pytest.mark.parametrize(
    ("alt_m", "uncertainty_m", "nominal", "decided", "margin_m"),
    [
        (2_000.0, 0.0, "in", "in", 500.0),
        (2_000.0, 500.0, "in", UNDECIDED, 500.0),
        (1_400.0, 50.0, "out", "out", 100.0),
        (3_010.0, 10.0, "out", UNDECIDED, 10.0),
        (1_500.0, 0.0, "in", UNDECIDED, 0.0),
        (3_000.0, 0.0, "in", UNDECIDED, 0.0),
        (2_999.0, 0.5, "in", "in", 1.0),
    ],
)
def test_between_two_limits(alt_m, uncertainty_m, nominal, decided, margin_m):
    answer = altitude_inside(
        alt_m, "AMSL", limit(1_500.0), limit(3_000.0), uncertainty_m=uncertainty_m
    )
    assert (answer.nominal, answer.decided) == (nominal, decided)
    assert answer.margin_m == pytest.approx(margin_m)


def test_limits_on_two_references_are_each_judged_on_their_own():
    answer = altitude_inside(2_000.0, "AMSL", limit(300.0, "AGL"), limit(3_000.0))
    assert answer.decided == UNDECIDED
    assert altitude_inside(3_500.0, "AMSL", limit(300.0, "AGL"), limit(3_000.0)).decided == "out"


@pytest.mark.parametrize(
    ("value_m", "reference", "named"),
    [
        (5.0, "SFC", "SFC is 5.0, wanted no number"),
        (None, "AMSL", "AMSL, wanted a number"),
        (math.nan, "AMSL", "vertical limit is nan"),
        (1e6, "STD", "vertical limit is 1000000"),
        (1.0, "MSL", "reference is MSL"),
    ],
)
def test_a_limit_that_is_none_is_refused(value_m, reference, named):
    with pytest.raises(InputFault, match=named):
        VerticalLimit(value_m=value_m, reference=reference)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"lower": UNLIMITED}, "lower limit is UNL"),
        ({"upper": SURFACE}, "upper limit is SFC"),
        ({"lower": limit(3_000.0), "upper": limit(1_000.0)}, "vertical limits is 3000.0 m to 1000"),
        ({"lower": limit(3_000.0), "upper": limit(3_000.0)}, "the lower below the upper"),
        ({"from_us": 10, "to_us": 10}, "an end after the start"),
        ({"from_us": -(10**18)}, "window start"),
    ],
)
def test_a_volume_that_holds_nothing_is_refused(changed, named):
    circle = Circle(centre=Position(lat_deg=0, lon_deg=0), radius_m=1_000.0)
    with pytest.raises(InputFault, match=named):
        Volume4D(shape=circle, **changed)


@pytest.mark.parametrize(
    ("hpa", "bound_m", "named"), [(300.0, 1.0, "QNH is 300"), (1013.0, -1.0, "pressure bound")]
)
def test_a_pressure_source_out_of_range_is_refused(hpa, bound_m, named):
    with pytest.raises(InputFault, match=named):
        qnh(hpa, bound_m=bound_m)


@given(st.integers(0, 50), st.integers(1, 50), st.integers(1, 50), st.integers(-10, 200))
def test_windows_that_meet_leave_no_gap_and_no_overlap(start, first, second, at_us):
    middle, end = start + first, start + first + second
    inside = [
        in_window(a, b, at_us).decided == "in"
        for a, b in ((None, start), (start, middle), (middle, end), (end, None))
    ]
    assert inside.count(True) == 1


def test_in_a_volume_needs_area_height_and_time():
    volume = Volume4D(
        shape=Circle(centre=Position(lat_deg=43.2, lon_deg=-115.9), radius_m=9_260.0),
        lower=limit(1_000.0),
        upper=limit(2_743.2),
        from_us=1_000,
        to_us=2_000,
    )
    near, far = Position(lat_deg=43.2, lon_deg=-115.9), Position(lat_deg=43.4, lon_deg=-115.9)

    def decided(position=near, alt_m=2_000.0, reference="AMSL", at_us=1_500, reach_m=0.0):
        return contains_4d(volume, position, alt_m, reference, at_us, reach_m).decided

    assert decided() == "in"
    assert decided(position=far) == "out"
    assert decided(alt_m=2_800.0) == "out"
    assert decided(at_us=999) == decided(at_us=2_000) == "out"
    assert decided(at_us=1_000) == "in"
    assert decided(reach_m=9_300.0) == UNDECIDED
    assert decided(reference="STD") == decided(alt_m=None) == UNDECIDED
    assert decided(position=far, alt_m=None) == "out"
    assert decided(reference="AGL", at_us=5_000) == "out"
    parts = judge_volume(volume, far, 2_000.0, "AMSL", 1_500, 50_000.0)
    assert [a.decided for a in (parts.time, parts.vertical, parts.horizontal)] == [
        "in",
        "in",
        UNDECIDED,
    ]
    assert (parts.together.nominal, parts.together.decided) == ("out", UNDECIDED)
    assert "50000 m" in parts.together.because
