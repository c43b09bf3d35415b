"""WGS-84 positions, edges that state their meaning, and answers with three values.

Here: one point, one line of points, distances, sides, and the record of a judged question.
Distances are geodesics on the WGS-84 ellipsoid (pyproj `Geod`, Karney 2013, good to nanometres). An
edge between two vertices is a *geodesic* (AIXM GeodesicString) or *planar*, straight in longitude
and latitude (RFC 7946): at 50 N the two differ by 85 m on 60 km and by 23 km on 1,000 km.

Rules: an edge goes the shorter way round in longitude, so lines over the antimeridian need nothing
special; an answer is decided only when the margin is greater than the whole uncertainty.
Not here: the nearest point of a line (`line_search`), areas (`shape`), heights (`volume`), named
sides (`boundary`).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray
from pyproj import Geod

from parley.world import limits
from parley.world.faults import InputFault

EdgeMeaning = Literal["geodesic", "planar"]
Side = Literal["left", "right"]
Floats = NDArray[np.float64]

EDGE_MEANINGS: tuple[EdgeMeaning, ...] = ("geodesic", "planar")
UNDECIDED = "undecided"
PIECES_MAX = 200_000
"""Planar pieces of one line: 10,000 vertices, each geodesic edge some 100 km long."""

GEOD = Geod(ellps="WGS84")
"""Of every distance and course of this room."""
_CURVATURE_RADIUS_MAX_M = 6_399_593.626
"""Polar radius of curvature a²/b: no arc on WGS-84 is longer than with this radius."""
_ECCENTRICITY_SQUARED = GEOD.es
GEODESIC_PIECE_MAX_M = 500_000.0
_HALF_TURN_DEG = 180.0


class Position(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A point on the WGS-84 ellipsoid, degrees; without height.

    >>> Position(lat_deg=35.6289, lon_deg=38.7581).lat_deg
    35.6289
    """

    lat_deg: float
    lon_deg: float

    def __post_init__(self) -> None:
        for name, value, limit_deg in (
            ("latitude", self.lat_deg, 90.0),
            ("longitude", self.lon_deg, _HALF_TURN_DEG),
        ):
            # Written so that NaN, which compares false with everything, is refused as well.
            if not -limit_deg <= value <= limit_deg:
                raise InputFault(
                    name,
                    value=value,
                    wanted=f"a number from -{limit_deg:.0f} to {limit_deg:.0f} degrees",
                )


