"""Telephone calls: each end enters its own; the two are matched, differences shown."""

from __future__ import annotations

from parley.node.entries import Draft
from parley.node.inputs import LogCall
from parley.node.state import State
from parley.world.faults import InputFault


def log_call(state: State, act: LogCall, now_us: int) -> Draft:
    """Return the entry of one end of a call."""
    del state, now_us
    raise InputFault("call", value=act.line, wanted="a release that has calls")
