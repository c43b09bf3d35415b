"""Records the picture of a node each second into files of an hour, beside its store.

Rules:
- It never holds the node up: frames are packed and written by a thread of its own; a second for
  which the last one is not written yet is not recorded, and counted.
- An instant is recorded once. A second that was not recorded stays a gap; one before what its
  hour has already, by a clock that was set back, is counted as skipped.
- What a crash cut off is taken away when the file is gone on with, and said.
- Old hours go by age and by bytes; what cannot be written is said once, and tried again. By age
  only once the clock has stood there for a while: one that jumps ahead must not cost the recording.
- The log beside it comes first: what it must have of the disk is never taken.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import msgspec

from parley.app.config import PictureConfig
from parley.app.picture_files import (
    FORMAT,
    FRAME,
    HOUR_US,
    NAMES,
    RUN,
    SUFFIX,
    Hour,
    hour_name,
    pack_frame,
    record,
)
from parley.app.track_frames import NamedTrack, decode_frame

FOLDER = "picture"
EVERY_S = 1.0
_DAY_US = 24 * HOUR_US
_SWEEP_EVERY = 600
"""Frames between two looks at how much there is."""
FREE_BYTES_LEFT = 1_000_000_000
"""Left free on the disk for the log: with less nothing more is recorded, and nothing removed."""


def picture_folder(store: Path) -> Path:
    """Return where the picture of a node is recorded, by its store.

    >>> picture_folder(Path("coal/parley.db")).as_posix()
    'coal/picture'
    """
    return store.parent / FOLDER


@dataclass(slots=True)
class Recording:
    """How the recording does, for whoever looks at the node.

    Attributes:
        frames: written since the start; `skipped`: seconds for which there was no time, or that
            a clock set back said a second time.
        torn: files whose end was cut off and taken away.
        removed: files that went by age or for want of room.
        fault: why nothing can be written now; empty: it can.
    """

    frames: int = 0
    skipped: int = 0
    torn: int = 0
    removed: int = 0
    fault: str = ""


class PictureWriter:
    """Appends frames to the file of their hour; for one thread at a time.

    Args:
        folder: made when the first frame comes.
        config: how much is kept.
    """

    def __init__(self, folder: Path, config: PictureConfig) -> None:
        self.folder = folder
        self.config = config
        self.state = Recording()
        self._name = ""
        self._size = 0
        self._last_us = -1
        self._told: set[int] = set()
        self._since_sweep = 0

    def write(self, at_us: int, frame: bytes, named: list[NamedTrack]) -> None:
        """Append a frame, with the names that its file does not have yet.

        Args:
            at_us: the node's time.
            frame: as sent to screens.
            named: every name of this run, by number.

        Raises:
            OSError: it could not be written; the file stays as it was.
        """
        name = hour_name(at_us)
        self._leave_room()
        if name != self._name:
            self._begin(name, at_us)
        if at_us <= self._last_us:
            self.state.skipped += 1
            return
        # Those in it alone: a node that runs for months has very many more.
        numbers = set(decode_frame(frame)[2]["number"].tolist()) - self._told
        fresh = [each for each in named if each.number in numbers] if numbers else []
        data = b""
        if fresh:
            data = record(NAMES, at_us, msgspec.json.encode(fresh))
        data += record(FRAME, at_us, pack_frame(frame))
        self._append(data)
        self._told.update(each.number for each in fresh)
        self._last_us = at_us
        self.state.frames += 1
        self._since_sweep += 1
        if self._since_sweep >= _SWEEP_EVERY:
            self._sweep(at_us)

    def _leave_room(self) -> None:
        """Check that the log has room on the disk.

        Raises:
            OSError: less than is left to it.
        """
        where = self.folder if self.folder.exists() else self.folder.parent
        if shutil.disk_usage(where).free < FREE_BYTES_LEFT:
            room = f"less than {FREE_BYTES_LEFT // 1_000_000} MB free on the disk"
            raise OSError(28, f"{room}: they are left to the log; see [picture] in docs/node.md")

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob(f"*{SUFFIX}"))

    def _begin(self, name: str, at_us: int) -> None:
        """Go on with the file of an hour, or begin it."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        path = self.folder / name
        if path.is_symlink():
            raise OSError(40, f"{name} leads elsewhere")
        held = Hour(path)
        held.read_on()
        if held.torn:
            self.state.torn += 1
            os.truncate(path, held.end)
            self._say(f"{name}: {held.torn} bytes at its end were no whole record; taken away")
        self._name, self._size, self._told = name, held.end, set()
        self._last_us = held.at_us[-1] if held.at_us else -1
        head = b"" if held.end else FORMAT
        try:
            self._append(head + record(RUN, at_us, b""))
            self._sweep(at_us, by_age=False)
        except OSError:
            self._name = ""  # The next frame tries again.
            raise

    def _append(self, data: bytes) -> None:
        path = self.folder / self._name
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            # At its known end: what a failed write left behind it is written over.
            done = os.pwrite(handle, data, self._size)
            if done < len(data):
                os.ftruncate(handle, self._size)
                raise OSError(28, "no space left for the recorded picture")
        finally:
            os.close(handle)
        self._size += len(data)

    def _sweep(self, now_us: int, *, by_age: bool = True) -> None:
        """Remove what is too old, and the oldest of what is too much; never the hour of now."""
        self._since_sweep = 0
        files = self._files()
        oldest = hour_name(max(now_us - self.config.keep_days * _DAY_US, 0)) if by_age else ""
        sizes = {path: path.lstat().st_size for path in files}
        total = sum(sizes.values())
        for path in files:
            if path.name == self._name:
                continue
            if path.name >= oldest and total <= self.config.keep_mb * 1_000_000:
                break
            path.unlink(missing_ok=True)
            total -= sizes[path]
            self.state.removed += 1

    def _say(self, text: str) -> None:
        sys.stderr.write(f"recorded picture: {text}\n")
        sys.stderr.flush()


