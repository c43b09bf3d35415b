"""Well clear by its definitions: twin, symmetry, inclusion, edges, the same bytes everywhere."""

from __future__ import annotations

import hashlib
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from detect.wellclearkit import degenerate, encounters
from parley.detect.well_clear import (
    BUFFERED,
    CYLINDER,
    MOTION_MAX_M,
    MOTION_MAX_MPS,
    NONCOOPERATIVE,
    PHASE1,
    PHASE1_PREVENTIVE,
    PHASE1_TCPA,
    PHASE1_TEP,
    PHASE1_VMOD,
    PHASE2,
    VOLUMES,
    Motions,
    Volume,
    kernel_name,
    metrics,
    violated_now,
    violation_intervals,
    warm,
)
from parley.detect.well_clear_plain import violated_at_plain, violation_intervals_plain
from parley.world.faults import InputFault

ODD = Volume(name="odd", dthr_m=900.0, zthr_m=120.0, tthr_s=20.0, tcoa_s=15.0, horizontal="TCPA")
ODD_TEP = Volume(name="odd", dthr_m=900.0, zthr_m=120.0, tthr_s=9.0, vmod_s=4.0, horizontal="TEP")
EVERY = (*VOLUMES.values(), ODD, ODD_TEP)
INSIDE_ONE_ANOTHER = (
    (PHASE1_TCPA, PHASE1),
    (PHASE1, PHASE1_TEP),
    (PHASE2, NONCOOPERATIVE),
    (NONCOOPERATIVE, PHASE1),
    (PHASE1, BUFFERED),
    (PHASE1, PHASE1_PREVENTIVE),
    (PHASE1, PHASE1_VMOD),
)
ALL = pytest.mark.parametrize("volume", EVERY, ids=lambda volume: volume.name)


def widened(volume, by_m, by_s):
    """The volume with wider or narrower thresholds: its neighbours by rounding."""
    return Volume(
        name="neighbour",
        dthr_m=volume.dthr_m + by_m,
        zthr_m=volume.zthr_m + by_m,
        tthr_s=max(volume.tthr_s + by_s, 0.0) if volume.tthr_s else 0.0,
        tcoa_s=max(volume.tcoa_s + by_s, 0.0) if volume.tcoa_s else 0.0,
        vmod_s=max(volume.vmod_s + by_s, 0.0) if volume.vmod_s else 0.0,
        horizontal=volume.horizontal,
        strict=volume.strict,
        lookahead_s=volume.lookahead_s,
    )


def both(intervals):
    return intervals.in_s.tobytes() + intervals.out_s.tobytes()


def one(*numbers):
    return Motions(*np.array([numbers], dtype=np.float64).T)


# --- the twin ----------------------------------------------------------------------------------


@ALL
def test_the_twin_finds_the_same_violations_at_the_same_times(volume):
    motions = encounters(100, seed=sum(map(ord, volume.name)))
    fast, slow = violation_intervals(motions, volume), violation_intervals_plain(motions, volume)
    # A violation shorter than a step may lie between two instants that the twin asks.
    short = fast.found & ~slow.found
    assert (fast.out_s[short] - fast.in_s[short]).max(initial=0.0) < 0.5
    for row in np.flatnonzero(short):
        middle_s = 0.5 * (fast.in_s[row] + fast.out_s[row])
        assert violated_at_plain(motions, row, widened(volume, 1e-6, 1e-6), middle_s)
    assert not (slow.found & ~fast.found).any()
    seen = slow.found
    assert 3 < seen.sum() < len(motions)
    assert np.abs(fast.in_s[seen] - slow.in_s[seen]).max() < 1e-6
    assert np.abs(fast.out_s[seen] - slow.out_s[seen]).max() < 1e-6


