"""Whose QNH counts, for how long, how exactly; and that without one nothing is compared."""

from __future__ import annotations

import math

import pytest
from nodekit import do, pair, write_as
from simstory import agreement_of
from simworld import SECOND_US, SimWorld
from test_tracks import replaced

from parley.node.agreement_bodies import PressureReported
from parley.node.agreement_inputs import ReportPressure
from parley.node.rules.pressure import pressure_at, pressure_views
from parley.world.agreement import PressureRule
from parley.world.faults import InputFault
from parley.world.volume import compare_altitudes

RULE = PressureRule(
    source="ALFA", place="TOWER", bound_m=30.0, stale_after_s=3600.0, transition_altitude_m=1500.0,
    transition_level_m=2100.0,
)  # fmt: skip


def world_of(rule: PressureRule | None = RULE) -> SimWorld:
    return pair([replaced(agreement_of("AB", ("ALFA", "BRAVO")), pressure=rule)])


def report(world: SimWorld, party: str = "ALFA", **changes: object) -> None:
    values = {"agreement": "AB", "post": "desk", "place": "TOWER", "qnh_hpa": 1003.2}
    do(world, party, ReportPressure(**(values | changes)))
    world.run(1)


def at(world: SimWorld, party: str = "BRAVO", ahead_s: float = 0.0):
    return pressure_at(world.node(party).state, "AB", world.now_us + round(ahead_s * SECOND_US))


def written(world: SimWorld, party: str = "ALFA", **changes: object) -> None:
    values = {
        "place": "TOWER", "qnh_pa100": 10_032_000, "observed_us": world.now_us, "bound_mm": 30_000,
        "post": "desk",
    }  # fmt: skip
    write_as(world, party, PressureReported(**(values | changes)))
    world.run(2)


def test_the_agreed_sources_report_counts_for_both_until_it_is_stale() -> None:
    world = world_of()
    assert at(world) is None
    report(world)
    for party in ("ALFA", "BRAVO"):
        found = at(world, party)
        assert found is not None
        assert (found.qnh_hpa, found.bound_m) == (1003.2, 30.0)
    assert at(world, ahead_s=3598) is not None
    assert at(world, ahead_s=3602) is None, "stale: undecided again"
    view = pressure_views(world.node("BRAVO").state, world.now_us + 4000 * SECOND_US)[0]
    assert view.qnh_hpa is None
    assert "stale" in view.because


def test_what_is_compared_without_a_source_is_undecided() -> None:
    world = world_of()
    compared = compare_altitudes(
        1700.0, "STD", 1500.0, "AMSL", pressure=at(world), at_us=world.now_us
    )
    assert compared.decided == "undecided"
    report(world, qnh_hpa=1013.25)
    compared = compare_altitudes(
        1700.0, "STD", 1500.0, "AMSL", pressure=at(world), at_us=world.now_us
    )
    assert compared.decided == "above"


def test_another_partys_report_is_kept_and_does_not_count() -> None:
    world = world_of()
    report(world, "BRAVO", qnh_hpa=950.0)
    assert at(world) is None
    report(world, qnh_hpa=1003.2)
    report(world, "BRAVO", qnh_hpa=950.0)
    found = at(world)
    assert found is not None
    assert found.qnh_hpa == 1003.2
    view = pressure_views(world.node("ALFA").state, world.now_us)[0]
    assert view.others == ("BRAVO says 950.0 hPa at TOWER: does not count",)


def test_a_report_of_another_place_does_not_count() -> None:
    world = world_of()
    report(world, place="COAST")
    assert at(world) is None


def test_the_latest_observed_counts_and_of_one_instant_the_one_written_last() -> None:
    world = world_of()
    observed = world.now_us
    report(world, qnh_hpa=1003.0, observed_us=observed)
    report(world, qnh_hpa=1004.0, observed_us=observed)
    assert at(world).qnh_hpa == 1004.0, "a correction"
    report(world, qnh_hpa=1009.0, observed_us=observed - 60 * SECOND_US)
    assert at(world).qnh_hpa == 1004.0, "entered late"


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"qnh_hpa": 1200.0}, "QNH"),
        ({"qnh_hpa": math.nan}, "QNH"),
        ({"bound_m": 5.0}, "bound"),
        ({"bound_m": math.nan}, "bound"),
        ({"bound_m": 5000.0}, "bound"),
        ({"place": " "}, "place"),
        ({"post": "someone"}, "post"),
    ],
)
def test_a_report_that_cannot_be_so_is_refused(changes: dict[str, object], what: str) -> None:
    with pytest.raises(InputFault, match=what):
        report(world_of(), **changes)


def test_a_report_of_the_future_or_of_long_ago_is_refused() -> None:
    world = world_of()
    for seconds in (60, -3700):
        with pytest.raises(InputFault, match="pressure observed"):
            report(world, observed_us=world.now_us + seconds * SECOND_US)


def test_no_report_is_taken_where_the_agreement_compares_nothing() -> None:
    world = world_of(None)
    with pytest.raises(InputFault, match="no source"):
        report(world)
    assert pressure_views(world.node("ALFA").state, world.now_us) == ()


def test_a_peers_hostile_report_does_not_count_and_narrows_nothing() -> None:
    world = world_of()
    written(world, observed_us=world.now_us + 3000 * SECOND_US)
    assert at(world) is None, "observed after it was written"
    written(world, observed_us=world.now_us - 7200 * SECOND_US)
    assert at(world) is None, "stale when it was written"
    for qnh in (0, -1, 99_999_999):
        written(world, qnh_pa100=qnh)
        assert at(world) is None, "no weather gives it"
    written(world, bound_mm=0)
    assert at(world).bound_m == 30.0, "nobody is more exact than was agreed"
    before = world.now_us
    world.run(1)
    report(world, qnh_hpa=990.0)
    past = pressure_at(world.node("BRAVO").state, "AB", before)
    assert past.qnh_hpa == 1003.2, "what was compared then is not changed by what came later"
