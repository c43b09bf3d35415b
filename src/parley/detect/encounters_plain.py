"""The slow plain twin of `encounters`: the same definition, found by search instead of algebra.

Here: every pair, every common piece of time, true geodesics at every step (pyproj), bisection for
the ends and a golden-section search for the least distance. No chords, no cells, no compiled code.
It is the oracle of the kernel in the tests and the baseline in the benchmarks; nothing in the
product calls it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from parley.detect.encounters import (
    MERGE_US,
    TOLERANCE_M,
    EncounterTable,
    Minima,
    instants_us,
)
from parley.detect.legs import Legs, distances_at_m, ecef_m, path_length_m
from parley.world.time import MICROSECONDS_PER_SECOND

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

SECTION_M = 1_000.0
"""Neither aircraft flies further in one section, so that the distance has one least value in it."""
_HALVINGS = 40
_GOLDEN_STEPS = 48
_GOLDEN_RATIO = 0.6180339887498949


@dataclass(slots=True, eq=False)
class _Sections:
    """Pieces of common time of two legs, seconds after the first report of all."""

    legs: Legs
    base_us: int
    leg_a: Ints
    leg_b: Ints
    from_s: Floats
    to_s: Floats

    def __len__(self) -> int:
        return int(self.leg_a.shape[0])

    def chosen(self, keep: NDArray[np.generic]) -> _Sections:
        """Return the sections that an index or a mask names."""
        return _Sections(
            legs=self.legs,
            base_us=self.base_us,
            leg_a=self.leg_a[keep],
            leg_b=self.leg_b[keep],
            from_s=self.from_s[keep],
            to_s=self.to_s[keep],
        )

    def within(self, from_s: Floats, to_s: Floats) -> _Sections:
        """Return the same legs with other times."""
        return _Sections(self.legs, self.base_us, self.leg_a, self.leg_b, from_s, to_s)

    def horizontal_m(self, at_s: Floats) -> Floats:
        """Return the geodesic distance of each section's aircraft at one instant each."""
        return distances_at_m(self.legs, self.leg_a, self.leg_b, at_s, self.base_us)

    def vertical_m(self, at_s: Floats) -> Floats:
        """Return how much higher the second aircraft is at one instant each."""
        return self._altitude_m(self.leg_b, at_s) - self._altitude_m(self.leg_a, at_s)

    def _altitude_m(self, leg: Ints, at_s: Floats) -> Floats:
        from_s = (self.legs.from_us[leg] - self.base_us) / MICROSECONDS_PER_SECOND
        to_s = (self.legs.to_us[leg] - self.base_us) / MICROSECONDS_PER_SECOND
        share = (at_s - from_s) / (to_s - from_s)
        return self.legs.alt_from_m[leg] * (1.0 - share) + self.legs.alt_to_m[leg] * share


@dataclass(slots=True, eq=False)
class _Reach:
    """Bounds per leg that let a pair of legs be skipped: two ends, length, altitudes."""

    start_m: Floats
    length_m: Floats
    low_m: Floats
    high_m: Floats


def find_encounters_plain(legs: Legs, minima: Minima) -> EncounterTable:
    """Return what `find_encounters` returns, by brute force over all pairs."""
    reach = _Reach(
        start_m=ecef_m(legs.lat_from_deg, legs.lon_from_deg),
        length_m=path_length_m(legs),
        low_m=np.minimum(legs.alt_from_m, legs.alt_to_m),
        high_m=np.maximum(legs.alt_from_m, legs.alt_to_m),
    )
    base_us = int(legs.from_us.min()) if len(legs) else 0
    bounds = np.searchsorted(legs.aircraft, np.arange(len(legs.ids) + 1))
    rows: list[tuple[float, ...]] = []
    for a in range(len(legs.ids)):
        for b in range(a + 1, len(legs.ids)):
            span_a, span_b = slice(bounds[a], bounds[a + 1]), slice(bounds[b], bounds[b + 1])
            if not _share_time(legs, span_a, span_b):
                continue
            sections = _common(legs, base_us, reach, minima, span_a, span_b)
            if len(sections):
                rows += [(a, b, *row) for row in _episodes(sections, reach, minima)]
    return _table(legs, base_us, rows)


def _share_time(legs: Legs, span_a: slice, span_b: slice) -> bool:
    """Return whether two aircraft are seen at all between the other's first and last report."""
    if span_a.start == span_a.stop or span_b.start == span_b.stop:
        return False
    first_us = max(legs.from_us[span_a.start], legs.from_us[span_b.start])
    last_us = min(legs.to_us[span_a.stop - 1], legs.to_us[span_b.stop - 1])
    return bool(first_us < last_us)


