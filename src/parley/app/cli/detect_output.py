"""The rows of `parley detect` as lines, JSON, CSV and Parquet, a bounded number at a time.

Here: headings, columns and formats of both modes. Never here: what is found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TypeVar

import pyarrow as pa
import typer

from parley.review.study import EncounterRow, row_document
from parley.review.warning_study import WarningRow, warning_document
from parley.store.files import json_lines
from parley.store.row_files import write_tables
from parley.world.time import format_second
from parley.world.units import feet_from_metres, nautical_miles_from_metres

Row = TypeVar("Row")
_ROWS_AT_ONCE = 10_000


class Shape(NamedTuple):
    """How rows of one kind are written."""

    document: Callable[[object], dict[str, object]]
    cells: Callable[[object], tuple[str, ...]]
    headings: tuple[str, ...]
    texts: frozenset[int]
    """Columns that stand to the left."""
    schema: pa.Schema
    instants: tuple[str, ...]


def _milliseconds(at_us: int) -> str:
    """Return an instant as text with three decimals of a second."""
    whole_us = round(at_us / 1000) * 1000
    text = format_second(whole_us)
    return f"{text[:-1]}.{whole_us % 1_000_000 // 1000:03d}Z"


def _encounter_document(row: object) -> dict[str, object]:
    return row_document(_a(EncounterRow, row))


def _encounter_cells(row: object) -> tuple[str, ...]:
    one = _a(EncounterRow, row)
    return (
        " ".join(one.pair),
        _milliseconds(one.from_us),
        _milliseconds(one.to_us),
        f"{one.dwell_s:.3f}",
        f"{nautical_miles_from_metres(one.least_horizontal_m):.4f}",
        _milliseconds(one.least_horizontal_at_us),
        f"{feet_from_metres(one.vertical_then_m):.1f}",
        f"{feet_from_metres(one.least_vertical_m):.1f}",
    )


def _warning_document(row: object) -> dict[str, object]:
    return warning_document(_a(WarningRow, row))


def _warning_cells(row: object) -> tuple[str, ...]:
    one = _a(WarningRow, row)
    warned, came = one.warned, one.encounter
    return (
        " ".join(one.pair),
        "-" if warned is None else _milliseconds(warned.first_us),
        "-" if warned is None else f"{warned.loss_s:.1f}",
        "-" if warned is None else f"{nautical_miles_from_metres(warned.least_horizontal_m):.3f}",
        "-" if warned is None else f"{feet_from_metres(warned.vertical_then_m):.0f}",
        "-" if warned is None else _milliseconds(warned.last_us),
        "no" if came is None else "yes",
        "-" if came is None else _milliseconds(came.from_us),
        "-" if one.warning_s is None else f"{one.warning_s:.1f}",
    )


def _a(kind: type[Row], row: object) -> Row:
    if not isinstance(row, kind):
        raise AssertionError(f"{type(row).__name__} is no {kind.__name__}")
    return row


ENCOUNTERS = Shape(
    document=_encounter_document,
    cells=_encounter_cells,
    headings=(
        "pair", "from", "to", "dwell_s", "least_horizontal_nm", "at", "vertical_then_ft",
        "least_vertical_ft",
    ),
    texts=frozenset({0, 1, 2, 5}),
    schema=pa.schema(
        [
            ("pair", pa.list_(pa.string())),
            ("from", pa.string()),
            ("to", pa.string()),
            ("dwell_s", pa.float64()),
            ("least_horizontal_nm", pa.float64()),
            ("least_horizontal_at", pa.string()),
            ("vertical_then_ft", pa.float64()),
            ("least_vertical_ft", pa.float64()),
        ]
    ),
    instants=("from", "to", "least_horizontal_at"),
)  # fmt: skip
WARNINGS = Shape(
    document=_warning_document,
    cells=_warning_cells,
    headings=(
        "pair", "first_predicted", "loss_in_s", "least_nm", "vertical_ft", "last_predicted", "came",
        "lost_at", "warning_s",
    ),
    texts=frozenset({0, 1, 5, 6, 7}),
    schema=pa.schema(
        [
            ("pair", pa.list_(pa.string())),
            ("first_predicted", pa.string()),
            ("predicted_loss_in_s", pa.float64()),
            ("predicted_least_horizontal_nm", pa.float64()),
            ("predicted_vertical_then_ft", pa.float64()),
            ("last_predicted", pa.string()),
            ("predictions", pa.int64()),
            ("came_to_it", pa.bool_()),
            ("lost_at", pa.string()),
            ("warning_s", pa.float64()),
            ("least_horizontal_nm", pa.float64()),
        ]
    ),
    instants=("first_predicted", "last_predicted", "lost_at"),
)  # fmt: skip


def put_rows(rows: Iterable[object], shape: Shape, output: Path | None, *, as_json: bool) -> None:
    """Write rows to a file, and print them where JSON is asked for or no file is.

    Raises:
        InputFault: a file that cannot be written.
    """
    if output is not None and as_json:
        write_tables(output, _schema(shape, output), _tables(_told(rows, shape), shape, output))
    elif output is not None:
        write_tables(output, _schema(shape, output), _tables(rows, shape, output))
    elif as_json:
        for part in _chunks(rows):
            typer.echo(json_lines(shape.document(row) for row in part).decode(), nl=False)
    else:
        _print_aligned(rows, shape)


def _told(rows: Iterable[object], shape: Shape) -> Iterator[object]:
    """Yield the rows, each printed as it passes."""
    for row in rows:
        typer.echo(json_lines([shape.document(row)]).decode(), nl=False)
        yield row


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    source = iter(rows)
    while part := list(islice(source, _ROWS_AT_ONCE)):
        yield part


def _schema(shape: Shape, output: Path) -> pa.Schema:
    """Return the columns; instants are instants in Parquet and text elsewhere."""
    if not output.name.lower().endswith(".parquet"):
        return shape.schema
    kind = pa.timestamp("us", "UTC")
    fields = [field.with_type(kind) if field.name in shape.instants else field
              for field in shape.schema]  # fmt: skip
    return pa.schema(fields)


def _tables(rows: Iterable[object], shape: Shape, output: Path) -> Iterator[pa.Table]:
    schema = _schema(shape, output)
    for part in _chunks(rows):
        table = pa.Table.from_pylist([shape.document(row) for row in part], schema=shape.schema)
        yield table.cast(schema)


def _print_aligned(rows: Iterable[object], shape: Shape) -> None:
    """Print lines of equal columns, headings first; columns grow where a later part needs it."""
    widths = [len(heading) for heading in shape.headings]
    heading: list[Sequence[str]] = [shape.headings]
    for part in _chunks(rows):
        cells: list[Sequence[str]] = [*heading, *(shape.cells(row) for row in part)]
        widths = [max(wide, *(len(line[k]) for line in cells)) for k, wide in enumerate(widths)]
        typer.echo("\n".join(_line(line, widths, shape) for line in cells))
        heading = []
    if heading:
        typer.echo(_line(shape.headings, widths, shape))


def _line(cells: Sequence[str], widths: Sequence[int], shape: Shape) -> str:
    return "  ".join(
        cell.ljust(width) if k in shape.texts else cell.rjust(width)
        for k, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ).rstrip()
