"""Sunrise and sunset against another program by the same equations (astral, development only)."""

from __future__ import annotations

import datetime
import random

import pytest
from astral import Observer, SunDirection
from astral.sun import time_of_transit

from parley.world.geo import Position
from parley.world.sun import sun_event_s

DAY_S = 86_400
EVENTS = (("sunrise", SunDirection.RISING), ("sunset", SunDirection.SETTING))


def test_the_sun_rises_and_sets_within_a_minute_of_another_program() -> None:
    draw = random.Random(20)
    compared = 0
    for _ in range(4_000):
        lat_deg, lon_deg = draw.uniform(-65, 65), draw.uniform(-180, 180)
        day = draw.randrange(15_000, 30_000)
        date = datetime.date(1970, 1, 1) + datetime.timedelta(days=day)
        for event, direction in EVENTS:
            ours = sun_event_s(event, day, Position(lat_deg=lat_deg, lon_deg=lon_deg))
            assert ours is not None
            if not 0 <= ours - day * DAY_S < DAY_S:
                # There the other program takes the sun's place of the day before for the event.
                continue
            theirs = time_of_transit(
                Observer(lat_deg, lon_deg, 0), date, 90.833, direction, with_refraction=False
            )
            assert abs(ours - theirs.timestamp()) <= 60, f"{event} {date} {lat_deg} {lon_deg}"
            compared += 1
    assert compared > 5_000


@pytest.mark.parametrize(
    ("lat_deg", "lon_deg", "date", "rises", "sets"),
    [
        # As almanacs print them, in minutes: Greenwich at the solstice, New York at the equinox.
        (51.48, 0.0, "2024-06-20", "03:43", "20:21"),
        (40.71, -74.01, "2024-03-20", "10:59", "23:08"),
    ],
)
def test_the_sun_of_published_tables(
    lat_deg: float, lon_deg: float, date: str, rises: str, sets: str
) -> None:
    day = (datetime.date.fromisoformat(date) - datetime.date(1970, 1, 1)).days
    place = Position(lat_deg=lat_deg, lon_deg=lon_deg)
    for event, text in (("sunrise", rises), ("sunset", sets)):
        at_s = sun_event_s(event, day, place)
        assert at_s is not None
        hour, minute = (int(part) for part in text.split(":"))
        assert abs(at_s - day * DAY_S - hour * 3600 - minute * 60) <= 90


@pytest.mark.parametrize("lat_deg", [69.65, -78.0, 89.99, 90.0, -90.0])
def test_where_the_sun_does_not_pass_the_horizon_there_is_no_event(lat_deg: float) -> None:
    place = Position(lat_deg=lat_deg, lon_deg=18.96)
    for date in ("2026-06-21", "2026-12-21"):
        day = (datetime.date.fromisoformat(date) - datetime.date(1970, 1, 1)).days
        assert sun_event_s("sunrise", day, place) is None
        assert sun_event_s("sunset", day, place) is None


def test_a_day_lies_between_the_events_of_one_turn() -> None:
    for lon_deg in range(-180, 181, 15):
        place = Position(lat_deg=10.0, lon_deg=float(lon_deg))
        rises, sets = (sun_event_s(event, 20_000, place) for event, _ in EVENTS)
        assert rises is not None
        assert sets is not None
        assert 11.0 < (sets - rises) / 3600 < 13.0
