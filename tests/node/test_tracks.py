"""Live warnings: real geometry, the agreement of the pair, no flicker."""

from __future__ import annotations

import math

import msgspec
import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import given
from hypothesis import strategies as st
from nodekit import do, pair, pair_of_two_texts, say
from simstory import agreement_of
from simworld import SECOND_US, SimWorld

from parley.node.entries import Alert, AlertResolved
from parley.node.inputs import TrackReports
from parley.node.picture import Picture, TrackReport
from parley.node.rules.alerts import open_alerts
from parley.node.rules.conflict_flights import watch_of
from parley.node.rules.objects import may_be_in
from parley.node.rules.pairs import pair_rule, pair_rules
from parley.node.state import Scope
from parley.world.agreement import Party
from parley.world.boundary import Boundary
from parley.world.clauses import Separation
from parley.world.geo import Position
from parley.world.shape import Circle, Polygon
from parley.world.volume import VerticalLimit
from parley.world.zone import Zone, zone_contains

NM_M = 1852.0


def replaced(agreement, **changes):
    values = {f: getattr(agreement, f) for f in agreement.__struct_fields__}
    return type(agreement)(**(values | changes))


def report(world: SimWorld, aircraft: str, party: str | None, lat, lon, alt_m=5000.0, ref="AMSL"):
    return TrackReport(
        aircraft=aircraft, at_us=world.now_us, lat_deg=lat, lon_deg=lon, altitude_m=alt_m,
        altitude_reference=ref, party=party,
    )  # fmt: skip


def fly(world: SimWorld, node: str, flights, seconds: int, step_s: int = 5):
    """Fly geodesics (aircraft, party, lat, lon, azimuth, speed, height); return what is written."""
    start_us = world.now_us
    written = []
    for at_s in range(0, seconds + 1, step_s):
        world.run((start_us + at_s * SECOND_US - world.now_us) / SECOND_US)
        reports = []
        for aircraft, party, lat, lon, azimuth, speed, alt_m in flights:
            there = Geodesic.WGS84.Direct(lat, lon, azimuth, speed * at_s)
            reports.append(report(world, aircraft, party, there["lat2"], there["lon2"], alt_m))
        written += do(world, node, TrackReports(feed="F", reports=tuple(reports)))
    return written


def alerts_of(written, what="separation"):
    return [e for e in written if isinstance(e.body, Alert) and e.body.what == what]


def head_on(alt_b_m=5000.0, distance_m=60_000.0):
    there = Geodesic.WGS84.Direct(35.0, 38.0, 90.0, distance_m)
    back = Geodesic.WGS84.Inverse(there["lat2"], there["lon2"], 35.0, 38.0)["azi1"]
    return [
        ("A1", "ALFA", 35.0, 38.0, 90.0, 200.0, 5000.0),
        ("B1", "BRAVO", there["lat2"], there["lon2"], back, 200.0, alt_b_m),
    ]


def test_head_on_traffic_is_warned_of_in_time_by_the_clause_of_the_pair() -> None:
    world = pair()
    written = fly(world, "ALFA", head_on(), 30)
    (alert,) = alerts_of(written)
    body = alert.body
    assert body.aircraft == ("A1", "B1")
    assert (body.clause, body.binding) == ("C1", True)
    assert (body.horizontal_mm, body.vertical_mm) == (5_556_000, 914_400)
    # 3 NM are lost after (60,000 - 5,556) m at 400 m/s. Who was not seen to be steady counts from
    # 120 s on; the second such look is 25 s on.
    loss_s = (body.loss_at_us - alert.issued_us) / SECOND_US
    assert loss_s == pytest.approx((60_000 - 5_556) / 400 - 25, abs=0.5)
    assert body.least_horizontal_mm < 20_000
    assert body.alert_class == "short-term"
    assert {v.aircraft for v in body.states} == {"A1", "B1"}
    assert all(abs(v.age_us) < SECOND_US for v in body.states)


def test_both_sides_warn_of_the_same_pair_with_the_same_numbers() -> None:
    world = pair()
    start_us = world.now_us
    alerts = {}
    for at_s in (0, 5, 10):
        world.run((start_us + at_s * SECOND_US - world.now_us) / SECOND_US)
        reports = tuple(
            report(
                world,
                a,
                p,
                *(Geodesic.WGS84.Direct(lat, lon, azi, v * at_s)[k] for k in ("lat2", "lon2")),
            )
            for a, p, lat, lon, azi, v, _ in head_on(distance_m=50_000.0)
        )
        for party, feed in (("ALFA", reports), ("BRAVO", reports[::-1])):
            for entry in alerts_of(do(world, party, TrackReports(feed="F", reports=feed))):
                alerts[party] = entry.body
    assert alerts["ALFA"] == alerts["BRAVO"]


