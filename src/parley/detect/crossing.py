"""Crossings of a line and presence in a volume, in continuous time, for one track.

Here: exact geometry in the plane of longitude and latitude, where both the line and a planar track
are made of straight edges. Geodesic legs are first cut so short that the straight piece leaves the
geodesic by at most `PLANAR_ERROR_M`. Never here: uncertainty (that is `world.boundary`), verdicts,
numba.

Rules: a point exactly on the line counts as on its left; touching a line and going back is no
crossing. Sides are seen looking along the line's vertices. The outline of a volume is one or more
rings, even-odd (holes are rings like any other); altitude limits belong to the volume. Longitudes
go the short way round between neighbours, so lines and tracks may cross the antimeridian; a pole is
never inside.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from parley.detect.legs import MEAN_RADIUS_M, ellipsoid
from parley.world.faults import InputFault
from parley.world.geo import Position

if TYPE_CHECKING:
    from parley.world.track import Track

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Side = Literal["left", "right"]
State = Literal["inside", "outside"]

PLANAR_ERROR_M = 0.1
"""How far a straight piece in longitude and latitude may leave the geodesic that it stands for."""
PARTS_MAX = 4_096
"""Pieces of one leg: enough for 400 km legs up to 85 degrees of latitude; beyond, error grows."""
SAME_US = 1
"""Two crossings no further apart than this are at one instant."""
_ROUNDING = 8.0 * float(np.finfo(np.float64).eps)


class Crossing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The instant at which a track goes from one side of a line to the other."""

    at_us: int
    from_side: Side
    to_side: Side


class Path(msgspec.Struct, frozen=True, kw_only=True):
    """A track as straight edges in longitude (unwrapped, may exceed 180) and latitude."""

    t_us: Floats
    lon_deg: Floats
    lat_deg: Floats
    alt_m: Floats


def line_crossings(track: Track, line: Sequence[Position]) -> list[Crossing]:
    """Return the crossings of a line with planar edges, in order of time.

    A position exactly on the line is on its left, so a track that ends on the line coming from the
    right has crossed it, and one that comes from the left has not. Nothing is said beyond the
    line's ends.

    Args:
        track: any number of reports; gaps between them are flown as one leg.
        line: at least two vertices; sides are seen looking along them.

    Raises:
        InputFault: a line of fewer than two vertices.
    """
    if len(line) < 2:
        raise InputFault("line", value=f"{len(line)} vertices", wanted="at least 2")
    path = planar_path(track)
    if path.t_us.shape[0] < 2:
        return []
    line_lon_deg, line_lat_deg = unwrapped(line)
    raw: list[tuple[Fraction, int]] = []
    for shift_deg in _shifts_deg(path.lon_deg, line_lon_deg):
        for edge in range(len(line) - 1):
            ends = [
                (float(line_lon_deg[k]) + shift_deg, float(line_lat_deg[k]))
                for k in (edge, edge + 1)
            ]
            raw += _edge_crossings(path, ends[0], ends[1])
    return _settled(sorted(raw))


def _settled(raw: list[tuple[Fraction, int]]) -> list[Crossing]:
    """Return crossings with those of one instant summed: there and back at once is no crossing."""
    crossings: list[Crossing] = []
    k = 0
    while k < len(raw):
        at_us, turn = raw[k]
        k += 1
        while k < len(raw) and raw[k][0] - at_us <= SAME_US:
            turn += raw[k][1]
            k += 1
        if turn > 0:
            crossings.append(Crossing(at_us=round(at_us), from_side="left", to_side="right"))
        elif turn < 0:
            crossings.append(Crossing(at_us=round(at_us), from_side="right", to_side="left"))
    return crossings


