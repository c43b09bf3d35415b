"""Entries of rules version 4 in a few words: agreements, units, standing notices, moves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from parley.node.agreement_bodies import (
    AgreementCountersigned,
    AgreementDeclared,
    AgreementDeclined,
    AgreementProposed,
    AgreementRenewed,
    AssessmentDeclared,
    IncidentRegistered,
    NoticeConfirmed,
    PlacesKept,
    PlaceTold,
    PressureReported,
    RepositionRecorded,
    UnitReceipted,
    UnitsRequired,
    UnitUntold,
)
from parley.world.time import format_second

_NAMED_MAX = 8


def _units(units: tuple[str, ...]) -> str:
    """Return units by name, the first ones of many."""
    more = f" and {len(units) - _NAMED_MAX} more" if len(units) > _NAMED_MAX else ""
    return ", ".join(units[:_NAMED_MAX]) + more


AGREEMENT_TEXTS: dict[type, Callable[[Any], str]] = {
    AgreementProposed: lambda b: (
        f"{b.agreement} version {b.version} proposed by {b.post}, from "
        f"{format_second(b.from_us)}, SHA-256 {b.sha256[:16]}"
    ),
    AgreementCountersigned: lambda b: f"text {b.sha256[:16]} countersigned by {b.post}",
    AgreementDeclined: lambda b: ": ".join(
        filter(None, (f"text {b.sha256[:16]} declined by {b.post}", b.reason))
    ),
    AgreementDeclared: lambda b: ": ".join(
        filter(
            None,
            (
                f"the agreement {b.value} from {format_second(b.effective_us)}"
                + (", at once" if b.immediate else ""),
                b.reason,
            ),
        )
    ),
    AgreementRenewed: lambda b: f"text {b.sha256[:16]} renewed until {format_second(b.until_us)}",
    UnitsRequired: lambda b: f"must have it: {', '.join(b.units) or 'no unit'}",
    UnitReceipted: lambda b: (
        f"{b.unit} {'has loaded it' if b.loaded else 'has it'}"
        + (f", by voice to {b.post}" if b.by == "voice" else ", by its own word")
    ),
    UnitUntold: lambda b: f"{_units(b.units)} NOT TOLD by {format_second(b.due_us)}",
    NoticeConfirmed: lambda b: f"confirmed until {format_second(b.until_us)} by {b.post}",
    PlacesKept: lambda b: f"{len(b.places)} places of our own register",
    PlaceTold: lambda b: f"a place told to {', '.join(b.addressees)}",
    PressureReported: lambda b: f"QNH {b.qnh_pa100 / 10_000:.1f} hPa at {b.place}",
    RepositionRecorded: lambda b: f"{len(b.moves)} intents looked at because of {b.object}",
    AssessmentDeclared: lambda b: (
        f"{b.post} {'has decided on' if b.done else 'assesses'} {b.subject}"
        + ("" if b.done else f" until {format_second(b.until_us)}")
    ),
    IncidentRegistered: lambda b: f"incident {b.incident}: {b.kind}",
}
