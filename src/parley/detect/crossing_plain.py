"""The slow plain twin of `crossing`: the same questions answered in fractions and by bisection.

Here: for planar tracks, every leg against every edge in exact fractions; presence by looking often
and halving, with the outline judged by its winding angle. Nothing in the product calls it. It knows
no antimeridian and no geodesic legs: the tests shift and cut those before they ask.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from parley.detect.crossing import SAME_US, Crossing, State
from parley.world.geo import Position

if TYPE_CHECKING:
    from parley.world.track import Track

Point = tuple[Fraction, Fraction]


def _turn(first: Point, last: Point, point: Point) -> Fraction:
    """Return twice the signed area of a triangle, exactly."""
    return (last[0] - first[0]) * (point[1] - first[1]) - (last[1] - first[1]) * (
        point[0] - first[0]
    )


def line_crossings_plain(track: Track, line: Sequence[Position]) -> list[Crossing]:
    """Return the crossings of a planar track with a line, in exact fractions."""
    vertices = [(Fraction(p.lon_deg), Fraction(p.lat_deg)) for p in line]
    path = [
        (int(t), (Fraction(float(lon)), Fraction(float(lat))))
        for t, lon, lat in zip(track.t_us, track.lon_deg, track.lat_deg, strict=True)
    ]
    turns: dict[Fraction, int] = {}
    for (t_one, one), (t_two, two) in pairwise(path):
        for first, last in pairwise(vertices):
            before, after = _turn(first, last, one), _turn(first, last, two)
            splits = (_turn(one, two, first) >= 0) != (_turn(one, two, last) >= 0)
            if (before >= 0) == (after >= 0) or not splits:
                continue
            at = t_one + (t_two - t_one) * before / (before - after)
            turns[at] = turns.get(at, 0) + (1 if before >= 0 else -1)
    instants: list[list[Fraction | int]] = []
    for at in sorted(turns):
        if instants and at - instants[-1][0] <= SAME_US:
            instants[-1][1] += turns[at]
        else:
            instants.append([at, turns[at]])
    return [
        Crossing(
            at_us=round(at),
            from_side="left" if turn > 0 else "right",
            to_side="right" if turn > 0 else "left",
        )
        for at, turn in instants
        if turn
    ]


def presence_plain(
    track: Track,
    rings: Sequence[Sequence[Position]],
    limits_m: tuple[float | None, float | None],
    window_us: tuple[int | None, int | None],
    looks: int,
) -> list[tuple[int, State]]:
    """Return the states of a planar track in a volume, as seen in `looks` looks, halved to 1 us."""
    start_us = max(int(track.t_us[0]), -(10**18) if window_us[0] is None else window_us[0])
    end_us = min(int(track.t_us[-1]), 10**18 if window_us[1] is None else window_us[1])
    if start_us > end_us:
        return []

    def state(at_us: float) -> State:
        lon_deg, lat_deg, alt_m = _at(track, at_us)
        low_m, high_m = limits_m
        if (low_m is not None and alt_m < low_m) or (high_m is not None and alt_m > high_m):
            return "outside"
        turns = sum(_winding(ring, lon_deg, lat_deg) for ring in rings)
        return "inside" if turns % 2 else "outside"

    step_us = max((end_us - start_us) / looks, 1.0)
    states: list[tuple[int, State]] = [(start_us, state(start_us))]
    last_us, last = float(start_us), states[0][1]
    for look in range(1, looks + 1):
        at_us = min(start_us + look * step_us, float(end_us))
        now = state(at_us)
        if now != last:
            states.append((_change_us(state, last_us, at_us), now))
        last_us, last = at_us, now
    return states


def _change_us(state: Callable[[float], State], before_us: float, after_us: float) -> int:
    """Return the instant at which the state changes between two instants that differ in it."""
    first = state(before_us)
    while after_us - before_us > 0.5:
        middle_us = 0.5 * (before_us + after_us)
        if state(middle_us) == first:
            before_us = middle_us
        else:
            after_us = middle_us
    return round(after_us)


def _at(track: Track, at_us: float) -> tuple[float, float, float]:
    """Return longitude, latitude and altitude at an instant, straight between reports."""
    k = 0
    while k + 2 < len(track.t_us) and track.t_us[k + 1] < at_us:
        k += 1
    if len(track.t_us) == 1:
        return float(track.lon_deg[0]), float(track.lat_deg[0]), float(track.alt_m[0])
    share = (at_us - int(track.t_us[k])) / int(track.t_us[k + 1] - track.t_us[k])
    columns = (track.lon_deg, track.lat_deg, track.alt_m)
    lon_deg, lat_deg, alt_m = (float(c[k] + (c[k + 1] - c[k]) * share) for c in columns)
    return lon_deg, lat_deg, alt_m


def _winding(ring: Sequence[Position], lon_deg: float, lat_deg: float) -> int:
    """Return how often a ring goes round a point (sign dropped)."""
    angles = [math.atan2(p.lat_deg - lat_deg, p.lon_deg - lon_deg) for p in ring]
    whole = 0.0
    for one, other in zip(angles, [*angles[1:], angles[0]], strict=True):
        whole += (other - one + math.pi) % (2.0 * math.pi) - math.pi
    return abs(round(whole / (2.0 * math.pi)))
