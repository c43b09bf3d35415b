"""Messages for somebody who is no party, passed on by one who is."""

from __future__ import annotations

from parley.node.entries import Draft
from parley.node.inputs import ReportRelay
from parley.node.state import State
from parley.world.faults import InputFault


def report_relay(state: State, act: ReportRelay, now_us: int) -> Draft:
    """Return the entry of what became of a relay request."""
    del state, now_us
    raise InputFault("relay", value=act.outcome, wanted="a release that has relays")