@dataclass(frozen=True, slots=True)
class Drawn:
    """The picture of an instant: the frame, and every name of this run."""

    at_us: int
    frame: bytes
    named: list[NamedTrack]


class PictureRecorder:
    """Records what `draw` gives each second, until cancelled.

    Args:
        writer: writes it.
        draw: gives the picture of now; None while the node has none.
    """

    def __init__(self, writer: PictureWriter, draw: Callable[[], Drawn | None]) -> None:
        self.writer = writer
        self._draw = draw
        self._last_us = -1

    async def run(self) -> None:
        """Record each second; at the end what was begun is written."""
        loop = asyncio.get_running_loop()
        pool = ThreadPoolExecutor(1, thread_name_prefix="picture")
        try:
            next_s = loop.time()
            while True:
                drawn = self._drawn()
                if drawn is not None and drawn.at_us != self._last_us:
                    self._last_us = drawn.at_us
                    await loop.run_in_executor(pool, self._write, drawn)
                next_s += EVERY_S
                late_s = loop.time() - next_s
                if late_s > 0.0:
                    self.writer.state.skipped += int(late_s) + 1
                    next_s = loop.time()
                await asyncio.sleep(max(0.0, next_s - loop.time()))
        finally:
            # Not waited for without end: a write that hangs must not keep a node from stopping.
            pool.shutdown(wait=False)

    def _drawn(self) -> Drawn | None:
        """Return the picture of now; one that cannot be drawn costs its second alone."""
        try:
            return self._draw()
        except (ArithmeticError, LookupError, ValueError) as error:
            self._fails(f"not drawn: {error}")
            return None

    def _write(self, drawn: Drawn) -> None:
        try:
            self.writer.write(drawn.at_us, drawn.frame, drawn.named)
        except OSError as error:
            # Never where it lies: whoever looks at the node reads this.
            self._fails(error.strerror or "the disk failed")
        except ValueError as error:
            self._fails(str(error))
        else:
            self.writer.state.fault = ""

    def _fails(self, why: str) -> None:
        state = self.writer.state
        if not state.fault:
            with contextlib.suppress(OSError):
                sys.stderr.write(f"recorded picture: not written: {why}\n")
        state.fault = why
