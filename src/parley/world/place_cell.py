"""Cells of a fixed grid, in which a place is told no finer than it may be.

The earth is halved in latitude again and again; each band is halved in longitude until a cell is
about as wide as it is high. Rules:
- The true place lies in its cell, always; bounds are rounded outwards.
- Two cells are one in the other, or apart: whoever joins all cells that anybody was ever told of a
  place holds the finest of them and nothing finer. A grid that is moved, or a circle about a centre
  that is, would be cut down by each further telling.
- A cell is at no side shorter than what was asked for, but round a pole, where it is a whole cap.

Not here: who may be told how finely (`node.rules.disclosure`).
"""

from __future__ import annotations

import math

import msgspec

from parley.world.faults import InputFault
from parley.world.geo import Position, distance_m

_E9 = 1_000_000_000
_HALF_TURN_E9 = 180 * _E9
_TURN_E9 = 360 * _E9
_RIGHT_ANGLE_E9 = 90 * _E9
_LATITUDE_DEGREE_M = 110_574.0
"""A degree of latitude is shortest at the equator (WGS-84)."""
_LONGITUDE_DEGREE_M = 111_319.0
"""A degree of longitude at the equator; elsewhere the ellipsoid's is longer than this by cosine."""
LEVEL_MAX = 24
"""The finest cells are 1.2 m high."""
PRECISION_M = (1.2, 1_000_000.0)
"""The finest and the coarsest precision that can be asked for."""
_PARTS = 4


class Cell(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A cell by its bounds, 1e-9 degrees; it never reaches over the antimeridian."""

    south_e9: int
    west_e9: int
    north_e9: int
    east_e9: int

    def __post_init__(self) -> None:
        latitudes = -_RIGHT_ANGLE_E9 <= self.south_e9 < self.north_e9 <= _RIGHT_ANGLE_E9
        longitudes = -_HALF_TURN_E9 <= self.west_e9 < self.east_e9 <= _HALF_TURN_E9
        if not latitudes or not longitudes:
            wanted = "south below north, west before east, in degrees of the earth"
            raise InputFault("cell", value=self.text, wanted=wanted)

    @property
    def text(self) -> str:
        """It as it stands in a message: south,west,north,east in degrees."""
        bounds = (self.south_e9, self.west_e9, self.north_e9, self.east_e9)
        return ",".join(f"{each / _E9:.9f}" for each in bounds)

    @property
    def centre(self) -> Position:
        """Its middle, which is not where the place is."""
        return Position(
            lat_deg=(self.south_e9 + self.north_e9) / 2 / _E9,
            lon_deg=(self.west_e9 + self.east_e9) / 2 / _E9,
        )

    @property
    def half_height_m(self) -> float:
        """How far it reaches from its centre to the north and to the south."""
        return (self.north_e9 - self.south_e9) / 2 / _E9 * _LATITUDE_DEGREE_M

    @property
    def half_width_m(self) -> float:
        """How far it reaches to the east and to the west, at its centre."""
        half_deg = (self.east_e9 - self.west_e9) / 2 / _E9
        if half_deg > 90.0:
            return half_deg * _LONGITUDE_DEGREE_M * math.cos(math.radians(self.centre.lat_deg))
        centre = self.centre
        east = Position(lat_deg=centre.lat_deg, lon_deg=self.east_e9 / _E9)
        return distance_m(centre, east)

    @property
    def precision_m(self) -> float:
        """What it tells at most: its shorter side."""
        return 2 * min(self.half_height_m, self.half_width_m)

    def holds(self, lat_e9: int, lon_e9: int) -> bool:
        """Whether a position lies in it, its bounds included."""
        return self.south_e9 <= lat_e9 <= self.north_e9 and self.west_e9 <= lon_e9 <= self.east_e9

    def within(self, other: Cell) -> bool:
        """Whether it is the other or lies in it."""
        return other.holds(self.south_e9, self.west_e9) and other.holds(self.north_e9, self.east_e9)


def cell_of(lat_e9: int, lon_e9: int, precision_m: float) -> Cell:
    """Return the smallest cell about a position that is no finer than a length.

    >>> cell_of(35_628_900_000, 38_758_100_000, 10_000.0).text
    '35.507812500,38.671875000,35.683593750,39.023437500'

    Raises:
        InputFault: a precision that no cell has.
    """
    level = level_of(precision_m)
    rows = 1 << level
    row = min((lat_e9 + _RIGHT_ANGLE_E9) * rows // _HALF_TURN_E9, rows - 1)
    south_e9 = row * _HALF_TURN_E9 // rows - _RIGHT_ANGLE_E9
    north_e9 = -(-(row + 1) * _HALF_TURN_E9 // rows) - _RIGHT_ANGLE_E9
    columns = _columns(level, max(abs(south_e9), abs(north_e9)))
    column = min((lon_e9 + _HALF_TURN_E9) * columns // _TURN_E9, columns - 1)
    return Cell(
        south_e9=south_e9,
        west_e9=column * _TURN_E9 // columns - _HALF_TURN_E9,
        north_e9=north_e9,
        east_e9=-(-(column + 1) * _TURN_E9 // columns) - _HALF_TURN_E9,
    )


def level_of(precision_m: float) -> int:
    """Return how often the earth is halved for cells no finer than a length.

    Raises:
        InputFault: a precision that no cell has.
    """
    finest_m, coarsest_m = PRECISION_M
    if not finest_m <= precision_m <= coarsest_m:
        wanted = f"{finest_m:g} m to {coarsest_m / 1000:g} km"
        raise InputFault("precision", value=precision_m, wanted=wanted)
    return min(LEVEL_MAX, int(math.log2(180.0 * _LATITUDE_DEGREE_M / precision_m)))


def _columns(level: int, poleward_e9: int) -> int:
    """Return into how many cells a band is cut: the most that are all no narrower than high.

    A band lies in the band of the level above and begins no nearer to the pole, so that it is cut
    at least where that one is: cells nest.
    """
    height_m = 180.0 * _LATITUDE_DEGREE_M / (1 << level)
    round_m = 360.0 * _LONGITUDE_DEGREE_M * math.cos(math.radians(poleward_e9 / _E9))
    if round_m < 2 * height_m:
        return 1
    return 1 << int(math.log2(round_m / height_m))


def read_cell(text: str, what: str = "cell") -> Cell:
    """Return the cell of a text; it may be a peer's.

    Raises:
        InputFault: not four numbers, or no area of the earth.
    """
    parts = text.split(",")
    try:
        degrees = [float(part) for part in parts]
        bounds = [round(each * _E9) for each in degrees if math.isfinite(each)]
    except ValueError:
        bounds = []
    if len(bounds) != _PARTS or len(parts) != _PARTS:
        raise InputFault(what, value=text, wanted="south,west,north,east in degrees")
    south_e9, west_e9, north_e9, east_e9 = bounds
    return Cell(south_e9=south_e9, west_e9=west_e9, north_e9=north_e9, east_e9=east_e9)
