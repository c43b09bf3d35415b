"""A clearance lets a flight come nearer: what another party gave, never its own party's word."""

from __future__ import annotations

import pytest
from nodekit import pair, say
from test_boundary_rules import NEARER_M, agreed, flown, kept_off, raised

CLEARANCE = {"flight": "X1", "zone": "RIVER"}


@pytest.mark.row("R8")
def test_a_flight_that_another_party_cleared_may_come_nearer_and_nobody_clears_itself() -> None:
    clause = kept_off(unless_notified=("clearance",))
    world = pair([agreed((clause,))])
    say(world, "BRAVO", "ALFA", message_type="clearance", fields=CLEARANCE)
    world.run(2)
    assert raised(flown(world, "ALFA", NEARER_M), "incursion") == []
    # ALFA's own "clearance" of its own flight is nobody's leave.
    world = pair([agreed((clause,))])
    say(world, "ALFA", "BRAVO", message_type="clearance", fields=CLEARANCE)
    world.run(2)
    assert len(raised(flown(world, "ALFA", NEARER_M), "incursion")) == 1
