"""Positions, distances, sides and three-valued answers, against geographiclib sampled densely."""

from __future__ import annotations

import math
from itertools import pairwise
from unittest import mock

import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.world import line_search
from parley.world.faults import InputFault
from parley.world.geo import (
    UNDECIDED,
    Answer,
    Position,
    bearing_deg,
    checked_uncertainty_m,
    course_at_deg,
    destination,
    distance_m,
    inside_all,
    interpolated,
    judged,
    planar_pieces,
    polyline,
    wrapped_longitude_deg,
)
from parley.world.line_search import distance_to_line_m, nearest_on_line, side_of_line

WGS84 = Geodesic.WGS84
EDGES = st.sampled_from(["planar", "geodesic"])


def at(lat_deg, lon_deg):
    return Position(lat_deg=lat_deg, lon_deg=wrapped_longitude_deg(lon_deg))


@st.composite
def lines_and_points(draw):
    """A line of two to four vertices some hundred km about a point, anywhere but at the poles."""
    lat, lon = draw(st.floats(-75, 75)), draw(st.sampled_from([0.0, 38.5, 179.9, -179.95, -116.0]))
    reach = draw(st.sampled_from([0.05, 0.5, 4.0]))
    thousandths = st.integers(-1000, 1000).map(lambda n: n / 1000)
    offsets = st.tuples(thousandths, thousandths)
    vertices = draw(st.lists(offsets, min_size=2, max_size=4, unique=True))
    line = [(lat + reach * dy, lon + reach * dx) for dy, dx in vertices]
    dy, dx = draw(offsets)
    return line, (lat + reach * dy, lon + reach * dx)


def point_on_edge(a, b, fraction, edges):
    """The oracle's own idea of an edge: (lat, lon) unwrapped in, (lat, lon) out."""
    if edges == "planar":
        return a[0] + fraction * (b[0] - a[0]), a[1] + fraction * (b[1] - a[1])
    whole = WGS84.InverseLine(a[0], a[1], b[0], b[1])
    there = whole.Position(fraction * whole.s13)
    return there["lat2"], there["lon2"]


def sampled_distance_m(point, line, edges, samples=24):
    """Least distance by sampling every edge and narrowing round the best sample."""

    def away(a, b, fraction):
        lat, lon = point_on_edge(a, b, fraction, edges)
        return WGS84.Inverse(point[0], point[1], lat, lon, Geodesic.DISTANCE)["s12"]

    best = math.inf
    for a, b in pairwise(line):
        seen = [(away(a, b, k / samples), k) for k in range(samples + 1)]
        least, k = min(seen)
        low, high = max(0.0, (k - 1) / samples), min(1.0, (k + 1) / samples)
        for _ in range(32):
            third = (high - low) / 3
            if away(a, b, low + third) < away(a, b, high - third):
                high -= third
            else:
                low += third
        best = min(best, least, away(a, b, (low + high) / 2))
    return best


@pytest.mark.parametrize(
    ("lat_deg", "lon_deg", "named"),
    [
        (100.0, 0.0, "latitude is 100"),
        (-90.001, 0.0, "latitude"),
        (math.nan, 0.0, "latitude is nan"),
        (0.0, 180.5, "longitude is 180.5"),
        (0.0, -math.inf, "longitude is -inf"),
    ],
)
def test_a_position_out_of_range_is_refused_with_field_value_and_limit(lat_deg, lon_deg, named):
    with pytest.raises(InputFault, match=f"{named}.*wanted a number from -") as refused:
        Position(lat_deg=lat_deg, lon_deg=lon_deg)
    assert "\n" not in str(refused.value)


@given(st.floats(-89, 89), st.floats(-180, 180), st.floats(-89, 89), st.floats(-180, 180))
@settings(max_examples=100, deadline=None)
def test_distance_and_bearing_are_the_geodesic_ones(lat1, lon1, lat2, lon2):
    a, b = Position(lat_deg=lat1, lon_deg=lon1), Position(lat_deg=lat2, lon_deg=lon2)
    truth = WGS84.Inverse(lat1, lon1, lat2, lon2)
    assert distance_m(a, b) == pytest.approx(truth["s12"], abs=1e-6)
    assert 0.0 <= bearing_deg(a, b) < 360.0
    if 1.0 < truth["s12"] < 19_000_000.0:
        turned = (bearing_deg(a, b) - truth["azi1"] + 180.0) % 360.0 - 180.0
        assert turned == pytest.approx(0.0, abs=1e-6)


