"""`parley call`, `parley relay`, their API and the page, at two real nodes on sockets."""

from __future__ import annotations

import json
import re

import pytest
from nodekit import do

from app.storedworld import drill, linked, write_node
from app.twonodes import WEB, lines_of, parley_here, say, until
from parley.app.call_times import parse_past_us
from parley.node.inputs import LogCall
from parley.world.faults import InputFault
from parley.world.time import format_instant, parse_instant_us

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


def of(text, words):
    """Return the part of a list that tells of one call: from its head line on."""
    lines = text.splitlines()
    found = [n for n, line in enumerate(lines) if words in line and not line.startswith(" ")]
    if not found:
        return ""
    rest = [n for n in range(found[0] + 1, len(lines)) if not lines[n].startswith(" ")]
    return "\n".join(lines[found[0] : rest[0] if rest else None])


@pytest.mark.row("A17", "S10")
def test_both_ends_enter_a_call_and_each_sees_the_others_word(nodes, cli):
    key = done(
        cli("COAL", "call", "L1", "--with", "RUS", "--began", "200 min ago", "--for", "4min",
            "--subject", "clash A", "-f", "zone=Z1", "--read-back", "zone=Z7",
            "--recorder", "tape 4", "--spoke-with", "duty officer")
    ).split()  # fmt: skip
    until(lambda: of(done(cli("RUS", "call", "L1")), "clash A"))
    alone = of(done(cli("RUS", "call", "L1")), "clash A")
    assert "COAL called RUS about clash A: one-sided: said by COAL alone" in alone
    assert "ENTERED LATE at " in alone
    assert "DIFFERS in read back otherwise: zone: COAL: Z1, RUS: Z7" in alone
    assert " ".join(key) in alone
    done(
        cli("RUS", "call", "L1", "--with", "COAL", "--received", "--began", "199 min ago",
            "--for", "3min", "--subject", "clash A", "-f", "zone=Z7")
    )  # fmt: skip
    both = until(
        lambda: "matched, with differences" in (t := of(done(cli("COAL", "call")), "clash A")) and t
    )
    assert "DIFFERS in said: zone: COAL: Z1, RUS: Z7" in both
    assert "recorder tape 4" in both
    rows = lines_of(done(cli("COAL", "call", "--json")))
    (row,) = (r for r in rows if any(end["subject"] == "clash A" for end in r["ends"]))
    coal = next(end for end in row["ends"] if end["party"] == "COAL")
    # Three times, each an interval, and none in the place of another.
    times = coal["times"]
    assert times["happened"]["to_us"] - times["happened"]["from_us"] == 240_000_000
    assert times["sent"]["from_us"] - times["happened"]["to_us"] > 190 * 60_000_000
    known = until(
        lambda: next(
            end["times"]["known"]
            for view in nodes["COAL"].get("/api/calls?line=L1")["calls"]
            for end in view["ends"]
            if end["key"] == coal["key"]
        )
    )
    assert known["from_us"] <= known["to_us"]


def test_unanswered_refused_and_failed_are_three_things_on_the_list_too(cli):
    for outcome, more in (
        ("no answer", ()), ("refused", ("--reason", "ordered not to")),
        ("technical failure", ("--reason", "no tone")),
    ):  # fmt: skip
        done(
            cli("RUS", "call", "L1", "--with", "COAL", "--began", "30 min ago", "--outcome",
                outcome, *more)
        )  # fmt: skip
    listed = done(cli("RUS", "call", "L1"))
    assert "RUS: refused (ordered not to)," in listed
    assert "RUS: technical failure (no tone)," in listed
    counts = next(each for each in listed.splitlines() if "RUS to COAL" in each)
    assert "1 not answered, 1 refused, 1 technical failure" in counts
    assert "last not answered 20" in counts


