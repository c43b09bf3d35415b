from __future__ import annotations

import sqlite3

import pytest

from app.twonodes import T0_US, lines_of, make_pair, parley_here
from parley.app.config import load_node
from parley.app.crank import Crank
from parley.app.evidence import HEADS_MAX, make_pack
from parley.node.inputs import Say
from parley.review.verify import read_pack, verify_pack
from parley.store.sqlite import Store

LINE = "parley.example/AGR-1/COAL/line/2017"


@pytest.fixture
def coal(tmp_path):
    """A stopped node with a few messages of its own."""
    file = make_pair(tmp_path)["COAL"]
    setup = load_node(file)
    with Store(setup.store) as store:
        crank = Crank(setup.identity, store)
        for n in range(5):
            said = Say(
                agreement="AGR-1", line="L1", post="duty-officer", to=("RUS",),
                message_type="free.text", text=f"number {n}",
            )  # fmt: skip
            crank.turn(T0_US + n * 1_000_000, said)
    return file


def test_list_says_what_is_held(capsys, coal):
    code, out, err = parley_here(capsys, "log", "list", coal)
    assert (code, err) == (0, "")
    assert f"{LINE}: 6 entries" in out
    code, out, _ = parley_here(capsys, "log", "list", coal.parent, "--json")
    assert {each["origin"]: each["size"] for each in lines_of(out)}[LINE] == 6


def test_fsck_passes_a_sound_store_and_names_the_entry_that_was_changed(capsys, coal):
    code, out, _ = parley_here(capsys, "log", "fsck", coal)
    assert code == 0
    assert f"{LINE}: 6 entries, sound" in out
    store = load_node(coal).store
    with sqlite3.connect(store) as db:
        db.execute("UPDATE entries SET data = CAST(replace(data, 'number 2', 'number 9') AS BLOB)")
    db.close()
    code, out, err = parley_here(capsys, "log", "fsck", store)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert f"log {LINE} entry 3 is changed" in err


def test_export_writes_a_pack_that_verifies(capsys, coal, tmp_path):
    pack = tmp_path / "pack.zip"
    code, out, _ = parley_here(capsys, "log", "export", coal, "-o", pack)
    assert (code, out) == (0, "")
    report = verify_pack(pack.read_bytes())
    assert {log.origin: log.size for log in report.logs}[LINE] == 6
    again = tmp_path / "again.zip"
    parley_here(capsys, "log", "export", coal.parent, "-o", again, "--agreement", "AGR-1")
    assert again.read_bytes() == pack.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["log", "export", "{coal}", "-o", "{tmp}/x", "--agreement", "AGR-2"], "'AGR-1'"),
        (["log", "export", "{coal}", "-o", "{tmp}/none/x"], "none/x"),
        (["log", "export", "{tmp}/none.db", "-o", "{tmp}/x"], "not there"),
        (["log", "list", "{tmp}/none.db"], "not there"),
        (["log", "export", "http://evil.example:80", "-o", "{tmp}/x"], "on this machine"),
        (["log", "export", "127.0.0.1:1", "-o", "{tmp}/x"], "parley node run"),
        (["log", "export", "http://127.0.0.1:1", "-o", "{tmp}/x"], "parley node run"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_2(capsys, coal, tmp_path, arguments, words):
    filled = [each.format(coal=coal, tmp=tmp_path) for each in arguments]
    code, out, err = parley_here(capsys, *filled)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert words in err
    assert not (tmp_path / "none.db").exists()


def test_a_pack_holds_a_bounded_number_of_heads(coal):
    setup = load_node(coal)
    with Store(setup.store) as store:
        crank = Crank(setup.identity, store)
        for n in range(3 * HEADS_MAX):
            said = Say(
                agreement="AGR-1", line="L1", post="duty-officer", to=("RUS",),
                message_type="free.text", wants_answer=False, text=str(n),
            )  # fmt: skip
            crank.turn(T0_US + 10_000_000, said)
        logs = {log.origin: log for log in read_pack(make_pack(store))}
    assert 1 < len(logs[LINE].heads) <= HEADS_MAX + 1
    assert len(logs[LINE].entries) == 6 + 3 * HEADS_MAX
