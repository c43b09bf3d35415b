"""Moving a planned volume: later, longer, higher or lower, north and east; and what that makes it.

Rules: a move keeps the size. Every vertex goes the same distance on the same true bearing along a
geodesic; what would then cross itself, lie below the surface, or leave the world is refused, never
repaired. What is free there does not live here (`node.rules.free_moves`).
"""

from __future__ import annotations

import math

import msgspec

from parley.world.faults import InputFault
from parley.world.geo import Position, destination, wrapped_longitude_deg
from parley.world.intent import Intent
from parley.world.shape import Circle, Corridor, Polygon, Shape
from parley.world.units import MICROSECONDS_PER_SECOND
from parley.world.volume import VerticalLimit, Volume4D

LATERAL_MAX_M = 1_000_000.0
"""Nobody moves a flight further aside than this and calls it the same one."""


def moved_shape(shape: Shape, north_m: float, east_m: float) -> Shape:
    """Return the shape so far north and east; exactly itself for no move.

    Raises:
        InputFault: not finite, too far, or a ring that would cross itself there.

    >>> ring = Circle(centre=Position(lat_deg=0.0, lon_deg=179.9), radius_m=1_000.0)
    >>> round(moved_shape(ring, 0.0, 22_264.0).centre.lon_deg, 3)
    -179.9
    """
    if north_m == 0.0 and east_m == 0.0:
        return shape
    distance = math.hypot(north_m, east_m)
    if not distance <= LATERAL_MAX_M:
        wanted = f"at most {LATERAL_MAX_M:.0f} m"
        raise InputFault("lateral move", value=f"{distance:.0f} m", wanted=wanted)
    bearing = math.degrees(math.atan2(east_m, north_m))

    def moved(vertex: Position) -> Position:
        there = destination(vertex, bearing, distance)
        lon_deg = wrapped_longitude_deg(there.lon_deg)
        return Position(lat_deg=there.lat_deg, lon_deg=lon_deg)

    match shape:
        case Circle():
            return Circle(centre=moved(shape.centre), radius_m=shape.radius_m)
        case Corridor():
            return Corridor(
                vertices=tuple(moved(vertex) for vertex in shape.vertices),
                width_m=shape.width_m,
                edges=shape.edges,
            )
        case Polygon():
            return Polygon(
                exterior=tuple(moved(vertex) for vertex in shape.exterior),
                holes=tuple(tuple(moved(vertex) for vertex in hole) for hole in shape.holes),
                edges=shape.edges,
            )


def moved_volume(
    volume: Volume4D,
    *,
    delay_s: int = 0,
    extend_s: int = 0,
    climb_m: float = 0.0,
    north_m: float = 0.0,
    east_m: float = 0.0,
) -> Volume4D:
    """Return a volume moved; `extend_s` moves its end alone.

    Raises:
        InputFault: a delay of a window that is open, a climb of one that reaches from the surface
            or without limit, a level below the surface, or as `moved_shape` says.
    """
    from_us, to_us = volume.from_us, volume.to_us
    if delay_s or extend_s:
        if to_us is None or (delay_s and from_us is None):
            raise InputFault("window", value="open", wanted="a start and an end, to be moved")
        delay_us = delay_s * MICROSECONDS_PER_SECOND
        from_us = from_us + delay_us if from_us is not None else None
        to_us = to_us + delay_us + extend_s * MICROSECONDS_PER_SECOND
    lower, upper = volume.lower, volume.upper
    if climb_m != 0.0:
        lower, upper = _climbed(lower, climb_m), _climbed(upper, climb_m)
    return Volume4D(
        shape=moved_shape(volume.shape, north_m, east_m),
        lower=lower,
        upper=upper,
        from_us=from_us,
        to_us=to_us,
    )


def _climbed(limit: VerticalLimit, climb_m: float) -> VerticalLimit:
    if limit.value_m is None:
        wanted = "limits that are numbers, to be moved to another level"
        raise InputFault("vertical limit", value=limit.reference, wanted=wanted)
    value_m = limit.value_m + climb_m
    if value_m < min(0.0, limit.value_m):
        what = f"{value_m:.0f} m {limit.reference}"
        raise InputFault("vertical limit", value=what, wanted="0 m or above: the surface")
    return VerticalLimit(value_m=value_m, reference=limit.reference)


def moved_intent(
    intent: Intent,
    *,
    delay_s: int = 0,
    extend_s: int = 0,
    climb_m: float = 0.0,
    north_m: float = 0.0,
    east_m: float = 0.0,
) -> Intent:
    """Return the next version of an intent: all of its volumes moved alike.

    Args:
        intent: as it is.
        delay_s: later; below 0 is earlier.
        extend_s: how much later its last volumes end: those that end when the whole of it does.
        climb_m: up; below 0 is down.
        north_m: towards true north.
        east_m: towards true east.

    Raises:
        InputFault: nothing is moved, or as `moved_volume` says.
    """
    if not any((delay_s, extend_s, climb_m, north_m, east_m)):
        wanted = "a delay, an extension, a climb or a lateral move"
        raise InputFault(f"intent {intent.id}", value="moved by nothing", wanted=wanted)
    ends = {volume.to_us for volume in intent.volumes}
    last = None if None in ends else max(end for end in ends if end is not None)
    volumes = tuple(
        moved_volume(
            volume,
            delay_s=delay_s,
            extend_s=extend_s if volume.to_us == last else 0,
            climb_m=climb_m,
            north_m=north_m,
            east_m=east_m,
        )
        for volume in intent.volumes
    )
    return msgspec.structs.replace(intent, volumes=volumes, version=intent.version + 1)
