"""How one aircraft moves, from its newest reports: a line through them, and what it is worth.

Here: a bounded memory of one track, to which reports are added one by one; the motion at its end,
whether it has been steady, the errors that its own residuals show, and one report at a time that
does not fit held back. Never here: many aircraft at once (`states`, `live`), whose they are.

Why not from the last two reports: 20 m of error in reports a second apart are 28 m/s. A straight
line through the last minute knows the speed within 0.5 m/s, and is 20 km better off in ten minutes.
So the longest of `windows_us` is taken in which all reports lie on one line; who manoeuvres is on
none, and goes on as the last `LEAST_US` show.

- The line is fitted in the tangent plane at the newest report: a great circle through it is
  straight there, poles and antimeridian included.
- *Steady*: the whole of the longest window lies on one line, without a gap. Course, speed and
  vertical speed are constant within `TURN_SHARE` and the noise allowed.
- *Level*: heights within one step of reporting, and no more slope than one step makes. A step of
  100 ft is no climb.
- A report further from where it was expected than 1.5 g could bring it is *held back*: the next one
  shows whether it was an error (and it is dropped) or a new motion (and it begins there).
"""

from __future__ import annotations

import functools
import math
from collections import deque
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from parley.detect.legs import WGS84_A_M, WGS84_F
from parley.world.norms import norms
from parley.world.units import METRES_PER_FOOT

Three = tuple[float, float, float]

LEAST_US = 4_000_000
"""A motion is taken over this long at least where there are reports for it."""
MOTION_US = 500_000
"""And never over less: two reports of one instant are no motion."""
NOISE_M = 15.0
"""One report may lie so far off a line by its own error: ADS-B NACp 9 and better (30 m, 95 %)."""
TURN_SHARE = 0.05
"""A window bends by this share of its speed at most (3 degrees, or 5 % of speed): with more, the
place in five minutes is not on the line by more than the separation minima."""
STEP_M = 100 * METRES_PER_FOOT
"""Mode C reports in steps of 100 ft; finer ones are level within it as well (RVSM keeps 50 ft)."""
HELD_NOISE_M, HELD_MPS2 = 100.0, 15.0
"""1.5 g over the time since the last report, and 100 m of error (NACp 7 is 185 m, 95 %)."""
HELD_UP_M, HELD_UP_MPS = 100.0, 60.0
"""Three steps of reporting, and a change of vertical speed of 12,000 ft/min at once."""
GAP_US = 30_000_000
"""Nobody knows what happened between two reports further apart: not steady."""
SIGMA_LEAST_M = 12.0
"""Per axis: residuals do not show what all reports share; NACp 9 (30 m, 95 %) is 12 m an axis."""
SIGMA_UP_LEAST_M = 8.0
"""One step of 25 ft: what a height is known to, whatever its residuals."""
SIGMA_LEAST_MPS = 3.0
"""Wind and steering change what is flown: 3 m/s an axis is a fifth of the 15 kt rms along track
that Paielli and Erzberger (1997) take for an unaided cruise, and the rest is in the fit."""
SIGMA_SAMPLES = 6
SAMPLES_MAX = 32
"""Of one track: `LEAST_US` apart, two minutes."""
_ECCENTRICITY_SQUARED = WGS84_F * (2.0 - WGS84_F)
_SLACK_S = 5.0
"""By so much a window may be shorter: reports do not come on its edge."""
_FINE_M, _FINE_ALLOWED_M = 8.0, 19.0
"""Heights in steps of 25 ft, and how far level flight wanders in them: 50 ft and a half step."""
_UP_NOISE_M = 8.0
_ROUNDING_M = 0.5


@functools.cache
def windows_us() -> tuple[int, int]:
    """Return the windows over which a line is sought, the longest first: steady, and a third."""
    steady_us = norms().alert.steady_s * 1_000_000
    return steady_us, steady_us // 3


@dataclass(frozen=True, slots=True)
class Fix:
    """One report: when, where, how high; and the point of the ellipsoid below, ECEF metres."""

    at_us: int
    lat_deg: float
    lon_deg: float
    alt_m: float
    place_m: Three

    @staticmethod
    def of(at_us: int, lat_deg: float, lon_deg: float, alt_m: float) -> Fix:
        """Return a report with its place."""
        lat, lon = math.radians(lat_deg), math.radians(lon_deg)
        sin_lat, cos_lat = math.sin(lat), math.cos(lat)
        normal_m = WGS84_A_M / math.sqrt(1.0 - _ECCENTRICITY_SQUARED * sin_lat * sin_lat)
        place_m = (
            normal_m * cos_lat * math.cos(lon),
            normal_m * cos_lat * math.sin(lon),
            normal_m * (1.0 - _ECCENTRICITY_SQUARED) * sin_lat,
        )
        return Fix(at_us, lat_deg, lon_deg, alt_m, place_m)


