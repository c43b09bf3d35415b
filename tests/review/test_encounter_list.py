"""The list of encounters: both scenarios' pairs, and what a clock that is off changes."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import yaml
from geographiclib.geodesic import Geodesic

from parley.app.cli.replay import read_scenario
from parley.detect.encounters import Minima, closest_pair
from parley.review.encounter_list import encounter_document, encounter_list
from parley.world.faults import InputFault
from parley.world.track import Track
from shared_data import shared

RULE = Minima(horizontal_m=3 * 1852.0, vertical_m=3_000 * 0.3048)
T0_US = 1_497_938_400_000_000


def straight(name, party, lat, lon, azimuth_deg, speed_mps, *, alt_m=6_000.0, climb_mps=0.0,
             late_s=0.0, reports=21, every_s=15.0):  # fmt: skip
    """A geodesic at constant speed; `late_s`: its clock reads so much later than it is."""
    at_s = np.arange(reports) * every_s
    places = [Geodesic.WGS84.Direct(lat, lon, azimuth_deg, speed_mps * s) for s in at_s]
    return Track(
        id=name, party=party, alt_reference="AMSL", interpolation="geodesic",
        t_us=T0_US + np.round((at_s + late_s) * 1e6).astype(np.int64),
        lat_deg=np.array([p["lat2"] for p in places]),
        lon_deg=np.array([p["lon2"] for p in places]),
        alt_m=alt_m + climb_mps * at_s,
    )  # fmt: skip


def crossing(late_s=0.0, alt_b_m=6_000.0):
    """Two that would meet at right angles after 150 s, if both clocks were right."""
    meet = Geodesic.WGS84.Direct(35.0, 38.0, 90.0, 30_000.0)
    start = Geodesic.WGS84.Direct(meet["lat2"], meet["lon2"], 180.0, 30_000.0)
    return [
        straight("A1", "ALFA", 35.0, 38.0, 90.0, 200.0),
        straight("B1", "BRAVO", start["lat2"], start["lon2"], 0.0, 200.0, alt_m=alt_b_m,
                 late_s=late_s),
    ]  # fmt: skip


@pytest.mark.row("S44")
@pytest.mark.parametrize("bound_s", [0.0, 5.0])
def test_the_pairs_of_the_scenario_come_as_the_oracle_has_them(bound_s) -> None:
    folder = shared("scenarios/syria-2017-06")
    expected = yaml.safe_load((folder / "expected.yaml").read_text())
    pairs = {tuple(each["pair"]): each for each in expected["encounters_rule_3nm_3000ft"]}
    tracks = read_scenario(folder).tracks
    found = encounter_list(tracks, RULE, bound_s, reach_m=185_200.0, max_gap_s=86_400.0)
    assert [r.horizontal_m for r in found.rows] == sorted(r.horizontal_m for r in found.rows)
    seen = {row.pair: row for row in found.rows}
    assert ("SYN-A1", "SYN-A2") not in seen, "both are one party's"
    for pair, told in pairs.items():
        if pair in seen:
            row = encounter_document(seen[pair])
            assert row["horizontal_nm"] == pytest.approx(told["min_horizontal_nm"], abs=0.006)
            assert row["vertical_ft"] == pytest.approx(told["vertical_ft_at_that_time"], abs=60)
            assert row["least_nm"] <= row["horizontal_nm"] <= row["most_nm"]
    both = seen[("SYN-A2", "SYN-B2")]
    assert (both.inside, both.parties) == ("yes", ("COAL", "RUS"))
    assert both.dwell_s == pytest.approx(722.0, abs=2.0)
    assert {part.track for part in both.tracks} == {"SYN-A2", "SYN-B2"}


@pytest.mark.row("S44")
@pytest.mark.parametrize("late_s", [-8.0, -3.3, 0.0, 4.71, 9.9])
def test_a_clock_that_is_off_within_the_bound_never_leaves_the_interval(late_s) -> None:
    """BRAVO's clock is off by `late_s`; what truly happened is inside what the list says."""
    true = closest_pair(*crossing(), RULE)
    (row,) = encounter_list(crossing(late_s), RULE, 10.0, reach_m=50_000.0).rows
    assert row.least_m <= true.least_horizontal_m <= row.most_m
    dwell_s = sum(each.dwell_s for each in true.episodes)
    assert row.dwell_least_s - 1.0 <= dwell_s <= row.dwell_most_s + 1.0
    assert row.least_m < 200.0
    assert row.most_m > 1_000.0, "ten seconds at 200 m/s are 2 km, at right angles 1.4"


