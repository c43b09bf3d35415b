"""Sides of directed lines: the Euphrates, a line from a place, versions, on changed copies too."""

from __future__ import annotations

import json

import pytest
import shapely
import yaml
from geographiclib.geodesic import Geodesic
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.world.boundary import (
    Boundary,
    boundary_in_force,
    distance_to_boundary_m,
    offset_boundary,
    side_of,
)
from parley.world.faults import InputFault
from parley.world.geo import Position, destination, distance_m
from parley.world.place import Place
from shared_data import shared

WGS84 = Geodesic.WGS84


def at(lat_deg, lon_deg):
    return Position(lat_deg=lat_deg, lon_deg=lon_deg)


@pytest.fixture(scope="module")
def syria():
    folder = shared("scenarios/syria-2017-06")
    features = json.loads((folder / "geo.geojson").read_text())["features"]
    expected = yaml.safe_load((folder / "expected.yaml").read_text())
    return {feature["id"]: feature for feature in features}, expected["geometry"]


def vertices_of(feature, lon_shift_deg=0.0):
    return tuple(
        at(lat, (lon + lon_shift_deg + 180) % 360 - 180)
        for lon, lat in feature["geometry"]["coordinates"]
    )


def river(features, lon_shift_deg=0.0, **changed):
    feature = features["GL-EUPHRATES"]
    fields = {
        "id": "GL-EUPHRATES",
        "vertices": vertices_of(feature, lon_shift_deg),
        "direction": feature["properties"]["direction"],
        "uncertainty_m": feature["properties"]["uncertainty_m"],
        **feature["properties"]["sides"],
    }
    return Boundary(**(fields | changed))


def places_of(features, lon_shift_deg=0.0):
    found = {}
    for feature in features.values():
        if feature["properties"]["kind"] == "place":
            lon, lat = feature["geometry"]["coordinates"]
            properties = feature["properties"]
            found[properties["name"]] = Place(
                id=feature["id"],
                name=properties["name"],
                position=at(lat, (lon + lon_shift_deg + 180) % 360 - 180),
                uncertainty_m=properties["uncertainty_m"],
            )
    return found


@pytest.mark.row("S29", "A4")
def test_the_sides_of_the_euphrates_nominal_and_decided(syria):
    features, expected = syria
    places, line = places_of(features), river(features)
    answers = {
        name: side_of(line, places[name].position, places[name].uncertainty_m)
        for name in expected["side_of_GL-EUPHRATES"]
    }
    assert {n: a.nominal for n, a in answers.items()} == expected["side_of_GL-EUPHRATES"]
    decided = {name: answer.decided for name, answer in answers.items()}
    assert decided == expected["decided_side_of_GL-EUPHRATES"]
    assert "west of the Euphrates" in answers["Rusafa"].because
    for name, distance_km in expected["distance_km_to_GL-EUPHRATES"].items():
        found_km = distance_to_boundary_m(line, places[name].position) / 1000.0
        assert found_km == pytest.approx(distance_km, abs=0.05)


def test_the_same_river_drawn_upstream_over_the_antimeridian_answers_mirrored(syria):
    features, expected = syria
    places = places_of(features, lon_shift_deg=140.7)
    line = river(features, lon_shift_deg=140.7)
    upstream = river(features, vertices=line.vertices[::-1])
    mirrored = {"left": "right", "right": "left", "undecided": "undecided"}
    for name, side in expected["decided_side_of_GL-EUPHRATES"].items():
        where = places[name].position, places[name].uncertainty_m
        assert side_of(line, *where).decided == side
        assert side_of(upstream, *where).decided == mirrored[side]


def test_uncertainties_of_line_and_position_add(syria):
    features, _ = syria
    tabqah = places_of(features)["Tabqah"].position  # 4,281 m from the line
    decided = [
        side_of(river(features, uncertainty_m=line_m), tabqah, own_m).decided
        for line_m, own_m in ((0.0, 0.0), (4_280.0, 0.0), (0.0, 4_280.0), (2_200.0, 2_200.0))
    ]
    assert decided == ["right", "right", "right", "undecided"]


