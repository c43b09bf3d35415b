"""Lists of places as CSV and GeoJSON: a file in, rows and faults out; and back.

CSV: a header line, then one place a row, UTF-8, read row by row. Columns: `id`, `name`, `kind`,
`lat`, `lon`; where present `uncertainty`, `text`. Lengths have a unit, in the header
(`uncertainty_m`, `uncertainty (km)`) or in the value (`500 m`). GeoJSON: a FeatureCollection of
Points, longitude first, the other columns as properties (`id` may be the feature's own).

Rules:
- A bad row is a fault with file, row, column, value, limit and repair; nothing is shortened, made
  up, or left out without a word. Degrees are kept to nine decimals, a tenth of a millimetre. An
  unknown column is a fault: its contents would be lost.
- A polygon is refused: the middle of an area is not the area. Its keeper gives a point and an
  uncertainty that reaches over it, or a zone.
- What a spreadsheet would run as a formula is refused on the way in, and made harmless on the way
  out, where it may be a peer's.

Not here: whether a place is likely a slip (`node.rules.places`).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import BinaryIO

import msgspec

from parley.node.agreement_bodies import KeptPlace
from parley.node.rules.places import FORMULA_BEGINS, UNCERTAINTY_MM_MAX, check_place
from parley.world.faults import InputFault, nearest
from parley.world.place_cell import read_cell
from parley.world.units import parse_length_m

ROWS_MAX = 200_000
"""Rows of one file: the largest list known, the humanitarian one for Yemen, had 64,000 entries."""
GEOJSON_BYTES_MAX = 67_108_864
"""GeoJSON is read as a whole: 200,000 places are half of it. A longer list comes as CSV."""
LINE_BYTES_MAX = 65_536
"""One line of CSV: a text of 4,000 characters is far below."""
_REQUIRED = ("id", "name", "kind", "lat", "lon")
_COLUMNS = (*_REQUIRED, "uncertainty", "text")
_SPELLINGS = {
    "latitude": "lat", "lat_deg": "lat", "longitude": "lon", "long": "lon", "lng": "lon",
    "lon_deg": "lon", "place": "id", "type": "kind", "remark": "text", "remarks": "text",
}  # fmt: skip
_UNIT_HEADER = re.compile(r"uncertainty(?:_([a-z]+)|\s*[\[(]\s*([a-z]+)\s*[\])])?\Z")
_NUMBER = re.compile(r"[+-]?\d{1,3}(\.\d{1,40})?\Z")
_E9 = 1_000_000_000
_DELIMITERS = ",;\t"
_CRS84 = ("urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:OGC::CRS84", "EPSG:4326")


class PlaceRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row that can be kept: its place in the file, and the place; `source` is as it stood."""

    row: int
    place: KeptPlace
    source: dict[str, str] = {}


class RowFault(msgspec.Struct, frozen=True, kw_only=True):
    """A row that cannot be: where, what stands there, what was wanted, what to do about it."""

    row: int
    column: str
    value: str
    wanted: str
    repair: str
    source: dict[str, str] = {}

    def line(self, name: str) -> str:
        """Return it as one line, with the name of the file."""
        what = f"{name} row {self.row}" + (f" {self.column}" if self.column else "")
        return str(InputFault(what, value=self.value, wanted=self.wanted, repair=self.repair))


class _BadValueError(Exception):
    """A value of a row that cannot be: column, value, wanted, repair."""

    def __init__(self, column: str, value: object, wanted: str, repair: str = "") -> None:
        super().__init__(column)
        self.column, self.value = column, "" if value is None else str(value)
        self.wanted, self.repair = wanted, repair


def read_places(file: BinaryIO, name: str, form: str) -> Iterator[PlaceRow | RowFault]:
    """Yield the rows of a list in the order of the file, the good ones and the others.

    Args:
        file: its bytes.
        name: of the file, for faults.
        form: "csv" or "geojson".

    Raises:
        InputFault: the file as a whole cannot be read: no such form, no header, too long.
    """
    if form not in ("csv", "geojson"):
        raise InputFault(f"{name} form", value=form, wanted="csv or geojson")
    rows = _csv_rows(file, name) if form == "csv" else _geojson_rows(file, name)
    seen: dict[str, int] = {}
    count = 0
    for row, fields in rows:
        count += 1
        if count > ROWS_MAX:
            wanted = f"at most {ROWS_MAX} rows"
            raise InputFault(name, value="more", wanted=wanted, repair="split it")
        if isinstance(fields, RowFault):
            yield fields
            continue
        yield _read_row(row, fields, seen)


