"""Which cells of the coverage an area or a line lies in.

Here: an area or a line in, its cells out, those of a line with its metres in each. Never here: what
is known of the cells (`coverage`).

Rules: every cell that the area may touch is one of its cells, so that no edge of it is left out;
over the antimeridian and the poles too. An area of more than `CELLS_MAX` cells is refused: it is
said not to have been looked at, never judged by a part.
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from parley.detect.coverage import cell_at, cells_between, edges_deg, rows_between
from parley.detect.legs import MEAN_RADIUS_M
from parley.world.faults import InputFault
from parley.world.geo import Polyline, Position, planar_pieces
from parley.world.shape import Circle, Polygon, Shape, planar_rings

CELLS_MAX = 20_000
"""Some 2.4 million km²."""
STEP_M = 1_000.0
"""A line is taken in pieces of this length; each counts for the cell of its middle."""
_TOLERANCE_M = 50.0
_CELL_REACH_M = 8_000.0
"""No point of a cell is further from its middle: half the diagonal of 11.2 km by 11.2 km."""
_POLAR_LOOKS_MAX = 5_000_000
_DEGREE_M = 110_000.0
"""Of latitude, at the least."""


def cells_of_area(shape: Shape) -> tuple[int, ...]:
    """Return the cells that an area touches, in order.

    Raises:
        InputFault: more than `CELLS_MAX`.

    >>> from parley.detect.coverage import corners_deg
    >>> round_180 = Circle(centre=Position(lat_deg=0.05, lon_deg=180.0), radius_m=5_000.0)
    >>> [corners_deg(cell)[2] for cell in cells_of_area(round_180)]
    [-180.0, 179.9]
    """
    try:
        rings = planar_rings(shape, tolerance_m=_TOLERANCE_M)
    except InputFault:
        return _over_a_pole(shape)
    lines = [_unwrapped(ring) for ring in rings]
    lines = [line - [360.0 * _turns(line, lines[0]), 0.0] for line in lines]
    area = shapely.Polygon(lines[0], lines[1:])
    west_deg, south_deg, east_deg, north_deg = area.bounds
    cells: list[int] = []
    for row in rows_between(south_deg, north_deg):
        cells += cells_between(row, west_deg, east_deg)
        _check_count(len(cells))
    edges = edges_deg(cells)
    south, north, west, east = edges.T
    found: set[int] = set()
    # The turns of the earth on which a cell may lie.
    alone = west_deg >= -180.0 and east_deg < 180.0
    for turn_deg in (0.0,) if alone else (-360.0, 0.0, 360.0):
        boxes = shapely.box(west + turn_deg, south, east + turn_deg, north)
        meets = shapely.intersects(area, boxes).tolist()
        found.update(cell for cell, met in zip(cells, meets, strict=True) if met)
    return tuple(sorted(found))


def _check_count(count: int) -> None:
    if count > CELLS_MAX:
        wanted = f"at most {CELLS_MAX} cells of 11 km"
        raise InputFault("area for coverage", value=f"{count} cells or more", wanted=wanted)


def _unwrapped(ring: tuple[Position, ...]) -> NDArray[np.float64]:
    """Return longitude and latitude of a ring whose longitudes run on without a jump."""
    lon_deg = np.unwrap([each.lon_deg for each in ring], period=360.0)
    return np.column_stack((lon_deg, [each.lat_deg for each in ring]))


def _turns(line: NDArray[np.float64], other: NDArray[np.float64]) -> int:
    """Return by how many turns of the earth the longitudes of two rings differ."""
    middle_deg = (line[:, 0].min() + line[:, 0].max()) / 2.0
    other_deg = (other[:, 0].min() + other[:, 0].max()) / 2.0
    return round(float(middle_deg - other_deg) / 360.0)


def _over_a_pole(shape: Shape) -> tuple[int, ...]:
    """Return the cells of an area whose outline no plane ring bounds, and some that it just misses.

    Those whose middle is near enough to the centre, or to a point of the centre line.
    """
    lat_deg, lon_deg, reach_m = _spine(shape)
    reach_deg = reach_m / _DEGREE_M
    cells: list[int] = []
    for row in rows_between(float(lat_deg.min()) - reach_deg, float(lat_deg.max()) + reach_deg):
        cells += cells_between(row, -180.0, 180.0)
        _check_count(len(cells))
    if len(cells) * len(lat_deg) > _POLAR_LOOKS_MAX:
        wanted = f"at most {_POLAR_LOOKS_MAX} cells times kilometres near a pole"
        raise InputFault("area for coverage", value=len(cells) * len(lat_deg), wanted=wanted)
    edges = np.radians(edges_deg(cells))
    lat, lon = (edges[:, 0] + edges[:, 1]) / 2.0, (edges[:, 2] + edges[:, 3]) / 2.0
    near = np.zeros(len(cells), dtype=np.bool_)
    for at_lat, at_lon in zip(np.radians(lat_deg), np.radians(lon_deg), strict=True):
        near |= _sphere_m(at_lat, at_lon, lat, lon) <= reach_m
    return tuple(sorted(cell for cell, met in zip(cells, near.tolist(), strict=True) if met))


def _spine(shape: Shape) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Return points of an area, and how far from one of them the middle of its cells can be.

    Raises:
        InputFault: a polygon; none is round a pole.
    """
    if isinstance(shape, Polygon):
        raise InputFault("polygon for coverage", wanted="one that no pole is in")
    if isinstance(shape, Circle):
        lat_deg, lon_deg = np.array([shape.centre.lat_deg]), np.array([shape.centre.lon_deg])
        reach_m = shape.radius_m
    else:
        line = shape.centre_line
        lon_deg, lat_deg, _ = planar_pieces(line, tolerance_m=_TOLERANCE_M, step_m=STEP_M)
        reach_m = shape.width_m / 2.0 + STEP_M
    # 1 % for the ellipsoid.
    return lat_deg, lon_deg, 1.01 * reach_m + _CELL_REACH_M


