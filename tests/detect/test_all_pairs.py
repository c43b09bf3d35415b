"""All pairs at once are each pair by itself: to the bit, whatever the order, wherever on earth."""

from __future__ import annotations

import hashlib
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detect.allpairskit import (
    BOXES,
    EN_ROUTE,
    FT_M,
    columns,
    draw,
    pairs_of,
    predict,
    predictions_of,
    reordered,
)
from parley.detect import all_pairs, all_pairs_sieve
from parley.detect.all_pairs import flat_conflicts, predict_all, warm
from parley.detect.all_pairs_plain import flat_conflicts_plain
from parley.detect.prediction import predict_pairs
from parley.detect.states import LOOKAHEAD_MAX_S, States
from parley.world.faults import InputFault


@pytest.mark.parametrize("box", BOXES)
@pytest.mark.parametrize(("n", "lookahead_s", "minima"), [
    (400, 300.0, EN_ROUTE),
    (150, 1250.0, (15_000.0, 200.0)),
    (700, 45.0, (20_000.0, 900.0)),
])  # fmt: skip
def test_every_bit_is_that_of_the_pair_alone(box, n, lookahead_s, minima):
    states = draw(len(box) + n, n, *BOXES[box])
    fast = predict(states, minima, lookahead_s=lookahead_s)
    slow = predict_pairs(states, *minima, lookahead_s=lookahead_s)
    assert predictions_of(fast.rows).tobytes() == slow.tobytes()
    assert fast.pairs_total == len(slow)
    assert (fast.capped, fast.left_out) == (False, 0)
    assert box == "world" or len(slow) > 10


@pytest.mark.parametrize("slices", [2, 3, 7])
@pytest.mark.parametrize("geometry", ["wgs84", "flat"])
def test_slices_never_change_a_row(slices, geometry, monkeypatch):
    states = draw(slices, 500, *BOXES["high antimeridian"])
    whole = predict(states, geometry=geometry)
    monkeypatch.setattr(all_pairs_sieve.Sieve, "_chosen_slices", lambda self: slices)
    cut = predict(states, geometry=geometry)
    assert cut.slices == slices
    assert len(whole.rows) > 20
    assert cut.rows.tobytes() == whole.rows.tobytes()


@settings(max_examples=15)
@given(st.integers(0, 10_000), st.sampled_from(sorted(BOXES)), st.integers(2, 120))
def test_neither_order_nor_number_changes_a_bit(seed, box, n):
    one = draw(seed, n, *BOXES[box])
    order = np.random.default_rng(seed + 1).permutation(n)
    first = predict(one, (30_000.0, 1000.0)).rows
    back = predict(reordered(one, order), (30_000.0, 1000.0)).rows
    back["a"], back["b"] = np.sort(np.stack((order[back["a"]], order[back["b"]])), axis=0)
    back = back[np.lexsort((back["b"], back["a"]))]
    assert back.tobytes() == first.tobytes()


