"""No thread meets a record's type that another is just reading."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys

import pytest

from app.twonodes import environment, make_pair
from longer import longer_only
from parley.app import demo_fleet, process, record_types, watch_screen
from parley.app.config import load_node
from parley.app.record_types import read_record_types
from parley.app.watch_model import Watch

RACE = """
import sys, threading, types
import msgspec
from parley.app.record_types import read_record_types
sys.setswitchinterval(1e-6)
FIELDS = "".join(f"    f{n}: Annotated[int, msgspec.Meta(ge=0)] | str = 0\\n" for n in range(11))
SOURCE = "import msgspec\\nfrom typing import Annotated\\nclass S0(msgspec.Struct):\\n" + FIELDS
for n in range(1, 40):
    SOURCE += f"class S{n}(msgspec.Struct):\\n{FIELDS}    inner: S{n - 1} | None = None\\n"
TEXT = b'{"f0":1,"f10":2,"inner":{"f10":3,"inner":{"f9":1,"inner":{"f8":2}}}}'
for number in range(int(sys.argv[1])):
    module = types.ModuleType(f"parley.made{number}")
    sys.modules[module.__name__] = module
    exec(compile(SOURCE, module.__name__, "exec"), module.__dict__)
    if sys.argv[2] == "read before":
        assert read_record_types() >= 40
    together = threading.Barrier(4)
    def decode(kind=module.S39):
        together.wait()
        assert msgspec.json.decode(TEXT, type=kind).inner.inner.inner.f8 == 2
    threads = [threading.Thread(target=decode) for _ in range(4)]
    for each in threads: each.start()
    for each in threads: each.join()
"""


def raced(rounds: int, how: str) -> int:
    """Return the exit code of a process in which four threads decode new types at once."""
    return subprocess.run(
        [sys.executable, "-c", RACE, str(rounds), how],
        env=environment(), capture_output=True, timeout=180, check=False,
    ).returncode  # fmt: skip


def test_types_that_were_read_before_bear_any_number_of_threads() -> None:
    assert raced(60, "read before") == 0


@longer_only
def test_types_that_were_not_end_the_process() -> None:
    """When this fails, msgspec has mended it, and `record_types` may go."""
    assert raced(2_000, "not read") == -signal.SIGSEGV


def test_all_records_are_read_once() -> None:
    read_record_types()
    assert len(record_types._read) > 100
    assert read_record_types() == 0


class CalledError(Exception):
    """It was asked for, before anything else."""


def test_whoever_starts_a_thread_reads_them_before(tmp_path, monkeypatch) -> None:
    def call() -> int:
        raise CalledError

    for room in (process, watch_screen, demo_fleet):
        monkeypatch.setattr(room, "read_record_types", call)
    with pytest.raises(CalledError):
        process.run_node(load_node(make_pair(tmp_path)["COAL"]), driven=True)
    desk = watch_screen.Desk(None, Watch(post="duty-officer"), look_only=True)
    with pytest.raises(CalledError):
        watch_screen.Screen(desk, 1.0)
    with pytest.raises(CalledError):
        asyncio.run(demo_fleet.Fleet({}).start())
