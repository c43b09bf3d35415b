"""The slow twin of `track_motion_kernel`: the same rules on plain objects, report by report.

Here: what a test compares the kernel with. Never here: anything that a node runs.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import fmean
from typing import NamedTuple

from parley.detect.track_motion import (
    BEND_SHARE,
    DATED_S,
    FINE_ALLOWED_M,
    GAP_US,
    HELD_MPS2,
    HELD_NOISE_M,
    HELD_UP_M,
    HELD_UP_MPS,
    LEAST_US,
    LEVEL_SHARE,
    MOTION_US,
    NOISE_M,
    ROUNDING_SHARE,
    SAMPLES_MAX,
    SIGMA_LEAST_M,
    SIGMA_LEAST_MPS,
    SIGMA_SAMPLES,
    SIGMA_UP_LEAST_M,
    SLACK_S,
    STEP_LEAST_M,
    STEP_M,
    TURN_SHARE,
    VERTICAL_M,
    Fix,
    Motion,
    plane_m,
    windows_us,
)


@dataclass(slots=True)
class PlainTrackMotion:
    """As `TrackMotion`, with the reports as objects."""

    vertical_m: float = VERTICAL_M
    fixes: deque[Fix] = field(default_factory=lambda: deque(maxlen=SAMPLES_MAX))
    held: Fix | None = None
    motion: Motion | None = None
    step_m: float = STEP_M
    rise_m: float = 0.0

    @property
    def last(self) -> Fix | None:
        """The newest report that is believed."""
        return self.fixes[-1] if self.fixes else None

    def judge_by(self, vertical_m: float) -> None:
        """Look at the heights by another vertical minimum from now on."""
        self.vertical_m = vertical_m
        if self.fixes:
            self.motion = self._moved()

    def add(self, at_us: int, lat_deg: float, lon_deg: float, alt_m: float) -> bool:
        """Take the next report; return whether it is believed."""
        fix = Fix.of(at_us, lat_deg, lon_deg, alt_m)
        last = self.last
        if last is not None and at_us <= last.at_us:
            return False
        if last is not None and self.motion is not None and not self._expected(last, fix):
            if self.held is None or at_us <= self.held.at_us:
                self.held = fix
                return False
            # The second one elsewhere: the motion is another since the report that was held back.
            begun, self.held = self.held, None
            self.fixes.clear()
            self.fixes.append(begun)
            self.motion, self.rise_m, last = None, 0.0, begun
        self.held = None
        if last is not None:
            rise_m = fix.alt_m - last.alt_m
            for seen_m in (abs(rise_m), abs(rise_m - self.rise_m)):
                if seen_m > STEP_LEAST_M:
                    self.step_m = min(self.step_m, seen_m)
            self.rise_m = rise_m
        self._keep(fix)
        self.motion = self._moved()
        return True

    def _keep(self, fix: Fix) -> None:
        fixes = self.fixes
        if len(fixes) >= 2 and fixes[-1].at_us - fixes[-2].at_us < LEAST_US:
            fixes.pop()
        fixes.append(fix)
        while fix.at_us - fixes[0].at_us > windows_us()[0] + GAP_US:
            fixes.popleft()

    def _expected(self, last: Fix, fix: Fix) -> bool:
        """Whether a report is where an aircraft could have come since the last."""
        assert self.motion is not None
        span_s = (fix.at_us - last.at_us) / 1e6
        east_m, north_m = plane_m(last, fix)
        off_m = math.hypot(
            east_m - self.motion.east_mps * span_s, north_m - self.motion.north_mps * span_s
        )
        up_m = abs(fix.alt_m - last.alt_m - self.motion.up_mps * span_s)
        reach_m = HELD_NOISE_M + 0.5 * HELD_MPS2 * span_s * span_s
        return off_m <= reach_m and up_m <= HELD_UP_M + HELD_UP_MPS * span_s

    def _moved(self) -> Motion | None:
        last = self.fixes[-1]
        if last.at_us - self.fixes[0].at_us < MOTION_US:
            return None
        points = [
            _Point((fix.at_us - last.at_us) / 1e6, *plane_m(last, fix), fix.alt_m - last.alt_m)
            for fix in self.fixes
        ]
        across, up = _across(points), _upwards(points, self.step_m, self.vertical_m)
        errors = across.sigma_m is not None
        return Motion(
            across.east_mps,
            across.north_mps,
            up.up_mps,
            steady=across.whole and up.whole,
            level=up.level,
            sigma_m=across.sigma_m,
            sigma_up_m=up.sigma_m,
            sigma_mps=math.hypot(across.sigma_mps, SIGMA_LEAST_MPS) if errors else None,
        )


class _Point(NamedTuple):
    """A report as seen from the newest one: before it in seconds, and metres away."""

    before_s: float
    east_m: float
    north_m: float
    up_m: float


class _Across(NamedTuple):
    east_mps: float
    north_mps: float
    whole: bool = False
    sigma_m: float | None = None
    sigma_mps: float = 0.0


class _Up(NamedTuple):
    up_mps: float
    level: bool
    whole: bool = False
    sigma_m: float | None = None


def _window(points: list[_Point], window_us: int) -> list[_Point] | None:
    """Return the reports of a window, if it is whole and without a gap."""
    window_s = window_us / 1e6
    chosen = [p for p in points if -p.before_s <= window_s]
    older = [p for p in points if -p.before_s > window_s]
    if older and -chosen[0].before_s < window_s - SLACK_S:
        chosen = [older[-1], *chosen]
    if len(chosen) < 3 or -chosen[0].before_s < window_s - SLACK_S:
        return None
    gaps = (b.before_s - a.before_s for a, b in pairwise(chosen))
    return chosen if max(gaps) * 1e6 <= GAP_US else None


def _fitted(before_s: list[float], off_m: list[float]) -> tuple[float, list[float]]:
    """Return the slope of the least-squares line, and the residuals."""
    count = len(before_s)
    mid_s, mid_m = sum(before_s) / count, sum(off_m) / count
    square = sum((t - mid_s) ** 2 for t in before_s)
    slope = sum((t - mid_s) * (m - mid_m) for t, m in zip(before_s, off_m, strict=True)) / square
    return slope, [m - mid_m - slope * (t - mid_s) for t, m in zip(before_s, off_m, strict=True)]


def _across(points: list[_Point]) -> _Across:
    """Return the motion over the ground: of the longest window that is one line, or the last."""
    for window_us in windows_us():
        chosen = _window(points, window_us)
        if chosen is None:
            continue
        before_s = [p.before_s for p in chosen]
        east_mps, east_off_m = _fitted(before_s, [p.east_m for p in chosen])
        north_mps, north_off_m = _fitted(before_s, [p.north_m for p in chosen])
        squares = [e * e + n * n for e, n in zip(east_off_m, north_off_m, strict=True)]
        speed_mps = math.hypot(east_mps, north_mps)
        allowed_m = NOISE_M + TURN_SHARE * speed_mps * window_us / 8e6
        course = math.atan2(east_mps, north_mps) if speed_mps > 0.0 else math.pi / 2.0
        turned = [
            (
                e * math.sin(course) + n * math.cos(course),
                n * math.sin(course) - e * math.cos(course),
            )
            for e, n in zip(east_off_m, north_off_m, strict=True)
        ]
        along_m = max(abs(along) for along, _ in turned)
        if max(abs(across) for _, across in turned) > allowed_m:
            continue
        if along_m > allowed_m + DATED_S * speed_mps:
            continue
        quarter_s = -before_s[0] / 4.0
        middle_m = [a for t, (a, _) in zip(before_s, turned, strict=True)
                    if abs(t + 2.0 * quarter_s) < quarter_s]  # fmt: skip
        rest_m = [a for t, (a, _) in zip(before_s, turned, strict=True)
                  if abs(t + 2.0 * quarter_s) >= quarter_s]  # fmt: skip
        if middle_m and abs(fmean(middle_m) - fmean(rest_m)) > allowed_m:
            continue
        whole = window_us == windows_us()[0]
        if len(chosen) < SIGMA_SAMPLES:
            return _Across(east_mps, north_mps, whole)
        sigma_m = max(math.sqrt(sum(squares) / (2 * len(chosen) - 4)), SIGMA_LEAST_M)
        return _Across(east_mps, north_mps, whole, sigma_m, sigma_m / _arm_s(before_s))
    span_s, first = _last_leg(points)
    return _Across(-first.east_m / span_s, -first.north_m / span_s)


def _upwards(points: list[_Point], step_m: float, vertical_m: float) -> _Up:
    """Return the vertical speed: of the longest window that is one line, or of the last reports."""
    band_m = min(max(step_m, LEVEL_SHARE * vertical_m), BEND_SHARE * vertical_m, STEP_M)
    allowed_m = max(1.25 * step_m, min(FINE_ALLOWED_M, BEND_SHARE * vertical_m))
    within_m = band_m * (1.0 + ROUNDING_SHARE)
    for window_us in windows_us():
        chosen = _window(points, window_us)
        if chosen is None:
            continue
        before_s, up_m = [p.before_s for p in chosen], [p.up_m for p in chosen]
        up_mps, off_m = _fitted(before_s, up_m)
        if max(map(abs, off_m)) > allowed_m:
            continue
        level = max(up_m) - min(up_m) <= within_m
        # One step in the middle of a window slopes by 1.5 of it over the window.
        level = level and abs(up_mps) <= 1.5 * band_m / (window_us / 1e6)
        sigma_m = None
        if len(chosen) >= SIGMA_SAMPLES:
            sigma_m = math.sqrt(sum(m * m for m in off_m) / (len(chosen) - 2))
            sigma_m = max(sigma_m, SIGMA_UP_LEAST_M)
        whole = window_us == windows_us()[0]
        return _Up(0.0 if level else up_mps, level, whole, sigma_m)
    span_s, first = _last_leg(points)
    level = abs(first.up_m) <= within_m
    return _Up(0.0 if level else -first.up_m / span_s, level)


def _last_leg(points: list[_Point]) -> tuple[float, _Point]:
    """Return the newest report that is `LEAST_US` before the last, or the oldest, and how long."""
    first = next((p for p in reversed(points) if -p.before_s * 1e6 >= LEAST_US), points[0])
    return -first.before_s, first


def _arm_s(before_s: list[float]) -> float:
    """Return by what a place's error is divided in the slope of a line through its reports."""
    mid_s = sum(before_s) / len(before_s)
    return math.sqrt(sum((t - mid_s) ** 2 for t in before_s))
