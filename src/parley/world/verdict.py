"""Verdicts about one duty: met, late, missed, not triggered, not checkable, no duty (NORMS 7).

Pure arithmetic on instants, shared by the node's rules and by review, so that what is warned of
live and what is said afterwards cannot differ. A verdict carries its value, its limit and why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from parley.world.norms import MessageClass, class_norms
from parley.world.time import seconds_between

ClauseVerdict = Literal["met", "late", "missed", "not triggered", "not checkable", "no duty"]


class Verdict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One duty judged: which, the verdict, the measured value and its limit in seconds, and why."""

    duty: str
    verdict: ClauseVerdict
    value_s: float | None = None
    limit_s: float | None = None
    due_us: int | None = None
    because: str = ""
    clause: str | None = None


class Measure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was measured, against what, and by how much it is over or short of it; all in `unit`."""

    value: float
    limit_quantity: float
    unit: str
    off_quantity: float = 0.0


class JudgedDuty(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """One duty of one clause judged: whose, about what, which verdict, by how much, and why.

    Attributes:
        parties: whose duty it is; several where it is theirs together, none where it is nobody's.
        towards: to whom it is owed.
        about: the message, flight, test or zone.
        at_us: when the duty began.
        cites: where each fact stands ("message 12", "ORIGIN 17").
        reservations: what parties keep for themselves against the clause, as they wrote it.
        text: which text of the agreement judges it, where several were in force in the window.
    """

    agreement: str
    clause: str
    kind: str
    source_paragraph: str = ""
    parties: tuple[str, ...] = ()
    towards: tuple[str, ...] = ()
    about: str = ""
    at_us: int
    verdict: ClauseVerdict
    measure: Measure | None = None
    due_us: int | None = None
    because: str
    cites: tuple[str, ...] = ()
    reservations: tuple[str, ...] = ()
    text: str = ""


class Difference(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One field that was read back other than it was said; `said` or `read` None is absent."""

    field: str
    said: str | None
    read: str | None


