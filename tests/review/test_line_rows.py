"""The rows of the line on changed copies of the scenarios: no answer can be a constant.

Each row here is also shown on a scenario as it is: in `test_answers_expected`,
`test_line_cases_expected`, or at the beginning of its own test.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pyproj
import pytest
import yaml
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from parley.world.faults import InputFault
from review.scenario_oracle import EXAMPLES, answered, documents

Document = dict[str, Any]
CASES = "line-cases"
SYRIA = "syria-2017-06"


def story(name: str = CASES) -> tuple[Document, Document]:
    """Return a scenario's documents without its flights, which say nothing of a line."""
    timeline, geometry = documents(name)
    geometry["features"] = [f for f in geometry["features"] if f["properties"]["kind"] != "track"]
    timeline["flights"] = []
    return timeline, geometry


def said(timeline: Document, seq: int) -> Document:
    return next(m for m in timeline["messages"] if m["seq"] == seq)


def one(items: list[Document], **values: object) -> Document:
    (found,) = [each for each in items if all(each.get(k) == v for k, v in values.items())]
    return found


def message(found: Document, seq: int) -> Document:
    return one(found["messages"], seq=seq)


def later(text: str, **by: float) -> str:
    return (datetime.fromisoformat(text) + timedelta(**by)).strftime("%Y-%m-%dT%H:%M:%SZ")


def refused(timeline: Document, geometry: Document) -> str:
    with pytest.raises(InputFault) as error:
        answered(timeline, geometry)
    return str(error.value)


# ---- every message answer of the mission's own expected.yaml, on a changed copy ------------------


def _answered_later(timeline: Document) -> None:
    said(timeline, 2)["t"] = "2017-06-20T05:01:30Z"


def _begins_sooner(timeline: Document) -> None:
    said(timeline, 3)["window"] = ["2017-06-20T05:20:00Z", "2017-06-20T06:40:00Z"]


def _told_too(timeline: Document) -> None:
    timeline["distribution_receipts"].append(
        {"of": 5, "party": "COAL", "unit": "COAL-unit-2", "t": "2017-06-20T05:30:00Z"}
    )


def _read_back_well(timeline: Document) -> None:
    said(timeline, 6)["centre"] = [38.95, 35.30]
    said(timeline, 6)["matches"] = True


def _noticed_earlier(timeline: Document) -> None:
    said(timeline, 9)["t"] = "2017-06-20T05:30:00Z"


def _answered_after_200_s(timeline: Document) -> None:
    said(timeline, 11)["t"] = "2017-06-20T06:08:20Z"


def _suspended_at_once(timeline: Document) -> None:
    said(timeline, 12)["effective"] = "2017-06-20T06:50:00Z"


def _no_longer_in_distress(timeline: Document) -> None:
    said(timeline, 14)["subject"] = "separation"


def _due_before(timeline: Document) -> None:
    said(timeline, 16)["due"] = "2017-06-21T00:00:00Z"


def _named_place_right(timeline: Document) -> None:
    said(timeline, 19)["centre"] = [38.7681, 35.6289]


CHANGES: dict[int, tuple[Callable[[Document], None], Callable[[Document], object], object]] = {
    1: (_answered_later, lambda m: m["acknowledgement"]["verdict"], "late"),
    3: (_begins_sooner, lambda m: (m["lead_time"]["verdict"], m["lead_time"]["value_s"]),
        ("late", 600)),
    5: (_told_too, lambda m: m["distribution"]["verdict"], "distribution complete"),
    6: (_read_back_well, lambda m: m["read_back"]["matches"], True),
    9: (_noticed_earlier, lambda m: (m["lead_time"]["verdict"], m["lead_time"]["value_s"]),
        ("met", 1800)),
    10: (_answered_after_200_s, lambda m: [e["post"] for e in m["escalations"]],
         ["duty-officer", "alternate"]),
    12: (_suspended_at_once, lambda m: (m["suspension"]["verdict"], m["suspension"]["notice_s"]),
         ("late", 300)),
    14: (_no_longer_in_distress, lambda m: m["while_suspended"]["passes"], False),
    16: (_due_before, lambda m: m["demand"]["state"], "overdue"),
    19: (_named_place_right, lambda m: m["position_check"]["verdict"], "agrees"),
}  # fmt: skip


