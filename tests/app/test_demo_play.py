"""A demo played on nodes in this process: time, order, refusals, deaths, and what is told."""

from __future__ import annotations

import asyncio
import io

import msgspec
import pytest
from rich.console import Console

from app.demokit import LocalNodes, Notes
from longer import more
from parley.app.cli.demo import find_scenario
from parley.app.cli.replay import read_scenario
from parley.app.demo_conductor import Conductor, Pace, disagreements
from parley.app.demo_flights import FlightPlan
from parley.app.demo_plan import plan_scenario
from parley.app.demo_screen import RichScreen, summary_rows
from parley.app.demo_story import Line, merged
from parley.app.driven import Snapshot
from parley.app.unit_views import every_distribution
from parley.world.time import parse_instant_us

SYRIA = plan_scenario(read_scenario(find_scenario("syria-2017-06")))
QUIET = msgspec.structs.replace(SYRIA, flights=FlightPlan())
"""The messages of the story without its flights: seconds instead of half a minute."""


def played(plan, **more):
    notes = Notes()
    nodes = LocalNodes(plan, **more)
    conductor = Conductor(plan, nodes, notes, Pace(None))
    return asyncio.run(conductor.play()), notes, nodes


@pytest.fixture(scope="module")
def quiet():
    return played(QUIET)


def texts(notes, instant):
    at_us = parse_instant_us(instant)
    return [f"{line.who}: {line.text}" for line in notes.lines if line.at_us == at_us]


def test_deadlines_are_met_or_missed_by_the_story_to_the_second(quiet):
    summary, notes, _ = quiet
    assert "COAL: #3 read-back of RUS matches" in texts(notes, "2017-06-20T05:11:05Z")
    called = [line for line in notes.lines if line.text.startswith("#10 nobody answers")]
    posts = [(line.text.rsplit(" ", 3)[1], line.at_us) for line in called]
    assert posts == [
        ("duty-officer", parse_instant_us("2017-06-20T06:06:00Z")),
        ("alternate", parse_instant_us("2017-06-20T06:08:00Z")),
        ("commander", parse_instant_us("2017-06-20T06:15:00Z")),
    ]
    assert summary.facts.late == ("#10 by COAL after 1620 s against 60 s, 3 posts called",)
    assert any("#10 OVERDUE" in line.text for line in notes.lines)


def test_a_read_back_that_differs_is_told_with_both_values(quiet):
    summary, notes, _ = quiet
    (told,) = [line.text for line in notes.lines if "MISMATCH" in line.text]
    assert "said 35.300000,38.950000, read back 35.300000,39.050000" in told
    assert summary.facts.read_backs_mismatched == 1


def test_what_is_refused_is_told_and_stays_refused(quiet):
    summary, notes, _ = quiet
    assert len(summary.refused) == sum("REFUSED" in line.text for line in notes.lines)
    assert all("suspended by RUS" in text for text in summary.refused)
    assert summary.facts.acknowledged["#14"] == "1 of 1", "life-safety passes while suspended"
    assert any("SUSPENDED" in line.text for line in notes.lines)


def test_the_guard_asks_and_the_sender_confirms(quiet):
    summary, notes, _ = quiet
    (query,) = summary.queries
    assert "9.0 km apart" in query
    order = [line.text for line in notes.lines if "#19" in line.text]
    assert "QUERY" in order[0]
    assert "confirms" in order[1]
    assert "area.notice" in order[2]


@pytest.mark.row("A9", "R4")
def test_who_was_not_told_is_told_from_the_logs_of_the_nodes(quiet):
    summary, notes, nodes = quiet
    assert summary.units_not_told == ("COAL-unit-2 (#5)",)
    assert any(line.text.startswith("#5: COAL-duty-room has it, by voice") for line in notes.lines)
    assert any(line.text.startswith("#5: COAL-unit-2 NOT TOLD by") for line in notes.lines)
    for party in ("COAL", "RUS"):
        views = every_distribution(nodes.cranks[party].state, nodes.now_us[party])
        assert {(v.told, v.not_told) for v in views if v.party == "COAL" and v.required} == {
            (("COAL-duty-room",), ("COAL-unit-2",))
        }


