"""The rows of the line played: people's acts of a scenario through real cranks, to its end.

Each test runs on `examples/line-cases` (or another scenario) as it is, and on a copy with other
parties, times, deadlines and outcomes. What was warned live is held against what is said of the
same story afterwards (`review.answers`): the two cannot differ.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.demokit import LocalNodes, Notes
from app.storedworld import write_log
from parley.app.call_views import calls_view
from parley.app.demo_conductor import Conductor, Pace, Summary
from parley.app.demo_plan import plan_scenario
from parley.app.evidence import PARTY
from parley.app.proving import stored_time
from parley.app.silence_proof import prove_silence
from parley.node.line_bodies import LineTestMissed
from parley.node.rules.alarms import alarms
from parley.node.rules.calls import call_counts, calls_of
from parley.node.rules.distribution import distribution_of
from parley.node.rules.line_history import line_vector_at
from parley.node.rules.lines import line_vector
from parley.node.rules.outcomes import ladder_of_thread, outcome_of
from parley.node.rules.priority import yields
from parley.node.rules.relays import relays_of
from parley.node.rules.standing import advisories, disowned, objections
from parley.review.answers import answers
from parley.review.silence_words import USE_KINDS, SilenceQuestion
from parley.store.sqlite import Store
from parley.wire.scenario import scenario_from_documents
from parley.world.time import format_instant, parse_instant_us
from review.scenario_oracle import documents

Document = dict[str, Any]
TOP = Path(__file__).resolve().parents[2]
NAMES = {
    "ALFA": "NORTH", "BRAVO": "SOUTH", "CHARLIE": "EAST", "LINE-AB": "WIRE-1", "LINE-AC": "WIRE-2",
    "AGR-AB": "PACT-1", "AGR-AC": "PACT-2", "FIELD": "CREW", "DISTRICT": "COUNCIL",
}  # fmt: skip
SHIFT = timedelta(days=31, hours=5, seconds=17)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def moved(text: str) -> str:
    """Return a text with its instants at the times of the changed copy."""
    return _INSTANT.sub(
        lambda m: (datetime.fromisoformat(m[0]) + SHIFT).strftime("%Y-%m-%dT%H:%M:%SZ"), text
    )


def renamed(text: str) -> str:
    for old, new in NAMES.items():
        text = text.replace(old, new)
    return text


def one(items: list[Document], **values: object) -> Document:
    (found,) = [each for each in items if all(each.get(k) == v for k, v in values.items())]
    return found


def change(timeline: Document) -> None:
    """Let almost everything go otherwise."""
    said = {m["seq"]: m for m in timeline["messages"]}
    clauses = {c["id"]: c for a in timeline["agreements"] for c in a["clauses"]}
    clauses["N2"]["escalate"] = [
        {"after": "PT90S", "post": "duty-officer"}, {"after": "PT150S", "post": "commander"},
    ]  # fmt: skip
    said[9]["centre"] = [-20.03, 45.0]
    said[12]["t"] = "2031-03-03T08:13:20Z"
    calls = {call["id"]: call for call in timeline["calls"]}
    calls["b-1"] |= {"began": "2031-03-03T08:11:40Z", "outcome": "refused", "reason": "busy"}
    calls["b-2"] |= {"began": "2031-03-03T08:12:00Z", "ended": "2031-03-03T08:12:10Z",
                     "outcome": "no answer"}  # fmt: skip
    calls["b-3"] |= {"entered_at": "2031-03-03T12:02:00Z", "reason": "no tone",
                     "outcome": "technical failure"}  # fmt: skip
    calls["b-4"] |= {"fields": {"level": "FL120"}, "subject": "ground", "began":
                     "2031-03-04T07:02:30Z"}  # fmt: skip
    said[34] |= {"kind": "read_back", "text": ""}
    timeline["relay_reports"] = [
        {"of": 15, "by": "CHARLIE", "outcome": "declined", "at": "2031-03-03T13:31:00Z",
         "entered_at": "2031-03-03T13:31:00Z", "text": "they are at sea"},
        {"of": 19, "by": "CHARLIE", "outcome": "passed", "at": "2031-03-03T15:20:00Z",
         "entered_at": "2031-03-03T15:21:00Z", "to": "whoever took it"},
        {"of": 17, "by": "CHARLIE", "outcome": "unknown", "at": "2031-03-03T15:30:00Z"},
    ]  # fmt: skip
    timeline["messages"].append(
        {"seq": 40, "t": "2031-03-03T18:00:20Z", "from": "BRAVO", "to": "ALFA",
         "kind": "read_back", "of": 21}
    )  # fmt: skip
    said[22]["effective"] = "2031-03-03T20:30:00Z"
    said[27] |= {"t": "2031-03-04T04:00:00Z", "effective": "2031-03-04T04:00:00Z"}
    said[28]["t"] = "2031-03-04T04:00:40Z"
    timeline["distribution_receipts"].append(
        {"of": 9, "party": "BRAVO", "unit": "BRAVO-unit-1", "t": "2031-03-03T08:05:00Z"}
    )


class Watched(LocalNodes):
    """Nodes whose alarms are looked at whenever they are told the time between two instants."""

    def __init__(self, plan, spans=()):
        super().__init__(plan)
        self.spans = spans
        self.alarms = {}

    async def advance(self, party, now_us, inputs=()):
        reply = await super().advance(party, now_us, inputs)
        if any(begin <= now_us <= end for begin, end in self.spans):
            self.alarms[party, now_us] = alarms(self.cranks[party].state, now_us)
        return reply


@dataclass
class Case:
    """A story that was played: what came of it, and what is said of it afterwards."""

    changed: bool
    summary: Summary
    nodes: Watched
    notes: Notes
    answers: Document
    keys: dict[str, tuple[str, int]] = field(default_factory=dict)

    def name(self, name: str) -> str:
        return NAMES.get(name, name) if self.changed else name

    def at(self, clock: str, day: int = 3) -> int:
        text = f"2031-03-{day:02}T{clock}Z"
        return parse_instant_us(moved(text) if self.changed else text)

    def text(self, clock: str, day: int = 3) -> str:
        return format_instant(self.at(clock, day))

    def state(self, party: str):
        return self.nodes.cranks[self.name(party)].state

    def scope(self, party: str, agreement: str):
        return self.state(party).scope(self.name(agreement))

    def now_us(self, party: str) -> int:
        return self.nodes.now_us[self.name(party)]

    def thread(self, party: str, seq: int, agreement: str = "AGR-AB"):
        return self.scope(party, agreement).threads[self.keys[f"#{seq}"]]

    def line(self, party: str, line: str = "LINE-AB", agreement: str = "AGR-AB"):
        text = self.state(party).agreement(self.name(agreement))
        return text, next(each for each in text.lines if each.id == self.name(line))

    def message(self, seq: int) -> Document:
        return one(self.answers["messages"], seq=seq)


def play(timeline, geometry, *, spans=(), changed=False, plan=None) -> Case:
    """Play a scenario's documents to the end."""
    texts = (json.dumps(timeline), json.dumps(geometry))
    if changed:
        texts = tuple(moved(renamed(text)) for text in texts)
    scenario = scenario_from_documents(*(text.encode() for text in texts))
    nodes = Watched(plan or plan_scenario(scenario), spans)
    notes = Notes()
    conductor = Conductor(plan or plan_scenario(scenario), nodes, notes, Pace(None))
    summary = asyncio.run(conductor.play())
    found = msgspec.json.decode(msgspec.json.encode(answers(scenario)))
    keys = {told.label: key for key, told in conductor.story.messages.items()}
    return Case(changed, summary, nodes, notes, found, keys)


