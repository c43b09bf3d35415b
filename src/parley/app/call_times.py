"""Times of telephone calls as people say them at a keyboard: an instant, a time of day, "ago"."""

from __future__ import annotations

import re

from parley.world.faults import InputFault
from parley.world.time import datetime_from_us, microseconds_from_datetime, parse_instant_us
from parley.world.units import parse_seconds

_AGO = re.compile(r"(?P<span>.+?)\s+ago\Z")
_TIME_OF_DAY = re.compile(r"(?P<hour>[01]\d|2[0-3]):(?P<minute>[0-5]\d)(?P<zone>Z?)\Z")
_DAY_US = 86_400_000_000


def parse_past_us(text: str, now_us: int, what: str) -> int:
    """Return the instant that a text speaks of, seen from now.

    Args:
        text: RFC 3339, "now", "10 min ago", or a time of day in UTC with its Z: the last such.
        now_us: the node's own time.
        what: which time it is, for the fault.

    Raises:
        InputFault: none of these.

    >>> noon_us = parse_instant_us("2017-06-20T12:00:00Z")
    >>> (noon_us - parse_past_us("10 min ago", noon_us, "began")) // 60_000_000
    10
    >>> (noon_us - parse_past_us("13:30Z", noon_us, "began")) // 3_600_000_000
    22
    """
    plain = text.strip()
    if plain == "now":
        return now_us
    ago = _AGO.match(plain)
    if ago is not None:
        return now_us - round(parse_seconds(ago["span"], what) * 1_000_000)
    clock = _TIME_OF_DAY.match(plain)
    if clock is None:
        return parse_instant_us(plain, what)
    if not clock["zone"]:
        repair = f"{plain}Z, if it is UTC"
        raise InputFault(what, value=plain, wanted="a time of day in UTC", repair=repair)
    day = datetime_from_us(now_us).replace(
        hour=int(clock["hour"]), minute=int(clock["minute"]), second=0, microsecond=0
    )
    at_us = microseconds_from_datetime(day)
    return at_us if at_us <= now_us else at_us - _DAY_US
