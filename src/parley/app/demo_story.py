"""The story of a demo: each entry that a node wrote as one readable line, and the counts of all.

Rules:
- Only what stands in a log is told here, by the node that wrote it, once; nothing is concluded.
- Times are scenario times, UTC. Words are those of the field; nothing says that all is clear.
- Acts that keep coming (presence, display, the opening of logs, the machines' own tests that are
  answered) are counted and not told; no fact about people's messages counts a machine's test.

What does not live here: the screen (`demo_screen`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from parley.app.agreement_words import AGREEMENT_TEXTS
from parley.app.line_words import line_words
from parley.app.warning_words import WARNING_TEXTS
from parley.node.agreement_bodies import AgreementBody
from parley.node.custody_bodies import (
    CustodyBody,
    ForkEvidence,
    KeyDistrusted,
    KeyRevoked,
    KeyRotated,
    PeerRefused,
)
from parley.node.entries import (
    AgreementAdopted,
    AlertRaised,
    AlertResolved,
    Body,
    BoundaryDeclared,
    Entry,
    IntentChanged,
    IntentFiled,
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
    ZoneDeclared,
    ZonePromulgation,
)
from parley.node.indexes import Key
from parley.node.line_bodies import LineBody
from parley.node.rules.hotline import CLOSING
from parley.node.rules.tested import is_machine_test
from parley.node.state import key_of
from parley.node.warning_bodies import ConflictRaised, WarningBody
from parley.world.time import datetime_from_us, seconds_between
from parley.world.units import feet_from_metres, nautical_miles_from_metres


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the story: when, who (to whom), what, and how it is to be shown."""

    at_us: int
    who: str
    text: str
    style: str = ""


