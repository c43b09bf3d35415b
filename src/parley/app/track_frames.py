"""Track frames: the live picture as columns of bytes, for the console and for recordings.

Only reading the picture. A frame is a header of 40 bytes and then columns, little-endian, 26 bytes
a track; docs/console.md has the table. Aircraft are numbers in it; `TrackNames` says whose. Nothing
is decided here: place, motion and status are those that the picture believes.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec
import numpy as np
from numpy.typing import NDArray

from parley.node.belief import Track
from parley.node.coasting import COASTING_AGE_US, COASTING_LEAST_US, STATUS_WORDS, status
from parley.node.picture import STALE_US, Picture
from parley.world.geo import GEOD
from parley.world.units import MICROSECONDS_PER_SECOND
from parley.world.volume import ALTITUDE_REFERENCES

MAGIC = b"PTF1"
HEADER = struct.Struct("<4sHHIIqqq")
"""Magic, version, flags, tracks here, tracks left out, node's time, newest report, reserved."""
HEADER_BYTES = HEADER.size
TRACK_BYTES = 26
PART, RECORDED = 1, 2
"""Flags: not every track is here; from a recording."""
NO_COURSE = 0xFFFF
"""Course of an aircraft of which no motion is known; its speed and climb say nothing then."""
SHOWN_US = 600 * MICROSECONDS_PER_SECOND
"""A stale track is shown at its last place for so long, as stale, with its age."""
_COLUMNS: tuple[tuple[str, str], ...] = (
    ("number", "<u4"), ("lat_e7", "<i4"), ("lon_e7", "<i4"), ("altitude_dm", "<i4"),
    ("speed_dmps", "<u2"), ("course_cdeg", "<u2"), ("climb_cmps", "<i2"), ("age_ds", "<u2"),
    ("status", "u1"), ("reference", "u1"),
)  # fmt: skip
ROW = np.dtype(list(_COLUMNS))
assert ROW.itemsize == TRACK_BYTES
_MOTION_LEAST_US = 500_000
_STATUS_NUMBERS = {word: number for number, word in enumerate(STATUS_WORDS)}
_REFERENCE_NUMBERS = {word: number for number, word in enumerate(ALTITUDE_REFERENCES)}


