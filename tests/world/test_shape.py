"""Polygons, circles, corridors and their integer form, against shapely and geographiclib."""

from __future__ import annotations

import gzip
import json
import math

import msgspec
import pytest
import shapely
from geographiclib.geodesic import Geodesic
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from parley.world.faults import InputFault
from parley.world.geo import Position, destination, wrapped_longitude_deg
from parley.world.line_search import distance_to_line_m
from parley.world.shape import (
    Circle,
    Corridor,
    Polygon,
    contains,
    distance_to_shape_m,
    planar_ring,
    planar_rings,
    position_from_document,
    position_to_document,
    shape_from_document,
    to_document,
)
from shared_data import shared

WGS84 = Geodesic.WGS84
EDGES = st.sampled_from(["planar", "geodesic"])
CENTRES = st.tuples(st.integers(-60, 60), st.sampled_from([0, 38, 179, -180, -116]))


def at(lat_deg, lon_deg):
    return Position(lat_deg=lat_deg, lon_deg=wrapped_longitude_deg(lon_deg))


def polygon(*points, edges="planar", holes=()):
    return Polygon(exterior=tuple(at(*point) for point in points), edges=edges, holes=holes)


def box(south, west, north, east):
    return (at(south, west), at(south, east), at(north, east), at(north, west))


@st.composite
def stars(draw):
    """A ring round a centre with wild radii, in unwrapped (lat, lon): always plain."""
    lat, lon = draw(CENTRES)
    count = draw(st.integers(3, 9))
    reach = draw(st.sampled_from([0.02, 0.4, 3.0]))
    radii = draw(st.lists(st.integers(100, 1000), min_size=count, max_size=count))
    ring = []
    for k, radius in enumerate(radii):
        turn = 2 * math.pi * k / count
        ring.append(
            (
                lat + reach * radius / 1000 * math.sin(turn),
                lon + reach * radius / 1000 * math.cos(turn),
            )
        )
    dy, dx = draw(st.tuples(st.integers(-1000, 1000), st.integers(-1000, 1000)))
    point = (lat + reach * dy / 800, lon + reach * dx / 800)
    return (ring if draw(st.booleans()) else ring[::-1]), point


# --- in, out, undecided --------------------------------------------------------------------------


@given(stars())
@settings(max_examples=150, deadline=None)
def test_a_planar_ring_contains_what_shapely_says(drawn):
    ring, point = drawn
    answer = contains(polygon(*ring), at(*point))
    assume(answer.margin_m > 0.01)
    truth = shapely.Polygon([(lon, lat) for lat, lon in ring]).contains(
        shapely.Point(point[1], point[0])
    )
    assert answer.nominal == ("in" if truth else "out")
    assert answer.decided == answer.nominal


@given(stars(), st.floats(0, 200_000))
@settings(max_examples=60, deadline=None)
def test_decided_means_that_no_point_within_the_uncertainty_answers_otherwise(drawn, reach_m):
    ring, point = drawn
    area, position = polygon(*ring), at(*point)
    answer = contains(area, position, reach_m)
    words = {
        contains(area, destination(position, bearing, reach_m)).nominal
        for bearing in range(0, 360, 45)
    }
    if answer.decided != "undecided":
        assert words == {answer.nominal}
    if len(words) == 2:
        assert answer.decided == "undecided"


@given(stars())
@settings(max_examples=60, deadline=None)
def test_the_direction_of_drawing_and_the_closing_vertex_change_nothing(drawn):
    ring, point = drawn
    same = [polygon(*ring), polygon(*ring[::-1]), polygon(*ring, ring[0]), polygon(ring[0], *ring)]
    answers = {(a.nominal, round(a.margin_m, 3)) for a in (contains(p, at(*point)) for p in same)}
    assert len(answers) == 1
    assert same[0] == same[2] == same[3]


@given(stars())
@settings(max_examples=40, deadline=None)
def test_a_geodesic_ring_agrees_with_its_own_planar_pieces(drawn):
    ring, point = drawn
    area = polygon(*ring, edges="geodesic")
    answer = contains(area, at(*point))
    assume(answer.margin_m > 2.0)
    lon0 = ring[0][1]
    outline = [(lon0 + (p.lon_deg - lon0 + 180) % 360 - 180, p.lat_deg) for p in planar_ring(area)]
    truth = shapely.Polygon(outline).contains(shapely.Point(point[1], point[0]))
    assert answer.nominal == ("in" if truth else "out")


