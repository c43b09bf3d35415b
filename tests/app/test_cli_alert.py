"""`parley alerts`, `parley alert`, `parley formation` and the page's buttons, at two real nodes."""

from __future__ import annotations

import json
import re
import threading
import time

import httpx
import pytest

from app.twonodes import WEB, lines_of, make_pair, parley_here, running, until

PATIENCE_S = 120.0
"""The first look of a fresh checkout compiles its kernels."""


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    """Two nodes with a feed each that goes on: two pairs side by side, inside the minima."""
    stop = threading.Event()
    with running(make_pair(tmp_path_factory.mktemp("alert"), tracks=True)) as started:
        each = list(started.values())
        for node in each * 2:
            # Whatever is compiled at a first look is, before anybody waits for an answer.
            report(node, [("W1", "COAL", 10.0, 0.0), ("W2", "RUS", 10.3, 0.0)], 9.5)
            time.sleep(1.01)
        began_us = each[0].get("/api/status")["now_us"]
        feeding = threading.Thread(target=feed, args=(each, began_us, stop))
        feeding.start()
        try:
            for node in each:
                until(lambda node=node: len(conflicts(node)) == 2, within_s=PATIENCE_S)
            yield started
        finally:
            stop.set()
            feeding.join()


def feed(each, began_us, stop):
    while not stop.wait(1.01):
        for node in each:
            moved_deg = (node.get("/api/status")["now_us"] - began_us) / 1e6 * 0.0005
            for n in (1, 2):
                own, other = (f"OWN{n}", "COAL", 35.0), (f"OTH{n}", "RUS", 35.01)
                report(node, [(*flight, moved_deg) for flight in (own, other)], 37.5 + 2 * n)


def report(node, flights, lon_deg):
    """Report aircraft on one meridian now, by the node's own clock."""
    at_us = node.get("/api/status")["now_us"]
    rows = [
        {
            "aircraft": name, "at_us": at_us, "lat_deg": lat_deg + moved_deg, "lon_deg": lon_deg,
            "altitude_m": 3000.0, "altitude_reference": "STD", "party": party,
        }
        for name, party, lat_deg, moved_deg in flights
    ]  # fmt: skip
    body = {"feed": "radar", "reports": rows}
    headers = {"Authorization": f"Bearer {node.token}"}
    reply = WEB.post(f"{node.url}/api/tracks", json=body, headers=headers, timeout=PATIENCE_S)
    assert reply.status_code == 202, reply.text


def conflicts(node):
    return [a for a in node.get("/api/alerts")["alerts"] if a["forms"]]


def of(node, name):
    return next(a for a in conflicts(node) if name in a["aircraft"])


@pytest.fixture
def cli(nodes, capsys):
    """Give the command line at a party's node: exit code, stdout, stderr."""

    def run(party, *arguments):
        node = nodes[party]
        return parley_here(capsys, *arguments, "--node", node.url, "--token", node.token_file)

    return run


def done(result):
    code, out, err = result
    assert code == 0, err
    return out


def test_the_list_says_class_time_minima_who_has_it_and_times_to_act(nodes, cli):
    del nodes
    text = done(cli("COAL", "alerts"))
    assert re.search(
        r"(short-term|own move only): OTH1 and OWN1: loss \S+Z \(\D+\d.*?\), clause c1", text
    )
    assert re.search(
        r"  OWN1 of COAL at \S+Z \(\d+ s ago\): 35\.\d{4} 39\.5\d*, 9843 ft STD, track 000 at ",
        text,
    )
    assert "minima 3.00 NM or 3000 ft" in text
    assert "RUS has it: yes" in text
    assert "P not known" in text
    assert "COAL 10 min (default: 0 samples of 20)" in text
    assert "Not watched, or not fully: aircraft that no feed of this node reports" in text
    assert "feed radar: last report " in text
    rows = lines_of(done(cli("COAL", "alerts", "--json")))
    assert {"by_status", "not_watched"} <= set(rows[-1])


def test_one_alert_is_printed_whole_and_may_be_over(nodes, cli):
    alert = of(nodes["COAL"], "OWN1")
    log, index = alert["key"]
    text = done(cli("COAL", "alert", "show", log, index))
    assert f"evaluated by {alert['evaluator']}" in text
    assert "minima exactly 5556000 mm or 914400 mm" in text
    assert "horizontal not known" in text
    (row,) = lines_of(done(cli("COAL", "alert", "show", log, index, "--json")))
    assert row["states"] == alert["states"]
    code, _, err = cli("COAL", "alert", "show", log, 9999)
    assert code == 2
    assert "an alert that is held here" in err


