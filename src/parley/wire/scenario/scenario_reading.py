"""Reading of scenario files, whatever they hold: narrowed YAML, records with strict keys, faults.

Rules: whatever is not understood is refused with the nearest right word. `COMMENTARY` lists the
keys that anybody may add for a reader. YAML is read without anchors and duplicate keys, and times
stay text until `world.time` reads them: YAML would make dates of them, padded to midnight. A key
without a value says nothing and is let pass: programs that rewrite YAML make such keys of texts
with commas.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar, cast, get_args

import msgspec
import yaml

from parley.world.faults import InputFault, nearest
from parley.world.geo import Position
from parley.world.time import (
    Interval,
    add_calendar,
    parse_duration_us,
    parse_instant_us,
    parse_when,
    seconds_between,
)

TIMELINE_NAME = "timeline.yaml"
GEOMETRY_NAME = "geo.geojson"
SCHEMA = "deconfliction-scenario/0"
BYTES_MAX = 16_000_000
"""One file: a thousand times the reference scenarios; a bigger one is a recording."""
COMMENTARY = frozenset(
    {
        "approximate", "comment", "confidence", "contradicts_time_of", "disclaimer", "gist",
        "illustrative", "note", "notes", "purpose", "source", "synthetic", "tests",
    }
)  # fmt: skip
"""Keys that may stand in any mapping for a reader; not read where a record does not name them."""
_INVALID_WORD = re.compile(r"Invalid enum value '(.*)'\Z")
_D = TypeVar("_D", bound="Document")
Words = tuple[str, ...]
Plain = str | int | float | bool | None


class Document(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mapping of the file as written; its fields are the keys that are read."""


class _Loader(yaml.SafeLoader):
    """The safe loader without anchors, duplicate keys and YAML's own idea of dates."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.MarkedYAMLError(
                problem="anchors and aliases are not allowed",
                problem_mark=self.peek_event().start_mark,  # type: ignore[no-untyped-call]  # the stub leaves it untyped
            )
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:  # noqa: FBT001, FBT002  the signature is yaml's
        seen: set[object] = set()
        node.value = _with_commas(node)
        for key_node, _ in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
            if key is None or key in seen:
                problem = "a key must be text" if key is None else f"key {key!r} stands here twice"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def _with_commas(node: yaml.MappingNode) -> list[tuple[yaml.Node, yaml.Node]]:
    """Return the pairs of a mapping with unquoted texts put together again.

    In `{tests: 510 s, past the deadline}` YAML sees a key "past the deadline" without a value. A
    key that no colon follows, after a plain text, is the rest of that text.
    """
    pairs: list[tuple[yaml.Node, yaml.Node]] = []
    for key, value in node.value:
        before = pairs[-1][1] if pairs else None
        if isinstance(before, yaml.ScalarNode) and _has_no_colon(key, value):
            before.value += f", {key.value}"
            before.tag = "tag:yaml.org,2002:str"
        else:
            pairs.append((key, value))
    return pairs


def _has_no_colon(key: yaml.Node, value: yaml.Node) -> bool:
    if not isinstance(key, yaml.ScalarNode) or key.start_mark.buffer is None or value.value != "":
        return False
    return ":" not in key.start_mark.buffer[key.end_mark.pointer : value.start_mark.pointer]


_Loader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def loaded(data: bytes) -> object:
    """Return the plain values of a YAML document.

    Raises:
        InputFault: not UTF-8, not YAML, too long, too deep, an anchor or a duplicate key.
    """
    if len(data) > BYTES_MAX:
        raise InputFault(TIMELINE_NAME, value=f"{len(data)} bytes", wanted=f"{BYTES_MAX} at most")
    try:
        return yaml.load(data.decode("utf-8"), Loader=_Loader)  # noqa: S506  narrower than the safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise InputFault(
            f"{TIMELINE_NAME}{where}", wanted="YAML", repair=str(error.problem)
        ) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        why = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise InputFault(
            TIMELINE_NAME, wanted="YAML in UTF-8", repair=why.splitlines()[0]
        ) from None


def mapping_of(value: object, where: str) -> dict[str, object]:
    """Return a value as names with values, or refuse it."""
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise InputFault(where, value=value, wanted="names with values")
    return cast("dict[str, object]", value)


def items_of(value: object, where: str) -> list[object]:
    """Return a value as a list, none for nothing, or refuse it."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise InputFault(where, value=value, wanted="a list")
    return value


def refuse_unknown(keys: Sequence[str], known: Sequence[str], where: str) -> None:
    """Refuse a key that is not read here, with the nearest right one."""
    for key in keys:
        if key not in known and key not in COMMENTARY:
            close = nearest(key, tuple(known))
            raise InputFault(
                f"{where} key",
                value=key,
                wanted="a key that is read here",
                repair=f"did you mean {close!r}?" if close else f"known: {', '.join(known)}",
            )