@pytest.fixture(scope="module", params=["as it is", "changed"])
def case(request):
    """The line cases played to their end."""
    timeline, geometry = documents("line-cases")
    changed = request.param == "changed"
    if changed:
        change(timeline)
    begin, end = (parse_instant_us(f"2031-03-03T{t}Z") for t in ("08:05:00", "08:50:00"))
    test = tuple(parse_instant_us(f"2031-03-03T{t}Z") for t in ("17:59:00", "20:05:00"))
    shift_us = round(SHIFT.total_seconds()) * 1_000_000 if changed else 0
    spans = [(a + shift_us, b + shift_us) for a, b in ((begin, end), test)]
    return play(timeline, geometry, spans=spans, changed=changed)


@pytest.fixture(scope="module")
def files(case, tmp_path_factory):
    """The logs of ALFA and BRAVO as real stores keep them."""
    top = tmp_path_factory.mktemp("stores")
    stores = {name: Store(top / f"{name}.db") for name in ("ALFA", "BRAVO")}
    for name, store in stores.items():
        store.put_meta(PARTY, case.name(name))
        sim = case.nodes.stores[case.name(name)]
        with store.together():
            for origin in sim.origins():
                write_log(sim, store, origin)
    yield stores
    for store in stores.values():
        store.close()


