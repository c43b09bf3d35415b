"""An agreement's document, parsed to plain values, to an `Agreement` and back; and its schema.

The form of each record is derived from the record itself: `horizontal_m` stands in a document as
`horizontal` with a unit, `from_us` as `from`. So a field that is added inside is readable, writable
and in the schema at once. Rules:

- Everything wrong is told, each in one line with its path; with a fault it is no agreement.
- What is adopted is the canonical document (`canonical_document`): two ways of writing one
  agreement are one text.

What does not live here: bytes (`wire.agreement_text`), whether clauses fit each other
(`agreement_checks`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec
from msgspec import inspect

from parley.world.agreement import Agreement
from parley.world.boundary import Boundary, offset_boundary
from parley.world.clauses import CLAUSE_KINDS, AppliesTo, Reservation
from parley.world.document_forms import (
    Altitude,
    ByName,
    CalendarDuration,
    Count,
    Field,
    Flag,
    Form,
    Instant,
    Limit,
    Many,
    Measured,
    Offsets,
    Reading,
    Record,
    Text,
    Word,
    mapping_of,
    needed,
)
from parley.world.document_geometry import SHAPE, Course, Point, place_named
from parley.world.document_schedules import ScheduleForm
from parley.world.faults import InputFault, nearest
from parley.world.geo import Position
from parley.world.place import Place
from parley.world.schedule import Schedule
from parley.world.shape import Circle, Corridor, Polygon
from parley.world.time import Interval
from parley.world.units import ANGLE, AREA, DURATION, FREQUENCY, HEIGHT, LENGTH, RATE
from parley.world.verdict import EscalationStep
from parley.world.volume import VerticalLimit
from parley.world.zone import Zone

FORMAT = "parley-agreement/1"
CLAUSES_MAX = 1_000
"""Clauses of one agreement; an adopted document of 60 kB holds fewer."""
FAULTS_MAX = 100
"""Faults told of one document; a reader who has mended these asks again."""
_SUFFIXES: tuple[tuple[str, Form], ...] = (
    ("_us", Instant()),
    ("_m2", Measured(AREA)),
    ("_khz", Measured(FREQUENCY)),
    ("_bps", Measured(RATE)),
    ("_s", Measured(DURATION)),
    ("_m", Measured(LENGTH)),
)
_VERTICAL = Measured(HEIGHT)
_OWN_FORMS: dict[str, Form] = {
    "vertical_m": _VERTICAL,
    "vertical_quantisation_m": _VERTICAL,
    "bound_m": _VERTICAL,
    "transition_altitude_m": Altitude("AMSL"),
    "transition_level_m": Altitude("STD"),
    "initial": CalendarDuration(),
    "final": CalendarDuration(),
    "vertices": Course(),
}
_NOUNS = {
    "parties": "party", "actors": "actor", "aircraft_classes": "class", "places": "place",
    "boundaries": "boundary", "zones": "zone", "layers": "layer", "lines": "line",
    "clauses": "clause", "exclusions": "exclusion",
}  # fmt: skip
_ORDER = (
    "id", "title", "version", "supersedes", "valid", "text_public", "text_sha256", "languages",
    "asserted_by", "rules_version", "base_map", "datum", "timezone_source", "pressure", "parties",
    "actors", "aircraft_classes", "places", "boundaries", "zones", "layers", "lines", "clauses",
)  # fmt: skip


# ---- forms of records, derived -------------------------------------------------------------------


def _key_and_form(name: str) -> tuple[str, Form | None]:
    """Return the key under which a number with a unit stands, and its form."""
    for suffix, form in _SUFFIXES:
        if name.endswith(suffix):
            return name.removesuffix(suffix), _OWN_FORMS.get(name, form)
    return name, _OWN_FORMS.get(name)


def _record(kind: type[msgspec.Struct], tag: str = "", *, first: tuple[str, ...] = ()) -> Record:
    fields: dict[str, Field] = {}
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    by_name = {each.name: each for each in info.fields}
    order = [*first, *(name for name in by_name if name not in first)]
    for name in order:
        each = by_name[name]
        key, form = _key_and_form(name)
        if form is None:
            form = _form(each.type, name)
        default = None if each.required else _default(each)
        fields[key] = Field(name, form, each.required, default)
    return Record(kind, fields, tag)


def _default(each: inspect.Field) -> object:
    if each.default is not msgspec.NODEFAULT:
        return each.default
    factory: Any = each.default_factory
    return factory()


def _form(info: inspect.Type, name: str) -> Form:
    """Return the form of a type inside."""
    if isinstance(info, inspect.UnionType):
        inner = [each for each in info.types if not isinstance(each, inspect.NoneType)]
        kinds = {each.cls for each in inner if isinstance(each, inspect.StructType)}
        if kinds and kinds <= {Polygon, Circle, Corridor}:
            return SHAPE
        assert len(inner) == 1, name
        return _form(inner[0], name)
    if isinstance(info, inspect.StructType):
        return _SPECIAL[info.cls]() if info.cls in _SPECIAL else _record(info.cls)
    if isinstance(info, inspect.VarTupleType):
        return Many(_form(info.item_type, name), _NOUNS.get(name, ""))
    if isinstance(info, inspect.TupleType):
        size = len(info.item_types)
        return Many(_form(info.item_types[0], name), least=size, most=size)
    if isinstance(info, inspect.DictType):
        return ByName(_form(info.value_type, name))
    return _plain(info, name)


def _plain(info: inspect.Type, name: str) -> Form:
    if isinstance(info, inspect.LiteralType):
        return Word(tuple(str(value) for value in info.values))
    if isinstance(info, inspect.StrType):
        return Text()
    if isinstance(info, inspect.BoolType):
        return Flag()
    assert isinstance(info, inspect.IntType), f"{name} has no form: end its name in its unit"
    return Count()


# ---- records that need more than their fields ----------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Place(Record):
    def read(self, value: object, path: str, reading: Reading) -> object:
        place = Record.read(self, value, path, reading)
        if isinstance(place, Place):
            reading.places[place.id] = place
        return place


def _bound(table: Mapping[str, object], reading: Reading) -> dict[str, object]:
    """Return whom an object binds that names nobody: every party, or who alone says all of it."""
    if "agreed_by" in table or "asserted_by" in table:
        return dict(table)
    if reading.asserted_by:
        return {**table, "asserted_by": list(reading.asserted_by)}
    return {**table, "agreed_by": list(reading.parties)}


_FROM_PLACE = {
    "place": needed("place", Text()),
    "bearing": needed("bearing", Measured(ANGLE)),
    "distance": needed("distance", Measured(LENGTH)),
    "half_length": needed("half_length", Measured(LENGTH)),
}


@dataclass(frozen=True, slots=True)
class _Boundary(Record):
    """A boundary; `from_place` in the place of its vertices draws it at a distance from a place."""

    def read(self, value: object, path: str, reading: Reading) -> object:
        if isinstance(value, Mapping):
            value = _bound(value, reading)
            if "from_place" in value:
                value = self._drawn(value, path, reading)
        boundary = Record.read(self, value, path, reading)
        if isinstance(boundary, Boundary):
            reading.boundaries[boundary.id] = boundary
        return boundary

    def _drawn(self, table: dict[str, object], path: str, reading: Reading) -> dict[str, object]:
        where = f"{path} from_place"
        if "vertices" in table or "edges" in table:
            repair = "leave out vertices and edges"
            raise InputFault(where, wanted="either from_place or vertices", repair=repair)
        given = mapping_of(table["from_place"], where, tuple(_FROM_PLACE))
        values = {
            key: each.form.read(given.get(key), f"{where} {key}", reading)
            for key, each in _FROM_PLACE.items()
        }
        line = offset_boundary(
            place_named(values["place"], f"{where} place", reading),
            float(str(values["bearing"])), float(str(values["distance"])),
            boundary_id="x", half_length_m=float(str(values["half_length"])),
        )  # fmt: skip
        made = {
            "vertices": [Point().write(vertex) for vertex in line.vertices],
            "edges": line.edges, "direction": line.direction, "left": line.left,
            "right": line.right, "name": line.name,
            "uncertainty": Measured(LENGTH).write(line.uncertainty_m),
        }  # fmt: skip
        return made | {key: each for key, each in table.items() if key != "from_place"}

    def schema(self) -> dict[str, object]:
        found: Any = Record.schema(self)
        found["properties"]["from_place"] = {
            "type": "object",
            "properties": {key: each.form.schema() for key, each in _FROM_PLACE.items()},
            "required": list(_FROM_PLACE),
            "additionalProperties": False,
        }
        found["required"].remove("vertices")
        found["oneOf"] = [{"required": ["vertices"]}, {"required": ["from_place"]}]
        return found  # type: ignore[no-any-return]  # it is a dict

    def write(self, value: object) -> object:
        found = Record.write(self, value)
        assert isinstance(found, dict)
        return found | {"agreed_by": list(value.agreed_by)}  # type: ignore[attr-defined]  # a boundary


_RING = {
    "centre": needed("centre", Point()),
    "inner": needed("inner", Measured(LENGTH)),
    "outer": needed("outer", Measured(LENGTH)),
}


@dataclass(frozen=True, slots=True)
class _Zone(Record):
    """A zone; both limits are written, and a `ring` is a circle less the circle inside it."""

    def read(self, value: object, path: str, reading: Reading) -> object:
        if isinstance(value, Mapping):
            value = _bound(value, reading)
            shape = value.get("shape")
            if isinstance(shape, Mapping) and list(shape) == ["ring"]:
                value = self._ring(value, shape["ring"], f"{path} shape ring")
        return Record.read(self, value, path, reading)

    def _ring(self, table: dict[str, object], ring: object, path: str) -> dict[str, object]:
        given = mapping_of(ring, path, tuple(_RING))
        lengths_m = [LENGTH.value(given.get(key), f"{path} {key}") for key in ("inner", "outer")]
        if not 0 < lengths_m[0] < lengths_m[1]:
            wanted, repair = "an inner radius below the outer", "exchange them, or write a circle"
            raise InputFault(path, value=given.get("inner"), wanted=wanted, repair=repair)
        circle = {"centre": given.get("centre"), "radius": given["outer"]}
        hole = {
            "name": "inside of the ring",
            "shape": {"circle": {"centre": given.get("centre"), "radius": given["inner"]}},
        }
        exclusions = table.get("exclusions", [])
        if not isinstance(exclusions, list):
            repair = "write them in [ ]"
            raise InputFault(f"{path} exclusions", value=exclusions, wanted="a list", repair=repair)
        return {**table, "shape": {"circle": circle}, "exclusions": [*exclusions, hole]}

    def schema(self) -> dict[str, object]:
        found: Any = Record.schema(self)
        shape = found["properties"]["shape"]
        shape["properties"]["ring"] = {
            "type": "object",
            "properties": {key: each.form.schema() for key, each in _RING.items()},
            "required": list(_RING),
            "additionalProperties": False,
        }
        return found  # type: ignore[no-any-return]  # it is a dict

    def write(self, value: object) -> object:
        found = Record.write(self, value)
        assert isinstance(found, dict)
        return found | {"agreed_by": list(value.agreed_by)}  # type: ignore[attr-defined]  # a zone


@dataclass(frozen=True, slots=True)
class _Clauses:
    """A clause of any kind: its `kind` says which parameters it has."""

    kinds: dict[str, Record]

    def read(self, value: object, path: str, reading: Reading) -> object:
        table = mapping_of(value, path, tuple(value) if isinstance(value, Mapping) else ())
        kind = table.get("kind")
        if not isinstance(kind, str) or kind not in self.kinds:
            close = nearest(str(kind)[:80], list(self.kinds))
            raise InputFault(
                f"{path} kind", value=kind, wanted=f"one of {', '.join(self.kinds)}",
                repair=f"did you mean {close!r}?"
                if close
                else "write kind = \"term\" for what only people judge",
            )  # fmt: skip
        return self.kinds[kind].read(table, path, reading)

    def schema(self) -> dict[str, object]:
        return {"oneOf": [record.schema() for record in self.kinds.values()]}

    def write(self, value: object) -> object:
        return self.kinds[str(type(value).__struct_config__.tag)].write(value)  # type: ignore[attr-defined]  # a clause


@dataclass(frozen=True, slots=True)
class _Agreement(Record):
    def read(self, value: object, path: str, reading: Reading) -> object:
        table = dict(mapping_of(value, path or "document", ("format", *self.fields)))
        if table.pop("format", None) != FORMAT:
            raise InputFault(
                "format", value=value.get("format") if isinstance(value, Mapping) else None,
                wanted=FORMAT, repair=f'begin the document with format = "{FORMAT}"',
            )  # fmt: skip
        parties = table.get("parties")
        items = parties if isinstance(parties, list) else []
        ids = (str(each.get("id")) for each in items if isinstance(each, Mapping))
        reading.parties = tuple(dict.fromkeys(ids))
        asserted = table.get("asserted_by")
        reading.asserted_by = tuple(map(str, asserted)) if isinstance(asserted, list) else ()
        return Record.read(self, table, path, reading)

    def schema(self) -> dict[str, object]:
        found: Any = Record.schema(self)
        found["properties"] = {"format": {"const": FORMAT}} | found["properties"]
        found["required"] = ["format", *found["required"]]
        return found  # type: ignore[no-any-return]  # it is a dict


@dataclass(frozen=True, slots=True)
class _Valid(Record):
    def read(self, value: object, path: str, reading: Reading) -> object:
        valid = Record.read(self, value, path, reading)
        if path == "valid" and isinstance(valid, Interval):
            reading.valid = valid
        return valid


def _special(kind: type[msgspec.Struct], form: type[Record]) -> Form:
    plain = _record(kind)
    return form(plain.type, plain.fields, plain.kind)


def _zone() -> Form:
    plain = _record(Zone)
    limits = {key: needed(key, Limit()) for key in ("lower", "upper")}
    return _Zone(plain.type, plain.fields | limits, plain.kind)


_SPECIAL: dict[type, Callable[[], Form]] = {
    Position: Point,
    VerticalLimit: Limit,
    Schedule: ScheduleForm,
    Place: lambda: _special(Place, _Place),
    Boundary: lambda: _special(Boundary, _Boundary),
    Interval: lambda: _special(Interval, _Valid),
    Zone: _zone,
}


@cache
def _agreement() -> _Agreement:
    """Return the form of the whole; its fields are read in the order of `_ORDER`."""
    info = inspect.type_info(Agreement)
    assert isinstance(info, inspect.StructType)
    by_name = {each.name: each for each in info.fields}
    assert set(_ORDER) == set(by_name), set(_ORDER) ^ set(by_name)
    fields: dict[str, Field] = {}
    kinds = {tag: _record(kind, tag, first=("id",)) for tag, kind in CLAUSE_KINDS.items()}
    clauses = _Clauses(kinds)
    for name in _ORDER:
        each = by_name[name]
        form = (
            Many(clauses, "clause", most=CLAUSES_MAX)
            if name == "clauses"
            else _form(each.type, name)
        )
        default = None if each.required else _default(each)
        fields[name] = Field(name, form, each.required, default, name == "rules_version")
    return _Agreement(Agreement, fields)


# ---- reading, writing, the schema ----------------------------------------------------------------


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """What a document says: the agreement, or None; and everything wrong with it."""

    agreement: Agreement | None
    faults: tuple[InputFault, ...]


def read_document(
    document: object,
    *,
    feature: Callable[[str, str], Mapping[str, object]],
    offsets: Callable[[str, int, int], Offsets],
    timezone_source: str,
) -> Read:
    """Return the agreement of a parsed document, or every fault of it in the document's order.

    Args:
        document: plain values, as TOML, YAML or JSON gives them.
        feature: the GeoJSON geometry of a feature, by file name and id.
        offsets: the offsets of a time zone between two instants.
        timezone_source: which edition of the time zone rules that is.
    """
    reading = Reading(feature=feature, offsets=offsets)
    found = reading.take(_agreement(), document, "")
    if not isinstance(found, Agreement) or reading.faults:
        return Read(agreement=None, faults=tuple(reading.faults[:FAULTS_MAX]))
    local = any(zone.schedule and zone.schedule.offsets for zone in found.zones)
    if local and not found.timezone_source:
        found = msgspec.structs.replace(found, timezone_source=timezone_source)
    return Read(agreement=found, faults=())


def in_units(name: str, value: object) -> tuple[str, str]:
    """Return how documents call a field and write its value.

    >>> in_units("horizontal_m", 5556.0), in_units("joined", "or")
    (('horizontal', '3 NM'), ('joined', 'or'))
    """
    key, form = _key_and_form(name)
    if value is None:
        return key, "not stated"
    written = form.write(value) if form is not None else value
    return key, written if isinstance(written, str) else msgspec.json.encode(written).decode()


def document_of(agreement: Agreement) -> dict[str, object]:
    """Return the plain values of an agreement's document; reading them gives it back."""
    found = _agreement().write(agreement)
    assert isinstance(found, dict)
    return {"format": FORMAT, **found}