@given(st.floats(-85, 85), st.floats(-180, 180), st.floats(0, 360), st.floats(1, 1e6))
@settings(max_examples=60, deadline=None)
def test_destination_lies_at_its_distance(lat, lon, bearing, length_m):
    a = Position(lat_deg=lat, lon_deg=lon)
    b = destination(a, bearing, length_m)
    truth = WGS84.Direct(lat, lon, bearing, length_m)
    assert WGS84.Inverse(b.lat_deg, b.lon_deg, truth["lat2"], truth["lon2"])["s12"] < 1e-6
    assert distance_m(a, b) == pytest.approx(length_m, abs=1e-6)


def test_destination_refuses_what_is_not_finite():
    with pytest.raises(InputFault, match="bearing is nan"):
        destination(at(0, 0), math.nan, 1.0)


@given(lines_and_points(), EDGES)
@settings(max_examples=80, deadline=None)
def test_distance_to_a_line_equals_dense_sampling(drawn, edges):
    line, point = drawn
    expected_m = sampled_distance_m(point, line, edges)
    found_m = distance_to_line_m(at(*point), [at(*vertex) for vertex in line], edges)
    assert found_m == pytest.approx(expected_m, abs=1e-3)


@given(lines_and_points(), EDGES)
@settings(max_examples=60, deadline=None)
def test_however_the_search_goes_it_finds_the_same_point(drawn, edges):
    vertices = [at(*vertex) for vertex in drawn[0]]
    found = nearest_on_line(at(*drawn[1]), polyline(vertices, edges))
    for name in ("_PIECES_KEPT_MAX", "_PIECES_LOOKED_MAX", "_PIECES_ONE_BY_ONE_MAX"):
        with mock.patch.object(line_search, name, 0):
            other = nearest_on_line(at(*drawn[1]), polyline(vertices, edges))
        assert other.distance_m == pytest.approx(found.distance_m, abs=1e-6), name
        assert (other.side, other.beyond) == (found.side, found.beyond) or found.distance_m < 1e-3


@given(lines_and_points(), EDGES, st.floats(0, 1))
@settings(max_examples=60, deadline=None)
def test_a_point_of_the_line_lies_on_it(drawn, edges, fraction):
    vertices = [at(*vertex) for vertex in drawn[0][:2]]
    position = interpolated(*vertices, fraction, edges)
    assert distance_to_line_m(position, vertices, edges) < 1e-6
    if edges == "geodesic":
        share_m = distance_m(vertices[0], position), fraction * distance_m(*vertices)
        assert share_m[0] == pytest.approx(share_m[1], abs=1e-5)


@pytest.mark.parametrize("edges", ["planar", "geodesic"])
def test_distance_to_a_long_line_far_away(edges):
    line, point = [(60.0, -40.0), (55.0, 35.0), (-20.0, 100.0)], (10.0, 20.0)
    expected_m = sampled_distance_m(point, line, edges, samples=300)
    found_m = distance_to_line_m(at(*point), [at(*vertex) for vertex in line], edges)
    assert found_m == pytest.approx(expected_m, abs=0.01)


def test_the_meaning_of_an_edge_moves_it_by_what_the_notes_say():
    ends = [at(50.0, 0.0), at(50.0, 2.7921)]  # 200 km along the parallel
    middle = at(50.0, 1.39605)
    assert distance_to_line_m(middle, ends, "planar") < 1e-6
    assert distance_to_line_m(middle, ends, "geodesic") == pytest.approx(939.0, abs=10.0)


