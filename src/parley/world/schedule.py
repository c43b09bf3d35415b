"""Schedules: when something is by agreement, day by day, in UTC, local time, or by the sun.

A schedule is worked out against a place and the offsets that its document carries, never against
the time zone rules of whoever reads it: two nodes with other editions of those rules must not hold
two different zones. Rules:

- A time of day is "HH:MM", "sunrise" or "sunset", these with an offset such as "sunset+00:30".
- Windows are half open, so that two which meet leave no gap; one that ends before it begins, or as
  it begins, goes over midnight.
- A day without sunrise or sunset gives no window and says so: it is undecided, never cold. So is
  one whose offset from UTC is not known, and a time of day that the clock shows twice or never.

What does not live here: time zone rules themselves (`wire` resolves them when a document is made).
"""

from __future__ import annotations

import bisect
import datetime
import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise
from typing import Literal, NamedTuple, get_args

import msgspec

from parley.world.faults import InputFault
from parley.world.geo import Position
from parley.world.sun import SunEvent, sun_event_s
from parley.world.time import MICROSECONDS_PER_SECOND

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Hours = Literal["inside", "outside", "undecided"]

WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
WINDOWS_MAX = 64
"""Windows of one schedule: two a day for each day of the week, four seasons over."""
OFFSETS_MAX = 256
"""Changes of the clock that a document carries: two a year for as long as anybody plans."""
SPAN_DAYS_MAX = 400
"""Days that are worked out at once: a year, and what lies over its ends."""
OFFSET_S_MAX = 18 * 3600
"""No local time was ever farther from UTC (the IANA rules know 15 h 13 min)."""
_SUN_OFFSET_MIN_MAX = 12 * 60
_DAY_S = 86_400
_DAY_US = _DAY_S * MICROSECONDS_PER_SECOND
_EPOCH = datetime.date(1970, 1, 1)
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")
_SUN = re.compile(r"(sunrise|sunset)(?:([+-])(\d\d):([0-5]\d))?")


