"""Partitions: together they hold everything, halves too, and parts of an episode join exactly."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.detect.encounters import Minima
from parley.review.partitions import (
    EARTH_M,
    HOUR_US,
    EpisodePart,
    Halo,
    PartCounts,
    Partition,
    Squares,
    Steps,
    TwoPlaces,
    halved_in_place,
    halved_in_time,
    joined_rows,
    plan_partitions,
    split_further,
    study_part,
)
from parley.review.study import DAY_US, study_base_us
from parley.world.faults import InputFault

MINIMA = Minima(horizontal_m=9260.0, vertical_m=304.8)
HALO = Halo.of(MINIMA, 60.0)
DAY = 17_805
"""2018-10-01."""


def squares(rng, count=60, days=2):
    """Reports on the earth's surface, most of them in one place."""
    x, y, z = rng.normal(size=(3, count))
    length = np.sqrt(x * x + y * y + z * z)
    at = np.stack((x, y, z), axis=1) / length[:, None] * 6_371_000.0
    at[: count // 2] = [4_300_000.0, 600_000.0, 4_600_000.0]
    cube = np.floor((at + EARTH_M) / 512_000.0).astype(int)
    hour = DAY * 24 + rng.integers(0, 24 * days, count)
    return [(int(h), *map(int, c), 1_000) for h, c in zip(hour, cube, strict=True)]


def holds(part, at_us, at_m):
    return part.from_us <= at_us < part.to_us and all(
        low <= value < high for low, value, high in zip(part.low_m, at_m, part.high_m, strict=True)
    )


@pytest.mark.parametrize("rows_max", [100_000, 20_000, 3_000, 500])
def test_every_report_is_in_one_partition_and_none_is_too_full(rows_max):
    rows = squares(np.random.default_rng(5))
    span = (DAY * DAY_US + 5, (DAY + 2) * DAY_US - 1)
    parts = plan_partitions(Squares.of(rows), span, HALO, rows_max)
    rng = np.random.default_rng(1)
    for hour, *cube, _ in rows:
        at_us = hour * HOUR_US + int(rng.integers(0, HOUR_US))
        at_m = [(c + rng.uniform(0, 1)) * 512_000.0 - EARTH_M for c in cube]
        assert sum(holds(part, at_us, at_m) for part in parts) == 1
    assert all(part.rows <= rows_max for part in parts)
    assert parts == plan_partitions(Squares.of(rows[::-1]), span, HALO, rows_max)


def test_cells_without_reports_that_legs_may_cross_are_kept():
    """Two cubes with reports and one between them: a leg of an hour crosses it."""
    rows = [(DAY * 24, 24, 16, 16, 5_000), (DAY * 24, 24, 18, 16, 5_000)]
    span = (DAY * DAY_US, DAY * DAY_US + HOUR_US)
    middle = DAY * DAY_US + 1, (24.5 * 512_000.0 - EARTH_M, 17.5 * 512_000.0 - EARTH_M, 1.0)
    wide = plan_partitions(Squares.of(rows), span, Halo.of(MINIMA, 3_600.0), 1_000)
    assert sum(holds(part, *middle) for part in wide) == 1
    near = plan_partitions(Squares.of(rows), span, HALO, 1_000)
    assert sum(holds(part, *middle) for part in near) == 1


@given(st.lists(st.integers(0, 3), max_size=12), st.randoms(use_true_random=False))
def test_halves_hold_what_the_whole_holds_once(cuts, random):
    part = Partition(from_us=0, to_us=DAY_US)
    at_us = random.randrange(DAY_US)
    at_m = [random.uniform(-6.4e6, 6.4e6) for _ in range(3)]
    for cut in cuts:
        halves = halved_in_time(part, HALO) if cut == 3 else halved_in_place(part, cut)
        if halves is None:
            continue
        inside = [half for half in halves if holds(half, at_us, at_m)]
        assert len(inside) == 1
        (part,) = inside


def test_a_partition_as_small_as_its_halo_is_not_halved():
    small = Partition(from_us=0, to_us=HALO.gap_us, low_m=(0.0,) * 3, high_m=(1e5,) * 3)
    with pytest.raises(InputFault, match="1970-01-01T00:00:00Z to 1970-01-01T00:01:00Z, ECEF 0"):
        split_further(small, HALO)
    with pytest.raises(InputFault, match="more than fit"):
        split_further(Partition(from_us=0, to_us=10), HALO, by_place=False)


@pytest.mark.parametrize("gap_s", [0.0, -1.0, float("nan"), float("inf"), 86_401.0])
def test_a_gap_without_a_bound_is_refused(gap_s):
    with pytest.raises(InputFault, match="longest gap in seconds"):
        Halo.of(MINIMA, gap_s)


# ---- one partition -------------------------------------------------------------------------------


def steps(*rows):
    """Steps from (name, second, longitude, next second, next longitude, core)."""
    names = sorted({row[0] for row in rows}, reverse=True)
    columns = {
        "aircraft": np.array([names.index(row[0]) for row in rows]),
        "t_us": np.array([row[1] * 1_000_000 for row in rows]),
        "next_us": np.array([-1 if row[3] is None else row[3] * 1_000_000 for row in rows]),
        "lon_deg": np.array([row[2] for row in rows]),
        "next_lon_deg": np.array([np.nan if row[4] is None else row[4] for row in rows]),
        "core": np.array([row[5] for row in rows]),
    }
    for name in ("lat_deg", "next_lat_deg", "alt_m", "next_alt_m"):
        columns[name] = np.zeros(len(rows))
    return Steps.of(names, columns)


def test_what_is_counted_is_counted_in_the_partition_of_its_report():
    part = Partition(from_us=0, to_us=100_000_000)
    found, counts = study_part(
        steps(
            ("b", 10, 0.0, 30, 0.01, True),
            ("b", 30, 0.01, 30, 0.01, True),  # a repeat
            ("b", 30, 0.01, 99, 0.02, True),  # a gap
            ("b", 99, 0.02, 120, 0.03, True),  # its leg leaves the partition's time
            ("a", -20, 0.0, 20, 0.0, False),  # from the halo
            ("a", 20, 0.0, 21, 1.0, True),  # faster than anything
            ("a", 21, 1.0, None, None, True),
        ),
        part, MINIMA, 60.0, 0,
    )  # fmt: skip
    assert counts == PartCounts(
        reports=5, repeated=1, legs=2, too_fast=1, ends=2, aircraft=("a", "b")
    )
    assert (found.ids[found.a[0]], found.ids[found.b[0]], len(found)) == ("a", "b", 1)
    assert (found.from_s[0], found.to_s[0]) == (10.0, 20.0)


def test_two_places_at_one_instant_are_found():
    with pytest.raises(TwoPlaces) as two:
        study_part(
            steps(("a", 5, 0.0, 5, 0.5, True), ("a", 5, 0.5, None, None, True)),
            Partition(from_us=0, to_us=10_000_000), MINIMA, 60.0, 0,
        )  # fmt: skip
    assert (two.value.name, two.value.at_us) == ("a", 5_000_000)


# ---- joining -------------------------------------------------------------------------------------


def part(pair, from_s, to_s, chord_m, at_s, vertical_m=100.0):
    return EpisodePart(
        a=pair[0], b=pair[1], from_s=from_s, to_s=to_s, least_chord_m=chord_m, least_at_s=at_s,
        vertical_then_m=vertical_m, least_vertical_m=vertical_m - 1.0,
        least_horizontal_m=chord_m + 0.001,
    )  # fmt: skip


def joined(parts):
    return list(joined_rows(sorted(parts, key=lambda p: (p.a, p.b, p.from_s, p.to_s)), 0))


def test_parts_of_an_episode_are_one_whichever_partitions_they_are_from():
    pieces = [
        part("ab", 10.0, 20.0, 900.0, 20.0, 120.0),
        part("ab", 20.0, 30.0, 500.0, 25.0, 80.0),
        part("ab", 30.0, 40.0, 500.0, 31.0, 90.0),
        part("ab", 50.0, 60.0, 400.0, 55.0),
        part("ac", 20.0, 30.0, 800.0, 25.0),
    ]
    expected = joined(pieces)
    assert [(row.pair, row.from_us, row.to_us) for row in expected] == [
        (("a", "b"), 10_000_000, 40_000_000),
        (("a", "b"), 50_000_000, 60_000_000),
        (("a", "c"), 20_000_000, 30_000_000),
    ]
    first = expected[0]
    assert (first.least_horizontal_m, first.least_horizontal_at_us) == (500.001, 25_000_000)
    assert (first.vertical_then_m, first.least_vertical_m, first.dwell_s) == (80.0, 79.0, 30.0)
    # What two partitions both found counts once; what one found as one counts as one.
    assert joined([*pieces, *pieces[1:3]]) == expected
    as_one = part("ab", 10.0, 30.0, 500.0, 25.0, 80.0)
    assert joined([as_one, *pieces[1:]]) == expected


@settings(max_examples=60)
@given(st.lists(st.integers(0, 7), min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_joining_does_not_depend_on_grouping(cuts, random):
    pieces = [
        part("ab", float(k), k + (1.0 if k % 3 else 0.5), random.choice([5.0, 6.0, 7.0]), k + 0.25)
        for k in range(8)
    ]
    expected = joined(pieces)
    bounds = sorted({0, 8, *cuts})
    groups = [joined_parts(pieces[low:high]) for low, high in itertools.pairwise(bounds)]
    assert joined([each for group in groups for each in group]) == expected


def joined_parts(pieces):
    """What a partition that found these pieces would hand out: a sweep of its own."""
    found = []
    for each in pieces:
        if found and each.from_s - found[-1][-1].to_s <= 1e-6:
            found[-1].append(each)
        else:
            found.append([each])
    out = []
    for run in found:
        best = min(run, key=lambda each: (each.least_chord_m, each.least_at_s))
        out.append(part("ab", run[0].from_s, run[-1].to_s, best.least_chord_m, best.least_at_s))
    return out


def test_a_study_counts_time_from_midnight():
    assert study_base_us(-1) == -DAY_US
    assert study_base_us(DAY * DAY_US) == DAY * DAY_US
