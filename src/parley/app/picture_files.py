"""The recorded picture on disk: a file for each hour, of frames that each stand for themselves.

A file is a line that names its format, then records: a header of 20 bytes (magic, kind, length,
CRC-32, instant) and a payload. A record is read whole or not at all; after the first that is not
whole nothing of a file is read, and that is counted. Rules:
- A frame counts for the three seconds after its instant; beyond them there is no recording.
- Numbers of aircraft hold within one run of the node; names are given with every reply.
- This is the node's own memory: nobody signed it, and it proves nothing.
"""

from __future__ import annotations

import bisect
import os
import struct
import threading
import zlib
from array import array
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import BinaryIO

import msgspec
import numpy as np

from parley.app.track_frames import (
    HEADER,
    HEADER_BYTES,
    RECORDED,
    ROW,
    NamedTrack,
    decode_frame,
    encode_frame,
)
from parley.app.track_frames import MAGIC as FRAME_MAGIC
from parley.world.time import datetime_from_us
from parley.world.units import MICROSECONDS_PER_SECOND

FORMAT = b"parley picture 1\n"
RECORD = struct.Struct("<2sBxIIq")
"""Magic, kind, length of the payload, CRC-32 of kind, instant and payload, instant."""
MAGIC = b"PR"
RUN, NAMES, FRAME = 1, 2, 3
"""A run begins: numbers begin anew; names of numbers; a frame."""
SUFFIX = ".frames"
RECORD_BYTES_MAX = 16_777_216
"""Half a million aircraft in a frame; a longer one is no record of ours."""
HOLDS_US = 3 * MICROSECONDS_PER_SECOND
"""So long after its instant a frame is shown; then there is no recording."""
HOUR_US = 3_600 * MICROSECONDS_PER_SECOND
BYTES_AT_ONCE_MAX = 40_000_000
"""Frames of one answer, once unpacked: a minute of a full picture; the first is always given."""
FILES_READ_MAX = 48
"""Indexes of hours kept in memory: two days, some 100 kB each."""
_LEVEL = 1
_names_decoder = msgspec.json.Decoder(tuple[NamedTrack, ...])


def hour_name(at_us: int) -> str:
    """Return the name of the file in which an instant is recorded.

    >>> hour_name(1_497_938_400_000_000)
    '2017062006.frames'
    """
    return f"{datetime_from_us(at_us):%Y%m%d%H}{SUFFIX}"


def pack_frame(frame: bytes) -> bytes:
    """Return a frame as it is stored: its columns byte by byte, deflated."""
    rows = decode_frame(frame)[2]
    parts = [frame[:HEADER_BYTES]]
    for name in ROW.names or ():
        column = np.ascontiguousarray(rows[name]).view(np.uint8)
        # The high bytes of a column are much alike: side by side they deflate best.
        planes = column.reshape(len(rows), ROW[name].itemsize).T
        parts.append(np.ascontiguousarray(planes).tobytes())
    return zlib.compress(b"".join(parts), _LEVEL)


def unpack_frame(data: bytes) -> bytes:
    """Return a stored frame as screens read it, marked as recorded.

    Raises:
        ValueError: it is none.
    """
    try:
        plain = zlib.decompress(data)
    except zlib.error as error:
        raise ValueError(f"recorded frame: {error}") from None
    count, extra = divmod(len(plain) - HEADER_BYTES, ROW.itemsize)
    if extra or count < 0:
        raise ValueError(f"recorded frame has {len(plain)} bytes, wanted whole rows")
    rows, at = np.zeros(count, ROW), HEADER_BYTES
    for name in ROW.names or ():
        width = ROW[name].itemsize
        planes = np.frombuffer(plain, np.uint8, width * count, at).reshape(width, count)
        rows[name] = np.ascontiguousarray(planes.T).view(ROW[name]).reshape(count)
        at += width * count
    magic, version, flags, told, left_out, now_us, newest_us, _ = HEADER.unpack_from(plain)
    if magic != FRAME_MAGIC or version != 1 or told != count:
        raise ValueError(f"recorded frame of {count} rows with another head")
    return encode_frame(rows, now_us, newest_us, flags=flags | RECORDED, left_out=left_out)


def record(kind: int, at_us: int, payload: bytes) -> bytes:
    """Return a record as it is appended."""
    return RECORD.pack(MAGIC, kind, len(payload), _sum(kind, at_us, payload), at_us) + payload


def _sum(kind: int, at_us: int, payload: bytes) -> int:
    return zlib.crc32(payload, zlib.crc32(struct.pack("<Bq", kind, at_us)))


