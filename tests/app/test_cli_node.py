from __future__ import annotations

import json
import subprocess
import sys

import pytest

from app.twonodes import (
    T0_US,
    Running,
    environment,
    linked,
    make_pair,
    parley_here,
    running,
    say,
    until,
)
from parley.app.config import load_node
from parley.app.process import make_crank
from parley.node.snapshots import digest
from parley.store.sqlite import Store


def test_init_makes_a_node_and_prints_what_its_peers_need(capsys, tmp_path):
    code, out, err = parley_here(
        capsys, "node", "init", tmp_path / "n", "--party", "COAL", "--listen", "127.0.0.1:7001"
    )
    assert (code, err) == (0, "")
    assert out.startswith("[[peer]]")
    assert load_node(tmp_path / "n" / "node.toml").identity.keys.log.verifier.vkey in out
    code, out, err = parley_here(capsys, "node", "init", tmp_path / "n", "--party", "COAL")
    assert (code, out) == (2, "")
    assert "there already" in err


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[listen]", "[lisen]", "did you mean 'listen'?"),
        ('store = "parley.db"', 'store = "no/such/folder.db"', "no such folder"),
        ('token = "token"', 'token = "tokn"', "tokn"),
        ("party = ", "party = = ", "TOML"),
    ],
)
def test_a_bad_configuration_is_one_line_and_exit_2(capsys, tmp_path, old, new, words):
    file = make_pair(tmp_path)["COAL"]
    file.write_text(file.read_text().replace(old, new, 1))
    code, out, err = parley_here(capsys, "node", "run", file)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert words in err


def test_a_missing_file_a_taken_port_and_a_strange_store_are_one_line_each(capsys, tmp_path):
    files = make_pair(tmp_path)
    code, _, err = parley_here(capsys, "node", "run", tmp_path / "none.toml")
    assert (code, err.count("\n")) == (2, 1)
    text = files["COAL"].read_text()
    port = text.partition("[listen]")[2].partition("port = ")[2].partition("\n")[0]
    with_http = text.replace('port = 0\ntoken = "token"', f'port = {port}\ntoken = "token"')
    files["COAL"].write_text(with_http)
    code, _, err = parley_here(capsys, "node", "run", files["COAL"])
    assert (code, err.count("\n")) == (2, 1)
    assert f"listen 127.0.0.1:{port}" in err
    files["COAL"].write_text(text.replace('store = "parley.db"', 'store = "node.toml"'))
    code, _, err = parley_here(capsys, "node", "run", files["COAL"])
    assert (code, err.count("\n")) == (2, 1)
    files["COAL"].write_text(text.replace('store = "parley.db"', 'store = "../RUS/parley.db"'))
    with Store(tmp_path / "RUS" / "parley.db") as store:
        store.put_meta("party", "RUS")
    code, _, err = parley_here(capsys, "node", "run", files["COAL"])
    assert (code, err.count("\n")) == (2, 1)
    assert "store is of RUS, wanted the store of COAL" in err


# ---- two nodes, and kill -9 ---------------------------------------------------------------------


def mind(file):
    """Return the digest of what a stopped node's store holds, and its sizes."""
    setup = load_node(file)
    with Store(setup.store) as store:
        state = make_crank(setup, store).state
        return digest(state.scope("AGR-1")), {n: store.size(n) for n in store.origins()}


def test_killed_and_started_again_a_node_has_lost_nothing_that_it_acknowledged(tmp_path):
    files = make_pair(tmp_path)
    with running(files) as nodes:
        coal, rus = nodes["COAL"], nodes["RUS"]
        keys = [coal.act(**say(text=f"number {n}")).json()["key"] for n in range(20)]
        until(lambda: len(rus.get("/api/messages")) == 20)
        rus_key = rus.act(
            type="answer", ref=keys[0], post="duty-officer", answer="ROGER",
            fields={"zone": "Z1", "activity": "hot"},
        ).json()["key"]  # fmt: skip
        keys.append(coal.act(**say(text="the last before the end")).json()["key"])
        coal.kill()
        held = {log["origin"]: log["size"] for log in rus.get("/api/logs")}
        nodes["COAL"] = coal = Running(files["COAL"])
        sizes = {log["origin"]: log["size"] for log in coal.get("/api/logs")}
        for origin, index in keys:  # all that its client was told
            assert sizes[origin] > index
        for origin, size in held.items():  # all that its peer held of it
            if "/COAL/" in origin:
                assert sizes[origin] >= size
        linked(nodes)
        until(lambda: len(rus.get("/api/messages")) == 21)
        until(lambda: _step(coal, keys[0])["read_back"] == "matched")
        assert _step(coal, keys[0])["answer"]["at_us"] > 0
        until(lambda: _quiet(coal, rus_key, len(keys)) and _heads(coal) == _heads(rus))
        assert coal.stop() == rus.stop() == 0
    assert mind(files["COAL"]) == mind(files["RUS"])


def _step(node, key):
    return next(m for m in node.get("/api/messages") if m["key"] == key)["ladder"][0]


def _heads(node):
    return {log["origin"]: (log["size"], log["root"]) for log in node.get("/api/logs")}


