"""The answers of both reference scenarios against their expected.yaml, key by key.

Tolerances: 5 s, 0.05 NM, 0.5 km, as expected.yaml states them.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from parley.review.answers import answers
from parley.wire.scenario import scenario_from_documents

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
TOLERANCE_S = 5.0
TOLERANCE_NM = 0.05
TOLERANCE_KM = 0.5
Document = dict[str, Any]


def _answered(name: str) -> Document:
    folder = EXAMPLES / name
    scenario = scenario_from_documents(
        (folder / "timeline.yaml").read_bytes(), (folder / "geo.geojson").read_bytes()
    )
    return msgspec.json.decode(msgspec.json.encode(answers(scenario)))


def _expected(name: str) -> Document:
    return yaml.safe_load((EXAMPLES / name / "expected.yaml").read_text("utf-8"))


@pytest.fixture(scope="module")
def syria() -> tuple[Document, Document]:
    return _answered("syria-2017-06"), _expected("syria-2017-06")


@pytest.fixture(scope="module")
def wildfire() -> tuple[Document, Document]:
    return _answered("wildfire-civil"), _expected("wildfire-civil")


def _seconds_apart(a: str, b: str) -> float:
    return abs((datetime.fromisoformat(a) - datetime.fromisoformat(b)).total_seconds())


def _same_states(found: list[Document], wanted: list[Document]) -> None:
    assert [s["state"] for s in found] == [s["state"] for s in wanted]
    for one, other in zip(found, wanted, strict=True):
        assert _seconds_apart(one["t"], other["t"]) <= TOLERANCE_S


def _message(found: Document, seq: int) -> Document:
    return next(m for m in found["messages"] if m["seq"] == seq)


def _query(found: Document, query_id: str) -> Document:
    return next(q for q in found["queries"] if q["id"] == query_id)


def _statements(found: Document, about: str) -> list[Document]:
    return [s for s in found["statements"] if s["about"] == about]


def _state_at(found: Document, zone: str, at: str) -> Document:
    known = [s for s in found["zones"][zone]["states"] if s["t"] is None or s["t"] <= at]
    return known[-1]


# ---- geometry --------------------------------------------------------------------------------


def test_distances_to_zones(syria):
    found, wanted = syria
    for place, zones in wanted["geometry"]["distance_km_to_zones"].items():
        for zone, distance_km in zones.items():
            answer = found["places"][place]["zones"][zone]
            assert answer["distance_km"] == pytest.approx(distance_km, abs=TOLERANCE_KM)


@pytest.mark.row("A4", "S29")
def test_sides_of_the_river(syria):
    found, wanted = syria
    geometry = wanted["geometry"]
    for place, side in geometry["side_of_GL-EUPHRATES"].items():
        answer = found["places"][place]["boundaries"]["GL-EUPHRATES"]
        assert answer["nominal"] == side
        assert answer["decided"] == geometry["decided_side_of_GL-EUPHRATES"][place]
    for place, distance_km in geometry["distance_km_to_GL-EUPHRATES"].items():
        answer = found["places"][place]["boundaries"]["GL-EUPHRATES"]
        assert answer["distance_km"] == pytest.approx(distance_km, abs=TOLERANCE_KM)
    right = found["places"]["Rusafa"]["boundaries"]["GL-EUPHRATES"]
    assert right["name"].startswith("right bank")


def test_bearing_distance_and_population(syria):
    found, wanted = syria
    geometry = wanted["geometry"]
    way = found["places"]["Tabqah"]["places"]["Rusafa"]
    assert way["bearing_deg"] == pytest.approx(geometry["bearing_Tabqah_to_Rusafa_deg"], abs=0.1)
    assert way["distance_km"] == pytest.approx(
        geometry["distance_Tabqah_to_Rusafa_km"], abs=TOLERANCE_KM
    )
    line = found["places"]["Ja'Din"]["boundaries"]["GL-EW"]
    assert line["distance_km"] * 1000 == pytest.approx(
        geometry["line_GL-EW_distance_to_JaDin_m"], abs=10
    )
    (population,) = _statements(found, "population")
    assert population["total_as_stated"] == geometry["population_total_as_stated"]


@pytest.mark.row("S26")
def test_the_sum_of_populations_says_that_it_mixes_bounds(syria):
    found, _ = syria
    (population,) = _statements(found, "population")
    assert population["mixes_bounds"] is True
    assert {"up to", "about", "more than"} <= {
        z["population"]["qualifier"] for z in found["zones"].values() if "population" in z
    }


@pytest.mark.row("A5", "S25")
def test_an_excluded_place_is_outside_and_the_exclusion_is_cited(syria):
    found, _ = syria
    answer = found["places"]["Qaboun"]["zones"]["DEZ-3"]
    assert (answer["nominal"], answer["decided"]) == ("out", "out")
    assert answer["exclusion"] == "Qaboun"
    assert "excluded" in answer["because"]
    assert answer["distance_km"] == pytest.approx(1.9, abs=TOLERANCE_KM)


@pytest.mark.parametrize("boundary", ["GL-EUPHRATES", "GL-EW"])
def test_crossings(syria, boundary):
    found, wanted = syria
    for track, rows in wanted[f"crossings_of_{boundary}"].items():
        sides = found["crossings"][boundary][track]
        crossings = list(rows)
        if crossings and "state" in crossings[0]:
            start = crossings.pop(0)
            assert sides["start"] == start["state"]
            assert _seconds_apart(sides["starts"], start["t"]) <= TOLERANCE_S
        assert len(sides["crossings"]) == len(crossings)
        for one, other in zip(sides["crossings"], crossings, strict=True):
            assert _seconds_apart(one["t"], other["t"]) <= TOLERANCE_S
            assert one["to"] == other.get("state", one["to"])
            assert one["direction"] == other.get("direction", one["direction"])


def test_presence_in_the_notified_area(syria):
    found, wanted = syria
    for track, stay in wanted["inside_AREA-N1_while_active"].items():
        (inside,) = found["presence"]["AREA-N1"][track]["inside"]
        assert _seconds_apart(inside["from"], stay["from"]) <= TOLERANCE_S
        assert _seconds_apart(inside["to"], stay["to"]) <= TOLERANCE_S
        assert inside["seconds"] == pytest.approx(stay["seconds"], abs=TOLERANCE_S)
    others = set(found["presence"]["AREA-N1"]) - set(wanted["inside_AREA-N1_while_active"])
    assert not any(found["presence"]["AREA-N1"][track]["inside"] for track in others)


def test_presence_in_the_restriction_and_the_box(wildfire):
    found, wanted = wildfire
    for track, states in wanted["tfr_1"]["presence"].items():
        _same_states(found["presence"]["TFR-1"][track]["states"], states)
    for track, states in wanted["uas_box"].items():
        _same_states(found["presence"]["UAS-BOX"][track]["states"], states)


def test_rings_inbound(wildfire):
    found, wanted = wildfire
    for track, rings in wanted["rings_inbound"].items():
        for ring, at in rings.items():
            states = found["presence"][ring][track]["states"]
            inbound = [s["t"] for s in states[1:] if s["state"] == "inside"]
            if at is None:
                assert not inbound
            else:
                assert _seconds_apart(inbound[0], at) <= TOLERANCE_S


@pytest.mark.row("A13")
def test_happened_and_known_are_both_shown(wildfire):
    found, wanted = wildfire
    answer = found["presence"]["TFR-1"]["X-1"]
    (stated,) = [s for s in wanted["statements"] if s.get("flight") == "X-1"]
    assert _seconds_apart(answer["happened_from"], stated["happened_from"]) <= TOLERANCE_S
    assert answer["known_from"] == stated["known_first"]
    (incursion,) = [s for s in _statements(found, "incursion") if s["flight"] == "X-1"]
    assert incursion["known_first"] == stated["known_first"]
    assert incursion["happened_from"] == answer["happened_from"]


# ---- encounters ------------------------------------------------------------------------------


def _check_encounters(found: list[Document], wanted: list[Document]) -> None:
    by_pair = {tuple(e["pair"]): e for e in found}
    assert set(by_pair) == {tuple(sorted(e["pair"])) for e in wanted}
    for row in wanted:
        answer = by_pair[tuple(sorted(row["pair"]))]
        assert answer["min_horizontal_nm"] == pytest.approx(
            row["min_horizontal_nm"], abs=TOLERANCE_NM
        )
        assert _seconds_apart(answer["at"], row["at"]) <= TOLERANCE_S
        assert answer["vertical_ft_at_that_time"] == pytest.approx(
            row["vertical_ft_at_that_time"], abs=100
        )
        assert answer["verdict"] == row.get("verdict", answer["verdict"])
        episodes = answer["inside_both_minima"]
        assert len(episodes) == len(row["inside_both_minima"])
        for one, other in zip(episodes, row["inside_both_minima"], strict=True):
            assert _seconds_apart(one["from"], other["from"]) <= TOLERANCE_S
            assert _seconds_apart(one["to"], other["to"]) <= TOLERANCE_S
            assert one["seconds"] == pytest.approx(other["seconds"], abs=2)


def test_encounters_of_the_drill(syria):
    found, wanted = syria
    _check_encounters(found["encounters"], wanted["encounters_rule_3nm_3000ft"])
    assert {e["minima"]["dwell_s"] for e in found["encounters"]} == {wanted["dwell_limit_s"]}


def test_encounters_over_the_fire(wildfire):
    found, wanted = wildfire
    _check_encounters(found["encounters"], wanted["encounters_rule_0.5nm_500ft"])


@pytest.mark.row("A10")
def test_the_dwell_of_the_drill_exceeds_its_limit(syria):
    found, _ = syria
    (answer,) = [e for e in found["encounters"] if e["pair"] == ["SYN-A2", "SYN-B2"]]
    assert answer["longest_s"] == pytest.approx(722, abs=2)
    assert answer["minima"]["dwell_s"] == 180
    assert answer["verdict"] == "dwell exceeded"
    assert answer["rule"] == "M1"


def test_minima_bind_only_pairs_whose_parties_share_the_agreement(syria, wildfire):
    drill = {tuple(e["pair"]): e for e in syria[0]["encounters"]}
    assert drill["SYN-A1", "SYN-B1"]["rule"] == "M1"
    assert drill["SYN-A1", "SYN-A2"]["rule"] == "advisory"
    assert drill["SYN-B1", "SYN-C1"]["rule"] == "advisory"
    fire = {tuple(e["pair"]): e for e in wildfire[0]["encounters"]}
    assert fire["H-7", "T-41"]["rule"] == "F5"
    assert fire["T-41", "X-1"]["rule"] == "advisory"
    assert fire["AA-1", "M-22"]["rule"] == "advisory"
    clauses = {(b["agreement"], b["clause"]) for b in fire["H-7", "T-41"]["clauses"]}
    assert clauses == {("AGR-RANGE", "R3"), ("AGR-FIRE", "F5")}


# ---- messages --------------------------------------------------------------------------------


def test_acknowledgement_lead_time_and_read_back(syria):
    found, wanted = syria
    acked = _message(found, 1)["acknowledgement"]
    assert (acked["verdict"], acked["value_s"], acked["limit_s"]) == ("met", 21, 60)
    notice = _message(found, 3)
    assert (notice["lead_time"]["verdict"], notice["lead_time"]["value_s"]) == ("met", 3000)
    assert [r["matches"] for r in notice["read_backs"]] == [True]
    (mismatch,) = [m for m in wanted["messages"] if m["seq"] == 6]
    read = _message(found, 6)["read_back"]
    assert read["matches"] is False
    assert read["distance_km"] == pytest.approx(mismatch["distance_km"], abs=TOLERANCE_KM)
    assert [d["field"] for d in read["differences"]] == ["centre"]
    late = _message(found, 9)["lead_time"]
    assert (late["verdict"], late["value_s"], late["limit_s"]) == ("late", 60, 900)
    assert late["clause"] == "M2"
    assert _message(found, 8)["read_back"]["matches"] is True
    assert _message(found, 22)["read_back"]["matches"] is True


@pytest.mark.row("A7")
def test_an_unanswered_message_escalates(syria):
    found, _ = syria
    message = _message(found, 10)
    acked = message["acknowledgement"]
    assert (acked["verdict"], acked["value_s"], acked["limit_s"]) == ("late", 1620, 60)
    assert acked["due"] == "2017-06-20T06:06:00Z"
    assert [(e["after_s"], e["t"][11:19], e["post"]) for e in message["escalations"]] == [
        (60, "06:06:00", "duty-officer"),
        (180, "06:08:00", "alternate"),
        (600, "06:15:00", "commander"),
    ]


def test_suspension_takes_effect_after_its_notice(syria):
    found, _ = syria
    suspension = _message(found, 12)["suspension"]
    assert suspension["value"] == "suspended"
    assert suspension["effective"] == "2017-06-20T07:45:00Z"
    assert (suspension["notice_s"], suspension["limit_s"]) == (3600, 3600)
    assert suspension["verdict"] == "met"
    assert suspension["until_then"] == "in force"
    assert suspension["dimension"] == "agreement_status"
    life_safety = _message(found, 14)
    assert life_safety["while_suspended"]["passes"] is True
    assert life_safety["acknowledgement"]["verdict"] == "met"


@pytest.mark.row("A6", "S32")
def test_a_named_place_is_checked_against_its_coordinates(syria):
    found, wanted = syria
    (row,) = [m for m in wanted["messages"] if m["seq"] == 19]
    check = _message(found, 19)["position_check"]
    assert check["verdict"].startswith("query before sending")
    assert check["distance_km"] == pytest.approx(row["distance_km"], abs=TOLERANCE_KM)
    assert check["distance_km"] == pytest.approx(9.0, abs=0.05)
    assert check["clause"] == "M7"
    assert _message(found, 19)["corrected_by"] == 21


@pytest.mark.row("A9")
def test_the_unit_that_was_never_told_is_listed(syria):
    found, _ = syria
    distribution = _message(found, 5)["distribution"]
    assert distribution["verdict"] == "distribution incomplete"
    assert distribution["not_told"] == ["COAL-unit-2"]
    assert distribution["told"] == ["COAL-duty-room"]
    assert _message(found, 3)["distribution"]["not_told"] == []


def test_a_demand_stays_open_until_its_due_date(syria):
    found, _ = syria
    demand = _message(found, 16)["demand"]
    assert (demand["state"], demand["due"]) == ("open", "2017-07-20T00:00:00Z")
    assert demand["remaining_s"] > 0
    assert demand["overdue_after"] == "2017-07-20T00:00:00Z"


def test_the_fire_messages(wildfire):
    found, wanted = wildfire
    request = _message(found, 4)
    assert request["acknowledgement"]["value_s"] == 70
    issue = request["issue"]
    assert issue["value_s"] == wanted["tfr_1"]["requested_to_issued_s"]
    assert issue["in_force_after_s"] == wanted["tfr_1"]["requested_to_in_force_s"]
    release = _message(found, 9)["acknowledgement"]
    assert (release["clause"], release["verdict"]) == ("R1", "late")
    assert (release["value_s"], release["limit_s"]) == (510, 300)
    assert _message(found, 3)["acknowledgement"]["verdict"] == "missed"
    by = _message(found, 26)["acknowledgement"]["by"]
    assert {party: d["verdict"] for party, d in by.items()} == {
        "AIRATTACK": "met",
        "UAS-AGENCY": "met",
        "RANGE": "late",
    }
    assert by["RANGE"]["value_s"] == 240
    assert _message(found, 26)["escalations"][0] == {
        "t": "2026-08-14T20:14:00Z",
        "after_s": 120,
        "post": "duty-officer",
        "party": "RANGE",
        "result": "answered",
        "detail": "WILCO by range-scheduling-desk",
    }
    for seq in (34, 35):
        assert _message(found, seq)["acknowledgement"]["verdict"] == "met"
        assert _message(found, seq)["lead_time"]["verdict"] == "met"


# ---- zones -----------------------------------------------------------------------------------


@pytest.mark.row("A11")
def test_requested_issued_in_force(wildfire):
    found, wanted = wildfire
    for row in wanted["statements"]:
        if row["about"] == "zone" and "promulgation" in row:
            assert _state_at(found, row["id"], row["at"])["promulgation"] == row["promulgation"]
    states = found["zones"]["TFR-1"]["states"]
    assert [(s["t"], s["promulgation"]) for s in states[1:]] == [
        ("2026-08-14T18:05:00Z", "requested"),
        ("2026-08-14T18:52:00Z", "issued"),
        ("2026-08-14T19:00:00Z", "in force"),
        ("2026-08-15T03:00:00Z", "ended"),
    ]
    hot = [s for s in states if "hot" in (s["activity"], s.get("shown"))]
    assert [s["promulgation"] for s in hot] == ["in force"]


def test_back_to_back_windows_leave_no_gap(wildfire):
    found, wanted = wildfire
    states = found["zones"]["MOA-E"]["states"]
    (row,) = [s for s in wanted["statements"] if s.get("id") == "MOA-E"]
    assert _state_at(found, "MOA-E", row["at"])["activity"] == row["activity"]
    assert [(s["t"], s["activity"], s["shown"]) for s in states if s["t"]] == [
        ("2026-08-14T17:00:00Z", "hot", "hot"),
        ("2026-08-14T19:20:00Z", "cold", "cold"),
        ("2026-08-14T22:00:00Z", "hot", "hot"),
        ("2026-08-15T00:00:00Z", "unknown", "hot"),
    ]


def test_the_two_zones_were_hot_at_once(wildfire):
    found, wanted = wildfire
    overlaps = [o for o in _statements(found, "overlap") if set(o["zones"]) == {"MOA-E", "TFR-1"}]
    first = min(overlaps, key=lambda o: o["from"])
    assert [first["from"], first["to"]] == wanted["moa_hot_overlaps_tfr_from_to"]


# ---- queries and statements ------------------------------------------------------------------


def test_line_used_is_contested_before_and_decided_in_the_drill(syria):
    found, wanted = syria
    contested, expected = _query(found, "Q1"), wanted["queries"][0]
    assert contested["verdict"] == expected["verdict"] == "contested"
    assert {k: list(v) for k, v in contested["rests_on"].items()} == expected["rests_on"]
    assert contested["decidable_from_logs"] is expected["decidable_from_logs"]
    decided, expected = _query(found, "Q5"), wanted["queries"][4]
    for key in ("verdict", "used", "reads"):
        assert decided[key] == expected[key]


def test_line_state_is_contested_with_its_sources(syria):
    found, wanted = syria
    answer, expected = _query(found, "Q2"), wanted["queries"][1]
    assert answer["verdict"] == expected["verdict"]
    assert answer["sources"] == expected["sources"]
    assert answer["glance"] == "CONTESTED"
    assert set(answer["agreement"]) == set(expected["agreement"])
    assert expected["agreement"]["RUS"] in answer["agreement"]["RUS"]
    assert answer["agreement"]["COAL"] == expected["agreement"]["COAL"]
    assert answer["link"] == expected["link"]
    assert answer["use"]["COAL"] == expected["use"]["COAL"]


def test_inside_zones_agreed_by_and_told(syria):
    found, wanted = syria
    for query_id, place in (("Q3", 2), ("Q4", 3), ("Q6", 5)):
        answer, expected = _query(found, query_id), wanted["queries"][place]
        for key, value in expected.items():
            assert answer[key] == value, (query_id, key)


def test_a_one_sided_object_is_asserted_and_agreed_by_nobody(syria):
    found, _ = syria
    answer = _query(found, "Q4")
    assert answer["agreed_by"] == []
    assert answer["asserted_by"] == ["COAL"]
    assert "no duty" in answer["because"]


def test_statements_of_the_fire(wildfire):
    found, wanted = wildfire
    stated = {
        (s["about"], s.get("flight") or s.get("id") or s.get("zone") or s.get("seq")): s
        for s in wanted["statements"]
    }
    by_flight = {s["flight"]: s for s in _statements(found, "incursion")}
    assert set(by_flight) == {"X-1", "M-22"}
    row = stated["incursion", "M-22"]
    assert _seconds_apart(by_flight["M-22"]["from"], row["from"]) <= TOLERANCE_S
    assert _seconds_apart(by_flight["M-22"]["to"], row["to"]) <= TOLERANCE_S
    (conformance,) = _statements(found, "conformance")
    row = stated["conformance", "U-3"]
    assert conformance["flight"] == "U-3"
    assert _seconds_apart(conformance["nonconforming_from"], row["nonconforming_from"]) <= 5
    assert conformance["seconds"] == pytest.approx(row["seconds"], abs=2)
    (stop,) = _statements(found, "stop")
    assert (stop["seconds"], stop["acks"]) == (890, "2 of 2")
    (demand,) = _statements(found, "demand")
    row = stated["demand", 32]
    assert (demand["state"], demand["in_time"]) == (row["state"], row["in_time"])
    assert _seconds_apart(demand["final_report_due"], row["final_report_due"]) <= TOLERANCE_S
    (line,) = [s for s in _statements(found, "line") if s["id"] == "LINE-HOSP"]
    row = stated["line", "LINE-HOSP"]
    assert (line["test"], line["last_good_test"]) == (row["test"], row["last_good_test"])
    assert line["at"] == row["at"]


def test_authorised_flights_are_no_incursions(wildfire):
    found, wanted = wildfire
    incursions = {s["flight"] for s in _statements(found, "incursion")}
    for flight, leave in wanted["tfr_1"]["authorised"].items():
        assert (flight in incursions) == leave.startswith("none"), flight


@pytest.mark.row("A1")
def test_a_contested_line_state_never_reads_on_or_off(syria):
    found, _ = syria
    answer = _query(found, "Q2")
    assert (answer["verdict"], answer["glance"]) == ("contested", "CONTESTED")
    assert answer["sources"] == ["S02", "S06"]
    assert not {"OPEN", "DOWN", "on", "off"} & set(str(answer).replace("'", " ").split())


@pytest.mark.row("A2")
def test_the_public_dispute_is_not_decidable_from_this_evidence(syria):
    found, _ = syria
    answer = _query(found, "Q1")
    assert answer["reads"] == "not decidable from this evidence"
    assert sorted(answer["rests_on"]["yes"] + answer["rests_on"]["no"]) == ["C02", "C03", "C13"]


@pytest.mark.row("A12")
def test_a_failed_line_test_makes_the_line_unverified(wildfire):
    found, _ = wildfire
    lines = {s["id"]: s for s in _statements(found, "line")}
    assert lines["LINE-HOSP"]["test"] == "unverified"
    assert lines["LINE-RANGE"]["test"] == "verified"


@pytest.mark.row("A15")
def test_back_to_back_windows_have_no_late_message(wildfire):
    found, wanted = wildfire
    (row,) = [s for s in wanted["statements"] if s.get("id") == "MOA-E"]
    late = 0
    for seq in (34, 35):
        message = _message(found, seq)
        late += message["acknowledgement"]["verdict"] != "met"
        late += message["lead_time"]["verdict"] != "met"
    assert late == row["late_messages"]
    at = [s["t"] for s in found["zones"]["MOA-E"]["states"] if s["t"]]
    assert row["at"] not in at
    assert row["gap_s"] == 0


@pytest.mark.row("S23", "S24")
def test_a_zone_says_all_that_is_known_of_it(syria):
    found, _ = syria
    assert found["zones"]["DEZ-2"] == {
        "kind": "zone",
        "name": "Rastan and Talbiseh enclave, northern Homs",
        "owner": None,
        "agreement": "AGR-ASTANA",
        "agreed_by": ["RUS", "TUR", "IRN"],
        "asserted_by": [],
        "lower": "SFC",
        "upper": "UNL",
        "applies_from": "2017-05-06T00:00:00Z",
        "applies_to": "2017-11-04T00:00:00Z",
        "states": found["zones"]["DEZ-2"]["states"],
        "population": {
            "qualifier": "approximately",
            "value": 180000,
            "source": "Al Jazeera as quoted in article 1",
            "as_of": "2017",
        },
    }
    assert found["zones"]["DEZ-1"]["population"]["qualifier"] == "more than"


@pytest.mark.row("S27")
def test_distance_to_each_zone_comes_with_its_margin(syria):
    found, _ = syria
    zones = found["places"]["Rusafa"]["zones"]
    nearest = min((z for z in zones if z.startswith("DEZ")), key=lambda z: zones[z]["distance_km"])
    assert zones[nearest]["distance_km"] == pytest.approx(145.8, abs=TOLERANCE_KM)
    assert zones[nearest]["uncertainty_km"] == 9.0
    assert zones[nearest]["decided"] == "out"


@pytest.mark.row("S28")
def test_two_kilometres_cannot_be_decided_with_ten(syria):
    found, _ = syria
    answer = found["places"]["Ja'Din"]["boundaries"]["GL-EW"]
    assert answer["distance_km"] == pytest.approx(2.0, abs=0.01)
    assert (answer["nominal"], answer["decided"]) == ("left", "undecided")
    assert "uncertainty 20000 m" in answer["because"]


@pytest.mark.row("S30")
def test_an_unpublished_area_is_kept_as_an_open_term(syria):
    found, _ = syria
    (term,) = _statements(found, "open term")
    assert term["object"] == "GL-EUPHRATES"
    assert "areas of operation" in term["text"]
    assert term["reads"] == "undefined"


@pytest.mark.row("S52")
def test_versions_are_shown_side_by_side_and_not_resolved(syria):
    found, _ = syria
    loss = next(s for s in _statements(found, "dispute") if s["event"] == "E06")
    assert [c[:3] for c in loss["claims"]] == ["C04", "C05", "C06", "C07", "C08", "C14"]
    assert ["C05", "C04"] in loss["contradictions"]
    assert ["C06", "C04"] in loss["contradictions"]
    assert "verdict" not in loss