@given(st.floats(35.3, 36.4), st.floats(38.2, 40.0))
@settings(max_examples=80, deadline=None)
def test_near_the_middle_the_side_is_that_of_a_map_cut_along_the_line(lat, lon):
    # Oracle: the map cut by a polygon; far from the ends both must say the same.
    course = [(38.0, 37.5), (38.2, 36.4), (38.5, 35.9), (39.0, 36.0), (39.8, 35.7), (40.4, 34.0)]
    line = Boundary(id="R", vertices=tuple(at(b, a) for a, b in course))
    right = shapely.Polygon([*course, (30.0, 34.0), (30.0, 37.5)]).contains(shapely.Point(lon, lat))
    answer = side_of(line, at(lat, lon))
    if answer.margin_m > 0.01:
        assert answer.decided == ("right" if right else "left")


@given(st.floats(0, 360), st.floats(0, 60_000), st.floats(0, 40_000))
@settings(max_examples=60, deadline=None)
def test_a_decided_side_holds_all_round_the_uncertainty(bearing, away_m, reach_m):
    line = Boundary(id="R", vertices=(at(36.0, 38.0), at(36.1, 38.4), at(35.9, 38.8)))
    position = destination(at(36.0, 38.4), bearing, away_m)
    answer = side_of(line, position, reach_m)
    if answer.decided != "undecided":
        for turn in range(0, 360, 30):
            there = destination(position, turn, reach_m * 0.999)
            assert side_of(line, there).decided == answer.decided


@pytest.mark.parametrize(
    ("lat", "lon", "nominal", "beyond"),
    [(36.9, 37.5, "left", "end"), (33.0, 41.0, "right", "start"), (30.0, 37.9, "left", "start")],
)
def test_beyond_the_ends_a_side_is_named_but_never_decided(lat, lon, nominal, beyond):
    line = Boundary(id="N", vertices=(at(34.0, 38.0), at(36.0, 38.0)))
    answer = side_of(line, at(lat, lon))
    assert (answer.nominal, answer.decided, answer.margin_m) == (nominal, "undecided", 0.0)
    assert f"beyond the {beyond}" in answer.because


def test_close_to_an_end_the_uncertainty_reaches_beyond_it():
    line = Boundary(id="N", vertices=(at(34.0, 38.0), at(36.0, 38.0)))
    inside = at(35.99, 38.5)  # 45 km to the right, 1.1 km short of the end
    assert side_of(line, inside, 900.0).decided == "right"
    answer = side_of(line, inside, 1_200.0)
    assert answer.decided == "undecided"
    assert "too near the end of the line" in answer.because


def test_in_the_mouth_of_a_bend_the_end_of_the_other_arm_counts():
    # Two arms 22 km apart; the position is past the end of the southern one, 9 km from the other.
    arms = (at(36.0, 38.0), at(36.0, 38.4), at(36.2, 38.4), at(36.2, 37.9))
    line = Boundary(id="U", vertices=arms)
    position = at(36.12, 37.95)
    assert side_of(line, position, 2_500.0).decided == "left"
    assert side_of(line, position, 4_000.0).decided == "undecided"
    south = side_of(line, destination(position, 180.0, 4_000.0))
    assert "beyond the start" in south.because


@pytest.mark.row("S28")
def test_a_line_two_kilometres_from_ja_din_cannot_be_decided(syria):
    features, expected = syria
    place = places_of(features)["Ja'Din"]
    drawn = Boundary(
        id="GL-EW",
        vertices=vertices_of(features["GL-EW"]),
        uncertainty_m=features["GL-EW"]["properties"]["uncertainty_m"],
        asserted_by=("COAL",),
    )
    stated_m = expected["line_GL-EW_distance_to_JaDin_m"]
    offset = offset_boundary(
        place, 180.0, stated_m, boundary_id="EW", half_length_m=25_000.0, asserted_by=("COAL",)
    )
    for line in (drawn, offset):
        answer = side_of(line, place.position)
        assert answer.margin_m == pytest.approx(stated_m, abs=1.0)
        assert (answer.nominal, answer.decided) == ("left", "undecided")
        assert "uncertainty 10000 m" in answer.because
    assert offset.agreed_by == ()
    # The same line from a place known to 500 m decides.
    known = Place(id="P", name="Known", position=place.position, uncertainty_m=500.0)
    line = offset_boundary(known, 180.0, 2_000.0, boundary_id="EW", half_length_m=25_000.0)
    assert side_of(line, place.position, 500.0).decided == "left"
    assert side_of(line, place.position, 1_600.0).decided == "undecided"


