"""Answers about duties: acknowledgement, escalation, lead time, read-back.

The arithmetic is that of `world.verdict`, which the nodes use live. Rules:

- A deadline is the sender's own, else that of the clause that covers the message on an agreement
  binding both ends, else, where an answer was asked for, that of the norms. Where none was asked
  for and no clause asks, there is no duty.
- Everything is judged as of the last instant of which the scenario tells.
- A read-back is compared field by field; what the scenario says of it (`matches`) is not believed.
- Nobody is called before the answer is due: an earlier step of the ladder waits until then.

Not here: what a message brings about (`answers_acts`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

import msgspec

from parley.world.agreement import Agreement
from parley.world.clauses import Acknowledgement, Clause, Notification, ReadBack
from parley.world.faults import InputFault
from parley.world.geo import Position, distance_m
from parley.world.norms import class_norms, norms
from parley.world.scenario import Scenario, ScenarioMessage
from parley.world.time import format_instant, parse_instant_us, seconds_between
from parley.world.units import kilometres_from_metres
from parley.world.verdict import (
    EscalationStep,
    Verdict,
    compare_read_back,
    escalations_due,
    judge_answer,
    judge_lead_time,
    ladder_of,
    ladder_within,
)

_NOTICE_WORDS = ("notice", "request")
"""Types whose last word is one of these announce something; lead times are theirs."""
_MICRO = 1_000_000
_C = TypeVar("_C", bound=Clause)


class Answered(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Values as they are printed; what does not apply is left out."""


class DutyAnswer(Answered, frozen=True, kw_only=True):
    """One duty judged: verdict, measured value and limit in seconds, which clause, and why."""

    verdict: str
    value_s: float | None = None
    limit_s: float | None = None
    due: str | None = None
    clause: str | None = None
    because: str = ""
    by: dict[str, DutyAnswer] = {}


class FieldDifference(Answered, frozen=True, kw_only=True):
    """A field read back otherwise than it was said."""

    field: str
    said: str | None
    read: str | None


class ReadBackAnswer(Answered, frozen=True, kw_only=True):
    """Whether a read-back matches, and by how far positions are apart."""

    matches: bool
    by: str
    seq: int
    of: int
    differences: tuple[FieldDifference, ...] = ()
    distance_km: float | None = None


class EscalationAnswer(Answered, frozen=True, kw_only=True):
    """Who was to be called when, because nobody had answered, and what came of it.

    `result`: answered, no answer, refused or technical failure, until the next one was called.
    """

    t: str
    after_s: float
    post: str
    party: str
    result: str = ""
    detail: str = ""


def as_of_us(scenario: Scenario) -> int:
    """Return the instant as of which everything is judged: the last of which is told, else 0."""
    return scenario.end_us or 0


def _binding(scenario: Scenario, message: ScenarioMessage, party: str) -> list[Agreement]:
    """Return the agreements that bind sender and addressee then, the line's own first."""
    own = scenario.agreement(message.agreement)
    others = [a for a in scenario.agreements if a.id != own.id]
    return [
        a for a in (own, *others) if a.binds(message.sender, party) and a.in_force(message.at_us)
    ]


def clauses_between(
    scenario: Scenario, message: ScenarioMessage, party: str, kind: type[_C]
) -> Iterator[_C]:
    """Yield the clauses of one kind that bind sender and addressee, those of the line first."""
    for agreement in _binding(scenario, message, party):
        yield from (clause for clause in agreement.clauses if isinstance(clause, kind))


def _covering(
    scenario: Scenario, message: ScenarioMessage, party: str
) -> Acknowledgement | ReadBack | Notification | None:
    """Return the clause that says how soon a message is answered: by its type, then its class."""
    acknowledging = list(clauses_between(scenario, message, party, Acknowledgement))
    for clause in acknowledging:
        if message.type in clause.of:
            return clause
    if message.requires == "read_back":
        for read_back in clauses_between(scenario, message, party, ReadBack):
            if not read_back.of or message.type in read_back.of:
                return read_back
    for notification in clauses_between(scenario, message, party, Notification):
        if notification.answer_within_s is not None and _announces(message, notification):
            return notification
    for clause in acknowledging:
        if not clause.of and clause.message_class in (None, message.message_class):
            return clause
    return None


def _announces(message: ScenarioMessage, clause: Notification) -> bool:
    """Whether a notification clause speaks of this message; with no types, of any notice."""
    if clause.of:
        return message.type in clause.of
    return message.type is not None and message.type.rpartition(".")[2] in _NOTICE_WORDS


def _within_s(
    scenario: Scenario, message: ScenarioMessage, party: str
) -> tuple[float | None, str | None]:
    """Return how soon an addressee is to answer, in seconds, and the clause that says so."""
    clause = _covering(scenario, message, party)
    name = None if clause is None else clause.id
    if message.answer_within_s is not None:
        return message.answer_within_s, name
    if isinstance(clause, Notification):
        return clause.answer_within_s, name
    if clause is not None:
        return clause.within_s, name
    if message.requires == "read_back":
        return float(norms().read_back.within_s), None
    if message.requires in ("ack", "reply"):
        asked_s = message.norms.answered_s or class_norms(message.message_class).answered_s
        return float(asked_s), None
    return None, None


def _answered_us(scenario: Scenario, message: ScenarioMessage, party: str) -> int | None:
    for answer in scenario.answers_to(message.seq):
        if answer.sender == party:
            return answer.at_us
    return None


