"""Strategic overlap of two volumes: exact per pair, symmetric, honest about what it cannot know."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.detect.strategic import conflicts, overlap
from parley.world.geo import Position, destination, wrapped_longitude_deg
from parley.world.shape import Circle, Corridor, Polygon, contains
from parley.world.volume import (
    SURFACE,
    UNLIMITED,
    PressureSource,
    VerticalLimit,
    Volume4D,
    contains_4d,
)

MINUTE_US = 60_000_000


def at(lat, lon):
    return Position(lat_deg=lat, lon_deg=wrapped_longitude_deg(lon))


def amsl(value_m):
    return VerticalLimit(value_m=value_m, reference="AMSL")


def limit(value_m, reference):
    return VerticalLimit(value_m=value_m, reference=reference)


def box(west, south, east, north, edges="planar"):
    ring = ((south, west), (south, east), (north, east), (north, west))
    return Polygon(exterior=tuple(at(*corner) for corner in ring), edges=edges)


def volume(shape, lower=SURFACE, upper=UNLIMITED, window=(None, None)):
    return Volume4D(shape=shape, lower=lower, upper=upper, from_us=window[0], to_us=window[1])


def both_ways(one, other, **more):
    """The overlap, having checked that it does not depend on which is named first."""
    found = overlap(one, other, **more)
    assert overlap(other, one, **more) == found
    return found


# --- against point sampling ----------------------------------------------------------------------


@st.composite
def shapes(draw, centre):
    """A circle, a star-shaped polygon (of either kind of edges) or a corridor near a place."""
    kind = draw(st.sampled_from(("circle", "planar", "geodesic", "corridor")))
    near = destination(centre, draw(st.floats(0, 360)), draw(st.floats(0, 20_000)))
    if kind == "circle":
        return Circle(centre=near, radius_m=draw(st.floats(50, 25_000)))
    count = draw(st.integers(3, 9))
    if kind == "corridor":
        course = draw(st.floats(0, 360))
        line = [near]
        for _ in range(draw(st.integers(1, 3))):
            course += draw(st.floats(-60, 60))
            line.append(destination(line[-1], course, draw(st.floats(2_000, 20_000))))
        return Corridor(vertices=tuple(line), width_m=draw(st.floats(100, 4_000)), edges="geodesic")
    radii = draw(st.lists(st.floats(500, 25_000), min_size=count, max_size=count))
    ring = tuple(destination(near, 360.0 * k / count, radius) for k, radius in enumerate(radii))
    return Polygon(exterior=ring, edges=kind)


@st.composite
def volume_pairs(draw):
    lon = draw(st.one_of(st.floats(-180, 180), st.floats(179.9, 180), st.floats(-180, -179.9)))
    centre = at(draw(st.floats(-75, 75)), lon)
    pair = []
    for _ in range(2):
        low = draw(st.integers(0, 10)) * 100.0
        start = draw(st.integers(0, 5)) * MINUTE_US
        pair.append(
            volume(
                draw(shapes(centre)),
                amsl(low),
                amsl(low + draw(st.integers(3, 15)) * 100.0),
                (start, start + draw(st.integers(3, 10)) * MINUTE_US),
            )
        )
    return pair[0], pair[1], centre


def sampled(one, other, centre, rng, count):
    """Points in both volumes, drawn in the common time and heights: none if those are empty."""
    start, end = max(one.from_us, other.from_us), min(one.to_us, other.to_us)
    low = max(one.lower.value_m, other.lower.value_m)
    high = min(one.upper.value_m, other.upper.value_m)
    if start >= end or low >= high:
        return
    for _ in range(count):
        point = destination(centre, rng.uniform(0, 360), 60_000 * math.sqrt(rng.random()))
        when, height = int(rng.integers(start, end)), rng.uniform(low, high)
        answers = [contains_4d(v, point, height, "AMSL", when, 0.01) for v in (one, other)]
        if all(answer.decided == "in" for answer in answers):
            yield point


@settings(max_examples=60)
@given(volume_pairs(), st.integers(0, 2**32 - 1))
def test_overlap_agrees_with_points(pair, seed):
    one, other, centre = pair
    found = both_ways(one, other)
    if found is None:
        points = sampled(one, other, centre, np.random.default_rng(seed), 60)
        assert next(points, None) is None
        return
    assert (found.from_us, found.to_us) == (
        max(one.from_us, other.from_us),
        min(one.to_us, other.to_us),
    )
    assert found.lower == (max(one.lower, other.lower, key=lambda v: v.value_m),)
    assert found.upper == (min(one.upper, other.upper, key=lambda v: v.value_m),)
    if found.decided == "overlap" and found.at is not None:
        margin_m = found.depth_m / 2.0 - 1e-6
        assert all(contains(v.shape, found.at, margin_m).decided == "in" for v in (one, other))


@settings(max_examples=40)
@given(
    st.floats(-80, 80), st.floats(179.5, 180.5), st.floats(0, 360), st.floats(10, 50_000),
    st.floats(10, 50_000), st.floats(0.02, 1000), st.booleans(),
)  # fmt: skip
def test_circles_overlap_exactly_when_their_centres_are_near_enough(
    lat, lon, bearing, radius_m, other_m, gap_m, near
):
    centre = at(lat, lon)
    gap_m = min(gap_m, radius_m, other_m)
    between_m = radius_m + other_m + (-gap_m if near else gap_m)
    one = volume(Circle(centre=centre, radius_m=radius_m))
    other = volume(Circle(centre=destination(centre, bearing, between_m), radius_m=other_m))
    found = both_ways(one, other)
    assert (found is not None) == near
    if near:
        assert found.decided == "overlap"
        assert found.depth_m == pytest.approx(gap_m, abs=1e-3)


# --- time ----------------------------------------------------------------------------------------


def test_touching_at_an_instant_is_no_overlap():
    here = Circle(centre=at(10, 10), radius_m=1000.0)
    morning = volume(here, window=(0, 60))
    assert both_ways(morning, volume(here, window=(60, 90))) is None
    found = both_ways(morning, volume(here, window=(59, None)))
    assert (found.decided, found.from_us, found.to_us) == ("overlap", 59, 60)
    always = both_ways(volume(here), volume(here))
    assert (always.from_us, always.to_us) == (None, None)
    assert (always.lower, always.upper) == ((SURFACE,), (UNLIMITED,))
    assert always.depth_m == pytest.approx(2000.0, rel=0.01)


# --- heights -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "decided"),
    [
        ((amsl(1000), amsl(2000)), (amsl(2000), amsl(3000)), None),
        ((amsl(1000), amsl(2000)), (amsl(1999.9), amsl(3000)), "overlap"),
        ((amsl(1000), amsl(2000)), (amsl(2000 - 1e-9), amsl(3000)), None),
        ((SURFACE, amsl(2000)), (SURFACE, limit(120, "AGL")), "overlap"),
        ((amsl(1000), amsl(2000)), (SURFACE, limit(120, "AGL")), "undecided"),
        ((amsl(1000), UNLIMITED), (limit(3000, "WGS84"), UNLIMITED), "overlap"),
        ((amsl(1000), amsl(2000)), (limit(2111, "WGS84"), UNLIMITED), None),
        ((amsl(1000), amsl(2000)), (limit(2109, "WGS84"), UNLIMITED), "undecided"),
        ((amsl(1000), amsl(2000)), (limit(1891, "WGS84"), UNLIMITED), "undecided"),
        ((amsl(1000), amsl(2000)), (limit(1889, "WGS84"), UNLIMITED), "overlap"),
        ((amsl(1000), amsl(2000)), (limit(9000, "STD"), UNLIMITED), "undecided"),
    ],
)
def test_heights_across_references_are_widened_and_undecided_counts(one, other, decided):
    here = Circle(centre=at(-20, 30), radius_m=1000.0)
    found = both_ways(volume(here, *one), volume(here, *other))
    assert (found and found.decided) == decided
    if decided == "undecided":
        assert found.because.startswith("heights: ")


def test_common_heights_name_both_limits_where_they_cannot_be_ordered():
    here = Circle(centre=at(-20, 30), radius_m=1000.0)
    found = both_ways(
        volume(here, amsl(1000), amsl(3000)),
        volume(here, limit(1050, "WGS84"), limit(3500, "WGS84")),
    )
    assert found.decided == "overlap"
    assert found.lower == (amsl(1000), limit(1050, "WGS84"))
    assert found.upper == (amsl(3000),)


def test_a_pressure_source_decides_until_it_is_too_old():
    here = Circle(centre=at(-20, 30), radius_m=1000.0)
    source = PressureSource(qnh_hpa=1013.25, observed_us=0, bound_m=30.0)
    level = (limit(2200, "STD"), UNLIMITED)
    soon, late = (0, 60 * MINUTE_US), (0, 24 * 60 * MINUTE_US)
    below = (amsl(1000), amsl(2000))
    assert both_ways(volume(here, *below, soon), volume(here, *level), pressure=source) is None
    for window in (late, (None, None)):
        found = both_ways(volume(here, *below, window), volume(here, *level), pressure=source)
        assert found.decided == "undecided"


# --- areas ---------------------------------------------------------------------------------------


def test_neighbours_that_share_a_border_do_not_overlap():
    """One has a vertex in the middle of the border, and the other's is a rounding further west."""
    third = 1.0 / 3.0
    west = Polygon(exterior=(at(0, 0), at(0, third), at(0.37, third), at(1, third), at(1, 0)))
    east = box(third - 1e-15, 0.0, 1.0, 1.0)
    assert both_ways(volume(west), volume(east)) is None
    found = both_ways(volume(west), volume(box(third - 1e-6, 0.0, 1.0, 1.0)))
    assert found.decided == "overlap"
    assert found.depth_m == pytest.approx(0.11, abs=0.01)


