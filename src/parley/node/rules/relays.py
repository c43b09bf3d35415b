"""Messages for somebody who is no party, passed on by one who is.

Rules:
- Taking a relay (WILCO) is not passing it: what became of it is its own entry, by the party that
  was asked, and by nobody else.
- Passed, declined and unknown are three things; no report is a fourth, and has an age.
- Several reports: the newest in that party's log counts, all are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from parley.node.entries import Draft, Entry, MessageAnswered, MessageSaid
from parley.node.inputs import ReportRelay
from parley.node.line_bodies import RELAY_OUTCOMES, RelayReported
from parley.node.rules.agreements import adopted_agreement, check_own_post, line_of
from parley.node.rules.hotline import closing_answer, find_thread
from parley.node.state import Key, Scope, State, Thread, rank_of, written_us
from parley.world.faults import InputFault
from parley.world.limits import PEER_ENTRIES_AHEAD_S, TEXT_CHARACTERS_MAX
from parley.world.time import format_second

RELAY_REQUEST = "relay.request"
RelayWord = Literal["asked", "taken", "passed", "declined", "unknown", "no report"]
"""asked: no closing answer yet; taken: WILCO, no report yet; no report: and what was to be passed
is no longer valid."""


@dataclass(frozen=True, slots=True)
class Relay:
    """A relay request as it stands with one party that was asked.

    `third`: whom it is for. `reports`: all of that party, the newest, which counts, last.
    `since_us`: since when it stands so. `outstanding`: somebody still owes an answer or a report.
    `remark`: what the report says that does not fit the request.
    """

    key: Key
    line: str
    asked_by: str
    party: str
    third: str
    state: RelayWord
    by_post: str
    since_us: int
    outstanding: bool
    text: str = ""
    received_by: str = ""
    reports: tuple[Entry, ...] = ()
    remark: str = ""


# ---- acts ---------------------------------------------------------------------------------------


def check_request(state: State, draft: Draft) -> Draft:
    """Return the draft of a message; a relay request names whom it is for, who is no end.

    Raises:
        InputFault: it names nobody, or somebody at an end of this very line.
    """
    body = draft.body
    newer = state.scope(draft.agreement).rules.version >= 3
    if not newer or not isinstance(body, MessageSaid) or body.message_type != RELAY_REQUEST:
        return draft
    third = body.fields.get("third", "").strip()
    ends = line_of(adopted_agreement(state, draft.agreement), body.line).parties
    if not third:
        raise InputFault("relay.request field third", value="", wanted="for whom it is")
    if third in ends:
        raise InputFault(
            "relay.request field third",
            value=third,
            wanted=f"somebody who is no end of {body.line}",
            repair=f"say it to {third} itself",
        )
    return draft


def report_relay(state: State, act: ReportRelay, now_us: int) -> Draft:
    """Return the entry of what became of a relay request.

    Raises:
        InputFault: not a relay request to us, another's post, a time that cannot be, declined
            without a reason, or a text that is too long.
    """
    scope, thread = find_thread(state, act.ref)
    said, body = thread.said, thread.body
    assert said is not None
    if body.message_type != RELAY_REQUEST:
        raise InputFault("relay of", value=body.message_type, wanted=f"a {RELAY_REQUEST}")
    if state.party not in said.to:
        wanted = f"by {', '.join(said.to)}"
        raise InputFault("relay report", value=f"by {state.party}", wanted=wanted)
    check_own_post(adopted_agreement(state, scope.agreement_id), state.party, act.post)
    if act.outcome not in RELAY_OUTCOMES:
        raise InputFault("relay outcome", value=act.outcome, wanted=", ".join(RELAY_OUTCOMES))
    at_us = now_us if act.at_us is None else act.at_us
    since_us = said.issued_us - PEER_ENTRIES_AHEAD_S * 1_000_000
    if not since_us <= at_us <= now_us:
        wanted = f"between {format_second(said.issued_us)}, when it was asked, and now"
        raise InputFault("relay report at", value=format_second(at_us), wanted=wanted)
    if act.outcome == "declined" and not act.text.strip():
        raise InputFault("relay declined: text", value="", wanted="the reason")
    for name, value, longest in (
        ("text", act.text, TEXT_CHARACTERS_MAX), ("received by", act.received_by, 200),
    ):  # fmt: skip
        if len(value) > longest:
            wanted = f"{longest} characters at most"
            raise InputFault(f"relay {name}", value=len(value), wanted=wanted)
    return Draft(
        agreement=scope.agreement_id,
        by=act.post,
        to=(said.log.party,),
        ref=(state.reference(act.ref),),
        status=said.status,
        audience=said.audience,
        body=RelayReported(
            third=body.fields.get("third", ""),
            outcome=act.outcome,
            post=act.post,
            at_us=at_us,
            received_by=act.received_by,
            text=act.text,
        ),
    )


# ---- what the logs say --------------------------------------------------------------------------


def relays_of(scope: Scope, now_us: int) -> tuple[Relay, ...]:
    """Return every relay request with each party that was asked, in reading order."""
    return tuple(
        relay_with(thread, party, _reports(scope, thread, party), now_us)
        for thread in scope.messages()
        if thread.body.message_type == RELAY_REQUEST and thread.said is not None
        for party in thread.said.to
    )


def relay_with(thread: Thread, party: str, told: Iterable[Entry], now_us: int) -> Relay:
    """Return how a relay request stands with a party that was asked, by what it wrote.

    Args:
        thread: the request, with its answers.
        party: who was asked.
        told: its reports, in any order.
        now_us: until then.
    """
    said, body = thread.said, thread.body
    assert said is not None
    reports = tuple(sorted(told, key=rank_of))
    asked = Relay(
        key=thread.key,
        line=body.line,
        asked_by=said.log.party,
        party=party,
        third=body.fields.get("third", ""),
        state="asked",
        by_post="",
        since_us=said.issued_us,
        outstanding=True,
        reports=reports,
    )
    if reports:
        return _reported(asked, reports[-1])
    closed = closing_answer(thread, party)
    if closed is None or not isinstance(closed.body, MessageAnswered):
        return asked
    answered = replace(asked, by_post=closed.body.post, since_us=closed.issued_us)
    if closed.body.answer != "WILCO":
        return replace(answered, state="declined", outstanding=False, text=closed.body.text)
    over = said.valid_until_us is not None and now_us > said.valid_until_us
    return replace(answered, state="no report" if over else "taken")


def _reported(asked: Relay, report: Entry) -> Relay:
    told = report.body
    assert isinstance(told, RelayReported)
    return replace(
        asked,
        state=told.outcome,
        by_post=told.post,
        since_us=told.at_us,
        outstanding=False,
        text=told.text,
        received_by=told.received_by,
        remark="; ".join(_remarks(asked, told, report)),
    )


def _remarks(asked: Relay, told: RelayReported, report: Entry) -> Iterator[str]:
    """Yield what a report says that cannot be so, or does not fit the request."""
    apart_us = PEER_ENTRIES_AHEAD_S * 1_000_000
    if told.third != asked.third:
        yield f"its report names {told.third}"
    if told.at_us < asked.since_us - apart_us:
        yield "its report names a time before it was asked"
    if told.at_us > written_us(report):
        yield f"its report names a time to come, {format_second(told.at_us)}"


def _reports(scope: Scope, thread: Thread, party: str) -> Iterator[Entry]:
    """Yield the reports of a party that was asked, about these very bytes."""
    for entry in scope.line.relays.get(thread.key, {}).values():
        if entry.log.party == party and entry.ref[0].leaf == thread.leaf:
            yield entry
