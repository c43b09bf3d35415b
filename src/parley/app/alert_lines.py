"""Alerts as lines of text for the command line: what, by when, who has it, who acted."""

from __future__ import annotations

import math
from collections.abc import Iterable

from parley.app.alert_views import (
    AlertsView,
    AlertView,
    EndedView,
    LinkShown,
    StateShown,
    end_words,
    held_words,
    life_words,
)
from parley.world.time import format_instant, format_second
from parley.world.units import (
    MICROSECONDS_PER_SECOND,
    feet_from_metres,
    nautical_miles_from_metres,
)

LEVEL_FT_PER_MIN = 300.0
"""Slower climbs and descents are called level: a receiver's steps of 25 ft look like them."""


def apart_words(horizontal_mm: int, vertical_mm: int, joint: str = "and") -> str:
    """Return a distance as it is said on the line: nautical miles and feet.

    >>> apart_words(1_852_000, 304_800)
    '1.00 NM and 1000 ft'
    """
    across_nm = nautical_miles_from_metres(horizontal_mm / 1000)
    up_ft = feet_from_metres(vertical_mm / 1000)
    return f"{across_nm:.2f} NM {joint} {up_ft:.0f} ft"


def alert_lines(view: AlertsView) -> list[str]:
    """Return the open alerts, and each conflict with who has it and who acted."""
    lines: list[str] = []
    raisers: dict[str, list[AlertView]] = {}
    now_us = view.watch.at_us
    for each in view.alerts:
        raisers.setdefault(_head(each, now_us), []).append(each)
    for line, same in raisers.items():
        # Both parties of an overlap raise it, in the same words: it is one.
        by = sorted({p for a in same for p in (a.raised_by, *(o.raised_by for o in a.others))})
        lines.append(f"{line}; raised by {', '.join(by)}")
        for each in same:
            lines += _more(each, view.links, now_us)
    if view.left_out:
        lines.append(f"and {view.left_out} more open alerts: GET /api/alerts?first=N")
    return lines


def title(alert: AlertView) -> str:
    """Return what an alert is about; of a conflict always its aircraft, whatever its text says."""
    names = " and ".join(alert.aircraft)
    if alert.forms:
        return f"{names} ({alert.text})" if alert.text else names
    return alert.text or names


def _head(each: AlertView, now_us: int | None = None) -> str:
    what = title(each)
    if each.what == "intent overlap":
        # Two plans: nobody flies yet, and no clause is kept or broken.
        return f"{each.alert_class}: {what}"
    loss = "no loss predicted"
    if each.loss_us:
        loss = f"loss {format_second(each.loss_us)}"
        loss += f" ({left_words(each.loss_us, now_us)})" if now_us is not None else ""
    binding = "binding" if each.binding else "advisory"
    return f"{each.alert_class}: {what}: {loss}, clause {each.clause or 'none'} ({binding})"


def left_words(loss_us: int, now_us: int) -> str:
    """Return how long it is to a loss; of one whose time has come, since when it was predicted.

    >>> left_words(90_500_000, 0), left_words(0, 754_000_000)
    ('in 1 min 30 s', 'predicted since 12 min 34 s')
    """
    if loss_us > now_us:
        return f"in {_span(loss_us - now_us)}"
    return f"predicted since {_span(now_us - loss_us)}"


