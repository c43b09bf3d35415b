"""Answers about telephone calls and relays: by the very functions that the nodes use live.

What a scenario's people entered stands here as entries of their own logs; who matches whom, what
the ends say differently, how a relay stands, is said by `node`. Rules:

- A call is use of the line and never an answer; said by one end alone it stays so.
- Entered late is said with both times: when it was, when it was entered.
- Taking a relay is not passing it; no report is no news, and has an age.

What does not live here: whether a call counts as use in a window (`answers_queries`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import msgspec

from parley.node.call_matching import CallEnd, ends_of
from parley.node.entries import Body, Entry, LogName, MessageAnswered, MessageSaid, Reference
from parley.node.line_bodies import CallLogged, CallOutcome, RelayOutcome, RelayReported
from parley.node.rules.calls import Call, calls_from, count_calls
from parley.node.rules.outcomes import Outcome, rung_result
from parley.node.rules.relays import RELAY_REQUEST, Relay, relay_with
from parley.node.rules.replying import REFUSING, closing_answer
from parley.node.state import Key, Thread, key_of, order_of
from parley.review.answers_duties import Answered, EscalationAnswer, as_of_us
from parley.trust.bytes import sha256_hex
from parley.world.norms import allowed_answers, subject_code
from parley.world.scenario import Scenario, ScenarioCall, ScenarioMessage
from parley.world.time import (
    datetime_from_us,
    format_instant,
    parse_instant_us,
    seconds_between,
)


class CallEndAnswer(Answered, frozen=True, kw_only=True, rename={"party": "with"}):
    """One end's word about a call: its newest entry, and which earlier ones it corrects."""

    id: str
    by: str
    party: str
    direction: str
    outcome: str
    began: str
    ended: str | None = None
    entered: str
    entered_at: str
    spoke_with: str = ""
    subject: str = ""
    fields: dict[str, str] = {}
    read_back: dict[str, str] = {}
    reason: str = ""
    corrects: tuple[str, ...] = ()


class CallAnswer(Answered, frozen=True, kw_only=True, rename={"called_by": "from"}):
    """One call by the entries of one end or of both: how they stand to each other.

    `differences`: by field, the word of each party. `about`: messages that an
    end says that it was about.
    """

    line: str
    called_by: str
    stands: str
    basis: str
    outcomes: tuple[str, ...]
    ends: tuple[CallEndAnswer, ...]
    differences: dict[str, dict[str, str]] = {}
    about: tuple[int, ...] = ()


class CallCountAnswer(
    Answered, frozen=True, kw_only=True, rename={"caller": "from", "called": "to"}
):
    """How the calls that one party placed to another on a line went, each counted once."""

    line: str
    caller: str
    called: str
    talked: int = 0
    no_answer: int = 0
    refused: int = 0
    technical_failure: int = 0
    contested: int = 0
    last_unanswered: str | None = None


class CallsAnswer(Answered, frozen=True, kw_only=True):
    """The calls in order of beginning, and the counts by line and way."""

    calls: tuple[CallAnswer, ...] = ()
    counts: tuple[CallCountAnswer, ...] = ()


class RelayAnswer(Answered, frozen=True, kw_only=True):
    """How a message for somebody who is no party stands with a party that was asked.

    `age_s`: for how long something has been outstanding, as of the end of what is told.
    """

    of: int
    line: str
    asked_by: str
    party: str
    third: str
    state: str
    since: str
    age_s: float | None = None
    received_by: str = ""
    text: str = ""
    reports: tuple[str, ...] = ()