class NamedTrack(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """The number of an aircraft in frames, its name, and whose it is as far as its feed says."""

    number: int
    aircraft: str
    party: str | None


@dataclass(slots=True)
class TrackNames:
    """Numbers of aircraft, one for each name and party, never used again."""

    known: dict[tuple[str, str | None], int] = field(default_factory=dict)
    named: list[NamedTrack] = field(default_factory=list)

    def number_of(self, aircraft: str, party: str | None) -> int:
        """Return the number of an aircraft, a new one if it has none."""
        known = self.known.get((aircraft, party))
        if known is None:
            known = self.known[(aircraft, party)] = len(self.named)
            self.named.append(NamedTrack(number=known, aircraft=aircraft, party=party))
        return known


@dataclass(slots=True)
class _Row:
    place: int
    received_us: int
    look_us: int


class TrackColumns:
    """The picture as rows, of which only those that changed are made anew.

    Args:
        names: gives the numbers.
    """

    def __init__(self, names: TrackNames) -> None:
        self.names = names
        self._rows: NDArray[np.void] = np.zeros(64, ROW)
        self._time_us: NDArray[np.int64] = np.zeros(64, np.int64)
        self._of: dict[str, _Row] = {}

    def frame(self, picture: Picture, now_us: int, *, flags: int = 0) -> bytes:
        """Return the frame of what the picture believes now, in no order that means anything."""
        self._take(picture, now_us)
        count = len(self._of)
        rows, time_us = self._rows[:count].copy(), self._time_us[:count]
        age_ds = (now_us - time_us) // 100_000
        rows["age_ds"] = np.clip(age_ds, 0, 0xFFFF)
        kept = age_ds <= SHOWN_US // 100_000
        newest_us = int(time_us.max()) if count else 0
        return encode_frame(rows[kept], now_us, newest_us, flags=flags)

    def _take(self, picture: Picture, now_us: int) -> None:
        if len(picture.aircraft) > len(self._rows):
            more = max(len(picture.aircraft), 2 * len(self._rows)) - len(self._rows)
            self._rows = np.concatenate([self._rows, np.zeros(more, ROW)])
            self._time_us = np.concatenate([self._time_us, np.zeros(more, np.int64)])
        if not self._of.keys() <= picture.aircraft.keys():
            self._of = {}
        places: list[int] = []
        values: list[tuple[int, ...]] = []
        for name, track in picture.aircraft.items():
            row = self._of.get(name)
            if row is None:
                row = self._of[name] = _Row(len(self._of), -1, now_us)
            if row.received_us != track.received_us or now_us >= row.look_us:
                places.append(row.place)
                values.append(self._row(picture, name, track, now_us))
                self._time_us[row.place] = track.time_us
                row.received_us = track.received_us
                row.look_us = _look_again_us(track, now_us)
        if places:
            # All at once: assigning field by field takes longer than everything else here.
            self._rows[places] = np.array(values, ROW)

    def _row(self, picture: Picture, name: str, track: Track, now_us: int) -> tuple[int, ...]:
        last = track.last
        speed_mps, course_deg, climb_mps = motion_of(track)
        return (
            self.names.number_of(name, track.party),
            round(last.lat_deg * 1e7),
            round(last.lon_deg * 1e7),
            round(last.altitude_m * 10),
            min(round(speed_mps * 10), 0xFFFF),
            NO_COURSE if course_deg is None else round(course_deg * 100) % 36_000,
            max(-32_767, min(32_767, round(climb_mps * 100))),
            0,
            _STATUS_NUMBERS[status(picture, name, now_us).word],
            _REFERENCE_NUMBERS[last.altitude_reference],
        )


def _look_again_us(track: Track, now_us: int) -> int:
    """Return when a status may be another one though no report came."""
    soonest_us = min(
        track.received_us + COASTING_LEAST_US, track.time_us + COASTING_AGE_US,
        track.last.at_us + STALE_US,
    ) + 1  # fmt: skip
    return soonest_us if soonest_us > now_us else now_us + MICROSECONDS_PER_SECOND


def motion_of(track: Track) -> tuple[float, float | None, float]:
    """Return speed over ground (m/s), course (degrees; None: not known) and climb (m/s).

    By the motion that the picture keeps, else by the newest two reports half a second apart.
    """
    if track.motion_mps is not None:
        east, north, up = track.motion_mps
        speed_mps = math.hypot(east, north)
        return speed_mps, math.degrees(math.atan2(east, north)) % 360.0, up
    last = track.last
    for before in reversed(track.reports):
        over_us = last.at_us - before.at_us
        if over_us < _MOTION_LEAST_US:
            continue
        course, _, way_m = GEOD.inv(before.lon_deg, before.lat_deg, last.lon_deg, last.lat_deg)
        over_s = over_us / MICROSECONDS_PER_SECOND
        same = before.altitude_reference == last.altitude_reference
        climb_mps = (last.altitude_m - before.altitude_m) / over_s if same else 0.0
        return way_m / over_s, course % 360.0, climb_mps
    return 0.0, None, 0.0


def encode_frame(
    rows: NDArray[np.void], now_us: int, newest_us: int, *, flags: int = 0, left_out: int = 0
) -> bytes:
    """Return a frame of rows."""
    count = len(rows)
    head = HEADER.pack(MAGIC, 1, flags, count, left_out, now_us, newest_us, 0)
    return head + b"".join(np.ascontiguousarray(rows[name]).tobytes() for name, _ in _COLUMNS)


def decode_frame(data: bytes) -> tuple[int, int, NDArray[np.void]]:
    """Return time, flags and rows of a frame that this node wrote.

    Raises:
        ValueError: it is no whole frame.
    """
    if len(data) < HEADER_BYTES:
        raise ValueError(f"frame has {len(data)} bytes, wanted {HEADER_BYTES} or more")
    magic, version, flags, count, _, now_us, _, _ = HEADER.unpack_from(data)
    if magic != MAGIC or version != 1 or len(data) != HEADER_BYTES + count * TRACK_BYTES:
        raise ValueError("frame is damaged, wanted its magic, version 1 and whole columns")
    rows, at = np.zeros(count, ROW), HEADER_BYTES
    for name, kind in _COLUMNS:
        dtype = np.dtype(kind)
        rows[name] = np.frombuffer(data, dtype, count, at)
        at += count * dtype.itemsize
    return now_us, flags, rows


def rows_within(
    rows: NDArray[np.void], box_deg: tuple[float, float, float, float], always: Iterable[int] = ()
) -> NDArray[np.void]:
    """Return the rows within west, south, east, north (over the antimeridian where east < west).

    Args:
        rows: of a frame.
        box_deg: what is looked at.
        always: numbers that are kept wherever they are: those in an alert, the one selected.
    """
    west, south, east, north = (round(value * 1e7) for value in box_deg)
    lon, lat = rows["lon_e7"], rows["lat_e7"]
    across = (lon >= west) & (lon <= east) if west <= east else (lon >= west) | (lon <= east)
    kept = across & (lat >= south) & (lat <= north)
    return rows[kept | np.isin(rows["number"], np.fromiter(always, np.uint32))]