def test_a_call_stands_beside_the_message_it_was_about_and_a_correction_counts(nodes, cli):
    message = nodes["COAL"].act(**say(text="about which they telephone")).json()["key"]
    place = [message[0], str(message[1])]
    first = done(
        cli("COAL", "call", "L1", "--with", "RUS", "--began", "now", "--subject", "clash B",
            "--about", *place)
    ).split()  # fmt: skip
    second = done(
        cli("COAL", "call", "L1", "--with", "RUS", "--began", "now", "--subject", "clash C",
            "--ref", *first)
    ).split()  # fmt: skip
    listed = of(done(cli("COAL", "call")), "clash C")
    assert f"about {' '.join(place)}" in listed
    assert f"COAL: corrects {' '.join(first)}" in listed
    assert " ".join(second) in listed
    assert of(done(cli("COAL", "call")), "clash B") == ""
    # It is no answer: the message is as open as it was.
    rows = [m for m in nodes["COAL"].get("/api/messages?open=true") if m["key"] == message]
    assert [step["answer"] for step in rows[0]["ladder"]] == [None]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("L1", "--began", "now"), "--with"),
        (("L1", "--with", "RUS"), "--began"),
        (("L1", "--with", "RUS", "--began", "now", "--for", "1min", "--ended", "now"), "--for"),
        (("L1", "--with", "RUS", "--began", "soon", "--subject", "x"), "--began"),
        (("L1", "--with", "RUS", "--began", "2099-01-01T00:00Z", "--subject", "x"), "not after"),
        (("L2", "--with", "RUS", "--began", "now", "--subject", "x"), "one of L1"),
        (("L1", "--with", "RUS", "--began", "now"), "call subject"),
        (("L1", "--with", "RUS", "--began", "now", "--outcome", "refused"), "reason"),
        (("L1", "--with", "RUS", "--began", "now", "--subject", "x", "--post", "cook"), "post of"),
        (("L1", "--with", "RUS", "--began", "now", "--subject", "x", "--ref", "none", "0"), "log"),
    ],
)
def test_what_cannot_be_entered_is_refused_with_what_is_wanted(cli, arguments, words):
    code, out, err = cli("COAL", "call", *arguments)
    assert (code, out) == (2, "")
    assert words in err


def test_what_a_peer_wrote_moves_no_cursor_and_makes_no_line_of_its_own(nodes, cli):
    text = "up\x1b[2J\u202eback\nL1 (AGR-1): matched"
    now_us = nodes["RUS"].get("/api/status")["now_us"]
    reply = nodes["RUS"].act(
        type="log_call", agreement="AGR-1", line="L1", post="duty-officer", party="COAL",
        outcome="talked", began_us=now_us - 1_000_000, subject="clash D", text=text,
    )  # fmt: skip
    assert reply.status_code == 201, reply.text
    listed = until(lambda: of(done(cli("COAL", "call")), "clash D"))
    assert "\x1b" not in listed
    assert "\u202e" not in listed
    assert "RUS: up\\x1b[2J\\u202eback\\nL1 (AGR-1): matched" in listed


@pytest.mark.row("A18")
def test_a_relay_is_asked_taken_and_reported_and_both_see_it(nodes, cli):
    key = done(
        cli("COAL", "say", "--line", "L1", "--to", "RUS", "--type", "relay.request",
            "-f", "third=SYR", "--text", "stop the firing")
    ).split()  # fmt: skip
    head = "relay to SYR, COAL to RUS on L1"
    assert f"{head}: ASKED at " in done(cli("COAL", "relay"))
    until(lambda: " ".join(key) in done(cli("RUS", "answer")))
    done(cli("RUS", "answer", *key, "wilco", "-f", "third=SYR"))
    until(lambda: f"{head}: TAKEN by duty-officer of RUS" in done(cli("COAL", "relay")))
    assert ", outstanding for " in done(cli("COAL", "relay"))
    code, _, err = cli("COAL", "relay", *key, "passed")
    assert (code, "relay report" in err) == (2, True)
    code, _, err = cli("RUS", "relay", *key)
    assert (code, "OUTCOME" in err) == (2, True)
    done(cli("RUS", "relay", *key, "passed", "--at", "now", "--received-by", "their duty officer"))
    until(lambda: f"{head}: PASSED by duty-officer of RUS" in done(cli("COAL", "relay")))
    assert "  received by their duty officer" in done(cli("COAL", "relay"))
    (row,) = (r for r in nodes["COAL"].get("/api/relays") if r["key"] == [key[0], int(key[1])])
    assert (row["state"], row["age_s"], row["message"]) == ("passed", None, "stop the firing")
    assert lines_of(done(cli("RUS", "relay", "--json")))[0]["third"] == "SYR"


def test_the_page_lists_calls_and_takes_one_without_any_script(nodes):
    node = nodes["COAL"]
    reply = WEB.post(f"{node.url}/sign-in", data={"token": node.token}, follow_redirects=False)
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in reply.cookies.items())}
    page = WEB.get(f"{node.url}/?refresh=off", headers=headers).text
    assert "Enter a telephone call on L1 under AGR-1" in page
    number = page.split('name="form" value="')[1].split('"')[0]
    form = {
        "form": number, "kind": "call", "line": "AGR-1|L1", "post": "duty-officer",
        "party": "RUS", "direction": "placed", "began": "20 min ago", "ended": "10 min ago",
        "outcome": "talked", "subject": "clash E", "more": "zone: Z1\nlevel: FL310",
        "read": "zone: Z2", "text": "<b>not bold</b>",
    }  # fmt: skip
    sent = WEB.post(f"{node.url}/act", data=form, headers=headers, follow_redirects=False)
    assert (sent.status_code, sent.headers["location"]) == (303, "/?done=call")
    page = WEB.get(f"{node.url}/", headers=headers).text
    part = page.split('id="calls"')[1].split("</section>")[0]
    assert "one-sided: said by COAL alone" in part
    assert "ENTERED LATE at " in part
    assert "clash E" in part
    assert "<b>not bold" not in part
    for wrong, status in (({"began": "soon"}, 422), ({"outcome": ""}, 422), ({"party": ""}, 409)):
        bad = WEB.post(f"{node.url}/act", data=form | wrong, headers=headers)
        assert bad.status_code == status


