"""Partitions of a batch study: by day and coarse cell, with a halo; each studied, then joined.

Here: which partitions there are, what is computed in one of them, and how the parts of an episode
found in several become one. Never here: reading reports (`store.parquet_days`), processes, files.

Why no encounter is lost and none counts twice, whatever the partitions:

- Cells are boxes of ECEF space, half open, that together hold the earth; neither poles nor the
  antimeridian are special. Times are half open and together hold the study.
- Two aircraft that are inside at an instant are so in one partition's time, and one of them in one
  partition's box. That partition has both their legs: it reads every leg that comes within
  `reach_m` of its box in its time, wherever the reports at its ends are. No flown leg is longer
  than `SPEED_MAX_MPS` x `max_gap_s`; that bounds where its ends are looked for.
- Legs are made before anything is left out for its place, so that no leg joins reports between
  which there was another.
- Every partition counts time from one base and cuts a leg in the same pieces, so what two legs give
  is the same to the last bit wherever they are met. Joining takes the least, the greatest and the
  first: what was found in two partitions counts once.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields

import msgspec
import numpy as np
from numpy.typing import NDArray

from parley.detect.encounters import (
    MERGE_US,
    SPEED_MAX_MPS,
    EpisodeParts,
    Legs,
    Minima,
    find_parts,
    flown_legs,
)
from parley.detect.legs import select_legs
from parley.review.study import DAY_US, EncounterRow
from parley.world.faults import InputFault
from parley.world.place import checked_name
from parley.world.time import MICROSECONDS_PER_SECOND, format_second

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Triple = tuple[float, float, float]

HOUR_US = 3_600_000_000
EARTH_M = 8_192_000.0
"""Half a side of the box that holds the earth, as a survey's cubes have it."""
CUBE_M = 512_000.0
REACH_MARGIN_M = 100.0
"""Far above what chords (0.05 m) and box coordinates leave open."""
_EVERYWHERE: tuple[Triple, Triple] = ((-EARTH_M,) * 3, (EARTH_M,) * 3)


class Partition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A time and a box of ECEF metres, both half open."""

    from_us: int
    to_us: int
    low_m: Triple = _EVERYWHERE[0]
    high_m: Triple = _EVERYWHERE[1]
    rows: int = 0
    """Reports that are about to be read for it, by the survey."""

    @property
    def is_everywhere(self) -> bool:
        """Whether the box holds the whole earth."""
        return (self.low_m, self.high_m) == _EVERYWHERE

    def label(self) -> str:
        """Return the partition in words, for a message."""
        when = f"{format_second(self.from_us)} to {format_second(self.to_us)}"
        if self.is_everywhere:
            return when
        sides_km = [f"{low / 1000:.0f}..{high / 1000:.0f}"
                    for low, high in zip(self.low_m, self.high_m, strict=True)]  # fmt: skip
        return f"{when}, ECEF {' '.join(sides_km)} km"


class Halo(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far around a partition is read."""

    gap_us: int
    reach_m: float
    leg_m: float

    @staticmethod
    def of(minima: Minima, max_gap_s: float) -> Halo:
        """Return the halo that loses nothing: one gap of time, one minimum of distance.

        >>> halo = Halo.of(Minima(horizontal_m=9260.0, vertical_m=304.8), 60.0)
        >>> halo.gap_us, halo.reach_m, halo.leg_m
        (60000001, 9360.0, 120000.0)
        """
        if not 0.0 < max_gap_s <= DAY_US / MICROSECONDS_PER_SECOND:
            raise InputFault("longest gap in seconds", value=max_gap_s,
                             wanted="more than 0 and at most a day (86400)")  # fmt: skip
        return Halo(
            gap_us=math.ceil(max_gap_s * MICROSECONDS_PER_SECOND) + 1,
            reach_m=minima.horizontal_m + REACH_MARGIN_M,
            leg_m=SPEED_MAX_MPS * max_gap_s,
        )


