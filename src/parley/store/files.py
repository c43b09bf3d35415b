"""Recordings and results as files: Parquet, CSV, JSON, read and written whole.

Here: opening what `app` names, the containers (columns and rows), and how a broken file is
reported. Never here: what a column means (that is `wire.traffic`), nor any path of its own
choosing.

The format follows from the ending of the name. Columns of CSV and JSON come as text or numbers as
the file has them: nothing is guessed, for "004010" is an address and "3e6562" no number.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Sequence
from io import BufferedReader
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from parley.world.faults import InputFault

RECORDING_BYTES_MAX = 4_000_000_000
"""A JSON recording unpacked: a day of a region's traffic is a tenth; guards against gzip bombs."""
RECORDING_ROWS_MAX = 200_000_000
"""Rows of one Parquet recording: two days of 1,000 aircraft at 1 Hz."""
READABLE = (".parquet", ".csv", ".csv.gz", ".json", ".json.gz")
WRITABLE = (".parquet", ".csv", ".jsonl", ".json")
"""A `.json` written here holds JSON lines as well."""
_NULLS = ["", "NaN", "nan", "NULL", "null", "None", "NA", "N/A"]


def ending(path: Path, known: Sequence[str]) -> str:
    """Return which of the known endings a file name has, e.g. ".json.gz".

    Raises:
        InputFault: none of them.
    """
    name = path.name.lower()
    for one in sorted(known, key=len, reverse=True):
        if name.endswith(one):
            return one
    raise InputFault(
        str(path), value=path.suffix or "no ending", wanted=f"a name that ends in {_or(known)}"
    )