def _edge_crossings(
    path: Path, first: tuple[float, float], last: tuple[float, float]
) -> list[tuple[Fraction, int]]:
    """Return (instant, +1 left to right or -1 right to left) of each leg that crosses one edge.

    A leg crosses when its ends lie on different sides of the edge and the edge's ends on different
    sides of the leg. "On" counts as left in all four tests, and the signs are exact, so a leg
    through a vertex of the line, or a report on the line, is counted once or cancels out, never
    twice.
    """
    lon_deg, lat_deg = path.lon_deg, path.lat_deg
    low_lon_deg, high_lon_deg = min(first[0], last[0]), max(first[0], last[0])
    low_lat_deg, high_lat_deg = min(first[1], last[1]), max(first[1], last[1])
    near = (
        (np.maximum(lon_deg[:-1], lon_deg[1:]) >= low_lon_deg)
        & (np.minimum(lon_deg[:-1], lon_deg[1:]) <= high_lon_deg)
        & (np.maximum(lat_deg[:-1], lat_deg[1:]) >= low_lat_deg)
        & (np.minimum(lat_deg[:-1], lat_deg[1:]) <= high_lat_deg)
    )
    found: list[tuple[Fraction, int]] = []
    for leg in np.flatnonzero(near).tolist():
        one = float(lon_deg[leg]), float(lat_deg[leg])
        two = float(lon_deg[leg + 1]), float(lat_deg[leg + 1])
        left_one, left_two = is_left(first, last, one), is_left(first, last, two)
        if left_one == left_two or is_left(one, two, first) == is_left(one, two, last):
            continue
        # In fractions too: where a leg runs along the edge, floats would lose the instant.
        before, after = exact_turn(first, last, one), exact_turn(first, last, two)
        from_us, to_us = Fraction(float(path.t_us[leg])), Fraction(float(path.t_us[leg + 1]))
        at_us = from_us + (to_us - from_us) * before / (before - after)
        found.append((at_us, 1 if left_one else -1))
    return found


def exact_turn(
    first: tuple[float, float], last: tuple[float, float], point: tuple[float, float]
) -> Fraction:
    """Return twice the signed area of a triangle: positive left of the line, negative right."""
    x0, y0, x1, y1 = (Fraction(value) for value in (*first, *last))
    return (x1 - x0) * (Fraction(point[1]) - y0) - (y1 - y0) * (Fraction(point[0]) - x0)


def is_left(
    first: tuple[float, float], last: tuple[float, float], point: tuple[float, float]
) -> bool:
    """Return whether a point lies left of the line from first to last, or exactly on it.

    Never misjudged: where rounding could hide the sign it is computed in fractions.

    >>> is_left((0.0, 0.0), (0.0, 1.0), (-1e-300, 0.5)), is_left((0.0, 0.0), (0.0, 1.0), (0.0, 5.0))
    (True, True)
    """
    one = (last[0] - first[0]) * (point[1] - first[1])
    two = (last[1] - first[1]) * (point[0] - first[0])
    if abs(one - two) > _ROUNDING * (abs(one) + abs(two)):
        return one > two
    return exact_turn(first, last, point) >= 0


def presence(
    track: Track,
    rings: Sequence[Sequence[Position]],
    lower_m: float | None,
    upper_m: float | None,
    from_us: int | None,
    to_us: int | None,
) -> list[tuple[int, State]]:
    """Return the state at the start, then every change, of a track against a volume.

    Args:
        track: altitudes in the same reference as the limits; the caller has made sure of that.
        rings: outline and holes with planar edges, even-odd; open or closed.
        lower_m: lowest altitude inside, or None without limit.
        upper_m: highest altitude inside, or None without limit.
        from_us: nothing is looked at before this instant, or None.
        to_us: nothing is looked at after this instant, or None.

    Returns:
        (instant, "inside" or "outside"): first the state at the later of the track's start and
        `from_us`, then one item per change. Empty if track and window share no time. A touch of no
        duration is no change.
    """
    path = planar_path(track)
    start_us = max(float(path.t_us[0]), -math.inf if from_us is None else float(from_us))
    end_us = min(float(path.t_us[-1]), math.inf if to_us is None else float(to_us))
    if start_us > end_us:
        return []
    edges = _ring_edges(rings, path.lon_deg)
    if path.t_us.shape[0] == 1 or start_us == end_us:
        return [(round(start_us), _state_at(path, start_us, edges, lower_m, upper_m))]
    cuts = _cuts_us(path, edges, lower_m, upper_m)
    cuts = np.unique(np.clip(np.concatenate([cuts, [start_us, end_us]]), start_us, end_us))
    states: list[tuple[int, State]] = []
    for low_us, high_us in pairwise(cuts.tolist()):
        if high_us - low_us < SAME_US and states:
            continue
        state = _state_at(path, 0.5 * (low_us + high_us), edges, lower_m, upper_m)
        if not states or states[-1][1] != state:
            states.append((round(low_us), state))
    return states


