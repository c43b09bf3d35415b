"""The forms of positions, shapes and courses in an agreement's document.

A shape is exactly one of circle, corridor, polygon, strip (beside a boundary) and geojson (a
feature of a file beside the document). Rules:

- Coordinates carry their names, but in GeoJSON, where RFC 7946 says that longitude comes first.
- A bad ring is refused with the edges that cross; it never becomes a bigger zone.
- A strip or a line beside another is worked out once, and adopted as what it became.

What does not live here: which fields records have (`agreement_document`), times
(`document_schedules`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from parley.world.boundary import Boundary
from parley.world.document_forms import (
    MISSING,
    Field,
    Form,
    Many,
    Measured,
    Reading,
    Record,
    Text,
    Word,
    mapping_of,
    needed,
    not_given,
    optional,
)
from parley.world.faults import InputFault, nearest
from parley.world.geo import Position, bearing_deg, destination
from parley.world.place import Place
from parley.world.shape import Circle, Corridor, Polygon, Shape
from parley.world.units import LENGTH

EDGES = Word(("planar", "geodesic"))
VERTICES_MAX = 2_000
"""Of one outline in a document: an adopted document of 60 kB holds about a thousand."""
_MITRE_FACTOR_MAX = 4.0


_POSITION = re.compile(
    r"^([0-9]{1,2}(?:\.[0-9]{1,9})?) ?([NS]),? ([0-9]{1,3}(?:\.[0-9]{1,9})?) ?([EW])$"
)


@dataclass(frozen=True, slots=True)
class Point:
    """A position: degrees by name, "43.2000N 115.9000W", or `{ place = "ID" }`."""

    def read(self, value: object, path: str, reading: Reading) -> Position:
        """Return the position."""
        try:
            return self._read(value, path, reading)
        except InputFault as fault:
            if fault.what.startswith(path):
                raise
            raise InputFault(
                f"{path} {fault.what}", value=fault.value, wanted=fault.wanted,
                repair="latitude is -90 to 90, longitude -180 to 180",
            ) from None  # fmt: skip

    def _read(self, value: object, path: str, reading: Reading) -> Position:
        match = _POSITION.match(value) if isinstance(value, str) else None
        if match is not None:
            lat_deg = float(match[1]) * (1.0 if match[2] == "N" else -1.0) + 0.0
            lon_deg = float(match[3]) * (1.0 if match[4] == "E" else -1.0) + 0.0
            return Position(lat_deg=lat_deg, lon_deg=lon_deg)
        if isinstance(value, Mapping) and list(value) == ["place"]:
            return place_named(value["place"], f"{path} place", reading).position
        if isinstance(value, Mapping) and set(value) == {"lat_deg", "lon_deg"}:
            lat, lon = value["lat_deg"], value["lon_deg"]
            if _is_number(lat) and _is_number(lon):
                return Position(lat_deg=float(lat) + 0.0, lon_deg=float(lon) + 0.0)
        raise InputFault(
            path, value=value, wanted="degrees by name: nobody guesses which number comes first",
            repair='write { lat_deg = 43.2, lon_deg = -115.9 } or "43.2000N 115.9000W"',
        )  # fmt: skip

    def schema(self) -> dict[str, object]:
        """Return the three forms."""
        degrees = {
            "type": "object",
            "required": ["lat_deg", "lon_deg"],
            "additionalProperties": False,
            "properties": {
                "lat_deg": {"type": "number", "minimum": -90, "maximum": 90},
                "lon_deg": {"type": "number", "minimum": -180, "maximum": 180},
            },
        }
        place = {
            "type": "object",
            "required": ["place"],
            "additionalProperties": False,
            "properties": {"place": {"type": "string"}},
        }
        return {"anyOf": [{"type": "string", "pattern": _POSITION.pattern}, degrees, place]}

    def write(self, value: object) -> object:
        """Return degrees by name."""
        assert isinstance(value, Position)
        return {"lat_deg": value.lat_deg, "lon_deg": value.lon_deg}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def place_named(name: object, path: str, reading: Reading) -> Place:
    """Return a place of the document.

    Raises:
        InputFault: there is none of that id.
    """
    if not isinstance(name, str) or name not in reading.places:
        known = sorted(reading.places)
        close = nearest(str(name)[:80], known)
        repair = f"did you mean {close!r}?" if close else "write it under places first"
        wanted = f"a place of the document: {', '.join(known[:12]) or 'it has none'}"
        raise InputFault(path, value=name, wanted=wanted, repair=repair)
    return reading.places[name]


@dataclass(frozen=True, slots=True)
class Choice:
    """A table with exactly one key, which says what it is."""

    forms: dict[str, Form]
    noun: str

    def read(self, value: object, path: str, reading: Reading) -> object:
        """Return what the form of its key reads."""
        table = mapping_of(value, path, tuple(self.forms))
        if len(table) != 1:
            keys = ", ".join(map(str, table)) or "empty"
            wanted = f"exactly one of {', '.join(self.forms)}"
            raise InputFault(path, value=keys, wanted=wanted, repair=f"write one {self.noun}")
        ((key, inner),) = table.items()
        return self.forms[key].read(inner, f"{path} {key}", reading)

    def schema(self) -> dict[str, object]:
        """Return an object with one of the keys."""
        return {
            "type": "object",
            "properties": {key: form.schema() for key, form in self.forms.items()},
            "additionalProperties": False,
            "minProperties": 1,
            "maxProperties": 1,
        }

    def write(self, value: object) -> object:
        """Return the table of the record that it is."""
        for key, form in self.forms.items():
            if isinstance(form, Record) and isinstance(value, form.type):
                return {key: form.write(value)}
        raise AssertionError(f"no form writes {type(value).__name__}")


@dataclass(frozen=True, slots=True)
class Made:
    """A value worked out from a table of a document; it is written as what it became."""

    fields: dict[str, Field]
    make: Callable[[dict[str, object], str, Reading], object]

    def read(self, value: object, path: str, reading: Reading) -> object:
        """Return what is made of the fields."""
        table = mapping_of(value, path, tuple(self.fields))
        values: dict[str, object] = {}
        before = len(reading.faults)
        for key, each in self.fields.items():
            where = f"{path} {key}"
            if key in table:
                values[each.attribute] = reading.take(each.form, table[key], where)
            elif each.required:
                reading.faults.append(not_given(where, key, each.form))
        return MISSING if len(reading.faults) > before else self.make(values, path, reading)

    def schema(self) -> dict[str, object]:
        """Return an object with these fields."""
        return {
            "type": "object",
            "properties": {key: each.form.schema() for key, each in self.fields.items()},
            "required": [key for key, each in self.fields.items() if each.required],
            "additionalProperties": False,
        }

    def write(self, value: object) -> object:
        """Never called: what was made is written as itself."""
        raise AssertionError(f"{value!r} is written as what it became")


def _length(key: str) -> Field:
    return needed(key, Measured(LENGTH))


_RING = Many(Point(), "vertex", most=VERTICES_MAX)
_FEATURE_FIELDS = {
    "file": needed("file", Text(r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$", "ground.geojson")),
    "feature": needed("feature", Text()),
}


def _ring_of(points: object, path: str) -> tuple[Position, ...]:
    """Return the positions of a GeoJSON ring or line: longitude first."""
    if not isinstance(points, list) or not points or len(points) > VERTICES_MAX:
        raise InputFault(
            path, value=f"{len(points)} positions" if isinstance(points, list) else points,
            wanted=f"1 to {VERTICES_MAX} positions", repair="simplify the outline",
        )  # fmt: skip
    found = []
    for number, point in enumerate(points):
        good = isinstance(point, list) and len(point) >= 2
        if not good or not all(type(each) in (int, float) for each in point[:2]):
            wanted = "[longitude, latitude] in degrees"
            raise InputFault(f"{path} position {number + 1}", value=point, wanted=wanted)
        found.append(Position(lat_deg=float(point[1]) + 0.0, lon_deg=float(point[0]) + 0.0))
    return tuple(found)


def _geometry(
    values: dict[str, object], path: str, reading: Reading, kinds: tuple[str, ...]
) -> Mapping[str, object]:
    geometry = reading.feature(str(values["file"]), str(values["feature"]))
    if geometry.get("type") not in kinds:
        wanted = f"a {' or '.join(kinds)}"
        raise InputFault(
            f"{path} feature {values['feature']}", value=geometry.get("type"), wanted=wanted,
            repair="name another feature",
        )  # fmt: skip
    return geometry


def _feature_shape(values: dict[str, object], path: str, reading: Reading) -> Shape:
    rings = _geometry(values, path, reading, ("Polygon",)).get("coordinates")
    if not isinstance(rings, list) or not rings:
        raise InputFault(f"{path} coordinates", value=rings, wanted="rings of a polygon")
    outlines = [_ring_of(ring, f"{path} ring {number}") for number, ring in enumerate(rings)]
    return Polygon(exterior=outlines[0], holes=tuple(outlines[1:]))


def _feature_course(values: dict[str, object], path: str, reading: Reading) -> tuple[Position, ...]:
    line = _geometry(values, path, reading, ("LineString",)).get("coordinates")
    return _ring_of(line, path)


def _beside(course: tuple[Position, ...], side: str, distance_m: float) -> tuple[Position, ...]:
    """Return a line beside another: each vertex moved square to the course, mitred in bends."""
    turn_deg = -90.0 if side == "left" else 90.0
    onward = [bearing_deg(a, b) for a, b in pairwise(course)]
    found = []
    for number, vertex in enumerate(course):
        before = onward[max(0, number - 1)]
        after = onward[min(number, len(onward) - 1)]
        half_deg = ((after - before + 180.0) % 360.0 - 180.0) / 2.0
        # In a bend the corner of the moved line lies further out than the distance.
        stretch = min(_MITRE_FACTOR_MAX, 1.0 / max(1e-6, math.cos(math.radians(half_deg))))
        found.append(destination(vertex, before + half_deg + turn_deg, distance_m * stretch))
    return tuple(found)


def _boundary_named(values: dict[str, object], path: str, reading: Reading) -> Boundary:
    name = str(values["boundary"])
    if name not in reading.boundaries:
        known = sorted(reading.boundaries)
        close = nearest(name[:80], known)
        repair = f"did you mean {close!r}?" if close else "write it under boundaries, further up"
        wanted = f"a boundary above: {', '.join(known) or 'there is none'}"
        raise InputFault(f"{path} boundary", value=name, wanted=wanted, repair=repair)
    return reading.boundaries[name]


def _strip(values: dict[str, object], path: str, reading: Reading) -> Shape:
    """Return the strip on one side of a boundary, as wide as it says."""
    line, width_m = _boundary_named(values, path, reading), values["width"]
    assert isinstance(width_m, float)
    far = _beside(line.vertices, str(values["side"]), width_m)
    return Polygon(exterior=(*line.vertices, *reversed(far)), edges=line.edges)


def _course_beside(values: dict[str, object], path: str, reading: Reading) -> tuple[Position, ...]:
    line, distance_m = _boundary_named(values, path, reading), values["distance"]
    assert isinstance(distance_m, float)
    return _beside(line.vertices, str(values["side"]), distance_m)


_BESIDE_FIELDS = {
    "boundary": needed("boundary", Text()),
    "side": needed("side", Word(("left", "right"))),
}


def _record(kind: type, **fields: Field) -> Record:
    return Record(kind, fields)


SHAPE = Choice(
    {
        "circle": _record(
            Circle,
            centre=needed("centre", Point()),
            radius=needed("radius_m", Measured(LENGTH)),
        ),
        "corridor": _record(
            Corridor,
            vertices=needed("vertices", _RING),
            width=needed("width_m", Measured(LENGTH)),
            edges=optional("edges", EDGES, "planar"),
        ),
        "polygon": _record(
            Polygon,
            vertices=needed("exterior", _RING),
            holes=optional("holes", Many(_RING, "hole"), ()),
            edges=optional("edges", EDGES, "planar"),
        ),
        "strip": Made(_BESIDE_FIELDS | {"width": _length("width")}, _strip),
        "geojson": Made(_FEATURE_FIELDS, _feature_shape),
    },
    "shape",
)
_MADE_COURSES = Choice(
    {
        "geojson": Made(_FEATURE_FIELDS, _feature_course),
        "beside": Made(_BESIDE_FIELDS | {"distance": _length("distance")}, _course_beside),
    },
    "course",
)


@dataclass(frozen=True, slots=True)
class Course:
    """The vertices of a line: positions, a GeoJSON feature, or a line beside another."""

    def read(self, value: object, path: str, reading: Reading) -> object:
        """Return the vertices."""
        if isinstance(value, Mapping):
            return _MADE_COURSES.read(value, path, reading)
        return _RING.read(value, path, reading)

    def schema(self) -> dict[str, object]:
        """Return the list, or one of the tables."""
        return {"anyOf": [_RING.schema(), _MADE_COURSES.schema()]}

    def write(self, value: object) -> object:
        """Return the list of positions."""
        return _RING.write(value)