@given(st.floats(-80, 80), st.floats(0, 359), st.floats(100, 80_000), st.floats(0, 20_000))
@settings(max_examples=40, deadline=None)
def test_an_offset_line_lies_at_its_distance_with_the_place_on_the_left(
    lat, bearing, length_m, uncertainty_m
):
    place = Place(id="P", name="P", position=at(lat, 179.9), uncertainty_m=uncertainty_m)
    line = offset_boundary(place, bearing, length_m, boundary_id="L", half_length_m=30_000.0)
    assert line.uncertainty_m == uncertainty_m
    assert distance_to_boundary_m(line, place.position) == pytest.approx(length_m, abs=1.0)
    assert side_of(line, place.position).nominal == "left"
    foot = line.vertices[1]
    truth = WGS84.Direct(lat, 179.9, bearing, length_m)
    assert distance_m(foot, at(truth["lat2"], truth["lon2"])) < 1e-6
    back = WGS84.Inverse(line.vertices[0].lat_deg, line.vertices[0].lon_deg, lat, 179.9)["s12"]
    assert back == pytest.approx((length_m**2 + 30_000.0**2) ** 0.5, rel=1e-3)


@pytest.mark.row("S31", "S36")
def test_which_version_of_a_line_was_in_force_for_whom():
    first, arc, own = (
        Boundary(
            id="EUPHRATES",
            vertices=vertices,
            from_us=from_us,
            to_us=to_us,
            version=version,
            agreed_by=agreed_by,
            asserted_by=asserted_by,
            sources=(f"source {version}",),
            uncertainty_m=5_000.0,
        )
        for vertices, from_us, to_us, version, agreed_by, asserted_by in (
            ((at(36.0, 38.0), at(35.0, 40.0)), 100, 200, 1, ("COAL", "RUS"), ()),
            ((at(35.8, 38.6), at(35.9, 39.3)), 200, None, 2, ("COAL", "RUS"), ()),
            ((at(35.7, 38.6), at(35.9, 39.4)), 150, None, 3, (), ("SYR",)),
        )
    )
    versions = (arc, own, first)
    assert boundary_in_force(versions, 99) is None
    assert boundary_in_force(versions, 100, "RUS") is first
    assert boundary_in_force(versions, 199, "RUS") is first
    assert boundary_in_force(versions, 200, "RUS") is arc
    assert boundary_in_force(versions, 250, "SYR") is None  # its own assertion binds nobody
    assert boundary_in_force(versions, 250) is own
    assert boundary_in_force((), 250) is None
    with pytest.raises(InputFault, match="each version number once"):
        boundary_in_force((first, first), 150)
    other = Boundary(id="OTHER", vertices=first.vertices)
    with pytest.raises(InputFault, match="EUPHRATES, OTHER"):
        boundary_in_force((first, other), 150)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"vertices": (at(0, 0), at(1, 1), at(0, 1), at(1, 0))}, "edge 0 .*crosses.*edge 2"),
        ({"vertices": (at(0, 0), at(0, 1), at(1, 1), at(0, 0))}, "edge 0 .*edge 2"),  # closed
        ({"vertices": (at(0, 0), at(0, 2), at(0, 1))}, "edge 0 .*edge 1"),
        ({"vertices": (at(0, 0),)}, "vertices is 1"),
        ({"left": "west", "right": "west"}, "sides is west"),
        ({"agreed_by": ("RUS", "RUS")}, "agreed by is RUS, RUS"),
        ({"from_us": 5, "to_us": 5}, "window"),
        ({"version": 0}, "version is 0"),
        ({"uncertainty_m": -1.0}, "uncertainty is -1"),
        ({"id": ""}, "boundary id"),
        ({"id": "x" * 65}, "boundary id"),
    ],
)
def test_a_line_without_sides_or_sense_is_refused(changed, named):
    fields = {"id": "L", "vertices": (at(0, 0), at(0, 1))}
    with pytest.raises(InputFault, match=named) as refused:
        Boundary(**(fields | changed))
    assert "\n" not in str(refused.value)


def test_a_real_river_of_three_hundred_vertices_is_a_boundary():
    data = json.loads(shared("data/geo/euphrates_line_single.geojson").read_text())
    geometry = (data["features"][0] if "features" in data else data)["geometry"]
    line = Boundary(
        id="EUPHRATES", vertices=tuple(at(lat, lon) for lon, lat in geometry["coordinates"])
    )
    assert len(line.vertices) > 200
    rusafa = at(35.6289, 38.7581)
    assert distance_to_boundary_m(line, rusafa) == pytest.approx(24_700.0, abs=1_000.0)
    hasakah = at(36.5024, 40.7477)
    assert {side_of(line, rusafa).decided, side_of(line, hasakah).decided} == {"left", "right"}
