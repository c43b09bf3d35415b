"""Instants and intervals. No `now`: time comes in as an argument.

An instant is an `int`, microseconds since 1970-01-01T00:00:00Z (names end in `_us`). A date alone
is an interval of a day and stays one; nothing is padded to midnight. On everything that somebody
says there are three times: when it happened, when it was sent, when it became known here.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import msgspec

from parley.world.faults import InputFault

MICROSECONDS_PER_SECOND = 1_000_000
US_MIN = -2_208_988_800_000_000
"""1900-01-01: nothing earlier is flown, said or believed here."""
US_MAX = 4_102_444_800_000_000
"""2100-01-01."""
_YEAR_MAX = 9999

_DATE_ONLY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_DURATION = re.compile(
    r"P(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?\Z"
)


class Interval(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Some time not before `from_us` and not after `to_us`; equal bounds are an instant."""

    from_us: int
    to_us: int

    def __post_init__(self) -> None:
        if not US_MIN <= self.from_us <= self.to_us <= US_MAX:
            raise InputFault(
                "interval",
                value=f"{_told(self.from_us)} to {_told(self.to_us)}",
                wanted="a beginning that is not after the end (from_us <= to_us), 1900 to 2100",
            )

    @property
    def is_instant(self) -> bool:
        """Whether both bounds are the same."""
        return self.from_us == self.to_us

    def contains(self, at_us: int) -> bool:
        """Whether the instant lies inside, bounds included."""
        return self.from_us <= at_us <= self.to_us


def _told(at_us: int) -> str:
    """Return an instant as people write it; one out of all bounds as it stands."""
    return format_second(at_us) if US_MIN <= at_us <= US_MAX else str(at_us)