# ---- one hour -----------------------------------------------------------------------------------


@dataclass(slots=True)
class Hour:
    """The index of one file, read as far as it is whole.

    Attributes:
        path: the file.
        end: up to where it is whole.
        torn: bytes behind that are no whole record.
        at_us: instants of frames, rising; `place`, `length`, `run`: where each lies, of which run.
        names: of each run, the names of its numbers.
    """

    path: Path
    end: int = 0
    torn: int = 0
    at_us: array[int] = field(default_factory=lambda: array("q"))
    place: array[int] = field(default_factory=lambda: array("q"))
    length: array[int] = field(default_factory=lambda: array("q"))
    run: array[int] = field(default_factory=lambda: array("q"))
    names: list[dict[int, NamedTrack]] = field(default_factory=list)

    def read_on(self) -> None:
        """Take in what was appended since; a file that is gone has nothing."""
        try:
            with self.path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                if size < self.end:
                    # Cut since, or another file: begin anew.
                    self._begin_anew()
                file.seek(self.end)
                self._take(file, size)
        except FileNotFoundError:
            self._begin_anew()

    def _begin_anew(self) -> None:
        empty = type(self)(self.path)
        for each in fields(self):
            setattr(self, each.name, getattr(empty, each.name))

    def _take(self, file: BinaryIO, size: int) -> None:
        """Take in the records of a file up to its size, one at a time: an hour can be a GB."""
        if self.end == 0 and size:
            if file.read(len(FORMAT)) != FORMAT:
                self.torn = size
                return
            self.end = len(FORMAT)
        while self.end + RECORD.size <= size:
            head = file.read(RECORD.size)
            if len(head) < RECORD.size:
                break
            magic, kind, length, checked, at_us = RECORD.unpack(head)
            begin = self.end + RECORD.size
            if magic != MAGIC or length > RECORD_BYTES_MAX or begin + length > size:
                break
            payload = file.read(length)
            if len(payload) < length or _sum(kind, at_us, payload) != checked:
                break
            if not self._one(kind, at_us, begin, payload):
                break
            self.end = begin + length
        self.torn = size - self.end

    def _one(self, kind: int, at_us: int, place: int, payload: bytes) -> bool:
        if kind == RUN:
            self.names.append({})
            return True
        if not self.names:
            return False
        if kind == NAMES:
            try:
                found = _names_decoder.decode(payload)
            except msgspec.DecodeError:
                return False
            self.names[-1].update((each.number, each) for each in found)
        elif kind == FRAME and not (self.at_us and at_us <= self.at_us[-1]):
            self.at_us.append(at_us)
            self.place.append(place)
            self.length.append(len(payload))
            self.run.append(len(self.names) - 1)
        # Of another kind, or of a clock that was set back: not read, and no damage.
        return True


# ---- all of them --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Recorded:
    """A frame of the recording, with the names of the numbers in it."""

    at_us: int
    frame: bytes
    names: tuple[NamedTrack, ...]


