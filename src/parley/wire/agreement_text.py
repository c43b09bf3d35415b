"""An agreement's file: TOML, YAML or JSON bytes to an `Agreement`, and an `Agreement` to TOML.

Untrusted bytes come in: they give an agreement or faults in one line each, never anything else, in
bounded time. Rules:

- One key stands once; YAML has no anchors, no tags and none of its guesses (`no` is a word, `22:00`
  is a text).
- Time zone rules come from the package `tzdata`, never from the host.
- A file that the document names lies beside it: a name, never a path.

What does not live here: which fields there are (`world.agreement_document`), opening files (`app`).
"""

from __future__ import annotations

import io
import json
import pkgutil
import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec
import tzdata  # type: ignore[import-untyped]  # it has data and two names
import yaml

from parley.world.agreement import Agreement
from parley.world.agreement_document import Read, document_of, read_document
from parley.world.faults import InputFault
from parley.world.time import datetime_from_us, microseconds_from_datetime

TextKind = Literal["toml", "yaml", "json"]
BYTES_MAX = 262_144
"""Of a document: four times what may be adopted, comments and all."""
GEOJSON_BYTES_MAX = 4_194_304
DEPTH_MAX = 24
"""Tables in tables; an agreement needs nine."""
_KINDS: dict[str, TextKind] = {
    ".toml": "toml", ".yaml": "yaml", ".yml": "yaml", ".json": "json",
}  # fmt: skip
_DAY = timedelta(days=1)


def text_kind(name: str) -> TextKind | None:
    """Return how a file of this name is written; None for another ending."""
    return next((kind for ending, kind in _KINDS.items() if name.lower().endswith(ending)), None)


# ---- bytes to plain values -----------------------------------------------------------------------


def plain_values(data: bytes, name: str) -> object:
    """Return the plain values of a document.

    Raises:
        InputFault: another ending, too long, not UTF-8, not of its form, a key twice, too deep.
    """
    kind = text_kind(name)
    if kind is None:
        repair = "rename it to what it is"
        raise InputFault(name, wanted="a name in .toml, .yaml, .yml or .json", repair=repair)
    if len(data) > BYTES_MAX:
        repair = "put outlines into fewer vertices, words into the signed text"
        wanted = f"at most {BYTES_MAX} bytes"
        raise InputFault(name, value=f"{len(data)} bytes", wanted=wanted, repair=repair)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputFault(name, value=str(error), wanted="UTF-8", repair="save it so") from None
    try:
        found = _READERS[kind](text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise InputFault(
            f"{name}{where}", value=str(error.problem), wanted="YAML", repair="mend that line"
        ) from None
    except RecursionError:
        raise _too_deep(name) from None
    except (tomllib.TOMLDecodeError, yaml.YAMLError, ValueError) as error:
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputFault(name, value=why, wanted=kind.upper(), repair="mend that line") from None
    _check_depth(found, name)
    return found


def _too_deep(name: str) -> InputFault:
    wanted = f"at most {DEPTH_MAX} tables in each other"
    return InputFault(name, value="nested too deeply", wanted=wanted, repair="write it flatter")


def _check_depth(value: object, name: str) -> None:
    level: list[object] = [value]
    for _ in range(DEPTH_MAX):
        below: list[object] = []
        for each in level:
            if isinstance(each, dict):
                below += [*each, *each.values()]
            elif isinstance(each, list):
                below += each
            elif isinstance(each, str) and any("\ud800" <= c <= "\udfff" for c in each):
                repair = "write the letter itself"
                raise InputFault(name, value="half a letter", wanted="Unicode", repair=repair)
        level = below
    if level:
        raise _too_deep(name)


def _json(text: str) -> object:
    return json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"key {key!r} stands twice")
        found[key] = value
    return found


def _no_constant(word: str) -> object:
    raise ValueError(f"{word} is no number")


