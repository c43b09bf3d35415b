"""Answers to the questions of a scenario: decided, undecided or contested, and on what they rest.

Rules:

- Logs decide only the time that they cover: from the first to the last message on that line.
- A telephone call is use of the line, by whoever entered it. One that a party alone entered after
  the time that is asked about leaves the question open: it is that party's word after the fact.
- Nothing found reads "not in these logs", unless the agreement makes them the exclusive channel.
- Claims never decide. Where they differ the answer is contested; where all say one thing it is
  still only as they say.
- An assertion speaks for its own time and uncertainty. Of a day it counts if that time touches it.

Not here: resolving a dispute.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from parley.review.answers_acts import agreement_status, distribution
from parley.review.answers_calls import calls_in
from parley.review.answers_geometry import zone_distance_km
from parley.review.silence_calls import happened
from parley.world.clauses import ExclusiveChannel
from parley.world.faults import InputFault, nearest
from parley.world.geo import UNDECIDED, Answer
from parley.world.scenario import Assertion, Query, Scenario, ScenarioMessage
from parley.world.time import datetime_from_us, format_instant, parse_when
from parley.world.zone import zone_contains

_DIMENSIONS = {
    "agreement_status": "agreement",
    "technical_link": "link",
    "in_use": "use",
    "attended": "attended",
    "test": "test",
}
"""The scenario's words for the dimensions of NORMS 1; others stand under their own name."""
_LINE_DIMENSIONS = ("agreement", "link", "use")
_NOTHING = "nothing said that day"
Verdict = Literal["decided", "undecided", "contested"]


