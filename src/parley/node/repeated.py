"""Places that are reported over again after flight at speed: coasting, and standing in the end.

Receivers and feeds that get no new place go on giving the last one, some for five minutes: of 210
recorded arrivals at Paris 50 stay at one place on final approach. Whoever flew so fast cannot have
stopped there (`plausible.is_renewed`).

Rules:

- Such a report is no news of a place: the aircraft is predicted on from before, and flagged after
  `FLAGGED_AFTER_US`.
- It is not forgotten: when coasting ends it is believed to stand where it is reported, and stays
  flagged, for nobody knows that it does not. An aircraft that comes at that place is warned of it,
  in these words.
- As soon as another place is reported that the flight before could have got to, it begins there.
- After `STANDS_AFTER_US` of nothing else it stands, like any other.
"""

from __future__ import annotations

from parley.node.belief import REPEATED_LONG, STALE_US, Repeats, Track, TrackReport, begin_again

_SECOND_US = 1_000_000
FLAGGED_AFTER_US = 15 * _SECOND_US
"""A place that is repeated at speed for this long is a fault, not a slow feed."""
STANDS_AFTER_US = 600 * _SECOND_US
REPEATS_LEAST = 3


def repeat(track: Track, report: TrackReport, now_us: int) -> Repeats:
    """Note a report of the last place over again; return all of them."""
    repeats = track.repeats
    if repeats is None:
        assert track.motion_mps is not None, "repeated at speed: it moves"
        repeats = track.repeats = Repeats(track.last, track.motion_mps, now_us)
    repeats.reports.append(report)
    return repeats


def is_flagged(track: Track, report: TrackReport) -> bool:
    """Return whether the place has been repeated for so long that the aircraft is flagged."""
    repeats = track.repeats
    if repeats is None:
        return False
    span_us = report.at_us - repeats.flown.at_us
    return span_us >= FLAGGED_AFTER_US and not (repeats.stands and span_us > STANDS_AFTER_US)


def is_standing(repeats: Repeats) -> bool:
    """Return whether it is to be believed to stand where it is reported: nothing else is left."""
    span_us = repeats.reports[-1].at_us - repeats.flown.at_us
    return len(repeats.reports) >= REPEATS_LEAST and span_us > STALE_US


def stand(track: Track, repeats: Repeats, now_us: int) -> None:
    """Believe from now on that it stands there; the flag stays."""
    flag = track.flag
    begin_again(track, repeats.reports, REPEATED_LONG, now_us)
    repeats.stands = True
    track.flag, track.repeats = flag, repeats