def _read_row(row: int, fields: dict[str, str], seen: dict[str, int]) -> PlaceRow | RowFault:
    try:
        place = _place(fields)
        if place.place in seen:
            wanted = f"each id once: it is in row {seen[place.place]}"
            raise _BadValueError("id", place.place, wanted, "leave one of the two out")
    except _BadValueError as bad:
        return RowFault(
            row=row, column=bad.column, value=bad.value, wanted=bad.wanted, repair=bad.repair,
            source=fields,
        )  # fmt: skip
    seen[place.place] = row
    return PlaceRow(row=row, place=place, source=fields)


# ---- one row ------------------------------------------------------------------------------------


def _place(fields: Mapping[str, str]) -> KeptPlace:
    for column, value in fields.items():
        if any(0xD800 <= ord(letter) <= 0xDFFF for letter in value):
            raise _BadValueError(column, ascii(value), "UTF-8", "save the file as UTF-8")
    place = KeptPlace(
        place=fields.get("id", "").strip(),
        name=fields.get("name", "").strip(),
        kind=fields.get("kind", "").strip(),
        lat_e9=_degrees_e9("lat", fields.get("lat", ""), 90),
        lon_e9=_degrees_e9("lon", fields.get("lon", ""), 180),
        uncertainty_mm=_uncertainty_mm(fields.get("uncertainty", "")),
        text=fields.get("text", "").strip(),
    )
    try:
        check_place(place)
    except InputFault as fault:
        # Its own words name the place; here the column does.
        column = fault.what.rpartition(" ")[2]
        column = column if column in _COLUMNS else "id"
        raise _BadValueError(column, fault.value, fault.wanted, fault.repair) from None
    return place


def _degrees_e9(column: str, text: str, most_deg: int) -> int:
    """Return degrees in billionths; what is finer than that is rounded."""
    value = text.strip()
    if not value:
        raise _BadValueError(column, text, "degrees", "a name without coordinates is not a place")
    if "," in value:
        raise _BadValueError(column, text, "degrees with a decimal point", "write 35.6289")
    if not _NUMBER.match(value):
        repair = "write degrees as one number, e.g. 35.6289; minutes / 60 are added to it"
        raise _BadValueError(column, text, "a number of degrees", repair)
    try:
        found = Decimal(value)
    except InvalidOperation:
        raise _BadValueError(column, text, "a number of degrees") from None
    if abs(found) > most_deg:
        wanted = f"-{most_deg} to {most_deg} degrees"
        repair = "are latitude and longitude in each other's place?" if column == "lat" else ""
        raise _BadValueError(column, text, wanted, repair)
    # A tenth decimal is a tenth of a millimetre: what computers write there, nobody measured.
    return round(found * _E9)


def _uncertainty_mm(text: str) -> int:
    value = text.strip()
    if not value:
        return 0
    try:
        length_m = parse_length_m(value, "uncertainty")
    except InputFault as fault:
        raise _BadValueError("uncertainty", text, fault.wanted, fault.repair) from None
    if not 0 <= length_m * 1000 <= UNCERTAINTY_MM_MAX:
        wanted = f"0 to {UNCERTAINTY_MM_MAX // 1_000_000} km"
        raise _BadValueError("uncertainty", text, wanted)
    return round(length_m * 1000)


# ---- CSV ----------------------------------------------------------------------------------------


def _lines(file: BinaryIO, name: str) -> Iterator[str]:
    """Yield the lines of a file; bytes that are no UTF-8 stay visible as what they are."""
    number = 0
    while line := file.readline(LINE_BYTES_MAX + 1):
        number += 1
        if len(line) > LINE_BYTES_MAX:
            wanted = f"at most {LINE_BYTES_MAX} bytes in a line"
            raise InputFault(f"{name} line {number}", value="longer", wanted=wanted)
        data = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        if number == 1 and data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise InputFault(name, value="UTF-16", wanted="UTF-8", repair="save it as UTF-8")
        yield data.decode("utf-8", "surrogateescape")


def _csv_rows(file: BinaryIO, name: str) -> Iterator[tuple[int, dict[str, str] | RowFault]]:
    lines = _lines(file, name)
    head = next(lines, "")
    delimiter = max(_DELIMITERS, key=head.count)
    columns, unit = _header(next(csv.reader([head], delimiter=delimiter), []), name)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        row = reader.line_num + 2
        try:
            values = next(reader, None)
        except csv.Error as error:
            repair = "a quote inside a quoted value is written twice"
            yield (
                row,
                RowFault(
                    row=row, column="", value=str(error), wanted="a row of CSV", repair=repair
                ),
            )
            continue
        if values is None:
            return
        if not any(value.strip() for value in values):
            continue
        if len(values) != len(columns):
            yield row, RowFault(
                row=row, column="", value=f"{len(values)} values",
                wanted=f"{len(columns)}, as in the header",
                repair=f"put a value with {delimiter!r} in it in quotes",
            )  # fmt: skip
            continue
        fields = dict(zip(columns, values, strict=True))
        if unit and fields.get("uncertainty", "").strip():
            bare = fields["uncertainty"].strip()
            fields["uncertainty"] = bare if bare[-1:].isalpha() else f"{bare} {unit}"
        yield row, fields


