"""The live picture: the believed reports of each aircraft. Volatile; the recording holds them all.

Rules: a report that goes back in time, repeats an instant elsewhere, is out of range or cannot be
true beside those before (`belief`) is refused and counted by reason; it never moves an aircraft.
Everything is a function of the reports and of the times at which they came in; memory is bounded by
`TRACKS_MAX` aircraft, whatever comes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from parley.detect.plausible import surface_m
from parley.node import belief, height_belief, repeated
from parley.node.belief import STALE_US as STALE_US
from parley.node.belief import Track as Aircraft
from parley.node.belief import TrackReport as TrackReport
from parley.world.limits import NAME_CHARACTERS_MAX, TRACKS_MAX
from parley.world.time import US_MIN

__all__ = [
    "AHEAD_US",
    "FORGOTTEN_AFTER_US",
    "STALE_US",
    "Aircraft",
    "PairWatch",
    "Picture",
    "TrackReport",
    "Watch",
]

FORGOTTEN_AFTER_US = 3_600 * 1_000_000
"""An aircraft without a believed report for this long is new when it comes back."""
AHEAD_US = 60 * 1_000_000
"""A report may be ahead of our clock by as much as clocks of feeds are found to differ."""
REASONS_MAX = 1_000
"""Reasons of refusal that are counted apart; more of them would be made up from outside."""
OTHER_REASONS = "other reasons"
_ROOM_AT = 1_000
_LANDING_CELL_M = 20_000.0
"""Jumps to places no further apart than this are to one place: an airport and its circuit."""
_LANDED_US = 600 * 1_000_000


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
class Landings:
    """Where aircraft are claimed to have jumped to, beyond what they can fly, by cells."""

    cells: dict[tuple[int, int, int], dict[str, int]] = field(default_factory=dict)
    cell_of: dict[str, tuple[int, int, int]] = field(default_factory=dict)

    def add(self, report: TrackReport, now_us: int) -> None:
        """Note that an aircraft is claimed to be there."""
        self.drop(report.aircraft)
        cell = _cell(report)
        self.cell_of[report.aircraft] = cell
        self.cells.setdefault(cell, {})[report.aircraft] = now_us

    def drop(self, name: str) -> None:
        """Forget an aircraft."""
        cell = self.cell_of.pop(name, None)
        if cell is None:
            return
        del self.cells[cell][name]
        if not self.cells[cell]:
            del self.cells[cell]

    def others(self, report: TrackReport, now_us: int) -> int:
        """Return how many other aircraft jumped to about the same place lately."""
        count = 0
        for cell in _around(_cell(report)):
            there = self.cells.get(cell, {})
            # The longest unheard stand first; each is dropped once.
            for name in [n for n, at_us in _until(there, now_us - _LANDED_US)]:
                self.drop(name)
            count += len(there) - (report.aircraft in there)
        return count


@dataclass(slots=True)
class Picture:
    """All aircraft now known, refused reports by reason, and what is being watched."""

    aircraft: dict[str, Aircraft] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    in_part: dict[str, int] = field(default_factory=dict)
    """Reports of which the place is believed and the height is not, by reason."""
    flags_raised: dict[str, int] = field(default_factory=dict)
    watches: dict[tuple[str, ...], Watch] = field(default_factory=dict)
    pairs: dict[str, PairWatch] = field(default_factory=dict)
    evaluated_us: int = 0
    taken_up: bool = False
    watched_from_us: int | None = None
    at_place: dict[tuple[float, float], dict[str, None]] = field(default_factory=dict)
    """The aircraft whose last believed place is exactly this one."""
    landings: Landings = field(default_factory=Landings)
    _room_at: int = _ROOM_AT

    def refuse(self, why: str) -> None:
        """Count a report that is not taken."""
        _count(self.refused, why)

    def watch(self, name: tuple[str, ...]) -> Watch:
        """Return what was last seen of something, made new if it is."""
        return self.watches.setdefault(name, Watch())

    # ---- forgetting -----------------------------------------------------------------------------

    def _make_room(self, now_us: int) -> None:
        """Forget the aircraft that were not heard for an hour; of a full picture, for a minute.

        Without this a node that runs for weeks would one day take no new aircraft.
        """
        kept_us = STALE_US if len(self.aircraft) >= TRACKS_MAX else FORGOTTEN_AFTER_US
        gone = {name for name, a in self.aircraft.items() if now_us - a.received_us > kept_us}
        self._forget(gone)

    def _forget(self, gone: set[str]) -> None:
        for name in sorted(gone):
            self._leave_place(self.aircraft.pop(name))
            self.landings.drop(name)
        if gone:
            self.watches = {
                name: watch for name, watch in self.watches.items() if name[-1] not in gone
            }
            self.pairs = {
                key: watch
                for key, watch in self.pairs.items()
                if not gone.intersection(watch.aircraft)
            }

    # ---- reports --------------------------------------------------------------------------------

    def take(self, report: TrackReport, now_us: int, feed: str = "") -> bool:
        """Take a report into the picture; return whether it is believed.

        It then is `aircraft.last`, with the height that is believed; or the track was taken up
        again just now and is to be read anew (`aircraft.taken_up`).

        Args:
            report: of one aircraft.
            now_us: when it came in.
            feed: where it came from, unless the report itself says so.
        """
        why = _flaw(report, now_us) or _misnamed(report, feed)
        known = self.aircraft.get(report.aircraft)
        if known is not None and now_us - known.received_us > FORGOTTEN_AFTER_US:
            self._forget({known.id})
            known = None
        if known is None and len(self.aircraft) >= self._room_at:
            self._make_room(now_us)
            self._room_at = min(TRACKS_MAX, max(_ROOM_AT, 2 * len(self.aircraft)))
        if why is None and known is None and len(self.aircraft) >= TRACKS_MAX:
            why = "picture full"
        if why is not None:
            self.refuse(why)
            return False
        if feed and report.feed is None:
            report = msgspec.structs.replace(report, feed=feed)
        if known is None:
            known = self.aircraft[report.aircraft] = Aircraft(report.aircraft, report.party)
            known.watched_since_us = now_us
        else:
            believed = self._believed(known, report, now_us)
            if believed is None:
                return False
            report = believed
            self._leave_place(known)
        self._believe(known, report, now_us)
        return True

    def _believed(self, known: Aircraft, report: TrackReport, now_us: int) -> TrackReport | None:
        """Return what of a report is believed, or None: nothing, and it is counted."""
        known.heard_us = now_us
        # A report dated ahead stands as of when it came in, or it would shut out the true ones.
        if report.at_us <= min(known.last.at_us, known.received_us):
            place = (report.lat_deg, report.lon_deg)
            same = place == (known.last.lat_deg, known.last.lon_deg)
            instant_twice = report.at_us == known.last.at_us and not same
            self.refuse(belief.INSTANT_TWICE if instant_twice else belief.NOT_LATER)
            known.order_faults += 1
            if known.order_faults >= belief.ORDER_FAULTS:
                self._doubt(known, belief.CLOCK_ORDER, now_us, place=False)
            return None
        why = belief.look(known, report)
        if not why:
            height_belief.height_fits(known)
            return report
        if why == belief.HEIGHT_NOT_REACHED:
            return self._height_kept(known, report, now_us)
        if why == belief.REPEATED:
            taken = self._repeated(known, report, now_us)
        else:
            taken = self._contradicted(known, report, why, now_us)
        return report if taken else None

    def _height_kept(self, known: Aircraft, report: TrackReport, now_us: int) -> TrackReport:
        """Return a report with the height that is believed; with its own if that is confirmed."""
        claim = height_belief.height_claim(known, report)
        if height_belief.is_confirmed(known, claim):
            self._begin_again(known, claim.reports, belief.HEIGHT_NOT_REACHED, now_us)
            return report
        _count(self.in_part, belief.HEIGHT_NOT_REACHED)
        if known.repeats is None and height_belief.is_garbled(known, claim):
            self._doubt(known, belief.HEIGHT_NOT_REACHED, now_us, place=True)
        return height_belief.with_kept_height(claim, report)

    def _repeated(self, known: Aircraft, report: TrackReport, now_us: int) -> bool:
        """Keep a place that is repeated at speed; return whether it now stands there."""
        repeats = repeated.repeat(known, report, now_us)
        if repeated.is_flagged(known, report):
            self._doubt(known, belief.REPEATED_LONG, now_us, place=True)
        if not repeated.is_standing(repeats):
            self.refuse(belief.REPEATED)
            return False
        self._leave_place(known)
        repeated.stand(known, repeats, now_us)
        _count(self.flags_raised, f"taken as standing: {belief.REPEATED_LONG}")
        return True

    def _begin_again(
        self, known: Aircraft, reports: deque[TrackReport], why: str, now_us: int
    ) -> None:
        self._leave_place(known)
        self.landings.drop(known.id)
        belief.begin_again(known, reports, why, now_us)
        _count(self.flags_raised, f"taken up again: {why}")

    def _contradicted(self, known: Aircraft, report: TrackReport, why: str, now_us: int) -> bool:
        """Keep what contradicts a track as a claim; return whether the claim is now confirmed."""
        claim = belief.contradict(known, report, why, now_us)
        together = 0
        if not claim.reached:
            self.landings.add(report, now_us)
            together = self.landings.others(report, now_us)
        confirmed, doubt = belief.judged(known, claim, together)
        if confirmed:
            before_us = known.last.at_us
            self._begin_again(known, claim.reports, doubt, now_us)
            known.unread = sum(r.at_us > before_us for r in claim.reports) - 1
            return True
        self.refuse(why)
        again = known.doubted_us is not None and now_us - known.doubted_us <= belief.FLAG_HOLD_US
        known.doubted_us = now_us
        if again or claim.count > 1:
            self._doubt(known, doubt, now_us, place=True)
        return False

    def _believe(self, known: Aircraft, report: TrackReport, now_us: int) -> None:
        if known.party is None:
            # Whose it is may become known later; that it is somebody else's all at once may not.
            known.party = report.party
        elif report.party not in (None, known.party):
            self.refuse("party other than before: the first is kept")
        if not known.reports or known.last is not report:
            belief.believe(known, report, now_us)
        known.heard_us = now_us
        self.at_place.setdefault((report.lat_deg, report.lon_deg), {})[known.id] = None
        if known.claim is None:
            self.landings.drop(known.id)
        elif belief.judged(known, known.claim, 0)[1] == belief.TWO_PLACES:
            self._doubt(known, belief.TWO_PLACES, now_us, place=True)
        if repeated.is_flagged(known, report):
            self._doubt(known, belief.REPEATED_LONG, now_us, place=True)
        doubt = belief.clock_doubt(known, report, now_us)
        if doubt:
            self._doubt(known, doubt, now_us, place=False)

    def _doubt(self, known: Aircraft, why: str, now_us: int, *, place: bool) -> None:
        if known.doubt(why, now_us, place=place):
            _count(self.flags_raised, why)

    def _leave_place(self, known: Aircraft) -> None:
        place = (known.last.lat_deg, known.last.lon_deg)
        there = self.at_place.get(place)
        if there is not None:
            there.pop(known.id, None)
            if not there:
                del self.at_place[place]


def _count(counts: dict[str, int], why: str) -> None:
    if why not in counts and len(counts) >= REASONS_MAX:
        why = OTHER_REASONS
    counts[why] = counts.get(why, 0) + 1


def _cell(report: TrackReport) -> tuple[int, int, int]:
    x_m, y_m, z_m = surface_m(report.lat_deg, report.lon_deg)
    return int(x_m // _LANDING_CELL_M), int(y_m // _LANDING_CELL_M), int(z_m // _LANDING_CELL_M)


def _around(cell: tuple[int, int, int]) -> Iterator[tuple[int, int, int]]:
    x, y, z = cell
    near = (-1, 0, 1)
    return ((x + i, y + j, z + k) for i in near for j in near for k in near)


def _until(there: dict[str, int], before_us: int) -> Iterator[tuple[str, int]]:
    """Yield what was noted before a time; the oldest stand first."""
    for name, at_us in there.items():
        if at_us >= before_us:
            return
        yield name, at_us


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


def _misnamed(report: TrackReport, feed: str) -> str | None:
    """Return why what a report says of its party or feed is no name, or None.

    Both stand in what is written about a conflict, which every node must be able to read.
    """
    for name in (report.party, report.feed, feed):
        if name and not (len(name) <= NAME_CHARACTERS_MAX and name.isprintable()):
            return "party or feed name too long or not printable"
    return None
