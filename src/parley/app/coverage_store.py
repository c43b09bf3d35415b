"""Where the feeds have reported, kept over restarts in a file beside the store.

Rules:
- Written whole beside the file and moved into its place, with the SHA-256 of what it says; readable
  by its owner alone: it tells what a party can see.
- A file that is cut short, changed, or says what cannot be, is never believed: it is moved aside
  and told on stderr, the node starts and learns anew.
- Nothing of the record depends on it.
"""

from __future__ import annotations

import asyncio
import hashlib
import sys
from pathlib import Path

import msgspec

from parley.detect.coverage import Coverage, FeedRows
from parley.node.rules.coverage_watch import coverage_of, keep_coverage
from parley.node.state import State
from parley.store.durable import replace_file
from parley.world.faults import InputFault

SUFFIX = ".coverage.json"
SAVE_EVERY_S = 600.0
FORMAT = "parley coverage 1"
FILE_BYTES_MAX = 20_000_000
"""All that `coverage.KEYS_MAX` allows, with room; a larger file is none of ours."""


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    format: str
    sha256: str
    feeds: msgspec.Raw


def coverage_path(store: Path) -> Path:
    """Return where the coverage of a node is kept, by its store.

    >>> coverage_path(Path("coal/parley.db")).name
    'parley.coverage.json'
    """
    return store.with_suffix(SUFFIX)


def load_coverage(state: State, path: Path) -> None:
    """Begin with the coverage of a file, if there is one that can be believed."""
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= FILE_BYTES_MAX else b""
    except FileNotFoundError:
        return
    try:
        if size > FILE_BYTES_MAX:
            raise InputFault(f"{path.name} bytes", value=size, wanted=f"at most {FILE_BYTES_MAX}")
        coverage = _read(data, path.name)
    except (msgspec.DecodeError, InputFault) as fault:
        aside = path.with_name(path.name + ".damaged")
        path.replace(aside)
        sys.stderr.write(f"{path.name} cannot be read ({fault}); moved to {aside.name}, learning\n")
        coverage_of(state).lost = f"{path.name} could not be read and was moved to {aside.name}"
        return
    keep_coverage(state, coverage)


def _read(data: bytes, name: str) -> Coverage:
    read = msgspec.json.decode(data, type=_File)
    if read.format != FORMAT:
        raise InputFault(f"{name} format", value=read.format, wanted=FORMAT)
    body = bytes(read.feeds)
    if hashlib.sha256(body).hexdigest() != read.sha256:
        raise InputFault(f"{name} sha256", value="another one", wanted="that of what it says")
    feeds = msgspec.json.decode(body, type=FeedRows)
    return Coverage.of_rows(feeds)


def coverage_bytes(coverage: Coverage) -> bytes:
    """Return the file of a coverage: the same bytes for the same coverage."""
    body = msgspec.json.encode(coverage.rows())
    digest = hashlib.sha256(body).hexdigest()
    return msgspec.json.encode(_File(format=FORMAT, sha256=digest, feeds=msgspec.Raw(body)))


def save_coverage(state: State, path: Path) -> None:
    """Write the coverage of this moment; nothing where no feed ever gave a report that counts."""
    coverage = coverage_of(state)
    if coverage.feeds:
        _write(coverage_bytes(coverage), path)


def _write(data: bytes, path: Path) -> None:
    if path.parent.is_dir():
        replace_file(path, data)


async def keep_coverage_saved(state: State, path: Path) -> None:
    """Save it every ten minutes, until cancelled; and then once more.

    A disk that fails costs history and is told; it ends nothing.
    """
    try:
        while True:
            await asyncio.sleep(SAVE_EVERY_S)
            coverage = coverage_of(state)
            if coverage.feeds:
                data = coverage_bytes(coverage)
                await asyncio.to_thread(_try_to_write, data, path)
    finally:
        coverage = coverage_of(state)
        if coverage.feeds:
            _try_to_write(coverage_bytes(coverage), path)


def _try_to_write(data: bytes, path: Path) -> None:
    try:
        _write(data, path)
    except OSError as error:
        sys.stderr.write(
            f"{path.name} cannot be written ({error.strerror}); it is kept in memory\n"
        )
