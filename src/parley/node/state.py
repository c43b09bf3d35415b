"""`State` and `fold`: what a node believes, made from the logs it holds.

Rules:
- The record is a pure function of the set of logs: every entry lands in a map under its own place
  or under the place it refers to, so arrival order cannot matter; order is decided when read.
- `fold` is total: an entry that cannot be read or that makes no sense is kept and counted.
- One `Scope` per agreement; nothing crosses from one agreement into another.
- Beside the record there are two volatile parts that a restart loses and the world gives again:
  the live picture (tracks) and the links to peers. They never enter the record.

What does not live here: what a party does about anything (`rules`); how two states are compared
(`snapshots`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeVar

import msgspec

from parley.node.agenda import Agenda
from parley.node.agreement_bodies import AgreementBody
from parley.node.agreement_record import AgreementRecord
from parley.node.custody_bodies import EVERY_LOG_TYPES, CustodyBody, LogClosed
from parley.node.encoding import decode_entry
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
    LogKind,
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
    log_name,
)
from parley.node.identity import Identity
from parley.node.indexes import Indexes
from parley.node.layer import Layer
from parley.node.line_bodies import LineBody
from parley.node.line_record import LineRecord
from parley.node.links import Links
from parley.node.picture import Picture
from parley.node.versions import RULES_LATEST, Rules, rules_of
from parley.node.warning_bodies import ConflictRaised, WarningBody
from parley.node.warning_record import WarningRecord
from parley.trust.frontier import Frontier
from parley.trust.tree import Tree, leaf_hashes
from parley.world.agreement import Agreement
from parley.world.faults import InputFault, OurFault
from parley.world.time import datetime_from_us

K = TypeVar("K")
Key = tuple[str, int]
"""Where an entry stands: origin and index."""
RecordedBody = LineBody | AgreementBody | WarningBody
TabledBody = (
    ZoneDeclared | BoundaryDeclared | IntentFiled | IntentChanged | AlertRaised | AlertResolved
    | TracksRecorded | ConflictRaised
)  # fmt: skip
Abandoned = Literal["takeover", "restored", "forked"]
"""restored: a later head may be signed already, and may come back from a mirror; forked: one did,
and it does not go on from ours; takeover: another node of ours may still write there."""
SEEN_KEPT_MAX = 4_096
"""Heads that one log says it has seen: twenty years of two kinds of a hundred parties."""


class Decode(Protocol):
    """Reads the bytes of an entry; `encoding.decode_entry` is one."""

    def __call__(
        self, data: bytes, *, log: LogName, index: int, opening: bytes | None, rules: Rules
    ) -> Entry | Unreadable:
        """Return what the bytes say, or why they cannot be read."""


def key_of(entry: Entry) -> Key:
    """Return where an entry stands."""
    return (entry.log.origin, entry.seq)


def rank_of(entry: Entry) -> tuple[int, int, str, int]:
    """Return where an entry stands among its writer's logs: year, incarnation, origin, index."""
    return (entry.log.year, entry.log.incarnation, entry.log.origin, entry.seq)


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
    closed_at: int | None = None
    unreadable: int = 0

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
    """What all logs under one agreement say, read by the rules that the agreement pins.

    `sealed`: entries whose opening is not held here. `narrow`: entries whose payload is not for
    every party, with whom it is for. `custody`: entries about keys, logs and payloads, by type.
    `ahead`: what came before its log has reached it, a layer over the record (`overtaking`).
    """

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
    narrow: dict[Key, tuple[str, ...]] = field(default_factory=dict)
    custody: dict[str, dict[Key, Entry]] = field(default_factory=dict)
    line: LineRecord = field(default_factory=LineRecord)
    terms: AgreementRecord = field(default_factory=AgreementRecord)
    warnings: WarningRecord = field(default_factory=WarningRecord)
    ahead: Layer = field(default_factory=Layer)
    rules: Rules = field(default_factory=lambda: rules_of(RULES_LATEST))
    index: Indexes = field(default_factory=Indexes)

    def thread(self, key: Key) -> Thread:
        """Return the thread of a message, made empty if nothing of it is known yet."""
        return self.threads.setdefault(key, Thread(key=key))

    def messages(self) -> list[Thread]:
        """Return the threads whose message is known, in reading order."""
        known = [t for t in self.threads.values() if t.said is not None]
        return sorted(known, key=lambda t: order_of(t.said) if t.said else (0, "", 0))

    def acts_of(self, name: str, party: str) -> dict[Key, Entry]:
        """Return the entries of a type about the record that a party wrote."""
        return self.index.acts.get((name, party), {})

    def adopted_by(self, party: str) -> AgreementAdopted | None:
        """Return the newest text of the agreement that a party has adopted."""
        acts = self.adopted.get(party)
        if not acts:
            return None
        # Last in the party's own log, not last by what it claims: a date is no place in a log.
        known = self.index.views.get(f"adopted {party}")
        if known is None or known[0] != len(acts):
            known = (len(acts), max(acts.values(), key=rank_of).body)
            self.index.views[f"adopted {party}"] = known
        assert isinstance(known[1], AgreementAdopted)
        return known[1]


