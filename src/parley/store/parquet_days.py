"""Days of recorded traffic in many Parquet files: surveyed, and read partition by partition.

Here: the queries that DuckDB runs over files that `app` names: one survey per file (rows, bad rows,
where and when the reports are) and the reports of one partition with their successors. Never here:
which partitions there are (`review.partitions`), what is found in them, nor any path of its own
choosing.

A query reads only the columns it needs and, by the statistics of row groups, only the times that it
needs. Distances to a partition's box are measured in ECEF, where neither poles nor the antimeridian
are special. The checks are those that `wire.traffic` makes on a recording read whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import msgspec
import pyarrow as pa

from parley.detect.legs import WGS84_A_M, WGS84_F
from parley.world.faults import InputFault, nearest
from parley.world.time import US_MAX, US_MIN, format_instant

REQUIRED = ("timestamp", "icao24", "latitude", "longitude", "altitude")
SQUARE_M = 512_000.0
"""Side of the cubes in which a survey counts reports."""
SQUARES_ORIGIN_M = 8_192_000.0
"""Added to ECEF coordinates so that cube numbers are never negative; 32 cubes to an axis."""
HOUR_US = 3_600_000_000
Ranges = Mapping[str, tuple[float, float, str]]
"""Per column the least and greatest value and the unit."""

_INSTANTS = {
    "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE",
    "TIMESTAMPTZ_NS",
}  # fmt: skip
_WHOLES = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER",
           "UBIGINT"}  # fmt: skip
_REALS = {"FLOAT", "DOUBLE"}
# Numbers of seconds, ms, us and ns between 1973 and 2100 do not overlap.
_NUMBER_UNITS = ((1e17, 1e-3), (1e14, 1.0), (1e11, 1e3), (0.0, 1e6))
_ECCENTRICITY_SQUARED = WGS84_F * (2.0 - WGS84_F)
_BATCH_ROWS = 1 << 16


class Clock(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a file writes instants: its type, and for numbers the microseconds of one."""

    kind: str
    unit_us: float = 0.0

    @property
    def is_naive(self) -> bool:
        """Whether instants have no time zone, so that they are taken as UTC."""
        return self.kind in _INSTANTS and "TZ" not in self.kind and "ZONE" not in self.kind


