"""Zones of both reference scenarios: in, out, undecided, exclusions, numbers, the two states."""

from __future__ import annotations

import json
from itertools import product

import pytest
import shapely
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Transformer

from parley.world.faults import InputFault
from parley.world.geo import Position, destination
from parley.world.norms import norms
from parley.world.place import Place
from parley.world.shape import Circle, Corridor, Polygon
from parley.world.time import parse_instant_us
from parley.world.volume import VerticalLimit
from parley.world.zone import (
    ACTIVITIES,
    PROMULGATIONS,
    Exclusion,
    QualifiedNumber,
    Zone,
    distances_to_zones,
    shown_activity,
    sum_as_stated,
    zone_contains,
    zone_contains_4d,
)
from shared_data import shared

IDS = ("DEZ-1", "DEZ-2", "DEZ-3", "DEZ-4")


def at(lat_deg, lon_deg):
    return Position(lat_deg=lat_deg, lon_deg=(lon_deg + 180) % 360 - 180)


def limit_ft(value_ft):
    return VerticalLimit(value_m=value_ft * 0.3048, reference="AMSL")


def ring_of(feature, shift):
    return tuple(
        at(lat + shift[0], lon + shift[1]) for lon, lat in feature["geometry"]["coordinates"][0]
    )


def scenario(shift=(0.0, 0.0)):
    """The places and zones of the Syrian scenario, moved by degrees of latitude and longitude."""
    features = json.loads(shared("scenarios/syria-2017-06/geo.geojson").read_text())["features"]
    places, zones = {}, {}
    for feature in features:
        p = feature["properties"]
        if p["kind"] == "place":
            lon, lat = feature["geometry"]["coordinates"]
            places[feature["id"]] = Place(
                id=feature["id"],
                name=p["name"],
                position=at(lat + shift[0], lon + shift[1]),
                uncertainty_m=p["uncertainty_m"],
            )
        elif p["kind"] == "zone":
            zones[feature["id"]] = Zone(
                id=feature["id"],
                kind="zone",
                name=p["name"],
                shape=Polygon(exterior=ring_of(feature, shift)),
                from_us=parse_instant_us(p["applies_from"]),
                to_us=parse_instant_us(p["applies_to"]),
                agreement=p["agreement"],
                agreed_by=tuple(p["parties"]),
                uncertainty_m=p["uncertainty_m"],
                population=QualifiedNumber(
                    **p["population_2017"], source=p["population_source"], as_of="2017"
                ),
                exclusions=tuple(
                    Exclusion(
                        name=places[i].name,
                        position=places[i].position,
                        uncertainty_m=places[i].uncertainty_m,
                    )
                    for i in p["excludes"]
                ),
            )
    return {place.name: place for place in places.values()}, zones


@pytest.fixture(scope="module")
def syria():
    expected = yaml.safe_load(shared("scenarios/syria-2017-06/expected.yaml").read_text())
    return (*scenario(), expected["geometry"])


@pytest.mark.row("S27")
def test_one_call_gives_the_distance_to_each_zone_and_its_uncertainty(syria):
    places, zones, expected = syria
    for name, by_zone in expected["distance_km_to_zones"].items():
        place = places[name]
        found = distances_to_zones(zones.values(), place.position, place.uncertainty_m)
        assert {each.zone_id for each in found} == set(IDS)
        assert [each.distance_m for each in found] == sorted(each.distance_m for each in found)
        for each in found:
            expected_km = by_zone[each.zone_id]
            assert each.distance_m / 1000 == pytest.approx(expected_km, abs=0.1)
            assert each.uncertainty_m == 8_000.0 + place.uncertainty_m
            if expected_km > 20.0:
                assert each.answer.decided == "out"
    nearest = distances_to_zones(zones.values(), places["Rusafa"].position)[0]
    assert (nearest.zone_id, round(nearest.distance_m / 1000, 1)) == ("DEZ-1", 145.8)


@pytest.mark.parametrize("shift", [(0.0, 142.5), (-50.0, -30.0), (20.0, 143.4)])
def test_moved_copies_of_the_scenario_agree_with_a_shapely_plane_about_each_place(shift):
    places, zones = scenario(shift)
    for place in places.values():
        lat, lon = place.position.lat_deg, place.position.lon_deg
        plane = Transformer.from_crs(
            CRS.from_epsg(4326),
            CRS.from_proj4(f"+proj=aeqd +lat_0={lat} +lon_0={lon} +datum=WGS84 +units=m"),
            always_xy=True,
        )
        for each in distances_to_zones(zones.values(), place.position):
            outline = []
            ring = zones[each.zone_id].shape.exterior
            for a, b in zip(ring, (*ring[1:], ring[0]), strict=True):
                step = (b.lon_deg - a.lon_deg + 180) % 360 - 180
                outline += [
                    (a.lon_deg + step * k / 40, a.lat_deg + (b.lat_deg - a.lat_deg) * k / 40)
                    for k in range(40)
                ]
            area = shapely.Polygon(
                list(zip(*plane.transform(*zip(*outline, strict=True)), strict=True))
            )
            assert each.distance_m == pytest.approx(area.distance(shapely.Point(0, 0)), abs=2.0)


