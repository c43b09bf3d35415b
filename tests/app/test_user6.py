"""What a duty officer, an analyst and a newcomer found at release 6; it stays so, or waits."""

from __future__ import annotations

import re

import pytest
from alertkit import conflict, raise_conflicts, resolved, state_of
from conflictkit import en_route, flown, head_on
from conflictkit import raised as raised_in
from conflictkit import resolved as resolved_in
from nodekit import pair
from simkeys import oracle
from simworld import SECOND_US, SimWorld
from test_chain_times import chain, times

from parley.app.alert_lines import alert_lines, flight_words, rest_lines
from parley.app.alert_views import AlertsView, StateShown, alerts_view
from parley.app.page_alerts import alerts_part
from parley.app.service import Feed


@pytest.fixture(autouse=True)
def quickly():
    with oracle():
        yield


def view_of(world: SimWorld) -> AlertsView:
    feeds = {"radar": Feed(last_us=world.now_us - 3 * SECOND_US, reports=12)}
    return alerts_view(world.node("ALFA").state, feeds, world.now_us)


def page_of(world: SimWorld) -> str:
    return str(alerts_part(view_of(world), world.now_us))


# ---- at three in the morning --------------------------------------------------------------------


def test_a_row_says_how_long_is_left_without_arithmetic() -> None:
    world = pair()
    raise_conflicts(world, conflict(world, "1", loss_s=90), conflict(world, "2", loss_s=10))
    text = "\n".join(alert_lines(view_of(world)))
    assert re.search(r"short-term: A1 and B1: loss \S+Z \(in 1 min 30 s\), clause C1", text)
    world.run(20)
    text = "\n".join(alert_lines(view_of(world)))
    assert re.search(r"A2 and B2: loss \S+Z \(predicted since 10 s\), clause C1", text)


def test_a_row_says_whose_they_are_where_and_how_they_move() -> None:
    """Two names alone are no help on the line: the other end asks where, how high, which way."""
    world = pair()
    at_us = world.now_us
    states = (
        state_of("A1", "ALFA", at_us, up_mmps=-10_160),
        state_of("B1", "BRAVO", at_us, east_mmps=0, north_mmps=-102_889),
    )
    raise_conflicts(world, conflict(world, "1", states=states))
    wanted = (
        "35.0000 38.0000, 16404 ft AMSL, track 090 at 389 kt, descending 2000 ft/min",
        "35.0000 38.0000, 16404 ft AMSL, track 180 at 200 kt, level",
    )
    text, page = "\n".join(alert_lines(view_of(world))), page_of(world)
    for who, words in zip(("A1 of ALFA", "B1 of BRAVO"), wanted, strict=True):
        assert re.search(rf"  {who} at \S+Z \(\d+ s ago\): {re.escape(words)}\n", text)
        assert re.search(rf"{who} at \S+Z \(\d+ s ago\): {re.escape(words)}<", page)


def test_an_aircraft_that_stands_has_no_track() -> None:
    shown = StateShown(
        aircraft="D1", party=None, at_us=0, lat_e9=-500_000_000, lon_e9=-1_250_000_000,
        altitude_mm=100_000, altitude_reference="WGS84", east_mmps=-40, north_mmps=0, up_mmps=0,
        age_us=0,
    )  # fmt: skip
    when = "1970-01-01T00:00:00Z (2 min 5 s ago)"
    wanted = f"D1 of no party at {when}: -0.5000 -1.2500, 328 ft WGS84, standing, level"
    assert flight_words(shown, 125 * SECOND_US) == wanted


def test_counts_begin_with_the_most_urgent_class() -> None:
    world = pair()
    raise_conflicts(world, *(conflict(world, str(s), loss_s=s) for s in (60, 400, 900)))
    assert "1 short-term, 1 own move only, 1 coordinate" in page_of(world)


def test_the_command_line_says_how_old_a_feed_is() -> None:
    (line,) = [each for each in rest_lines(view_of(pair())) if each.startswith("feed radar")]
    assert "(3 s ago), 12 reports" in line


def test_an_end_after_the_loss_had_come_does_not_read_as_averted() -> None:
    """Two that flew through each other end as "no loss predicted", like two that made way."""
    world = pair()
    (averted,) = raise_conflicts(world, conflict(world, "1", loss_s=600))
    (flown,) = raise_conflicts(world, conflict(world, "2", loss_s=20))
    world.run(60)
    resolved(world, averted)
    resolved(world, flown)
    world.run(1)
    lines = {e.split(" ")[1]: e for e in rest_lines(view_of(world)) if e.startswith("resolved")}
    assert lines["A1"].endswith("no loss predicted")
    assert re.search(r"the loss that was predicted for \S+Z had come before$", lines["A2"])
    assert "had come before" in page_of(world)


def test_a_chain_whose_loss_came_is_not_closed_by_motion() -> None:
    """Nobody made way: what ended the conflict is that they had passed one another."""
    world = pair()
    chain(world, "1", loss_s=30, motion_s=120)
    assert times(world)["ALFA"].unclosed == 1


def test_an_end_for_a_doubted_track_does_not_say_that_nobody_reports_it() -> None:
    """B1 is claimed on one point 500 km away, every five seconds: refused is not unheard."""
    world = en_route()
    a, b = head_on(100_000.0)

    def elsewhere(second):
        name, party, lat, lon, alt_m = b(second)
        return (name, party, lat, lon, alt_m) if second < 60 else (name, party, 50.0, 16.0, alt_m)

    written = flown(world, [a, elsewhere], 200)
    assert raised_in(written)
    ends = [e.body.why for _, e in resolved_in(written)]
    ends += [e.body.why for e in world.node("ALFA").state.scope("AB").resolved.values()]
    assert ends
    assert not any("no report of B1" in why for why in ends)
    assert all("reports of B1 are not believed: flies at another speed" in why for why in ends)
    assert all(re.search(r"claimed \d+\.\d km away", why) for why in ends)