# ---- planning -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Squares:
    """Where and when reports are: cubes of `CUBE_M` and hours, with the count in each."""

    hour: Ints
    cube: Ints
    count: Ints

    @staticmethod
    def of(rows: Iterable[tuple[int, int, int, int, int]]) -> Squares:
        """Return the counts of surveys (hour, x, y, z, count), those of one place summed."""
        table = np.array(list(rows), dtype=np.int64).reshape(-1, 5)
        where, place = np.unique(table[:, :4], axis=0, return_inverse=True)
        count = np.zeros(len(where), dtype=np.int64)
        np.add.at(count, place.ravel(), table[:, 4])
        return Squares(hour=where[:, 0], cube=where[:, 1:], count=count)

    def inside(self, partition: Partition, halo: Halo) -> tuple[int, int]:
        """Return how many reports are in a partition, about, and at most in it and around it."""
        low_us, high_us = self.hour * HOUR_US, (self.hour + 1) * HOUR_US
        shared_us = np.clip(
            np.minimum(high_us, partition.to_us) - np.maximum(low_us, partition.from_us), 0, None
        )
        around = (high_us > partition.from_us - halo.gap_us) & (
            low_us < partition.to_us + halo.gap_us
        )
        core = self.count * (shared_us / HOUR_US)
        margin_m = halo.reach_m + halo.leg_m
        for axis in range(3):
            low_m = self.cube[:, axis] * CUBE_M - EARTH_M
            shared_m = np.clip(
                np.minimum(low_m + CUBE_M, partition.high_m[axis])
                - np.maximum(low_m, partition.low_m[axis]), 0.0, None,
            )  # fmt: skip
            core = core * (shared_m / CUBE_M)
            around &= (low_m + CUBE_M > partition.low_m[axis] - margin_m) & (
                low_m < partition.high_m[axis] + margin_m
            )
        return round(float(core.sum())), int(self.count[around].sum())


def plan_partitions(
    squares: Squares,
    span_us: tuple[int, int],
    halo: Halo,
    rows_max: int,
    *,
    by_place: bool = True,
) -> list[Partition]:
    """Return partitions that together hold the study, each of about `rows_max` reports at most.

    Days first; a day with more is halved by place down to coarse cells, then by time. Partitions
    that no report's leg can touch are left out.

    Args:
        squares: from the surveys.
        span_us: the first report's time and the last's.
        halo: how far around a partition is read.
        rows_max: more reports than this are split further.
        by_place: False where every partition must hold all places.
    """
    first_us = span_us[0] // DAY_US * DAY_US
    open_parts = [
        Partition(from_us=day_us, to_us=day_us + DAY_US)
        for day_us in range(first_us, span_us[1] + 1, DAY_US)
    ]
    planned: list[Partition] = []
    while open_parts:
        part = open_parts.pop()
        core, around = squares.inside(part, halo)
        if not around:
            continue
        halves = _halves(part, squares, halo, by_place=by_place) if core > rows_max else None
        if halves is None:
            planned.append(msgspec.structs.replace(part, rows=core))
        else:
            open_parts.extend(halves)
    return sorted(planned, key=lambda part: (part.from_us, part.to_us, part.low_m))


def _halves(
    part: Partition, squares: Squares, halo: Halo, *, by_place: bool
) -> tuple[Partition, Partition] | None:
    """Return the fairest halves of a partition in whole cubes, else by time; None if too small."""
    cuts: list[tuple[int, tuple[Partition, Partition]]] = []
    for axis in range(3 if by_place else 0):
        if part.high_m[axis] - part.low_m[axis] >= 2.0 * CUBE_M:
            halves = halved_in_place(part, axis)
            cuts.append((max(squares.inside(half, halo)[0] for half in halves), halves))
    if cuts:
        # Where all reports are in one half the other costs nothing: it is cut off.
        return min(cuts, key=lambda cut: cut[0])[1]
    return halved_in_time(part, halo)


def halved_in_place(part: Partition, axis: int) -> tuple[Partition, Partition]:
    """Return a partition cut in the middle of one axis (0, 1, 2 for x, y, z)."""
    middle_m = 0.5 * (part.low_m[axis] + part.high_m[axis])
    low, high = list(part.low_m), list(part.high_m)
    low[axis] = high[axis] = middle_m
    return (
        msgspec.structs.replace(part, high_m=(high[0], high[1], high[2])),
        msgspec.structs.replace(part, low_m=(low[0], low[1], low[2])),
    )


def halved_in_time(part: Partition, halo: Halo) -> tuple[Partition, Partition] | None:
    """Return a partition cut in the middle of its time; None where the halo would be all of it."""
    if part.to_us - part.from_us < 2 * halo.gap_us:
        return None
    middle_us = (part.from_us + part.to_us) // 2
    return (
        msgspec.structs.replace(part, to_us=middle_us),
        msgspec.structs.replace(part, from_us=middle_us),
    )


