"""Live crossings at their edges: zigzags, bands of uncertainty, zone edges, dwell and margins."""

from __future__ import annotations

import math
import random

import msgspec
import numpy as np
import pytest
from nodekit import do, pair
from simstory import agreement_of
from simworld import SECOND_US

from parley.detect.margin_bins import BIN_M, MarginBins
from parley.node.entries import AlertRaised, AlertResolved
from parley.node.inputs import TrackReports
from parley.node.picture import TrackReport
from parley.node.rules import line_margins
from parley.review.margins import weighted_quantile_m
from parley.world.boundary import Boundary
from parley.world.clauses import AppliesTo, StandOff
from parley.world.faults import InputFault
from parley.world.geo import Position, destination

SOUTHWARD = (Position(lat_deg=36.0, lon_deg=38.1), Position(lat_deg=34.0, lon_deg=38.1))
ON_IT = Position(lat_deg=35.0, lon_deg=38.1)


def line(vertices=SOUTHWARD, **changes):
    return Boundary(**({"id": "RIVER", "vertices": vertices} | changes))


def world_with(boundary, *, clauses=(), **changes):
    base = agreement_of("AB", ("ALFA", "BRAVO"))
    return pair([
        msgspec.structs.replace(base, boundaries=(boundary,), clauses=clauses, **changes)
    ])  # fmt: skip


def flown(world, positions, *, party="ALFA", aircraft="X1", step_s=1.0, node="ALFA"):
    written = []
    for at in positions:
        world.run(step_s)
        one = TrackReport(
            aircraft=aircraft, at_us=world.now_us, lat_deg=at.lat_deg, lon_deg=at.lon_deg,
            altitude_m=5_000.0, altitude_reference="AMSL", party=party,
        )  # fmt: skip
        written += do(world, node, TrackReports(feed="F", reports=(one,)))
    return written


def off(metres, *, at=ON_IT, bearing_deg=90.0):
    """So far to the east of a point, or along another bearing."""
    return destination(at, bearing_deg if metres >= 0 else bearing_deg + 180.0, abs(metres))


def told(written, what):
    return [e for e in written if isinstance(e.body, AlertRaised) and e.body.what == what]


def ramp(from_m, to_m, seconds):
    return [from_m + (to_m - from_m) * n / seconds for n in range(1, seconds + 1)]


# ---- crossings ----------------------------------------------------------------------------------


@pytest.mark.row("S46")
@pytest.mark.row("R11")
@pytest.mark.parametrize("seed", range(3))
def test_a_zigzag_on_the_line_within_the_doubt_raises_one_crossing_at_most(seed):
    """A walk of 150 m a second that never goes further than the hysteresis, then over."""
    draw = random.Random(seed)
    offsets_m, at_m = [], -800.0
    for _ in range(200):
        at_m = min(max(at_m + draw.uniform(-150, 150), -240.0), 240.0) if offsets_m else at_m
        offsets_m.append(at_m)
    world = world_with(line())
    assert told(flown(world, map(off, ramp(-2_000.0, -800.0, 10))), "crossing") == []
    assert told(flown(world, map(off, offsets_m)), "crossing") == []
    over = flown(world, map(off, ramp(240.0, 2_000.0, 20)))
    assert len(told(over, "crossing")) == 1


def test_a_river_known_to_two_kilometres_is_crossed_once_from_bank_to_bank() -> None:
    """Zigzags within its band, over and over: one crossing, once the far bank is left behind."""
    world = world_with(line(uncertainty_m=2_000.0))
    band = [
        *ramp(-4_000.0, 1_900.0, 40),
        *ramp(1_900.0, -1_900.0, 20),
        *ramp(-1_900.0, 1_900.0, 20),
    ]
    assert told(flown(world, map(off, band)), "crossing") == []
    (entry,) = told(flown(world, map(off, ramp(1_900.0, 4_000.0, 30))), "crossing")
    assert "from right to left of RIVER" in entry.body.text
    # Somewhere within the band: between the last look on one bank and the first on the other.
    assert entry.happened.to_us - entry.happened.from_us > 50 * SECOND_US