def test_the_same_corners_with_the_other_edges_are_another_zone():
    corners = [(50.0, 0.0), (50.0, 2.8), (51.0, 2.8), (51.0, 0.0)]
    just_north = at(50.004, 1.4)  # the great circle runs 0.9 km north of the parallel here
    assert contains(polygon(*corners), just_north).decided == "in"
    assert contains(polygon(*corners, edges="geodesic"), just_north).decided == "out"


def test_a_polygon_over_the_antimeridian_is_the_small_one():
    area = polygon((-1.0, 179.5), (-1.0, -179.5), (1.0, -179.5), (1.0, 179.5))
    assert contains(area, at(0.0, 180.0)).decided == "in"
    assert contains(area, at(0.0, -179.9)).decided == "in"
    assert contains(area, at(0.0, 0.0)).decided == "out"
    assert contains(area, at(0.0, 179.4)).decided == "out"
    cut = polygon((-1.0, 179.5), (-1.0, 180.0), (-1.0, -180.0), (1.0, -180.0), (1.0, 179.5))
    assert len(cut.exterior) == 4
    assert contains(cut, at(0.0, -179.9)).decided == "out"


def test_a_hole_is_out_and_so_is_the_way_to_it():
    area = Polygon(exterior=box(0, 0, 4, 4), holes=(box(1, 1, 3, 3),))
    assert contains(area, at(2.0, 2.0)).decided == "out"
    assert contains(area, at(0.5, 0.5)).decided == "in"
    assert contains(area, at(5.0, 5.0)).decided == "out"
    to_edge_m = distance_to_line_m(at(2.0, 2.9), (at(1.0, 3.0), at(3.0, 3.0)))
    assert distance_to_shape_m(area, at(2.0, 2.9)) == pytest.approx(to_edge_m)
    assert distance_to_shape_m(area, at(0.5, 0.5)) == 0.0


@given(CENTRES, st.floats(100.0, 200_000.0), st.floats(0, 360), st.floats(0, 2))
@settings(max_examples=60, deadline=None)
def test_a_circle_is_what_lies_within_its_radius(centre, radius_m, bearing, share):
    there = WGS84.Direct(*centre, bearing, radius_m * share)
    circle = Circle(centre=at(*centre), radius_m=radius_m)
    answer = contains(circle, at(there["lat2"], there["lon2"]), 10.0)
    away_m = radius_m * abs(1.0 - share)
    assume(abs(away_m - 10.0) > 1e-3 and away_m > 1e-6)
    assert answer.nominal == ("in" if share < 1.0 else "out")
    assert answer.margin_m == pytest.approx(away_m, abs=1e-5)
    assert (answer.decided == "undecided") == (away_m < 10.0)


def test_on_the_outline_is_nominally_in_and_never_decided():
    area = polygon((0.0, 0.0), (0.0, 1.0), (1.0, 0.0))
    answer = contains(area, at(0.0, 0.5))
    assert (answer.nominal, answer.decided, answer.margin_m) == ("in", "undecided", 0.0)


@pytest.mark.row("S33")
def test_a_corridor_is_what_lies_within_half_its_width_of_the_line():
    road = (at(35.95, 39.01), at(35.80, 38.90), at(35.6289, 38.7581))
    corridor = Corridor(vertices=road, width_m=2_000.0)
    for turn, bearing in ((0.0, 300.0), (1.0, 120.0)):
        foot = at(35.875, 38.955)
        near, far = (destination(foot, bearing + turn, length) for length in (900.0, 1_200.0))
        assert contains(corridor, near).decided == "in"
        assert contains(corridor, far).decided == "out"
        assert contains(corridor, near, 500.0).decided == "undecided"
    assert distance_to_shape_m(corridor, at(35.0, 38.0)) == pytest.approx(
        distance_to_line_m(at(35.0, 38.0), road) - 1_000.0
    )


