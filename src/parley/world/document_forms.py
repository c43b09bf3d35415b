"""The forms of values in an agreement's document: each reads, writes and describes itself.

One form per kind of value: a quantity with its unit, a height with its reference, a position, an
instant, a word of a list, a record. The reader, the writer and the published JSON Schema are these
same objects, so that they cannot differ. Rules:

- A bare number where a quantity belongs is refused: nobody guesses a unit.
- A list reads on after a fault, so that a writer sees all of them at once.
- Nothing is repaired: a form either understands a value or refuses it.

What does not live here: which record has which fields (`agreement_document`), bytes (`wire`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from parley.world.boundary import Boundary
from parley.world.faults import InputFault, nearest
from parley.world.place import Place
from parley.world.time import Interval, format_instant, parse_duration_us, parse_instant_us
from parley.world.units import (
    DURATION,
    HEIGHT,
    METRES_PER_FOOT,
    Quantity,
    quantity_text,
)
from parley.world.volume import SURFACE, UNLIMITED, VerticalLimit, checked_altitude_m

Offsets = tuple[tuple[int, int], ...]
ITEMS_MAX = 10_000
TEXT_MAX = 20_000


class Missing:
    """What stands in place of a value that was refused; its fault is in the reading."""


MISSING = Missing()


@dataclass(slots=True)
class Reading:
    """What a reading needs from outside, and what it has found so far.

    Attributes:
        feature: the GeoJSON geometry of a feature, by file name and id.
        offsets: the offsets of a time zone between two instants.
        timezone_source: which edition of the time zone rules that is.
        places: those read so far, by id.
        boundaries: those read so far, by id.
        valid: of the agreement, if it is stated.
        parties: of the agreement; whom an object binds that names nobody.
        asserted_by: of the agreement; they alone, where it is only their word.
        faults: everything wrong, in the order of the document.
    """

    feature: Callable[[str, str], Mapping[str, object]]
    offsets: Callable[[str, int, int], Offsets]
    timezone_source: str = ""
    places: dict[str, Place] = field(default_factory=dict)
    boundaries: dict[str, Boundary] = field(default_factory=dict)
    valid: Interval | None = None
    parties: tuple[str, ...] = ()
    asserted_by: tuple[str, ...] = ()
    faults: list[InputFault] = field(default_factory=list)

    def take(self, form: Form, value: object, path: str) -> object:
        """Return what a form reads, or MISSING with the fault kept."""
        try:
            return form.read(value, path, self)
        except InputFault as fault:
            if path not in fault.what:
                fault = InputFault(
                    f"{path} {fault.what}", value=fault.value, wanted=fault.wanted,
                    repair=fault.repair,
                )  # fmt: skip
            self.faults.append(fault)
            return MISSING


class Form(Protocol):
    """How a kind of value stands in a document."""

    def read(self, value: object, path: str, reading: Reading) -> object:
        """Return the value inside, or raise InputFault naming the path."""
        ...

    def schema(self) -> dict[str, object]:
        """Return its JSON Schema."""
        ...

    def write(self, value: object) -> object:
        """Return how it stands in a document: text, number, list or mapping."""
        ...


@dataclass(frozen=True, slots=True)
class Measured:
    """A number with its unit: "3 NM"."""

    quantity: Quantity

    def read(self, value: object, path: str, reading: Reading) -> object:
        """Return the quantity in the unit kept inside."""
        del reading
        return self.quantity.value(value, path)

    def schema(self) -> dict[str, object]:
        """Return the pattern of its texts."""
        return {
            "type": "string",
            "pattern": self.quantity.pattern,
            "description": f"{self.quantity.noun}, e.g. {self.quantity.example}",
        }

    def write(self, value: object) -> object:
        """Return the number with its unit."""
        assert isinstance(value, float | int)
        return quantity_text(float(value), self.quantity)


@dataclass(frozen=True, slots=True)
class Text:
    """Words; `pattern` where only some are."""

    pattern: str = ""
    example: str = ""

    def read(self, value: object, path: str, reading: Reading) -> str:
        """Return the words."""
        del reading
        if not isinstance(value, str):
            raise InputFault(path, value=value, wanted="text in quotes", repair="put it in quotes")
        if len(value) > TEXT_MAX:
            raise InputFault(
                path, value=f"{len(value)} characters", wanted=f"at most {TEXT_MAX}",
                repair="shorten it, and cite the paragraph",
            )  # fmt: skip
        if self.pattern and not re.match(self.pattern, value):
            raise InputFault(path, value=value, wanted="that form", repair=f"e.g. {self.example}")
        return value

    def schema(self) -> dict[str, object]:
        """Return a string with its bound."""
        found: dict[str, object] = {"type": "string", "maxLength": TEXT_MAX}
        return found | ({"pattern": self.pattern} if self.pattern else {})

    def write(self, value: object) -> object:
        """Return the words."""
        return value


@dataclass(frozen=True, slots=True)
class CalendarDuration:
    """A duration that may count months and years: "P6M", or "30 days"."""

    def read(self, value: object, path: str, reading: Reading) -> str:
        """Return an ISO 8601 duration."""
        del reading
        # An ISO duration stays as it is written: months cannot be counted in hours.
        if isinstance(value, str) and value.startswith("P"):
            if not re.match(self._pattern, value):
                DURATION.value(value, path)
            return value
        read_s = DURATION.value(value, path)
        days, rest_s = divmod(round(read_s), 86_400)
        return f"P{days}D" if not rest_s else f"PT{round(read_s)}S"

    _pattern = r"^P(?=[0-9])([0-9]{1,3}Y)?([0-9]{1,4}M)?([0-9]{1,6}D)?$"

    def schema(self) -> dict[str, object]:
        """Return both forms."""
        return {
            "type": "string",
            "anyOf": [{"pattern": self._pattern}, {"pattern": DURATION.pattern}],
            "description": "a duration, e.g. 24 h, 30 days or P6M",
        }

    def write(self, value: object) -> object:
        """Return the duration, in words where it counts neither months nor years."""
        try:
            text = quantity_text(parse_duration_us(value) / 1e6, DURATION)
        except InputFault:
            return value
        return text if CalendarDuration().read(text, "", NOTHING) == value else value


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    def read(self, value: object, path: str, reading: Reading) -> bool:
        """Return it."""
        del reading
        if not isinstance(value, bool):
            raise InputFault(path, value=value, wanted="true or false", repair="without quotes")
        return value

    def schema(self) -> dict[str, object]:
        """Return a boolean."""
        return {"type": "boolean"}

    def write(self, value: object) -> object:
        """Return it."""
        return value


@dataclass(frozen=True, slots=True)
class Count:
    """A count of things; the only number that has no unit."""

    def read(self, value: object, path: str, reading: Reading) -> int:
        """Return the count."""
        del reading
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**53:
            raise InputFault(path, value=value, wanted="a count, 0 or more", repair="e.g. 20")
        return value

    def schema(self) -> dict[str, object]:
        """Return an integer from 0."""
        return {"type": "integer", "minimum": 0, "maximum": 2**53 - 1}

    def write(self, value: object) -> object:
        """Return it."""
        return value


@dataclass(frozen=True, slots=True)
class Word:
    """One of a list of words."""

    words: tuple[str, ...]

    def read(self, value: object, path: str, reading: Reading) -> str:
        """Return the word; the repair of another names the nearest."""
        del reading
        if not isinstance(value, str) or value not in self.words:
            close = nearest(str(value)[:80], self.words)
            shown = [word or '""' for word in self.words]
            raise InputFault(
                path, value=value, wanted=f"one of {', '.join(shown)}",
                repair=f"did you mean {close!r}?" if close else f"write {shown[0]!r}, or another",
            )  # fmt: skip
        return value

    def schema(self) -> dict[str, object]:
        """Return the list."""
        return {"enum": list(self.words)}

    def write(self, value: object) -> object:
        """Return the word."""
        return value


@dataclass(frozen=True, slots=True)
class Instant:
    """An instant with its offset from UTC: "2026-03-01T06:00:00Z"."""

    def read(self, value: object, path: str, reading: Reading) -> int:
        """Return microseconds."""
        del reading
        if isinstance(value, str) and not re.match(self._pattern, value):
            repair = "write e.g. 2026-03-01T06:00:00Z"
            raise InputFault(path, value=value, wanted="an instant with its offset", repair=repair)
        return parse_instant_us(value, path)

    _pattern = (
        r"^(19|20|21)[0-9]{2}-[0-1][0-9]-[0-3][0-9][Tt ][0-2][0-9]:[0-5][0-9](:[0-6][0-9]"
        r"(\.[0-9]{1,6})?)?([Zz]|[+-][0-2][0-9]:[0-5][0-9])$"
    )

    def schema(self) -> dict[str, object]:
        """Return the pattern; a TOML date and time is read too."""
        return {"type": "string", "pattern": self._pattern}

    def write(self, value: object) -> object:
        """Return RFC 3339 text in UTC."""
        assert isinstance(value, int)
        return format_instant(value)


_HEIGHT = re.compile(r"^([0-9.]+ ?(?:m|ft)|-[0-9.]+ ?(?:m|ft)) (AMSL|AGL|STD|WGS84)$")
_LEVEL = re.compile(r"^FL ?([0-9]{1,3})$")
LIMIT_PATTERN = (
    r"^(SFC|UNL|FL ?[0-9]{1,3}|-?[0-9]{1,6}(\.[0-9]{1,25})? ?(m|ft) (AMSL|AGL|STD|WGS84))$"
)


@dataclass(frozen=True, slots=True)
class Limit:
    """A vertical limit with its reference: "SFC", "UNL", "FL180", "3000 ft AMSL", "500 ft AGL"."""

    def read(self, value: object, path: str, reading: Reading) -> VerticalLimit:
        """Return the limit."""
        del reading
        if value == "SFC":
            return SURFACE
        if value == "UNL":
            return UNLIMITED
        if not isinstance(value, str) or not re.match(LIMIT_PATTERN, value):
            raise InputFault(
                path, value=value, wanted="a height with its unit and reference",
                repair="write SFC, UNL, FL180, 3000 ft AMSL or 500 ft AGL",
            )  # fmt: skip
        value_m, reference = _height_m(value)
        checked_altitude_m(value_m, path)
        return VerticalLimit(value_m=value_m, reference=reference)  # type: ignore[arg-type]  # the pattern has only these

    def schema(self) -> dict[str, object]:
        """Return the pattern."""
        return {"type": "string", "pattern": LIMIT_PATTERN}

    def write(self, value: object) -> object:
        """Return the limit in feet or metres with its reference."""
        assert isinstance(value, VerticalLimit)
        if value.value_m is None:
            return value.reference
        return _height_text(value.value_m, value.reference)


def _height_m(text: str) -> tuple[float, str]:
    level = _LEVEL.match(text)
    if level is not None:
        return int(level[1]) * 100.0 * METRES_PER_FOOT, "STD"
    number, _, reference = text.rpartition(" ")
    negative = number.startswith("-")
    value_m = HEIGHT.value(number.removeprefix("-"), "height")
    return (-value_m if negative and value_m else value_m), reference


def _height_text(value_m: float, reference: str) -> str:
    level = round(value_m / METRES_PER_FOOT / 100.0)
    if reference == "STD" and 0 <= level <= 999 and level * 100.0 * METRES_PER_FOOT == value_m:
        return f"FL{level:03d}"
    quantity = Quantity(HEIGHT.noun, HEIGHT.units, HEIGHT.example, ("ft", "m"))
    sign = "-" if value_m < 0 else ""
    return f"{sign}{quantity_text(abs(value_m), quantity)} {reference}"


@dataclass(frozen=True, slots=True)
class Altitude:
    """A height on one stated reference: "5000 ft AMSL", or "FL060" where it is STD."""

    reference: str

    def read(self, value: object, path: str, reading: Reading) -> object:
        """Return metres on that reference."""
        limit = Limit().read(value, path, reading)
        if limit.reference != self.reference or limit.value_m is None:
            example = "FL060" if self.reference == "STD" else f"5000 ft {self.reference}"
            wanted = f"a height {self.reference}"
            raise InputFault(path, value=value, wanted=wanted, repair=f"e.g. {example}")
        return limit.value_m

    def schema(self) -> dict[str, object]:
        """Return the pattern."""
        end = r"|FL ?[0-9]{1,3}" if self.reference == "STD" else ""
        height = rf"-?[0-9]{{1,6}}(\.[0-9]{{1,25}})? ?(m|ft) {self.reference}"
        return {"type": "string", "pattern": f"^({height}{end})$"}

    def write(self, value: object) -> object:
        """Return the height with its reference."""
        assert isinstance(value, float | int)
        return _height_text(float(value), self.reference)


@dataclass(frozen=True, slots=True)
class Many:
    """A list of values of one form; `noun` names one of them in paths."""

    form: Form
    noun: str = ""
    least: int = 0
    most: int = ITEMS_MAX

    def read(self, value: object, path: str, reading: Reading) -> tuple[object, ...]:
        """Return the values; the fault of each is kept, and the others are read on."""
        if not isinstance(value, list | tuple):
            raise InputFault(path, value=value, wanted="a list", repair="write it in [ ]")
        if not self.least <= len(value) <= self.most:
            wanted = f"{self.least} to {self.most} of them"
            raise InputFault(
                path, value=f"{len(value)} of them", wanted=wanted, repair="add or leave out some"
            )
        before = len(reading.faults)
        found = [
            reading.take(self.form, each, self._path(path, number, each))
            for number, each in enumerate(value)
        ]
        if len(reading.faults) > before:
            return tuple(each for each in found if not isinstance(each, Missing))
        return tuple(found)

    def _path(self, path: str, number: int, value: object) -> str:
        """Return the path of one of them: by its name, and at the top by what it is."""
        name = value.get("id") or value.get("name") if isinstance(value, Mapping) else None
        item = name if isinstance(name, str) else f"{number + 1}"
        return f"{self.noun if self.noun and ' ' not in path else path} {item}"

    def schema(self) -> dict[str, object]:
        """Return an array of the form."""
        return {
            "type": "array", "items": self.form.schema(), "minItems": self.least,
            "maxItems": self.most,
        }  # fmt: skip

    def write(self, value: object) -> object:
        """Return the list."""
        assert isinstance(value, tuple)
        return [self.form.write(each) for each in value]


@dataclass(frozen=True, slots=True)
class ByName:
    """A mapping from names of the document to values of one form."""

    form: Form

    def read(self, value: object, path: str, reading: Reading) -> dict[str, object]:
        """Return the mapping."""
        if not isinstance(value, Mapping) or len(value) > ITEMS_MAX:
            repair = 'e.g. { RANGE = ["tower"] }'
            raise InputFault(path, value=value, wanted="a table by name", repair=repair)
        return {
            str(name): self.form.read(each, f"{path} {name}", reading)
            for name, each in value.items()
        }

    def schema(self) -> dict[str, object]:
        """Return an object of the form."""
        return {
            "type": "object", "additionalProperties": self.form.schema(),
            "maxProperties": ITEMS_MAX,
        }  # fmt: skip

    def write(self, value: object) -> object:
        """Return the mapping."""
        assert isinstance(value, dict)
        return {name: self.form.write(each) for name, each in value.items()}


def mapping_of(
    value: object, path: str, known: tuple[str, ...], example: str = ""
) -> Mapping[str, object]:
    """Return a mapping all of whose keys are known.

    Raises:
        InputFault: no mapping, or an unknown key (the repair names the nearest).
    """
    if not isinstance(value, Mapping):
        repair = f"e.g. {example}" if example else f"keys: {', '.join(known[:12])}"
        raise InputFault(path, value=value, wanted="a table", repair=repair)
    for key in value:
        if key not in known:
            close = nearest(str(key)[:80], known)
            raise InputFault(
                f"{path} key".strip(), value=key, wanted=f"one of {', '.join(known)}",
                repair=f"did you mean {close!r}?" if close else "leave it out, or put it in text",
            )  # fmt: skip
    return value


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a record: its attribute inside, its form, and whether it must be there."""

    attribute: str
    form: Form
    required: bool
    default: object = None
    written_always: bool = False