@pytest.mark.parametrize("seq", sorted(CHANGES))
def test_each_message_answer_changes_with_what_was_said(seq):
    change, look, wanted = CHANGES[seq]
    timeline, geometry = story(SYRIA)
    assert look(message(answered(timeline, geometry), seq)) != wanted
    change(timeline)
    assert look(message(answered(timeline, geometry), seq)) == wanted


def test_no_message_of_the_expected_answers_is_left_out():
    wanted = yaml.safe_load((EXAMPLES / SYRIA / "expected.yaml").read_text("utf-8"))["messages"]
    assert {row["seq"] for row in wanted} == set(CHANGES)


# ---- S3, S4, S5, A8: one party alone suspends and resumes; a person in distress passes -----------


@pytest.mark.row("S3", "S4", "S5", "A8")
@settings(max_examples=12, phases=(Phase.explicit, Phase.generate))
@given(notice_min=st.integers(0, 90), at_min=st.integers(1, 400), resumed_min=st.integers(100, 500))
def test_suspension_and_resumption_are_on_one_timeline(notice_min, at_min, resumed_min):
    timeline, geometry = story()
    declared = said(timeline, 22)["t"]
    said(timeline, 22)["effective"] = later(declared, minutes=notice_min)
    resumed = later(declared, minutes=resumed_min)
    said(timeline, 27).update(t=resumed, effective=resumed)
    said(timeline, 28)["t"] = later(resumed, seconds=20)
    for seq in (24, 25):
        said(timeline, seq)["t"] = later(declared, minutes=at_min, seconds=1)
    said(timeline, 26)["t"] = later(declared, minutes=at_min, seconds=31)
    timeline["queries"] = [
        {"id": "Q", "kind": "line_state", "line": "LINE-AB",
         "at": later(declared, minutes=at_min, seconds=1)}
    ]  # fmt: skip
    found = answered(timeline, geometry)
    act = message(found, 22)["suspension"]
    assert act["verdict"] == ("met" if notice_min >= 60 else "late")
    assert act["notice_s"] == 60 * notice_min
    suspended = notice_min <= at_min < resumed_min
    plain, distress = message(found, 24), message(found, 25)
    assert ("while_suspended" in plain) == ("while_suspended" in distress) == suspended
    if suspended:
        assert plain["while_suspended"]["passes"] is False
        assert distress["while_suspended"]["passes"] is True
    word = "suspended" if suspended else "in force"
    assert found["queries"][0]["by_acts"] == {"ALFA": "in force", "BRAVO": word}
    assert message(found, 27)["suspension"]["until_then"] == "suspended"


@pytest.mark.row("S3")
def test_nobody_suspends_for_another():
    timeline, geometry = story()
    said(timeline, 22).update({"from": "ALFA", "to": "BRAVO"})
    said(timeline, 23).update({"from": "BRAVO", "to": "ALFA"})
    passage = message(answered(timeline, geometry), 24)["while_suspended"]
    assert passage["suspended_by"] == [
        "ALFA",
    ], "BRAVO's own word alone resumed BRAVO's side"


# ---- S6, Q5, Q6: was the line used; who was told -------------------------------------------------


@pytest.mark.row("S6")
@pytest.mark.parametrize(
    ("change", "verdict", "used", "reads"),
    [
        ({}, "decided", False, "not in these logs"),
        ({"to": "2017-06-20T06:32:30Z"}, "decided", True, "used"),
        ({"by": "RUS", "from": "2017-06-20T06:04:00Z"}, "decided", True, "used"),
        ({"by": "RUS"}, "decided", False, "not in these logs"),
        ({"from": "2017-06-19T06:05:30Z", "to": "2017-06-19T06:31:30Z"}, "undecided", None,
         "not decidable from this evidence"),
        ({"subject": "separation", "by": None, "from": "2017-06-20T06:00:00Z"}, "decided", True,
         "used"),
        ({"subject": "ground", "by": None, "from": "2017-06-20T06:00:00Z"}, "decided", False,
         "not in these logs"),
    ],
)  # fmt: skip
def test_q5_on_other_windows_parties_and_subjects(change, verdict, used, reads):
    timeline, geometry = story(SYRIA)
    timeline["queries"] = [one(timeline["queries"], id="Q5") | change]
    (answer,) = answered(timeline, geometry)["queries"]
    assert (answer["verdict"], answer.get("used"), answer["reads"]) == (verdict, used, reads)


