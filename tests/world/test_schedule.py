"""Schedules against a slow plain twin: a clock on the wall, looked at every minute."""

from __future__ import annotations

import datetime
import zoneinfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.world.faults import InputFault
from parley.world.geo import Position
from parley.world.schedule import (
    OFFSETS_MAX,
    SPAN_DAYS_MAX,
    WEEKDAYS,
    WINDOWS_MAX,
    DailyWindow,
    Schedule,
    hours_at,
    hours_between,
    next_begin_us,
    parse_time_of_day,
)
from parley.world.time import parse_instant_us

MINUTE_US = 60_000_000
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
BERLIN = ((parse_instant_us("2026-01-01T00:00:00Z"), 3600),
          (parse_instant_us("2026-03-29T01:00:00Z"), 7200),
          (parse_instant_us("2026-10-25T01:00:00Z"), 3600))  # fmt: skip
UNTIL_US = parse_instant_us("2027-03-01T00:00:00Z")


def at(text: str) -> int:
    return parse_instant_us(f"{text}:00Z")


def berlin(*windows: DailyWindow) -> Schedule:
    return Schedule(windows=windows, timezone="Europe/Berlin", offsets=BERLIN, until_us=UNTIL_US)


def plain_inside(schedule: Schedule, at_us: int) -> bool:
    """Whether a wall clock and a calendar say that a window is on; for windows by the clock."""
    ahead_s = 0
    for from_us, seconds in schedule.offsets:
        if from_us <= at_us:
            ahead_s = seconds
    wall = EPOCH + datetime.timedelta(microseconds=at_us, seconds=ahead_s)
    today, minute = wall.date(), wall.hour * 60 + wall.minute
    for window in schedule.windows:
        begin, end = (parse_time_of_day(t).minutes for t in (window.begins, window.ends))
        yesterday = today - datetime.timedelta(days=1)

        def on(day: datetime.date, window: DailyWindow = window) -> bool:
            named = not window.days or WEEKDAYS[day.weekday()] in window.days
            first, last = window.first or "0001-01-01", window.last or "9999-12-31"
            return named and first <= day.isoformat() <= last

        if begin < end:
            if on(today) and begin <= minute < end:
                return True
        elif (on(today) and minute >= begin) or (on(yesterday) and minute < end):
            return True
    return False