def split_further(
    part: Partition, halo: Halo, *, by_place: bool = True
) -> tuple[Partition, Partition]:
    """Return the halves of a partition that turned out to hold too much.

    Raises:
        InputFault: it is so small that halves would hold as much.
    """
    halves = halved_in_time(part, halo)
    if halves is not None:
        return halves
    sides_m = [high - low for low, high in zip(part.low_m, part.high_m, strict=True)]
    axis = sides_m.index(max(sides_m))
    if not by_place or sides_m[axis] < 2.0 * (halo.reach_m + halo.leg_m):
        raise InputFault(
            f"reports of {part.label()}", value="more than fit in memory",
            wanted="fewer in the smallest partition",
            repair="give more with --memory, or join less with a shorter --max-gap",
        )  # fmt: skip
    return halved_in_place(part, axis)


# ---- one partition ------------------------------------------------------------------------------


class PartCounts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a partition's own reports were: each report and leg of a study is in one partition."""

    reports: int = 0
    """Used, without repeats."""
    repeated: int = 0
    legs: int = 0
    too_fast: int = 0
    ends: int = 0
    """Reports after which the aircraft was not watched for a while, or at all."""
    aircraft: tuple[str, ...] = ()

    def plus(self, other: PartCounts) -> PartCounts:
        """Return the counts of two parts together."""
        return PartCounts(
            reports=self.reports + other.reports,
            repeated=self.repeated + other.repeated,
            legs=self.legs + other.legs,
            too_fast=self.too_fast + other.too_fast,
            ends=self.ends + other.ends,
            aircraft=tuple(sorted({*self.aircraft, *other.aircraft})),
        )

    @property
    def gaps(self) -> int:
        """Pairs of consecutive reports too far apart, if these are the counts of a whole study.

        An aircraft watched in n unbroken times has n ends and n - 1 gaps.
        """
        return self.ends - len(self.aircraft)


class TwoPlaces(Exception):  # noqa: N818  it is a finding that the reader of files turns into a fault
    """One aircraft has two positions at one instant; whoever has the files names the rows."""

    def __init__(self, name: str, at_us: int) -> None:
        super().__init__(f"{name} at {at_us}")
        self.name = name
        self.at_us = at_us


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """Reports with the next one of the same aircraft; `names` sorted.

    `next_us` is -1 where no next report is known.
    """

    names: tuple[str, ...]
    aircraft: Ints
    t_us: Ints
    lat_deg: Floats
    lon_deg: Floats
    alt_m: Floats
    next_us: Ints
    next_lat_deg: Floats
    next_lon_deg: Floats
    next_alt_m: Floats
    core: Bools

    @staticmethod
    def of(names: list[str], columns: Mapping[str, NDArray[np.generic]]) -> Steps:
        """Return columns, of which `aircraft` indexes `names` in any order, sorted by both."""
        for name in names:
            checked_name(name, "icao24")
        order = sorted(range(len(names)), key=names.__getitem__)
        rank = np.empty(len(names), dtype=np.int64)
        rank[order] = np.arange(len(names))
        aircraft = rank[np.asarray(columns["aircraft"], dtype=np.int64)]
        sort = np.lexsort((columns["t_us"], aircraft))
        kinds = {"t_us": np.int64, "next_us": np.int64, "core": np.bool_}
        rest: dict[str, NDArray[np.generic]] = {
            field.name: np.asarray(columns[field.name])[sort].astype(
                kinds.get(field.name, np.float64), copy=False
            )
            for field in fields(Steps)[2:]
        }
        return Steps(names=tuple(names[k] for k in order), aircraft=aircraft[sort], **rest)  # type: ignore[arg-type]  # each column has its own type


def study_part(
    steps: Steps, part: Partition, minima: Minima, max_gap_s: float, base_us: int
) -> tuple[EpisodeParts, PartCounts]:
    """Return what is found in one partition, and what its own reports were.

    Args:
        steps: of the partition and its halo.
        part: the partition.
        minima: both must be undercut.
        max_gap_s: reports further apart are not joined.
        base_us: from where the whole study counts time.

    Raises:
        TwoPlaces: one aircraft at two places at one instant.
    """
    again = steps.next_us == steps.t_us
    _verify_one_place(steps, again)
    known = steps.next_us >= 0
    span_s = np.where(known, steps.next_us - steps.t_us, 0) / MICROSECONDS_PER_SECOND
    near = known & ~again & (span_s <= max_gap_s)
    legs = _legs(steps, near)
    own = flown_legs(select_legs(legs, steps.core[near]))
    seen = np.unique(steps.aircraft[steps.core]).tolist()
    counts = PartCounts(
        reports=int((steps.core & ~again).sum()),
        repeated=int((steps.core & again).sum()),
        legs=len(own),
        too_fast=own.too_fast,
        ends=int((steps.core & ~near & ~again).sum()),
        aircraft=tuple(steps.names[k] for k in seen),
    )
    meets = (legs.to_us >= part.from_us) & (legs.from_us < part.to_us)
    return find_parts(flown_legs(select_legs(legs, meets)), minima, base_us=base_us), counts


