"""Worlds in which parties file intents, for the tests of their rules."""

from __future__ import annotations

import msgspec
from nodekit import do, pair
from simstory import agreement_of
from simworld import SECOND_US, SimWorld

from parley.node.entries import AlertRaised, IntentFiled
from parley.node.inputs import FileIntent
from parley.node.rules.overlaps import conflicts_of
from parley.world.clauses import Priority
from parley.world.geo import Position
from parley.world.intent import Intent
from parley.world.shape import Circle
from parley.world.volume import SURFACE, VerticalLimit, Volume4D

HOUR_S = 3_600


def world_of(*parties: str, clauses=(), **changes) -> SimWorld:
    """A linked world of parties under one agreement "AB" with these clauses besides."""
    base = agreement_of("AB", parties or ("ALFA", "BRAVO"))
    return pair([msgspec.structs.replace(base, clauses=(*base.clauses, *clauses), **changes)])


PRIORITY = Priority(id="P1", order=("rescue", "fire", "routine"))


def amsl(value_m: float) -> VerticalLimit:
    return VerticalLimit(value_m=value_m, reference="AMSL")


def volume(world, *, lat=35.0, lon=38.0, start_s=600, long_s=1_800, low=1_000.0, high=2_000.0,
           radius_m=5_000.0):  # fmt: skip
    """A circle between two heights, for half an hour from ten minutes ahead on."""
    from_us = world.now_us + round(start_s * SECOND_US)
    return Volume4D(
        shape=Circle(centre=Position(lat_deg=lat, lon_deg=lon), radius_m=radius_m),
        lower=low if isinstance(low, VerticalLimit) else amsl(low) if low is not None else SURFACE,
        upper=high if isinstance(high, VerticalLimit) else amsl(high),
        from_us=from_us,
        to_us=from_us + round(long_s * SECOND_US),
    )


def intent(world, party="ALFA", name="X", *, priority="routine", version=1, flight="", **where):
    """An intent of one such volume."""
    return Intent(
        id=name,
        party=party,
        flight=flight or f"{party}-{name}",
        priority=priority,
        version=version,
        volumes=(volume(world, **where),),
    )


def file(world, filed: Intent, *, to=(), agreement="AB"):
    """File an intent as its party, and return the entry."""
    act = FileIntent(agreement=agreement, post="desk", intent=filed, addressees=to)
    written = do(world, filed.party, act)
    return next(e for e in written if isinstance(e.body, IntentFiled))


def conflicts(world, party, agreement="AB"):
    """The conflicts as a party's node has them now."""
    state = world.node(party).state
    return conflicts_of(state, state.scope(agreement), world.now_us)


def alerts(world, party, of=None, agreement="AB"):
    """The overlap alerts that one party raised, as a node holds them."""
    scope = world.node(party).state.scope(agreement)
    return [
        entry
        for _, entry in sorted(scope.alerts.items())
        if entry.log.party == (of or party)
        and isinstance(entry.body, AlertRaised)
        and entry.body.what == "intent overlap"
    ]


def standing_alerts(world, party, agreement="AB"):
    """Those of its own that it has not resolved."""
    scope = world.node(party).state.scope(agreement)
    return [
        entry
        for entry in alerts(world, party, agreement=agreement)
        if (entry.log.origin, entry.seq) in scope.index.open_alerts
    ]
