"""`parley detect`: encounters in recorded traffic, from files to rows.

Here: arguments, the order of the rooms (store reads, wire understands, review studies), progress
and what is said of the study. Results go to stdout or to a file, talk to stderr. Exit 0: the study
was made, whatever it found; exit 2: an input that cannot be used, said in one line. Many files and
folders go through `detect_batch`; `detect_output` writes the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import pyarrow as pa
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from parley.app.batch_study import BatchStudy, Choices, Totals
from parley.app.cli.detect_batch import Batch, parquet_files, passed_over, studied
from parley.app.cli.detect_output import ENCOUNTERS, WARNINGS, Shape, put_rows
from parley.app.kernel_cache import COMPILING, is_kept
from parley.detect.encounters import SPEED_MAX_MPS, Minima
from parley.review.study import EncounterRow, Study, study_encounters
from parley.review.warning_study import Ahead, WarningRow, warning_rows, warnings_of_tracks
from parley.store.files import WRITABLE, ending, read_recording
from parley.wire.traffic import COLUMNS, Traffic, read_traffic
from parley.world.faults import InputFault
from parley.world.time import format_second
from parley.world.units import feet_from_metres, nautical_miles_from_metres, parse_length_m
from parley.world.units import parse_seconds as parse_duration_s

MODES = ("encounters", "predict")


FILES = typer.Argument(
    metavar="FILE...",
    help="Recordings: .parquet, .csv, .csv.gz, .json or .json.gz with the columns of the "
    "traffic library (timestamp, icao24, latitude, longitude, altitude in ft, ...), or "
    "folders of Parquet files, e.g. by day.",
)
MINIMA = typer.Option(help="Horizontal and vertical minimum; both must be undercut.")
MAX_GAP = typer.Option(help="Reports of one aircraft further apart are not joined.")
MODE = typer.Option(
    help="encounters: what was flown. predict: what straight prediction would have said, when "
    "first, and whether it came to it."
)
LOOKAHEAD = typer.Option(help="Of predict: how far ahead.")
EVERY = typer.Option(help="Of predict: how often.")
GROUND = typer.Option("--ground", help="Keep reports marked on the ground.")
SORT = typer.Option("--sort", help="Accept reports that are not in order of time.")
WORKERS = typer.Option(help="Processes of a batch.", show_default="one per processor")
MEMORY = typer.Option(
    help="Of all processes of a batch together, e.g. 4GB.", show_default="half the machine's"
)
PARTITION_ROWS = typer.Option(
    help="Reports in one partition of a batch at most.", show_default="what the memory allows"
)
WORK = typer.Option(
    metavar="DIR", help="Folder for partial results of a batch: an interrupted run goes on."
)
RESTART = typer.Option("--restart", help="Throw partial results in --work away.")
OUTPUT = typer.Option("--output", "-o", help="Write rows: .parquet, .csv, .jsonl (JSON lines).")
JSON = typer.Option("--json", help="Print JSON lines.")

LOOKAHEAD_TEXT = "300s"
EVERY_TEXT = "10s"


def detect(
    files: Annotated[list[Path], FILES],
    *,
    minima: Annotated[str, MINIMA] = "5NM,1000ft",
    max_gap: Annotated[str, MAX_GAP] = "60s",
    mode: Annotated[str, MODE] = "encounters",
    lookahead: Annotated[str, LOOKAHEAD] = LOOKAHEAD_TEXT,
    every: Annotated[str, EVERY] = EVERY_TEXT,
    ground: Annotated[bool, GROUND] = False,
    sort: Annotated[bool, SORT] = False,
    workers: Annotated[int, WORKERS] = 0,
    memory: Annotated[str, MEMORY] = "",
    partition_rows: Annotated[int, PARTITION_ROWS] = 0,
    work: Annotated[Path | None, WORK] = None,
    restart: Annotated[bool, RESTART] = False,
    output: Annotated[Path | None, OUTPUT] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Print one row per pair and episode of recorded aircraft strictly inside both minima.

    In continuous time: positions move along the geodesic between reports, altitudes linearly. Rows
    have the pair, from, to, the dwell, the least horizontal distance with its time and the vertical
    distance then, and the least vertical distance.

    Folders, and more than two million rows of Parquet, are read in partitions by several processes
    (a batch); the rows are the same to the last bit.

    Exit codes: 0 done, with or without encounters; 2 bad usage or input.
    """
    talk = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        choices = Choices(
            minima=parse_minima(minima),
            max_gap_s=parse_duration_s(max_gap, "--max-gap"),
            include_ground=ground,
            sort=sort,
            ahead=_ahead(mode, lookahead, every),
        )
        batch = Batch(
            workers=workers,
            memory=memory,
            partition_rows=partition_rows,
            work=work,
            restart=restart,
        )
        if output is not None:
            ending(output, WRITABLE)
            _refuse_no_folder(output)
        chosen = parquet_files(files, batch)
        if output is not None:
            refuse_over_input(output, files if chosen is None else chosen)

        def put(rows: Iterable[object], shape: Shape) -> None:
            put_rows(rows, shape, output, as_json=as_json)

        if chosen is None:
            _whole(files, choices, talk, put)
        else:
            _batch(files, chosen, choices, batch, talk, put)
    except InputFault as fault:
        typer.echo(f"parley detect: {fault}", err=True)
        raise typer.Exit(2) from fault


