from __future__ import annotations

import pytest
from nodekit import do, pair, say
from simstory import agreement_of
from simworld import SECOND_US, SimWorld
from test_tracks import replaced

from parley.node.inputs import DeclareBoundary, DeclareZone, Promulgate, SetActivity
from parley.node.rules.zones import boundaries_of, zone_view, zones_of
from parley.world.boundary import Boundary
from parley.world.faults import InputFault
from parley.world.geo import Position
from parley.world.shape import Circle
from parley.world.time import format_instant
from parley.world.zone import Zone

HERE = Circle(centre=Position(lat_deg=35.0, lon_deg=38.2), radius_m=5000.0)


def with_zone(owner: str | None = "ALFA", *, hours: bool = False) -> SimWorld:
    base = agreement_of("AB", ("ALFA", "BRAVO"))
    start_us = 1_780_000_000_000_000
    window = (
        {"from_us": start_us + 600 * SECOND_US, "to_us": start_us + 1200 * SECOND_US}
        if hours
        else {}
    )
    zone = Zone(id="Z1", kind="zone", shape=HERE, owner=owner, **window)
    return pair([replaced(base, zones=(zone,))])


def view(world: SimWorld, party: str, at_us: int | None = None):
    state = world.node(party).state
    scope = state.scope("AB")
    return zone_view(state, scope, zones_of(state, scope)["Z1"], at_us or world.now_us)


def window(world: SimWorld, from_s: int, to_s: int) -> str:
    at = (world.now_us + s * SECOND_US for s in (from_s, to_s))
    return "/".join(format_instant(us) for us in at)


@pytest.mark.row("A11")
def test_requested_is_not_issued_and_issued_is_not_in_force_before_its_window() -> None:
    world = with_zone(None, hours=True)
    words = [view(world, "ALFA").promulgation]
    say(world, message_type="zone.request", fields={"zone": "Z1", "window": window(world, 60, 120)})
    world.run(1)
    words.append(view(world, "BRAVO").promulgation)
    say(world, "BRAVO", "ALFA", message_type="zone.issued", fields={"zone": "Z1"})
    world.run(1)
    for wait_s in (0, 60, 60):
        world.run(wait_s)
        words.append(view(world, "ALFA").promulgation)
    assert words == ["draft", "requested", "issued", "in force", "ended"]


def test_a_zone_is_not_issued_by_somebody_who_was_not_asked() -> None:
    world = with_zone("ALFA", hours=True)
    say(world, "BRAVO", "ALFA", message_type="zone.issued", fields={"zone": "Z1"})
    world.run(1)
    assert view(world, "ALFA").promulgation == "draft"
    with pytest.raises(InputFault, match="by its owner or whom it was asked of"):
        do(
            world,
            "BRAVO",
            Promulgate(agreement="AB", post="desk", zone="Z1", promulgation="issued"),
        )
    do(world, "ALFA", Promulgate(agreement="AB", post="desk", zone="Z1", promulgation="issued"))
    world.run(1)
    assert view(world, "BRAVO").promulgation == "issued"


def test_only_the_owners_word_makes_a_zone_cold() -> None:
    world = with_zone()
    assert view(world, "BRAVO").shown == "hot", "unknown reads hot"
    with pytest.raises(InputFault, match="wanted by its owner ALFA"):
        do(world, "BRAVO", SetActivity(agreement="AB", post="desk", zone="Z1", activity="cold"))
    say(
        world, "BRAVO", "ALFA", message_type="zone.state", fields={"zone": "Z1", "activity": "cold"}
    )
    world.run(1)
    assert view(world, "BRAVO").shown == "hot", "a message of somebody else does not count"
    do(world, "ALFA", SetActivity(agreement="AB", post="desk", zone="Z1", activity="cold"))
    world.run(1)
    assert view(world, "BRAVO").shown == "cold"
    say(world, "BRAVO", "ALFA", message_type="zone.release.request", fields={"zone": "Z1"})
    world.run(1)
    assert view(world, "BRAVO").shown == "hot", "a request is open without a new confirmation"