def test_over_the_antimeridian_and_far_from_it():
    pacific = box(179.0, -1.0, 181.0, 1.0)
    assert both_ways(volume(pacific), volume(box(-179.5, -0.5, -178.0, 0.5))).decided == "overlap"
    assert both_ways(volume(pacific), volume(box(178.0, -0.5, 179.5, 0.5))).decided == "overlap"
    assert both_ways(volume(pacific), volume(box(-178.9, -0.5, -178.0, 0.5))) is None
    assert both_ways(volume(pacific), volume(box(-1.0, -0.5, 1.0, 0.5))) is None


def test_a_hole_is_not_part_of_the_area():
    hole = tuple(at(*c) for c in ((0.4, 179.9), (0.4, 180.1), (0.6, 180.1), (0.6, 179.9)))
    ring = tuple(at(*c) for c in ((0, 179), (0, 181), (1, 181), (1, 179)))
    holed = Polygon(exterior=ring, holes=(hole,))
    for shape in (
        Circle(centre=at(0.5, 180.0), radius_m=5_000.0),
        box(179.95, 0.45, 180.05, 0.55),
    ):
        assert both_ways(volume(holed), volume(shape)) is None
    assert both_ways(volume(holed), volume(box(179.95, 0.45, 180.15, 0.55))).decided == "overlap"


