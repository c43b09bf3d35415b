"""Encounters: where two aircraft come inside both minima, in continuous time, from reports.

Here: the definition, the columns that go into the compiled kernel and the table that comes out.
Never here: reading of files, names of parties, verdicts. `encounters_plain` is the slow twin.

The definition, which both twins follow:

- A *leg* joins two consecutive reports of one aircraft that are at most `max_gap_s` apart. Along it
  the aircraft moves at constant speed on the WGS-84 geodesic ("geodesic") or straight in longitude
  and latitude, the short way round ("planar"); its altitude is linear in time. Outside legs it is
  nowhere.
- A leg faster than `SPEED_MAX_MPS` was not flown (spoofing, a clock fault): it is left out and
  counted.
- Horizontal distance is the WGS-84 geodesic distance of the surface positions. A pair is *inside*
  when horizontal < minimum and vertical < minimum, both by more than `TOLERANCE_M`: flight levels
  stand exactly on a minimum and float noise must not decide.
- An *episode* is one unbroken time inside; breaks up to `MERGE_US` are float noise. One row each.
- Pairs are computed in the order of their ids, whatever the order of the inputs: the same reports
  give the same bits.

How: legs are cut into pieces whose ECEF chord leaves the path by at most `CHORD_ERROR_M`, so that
the relative motion of two pieces is linear and the times inside are roots of a quadratic. Time
slices and cells of the earth's box choose which pieces are tried; a pair of pieces belongs to the
slice in which its common time begins, so slices and cells never change a result.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from numpy.typing import NDArray

from parley.detect.legs import MEAN_RADIUS_M, Pieces, cut_pieces, distances_at_m
from parley.detect.legs import SPEED_MAX_MPS as SPEED_MAX_MPS
from parley.detect.legs import Legs as Legs
from parley.detect.legs import flown_legs as flown_legs
from parley.detect.legs import legs_from_tracks as legs_from_tracks
from parley.world.faults import InputFault
from parley.world.time import MICROSECONDS_PER_SECOND

if TYPE_CHECKING:
    from parley.world.track import Track

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Progress = Callable[[int, int], None]
"""Told how much of the work is done, and how much there is."""

TOLERANCE_M = 0.01
"""Nearer to a minimum than this counts as at the minimum, and that is not inside (DESIGN 4.10)."""
MERGE_US = 1
"""Two parts of an episode no further apart than this are one: the resolution of an instant."""
HORIZONTAL_MAX_M = 277_800.0
"""150 NM: up to here chord and geodesic convert within 0.5 m, whatever latitude and bearing."""

_SLICE_COUNT_MAX = 1 << 21
_ENTRIES_PER_SCAN = 1 << 16


class Minima(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The distances of which both must be undercut: horizontal_m (surface) and vertical_m."""

    horizontal_m: float
    vertical_m: float

    def __post_init__(self) -> None:
        if not TOLERANCE_M < self.horizontal_m <= HORIZONTAL_MAX_M:
            raise InputFault(
                "horizontal minimum in metres",
                value=self.horizontal_m,
                wanted=f"more than {TOLERANCE_M} and at most {HORIZONTAL_MAX_M:.0f}",
            )
        if not (self.vertical_m > TOLERANCE_M and math.isfinite(self.vertical_m)):
            raise InputFault(
                "vertical minimum in metres",
                value=self.vertical_m,
                wanted=f"a finite number above {TOLERANCE_M}",
            )


@dataclass(frozen=True, slots=True, eq=False)
class EncounterTable:
    """One row per pair and episode, sorted by pair and time; `a` < `b` index `ids`.

    `least_vertical_m` is the least within the episode; `vertical_then_m` that at the least
    horizontal distance. `dwell_s` comes from the unrounded ends.
    """

    ids: tuple[str, ...]
    a: Ints
    b: Ints
    from_us: Ints
    to_us: Ints
    dwell_s: Floats
    least_horizontal_m: Floats
    least_horizontal_at_us: Ints
    vertical_then_m: Floats
    least_vertical_m: Floats

    def __len__(self) -> int:
        return int(self.a.shape[0])

    def pairs(self) -> list[tuple[str, str]]:
        """Return the different pairs of ids in order."""
        both = sorted(set(zip(self.a.tolist(), self.b.tolist(), strict=True)))
        return [(self.ids[a], self.ids[b]) for a, b in both]


