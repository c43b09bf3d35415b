"""Backup, restore, a new log key and takeover, on real nodes with real files and sockets."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time

import pytest

from app.twonodes import (
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
from parley.app.keyfile import read_past_keys, read_starts
from parley.app.process import make_crank
from parley.app.startup import STANDBY, count_start
from parley.node.rules.keyring import log_key_chain
from parley.store.sqlite import Store


def sizes(file) -> dict[str, int]:
    with Store(load_node(file).store) as store:
        return {origin: store.size(origin) for origin in store.origins()}


def messages(node) -> list[str]:
    return [each["text"] for each in node.get("/api/messages")]


@pytest.mark.row("A20")
def test_a_node_restored_from_a_backup_asks_its_peer_and_goes_on_without_a_fork(capsys, tmp_path):
    files = make_pair(tmp_path)
    backup = tmp_path / "yesterday.db"
    with running(files) as nodes:
        nodes["COAL"].act(**say(text="before the backup"))
        until(lambda: len(messages(nodes["RUS"])) == 1)
        nodes["COAL"].kill()
        code, _, err = parley_here(capsys, "node", "backup", files["COAL"], "-o", backup)
        assert code == 0, err
        assert backup.stat().st_mode & 0o077 == 0
        nodes["COAL"] = Running(files["COAL"])
        linked(nodes)
        for n in range(5):
            nodes["COAL"].act(**say(text=f"after it, {n}"))
        until(lambda: len(messages(nodes["RUS"])) == 6)
        nodes["COAL"].kill()
        held = sizes_of(nodes["RUS"])
        code, _, err = parley_here(capsys, "node", "restore", files["COAL"], backup)
        assert (code, err.count("\n")) == (2, 1)
        assert "never overwritten" in err
        store = load_node(files["COAL"]).store
        for left in store.parent.glob("parley.db*"):
            left.unlink()
        code, out, err = parley_here(capsys, "node", "restore", files["COAL"], backup)
        assert code == 0, err
        assert "asks its mirrors" in out
        nodes["COAL"] = Running(files["COAL"])
        linked(nodes)
        until(lambda: len(messages(nodes["COAL"])) == 6)
        nodes["COAL"].act(**say(text="on duty again"))
        until(lambda: "on duty again" in messages(nodes["RUS"]))
        now = sizes_of(nodes["RUS"])
        assert set(now) == set(held), "no new incarnation was needed"
        assert all(now[origin] >= size for origin, size in held.items())


def sizes_of(node) -> dict[str, int]:
    return {
        log["origin"]: log["size"] for log in node.get("/api/logs") if "/COAL/" in log["origin"]
    }


@pytest.mark.row("A20")
def test_a_bare_machine_with_its_keys_is_on_duty_from_its_peer(tmp_path):
    files = make_pair(tmp_path)
    with running(files) as nodes:
        for n in range(30):
            nodes["COAL"].act(**say(text=f"number {n}"))
        until(lambda: len(messages(nodes["RUS"])) == 30)
        nodes["COAL"].kill()
        for left in load_node(files["COAL"]).store.parent.glob("parley.db*"):
            left.unlink()
        nodes["COAL"] = Running(files["COAL"])
        linked(nodes)
        until(lambda: len(messages(nodes["COAL"])) == 30)
        nodes["COAL"].act(**say(text="and on"))
        until(lambda: "and on" in messages(nodes["RUS"]))
        assert {o.rpartition("/")[2] for o in sizes_of(nodes["RUS"])} == {
            origin.rpartition("/")[2] for origin in sizes_of(nodes["COAL"])
        }
        assert not any("." in o.rpartition("/")[2] for o in sizes_of(nodes["COAL"]))


def test_a_store_that_was_rolled_back_is_seen_by_the_count_beside_the_keys(tmp_path):
    files = make_pair(tmp_path)
    setup = load_node(files["COAL"])
    with Store(setup.store) as store:
        assert not count_start(store, setup.keys).rolled_back
    shutil.copy(setup.store, tmp_path / "old.db")
    with Store(setup.store) as store:
        assert not count_start(store, setup.keys).rolled_back
    assert read_starts(setup.keys) == 2
    shutil.copy(tmp_path / "old.db", setup.store)
    with Store(setup.store) as store:
        start = count_start(store, setup.keys)
    assert start.rolled_back
    assert start.count == 3


def test_a_rotated_key_is_in_force_at_the_peer_without_a_new_file(capsys, tmp_path):
    files = make_pair(tmp_path)
    with running(files) as nodes:
        nodes["COAL"].act(**say(text="by the first key"))
        until(lambda: len(messages(nodes["RUS"])) == 1)
        nodes["COAL"].kill()
        before = load_node(files["COAL"]).identity.keys
        code, out, err = parley_here(capsys, "node", "rotate-key", files["COAL"])
        assert code == 0, err
        after = load_node(files["COAL"]).identity.keys
        assert after.log.verifier.vkey in out
        assert after.next_sha256 in out
        assert after.log.verifier.public != before.log.verifier.public
        assert [k.public for k in read_past_keys(load_node(files["COAL"]).keys)] == [
            before.log.verifier.public
        ]
        nodes["COAL"] = Running(files["COAL"])
        linked(nodes)
        nodes["COAL"].act(**say(text="by the second key"))
        until(lambda: "by the second key" in messages(nodes["RUS"]))
    setup = load_node(files["RUS"])
    with Store(setup.store) as store:
        chain = log_key_chain(make_crank(setup, store).state, "COAL")
    assert [key.public for key in chain] == [
        before.log.verifier.public,
        after.log.verifier.public,
    ]


def test_a_rotation_cut_short_is_finished_by_doing_it_again(capsys, tmp_path, monkeypatch):
    files = make_pair(tmp_path)
    with running(files) as nodes:
        nodes["COAL"].act(**say(text="by the first key"))
        until(lambda: len(messages(nodes["RUS"])) == 1)

    def die(_folder):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("parley.app.upkeep.finish_rotation", die)
        parley_here(capsys, "node", "rotate-key", files["COAL"])
    code, _, err = parley_here(capsys, "node", "run", files["COAL"])
    assert code == 2
    assert "rotate-key" in err
    code, out, err = parley_here(capsys, "node", "rotate-key", files["COAL"])
    assert code == 0, err
    assert load_node(files["COAL"]).identity.keys.log.verifier.vkey in out
    with running(files) as nodes:
        nodes["COAL"].act(**say(text="by the second key"))
        until(lambda: "by the second key" in messages(nodes["RUS"]))


def test_a_standbys_copy_signs_nothing_before_a_takeover_and_then_in_new_logs(capsys, tmp_path):
    files = make_pair(tmp_path)
    with running(files) as nodes:
        nodes["COAL"].act(**say(text="by the first node"))
        until(lambda: len(messages(nodes["RUS"])) == 1)
        nodes["COAL"].kill()
        store_path = load_node(files["COAL"]).store
        with Store(store_path) as store:
            store.put_meta(STANDBY, "COAL")
        code, _, err = parley_here(capsys, "node", "run", files["COAL"])
        assert (code, err.count("\n")) == (2, 1)
        assert "takeover" in err
        args = ("node", "takeover", files["COAL"], "--by", "commander", "--reason")
        code, _, err = parley_here(capsys, *args, " ")
        assert code == 2
        code, out, err = parley_here(capsys, *args, "the first node burned")
        assert code == 0, err
        assert "new incarnation" in out
        nodes["COAL"] = Running(files["COAL"])
        linked(nodes)
        key = nodes["COAL"].act(**say(text="by the second node")).json()["key"]
        assert key[0].rpartition(".")[2] == "2"
        until(lambda: "by the second node" in messages(nodes["RUS"]))
        code, _, err = parley_here(capsys, *args, "again")
        assert code == 2


def test_a_standby_follows_a_running_node_and_takes_over_when_it_is_gone(capsys, tmp_path):
    """Two machines of one party: keys and configuration are the same, the store is a copy."""
    files = make_pair(tmp_path)
    with running(files) as nodes:
        first = nodes["COAL"]
        first.act(**say(text="before the standby"))
        second = tmp_path / "COAL-2"
        shutil.copytree(
            tmp_path / "COAL", second, ignore=shutil.ignore_patterns("parley.db*", "starts")
        )
        following = subprocess.Popen(
            [sys.executable, "-m", "parley", "node", "standby", str(second),
             "--primary", first.url.removeprefix("http://"), "--token", str(first.token_file)],
            stderr=subprocess.PIPE, text=True, env=environment(),
        )  # fmt: skip
        try:
            assert "following" in following.stderr.readline()
            first.act(**say(text="while it follows"))
            until(lambda: len(messages(nodes["RUS"])) == 2)
            wanted = {log["origin"]: log["size"] for log in first.get("/api/logs")}

            # It asks every second; the store is exclusively its own, so nothing can look in.
            time.sleep(3)
        finally:
            following.send_signal(signal.SIGTERM)
            assert following.wait(60) == 0
        first.kill()
        held = sizes(second / "node.toml")
        assert {o: n for o, n in held.items() if o in wanted} == wanted
        code, _, err = parley_here(
            capsys, "node", "takeover", second, "--by", "commander", "--reason", "it burned"
        )
        assert code == 0, err
        nodes["COAL"] = Running(second / "node.toml")
        linked(nodes)
        assert messages(nodes["COAL"]) == messages(nodes["RUS"])
        nodes["COAL"].act(**say(text="by the second node"))
        until(lambda: "by the second node" in messages(nodes["RUS"]))
