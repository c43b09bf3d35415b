"""Live crossings without flapping, stand-off distances, and which version of a line holds when."""

from __future__ import annotations

import msgspec
import pytest
from nodekit import do, pair, say
from simstory import agreement_of
from simworld import SECOND_US

from parley.node.entries import AlertRaised, AlertResolved
from parley.node.inputs import DeclareBoundary, FileIntent, TrackReports
from parley.node.picture import TrackReport
from parley.node.rules.boundary_past import boundaries_now, boundary_at
from parley.world.boundary import Boundary, offset_boundary
from parley.world.clauses import AppliesTo, StandOff
from parley.world.faults import InputFault
from parley.world.geo import Position, destination
from parley.world.intent import Intent
from parley.world.place import Place
from parley.world.shape import Circle
from parley.world.volume import Volume4D

NORTH, SOUTH = Position(lat_deg=36.0, lon_deg=38.1), Position(lat_deg=34.0, lon_deg=38.1)
ON_IT = Position(lat_deg=35.0, lon_deg=38.1)


def river(**changes):
    return Boundary(**({"id": "RIVER", "vertices": (NORTH, SOUTH)} | changes))


def agreed(clauses=(), boundaries=None, **changes):
    base = agreement_of("AB", ("ALFA", "BRAVO"))
    lines = (river(),) if boundaries is None else boundaries
    return msgspec.structs.replace(base, boundaries=lines, clauses=clauses, **changes)


def east_m(offset_m: float) -> Position:
    return destination(ON_IT, 90.0 if offset_m >= 0 else 270.0, abs(offset_m))


def flown(world, node, offsets_m, *, party="ALFA", aircraft="X1", step_s=1.0):
    """Report one aircraft at these distances east of the line; return what is written."""
    written = []
    for offset_m in offsets_m:
        world.run(step_s)
        at = east_m(offset_m)
        one = TrackReport(
            aircraft=aircraft, at_us=world.now_us, lat_deg=at.lat_deg, lon_deg=at.lon_deg,
            altitude_m=5000.0, altitude_reference="AMSL", party=party,
        )  # fmt: skip
        written += do(world, node, TrackReports(feed="F", reports=(one,)))
    return written


def raised(written, what):
    return [e for e in written if isinstance(e.body, AlertRaised) and e.body.what == what]


def old_rules(agreement):
    return msgspec.structs.replace(agreement, rules_version=3)


FLICKER_M = [-400.0, *[(-1) ** n * 150.0 for n in range(60)]]
"""One that flies along the line, reported with 150 m of noise."""


@pytest.mark.row("S46")
def test_a_track_that_flickers_on_the_line_tells_no_crossing_and_under_old_rules_many() -> None:
    assert raised(flown(pair([agreed()]), "ALFA", FLICKER_M), "crossing") == []
    before = raised(flown(pair([old_rules(agreed())]), "ALFA", FLICKER_M), "crossing")
    assert len(before) > 50


@pytest.mark.row("S38")
@pytest.mark.row("S46")
def test_a_track_that_flickers_and_then_goes_over_tells_one_crossing_with_its_time() -> None:
    world = pair([agreed()])
    beyond = [400.0 + 100.0 * n for n in range(30)]
    (entry,) = raised(flown(world, "ALFA", [*FLICKER_M, *beyond]), "crossing")
    assert "from right to left of RIVER" in entry.body.text
    assert entry.body.key == "crossing:RIVER/X1/1"
    # It lies between the last look on the old side and the first one beyond: not at the settling.
    assert entry.happened.to_us - entry.happened.from_us <= 3 * SECOND_US


def test_one_wild_report_far_beyond_the_line_is_no_crossing() -> None:
    world = pair([agreed()])
    offsets_m = [-2_000.0] * 5 + [30_000.0] + [-2_000.0] * 10
    assert raised(flown(world, "ALFA", offsets_m), "crossing") == []


def test_reports_a_minute_apart_still_tell_a_crossing() -> None:
    world = pair([agreed()])
    offsets_m = [-9_000.0, -3_000.0, 3_000.0, 9_000.0]
    assert len(raised(flown(world, "ALFA", offsets_m, step_s=50.0), "crossing")) == 1


@pytest.mark.row("S38")
@pytest.mark.parametrize(
    ("party", "node", "told"),
    [("ALFA", "ALFA", 1), (None, "ALFA", 1), (None, "BRAVO", 1), ("BRAVO", "ALFA", 0),
     ("MILITIA", "ALFA", 1)],
)  # fmt: skip
def test_every_track_crosses_unmanned_and_unidentified_ones_too(party, node, told) -> None:
    """A track has no class here: a drone, an aircraft and a stranger are treated alike."""
    world = pair([agreed()])
    offsets_m = [-2_000.0 + 200.0 * n for n in range(40)]
    found = raised(flown(world, node, offsets_m, party=party, aircraft="UAS-1"), "crossing")
    assert len(found) == told
    assert all(("nobody's" in e.body.text) == (party is None) for e in found)