class PictureFiles:
    """Reads the recording of a node; may be asked by several threads.

    Args:
        folder: where the files lie; one that is not there has nothing recorded.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._hours: dict[str, Hour] = {}
        self._ends: dict[str, tuple[int, int, list[tuple[int, int]]]] = {}
        self._damaged: set[str] = set()
        self._turn = threading.Lock()

    def names_of_hours(self) -> list[str]:
        """Return the names of the files, in order of time."""
        if not self.folder.is_dir():
            return []
        return sorted(path.name for path in self.folder.glob(f"*{SUFFIX}"))

    def hour(self, name: str) -> Hour:
        """Return the index of a file, read as far as it goes now."""
        held = self._hours.pop(name, None) or Hour(self.folder / name)
        held.read_on()
        self._hours[name] = held  # the newest asked for last
        while len(self._hours) > FILES_READ_MAX:
            del self._hours[next(iter(self._hours))]
        return held

    def at(self, at_us: int) -> Recorded | None:
        """Return the frame that held at an instant; None: nothing was recorded then."""
        with self._turn:
            found = self._before(at_us)
            if found is None or at_us - found[0].at_us[found[1]] >= HOLDS_US:
                return None
            return self._one(*found)

    def since(self, at_us: int, count: int, until_us: int) -> list[Recorded]:
        """Return the frames from an instant on, up to another, at most so many.

        They end where a number would be another aircraft's (a node that started again counts anew)
        and where they have grown to what one answer may be.
        """
        with self._turn:
            found: list[Recorded] = []
            left_bytes = BYTES_AT_ONCE_MAX
            names: dict[int, NamedTrack] = {}
            for name in self._around(at_us, until_us):
                hour = self.hour(name)
                first = bisect.bisect_left(hour.at_us, at_us)
                last = bisect.bisect_right(hour.at_us, until_us)
                for place in range(first, min(last, first + count - len(found))):
                    one = self._one(hour, place)
                    if one is None:
                        continue
                    left_bytes -= len(one.frame)
                    if left_bytes < 0 and found:
                        return found
                    if any(names.get(each.number, each) != each for each in one.names):
                        return found
                    names.update((each.number, each) for each in one.names)
                    found.append(one)
            return found

    def neighbours(self, at_us: int) -> tuple[int | None, int | None]:
        """Return the instants of the last frame up to an instant, and of the first after it."""
        with self._turn:
            found = self._before(at_us)
            names = self.names_of_hours()
            after: int | None = None
            for name in names[bisect.bisect_left(names, hour_name(at_us)) :]:
                hour = self.hour(name)
                place = bisect.bisect_right(hour.at_us, at_us)
                if place < len(hour.at_us):
                    after = hour.at_us[place]
                    break
            return (found[0].at_us[found[1]] if found is not None else None), after

    def spans(self, from_us: int, to_us: int) -> list[tuple[int, int]]:
        """Return from when until when there is a recording, with no gap longer than it holds."""
        with self._turn:
            found: list[tuple[int, int]] = []
            for name in self._around(from_us - HOLDS_US, to_us):
                found += self._spans_of(name)
            cut = [(max(a, from_us), min(b, to_us)) for a, b in _joined(found)]
            return [(a, b) for a, b in cut if a < b]

    def torn(self) -> int:
        """Return how many files that were read end in no whole record, or have a damaged frame."""
        with self._turn:
            torn = {name for name, hour in self._hours.items() if hour.torn}
            torn |= {name for name, (_, more, _) in self._ends.items() if more}
            return len((torn | self._damaged) & set(self.names_of_hours()))

    def _spans_of(self, name: str) -> list[tuple[int, int]]:
        """Return the spans of a file: one that did not grow is not read again for them."""
        held = self._ends.get(name)
        if held is not None and held[0] == self._size_of(name):
            return held[2]
        hour = self.hour(name)
        spans = _spans(np.array(hour.at_us, np.int64))
        self._ends[name] = (hour.end + hour.torn, hour.torn, spans)
        return spans

    def _size_of(self, name: str) -> int:
        try:
            return (self.folder / name).stat().st_size
        except OSError:
            return -1

    def _one(self, hour: Hour, place: int) -> Recorded | None:
        """Return a frame; None: it cannot be read, which is counted and stops nothing else."""
        try:
            return _read(hour, place)
        except FileNotFoundError:  # it went by age meanwhile
            return None
        except (OSError, ValueError, LookupError):
            self._damaged.add(hour.path.name)
            return None

    def _before(self, at_us: int) -> tuple[Hour, int] | None:
        names = self.names_of_hours()
        for name in reversed(names[: bisect.bisect_right(names, hour_name(at_us))]):
            hour = self.hour(name)
            place = bisect.bisect_right(hour.at_us, at_us)
            if place:
                return hour, place - 1
        return None

    def _around(self, from_us: int, to_us: int) -> list[str]:
        first, last = hour_name(max(from_us, 0)), hour_name(max(to_us, 0))
        return [name for name in self.names_of_hours() if first <= name <= last]


def _read(hour: Hour, place: int) -> Recorded:
    with hour.path.open("rb") as file:
        file.seek(hour.place[place])
        frame = unpack_frame(file.read(hour.length[place]))
    known = hour.names[hour.run[place]]
    numbers = np.unique(decode_frame(frame)[2]["number"]).tolist()
    return Recorded(
        at_us=hour.at_us[place],
        frame=frame,
        names=tuple(known[number] for number in numbers if number in known),
    )


def _spans(at_us: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> list[tuple[int, int]]:
    if not len(at_us):
        return []
    breaks = np.flatnonzero(np.diff(at_us) >= HOLDS_US)
    firsts = [0, *(breaks + 1).tolist()]
    lasts = [*breaks.tolist(), len(at_us) - 1]
    return [(int(at_us[a]), int(at_us[b]) + HOLDS_US) for a, b in zip(firsts, lasts, strict=True)]


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    made: list[tuple[int, int]] = []
    for start, end in spans:
        if made and start <= made[-1][1]:
            made[-1] = (made[-1][0], max(made[-1][1], end))
        else:
            made.append((start, end))
    return made