@pytest.mark.parametrize(
    ("vertices", "at", "bearing_deg"),
    [
        # Over the antimeridian: a line along 65 N crossed northwards at 180.
        ((Position(lat_deg=65.0, lon_deg=179.0), Position(lat_deg=65.0, lon_deg=-179.0)),
         Position(lat_deg=65.0, lon_deg=180.0), 0.0),
        # On the antimeridian itself, crossed eastwards.
        ((Position(lat_deg=66.0, lon_deg=180.0), Position(lat_deg=64.0, lon_deg=180.0)),
         Position(lat_deg=65.0, lon_deg=-180.0), 90.0),
        # Near the pole: a meridian from 89.0 to 89.9 N.
        ((Position(lat_deg=89.9, lon_deg=20.0), Position(lat_deg=89.0, lon_deg=20.0)),
         Position(lat_deg=89.5, lon_deg=20.0), 90.0),
    ],
)  # fmt: skip
def test_lines_over_the_antimeridian_and_near_the_pole_are_crossed_once_each_way(
    vertices, at, bearing_deg
):
    world = world_with(line(vertices))
    way = [off(m, at=at, bearing_deg=bearing_deg) for m in ramp(-2_000.0, 2_000.0, 20)]
    jitter = [off((-1) ** n * 100.0, at=at, bearing_deg=bearing_deg) for n in range(30)]
    steady = [off(2_000.0 + 10 * n, at=at, bearing_deg=bearing_deg) for n in range(8)]
    assert len(told(flown(world, [*way, *steady]), "crossing")) == 1
    back = [off(m, at=at, bearing_deg=bearing_deg) for m in ramp(2_000.0, 100.0, 10)]
    assert told(flown(world, [*back, *jitter]), "crossing") == []
    home = [off(m, at=at, bearing_deg=bearing_deg) for m in ramp(-100.0, -2_000.0, 20)]
    assert len(told(flown(world, home), "crossing")) == 1


# ---- zone edges ---------------------------------------------------------------------------------

ZONE_CENTRE, ZONE_RADIUS_M = Position(lat_deg=35.5, lon_deg=38.5), 8_000.0


def at_edge(metres):
    return off(ZONE_RADIUS_M + metres, at=ZONE_CENTRE)


@pytest.mark.parametrize(("rules_version", "least", "most"), [(5, 1, 1), (4, 5, 100)])
def test_one_that_swings_over_the_edge_of_a_zone_is_one_incursion(rules_version, least, most):
    """A zone of ALFA, and BRAVO's flight that swings 100 m over its edge; older rules told each."""
    world = world_with(line(), rules_version=rules_version)
    swing = [at_edge(100.0 * math.sin(n * 0.8)) for n in range(60)]
    start = [at_edge(m) for m in ramp(480.0, 0.0, 6)]
    written = flown(world, [*start, *swing], party="BRAVO", step_s=5.0)
    assert least <= len(told(written, "incursion")) <= most
    out = [at_edge(m) for m in ramp(0.0, 800.0, 10)]
    written += flown(world, out, party="BRAVO", step_s=5.0)
    ends = [e.body.why for e in written if isinstance(e.body, AlertResolved)]
    assert ends[-1:] == ["outside again"]
    scope = world.node("ALFA").state.scope("AB")
    assert not [e for e in scope.index.open_alerts.values() if e.body.what == "incursion"]


# ---- dwell and margins --------------------------------------------------------------------------


def kept(world):
    return line_margins.margins_of(world.node("ALFA").state.scope("AB"))


@pytest.mark.row("S46")
def test_how_long_a_flight_is_near_a_line_is_told_and_is_not_added_up_over_silence() -> None:
    world = world_with(line())
    flown(world, map(off, [*ramp(-5_305.0, -4_505.0, 80), *([-4_505.0] * 60)]))
    dwell = kept(world).dwells["RIVER"]["X1"]
    # Near from the look at 4,995 m on: 49 s on the way in, then a minute.
    assert dwell.now_us() == 109 * SECOND_US
    flown(world, map(off, ramp(-4_505.0, -5_305.0, 80)))
    assert dwell.now_us() == 0
    assert dwell.longest_us == 158 * SECOND_US
    world.run(120)
    flown(world, map(off, ramp(-4_900.0, -4_860.0, 5)))
    assert dwell.now_us() == 4 * SECOND_US
    # Of the two minutes without a report nothing is near.
    assert dwell.total_us == (158 + 4) * SECOND_US