@pytest.mark.row("A9")
@pytest.mark.parametrize("of", [3, 5])
def test_q6_on_other_messages_and_receipts(of):
    timeline, geometry = story(SYRIA)
    timeline["queries"] = [{"id": "Q6", "kind": "told", "message": of}]
    required = one(timeline["distribution_required"], of=of)["units"]
    for told in ([], required[:1], required[1:], required):
        timeline["distribution_receipts"] = [
            {"of": of, "party": "RUS" if of == 3 else "COAL", "unit": unit,
             "t": "2017-06-20T05:40:00Z"}
            for unit in told
        ]  # fmt: skip
        (answer,) = answered(timeline, geometry)["queries"]
        assert answer["told"] == told
        assert answer["not_told"] == [unit for unit in required if unit not in told]


@pytest.mark.row("S6", "A17")
def test_a_call_is_use_of_the_line_and_one_entered_late_by_one_end_alone_leaves_it_open():
    timeline, geometry = story()
    timeline["queries"] = [one(timeline["queries"], id="Q2")]
    calls = timeline["calls"]

    def answer() -> Document:
        return answered(timeline, geometry)["queries"][0]

    both = answer()
    assert (both["verdict"], both["calls"]) == ("decided", ["a-1", "b-3"])
    calls.remove(one(calls, id="a-1"))
    alone = answer()
    assert (alone["verdict"], alone["calls_open"]) == ("undecided", ["b-3"])
    assert "entered after this time, by BRAVO alone" in alone["because"]
    timeline["queries"][0]["by"] = "ALFA"
    other = answer()
    assert (other["verdict"], other["used"]) == ("decided", False)
    assert "another says: b-3: refused" in other["because"]
    timeline["queries"][0] |= {"by": "BRAVO", "subject": "ground"}
    assert answer()["reads"] == "not in these logs"
    one(calls, id="b-3").update(subject="")
    assert answer()["calls_open"] == ["b-3"], "of a call without a subject nobody knows"


# ---- S7, S8, S10, S11: public talk, words, times -------------------------------------------------


@pytest.mark.row("S7")
def test_public_talk_of_a_line_changes_no_measured_state():
    timeline, geometry = story(SYRIA)
    asked = {"id": "Q", "kind": "line_state", "line": "LINE-AIR", "at": "2017-06-20T08:30:00Z"}
    timeline["queries"] = [asked]
    measured = answered(timeline, geometry)
    assert measured["queries"][0]["by_acts"] == {"COAL": "in force", "RUS": "suspended"}
    for value, by in (("kept_open", "COAL"), ("switched_on_again", "RUS")):
        timeline["line_state_assertions"].append(
            {"t": "2017-06-20T08:15:00Z", "t_uncertainty": "PT1H", "line": "LINE-AIR",
             "dimension": "agreement_status", "value": value, "by": by, "source": "S06"}
        )  # fmt: skip
    talked = answered(timeline, geometry)
    answer = talked["queries"][0]
    assert answer["glance"] == "CONTESTED", "what was said is shown as said"
    assert answer["agreement"] == {"COAL": "kept open", "RUS": "switched on again"}
    assert answer["by_acts"] == measured["queries"][0]["by_acts"]
    assert talked["messages"] == measured["messages"]


@pytest.mark.row("S8")
def test_a_text_that_mixes_line_and_zone_is_asked_about_and_decides_nothing():
    timeline, geometry = story(SYRIA)
    before = answered(timeline, geometry)
    assert one(before["asks"], where="agreement AGR-EW-LINE")["by"] == "COAL"
    timeline["claims"].append(
        {"id": "C99", "by": "SYR", "via": "S02", "about": "LINE-AIR",
         "says": "they were warned through the deconfliction zone"}
    )  # fmt: skip
    after = answered(timeline, geometry)
    ask = one(after["asks"], where="claim C99")
    assert (ask["by"], ask["words"]) == ("SYR", "deconfliction zone")
    assert {key: after[key] for key in after if key != "asks"} == {
        key: before[key] for key in before if key != "asks"
    }
    timeline["claims"][-1]["says"] = "they were warned on the line"
    assert len(answered(timeline, geometry)["asks"]) == len(before["asks"])