def _quiet(node, rus_key, messages):
    """Whether this node holds all that the test wrote, the check included.

    What it measured of the link, which went down and came up, stands there beside it.
    """
    logs = _heads(node)
    ours = [size for origin, (size, _) in logs.items() if "/COAL/line/" in origin]
    return logs.get(rus_key[0], (0, ""))[0] > rus_key[1] and ours and ours[0] > 1 + messages


def test_a_second_node_on_the_same_store_is_refused(capsys, tmp_path):
    files = make_pair(tmp_path)
    first = Running(files["COAL"])
    try:
        for named in (files["COAL"], files["COAL"].parent):
            code, _, err = parley_here(capsys, "node", "run", named)
            assert (code, err.count("\n")) == (2, 1)
            assert "held by another process" in err
    finally:
        assert first.stop() == 0


# ---- driven -------------------------------------------------------------------------------------


class Driven:
    def __init__(self, file):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "parley", "node", "run", str(file), "--driven"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env=environment(),
        )  # fmt: skip
        self.ready = self.read()

    def read(self):
        return json.loads(self.process.stdout.readline())

    def ask(self, **command):
        self.process.stdin.write(json.dumps(command).encode() + b"\n")
        self.process.stdin.flush()
        return self.read()


@pytest.fixture
def driven(tmp_path):
    nodes = {party: Driven(file) for party, file in make_pair(tmp_path).items()}
    yield nodes
    for node in nodes.values():
        node.process.stdin.close()
        assert node.process.wait(60) == 0  # the end of stdin is a clean stop
        node.process.stdout.close()


def settled(nodes):
    """Return both standings once they are idle: twice the same, and all that was sent is there."""
    before = None

    def idle():
        nonlocal before
        now = {party: node.ask(do="status") for party, node in nodes.items()}
        one, other = now["COAL"]["links"].get("RUS"), now["RUS"]["links"].get("COAL")
        even = (
            one and other and one["proven"] and other["proven"]
            and one["sent"] == other["received"] and other["sent"] == one["received"]
            and now["COAL"]["queue"] == now["RUS"]["queue"] == 0
        )  # fmt: skip
        same, before = before == (one, other), (one, other)
        return now if even and same else None

    return until(idle)


def test_a_driven_node_lives_in_its_drivers_time(driven):
    coal, rus = driven["COAL"], driven["RUS"]
    assert coal.ready["do"] == "ready"
    assert coal.ready["http_port"] > 0
    assert coal.ask(do="status")["logs"] == {}  # nothing is turned before the first advance
    for node in driven.values():
        written = node.ask(do="advance", now_us=T0_US)["written"]
        assert [w["type"] for w in written] == ["log.opened", "log.opened", "agreement.adopted"]
    settled(driven)
    inputs = [say(), say(line="L9"), {"type": "be_present", "agreement": "AGR-1", "line": "L1",
                                      "post": "duty-officer"}]  # fmt: skip
    reply = coal.ask(do="advance", now_us=T0_US + 1_000_000, inputs=inputs)
    assert [e["input"] for e in reply["errors"]] == [1]
    assert "L9" in reply["errors"][0]["fault"]
    said = next(w for w in reply["written"] if w["type"] == "message.said")
    assert (said["at_us"], said["to"]) == (T0_US + 1_000_000, ["RUS"])
    # Stored at the peer within 10 s and the second that the norms allow the bearer.
    assert reply["next_due_us"] == T0_US + 1_000_000 + 11_000_001
    settled(driven)
    late = coal.ask(do="advance", now_us=T0_US + 300_000_000)
    duties = [w["text"] for w in late["written"] if w["type"] == "message.overdue"]
    assert duties == ["answer by RUS overdue", "read-back by RUS overdue"]
    rus.ask(do="advance", now_us=T0_US + 300_000_000)
    settled(driven)
    one, other = coal.ask(do="snapshot"), rus.ask(do="snapshot")
    assert one == other
    assert set(one["digests"]) == {"AGR-1"}


BAD_COMMANDS = [
    ('{"do":"advance","now_us":-5000000000000000}', "1900"),
    ('{"do":"advance"}', "now_us"),
    ('{"do":"advance","now_us":1497938400000000,"inpts":[]}', "did you mean 'inputs'?"),
    ('{"do":"jump"}', "jump"),
    ("hello", "command"),
    ('{"do":"advance","now_us":1497938400000000,"inputs":[{"type":"frame_in"}]}', "frame_in"),
]


def test_a_bad_command_is_told_and_the_node_goes_on(driven):
    node = driven["COAL"]
    for line, words in BAD_COMMANDS:
        node.process.stdin.write(line.encode() + b"\n\n")
        node.process.stdin.flush()
        reply = node.read()
        assert reply["do"] == "fault"
        assert words in reply["fault"]
    assert node.ask(do="status")["do"] == "status"
    node.ask(do="advance", now_us=T0_US)
    back = node.ask(do="advance", now_us=T0_US - 1)
    assert "2017-06-20T06:00:00Z or later" in back["fault"]
    assert node.ask(do="stop") == {"do": "stopped"}
