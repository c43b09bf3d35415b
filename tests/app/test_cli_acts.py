from __future__ import annotations

import json
import time

import httpx
import pytest

from app.twonodes import lines_of, parley_here, say, until

pytest_plugins = ["app.sharednodes"]


@pytest.fixture
def cli(nodes, capsys):
    """Give the command line at a party's node: exit code, stdout, stderr."""

    def run(party, *arguments):
        node = nodes[party]
        return parley_here(capsys, *arguments, "--node", node.url, "--token", node.token_file)

    return run


def done(result):
    code, out, err = result
    assert (code, err) == (0, ""), err
    return out


def test_a_line_is_tested_attended_and_then_open(nodes, cli):
    for party in ("COAL", "RUS"):
        done(cli(party, "line", "L1", "--present"))
    key = done(cli("COAL", "say", "--line", "L1", "--to", "RUS", "--type", "line.test",
                   "-f", "nonce=alpha bravo", "--text", "test")).split()  # fmt: skip
    until(lambda: " ".join(key) in done(cli("RUS", "answer")))
    listed = done(cli("RUS", "answer"))
    assert "AWAITS US: REPLY, UNABLE, STANDBY" in listed
    assert "read back nonce" in listed
    done(cli("RUS", "answer", *key, "reply", "-f", "nonce=alpha bravo"))
    # Each way is its own; the nodes' first tests come with those of people.
    until(lambda: "COAL to RUS" not in done(cli("COAL", "line")).splitlines()[0])
    assert "person test RUS to COAL never" in done(cli("COAL", "line")).splitlines()[0]
    back = done(cli("RUS", "line", "L1", "--test")).split()
    until(lambda: " ".join(back) in done(cli("COAL", "answer")))
    (told,) = [m for m in nodes["COAL"].get("/api/messages?open=true") if m["key"][0] == back[0]]
    words = told["fields"]["nonce"]
    done(cli("COAL", "answer", *back, "reply", "-f", f"nonce={words}"))
    until(lambda: done(cli("COAL", "line")).splitlines()[0] == "L1 (AGR-1): OPEN")
    done(cli("RUS", "line", "L1", "--leave"))
    until(lambda: "DEGRADED: RUS unattended" in done(cli("COAL", "line", "L1")))


def test_who_answers_has_read_it_and_that_is_written_first(nodes, cli):
    key = nodes["COAL"].act(**say(text="displayed by its answer")).json()["key"]
    place = [key[0], str(key[1])]

    def step(party):
        rows = [m for m in nodes[party].get("/api/messages") if m["key"] == key]
        return rows[0]["ladder"][0] if rows else None

    until(lambda: step("RUS"))
    own = next(line for line in done(cli("RUS", "answer")).splitlines() if "  RUS: stored" in line)
    assert "stored yes, displayed no" in own  # a party gives itself no receipt: none is lacking
    assert step("RUS")["displayed_us"] is None
    done(cli("RUS", "answer", *place, "roger", "-f", "zone=Z1", "-f", "activity=hot"))
    found = until(lambda: (step("COAL") or {})["answer"] and step("COAL"))
    assert found["displayed_post"] == "duty-officer"
    assert found["displayed_us"] <= found["answer"]["at_us"]


def test_what_was_read_otherwise_is_told_to_both_with_the_words(nodes, cli):
    key = nodes["COAL"].act(**say(text="read otherwise")).json()["key"]
    until(lambda: [m for m in nodes["RUS"].get("/api/messages") if m["key"] == key])
    code, _, err = cli("RUS", "answer", key[0], str(key[1]), "roger", "-f", "zone=Z1",
                         "-f", "activity=\x1bcold")  # fmt: skip
    assert (code, err.count("\n")) == (0, 1)
    assert err == "parley: read-back differs: activity: said hot, read \\x1bcold\n"
    words = "read-back differs: activity: said hot, read \\x1bcold; say it again"
    until(lambda: words in done(cli("COAL", "answer")))
    for party in ("COAL", "RUS"):
        until(lambda party=party: words in done(cli(party, "answer")))


def test_how_long_a_message_is_valid_is_printed(nodes, cli):
    now_us = nodes["COAL"].get("/api/status")["now_us"]
    nodes["COAL"].act(**say(text="for a moment", valid_until_us=now_us + 1_500_000))
    listed = until(lambda: "for a moment" in (out := done(cli("COAL", "answer"))) and out)
    assert "; valid until " in listed
    until(lambda: "; EXPIRED " in done(cli("COAL", "answer")))


