"""Entries in a few words, for lists, the driver's replies and the command line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from parley.app.act_views import Written
from parley.app.agreement_words import AGREEMENT_TEXTS
from parley.app.warning_words import WARNING_TEXTS
from parley.node.custody_bodies import (
    ActSigned,
    ClockMeasured,
    ConsentGiven,
    ConsentWithdrawn,
    ForkEvidence,
    HeadDisputed,
    HoldLifted,
    HoldSet,
    KeyDistrusted,
    KeyRevoked,
    KeyRotated,
    LogClosed,
    OperatorEnrolled,
    OperatorRemoved,
    PayloadDestroyed,
    PayloadOpened,
    PeerRefused,
)
from parley.node.entries import (
    AgreementAdopted,
    AlertRaised,
    AlertResolved,
    Entry,
    IntentChanged,
    LineDeclared,
    LogOpened,
    MessageAnswered,
    MessageDisplayed,
    MessageEscalated,
    MessageOverdue,
    MessageSaid,
    PresenceDeclared,
    ReadBackChecked,
    TracksRecorded,
    ZoneActivity,
    ZonePromulgation,
)
from parley.node.state import key_of
from parley.world.faults import InputFault
from parley.world.norms import message_type

_TEXT_CHARACTERS = 200


def short(at_us: int, entry: Entry) -> Written:
    """Return an entry in short."""
    return Written(
        at_us=at_us,
        type=entry.type,
        by=entry.by,
        to=entry.to,
        key=key_of(entry),
        text=short_text(entry),
    )


def short_text(entry: Entry) -> str:
    """Return what an entry says in a few words, for lists."""
    body = entry.body
    if body is None:
        return "sealed"
    masked = _masked(entry)
    if masked is not None:
        return masked
    text = _TEXTS[type(body)](body) if type(body) in _TEXTS else ""
    return text if len(text) <= _TEXT_CHARACTERS else f"{text[: _TEXT_CHARACTERS - 1]}…"


def _masked(entry: Entry) -> str | None:
    """Return what a guarded notice, or an entry about a payload for some only, says without words.

    An answer does not tell whether the notice that it is about is guarded; that its payload goes to
    some parties only is enough to leave its words out of lists.
    """
    body = entry.body
    if isinstance(body, MessageSaid):
        if not _guarded(body.message_type):
            return None
        return f"{body.message_type} {body.message_class} on {body.line}: guarded"
    if entry.audience is None:
        return None
    if isinstance(body, MessageAnswered):
        return f"{body.answer} by {body.post}"
    if isinstance(body, ReadBackChecked):
        return f"read-back {'matched' if body.matches else 'differs'}"
    return None


def _guarded(name: str) -> bool:
    try:
        return message_type(name).guarded
    except InputFault:
        return False


def _said(body: MessageSaid) -> str:
    fields = ", ".join(f"{name} {value}" for name, value in sorted(body.fields.items()))
    what = "; ".join(part for part in (body.text, fields) if part) or body.subject
    return f"{body.message_type} {body.message_class} on {body.line}: {what}"


def _checked(body: ReadBackChecked) -> str:
    wrong = ", ".join(f"{d.field}: said {d.said}, read {d.read}" for d in body.differences)
    return "read-back matched" if body.matches else f"read-back differs: {wrong or 'not given'}"


_TEXTS: dict[type, Callable[[Any], str]] = {
    LogOpened: lambda b: f"log {b.kind} of {b.agreement}, {b.year}",
    AgreementAdopted: lambda b: f"{b.agreement} version {b.version}, SHA-256 {b.sha256[:16]}",
    MessageSaid: _said,
    MessageDisplayed: lambda b: f"displayed to {b.post}",
    MessageAnswered: lambda b: ": ".join(filter(None, (f"{b.answer} by {b.post}", b.text))),
    ReadBackChecked: _checked,
    MessageOverdue: lambda b: f"{b.duty.replace('_', '-')} by {b.party} overdue",
    MessageEscalated: lambda b: f"{b.post} of {b.party} called after {b.after_s} s",
    LineDeclared: lambda b: ": ".join(filter(None, (f"{b.line} {b.value}", b.reason))),
    PresenceDeclared: lambda b: f"{b.post} {'attends' if b.present else 'leaves'} {b.line}",
    ZoneActivity: lambda b: f"zone {b.zone} {b.activity}",
    ZonePromulgation: lambda b: f"zone {b.zone} {b.promulgation}",
    IntentChanged: lambda b: f"intent {b.intent} {b.state}",
    AlertRaised: lambda b: f"{b.alert_class}: {b.text or ' and '.join(b.aircraft)}",
    AlertResolved: lambda b: ": ".join(filter(None, (b.key, b.why))),
    TracksRecorded: lambda b: f"{b.reports} reports, SHA-256 {b.sha256[:16]}",
    LogClosed: lambda b: f"log closed: {b.why}" + (f", goes on in {b.next}" if b.next else ""),
    KeyRotated: lambda b: f"the {b.role} key gives way to the next",
    KeyRevoked: lambda b: f"statement of a root: {' '.join(b.statement.split())}",
    KeyDistrusted: lambda b: f"{b.role} key of {b.party} distrusted by {b.post}: {b.reason}",
    OperatorEnrolled: lambda b: f"{b.operator} may sign at {', '.join(b.posts)}",
    OperatorRemoved: lambda b: ": ".join(filter(None, (f"{b.operator} removed", b.reason))),
    ActSigned: lambda b: f"signed by {b.operator}",
    ForkEvidence: lambda b: f"FORK of {b.origin}: {b.why}",
    HeadDisputed: lambda b: f"{b.party} says it saw another head of {b.origin} at {b.size}",
    PeerRefused: lambda b: f"{b.count} times refused from {b.party} ({b.what}): {b.why}",
    ClockMeasured: lambda b: (
        f"clock of {b.party} {b.offset_us / 1e6:+.3f} s, within {b.within_us / 1e6:.3f} s"
        + (", ALARM" if b.alarm else "")
    ),
    PayloadDestroyed: lambda b: f"our copy of the payload destroyed: {b.why}",
    PayloadOpened: lambda b: ": ".join(filter(None, (f"opened by {b.post}", b.purpose))),
    HoldSet: lambda b: f"hold {b.hold} set by {b.post}: {b.reason}",
    HoldLifted: lambda b: f"hold {b.hold} lifted by {b.post}: {b.reason}",
    ConsentGiven: lambda b: f"consent for {b.addressee} by {b.post}",
    ConsentWithdrawn: lambda b: f"consent for {b.addressee} withdrawn by {b.post}",
    **AGREEMENT_TEXTS,
    **WARNING_TEXTS,
}
