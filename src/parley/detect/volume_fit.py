"""A track against the 4D volumes of an intent: inside, how far outside, and when it would leave.

Here: one report against many volumes, and straight motion from it. Never here: clocks, hysteresis,
whose intent it is, what is told (`node.rules.conformance`).

Rules:
- A flight conforms in any one volume: in its area, between its limits, within its window, all at
  the same instant. It is out only where it is decidedly out of every one.
- Three answers. What the uncertainty of the report leaves open is undecided, also where two volumes
  meet; a height whose reference cannot be compared with a limit is undecided (NORMS 8).
- Complete: boxes leave out only what cannot be, `conformance_plain` looks at every volume.
- Straight on is a geodesic at the speed over the ground and the rate of climb of the report.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from parley.detect.legs import ecef_m, ellipsoid
from parley.detect.strategic_index import area_box
from parley.world.faults import InputFault
from parley.world.geo import UNDECIDED, Answer, Position, checked_uncertainty_m, destination
from parley.world.shape import Circle, Polygon, Shape, contains
from parley.world.time import US_MAX, US_MIN
from parley.world.units import MICROSECONDS_PER_SECOND
from parley.world.volume import (
    AltitudeReference,
    PressureSource,
    Volume4D,
    altitude_inside,
    checked_altitude_m,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Dimension = Literal["place", "height", "time", "speed"]

LOOK_STEP_S = 0.2
"""What is outside for less than this on the way is not seen by `leaving`."""
FOUND_WITHIN_S = 0.05
AHEAD_MAX_S = 3_600.0
SPEED_MAX_MPS = 12_000.0
TESTS_MAX = 256
"""Volumes near enough to hold the report that are measured exactly: with more it is undecided."""
NEAREST_TESTS_MAX = 256
"""Volumes measured exactly besides, for the nearest one."""
LEAVING_TESTS_MAX = 512
"""Measurements on the way ahead; where more would be needed nothing is told of leaving."""
_LEAST_SPEED_MPS = 1.0
_LEAST_DEGREE_M = 110_574.0
_LEAST_RADIUS_M = 6_335_439.0
_ROUNDING_M = 0.01


class Seen(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a flight was reported, how fast, and how wrong that may be.

    `horizontal_m`, `vertical_m`, `time_us`: the report may be off by so much, either way.

    Raises:
        InputFault: NaN, or a number out of range.
    """

    at_us: int
    position: Position
    altitude_m: float | None
    altitude_reference: AltitudeReference
    horizontal_m: float = 0.0
    vertical_m: float = 0.0
    time_us: int = 0
    east_mps: float = 0.0
    north_mps: float = 0.0
    up_mps: float = 0.0

    def __post_init__(self) -> None:
        if not US_MIN <= self.at_us <= US_MAX:
            raise InputFault("conformance at_us", value=self.at_us, wanted="1900 to 2100")
        if self.altitude_m is not None:
            checked_altitude_m(self.altitude_m)
        checked_uncertainty_m(self.horizontal_m, "horizontal uncertainty")
        checked_uncertainty_m(self.vertical_m, "vertical uncertainty")
        if self.time_us < 0:
            raise InputFault("time uncertainty", value=self.time_us, wanted="0 or more")
        for name in ("east_mps", "north_mps", "up_mps"):
            value = getattr(self, name)
            if not -SPEED_MAX_MPS <= value <= SPEED_MAX_MPS:
                wanted = f"at most {SPEED_MAX_MPS:.0f} m/s either way"
                raise InputFault(f"conformance {name}", value=value, wanted=wanted)

    @property
    def speed_mps(self) -> float:
        """Over the ground."""
        return math.hypot(self.east_mps, self.north_mps)


