"""Pairs of volumes drawn by seed, and what they have in common by a construction of its own.

What is expected uses nothing of `parley.detect` and no distance of `parley.world`: outlines are
drawn by pyproj in an azimuthal equidistant plane about the pair and met by shapely; points (a Monte
Carlo) are judged in the plane about each of them.
"""

from __future__ import annotations

import math
import random

import numpy as np
import shapely
from pyproj import Geod, Proj

from parley.detect.strategic import overlap, overlaps
from parley.detect.strategic_index import VolumeIndex, box_of, boxes_meet
from parley.world.faults import InputFault
from parley.world.geo import Position
from parley.world.shape import Circle, Corridor, Polygon
from parley.world.volume import SURFACE, UNLIMITED, PressureSource, VerticalLimit, Volume4D

GEOD = Geod(ellps="WGS84")
BAND_M = 1.0
"""Where the construction cannot tell: its arcs are chords, its corridors are buffers in a plane."""
PIECE_M = 400.0
TOLERANCE_M = 0.01
MINUTE_US = 60_000_000
POINTS = 12
KINDS = (
    "anywhere", "polar", "antimeridian", "touching", "nested", "sliver", "over a pole", "large",
    "holes",
)  # fmt: skip
LARGE_M = 60_000.0
"""Planes about one place are too wide for a band of a metre: `_far_areas` measures instead."""


# ---- pairs --------------------------------------------------------------------------------------


def place(lon_deg, lat_deg):
    return Position(lat_deg=lat_deg, lon_deg=(lon_deg + 180.0) % 360.0 - 180.0)


def away(at, bearing_deg, distance_m):
    lon, lat, _ = GEOD.fwd(at.lon_deg, at.lat_deg, bearing_deg, distance_m)
    return place(lon, lat)


def drawn_shape(draw, near, size_m, *, thin=False):
    """A circle, polygon or corridor of about a size near a place; None where the ring is bad."""
    kind = draw.choice(("circle", "planar", "geodesic", "box", "corridor", "planar corridor"))
    try:
        if kind == "circle":
            return Circle(centre=near, radius_m=size_m * draw.uniform(0.05, 1.0))
        if kind.endswith("corridor"):
            course, line = draw.uniform(0, 360), [away(near, draw.uniform(0, 360), size_m / 2)]
            for _ in range(draw.randint(1, 3)):
                course += draw.uniform(-60, 60)
                line.append(away(line[-1], course, size_m * draw.uniform(0.3, 1.0)))
            edges = "planar" if kind.startswith("planar") else "geodesic"
            width_m = size_m * (draw.uniform(0.001, 0.01) if thin else draw.uniform(0.02, 0.3))
            return Corridor(vertices=tuple(line), width_m=max(width_m, 1.0), edges=edges)
        if kind == "box":
            half_deg = size_m / 111_000.0 * draw.uniform(0.1, 1.0)
            wide = draw.uniform(0.001, 0.01) if thin else draw.uniform(0.3, 2.0)
            steep = max(math.cos(math.radians(near.lat_deg)), 1e-3)
            side_deg = min(half_deg * wide / steep, 80.0)
            ring = ((-1, -1), (1, -1), (1, 1), (-1, 1))
            corners = tuple(
                place(near.lon_deg + e * side_deg, near.lat_deg + n * half_deg) for e, n in ring
            )
            return Polygon(exterior=corners, edges=draw.choice(("planar", "geodesic")))
        count = draw.randint(3, 8)
        start = draw.uniform(0, 360)
        radii = [size_m * draw.uniform(0.2, 1.0) for _ in range(count)]
        if thin:
            radii = [size_m, size_m * 0.004, size_m * 0.9, size_m * 0.004]
        turns = [start + 360.0 * k / len(radii) for k in range(len(radii))]
        ring = tuple(away(near, turn, r) for turn, r in zip(turns, radii, strict=True))
        return Polygon(exterior=ring, edges=kind)
    except InputFault:
        return None


