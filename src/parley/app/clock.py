"""The clocks: the wall, in microseconds UTC, and one that is driven from outside.

Only this file reads the time of day. A step back of the wall clock never puts an entry before the
one that stands before it in its log: `node` sees to that.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from parley.world.faults import InputFault
from parley.world.time import US_MAX, US_MIN, format_instant


def wall_clock() -> int:
    """Return now, in microseconds since 1970 UTC."""
    return time.time_ns() // 1000


@dataclass(slots=True)
class DrivenClock:
    """A clock that stands until it is advanced.

    >>> clock = DrivenClock(1_000_000)
    >>> clock.advance(2_000_000)
    >>> clock()
    2000000
    """

    now_us: int = 0

    def __call__(self) -> int:
        """Return now, in microseconds since 1970 UTC."""
        return self.now_us

    def advance(self, now_us: int) -> None:
        """Set the time; the same time again is allowed.

        Raises:
            InputFault: back in time, or outside of 1900 to 2100.
        """
        if not US_MIN <= now_us <= US_MAX:
            raise InputFault("advance now_us", value=now_us, wanted="a time from 1900 to 2100")
        if now_us < self.now_us:
            wanted = f"{format_instant(self.now_us)} or later"
            raise InputFault("advance now_us", value=format_instant(now_us), wanted=wanted)
        self.now_us = now_us
