"""The form of a schedule in an agreement's document: windows, and a time zone worked out.

The offsets of a local time are worked out once, over the validity, and stand in what is adopted:
two nodes with other editions of the time zone rules hold the same zone. Rules:

- A time that a clock change skips or doubles is refused with its date, unless the schedule says
  which is meant: the one before the change or the one after it.
- An hour that is meant twice is never guessed: a zone that reads cold an hour early is one in which
  somebody flies.

What does not live here: the arithmetic of windows (`schedule`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import msgspec

from parley.world.document_forms import (
    Instant,
    Many,
    Reading,
    Record,
    Text,
    Word,
    built,
    mapping_of,
    needed,
    not_given,
    optional,
)
from parley.world.document_geometry import Point
from parley.world.faults import InputFault
from parley.world.schedule import WINDOWS_MAX, DailyWindow, Schedule, parse_time_of_day
from parley.world.time import datetime_from_us, microseconds_from_datetime

_DAY_US = 86_400_000_000
LOCAL_DAYS_MAX = 11_000
"""Thirty years: no time zone rules held longer, and each year adds two changes to the document."""
_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]"
_SUN = r"(sunrise|sunset)([+-](0[0-9]|1[0-1]):[0-5][0-9])?"
_DATE = Text(r"^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$", "2026-03-29")
BEGINS = Text(rf"^({_TIME}|{_SUN})$", "08:00, sunrise or sunset+00:30")
ENDS = Text(rf"^({_TIME}|24:00|{_SUN})$", "16:00, 24:00 or sunset+00:30")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WINDOW = Record(
    DailyWindow,
    {
        "begins": needed("begins", BEGINS),
        "ends": needed("ends", ENDS),
        "days": optional("days", Many(Word(DAYS), most=7), ()),
        "first": optional("first", _DATE, ""),
        "last": optional("last", _DATE, ""),
    },
)
_WINDOWS = Many(_WINDOW, "window", least=1, most=WINDOWS_MAX)
_AHEAD = Text(r"^[+-](0[0-9]|1[0-5]):[0-5][0-9](:[0-5][0-9])?$", "+02:00")
_CHANGES = Word(("earlier", "later"))
ZONE_NAME = Text(r"^(UTC|[A-Z][A-Za-z0-9_+-]{1,30}(/[A-Za-z0-9_+-]{1,30}){1,2})$", "Europe/Zagreb")


class _Change(msgspec.Struct, frozen=True, kw_only=True):
    """From when on local time is how far ahead of UTC, as written out."""

    from_us: int
    ahead: str


_CHANGE = Record(_Change, {"from": needed("from_us", Instant()), "ahead": needed("ahead", _AHEAD)})
_KEYS = ("windows", "timezone", "sun_at", "at_clock_change", "offsets", "until")


@dataclass(frozen=True, slots=True)
class ScheduleForm:
    """A schedule; `offsets` and `until` are written out, and may be left to be worked out."""

    def read(self, value: object, path: str, reading: Reading) -> Schedule:
        """Return the schedule with its offsets."""
        table = mapping_of(value, path, _KEYS, 'windows = [{ begins = "08:00", ends = "16:00" }]')
        if "windows" not in table:
            raise not_given(f"{path} windows", "windows", _WINDOWS)
        before = len(reading.faults)
        windows = _WINDOWS.read(table["windows"], f"{path} windows", reading)
        if len(reading.faults) > before:
            raise reading.faults.pop()
        name = ZONE_NAME.read(table.get("timezone", "UTC"), f"{path} timezone", reading)
        sun = table.get("sun_at")
        sun_at = Point().read(sun, f"{path} sun_at", reading) if sun is not None else None
        if sun_at is None and any("sun" in w.begins + w.ends for w in windows):  # type: ignore[attr-defined]  # windows by their form
            raise InputFault(
                f"{path} sun_at", wanted="the place of sunrise and sunset",
                repair='add sun_at = { lat_deg = 45.8, lon_deg = 16.0 } or { place = "ID" }',
            )  # fmt: skip
        values: dict[str, object] = {"windows": windows, "timezone": name, "sun_at": sun_at}
        if "at_clock_change" in table:
            where = f"{path} at_clock_change"
            values["at_clock_change"] = _CHANGES.read(table["at_clock_change"], where, reading)
        if name != "UTC":
            values |= _worked_out(table, name, f"{path} timezone", reading)
        elif "offsets" in table or "until" in table or "at_clock_change" in table:
            wanted = "offsets, until and at_clock_change only beside a local timezone"
            raise InputFault(path, value="UTC", wanted=wanted, repair="leave them out")
        schedule = built(Schedule, values, path)
        assert isinstance(schedule, Schedule)
        return _settled(schedule, path)

    def schema(self) -> dict[str, object]:
        """Return an object of windows, a time zone and what was worked out."""
        return {
            "type": "object",
            "properties": {
                "windows": _WINDOWS.schema(),
                "timezone": ZONE_NAME.schema(),
                "sun_at": Point().schema(),
                "at_clock_change": _CHANGES.schema(),
                "offsets": Many(_CHANGE).schema(),
                "until": Instant().schema(),
            },
            "required": ["windows"],
            "additionalProperties": False,
        }

    def write(self, value: object) -> object:
        """Return the schedule with its offsets, so that it reads alike with any time zone rules."""
        assert isinstance(value, Schedule)
        found: dict[str, object] = {"windows": _WINDOWS.write(value.windows)}
        if value.timezone != "UTC":
            found["timezone"] = value.timezone
            found["offsets"] = [
                {"from": Instant().write(from_us), "ahead": ahead_text(ahead_s)}
                for from_us, ahead_s in value.offsets
            ]
            if value.until_us is not None:
                found["until"] = Instant().write(value.until_us)
            if value.at_clock_change:
                found["at_clock_change"] = value.at_clock_change
        if value.sun_at is not None:
            found["sun_at"] = Point().write(value.sun_at)
        return found


def ahead_text(ahead_s: int) -> str:
    """Return how far local time is ahead of UTC: "+02:00"."""
    minutes, seconds = divmod(abs(ahead_s), 60)
    text = f"{'-' if ahead_s < 0 else '+'}{minutes // 60:02d}:{minutes % 60:02d}"
    return text + (f":{seconds:02d}" if seconds else "")


def _ahead_s(text: str) -> int:
    hours, minutes, *rest = (int(part) for part in text[1:].split(":"))
    ahead_s = hours * 3600 + minutes * 60 + (rest[0] if rest else 0)
    return -ahead_s if text.startswith("-") else ahead_s


def _worked_out(
    table: Mapping[str, object], name: str, path: str, reading: Reading
) -> dict[str, object]:
    """Return the offsets of a local time and until when they are known: as written, or worked out.

    Raises:
        InputFault: no validity to work them out over, an unknown time zone, offsets out of order.
    """
    if "offsets" in table or "until" in table:
        if not ("offsets" in table and "until" in table):
            repair = "give both, or leave both out"
            raise InputFault(path, value=name, wanted="offsets and until together", repair=repair)
        before = len(reading.faults)
        written = Many(_CHANGE, least=1).read(table["offsets"], f"{path} offsets", reading)
        if len(reading.faults) > before:
            raise reading.faults.pop()
        changes = [each for each in written if isinstance(each, _Change)]
        if any(a.from_us >= b.from_us for a, b in pairwise(changes)):
            repair = "put them in order"
            raise InputFault(f"{path} offsets", value=name, wanted="each once", repair=repair)
        until_us = Instant().read(table["until"], f"{path} until", reading)
        offsets = tuple((each.from_us, _ahead_s(each.ahead)) for each in changes)
        return {"offsets": offsets, "until_us": until_us}
    if reading.valid is None:
        raise InputFault(
            path, value=name, wanted="a validity: local time is worked out up to its end",
            repair='add valid = { from = "…", to = "…" }, or write the hours in UTC',
        )  # fmt: skip
    until_us = reading.valid.to_us + _DAY_US
    if until_us - reading.valid.from_us > LOCAL_DAYS_MAX * _DAY_US:
        raise InputFault(
            path, value=name, wanted=f"a validity of at most {LOCAL_DAYS_MAX} days for local time",
            repair="end it earlier, or write the hours in UTC",
        )  # fmt: skip
    offsets = reading.offsets(name, reading.valid.from_us - _DAY_US, until_us)
    return {"offsets": offsets, "until_us": until_us}


# ---- times that a clock change skips or doubles -------------------------------------------------


class _Gap(msgspec.Struct, frozen=True, kw_only=True):
    """A clock change: the local time (microseconds, as if UTC) that it skips or doubles."""

    skips: bool
    from_us: int
    to_us: int
    before_s: int
    after_s: int


def _gaps(offsets: Sequence[tuple[int, int]]) -> Iterator[_Gap]:
    for (_, before_s), (at_us, after_s) in pairwise(offsets):
        low, high = sorted((before_s, after_s))
        if low != high:
            yield _Gap(
                skips=after_s > before_s, from_us=at_us + low * 1_000_000,
                to_us=at_us + high * 1_000_000, before_s=before_s, after_s=after_s,
            )  # fmt: skip


def _wall_us(day: date, time_of_day: str) -> int | None:
    """Return local time as if it were UTC; None for a time by the sun, which no clock moves."""
    if time_of_day.startswith("sun"):
        return None
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return (
        microseconds_from_datetime(midnight) + parse_time_of_day(time_of_day).minutes * 60_000_000
    )


def _moved_ends(window: DailyWindow) -> bool:
    """Whether it ends on the day after the one on which it begins."""
    clock = not (window.begins + window.ends).count("sun")
    return clock and window.ends <= window.begins


def _near(gap: _Gap, time_of_day: str) -> bool:
    """Whether a time of day lies in the gap on whatever day; asked first, for most never do."""
    if time_of_day.startswith("sun"):
        return False
    after_us = parse_time_of_day(time_of_day).minutes * 60_000_000 - gap.from_us
    return after_us % _DAY_US < gap.to_us - gap.from_us


def _met(window: DailyWindow, gap: _Gap) -> Iterator[tuple[str, int]]:
    """Yield which end of a window lies in the gap, and its local time."""
    if not any(_near(gap, text) for text in (window.begins, window.ends)):
        return
    day = datetime_from_us(gap.from_us).date()
    for begins_on in (day - timedelta(1), day, day + timedelta(1)):
        if not window.begins_on((begins_on - date(1970, 1, 1)).days):
            continue
        ends_on = begins_on + timedelta(1) if _moved_ends(window) else begins_on
        for side, wall_us in (
            ("begins", _wall_us(begins_on, window.begins)),
            ("ends", _wall_us(ends_on, window.ends)),
        ):
            if wall_us is not None and gap.from_us <= wall_us < gap.to_us:
                yield side, wall_us


def _settled(schedule: Schedule, path: str) -> Schedule:
    """Return the schedule, having refused a time that a clock change makes doubtful.

    Raises:
        InputFault: such a time, with its date, where nothing says which is meant.
    """
    for gap in () if schedule.at_clock_change else tuple(_gaps(schedule.offsets)):
        for window in schedule.windows:
            for side, wall_us in _met(window, gap):
                raise _doubt(window, gap, side, wall_us, path)
    return schedule


def _doubt(window: DailyWindow, gap: _Gap, side: str, wall_us: int, path: str) -> InputFault:
    day = datetime_from_us(wall_us).date().isoformat()
    what = "is skipped" if gap.skips else "comes twice"
    return InputFault(
        f"{path} {side}",
        value=f"{getattr(window, side)} on {day}, which {what} by a clock change",
        wanted="a local time that comes once on every day of the validity",
        repair='write the windows in UTC, or add at_clock_change = "earlier" or "later"',
    )
