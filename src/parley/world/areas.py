"""How much ground an area covers, to compare it with a limit."""

from __future__ import annotations

import math

from pyproj import Geod

from parley.world.shape import Circle, Corridor, Shape

_GEOD = Geod(ellps="WGS84")


def area_m2(shape: Shape) -> float:
    """Return the square metres of an area: of a circle or corridor never too few.

    The overlaps of a corridor with itself are counted twice, and the edges of a polygon are taken
    as geodesics: both make no difference to a limit.

    >>> from parley.world.geo import Position
    >>> ring = Circle(centre=Position(lat_deg=50.0, lon_deg=10.0), radius_m=1_000.0)
    >>> round(area_m2(ring))
    3141593
    """
    match shape:
        case Circle():
            return math.pi * shape.radius_m**2
        case Corridor():
            length_m = float(shape.centre_line.length_m.sum())
            return length_m * shape.width_m + math.pi * shape.width_m**2 / 4.0
        case _:
            outer, *holes = (
                abs(_GEOD.polygon_area_perimeter(ring.lon_deg[:-1], ring.lat_deg[:-1])[0])
                for ring in shape.rings
            )
            return float(outer - sum(holes))
