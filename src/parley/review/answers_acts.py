"""Answers about what messages bring about: suspension, distribution, demands, issue of zones.

Rules: a suspension is one party's own act and takes effect when it says, never before it was sent;
receipt at a headquarters is not receipt in a unit; a demand that is answered in part stays so; an
acknowledgement of a request is no issue. Not here: deadlines (`answers_duties`), zone states.
"""

from __future__ import annotations

from parley.review.answers_duties import (
    Answered,
    as_of_us,
    clauses_between,
    position_of,
    window_us,
)
from parley.world.clauses import PositionCheck, Suspension
from parley.world.norms import class_norms, norms
from parley.world.place import check_named_position
from parley.world.scenario import Scenario, ScenarioMessage
from parley.world.time import format_instant, parse_instant_us, seconds_between
from parley.world.units import kilometres_from_metres

_SUSPENDING = ("suspended", "withdrawn")
_PASSES_SUSPENDED = ("line.test", "line.state")
_RESUMING = ("active", "resumed", "in force")
_AGREEMENT_DIMENSION = "agreement_status"


class DistributionAnswer(Answered, frozen=True, kw_only=True):
    """Who below the headquarters got a message, and who did not."""

    verdict: str
    told: tuple[str, ...]
    not_told: tuple[str, ...]


class PositionAnswer(Answered, frozen=True, kw_only=True):
    """Whether a named place and the coordinates sent with it agree."""

    verdict: str
    place: str
    distance_km: float | None
    limit_km: float
    clause: str | None
    because: str


class SuspensionAnswer(Answered, frozen=True, kw_only=True):
    """What a line state message does, from when, with how much notice."""

    dimension: str
    value: str
    by: str
    effective: str
    notice_s: float
    limit_s: float | None
    verdict: str
    clause: str | None = None
    until_then: str
    other_dimensions: str


class PassageAnswer(Answered, frozen=True, kw_only=True):
    """Whether a message passes although the agreement is suspended, and why."""

    suspended_by: tuple[str, ...]
    passes: bool
    because: str


class DemandAnswer(Answered, frozen=True, kw_only=True):
    """What became of a demand, as of the end of what is told."""

    state: str
    about: str
    wants: tuple[str, ...]
    due: str | None
    as_of: str
    remaining_s: float | None
    overdue_after: str | None = None
    answered_by: int | None = None
    answered_at: str | None = None
    in_time: bool | None = None
    part: str | None = None


class IssueAnswer(Answered, frozen=True, kw_only=True):
    """When what was asked for was issued; an acknowledgement is none."""

    issued_by: str
    seq: int
    value_s: float
    in_force_after_s: float | None


def distribution(scenario: Scenario, seq: int) -> DistributionAnswer | None:
    """Return which of the required units have a receipt of a message; None if none is required."""
    required = [(r.party, unit) for r in scenario.distribution_required if r.of == seq
                for unit in r.units]  # fmt: skip
    if not required:
        return None
    receipts = {(r.party, r.unit) for r in scenario.distribution_receipts if r.of == seq}
    told = tuple(unit for party, unit in required if (party, unit) in receipts)
    not_told = tuple(unit for party, unit in required if (party, unit) not in receipts)
    verdict = "distribution incomplete" if not_told else "distribution complete"
    return DistributionAnswer(verdict=verdict, told=told, not_told=not_told)


def check_position(scenario: Scenario, message: ScenarioMessage) -> PositionAnswer | None:
    """Return the check of a named place against the coordinates sent with it, before sending.

    A name without coordinates cannot be sent. None: no name, or no clause asks for the check.
    """
    name, centre = message.fields.get("named_place"), position_of(message.fields.get("centre"))
    clauses = [
        clause
        for party in message.to
        for clause in clauses_between(scenario, message, party, PositionCheck)
    ]
    if name is None or not clauses:
        return None
    clause = min(clauses, key=lambda c: c.named_place_within_m)
    limit_km = round(kilometres_from_metres(clause.named_place_within_m), 3)
    if centre is None:
        verdict, distance_km = "not to be sent: a name without coordinates", None
        because = f"clause {clause.id} compares the two"
    else:
        within_m = clause.named_place_within_m
        answer = check_named_position(scenario.gazetteer, name, centre, within_m)
        differs = "query before sending: named place and coordinates differ"
        verdict = "agrees" if answer.nominal == "agrees" else differs
        distance_km = round(kilometres_from_metres(answer.margin_m or 0.0), 3)
        because = answer.because
    return PositionAnswer(
        verdict=verdict,
        place=name,
        distance_km=distance_km,
        limit_km=limit_km,
        clause=clause.id,
        because=because,
    )


def _is_status(message: ScenarioMessage) -> bool:
    dimension = message.fields.get("dimension", _AGREEMENT_DIMENSION)
    return message.type == "line.state" and dimension == _AGREEMENT_DIMENSION


def _effective_us(message: ScenarioMessage) -> int:
    """Return when a line state takes effect: as stated, but never before it was sent."""
    stated = message.fields.get("effective")
    return message.at_us if stated is None else max(message.at_us, parse_instant_us(stated))