def _header(cells: list[str], name: str) -> tuple[list[str], str]:
    """Return the columns of a header, and the unit of the uncertainty where it stands there."""
    columns, unit = [], ""
    for cell in cells:
        word = cell.strip().lower()
        match = _UNIT_HEADER.match(word)
        if match:
            unit = match[1] or match[2] or unit
            word = "uncertainty"
        word = _SPELLINGS.get(word, word)
        if word not in _COLUMNS:
            close = nearest(word, _COLUMNS)
            repair = f"did you mean {close!r}?" if close else "take it out: it would not be kept"
            wanted = f"columns of {', '.join(_COLUMNS)}"
            raise InputFault(f"{name} header", value=cell, wanted=wanted, repair=repair)
        if word in columns:
            raise InputFault(f"{name} header", value=cell, wanted="each column once")
        columns.append(word)
    missing = [word for word in _REQUIRED if word not in columns]
    if missing:
        value = f"without {', '.join(missing)}"
        raise InputFault(f"{name} header", value=value, wanted=", ".join(_REQUIRED))
    if unit:
        parse_length_m(f"1{unit}", f"{name} header uncertainty unit")
    return columns, unit


# ---- GeoJSON ------------------------------------------------------------------------------------


class _Feature(msgspec.Struct, frozen=True):
    type: str
    geometry: dict[str, object] | None = None
    properties: dict[str, object] | None = None
    id: str | int | None = None


class _Collection(msgspec.Struct, frozen=True):
    type: str
    features: list[msgspec.Raw]
    crs: object = None


def _geojson_rows(file: BinaryIO, name: str) -> Iterator[tuple[int, dict[str, str] | RowFault]]:
    data = file.read(GEOJSON_BYTES_MAX + 1)
    if len(data) > GEOJSON_BYTES_MAX:
        wanted = f"at most {GEOJSON_BYTES_MAX} bytes"
        raise InputFault(name, value="longer", wanted=wanted, repair="send it as CSV")
    try:
        found = msgspec.json.decode(data, type=_Collection)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InputFault(name, value=str(error), wanted="a GeoJSON FeatureCollection") from None
    if found.type != "FeatureCollection":
        raise InputFault(f"{name} type", value=found.type, wanted="FeatureCollection")
    if found.crs is not None and not any(each in str(found.crs) for each in _CRS84):
        wanted = "none, or CRS84: degrees of WGS-84"
        raise InputFault(f"{name} crs", value=str(found.crs), wanted=wanted)
    for row, raw in enumerate(found.features, 1):
        try:
            yield row, _feature(raw)
        except _BadValueError as bad:
            yield (
                row,
                RowFault(
                    row=row,
                    column=bad.column,
                    value=bad.value,
                    wanted=bad.wanted,
                    repair=bad.repair,
                ),
            )


def _feature(raw: msgspec.Raw) -> dict[str, str]:
    try:
        feature = msgspec.json.decode(raw, type=_Feature)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise _BadValueError("", str(error), "a Feature") from None
    geometry = feature.geometry or {}
    kind = geometry.get("type")
    if feature.type != "Feature" or kind != "Point":
        repair = "give its point, and an uncertainty that reaches over it" if kind else ""
        raise _BadValueError("geometry", kind, "a Point: the middle of an area is no place", repair)
    point = geometry.get("coordinates")
    if not isinstance(point, list) or len(point) != 2:
        raise _BadValueError("coordinates", point, "[longitude, latitude]; heights are not kept")
    fields = {"lon": _number_text(point[0]), "lat": _number_text(point[1])}
    if feature.id is not None:
        fields["id"] = str(feature.id)
    for key, value in (feature.properties or {}).items():
        word = _SPELLINGS.get(key.lower(), key.lower())
        match = _UNIT_HEADER.match(word)
        text = "" if value is None else str(value)
        if match:
            unit = match[1] or match[2] or ""
            word, text = "uncertainty", f"{text} {unit}" if unit and text else text
        if word not in _COLUMNS or word in ("lat", "lon"):
            close = nearest(word, _COLUMNS)
            repair = f"did you mean {close!r}?" if close else "take it out: it would not be kept"
            raise _BadValueError(key, text, f"properties of {', '.join(_COLUMNS)}", repair)
        if word == "id" and fields.get("id", text) != text:
            raise _BadValueError("id", text, f"the id of the feature, {fields['id']}")
        fields[word] = text
    return fields


