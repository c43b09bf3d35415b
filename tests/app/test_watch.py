"""A watch stood at two terminals, over two real nodes."""

from __future__ import annotations

import time

import pytest

from app.terminal import watching
from app.twonodes import make_pair, parley, running, say, until
from parley.app.watch_commands import HELP
from parley.app.watch_model import Watch


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    """Give two nodes of their own: what other tests say would fill these screens."""
    with running(make_pair(tmp_path_factory.mktemp("watched"))) as started:
        yield started


def number_of(screen: str, words: str) -> str:
    """Return the number of the first message in the list whose row has these words."""
    row = next(row for row in screen.splitlines() if words in row)
    return row.lstrip("> ").split()[0]


@pytest.mark.row("S2", "R2")
def test_a_message_is_said_shown_answered_and_read_back_at_two_terminals(nodes):
    with watching(nodes["COAL"]) as coal, watching(nodes["RUS"]) as rus:
        rus.shows("PARLEY RUS duty-officer")
        coal.shows("L1")
        coal.enter("s RUS conflict.alert level=FL120 time=06:12Z two of yours near ours")
        screen = rus.shows("COAL>us URGENT conflict.alert")
        assert "WILCO/UNABLE" in screen
        rus.shows("two of yours near ours")  # new and urgent: its words are shown at once
        number = number_of(screen, "COAL>us URGENT conflict.alert")
        coal.shows("RUS displayed")  # written because somebody is there
        rus.enter(f"a {number} WILCO")  # what must be read back is asked for, never filled in
        rus.shows("level= time=")
        rus.type("\x03")
        rus.enter(f"a {number} wilco level=FL120 time=06:12Z")
        rus.shows(f"WILCO to {number}")
        coal.shows("us>RUS URGENT conflict.alert closed: RUS WILCO")
    view = next(m for m in nodes["COAL"].get("/api/messages") if m["text"].startswith("two of"))
    assert view["ladder"][0]["read_back"] == "matched"


def test_what_cannot_be_meant_is_refused_in_one_line_and_nothing_is_sent(nodes):
    with watching(nodes["COAL"]) as coal:
        coal.shows("L1")
        written = nodes["COAL"].acts()
        for typed, words in (
            ("a 99 WILCO", "NOT DONE: message number is 99"),
            ("suspnd L1 x", "did you mean 'suspend'?"),
            ("s NOBODY free.text x", "wanted one of RUS"),
            ("s RUS conflict.alrt x", "did you mean 'conflict.alert'?"),
            ("suspend L1", "suspend LINE reason"),
            ('s RUS free.text "x', "an odd number of"),
            ("k all", "an alarm that sounds")
            if "no alarm" in coal.text()
            else ("k x", "alarm is x"),
        ):
            coal.type("\x15")
            coal.enter(typed)
            coal.shows(words)
        assert nodes["COAL"].acts() == written


def test_nobody_is_shown_anything_by_a_watch_that_only_looks(nodes):
    with watching(nodes["RUS"], look_only=True) as rus:
        rus.shows("PARLEY RUS")
        key = (
            nodes["COAL"]
            .act(
                **say(
                    message_type="zone.notice",
                    text="look at this",
                    fields={"zone": "Z1", "window": "a/b"},
                )
            )
            .json()["key"]
        )
        screen = rus.shows("COAL>us SAFETY zone.notice")
        number = number_of(screen, "COAL>us SAFETY zone.notice")
        rus.enter(f"v {number}")
        rus.shows("look at this")
        time.sleep(0.5)
        rus.enter(f"a {number} roger zone=Z1 window=a/b")
        rus.shows("only looking")
        view = next(m for m in nodes["RUS"].get("/api/messages") if m["key"] == key)
        assert view["ladder"][0]["displayed_us"] is None
        assert view["ladder"][0]["answer"] is None


def test_a_key_renews_presence_and_leaving_is_said(nodes):
    def attended():
        sides = nodes["COAL"].get("/api/lines")[0]["sides"]
        return next(s["attended"] for s in sides if s["party"] == "RUS")

    with watching(nodes["RUS"]) as rus:
        rus.shows("L1")
        until(lambda: attended() == "attended")
        rus.enter("leave")
        rus.shows("you have left your post")
        until(lambda: attended() == "unattended")


def test_a_quiet_watch_costs_little_more_than_its_clock(nodes):
    """A watch over 9,600 bit/s has 960 bytes a second; a quiet one takes a small part of it."""
    with watching(nodes["COAL"], look_only=True) as coal:
        coal.shows("L1")
        time.sleep(2)
        before = coal.wire.size_bytes
        time.sleep(5)
        assert (coal.wire.size_bytes - before) / 5 < 300


def test_help_and_the_end(nodes):
    with watching(nodes["COAL"]) as coal:
        coal.shows("type ? for help")
        coal.enter("?")
        coal.shows("enter a call that ended now")
        assert all(len(row) <= 80 for row in HELP.splitlines())
        coal.enter("q")
        until(lambda: not coal.screen.app.is_running)


