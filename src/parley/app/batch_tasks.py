"""The tasks of a batch study: bytes in, bytes out, whichever process or machine runs them.

Here: what one process does with one request: survey a file, study a partition, predict in one. A
task keeps nothing and shares nothing: all it needs is in its request, and it reads the files that
the request names. `batch_study` hands tasks to a pool of processes; a cluster engine can call
`work` as it is.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa

from parley.detect.encounters import Minima, warm
from parley.review.partitions import (
    PART_COLUMNS,
    Halo,
    PartCounts,
    Partition,
    Steps,
    TwoPlaces,
    part_columns,
    split_further,
    study_part,
)
from parley.review.warning_study import WARNED_COLUMNS, Ahead, warned_columns, warnings_of_part
from parley.store.parquet_days import (
    Database,
    Source,
    Window,
    read_steps,
    survey_file,
    where_reports_are,
)
from parley.store.work_folder import table_bytes
from parley.world.faults import Fault, InputFault, printable
from parley.world.time import format_instant
from parley.world.units import METRES_PER_FOOT

PART_SCHEMA = pa.schema(
    [(name, pa.string() if name in ("a", "b") else pa.float64()) for name in PART_COLUMNS]
)
WARNED_SCHEMA = pa.schema(
    [
        (
            name,
            pa.string() if name in ("a", "b")
            else pa.int64() if name in ("first_us", "last_us", "predictions")
            else pa.float64(),
        )
        for name in WARNED_COLUMNS
    ]
)  # fmt: skip


class Means(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one task may use: memory of its queries, rows at a time, a folder to spill to."""

    query_bytes: int
    rows_max: int
    spill: str


class SurveyTask(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="survey"
):
    """Survey one file."""

    path: str
    ranges: dict[str, tuple[float, float, str]]
    include_ground: bool
    sort: bool
    means: Means


class PartTask(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="partition"
):
    """Find the encounters of one partition."""

    part: Partition
    sources: tuple[Source, ...]
    minima: Minima
    max_gap_s: float
    base_us: int
    means: Means


class PredictTask(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="predict"
):
    """Predict at the instants of one partition."""

    part: Partition
    sources: tuple[Source, ...]
    minima: Minima
    max_gap_s: float
    ahead: Ahead
    means: Means


Task = SurveyTask | PartTask | PredictTask