def _verify_one_place(steps: Steps, again: Bools) -> None:
    differs = (
        (steps.lat_deg != steps.next_lat_deg)
        | (steps.lon_deg != steps.next_lon_deg)
        | (steps.alt_m != steps.next_alt_m)
    )
    bad = np.flatnonzero(again & differs)
    if bad.size:
        row = int(bad[0])
        raise TwoPlaces(steps.names[steps.aircraft[row]], int(steps.t_us[row]))


def _legs(steps: Steps, near: Bools) -> Legs:
    """Return the legs of the steps marked `near`."""
    return Legs(
        ids=steps.names,
        alt_reference="STD",
        aircraft=steps.aircraft[near],
        from_us=steps.t_us[near],
        to_us=steps.next_us[near],
        lat_from_deg=steps.lat_deg[near],
        lon_from_deg=steps.lon_deg[near],
        lat_to_deg=steps.next_lat_deg[near],
        lon_to_deg=steps.next_lon_deg[near],
        alt_from_m=steps.alt_m[near],
        alt_to_m=steps.next_alt_m[near],
        is_planar=np.zeros(int(near.sum()), dtype=np.bool_),
        gaps=0,
        too_fast=0,
    )


# ---- joining ------------------------------------------------------------------------------------


class EpisodePart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One row of `EpisodeParts` with its names; fields as there."""

    a: str
    b: str
    from_s: float
    to_s: float
    least_chord_m: float
    least_at_s: float
    vertical_then_m: float
    least_vertical_m: float
    least_horizontal_m: float


PART_COLUMNS = tuple(field.name for field in msgspec.structs.fields(EpisodePart))


def part_columns(parts: EpisodeParts) -> dict[str, list[object]]:
    """Return the columns of `PART_COLUMNS` as plain values."""
    columns: dict[str, list[object]] = {
        "a": [parts.ids[k] for k in parts.a.tolist()],
        "b": [parts.ids[k] for k in parts.b.tolist()],
    }
    for name in PART_COLUMNS[2:]:
        columns[name] = getattr(parts, name).tolist()
    return columns


def joined_rows(parts: Iterable[EpisodePart], base_us: int) -> Iterator[EncounterRow]:
    """Yield the episodes of a study from the parts of all partitions, sorted by pair and `from_s`.

    Parts of one pair no further apart than `MERGE_US` are one episode; a part found twice counts
    once.
    """
    held: EpisodePart | None = None
    for part in parts:
        if held is None:
            held = part
        elif (
            part.a == held.a
            and part.b == held.b
            and part.from_s - held.to_s <= MERGE_US / MICROSECONDS_PER_SECOND
        ):
            held = _joined(held, part)
        else:
            yield _row(held, base_us)
            held = part
    if held is not None:
        yield _row(held, base_us)


def _joined(one: EpisodePart, other: EpisodePart) -> EpisodePart:
    """Return two parts of one episode as one; the closest instant is the earlier of equals."""
    nearest = min(one, other, key=lambda part: (part.least_chord_m, part.least_at_s))
    return msgspec.structs.replace(
        nearest,
        from_s=min(one.from_s, other.from_s),
        to_s=max(one.to_s, other.to_s),
        least_vertical_m=min(one.least_vertical_m, other.least_vertical_m),
    )


def _row(part: EpisodePart, base_us: int) -> EncounterRow:
    return EncounterRow(
        pair=(part.a, part.b),
        from_us=round(part.from_s * MICROSECONDS_PER_SECOND) + base_us,
        to_us=round(part.to_s * MICROSECONDS_PER_SECOND) + base_us,
        dwell_s=part.to_s - part.from_s,
        least_horizontal_m=part.least_horizontal_m,
        least_horizontal_at_us=round(part.least_at_s * MICROSECONDS_PER_SECOND) + base_us,
        vertical_then_m=part.vertical_then_m,
        least_vertical_m=part.least_vertical_m,
    )