@given(lines_and_points(), EDGES, st.floats(-180, 180))
@settings(max_examples=60, deadline=None)
def test_turning_the_earth_changes_no_distance_and_no_side(drawn, edges, turn_deg):
    line, point = drawn
    vertices, turned = ([at(lat, lon + by) for lat, lon in line] for by in (0.0, turn_deg))
    here = nearest_on_line(at(*point), polyline(vertices, edges))
    there = nearest_on_line(at(point[0], point[1] + turn_deg), polyline(turned, edges))
    assert there.distance_m == pytest.approx(here.distance_m, abs=1e-3)
    if here.distance_m > 0.01 and here.fraction not in (0.0, 1.0):
        assert there.side == here.side


@given(lines_and_points(), EDGES, st.floats(0.05, 0.95), st.sampled_from([-90.0, 90.0]))
@settings(max_examples=60, deadline=None)
def test_a_step_to_the_left_of_an_edge_is_left(drawn, edges, fraction, turn_deg):
    line = drawn[0][:2]
    before, foot, after = (point_on_edge(*line, fraction + by, edges) for by in (-1e-4, 0.0, 1e-4))
    course = WGS84.Inverse(*before, *after)["azi1"]
    step_m = 0.02 * WGS84.Inverse(*line[0], *line[1])["s12"]
    if step_m < 0.1:
        return
    aside = WGS84.Direct(*foot, course + turn_deg, step_m)
    position, vertices = at(aside["lat2"], aside["lon2"]), [at(*vertex) for vertex in line]
    assert side_of_line(position, vertices, edges) == ("left" if turn_deg < 0 else "right")
    opposite = "right" if turn_deg < 0 else "left"
    assert side_of_line(position, vertices[::-1], edges) == opposite


def test_at_a_sharp_bend_the_side_is_that_of_the_wedge():
    hairpin = [at(0.0, 0.0), at(1.0, 0.5), at(0.0, 1.0)]
    assert side_of_line(at(2.0, 0.0), hairpin) == "left"
    assert side_of_line(at(2.0, 1.0), hairpin) == "left"
    assert side_of_line(at(0.9, 0.5), hairpin) == "right"
    assert side_of_line(at(1.0, 0.5), hairpin) == "left"  # on the line, as crossings count it


def test_past_an_end_the_nearest_point_says_so():
    line = polyline([at(0.0, 0.0), at(0.0, 1.0)], "planar")
    assert nearest_on_line(at(0.5, -0.1), line).beyond == "start"
    assert nearest_on_line(at(-0.5, 1.1), line).beyond == "end"
    assert nearest_on_line(at(0.5, 0.1), line).beyond == ""
    assert nearest_on_line(at(0.5, -0.1), line).side == "left"
    assert nearest_on_line(at(-0.5, 1.1), line).side == "right"


def test_a_line_over_the_antimeridian_goes_the_shorter_way():
    line = [at(10.0, 179.0), at(10.0, -179.0)]
    assert distance_to_line_m(at(10.0, 180.0), line) < 1e-6
    assert distance_to_line_m(at(10.0, 0.0), line) > 10_000_000.0
    middle = interpolated(line[0], line[1], 0.75, "planar")
    assert middle.lon_deg == pytest.approx(-179.5)


@pytest.mark.parametrize(
    ("vertices", "edges", "named"),
    [
        ([], "planar", "vertices is 0"),
        ([(1.0, 1.0), (1.0, 1.0)], "planar", "vertices is 1"),
        ([(1.0, 180.0), (1.0, -180.0)], "planar", "vertices is 1"),
        ([(0.0, 0.0), (0.0, 180.0)], "planar", "edge 0 is 180 degrees"),
        ([(0.0, 0.0), (1.0, 1.0)], "straight", "edges is straight, wanted geodesic or planar"),
        ([(0.0, k / 100) for k in range(10_001)], "planar", "vertices is 10001"),
    ],
)
def test_a_line_that_is_none_is_refused(vertices, edges, named):
    with pytest.raises(InputFault, match=named):
        polyline([at(*vertex) for vertex in vertices], edges)


