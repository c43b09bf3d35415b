"""Assessments that are held until an instant, and the register of incidents."""

from __future__ import annotations

from parley.node.agreement_inputs import DeclareAssessment, RegisterIncident
from parley.node.entries import Draft
from parley.node.state import State
from parley.world.faults import InputFault


def act(
    state: State, event: DeclareAssessment | RegisterIncident, now_us: int
) -> tuple[Draft, ...]:
    """Return the entries of an act."""
    del state, now_us
    raise InputFault(type(event).__name__, wanted="not built yet")


def due(state: State, now_us: int) -> list[Draft]:
    """Return what time makes due."""
    del state, now_us
    return []
