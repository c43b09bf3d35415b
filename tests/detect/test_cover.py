"""Areas against a side of a line: clear at every sampled point, or touched at the one told."""

from __future__ import annotations

import math
import random

import pytest

from parley.detect.cover import TESTS_MAX, cover
from parley.world.boundary import Boundary, side_of
from parley.world.faults import InputFault
from parley.world.geo import Answer, Position, destination, wrapped_longitude_deg
from parley.world.shape import Circle, Corridor, Polygon, contains


def field_of(line):
    def field(at, reach_m):
        answer = side_of(line, at, reach_m)
        words = {"right": "in", "left": "out"}
        return Answer(
            nominal=words[answer.nominal],
            decided=words.get(answer.decided, "undecided"),
            margin_m=answer.margin_m,
            because=answer.because,
        )

    return field


def near(chance, centre, away_deg):
    lon_deg = centre[1] + chance.uniform(-away_deg, away_deg)
    return Position(
        lat_deg=centre[0] + chance.uniform(-away_deg, away_deg),
        lon_deg=wrapped_longitude_deg(lon_deg),
    )


def a_line(chance, centre):
    """A line that wanders from north to south."""
    steps = chance.randint(2, 9)
    vertices = tuple(
        Position(
            lat_deg=centre[0] + 1.0 - 2.0 * n / steps,
            lon_deg=wrapped_longitude_deg(centre[1] + chance.uniform(-0.3, 0.3)),
        )
        for n in range(steps + 1)
    )
    edges = chance.choice(("planar", "geodesic"))
    unsure_m = chance.choice((0.0, 3_000.0))
    return Boundary(id="L", vertices=vertices, edges=edges, uncertainty_m=unsure_m)


def an_area(chance, centre):
    kind = chance.choice(("circle", "corridor", "polygon"))
    if kind == "circle":
        return Circle(centre=near(chance, centre, 1.2), radius_m=chance.uniform(500.0, 40_000.0))
    edges = chance.choice(("planar", "geodesic"))
    if kind == "corridor":
        vertices = tuple(near(chance, centre, 1.0) for _ in range(chance.randint(2, 4)))
        return Corridor(vertices=vertices, width_m=chance.uniform(500.0, 20_000.0), edges=edges)
    middle, count = near(chance, centre, 1.0), chance.randint(3, 8)
    ring = tuple(
        destination(middle, 360.0 * n / count, chance.uniform(5_000.0, 40_000.0))
        for n in range(count)
    )
    return Polygon(exterior=ring, edges=edges)


def inside(chance, shape, centre):
    """Some points of an area, by trial."""
    found = []
    for _ in range(150):
        at = near(chance, centre, 1.6)
        if contains(shape, at).nominal == "in":
            found.append(at)
    if isinstance(shape, Circle):
        for _ in range(60):
            away_m = shape.radius_m * math.sqrt(chance.random())
            found.append(destination(shape.centre, chance.uniform(0.0, 360.0), away_m))
    else:
        found += list(shape.vertices if isinstance(shape, Corridor) else shape.exterior)
    return found


@pytest.mark.row("A19")
@pytest.mark.parametrize("centre", [(35.0, 38.5), (-62.0, 179.9), (0.0, -30.0)])
@pytest.mark.parametrize("seed", range(5))
def test_clear_is_clear_everywhere_and_touched_is_somewhere(seed, centre) -> None:
    chance, words = random.Random(seed), set()
    for _ in range(4):
        try:
            line, shape = a_line(chance, centre), an_area(chance, centre)
        except InputFault:
            continue
        field = field_of(line)
        found = cover(field, shape, anchors=(line.vertices[0], line.vertices[-1]))
        words.add(found.word)
        points = inside(chance, shape, centre)
        if found.word == "clear":
            assert {field(at, 0.0).decided for at in points} == {"out"}
        elif found.word == "touched":
            assert contains(shape, found.at, 1.0).decided != "out"
            assert field(found.at, 0.0).decided == "in"
        else:
            assert found.because
        quick = cover(field, shape, anchors=(line.vertices[0], line.vertices[-1]), quick=True)
        assert (quick.word == "clear") == (found.word == "clear")
        assert quick.tests <= found.tests <= TESTS_MAX + 1
    assert words


def test_an_area_round_a_whole_line_is_not_clear() -> None:
    line = Boundary(
        id="L",
        vertices=(Position(lat_deg=35.1, lon_deg=38.0), Position(lat_deg=35.0, lon_deg=38.0)),
    )
    corners = ((34.0, 37.0), (34.0, 39.0), (36.0, 39.0), (36.0, 37.0))
    ring = Polygon(exterior=tuple(Position(lat_deg=lat, lon_deg=lon) for lat, lon in corners))
    found = cover(field_of(line), ring, anchors=(line.vertices[0], line.vertices[-1]))
    assert found.word != "clear"


def test_a_search_that_may_ask_nothing_calls_nothing_clear() -> None:
    line = Boundary(
        id="L",
        vertices=(Position(lat_deg=36.0, lon_deg=38.0), Position(lat_deg=34.0, lon_deg=38.0)),
    )
    far = Circle(centre=Position(lat_deg=35.0, lon_deg=39.0), radius_m=100.0)
    assert cover(field_of(line), far).word == "clear"
    none = cover(field_of(line), far, tests_max=0)
    assert (none.word, none.because) == ("undecided", "more than 0 questions: not looked through")