@dataclass(slots=True)
class State:
    """One party's mind: who it is, the record (a fold), the live picture, the links.

    `instance`: the name of this node's store, among the stores of its party.
    `abandoned`: own logs that must not be continued, with why: a later head of them may be signed
    already (this node was restored), or another node of the party may still write them. `views`:
    what was last computed over all scopes, with what it was computed from. `refused_acts`: acts in
    another's name that stand in no entry yet, by agreement, act and post, with why. `operative`:
    texts that came into force by signed acts since the node was set up, by agreement, with their
    documents; found again from the record after a restart (`rules.texts`).
    """

    identity: Identity
    scopes: dict[str, Scope] = field(default_factory=dict)
    abandoned: dict[str, Abandoned] = field(default_factory=dict)
    instance: str = ""
    picture: Picture = field(default_factory=Picture)
    links: Links = field(default_factory=Links)
    views: dict[str, tuple[object, object]] = field(default_factory=dict)
    agenda: Agenda = field(default_factory=Agenda)
    refused_acts: dict[tuple[str, str, str], str] = field(default_factory=dict)
    operative: dict[str, tuple[str, Agreement]] = field(default_factory=dict)
    _logs_by_party: tuple[list[int], dict[str, tuple[Log, ...]]] | None = field(
        default=None, repr=False, compare=False
    )

    @property
    def party(self) -> str:
        """The party whose mind this is."""
        return self.identity.party

    def scope(self, agreement_id: str) -> Scope:
        """Return the scope of an agreement, made empty if nothing of it is known yet."""
        known = self.scopes.get(agreement_id)
        if known is None:
            agreement = self.agreement(agreement_id)
            version = agreement.rules_version if agreement is not None else RULES_LATEST
            known = Scope(agreement_id=agreement_id, rules=rules_of(version))
            self.scopes[agreement_id] = known
        return known

    def agreement(self, agreement_id: str) -> Agreement | None:
        """Return the agreement as it is in force for this party now, if it has adopted one."""
        held = self.operative.get(agreement_id)
        return held[1] if held is not None else self.identity.agreements.get(agreement_id)

    @property
    def agreements(self) -> dict[str, Agreement]:
        """The agreements as they are in force for this party now, by id."""
        if not self.operative:
            return self.identity.agreements
        return {
            **self.identity.agreements,
            **{name: agreement for name, (_, agreement) in self.operative.items()},
        }

    def document(self, agreement_id: str) -> str:
        """Return the text of an agreement as it is in force now."""
        held = self.operative.get(agreement_id)
        return held[0] if held is not None else self.identity.documents[agreement_id]

    def log(self, origin: str) -> Log:
        """Return a log as held here; one not held is empty, and looking does not make it."""
        name = log_name(origin)
        scope = self.scopes.get(name.agreement)
        held = scope.logs.get(origin) if scope is not None else None
        return held if held is not None else Log(name=name)

    def logs(self) -> Iterator[Log]:
        """Yield every log held, own and mirrored, in order of origin."""
        yield from self._logs_held()[""]

    def own_logs(self) -> Iterator[Log]:
        """Yield the logs that this party writes, in no order that means anything."""
        return iter(self.logs_of(self.identity.party))

    def logs_of(self, party: str) -> tuple[Log, ...]:
        """Return the logs held that a party writes, in order of origin."""
        return self._logs_held().get(party, ())

    def _logs_held(self) -> dict[str, tuple[Log, ...]]:
        """Return the logs held by party, and under "" all of them, in order of origin.

        Asked for many times in each turn; a log that is held stays, so their number tells.
        """
        count = [len(scope.logs) for scope in self.scopes.values()]
        if self._logs_by_party is None or self._logs_by_party[0] != count:
            every = [log for scope in self.scopes.values() for log in scope.logs.values()]
            every.sort(key=lambda log: log.name.origin)
            found = {"": tuple(every)}
            for party in {log.name.party for log in every}:
                found[party] = tuple(log for log in every if log.name.party == party)
            self._logs_by_party = (count, found)
        return self._logs_by_party[1]

    def own_log(self, agreement: str, kind: LogKind, year: int) -> LogName:
        """Return the own log of that kind and year that is written now: the last incarnation.

        A log that is given up is followed by the next; so is one that is closed: a clock was set
        back over the new year, and what is written after the closing entry would count nowhere.
        """
        first = LogName(agreement=agreement, party=self.party, kind=kind, year=year)
        scope = self.scopes.get(agreement)
        held = [log.name for log in (scope.logs.values() if scope is not None else ())]
        # What is given up need not be held: a bare machine cannot know what it had signed.
        held += [log_name(origin) for origin in self.abandoned]
        names = (each for each in held if msgspec.structs.replace(each, incarnation=1) == first)
        newest = max(names, key=lambda name: name.incarnation, default=first)
        if newest.origin in self.abandoned or self.log(newest.origin).closed_at is not None:
            return msgspec.structs.replace(newest, incarnation=newest.incarnation + 1)
        return newest

    def reference(self, key: Key) -> Reference:
        """Return the reference to an entry that is held here.

        Raises:
            OurFault: it is not held.
        """
        origin, index = key
        log = self.log(origin)
        scope = self.scopes.get(log.name.agreement)
        held = scope.ahead.held.get(key) if scope is not None else None
        if held is not None:
            return Reference(log=origin, index=index, leaf=held.leaf.hex())
        if not 0 <= index < log.tree.size:
            raise OurFault(f"entry {index} of {origin}", wanted="an entry that is held here")
        return Reference(log=origin, index=index, leaf=log.tree.leaf(index).hex())