# ---- all of it -----------------------------------------------------------------------------------


def test_every_node_of_an_agreement_holds_the_same_at_the_end(case):
    assert case.summary.digests_agree
    assert case.summary.mirrored == case.summary.copies == case.summary.receipts
    assert case.summary.links_down == ()


@pytest.mark.row("R2", "A8", "S5")
def test_only_what_does_not_pass_a_suspension_is_refused(case):
    (refusal,) = case.summary.refused
    bravo, line = case.name("BRAVO"), case.name("LINE-AB")
    assert refusal.startswith(f"{case.name('ALFA')}: #24 line {line} is suspended by {bravo}")
    distress = case.thread("BRAVO", 25)
    assert distress.body.message_class == "DISTRESS"
    outcome = outcome_of(
        case.state("ALFA"), case.scope("ALFA", "AGR-AB"), case.thread("ALFA", 25), bravo,
        case.now_us("ALFA"),
    )  # fmt: skip
    assert (outcome.word, outcome.at_us) == ("answered", case.at("22:00:25"))


# ---- S9, A7, R2: the 27 minutes ------------------------------------------------------------------


@pytest.mark.row("S9", "A7", "R2")
def test_the_ladder_in_the_log_is_the_ladder_of_the_answers(case):
    wanted = [(step["post"], step["t"], step["result"]) for step in case.message(11)["escalations"]]
    for party in ("ALFA", "BRAVO"):
        seen = ladder_of_thread(
            case.state(party), case.scope(party, "AGR-AB"), case.thread(party, 11),
            case.name("ALFA"), case.now_us(party),
        )  # fmt: skip
        called = [
            (rung.post, format_instant(rung.called_us), rung.result)
            for rung in seen.rungs
            if rung.step >= 0 and rung.called_us is not None
        ]
        assert called == wanted
    if case.changed:
        assert [(post, result) for post, _, result in wanted] == [
            ("duty-officer", "no answer"), ("commander", "answered"),
        ]  # fmt: skip
    else:
        assert wanted == [
            ("duty-officer", "2031-03-03T08:11:00Z", "no answer"),
            ("alternate", "2031-03-03T08:13:00Z", "no answer"),
            ("commander", "2031-03-03T08:20:00Z", "answered"),
        ]


@pytest.mark.row("S9", "A7", "R2")
def test_the_27_minutes_of_2016_cannot_happen_unseen(case):
    """At both ends: an alarm for each post as its time comes, and none once somebody answered."""
    party, key = case.name("ALFA"), case.keys["#11"]
    seen: dict[str, int] = {}
    for (whose, at_us), standing in sorted(case.nodes.alarms.items(), key=lambda each: each[0][1]):
        for alarm in standing:
            if whose == party and alarm.cause == key and alarm.kind == "unanswered":
                assert not alarm.silent
                seen.setdefault(alarm.post, at_us)
    answered_us = case.at("08:13:20") if case.changed else case.at("08:37:00")
    steps = (("duty-officer", 90), ("commander", 150)) if case.changed else (
        ("duty-officer", 60), ("alternate", 180), ("commander", 600),
    )  # fmt: skip
    for post, after_s in steps:
        assert seen[post] == case.at("08:10:00") + after_s * 1_000_000
    after = [
        alarm
        for (_, at_us), standing in case.nodes.alarms.items()
        for alarm in standing
        if at_us > answered_us and alarm.cause == key
    ]
    assert after == [], "an alarm never exists for a thing that is over"


