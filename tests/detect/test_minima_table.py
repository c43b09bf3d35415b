"""Minima per pair of groups: the rule that is lost first, by one distance or by both."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detect.allpairskit import BOXES, FT_M, columns, draw, pairs_of, reordered
from parley.detect.all_pairs import MinimaPlane, MinimaTable, predict_all
from parley.detect.all_pairs_plain import predict_all_plain
from parley.detect.prediction import predict_pairs
from parley.detect.states import States
from parley.world.faults import InputFault


def table(*planes, group):
    return MinimaTable(group=np.array(group), rules=tuple(planes))


def plane(horizontal, vertical, both=None, reach=None):
    return MinimaPlane(np.array(horizontal, float), np.array(vertical, float), both, reach)


def at_rest(*places):
    """Aircraft that stand in the air: metres east of 0 E on the equator, and height."""
    lon = [math.degrees(east_m / 6_378_137.0) for east_m, _ in places]
    zero = [0.0] * len(places)
    return States(zero, lon, [alt_m for _, alt_m in places], zero, zero, zero)


def test_minima_belong_to_the_pair_of_groups():
    """Three abreast 11 km apart: only the pair whose groups have a rule as wide as that loses."""
    abreast = at_rest((0, 0), (11_000, 0), (22_000, 0))
    rule = plane([[0, 12_000], [12_000, 0]], [[0, 300], [300, 0]])
    assert pairs_of(predict_all(abreast, table(rule, group=[0, 1, 1]))) == [(0, 1)]
    assert pairs_of(predict_all(abreast, table(rule, group=[0, 1, 0]))) == [(0, 1), (1, 2)]
    assert pairs_of(predict_all(abreast, table(rule, group=[0, 0, 0]))) == []


def test_the_table_is_the_pairs_own_minima_to_the_bit():
    states = draw(4, 400, *BOXES["antimeridian"])
    group = np.random.default_rng(1).integers(0, 3, 400)
    wide = np.array([[5000.0, 9260.0, 0.0], [9260.0, 20_000.0, 3000.0], [0.0, 3000.0, 12_000.0]])
    high = np.array([[300.0, 200.0, 500.0], [200.0, 600.0, 90.0], [500.0, 90.0, 0.0]])
    rows = predict_all(states, table(plane(wide, high), group=group)).rows
    pairs = np.ix_(group, group)
    slow = predict_pairs(states, wide[pairs], high[pairs])
    assert len(slow) > 30
    for name in slow.dtype.names:
        assert rows[name].tobytes() == slow[name].tobytes()


def test_of_several_rules_the_one_lost_first_is_named():
    """Head on at 200 m/s: 12 km by 100 m is lost before 6 km by 300 m, or not at 200 m apart."""
    near = plane([[12_000]], [[100]])
    far = plane([[6_000]], [[300]])
    for apart_m, number, loss_s in ((0.0, 0, 90.0), (200.0, 1, 120.0)):
        pair = States([0, 0], [0, 30_000 / 111_319.49], [0, apart_m], [100, -100], [0, 0], [0, 0])
        (row,) = predict_all(pair, table(near, far, group=[0, 0])).rows
        assert (row["plane"], row["loss_s"]) == (number, pytest.approx(loss_s, abs=0.01))
        assert row["minimum_horizontal_m"] == (12_000, 6_000)[number]
    same = predict_all(at_rest((0, 0), (10, 0)), table(far, near, group=[0, 0])).rows
    assert same["plane"].tolist() == [0]


def test_apart_by_both_means_each_of_the_distances():
    """10 km and 300 m, judged within 20 km: too near by either is lost, far beyond is not."""
    rule = plane([[10_000]], [[300]], [[True]], [[20_000]])
    for east_m, up_m, lost in (
        (5_000, 0, True),
        (5_000, 5_000, True),
        (15_000, 0, True),
        (15_000, 299, True),
        (15_000, 301, False),
        (25_000, 0, False),
        (10_001, 300, False),
    ):
        pair = at_rest((0, 1000), (east_m, 1000 + up_m))
        assert predict_all(pair, table(rule, group=[0, 0])).pairs_total == lost
        by_one = plane([[10_000]], [[300]])
        one = predict_all(pair, table(by_one, group=[0, 0])).pairs_total
        assert one == (east_m < 10_000 and up_m < 300)


def test_a_loss_by_both_lasts_until_the_last_distance_is_back():
    """Climbing through level: the vertical distance is lost for 120 s of the reach, twice none."""
    rule = plane([[1_000]], [[300]], [[True]], [[50_000]])
    pair = States([0, 0], [0, 0.2], [3000, 2400], [0, 0], [0, 0], [0, 5.0])
    (row,) = predict_all(pair, table(rule, group=[0, 0])).rows
    assert row["loss_s"] == pytest.approx((300 + 0.01) / 5, abs=1e-6)
    assert row["end_s"] == pytest.approx((900 - 0.01) / 5, abs=1e-6)
    assert (row["minimum_horizontal_m"], row["minimum_vertical_m"]) == (1_000, 300)
    assert row["least_vertical_m"] == 0.0


@settings(max_examples=6)
@given(st.integers(0, 1000))
def test_the_plain_twin_finds_the_same_rules_lost(seed):
    rng = np.random.default_rng(seed)
    n = 9
    states = States(
        rng.uniform(60, 60.25, n), rng.uniform(179.7, 180.0, n) * rng.choice([-1, 1], n),
        rng.uniform(3000, 4200, n), *rng.uniform(-150, 150, (2, n)), rng.uniform(-8, 8, n),
    )  # fmt: skip
    wide = rng.uniform(1000, 8000, (2, 2))
    high = rng.uniform(50, 400, (2, 2))
    both = rng.random((2, 2)) < 0.5
    rules = (
        plane(wide + wide.T, high + high.T, both | both.T, 2.0 * (wide + wide.T)),
        plane(wide.T @ wide / 4000.0, np.where(both & both.T, 0.0, 300.0)),
    )
    minima = table(*rules, group=rng.integers(0, 2, n))
    fast = predict_all(states, minima, lookahead_s=90.0).rows
    slow = predict_all_plain(states, minima, 90.0)
    assert [tuple(r) for r in fast[["a", "b", "plane"]].tolist()] == [r[:3] for r in slow]
    for row, (*_, loss_s, end_s) in zip(fast, slow, strict=True):
        assert (row["loss_s"], row["end_s"]) == pytest.approx((loss_s, end_s), abs=0.02)


def test_order_of_rows_and_of_groups_changes_nothing():
    states = draw(8, 300, *BOXES["europe"])
    group = np.random.default_rng(2).integers(0, 2, 300)
    rule = plane([[9260, 15_000], [15_000, 5000]], [[304.8, 150], [150, 600]])
    rows = predict_all(states, table(rule, group=group)).rows
    order = np.random.default_rng(3).permutation(300)
    turned = plane(rule.horizontal_m[::-1, ::-1], rule.vertical_m[::-1, ::-1])
    back = predict_all(reordered(states, order), table(turned, group=1 - group[order])).rows
    back["a"], back["b"] = np.sort(np.stack((order[back["a"]], order[back["b"]])), axis=0)
    assert len(rows) > 20
    assert back[np.lexsort((back["b"], back["a"]))].tobytes() == rows.tobytes()


def test_exactly_the_minima_is_no_loss_in_any_kind_of_rule():
    levels = at_rest((0, 0), (0, 1000 * FT_M))
    assert predict_all(levels, (9260.0, 1000 * FT_M)).pairs_total == 0
    apart = at_rest((0, 0), (5000, 1000 * FT_M))
    rule = plane([[5000 - 0.005]], [[1000 * FT_M]], [[True]], [[20_000]])
    assert predict_all(apart, table(rule, group=[0, 0])).pairs_total == 0


def test_no_rule_is_no_loss():
    heap = at_rest((0, 0), (0, 0), (0, 0))
    for rule in (plane([[0]], [[300]]), plane([[300]], [[0]]), plane([[0.01]], [[0.01]])):
        assert predict_all(heap, table(rule, group=[0] * 3)).pairs_total == 0


@pytest.mark.parametrize(("make", "named"), [
    (lambda: plane([[1, 2], [3, 1]], np.ones((2, 2))), "horizontal_m is a table that is not symm"),
    (lambda: plane([[1]], [[math.nan]]), "vertical_m row 0 is nan"),
    (lambda: plane([[-1]], [[1]]), "horizontal_m row 0 is -1.0"),
    (lambda: plane([[1]], np.ones((2, 2))), "vertical_m is (2, 2)"),
    (lambda: plane([[1]], [[1]], [[True]]), "reach_m of groups 0 and 0 is 0.0"),
    (lambda: plane([[9]], [[1]], [[True]], [[8]]), "at least the horizontal minimum, 9"),
    (lambda: plane([[9]], [[0]], [[True]], [[9]]), "both_needed of groups is (0, 0)"),
    (lambda: plane([[9]], [[9]], [[1]], [[9]]), "both_needed is dtype"),
    (lambda: table(group=[0]), "at least one plane"),
    (lambda: table(plane([[1]], [[1]]), group=[0, 1]), "group row 1 is 1"),
    (lambda: table(plane([[1]], [[1]]), group=[-1]), "group row 0 is -1"),
    (lambda: table(plane([[1]], [[1]]), group=[0.5]), "one whole number a row"),
    (lambda: predict_all(at_rest((0, 0)), table(plane([[1]], [[1]]), group=[0, 0])),
     "minima groups is 2"),
])  # fmt: skip
def test_tables_that_say_nothing_sure_are_refused(make, named):
    with pytest.raises(InputFault) as fault:
        make()
    assert named in str(fault.value)


def test_a_table_cannot_be_changed_afterwards():
    rule = plane([[1]], [[1]])
    with pytest.raises(ValueError, match="read-only"):
        rule.horizontal_m[0, 0] = 2.0
    with pytest.raises(ValueError, match="read-only"):
        table(rule, group=[0]).group[0] = 1
    assert len(columns(at_rest((0, 0)))) == 6