Put = Callable[[Iterable[object], Shape], None]


def _ahead(mode: str, lookahead: str, every: str) -> Ahead | None:
    """Return how predictions are made, or None where none are asked for."""
    if mode not in MODES:
        raise InputFault("--mode", value=mode, wanted=" or ".join(MODES))
    if mode == "encounters":
        given = {"--lookahead": (lookahead, LOOKAHEAD_TEXT), "--every": (every, EVERY_TEXT)}
        for option, (value, default) in given.items():
            if value != default:
                raise InputFault(
                    option, value=value, wanted="it with --mode predict alone",
                    repair="add --mode predict",
                )  # fmt: skip
        return None
    return Ahead(
        lookahead_s=parse_duration_s(lookahead, "--lookahead"),
        every_s=parse_duration_s(every, "--every"),
    )


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


def _refuse_no_folder(output: Path) -> None:
    """Check that there is a folder to write into: else hours of work end with nothing."""
    if not output.parent.is_dir():
        raise InputFault(
            "--output", value=str(output), wanted="a file in a folder that exists",
            repair=f"make {output.parent} first",
        )  # fmt: skip


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
    with _bar(talk) as progress:
        for number, file in enumerate(files, start=1):
            tables.append((str(file), read_recording(file, COLUMNS)))
            progress("reading", number, len(files))
    return read_traffic(tables, include_ground=include_ground, sort=sort)


# ---- recordings read whole ----------------------------------------------------------------------


def _whole(files: Sequence[Path], choices: Choices, talk: Console, put: Put) -> None:
    """Study recordings that fit in memory."""
    traffic = _read(files, talk, include_ground=choices.include_ground, sort=choices.sort)
    if traffic.tracks:
        _say_if_cold(talk, choices)
    with _bar(talk) as progress:
        study = study_encounters(
            traffic.tracks,
            choices.minima,
            choices.max_gap_s,
            lambda done, whole: progress("detecting", done, whole),
        )
    tally = _Tally(choices)
    if choices.ahead is None:
        put(tally.encounters(study.rows), ENCOUNTERS)
    else:
        warned = warnings_of_tracks(
            traffic.tracks, choices.minima, choices.max_gap_s, choices.ahead
        )
        rows = warning_rows(warned, study.rows, choices.ahead.lookahead_s)
        put(tally.warnings(rows), WARNINGS)
    _say(talk, ", ".join(file.name for file in files), _totals(traffic, study, len(files)), tally)


def _totals(traffic: Traffic, study: Study, files: int) -> Totals:
    """Return the counts of recordings read whole as a batch has them."""
    counts, tracks = traffic.counts, traffic.tracks
    return Totals(
        files=files,
        reports=counts.reports,
        on_ground=counts.on_ground,
        without_position=counts.without_position,
        without_altitude=counts.without_altitude,
        repeated=counts.repeated,
        used=counts.used,
        aircraft=counts.aircraft,
        legs=study.legs,
        gaps=study.gaps,
        too_fast=study.too_fast,
        first_us=min((int(track.t_us[0]) for track in tracks), default=0),
        last_us=max((int(track.t_us[-1]) for track in tracks), default=0),
        partitions=1,
        naive_files=0,
        quiet_days=0,
    )


# ---- batches ------------------------------------------------------------------------------------