def test_traffic_that_stays_apart_raises_nothing() -> None:
    """3,000 ft less the 100 ft in which levels are reported: at the border nobody is warned."""
    assert not alerts_of(fly(pair(), "ALFA", head_on(alt_b_m=5883.92), 120))
    assert alerts_of(fly(pair(), "ALFA", head_on(alt_b_m=5883.8), 60))


def test_an_alert_is_raised_once_and_resolved_when_the_cause_is_gone() -> None:
    world = pair()
    written = fly(world, "ALFA", head_on(distance_m=20_000.0), 120)
    assert len(alerts_of(written)) == 1
    (resolved,) = [e for e in written if isinstance(e.body, AlertResolved)]
    assert resolved.ref[0].index == alerts_of(written)[0].seq
    assert not list(open_alerts(world.node("ALFA").state))
    world.run(2)
    assert not list(open_alerts(world.node("BRAVO").state)), "the peer holds both entries"


def test_an_alert_does_not_flicker_at_a_report_each_second() -> None:
    """Every third second the pair seems clear for a moment; one alert stands all the while."""
    world = pair()
    written = []
    for second in range(60):
        world.run(1)
        up_m = 5000.0 if second % 6 < 3 else 5914.5
        flights = (("A1", "ALFA", 38.0, 1, 5000.0), ("B1", "BRAVO", 38.3, -1, up_m))
        reports = tuple(
            report(world, a, p, 35.0, lon + way * 0.002 * second, alt_m)
            for a, p, lon, way, alt_m in flights
        )
        written += do(world, "ALFA", TrackReports(feed="F", reports=reports))
    assert len(alerts_of(written)) == 1
    assert not [e for e in written if isinstance(e.body, AlertResolved)]


def test_a_stranger_is_judged_by_own_minima_as_an_advisory() -> None:
    world = pair()
    flights = [(a, "ALFA" if a == "A1" else None, *rest) for a, _, *rest in head_on()]
    (alert,) = alerts_of(fly(world, "ALFA", flights, 30))
    assert not alert.body.binding


def test_aircraft_of_others_are_not_this_nodes_business() -> None:
    world = pair()
    flights = [(a, "BRAVO" if a == "A1" else None, *rest) for a, _, *rest in head_on()]
    assert not alerts_of(fly(world, "ALFA", flights, 60))


def test_the_larger_minimum_holds_where_two_agreements_apply() -> None:
    first = agreement_of("AB", ("ALFA", "BRAVO"))
    wide = Separation(id="W", horizontal_m=5 * NM_M, vertical_m=304.8)
    second = replaced(agreement_of("AB2", ("ALFA", "BRAVO")), clauses=(wide,))
    world = pair([first, second])
    rule = pair_rule(world.node("ALFA").state, "ALFA", "BRAVO", world.now_us)
    assert rule is not None
    assert (rule.clause, rule.agreement, rule.binding) == ("W", "AB2", True)


def test_of_two_minima_neither_is_left_out() -> None:
    """5 NM or 1,000 ft, and 3 NM or 3,000 ft: 2,000 ft apart overhead breaks only the second."""
    clauses = (
        Separation(id="W", horizontal_m=5 * NM_M, vertical_m=304.8),
        Separation(id="H", horizontal_m=3 * NM_M, vertical_m=914.4),
        Separation(id="S", horizontal_m=2 * NM_M, vertical_m=300.0),
    )
    world = pair([replaced(agreement_of("AB", ("ALFA", "BRAVO")), clauses=clauses)])
    state = world.node("ALFA").state
    rules = pair_rules(state, "ALFA", "BRAVO", world.now_us)
    assert [rule.clause for rule in rules] == ["W", "H"], "the third asks for no more than those"
    (alert,) = alerts_of(fly(world, "ALFA", head_on(alt_b_m=5609.6), 60))
    assert alert.body.clause == "H"
    (alert,) = alerts_of(
        fly(
            pair([replaced(agreement_of("AB", ("ALFA", "BRAVO")), clauses=clauses)]),
            "ALFA",
            head_on(),
            60,
        )
    )
    assert alert.body.clause == "W"


def test_two_reports_of_one_instant_make_no_wild_motion() -> None:
    world = pair()
    written = fly(world, "ALFA", head_on(distance_m=40_000.0), 10)
    assert len(alerts_of(written)) == 1
    state = world.node("ALFA").state
    at = state.picture.aircraft["A1"].last
    near = msgspec.structs.replace(at, at_us=at.at_us + 1_000, lon_deg=at.lon_deg + 0.001)
    do(world, "ALFA", TrackReports(feed="G", reports=(near,)))
    far = msgspec.structs.replace(at, at_us=at.at_us + 1_000_000, lon_deg=at.lon_deg + 3.0)
    do(world, "ALFA", TrackReports(feed="G", reports=(far,)))
    assert sum(state.picture.refused.values()) >= 1, "270 km in a second are not believed"
    assert state.picture.aircraft["A1"].last.lon_deg < 39.0
    east_mps = watch_of(state).motions["A1"][1].motion.east_mps
    assert 150 < east_mps < 250


