"""Crossings and presence: by hand, against the exact twin, over the antimeridian, geodesic."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from parley.detect.crossing import line_crossings, presence
from parley.detect.crossing_plain import line_crossings_plain, presence_plain
from parley.world.faults import InputFault
from parley.world.geo import Position
from parley.world.track import Track

START_US = 1_500_000_000_000_000


def track(points, *, alt_m=None, step_s=10, interpolation="planar"):
    """A track through (longitude, latitude), one every `step_s` seconds."""
    lon, lat = zip(*points, strict=True)
    return Track(
        id="x",
        party=None,
        t_us=START_US + np.arange(len(points), dtype=np.int64) * step_s * 1_000_000,
        lat_deg=np.array(lat, dtype=float),
        lon_deg=np.array(lon, dtype=float),
        alt_m=np.array(alt_m if alt_m is not None else [0.0] * len(points), dtype=float),
        alt_reference="AMSL",
        interpolation=interpolation,
    )


def line(*points):
    return tuple(Position(lon_deg=lon, lat_deg=lat) for lon, lat in points)


def seconds(crossings):
    return [((c.at_us - START_US) / 1e6, c.from_side, c.to_side) for c in crossings]


NORTHWARD = line((0.0, 0.0), (0.0, 1.0), (0.0, 2.0))
LR, RL = ("left", "right"), ("right", "left")


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ([(-1.0, 0.5), (1.0, 0.5)], [(5.0, *LR)]),
        ([(1.0, 0.5), (-1.0, 0.5)], [(5.0, *RL)]),
        ([(-1.0, 1.0), (1.0, 1.0)], [(5.0, *LR)]),  # through a vertex: once
        ([(-1.0, 0.5), (0.0, 0.5), (1.0, 0.5)], [(10.0, *LR)]),  # a report on the line: once
        ([(-1.0, 0.5), (0.0, 0.5), (-1.0, 0.6)], []),  # touches from the left
        ([(1.0, 0.5), (0.0, 0.5), (1.0, 0.6)], []),  # touches from the right: on is left, and back
        ([(-1.0, 0.5), (0.0, 0.5), (0.0, 1.5), (1.0, 1.5)], [(20.0, *LR)]),  # along the line
        ([(-1.0, 2.5), (1.0, 2.5)], []),  # beyond its end
        ([(-1.0, 0.5), (1.0, 0.5), (-1.0, 0.5)], [(5.0, *LR), (15.0, *RL)]),
        ([(-1.0, 0.5)], []),
    ],
)
def test_crossings_by_hand(points, expected):
    assert seconds(line_crossings(track(points), NORTHWARD)) == expected


def test_a_path_through_the_tip_of_a_bent_line_touches_it():
    bent = line((-1.0, 0.0), (0.0, 1.0), (1.0, 0.0))
    assert line_crossings(track([(-1.0, 1.0), (1.0, 1.0)]), bent) == []
    assert len(line_crossings(track([(-1.0, 0.9), (1.0, 0.9)]), bent)) == 2


def test_a_line_of_one_vertex_is_refused():
    with pytest.raises(InputFault, match="at least 2"):
        line_crossings(track([(0.0, 0.0), (1.0, 0.0)]), NORTHWARD[:1])


LATTICE = st.tuples(st.integers(-4, 4), st.integers(-4, 4)).map(lambda p: (p[0] / 4.0, p[1] / 4.0))


@settings(max_examples=150)
@given(
    points=st.lists(LATTICE, min_size=2, max_size=6),
    vertices=st.lists(LATTICE, min_size=2, max_size=6, unique=True),
)
def test_crossings_equal_the_exact_twin_even_where_everything_coincides(points, vertices):
    path, edge = track(points), line(*vertices)
    assert line_crossings(path, edge) == line_crossings_plain(path, edge)


FREE = st.tuples(st.floats(-1.0, 1.0), st.floats(-1.0, 1.0))


@settings(max_examples=100)
@given(
    points=st.lists(FREE, min_size=2, max_size=6), vertices=st.lists(FREE, min_size=2, max_size=8)
)
def test_crossings_equal_the_exact_twin(points, vertices):
    path, edge = track(points), line(*vertices)
    assert line_crossings(path, edge) == line_crossings_plain(path, edge)


@settings(max_examples=50)
@given(
    points=st.lists(FREE, min_size=2, max_size=6),
    vertices=st.lists(FREE, min_size=2, max_size=6),
    turn=st.sampled_from((179.5, -179.5, 180.0, 90.0)),
)
def test_the_antimeridian_is_no_place(points, vertices, turn):
    def moved(pairs):
        return [((lon + turn + 180.0) % 360.0 - 180.0, lat) for lon, lat in pairs]

    # Moving rounds, so coinciding points part: only clear cases are compared.
    here = line_crossings(track(points), line(*vertices))
    there = line_crossings(track(moved(points)), line(*moved(vertices)))
    assume(len(here) == len(there))
    assert [(c.from_side, c.to_side) for c in here] == [(c.from_side, c.to_side) for c in there]


def test_a_crossing_over_the_antimeridian_is_found_at_its_time():
    fiji = line((-179.9, -20.0), (-179.9, -10.0))
    assert seconds(line_crossings(track([(179.5, -15.0), (-179.5, -15.0)]), fiji)) == [
        (pytest.approx(6.0), *LR)
    ]
    assert seconds(line_crossings(track([(-179.5, -15.0), (179.5, -15.0)]), fiji)) == [
        (pytest.approx(4.0), *RL)
    ]


def test_a_geodesic_leg_bulges_to_the_pole_and_a_planar_one_does_not():
    # 200 km along 50 N: the geodesic passes some 940 m north of the parallel.
    parallel = line((0.0, 50.005), (5.0, 50.005))
    ends = [(1.0, 50.0), (3.8, 50.0)]
    assert line_crossings(track(ends), parallel) == []
    found = line_crossings(track(ends, step_s=1000, interpolation="geodesic"), parallel)
    assert [(c.from_side, c.to_side) for c in found] == [RL, LR]
    path = Geodesic.WGS84.InverseLine(50.0, 1.0, 50.0, 3.8)
    for crossing in found:
        point = path.Position(path.s13 * (crossing.at_us - START_US) / 1e9)
        assert point["lat2"] == pytest.approx(50.005, abs=2e-6)


# --- presence ------------------------------------------------------------------------------------

SQUARE = line((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
HOLE = line((0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75))


def states(found):
    return [((at_us - START_US) / 1e6, state) for at_us, state in found]


def test_presence_in_a_ring_with_a_hole():
    across = track([(-1.0, 0.5), (3.0, 0.5)], step_s=40)
    assert states(presence(across, [SQUARE, HOLE], None, None, None, None)) == [
        (0.0, "outside"),
        (10.0, "inside"),
        (12.5, "outside"),
        (17.5, "inside"),
        (20.0, "outside"),
    ]


def test_presence_within_altitudes_and_within_a_window():
    climb = track([(0.5, 0.5), (0.5, 0.5)], alt_m=[0.0, 1000.0], step_s=100)
    assert states(presence(climb, [SQUARE], 200.0, 700.0, None, None)) == [
        (0.0, "outside"),
        (20.0, "inside"),
        (70.0, "outside"),
    ]
    window = (START_US + 50_000_000, START_US + 60_000_000)
    assert states(presence(climb, [SQUARE], 200.0, 700.0, *window)) == [(50.0, "inside")]
    assert presence(climb, [SQUARE], None, None, START_US + 200_000_000, None) == []


def test_limits_belong_to_the_volume_and_a_touch_is_no_change():
    level = track([(-1.0, 0.5), (3.0, 0.5)], alt_m=[700.0, 700.0], step_s=40)
    assert len(presence(level, [SQUARE], 0.0, 700.0, None, None)) == 3
    corner = track([(-1.0, 1.0 + 1.0), (3.0, 1.0 - 3.0 + 1.0)], step_s=40)
    assert [s for _, s in presence(corner, [SQUARE[:3]], None, None, None, None)] == [
        "outside",
        "inside",
        "outside",
    ]
    tip = track([(-1.0, 1.0), (0.0, 2.0)], step_s=40)
    assert presence(tip, [line((-0.5, 1.5), (0.5, 1.0), (0.5, 2.0))], None, None, None, None) == [
        (START_US, "outside")
    ]


def test_a_ring_over_the_antimeridian_is_small():
    box = line((179.5, -1.0), (-179.5, -1.0), (-179.5, 1.0), (179.5, 1.0))
    over = track([(179.0, 0.0), (-179.0, 0.0)], step_s=200)
    assert states(presence(over, [box], None, None, None, None)) == [
        (0.0, "outside"),
        (pytest.approx(50.0), "inside"),
        (pytest.approx(150.0), "outside"),
    ]
    away = track([(0.0, 0.0), (1.0, 0.0)])
    assert [s for _, s in presence(away, [box], None, None, None, None)] == ["outside"]


THOUSANDTHS = st.integers(-1000, 1000).map(lambda k: k / 1000.0)


@settings(max_examples=60)
@given(
    points=st.lists(st.tuples(THOUSANDTHS, THOUSANDTHS), min_size=2, max_size=4),
    ring=st.lists(st.tuples(THOUSANDTHS, THOUSANDTHS), min_size=3, max_size=6),
    limits=st.tuples(st.floats(-50.0, -1.0), st.floats(1.0, 50.0)),
    alt=st.lists(st.integers(-100, 100), min_size=4, max_size=4),
)
def test_presence_equals_the_twin_that_looks_and_halves(points, ring, limits, alt):
    # Shifted off the ring's grid: along an edge, inside and outside are a matter of rounding.
    points = [(lon + 0.00037, lat + 0.00011 + lon * 1e-4) for lon, lat in points]
    path = track(points, alt_m=[a + 0.3 for a in alt[: len(points)]])
    ours = presence(path, [line(*ring)], *limits, None, None)
    looks = 200
    step_us = (path.t_us[-1] - path.t_us[0]) / looks
    # The twin cannot see what is shorter than its looks are apart.
    assume(all(b[0] - a[0] > 3 * step_us for a, b in pairwise(ours)))
    assume(not ours or path.t_us[-1] - ours[-1][0] > 3 * step_us)
    plain = presence_plain(path, [line(*ring)], limits, (None, None), looks)
    assert [state for _, state in ours] == [state for _, state in plain]
    assert all(abs(a[0] - b[0]) <= 5 for a, b in zip(ours, plain, strict=True))