class _Answered(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Values as they are printed; what does not apply is left out."""


class QueryAnswer(_Answered, frozen=True, kw_only=True):
    """One question answered; which fields are there depends on its kind."""

    id: str
    kind: str
    verdict: Verdict
    because: str
    # line_used
    used: bool | None = None
    reads: str | None = None
    rests_on: dict[str, tuple[str, ...]] | None = None
    decidable_from_logs: bool | None = None
    messages: tuple[int, ...] | None = None
    calls: tuple[str, ...] | None = None
    calls_open: tuple[str, ...] | None = None
    # line_state
    glance: str | None = None
    agreement: dict[str, str] | str | None = None
    link: dict[str, str] | str | None = None
    use: dict[str, str] | str | None = None
    others: dict[str, dict[str, str]] | None = None
    sources: tuple[str, ...] | None = None
    last_said: dict[str, str] | None = None
    by_acts: dict[str, str] | None = None
    # inside_zones
    nominal: str | None = None
    decided: str | None = None
    zones: tuple[str, ...] | None = None
    distance_km: dict[str, float] | None = None
    # agreed_by
    agreed_by: tuple[str, ...] | None = None
    asserted_by: tuple[str, ...] | None = None
    # told
    told: tuple[str, ...] | None = None
    not_told: tuple[str, ...] | None = None


def queries(scenario: Scenario) -> list[QueryAnswer]:
    """Return the answer to each question, in the order in which they were asked."""
    return [_answer(scenario, query) for query in scenario.queries]


def _answer(scenario: Scenario, query: Query) -> QueryAnswer:
    match query.kind:
        case "line_used":
            return _line_used(scenario, query)
        case "line_state":
            return _line_state(scenario, query)
        case "inside_zones":
            return _inside_zones(scenario, query)
        case "agreed_by":
            return _agreed_by(scenario, query)
        case "told":
            return _told(scenario, query)


# ---- was the line used? ----------------------------------------------------------------------


def _line_used(scenario: Scenario, query: Query) -> QueryAnswer:
    assert query.line is not None
    assert query.from_us is not None
    assert query.to_us is not None
    scenario.line(query.line)
    on_line = [m.at_us for m in scenario.messages if m.line == query.line]
    on_line += [c.entered_us for c in scenario.calls if c.line == query.line]
    found = [m for m in scenario.messages if m.line == query.line and _asked_for(query, m)]
    called, left_open, of_others = _called(scenario, query)
    covered = bool(on_line) and min(on_line) <= query.from_us and query.to_us <= max(on_line)
    claims = _claimed(scenario, query)
    if found or called or (covered and not left_open):
        answer = _used_by_logs(scenario, query, found, called, claims)
        told = f"{answer.because}; but another says: {'; '.join(of_others.values())}"
        return msgspec.structs.replace(answer, because=told) if of_others else answer
    if len(claims) > 1:
        verdict: Verdict = "contested"
        because = "the logs do not cover this time, and claims about it differ"
    elif left_open:
        verdict = "undecided"
        because = f"of calls then there is one party's word alone: {'; '.join(left_open.values())}"
    else:
        verdict = "undecided"
        because = "the logs do not cover this time" + (", and claims do not decide" * bool(claims))
    return QueryAnswer(
        id=query.id,
        kind=query.kind,
        verdict=verdict,
        because=because,
        reads="not decidable from this evidence",
        rests_on=claims,
        decidable_from_logs=False,
        calls_open=tuple(left_open) or None,
    )


_Words = dict[str, str]


def _called(scenario: Scenario, query: Query) -> tuple[_Words, _Words, _Words]:
    """Return the entries of calls that count, those that leave it open, and those of others.

    Each in words, by its id. Of others: what stands in no log of who is asked about, though another
    says that it had a call with that party.
    """
    assert query.from_us is not None
    assert query.to_us is not None
    sure: _Words = {}
    left_open: _Words = {}
    of_others: _Words = {}
    for logged, call in calls_in(scenario):
        for end in call.pair.ends if call.line == query.line else ():
            if query.subject not in (None, end.body.subject or query.subject):
                continue
            times_us = (end.body.began_us, end.ended_us)
            place, why = happened(times_us, (query.from_us, query.to_us))
            if query.subject is not None and not end.body.subject and place == "inside":
                place, why = "maybe", "a call whose subject is not stated"
            late = end.entered != "at once" and end.entry.issued_us > query.to_us
            if late and call.pair.second is None:
                why = f"entered after this time, by {end.party} alone"
                place = place if place == "outside" else "maybe"
            if place == "outside":
                continue
            words = f"{logged.ids[end.key]}: {end.body.outcome}, {call.word}"
            if query.by not in (None, end.party):
                of_others[logged.ids[end.key]] = f"{words}, with {end.body.party}"
            elif place == "inside":
                sure[logged.ids[end.key]] = words
            else:
                left_open[logged.ids[end.key]] = f"{words}, {why}"
    # Of a call that the party has entered too, the other end's entry says nothing more.
    return sure, left_open, {} if sure or left_open else of_others


def _asked_for(query: Query, message: ScenarioMessage) -> bool:
    assert query.from_us is not None
    assert query.to_us is not None
    return (
        query.from_us <= message.at_us <= query.to_us
        and query.by in (None, message.sender)
        and query.subject in (None, message.subject, message.kind)
    )


def _claimed(scenario: Scenario, query: Query) -> dict[str, tuple[str, ...]]:
    """Return the claims that answer this question about an event in its time, by their answers."""
    assert query.from_us is not None
    assert query.to_us is not None
    answers: dict[str, tuple[str, ...]] = {}
    for claim in scenario.claims:
        said = claim.answers
        if said is None or said.question != query.kind:
            continue
        event = scenario.event(said.event)
        meets = event.when.from_us <= query.to_us and query.from_us <= event.when.to_us
        if meets and event.line in (None, query.line):
            answers[said.value] = (*answers.get(said.value, ()), claim.id)
    return answers


def _used_by_logs(
    scenario: Scenario,
    query: Query,
    found: list[ScenarioMessage],
    called: dict[str, str],
    claims: dict[str, tuple[str, ...]],
) -> QueryAnswer:
    assert query.line is not None
    agreement = scenario.agreement_of_line(query.line)
    exclusive = any(c.value for c in agreement.clauses if isinstance(c, ExclusiveChannel))
    if found or called:
        told = [f"{len(found)} messages"] if found or not called else []
        told += [f"{len(called)} entries of calls ({'; '.join(called.values())})"] if called else []
        reads, because = "used", f"{' and '.join(told)} on {query.line} in this time"
    elif exclusive:
        reads, because = "not used", f"{agreement.id} makes these logs the exclusive channel"
    else:
        reads, because = "not in these logs", "the logs cover this time and hold no such message"
    return QueryAnswer(
        id=query.id,
        kind=query.kind,
        verdict="decided",
        because=because,
        used=bool(found or called),
        reads=reads,
        rests_on=claims or None,
        decidable_from_logs=True,
        messages=tuple(m.seq for m in found),
        calls=tuple(called) or None,
    )


# ---- in which state was the line? ------------------------------------------------------------


def _line_state(scenario: Scenario, query: Query) -> QueryAnswer:
    assert query.line is not None
    assert query.at_us is not None
    line = scenario.line(query.line)
    day = parse_when(datetime_from_us(query.at_us).date())
    on_line = [a for a in scenario.assertions if a.line == line.id]
    said = [a for a in on_line if a.when.from_us <= day.to_us and day.from_us <= a.when.to_us]
    acts = _acts(scenario, query, line.parties)
    claimants = {who: {a.value for a in said if who in _claimants(a)}
                 for a in said for who in _claimants(a)}  # fmt: skip
    differ = len({frozenset(values) for values in claimants.values()}) > 1
    if acts and not said:
        verdict: Verdict = "decided"
        glance = None
        because = "by the parties' own acts on the line"
    elif differ:
        verdict, glance = "contested", "CONTESTED"
        because = f"{', '.join(claimants)} do not say the same"
    else:
        verdict = "undecided"
        glance = f"AS SAID BY {', '.join(claimants)}" if said else None
        because = "an assertion is not a state" if said else _NOTHING
    vector = _vector(said, line.parties)
    known = {name: vector.pop(name) for name in _LINE_DIMENSIONS}
    return QueryAnswer(
        id=query.id,
        kind=query.kind,
        verdict=verdict,
        because=because,
        glance=glance,
        agreement=known["agreement"] or _NOTHING,
        link=known["link"] or _NOTHING,
        use=known["use"] or _NOTHING,
        others=vector or None,
        sources=tuple(dict.fromkeys(a.source for a in said)),
        last_said=_last_said(on_line, query.at_us),
        by_acts=acts or None,
    )


def _claimants(assertion: Assertion) -> tuple[str, ...]:
    """Return who says it: the parties named, else the claimant as written."""
    return assertion.parties or (assertion.by,)


def _vector(said: list[Assertion], ends: tuple[str, ...]) -> dict[str, dict[str, str]]:
    """Return what each claimant says, by dimension; the agreement has a value for each end."""
    vector: dict[str, dict[str, str]] = {name: {} for name in _LINE_DIMENSIONS}
    for assertion in sorted(said, key=lambda a: a.when.from_us):
        dimension = _DIMENSIONS.get(assertion.dimension, assertion.dimension)
        for who in _claimants(assertion):
            vector.setdefault(dimension, {})[who] = assertion.value.replace("_", " ")
    if vector["agreement"]:
        for end in ends:
            vector["agreement"].setdefault(end, _NOTHING)
    return vector


def _last_said(assertions: list[Assertion], at_us: int) -> dict[str, str] | None:
    """Return the newest assertion of each dimension wholly before an instant: said, not a state."""
    before = sorted((a for a in assertions if a.when.to_us <= at_us), key=lambda a: a.when.to_us)
    last = {_DIMENSIONS.get(a.dimension, a.dimension): a for a in before}
    return {
        name: f"{a.value.replace('_', ' ')} (by {a.by}, {format_instant(a.when.to_us)}, {a.source})"
        for name, a in last.items()
    } or None


def _acts(scenario: Scenario, query: Query, ends: tuple[str, ...]) -> dict[str, str]:
    """Return what the parties' own acts on the line say, where the log covers the instant."""
    assert query.line is not None
    assert query.at_us is not None
    at = [m.at_us for m in scenario.messages if m.line == query.line]
    if not at or not min(at) <= query.at_us <= max(at):
        return {}
    agreement = scenario.agreement_of_line(query.line)
    return {
        party: agreement_status(scenario, agreement.id, party, query.at_us)[0] for party in ends
    }


# ---- zones, objects, units -------------------------------------------------------------------


def _inside_zones(scenario: Scenario, query: Query) -> QueryAnswer:
    assert query.event is not None
    assert query.zones_of is not None
    event = scenario.event(query.event)
    scenario.agreement(query.zones_of)
    zones = [zone for zone in scenario.zones if zone.agreement == query.zones_of]
    if event.position is None or not zones:
        because = "the event has no position" if zones else f"no zone of {query.zones_of} is drawn"
        return QueryAnswer(id=query.id, kind=query.kind, verdict="undecided", because=because)
    answers = {
        zone.id: zone_contains(zone, event.position, event.position_uncertainty_m) for zone in zones
    }
    nominal = "inside" if any(a.nominal == "in" for a in answers.values()) else "outside"
    decided = _decided(answers)
    closest = min(zones, key=lambda zone: answers[zone.id].margin_m or 0.0)
    return QueryAnswer(
        id=query.id,
        kind=query.kind,
        verdict="undecided" if decided == UNDECIDED else "decided",
        because=f"{answers[closest.id].because}; position of {event.id} uncertain by "
        f"{event.position_uncertainty_m:.0f} m",
        nominal=nominal,
        decided=decided,
        zones=tuple(answers),
        distance_km={zone.id: zone_distance_km(zone, event.position) for zone in zones},
    )


def _decided(answers: dict[str, Answer]) -> str:
    if any(a.decided == "in" for a in answers.values()):
        return "in"
    return "out" if all(a.decided == "out" for a in answers.values()) else UNDECIDED


def _agreed_by(scenario: Scenario, query: Query) -> QueryAnswer:
    assert query.object is not None
    agreed, asserted = _who_holds(scenario, query.object)
    return QueryAnswer(
        id=query.id,
        kind=query.kind,
        verdict="decided",
        because="agreed" if agreed else "one side's assertion, no duty for another",
        agreed_by=agreed,
        asserted_by=asserted,
    )


def _who_holds(scenario: Scenario, name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return who agreed to an object, and who asserts it.

    Raises:
        InputFault: there is no such object; the repair names the nearest.
    """
    held = {b.id: (b.agreed_by, b.asserted_by) for b in scenario.boundaries}
    held |= {z.id: (z.agreed_by, z.asserted_by) for z in scenario.zones}
    for agreement in scenario.agreements:
        members = () if agreement.asserted_by else tuple(p.id for p in agreement.parties)
        held[agreement.id] = members, agreement.asserted_by
    if name in held:
        return held[name]
    known = list(held)
    close = nearest(name, known)
    raise InputFault(
        "query object",
        value=name,
        wanted="a boundary, zone or agreement",
        repair=f"did you mean {close!r}?" if close else f"known: {', '.join(known)}",
    )


def _told(scenario: Scenario, query: Query) -> QueryAnswer:
    assert query.message is not None
    scenario.message(query.message)
    found = distribution(scenario, query.message)
    if found is None:
        because = "no units are required for it"
        return QueryAnswer(id=query.id, kind=query.kind, verdict="undecided", because=because)
    return QueryAnswer(
        id=query.id,
        kind=query.kind,
        verdict="decided",
        because=found.verdict,
        told=found.told,
        not_told=found.not_told,
    )
