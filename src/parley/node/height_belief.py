"""Heights that do not fit a track, of reports whose place does: which height is believed.

Encoders and receivers garble a height and leave the place true: recordings show one report of
36,000 ft amid a descent through 4,600 ft, and heights that jump about on the ground.

Rules:

- The place is believed and the height is not: it is kept as it was before, climbing or descending
  on for as long as a track coasts, then level. So a wrong height neither makes nor ends a conflict.
- Heights that agree with each other and that nothing contradicts are believed in the end: after ten
  seconds where they could have been reached, or where the aircraft stands or taxies (its heights
  before may have been the wrong ones); else for as long as a track coasts.
- One wrong height is counted and flags nobody. Three that agree, or many among true ones, do.
"""

from __future__ import annotations

import math

import msgspec

from parley.detect.plausible import STANDING_MPS, height_share
from parley.node.belief import (
    CONFIRMED_AFTER_US,
    CONFIRMED_REPORTS,
    JUMP_CONFIRMED_AFTER_US,
    STALE_US,
    HeightClaim,
    Track,
    TrackReport,
    known_of,
)

FAULT_WEIGHT = 4
FAULTS_FLAGGED = 20
"""Five wrong heights more than a quarter of the right ones since: the height is garbled."""
_LOWEST_M = -1_000.0


def height_claim(track: Track, report: TrackReport) -> HeightClaim:
    """Take a height that does not fit into the claim, or begin one; return the claim."""
    claim = track.height_claim
    if claim is None or _contradicts(claim.reports[-1], report):
        before = claim
        # What was believed before the first wrong one stays what is kept.
        since = track.last if before is None else before.since
        up_mps = 0.0
        if before is not None:
            up_mps = before.up_mps
        elif track.motion_mps is not None:
            up_mps = track.motion_mps[2]
        reached = not _contradicts(since, report)
        claim = track.height_claim = HeightClaim(since, up_mps, reached, report.at_us)
    claim.reports.append(report)
    claim.count += 1
    track.height_faults = min(track.height_faults + FAULT_WEIGHT, 2 * FAULTS_FLAGGED)
    return claim


def _contradicts(last: TrackReport, report: TrackReport) -> bool:
    return height_share(known_of(last, None, report), report.altitude_m, report.at_us) > 1.0


def height_fits(track: Track) -> None:
    """Note a height that fits: no claim stands beside it."""
    track.height_claim = None
    if track.height_faults:
        track.height_faults -= 1


def is_confirmed(track: Track, claim: HeightClaim) -> bool:
    """Return whether the heights of a claim are believed from now on."""
    span_us = claim.reports[-1].at_us - claim.from_us
    motion_mps = track.motion_mps
    slow = motion_mps is None or math.hypot(*motion_mps[:2]) < STANDING_MPS
    after_us = CONFIRMED_AFTER_US if claim.reached or slow else JUMP_CONFIRMED_AFTER_US
    return claim.count >= CONFIRMED_REPORTS and span_us >= after_us


def is_garbled(track: Track, claim: HeightClaim) -> bool:
    """Return whether there are so many wrong heights that the aircraft is flagged for them."""
    return claim.count >= CONFIRMED_REPORTS or track.height_faults >= FAULTS_FLAGGED


def with_kept_height(claim: HeightClaim, report: TrackReport) -> TrackReport:
    """Return a report with the height that is believed instead of its own.

    In a descent of 5 m/s, two seconds after the last height that was believed:

    >>> at = dict(aircraft="A", lat_deg=0.0, lon_deg=0.0, altitude_reference="STD")
    >>> last = TrackReport(at_us=0, altitude_m=1_400.0, **at)
    >>> wrong = TrackReport(at_us=2_000_000, altitude_m=10_972.8, **at)
    >>> with_kept_height(HeightClaim(last, -5.0, False, 2_000_000), wrong).altitude_m
    1390.0
    """
    span_s = min(max(report.at_us - claim.since.at_us, 0), STALE_US) / 1e6
    height_m = max(claim.since.altitude_m + claim.up_mps * span_s, _LOWEST_M)
    return msgspec.structs.replace(report, altitude_m=height_m)