@pytest.mark.row("S10", "A17")
@pytest.mark.parametrize("hours", [0.02, 3, 21.5])
def test_when_a_call_happened_and_when_it_was_entered_are_two_times(hours):
    timeline, geometry = story()
    call = one(timeline["calls"], id="b-3")
    call["entered_at"] = later(call["ended"], hours=hours)
    ends = one(answered(timeline, geometry)["calls"]["calls"], basis="same beginning")["ends"]
    end = one(ends, id="b-3")
    assert (end["began"], end["ended"], end["entered_at"]) == (
        call["began"], call["ended"], call["entered_at"],
    )  # fmt: skip
    assert end["entered"] == ("at once" if hours < 0.1 else "late")


@pytest.mark.row("S11")
@pytest.mark.parametrize(
    ("text", "uncertainty", "from_to"),
    [
        ("2017-06-18", None, ("2017-06-18T00:00:00Z", "2017-06-18T23:59:59.999999Z")),
        ("2017-06-18T15:43Z", "PT1M", ("2017-06-18T15:42:00Z", "2017-06-18T15:44:00Z")),
        ("2017-06-18T15:43Z", "P1D", ("2017-06-17T15:43:00Z", "2017-06-19T15:43:00Z")),
    ],
)
def test_a_date_alone_stays_a_day(text, uncertainty, from_to):
    timeline, geometry = story(SYRIA)
    event = one(timeline["events"], id="E06")
    event["t"] = text
    event.pop("t_uncertainty")
    if uncertainty:
        event["t_uncertainty"] = uncertainty
    (dispute,) = [s for s in answered(timeline, geometry)["statements"] if s.get("event") == "E06"]
    assert tuple(dispute["when"]) == from_to


# ---- S9, A7, R2: the ladder ----------------------------------------------------------------------


@pytest.mark.row("S9", "A7", "R2")
def test_the_27_minutes_show_who_was_tried_when_and_with_what_result():
    timeline, geometry = story()

    def ladder() -> list[tuple[str, str, str]]:
        steps = message(answered(timeline, geometry), 11)["escalations"]
        return [(s["t"][11:19], s["post"], s["result"]) for s in steps]

    assert ladder() == [
        ("08:11:00", "duty-officer", "no answer"),
        ("08:13:00", "alternate", "no answer"),
        ("08:20:00", "commander", "answered"),
    ]
    one(timeline["calls"], id="b-2").update(
        began="2031-03-03T08:14:05Z", ended="2031-03-03T08:14:40Z"
    )
    # BRAVO alone says that ALFA refused it; with ALFA's own entry it did.
    assert ladder()[1] == ("08:13:00", "alternate", "no answer")
    told = message(answered(timeline, geometry), 11)["escalations"][1]["detail"]
    assert told.startswith("call: refused, says BRAVO alone: ")
    other = dict(one(timeline["calls"], id="b-2"), id="a-9", by="ALFA", direction="received")
    other.pop("spoke_with")
    timeline["calls"].append(other | {"with": "BRAVO"})
    assert ladder()[1] == ("08:13:00", "alternate", "refused")
    one(timeline["calls"], id="b-1").update(outcome="technical failure", reason="no tone")
    assert ladder()[0] == ("08:11:00", "duty-officer", "technical failure")
    timeline["messages"].remove(said(timeline, 12))
    assert ladder()[2] == ("08:20:00", "commander", "no answer")


