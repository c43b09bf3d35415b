"""`step`: the one door into a party's mind. Dispatch only: which rule answers which input.

    step(state, now_us, input) -> Output

Rules:
- Given the same state, time and input the output is the same, byte for byte.
- `step` writes nothing into the record: it drafts; the caller appends, signs, stores, folds, and
  only then sends. It may change the volatile parts (picture, links).
- Bad acts of our own operators raise `InputFault` and change nothing; bad frames never raise.
"""

from __future__ import annotations

from parley.node.entries import (
    Draft,
    LogName,
    LogOpened,
    Seen,
    encode_entry,
    kind_of,
    log_name,
)
from parley.node.inputs import (
    Act,
    Answer,
    BePresent,
    ChangeIntent,
    DeclareBoundary,
    DeclareLine,
    DeclareZone,
    Display,
    FileIntent,
    FrameIn,
    Input,
    LinkClosed,
    LinkOpened,
    Output,
    Promulgate,
    Say,
    SegmentRecorded,
    SetActivity,
    Tick,
    TrackReports,
)
from parley.node.rules import agreements, hotline, intents, lines, peering, tracks, zones
from parley.node.state import State
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
            draft = _act(state, event, now_us)
            return Output(drafts=(draft,) if draft is not None else ())


def clock_work(state: State, now_us: int) -> list[Draft]:
    """Return the entries that time, or what has been folded since, makes due."""
    return [
        *agreements.adoptions(state),
        *hotline.due(state, now_us),
        *intents.due(state),
        *tracks.due(state, now_us),
    ]


def peer_work(state: State, now_us: int) -> Output:
    """Return the heartbeats and pushes that are due; asked for after everything is stored."""
    return peering.due(state, now_us)


def next_due_us(state: State, now_us: int) -> int | None:
    """Return the next instant at which time alone will make something due, if any."""
    return hotline.next_due_us(state, now_us)


def _act(state: State, event: Act, now_us: int) -> Draft | None:
    if isinstance(event, Say | Answer | Display | DeclareLine | BePresent):
        return _line_act(state, event, now_us)
    match event:
        case DeclareZone():
            return zones.declare_zone(state, event)
        case DeclareBoundary():
            return zones.declare_boundary(state, event)
        case SetActivity():
            return zones.set_activity(state, event, now_us)
        case Promulgate():
            return zones.promulgate(state, event)
        case FileIntent():
            return intents.file_intent(state, event)
        case ChangeIntent():
            return intents.change_intent(state, event)


def _line_act(
    state: State, event: Say | Answer | Display | DeclareLine | BePresent, now_us: int
) -> Draft | None:
    match event:
        case Say():
            return hotline.say(state, event, now_us)
        case Answer():
            return hotline.answer(state, event, now_us)
        case Display():
            return hotline.display(state, event)
        case DeclareLine():
            return lines.declare_line(state, event, now_us)
        case BePresent():
            return lines.be_present(state, event)


# ---- from drafts to the exact bytes of entries --------------------------------------------------


def write_drafts(
    state: State,
    drafts: tuple[Draft, ...],
    *,
    now_us: int,
) -> dict[str, tuple[int, list[bytes]]]:
    """Return the exact bytes of drafted entries by log: the first index and the entries.

    Args:
        state: gives each entry its place and what its writer has seen.
        drafts: what is to be written, in order.
        now_us: when it is issued; never earlier than the entry before it in its log.

    Raises:
        InputFault: an entry that is too long; nothing has changed.
    """
    batches: dict[str, tuple[int, list[bytes]]] = {}
    told: dict[str, dict[str, Seen]] = {}
    for draft in drafts:
        name = LogName(
            agreement=draft.agreement,
            party=state.party,
            kind=kind_of(draft.body),
            year=datetime_from_us(now_us).year,
        )
        log = state.log(name.origin)
        first, entries = batches.setdefault(name.origin, (log.tree.size, []))
        before = told.setdefault(name.origin, dict(log.seen))
        for each in (_opening(state, name), draft) if first + len(entries) == 0 else (draft,):
            seen = _news(state, name, before)
            before.update(seen)
            data = encode_entry(
                each,
                log=name,
                seq=first + len(entries),
                issued_us=max(now_us, log.issued_us),
                seen=seen,
            )
            entries.append(data)
    return batches


def _opening(state: State, name: LogName) -> Draft:
    """Return the first entry of a log: whose it is, and the keys of its writer."""
    keys = state.identity.keys
    agreement = state.agreement(name.agreement)
    body = LogOpened(
        agreement=name.agreement,
        kind=name.kind,
        year=name.year,
        keys={
            "log": keys.log.verifier.vkey,
            "mirror": keys.mirror.verifier.vkey,
            "link": keys.link.verifier.vkey,
        },
        rules_version=agreement.rules_version if agreement is not None else 1,
    )
    return Draft(agreement=name.agreement, by="system", body=body)


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
