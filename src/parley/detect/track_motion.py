"""How one aircraft moves, from its newest reports: a line through them, and what it is worth.

Here: a bounded memory of one track, to which reports are added one by one; the motion at its end,
whether it has been steady, the errors that its own residuals show, and one report at a time that
does not fit held back. Never here: many aircraft at once (`states`, `live`), whose they are. The
arithmetic is in `track_motion_kernel`; `track_motion_plain` is its slow twin.

Why not from the last two reports: 20 m of error in reports a second apart are 28 m/s. A straight
line through the last minute knows the speed within 0.5 m/s, and is 20 km better off in ten minutes.
So the longest of `windows_us` is taken in which all reports lie on one line; who manoeuvres is on
none, and goes on as the last `LEAST_US` show.

- The line is fitted in the tangent plane at the newest report: a great circle through it is
  straight there, poles and antimeridian included.
- *Steady*: the whole of the longest window lies on one line, without a gap. Course, speed and
  vertical speed are constant within `TURN_SHARE` and the noise allowed; along the course a single
  report may be off by `DATED_S` more, for dates are less sure than places, but not the middle of
  the window against its ends: that is a change of speed.
- *Level*: heights within a band, and no more slope than one step as high as the band makes. The
  band goes by the vertical minimum that the flight has to keep: a tenth of it, up to a fifth where
  its heights come in coarser steps, and never more than 100 ft. So a step of 100 ft is no climb at
  1,000 ft, and 2 m are one at 15 m. The step is the smallest change seen in its own heights.
- A report further from where it was expected than 1.5 g could bring it is *held back*: the next one
  shows whether it was an error (and it is dropped) or a new motion (and it begins there).
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from parley.detect.legs import WGS84_A_M, WGS84_F
from parley.world.faults import InputFault
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
"""Mode C reports in steps of 100 ft, and nobody in coarser ones; level jets wander by as much."""
STEP_LEAST_M = 0.05
"""Below this a change of height is rounding, not a step."""
VERTICAL_M = 1_000 * METRES_PER_FOOT
"""The vertical minimum by which heights are looked at where none is said."""
LEVEL_SHARE, BEND_SHARE = 0.1, 0.2
"""Of the vertical minimum: within the first heights are level if they come in steps as fine, never
beyond the second, nor so far off their line. A fifth comes off the minimum for warnings."""
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
SLACK_S = 5.0
"""By so much a window may be shorter: reports do not come on its edge. Where none is as near to it
the window has one report more, and is longer instead."""
DATED_S = 2.0
"""Along its course a report may lie off by so much time more: feeds date a place when it came in.
In recorded straight minutes (Switzerland) the largest residual across the course is 75 m at the
90th percentile, and 322 m along it."""
FINE_ALLOWED_M = 19.0
"""How far level flight wanders in heights of 25 ft: 50 ft and a half step."""
ROUNDING_SHARE = 0.02
"""Of a step: 100 ft told in whole metres."""


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


# Columns of a report in the memory of a track (its last row is the one held back), and its numbers.
AT_US, LAT, LON, ALT, X, Y, Z, COLUMNS = range(8)
(
    COUNT, HELD, KNOWN, STEP, RISE, VERTICAL, EAST, NORTH, UP, STEADY, LEVEL, SIGMA, SIGMA_UP,
    SIGMA_SPEED, NUMBERS,
) = range(15)  # fmt: skip


class TrackMotion:
    """The newest reports of one aircraft, `LEAST_US` apart, and the motion at the last one.

    >>> track = TrackMotion()
    >>> for second in range(0, 80, 5):
    ...     _ = track.add(second * 10**6, 0.0, second * 0.002, 9000.0)
    >>> round(track.motion.east_mps, 2), track.motion.steady, track.motion.level
    (222.64, True, True)
    """

    __slots__ = ("_motion", "_numbers", "_reports")

    def __init__(self, vertical_m: float = VERTICAL_M) -> None:
        self._reports: NDArray[np.float64] = np.zeros((SAMPLES_MAX + 1, COLUMNS))
        self._numbers: NDArray[np.float64] = np.zeros(NUMBERS)
        self._numbers[STEP] = STEP_M
        self._motion: Motion | None = None
        self.judge_by(vertical_m)

    @property
    def vertical_m(self) -> float:
        """The vertical minimum by which its heights are looked at."""
        return float(self._numbers[VERTICAL])

    @property
    def step_m(self) -> float:
        """The smallest change seen in its heights: the step in which they are reported."""
        return float(self._numbers[STEP])

    @property
    def fixes(self) -> tuple[Fix, ...]:
        """The reports that are remembered, oldest first."""
        return tuple(map(_fix, self._reports[: int(self._numbers[COUNT])]))

    @property
    def held(self) -> Fix | None:
        """The report that is held back until the next one."""
        return _fix(self._reports[SAMPLES_MAX]) if self._numbers[HELD] else None

    @property
    def last(self) -> Fix | None:
        """The newest report that is believed."""
        count = int(self._numbers[COUNT])
        return _fix(self._reports[count - 1]) if count else None

    @property
    def motion(self) -> Motion | None:
        """How it goes on from there; None: not known."""
        if self._motion is None and self._numbers[KNOWN]:
            numbers = self._numbers.tolist()
            sigma_m, sigma_up_m, sigma_mps = (
                None if math.isnan(numbers[place]) else numbers[place]
                for place in (SIGMA, SIGMA_UP, SIGMA_SPEED)
            )
            self._motion = Motion(
                numbers[EAST],
                numbers[NORTH],
                numbers[UP],
                steady=numbers[STEADY] == 1.0,
                level=numbers[LEVEL] == 1.0,
                sigma_m=sigma_m,
                sigma_up_m=sigma_up_m,
                sigma_mps=sigma_mps,
            )
        return self._motion

    def add(self, at_us: int, lat_deg: float, lon_deg: float, alt_m: float) -> bool:
        """Take the next report; return whether it is believed, not held back for the next one.

        Not later than the last: left out. The caller has looked at what is out of range.
        """
        kernel = _kernel()
        self._motion = None
        steady_us, third_us = windows_us()
        return bool(
            kernel.add_report(
                self._reports, self._numbers,
                (float(at_us), float(lat_deg), float(lon_deg), float(alt_m)),
                steady_us / 1e6, third_us / 1e6,
            )
        )  # fmt: skip

    def judge_by(self, vertical_m: float) -> None:
        """Look at the heights by another vertical minimum from now on.

        Raises:
            InputFault: a minimum that is not a number above 0.
        """
        if vertical_m == self._numbers[VERTICAL]:
            return
        if not 0.0 < vertical_m < math.inf:
            raise InputFault("vertical minimum", value=vertical_m, wanted="metres, more than 0")
        self._numbers[VERTICAL] = vertical_m
        if self._numbers[COUNT]:
            self._motion = None
            steady_us, third_us = windows_us()
            _kernel().look_again(self._reports, self._numbers, steady_us / 1e6, third_us / 1e6)


def _fix(report: NDArray[np.float64]) -> Fix:
    at_us, lat_deg, lon_deg, alt_m, x_m, y_m, z_m = report.tolist()
    return Fix(int(at_us), lat_deg, lon_deg, alt_m, (x_m, y_m, z_m))


@functools.cache
def _kernel() -> ModuleType:
    """Return the module that numba compiles: nothing waits for it that moves nothing."""
    from parley.detect import track_motion_kernel

    return track_motion_kernel


def warm() -> None:
    """Compile the kernel (or load it from the cache) by running it once on one aircraft."""
    track = TrackMotion()
    for second in range(3):
        track.add(second * 1_000_000, 0.0, 0.002 * second, 9_000.0)
    track.judge_by(15.0)


def plane_m(origin: Fix, fix: Fix) -> tuple[float, float]:
    """Return how far to the east and north a report lies in the tangent plane of another."""
    x, y, z = (one - other for one, other in zip(fix.place_m, origin.place_m, strict=True))
    lat, lon = math.radians(origin.lat_deg), math.radians(origin.lon_deg)
    sin_lat, cos_lat, sin_lon, cos_lon = math.sin(lat), math.cos(lat), math.sin(lon), math.cos(lon)
    east_m = y * cos_lon - x * sin_lon
    return east_m, z * cos_lat - (x * cos_lon + y * sin_lon) * sin_lat
