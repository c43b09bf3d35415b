"""Well clear from two states per pair: the same bits as from their difference, or a refusal."""

from __future__ import annotations

import math

import numpy as np
import pytest

from detect.wellclearkit import GOLDEN_VOLUMES, degenerate, encounters, flat_motions, golden
from parley.detect.well_clear import (
    END_MAX_S,
    MOTION_MAX_M,
    MOTION_MAX_MPS,
    PHASE1,
    VOLUMES,
    Motions,
    violation_intervals,
)
from parley.detect.well_clear_plain import violation_intervals_plain
from parley.detect.well_clear_states import violations_of_states, warm
from parley.world.faults import InputFault

NAMES = ("east_m", "north_m", "up_m", "east_mps", "north_mps", "up_mps")


def two_states(motions, seed):
    """Two states for each motion, somewhere in a box of 200 km: their difference is rounded."""
    draw = np.random.default_rng(seed)
    spread = (1e5, 1e5, 6e3, 150.0, 150.0, 10.0)
    own = [draw.uniform(-most, most, len(motions)) for most in spread]
    return own, [one + column for one, column in zip(own, motions.columns, strict=True)]


def same_bits(own, other, volume, **window):
    """Whether both roads have the same bytes, and how many pairs they find."""
    motions = Motions(*(b - a for a, b in zip(own, other, strict=True)))
    long = violation_intervals(motions, volume, **window)
    short = violations_of_states(own, other, volume, **window)
    assert np.array_equal(short.rows, np.flatnonzero(long.found))
    assert short.pairs == len(motions)
    full = short.intervals()
    assert full.in_s.tobytes() == long.in_s.tobytes()
    assert full.out_s.tobytes() == long.out_s.tobytes()
    return len(short.rows)


@pytest.mark.parametrize("volume", VOLUMES.values(), ids=VOLUMES)
def test_every_volume_has_the_bits_that_the_difference_has(volume):
    traffic = encounters(30_011, seed=21)
    assert 300 < same_bits(*two_states(traffic, 1), volume) < len(traffic)
    assert same_bits(*two_states(traffic, 1), volume, end_s=31.5) > 300
    edges = degenerate()
    nothing = [np.zeros(len(edges))] * 6
    assert 0 < same_bits(nothing, edges.columns, volume) < len(edges)
    assert same_bits(edges.columns, nothing, volume) == same_bits(nothing, edges.columns, volume)


@pytest.mark.parametrize("name", GOLDEN_VOLUMES)
def test_every_golden_row_has_the_yes_and_no_of_daidalus_from_its_two_states(name):
    rows = golden("xyz")
    columns = [f"{axis}_m" for axis in "xyz"] + [f"{axis}_ms" for axis in ("ve", "vn", "vz")]
    own, other = ([rows[f"{who}_{column}"] for column in columns] for who in ("own", "int"))
    found = violations_of_states(own, other, GOLDEN_VOLUMES[name])
    assert np.array_equal(found.rows, np.flatnonzero(~np.isnan(rows[f"{name}_tin_s"])))
    assert np.abs(found.in_s - rows[f"{name}_tin_s"][found.rows]).max() < 1e-6
    assert np.abs(found.out_s - rows[f"{name}_tout_s"][found.rows]).max() < 1e-6
    long = violation_intervals(flat_motions(rows), GOLDEN_VOLUMES[name])
    assert found.intervals().in_s.tobytes() == long.in_s.tobytes()


