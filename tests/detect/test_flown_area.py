"""The cells in which flights were ever seen: sizes, neighbours, antimeridian, poles, bounds."""

from __future__ import annotations

import math
import random

import pytest
from geographiclib.geodesic import Geodesic

from parley.detect.flown_area import CELLS_MAX, FlownArea, cell_of, cells_in
from parley.world.faults import InputFault
from parley.world.geo import Position, destination, distance_m

PLACES = (
    Position(lat_deg=0.03, lon_deg=0.03),
    Position(lat_deg=35.0, lon_deg=38.0),
    Position(lat_deg=-65.0, lon_deg=180.0),
    Position(lat_deg=89.95, lon_deg=-75.0),
    Position(lat_deg=-90.0, lon_deg=10.0),
)


def test_no_cell_is_wider_than_it_is_said_to_be() -> None:
    for row in range(0, 1_800, 7):
        least_deg = min(abs(row * 0.1 - 90.0), abs(row * 0.1 - 89.9))
        width_m = Geodesic.WGS84.Inverse(least_deg, 0.0, least_deg, 360.0 / cells_in(row))["s12"]
        assert width_m < 11_200.0


@pytest.mark.parametrize("place", range(len(PLACES)))
def test_what_touches_is_near_and_what_is_two_cells_away_is_not(place):
    draw = random.Random(place)
    for _ in range(60):
        at = destination(PLACES[place], draw.uniform(0, 360), draw.uniform(0, 20_000))
        area = FlownArea([cell_of(at)])
        assert area.near(at)
        assert area.beyond_m(at) == pytest.approx(0.0, abs=1e-3)
        beside = destination(at, draw.uniform(0, 360), draw.uniform(0, 5_000))
        assert area.near(beside)
        away = destination(at, draw.uniform(0, 360), draw.uniform(36_000, 60_000))
        assert not area.near(away)


@pytest.mark.parametrize("place", range(4))
def test_how_far_beyond_is_within_a_cell_of_the_way_to_its_middle(place):
    draw = random.Random(100 + place)
    for _ in range(60):
        at = destination(PLACES[place], draw.uniform(0, 360), draw.uniform(0, 20_000))
        there = destination(at, draw.uniform(0, 360), draw.uniform(60_000, 900_000))
        beyond_m = FlownArea([cell_of(at)]).beyond_m(there)
        away_m = distance_m(at, there)
        assert away_m * 0.99 - 16_000.0 <= beyond_m <= away_m * 1.01


def test_of_nothing_known_nothing_is_said() -> None:
    assert FlownArea().beyond_m(PLACES[0]) is None
    assert not FlownArea().near(PLACES[0])


def test_it_is_bounded_and_says_when_it_is_full() -> None:
    area = FlownArea(range(900 * 3_600, 900 * 3_600 + 3_600))
    cells = (row * 3_600 + column for row in range(800, 900) for column in range(cells_in(row)))
    for cell in cells:
        area.add(cell)
    assert (len(area), area.full) == (CELLS_MAX, True)
    assert area.refused > 0
    assert area.add(area.cells[0])
    assert FlownArea(area.cells, 5.0).cells == area.cells


@pytest.mark.parametrize(
    ("cells", "flown_s"),
    [([-1], 0.0), ([1_800 * 3_600], 0.0), ([7], 0.0), (range(CELLS_MAX + 1), 0.0),
     ([], math.nan), ([], -1.0), ([], math.inf)],
)  # fmt: skip
def test_what_is_no_area_is_refused(cells, flown_s):
    with pytest.raises(InputFault):
        FlownArea(cells, flown_s)
