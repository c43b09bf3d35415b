"""Stretches of a track by what a rule says of each position: looked at as often as it may change.

What does not live here: the rules (`verdict_geometry`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from parley.world.geo import Position, distance_m
from parley.world.time import seconds_between
from parley.world.track import Track, position_at

Word = Literal["kept", "broken", "undecided"]
Seen = tuple[Word, float | None]
"""What is so at a position, and how far at least the next change is; None: not known."""
_LOOK_US = 2_000_000
_LOOK_LEAST_US = 200_000
_LOOKS_MAX = 20_000
_HALVED_TO_US = 50_000


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a track in which one word holds."""

    word: Word
    from_us: int
    to_us: int

    @property
    def seconds_s(self) -> float:
        """How long it is."""
        return seconds_between(self.from_us, self.to_us)


def spans(track: Track, word_at: Callable[[Position, float, int], Seen]) -> list[Span]:
    """Return the stretches of a track by what a rule says of each of its positions, in order.

    Where the rule says how far the next change is, the next look is as late as the aircraft needs
    at its fastest to get there: nothing is passed over, and long ways off are not looked at often.
    """

    def at(at_us: int) -> Seen:
        found = position_at(track, at_us)
        assert found is not None, "asked for inside the track's own time"
        return word_at(found[0], found[1], at_us)

    at_us, last_us, most_mps = int(track.t_us[0]), int(track.t_us[-1]), fastest_mps(track)
    least_us = max(_LOOK_LEAST_US, (last_us - at_us) // _LOOKS_MAX)
    found: list[Span] = []
    begin_us, (word, away_m) = at_us, at(at_us)
    while at_us < last_us:
        step_us = _LOOK_US if away_m is None else round(away_m / most_mps * 1e6)
        next_us = min(last_us, at_us + max(step_us, least_us))
        new, away_m = at(next_us)
        if new != word:
            turn_us = _turn_us(lambda us: at(us)[0], at_us, next_us, word)
            found.append(Span(word, begin_us, turn_us))
            begin_us, word = turn_us, new
        at_us = next_us
    return [*found, Span(word, begin_us, last_us)]


def fastest_mps(track: Track) -> float:
    """Return a speed that the track never exceeds, by its reports."""
    most_mps = 1.0
    for row in range(len(track) - 1):
        here, there = (
            Position(lat_deg=float(track.lat_deg[k]), lon_deg=float(track.lon_deg[k]))
            for k in (row, row + 1)
        )
        gone_s = seconds_between(int(track.t_us[row]), int(track.t_us[row + 1]))
        # Straight in longitude and latitude is no even speed on the ground.
        most_mps = max(most_mps, 1.1 * distance_m(here, there) / gone_s)
    return most_mps


def _turn_us(at: Callable[[int], Word], low_us: int, high_us: int, word: Word) -> int:
    """Return the instant at which a word ends, between two looks."""
    while high_us - low_us > _HALVED_TO_US:
        middle_us = (low_us + high_us) // 2
        if at(middle_us) == word:
            low_us = middle_us
        else:
            high_us = middle_us
    return high_us
