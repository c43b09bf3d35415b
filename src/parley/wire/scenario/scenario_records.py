"""The records of a scenario's two files as written: which keys there are, of which types.

Nothing is converted or judged here.
"""

from __future__ import annotations

from typing import Literal

from parley.node.line_bodies import CallOutcome, RelayOutcome
from parley.wire.scenario.scenario_reading import GEOMETRY_NAME, Document, Plain, Words
from parley.world.geo import EdgeMeaning
from parley.world.scenario import (
    QueryKind,
    Requires,
)


class TimelineDoc(Document, frozen=True, kw_only=True, rename={"schema_name": "schema"}):
    """The whole file."""

    schema_name: str
    id: str
    time_basis: Literal["UTC"]
    geometry: str = GEOMETRY_NAME
    altitudes: dict[str, Plain] = {}
    interpolation: dict[str, Plain] = {}
    synthetic: bool | str = False
    sources: dict[str, object] = {}
    parties: object
    agreements: object = None
    lines_of_communication: object = None
    initial_states: object = None
    line_state_assertions: object = None
    events: object = None
    claims: object = None
    demands: object = None
    flights: object = None
    messages: object = None
    calls: object = None
    relay_reports: object = None
    distribution_receipts: object = None
    distribution_required: object = None
    presence: object = None
    confirmations: object = None
    queries: object = None


class SourceDoc(Document, frozen=True, kw_only=True):
    """One source."""

    publisher: str
    date: str | int = ""
    what: str = ""


class PartyDoc(Document, frozen=True, kw_only=True):
    """One party."""

    id: str
    name: str = ""
    role: str = ""
    languages: Words = ()
    posts: Words = ()
    units: Words = ()
    bound_through: str | None = None
    signed_by: str = ""
    air_command: str = ""
    agreement: str | None = None
    signatory: bool | None = None


class ContactDoc(Document, frozen=True, kw_only=True):
    """A post that an agreement names for a party."""

    party: str
    post: str
    hours: str = ""
    after_hours: str = ""


class ReportedTermDoc(Document, frozen=True, kw_only=True):
    """A term known from reports only."""

    clause: str
    value: object
    source: str = ""


class ValidDoc(Document, frozen=True, kw_only=True, rename={"from_": "from"}):
    """From when to when an agreement holds."""

    from_: str
    to: str
    review: str = ""


class InForceDoc(Document, frozen=True, kw_only=True):
    """Since when an agreement is in force, and who disputes that."""

    value: str
    disputed: str = ""


class AgreementDoc(Document, frozen=True, kw_only=True):
    """One agreement."""

    id: str
    document: str = ""
    title: str = ""
    parties: Words = ()
    not_parties: Words = ()
    parties_claimed_by: dict[str, str] = {}
    status: Literal["asserted_by_one_side"] | None = None
    signed: str = ""
    text_public: bool = True
    valid: object = None
    in_force: object = None
    duration: str | None = None
    renewal: str = ""
    ban_from: str = ""
    maps_due: str = ""
    areas: Words = ()
    contacts: object = None
    reported_terms: object = None
    aircraft_classes: object = None
    clauses: object = None
    drill_clauses: object = None


class AircraftClassDoc(Document, frozen=True, kw_only=True):
    """A class of aircraft, as an agreement means it."""

    id: str
    text: str = ""
    kinds: Words = ()


class LineEndDoc(Document, frozen=True, kw_only=True):
    """One end of a line."""

    party: str
    post: str | None = None


class LineDoc(Document, frozen=True, kw_only=True):
    """One line of communication."""

    id: str
    ends: tuple[object, ...]
    under: str | None = None
    hours: str = "24/7"
    languages: Words = ()
    test_every: str | None = None
    kind: str = ""


class AssertionDoc(Document, frozen=True, kw_only=True):
    """What somebody said of a line."""

    t: str
    t_uncertainty: str | None = None
    line: str
    dimension: str
    value: str
    by: str
    contradicts: Words = ()
    source: str = ""