def _or(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"


def read_recording(path: Path, columns: Sequence[str]) -> pa.Table:
    """Return the named columns of a recording, those that it has, in the file's order of rows.

    Args:
        path: a Parquet, CSV or JSON file, the latter two also gzipped. JSON is what pandas writes:
        a list
            of records, or columns of lists or of {row: value}.
        columns: the columns to read; others are passed over.

    Raises:
        InputFault: the file is missing, unreadable, of another format, broken or too large.
    """
    kind = ending(path, READABLE)
    if path.is_dir():
        raise InputFault(str(path), value="a folder", wanted="a file")
    try:
        # pyarrow hides the reason in a long message; opening first gives the system's own words.
        path.open("rb").close()
        if kind == ".parquet":
            return _parquet(path, columns)
        if kind.startswith(".csv"):
            return _csv(path, columns)
        return _json(path, columns, packed=kind.endswith(".gz"))
    except OSError as error:
        reason = error.strerror or str(error).splitlines()[0]
        raise InputFault(str(path), value=f"unreadable ({reason})") from error


def _parquet(path: Path, columns: Sequence[str]) -> pa.Table:
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            if file.metadata.num_rows > RECORDING_ROWS_MAX:
                raise InputFault(
                    f"{path} rows",
                    value=file.metadata.num_rows,
                    wanted=f"at most {RECORDING_ROWS_MAX}",
                    repair="cut the recording",
                )
            names = file.schema_arrow.names
            _verify_distinct(path, names, columns)
            return file.read(columns=[name for name in columns if name in names])
    except pa.ArrowException as error:
        raise InputFault(
            str(path), value=f"not readable as Parquet ({_line(error)})", wanted="a Parquet file"
        ) from error


def _csv(path: Path, columns: Sequence[str]) -> pa.Table:
    convert = pyarrow.csv.ConvertOptions(
        column_types={name: pa.string() for name in columns},
        null_values=_NULLS,
        strings_can_be_null=True,
    )
    try:
        try:
            table = pyarrow.csv.read_csv(path, convert_options=convert)
        except pa.ArrowInvalid:
            # Once more on one thread: only so does the message say which row is broken.
            read = pyarrow.csv.ReadOptions(use_threads=False)
            table = pyarrow.csv.read_csv(path, convert_options=convert, read_options=read)
    except pa.ArrowException as error:
        raise InputFault(
            str(path), value=f"not readable as CSV ({_line(error)})", wanted="a CSV file"
        ) from error
    _verify_distinct(path, table.column_names, columns)
    return table.select([name for name in columns if name in table.column_names])


def _json(path: Path, columns: Sequence[str], *, packed: bool) -> pa.Table:
    try:
        with gzip.open(path) if packed else path.open("rb") as file:
            document = msgspec.json.decode(_bounded(path, file))
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputFault(
            str(path), value=f"not readable as gzip ({_line(error)})", wanted="a gzipped file"
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputFault(
            str(path), value=f"not readable as JSON ({_line(error)})", wanted="a JSON file"
        ) from error
    lists = _lists(path, document, columns)
    return pa.table({name: _array(path, name, values) for name, values in lists.items()})


def _bounded(path: Path, file: BufferedReader | gzip.GzipFile) -> bytes:
    data = file.read(RECORDING_BYTES_MAX + 1)
    if len(data) > RECORDING_BYTES_MAX:
        raise InputFault(
            f"{path} size unpacked",
            wanted=f"at most {RECORDING_BYTES_MAX} bytes",
            repair="cut the recording, or write it as Parquet",
        )
    return data


def _lists(path: Path, document: object, columns: Sequence[str]) -> dict[str, list[object]]:
    """Return columns of equal length from records, from lists or from {row: value}."""
    if isinstance(document, list):
        for number, record in enumerate(document, start=1):
            if not isinstance(record, dict):
                raise InputFault(f"{path} row {number}", value=record, wanted="a JSON object")
        present = {name for record in document for name in record}
        return {
            name: [record.get(name) for record in document] for name in columns if name in present
        }
    if not isinstance(document, dict):
        raise InputFault(str(path), value=document, wanted="a list of records or columns of values")
    found: dict[str, list[object]] = {}
    for name in columns:
        values = document.get(name)
        if isinstance(values, dict):
            found[name] = list(values.values())
        elif isinstance(values, list):
            found[name] = values
    if len({len(values) for values in found.values()}) > 1:
        lengths = ", ".join(f"{name} {len(values)}" for name, values in found.items())
        raise InputFault(f"{path} columns", value=lengths, wanted="one length")
    return found


def _array(path: Path, name: str, values: list[object]) -> pa.Array:
    """Return JSON values as one column; the first that does not fit the others is named."""
    try:
        return pa.array(values)
    except (pa.ArrowException, OverflowError) as error:
        kinds = [_kind(value) for value in values]
        first = next((kind for kind in kinds if kind), "")
        for number, (kind, value) in enumerate(zip(kinds, values, strict=True), start=1):
            if kind not in ("", first):
                raise InputFault(
                    f"{path} row {number} {name}", value=value, wanted=f"a {first} as above"
                ) from error
        raise InputFault(f"{path} {name}", value=_line(error), wanted="plain values") from error


def _kind(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "truth value"
    return "number" if isinstance(value, int | float) else type(value).__name__


def _verify_distinct(path: Path, names: Iterable[str], columns: Sequence[str]) -> None:
    listed = list(names)
    for name in columns:
        if listed.count(name) > 1:
            raise InputFault(f"{path} column {name}", value="there twice", wanted="it once")


def _line(error: BaseException) -> str:
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__


def write_table(path: Path, table: pa.Table) -> None:
    """Write a table as Parquet, CSV or JSON lines, as the ending of the name says.

    JSON lines hold the table's values as they are; CSV takes no lists, so those are joined by
    spaces.

    Raises:
        InputFault: another ending, or a place that cannot be written.
    """
    kind = ending(path, WRITABLE)
    try:
        if kind == ".parquet":
            pyarrow.parquet.write_table(table, path, compression="zstd")
        elif kind == ".csv":
            pyarrow.csv.write_csv(flat_table(table), path)
        else:
            path.write_bytes(json_lines(table.to_pylist()))
    except OSError as error:
        reason = error.strerror or str(error).splitlines()[0]
        raise InputFault(str(path), value=f"not writable ({reason})") from error


def json_lines(rows: Iterable[object]) -> bytes:
    """Return one JSON document per line, each line ended."""
    encoder = msgspec.json.Encoder()
    return b"".join(encoder.encode(row) + b"\n" for row in rows)


def flat_table(table: pa.Table) -> pa.Table:
    """Return a table for CSV, which takes no lists: those are joined by spaces."""
    for k, field in enumerate(table.schema):
        if pa.types.is_list(field.type):
            joined = [None if v is None else " ".join(v) for v in table.column(k).to_pylist()]
            table = table.set_column(k, field.name, pa.array(joined, pa.string()))
    return table
