"""What happened when, as ticks for the console's slider: messages, alerts, acts, changed words.

By what this node holds now; each tick stands where its entry says that it was written. What is not
told for want of room is counted by its kind, and never silently left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Literal

import msgspec

from parley.app.past_knowledge import Chronicle
from parley.app.past_mind import Mind
from parley.node.agreement_bodies import AgreementDeclared
from parley.node.entries import (
    AlertRaised,
    AlertResolved,
    Entry,
    LineDeclared,
    MessageAnswered,
    MessageSaid,
    PresenceDeclared,
    Unreadable,
    ZoneActivity,
    ZonePromulgation,
)
from parley.node.line_bodies import LinkObserved
from parley.node.rules.line_evidence import SYSTEM
from parley.node.rules.line_history import line_changes
from parley.node.state import Key, key_of
from parley.node.warning_bodies import ConflictRaised
from parley.world.faults import InputFault
from parley.world.norms import known_type

TICKS_MAX = 2_000
READ_MAX = 100_000
"""Entries read for one window; what is not read is counted, among what is left out as "entry"."""
GLANCE_INSTANTS_MAX = 300
"""Instants at which the word of one line is computed; where more happened, changes are left out."""
Kind = Literal[
    "message", "answer", "alert", "alert end", "line", "presence", "link", "glance", "zone"
]  # fmt: skip
_URGENT = {"DISTRESS": 0, "URGENT": 1, "SAFETY": 2}
_ORDER: dict[str, int] = {
    "alert": 1, "line": 1, "glance": 2, "zone": 2, "message": 3, "alert end": 4, "answer": 5,
    "link": 5, "presence": 6,
}  # fmt: skip


class _View(msgspec.Struct, frozen=True, kw_only=True):
    pass


class Tick(_View, frozen=True, kw_only=True):
    """Something that happened: what kind, its word, by whom, about what; the entry behind it.

    `word`: of a message its class, of an alert its class, of a line, zone or link the value, of a
    glance the new word. `about`: the message's type, the aircraft, the line or the zone.
    """

    at_us: int
    kind: Kind
    word: str
    party: str
    about: str
    agreement: str
    key: Key | None = None


class Span(_View, frozen=True, kw_only=True):
    """From when until when the picture was recorded without a gap."""

    from_us: int
    to_us: int


class RecordingView(_View, frozen=True, kw_only=True):
    """How the recording of the picture does: it is this node's own memory, signed by nobody.

    `torn`: files whose end was cut off. `skipped`: seconds for which there was no time. `fault`:
    why nothing is written now; "" while it is. `records`: whether this node records at all.
    """

    records: bool
    frames: int = 0
    skipped: int = 0
    torn: int = 0
    removed: int = 0
    fault: str = ""


class TimelineView(_View, frozen=True, kw_only=True):
    """What happened in a window, oldest first, and where the picture was recorded.

    `first_us`: when the first entry held here was written; None: there is none. `left_out`: ticks
    that there is no room for, by kind; the least urgent go first. `glance_left_out`: lines of which
    too much happened to compute when their word changed.
    """

    from_us: int
    to_us: int
    now_us: int
    first_us: int | None
    ticks: tuple[Tick, ...]
    left_out: dict[str, int]
    glance_left_out: tuple[str, ...]
    spans: tuple[Span, ...]
    recording: RecordingView


def ticks_of(chronicle: Chronicle, viewer: str, from_us: int, to_us: int) -> tuple[list[Tick], int]:
    """Return what the entries in a window say, oldest first, and how many were not read.

    Of a log with more than its share only the newest are: whoever floods takes no other's room.
    """
    windows = [(o, *chronicle.window(o, from_us, to_us)) for o in chronicle.readable(viewer)]
    windows.sort(key=lambda each: each[2] - each[1])
    left, found = READ_MAX, list[Tick]()
    for place, (origin, start, end) in enumerate(windows):
        count = min(end - start, left // (len(windows) - place))
        left -= count
        found += [
            tick
            for entry in chronicle.read_parts(origin, end - count, end)
            if not isinstance(entry, Unreadable) and (tick := tick_of(entry)) is not None
            if from_us <= tick.at_us <= to_us
        ]
    found.sort(key=lambda tick: (tick.at_us, tick.key or ("", 0)))
    return found, sum(end - start for _, start, end in windows) - (READ_MAX - left)


def tick_of(entry: Entry) -> Tick | None:
    """Return the tick of an entry; None: it makes none."""
    found = _kind(entry)
    if found is None:
        return None
    kind, word, about = found
    return Tick(
        at_us=entry.issued_us, kind=kind, word=word, party=entry.log.party, about=about,
        agreement=entry.log.agreement, key=key_of(entry),
    )  # fmt: skip


def _kind(entry: Entry) -> tuple[Kind, str, str] | None:
    """Return kind, word and what it is about; a machine's own tests make no tick."""
    body = entry.body
    if isinstance(body, MessageSaid):
        known = known_type(body.message_type)
        machine = known is not None and known.machine
        return None if machine else ("message", body.message_class, body.message_type)
    if isinstance(body, MessageAnswered):
        return None if entry.by == SYSTEM else ("answer", body.answer, body.answer)
    if isinstance(body, AlertRaised | ConflictRaised):
        return "alert", body.alert_class, " ".join(body.aircraft)
    return _act(entry)