# ---- A6, A9, R12 ---------------------------------------------------------------------------------


@pytest.mark.row("A6", "R12")
def test_the_sender_is_asked_before_a_position_9_km_off_goes_out(case):
    check = case.message(9)["position_check"]
    if case.changed:
        assert case.summary.queries == ()
        assert check["verdict"] == "agrees"
    else:
        (query,) = case.summary.queries
        assert f"{check['distance_km']:.1f} km apart" in query
    assert case.summary.facts.read_backs_mismatched == 0, "a read-back repeats it faithfully"


@pytest.mark.row("A9")
def test_the_unit_that_was_not_told(case):
    unit = renamed("BRAVO-unit-1") if case.changed else "BRAVO-unit-1"
    assert case.summary.units_not_told == (() if case.changed else (f"{unit} (#9)",))
    said = case.message(9)["distribution"]
    assert said["not_told"] == ([] if case.changed else [unit])
    for party in ("ALFA", "BRAVO"):
        thread, now_us = case.thread(party, 9), case.now_us(party)
        (seen,) = distribution_of(case.state(party), thread, now_us)
        assert (list(seen.told), list(seen.not_told)) == (said["told"], said["not_told"])
        assert seen.verdict == said["verdict"]


# ---- A17, A18 ------------------------------------------------------------------------------------


@pytest.mark.row("A17", "S10")
def test_calls_are_matched_live_as_they_are_afterwards(case):
    wanted = case.answers["calls"]
    for party in ("ALFA", "BRAVO"):
        scope = case.scope(party, "AGR-AB")
        live = [
            {
                "line": call.line,
                "from": call.pair.first.caller,
                "stands": call.word,
                "basis": call.pair.basis,
                "outcomes": list(call.outcomes),
                "ends": [
                    (end.body.call, end.party, end.body.outcome, end.body.subject, end.entered,
                     format_instant(end.entry.issued_us))
                    for end in call.pair.ends
                ],
                "differences": {d.field: dict(d.words) for d in call.differences},
            }
            for call in calls_of(case.state(party), scope)
        ]  # fmt: skip
        said = [
            {key: call.get(key, {}) for key in
             ("line", "from", "stands", "basis", "outcomes", "differences")}
            | {"ends": [(e["id"], e["by"], e["outcome"], e["subject"], e["entered"],
                         e["entered_at"]) for e in call["ends"]]}
            for call in wanted["calls"]
        ]  # fmt: skip
        assert live == said
        counts = [
            (c.line, c.caller, c.called, c.talked, c.no_answer, c.refused, c.technical_failure,
             c.contested)
            for c in call_counts(case.state(party), scope)
        ]  # fmt: skip
        assert counts == [
            (c["line"], c["from"], c["to"], *(c.get(k, 0) for k in
             ("talked", "no_answer", "refused", "technical_failure", "contested")))
            for c in wanted["counts"]
        ]  # fmt: skip
    matched = [call for call in live if len(call["ends"]) == 2]
    assert [bool(call["differences"]) for call in matched] == [case.changed, True]


@pytest.mark.row("A17")
def test_a_call_answers_nothing_and_is_shown_at_the_message_that_it_was_about(case):
    scope, key = case.scope("BRAVO", "AGR-AB"), case.keys["#11"]
    about = [call for call in calls_of(case.state("BRAVO"), scope) if key in call.about]
    assert len(about) == 2
    answered = [entry.issued_us for entry in case.thread("BRAVO", 11).answers.values()]
    assert answered == [case.at("08:13:20") if case.changed else case.at("08:37:00")]