def test_an_undecided_place_is_counted_not_passed_over() -> None:
    world = zoned()
    low = [("B1", "BRAVO", 35.0, 38.2, 90.0, 100.0, 5000.0)]
    there = Geodesic.WGS84.Direct(35.0, 38.2, 90.0, 100.0)
    level = report(world, "B1", "BRAVO", there["lat2"], there["lon2"], ref="STD")
    do(world, "ALFA", TrackReports(feed="F", reports=(level,)))
    assert world.node("ALFA").state.picture.refused == {"inside Z1 or not: undecided": 1}
    assert alerts_of(fly(world, "ALFA", low, 5), "incursion")


@pytest.mark.row("S22")
def test_who_is_bound_through_another_is_covered_by_its_word() -> None:
    base = agreement_of("AB", ("ALFA", "BRAVO"))
    partner = Party(id="PARTNER", bound_through="ALFA")
    changed = replaced(base, parties=(*base.parties, partner))
    world = pair([changed])
    rule = pair_rule(world.node("BRAVO").state, "PARTNER", "BRAVO", world.now_us)
    assert rule is not None
    assert rule.binding
    assert not pair_rule(world.node("BRAVO").state, "ALLY", "BRAVO", world.now_us).binding


@pytest.mark.row("S18")
def test_an_agreement_that_only_one_side_adopted_binds_nobody() -> None:
    """BRAVO runs with another text of the agreement: nothing of it binds the pair."""
    world = pair_of_two_texts()
    world.run(5)
    rule = pair_rule(world.node("ALFA").state, "ALFA", "BRAVO", world.now_us)
    assert rule is not None
    assert not rule.binding


def test_heights_of_two_references_are_not_compared_silently() -> None:
    world = pair()
    for at_s in (0, 5):
        world.run(at_s)
        do(world, "ALFA", TrackReports(feed="F", reports=(
            report(world, "A1", "ALFA", 35.0, 38.0 + at_s * 0.001, ref="STD"),
            report(world, "B1", "BRAVO", 35.0, 38.02 - at_s * 0.001, ref="AMSL"),
        )))  # fmt: skip
    picture = world.node("ALFA").state.picture
    assert picture.refused["pair with two altitude references"] > 0


def zoned(**zone) -> SimWorld:
    base = agreement_of("AB", ("ALFA", "BRAVO"))
    made = Zone(
        id="Z1",
        kind="zone",
        shape=Circle(centre=Position(lat_deg=35.0, lon_deg=38.2), radius_m=5000.0),
        upper=VerticalLimit(value_m=6000.0, reference="AMSL"),
        **({"owner": "ALFA"} | zone),
    )
    return pair([replaced(base, zones=(made,), clauses=())])


def test_an_incursion_is_known_when_it_is_and_resolved_outside() -> None:
    world = zoned()
    written = fly(world, "ALFA", [("B1", "BRAVO", 35.0, 38.0, 90.0, 200.0, 5000.0)], 150)
    (alert,) = alerts_of(written, "incursion")
    assert (alert.body.object, alert.body.aircraft, alert.body.parties) == (
        "Z1",
        ("B1",),
        ("BRAVO",),
    )
    assert [e for e in written if isinstance(e.body, AlertResolved)]


@pytest.mark.row("A13")
def test_a_track_that_becomes_known_late_is_told_once_with_both_its_times() -> None:
    """An hour of reports comes at once: one alert, which happened then and is known now."""
    world = zoned()
    world.run(300)
    reports = tuple(
        TrackReport(
            aircraft="X1", at_us=world.now_us - (240 - s) * SECOND_US, lat_deg=35.0,
            lon_deg=38.2 + s * 1e-5, altitude_m=500.0, altitude_reference="AMSL",
        )
        for s in range(0, 200, 5)
    )  # fmt: skip
    written = do(world, "ALFA", TrackReports(feed="F", reports=reports))
    (alert,) = alerts_of(written, "incursion")
    assert alert.happened is not None
    assert alert.happened.from_us == reports[0].at_us
    assert alert.issued_us >= world.now_us