def _sphere_m(
    lat: NDArray[np.float64] | float,
    lon: NDArray[np.float64] | float,
    to_lat: NDArray[np.float64],
    to_lon: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return distances on a sphere (haversine), of angles in radians: within 0.6 %."""
    haversine = (
        np.sin((to_lat - lat) / 2.0) ** 2
        + np.cos(lat) * np.cos(to_lat) * np.sin((to_lon - lon) / 2.0) ** 2
    )
    return np.asarray(2.0 * MEAN_RADIUS_M * np.arcsin(np.sqrt(np.clip(haversine, 0.0, 1.0))))


def cells_of_line(line: Polyline) -> dict[int, float]:
    """Return the cells of a line, each with how many metres of it are in it, to 1 km and 0.5 %.

    Raises:
        InputFault: more than `geo.PIECES_MAX` pieces: 200,000 km.

    >>> from parley.world.geo import polyline
    >>> ends = (Position(lat_deg=0.05, lon_deg=179.95), Position(lat_deg=0.05, lon_deg=-179.95))
    >>> list(map(round, cells_of_line(polyline(ends, "planar")).values()))
    [5560, 5560]
    """
    lon_deg, lat_deg, _ = planar_pieces(line, tolerance_m=_TOLERANCE_M, step_m=STEP_M)
    lat, lon = np.radians(lat_deg), np.radians(lon_deg)
    length_m = _sphere_m(lat[:-1], lon[:-1], lat[1:], lon[1:])
    middle_lat = (lat_deg[:-1] + lat_deg[1:]) / 2.0
    middle_lon = (lon_deg[:-1] + lon_deg[1:]) / 2.0
    found: dict[int, float] = {}
    for at_lat, at_lon, metres in zip(
        middle_lat.tolist(), middle_lon.tolist(), length_m.tolist(), strict=True
    ):
        cell = cell_at(at_lat, at_lon)
        found[cell] = found.get(cell, 0.0) + metres
    return found
