"""Encounters: the kernel against its twin, geographiclib and arithmetic on paper."""

from __future__ import annotations

import math

import numpy as np
import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from longer import more
from parley.detect import encounters
from parley.detect.encounters import Minima, closest_pair, find_encounters, legs_from_tracks
from parley.detect.encounters_plain import find_encounters_plain
from parley.detect.legs import cut_pieces, ecef_m, positions_along, wrapped_deg
from parley.world.faults import InputFault
from parley.world.track import Track

EARTH = Geodesic.WGS84
EQUATOR_M_PER_DEG = 6_378_137.0 * math.pi / 180.0
START_US = 1_500_000_000_000_000
FIVE_MILES = Minima(horizontal_m=9260.0, vertical_m=304.8)


def track(name, rows, interpolation="geodesic", reference="STD"):
    """A track from rows of (seconds, latitude, longitude, altitude in metres)."""
    t_s, lat, lon, alt = zip(*rows, strict=True)
    return Track(
        id=name,
        party=None,
        t_us=np.array([START_US + round(t * 1e6) for t in t_s], dtype=np.int64),
        lat_deg=np.array(lat, dtype=float),
        lon_deg=np.array(lon, dtype=float),
        alt_m=np.array(alt, dtype=float),
        alt_reference=reference,
        interpolation=interpolation,
    )