class Episode(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One unbroken time of a pair inside both minima."""

    from_us: int
    to_us: int
    dwell_s: float


class PairEncounter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How close two aircraft came in all their common time, and their episodes inside the minima.

    The least distances belong to the whole common time, also outside the minima; `least_vertical_m`
    may be at another time than `at_us`.
    """

    a: str
    b: str
    least_horizontal_m: float
    at_us: int
    vertical_then_m: float
    least_vertical_m: float
    episodes: tuple[Episode, ...]


def chord_from_geodesic_m(distance_m: float) -> float:
    """Return the chord in metres between surface points that are `distance_m` apart.

    >>> round(9260.0 - chord_from_geodesic_m(9260.0), 5)
    0.00082
    """
    return 2.0 * MEAN_RADIUS_M * math.sin(distance_m / (2.0 * MEAN_RADIUS_M))


@dataclass(frozen=True, slots=True, eq=False)
class EpisodeParts:
    """Unbroken times of pairs inside, sorted by pair and time, not yet rounded to instants.

    What `find_encounters` rounds into a table; from parts of one whole that share `base_us`, the
    parts of one pair join exactly (`review.partitions`). Times are seconds after `base_us`;
    `least_chord_m`, by which the closest instant is chosen, is between points on the ellipsoid.
    """

    ids: tuple[str, ...]
    base_us: int
    a: Ints
    b: Ints
    from_s: Floats
    to_s: Floats
    least_chord_m: Floats
    least_at_s: Floats
    vertical_then_m: Floats
    least_vertical_m: Floats
    least_horizontal_m: Floats

    def __len__(self) -> int:
        return int(self.a.shape[0])


def find_encounters(
    legs: Legs, minima: Minima, progress: Progress | None = None, base_us: int | None = None
) -> EncounterTable:
    """Return one row per pair and episode inside both minima, sorted by pair and time.

    Args:
        legs: from `legs_from_tracks`.
        minima: both must be undercut, by more than `TOLERANCE_M`.
        progress: called now and then with how much is done and how much there is.
        base_us: from where times are counted inside, no later than any leg; by default the first
            leg. The last bits of a row depend on it.

    Example: two aircraft on one meridian, nose to nose; see tests/detect/test_encounters.py.
    """
    return encounter_table(find_parts(legs, minima, progress, base_us))


def encounter_table(parts: EpisodeParts) -> EncounterTable:
    """Return episodes with their times as instants, rounded to the nearest microsecond."""
    return EncounterTable(
        ids=parts.ids,
        a=parts.a,
        b=parts.b,
        from_us=instants_us(parts.from_s, parts.base_us),
        to_us=instants_us(parts.to_s, parts.base_us),
        dwell_s=parts.to_s - parts.from_s,
        least_horizontal_m=parts.least_horizontal_m,
        least_horizontal_at_us=instants_us(parts.least_at_s, parts.base_us),
        vertical_then_m=parts.vertical_then_m,
        least_vertical_m=parts.least_vertical_m,
    )


def find_parts(
    legs: Legs, minima: Minima, progress: Progress | None = None, base_us: int | None = None
) -> EpisodeParts:
    """Return the episodes of `find_encounters` before rounding; arguments as there."""
    from parley.detect import encounters_kernel as kernel

    pieces = cut_pieces(legs, base_us)
    if len(legs) == 0:
        return _parts(legs, pieces, np.empty((0, 8)))
    limits = (
        chord_from_geodesic_m(minima.horizontal_m - TOLERANCE_M),
        minima.vertical_m - TOLERANCE_M,
    )
    slice_s = _slice_s(pieces, limits[0])
    groups = kernel.make_groups(pieces.aircraft, pieces.arrays(), slice_s)
    extent_m = float(np.median(groups[1][:, 1:6:2] - groups[1][:, 0:6:2]))
    reach_m = 0.5 * limits[0] + 1.0
    cell_m = max(1000.0, 2.0 * reach_m + extent_m)
    key, owner = kernel.make_entries(*groups, reach_m, cell_m)
    order = np.argsort(key, kind="stable")
    key, owner = key[order], owner[order]
    found: list[Floats] = []
    for first, last in _runs(key):
        rows = kernel.scan(
            pieces.arrays(),
            pieces.aircraft,
            groups,
            key[first:last],
            owner[first:last],
            (slice_s, cell_m, reach_m),
            limits,
        )
        found.append(rows)
        if progress is not None:
            progress(last, key.shape[0])
    return _parts(legs, pieces, np.concatenate(found))


def _slice_s(pieces: Pieces, chord_m: float) -> float:
    """Return the length of a time slice: about the time in which an aircraft covers the minimum.

    Shorter where one is much faster than the mean, for its box must not cover many cells; longer
    where the time from first to last would need more slices than a key can number.
    """
    length_m = np.linalg.norm(pieces.end_m - pieces.start_m, axis=-1)
    spans_s = pieces.span_s[:, 1] - pieces.span_s[:, 0]
    mean_mps = max(float(length_m.sum() / spans_s.sum()), 1.0)
    fastest_mps = max(float((length_m / spans_s).max()), 1.0)
    slice_s = min(chord_m / mean_mps, 8.0 * chord_m / fastest_mps, 300.0)
    whole_s = float(pieces.span_s[:, 1].max())
    return float(max(slice_s, 1.0, whole_s / (_SLICE_COUNT_MAX - 2)))


def _runs(key: Ints) -> list[tuple[int, int]]:
    """Return bounds that cut sorted keys into parts of some size, never between equal keys."""
    bounds = [0]
    while bounds[-1] < key.shape[0]:
        aim = min(bounds[-1] + _ENTRIES_PER_SCAN, key.shape[0])
        bounds.append(int(np.searchsorted(key, key[aim - 1], side="right")))
    return list(pairwise(bounds))


def _parts(legs: Legs, pieces: Pieces, found: Floats) -> EpisodeParts:
    """Return the episodes made of the kernel's meetings of pieces."""
    from parley.detect import encounters_kernel as kernel

    one = pieces.aircraft[found[:, 6].astype(np.int64)]
    other = pieces.aircraft[found[:, 7].astype(np.int64)]
    order = np.lexsort((found[:, 0], other, one))
    found, one, other = found[order], one[order], other[order]
    rows, origin = kernel.merge(found, one, other, MERGE_US / MICROSECONDS_PER_SECOND)
    return EpisodeParts(
        ids=legs.ids,
        base_us=pieces.base_us,
        a=one[origin],
        b=other[origin],
        from_s=rows[:, 0],
        to_s=rows[:, 1],
        least_chord_m=rows[:, 2],
        least_at_s=rows[:, 3],
        vertical_then_m=rows[:, 4],
        least_vertical_m=rows[:, 5],
        least_horizontal_m=_least_m(legs, pieces, rows),
    )


def _least_m(legs: Legs, pieces: Pieces, rows: Floats) -> Floats:
    """Return the geodesic distances of rows of the kernel at their closest instants."""
    leg_a = pieces.leg[rows[:, 6].astype(np.int64)]
    leg_b = pieces.leg[rows[:, 7].astype(np.int64)]
    return distances_at_m(legs, leg_a, leg_b, rows[:, 3], pieces.base_us)


def instants_us(at_s: Floats, base_us: int) -> Ints:
    """Return instants in microseconds from seconds after a base, rounded to the nearest."""
    return np.rint(at_s * MICROSECONDS_PER_SECOND).astype(np.int64) + base_us


def closest_pair(
    track_a: Track, track_b: Track, minima: Minima, *, max_gap_s: float = math.inf
) -> PairEncounter | None:
    """Return how close two aircraft came in all their common time, or None if they share none.

    `a` and `b` of the answer are the ids in order, whatever the order of the arguments.

    Raises:
        InputFault: one id twice, or two altitude references.
    """
    from parley.detect import encounters_kernel as kernel

    legs = legs_from_tracks((track_a, track_b), max_gap_s)
    pieces = cut_pieces(legs)
    split = int(np.searchsorted(pieces.aircraft, 1))
    best = np.empty((1, 8), dtype=np.float64)
    if not kernel.closest(pieces.arrays(), split, best):
        return None
    table = find_encounters(legs, minima)
    episodes = tuple(
        Episode(from_us=from_us, to_us=to_us, dwell_s=dwell_s)
        for from_us, to_us, dwell_s in zip(
            table.from_us.tolist(), table.to_us.tolist(), table.dwell_s.tolist(), strict=True
        )
    )
    return PairEncounter(
        a=legs.ids[0],
        b=legs.ids[1],
        least_horizontal_m=float(_least_m(legs, pieces, best)[0]),
        at_us=int(instants_us(best[:, 3], pieces.base_us)[0]),
        vertical_then_m=float(best[0, 4]),
        least_vertical_m=float(best[0, 5]),
        episodes=episodes,
    )


def warm() -> None:
    """Compile the kernel (or load it from the cache) by running it once on two aircraft."""
    zero, one = np.zeros(2), np.array([0.0, 0.01])
    legs = Legs(
        ids=("a", "b"),
        alt_reference="STD",
        aircraft=np.array([0, 1], dtype=np.int64),
        from_us=np.zeros(2, dtype=np.int64),
        to_us=np.full(2, 10 * MICROSECONDS_PER_SECOND, dtype=np.int64),
        lat_from_deg=zero,
        lon_from_deg=zero,
        lat_to_deg=one,
        lon_to_deg=one,
        alt_from_m=zero,
        alt_to_m=zero,
        is_planar=np.zeros(2, dtype=np.bool_),
        gaps=0,
        too_fast=0,
    )
    find_encounters(legs, Minima(horizontal_m=1000.0, vertical_m=100.0))
    from parley.detect import encounters_kernel as kernel

    pieces = cut_pieces(legs)
    kernel.closest(pieces.arrays(), 1, np.empty((1, 8)))


def kernel_name() -> str:
    """Return what computes, for a record that must say so: the compiler and its version."""
    import numba

    return f"parley.detect.encounters (numba {numba.__version__}, fastmath off, one thread)"