def _common(
    legs: Legs, base_us: int, reach: _Reach, minima: Minima, span_a: slice, span_b: slice
) -> _Sections:
    """Return the common times of two aircraft, without those that are surely too far apart."""
    from_a_us, to_a_us = legs.from_us[span_a], legs.to_us[span_a]
    from_b_us, to_b_us = legs.from_us[span_b], legs.to_us[span_b]
    first = np.searchsorted(to_b_us, from_a_us, side="right")
    last = np.searchsorted(from_b_us, to_a_us, side="left")
    count = np.maximum(last - first, 0)
    own = np.repeat(np.arange(count.shape[0]), count)
    leg_a = own + span_a.start
    step = np.arange(own.shape[0]) - np.repeat(np.cumsum(count) - count, count)
    leg_b = first[own] + step + span_b.start
    apart_m = np.linalg.norm(reach.start_m[leg_a] - reach.start_m[leg_b], axis=-1)
    near = apart_m - reach.length_m[leg_a] - reach.length_m[leg_b] < minima.horizontal_m
    near &= reach.low_m[leg_a] - reach.high_m[leg_b] < minima.vertical_m
    near &= reach.low_m[leg_b] - reach.high_m[leg_a] < minima.vertical_m
    leg_a, leg_b = leg_a[near], leg_b[near]
    from_us = np.maximum(legs.from_us[leg_a], legs.from_us[leg_b])
    to_us = np.minimum(legs.to_us[leg_a], legs.to_us[leg_b])
    return _Sections(
        legs=legs,
        base_us=base_us,
        leg_a=leg_a,
        leg_b=leg_b,
        from_s=(from_us - base_us) / MICROSECONDS_PER_SECOND,
        to_s=(to_us - base_us) / MICROSECONDS_PER_SECOND,
    )


def _episodes(sections: _Sections, reach: _Reach, minima: Minima) -> list[tuple[float, ...]]:
    """Return rows from, to, least distance, its time, vertical then, least vertical of one pair."""
    sections = _cut(sections, _parts(sections, reach))
    sections = _inside_vertically(sections, minima.vertical_m - TOLERANCE_M)
    sections = _inside_horizontally(sections, minima.horizontal_m - TOLERANCE_M)
    if not len(sections):
        return []
    at_s = _nearest_s(sections)
    least_m, then_m = sections.horizontal_m(at_s), np.abs(sections.vertical_m(at_s))
    one_m, other_m = sections.vertical_m(sections.from_s), sections.vertical_m(sections.to_s)
    crossed = np.sign(one_m) * np.sign(other_m) < 0.0
    low_m = np.where(crossed, 0.0, np.minimum(np.abs(one_m), np.abs(other_m)))
    rows: list[list[float]] = []
    for k in np.argsort(sections.from_s, kind="stable").tolist():
        found = [sections.from_s[k], sections.to_s[k], least_m[k], at_s[k], then_m[k], low_m[k]]
        if rows and found[0] - rows[-1][1] <= MERGE_US / MICROSECONDS_PER_SECOND:
            rows[-1][1] = max(rows[-1][1], found[1])
            rows[-1][5] = min(rows[-1][5], found[5])
            if found[2] < rows[-1][2]:
                rows[-1][2:5] = found[2:5]
        else:
            rows.append(found)
    return [tuple(row) for row in rows]


def _parts(sections: _Sections, reach: _Reach) -> Ints:
    """Return into how many parts each section must be cut to be no longer than `SECTION_M`."""
    legs, length_s = sections.legs, sections.to_s - sections.from_s
    travel_m = np.zeros(len(sections))
    for leg in (sections.leg_a, sections.leg_b):
        whole_s = (legs.to_us[leg] - legs.from_us[leg]) / MICROSECONDS_PER_SECOND
        travel_m = np.maximum(travel_m, reach.length_m[leg] * length_s / whole_s)
    return np.maximum(np.ceil(travel_m / SECTION_M), 1.0).astype(np.int64)


def _cut(sections: _Sections, parts: Ints) -> _Sections:
    """Return the sections cut into equal parts."""
    own = np.repeat(np.arange(parts.shape[0]), parts)
    step = np.arange(own.shape[0]) - np.repeat(np.cumsum(parts) - parts, parts)
    from_s, length_s = sections.from_s[own], (sections.to_s - sections.from_s)[own]
    low_s = from_s + length_s * step / parts[own]
    high_s = from_s + length_s * (step + 1) / parts[own]
    # The last part ends exactly where its section ends, so that neighbours still touch.
    high_s = np.where(step + 1 == parts[own], sections.to_s[own], high_s)
    return sections.chosen(own).within(low_s, high_s)


