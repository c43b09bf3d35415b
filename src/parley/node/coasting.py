"""What the picture knows of each aircraft, in words: watched, coasting, stale, flagged, single.

Here: the status of one aircraft and the summary of all. Never here: what is believed (`belief`).

That a list of alerts is empty says something of watched aircraft only. So every other status is
listed as not watched, or not fully (coasting, a height kept), in a sentence of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice, pairwise
from statistics import median
from typing import Literal

from parley.detect.plausible import distance_m
from parley.node import belief
from parley.node.belief import STALE_US, Claim, Track
from parley.node.picture import Picture

StatusWord = Literal["watched", "coasting", "stale", "flagged", "one report only"]
STATUS_WORDS: tuple[StatusWord, ...] = (
    "watched", "coasting", "stale", "flagged", "one report only",
)  # fmt: skip

_SECOND_US = 1_000_000
COASTING_INTERVALS = 3
"""Reports of its own usual interval that have to be missing: one and two are lost every day."""
COASTING_LEAST_US = 5 * _SECOND_US
"""Feeds deliver in bursts; below this nothing is missing."""
COASTING_AGE_US = 30 * _SECOND_US
"""A place this old when it comes is a guess by half of what is allowed at all."""
INTERVALS_LOOKED_AT = 8
TAKEN_UP_SAID_US = 600 * _SECOND_US
"""So long it is said of an aircraft that it was taken up again at another place."""
SAME_PLACE_US = 10 * _SECOND_US
SAME_PLACE = "exactly at the place of another aircraft"
_SAME_PLACE_LOOKED_AT = 8


@dataclass(frozen=True, slots=True)
class TrackStatus:
    """How far an aircraft is watched, since when, how old its place is, and why.

    `is_watched`: whether the absence of an alert about it says anything.
    """

    word: StatusWord
    since_us: int
    age_us: int
    why: str = ""

    @property
    def is_watched(self) -> bool:
        """Whether it is predicted from reports that are believed; coasting counts, and is said."""
        return self.word in ("watched", "coasting")


@dataclass(frozen=True, slots=True)
class WatchSummary:
    """How many aircraft have which status, and sentences of what is not watched, or not fully."""

    counts: dict[StatusWord, int]
    not_watched: tuple[str, ...]


def usual_interval_us(track: Track) -> int | None:
    """Return the median time between its newest reports; None: there are not two."""
    newest = list(islice(reversed(track.reports), INTERVALS_LOOKED_AT + 1))
    gaps_us = [later.at_us - earlier.at_us for later, earlier in pairwise(newest)]
    return round(median(gaps_us)) if gaps_us else None


def coasts_from_us(track: Track) -> int:
    """Return from when on a track that gets no report is coasting."""
    usual_us = usual_interval_us(track) or 0
    patience_us = min(max(COASTING_INTERVALS * usual_us, COASTING_LEAST_US), STALE_US)
    return min(track.received_us + patience_us, track.time_us + COASTING_AGE_US)


def status(picture: Picture, name: str, now_us: int) -> TrackStatus:
    """Return how far an aircraft is watched, in one word, and why.

    Raises:
        KeyError: an aircraft that the picture does not know.
    """
    track = picture.aircraft[name]
    age_us = now_us - track.time_us
    flag = track.flagged(now_us)
    if flag is not None:
        return TrackStatus("flagged", flag.since_us, age_us, _doubted(track, flag, now_us))
    if now_us - track.last.at_us > STALE_US:
        return TrackStatus("stale", track.last.at_us + STALE_US, age_us, _stale(track, now_us))
    if track.before() is None:
        why = "no motion known: no second report half a second apart above the same reference"
        return TrackStatus("one report only", track.watched_since_us, age_us, why)
    if _has_company(picture, track):
        return TrackStatus("flagged", track.last.at_us, age_us, SAME_PLACE)
    why = ""
    if track.taken_up is not None and now_us - track.taken_up[0] <= TAKEN_UP_SAID_US:
        ago_s = (now_us - track.taken_up[0]) // _SECOND_US
        why = f"taken up again after a contradiction {ago_s} s ago: {track.taken_up[1]}"
    from_us = coasts_from_us(track)
    if now_us > from_us:
        said = f"predicted on for {age_us // _SECOND_US} s since its last believed report"
        return TrackStatus("coasting", from_us, age_us, "; ".join(filter(None, (said, why))))
    return TrackStatus("watched", track.watched_since_us, age_us, why)


def _doubted(track: Track, flag: belief.Flag, now_us: int) -> str:
    """Return why, what is claimed instead, and how far the believed track is still predicted."""
    parts = [flag.why]
    if track.claim is not None and flag.place_doubtful:
        parts.append(claimed(track, track.claim))
    if not flag.place_doubtful:
        parts.append("its place is believed, its time is not")
    elif flag.why == belief.HEIGHT_NOT_REACHED and track.claim is None:
        parts.append(_height_kept(track, now_us))
    elif track.repeats is not None and track.repeats.stands:
        parts.append("predicted as standing where it is reported, which may be wrong")
    elif track.predicted(now_us):
        parts.append("predicted on from its last believed place")
    else:
        parts.append("not predicted")
    return "; ".join(parts)


def _height_kept(track: Track, now_us: int) -> str:
    claim = track.height_claim
    if claim is None:
        return "its place is believed, and its height again"
    kept_s = (now_us - claim.since.at_us) // _SECOND_US
    said_m = claim.reports[-1].altitude_m - track.last.altitude_m
    return (
        f"its place is believed, its height kept from {kept_s} s ago; {said_m:+.0f} m from that is "
        f"claimed by {claim.count} reports"
    )


def claimed(track: Track, claim: Claim) -> str:
    """Return where an aircraft is claimed to be, as seen from its last believed place."""
    last, there = track.last, claim.last
    away_m = distance_m(last.lat_deg, last.lon_deg, there.lat_deg, there.lon_deg)
    up_m = there.altitude_m - last.altitude_m
    return f"claimed {away_m / 1000:.1f} km away and {up_m:+.0f} m by {claim.count} reports"


def why_unbelieved(track: Track, now_us: int) -> str | None:
    """Return why nothing that was reported within a minute is believed; None: nothing was, or is.

    Reports that are refused are no silence: who reads that nobody reports it looks for a receiver
    that failed, not for a second aircraft or a forger.
    """
    if now_us - track.received_us <= STALE_US or now_us - track.heard_us > STALE_US:
        return None
    flag = track.flagged(now_us)
    return _refused(track) if flag is None else _doubted(track, flag, now_us)


def _refused(track: Track) -> str:
    return track.claim.why if track.claim is not None else "they are late or repeated"


def _stale(track: Track, now_us: int) -> str:
    if now_us - track.heard_us <= STALE_US:
        return f"no believed report, though others come: {_refused(track)}"
    return f"no report for {(now_us - track.heard_us) // _SECOND_US} s"


def _has_company(picture: Picture, track: Track) -> bool:
    """Whether another aircraft reports exactly this place at about this time.

    Both go on being predicted, and a loss of separation between them is one: that two reports look
    like one aircraft under two ids does not make it so.
    """
    last = track.last
    there = picture.at_place.get((last.lat_deg, last.lon_deg), {})
    for other in islice(reversed(there), _SAME_PLACE_LOOKED_AT):
        known = picture.aircraft.get(other)
        if known is None or other == track.id:
            continue
        if abs(known.last.at_us - last.at_us) <= SAME_PLACE_US:
            return True
    return False


def watch_summary(picture: Picture, now_us: int) -> WatchSummary:
    """Return how many aircraft are watched how far, and sentences of what is not, or not fully."""
    counts: dict[StatusWord, int] = dict.fromkeys(STATUS_WORDS, 0)
    flags: dict[str, int] = {}
    for name in picture.aircraft:
        one = status(picture, name, now_us)
        counts[one.word] += 1
        if one.word == "flagged":
            flag = picture.aircraft[name].flagged(now_us)
            why = SAME_PLACE if flag is None else flag.why
            flags[why] = flags.get(why, 0) + 1
    lines = []
    if counts["stale"]:
        lines.append(f"{counts['stale']} aircraft without a report for {STALE_US // _SECOND_US} s")
    if counts["one report only"]:
        lines.append(f"{counts['one report only']} aircraft with one report only")
    lines += [
        f"{count} aircraft flagged, no alert about them is no clearance: {why}"
        for why, count in sorted(flags.items())
    ]
    if counts["coasting"]:
        lines.append(f"{counts['coasting']} aircraft coasting: predicted on without a new report")
    lines += [
        f"{count} times the height not believed and kept from before: {why}"
        for why, count in sorted(picture.in_part.items())
    ]
    lines += [f"{count} times refused: {why}" for why, count in sorted(picture.refused.items())]
    return WatchSummary(counts, tuple(lines))
