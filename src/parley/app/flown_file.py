"""The area in which own flights were ever seen, kept over restarts in a file beside the store.

Rules:
- Written whole beside the file and moved into its place; readable by its owner alone: it says where
  flights go.
- A file that cannot be read is moved aside and told on stderr: the node starts, and learns anew.
- Nothing of the record depends on it.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import msgspec

from parley.detect.flown_area import FlownArea
from parley.node.rules.unusual_flights import flown_of, keep_flown
from parley.node.state import State
from parley.store.durable import replace_file
from parley.world.faults import InputFault

SUFFIX = ".flown-area.json"
SAVE_EVERY_S = 600.0
FORMAT = "parley flown area 1"


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    format: str
    flown_s: float
    cells: tuple[int, ...]


def flown_path(store: Path) -> Path:
    """Return where the area of a node is kept, by its store.

    >>> flown_path(Path("coal/parley.db")).name
    'parley.flown-area.json'
    """
    return store.with_suffix(SUFFIX)


def load_flown(state: State, path: Path) -> None:
    """Begin with the area of a file, if there is one that can be read."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return
    try:
        read = msgspec.json.decode(data, type=_File)
        if read.format != FORMAT:
            raise InputFault(f"{path} format", value=read.format, wanted=FORMAT)
        area = FlownArea(read.cells, read.flown_s)
    except (msgspec.DecodeError, InputFault) as fault:
        aside = path.with_name(path.name + ".damaged")
        path.replace(aside)
        sys.stderr.write(f"{path.name} cannot be read ({fault}); moved to {aside.name}, learning\n")
        return
    keep_flown(state, area)


def save_flown(state: State, path: Path) -> None:
    """Write the area of this moment; nothing where nothing was ever seen."""
    area = flown_of(state)
    if not len(area) or not path.parent.is_dir():
        return
    body = _File(format=FORMAT, flown_s=round(area.flown_s, 3), cells=area.cells)
    replace_file(path, msgspec.json.encode(body))


async def keep_saving(state: State, path: Path) -> None:
    """Save it every ten minutes, until cancelled; and then once more."""
    try:
        while True:
            await asyncio.sleep(SAVE_EVERY_S)
            save_flown(state, path)
    finally:
        save_flown(state, path)