def needed(attribute: str, form: Form) -> Field:
    """Return a field that must be there."""
    return Field(attribute=attribute, form=form, required=True)


def optional(attribute: str, form: Form, default: object = None) -> Field:
    """Return a field that may be left out."""
    return Field(attribute=attribute, form=form, required=False, default=default)


@dataclass(frozen=True, slots=True)
class Record:
    """A record with known fields; `kind` is what stands under the key "kind", if it has one."""

    type: type[msgspec.Struct]
    fields: dict[str, Field]
    kind: str = ""

    def read(self, value: object, path: str, reading: Reading) -> object:
        """Return the record; faults of its fields are kept, and the first that stops it raised."""
        known = (*(("kind",) if self.kind else ()), *self.fields)
        table = mapping_of(value, path, known)
        values: dict[str, object] = {}
        before = len(reading.faults)
        for key, each in self.fields.items():
            where = f"{path} {key}".strip()
            if key in table:
                values[each.attribute] = reading.take(each.form, table[key], where)
            elif each.required:
                reading.faults.append(not_given(where, key, each.form))
        if len(reading.faults) > before:
            return MISSING
        return built(self.type, values, path)

    def schema(self) -> dict[str, object]:
        """Return an object with these fields and no others."""
        required = [key for key, each in self.fields.items() if each.required]
        kind: dict[str, object] = {"kind": {"const": self.kind}} if self.kind else {}
        return {
            "type": "object",
            "properties": kind | {key: each.form.schema() for key, each in self.fields.items()},
            "required": [*kind, *required],
            "additionalProperties": False,
        }

    def write(self, value: object) -> object:
        """Return a mapping without what is as it would be left out."""
        found: dict[str, object] = {"kind": self.kind} if self.kind else {}
        for key, each in self.fields.items():
            inside = getattr(value, each.attribute)
            if each.required or each.written_always or inside != each.default:
                found[key] = each.form.write(inside)
        return found


