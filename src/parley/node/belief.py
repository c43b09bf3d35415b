"""What of one aircraft's reports is believed, and what speaks against the rest.

Here: the believed track of one aircraft, the claim that contradicts it, flags, and how an aircraft
is taken up again. Never here: heights that do not fit (`height_belief`), places over again
(`repeated`), the picture of all of them (`picture`), words for views (`coasting`).

Rules, each with what it keeps anybody from believing wrongly:

- A report belongs to the track that it fits better: the believed one, or the claim. One that fits
  neither begins a new claim. A single false report therefore moves nothing and blinds nobody.
- While a claim is not confirmed the aircraft is predicted on from its last believed state, as any
  aircraft without reports is, until it is stale; then it is not watched, and that is said. The
  claim never deletes a conflict that the believed track has, and never makes one.
- A claim is confirmed if nothing supports the old track any more and: the old one was hardly known
  (two reports); or the new place could have been reached, for ten seconds; or, where no aircraft
  could have got there, for as long as the old one coasts. It must fly as fast as before: GNSS that
  is forged puts aircraft on one point or on a slow circle. Nor is it confirmed while others are
  claimed to have jumped to the same place. Then it takes ten minutes of unbroken flight; standing
  there never confirms it, and after an hour the aircraft is as one never heard.
- If the old track goes on beside the claim, one id is used at two places. Neither is confirmed.
- A place repeated at speed is no report of a place: nobody is held for standing in the air
  (`repeated`). Who hovers, or stops as aircraft do, is believed to stand.
- A height that cannot be true spoils no place: it is kept from before meanwhile (`height_belief`).
- A clock that is ahead cannot freeze an aircraft: its report counts as of when it came in.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import msgspec

from parley.detect.plausible import (
    HARD_BRAKE_MPS2,
    STANDING_MPS,
    Known,
    height_share,
    is_alike,
    is_reachable,
    is_renewed,
    motion_over,
    place_share,
)
from parley.world.limits import TRACK_REPORTS_KEPT_MAX
from parley.world.volume import AltitudeReference

Three = tuple[float, float, float]

_SECOND_US = 1_000_000
STALE_US = 60 * _SECOND_US
"""A track without a report for this long is not predicted: coasting further would be a guess."""
MOTION_OVER_US = 500_000
"""A motion is taken over this long at least: over less an error of a place is a wild speed."""
STEADY_US = 8 * _SECOND_US
"""What the next report is compared with is the motion over this long: a repeated place and the
catching up after it, which receivers make every minute, are no motion."""
HELD_GRANTED_US = 10 * _SECOND_US
"""A place that was repeated may be as old as its first report, but so much older at most."""
CLAIM_REPORTS_KEPT_MAX = 16
SETTLED_REPORTS = 3
"""From so many reports on, over `STEADY_US`, a track is known, and what contradicts it has to be
shown for longer."""
CLAIM_SHARE = 0.25
"""A report that fits its track as well as this is never the claim's: flight mostly fits to 0.15."""
TWO_PLACES_TURNS = 2
"""A claim that goes on beside the believed track so often is a second aircraft, or a forger."""
CONFIRMED_REPORTS = 3
CONFIRMED_AFTER_US = 10 * _SECOND_US
"""For a place that could have been reached: a gap, a wrong report, a late feed."""
JUMP_CONFIRMED_REPORTS = 5
JUMP_CONFIRMED_AFTER_US = STALE_US
"""For one that could not: as long as the old track is predicted on. Nothing is lost by waiting."""
DOUBTED_CONFIRMED_AFTER_US = 600 * _SECOND_US
"""For one that looks forged: longer than an encounter, and nobody is lost for good."""
FLAG_HOLD_US = 30 * _SECOND_US
"""A flag stands this long after the last sign: reports that alternate do not make it flicker."""
CLOCK_AHEAD_US = 2 * _SECOND_US
"""A report dated so much after it came in: its clock or ours is wrong."""
CLOCK_LOOK_US = 60 * _SECOND_US
"""A clock is looked at over this long, or feeds that deliver in bursts would look like bad ones."""
CLOCK_HOLD_US = 2 * CLOCK_LOOK_US
CLOCK_DRIFT_US = 5 * _SECOND_US
CLOCK_DRIFT_SHARE = 0.05
"""Reports that come later and later, by this much and share: a slow clock, or a feed behind."""
ORDER_FAULTS = 5
"""So many more reports refused for their time than taken: the clock repeats or steps back."""