def touching(draw, near):
    """Two shapes that meet along a border or at a point, or miss by a stated little."""
    gap_m = draw.choice((0.0, 0.0, 3.0, -3.0, 20.0, -20.0))
    if draw.random() < 0.5:
        first, second = draw.uniform(100, 20_000), draw.uniform(100, 20_000)
        other = away(near, draw.uniform(0, 360), first + second + gap_m)
        return Circle(centre=near, radius_m=first), Circle(centre=other, radius_m=second)
    high, wide = draw.uniform(0.01, 0.2), draw.uniform(0.01, 0.2)
    gap_deg = gap_m / (111_320.0 * math.cos(math.radians(near.lat_deg)))
    west = [(0, 0), (wide, 0), (wide, high), (0, high)]
    east = [(wide + gap_deg, 0), (2 * wide, 0), (2 * wide, high), (wide + gap_deg, high)]
    rings = (
        tuple(place(near.lon_deg + e, near.lat_deg + n) for e, n in ring) for ring in (west, east)
    )
    one, other = rings
    return Polygon(exterior=one), Polygon(exterior=other)


def with_holes(draw, near, size_m):
    """A polygon with one or two holes, and a shape in a hole, across its edge, or anywhere near."""
    count, edges = draw.randint(4, 8), draw.choice(("planar", "geodesic"))
    start = draw.uniform(0, 360)
    turns = [start + 360.0 * k / count for k in range(count)]
    ring = tuple(away(near, turn, size_m * draw.uniform(0.8, 1.0)) for turn in turns)
    holes, middles = [], [near]
    if draw.random() < 0.5:
        middles = [away(near, start, size_m * 0.25), away(near, start + 180.0, size_m * 0.25)]
    for middle in middles:
        wide_m = size_m * draw.uniform(0.05, 0.22 if len(middles) > 1 else 0.5)
        holes.append(tuple(away(middle, turn, wide_m) for turn in turns))
    outer = Polygon(exterior=ring, holes=tuple(holes), edges=edges)
    place_m = size_m * draw.choice((0.0, 0.02, 0.2, 0.5))
    inner_m = wide_m * draw.choice((0.3, 0.7, 0.9, 1.0, 1.2, 3.0))
    there = away(middles[-1], draw.uniform(0, 360), place_m)
    return outer, drawn_shape(draw, there, inner_m)


def scaled(shape, part, size_m, draw):
    """A smaller shape within, about the same middle."""
    if isinstance(shape, Circle):
        return Circle(centre=shape.centre, radius_m=shape.radius_m * part)
    if isinstance(shape, Corridor):
        width_m = max(shape.width_m * part, 1.0)
        return Corridor(vertices=shape.vertices, width_m=width_m, edges=shape.edges)
    inner = away(shape.exterior[0], draw.uniform(0, 360), size_m * 0.01)
    return Circle(centre=inner, radius_m=size_m * 0.05 * part)


def drawn_pair(seed):
    """Two volumes by seed with their kind, and the pressure source if there is one."""
    draw = random.Random(f"overlap {seed}")
    while True:
        kind = KINDS[seed % len(KINDS)]
        lat, lon = draw.uniform(-80, 80), draw.uniform(-180, 180)
        size_m = math.exp(draw.uniform(math.log(300), math.log(25_000)))
        if kind == "polar":
            lat = draw.choice((-1, 1)) * draw.uniform(80, 89.7)
        elif kind == "antimeridian":
            lon = 180.0 + draw.uniform(-0.3, 0.3)
        elif kind == "large":
            lat = draw.uniform(-72, 72)
            size_m = math.exp(draw.uniform(math.log(60_000), math.log(500_000)))
        elif kind == "over a pole":
            lat = draw.choice((-1, 1)) * (90.0 - draw.uniform(0.0, 0.1))
        near = place(lon, lat)
        try:
            shapes = _shapes(draw, kind, near, size_m)
        except InputFault:
            continue
        if None in shapes:
            continue
        window, other = _windows(draw)
        one = Volume4D(shape=shapes[0], **_limits(draw), from_us=window[0], to_us=window[1])
        two = Volume4D(shape=shapes[1], **_limits(draw), from_us=other[0], to_us=other[1])
        source = None
        if draw.random() < 0.3:
            qnh = draw.uniform(980.0, 1045.0)
            source = PressureSource(qnh_hpa=qnh, observed_us=0, bound_m=30.0)
        return kind, one, two, source


