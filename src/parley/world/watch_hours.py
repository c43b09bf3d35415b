"""The hours in which the ends of a line stand their watch: "24/7", or times of day in UTC.

An agreement says them as "14:00-23:00Z", several apart by ", "; one that ends before it begins goes
over midnight. Times of day are the same each day: nothing here knows a weekday or a holiday.
"""

from __future__ import annotations

import re

import msgspec

from parley.world.faults import InputFault

ALWAYS = "24/7"
_DAY_US = 86_400_000_000
_MINUTE_US = 60_000_000
_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)Z")
_SPANS_MAX = 8


class WatchHours(msgspec.Struct, frozen=True, kw_only=True):
    """Times of day in microseconds after midnight UTC, in order; none means always."""

    spans: tuple[tuple[int, int], ...] = ()

    def contains(self, at_us: int) -> bool:
        """Whether an instant lies within the hours; the end itself does not."""
        day_us = at_us % _DAY_US
        return not self.spans or any(_inside(span, day_us) for span in self.spans)

    def next_open_us(self, at_us: int) -> int:
        """Return the instant itself if it lies within the hours, else when they next begin."""
        if self.contains(at_us):
            return at_us
        midnight_us = at_us - at_us % _DAY_US
        begins = [midnight_us + day * _DAY_US + b for day in (0, 1) for b, _ in self.spans]
        return min(begin_us for begin_us in begins if begin_us > at_us)


def _inside(span: tuple[int, int], day_us: int) -> bool:
    begins, ends = span
    if begins < ends:
        return begins <= day_us < ends
    return day_us >= begins or day_us < ends


def parse_hours(text: str, what: str = "line hours") -> WatchHours:
    """Return the hours that a text says.

    Args:
        text: "24/7" or "HH:MM-HH:MMZ", several apart by ", ".
        what: names it in the fault.

    Raises:
        InputFault: anything else; a line whose hours nobody can read is never known to be watched.

    >>> parse_hours("14:00-23:00Z").contains(0), parse_hours("22:00-06:00Z").contains(0)
    (False, True)
    """
    if text == ALWAYS:
        return WatchHours()
    parts = text.split(", ")
    found = [_SPAN.fullmatch(part) for part in parts]
    spans = [_span(match) for match in found if match is not None]
    good = len(spans) == len(parts) <= _SPANS_MAX and all(b != e for b, e in spans)
    if not good:
        raise InputFault(
            what,
            value=text,
            wanted=f'"{ALWAYS}", or times of day in UTC like "14:00-23:00Z"',
            repair='several apart by ", "; write a whole day as "24/7"',
        )
    return WatchHours(spans=tuple(sorted(spans)))


def _span(match: re.Match[str]) -> tuple[int, int]:
    hour, minute, to_hour, to_minute = (int(part) for part in match.groups())
    return (hour * 60 + minute) * _MINUTE_US, (to_hour * 60 + to_minute) * _MINUTE_US