def agreement_status(
    scenario: Scenario, agreement_id: str, party: str, at_us: int
) -> tuple[str, ScenarioMessage | None]:
    """Return the status that a party's own acts give an agreement at an instant, and the act."""
    acts = [
        m
        for m in scenario.messages
        if _is_status(m)
        and m.agreement == agreement_id
        and m.sender == party
        and _effective_us(m) <= at_us
    ]
    if not acts:
        return "in force", None
    last = max(acts, key=lambda m: (_effective_us(m), m.at_us))
    value = last.fields.get("value", "")
    return ("in force" if value in _RESUMING else value), last


def suspended_by(scenario: Scenario, agreement_id: str, at_us: int) -> tuple[str, ...]:
    """Return the parties whose suspension or withdrawal is in effect at an instant."""
    parties = (party.id for party in scenario.agreement(agreement_id).parties)
    return tuple(
        party
        for party in parties
        if agreement_status(scenario, agreement_id, party, at_us)[0] in _SUSPENDING
    )


def suspension_of(scenario: Scenario, message: ScenarioMessage) -> SuspensionAnswer | None:
    """Return what a line state message does and with how much notice; None if it is none."""
    if message.type != "line.state":
        return None
    value = message.fields.get("value", "")
    notice_s = seconds_between(message.at_us, _effective_us(message))
    limit_s, clause = None, None
    if _is_status(message) and value in _SUSPENDING:
        limit_s = float(norms().line.suspension_notice_s)
        for party in message.to:
            for found in clauses_between(scenario, message, party, Suspension):
                limit_s, clause = found.notice_s, found.id
    verdict = "no duty" if limit_s is None else "met" if notice_s >= limit_s else "late"
    before = agreement_status(scenario, message.agreement, message.sender, message.at_us - 1)[0]
    return SuspensionAnswer(
        dimension=message.fields.get("dimension", _AGREEMENT_DIMENSION),
        value=value,
        by=message.sender,
        effective=format_instant(_effective_us(message)),
        notice_s=notice_s,
        limit_s=limit_s,
        verdict=verdict,
        clause=clause,
        until_then=before,
        other_dimensions="unaffected",
    )


def passage_of(scenario: Scenario, message: ScenarioMessage) -> PassageAnswer | None:
    """Return whether a message passes while its agreement is suspended; None if it is not."""
    by = suspended_by(scenario, message.agreement, message.at_us - 1)
    if not by:
        return None
    if message.answer is not None:
        return PassageAnswer(suspended_by=by, passes=True, because="an answer")
    if message.message_class == "DISTRESS" or message.norms.life_safety:
        return PassageAnswer(suspended_by=by, passes=True, because="life safety")
    if message.type in _PASSES_SUSPENDED:
        return PassageAnswer(suspended_by=by, passes=True, because=f"{message.kind} passes")
    why = f"{message.message_class} does not pass: {_rule(message)}"
    return PassageAnswer(suspended_by=by, passes=False, because=why)


def _rule(message: ScenarioMessage) -> str:
    return class_norms(message.message_class).passes_while_suspended


def demand(scenario: Scenario, message: ScenarioMessage) -> DemandAnswer | None:
    """Return the state of a demand; one that is answered in part stays open for the rest."""
    if message.type != "demand":
        return None
    now_us = as_of_us(scenario)
    stated = message.fields.get("due")
    due_us = parse_instant_us(stated) if stated else None
    reports = [
        m for m in scenario.messages
        if m.of == message.seq and m.type == "report.share" and m.sender in message.to
    ]  # fmt: skip
    report = min(reports, key=lambda m: m.at_us, default=None)
    final = next((m for m in reports if m.fields.get("part", "final") == "final"), None)
    overdue = due_us is not None and now_us > due_us
    if final is not None:
        state = "closed"
    elif report is not None:
        state = "answered in part"
    else:
        state = "overdue" if overdue else "open"
    remaining_s = None if due_us is None or report else seconds_between(now_us, due_us)
    return DemandAnswer(
        state=state,
        about=message.fields.get("about", ""),
        wants=tuple(filter(None, message.fields.get("wants", "").split(", "))),
        due=stated,
        as_of=format_instant(now_us),
        remaining_s=remaining_s,
        overdue_after=stated if report is None else None,
        answered_by=report.seq if report else None,
        answered_at=format_instant(report.at_us) if report else None,
        in_time=report.at_us <= due_us if report and due_us is not None else None,
        part=report.fields.get("part", "final") if report else None,
    )


def issue_of(scenario: Scenario, message: ScenarioMessage) -> IssueAnswer | None:
    """Return when a zone that was asked for was issued, by one of those asked."""
    if message.type != "zone.request":
        return None
    zone = message.fields.get("zone")
    issued = [
        m for m in scenario.messages
        if m.type == "zone.issued" and m.fields.get("zone") == zone
        and m.sender in message.to and m.at_us >= message.at_us
    ]  # fmt: skip
    first = min(issued, key=lambda m: m.at_us, default=None)
    if first is None:
        return None
    window = window_us(first) or window_us(message)
    in_force_us = None if window is None else max(first.at_us, window[0])
    return IssueAnswer(
        issued_by=first.sender,
        seq=first.seq,
        value_s=seconds_between(message.at_us, first.at_us),
        in_force_after_s=(
            None if in_force_us is None else seconds_between(message.at_us, in_force_us)
        ),
    )