def _shapes(draw, kind, near, size_m):
    if kind == "touching":
        return touching(draw, near)
    if kind == "holes":
        return with_holes(draw, near, size_m)
    one = drawn_shape(draw, near, size_m, thin=kind == "sliver")
    if one is None:
        return None, None
    if kind == "nested":
        return one, scaled(one, draw.uniform(0.1, 0.95), size_m, draw)
    apart_m = size_m * draw.choice((0.0, 0.5, 1.0, 1.5, 2.0, 3.0)) * draw.uniform(0.8, 1.2)
    there = away(near, draw.uniform(0, 360), apart_m)
    return one, drawn_shape(draw, there, size_m * draw.uniform(0.3, 2.0), thin=kind == "sliver")


def _windows(draw):
    start = draw.choice((None, 0, draw.randint(0, 60) * MINUTE_US))
    end = draw.choice((None, draw.randint(61, 120) * MINUTE_US))
    begin = draw.choice((None, 0, draw.randint(0, 100) * MINUTE_US, end))
    until = draw.choice((None, (begin or 0) + draw.randint(1, 60) * MINUTE_US))
    return (start, end), (begin, until)


def _limits(draw):
    reference = draw.choice(("AMSL", "AMSL", "AMSL", "WGS84", "STD", "AGL"))
    low_m = draw.choice((0.0, 1000.0, 1500.0, draw.uniform(0, 3000)))
    lower = VerticalLimit(value_m=low_m, reference=reference)
    high_m = low_m + draw.choice((500.0, 1000.0, draw.uniform(100, 4000)))
    upper = VerticalLimit(value_m=high_m, reference=reference)
    if draw.random() < 0.2:
        lower = SURFACE
    if draw.random() < 0.2:
        upper = UNLIMITED
    return {"lower": lower, "upper": upper}


# ---- what they have in common -------------------------------------------------------------------


def _corners(positions, *, closed):
    lon = np.unwrap([p.lon_deg for p in positions], period=360.0)
    lat = np.array([p.lat_deg for p in positions])
    if closed:
        turn = round((lon[0] - lon[-1]) / 360.0) * 360.0
        lon, lat = np.append(lon, lon[0] - turn), np.append(lat, lat[0])
    return lon, lat


def _dense(positions, edges, *, closed):
    """A line through positions with a vertex every few hundred metres."""
    lon, lat = _corners(positions, closed=closed)
    found_lon, found_lat = [], []
    for k in range(len(lon) - 1):
        azimuth, _, length_m = GEOD.inv(lon[k], lat[k], lon[k + 1], lat[k + 1])
        wide_m = (
            abs(lon[k + 1] - lon[k])
            * 111_320.0
            * math.cos(math.radians(min(abs(lat[k]), abs(lat[k + 1]))))
        )
        steepest = math.radians(min(max(abs(lat[k]), abs(lat[k + 1])), 89.9999))
        # A planar edge bends as its parallel does: near a pole a piece is short.
        piece_m = min(PIECE_M, math.sqrt(0.8 * 6_371_000.0 / max(math.tan(steepest), 1e-3)))
        steps = max(2, math.ceil(max(length_m, wide_m) / piece_m))
        part = np.linspace(0.0, 1.0, steps, endpoint=False)
        if edges == "planar":
            found_lon.append(lon[k] + part * (lon[k + 1] - lon[k]))
            found_lat.append(lat[k] + part * (lat[k + 1] - lat[k]))
            continue
        full = np.full(steps, lon[k]), np.full(steps, lat[k]), np.full(steps, azimuth)
        there = GEOD.fwd(*full, part * length_m)
        found_lon.append(np.asarray(there[0]))
        found_lat.append(np.asarray(there[1]))
    if not closed:
        found_lon.append(lon[-1:])
        found_lat.append(lat[-1:])
    return np.concatenate(found_lon), np.concatenate(found_lat)


