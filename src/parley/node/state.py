"""`State` and `fold`: what a node believes, made from the logs it holds.

Rules:
- The record is a pure function of the set of logs: every entry lands in a map under its own place
  or under the place it refers to, so arrival order cannot matter; order is decided when read.
- `fold` is total: an entry that cannot be read or that makes no sense is kept and counted.
- One `Scope` per agreement; nothing crosses from one agreement into another.
- Beside the record there are two volatile parts that a restart loses and the world gives again:
  the live picture (tracks) and the links to peers. They never enter the record.

What does not live here: what a party does about anything (`rules`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from parley.node.agenda import Agenda
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
    LogName,
    LogOpened,
    MessageAnswered,
    MessageDisplayed,
    MessageEscalated,
    MessageOverdue,
    MessageSaid,
    PresenceDeclared,
    ReadBackChecked,
    Reference,
    Seen,
    TracksRecorded,
    Unreadable,
    ZoneActivity,
    ZoneDeclared,
    ZonePromulgation,
    decode_entry,
    log_name,
)
from parley.node.identity import Identity
from parley.node.indexes import Indexes
from parley.node.links import Links
from parley.node.picture import Picture
from parley.trust.frontier import Frontier
from parley.trust.tree import Tree, leaf_hash
from parley.world.agreement import Agreement
from parley.world.faults import InputFault, OurFault
from parley.world.time import datetime_from_us

K = TypeVar("K")
Key = tuple[str, int]
"""Where an entry stands: origin and index."""


def key_of(entry: Entry) -> Key:
    """Return where an entry stands."""
    return (entry.log.origin, entry.seq)


def order_of(entry: Entry) -> tuple[int, str, int]:
    """Return the order in which entries of different logs are read: claimed time, origin, index."""
    return (entry.issued_us, entry.log.origin, entry.seq)


def written_us(entry: Entry) -> int:
    """Return the earliest instant at which an entry can have been written, as its log claims it.

    An entry that claims an earlier time than the one before it in its log is backdated: it counts
    from the time that its writer had already reached.
    """
    return max(entry.issued_us, entry.not_before_us)


@dataclass(slots=True)
class Log:
    """One log as held here: its tree, its newest signed head, what its writer says it saw."""

    name: LogName
    tree: Tree = field(default_factory=Tree)
    frontier: Frontier = field(default_factory=Frontier)
    checkpoint: bytes = b""
    issued_us: int = 0
    seen: dict[str, Seen] = field(default_factory=dict)
    clock_went_back: int = 0

    @property
    def head(self) -> Seen:
        """Its size and root."""
        return Seen(size=self.tree.size, root=self.frontier.root().hex())


@dataclass(slots=True)
class Thread:
    """A message and all that refers to it; `said` is missing while only answers have come.

    `leaf` is the hash of the message: an answer counts only to these bytes. `closed` keeps which
    answer closes it for whom, with the number of answers there were when that was found.
    """

    key: Key
    said: Entry | None = None
    leaf: str = ""
    displayed: dict[str, Entry] = field(default_factory=dict)
    answers: dict[Key, Entry] = field(default_factory=dict)
    checks: dict[Key, Entry] = field(default_factory=dict)
    overdue: dict[tuple[str, str], Entry] = field(default_factory=dict)
    escalated: dict[tuple[str, int], Entry] = field(default_factory=dict)
    closed: dict[str, tuple[int, Entry | None]] = field(default_factory=dict)

    @property
    def body(self) -> MessageSaid:
        """What was said; asks only where `said` is there."""
        assert self.said is not None
        assert isinstance(self.said.body, MessageSaid)
        return self.said.body


@dataclass(slots=True)
class Scope:
    """What all logs under one agreement say."""

    agreement_id: str
    logs: dict[str, Log] = field(default_factory=dict)
    opened: dict[str, Entry] = field(default_factory=dict)
    adopted: dict[str, dict[Key, Entry]] = field(default_factory=dict)
    threads: dict[Key, Thread] = field(default_factory=dict)
    line_acts: dict[str, dict[Key, Entry]] = field(default_factory=dict)
    presence: dict[tuple[str, str], dict[Key, Entry]] = field(default_factory=dict)
    zones: dict[Key, Entry] = field(default_factory=dict)
    boundaries: dict[Key, Entry] = field(default_factory=dict)
    zone_acts: dict[str, dict[Key, Entry]] = field(default_factory=dict)
    intents: dict[Key, Entry] = field(default_factory=dict)
    intent_changes: dict[Key, Entry] = field(default_factory=dict)
    alerts: dict[Key, Entry] = field(default_factory=dict)
    resolved: dict[Key, Entry] = field(default_factory=dict)
    recorded: dict[Key, Entry] = field(default_factory=dict)
    unreadable: dict[Key, Unreadable] = field(default_factory=dict)
    sealed: dict[Key, Entry] = field(default_factory=dict)
    index: Indexes = field(default_factory=Indexes)

    def thread(self, key: Key) -> Thread:
        """Return the thread of a message, made empty if nothing of it is known yet."""
        return self.threads.setdefault(key, Thread(key=key))

    def messages(self) -> list[Thread]:
        """Return the threads whose message is known, in reading order."""
        known = [t for t in self.threads.values() if t.said is not None]
        return sorted(known, key=lambda t: order_of(t.said) if t.said else (0, "", 0))

    def adopted_by(self, party: str) -> AgreementAdopted | None:
        """Return the newest text of the agreement that a party has adopted."""
        acts = self.adopted.get(party)
        if not acts:
            return None
        # Last in the party's own log, not last by what it claims: a date is no place in a log.
        known = self.index.views.get(f"adopted {party}")
        if known is None or known[0] != len(acts):
            known = (len(acts), max(acts.values(), key=key_of).body)
            self.index.views[f"adopted {party}"] = known
        assert isinstance(known[1], AgreementAdopted)
        return known[1]


@dataclass(slots=True)
class State:
    """One party's mind: who it is, the record (a fold), the live picture, the links."""

    identity: Identity
    scopes: dict[str, Scope] = field(default_factory=dict)
    picture: Picture = field(default_factory=Picture)
    links: Links = field(default_factory=Links)
    agenda: Agenda = field(default_factory=Agenda)

    @property
    def party(self) -> str:
        """The party whose mind this is."""
        return self.identity.party

    def scope(self, agreement_id: str) -> Scope:
        """Return the scope of an agreement, made empty if nothing of it is known yet."""
        return self.scopes.setdefault(agreement_id, Scope(agreement_id=agreement_id))

    def agreement(self, agreement_id: str) -> Agreement | None:
        """Return the agreement as this party has adopted it."""
        return self.identity.agreements.get(agreement_id)

    def log(self, origin: str) -> Log:
        """Return a log as held here; one not held is empty, and looking does not make it."""
        name = log_name(origin)
        scope = self.scopes.get(name.agreement)
        held = scope.logs.get(origin) if scope is not None else None
        return held if held is not None else Log(name=name)

    def logs(self) -> Iterator[Log]:
        """Yield every log held, own and mirrored, in order of origin."""
        every = [log for scope in self.scopes.values() for log in scope.logs.values()]
        yield from sorted(every, key=lambda log: log.name.origin)

    def own_logs(self) -> Iterator[Log]:
        """Yield the logs that this party writes, in no order that means anything."""
        every = (log for scope in self.scopes.values() for log in scope.logs.values())
        return (log for log in every if log.name.party == self.party)

    def reference(self, key: Key) -> Reference:
        """Return the reference to an entry that is held here.

        Raises:
            OurFault: it is not held.
        """
        origin, index = key
        log = self.log(origin)
        if not 0 <= index < log.tree.size:
            raise OurFault(f"entry {index} of {origin}", wanted="an entry that is held here")
        return Reference(log=origin, index=index, leaf=log.tree.leaf(index).hex())


