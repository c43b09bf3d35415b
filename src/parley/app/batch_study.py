"""A batch study over files of any number: surveyed, planned, handed to processes, resumed, joined.

Here: the order of the work, the pool, what is kept in the work folder and what makes it stale.
Never here: what a task computes (`batch_tasks`), partitions (`review.partitions`), arguments and
output (`cli.detect_batch`).

The work is three rounds: one survey per file; one plan, kept, so that an interrupted run goes on
with the same partitions whatever memory and processes it then has; one task per partition. A result
is written when its task is done. What ends the run early loses only the tasks that were running.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import msgspec

from parley import __version__
from parley.app.batch_tasks import (
    Means,
    PartTask,
    PredictTask,
    SurveyTask,
    TaskFault,
    begin_worker,
    work,
)
from parley.detect.encounters import Minima, kernel_name
from parley.review.partitions import (
    PART_COLUMNS,
    EpisodePart,
    Halo,
    PartCounts,
    Partition,
    Squares,
    joined_rows,
    plan_partitions,
)
from parley.review.study import DAY_US, EncounterRow, study_base_us
from parley.review.warning_study import (
    WARNED_COLUMNS,
    Ahead,
    Warned,
    WarningRow,
    joined_warnings,
    warning_rows,
)
from parley.store.parquet_days import Database, Source, Survey
from parley.store.work_folder import WorkFolder, sorted_rows, table_notes
from parley.wire.traffic import RANGES
from parley.world.faults import InputFault

Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and how much there is."""

BYTES_PER_ROW = 700
"""Of memory for each row of a partition while it is studied (benchmarks/bench_study.py)."""
PROCESS_BYTES = 300_000_000
"""Of memory for a process with its libraries, before it reads anything."""
_QUERY_SHARE = 0.35
_ROWS_MIN = 20_000
_FOOTER_BYTES = 1 << 20


