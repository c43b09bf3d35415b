"""Sunrise and sunset by the published solar equations of NOAA's Global Monitoring Laboratory.

Source: NOAA GML, "General Solar Position Calculations" and its day spreadsheet, after J. Meeus,
Astronomical Algorithms (1991). Sunrise is when the sun's centre is 90.833 degrees from the zenith:
half its width and the usual refraction, at sea level with a flat horizon.

Rules:
- The same place and day give the same second on every node: plain arithmetic, rounded to seconds.
- Where the sun does not pass the horizon on a day there is no sunrise; None, never a guess.

Its word is that of the equations: hills, height and weather are not in it.
"""

from __future__ import annotations

import math
from typing import Literal

from parley.world.geo import Position

SunEvent = Literal["sunrise", "sunset"]

_ZENITH_DEG = 90.833
_DAY_S = 86_400
_J2000_S = 946_728_000
"""2000-01-01T12:00:00Z, the epoch of the equations, in seconds since 1970."""
_CENTURY_S = 36_525 * _DAY_S
_ROUNDS = 4
"""The sun moves while the time is sought: each round is closer; after three it stays the same."""


def _sun(at_s: float) -> tuple[float, float]:
    """Return the sun's declination in radians and the equation of time in minutes."""
    century = (at_s - _J2000_S) / _CENTURY_S
    mean_long = math.radians((280.46646 + century * (36_000.76983 + century * 0.0003032)) % 360.0)
    anomaly = math.radians(357.52911 + century * (35_999.05029 - 0.0001537 * century))
    eccentricity = 0.016708634 - century * (0.000042037 + 0.0000001267 * century)
    centre_deg = (
        math.sin(anomaly) * (1.914602 - century * (0.004817 + 0.000014 * century))
        + math.sin(2 * anomaly) * (0.019993 - 0.000101 * century)
        + math.sin(3 * anomaly) * 0.000289
    )
    node = math.radians(125.04 - 1934.136 * century)
    apparent = mean_long + math.radians(centre_deg - 0.00569 - 0.00478 * math.sin(node))
    seconds = 21.448 - century * (46.8150 + century * (0.00059 - century * 0.001813))
    obliquity_deg = 23.0 + (26.0 + seconds / 60.0) / 60.0
    obliquity = math.radians(obliquity_deg + 0.00256 * math.cos(node))
    declination = math.asin(math.sin(obliquity) * math.sin(apparent))
    y = math.tan(obliquity / 2.0) ** 2
    equation_min = 4.0 * math.degrees(
        y * math.sin(2 * mean_long)
        - 2 * eccentricity * math.sin(anomaly)
        + 4 * eccentricity * y * math.sin(anomaly) * math.cos(2 * mean_long)
        - 0.5 * y * y * math.sin(4 * mean_long)
        - 1.25 * eccentricity * eccentricity * math.sin(2 * anomaly)
    )
    return declination, equation_min


def sun_event_s(event: SunEvent, day: int, place: Position) -> int | None:
    """Return when the sun rises or sets in one turn of the sun over a place; None if it does not.

    Args:
        event: "sunrise" or "sunset".
        day: days since 1970-01-01 (UTC) in which the sun's noon of this turn lies at Greenwich; at
            another place the noon is earlier or later by its longitude.
        place: where.

    Returns:
        Seconds since 1970.

    >>> sun_event_s("sunrise", 17_337, Position(lat_deg=35.6, lon_deg=38.7))  # 02:09:43Z
    1497924583
    """
    noon_s = day * _DAY_S + _DAY_S // 2 - place.lon_deg * 240.0
    lat = math.radians(place.lat_deg)
    at_s = noon_s
    for _ in range(_ROUNDS):
        declination, equation_min = _sun(at_s)
        low = math.cos(lat) * math.cos(declination)
        if low < 1e-12:
            return None
        cosine = (math.cos(math.radians(_ZENITH_DEG)) - math.sin(lat) * math.sin(declination)) / low
        if not -1.0 < cosine < 1.0:
            return None
        hour_s = math.degrees(math.acos(cosine)) * 240.0
        transit_s = noon_s - equation_min * 60.0
        at_s = transit_s - hour_s if event == "sunrise" else transit_s + hour_s
    return round(at_s)
