"""The live picture: the answers of the batch, whatever the order in which states came."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.detect.live import (
    CONFLICTS_KEPT_MAX,
    STALE_S,
    LiveMinima,
    LivePicture,
    motion_between,
    warm,
)
from parley.detect.live_plain import PlainState, conflicts_plain
from parley.detect.minima_table import MinimaPlane, MinimaTable
from parley.detect.prediction import PREDICTION, predict_pairs
from parley.detect.prediction_plain import predict_pair_plain
from parley.detect.states import States, velocity_from_reports
from parley.world.faults import InputFault

NUMBERS = PREDICTION.names[2:]
EN_ROUTE = (9260.0, 304.8)
NOW_US = 10**15


def table_of(*planes) -> MinimaTable:
    return MinimaTable(np.zeros(0, dtype=np.int64), tuple(MinimaPlane(*p) for p in planes))


ONE = table_of(([[9260.0]], [[304.8]]))
TWO_GROUPS = table_of(
    ([[9260.0, 5556.0], [5556.0, 0.0]], [[304.8, 914.4], [914.4, 0.0]]),
    ([[0.0, 15_000.0], [15_000.0, 926.0]], [[0.0, 150.0], [150.0, 60.0]]),
)
BOTH = table_of(([[4000.0]], [[300.0]], [[True]], [[20_000.0]]))


def traffic(count, seed, lat=(45.0, 49.0), lon=(2.0, 9.0), age_s=50.0):
    """States of many aircraft, each at its own time: some ahead of now, some too old, some fast."""
    rng = np.random.default_rng(seed)
    made = {}
    for n in range(count):
        speed, course = rng.uniform(0.0, 300.0), rng.uniform(0.0, 2.0 * math.pi)
        up = float(rng.choice([0.0, 0.0, 8.0, -12.0]))
        if n % 41 == 0:
            speed = 2_500.0
        made[f"N{n:04d}"] = PlainState(
            at_us=NOW_US - round(rng.uniform(-5.0, age_s) * 1e6),
            place=(
                float(rng.uniform(*lat)),
                float(rng.uniform(*lon)),
                float(rng.integers(20, 40)) * 304.8,
            ),
            velocity=(speed * math.sin(course), speed * math.cos(course), up),
            group=int(rng.integers(0, 2)),
            datum=int(n % 29 == 0),
        )
    return made


def filled(states, names=None, **options) -> LivePicture:
    live = LivePicture(**options)
    for name in names if names is not None else states:
        s = states[name]
        live.put(name, s.at_us, s.place, s.velocity, group=s.group, datum=s.datum)
    return live


def agree(found, losses, undecided):
    expected = [(a, b, rule) for a, b, rule, _ in losses]
    got = [(*pair, int(rule)) for pair, rule in zip(found.pairs, found.rule, strict=True)]
    assert got == expected
    assert list(found.undecided) == undecided
    for row, (_, _, _, plain) in zip(found.rows, losses, strict=True):
        for name in NUMBERS:
            wanted = float(plain[name])
            if name == "minimum_vertical_m" and wanted >= 1e6:
                continue  # no vertical minimum: the twin asks with the highest that it may
            assert float(row[name]) == pytest.approx(wanted, abs=1e-6), name


@pytest.mark.parametrize(
    ("table", "place"),
    [
        (ONE, {}),
        (TWO_GROUPS, {}),
        (BOTH, {}),
        (ONE, {"lat": (-2.0, 2.0), "lon": (-180.0, -176.0)}),
        (ONE, {"lat": (87.0, 90.0), "lon": (-180.0, 180.0)}),
        (ONE, {"lat": (-90.0, -88.0), "lon": (-180.0, 180.0)}),
    ],
)
def test_all_of_them_and_each_by_itself_are_answered_as_by_the_batch(table, place):
    states = traffic(250, 7, age_s=70.0, **place)
    if table is not TWO_GROUPS:
        states = {
            n: PlainState(s.at_us, s.place, s.velocity, 0, s.datum) for n, s in states.items()
        }
    losses, undecided = conflicts_plain(states, table, 300.0, NOW_US)
    assert len(losses) > 10
    live, minima = filled(states), LiveMinima.of_table(table)
    agree(live.conflicts_among(None, minima, 300.0, NOW_US), losses, undecided)
    for name in list(states)[:60]:
        agree(
            live.conflicts_of(name, minima, 300.0, NOW_US),
            [loss for loss in losses if name in loss[:2]],
            [pair for pair in undecided if name in pair],
        )


def test_pairs_that_come_from_the_antimeridian_and_over_the_pole_are_those_of_pyproj():
    """Against geodesics of another library, stepped and bisected."""
    for lat, lon in (((-1.0, 1.0), (179.0, 180.0)), ((88.5, 90.0), (-180.0, 180.0))):
        states = traffic(22, 3, lat=lat, lon=lon, age_s=0.0)
        states = {
            n: PlainState(NOW_US, (s.place[0], s.place[1], 9000.0), (*s.velocity[:2], 0.0))
            for n, s in states.items()
        }
        names = sorted(states)
        columns = np.array([(*states[n].place, *states[n].velocity) for n in names]).T
        found = filled(states).conflicts_among(None, LiveMinima.of([EN_ROUTE]), 120.0, NOW_US)
        got = dict(zip(found.pairs, found.rows, strict=True))
        wanted = {}
        for a in range(len(names)):
            for b in range(a + 1, len(names)):
                row = predict_pair_plain(States(*columns), (a, b), EN_ROUTE, 120.0)
                if row is not None:
                    wanted[names[a], names[b]] = row
        assert wanted
        assert set(got) == set(wanted)
        for pair, row in wanted.items():
            assert float(got[pair]["loss_s"]) == pytest.approx(row[2], abs=0.01)
            assert float(got[pair]["least_horizontal_m"]) == pytest.approx(row[4], abs=0.5)


@settings(max_examples=25)
@given(st.randoms(use_true_random=False), st.integers(0, 5))
def test_the_order_of_updates_shows_in_no_bit_of_the_answer(random, seed):
    states = traffic(60, seed, lat=(47.0, 48.0), lon=(6.0, 8.0))
    minima = LiveMinima.of_table(TWO_GROUPS)
    first = filled(states).conflicts_among(None, minima, 300.0, NOW_US)
    names = list(states)
    random.shuffle(names)
    live = LivePicture()
    for name in names[:30]:  # some are there in older states, some go and come back
        live.put(name, NOW_US - 10**6, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), group=1)
    for name in names[10:20]:
        live.drop(name)
    for name in names:
        s = states[name]
        live.put(name, s.at_us, s.place, s.velocity, group=s.group, datum=s.datum)
    live.put("EXTRA", NOW_US, (47.5, 7.0, 9000.0), (0.0, 0.0, 0.0))
    live.drop("EXTRA")
    again = live.conflicts_among(None, minima, 300.0, NOW_US)
    assert again.pairs == first.pairs
    assert again.rows.tobytes() == first.rows.tobytes()
    assert again.undecided == first.undecided
    for (a, b), row in list(zip(first.pairs, first.rows, strict=True))[:5]:
        for name in (a, b):  # asked from either side: the same bits
            one = live.conflicts_of(name, minima, 300.0, NOW_US)
            mine = [one.rows[k] for k, pair in enumerate(one.pairs) if pair == (a, b)]
            assert row.tolist()[2:] in [m.tolist()[2:] for m in mine]


def test_a_picture_goes_on_with_time_without_a_new_put():
    states = traffic(120, 11, lat=(47.0, 49.0), lon=(6.0, 9.0), age_s=0.0)
    live, minima = filled(states), LiveMinima.of_table(ONE)
    states = {
        n: PlainState(s.at_us, s.place, s.velocity, s.group, s.datum) for n, s in states.items()
    }
    for n in states:
        live.regroup(n, 0)
    for later_s in (0.0, 17.5, 59.0):
        now_us = NOW_US + round(later_s * 1e6)
        flat = {n: PlainState(s.at_us, s.place, s.velocity, 0, s.datum) for n, s in states.items()}
        agree(
            live.conflicts_among(None, minima, 300.0, now_us),
            *conflicts_plain(flat, ONE, 300.0, now_us),
        )
    stale_us = NOW_US + round((STALE_S + 6.0) * 1e6)
    assert not len(live.conflicts_among(None, minima, 300.0, stale_us).rows)
    assert live.states_at(stale_us)[0] == ()


def test_states_for_an_alert_are_those_brought_to_now():
    live = filled({"A": PlainState(0, (0.0, 0.0, 100.0), (100.0, 0.0, 1.0))})
    names, states = live.states_at(50_000_000)
    assert names == ("A",)
    assert float(states.alt_m[0]) == 150.0
    there = States([0.0], [0.0], [100.0], [100.0], [0.0], [1.0]).at(50.0)
    assert float(states.lon_deg[0]) == float(there.lon_deg[0])
    assert float(live.state_at("A", 50_000_000).lon_deg[0]) == float(there.lon_deg[0])


def test_a_state_from_the_future_is_never_flown_backwards():
    ahead = {
        "A": PlainState(NOW_US + 30_000_000, (0.0, 0.0, 9000.0), (250.0, 0.0, 0.0)),
        "B": PlainState(NOW_US, (0.0, 0.538985, 9000.0), (-250.0, 0.0, 0.0)),
    }
    found = filled(ahead).conflicts_of("A", LiveMinima.of([EN_ROUTE]), 300.0, NOW_US)
    assert float(found.rows["loss_s"][0]) == pytest.approx(101.5, abs=0.1)


@given(
    st.floats(-89.9, 89.9), st.floats(-180, 180), st.floats(-0.2, 0.2), st.floats(-0.2, 0.2),
    st.floats(0.5, 60.0),
)  # fmt: skip
def test_the_scalar_motion_is_that_of_the_columns(lat, lon, dlat, dlon, span_s):
    there = (max(-90.0, min(90.0, lat + dlat)), (lon + dlon + 180.0) % 360.0 - 180.0)
    at_us = round(span_s * 1e6)
    ours = motion_between((lat, lon, 100.0, 0), (*there, 400.0, at_us))
    theirs = velocity_from_reports(lat, lon, 100.0, 0.0, *there, 400.0, at_us / 1e6)
    for one, other in zip(ours, theirs, strict=True):
        assert one == pytest.approx(float(other[0]), abs=1e-6)


# ---- what comes from outside --------------------------------------------------------------------

BAD = [math.nan, math.inf, -math.inf, 1e308]


@pytest.mark.parametrize("value", BAD)
@pytest.mark.parametrize("place", range(6))
def test_no_number_that_is_none_gets_in(value, place):
    numbers = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    numbers[place] = value
    live = LivePicture()
    if value == 1e308 and place >= 3:
        # A speed of 1e308 is a number; it was not flown, so it is never predicted and moves nobody.
        live.put("A", 0, tuple(numbers[:3]), tuple(numbers[3:]))
        live.put("B", 0, tuple(numbers[:3]), (0.0, 0.0, 0.0))
        assert not len(live.conflicts_of("B", LiveMinima.of([EN_ROUTE]), 300.0, 0).rows)
        return
    with pytest.raises(InputFault):
        live.put("A", 0, tuple(numbers[:3]), tuple(numbers[3:]))
    assert len(live) == 0


def test_ten_thousand_at_one_point_are_all_named_and_memory_is_bounded(monkeypatch):
    live, minima = LivePicture(), LiveMinima.of([EN_ROUTE])
    for n in range(10_000):
        live.put(f"S{n:05d}", 0, (90.0, 0.0, 3000.0), (0.0, 0.0, 0.0))
    found = live.conflicts_of("S00000", minima, 300.0, 0)
    assert len(found.rows) == 9_999
    assert set(found.rows["loss_s"]) == {0.0}
    assert not found.left_out
    # Together they would be fifty million pairs: listed up to the cap, counted beyond it.
    monkeypatch.setattr("parley.detect.live.CONFLICTS_KEPT_MAX", 15_000)
    both = live.conflicts_among(["S00001", "S00000"], minima, 300.0, 0)
    assert len(both.rows) == 15_000
    assert both.left_out == {"S00001": 9_999 + 9_998 - 15_000}
    assert CONFLICTS_KEPT_MAX == 200_000


def test_zero_speed_at_a_place_and_opposite_ends_of_the_earth():
    live, minima = LivePicture(), LiveMinima.of([EN_ROUTE])
    live.put("A", 0, (0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
    live.put("B", 0, (0.0, 180.0, 0.0), (0.0, 0.0, 0.0))
    live.put("C", 0, (-90.0, 12.0, 0.0), (0.0, 0.0, 0.0))
    live.put("D", 0, (90.0, 0.0, 0.0), (0.0, 0.0, 0.0))
    assert not len(live.conflicts_among(None, minima, 3600.0, 0).rows)
    live.put("E", 0, (-90.0, -77.0, 304.78), (0.0, 0.0, 0.0))
    (row,) = live.conflicts_of("E", minima, 3600.0, 0).rows
    assert (row["loss_s"], row["end_s"]) == (0.0, 3600.0)
    assert row["least_horizontal_m"] < 1e-6
    live.put("E", 0, (-90.0, -77.0, 304.79), (0.0, 0.0, 0.0))
    assert not len(live.conflicts_of("E", minima, 3600.0, 0).rows), "at the minimum is not inside"


def test_what_is_out_of_range_is_refused_with_its_limit():
    live = LivePicture(capacity=1)
    live.put("A" * 65_536, 0, (0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
    with pytest.raises(InputFault, match="at most 1 aircraft"):
        live.put("B", 0, (0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
    minima = LiveMinima.of([EN_ROUTE])
    for lookahead_s in (0.0, -1.0, math.nan, 3_601.0):
        with pytest.raises(InputFault, match="lookahead"):
            live.conflicts_of("A" * 65_536, minima, lookahead_s, 0)
    with pytest.raises(InputFault, match="aircraft"):
        live.conflicts_of("B", minima, 300.0, 0)
    live.regroup("A" * 65_536, 1)
    with pytest.raises(InputFault, match="group"):
        live.conflicts_of("A" * 65_536, minima, 300.0, 0)
    for capacity in (0, -1, 10**9):
        with pytest.raises(InputFault, match="capacity"):
            LivePicture(capacity=capacity)
    live.drop("unknown")


def test_answers_hold_where_predict_pairs_is_asked_the_same_at_once():
    """One instant, one rule: the very call of the batch."""
    warm()
    states = traffic(300, 23, age_s=0.0)
    states = {n: PlainState(NOW_US, s.place, s.velocity) for n, s in states.items()}
    names = sorted(states)
    columns = np.array([(*states[n].place, *states[n].velocity) for n in names]).T
    batch = predict_pairs(States(*columns), *EN_ROUTE)
    found = filled(states).conflicts_among(None, LiveMinima.of([EN_ROUTE]), 300.0, NOW_US)
    assert list(found.pairs) == [(names[r["a"]], names[r["b"]]) for r in batch]
    assert len(batch) > 20