@pytest.mark.row("A18")
def test_relays_stand_live_as_they_do_afterwards(case):
    for party in ("ALFA", "CHARLIE"):
        live = [
            {"third": r.third, "party": r.party, "state": r.state, "text": r.text,
             "since": format_instant(r.since_us), "received_by": r.received_by,
             "outstanding": r.outstanding}
            for r in relays_of(case.scope(party, "AGR-AC"), case.now_us(party))
        ]  # fmt: skip
        said = [
            {key: relay.get(key, "") for key in
             ("third", "party", "state", "text", "since", "received_by")}
            | {"outstanding": "age_s" in relay}
            for relay in case.answers["relays"]
        ]  # fmt: skip
        assert live == said
    words = ["declined", "unknown", "passed"] if case.changed else [
        "passed", "declined", "no report",
    ]  # fmt: skip
    assert [relay["state"] for relay in live] == words


# ---- S1 to S5, R1: the vector --------------------------------------------------------------------


def glance(case: Case, viewer: str, clock: str, day: int = 3):
    agreement, line = case.line(viewer)
    at_us = case.at(clock, day)
    return line_vector_at(case.state(viewer), agreement, line, at_us, case.name(viewer)).certain


@pytest.mark.row("S1", "S2", "R1")
@pytest.mark.parametrize("viewer", ["ALFA", "BRAVO"])
def test_the_line_has_ends_hours_languages_and_a_visible_vector(case, viewer):
    agreement, line = case.line(viewer)
    vector = line_vector(case.state(viewer), agreement, line, case.now_us(viewer))
    assert {side.party for side in vector.sides} == {case.name("ALFA"), case.name("BRAVO")}
    assert [end.post for end in line.ends] == ["desk", "desk"], "an end is a post, not a person"
    assert (vector.hours, vector.languages) == ("24/7", ("en", "ru"))
    # Both ends talked last when the call was entered: presence is over, the link still stands.
    for side in vector.sides:
        assert (side.agreement, side.link) == ("in force", "up")
        assert side.attended in ("attended", "unattended")
    early = glance(case, viewer, "06:02:00")
    assert early.glance == "OPEN"
    assert all(side.attended == "attended" for side in early.sides)
    assert all(way.messages_24h for way in vector.directions)
    placed = {way.sender: way.calls_24h for way in vector.directions}
    assert placed[case.name("ALFA")] > 0


@pytest.mark.row("S3", "S4", "S5", "R1")
@pytest.mark.parametrize("viewer", ["ALFA", "BRAVO"])
def test_suspended_by_one_alone_and_open_again_only_after_both_and_a_test(case, viewer):
    bravo = case.name("BRAVO")
    before = glance(case, viewer, "20:20:00")
    assert before.glance != "SUSPENDED", "declared, and not yet in effect"
    pending = next(side.pending for side in before.sides if side.party == bravo)
    assert [format_instant(act.effective_us) for act in pending] == [
        case.message(22)["suspension"]["effective"]
    ]
    during = glance(case, viewer, "22:00:30")
    assert during.glance == "SUSPENDED"
    assert f"agreement suspended by {bravo}" in during.missing
    own = next(side for side in during.sides if side.party == case.name("ALFA"))
    assert own.agreement == "in force", "nobody suspends for another"
    acts = case.scope(viewer, "AGR-AB").line_acts[case.name("LINE-AB")].values()
    assert [(e.log.party, e.body.value) for e in sorted(acts, key=lambda e: e.issued_us)] == [
        (bravo, "suspended"), (bravo, "in force"),
    ]  # fmt: skip
    resumed = glance(case, viewer, "05:01:00", day=4)
    tested = glance(case, viewer, "06:02:00", day=4)
    assert resumed.glance != "SUSPENDED"
    if not case.changed:
        assert resumed.glance == "DEGRADED"
        assert any("person test" in each for each in resumed.missing)
    assert tested.glance == "OPEN"


@pytest.mark.row("S2")
def test_any_attendant_of_the_post_can_take_a_message():
    timeline, geometry = documents("line-cases")
    timeline["messages"] = [m for m in timeline["messages"] if m["seq"] <= 14]
    timeline |= {"calls": [], "relay_reports": [], "queries": []}
    scenario = scenario_from_documents(json.dumps(timeline).encode(), json.dumps(geometry).encode())
    plan = plan_scenario(scenario)
    cues = tuple(
        msgspec.structs.replace(cue, do=msgspec.structs.replace(cue.do, post="alternate"))
        if cue.seq == 12
        else cue
        for cue in plan.cues
    )
    found = play(timeline, geometry, plan=msgspec.structs.replace(plan, cues=cues))
    outcome = outcome_of(
        found.state("BRAVO"), found.scope("BRAVO", "AGR-AB"), found.thread("BRAVO", 11), "ALFA",
        found.now_us("BRAVO"),
    )  # fmt: skip
    assert (outcome.word, outcome.post) == ("answered", "alternate")
    assert found.summary.refused == ()


