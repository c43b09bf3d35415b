"""What alerts were worth: told beside what was flown, in figures of which each has one definition.

The truth is `detect.encounters` on the undisturbed tracks, in continuous time, legs up to 60 s.

- *Loss*: an episode of a pair inside both minima of NORMS 8; those within `ONE_LOSS_US` are one.
- *To warn of*: a loss deeper than the step of levels (vertical minimum less quantisation). The rest
  is paper: levels 1,000 ft apart that report 925 ft. `paper` counts it.
- *Watched*: since when both have been heard without a gap of 60 s. A loss within `SEEN_S` of that
  is told apart (`sudden`): nobody could have warned of it.
- *Followed*: a loss (by the whole minimum) is under way or begins after the alert was said, before
  it ended, or within 5/4 of the time that it gave and 60 s. Else it is a nuisance. *Near*: one of
  those, but both came within 1.5 of the minima in that time.
- *Warned*: an alert stands when the loss begins, or ended less than `BREAK_US` before. The time of
  warning counts from when it was raised; a break below `BREAK_US` is none.
- *Missed*: not warned. *Late*: warned, but less than 60 s before, though watched for 90 s (or less
  than 120 s, though watched for 150). *Foreseeable*: the true states 90 s (150 s) before, straight
  on, showed that loss.
- *Said in a class*: raised in it, or becoming it from a less urgent one.
- *Flicker*: raised again within `AGAIN_US` of its end.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from parley.detect.alerting import URGENCY
from parley.detect.encounters import Minima, find_encounters, legs_from_tracks
from parley.detect.prediction import States, predict_pairs

US_PER_S = 1_000_000
GAP_S = 60.0
ONE_LOSS_US = 120 * US_PER_S
BREAK_US = 30 * US_PER_S
SEEN_S = 20.0
AGAIN_US = 120 * US_PER_S
NEAR = 1.5
CLASSES = ("coordinate", "own move only", "short-term")
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Loss:
    """One loss to warn of: of whom, when, for how long both had been watched, and seen ahead."""

    pair: Pair
    from_us: int
    watched_s: float
    seen_at_90: bool
    seen_at_150: bool


@dataclass(slots=True)
class Truth:
    """What was flown: losses to warn of, all episodes by pair, near ones, hours."""

    flight_hours: float
    span_hours: float
    losses: list[Loss]
    sudden: int
    paper: int
    inside: dict[Pair, list[tuple[int, int]]]
    near: dict[Pair, list[tuple[int, int]]]


@dataclass(slots=True)
class Alert:
    """One alert from its raise to its end, and what was said of it: class, when, loss ahead."""

    pair: Pair
    raised_us: int
    ended_us: int
    said: list[tuple[str, int, float]]
    entries: int = 1
    changes: int = 0


@dataclass(slots=True)
class Figures:
    """The row of a table; `said` by class: how often, of these nuisance, of these near."""

    alerts: int = 0
    nuisance: int = 0
    near: int = 0
    said: dict[str, list[int]] = field(default_factory=lambda: {c: [0, 0, 0] for c in CLASSES})
    missed: int = 0
    missed_foreseeable: int = 0
    late_60: int = 0
    late_60_foreseeable: int = 0
    late_120: int = 0
    late_120_foreseeable: int = 0
    warning_s: list[float] = field(default_factory=list)
    flickers: int = 0
    entries: int = 0
    changes: int = 0
    most_open: int = 0


# ---- the truth ----------------------------------------------------------------------------------


def truth_of(tracks, limits) -> Truth:
    """Return what was flown, by the minima."""
    legs = legs_from_tracks(tracks, GAP_S)
    whole = _episodes(legs, limits.horizontal_m, limits.vertical_m)
    deep = _episodes(legs, limits.horizontal_m, limits.vertical_m - limits.quantisation_m)
    near = _episodes(legs, NEAR * limits.horizontal_m, NEAR * limits.vertical_m)
    by_id = {track.id: track for track in tracks}
    losses, sudden = [], 0
    for pair, episodes in sorted(deep.items()):
        for begun_us, _ in _joined(episodes):
            since_us = max(_watched_since(by_id[name], begun_us) for name in pair)
            watched_s = (begun_us - since_us) / US_PER_S
            if watched_s < SEEN_S:
                sudden += 1
                continue
            seen = [
                watched_s >= before_s and _shown(pair, by_id, begun_us, before_s, limits)
                for before_s in (90.0, 150.0)
            ]
            losses.append(Loss(pair, begun_us, watched_s, *seen))
    span_us = max(int(t.t_us[-1]) for t in tracks) - min(int(t.t_us[0]) for t in tracks)
    flown_us = int((legs.to_us - legs.from_us).sum())
    return Truth(
        flown_us / US_PER_S / 3600, span_us / US_PER_S / 3600, losses, sudden,
        sum(len(_joined(e)) for e in whole.values()) - len(losses) - sudden, whole, near,
    )  # fmt: skip


def _episodes(legs, horizontal_m, vertical_m):
    minima = Minima(horizontal_m=horizontal_m, vertical_m=vertical_m)
    table, found = find_encounters(legs, minima), defaultdict(list)
    rows = (column.tolist() for column in (table.a, table.b, table.from_us, table.to_us))
    for a, b, from_us, to_us in zip(*rows, strict=True):
        found[table.ids[a], table.ids[b]].append((from_us, to_us))
    return found


def _joined(episodes):
    """Return episodes of one pair; those that follow soon are one."""
    made = []
    for from_us, to_us in sorted(episodes):
        if made and from_us - made[-1][1] <= ONE_LOSS_US:
            made[-1] = (made[-1][0], max(to_us, made[-1][1]))
        else:
            made.append((from_us, to_us))
    return made


def _watched_since(track, at_us) -> int:
    row = int(np.searchsorted(track.t_us, at_us, side="right")) - 1
    breaks = np.flatnonzero(np.diff(track.t_us[: row + 1]) > GAP_S * US_PER_S)
    return int(track.t_us[breaks[-1] + 1 if len(breaks) else 0])


def _shown(pair, by_id, begun_us, before_s, limits) -> bool:
    """Whether the true states so long before, straight on, show the loss (within 60 s of it)."""
    at_us = begun_us - round(before_s * US_PER_S)
    columns = [_state(by_id[name], at_us) for name in pair]
    states = States(*(np.array(column) for column in zip(*columns, strict=True)))
    vertical_m = limits.vertical_m - limits.quantisation_m
    return bool(
        len(predict_pairs(states, limits.horizontal_m, vertical_m, lookahead_s=before_s + 60))
    )


def _state(track, at_us):
    """Return the state at an instant as its last 20 s show it."""
    then_us = at_us - 20 * US_PER_S
    first_us = max(then_us, _watched_since(track, at_us))
    lat, lon, alt = (
        np.interp([first_us, at_us], track.t_us, column)
        for column in (track.lat_deg, track.lon_deg, track.alt_m)
    )
    span_s = max((at_us - first_us) / US_PER_S, 1.0)
    north_mps = np.radians(lat[1] - lat[0]) * 6_371_008.8 / span_s
    east_mps = np.radians(lon[1] - lon[0]) * 6_371_008.8 * np.cos(np.radians(lat[1])) / span_s
    return lat[1], lon[1], alt[1], east_mps, north_mps, (alt[1] - alt[0]) / span_s


# ---- the figures --------------------------------------------------------------------------------


def alerts_of(events, until_us: int) -> list[Alert]:
    """Return the alerts that events make, in the order in which they were raised."""
    made, standing = [], {}
    for event in events:
        if event.what == "raise":
            alert = Alert(event.pair, event.at_us, until_us, [_said(event)])
            made.append(alert)
            standing[event.pair] = alert
        elif event.what == "renew":
            alert = standing[event.pair]
            alert.entries += 1
            last = alert.said[-1][0]
            alert.changes += event.alert_class != last
            alert.said.append(_said(event))
        elif event.pair in standing:
            standing.pop(event.pair).ended_us = event.at_us
    return made


def _said(event):
    return event.alert_class, event.at_us, event.loss_s


def figures_of(events, truth: Truth, until_us: int) -> Figures:
    """Return the figures of a detector's events against the truth."""
    alerts, row = alerts_of(events, until_us), Figures()
    by_pair = defaultdict(list)
    for alert in alerts:
        by_pair[alert.pair].append(alert)
        row.entries += alert.entries + (alert.ended_us < until_us)
        row.changes += alert.changes
        _count_class(alert, truth, row)
    row.alerts = len(alerts)
    for each in by_pair.values():
        gaps = (b.raised_us - a.ended_us for a, b in pairwise(each))
        row.flickers += sum(gap <= AGAIN_US for gap in gaps)
    for loss in truth.losses:
        _judge(loss, by_pair.get(loss.pair, ()), row)
    row.most_open = _most_open(alerts)
    return row


