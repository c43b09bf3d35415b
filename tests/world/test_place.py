"""The gazetteer, and the check of a named place against its coordinates."""

from __future__ import annotations

import json

import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.world.faults import InputFault
from parley.world.geo import Position, destination
from parley.world.place import Gazetteer, Place, check_named_position
from shared_data import shared


def place(place_id, name, *aliases, lat=35.6289, lon=38.7581, uncertainty_m=1_000.0):
    return Place(
        id=place_id,
        name=name,
        aliases=aliases,
        position=Position(lat_deg=lat, lon_deg=lon),
        uncertainty_m=uncertainty_m,
    )


@pytest.fixture
def syria():
    features = json.loads(shared("scenarios/syria-2017-06/geo.geojson").read_text())["features"]
    return Gazetteer(
        place(
            f["id"],
            f["properties"]["name"],
            *f["properties"]["aliases"],
            lat=f["geometry"]["coordinates"][1],
            lon=f["geometry"]["coordinates"][0],
            uncertainty_m=f["properties"]["uncertainty_m"],
        )
        for f in features
        if f["properties"]["kind"] == "place"
    )


@pytest.mark.row("S32")
@pytest.mark.parametrize(
    ("spelling", "place_id"),
    [
        ("Rusafa", "PL-Rusafa"),
        ("PL-Rusafa", "PL-Rusafa"),
        ("resafa", "PL-Rusafa"),
        ("RASAFAH", "PL-Rusafa"),
        ("Taqbah", "PL-Tabqah"),  # the alias carries a remark in brackets
        ("  al-thawrah ", "PL-Tabqah"),
        ("Humaymin", "PL-Hmeimim"),
        ("Deir  Ezzor", "PL-Deir_ez-Zor"),
        ("Ja\u2019Din", "PL-Ja'Din"),
        ("Jadin", "PL-Ja'Din"),
    ],
)
def test_many_spellings_are_one_place(syria, spelling, place_id):
    assert syria.find(spelling).id == place_id


def test_every_spelling_of_the_scenario_finds_its_place(syria):
    for known in syria.places:
        assert syria.find(known.id) is known
        for word in (known.name, *known.aliases):
            assert syria.find(word) is syria.find(word.upper()) is known


@pytest.mark.parametrize(
    ("name", "named"),
    [("Rusaffa", "did you mean Rusafa"), ("Atlantis", "give coordinates"), ("", "place name")],
)
def test_a_miss_is_refused_with_the_nearest_name_and_never_guessed(syria, name, named):
    with pytest.raises(InputFault, match=named) as refused:
        syria.find(name)
    assert "\n" not in str(refused.value)


def test_a_spelling_of_two_places_is_refused_and_the_id_still_works():
    gazetteer = Gazetteer([place("P1", "Karama", "Tell"), place("P2", "Tell", lat=36.0)])
    with pytest.raises(InputFault, match="use an id: P1, P2"):
        gazetteer.find("tell")
    assert gazetteer.find("P2").name == "Tell"
    assert gazetteer.find("karama").id == "P1"


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: Gazetteer([place("P1", "A"), place("P1", "B")]), "place id is P1"),
        (lambda: place("", "A"), "place id"),
        (lambda: place("P1", " "), "name"),
        (lambda: place("P1", "A", ""), "name"),
        (lambda: place("P1", "A", uncertainty_m=-1.0), "uncertainty"),
    ],
)
def test_a_bad_place_is_refused(make, named):
    with pytest.raises(InputFault, match=named):
        make()


@pytest.mark.row("S32")
def test_a_name_nine_kilometres_from_its_coordinates_differs(syria):
    sent = Position(lat_deg=35.6289, lon_deg=38.8575)  # message 19 of the scenario
    answer = check_named_position(syria, "PL-Rusafa", sent, 5_000.0)
    assert (answer.nominal, answer.decided) == ("differs", "differs")
    assert answer.margin_m == pytest.approx(9_000.0, abs=10.0)
    assert "9.0 km from Rusafa" in answer.because
    corrected = Position(lat_deg=35.6289, lon_deg=38.7581)  # message 21
    assert check_named_position(syria, "Resafa", corrected, 5_000.0).decided == "agrees"


def test_a_name_without_coordinates_is_refused(syria):
    with pytest.raises(InputFault, match="wanted coordinates beside the name"):
        check_named_position(syria, "Rusafa", None, 5_000.0)


@given(st.floats(0, 360), st.floats(0, 20_000), st.floats(0, 10_000), st.floats(0, 5_000))
@settings(max_examples=60, deadline=None)
def test_agreement_is_decided_only_beyond_the_uncertainty_of_the_place(
    bearing, away_m, within_m, uncertainty_m
):
    known = place("P", "P", uncertainty_m=uncertainty_m)
    sent = destination(known.position, bearing, away_m)
    answer = check_named_position(Gazetteer([known]), "p", sent, within_m)
    truth = Geodesic.WGS84.Inverse(35.6289, 38.7581, sent.lat_deg, sent.lon_deg)["s12"]
    assert answer.margin_m == pytest.approx(truth, abs=1e-6)
    if abs(truth - within_m) > 1e-3:
        assert answer.nominal == ("agrees" if truth < within_m else "differs")
    if abs(abs(truth - within_m) - uncertainty_m) > 1e-3:
        clear = abs(truth - within_m) > uncertainty_m
        assert answer.decided == (answer.nominal if clear else "undecided")
