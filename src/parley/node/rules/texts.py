"""Texts of agreements: proposed, countersigned, in force for whom at an instant."""

from __future__ import annotations

from parley.node.agreement_inputs import (
    DeclareAgreement,
    ProposeAgreement,
    RenewAgreement,
    SignAgreement,
)
from parley.node.entries import Draft
from parley.node.state import State
from parley.world.faults import InputFault

TERMS_SINCE = 4
"""The rules version from which agreements are acted on by signed entries."""


def act(
    state: State,
    event: ProposeAgreement | SignAgreement | DeclareAgreement | RenewAgreement,
    now_us: int,
) -> tuple[Draft, ...]:
    """Return the entry of an act about the text of an agreement."""
    del state, now_us
    raise InputFault(type(event).__name__, wanted="not built yet")


def due(state: State, now_us: int) -> list[Draft]:
    """Return what time makes due about agreements."""
    del state, now_us
    return []


def take_effect(state: State, now_us: int) -> None:
    """Let the texts that are in force at an instant be those that the rules go by."""
    del state, now_us