def head_on(alt_b_m=0.0, steps=10):
    """Two aircraft on the equator at 200 m/s each, nose to nose, meeting after 60 s."""
    whole = range(0, 121, 120 // steps)
    speed = 200.0 / EQUATOR_M_PER_DEG
    return (
        track("a", [(t, 0.0, (t - 60) * speed, 0.0) for t in whole]),
        track("b", [(t, 0.0, (60 - t) * speed, alt_b_m) for t in whole]),
    )


def spans(table, a=0, b=1):
    """The episodes of one pair in seconds after START_US."""
    own = (table.a == a) & (table.b == b)
    return [
        ((f - START_US) / 1e6, (t - START_US) / 1e6)
        for f, t in zip(table.from_us[own].tolist(), table.to_us[own].tolist(), strict=True)
    ]


def test_head_on_on_the_equator_is_as_on_paper():
    table = find_encounters(legs_from_tracks(head_on(), 60.0), FIVE_MILES)
    half_s = (9260.0 - 0.01) / 400.0
    assert len(table) == 1
    assert spans(table) == [pytest.approx((60.0 - half_s, 60.0 + half_s), abs=1e-4)]
    assert table.dwell_s[0] == pytest.approx(2 * half_s, abs=2e-4)
    assert table.least_horizontal_m[0] < 0.05
    assert table.least_horizontal_at_us[0] == pytest.approx(START_US + 60_000_000, abs=100)
    assert table.vertical_then_m[0] == table.least_vertical_m[0] == 0.0


@pytest.mark.parametrize(
    ("alt_b_m", "rows"),
    [(304.8, 0), (304.79999999999927, 0), (-304.8, 0), (304.78, 1), (297.18, 1)],
)
def test_exactly_one_minimum_apart_is_not_inside_whatever_the_last_bit_says(alt_b_m, rows):
    legs = legs_from_tracks(head_on(alt_b_m), 60.0)
    assert len(find_encounters(legs, FIVE_MILES)) == rows
    assert len(find_encounters_plain(legs, FIVE_MILES)) == rows


def test_an_episode_over_many_legs_is_one_row_and_a_gap_splits_it():
    a, b = head_on(steps=120)
    assert len(find_encounters(legs_from_tracks((a, b), 60.0), FIVE_MILES)) == 1
    rows = [k for k in range(121) if not 55 < k < 66]
    holed = Track(
        id="b",
        party=None,
        t_us=b.t_us[rows],
        lat_deg=b.lat_deg[rows],
        lon_deg=b.lon_deg[rows],
        alt_m=b.alt_m[rows],
        alt_reference="STD",
        interpolation="geodesic",
    )
    table = find_encounters(legs_from_tracks((a, holed), 10.0), FIVE_MILES)
    assert [round(x, 3) for span in spans(table) for x in span][1:3] == [55.0, 66.0]
    assert len(table) == 2
    assert len(find_encounters(legs_from_tracks((a, holed), 11.0), FIVE_MILES)) == 1
    assert legs_from_tracks((a, holed), 10.0).gaps == 1


def test_the_vertical_part_is_exact():
    # b climbs through a's level at 10 m/s: inside while |dz| < 99.99 m.
    a = track("a", [(0, 50.0, 8.0, 1000.0), (60, 50.0, 8.0, 1000.0)])
    b = track("b", [(0, 50.0, 8.0, 700.0), (60, 50.0, 8.0, 1300.0)])
    table = find_encounters(
        legs_from_tracks((a, b), 60.0), Minima(horizontal_m=1000.0, vertical_m=100.0)
    )
    assert spans(table) == [pytest.approx((30 - 9.999, 30 + 9.999), abs=2e-6)]
    assert table.least_vertical_m[0] == 0.0
    assert table.least_horizontal_m[0] == pytest.approx(0.0, abs=1e-6)


def test_a_leg_that_nothing_can_fly_is_left_out_and_counted():
    a, b = head_on(steps=120)
    lon = b.lon_deg.copy()
    lon[60] += 5.0
    spoofed = Track(
        id="b",
        party=None,
        t_us=b.t_us,
        lat_deg=b.lat_deg,
        lon_deg=lon,
        alt_m=b.alt_m,
        alt_reference="STD",
        interpolation="geodesic",
    )
    legs = legs_from_tracks((a, spoofed), 60.0)
    assert (legs.too_fast, len(legs)) == (2, 238)
    assert len(find_encounters(legs, FIVE_MILES)) == 2


def test_inputs_that_have_no_answer_are_refused():
    a, b = head_on()
    with pytest.raises(InputFault, match="one track per aircraft"):
        legs_from_tracks((a, a), 60.0)
    amsl = track("b", [(0, 0.0, 0.0, 0.0), (1, 0.0, 0.0, 0.0)], reference="AMSL")
    with pytest.raises(InputFault, match="AMSL, STD"):
        closest_pair(a, amsl, FIVE_MILES)
    with pytest.raises(InputFault, match="longest gap"):
        legs_from_tracks((a, b), 0.0)
    for bad in ({"horizontal_m": 0.0}, {"horizontal_m": 1e6}, {"vertical_m": math.inf}):
        with pytest.raises(InputFault):
            Minima(**{"horizontal_m": 1.0, "vertical_m": 1.0, **bad})


def test_nobody_and_one_alone_meet_nobody():
    assert len(find_encounters(legs_from_tracks((), 60.0), FIVE_MILES)) == 0
    assert len(find_encounters(legs_from_tracks(head_on()[:1], 60.0), FIVE_MILES)) == 0


def test_the_closest_approach_is_known_also_outside_the_minima():
    a, b = head_on(alt_b_m=5000.0)
    answer = closest_pair(b, a, FIVE_MILES)
    assert (answer.a, answer.b, answer.episodes) == ("a", "b", ())
    assert answer.least_horizontal_m < 0.05
    assert answer.vertical_then_m == answer.least_vertical_m == 5000.0
    inside = closest_pair(a, head_on()[1], FIVE_MILES)
    assert [e.dwell_s for e in inside.episodes] == [pytest.approx(46.3, abs=0.001)]


def test_two_that_are_never_up_at_one_time_have_no_closest_approach():
    a = track("a", [(0, 50.0, 8.0, 0.0), (60, 50.0, 8.1, 0.0)])
    later = track("b", [(60, 50.0, 8.0, 0.0), (120, 50.0, 8.1, 0.0)])
    assert closest_pair(a, later, FIVE_MILES) is None


def test_the_kernel_says_what_it_is():
    assert "numba" in encounters.kernel_name()


@settings(max_examples=more(25, 500))
@given(
    lat_deg=st.floats(-89.0, 89.0),
    azimuth_deg=st.floats(0.0, 360.0),
    distance_m=st.floats(1.0, 277_800.0),
)
def test_a_chord_stands_for_its_geodesic_within_half_a_metre(lat_deg, azimuth_deg, distance_m):
    end = EARTH.Direct(lat_deg, 170.0, azimuth_deg, distance_m)
    ends_m = ecef_m(np.array([lat_deg, end["lat2"]]), np.array([170.0, end["lon2"]]))
    chord_m = float(np.linalg.norm(ends_m[1] - ends_m[0]))
    limit_m = 0.5 if distance_m > 18_520.0 else 0.001
    assert abs(chord_m - encounters.chord_from_geodesic_m(distance_m)) < limit_m


# --- random traffic ------------------------------------------------------------------------------

LATITUDES = st.one_of(
    st.floats(-85.0, 85.0), st.floats(85.0, 89.95), st.floats(-89.95, -85.0), st.floats(-1.0, 1.0)
)
LONGITUDES = st.one_of(st.floats(-180.0, 180.0), st.floats(179.9, 180.0), st.floats(-180.0, -179.9))


@st.composite
def traffic(draw, aircraft=4):
    """A few aircraft within some 15 km of one point, each flying legs of 2 to 60 s."""
    lat_deg, lon_deg = draw(LATITUDES), draw(LONGITUDES)
    tracks = []
    for k in range(draw(st.integers(2, aircraft))):
        at_s = draw(st.floats(0.0, 30.0))
        here = EARTH.Direct(
            lat_deg, lon_deg, draw(st.floats(0.0, 360.0)), draw(st.floats(0.0, 15_000.0))
        )
        alt_m = draw(st.floats(1000.0, 1500.0))
        course_deg = draw(st.floats(0.0, 360.0))
        rows = [(at_s, here["lat2"], here["lon2"], alt_m)]
        for _ in range(draw(st.integers(1, 4))):
            step_s = draw(st.sampled_from((2.0, 10.0, 37.0, 60.0)))
            course_deg += draw(st.floats(-60.0, 60.0))
            here = EARTH.Direct(
                rows[-1][1], rows[-1][2], course_deg, draw(st.floats(0.0, 300.0)) * step_s
            )
            at_s += step_s
            alt_m += draw(st.floats(-10.0, 10.0)) * step_s
            rows.append((at_s, here["lat2"], here["lon2"], alt_m))
        rows = [(t, lat, float(wrapped_deg(np.float64(lon))), alt) for t, lat, lon, alt in rows]
        tracks.append(track(f"x{k}", rows, draw(st.sampled_from(("geodesic", "planar")))))
    return tracks


MINIMA = st.builds(
    Minima, horizontal_m=st.floats(200.0, 12_000.0), vertical_m=st.floats(50.0, 400.0)
)


def contains(outer, inner, slack_s):
    """Whether each inner span lies in some outer span, give or take."""
    return all(
        t - f <= 2 * slack_s or any(of - slack_s <= f and t <= ot + slack_s for of, ot in outer)
        for f, t in inner
    )


@settings(max_examples=more(20, 400))
@given(tracks=traffic(), minima=MINIMA)
def test_kernel_and_plain_twin_give_the_same_episodes(tracks, minima):
    # A grazing episode may appear for a few centimetres, so each is held between the other's
    # episodes at minima a little smaller and a little larger.
    legs = legs_from_tracks(tracks, 60.0)
    table = find_encounters(legs, minima)
    wide = find_encounters_plain(
        legs, Minima(horizontal_m=minima.horizontal_m + 0.3, vertical_m=minima.vertical_m + 0.001)
    )
    tight = find_encounters_plain(
        legs, Minima(horizontal_m=minima.horizontal_m - 0.3, vertical_m=minima.vertical_m - 0.001)
    )
    for a in range(len(tracks)):
        for b in range(a + 1, len(tracks)):
            assert contains(spans(wide, a, b), spans(table, a, b), 1e-4)
            assert contains(spans(table, a, b), spans(tight, a, b), 1e-4)
    same = find_encounters_plain(legs, minima)
    if len(same) == len(table):
        assert np.abs(same.least_horizontal_m - table.least_horizontal_m).max(initial=0.0) < 0.3
        assert np.abs(same.least_vertical_m - table.least_vertical_m).max(initial=0.0) < 30.0


def where(one, at_s):
    """Position and altitude of a track by geographiclib alone, or None."""
    t_s = (one.t_us - START_US) / 1e6
    if not t_s[0] <= at_s <= t_s[-1]:
        return None
    k = min(int(np.searchsorted(t_s, at_s, side="right")) - 1, len(t_s) - 2)
    share = (at_s - t_s[k]) / (t_s[k + 1] - t_s[k])
    alt_m = one.alt_m[k] + (one.alt_m[k + 1] - one.alt_m[k]) * share
    lat, lon = one.lat_deg[k : k + 2], one.lon_deg[k : k + 2]
    if one.interpolation == "planar":
        east = (lon[1] - lon[0] + 540.0) % 360.0 - 180.0
        return lat[0] + (lat[1] - lat[0]) * share, lon[0] + east * share, alt_m
    line = EARTH.InverseLine(lat[0], lon[0], lat[1], lon[1])
    point = line.Position(line.s13 * share)
    return point["lat2"], point["lon2"], alt_m


@settings(max_examples=more(12, 250))
@given(tracks=traffic(aircraft=2), minima=MINIMA, offset=st.floats(0.0, 1.0))
def test_every_sample_by_geographiclib_agrees(tracks, minima, offset):
    legs = legs_from_tracks(tracks, 60.0)
    assume(legs.too_fast == 0)
    table = find_encounters(legs, minima)
    episodes = spans(table)
    for k in range(100):
        at_s = 2.0 * k + offset
        one, other = where(tracks[0], at_s), where(tracks[1], at_s)
        if one is None or other is None:
            continue
        apart_m = EARTH.Inverse(one[0], one[1], other[0], other[1])["s12"]
        high_m = abs(one[2] - other[2])
        within = any(f <= at_s <= t for f, t in episodes)
        if apart_m < minima.horizontal_m - 0.3 and high_m < minima.vertical_m - 0.02:
            assert within
            least_m = min(
                m
                for m, (f, t) in zip(table.least_horizontal_m, episodes, strict=True)
                if f <= at_s <= t
            )
            assert least_m <= apart_m + 0.2
        if apart_m > minima.horizontal_m + 0.3 or high_m > minima.vertical_m + 0.02:
            assert not within


@settings(max_examples=more(10, 200))
@given(tracks=traffic(), minima=MINIMA, seed=st.randoms(use_true_random=False))
def test_the_order_of_the_inputs_changes_no_bit(tracks, minima, seed):
    table = find_encounters(legs_from_tracks(tracks, 60.0), minima)
    shuffled = list(tracks)
    seed.shuffle(shuffled)
    again = find_encounters(legs_from_tracks(shuffled, 60.0), minima)
    for name in ("a", "b", "from_us", "to_us", "dwell_s", "least_horizontal_m", "vertical_then_m"):
        assert np.array_equal(getattr(table, name), getattr(again, name))
    assert closest_pair(tracks[0], tracks[1], minima) == closest_pair(tracks[1], tracks[0], minima)


@settings(max_examples=more(10, 200))
@given(tracks=traffic(), minima=MINIMA, turn_deg=st.floats(0.0, 360.0))
def test_turning_the_earth_changes_nothing_so_the_antimeridian_is_no_place(
    tracks, minima, turn_deg
):
    table = find_encounters(legs_from_tracks(tracks, 60.0), minima)
    turned = [
        Track(
            id=one.id,
            party=None,
            t_us=one.t_us,
            lat_deg=one.lat_deg,
            lon_deg=wrapped_deg(one.lon_deg + turn_deg),
            alt_m=one.alt_m,
            alt_reference="STD",
            interpolation=one.interpolation,
        )
        for one in tracks
    ]
    again = find_encounters(legs_from_tracks(turned, 60.0), minima)
    assume(len(table) == len(again))  # a graze may come and go by a rounding
    assert np.abs(table.least_horizontal_m - again.least_horizontal_m).max(initial=0.0) < 0.01
    assert np.abs(table.from_us - again.from_us).max(initial=0) < 50_000


@settings(max_examples=more(12, 250))
@given(tracks=traffic(aircraft=2), share=st.floats(0.0, 1.0))
def test_pieces_leave_their_path_by_less_than_ten_centimetres(tracks, share):
    legs = legs_from_tracks(tracks, 60.0)
    pieces = cut_pieces(legs)
    at_s = pieces.span_s[:, 0] + share * (pieces.span_s[:, 1] - pieces.span_s[:, 0])
    chord_m = pieces.start_m + share * (pieces.end_m - pieces.start_m)
    from_s = (legs.from_us[pieces.leg] - pieces.base_us) / 1e6
    whole_s = (legs.to_us - legs.from_us)[pieces.leg] / 1e6
    lat_deg, lon_deg = positions_along(legs, pieces.leg, (at_s - from_s) / whole_s)
    assert np.linalg.norm(chord_m - ecef_m(lat_deg, lon_deg), axis=-1).max(initial=0.0) < 0.1


def test_a_crowd_far_and_wide_gives_the_twins_set_whatever_the_cells():
    rng = np.random.default_rng(7)
    tracks = []
    for k in range(36):
        lat = (89.7 if k % 3 == 0 else 47.0) + rng.uniform(-0.15, 0.15)
        lon = rng.choice([179.0, -179.5, 10.0]) + rng.uniform(-0.9, 0.9)
        rows = [(0.0, lat, lon, 3000.0)]
        for t in range(30, 301, 30):
            here = EARTH.Direct(rows[-1][1], rows[-1][2], rng.uniform(0, 360), rng.uniform(0, 7500))
            rows.append((t, here["lat2"], here["lon2"], 3000.0 + rng.uniform(-200, 200)))
        tracks.append(
            track(
                f"c{k:02d}", [(t, a, float(wrapped_deg(np.float64(o))), z) for t, a, o, z in rows]
            )
        )
    legs = legs_from_tracks(tracks, 60.0)
    for minima in (FIVE_MILES, Minima(horizontal_m=900.0, vertical_m=60.0)):
        table, plain = find_encounters(legs, minima), find_encounters_plain(legs, minima)
        assert len(table) >= 3
        assert table.pairs() == plain.pairs()
        assert np.abs(table.from_us - plain.from_us).max() < 20_000
