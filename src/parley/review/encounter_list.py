"""Encounters between parties, the closest first, and what a clock that is off changes (S44).

Rules:
- Each pair of two parties (of nobody's too) once: closest approach, time inside both minima.
- Two parties' tracks are on two clocks. If one is off by up to the bound, either way, the closest
  approach lies between `least_m` and `most_m`: the whole of every answer that the bound allows, not
  a guess between. Whether the pair was inside the minima is then yes, no, or undecided.
- What it was like between reports further apart than the gap nobody knows; it is not judged.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec
import numpy as np

from parley.detect.encounters import (
    HORIZONTAL_MAX_M,
    Minima,
    PairEncounter,
    Progress,
    closest_pair,
    find_encounters,
    legs_from_tracks,
)
from parley.detect.legs import MEAN_RADIUS_M
from parley.world.faults import InputFault
from parley.world.time import format_instant, seconds_between
from parley.world.track import Track
from parley.world.units import feet_from_metres, nautical_miles_from_metres

CLOCK_BOUND_MAX_S = 600.0
SHIFTS = 20
"""Looks at either side of no shift; between two looks a track goes no further than it flies."""
NOBODY = "nobody"


class TrackPart(msgspec.Struct, frozen=True, kw_only=True):
    """One party's track about the closest approach: whose, how many reports, from when to when."""

    track: str
    party: str
    reports: int
    from_us: int
    to_us: int


class EncounterSeen(msgspec.Struct, frozen=True, kw_only=True):
    """One pair. Distances are horizontal; `vertical_m` is that at the closest approach.

    `dwell_s`: time inside both minima as the clocks read; `dwell_least_s` to `dwell_most_s` if one
    was off by up to `clock_bound_s`. `inside`: with every clock within the bound, with none, or
    with some.
    """

    pair: tuple[str, str]
    parties: tuple[str, str]
    at_us: int
    horizontal_m: float
    least_m: float
    most_m: float
    vertical_m: float
    dwell_s: float
    dwell_least_s: float
    dwell_most_s: float
    inside: Literal["yes", "no", "undecided"]
    clock_bound_s: float
    tracks: tuple[TrackPart, TrackPart]


class EncounterList(msgspec.Struct, frozen=True, kw_only=True):
    """The pairs, the closest first, and what was not compared."""

    rows: tuple[EncounterSeen, ...]
    clock_bound_s: float
    gaps: int
    not_compared: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Limits:
    minima: Minima
    bound_s: float
    max_gap_s: float


def encounter_list(
    tracks: Sequence[Track],
    minima: Minima,
    clock_bound_s: float,
    *,
    reach_m: float,
    max_gap_s: float = 600.0,
    progress: Progress | None = None,
) -> EncounterList:
    """Return the pairs of different parties that came within reach, the closest first.

    Args:
        tracks: of any parties; two tracks of one party are no pair, two of nobody are.
        minima: of which both are undercut inside.
        clock_bound_s: by how much one party's clock may be off from the other's.
        reach_m: pairs that stayed further apart, whatever the clocks, are left out.
        max_gap_s: reports further apart are not joined.
        progress: told how much is done.

    Raises:
        InputFault: a bound or reach that cannot be.
    """
    if not (0.0 <= clock_bound_s <= CLOCK_BOUND_MAX_S):
        wanted = f"0 to {CLOCK_BOUND_MAX_S:g} s"
        raise InputFault("clock bound", value=clock_bound_s, wanted=wanted)
    limits = _Limits(minima, clock_bound_s, max_gap_s)
    rows: list[EncounterSeen] = []
    gaps, seen = 0, []
    for reference in sorted({track.alt_reference for track in tracks}):
        alike = [track for track in tracks if track.alt_reference == reference]
        seen.append(f"{len(alike)} tracks with heights on {reference}")
        gaps += legs_from_tracks(alike, max_gap_s).gaps
        for one, two in _pairs(alike, limits, reach_m, progress):
            row = _row(one, two, limits)
            if row is not None and row.least_m <= reach_m:
                rows.append(row)
    rows.sort(key=lambda row: (row.horizontal_m, row.at_us, row.pair))
    apart = (f"{', '.join(seen)}: not compared with each other",) if len(seen) > 1 else ()
    return EncounterList(
        rows=tuple(rows), clock_bound_s=clock_bound_s, gaps=gaps, not_compared=apart
    )


