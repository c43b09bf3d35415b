"""Indexes over the record of one agreement: made by `fold`, so that no rule reads a whole log.

Rules:
- An index is a function of the set of logs, whatever the order in which entries arrive.
- It says nothing that the record does not: it stands in no snapshot and in no digest.
- Everything a step or a report does is then as dear as what is open, never as what ever was.

What is not a function of the logs alone is `touched`, `stirred`, `spread` and `chained`, the
threads that changed since somebody last looked, and `standing`. Looking at one more often does no
harm.
"""

from __future__ import annotations

import bisect
import heapq
from collections.abc import Container
from dataclasses import dataclass, field
from typing import TypeVar

from parley.node.entries import AlertRaised, AlertResolved, Entry, MessageSaid
from parley.node.intent_table import IntentTable
from parley.node.warning_bodies import ConflictRaised
from parley.world.boundary import Boundary
from parley.world.zone import Zone

Key = tuple[str, int]
"""Where an entry stands: origin and index."""


MACHINE_TEST, PERSON_TEST = "line.test.machine", "line.test"
TESTS = (MACHINE_TEST, PERSON_TEST)
"""The message types that test a line: node to node, and person to person."""
TOLD_OF_LOG_MAX = 8
TOLD_MAX = 1_024
"""Disputes and evidence that one party writes about one log, and about all, and that are looked at:
an honest one writes each once."""


K = TypeVar("K")
V = TypeVar("V")