def _cuts_us(path: Path, edges: Floats, lower_m: float | None, upper_m: float | None) -> Floats:
    """Return every instant at which the state may change: reports, outline and limits met."""
    span_us = np.diff(path.t_us)
    cuts = [path.t_us]
    for limit_m in (lower_m, upper_m):
        if limit_m is None:
            continue
        climb_m = np.diff(path.alt_m)
        level = climb_m == 0.0
        share = (limit_m - path.alt_m[:-1]) / np.where(level, 1.0, climb_m)
        meets = ~level & (share >= 0.0) & (share <= 1.0)
        cuts.append((path.t_us[:-1] + share * span_us)[meets])
    east_deg, north_deg = np.diff(path.lon_deg), np.diff(path.lat_deg)
    for lon_deg, lat_deg, lon_next_deg, lat_next_deg in edges:
        edge_east_deg, edge_north_deg = lon_next_deg - lon_deg, lat_next_deg - lat_deg
        turn = east_deg * edge_north_deg - north_deg * edge_east_deg
        parallel = turn == 0.0
        turn = np.where(parallel, 1.0, turn)
        off_lon_deg, off_lat_deg = lon_deg - path.lon_deg[:-1], lat_deg - path.lat_deg[:-1]
        share = (off_lon_deg * edge_north_deg - off_lat_deg * edge_east_deg) / turn
        along = (off_lon_deg * north_deg - off_lat_deg * east_deg) / turn
        # Generous at the ends: a cut too many costs nothing, for states are judged between cuts.
        slack = 1e-9
        meets = ~parallel & (share >= -slack) & (share <= 1.0 + slack)
        meets &= (along >= -slack) & (along <= 1.0 + slack)
        cuts.append((path.t_us[:-1] + np.clip(share, 0.0, 1.0) * span_us)[meets])
    return np.concatenate(cuts)


def _state_at(
    path: Path, at_us: float, edges: Floats, lower_m: float | None, upper_m: float | None
) -> State:
    """Return the state at one instant: altitude limits included, outline even-odd."""
    alt_m = float(np.interp(at_us, path.t_us, path.alt_m))
    if (lower_m is not None and alt_m < lower_m) or (upper_m is not None and alt_m > upper_m):
        return "outside"
    lon_deg = float(np.interp(at_us, path.t_us, path.lon_deg))
    lat_deg = float(np.interp(at_us, path.t_us, path.lat_deg))
    above = (edges[:, 1] > lat_deg) != (edges[:, 3] > lat_deg)
    rise_deg = np.where(above, edges[:, 3] - edges[:, 1], 1.0)
    meets_deg = edges[:, 0] + (lat_deg - edges[:, 1]) / rise_deg * (edges[:, 2] - edges[:, 0])
    odd = int(np.count_nonzero(above & (lon_deg < meets_deg))) % 2 == 1
    return "inside" if odd else "outside"


def _ring_edges(rings: Sequence[Sequence[Position]], path_lon_deg: Floats) -> Floats:
    """Return ring edges as rows lon, lat, next lon, next lat, for each turn of the path."""
    rows: list[Floats] = []
    for ring in rings:
        if len(ring) < 3:
            raise InputFault("ring", value=f"{len(ring)} vertices", wanted="at least 3")
        lon_deg, lat_deg = unwrapped((*ring, ring[0]))
        # Rings may be unwrapped a whole turn apart: bring each near the first, then repeat them
        # all.
        if rows:
            lon_deg = lon_deg - 360.0 * np.round((lon_deg[0] - rows[0][0, 0]) / 360.0)
        rows.append(np.stack([lon_deg[:-1], lat_deg[:-1], lon_deg[1:], lat_deg[1:]], axis=-1))
    if not rows:
        raise InputFault("rings", value="none", wanted="at least one ring")
    edges = np.concatenate(rows)
    turn = np.array([1.0, 0.0, 1.0, 0.0])
    shifts_deg = _shifts_deg(path_lon_deg, edges[:, 0])
    return np.concatenate([edges[:0], *(edges + shift_deg * turn for shift_deg in shifts_deg)])