def test_within_the_uncertainty_of_the_line_nothing_is_crossed() -> None:
    world = pair([agreed(boundaries=(river(uncertainty_m=5_000.0),))])
    inside_m = [-4_900.0, 0.0, 4_900.0] * 10
    assert raised(flown(world, "ALFA", inside_m, step_s=5.0), "crossing") == []


# ---- versions -----------------------------------------------------------------------------------


def declare(world, party="ALFA", **changes):
    act = DeclareBoundary(agreement="AB", post="desk", boundary=river(**({"id": "L"} | changes)))
    return do(world, party, act)


@pytest.mark.row("S31")
@pytest.mark.row("S36")
def test_an_own_line_moves_with_its_partys_declarations_and_is_asked_by_date() -> None:
    world = pair([agreed()])
    start_us = world.now_us
    declare(world, version=1, name="first course", sources=("a report",), uncertainty_m=2_000.0)
    world.run(60)
    moved_us = world.now_us + 600 * SECOND_US
    declare(world, version=2, name="to Karama", from_us=moved_us)
    world.run(5)
    for party in ("ALFA", "BRAVO"):
        state = world.node(party).state
        then = boundary_at(state, "L", world.now_us, party="ALFA")
        assert (then.own.version, then.own.name, then.own.binds) == (1, "first course", True)
        assert (then.own.sources, then.own.uncertainty_m) == (("a report",), 2_000.0)
        later = boundary_at(state, "L", moved_us, party="ALFA")
        assert (later.own.version, later.own.name) == (2, "to Karama")
        theirs = boundary_at(state, "L", moved_us, party="BRAVO")
        assert theirs.own is None
        assert [(v.asserted_by, v.binds) for v in theirs.others] == [(("ALFA",), False)]
        assert boundary_at(state, "L", start_us - SECOND_US, party="ALFA").own is None


@pytest.mark.row("S36")
@pytest.mark.row("R7")
def test_no_declaration_of_a_party_moves_an_agreed_line() -> None:
    world = pair([agreed()])
    declare(world, "BRAVO", id="RIVER", version=9, name="as BRAVO would have it")
    world.run(5)
    found = boundary_at(world.node("ALFA").state, "RIVER", world.now_us, party="BRAVO")
    assert (found.agreed.version, found.agreed.binds) == (1, True)
    assert found.own.version == 9
    for_alfa = boundary_at(world.node("ALFA").state, "RIVER", world.now_us, party="ALFA")
    assert for_alfa.own is None
    assert for_alfa.agreed.text_sha256


def test_a_line_is_watched_from_when_it_begins_and_not_before() -> None:
    world = pair([agreed(boundaries=())])
    declare(world, from_us=world.now_us + 300 * SECOND_US)
    there = [-2_000.0 + 200.0 * n for n in range(30)]
    assert raised(flown(world, "ALFA", there), "crossing") == []
    world.run(300)
    scope = world.node("ALFA").state.scope("AB")
    assert list(boundaries_now(world.node("ALFA").state, scope, world.now_us)) == ["L"]
    assert len(raised(flown(world, "ALFA", there, aircraft="X2"), "crossing")) == 1


@pytest.mark.row("S29")
def test_west_of_the_river_is_a_named_side_and_says_so() -> None:
    line = river(left="left bank", right="right bank (west of it)")
    world = pair([agreed(boundaries=(line,))])
    state = world.node("ALFA").state
    found = boundary_at(state, "RIVER", world.now_us, party="ALFA", words="west of the river")
    assert (found.side.decided, found.side.name) == ("right", "right bank (west of it)")
    assert "a name, not a compass" in found.side.because


def test_what_is_not_there_is_refused_with_the_nearest() -> None:
    state = pair([agreed()]).node("ALFA").state
    with pytest.raises(InputFault, match="RIVER"):
        boundary_at(state, "RIVR", 1, party="ALFA")
    with pytest.raises(InputFault, match="ALFA, BRAVO"):
        boundary_at(state, "RIVER", 1, party="CHARLIE")


# ---- stand-off ----------------------------------------------------------------------------------


def kept_off(**changes):
    values = {"id": "C10", "distance_m": 10_000.0, "boundary": "RIVER"} | changes
    return StandOff(**values)


NEARER_M = [-20_000.0 + 500.0 * n for n in range(30)]


@pytest.mark.row("S46")
def test_an_own_aircraft_inside_the_stand_off_distance_raises_one_alert_with_its_clause() -> None:
    world = pair([agreed((kept_off(),))])
    (entry,) = raised(flown(world, "ALFA", NEARER_M), "incursion")
    assert (entry.body.clause, entry.body.object, entry.body.binding) == ("C10", "RIVER", True)
    assert "stand-off 10000 m" in entry.body.text
    assert raised(flown(world, "ALFA", NEARER_M, party="BRAVO", aircraft="B1"), "incursion") == []
    written = flown(world, "ALFA", [-5_000.0 - 500.0 * n for n in range(30)])
    (over,) = [e for e in written if isinstance(e.body, AlertResolved)]
    assert over.body.why == "at the stand-off distance again"


