"""Operational intents, with the states of ASTM F3548-21 as one table.

The diagram in docs/life-of-an-intent.md is drawn from `TRANSITIONS`.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from parley.world.agreement import check_name
from parley.world.faults import InputFault
from parley.world.volume import Volume4D


class IntentState(StrEnum):
    """F3548-21 section 4.4: the four states, and ended."""

    ACCEPTED = "Accepted"
    ACTIVATED = "Activated"
    NONCONFORMING = "Nonconforming"
    CONTINGENT = "Contingent"
    ENDED = "Ended"


TRANSITIONS: dict[IntentState, frozenset[IntentState]] = {
    IntentState.ACCEPTED: frozenset({IntentState.ACTIVATED, IntentState.ENDED}),
    IntentState.ACTIVATED: frozenset(
        {IntentState.NONCONFORMING, IntentState.CONTINGENT, IntentState.ENDED}
    ),
    IntentState.NONCONFORMING: frozenset(
        {IntentState.ACTIVATED, IntentState.CONTINGENT, IntentState.ENDED}
    ),
    IntentState.CONTINGENT: frozenset({IntentState.ENDED}),
    IntentState.ENDED: frozenset(),
}


def check_transition(old: IntentState, new: IntentState) -> None:
    """Check that an intent may go from one state to another; staying is a change of volumes.

    Raises:
        InputFault: naming both states and what is possible.
    """
    if new is not old and new not in TRANSITIONS[old]:
        possible = ", ".join(sorted(TRANSITIONS[old])) or "nothing: it has ended"
        raise InputFault(f"intent state {new.value} after {old.value}", wanted=possible)


class Intent(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """Who plans to fly where and when: volumes, state, priority, and the class of the aircraft.

    `aircraft_class`: one of the agreement's own; "" is not said. `version` counts up from 1.
    """

    id: str
    party: str
    flight: str
    state: IntentState = IntentState.ACCEPTED
    priority: str = "routine"
    volumes: tuple[Volume4D, ...]
    version: int = 1
    aircraft_class: str = ""

    def __post_init__(self) -> None:
        check_name(self.id, "intent id")
        if not self.volumes:
            raise InputFault(f"intent {self.id} volumes", value=0, wanted="one or more")
