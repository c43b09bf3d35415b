"""`parley detect` on folders and months: which files, how much of the machine, where results wait.

Here: from the command's arguments to a batch study. Never here: the study (`app.batch_study`).
"""

from __future__ import annotations

import os
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from parley.app.batch_study import BatchStudy, Choices, Resources, manifest, run_study
from parley.store.files import READABLE, ending
from parley.store.work_folder import WorkFolder
from parley.world.faults import InputFault

_SIZES = {"MB": 1e6, "GB": 1e9, "TB": 1e12}
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?(MB|GB|TB)\Z")
WHOLE_ROWS_MAX = 2_000_000
"""Recordings of up to so many rows together are read whole; more are read in partitions."""
WORKERS_MAX = 1_024


class Batch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The options of a batch as they were given; "" and 0 are not given."""

    workers: int = 0
    memory: str = ""
    partition_rows: int = 0
    work: Path | None = None
    restart: bool = False

    @property
    def is_asked(self) -> bool:
        """Whether any of them was."""
        return bool(self.workers or self.memory or self.partition_rows or self.work or self.restart)


def parquet_files(inputs: Sequence[Path], batch: Batch) -> list[Path] | None:
    """Return the files of a batch study, or None where the recordings are to be read whole.

    A folder stands for every Parquet file under it, whatever its folders are called.

    Raises:
        InputFault: a folder without Parquet files; other recordings where only Parquet will do.
    """
    folders = [path for path in inputs if path.is_dir()]
    plain = [path for path in inputs if not path.is_dir()]
    others = [path for path in plain if ending(path, READABLE) != ".parquet"]
    if not folders and not batch.is_asked and (others or _rows(plain) <= WHOLE_ROWS_MAX):
        return None
    if others:
        raise InputFault(
            str(others[0]), value="read whole", wanted="Parquet beside folders and batch options",
            repair="write it as Parquet, or give it alone",
        )  # fmt: skip
    found = list(plain)
    for folder in folders:
        inside = _visible(folder, "*.parquet")
        if not inside:
            raise InputFault(
                str(folder), value="a folder without a .parquet file",
                wanted="Parquet files in it, or in folders under it",
            )  # fmt: skip
        found += inside
    seen: dict[Path, Path] = {}
    for path in found:
        seen.setdefault(path.resolve(), path)
    return [path for _, path in sorted(seen.items())]


def passed_over(inputs: Sequence[Path]) -> str:
    """Return in words how many recordings in folders are not read: no Parquet; "" for none."""
    found = Counter(
        ending(path, READABLE)
        for folder in inputs
        if folder.is_dir()
        for path in _visible(folder, "*")
        if path.name.lower().endswith(READABLE) and not path.name.endswith(".parquet")
    )
    counts = ", ".join(f"{count:,} {kind}" for kind, count in sorted(found.items()))
    return f"passed over: {counts} in folders, where only .parquet is read" if counts else ""


def _visible(folder: Path, pattern: str) -> list[Path]:
    """Return the files under a folder whose own and folders' names do not begin with . or _."""
    return sorted(
        path
        for path in folder.rglob(pattern)
        if path.is_file()
        and not any(part.startswith((".", "_")) for part in path.relative_to(folder).parts)
    )


def _rows(files: Sequence[Path]) -> int:
    """Return how many rows Parquet files say they have; 0 for what is not readable as such."""
    import pyarrow as pa
    import pyarrow.parquet

    total = 0
    for path in files:
        try:
            total += pyarrow.parquet.read_metadata(path).num_rows
        except (pa.ArrowException, OSError):
            # Whoever reads it whole says in the right words what is wrong with it.
            continue
    return total


def resources(batch: Batch) -> Resources:
    """Return what of the machine a study uses: all processors and half the memory by default.

    Raises:
        InputFault: an option out of range.
    """
    workers = batch.workers or len(os.sched_getaffinity(0))
    if not 1 <= workers <= WORKERS_MAX:
        raise InputFault("--workers", value=workers, wanted=f"1 to {WORKERS_MAX}")
    if batch.partition_rows < 0 or 0 < batch.partition_rows < 1_000:
        raise InputFault("--partition-rows", value=batch.partition_rows, wanted="1000 or more")
    memory_bytes = _bytes(batch.memory) if batch.memory else _half_the_memory()
    return Resources(
        workers=workers, memory_bytes=memory_bytes, partition_rows=batch.partition_rows
    )


def _bytes(text: str) -> int:
    match = _SIZE.match(text.strip())
    if match is None:
        raise InputFault("--memory", value=text, wanted="a size, e.g. 4GB or 800MB")
    return int(float(match.group(1)) * _SIZES[match.group(2)])


def _half_the_memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2


@contextmanager
def studied(
    files: Sequence[Path],
    choices: Choices,
    batch: Batch,
    progress: Callable[[str, int, int], None],
) -> Iterator[BatchStudy]:
    """Give a study that was made; its rows can be read until the block ends.

    Without `--work` partial results wait in a folder of the system and are gone at the end.
    """
    use = resources(batch)
    known = manifest(files, choices)
    if batch.work is not None:
        with WorkFolder(batch.work, known, restart=batch.restart) as folder:
            yield run_study(files, choices, use, folder, progress)
        return
    if batch.restart:
        raise InputFault("--restart", value="alone", wanted="--work DIR beside it")
    with (
        tempfile.TemporaryDirectory(prefix="parley-detect-") as name,
        WorkFolder(Path(name), known, restart=False) as folder,
    ):
        yield run_study(files, choices, use, folder, progress)