def record(kind: type[_D], value: object, where: str) -> _D:
    """Return a mapping as a record of its kind.

    Raises:
        InputFault: an unknown key (the nearest right one is named), a missing one, a wrong type.
    """
    found = mapping_of(value, where)
    known = [field.encode_name for field in msgspec.structs.fields(kind)]
    refuse_unknown([key for key, item in found.items() if item is not None], known, where)
    try:
        return msgspec.convert({k: v for k, v in found.items() if k in known}, kind)
    except msgspec.ValidationError as error:
        raise _misread(kind, error, where) from None


def _misread(kind: type[Document], error: msgspec.ValidationError, where: str) -> InputFault:
    """Return the fault of a value of the wrong type, or of a word that is not one of a few."""
    why, _, path = str(error).partition(" - at `$")
    path = path.rstrip("`").lstrip(".")
    invalid = _INVALID_WORD.match(why)
    if invalid is None:
        wanted = why.removeprefix("Expected ").replace("`", "")
        return InputFault(f"{where} {path}".rstrip(), wanted=wanted)
    words = [
        word
        for field in msgspec.structs.fields(kind)
        if field.encode_name == path
        for choice in (field.type, *get_args(field.type))
        for word in get_args(choice)
        if isinstance(word, str)
    ]
    return unknown_word(f"{where} {path}", invalid[1], words)


def records(kind: type[_D], value: object, where: str) -> list[_D]:
    """Return a list of mappings as records of one kind."""
    return [
        record(kind, item, named_item(item, f"{where}[{i}]"))
        for i, item in enumerate(items_of(value, where))
    ]


def named_item(item: object, where: str) -> str:
    """Return where an item stands, with the name that its author knows it by."""
    if isinstance(item, dict):
        for key in ("id", "seq"):
            if key in item:
                return f"{where} {key} {item[key]}"
    return where


@contextmanager
def within(where: str) -> Iterator[None]:
    """Say in a fault of `world` where in the file it is; overflow of dates is the input's fault."""
    try:
        yield
    except InputFault as fault:
        raise InputFault(
            f"{where} {fault.what}".lstrip(),
            value=fault.value,
            wanted=fault.wanted,
            repair=fault.repair,
        ) from None
    except OverflowError:
        raise InputFault(where, wanted="times and durations of years 1900 to 2100") from None


def instant_us(value: str, where: str) -> int:
    """Return the instant of an RFC 3339 text; a fault says where it stands."""
    with within(where):
        return parse_instant_us(value)


def interval_of(value: str, uncertainty: str | None, where: str) -> Interval:
    """Return the interval that a text speaks of; a fault says where it stands."""
    with within(where):
        return parse_when(value, uncertainty=uncertainty)


def seconds_of(value: object, where: str) -> float:
    """Return the seconds of an ISO 8601 duration; a fault says where it stands."""
    with within(where):
        return seconds_between(0, parse_duration_us(value))


def plain_text(value: object) -> str:
    """Return a value of a file as text for a reader; structure is kept, nothing is judged."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {plain_text(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(plain_text(item) for item in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def unknown_word(what: str, value: object, known: Sequence[str]) -> InputFault:
    """Return the fault of a word that is none of the known ones."""
    close = nearest(str(value), tuple(known))
    return InputFault(
        what,
        value=value,
        wanted=f"one of {', '.join(known)}",
        repair=f"did you mean {close!r}?" if close else "",
    )


def position_of(value: object, where: str) -> Position:
    """Return the position of a GeoJSON coordinate [longitude, latitude, ...]."""
    numbers = isinstance(value, list | tuple) and all(
        isinstance(n, int | float) and not isinstance(n, bool) for n in value
    )
    if not numbers or not 2 <= len(cast("list[float]", value)) <= 3:
        raise InputFault(
            f"{where} position", value=value, wanted="[longitude, latitude] in degrees"
        )
    longitude, latitude = cast("list[float]", value)[:2]
    with within(where):
        return Position(lat_deg=float(latitude), lon_deg=float(longitude))


def positions_of(values: object, where: str) -> tuple[Position, ...]:
    """Return the positions of a list of GeoJSON coordinates."""
    return tuple(
        position_of(value, f"{where} vertex {i}") for i, value in enumerate(items_of(values, where))
    )


def later_us(at_us: int, duration: str, what: str) -> int:
    """Return the instant a calendar duration later; a duration too long is refused."""
    try:
        return add_calendar(at_us, duration, what)
    except (ValueError, OverflowError):
        raise InputFault(what, value=duration, wanted="a duration within 1900 to 2100") from None