def _drop(tables: dict[K, list[V]], name: K, value: V) -> None:
    """Take one value off a list, and the list with its last."""
    tables[name].remove(value)
    if not tables[name]:
        del tables[name]


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
        stirred: threads that changed since the alarms were last looked at.
        spread: threads that changed since their units were last looked at (`rules.distribution`).
        chained: alerts, and threads that may be about one, that changed since the times to act were
            last looked at (`rules.chain_times`).
        standing: threads that somebody must see something of, now or at an instant, with what was
            found when they were last looked at (`rules.alarms`).
        by_zone: messages by the zone that they name.
        by_flight: messages by the flight that they name.
        about: messages by what they refer to.
        by_type: messages by their type.
        sent_us: when each party wrote on each line, sorted; what its machine wrote is no use of it.
        sent_to_us: the same by line, writer and addressee.
        tests: line tests by line.
        tested: tests of both kinds by line, writer and message type: when, and where; sorted.
        newest_alert: the last alert that a party raised under a key.
        resolved: which of its own alerts each party has resolved.
        open_alerts: alerts that their own party has not resolved.
        watched: those of them by party that last as long as their cause: about live aircraft.
        zones: declared zones as read, once; None where a declaration is no zone.
        boundaries: declared boundaries as read, once.
        intents: what is filed, as the rules read it (`rules.intent_record`).
        acts: entries about the record, by type and writer: what one party writes without end must
            not make it dear to look up what another wrote.
        expiring: messages for some parties only that end at an instant, the soonest first (a heap).
        told: what others wrote about forks.
        seen: by party and log, what each log of that party says of it: its sizes, and since when.
        revoked: keys that the root of a party revoked, with how many statements were looked at by
            which roots.
        views: what was last computed from a table, with the size that the table then had.
    """

    touched: set[Key] = field(default_factory=set)
    stirred: set[Key] = field(default_factory=set)
    spread: set[Key] = field(default_factory=set)
    chained: set[Key] = field(default_factory=set)
    standing: dict[Key, object] = field(default_factory=dict)
    by_zone: dict[str, set[Key]] = field(default_factory=dict)
    by_flight: dict[str, set[Key]] = field(default_factory=dict)
    about: dict[Key, set[Key]] = field(default_factory=dict)
    by_type: dict[str, set[Key]] = field(default_factory=dict)
    sent_us: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    sent_to_us: dict[tuple[str, str, str], list[int]] = field(default_factory=dict)
    tests: dict[str, set[Key]] = field(default_factory=dict)
    tested: dict[tuple[str, str, str], list[tuple[int, Key]]] = field(default_factory=dict)
    newest_alert: dict[tuple[str, str], Key] = field(default_factory=dict)
    resolved: set[tuple[str, Key]] = field(default_factory=set)
    open_alerts: dict[Key, Entry] = field(default_factory=dict)
    watched: dict[str, dict[Key, Entry]] = field(default_factory=dict)
    zones: dict[Key, Zone | None] = field(default_factory=dict)
    boundaries: dict[Key, Boundary | None] = field(default_factory=dict)
    intents: IntentTable = field(default_factory=IntentTable)
    acts: dict[tuple[str, str], dict[Key, Entry]] = field(default_factory=dict)
    expiring: list[tuple[int, Key]] = field(default_factory=list)
    told: Told = field(default_factory=Told)
    seen: dict[tuple[str, str], dict[str, tuple[list[int], list[int]]]] = field(
        default_factory=dict
    )
    revoked: dict[str, tuple[int, object, dict[str, tuple[int, str]]]] = field(default_factory=dict)
    views: dict[str, tuple[object, object]] = field(default_factory=dict)

    def touch(self, key: Key) -> None:
        """Let the clock rules and the alarms look at a thread again."""
        self.touched.add(key)
        self.stirred.add(key)
        self.spread.add(key)
        self.chained.add(key)

    def add_message(self, key: Key, entry: Entry, body: MessageSaid) -> None:
        """Take a message into account."""
        if "zone" in body.fields:
            self.by_zone.setdefault(body.fields["zone"], set()).add(key)
        if "flight" in body.fields:
            self.by_flight.setdefault(body.fields["flight"], set()).add(key)
        for ref in entry.ref:
            self.about.setdefault(ref.key, set()).add(key)
        self.by_type.setdefault(body.message_type, set()).add(key)
        if body.message_type == "line.test":
            self.tests.setdefault(body.line, set()).add(key)
        party, at_us = entry.log.party, entry.issued_us
        if body.message_type in TESTS:
            tested = self.tested.setdefault((body.line, party, body.message_type), [])
            bisect.insort(tested, (at_us, key))
        if body.message_type != MACHINE_TEST:
            bisect.insort(self.sent_us.setdefault((body.line, party), []), at_us)
            for to in set(entry.to):
                bisect.insort(self.sent_to_us.setdefault((body.line, party, to), []), at_us)

    def drop_message(self, key: Key, entry: Entry, body: MessageSaid) -> None:
        """Take back what `add_message` did: the message was only held ahead of its log."""
        for table, name in (
            (self.by_zone, body.fields.get("zone")),
            (self.by_flight, body.fields.get("flight")),
            (self.by_type, body.message_type),
            (self.tests, body.line if body.message_type == "line.test" else None),
        ):
            if name is None:
                continue
            table[name].discard(key)
            if not table[name]:
                del table[name]
        for about in {ref.key for ref in entry.ref}:
            self.about[about].discard(key)
            if not self.about[about]:
                del self.about[about]
        party, at_us = entry.log.party, entry.issued_us
        if body.message_type in TESTS:
            _drop(self.tested, (body.line, party, body.message_type), (at_us, key))
        if body.message_type != MACHINE_TEST:
            _drop(self.sent_us, (body.line, party), at_us)
            for to in set(entry.to):
                _drop(self.sent_to_us, (body.line, party, to), at_us)

    def add_expiring(self, key: Key, entry: Entry) -> None:
        """Take into account when a message for some parties only ends."""
        if entry.audience is not None and entry.valid_until_us is not None:
            heapq.heappush(self.expiring, (entry.valid_until_us, key))

    def add_seen(self, entry: Entry, counted: Container[str]) -> None:
        """Take into account how much of the logs that count a writer has; entries in log order."""
        for origin, head in entry.seen.items():
            if origin not in counted:
                continue
            tables = self.seen.setdefault((entry.log.party, origin), {})
            sizes, since_us = tables.setdefault(entry.log.origin, ([], []))
            if not sizes or head.size > sizes[-1]:
                sizes.append(head.size)
                since_us.append(max(entry.issued_us, entry.not_before_us))

    def held_since_us(self, party: str, key: Key) -> int | None:
        """Return when at the latest a party held an entry, by its own logs; None: they say none."""
        found = []
        for sizes, since_us in self.seen.get((party, key[0]), {}).values():
            place = bisect.bisect_right(sizes, key[1])
            if place < len(sizes):
                found.append(since_us[place])
        return min(found, default=None)

    def add_alert(self, key: Key, entry: Entry, body: AlertRaised | ConflictRaised) -> None:
        """Take an alert into account, whether its resolution came before it or not."""
        self.chained.add(key)
        name = (entry.log.party, body.key)
        self.newest_alert[name] = max(key, self.newest_alert.get(name, key))
        if (entry.log.party, key) not in self.resolved:
            self.open_alerts[key] = entry
            # What is told of live aircraft ends when they are not heard any more.
            if isinstance(body, ConflictRaised) or body.what in ("separation", "incursion"):
                self.watched.setdefault(entry.log.party, {})[key] = entry

    def add_resolution(self, entry: Entry, body: AlertResolved) -> None:
        """Take a resolution into account; a party resolves its own alerts and nobody else's."""
        del body
        if not entry.ref:
            return
        key = entry.ref[0].key
        self.chained.add(key)
        self.resolved.add((entry.log.party, key))
        known = self.open_alerts.get(key)
        if known is not None and known.log.party == entry.log.party:
            del self.open_alerts[key]
            self.watched.get(entry.log.party, {}).pop(key, None)
