"""Alert levels of detect and avoid: none, preventive, corrective, warning, without memory.

Here: alerters, the level of each pair now, one aircraft against all others, pairs in canonical
order. Never here: hysteresis, M of N, how long an alert lives, parties.

An alerter is a list of levels, each with a volume and an alerting time. The level of a pair is the
largest one whose violation, under straight motion of both, begins before its alerting time has
passed (Munoz et al., DASC 2015; times of RTCA DO-365). Without memory: the same motion has the same
level, whatever was before.

A state that cannot have been flown (spoofing, a clock fault) is not believed. Its pairs have the
level `NOT_WATCHED`, which is not "none": nobody has looked.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from parley.detect.orthographic import project_pairs
from parley.detect.states import States
from parley.detect.well_clear import (
    NONCOOPERATIVE,
    PHASE1,
    PHASE1_PREVENTIVE,
    PHASE2,
    Intervals,
    Motions,
    Volume,
    violation_intervals,
)
from parley.detect.well_clear import warm as warm_well_clear
from parley.world.faults import InputFault

Levels = NDArray[np.int8]

NOT_WATCHED, NO_ALERT, PREVENTIVE, CORRECTIVE, WARNING = -1, 0, 1, 2, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRule:
    """One level of an alerter: its volume, and how long before a violation it alerts."""

    level: int
    volume: Volume
    alerting_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerter:
    """The levels of one kind of operation, from the lowest to the highest.

    Raises:
        InputFault: levels that do not rise within 1 to 3, or an alerting time that is not above 0
        and within its volume's lookahead.
    """

    name: str
    rules: tuple[AlertRule, ...]
    source: str

    def __post_init__(self) -> None:
        levels = [rule.level for rule in self.rules]
        if not levels or levels != sorted({*levels} & {PREVENTIVE, CORRECTIVE, WARNING}):
            raise InputFault(f"alerter {self.name} levels", value=levels, wanted="rising, 1 to 3")
        for rule in self.rules:
            if not 0.0 < rule.alerting_s <= rule.volume.lookahead_s:
                raise InputFault(
                    f"alerter {self.name} level {rule.level} alerting time in seconds",
                    value=rule.alerting_s,
                    wanted=f"above 0, up to the lookahead of {rule.volume.lookahead_s:g} s",
                )


PHASE1_ALERTER = Alerter(
    name="phase1",
    rules=(
        AlertRule(level=PREVENTIVE, volume=PHASE1_PREVENTIVE, alerting_s=55.0),
        AlertRule(level=CORRECTIVE, volume=PHASE1, alerting_s=55.0),
        AlertRule(level=WARNING, volume=PHASE1, alerting_s=25.0),
    ),
    source="RTCA DO-365 phase I, en route",
)
PHASE2_ALERTER = Alerter(
    name="phase2",
    rules=(AlertRule(level=WARNING, volume=PHASE2, alerting_s=45.0),),
    source="RTCA DO-365 phase II, terminal area",
)
NONCOOPERATIVE_ALERTER = Alerter(
    name="noncooperative",
    rules=(
        AlertRule(level=CORRECTIVE, volume=NONCOOPERATIVE, alerting_s=55.0),
        AlertRule(level=WARNING, volume=NONCOOPERATIVE, alerting_s=25.0),
    ),
    source="RTCA DO-365, non-cooperative traffic",
)
ALERTERS: dict[str, Alerter] = {
    alerter.name: alerter for alerter in (PHASE1_ALERTER, PHASE2_ALERTER, NONCOOPERATIVE_ALERTER)
}


def alert_levels(motions: Motions, alerter: Alerter = PHASE1_ALERTER) -> Levels:
    """Return the level of each pair: 0 none, 1 preventive, 2 corrective, 3 warning.

    Head-on at 200 m/s, level. From 20 km the violation begins in 64 s, from 18 km in 54 s:

    >>> motions = Motions([20_000.0, 18_000.0, 12_000.0], [0.0] * 3, [0.0] * 3,
    ...                   [-200.0] * 3, [0.0] * 3, [0.0] * 3)
    >>> alert_levels(motions).tolist()
    [0, 2, 3]
    """
    levels = np.zeros(len(motions), dtype=np.int8)
    seen: dict[Volume, Intervals] = {}
    for rule in alerter.rules:
        if rule.volume not in seen:
            seen[rule.volume] = violation_intervals(motions, rule.volume)
        levels[seen[rule.volume].in_s < rule.alerting_s] = rule.level
    return levels


def well_clear_of_states(states: States, own_row: int, alerter: Alerter = PHASE1_ALERTER) -> Levels:
    """Return the level of every aircraft as one of them sees it, in its own plane.

    The row of the ownship itself has level 0; rows that cannot have been flown `NOT_WATCHED`, and
    all rows if that is the ownship.

    Raises:
        InputFault: a row that there is not.

    >>> states = States(lat_deg=[47, 47, 48], lon_deg=[8, 8.18, 9], alt_m=[900, 900, 900],
    ...                 east_mps=[100, -100, 0], north_mps=[0, 0, 0], up_mps=[0, 0, 0])
    >>> well_clear_of_states(states, 0).tolist()
    [0, 2, 0]
    """
    others = np.arange(len(states))
    levels = _levels(states, own_row, others, alerter)
    if levels[own_row] != NOT_WATCHED:
        levels[own_row] = NO_ALERT
    return levels


def well_clear_of_pairs(
    states: States, one: ArrayLike, other: ArrayLike, alerter: Alerter = PHASE1_ALERTER
) -> Levels:
    """Return the level of each pair of rows, the same for both: the lower row is ownship.

    Two parties that hold the same states in the same order (sort them by id) get the same answer,
    whoever of the pair is whose.

    Raises:
        InputFault: a row that there is not, a pair of one aircraft with itself, or columns of
        different lengths.
    """
    first, second = np.atleast_1d(np.asarray(one)), np.atleast_1d(np.asarray(other))
    if first.shape != second.shape:
        raise InputFault(
            "pairs", value=(first.shape, second.shape), wanted="two columns of one length"
        )
    same = np.flatnonzero(first == second)
    if same.size:
        raise InputFault(
            f"pair {int(same[0])}", value=int(first[same[0]]), wanted="two different aircraft"
        )
    return _levels(states, np.minimum(first, second), np.maximum(first, second), alerter)


def warm() -> None:
    """Compile what this module runs, or load it from the cache."""
    warm_well_clear()


def _levels(states: States, own: ArrayLike, other: ArrayLike, alerter: Alerter) -> Levels:
    plane = project_pairs(states, own, other)
    levels = alert_levels(plane.motions(), alerter)
    levels[~plane.watched] = NOT_WATCHED
    return levels