@dataclass(slots=True)
class Told:
    """A message as the story knows it: its label, what was asked, what has come of it."""

    label: str
    entry: Entry
    body: MessageSaid
    answered: dict[str, int] = field(default_factory=dict)
    escalations: int = 0
    machine: bool = False


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What a whole story came to."""

    messages: int
    answered_in_time: int
    answered_late: int
    never_answered: int
    late: tuple[str, ...]
    missed: tuple[str, ...]
    escalations: int
    read_backs_matched: int
    read_backs_mismatched: int
    alerts_raised: dict[str, int]
    alerts_resolved: int
    acknowledged: dict[str, str]
    entries_by_type: dict[str, int]


def clock_text(at_us: int) -> str:
    """Return the time of day of an instant, UTC, to the second.

    >>> clock_text(1497938700000000)
    '06:05:00Z'
    """
    return datetime_from_us(at_us).strftime("%H:%M:%SZ")


def span_text(span_s: float) -> str:
    """Return a span of time for a reader.

    >>> span_text(21), span_text(1620), span_text(86400)
    ('21 s', '27 min', '24 h')
    """
    if span_s >= 7200 and span_s % 3600 == 0:
        return f"{span_s / 3600:g} h"
    if span_s >= 600 and span_s % 60 == 0:
        return f"{span_s / 60:g} min"
    return f"{span_s:g} s"


def merged(lines: Iterable[Line]) -> list[Line]:
    """Return lines with what was written alike at one instant told once, with all who wrote it.

    >>> [line.who for line in merged([Line(0, "A", "x"), Line(0, "B", "x"), Line(0, "B", "x")])]
    ['A, B x 2']
    """
    found: dict[tuple[int, str], tuple[Line, Counter[str]]] = {}
    for line in lines:
        _, writers = found.setdefault((line.at_us, line.text), (line, Counter()))
        writers[line.who] += 1
    return [
        Line(
            line.at_us, ", ".join(_times(*each) for each in writers.items()), line.text, line.style
        )
        for line, writers in found.values()
    ]


def _times(who: str, count: int) -> str:
    return who if count == 1 else f"{who} x {count}"


class Story:
    """Turns entries into lines, in the order in which they are given, and counts them."""

    def __init__(self) -> None:
        self.messages: dict[Key, Told] = {}
        self.entries: Counter[str] = Counter()
        self.alerts: Counter[str] = Counter()
        self.resolved = 0
        self.matched = 0
        self.mismatched = 0
        self._labels: dict[Key, str] = {}

    def label(self, key: Key, seq: int) -> None:
        """Give a message the number that the scenario has for it."""
        self._labels[key] = f"#{seq}"
        if key in self.messages:
            self.messages[key].label = f"#{seq}"

    def tell(self, entry: Entry) -> Line | None:
        """Return the line of an entry of its writer's log, if it is one that is told."""
        self.entries[entry.type] += 1
        if entry.body is None:
            return None
        found = self._tell(entry, entry.body)
        if found is None:
            return None
        who, text, style = found
        return Line(entry.issued_us, who, text, style)

    def _tell(self, entry: Entry, body: Body) -> tuple[str, str, str] | None:
        me = entry.log.party
        if isinstance(body, LineBody):
            words = line_words(body)
            return (me, *words) if words is not None else None
        if isinstance(body, AgreementBody):
            about = self._known(entry)
            label = f"{about.label}: " if about is not None else ""
            return me, f"{label}{AGREEMENT_TEXTS[type(body)](body)}", "cyan"
        if isinstance(body, WarningBody) and not isinstance(body, ConflictRaised):
            return me, WARNING_TEXTS[type(body)](body), "cyan"
        return (
            _custody(me, entry, body) if isinstance(body, CustodyBody) else self._act(entry, body)
        )

    def _act(self, entry: Entry, body: Body) -> tuple[str, str, str] | None:
        me = entry.log.party
        match body:
            case MessageSaid():
                return self._said(entry, body)
            case MessageAnswered():
                return self._answered(entry, body)
            case ReadBackChecked() | MessageOverdue() | MessageEscalated():
                return me, *self._judged(entry, body)
            case AlertRaised() | ConflictRaised():
                self.alerts[body.what] += 1
                return me, _alert_text(body), "bold red" if body.binding else "red"
            case AlertResolved():
                self.resolved += 1
                return me, f"alert over: {body.key}: {body.why}", "dim"
            case MessageDisplayed() | PresenceDeclared() | LogOpened() | AgreementAdopted():
                return None
            case _:
                assert not isinstance(body, CustodyBody | LineBody | AgreementBody | WarningBody)
                return me, *_declared(entry, body)

    # ---- messages -------------------------------------------------------------------------------

    def _said(self, entry: Entry, body: MessageSaid) -> tuple[str, str, str] | None:
        key = key_of(entry)
        label = self._labels.get(key, f"{entry.log.party}/{entry.seq}")
        machine = is_machine_test(body, entry.by)
        self.messages[key] = Told(label, entry, body, machine=machine)
        if machine:
            # The machines' own tests keep coming, and are nobody's words.
            return None
        parts = [f"{label} {body.message_class} {body.message_type}"]
        parts += [body.subject] if body.subject != body.message_type else []
        parts += [_fields_text(body.fields)] if body.fields else []
        if body.answers and body.answer_due_us is not None:
            within_s = seconds_between(entry.issued_us, body.answer_due_us)
            parts.append(f"answer within {span_text(within_s)}")
        if body.read_back:
            parts.append(f"read back {', '.join(body.read_back)}")
        if body.life_safety:
            parts.append("life-safety")
        style = "bold yellow" if body.message_class in ("DISTRESS", "URGENT") else "bold"
        return f"{entry.log.party} → {', '.join(entry.to)}", " · ".join(parts), style

    def _known(self, entry: Entry) -> Told | None:
        return self.messages.get(entry.ref[0].key) if entry.ref else None

    def _answered(self, entry: Entry, body: MessageAnswered) -> tuple[str, str, str] | None:
        told = self._known(entry)
        if told is not None and told.machine:
            return None
        who = f"{entry.log.party} → {', '.join(entry.to)}"
        if told is None:
            return who, f"{body.answer} to a message that is not known here", ""
        after_s = seconds_between(told.entry.issued_us, entry.issued_us)
        if body.answer in CLOSING:
            told.answered.setdefault(entry.log.party, entry.issued_us)
        due_us = told.body.answer_due_us
        late = due_us is not None and entry.issued_us > due_us
        text = f"{told.label} {body.answer} after {span_text(after_s)}"
        if late and due_us is not None:
            text += f", {span_text(seconds_between(due_us, entry.issued_us))} late"
        text += f" · reads back {_fields_text(body.fields)}" if body.fields else ""
        return who, text, "yellow" if late else "green"

    def _judged(
        self, entry: Entry, body: ReadBackChecked | MessageOverdue | MessageEscalated
    ) -> tuple[str, str]:
        told = self._known(entry)
        label = told.label if told is not None else "a message"
        if told is not None and told.machine:
            label = f"machine test of {told.body.line}"
        match body:
            case ReadBackChecked(matches=True):
                self.matched += 1
                return f"{label} read-back of {', '.join(entry.to)} matches", "green"
            case ReadBackChecked():
                self.mismatched += 1
                found = "; ".join(
                    f"{d.field}: said {d.said}, read back {d.read}" for d in body.differences
                )
                return f"{label} READ-BACK MISMATCH by {', '.join(entry.to)}: {found}", "bold red"
            case MessageOverdue():
                duty = "answer" if body.duty == "answer" else "read-back"
                return f"{label} OVERDUE: no {duty} from {body.party}", "bold red"
            case MessageEscalated():
                if told is not None:
                    told.escalations += 1
                text = f"{label} nobody answers at {body.party} after {span_text(body.after_s)}: "
                return f"{text}{body.post} is called", "bold magenta"

    # ---- all together ---------------------------------------------------------------------------

    def facts(self) -> Facts:
        """Return what the story came to so far."""
        judged = [(told, party, *_outcome(told, party)) for told, party in self._duties()]
        late = [f"{t.label} by {p} {text}" for t, p, word, text in judged if word == "late"]
        missed = [f"{t.label} by {p}" for t, p, word, _ in judged if word == "missed"]
        by_people = [told for told in self.messages.values() if not told.machine]
        return Facts(
            messages=len(by_people),
            answered_in_time=sum(word == "met" for _, _, word, _ in judged),
            answered_late=len(late),
            never_answered=len(missed),
            late=tuple(late),
            missed=tuple(missed),
            escalations=self.entries["message.escalated"],
            read_backs_matched=self.matched,
            read_backs_mismatched=self.mismatched,
            alerts_raised=dict(sorted(self.alerts.items())),
            alerts_resolved=self.resolved,
            acknowledged={
                told.label: f"{len(told.answered)} of {len(told.entry.to)}"
                for told in by_people
                if told.body.answers
            },
            entries_by_type=dict(sorted(self.entries.items())),
        )

    def _duties(self) -> list[tuple[Told, str]]:
        asked = [t for t in self.messages.values() if t.body.answers and not t.machine]
        return [(told, party) for told in asked for party in told.entry.to]