# ---- S6, S7, S10 ---------------------------------------------------------------------------------


@pytest.mark.row("S6")
def test_q5_with_the_proof_of_the_logs_themselves(case, files):
    store = files["BRAVO"]

    def ask(begin: str, end: str, **more: object) -> str:
        question = SilenceQuestion(
            agreement=case.name("AGR-AB"), line=case.name("LINE-AB"), kinds=USE_KINDS,
            from_us=case.at(begin), to_us=case.at(end), **more,
        )  # fmt: skip
        return prove_silence(store, question, made_us=case.now_us("BRAVO")).answer.word

    alfa, bravo = case.name("ALFA"), case.name("BRAVO")
    assert ask("08:11:30", "08:12:50", party=alfa) == "not in these logs"
    assert ask("08:11:10", "08:22:30", party=bravo) == "in these logs", "its calls are use"
    assert ask("07:59:30", "08:01:30", party=alfa) == "in these logs"
    assert ask("08:09:30", "08:11:00", party=bravo, subject="separation") == "in these logs"
    assert ask("08:09:30", "08:11:00", party=alfa, subject="ground") == "not in these logs"


@pytest.mark.row("S7")
def test_public_talk_is_no_act_of_a_node():
    timeline, geometry = documents("line-cases")

    def plan() -> bytes:
        texts = (json.dumps(each).encode() for each in (timeline, geometry))
        return msgspec.json.encode(plan_scenario(scenario_from_documents(*texts)))

    before = plan()
    timeline["line_state_assertions"] = [
        {"t": "2031-03-03T22:30:00Z", "line": "LINE-AB", "dimension": "agreement_status",
         "value": "kept_open", "by": "BRAVO", "source": "a briefing"}
    ]  # fmt: skip
    timeline["events"] = [
        {"id": "E1", "t": "2031-03-03", "kind": "public_statement", "by": "BRAVO",
         "content": ["the line is open"]}
    ]  # fmt: skip
    assert plan() == before


@pytest.mark.row("S10", "A17")
def test_three_times_of_a_call_each_no_narrower_than_what_is_known(case, files):
    """When it happened (said), when it was entered (signed), when another held it (bounded)."""
    bravo = case.name("BRAVO")
    view = calls_view(case.state("ALFA"), case.now_us("ALFA"))
    end = next(e for call in view.calls for e in call.ends if e.party == bravo
               and e.began_us == case.at("12:00:00"))  # fmt: skip
    assert end.times.happened is not None
    assert (end.times.happened.from_us, end.times.happened.to_us) == (
        case.at("12:00:00"), case.at("12:01:00"),
    )  # fmt: skip
    entered_us = case.at("12:02:00") if case.changed else case.at("09:30:00", day=4)
    assert end.entered == ("at once" if case.changed else "late")
    assert end.entered_us == entered_us
    assert end.times.sent is not None
    assert end.times.sent.from_us <= entered_us <= end.times.sent.to_us
    assert end.times.known is not None
    assert end.times.known.from_us <= end.times.known.to_us
    bounds = stored_time(files["ALFA"], *end.key)
    assert bounds.claimed_us == entered_us
    assert bounds.not_after_us is not None
    assert bounds.not_after_us >= entered_us
    assert bounds.doubts == ()


# ---- A12, R3: tests ------------------------------------------------------------------------------


