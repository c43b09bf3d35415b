"""Zones between limits on two references, sides of what has none: told when a text is checked."""

from __future__ import annotations

import pytest

from parley.world.agreement import Agreement, Party
from parley.world.agreement_checks import faults_of, notes_of
from parley.world.clauses import StandOff
from parley.world.geo import Position
from parley.world.place import Place
from parley.world.shape import Circle
from parley.world.units import METRES_PER_FOOT
from parley.world.volume import VerticalLimit
from parley.world.zone import Zone

pytestmark = pytest.mark.row("S20")
MIDDLE = Position(lat_deg=36.0, lon_deg=40.0)


def zone_between(lower: tuple[float, str], upper: tuple[float, str]) -> Zone:
    """Return a zone between two limits in feet, each on its reference."""
    low, high = (
        VerticalLimit(value_m=feet * METRES_PER_FOOT, reference=reference)
        for feet, reference in (lower, upper)
    )
    shape = Circle(centre=MIDDLE, radius_m=10_000.0)
    return Zone(id="Z1", kind="zone", shape=shape, lower=low, upper=high, owner="ALFA")


def text_of(**parts) -> Agreement:
    parties = (Party(id="ALFA", posts=("desk",)), Party(id="BRAVO", posts=("desk",)))
    return Agreement(id="AB", parties=parties, **parts)


def of_heights(zone: Zone) -> tuple[list[str], list[str]]:
    """Return the faults and notes on the heights of a zone."""
    text = text_of(zones=(zone,))
    faults = [str(f) for f in faults_of(text, 0, "") if "zone Z1 lower" in str(f)]
    return faults, [n for n in notes_of(text, 0) if "nothing is inside then" in n]


def test_a_floor_above_the_ceiling_at_every_pressure_is_a_fault() -> None:
    faults, notes = of_heights(zone_between((18_000, "STD"), (10_000, "AMSL")))
    assert len(faults) == 1
    assert "FL180" in faults[0]
    assert "10000 ft AMSL" in faults[0]
    assert "exchange them" in faults[0]
    assert notes == []


@pytest.mark.parametrize(
    ("lower", "upper", "words"),
    [
        ((10_000, "STD"), (10_000, "AMSL"), "at a QNH above 1013 hPa"),
        ((10_000, "AMSL"), (10_000, "STD"), "at a QNH below 1013 hPa"),
        ((9_500, "AMSL"), (10_000, "STD"), "at a QNH below 995 hPa"),
        ((10_000, "WGS84"), (10_100, "AMSL"), "where the geoid is so"),
    ],
)
def test_no_room_at_some_pressures_is_a_note_that_says_at_which(lower, upper, words) -> None:
    faults, notes = of_heights(zone_between(lower, upper))
    assert faults == []
    assert len(notes) == 1
    assert words in notes[0], notes


def test_what_always_has_room_says_nothing() -> None:
    for lower, upper in (
        ((1_000, "AMSL"), (24_500, "STD")),
        ((1_000, "AGL"), (500, "AMSL")),
        ((1_000, "AMSL"), (2_000, "AMSL")),
    ):
        assert of_heights(zone_between(lower, upper)) == ([], [])


def test_a_side_of_a_zone_or_a_place_is_refused_with_its_repair() -> None:
    town = Place(id="PL-T", name="Town", position=MIDDLE)
    for thing in ({"zone": "Z1"}, {"place": "PL-T"}):
        clause = StandOff(id="C", distance_m=5_000.0, side="left", **thing)
        zones = (zone_between((0, "AMSL"), (9_000, "AMSL")),)
        text = text_of(clauses=(clause,), zones=zones, places=(town,))
        found = [str(f) for f in faults_of(text, 0, "") if "clause C side" in str(f)]
        assert len(found) == 1
        assert "leave side out, or name a boundary" in found[0]