def minutes_text(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


# Berlin's clocks change between 2 and 3: what is said in this hour is refused with the document.
CLOCK = st.sampled_from([m for m in range(0, 1440, 7) if not 120 <= m < 180] + [0, 120 + 60, 1439])
DATES = st.sampled_from(["", "2026-03-27", "2026-03-29", "2026-10-24", "2026-10-26"])


@st.composite
def windows(draw: st.DrawFn) -> DailyWindow:
    first, last = draw(DATES), draw(DATES)
    if first and last and last < first:
        first, last = last, first
    days = draw(st.lists(st.sampled_from(WEEKDAYS), unique=True, max_size=4))
    begins, ends = minutes_text(draw(CLOCK)), minutes_text(draw(CLOCK))
    if draw(st.booleans()) and begins != "00:00":
        ends = draw(st.sampled_from([ends, "24:00"]))
    return DailyWindow(begins=begins, ends=ends, days=tuple(days), first=first, last=last)


@given(
    st.lists(windows(), min_size=1, max_size=4),
    st.sampled_from(["2026-03-27", "2026-03-28", "2026-06-01", "2026-10-23", "2026-10-24"]),
    st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_windows_are_those_of_a_wall_clock(
    listed: list[DailyWindow], start: str, local: bool
) -> None:
    schedule = berlin(*listed) if local else Schedule(windows=tuple(listed))
    from_us = at(f"{start}T00:00")
    to_us = from_us + 3 * DAY_US
    found = hours_between(schedule, from_us, to_us)
    assert not found.undecided
    for begin_us, end_us in found.windows:
        assert from_us <= begin_us < end_us <= to_us
    for at_us in range(from_us, to_us, MINUTE_US):
        inside = plain_inside(schedule, at_us)
        assert (found.at(at_us) == "inside") == inside, f"{at_us} of {schedule}"
        if at_us % (97 * MINUTE_US) == 0:
            assert (hours_at(schedule, at_us) == "inside") == inside


def test_the_twin_knows_the_clocks_of_berlin() -> None:
    """The offsets used above are those of the time zone rules, looked up here and nowhere else."""
    zone = zoneinfo.ZoneInfo("Europe/Berlin")
    for from_us, ahead_s in BERLIN:
        moment = datetime.datetime.fromtimestamp(from_us / 1e6, tz=zone)
        assert moment.utcoffset() == datetime.timedelta(seconds=ahead_s)


@pytest.mark.row("A15", "R7")
def test_windows_that_meet_are_one_and_leave_no_instant_between() -> None:
    two = Schedule(windows=(
        DailyWindow(begins="08:00", ends="10:00"), DailyWindow(begins="10:00", ends="12:00"),
    ))  # fmt: skip
    found = hours_between(two, at("2026-06-01T00:00"), at("2026-06-02T00:00"))
    assert found.windows == ((at("2026-06-01T08:00"), at("2026-06-01T12:00")),)
    edge_us = at("2026-06-01T10:00")
    assert [hours_at(two, edge_us + step) for step in (-1, 0, 1)] == ["inside"] * 3
    over = Schedule(windows=(
        DailyWindow(begins="22:00", ends="24:00"), DailyWindow(begins="00:00", ends="02:00"),
    ))  # fmt: skip
    found = hours_between(over, at("2026-06-01T12:00"), at("2026-06-02T12:00"))
    assert found.windows == ((at("2026-06-01T22:00"), at("2026-06-02T02:00")),)


def test_a_window_over_midnight_belongs_to_the_day_on_which_it_begins() -> None:
    night = Schedule(windows=(DailyWindow(begins="22:00", ends="06:00", days=("fri",)),))
    # 2026-06-05 was a Friday.
    found = hours_between(night, at("2026-06-05T00:00"), at("2026-06-08T00:00"))
    assert found.windows == ((at("2026-06-05T22:00"), at("2026-06-06T06:00")),)
    last = Schedule(windows=(DailyWindow(begins="22:00", ends="06:00", last="2026-06-05"),))
    assert hours_at(last, at("2026-06-06T05:59")) == "inside"
    assert hours_at(last, at("2026-06-06T22:00")) == "outside"


def test_an_equal_begin_and_end_is_a_whole_day() -> None:
    whole = Schedule(windows=(DailyWindow(begins="06:00", ends="06:00", days=("mon",)),))
    found = hours_between(whole, at("2026-06-01T00:00"), at("2026-06-03T00:00"))
    assert found.windows == ((at("2026-06-01T06:00"), at("2026-06-02T06:00")),)


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-29", 23), ("2026-03-30", 24), ("2026-10-25", 25)]
)
def test_a_day_has_23_24_or_25_hours(day: str, hours: int) -> None:
    window = DailyWindow(begins="00:00", ends="24:00", first=day, last=day)
    schedule = berlin(window)
    start_us = at(f"{day}T00:00") - DAY_US
    found = hours_between(schedule, start_us, start_us + 3 * DAY_US)
    assert [end - begin for begin, end in found.windows] == [hours * HOUR_US]


@pytest.mark.parametrize(
    ("begins", "day", "why"),
    [("02:30", "2026-03-29", "never shows"), ("02:30", "2026-10-25", "shows this time twice")],
)
def test_a_time_that_the_clock_shows_twice_or_never_is_undecided(
    begins: str, day: str, why: str
) -> None:
    schedule = berlin(DailyWindow(begins=begins, ends="04:00", first=day, last=day))
    found = hours_between(schedule, at(f"{day}T00:00"), at(f"{day}T23:00"))
    assert not found.windows
    assert why in found.undecided[0].because
    assert hours_at(schedule, at(f"{day}T01:30")) == "undecided"
    assert hours_at(schedule, at(f"{day}T12:00")) == "outside"


@pytest.mark.parametrize(
    ("day", "which", "begin"),
    [
        ("2026-03-29", "earlier", "00:30"),
        ("2026-03-29", "later", "01:30"),
        ("2026-10-25", "earlier", "00:30"),
        ("2026-10-25", "later", "01:30"),
    ],
)
def test_a_document_may_say_which_of_two_instants_it_means(
    day: str, which: str, begin: str
) -> None:
    window = DailyWindow(begins="02:30", ends="05:00", first=day, last=day)
    schedule = Schedule(
        windows=(window,), timezone="Europe/Berlin", offsets=BERLIN, until_us=UNTIL_US,
        at_clock_change=which,
    )  # fmt: skip
    found = hours_between(schedule, at(f"{day}T00:00"), at(f"{day}T23:00"))
    assert not found.undecided
    assert found.windows[0][0] == at(f"{day}T{begin}")


def test_what_no_offset_covers_is_undecided_and_never_outside() -> None:
    schedule = berlin(DailyWindow(begins="10:00", ends="11:00"))
    assert hours_at(schedule, UNTIL_US - 1) == "outside"
    assert hours_at(schedule, UNTIL_US) == "undecided"
    assert hours_at(schedule, BERLIN[0][0] - 1) == "undecided"
    empty = Schedule(
        windows=schedule.windows, timezone="Europe/Berlin", until_us=UNTIL_US, offsets=()
    )
    for hour in range(0, 72, 5):
        assert hours_at(empty, at("2026-06-01T00:00") + hour * HOUR_US) == "undecided"


@pytest.mark.parametrize(("day", "known"), [("2026-06-21", False), ("2026-03-20", True)])
def test_a_day_without_sunset_is_undecided(day: str, known: bool) -> None:
    tromso = Position(lat_deg=69.65, lon_deg=18.96)
    schedule = Schedule(
        windows=(DailyWindow(begins="sunset", ends="sunrise", first=day, last=day),), sun_at=tromso
    )
    found = hours_between(schedule, at(f"{day}T00:00"), at(f"{day}T00:00") + 2 * DAY_US)
    assert bool(found.windows) is known
    assert bool(found.undecided) is not known
    if not known:
        assert "no sunset" in found.undecided[0].because
        assert hours_at(schedule, at(f"{day}T12:00")) == "undecided"


def test_the_sun_of_a_local_day_is_found_on_both_sides_of_the_date_line() -> None:
    for lon_deg, zone_s in ((179.0, 43_200), (-179.0, -43_200), (0.0, 0)):
        place = Position(lat_deg=-17.0, lon_deg=lon_deg)
        schedule = Schedule(
            windows=(DailyWindow(begins="sunrise", ends="sunset+00:30"),),
            timezone="Test/Zone",
            offsets=((at("2026-01-01T00:00"), zone_s),),
            until_us=at("2027-01-01T00:00"),
            sun_at=place,
        )
        found = hours_between(schedule, at("2026-06-01T00:00"), at("2026-06-11T00:00"))
        assert not found.undecided
        whole = [(b, e) for b, e in found.windows if b % DAY_US and e % DAY_US]
        assert 9 <= len(whole) <= 10
        for begin_us, end_us in whole:
            begins_at = (begin_us + zone_s * 1_000_000) % DAY_US / HOUR_US
            assert 5.5 < begins_at < 7.0, "in the morning of the place's own clock"
            assert 11.0 < (end_us - begin_us) / HOUR_US < 12.5


def test_the_next_begin_is_later_than_the_instant() -> None:
    schedule = Schedule(windows=(DailyWindow(begins="08:00", ends="10:00"),))
    start_us = at("2026-06-01T08:00")
    assert next_begin_us(schedule, start_us, 8 * DAY_US) == start_us + DAY_US
    assert next_begin_us(schedule, start_us - 1, 8 * DAY_US) == start_us
    over = Schedule(windows=(DailyWindow(begins="08:00", ends="10:00", last="2026-06-01"),))
    assert next_begin_us(over, start_us, 8 * DAY_US) is None


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"begins": "25:00"}, "window begins"),
        ({"begins": "24:00"}, "window begins"),
        ({"ends": "dusk"}, "window ends"),
        ({"ends": "sunset+13:00"}, "window ends"),
        ({"begins": "6:00"}, "window begins"),
        ({"first": "2026-02-30"}, "window first"),
        ({"first": "20260201"}, "window first"),
        ({"first": "2026-03-01", "last": "2026-02-01"}, "window last"),
    ],
)
def test_a_window_that_says_nothing_clear_is_refused(change: dict[str, str], what: str) -> None:
    with pytest.raises(InputFault, match=what):
        DailyWindow(**({"begins": "06:00", "ends": "18:00"} | change))