@ALL
def test_the_twin_agrees_on_every_edge(volume):
    """On the limit to the last bit either answer is right; past it by a micrometre only one is."""
    motions = degenerate()
    rows = np.random.default_rng(5).choice(len(motions), 40, replace=False)
    some = Motions(*(column[rows] for column in motions.columns))
    fast = violation_intervals(some, volume)
    narrow = violation_intervals_plain(some, widened(volume, -1e-6, -1e-6))
    wide = violation_intervals_plain(some, widened(volume, 1e-6, 1e-6))
    assert not (narrow.found & ~fast.found).any()
    sure = fast.found.copy()
    sure[sure] = fast.out_s[sure] - fast.in_s[sure] > 0.5
    assert not (sure & ~wide.found).any()


# --- the definition ----------------------------------------------------------------------------


@ALL
def test_both_ends_belong_to_the_violation_and_nothing_before_or_behind_them_does(volume):
    motions = encounters(4_000, seed=11)
    times = violation_intervals(motions, volume)
    found = np.flatnonzero(times.found)
    assert len(found) > 300
    wide, narrow = widened(volume, 1e-5, 1e-6), widened(volume, -1e-5, -1e-6)
    for row in found[:: max(len(found) // 150, 1)]:
        in_s, out_s = times.in_s[row], times.out_s[row]
        assert violated_at_plain(motions, row, wide, in_s)
        assert violated_at_plain(motions, row, wide, 0.5 * (in_s + out_s))
        assert violated_at_plain(motions, row, wide, out_s)
        if in_s > 1e-3:
            assert not violated_at_plain(motions, row, narrow, in_s - 1e-3)
        assert not violated_at_plain(motions, row, narrow, out_s + 1e-3) or (
            out_s == volume.lookahead_s
        )


@ALL
def test_in_violation_now_and_from_the_first_instant_are_the_same(volume):
    motions = encounters(20_000, seed=3)
    begun = violation_intervals(motions, volume).in_s == 0.0
    assert np.array_equal(violated_now(motions, volume), begun)
    assert 0 < begun.sum() < len(motions)
    # On the limit to the last bit the two may round apart; a nanometre past it they may not.
    edges = degenerate()
    begun = violation_intervals(edges, volume).in_s == 0.0
    assert not (violated_now(edges, widened(volume, -1e-9, -1e-9)) & ~begun).any()
    assert not (begun & ~violated_now(edges, widened(volume, 1e-9, 1e-9))).any()


def test_exactly_on_the_limit_is_in_violation_but_not_in_the_open_cylinder():
    edges = [
        (PHASE1.dthr_m, 0, 0, 0, 0, 0),
        (0, 0, PHASE1.zthr_m, 0, 0, 0),
        (0, 0, -PHASE1.zthr_m, 0, 0, 0),
    ]
    closed = violation_intervals(Motions(*np.array(edges, dtype=float).T), PHASE1)
    assert closed.in_s.tolist() == [0.0] * 3
    assert closed.out_s.tolist() == [180.0] * 3
    edges = [(CYLINDER.dthr_m, 0, 0, 0, 0, 0), (0, 0, CYLINDER.zthr_m, 0, 0, 0)]
    assert not violation_intervals(Motions(*np.array(edges, dtype=float).T), CYLINDER).found.any()
    within = one(np.nextafter(CYLINDER.dthr_m, 0), 0, np.nextafter(CYLINDER.zthr_m, 0), 0, 0, 0)
    assert violation_intervals(within, CYLINDER).out_s.tolist() == [300.0]


def test_a_violation_of_one_instant_is_one_but_not_in_the_open_cylinder():
    leaving = one(0, 0, PHASE1.zthr_m, 0, 0, 10)
    times = violation_intervals(leaving, PHASE1)
    assert (times.in_s.tolist(), times.out_s.tolist()) == ([0.0], [0.0])
    assert not violation_intervals(one(0, 0, CYLINDER.zthr_m, 0, 0, 10), CYLINDER).found.any()


def test_each_time_variable_has_the_entry_that_its_definition_gives():
    """Head-on at 100 m/s from 10 km with D = 1,000 m and T = 30 s; times by hand."""
    motion = one(10_000, 0, 0, -100, 0, 0)
    entry = {}
    for kind in ("TCPA", "TAUMOD", "TEP"):
        volume = Volume(name=kind, dthr_m=1000.0, zthr_m=100.0, tthr_s=30.0, horizontal=kind)
        times = violation_intervals(motion, volume)
        entry[kind] = float(times.in_s[0])
        assert float(times.out_s[0]) == pytest.approx(110.0, abs=1e-12)
    # Entry 90 s, closest 100 s. Modified tau of 30 s: s²  - 3,000 s - 1e6 = 0, s = 3,302.8 m.
    assert entry["TEP"] == pytest.approx(60.0, abs=1e-12)
    assert entry["TCPA"] == pytest.approx(70.0, abs=1e-12)
    assert entry["TAUMOD"] == pytest.approx(100.0 - (1500 + math.sqrt(3.25e6)) / 100, abs=1e-12)


def test_each_vertical_variable_has_the_entry_that_its_definition_gives():
    """Descending onto the other at 10 m/s from 1,000 m, 100 m being too near."""
    motion = one(0, 0, 1000, 0, 0, -10)
    for times, entry_s in (({"tcoa_s": 20.0}, 80.0), ({"vmod_s": 20.0}, 70.0), ({}, 90.0)):
        found = violation_intervals(motion, Volume(name="v", dthr_m=50.0, zthr_m=100.0, **times))
        assert (float(found.in_s[0]), float(found.out_s[0])) == pytest.approx((entry_s, 110.0))


def test_a_window_that_begins_later_sees_what_is_left_of_the_violation():
    motions = encounters(3_000, seed=7)
    for volume in EVERY:
        whole = violation_intervals(motions, volume, end_s=150.0)
        late = violation_intervals(motions, volume, begin_s=40.0, end_s=150.0)
        in_s = np.maximum(whole.in_s, 40.0)
        assert not late.found[whole.out_s < in_s - 1e-6].any()
        left = whole.out_s > in_s + 1e-6
        assert late.found[left].all()
        assert 50 < left.sum() < len(motions)
        assert np.abs(late.in_s[left] - in_s[left]).max() < 1e-7
        assert np.abs(late.out_s[left] - whole.out_s[left]).max() < 1e-7
        assert late.out_s.max() <= 150.0


def test_metrics_are_the_least_of_many_instants():
    motions = encounters(200, seed=2)
    found = metrics(motions)
    at_s = np.linspace(0.0, 180.0, 18_001)
    x, y, z, u, v, w = (column[:, np.newaxis] for column in motions.columns)
    level_m = np.hypot(x + u * at_s, y + v * at_s).min(axis=1)
    height_m = np.abs(z + w * at_s).min(axis=1)
    speed = np.hypot(motions.east_mps, motions.north_mps)
    assert (found.hmd_m <= level_m + 1e-9).all()
    assert (level_m - found.hmd_m <= 0.01 * speed + 1e-9).all()
    assert (found.vmd_m <= height_m + 1e-9).all()
    assert (height_m - found.vmd_m <= 0.01 * np.abs(motions.up_mps) + 1e-9).all()
    near = found.tcpa_s <= 180.0
    assert np.allclose(found.dcpa_m[near], found.hmd_m[near], atol=1e-9)


def test_metrics_say_when_there_is_no_answer():
    still = metrics(Motions(*np.array([[3000.0, 0, 50, 0, 0, 0], [3000.0, 0, 50, 9, 0, 1]]).T))
    assert np.isnan(still.tcpa_s).tolist() == [True, False]
    assert np.isnan(still.dcpa_m).tolist() == [True, False]
    assert still.hmd_m.tolist() == [3000.0, 3000.0]
    assert still.tcoa_s.tolist() == [-math.inf, -50.0]
    assert still.taumod_s.tolist() == [-1.0, -1.0]


# --- symmetry, order, inclusion ----------------------------------------------------------------

place = st.floats(-20_000, 20_000)
speed = st.one_of(st.just(0.0), st.floats(-300, 300), st.floats(-1e-3, 1e-3))
motion = st.tuples(place, place, st.floats(-800, 800), speed, speed, st.floats(-20, 20))


@settings(max_examples=100, deadline=None)
@given(motion)
@example((1222.32, 0.0, 137.16, 0.0, 0.0, 0.0))
@example((1222.32, 5000.0, 137.16, 0.0, -5e-324, 5e-324))
@example((5e-324, -5e-324, 137.16, 1e-160, -1e-170, -20.0))
def test_any_pair_is_the_same_from_both_sides_and_in_every_larger_volume(numbers):
    pair = one(*numbers)
    for volume in EVERY:
        assert both(violation_intervals(pair, volume)) == both(
            violation_intervals(pair.swapped(), volume)
        )
        assert violated_now(pair, volume) == violated_now(pair.swapped(), volume)
    for inner, outer in INSIDE_ONE_ANOTHER:
        small, large = violation_intervals(pair, inner), violation_intervals(pair, outer)
        assert large.in_s <= small.in_s
        assert large.out_s >= small.out_s


def test_swapping_reordering_and_splitting_change_no_bit():
    for motions in (encounters(30_011, seed=1), degenerate()):
        order = np.random.default_rng(4).permutation(len(motions))
        mixed = Motions(*(column[order] for column in motions.columns))
        alone = [one(*(column[row] for column in motions.columns)) for row in range(0, 2_000, 97)]
        for volume in EVERY:
            times = violation_intervals(motions, volume)
            assert both(times) == both(violation_intervals(motions.swapped(), volume))
            again = violation_intervals(mixed, volume)
            assert times.in_s[order].tobytes() == again.in_s.tobytes()
            assert times.out_s[order].tobytes() == again.out_s.tobytes()
            for number, pair in enumerate(alone):
                single = violation_intervals(pair, volume)
                assert single.in_s[0] == times.in_s[97 * number]
                assert single.out_s[0] == times.out_s[97 * number]


@pytest.mark.parametrize(("inner", "outer"), INSIDE_ONE_ANOTHER)
def test_the_smaller_volume_is_never_violated_longer(inner, outer):
    for motions in (encounters(50_000, seed=8), degenerate()):
        small, large = violation_intervals(motions, inner), violation_intervals(motions, outer)
        assert (large.in_s <= small.in_s).all()
        assert (large.out_s >= small.out_s).all()
        assert (small.found & large.found).any()


# --- the same bytes on every processor -----------------------------------------------------------

BYTES = """
import hashlib, sys
sys.path.insert(0, {tests!r})
from detect.wellclearkit import degenerate, encounters
from parley.detect.well_clear import VOLUMES, violation_intervals
from parley.detect.well_clear_states import violations_of_states
digest = hashlib.sha256()
for motions in (encounters(20_000, seed=6), degenerate()):
    still = [0.0 * motions.up_m] * 6
    for volume in VOLUMES.values():
        times = violation_intervals(motions, volume)
        digest.update(times.in_s.tobytes() + times.out_s.tobytes())
        times = violations_of_states(still, motions.columns, volume).intervals()
        digest.update(times.in_s.tobytes() + times.out_s.tobytes())
print(digest.hexdigest())
"""


@pytest.mark.skipif(
    os.environ.get("PARLEY_TARGETS") != "1",
    reason="compiles everything twice (13 s): PARLEY_TARGETS=1 runs it",
)
def test_another_processor_gives_the_same_bytes(tmp_path):
    """Compiled for the plainest x86-64 (SSE2, two numbers at a time, no fused multiply-add)."""
    tests = str(Path(__file__).resolve().parents[1])
    environment = {
        **os.environ,
        "NUMBA_CPU_NAME": "generic",
        "NUMBA_CPU_FEATURES": "",
        "NUMBA_CACHE_DIR": str(tmp_path),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    command = [sys.executable, "-c", BYTES.format(tests=tests)]
    other = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert other.returncode == 0, other.stderr
    digest = hashlib.sha256()
    for motions in (encounters(20_000, seed=6), degenerate()):
        for volume in VOLUMES.values():
            # Here once and twice for the digest: there, both roads must come to it.
            times = both(violation_intervals(motions, volume))
            digest.update(times + times)
    assert other.stdout.strip() == digest.hexdigest()
    assert any(tmp_path.rglob("*.nbi")), "the other process compiled for itself"


def test_the_module_does_not_wait_for_the_compiler_until_it_is_needed():
    code = "import sys, parley.detect.alert_levels; print('numba' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", code]
    found = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"
    warm()
    assert kernel_name().startswith("parley.detect.well_clear (numba ")


# --- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 1e308, -1e308])
@pytest.mark.parametrize("column", range(6))
def test_a_number_out_of_range_is_refused_with_its_column_and_row(bad, column):
    rows = np.zeros((6, 2_000))
    rows[column, 1_234] = bad
    name = ("east_m", "north_m", "up_m", "east_mps", "north_mps", "up_mps")[column]
    with pytest.raises(InputFault, match=f"motions {name} row 1234") as fault:
        Motions(*rows)
    assert fault.value.value == pytest.approx(bad, nan_ok=True)


def test_the_largest_and_the_smallest_numbers_are_answered():
    largest = (MOTION_MAX_M, MOTION_MAX_M, MOTION_MAX_M, -MOTION_MAX_MPS, -MOTION_MAX_MPS, 5e-324)
    smallest = (5e-324, -5e-324, 5e-324, 5e-324, -5e-324, -5e-324)
    near = (1222.33, 0.0, 0.0, -1e-162, 1e-170, 0.0)
    away = (5e-324, 0.0, MOTION_MAX_M, 0.0, 0.0, -5e-324)
    motions = Motions(*np.array([largest, smallest, near, away]).T)
    for volume in VOLUMES.values():
        times = violation_intervals(motions, volume)
        expected = [False, True, volume is CYLINDER or volume is BUFFERED, False]
        assert times.found.tolist() == expected
        assert not np.isnan(times.in_s).any()
        assert not np.isnan(times.out_s).any()
    assert not np.isnan(metrics(motions).hmd_m).any()


def test_ten_thousand_aircraft_at_one_point_and_none_at_all():
    crowd = violation_intervals(Motions(*np.zeros((6, 10_000))), PHASE2)
    assert (crowd.in_s == 0.0).all()
    assert (crowd.out_s == 180.0).all()
    empty = Motions(*np.zeros((6, 0)))
    assert len(violation_intervals(empty, PHASE1).in_s) == 0
    assert len(metrics(empty).hmd_m) == 0


def test_columns_must_be_of_one_length_and_cannot_be_changed_behind_our_back():
    with pytest.raises(InputFault, match="motions up_m"):
        Motions(*[np.zeros(3)] * 2, np.zeros(4), *[np.zeros(3)] * 3)
    with pytest.raises(InputFault, match="motions east_m"):
        Motions(*np.zeros((6, 2, 2)))
    given_m = np.zeros(3)
    motions = Motions(given_m, *[np.zeros(3)] * 5)
    given_m[0] = math.nan
    assert motions.east_m[0] == 0.0
    with pytest.raises(ValueError, match="read-only"):
        motions.east_m[0] = 1.0


@pytest.mark.parametrize(
    "thresholds",
    [
        {"dthr_m": -1.0},
        {"zthr_m": math.nan},
        {"tthr_s": math.inf},
        {"lookahead_s": 1e9},
        {"tcoa_s": 5.0, "vmod_s": 5.0},
        {"strict": True, "tthr_s": 35.0},
        {"horizontal": "TAU"},
    ],
)
def test_a_volume_without_a_definition_is_refused(thresholds):
    with pytest.raises(InputFault, match="volume wrong"):
        Volume(**{"name": "wrong", "dthr_m": 1.0, "zthr_m": 1.0, **thresholds})


@pytest.mark.parametrize("window", [(-1.0, 5.0), (9.0, 5.0), (0.0, 1e9), (math.nan, 5.0)])
def test_a_window_that_is_none_is_refused(window):
    with pytest.raises(InputFault, match="lookahead"):
        violation_intervals(one(0, 0, 0, 0, 0, 0), PHASE1, begin_s=window[0], end_s=window[1])
    with pytest.raises(InputFault, match="metrics"):
        metrics(one(0, 0, 0, 0, 0, 0), lookahead_s=math.nan)