class _Loader(yaml.SafeLoader):
    """The safe loader without anchors, tags, duplicate keys and guesses."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]  # the stub leaves it untyped
        problem = ""
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            problem = "anchors and aliases are not read"
        elif getattr(event, "tag", None) not in (None, "!"):
            problem = "tags are not read"
        if problem:
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=event.start_mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002  the signature is yaml's
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
            if key is None or key in seen:
                problem = "a key must be text" if key is None else f"key {key!r} stands twice"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key_node.start_mark)
            seen.add(key)
            key_node.tag = "tag:yaml.org,2002:str"
        return super().construct_mapping(node, deep=deep)


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _firsts in (
    ("bool", r"^(true|false)$", "tf"),
    ("int", r"^-?(0|[1-9][0-9]{0,17})$", "-0123456789"),
    ("float", r"^-?(0|[1-9][0-9]{0,17})\.[0-9]{1,25}$", "-0123456789"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), list(_firsts))


def _yaml(text: str) -> object:
    return yaml.load(text, Loader=_Loader)  # noqa: S506  narrower than the safe loader


_READERS: dict[TextKind, Callable[[str], object]] = {
    "toml": tomllib.loads, "yaml": _yaml, "json": _json,
}  # fmt: skip


# ---- what stands beside a document ---------------------------------------------------------------


def feature_geometry(data: bytes, name: str, feature: str) -> Mapping[str, object]:
    """Return the geometry of a feature of a GeoJSON file (RFC 7946), by its id.

    Raises:
        InputFault: no GeoJSON, no such feature, or two of that id.
    """
    if len(data) > GEOJSON_BYTES_MAX:
        wanted = f"at most {GEOJSON_BYTES_MAX} bytes"
        raise InputFault(name, value=f"{len(data)} bytes", wanted=wanted, repair="simplify it")
    try:
        found = _json(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise InputFault(
            name, value=str(error).splitlines()[0], wanted="GeoJSON", repair="export it again"
        ) from None
    features = found.get("features") if isinstance(found, dict) else None
    if not isinstance(features, list):
        repair = "export it as a FeatureCollection"
        raise InputFault(name, wanted="a FeatureCollection", repair=repair)
    ids = [each.get("id") if isinstance(each, dict) else None for each in features]
    if ids.count(feature) != 1:
        known = ", ".join(str(each) for each in ids[:12])
        raise InputFault(
            f"{name} feature", value=feature, wanted=f"one feature of that id: {known}",
            repair="name one of these",
        )  # fmt: skip
    geometry = features[ids.index(feature)].get("geometry")
    if not isinstance(geometry, dict):
        raise InputFault(f"{name} feature {feature}", wanted="a geometry", repair="draw it")
    return geometry


TIMEZONE_SOURCE = f"IANA time zone rules {tzdata.IANA_VERSION}"


@lru_cache(maxsize=64)
def zone_offsets(name: str, from_us: int, to_us: int) -> tuple[tuple[int, int], ...]:
    """Return from which instant on a local time is how many seconds ahead of UTC.

    Args:
        name: of the IANA rules, as the package `tzdata` has them.
        from_us: the first instant, where the first offset stands.
        to_us: the end.

    Raises:
        InputFault: no such time zone.

    >>> zone_offsets("Asia/Karachi", 1_700_000_000_000_000, 1_710_000_000_000_000)
    ((1700000000000000, 18000),)
    """
    try:
        data = pkgutil.get_data("tzdata", f"zoneinfo/{name}")
        zone = ZoneInfo.from_file(io.BytesIO(data or b""), key=name)
    except (OSError, ValueError):
        raise InputFault(
            "timezone", value=name, wanted="a name of the IANA time zone rules",
            repair='e.g. "Europe/Zagreb", or "UTC"',
        ) from None  # fmt: skip

    def ahead_s(at: datetime) -> int:
        offset = at.astimezone(zone).utcoffset()
        assert offset is not None
        return round(offset.total_seconds())

    at, end = datetime_from_us(from_us), datetime_from_us(to_us)
    found = [(from_us, ahead_s(at))]
    while at < end:
        after = at + _DAY
        if ahead_s(after) != found[-1][1]:
            low, high = at, after
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) / 2
                low, high = (middle, high) if ahead_s(middle) == found[-1][1] else (low, middle)
            # Clocks change on a whole second.
            change_us = -(-microseconds_from_datetime(low) // 1_000_000) * 1_000_000
            found.append((change_us, ahead_s(after)))
        at = after
    return tuple(found)


def read_agreement(data: bytes, name: str, *, beside: Callable[[str], bytes] | None = None) -> Read:
    """Return the agreement of a file, or every fault of it, each naming the file.

    Args:
        data: its bytes.
        name: of the file; its ending says how it is written.
        beside: the bytes of a GeoJSON file beside it, by name; None: there are none.
    """
    geometries: dict[str, bytes] = {}

    def feature(file: str, wanted: str) -> Mapping[str, object]:
        if beside is None:
            repair = "write the vertices"
            raise InputFault("file", value=file, wanted="a document of its own", repair=repair)
        if file not in geometries:
            geometries[file] = beside(file)
        return feature_geometry(geometries[file], file, wanted)

    try:
        document = plain_values(data, name)
    except InputFault as fault:
        return Read(agreement=None, faults=(fault,))
    read = read_document(
        document, feature=feature, offsets=zone_offsets, timezone_source=TIMEZONE_SOURCE
    )
    faults = tuple(_in_file(fault, name) for fault in read.faults)
    return msgspec.structs.replace(read, faults=faults)


def _in_file(fault: InputFault, name: str) -> InputFault:
    repair = fault.repair or "see docs/agreements.md"
    return InputFault(
        f"{name}: {fault.what}", value=fault.value, wanted=fault.wanted, repair=repair
    )


# ---- to TOML -------------------------------------------------------------------------------------

_BARE = re.compile(r"[A-Za-z0-9_-]+\Z")
_WIDTH = 96


def agreement_toml(agreement: Agreement) -> str:
    """Return an agreement as TOML with units; reading it gives the agreement back."""
    document = document_of(agreement)
    tables = {
        key: value
        for key, value in document.items()
        if isinstance(value, list) and value and all(isinstance(each, dict) for each in value)
    }
    lines = [f"{_key(key)} = {toml_value(v)}" for key, v in document.items() if key not in tables]
    for key, items in tables.items():
        for item in items:
            lines += ["", f"[[{_key(key)}]]"]
            lines += [f"{_key(name)} = {_laid_out(value)}" for name, value in item.items()]
    return "\n".join(lines) + "\n"


def _laid_out(value: object) -> str:
    """Return a value of a table; a long list has one item a line."""
    text = toml_value(value)
    if not isinstance(value, list) or len(text) < _WIDTH:
        return text
    return "[\n" + "".join(f"  {toml_value(each)},\n" for each in value) + "]"


def _key(key: str) -> str:
    return key if _BARE.match(key) else toml_value(key)


def toml_value(value: object) -> str:
    """Return a plain value as TOML on one line.

    >>> toml_value({"lat_deg": 43.2, "name": "A"})
    '{ lat_deg = 43.2, name = "A" }'
    """
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
        case float():
            text = repr(value)
            return text if "e" not in text or "." in text else text.replace("e", ".0e")
        case int():
            return str(value)
        case list() | tuple():
            return f"[{', '.join(toml_value(each) for each in value)}]"
        case dict():
            if not value:
                return "{}"
            pairs = ", ".join(f"{_key(key)} = {toml_value(each)}" for key, each in value.items())
            return f"{{ {pairs} }}"
        case _:
            raise AssertionError(f"a document holds no {type(value).__name__}")