def test_drones_and_a_jet_among_them():
    """Speeds of 20 and 1,900 m/s, minima of 50 m: the fast one reaches farther, for itself."""
    rng = np.random.default_rng(3)
    n = 600
    states = States(
        rng.uniform(48.0, 48.06, n), rng.uniform(11.0, 11.09, n), rng.uniform(30, 120, n),
        *rng.uniform(-14, 14, (2, n)), rng.uniform(-3, 3, n),
    )  # fmt: skip
    jet = States([48.03], [10.4], [75.0], [1900.0], [0.0], [0.0])
    both = States(*(np.append(a, b) for a, b in zip(columns(states), columns(jet), strict=True)))
    fast = predict(both, (60.0, 15.0), lookahead_s=60.0)
    slow = predict_pairs(both, 60.0, 15.0, lookahead_s=60.0)
    assert predictions_of(fast.rows).tobytes() == slow.tobytes()
    assert (slow["b"] == n).sum() >= 1
    assert len(slow) > 10


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.floats(0.0, 400.0), st.floats(1e-3, 3600.0))
def test_a_handful_anywhere(seed, spread_km, lookahead_s):
    """Few aircraft, any lookahead, same places, equal velocities and the poles among them."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 9))
    lat = np.clip(rng.choice([90.0, -90.0, 0.0, rng.uniform(-90, 90)]) + spread_km / 111.0
                  * rng.uniform(-1, 1, n), -90.0, 90.0)  # fmt: skip
    lon = rng.choice([180.0, -180.0, 0.0], n) if seed % 3 else rng.uniform(-180, 180, n)
    velocity = rng.choice([0.0, 250.0, -250.0, 1999.0, 12.5], (2, n)) / math.sqrt(2.0)
    states = States(lat, lon, rng.choice([0.0, 300.0, 304.8], n), *velocity, rng.choice([0, 5], n))
    fast = predict(states, lookahead_s=lookahead_s)
    slow = predict_pairs(states, *EN_ROUTE, lookahead_s=lookahead_s)
    assert predictions_of(fast.rows).tobytes() == slow.tobytes()


# --- the flat earth ------------------------------------------------------------------------------


@pytest.mark.parametrize("box", BOXES)
def test_flat_conflicts_are_blueskys(box):
    """The plain twin solves the same definition another way; the benchmark runs BlueSky itself."""
    states = draw(11, 500, *BOXES[box])
    # Equal velocities are no conflict there, however near.
    same = States(*(np.append(c, [c[0], c[0]]) for c in columns(states)))
    pairs, loss_s = flat_conflicts(
        *columns(same), horizontal_m=9260.0, vertical_m=304.8, lookahead_s=300.0
    )
    found = [tuple(pair) for pair in pairs.tolist()]
    assert found == flat_conflicts_plain(columns(same), EN_ROUTE, 300.0)
    assert (500, 501) not in found
    assert ((loss_s >= 0.0) & (loss_s <= 300.0)).all()
    assert pairs.dtype == np.int32


def test_flat_prediction_is_the_ellipsoids_near_the_equator():
    """There the planes differ by the flattening: at most 0.7 % of ways of up to 160 km."""
    states = draw(5, 300, (-1.0, 1.0), (20.0, 22.0), (90.0, 260.0))
    flat, curved = (predict(states, geometry=g) for g in ("flat", "wgs84"))
    both = sorted(set(pairs_of(flat)) & set(pairs_of(curved)))
    assert len(both) > 0.9 * max(len(flat.rows), len(curved.rows)) > 50
    one, other = (
        f.rows["least_horizontal_m"][[pairs_of(f).index(p) for p in both]] for f in (flat, curved)
    )
    assert np.abs(one - other).max() < 0.007 * 160_000.0


def test_flat_prediction_crosses_the_antimeridian_and_blueskys_does_not():
    head_on = States([10, 10], [179.9, -179.9], [9000, 9000], [200, -200], [0, 0], [0, 0])
    assert pairs_of(predict(head_on, geometry="flat")) == [(0, 1)]
    wall, _ = flat_conflicts(*columns(head_on), horizontal_m=9260, vertical_m=305, lookahead_s=300)
    assert len(wall) == 0


# --- cases that a person can check ---------------------------------------------------------------


def stack_of(levels, apart_ft, n=200):
    """A holding stack: at one place, one above the other, all the same way."""
    return States(
        [51.0] * n, [0.0] * n, np.arange(n) % levels * apart_ft * FT_M, [99.0] * n, [0] * n, [0] * n
    )  # fmt: skip


def test_a_holding_stack():
    apart = predict(stack_of(200, 1000.0))
    assert apart.pairs_total == 0
    close = predict(stack_of(200, 500.0))
    assert pairs_of(close) == [(k, k + 1) for k in range(199)]
    assert not close.rows["loss_s"].any()
    assert close.rows["end_s"].tolist() == [300.0] * 199
    assert close.pairs_of.tolist() == [1] + [2] * 198 + [1]


def test_nobody_one_and_two():
    for n in range(3):
        found = predict(stack_of(1, 0.0, n))
        assert (found.pairs_total, len(found.rows)) == (n // 2, n // 2)
        assert found.pairs_of.tolist() == [n // 2] * n
        assert found.rows.dtype == all_pairs.ALL_PAIRS
        both, loss_s = flat_conflicts(
            *columns(stack_of(1, 0.0, n)), horizontal_m=1, vertical_m=1, lookahead_s=1
        )
        assert (both.shape, loss_s.shape) == ((0, 2), (0,))


def test_the_lookahead_ends_where_it_says():
    pair = States([0, 0], [0, 0], [0, 1000], [0, 0], [0, 0], [0, -5.0])
    loss_s = (1000 - 304.8 + 0.01) / 5
    assert predict(pair, lookahead_s=loss_s - 1e-6).pairs_total == 0
    assert predict(pair, lookahead_s=loss_s + 1e-6).pairs_total == 1
    assert predict(pair, lookahead_s=LOOKAHEAD_MAX_S).rows["end_s"] < 400.0


def test_on_the_pole_with_every_longitude():
    lon = np.linspace(-180.0, 180.0, 40)
    at_pole = States([90.0] * 40, lon, [9000] * 40, [0] * 40, [0] * 40, [0] * 40)
    found = predict(at_pole)
    assert found.pairs_total == 40 * 39 // 2
    assert found.rows["least_horizontal_m"].max() < 1e-3


# --- hostile and wrong input ---------------------------------------------------------------------


@pytest.mark.parametrize("geometry", ["wgs84", "flat"])
def test_many_at_one_point_are_counted_though_not_all_kept(geometry):
    """700 at one point are 244,650 pairs: the soonest are kept, and none is dropped silently."""
    n = 700
    rng = np.random.default_rng(1)
    heap = States([45.0] * n, [7.0] * n, rng.permutation(n) * 10.0, [0] * n, [0] * n, [0] * n)
    found = predict(heap, (50.0, 25.0), geometry=geometry, limit=500)
    # Each has the two above it and the two below, but for the ends: 2 n - 3 pairs.
    assert (found.pairs_total, found.left_out, found.capped) == (2 * n - 3, 2 * n - 503, True)
    assert found.pairs_of.sum() == 2 * (2 * n - 3)
    assert found.pairs_of.max() == 4
    everything = predict(heap, (50.0, 25.0), geometry=geometry)
    assert not everything.capped
    assert found.rows.tobytes() == everything.rows[:500].tobytes()
    crowd = predict(heap, (50.0, 1e5), geometry=geometry, limit=10)
    assert (crowd.pairs_total, crowd.left_out) == (n * (n - 1) // 2, n * (n - 1) // 2 - 10)
    assert (crowd.pairs_of == n - 1).all()
    assert pairs_of(crowd) == [(0, k) for k in range(1, 11)]


def test_a_limit_keeps_the_soonest():
    states = draw(9, 600, *BOXES["europe"])
    everything = predict(states)
    rows = everything.rows
    for limit in (0, 1, 17, len(rows) - 1, len(rows)):
        some = predict(states, limit=limit)
        soonest = rows[np.lexsort((rows["b"], rows["a"], rows["loss_s"]))[:limit]]
        assert some.rows.tobytes() == np.sort(soonest, order=["a", "b"]).tobytes()
        assert (some.pairs_total, some.left_out) == (len(rows), len(rows) - limit)
        assert some.pairs_of.tolist() == everything.pairs_of.tolist()


def test_what_was_not_flown_is_named_and_moves_nobody():
    states = draw(2, 200, *BOXES["europe"])
    spoofed = [c.copy() for c in columns(states)]
    for row, velocity in {7: (1e308, -1e308, 0), 50: (0, 2001, 0), 51: (0, 0, 1e300)}.items():
        spoofed[3][row], spoofed[4][row], spoofed[5][row] = velocity
    found = predict(States(*spoofed))
    assert found.not_flown.tolist() == [7, 50, 51]
    rows = predict(states).rows
    kept = rows[~(np.isin(rows["a"], [7, 50, 51]) | np.isin(rows["b"], [7, 50, 51]))]
    assert found.rows.tobytes() == kept.tobytes()
    assert not predict(States([0] * 3, [0] * 3, [0] * 3, [1e308] * 3, [0] * 3, [0] * 3)).pairs_total


@pytest.mark.parametrize(("change", "named"), [
    ({"lookahead_s": 0.0}, "lookahead in seconds is 0.0"),
    ({"lookahead_s": math.nan}, "lookahead in seconds is nan"),
    ({"lookahead_s": 4000.0}, "at most 3600"),
    ({"geometry": "globe"}, "geometry is globe"),
    ({"limit": -1}, "limit of rows is -1"),
    ({"minima": (math.nan, 1.0)}, "horizontal_m row 0 is nan"),
    ({"minima": (1.0, -1.0)}, "vertical_m row 0 is -1.0"),
])  # fmt: skip
def test_predict_all_refuses_bad_arguments(change, named):
    with pytest.raises(InputFault) as fault:
        predict_all(stack_of(1, 0.0, 2), **({"minima": EN_ROUTE} | change))
    assert named in str(fault.value)


def test_flat_conflicts_refuses_what_is_no_state():
    good = [np.zeros(2) for _ in range(6)]
    for number, value, named in ((0, math.nan, "lat_deg row 1 is nan"), (4, 3e3, "speed row 1")):
        bad = [c.copy() for c in good]
        bad[number][1] = value
        with pytest.raises(InputFault, match=named):
            flat_conflicts(*bad, horizontal_m=1.0, vertical_m=1.0, lookahead_s=1.0)


# --- the same bytes on every machine -------------------------------------------------------------

DECIDE = """
import hashlib
import numpy as np
from parley.detect import all_pairs_wgs84_kernel as kernel
rng = np.random.default_rng(6)
n = 60
columns = (rng.uniform(79, 80, n), rng.uniform(-180, -177, n), rng.uniform(9e3, 9.2e3, n),
           *rng.uniform(-200, 200, (2, n)), rng.uniform(-9, 9, n))
