"""Geodetic states in the flat frame of well clear: the orthographic plane centred on the ownship.

Here: projection of pairs, one ownship or many. Never here: volumes, levels. This is the frame in
which DAIDALUS and its golden data compute; `prediction`, on the ellipsoid, is the exact one.

**Place.** The earth is a sphere of radius `SPHERE_RADIUS_M` (the mean of a minute of arc: 1,852 m
times 10,800 / pi). With unit vectors r from its centre, and e, n to the east and north at the
ownship, the other aircraft is at R (r' - r).e and R (r' - r).n: it is looked at from straight
above. Height is the difference of altitudes, untouched.

**Speed.** Each of the two flies `STEP_S` along its great circle; what the projected place has moved
in that time is its velocity in the plane. The turn of north between two meridians comes with it,
also at the antimeridian and at the poles.

**Where it ends.** The plane shows the half of the earth around the ownship, and shrinks distances
by sin d / d. A pair 90 degrees or more apart would be folded back onto it, as if near: it is put
on the rim instead, R away and not moving, where no volume reaches.

**Whose plane.** The plane centred on the other aircraft is another one: distances in it differ by
parts in a million, so that the two of a pair may disagree at a limit. Two parties that must agree
use the canonical order, lower row (of the lower id) is ownship: `alert_levels.well_clear_of_pairs`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from parley.detect.states import Bools, Floats, States, dot
from parley.detect.well_clear import Motions
from parley.world.faults import InputFault

Ints = NDArray[np.int64]

SPHERE_RADIUS_M = 1852.0 * 10_800.0 / math.pi
"""6,366,707.0194937070 m: one nautical mile is one minute of arc."""
STEP_S = 10.0
"""How long each aircraft flies its great circle for its projected velocity."""


@dataclass(frozen=True, slots=True, eq=False)
class PlaneStates:
    """Pairs in the planes of their ownships, one row each.

    Places are those of the other aircraft, the ownship being at the origin; velocities are those of
    both, for they turn when they are projected. `watched` is False where one of the two states
    cannot have been flown (`States.flown`): it stands still here, and no answer may be drawn.
    """

    east_m: Floats
    north_m: Floats
    up_m: Floats
    own_east_mps: Floats
    own_north_mps: Floats
    other_east_mps: Floats
    other_north_mps: Floats
    up_mps: Floats
    watched: Bools

    def motions(self) -> Motions:
        """Return the relative motion, other minus ownship."""
        return Motions(
            self.east_m,
            self.north_m,
            self.up_m,
            self.other_east_mps - self.own_east_mps,
            self.other_north_mps - self.own_north_mps,
            self.up_mps,
        )


def project_pairs(states: States, own: ArrayLike, other: ArrayLike) -> PlaneStates:
    """Return pairs of rows of `states`, each in the plane of its ownship.

    Args:
        states: the aircraft.
        own: the row of the ownship of each pair, or one row for all.
        other: the row of the other aircraft of each pair.

    Raises:
        InputFault: a row that there is not.

    Two aircraft 1 minute of arc apart across the antimeridian, on the equator:

    >>> states = States(lat_deg=[0, 0], lon_deg=[179.99, -179.99], alt_m=[0, 50],
    ...                 east_mps=[0, -100], north_mps=[0, 0], up_mps=[0, 0])
    >>> pair = project_pairs(states, [0], [1])
    >>> round(float(pair.east_m[0]), 1), float(pair.up_m[0])
    (2222.4, 50.0)
    """
    others = _rows(states, "other", other)
    owns = np.broadcast_to(_rows(states, "own", own), others.shape)
    used, both = np.unique(np.concatenate((owns, others)), return_inverse=True)
    flown = states.flown
    frames = _frames(states, used, flown)
    centre, east, north, moved = (frame[:, both[: owns.size]] for frame in frames)
    place, _, _, other_moved = (frame[:, both[owns.size :]] for frame in frames)
    away = place - centre
    east_m, north_m = SPHERE_RADIUS_M * dot(away, east), SPHERE_RADIUS_M * dot(away, north)
    near = dot(place, centre) > 0.0
    rim_m = np.sqrt(east_m * east_m + north_m * north_m)
    to_rim = SPHERE_RADIUS_M / np.where(rim_m > 0.0, rim_m, 1.0)
    # Straight through the earth there is no direction; any point of the rim is as far away.
    rim_east_m = np.where(rim_m > 0.0, east_m * to_rim, SPHERE_RADIUS_M)
    per_s = SPHERE_RADIUS_M / STEP_S
    own_east_mps, own_north_mps = per_s * dot(moved, east), per_s * dot(moved, north)
    up_mps = np.where(flown, states.up_mps, 0.0)
    return PlaneStates(
        east_m=np.where(near, east_m, rim_east_m),
        north_m=np.where(near, north_m, north_m * to_rim),
        up_m=states.alt_m[others] - states.alt_m[owns],
        own_east_mps=own_east_mps,
        own_north_mps=own_north_mps,
        other_east_mps=np.where(near, per_s * dot(other_moved, east), own_east_mps),
        other_north_mps=np.where(near, per_s * dot(other_moved, north), own_north_mps),
        up_mps=up_mps[others] - up_mps[owns],
        watched=flown[owns] & flown[others],
    )


def _rows(states: States, what: str, rows: ArrayLike) -> Ints:
    """Return row numbers as one column of integers, refusing one that there is not."""
    given = np.atleast_1d(np.asarray(rows))
    if given.size == 0:
        return np.empty(0, dtype=np.int64)
    whole = given.ndim == 1 and given.dtype.kind in "iu"
    if not whole:
        raise InputFault(
            f"{what} rows", value=f"{given.ndim}-d {given.dtype}", wanted="one column of integers"
        )
    bad = np.flatnonzero((given < 0) | (given >= len(states)))
    if bad.size:
        raise InputFault(
            f"{what} row {int(bad[0])}",
            value=int(given[bad[0]]),
            wanted=f"0 to {len(states) - 1}",
        )
    return given.astype(np.int64)


def _frames(states: States, rows: Ints, flown: Bools) -> tuple[Floats, Floats, Floats, Floats]:
    """Return place, east, north and the move of `STEP_S`, in earth radii: (3, n) each."""
    made = [
        _frame(*numbers)
        for numbers in zip(
            np.radians(states.lat_deg[rows]).tolist(),
            np.radians(states.lon_deg[rows]).tolist(),
            np.where(flown, states.east_mps, 0.0)[rows].tolist(),
            np.where(flown, states.north_mps, 0.0)[rows].tolist(),
            strict=True,
        )
    ]
    table = np.array(made, dtype=np.float64).reshape(len(made), 12).T
    return table[0:3], table[3:6], table[6:9], table[9:12]


def _frame(lat_rad: float, lon_rad: float, east_mps: float, north_mps: float) -> Floats:
    """Return one aircraft's twelve numbers, by the scalar library: the same wherever it stands.

    With d the unit vector of flight and a the angle flown, it comes to r cos a + d sin a, so it
    moves r (cos a - 1) + d sin a, where cos a - 1 = -2 sin²(a/2) keeps its digits.
    """
    sin_lat, cos_lat = math.sin(lat_rad), math.cos(lat_rad)
    sin_lon, cos_lon = math.sin(lon_rad), math.cos(lon_rad)
    place = (cos_lat * cos_lon, cos_lat * sin_lon, sin_lat)
    east = (-sin_lon, cos_lon, 0.0)
    north = (-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat)
    speed_mps = math.sqrt(east_mps * east_mps + north_mps * north_mps)
    if speed_mps == 0.0:
        return np.array([*place, *east, *north, 0.0, 0.0, 0.0])
    angle_rad = speed_mps * STEP_S / SPHERE_RADIUS_M
    half = math.sin(0.5 * angle_rad)
    sunk, along = -2.0 * half * half, math.sin(angle_rad)
    ahead_east, ahead_north = east_mps / speed_mps * along, north_mps / speed_mps * along
    moved = (
        r * sunk + e * ahead_east + n * ahead_north
        for r, e, n in zip(place, east, north, strict=True)
    )
    return np.array([*place, *east, *north, *moved])
