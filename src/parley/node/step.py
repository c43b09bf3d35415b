"""`step`: the one door into a party's mind. Dispatch only: which rule answers which input.

    step(state, now_us, input) -> Output

Rules:
- Given the same state, time and input the output is the same, byte for byte.
- `step` writes nothing into the record: it drafts; the caller appends, signs, stores, folds, and
  only then sends. It may change the volatile parts (picture, links).
- Bad acts of our own operators raise `InputFault` and change nothing; bad frames never raise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from parley.node.agreement_inputs import (
    AgreementAct,
    ConfirmNotice,
    DeclareAgreement,
    DeclareAssessment,
    DisclosePlace,
    KeepPlaces,
    MoveIntent,
    ProposeAgreement,
    ReceiptUnit,
    RegisterIncident,
    RenewAgreement,
    ReportPressure,
    Reposition,
    RequireUnits,
    SignAgreement,
)
from parley.node.custody_bodies import LogClosed
from parley.node.encoding import encode_entry, seal_entry
from parley.node.entries import (
    PLAIN_TYPES,
    Continues,
    Draft,
    LogName,
    LogOpened,
    Seen,
    kind_of,
    log_name,
)
from parley.node.inputs import (
    AcknowledgeAlarm,
    Act,
    AddTranslation,
    Answer,
    BePresent,
    ChangeIntent,
    CustodyAct,
    DeclareBoundary,
    DeclareLine,
    DeclareZone,
    Display,
    FileIntent,
    FrameIn,
    Input,
    LineAct,
    LinkClosed,
    LinkOpened,
    LogCall,
    NoteAlarmSent,
    Output,
    Promulgate,
    ReportRelay,
    Say,
    SegmentRecorded,
    SetActivity,
    TestLine,
    Tick,
    TrackReports,
)
from parley.node.rules import (
    agreements,
    alarms,
    alert_life,
    assessments,
    calls,
    conformance,
    custody,
    distribution,
    formations,
    hotline,
    intents,
    line_tests,
    lines,
    peering,
    pressure,
    relays,
    reposition,
    standing_notices,
    texts,
    threads,
    tracks,
    zone_duties,
    zones,
)
from parley.node.state import Abandoned, State
from parley.node.warning_inputs import (
    ConfirmFormation,
    DeclareFormation,
    EndFormation,
    MarkAlert,
    WarningAct,
)
from parley.trust.tree import leaf_hash
from parley.world.faults import InputFault
from parley.world.time import datetime_from_us

SEEN_MAX = 64
"""Heads in one entry: a third of its room even with the longest names."""


def step(state: State, now_us: int, event: Input) -> Output:
    """Return what follows from one input at one instant.

    Args:
        state: the mind; its record is not changed here.
        now_us: the time, microseconds UTC.
        event: what happened.

    Raises:
        InputFault: an operator's act that cannot be done, saying why; nothing has changed.
    """
    texts.take_effect(state, now_us)
    match event:
        case Tick():
            return Output(drafts=tuple(clock_work(state, now_us)))
        case LinkOpened():
            return peering.link_opened(state, event)
        case LinkClosed():
            return peering.link_closed(state, event)
        case FrameIn():
            return peering.frame_in(state, event, now_us)
        case TrackReports():
            return Output(drafts=tuple(tracks.track_reports(state, event, now_us)))
        case SegmentRecorded():
            return Output(drafts=(tracks.segment_recorded(event),))
        case _:
            return Output(drafts=_own_act(state, event, now_us))


def clock_work(state: State, now_us: int) -> list[Draft]:
    """Return the entries that time, or what has been folded since, makes due."""
    return [
        *agreements.openings(state, now_us),
        *agreements.adoptions(state),
        *agreements.refusals(state, now_us),
        *hotline.due(state, now_us),
        *line_tests.due(state, now_us),
        *lines.due(state, now_us),
        *distribution.due(state, now_us),
        *standing_notices.due(state, now_us),
        *zone_duties.due(state, now_us),
        *intents.due(state, now_us),
        *tracks.due(state, now_us),
        *conformance.due(state, now_us),
        *custody.due(state, now_us),
    ]


def peer_work(state: State, now_us: int) -> Output:
    """Return the heartbeats and pushes that are due; asked for after everything is stored."""
    return peering.due(state, now_us)


def next_due_us(state: State, now_us: int) -> int | None:
    """Return the next instant at which time alone will make something due, if any."""
    found = (hotline.next_due_us(state, now_us), texts.next_due_us(state, now_us))
    return min((instant_us for instant_us in found if instant_us is not None), default=None)


def _own_act(state: State, event: Act, now_us: int) -> tuple[Draft, ...]:
    """Do an act; one in another's name is refused, and that stands in the private log."""
    try:
        if isinstance(event, AgreementAct):
            return _agreement_act(state, event, now_us)
        if isinstance(event, WarningAct):
            warned = _warning_act(state, event, now_us)
            return (warned,) if warned is not None else ()
        draft = _act(state, event, now_us)
        return (draft,) if draft is not None else ()
    except agreements.NotOurPost as fault:
        agreements.note_refused(state, event, fault)
        raise