class Times(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The three times of one fact: when it happened, when it was sent, when it became known."""

    happened: Interval | None = None
    sent: Interval | None = None
    known: Interval | None = None


def instant(at_us: int) -> Interval:
    """Return the interval that is one instant."""
    return Interval(from_us=at_us, to_us=at_us)


def microseconds_from_datetime(at: datetime) -> int:
    """Return microseconds since 1970 UTC, exactly (no float on the way)."""
    delta = at.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * MICROSECONDS_PER_SECOND + delta.microseconds


def parse_instant_us(value: object, what: str = "time") -> int:
    """Return microseconds UTC of an RFC 3339 text or an aware datetime.

    A date alone is refused: it is an interval (`parse_when`). So is a time without an offset.

    >>> parse_instant_us("2017-06-20T06:00:00Z")
    1497938400000000
    """
    repair = "write e.g. 2017-06-20T06:00:00Z"
    if isinstance(value, str):
        if _DATE_ONLY.match(value):
            raise InputFault(what, value=value, wanted="an instant, not a date", repair=repair)
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise InputFault(what, value=value, wanted="an RFC 3339 time", repair=repair) from None
    if not isinstance(value, datetime):
        raise InputFault(what, value=value, wanted="an RFC 3339 time", repair=repair)
    if value.tzinfo is None:
        raise InputFault(
            what, value=value.isoformat(), wanted="a time with its offset", repair=repair
        )
    try:
        at_us = microseconds_from_datetime(value)
    except OverflowError:
        # At the edge of the calendar an offset leads beyond it.
        raise InputFault(what, value=value.isoformat(), wanted="a year from 1900 to 2100") from None
    if not US_MIN <= at_us <= US_MAX:
        raise InputFault(what, value=value.isoformat(), wanted="a year from 1900 to 2100")
    return at_us


def parse_when(value: object, *, uncertainty: object = None, what: str = "time") -> Interval:
    """Return the interval that a text speaks of: an instant, one ± uncertainty, or a whole day.

    >>> parse_when("2017-06-19").to_us - parse_when("2017-06-19").from_us
    86399999999
    """
    if isinstance(value, str) and _DATE_ONLY.match(value):
        try:
            value = date.fromisoformat(value)
        except ValueError:
            raise InputFault(what, value=value, wanted="a date of the calendar") from None
    if isinstance(value, date) and not isinstance(value, datetime):
        start_us = microseconds_from_datetime(
            datetime(value.year, value.month, value.day, tzinfo=UTC)
        )
        at_from_us, at_to_us = start_us, start_us + 86_400 * MICROSECONDS_PER_SECOND - 1
    else:
        at_from_us = at_to_us = parse_instant_us(value, what)
    if uncertainty is not None:
        margin_us = parse_duration_us(uncertainty, f"{what} uncertainty")
        at_from_us, at_to_us = at_from_us - margin_us, at_to_us + margin_us
    return Interval(from_us=at_from_us, to_us=at_to_us)


def parse_duration_us(value: object, what: str = "duration") -> int:
    """Return microseconds of an ISO 8601 duration without years or months.

    >>> parse_duration_us("PT15M") // 1_000_000
    900
    """
    match = _DURATION.match(value) if isinstance(value, str) else None
    if match is None or value in ("P", "PT") or not any(match.groups()):
        raise InputFault(
            what, value=value, wanted="an ISO 8601 duration", repair="e.g. PT15M or P30D"
        )
    if match["years"] or match["months"]:
        raise InputFault(
            what,
            value=value,
            wanted="days, hours, minutes or seconds",
            repair="years and months vary: use days",
        )
    span = _span(match, value, what)
    return (span.days * 86_400 + span.seconds) * MICROSECONDS_PER_SECOND + span.microseconds


def add_calendar(at_us: int, duration: str, what: str = "duration") -> int:
    """Return the instant `duration` later, counting years and months by the calendar.

    >>> format_instant(add_calendar(parse_instant_us("2026-08-31T00:00:00Z"), "P1M"))
    '2026-09-30T00:00:00Z'
    """
    match = _DURATION.match(duration)
    if match is None or not any(match.groups()):
        raise InputFault(what, value=duration, wanted="an ISO 8601 duration", repair="e.g. P6M")
    at = datetime_from_us(at_us)
    months = at.month - 1 + int(match["months"] or 0) + 12 * int(match["years"] or 0)
    year, month = at.year + months // 12, months % 12 + 1
    if year > _YEAR_MAX:
        raise InputFault(what, value=duration, wanted=f"an end before {_YEAR_MAX + 1}")
    last_day = (date(year, 12, 31) if month == 12 else date(year, month + 1, 1) - timedelta(1)).day
    moved = at.replace(year=year, month=month, day=min(at.day, last_day))
    try:
        return microseconds_from_datetime(moved + _span(match, duration, what))
    except OverflowError:
        raise InputFault(what, value=duration, wanted="an end before 10000") from None


def _span(match: re.Match[str], value: object, what: str) -> timedelta:
    """Return the days and less of a matched duration."""
    try:
        return timedelta(
            days=int(match["days"] or 0),
            hours=int(match["hours"] or 0),
            minutes=int(match["minutes"] or 0),
            seconds=float(match["seconds"] or 0),
        )
    except (OverflowError, ValueError):
        raise InputFault(what, value=value, wanted="a duration of at most a million days") from None


US_FIRST = -62_135_596_800_000_000
US_LAST = 253_402_300_799_999_999
"""The years 1 to 9999, which RFC 3339 can write."""


def datetime_from_us(at_us: int) -> datetime:
    """Return the aware UTC datetime of an instant."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at_us)


def format_instant(at_us: int) -> str:
    """Return RFC 3339 text in UTC, with a fraction only where there is one.

    >>> format_instant(1497938400000000), format_instant(1497938400500000)
    ('2017-06-20T06:00:00Z', '2017-06-20T06:00:00.500000Z')

    What lies outside of the calendar (a peer may claim any number) is told as that number.

    >>> format_instant(10**18)
    '1000000000000000000 us since 1970'
    """
    if not US_FIRST <= at_us <= US_LAST:
        return f"{at_us} us since 1970"
    at = datetime_from_us(at_us)
    form = "%Y-%m-%dT%H:%M:%S.%fZ" if at.microsecond else "%Y-%m-%dT%H:%M:%SZ"
    return at.strftime(form)


def format_second(at_us: int) -> str:
    """Return an instant as people are shown it: RFC 3339 in UTC, the whole second that it lies in.

    Cut and not rounded: what is due is never shown later than it is. What machines read, and what
    is proven, keeps `format_instant`.

    >>> format_second(1497938400935474)
    '2017-06-20T06:00:00Z'
    """
    return format_instant(at_us - at_us % 1_000_000)


def seconds_between(from_us: int, to_us: int) -> float:
    """Return the seconds from one instant to another; negative if `to_us` is earlier."""
    return (to_us - from_us) / MICROSECONDS_PER_SECOND