class EscalationStep(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is called next when nobody answers: so many seconds after the message, this post."""

    after_s: float
    post: str


def judge_answer(
    *,
    sent_us: int,
    answered_us: int | None,
    within_s: float | None,
    now_us: int,
    duty: str = "acknowledgement",
    clause: str | None = None,
) -> Verdict:
    """Return whether a message was answered in time, late, or missed as of `now_us`.

    The deadline itself is still in time. Before it, with no answer yet, the duty is not triggered.

    >>> judge_answer(sent_us=0, answered_us=21_000_000, within_s=60, now_us=60_000_000).verdict
    'met'
    """
    if within_s is None:
        return Verdict(
            duty=duty, verdict="no duty", because="no answer was asked for", clause=clause
        )
    due_us = sent_us + round(within_s * 1_000_000)
    if answered_us is not None and answered_us <= now_us:
        value_s = seconds_between(sent_us, answered_us)
        late = answered_us > due_us
        return Verdict(
            duty=duty,
            verdict="late" if late else "met",
            value_s=value_s,
            limit_s=within_s,
            due_us=due_us,
            because=f"after {value_s:g} s against {within_s:g} s",
            clause=clause,
        )
    if now_us <= due_us:
        return Verdict(
            duty=duty,
            verdict="not triggered",
            limit_s=within_s,
            due_us=due_us,
            because="not due yet",
            clause=clause,
        )
    return Verdict(
        duty=duty,
        verdict="missed",
        limit_s=within_s,
        due_us=due_us,
        because=f"no answer within {within_s:g} s",
        clause=clause,
    )


def measured(
    value: float, limit_quantity: float, unit: str, *, at_least: bool = False
) -> tuple[Measure, bool]:
    """Return a measure with how far it is off, and whether it is within its limit.

    >>> measured(722.0, 180.0, "s")[0].off_quantity, measured(60.0, 900.0, "s", at_least=True)[1]
    (542.0, False)
    """
    off_quantity = limit_quantity - value if at_least else value - limit_quantity
    within = off_quantity <= 0.0
    kept = Measure(
        value=value,
        limit_quantity=limit_quantity,
        unit=unit,
        off_quantity=0.0 if within else off_quantity,
    )
    return kept, within


def judge_lead_time(
    *, sent_us: int, begins_us: int | None, lead_s: float, clause: str | None = None
) -> Verdict:
    """Return whether a notice came long enough before what it announces.

    >>> judge_lead_time(sent_us=0, begins_us=60_000_000, lead_s=900).verdict
    'late'
    """
    if begins_us is None:
        return Verdict(
            duty="lead time",
            verdict="not checkable",
            limit_s=lead_s,
            because="the notice states no beginning",
            clause=clause,
        )
    value_s = seconds_between(sent_us, begins_us)
    verdict: ClauseVerdict = "met" if value_s >= lead_s else "late"
    return Verdict(
        duty="lead time",
        verdict=verdict,
        value_s=value_s,
        limit_s=lead_s,
        because=f"lead time {value_s:g} s against {lead_s:g} s",
        clause=clause,
    )


def compare_read_back(
    said: Mapping[str, str], read: Mapping[str, str], fields: Sequence[str]
) -> tuple[Difference, ...]:
    """Return the differences between what was said and what was read back; empty is a match.

    Only `fields` are compared, character by character; a field left out is a difference.
    """
    return tuple(
        Difference(field=name, said=said.get(name), read=read.get(name))
        for name in fields
        if said.get(name) != read.get(name)
    )


def ladder_of(
    message_class: MessageClass, answer_within_s: float | None, posts: Sequence[str]
) -> tuple[EscalationStep, ...]:
    """Return whom the norms call and when, if nobody answers a message of that class.

    Args:
        message_class: of the message.
        answer_within_s: the time it gives; None is the class's.
        posts: of the addressee, lowest first; the first is the one that has not answered.

    >>> [step.after_s for step in ladder_of("URGENT", 120.0, ("desk", "duty-officer"))]
    [120.0, 240.0, 660.0]
    >>> [step.after_s for step in ladder_of("DISTRESS", 60.0, ("desk",))]
    [15.0, 60.0, 90.0]
    """
    clocks = class_norms(message_class)
    called = tuple(posts[1:]) or tuple(posts) or ("duty-officer", "alternate", "commander")
    steps = [
        EscalationStep(after_s=float(after_s), post=called[min(place, len(called) - 1)])
        for place, after_s in enumerate(clocks.escalate_s)
    ]
    return ladder_within(steps, usual_s=clocks.answered_s, answer_within_s=answer_within_s)


def ladder_within(
    steps: Sequence[EscalationStep], *, usual_s: float, answer_within_s: float | None
) -> tuple[EscalationStep, ...]:
    """Return a ladder as it is for a message that gives another time than the usual one.

    Where it gives more time, the steps at or after the usual answer time are put off by as much, so
    that they keep their distances; one before it (a distress call's 15 s) waits for nothing.
    """
    more_s = max(0.0, (usual_s if answer_within_s is None else answer_within_s) - usual_s)
    return tuple(
        EscalationStep(after_s=s.after_s + (more_s if s.after_s >= usual_s else 0.0), post=s.post)
        for s in steps
    )


def escalations_due(
    *,
    sent_us: int,
    answered_us: int | None,
    steps: Sequence[EscalationStep],
    now_us: int,
) -> tuple[tuple[int, EscalationStep], ...]:
    """Return the steps whose time came before an answer and not after now, with their instants.

    An answer at the very instant of a step stops it: the deadline itself is still in time.
    """
    due = ((sent_us + round(step.after_s * 1_000_000), step) for step in steps)
    return tuple(
        (at_us, step)
        for at_us, step in due
        if at_us < now_us + 1 and (answered_us is None or at_us < answered_us)
    )