class EventDoc(Document, frozen=True, kw_only=True):
    """One event."""

    id: str
    t: str
    t_uncertainty: str | None = None
    kind: str
    place: str = ""
    position: tuple[float, float] | None = None
    position_uncertainty_m: float = 0.0
    line: str | None = None
    agreement: str | None = None
    by: str = ""
    content: Words = ()
    contested: bool = False
    claims: Words = ()
    source: str = ""


class ClaimAnswerDoc(Document, frozen=True, kw_only=True):
    """What a claim answers."""

    question: str
    event: str
    value: str
    subject: str = ""


class ClaimDoc(Document, frozen=True, kw_only=True):
    """One claim."""

    id: str
    by: str
    via: str = ""
    about: str
    says: str
    contradicts: Words = ()
    contradicts_in_part: Words = ()
    answers: object = None


class DemandDoc(Document, frozen=True, kw_only=True):
    """A demand known from a statement."""

    id: str
    by: str
    to: str
    t: str
    t_uncertainty: str | None = None
    kind: str
    wants: Words = ()
    deadline: str = ""
    answer: str = ""
    source: str = ""


class FlightDoc(Document, frozen=True, kw_only=True):
    """One flight."""

    id: str
    party: str
    kind: str = ""
    aircraft_class: str = ""
    synthetic: bool = False
    intent_shared: bool = False
    priority: str = "routine"
    track: str | None = None


class InitialStateDoc(Document, frozen=True, kw_only=True):
    """A zone before the first message."""

    zone: str
    activity: str
    since: str
    by: str


class RequiredDoc(Document, frozen=True, kw_only=True):
    """Who must be told of a message."""

    of: int
    party: str
    units: Words


class ReceiptDoc(Document, frozen=True, kw_only=True):
    """Who was told of it."""

    of: int
    party: str
    unit: str
    t: str
    loaded: bool = False


class PresenceDoc(Document, frozen=True, kw_only=True, rename={"from_": "from"}):
    """From when to when a person was at a post, who said so anew every few minutes."""

    party: str
    line: str
    from_: str
    to: str
    post: str = ""
    every: str = "PT5M"


class ConfirmationDoc(Document, frozen=True, kw_only=True):
    """A notice that stands was confirmed again by its sender."""

    of: int
    t: str
    until: str


class QueryDoc(Document, frozen=True, kw_only=True, rename={"from_": "from"}):
    """One question."""

    id: str
    kind: QueryKind
    line: str | None = None
    by: str | None = None
    subject: str | None = None
    from_: str | None = None
    to: str | None = None
    at: str | None = None
    event: str | None = None
    zones_of: str | None = None
    object: str | None = None
    message: int | None = None


class CallDoc(Document, frozen=True, kw_only=True, rename={"party": "with"}):
    """One end's entry of a telephone call."""

    id: str
    by: str
    party: str
    line: str
    direction: Literal["placed", "received"]
    outcome: CallOutcome
    began: str
    ended: str | None = None
    entered_at: str | None = None
    spoke_with: str = ""
    subject: str = ""
    text: str = ""
    fields: dict[str, object] = {}
    read_back: dict[str, object] = {}
    reason: str = ""
    of: int | None = None
    same_as: str | None = None
    corrects: str | None = None


class RelayReportDoc(Document, frozen=True, kw_only=True):
    """What became of a relay request, by a party that was asked; `to` is who took it there."""

    of: int
    by: str
    outcome: RelayOutcome
    at: str
    entered_at: str | None = None
    to: str = ""
    text: str = ""