@pytest.mark.row("S46")
def test_margins_are_by_party_and_day_by_time_and_signed_where_a_clause_names_the_side() -> None:
    side = StandOff(id="C9", distance_m=1_000.0, boundary="RIVER", side="left",
                    applies_to=AppliesTo(parties=("ALFA",)))  # fmt: skip
    world = world_with(line(), clauses=(side,))
    # Looking south, the left is the east; at 50 m/s over the line and 1,500 m beyond it.
    flown(world, map(off, ramp(3_000.0, -1_500.0, 90)))
    (((name, party, _), day),) = kept(world).days.items()
    assert (name, party) == ("RIVER", "ALFA")
    assert day.least_m == pytest.approx(-1_500.0, abs=1.0)
    assert (day.least_flight, day.least_at_us) == ("X1", world.now_us)
    assert day.crossings == 1
    assert day.bins.total_s == pytest.approx(89.0, abs=0.01)
    assert day.bins.quantile_m(0.5) == pytest.approx(750.0, abs=BIN_M)
    assert day.bins.quantile_m(0.05) == pytest.approx(-1_300.0, abs=BIN_M + 1.0)


def test_what_the_uncertainty_adds_is_told_apart() -> None:
    world = world_with(line(uncertainty_m=3_000.0))
    flown(world, map(off, [7_000.0] * 31))
    (day,) = kept(world).days.values()
    assert (day.near_s, day.near_most_s) == (0.0, 30.0)


def test_memory_is_bounded_whatever_names_come() -> None:
    """What a feed that makes up flights and parties could fill: a stated number, told."""
    world = world_with(line())
    state = world.node("ALFA").state
    scope, boundary = state.scope("AB"), line()
    for n in range(line_margins.FLIGHTS_MAX + 50):
        name = f"X{n}"
        one = TrackReport(aircraft=name, at_us=world.now_us, lat_deg=35.0, lon_deg=38.2,
                          altitude_m=1.0, altitude_reference="AMSL", party=f"P{n}")  # fmt: skip
        assert state.picture.take(one, world.now_us)
        line_margins.looked(state, scope, ("RIVER", boundary), state.picture.aircraft[name])
    assert len(kept(world).dwells["RIVER"]) == line_margins.FLIGHTS_MAX
    assert kept(world).dropped == 50
    assert {party for _, party, _ in kept(world).days} == {"nobody"}


def test_under_older_rules_no_margins_are_kept() -> None:
    world = world_with(line(), rules_version=4)
    flown(world, map(off, ramp(-2_000.0, 2_000.0, 20)))
    assert kept(world).days == {}


# ---- the bins against the exact quantiles -------------------------------------------------------


def test_quantiles_of_bins_are_the_exact_ones_to_a_bin_and_never_more() -> None:
    draw = np.random.default_rng(7)
    for _ in range(30):
        bins = MarginBins()
        count = int(draw.integers(1, 400))
        margins_m = draw.normal(8_000.0, 9_000.0, count)
        weights_s = draw.uniform(0.1, 60.0, count)
        for margin_m, weight_s in zip(margins_m, weights_s, strict=True):
            bins.add(float(margin_m), float(weight_s))
        for share in (0.0, 0.01, 0.05, 0.5, 0.95, 1.0):
            exact_m = weighted_quantile_m(margins_m, weights_s, share)
            found_m = bins.quantile_m(share)
            assert found_m <= exact_m < found_m + BIN_M
        assert bins.total_s == pytest.approx(weights_s.sum())


@pytest.mark.parametrize(
    ("margin_m", "weight_s"), [(math.nan, 1.0), (1.0, math.nan), (1.0, -1.0), (1.0, math.inf)]
)
def test_bins_take_nothing_that_is_no_number(margin_m, weight_s):
    with pytest.raises(InputFault):
        MarginBins().add(margin_m, weight_s)
    bins = MarginBins()
    bins.add(1e308, 1.0)
    bins.add(-1e308, 1.0)
    assert bins.quantile_m(0.5) == -math.inf
    assert bins.quantile_m(1.0) == math.inf
    with pytest.raises(InputFault):
        bins.quantile_m(math.nan)
