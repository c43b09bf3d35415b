"""Alarms as the page, the API and the command line show them: each with who was called, and how."""

from __future__ import annotations

from typing import Protocol

import msgspec

from parley.node.entries import Entry
from parley.node.line_bodies import AlarmSent
from parley.node.rules.alarms import (
    FLOOD_COUNT,
    Alarm,
    PostLoad,
    alarms,
    load,
    load_over_day,
    sent_by_name,
)
from parley.node.state import State

CALLS_SHOWN_MAX = 20


class _View(msgspec.Struct, frozen=True, kw_only=True):
    pass


class CalledView(_View, frozen=True, kw_only=True):
    """One call about an alarm, as our private log has it: by which channel, and what became of it.

    That a server took it does not say that anybody has read it.
    """

    at_us: int
    post: str
    channel: str
    attempt: int
    delivered: bool
    detail: str


class AlarmView(_View, frozen=True, kw_only=True):
    """An alarm that stands, and the newest calls about it; `calls_nobody`: no contact takes it."""

    alarm: Alarm
    calls: tuple[CalledView, ...]
    calls_nobody: bool


class ContactView(_View, frozen=True, kw_only=True):
    """A contact: whom it calls, and how it does; `fault` is empty once it does its work."""

    name: str
    post: str
    channel: str
    classes: tuple[str, ...]
    from_rung: int
    delivered: int
    failed: int
    fault: str
    fault_at_us: int


class TestCalled(_View, frozen=True, kw_only=True):
    """What became of a test call to one contact."""

    name: str
    post: str
    channel: str
    delivered: bool
    detail: str


class AlarmsView(_View, frozen=True, kw_only=True):
    """What stands, the most urgent first.

    `new_in_10_min`: alarms of each post that began in the last ten minutes and still stand;
    `flooded`: posts with more than ten of them, whose contacts get the others as one. `load`: how
    many new ones each post got, now and over the day.
    """

    alarms: tuple[AlarmView, ...]
    new_in_10_min: dict[str, int]
    flooded: tuple[str, ...]
    contacts: tuple[ContactView, ...]
    load: tuple[PostLoad, ...] = ()


class Calls(Protocol):
    """Whoever calls people; `outbound.Outbound` is one."""

    def views(self) -> tuple[ContactView, ...]:
        """Return how each contact does."""

    def takes(self, alarm: Alarm) -> bool:
        """Whether some contact is called about an alarm."""

    def faults(self) -> tuple[str, ...]:
        """Return in words what could not be sent."""

    async def test(self, post: str | None) -> tuple[TestCalled, ...]:
        """Call every contact, of one post or of all, with a text that says it is a test."""


def alarms_view(state: State, now_us: int, calls: Calls | None) -> AlarmsView:
    """Return the alarms that stand."""
    standing = alarms(state, now_us)
    counts = load(standing, now_us)
    return AlarmsView(
        alarms=tuple(
            AlarmView(
                alarm=alarm,
                calls=called(state, alarm),
                calls_nobody=calls is None or not calls.takes(alarm),
            )
            for alarm in standing
        ),
        new_in_10_min=counts,
        flooded=tuple(sorted(post for post, count in counts.items() if count > FLOOD_COUNT)),
        contacts=calls.views() if calls is not None else (),
        load=load_over_day(state, standing, now_us),
    )


def called(state: State, alarm: Alarm) -> tuple[CalledView, ...]:
    """Return the newest calls about an alarm, the newest first."""
    entries = sent_by_name(state.scope(alarm.agreement)).get(alarm.name, ())
    return tuple(_called(entry) for entry in reversed(entries[-CALLS_SHOWN_MAX:]))


def _called(entry: Entry) -> CalledView:
    body = entry.body
    assert isinstance(body, AlarmSent)
    return CalledView(
        at_us=entry.issued_us,
        post=body.post,
        channel=body.channel,
        attempt=body.attempt,
        delivered=body.delivered,
        detail=body.detail,
    )
