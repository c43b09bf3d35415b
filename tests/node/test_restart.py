"""A restart loses the picture and the links; nobody comes to believe something wrong by it."""

from __future__ import annotations

import pytest
from nodekit import pair, say
from simstory import agreement_of
from simworld import SECOND_US, SimWorld
from test_tracks import alerts_of, fly, head_on, replaced, zoned

from parley.node.entries import AlertResolved
from parley.node.inputs import Tick
from parley.node.rules.alerts import open_alerts
from parley.world.boundary import Boundary
from parley.world.faults import OurFault
from parley.world.geo import Position


def restart(world: SimWorld, party: str) -> None:
    world.crash(party, back_after_s=1)
    world.run(2)


def resolutions(world: SimWorld, party: str) -> list[str]:
    scope = world.node(party).state.scope("AB")
    return [e.body.why for e in scope.resolved.values() if isinstance(e.body, AlertResolved)]


def raised(world: SimWorld) -> SimWorld:
    assert alerts_of(fly(world, "ALFA", head_on(distance_m=20_000.0), 10))
    return world


def apart(alt_b_m: float = 9000.0):
    return head_on(alt_b_m=alt_b_m, distance_m=20_000.0)


def test_an_alert_from_before_the_restart_ends_when_its_cause_has_ended() -> None:
    world = raised(pair())
    restart(world, "ALFA")
    assert len(list(open_alerts(world.node("ALFA").state))) == 1
    fly(world, "ALFA", apart(), 40)
    assert resolutions(world, "ALFA") == ["no loss predicted"]


def test_an_alert_from_before_the_restart_is_not_raised_again_while_it_holds() -> None:
    world = raised(pair())
    restart(world, "ALFA")
    assert not alerts_of(fly(world, "ALFA", head_on(distance_m=20_000.0), 15))


@pytest.mark.parametrize("again", [False, True])
def test_silence_of_a_feed_is_never_told_as_no_loss(again: bool) -> None:
    world = raised(pair())
    if again:
        restart(world, "ALFA")
    world.run(55)
    assert resolutions(world, "ALFA") == [], "it has the time to be taken up"
    world.run(15)
    (why,) = resolutions(world, "ALFA")
    assert why == "not watched any more: no report of A1, B1 for 60 s"


def test_one_aircraft_that_is_not_heard_does_not_end_the_alert_as_clear() -> None:
    world = raised(pair())
    only = [apart()[0]]
    fly(world, "ALFA", only, 50)
    assert resolutions(world, "ALFA") == []
    fly(world, "ALFA", only, 30)
    (why,) = resolutions(world, "ALFA")
    assert "no report of B1" in why


def test_an_incursion_from_before_the_restart_ends_outside() -> None:
    world = zoned()
    inside = [("B1", "BRAVO", 35.0, 38.2, 90.0, 100.0, 5000.0)]
    assert alerts_of(fly(world, "ALFA", inside, 5), "incursion")
    restart(world, "ALFA")
    assert not alerts_of(fly(world, "ALFA", inside, 5), "incursion")
    restart(world, "ALFA")
    fly(world, "ALFA", [("B1", "BRAVO", 35.0, 39.0, 90.0, 100.0, 5000.0)], 5)
    assert resolutions(world, "ALFA") == ["outside again"]


def test_an_incursion_ends_when_the_aircraft_is_cleared() -> None:
    world = zoned()
    inside = [("B1", "BRAVO", 35.0, 38.2, 90.0, 100.0, 5000.0)]
    assert alerts_of(fly(world, "ALFA", inside, 5), "incursion")
    say(world, fields={"flight": "B1", "zone": "Z1"})
    fly(world, "ALFA", [("B1", "BRAVO", 35.0, 38.21, 90.0, 100.0, 5000.0)], 5)
    assert resolutions(world, "ALFA") == ["cleared since"]


def test_crossings_are_counted_on_over_a_restart_and_say_between_when() -> None:
    base = agreement_of("AB", ("ALFA", "BRAVO"))
    vertices = (Position(lat_deg=36.0, lon_deg=38.1), Position(lat_deg=34.0, lon_deg=38.1))
    river = Boundary(id="RIVER", vertices=vertices, uncertainty_m=1000.0, asserted_by=("ALFA",))
    world = pair([replaced(base, boundaries=(river,), clauses=())])
    written = []
    for lon, azimuth in ((38.05, 90.0), (38.15, 270.0)):
        flights = [("X1", "ALFA", 35.0, lon, azimuth, 200.0, 5000.0)]
        written += alerts_of(fly(world, "ALFA", flights, 60), "crossing")
        restart(world, "ALFA")
    assert [e.body.key for e in written] == ["crossing:RIVER/X1/1", "crossing:RIVER/X1/2"]
    for entry in written:
        assert 0 < entry.happened.to_us - entry.happened.from_us <= 15 * SECOND_US


def test_a_receipt_of_a_key_that_was_changed_keeps_no_node_from_starting() -> None:
    world = pair()
    key = say(world)
    world.run(2)
    lines = world.stores["ALFA"].lines[key[0]]
    newest = max(lines)
    lines[newest] = lines[newest][:-10] + b"AAAAAAAA=\n"
    again = world.crank("ALFA")
    assert len(again.doubted) == 1
    held = again.state.links.receipts.get(key[0], {}).get("BRAVO")
    assert held is None or held.size < newest[0]


def test_a_store_that_was_changed_is_not_signed_on() -> None:
    world = pair()
    key = say(world)
    log = world.stores["ALFA"].logs[key[0]]
    log[-1] = log[-1].replace(b"desk", b"disk")
    with pytest.raises(OurFault, match="fetch the log from a mirror"):
        world.crank("ALFA")


def test_what_the_clock_asked_before_the_restart_it_asks_after_it() -> None:
    world = pair()
    key = say(world, message_type="free.text", message_class="URGENT", fields={})
    world.run(30)
    restart(world, "ALFA")
    world.run(200)
    found = world.node("ALFA").state.scope("AB").threads[key]
    assert found.overdue
    assert sorted(step for _, step in found.escalated) == [0, 1]
    assert not world.node("ALFA").turn(world.now_us, Tick()).written
