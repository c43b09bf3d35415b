"""The area in which flights were ever seen, as a bounded set of coarse cells.

Here: cells, what is near them, how far beyond them a place is. Never here: whose flights, what is
asked about them (`node.rules.unusual_flights`), files.

Rules:
- Rows of `ROW_DEG` of latitude (11.1 km), cut into so many cells that none is wider than 11.2 km.
- A place counts as known in a known cell or in one that touches it: up to 11 km beyond an edge, at
  most 22 km. Beyond is never said of what may have been flown.
- No more than `CELLS_MAX` cells, some 6 million km²: then nothing more is learnt, and it says so.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np

from parley.detect.legs import MEAN_RADIUS_M
from parley.world.faults import InputFault
from parley.world.geo import Position

ROW_DEG = 0.1
ROWS = 1_800
CELLS_MAX = 50_000
FLOWN_MAX_S = 1e12
_ROUND = 3_600
"""Cells in the rows at the equator."""


class FlownArea:
    """The known cells, and for how long flights were seen.

    Attributes:
        flown_s: flight time that was seen, of all flights together.
        refused: places that came when it was full.
    """

    def __init__(self, cells: Iterable[int] = (), flown_s: float = 0.0) -> None:
        """Begin with what was kept.

        Raises:
            InputFault: a number that is no cell, too many, or a time that is none.
        """
        found = list(cells)
        if len(found) > CELLS_MAX:
            raise InputFault("flown area cells", value=len(found), wanted=f"at most {CELLS_MAX}")
        for cell in found:
            if not _is_cell(cell):
                raise InputFault("flown area cell", value=cell, wanted="a row and a cell in it")
        if not 0.0 <= flown_s <= FLOWN_MAX_S:
            raise InputFault("flown area flown_s", value=flown_s, wanted=f"0 to {FLOWN_MAX_S:.0e}")
        self._cells = set(found)
        self._columns: tuple[int, np.ndarray] | None = None
        self.flown_s = flown_s
        self.refused = 0

    @property
    def cells(self) -> tuple[int, ...]:
        """The known cells, in order."""
        return tuple(sorted(self._cells))

    def __len__(self) -> int:
        """How many cells are known."""
        return len(self._cells)

    @property
    def full(self) -> bool:
        """Whether nothing more is learnt."""
        return len(self._cells) >= CELLS_MAX

    def add(self, cell: int) -> bool:
        """Learn a cell of `cell_of`; return whether it is known then."""
        if cell in self._cells:
            return True
        if self.full:
            self.refused += 1
            return False
        self._cells.add(cell)
        return True

    def near(self, position: Position) -> bool:
        """Return whether a place lies in a known cell or in one that touches a known cell.

        >>> area = FlownArea([cell_of(Position(lat_deg=35.05, lon_deg=179.95))])
        >>> area.near(Position(lat_deg=35.05, lon_deg=-179.95))
        True
        >>> area.near(Position(lat_deg=35.05, lon_deg=-179.5))
        False
        """
        return any(cell in self._cells for cell in _touching(position))

    def beyond_m(self, position: Position) -> float | None:
        """Return how far a place is from the nearest known cell; None where nothing is known.

        To the nearest point on the cell's own parallels and meridians, on a sphere: within 1 %, and
        never less than 0.
        """
        if not self._cells:
            return None
        if self._columns is None or self._columns[0] != len(self._cells):
            corners = np.array([_corners_deg(cell) for cell in sorted(self._cells)])
            self._columns = (len(self._cells), corners)
        south, north, west, east = self._columns[1].T
        aside = (position.lon_deg - west) % 360.0
        width = east - west
        off = np.where(aside <= width, 0.0, np.minimum(aside - width, 360.0 - aside))
        lat, off = np.radians(position.lat_deg), np.radians(off)
        # On a meridian of the cell, the latitude that is nearest; without an offset its own.
        foot = np.arctan2(np.sin(lat), np.cos(lat) * np.cos(off))
        foot = np.clip(foot, np.radians(south), np.radians(north))
        haversine = (
            np.sin((foot - lat) / 2.0) ** 2 + np.cos(lat) * np.cos(foot) * np.sin(off / 2.0) ** 2
        )
        away_m = 2.0 * MEAN_RADIUS_M * np.arcsin(np.sqrt(np.clip(haversine, 0.0, 1.0)))
        return float(away_m.min())


def cell_of(position: Position) -> int:
    """Return the number of the cell of a place.

    >>> cell_of(Position(lat_deg=-90.0, lon_deg=0.0)) // 3600, cells_in(0), cells_in(900)
    (0, 7, 3600)
    """
    row = _row_of(position.lat_deg)
    return row * _ROUND + _column_of(row, position.lon_deg)


def cells_in(row: int) -> int:
    """Return how many cells a row has: fewer towards the poles, none wider than 11.2 km."""
    least_deg = min(abs(row * ROW_DEG - 90.0), abs((row + 1) * ROW_DEG - 90.0))
    return max(1, math.ceil(_ROUND * math.cos(math.radians(least_deg)) - 1e-9))


def _row_of(lat_deg: float) -> int:
    return min(ROWS - 1, max(0, math.floor((lat_deg + 90.0) / ROW_DEG)))


def _column_of(row: int, lon_deg: float) -> int:
    count = cells_in(row)
    return math.floor((lon_deg + 180.0) / 360.0 * count) % count


def _is_cell(cell: int) -> bool:
    row, column = divmod(cell, _ROUND)
    return 0 <= row < ROWS and column < cells_in(row)


def _touching(position: Position) -> Iterator[int]:
    """Yield the cell of a place and those that touch it; at a pole all cells around it."""
    own_row = _row_of(position.lat_deg)
    width_deg = 360.0 / cells_in(own_row)
    column = _column_of(own_row, position.lon_deg)
    west_deg, east_deg = (column - 1) * width_deg - 180.0, (column + 2) * width_deg - 180.0
    for row in range(max(0, own_row - 1), min(ROWS, own_row + 2)):
        count = cells_in(row)
        if row in (0, ROWS - 1) or east_deg - west_deg >= 360.0:
            yield from (row * _ROUND + each for each in range(count))
            continue
        first = math.floor((west_deg + 180.0) / 360.0 * count + 1e-9)
        last = math.ceil((east_deg + 180.0) / 360.0 * count - 1e-9)
        yield from (row * _ROUND + each % count for each in range(first, last))


def _corners_deg(cell: int) -> tuple[float, float, float, float]:
    row, column = divmod(cell, _ROUND)
    width_deg = 360.0 / cells_in(row)
    south_deg = row * ROW_DEG - 90.0
    west_deg = column * width_deg - 180.0
    return south_deg, south_deg + ROW_DEG, west_deg, west_deg + width_deg
