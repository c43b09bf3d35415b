"""What a correct system must say about a scenario: all sections, and the statements they lead to.

`answers` is the one door. General code over the scenario's objects: nothing in `answers*` may know
a scenario, an identifier or a number of one. The document is described in docs/scenarios.md.
"""

from __future__ import annotations

import msgspec

from parley.node.rules.line_evidence import hours_of
from parley.node.rules.tested import grace_us, missed_since, period_us
from parley.review import answers_calls as spoken
from parley.review import answers_geometry as geometry
from parley.review import answers_messages as said
from parley.review import answers_queries as asked
from parley.review import answers_zones as areas
from parley.review.answers_acts import demand
from parley.review.answers_duties import DutyAnswer, acknowledgement, as_of_us
from parley.world.clauses import IncidentReport, LineTest
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


class MissedTests(_Answered, frozen=True, kw_only=True):
    """Tests of a line that one end had begun and that then did not come."""

    about: str
    id: str
    by: str
    last_test: str
    due: str
    missed: int
    last_missed: str
    reads: str


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


class AskAnswer(_Answered, frozen=True, kw_only=True):
    """A text that mixes words for lines and zones: what must be asked before it counts as one."""

    where: str
    by: str
    words: str
    beside: str
    meant: tuple[str, ...]
    asks: str


Statement = (
    LineStatement
    | MissedTests
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
    calls: spoken.CallsAnswer
    relays: list[spoken.RelayAnswer]
    zones: dict[str, areas.ZoneAnswer]
    queries: list[asked.QueryAnswer]
    statements: list[Statement]
    asks: list[AskAnswer]


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
        calls=spoken.calls(scenario),
        relays=spoken.relays(scenario),
        zones=areas.zones(scenario),
        queries=asked.queries(scenario),
        statements=_statements(scenario),
        asks=_asks(scenario),
    )


def _statements(scenario: Scenario) -> list[Statement]:
    incursions = areas.incursions(scenario)
    return [
        *_lines(scenario),
        *_missed_tests(scenario),
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


def _missed_tests(scenario: Scenario) -> list[MissedTests]:
    """Return for each end that has tested a line by its schedule the tests that then did not come.

    By the arithmetic that the nodes use live: one missed alarms, two make the line unverified.
    """
    now_us, grace, found = as_of_us(scenario), grace_us("person"), []
    for line in scenario.lines:
        agreement = scenario.agreement_of_line(line.id)
        stated = any(isinstance(clause, LineTest) for clause in agreement.clauses)
        every_us = period_us(agreement, line, "person")
        for party in line.parties if stated or line.test_every_s is not None else ():
            tests = [m.at_us for m in scenario.messages
                     if (m.line, m.sender, m.type) == (line.id, party, "line.test")]  # fmt: skip
            if not tests:
                continue
            due_us, missed, last_us = missed_since(
                max(tests), every_us, grace, now_us, hours_of(line)
            )
            if missed:
                found.append(
                    MissedTests(
                        about="tests missed",
                        id=line.id,
                        by=party,
                        last_test=format_instant(max(tests)),
                        due=format_instant(due_us),
                        missed=missed,
                        last_missed=format_instant(last_us),
                        reads="alarm" if missed == 1 else "unverified",
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


def _asks(scenario: Scenario) -> list[AskAnswer]:
    """Return what the scenario's own texts leave open; no state ever rests on an answer to it."""
    return [
        AskAnswer(
            where=ask.where,
            by=ask.by,
            words=ask.query.words,
            beside=ask.query.beside,
            meant=ask.query.meant,
            asks=ask.query.text,
        )
        for ask in scenario.asks
    ]