def _planed(shape, plane):
    if isinstance(shape, Circle):
        # Chords lie within a tenth of a metre of the arc.
        count = max(720, math.ceil(math.pi / math.acos(1.0 - 0.1 / shape.radius_m)))
        turns = np.linspace(0, 360, count, endpoint=False)
        centre = np.full(count, shape.centre.lon_deg), np.full(count, shape.centre.lat_deg)
        lon, lat, _ = GEOD.fwd(*centre, turns, np.full(count, shape.radius_m))
        return shapely.Polygon(np.column_stack(plane(lon, lat)))
    if isinstance(shape, Corridor):
        line = np.column_stack(plane(*_dense(shape.vertices, shape.edges, closed=False)))
        return shapely.LineString(line).buffer(shape.width_m / 2.0, quad_segs=90)
    rings = [
        np.column_stack(plane(*_dense(ring, shape.edges, closed=True)))
        for ring in (shape.exterior, *shape.holes)
    ]
    return shapely.make_valid(shapely.Polygon(rings[0], rings[1:]))


def _middle(shape):
    if isinstance(shape, Circle):
        return shape.centre
    return shape.vertices[0] if isinstance(shape, Corridor) else shape.exterior[0]


def areas(one, other):
    """ "in" (they overlap), "out" (they are apart), or "near": within the band of either."""
    if _reach_m(one) + _reach_m(other) > 0.0 and max(_wide_m(one), _wide_m(other)) > LARGE_M:
        return _far_areas(one, other)
    middle = _middle(one)
    plane = Proj(proj="aeqd", lat_0=middle.lat_deg, lon_0=middle.lon_deg, ellps="WGS84")
    first, second = _planed(one, plane), _planed(other, plane)
    if first.distance(second) > BAND_M:
        return "out"
    common = first.intersection(second)
    return "in" if not common.buffer(-BAND_M / 2.0).is_empty else "near"


def _reach_m(shape):
    """How far a circle or a corridor reaches from its centre or centre line; 0 of a polygon."""
    if isinstance(shape, Circle):
        return shape.radius_m
    return shape.width_m / 2.0 if isinstance(shape, Corridor) else 0.0


def _wide_m(shape):
    if isinstance(shape, Circle):
        return shape.radius_m
    line = shape.vertices if isinstance(shape, Corridor) else shape.exterior
    lon, lat = _corners(line, closed=False)
    start = np.full_like(lon, lon[0]), np.full_like(lat, lat[0])
    return float(np.max(GEOD.inv(*start, lon, lat)[2])) + _reach_m(shape)


def _far_areas(one, other):
    """As `areas`, of large circles and corridors: by the true distance of what they are about.

    The nearest two points of the lines are found in the plane about one of them, anew until they
    stay: distances in a plane about one end of them are true.
    """
    reach_m = _reach_m(one) + _reach_m(other)
    lines = [_skeleton(shape) for shape in (one, other)]
    away_m = 0.0 if _holds_some(one, other, lines) else _apart_m(*lines)
    if away_m > reach_m + BAND_M:
        return "out"
    return "in" if away_m < reach_m - BAND_M else "near"


def _skeleton(shape):
    if isinstance(shape, Circle):
        return [(np.array([shape.centre.lon_deg]), np.array([shape.centre.lat_deg]))]
    if isinstance(shape, Corridor):
        return [_dense(shape.vertices, shape.edges, closed=False)]
    return [_dense(ring, shape.edges, closed=True) for ring in (shape.exterior, *shape.holes)]