def not_given(path: str, key: str, form: Form) -> InputFault:
    """Return the fault of a field that must be there and is not."""
    if isinstance(form, Limit):
        wanted, example = "a height with its reference", '"SFC", or "1000 ft AMSL"'
        return InputFault(path, value="not given", wanted=wanted, repair=f"add {key} = {example}")
    return InputFault(path, value="not given", wanted="given", repair=f"add {key} = …")


def built(kind: type[msgspec.Struct], values: dict[str, object], path: str) -> msgspec.Struct:
    """Return the record of these values; what it refuses is said with its path.

    Raises:
        InputFault: the record's own check.
    """
    try:
        return kind(**values)
    except InputFault as fault:
        what = fault.what if path and path in fault.what else f"{path} {fault.what}".strip()
        repair = fault.repair or "change it, or leave it out"
        raise InputFault(what, value=fault.value, wanted=fault.wanted, repair=repair) from None


def _no_feature(file: str, feature: str) -> Mapping[str, object]:
    raise InputFault(f"feature {feature}", value=file, wanted="a document without files")


def _no_offsets(name: str, from_us: int, to_us: int) -> Offsets:
    del from_us, to_us
    raise InputFault("timezone", value=name, wanted="UTC")


NOTHING = Reading(feature=_no_feature, offsets=_no_offsets)
