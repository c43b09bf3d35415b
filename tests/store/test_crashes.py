"""Crashes: a process killed, a power cut. Nothing acknowledged is lost, nothing is there by half.

The long runs are benchmarks/crash_runs.py.
"""

from __future__ import annotations

import importlib.util
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from parley.store.sqlite import Store
from store.crashes import LostError, compare, power_cuts
from store.scripted import LINE, Script, entries_of, note_of

TESTS = Path(__file__).parents[1]


def test_nothing_acknowledged_is_lost_when_the_process_is_killed():
    # In a process of its own: it forks, which this one with its threads must not.
    found = subprocess.run(
        [sys.executable, TESTS / "store" / "crashes.py", "kills", "25"],
        env={**os.environ, "PYTHONPATH": f"{TESTS}{os.pathsep}{TESTS.parent / 'src'}"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    assert "'kills': 25" in found.stdout


def test_the_comparison_sees_one_entry_missing_and_half_of_a_write(tmp_path):
    script = Script("a")
    with Store(tmp_path / "node.db") as store:
        for _ in range(30):
            script.write(store)
        assert compare(store, script, "") == (script, 0)
        behind = script.copy()
        script.write(store)
        assert compare(store, behind, "")[1] == 1
        for _ in range(2):
            script.write()
        with pytest.raises(LostError, match="wanted"):
            compare(store, script, "")
        size = store.size(LINE)
        store.append(LINE, size, entries_of(LINE, size, size + 1), note_of(LINE, size + 1))
        with pytest.raises(LostError, match="wanted"):
            compare(store, behind, "")


needs_apsw = pytest.mark.skipif(
    importlib.util.find_spec("apsw") is None, reason="apsw is not installed: uv pip install apsw"
)


@needs_apsw
def test_nothing_acknowledged_is_lost_when_the_power_fails():
    found = power_cuts(40, seed=7)
    assert found["cuts"] == 40
    assert found["acknowledged"] > 100


@needs_apsw
@pytest.mark.parametrize("careless", ["NORMAL", "OFF"])
def test_a_store_that_does_not_wait_for_the_disk_is_caught(careless):
    instead = {"PRAGMA synchronous=FULL": f"PRAGMA synchronous={careless}"}
    with pytest.raises(LostError):
        power_cuts(60, seed=7, instead=instead)


@needs_apsw
def test_several_writes_together_wait_for_the_disk_once():
    from store.lossydisk import Connection, LossyDisk

    disk, script = LossyDisk(), Script("together")
    with Store(Path("node.db"), connect=lambda path: Connection(path, disk)) as store:
        script.write(store)
        waits = []
        for _ in range(12):
            before = dict(disk.syncs)
            with store.together():
                for _ in range(5):
                    script._append(_draw(script), store, None)
                    script._receipt(_draw(script), store, None)
            waits.append({name: disk.syncs[name] - before.get(name, 0) for name in disk.syncs})
        assert waits == [{**wait, "node.db-wal": 1, "node.db": 0} for wait in waits]


def _draw(script):
    script.done += 1
    return random.Random(script.done)