def _holds_some(one, other, lines):
    """Whether a polygon of the two holds a point of the other's line: which side has no scale."""
    for shape, line in ((one, lines[1]), (other, lines[0])):
        if isinstance(shape, Polygon):
            lon, lat = line[0][0][:1], line[0][1][:1]
            if inside(shape, lon, lat)[0]:
                return True
    return False


def _apart_m(one, other):
    about, found_m = (float(one[0][0][0]), float(one[0][1][0])), math.inf
    for _ in range(12):
        plane = Proj(proj="aeqd", lat_0=about[1], lon_0=about[0], ellps="WGS84")
        drawn = [shapely.MultiLineString([_run(plane(*line)) for line in each])
                 for each in (one, other)]  # fmt: skip
        if drawn[0].intersects(drawn[1]):
            return 0.0
        first, second = shapely.get_coordinates(shapely.shortest_line(*drawn))
        here, there = plane(*first, inverse=True), plane(*second, inverse=True)
        away_m = float(GEOD.inv(*here, *there)[2])
        if abs(away_m - found_m) < 0.01:
            return away_m
        found_m, about = min(away_m, found_m), here
    return found_m


def _run(points):
    line = np.column_stack(points)
    return line if len(line) > 1 else np.concatenate((line, line))


def heights(one, other, source, window):
    """Whether the heights have something in common: True, False, or None (undecided)."""
    answers = (
        _below(one.lower, other.upper, source, window),
        _below(other.lower, one.upper, source, window),
    )
    if False in answers:
        return False
    return None if None in answers else True


def _below(low, high, source, window):
    if low.value_m is None or high.value_m is None:
        return True
    if low.reference == high.reference:
        return high.value_m - low.value_m > TOLERANCE_M
    pair = {low.reference, high.reference}
    if "AGL" in pair:
        return None
    bound_m = 110.0 if "WGS84" in pair else 0.0
    rise_m = high.value_m - low.value_m
    if "STD" not in pair:
        return None if abs(rise_m) <= bound_m else rise_m > 0
    if source is None or None in window:
        return None
    # The standard atmosphere: h = (T0 / L) * (1 - (p / p0) ** (R * L / g)).
    offset_m = 44_330.77 * ((source.qnh_hpa / 1013.25) ** 0.190263 - 1.0)
    rise_m += offset_m if high.reference == "STD" else -offset_m
    oldest_s = max(abs(at_us - source.observed_us) for at_us in window) / 1e6
    bound_m += source.bound_m + source.widening_m_per_hour * oldest_s / 3600.0
    return None if abs(rise_m) <= bound_m else rise_m > 0


def common_window(one, other):
    starts = [at for at in (one.from_us, other.from_us) if at is not None]
    ends = [at for at in (one.to_us, other.to_us) if at is not None]
    return max(starts, default=None), min(ends, default=None)


def expected(one, other, source):
    """(word, where): "none", "overlap", "undecided", or "near" with what else holds."""
    window = common_window(one, other)
    if None not in window and window[0] >= window[1]:
        return "none", "time"
    height = heights(one, other, source, window)
    if height is False:
        return "none", "heights"
    area = areas(one.shape, other.shape)
    if area == "out":
        return "none", "areas"
    if area == "near":
        return "near", "areas"
    return ("overlap", "") if height else ("undecided", "heights")


# ---- points -------------------------------------------------------------------------------------


def inside(shape, lon, lat, margin_m=0.0):
    """Whether points are inside a shape by more than a margin.

    Each is looked at from itself: in the plane about a point every distance from it is true.
    """
    if isinstance(shape, Circle):
        centre = np.full_like(lon, shape.centre.lon_deg), np.full_like(lat, shape.centre.lat_deg)
        return np.asarray(GEOD.inv(*centre, lon, lat)[2]) < shape.radius_m - margin_m
    lines = _skeleton(shape)
    return np.array([_holds(shape, lines, *each, margin_m) for each in zip(lon, lat, strict=True)])


