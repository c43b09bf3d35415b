"""Line tests of both kinds, on schedule, both ways; alarm on the first silence."""

from __future__ import annotations

from parley.node.entries import Draft
from parley.node.inputs import TestLine
from parley.node.state import State
from parley.world.faults import InputFault


def test_line(state: State, act: TestLine, now_us: int) -> Draft:
    """Return the person's test of a line."""
    del state, now_us
    raise InputFault("line test", value=act.line, wanted="a release that has line tests")


def due(state: State, now_us: int) -> list[Draft]:
    """Return the tests that are due, the machine's answers, and what was missed."""
    del state, now_us
    return []
