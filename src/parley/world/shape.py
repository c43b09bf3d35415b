"""Areas on the map: polygon, circle, corridor; in, out or undecided; and their integer form.

Rules: a bad ring never becomes a bigger zone. It is refused with the edges that cross; nothing is
repaired but the closing vertex and identical neighbours. The inside of a ring is what it bounds on
its own side of the earth, whichever way it is drawn; a ring round a pole is refused. Edges keep
their stated meaning: whoever needs planar edges asks for `planar_rings`, which adds vertices.
Not here: heights and times (`volume`), who agreed to it (`zone`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Annotated, Literal

import msgspec
import numpy as np
import shapely

from parley.world import limits
from parley.world.faults import InputFault
from parley.world.geo import (
    Answer,
    EdgeMeaning,
    Floats,
    Polyline,
    Position,
    checked_uncertainty_m,
    course_at_deg,
    destination,
    distance_m,
    judged,
    planar_pieces,
    polyline,
    same_point,
    without_repeats,
    wrapped_longitude_deg,
)
from parley.world.line_search import nearest_on_line

RADIUS_MAX_M = 5_000_000.0
"""An eighth of the way round the earth: nothing larger is one zone."""
LENGTH_MIN_M = 0.001
"""A millimetre, the unit of the integer form."""
RING_TOLERANCE_M = 1.0
"""How far a ring of planar edges may lie from the true outline."""
_CROSSING_TOLERANCE_M = 0.5
_BAND_PARTS_MAX = 10_000
_RADIUS_M = 6_371_008.8
_DEGREE_E9 = 1_000_000_000
_MILLIMETRES = 1_000.0
_POLES = (Position(lat_deg=90.0, lon_deg=0.0), Position(lat_deg=-90.0, lon_deg=0.0))


class Polygon(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="polygon", dict=True
):
    """What a ring bounds, less its holes.

    Rings may come closed or open and are kept open, without identical neighbours, in the order
    given.

    Raises:
        InputFault: fewer than 3 different vertices, more than `limits.VERTICES_MAX`, edges that
            cross or touch (both are named), a ring round or up to a pole, a hole that is not
            inside.
    """

    exterior: tuple[Position, ...]
    holes: tuple[tuple[Position, ...], ...] = ()
    edges: EdgeMeaning = "planar"

    def __post_init__(self) -> None:
        total = len(self.exterior) + sum(len(hole) for hole in self.holes)
        if total > limits.VERTICES_MAX + 1 + len(self.holes):
            raise InputFault(
                "polygon vertices", value=total, wanted=f"at most {limits.VERTICES_MAX}"
            )
        exterior = _open_ring(self.exterior, self.edges, "ring")
        holes = tuple(
            _open_ring(hole, self.edges, f"hole {number}") for number, hole in enumerate(self.holes)
        )
        # The one moment at which a frozen record is normalised: before anyone has seen it.
        msgspec.structs.force_setattr(self, "exterior", exterior)
        msgspec.structs.force_setattr(self, "holes", holes)
        _check_holes(self)

    @cached_property
    def rings(self) -> tuple[Polyline, ...]:
        """The exterior, then the holes, as closed lines."""
        return tuple(
            polyline(ring, self.edges, closed=True, what="ring")
            for ring in (self.exterior, *self.holes)
        )

    @cached_property
    def anticlockwise(self) -> tuple[bool, ...]:
        """Of each ring, whether its vertices run anticlockwise seen from above."""
        return tuple(_is_anticlockwise(ring) for ring in self.rings)


class Circle(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="circle"):
    """All points within `radius_m` (geodesic) of the centre."""

    centre: Position
    radius_m: float

    def __post_init__(self) -> None:
        _check_length_m("circle radius", self.radius_m, RADIUS_MAX_M)


class Corridor(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="corridor", dict=True
):
    """All points within half of `width_m` (the full width) of the centre line; round ends."""

    vertices: tuple[Position, ...]
    width_m: float
    edges: EdgeMeaning = "planar"

    def __post_init__(self) -> None:
        _check_length_m("corridor width", self.width_m, 2.0 * RADIUS_MAX_M)
        msgspec.structs.force_setattr(self, "vertices", without_repeats(self.vertices))
        polyline(self.vertices, self.edges, what="corridor")

    @cached_property
    def centre_line(self) -> Polyline:
        """The centre line as columns."""
        return polyline(self.vertices, self.edges, what="corridor")


Shape = Polygon | Circle | Corridor


def contains(shape: Shape, position: Position, uncertainty_m: float = 0.0) -> Answer:
    """Return "in" or "out"; decided only if the outline is further away than the uncertainty.

    Args:
        shape: the area; a point on its outline is nominally in.
        position: where.
        uncertainty_m: of position and shape together: they add.

    >>> box = Circle(centre=Position(lat_deg=33.5064, lon_deg=38.6181), radius_m=55_000.0)
    >>> contains(box, Position(lat_deg=34.0, lon_deg=38.6181), 1_000.0).decided
    'undecided'
    """
    checked_uncertainty_m(uncertainty_m)
    inward_m = _inward_m(shape, position)
    nominal = "in" if inward_m >= 0.0 else "out"
    margin_m = abs(inward_m)
    because = f"{margin_m:.0f} m {nominal}side the outline, uncertainty {uncertainty_m:.0f} m"
    return judged(nominal, margin_m=margin_m, uncertainty_m=uncertainty_m, because=because)


def distance_to_shape_m(shape: Shape, position: Position) -> float:
    """Return the geodesic distance in metres to the shape; 0 inside it.

    >>> ring = Circle(centre=Position(lat_deg=0.0, lon_deg=0.0), radius_m=1_000.0)
    >>> round(distance_to_shape_m(ring, Position(lat_deg=1.0, lon_deg=0.0)), 1)
    109574.4
    """
    return max(0.0, -_inward_m(shape, position))


def _inward_m(shape: Shape, position: Position) -> float:
    """Return the distance to the outline, positive inside and negative outside."""
    match shape:
        case Circle():
            return shape.radius_m - distance_m(shape.centre, position)
        case Corridor():
            return shape.width_m / 2.0 - nearest_on_line(position, shape.centre_line).distance_m
        case Polygon():
            return _inward_of_polygon_m(shape, position)


def _inward_of_polygon_m(shape: Polygon, position: Position) -> float:
    inward_m = math.inf
    for number, (ring, anticlockwise) in enumerate(
        zip(shape.rings, shape.anticlockwise, strict=True)
    ):
        foot = nearest_on_line(position, ring)
        # The way to the nearest point crosses nothing, so the side there is the side here.
        within = (foot.side == "left") == anticlockwise
        wanted = within == (number == 0)
        on_outline = foot.distance_m == 0.0
        inward_m = min(inward_m, foot.distance_m if wanted or on_outline else -foot.distance_m)
    return inward_m


def planar_ring(
    shape: Shape, step_m: float | None = None, *, tolerance_m: float = RING_TOLERANCE_M
) -> tuple[Position, ...]:
    """Return the outer outline as an open ring of planar edges.

    Holes are in `planar_rings` only.

    Args:
        shape: the area.
        step_m: if given, no edge is longer.
        tolerance_m: how far the ring may lie from the outline.

    Raises:
        InputFault: a circle or corridor over a pole, which no such ring can bound.
    """
    return planar_rings(shape, step_m, tolerance_m=tolerance_m)[0]


def planar_rings(
    shape: Shape, step_m: float | None = None, *, tolerance_m: float = RING_TOLERANCE_M
) -> tuple[tuple[Position, ...], ...]:
    """Return the outline as open rings of planar edges: the exterior first, then the holes.

    Args:
        shape: the area.
        step_m: if given, no edge is longer.
        tolerance_m: how far the rings may lie from the outline.

    Raises:
        InputFault: a circle or corridor over a pole, or steps too short to count.
    """
    for what, value_m in (("ring step", step_m), ("ring tolerance", tolerance_m)):
        if value_m is not None:
            _check_length_m(what, value_m, math.inf)
    rings = []
    for line in _outlines(shape, tolerance_m):
        lon, lat, _ = planar_pieces(line, tolerance_m=tolerance_m / 2.0, step_m=step_m)
        rings.append(_positions(lon[:-1], lat[:-1]))
    return tuple(rings)


def _outlines(shape: Shape, tolerance_m: float) -> tuple[Polyline, ...]:
    match shape:
        case Polygon():
            return shape.rings
        case Circle():
            return (_ring_of_circle(shape, tolerance_m),)
        case Corridor():
            return _rings_of_corridor(shape, tolerance_m)


def _positions(lon_deg: Floats, lat_deg: Floats) -> tuple[Position, ...]:
    return tuple(
        Position(lat_deg=lat, lon_deg=wrapped_longitude_deg(lon))
        for lon, lat in zip(lon_deg.tolist(), lat_deg.tolist(), strict=True)
    )


# --- rings ---------------------------------------------------------------------------------------


def _open_ring(vertices: Sequence[Position], edges: EdgeMeaning, what: str) -> tuple[Position, ...]:
    """Return the ring open and without repeats, having checked that it bounds one plain area."""
    ring = without_repeats(vertices)
    if len(ring) > 1 and same_point(ring[0], ring[-1]):
        ring = ring[:-1]
    if len(set(ring)) < 3:
        raise InputFault(
            f"{what} vertices", value=len(set(ring)), wanted="at least 3 different ones"
        )
    for number, vertex in enumerate(ring):
        if abs(vertex.lat_deg) == 90.0:
            raise InputFault(
                f"{what} vertex {number}",
                value="at a pole",
                wanted="a ring that stops short of the pole",
                repair="end the area at e.g. 89.999 degrees",
            )
    line = polyline(ring, edges, closed=True, what=what)
    _check_plain(line, what)
    return ring


def _check_plain(line: Polyline, what: str) -> None:
    """Refuse a ring that crosses or touches itself, naming the two edges."""
    lon, lat, owner = planar_pieces(line, tolerance_m=_CROSSING_TOLERANCE_M)
    if lon.max() - lon.min() >= 360.0:
        raise InputFault(what, value="wider than the earth", wanted="less than 360 degrees wide")
    pair = _first_crossing(lon, lat, closed=True)
    if pair is None:
        return
    first, second = int(owner[pair[0]]), int(owner[pair[1]])
    count = len(line.length_m)
    raise InputFault(
        what,
        value=f"edge {first} (vertex {first} to {(first + 1) % count}) crosses or touches "
        f"edge {second} (vertex {second} to {(second + 1) % count})",
        wanted="a ring that does not meet itself",
        repair="put the vertices in order, or make two zones",
    )


def check_line_is_simple(line: Polyline, what: str) -> None:
    """Raise if an open line crosses or touches itself, naming the two edges.

    Raises:
        InputFault: as said.
    """
    lon, lat, owner = planar_pieces(line, tolerance_m=_CROSSING_TOLERANCE_M)
    pair = _first_crossing(lon, lat, closed=False)
    if pair is not None:
        first, second = int(owner[pair[0]]), int(owner[pair[1]])
        raise InputFault(
            what,
            value=f"edge {first} (vertex {first} to {first + 1}) crosses or touches "
            f"edge {second} (vertex {second} to {second + 1})",
            wanted="a line that does not meet itself, so that it has two sides",
            repair="split it into two lines, or make a closed one a zone",
        )


def _first_crossing(lon_deg: Floats, lat_deg: Floats, *, closed: bool) -> tuple[int, int] | None:
    """Return the first pair of edges of a planar line that meet other than as neighbours."""
    points = np.column_stack((lon_deg, lat_deg))
    segments = shapely.linestrings(np.stack((points[:-1], points[1:]), axis=1))
    count = len(segments)
    # Neighbours share a vertex and may share nothing else: an edge that folds back is a spike.
    following = np.roll(segments, -1)
    folded = (
        shapely.overlaps(segments, following)
        | shapely.covers(segments, following)
        | shapely.covers(following, segments)
    )
    if not closed:
        folded[-1] = False
    pairs = [(int(k), int((k + 1) % count)) for k in np.flatnonzero(folded)[:1]]
    first, second = shapely.STRtree(segments).query(segments, predicate="intersects")
    apart = second - first
    meets = (apart > 1) & (apart < count - 1 if closed else apart < count)
    pairs += list(zip(first[meets].tolist(), second[meets].tolist(), strict=True))
    return min(((min(p), max(p)) for p in pairs), default=None)


def _is_anticlockwise(line: Polyline) -> bool:
    """Return whether a ring runs anticlockwise, by the sign of its planar area."""
    lon, lat, _ = planar_pieces(line, tolerance_m=_CROSSING_TOLERANCE_M)
    lon, lat = lon - lon[0], lat - lat[0]
    return float(np.sum(lon[:-1] * lat[1:] - lon[1:] * lat[:-1])) > 0.0


def _check_holes(polygon: Polygon) -> None:
    """Refuse holes that are not inside the exterior or that meet each other along a line."""
    if not polygon.holes:
        return
    rings = []
    middle_deg = 0.0
    for number, line in enumerate(polygon.rings):
        lon, lat, _ = planar_pieces(line, tolerance_m=_CROSSING_TOLERANCE_M)
        if number == 0:
            middle_deg = float(lon.min() + lon.max()) / 2.0
        # A hole unwraps from its own first vertex: bring it to the turn on which the exterior lies.
        turns = round((float(lon.min() + lon.max()) / 2.0 - middle_deg) / 360.0)
        rings.append(np.column_stack((lon - 360.0 * turns, lat)))
    area = shapely.Polygon(rings[0], rings[1:])
    if not shapely.is_valid(area):
        raise InputFault(
            "polygon holes",
            value=str(shapely.is_valid_reason(area)),
            wanted="holes inside the ring that do not meet each other",
        )


def _check_length_m(what: str, value_m: float, limit_m: float) -> None:
    if not LENGTH_MIN_M <= value_m <= limit_m or math.isinf(value_m):
        raise InputFault(what, value=value_m, wanted=f"{LENGTH_MIN_M} m to {limit_m:.0f} m")


# --- outlines of circles and corridors -----------------------------------------------------------


def _disc_vertices(centre: Position, radius_m: float, tolerance_m: float) -> tuple[Position, ...]:
    """Return vertices on the circle, anticlockwise, as many as keep edges in the tolerance."""
    sagitta = min(tolerance_m / 2.0 / radius_m, 0.29)  # never fewer than 8 vertices
    count = max(8, math.ceil(math.pi / math.acos(1.0 - sagitta)))
    return tuple(destination(centre, -360.0 * k / count, radius_m) for k in range(count))


def _check_clear_of_poles(what: str, clearance_m: Sequence[float], reach_m: float) -> None:
    if min(clearance_m) <= reach_m:
        raise InputFault(
            what,
            value="over a pole",
            wanted="an outline with no pole inside",
            repair="its distances hold; only a ring of planar edges cannot bound it",
        )


def _ring_of_circle(circle: Circle, tolerance_m: float) -> Polyline:
    clearance_m = [distance_m(circle.centre, pole) for pole in _POLES]
    _check_clear_of_poles("circle", clearance_m, circle.radius_m)
    vertices = _disc_vertices(circle.centre, circle.radius_m, tolerance_m)
    return polyline(vertices, "geodesic", closed=True, what="circle")


def _rings_of_corridor(corridor: Corridor, tolerance_m: float) -> tuple[Polyline, ...]:
    """Return the rings of the union of a disc at each vertex and a band along each edge."""
    half_m = corridor.width_m / 2.0
    line = corridor.centre_line
    clearance_m = [nearest_on_line(pole, line).distance_m for pole in _POLES]
    _check_clear_of_poles("corridor", clearance_m, half_m)
    parts = [
        _flat_ring(_disc_vertices(vertex, half_m, tolerance_m), float(lon))
        for vertex, lon in zip(corridor.vertices, line.lon_deg, strict=True)
    ]
    parts += [
        _flat_ring(_band(line, edge, half_m, tolerance_m), float(line.lon_deg[edge]))
        for edge in range(len(line.length_m))
    ]
    if not bool(np.all(shapely.is_valid(parts))):
        raise InputFault(
            "corridor",
            value="an edge bends more sharply than the corridor is wide",
            wanted="a narrower corridor or one further from the pole",
        )
    union = shapely.union_all(parts)
    return tuple(
        polyline(
            _positions(*np.asarray(ring.coords)[:-1].T), "planar", closed=True, what="corridor"
        )
        for ring in (union.exterior, *union.interiors)
    )


def _band(line: Polyline, edge: int, half_m: float, tolerance_m: float) -> tuple[Position, ...]:
    """Return the ring of one edge of the corridor, offset by half its width to both sides."""
    # A planar edge bends like its parallel, by tan(lat) / R; an offset geodesic by offset / R².
    bend = half_m / _RADIUS_M**2
    if line.edges == "planar":
        lat_deg = max(abs(line.lat_deg[edge]), abs(line.lat_deg[edge + 1]))
        bend += math.tan(math.radians(min(lat_deg, 89.9))) / _RADIUS_M
    step_m = math.sqrt(4.0 * tolerance_m / bend)
    count = max(1, math.ceil(line.length_m[edge] / step_m))
    if count > _BAND_PARTS_MAX:
        raise InputFault(
            f"corridor edge {edge}",
            value=f"{count} parts",
            wanted=f"at most {_BAND_PARTS_MAX} parts to draw it",
            repair="ask for a wider tolerance, or cut the corridor",
        )
    left, right = [], []
    for part in range(count + 1):
        point, course_deg = course_at_deg(line, edge, part / count)
        left.append(destination(point, course_deg - 90.0, half_m))
        right.append(destination(point, course_deg + 90.0, half_m))
    return (*right, *reversed(left))


def _flat_ring(vertices: Sequence[Position], near_lon_deg: float) -> shapely.Polygon:
    """Return planar coordinates of a geodesic ring, on the turn of the earth of a longitude."""
    line = polyline(vertices, "geodesic", closed=True, what="corridor")
    lon, lat, _ = planar_pieces(line, tolerance_m=RING_TOLERANCE_M / 4.0)
    turns = round((float(lon[0]) - near_lon_deg) / 360.0)
    return shapely.Polygon(np.column_stack((lon - 360.0 * turns, lat)))


# --- the integer form ----------------------------------------------------------------------------

LongitudeE9 = Annotated[int, msgspec.Meta(ge=-180 * _DEGREE_E9, le=180 * _DEGREE_E9)]
LatitudeE9 = Annotated[int, msgspec.Meta(ge=-90 * _DEGREE_E9, le=90 * _DEGREE_E9)]
PointE9 = tuple[LongitudeE9, LatitudeE9]


class _PolygonDocument(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="polygon"
):
    exterior: tuple[PointE9, ...]
    holes: tuple[tuple[PointE9, ...], ...]
    edges: Literal["geodesic", "planar"]


class _CircleDocument(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="circle"
):
    centre: PointE9
    radius_mm: int


class _CorridorDocument(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="corridor"
):
    vertices: tuple[PointE9, ...]
    width_mm: int
    edges: Literal["geodesic", "planar"]


def position_to_document(position: Position) -> list[int]:
    """Return [longitude, latitude] in units of 1e-9 degree (0.1 mm), rounded to the nearest.

    >>> position_to_document(Position(lat_deg=35.6289, lon_deg=38.7581))
    [38758100000, 35628900000]
    """
    return [round(position.lon_deg * _DEGREE_E9), round(position.lat_deg * _DEGREE_E9)]


def position_from_document(point: Sequence[int]) -> Position:
    """Return the position of [longitude, latitude] in units of 1e-9 degree.

    Raises:
        InputFault: not two integers, or out of range.
    """
    try:
        lon_e9, lat_e9 = msgspec.convert(point, PointE9)
    except msgspec.ValidationError as error:
        raise InputFault("position document", value=point, wanted=str(error)) from None
    return _position_from_e9((lon_e9, lat_e9))


def to_document(shape: Shape) -> dict[str, object]:
    """Return the shape as integers for a log entry: 1e-9 degree [lon, lat], lengths in mm.

    >>> to_document(Circle(centre=Position(lat_deg=1.5, lon_deg=2.0), radius_m=10.0))
    {'type': 'circle', 'centre': [2000000000, 1500000000], 'radius_mm': 10000}
    """
    match shape:
        case Circle():
            return {
                "type": "circle",
                "centre": position_to_document(shape.centre),
                "radius_mm": round(shape.radius_m * _MILLIMETRES),
            }
        case Corridor():
            return {
                "type": "corridor",
                "vertices": [position_to_document(vertex) for vertex in shape.vertices],
                "width_mm": round(shape.width_m * _MILLIMETRES),
                "edges": shape.edges,
            }
        case Polygon():
            return {
                "type": "polygon",
                "exterior": [position_to_document(vertex) for vertex in shape.exterior],
                "holes": [[position_to_document(v) for v in hole] for hole in shape.holes],
                "edges": shape.edges,
            }


def shape_from_document(document: Mapping[str, object]) -> Shape:
    """Return the shape of an integer form; `to_document` of it is the same document again.

    Raises:
        InputFault: an unknown field or type, a number that is no integer, or a bad shape.
    """
    known = _PolygonDocument | _CircleDocument | _CorridorDocument
    try:
        read: _PolygonDocument | _CircleDocument | _CorridorDocument = msgspec.convert(
            document, known
        )
    except msgspec.ValidationError as error:
        raise InputFault("shape document", value=str(error), wanted="the integer form") from None
    match read:
        case _CircleDocument():
            radius_m = read.radius_mm / _MILLIMETRES
            return Circle(centre=_position_from_e9(read.centre), radius_m=radius_m)
        case _CorridorDocument():
            return Corridor(
                vertices=tuple(_position_from_e9(point) for point in read.vertices),
                width_m=read.width_mm / _MILLIMETRES,
                edges=read.edges,
            )
        case _PolygonDocument():
            return Polygon(
                exterior=tuple(_position_from_e9(point) for point in read.exterior),
                holes=tuple(tuple(_position_from_e9(p) for p in hole) for hole in read.holes),
                edges=read.edges,
            )


def _position_from_e9(point: PointE9) -> Position:
    return Position(lat_deg=point[1] / _DEGREE_E9, lon_deg=point[0] / _DEGREE_E9)