def test_a_schedule_has_its_limits() -> None:
    one = DailyWindow(begins="06:00", ends="18:00")
    for changes, what in (
        ({"windows": (one,) * (WINDOWS_MAX + 1)}, "schedule windows"),
        ({"windows": (one,) * 10_000}, "schedule windows"),
        ({"windows": ()}, "schedule windows"),
        ({"offsets": ((0, 0),)}, "schedule offsets"),
        ({"timezone": "X", "offsets": ((5, 0), (5, 60))}, "not in order"),
        ({"timezone": "X", "offsets": ((5, 90_000),)}, "schedule offset"),
        ({"timezone": "X", "offsets": tuple((n, 0) for n in range(OFFSETS_MAX + 1))}, "offsets"),
        ({"windows": (DailyWindow(begins="sunrise", ends="18:00"),)}, "sun_at"),
    ):
        with pytest.raises(InputFault, match=what):
            Schedule(**({"windows": (one,)} | changes))
    schedule = Schedule(windows=(one,))
    start_us = at("2026-06-01T00:00")
    with pytest.raises(InputFault, match="schedule span"):
        hours_between(schedule, start_us, start_us + (SPAN_DAYS_MAX + 1) * DAY_US)
    hundred = Schedule(windows=(DailyWindow(
        begins="06:00", ends="18:00", first="1990-01-01", last="2089-12-31"
    ),))  # fmt: skip
    assert hours_at(hundred, at("2050-06-01T07:00")) == "inside"
