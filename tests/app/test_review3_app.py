"""What a review of the core found: a copy that would sign, a rotation cut short, a lost machine."""

from __future__ import annotations

import shutil

import pytest

from app.twonodes import make_pair, parley_here
from parley.app.config import load_node
from parley.app.keyfile import NEXT_FILE, read_starts
from parley.app.process import make_crank
from parley.app.startup import STANDBY, count_start, unsure_logs
from parley.node.entries import log_name
from parley.node.inputs import Tick
from parley.store.sqlite import Store
from parley.world.time import parse_instant_us

NOW_US = parse_instant_us("2026-06-01T00:00:00Z")


def begun(file) -> None:
    """Let a node start once and open its logs."""
    setup = load_node(file)
    with Store(setup.store) as store:
        count_start(store, setup.keys)
        make_crank(setup, store).turn(NOW_US, Tick())


@pytest.mark.row("A20")
def test_a_standbys_copy_rotates_no_key(capsys, tmp_path):
    files = make_pair(tmp_path)
    begun(files["COAL"])
    setup = load_node(files["COAL"])
    with Store(setup.store) as store:
        store.put_meta(STANDBY, "COAL")
        sizes = {origin: store.size(origin) for origin in store.origins()}
    code, _, err = parley_here(capsys, "node", "rotate-key", files["COAL"])
    assert code == 2
    assert "standby" in err
    with Store(setup.store) as store:
        assert {origin: store.size(origin) for origin in store.origins()} == sizes


@pytest.mark.row("A20")
def test_a_store_that_was_put_back_rotates_no_key_before_it_has_asked(capsys, tmp_path):
    files = make_pair(tmp_path)
    begun(files["COAL"])
    setup = load_node(files["COAL"])
    shutil.copy(setup.store, tmp_path / "old.db")
    begun(files["COAL"])
    shutil.copy(tmp_path / "old.db", setup.store)
    code, _, err = parley_here(capsys, "node", "rotate-key", files["COAL"])
    assert code == 2
    assert "asks its mirrors" in err
    assert read_starts(setup.keys) == 2


def test_a_rotation_that_dies_between_its_two_files_is_finished_with_the_promised_key(
    capsys, tmp_path, monkeypatch
):
    files = make_pair(tmp_path)
    begun(files["COAL"])
    setup = load_node(files["COAL"])

    def die(folder):
        (folder / NEXT_FILE).replace(folder / "log.key")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("parley.app.upkeep.finish_rotation", die)
        parley_here(capsys, "node", "rotate-key", files["COAL"])
    with Store(setup.store) as store:
        (promised,) = {
            entry.body.next_sha256
            for scope in make_crank(setup, store, rotating=True).state.scopes.values()
            for entry in scope.custody["key.rotated"].values()
        }
    code, _, err = parley_here(capsys, "node", "rotate-key", files["COAL"])
    assert code == 2
    assert "parley key add" in err
    code, _, err = parley_here(capsys, "key", "add", setup.keys)
    assert code == 0, err
    assert load_node(files["COAL"]).identity.keys.next_sha256 == promised


def test_every_lost_machine_goes_on_under_names_that_none_before_it_used(tmp_path):
    files = make_pair(tmp_path)
    setup = load_node(files["COAL"])
    with Store(setup.store) as store:
        crank = make_crank(setup, store)
        every = [{log.origin for log in unsure_logs(crank, count, 2026)} for count in range(1, 400)]
    assert len(set().union(*every)) == sum(map(len, every))
    assert {log_name(o).kind for o in every[0]} == {"line", "ops", "private"}
