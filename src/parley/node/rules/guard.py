"""The sender-error guard: a named place against its coordinates, before anything is sent.

A read-back repeats a sender's error faithfully; only this comparison finds it (Deir ez-Zor 2016).
"""

from __future__ import annotations

from parley.world.agreement import Agreement, PositionCheck
from parley.world.faults import InputFault
from parley.world.geo import Position
from parley.world.place import Gazetteer, check_named_position


def parse_position(text: str, what: str) -> Position:
    """Return the position of a "latitude,longitude" text in degrees.

    Raises:
        InputFault: not two numbers, or out of range.
    """
    parts = text.split(",")
    try:
        lat_deg, lon_deg = (float(part) for part in parts)
    except ValueError:
        raise InputFault(
            what, value=text, wanted="latitude,longitude in degrees", repair="e.g. 35.6289,38.7581"
        ) from None
    return Position(lat_deg=lat_deg, lon_deg=lon_deg)


def check_named_place(agreement: Agreement, fields: dict[str, str]) -> None:
    """Check that a message's named place lies where its coordinates do, if it has both.

    Raises:
        InputFault: they differ by more than the agreement's clause allows; nothing is sent until
            the sender corrects it or confirms that it is meant.
    """
    clauses = [c for c in agreement.clauses if isinstance(c, PositionCheck)]
    name, centre = fields.get("place"), fields.get("centre")
    if not clauses or name is None or centre is None:
        return
    position = parse_position(centre, "message field centre")
    within_m = clauses[0].named_place_within_m
    found = check_named_position(Gazetteer(agreement.places), name, position, within_m)
    if found.nominal == "differs":
        distance_m = found.margin_m or 0.0
        raise InputFault(
            f"place {name} and centre {centre}",
            value=f"{distance_m / 1000:.1f} km apart",
            wanted=f"within {within_m / 1000:g} km (clause {clauses[0].id})",
            repair="correct one of them, or confirm that it is meant",
        )
