"""The slow twin of `volume_fit`: every volume in turn, by the questions of `world.volume` alone.

No boxes, no order, no steps that depend on distances: what the fast one leaves out is looked at
here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from parley.detect.volume_fit import Dimension, Fit, Leaving, Seen, flown_on
from parley.world.geo import UNDECIDED, Answer, inside_all, judged
from parley.world.shape import contains, distance_to_shape_m
from parley.world.volume import PressureSource, Volume4D, altitude_inside, in_window

LOOK_EVERY_S = 0.05


def fit_plain(
    volumes: Sequence[Volume4D], seen: Seen, pressure: PressureSource | None = None
) -> Fit:
    """Return what `conformance.fit` does, having looked at every volume."""
    answers = [_answers(volume, seen, pressure) for volume in volumes]
    together = [inside_all(*each) for each in answers]
    inside = [n for n, each in enumerate(together) if each.nominal == "in"]
    if inside:
        decided = any(together[n].decided == "in" for n in inside)
        sure = [n for n in inside if together[n].decided == "in"] or inside
        best = max(sure, key=lambda n: (_margin_m(answers[n][0]), -n))
        return Fit(
            nominal="in",
            decided="in" if decided else UNDECIDED,
            volume=best,
            inward_m=_margin_m(answers[best][0]),
        )
    away = [
        (_away_m(volume, seen, answers[n][1]), n, _off_us(volume, seen.at_us))
        for n, volume in enumerate(volumes)
    ]
    _, best, off_us = min(away)
    place, height, _ = answers[best]
    across_m = distance_to_shape_m(volumes[best].shape, seen.position)
    what: tuple[Dimension, ...] = (
        *(("place",) if across_m > 0.0 else ()),
        *(("height",) if height.nominal != "in" else ()),
        *(("time",) if off_us else ()),
    )
    unknown = any(each.nominal == UNDECIDED for each in together)
    sure_out = all(each.decided == "out" for each in together)
    return Fit(
        nominal=UNDECIDED if unknown else "out",
        decided="out" if sure_out and not unknown else UNDECIDED,
        what=what,
        horizontal_m=across_m,
        vertical_m=_up_m(height),
        time_us=off_us,
        volume=best,
        inward_m=_margin_m(place) if place.nominal == "in" else 0.0,
    )


def leaving_plain(
    volumes: Sequence[Volume4D],
    seen: Seen,
    ahead_s: float,
    pressure: PressureSource | None = None,
) -> Leaving | None:
    """Return what `conformance.leaving` does, by a look every `LOOK_EVERY_S`; without what."""
    for step in range(int(ahead_s / LOOK_EVERY_S) + 1):
        in_s = step * LOOK_EVERY_S
        then = flown_on(seen, in_s)
        found = [inside_all(*_answers(volume, then, pressure)).nominal for volume in volumes]
        if all(word == "out" for word in found):
            return Leaving(in_s=in_s, ground_m=in_s * seen.speed_mps, what=()) if step else None
    return None


def _answers(
    volume: Volume4D, seen: Seen, pressure: PressureSource | None
) -> tuple[Answer, Answer, Answer]:
    place = contains(volume.shape, seen.position, seen.horizontal_m)
    height = altitude_inside(
        seen.altitude_m, seen.altitude_reference, volume.lower, volume.upper,
        uncertainty_m=seen.vertical_m, pressure=pressure, at_us=seen.at_us,
    )  # fmt: skip
    words = {
        in_window(volume.from_us, volume.to_us, seen.at_us + off_us).nominal
        for off_us in (-seen.time_us, 0, seen.time_us)
    }
    nominal = in_window(volume.from_us, volume.to_us, seen.at_us)
    # A window shorter than the doubt is met in between, or missed.
    short = volume.from_us is not None and volume.to_us is not None and words == {"out"}
    if short and volume.from_us is not None and volume.to_us is not None:
        early_us, late_us = seen.at_us - seen.time_us, seen.at_us + seen.time_us
        if early_us < volume.to_us and late_us >= volume.from_us:
            words.add("in")
    doubt = len(words) > 1
    time = judged(nominal.nominal, margin_m=0.0 if doubt else None, uncertainty_m=0.0, because="")
    return place, height, time


def _margin_m(answer: Answer) -> float:
    return math.inf if answer.margin_m is None else answer.margin_m


def _up_m(height: Answer) -> float:
    return _margin_m(height) if height.nominal == "out" else 0.0


def _off_us(volume: Volume4D, at_us: int) -> int:
    if volume.from_us is not None and at_us < volume.from_us:
        return at_us - volume.from_us
    if volume.to_us is not None and at_us >= volume.to_us:
        return at_us - volume.to_us + 1
    return 0


def _away_m(volume: Volume4D, seen: Seen, height: Answer) -> float:
    time_m = abs(_off_us(volume, seen.at_us)) / 1e6 * max(seen.speed_mps, 1.0)
    across_m = distance_to_shape_m(volume.shape, seen.position)
    return math.hypot(across_m, _up_m(height), time_m)