@pytest.mark.row("S25", "A5")
def test_qaboun_is_outside_zone_3_and_the_exclusion_is_cited(syria):
    places, zones, expected = syria
    qaboun, zone = places["Qaboun"], zones["DEZ-3"]
    answer = zone_contains(zone, qaboun.position, qaboun.uncertainty_m, "qaboun")
    assert (answer.nominal, answer.decided) == ("out", "out")
    assert "Qaboun is excluded from DEZ-3 by name" in answer.because
    assert expected["distance_km_to_zones"]["Qaboun"]["DEZ-3"] == 1.9
    # By its position alone 1.9 km decide nothing against 9 km of uncertainty.
    alone = zone_contains(zone, qaboun.position, qaboun.uncertainty_m)
    assert (alone.nominal, alone.decided) == ("out", "undecided")
    # Another place there, and the same place in another zone, are judged by the geometry.
    assert zone_contains(zone, qaboun.position, 0.0, "Douma").decided == "undecided"
    assert "name" not in zone_contains(zones["DEZ-2"], qaboun.position, 0.0, "Qaboun").because


def test_an_exclusion_inside_the_outline_overrides_it():
    town = at(33.53, 36.44)
    area = Polygon(exterior=(at(33.4, 36.3), at(33.4, 36.6), at(33.7, 36.6), at(33.7, 36.3)))

    def ask(where, *, reach_m=0.0, name=None, **exclusion):
        zone = Zone(
            id="Z",
            kind="zone",
            shape=area,
            exclusions=(Exclusion(name="Town", aliases=("Madina (old)",), **exclusion),),
        )
        answer = zone_contains(zone, where, reach_m, name)
        return answer.nominal, answer.decided, "Town" in answer.because

    by_shape = {"shape": Circle(centre=town, radius_m=2_000.0)}
    by_point = {"position": town, "uncertainty_m": 1_000.0}
    near, far = destination(town, 90.0, 1_500.0), destination(town, 90.0, 4_000.0)
    assert ask(town, **by_shape) == ("out", "out", True)
    assert ask(near, **by_shape) == ("out", "out", True)
    assert ask(near, **by_shape, reach_m=600.0) == ("out", "undecided", True)
    assert ask(far, **by_shape)[:2] == ("in", "in")
    assert ask(far, **by_shape, uncertainty_m=2_500.0)[:2] == ("in", "undecided")
    assert ask(town, **by_point) == ("out", "undecided", True)
    assert ask(near, **by_point)[:2] == ("in", "in")
    assert ask(near, **by_point, reach_m=600.0)[:2] == ("in", "undecided")
    assert ask(far, name="Town") == ask(far, name=" MADINA ") == ("out", "out", True)
    assert ask(far)[:2] == ("in", "in")
    assert ask(destination(town, 0.0, 90_000.0), **by_point)[:2] == ("out", "out")


@pytest.mark.row("S23", "S24")
@pytest.mark.parametrize("zone_id", IDS)
def test_a_zone_holds_limits_times_agreement_and_a_qualified_number(syria, zone_id):
    places, zones, _ = syria
    zone = zones[zone_id]
    inside = {"DEZ-1": "Idlib", "DEZ-2": "Rastan", "DEZ-3": "Douma", "DEZ-4": "Deraa"}[zone_id]
    position = places[inside].position
    assert (zone.agreement, zone.agreed_by) == ("AGR-ASTANA", ("RUS", "TUR", "IRN"))
    assert zone.population.as_of == "2017"
    assert "Al Jazeera" in zone.population.source
    assert zone.volume.shape is zone.shape

    def ask(at_us, alt_m=3_000.0):
        return zone_contains_4d(zone, position, alt_m, "AMSL", at_us).nominal

    assert ask(zone.from_us) == ask(zone.to_us - 1) == ask(zone.from_us, alt_m=None) == "in"
    assert ask(zone.from_us - 1) == ask(zone.to_us) == "out"


@pytest.mark.row("S26")
def test_up_to_about_and_more_than_are_kept_and_the_sum_says_that_it_mixes_them(syria):
    _, zones, expected = syria
    total = sum_as_stated(zone.population for zone in zones.values())
    assert total.value == expected["population_total_as_stated"] == 2_670_000
    assert total.mixed
    assert total.qualifiers == ("about", "approximately", "more than", "up to")
    assert total.because == "mixes bounds: about, approximately, more than, up to"
    alike = sum_as_stated([zones["DEZ-4"].population] * 2)
    assert (alike.value, alike.mixed, alike.because) == (1_600_000, False, "all stated up to")
    assert sum_as_stated([]).because == "nothing stated"