# --- bad rings -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("points", "named"),
    [
        (
            [(0, 0), (1, 1), (0, 1), (1, 0)],
            r"edge 0 \(vertex 0 to 1\) crosses or touches edge 2 \(v",
        ),
        ([(0, 0), (0, 4), (4, 4), (0, 2)], "edge 0 .*edge 2"),  # a vertex on an edge
        ([(0, 0), (0, 2), (0, 1)], "edge 0 .* edge 1"),  # no area
        ([(0, 0), (0, 3), (2, 3), (5, 3), (3, 3), (3, 0)], "edge 2 .* edge 3"),  # a spike
        ([(0, 0), (1, 1), (0, 2), (2, 2), (1, 1), (2, 0)], "edge 0 .* edge 3"),  # a pinched ring
        ([(0, 0), (0, 1)], "vertices is 2, wanted at least 3"),
        ([(0, 0), (0, 1), (0, 0), (0, 1)], "vertices is 2, wanted at least 3"),
        ([(-60, -180), (-60, 180), (60, 180), (60, -180)], "vertices is 2"),  # the whole earth
        ([(80, 0), (80, 120), (80, -120)], "goes round a pole"),
        ([(-70, 0), (-80, -90), (-70, 175), (-80, 90)], "goes round a pole"),
        ([(80, 0), (90, 0), (80, 30)], "vertex 1 is at a pole"),
        ([(0, 0), (0, 180), (10, 90)], "edge 0 is 180 degrees"),
    ],
)
@pytest.mark.parametrize("edges", ["planar", "geodesic"])
def test_a_bad_ring_is_refused_and_the_edges_named(points, named, edges):
    with pytest.raises(InputFault, match=named) as refused:
        polygon(*points, edges=edges)
    assert "\n" not in str(refused.value)


def test_a_ring_wider_than_the_earth_is_refused():
    spiral = [(k / 10, 10 * k) for k in range(42)] + [
        (k / 10 + 2.0, 10 * k) for k in range(41, -1, -1)
    ]
    with pytest.raises(InputFault, match="wider than the earth"):
        polygon(*spiral)


@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=3, max_size=7),
    st.sampled_from([0, 177, -183]),
)
@settings(max_examples=200, deadline=None)
def test_a_ring_is_taken_only_if_shapely_too_calls_it_valid_and_never_grows(points, lon0):
    kept = [p for k, p in enumerate(points) if k == 0 or p != points[k - 1]]
    assume(len(set(kept)) >= 3)
    truth = shapely.Polygon([(lon, lat) for lat, lon in kept])
    try:
        area = polygon(*((lat, lon0 + lon) for lat, lon in points))
    except InputFault:
        assert not truth.is_valid
        return
    assert truth.is_valid
    turned = [((p.lon_deg - lon0 + 90) % 360 - 90, p.lat_deg) for p in area.exterior]
    assert shapely.Polygon(turned).area == pytest.approx(truth.area, abs=1e-9)


@pytest.mark.parametrize(
    "hole", [box(5, 5, 6, 6), box(3, 3, 5, 5), box(-1, -1, 5, 5), box(1, 1, 2, 6)]
)
def test_a_hole_that_is_not_inside_is_refused(hole):
    with pytest.raises(InputFault, match="polygon holes"):
        Polygon(exterior=box(0, 0, 4, 4), holes=(hole,))


def test_holes_that_overlap_are_refused():
    with pytest.raises(InputFault, match="polygon holes"):
        Polygon(exterior=box(0, 0, 9, 9), holes=(box(1, 1, 4, 4), box(2, 2, 6, 6)))


def test_a_hole_drawn_from_the_other_side_of_the_antimeridian_is_found():
    area = Polygon(exterior=box(0, 178, 4, 182), holes=(box(1, -179.5, 2, -179),))
    assert contains(area, at(1.5, -179.25)).decided == "out"
    assert contains(area, at(1.5, -178.5)).decided == "in"


@pytest.mark.parametrize("radius_m", [0.0, -5.0, math.nan, math.inf, 6e6])
def test_a_radius_or_width_out_of_range_is_refused(radius_m):
    with pytest.raises(InputFault, match="circle radius"):
        Circle(centre=at(0, 0), radius_m=radius_m)
    with pytest.raises(InputFault, match="corridor width"):
        Corridor(vertices=(at(0, 0), at(0, 1)), width_m=radius_m * 2)


def test_ten_thousand_vertices_are_taken_and_one_more_is_not():
    ring = [
        (10 + math.sin(k * math.tau / 10_000), 10 + math.cos(k * math.tau / 10_000))
        for k in range(10_000)
    ]
    assert contains(polygon(*ring, ring[0]), at(10.0, 10.0)).decided == "in"
    with pytest.raises(InputFault, match="at most 10000"):
        polygon(*ring, (10.5, 11.5), ring[0])


