"""A folder of partial results: one file per finished piece of work, and what they are results of.

Here: the folder that `app` names, written so that a result is there whole or not at all, held by
one run at a time, and refused when it belongs to other inputs. Never here: what results mean.

Rules: a file is written beside its name, flushed and renamed; what a killed run left half written
never has a result's name. A lock of the system is held while a run lasts and ends with its process.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from io import BytesIO
from pathlib import Path
from types import TracebackType

import pyarrow as pa
import pyarrow.parquet

from parley.store.parquet_days import Database, reading
from parley.world.faults import InputFault

_MANIFEST = "manifest.json"
_NOTES = b"parley.notes"
_RESULTS = re.compile(r"manifest\.json|[a-z]+(-[0-9]+)?\.(json|parquet)")
"""Only what has such a name is ever deleted here."""


class WorkFolder:
    """A folder of partial results, open for one run."""

    def __init__(self, path: Path, manifest: bytes, *, restart: bool) -> None:
        """Open the folder, or make it.

        Args:
            path: the folder.
            manifest: what the results are of: equal bytes go on, others are refused.
            restart: throw away what is there.

        Raises:
            InputFault: another run has it, it holds other things, or results of something else.
        """
        self.path = path
        try:
            path.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise InputFault(
                "--work", value=str(path), wanted=f"a folder to write to ({error.strerror})"
            ) from error
        try:
            self._open(manifest, restart=restart)
        except BaseException:
            os.close(self._lock)
            raise

    def _open(self, manifest: bytes, *, restart: bool) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise InputFault(
                "--work", value=str(self.path), wanted="a folder that no other run is using"
            ) from error
        known = self.path / _MANIFEST
        if known.exists() and known.read_bytes() != manifest and not restart:
            raise InputFault(
                "--work",
                value=f"{self.path} of other inputs, options or of another version",
                wanted="the run that was interrupted, unchanged",
                repair="--restart throws its partial results away",
            )
        others = [p.name for p in self.path.iterdir() if not _is_ours(p.name)]
        if others and not known.exists():
            raise InputFault(
                "--work", value=f"{self.path} with {sorted(others)[0]} in it",
                wanted="an empty folder or one of partial results",
            )  # fmt: skip
        for path in self.path.iterdir():
            if path.name.endswith(".half") or (restart and _RESULTS.fullmatch(path.name)):
                path.unlink()
        shutil.rmtree(self.spill, ignore_errors=True)
        if not known.exists():
            self.put(_MANIFEST, manifest)
        self.spill.mkdir(exist_ok=True)

    def __enter__(self) -> WorkFolder:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        shutil.rmtree(self.spill, ignore_errors=True)
        os.close(self._lock)

    @property
    def spill(self) -> Path:
        """Where queries put what does not fit in memory."""
        return self.path / "spill"

    def put(self, name: str, data: bytes) -> None:
        """Write a result whole.

        Raises:
            InputFault: the disk is full or the folder gone.
        """
        half = self.path / f"{name}.half"
        try:
            with half.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            half.replace(self.path / name)
        except OSError as error:
            raise InputFault(
                str(self.path / name), value=f"not writable ({error.strerror})"
            ) from error

    def get(self, name: str) -> bytes | None:
        """Return a result that is there."""
        path = self.path / name
        return path.read_bytes() if path.exists() else None

    def has(self, name: str) -> bool:
        """Return whether a result is there."""
        return (self.path / name).exists()


def _is_ours(name: str) -> bool:
    return name in ("lock", "spill") or name.endswith(".half")


# ---- tables of partial results ------------------------------------------------------------------


def table_bytes(columns: Mapping[str, list[object]], schema: pa.Schema, notes: bytes) -> bytes:
    """Return a table as Parquet with a note about it."""
    table = pa.table(dict(columns), schema=schema).replace_schema_metadata({_NOTES: notes})
    sink = BytesIO()
    pyarrow.parquet.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def table_notes(path: Path) -> bytes:
    """Return the note about a table.

    Raises:
        InputFault: the file is not one of `table_bytes`, or damaged.
    """
    try:
        metadata = pyarrow.parquet.read_schema(path).metadata or {}
        return bytes(metadata[_NOTES])
    except (pa.ArrowException, OSError, KeyError) as error:
        raise InputFault(
            str(path), value="a damaged partial result", wanted="the file as it was written",
            repair="delete it and run again",
        ) from error  # fmt: skip


def sorted_rows(
    database: Database, paths: Iterable[Path], columns: Iterable[str], by: Iterable[str]
) -> Iterator[dict[str, object]]:
    """Yield the rows of many tables in one order, a bounded number of them in memory."""
    listed = [str(path) for path in paths]
    if not listed:
        return
    names = ", ".join(f"'{path.replace(chr(39), chr(39) * 2)}'" for path in listed)
    query = (
        f"SELECT {', '.join(columns)} FROM read_parquet([{names}], hive_partitioning=false) "  # noqa: S608  names of our own
        f"ORDER BY {', '.join(by)}"
    )
    with reading(listed[0]):
        for batch in database.batches(query):
            yield from batch.to_pylist()