class Source(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file as the queries need it: where it is, how it writes time, what marks the ground."""

    path: str
    clock: Clock
    ground: str
    """Type of the column `onground`; "" where it is absent, or where ground reports count too."""


class Survey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one file holds. Counts as `wire.traffic.Counts` has them; `used` with repeats."""

    source: Source
    reports: int
    on_ground: int
    without_position: int
    without_altitude: int
    used: int
    first_us: int
    """Of the used reports; 0 where there are none, as is `last_us`."""
    last_us: int
    squares: tuple[tuple[int, int, int, int, int], ...]
    """Hour since 1970, cube along x, y and z, and how many used reports are there."""


class Window(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A partition as a query takes it: times, box and how far around it reports are read."""

    from_us: int
    to_us: int
    low_m: tuple[float, float, float]
    high_m: tuple[float, float, float]
    is_everywhere: bool
    """The box is the whole earth: nothing is left out for its place."""
    gap_us: int
    reach_m: float
    """Legs that come nearer than this to the box are read."""
    leg_m: float
    """No leg that counts is longer."""


class Database:
    """A DuckDB of one process, without a file of its own, that reads the files it is given."""

    def __init__(self, *, memory_bytes: int, threads: int, spill: Path) -> None:
        """Open it.

        Args:
            memory_bytes: what queries may hold before they spill to disk.
            threads: of one query.
            spill: folder for what does not fit.
        """
        self._connection = duckdb.connect(
            config={
                "memory_limit": f"{max(memory_bytes // 1_000_000, 64)}MB",
                "threads": threads,
                "temp_directory": str(spill),
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                "preserve_insertion_order": "false",
            }
        )
        # Its own bar would stand among the results on stdout.
        self._connection.execute("SET enable_progress_bar = false")

    def rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """Return what a query finds."""
        return list(self._connection.execute(query, list(values)).fetchall())

    def batches(self, query: str) -> Iterator[pa.RecordBatch]:
        """Yield what a query finds, a bounded number of rows at a time."""
        reader: pa.RecordBatchReader = self._connection.sql(query).to_arrow_reader(_BATCH_ROWS)
        yield from reader

    def close(self) -> None:
        """Give its memory back."""
        self._connection.close()


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Turn what DuckDB says of a file into one line that names it."""
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise InputFault(
            what, value=f"more than the memory allowed ({_line(error)})",
            wanted="queries that fit", repair="give more with --memory",
        ) from error  # fmt: skip
    except duckdb.Error as error:
        raise InputFault(
            what, value=f"not readable as Parquet ({_line(error)})", wanted="a Parquet file"
        ) from error


def _line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0]


# ---- survey -------------------------------------------------------------------------------------


def survey_file(
    database: Database, path: Path, ranges: Ranges, *, include_ground: bool, sort: bool
) -> Survey:
    """Return what a Parquet file holds, after every row of it was checked.

    Args:
        database: to run the queries.
        path: the file.
        ranges: of latitude, longitude and altitude.
        include_ground: reports marked on the ground count.
        sort: reports of an aircraft need not be in order of time.

    Raises:
        InputFault: the file is unreadable, lacks a column or has one of a wrong type; a value is
            missing or out of range; time goes back. Names file, row and field.
    """
    with reading(str(path)):
        source = _source(database, path, include_ground=include_ground)
        row = _counted(database, source, ranges)
        if not sort:
            _refuse_disorder(database, source, path)
        squares = database.rows(
            f"SELECT CAST(floor(t_us / {HOUR_US}.0) AS BIGINT), {_cube('x')}, {_cube('y')}, "  # noqa: S608  every word of the query is ours
            f"{_cube('z')}, count(*) FROM ({_places(_used(source))}) GROUP BY ALL ORDER BY ALL"
        )
    reports, on_ground, without_position, without_altitude, used, first_us, last_us = row
    return Survey(
        source=source,
        reports=reports,
        on_ground=on_ground,
        without_position=without_position,
        without_altitude=without_altitude,
        used=used,
        first_us=first_us,
        last_us=last_us,
        squares=tuple(_five(square) for square in squares),
    )


def _five(row: tuple[object, ...]) -> tuple[int, int, int, int, int]:
    hour, x, y, z, count = (int(str(value)) for value in row)
    return hour, x, y, z, count


def _source(database: Database, path: Path, *, include_ground: bool) -> Source:
    """Return how to read a file, from its columns."""
    try:
        # Opened first for the system's own words of a missing or forbidden file.
        path.open("rb").close()
    except OSError as error:
        raise InputFault(str(path), value=f"unreadable ({error.strerror})") from error
    file = _listed([str(path)])
    described = database.rows(f"DESCRIBE FROM {_parquet(file)}")
    kinds = {str(row[0]): str(row[1]) for row in described}
    for column in REQUIRED:
        if column not in kinds:
            like = nearest(column, list(kinds))
            raise InputFault(
                f"{path} column {column}", value="missing",
                wanted=f"the columns {', '.join(REQUIRED)}",
                repair=f"rename {like}" if like else "",
            )  # fmt: skip
    for column in ("latitude", "longitude", "altitude"):
        if kinds[column] not in _WHOLES | _REALS and not kinds[column].startswith("DECIMAL"):
            _refuse_type(path, column, kinds[column], "numbers")
    if kinds["icao24"] != "VARCHAR" and not kinds["icao24"].startswith("ENUM"):
        repair = "numbers lose leading zeros: write addresses as text"
        _refuse_type(path, "icao24", kinds["icao24"], "text", repair)
    ground = kinds.get("onground", "")
    if ground not in {"", "BOOLEAN", "VARCHAR"} | _WHOLES | _REALS:
        _refuse_type(path, "onground", ground, "true or false")
    clock = _clock(database, path, file, kinds["timestamp"])
    flagged = Source(path=str(path), clock=clock, ground=ground)
    _refuse_ground_words(database, flagged)
    return Source(path=str(path), clock=clock, ground="" if include_ground else ground)


def _refuse_type(path: Path, column: str, kind: str, wanted: str, repair: str = "") -> None:
    raise InputFault(
        f"{path} column {column}", value=f"of type {kind}", wanted=wanted, repair=repair
    )


def _clock(database: Database, path: Path, file: str, kind: str) -> Clock:
    """Return how a file writes instants; the unit of numbers is that of the largest."""
    if kind in _INSTANTS:
        return Clock(kind=kind)
    if kind not in _WHOLES | _REALS:
        repair = "write instants, or read it alone as one recording"
        _refuse_type(path, "timestamp", kind, "instants, or numbers since 1970", repair)
    ((largest,),) = database.rows(
        f"SELECT max(abs(CAST(timestamp AS DOUBLE))) FROM {_parquet(file)} "  # noqa: S608  every word of the query is ours
        "WHERE isfinite(CAST(timestamp AS DOUBLE))"
    )
    size = 0.0 if largest is None else float(str(largest))
    return Clock(kind=kind, unit_us=next(unit for least, unit in _NUMBER_UNITS if size >= least))


def _refuse_ground_words(database: Database, source: Source) -> None:
    """Refuse a mark of the ground that is neither true nor false."""
    if source.ground in ("", "BOOLEAN"):
        return
    found = database.rows(
        f"SELECT file_row_number, CAST(onground AS VARCHAR) FROM "  # noqa: S608  every word of the query is ours
        f"{_parquet(_listed([source.path]))} WHERE NOT ({_no_ground_mark(source.ground)}) "
        f"AND {_ground_word()} NOT IN ('true', '1', '1.0', 'false', '0', '0.0') "
        "ORDER BY file_row_number LIMIT 1"
    )
    if found:
        row, word = found[0]
        raise InputFault(
            f"{source.path} row {int(str(row)) + 1} onground", value=word, wanted="true or false"
        )


def _counted(
    database: Database, source: Source, ranges: Ranges
) -> tuple[int, int, int, int, int, int, int]:
    """Return the counts of a survey; refuse the first row that lacks or exceeds a value."""
    bad = {
        "icao24": f"{_address()} IS NULL OR {_address()} = ''",
        "timestamp": f"t_us IS NULL OR t_us NOT BETWEEN {US_MIN} AND {US_MAX}",
    }
    for name, (low, high, _) in ranges.items():
        value = f"CAST({name} AS DOUBLE)"
        bad[name] = f"NOT isnan({value}) AND ({value} < {low!r} OR {value} > {high!r})"
    firsts = ", ".join(f"min(file_row_number) FILTER ({test})" for test in bad.values())
    ((reports, grounded, no_place, no_height, used, first, last, *rows),) = database.rows(
        "SELECT count(*), count(*) FILTER (grounded), "  # noqa: S608  every word is ours
        "count(*) FILTER (NOT grounded AND NOT placed), "
        "count(*) FILTER (NOT grounded AND placed AND NOT high), count(*) FILTER (counts),"
        f" coalesce(min(t_us) FILTER (counts), 0), coalesce(max(t_us) FILTER (counts), 0), {firsts}"
        f" FROM (SELECT *, NOT grounded AND placed AND high AS counts FROM ({_flagged(source)}))"
    )
    for name, row in zip(bad, rows, strict=True):
        if row is not None:
            _refuse_value(database, source, name, int(str(row)), ranges)
    counts = [int(str(v)) for v in (reports, grounded, no_place, no_height, used, first, last)]
    return counts[0], counts[1], counts[2], counts[3], counts[4], counts[5], counts[6]


def _refuse_value(database: Database, source: Source, name: str, row: int, ranges: Ranges) -> None:
    ((value,),) = database.rows(
        f"SELECT CAST({name} AS VARCHAR) FROM {_parquet(_listed([source.path]))} "  # noqa: S608  every word of the query is ours
        f"WHERE file_row_number = {row}"
    )
    repair = "correct the row or take it out"
    if name in ranges:
        low, high, unit = ranges[name]
        wanted = f"{low:.0f} to {high:.0f} {unit}"
    else:
        wanted = "an address" if name == "icao24" else "an instant from 1900 to 2100"
    found = "missing" if value is None or value == "" else value
    raise InputFault(f"{source.path} row {row + 1} {name}", value=found, wanted=wanted,
                     repair=repair)  # fmt: skip


def _refuse_disorder(database: Database, source: Source, path: Path) -> None:
    """Refuse time that goes back within one aircraft, or within one flight of it."""
    file = _parquet(_listed([source.path]))
    has_flight = any(str(row[0]) == "flight_id" for row in database.rows(f"DESCRIBE FROM {file}"))
    flight = "coalesce(CAST(flight_id AS VARCHAR), '')" if has_flight else "''"
    found = database.rows(
        f"SELECT row, id, t_us, before_us, before_row FROM (SELECT row, id, t_us, lag(t_us) OVER w"  # noqa: S608  every word of the query is ours
        f" AS before_us, lag(row) OVER w AS before_row FROM (SELECT file_row_number AS row,"
        f" {_address()} AS id, {_instant(source.clock)} AS t_us, {flight} AS flight FROM {file})"
        " WINDOW w AS (PARTITION BY id, flight ORDER BY row)) WHERE t_us < before_us"
        " ORDER BY row LIMIT 1"
    )
    if found:
        row, name, t_us, before_us, before_row = found[0]
        raise InputFault(
            f"{path} row {int(str(row)) + 1} timestamp of {name}",
            value=format_instant(int(str(t_us))),
            wanted=f"{format_instant(int(str(before_us)))} (row {int(str(before_row)) + 1}) "
            "or later",
            repair="sort it by time, or have it sorted (detect --sort) if only its order is wrong",
        )


# ---- partitions ---------------------------------------------------------------------------------


def read_steps(
    database: Database, sources: Sequence[Source], window: Window, rows_max: int
) -> pa.Table | None:
    """Return the reports of a partition with their successors, or None if they are too many.

    Columns: id, t_us, lat, lon, alt (feet), the same of the next report of the aircraft with
    `next_` in front (null where none is within the time read), and `core`: whether the report
    itself lies in the partition. There is every report of the core, and every other whose leg to
    the next may come within `reach_m` of the box in the partition's time.

    Args:
        database: to run the query.
        sources: the files that may have reports of it.
        window: the partition.
        rows_max: more rows than this are not read.
    """
    found: list[pa.RecordBatch] = []
    count = 0
    if not sources:
        return _STEPS.empty_table()
    with reading(", ".join(source.path for source in sources[:3])):
        for batch in database.batches(_steps(sources, window)):
            count += batch.num_rows
            if count > rows_max:
                return None
            found.append(batch)
        return pa.Table.from_batches(found, _STEPS)


_STEPS = pa.schema(
    [
        ("id", pa.string()),
        ("t_us", pa.int64()), ("lat", pa.float64()), ("lon", pa.float64()), ("alt", pa.float64()),
        ("next_us", pa.int64()), ("next_lat", pa.float64()), ("next_lon", pa.float64()),
        ("next_alt", pa.float64()),
        ("core", pa.bool_()),
    ]
)  # fmt: skip


def where_reports_are(
    database: Database, sources: Sequence[Source], name: str, at_us: int
) -> list[tuple[str, int, float, float, float]]:
    """Return file, row and position of each report of an aircraft at an instant, for a message."""
    found = []
    for source in sources:
        rows = database.rows(
            f"SELECT row, lat, lon, alt FROM ({_used(source, at_us, at_us)}) "  # noqa: S608  every word of the query is ours
            "WHERE id = ? AND t_us = ? ORDER BY row", name, at_us,
        )  # fmt: skip
        for row, *place in rows:
            lat_deg, lon_deg, alt_ft = (float(str(value)) for value in place)
            found.append((source.path, int(str(row)) + 1, lat_deg, lon_deg, alt_ft))
    return found


def _steps(sources: Sequence[Source], window: Window) -> str:
    """Return the query of `read_steps`."""
    first_us, last_us = window.from_us - window.gap_us, window.to_us + window.gap_us
    reports = " UNION ALL ".join(_used(source, first_us, last_us) for source in sources)
    next_columns = ("lead(t_us) OVER w AS next_us, lead(lat) OVER w AS next_lat, "
                    "lead(lon) OVER w AS next_lon, lead(alt) OVER w AS next_alt")  # fmt: skip
    over = "WINDOW w AS (PARTITION BY id ORDER BY t_us)"
    inside = f"t_us >= {window.from_us} AND t_us < {window.to_us}"
    meets = (f"t_us < {window.to_us} AND next_us >= {window.from_us} "
             f"AND next_us - t_us <= {window.gap_us}")  # fmt: skip
    wanted = ", ".join(
        f"CAST({field.name} AS {_SQL[str(field.type)]}) AS {field.name}" for field in _STEPS
    )
    if window.is_everywhere:
        return (
            f"WITH reports AS ({reports}), steps AS (SELECT *, {next_columns}, {inside} AS core "  # noqa: S608  every word of the query is ours
            f"FROM reports {over}) SELECT {wanted} FROM steps WHERE core OR ({meets})"
        )
    # One end of a leg is at most half a leg from any point of it.
    near = " AND ".join(
        f"{axis} BETWEEN {low - window.reach_m - 0.5 * window.leg_m - 1000.0!r} "
        f"AND {high + window.reach_m + 0.5 * window.leg_m + 1000.0!r}"
        for axis, low, high in zip("xyz", window.low_m, window.high_m, strict=True)
    )
    within = " AND ".join(
        f"{axis} >= {low!r} AND {axis} < {high!r}"
        for axis, low, high in zip("xyz", window.low_m, window.high_m, strict=True)
    )
    touches = " AND ".join(
        f"least({axis}, next_{axis}) - bulge_m <= {high + window.reach_m!r} "
        f"AND greatest({axis}, next_{axis}) + bulge_m >= {low - window.reach_m!r}"
        for axis, low, high in zip("xyz", window.low_m, window.high_m, strict=True)
    )
    leads = ", ".join(f"lead({axis}) OVER w AS next_{axis}" for axis in "xyz")
    chord = "sqrt((next_x - x) ** 2 + (next_y - y) ** 2 + (next_z - z) ** 2)"
    # A geodesic leaves its chord by c²/8R while it is short, and never by more than c/2.
    bulge = f"CASE WHEN {chord} < 3e6 THEN {chord} ** 2 / 4e7 + 10 ELSE {chord} / 2 + 1e4 END"
    return (
        f"WITH reports AS MATERIALIZED ({_places(reports)}), "  # noqa: S608  every word of the query is ours
        f"near AS (SELECT DISTINCT id FROM reports WHERE {near}), "
        f"steps AS (SELECT *, {next_columns}, {leads}, {inside} AND {within} AS core "
        f"FROM reports SEMI JOIN near USING (id) {over}), "
        f"wide AS (SELECT *, {bulge} AS bulge_m FROM steps) "
        f"SELECT {wanted} FROM wide WHERE core OR ({meets} AND {touches})"
    )


_SQL = {"string": "VARCHAR", "int64": "BIGINT", "double": "DOUBLE", "bool": "BOOLEAN"}


# ---- words of the queries -----------------------------------------------------------------------


def _listed(paths: Sequence[str]) -> str:
    """Return paths as a list literal; what is a pattern to DuckDB is meant as it stands."""
    plain = [re.sub(r"([\[*?])", r"[\1]", path).replace("'", "''") for path in paths]
    return "[" + ", ".join(f"'{path}'" for path in plain) + "]"


def _parquet(listed: str) -> str:
    return f"read_parquet({listed}, file_row_number=true, hive_partitioning=false)"


def _address() -> str:
    return "lower(trim(CAST(icao24 AS VARCHAR), e' \\t\\n\\r'))"


def _ground_word() -> str:
    return "lower(trim(CAST(onground AS VARCHAR)))"


def _no_ground_mark(kind: str) -> str:
    empty = "onground IS NULL"
    return f"{empty} OR isnan(onground)" if kind in _REALS else empty


def _grounded(kind: str) -> str:
    """Return the test of a report on the ground; absent or empty means not marked."""
    if not kind:
        return "false"
    if kind == "BOOLEAN":
        return "coalesce(onground, false)"
    return f"coalesce({_ground_word()} IN ('true', '1', '1.0'), false)"


def _instant(clock: Clock) -> str:
    """Return the microseconds UTC of the column `timestamp`; null where it is none."""
    if clock.kind in _INSTANTS:
        return (
            "epoch_ns(timestamp) // 1000" if clock.kind.endswith("_NS") else "epoch_us(timestamp)"
        )
    number = "CAST(timestamp AS DOUBLE)"
    bounded = f"least(greatest({number} * {clock.unit_us!r}, {US_MIN - 1}.0), {US_MAX + 1}.0)"
    return (f"CASE WHEN isfinite({number}) THEN CAST(round_even({bounded}, 0) AS BIGINT) "
            "ELSE NULL END")  # fmt: skip


def _flagged(source: Source) -> str:
    """Return the query of all rows of a file with their instant and what they lack."""
    placed = ("coalesce(isfinite(CAST(latitude AS DOUBLE)) AND "
              "isfinite(CAST(longitude AS DOUBLE)), false)")  # fmt: skip
    return (
        f"SELECT *, {_instant(source.clock)} AS t_us, {_grounded(source.ground)} AS grounded, "  # noqa: S608  every word of the query is ours
        f"{placed} AS placed, coalesce(isfinite(CAST(altitude AS DOUBLE)), false) AS high "
        f"FROM {_parquet(_listed([source.path]))}"
    )


def _used(source: Source, from_us: int | None = None, to_us: int | None = None) -> str:
    """Return the query of the reports of a file that count, of a time where one is given."""
    when = ""
    if from_us is not None and to_us is not None:
        when = f" AND t_us BETWEEN {from_us} AND {to_us}"
        if source.clock.kind in _INSTANTS:
            # Beside the exact test: this one DuckDB compares with the statistics of row groups.
            make = "make_timestamp" if source.clock.is_naive else "make_timestamptz"
            when += (f" AND timestamp >= {make}({from_us - 1000000}) "
                     f"AND timestamp <= {make}({to_us + 1000000})")  # fmt: skip
        else:
            low, high = (from_us - 1e6) / source.clock.unit_us, (to_us + 1e6) / source.clock.unit_us
            when += f" AND timestamp >= {low!r} AND timestamp <= {high!r}"
    return (
        f"SELECT {_address()} AS id, t_us, CAST(latitude AS DOUBLE) AS lat, "  # noqa: S608  every word of the query is ours
        "CAST(longitude AS DOUBLE) AS lon, CAST(altitude AS DOUBLE) AS alt, "
        f"file_row_number AS row FROM ({_flagged(source)}) "
        f"WHERE NOT grounded AND placed AND high{when}"
    )


def _places(reports: str) -> str:
    """Return the query of reports with their ECEF metres on the ellipsoid."""
    return (
        "SELECT *, normal * cos(radians(lat)) * cos(radians(lon)) AS x, "  # noqa: S608  every word of the query is ours
        "normal * cos(radians(lat)) * sin(radians(lon)) AS y, "
        f"normal * {1.0 - _ECCENTRICITY_SQUARED!r} * sin(radians(lat)) AS z FROM "
        f"(SELECT *, {WGS84_A_M!r} / "
        f"sqrt(1.0 - {_ECCENTRICITY_SQUARED!r} * sin(radians(lat)) ** 2) AS normal "
        f"FROM ({reports}))"
    )


def _cube(axis: str) -> str:
    return f"CAST(floor(({axis} + {SQUARES_ORIGIN_M!r}) / {SQUARE_M!r}) AS BIGINT)"