def test_planar_pieces_keep_a_geodesic_edge_within_the_tolerance():
    ends = [(52.0, 170.0), (48.0, -140.0)]
    whole = WGS84.InverseLine(*ends[0], *ends[1])
    lon, lat, _ = planar_pieces(polyline([at(*p) for p in ends], "geodesic"), tolerance_m=5.0)
    assert len(lon) > 50
    outline = [
        Position(lat_deg=b, lon_deg=wrapped_longitude_deg(a)) for a, b in zip(lon, lat, strict=True)
    ]
    for k in range(41):
        true = whole.Position(k / 40 * whole.s13)
        assert distance_to_line_m(at(true["lat2"], true["lon2"]), outline, "planar") < 5.0


def test_planar_pieces_see_an_s_over_the_equator():
    # Half way, where a check is cheapest, geodesic and chord meet; at a quarter they do not.
    ends = (-1.6, 0.0), (1.6, 3.0)
    whole = WGS84.InverseLine(*ends[0], *ends[1])
    quarter = whole.Position(whole.s13 / 4)
    chord = [at(*ends[0]), at(*ends[1])]
    assert distance_to_line_m(at(quarter["lat2"], quarter["lon2"]), chord, "planar") > 5.0
    lon, lat, _ = planar_pieces(polyline(chord, "geodesic"), tolerance_m=1.0)
    outline = [at(b, a) for a, b in zip(lon, lat, strict=True)]
    assert distance_to_line_m(at(quarter["lat2"], quarter["lon2"]), outline, "planar") < 1.0


@given(lines_and_points(), EDGES, st.floats(0.01, 0.99))
@settings(max_examples=60, deadline=None)
def test_the_course_of_an_edge_is_that_of_a_short_step_along_it(drawn, edges, fraction):
    a, b = drawn[0][:2]
    before, after = (point_on_edge(a, b, fraction + by, edges) for by in (-1e-4, 1e-4))
    truth = WGS84.Inverse(*before, *after)["azi1"]
    foot, course = course_at_deg(polyline([at(*a), at(*b)], edges), 0, fraction)
    expected = point_on_edge(a, b, fraction, edges)
    assert WGS84.Inverse(foot.lat_deg, foot.lon_deg, *expected)["s12"] < 1e-5
    assert (course - truth + 180.0) % 360.0 - 180.0 == pytest.approx(0.0, abs=0.01)


def test_planar_pieces_are_bounded():
    zigzag = [at(50.0 if k % 2 else -50.0, (k * 0.01) % 170) for k in range(10_000)]
    with pytest.raises(InputFault, match="at most 200000 planar pieces"):
        planar_pieces(polyline(zigzag, "geodesic"), tolerance_m=1.0)


def test_an_answer_is_decided_only_beyond_the_uncertainty():
    words = [
        judged("in", margin_m=margin_m, uncertainty_m=5.0, because="").decided
        for margin_m in (4.9, 5.0, 5.1, None)
    ]
    assert words == [UNDECIDED, UNDECIDED, "in", "in"]
    assert judged("in", margin_m=0.0, uncertainty_m=0.0, because="").decided == UNDECIDED
    with pytest.raises(InputFault, match="answer is out"):
        Answer(nominal="in", decided="out", margin_m=1.0, because="")


@given(
    st.lists(
        st.tuples(st.sampled_from(["in", "out"]), st.floats(0, 10) | st.none()),
        min_size=1,
        max_size=4,
    )
)
def test_inside_all_is_decided_exactly_if_no_allowed_change_could_change_it(parts):
    answers = [judged(w, margin_m=m, uncertainty_m=5.0, because="") for w, m in parts]
    together = inside_all(*answers)
    firm = [m is None or m > 5.0 for _, m in parts]
    assert together.nominal == ("in" if all(w == "in" for w, _ in parts) else "out")
    if any(w == "out" and sure for (w, _), sure in zip(parts, firm, strict=True)):
        assert together.decided == "out"
    elif all(firm):
        assert together.decided == "in"
    else:
        assert together.decided == UNDECIDED


@pytest.mark.parametrize("value_m", [-1.0, math.nan, math.inf])
def test_an_uncertainty_is_a_finite_number_from_0_on(value_m):
    with pytest.raises(InputFault, match="uncertainty"):
        checked_uncertainty_m(value_m)