@dataclass(frozen=True, slots=True)
class Motion:
    """How an aircraft goes on from its last report; speeds over the ellipsoid.

    `steady`: see above. `level`: its heights are one step. One standard deviation each, per axis,
    None where too few reports show it: `sigma_m` of the place, `sigma_up_m` of the height,
    `sigma_mps` of the velocity.
    """

    east_mps: float
    north_mps: float
    up_mps: float
    steady: bool = False
    level: bool = False
    sigma_m: float | None = None
    sigma_up_m: float | None = None
    sigma_mps: float | None = None


@dataclass(slots=True)
class TrackMotion:
    """The newest reports of one aircraft, `LEAST_US` apart, and the motion at the last one.

    >>> track = TrackMotion()
    >>> for second in range(0, 80, 5):
    ...     _ = track.add(second * 10**6, 0.0, second * 0.002, 9000.0)
    >>> round(track.motion.east_mps, 2), track.motion.steady, track.motion.level
    (222.64, True, True)
    """

    step_m: float = STEP_M
    fixes: deque[Fix] = field(default_factory=lambda: deque(maxlen=SAMPLES_MAX))
    held: Fix | None = None
    motion: Motion | None = None

    @property
    def last(self) -> Fix | None:
        """The newest report that is believed."""
        return self.fixes[-1] if self.fixes else None

    def add(self, at_us: int, lat_deg: float, lon_deg: float, alt_m: float) -> bool:
        """Take the next report; return whether it is believed, not held back for the next one.

        Not later than the last: left out. The caller has looked at what is out of range.
        """
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
            self.motion = None
        self.held = None
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
        across, up = _across(points), _upwards(points, self.step_m)
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


def plane_m(origin: Fix, fix: Fix) -> tuple[float, float]:
    """Return how far to the east and north a report lies in the tangent plane of another."""
    x, y, z = (one - other for one, other in zip(fix.place_m, origin.place_m, strict=True))
    lat, lon = math.radians(origin.lat_deg), math.radians(origin.lon_deg)
    sin_lat, cos_lat, sin_lon, cos_lon = math.sin(lat), math.cos(lat), math.sin(lon), math.cos(lon)
    east_m = y * cos_lon - x * sin_lon
    return east_m, z * cos_lat - (x * cos_lon + y * sin_lon) * sin_lat


def _window(points: list[_Point], window_us: int) -> list[_Point] | None:
    """Return the reports of a window, if it is whole and without a gap."""
    window_s = window_us / 1e6
    chosen = [p for p in points if -p.before_s <= window_s]
    if len(chosen) < 3 or -chosen[0].before_s < window_s - _SLACK_S:
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
        if max(squares) > allowed_m * allowed_m:
            continue
        whole = window_us == windows_us()[0]
        if len(chosen) < SIGMA_SAMPLES:
            return _Across(east_mps, north_mps, whole)
        sigma_m = max(math.sqrt(sum(squares) / (2 * len(chosen) - 4)), SIGMA_LEAST_M)
        return _Across(east_mps, north_mps, whole, sigma_m, sigma_m / _arm_s(before_s))
    span_s, first = _last_leg(points)
    return _Across(-first.east_m / span_s, -first.north_m / span_s)


def _upwards(points: list[_Point], step_m: float) -> _Up:
    """Return the vertical speed: of the longest window that is one line, or of the last reports."""
    seen_m = [abs(b.up_m - a.up_m) for a, b in pairwise(points) if b.up_m != a.up_m]
    # Finer steps than the coarsest are seen in the heights themselves; then a line is a finer one.
    fine_m = min([step_m, *seen_m])
    allowed_m = max(1.25 * step_m if fine_m > _FINE_M else _FINE_ALLOWED_M, _UP_NOISE_M)
    for window_us in windows_us():
        chosen = _window(points, window_us)
        if chosen is None:
            continue
        before_s, up_m = [p.before_s for p in chosen], [p.up_m for p in chosen]
        up_mps, off_m = _fitted(before_s, up_m)
        if max(map(abs, off_m)) > allowed_m:
            continue
        level = max(up_m) - min(up_m) <= step_m + _ROUNDING_M
        # One step in the middle of a window slopes by 1.5 of it over the window.
        level = level and abs(up_mps) <= 1.5 * step_m / (window_us / 1e6)
        sigma_m = None
        if len(chosen) >= SIGMA_SAMPLES:
            sigma_m = math.sqrt(sum(m * m for m in off_m) / (len(chosen) - 2))
            sigma_m = max(sigma_m, SIGMA_UP_LEAST_M)
        whole = window_us == windows_us()[0]
        return _Up(0.0 if level else up_mps, level, whole, sigma_m)
    span_s, first = _last_leg(points)
    level = abs(first.up_m) <= step_m + _ROUNDING_M
    return _Up(0.0 if level else -first.up_m / span_s, level)


def _last_leg(points: list[_Point]) -> tuple[float, _Point]:
    """Return the newest report that is `LEAST_US` before the last, or the oldest, and how long."""
    first = next((p for p in reversed(points) if -p.before_s * 1e6 >= LEAST_US), points[0])
    return -first.before_s, first


def _arm_s(before_s: list[float]) -> float:
    """Return by what a place's error is divided in the slope of a line through its reports."""
    mid_s = sum(before_s) / len(before_s)
    return math.sqrt(sum((t - mid_s) ** 2 for t in before_s))
