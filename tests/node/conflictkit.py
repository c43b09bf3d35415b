"""Flights for the tests of conflicts: geodesics fed to one node, report by report."""

from __future__ import annotations

from geographiclib.geodesic import Geodesic
from nodekit import do, pair
from simstory import agreement_of
from simworld import SECOND_US, SimWorld

from parley.node.entries import AlertResolved
from parley.node.inputs import TrackReports
from parley.node.picture import TrackReport
from parley.node.warning_bodies import ConflictRaised, ConflictRenewed
from parley.world.clauses import Separation

NM_M = 1852.0
FT_M = 0.3048


def world_of(*clauses: Separation, **changes) -> SimWorld:
    """Two linked nodes under an agreement of these separation clauses."""
    base = agreement_of("AB", ("ALFA", "BRAVO"))
    values = {f: getattr(base, f) for f in base.__struct_fields__}
    return pair([type(base)(**(values | {"clauses": clauses, "zones": ()} | changes))])


def en_route(**changes) -> SimWorld:
    values = {"id": "ER", "horizontal_m": 5 * NM_M, "vertical_m": 1000 * FT_M} | changes
    return world_of(Separation(**values))


def reports_at(world: SimWorld, places) -> TrackReports:
    """(aircraft, party, lat, lon, height) of now."""
    return TrackReports(
        feed="RADAR",
        reports=tuple(
            TrackReport(
                aircraft=name, at_us=world.now_us, lat_deg=lat, lon_deg=lon, altitude_m=alt_m,
                altitude_reference="STD", party=party,
            )
            for name, party, lat, lon, alt_m in places
        ),
    )  # fmt: skip


def geodesic(name, party, lat, lon, azimuth, speed, alt_m=10_000.0, up_mps=0.0):
    """A flight as a function of seconds."""

    def at(second):
        there = Geodesic.WGS84.Direct(lat, lon, azimuth, speed * second)
        return (name, party, there["lat2"], there["lon2"], alt_m + up_mps * second)

    return at


def head_on(distance_m, alt_m=10_000.0, speed=230.0, **other):
    """Two flights towards each other along the parallel of 50 degrees."""
    there = Geodesic.WGS84.Direct(50.0, 8.0, 90.0, distance_m)
    back = Geodesic.WGS84.Inverse(there["lat2"], there["lon2"], 50.0, 8.0)["azi1"]
    return [
        geodesic("A1", "ALFA", 50.0, 8.0, 90.0, speed),
        geodesic("B1", "BRAVO", there["lat2"], there["lon2"], back, speed, alt_m, **other),
    ]


def flown(world: SimWorld, flights, seconds, every_s=5, from_s=0, node="ALFA"):
    """Fly; return what was written as (second, entry)."""
    start_us = world.now_us - from_s * SECOND_US
    written = []
    for second in range(from_s, from_s + seconds + 1, every_s):
        world.run(max((start_us + second * SECOND_US - world.now_us) / SECOND_US, 0.0))
        turned = do(world, node, reports_at(world, [flight(second) for flight in flights]))
        written += [(second, entry) for entry in turned]
    return written


def of_type(written, *types):
    return [(second, e) for second, e in written if isinstance(e.body, types)]


def raised(written):
    return of_type(written, ConflictRaised)


def renewed(written):
    return of_type(written, ConflictRenewed)


def resolved(written):
    return of_type(written, AlertResolved)
