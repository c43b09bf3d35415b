"""The two cases of open airspace as a scenario: what is only asked for is not in force."""

from __future__ import annotations

import pytest
import yaml

from review.scenario_oracle import EXAMPLES, answered, documents

EXPECTED = yaml.safe_load((EXAMPLES / "zone-cases" / "expected.yaml").read_text("utf-8"))


def states(found, zone: str):
    return [s for s in found["zones"][zone]["states"] if s["t"] is not None]


@pytest.mark.row("R7")
def test_what_was_asked_for_and_never_issued_reads_requested_and_hot() -> None:
    found = answered(*documents("zone-cases"))
    for zone, wanted in EXPECTED["zones"].items():
        said = [{key: s.get(key) for key in ("t", "activity", "promulgation", "shown")}
                for s in states(found, zone)]  # fmt: skip
        assert said == [{**each, "t": str(each["t"])} for each in wanted], zone
    for each in EXPECTED["presence"]:
        (stay,) = found["presence"][each["zone"]][each["track"]]["inside"]
        assert (stay["from"], stay["to"]) == (each["from"], each["to"])
    by = next(m for m in found["messages"] if m["seq"] == 3)["acknowledgement"]["by"]
    assert (by["CIVIL"]["verdict"], by["OFFICE"]["verdict"]) == ("missed", "late")
    assert by["OFFICE"]["value_s"] == 1200


@pytest.mark.row("R7")
def test_only_an_issue_puts_it_in_force_and_only_a_later_word_makes_it_cold() -> None:
    timeline, geometry = documents("zone-cases")
    issue = {
        "seq": 5, "t": "2031-05-06T15:30:00Z", "from": "OFFICE", "to": "RANGE",
        "kind": "zone_issued", "zone": "R-295",
        "window": ["2031-05-07T08:00:00Z", "2031-05-07T09:00:00Z"],
    }  # fmt: skip
    timeline["messages"].append(issue)
    words = {s["promulgation"] for s in states(answered(timeline, geometry), "R-295")}
    assert "in force" in words or "issued" in words
    timeline["messages"][-1] = {
        "seq": 5, "t": "2031-05-06T16:00:00Z", "from": "RANGE", "to": ["OFFICE", "CIVIL"],
        "kind": "zone_state", "zone": "R-295", "status": "cold",
    }  # fmt: skip
    last = states(answered(timeline, geometry), "R-295")[-1]
    assert (last["promulgation"], last["shown"]) == ("requested", "cold")
    # Nobody but its owner says so.
    timeline["messages"][-1]["from"], timeline["messages"][-1]["to"] = "CIVIL", ["RANGE", "OFFICE"]
    assert states(answered(timeline, geometry), "R-295")[-1]["shown"] == "hot"


@pytest.mark.row("R7", "A15")
def test_a_second_issue_takes_no_other_away_and_an_unanswered_request_reads_hot() -> None:
    timeline, geometry = documents("zone-cases")
    said = [
        ("RANGE", "zone_state", "10:00", {"status": "cold"}),
        ("RANGE", "zone_request", "10:10", {"window": ("12:00", "13:00")}),
        ("OFFICE", "zone_issued", "10:20", {"window": ("12:00", "13:00")}),
        ("OFFICE", "zone_issued", "10:30", {"window": ("15:00", "16:00")}),
        ("RANGE", "zone_request", "10:40", {"window": ("17:00", "18:00")}),
    ]
    timeline["messages"] = [
        {"seq": n, "t": f"2031-05-06T{clock}:00Z", "from": sender, "kind": kind, "zone": "R-295",
         "to": ["OFFICE" if sender == "RANGE" else "RANGE", "CIVIL"],
         **{k: [f"2031-05-06T{t}:00Z" for t in v] if k == "window" else v
            for k, v in fields.items()}}
        for n, (sender, kind, clock, fields) in enumerate(said, start=1)
    ]  # fmt: skip
    timeline["initial_states"] = []
    found = states(answered(timeline, geometry), "R-295")
    at = {s["t"][11:16]: (s["promulgation"], s["activity"], s["shown"]) for s in found}
    assert at["12:00"] == ("in force", "hot", "hot")
    assert at["13:00"][0] == "issued"
    assert at["15:00"] == ("in force", "hot", "hot")
    assert {shown for clock, (_, _, shown) in at.items() if "10:40" <= clock < "18:00"} == {"hot"}