def test_above_the_zone_or_cleared_is_no_incursion() -> None:
    world = zoned()
    high = [("B1", "BRAVO", 35.0, 38.0, 90.0, 200.0, 6500.0)]
    assert not alerts_of(fly(world, "ALFA", high, 150), "incursion")
    world = zoned()
    say(world, fields={"flight": "B1", "zone": "Z1"})
    low = [("B1", "BRAVO", 35.0, 38.0, 90.0, 200.0, 5000.0)]
    assert not alerts_of(fly(world, "ALFA", low, 150), "incursion")
    own = [("A1", "ALFA", 35.0, 38.0, 90.0, 200.0, 5000.0)]
    assert not alerts_of(fly(zoned(), "ALFA", own, 150), "incursion")


def test_a_clearance_by_somebody_who_does_not_own_the_zone_clears_nothing() -> None:
    world = zoned()
    say(world, "BRAVO", "ALFA", fields={"flight": "B1", "zone": "Z1"})
    world.run(1)
    low = [("B1", "BRAVO", 35.0, 38.0, 90.0, 200.0, 5000.0)]
    assert alerts_of(fly(world, "ALFA", low, 150), "incursion")


@pytest.mark.row("S38")
def test_a_crossing_is_told_to_those_whom_the_line_concerns() -> None:
    base = agreement_of("AB", ("ALFA", "BRAVO"))
    vertices = (Position(lat_deg=36.0, lon_deg=38.1), Position(lat_deg=34.0, lon_deg=38.1))
    river = Boundary(id="RIVER", vertices=vertices, uncertainty_m=1000.0, asserted_by=("BRAVO",))
    changed = replaced(base, boundaries=(river,), clauses=())
    for aircraft_party, node, told in (("ALFA", "BRAVO", 1), (None, "BRAVO", 1), (None, "ALFA", 0)):
        world = pair([changed])
        flights = [("X1", aircraft_party, 35.0, 38.0, 90.0, 200.0, 5000.0)]
        found = alerts_of(fly(world, node, flights, 120), "crossing")
        assert len(found) == told, (aircraft_party, node)
        if told:
            assert "from right to left of RIVER" in found[0].body.text
            assert not found[0].body.binding, "one side alone asserts it"


@given(
    st.floats(allow_nan=True, allow_infinity=True),
    st.floats(allow_nan=True, allow_infinity=True),
    st.floats(allow_nan=True, allow_infinity=True),
    st.integers(-5, 5),
)
def test_no_report_moves_an_aircraft_to_where_it_cannot_be(lat, lon, alt_m, later_s) -> None:
    picture = Picture()
    first = TrackReport(
        aircraft="A", at_us=10, lat_deg=1.0, lon_deg=2.0, altitude_m=3.0, altitude_reference="AMSL"
    )
    assert picture.take(first, 10)
    second = TrackReport(
        aircraft="A", at_us=10 + later_s, lat_deg=lat, lon_deg=lon, altitude_m=alt_m,
        altitude_reference="AMSL",
    )  # fmt: skip
    taken = picture.take(second, 10)
    possible = -90 <= lat <= 90 and -180 <= lon <= 180 and -1000 <= alt_m <= 100_000
    if not possible or later_s <= 0:
        assert not taken
        assert picture.refused
    assert taken or picture.aircraft["A"].last == first


@given(
    st.floats(-85, 85), st.floats(-180, 180), st.floats(0.01, 8.0), st.integers(3, 9),
    st.floats(0, 6.28), st.floats(0, 1.5), st.sampled_from(["planar", "geodesic"]),
)  # fmt: skip
def test_no_zone_is_passed_over_by_its_ball(lat, lon, size, corners, turn, out, edges) -> None:
    """Whatever is in a zone, or undecided, is in the ball that decides what is looked at."""
    ring = []
    for corner in range(corners):
        angle = turn + 2 * math.pi * corner / corners
        ring_lat = max(-89.0, min(89.0, lat + size * math.sin(angle)))
        ring_lon = (lon + size * math.cos(angle) + 180.0) % 360.0 - 180.0
        ring.append(Position(lat_deg=ring_lat, lon_deg=ring_lon))
    zone = Zone(id="Z", kind="zone", shape=Polygon(exterior=tuple(ring), edges=edges))
    scope = Scope(agreement_id="AB")
    for angle in (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0):
        there_lat = max(-90.0, min(90.0, lat + out * size * math.sin(angle)))
        there_lon = (lon + out * size * math.cos(angle) + 180.0) % 360.0 - 180.0
        position = Position(lat_deg=there_lat, lon_deg=there_lon)
        if zone_contains(zone, position).decided != "out":
            assert may_be_in(scope, ("Z", zone), position)


def test_a_far_zone_is_not_looked_at(monkeypatch) -> None:
    world = zoned()
    monkeypatch.setattr("parley.node.rules.objects.zone_contains", None)
    assert not fly(world, "ALFA", [("B1", "BRAVO", 37.0, 38.0, 90.0, 200.0, 5000.0)], 10)
