"""`timeline.yaml` and all together: the door of this package."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import msgspec

from parley.wire.scenario.scenario_agreements import (
    agreements_of,
    check_clause_objects,
    documents_of,
    lines_of,
    parties_of,
    posts_by_party,
)
from parley.wire.scenario.scenario_asks import asks_of
from parley.wire.scenario.scenario_calls import calls_of, relay_reports_of
from parley.wire.scenario.scenario_geometry import (
    boundary_of,
    read_geometry,
    zone_of,
    zone_terms_of,
)
from parley.wire.scenario.scenario_messages import MessageReader
from parley.wire.scenario.scenario_presence import confirmations_of, presence_of
from parley.wire.scenario.scenario_reading import (
    GEOMETRY_NAME,
    SCHEMA,
    TIMELINE_NAME,
    Words,
    instant_us,
    interval_of,
    loaded,
    position_of,
    record,
    records,
    refuse_unknown,
    unknown_word,
    within,
)
from parley.wire.scenario.scenario_records import (
    AgreementDoc,
    AssertionDoc,
    ClaimAnswerDoc,
    ClaimDoc,
    DemandDoc,
    EventDoc,
    FlightDoc,
    InitialStateDoc,
    LineDoc,
    MessageDoc,
    PartyDoc,
    QueryDoc,
    ReceiptDoc,
    RequiredDoc,
    SourceDoc,
    TimelineDoc,
)
from parley.world.agreement import Agreement, Party
from parley.world.faults import InputFault
from parley.world.norms import norms
from parley.world.scenario import (
    Assertion,
    Claim,
    ClaimAnswer,
    DistributionReceipt,
    DistributionRequired,
    Event,
    Flight,
    InitialState,
    OpenTerm,
    Query,
    Scenario,
    Source,
    StatedDemand,
)
from parley.world.volume import AltitudeReference


def _party_names(text: str, parties: Mapping[str, Party]) -> Words:
    """Return the parties whose id stands as a word in a claimant's name as written."""
    words = re.findall(r"[\w-]+", text)
    return tuple(name for name in parties if name in words)


def _assertions(value: object, parties: Mapping[str, Party]) -> tuple[Assertion, ...]:
    where = f"{TIMELINE_NAME} line_state_assertions"
    return tuple(
        Assertion(
            line=doc.line,
            dimension=doc.dimension,
            value=doc.value,
            by=doc.by,
            parties=_party_names(doc.by, parties),
            when=interval_of(doc.t, doc.t_uncertainty, f"{where}[{i}]"),
            source=doc.source,
        )
        for i, doc in enumerate(records(AssertionDoc, value, where))
    )


def _events(value: object) -> tuple[Event, ...]:
    where = f"{TIMELINE_NAME} events"
    return tuple(
        Event(
            id=doc.id,
            kind=doc.kind,
            when=interval_of(doc.t, doc.t_uncertainty, f"{where} {doc.id}"),
            place=doc.place,
            position=None
            if doc.position is None
            else position_of(doc.position, f"{where} {doc.id}"),
            position_uncertainty_m=doc.position_uncertainty_m,
            line=doc.line,
            agreement=doc.agreement,
            contested=doc.contested,
            claims=doc.claims,
            source=doc.source,
        )
        for doc in records(EventDoc, value, where)
    )


def _claims(value: object) -> tuple[Claim, ...]:
    where = f"{TIMELINE_NAME} claims"
    claims = []
    for doc in records(ClaimDoc, value, where):
        answers = None
        if doc.answers is not None:
            answer = record(ClaimAnswerDoc, doc.answers, f"{where} {doc.id} answers")
            answers = ClaimAnswer(**msgspec.structs.asdict(answer))
        claims.append(
            Claim(
                id=doc.id,
                by=doc.by,
                via=doc.via,
                about=doc.about,
                says=doc.says,
                contradicts=(*doc.contradicts, *doc.contradicts_in_part),
                answers=answers,
            )
        )
    return tuple(claims)


def _demands(value: object) -> tuple[StatedDemand, ...]:
    where = f"{TIMELINE_NAME} demands"
    return tuple(
        StatedDemand(
            id=doc.id,
            by=doc.by,
            to=doc.to,
            when=interval_of(doc.t, doc.t_uncertainty, f"{where} {doc.id}"),
            kind=doc.kind,
            wants=doc.wants,
            deadline=doc.deadline,
            answer=doc.answer,
            source=doc.source,
        )
        for doc in records(DemandDoc, value, where)
    )