class Resources(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much of the machine a study may use."""

    workers: int
    memory_bytes: int
    partition_rows: int = 0
    """Reports of one partition at most; 0 is what the memory allows."""

    def means(self, spill: Path) -> Means:
        """Return what each task may use.

        Raises:
            InputFault: too little memory for so many processes.
        """
        each = self.memory_bytes // self.workers - PROCESS_BYTES
        rows = int(each * (1.0 - _QUERY_SHARE) / BYTES_PER_ROW)
        if rows < _ROWS_MIN:
            least = PROCESS_BYTES + int(_ROWS_MIN * BYTES_PER_ROW / (1.0 - _QUERY_SHARE)) + 1
            raise InputFault(
                "--memory",
                value=f"{self.memory_bytes / 1e9:g} GB for {self.workers} workers",
                wanted=f"at least {least / 1e9:.2f} GB for each worker",
                repair="give more, or fewer --workers",
            )
        if self.partition_rows:
            rows = min(rows, self.partition_rows)
        return Means(query_bytes=int(each * _QUERY_SHARE), rows_max=rows, spill=str(spill))


class Choices(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is asked of a study: every one of these changes its rows."""

    minima: Minima
    max_gap_s: float
    include_ground: bool = False
    sort: bool = False
    ahead: Ahead | None = None
    """Predictions beside the encounters; None is encounters alone."""


class Totals(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a study read, left out and did not watch: over all partitions, each once."""

    files: int
    reports: int
    on_ground: int
    without_position: int
    without_altitude: int
    repeated: int
    used: int
    aircraft: int
    legs: int
    gaps: int
    too_fast: int
    first_us: int
    last_us: int
    partitions: int
    naive_files: int
    """Files whose instants have no time zone: taken as UTC."""
    quiet_days: int
    """Days between the first and the last report that have none."""


class _Input(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file as the manifest knows it; its last bytes are where Parquet describes all others."""

    path: str
    size: int
    changed_ns: int
    footer_sha256: str


class _Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The partitions of a study and the time that it covers."""

    base_us: int
    parts: tuple[Partition, ...]
    slabs: tuple[Partition, ...]
    """Of predictions: all places at a time."""


class BatchStudy:
    """A study that was made, whose rows are read from its work folder as they are wanted."""

    def __init__(self, folder: WorkFolder, choices: Choices, totals: Totals, plan: _Plan) -> None:
        self.totals = totals
        self._folder = folder
        self._choices = choices
        self._plan = plan

    def encounters(self) -> Iterator[EncounterRow]:
        """Yield every episode inside both minima, sorted by pair and time."""
        names = [_part_name(k) for k in range(len(self._plan.parts))]
        rows = self._sorted(names, PART_COLUMNS, ("a", "b", "from_s", "to_s"))
        parts = (msgspec.convert(row, EpisodePart) for row in rows)
        return joined_rows(parts, self._plan.base_us)

    def warnings(self) -> Iterator[WarningRow]:
        """Yield every warning and every encounter without one, sorted by pair and time."""
        ahead = self._choices.ahead
        if ahead is None:
            raise AssertionError("a study without predictions has no warnings")
        names = [_slab_name(k) for k in range(len(self._plan.slabs))]
        rows = self._sorted(names, WARNED_COLUMNS, ("a", "b", "first_us"))
        warned = joined_warnings((msgspec.convert(row, Warned) for row in rows), ahead.lookahead_s)
        return warning_rows(warned, self.encounters(), ahead.lookahead_s)

    def _sorted(
        self, names: Sequence[str], columns: Sequence[str], by: Sequence[str]
    ) -> Iterator[dict[str, object]]:
        database = Database(memory_bytes=_SORT_BYTES, threads=1, spill=self._folder.spill / "sort")
        try:
            paths = [self._folder.path / name for name in names]
            yield from sorted_rows(database, paths, columns, by)
        finally:
            database.close()


_SORT_BYTES = 512_000_000


def _part_name(number: int) -> str:
    return f"part-{number:06d}.parquet"


def _slab_name(number: int) -> str:
    return f"warned-{number:06d}.parquet"


def manifest(files: Sequence[Path], choices: Choices) -> bytes:
    """Return what results are of: every input by size, time and footer, choices, versions.

    Raises:
        InputFault: a file that cannot be read.
    """
    return msgspec.json.format(
        msgspec.json.encode(
            {
                "format": 1,
                "parley": __version__,
                "kernel": kernel_name(),
                "choices": choices,
                "inputs": [_input(path) for path in files],
            }
        )
    )


def _input(path: Path) -> _Input:
    try:
        with path.open("rb") as file:
            facts = os.fstat(file.fileno())
            file.seek(max(facts.st_size - _FOOTER_BYTES, 0))
            digest = hashlib.sha256(file.read()).hexdigest()
    except OSError as error:
        raise InputFault(str(path), value=f"unreadable ({error.strerror})") from error
    return _Input(
        path=str(path.absolute()),
        size=facts.st_size,
        changed_ns=facts.st_mtime_ns,
        footer_sha256=digest,
    )


def run_study(
    files: Sequence[Path],
    choices: Choices,
    resources: Resources,
    folder: WorkFolder,
    progress: Progress,
) -> BatchStudy:
    """Make a study, or go on with one, and return it.

    Args:
        files: Parquet files with the columns of the traffic library.
        choices: what is asked.
        resources: processes and memory.
        folder: opened with `manifest` of the same files and choices.
        progress: told how far it is.

    Raises:
        InputFault: an input that cannot be used; what was done until then stays done.
    """
    means = resources.means(folder.spill)
    halo = Halo.of(choices.minima, choices.max_gap_s)
    with _Pool(resources.workers) as pool:
        surveys = _surveys(files, choices, means, folder, pool, progress)
        plan = _plan(surveys, choices, halo, means.rows_max, folder)
        tasks: list[tuple[str, int, Callable[[], bytes]]] = []
        for k, part in enumerate(plan.parts):
            tasks.append((_part_name(k), part.rows + 1, _encounters(part, surveys, choices, plan,
                                                                    means, halo)))  # fmt: skip
        for k, part in enumerate(plan.slabs):
            tasks.append((_slab_name(k), part.rows + 1, _predictions(part, surveys, choices, means,
                                                                     halo)))  # fmt: skip
        _do(tasks, folder, pool, "detecting", progress)
    _verify_unchanged(files, choices, folder)
    return BatchStudy(folder, choices, _totals(surveys, plan, folder), plan)


def _surveys(
    files: Sequence[Path],
    choices: Choices,
    means: Means,
    folder: WorkFolder,
    pool: _Pool,
    progress: Progress,
) -> list[Survey]:
    """Return the surveys of all files."""
    tasks = [
        (f"survey-{k:06d}.json", path.stat().st_size, _survey(path, choices, means))
        for k, path in enumerate(files)
    ]
    _do(tasks, folder, pool, "surveying", progress)
    found = [folder.get(name) for name, _, _ in tasks]
    return [msgspec.json.decode(data, type=Survey) for data in found if data is not None]


def _survey(path: Path, choices: Choices, means: Means) -> Callable[[], bytes]:
    task = SurveyTask(
        path=str(path),
        ranges=dict(RANGES),
        include_ground=choices.include_ground,
        sort=choices.sort,
        means=means,
    )
    return lambda: msgspec.json.encode(task)


def _plan(
    surveys: Sequence[Survey], choices: Choices, halo: Halo, rows_max: int, folder: WorkFolder
) -> _Plan:
    """Return the plan of an interrupted run, or make one and keep it."""
    known = folder.get("plan.json")
    if known is not None:
        return msgspec.json.decode(known, type=_Plan)
    watched = [survey for survey in surveys if survey.used]
    if not watched:
        plan = _Plan(base_us=0, parts=(), slabs=())
    else:
        first_us = min(survey.first_us for survey in watched)
        last_us = max(survey.last_us for survey in watched)
        squares = Squares.of(row for survey in watched for row in survey.squares)
        parts = plan_partitions(squares, (first_us, last_us), halo, rows_max)
        slabs: list[Partition] = []
        if choices.ahead is not None:
            # The last reports are predicted from until they are too old.
            span = (first_us, last_us + halo.gap_us)
            slabs = plan_partitions(squares, span, halo, rows_max, by_place=False)
        plan = _Plan(base_us=study_base_us(first_us), parts=tuple(parts), slabs=tuple(slabs))
    folder.put("plan.json", msgspec.json.encode(plan))
    return plan


def _encounters(
    part: Partition,
    surveys: Sequence[Survey],
    choices: Choices,
    plan: _Plan,
    means: Means,
    halo: Halo,
) -> Callable[[], bytes]:
    def request() -> bytes:
        return msgspec.json.encode(
            PartTask(
                part=part,
                sources=_sources(surveys, part, halo.gap_us),
                minima=choices.minima,
                max_gap_s=choices.max_gap_s,
                base_us=plan.base_us,
                means=means,
            )
        )

    return request


def _predictions(
    part: Partition, surveys: Sequence[Survey], choices: Choices, means: Means, halo: Halo
) -> Callable[[], bytes]:
    def request() -> bytes:
        if choices.ahead is None:
            raise AssertionError("predictions were not asked for")
        return msgspec.json.encode(
            PredictTask(
                part=part,
                sources=_sources(surveys, part, 2 * halo.gap_us),
                minima=choices.minima,
                max_gap_s=choices.max_gap_s,
                ahead=choices.ahead,
                means=means,
            )
        )

    return request


def _sources(surveys: Sequence[Survey], part: Partition, gap_us: int) -> tuple[Source, ...]:
    """Return the files that have reports of a partition's time or its halo."""
    return tuple(
        survey.source
        for survey in surveys
        if survey.used
        and survey.last_us >= part.from_us - gap_us
        and survey.first_us <= part.to_us + gap_us
    )


def _verify_unchanged(files: Sequence[Path], choices: Choices, folder: WorkFolder) -> None:
    """Refuse results of files that were written to while they were read."""
    if folder.get("manifest.json") != manifest(files, choices):
        raise InputFault(
            "inputs", value="changed during the study", wanted="files that nobody writes to",
            repair="copy them, and run again with --restart",
        )  # fmt: skip


def _totals(surveys: Sequence[Survey], plan: _Plan, folder: WorkFolder) -> Totals:
    """Return the sums over all files and partitions."""
    counts = PartCounts()
    aircraft: set[str] = set()
    for k in range(len(plan.parts)):
        own = msgspec.json.decode(table_notes(folder.path / _part_name(k)), type=PartCounts)
        aircraft.update(own.aircraft)
        counts = counts.plus(msgspec.structs.replace(own, aircraft=()))
    whole = msgspec.structs.replace(counts, aircraft=tuple(sorted(aircraft)))
    watched = [survey for survey in surveys if survey.used]
    first_us = min((survey.first_us for survey in watched), default=0)
    last_us = max((survey.last_us for survey in watched), default=0)
    days = {square[0] // 24 for survey in watched for square in survey.squares}
    return Totals(
        files=len(surveys),
        reports=sum(survey.reports for survey in surveys),
        on_ground=sum(survey.on_ground for survey in surveys),
        without_position=sum(survey.without_position for survey in surveys),
        without_altitude=sum(survey.without_altitude for survey in surveys),
        repeated=whole.repeated,
        used=whole.reports,
        aircraft=len(whole.aircraft),
        legs=whole.legs,
        gaps=whole.gaps,
        too_fast=whole.too_fast,
        first_us=first_us,
        last_us=last_us,
        partitions=len(plan.parts),
        naive_files=sum(survey.source.clock.is_naive for survey in surveys),
        quiet_days=last_us // DAY_US - first_us // DAY_US + 1 - len(days) if watched else 0,
    )


# ---- processes ----------------------------------------------------------------------------------


class _Pool:
    """Processes for tasks; with one worker this process does them itself."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> _Pool:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def submit(self, request: bytes) -> Future[tuple[bool, bytes]]:
        """Hand a task out."""
        if self.workers == 1:
            done: Future[tuple[bool, bytes]] = Future()
            done.set_result(work(request))
            return done
        if self._pool is None:
            # Not forked: the libraries here have threads, which a fork would break.
            self._pool = ProcessPoolExecutor(
                self.workers, multiprocessing.get_context("spawn"), begin_worker
            )
        return self._pool.submit(work, request)


def _do(
    tasks: Sequence[tuple[str, int, Callable[[], bytes]]],
    folder: WorkFolder,
    pool: _Pool,
    what: str,
    progress: Progress,
) -> None:
    """Do the tasks whose results are not there yet, and write each result when it is done.

    Args:
        tasks: name of the result, size, and the request, made when it is handed out.
        folder: of the results.
        pool: of processes.
        what: the round in a word.
        progress: told the sizes.
    """
    whole = sum(size for _, size, _ in tasks)
    todo = [task for task in tasks if not folder.has(task[0])]
    done = whole - sum(size for _, size, _ in todo)
    progress(what, done, whole)
    running: dict[Future[tuple[bool, bytes]], tuple[str, int]] = {}
    # The largest first, so that no process is left with one of them at the end.
    waiting = iter(sorted(todo, key=lambda task: -task[1]))
    while True:
        while len(running) < 2 * pool.workers and (task := next(waiting, None)) is not None:
            running[pool.submit(task[2]())] = task[:2]
            if pool.workers == 1:
                break
        if not running:
            return
        finished, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in finished:
            name, size = running.pop(future)
            folder.put(name, _result(future))
            done += size
            progress(what, done, whole)


def _result(future: Future[tuple[bool, bytes]]) -> bytes:
    """Return the bytes of a task that was done, or raise its fault."""
    try:
        good, data = future.result()
    except BrokenProcessPool as error:
        raise InputFault(
            "a worker", value="ended before its task",
            wanted="one that ends with a result (was it stopped, or was memory short?)",
            repair="run again with the same --work, with more --memory or fewer --workers",
        ) from error  # fmt: skip
    if not good:
        raise msgspec.json.decode(data, type=TaskFault).raised()
    return data