class _Record(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    pass


class TimeOfDay(NamedTuple):
    """A time of day: by the clock (`event` is ""), or so many minutes after sunrise or sunset."""

    event: SunEvent | Literal[""]
    minutes: int


def parse_time_of_day(text: str, what: str = "time of day") -> TimeOfDay:
    """Return what a time of day says.

    Args:
        text: "HH:MM", "24:00", "sunrise", "sunset", "sunset+00:30", "sunrise-01:00".
        what: names it in the fault.

    Raises:
        InputFault: anything else.

    >>> parse_time_of_day("06:30"), parse_time_of_day("sunset-00:30").minutes
    (TimeOfDay(event='', minutes=390), -30)
    """
    clock = _CLOCK.fullmatch(text)
    if clock is not None:
        hour, minute = (clock[1], clock[2]) if clock[1] is not None else ("24", "0")
        return TimeOfDay("", int(hour) * 60 + int(minute))
    sun = _SUN.fullmatch(text)
    if sun is not None:
        minutes = int(sun[3] or 0) * 60 + int(sun[4] or 0)
        if minutes <= _SUN_OFFSET_MIN_MAX:
            event: SunEvent = "sunrise" if sun[1] == "sunrise" else "sunset"
            return TimeOfDay(event, -minutes if sun[2] == "-" else minutes)
    raise InputFault(
        what,
        value=text,
        wanted='"HH:MM", "sunrise", "sunset", or these with at most 12 h, like "sunset+00:30"',
        repair='write e.g. "06:00", or "24:00" for the end of the day',
    )


def _parse_date(text: str, what: str) -> int | None:
    """Return a date as days since 1970; None for an empty text."""
    if not text:
        return None
    try:
        if len(text) != len("2017-06-20"):
            raise ValueError
        return (datetime.date.fromisoformat(text) - _EPOCH).days
    except ValueError:
        raise InputFault(what, value=text, wanted="a date like 2017-06-20") from None


class DailyWindow(_Record, frozen=True, kw_only=True):
    """From when to when on each of these days; no days means each day.

    `first` and `last`: dates (YYYY-MM-DD, of the day on which it begins) between which it holds.
    """

    begins: str
    ends: str
    days: tuple[Weekday, ...] = ()
    first: str = ""
    last: str = ""

    def __post_init__(self) -> None:
        if parse_time_of_day(self.begins, "window begins").minutes == _DAY_S // 60:
            raise InputFault("window begins", value=self.begins, wanted="00:00 to 23:59")
        parse_time_of_day(self.ends, "window ends")
        first, last = _parse_date(self.first, "window first"), _parse_date(self.last, "window last")
        if first is not None and last is not None and last < first:
            raise InputFault("window last", value=self.last, wanted=f"{self.first} or later")

    def begins_on(self, day: int) -> bool:
        """Whether it begins on a day, given in days since 1970."""
        first, last = _parse_date(self.first, "first"), _parse_date(self.last, "last")
        if (first is not None and day < first) or (last is not None and day > last):
            return False
        # 1970-01-01 was a Thursday.
        return not self.days or WEEKDAYS[(day + 3) % 7] in self.days

    @property
    def by_sun(self) -> bool:
        """Whether it asks for sunrise or sunset."""
        return any(parse_time_of_day(each).event for each in (self.begins, self.ends))


class Schedule(_Record, frozen=True, kw_only=True):
    """Windows by day, the time zone that they are said in, and that zone's offsets worked out.

    Attributes:
        windows: each apart; where they overlap they are one.
        timezone: "UTC", or a name of the IANA time zone rules.
        offsets: from which instant on (microseconds) local time is how many seconds ahead of UTC;
            of a UTC schedule empty.
        until_us: beyond this the offsets are not worked out, and nothing is known.
        sun_at: the place of sunrise and sunset.
        at_clock_change: which of two instants a time of day is that a clock change doubles or
            skips; "": such a time is undecided.
    """

    windows: tuple[DailyWindow, ...]
    timezone: str = "UTC"
    offsets: tuple[tuple[int, int], ...] = ()
    until_us: int | None = None
    sun_at: Position | None = None
    at_clock_change: Literal["", "earlier", "later"] = ""

    def __post_init__(self) -> None:
        for name, count, most in (
            ("windows", len(self.windows), WINDOWS_MAX),
            ("offsets", len(self.offsets), OFFSETS_MAX),
        ):
            if count > most:
                raise InputFault(f"schedule {name}", value=count, wanted=f"at most {most}")
        if not self.windows:
            raise InputFault("schedule windows", value=0, wanted="one or more")
        if self.timezone == "UTC" and self.offsets:
            raise InputFault("schedule offsets", value=len(self.offsets), wanted="none for UTC")
        if any(after[0] <= before[0] for before, after in pairwise(self.offsets)):
            raise InputFault("schedule offsets", value="not in order", wanted="each later")
        for _, ahead_s in self.offsets:
            if abs(ahead_s) > OFFSET_S_MAX:
                wanted = f"at most {OFFSET_S_MAX} s either way"
                raise InputFault("schedule offset", value=ahead_s, wanted=wanted)
        if self.sun_at is None and any(window.by_sun for window in self.windows):
            wanted = "the place of sunrise and sunset"
            raise InputFault("schedule sun_at", value="none", wanted=wanted)


class Undecided(NamedTuple):
    """A span about which a schedule says nothing, and why."""

    from_us: int
    to_us: int
    because: str


class HoursOf(NamedTuple):
    """What a schedule says of a span: its windows, in order and apart, and what is undecided.

    Half open both; a window wins where it meets what another window leaves undecided.
    """

    windows: tuple[tuple[int, int], ...]
    undecided: tuple[Undecided, ...]

    def at(self, at_us: int) -> Hours:
        """Return whether an instant of the span lies inside a window, outside, or is undecided."""
        if any(begin <= at_us < end for begin, end in self.windows):
            return "inside"
        return "undecided" if any(b <= at_us < e for b, e, _ in self.undecided) else "outside"


# ---- local time ---------------------------------------------------------------------------------


def _ahead_s(schedule: Schedule, at_us: int) -> int | None:
    """Return how far local time is ahead of UTC at an instant; None where it is not known."""
    if schedule.until_us is not None and at_us >= schedule.until_us:
        return None
    if schedule.timezone == "UTC":
        return 0
    at = bisect.bisect_right(schedule.offsets, (at_us, OFFSET_S_MAX + 1)) - 1
    return schedule.offsets[at][1] if at >= 0 else None


def _instants(schedule: Schedule, local_s: int) -> list[int]:
    """Return the instants (microseconds) at which a local clock shows a time, by known offsets."""
    known = {0} if schedule.timezone == "UTC" else {ahead for _, ahead in schedule.offsets}
    found = {(local_s - ahead) * MICROSECONDS_PER_SECOND: ahead for ahead in known}
    return sorted(at_us for at_us, ahead in found.items() if _ahead_s(schedule, at_us) == ahead)


def _skipped(schedule: Schedule, local_s: int) -> list[int]:
    """Return the two instants that a time in the gap of a clock change can mean."""
    for (_, before_s), (at_us, after_s) in pairwise(schedule.offsets):
        at_s = local_s - at_us // MICROSECONDS_PER_SECOND
        if before_s <= at_s < after_s:
            return [(local_s - ahead) * MICROSECONDS_PER_SECOND for ahead in (after_s, before_s)]
    return []


def _clock_us(schedule: Schedule, day: int, minutes: int) -> int | str:
    """Return when the clock shows a time of a day, or why that is not one instant."""
    local_s = day * _DAY_S + minutes * 60
    found = _instants(schedule, local_s)
    if len(found) == 1:
        return found[0]
    if schedule.at_clock_change and (both := found or _around_skipped(schedule, local_s)):
        return both[0] if schedule.at_clock_change == "earlier" else both[-1]
    if found:
        return "the clock shows this time twice"
    near_us = [(local_s + shift_s) * MICROSECONDS_PER_SECOND for shift_s in (-_DAY_S, _DAY_S)]
    if any(_ahead_s(schedule, at_us) is None for at_us in near_us):
        return "the offset from UTC is not known"
    return "the clock never shows this time"


def _around_skipped(schedule: Schedule, local_s: int) -> list[int]:
    """Return a skipped time by the offset after the change and by the one before, in that order."""
    for (_, before_s), (at_us, after_s) in pairwise(schedule.offsets):
        at_s = at_us // MICROSECONDS_PER_SECOND
        if at_s + before_s <= local_s < at_s + after_s:
            return [
                (local_s - ahead_s) * MICROSECONDS_PER_SECOND for ahead_s in (after_s, before_s)
            ]
    return []


def _sun_us(schedule: Schedule, day: int, time: TimeOfDay) -> int | str:
    """Return when the sun rises or sets on a day of local time, with its offset, or why not."""
    assert schedule.sun_at is not None
    assert time.event
    found = set()
    for turn in (day - 1, day, day + 1):
        at_s = sun_event_s(time.event, turn, schedule.sun_at)
        if at_s is None:
            continue
        ahead_s = _ahead_s(schedule, at_s * MICROSECONDS_PER_SECOND)
        if ahead_s is None:
            return "the offset from UTC is not known"
        if (at_s + ahead_s) // _DAY_S == day:
            found.add(at_s)
    if len(found) != 1:
        return f"no {time.event}" if not found else f"two times of {time.event}"
    return (found.pop() + time.minutes * 60) * MICROSECONDS_PER_SECOND


def _when(schedule: Schedule, day: int, time: TimeOfDay) -> int | str:
    if time.event:
        return _sun_us(schedule, day, time)
    return _clock_us(schedule, day, time.minutes)


def _bounds_us(schedule: Schedule, day: int, time: TimeOfDay) -> tuple[int, int]:
    """Return between which instants a time of a day lies, by whichever known offset."""
    known = [ahead for _, ahead in schedule.offsets] or [-OFFSET_S_MAX, OFFSET_S_MAX]
    least_s, most_s = (0, 0) if schedule.timezone == "UTC" else (min(known), max(known))
    first_s = day * _DAY_S + time.minutes * 60
    last_s = first_s + (_DAY_S if time.event else 0)
    low_s, high_s = first_s - most_s, last_s - least_s
    return low_s * MICROSECONDS_PER_SECOND, high_s * MICROSECONDS_PER_SECOND


def _window(schedule: Schedule, window: DailyWindow, day: int) -> tuple[int, int] | Undecided:
    """Return a window that begins on a day of local time, or what is undecided for want of it."""
    begins, ends = parse_time_of_day(window.begins), parse_time_of_day(window.ends)
    begin, end = _when(schedule, day, begins), _when(schedule, day, ends)
    if isinstance(begin, int) and isinstance(end, int) and end <= begin:
        end = _when(schedule, day + 1, ends)
    if isinstance(begin, int) and isinstance(end, int) and end > begin:
        return begin, end
    low_us, late_us = (
        (begin, begin) if isinstance(begin, int) else _bounds_us(schedule, day, begins)
    )
    high_us = end if isinstance(end, int) and end > late_us else None
    if high_us is None:
        # It may go over midnight, as far as its end on the next day can be.
        high_us = _bounds_us(schedule, day + 1, ends)[1]
    missing = begin if isinstance(begin, str) else end
    why = missing if isinstance(missing, str) else "it ends before it begins on both days"
    name = (_EPOCH + datetime.timedelta(days=day)).isoformat()
    return Undecided(low_us, high_us, f"{name} {window.begins}-{window.ends}: {why}")


# ---- spans --------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def _of_day(schedule: Schedule, day: int) -> HoursOf:
    """Return what a schedule says of one day of UTC, cut to it."""
    from_us, to_us = day * _DAY_US, (day + 1) * _DAY_US
    inside, open_spans = [], []
    # A local day begins up to 18 h before or after, and a window that ends with the sun of the next
    # day may last until the day after it.
    for local in range(day - 4, day + 3):
        for window in schedule.windows:
            if not window.begins_on(local):
                continue
            found = _window(schedule, window, local)
            low_us, high_us = max(found[0], from_us), min(found[1], to_us)
            if low_us >= high_us:
                continue
            if isinstance(found, Undecided):
                open_spans.append(Undecided(low_us, high_us, found.because))
            else:
                inside.append((low_us, high_us))
    open_spans += _unknown(schedule, from_us, to_us)
    return HoursOf(merged(inside), tuple(sorted(open_spans)))


def _unknown(schedule: Schedule, from_us: int, to_us: int) -> list[Undecided]:
    """Return the spans for which a schedule carries no offset."""
    spans = []
    if schedule.timezone != "UTC":
        edge_us = schedule.offsets[0][0] if schedule.offsets else to_us
        why = "before the first known offset from UTC" if schedule.offsets else "no known offset"
        spans.append(Undecided(from_us, min(edge_us, to_us), why))
    if schedule.until_us is not None:
        why = "the offset from UTC is not worked out so far ahead"
        spans.append(Undecided(max(from_us, schedule.until_us), to_us, why))
    return [span for span in spans if span.from_us < span.to_us]


def merged(spans: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return half-open spans in order, those that meet or overlap as one.

    >>> merged([(5, 7), (0, 2), (2, 4)])
    ((0, 4), (5, 7))
    """
    found: list[tuple[int, int]] = []
    for begin, end in sorted(spans):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((begin, end))
    return tuple(found)


def hours_between(schedule: Schedule, from_us: int, to_us: int) -> HoursOf:
    """Return the windows of a schedule in a span, cut to it, and what is undecided in it.

    Args:
        schedule: what was agreed.
        from_us: the first instant.
        to_us: the end, not included.

    Raises:
        InputFault: more days than are worked out at once.
    """
    if to_us - from_us > SPAN_DAYS_MAX * _DAY_US:
        days = (to_us - from_us) // _DAY_US
        raise InputFault("schedule span", value=days, wanted=f"at most {SPAN_DAYS_MAX} days")
    inside, open_spans = [], []
    for day in range(from_us // _DAY_US, -(-to_us // _DAY_US)):
        of_day = _of_day(schedule, day)
        inside += [(max(b, from_us), min(e, to_us)) for b, e in of_day.windows]
        open_spans += [
            Undecided(max(b, from_us), min(e, to_us), why) for b, e, why in of_day.undecided
        ]
    windows = merged(span for span in inside if span[0] < span[1])
    return HoursOf(windows, _joined(span for span in open_spans if span[0] < span[1]))


def _joined(spans: Iterable[Undecided]) -> tuple[Undecided, ...]:
    """Return undecided spans, those that meet and have one reason as one."""
    found: dict[str, list[Undecided]] = {}
    for span in sorted(spans):
        same = found.setdefault(span.because, [])
        if same and span.from_us <= same[-1].to_us:
            same[-1] = Undecided(same[-1].from_us, max(span.to_us, same[-1].to_us), span.because)
        else:
            same.append(span)
    return tuple(sorted(span for same in found.values() for span in same))


def hours_at(schedule: Schedule, at_us: int) -> Hours:
    """Return whether an instant lies inside a window of a schedule, outside, or is undecided.

    >>> by_day = Schedule(windows=(DailyWindow(begins="06:00", ends="18:00"),))
    >>> hours_at(by_day, 6 * 3_600_000_000), hours_at(by_day, 18 * 3_600_000_000)
    ('inside', 'outside')
    """
    return _of_day(schedule, at_us // _DAY_US).at(at_us)


def next_begin_us(schedule: Schedule, after_us: int, within_us: int) -> int | None:
    """Return when the next window or undecided span begins after an instant; None if none does.

    Args:
        schedule: what was agreed.
        after_us: the begin is later than this.
        within_us: how far ahead is looked.
    """
    found = hours_between(schedule, after_us, after_us + within_us)
    begins = [begin for begin, _ in found.windows] + [span.from_us for span in found.undecided]
    return min((begin for begin in begins if begin > after_us), default=None)