def test_a_correction_refers_to_what_it_corrects(quiet):
    _, _, nodes = quiet
    scope = nodes.cranks["RUS"].state.scopes["AGR-MOU-2015"]
    said = [t.said for t in scope.messages() if t.body.message_type == "correction"]
    first = scope.logs[said[0].ref[0].log].tree.leaf(said[0].ref[0].index).hex()
    assert said[0].ref[0].leaf == first
    assert said[0].ref[0].log.split("/")[2] == "COAL", "it corrects COAL's read-back"


def test_the_peers_agree_and_hold_receipts_at_the_end(quiet):
    summary, _, _ = quiet
    assert summary.digests_agree
    assert summary.mirrored == summary.copies == summary.receipts > 0
    assert summary.links_down == ()


WHEN = ("before", "after")
DEATHS = [
    ("RUS", 9, "before"), ("COAL", 30, "after"), ("COAL", 47, "before"), ("RUS", 80, "after"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("party", "place", "when"),
    more(DEATHS, [(party, place, when) for party, place, _ in DEATHS for when in WHEN]),
)
def test_a_node_that_dies_loses_nothing_and_says_nothing_twice(quiet, party, place, when):
    expected, _, _ = quiet
    summary, notes, _ = played(QUIET, die={party: (place, when)})
    assert summary.restarts == 1
    assert any(f"node {party}" in text and "died" in text for text in notes.remarks)
    assert any("stands again" in text for text in notes.remarks)
    assert summary.facts == expected.facts
    assert summary.digests_agree
    assert summary.mirrored == summary.copies


def test_nodes_that_hold_different_states_do_not_agree():
    same = {p: Snapshot(digests={"AGR-MOU-2015": "a", "AGR-ASTANA": p}, sizes={}) for p in "xy"}
    held = {"COAL": same["x"], "RUS": same["y"]}
    assert disagreements(SYRIA, held) == []
    held["RUS"] = Snapshot(digests={"AGR-MOU-2015": "b"}, sizes={})
    assert len(disagreements(SYRIA, held)) == 1


def test_the_pace_is_that_of_the_story_and_gaps_are_short(monkeypatch):
    slept = []

    async def sleep(wait_s):
        slept.append(wait_s)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    monkeypatch.setattr("parley.app.demo_conductor.time.monotonic", lambda: 100.0)

    async def waits():
        pace = Pace(60.0)
        await pace.wait(30_000_000, near=True)
        await pace.wait(86_400_000_000, near=False)
        await Pace(None).wait(30_000_000, near=True)

    asyncio.run(waits())
    assert slept == [pytest.approx(0.5), pytest.approx(1.5)]


def test_the_screen_prints_one_line_each_where_there_is_no_terminal(quiet):
    summary, notes, _ = quiet
    out = io.StringIO()
    screen = RichScreen(Console(file=out, width=80))
    for line in notes.lines:
        screen.tell(line)
    screen.summary(summary)
    printed = out.getvalue()
    assert printed.count("Tuesday 20 June 2017") == 1
    assert "Thursday 22 June 2017" in printed
    row = next(each for each in printed.splitlines() if "#10 URGENT" in each)
    assert row.startswith("06:05:00Z  RUS → COAL")
    assert "answer within 60 s" in row
    assert "peers agree" in printed
    assert dict(summary_rows(summary))["posts called"] == str(summary.facts.escalations)


def test_the_screen_wraps_under_its_column_on_a_terminal():
    out = io.StringIO()
    screen = RichScreen(Console(file=out, width=80, force_terminal=True, color_system=None))
    screen.tell(Line(0, "A → B", "word " * 30, ""))
    rows = out.getvalue().splitlines()[1:]
    assert len(rows) > 2
    assert all(len(row) <= 80 for row in rows)


def test_what_several_nodes_write_alike_is_told_once():
    lines = [Line(0, "A", "x"), Line(0, "B", "x"), Line(1, "C", "x")]
    assert [(line.who, line.at_us) for line in merged(lines)] == [("A, B", 0), ("C", 1)]