def _holds(shape, lines, lon, lat, margin_m):
    drawn = [_seen_from(line, lon, lat) for line in lines]
    here = shapely.Point(0.0, 0.0)
    if isinstance(shape, Corridor):
        return shapely.LineString(drawn[0]).distance(here) < shape.width_m / 2.0 - margin_m
    area = shapely.Polygon(drawn[0], drawn[1:])
    return bool(shapely.contains(area, here)) and area.boundary.distance(here) > margin_m


def _seen_from(line, lon, lat):
    start = np.full_like(line[0], lon), np.full_like(line[0], lat)
    azimuth, _, away_m = GEOD.inv(*start, *line)
    turn = np.radians(azimuth)
    return np.column_stack((away_m * np.sin(turn), away_m * np.cos(turn)))


def sampled(one, other, seed, count):
    """Whether some of so many points drawn about the smaller shape are in both by the band."""
    draw = np.random.default_rng(seed)
    middle = _middle(other)
    reach_m = 3_000.0 * 10 ** draw.uniform(-1, 1.2)
    if max(_wide_m(one), _wide_m(other)) > LARGE_M:
        reach_m = _wide_m(other) * draw.uniform(0.1, 1.0)
    turns, away_m = draw.uniform(0, 360, count), reach_m * np.sqrt(draw.random(count))
    start = np.full(count, middle.lon_deg), np.full(count, middle.lat_deg)
    lon, lat, _ = GEOD.fwd(*start, turns, away_m)
    lon, lat = np.asarray(lon), np.asarray(lat)
    found = inside(one, lon, lat, BAND_M)
    if found.any():
        found = found & inside(other, lon, lat, BAND_M)
    return bool(found.any())


def bare(volume):
    """The area of a volume alone: at every height, at all times."""
    return Volume4D(shape=volume.shape)


def disagreements(seed):
    """What is wrong with the pair of a seed: of the volumes, and of their areas alone.

    Yields what the construction says of each ("near": within the band), and why it cannot be so.
    """
    kind, one, other, source = drawn_pair(seed)
    for first, second, pressure in ((one, other, source), (bare(one), bare(other), None)):
        found = overlap(first, second, pressure=pressure)
        if overlap(second, first, pressure=pressure) != found:
            yield kind, "", "not the same the other way round"
            continue
        if overlaps(first, second, pressure=pressure) != (found is not None):
            yield kind, "", "found sooner, another answer"
            continue
        if found is not None and not _indexed(first, second):
            yield kind, "", "an overlap that the index leaves out"
            continue
        yield (kind, *_disagreement(seed, first, second, pressure, found))


def _at_pole(one, other):
    """Whether a planar edge comes nearer to a pole than the planes may draw it: a stated limit."""
    for shape in (one.shape, other.shape):
        if isinstance(shape, Circle) or shape.edges != "planar":
            continue
        line = shape.vertices if isinstance(shape, Corridor) else shape.exterior
        if max(abs(p.lat_deg) for p in line) > 89.999:
            return True
    return False


def _indexed(one, other):
    """Whether the boxes meet, one by one and in columns of 32 bits."""
    index = VolumeIndex()
    index.add(7, [box_of(other)])
    return boxes_meet(box_of(one), box_of(other)) and 7 in index.candidates(box_of(one))


def _disagreement(seed, one, other, source, found):
    word, where = expected(one, other, source)
    said = "none" if found is None else found.decided
    if word == "near":
        return f"near: {said}", ""
    if said == "undecided" and "over a pole" in found.because and _at_pole(one, other):
        return "a pole: undecided", ""
    if said != word:
        return word, f"{said}, wanted {word} ({where}): {getattr(found, 'because', '')}"
    if found is not None and found.at is not None:
        at = np.array([found.at.lon_deg]), np.array([found.at.lat_deg])
        for shape in (one.shape, other.shape):
            if found.depth_m > 2 * BAND_M and not inside(shape, *at)[0]:
                return word, f"the point {found.at} is not in {shape}"
    if where == "areas" and sampled(one.shape, other.shape, seed, POINTS):
        return word, "a point drawn is in both"
    return word, ""
