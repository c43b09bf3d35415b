"""What the logs under one agreement say about the line beside its messages: one table per type.

Rules:
- Every entry lands under its own place or under the place it refers to, so that arrival order
  cannot matter; order is decided when read.
- Nobody speaks for another party: what does not stand in the log of whom it concerns is told as a
  reason, and `fold` keeps it as unreadable.

What does not live here: what the entries mean (`rules`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from parley.node.entries import Entry, log_name
from parley.node.line_bodies import (
    ActRefused,
    AlarmAcknowledged,
    AlarmSent,
    CallLogged,
    LineBody,
    LineTestMissed,
    LinkObserved,
    MessageTranslated,
    MessageUndelivered,
    NoticeDiffers,
    RelayReported,
)
from parley.world.faults import InputFault

Key = tuple[str, int]
"""Where an entry stands: origin and index."""
Table = dict[Key, Entry]
N = TypeVar("N", Key, tuple[str, str], str)


@dataclass(slots=True)
class LineRecord:
    """The tables.

    Attributes:
        calls: telephone calls, each end's own entry.
        relays: what became of a relay request, by the request.
        translations: by the message.
        undelivered: by the message, then by party and duty.
        differs: what was seen otherwise than noticed, by the notice.
        links: what an observer measured of its link to a party, by both.
        tests_missed: by line.
        acknowledged: by the party and the name of its alarm.
        alarms_sent: of this party alone.
        refused: acts refused at this party's own node.
    """

    calls: Table = field(default_factory=dict)
    relays: dict[Key, Table] = field(default_factory=dict)
    translations: dict[Key, Table] = field(default_factory=dict)
    undelivered: dict[Key, dict[tuple[str, str], Entry]] = field(default_factory=dict)
    differs: dict[Key, Table] = field(default_factory=dict)
    links: dict[tuple[str, str], Table] = field(default_factory=dict)
    tests_missed: dict[str, Table] = field(default_factory=dict)
    acknowledged: dict[tuple[str, str], Table] = field(default_factory=dict)
    alarms_sent: Table = field(default_factory=dict)
    refused: Table = field(default_factory=dict)

    def take(self, entry: Entry, body: LineBody) -> str | None:
        """Put an entry where it belongs; return why it cannot count, or None."""
        key, party = (entry.log.origin, entry.seq), entry.log.party
        match body:
            case CallLogged():
                self.calls[key] = entry
            case LinkObserved():
                self.links.setdefault((party, body.party), {})[key] = entry
            case LineTestMissed():
                self.tests_missed.setdefault(body.line, {})[key] = entry
            case AlarmAcknowledged():
                self.acknowledged.setdefault((party, body.alarm), {})[key] = entry
            case AlarmSent():
                self.alarms_sent[key] = entry
            case ActRefused():
                self.refused[key] = entry
            case _:
                return self._take_about(key, entry, body)
        return None

    def _take_about(
        self,
        key: Key,
        entry: Entry,
        body: RelayReported | MessageTranslated | MessageUndelivered | NoticeDiffers,
    ) -> str | None:
        why = _misplaced(entry, body)
        if why is not None:
            return why
        about = entry.ref[0].key
        match body:
            case RelayReported():
                self.relays.setdefault(about, {})[key] = entry
            case MessageTranslated():
                self.translations.setdefault(about, {})[key] = entry
            case NoticeDiffers():
                self.differs.setdefault(about, {})[key] = entry
            case MessageUndelivered():
                table = self.undelivered.setdefault(about, {})
                known = table.get((body.party, body.duty))
                # The first in its writer's logs counts, in whatever order they arrive.
                if known is None or _rank(entry) < _rank(known):
                    table[(body.party, body.duty)] = entry
        return None

    def snapshot(self, narrow: frozenset[Key]) -> dict[str, object]:
        """Return everything that every party of the agreement holds, as plain sorted values."""

        def keys(table: Table) -> list[str]:
            return sorted(str(key) for key in table if key not in narrow)

        def by(tables: Mapping[N, Table]) -> dict[str, list[str]]:
            # A name under which only some parties hold anything is not even named.
            found = {str(name): keys(table) for name, table in sorted(tables.items())}
            return {name: held for name, held in found.items() if held}

        return {
            "calls": keys(self.calls),
            "relays": by(self.relays),
            "translations": by(self.translations),
            "differs": by(self.differs),
            "undelivered": {
                f"{about} {what}": str((e.log.origin, e.seq))
                for about, table in sorted(self.undelivered.items())
                for what, e in sorted(table.items())
                if (e.log.origin, e.seq) not in narrow
            },
            "links": by(self.links),
            "tests_missed": by(self.tests_missed),
            "acknowledged": by(self.acknowledged),
        }


def _rank(entry: Entry) -> tuple[int, int, str, int]:
    return (entry.log.year, entry.log.incarnation, entry.log.origin, entry.seq)


def _misplaced(
    entry: Entry, body: RelayReported | MessageTranslated | MessageUndelivered | NoticeDiffers
) -> str | None:
    """Return why an entry about a message cannot count: nobody speaks for another party."""
    if not entry.ref:
        return f"{entry.type} without the message it is about"
    try:
        about = log_name(entry.ref[0].log)
    except InputFault as fault:
        return str(fault)
    if about.agreement != entry.log.agreement or about.kind != "line":
        return f"{entry.type} about something that is no message of {entry.log.agreement}"
    if isinstance(body, MessageUndelivered) and about.party != entry.log.party:
        return f"{entry.type} on behalf of {about.party}"
    if isinstance(body, RelayReported) and about.party == entry.log.party:
        return f"{entry.type} by whoever asked for it"
    return None
