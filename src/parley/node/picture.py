"""The live picture: the newest reports of each aircraft. Volatile; the recording holds them all.

Rules: a report that goes back in time, repeats an instant elsewhere, or is out of range is refused
and counted; it never moves an aircraft.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import msgspec

from parley.world.limits import NAME_CHARACTERS_MAX, TRACK_REPORTS_KEPT_MAX, TRACKS_MAX
from parley.world.time import US_MIN
from parley.world.volume import AltitudeReference

STALE_US = 60 * 1_000_000
"""A track without a report for this long is not predicted: coasting further would be a guess."""
FORGOTTEN_AFTER_US = 3_600 * 1_000_000
"""An aircraft without a report for this long is new when it comes back."""
AHEAD_US = 60 * 1_000_000
"""A report may be ahead of our clock by as much as clocks of feeds are found to differ."""
_ROOM_AT = 1_000


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
    at_us: int = 0


@dataclass(slots=True)
class PairWatch:
    """What was last seen of one pair: looks with and without a loss, and the newest report."""

    aircraft: tuple[str, ...]
    agreement: str = ""
    hits: int = 0
    misses: int = 0
    clear_from_us: int = US_MIN
    at_us: int = US_MIN

    def look(self, newest_us: int) -> bool:
        """Whether there is a newer report than at the look before; remembered."""
        fresh = newest_us > self.at_us
        self.at_us = max(self.at_us, newest_us)
        return fresh


@dataclass(slots=True)
class Picture:
    """All aircraft now known, refused reports by reason, and what is being watched."""

    aircraft: dict[str, Aircraft] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    watches: dict[tuple[str, ...], Watch] = field(default_factory=dict)
    pairs: dict[str, PairWatch] = field(default_factory=dict)
    evaluated_us: int = 0
    taken_up: bool = False
    watched_from_us: int | None = None
    _room_at: int = _ROOM_AT

    def refuse(self, why: str) -> None:
        """Count a report that is not taken."""
        self.refused[why] = self.refused.get(why, 0) + 1

    def watch(self, name: tuple[str, ...]) -> Watch:
        """Return what was last seen of something, made new if it is."""
        return self.watches.setdefault(name, Watch())

    def _make_room(self, now_us: int) -> None:
        """Forget the aircraft that were not heard for an hour; of a full picture, for a minute.

        Without this a node that runs for weeks would one day take no new aircraft.
        """
        kept_us = STALE_US if len(self.aircraft) >= TRACKS_MAX else FORGOTTEN_AFTER_US
        gone = {name for name, a in self.aircraft.items() if now_us - a.received_us > kept_us}
        for name in gone:
            del self.aircraft[name]
        if gone:
            self.watches = {
                name: watch for name, watch in self.watches.items() if name[-1] not in gone
            }
            self.pairs = {
                key: watch
                for key, watch in self.pairs.items()
                if not gone.intersection(watch.aircraft)
            }

    def take(self, report: TrackReport, now_us: int) -> bool:
        """Take a report into the picture; return whether it was taken."""
        why = _flaw(report, now_us)
        known = self.aircraft.get(report.aircraft)
        if known is None and len(self.aircraft) >= self._room_at:
            self._make_room(now_us)
            self._room_at = min(TRACKS_MAX, max(_ROOM_AT, 2 * len(self.aircraft)))
        if why is None and known is None and len(self.aircraft) >= TRACKS_MAX:
            why = "picture full"
        if why is None and known is not None and report.at_us <= known.last.at_us:
            why = "not later than the last report"
        if why is not None:
            self.refuse(why)
            return False
        if known is None:
            known = self.aircraft[report.aircraft] = Aircraft(report.aircraft, report.party)
        if known.party is None:
            # Whose it is may become known later; that it is somebody else's all at once may not.
            known.party = report.party
        elif report.party not in (None, known.party):
            self.refuse("party other than before: the first is kept")
        known.reports.append(report)
        known.received_us = now_us
        return True


def _flaw(report: TrackReport, now_us: int) -> str | None:
    """Return why a report cannot be true, or None. NaN fails every comparison below."""
    if not 0 < len(report.aircraft) <= NAME_CHARACTERS_MAX or not report.aircraft.isprintable():
        return "aircraft id empty, too long or not printable"
    if not US_MIN <= report.at_us <= now_us + AHEAD_US:
        # Taken, it would stand until then: every true report would be older than the last.
        return "time ahead of our clock"
    if not -90.0 <= report.lat_deg <= 90.0:
        return "latitude out of range"
    if not -180.0 <= report.lon_deg <= 180.0:
        return "longitude out of range"
    if not -1_000.0 <= report.altitude_m <= 100_000.0:
        return "altitude out of range"
    return None