def _act(entry: Entry) -> tuple[Kind, str, str] | None:
    found: tuple[Kind, str, str] | None = None
    match entry.body:
        case AlertResolved() as body:
            found = "alert end", body.why, body.key
        case LineDeclared() as body:
            found = "line", body.value, body.line
        case AgreementDeclared() as body:
            found = "line", body.value, entry.log.agreement
        case PresenceDeclared() as body:
            found = "presence", "attended" if body.present else "unattended", body.line
        case LinkObserved() as body:
            found = "link", body.link, body.party
        case ZoneActivity() as body:
            found = "zone", body.activity, body.zone
        case ZonePromulgation() as body:
            found = "zone", body.promulgation, body.zone
        case _:
            pass
    return found


def glance_ticks(
    mind: Mind, known: Callable[[Entry], int | None], from_us: int, to_us: int
) -> tuple[list[Tick], list[str]]:
    """Return when the one word of each line changed for a party, and the lines left out."""
    found: list[Tick] = []
    left_out: list[str] = []
    for name, agreement in sorted(mind.state.agreements.items()):
        for line in agreement.lines:
            try:
                changes = line_changes(
                    mind.state, agreement, line, from_us, to_us, mind.viewer,
                    known=known, instants_max=GLANCE_INSTANTS_MAX,
                )  # fmt: skip
            except InputFault:
                left_out.append(line.id)
                continue
            found += [
                Tick(
                    at_us=each.at_us, kind="glance", word=each.after, party=mind.viewer,
                    about=line.id, agreement=name, key=each.by[0] if each.by else None,
                )
                for each in changes.changes
            ]  # fmt: skip
    return found, left_out


def bounded(ticks: list[Tick]) -> tuple[tuple[Tick, ...], dict[str, int]]:
    """Return as many ticks as there is room for, in order of time; the rest by kind.

    The most urgent stay: distress before alerts and acts on lines, these before ordinary words.
    """
    if len(ticks) <= TICKS_MAX:
        return tuple(ticks), {}
    ranked = sorted(range(len(ticks)), key=lambda i: (_rank(ticks[i]), -ticks[i].at_us))
    kept = sorted(ranked[:TICKS_MAX])
    left = Counter(ticks[i].kind for i in ranked[TICKS_MAX:])
    return tuple(ticks[i] for i in kept), dict(sorted(left.items()))


def _rank(tick: Tick) -> int:
    if tick.kind == "message":
        return _URGENT.get(tick.word, _ORDER["message"])
    return _ORDER[tick.kind]
