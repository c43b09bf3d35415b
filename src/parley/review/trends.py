"""How near two parties fly to each other, week by week, and whether that changes (S45).

Rules:
- A trend is Mann's test of the weeks' order (H. B. Mann, "Nonparametric tests against trend",
  Econometrica 13, 1945; exact null distribution where no two weeks are equal, else Kendall's normal
  form with ties), its size the median of the slopes of all pairs of weeks (Theil 1950; interval by
  Sen, J. Am. Stat. Assoc. 63, 1968). Both look at order, so one wild week moves neither much.
- The early warning is the same test at each week on the weeks so far, at a level so strict that all
  looks of a half-year together seldom warn without a change; how seldom is measured in
  tests/review/test_trends.py. It says that weeks differ, never why: no causal claim.
- More flights alone make the least distance smaller. How many flew stands beside it, with the same
  test; a warning that may be that says so.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from itertools import combinations
from statistics import NormalDist, median
from typing import Literal

import msgspec
import numpy as np

from parley.detect.crossing import planar_path
from parley.detect.encounters import Minima, Progress, find_encounters, legs_from_tracks
from parley.review.margins import week_of
from parley.world.faults import InputFault
from parley.world.geo import wrapped_longitude_deg
from parley.world.time import datetime_from_us
from parley.world.track import Track

NO_CAUSE = "no causal claim"
Numbers = Sequence[float]
Series = Sequence[float | None]
"""One value a week, of any unit; None where there is none."""
WARNING_SHARE = 0.003
"""One-sided, at each look. Over the 19 looks of a half-year a series without any change then warns
in about 3 of a hundred, measured; more where weeks hang together (docs/studies.md)."""
WEEKS_MIN = 8
"""Before so many weeks with a value nothing is tested: 6 weeks in order come up by chance too."""
EXACT_MAX = 200
_KM_PER_DEG = 111.195


class Trend(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a series falls or rises, by how much a week, and how sure that is.

    `falling_share`: how often weeks in chance order would fall as clearly. `low_per_week` to
    `high_per_week`: 95 % interval of the slope; None where too few weeks have a value.
    """

    weeks: int
    falling_share: float | None
    rising_share: float | None
    slope_per_week: float | None
    low_per_week: float | None
    high_per_week: float | None
    said: str = NO_CAUSE


class WeekRow(msgspec.Struct, frozen=True, kw_only=True):
    """One week of two parties: flights of each, how near they came, how much ground they shared.

    `least_m`, `median_m`: of the least horizontal distances of the pairs that came within the
    reach; None where none did, which is not far apart but not measured. `overlap_share`: cells that
    both flew in, of those that either did; None where one did not fly.
    """

    week: str
    flights: tuple[int, int]
    pairs: int
    least_m: float | None
    least_pair: tuple[str, str] | None
    median_m: float | None
    overlap_share: float | None


class Warned(msgspec.Struct, frozen=True, kw_only=True):
    """An early warning: which series, at the end of which week it would first have been given."""

    series: Literal["least distance", "shared area"]
    week: str
    chance_share: float
    weeks: int
    slope_per_week: float
    beside: str
    said: str = NO_CAUSE


class TrendStudy(msgspec.Struct, frozen=True, kw_only=True):
    """Two parties over time: the weeks, the trends of both series and of the traffic, warnings."""

    parties: tuple[str, str]
    reach_m: float
    vertical_m: float
    cell_km: float
    weeks: tuple[WeekRow, ...]
    least: Trend
    overlap: Trend
    flights: Trend
    warnings: tuple[Warned, ...]
    said: str = NO_CAUSE


# ---- statistics ---------------------------------------------------------------------------------


