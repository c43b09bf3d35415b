"""State vectors of many aircraft, and how they go on: along the WGS-84 geodesic, at constant speed.

Here: the columns, velocity from two reports, and the integration that `prediction` stands on. Never
here: pairs, minima.

The geodesic is the curve on the ellipsoid without sideways acceleration, so it is integrated in
ECEF (four-stage Runge-Kutta, one step per `SLICE_S`; below 1e-5 m over 1,200 s): poles and the
antimeridian are like anywhere else. Trigonometry is the scalar kind, aircraft by aircraft, and all
else is plain IEEE arithmetic element by element, so neither order nor number of aircraft changes a
bit of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

from parley.detect.legs import MEAN_RADIUS_M, SPEED_MAX_MPS, WGS84_A_M, WGS84_F
from parley.world.faults import InputFault

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

SLICE_S = 30.0
"""Length of a time slice: chords of 9 km at 300 m/s."""
LOOKAHEAD_MAX_S = 3_600.0
"""Beyond an hour nobody flies straight on."""
ALTITUDE_MAX_M = 1_000_000.0
"""Higher than anything that flies, either way; keeps nonsense out of the arithmetic."""
WGS84_B_M = WGS84_A_M * (1.0 - WGS84_F)

_ECCENTRICITY_SQUARED = WGS84_F * (2.0 - WGS84_F)
_INVERSE_AXES_PER_M2 = (
    1.0 / (WGS84_A_M * WGS84_A_M),
    1.0 / (WGS84_A_M * WGS84_A_M),
    1.0 / (WGS84_B_M * WGS84_B_M),
)


@dataclass(frozen=True, slots=True, eq=False)
class States:
    """State vectors of many aircraft at one instant, one row each.

    Velocities are those of the point on the ellipsoid below the aircraft, which is what
    `velocity_from_reports` gives; a speed that a receiver measures at height h is larger by h /
    6,371 km, 0.2 % at 12 km. Altitudes must share one reference.

    Raises:
        InputFault: columns of different lengths, a number that is not finite, latitude, longitude
        or altitude out of range; the column and row are named.
    """

    lat_deg: Floats
    lon_deg: Floats
    alt_m: Floats
    east_mps: Floats
    north_mps: Floats
    up_mps: Floats

    def __post_init__(self) -> None:
        rows = -1
        for field in fields(self):
            column = np.array(getattr(self, field.name), dtype=np.float64)
            column.flags.writeable = False
            # The one moment at which a frozen record is normalised: before anyone has seen it.
            object.__setattr__(self, field.name, column)
            rows = column.shape[0] if column.ndim == 1 and rows < 0 else rows
            if column.shape != (rows,):
                raise InputFault(
                    f"states {field.name}", value=column.shape, wanted=f"one column of {rows} rows"
                )
        for name, limit in (("lat_deg", 90.0), ("lon_deg", 180.0), ("alt_m", ALTITUDE_MAX_M)):
            check_within(f"states {name}", getattr(self, name), (-limit, limit))
        for name in ("east_mps", "north_mps", "up_mps"):
            check_within(f"states {name}", getattr(self, name), (-math.inf, math.inf))

    def __len__(self) -> int:
        return int(self.lat_deg.shape[0])

    @property
    def flown(self) -> Bools:
        """Which rows are slow enough to have been flown: level and vertical, `SPEED_MAX_MPS`."""
        level = np.maximum(np.abs(self.east_mps), np.abs(self.north_mps)) <= SPEED_MAX_MPS
        east_mps, north_mps = (
            np.where(level, self.east_mps, 0.0),
            np.where(level, self.north_mps, 0),
        )
        fast = east_mps * east_mps + north_mps * north_mps > SPEED_MAX_MPS * SPEED_MAX_MPS
        slow: Bools = level & ~fast & (np.abs(self.up_mps) <= SPEED_MAX_MPS)
        return slow

    def at(self, ahead_s: ArrayLike) -> States:
        """Return the states `ahead_s` seconds later (one or one per row), flown straight on.

        Speed is kept and the direction turns with the geodesic. A row that was not flown stays.

        Raises:
            InputFault: a time that is not finite or beyond `LOOKAHEAD_MAX_S` either way.

        >>> eastward = States(lat_deg=[0], lon_deg=[0], alt_m=[0], east_mps=[100], north_mps=[0],
        ...                   up_mps=[1])
        >>> later = eastward.at(60.0)
        >>> round(float(later.lon_deg[0]), 6), float(later.alt_m[0])
        (0.053899, 60.0)
        """
        times_s = np.zeros(len(self)) + np.asarray(ahead_s, dtype=np.float64)
        check_within("time ahead in seconds", times_s, (-LOOKAHEAD_MAX_S, LOOKAHEAD_MAX_S))
        flown = self.flown
        times_s = np.where(flown, times_s, 0.0)
        place_m, velocity_mps = first_motion(self, flown)
        steps = math.ceil(float(np.max(np.abs(times_s), initial=0.0)) / SLICE_S)
        for done in range(steps):
            # Whole slices and a rest for each row by itself: no row's bits depend on another's.
            left_s = np.maximum(np.abs(times_s) - done * SLICE_S, 0.0)
            step_s = np.copysign(np.minimum(left_s, SLICE_S), times_s)
            place_m, velocity_mps = step_ahead(place_m, velocity_mps, step_s)
        lat_deg, lon_deg = _geographic_deg(place_m)
        east, north = _level_axes(lat_deg, lon_deg)
        moved = times_s != 0.0
        return States(
            lat_deg=np.where(moved, lat_deg, self.lat_deg),
            lon_deg=np.where(moved, lon_deg, self.lon_deg),
            alt_m=np.clip(
                np.where(
                    moved, self.alt_m + np.where(moved, self.up_mps, 0.0) * times_s, self.alt_m
                ),
                -ALTITUDE_MAX_M,
                ALTITUDE_MAX_M,
            ),
            east_mps=np.where(moved, dot(velocity_mps, east), self.east_mps),
            north_mps=np.where(moved, dot(velocity_mps, north), self.north_mps),
            up_mps=self.up_mps,
        )


def velocity_from_reports(
    lat0_deg: ArrayLike,
    lon0_deg: ArrayLike,
    alt0_m: ArrayLike,
    t0_s: ArrayLike,
    lat1_deg: ArrayLike,
    lon1_deg: ArrayLike,
    alt1_m: ArrayLike,
    t1_s: ArrayLike,
) -> tuple[Floats, Floats, Floats]:
    """Return east, north and up speed in m/s at the second of two reports, row by row.

    The speed is that over the ellipsoid along the geodesic between the reports, the direction that
    in which it arrives; within 0.1 m/s of the exact geodesic while the reports lie up to 100 km
    apart.

    Raises:
        InputFault: a number that is not finite, or a second report not later than the first; the
        row is named.

    >>> east, north, up = velocity_from_reports(0, 179.995, 0, 0, 0, -179.995, 50, 10)
    >>> round(float(east[0]), 2), round(float(north[0]), 2), float(up[0])
    (111.32, 0.0, 5.0)
    """
    columns = [
        np.atleast_1d(np.asarray(column, dtype=np.float64))
        for column in (lat0_deg, lon0_deg, alt0_m, t0_s, lat1_deg, lon1_deg, alt1_m, t1_s)
    ]
    names = ("latitude", "longitude", "altitude", "time") * 2
    for number, (name, column) in enumerate(zip(names, columns, strict=True)):
        check_within(f"report {number // 4} {name}", column, (-math.inf, math.inf))
    from_deg, from_m, from_s = columns[0:2], columns[2], columns[3]
    to_deg, to_m, to_s = columns[4:6], columns[6], columns[7]
    span_s = to_s - from_s
    check_within("seconds from report 0 to report 1", span_s, (math.nextafter(0.0, 1.0), math.inf))
    moved_m = _surface_m(to_deg[0], to_deg[1]) - _surface_m(from_deg[0], from_deg[1])
    east, north = _level_axes(to_deg[0], to_deg[1])
    east_m, north_m = dot(moved_m, east), dot(moved_m, north)
    level_m = np.sqrt(east_m * east_m + north_m * north_m)
    # The chord's level part is R sin s/R: it gives the direction, the whole chord the length.
    stretch = arc_m(np.sqrt(dot(moved_m, moved_m))) / np.where(level_m > 0.0, level_m, 1.0)
    return east_m * stretch / span_s, north_m * stretch / span_s, (to_m - from_m) / span_s


def check_within(what: str, column: Floats, bounds: tuple[float, float]) -> None:
    """Refuse a number that is not finite or out of range, naming its row."""
    low, high = bounds
    good = np.isfinite(column) & (column >= low) & (column <= high)
    if good.all():
        return
    row = int(np.flatnonzero(~good)[0])
    wanted = "a finite number"
    if math.isfinite(low):
        wanted += f", {low:g} to {high:g}" if math.isfinite(high) else " above 0"
    raise InputFault(f"{what} row {row}", value=float(column[row]), wanted=wanted)


def _each(function: Callable[[float], float], column: Floats) -> Floats:
    """Return a function of each number by the scalar library: the same wherever it stands."""
    return np.array([function(number) for number in column.tolist()], dtype=np.float64)


def dot(one: Floats, other: Floats) -> Floats:
    """Return the products of vectors whose components lie along the first axis."""
    product: Floats = one[0] * other[0] + one[1] * other[1] + one[2] * other[2]
    return product


def gradient_per_m(place_m: Floats) -> Floats:
    """Return half the gradient of the ellipsoid's equation: along the surface normal, outwards."""
    x, y, z = _INVERSE_AXES_PER_M2
    return np.stack((place_m[0] * x, place_m[1] * y, place_m[2] * z))