def unwrapped(points: Sequence[Position]) -> tuple[Floats, Floats]:
    """Return longitudes without jumps (they may exceed 180) and latitudes of a line."""
    lon_deg = np.array([point.lon_deg for point in points], dtype=np.float64)
    lat_deg = np.array([point.lat_deg for point in points], dtype=np.float64)
    return _without_jumps(lon_deg), lat_deg


def _without_jumps(lon_deg: Floats) -> Floats:
    """Return longitudes moved by whole turns so that each is the short way from the one before.

    Whole turns, not summed differences: a longitude that needs no turn keeps its bits.
    """
    turns = -np.cumsum(np.floor((np.diff(lon_deg) + 180.0) / 360.0))
    return np.concatenate([lon_deg[:1], lon_deg[1:] + 360.0 * turns])


def _shifts_deg(path_lon_deg: Floats, lon_deg: Floats) -> list[float]:
    """Return the turns by which the second must move so that the ranges of longitude meet."""
    lowest = math.ceil((float(path_lon_deg.min()) - float(lon_deg.max())) / 360.0)
    highest = math.floor((float(path_lon_deg.max()) - float(lon_deg.min())) / 360.0)
    return [360.0 * turn for turn in range(lowest, highest + 1)]


def planar_path(track: Track) -> Path:
    """Return a track as edges that are straight in longitude and latitude.

    A planar track as it is; a geodesic one cut where a straight piece would leave the geodesic by
    more than `PLANAR_ERROR_M`: between its ends a geodesic of length s bulges s² tan φ / (8 R) to
    the pole.
    """
    t_us = np.asarray(track.t_us, dtype=np.float64)
    lon_deg = np.asarray(track.lon_deg, dtype=np.float64)
    lat_deg = np.asarray(track.lat_deg, dtype=np.float64)
    alt_m = np.asarray(track.alt_m, dtype=np.float64)
    if track.interpolation == "planar" or t_us.shape[0] < 2:
        return Path(t_us=t_us, lon_deg=_without_jumps(lon_deg), lat_deg=lat_deg, alt_m=alt_m)
    azimuth_deg, _, length_m = ellipsoid().inv(lon_deg[:-1], lat_deg[:-1], lon_deg[1:], lat_deg[1:])
    steepest_deg = np.minimum(np.maximum(np.abs(lat_deg[:-1]), np.abs(lat_deg[1:])) + 1.0, 89.9)
    # The 1 keeps the speed along the piece right as well: longitude does not run evenly near a
    # pole.
    bulge_m = length_m**2 * (1.0 + np.tan(np.radians(steepest_deg))) / (8.0 * MEAN_RADIUS_M)
    parts = np.clip(np.ceil(np.sqrt(bulge_m / PLANAR_ERROR_M)), 1, PARTS_MAX).astype(np.int64)
    leg = np.repeat(np.arange(parts.shape[0], dtype=np.int64), parts)
    share = (np.arange(leg.shape[0]) - np.repeat(np.cumsum(parts) - parts, parts)) / parts[leg]
    cut_lon_deg, cut_lat_deg = lon_deg[leg], lat_deg[leg]
    inner = share > 0.0
    at = leg[inner]
    cut_lon_deg[inner], cut_lat_deg[inner], _ = ellipsoid().fwd(
        lon_deg[at], lat_deg[at], azimuth_deg[at], length_m[at] * share[inner]
    )
    return Path(
        t_us=np.append(t_us[leg] + np.diff(t_us)[leg] * share, t_us[-1]),
        lon_deg=_without_jumps(np.append(cut_lon_deg, lon_deg[-1])),
        lat_deg=np.append(cut_lat_deg, lat_deg[-1]),
        alt_m=np.append(alt_m[leg] + np.diff(alt_m)[leg] * share, alt_m[-1]),
    )
