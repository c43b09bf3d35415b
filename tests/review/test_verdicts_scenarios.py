"""Verdicts on both reference scenarios as they are, and on changed copies."""

from __future__ import annotations

import json

import msgspec
import pytest

from parley.review.answers import answers
from parley.review.evidence_of_scenario import evidence_of_scenario
from parley.review.report_template import as_markdown, report_of
from parley.review.verdicts import counts_of, verdicts
from parley.wire.scenario import scenario_from_documents
from parley.world.scenario import Scenario
from parley.world.time import add_calendar, format_instant, format_second, parse_instant_us
from parley.world.verdict import JudgedDuty
from review.scenario_oracle import documents

DAY_US = 86_400_000_000
NAMES = ("syria-2017-06", "wildfire-civil")


def scenario_of(timeline, geometry) -> Scenario:
    return scenario_from_documents(json.dumps(timeline).encode(), json.dumps(geometry).encode())


def judged(scenario: Scenario, *, as_of_us: int | None = None) -> tuple[JudgedDuty, ...]:
    end_us = scenario.end_us if as_of_us is None else as_of_us
    first_us = min(m.at_us for m in scenario.messages) - DAY_US
    evidence = evidence_of_scenario(scenario)
    return verdicts(evidence, scenario.agreements, first_us, end_us + 1, end_us)


def about(found, clause: str, *cites: str) -> JudgedDuty:
    (one,) = [v for v in found if v.clause == clause and set(cites) <= set(v.cites)]
    return one


def clause_of(timeline, name: str):
    named = [
        c for a in timeline["agreements"]
        for c in (*a.get("clauses", ()), *a.get("drill_clauses", ())) if c["id"] == name
    ]  # fmt: skip
    return named[0]


@pytest.fixture(scope="module")
def syria():
    return judged(scenario_of(*documents("syria-2017-06")))


@pytest.fixture(scope="module")
def fire():
    return judged(scenario_of(*documents("wildfire-civil")))


@pytest.mark.row("R8", "S14", "A10")
def test_the_drill_over_the_river(syria) -> None:
    dwell = about(syria, "M1", "track SYN-A2", "track SYN-B2")
    assert dwell.verdict == "missed"
    assert dwell.measure.value == pytest.approx(722, abs=2)
    assert (dwell.measure.limit_quantity, dwell.parties) == (180.0, ("COAL", "RUS"))
    within = about(syria, "M1", "track SYN-A1", "track SYN-B1")
    assert (within.verdict, round(within.measure.value)) == ("met", 60)
    notice = about(syria, "M2", "message 9")
    assert (notice.verdict, notice.measure.value, notice.measure.off_quantity) == ("late", 60, 840)
    ladder = about(syria, "M3", "message 10", "message 11")
    assert (ladder.verdict, ladder.measure.value) == ("late", 1620)
    assert "duty-officer after 60 s, alternate after 180 s, commander after 600 s" in ladder.because
    place = about(syria, "M7", "message 19")
    assert (place.verdict, round(place.measure.value / 1000, 1)) == ("missed", 9.0)
    assert about(syria, "M6", "message 12").verdict == "met"


@pytest.mark.row("A7")
def test_until_it_is_answered_the_message_of_the_27_minutes_is_missed() -> None:
    scenario = scenario_of(*documents("syria-2017-06"))
    found = judged(scenario, as_of_us=parse_instant_us("2017-06-20T06:31:00Z"))
    ladder = about(found, "M3", "message 10")
    assert (ladder.verdict, ladder.cites) == ("missed", ("message 10",))
    assert "commander after 600 s" in ladder.because
    early = judged(scenario, as_of_us=parse_instant_us("2017-06-20T06:05:59Z"))
    assert about(early, "M3", "message 10").verdict == "not triggered"


@pytest.mark.row("R8", "S14")
def test_the_range_and_the_fire(fire) -> None:
    late = about(fire, "R1", "message 9", "message 10")
    assert (late.verdict, late.parties) == ("late", ("RANGE",))
    assert late.because == "answered after 510 s against 300 s"
    # The range is told of the priority flight and took 240 s; it is no party of the fire's plan.
    other = about(fire, "F6", "message 26", "message 29")
    assert (other.verdict, other.because) == ("no duty", "RANGE is no party of AGR-FIRE")
    assert about(fire, "F6", "message 26", "message 28").verdict == "met"


@pytest.mark.row("A14", "S15", "R8")
def test_the_report_on_the_demand_came_in_time_and_the_final_one_is_due_by_the_calendar() -> None:
    scenario = scenario_of(*documents("wildfire-civil"))
    found = judged(scenario)
    initial, final = (
        next(v for v in found if v.clause == "R5" and v.about.startswith(part))
        for part in ("initial", "final")
    )
    assert (initial.verdict, initial.cites) == ("met", ("message 32", "message 33"))
    assert (final.verdict, format_second(final.due_us)) == ("not triggered", "2026-09-13T19:10:10Z")
    later = judged(scenario, as_of_us=final.due_us + 1)
    assert next(v for v in later if v.clause == "R5" and v.about.startswith("final")).verdict == (
        "missed"
    )


