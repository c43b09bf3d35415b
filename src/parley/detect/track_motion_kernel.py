"""The arithmetic of `track_motion`: one report into the memory of a track, and the motion after it.

Here: compiled functions on two arrays of one track. Never here: what they mean (`track_motion`).
`track_motion_plain` is the slow twin: the same rules, formula by formula.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from parley.detect.legs import WGS84_A_M, WGS84_F
from parley.detect.track_motion import (
    ALT,
    AT_US,
    BEND_SHARE,
    COUNT,
    DATED_S,
    EAST,
    FINE_ALLOWED_M,
    GAP_US,
    HELD,
    HELD_MPS2,
    HELD_NOISE_M,
    HELD_UP_M,
    HELD_UP_MPS,
    KNOWN,
    LAT,
    LEAST_US,
    LEVEL,
    LEVEL_SHARE,
    LON,
    MOTION_US,
    NOISE_M,
    NORTH,
    RISE,
    ROUNDING_SHARE,
    SAMPLES_MAX,
    SIGMA,
    SIGMA_LEAST_M,
    SIGMA_LEAST_MPS,
    SIGMA_SAMPLES,
    SIGMA_SPEED,
    SIGMA_UP,
    SIGMA_UP_LEAST_M,
    SLACK_S,
    STEADY,
    STEP,
    STEP_LEAST_M,
    STEP_M,
    TURN_SHARE,
    UP,
    VERTICAL,
    X,
    Y,
    Z,
)

Floats = NDArray[np.float64]

_ECCENTRICITY_SQUARED = WGS84_F * (2.0 - WGS84_F)
_BEFORE, _EAST, _NORTH, _UP = range(4)
"""Columns of the points: seconds from the newest report, and metres away from it."""


@njit(cache=True, nogil=True)
def add_report(
    reports: Floats, numbers: Floats, report: tuple[float, float, float, float], steady_s: float,
    third_s: float,
) -> bool:  # fmt: skip
    """Take a report into a track; return whether it is believed.

    `reports` is (SAMPLES_MAX + 1, COLUMNS), the last row the one held back; `numbers` (NUMBERS,);
    `report` is time in microseconds, latitude, longitude, altitude in metres; the windows in s.
    """
    fix = np.empty(7)
    write_fix(report, fix)
    count = int(numbers[COUNT])
    if count > 0 and fix[AT_US] <= reports[count - 1, AT_US]:
        return False
    if count > 0 and numbers[KNOWN] and not expected(reports[count - 1], numbers, fix):
        held = reports[SAMPLES_MAX]
        if not numbers[HELD] or fix[AT_US] <= held[AT_US]:
            held[:] = fix
            numbers[HELD] = 1.0
            return False
        # The second one elsewhere: the motion is another since the report that was held back.
        reports[0] = held
        count = 1
        numbers[KNOWN] = numbers[RISE] = 0.0
    numbers[HELD] = 0.0
    if count > 0:
        see_step(numbers, fix[ALT] - reports[count - 1, ALT])
    if count >= 2 and reports[count - 1, AT_US] - reports[count - 2, AT_US] < LEAST_US:
        count -= 1
    dropped = 1 if count == SAMPLES_MAX else 0
    while dropped < count and fix[AT_US] - reports[dropped, AT_US] > steady_s * 1e6 + GAP_US:
        dropped += 1
    if dropped > 0:
        for place in range(dropped, count):
            reports[place - dropped] = reports[place]
        count -= dropped
    reports[count] = fix
    numbers[COUNT] = count + 1
    look_again(reports, numbers, steady_s, third_s)
    return True


@njit(cache=True, nogil=True)
def write_fix(report: tuple[float, float, float, float], fix: Floats) -> None:
    """Write a report with its place, ECEF metres on the ellipsoid."""
    lat, lon = math.radians(report[1]), math.radians(report[2])
    sin_lat, cos_lat = math.sin(lat), math.cos(lat)
    normal_m = WGS84_A_M / math.sqrt(1.0 - _ECCENTRICITY_SQUARED * sin_lat * sin_lat)
    fix[AT_US], fix[LAT], fix[LON], fix[ALT] = report
    fix[X] = normal_m * cos_lat * math.cos(lon)
    fix[Y] = normal_m * cos_lat * math.sin(lon)
    fix[Z] = normal_m * (1.0 - _ECCENTRICITY_SQUARED) * sin_lat


@njit(cache=True, nogil=True)
def see_step(numbers: Floats, rise_m: float) -> None:
    """Note a change of height: it and its own change are whole steps, however fast it climbs."""
    for seen_m in (abs(rise_m), abs(rise_m - numbers[RISE])):
        if seen_m > STEP_LEAST_M:
            numbers[STEP] = min(numbers[STEP], seen_m)
    numbers[RISE] = rise_m


@njit(cache=True, nogil=True)
def expected(last: Floats, numbers: Floats, fix: Floats) -> bool:
    """Return whether a report is where an aircraft could have come since the last."""
    span_s = (fix[AT_US] - last[AT_US]) / 1e6
    east_m, north_m = plane_m(axes_of(last), last, fix)
    off_m = math.hypot(east_m - numbers[EAST] * span_s, north_m - numbers[NORTH] * span_s)
    up_m = abs(fix[ALT] - last[ALT] - numbers[UP] * span_s)
    reach_m = HELD_NOISE_M + 0.5 * HELD_MPS2 * span_s * span_s
    near: bool = off_m <= reach_m and up_m <= HELD_UP_M + HELD_UP_MPS * span_s
    return near


@njit(cache=True, nogil=True)
def axes_of(origin: Floats) -> tuple[float, float, float, float]:
    """Return sine and cosine of latitude and longitude: the tangent plane there."""
    lat, lon = math.radians(origin[LAT]), math.radians(origin[LON])
    return math.sin(lat), math.cos(lat), math.sin(lon), math.cos(lon)


@njit(cache=True, nogil=True)
def plane_m(
    axes: tuple[float, float, float, float], origin: Floats, fix: Floats
) -> tuple[float, float]:
    """Return how far to the east and north a report lies in the tangent plane of another."""
    sin_lat, cos_lat, sin_lon, cos_lon = axes
    x, y, z = fix[X] - origin[X], fix[Y] - origin[Y], fix[Z] - origin[Z]
    return y * cos_lon - x * sin_lon, z * cos_lat - (x * cos_lon + y * sin_lon) * sin_lat


@njit(cache=True, nogil=True)
def look_again(reports: Floats, numbers: Floats, steady_s: float, third_s: float) -> None:
    """Write the motion at the newest report."""
    count = int(numbers[COUNT])
    last = reports[count - 1]
    numbers[KNOWN] = 0.0
    if last[AT_US] - reports[0, AT_US] < MOTION_US:
        return
    points = np.empty((count, 4))
    axes = axes_of(last)
    for place in range(count):
        fix = reports[place]
        points[place, _BEFORE] = (fix[AT_US] - last[AT_US]) / 1e6
        points[place, _EAST], points[place, _NORTH] = plane_m(axes, last, fix)
        points[place, _UP] = fix[ALT] - last[ALT]
    whole = write_across(points, numbers, steady_s, third_s)
    whole_up = write_up(points, numbers, steady_s, third_s)
    numbers[STEADY] = 1.0 if whole and whole_up else 0.0
    numbers[KNOWN] = 1.0


@njit(cache=True, nogil=True)
def window_from(points: Floats, window_s: float) -> int:
    """Return where the reports of a window begin, if it is whole and without a gap; else -1.

    With one report more where none is near its edge: of a feed that comes each ten seconds none may
    be between 55 and 60 s old.
    """
    count = points.shape[0]
    first: int = 0
    while -points[first, _BEFORE] > window_s:
        first += 1
    if first > 0 and -points[first, _BEFORE] < window_s - SLACK_S:
        first -= 1
    if count - first < 3 or -points[first, _BEFORE] < window_s - SLACK_S:
        return -1
    for place in range(first + 1, count):
        if (points[place, _BEFORE] - points[place - 1, _BEFORE]) * 1e6 > GAP_US:
            return -1
    return first


@njit(cache=True, nogil=True)
def line_of(points: Floats, first: int, column: int) -> tuple[float, float, float, float]:
    """Return the least-squares slope, the middle in s and m, and the square of the arm."""
    count = points.shape[0] - first
    mid_s = mid_m = 0.0
    for place in range(first, points.shape[0]):
        mid_s += points[place, _BEFORE]
        mid_m += points[place, column]
    mid_s, mid_m = mid_s / count, mid_m / count
    square = product = 0.0
    for place in range(first, points.shape[0]):
        away_s = points[place, _BEFORE] - mid_s
        square += away_s * away_s
        product += away_s * (points[place, column] - mid_m)
    return product / square, mid_s, mid_m, square


@njit(cache=True, nogil=True)
def off_line_m(point: Floats, column: int, line: tuple[float, float, float, float]) -> float:
    """Return how far a report is off a line."""
    off_m: float = point[column] - line[2] - line[0] * (point[_BEFORE] - line[1])
    return off_m


@njit(cache=True, nogil=True)
def write_across(points: Floats, numbers: Floats, steady_s: float, third_s: float) -> bool:
    """Write the motion over the ground; return whether the longest window is one line."""
    numbers[SIGMA] = numbers[SIGMA_SPEED] = math.nan
    for window_s in (steady_s, third_s):
        first = window_from(points, window_s)
        if first < 0:
            continue
        east, north = line_of(points, first, _EAST), line_of(points, first, _NORTH)
        speed_mps = math.hypot(east[0], north[0])
        along_east, along_north = (
            (east[0] / speed_mps, north[0] / speed_mps) if speed_mps > 0.0 else (1.0, 0.0)
        )
        # Of a change of speed the middle half lies behind and the rest ahead, or the other way
        # round, by as much as of a turn across; dates that are off are on either side in both.
        quarter_s = -points[first, _BEFORE] / 4.0
        middle_m = rest_m = 0.0
        middle_count = 0
        along_m = across_m = total_m2 = 0.0
        for place in range(first, points.shape[0]):
            east_m = off_line_m(points[place], _EAST, east)
            north_m = off_line_m(points[place], _NORTH, north)
            ahead_m = east_m * along_east + north_m * along_north
            if abs(points[place, _BEFORE] + 2.0 * quarter_s) < quarter_s:
                middle_m += ahead_m
                middle_count += 1
            else:
                rest_m += ahead_m
            along_m = max(along_m, abs(ahead_m))
            across_m = max(across_m, abs(north_m * along_east - east_m * along_north))
            total_m2 += east_m * east_m + north_m * north_m
        allowed_m = NOISE_M + TURN_SHARE * speed_mps * window_s / 8.0
        if across_m > allowed_m or along_m > allowed_m + DATED_S * speed_mps:
            continue
        rest_count = points.shape[0] - first - middle_count
        if middle_count and abs(middle_m / middle_count - rest_m / rest_count) > allowed_m:
            continue
        numbers[EAST], numbers[NORTH] = east[0], north[0]
        count = points.shape[0] - first
        if count >= SIGMA_SAMPLES:
            sigma_m = max(math.sqrt(total_m2 / (2 * count - 4)), SIGMA_LEAST_M)
            numbers[SIGMA] = sigma_m
            numbers[SIGMA_SPEED] = math.hypot(sigma_m / math.sqrt(east[3]), SIGMA_LEAST_MPS)
        return window_s == steady_s
    leg = last_leg(points)
    numbers[EAST] = points[leg, _EAST] / points[leg, _BEFORE]
    numbers[NORTH] = points[leg, _NORTH] / points[leg, _BEFORE]
    return False


@njit(cache=True, nogil=True)
def write_up(points: Floats, numbers: Floats, steady_s: float, third_s: float) -> bool:
    """Write the vertical speed; return whether the longest window is one line."""
    step_m, vertical_m = numbers[STEP], numbers[VERTICAL]
    band_m = min(max(step_m, LEVEL_SHARE * vertical_m), BEND_SHARE * vertical_m, STEP_M)
    allowed_m = max(1.25 * step_m, min(FINE_ALLOWED_M, BEND_SHARE * vertical_m))
    within_m = band_m * (1.0 + ROUNDING_SHARE)
    numbers[SIGMA_UP] = math.nan
    for window_s in (steady_s, third_s):
        first = window_from(points, window_s)
        if first < 0:
            continue
        line = line_of(points, first, _UP)
        most_m = total_m2 = 0.0
        low_m, high_m = math.inf, -math.inf
        for place in range(first, points.shape[0]):
            off_m = off_line_m(points[place], _UP, line)
            most_m = max(most_m, abs(off_m))
            total_m2 += off_m * off_m
            low_m, high_m = min(low_m, points[place, _UP]), max(high_m, points[place, _UP])
        if most_m > allowed_m:
            continue
        # One step in the middle of a window slopes by 1.5 of it over the window.
        level = high_m - low_m <= within_m and abs(line[0]) <= 1.5 * band_m / window_s
        numbers[LEVEL], numbers[UP] = (1.0, 0.0) if level else (0.0, line[0])
        count = points.shape[0] - first
        if count >= SIGMA_SAMPLES:
            numbers[SIGMA_UP] = max(math.sqrt(total_m2 / (count - 2)), SIGMA_UP_LEAST_M)
        return window_s == steady_s
    leg = last_leg(points)
    level = abs(points[leg, _UP]) <= within_m
    numbers[LEVEL] = 1.0 if level else 0.0
    numbers[UP] = 0.0 if level else points[leg, _UP] / points[leg, _BEFORE]
    return False


@njit(cache=True, nogil=True)
def last_leg(points: Floats) -> int:
    """Return the newest report that is `LEAST_US` before the last, or the oldest."""
    for place in range(points.shape[0] - 1, -1, -1):
        if -points[place, _BEFORE] * 1e6 >= LEAST_US:
            return place
    return 0