@pytest.mark.row("R3", "A12")
def test_a_failed_test_alarms_at_once_and_a_line_whose_tests_stop_is_told(case):
    alfa = case.name("ALFA")
    failed = {
        at_us: [a for a in standing if a.kind == "test failed" and a.line == case.name("LINE-AB")]
        for (whose, at_us), standing in case.nodes.alarms.items()
        if whose == alfa
    }
    first = [at_us for at_us, found in sorted(failed.items()) if found]
    if case.changed:
        assert first == [], "it was answered in time"
    else:
        assert first[0] == case.at("18:01:00") + 1, "the first silence, as its time is over"
    agreement, line = case.line("ALFA", "LINE-AC", "AGR-AC")
    vector = line_vector(case.state("ALFA"), agreement, line, case.now_us("ALFA"))
    (way,) = [way for way in vector.directions if way.sender == alfa]
    (age,) = [test for test in way.tests if test.kind == "person"]
    (said,) = [s for s in case.answers["statements"] if s["about"] == "tests missed"
               and s["id"] == line.id]  # fmt: skip
    assert (age.word, age.missed) == (said["reads"], said["missed"])
    assert format_instant(age.due_us or 0) == said["due"]
    assert age.good_us == case.at("06:02:30"), "the age of the last good test stays there"
    missed = [
        entry.body
        for entry in case.scope("CHARLIE", "AGR-AC").line.tests_missed[line.id].values()
        if isinstance(entry.body, LineTestMissed) and entry.body.kind == "person"
    ]
    assert any(body.party == alfa for body in missed), "the other end has written it down"


# ---- R19 -----------------------------------------------------------------------------------------


@pytest.mark.row("R19")
@pytest.mark.parametrize("party", ["ALFA", "BRAVO"])
def test_an_objection_a_disowned_thing_and_an_advisory_stand_as_said(case, party):
    state, scope, now_us = case.state(party), case.scope(party, "AGR-AB"), case.now_us(party)
    (objection,) = objections(state, scope, now_us)
    assert objection.what == "flights over the pier after noon"
    assert objection.outstanding is not case.changed
    (at,) = objection.at
    assert (at.party, at.word) == (case.name("BRAVO"), "agreed" if case.changed else "refused")
    assert case.changed or "they are needed there" in at.detail
    (not_ours,) = disowned(scope, now_us)
    assert (not_ours.party, not_ours.holds) == (case.name("BRAVO"), True)
    assert not_ours.scope == "boats without lights south of the pier"
    (advisory,) = advisories(scope, now_us)
    assert (advisory.party, advisory.one_sided) == (case.name("ALFA"), True)
    assert advisories(scope, case.at("12:00:01", day=4)) == ()


# ---- the wildfire: R14, A12 ----------------------------------------------------------------------


@pytest.fixture(scope="module", params=["as it is", "changed"])
def fire(request):
    """The wildfire's ambulance, without flights; changed: who landed when, the hospital answers.

    The whole of it is played by `test_demo_run`, with a process for each of its ten parties.
    """
    timeline, geometry = documents("wildfire-civil")
    timeline["messages"] = [
        m for m in timeline["messages"] if m["seq"] == 3 or 26 <= m["seq"] <= 31
    ]
    timeline["initial_states"] = []
    geometry["features"] = [f for f in geometry["features"] if f["properties"]["kind"] != "track"]
    timeline["flights"] = []
    changed = request.param == "changed"
    if changed:
        said = {m["seq"]: m for m in timeline["messages"]}
        said[30]["t"] = "2026-08-14T20:22:30Z"
        timeline["messages"].append(
            {"seq": 90, "t": "2026-08-14T17:31:40Z", "from": "HOSP", "to": "MEDEVAC",
             "kind": "ack", "of": 3}
        )  # fmt: skip
        timeline["messages"] += [
            {"seq": 91, "t": "2026-08-14T20:15:00Z", "from": "AIRATTACK", "to": "MEDEVAC",
             "kind": "priority_yielded", "of": 26, "flight": "MED-1"}
        ]  # fmt: skip
    return changed, play(timeline, geometry)