class Answer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A judged question: what it is as drawn, what may be decided, by how much, and why.

    `nominal` takes the drawing at its word. `decided` is the same word, or "undecided" where the
    uncertainties could change it. `margin_m` is how far the answer is from changing; None where no
    distance could change it (an exclusion by name, no upper limit).
    """

    nominal: str
    decided: str
    margin_m: float | None
    because: str

    def __post_init__(self) -> None:
        if self.decided not in (self.nominal, UNDECIDED):
            raise InputFault(
                "answer", value=self.decided, wanted=f'"{self.nominal}" or "{UNDECIDED}"'
            )


@dataclass(frozen=True, slots=True, eq=False)
class Polyline:
    """A line as columns: longitudes run on without a jump (179, 181), so that edges are plain.

    Made by `polyline`; kept by shapes so that a thousand questions unpack the vertices once.
    """

    lon_deg: Floats
    lat_deg: Floats
    edges: EdgeMeaning
    closed: bool
    azimuth_deg: Floats
    length_m: Floats
    """Of each edge: exact for geodesic edges, an upper bound for planar ones."""
    pieces: list[Pieces | None] = field(default_factory=list, repr=False)
    """What `line_search` cut the line into; empty until it is first asked, None for no gain."""


class Pieces(NamedTuple):
    """Short pieces of a line: edge, fractions and length of each, earth-centred ends (n, 3)."""

    edge: NDArray[np.int64]
    low: Floats
    high: Floats
    length_m: Floats
    low_ecef_m: Floats
    high_ecef_m: Floats


def checked_uncertainty_m(value_m: float, what: str = "uncertainty") -> float:
    """Return the uncertainty in metres as it is, or raise.

    Raises:
        InputFault: negative, NaN or infinite.
    """
    if not 0.0 <= value_m < math.inf:
        raise InputFault(what, value=value_m, wanted="a finite number of metres, 0 or more")
    return value_m


def judged(nominal: str, *, margin_m: float | None, uncertainty_m: float, because: str) -> Answer:
    """Return the answer, decided only if the margin is greater than the uncertainty.

    >>> judged("right", margin_m=4300.0, uncertainty_m=5000.0, because="4300 m").decided
    'undecided'
    """
    clear = margin_m is None or margin_m > uncertainty_m
    return Answer(
        nominal=nominal,
        decided=nominal if clear else UNDECIDED,
        margin_m=margin_m,
        because=because,
    )


def inside_all(*answers: Answer) -> Answer:
    """Return "in" if every answer is "in": the three-valued AND of "in" / "out" answers.

    Decidedly out of one is decidedly out of all. The margin is the least of the "in" margins, or
    the greatest of the "out" margins: the least that would have to change.
    """
    out = [answer for answer in answers if answer.nominal == "out"]
    if any(answer.decided == "out" for answer in answers):
        decided = "out"
    elif all(answer.decided == "in" for answer in answers):
        decided = "in"
    else:
        decided = UNDECIDED
    nominal = "out" if out else "in"
    if any(answer.nominal == UNDECIDED for answer in answers) and not out:
        nominal = UNDECIDED
    margins_m = [answer.margin_m for answer in out or answers if answer.margin_m is not None]
    unlimited = bool(out) and len(margins_m) < len(out)
    margin_m = None if unlimited or not margins_m else (max if out else min)(margins_m)
    speaking = [a.because for a in out or answers if decided != UNDECIDED or a.decided != a.nominal]
    because = "; ".join(dict.fromkeys(speaking or [a.because for a in answers]))
    return Answer(nominal=nominal, decided=decided, margin_m=margin_m, because=because)


def distance_m(a: Position, b: Position) -> float:
    """Return the length in metres of the WGS-84 geodesic from `a` to `b`.

    >>> tabqah = Position(lat_deg=35.8367, lon_deg=38.5481)
    >>> rusafa = Position(lat_deg=35.6289, lon_deg=38.7581)
    >>> round(distance_m(tabqah, rusafa))
    29875
    """
    return float(GEOD.inv(a.lon_deg, a.lat_deg, b.lon_deg, b.lat_deg)[2])


def bearing_deg(a: Position, b: Position) -> float:
    """Return the true bearing at `a` of the geodesic to `b`, 0 up to but not including 360.

    >>> tabqah = Position(lat_deg=35.8367, lon_deg=38.5481)
    >>> rusafa = Position(lat_deg=35.6289, lon_deg=38.7581)
    >>> round(bearing_deg(tabqah, rusafa), 1)
    140.5
    """
    bearing = float(GEOD.inv(a.lon_deg, a.lat_deg, b.lon_deg, b.lat_deg)[0]) % 360.0
    return 0.0 if bearing == 360.0 else bearing


def destination(a: Position, bearing_deg: float, distance_m: float) -> Position:
    """Return the position after `distance_m` along the geodesic that leaves `a` on `bearing_deg`.

    Raises:
        InputFault: bearing or distance is not finite.
    """
    for what, value in (("bearing", bearing_deg), ("distance", distance_m)):
        if not math.isfinite(value):
            raise InputFault(what, value=value, wanted="a finite number")
    lon_deg, lat_deg, _ = GEOD.fwd(a.lon_deg, a.lat_deg, bearing_deg, distance_m)
    return Position(lat_deg=float(lat_deg), lon_deg=float(lon_deg))


def interpolated(a: Position, b: Position, fraction: float, edges: EdgeMeaning) -> Position:
    """Return the position at `fraction` (0..1) of the edge from `a` to `b`; the ends are exact.

    >>> a, b = Position(lat_deg=10.0, lon_deg=179.5), Position(lat_deg=10.0, lon_deg=-179.5)
    >>> interpolated(a, b, 0.25, "planar").lon_deg
    179.75
    """
    if fraction == 0.0 or same_point(a, b):
        return a
    if fraction == 1.0:
        return b
    # To a cache 0.0 and -0.0 are the same, to a geodesic they need not be.
    kept = 0.0 not in (a.lat_deg, a.lon_deg, b.lat_deg, b.lon_deg)
    edge = _one_edge(a, b, edges) if kept else polyline((a, b), edges)
    lon_deg, lat_deg = point_on(edge, 0, fraction)
    return Position(lat_deg=lat_deg, lon_deg=wrapped_longitude_deg(lon_deg))


@functools.lru_cache(maxsize=4096)
def _one_edge(a: Position, b: Position, edges: EdgeMeaning) -> Polyline:
    """Return an edge as a line: whoever searches a leg asks for many points of the same one."""
    return polyline((a, b), edges)


def wrapped_longitude_deg(lon_deg: float) -> float:
    """Return the longitude brought into -180..180; what is inside already is not touched.

    >>> wrapped_longitude_deg(180.25), wrapped_longitude_deg(180.0)
    (-179.75, 180.0)
    """
    if -_HALF_TURN_DEG <= lon_deg <= _HALF_TURN_DEG:
        return lon_deg
    return (lon_deg + _HALF_TURN_DEG) % 360.0 - _HALF_TURN_DEG


def same_point(a: Position, b: Position) -> bool:
    """Whether two positions are the same point, -180 and 180 degrees being one meridian."""
    return a.lat_deg == b.lat_deg and abs(a.lon_deg - b.lon_deg) in (0.0, 360.0)


def without_repeats(vertices: Sequence[Position]) -> tuple[Position, ...]:
    """Return the vertices without those that are the same point as the one before."""
    return tuple(
        vertex
        for number, vertex in enumerate(vertices)
        if number == 0 or not same_point(vertex, vertices[number - 1])
    )


def polyline(
    vertices: Sequence[Position],
    edges: EdgeMeaning,
    *,
    closed: bool = False,
    what: str = "line",
) -> Polyline:
    """Return the vertices as columns, longitudes unwrapped from the first vertex on.

    Args:
        vertices: at least two different ones; identical neighbours count once.
        edges: what lies between two vertices.
        closed: whether an edge goes from the last vertex to the first.
        what: the thing, named as its owner knows it, for the message.

    Raises:
        InputFault: too few or too many vertices, an unknown edge meaning, an edge of 180 degrees of
            longitude (which way round?), or a closed line round a pole.
    """
    if edges not in EDGE_MEANINGS:
        raise InputFault(f"{what} edges", value=edges, wanted=" or ".join(EDGE_MEANINGS))
    if len(vertices) > limits.VERTICES_MAX:
        raise InputFault(
            f"{what} vertices", value=len(vertices), wanted=f"at most {limits.VERTICES_MAX}"
        )
    loop = [*vertices, vertices[0]] if closed and vertices else list(vertices)
    lon = np.array([vertex.lon_deg for vertex in loop], dtype=np.float64)
    lat = np.array([vertex.lat_deg for vertex in loop], dtype=np.float64)
    lon = _unwrapped_deg(lon, what)
    moved = np.ones(len(loop), dtype=bool)
    moved[1:] = (np.diff(lon) != 0.0) | (np.diff(lat) != 0.0)
    lon, lat = lon[moved], lat[moved]
    if len(lon) < 2:
        raise InputFault(f"{what} vertices", value=len(lon), wanted="at least 2 different ones")
    if closed and abs(lon[-1] - lon[0]) > _HALF_TURN_DEG:
        raise InputFault(
            what,
            value="a ring that goes round a pole",
            wanted="a ring with no pole inside",
            repair="cut it into sectors that stop short of the pole",
        )
    if edges == "geodesic":
        azimuth, _, length = GEOD.inv(lon[:-1], lat[:-1], lon[1:], lat[1:])
    else:
        azimuth, length = np.zeros(len(lon) - 1), _planar_length_bound_m(lon, lat)
    return Polyline(
        lon_deg=lon,
        lat_deg=lat,
        edges=edges,
        closed=closed,
        azimuth_deg=np.asarray(azimuth, dtype=np.float64),
        length_m=np.asarray(length, dtype=np.float64),
    )


def _unwrapped_deg(lon_deg: Floats, what: str) -> Floats:
    """Return longitudes that run on from the first, every edge the shorter way."""
    step_deg = np.diff(lon_deg)
    turns = np.zeros(len(lon_deg))
    turns[1:] = np.cumsum(np.where(step_deg > 180.0, -1.0, 0.0) + np.where(step_deg < -180, 1.0, 0))
    unwrapped = lon_deg + 360.0 * turns
    half_way = np.flatnonzero(np.abs(np.diff(unwrapped)) == _HALF_TURN_DEG)
    if len(half_way):
        raise InputFault(
            f"{what} edge {half_way[0]}",
            value="180 degrees of longitude long",
            wanted="less than 180",
            repair="add a vertex that says which way round it goes",
        )
    return unwrapped


def _planar_length_bound_m(lon_deg: Floats, lat_deg: Floats) -> Floats:
    """Return for each edge a length that the planar edge does not exceed."""
    least_lat_deg = np.minimum(np.abs(lat_deg[:-1]), np.abs(lat_deg[1:]))
    least_lat_deg[lat_deg[:-1] * lat_deg[1:] < 0.0] = 0.0
    along_rad = np.radians(np.diff(lon_deg)) * np.cos(np.radians(least_lat_deg))
    bound: Floats = _CURVATURE_RADIUS_MAX_M * np.hypot(np.radians(np.diff(lat_deg)), along_rad)
    return bound


def points_on(line: Polyline, edge: NDArray[np.int64], fraction: Floats) -> tuple[Floats, Floats]:
    """Return longitudes (unwrapped) and latitudes of the points at `fraction` of each edge."""
    lon0, lat0 = line.lon_deg[edge], line.lat_deg[edge]
    if line.edges == "planar":
        lon = lon0 + fraction * (line.lon_deg[edge + 1] - lon0)
        lat = lat0 + fraction * (line.lat_deg[edge + 1] - lat0)
        return lon, lat
    lon, lat, _ = GEOD.fwd(lon0, lat0, line.azimuth_deg[edge], fraction * line.length_m[edge])
    lon = lon0 + np.remainder(lon - lon0 + 180.0, 360.0) - 180.0
    return lon, np.asarray(lat, dtype=np.float64)


def point_on(line: Polyline, edge: int, fraction: float) -> tuple[float, float]:
    """Return longitude (unwrapped) and latitude of one point, as `points_on` those of many."""
    lon0, lat0 = float(line.lon_deg[edge]), float(line.lat_deg[edge])
    if line.edges == "planar":
        lon1, lat1 = float(line.lon_deg[edge + 1]), float(line.lat_deg[edge + 1])
        return lon0 + fraction * (lon1 - lon0), lat0 + fraction * (lat1 - lat0)
    away_m = fraction * float(line.length_m[edge])
    lon, lat, _ = GEOD.fwd(lon0, lat0, float(line.azimuth_deg[edge]), away_m)
    return lon0 + (lon - lon0 + 180.0) % 360.0 - 180.0, float(lat)


def planar_pieces(
    line: Polyline, *, tolerance_m: float, step_m: float | None = None
) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Return the line as planar pieces: longitudes (unwrapped), latitudes, edge of each piece.

    Args:
        line: the line; planar edges stay as they are.
        tolerance_m: how far a planar piece may lie from a geodesic edge.
        step_m: if given, no piece is longer.

    Raises:
        InputFault: more than `PIECES_MAX` pieces would be needed.
    """
    longest_m = math.inf if step_m is None else step_m
    if line.edges == "geodesic":
        longest_m = min(longest_m, GEODESIC_PIECE_MAX_M)
    parts = np.maximum(np.ceil(line.length_m / longest_m), 1.0).astype(np.int64)
    _check_pieces(int(parts.sum()))
    edge = np.repeat(np.arange(len(parts), dtype=np.int64), parts)
    number = np.arange(len(edge)) - np.repeat(np.cumsum(parts) - parts, parts)
    low, high = number / parts[edge], (number + 1) / parts[edge]
    done: list[tuple[NDArray[np.int64], Floats]] = []
    while len(edge):
        bent = _bends_more_than(line, edge, low, high, tolerance_m)
        done.append((edge[~bent], low[~bent]))
        edge, low, high = edge[bent], low[bent], high[bent]
        middle = (low + high) / 2.0
        edge = np.concatenate((edge, edge))
        low, high = np.concatenate((low, middle)), np.concatenate((middle, high))
        _check_pieces(len(edge))
    edge = np.concatenate([piece[0] for piece in done])
    low = np.concatenate([piece[1] for piece in done])
    order = np.lexsort((low, edge))
    edge, low = edge[order], low[order]
    lon, lat = points_on(line, edge, low)
    starts = low == 0.0
    lon[starts], lat[starts] = line.lon_deg[edge[starts]], line.lat_deg[edge[starts]]
    return np.append(lon, line.lon_deg[-1]), np.append(lat, line.lat_deg[-1]), edge