def _agreement_act(state: State, event: AgreementAct, now_us: int) -> tuple[Draft, ...]:
    match event:
        case ProposeAgreement() | SignAgreement() | DeclareAgreement() | RenewAgreement():
            return texts.act(state, event, now_us)
        case RequireUnits() | ReceiptUnit():
            return distribution.act(state, event, now_us)
        case KeepPlaces() | DisclosePlace() | ConfirmNotice():
            return standing_notices.act(state, event, now_us)
        case ReportPressure():
            return pressure.act(state, event, now_us)
        case MoveIntent():
            return (intents.move_intent(state, event, now_us),)
        case Reposition():
            return reposition.act(state, event, now_us)
        case DeclareAssessment() | RegisterIncident():
            return assessments.act(state, event, now_us)


def _warning_act(state: State, event: WarningAct, now_us: int) -> Draft | None:
    match event:
        case MarkAlert():
            return alert_life.mark(state, event, now_us)
        case DeclareFormation() | ConfirmFormation() | EndFormation():
            return formations.act(state, event, now_us)


def _act(
    state: State,
    event: LineAct
    | DeclareZone
    | DeclareBoundary
    | SetActivity
    | Promulgate
    | FileIntent
    | ChangeIntent
    | CustodyAct,
    now_us: int,
) -> Draft | None:
    if isinstance(event, LineAct):
        return _line_act(state, event, now_us)
    if isinstance(event, CustodyAct):
        return custody.act(state, event, now_us)
    match event:
        case DeclareZone():
            return zones.declare_zone(state, event)
        case DeclareBoundary():
            return zones.declare_boundary(state, event)
        case SetActivity():
            return zones.set_activity(state, event, now_us)
        case Promulgate():
            return zones.promulgate(state, event, now_us)
        case FileIntent():
            return intents.file_intent(state, event, now_us)
        case ChangeIntent():
            return intents.change_intent(state, event)


def _line_act(state: State, event: LineAct, now_us: int) -> Draft | None:
    match event:
        case Say():
            return relays.check_request(state, hotline.say(state, event, now_us))
        case Answer():
            return hotline.answer(state, event, now_us)
        case Display():
            return hotline.display(state, event)
        case DeclareLine():
            return lines.declare_line(state, event, now_us)
        case BePresent():
            return lines.be_present(state, event)
        case TestLine():
            return line_tests.test_line(state, event, now_us)
        case _:
            return _record_act(state, event, now_us)


def _record_act(
    state: State,
    event: LogCall | ReportRelay | AddTranslation | AcknowledgeAlarm | NoteAlarmSent,
    now_us: int,
) -> Draft | None:
    match event:
        case LogCall():
            return calls.log_call(state, event, now_us)
        case ReportRelay():
            return relays.report_relay(state, event, now_us)
        case AddTranslation():
            return threads.add_translation(state, event)
        case AcknowledgeAlarm():
            return alarms.acknowledge(state, event, now_us)
        case NoteAlarmSent():
            return alarms.note_sent(state, event)


# ---- from drafts to the exact bytes of entries --------------------------------------------------

Salt = Callable[[], bytes]
"""Gives 32 fresh random bytes; only `app` draws them."""


@dataclass(slots=True)
class Batch:
    """New entries of one own log: the first index, exact bytes, openings of the sealed ones."""

    first: int
    entries: list[bytes] = field(default_factory=list)
    openings: dict[int, bytes] = field(default_factory=dict)

    @property
    def end(self) -> int:
        """The size that the log then has."""
        return self.first + len(self.entries)


def write_drafts(
    state: State, drafts: tuple[Draft, ...], *, now_us: int, salt: Salt
) -> dict[str, Batch]:
    """Return the exact bytes of drafted entries by log, in the order they are to be folded in.

    Args:
        state: gives each entry its place and what its writer has seen.
        drafts: what is to be written, in order.
        now_us: when it is issued; never earlier than the entry before it in its log.
        salt: for the commitments of sealed payloads.

    Raises:
        InputFault: an entry that is too long; nothing has changed.
    """
    writer = _Writer(state, now_us, salt)
    for draft in drafts:
        year = datetime_from_us(now_us).year
        writer.write(draft.log or state.own_log(draft.agreement, kind_of(draft.body), year), draft)
    return {origin: batch for origin, batch in writer.batches.items() if batch.entries}