def _outcome(told: Told, party: str) -> tuple[str, str]:
    """Return met, late or missed for one addressee, and in words what it was if it was late."""
    answered_us = told.answered.get(party)
    if answered_us is None:
        return "missed", ""
    due_us = told.body.answer_due_us
    if due_us is None or answered_us <= due_us:
        return "met", ""
    after_s = seconds_between(told.entry.issued_us, answered_us)
    within_s = seconds_between(told.entry.issued_us, due_us)
    text = f"after {after_s:g} s against {within_s:g} s"
    return "late", text + (f", {told.escalations} posts called" if told.escalations else "")


def _fields_text(fields: dict[str, str]) -> str:
    return ", ".join(f"{name} {_short(value)}" for name, value in fields.items())


def _short(value: str) -> str:
    """Return a window or an instant without what a reader can do without."""
    return value.replace(":00Z", "Z")


def _alert_text(body: AlertRaised | ConflictRaised) -> str:
    parts = [f"ALERT {body.what}", body.alert_class, " and ".join(body.aircraft)]
    if not body.binding:
        parts.append("advisory")
    if body.clause is not None:
        parts.append(f"clause {body.clause}")
    if body.least_horizontal_mm is not None and body.vertical_then_mm is not None:
        across_nm = nautical_miles_from_metres(body.least_horizontal_mm / 1000)
        up_ft = feet_from_metres(abs(body.vertical_then_mm) / 1000)
        closest = f"closest {across_nm:.2f} NM and {up_ft:.0f} ft"
        if body.least_at_us is not None:
            closest += f" at {clock_text(body.least_at_us)}"
        parts.append(closest)
    if body.text:
        parts.append(body.text)
    return " · ".join(parts)


def _custody(me: str, entry: Entry, body: CustodyBody) -> tuple[str, str, str] | None:
    """Return the line of an entry about the record itself, where a person should see it."""
    if isinstance(body, ForkEvidence):
        return me, f"FORK in the log {body.origin}: {body.why}", "bold red"
    if isinstance(body, PeerRefused):
        return me, f"refused {body.count} of {body.party} ({body.what}): {body.why}", "red"
    if isinstance(body, KeyRotated | KeyRevoked | KeyDistrusted):
        return me, entry.type, "bold yellow"
    return None


def _declared(
    entry: Entry,
    body: LineDeclared
    | ZoneDeclared
    | BoundaryDeclared
    | ZoneActivity
    | ZonePromulgation
    | IntentFiled
    | IntentChanged
    | TracksRecorded,
) -> tuple[str, str]:
    """Return the text and style of what a party declares."""
    match body:
        case LineDeclared():
            at = (
                "at once" if body.effective_us <= entry.issued_us else clock_text(body.effective_us)
            )
            how = " without the notice of the text" if body.immediate else ""
            return f"line {body.line}: own side {body.value} from {at}{how}", "bold cyan"
        case ZoneDeclared():
            return f"declares zone {_id_of(body.zone)}: own assertion, binds nobody else", "cyan"
        case BoundaryDeclared():
            name = _id_of(body.boundary)
            return f"declares boundary {name}: own assertion, binds nobody else", "cyan"
        case ZoneActivity():
            return f"zone {body.zone}: activity {body.activity}{_window_text(body)}", "cyan"
        case ZonePromulgation():
            return f"zone {body.zone}: {body.promulgation}{_window_text(body)}", "cyan"
        case IntentFiled():
            with_whom = f", overlaps {', '.join(body.conflicts)}" if body.conflicts else ""
            return f"files intent {_id_of(body.intent)}{with_whom}", "blue"
        case IntentChanged():
            return f"intent {body.intent}: {body.state}", "dim blue"
        case TracksRecorded():
            size = f"{body.reports} reports, {body.size_bytes} bytes"
            return f"recorded {size}, SHA-256 {body.sha256[:16]}…", "dim"


def _window_text(body: ZoneActivity | ZonePromulgation) -> str:
    begin = f" from {clock_text(body.from_us)}" if body.from_us is not None else ""
    return begin + (f" until {clock_text(body.to_us)}" if body.to_us is not None else "")


def _id_of(document: msgspec.Raw) -> str:
    """Return the id in the integer form of a record."""
    return msgspec.json.decode(document, type=_Named).id


class _Named(msgspec.Struct, frozen=True):
    id: str