class MessageDoc(Document, frozen=True, kw_only=True, rename={"sender": "from"}):
    """One message or answer."""

    seq: int
    t: str
    sender: str
    to: str | Words
    kind: str
    of: int | None = None
    line: str | None = None
    requires: Requires | None = None
    ack_deadline_s: float | None = None
    subject: str = ""
    text: str = ""
    valid_until: str | None = None
    derived: bool = False
    matches: bool | None = None
    what: str | None = None
    # What it says: everything below becomes a field of the message.
    about: str | None = None
    activity: str | None = None
    area: str | None = None
    boundary: str | None = None
    centre: tuple[float, float] | None = None
    corridor: str | None = None
    dimension: str | None = None
    due: str | None = None
    effective: str | None = None
    fields: dict[str, object] | None = None
    flight: str | None = None
    from_time: str | None = None
    level: str | int | None = None
    limits: dict[str, Plain] | None = None
    measures: Words | None = None
    named_place: str | None = None
    nonce: str | None = None
    part: str | None = None
    pick_up: str | None = None
    place: str | None = None
    position: tuple[float, float] | None = None
    reason_code: str | None = None
    reference: str | None = None
    status: str | None = None
    third: str | None = None
    time: str | None = None
    until: str | None = None
    value: str | None = None
    volume: str | None = None
    wants: Words | None = None
    window: tuple[str, str] | None = None
    zone: str | None = None


class PlaceDoc(Document, frozen=True, kw_only=True):
    """Properties of a place."""

    id: str
    kind: str
    name: str = ""
    aliases: Words = ()
    role: str = "place"
    uncertainty_m: float = 0.0
    elevation_ft: float | None = None


class BoundaryDoc(Document, frozen=True, kw_only=True):
    """Properties of a directed line."""

    id: str
    kind: str
    name: str = ""
    direction: str = ""
    sides: dict[str, str] = {}
    uncertainty_m: float = 0.0
    beyond_ends: str = ""
    claimed_by: dict[str, str] = {}
    asserted_by: Words = ()
    not_confirmed_by: Words = ()
    interpretation_open: str = ""
    agreement: str | None = None
    edges: EdgeMeaning = "planar"
    applies_from: str | None = None
    applies_to: str | None = None
    source: str = ""


class LimitDoc(Document, frozen=True, kw_only=True):
    """A vertical limit."""

    value: float | None = None
    ref: str


class NumberDoc(Document, frozen=True, kw_only=True):
    """A qualified number."""

    qualifier: str
    value: int


class ZoneDoc(Document, frozen=True, kw_only=True):
    """Properties of a zone, ring, notified area or corridor."""

    id: str
    kind: str
    name: str = ""
    agreement: str | None = None
    parties: Words = ()
    asserted_by: Words = ()
    by: str | None = None
    zone_authority: str | None = None
    released_to: str | None = None
    restriction: str = ""
    approval: Words = ()
    priority: str = ""
    rule: str = ""
    lower: object = None
    upper: object = None
    applies_from: str | None = None
    applies_to: str | None = None
    excludes: Words = ()
    uncertainty_m: float = 0.0
    population: object = None
    population_source: str = ""
    population_as_of: str = ""
    radius_nm: float | None = None
    width_nm: float | None = None
    edges: EdgeMeaning = "planar"
    source: str = ""


class TrackDoc(Document, frozen=True, kw_only=True):
    """Properties of a track."""

    id: str
    kind: str
    name: str = ""
    party: str | None = None
    times: Words
    alt_ft: tuple[float, ...]
    type: str = ""
    aircraft_class: str = ""
    manned: bool | None = None
    intent_shared: bool = False
    priority: str = "routine"
    detected_by: str = ""
    received_at: str | None = None


class GeometryDoc(Document, frozen=True, kw_only=True):
    """A GeoJSON geometry."""

    type: Literal["Point", "LineString", "Polygon"]
    coordinates: list[object]
    bbox: list[object] | None = None


class FeatureDoc(Document, frozen=True, kw_only=True):
    """A GeoJSON feature."""

    type: Literal["Feature"]
    properties: object
    geometry: object
    id: str | int | None = None
    bbox: list[object] | None = None


class CollectionDoc(Document, frozen=True, kw_only=True):
    """The whole file."""

    type: Literal["FeatureCollection"]
    features: list[object]
    name: str = ""
    properties: dict[str, object] = {}
    bbox: list[object] | None = None


class StepDoc(Document, frozen=True, kw_only=True):
    """One step of an escalation."""

    after: str
    post: str
