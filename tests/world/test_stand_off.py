"""Stand-off distances and sides by their names: three-valued, on the Euphrates and elsewhere."""

from __future__ import annotations

import msgspec
import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import given
from hypothesis import strategies as st

from parley.app.cli.replay import read_scenario
from parley.world.boundary import Boundary, offset_boundary, side_named, side_of
from parley.world.faults import InputFault
from parley.world.geo import Position, destination
from parley.world.place import Place
from parley.world.shape import Circle
from parley.world.stand_off import stand_off
from parley.world.zone import Zone
from shared_data import shared

NORTH, SOUTH = Position(lat_deg=36.0, lon_deg=38.1), Position(lat_deg=34.0, lon_deg=38.1)
ON_IT = Position(lat_deg=35.0, lon_deg=38.1)
LINE = Boundary(id="L", vertices=(NORTH, SOUTH))
TOWN = Place(id="T", name="Town", position=ON_IT, uncertainty_m=1_000.0)
ROOM = Zone(id="Z", kind="zone", shape=Circle(centre=ON_IT, radius_m=5_000.0))


def east(metres):
    return destination(ON_IT, 90.0 if metres >= 0 else 270.0, abs(metres))


@pytest.mark.parametrize(
    ("thing", "away_m", "distance_m", "uncertainty_m", "nominal", "decided"),
    [
        (LINE, 9_000.0, 10_000.0, 0.0, "in", "in"),
        (LINE, -9_000.0, 10_000.0, 0.0, "in", "in"),
        (LINE, 11_000.0, 10_000.0, 0.0, "out", "out"),
        (LINE, 11_000.0, 10_000.0, 1_500.0, "out", "undecided"),
        (LINE, 9_000.0, 10_000.0, 1_500.0, "in", "undecided"),
        (TOWN, 8_500.0, 10_000.0, 0.0, "in", "in"),
        (TOWN, 9_500.0, 10_000.0, 0.0, "in", "undecided"),
        (ROOM, 5_900.0, 1_000.0, 0.0, "in", "in"),
        (ROOM, 6_100.0, 1_000.0, 0.0, "out", "out"),
        (ROOM, 0.0, 1_000.0, 5_500.0, "in", "in"),
        (ROOM, 3_000.0, 1_000.0, 5_500.0, "in", "undecided"),
    ],
)
def test_nearer_than_the_distance_is_in_and_uncertainty_leaves_it_open(
    thing, away_m, distance_m, uncertainty_m, nominal, decided
) -> None:
    answer = stand_off(thing, east(away_m), distance_m, uncertainty_m)
    assert (answer.nominal, answer.decided) == (nominal, decided), answer.because


@given(st.floats(-40_000.0, 40_000.0), st.floats(1.0, 30_000.0), st.floats(0.0, 10_000.0))
def test_a_decided_answer_holds_wherever_the_position_may_be(away_m, distance_m, uncertainty_m):
    """Against geographiclib: no point within the uncertainty answers otherwise."""
    answer = stand_off(TOWN, east(away_m), distance_m, uncertainty_m)
    here = east(away_m)
    true_m = Geodesic.WGS84.Inverse(35.0, 38.1, here.lat_deg, here.lon_deg)["s12"]
    total_m = uncertainty_m + TOWN.uncertainty_m
    assert answer.margin_m == pytest.approx(abs(distance_m - true_m), abs=0.01)
    if answer.decided == "in":
        assert true_m + total_m <= distance_m + 0.01
    if answer.decided == "out":
        assert true_m - total_m >= distance_m - 0.01


def test_beyond_the_end_of_a_line_in_may_be_decided_and_out_never() -> None:
    near = Position(lat_deg=36.05, lon_deg=38.1)
    assert stand_off(LINE, near, 10_000.0).decided == "in"
    far = stand_off(LINE, near, 1_000.0)
    assert (far.nominal, far.decided) == ("out", "undecided")
    assert "beyond the start of the line" in far.because