def fold(state: State, origin: str, first: int, entries: Sequence[bytes]) -> list[Entry]:
    """Take the next entries of one log into the record; return those that can be read, in order.

    Args:
        state: changed in place.
        origin: the log.
        first: index of the first entry; must be the size held so far.
        entries: exact bytes, verified by the caller against a signed checkpoint.

    Raises:
        OurFault: the entries do not continue the log; the caller must have checked.
    """
    log = state.log(origin)
    if first != log.tree.size:
        raise OurFault(f"fold of {origin} at index {first}", wanted=f"index {log.tree.size}")
    scope = state.scope(log.name.agreement)
    scope.logs[origin] = log
    read: list[Entry] = []
    for offset, data in enumerate(entries):
        leaf = leaf_hash(data)
        log.tree.extend((leaf,))
        log.frontier.append(leaf)
        entry = decode_entry(data, log=log.name, index=first + offset)
        if isinstance(entry, Unreadable):
            scope.unreadable[(origin, entry.seq)] = entry
            continue
        if entry.issued_us < log.issued_us:
            log.clock_went_back += 1
            entry = msgspec.structs.replace(entry, not_before_us=log.issued_us)
        log.issued_us = max(log.issued_us, entry.issued_us)
        log.seen.update(entry.seen)
        why = _outside_its_year(entry)
        if why is not None:
            scope.unreadable[key_of(entry)] = Unreadable(log=entry.log, seq=entry.seq, why=why)
            continue
        read.append(entry)
        if entry.body is None:
            scope.sealed[key_of(entry)] = entry
        else:
            _place(scope, entry, entry.body, leaf)
    return read