def _count_class(alert: Alert, truth: Truth, row: Figures) -> None:
    worst = -1
    for number, (name, at_us, loss_s) in enumerate(alert.said):
        if URGENCY[name] <= worst:
            continue
        worst = URGENCY[name]
        until_us = max(at_us + round((1.25 * loss_s + 60.0) * US_PER_S), alert.ended_us)
        followed = _meets(truth.inside.get(alert.pair, ()), at_us, until_us)
        near = not followed and _meets(truth.near.get(alert.pair, ()), at_us, until_us)
        counts = row.said[name]
        counts[0] += 1
        counts[1] += not followed
        counts[2] += near
        if number == 0:
            row.nuisance += not followed
            row.near += near


def _meets(episodes, from_us, until_us) -> bool:
    return any(begun <= until_us and ended >= from_us for begun, ended in episodes)


def _judge(loss: Loss, alerts, row: Figures) -> None:
    since_us = _standing_since(alerts, loss.from_us)
    if since_us is None:
        row.missed += 1
        row.missed_foreseeable += loss.seen_at_90
        warned_s = 0.0
    else:
        warned_s = (loss.from_us - since_us) / US_PER_S
        if loss.watched_s >= 90.0 and warned_s < 60.0:
            row.late_60 += 1
            row.late_60_foreseeable += loss.seen_at_90
        if loss.watched_s >= 150.0 and warned_s < 120.0:
            row.late_120 += 1
            row.late_120_foreseeable += loss.seen_at_150
    if loss.watched_s >= 150.0:
        row.warning_s.append(warned_s)


def _standing_since(alerts, at_us) -> int | None:
    """Return since when an alert has stood at an instant, breaks below `BREAK_US` not counted."""
    since_us = ended_us = None
    for alert in alerts:
        if alert.raised_us > at_us:
            break
        if since_us is None or alert.raised_us - ended_us > BREAK_US:
            since_us = alert.raised_us
        ended_us = alert.ended_us
    return since_us if since_us is not None and at_us - ended_us <= BREAK_US else None


def _most_open(alerts) -> int:
    steps = sorted([(a.raised_us, 1) for a in alerts] + [(a.ended_us, -1) for a in alerts])
    return int(np.cumsum([step for _, step in steps]).max(initial=0)) if steps else 0