def _trigonometry(lat_deg: Floats, lon_deg: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    lat_rad, lon_rad = np.radians(lat_deg), np.radians(lon_deg)
    return (
        _each(math.sin, lat_rad),
        _each(math.cos, lat_rad),
        _each(math.sin, lon_rad),
        _each(math.cos, lon_rad),
    )


def _surface_m(lat_deg: Floats, lon_deg: Floats) -> Floats:
    """Return ECEF metres, (3, n), of points on the ellipsoid."""
    sin_lat, cos_lat, sin_lon, cos_lon = _trigonometry(lat_deg, lon_deg)
    normal_m = WGS84_A_M / np.sqrt(1.0 - _ECCENTRICITY_SQUARED * sin_lat * sin_lat)
    flat_m = normal_m * cos_lat
    polar_m = normal_m * (1.0 - _ECCENTRICITY_SQUARED) * sin_lat
    return np.stack((flat_m * cos_lon, flat_m * sin_lon, polar_m))


def _level_axes(lat_deg: Floats, lon_deg: Floats) -> tuple[Floats, Floats]:
    """Return the unit vectors to the east and to the north, (3, n) each."""
    sin_lat, cos_lat, sin_lon, cos_lon = _trigonometry(lat_deg, lon_deg)
    east = np.stack((-sin_lon, cos_lon, np.zeros_like(sin_lon)))
    north = np.stack((-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat))
    return east, north


def _geographic_deg(place_m: Floats) -> tuple[Floats, Floats]:
    """Return latitude and longitude of points on the ellipsoid: tan lat = z / (p (1-e²))."""
    flat_m = np.sqrt(place_m[0] * place_m[0] + place_m[1] * place_m[1])
    steep_m = place_m[2] / (1.0 - _ECCENTRICITY_SQUARED)
    lat = [math.atan2(z, p) for z, p in zip(steep_m.tolist(), flat_m.tolist(), strict=True)]
    lon = [math.atan2(y, x) for y, x in zip(place_m[1].tolist(), place_m[0].tolist(), strict=True)]
    return np.degrees(np.array(lat)), np.degrees(np.array(lon))


def first_motion(states: States, flown: Bools) -> tuple[Floats, Floats]:
    """Return ECEF places and velocities; a state that was not flown stands still."""
    place_m = _surface_m(states.lat_deg, states.lon_deg)
    east, north = _level_axes(states.lat_deg, states.lon_deg)
    east_mps = np.where(flown, states.east_mps, 0.0)
    north_mps = np.where(flown, states.north_mps, 0.0)
    return place_m, east * east_mps + north * north_mps


def _turn_mps2(place_m: Floats, velocity_mps: Floats) -> Floats:
    """Return the acceleration of a geodesic: along the normal, nothing sideways.

    With half gradient g = A r of r.A r = 1, staying on it asks v.A v + g.a = 0, and a is along g.
    """
    gradient = gradient_per_m(place_m)
    bend = dot(gradient_per_m(velocity_mps), velocity_mps) / dot(gradient, gradient)
    return -bend * gradient


def step_ahead(place_m: Floats, velocity_mps: Floats, step_s: Floats) -> tuple[Floats, Floats]:
    """Return place and velocity one time step later on the geodesic: classic Runge-Kutta."""
    half_s = 0.5 * step_s
    one = _turn_mps2(place_m, velocity_mps)
    v2 = velocity_mps + half_s * one
    two = _turn_mps2(place_m + half_s * velocity_mps, v2)
    v3 = velocity_mps + half_s * two
    three = _turn_mps2(place_m + half_s * v2, v3)
    v4 = velocity_mps + step_s * three
    four = _turn_mps2(place_m + step_s * v3, v4)
    sixth_s = step_s / 6.0
    moved_m = place_m + sixth_s * (velocity_mps + 2.0 * (v2 + v3) + v4)
    return moved_m, velocity_mps + sixth_s * (one + 2.0 * (two + three) + four)


def arc_m(chord_m: Floats) -> Floats:
    """Return the arcs of chords of the mean earth, 2 R asin(c / 2 R), by its series."""
    half = chord_m / (2.0 * MEAN_RADIUS_M)
    square = half * half
    series = 1.0 + square * (1.0 / 6.0 + square * (3.0 / 40.0 + square * (15.0 / 336.0)))
    return chord_m * series