@functools.cache
def _inversions(n: int) -> tuple[int, ...]:
    """Return how many orders of n different values have 0, 1, 2 ... pairs the wrong way round."""
    if n <= 1:
        return (1,)
    before = _inversions(n - 1)
    found, window = [], 0
    for k in range(n * (n - 1) // 2 + 1):
        window += before[k] if k < len(before) else 0
        if k >= n and k - n < len(before):
            window -= before[k - n]
        found.append(window)
    return tuple(found)


@functools.cache
def _above_share(n: int) -> tuple[float, ...]:
    """Return the share of orders with k or more pairs the wrong way round, by k."""
    counts, whole = _inversions(n), math.factorial(n)
    found, above = [0.0] * (len(counts) + 1), 0
    for k in range(len(counts) - 1, -1, -1):
        above += counts[k]
        found[k] = above / whole
    return tuple(found)


def mann(values: Numbers) -> tuple[int, float, float]:
    """Return Mann's S and how often chance order would fall, or rise, as clearly.

    S counts the pairs of weeks that rise less those that fall.

    >>> mann([5.0, 4.0, 3.0, 2.0, 1.0])[:2]
    (-10, 0.008333333333333333)
    """
    n = len(values)
    steps = np.sign(np.subtract.outer(values, values))
    s = int(np.tril(steps, -1).sum()) if n else 0
    _, tied = np.unique(np.asarray(values, dtype=np.float64), return_counts=True)
    if n <= EXACT_MAX and bool((tied == 1).all()):
        pairs = n * (n - 1) // 2
        above = _above_share(n)
        return s, above[(pairs - s) // 2], above[(pairs + s) // 2]
    spread = n * (n - 1) * (2 * n + 5) - float((tied * (tied - 1) * (2 * tied + 5)).sum())
    if spread <= 0.0:
        return s, 1.0, 1.0
    scale = math.sqrt(spread / 18.0)
    falling = NormalDist().cdf((s + 1) / scale)
    rising = NormalDist().cdf((-s + 1) / scale)
    return s, min(1.0, falling), min(1.0, rising)


def theil(at: Numbers, values: Numbers) -> tuple[float, float, float]:
    """Return the median slope of all pairs, and its 95 % interval by Sen.

    >>> theil([0.0, 1.0, 2.0, 3.0], [9.0, 7.0, 5.0, 3.0])[0]
    -2.0
    """
    slopes = sorted(
        (values[j] - values[i]) / (at[j] - at[i]) for i, j in combinations(range(len(at)), 2)
    )
    n = len(at)
    _, tied = np.unique(np.asarray(values, dtype=np.float64), return_counts=True)
    spread = n * (n - 1) * (2 * n + 5) - float((tied * (tied - 1) * (2 * tied + 5)).sum())
    reach = NormalDist().inv_cdf(0.975) * math.sqrt(max(0.0, spread) / 18.0)
    low = math.floor((len(slopes) - reach) / 2.0)
    high = math.ceil((len(slopes) + reach) / 2.0)
    return (
        float(median(slopes)),
        float(slopes[max(0, low)]),
        float(slopes[min(len(slopes) - 1, high)]),
    )


def trend_of(at: Numbers, values: Series) -> Trend:
    """Return the trend of a series; weeks without a value are left out, none is put in for them.

    Args:
        at: the number of each week.
        values: of each week.
    """
    known = [(t, v) for t, v in zip(at, values, strict=True) if v is not None]
    if len(known) < WEEKS_MIN:
        return Trend(
            weeks=len(known),
            falling_share=None,
            rising_share=None,
            slope_per_week=None,
            low_per_week=None,
            high_per_week=None,
            said=f"{len(known)} weeks with a value, {WEEKS_MIN} are needed; {NO_CAUSE}",
        )
    times, found = [t for t, _ in known], [v for _, v in known]
    _, falling, rising = mann(found)
    slope, low, high = theil(times, found)
    return Trend(
        weeks=len(known),
        falling_share=falling,
        rising_share=rising,
        slope_per_week=slope,
        low_per_week=low,
        high_per_week=high,
    )


def first_warning(
    at: Numbers,
    values: Series,
    way: Literal["falling", "rising"],
    level_share: float = WARNING_SHARE,
) -> int | None:
    """Return the place of the week at whose end a warning is first given; None: never.

    Args:
        at: the number of each week.
        values: of each week; only those up to the week that is looked at count.
        way: what is warned of.
        level_share: how seldom one look warns of weeks in chance order.
    """
    for k in range(WEEKS_MIN, len(at) + 1):
        known = [value for value in values[:k] if value is not None]
        if len(known) < WEEKS_MIN or values[k - 1] is None:
            continue
        _, falling, rising = mann(known)
        if (falling if way == "falling" else rising) <= level_share:
            return k - 1
    return None


# ---- two parties --------------------------------------------------------------------------------


def study_trend(
    tracks: Sequence[Track],
    parties: tuple[str, str],
    *,
    reach_m: float = 100_000.0,
    vertical_m: float = 3_000.0,
    cell_km: float = 20.0,
    max_gap_s: float = 600.0,
    progress: Progress | None = None,
) -> TrendStudy:
    """Return the weeks of two parties and what changes over them.

    Args:
        tracks: those of other parties are left out.
        parties: the two.
        reach_m: pairs further apart are not measured.
        vertical_m: nor those further apart in height.
        cell_km: side of the cells by which areas are compared.
        max_gap_s: reports further apart are not joined.
        progress: told how much is done.

    Raises:
        InputFault: a party without a track, or one party twice.
    """
    ours = {p: [t for t in tracks if t.party == p] for p in parties}
    for party in parties:
        if not ours[party] or parties[0] == parties[1]:
            known = sorted({t.party for t in tracks if t.party is not None})
            wanted = f"two of the parties with tracks: {', '.join(known) or 'none'}"
            raise InputFault("trend parties", value=",".join(parties), wanted=wanted)
    if not (1.0 <= cell_km <= 1_000.0):
        raise InputFault("trend cell_km", value=cell_km, wanted="1 to 1000 km")
    weeks = _weeks([track for each in ours.values() for track in each])
    met = _met(ours, parties, Minima(horizontal_m=reach_m, vertical_m=vertical_m), max_gap_s,
               progress)  # fmt: skip
    cells = {p: _cells(ours[p], cell_km, max_gap_s) for p in parties}
    rows = tuple(_week_row(week, ours, parties, met.get(week, []), cells) for week in weeks)
    at = [float(n) for n in range(len(rows))]
    series: dict[str, list[float | None]] = {
        "least": [row.least_m for row in rows],
        "overlap": [row.overlap_share for row in rows],
        "flights": [float(sum(row.flights)) for row in rows],
    }
    return TrendStudy(
        parties=parties,
        reach_m=reach_m,
        vertical_m=vertical_m,
        cell_km=cell_km,
        weeks=rows,
        least=trend_of(at, series["least"]),
        overlap=trend_of(at, series["overlap"]),
        flights=trend_of(at, series["flights"]),
        warnings=tuple(_warnings(rows, at, series)),
    )


def _weeks(tracks: Sequence[Track]) -> list[str]:
    """Return every week from the first to the last, those without a flight too."""
    first_us = min(int(track.t_us[0]) for track in tracks)
    last_us = max(int(track.t_us[-1]) for track in tracks)
    first, last = datetime_from_us(first_us).date(), datetime_from_us(last_us).date()
    monday = first.toordinal() - first.weekday()
    return [
        week_of((day - 719_163) * 86_400_000_000) for day in range(monday, last.toordinal() + 1, 7)
    ]


Pair = tuple[float, str, str]


def _met(
    ours: dict[str, list[Track]],
    parties: tuple[str, str],
    minima: Minima,
    max_gap_s: float,
    progress: Progress | None,
) -> dict[str, list[Pair]]:
    """Return the least distance of each pair of both parties in each week, those within reach."""
    found: dict[tuple[str, str, str], float] = {}
    party_of = {track.id: party for party in parties for track in ours[party]}
    every = [track for party in parties for track in ours[party]]
    for reference in sorted({track.alt_reference for track in every}):
        alike = [track for track in every if track.alt_reference == reference]
        table = find_encounters(legs_from_tracks(alike, max_gap_s), minima, progress)
        for a, b, m, at_us in zip(
            table.a.tolist(), table.b.tolist(), table.least_horizontal_m.tolist(),
            table.least_horizontal_at_us.tolist(), strict=True,
        ):  # fmt: skip
            one, two = table.ids[a], table.ids[b]
            if party_of[one] != party_of[two]:
                name = (week_of(at_us), one, two)
                found[name] = min(m, found.get(name, math.inf))
    weeks: dict[str, list[Pair]] = {}
    for (week, one, two), least_m in found.items():
        weeks.setdefault(week, []).append((least_m, one, two))
    return weeks


Cell = tuple[int, int]


def _cells(tracks: Sequence[Track], cell_km: float, max_gap_s: float) -> dict[str, set[Cell]]:
    """Return the cells of a plain grid that a party flew in, by week; nothing within a gap."""
    found: dict[str, set[Cell]] = {}
    step_s = cell_km * 1000.0 / 2.0 / 300.0
    for track in tracks:
        path = planar_path(track)
        for from_us, to_us in zip(track.t_us[:-1].tolist(), track.t_us[1:].tolist(), strict=True):
            if to_us - from_us > max_gap_s * 1e6:
                continue
            count = max(2, math.ceil((to_us - from_us) / 1e6 / step_s) + 1)
            for at_us in np.linspace(from_us, to_us, count).tolist():
                lat_deg = float(np.interp(at_us, path.t_us, path.lat_deg))
                lon_deg = wrapped_longitude_deg(float(np.interp(at_us, path.t_us, path.lon_deg)))
                row = math.floor(lat_deg * _KM_PER_DEG / cell_km)
                # Columns of one row are equally wide in degrees, so that cells never overlap.
                middle_rad = math.radians((row + 0.5) * cell_km / _KM_PER_DEG)
                wide_deg = cell_km / (_KM_PER_DEG * max(0.01, math.cos(middle_rad)))
                found.setdefault(week_of(int(at_us)), set()).add(
                    (row, math.floor(lon_deg / wide_deg))
                )
    return found


def _week_row(
    week: str,
    ours: dict[str, list[Track]],
    parties: tuple[str, str],
    met: list[Pair],
    cells: dict[str, dict[str, set[Cell]]],
) -> WeekRow:
    one, two = (cells[party].get(week, set()) for party in parties)
    least = min(met, default=None)
    return WeekRow(
        week=week,
        flights=(_flights(ours[parties[0]], week), _flights(ours[parties[1]], week)),
        pairs=len(met),
        least_m=least[0] if least else None,
        least_pair=(least[1], least[2]) if least else None,
        median_m=float(median(m for m, _, _ in met)) if met else None,
        overlap_share=len(one & two) / len(one | two) if one and two else None,
    )


def _flights(tracks: Sequence[Track], week: str) -> int:
    """Return how many tracks began in a week."""
    return sum(week_of(int(track.t_us[0])) == week for track in tracks)


def _warnings(
    rows: Sequence[WeekRow], at: Numbers, series: dict[str, list[float | None]]
) -> list[Warned]:
    found = []
    ways: tuple[tuple[Literal["least distance", "shared area"], str,
                      Literal["falling", "rising"]], ...] = (
        ("least distance", "least", "falling"), ("shared area", "overlap", "rising"),
    )  # fmt: skip
    for words, name, way in ways:
        place = first_warning(at, series[name], way)
        if place is None:
            continue
        so_far = trend_of(at[: place + 1], series[name][: place + 1])
        more = trend_of(at[: place + 1], series["flights"][: place + 1])
        grew = more.rising_share is not None and more.rising_share <= 0.05
        beside = (
            "traffic grew as well: more flights alone bring this" if grew else "traffic did not"
        )
        p = so_far.falling_share if way == "falling" else so_far.rising_share
        assert p is not None
        assert so_far.slope_per_week is not None
        found.append(
            Warned(
                series=words,
                week=rows[place].week,
                chance_share=p,
                weeks=so_far.weeks,
                slope_per_week=so_far.slope_per_week,
                beside=beside if grew else f"{beside} grow as clearly",
            )
        )
    return found