def canonical_document(agreement: Agreement) -> str:
    """Return the one text of an agreement that is adopted, in SI units; its SHA-256 is what counts.

    The keys are in order and the rules version is always there, so that TOML, YAML and JSON of one
    agreement are one text (docs/decisions/019).
    """
    return msgspec.json.encode(_plain_of(agreement), order="sorted").decode()


def _plain_of(value: object) -> object:
    """Return plain values, the same for equal records: a default that was written out is left out.

    The encoder alone would not do: it leaves out the default itself, not what equals it.
    """
    if isinstance(value, dict):
        return {key: _plain_of(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain_of(each) for each in value]
    if not isinstance(value, msgspec.Struct):
        return value
    config = value.__struct_config__
    found: dict[str, object] = {str(config.tag_field): config.tag} if config.tag else {}
    for each in msgspec.structs.fields(value):
        inner = getattr(value, each.name)
        if isinstance(inner, int) and each.type in (float, float | None):
            inner = float(inner)
        empty = each.default_factory in (list, dict, set) and not inner
        if not config.omit_defaults or not (empty or inner == each.default):
            found[each.encode_name] = _plain_of(inner)
    return found


def agreement_schema() -> dict[str, object]:
    """Return the JSON Schema (2020-12) of the document, made of the forms that read it."""
    names: dict[str, Form] = {
        "length": Measured(LENGTH), "height": _VERTICAL, "duration": Measured(DURATION),
        "frequency": Measured(FREQUENCY), "rate": Measured(RATE), "area": Measured(AREA),
        "instant": Instant(), "position": Point(), "vertical_limit": Limit(), "shape": SHAPE,
        "schedule": ScheduleForm(), "applies_to": _record(AppliesTo),
        "reservations": Many(_record(Reservation)), "escalate": Many(_record(EscalationStep)),
        "text": Text(), "texts": Many(Text()), "texts_by_name": ByName(Many(Text())),
    }  # fmt: skip
    defined = {name: form.schema() for name, form in names.items()}
    body = _referring(_agreement().schema(), defined, "")
    assert isinstance(body, dict)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"{FORMAT}: an agreement, as TOML, YAML or JSON",
        **body,
        "$defs": {name: _referring(form, defined, name) for name, form in defined.items()},
    }


def _referring(schema: object, defined: dict[str, dict[str, object]], inside: str) -> object:
    """Return a schema with what is defined once referred to by name."""
    for name, each in defined.items():
        if name != inside and schema == each:
            return {"$ref": f"#/$defs/{name}"}
    if isinstance(schema, dict):
        return {key: _referring(value, defined, "") for key, value in schema.items()}
    if isinstance(schema, list):
        return [_referring(each, defined, "") for each in schema]
    return schema
