"""Moves of volumes and intents: the same size elsewhere, or one line that says why not."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.world.areas import area_m2
from parley.world.faults import InputFault
from parley.world.geo import Position, distance_m
from parley.world.intent import Intent
from parley.world.moves import moved_intent, moved_shape, moved_volume
from parley.world.shape import Circle, Corridor, Polygon
from parley.world.volume import SURFACE, UNLIMITED, VerticalLimit, Volume4D

HOUR_US = 3_600_000_000


def at(lat_deg: float, lon_deg: float) -> Position:
    return Position(lat_deg=lat_deg, lon_deg=lon_deg)


def amsl(value_m: float) -> VerticalLimit:
    return VerticalLimit(value_m=value_m, reference="AMSL")


def volume(lower=None, upper=None, from_us=0, to_us=HOUR_US) -> Volume4D:
    here = Circle(centre=at(35.0, 179.99), radius_m=5_000.0)
    return Volume4D(
        shape=here,
        lower=lower or amsl(1_000.0),
        upper=upper or amsl(2_000.0),
        from_us=from_us,
        to_us=to_us,
    )


@given(
    st.floats(-85, 85), st.floats(-180, 180), st.floats(-50_000, 50_000), st.floats(-50_000, 50_000)
)
def test_every_vertex_goes_the_same_way(lat, lon, north_m, east_m) -> None:
    line = Corridor(vertices=(at(lat, lon), at(lat + 0.1, lon)), width_m=500.0, edges="geodesic")
    moved = moved_shape(line, north_m, east_m)
    for before, after in zip(line.vertices, moved.vertices, strict=True):
        assert distance_m(before, after) == pytest.approx(math.hypot(north_m, east_m), abs=1e-3)
    assert moved.width_m == line.width_m


def test_a_polygon_keeps_its_holes_and_crosses_the_antimeridian() -> None:
    ring = (at(0.0, 179.0), at(0.0, 179.9), at(0.9, 179.9), at(0.9, 179.0))
    hole = (at(0.4, 179.4), at(0.4, 179.5), at(0.5, 179.5), at(0.5, 179.4))
    before = Polygon(exterior=ring, holes=(hole,))
    moved = moved_shape(before, 0.0, 55_660.0)
    assert moved.exterior[1].lon_deg == pytest.approx(-179.6, abs=0.01)
    assert area_m2(moved) == pytest.approx(area_m2(before), rel=1e-3)
    assert area_m2(before) < area_m2(Polygon(exterior=ring))
    assert moved_shape(before, 0.0, 0.0) is before


def test_a_delay_moves_both_ends_and_an_extension_the_last() -> None:
    moved = moved_volume(volume(), delay_s=60)
    assert (moved.from_us, moved.to_us) == (60_000_000, HOUR_US + 60_000_000)
    legs = (volume(to_us=HOUR_US), volume(from_us=HOUR_US, to_us=2 * HOUR_US))
    intent = Intent(id="X", party="A", flight="F", volumes=legs, version=4)
    later = moved_intent(intent, extend_s=60)
    assert later.version == 5
    assert [v.to_us for v in later.volumes] == [HOUR_US, 2 * HOUR_US + 60_000_000]
    assert later.volumes[0] == legs[0]


@pytest.mark.parametrize(
    ("before", "move", "said"),
    [
        (volume(), {"climb_m": -1_500.0}, "0 m or above"),
        (volume(lower=SURFACE), {"climb_m": 300.0}, "limits that are numbers"),
        (volume(upper=UNLIMITED), {"climb_m": 300.0}, "limits that are numbers"),
        (volume(upper=amsl(99_900.0)), {"climb_m": 300.0}, "100000 m"),
        (volume(from_us=None), {"delay_s": 60}, "a start and an end"),
        (volume(to_us=None), {"extend_s": 60}, "a start and an end"),
        (volume(), {"extend_s": -7_200}, "an end after the start"),
        (volume(), {"north_m": 2e6}, "at most 1000000 m"),
        (volume(), {"north_m": math.nan}, "at most 1000000 m"),
    ],
)
def test_what_cannot_be_moved_is_refused(before, move, said) -> None:
    with pytest.raises(InputFault, match=said):
        moved_volume(before, **move)
    with pytest.raises(InputFault, match="moved by nothing"):
        moved_intent(Intent(id="X", party="A", flight="F", volumes=(before,)))


def test_below_the_sea_is_kept_where_it_was_so() -> None:
    dead_sea = volume(lower=amsl(-400.0), upper=amsl(500.0))
    assert moved_volume(dead_sea, north_m=100.0).lower == amsl(-400.0)
    assert moved_volume(dead_sea, climb_m=100.0).lower == amsl(-300.0)
    with pytest.raises(InputFault, match="the surface"):
        moved_volume(dead_sea, climb_m=-10.0)