class TaskFault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An `InputFault` as plain values: what a task raised, for whoever handed it out."""

    what: str
    value: str | None
    wanted: str
    repair: str

    def raised(self) -> InputFault:
        """Return the fault again."""
        return InputFault(self.what, value=self.value, wanted=self.wanted, repair=self.repair)


def work(request: bytes) -> tuple[bool, bytes]:
    """Return whether a task was done and its result, else the fault of its input.

    Args:
        request: a `Task` as JSON. Results: of a survey its JSON, of a partition a Parquet table
            with the counts as its note, of a prediction a Parquet table.
    """
    task = msgspec.json.decode(request, type=Task)
    try:
        if isinstance(task, SurveyTask):
            return True, _survey(task)
        if isinstance(task, PartTask):
            return True, _encounters(task)
        return True, _predictions(task)
    except Fault as fault:
        value = None if fault.value is None else printable(fault.value)
        told = TaskFault(what=fault.what, value=value, wanted=fault.wanted, repair=fault.repair)
        return False, msgspec.json.encode(told)


def begin_worker() -> None:
    """Make a process ready: kernels compiled, and gone when the process that began it is."""
    import multiprocessing

    signal.signal(signal.SIGINT, signal.SIG_DFL)
    parent = multiprocessing.parent_process()
    if parent is not None:
        # A pool whose owner was killed would wait for ever for its next task.
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    warm()


def _end_with(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)


@contextmanager
def _database(means: Means) -> Iterator[Database]:
    spill = Path(means.spill) / str(os.getpid())
    database = Database(memory_bytes=means.query_bytes, threads=1, spill=spill)
    try:
        yield database
    finally:
        database.close()


def _survey(task: SurveyTask) -> bytes:
    with _database(task.means) as database:
        survey = survey_file(
            database,
            Path(task.path),
            task.ranges,
            include_ground=task.include_ground,
            sort=task.sort,
        )
    return msgspec.json.encode(survey)


def _encounters(task: PartTask) -> bytes:
    halo = Halo.of(task.minima, task.max_gap_s)
    columns: dict[str, list[object]] = {name: [] for name in PART_COLUMNS}
    counts = PartCounts()
    with _database(task.means) as database:
        for part, steps in _read_in_parts(database, task, halo, halo):
            try:
                found, own = study_part(steps, part, task.minima, task.max_gap_s, task.base_us)
            except TwoPlaces as two:
                raise _two_places(database, task.sources, two) from two
            for name, values in part_columns(found).items():
                columns[name] += values
            counts = counts.plus(own)
    return table_bytes(columns, PART_SCHEMA, msgspec.json.encode(counts))


def _predictions(task: PredictTask) -> bytes:
    halo = Halo.of(task.minima, task.max_gap_s)
    columns: dict[str, list[object]] = {name: [] for name in WARNED_COLUMNS}
    # A report counts for one gap, and the one before it may be another gap older.
    read = msgspec.structs.replace(halo, gap_us=2 * halo.gap_us)
    with _database(task.means) as database:
        for part, steps in _read_in_parts(database, task, halo, read):
            found = warnings_of_part(steps, part, task.minima, task.max_gap_s, task.ahead)
            for name, values in warned_columns(found).items():
                columns[name] += values
    return table_bytes(columns, WARNED_SCHEMA, b"{}")


def _read_in_parts(
    database: Database, task: PartTask | PredictTask, halo: Halo, read: Halo
) -> Iterator[tuple[Partition, Steps]]:
    """Yield a partition with its reports, in halves of halves where they are too many."""
    parts = [task.part]
    while parts:
        part = parts.pop()
        early_us = read.gap_us - halo.gap_us
        window = Window(
            from_us=part.from_us - early_us,
            to_us=part.to_us,
            low_m=part.low_m,
            high_m=part.high_m,
            is_everywhere=part.is_everywhere,
            gap_us=halo.gap_us,
            reach_m=halo.reach_m,
            leg_m=halo.leg_m,
        )
        table = read_steps(database, task.sources, window, task.means.rows_max)
        if table is None:
            parts.extend(reversed(split_further(part, halo, by_place=isinstance(task, PartTask))))
        else:
            steps = steps_of(table)
            del table
            yield part, steps


def steps_of(table: pa.Table) -> Steps:
    """Return the columns of `store.parquet_days.read_steps` as `review.partitions` takes them."""
    encoded = table["id"].combine_chunks().dictionary_encode()
    columns = {
        "aircraft": encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64),
        "next_us": table["next_us"].fill_null(-1).to_numpy(),
    }
    columns |= {name: table[name].to_numpy() for name in ("t_us", "core")}
    for end in ("", "next_"):
        columns[f"{end}lat_deg"] = table[f"{end}lat"].to_numpy()
        columns[f"{end}lon_deg"] = table[f"{end}lon"].to_numpy()
        columns[f"{end}alt_m"] = table[f"{end}alt"].to_numpy() * METRES_PER_FOOT
    return Steps.of(encoded.dictionary.to_pylist(), columns)


def _two_places(database: Database, sources: tuple[Source, ...], two: TwoPlaces) -> InputFault:
    """Return what is wrong with an aircraft that is at two places at one instant, with its rows."""
    found = sorted(set(where_reports_are(database, sources, two.name, two.at_us)))
    one = found[0]
    other = next((each for each in found if each[2:] != one[2:]), one)
    return InputFault(
        f"{other[0]} row {other[1]} position of {two.name}",
        value=f"{other[2]}, {other[3]}, {other[4]} ft",
        wanted=f"the one of {one[0]} row {one[1]}, also at {format_instant(two.at_us)}",
        repair="an aircraft is in one place at a time: keep one of the two",
    )