def test_edges_keep_their_meaning():
    """On 60 N a geodesic of 20 degrees runs 42 km north of the planar edge."""
    geodesic, planar = (
        Polygon(exterior=(at(60, 0), at(60, 20), at(50, 20), at(50, 0)), edges=edges)
        for edges in ("geodesic", "planar")
    )
    between = Circle(centre=at(60.2, 10.0), radius_m=5_000.0)
    assert both_ways(volume(geodesic), volume(between)).decided == "overlap"
    assert both_ways(volume(planar), volume(between)) is None


def test_what_the_drawing_cannot_tell_is_undecided():
    """Edges of corridors along the equator, so far apart; rings within 0.5 m stand for them."""
    one = Corridor(vertices=(at(0, 5), at(0, 5.2)), width_m=1000.0, edges="geodesic")
    for gap_m, decided in ((0.2, "undecided"), (5.0, None), (-5.0, "overlap")):
        middle = destination(at(0, 5.1), 0.0, 1000.0 + gap_m)
        ends = destination(middle, 270.0, 200.0), destination(middle, 90.0, 200.0)
        found = both_ways(
            volume(one), volume(Corridor(vertices=ends, width_m=1000.0, edges="geodesic"))
        )
        assert (found and found.decided) == decided
        if decided == "undecided":
            assert "no wider than 1 m can tell" in found.because


def test_over_a_pole_a_circle_is_still_exact():
    cap = volume(Circle(centre=at(89.9, 0.0), radius_m=50_000.0))
    assert both_ways(cap, volume(box(10.0, 89.0, 20.0, 89.9))).decided == "overlap"
    assert both_ways(cap, volume(box(10.0, 85.0, 20.0, 89.0))) is None
    ring = Corridor(vertices=(at(89.9, 0.0), at(89.9, 90.0)), width_m=50_000.0, edges="geodesic")
    found = both_ways(volume(ring), volume(box(10.0, 89.0, 20.0, 89.9)))
    assert found.decided == "overlap", "a corridor over a pole is met in the plane about it"
    assert all(
        contains(each, found.at).decided == "in" for each in (ring, box(10.0, 89.0, 20.0, 89.9))
    )


# --- lists ---------------------------------------------------------------------------------------


def test_conflicts_are_all_there_the_decided_and_the_earliest_first():
    here, far = Circle(centre=at(5, 5), radius_m=500.0), Circle(centre=at(6, 6), radius_m=500.0)
    mine = (
        volume(here, amsl(0), amsl(500), (100, 200)),
        volume(far, amsl(0), amsl(500), (0, 50)),
    )
    theirs = (
        volume(here, limit(450, "WGS84"), UNLIMITED, (0, 300)),
        volume(here, amsl(100), amsl(900), (150, 300)),
        volume(here, amsl(100), amsl(900), (120, 300)),
        volume(here, amsl(501), amsl(900), (0, 300)),
    )
    found = conflicts(mine, theirs)
    assert [(c.a, c.b, c.overlap.decided) for c in found] == [
        (0, 2, "overlap"),
        (0, 1, "overlap"),
        (0, 0, "undecided"),
    ]
    assert [(c.b, c.a) for c in conflicts(theirs, mine)] == [(c.a, c.b) for c in found]
    assert conflicts(mine, ()) == ()
    assert conflicts(iter(mine), iter(theirs)) == found
