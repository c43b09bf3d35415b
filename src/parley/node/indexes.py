"""Indexes over the record of one agreement: made by `fold`, so that no rule reads a whole log.

Rules:
- An index is a function of the set of logs, whatever the order in which entries arrive.
- It says nothing that the record does not: it stands in no snapshot and in no digest.
- Everything a step or a report does is then as dear as what is open, never as what ever was.

The one part that is not a function of the logs alone is `touched`: the threads that changed since
somebody last looked. Looking at one more often than needed does no harm.
"""

from __future__ import annotations

import bisect
import heapq
from dataclasses import dataclass, field

from parley.node.entries import AlertRaised, AlertResolved, Entry, MessageSaid
from parley.world.boundary import Boundary
from parley.world.intent import Intent
from parley.world.zone import Zone

Key = tuple[str, int]
"""Where an entry stands: origin and index."""


TOLD_OF_LOG_MAX = 8
TOLD_MAX = 1_024
"""Disputes and evidence that one party writes about one log, and about all, and that are looked at:
an honest one writes each once."""


@dataclass(slots=True)
class Told:
    """What others wrote about forks and is still to be compared: from which size on, by log.

    Attributes:
        counts: how many entries of each type were taken in.
        waiting: the entries about a log, each with the size that the log must have.
        taken: how many there were of a writer about a log; of a writer at all.
    """

    counts: dict[str, int] = field(default_factory=dict)
    waiting: dict[str, list[tuple[int, Entry]]] = field(default_factory=dict)
    taken: dict[tuple[str, ...], int] = field(default_factory=dict)

    def add(self, kind: str, origin: str, entry: Entry) -> None:
        """Take one in, if its writer has not written too many."""
        limits = {(entry.log.party, kind, origin): TOLD_OF_LOG_MAX, (entry.log.party,): TOLD_MAX}
        if any(self.taken.get(name, 0) >= limit for name, limit in limits.items()):
            return
        for name in limits:
            self.taken[name] = self.taken.get(name, 0) + 1
        self.waiting.setdefault(origin, []).append((0, entry))


@dataclass(slots=True)
class Indexes:
    """What the rules look up, by what they look it up.

    Attributes:
        touched: threads that changed since the clock rules last looked.
        by_zone: messages by the zone that they name.
        by_flight: messages by the flight that they name.
        sent_us: when each party wrote on each line, sorted.
        tests: line tests by line.
        newest_alert: the last alert that a party raised under a key.
        resolved: which of its own alerts each party has resolved.
        open_alerts: alerts that their own party has not resolved.
        watched: those of them by party that last as long as their cause: about live aircraft.
        zones: declared zones as read, once; None where a declaration is no zone.
        boundaries: declared boundaries as read, once.
        intents: filed intents as read, once.
        acts: entries about the record, by type and writer: what one party writes without end must
            not make it dear to look up what another wrote.
        expiring: messages for some parties only that end at an instant, the soonest first (a heap).
        told: what others wrote about forks.
        revoked: keys that the root of a party revoked, with how many statements were looked at by
            which roots.
        views: what was last computed from a table, with the size that the table then had.
    """

    touched: set[Key] = field(default_factory=set)
    by_zone: dict[str, set[Key]] = field(default_factory=dict)
    by_flight: dict[str, set[Key]] = field(default_factory=dict)
    sent_us: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    tests: dict[str, set[Key]] = field(default_factory=dict)
    newest_alert: dict[tuple[str, str], Key] = field(default_factory=dict)
    resolved: set[tuple[str, Key]] = field(default_factory=set)
    open_alerts: dict[Key, Entry] = field(default_factory=dict)
    watched: dict[str, dict[Key, Entry]] = field(default_factory=dict)
    zones: dict[Key, Zone | None] = field(default_factory=dict)
    boundaries: dict[Key, Boundary | None] = field(default_factory=dict)
    intents: dict[Key, Intent | None] = field(default_factory=dict)
    acts: dict[tuple[str, str], dict[Key, Entry]] = field(default_factory=dict)
    expiring: list[tuple[int, Key]] = field(default_factory=list)
    told: Told = field(default_factory=Told)
    revoked: dict[str, tuple[int, object, dict[str, tuple[int, str]]]] = field(default_factory=dict)
    views: dict[str, tuple[object, object]] = field(default_factory=dict)

    def add_message(self, key: Key, entry: Entry, body: MessageSaid) -> None:
        """Take a message into account."""
        if "zone" in body.fields:
            self.by_zone.setdefault(body.fields["zone"], set()).add(key)
        if "flight" in body.fields:
            self.by_flight.setdefault(body.fields["flight"], set()).add(key)
        if body.message_type == "line.test":
            self.tests.setdefault(body.line, set()).add(key)
        bisect.insort(self.sent_us.setdefault((body.line, entry.log.party), []), entry.issued_us)

    def add_expiring(self, key: Key, entry: Entry) -> None:
        """Take into account when a message for some parties only ends."""
        if entry.audience is not None and entry.valid_until_us is not None:
            heapq.heappush(self.expiring, (entry.valid_until_us, key))

    def add_alert(self, key: Key, entry: Entry, body: AlertRaised) -> None:
        """Take an alert into account, whether its resolution came before it or not."""
        name = (entry.log.party, body.key)
        self.newest_alert[name] = max(key, self.newest_alert.get(name, key))
        if (entry.log.party, key) not in self.resolved:
            self.open_alerts[key] = entry
            if body.what in ("separation", "incursion"):
                self.watched.setdefault(entry.log.party, {})[key] = entry

    def add_resolution(self, entry: Entry, body: AlertResolved) -> None:
        """Take a resolution into account; a party resolves its own alerts and nobody else's."""
        del body
        if not entry.ref:
            return
        key = entry.ref[0].key
        self.resolved.add((entry.log.party, key))
        known = self.open_alerts.get(key)
        if known is not None and known.log.party == entry.log.party:
            del self.open_alerts[key]
            self.watched.get(entry.log.party, {}).pop(key, None)