def test_a_suspension_shows_with_who_and_ends_with_resume(cli):
    done(cli("RUS", "line", "L1", "--declare", "suspended", "--at-once", "--reason", "a test"))
    until(lambda: "SUSPENDED: agreement suspended by RUS" in done(cli("COAL", "line")))
    refused = cli("COAL", "say", "--line", "L1", "--to", "RUS", "--text", "hello")
    assert refused[0] == 2
    assert "suspended by RUS" in refused[2]
    key = done(cli("COAL", "say", "--line", "L1", "--to", "RUS", "--type", "medevac.request",
                   "-f", "pick_up=35.0,39.0"))  # fmt: skip
    assert "COAL/line" in key  # life-safety passes
    done(cli("RUS", "line", "L1", "--declare", "in force"))
    until(lambda: "SUSPENDED" not in done(cli("COAL", "line")))


def test_both_states_of_a_zone_are_said_and_printed(nodes, cli):
    out = done(cli("RUS", "zone", "Z1"))
    assert "shown hot; activity unknown" in out
    done(cli("RUS", "zone", "Z1", "--activity", "cold"))
    assert "activity cold" in done(cli("RUS", "zone", "Z1"))
    code, _, err = cli("COAL", "zone", "Z1", "--activity", "cold")
    assert code == 2
    assert "by its owner RUS" in err
    row = lines_of(done(cli("RUS", "zone", "--json")))[0]
    assert row["view"]["zone"] == "Z1"


SOON_US = time.time_ns() // 1_000 + 3_600_000_000
CIRCLE = {"type": "circle", "centre": {"lat_deg": 35.0, "lon_deg": 39.0}, "radius_m": 1000.0}
INTENT = {
    "id": "I1", "party": "COAL", "flight": "F1",
    "volumes": [{
        "shape": CIRCLE,
        "lower": {"value_m": 0.0, "reference": "AMSL"},
        "upper": {"value_m": 1000.0, "reference": "AMSL"},
        "from_us": SOON_US, "to_us": SOON_US + 3_600_000_000,
    }],
}  # fmt: skip


def test_an_intent_is_filed_changed_and_seen_by_the_peer(nodes, cli, tmp_path):
    file = tmp_path / "intent.json"
    file.write_text(json.dumps(INTENT))
    done(cli("COAL", "intent", "--file", file))
    done(cli("COAL", "intent", "I1", "--state", "Activated"))
    until(lambda: "I1 of COAL (AGR-1): Activated, flight F1" in done(cli("RUS", "intent")))
    code, _, err = cli("COAL", "intent", "I1", "--state", "Accepted")
    assert (code, err.count("\n")) == (2, 1)
    file.write_text("{")
    assert cli("COAL", "intent", "--file", file)[0] == 2


@pytest.mark.row("R9")
def test_an_intent_is_checked_before_it_is_filed_and_filed_anyway(nodes, cli, tmp_path):
    file = tmp_path / "intent.json"
    where = INTENT["volumes"][0] | {
        "shape": CIRCLE | {"centre": {"lat_deg": 36.0, "lon_deg": 39.0}}
    }
    mine = INTENT | {"id": "C1", "volumes": [where]}
    file.write_text(json.dumps(mine))
    assert "C1.1 meets nothing that is held here" in done(
        cli("COAL", "intent", "--file", file, "--check")
    )
    done(cli("COAL", "intent", "--file", file))
    until(lambda: "C1 of COAL" in done(cli("RUS", "intent")))
    file.write_text(json.dumps(mine | {"id": "R1", "party": "RUS", "flight": "<b>F9"}))
    code, out, err = cli("RUS", "intent", "--file", file, "--check")
    assert (code, err) == (1, "")
    assert "intents COAL/C1.1 and RUS/R1.1 overlap: volumes 0 and 0" in out
    assert "tie: goes to the line L1" in out
    assert "time: free 60 min later" in out
    assert "level: free 1219 m higher" in out
    assert "R1 of RUS" not in done(cli("RUS", "intent")), "a check files nothing"
    code, out, err = cli("RUS", "intent", "--file", file, "--check", "--file-anyway")
    assert (code, err) == (0, "")
    until(lambda: "overlaps with 1" in done(cli("COAL", "intent", "R1")))
    for party in ("COAL", "RUS"):
        assert "COAL/C1.1 and RUS/R1.1 overlap" in done(cli(party, "intent", "--conflicts"))
    page = httpx.get(f"{nodes['COAL'].url}/", timeout=30).text
    assert "tie: goes to the line L1" in page
    assert "&lt;b&gt;F9" in page
    assert "<b>F9" not in page
    done(cli("RUS", "intent", "R1", "--delay-s", "3600"))
    until(
        lambda: (
            "R1 of RUS (AGR-1): Accepted, flight <b>F9, version 2" in done(cli("COAL", "intent"))
        )
    )
    for party in ("COAL", "RUS"):
        until(lambda p=party: "no overlap with yours" in done(cli(p, "intent", "--conflicts")))
    code, out, err = cli("RUS", "intent", "R1", "--climb-m", "-5000")
    assert (code, out, err.count("\n")) == (2, "", 1)