def test_a_cold_zone_reads_hot_when_its_owner_falls_silent() -> None:
    world = with_zone()
    do(world, "ALFA", SetActivity(agreement="AB", post="desk", zone="Z1", activity="cold"))
    world.run(5)
    assert view(world, "BRAVO").shown == "cold"
    world.partition("ALFA", "BRAVO", seconds=10_000)
    world.run(580)
    assert view(world, "BRAVO").shown == "cold"
    world.run(40)
    assert view(world, "BRAVO").shown == "hot"
    world.heal()
    world.run(30)
    assert view(world, "BRAVO").shown == "cold"


@pytest.mark.row("A15")
def test_two_back_to_back_windows_leave_no_gap() -> None:
    world = with_zone()
    do(world, "ALFA", SetActivity(agreement="AB", post="desk", zone="Z1", activity="cold"))
    start_us = world.now_us
    for begin, end in ((100, 200), (200, 300)):
        do(world, "ALFA", SetActivity(
            agreement="AB", post="desk", zone="Z1", activity="hot",
            from_us=start_us + begin * SECOND_US, to_us=start_us + end * SECOND_US,
        ))  # fmt: skip
    world.run(1)
    at = [start_us + s * SECOND_US for s in (50, 100, 199, 200, 299, 300)]
    assert [view(world, "BRAVO", us).activity for us in at] == ["cold", *["hot"] * 4, "unknown"]
    assert view(world, "BRAVO", at[-1]).shown == "hot", "a word from before the window is over"


def test_a_partys_own_zone_never_replaces_an_agreed_one_or_another_partys() -> None:
    world = with_zone()
    other = Circle(centre=Position(lat_deg=10.0, lon_deg=10.0), radius_m=9000.0)
    do(
        world,
        "BRAVO",
        DeclareZone(agreement="AB", post="desk", zone=Zone(id="Z1", kind="zone", shape=other)),
    )
    do(
        world,
        "ALFA",
        DeclareZone(agreement="AB", post="desk", zone=Zone(id="Z2", kind="zone", shape=HERE)),
    )
    world.run(1)
    do(
        world,
        "BRAVO",
        DeclareZone(agreement="AB", post="desk", zone=Zone(id="Z2", kind="zone", shape=other)),
    )
    world.run(1)
    for party in ("ALFA", "BRAVO"):
        state = world.node(party).state
        known = zones_of(state, state.scope("AB"))
        assert known["Z1"].shape == HERE
        assert known["Z2"].shape == HERE
        assert known["Z2"].asserted_by == ("ALFA",)
    with pytest.raises(InputFault, match="owner"):
        do(world, "BRAVO", DeclareZone(
            agreement="AB", post="desk", zone=Zone(id="Z3", kind="zone", shape=HERE, owner="ALFA"),
        ))  # fmt: skip


def test_a_declared_boundary_is_asserted_by_its_party_alone() -> None:
    world = pair()
    vertices = (Position(lat_deg=36.0, lon_deg=38.1), Position(lat_deg=34.0, lon_deg=38.123456789))
    river = Boundary(
        id="RIVER", vertices=vertices, uncertainty_m=1234.5, agreed_by=("ALFA", "BRAVO")
    )
    do(world, "ALFA", DeclareBoundary(agreement="AB", post="desk", boundary=river))
    world.run(1)
    state = world.node("BRAVO").state
    known = boundaries_of(state, state.scope("AB"))["RIVER"]
    assert known.vertices == vertices
    assert known.uncertainty_m == 1234.5
    assert (known.agreed_by, known.asserted_by) == ((), ("ALFA",))


def test_an_unknown_zone_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputFault, match="did you mean 'Z1'"):
        do(with_zone(), "ALFA", SetActivity(agreement="AB", post="p", zone="Z11", activity="cold"))