REPEATED = "place not renewed: the same as before, at speed"
NOT_REACHED = "place not reached: further than it can fly"
HEIGHT_NOT_REACHED = "height not reached: further than it can climb"
TWO_PLACES = "one id at two places"
TOGETHER = "jumped to one place with other aircraft"
OTHER_SPEED = "flies at another speed than before its jump"
REPEATED_LONG = "place repeated at speed"
CLOCK_AHEAD = "clock ahead: reports dated after they came in"
CLOCK_BEHIND = "clock slow, or feed behind: reports come later and later"
CLOCK_ORDER = "clock repeats or steps back"
NOT_LATER = "not later than the last report"
INSTANT_TWICE = "instant repeated at another place"


class TrackReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One position of one aircraft: when, where, how high above what, and whose it is.

    `feed` is where it came from, if it says so.
    """

    aircraft: str
    at_us: int
    lat_deg: float
    lon_deg: float
    altitude_m: float
    altitude_reference: AltitudeReference
    party: str | None = None
    feed: str | None = None


def is_same_place(one: TrackReport, other: TrackReport) -> bool:
    """Return whether two reports give the same place, to the last digit."""
    return one.lat_deg == other.lat_deg and one.lon_deg == other.lon_deg


@dataclass(slots=True)
class Flag:
    """Why a track is doubted, since when, the last sign of it, and whether its place is doubtful.

    Where only its time is (a clock), the place is still believed.
    """

    why: str
    since_us: int
    last_us: int
    place_doubtful: bool

    def stands(self, now_us: int) -> bool:
        """Whether there was a sign of it lately."""
        return now_us - self.last_us <= (FLAG_HOLD_US if self.place_doubtful else CLOCK_HOLD_US)


@dataclass(slots=True)
class Claim:
    """Reports that contradict the believed track and agree with each other, and since when."""

    why: str
    since_us: int
    reached: bool
    """Whether the place could have been reached at `plausible.REACH_MPS`, or its own speed."""
    reports: deque[TrackReport] = field(
        default_factory=lambda: deque(maxlen=CLAIM_REPORTS_KEPT_MAX)
    )
    count: int = 0
    from_us: int = 0
    """The time of its first report."""
    last_us: int = 0
    was_left: bool = False
    """Whether the believed track got the last report."""
    turns: int = 0
    """How often the claim went on after the believed track had."""

    @property
    def last(self) -> TrackReport:
        """The newest of its reports."""
        return self.reports[-1]


@dataclass(slots=True)
class HeightClaim:
    """Heights that contradict the believed ones and agree with each other; the places are believed.

    Rules are in `height_belief`.
    """

    since: TrackReport
    """The last report of which the height was believed."""
    up_mps: float
    """How it climbed then."""
    reached: bool
    """Whether the first of them could have been reached by any climb or descent."""
    from_us: int
    """The time of its first report."""
    reports: deque[TrackReport] = field(
        default_factory=lambda: deque(maxlen=CLAIM_REPORTS_KEPT_MAX)
    )
    """As they came: with the heights that are not believed."""
    count: int = 0


@dataclass(slots=True)
class Repeats:
    """Reports of one place over again after flight at speed: what flew there, and since when.

    Rules are in `repeated`.
    """

    flown: TrackReport
    """The last report that was news of a place."""
    motion_mps: Three
    """How it moved then."""
    since_us: int
    reports: deque[TrackReport] = field(
        default_factory=lambda: deque(maxlen=CLAIM_REPORTS_KEPT_MAX)
    )
    stands: bool = False
    """Whether it is believed to stand there."""


@dataclass(slots=True)
class Track:
    """The believed reports of one aircraft, oldest first, and what contradicts them."""

    id: str
    party: str | None
    reports: deque[TrackReport] = field(
        default_factory=lambda: deque(maxlen=TRACK_REPORTS_KEPT_MAX)
    )
    received_us: int = 0
    """When the last believed report came in."""
    heard_us: int = 0
    """When anything came in."""
    watched_since_us: int = 0
    place_since_us: int = 0
    """The time of the first report of the place of the last one."""
    motion_mps: Three | None = None
    """East, north and up over the last `STEADY_US`, for looks at reports; None: not known."""
    claim: Claim | None = None
    flag: Flag | None = None
    doubted_us: int | None = None
    """When a report last contradicted it."""
    taken_up: tuple[int, str] | None = None
    """When it was taken up again at another place, and why it had been doubted."""
    height_claim: HeightClaim | None = None
    height_faults: int = 0
    repeats: Repeats | None = None
    unread: int = 0
    """How many reports before the last one are believed only since then: of a claim."""
    order_faults: int = 0
    lag_look: tuple[int, int] | None = None
    """When the lag of its reports was looked at, and the lag."""

    @property
    def last(self) -> TrackReport:
        """The newest believed report."""
        return self.reports[-1]

    @property
    def time_us(self) -> int:
        """The time of the last report for prediction: it cannot be true later than it came in."""
        return min(self.last.at_us, self.received_us)

    @property
    def flown(self) -> tuple[TrackReport, Three | None]:
        """The last report that was news, and the motion then: what a claim is compared with."""
        if self.repeats is not None and self.repeats.stands:
            return self.repeats.flown, self.repeats.motion_mps
        return self.last, self.motion_mps

    def replayed(self) -> Iterator[Track]:
        """Yield the track as it was at each report that is believed just now, and as it is: once.

        A claim's reports moved nothing when they came. Now that they are believed, who looks for a
        line that was crossed finds when.
        """
        reports, unread = list(self.reports), self.unread
        self.unread = 0
        for count in range(len(reports) - unread, len(reports)):
            yield replace(self, reports=deque(reports[:count], maxlen=TRACK_REPORTS_KEPT_MAX))
        yield self

    def before(self) -> TrackReport | None:
        """Return the report from which the motion at the last one is taken; None: there is none."""
        return _before(self.reports, MOTION_OVER_US)

    def predicted(self, now_us: int) -> bool:
        """Whether it is predicted on from its last believed state: moving, and not stale."""
        return now_us - self.last.at_us <= STALE_US and self.before() is not None

    @property
    def settled(self) -> bool:
        """Whether its motion is known well enough to contradict a report."""
        span_us = self.last.at_us - self.reports[0].at_us
        return len(self.reports) >= SETTLED_REPORTS and span_us >= STEADY_US

    def flagged(self, now_us: int) -> Flag | None:
        """Return the flag that stands now, if one does."""
        return self.flag if self.flag is not None and self.flag.stands(now_us) else None

    def doubt(self, why: str, now_us: int, *, place: bool) -> bool:
        """Set or renew the flag; return whether it was not standing for this reason before."""
        standing = self.flagged(now_us)
        if standing is not None and standing.place_doubtful and not place:
            return False  # a doubtful place outweighs a doubtful time
        fresh = standing is None or standing.why != why
        since_us = now_us if standing is None else standing.since_us
        self.flag = Flag(why, since_us, now_us, place)
        return fresh


def _before(reports: deque[TrackReport], over_us: int) -> TrackReport | None:
    """Return the newest report long enough before the last one, of its feed if there is one.

    Never one above another reference: the difference of two references is no climb.
    """
    last = reports[-1]
    other = None
    for report in reversed(reports):
        if last.at_us - report.at_us < over_us:
            continue
        if report.altitude_reference != last.altitude_reference:
            continue
        if report.feed == last.feed:
            return report
        other = other or report
    return other


def _motion_mps(reports: deque[TrackReport]) -> Three | None:
    """Return east, north and up over about `STEADY_US`; None: there are no two reports for it."""
    before = _before(reports, STEADY_US) or _before(reports, MOTION_OVER_US)
    return None if before is None else _between(before, reports[-1])


def _between(before: TrackReport, last: TrackReport) -> Three:
    return motion_over(
        (before.lat_deg, before.lon_deg, before.altitude_m),
        (last.lat_deg, last.lon_deg, last.altitude_m),
        (last.at_us - before.at_us) / 1e6,
    )


def known_of(last: TrackReport, motion_mps: Three | None, report: TrackReport) -> Known:
    """Return what is known of a track for a look at a report."""
    # Above ground a cliff is a jump; between two references nothing can be compared.
    comparable = last.altitude_reference == report.altitude_reference != "AGL"
    height_m = last.altitude_m if comparable else None
    return Known(last.at_us, last.lat_deg, last.lon_deg, height_m, motion_mps)


def _fit(known: Known, report: TrackReport, held_us: int = 0) -> tuple[float, float]:
    """Return how badly a report fits a track in place and in height (above 1: not).

    `held_us`: for how long the last place had been reported over again: so old is it, perhaps.
    """
    # Of a clock that was ahead: the place is judged as of a moment later.
    at_us = max(report.at_us, known.at_us + MOTION_OVER_US)
    level = place_share(known, report.lat_deg, report.lon_deg, at_us + held_us)
    return level, height_share(known, report.altitude_m, at_us)


def look(track: Track, report: TrackReport) -> str:
    """Return why a later report is not part of the believed track, or nothing: it is.

    `HEIGHT_NOT_REACHED`: its place is, its height is not.
    """
    last = track.last
    flown, motion_mps = last, track.motion_mps if track.settled else None
    if not is_same_place(last, report):
        flown, motion_mps = track.flown if track.repeats is not None else (flown, motion_mps)
    elif not _stands(track, report):
        return REPEATED
    held_us = min(last.at_us - track.place_since_us, HELD_GRANTED_US)
    level, high = _fit(known_of(flown, motion_mps, report), report, held_us)
    if level > 1.0:
        return NOT_REACHED
    claim = track.claim
    if (
        claim is not None
        and not claim.reached
        and level > CLAIM_SHARE
        and _claim_share(claim, report) < 0.5 * level
    ):
        # Given time enough, any place comes into reach; it is the claim's all the same.
        return claim.why
    return HEIGHT_NOT_REACHED if high > 1.0 else ""


def _stands(track: Track, report: TrackReport) -> bool:
    """Return whether the last place, reported again, can be true, or is believed already."""
    if not track.settled or track.motion_mps is None:
        return True
    if track.repeats is not None and track.repeats.stands:
        return True
    return is_renewed(_speed_mps(track), (report.at_us - track.last.at_us) / 1e6)


def _speed_mps(track: Track) -> float:
    """Return how fast a track can have been at its last report: who brakes is slower in the end.

    But only as much slower as aircraft brake: a place that was held already looks like braking.
    Whoever fell behind by a way w in the last step and brakes with a is slower by sqrt(2 a w).
    """
    assert track.motion_mps is not None
    whole_mps = math.hypot(track.motion_mps[0], track.motion_mps[1])
    last = track.last
    between = _before(track.reports, MOTION_OVER_US)
    first = _before(track.reports, 2 * (last.at_us - between.at_us)) if between else None
    if between is None or first is None or first.at_us >= between.at_us:
        return whole_mps
    earlier_mps = math.hypot(*_between(first, between)[:2])
    later_mps = math.hypot(*_between(between, last)[:2])
    slower_mps = earlier_mps - later_mps
    if slower_mps > HARD_BRAKE_MPS2 * (last.at_us - first.at_us) / 2e6:
        return whole_mps
    behind_m = max(slower_mps, 0.0) * (last.at_us - between.at_us) / 1e6
    end_mps = earlier_mps - math.sqrt(2.0 * HARD_BRAKE_MPS2 * behind_m)
    return min(whole_mps, later_mps, max(end_mps, 0.0))


def _claim_share(claim: Claim, report: TrackReport) -> float:
    return _fit(known_of(claim.last, _motion_mps(claim.reports), report), report)[0]


def believe(track: Track, report: TrackReport, now_us: int) -> None:
    """Take a report into the believed track."""
    repeats = track.repeats
    if repeats is not None:
        moved = not is_same_place(track.last, report)
        if moved and repeats.stands:
            # It never stood there: what flew on from before begins here.
            begin_again(track, deque((report,)), REPEATED_LONG, now_us)
            return
        if moved or not repeats.stands:
            track.repeats = None
    _splice(track, report)
    while track.reports and track.last.at_us >= report.at_us:
        track.reports.pop()  # dated ahead of its reception: this one came later and is earlier
    if not track.reports or not is_same_place(track.last, report):
        track.place_since_us = report.at_us
    track.reports.append(report)
    track.motion_mps = _motion_mps(track.reports)
    track.received_us = now_us
    track.order_faults = max(track.order_faults - 1, 0)
    claim = track.claim
    if claim is not None:
        claim.was_left = True
        if now_us - claim.last_us > FLAG_HOLD_US:
            track.claim = None


def _splice(track: Track, report: TrackReport) -> None:
    """Believe a claim's reports too if a report that is believed goes on from them.

    That is, the place came into reach: what was doubted had been flown.
    """
    claim = track.claim
    if claim is None or claim.count < 2 or claim.was_left:
        return
    flown, motion_mps = track.flown
    if _claim_share(claim, report) >= _fit(known_of(flown, motion_mps, report), report)[0]:
        return
    between = [r for r in claim.reports if track.last.at_us < r.at_us < report.at_us]
    track.reports.extend(between)
    track.unread = min(len(between), TRACK_REPORTS_KEPT_MAX - 1)
    track.claim = None


def contradict(track: Track, report: TrackReport, why: str, now_us: int) -> Claim:
    """Put a report that does not fit into the claim, or begin one; return the claim."""
    claim = track.claim
    if claim is None or now_us - claim.last_us > STALE_US or _claim_share(claim, report) > 1.0:
        flown, motion_mps = track.flown
        known = known_of(flown, motion_mps, report)
        unknown = known_of(flown, None, report)
        reached = is_reachable(known, report.lat_deg, report.lon_deg, report.at_us) and (
            height_share(unknown, report.altitude_m, report.at_us) <= 1.0
        )
        claim = track.claim = Claim(why, now_us, reached, from_us=report.at_us)
    if now_us - track.received_us > STALE_US:
        claim.turns = 0  # whatever the believed track was, it is no more
    claim.turns += claim.was_left
    claim.was_left = False
    claim.reports.append(report)
    claim.count += 1
    claim.last_us = now_us
    return claim


def judged(track: Track, claim: Claim, together: int) -> tuple[bool, str]:
    """Return whether a claim is confirmed, and what its aircraft is doubted for meanwhile.

    `together`: how many other aircraft are claimed to have jumped to the same place.
    """
    span_us = claim.last.at_us - claim.from_us
    motion_mps, flown_mps = _motion_mps(claim.reports), track.flown[1]
    if claim.turns >= TWO_PLACES_TURNS:
        return False, TWO_PLACES
    if not track.settled:
        return claim.count >= CONFIRMED_REPORTS, claim.why
    if together >= 2:
        return False, TOGETHER
    if claim.reached:
        return claim.count >= CONFIRMED_REPORTS and span_us >= CONFIRMED_AFTER_US, claim.why
    if motion_mps is None or flown_mps is None:
        return False, claim.why
    if not is_alike(flown_mps, motion_mps):
        flies = math.hypot(motion_mps[0], motion_mps[1]) > STANDING_MPS
        return flies and span_us >= DOUBTED_CONFIRMED_AFTER_US, OTHER_SPEED
    return claim.count >= JUMP_CONFIRMED_REPORTS and span_us >= JUMP_CONFIRMED_AFTER_US, claim.why


def begin_again(track: Track, reports: deque[TrackReport], why: str, now_us: int) -> None:
    """Let a track begin again with some reports: what was believed before is no more."""
    track.reports = deque(reports, maxlen=TRACK_REPORTS_KEPT_MAX)
    track.place_since_us = track.last.at_us
    track.motion_mps = _motion_mps(track.reports)
    track.received_us = now_us
    track.claim = track.flag = track.doubted_us = track.height_claim = track.repeats = None
    track.height_faults = 0
    track.unread = 0
    track.taken_up = now_us, why
    track.watched_since_us = now_us


def clock_doubt(track: Track, report: TrackReport, now_us: int) -> str:
    """Return why the clock of a believed report is doubted, or nothing."""
    lag_us = now_us - report.at_us
    if lag_us < -CLOCK_AHEAD_US:
        return CLOCK_AHEAD
    if track.lag_look is None:
        track.lag_look = now_us, lag_us
        return ""
    looked_us, before_us = track.lag_look
    if now_us - looked_us < CLOCK_LOOK_US:
        return ""
    track.lag_look = now_us, lag_us
    least_us = max(CLOCK_DRIFT_US, round(CLOCK_DRIFT_SHARE * (now_us - looked_us)))
    return CLOCK_BEHIND if lag_us - before_us > least_us else ""