def _pairs(
    tracks: list[Track], limits: _Limits, reach_m: float, progress: Progress | None
) -> Iterator[tuple[Track, Track]]:
    """Yield the pairs that may come within reach for some shift of a clock."""
    fastest_mps = max((_fastest_mps(track, limits.max_gap_s) for track in tracks), default=0.0)
    wide_m = reach_m + fastest_mps * limits.bound_s
    by_id = {track.id: track for track in tracks}
    if wide_m > HORIZONTAL_MAX_M:
        names = sorted(by_id)
        pairs = [(a, b) for k, a in enumerate(names) for b in names[k + 1 :]]
    else:
        # A clock that is off makes common time of none: each track is stretched at its ends.
        wide = Minima(horizontal_m=wide_m, vertical_m=1e6)
        stretched = [_stretched(track, limits.bound_s) for track in tracks]
        pairs = find_encounters(
            legs_from_tracks(stretched, limits.max_gap_s), wide, progress
        ).pairs()
    for a, b in pairs:
        one, two = by_id[a], by_id[b]
        if one.party is None or one.party != two.party:
            yield one, two


def _stretched(track: Track, bound_s: float) -> Track:
    """Return a track that stands at its ends for as long as a clock may be off."""
    if bound_s == 0.0:
        return track
    bound_us = math.ceil(bound_s * 1e6)
    ends = np.concatenate([[0], np.arange(len(track)), [len(track) - 1]])
    t_us = track.t_us[ends]
    t_us[0] -= bound_us
    t_us[-1] += bound_us
    return Track(
        id=track.id,
        party=track.party,
        t_us=t_us,
        lat_deg=track.lat_deg[ends],
        lon_deg=track.lon_deg[ends],
        alt_m=track.alt_m[ends],
        alt_reference=track.alt_reference,
        interpolation=track.interpolation,
    )


def _fastest_mps(track: Track, max_gap_s: float) -> float:
    """Return a speed that a track never exceeds between its reports, over the ground."""
    if len(track) < 2:
        return 0.0
    lat, lon = np.radians(track.lat_deg), np.radians(track.lon_deg)
    half = np.sin(np.diff(lat) / 2) ** 2
    half += np.cos(lat[:-1]) * np.cos(lat[1:]) * np.sin(np.diff(lon) / 2) ** 2
    way_m = 2.0 * MEAN_RADIUS_M * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0)))
    spans_s = np.diff(track.t_us) / 1e6
    flown = spans_s <= max_gap_s
    # A sphere and straight lines in degrees are off by less than a tenth.
    return float(1.1 * (way_m / spans_s)[flown].max()) if flown.any() else 0.0


def _shifted(track: Track, by_us: int) -> Track:
    return Track(
        id=track.id,
        party=track.party,
        t_us=track.t_us + by_us,
        lat_deg=track.lat_deg,
        lon_deg=track.lon_deg,
        alt_m=track.alt_m,
        alt_reference=track.alt_reference,
        interpolation=track.interpolation,
    )


def _row(one: Track, two: Track, limits: _Limits) -> EncounterSeen | None:
    """Return one pair; None where no clock within the bound gives them common time."""
    count = SHIFTS if limits.bound_s else 0
    shifts_s = [limits.bound_s * k / count if count else 0.0 for k in range(-count, count + 1)]
    looks = [(shift_s, _closest(one, two, shift_s, limits)) for shift_s in shifts_s]
    known = [(shift_s, met) for shift_s, met in looks if met is not None]
    if not known:
        return None
    # As the clocks read; where they then share no time, the nearest shift at which they do.
    _, drawn = min(known, key=lambda each: abs(each[0]))
    distances_m = [met.least_horizontal_m for _, met in known]
    # Between two looks nothing changes by more than what is flown in half of the time between.
    between_s = limits.bound_s / count / 2.0 if count else 0.0
    doubt_m = between_s * max(_fastest_mps(t, limits.max_gap_s) for t in (one, two))
    dwells_s = [sum(episode.dwell_s for episode in met.episodes) for _, met in known]
    first, second = (one, two) if drawn.a == one.id else (two, one)
    return EncounterSeen(
        pair=(drawn.a, drawn.b),
        parties=(first.party or NOBODY, second.party or NOBODY),
        at_us=drawn.at_us,
        horizontal_m=drawn.least_horizontal_m,
        least_m=max(0.0, min(distances_m) - doubt_m),
        most_m=max(distances_m) + doubt_m,
        vertical_m=drawn.vertical_then_m,
        dwell_s=sum(episode.dwell_s for episode in drawn.episodes),
        dwell_least_s=min(dwells_s) if len(known) == len(looks) else 0.0,
        dwell_most_s=max(dwells_s),
        inside=_inside(one, two, looks, doubt_m, limits),
        clock_bound_s=limits.bound_s,
        tracks=(_part(first), _part(second)),
    )


