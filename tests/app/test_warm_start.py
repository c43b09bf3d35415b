"""A node compiles before it says ready: neither the first reports nor an operator wait for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from app.twonodes import make_pair, parley_here
from parley.app import process
from parley.world.faults import InputFault

FIRST_REPORTS = """
import json, sys
from numba.core.dispatcher import Dispatcher
from parley.app.startup import warm_kernels

def compiled():
    return {
        f"{name}.{each.__name__}": len(each.signatures)
        for name, module in sorted(sys.modules.items()) if name.startswith("parley.")
        for each in vars(module).values() if isinstance(each, Dispatcher)
    }

warm_kernels()
before = compiled()
from conflictkit import flown, head_on, raised, world_of
from parley.world.clauses import Separation
# Drones and jets, whole numbers among the coordinates, a climb, a jump that is held back.
world = world_of(Separation(id="D", horizontal_m=50.0, vertical_m=15.0))
flights = head_on(2_500.0, alt_m=10_010.0, speed=15.0, up_mps=-0.1)
strange = lambda second: ("C1", None, 50 + second % 2, 8, 10_000)
written = flown(world, [*flights, strange], 40)
print(json.dumps([before, compiled(), len(raised(written))]))
"""


def test_the_first_reports_of_a_node_compile_nothing() -> None:
    """In a process of its own: what each kernel is compiled for, before and after."""
    found = subprocess.run(
        [sys.executable, "-c", FIRST_REPORTS],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    before, after, warned = json.loads(found.stdout)
    assert warned == 1, "the turns did look for conflicts"
    assert before["parley.detect.live_kernel.conflicts_of_row"] == 1
    assert before["parley.detect.track_motion_kernel.add_report"] == 1
    assert before == after


def test_a_node_that_cannot_compile_does_not_say_ready(monkeypatch, capsys, tmp_path) -> None:
    def broken() -> None:
        raise InputFault("kernel", value="not compiled", wanted="a compiler that works")

    monkeypatch.setattr(process, "warm_kernels", broken)
    code, out, err = parley_here(capsys, "node", "run", make_pair(tmp_path, tracks=True)["COAL"])
    assert (code, out) == (2, "")
    assert "kernel" in err
    assert "peers on" not in err
