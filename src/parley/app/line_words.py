"""Entries about the line as one readable line each, for the story of a demo and the watch."""

from __future__ import annotations

from parley.node.line_bodies import (
    CallLogged,
    LineBody,
    LineTestMissed,
    LinkObserved,
    MessageTranslated,
    MessageUndelivered,
    NoticeDiffers,
    RelayReported,
)
from parley.world.time import format_second


def line_words(body: LineBody) -> tuple[str, str] | None:
    """Return text and style of an entry about the line; None for what is told elsewhere."""
    match body:
        case CallLogged():
            way = "to" if body.direction == "placed" else "from"
            why = f" ({body.reason})" if body.reason else ""
            about = f" about {body.subject}" if body.subject else ""
            return f"call {way} {body.party}{about}: {body.outcome}{why}", "bold"
        case RelayReported():
            return f"relay to {body.third}: {body.outcome}", "bold"
        case MessageTranslated():
            return f"translation into {body.language} by a {body.how}", "dim"
        case MessageUndelivered():
            return f"not {body.duty} at {body.party} in time, link {body.link}", "bold red"
        case NoticeDiffers():
            apart_km = body.distance_mm / 1_000_000
            return f"{body.aircraft} was seen {apart_km:.1f} km from what was noticed", "bold red"
        case LinkObserved():
            at = format_second(body.since_us)
            return f"link to {body.party} {body.link} since {at}", "cyan"
        case LineTestMissed():
            return f"line {body.line}: {body.kind} test by {body.party} did not come", "bold red"
        case _:
            return None