@pytest.mark.row("A14", "S15", "S16")
def test_a_demand_stays_in_the_report_until_it_is_closed() -> None:
    drill, fire = (scenario_of(*documents(name)) for name in NAMES)
    rows = {}
    for scenario in (drill, fire):
        after_us = scenario.end_us + 60 * DAY_US
        first_us = min(m.at_us for m in scenario.messages)
        for as_of_us in (scenario.end_us, after_us):
            report = report_of(
                evidence_of_scenario(scenario), scenario.agreements, first_us, after_us, as_of_us
            )
            for row in report.demands:
                rows[row.cite, as_of_us == after_us] = row
            # A subject leaves out messages; demands stand whatever is asked about.
            other = report_of(
                evidence_of_scenario(scenario), scenario.agreements, first_us, after_us, as_of_us,
                subject="nothing like it",
            )  # fmt: skip
            assert other.demands == report.demands
            assert not other.messages
    assert rows["message 16", False].state == "open"
    assert rows["message 16", False].due == "2017-07-20T00:00:00Z"
    assert (rows["message 16", True].state, rows["message 16", True].reports) == ("overdue", ())
    answered = rows["message 32", True]
    assert (answered.state, answered.in_time) == ("answered in part", True)
    assert answered.reports == ("message 33",)


@pytest.mark.row("S16")
def test_the_report_is_filled_from_the_log_and_says_what_is_not_there() -> None:
    scenario = scenario_of(*documents("wildfire-civil"))
    first_us, end_us = min(m.at_us for m in scenario.messages), scenario.end_us
    report = report_of(
        evidence_of_scenario(scenario), scenario.agreements, first_us, end_us + 1, end_us
    )
    text = as_markdown(report)
    for heading in ("Timeline", "Messages", "Calls", "Geometry", "Demands", "Measures"):
        assert f"## {heading}" in text
    assert "## Calls\n\nnone in these logs" in text
    assert "briefing of airborne crews added to the checklist" in text
    assert "RANGE: WILCO after 510 s of 300 s, late" in text
    assert report.counts == counts_of(report.verdicts)
    assert sum(report.counts.values()) == len(report.verdicts)
    for word in ("guilty", "blame", "intended", "deliberate"):
        assert word not in text
    assert msgspec.json.decode(msgspec.json.encode(report), type=type(report)) == report


@pytest.mark.row("S14")
@pytest.mark.parametrize("name", NAMES)
def test_what_the_answers_say_of_a_duty_the_verdicts_say_too(name: str) -> None:
    """Differential: the older answers about acknowledgements and lead times, by another path."""
    scenario = scenario_of(*documents(name))
    found, told = judged(scenario), msgspec.to_builtins(answers(scenario))["messages"]
    looked = 0
    for row in told:
        duty = row.get("acknowledgement", {})
        if (
            duty.get("clause") is None
            or duty["verdict"] == "no duty"
            or len(duty.get("by", {})) > 1
        ):
            continue
        cite = f"message {row['seq']}"
        same = [
            v for v in found
            if v.clause == duty["clause"] and v.cites[:1] == (cite,) and "lead time" not in v.about
        ]  # fmt: skip
        looked += 1
        # A read-back that differs was an answer in time, and no read-back.
        assert duty["verdict"] in {v.verdict for v in same} or any(
            "read back otherwise" in v.because for v in same
        ), (row, same)
    for row in told:
        lead = row.get("lead_time")
        if lead is not None and lead.get("clause"):
            mine = [
                v for v in found
                if v.clause == lead["clause"] and v.cites == (f"message {row['seq']}",)
                and v.about.startswith("lead time")
            ]  # fmt: skip
            assert [v.verdict for v in mine] == [lead["verdict"]]
            looked += 1
    assert looked >= 7


# ---- changed copies ------------------------------------------------------------------------------


@pytest.mark.row("A10", "R8")
@pytest.mark.parametrize(("dwell", "verdict"), [(180, "missed"), (720, "missed"), (725, "met")])
def test_another_dwell(dwell: int, verdict: str) -> None:
    timeline, geometry = documents("syria-2017-06")
    clause_of(timeline, "M1")["dwell_s"] = dwell
    found = judged(scenario_of(timeline, geometry))
    assert about(found, "M1", "track SYN-A2", "track SYN-B2").verdict == verdict


@pytest.mark.row("R8")
def test_other_deadlines_times_and_parties() -> None:
    timeline, geometry = documents("wildfire-civil")
    clause_of(timeline, "R1")["ack"] = "PT9M"
    said = {m["seq"]: m for m in timeline["messages"]}
    said[10]["t"] = "2026-08-14T19:07:01Z"
    said[33]["t"] = "2026-08-15T23:00:00Z"
    fire = next(a for a in timeline["agreements"] if a["id"] == "AGR-FIRE")
    fire["parties"].append("RANGE")
    found = judged(scenario_of(timeline, geometry))
    late = about(found, "R1", "message 9", "message 10")
    assert (late.verdict, late.measure.value, late.measure.off_quantity) == ("late", 541, 1)
    # Now that the range is a party of the plan its 240 s are late.
    read = about(found, "F6", "message 26", "message 29")
    assert (read.verdict, read.measure.value, read.measure.off_quantity) == ("late", 240, 120)
    initial = next(v for v in found if v.clause == "R5" and v.about.startswith("initial"))
    assert (initial.verdict, initial.measure.off_quantity) == ("late", 5400)


@pytest.mark.row("S14", "S18")
def test_what_one_side_asserts_makes_no_duty() -> None:
    timeline, geometry = documents("syria-2017-06")
    text = next(a for a in timeline["agreements"] if a["id"] == "AGR-MOU-2015")
    parties = text.pop("parties")
    text |= {"status": "asserted_by_one_side", "parties_claimed_by": {parties[0]: "yes"}}
    text.pop("signed", None)
    for line in timeline["lines_of_communication"]:
        line.pop("under", None)
    scenario = scenario_of(timeline, geometry)
    found = [v for v in judged(scenario) if v.agreement == "AGR-MOU-2015"]
    assert found
    assert {v.verdict for v in found} == {"no duty"}


def test_the_calendar_and_not_a_number_of_seconds_gives_the_day() -> None:
    begins = parse_instant_us("2026-08-14T19:10:10Z")
    assert format_instant(add_calendar(begins, "P30D")) == "2026-09-13T19:10:10Z"
