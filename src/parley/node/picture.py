"""The live picture: the newest reports of each aircraft. Volatile; the recording holds them all.

Rules: a report that goes back in time, repeats an instant elsewhere, or is out of range is refused
and counted; it never moves an aircraft.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import msgspec

from parley.world.limits import TRACK_REPORTS_KEPT_MAX, TRACKS_MAX
from parley.world.volume import AltitudeReference


class TrackReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One position of one aircraft: when, where, how high above what, and whose it is."""

    aircraft: str
    at_us: int
    lat_deg: float
    lon_deg: float
    altitude_m: float
    altitude_reference: AltitudeReference
    party: str | None = None


@dataclass(slots=True)
class Aircraft:
    """The newest reports of one aircraft, oldest first, and when the last one came in."""

    id: str
    party: str | None
    reports: deque[TrackReport] = field(
        default_factory=lambda: deque(maxlen=TRACK_REPORTS_KEPT_MAX)
    )
    received_us: int = 0

    @property
    def last(self) -> TrackReport:
        """The newest report."""
        return self.reports[-1]


@dataclass(slots=True)
class Watch:
    """What was last seen of one pair, aircraft and object: for M-of-N and for crossings."""

    hits: int = 0
    misses: int = 0
    state: str = ""


@dataclass(slots=True)
class Picture:
    """All aircraft now known, refused reports by reason, and what is being watched."""

    aircraft: dict[str, Aircraft] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    watches: dict[tuple[str, ...], Watch] = field(default_factory=dict)
    evaluated_us: int = 0

    def refuse(self, why: str) -> None:
        """Count a report that is not taken."""
        self.refused[why] = self.refused.get(why, 0) + 1

    def watch(self, name: tuple[str, ...]) -> Watch:
        """Return what was last seen of something, made new if it is."""
        return self.watches.setdefault(name, Watch())

    def take(self, report: TrackReport, now_us: int) -> bool:
        """Take a report into the picture; return whether it was taken."""
        why = _flaw(report)
        known = self.aircraft.get(report.aircraft)
        if why is None and known is None and len(self.aircraft) >= TRACKS_MAX:
            why = "picture full"
        if why is None and known is not None and report.at_us <= known.last.at_us:
            why = "not later than the last report"
        if why is not None:
            self.refuse(why)
            return False
        if known is None:
            known = self.aircraft[report.aircraft] = Aircraft(report.aircraft, report.party)
        known.reports.append(report)
        known.received_us = now_us
        return True


def _flaw(report: TrackReport) -> str | None:
    """Return why a report cannot be true, or None. NaN fails every comparison below."""
    if not -90.0 <= report.lat_deg <= 90.0:
        return "latitude out of range"
    if not -180.0 <= report.lon_deg <= 180.0:
        return "longitude out of range"
    if not -1_000.0 <= report.altitude_m <= 100_000.0:
        return "altitude out of range"
    return None