class Logged:
    """A scenario's calls, relay requests, answers to them and reports, as entries of their logs."""

    def __init__(self, scenario: Scenario, agreement: str) -> None:
        self.calls: dict[Key, Entry] = {}
        self.threads: dict[int, Thread] = {}
        self.reports: dict[int, list[Entry]] = {}
        self.ids: dict[Key, str] = {}
        self._scenario, self._agreement = scenario, agreement
        self._sizes: dict[str, int] = {}
        self._said: dict[int, Reference] = {}
        self._entered: dict[str, Reference] = {}
        self._write()

    def _write(self) -> None:
        """Write everything in the order in which it was said or entered."""
        scenario = self._scenario
        messages = [m for m in scenario.messages if m.agreement == self._agreement]
        calls = [c for c in scenario.calls if c.agreement == self._agreement]
        seqs = {m.seq for m in messages}
        reports = [r for r in scenario.relay_reports if r.of in seqs]
        told: list[tuple[int, int, ScenarioMessage | ScenarioCall]] = []
        told += [(m.at_us, 0, m) for m in messages]
        told += [(c.entered_us, 1, c) for c in calls]
        for _, _, each in sorted(told, key=lambda item: item[:2]):
            if isinstance(each, ScenarioCall):
                self._call(each)
            else:
                self._message(each)
        for report in sorted(reports, key=lambda r: r.entered_us):
            request = self.threads[report.of]
            body = RelayReported(
                third=request.body.fields["third"],
                outcome=cast("RelayOutcome", report.outcome),
                post=self._post(report.by),
                at_us=report.at_us,
                received_by=report.received_by,
                text=report.text,
            )
            entry = self._entry(report.by, report.entered_us, body, (self._said[report.of],))
            self.reports.setdefault(report.of, []).append(entry)

    def _post(self, party: str) -> str:
        return self._scenario.party(party).posts[0]

    def leaf(self, key: Key) -> str | None:
        """Return what stands for the leaf hash of an entry written here."""
        return _leaf(key) if 0 <= key[1] < self._sizes.get(key[0], 0) else None

    def _entry(
        self,
        party: str,
        at_us: int,
        body: Body,
        ref: tuple[Reference, ...] = (),
        *,
        to: tuple[str, ...] = (),
        until_us: int | None = None,
    ) -> Entry:
        name = LogName(
            agreement=self._agreement, party=party, kind="line", year=datetime_from_us(at_us).year
        )
        place = self._sizes.get(name.origin, 0)
        self._sizes[name.origin] = place + 1
        tag = type(body).__struct_config__.tag
        return Entry(
            log=name, type=str(tag), seq=place, issued_us=at_us, by=self._post(party), to=to,
            ref=ref, seen={}, status="actual", happened=None, valid_until_us=until_us,
            commit=None, body=body,
        )  # fmt: skip

    def _message(self, message: ScenarioMessage) -> None:
        if message.answer is not None and message.of is not None:
            body = MessageAnswered(
                answer=message.answer, post=self._post(message.sender),
                fields=message.fields, text=message.text or message.fields.get("reason_code", ""),
            )  # fmt: skip
            ref = self._said[message.of]
            entry = self._entry(message.sender, message.at_us, body, (ref,))
            self.threads[message.of].answers[key_of(entry)] = entry
            return
        said = MessageSaid(
            line=message.line,
            message_type=message.type or "",
            message_class=message.message_class,
            subject=message.subject,
            text=message.text,
            fields=message.fields,
            answers=allowed_answers(message.norms),
        )
        until_us = message.valid_until_us
        entry = self._entry(message.sender, message.at_us, said, to=message.to, until_us=until_us)
        self._said[message.seq] = _reference(entry)
        self.ids[key_of(entry)] = str(message.seq)
        self.threads[message.seq] = Thread(key=key_of(entry), said=entry, leaf=_leaf(key_of(entry)))

    def _call(self, call: ScenarioCall) -> None:
        about = None if call.of is None else self._scenario.message(call.of)
        others = (self._entered.get(name) for name in (call.corrects, call.same_as) if name)
        named = () if call.of is None or call.of not in self._said else (self._said[call.of],)
        body = CallLogged(
            line=call.line,
            call=call.id,
            party=call.party,
            direction=call.direction,
            outcome=cast("CallOutcome", call.outcome),
            began_us=call.began_us,
            ended_us=call.ended_us,
            spoke_with=call.spoke_with,
            subject=subject_code(call.subject) or call.subject or _subject(about),
            text=call.text,
            fields=call.fields,
            read_back=call.read_back,
            reason=call.reason,
        )
        ref = (*named, *(each for each in others if each is not None))
        entry = self._entry(call.by, call.entered_us, body, ref, to=(call.party,))
        self._entered[call.id] = _reference(entry)
        self.calls[key_of(entry)] = entry
        self.ids[key_of(entry)] = call.id


def _leaf(key: Key) -> str:
    return sha256_hex(f"{key[0]} {key[1]}".encode())


def _reference(entry: Entry) -> Reference:
    key = key_of(entry)
    return Reference(log=key[0], index=key[1], leaf=_leaf(key))


def _subject(message: ScenarioMessage | None) -> str:
    return "" if message is None else message.subject or message.type or ""


def calls_in(scenario: Scenario) -> Iterator[tuple[Logged, Call]]:
    """Yield each call with the logs that it stands in, agreement by agreement."""
    for agreement in scenario.agreements:
        if any(call.agreement == agreement.id for call in scenario.calls):
            logged = Logged(scenario, agreement.id)
            for call in calls_from(logged.calls, logged.leaf, lambda _a, _b: 0, agreement):
                yield logged, call


