"""Recorded traffic with the columns of the `traffic` library: a table in, tracks out.

Here: what the columns mean, which reports count, and how a bad one is named. Never here: files
(`store.files` opens them), and detection.

Columns: `timestamp` (UTC; instants, RFC 3339 text, or numbers since 1970 whose unit follows from
their size), `icao24` (text), `latitude`, `longitude` (degrees), `altitude` (feet above 1013.25 hPa,
so the reference is STD); where present `onground` and `flight_id`. An aircraft is its icao24, lower
case.

Rules: what is out of range or unreadable is refused, naming file, row and field; a missing position
or altitude is normal in recordings, left out and counted. Time must not go back within one aircraft
(within one flight of it, where `flight_id` says so) in the order of the file, unless the caller
asks to sort. A report there twice counts once; two positions of one aircraft at one instant are
refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from parley.world.faults import InputFault, nearest
from parley.world.time import US_MAX, US_MIN, format_instant
from parley.world.track import Track
from parley.world.units import METRES_PER_FOOT

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

REQUIRED = ("timestamp", "icao24", "latitude", "longitude", "altitude")
OPTIONAL = ("onground", "flight_id")
COLUMNS = (*REQUIRED, *OPTIONAL)
RANGES = {
    "latitude": (-90.0, 90.0, "degrees"),
    "longitude": (-180.0, 180.0, "degrees"),
    "altitude": (-2_000.0, 200_000.0, "feet"),
}
"""Altitude: from below any runway at any pressure to above all that ADS-B can send (126,700 ft)."""
_TRUTHS = {"true": True, "1": True, "false": False, "0": False}
# Numbers of seconds, ms, us and ns between 1973 and 2100 do not overlap.
_NUMBER_UNITS = ((1e17, 1e-3), (1e14, 1.0), (1e11, 1e3), (0.0, 1e6))


class Counts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What became of the reports of a recording."""

    reports: int
    on_ground: int
    without_position: int
    without_altitude: int
    repeated: int
    used: int
    aircraft: int