def _flights(value: object, of_tracks: Sequence[Flight]) -> tuple[Flight, ...]:
    """Return the flights listed, and one for each track that no listed flight has flown."""
    listed = [
        Flight(
            id=doc.id,
            party=doc.party,
            kind=doc.kind,
            aircraft_class=doc.aircraft_class,
            manned={"manned": True, "unmanned": False}.get(doc.kind),
            priority=doc.priority,
            intent_shared=doc.intent_shared,
            track=doc.track,
            synthetic=doc.synthetic,
        )
        for doc in records(FlightDoc, value, f"{TIMELINE_NAME} flights")
    ]
    flown = {flight.track for flight in listed}
    return (*listed, *(f for f in of_tracks if f.track not in flown and f.party))


def _queries(value: object) -> tuple[Query, ...]:
    where = f"{TIMELINE_NAME} queries"
    needs: dict[str, Words] = {
        "line_used": ("line", "from", "to"),
        "line_state": ("line", "at"),
        "inside_zones": ("event", "zones_of"),
        "agreed_by": ("object",),
        "told": ("message",),
    }
    queries = []
    for doc in records(QueryDoc, value, where):
        given = {"from": doc.from_, **msgspec.structs.asdict(doc)}
        for name in needs[doc.kind]:
            if given[name] is None:
                raise InputFault(f"{where} {doc.id} {name}", wanted=f"it, in a {doc.kind} query")
        times = {
            key: None if text is None else instant_us(text, f"{where} {doc.id}")
            for key, text in (("from_us", doc.from_), ("to_us", doc.to), ("at_us", doc.at))
        }
        queries.append(
            Query(
                id=doc.id,
                kind=doc.kind,
                line=doc.line,
                by=doc.by,
                subject=doc.subject,
                event=doc.event,
                zones_of=doc.zones_of,
                object=doc.object,
                message=doc.message,
                **times,
            )
        )
    return tuple(queries)


def _altitude_reference(doc: TimelineDoc) -> AltitudeReference:
    where = f"{TIMELINE_NAME} altitudes"
    refuse_unknown(list(doc.altitudes), ("field", "unit", "reference"), where)
    stated = {"field": "alt_ft", "unit": "ft", "reference": "amsl", **doc.altitudes}
    for name, wanted in (("field", "alt_ft"), ("unit", "ft")):
        if stated[name] != wanted:
            raise InputFault(f"{where} {name}", value=stated[name], wanted=wanted)
    references: dict[str, AltitudeReference] = {
        "amsl": "AMSL",
        "wgs84": "WGS84",
        "std": "STD",
        "agl": "AGL",
    }
    if stated["reference"] not in references:
        raise unknown_word(f"{where} reference", stated["reference"], tuple(references))
    return references[str(stated["reference"])]


def _interpolation(doc: TimelineDoc) -> Literal["planar", "geodesic"]:
    where = f"{TIMELINE_NAME} interpolation"
    refuse_unknown(list(doc.interpolation), ("positions", "altitude", "sample_for_oracle_s"), where)
    stated = str(doc.interpolation.get("positions", "linear in longitude and latitude"))
    if stated.startswith("linear in longitude and latitude"):
        return "planar"
    if "geodesic" in stated:
        return "geodesic"
    raise InputFault(
        f"{where} positions", value=stated, wanted="linear in longitude and latitude, or geodesic"
    )


def _timeline(data: bytes) -> TimelineDoc:
    """Return the whole file as written, of a format that is read here."""
    doc = record(TimelineDoc, loaded(data), TIMELINE_NAME)
    if doc.schema_name != SCHEMA:
        raise InputFault(f"{TIMELINE_NAME} schema", value=doc.schema_name, wanted=SCHEMA)
    if doc.geometry != GEOMETRY_NAME:
        raise InputFault(f"{TIMELINE_NAME} geometry", value=doc.geometry, wanted=GEOMETRY_NAME)
    return doc