def _span(of_us: int) -> str:
    minutes, rest_s = divmod(of_us // MICROSECONDS_PER_SECOND, 60)
    return f"{minutes} min {rest_s} s" if minutes else f"{rest_s} s"


def flight_words(state: StateShown, now_us: int) -> str:
    """Return whose an aircraft is, where it is, how high and how it moves, as said on the line.

    As of when it was told last, which may be minutes ago and is said. The track is over ground from
    true north; the height has its reference, and none is turned into another.
    """
    place = f"{state.lat_e9 / 1e9:.4f} {state.lon_e9 / 1e9:.4f}"
    height = f"{feet_from_metres(state.altitude_mm / 1000):.0f} ft {state.altitude_reference}"
    speed_mps = math.hypot(state.east_mmps, state.north_mmps) / 1000
    speed_kt = nautical_miles_from_metres(speed_mps * 3600)
    track_deg = round(math.degrees(math.atan2(state.east_mmps, state.north_mmps))) % 360
    moves = f"track {track_deg:03d} at {speed_kt:.0f} kt" if round(speed_kt) else "standing"
    climb_ft_per_min = feet_from_metres(state.up_mmps / 1000 * 60)
    climbs = "level"
    if abs(climb_ft_per_min) >= LEVEL_FT_PER_MIN:
        word = "climbing" if climb_ft_per_min > 0 else "descending"
        climbs = f"{word} {abs(climb_ft_per_min):.0f} ft/min"
    who = f"{state.aircraft} of {state.party or 'no party'}"
    when = f"{format_second(state.at_us)} ({_span(max(0, now_us - state.at_us))} ago)"
    return f"{who} at {when}: {place}, {height}, {moves}, {climbs}"


def _more(each: AlertView, links: Iterable[LinkShown], now_us: int) -> list[str]:
    """Return what else is known of a conflict; nothing of other alerts, as it always was."""
    if each.life is None or not each.forms:
        return []
    lines = [f"  {each.life.word.upper()}; {'; '.join(life_words(each.life))}"]
    if each.least_horizontal_mm is not None and each.vertical_then_mm is not None:
        lines.append(f"  {'; '.join(limit_words(each))}")
    lines += [f"  {flight_words(state, now_us)}" for state in each.states]
    lines += [f"  {text}" for text in held_words(each, links)]
    lines += [f"  {text}" for text in doubt_words(each)]
    return [*lines, f"  {each.key[0]} {each.key[1]}"]


def limit_words(alert: AlertView) -> list[str]:
    """Return distances and minima, and how likely the loss is."""
    found = []
    if alert.least_horizontal_mm is not None and alert.vertical_then_mm is not None:
        found.append(f"least {apart_words(alert.least_horizontal_mm, alert.vertical_then_mm)}")
    if alert.horizontal_mm is not None and alert.vertical_mm is not None:
        joint = "and" if alert.both_needed else "or"
        found.append(f"minima {apart_words(alert.horizontal_mm, alert.vertical_mm, joint)}")
    if alert.quantisation_mm:
        found.append(
            f"{feet_from_metres(alert.quantisation_mm / 1000):.0f} ft off the vertical one"
        )
    if alert.probability_ppm is not None:
        found.append(f"P {alert.probability_ppm / 1_000_000:.2f}")
    elif alert.forms:
        found.append("P not known: the uncertainty of a track is not known")
    return found


def short_words(alert: AlertView) -> str:
    """Return a conflict as one row of a watch: who, by when, how close, and whose people acted."""
    loss = f", loss {format_second(alert.loss_us)}" if alert.loss_us is not None else ""
    least = limit_words(alert)[0] if alert.least_horizontal_mm is not None else "not known"
    others = [] if alert.life is None else [f"{p.party} {p.word}" for p in alert.life.parties]
    return f"{' and '.join(alert.aircraft)}{loss}, {least}; {', '.join(others)}".rstrip("; ")


def doubt_words(alert: AlertView) -> list[str]:
    """Return what somebody must know before trusting the numbers of an alert."""
    found = []
    if alert.forms and not alert.own and not alert.others:
        found.append(f"{alert.raised_by} alone says so: our own node does not predict it")
    differ = [each for each in alert.others if each.alert_class != alert.alert_class]
    found += [f"{each.raised_by} says {each.alert_class}" for each in differ]
    old = [s for s in alert.states if s.status != "reported" or s.age_us > 10_000_000]
    found += [f"{s.aircraft}: {s.status}, {s.age_us / 1e6:.0f} s old when evaluated" for s in old]
    found += alert.doubts
    return found + (list(alert.life.remarks) if alert.life is not None else [])


def rest_lines(view: AlertsView) -> list[str]:
    """Return notices, what ended, times to act, and what an empty list rests on."""
    feeds = ", ".join(f.feed for f in view.watch.feeds) or "none"
    lines = [] if view.total else [f"No alerts from feeds: {feeds}."]
    lines += [f"notice: {n.text} ({format_second(n.raised_us)})" for n in view.notices]
    lines += [_ended_line(each) for each in view.ended]
    for name, chains in view.chains.items():
        lines.append(f"time to act under {name}: {'; '.join(each.text for each in chains)}")
    lines += [
        f"feed {f.feed}: last report {format_second(f.last_us)} "
        f"({_span(max(0, view.watch.at_us - f.last_us))} ago), {f.reports} reports"
        for f in view.watch.feeds
    ]
    watched = f"{view.watch.watched} of {view.watch.aircraft} aircraft watched"
    coasting = view.watch.by_status.get("coasting", 0)
    watched += f", {coasting} of them coasting" if coasting else ""
    # Last of all, where a terminal stops: above it a crowd's list has scrolled away.
    lines += [f"NOT IN THE LIST: {each}" for each in view.crowds]
    return [*lines, f"{watched}. Not watched, or not fully: {'; '.join(view.watch.not_watched)}."]


def _ended_line(each: EndedView) -> str:
    when = f"{format_second(each.ended_us)} by {each.raised_by}"
    return f"resolved: {' and '.join(each.aircraft)} ({when}): {end_words(each)}"


# ---- one alert, whole ---------------------------------------------------------------------------


def whole_lines(alert: AlertView, links: Iterable[LinkShown]) -> list[str]:
    """Return an alert with everything that its evaluation needs, one value each."""
    lines = [f"{_head(alert)}; raised by {alert.raised_by} {format_instant(alert.raised_us)}"]
    lines += [f"evaluated by {alert.evaluator or 'unknown'} at {format_instant(alert.told_us)}"]
    if alert.least_us is not None and alert.loss_us is not None:
        until = format_instant(alert.end_us) if alert.end_us else "beyond the look-ahead"
        lines.append(f"loss {format_instant(alert.loss_us)} until {until}")
        lines.append(f"nearest {format_instant(alert.least_us)}")
    lines.append("; ".join(limit_words(alert)) or "no distances")
    if alert.horizontal_mm is not None and alert.vertical_mm is not None:
        joint = "and" if alert.both_needed else "or"
        exact = f"{alert.horizontal_mm} mm {joint} {alert.vertical_mm} mm"
        off = f"{alert.quantisation_mm} mm taken off the vertical one"
        lines.append(f"minima exactly {exact}, {off}")
    if alert.chain_s:
        times = ", ".join(f"{party} {time_s} s" for party, time_s in sorted(alert.chain_s.items()))
        lines.append(f"classed by times to act: {times}")
    lines += [line for each in alert.states for line in _state_lines(each)]
    for form in alert.forms:
        held = ", ".join(f"{party} {word}" for party, word in sorted(form.held_by.items()))
        loss = format_second(form.loss_us)
        lines.append(
            f"{format_second(form.at_us)} {form.alert_class}, loss {loss}; held by: {held}"
        )
    for other in alert.others:
        apart = apart_words(other.least_horizontal_mm, other.vertical_then_mm)
        lines.append(
            f"{other.raised_by} says {other.alert_class}, loss {format_second(other.loss_us)}, "
            f"least {apart} ({other.key[0]} {other.key[1]})"
        )
    lines += held_words(alert, links)
    if alert.life is not None:
        lines += life_words(alert.life)
        if alert.life.resolved_us is not None:
            lines.append(f"RESOLVED {format_second(alert.life.resolved_us)}: {alert.life.why}")
        lines += [f"does not count: {remark}" for remark in alert.life.remarks]
    return lines


def _state_lines(state: StateShown) -> list[str]:
    sigma = [
        f"{name} {value} {unit}" if value is not None else f"{name} not known"
        for name, value, unit in (
            ("horizontal", state.horizontal_sigma_mm, "mm"),
            ("vertical", state.vertical_sigma_mm, "mm"),
            ("velocity", state.velocity_sigma_mmps, "mm/s"),
        )
    ]
    place = f"{state.lat_e9 / 1e9:.9f} {state.lon_e9 / 1e9:.9f}"
    height = f"{state.altitude_mm} mm {state.altitude_reference}"
    moves = f"east {state.east_mmps} north {state.north_mmps} up {state.up_mmps} mm/s"
    age = f"{state.status}, {state.age_us / 1e6:.3f} s old, feed {state.feed or 'not said'}"
    who = f"{state.aircraft} of {state.party or 'no party'} at {format_instant(state.at_us)}"
    found = [f"{who}: {place}, {height}", f"  {moves}; {age}", f"  one sigma: {', '.join(sigma)}"]
    if state.members:
        found.append(f"  formation of {', '.join(state.members)}, radius {state.radius_mm} mm")
    return found