def _batch(
    inputs: Sequence[Path],
    files: Sequence[Path],
    choices: Choices,
    batch: Batch,
    talk: Console,
    put: Put,
) -> None:
    """Study files partition by partition."""
    left = passed_over(inputs)
    if left:
        talk.print(left, markup=False)
    _say_if_cold(talk, choices)
    tally = _Tally(choices)
    with _bar(talk) as progress, studied(files, choices, batch, progress) as study:
        progress("writing rows", 0, 0)
        _put_batch(study, choices, tally, put)
        totals = study.totals
    names = ", ".join(path.name or str(path) for path in inputs)
    _say(talk, f"{names} ({totals.files:,} files, {totals.partitions:,} partitions)", totals, tally)
    if totals.naive_files:
        talk.print(
            f"taken as UTC: the instants of {totals.naive_files:,} files without a time zone",
            markup=False,
        )
    if totals.quiet_days:
        talk.print(f"no reports at all on {totals.quiet_days:,} days in between", markup=False)


def _put_batch(study: BatchStudy, choices: Choices, tally: _Tally, put: Put) -> None:
    if choices.ahead is None:
        put(tally.encounters(study.encounters()), ENCOUNTERS)
    else:
        put(tally.warnings(study.warnings()), WARNINGS)


# ---- what is said -------------------------------------------------------------------------------


class _Tally:
    """Counts rows as they pass on their way out."""

    def __init__(self, choices: Choices) -> None:
        self.choices = choices
        self.episodes = self.pairs = 0
        self.warned = self.came = self.unwarned = 0
        self._last = ("", "")

    def encounters(self, rows: Iterable[EncounterRow]) -> Iterator[EncounterRow]:
        """Yield episodes and count them; they come sorted by pair."""
        for row in rows:
            self.episodes += 1
            self.pairs += row.pair != self._last
            self._last = row.pair
            yield row

    def warnings(self, rows: Iterable[WarningRow]) -> Iterator[WarningRow]:
        """Yield warnings and count them."""
        for row in rows:
            self.warned += row.warned is not None
            self.came += row.warned is not None and row.encounter is not None
            self.unwarned += row.warned is None
            yield row

    def line(self) -> str:
        """Return how much was found, in words."""
        minima = self.choices.minima
        both = (
            f"{nautical_miles_from_metres(minima.horizontal_m):g} NM and "
            f"{feet_from_metres(minima.vertical_m):g} ft"
        )
        if self.choices.ahead is None:
            return f"{self.episodes:,} episodes of {self.pairs:,} pairs inside both {both}"
        return (
            f"{self.warned:,} warnings of losing both {both} within "
            f"{self.choices.ahead.lookahead_s:g} s; it came to {self.came:,} of them; "
            f"{self.unwarned:,} encounters without a warning"
        )


@contextmanager
def _bar(talk: Console) -> Iterator[Callable[[str, int, int], None]]:
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
        task = bar.add_task("starting", total=None)

        def move(what: str, done: int, whole: int) -> None:
            bar.update(task, description=what, completed=done, total=whole or None)

        yield move


def _say_if_cold(talk: Console, choices: Choices) -> None:
    """Say on stderr that the compiler is waited for; nothing where it has done its work before."""
    kernels = ["encounters_kernel.scan"]
    if choices.ahead is not None:
        kernels.append("all_pairs_wgs84_kernel.decide_all")
    if not is_kept(*kernels):
        talk.print(COMPILING, markup=False)


def _say(talk: Console, names: str, totals: Totals, tally: _Tally) -> None:
    """Say on stderr what was read, what was left out and not watched, and how much was found."""
    read = (
        f"{names}: {totals.reports:,} reports, {totals.used:,} used of {totals.aircraft:,} aircraft"
        f"{_span(totals)}"
    )
    left_out = (
        f"left out: {totals.on_ground:,} on the ground, {totals.without_position:,} without a "
        f"position (NaN), {totals.without_altitude:,} without an altitude, "
        f"{totals.repeated:,} repeated"
    )
    not_watched = (
        f"not watched: {totals.gaps:,} gaps longer than {tally.choices.max_gap_s:g} s, "
        f"{totals.too_fast:,} legs faster than {SPEED_MAX_MPS:,.0f} m/s"
    )
    for line in (read, left_out, not_watched, tally.line()):
        talk.print(line, markup=False)


def _span(totals: Totals) -> str:
    """Return the time that the reports cover, as text; nothing for none."""
    if not totals.used:
        return ""
    return f", {format_second(totals.first_us)} to {format_second(totals.last_us)}"
