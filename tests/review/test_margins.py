"""Margins to lines: time weighted, uncertainty apart, hysteresis, versions; both scenarios."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from parley.app.cli.replay import read_scenario
from parley.detect.crossing import line_crossings
from parley.review.margins import Watched, margins, sides_by_clause, week_of, weighted_quantile_m
from parley.world.agreement import Agreement, Party
from parley.world.boundary import Boundary, distance_to_boundary_m
from parley.world.clauses import AppliesTo, BoundaryRule
from parley.world.faults import InputFault
from parley.world.geo import Position, destination
from parley.world.track import Track
from shared_data import shared

NORTH, SOUTH = Position(lat_deg=36.0, lon_deg=38.1), Position(lat_deg=34.0, lon_deg=38.1)
ON_IT = Position(lat_deg=35.0, lon_deg=38.1)
START_US = 1_497_830_400_000_000
HOW = Watched(max_gap_s=86_400.0)


def river(**changes):
    return Boundary(**({"id": "RIVER", "vertices": (NORTH, SOUTH)} | changes))


def flight(offsets_m, *, name="X1", party="ALFA", step_s=60, start_us=START_US):
    """A track at these distances east of the line (its left, looking south), a minute apart."""
    at = [destination(ON_IT, 90.0 if m >= 0 else 270.0, abs(m)) for m in offsets_m]
    return Track(
        id=name,
        party=party,
        t_us=start_us + np.arange(len(at), dtype=np.int64) * step_s * 1_000_000,
        lat_deg=np.array([p.lat_deg for p in at]),
        lon_deg=np.array([p.lon_deg for p in at]),
        alt_m=np.full(len(at), 5_000.0),
        alt_reference="AMSL",
    )


def whole(study):
    return {row.party: row for row in study.rows if row.week == "all"}


@pytest.mark.row("S46")
def test_margins_are_by_time_on_the_partys_own_side_and_the_least_is_found_between_samples() -> (
    None
):
    track = flight([20_000.0, 20_000.0, 20_000.0, 3_000.0, 20_000.0, 20_000.0, 20_000.0])
    row = whole(margins([track], [river()], HOW))["ALFA"]
    assert (row.side, row.side_from) == ("left", "where it flew longest")
    assert row.p50_m == pytest.approx(20_000.0, rel=1e-3)
    assert row.least_m == pytest.approx(3_000.0, abs=5.0)
    assert row.least_at_us == pytest.approx(START_US + 180_000_000, abs=100_000)
    # 2,000 of 17,000 m on the way in and as much on the way out are within 5 km.
    assert row.near_s == pytest.approx(2 * 60.0 * 2_000.0 / 17_000.0, abs=20.0)
    assert row.flight_h == pytest.approx(0.1)


@pytest.mark.row("S46")
def test_reporting_more_often_changes_no_margin() -> None:
    """What a party could gain by flooding: nothing, the time counts and not the reports."""
    slow = flight([20_000.0, 10_000.0, 10_000.0], step_s=600)
    mixed = [20_000.0 - 10.0 * k for k in range(1_000)] + [10_000.0] * 2
    often = Track(
        id="X1", party="ALFA", alt_reference="AMSL",
        t_us=START_US + np.array([*range(0, 600_000_000, 600_000), 600_000_000, 1_200_000_000]),
        lat_deg=np.full(1_002, 35.0),
        lon_deg=np.array([destination(ON_IT, 90.0, m).lon_deg for m in mixed]),
        alt_m=np.full(1_002, 5_000.0),
    )  # fmt: skip
    one, two = (whole(margins([t], [river()], HOW))["ALFA"] for t in (slow, often))
    assert one.p50_m == pytest.approx(two.p50_m, abs=30.0)
    assert one.p5_m == pytest.approx(two.p5_m, abs=30.0)


@pytest.mark.row("S46")
def test_flying_along_the_line_is_near_and_flaps_and_crosses_nothing() -> None:
    track = flight([-5_000.0, *[(-1) ** n * 150.0 for n in range(60)], -5_000.0])
    row = whole(margins([track], [river()], HOW))["ALFA"]
    assert row.flaps > 50
    assert row.crossings == 0
    over = flight([-5_000.0, *[(-1) ** n * 150.0 for n in range(60)], 5_000.0])
    assert whole(margins([over], [river()], HOW))["ALFA"].crossings == 1


@pytest.mark.row("S46")
def test_what_the_uncertainty_leaves_open_is_counted_apart_and_bounds_the_near_time() -> None:
    track = flight([4_000.0] * 11)
    sure = whole(margins([track], [river()], HOW))["ALFA"]
    assert (sure.undecided_s, sure.near_least_s, sure.near_most_s) == (0.0, 600.0, 600.0)
    vague = whole(margins([track], [river(uncertainty_m=4_500.0)], HOW))["ALFA"]
    assert vague.undecided_s == 600.0
    assert (vague.near_s, vague.near_least_s, vague.near_most_s) == (600.0, 0.0, 600.0)
    far = flight([8_000.0] * 11)
    vague = whole(margins([far], [river(uncertainty_m=4_500.0)], HOW))["ALFA"]
    assert (vague.near_s, vague.near_most_s, vague.undecided_s) == (0.0, 600.0, 0.0)


def test_beyond_the_end_of_a_line_there_is_no_side_and_no_margin() -> None:
    track = flight([1_000.0] * 11)
    north = msgspec.structs.replace(river(), vertices=(NORTH, Position(lat_deg=35.5, lon_deg=38.1)))
    row = whole(margins([track], [north], HOW))["ALFA"]
    assert (row.p50_m, row.least_m, row.beyond_ends_s) == (None, None, 600.0)
    assert row.near_most_s == 600.0, "where it goes on nobody drew: it may have been near"


@pytest.mark.row("S36")
def test_the_version_in_force_then_counts_and_time_without_any_is_told() -> None:
    moved = START_US + 300_000_000
    east = river(
        version=2, from_us=moved, to_us=moved + 120_000_000,
        vertices=(Position(lat_deg=36.0, lon_deg=38.2), Position(lat_deg=34.0, lon_deg=38.2)),
    )  # fmt: skip
    study = margins([flight([4_000.0] * 11)], [river(to_us=moved), east], HOW)
    row = whole(study)["ALFA"]
    assert row.versions == (1, 2)
    assert study.outside_s == pytest.approx(180.0)
    # East of the first course by 4 km, west of the second by 5.1: the line moved, nobody crossed.
    assert row.crossings == 0
    assert row.least_m == pytest.approx(-5_120.0, abs=60.0)


def test_weeks_stand_apart_and_add_up() -> None:
    week_us = 7 * 86_400_000_000
    tracks = [
        flight([m] * 11, name=f"X{n}", start_us=START_US + n * week_us)
        for n, m in enumerate((9_000.0, 6_000.0, 3_000.0))
    ]
    rows = margins(tracks, [river()], HOW).rows
    assert [r.week for r in rows] == ["all", *(week_of(START_US + n * week_us) for n in range(3))]
    assert [round(r.p50_m / 1000.0) for r in rows] == [6, 9, 6, 3]
    assert rows[0].flight_h == pytest.approx(sum(r.flight_h for r in rows[1:]))


def test_a_side_is_stated_by_a_clause_and_two_that_contradict_state_none() -> None:
    def rule(name, side):
        applies = AppliesTo(parties=("ALFA",))
        return BoundaryRule(id=name, boundary="RIVER", side=side, applies_to=applies)

    def agreed(*clauses):
        return Agreement(id="AB", parties=(Party(id="ALFA"),), clauses=clauses)

    sides = sides_by_clause([agreed(rule("C1", "right"))])
    row = whole(margins([flight([4_000.0] * 5)], [river()], HOW, sides))["ALFA"]
    assert (row.side, row.side_from) == ("right", "clause C1 of AB")
    assert row.p50_m == pytest.approx(-4_000.0, rel=1e-3)
    assert sides_by_clause([agreed(rule("C1", "right"), rule("C2", "left"))]) == {}


def test_gaps_are_not_flown_and_bad_looks_are_refused() -> None:
    study = margins([flight([-4_000.0, 4_000.0], step_s=3_600)], [river()], Watched())
    assert (study.rows, study.gaps) == ((), 1)
    for changes in ({"step_s": 0.0}, {"near_m": float("nan")}, {"hysteresis_m": -1.0}):
        with pytest.raises(InputFault):
            Watched(**changes)
    with pytest.raises(InputFault, match="step"):
        margins(
            [flight([0.0] * 100, step_s=80_000)], [river()], Watched(step_s=1e-4, max_gap_s=1e5)
        )
    assert weighted_quantile_m(np.array([]), np.array([]), 0.5) is None


def test_across_the_antimeridian_a_margin_is_a_margin() -> None:
    def shifted(position):
        return msgspec.structs.replace(
            position, lon_deg=(position.lon_deg + 141.9 + 180.0) % 360.0 - 180.0
        )

    line = river(vertices=(shifted(NORTH), shifted(SOUTH)))
    track = flight([-6_000.0, 6_000.0])
    lon = (track.lon_deg + 141.9 + 180.0) % 360.0 - 180.0
    moved = Track(
        id="X1", party="ALFA", t_us=track.t_us, lat_deg=track.lat_deg, lon_deg=lon,
        alt_m=track.alt_m, alt_reference="AMSL",
    )  # fmt: skip
    one, two = (whole(margins([t], [b], HOW))["ALFA"] for t, b in ((track, river()), (moved, line)))
    assert two.p50_m == pytest.approx(one.p50_m, abs=20.0)
    assert two.crossings == one.crossings == 1


@pytest.mark.row("S46")
@pytest.mark.parametrize("name", ["syria-2017-06", "wildfire-civil"])
@pytest.mark.parametrize("uncertainty_m", [0.0, None])
def test_on_the_scenarios_crossings_are_those_of_the_exact_geometry(name, uncertainty_m) -> None:
    """As drawn each exact crossing of a line is one; with its uncertainty no more than those.

    A track that ends on the line, nearer than the hysteresis, has not settled on its other side.
    """
    scenario = read_scenario(shared(f"scenarios/{name}"))
    for line in scenario.boundaries:
        drawn = line
        if uncertainty_m is not None:
            drawn = msgspec.structs.replace(line, uncertainty_m=uncertainty_m)
        for track in scenario.tracks:
            study = margins([track], [drawn], Watched(step_s=5.0, max_gap_s=86_400.0))
            (row, *_) = study.rows
            exact = len(line_crossings(track, line.vertices))
            last = Position(lat_deg=float(track.lat_deg[-1]), lon_deg=float(track.lon_deg[-1]))
            unsettled = distance_to_boundary_m(line, last) < HOW.hysteresis_m
            if uncertainty_m == 0.0:
                assert exact - unsettled <= row.crossings <= exact, track.id
            else:
                assert row.crossings <= exact
            assert row.flight_h == pytest.approx((track.t_us[-1] - track.t_us[0]) / 3.6e9)


@pytest.mark.row("S46")
def test_margins_by_day_are_of_that_day_alone_and_sum_to_all() -> None:
    midnight_us = START_US - START_US % 86_400_000_000 + 86_400_000_000
    track = flight([20_000.0] * 11 + [8_000.0] * 10, start_us=midnight_us - 600_000_000)
    by_day = msgspec.structs.replace(HOW, period="day")
    rows = {row.week: row for row in margins([track], [river()], by_day).rows}
    first, second = sorted(name for name in rows if name != "all")
    assert (first, second) == ("2017-06-19", "2017-06-20")
    assert rows[first].p50_m == pytest.approx(20_000.0, rel=1e-3)
    assert rows[second].p50_m == pytest.approx(8_000.0, rel=1e-3)
    assert rows[second].least_m == pytest.approx(8_000.0, abs=1.0)
    total_h = rows[first].flight_h + rows[second].flight_h
    assert rows["all"].flight_h == pytest.approx(total_h)


def test_the_longest_time_near_is_of_one_flight_without_a_break() -> None:
    """Near, away, near for longer; a second flight that is near twice, with a gap between."""
    one = flight([4_000.0] * 4 + [9_000.0] * 3 + [4_000.0] * 7, name="X1")
    two = flight([4_000.0] * 6, name="X2")
    again = flight([4_000.0] * 6, name="X2", start_us=START_US + 7_200_000_000)
    broken = Track(
        id="X2", party="ALFA", alt_reference="AMSL",
        t_us=np.concatenate([two.t_us, again.t_us]),
        lat_deg=np.concatenate([two.lat_deg, again.lat_deg]),
        lon_deg=np.concatenate([two.lon_deg, again.lon_deg]),
        alt_m=np.concatenate([two.alt_m, again.alt_m]),
    )  # fmt: skip
    how = msgspec.structs.replace(HOW, max_gap_s=600.0)
    row = whole(margins([one, broken], [river()], how))["ALFA"]
    # Seven reports at 4 km are six minutes; of the minute from 9 km a fifth is nearer than 5 km.
    assert row.near_longest_track == "X1"
    assert row.near_longest_s == pytest.approx(360.0 + 12.0, abs=10.0)


@pytest.mark.parametrize(
    ("vertices", "at"),
    [
        ((Position(lat_deg=66.0, lon_deg=180.0), Position(lat_deg=64.0, lon_deg=180.0)),
         Position(lat_deg=65.0, lon_deg=-180.0)),
        ((Position(lat_deg=89.9, lon_deg=20.0), Position(lat_deg=89.0, lon_deg=20.0)),
         Position(lat_deg=89.5, lon_deg=20.0)),
    ],
)  # fmt: skip
def test_margins_over_the_antimeridian_and_near_the_pole(vertices, at) -> None:
    there = [destination(at, 90.0 if m >= 0 else 270.0, abs(m)) for m in (3_000.0, 500.0, -2_000.0)]
    track = Track(
        id="X1", party="ALFA", alt_reference="AMSL",
        t_us=START_US + np.arange(3, dtype=np.int64) * 60_000_000,
        lat_deg=np.array([p.lat_deg for p in there]), lon_deg=np.array([p.lon_deg for p in there]),
        alt_m=np.full(3, 5_000.0),
    )  # fmt: skip
    line = Boundary(id="RIVER", vertices=vertices)
    row = whole(margins([track], [line], HOW))["ALFA"]
    assert (row.side, row.crossings) == ("left", 1)
    # Beyond the line the least is that of a sample: half a step (5 s) short of the end at 42 m/s.
    assert row.least_m == pytest.approx(-2_000.0, abs=210.0)
    assert distance_to_boundary_m(line, there[2]) == pytest.approx(2_000.0, abs=1.0)