def test_without_a_terminal_it_says_what_a_script_takes(nodes):
    node = nodes["COAL"]
    done = parley("watch", "--node", node.url, "--token", node.token_file)
    assert done.returncode == 2
    assert "no terminal" in done.stderr
    assert "parley answer" in done.stderr


@pytest.mark.row("S2")
def test_words_with_apostrophes_are_said_and_a_value_of_many_words_is_read_back(nodes):
    with watching(nodes["COAL"]) as coal, watching(nodes["RUS"]) as rus:
        rus.shows("L1")
        coal.shows("L1")
        coal.enter("s RUS zone.notice zone=\"Ja'Din north\" window=a/b don't land there")
        coal.shows("said zone.notice to RUS: zone Ja'Din north")
        key = next(m["key"] for m in nodes["COAL"].get("/api/messages") if "don't" in m["text"])
        until(lambda: rus.screen.desk.watch.message(tuple(key)) is not None)
        number = rus.screen.desk.watch.number(tuple(key))
        rus.type(f"a {number} ")  # what is typed for is shown
        rus.shows("don't land there")
        rus.type("\x15")
        rus.enter(f"a {number} ROGER zone=Ja'Din north window=a/b will do")
        rus.shows(f"ROGER to {number}")
    view = next(m for m in nodes["COAL"].get("/api/messages") if m["text"].startswith("don't"))
    step = view["ladder"][0]
    assert (step["read_back"], step["answer"]["text"]) == ("matched", "will do")


@pytest.mark.row("S2")
def test_who_reads_back_something_else_is_told_at_once(nodes):
    with watching(nodes["COAL"]) as coal, watching(nodes["RUS"]) as rus:
        rus.shows("L1")
        coal.shows("L1")
        coal.enter("s RUS conflict.alert level=FL320 time=07:12Z third time")
        screen = rus.shows("third time")
        number = number_of(screen, "COAL>us URGENT conflict.alert due")
        rus.enter(f"a {number} WILCO level=FL230 time=07:12Z")
        rus.shows("MISREAD: read-back differs: level: said FL320, read FL230")


def test_a_refusal_stays_with_its_reason_and_what_was_said_is_found_again(nodes):
    with watching(nodes["COAL"]) as coal:
        coal.shows("L1")
        key = nodes["COAL"].act(**say(message_type="zone.request", text="hour ago", fields={
            "zone": "Z1", "window": "a/b"})).json()["key"]  # fmt: skip
        coal.shows("us>RUS SAFETY zone.request")
        answer = {"type": "answer", "ref": key, "post": "duty-officer", "answer": "UNABLE"}
        until(lambda: nodes["RUS"].act(**answer, text="no aircraft here").status_code == 201)
        coal.shows("closed: RUS UNABLE (no aircraft here)")
        coal.enter("h 2h")
        assert "RUS UNABLE (no aircraft here): hour ago" in coal.shows(
            "said by people in the last 2h"
        )


def test_a_call_is_entered_as_the_help_says(nodes):
    with watching(nodes["COAL"]) as coal:
        coal.shows("L1")
        coal.enter("c RUS talked 4min subject=air agreed on FL120 at Ja'Din")
        coal.shows("call with RUS entered: talked, 4 min 00 s")
        coal.enter("c RUS talked 4min agreed")
        coal.shows("NOT DONE: c is no subject")
    (call,) = [c for c in nodes["COAL"].get("/api/calls")["calls"]
               if any(end["text"] == "agreed on FL120 at Ja'Din" for end in c["ends"])]  # fmt: skip
    end = call["ends"][0]
    assert end["ended_us"] - end["began_us"] == 240_000_000


def test_a_node_that_is_gone_makes_everything_old_and_rings(tmp_path):
    """A watch that waits for news must neither hold the node up nor make it end with a fault."""
    with running(make_pair(tmp_path)) as two, watching(two["COAL"]) as coal:
        coal.shows("L1")
        node = two["COAL"]
        node.process.terminate()
        said = node.process.stderr.read()
        assert node.process.wait(60) == 0
        assert "Traceback" not in said
        assert "OLD: L1" in coal.shows("ALL BELOW IS OLD")
        assert "not known: the node does not answer" in coal.text()
        until(lambda: coal.wire.bells > 0)


def test_before_the_first_look_nothing_is_said_to_be_absent_and_a_lost_node_is_said_first():
    watch = Watch(post="duty-officer")
    for rows in (watch.alarm_rows(0, 80), watch.message_rows(0, 80)):
        assert [text for _, text in rows] == ["not known: the node has not answered"]
    watch.lost = "node at 127.0.0.1:1 is refused"
    said = [text for _, text in watch.head(0, 100)]
    assert said[1] == "THE NODE DOES NOT ANSWER"
    assert said[-1] == "asking the node"
