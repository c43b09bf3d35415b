"""Schedules: when something is by agreement, day by day, in UTC, local time, or by the sun.

A schedule is worked out against a place and the offsets that its document carries, never against
the time zone rules of whoever reads it: two nodes with other editions of those rules must not hold
two different zones. Rules:

- A time of day is "HH:MM", "sunrise" or "sunset", these with an offset such as "sunset+00:30".
- Windows are half open, so that two which meet leave no gap; one that ends before it begins goes
  over midnight.
- A day without sunrise or sunset gives no window and says so: it is undecided, never cold.

What does not live here: time zone rules themselves (`wire` resolves them when a document is made).
"""

from __future__ import annotations

from typing import Literal

import msgspec

from parley.world.geo import Position

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class _Record(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    pass


class DailyWindow(_Record, frozen=True, kw_only=True):
    """From when to when on each of these days; no days means each day.

    `first` and `last`: dates (YYYY-MM-DD, of the day on which it begins) between which it holds.
    """

    begins: str
    ends: str
    days: tuple[Weekday, ...] = ()
    first: str = ""
    last: str = ""


class Schedule(_Record, frozen=True, kw_only=True):
    """Windows by day, the time zone that they are said in, and that zone's offsets worked out.

    Attributes:
        windows: each apart; where they overlap they are one.
        timezone: "UTC", or a name of the IANA time zone rules.
        offsets: from which instant on (microseconds) local time is how many seconds ahead of UTC;
            of a UTC schedule empty.
        until_us: beyond this the offsets are not worked out, and nothing is known.
        sun_at: the place of sunrise and sunset.
    """

    windows: tuple[DailyWindow, ...]
    timezone: str = "UTC"
    offsets: tuple[tuple[int, int], ...] = ()
    until_us: int | None = None
    sun_at: Position | None = None