def test_seen_and_called_are_marked_once_and_both_nodes_show_whose(nodes, cli):
    log, index = of(nodes["COAL"], "OWN1")["key"]
    assert of(nodes["COAL"], "OWN1")["life"]["word"] == "new"
    written = done(cli("COAL", "alert", "seen", log, index)).split()
    assert written[0].endswith("/line/" + written[0].rsplit("/", 1)[1])
    again = done(cli("COAL", "alert", "seen", log, index))
    assert "it was so already" in again
    assert "SEEN; COAL: seen " in done(cli("COAL", "alerts"))

    def told():
        return next(p for p in of(nodes["RUS"], "OWN1")["life"]["parties"] if p["party"] == "COAL")

    until(lambda: told()["word"] == "seen")
    assert of(nodes["RUS"], "OWN1")["life"]["word"] == "new"
    said = done(
        cli("COAL", "say", "--line", "L1", "--to", "RUS", "--text", "OWN1 turns left",
            "--no-answer", "--about-alert", log, index)
    ).split()  # fmt: skip
    until(lambda: told()["word"] == "called")
    assert told()["called_how"] == "message"
    assert told()["about"] == [said[0], int(said[1])]
    assert done(cli("RUS", "alert", "called", log, index, "--text", "by radio"))
    words = until(lambda: [p["word"] for p in of(nodes["COAL"], "OWN1")["life"]["parties"]
                           if p["party"] == "RUS"] == ["called"])  # fmt: skip
    assert words
    assert "RUS: called " in done(cli("COAL", "alerts"))


def test_a_telephone_call_about_an_alert_is_a_call(nodes, cli):
    log, index = of(nodes["RUS"], "OWN2")["key"]
    done(
        cli("RUS", "call", "L1", "--with", "COAL", "--began", "now", "--subject", "OWN2",
            "--about", log, index)
    )  # fmt: skip
    ours = next(p for p in of(nodes["RUS"], "OWN2")["life"]["parties"] if p["party"] == "RUS")
    assert (ours["word"], ours["called_how"]) == ("called", "telephone")


def test_the_alarm_of_a_conflict_is_taken_by_the_same_act(nodes, cli):
    code, text, _ = cli("COAL", "alarm")
    (name,) = re.findall(r"^conflict:\S+", text, re.MULTILINE)[-1:]
    done(cli("COAL", "alarm", "ack", name))
    assert of(nodes["COAL"], "OWN2")["life"]["word"] in ("seen", "called")
    del code


def test_the_page_marks_by_its_buttons_and_says_so(nodes):
    rus = nodes["RUS"]
    with httpx.Client(base_url=rus.url, follow_redirects=True, verify=False) as browser:
        browser.post("/sign-in", data={"token": rus.token})
        page = browser.get("/?refresh=off").text
        assert 'value="seen">Seen' in page
        alert = of(rus, "OWN2")
        number = re.search(r'name="form" value="(\w+)"', page)[1]
        newest = alert["forms"][0]["key"]
        reply = browser.post(
            "/act",
            data={
                "form": number, "kind": "alert", "log": alert["key"][0],
                "index": alert["key"][1], "renewal_log": newest[0], "renewal_index": newest[1],
                "post": "duty-officer", "stage": "called",
            },
        )  # fmt: skip
    assert reply.status_code == 200
    assert "signed and stored here, for this party alone" in reply.text
    assert of(rus, "OWN2")["life"]["word"] == "called"


def test_a_formation_is_declared_confirmed_and_ended(nodes, cli):
    del nodes
    declared = done(
        cli("COAL", "formation", "declare", "TANKER", "--agreement", "AGR-1", "--flight",
            "COAL=C9", "--flight", "RUS=R9", "--radius", "2NM", "--vertical", "500ft",
            "--for", "40min")
    ).split()  # fmt: skip
    until(lambda: "TANKER" in done(cli("RUS", "formation", "list")))
    assert "WAITING (not confirmed by RUS)" in done(cli("RUS", "formation", "list"))
    done(cli("RUS", "formation", "confirm", *declared))
    until(lambda: "IN FORCE" in done(cli("COAL", "formation", "list")))
    done(cli("RUS", "formation", "end", *declared, "--reason", "split"))
    assert "ENDED" in done(cli("RUS", "formation", "list"))
    assert cli("RUS", "formation", "confirm", declared[0], 9999)[0] == 2
    assert cli("COAL", "formation", "declare", "X", "--agreement", "AGR-1", "--flight", "COAL",
               "--radius", "2NM", "--vertical", "500ft", "--for", "40min")[0] == 2  # fmt: skip


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/alerts?first=x", 400),
        ("/api/alerts?count=-1", 400),
        ("/api/alerts/parley.example/AGR-1/COAL/ops/2026/x", 400),
        ("/api/alerts/parley.example/AGR-1/COAL/ops/2026/99999", 404),
    ],
)
def test_a_bad_question_is_one_fault(nodes, path, status):
    reply = WEB.get(nodes["COAL"].url + path)
    assert reply.status_code == status
    assert json.loads(reply.text)["fault"]


def test_the_load_of_the_post_is_measured(nodes):
    (load,) = (x for x in nodes["COAL"].get("/api/alarms")["load"] if x["post"] == "duty-officer")
    assert load["in_10_min"] >= 2
    assert load["most_in_10_min"] >= load["p95_in_10_min"]