for column in columns:
    column.flags.writeable = False
pairs = np.stack(np.triu_indices(n, 1), 1).astype(np.int32)
one = np.full((1, 1, 1), 9260.0)
limbs = np.zeros(n, np.int32), one, one / 30, np.zeros(1, np.int64), one, one
rows = np.empty((len(pairs) + 1, 2), np.int32), np.empty((len(pairs) + 1, 8)), np.empty(
    len(pairs) + 1, np.int32)
times_s = np.arange(0.0, 301.0, 30.0)
made = kernel.decide_all(columns, pairs, times_s, (0.0, np.inf), (9260.0, 9260.0 / 30), limbs,
                         np.full(n, -1, np.int32), rows)
assert made > 50, made
print(made, hashlib.sha256(rows[0][:made].tobytes() + rows[1][:made].tobytes()).hexdigest())
"""


@pytest.mark.skipif(
    os.environ.get("PARLEY_TARGETS") != "1",
    reason="compiles the decision twice (20 s): PARLEY_TARGETS=1 runs it",
)
def test_two_targets_of_the_compiler_give_the_same_bytes(tmp_path):
    """One with all that this processor has (fused multiply-add too), one that any x86-64 has.

    Only the decision is compiled twice: the sieve leaves no trace in a row.
    """
    src = str(Path(all_pairs.__file__).parents[2])
    outputs = set()
    for target in ({}, {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}):
        cache = {"NUMBA_CACHE_DIR": str(tmp_path)} if target else {}
        done = subprocess.run(
            [sys.executable, "-c", DECIDE], capture_output=True, text=True, check=True,
            env=os.environ | {"PYTHONPATH": src} | target | cache,
        )  # fmt: skip
        outputs.add(done.stdout)
    assert len(outputs) == 1
    assert len(outputs.pop().split()[1]) == len(hashlib.sha256().hexdigest())


def test_a_warm_detector_compiles_nothing_more():
    from parley.detect import all_pairs_kernel, all_pairs_wgs84_kernel

    warm()
    before = [len(k.signatures) for k in (all_pairs_kernel.scan, all_pairs_wgs84_kernel.decide_all)]
    predict(draw(1, 50, *BOXES["europe"]))
    after = [len(k.signatures) for k in (all_pairs_kernel.scan, all_pairs_wgs84_kernel.decide_all)]
    assert before == after


def test_importing_all_pairs_needs_neither_numba_nor_pyproj():
    code = "import sys, parley.detect.all_pairs; print({'numba', 'pyproj'} & set(sys.modules))"
    src = str(Path(all_pairs.__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env=os.environ | {"PYTHONPATH": src},
    )  # fmt: skip
    assert done.stdout.strip() == "set()"
