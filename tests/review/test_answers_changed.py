"""The answers of changed scenarios, against `scenario_oracle`.

Changed are: tracks, times, vertices, places, minima, parties, names.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from review.scenario_oracle import (
    GEOD,
    NAMES,
    NM_M,
    Document,
    Sampled,
    _texts,
    answered,
    check_crossings,
    check_encounters,
    check_places,
    check_presence,
    documents,
    features,
    seconds,
)

MOVES_DEG = st.integers(-300, 300).map(lambda k: k * 1e-4 + 3.7e-6)
"""Up to 3 km; never so little or so round that a sample falls on a line."""


# ---- geometry, changed -----------------------------------------------------------------------


@settings(max_examples=6, phases=(Phase.explicit, Phase.generate))
@given(data=st.data(), name=st.sampled_from(NAMES))
def test_moved_tracks_and_other_minima(data, name):
    timeline, geometry = documents(name)
    small = MOVES_DEG
    for track in features(geometry, "track").values():
        for point in track["geometry"]["coordinates"]:
            point[0] += data.draw(small)
            point[1] += data.draw(small)
        climb_ft = data.draw(st.integers(-800, 800))
        track["properties"]["alt_ft"] = [a + climb_ft for a in track["properties"]["alt_ft"]]
    nm, ft = data.draw(st.sampled_from([(1.0, 900.0), (2.5, 2000.0), (6.0, 4000.0)]))
    for agreement in timeline["agreements"]:
        for clause in agreement.get("clauses", []) + agreement.get("drill_clauses", []):
            if clause["kind"] == "separation":
                clause |= {"horizontal_nm": nm, "or_vertical_ft": ft}
    found = answered(timeline, geometry)
    check_encounters(found, geometry, nm, ft)
    check_crossings(found, geometry)
    check_presence(found, geometry)


@settings(max_examples=5, phases=(Phase.explicit, Phase.generate))
@given(data=st.data(), name=st.sampled_from(NAMES))
def test_moved_vertices_and_places(data, name):
    timeline, geometry = documents(name)
    small = MOVES_DEG
    for shape in features(geometry, "zone", "ring", "notified_area").values():
        east, north = data.draw(small), data.draw(small)
        for point in shape["geometry"]["coordinates"][0]:
            point[0] += east
            point[1] += north
    for feature in features(geometry, "directed_line", "place").values():
        points = feature["geometry"]["coordinates"]
        east, north = data.draw(small) * 10, data.draw(small) * 10
        for point in points if isinstance(points[0], list) else [points]:
            point[0] += east
            point[1] += north
    found = answered(timeline, geometry)
    check_places(found, geometry)
    check_presence(found, geometry)
    check_crossings(found, geometry)


@pytest.mark.row("S33")
def test_a_corridor_is_a_centre_line_with_a_width():
    timeline, geometry = documents("wildfire-civil")
    corridor = features(geometry, "corridor")["CORR-MED"]
    corridor["properties"]["width_nm"] = 2.0
    found = answered(timeline, geometry)["presence"]["CORR-MED"]["MED-1"]
    lon, lat = np.array(corridor["geometry"]["coordinates"]).T
    track = Sampled(features(geometry, "track")["MED-1"])
    here = pyproj.Proj(proj="aeqd", lat_0=lat.mean(), lon_0=lon.mean(), ellps="WGS84")
    x, y = here(track.lon, track.lat)
    centre = shapely.LineString(np.column_stack(here(lon, lat)))
    away_m = shapely.distance(shapely.points(x, y), centre)
    inside = (away_m <= NM_M) & (track.alt_ft >= 4000) & (track.alt_ft <= 5500)
    wanted = float(np.count_nonzero(inside))
    assert sum(s["seconds"] for s in found["inside"]) == pytest.approx(wanted, abs=10)
    assert wanted > 60


# ---- everything renamed, moved in time, turned round the earth --------------------------------

RENAMED = {
    "syria-2017-06": {
        "SYN-": "TRN-", "COAL": "CXX", "RUS": "RXX", "LINE-AIR": "LINE-ONE", "GL-": "HL-",
        "DEZ-": "EEZ-", "AREA-N1": "AREA-Q7", "AGR-": "PCT-", "Rusafa": "Tusafa",
        "Raqqa": "Saqqa", "Qaboun": "Qebelli", "Ja'Din": "Jo'Den", "Tabqah": "Tebqih",
    },
    "wildfire-civil": {
        "AA-1": "AB-9", "T-41": "T-52", "X-1": "X-7", "M-22": "M-33", "TFR-1": "TFR-8",
        "MOA-E": "MOA-W", "LINE-": "WIRE-",
        "AGR-": "PCT-", "RANGE": "SCOPE", "AIRATTACK": "AIRBOSS",
        "UAS-BOX": "UAS-CUBE",
    },
}  # fmt: skip


def _renamed(text: str, names: dict[str, str]) -> str:
    for old, new in names.items():
        text = text.replace(old, new)
    return text


def _plain(found: Document) -> Document:
    """Return answers in an order that does not depend on names."""
    found["encounters"].sort(key=lambda e: (e["min_horizontal_nm"], e["at"]))
    for encounter in found["encounters"]:
        encounter["pair"] = sorted(encounter["pair"])
        encounter["parties"] = sorted(map(str, encounter["parties"]))
    found["statements"].sort(key=lambda s: json.dumps(s, sort_keys=True))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_names_change_nothing(name):
    timeline, geometry = (_renamed(text, RENAMED[name]) for text in _texts(name))
    found = _plain(answered(timeline, geometry))
    wanted = _renamed(json.dumps(answered(*_texts(name)), ensure_ascii=False), RENAMED[name])
    assert found == _plain(json.loads(wanted))


@pytest.mark.parametrize("name", NAMES)
def test_shifted_times_shift_the_answers(name):
    by = timedelta(days=31, hours=5, seconds=17)
    instant = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?Z")

    def shifted(text: str) -> str:
        def move(match: re.Match[str]) -> str:
            return (datetime.fromisoformat(match[0]) + by).strftime("%Y-%m-%dT%H:%M:%SZ")

        return instant.sub(move, text)

    base = answered(*_texts(name))
    found = answered(*(shifted(text) for text in _texts(name)))
    for section in ("places", "crossings", "presence", "encounters", "messages", "zones"):
        wanted = json.loads(shifted(json.dumps(base[section])))
        assert found[section] == wanted, section


def _turned(geometry: Document, timeline: Document, east_deg: float) -> None:
    def turn(point: list[float]) -> None:
        point[0] = (point[0] + east_deg + 180) % 360 - 180

    def every(points: list[Any]) -> None:
        if isinstance(points[0], list):
            for point in points:
                every(point)
        else:
            turn(points)

    for feature in geometry["features"]:
        every(feature["geometry"]["coordinates"])
    for message in timeline["messages"]:
        if "centre" in message:
            turn(message["centre"])
    for event in timeline.get("events", []):
        if "position" in event:
            turn(event["position"])


def _close(one: object, other: object, where: str) -> None:
    if isinstance(one, dict):
        assert one.keys() == other.keys(), where
        for key in one:
            if key not in ("because", "said", "read", "claims"):
                _close(one[key], other[key], f"{where}.{key}")
    elif isinstance(one, list):
        assert len(one) == len(other), where
        for k, (a, b) in enumerate(zip(one, other, strict=True)):
            _close(a, b, f"{where}[{k}]")
    elif isinstance(one, float):
        assert one == pytest.approx(other, abs=0.2, rel=1e-6), where
    elif isinstance(one, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]+Z", one):
        assert abs(seconds(one) - seconds(other)) <= 1, where
    else:
        assert one == other, where


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("to_deg", [179.99, -60.0])
def test_the_same_story_at_another_longitude(name, to_deg):
    """The ellipsoid is round: nothing changes, also not where the antimeridian runs through it."""
    timeline, geometry = documents(name)
    middle = 38.7 if name.startswith("syria") else -115.9
    _turned(geometry, timeline, to_deg - middle)
    _close(answered(timeline, geometry), answered(*_texts(name)), name)


# ---- parties and messages, changed -------------------------------------------------------------


def test_a_party_that_leaves_the_agreement_is_bound_no_more():
    timeline, geometry = documents("wildfire-civil")
    fire = next(a for a in timeline["agreements"] if a["id"] == "AGR-FIRE")
    before = {tuple(e["pair"]): e["rule"] for e in answered(timeline, geometry)["encounters"]}
    assert before["H-7", "T-41"] == "F5"
    fire["parties"].remove("HELI-CO")
    line = next(x for x in timeline["lines_of_communication"] if x["id"] == "LINE-FIRE")
    line["under"] = "LINE-X"
    timeline["agreements"].append({"id": "LINE-X", "parties": line["ends"]})
    after = {tuple(e["pair"]): e["rule"] for e in answered(timeline, geometry)["encounters"]}
    assert after["H-7", "T-41"] == "advisory"


def test_an_agreement_out_of_force_or_suspended_binds_no_more():
    timeline, geometry = documents("syria-2017-06")
    for message in timeline["messages"]:
        if message.get("value") == "suspended":
            message["t"] = "2017-06-20T05:30:00Z"
            message["effective"] = "2017-06-20T05:30:00Z"
    timeline["messages"] = [m for m in timeline["messages"] if m["seq"] != 13]
    found = answered(timeline, geometry)
    encounter = next(e for e in found["encounters"] if e["pair"] == ["SYN-A2", "SYN-B2"])
    assert encounter["rule"] == "advisory"
    assert "suspended by RUS" in encounter["clauses"][0]["because"]
    act = next(m for m in found["messages"] if m["seq"] == 12)["suspension"]
    assert (act["verdict"], act["notice_s"]) == ("late", 0)


@pytest.mark.row("S17")
def test_each_rule_shows_whose_it_is():
    timeline, geometry = documents("syria-2017-06")
    timeline["agreements"].append(
        {
            "id": "AGR-OTHER",
            "parties": ["RUS", "SYR"],
            "clauses": [{"id": "O1", "kind": "separation", "horizontal_nm": 3,
                         "or_vertical_ft": 3000, "dwell_s": 30}],
        }
    )  # fmt: skip
    found = {tuple(e["pair"]): e for e in answered(timeline, geometry)["encounters"]}
    assert found["SYN-B1", "SYN-C1"]["rule"] == "O1"
    assert found["SYN-A1", "SYN-B1"]["rule"] == "M1"
    assert found["SYN-A1", "SYN-B1"]["minima"]["dwell_s"] == 180
    assert {c["agreement"] for c in found["SYN-A1", "SYN-B1"]["clauses"]} == {
        "AGR-MOU-2015",
        "AGR-OTHER",
    }


@settings(max_examples=10, phases=(Phase.explicit, Phase.generate))
@given(
    ack_s=st.integers(1, 4000), limit_s=st.integers(5, 900), lead_s=st.integers(-600, 5000),
    steps=st.lists(st.integers(1, 60), min_size=1, max_size=4, unique=True).map(sorted),
)  # fmt: skip
def test_deadlines_lead_times_and_ladders_by_plain_arithmetic(ack_s, limit_s, lead_s, steps):
    timeline, geometry = documents("syria-2017-06")
    geometry["features"] = [f for f in geometry["features"] if f["properties"]["kind"] != "track"]
    timeline["flights"] = []
    seqs = {m["seq"]: m for m in timeline["messages"]}
    sent = datetime(2017, 6, 20, 6, 5, tzinfo=UTC)
    seqs[11]["t"] = (sent + timedelta(seconds=ack_s)).isoformat()
    seqs[10]["ack_deadline_s"] = limit_s
    begins = datetime(2017, 6, 20, 5, 59, tzinfo=UTC) + timedelta(seconds=lead_s)
    seqs[9]["window"] = [begins.isoformat(), (begins + timedelta(hours=1)).isoformat()]
    ladder = next(c for c in timeline["agreements"][0]["drill_clauses"] if c["id"] == "M3")
    ladder["escalate"] = [{"after": f"PT{m}M", "post": f"post-{m}"} for m in steps]
    found = {m["seq"]: m for m in answered(timeline, geometry)["messages"]}
    verdict = found[10]["acknowledgement"]
    assert (verdict["value_s"], verdict["limit_s"]) == (ack_s, limit_s)
    assert verdict["verdict"] == ("met" if ack_s <= limit_s else "late")
    called = [e["after_s"] for e in found[10].get("escalations", [])]
    due = [60 * m + max(0, limit_s - 60) for m in steps]
    assert called == ([s for s in due if s < ack_s] if ack_s > limit_s else [])
    lead = found[9]["lead_time"]
    assert lead["value_s"] == lead_s
    assert lead["verdict"] == ("met" if lead_s >= 900 else "late")


@settings(max_examples=8, phases=(Phase.explicit, Phase.generate))
@given(east_deg=st.floats(-0.3, 0.3), north_deg=st.floats(-0.3, 0.3), limit_m=st.integers(1, 30000))
def test_positions_read_back_and_named_by_the_geodesic(east_deg, north_deg, limit_m):
    timeline, geometry = documents("syria-2017-06")
    geometry["features"] = [f for f in geometry["features"] if f["properties"]["kind"] != "track"]
    timeline["flights"] = []
    seqs = {m["seq"]: m for m in timeline["messages"]}
    seqs[6]["centre"] = [round(38.95 + east_deg, 6), round(35.30 + north_deg, 6)]
    seqs[19]["centre"] = [38.7581 + east_deg, 35.6289 + north_deg]
    check = next(c for c in timeline["agreements"][0]["drill_clauses"] if c["id"] == "M7")
    check["named_place_within_m"] = limit_m
    if seqs[6]["centre"] == [38.95, 35.3]:
        del seqs[6]["matches"]
    found = {m["seq"]: m for m in answered(timeline, geometry)["messages"]}
    apart_km = GEOD.inv(38.95, 35.3, *seqs[6]["centre"])[2] / 1000
    assert found[6]["read_back"]["matches"] == (apart_km == 0)
    if apart_km:
        assert found[6]["read_back"]["distance_km"] == pytest.approx(apart_km, abs=0.001)
    away_km = GEOD.inv(38.7581, 35.6289, *seqs[19]["centre"])[2] / 1000
    answer = found[19]["position_check"]
    assert answer["distance_km"] == pytest.approx(away_km, abs=0.001)
    if abs(away_km * 1000 - limit_m) > 1:
        assert answer["verdict"].startswith("query") == (away_km * 1000 > limit_m)


@pytest.mark.row("A14", "S15")
def test_a_demand_is_open_answered_in_part_closed_or_overdue():
    timeline, geometry = documents("wildfire-civil")

    def state() -> Document:
        found = answered(timeline, geometry)
        return next(m for m in found["messages"] if m["seq"] == 32)["demand"]

    in_part = state()
    assert (in_part["state"], in_part["in_time"], in_part["answered_by"]) == (
        "answered in part",
        True,
        33,
    )
    assert in_part["wants"] == ["facts", "measures"]
    assert in_part["about"].startswith("M-22 inside TFR-1")
    report = next(m for m in timeline["messages"] if m["seq"] == 33)
    report["part"] = "final"
    assert state()["state"] == "closed"
    timeline["messages"].remove(report)
    assert state()["state"] == "open"
    timeline["messages"].append(
        {"seq": 99, "t": "2026-09-01T00:00:00Z", "from": "IC", "to": "RANGE", "kind": "line_test"}
    )
    overdue = state()
    assert (overdue["state"], overdue["due"]) == ("overdue", "2026-08-15T21:30:00Z")
    assert overdue["remaining_s"] < 0

    timeline, geometry = documents("syria-2017-06")
    timeline["messages"].append(
        {"seq": 99, "t": "2017-07-20T00:00:01Z", "from": "RUS", "to": "COAL", "kind": "line_test"}
    )
    found = answered(timeline, geometry)
    demand = next(m for m in found["messages"] if m["seq"] == 16)["demand"]
    assert demand["state"] == "overdue"


def test_an_acknowledgement_is_no_issue_and_only_whom_was_asked_issues():
    timeline, geometry = documents("wildfire-civil")
    issued = next(m for m in timeline["messages"] if m["seq"] == 6)
    timeline["messages"].remove(issued)
    states = answered(timeline, geometry)["zones"]["TFR-1"]["states"]
    assert [s["promulgation"] for s in states] == ["draft", "requested"]
    assert not any("hot" in (s["activity"], s.get("shown")) for s in states)
    timeline["messages"].append(issued | {"from": "AIRATTACK", "to": "IC"})
    states = answered(timeline, geometry)["zones"]["TFR-1"]["states"]
    assert states[-1]["promulgation"] == "requested"


def test_only_the_owner_says_what_happens_in_a_zone():
    timeline, geometry = documents("wildfire-civil")
    cold = next(m for m in timeline["messages"] if m["seq"] == 12)
    cold |= {"from": "IC", "to": "RANGE"}
    states = answered(timeline, geometry)["zones"]["MOA-E"]["states"]
    assert "cold" not in {s["activity"] for s in states}


def test_windows_with_a_gap_leave_the_zone_unknown_between_them():
    timeline, geometry = documents("wildfire-civil")
    second = next(m for m in timeline["messages"] if m["seq"] == 35)
    second["window"] = ["2026-08-14T23:30:00Z", "2026-08-15T00:00:00Z"]
    states = answered(timeline, geometry)["zones"]["MOA-E"]["states"]
    found = [(s["t"][11:16], s["activity"], s["shown"]) for s in states if s["t"]]
    assert found[-4:] == [
        ("22:00", "hot", "hot"),
        ("23:00", "unknown", "hot"),
        ("23:30", "hot", "hot"),
        ("00:00", "unknown", "hot"),
    ]


def test_a_clearance_more_or_less_makes_or_ends_an_incursion():
    timeline, geometry = documents("wildfire-civil")
    gone = next(m for m in timeline["messages"] if m["seq"] == 13)
    timeline["messages"].remove(gone)
    timeline["messages"].append(
        gone | {"seq": 98, "flight": "M-22", "to": "RANGE", "t": "2026-08-14T19:00:00Z"}
    )
    found = answered(timeline, geometry)["statements"]
    assert {s["flight"] for s in found if s["about"] == "incursion"} == {"H-7", "X-1"}


def test_logs_decide_only_the_time_that_they_cover():
    timeline, geometry = documents("syria-2017-06")
    q5 = next(q for q in timeline["queries"] if q["id"] == "Q5")

    def answer(**change: str) -> Document:
        timeline["queries"] = [q5 | change]
        return answered(timeline, geometry)["queries"][0]

    used = answer(**{"from": "2017-06-20T05:00:00Z"})
    assert (used["used"], used["reads"], used["messages"]) == (True, "used", [1, 3, 6, 8, 9])
    beyond = answer(to="2017-06-23T00:00:00Z", by="COAL", **{"from": "2017-06-22T11:00:00Z"})
    assert beyond["verdict"] == "undecided"
    assert beyond["decidable_from_logs"] is False
    channel = next(c for c in timeline["agreements"][0]["drill_clauses"] if c["id"] == "M8")
    channel["value"] = True
    assert answer()["reads"] == "not used"


def test_claims_that_agree_or_are_gone_leave_the_question_undecided():
    timeline, geometry = documents("syria-2017-06")
    timeline["claims"] = [c for c in timeline["claims"] if c["id"] != "C03"]
    found = answered(timeline, geometry)["queries"][0]
    assert (found["verdict"], found["rests_on"]) == ("undecided", {"yes": ["C02", "C13"]})


def test_one_claimant_alone_is_only_as_said_by_him():
    timeline, geometry = documents("syria-2017-06")
    timeline["line_state_assertions"] = [
        a for a in timeline["line_state_assertions"] if a["source"] != "S06"
    ]
    found = answered(timeline, geometry)["queries"][1]
    assert (found["verdict"], found["glance"]) == ("undecided", "AS SAID BY RUS")
    assert found["sources"] == ["S02"]