def test_the_twin_finds_the_same():
    traffic = encounters(40, seed=5)
    own, other = two_states(traffic, 2)
    short = violations_of_states(own, other, PHASE1).intervals()
    differences = Motions(*(b - a for a, b in zip(own, other, strict=True)))
    slow = violation_intervals_plain(differences, PHASE1)
    seen = slow.found
    assert 3 < seen.sum() < 40
    assert np.abs(short.in_s[seen] - slow.in_s[seen]).max() < 1e-6
    assert np.abs(short.out_s[seen] - slow.out_s[seen]).max() < 1e-6
    extra = short.found & ~seen
    assert (short.out_s[extra] - short.in_s[extra]).max(initial=0.0) < 0.5


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 1_023, 1_024, 1_025, 2_049])
def test_no_pair_is_lost_where_a_block_begins_or_ends(count):
    """All pairs at one point: every one is listed, once, in its row."""
    crowd = [np.full(count, 5.0)] * 6
    found = violations_of_states(crowd, crowd, PHASE1)
    assert found.rows.tolist() == list(range(count))
    assert (found.in_s == 0.0).all()
    assert (found.out_s == 180.0).all()
    for row in {0, count // 2, count - 1} & {*range(count)}:
        away = np.full(count, 9e6)
        away[row] = 5.0
        found = violations_of_states(crowd, [away, *crowd[1:]], PHASE1)
        assert found.rows.tolist() == [row]


def test_reordering_and_swapping_change_no_bit():
    traffic = encounters(5_003, seed=9)
    own, other = two_states(traffic, 3)
    order = np.random.default_rng(4).permutation(len(traffic))
    for volume in VOLUMES.values():
        times = violations_of_states(own, other, volume).intervals()
        for one, two, rows in (
            (other, own, slice(None)),
            ([column[order] for column in own], [column[order] for column in other], order),
        ):
            again = violations_of_states(one, two, volume).intervals()
            assert times.in_s[rows].tobytes() == again.in_s.tobytes()
            assert times.out_s[rows].tobytes() == again.out_s.tobytes()


def test_columns_of_any_kind_are_read_and_the_compiler_is_asked_once():
    from parley.detect import well_clear_kernel as kernel

    warm()
    compiled = len(kernel.violations.signatures)
    traffic = encounters(999, seed=6)
    own, other = (np.float32(states).astype(np.float64) for states in two_states(traffic, 4))
    plain = violations_of_states(own, other, PHASE1)
    locked = own.copy()
    locked.flags.writeable = False
    unaligned = np.frombuffer(b"x" + own.tobytes(), dtype=np.uint8)[1:].view(np.float64)
    for given in (
        own.tolist(),
        own.astype(np.float32),
        own.astype(">f8"),
        np.asfortranarray(own),
        np.repeat(own, 3, axis=1)[:, ::3],
        unaligned.reshape(own.shape),
        locked,
    ):
        found = violations_of_states(given, other, PHASE1)
        assert found.rows.tobytes() == plain.rows.tobytes()
        assert found.in_s.tobytes() == plain.in_s.tobytes()
    assert len(kernel.violations.signatures) == compiled
    own[0, 0] += 1.0  # what we were given is still its owner's


# --- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 1e308, -1e308])
@pytest.mark.parametrize("column", range(6))
@pytest.mark.parametrize("whose", [0, 1, 2])
def test_a_number_out_of_range_is_refused_with_its_column_and_row(bad, column, whose):
    """Also where both have it, so that their difference is 0; and where the pair is far away."""
    for row in (0, 1_024, 1_999):
        both = np.zeros((2, 6, 2_000))
        both[1, 2] = 9e5
        both[[[0], [1], [0, 1]][whose], column, row] = bad
        with pytest.raises(InputFault, match=f"own and other {NAMES[column]} row {row} "):
            violations_of_states(both[0], both[1], PHASE1)


@pytest.mark.parametrize("column", range(6))
def test_the_sizes_of_two_numbers_may_add_up_to_the_limit_and_no_further(column):
    limit = MOTION_MAX_M if column < 3 else MOTION_MAX_MPS
    own, other = np.zeros((6, 1)), np.zeros((6, 1))
    own[column], other[column] = -0.75 * limit, 0.25 * limit
    violations_of_states(own, other, PHASE1)
    same_bits(own, other, PHASE1)
    own[column] = np.nextafter(-0.75 * limit, -math.inf)
    other[column] = np.nextafter(0.25 * limit, math.inf)
    with pytest.raises(InputFault, match="sizes add up to at most 1"):
        violations_of_states(own, other, PHASE1)


def test_the_kernel_has_the_limits_of_the_record():
    from parley.detect import well_clear_kernel as kernel

    assert (kernel.PLACES_MAX_M, kernel.SPEEDS_MAX_MPS) == (MOTION_MAX_M, MOTION_MAX_MPS)


def test_columns_that_are_no_states_are_refused():
    three = [np.zeros(3)] * 6
    for own, other, named in (
        (three[:5], three, "own columns is 5"),
        (three, [], "other columns is 0"),
        ([*three[:4], np.zeros(4), three[5]], three, "own north_mps"),
        (three, [np.zeros(2)] * 6, "other east_m"),
        (np.zeros((6, 2, 2)), three, "own east_m"),
        (np.zeros(6), three, "own east_m"),
    ):
        with pytest.raises(InputFault, match=named):
            violations_of_states(own, other, PHASE1)
    for end_s in (-1.0, math.nan, 2 * END_MAX_S):
        with pytest.raises(InputFault, match="lookahead"):
            violations_of_states(three, three, PHASE1, end_s=end_s)