def _inside_vertically(sections: _Sections, limit_m: float) -> _Sections:
    """Return the parts of sections in which the vertical distance is below the limit."""
    first_m = sections.vertical_m(sections.from_s)
    change_m = sections.vertical_m(sections.to_s) - first_m
    length_s = sections.to_s - sections.from_s
    level = change_m == 0.0
    change_m = np.where(level, 1.0, change_m)
    cuts_s = [sections.from_s, sections.to_s]
    for bound_m in (-limit_m, limit_m):
        share = np.where(level, 0.0, np.clip((bound_m - first_m) / change_m, 0.0, 1.0))
        cuts_s.append(sections.from_s + share * length_s)
    ordered_s = np.sort(np.stack(cuts_s), axis=0)
    parts = [sections.within(ordered_s[k], ordered_s[k + 1]) for k in range(3)]
    kept = []
    for part in parts:
        middle_m = np.abs(part.vertical_m(0.5 * (part.from_s + part.to_s)))
        kept.append(part.chosen((part.to_s > part.from_s) & (middle_m < limit_m)))
    return _joined(kept)


def _inside_horizontally(sections: _Sections, limit_m: float) -> _Sections:
    """Return the parts of sections in which the horizontal distance is below the limit."""
    begins = sections.horizontal_m(sections.from_s) < limit_m
    ends = sections.horizontal_m(sections.to_s) < limit_m
    nearest_s = np.where(begins, sections.from_s, sections.to_s)
    outside = np.flatnonzero(~begins & ~ends)
    nearest_s[outside] = _nearest_s(sections.chosen(outside))
    meets = begins | ends
    meets[outside] = sections.chosen(outside).horizontal_m(nearest_s[outside]) < limit_m
    sections, begins, ends = sections.chosen(meets), begins[meets], ends[meets]
    nearest_s = nearest_s[meets]
    low_s = _edge_s(sections, nearest_s, sections.from_s, limit_m)
    high_s = _edge_s(sections, nearest_s, sections.to_s, limit_m)
    low_s = np.where(begins, sections.from_s, low_s)
    high_s = np.where(ends, sections.to_s, high_s)
    inside = sections.within(low_s, high_s)
    return inside.chosen(high_s > low_s)


def _edge_s(sections: _Sections, inside_s: Floats, outside_s: Floats, limit_m: float) -> Floats:
    """Return by bisection where the distance passes the limit between two instants."""
    inside_s, outside_s = inside_s.copy(), outside_s.copy()
    for _ in range(_HALVINGS):
        middle_s = 0.5 * (inside_s + outside_s)
        within = sections.horizontal_m(middle_s) < limit_m
        inside_s = np.where(within, middle_s, inside_s)
        outside_s = np.where(within, outside_s, middle_s)
    return inside_s


def _nearest_s(sections: _Sections) -> Floats:
    """Return the instant of the least horizontal distance in each section, by golden section."""
    low_s, high_s = sections.from_s.copy(), sections.to_s.copy()
    distance: Callable[[Floats], Floats] = sections.horizontal_m
    one_s = high_s - _GOLDEN_RATIO * (high_s - low_s)
    other_s = low_s + _GOLDEN_RATIO * (high_s - low_s)
    one_m, other_m = distance(one_s), distance(other_s)
    for _ in range(_GOLDEN_STEPS):
        nearer = one_m < other_m
        low_s, high_s = np.where(nearer, low_s, one_s), np.where(nearer, other_s, high_s)
        one_s = high_s - _GOLDEN_RATIO * (high_s - low_s)
        other_s = low_s + _GOLDEN_RATIO * (high_s - low_s)
        one_m, other_m = distance(one_s), distance(other_s)
    tries_s = np.stack([sections.from_s, 0.5 * (low_s + high_s), sections.to_s])
    tries_m = np.stack([distance(at_s) for at_s in tries_s])
    return np.asarray(np.take_along_axis(tries_s, np.argmin(tries_m, axis=0)[np.newaxis], 0)[0])


def _joined(parts: list[_Sections]) -> _Sections:
    """Return several lists of sections as one."""
    return _Sections(
        legs=parts[0].legs,
        base_us=parts[0].base_us,
        leg_a=np.concatenate([part.leg_a for part in parts]),
        leg_b=np.concatenate([part.leg_b for part in parts]),
        from_s=np.concatenate([part.from_s for part in parts]),
        to_s=np.concatenate([part.to_s for part in parts]),
    )


def _table(legs: Legs, base_us: int, rows: list[tuple[float, ...]]) -> EncounterTable:
    """Return the rows as a table."""
    table = np.array(rows, dtype=np.float64).reshape(-1, 8)
    return EncounterTable(
        ids=legs.ids,
        a=table[:, 0].astype(np.int64),
        b=table[:, 1].astype(np.int64),
        from_us=instants_us(table[:, 2], base_us),
        to_us=instants_us(table[:, 3], base_us),
        dwell_s=table[:, 3] - table[:, 2],
        least_horizontal_m=table[:, 4],
        least_horizontal_at_us=instants_us(table[:, 5], base_us),
        vertical_then_m=table[:, 6],
        least_vertical_m=table[:, 7],
    )
