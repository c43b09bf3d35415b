"""The grid in whose cells a place is told, and the register of places that a party keeps."""

from __future__ import annotations

import math

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.nodekit import pair
from node.standingkit import (
    keep,
    place,
    ruled,
)
from parley.node.agreement_bodies import PlacesKept
from parley.node.rules.places import ACT_PLACES_MAX, CHUNK_BYTES, register
from parley.world.clauses import PositionCheck
from parley.world.faults import InputFault
from parley.world.geo import Position
from parley.world.place import Place
from parley.world.place_cell import PRECISION_M, cell_of, level_of, read_cell

# ---- the grid -----------------------------------------------------------------------------------


LAT = st.integers(-90 * 10**9, 90 * 10**9)


LON = st.integers(-180 * 10**9, 180 * 10**9)


FINE = st.floats(*PRECISION_M)


@given(LAT, LON, FINE, FINE)
@settings(max_examples=400, deadline=None)
def test_two_cells_of_a_place_are_one_in_the_other_and_hold_it(lat_e9, lon_e9, one_m, other_m):
    """Whoever joins all cells that were ever told holds the finest of them, and nothing finer."""
    fine, coarse = (cell_of(lat_e9, lon_e9, each) for each in sorted((one_m, other_m)))
    assert fine.holds(lat_e9, lon_e9)
    assert fine.within(coarse)


@given(LAT, LON, LAT, LON, FINE, FINE)
@settings(max_examples=400, deadline=None)
def test_cells_of_any_two_places_are_nested_or_share_no_area(lat_a, lon_a, lat_b, lon_b, a_m, b_m):
    a, b = cell_of(lat_a, lon_a, a_m), cell_of(lat_b, lon_b, b_m)
    nested = a.within(b) or b.within(a)
    # Bounds are rounded outwards by 1e-9 degrees: 0.1 mm, which tells nobody anything.
    overlap = (
        min(a.north_e9, b.north_e9) - max(a.south_e9, b.south_e9) > 2
        and min(a.east_e9, b.east_e9) - max(a.west_e9, b.west_e9) > 2
    )
    assert nested or not overlap


@given(st.integers(-85 * 10**9, 85 * 10**9), LON, FINE)
@settings(max_examples=400, deadline=None)
def test_no_side_of_a_cell_is_shorter_than_what_was_asked_for(lat_e9, lon_e9, precision_m):
    cell = cell_of(lat_e9, lon_e9, precision_m)
    assert cell.precision_m >= precision_m * (1 - 1e-6)
    assert 2 * cell.half_height_m <= 2 * precision_m * 1.001


def test_a_cell_round_a_pole_is_a_cap_and_a_cell_is_read_as_it_is_written():
    cap = cell_of(90 * 10**9, 17 * 10**9, 10_000.0)
    assert (cap.west_e9, cap.east_e9, cap.north_e9) == (-180 * 10**9, 180 * 10**9, 90 * 10**9)
    cell = cell_of(35_628_900_000, 38_758_100_000, 10_000.0)
    assert read_cell(cell.text) == cell
    assert cell.holds(round(cell.centre.lat_deg * 1e9), round(cell.centre.lon_deg * 1e9))


@pytest.mark.parametrize(
    "text", ["", "1,2,3", "a,b,c,d", "nan,0,1,1", "inf,0,1,1", "2,0,1,1", "0,1,1,0", "0,0,91,1",
             "0,-181,1,0", "0,0,1,1,2"],
)  # fmt: skip
def test_a_peers_cell_that_is_none_is_refused_in_one_line(text):
    with pytest.raises(InputFault):
        read_cell(text)


def test_precision_has_bounds():
    for bad in (0.0, -1.0, 1.0, 2e6, math.nan, math.inf):
        with pytest.raises(InputFault, match="precision"):
            level_of(bad)


# ---- the register -------------------------------------------------------------------------------


@pytest.mark.row("R16")
def test_a_list_read_twice_writes_nothing_the_second_time():
    world = pair()
    rows = tuple(place(f"H{n}", lat=35 + n / 1000) for n in range(300))
    assert len(keep(world, *rows)) >= 1
    state = world.node("ALFA").state
    assert len(register(state, state.scope("AB"))) == 300
    assert keep(world, *rows) == []
    (written,) = keep(world, msgspec.structs.replace(rows[7], text="closed on Fridays"), rows[8])
    assert [each.place for each in written.body.places] == ["H7"]
    world.stop("ALFA")
    world.start("ALFA")
    state = world.node("ALFA").state
    assert register(state, state.scope("AB"))["H7"].text == "closed on Fridays"


def test_the_register_is_nobody_elses():
    world = pair()
    keep(world, place())
    world.run(5)
    state = world.node("BRAVO").state
    assert register(state, state.scope("AB")) == {}
    origins = [log.name.origin for log in state.logs() if log.name.kind == "private"]
    assert not any("/ALFA/private/" in origin for origin in origins)