def _judge(scenario: Scenario, message: ScenarioMessage, party: str) -> Verdict:
    within_s, clause = _within_s(scenario, message, party)
    answered_us = _answered_us(scenario, message, party)
    correction = scenario.correction_of(message.seq)
    if within_s is not None and answered_us is None and correction is not None:
        due_us = message.at_us + round(within_s * _MICRO)
        if correction.at_us <= due_us:
            return Verdict(
                duty="acknowledgement",
                verdict="not triggered",
                limit_s=within_s,
                due_us=due_us,
                because=f"corrected by message {correction.seq} before it was due",
                clause=clause,
            )
    verdict = judge_answer(
        sent_us=message.at_us,
        answered_us=answered_us,
        within_s=within_s,
        now_us=as_of_us(scenario),
        clause=clause,
    )
    if within_s is None and answered_us is not None:
        value_s = seconds_between(message.at_us, answered_us)
        return msgspec.structs.replace(verdict, value_s=value_s)
    return verdict


_WORST = ("missed", "late", "not checkable", "not triggered", "met", "no duty")


def acknowledgement(scenario: Scenario, message: ScenarioMessage) -> DutyAnswer:
    """Return the worst verdict over all addressees, and with several of them each one's own."""
    each = {party: duty(_judge(scenario, message, party)) for party in message.to}
    if not each:
        return DutyAnswer(verdict="no duty", because="addressed to nobody")
    worst = min(each.values(), key=lambda d: (_WORST.index(d.verdict), -(d.value_s or 0.0)))
    return msgspec.structs.replace(worst, by=each) if len(each) > 1 else worst


def duty(verdict: Verdict) -> DutyAnswer:
    """Return a verdict as it is printed."""
    return DutyAnswer(
        verdict=verdict.verdict,
        value_s=verdict.value_s,
        limit_s=verdict.limit_s,
        due=None if verdict.due_us is None else format_instant(verdict.due_us),
        clause=verdict.clause,
        because=verdict.because,
    )


def _steps(
    scenario: Scenario, message: ScenarioMessage, party: str, within_s: float
) -> Sequence[EscalationStep]:
    """Return whom to call and when: the clause's ladder, else the norms' with the party's posts."""
    clause = _covering(scenario, message, party)
    if isinstance(clause, Acknowledgement) and clause.escalate:
        usual_s = clause.within_s
        return ladder_within(clause.escalate, usual_s=usual_s, answer_within_s=within_s)
    return ladder_of(message.message_class, within_s, scenario.party(party).posts)


def escalations_of(scenario: Scenario, message: ScenarioMessage) -> Iterator[EscalationAnswer]:
    """Yield who was to be called when, for every addressee that was late or never answered."""
    for party in message.to:
        verdict = _judge(scenario, message, party)
        if verdict.verdict not in ("late", "missed") or verdict.limit_s is None:
            continue
        due = escalations_due(
            sent_us=message.at_us,
            answered_us=_answered_us(scenario, message, party),
            steps=_steps(scenario, message, party, verdict.limit_s),
            now_us=as_of_us(scenario),
        )
        for at_us, step in due:
            yield EscalationAnswer(
                t=format_instant(at_us), after_s=step.after_s, post=step.post, party=party
            )


def window_us(message: ScenarioMessage) -> tuple[int, int] | None:
    """Return the window that a message states, if it states one."""
    start, _, end = message.fields.get("window", "").partition("/")
    return (parse_instant_us(start), parse_instant_us(end)) if end else None


def _begins_us(message: ScenarioMessage) -> int | None:
    window = window_us(message)
    if window is not None:
        return window[0]
    stated = message.fields.get("from_time") or message.fields.get("effective")
    return parse_instant_us(stated) if stated else None


def lead_time_of(scenario: Scenario, message: ScenarioMessage) -> DutyAnswer | None:
    """Return whether a notice came early enough for all its addressees; None if it is no notice."""
    clauses = [
        clause
        for party in message.to
        for clause in clauses_between(scenario, message, party, Notification)
        if _announces(message, clause)
    ]
    begins_us = _begins_us(message)
    verdicts = [
        judge_lead_time(
            sent_us=message.at_us, begins_us=begins_us, lead_s=clause.lead_s, clause=clause.id
        )
        for clause in clauses
    ]
    if not verdicts and _states_a_beginning(message):
        lead_s = float(norms().lead.tactical_s)
        verdicts = [judge_lead_time(sent_us=message.at_us, begins_us=begins_us, lead_s=lead_s)]
    if not verdicts:
        return None
    return duty(min(verdicts, key=lambda v: _WORST.index(v.verdict)))


def _states_a_beginning(message: ScenarioMessage) -> bool:
    notice = message.type is not None and message.type.rpartition(".")[2] in _NOTICE_WORDS
    return notice and _begins_us(message) is not None


def position_of(text: str | None) -> Position | None:
    """Return the position of a normalised "latitude,longitude" text, None if it is none."""
    parts = (text or "").split(",")
    try:
        lat_deg, lon_deg = (float(part) for part in parts)
        return Position(lat_deg=lat_deg, lon_deg=lon_deg)
    except (ValueError, InputFault):
        return None


def read_back_of(scenario: Scenario, answer: ScenarioMessage) -> ReadBackAnswer:
    """Return whether a read-back matches what was said, field by field."""
    assert answer.of is not None
    opener = scenario.message(answer.of)
    found = compare_read_back(opener.fields, answer.fields, opener.norms.read_back)
    apart_m = [
        distance_m(said, read)
        for d in found
        if (said := position_of(d.said)) is not None and (read := position_of(d.read)) is not None
    ]
    return ReadBackAnswer(
        matches=not found,
        by=answer.sender,
        seq=answer.seq,
        of=opener.seq,
        differences=tuple(FieldDifference(field=d.field, said=d.said, read=d.read) for d in found),
        distance_km=round(kilometres_from_metres(max(apart_m)), 3) if apart_m else None,
    )