@pytest.mark.row("S9", "A7", "R2")
@settings(max_examples=12, phases=(Phase.explicit, Phase.generate))
@given(
    answered_s=st.integers(1, 2000),
    steps=st.lists(st.integers(2, 30), min_size=1, max_size=4, unique=True).map(sorted),
    refuses=st.booleans(),
)
def test_other_ladders_other_answers(answered_s, steps, refuses):
    timeline, geometry = story()
    sent = said(timeline, 11)["t"]
    said(timeline, 12)["t"] = later(sent, seconds=answered_s)
    if refuses:
        said(timeline, 12).update(kind="refusal", reason_code="policy")
    ladder = one(timeline["agreements"][0]["clauses"], id="N2")
    ladder["escalate"] = [{"after": f"PT{m}M", "post": f"post-{m}"} for m in steps]
    timeline["calls"] = []
    found = message(answered(timeline, geometry), 11)
    called = [(s["post"], s["result"]) for s in found.get("escalations", [])]
    due = [m for m in steps if 60 * m < answered_s] if answered_s > 60 else []
    last = "refused" if refuses else "answered"
    assert called == [(f"post-{m}", last if m == due[-1] else "no answer") for m in due]
    assert found["acknowledgement"]["value_s"] == answered_s
    assert found["acknowledgement"]["verdict"] == ("met" if answered_s <= 60 else "late")


# ---- A6, R12: the sender errs --------------------------------------------------------------------


@pytest.mark.row("A6", "R12")
@settings(max_examples=10, phases=(Phase.explicit, Phase.generate))
@given(
    east_deg=st.floats(-0.4, 0.4), name=st.sampled_from(["PL-PIER", "The Pier", "Peer", "Buoy"]),
    limit_m=st.integers(500, 40_000),
)  # fmt: skip
def test_a_named_place_against_other_coordinates_names_and_limits(east_deg, name, limit_m):
    timeline, geometry = story()
    said(timeline, 9).update(named_place=name, centre=[-20.0 + east_deg, 45.0])
    one(timeline["agreements"][0]["clauses"], id="N6")["named_place_within_m"] = limit_m
    check = message(answered(timeline, geometry), 9)["position_check"]
    place = (-20.4, 45.2) if name == "Buoy" else (-20.0, 45.0)
    apart_m = pyproj.Geod(ellps="WGS84").inv(-20.0 + east_deg, 45.0, *place)[2]
    assert check["distance_km"] == pytest.approx(apart_m / 1000, abs=0.002)
    if abs(apart_m - limit_m) > 2:
        assert check["verdict"].startswith("query") == (apart_m > limit_m)


@pytest.mark.row("R12")
def test_fields_are_compared_by_machine_whatever_the_reader_says():
    timeline, geometry = story()
    read = said(timeline, 10)
    read |= {"window": ["2031-03-03T09:00:00Z", "2031-03-03T10:30:00Z"], "matches": True}
    found = message(answered(timeline, geometry), 10)["read_back"]
    assert found["matches"] is False
    assert [d["field"] for d in found["differences"]] == ["window"]


# ---- A12, R3: tests ------------------------------------------------------------------------------


def _tests(found: Document, line: str) -> list[tuple[str, str]]:
    return [(s["test"], s["last_good_test"]) for s in found["statements"]
            if s["about"] == "line" and s["id"] == line]  # fmt: skip


@pytest.mark.row("A12", "R3")
@pytest.mark.parametrize("after_s", [None, 40, 299, 301])
def test_the_hospital_line_by_what_its_test_showed(after_s):
    timeline, geometry = story("wildfire-civil")
    if after_s is not None:
        timeline["messages"].append(
            {"seq": 98, "t": later("2026-08-14T17:31:00Z", seconds=after_s), "from": "HOSP",
             "to": "MEDEVAC", "kind": "ack", "of": 3}
        )  # fmt: skip
    good = after_s is not None and after_s <= 300
    word = ("verified", later("2026-08-14T17:31:00Z", seconds=after_s or 0)) if good else (
        "unverified", "never"
    )  # fmt: skip
    assert _tests(answered(timeline, geometry), "LINE-HOSP") == [word]


@pytest.mark.row("R3")
@pytest.mark.parametrize(
    ("every", "missed", "reads"),
    [("PT12H", 2, "unverified"), ("PT24H", 1, "alarm"), ("PT6H", 4, "unverified"), ("P2D", 0, "")],
)
def test_a_line_whose_tests_stop_is_not_forgotten(every, missed, reads):
    """The line that was dead for three years: silence where tests were due is told."""
    timeline, geometry = story()
    one(timeline["agreements"][1]["clauses"], id="G1")["every"] = every
    found = [s for s in answered(timeline, geometry)["statements"] if s["about"] == "tests missed"]
    if not missed:
        assert found == []
        return
    (told,) = [each for each in found if each["id"] == "LINE-AC"]
    assert (told["by"], told["missed"], told["reads"]) == ("ALFA", missed, reads)
    hours = {"PT12H": 12, "PT24H": 24, "PT6H": 6}[every]
    assert told["due"] == later("2031-03-03T06:02:00Z", hours=hours)
    assert told["last_missed"] == later("2031-03-03T06:02:00Z", hours=hours * missed)