class _Writer:
    """Gives drafts their places; opens a log with its first entry, and closes the one before."""

    def __init__(self, state: State, now_us: int, salt: Salt) -> None:
        self._state = state
        self._now_us = now_us
        self._salt = salt
        self._told: dict[str, dict[str, Seen]] = {}
        self.batches: dict[str, Batch] = {}

    def write(self, name: LogName, draft: Draft) -> None:
        """Add an entry to a log."""
        if self._batch(name).end == 0:
            self._put(name, self._opening(name))
        if not isinstance(draft.body, LogOpened):
            self._put(name, draft)

    def _batch(self, name: LogName) -> Batch:
        size = self._state.log(name.origin).tree.size
        return self.batches.setdefault(name.origin, Batch(first=size))

    def _put(self, name: LogName, draft: Draft) -> None:
        log, batch = self._state.log(name.origin), self._batch(name)
        before = self._told.setdefault(name.origin, dict(log.seen))
        seen = _news(self._state, name, before)
        before.update(seen)
        issued_us = max(self._now_us, log.issued_us)
        seq = batch.end
        rules = self._state.scope(name.agreement).rules
        tag = str(type(draft.body).__struct_config__.tag)
        if tag in rules.unknown:
            wanted = f"an act of rules version {rules.version}, which {name.agreement} pins"
            raise InputFault("entry type", value=tag, wanted=wanted)
        if rules.sealed and tag not in PLAIN_TYPES:
            data, opening = seal_entry(
                draft, log=name, seq=seq, issued_us=issued_us, seen=seen, salt=self._salt()
            )
            batch.openings[seq] = opening
        else:
            data = encode_entry(draft, log=name, seq=seq, issued_us=issued_us, seen=seen)
        batch.entries.append(data)

    def _opening(self, name: LogName) -> Draft:
        body = agreements.opening_of(self._state, name, self._continues(name))
        return Draft(agreement=name.agreement, by="system", body=body)

    def _continues(self, name: LogName) -> Continues | None:
        """Return the head that a new log goes on from; a log of a year gone by is closed first."""
        if not self._state.scope(name.agreement).rules.sealed:
            return None
        before = [
            log
            for log in self._state.own_logs()
            if (log.name.agreement, log.name.kind) == (name.agreement, name.kind)
            and (log.name.year, log.name.incarnation) < (name.year, name.incarnation)
        ]
        if not before:
            return None
        old = max(before, key=lambda log: (log.name.year, log.name.incarnation))
        why = self._given_up(old.name) or "year"
        if why == "year" and old.closed_at is None:
            body = LogClosed(why="year", next=name.origin)
            self._put(old.name, Draft(agreement=name.agreement, by="system", body=body))
        frontier = old.frontier.copy()
        for data in self._batch(old.name).entries:
            frontier.append(leaf_hash(data))
        return Continues(
            origin=old.name.origin, size=frontier.size, root=frontier.root().hex(), why=why
        )

    def _given_up(self, name: LogName) -> Abandoned | None:
        """Return why an own log must not be written any more, or None.

        A log that came back from a mirror after a later incarnation was begun may lack its end.
        """
        for origin, why in sorted(self._state.abandoned.items()):
            later = log_name(origin)
            same = (later.agreement, later.kind) == (name.agreement, name.kind)
            beyond = (later.year, later.incarnation) >= (name.year, name.incarnation)
            if origin == name.origin or (same and beyond):
                return why
        return None


def _news(state: State, name: LogName, before: dict[str, Seen]) -> dict[str, Seen]:
    """Return the heads under the agreement that moved since the writer's entry before.

    Each entry carries only what is new; all of `seen` is the sum over the log so far. No more than
    `SEEN_MAX` go into one entry, the newest year first and then what was told least: peers that
    open many logs must not make our entries too long to write.
    """
    news = [
        (before[origin].size if origin in before else 0, origin, head)
        for origin, log in state.scope(name.agreement).logs.items()
        if origin != name.origin and log.tree.size and before.get(origin) != (head := log.head)
    ]
    news.sort(key=lambda each: (-log_name(each[1]).year, each[0], each[1]))
    return {origin: head for _, origin, head in sorted(news[:SEEN_MAX], key=lambda each: each[1])}