def test_a_long_list_goes_into_entries_that_fit():
    world = pair()
    rows = tuple(
        place(f"H{n}", lat=34 + n / 1000, text="x" * 1_000) for n in range(1_000)
    )  # fmt: skip
    written = [e for e in keep(world, *rows) if isinstance(e.body, PlacesKept)]
    sizes = [len(msgspec.json.encode(entry.body)) for entry in written]
    assert len(written) > 1
    assert max(sizes) < CHUNK_BYTES * 1.1
    assert sum(len(entry.body.places) for entry in written) == 1_000


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"name": "=cmd|' /C calc'!A0"}, "a spreadsheet would run it"),
        ({"kind": "@SUM(1)"}, "a spreadsheet would run it"),
        ({"text": "+1-1"}, "a spreadsheet would run it"),
        ({"name": "a\x1b[2Jb"}, "printable"),
        ({"name": "a\u202eb"}, "printable"),
        ({"text": "a\nb"}, "printable"),
        ({"name": " "}, "a word"),
        ({"kind": ""}, "a word"),
        ({"name": "x" * 201}, "at most 200 characters"),
        ({"place": "H 1"}, "no blank"),
        ({"place": "../x"}, "no blank"),
        ({"lat_e9": 91 * 10**9}, "-90 to 90 degrees"),
        ({"lon_e9": -181 * 10**9}, "-180 to 180 degrees"),
        ({"uncertainty_mm": -1}, "0 to"),
    ],
)
def test_a_place_that_cannot_be_kept_is_refused_with_its_column(changes, wanted):
    world = pair()
    with pytest.raises(InputFault, match="place") as caught:
        keep(world, place(**changes), confirmed=True)
    assert wanted in str(caught.value)
    state = world.node("ALFA").state
    assert register(state, state.scope("AB")) == {}


def test_an_id_twice_and_too_many_at_once_are_refused():
    world = pair()
    with pytest.raises(InputFault, match="each id once"):
        keep(world, place(), place())
    many = tuple(place(f"H{n}") for n in range(ACT_PLACES_MAX + 1))
    with pytest.raises(InputFault, match="in parts"):
        keep(world, *many)
    with pytest.raises(InputFault, match="a place of the register"):
        keep(world, place("H9", removed=True))


@pytest.mark.row("R16")
@pytest.mark.parametrize(
    ("changed", "asked"),
    [
        (place(lat=36.08), "a known place would move far (50"),
        (place("H2", lat=38.7581, lon=35.6289, name="b"), ""),
        (place("H2", lat=5.0, lon=100.0, name="b"), "far from all that the agreement draws"),
        (place("H2", lat=0.0, lon=0.0, name="b"), "0,0 is seldom a place"),
        (place("H2"), ""),
        (place("H2", name="Clinic  h1"), "the same name at the same spot (as H1)"),
    ],
)
def test_what_is_likely_a_slip_is_asked_about_before_anything_is_written(changed, asked):
    """The clinic that moves by 50 km with the next list is the one that is bombed."""
    world = pair()
    keep(world, place())
    if asked:
        with pytest.raises(InputFault) as caught:
            keep(world, changed, place("H3", lat=35.7))
        assert asked in str(caught.value)
        state = world.node("ALFA").state
        assert sorted(register(state, state.scope("AB"))) == ["H1"]
    keep(world, changed, place("H3", lat=35.7), confirmed=True)
    state = world.node("ALFA").state
    assert register(state, state.scope("AB"))[changed.place] == changed


def test_latitude_and_longitude_in_each_others_place_are_asked_about():
    world = ruled(
        zones=(),
        places=(
            Place(id="RAQ", name="Raqqa", position=Position(lat_deg=35.95, lon_deg=39.01)),
            Place(id="TAB", name="Tabqah", position=Position(lat_deg=35.83, lon_deg=48.55)),
        ),
    )
    with pytest.raises(InputFault, match="in each other's place"):
        keep(world, place(lat=48.2, lon=35.9))


@pytest.mark.row("S32")
def test_a_place_that_is_called_like_one_of_the_agreement_is_held_against_it():
    """Tabqah in three spellings: a name is never trusted over its coordinates, nor the reverse."""
    tabqah = Place(
        id="TAB", name="Tabqah", aliases=("Taqbah", "al-Thawra"),
        position=Position(lat_deg=35.8367, lon_deg=38.5481), uncertainty_m=2_000.0,
    )  # fmt: skip
    world = ruled(
        PositionCheck(id="C7", named_place_within_m=3_000.0), places=(tabqah,)
    )  # fmt: skip
    keep(world, place("T1", lat=35.84, lon=38.55, name="TAQBAH"))
    with pytest.raises(InputFault, match="somewhere else"):
        keep(world, place("T2", lat=35.34, lon=40.14, name="Taqbah"))
    keep(world, place("T3", lat=35.34, lon=40.14, name="Tabqah clinic"))


def test_what_is_already_known_of_a_place_stays_known_when_another_version_forbids_it():
    world = ruled(rules_version=3)
    with pytest.raises(InputFault, match="rules version 3"):
        keep(world, place())