# ---- A17: calls ----------------------------------------------------------------------------------


def calls(timeline: Document, geometry: Document) -> Document:
    return answered(timeline, geometry)["calls"]


@pytest.mark.row("A17")
@pytest.mark.parametrize(("apart_s", "matched"), [(0, True), (299, True), (301, False)])
def test_two_ends_are_one_call_by_who_placed_it_and_when_it_began(apart_s, matched):
    timeline, geometry = story()
    mine, theirs = one(timeline["calls"], id="a-1"), one(timeline["calls"], id="b-3")
    theirs["began"] = later(mine["began"], seconds=apart_s)
    theirs["ended"] = later(theirs["began"], seconds=40)
    found = calls(timeline, geometry)
    pairs = [[end["id"] for end in call["ends"]] for call in found["calls"]]
    assert (["a-1", "b-3"] in pairs) == matched
    count = one(found["counts"], **{"from": "ALFA"})
    assert count["refused"] == (1 if matched else 2)
    theirs.update(began=mine["began"], direction="placed")
    pairs = [[end["id"] for end in call["ends"]] for call in calls(timeline, geometry)["calls"]]
    assert ["a-1"] in pairs, "two who each called the other had two calls"


@pytest.mark.row("A17")
def test_what_the_ends_say_differently_is_told_field_by_field():
    timeline, geometry = story()
    theirs = one(timeline["calls"], id="b-3")
    theirs.update(outcome="no answer", subject="ground")
    theirs.pop("ended")
    theirs["began"] = "2031-03-03T12:03:00Z"
    found = calls(timeline, geometry)
    call = next(c for c in found["calls"] if [e["id"] for e in c["ends"]] == ["a-1", "b-3"])
    assert call["stands"] == "matched, with differences"
    assert call["outcomes"] == ["refused", "no answer"]
    assert call["differences"]["outcome"] == {"ALFA": "refused", "BRAVO": "no answer"}
    assert call["differences"]["subject"] == {"ALFA": "separation", "BRAVO": "ground"}
    assert call["differences"]["began"] == {
        "ALFA": "2031-03-03T12:00:12Z", "BRAVO": "2031-03-03T12:03:00Z",
    }  # fmt: skip
    assert one(found["counts"], **{"from": "ALFA"})["contested"] == 1


@pytest.mark.row("A17")
def test_a_correction_counts_in_place_of_what_it_corrects():
    timeline, geometry = story()
    timeline["calls"].append(
        one(timeline["calls"], id="b-4")
        | {"id": "b-5", "corrects": "b-4", "same_as": None, "entered_at": "2031-03-04T09:10:00Z",
           "fields": {"level": "FL120"}}
    )  # fmt: skip
    call = next(c for c in calls(timeline, geometry)["calls"] if "talked" in c["outcomes"])
    assert [e["id"] for e in call["ends"]] == ["a-4", "b-5"]
    assert one(call["ends"], id="b-5")["corrects"] == ["b-4"]
    assert "differences" not in call


@pytest.mark.row("A17")
@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"with": "CHARLIE"}, "two ends of LINE-AB"),
        ({"line": "LINE-ABB"}, "did you mean 'LINE-AB'"),
        ({"outcome": "no anser"}, "did you mean 'no answer'"),
        ({"outcome": "refused"}, "why it was refused"),
        ({"outcome": "technical failure"}, "the cause, as far as known"),
        ({"outcome": "talked", "of": None}, "what was talked about"),
        ({"entered_at": "2031-03-03T08:00:00Z"}, "began, ended, entered in this order"),
        ({"of": 99}, "the seq of a message"),
        ({"same_as": "a-4"}, "an earlier entry of the other end"),
        ({"corrects": "a-1"}, "an earlier entry of its own"),
        ({"corrects": "b-1"}, "an earlier entry of its own"),
        ({"spoke_to": "desk"}, "did you mean 'spoke_with'"),
        ({"id": "a-1"}, "a-1"),
    ],
)
def test_an_entry_of_a_call_that_cannot_be_is_refused_in_one_line(change, told):
    timeline, geometry = story()
    one(timeline["calls"], id="b-1").update(change)
    fault = refused(timeline, geometry)
    assert told in fault
    assert "\n" not in fault


