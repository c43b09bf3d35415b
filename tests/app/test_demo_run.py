"""`parley demo` as a user runs it: a process per party, real links, real stores."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from app.demokit import Notes
from longer import longer_only
from parley.app.cli.demo import find_scenario
from parley.app.cli.replay import read_scenario
from parley.app.demo_conductor import Conductor, Pace
from parley.app.demo_fleet import Fleet, make_folders
from parley.app.demo_flights import FlightPlan
from parley.app.demo_plan import plan_scenario
from parley.app.demo_recording import (
    ASSIGNMENT,
    assignment_of,
    plan_recordings,
    recording_agreement,
    write_segments,
)
from parley.detect.encounters import Minima
from parley.trust.bytes import sha256_hex
from parley.world.clauses import Term
from parley.world.faults import InputFault
from shared_data import shared

TOP = Path(__file__).resolve().parents[2]


def demo(*arguments, within_s=280):
    """Return the summary, the story and the exit code of one run of the command."""
    done = subprocess.run(
        [sys.executable, "-m", "parley", "demo", *arguments, "--json"],
        cwd=TOP, capture_output=True, text=True, timeout=within_s, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout), done.stderr


def children_of(pid):
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@longer_only
def test_the_wildfire_plays_to_its_end():
    summary, story = demo("--once")
    facts = summary["facts"]
    assert summary["digests_agree"]
    assert summary["mirrored"] == summary["copies"] == summary["receipts"]
    assert facts["acknowledged"]["#19"] == "2 of 2"
    assert facts["acknowledged"]["#26"] == "3 of 3"
    assert "#3 by HOSP" in facts["missed"]
    assert any(text.startswith("#9 by RANGE after 510 s against 300 s") for text in facts["late"])
    assert any(text.startswith("#26 by RANGE after 240 s against 120 s") for text in facts["late"])
    assert not summary["refused"]
    line = next(text for text in summary["lines"] if text.startswith("LINE-HOSP"))
    assert "person test MEDEVAC to HOSP unverified" in line
    seen = "sees line LINE-HOSP: person test MEDEVAC to HOSP unverified"
    assert f"17:36:00Z  MEDEVAC                     {seen}" in story
    assert "ALERT incursion · short-term · M-22" in story
    assert "ALERT separation" in story
    assert "TFR-1: requested" in story
    assert "TFR-1: in force" in story
    assert story.count("http://127.0.0.1:") == 10
    assert "MOA-E: in force, activity cold, shown cold" in story


def test_the_syrian_drill_plays_to_its_end():
    summary, story = demo("syria-2017-06", "--once")
    facts = summary["facts"]
    assert summary["digests_agree"]
    assert "#10 by COAL after 1620 s against 60 s, 3 posts called" in facts["late"]
    assert facts["acknowledged"]["#14"] == "1 of 1"
    assert facts["read_backs_mismatched"] == 1
    assert summary["units_not_told"] == ["COAL-unit-2 (#5)"]
    assert "9.0 km apart" in summary["queries"][0]
    assert facts["alerts_raised"]["separation"] >= 4
    assert "ALERT incursion · short-term · SYN-A1" in story
    assert "07:45:00Z  COAL                        sees line LINE-AIR: SUSPENDED" in story
    assert "08:00:40Z  RUS → COAL                  #14 ROGER after 40 s" in story


class Sniper(Notes):
    """A screen that, at certain words of the story, ends the process of a node with SIGKILL."""

    def __init__(self, fleet, at):
        super().__init__()
        self.fleet, self.at, self.pids = fleet, dict(at), []

    def tell(self, line):
        super().tell(line)
        for words in [words for words in self.at if words in line.text]:
            pid = self.fleet.nodes[self.at.pop(words)].pid
            self.pids.append(pid)
            os.kill(pid, signal.SIGKILL)


def test_nodes_that_are_killed_come_back_and_nothing_is_lost(tmp_path):
    plan = plan_scenario(read_scenario(find_scenario("syria-2017-06")))
    plan = msgspec.structs.replace(plan, flights=FlightPlan())
    fleet = Fleet(make_folders(plan, tmp_path / "nodes", None))
    shots = {"#3 SAFETY": "COAL", "#5 ROGER": "RUS", "#10 OVERDUE": "RUS", "#14 DISTRESS": "COAL"}
    notes = Sniper(fleet, shots)

    async def run():
        try:
            await fleet.start()
            return await Conductor(plan, fleet, notes, Pace(None)).play()
        finally:
            await fleet.stop()

    summary = asyncio.run(run())
    assert len(set(notes.pids)) == 4
    assert summary.restarts == 4
    assert sum("has died with -9" in text for text in notes.remarks) == 4
    assert summary.digests_agree
    assert summary.mirrored == summary.copies == summary.receipts
    assert "#10 by COAL after 1620 s against 60 s, 3 posts called" in summary.facts.late
    assert summary.facts.acknowledged["#14"] == "1 of 1"
    assert summary.facts.messages + len(summary.refused) == 12
    assert not any(is_running(pid) for pid in notes.pids)


def test_ctrl_c_stops_every_node_that_was_started():
    run = subprocess.Popen(
        [sys.executable, "-m", "parley", "demo", "syria-2017-06", "--speed", "60"],
        cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        assert run.stdout is not None
        for row in run.stdout:
            if "links are proven" in row:
                break
        nodes = children_of(run.pid)
        assert len(nodes) == 2
        run.send_signal(signal.SIGINT)
        rest = run.stdout.read()
        assert run.wait(timeout=60) == 130, rest
    finally:
        run.kill()
        run.wait()
    limit_s = time.monotonic() + 60
    while any(is_running(pid) for pid in nodes) and time.monotonic() < limit_s:
        time.sleep(0.05)
    assert not any(is_running(pid) for pid in nodes)


def test_a_port_that_is_taken_is_said_in_one_line():
    done = subprocess.run(
        [sys.executable, "-m", "parley", "demo", "--once", "--port-base", "1", "--recording", "no"],
        cwd=TOP, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1


# ---- recordings ---------------------------------------------------------------------------------

MINIMA = Minima(horizontal_m=9260.0, vertical_m=304.8)


def test_whose_an_aircraft_is_says_the_agreement():
    agreement = recording_agreement(MINIMA)
    owners = assignment_of(agreement)
    assert owners["4"] == "EVEN"
    assert owners["f"] == "ODD"
    assert len(owners) == 16
    for text in ("icao24 ends in 0: NOBODY", "all of them"):
        bad = msgspec.structs.replace(agreement, clauses=(Term(id=ASSIGNMENT, text=text),))
        with pytest.raises(InputFault, match=ASSIGNMENT):
            assignment_of(bad)


def test_a_recording_is_given_whole_and_its_segments_can_be_checked(tmp_path):
    recording = shared("data/tracks/quickstart.parquet")
    recorded = plan_recordings([recording], MINIMA, within_s=400.0)
    given = [r for reports in recorded.plan.flights.reports.values() for r in reports]
    kept = [r for segment in recorded.segments for r in segment.reports]
    assert sorted(map(str, given)) == sorted(map(str, kept))
    assert {r.party for r in given} == {"EVEN", "ODD"}
    assert all(at_us >= r.at_us for at_us, rs in recorded.plan.flights.reports.items() for r in rs)
    told = write_segments(recorded, tmp_path)
    assert len(told) == 2 * len(recorded.segments) == 4
    files = sorted((tmp_path / "segments").iterdir())
    assert {sha256_hex(file.read_bytes()) for file in files} == {act.sha256 for _, _, act in told}


def test_real_traffic_raises_real_alerts():
    recording = shared("data/tracks/quickstart.parquet")
    summary, story = demo("--once", "--recording", str(recording), "--minutes", "6")
    assert summary["digests_agree"]
    assert summary["facts"]["alerts_raised"]["separation"] >= 2
    assert summary["facts"]["entries_by_type"]["tracks.recorded"] >= 2
    # They come within 5 NM and 1,000 ft at 12:04:13 (`parley detect`).
    assert "3949ea and 3965af" in story
    assert "SHA-256" in story
