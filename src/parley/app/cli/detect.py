"""`parley detect`: encounters in recorded traffic, from files to rows.

Here: arguments, the order of the rooms (store reads, wire understands, review studies), progress
and output. Results go to stdout or to a file, talk to stderr. Exit 0: the study was made, whatever
it found; exit 2: an input that cannot be used, said in one line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import pyarrow as pa
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from parley.detect.encounters import SPEED_MAX_MPS, Minima
from parley.detect.encounters import Progress as ProgressCall
from parley.review.study import EncounterRow, Study, row_document, study_encounters
from parley.store.files import WRITABLE, ending, json_lines, read_recording, write_table
from parley.wire.traffic import COLUMNS, Counts, Traffic, read_traffic
from parley.world.faults import InputFault
from parley.world.time import format_second
from parley.world.units import feet_from_metres, nautical_miles_from_metres, parse_length_m
from parley.world.units import parse_seconds as parse_duration_s

_HEADINGS = (
    "pair",
    "from",
    "to",
    "dwell_s",
    "least_horizontal_nm",
    "at",
    "vertical_then_ft",
    "least_vertical_ft",
)
_SCHEMA = pa.schema(
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
)
_INSTANTS = ("from", "to", "least_horizontal_at")


def detect(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            help="Recordings: .parquet, .csv, .csv.gz, .json or .json.gz with the columns of the "
            "traffic library (timestamp, icao24, latitude, longitude, altitude in ft, ...).",
        ),
    ],
    *,
    minima: Annotated[
        str, typer.Option(help="Horizontal and vertical minimum; both must be undercut.")
    ] = "5NM,1000ft",
    max_gap: Annotated[
        str, typer.Option(help="Reports of one aircraft further apart are not joined.")
    ] = "60s",
    ground: Annotated[
        bool, typer.Option("--ground", help="Keep reports marked on the ground.")
    ] = False,
    sort: Annotated[
        bool, typer.Option("--sort", help="Accept reports that are not in order of time.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write rows: .parquet, .csv, .jsonl (JSON lines)."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON lines.")] = False,
) -> None:
    """Print one row per pair and episode of recorded aircraft strictly inside both minima.

    In continuous time: positions move along the geodesic between reports, altitudes linearly. Rows
    have the pair, from, to, the dwell, the least horizontal distance with its time and the vertical
    distance then, and the least vertical distance.

    Exit codes: 0 done, with or without encounters; 2 bad usage or input.
    """
    talk = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        limits = parse_minima(minima)
        max_gap_s = parse_duration_s(max_gap, "--max-gap")
        if output is not None:
            ending(output, WRITABLE)
            refuse_over_input(output, files)
        traffic = _read(files, talk, include_ground=ground, sort=sort)
        with _bar(talk, "detecting") as progress:
            study = study_encounters(traffic.tracks, limits, max_gap_s, progress)
        documents = [row_document(row) for row in study.rows]
        if output is not None:
            write_table(output, _table(documents, output))
    except InputFault as fault:
        typer.echo(f"parley detect: {fault}", err=True)
        raise typer.Exit(2) from fault
    if as_json:
        typer.echo(json_lines(documents).decode(), nl=False)
    elif output is None:
        typer.echo("\n".join(_aligned(study.rows)))
    _say(talk, files, traffic, study, limits, max_gap_s)


def parse_minima(text: str) -> Minima:
    """Return the minima from text.

    >>> parse_minima("5NM,1000ft").horizontal_m
    9260.0
    """
    parts = text.split(",")
    if len(parts) != 2:
        raise InputFault(
            "--minima", value=text, wanted="horizontal,vertical", repair="e.g. 5NM,1000ft"
        )
    return Minima(
        horizontal_m=parse_length_m(parts[0], "--minima horizontal"),
        vertical_m=parse_length_m(parts[1], "--minima vertical"),
    )


def refuse_over_input(output: Path, files: Sequence[Path]) -> None:
    """Check that no recording is written over: it may be the only one.

    Raises:
        InputFault: the output is one of the inputs, by whatever name.
    """
    for file in files:
        if output.exists() and file.exists() and output.samefile(file):
            raise InputFault(
                "--output", value=str(output), wanted="another file than the recording"
            )


def _read(files: Sequence[Path], talk: Console, *, include_ground: bool, sort: bool) -> Traffic:
    """Return the tracks of all files."""
    tables: list[tuple[str, pa.Table]] = []
    with _bar(talk, "reading") as progress:
        for number, file in enumerate(files, start=1):
            tables.append((str(file), read_recording(file, COLUMNS)))
            progress(number, len(files))
    return read_traffic(tables, include_ground=include_ground, sort=sort)


@contextmanager
def _bar(talk: Console, what: str) -> Iterator[ProgressCall]:
    """Give a callable that moves a bar on stderr; it shows nothing where stderr is no terminal."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=talk,
        transient=True,
        disable=not talk.is_terminal,
    )
    with bar:
        task = bar.add_task(what, total=None)

        def move(done: int, whole: int) -> None:
            bar.update(task, completed=done, total=whole)

        yield move