# ---- A18: relays ---------------------------------------------------------------------------------


@pytest.mark.row("A18")
@pytest.mark.parametrize("outcome", ["passed", "declined", "unknown", None])
@pytest.mark.parametrize("third", ["FIELD", "DISTRICT", "a fisherman"])
def test_a_relay_shows_what_became_of_it_by_whom_and_when(outcome, third):
    timeline, geometry = story()
    said(timeline, 15)["third"] = third
    report = timeline["relay_reports"].pop(0)
    if outcome is not None:
        report |= {"outcome": outcome, "text": "as it is", "at": "2031-03-03T13:41:00Z",
                   "entered_at": "2031-03-03T14:41:00Z"}  # fmt: skip
        timeline["relay_reports"].append(report)
    relay = one(answered(timeline, geometry)["relays"], of=15)
    assert (relay["third"], relay["party"]) == (third, "CHARLIE")
    assert relay["state"] == (outcome or "no report")
    since = "2031-03-03T13:41:00Z" if outcome else "2031-03-03T13:02:00Z"
    assert relay["since"] == since
    if outcome:
        entered = f"{outcome} at {since}, entered 2031-03-03T14:41:00Z"
        assert relay["reports"] == [entered]


@pytest.mark.row("A18")
def test_a_relay_that_is_not_taken_refused_or_still_valid():
    timeline, geometry = story()
    said(timeline, 15).pop("valid_until")
    timeline["relay_reports"] = []
    found = answered(timeline, geometry)["relays"]
    assert one(found, of=15)["state"] == "taken", "it may still be passed"
    timeline["messages"].remove(said(timeline, 16))
    relay = one(answered(timeline, geometry)["relays"], of=15)
    assert (relay["state"], relay["since"]) == ("asked", "2031-03-03T13:00:00Z")
    said(timeline, 18).update(kind="refusal", text="we do not know them")
    relay = one(answered(timeline, geometry)["relays"], of=17)
    assert (relay["state"], relay["text"]) == ("declined", "we do not know them")
    timeline["relay_reports"] = [
        {"of": 15, "by": "CHARLIE", "outcome": "unknown", "at": "2031-03-03T13:30:00Z"},
        {"of": 15, "by": "CHARLIE", "outcome": "passed", "at": "2031-03-03T13:50:00Z"},
    ]
    relay = one(answered(timeline, geometry)["relays"], of=15)
    assert (relay["state"], len(relay["reports"])) == ("passed", 2), "the newest counts"


@pytest.mark.row("A18")
@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"by": "ALFA"}, "who was asked: CHARLIE"),
        ({"of": 11}, "of a relay_request"),
        ({"outcome": "pased"}, "did you mean 'passed'"),
        ({"outcome": "declined"}, "why it was declined"),
        ({"at": "2031-03-03T12:00:00Z"}, "asked, passed, entered in this order"),
        ({"too": "somebody"}, "did you mean 'to'"),
    ],
)
def test_a_report_that_cannot_be_is_refused_in_one_line(change, told):
    timeline, geometry = story()
    one(timeline["relay_reports"], of=15).update(change)
    assert told in refused(timeline, geometry)


@pytest.mark.row("A18")
@pytest.mark.parametrize("third", ["", "CHARLIE", "ALFA"])
def test_a_relay_is_for_somebody_who_is_no_end_of_the_line(third):
    timeline, geometry = story()
    said(timeline, 15)["third"] = third
    assert "somebody who is no end of LINE-AC" in refused(timeline, geometry)


def test_what_has_expired_is_not_taken():
    timeline, geometry = story()
    said(timeline, 15)["valid_until"] = "2031-03-03T13:01:59Z"
    timeline["relay_reports"].pop(0)
    assert "what has expired is not taken" in refused(timeline, geometry)
    said(timeline, 15)["valid_until"] = "2031-03-03T12:59:00Z"
    assert "a time after it is said" in refused(timeline, geometry)
