"""Alarms: what somebody at a post must see now, and who has taken it."""

from __future__ import annotations

from parley.node.entries import Draft
from parley.node.inputs import AcknowledgeAlarm, NoteAlarmSent
from parley.node.state import State
from parley.world.faults import InputFault


def acknowledge(state: State, act: AcknowledgeAlarm, now_us: int) -> Draft:
    """Return the entry that a person has taken an alarm."""
    del state, now_us
    raise InputFault("alarm", value=act.alarm, wanted="a release that has alarms")


def note_sent(state: State, act: NoteAlarmSent) -> Draft:
    """Return the private entry of an alarm that went out."""
    del state
    raise InputFault("alarm", value=act.alarm, wanted="a release that has alarms")
