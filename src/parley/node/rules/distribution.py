"""Distribution: which units must have a notice, which said that they have it, which did not."""

from __future__ import annotations

from parley.node.agreement_inputs import ReceiptUnit, RequireUnits
from parley.node.entries import Draft
from parley.node.state import State
from parley.world.faults import InputFault


def act(state: State, event: RequireUnits | ReceiptUnit, now_us: int) -> tuple[Draft, ...]:
    """Return the entries of an act."""
    del state, now_us
    raise InputFault(type(event).__name__, wanted="not built yet")


def due(state: State, now_us: int) -> list[Draft]:
    """Return what time makes due."""
    del state, now_us
    return []