def test_a_mask_of_everything_outside_a_country_never_becomes_a_zone():
    # A national feed carries the whole earth as the ring of its "outside" zone.
    feed = json.loads(shared("data/zones/eans-ee.json").read_text("utf-8-sig"))
    refused = []
    for feature in feed["features"]:
        rings = [tuple(at(c[1], c[0]) for c in r) for r in feature["geometry"]["coordinates"]]
        try:
            Polygon(exterior=rings[0], holes=tuple(rings[1:]))
        except InputFault:
            refused.append(feature["properties"]["identifier"])
    assert refused == ["EERZout"]


def test_real_flight_information_regions_are_taken_as_they_are():
    with gzip.open(shared("data/zones/eurofirs.json.gz"), "rt", encoding="utf-8") as file:
        features = json.load(file)["features"]
    for feature in features:
        [ring] = feature["geometry"]["coordinates"]
        area = Polygon(exterior=tuple(at(c[1], c[0]) for c in ring))
        inner = shapely.Polygon([c[:2] for c in ring]).representative_point()
        assert contains(area, at(inner.y, inner.x)).decided == "in"
    assert len(features) == 58


# --- rings of planar edges -----------------------------------------------------------------------


@given(CENTRES, st.floats(50.0, 300_000.0))
@settings(max_examples=25, deadline=None)
def test_the_ring_of_a_circle_lies_within_a_metre_of_it(centre, radius_m):
    ring = planar_ring(Circle(centre=at(*centre), radius_m=radius_m))
    every = max(1, len(ring) // 40)
    for a, b in list(zip(ring, (*ring[1:], ring[0]), strict=True))[::every]:
        turn = (b.lon_deg - a.lon_deg + 180) % 360 - 180
        middle = ((a.lat_deg + b.lat_deg) / 2, a.lon_deg + turn / 2)
        for lat, lon in ((a.lat_deg, a.lon_deg), middle):
            away_m = WGS84.Inverse(*centre, lat, lon)["s12"]
            assert radius_m - 1.0 <= away_m <= radius_m + 0.1


@pytest.mark.parametrize(
    "shape",
    [
        Circle(centre=at(89.0, 0.0), radius_m=200_000.0),
        Corridor(vertices=(at(-89.0, 0.0), at(-89.0, 50.0)), width_m=300_000.0),
    ],
)
def test_what_lies_over_a_pole_has_distances_but_no_planar_ring(shape):
    pole = at(math.copysign(90.0, 89.0 if isinstance(shape, Circle) else -89.0), 0.0)
    assert contains(shape, pole).decided == "in"
    with pytest.raises(InputFault, match="over a pole"):
        planar_ring(shape)


@given(
    st.lists(
        st.tuples(st.integers(-20, 20), st.integers(-20, 20)), min_size=2, max_size=4, unique=True
    ),
    st.sampled_from([(43, -116), (-10, 179), (62, -180)]),
    st.sampled_from([500.0, 20_000.0, 90_000.0]),
    EDGES,
    st.tuples(st.integers(-40, 40), st.integers(-40, 40)),
)
@settings(max_examples=60, deadline=None)
def test_the_rings_of_a_corridor_agree_with_its_distances(steps, centre, width_m, edges, offset):
    vertices = tuple(at(centre[0] + y / 10, centre[1] + x / 10) for y, x in steps)
    corridor = Corridor(vertices=vertices, width_m=width_m, edges=edges)
    point = (centre[0] + offset[0] / 20, centre[1] + offset[1] / 20)
    answer = contains(corridor, at(*point))
    # Inside, the margin is a lower bound; the ring must hold wherever it is more than a metre.
    assume(answer.margin_m > 1.5)
    rings = [
        [(centre[1] + (p.lon_deg - centre[1] + 180) % 360 - 180, p.lat_deg) for p in ring]
        for ring in planar_rings(corridor)
    ]
    truth = shapely.Polygon(rings[0], rings[1:]).contains(shapely.Point(point[1], point[0]))
    assert answer.nominal == ("in" if truth else "out")


@pytest.mark.parametrize("edges", ["planar", "geodesic"])
@pytest.mark.parametrize("width_m", [1_852.0, 100_000.0])
def test_the_ring_of_a_long_corridor_keeps_half_the_width(edges, width_m):
    ends = (at(60.0, 177.0), at(61.0, -178.0))
    ring = planar_ring(Corridor(vertices=ends, width_m=width_m, edges=edges))
    for a, b in zip(ring, (*ring[1:], ring[0]), strict=True):
        turn = (b.lon_deg - a.lon_deg + 180) % 360 - 180
        for share in (0.0, 0.5):
            point = at(a.lat_deg + share * (b.lat_deg - a.lat_deg), a.lon_deg + share * turn)
            away_m = distance_to_line_m(point, ends, edges)
            assert away_m == pytest.approx(width_m / 2, abs=1.0)


def test_a_corridor_round_a_town_keeps_the_town_out():
    loop = (at(0, 0), at(0, 1), at(1, 1), at(1, 0), at(0.02, 0))
    rings = planar_rings(Corridor(vertices=loop, width_m=10_000.0))
    assert len(rings) == 2
    assert contains(Polygon(exterior=rings[0], holes=rings[1:]), at(0.5, 0.5)).decided == "out"


def test_a_planar_polygon_is_its_own_ring_and_steps_only_divide_it():
    area = polygon((0.0, 179.0), (0.0, -179.0), (1.0, -179.0))
    assert planar_ring(area) == area.exterior
    finer = planar_ring(area, 20_000.0)
    assert set(area.exterior) <= set(finer)
    assert len(finer) > 20
    assert all(distance_to_line_m(p, (*area.exterior, area.exterior[0])) < 1e-6 for p in finer)
    with pytest.raises(InputFault, match="ring step is 0"):
        planar_ring(area, 0.0)


# --- the integer form ----------------------------------------------------------------------------


@given(stars(), EDGES, st.integers(1, 10**10), st.integers(2, 9))
@settings(max_examples=60, deadline=None)
def test_a_document_reads_back_as_the_same_document_and_shape(drawn, edges, length_mm, cut):
    ring, point = drawn
    shapes = [
        polygon(*ring, edges=edges),
        Circle(centre=at(*point), radius_m=min(length_mm, 5 * 10**9) / 1000),
        Corridor(vertices=tuple(at(*p) for p in ring[:cut]), width_m=length_mm / 1000, edges=edges),
    ]
    for shape in shapes:
        document = to_document(shape)
        # Through JSON, as in an entry: nothing in it is a float.
        read = msgspec.json.decode(msgspec.json.encode(document))
        assert b"." not in msgspec.json.encode(document)
        back = shape_from_document(read)
        assert to_document(back) == document == read
        assert shape_from_document(to_document(back)) == back
        assert type(back) is type(shape)


@given(st.integers(-180 * 10**9, 180 * 10**9), st.integers(-90 * 10**9, 90 * 10**9))
def test_every_integer_position_survives_exactly(lon_e9, lat_e9):
    assert position_to_document(position_from_document([lon_e9, lat_e9])) == [lon_e9, lat_e9]


def test_holes_survive_the_document():
    area = Polygon(exterior=box(0, 0, 4, 4), holes=(box(1, 1, 2, 2),), edges="geodesic")
    assert shape_from_document(to_document(area)) == area


@pytest.mark.parametrize(
    "change",
    [
        {"radius_mm": 10.5},
        {"radius_mm": True},
        {"radius_mm": 0},
        {"radius_m": 10},
        {"type": "sphere"},
        {"centre": [0]},
        {"centre": [0, 90_000_000_001]},
        {"centre": [0.5, 0]},
        {"centre": None},
    ],
)
def test_a_document_that_is_not_the_integer_form_is_refused(change):
    document = {"type": "circle", "centre": [0, 0], "radius_mm": 10_000} | change
    with pytest.raises(InputFault) as refused:
        shape_from_document(document)
    assert "\n" not in str(refused.value)


def test_a_self_crossing_document_is_refused_with_its_edges():
    document = {
        "type": "polygon",
        "exterior": [[0, 0], [10**9, 10**9], [10**9, 0], [0, 10**9]],
        "holes": [],
        "edges": "planar",
    }
    with pytest.raises(InputFault, match=r"edge 0 .* edge 2"):
        shape_from_document(document)
