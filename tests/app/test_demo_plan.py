"""The plan of a demo: pure, and what a scenario's people did becomes acts at the right nodes."""

from __future__ import annotations

import itertools

import msgspec
import pytest

from parley.app.cli.demo import find_scenario
from parley.app.cli.replay import read_scenario
from parley.app.demo_flights import SAMPLE_EVERY_US, sampled
from parley.app.demo_plan import Reply, plan_scenario
from parley.app.demo_units import UnitsNamed, UnitTold
from parley.node.documents import document_of
from parley.node.inputs import (
    BePresent,
    ChangeIntent,
    DeclareBoundary,
    DeclareLine,
    DeclareZone,
    FileIntent,
    Promulgate,
    Say,
    SetActivity,
)
from parley.world.faults import InputFault
from parley.world.limits import ENTRY_BYTES_MAX
from parley.world.scenario import Scenario
from parley.world.time import parse_instant_us


@pytest.fixture(scope="module")
def syria():
    return plan_scenario(read_scenario(find_scenario("syria")))


@pytest.fixture(scope="module")
def wildfire():
    return plan_scenario(read_scenario(find_scenario("wildfire-civil")))


def acts(plan, kind, party=None):
    return [c for c in plan.cues if isinstance(c.do, kind) and party in (None, c.party)]


def text(plan, name):
    return next(a for a in plan.agreements if a.id == name)


def ids(items):
    return {item.id for item in items}


def at(instant):
    return parse_instant_us(instant)


def test_the_same_scenario_gives_the_same_plan():
    scenario = read_scenario(find_scenario("wildfire-civil"))
    first, second = plan_scenario(scenario), plan_scenario(scenario)
    assert msgspec.json.encode(first) == msgspec.json.encode(second)


def test_a_node_for_each_party_that_speaks_or_is_spoken_to(syria, wildfire):
    assert [n.party for n in syria.nodes] == ["COAL", "RUS"]
    assert len(wildfire.nodes) == 10
    assert wildfire.node("HOSP").peers == ("MEDEVAC",)
    assert set(wildfire.node("ANSP").peers) == {"IC"}
    assert "UNKNOWN" not in {n.party for n in wildfire.nodes}


def test_what_one_side_merely_asserts_is_no_text_of_a_node(syria):
    assert all("AGR-EW-LINE" not in node.agreements for node in syria.nodes)
    assert syria.node("RUS").agreements == ("AGR-MOU-2015", "AGR-ASTANA")


def test_zones_and_boundaries_stand_in_the_texts_that_name_them(syria, wildfire):
    assert ids(text(wildfire, "AGR-FIRE").zones) == {"TFR-1", "RING-7", "RING-12", "UAS-BOX"}
    assert ids(text(wildfire, "AGR-RANGE").zones) == {"TFR-1", "MOA-E"}
    assert ids(text(wildfire, "LINE-ANSP").zones) == {"TFR-1"}
    assert "CORR-MED" in ids(text(wildfire, "LINE-MED").zones)
    assert ids(text(wildfire, "AGR-FIRE").boundaries) == {"LINE-DIV"}
    assert ids(text(syria, "AGR-ASTANA").zones) == {"DEZ-1", "DEZ-2", "DEZ-3", "DEZ-4"}
    assert not text(syria, "AGR-MOU-2015").zones
    assert "PL-Rusafa" in ids(text(syria, "AGR-MOU-2015").places)
    assert not text(syria, "AGR-ASTANA").places


def test_what_one_party_asserts_is_declared_by_its_node(syria):
    declared = {c.do.boundary.id: c.party for c in acts(syria, DeclareBoundary)}
    assert declared == {"GL-EUPHRATES": "RUS", "GL-EW": "COAL"}
    (zone,) = acts(syria, DeclareZone)
    assert (zone.party, zone.do.zone.id, zone.at_us) == (
        "RUS",
        "AREA-N1",
        at("2017-06-20T05:20:00Z"),
    )
    (issued,) = acts(syria, Promulgate)
    assert (issued.party, issued.do.zone, issued.do.promulgation) == ("RUS", "AREA-N1", "issued")


def test_messages_are_said_and_answered_as_the_scenario_has_it(syria):
    said = {c.seq: c for c in acts(syria, Say)}
    assert set(said) == {1, 3, 5, 7, 9, 10, 12, 14, 16, 17, 19, 21}
    assert said[1].do.wants_answer
    assert said[1].do.answer_within_s == 60
    assert said[3].do.wants_read_back
    assert not said[10].do.wants_read_back
    assert not said[9].do.wants_answer
    assert said[12].do.wants_answer, "nothing was asked, yet it is answered in the story"
    assert said[19].do.fields["place"] == "PL-Rusafa"
    assert said[7].of == 6
    answers = {c.seq: c.do for c in acts(syria, Reply)}
    assert (answers[11].of, answers[11].answer) == (10, "ROGER")
    assert answers[6].fields["centre"] == "35.300000,39.050000"
    assert all(c.do.post == "air-desk" for c in [*said.values()])


def test_a_message_about_the_line_is_also_done(syria):
    suspend, resume = acts(syria, DeclareLine)
    assert (suspend.do.value, suspend.do.effective_us) == ("suspended", at("2017-06-20T07:45:00Z"))
    assert (resume.do.value, resume.at_us) == ("in force", at("2017-06-22T09:00:00Z"))