def _outside_its_year(entry: Entry) -> str | None:
    """Return why an entry cannot stand in the log of that year, or None.

    A log is of one year. Without this a party could open the log of a year gone by and write an
    answer there that would stand before the one it gave.
    """
    year = datetime_from_us(entry.issued_us).year
    if year == entry.log.year:
        return None
    return f"entry issued_us is of {year}, wanted of the year of its log, {entry.log.year}"


def _place(scope: Scope, entry: Entry, body: Body, leaf: bytes) -> None:
    """Put an entry where it belongs; one place per type, so that arrival order cannot matter."""
    if isinstance(
        body,
        MessageSaid
        | MessageDisplayed
        | MessageAnswered
        | ReadBackChecked
        | MessageOverdue
        | MessageEscalated,
    ):
        _place_message(scope, entry, body, leaf)
        return
    key = key_of(entry)
    if isinstance(body, AlertRaised):
        scope.index.add_alert(key, entry, body)
    elif isinstance(body, AlertResolved):
        scope.index.add_resolution(entry, body)
    match body:
        case LogOpened():
            scope.opened[entry.log.origin] = entry
        case AgreementAdopted():
            scope.adopted.setdefault(entry.log.party, {})[key] = entry
        case LineDeclared():
            scope.line_acts.setdefault(body.line, {})[key] = entry
        case PresenceDeclared():
            scope.presence.setdefault((body.line, entry.log.party), {})[key] = entry
        case ZoneActivity() | ZonePromulgation():
            scope.zone_acts.setdefault(body.zone, {})[key] = entry
        case _:
            _table(scope, body)[key] = entry


def _table(
    scope: Scope,
    body: ZoneDeclared
    | BoundaryDeclared
    | IntentFiled
    | IntentChanged
    | AlertRaised
    | AlertResolved
    | TracksRecorded,
) -> dict[Key, Entry]:
    match body:
        case ZoneDeclared():
            return scope.zones
        case BoundaryDeclared():
            return scope.boundaries
        case IntentFiled():
            return scope.intents
        case IntentChanged():
            return scope.intent_changes
        case AlertRaised():
            return scope.alerts
        case AlertResolved():
            return scope.resolved
        case TracksRecorded():
            return scope.recorded