class Traffic(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The tracks of recordings, sorted by id, and the counts."""

    tracks: tuple[Track, ...]
    counts: Counts


@dataclass(slots=True, eq=False)
class _Reports:
    """Reports as columns; `source` and `row` say where each came from."""

    names: list[str]
    icao24: Ints
    t_us: Ints
    lat_deg: Floats
    lon_deg: Floats
    alt_ft: Floats
    on_ground: Bools
    source: Ints
    row: Ints

    def chosen(self, keep: NDArray[np.generic]) -> _Reports:
        """Return the reports that an index or a mask names."""
        return _Reports(
            names=self.names,
            icao24=self.icao24[keep],
            t_us=self.t_us[keep],
            lat_deg=self.lat_deg[keep],
            lon_deg=self.lon_deg[keep],
            alt_ft=self.alt_ft[keep],
            on_ground=self.on_ground[keep],
            source=self.source[keep],
            row=self.row[keep],
        )


def read_traffic(
    recordings: Sequence[tuple[str, pa.Table]], *, include_ground: bool = False, sort: bool = False
) -> Traffic:
    """Return the tracks of one or more recordings, joined by aircraft, and what was left out.

    Args:
        recordings: name (for messages) and table of each; aircraft may go on from one to the next.
        include_ground: keep reports marked on the ground.
        sort: accept a file whose reports of an aircraft are not in order of time.

    Raises:
        InputFault: a missing column; a value that is out of range or unreadable; time that goes
        back;
            two positions of one aircraft at one instant. Names file, row and field.
    """
    files = [name for name, _ in recordings]
    reports = _joined(
        [_reports(name, k, table, sort=sort) for k, (name, table) in enumerate(recordings)]
    )
    on_ground = reports.on_ground & (not include_ground)
    no_position = ~on_ground & ~(np.isfinite(reports.lat_deg) & np.isfinite(reports.lon_deg))
    no_altitude = ~on_ground & ~no_position & ~np.isfinite(reports.alt_ft)
    kept = reports.chosen(~(on_ground | no_position | no_altitude))
    ordered = kept.chosen(np.lexsort((kept.t_us, kept.icao24)))
    distinct = ordered.chosen(_first_of_each(files, ordered))
    tracks = _tracks(distinct)
    counts = Counts(
        reports=int(reports.row.shape[0]),
        on_ground=int(on_ground.sum()),
        without_position=int(no_position.sum()),
        without_altitude=int(no_altitude.sum()),
        repeated=int(ordered.row.shape[0] - distinct.row.shape[0]),
        used=int(distinct.row.shape[0]),
        aircraft=len(tracks),
    )
    return Traffic(tracks=tracks, counts=counts)


def _reports(name: str, source: int, table: pa.Table, *, sort: bool) -> _Reports:
    """Return the checked columns of one recording."""
    for column in REQUIRED:
        if column not in table.column_names:
            others = [name for name in table.column_names if name not in COLUMNS]
            like = nearest(column, others)
            raise InputFault(
                f"{name} column {column}",
                value="missing",
                wanted=f"the columns {', '.join(REQUIRED)}",
                repair=f"rename {like}" if like else "",
            )
    table = _decoded(table)
    icao24, names = _codes(name, "icao24", table["icao24"])
    reports = _Reports(
        names=names,
        icao24=icao24,
        t_us=_instants_us(name, table["timestamp"]),
        lat_deg=_numbers(name, table, "latitude"),
        lon_deg=_numbers(name, table, "longitude"),
        alt_ft=_numbers(name, table, "altitude"),
        on_ground=_truths(name, table),
        source=np.full(table.num_rows, source, dtype=np.int64),
        row=np.arange(1, table.num_rows + 1, dtype=np.int64),
    )
    if not sort:
        _verify_order(name, reports, table)
    return reports


def _decoded(table: pa.Table) -> pa.Table:
    """Return the table with dictionary columns (pandas categories) as values."""
    for k, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            values = table.column(k).cast(field.type.value_type)
            table = table.set_column(k, field.name, values)
    return table


def _codes(name: str, column: str, values: pa.ChunkedArray) -> tuple[Ints, list[str]]:
    """Return a text column as numbers into the sorted list of its different values, lower case."""
    if not (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)):
        if values.null_count == len(values):
            values = values.cast(pa.string())
        else:
            raise InputFault(
                f"{name} column {column}",
                value=f"of type {values.type}",
                wanted="text",
                repair="numbers lose leading zeros: write addresses as text",
            )
    trimmed = pc.utf8_lower(pc.utf8_trim_whitespace(values))
    missing = pc.fill_null(pc.equal(trimmed, ""), fill_value=True).to_numpy()
    if missing.any():
        row = int(np.argmax(missing)) + 1
        raise InputFault(f"{name} row {row} {column}", value="missing", wanted="an address")
    encoded = trimmed.combine_chunks().dictionary_encode()
    words = encoded.dictionary.to_pylist()
    order = sorted(range(len(words)), key=words.__getitem__)
    rank = np.empty(len(words), dtype=np.int64)
    rank[order] = np.arange(len(words))
    codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return rank[codes], [words[k] for k in order]


def _numbers(name: str, table: pa.Table, column: str) -> Floats:
    """Return a column of numbers, NaN where there is none; refuse one that is out of range."""
    low, high, unit = RANGES[column]
    numbers = _floats(name, column, table[column])
    # NaN is not outside: it compares false.
    outside = (numbers < low) | (numbers > high)
    if outside.any():
        row = int(np.argmax(outside))
        raise InputFault(
            f"{name} row {row + 1} {column}",
            value=float(numbers[row]),
            wanted=f"{low:.0f} to {high:.0f} {unit}",
            repair="correct the row or take it out",
        )
    return numbers


def _floats(name: str, column: str, values: pa.ChunkedArray) -> Floats:
    """Return a column as floats, NaN for null; refuse the first value that is no number."""
    try:
        # Unsafe only in that integers above 2^53 round: nanoseconds since 1970 do, by 128 ns.
        numbers = values.cast(pa.float64(), safe=False)
    except pa.ArrowException as error:
        for row, value in enumerate(values.to_pylist(), start=1):
            if not _is_number(value):
                raise InputFault(
                    f"{name} row {row} {column}", value=value, wanted="a number"
                ) from error
        raise InputFault(
            f"{name} column {column}", value=f"of type {values.type}", wanted="numbers"
        ) from error
    return np.asarray(numbers.to_numpy(), dtype=np.float64)


def _is_number(value: object) -> bool:
    if not isinstance(value, str):
        return value is None or isinstance(value, int | float)
    try:
        float(value)
    except ValueError:
        return False
    return True


def _truths(name: str, table: pa.Table) -> Bools:
    """Return the column `onground`; absent or empty means not marked."""
    if "onground" not in table.column_names:
        return np.zeros(table.num_rows, dtype=np.bool_)
    values = table["onground"]
    if pa.types.is_boolean(values.type):
        return np.asarray(pc.fill_null(values, fill_value=False).to_numpy(), dtype=np.bool_)
    truths = np.zeros(table.num_rows, dtype=np.bool_)
    for k, value in enumerate(values.to_pylist()):
        if value is None or value != value:
            continue
        word = f"{value:g}" if isinstance(value, float) else str(value).strip().lower()
        if word not in _TRUTHS:
            raise InputFault(f"{name} row {k + 1} onground", value=value, wanted="true or false")
        truths[k] = _TRUTHS[word]
    return truths


def _instants_us(name: str, values: pa.ChunkedArray) -> Ints:
    """Return the column `timestamp` as microseconds UTC."""
    missing = values.is_null().to_numpy()
    if missing.any():
        row = int(np.argmax(missing)) + 1
        raise InputFault(f"{name} row {row} timestamp", value="missing", wanted="an instant")
    if pa.types.is_timestamp(values.type):
        instants = values.cast(pa.timestamp("us", values.type.tz), safe=False)
        t_us = np.asarray(instants.cast(pa.int64()).to_numpy(), dtype=np.int64)
    elif pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        t_us = _instants_of_text_us(name, values)
    else:
        t_us = _instants_of_numbers_us(_floats(name, "timestamp", values))
    outside = (t_us < US_MIN) | (t_us > US_MAX)
    if outside.any():
        row = int(np.argmax(outside))
        raise InputFault(
            f"{name} row {row + 1} timestamp", value=values[row].as_py(), wanted="1900 to 2100"
        )
    return t_us


def _instants_of_numbers_us(numbers: Floats) -> Ints:
    """Return microseconds of numbers since 1970 whose unit is that of the largest of them."""
    if not numbers.shape[0] or not np.isfinite(numbers).all():
        return np.where(np.isfinite(numbers), 0, US_MIN - 1).astype(np.int64)
    largest = float(np.abs(numbers).max())
    factor = next(factor for least, factor in _NUMBER_UNITS if largest >= least)
    bounded = np.clip(numbers * factor, US_MIN - 1.0, US_MAX + 1.0)
    return np.rint(bounded).astype(np.int64)


def _instants_of_text_us(name: str, values: pa.ChunkedArray) -> Ints:
    """Return microseconds of RFC 3339 text, or of numbers written as text; no offset means UTC."""
    if len(values) and _is_number(values[0].as_py()):
        return _instants_of_numbers_us(_floats(name, "timestamp", values))
    for kind in (pa.timestamp("us", "UTC"), pa.timestamp("us")):
        try:
            return np.asarray(values.cast(kind).cast(pa.int64()).to_numpy(), dtype=np.int64)
        except pa.ArrowException:
            continue
    with_offset = [_is_instant(value, pa.timestamp("us", "UTC")) for value in values]
    kind = pa.timestamp("us", "UTC") if with_offset[0] else pa.timestamp("us")
    for row, value in enumerate(values, start=1):
        if not _is_instant(value, kind):
            raise InputFault(
                f"{name} row {row} timestamp",
                value=value.as_py(),
                wanted="an RFC 3339 time written as in the rows above",
                repair="write e.g. 2017-06-20T06:00:00Z",
            )
    raise InputFault(f"{name} column timestamp", value="unreadable", wanted="RFC 3339 times")


def _is_instant(value: pa.Scalar, kind: pa.DataType) -> bool:
    try:
        value.cast(kind)
    except pa.ArrowException:
        return False
    return True


def _verify_order(name: str, reports: _Reports, table: pa.Table) -> None:
    """Refuse time that goes back within one aircraft, or within one flight of it."""
    flights = np.zeros(table.num_rows, dtype=np.int64)
    if "flight_id" in table.column_names:
        try:
            text = table["flight_id"].cast(pa.string())
        except pa.ArrowException as error:
            raise InputFault(
                f"{name} column flight_id",
                value=f"of type {table['flight_id'].type}",
                wanted="text",
            ) from error
        encoded = pc.fill_null(text, "").combine_chunks().dictionary_encode()
        flights = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    order = np.lexsort((reports.row, flights, reports.icao24))
    same = np.diff(reports.icao24[order]) == 0
    same &= np.diff(flights[order]) == 0
    back = order[1:][same & (np.diff(reports.t_us[order]) < 0)]
    if back.size:
        row = int(back.min())
        earlier = order[np.flatnonzero(order == row)[0] - 1]
        raise InputFault(
            f"{name} row {row + 1} timestamp of {reports.names[reports.icao24[row]]}",
            value=format_instant(int(reports.t_us[row])),
            wanted=f"{format_instant(int(reports.t_us[earlier]))} (row {earlier + 1}) or later",
            repair="sort it by time, or have it sorted (detect --sort) if only its order is wrong",
        )


def _joined(parts: list[_Reports]) -> _Reports:
    """Return the reports of several recordings as one, aircraft numbered across all of them."""
    names = sorted({name for part in parts for name in part.names})
    number = {name: k for k, name in enumerate(names)}
    aircraft = [
        np.array([number[name] for name in part.names], dtype=np.int64)[part.icao24]
        for part in parts
    ]
    return _Reports(
        names=names,
        icao24=np.concatenate(aircraft),
        t_us=np.concatenate([part.t_us for part in parts]),
        lat_deg=np.concatenate([part.lat_deg for part in parts]),
        lon_deg=np.concatenate([part.lon_deg for part in parts]),
        alt_ft=np.concatenate([part.alt_ft for part in parts]),
        on_ground=np.concatenate([part.on_ground for part in parts]),
        source=np.concatenate([part.source for part in parts]),
        row=np.concatenate([part.row for part in parts]),
    )


def _first_of_each(files: list[str], ordered: _Reports) -> Bools:
    """Return which reports are not repeats; refuse two positions of one aircraft at one instant."""
    count = ordered.row.shape[0]
    first = np.ones(count, dtype=np.bool_)
    if count < 2:
        return first
    again = (np.diff(ordered.icao24) == 0) & (np.diff(ordered.t_us) == 0)
    differs = np.zeros(count - 1, dtype=np.bool_)
    for column in (ordered.lat_deg, ordered.lon_deg, ordered.alt_ft):
        differs |= np.diff(column) != 0.0
    if (again & differs).any():
        k = int(np.argmax(again & differs)) + 1
        where = [f"{files[ordered.source[i]]} row {ordered.row[i]}" for i in (k - 1, k)]
        raise InputFault(
            f"{where[1]} position of {ordered.names[ordered.icao24[k]]}",
            value=f"{ordered.lat_deg[k]}, {ordered.lon_deg[k]}, {ordered.alt_ft[k]} ft",
            wanted=f"the one of {where[0]}, also at {format_instant(int(ordered.t_us[k]))}",
            repair="an aircraft is in one place at a time: keep one of the two",
        )
    first[1:] = ~again
    return first


def _tracks(reports: _Reports) -> tuple[Track, ...]:
    """Return one track per aircraft from sorted reports without repeats."""
    bounds = np.flatnonzero(np.diff(reports.icao24)) + 1
    alt_m = reports.alt_ft * METRES_PER_FOOT
    parts = np.split(np.arange(reports.row.shape[0]), bounds) if reports.row.shape[0] else []
    return tuple(
        Track(
            id=reports.names[int(reports.icao24[part[0]])],
            party=None,
            t_us=reports.t_us[part],
            lat_deg=reports.lat_deg[part],
            lon_deg=reports.lon_deg[part],
            alt_m=alt_m[part],
            alt_reference="STD",
            interpolation="geodesic",
            known_us=None,
        )
        for part in parts
    )