@pytest.mark.row("A17", "S10")
def test_the_proof_of_a_silence_holds_a_call_that_was_entered_after_the_window(capsys, tmp_path):
    world = linked(drill(rules_version=3))
    began_us = world.now_us + 5_000_000
    world.run(1200)

    def enter(party, other, direction):
        do(world, party, LogCall(
            agreement="AB", line="LINE-AB", post="desk", party=other, direction=direction,
            outcome="talked", began_us=began_us, ended_us=began_us + 7_000_000, subject="ground",
        ))  # fmt: skip
        world.run(3)

    def ask(name, subject="ground"):
        folder = write_node(world, "BRAVO", tmp_path / name)
        pack = tmp_path / f"{name}.zip"
        until = format_instant(began_us + 60_000_000)
        window = ["--from", format_instant(began_us - 1), "--to", until]
        asked = ["log", "silence", folder, "--agreement", "AB", *window, "--line", "LINE-AB",
                 "--party", "ALFA", "--subject", subject, "-o", pack]  # fmt: skip
        code, out, _ = parley_here(capsys, *asked)
        # Whoever gets the pack finds the same.
        verified, _, err = parley_here(capsys, "verify", pack)
        assert verified == 0, err
        return code, out

    enter("ALFA", "BRAVO", "placed")
    code, out = ask("alone")
    assert code == 1
    assert "a call entered late, after the window, by ALFA alone" in out
    assert ask("other", "air")[0] == 0
    enter("BRAVO", "ALFA", "received")
    code, out = ask("both")
    assert (code, out.splitlines()[0]) == (0, "in these logs: 1 entry")
    assert "said by both ends, entered late, after the window" in out


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("now", "2017-06-20T12:00:00Z"),
        ("10 min ago", "2017-06-20T11:50:00Z"),
        (" 90s ago ", "2017-06-20T11:58:30Z"),
        ("09:40Z", "2017-06-20T09:40:00Z"),
        ("12:01Z", "2017-06-19T12:01:00Z"),
        ("2017-06-20T13:00:00+02:00", "2017-06-20T11:00:00Z"),
    ],
)
def test_times_are_read_as_people_say_them(text, at):
    now_us = parse_instant_us("2017-06-20T12:00:00Z")
    assert parse_past_us(text, now_us, "began") == parse_instant_us(at)


@pytest.mark.parametrize("text", ["", "09:40", "ago", "ten min ago", "25:00Z", "yesterday"])
def test_a_time_that_is_none_is_refused(text):
    with pytest.raises(InputFault, match="began"):
        parse_past_us(text, parse_instant_us("2017-06-20T12:00:00Z"), "began")


def test_a_json_act_of_a_call_has_its_fields_checked(nodes):
    reply = nodes["COAL"].act(type="log_call", agreement="AGR-1", wiht="RUS")
    assert reply.status_code == 422
    assert json.loads(reply.text)


def test_an_outcome_is_typed_as_it_reads_and_any_other_is_answered_with_the_list(cli):
    with_rus = ("call", "L1", "--with", "RUS", "--began", "50 min ago", "--outcome")
    done(cli("COAL", *with_rus, "no-answer"))
    code, out, err = cli("COAL", *with_rus, "noanswer")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "wanted one of talked, no answer, refused, technical failure" in err


def test_people_are_shown_whole_seconds_and_machines_exact_times(nodes, cli):
    done(cli("COAL", "call", "L1", "--with", "RUS", "--began", "1 min ago", "--subject", "clash Z"))
    nodes["COAL"].act(**say(message_type="zone.notice", text="seconds",
                            fields={"zone": "Z1", "window": "a/b"}))  # fmt: skip
    for listing in (("line",), ("call",), ("relay",), ("answer",)):
        out = done(cli("COAL", *listing))
        assert not re.search(r"\d\d:\d\d:\d\d\.\d", out), out
    assert re.search(r"_us\":\d{16}", cli("COAL", "call", "--json")[1])
