"""`parley line`: each way with the ages of its tests, the past as a side knew it; and its API."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime

import pytest

from app.twonodes import WEB, parley_here, until
from parley.app.line_views import ago, change_lines, line_lines, past_lines
from parley.node.rules.line_history import LineChanges, PastVector
from parley.node.rules.lines import LineVector, Side
from parley.node.rules.tested import TestAge

pytest_plugins = ["app.sharednodes"]
pytestmark = pytest.mark.row("R1", "R3")


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


def stamp(offset_s: float = 0.0) -> str:
    return datetime.fromtimestamp(time.time() + offset_s, UTC).isoformat()


def test_each_way_is_printed_with_the_ages_of_both_tests(nodes, cli):
    key = done(cli("COAL", "line", "L1", "--test")).split()
    until(lambda: " ".join(key) in done(cli("RUS", "answer")))
    (told,) = [m for m in nodes["RUS"].get("/api/messages") if m["key"] == [key[0], int(key[1])]]
    done(cli("RUS", "answer", *key, "reply", "-f", f"nonce={told['fields']['nonce']}"))

    def person_line():
        rows = done(cli("COAL", "line", "L1")).splitlines()
        return next(r for r in rows if "person test COAL->RUS" in r)

    until(lambda: "(verified)" in person_line())
    assert "last good person test COAL->RUS" in person_line()
    rows = done(cli("COAL", "line", "L1")).splitlines()
    assert rows[1] == "  hours 24/7, within them now"
    assert any("last good machine test COAL->RUS" in row for row in rows)
    assert any("RUS hears COAL: up, as RUS said" in row for row in rows)
    (row,) = done(cli("COAL", "line", "L1", "--json")).splitlines()
    ways = json.loads(row)["directions"]
    kinds = {(w["sender"], t["kind"]): t["word"] for w in ways for t in w["tests"]}
    assert set(kinds) == {(p, k) for p in ("COAL", "RUS") for k in ("machine", "person")}
    assert kinds["COAL", "person"] == "verified"


def test_a_machines_test_waits_for_nobody_and_is_in_no_list_of_open_messages(nodes, cli):
    done(cli("COAL", "line", "L1", "--test"))
    machine = "line.test.machine"
    until(lambda: machine in {m["message_type"] for m in nodes["RUS"].get("/api/messages")})
    until(
        lambda: all(
            m["ladder"][0]["answer"]
            for m in nodes["RUS"].get("/api/messages")
            if m["message_type"] == machine
        )
    )
    assert machine not in done(cli("RUS", "answer"))


@pytest.mark.row("S3", "S4")
def test_the_past_is_told_as_each_side_knew_it(nodes, cli):
    start = stamp(-1)
    done(cli("RUS", "line", "L1", "--declare", "suspended", "--at-once", "--reason", "the strike"))
    until(lambda: "SUSPENDED" in done(cli("COAL", "line", "L1")).splitlines()[0])
    suspended = stamp()
    assert "single-signed" in done(cli("COAL", "line", "L1"))
    done(cli("RUS", "line", "L1", "--declare", "in force", "--reason", "talks"))
    until(lambda: "SUSPENDED" not in done(cli("COAL", "line", "L1")).splitlines()[0])
    done(cli("COAL", "line", "L1", "--present"))
    for party in ("COAL", "RUS"):
        then = done(cli(party, "line", "L1", "--at", suspended, "--as", "RUS")).splitlines()
        assert then[0].endswith("by what RUS surely knew:")
        assert "SUSPENDED: agreement suspended by RUS" in then[1]
        assert any("(the strike)" in row for row in then)
        rows = done(cli(party, "line", "L1", "--changes", f"{start}/", "--as", "RUS"))
        assert "-> SUSPENDED: agreement suspended by RUS" in rows
        assert "SUSPENDED -> DEGRADED: " in rows
        (row,) = done(
            cli(party, "line", "L1", "--changes", f"{start}/{stamp()}", "--as", "RUS", "--json")
        ).splitlines()
        assert [c["after"] for c in json.loads(row)["changes"]][-1] == "DEGRADED"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--at", "yesterday"], "wanted an RFC 3339 time"),
        (["--at", "2017-06-19"], "an instant, not a date"),
        (["--at", "2026-01-01T00:00:00Z", "--as", "NOBODY"], "viewer is NOBODY"),
        (["--changes", "2026-01-02T00:00:00Z/2026-01-01T00:00:00Z"], "its beginning first"),
        (["--changes", "/"], "query from"),
        (["--at", "2026-01-01T00:00:00Z", "--present"], "a LINE and one of"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_one_line(cli, arguments, words):
    code, out, err = cli("COAL", "line", "L1", *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert words in err


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/lines/L9/history", 404),
        ("/api/lines/L1/history?agreement=AGR-9", 404),
        ("/api/lines/L1/history?at=x", 400),
        ("/api/lines/L1/changes", 400),
    ],
)
def test_the_api_refuses_what_it_has_not(nodes, path, status):
    reply = WEB.get(f"{nodes['COAL'].url}{path}")
    assert reply.status_code == status, reply.text


def test_the_page_shows_each_way_and_who_signed(nodes, cli):
    done(cli("RUS", "line", "L1", "--declare", "suspended", "--at-once"))
    page = until(
        lambda: text if "single-signed" in (text := WEB.get(nodes["COAL"].url).text) else None
    )
    for words in (
        "Each way of L1", "Last good machine test", "Last good person test", "Watch hours: 24/7",
    ):  # fmt: skip
        assert words in page
    done(cli("RUS", "line", "L1", "--declare", "in force"))


def test_ages_are_said_as_people_say_them():
    assert ago(0, 45_000_000) == "45 s ago"
    assert ago(0, 12 * 60_000_000 + 34_000_000) == "12 min ago"
    assert ago(0, 3 * 365 * 86_400_000_000) == "1095 d ago"
    assert ago(5_000_000, 0) == "in 5 s"


def empty(**changes):
    values = {
        "agreement": "AB", "line": "L", "at_us": 0, "sides": (), "test": "never",
        "test_good_us": None, "glance": "DOWN", "missing": (), "viewer": "A", "hours": "x",
    }  # fmt: skip
    return LineVector(**(values | changes))


def test_a_vector_without_tests_and_a_past_without_doubt_are_told_so():
    side = Side(
        party="B", agreement="in force", agreement_since_us=None, agreement_by=None, link="down",
        heard_us=None, attended="unknown", attended_since_us=None, used_last_us=None,
        used_24h_count=0,
    )  # fmt: skip
    rows = line_lines(empty(sides=(side,)))
    assert rows == [
        "L (AB): DOWN",
        "  hours x, not readable",
        "  B: in force, link down, heard never, unknown",
        "  test never, last good never",
    ]
    past = PastVector(viewer="A", at_us=0, certain=empty(), perhaps=empty(), besides=())
    assert past_lines(past)[-1] == "A may have known nothing else that is held here."
    none = LineChanges(viewer="A", from_us=0, to_us=60_000_000, first="DOWN", changes=())
    assert change_lines(none)[-1] == "no change until 1970-01-01T00:01:00Z"
    assert TestAge(kind="person", word="never").missed == 0
