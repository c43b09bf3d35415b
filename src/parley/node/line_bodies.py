"""Entry bodies about the line: calls, relays, translations, tests missed, links, alarms, notices.

New in rules version 3 (`versions`); sealed like every message. What stands here is evidence about a
line of communication: what was said by voice, what did not arrive, what was not tested, who was
told. Nothing in it is an answer: only `message.answered` closes a message.

What does not live here: what a party does about them (`rules`).
"""

from __future__ import annotations

from typing import Literal

import msgspec

CallOutcome = Literal["talked", "no answer", "refused", "technical failure"]
"""Four different things, never merged: refused has a reason, technical failure a cause."""
CALL_OUTCOMES: tuple[CallOutcome, ...] = ("talked", "no answer", "refused", "technical failure")
RelayOutcome = Literal["passed", "declined", "unknown"]
RELAY_OUTCOMES: tuple[RelayOutcome, ...] = ("passed", "declined", "unknown")
TestKind = Literal["machine", "person"]
TEST_KINDS: tuple[TestKind, ...] = ("machine", "person")
AlarmChannel = Literal["webhook", "smtp", "sound"]


class _Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class CallLogged(_Body, frozen=True, kw_only=True, tag="call.logged"):
    """One end's entry of a telephone call: with whom, when, about what, what was read back.

    `call`: the writer's own name for it, unique in its logs. `direction`: who placed it, seen from
    the writer. `fields`: what was said in fixed fields; `read_back`: what the other end repeated.
    `recorder`: where the recording lies, in the writer's own words. `reason`: why it was refused or
    failed. An entry that names an earlier one of the same writer in `ref` corrects it; one that
    names a message is about it; one that names a call of the other end claims to be the same call.
    """

    line: str
    call: str
    party: str
    direction: Literal["placed", "received"]
    outcome: CallOutcome
    began_us: int
    ended_us: int | None = None
    spoke_with: str = ""
    subject: str = ""
    text: str = ""
    fields: dict[str, str] = {}
    read_back: dict[str, str] = {}
    recorder: str = ""
    reason: str = ""
    language: str = ""


class RelayReported(_Body, frozen=True, kw_only=True, tag="relay.reported"):
    """What became of a message for somebody who is no party (`ref`: the relay request).

    Written by the party that was asked to pass it on. `at_us`: when it was passed or declined.
    """

    third: str
    outcome: RelayOutcome
    post: str
    at_us: int
    received_by: str = ""
    text: str = ""


class MessageTranslated(_Body, frozen=True, kw_only=True, tag="message.translated"):
    """A translation of a message's text, beside the original, never in its place (`ref`)."""

    language: str
    text: str
    how: Literal["person", "machine"]
    post: str


class MessageUndelivered(_Body, frozen=True, kw_only=True, tag="message.undelivered"):
    """A message of ours was not stored, or not displayed, in its time: a technical failure.

    `link`: what we measured of the link then. It is not a refusal and not an unanswered message.
    """

    duty: Literal["stored", "displayed"]
    party: str
    due_us: int
    link: Literal["up", "down", "unknown"]


class NoticeDiffers(_Body, frozen=True, kw_only=True, tag="notice.differs"):
    """An aircraft was seen otherwise than a notice said (`ref`): where, and by how much.

    Written by whoever saw it. It says nothing about why.
    """

    aircraft: str
    at_us: int
    lat_e9: int
    lon_e9: int
    distance_mm: int
    uncertainty_mm: int
    text: str = ""


class LinkObserved(_Body, frozen=True, kw_only=True, tag="link.observed"):
    """What this node measured of its link to a party, written when it changes.

    `since_us`: the last verified heartbeat before it went down, the first when it came up.
    """

    party: str
    link: Literal["up", "down"]
    since_us: int


class LineTestMissed(_Body, frozen=True, kw_only=True, tag="test.missed"):
    """A line test that another end had to make by the schedule did not come."""

    line: str
    party: str
    kind: TestKind
    due_us: int


class AlarmAcknowledged(_Body, frozen=True, kw_only=True, tag="alarm.acknowledged"):
    """A person at a post of the writer's own has taken an alarm of this name (`ref`: its cause).

    It silences the alarm on the writer's side. It answers nothing and closes nothing.
    """

    alarm: str
    post: str
    text: str = ""


class AlarmSent(_Body, frozen=True, kw_only=True, tag="alarm.sent"):
    """An alarm left the node for a person of this party, and what became of it; private."""

    alarm: str
    post: str
    channel: AlarmChannel
    attempt: int
    delivered: bool
    detail: str = ""


class ActRefused(_Body, frozen=True, kw_only=True, tag="act.refused"):
    """An act at this node in the name of a post that it is not: refused, and logged; private."""

    act: str
    post: str
    why: str


LineBody = (
    CallLogged
    | RelayReported
    | MessageTranslated
    | MessageUndelivered
    | NoticeDiffers
    | LinkObserved
    | LineTestMissed
    | AlarmAcknowledged
    | AlarmSent
    | ActRefused
)
LINE_BODY_TYPES: tuple[type[msgspec.Struct], ...] = (
    CallLogged, RelayReported, MessageTranslated, MessageUndelivered, NoticeDiffers, LinkObserved,
    LineTestMissed, AlarmAcknowledged, AlarmSent, ActRefused,
)  # fmt: skip
PRIVATE_LINE_TYPES = (AlarmSent, ActRefused)
"""They stand in the private log: contacts and slips of one's own people are nobody else's."""