@pytest.mark.row("R14")
def test_who_was_asked_to_make_way_who_took_it_and_who_has_yielded_when(fire):
    changed, found = fire
    state = found.nodes.cranks["MEDEVAC"].state
    scope = next(s for s in state.scopes.values() if found.keys["#26"] in s.threads)
    seen = {each.party: each for each in yields(state, scope, found.nodes.now_us["MEDEVAC"])}
    assert set(seen) == {"AIRATTACK", "UAS-AGENCY", "RANGE"}
    drone = seen["UAS-AGENCY"]
    asked_us = parse_instant_us("2026-08-14T20:12:00Z")
    assert (drone.asked_us, drone.flight) == (asked_us, "MED-1")
    assert drone.yielded_us == parse_instant_us(f"2026-08-14T20:{'22:30' if changed else '19:00'}Z")
    assert (drone.word, drone.late_s) == (("yielded late", 210.0) if changed else ("yielded", None))
    assert seen["AIRATTACK"].word == ("yielded" if changed else "overdue")
    assert seen["RANGE"].word in ("overdue", "ended"), "who said that it will has not yet done so"


@pytest.mark.row("A12", "R3")
def test_the_hospital_line_is_unverified_after_its_failed_test(fire):
    changed, found = fire
    state = found.nodes.cranks["MEDEVAC"].state
    agreement = next(a for a in found.nodes.identities["MEDEVAC"].agreements.values()
                     if a.id == "LINE-HOSP")  # fmt: skip
    at_us = parse_instant_us("2026-08-14T17:36:01Z")
    vector = line_vector_at(state, agreement, agreement.lines[0], at_us, "MEDEVAC").certain
    (way,) = [way for way in vector.directions if way.sender == "MEDEVAC"]
    (age,) = [test for test in way.tests if test.kind == "person"]
    assert age.word == ("verified" if changed else "unverified")
    assert (age.good_us is None) is not changed
    said = [s for s in found.answers["statements"] if s.get("id") == "LINE-HOSP"
            and s["about"] == "line"]  # fmt: skip
    assert [s["test"] for s in said] == [age.word]


# ---- the mission's own drill: A6 to A9, S3 to S5 -------------------------------------------------


@pytest.mark.row("A6", "A7", "A8", "A9", "S5")
def test_the_drill_of_june_2017_played_with_other_deadlines():
    timeline, geometry = documents("syria-2017-06")
    geometry["features"] = [f for f in geometry["features"] if f["properties"]["kind"] != "track"]
    timeline["flights"] = []
    said = {m["seq"]: m for m in timeline["messages"]}
    said[10]["ack_deadline_s"] = 100
    said[11]["t"] = "2017-06-20T06:10:00Z"
    said[14]["t"], said[15]["t"] = "2017-06-20T07:50:00Z", "2017-06-20T07:50:10Z"
    said[19]["centre"] = [38.7581, 35.6389]
    timeline["distribution_receipts"].append(
        {"of": 5, "party": "COAL", "unit": "COAL-unit-2", "t": "2017-06-20T05:24:00Z"}
    )
    found = play(timeline, geometry)
    assert found.summary.facts.late == ("#10 by COAL after 300 s against 100 s, 2 posts called",)
    assert [(s["post"], s["after_s"]) for s in found.message(10)["escalations"]] == [
        ("duty-officer", 100), ("alternate", 220),
    ]  # fmt: skip
    assert found.summary.facts.acknowledged["#14"] == "1 of 1"
    assert found.summary.queries == ()
    assert found.summary.units_not_told == ()
    assert found.summary.digests_agree


# ---- as a user runs it ---------------------------------------------------------------------------


def test_the_line_cases_play_to_their_end_as_a_user_runs_them():
    done = subprocess.run(
        [sys.executable, "-m", "parley", "demo", "line-cases", "--once", "--json"],
        cwd=TOP, capture_output=True, text=True, timeout=280, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    summary = json.loads(done.stdout)
    assert summary["facts"]["late"] == ["#11 by ALFA after 1620 s against 60 s, 3 posts called"]
    assert summary["facts"]["missed"] == ["#21 by BRAVO"]
    assert summary["facts"]["entries_by_type"]["call.logged"] == 8
    assert summary["facts"]["entries_by_type"]["relay.reported"] == 2
    assert "call to ALFA about separation: refused (would not take a message" in done.stderr
    assert "relay to DISTRICT: declined" in done.stderr