@pytest.mark.row("S34")
def test_a_circle_round_a_place_is_one_sided_or_agreed():
    tanf = at(33.5064, 38.6181)
    zone = Zone(
        id="TANF-55",
        kind="ring",
        shape=Circle(centre=tanf, radius_m=55_000.0),
        uncertainty_m=2_000.0,
        asserted_by=("COAL",),
    )
    assert (zone.agreed_by, zone.asserted_by) == ((), ("COAL",))
    decided = [
        zone_contains(zone, destination(tanf, 45.0, away_m)).decided
        for away_m in (0.0, 52_900.0, 53_100.0, 56_900.0, 57_100.0)
    ]
    assert decided == ["in", "in", "undecided", "undecided", "out"]


@pytest.mark.row("S33")
def test_a_corridor_has_width_limits_and_times():
    features = json.loads(shared("scenarios/wildfire-civil/geo.geojson").read_text())["features"]
    feature = next(f for f in features if f["id"] == "CORR-MED")
    p = feature["properties"]
    start_us = parse_instant_us(p["applies_from"])
    zone = Zone(
        id="CORR-MED",
        kind="corridor",
        shape=Corridor(
            vertices=tuple(at(lat, lon) for lon, lat in feature["geometry"]["coordinates"]),
            width_m=p["width_nm"] * 1852.0,
        ),
        lower=limit_ft(p["lower"]["value"]),
        upper=limit_ft(p["upper"]["value"]),
        from_us=start_us,
        to_us=parse_instant_us(p["applies_to"]),
    )
    on_line = at(43.30103, -115.97988)

    def ask(position=on_line, alt_ft=4_500, at_us=start_us):
        return zone_contains_4d(zone, position, alt_ft * 0.3048, "AMSL", at_us).decided

    assert ask() == "in"
    assert ask(alt_ft=3_900) == ask(alt_ft=5_600) == ask(at_us=start_us - 1) == "out"
    assert ask(position=destination(on_line, 45.0, 1_100.0)) == "out"
    assert ask(position=destination(on_line, 45.0, 700.0)) == "in"


@given(st.floats(0, 360), st.floats(0, 30_000), st.floats(0, 5_000), st.floats(0, 5_000))
@settings(max_examples=60, deadline=None)
def test_uncertainties_of_zone_and_position_add(bearing, away_m, zone_m, own_m):
    centre = at(10.0, 180.0)
    circle = Circle(centre=centre, radius_m=15_000.0)
    zone = Zone(id="Z", kind="zone", shape=circle, uncertainty_m=zone_m)
    answer = zone_contains(zone, destination(centre, bearing, away_m), own_m)
    margin_m = abs(15_000.0 - away_m)
    if abs(margin_m - zone_m - own_m) > 1e-3:
        assert (answer.decided == "undecided") == (margin_m < zone_m + own_m)


# --- the two states ------------------------------------------------------------------------------


def test_the_words_are_those_of_the_norms():
    assert tuple(norms().zone.activity) == ACTIVITIES
    assert tuple(norms().zone.promulgation) == PROMULGATIONS


def test_cold_is_shown_only_on_the_confirmed_word_of_an_owner_who_can_be_heard():
    cold = [
        (activity, promulgation)
        for activity, promulgation, down, open_request in product(
            ACTIVITIES, PROMULGATIONS, (False, True), (False, True)
        )
        if shown_activity(
            activity,
            promulgation=promulgation,
            owner_link_down_past_limit=down,
            open_request_without_cold=open_request,
        )
        == "cold"
    ]
    # Each once: with the link up and nothing open, of four combinations.
    assert cold == [("cold", word) for word in PROMULGATIONS if word != "draft"]


@pytest.mark.parametrize(
    ("activity", "promulgation", "named"),
    [("warm", "issued", "zone activity is warm"), ("hot", "active", "zone promulgation is active")],
)
def test_a_word_that_is_no_state_is_refused(activity, promulgation, named):
    with pytest.raises(InputFault, match=named):
        shown_activity(
            activity,
            promulgation=promulgation,
            owner_link_down_past_limit=False,
            open_request_without_cold=False,
        )


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"kind": "line"}, "zone Z kind is line, wanted zone, ring"),
        ({"id": " Z"}, "zone id"),
        ({"agreed_by": ("A", "A")}, "agreed by is A, A"),
        ({"asserted_by": ("",)}, "asserted by"),
        ({"uncertainty_m": float("nan")}, "uncertainty is nan"),
        ({"from_us": 2, "to_us": 1}, "window"),
        ({"version": 0}, "version is 0"),
    ],
)
def test_a_zone_without_sense_is_refused(changed, named):
    fields = {"id": "Z", "kind": "zone", "shape": Circle(centre=at(0, 0), radius_m=5.0)}
    with pytest.raises(InputFault, match=named):
        Zone(**(fields | changed))


@pytest.mark.parametrize(("value", "source"), [(-1, "S"), (5, " ")])
def test_a_number_without_sense_or_source_is_refused(value, source):
    with pytest.raises(InputFault, match="qualified number"):
        QualifiedNumber(qualifier="about", value=value, source=source)