def _inside(
    one: Track,
    two: Track,
    looks: Sequence[tuple[float, PairEncounter | None]],
    doubt_m: float,
    limits: _Limits,
) -> Literal["yes", "no", "undecided"]:
    """Return whether the pair was inside both minima with every clock within the bound, or none.

    What lies between two looks is answered by minima that are wider, or narrower, by as much as can
    change there.
    """
    inside = [met is not None and bool(met.episodes) for _, met in looks]
    if any(inside) and not all(inside):
        return "undecided"
    if len(looks) == 1:
        return "yes" if inside[0] else "no"
    between_s = limits.bound_s / SHIFTS / 2.0
    climb_m = between_s * max(_steepest_mps(t, limits.max_gap_s) for t in (one, two))
    sign = -1.0 if all(inside) else 1.0
    wide_m = limits.minima.horizontal_m + sign * doubt_m
    high_m = limits.minima.vertical_m + sign * climb_m
    if wide_m <= 1.0 or high_m <= 1.0 or wide_m > HORIZONTAL_MAX_M:
        return "undecided"
    other = _Limits(
        Minima(horizontal_m=wide_m, vertical_m=high_m), limits.bound_s, limits.max_gap_s
    )
    again = [_closest(one, two, shift_s, other) for shift_s, _ in looks]
    met = [each is not None and bool(each.episodes) for each in again]
    if all(inside):
        return "yes" if all(met) else "undecided"
    return "undecided" if any(met) else "no"


def _steepest_mps(track: Track, max_gap_s: float) -> float:
    """Return the fastest climb or descent between two reports."""
    spans_s = np.diff(track.t_us) / 1e6
    flown = spans_s <= max_gap_s
    return float(np.abs(np.diff(track.alt_m) / spans_s)[flown].max()) if flown.any() else 0.0


def _closest(one: Track, two: Track, shift_s: float, limits: _Limits) -> PairEncounter | None:
    later = _shifted(two, round(shift_s * 1e6)) if shift_s else two
    return closest_pair(one, later, limits.minima, max_gap_s=limits.max_gap_s)


def _part(track: Track) -> TrackPart:
    return TrackPart(
        track=track.id,
        party=track.party or NOBODY,
        reports=len(track),
        from_us=int(track.t_us[0]),
        to_us=int(track.t_us[-1]),
    )


def encounter_document(row: EncounterSeen) -> dict[str, object]:
    """Return a row in the units of the field: NM to 1e-4, feet and seconds to a tenth."""

    def rounded_nm(value_m: float) -> float:
        return round(nautical_miles_from_metres(value_m), 4)

    return {
        "pair": " ".join(row.pair),
        "parties": " ".join(row.parties),
        "at": format_instant(row.at_us),
        "horizontal_nm": rounded_nm(row.horizontal_m),
        "least_nm": rounded_nm(row.least_m),
        "most_nm": rounded_nm(row.most_m),
        "vertical_ft": round(feet_from_metres(row.vertical_m), 1),
        "dwell_s": round(row.dwell_s, 1),
        "dwell_least_s": round(row.dwell_least_s, 1),
        "dwell_most_s": round(row.dwell_most_s, 1),
        "inside": row.inside,
        "clock_bound_s": row.clock_bound_s,
        "common_s": round(_common_s(row), 1),
    }


def _common_s(row: EncounterSeen) -> float:
    one, two = row.tracks
    return max(0.0, seconds_between(max(one.from_us, two.from_us), min(one.to_us, two.to_us)))