def _check_pieces(count: int) -> None:
    if count > PIECES_MAX:
        raise InputFault(
            "line",
            value=f"{count} pieces",
            wanted=f"at most {PIECES_MAX} planar pieces",
            repair="use fewer or shorter geodesic edges, or a wider step",
        )


def _bends_more_than(
    line: Polyline, edge: NDArray[np.int64], low: Floats, high: Floats, tolerance_m: float
) -> NDArray[np.bool_]:
    """Return which pieces leave their planar chord by more than the tolerance."""
    bent = np.zeros(len(edge), dtype=bool)
    if line.edges == "planar":
        return bent
    lon0, lat0 = points_on(line, edge, low)
    lon1, lat1 = points_on(line, edge, high)
    for part in (0.25, 0.5, 0.75):  # half way alone is blind to an S over the equator
        lon, lat = points_on(line, edge, low + part * (high - low))
        chord_lon, chord_lat = lon0 + part * (lon1 - lon0), lat0 + part * (lat1 - lat0)
        bent |= np.asarray(GEOD.inv(lon, lat, chord_lon, chord_lat)[2]) > tolerance_m
    return bent


def course_at_deg(line: Polyline, edge: int, fraction: float) -> tuple[Position, float]:
    """Return the point at `fraction` of an edge and the true course in degrees there."""
    lon, lat = points_on(line, np.array([edge]), np.array([fraction]))
    point = Position(lat_deg=float(lat[0]), lon_deg=wrapped_longitude_deg(float(lon[0])))
    return point, course_deg(line, edge, fraction)


def course_deg(line: Polyline, edge: int, fraction: float) -> float:
    """Return the true course of the line at a point of an edge."""
    if line.edges == "geodesic":
        start = line.lon_deg[edge], line.lat_deg[edge], line.azimuth_deg[edge]
        back_deg = GEOD.fwd(*start, fraction * line.length_m[edge])[2]
        return float(back_deg) + 180.0
    d_lon_deg = line.lon_deg[edge + 1] - line.lon_deg[edge]
    d_lat_deg = line.lat_deg[edge + 1] - line.lat_deg[edge]
    lat_rad = math.radians(line.lat_deg[edge] + fraction * d_lat_deg)
    # Metres per degree on the ellipsoid: N cos(lat) eastward, M northward; only their ratio counts.
    bend = 1.0 - _ECCENTRICITY_SQUARED * math.sin(lat_rad) ** 2
    east = d_lon_deg * math.cos(lat_rad)
    north = d_lat_deg * (1.0 - _ECCENTRICITY_SQUARED) / bend
    return math.degrees(math.atan2(east, north))