def test_the_owner_says_what_its_zone_was_before(wildfire):
    (state,) = acts(wildfire, SetActivity)
    assert (state.party, state.do.zone, state.do.activity) == ("RANGE", "MOA-E", "hot")
    assert state.do.from_us == at("2026-08-14T17:00:00Z")


def test_presence_starts_with_the_first_act_and_stops_while_nobody_answers(syria, wildfire):
    present = [c.at_us for c in acts(syria, BePresent, "COAL")]
    assert present[0] == at("2017-06-20T05:00:00Z")
    assert not [t for t in present if at("2017-06-20T06:06:00Z") < t < at("2017-06-20T06:32:00Z")]
    assert at("2017-06-20T06:32:00Z") in present
    assert at("2017-06-20T06:10:00Z") in [c.at_us for c in acts(syria, BePresent, "RUS")]
    assert not acts(wildfire, BePresent, "HOSP"), "it never acts"


def test_units_are_told_as_the_scenario_says(syria):
    assert {(c.do.of, c.do.receipt.unit) for c in acts(syria, UnitTold)} == {
        (3, "RUS-duty-room"), (3, "RUS-unit-1"), (5, "COAL-duty-room"),
    }  # fmt: skip
    assert {(c.do.of, c.party, c.do.units) for c in acts(syria, UnitsNamed)} == {
        (3, "RUS", ("RUS-duty-room", "RUS-unit-1")),
        (5, "COAL", ("COAL-duty-room", "COAL-unit-2")),
    }
    assert (5, "COAL-unit-2") in syria.units_required


def test_intents_are_filed_with_their_notice_and_fit_an_entry(syria, wildfire):
    filed = {c.do.intent.flight: c for c in (*acts(syria, FileIntent), *acts(wildfire, FileIntent))}
    assert filed["SYN-A1"].at_us == at("2017-06-20T05:10:00Z"), "its notice, 50 min before"
    assert filed["SYN-A2"].at_us == at("2017-06-20T05:59:00Z"), "its late notice"
    assert filed["SYN-B1"].at_us == at("2017-06-20T05:45:00Z"), "15 min before"
    assert "SYN-C1" not in filed, "not shared, and no node"
    assert "SYN-H1" not in filed, "no node"
    assert filed["MED-1"].do.agreement == "AGR-FIRE"
    for cue in filed.values():
        intent = cue.do.intent
        assert len(document_of(intent)) < ENTRY_BYTES_MAX / 2
        times = [(v.from_us, v.to_us) for v in intent.volumes]
        assert all(a[1] == b[0] for a, b in itertools.pairwise(times)), "no gap"
    ended = [c for c in acts(wildfire, ChangeIntent) if c.do.intent == "T-41.plan"]
    assert [c.do.state for c in ended] == ["Activated", "Ended"]


def test_reports_come_every_five_seconds_from_when_a_track_is_known(wildfire):
    scenario = read_scenario(find_scenario("wildfire-civil"))
    track = next(t for t in scenario.tracks if t.id == "M-22")
    reports = list(sampled(track))
    assert reports[0].at_us == track.t_us[0]
    assert reports[-1].at_us == track.t_us[-1]
    steps = {b.at_us - a.at_us for a, b in itertools.pairwise(reports)}
    assert steps == {SAMPLE_EVERY_US}
    known_us = at("2026-08-14T19:50:00Z")
    x_1 = {
        instant: [r for r in reports if r.aircraft == "X-1"]
        for instant, reports in wildfire.flights.reports.items()
    }
    assert not [t for t, found in x_1.items() if found and t < known_us]
    assert x_1[known_us][0].at_us == at("2026-08-14T19:44:00Z"), (
        "what happened before comes at once"
    )
    assert len(x_1[known_us]) == 73
    assert "HOSP" not in wildfire.flights.concerned
    assert {"IC", "RANGE", "TANKER-CO"} <= set(wildfire.flights.concerned)


def test_an_aircraft_that_flies_alone_is_reported_less_often(wildfire):
    alone = [t for t in wildfire.flights.instants if t > at("2026-08-14T20:45:00Z")]
    assert {b - a for a, b in itertools.pairwise(alone)} == {15_000_000}
    together = [t for t in wildfire.flights.instants if t < at("2026-08-14T19:13:00Z")]
    late = [t for t in together if t > at("2026-08-14T19:05:00Z")]
    assert {b - a for a, b in itertools.pairwise(late)} == {5_000_000}


def test_the_story_is_near_what_happens_and_not_in_the_gaps(syria):
    assert syria.is_near(at("2017-06-20T06:19:00Z"))
    assert not syria.is_near(at("2017-06-21T12:00:00Z"))
    assert at("2017-06-20T07:45:00Z") in syria.looks
    assert syria.ends_us >= at("2017-06-22T10:06:00Z"), "until the last answer is due"


def test_a_scenario_without_a_message_has_no_demo():
    empty = Scenario(id="empty", parties=())
    with pytest.raises(InputFault, match="no message"):
        plan_scenario(empty)


def test_a_scenario_is_found_by_the_first_part_of_its_name(tmp_path):
    assert find_scenario("wildfire").name == "wildfire-civil"
    assert find_scenario(str(tmp_path)) == tmp_path
    with pytest.raises(InputFault, match="did you mean 'wildfire-civil'"):
        find_scenario("wildfyre-civil")
