"""Conversion at the edges, and the constants; nothing else multiplies by 0.3048.

Exact by definition: 1 ft = 0.3048 m, 1 NM = 1852 m (ICAO Annex 5).
"""

from __future__ import annotations

import math
import re

from parley.world.faults import InputFault

METRES_PER_FOOT = 0.3048
METRES_PER_NAUTICAL_MILE = 1852.0
METRES_PER_KILOMETRE = 1000.0
SECONDS_PER_MINUTE = 60.0
MICROSECONDS_PER_SECOND = 1_000_000

_LENGTHS_M = {
    "m": 1.0,
    "km": METRES_PER_KILOMETRE,
    "ft": METRES_PER_FOOT,
    "nm": METRES_PER_NAUTICAL_MILE,
}
_DURATIONS_S = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_QUANTITY = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]+)\s*\Z")


def metres_from_feet(length_ft: float) -> float:
    """Return the length in metres.

    >>> round(metres_from_feet(1000.0), 3)
    304.8
    """
    return length_ft * METRES_PER_FOOT


def feet_from_metres(length_m: float) -> float:
    """Return the length in feet."""
    return length_m / METRES_PER_FOOT


def metres_from_nautical_miles(length_nm: float) -> float:
    """Return the length in metres."""
    return length_nm * METRES_PER_NAUTICAL_MILE


def nautical_miles_from_metres(length_m: float) -> float:
    """Return the length in nautical miles."""
    return length_m / METRES_PER_NAUTICAL_MILE


def kilometres_from_metres(length_m: float) -> float:
    """Return the length in kilometres."""
    return length_m / METRES_PER_KILOMETRE


def _quantity(text: str, what: str, units: dict[str, float], example: str) -> float:
    match = _QUANTITY.match(text)
    factor = units.get(match.group(2).lower()) if match else None
    if match is None or factor is None:
        raise InputFault(
            what,
            value=text,
            wanted=f"a number and one of {', '.join(units)}",
            repair=f"e.g. {example}",
        )
    value = float(match.group(1)) * factor
    if not math.isfinite(value):
        raise InputFault(what, value=text, wanted="a finite number")
    return value


def parse_length_m(text: str, what: str = "length") -> float:
    """Return a length in metres from text with its unit.

    >>> parse_length_m("5NM"), parse_length_m("1000 ft"), parse_length_m("0.5km")
    (9260.0, 304.8, 500.0)
    """
    return _quantity(text, what, _LENGTHS_M, "5NM or 1000ft")


def parse_seconds(text: str, what: str = "duration") -> float:
    """Return a duration in seconds from text with its unit.

    >>> parse_seconds("60s"), parse_seconds("5min")
    (60.0, 300.0)
    """
    return _quantity(text, what, _DURATIONS_S, "60s or 5min")