def test_with_a_side_all_of_the_other_side_is_in() -> None:
    for side, at_m, decided in (
        ("left", 20_000.0, "out"), ("left", -20_000.0, "in"), ("right", 20_000.0, "in"),
        ("right", -20_000.0, "out"), ("left", 5_000.0, "in"),
    ):  # fmt: skip
        assert stand_off(LINE, east(at_m), 10_000.0, side=side).decided == decided
    unsure = stand_off(LINE, east(-300.0), 10_000.0, 500.0, side="left")
    assert unsure.decided == "in", "nearer than the distance on either side"
    with pytest.raises(InputFault, match="side"):
        stand_off(TOWN, east(0.0), 10.0, side="left")


@pytest.mark.parametrize("distance_m", [0.0, -1.0, float("nan"), 2e6])
def test_a_distance_that_cannot_be_is_refused(distance_m) -> None:
    with pytest.raises(InputFault, match="stand-off distance"):
        stand_off(LINE, ON_IT, distance_m)


# ---- the scenario -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def syria():
    scenario = read_scenario(shared("scenarios/syria-2017-06"))
    lines = {line.id: line for line in scenario.boundaries}
    return lines, {place.name: place for place in scenario.places}


@pytest.mark.row("S29")
@pytest.mark.row("R7")
@pytest.mark.parametrize(("factor", "decided"), [(1.0, "undecided"), (0.2, "as drawn")])
def test_west_of_the_euphrates_is_the_right_bank_and_tabqah_and_raqqa_are_too_near(
    syria, factor, decided
) -> None:
    lines, places = syria
    river = lines["GL-EUPHRATES"]
    river = msgspec.structs.replace(river, uncertainty_m=river.uncertainty_m * factor)
    west = side_named(river, "west of the river")
    assert (west.side, west.decided) == ("right", "right")
    assert "right bank" in west.name
    assert "a name, not a compass" in west.because
    for name in ("Tabqah", "Raqqa"):
        answer = side_of(river, places[name].position, 0.0)
        assert answer.decided == (decided if factor == 1.0 else answer.nominal), name
    assert side_of(river, places["Rusafa"].position).decided == "right"


@pytest.mark.row("S28")
def test_two_kilometres_from_jadin_cannot_be_decided_with_ten(syria) -> None:
    _, places = syria
    town = places["Ja'Din"]
    for bearing_deg in range(0, 360, 45):
        for away_m in (500.0, 1_900.0, 2_100.0, 11_900.0):
            at = destination(town.position, bearing_deg, away_m)
            assert stand_off(town, at, 2_000.0).decided == "undecided"
        assert stand_off(town, destination(town.position, bearing_deg, 12_100.0), 2_000.0).decided \
            == "out"  # fmt: skip
    line = offset_boundary(town, 180.0, 2_000.0, boundary_id="EW", half_length_m=30_000.0)
    assert line.uncertainty_m == town.uncertainty_m == 10_000.0
    exact = msgspec.structs.replace(town, uncertainty_m=0.0)
    at = destination(town.position, 90.0, 1_900.0)
    assert stand_off(exact, at, 2_000.0).decided == "in", "the same place, known exactly"


# ---- sides by their names -----------------------------------------------------------------------


@pytest.mark.row("S29")
@pytest.mark.parametrize(
    ("left", "right", "words", "side"),
    [
        ("left bank", "right bank ('west of it')", "west of the river", "right"),
        ("left bank", "right bank ('west of it')", "the left side", "left"),
        ("west shore", "east shore", "west", "left"),
        ("A", "B", "east", "left"),
        ("A", "B", "South-West", "undecided"),
        ("A", "B", "north", "undecided"),
        ("A", "B", "B", "right"),
        ("west of A", "west of B", "west", "right"),
        ("A", "B", "uphill", "undecided"),
    ],
)
def test_names_come_before_the_compass_and_what_fits_neither_is_undecided(
    left, right, words, side
) -> None:
    """The line runs south: east of it is its left. A side that calls itself west is west."""
    slope = NORTH if words != "South-West" else Position(lat_deg=36.0, lon_deg=40.0)
    line = Boundary(id="L", vertices=(slope, SOUTH), left=left, right=right)
    assert side_named(line, words).decided == side


def test_no_word_names_no_side() -> None:
    with pytest.raises(InputFault, match="side of L"):
        side_named(LINE, " of the ")