class Fit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether a flight is in one of the volumes, and by how much it is not.

    `nominal` takes the report at its word; `decided` is the same word or "undecided". Of the volume
    at `volume`, the nearest one: `what` it is outside of, by `horizontal_m`, `vertical_m` and
    `time_us` (negative is early, positive late); inside, `horizontal_m` is 0. `inward_m` is how far
    the outline is, where it is in. `all_measured` is False where more volumes came into question
    than are measured (`TESTS_MAX`: then nothing is decided, unless it is in one of those that were;
    `NEAREST_TESTS_MAX`: then a farther one may be told as the nearest).
    """

    nominal: str
    decided: str
    what: tuple[Dimension, ...] = ()
    horizontal_m: float = 0.0
    vertical_m: float = 0.0
    time_us: int = 0
    volume: int = 0
    inward_m: float = 0.0
    all_measured: bool = True


class Leaving(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a flight that flies straight on is outside, after how far, and outside of what."""

    in_s: float
    ground_m: float
    what: tuple[Dimension, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Volumes:
    """The volumes of an intent, with their boxes as columns; made by `volumes_of`."""

    volumes: tuple[Volume4D, ...]
    south_deg: Floats
    north_deg: Floats
    west_deg: Floats
    east_deg: Floats
    centre_m: Floats
    reach_m: Floats
    from_us: Ints
    to_us: Ints


@dataclass(frozen=True, slots=True)
class Measured:
    """One volume against one report: metres inward (negative is outside), and the time off."""

    number: int
    inward_m: float
    height: Answer
    off_us: int
    decided: str

    @property
    def upward_m(self) -> float:
        """How far within its limits, negative outside; 0 where the height is not comparable."""
        if self.height.nominal == UNDECIDED:
            return 0.0
        margin_m = math.inf if self.height.margin_m is None else self.height.margin_m
        return margin_m if self.height.nominal == "in" else -margin_m

    @property
    def nominal(self) -> str:
        """In, out, or undecided where the height is not comparable."""
        if self.inward_m < 0.0 or self.off_us != 0 or self.height.nominal == "out":
            return "out"
        return self.height.nominal

    def away_m(self, speed_mps: float) -> float:
        """How far it is: across, up, and what is flown in the time that it is off."""
        time_m = abs(self.off_us) / MICROSECONDS_PER_SECOND * max(speed_mps, _LEAST_SPEED_MPS)
        return math.hypot(max(0.0, -self.inward_m), max(0.0, -self.upward_m), time_m)


def volumes_of(volumes: Sequence[Volume4D]) -> Volumes:
    """Return volumes with their boxes as columns.

    Raises:
        InputFault: none.
    """
    if not volumes:
        raise InputFault("conformance volumes", value=0, wanted="one or more")
    boxes = np.array([area_box(volume.shape) for volume in volumes], dtype=np.float64)
    balls = [_ball(volume.shape) for volume in volumes]
    return Volumes(
        volumes=tuple(volumes),
        south_deg=boxes[:, 0],
        north_deg=boxes[:, 1],
        west_deg=boxes[:, 2],
        east_deg=boxes[:, 3],
        centre_m=np.array([ball[0] for ball in balls], dtype=np.float64),
        reach_m=np.array([ball[1] for ball in balls], dtype=np.float64),
        from_us=_instants([volume.from_us for volume in volumes], US_MIN),
        to_us=_instants([volume.to_us for volume in volumes], US_MAX + 1),
    )


def _ball(shape: Shape) -> tuple[Floats, float]:
    """Return a point in space, and a geodesic distance from it that no point of an area exceeds.

    A point of an edge is no further from one of its ends than half of its length.
    """
    if isinstance(shape, Circle):
        return _in_space_m(shape.centre.lat_deg, shape.centre.lon_deg), shape.radius_m
    line, beside_m = (
        (shape.rings[0], 0.0)
        if isinstance(shape, Polygon)
        else (shape.centre_line, shape.width_m / 2.0)
    )
    lat_deg = float(line.lat_deg.min() + line.lat_deg.max()) / 2.0
    lon_deg = float(line.lon_deg.min() + line.lon_deg.max()) / 2.0
    centre = np.full_like(line.lon_deg, lon_deg), np.full_like(line.lat_deg, lat_deg)
    away_m = np.asarray(ellipsoid().inv(*centre, line.lon_deg, line.lat_deg)[2], dtype=np.float64)
    reach_m = float(away_m.max()) + float(line.length_m.max()) / 2.0 + beside_m
    return _in_space_m(lat_deg, lon_deg), reach_m


def _in_space_m(lat_deg: float, lon_deg: float) -> Floats:
    found: Floats = ecef_m(np.array([lat_deg]), np.array([lon_deg]))[0]
    return found


def _instants(values: Sequence[int | None], without_us: int) -> Ints:
    return np.array([without_us if value is None else value for value in values], dtype=np.int64)


def fit(among: Volumes, seen: Seen, pressure: PressureSource | None = None) -> Fit:
    """Return whether a report is in one of the volumes, and how far from the nearest it is.

    Nearest is the volume to which the least is missing: across, up, and what the flight flies in
    the time that it is early or late (at least 1 m/s); the first of two that are as near.

    Args:
        among: the volumes.
        seen: the report.
        pressure: compares pressure levels with altitudes; without it that is undecided.

    >>> from parley.world.shape import Circle
    >>> here = Position(lat_deg=0.0, lon_deg=0.0)
    >>> ring = volumes_of([Volume4D(shape=Circle(centre=here, radius_m=1_000.0))])
    >>> there = Position(lat_deg=0.0, lon_deg=0.01)
    >>> seen = Seen(at_us=0, position=there, altitude_m=100.0, altitude_reference="AMSL")
    >>> found = fit(ring, seen)
    >>> found.decided, found.what, round(found.horizontal_m, 1)
    ('out', ('place',), 113.2)
    """
    off_us = _off_us(among, seen.at_us)
    least_m = _least_away_m(among, seen.position)
    time_m = np.abs(off_us) / MICROSECONDS_PER_SECOND * max(seen.speed_mps, _LEAST_SPEED_MPS)
    bound_m = np.hypot(least_m, time_m)
    may_be = (least_m <= seen.horizontal_m) & (np.abs(off_us) <= seen.time_us)
    needed = _ordered(np.flatnonzero(may_be), bound_m)
    too_many = len(needed) > TESTS_MAX
    measured = [measure(among, n, seen, int(off_us[n]), pressure) for n in needed[:TESTS_MAX]]
    inside = [each for each in measured if each.nominal == "in"]
    if inside:
        best = max(inside, key=lambda each: (each.decided == "in", each.inward_m, -each.number))
        decided = "in" if best.decided == "in" else UNDECIDED
        return Fit(
            nominal="in",
            decided=decided,
            volume=best.number,
            inward_m=best.inward_m,
            all_measured=not too_many,
        )
    others = _ordered(np.flatnonzero(~may_be), bound_m)
    nearest, all_measured = _nearest(among, measured, others, seen, bound_m, off_us, pressure)
    open_ = too_many or any(each.decided != "out" for each in measured)
    unknown = any(each.nominal == UNDECIDED for each in measured)
    return Fit(
        nominal=UNDECIDED if unknown else "out",
        decided=UNDECIDED if open_ or unknown else "out",
        what=what_of(nearest),
        horizontal_m=max(0.0, -nearest.inward_m),
        vertical_m=max(0.0, -nearest.upward_m),
        time_us=nearest.off_us,
        volume=nearest.number,
        inward_m=max(0.0, nearest.inward_m),
        all_measured=all_measured and not too_many,
    )


def what_of(measured: Measured) -> tuple[Dimension, ...]:
    """Return what a report is outside of, as drawn; the height too where it is not comparable."""
    found: list[Dimension] = []
    if measured.inward_m < 0.0:
        found.append("place")
    if measured.height.nominal != "in":
        found.append("height")
    if measured.off_us:
        found.append("time")
    return tuple(found)


def _ordered(numbers: Ints, bound_m: Floats) -> list[int]:
    return [int(n) for n in numbers[np.lexsort((numbers, bound_m[numbers]))]]


def _nearest(
    among: Volumes,
    measured: list[Measured],
    others: list[int],
    seen: Seen,
    bound_m: Floats,
    off_us: Ints,
    pressure: PressureSource | None,
) -> tuple[Measured, bool]:
    """Return the nearest volume: what was measured, then the others by how near they can be."""

    def away(each: Measured) -> tuple[float, int]:
        return (each.away_m(seen.speed_mps), each.number)

    best = min(measured, key=away, default=None)
    for count, number in enumerate(others):
        if best is not None:
            if bound_m[number] > best.away_m(seen.speed_mps):
                break
            if count >= NEAREST_TESTS_MAX:
                return best, False
        found = measure(among, number, seen, int(off_us[number]), pressure)
        best = found if best is None else min(best, found, key=away)
    assert best is not None  # there is at least one volume
    return best, True


def measure(
    among: Volumes, number: int, seen: Seen, off_us: int, pressure: PressureSource | None
) -> Measured:
    """Return one volume against one report, exactly."""
    volume = among.volumes[number]
    place = contains(volume.shape, seen.position, seen.horizontal_m)
    height = height_in(volume, seen, pressure)
    assert place.margin_m is not None
    return Measured(
        number=number,
        inward_m=place.margin_m if place.nominal == "in" else -place.margin_m,
        height=height,
        off_us=off_us,
        decided=_together(place.decided, height.decided, window_decided(volume, seen)),
    )


def height_in(volume: Volume4D, seen: Seen, pressure: PressureSource | None) -> Answer:
    """Return whether a report is between the limits of a volume."""
    return altitude_inside(
        seen.altitude_m,
        seen.altitude_reference,
        volume.lower,
        volume.upper,
        uncertainty_m=seen.vertical_m,
        pressure=pressure,
        at_us=seen.at_us,
    )


def window_decided(volume: Volume4D, seen: Seen) -> str:
    """Return in, out or undecided of a window, half open, for a report some time off."""
    early_us, late_us = seen.at_us - seen.time_us, seen.at_us + seen.time_us
    if volume.from_us is not None and late_us < volume.from_us:
        return "out"
    if volume.to_us is not None and early_us >= volume.to_us:
        return "out"
    begun = volume.from_us is None or early_us >= volume.from_us
    return "in" if begun and (volume.to_us is None or late_us < volume.to_us) else UNDECIDED


def _together(*decided: str) -> str:
    if "out" in decided:
        return "out"
    return "in" if set(decided) == {"in"} else UNDECIDED


def _off_us(among: Volumes, at_us: int) -> Ints:
    """Return how long outside each window: negative early, positive late; the end is 1 late."""
    early_us = np.minimum(at_us - among.from_us, 0)
    late_us = np.maximum(at_us - among.to_us + 1, 0)
    found: Ints = np.where(early_us < 0, early_us, late_us)
    return found


def _least_away_m(among: Volumes, position: Position) -> Floats:
    """Return for each volume a distance within which nothing of its area lies.

    North and south by the shortest degree; east and west by the distance to the meridian's great
    circle, on the least radius of curvature. Or by a ball around it: a chord is no longer than the
    way over the ground.
    """
    below_deg = among.south_deg - position.lat_deg
    above_deg = position.lat_deg - among.north_deg
    up_m = np.maximum(np.maximum(below_deg, above_deg), 0.0) * _LEAST_DEGREE_M
    into_deg = (position.lon_deg - among.west_deg) % 360.0
    width_deg = among.east_deg - among.west_deg
    aside_deg = np.minimum(into_deg - width_deg, 360.0 - into_deg)
    beside = into_deg > width_deg
    east = np.abs(np.sin(np.radians(into_deg - width_deg)))
    west = np.abs(np.sin(np.radians(360.0 - into_deg)))
    level = math.cos(math.radians(position.lat_deg))
    aside_m = _LEAST_RADIUS_M * np.arcsin(np.minimum(np.minimum(east, west) * level, 1.0))
    # Over the pole it may be nearer than beside: on the far side no meridian bounds anything.
    aside_m = np.where(beside & (aside_deg < 90.0), aside_m, 0.0)
    here_m = _in_space_m(position.lat_deg, position.lon_deg)
    chord_m = np.sqrt(((among.centre_m - here_m) ** 2).sum(axis=1)) - among.reach_m
    bound_m = np.maximum(np.maximum(up_m, aside_m), chord_m) - _ROUNDING_M
    found: Floats = np.maximum(bound_m, 0.0)
    return found


# ---- straight on --------------------------------------------------------------------------------


def leaving(
    among: Volumes, seen: Seen, ahead_s: float, pressure: PressureSource | None = None
) -> Leaving | None:
    """Return when a flight that is inside as reported is outside if it flies straight on.

    None where it stays inside for so long, or is not inside now. From one instant to the next as
    far as it cannot leave (the distance to the outline at its speed, to a limit at its rate of
    climb, to the end of the window), at least `LOOK_STEP_S`; found to `FOUND_WITHIN_S`. "speed" is
    told beside "time" where another volume is open then: it is too slow or fast for its windows.

    Args:
        among: the volumes.
        seen: the report, with its motion.
        ahead_s: how far ahead is looked.
        pressure: as in `fit`.

    Raises:
        InputFault: `ahead_s` is not a number from 0 to an hour.

    >>> from parley.world.shape import Circle
    >>> here = Position(lat_deg=0.0, lon_deg=0.0)
    >>> ring = volumes_of([Volume4D(shape=Circle(centre=here, radius_m=1_000.0))])
    >>> seen = Seen(
    ...     at_us=0, position=here, altitude_m=1.0, altitude_reference="AMSL", north_mps=50.0
    ... )
    >>> round(leaving(ring, seen, 30.0).in_s, 1), leaving(ring, seen, 15.0)
    (20.0, None)
    """
    if not 0.0 <= ahead_s <= AHEAD_MAX_S:
        raise InputFault("conformance ahead_s", value=ahead_s, wanted=f"0 to {AHEAD_MAX_S:.0f} s")
    way = _Way(among, seen, pressure)
    inside_s, in_s = -1.0, 0.0
    while True:
        stays_s = way.stays_s(in_s)
        if stays_s is None:
            break
        if in_s + stays_s > ahead_s or in_s >= ahead_s or way.tests > LEAVING_TESTS_MAX:
            return None
        inside_s, in_s = in_s, min(in_s + max(stays_s, LOOK_STEP_S), ahead_s)
    if inside_s < 0.0:
        return None
    while in_s - inside_s > FOUND_WITHIN_S:
        middle_s = (inside_s + in_s) / 2.0
        if way.stays_s(middle_s) is None:
            in_s = middle_s
        else:
            inside_s = middle_s
    last_in = fit(among, flown_on(seen, inside_s), pressure).volume
    what = left_by(last_in, among, seen, in_s, pressure)
    return Leaving(in_s=in_s, ground_m=in_s * seen.speed_mps, what=what)


def left_by(
    number: int, among: Volumes, seen: Seen, in_s: float, pressure: PressureSource | None
) -> tuple[Dimension, ...]:
    """Return what of a volume a flight is outside of then, with its speed where that is why."""
    then = flown_on(seen, in_s)
    off_us = _off_us(among, then.at_us)
    found = what_of(measure(among, number, then, int(off_us[number]), pressure))
    if "time" in found and bool(np.any(off_us == 0)) and seen.speed_mps > _LEAST_SPEED_MPS:
        return (*found, "speed")
    return found


def flown_on(seen: Seen, after_s: float) -> Seen:
    """Return a report brought forward along its motion."""
    if after_s == 0.0:
        return seen
    position = seen.position
    if seen.speed_mps > 0.0:
        course_deg = math.degrees(math.atan2(seen.east_mps, seen.north_mps))
        position = destination(position, course_deg, seen.speed_mps * after_s)
    altitude_m = seen.altitude_m
    if altitude_m is not None:
        altitude_m = min(max(altitude_m + seen.up_mps * after_s, -1_000.0), 100_000.0)
    at_us = min(seen.at_us + round(after_s * MICROSECONDS_PER_SECOND), US_MAX)
    return msgspec.structs.replace(seen, at_us=at_us, position=position, altitude_m=altitude_m)


@dataclass(slots=True)
class _Way:
    """The way ahead of one report, and how many volumes were measured on it."""

    among: Volumes
    seen: Seen
    pressure: PressureSource | None
    tests: int = 0

    def stays_s(self, after_s: float) -> float | None:
        """Return for how long it then cannot leave the volume it is in; None: it is in none.

        Where more come into question than are measured it may be in one of the others: it stays.
        """
        then = flown_on(self.seen, after_s)
        off_us = _off_us(self.among, then.at_us)
        near = np.flatnonzero((_least_away_m(self.among, then.position) <= 0.0) & (off_us == 0))
        self.tests += len(near)
        if len(near) > TESTS_MAX:
            return 0.0
        found = (self._measured(int(n), then) for n in near)
        inside = (_within_s(each, self.among, then) for each in found if each is not None)
        return max(inside, default=None)

    def _measured(self, number: int, then: Seen) -> Measured | None:
        """Return a volume that it may be in then; the outline is dear, and asked about last."""
        if height_in(self.among.volumes[number], then, self.pressure).nominal == "out":
            return None
        found = measure(self.among, number, then, 0, self.pressure)
        return found if found.nominal != "out" else None


def _within_s(measured: Measured, among: Volumes, seen: Seen) -> float:
    across_s = measured.inward_m / seen.speed_mps if seen.speed_mps > 0.0 else math.inf
    known = seen.up_mps != 0.0 and measured.height.nominal == "in"
    up_s = measured.upward_m / abs(seen.up_mps) if known else math.inf
    end_s = (int(among.to_us[measured.number]) - seen.at_us) / MICROSECONDS_PER_SECOND
    return min(across_s, up_s, end_s)