def _place_message(
    scope: Scope,
    entry: Entry,
    body: MessageSaid
    | MessageDisplayed
    | MessageAnswered
    | ReadBackChecked
    | MessageOverdue
    | MessageEscalated,
    leaf: bytes,
) -> None:
    key = key_of(entry)
    if isinstance(body, MessageSaid):
        thread = scope.thread(key)
        thread.said, thread.leaf = entry, leaf.hex()
        scope.index.add_message(key, entry, body)
        scope.index.touched.add(key)
        return
    why = _misplaced(scope, entry, body)
    if why is not None:
        scope.unreadable[key] = Unreadable(log=entry.log, seq=entry.seq, why=why)
        return
    thread = scope.thread(entry.ref[0].key)
    scope.index.touched.add(thread.key)
    match body:
        case MessageDisplayed():
            _keep_first(thread.displayed, entry.log.party, entry)
        case MessageAnswered():
            thread.answers[key] = entry
        case ReadBackChecked():
            _keep_first(thread.checks, entry.ref[1].key, entry)
        case MessageOverdue():
            _keep_first(thread.overdue, (body.party, body.duty), entry)
        case MessageEscalated():
            _keep_first(thread.escalated, (body.party, body.step), entry)


def _keep_first(table: dict[K, Entry], name: K, entry: Entry) -> None:
    """Keep the entry that stands first in its writer's logs, in whatever order they arrive."""
    known = table.get(name)
    if known is None or key_of(entry) < key_of(known):
        table[name] = entry


def _misplaced(
    scope: Scope,
    entry: Entry,
    body: MessageDisplayed | MessageAnswered | ReadBackChecked | MessageOverdue | MessageEscalated,
) -> str | None:
    """Return why an entry about a message cannot count: nobody speaks for another party."""
    if not entry.ref:
        return f"{entry.type} without the message it is about"
    try:
        about = log_name(entry.ref[0].log)
    except InputFault as fault:
        return str(fault)
    if about.agreement != scope.agreement_id or about.kind != "line":
        return f"{entry.type} about something that is no message of {scope.agreement_id}"
    if isinstance(body, MessageDisplayed | MessageAnswered):
        return f"{entry.type} by its own sender" if about.party == entry.log.party else None
    if about.party != entry.log.party:
        return f"{entry.type} on behalf of {about.party}"
    if isinstance(body, ReadBackChecked) and len(entry.ref) < 2:
        return "a check without the answer that it is about"
    return None


def snapshot(scope: Scope) -> dict[str, object]:
    """Return everything a scope holds as plain sorted values; equal logs give equal snapshots."""
    plain = msgspec.to_builtins
    return {
        "logs": {origin: plain(log.head) for origin, log in sorted(scope.logs.items())},
        "adopted": _keys(scope.adopted),
        "threads": {str(t.key): _thread_snapshot(t) for _, t in sorted(scope.threads.items())},
        "line_acts": _keys(scope.line_acts),
        "zone_acts": _keys(scope.zone_acts),
        "presence": _keys({str(name): acts for name, acts in scope.presence.items()}),
        "tables": {
            name: sorted(map(str, getattr(scope, name)))
            for name in (
                "zones", "boundaries", "intents", "intent_changes", "alerts", "resolved",
                "recorded", "unreadable", "sealed",
            )
        },
    }  # fmt: skip


def _keys(table: dict[str, dict[Key, Entry]]) -> dict[str, list[str]]:
    return {name: sorted(map(str, acts)) for name, acts in sorted(table.items())}


def _thread_snapshot(thread: Thread) -> dict[str, object]:
    return {
        "said": thread.said is not None,
        "displayed": {party: key_of(e) for party, e in sorted(thread.displayed.items())},
        "answers": sorted(map(str, thread.answers)),
        "checks": {str(key): key_of(e) for key, e in sorted(thread.checks.items())},
        "overdue": {str(what): key_of(e) for what, e in sorted(thread.overdue.items())},
        "escalated": {str(what): key_of(e) for what, e in sorted(thread.escalated.items())},
    }


def digest(scope: Scope) -> str:
    """Return the SHA-256 (hex) of a scope's snapshot, to compare two nodes' states."""
    return hashlib.sha256(msgspec.json.encode(snapshot(scope), order="sorted")).hexdigest()
