"""Telephone calls and relays as the page, the API and the command line show them. Only reading.

A call has three times, each as an interval: when it happened, by the word of each end; when that
was entered; when the other end is known to have held the entry. None stands for another.
"""

from __future__ import annotations

import msgspec

from parley.app.custody_views import GUARDED, Held, Receipts, masked_about, no_receipts
from parley.node.call_matching import SAME_MINUTE_US, CallEnd
from parley.node.line_bodies import RelayReported
from parley.node.rules.calls import Call, CallCount, call_counts, calls_of
from parley.node.rules.relays import Relay, RelayWord, relays_of
from parley.node.state import Key, Scope, State, key_of, written_us
from parley.world.time import Interval, Times, format_second


class _View(msgspec.Struct, frozen=True, kw_only=True):
    pass


class CallEndView(_View, frozen=True, kw_only=True):
    """One end's entry of a call.

    `entered`: "at once", "late", or "not known" where its end is not said. `times`: happened, sent
    (entered), known (held by the other end; None: nobody says so). `doubt_s`: how far the times of
    the call may be from the true ones: whole minutes, and what the clocks differ.
    """

    party: str
    key: Key
    corrects: tuple[Key, ...]
    post: str
    direction: str
    outcome: str
    began_us: int
    ended_us: int | None
    entered_us: int
    entered: str
    times: Times
    doubt_s: float
    spoke_with: str
    subject: str
    text: str
    fields: dict[str, str]
    read_back: dict[str, str]
    recorder: str
    reason: str
    language: str
    status: str


class CallView(_View, frozen=True, kw_only=True):
    """A call: by the entries of which ends, and what they say differently, by field and party."""

    agreement: str
    line: str
    caller: str
    called: str
    word: str
    basis: str
    ends: tuple[CallEndView, ...]
    differences: dict[str, dict[str, str]]
    about: tuple[Key, ...]
    remarks: tuple[str, ...]


class CallsView(_View, frozen=True, kw_only=True):
    """The calls, newest first, and how they went for each line, caller and called party."""

    calls: tuple[CallView, ...]
    counts: tuple[CallCount, ...]


class RelayReportView(_View, frozen=True, kw_only=True):
    """One report about a relay; the last one counts."""

    key: Key
    outcome: str
    post: str
    at_us: int
    entered_us: int
    received_by: str
    text: str


class RelayView(_View, frozen=True, kw_only=True):
    """A relay request with one party that was asked: how it stands, by whom, since when.

    `age_s`: how long somebody has owed an answer or a report; None: nobody owes anything.
    """

    agreement: str
    key: Key
    line: str
    asked_by: str
    party: str
    third: str
    message: str
    state: RelayWord
    by_post: str
    since_us: int
    age_s: float | None
    received_by: str
    text: str
    remark: str
    reports: tuple[RelayReportView, ...]


# ---- calls --------------------------------------------------------------------------------------


def calls_view(
    state: State, now_us: int, *, line: str = "", receipts: Receipts = no_receipts
) -> CallsView:
    """Return the calls of a line, or of every line, newest first, with their counts."""
    calls: list[CallView] = []
    counts: list[CallCount] = []
    for _, scope in sorted(state.scopes.items()):
        calls += [
            _call_view(state, scope, each, now_us, receipts)
            for each in calls_of(state, scope, line or None)
        ]
        counts += call_counts(state, scope, line or None)
    calls.sort(key=lambda each: max(end.began_us for end in each.ends), reverse=True)
    return CallsView(calls=tuple(calls), counts=tuple(counts))


def _call_view(state: State, scope: Scope, call: Call, now_us: int, receipts: Receipts) -> CallView:
    first = call.pair.first
    called = first.body.party if first.caller == first.party else first.party
    ends = tuple(_end_view(state, end, call, now_us, receipts) for end in call.pair.ends)
    masked = any(masked_about(state, end.key, end.entry) for end in call.pair.ends)
    return CallView(
        agreement=scope.agreement_id,
        line=call.line,
        caller=first.caller,
        called=called,
        word=call.word,
        basis=call.pair.basis,
        ends=ends,
        differences={
            each.field: {party: GUARDED if masked else word for party, word in each.words}
            for each in call.differences
        },
        about=call.about,
        remarks=call.remarks,
    )


def _end_view(
    state: State, end: CallEnd, call: Call, now_us: int, receipts: Receipts
) -> CallEndView:
    body, entry = end.body, end.entry
    masked = masked_about(state, end.key, entry)
    rounded_us = SAME_MINUTE_US if body.began_us % SAME_MINUTE_US == 0 else 0
    return CallEndView(
        party=end.party,
        key=end.key,
        corrects=end.corrects,
        post=entry.by,
        direction=body.direction,
        outcome=body.outcome,
        began_us=body.began_us,
        ended_us=end.ended_us,
        entered_us=entry.issued_us,
        entered=end.entered,
        times=_times(state, end, now_us, receipts),
        doubt_s=(rounded_us + call.clocks_us) / 1_000_000,
        spoke_with=body.spoke_with,
        subject=body.subject,
        text=GUARDED if masked and body.text else body.text,
        fields={} if masked else body.fields,
        read_back={} if masked else body.read_back,
        recorder=body.recorder,
        reason=body.reason,
        language=body.language,
        status=entry.status,
    )