def test_alerts_say_what_is_not_watched(cli):
    # The peer may have told of its own alerts; this node's own picture is empty all the same.
    out = done(cli("RUS", "alerts"))
    assert "Not watched, or not fully: everything: no feed has reported" in out
    assert lines_of(done(cli("RUS", "alerts", "--json")))[-1]["aircraft"] == 0


def test_what_a_peer_wrote_cannot_move_the_cursor(nodes, cli):
    key = nodes["COAL"].act(**say(text="\x1b[2J\u202eabc\r\x00")).json()["key"]
    until(lambda: key[0] in done(cli("RUS", "answer")) and "u202e" in done(cli("RUS", "answer")))
    out = done(cli("RUS", "answer"))
    for letter in "\x1b\u202e\r\x00":
        assert letter not in out
    assert "\\x1b[2J\\u202eabc\\r\\x00" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["line", "L2", "--present"], "wanted one of L1"),
        (["line", "--present"], "a LINE and one of"),
        (["line", "L1", "--present", "--leave"], "a LINE and one of"),
        (["line", "L1", "--declare", "off"], "off"),
        (["say", "--line", "L1", "--to", "RUS", "--type", "fre.text"], "did you mean 'free.text'"),
        (["say", "--line", "L1", "--to", "RUS", "-f", "zone"], "NAME=VALUE"),
        (["say", "--line", "L1", "--to", "RUS", "-f", "a=1", "-f", "a=2"], "each name once"),
        (["say", "--line", "L1", "--to", "RUS", "--valid", "soon"], "soon"),
        (["say", "--line", "L1", "--to", "RUS", "--class", "NOTHING"], "DISTRESS, URGENT"),
        (["answer", "parley.example/AGR-1/COAL/line/2017"], "LOG, INDEX and ANSWER"),
        (["answer", "none", "3", "ROGER"], "a message held here"),
        (["zone", "Z11"], "did you mean 'Z1'?"),
        (["zone", "--activity", "hot"], "a ZONE and one of"),
        (["zone", "Z1", "--activity", "hot", "--from", "2017-06-20"], "an instant, not a date"),
        (["intent", "I9"], "not known"),
    ],
)
def test_what_is_refused_is_one_line_and_exit_2(cli, arguments, words):
    code, out, err = cli("COAL", *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1), err
    assert words in err


def test_a_node_is_named_by_host_and_port_as_well(nodes, capsys):
    here = nodes["COAL"].url.removeprefix("http://")
    code, out, err = parley_here(capsys, "line", "--node", here)
    assert (code, err) == (0, "")
    assert out.startswith("L1 (AGR-1): ")
    code, _, err = parley_here(capsys, "line", "--node", "example.org:80")
    assert (code, "a node's address on this machine" in err) == (2, True)


def test_without_its_token_or_its_node_nothing_is_done(nodes, capsys, tmp_path):
    url = nodes["COAL"].url
    present = ["line", "L1", "--present", "--agreement", "AGR-1"]
    code, _, err = parley_here(capsys, *present, "--node", url)
    assert (code, err.count("\n")) == (2, 1)
    assert "--token" in err
    code, _, err = parley_here(capsys, *present, "--node", url, "--token", nodes["RUS"].token_file)
    assert (code, err.count("\n")) == (2, 1)
    assert "Authorization" in err
    code, _, err = parley_here(capsys, "line", "--node", "http://127.0.0.1:9")
    assert (code, err.count("\n")) == (2, 1)
    assert "a running node" in err
    code, _, err = parley_here(capsys, "line", "--node", nodes["COAL"].file)
    assert (code, err.count("\n")) == (2, 1)
    assert "http port" in err
