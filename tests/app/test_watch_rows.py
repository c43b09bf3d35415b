"""What stands on the rows of a watch, and what its page of words says, without a node."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import msgspec
import pytest

from parley.app.client import Client
from parley.app.message_views import AnswerView, Ladder, MessageView
from parley.app.views import StatusView
from parley.app.watch_commands import HELP, read_line
from parley.app.watch_model import Picture, Watch
from parley.app.watch_screen import Desk, Screen
from parley.node.line_bodies import CALL_OUTCOMES
from parley.node.rules.alarms import Alarm
from parley.node.rules.distribution import DistributionView, UnitSeen
from parley.node.rules.line_evidence import Pending
from parley.node.rules.lines import Direction, LineVector, Side
from parley.node.rules.outcomes import LadderSeen
from parley.world.faults import InputFault

NOW_US = 1_497_938_400_000_000
SECOND_US = 1_000_000


def blank(kind: type, /, **given):
    """Return a record of a type, with something empty where nothing is given."""
    hints = {"str": "", "int": 0, "bool": False, "tuple": (), "dict": {}}
    values = {}
    for each in msgspec.structs.fields(kind):
        if each.required and each.name not in given:
            text = str(each.type)
            none = "None" in text or "Optional" in text
            values[each.name] = (
                None if none else next((v for n, v in hints.items() if n in text), "")
            )
    return kind(**(values | given))


def step(party: str = "COAL", **given) -> Ladder:
    values = {"stored": "yes", "read_back": "waiting", "tried": blank(LadderSeen)}
    return blank(Ladder, party=party, **(values | given))


def message(index: int, message_class: str = "URGENT", **given) -> MessageView:
    values = {
        "key": ("parley.example/AGR-1/RUS/line/2017", index), "line": "L1", "party": "RUS",
        "to": ("COAL",), "message_type": "conflict.alert", "message_class": message_class,
        "status": "actual", "sent_us": NOW_US, "answers": ("WILCO", "UNABLE"),
        "answer_due_us": NOW_US + 60 * SECOND_US, "awaits_us": True, "open": True,
        "may_answer": ("WILCO", "UNABLE", "STANDBY"), "read_back": ("level", "time"),
        "fields": {"level": "FL120", "time": "06:12 ZULU"}, "reading": "open",
        "signed": "not signed by a person", "ladder": (step(),),
    }  # fmt: skip
    return blank(MessageView, **(values | given))


def alarm(number: int, **given) -> Alarm:
    values = {
        "name": f"message:RUS/2017/{number}:0", "kind": "unanswered", "alarm_class": "URGENT",
        "text": "conflict.alert from RUS on L1: waits for us", "post": "duty-officer",
        "since_us": NOW_US,
    }  # fmt: skip
    return blank(Alarm, **(values | given))


def line(**given) -> LineVector:
    sides = (blank(Side, party="COAL"), blank(Side, party="RUS"))
    values = {"line": "L1", "agreement": "AGR-1", "viewer": "COAL", "glance": "OPEN"}
    return blank(LineVector, **({"sides": sides} | values | given))


def picture(messages=(), alarms=(), lines=None, at_us: int = NOW_US) -> Picture:
    status = blank(StatusView, party="COAL", now_us=at_us)
    return Picture(status, (line(),) if lines is None else lines, tuple(messages), tuple(alarms))


def watch_of(*args, **more) -> Watch:
    watch = Watch(post="duty-officer")
    watch.look(picture(*args, **more))
    return watch


def texts(rows) -> str:
    return "\n".join(text for _, text in rows)


def test_the_page_of_words_and_the_table_of_the_docs_name_the_same_commands() -> None:
    page = (Path(__file__).parents[2] / "docs" / "watch.md").read_text()
    first = [row.split(" | ")[0] for row in page.splitlines() if row.startswith("| `")]
    documented = {words.split()[0] for cell in first for words in re.findall(r"`([^`]+)`", cell)}
    rows = [text[:25] for text in HELP.splitlines() if not text.startswith(" ")]
    helped = {part.split()[0] for text in rows for part in text.split(",") if part.strip()}
    helped -= {"Up", "Down"}
    assert {"a", "s", "k", "t", "c", "p", "leave", "suspend", "resume", "tr", "v", "h"} <= helped
    assert helped == documented
    assert all(outcome.replace(" ", "-") in HELP for outcome in CALL_OUTCOMES)
    for option in ("class", "valid", "re", "line", "subject", "confirmed", "received"):
        assert f"+{option}" in HELP
        assert f"+{option}" in page


@pytest.mark.parametrize("word", ["a", "s", "k", "c", "suspend", "resume", "tr", "v"])
def test_a_command_without_its_words_says_what_it_wants(word: str) -> None:
    with pytest.raises(InputFault) as raised:
        read_line(watch_of(), word, NOW_US)
    assert "a command (? lists them)" not in str(raised.value)


@pytest.mark.row("S2")
def test_a_louder_message_is_shown_at_once_and_a_quieter_one_takes_nobodys_place() -> None:
    distress, urgent = message(1, "DISTRESS"), message(2, "URGENT")
    watch = watch_of([distress])
    watch.look(picture([distress, urgent]))
    assert watch.selected == distress.key, "its words are being read"
    watch = watch_of([urgent])
    watch.look(picture([distress, urgent]))
    assert watch.selected == distress.key
    watch = watch_of([message(3, awaits_us=False)])
    watch.look(picture([message(3, awaits_us=False), message(4, "ROUTINE")]))
    assert watch.selected == message(4).key, "what is shown wants nothing of us"


@pytest.mark.row("S2")
def test_what_closed_stays_for_ten_minutes_with_what_became_of_it() -> None:
    ours = message(1, party="COAL", to=("RUS",), awaits_us=False, ladder=(step("RUS"),))
    watch = watch_of([ours])
    given = blank(AnswerView, answer="UNABLE", text="no aircraft")
    refused = msgspec.structs.replace(ours, open=False, ladder=(step("RUS", answer=given),))
    assert watch.gone(picture()) == [ours.key]
    watch.look(picture(), [refused])
    rows = texts(watch.message_rows(NOW_US, 100))
    assert "no open message in the logs held here" in rows
    assert "us>RUS URGENT conflict.alert closed: RUS UNABLE (no aircraft)" in rows
    assert watch.message(ours.key) is refused
    watch.look(picture(at_us=NOW_US + 601 * SECOND_US))
    assert "closed" not in texts(watch.message_rows(NOW_US, 100))


def test_what_was_answered_is_not_late_and_free_words_stand_last() -> None:
    given = blank(AnswerView, answer="WILCO")
    ours = message(
        1, party="COAL", to=("RUS",), awaits_us=False, subject="x" * 200,
        ladder=(step("RUS", answer=given, read_back="differs"),),
    )  # fmt: skip
    row = texts(watch_of([ours]).message_rows(NOW_US + 900 * SECOND_US, 80))
    assert "RUS MISREAD [xxx" in row
    assert "LATE" not in row
    late = texts(watch_of([message(2)]).message_rows(NOW_US + 61 * SECOND_US, 80))
    assert "LATE by 1 s WILCO/UNABLE/STANDBY" in late


def test_a_line_break_of_a_peer_begins_no_row_of_ours() -> None:
    forged = message(1, subject="x\n>  9 RUS>us nothing to do")
    (row,) = watch_of([forged]).message_rows(NOW_US, 200)
    assert "\n" not in row[1]


def test_alarms_say_class_message_and_why_they_are_silent_and_none_is_left_out() -> None:
    waiting = message(1)
    stands = [
        alarm(1, cause=waiting.key),
        alarm(2, silent=True),
        alarm(3, silent=True, acknowledged_by="commander"),
    ]
    rows = texts(watch_of([waiting], stands).alarm_rows(NOW_US, 120))
    assert "URGENT 0 s: conflict.alert from RUS on L1: waits for us (message 1)" in rows
    assert "(silent: an answer is promised)" in rows
    assert "(taken by commander)" in rows
    assert "None" not in rows
    many = watch_of((), [alarm(n) for n in range(20)]).alarm_rows(NOW_US, 120, 6)
    assert len(many) == 6
    assert "15 MORE ALARMS, 15 of them not taken" in many[-1][1]


def missing_unit(number: int, late: bool = False, sender: str = "RUS", **given):
    due_us = NOW_US + (-1 if late else 1) * number * SECOND_US
    unit = UnitSeen(unit="tower", word="not told", missing=True, due_us=due_us)
    values = {
        "message": (f"{sender}/2017", number), "sender": sender, "party": "COAL", "due_us": due_us,
        "message_type": "area.notice", "message_class": "SAFETY", "status": "actual",
        "units": (unit,), "over": "", "begun": False,
    }  # fmt: skip
    return blank(DistributionView, **(values | given))


def rows_of(alarms, units, rows_max=100) -> list[tuple[str, str]]:
    watch = Watch(post="duty-officer")
    watch.look(dataclasses.replace(picture((), alarms), units=tuple(units)))
    return watch.alarm_rows(NOW_US, 200, rows_max)


def test_a_unit_that_is_not_told_stands_above_what_only_tells_what_is_so() -> None:
    news = alarm(1, kind="agreement changed", text="version 2 is IN FORCE")
    stands = [
        news, alarm(2, alarm_class="DISTRESS", text="mayday"),
        alarm(3, alarm_class="SAFETY", text="line down"),
        alarm(4, alarm_class="ROUTINE", text="slow"),
        alarm(5, silent=True, text="taken"),
    ]  # fmt: skip
    words = ("mayday", "NOT TOLD", "line down", "slow", "IN FORCE", "taken")
    rows = [text for _, text in rows_of(stands, [missing_unit(60, late=True)])]
    assert [next(w for w in words if w in row) for row in rows] == list(words)
    words = ("mayday", "line down", "NOT TOLD", "slow", "IN FORCE", "taken")
    rows = [text for _, text in rows_of(stands, [missing_unit(60)])]
    assert [next(w for w in words if w in row) for row in rows] == list(words)
    few = rows_of(stands, [missing_unit(60, late=True)], 3)
    assert "NOT TOLD" in few[1][1], "what is lesser is folded first"
    assert few[-1][1].strip() == "4 MORE ALARMS, 3 of them not taken: parley alarm lists them"


def test_what_is_folded_says_how_many_alarms_and_how_many_units() -> None:
    loud = [alarm(n, alarm_class="DISTRESS") for n in range(5)]
    units = [missing_unit(n, late=True) for n in range(3)]
    style, text = rows_of(loud, units, 4)[-1]
    assert style == "alarm"
    assert text.strip() == (
        "2 MORE ALARMS, 2 of them not taken and 3 MORE WITH UNITS NOT TOLD: "
        "see parley alarm, parley unit"
    )
    (_, text) = rows_of(loud, units, 6)[-1]
    assert text.strip() == "3 MORE WITH UNITS NOT TOLD: see parley unit"


def test_who_gives_notices_without_end_pushes_no_alarm_and_no_other_notice_off_the_screen() -> None:
    flood = [missing_unit(n, late=True, sender="RIVAL") for n in range(100, 160)]
    mine = missing_unit(1, late=True, sender="RUS")
    rows = [text for _, text in rows_of([alarm(1, alarm_class="SAFETY")], [*flood, mine])]
    assert len(rows) == 5
    assert "from RUS" in rows[2]
    assert sum("from RIVAL" in row for row in rows) == 2
    assert any("58 more of RIVAL with UNITS NOT TOLD" in row for row in rows)
    assert "waits for us" in rows[-1]


def test_nothing_that_is_missing_on_a_line_is_cut_off_and_what_is_to_come_is_told() -> None:
    missing = tuple(f"person test of way number {n} unverified" for n in range(6))
    to_come = blank(
        Pending, value="suspended", waits_for="its time", effective_us=NOW_US + 3600 * SECOND_US,
        said_us=NOW_US,
    )  # fmt: skip
    way = blank(
        Direction, sender="COAL", receiver="RUS", link="up", link_said_us=NOW_US - 900 * SECOND_US
    )
    sides = (blank(Side, party="COAL", pending=(to_come,)), blank(Side, party="RUS"))
    stands = line(glance="DEGRADED", missing=missing, sides=sides, directions=(way,))
    watch = watch_of(lines=(stands,))
    rows = watch.head(NOW_US, 60)
    words = " ".join(text.strip() for _, text in rows)
    assert all(each in words for each in missing)
    assert "COAL: suspended from 2017-06-20T07:00:00Z" in words
    assert "link up (as RUS said 15 min 00 s ago)" in words
    assert max(len(text) for _, text in rows) <= 60
    few = watch_of(lines=tuple(line(line=f"L{n}", directions=(way,)) for n in range(8)))
    assert "no room here" in few.head(NOW_US, 80, 8)[-1][1]


def test_while_the_node_does_not_answer_everything_says_that_it_is_old() -> None:
    watch = watch_of([message(1)], [alarm(1)])
    watch.lost = "node is not there, wanted a running node"
    later_us = NOW_US + 30 * SECOND_US
    assert "ALL BELOW IS OLD: of 06:00:00Z, 30 s ago" in texts(watch.head(later_us, 80))
    assert "OLD: L1 OPEN" in texts(watch.head(later_us, 80))
    assert "OLD: " in texts(watch.alarm_rows(later_us, 80))
    assert "OLD: RUS>us" in texts(watch.message_rows(later_us, 80))
    empty = watch_of()
    empty.lost = "gone"
    assert "not known" in texts(empty.alarm_rows(later_us, 80))


@pytest.mark.row("S2")
@pytest.mark.parametrize(
    ("typed", "fields", "text"),
    [
        ("level=FL120 time=06:12 ZULU", {"level": "FL120", "time": "06:12 ZULU"}, ""),
        ("time=06:12 ZULU level=FL120", {"level": "FL120", "time": "06:12 ZULU"}, ""),
        ('level=FL120 time="06:12 ZULU" ok', {"level": "FL120", "time": "06:12 ZULU"}, "ok"),
        ("level=FL120 time=06:12 ZULU ok", {"level": "FL120", "time": "06:12 ZULU"}, "ok"),
        ("level=FL120 time= 06:12 ZULU", {"level": "FL120", "time": "06:12 ZULU"}, ""),
        ("level=FL120 time=06:12", {"level": "FL120", "time": "06:12"}, ""),
        ("level=FL120 time=06:12 don't", {"level": "FL120", "time": "06:12 don't"}, ""),
    ],
)
def test_a_value_takes_as_many_words_as_it_was_said_with(typed, fields, text) -> None:
    (body,) = read_line(watch_of([message(1)]), f"a 1 WILCO {typed}", NOW_US).acts
    assert (body["fields"], body["text"]) == (fields, text)


def test_a_standby_that_is_too_long_is_refused_with_what_is_left() -> None:
    watch = watch_of([message(1)])
    with pytest.raises(InputFault, match="STANDBY is 2min, wanted at most 45 s"):
        read_line(watch, "a 1 STANDBY 2min", NOW_US + 15 * SECOND_US)
    (body,) = read_line(watch, "a 1 STANDBY 45s", NOW_US + 15 * SECOND_US).acts
    assert body["promised_us"] == NOW_US + 60 * SECOND_US


def test_a_suspension_never_reads_as_if_it_had_begun() -> None:
    assert (
        "until the time above it is IN FORCE"
        in read_line(watch_of(), "suspend L1 shooting", NOW_US).told
    )


@pytest.mark.row("S2")
def test_once_it_is_answered_the_next_that_waits_is_shown() -> None:
    first, second = message(1, "DISTRESS"), message(2)
    watch = watch_of([first, second])
    assert watch.selected == first.key
    watch.look(picture([second]), [msgspec.structs.replace(first, open=False, awaits_us=False)])
    assert watch.selected == second.key


@pytest.mark.row("S2")
def test_on_a_small_screen_what_waits_most_stands_in_the_list_whatever_is_marked(
    monkeypatch,
) -> None:
    views = [message(1, "DISTRESS"), *(message(n, "ROUTINE") for n in range(2, 12))]
    watch = watch_of(views)
    watch.selected = views[-1].key
    screen = Screen(Desk(Client("http://127.0.0.1:1", None), watch))
    rows = screen._message_rows(80)  # the screen of a test has 40 rows
    assert "DISTRESS" in rows[0][1]
    assert any(text.startswith(">") for _, text in rows)
    monkeypatch.setattr(screen, "_height", lambda: 24)
    rows = screen._message_rows(80)
    assert "DISTRESS" in rows[0][1]
    assert rows[1][1].startswith(">")
    assert rows[2][1].strip() == "9 more, 9 of them wait for us: Up, Down"


@pytest.mark.row("S2")
def test_a_long_message_is_displayed_once_its_end_was_on_the_screen(monkeypatch) -> None:
    long = message(1, text="word " * 400, ladder=(step(),))
    watch = watch_of([long])
    screen = Screen(Desk(Client("http://127.0.0.1:1", None), watch))
    monkeypatch.setattr(screen, "_height", lambda: 24)
    screen._detail_rows(80)
    assert watch.to_display() is None
    screen._scroll = 1000
    screen._detail_rows(80)
    assert watch.to_display() is long
    short = watch_of([message(2)])
    shown = Screen(Desk(Client("http://127.0.0.1:1", None), short))
    shown._page = "help"
    shown._detail_rows(80)
    assert short.to_display() is None, "the help stands there"
    shown._page = ""
    shown._detail_rows(80)
    assert short.to_display() is not None