def calls(scenario: Scenario) -> CallsAnswer:
    """Return what the ends of each telephone call say, matched, and how the calls went."""
    found = sorted(calls_in(scenario), key=lambda each: (each[1].pair.began_us, each[1].line))
    return CallsAnswer(
        calls=tuple(_call_answer(logged, call) for logged, call in found),
        counts=tuple(
            CallCountAnswer(
                line=each.line,
                caller=each.caller,
                called=each.called,
                talked=each.talked,
                no_answer=each.no_answer,
                refused=each.refused,
                technical_failure=each.technical_failure,
                contested=each.contested,
                last_unanswered=None
                if each.last_unanswered_us is None
                else format_instant(each.last_unanswered_us),
            )
            for each in count_calls(call for _, call in found)
        ),
    )


def _call_answer(logged: Logged, call: Call) -> CallAnswer:
    return CallAnswer(
        line=call.line,
        called_by=call.pair.first.caller,
        stands=call.word,
        basis=call.pair.basis,
        outcomes=call.outcomes,
        ends=tuple(_end_answer(logged, end) for end in call.pair.ends),
        differences={each.field: dict(each.words) for each in call.differences},
        about=tuple(int(logged.ids[key]) for key in call.about),
    )


def _end_answer(logged: Logged, end: CallEnd) -> CallEndAnswer:
    return CallEndAnswer(
        id=logged.ids[end.key],
        by=end.party,
        party=end.body.party,
        direction=end.body.direction,
        outcome=end.body.outcome,
        began=format_instant(end.body.began_us),
        ended=None if end.body.ended_us is None else format_instant(end.body.ended_us),
        entered=end.entered,
        entered_at=format_instant(end.entry.issued_us),
        spoke_with=end.body.spoke_with,
        subject=end.body.subject,
        fields=end.body.fields,
        read_back=end.body.read_back,
        reason=end.body.reason,
        corrects=tuple(logged.ids[key] for key in end.corrects),
    )


def relays(scenario: Scenario) -> list[RelayAnswer]:
    """Return how each relay request stands with each party that was asked, in order of asking."""
    now_us = as_of_us(scenario)
    requests = [m for m in scenario.messages if m.type == RELAY_REQUEST]
    logs = {name: Logged(scenario, name) for name in {m.agreement for m in requests}}
    return [
        _relay_answer(logs[request.agreement], request, party, now_us)
        for request in sorted(requests, key=lambda m: (m.at_us, m.seq))
        for party in request.to
    ]


def _relay_answer(logged: Logged, request: ScenarioMessage, party: str, now_us: int) -> RelayAnswer:
    told = [e for e in logged.reports.get(request.seq, ()) if e.log.party == party]
    relay: Relay = relay_with(logged.threads[request.seq], party, told, now_us)
    return RelayAnswer(
        of=request.seq,
        line=relay.line,
        asked_by=relay.asked_by,
        party=party,
        third=relay.third,
        state=relay.state,
        since=format_instant(relay.since_us),
        age_s=seconds_between(relay.since_us, now_us) if relay.outstanding else None,
        received_by=relay.received_by,
        text=relay.text,
        reports=tuple(
            f"{e.body.outcome} at {format_instant(e.body.at_us)}, entered "
            f"{format_instant(e.issued_us)}"
            for e in relay.reports
            if isinstance(e.body, RelayReported)
        ),
    )


# ---- the ladder ---------------------------------------------------------------------------------


def tried(
    scenario: Scenario, message: ScenarioMessage, steps: tuple[EscalationAnswer, ...]
) -> tuple[EscalationAnswer, ...]:
    """Return the steps of a ladder with what came of each until the next one was called.

    Args:
        scenario: holds the answers, and the calls that were about the message.
        message: that the ladder is of.
        steps: who was to be called when, in order, addressee by addressee.
    """
    if not steps:
        return ()
    logged = Logged(scenario, message.agreement)
    key = logged.threads[message.seq].key
    ends = ends_of(logged.calls, logged.leaf)
    about = [end for end in ends if any(ref.key == key for ref in end.about)]
    found = []
    for place, step in enumerate(steps):
        both = {message.sender, step.party}
        calls = [end for end in about if {end.party, end.body.party} == both]
        after = [each for each in steps[place + 1 :] if each.party == step.party]
        result, detail = rung_result(
            _outcome(logged.threads[message.seq], step.party),
            sorted(calls, key=lambda end: (end.body.began_us, order_of(end.entry))),
            parse_instant_us(step.t),
            parse_instant_us(after[0].t) if after else None,
        )
        found.append(msgspec.structs.replace(step, result=result, detail=detail))
    return tuple(found)


def _outcome(thread: Thread, party: str) -> Outcome:
    """Return what an addressee that was called answered in the end, if anything."""
    closed = closing_answer(thread, party)
    if closed is None or not isinstance(closed.body, MessageAnswered):
        return Outcome(party=party, word="unanswered")
    return Outcome(
        party=party,
        word="refused" if closed.body.answer in REFUSING else "answered",
        detail=closed.body.answer,
        at_us=closed.issued_us,
        post=closed.body.post,
    )
