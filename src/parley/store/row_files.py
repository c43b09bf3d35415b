"""Result files written row by row: Parquet, CSV or JSON lines, there whole or not at all.

Here: a stream of tables into one file of the format that its ending says. Never here: the columns.
The formats are those of `store.files.write_table`, which writes a table that is whole already.
"""

from __future__ import annotations

from collections.abc import Iterable
from io import BufferedWriter
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from parley.store.files import WRITABLE, ending, flat_table, json_lines
from parley.world.faults import InputFault


def write_tables(path: Path, schema: pa.Schema, tables: Iterable[pa.Table]) -> None:
    """Write tables of one schema, one after the other, as one file.

    The file has its name only once it is whole; until then it is NAME.half beside it.

    Raises:
        InputFault: another ending than `WRITABLE`, or a place that cannot be written.
    """
    kind = ending(path, WRITABLE)
    half = path.with_name(f"{path.name}.half")
    try:
        with half.open("wb") as file:
            if kind == ".parquet":
                _write_parquet(file, schema, tables)
            elif kind == ".csv":
                _write_csv(file, schema, tables)
            else:
                for table in tables:
                    file.write(json_lines(table.to_pylist()))
        half.replace(path)
    except OSError as error:
        reason = error.strerror or str(error).splitlines()[0]
        raise InputFault(str(path), value=f"not writable ({reason})") from error
    finally:
        half.unlink(missing_ok=True)


def _write_parquet(file: BufferedWriter, schema: pa.Schema, tables: Iterable[pa.Table]) -> None:
    with pyarrow.parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        for table in tables:
            writer.write_table(table)


def _write_csv(file: BufferedWriter, schema: pa.Schema, tables: Iterable[pa.Table]) -> None:
    with pyarrow.csv.CSVWriter(file, flat_table(schema.empty_table()).schema) as writer:
        for table in tables:
            writer.write_table(flat_table(table))