@pytest.mark.row("S44")
def test_whether_inside_the_minima_is_three_valued_by_the_clock() -> None:
    def word(minimum_m, bound_s, late_s=0.0, alt_b_m=6_000.0):
        minima = Minima(horizontal_m=minimum_m, vertical_m=300.0)
        (row,) = encounter_list(crossing(late_s, alt_b_m), minima, bound_s, reach_m=50_000.0).rows
        return row.inside

    assert word(5_556.0, 10.0) == "yes"
    assert word(500.0, 10.0) == "undecided"
    assert word(500.0, 1.0, late_s=30.0) == "no"
    assert word(500.0, 60.0, late_s=30.0) == "undecided"
    assert word(5_556.0, 10.0, alt_b_m=7_000.0) == "no"
    assert word(500.0, 0.0) == "yes"


def test_one_partys_own_aircraft_are_no_pair_and_those_of_nobody_are() -> None:
    one, two = crossing()
    for first, second, told in (("ALFA", "ALFA", 0), (None, None, 1), ("ALFA", None, 1)):
        tracks = [
            Track(
                id=t.id, party=p, t_us=t.t_us, lat_deg=t.lat_deg, lon_deg=t.lon_deg,
                alt_m=t.alt_m, alt_reference=t.alt_reference, interpolation=t.interpolation,
            )
            for t, p in ((one, first), (two, second))
        ]  # fmt: skip
        assert len(encounter_list(tracks, RULE, 1.0, reach_m=50_000.0).rows) == told


def test_the_search_for_pairs_leaves_none_out_whatever_the_clocks() -> None:
    """Against every pair asked one by one, at no shift and at both ends of the bound."""
    draw = np.random.default_rng(8)
    tracks = [
        straight(f"T{n:03d}", f"P{n % 3}", 35.0 + draw.uniform(0, 1), 38.0 + draw.uniform(0, 1),
                 draw.uniform(0, 360), draw.uniform(60, 250), late_s=float(draw.uniform(0, 400)))
        for n in range(24)
    ]  # fmt: skip
    found = encounter_list(tracks, RULE, 20.0, reach_m=9_260.0)
    names = {row.pair for row in found.rows}
    for one, two in itertools.combinations(tracks, 2):
        met = [closest_pair(one, later(two, s), RULE) for s in (-20.0, 0.0, 20.0)]
        near = any(each is not None and each.least_horizontal_m < 9_000.0 for each in met)
        if near and one.party != two.party:
            assert (one.id, two.id) in names
    assert len(names) > 3
    assert all(int(a[1:]) % 3 != int(b[1:]) % 3 for a, b in names), "no pair of one party"


def later(track, by_s):
    return Track(
        id=track.id, party=track.party, t_us=track.t_us + round(by_s * 1e6), lat_deg=track.lat_deg,
        lon_deg=track.lon_deg, alt_m=track.alt_m, alt_reference=track.alt_reference,
        interpolation=track.interpolation,
    )  # fmt: skip


def test_two_height_references_are_not_compared_and_that_is_said() -> None:
    one, two = crossing()
    other = Track(
        id=two.id, party=two.party, t_us=two.t_us, lat_deg=two.lat_deg, lon_deg=two.lon_deg,
        alt_m=two.alt_m, alt_reference="STD", interpolation=two.interpolation,
    )  # fmt: skip
    found = encounter_list([one, other], RULE, 1.0, reach_m=50_000.0)
    assert found.rows == ()
    assert "not compared" in found.not_compared[0]


def test_a_bound_that_cannot_be_is_refused() -> None:
    for bound_s in (-1.0, float("nan"), 3_600.0):
        with pytest.raises(InputFault, match="clock bound"):
            encounter_list([], RULE, bound_s, reach_m=1.0)