def fold(
    state: State,
    origin: str,
    first: int,
    entries: Sequence[bytes],
    openings: Mapping[int, bytes] | None = None,
    decode: Decode = decode_entry,
) -> list[Entry]:
    """Take the next entries of one log into the record; return those that can be read, in order.

    Args:
        state: changed in place.
        origin: the log.
        first: index of the first entry; must be the size held so far.
        entries: exact bytes, verified by the caller against a signed checkpoint.
        openings: salt and payload of the sealed entries that this node may read, by index.
        decode: reads them; another one may remember what it has read before.

    Raises:
        OurFault: the entries do not continue the log; the caller must have checked.
    """
    log = state.log(origin)
    if first != log.tree.size:
        raise OurFault(f"fold of {origin} at index {first}", wanted=f"index {log.tree.size}")
    scope = state.scope(log.name.agreement)
    scope.logs[origin] = log
    read: list[Entry] = []
    leaves = leaf_hashes(entries)
    log.tree.extend(leaves)
    for index, (data, leaf) in enumerate(zip(entries, leaves, strict=True), first):
        log.frontier.append(leaf)
        opening = openings.get(index) if openings else None
        entry = decode(data, log=log.name, index=index, opening=opening, rules=scope.rules)
        if isinstance(entry, Entry):
            entry = _in_its_time(log, entry)
        if isinstance(entry, Unreadable):
            scope.unreadable[(origin, index)] = entry
            continue
        read.append(entry)
        _take(scope, log, entry, leaf)
    return read


def _in_its_time(log: Log, entry: Entry) -> Entry | Unreadable:
    """Return an entry with the bound that its log puts on its time, or why it cannot count."""
    if entry.issued_us < log.issued_us:
        log.clock_went_back += 1
        entry = msgspec.structs.replace(entry, not_before_us=log.issued_us)
    log.issued_us = max(log.issued_us, entry.issued_us)
    for origin, head in entry.seen.items():
        # The names are the writer's to make up, without end.
        if origin in log.seen or len(log.seen) < SEEN_KEPT_MAX:
            log.seen[origin] = head
    why = _after_the_end(log) or _outside_its_year(entry)
    return entry if why is None else Unreadable(log=entry.log, seq=entry.seq, why=why)


def _after_the_end(log: Log) -> str | None:
    """Return why nothing counts any more in a log: it has its closing entry."""
    if log.closed_at is None:
        return None
    return f"entry after log.closed at index {log.closed_at}, wanted in the log that continues it"


