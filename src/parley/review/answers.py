"""What a correct system must say about a scenario: all sections, and the statements they lead to.

`answers` is the one door. General code over the scenario's objects: nothing in `answers*` may know
a scenario, an identifier or a number of one. The document is described in docs/scenarios.md.
"""

from __future__ import annotations

import msgspec

from parley.review import answers_geometry as geometry
from parley.review import answers_messages as said
from parley.review import answers_queries as asked
from parley.review import answers_zones as areas
from parley.review.answers_acts import demand
from parley.review.answers_duties import DutyAnswer, acknowledgement
from parley.world.agreement import IncidentReport
from parley.world.scenario import Scenario, ScenarioMessage
from parley.world.time import add_calendar, format_instant, parse_instant_us, seconds_between


class _Answered(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Values as they are printed; what does not apply is left out."""


class LineStatement(_Answered, frozen=True, kw_only=True):
    """What the tests on a line show: a failed one makes it unverified at once."""

    about: str
    id: str
    at: str
    test: str
    last_good_test: str
    because: str


class StopStatement(_Answered, frozen=True, kw_only=True):
    """How long operations in a zone were stopped, and who confirmed it."""

    about: str
    zone: str
    by: str
    from_seq: int
    to_seq: int | None
    seconds: float | None
    acks: str


class DemandStatement(_Answered, frozen=True, kw_only=True):
    """A demand's state, and when the final report is due by the agreement's incident clause."""

    about: str
    state: str
    seq: int | None = None
    id: str | None = None
    by: str = ""
    to: tuple[str, ...] = ()
    due: str | None = None
    in_time: bool | None = None
    final_report_due: str | None = None
    final_due_from: str | None = None
    clause: str | None = None


class ClaimStatement(_Answered, frozen=True, kw_only=True):
    """An event that is disputed: who says what through whom; nothing is resolved."""

    about: str
    event: str
    when: tuple[str, str]
    claims: tuple[str, ...]
    contradictions: tuple[tuple[str, str], ...]


class OpenTermStatement(_Answered, frozen=True, kw_only=True):
    """Words about an object that nobody has defined."""

    about: str
    object: str
    text: str
    reads: str


Statement = (
    LineStatement
    | OpenTermStatement
    | StopStatement
    | DemandStatement
    | ClaimStatement
    | areas.IncursionAnswer
    | areas.ConformanceAnswer
    | areas.OverlapAnswer
    | areas.PopulationSum
)


class Answers(_Answered, frozen=True, kw_only=True):
    """The whole document: one section per kind of question."""

    scenario: str
    as_of: str | None
    places: dict[str, geometry.PlaceAnswer]
    crossings: dict[str, dict[str, geometry.TrackSides]]
    presence: dict[str, dict[str, geometry.PresenceAnswer]]
    encounters: list[geometry.EncounterAnswer]
    messages: list[said.MessageAnswer]
    zones: dict[str, areas.ZoneAnswer]
    queries: list[asked.QueryAnswer]
    statements: list[Statement]


def answers(scenario: Scenario) -> Answers:
    """Return everything that can be said about a scenario.

    Args:
        scenario: as `wire.scenario` reads it.

    Raises:
        InputFault: a question about something that the scenario does not have.
    """
    return Answers(
        scenario=scenario.id,
        as_of=None if scenario.end_us is None else format_instant(scenario.end_us),
        places=geometry.places(scenario),
        crossings=geometry.crossings(scenario),
        presence=geometry.presences(scenario),
        encounters=geometry.encounters(scenario),
        messages=said.messages(scenario),
        zones=areas.zones(scenario),
        queries=asked.queries(scenario),
        statements=_statements(scenario),
    )


def _statements(scenario: Scenario) -> list[Statement]:
    incursions = areas.incursions(scenario)
    return [
        *_lines(scenario),
        *areas.hot_overlaps(scenario),
        *incursions,
        *areas.conformance(scenario),
        *_stops(scenario),
        *_demands(scenario, incursions),
        *areas.populations(scenario),
        *_disputes(scenario),
        *_open_terms(scenario),
    ]


# ---- lines and stops -------------------------------------------------------------------------


def _lines(scenario: Scenario) -> list[LineStatement]:
    """Return for each line what its tests show at each of them."""
    found = []
    for line in scenario.lines:
        good = "never"
        tests = [m for m in scenario.messages if m.line == line.id and m.type == "line.test"]
        for test in sorted(tests, key=lambda m: m.at_us):
            duty = acknowledgement(scenario, test)
            if duty.verdict in ("not triggered", "no duty"):
                continue
            answers = scenario.answers_to(test.seq)
            at_us = answers[-1].at_us if duty.verdict == "met" else _due_us(test, duty)
            good = format_instant(at_us) if duty.verdict == "met" else good
            found.append(
                LineStatement(
                    about="line",
                    id=line.id,
                    at=format_instant(at_us),
                    test="verified" if duty.verdict == "met" else "unverified",
                    last_good_test=good,
                    because=f"line test, message {test.seq}: {duty.verdict}, {duty.because}",
                )
            )
    return found


def _due_us(message: ScenarioMessage, duty: DutyAnswer) -> int:
    return message.at_us if duty.due is None else parse_instant_us(duty.due)


def _stops(scenario: Scenario) -> list[StopStatement]:
    found = []
    for stop in scenario.messages:
        if stop.type != "stop.operations":
            continue
        resumed = [
            m
            for m in scenario.messages
            if m.type == "resume.operations"
            and m.at_us >= stop.at_us
            and (m.sender, m.fields.get("zone")) == (stop.sender, stop.fields.get("zone"))
        ]
        resume = min(resumed, key=lambda m: m.at_us, default=None)
        answered = {answer.sender for answer in scenario.answers_to(stop.seq)}
        found.append(
            StopStatement(
                about="stop",
                zone=stop.fields.get("zone", ""),
                by=stop.sender,
                from_seq=stop.seq,
                to_seq=resume.seq if resume else None,
                seconds=seconds_between(stop.at_us, resume.at_us) if resume else None,
                acks=f"{len(answered & set(stop.to))} of {len(stop.to)}",
            )
        )
    return found


# ---- demands and disputes --------------------------------------------------------------------


def _demands(scenario: Scenario, incursions: list[areas.IncursionAnswer]) -> list[DemandStatement]:
    found = []
    for message in scenario.messages:
        state = demand(scenario, message)
        if state is None:
            continue
        incident = _incident(message, incursions)
        clause = _incident_clause(scenario, message)
        due = _final_due(incident, clause)
        found.append(
            DemandStatement(
                about="demand",
                seq=message.seq,
                by=message.sender,
                to=message.to,
                state=state.state,
                due=state.due,
                in_time=state.in_time,
                final_report_due=due,
                final_due_from=f"end of the incursion plus {clause.final}"
                if due is not None and clause is not None
                else None,
                clause=clause.id if clause is not None else None,
            )
        )
    return found + [
        DemandStatement(
            about="demand",
            id=stated.id,
            by=stated.by,
            to=(stated.to,),
            state=f"no answer known: {stated.answer}" if stated.answer else "open",
            due=stated.deadline or None,
        )
        for stated in scenario.demands
    ]


def _incident(
    message: ScenarioMessage, incursions: list[areas.IncursionAnswer]
) -> areas.IncursionAnswer | None:
    """Return the incursion that a demand is about: both its flight and its zone are named."""
    words = set(message.fields.get("about", "").replace(",", " ").replace("/", " ").split())
    for incursion in incursions:
        if {incursion.flight, incursion.zone} <= words:
            return incursion
    return None


def _incident_clause(scenario: Scenario, message: ScenarioMessage) -> IncidentReport | None:
    for agreement in scenario.agreements:
        for clause in agreement.clauses:
            binding = agreement.binds(message.sender, *message.to)
            if isinstance(clause, IncidentReport) and binding and agreement.in_force(message.at_us):
                return clause
    return None


def _final_due(incident: areas.IncursionAnswer | None, clause: IncidentReport | None) -> str | None:
    if incident is None or clause is None:
        return None
    return format_instant(add_calendar(parse_instant_us(incident.to), clause.final))


def _disputes(scenario: Scenario) -> list[ClaimStatement]:
    found = []
    for event in scenario.events:
        about = [claim for claim in scenario.claims if claim.about == event.id]
        if not event.contested or not about:
            continue
        names = {claim.id for claim in about}
        found.append(
            ClaimStatement(
                about="dispute",
                event=event.id,
                when=(format_instant(event.when.from_us), format_instant(event.when.to_us)),
                claims=tuple(f"{c.id} {c.by} via {c.via}: {c.says}" for c in about),
                contradictions=tuple(
                    (c.id, other) for c in about for other in c.contradicts if other in names
                ),
            )
        )
    return found


def _open_terms(scenario: Scenario) -> list[OpenTermStatement]:
    return [
        OpenTermStatement(about="open term", object=term.about, text=term.text, reads="undefined")
        for term in scenario.open_terms
    ]