def _times(state: State, end: CallEnd, now_us: int, receipts: Receipts) -> Times:
    """Return the three times of an end's word, each no narrower than what is known of it."""
    began_us, entry = end.body.began_us, end.entry
    happened = Interval(from_us=began_us, to_us=began_us if end.ended_us is None else end.ended_us)
    least_us = written_us(entry)
    if end.party != state.party:
        # When it was entered, and came here, is bounded by now alone: it is here.
        until = Interval(from_us=min(least_us, now_us), to_us=now_us)
        return Times(happened=happened, sent=until, known=until)
    other = end.body.party
    held = receipts(state, end.key, (other,)).get(other, Held())
    said_us = held.received_us if held.received_us is not None else held.cosigned_us
    sent = Interval(from_us=entry.issued_us, to_us=max(entry.issued_us, least_us))
    if said_us is None:
        return Times(happened=happened, sent=sent)
    known = Interval(from_us=min(entry.issued_us, said_us), to_us=said_us)
    return Times(happened=happened, sent=sent, known=known)


def call_lines(view: CallView) -> list[str]:
    """Return a call for a person at a terminal: how its ends stand, then each end's word."""
    about = " and ".join(dict.fromkeys(end.subject for end in view.ends if end.subject))
    lines = [
        f"{view.line} ({view.agreement}): {view.caller} called {view.called}"
        + (f" about {about}" if about else "")
        + f": {view.word}"
    ]
    for end in view.ends:
        lines += [f"  {text}" for text in _end_lines(end)]
    for name, words in view.differences.items():
        told = ", ".join(f"{party}: {word}" for party, word in words.items())
        lines.append(f"  DIFFERS in {name}: {told}")
    lines += [f"  about {origin} {index}" for origin, index in view.about]
    lines += [f"  note: {text}" for text in view.remarks]
    return lines


def _end_lines(end: CallEndView) -> list[str]:
    over = "end not stated" if end.ended_us is None else f"to {format_second(end.ended_us)}"
    why = f" ({end.reason})" if end.reason else ""
    whom = f", spoke with {end.spoke_with}" if end.spoke_with else ""
    lines = [
        f"{end.party}: {end.outcome}{why}, {format_second(end.began_us)} {over}{whom}",
        f"{end.party}: {entered_words(end)} by {end.post}, {end.key[0]} {end.key[1]}",
    ]
    said = {"said": end.fields, "read back": end.read_back}
    for what, fields in said.items():
        if fields:
            told = ", ".join(f"{name}={value}" for name, value in fields.items())
            lines.append(f"{end.party}: {what} {told}")
    if end.text:
        lines.append(f"{end.party}: {end.text}")
    if end.recorder:
        lines.append(f"{end.party}: recorder {end.recorder}")
    lines += [f"{end.party}: corrects {origin} {index}" for origin, index in end.corrects]
    return lines


def entered_words(end: CallEndView) -> str:
    """Return when a call was entered, in words; one entered late never reads as anything else."""
    at = format_second(end.entered_us)
    if end.entered == "late":
        return f"ENTERED LATE at {at}"
    return f"entered at {at}" + (", its end not stated" if end.entered == "not known" else "")


def count_lines(counts: tuple[CallCount, ...]) -> list[str]:
    """Return how the calls went, one line for each line, caller and called party."""
    lines = []
    for each in counts:
        words = [
            f"{number} {what}"
            for number, what in (
                (each.talked, "talked"), (each.no_answer, "not answered"),
                (each.refused, "refused"), (each.technical_failure, "technical failure"),
                (each.contested, "contested"),
            )
            if number
        ]  # fmt: skip
        last = each.last_unanswered_us
        since = f", last not answered {format_second(last)}" if last is not None else ""
        told = ", ".join(words)
        lines.append(f"calls on {each.line}, {each.caller} to {each.called}: {told}{since}")
    return lines


# ---- relays -------------------------------------------------------------------------------------


def relays_view(state: State, now_us: int) -> tuple[RelayView, ...]:
    """Return every relay request with each party that was asked, newest first."""
    found = [
        _relay_view(scope, relay, now_us)
        for _, scope in sorted(state.scopes.items())
        for relay in relays_of(scope, now_us)
    ]
    return tuple(reversed(found))


def _relay_view(scope: Scope, relay: Relay, now_us: int) -> RelayView:
    return RelayView(
        agreement=scope.agreement_id,
        key=relay.key,
        line=relay.line,
        asked_by=relay.asked_by,
        party=relay.party,
        third=relay.third,
        message=scope.threads[relay.key].body.text,
        state=relay.state,
        by_post=relay.by_post,
        since_us=relay.since_us,
        age_s=(now_us - relay.since_us) / 1_000_000 if relay.outstanding else None,
        received_by=relay.received_by,
        text=relay.text,
        remark=relay.remark,
        reports=tuple(
            RelayReportView(
                key=key_of(entry),
                outcome=entry.body.outcome,
                post=entry.body.post,
                at_us=entry.body.at_us,
                entered_us=entry.issued_us,
                received_by=entry.body.received_by,
                text=entry.body.text,
            )
            for entry in relay.reports
            if isinstance(entry.body, RelayReported)
        ),
    )


def relay_lines(view: RelayView) -> list[str]:
    """Return a relay for a person at a terminal: how it stands, by whom, since when."""
    by = f" by {view.by_post} of {view.party}" if view.by_post else ""
    age = f", outstanding for {view.age_s:.0f} s" if view.age_s is not None else ""
    asked = f"relay to {view.third}, {view.asked_by} to {view.party} on {view.line}"
    stands = f"{view.state.upper()}{by} at {format_second(view.since_us)}{age}"
    lines = [f"{asked}: {stands}", f"  {view.key[0]} {view.key[1]}"]
    lines += [f"  to pass on: {view.message}"] if view.message else []
    lines += [f"  received by {view.received_by}"] if view.received_by else []
    lines += [f"  {view.text}"] if view.text else []
    lines += [f"  note: {view.remark}"] if view.remark else []
    if len(view.reports) > 1:
        words = (f"{each.outcome} ({format_second(each.at_us)})" for each in view.reports)
        lines.append(f"  reports, the last counts: {', '.join(words)}")
    return lines
