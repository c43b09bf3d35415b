"""Entries in a few words, for lists, the driver's replies and the command line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

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

_TEXT_CHARACTERS = 200


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that this node wrote, in short."""

    at_us: int
    type: str
    by: str
    to: tuple[str, ...]
    key: tuple[str, int]
    text: str


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
    text = _TEXTS[type(body)](body) if type(body) in _TEXTS else ""
    return text if len(text) <= _TEXT_CHARACTERS else f"{text[: _TEXT_CHARACTERS - 1]}…"


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
}