def test_one_that_flies_at_the_very_distance_raises_one_alert_and_not_many() -> None:
    world = pair([agreed((kept_off(),))])
    offsets_m = [-12_000.0, *[-10_000.0 + (-1) ** n * 100.0 for n in range(60)]]
    assert len(raised(flown(world, "ALFA", offsets_m), "incursion")) == 1


@pytest.mark.row("S28")
def test_two_kilometres_from_a_town_known_to_ten_cannot_be_decided_and_raises_nothing() -> None:
    town = Place(id="JADIN", name="Ja'Din", position=ON_IT, uncertainty_m=10_000.0)
    line = offset_boundary(town, 180.0, 2_000.0, boundary_id="EW", half_length_m=50_000.0)
    clauses = (kept_off(boundary="", place="JADIN", distance_m=2_000.0),
               kept_off(id="C11", boundary="EW", distance_m=1_000.0))  # fmt: skip
    world = pair([agreed(clauses, boundaries=(line,), places=(town,))])
    assert raised(flown(world, "ALFA", [-1_000.0, 0.0, 1_000.0]), "incursion") == []
    refused = world.node("ALFA").state.picture.refused
    assert refused["stand-off C10: undecided"] == 3
    assert refused["stand-off C11: undecided"] == 3


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"applies_to": AppliesTo(parties=("BRAVO",))}, 0),
        ({"applies_to": AppliesTo(parties=("ALFA",))}, 1),
        ({"applies_to": AppliesTo(to_us=1)}, 0),
        ({"side": "right"}, 1),
        ({"dwell_s": 3_600.0}, 0),
        ({"boundary": "", "zone": "Z1", "distance_m": 80_000.0}, 1),
        ({"boundary": "NONE"}, 0),
        ({"distance_m": 999_999.0}, 1),
        ({"boundary": "", "zone": "Z1", "side": "left", "distance_m": 80_000.0}, 1),
    ],
)
def test_a_stand_off_binds_whom_and_when_its_clause_says(changes, told) -> None:
    world = pair([agreed((kept_off(**changes),))])
    assert len(raised(flown(world, "ALFA", NEARER_M), "incursion")) == told


def test_on_the_other_side_altogether_is_not_kept_off() -> None:
    world = pair([agreed((kept_off(side="right"),))])
    assert len(raised(flown(world, "ALFA", [30_000.0, 30_100.0]), "incursion")) == 1
    world = pair([agreed((kept_off(side="left"),))])
    assert raised(flown(world, "ALFA", [30_000.0, 30_100.0]), "incursion") == []


def test_a_class_that_is_not_known_is_warned_of_and_does_not_bind() -> None:
    clause = kept_off(applies_to=AppliesTo(classes=("combat",)))
    world = pair([agreed((clause,))])
    (entry,) = raised(flown(world, "ALFA", NEARER_M), "incursion")
    assert not entry.body.binding
    assert "its class is not known here" in entry.body.text
    for wanted, told in (("transport", 0), ("combat", 1)):
        world = pair([agreed((clause,))])
        room = Volume4D(
            shape=Circle(centre=ON_IT, radius_m=1_000.0), from_us=world.now_us,
            to_us=world.now_us + 600 * SECOND_US,
        )  # fmt: skip
        intent = Intent(id="I1", party="ALFA", flight="X1", volumes=(room,), aircraft_class=wanted)
        do(world, "ALFA", FileIntent(agreement="AB", post="desk", intent=intent))
        found = raised(flown(world, "ALFA", NEARER_M), "incursion")
        assert len(found) == told
        assert all(e.body.binding for e in found)


def test_a_mercy_flight_that_was_notified_may_come_nearer() -> None:
    clause = kept_off(unless_notified=("line.crossing.notice",))
    world = pair([agreed((clause,))])
    fields = {"flight": "X1", "boundary": "RIVER", "time": "2026-05-28T20:30:00Z"}
    say(world, message_type="line.crossing.notice", fields=fields)
    assert raised(flown(world, "ALFA", NEARER_M), "incursion") == []
    # What the other party says of our flight lets it come no nearer.
    world = pair([agreed((clause,))])
    say(world, "BRAVO", "ALFA", message_type="line.crossing.notice", fields=fields)
    world.run(2)
    assert len(raised(flown(world, "ALFA", NEARER_M), "incursion")) == 1


def test_before_rules_version_4_no_stand_off_is_in_an_agreement() -> None:
    with pytest.raises(InputFault, match="stand_off"):
        old_rules(agreed((kept_off(),)))
