"""A notice against the later track: an aircraft seen otherwise than its party gave notice of."""

from __future__ import annotations

import msgspec
import pytest
from nodekit import do, pair, reference, say
from simstory import agreement_of
from simworld import SECOND_US

from parley.node.inputs import TrackReports
from parley.node.line_bodies import NoticeDiffers
from parley.node.picture import TrackReport
from parley.world.boundary import Boundary
from parley.world.geo import Position
from parley.world.time import format_instant

CENTRE = "35.5,38.5"
INSIDE, NEAR_EDGE, OUTSIDE = (35.5, 38.5), (35.5, 38.5884), (35.5, 39.0)


def window(world, from_s: float, to_s: float) -> str:
    return "/".join(format_instant(world.now_us + int(s) * SECOND_US) for s in (from_s, to_s))


def notice(world, party: str = "ALFA", **fields: str):
    said = {"flight": "F1", "window": window(world, 0, 600), "centre": CENTRE, "radius_m": "8000"}
    to = "BRAVO" if party == "ALFA" else "ALFA"
    return say(world, party, to, message_type="intent.notice", fields=said | fields)


def look(world, at, node: str = "BRAVO", party: str | None = "ALFA", number: int = 1):
    """Let a node see the aircraft somewhere so often; return what it wrote of a notice."""
    found = []
    for _ in range(number):
        world.run(1)
        report = TrackReport(
            aircraft="F1", at_us=world.now_us, lat_deg=at[0], lon_deg=at[1], altitude_m=5000.0,
            altitude_reference="AMSL", party=party,
        )  # fmt: skip
        written = do(world, node, TrackReports(feed="F", reports=(report,)))
        found += [entry for entry in written if isinstance(entry.body, NoticeDiffers)]
    return found


@pytest.mark.row("R12")
def test_three_looks_outside_of_a_notice_are_written_once_by_whoever_saw_it() -> None:
    world = pair()
    key = notice(world, window=window(world, 0, 9_000))
    world.run(1)
    assert not look(world, OUTSIDE, number=2)
    world.run(3_600)  # 45 km are flown at 13 m/s, not jumped
    assert not look(world, INSIDE)
    world.run(3_600)
    assert not look(world, OUTSIDE, number=2)
    (entry,) = look(world, OUTSIDE)
    assert (entry.ref[0].key, entry.body.aircraft, entry.log.party) == (key, "F1", "BRAVO")
    # 0.5 degrees of longitude at 35.5 N are 45.35 km; the notice reaches 8 km of them.
    assert entry.body.distance_mm / 1e6 == pytest.approx(45.37 - 8.0, abs=0.1)
    assert not look(world, OUTSIDE, number=10)
    world.run(1)
    for party in ("ALFA", "BRAVO"):
        assert list(world.node(party).state.scope("AB").line.differs) == [key]
    world.stop("BRAVO")
    world.start("BRAVO")
    world.run(15)
    assert not look(world, OUTSIDE, number=10), "a restart does not say it again"
    (own,) = look(world, OUTSIDE, node="ALFA", number=4)
    assert own.log.party == "ALFA"


@pytest.mark.row("R12")
@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({}, INSIDE),
        ({"uncertainty_m": "40000"}, OUTSIDE),
        ({"centre": "somewhere"}, OUTSIDE),
        ({"radius_m": "nan"}, OUTSIDE),
        ({"window": "soon"}, OUTSIDE),
        ({"window": "2027-01-01T00:00:00Z/2027-01-02T00:00:00Z"}, OUTSIDE),
        ({"flight": "F2"}, OUTSIDE),
    ],
)
def test_what_agrees_or_cannot_be_compared_is_not_said_to_differ(fields, at) -> None:
    world = pair()
    notice(world, **fields)
    world.run(1)
    assert not look(world, at, number=5)


@pytest.mark.row("R12")
def test_only_the_partys_own_aircraft_in_a_notice_that_stands_can_differ() -> None:
    world = pair()
    key = notice(world)
    world.run(1)
    assert not look(world, OUTSIDE, party="BRAVO", number=5)
    other = pair()
    key = notice(other)
    say(other, message_type="cancel", fields={}, ref=(reference(other, "ALFA", key),))
    other.run(1)
    assert not look(other, OUTSIDE, number=5)
    old = pair([msgspec.structs.replace(agreement_of("AB", ("ALFA", "BRAVO")), rules_version=2)])
    notice(old)
    old.run(1)
    assert not look(old, OUTSIDE, number=5)


@pytest.mark.row("R12")
def test_zones_and_sides_of_boundaries_are_noticed_too() -> None:
    top, foot = (Position(lat_deg=lat, lon_deg=38.7) for lat in (36.0, 35.0))
    river = Boundary(
        id="RIVER", vertices=(top, foot), uncertainty_m=1000.0, agreed_by=("ALFA", "BRAVO")
    )
    base = agreement_of("AB", ("ALFA", "BRAVO"))
    for fields, where in (
        ({"zone": "Z1"}, "seen outside Z1"),
        ({"area": "Z1"}, "seen outside Z1"),
        ({"boundary": "RIVER", "side": "right"}, "noticed right of RIVER, seen left"),
    ):
        world = pair([msgspec.structs.replace(base, boundaries=(river,))])
        said = {"flight": "F1", "window": window(world, 0, 9_000)} | fields
        say(world, message_type="reposition.notice", fields=said)
        world.run(1)
        assert not look(world, INSIDE, number=4)
        world.run(3_600)  # 45 km are flown at 13 m/s, not jumped
        (entry,) = look(world, OUTSIDE, number=4)
        assert entry.body.text == where


def test_a_flood_of_notices_costs_a_look_no_more_than_those_that_are_open() -> None:
    world = pair()
    for _ in range(100):
        notice(world, window=window(world, -7200, -3600))
    key = notice(world)
    world.run(2)
    look(world, INSIDE)
    views = world.node("BRAVO").state.scope("AB").index.views
    seen, open_now = views["noticed F1"][1]
    assert len(seen) == 101
    assert [each.key for each in open_now] == [key]
