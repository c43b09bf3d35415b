"""A picture that is fed with generated tracks, and what it said on the way, for its tests."""

from __future__ import annotations

import sys
from pathlib import Path

from parley.node import belief
from parley.node.coasting import status
from parley.node.picture import (
    Picture,
    TrackReport,
)

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "detect"))

import trackfaults as faults

NOW_US = 10**15
SECOND_US = 1_000_000
NOT_CLIMBED = belief.HEIGHT_NOT_REACHED


def report_of(shown: faults.Shown) -> TrackReport:
    return TrackReport(
        aircraft=shown.aircraft,
        at_us=NOW_US + round(shown.at_s * SECOND_US),
        lat_deg=shown.lat_deg,
        lon_deg=shown.lon_deg,
        altitude_m=shown.alt_m,
        altitude_reference=shown.reference,
        feed=shown.feed,
    )


def us(seconds: float) -> int:
    return NOW_US + round(seconds * SECOND_US)


def at_s(report: TrackReport) -> float:
    return (report.at_us - NOW_US) / SECOND_US


class Seen:
    """A picture fed with a track, and the status of each aircraft at each second on the way."""

    def __init__(self, track: faults.Track) -> None:
        self.picture = Picture()
        self.taken: list[faults.Shown] = []
        self.words: dict[str, dict[int, str]] = {}
        next_s = 0
        for shown in track:
            while next_s < shown.received_s:
                self.look(next_s)
                next_s += 1
            if self.picture.take(report_of(shown), us(shown.received_s)):
                self.taken.append(shown)

    def look(self, at_s: int) -> None:
        for name in self.picture.aircraft:
            self.words.setdefault(name, {})[at_s] = status(self.picture, name, us(at_s)).word

    def during(self, name: str, from_s: int, to_s: int) -> set[str]:
        return {word for s, word in self.words[name].items() if from_s <= s < to_s}


def believed_near(track: faults.Track, seen: Seen, within_m: float) -> bool:
    """Whether everything that was believed lies on the true track."""
    true = {s.at_s: s for s in track}
    return all(
        faults.GEOD.inv(s.lon_deg, s.lat_deg, true[s.at_s].lon_deg, true[s.at_s].lat_deg)[2]
        <= within_m
        for s in seen.taken
    )