def scenario_from_documents(
    timeline: bytes, geometry: bytes, document: Callable[[str], Agreement] | None = None
) -> Scenario:
    """Return the scenario of a folder's two files.

    Args:
        timeline: the bytes of `timeline.yaml`.
        geometry: the bytes of `geo.geojson`.
        document: the agreement of a document beside them, by its name as written; without it an
            agreement that is given as a document is refused.

    Raises:
        InputFault: anything that is not understood, in one line with where, what and the repair.
    """
    doc = _timeline(timeline)
    drawn = read_geometry(geometry, _altitude_reference(doc), _interpolation(doc))
    agreement_docs = records(AgreementDoc, doc.agreements, f"{TIMELINE_NAME} agreements")
    party_docs = records(PartyDoc, doc.parties, f"{TIMELINE_NAME} parties")
    texts = documents_of(agreement_docs, document)
    parties = parties_of(party_docs, posts_by_party(agreement_docs), texts.values())
    line_docs = records(LineDoc, doc.lines_of_communication, f"{TIMELINE_NAME} lines")
    lines = lines_of(line_docs, parties, agreement_docs)
    agreements = agreements_of(agreement_docs, texts, parties, lines)
    check_clause_objects(agreements, drawn)
    places = {place.id: place for place in drawn.places}
    message_docs = records(MessageDoc, doc.messages, f"{TIMELINE_NAME} messages")
    messages = MessageReader(message_docs, agreements).all()
    assertions, claims = _assertions(doc.line_state_assertions, parties), _claims(doc.claims)
    with within(""):
        return Scenario(
            id=doc.id,
            synthetic=doc.synthetic is True,
            sources=_sources(doc.sources),
            parties=tuple(parties.values()),
            agreements=agreements,
            places=(*(p for text in texts.values() for p in text.places), *drawn.places),
            boundaries=(
                *(b for text in texts.values() for b in text.boundaries),
                *(boundary_of(d, v, agreements) for d, v in drawn.boundaries),
            ),
            zones=(
                *(z for text in texts.values() for z in text.zones),
                *(zone_of(d, g, agreements, places) for d, g in drawn.zones),
            ),
            open_terms=tuple(
                OpenTerm(about=d.id, text=d.interpretation_open)
                for d, _ in drawn.boundaries
                if d.interpretation_open
            ),
            zone_terms=tuple(zone_terms_of(d) for d, _ in drawn.zones),
            tracks=tuple(drawn.tracks),
            flights=_flights(doc.flights, drawn.flights),
            messages=messages,
            calls=calls_of(doc.calls, agreements),
            relay_reports=relay_reports_of(doc.relay_reports),
            initial_states=_initial_states(doc.initial_states),
            assertions=assertions,
            events=_events(doc.events),
            claims=claims,
            demands=_demands(doc.demands),
            distribution_required=_required(doc.distribution_required),
            distribution_receipts=_receipts(doc.distribution_receipts),
            presence=presence_of(doc.presence, agreements),
            confirmations=confirmations_of(doc.confirmations),
            queries=_queries(doc.queries),
            asks=asks_of(agreements, claims, assertions, messages),
        )


def _sources(value: Mapping[str, object]) -> tuple[Source, ...]:
    docs = {k: record(SourceDoc, v, f"{TIMELINE_NAME} source {k}") for k, v in value.items()}
    return tuple(
        Source(id=key, publisher=doc.publisher, date=str(doc.date), what=doc.what)
        for key, doc in docs.items()
    )


def _initial_states(value: object) -> tuple[InitialState, ...]:
    where = f"{TIMELINE_NAME} initial_states"
    states = []
    for doc in records(InitialStateDoc, value, where):
        if doc.activity not in norms().zone.activity:
            raise unknown_word(f"{where} activity", doc.activity, norms().zone.activity)
        since_us = instant_us(doc.since, f"{where} since")
        states.append(
            InitialState(zone=doc.zone, activity=doc.activity, since_us=since_us, by=doc.by)
        )
    return tuple(states)


def _required(value: object) -> tuple[DistributionRequired, ...]:
    docs = records(RequiredDoc, value, f"{TIMELINE_NAME} distribution_required")
    return tuple(DistributionRequired(of=d.of, party=d.party, units=d.units) for d in docs)


def _receipts(value: object) -> tuple[DistributionReceipt, ...]:
    where = f"{TIMELINE_NAME} distribution_receipts"
    return tuple(
        DistributionReceipt(
            of=d.of, party=d.party, unit=d.unit, at_us=instant_us(d.t, where), loaded=d.loaded
        )
        for d in records(ReceiptDoc, value, where)
    )
