"""Predicted losses of separation: exact on the ellipsoid, continuous, the same for everybody."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.detect.prediction import PREDICTION, States, predict_pairs, velocity_from_reports
from parley.detect.prediction_plain import distances_at_m, predict_pair_plain, predict_pairs_plain
from parley.world.faults import InputFault

EARTH = Geodesic.WGS84
FIVE_NM_M = 9260.0
THOUSAND_FT_M = 304.8


def states(*rows):
    """States from rows of lat, lon, alt, course, speed, climb."""
    lat, lon, alt, course, speed, up = np.array(rows, dtype=np.float64).reshape(-1, 6).T
    course = np.radians(course)
    return States(lat, lon, alt, speed * np.sin(course), speed * np.cos(course), up)


def meeting(lat, lon, bearing, miss_m, at_s, courses, speeds, alts=(9000.0, 9000.0), ups=(0, 0)):
    """Two aircraft that are `miss_m` apart at `at_s`, by geographiclib, with these courses then."""
    other = EARTH.Direct(lat, lon, bearing, miss_m)
    rows = []
    for (la, lo), course, speed, alt, up in zip(
        ((lat, lon), (other["lat2"], other["lon2"])), courses, speeds, alts, ups, strict=True
    ):
        # A negative distance runs the geodesic backwards; its azimuth there is the course there.
        back = EARTH.Direct(la, lo, course, -speed * at_s)
        rows.append((back["lat2"], back["lon2"], alt - up * at_s, back["azi2"], speed, up))
    return states(*rows)


def distance_m(pair, at_s):
    """The horizontal distance of two aircraft at a time, by geographiclib alone."""
    places = []
    for row in range(2):
        speed = math.hypot(pair.east_mps[row], pair.north_mps[row])
        course = math.degrees(math.atan2(pair.east_mps[row], pair.north_mps[row]))
        place = EARTH.Direct(pair.lat_deg[row], pair.lon_deg[row], course, speed * at_s)
        places.append((place["lat2"], place["lon2"]))
    return EARTH.Inverse(*places[0], *places[1])["s12"]


latitudes = st.floats(-85.0, 85.0)
longitudes = st.one_of(st.floats(-180.0, 180.0), st.floats(179.9, 180.0), st.just(-180.0))
courses = st.tuples(st.floats(0.0, 360.0), st.floats(0.0, 360.0))
speeds = st.tuples(st.floats(0.0, 320.0), st.floats(0.0, 320.0))


@settings(max_examples=80)
@given(
    latitudes,
    longitudes,
    st.floats(0, 360),
    st.floats(0, 12_000),
    st.floats(0, 300),
    courses,
    speeds,
)
def test_horizontal_prediction_is_geodesic_motion_within_a_centimetre(
    lat, lon, bearing, miss_m, at_s, courses, speeds
):
    """The stated tolerance is 1 m over 300 s to 85 degrees; what is held here is 0.01 m."""
    pair = meeting(lat, lon, bearing, miss_m, at_s, courses, speeds)
    rows = predict_pairs(pair, FIVE_NM_M, THOUSAND_FT_M, lookahead_s=300.0)
    if miss_m < FIVE_NM_M - 1.0 and 1.0 < at_s < 299.0:
        assert len(rows) == 1
    if len(rows) == 0:
        assert min(distance_m(pair, t) for t in np.linspace(0, 300, 61)) > FIVE_NM_M - 0.03
        return
    row = rows[0]
    limit_m = FIVE_NM_M - 0.01
    assert distance_m(pair, row["least_s"]) == pytest.approx(row["least_horizontal_m"], abs=0.01)
    assert row["least_horizontal_m"] <= miss_m + 0.01 or not 0 <= at_s <= 300
    for at, beyond_s, end_s in ((row["loss_s"], -1, 0.0), (row["end_s"], 1, 300.0)):
        if at == end_s:
            assert distance_m(pair, at) < limit_m + 0.01
        else:
            assert distance_m(pair, at) == pytest.approx(limit_m, abs=0.01)
            assert distance_m(pair, at + beyond_s * 1e-3) > limit_m - 0.02


@settings(max_examples=40)
@given(
    latitudes,
    longitudes,
    st.floats(0, 360),
    st.floats(0, 15_000),
    st.floats(0, 300),
    courses,
    speeds,
    st.floats(-700, 700),
    st.tuples(st.floats(-20, 20), st.floats(-20, 20)),
)
def test_the_plain_twin_says_the_same(
    lat, lon, bearing, miss_m, at_s, courses, speeds, apart_m, climbs
):
    pair = meeting(
        lat, lon, bearing, miss_m, at_s, courses, speeds, (9000.0, 9000.0 + apart_m), climbs
    )
    fast = predict_pairs(pair, FIVE_NM_M, THOUSAND_FT_M, lookahead_s=300.0)
    # A pair that stays this near a limit may be decided either way by the last millimetre.
    eager = predict_pair_plain(pair, (0, 1), (FIVE_NM_M + 0.01, THOUSAND_FT_M + 1e-6), 300.0)
    strict = predict_pair_plain(pair, (0, 1), (FIVE_NM_M - 0.01, THOUSAND_FT_M - 1e-6), 300.0)
    if eager is None:
        assert len(fast) == 0
    if strict is not None:
        assert len(fast) == 1
        for name in ("loss_s", "end_s"):
            low, high = sorted(
                (eager[PREDICTION.names.index(name)], strict[PREDICTION.names.index(name)])
            )
            assert low - 1e-3 <= fast[0][name] <= high + 1e-3


def test_a_crowd_gives_the_same_set_as_the_plain_twin():
    rng = np.random.default_rng(5)
    n = 24
    crowd = States(
        rng.uniform(61.0, 61.2, n),
        np.where(rng.random(n) < 0.5, rng.uniform(179.8, 180.0, n), rng.uniform(-180, -179.8, n)),
        rng.uniform(3000, 5000, n),
        *rng.uniform(-150, 150, (2, n)),
        rng.uniform(-8, 8, n),
    )
    fast = predict_pairs(crowd, 5556.0, 300.0, lookahead_s=240.0)
    slow = predict_pairs_plain(crowd, 5556.0, 300.0, lookahead_s=240.0)
    assert len(fast) > 10
    assert fast[["a", "b"]].tolist() == slow[["a", "b"]].tolist()
    for name in ("loss_s", "end_s", "least_s"):
        assert fast[name] == pytest.approx(slow[name], abs=1e-3)
    for name in ("least_horizontal_m", "vertical_then_m", "least_vertical_m"):
        assert fast[name] == pytest.approx(slow[name], abs=0.02)


# --- cases that a person can check ---------------------------------------------------------------


def test_head_on_by_hand():
    """60 km apart at 250 m/s each: 9,260 m are lost after 50,740 m at 500 m/s."""
    end = EARTH.Direct(48.0, 7.0, 90.0, 60_000.0)
    pair = states(
        (48.0, 7.0, 9000, 90.0, 250, 0), (end["lat2"], end["lon2"], 9000, end["azi2"] + 180, 250, 0)
    )
    (row,) = predict_pairs(pair, FIVE_NM_M, THOUSAND_FT_M)
    assert row["loss_s"] == pytest.approx((60_000 - 9260 + 0.01) / 500, abs=1e-4)
    assert row["end_s"] == pytest.approx((60_000 + 9260 - 0.01) / 500, abs=1e-4)
    assert row["least_s"] == pytest.approx(120.0, abs=1e-3)
    assert row["least_horizontal_m"] == pytest.approx(0.0, abs=0.01)
    assert row["vertical_then_m"] == 0.0
    assert (row["minimum_horizontal_m"], row["minimum_vertical_m"]) == (FIVE_NM_M, THOUSAND_FT_M)


def test_overtaking_by_hand():
    ahead = EARTH.Direct(-33.0, 151.0, 10.0, 12_000.0)
    pair = states(
        (-33.0, 151.0, 5000, 10.0, 240, 0),
        (ahead["lat2"], ahead["lon2"], 5000, ahead["azi2"], 220, 0),
    )
    (row,) = predict_pairs(pair, FIVE_NM_M, THOUSAND_FT_M)
    assert row["loss_s"] == pytest.approx((12_000 - 9260 + 0.01) / 20, abs=1e-2)
    assert row["end_s"] == 300.0
    assert row["least_s"] == 300.0
    assert row["least_horizontal_m"] == pytest.approx(6_000, abs=0.01)


def test_same_speed_and_course_stays_as_it_is():
    pair = states((0.0, 10.0, 5000, 90.0, 200, 0), (0.0, 10.1, 5000, 90.0, 200, 0))
    assert len(predict_pairs(pair, FIVE_NM_M, THOUSAND_FT_M)) == 0
    (row,) = predict_pairs(pair, 12_000.0, THOUSAND_FT_M)
    assert (row["loss_s"], row["end_s"]) == (0.0, 300.0)
    assert row["least_horizontal_m"] == pytest.approx(11_131.95, abs=0.01)


def test_crossing_at_right_angles_passes_at_the_miss_distance():
    """Equal speeds on crossing courses, one 10 km late: nearest at 10 km / sqrt 2."""
    pair = meeting(45.0, 3.0, 0.0, 0.0, 150.0, (90.0, 0.0), (200.0, 200.0))
    late = EARTH.Direct(pair.lat_deg[1], pair.lon_deg[1], 180.0, 10_000.0)
    pair = states(
        (pair.lat_deg[0], pair.lon_deg[0], 7000, 90.0 + math.degrees(
            math.atan2(-pair.north_mps[0], pair.east_mps[0])), 200, 0),
        (late["lat2"], late["lon2"], 7000, 0.0, 200, 0),
    )  # fmt: skip
    (row,) = predict_pairs(pair, FIVE_NM_M, THOUSAND_FT_M)
    assert row["least_horizontal_m"] == pytest.approx(10_000 / math.sqrt(2), abs=1.0)
    assert row["least_s"] == pytest.approx(175.0, abs=0.01)


def test_a_climb_through_loses_only_between_the_levels():
    """600 m below, climbing at 5 m/s above the same spot: inside from 59.04 s to 180.96 s."""
    pair = states((10.0, 10.0, 3000, 0, 0, 0), (10.0, 10.0, 2400, 0, 0, 5.0))
    (row,) = predict_pairs(pair, 1000.0, THOUSAND_FT_M)
    limit_m = THOUSAND_FT_M - 0.01
    assert row["loss_s"] == pytest.approx((600 - limit_m) / 5, abs=1e-9)
    assert row["end_s"] == pytest.approx((600 + limit_m) / 5, abs=1e-9)
    assert row["least_vertical_m"] == 0.0


@settings(max_examples=60)
@given(st.integers(0, 450), st.integers(-1, 1), st.floats(0, 360))
def test_exactly_a_thousand_feet_apart_never_alerts(level, sign, course):
    """Flight levels stand on the minimum; float noise (304.79999999999927) must not decide."""
    alt_m = level * 100 * 0.3048
    other_m = (level * 100 + 1000) * 0.3048 + sign * 1e-9
    pair = states((50, 8, alt_m, course, 230, 0), (50.01, 8, other_m, course, 210, 0))
    assert len(predict_pairs(pair, FIVE_NM_M, THOUSAND_FT_M)) == 0
    closer = states((50, 8, alt_m, course, 230, 0), (50.01, 8, other_m - 0.02, course, 210, 0))
    assert len(predict_pairs(closer, FIVE_NM_M, THOUSAND_FT_M)) == 1


def test_exactly_the_horizontal_minimum_abreast_never_alerts():
    aside = EARTH.Direct(0.0, 0.0, 90.0, FIVE_NM_M)
    pair = states((0, 0, 9000, 0, 0, 0), (aside["lat2"], aside["lon2"], 9000, 0, 0, 0))
    assert len(predict_pairs(pair, FIVE_NM_M, THOUSAND_FT_M)) == 0
    assert len(predict_pairs(pair, FIVE_NM_M + 0.02, THOUSAND_FT_M)) == 1


def test_a_loss_that_begins_only_at_the_end_of_the_lookahead_is_none():
    pair = states((0, 0, 0, 0, 0, 0), (0, 0, 1000, 0, 0, -5.0))
    loss_s = (1000 - THOUSAND_FT_M + 0.01) / 5
    assert len(predict_pairs(pair, 1000.0, THOUSAND_FT_M, lookahead_s=loss_s - 1e-6)) == 0
    assert len(predict_pairs(pair, 1000.0, THOUSAND_FT_M, lookahead_s=loss_s + 1e-6)) == 1


def test_the_lookahead_does_not_change_what_lies_within_it():
    pair = meeting(60.0, 25.0, 30.0, 2000.0, 100.0, (10.0, 250.0), (200.0, 250.0))
    short, long = (
        predict_pairs(pair, FIVE_NM_M, THOUSAND_FT_M, lookahead_s=t)[0] for t in (180, 900)
    )
    assert short["loss_s"] == long["loss_s"]
    assert short["least_horizontal_m"] == long["least_horizontal_m"]


def test_over_the_pole_and_the_antimeridian():
    for lat, lon in ((89.95, 10.0), (-89.95, 170.0), (70.0, 180.0), (0.0, -180.0)):
        pair = meeting(lat, lon, 80.0, 3000.0, 200.0, (5.0, 120.0), (250.0, 240.0))
        (row,) = predict_pairs(pair, FIVE_NM_M, THOUSAND_FT_M)
        nearest_m = min(distance_m(pair, t) for t in np.arange(190, 210, 0.05))
        assert row["least_horizontal_m"] == pytest.approx(nearest_m, abs=0.05)


def test_twelve_hundred_seconds_ahead_still_within_five_centimetres():
    for lat in (0.0, 40.0, 85.0):
        pair = meeting(lat, 20.0, 200.0, 9000.0, 1100.0, (300.0, 80.0), (290.0, 260.0))
        (row,) = predict_pairs(pair, FIVE_NM_M, THOUSAND_FT_M, lookahead_s=1200.0)
        assert distance_m(pair, row["loss_s"]) == pytest.approx(FIVE_NM_M - 0.01, abs=0.05)


def test_a_long_way_round_the_earth_is_not_filtered_away():
    """Straight on in space the one would pass 9.5 km above the other; on the earth it meets it."""
    start = EARTH.Direct(50.0, 0.0, 70.0, 348_000.0)
    pair = states(
        (50.0, 0.0, 8000, 0, 0, 0),
        (start["lat2"], start["lon2"], 8000, start["azi2"] + 180.0, 290, 0),
    )
    (row,) = predict_pairs(pair, 1000.0, THOUSAND_FT_M, lookahead_s=1500.0)
    assert row["least_s"] == pytest.approx(1200.0, abs=0.01)
    assert row["least_horizontal_m"] == pytest.approx(0.0, abs=0.01)


def test_a_minimum_of_zero_binds_nothing_even_through_the_same_point():
    rng = np.random.default_rng(8)
    for _ in range(60):
        pair = meeting(
            *rng.uniform((-70, -180), (70, 180)), 0.0, 0.0, rng.uniform(20, 250),
            rng.uniform(0, 360, 2), rng.uniform(100, 250, 2),
        )  # fmt: skip
        assert len(predict_pairs(pair, 0.0, THOUSAND_FT_M)) == 0
        assert len(predict_pairs(pair, FIVE_NM_M, 0.0)) == 0


# --- the same for everybody ----------------------------------------------------------------------


def crowd(seed, n):
    rng = np.random.default_rng(seed)
    return States(
        rng.uniform(46.0, 46.6, n),
        rng.uniform(6.0, 7.0, n),
        rng.choice(np.arange(10, 40), n) * 304.8,
        *rng.uniform(-200, 200, (2, n)),
        rng.choice([-7.0, 0.0, 0.0, 9.0], n),
    )


def reordered(columns, order):
    return States(*(getattr(columns, name)[order] for name in States.__slots__))


@settings(max_examples=15)
@given(st.integers(0, 10_000), st.integers(2, 60))
def test_neither_order_nor_swapping_nor_number_changes_a_bit(seed, n):
    one = crowd(seed, n)
    order = np.random.default_rng(seed + 1).permutation(n)
    first = predict_pairs(one, FIVE_NM_M, THOUSAND_FT_M)
    second = predict_pairs(reordered(one, order), FIVE_NM_M, THOUSAND_FT_M)
    back = second.copy()
    ends = np.sort(np.stack((order[second["a"]], order[second["b"]])), axis=0)
    back["a"], back["b"] = ends
    back = back[np.lexsort((back["b"], back["a"]))]
    assert back.tobytes() == first.tobytes()
    for row in first[:5]:
        pair = [int(row["b"]), int(row["a"])]
        (alone,) = predict_pairs(reordered(one, pair), FIVE_NM_M, THOUSAND_FT_M)
        for name in PREDICTION.names[2:]:
            assert alone[name] == row[name]
    either = predict_pairs(
        one, FIVE_NM_M, THOUSAND_FT_M, pairs=np.stack((first["b"], first["a"]), 1)
    )
    assert either.tobytes() == first.tobytes()


def test_many_aircraft_in_chunks_give_what_pairs_alone_give(monkeypatch):
    one = crowd(3, 60)
    whole = predict_pairs(one, FIVE_NM_M, THOUSAND_FT_M)
    table = np.full((60, 60), FIVE_NM_M)
    pairs = np.stack(np.triu_indices(60, 1), 1)
    monkeypatch.setattr("parley.detect.prediction._PAIRS_PER_CHUNK", 100)
    monkeypatch.setattr("parley.detect.prediction._CELLS_PER_CHUNK", 30)
    assert len(whole) > 5
    for minima in (FIVE_NM_M, table, np.full(len(pairs), FIVE_NM_M)):
        assert predict_pairs(one, minima, THOUSAND_FT_M).tobytes() == whole.tobytes()
        assert predict_pairs(one, minima, THOUSAND_FT_M, pairs).tobytes() == whole.tobytes()


def test_minima_belong_to_the_pair():
    abreast = states(*((0.0, 0.1 * k, 9000, 0, 200, 0) for k in range(3)))
    table = np.zeros((3, 3))
    table[0, 1] = table[1, 0] = 12_000.0
    assert predict_pairs(abreast, table, 100.0)[["a", "b"]].tolist() == [(0, 1)]
    pairs = np.array([[2, 1], [0, 1], [2, 0]])
    rows = predict_pairs(abreast, np.array([12_000.0, 5_000.0, 23_000.0]), 100.0, pairs)
    assert rows[["a", "b"]].tolist() == [(0, 2), (1, 2)]
    assert rows["minimum_horizontal_m"].tolist() == [23_000.0, 12_000.0]
    assert len(predict_pairs(abreast, 30_000.0, np.array([100.0, 0.0, 0.0]))) == 1


# --- hostile and wrong input ---------------------------------------------------------------------


def test_many_at_one_point_and_standing_still():
    heap = states(*([(45.0, 7.0, 1000.0, 0, 0, 0)] * 40))
    rows = predict_pairs(heap, 50.0, 15.0)
    assert len(rows) == 40 * 39 // 2
    assert not rows["loss_s"].any()
    assert not rows["least_horizontal_m"].any()


def test_what_was_not_flown_is_not_predicted_and_said_so():
    fast = states((45, 7, 1000, 0, 2500, 0), (45, 7, 1000, 0, 200, 0), (45, 7, 1000, 0, 0, 1e300))
    assert fast.flown.tolist() == [False, True, False]
    assert len(predict_pairs(fast, FIVE_NM_M, THOUSAND_FT_M)) == 0
    still = fast.at(10.0)
    assert (still.lat_deg[0], still.lon_deg[0], still.alt_m[2]) == (45.0, 7.0, 1000.0)
    assert not States([0], [0], [0], [1e308], [-1e308], [0]).flown.any()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"lat_deg": [0.0, 91.0]}, "lat_deg row 1 is 91.0"),
        ({"lon_deg": [-181.0, 0.0]}, "lon_deg row 0 is -181.0"),
        ({"alt_m": [0.0, math.nan]}, "alt_m row 1 is nan"),
        ({"east_mps": [math.inf, 0.0]}, "east_mps row 0 is inf"),
        ({"up_mps": [0.0]}, "up_mps is (1,)"),
    ],
)
def test_states_refuse_what_is_no_state(change, named):
    columns = {name: [0.0, 0.0] for name in States.__slots__}
    with pytest.raises(InputFault) as fault:
        States(**(columns | change))
    assert named in str(fault.value)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"horizontal_m": -1.0}, "horizontal minimum in metres row 0 is -1.0"),
        ({"horizontal_m": [[0.0, 1.0], [2.0, 0.0]]}, "not symmetric"),
        ({"vertical_m": [1.0, 2.0, 3.0]}, "vertical minimum in metres is (3,)"),
        ({"vertical_m": math.nan}, "vertical minimum in metres row 0 is nan"),
        ({"pairs": np.array([[0, 2]])}, "pairs row 0 is (0, 2)"),
        ({"pairs": np.array([[1, 1]])}, "pairs row 0 is (1, 1)"),
        ({"pairs": np.array([[0, 1], [1, 0]])}, "each pair once"),
        ({"pairs": np.array([0, 1])}, "pairs is (2,)"),
        ({"lookahead_s": 0.0}, "lookahead in seconds is 0.0"),
        ({"lookahead_s": math.nan}, "lookahead in seconds is nan"),
        ({"lookahead_s": 1e9}, "at most 3600"),
    ],
)
def test_predict_pairs_refuses_bad_arguments(arguments, named):
    both = states((0, 0, 0, 0, 0, 0), (1, 1, 0, 0, 0, 0))
    with pytest.raises(InputFault) as fault:
        predict_pairs(both, **({"horizontal_m": 1.0, "vertical_m": 1.0} | arguments))
    assert named in str(fault.value)


def test_nobody_and_one_alone_have_no_pairs():
    for count in range(2):
        some = states(*([(0, 0, 0, 0, 0, 0)] * count))
        assert len(predict_pairs(some, FIVE_NM_M, THOUSAND_FT_M)) == 0
        assert predict_pairs(some, FIVE_NM_M, THOUSAND_FT_M).dtype == PREDICTION
        assert len(some.at(5.0)) == count
    nothing = np.empty((0, 2), dtype=np.int64)
    both = states((0, 0, 0, 0, 0, 0), (0, 0, 0, 0, 0, 0))
    assert len(predict_pairs(both, np.empty(0), np.empty(0), nothing)) == 0


# --- velocity and coasting -----------------------------------------------------------------------


@settings(max_examples=60)
@given(
    st.floats(-89.0, 89.0), longitudes, st.floats(0, 360), st.floats(0, 600), st.floats(0.2, 120),
    st.floats(-50, 50),
)  # fmt: skip
def test_velocity_from_reports_is_that_of_the_geodesic(lat, lon, course, speed, span_s, up):
    end = EARTH.Direct(lat, lon, course, speed * span_s)
    east, north, climb = velocity_from_reports(
        lat, lon, 1000.0, 50.0, end["lat2"], end["lon2"], 1000.0 + up * span_s, 50.0 + span_s
    )
    arrives = math.radians(end["azi2"])
    if (
        abs(end["lat2"]) < 89.9
    ):  # nearer to the pole, east and north turn within the last centimetre
        assert east[0] == pytest.approx(speed * math.sin(arrives), abs=0.01)
        assert north[0] == pytest.approx(speed * math.cos(arrives), abs=0.01)
    assert math.hypot(east[0], north[0]) == pytest.approx(speed, abs=0.01)
    assert climb[0] == pytest.approx(up, abs=1e-6)


def test_velocity_row_by_row_and_standing_still():
    east, north, up = velocity_from_reports(
        [0, 10], [0, 20], [0, 5], [0, 0], [0.001, 10], [0, 20], [0, 5], [1, 2]
    )
    assert north == pytest.approx([110.574, 0.0], abs=1e-3)
    assert (east.tolist(), up.tolist()) == ([0.0, 0.0], [0.0, 0.0])


def test_velocity_refuses_reports_in_the_wrong_order():
    with pytest.raises(InputFault, match="from report 0 to report 1 row 1"):
        velocity_from_reports([0, 0], [0, 0], [0, 0], [0, 5], [0, 0], [0, 0], [0, 0], [1, 5])
    with pytest.raises(InputFault, match="report 1 latitude row 0"):
        velocity_from_reports(0, 0, 0, 0, math.nan, 0, 0, 1)


@settings(max_examples=50)
@given(latitudes, longitudes, st.floats(0, 360), st.floats(0, 320), st.floats(-90, 600))
def test_coasting_follows_the_geodesic(lat, lon, course, speed, ahead_s):
    now = states((lat, lon, 4000.0, course, speed, 2.0), (0.0, 0.0, 0.0, 0.0, 100.0, 0.0))
    later = now.at(np.array([ahead_s, 0.0]))
    end = EARTH.Direct(lat, lon, course, speed * ahead_s)
    off_m = EARTH.Inverse(end["lat2"], end["lon2"], later.lat_deg[0], later.lon_deg[0])["s12"]
    assert off_m < 1e-3
    assert later.alt_m[0] == 4000.0 + 2.0 * ahead_s
    turned = math.radians(end["azi2"])
    assert later.east_mps[0] == pytest.approx(speed * math.sin(turned), abs=1e-5)
    assert later.north_mps[0] == pytest.approx(speed * math.cos(turned), abs=1e-5)
    for name in States.__slots__:
        assert getattr(later, name)[1] == getattr(now, name)[1]


@settings(max_examples=20)
@given(st.integers(0, 1000), st.floats(1.0, 200.0))
def test_predicting_from_later_gives_the_same_loss(seed, ahead_s):
    """The definition does not depend on when one looks: coasted states lose at the same instant."""
    rng = np.random.default_rng(seed)
    pair = meeting(
        *rng.uniform((-80, -180, 0, 0), (80, 180, 360, 5000)), 400.0,
        rng.uniform(0, 360, 2), rng.uniform(100, 250, 2),
    )  # fmt: skip
    (now,) = predict_pairs(pair, FIVE_NM_M, THOUSAND_FT_M, lookahead_s=600.0)
    (later,) = predict_pairs(
        pair.at(ahead_s), FIVE_NM_M, THOUSAND_FT_M, lookahead_s=600.0 - ahead_s
    )
    assert later["loss_s"] == pytest.approx(max(now["loss_s"] - ahead_s, 0.0), abs=0.01)
    # Who flies apart is nearest when looked at, whenever that is.
    assert later["least_s"] == pytest.approx(max(now["least_s"] - ahead_s, 0.0), abs=0.05)


def test_distances_of_the_plain_twin_are_geographiclib_s():
    pair = meeting(75.0, -120.0, 10.0, 4000.0, 100.0, (10.0, 100.0), (200.0, 250.0))
    assert distances_at_m(pair, 0, 1, 77.0)[0] == pytest.approx(distance_m(pair, 77.0), abs=1e-6)


def test_importing_prediction_needs_neither_numba_nor_pyproj():
    """A node's start waits for nothing that one look at the traffic does not use."""
    code = "import sys, parley.detect.prediction; print({'numba', 'pyproj'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