def _table(documents: list[dict[str, object]], output: Path) -> pa.Table:
    """Return the rows as a table; instants are instants in Parquet and text elsewhere."""
    table = pa.Table.from_pylist(documents, schema=_SCHEMA)
    if output.name.lower().endswith(".parquet"):
        kind = pa.timestamp("us", "UTC")
        for name in _INSTANTS:
            at = table.column_names.index(name)
            table = table.set_column(at, name, table.column(name).cast(kind))
    return table


def _aligned(rows: Sequence[EncounterRow]) -> list[str]:
    """Return the rows as lines of equal columns, headings first; instants to the millisecond."""
    cells = [_HEADINGS, *(_cells(row) for row in rows)]
    widths = [max(len(line[k]) for line in cells) for k in range(len(_HEADINGS))]
    texts = {0, 1, 2, 5}
    return [
        "  ".join(
            cell.ljust(width) if k in texts else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in cells
    ]


def _cells(row: EncounterRow) -> tuple[str, ...]:
    """Return a row as the texts of its columns."""
    return (
        " ".join(row.pair),
        _milliseconds(row.from_us),
        _milliseconds(row.to_us),
        f"{row.dwell_s:.3f}",
        f"{nautical_miles_from_metres(row.least_horizontal_m):.4f}",
        _milliseconds(row.least_horizontal_at_us),
        f"{feet_from_metres(row.vertical_then_m):.1f}",
        f"{feet_from_metres(row.least_vertical_m):.1f}",
    )


def _milliseconds(at_us: int) -> str:
    """Return an instant as text with three decimals of a second."""
    whole_us = round(at_us / 1000) * 1000
    text = format_second(whole_us)
    return f"{text[:-1]}.{whole_us % 1_000_000 // 1000:03d}Z"


def _say(
    talk: Console,
    files: Sequence[Path],
    traffic: Traffic,
    study: Study,
    limits: Minima,
    max_gap_s: float,
) -> None:
    """Say on stderr what was read, what was left out and not watched, and how much was found."""
    counts: Counts = traffic.counts
    names = ", ".join(file.name for file in files)
    talk.print(
        f"{names}: {counts.reports:,} reports, {counts.used:,} used of {counts.aircraft:,} aircraft"
        f"{_span(traffic)}",
        markup=False,
    )
    talk.print(
        f"left out: {counts.on_ground:,} on the ground, {counts.without_position:,} without a "
        f"position (NaN), {counts.without_altitude:,} without an altitude, "
        f"{counts.repeated:,} repeated",
        markup=False,
    )
    talk.print(
        f"not watched: {study.gaps:,} gaps longer than {max_gap_s:g} s, {study.too_fast:,} legs "
        f"faster than {SPEED_MAX_MPS:,.0f} m/s",
        markup=False,
    )
    talk.print(
        f"{len(study.rows):,} episodes of {study.pairs:,} pairs inside both "
        f"{nautical_miles_from_metres(limits.horizontal_m):g} NM and "
        f"{feet_from_metres(limits.vertical_m):g} ft",
        markup=False,
    )


def _span(traffic: Traffic) -> str:
    """Return the time that the tracks cover, as text; nothing for no tracks."""
    if not traffic.tracks:
        return ""
    first = min(int(track.t_us[0]) for track in traffic.tracks)
    last = max(int(track.t_us[-1]) for track in traffic.tracks)
    return f", {format_second(first)} to {format_second(last)}"