def _take(scope: Scope, log: Log, entry: Entry, leaf: bytes) -> None:
    key = key_of(entry)
    scope.index.add_seen(entry, log.seen)
    if entry.audience is not None:
        scope.narrow[key] = entry.audience
    if entry.body is None:
        scope.sealed[key] = entry
    elif isinstance(entry.body, CustodyBody):
        scope.custody.setdefault(entry.type, {})[key] = entry
        scope.index.acts.setdefault((entry.type, log.name.party), {})[key] = entry
        if isinstance(entry.body, LogClosed):
            log.closed_at = entry.seq
    elif isinstance(entry.body, RecordedBody) and not isinstance(entry.body, ConflictRaised):
        _place_recorded(scope, entry, entry.body)
    else:
        _place(scope, entry, entry.body, leaf)


def _place_recorded(scope: Scope, entry: Entry, body: RecordedBody) -> None:
    # A mark, a call, an alarm that was taken, a unit's receipt: the time to act may follow from it.
    scope.index.chained.update(ref.key for ref in entry.ref)
    if isinstance(body, LineBody):
        why = scope.line.take(entry, body)
    elif isinstance(body, WarningBody):
        why = scope.warnings.take(entry, body)
    else:
        why = scope.terms.take(entry, body)
    if why is not None:
        scope.unreadable[key_of(entry)] = Unreadable(log=entry.log, seq=entry.seq, why=why)
    elif entry.ref and entry.ref[0].key in scope.threads:
        # What is due for the message may have changed with it.
        scope.index.touch(entry.ref[0].key)


def _outside_its_year(entry: Entry) -> str | None:
    """Return why an entry cannot stand in the log of that year, or None.

    A log is of one year. Without this a party could open the log of a year gone by and write an
    answer there that would stand before the one it gave.
    """
    year = datetime_from_us(entry.issued_us).year
    # A log that lay still over the new year is closed, and its key rotated, when there is reason.
    ends = isinstance(entry.body, EVERY_LOG_TYPES) and year > entry.log.year
    if year == entry.log.year or ends:
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
        place_message(scope, entry, leaf)
        return
    key = key_of(entry)
    if isinstance(body, AlertRaised | ConflictRaised):
        scope.index.add_alert(key, entry, body)
    elif isinstance(body, AlertResolved):
        scope.index.add_resolution(entry, body)
    elif isinstance(body, IntentFiled | IntentChanged):
        scope.index.intents.new.append(key)
    match body:
        case LogOpened():
            scope.opened.setdefault(entry.log.origin, entry)
        case AgreementAdopted():
            scope.adopted.setdefault(entry.log.party, {})[key] = entry
        case LineDeclared():
            scope.line_acts.setdefault(body.line, {})[key] = entry
        case PresenceDeclared():
            scope.presence.setdefault((body.line, entry.log.party), {})[key] = entry
        case ZoneActivity() | ZonePromulgation():
            scope.zone_acts.setdefault(body.zone, {})[key] = entry
        case _:
            assert isinstance(body, TabledBody)
            _table(scope, body)[key] = entry


def _table(scope: Scope, body: TabledBody) -> dict[Key, Entry]:
    match body:
        case ZoneDeclared():
            return scope.zones
        case BoundaryDeclared():
            return scope.boundaries
        case IntentFiled():
            return scope.intents
        case IntentChanged():
            return scope.intent_changes
        case AlertRaised() | ConflictRaised():
            return scope.alerts
        case AlertResolved():
            return scope.resolved
        case TracksRecorded():
            return scope.recorded


def place_message(scope: Scope, entry: Entry, leaf: bytes) -> None:
    """Put a message, or what is said about one, into its thread."""
    key, body = key_of(entry), entry.body
    if isinstance(body, MessageSaid):
        thread = scope.thread(key)
        thread.said, thread.leaf = entry, leaf.hex()
        scope.index.add_message(key, entry, body)
        scope.index.add_expiring(key, entry)
        scope.index.touch(key)
        for ref in entry.ref:
            # A correction or cancellation ends what is due for the message that it names.
            if ref.key in scope.threads:
                scope.index.touch(ref.key)
        return
    assert isinstance(
        body,
        MessageDisplayed | MessageAnswered | ReadBackChecked | MessageOverdue | MessageEscalated,
    )
    why = _misplaced(scope, entry, body)
    if why is not None:
        scope.unreadable[key] = Unreadable(log=entry.log, seq=entry.seq, why=why)
        return
    thread = scope.thread(entry.ref[0].key)
    scope.index.touch(thread.key)
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
    if known is None or rank_of(entry) < rank_of(known):
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