def _number_text(value: object) -> str:
    """Return a number as it stood: a float's shortest form is what was written."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    text = repr(value)
    return f"{value:.12f}".rstrip("0").rstrip(".") if "e" in text else text


# ---- out ----------------------------------------------------------------------------------------


def harmless(text: str) -> str:
    """Return a text as a cell that no spreadsheet runs: one that begins a formula is quoted.

    >>> harmless("=cmd|' /C calc'!A0"), harmless("Clinic")
    ("'=cmd|' /C calc'!A0", 'Clinic')
    """
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return f"'{shown}" if shown.startswith(FORMULA_BEGINS) else shown


def csv_text(columns: tuple[str, ...], rows: Iterable[Mapping[str, str]]) -> Iterator[str]:
    """Yield the lines of a table; texts are made harmless, numbers go as they are."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for values in (list(columns), *_cells(columns, rows)):
        writer.writerow(values)
        yield out.getvalue()
        out.seek(0)
        out.truncate()


def _cells(columns: tuple[str, ...], rows: Iterable[Mapping[str, str]]) -> Iterator[list[str]]:
    for row in rows:
        values = [row.get(name, "") for name in columns]
        yield [value if _NUMBER.match(value) else harmless(value) for value in values]


def places_csv(places: Iterable[KeptPlace]) -> Iterator[str]:
    """Yield the lines of a CSV list that reads in again as it is."""
    return csv_text(_COLUMNS, (_columns_of(place) for place in places))


def places_geojson(places: Iterable[KeptPlace]) -> Iterator[str]:
    """Yield the parts of a GeoJSON list that reads in again as it is."""
    yield '{"type":"FeatureCollection","features":['
    for number, place in enumerate(places):
        values = _columns_of(place)
        point = f"[{values.pop('lon')},{values.pop('lat')}]"
        properties = msgspec.json.encode({k: v for k, v in values.items() if v}).decode()
        geometry = f'{{"type":"Point","coordinates":{point}}}'
        head = ",\n" if number else "\n"
        yield f'{head}{{"type":"Feature","geometry":{geometry},"properties":{properties}}}'
    yield "\n]}\n"


def _columns_of(place: KeptPlace) -> dict[str, str]:
    return {
        "id": place.place,
        "name": place.name,
        "kind": place.kind,
        "lat": degrees_text(place.lat_e9),
        "lon": degrees_text(place.lon_e9),
        "uncertainty": f"{Decimal(place.uncertainty_mm) / 1000:f} m"
        if place.uncertainty_mm
        else "",
        "text": place.text,
    }


def degrees_text(value_e9: int) -> str:
    """Return billionths of a degree as degrees, exactly.

    >>> degrees_text(35_628_900_000), degrees_text(-1), degrees_text(0)
    ('35.6289', '-0.000000001', '0')
    """
    text = f"{Decimal(value_e9).scaleb(-9):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def refused_csv(faults: Iterable[RowFault]) -> Iterator[str]:
    """Yield the lines of a table of refused rows: as they stood, with what is wrong with each."""
    columns = ("row", "column", "value", "wanted", "repair", *_COLUMNS)
    return csv_text(
        columns,
        (
            {
                "row": str(each.row), "column": each.column, "value": each.value,
                "wanted": each.wanted, "repair": each.repair, **_readable(each.source),
            }
            for each in faults
        ),
    )  # fmt: skip


def _readable(fields: Mapping[str, str]) -> dict[str, str]:
    """Return fields in which bytes that are no UTF-8 are escapes."""
    return {
        name: value.encode("utf-8", "backslashreplace").decode() for name, value in fields.items()
    }


def form_of(name: str) -> str:
    """Return the form of a file by its ending.

    Raises:
        InputFault: another one.
    """
    ending = name.lower().rpartition(".")[2]
    known = {"csv": "csv", "geojson": "geojson", "json": "geojson"}
    if ending not in known:
        raise InputFault("file", value=name, wanted="a name that ends in .csv or .geojson")
    return known[ending]


def cells_geojson(rows: Iterable[Mapping[str, str]]) -> Iterator[str]:
    """Yield the parts of a GeoJSON list of notices: each as its cell, never as a point in it.

    A notice without a cell that can be read has no geometry; its words are properties.
    """
    yield '{"type":"FeatureCollection","features":['
    for number, row in enumerate(rows):
        properties = {name: harmless(value) for name, value in row.items() if value}
        feature = {"type": "Feature", "geometry": _ring(row), "properties": properties}
        yield (",\n" if number else "\n") + msgspec.json.encode(feature).decode()
    yield "\n]}\n"


def _ring(row: Mapping[str, str]) -> dict[str, object] | None:
    try:
        cell = read_cell(row.get("cell", ""))
    except InputFault:
        return None
    south, west, north, east = (float(part) for part in cell.text.split(","))
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}
