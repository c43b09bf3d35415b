"""One line for each entry about conflicts, formations and conformance, for the log and the demo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from parley.node.warning_bodies import (
    AlertMarked,
    ConflictRaised,
    ConflictRenewed,
    ConformanceObserved,
    FlightUnusual,
    FormationConfirmed,
    FormationDeclared,
    FormationEnded,
)
from parley.world.time import format_second


def _conflict(body: ConflictRaised | ConflictRenewed) -> str:
    word = "conflict" if isinstance(body, ConflictRaised) else "conflict is now"
    who = " and ".join(body.aircraft)
    return f"{word} {body.alert_class}: {who}, loss at {format_second(body.loss_at_us)}"


def _marked(body: AlertMarked) -> str:
    return f"alert {body.stage} at {body.post}" + (f": {body.text}" if body.text else "")


def _formation(body: FormationDeclared) -> str:
    flights = ", ".join(f"{party} {' '.join(names)}" for party, names in body.flights.items())
    window = f"{format_second(body.from_us)} to {format_second(body.to_us)}"
    return f"formation {body.formation} declared: {flights}, {window}"


def _conformance(body: ConformanceObserved) -> str:
    what = f" in {', '.join(body.what)}" if body.what else ""
    return f"{body.flight} {body.state} of its intent {body.intent}{what}"


WARNING_TEXTS: dict[type, Callable[[Any], str]] = {
    ConflictRaised: _conflict,
    ConflictRenewed: _conflict,
    AlertMarked: _marked,
    FormationDeclared: _formation,
    FormationConfirmed: lambda body: f"formation confirmed at {body.post}",
    FormationEnded: lambda body: f"formation ended at {body.post}: {body.reason}".rstrip(": "),
    ConformanceObserved: _conformance,
    FlightUnusual: lambda body: f"{body.flight} is where no flight of ours was before",
}
"""By type; each says what the entry says, and nothing about whether it is true."""
