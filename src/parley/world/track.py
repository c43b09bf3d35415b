"""A track: the reports of one aircraft as columns, and where it was in between.

Rules: times go up strictly, in microseconds UTC; heights name their reference; a source states how
it is interpolated (straight in longitude and latitude, or along the geodesic). Nothing is
extrapolated. The columns cannot be written to. Not here: reading files (`wire`), judging
(`detect`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from parley.world.faults import InputFault
from parley.world.geo import EDGE_MEANINGS, EdgeMeaning, Floats, Position, interpolated
from parley.world.place import checked_name
from parley.world.time import US_MAX, US_MIN
from parley.world.volume import (
    ALTITUDE_REFERENCES,
    HEIGHT_MAX_M,
    HEIGHT_MIN_M,
    AltitudeReference,
)


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """The reports of one aircraft, one row each.

    Args:
        id: of the aircraft or flight.
        party: whose it is; None if nobody's.
        t_us: (n,) int64, strictly increasing, microseconds UTC.
        lat_deg: (n,) float64.
        lon_deg: (n,) float64, -180..180.
        alt_m: (n,) float64, metres on `alt_reference`.
        alt_reference: what `alt_m` is measured from.
        interpolation: what lies between two reports.
        known_us: when it became known here, if later than it happened.

    Raises:
        InputFault: columns of different length or none, a value that is not finite or out of range,
            a time that does not go up; the row is named, counted from 0.
    """

    id: str
    party: str | None
    t_us: NDArray[np.int64]
    lat_deg: Floats
    lon_deg: Floats
    alt_m: Floats
    alt_reference: AltitudeReference
    interpolation: EdgeMeaning = "planar"
    known_us: int | None = None

    def __post_init__(self) -> None:
        what = f"track {checked_name(self.id, 'track id')}"
        times = _column(self.t_us, np.int64, f"{what} t_us")
        object.__setattr__(self, "t_us", times)
        for name, span in (
            ("lat_deg", (-90.0, 90.0)),
            ("lon_deg", (-180.0, 180.0)),
            ("alt_m", (HEIGHT_MIN_M, HEIGHT_MAX_M)),
        ):
            column = _column(getattr(self, name), np.float64, f"{what} {name}")
            if len(column) != len(times):
                raise InputFault(f"{what} {name}", value=len(column), wanted=f"{len(times)} rows")
            _check_range(column, span, f"{what} {name}")
            object.__setattr__(self, name, column)
        _check_times(times, what)
        if self.alt_reference not in ALTITUDE_REFERENCES:
            wanted = ", ".join(ALTITUDE_REFERENCES)
            raise InputFault(f"{what} altitude reference", value=self.alt_reference, wanted=wanted)
        if self.interpolation not in EDGE_MEANINGS:
            wanted = " or ".join(EDGE_MEANINGS)
            raise InputFault(f"{what} interpolation", value=self.interpolation, wanted=wanted)

    def __len__(self) -> int:
        """Return the number of reports."""
        return len(self.t_us)


def _column(values: ArrayLike, kind: type[np.generic], what: str) -> NDArray[np.generic]:
    """Return a read-only copy of the wanted type; a float is never cut to an integer."""
    try:
        column = np.array(values)
    except ValueError:
        column = np.empty((0, 0))
    wanted = "integers" if kind is np.int64 else "numbers"
    if column.ndim != 1:
        raise InputFault(what, value=f"{column.ndim} dimensions", wanted="one column")
    if not len(column):
        raise InputFault(what, value="no rows", wanted="at least one report")
    if not np.can_cast(column.dtype, kind, casting="same_kind") or column.dtype == np.bool_:
        raise InputFault(what, value=str(column.dtype), wanted=wanted)
    typed = column.astype(kind)
    typed.setflags(write=False)
    return typed


def _check_range(
    column: NDArray[np.generic], span: tuple[float, float] | tuple[int, int], what: str
) -> None:
    values = np.asarray(column)
    # Written so that NaN, which compares false with everything, is found as well.
    bad = np.flatnonzero(~((values >= span[0]) & (values <= span[1])))
    if len(bad):
        row = int(bad[0])
        wanted = f"{span[0]:.0f} to {span[1]:.0f}"
        raise InputFault(f"{what} row {row}", value=values[row].item(), wanted=wanted)


def _check_times(t_us: NDArray[np.generic], what: str) -> None:
    times = np.asarray(t_us, dtype=np.int64)
    _check_range(times, (US_MIN, US_MAX), f"{what} t_us")
    back = np.flatnonzero(np.diff(times) <= 0)
    if len(back):
        row = int(back[0]) + 1
        raise InputFault(
            f"{what} t_us row {row}",
            value=int(times[row]),
            wanted=f"later than row {row - 1} ({int(times[row - 1])})",
            repair="sort the rows and drop repeated times",
        )


def position_at(track: Track, at_us: int) -> tuple[Position, float] | None:
    """Return position and height (metres on `track.alt_reference`) at an instant.

    None before the first report and after the last. At a report it is exactly that report; between
    two the height is linear in time, the position as the track's `interpolation` says.

    Args:
        track: the track.
        at_us: the instant.
    """
    times = track.t_us
    if at_us < times[0] or at_us > times[-1]:
        return None
    row = int(np.searchsorted(times, at_us, side="right")) - 1
    here = _report(track, row)
    if int(times[row]) == at_us:
        return here, float(track.alt_m[row])
    start_us, end_us = int(times[row]), int(times[row + 1])
    fraction = (at_us - start_us) / (end_us - start_us)
    alt_m = float(track.alt_m[row] + fraction * (track.alt_m[row + 1] - track.alt_m[row]))
    return interpolated(here, _report(track, row + 1), fraction, track.interpolation), alt_m


def _report(track: Track, row: int) -> Position:
    return Position(lat_deg=float(track.lat_deg[row]), lon_deg=float(track.lon_deg[row]))
