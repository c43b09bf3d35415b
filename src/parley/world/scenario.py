"""A scenario: parties, agreements, geometry, tracks and messages of one story, as plain records.

What `wire.scenario` reads, what `parley demo` plays and what `review.answers` judges. Rules:

- Nothing here is an answer. A `derived` message (what a system must say) is never in a scenario.
- What somebody says about the past is a `Claim` or an `Assertion` with its claimant, never a state.
- Every line of communication stands under exactly one agreement; one that stands under none is held
  by a bare agreement of the line's own name, whose parties are its ends and which has no clauses.
- Identifiers are unique per kind and every reference leads somewhere: `Scenario` checks it.

What must not be here: parsing, judging, and anything that knows one scenario from another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, Protocol, TypeVar

import msgspec

from parley.world.agreement import Agreement, Line, Party, check_name, refuse_twice
from parley.world.boundary import Boundary
from parley.world.faults import InputFault, nearest
from parley.world.geo import Position
from parley.world.norms import MessageClass, MessageType, message_type
from parley.world.place import Gazetteer, Place
from parley.world.scenario_terms import ScenarioConfirmation, ScenarioPresence
from parley.world.terms import TermQuery
from parley.world.time import Interval, format_instant
from parley.world.track import Track
from parley.world.zone import Zone

Requires = Literal["ack", "read_back", "reply", "issue_confirmation"]
QueryKind = Literal["line_used", "line_state", "inside_zones", "agreed_by", "told"]


class _Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Source(_Record, frozen=True, kw_only=True):
    """Who published something, when (as written) and what it is."""

    id: str
    publisher: str
    date: str = ""
    what: str = ""


class Flight(_Record, frozen=True, kw_only=True):
    """A flight of a party: `track` names its track, if one is known.

    `aircraft_class` is a class of an agreement, where its party says which; else `kind` gives it.
    """

    id: str
    party: str
    kind: str = ""
    aircraft_class: str = ""
    manned: bool | None = None
    priority: str = "routine"
    intent_shared: bool = False
    track: str | None = None
    synthetic: bool = False


class Assertion(_Record, frozen=True, kw_only=True):
    """What somebody said about one dimension of a line's state, for its own time only.

    `by` is the claimant as written; `parties` are the parties of the scenario that it names.
    """

    line: str
    dimension: str
    value: str
    by: str
    parties: tuple[str, ...] = ()
    when: Interval
    source: str = ""


class Event(_Record, frozen=True, kw_only=True):
    """Something that is said to have happened, some time within `when`."""

    id: str
    kind: str
    when: Interval
    place: str = ""
    position: Position | None = None
    position_uncertainty_m: float = 0.0
    line: str | None = None
    agreement: str | None = None
    contested: bool = False
    claims: tuple[str, ...] = ()
    source: str = ""


class ClaimAnswer(_Record, frozen=True, kw_only=True):
    """What a claim answers to a question about an event."""

    question: str
    event: str
    value: str
    subject: str = ""


class Claim(_Record, frozen=True, kw_only=True):
    """What somebody says, through whom, about what; the gist in our own words."""

    id: str
    by: str
    via: str = ""
    about: str
    says: str
    contradicts: tuple[str, ...] = ()
    answers: ClaimAnswer | None = None


class StatedDemand(_Record, frozen=True, kw_only=True):
    """A demand known from a statement, not from a message: `deadline` and `answer` as written."""

    id: str
    by: str
    to: str
    when: Interval
    kind: str
    wants: tuple[str, ...] = ()
    deadline: str = ""
    answer: str = ""
    source: str = ""


class ScenarioMessage(_Record, frozen=True, kw_only=True):
    """One message of the story: an opener (`type`) or an answer (`answer`), never both.

    Attributes:
        seq: its number in the scenario.
        at_us: when it was sent, microseconds UTC.
        sender: the party.
        to: the parties it is sent to.
        kind: the scenario's own word (`area_notice`, `ack`).
        line: the line it travels on: the one named; else, of those that hold sender and all
            addressees, one whose agreement has a clause about its zone, then the one with the
            fewest ends; an answer travels on the line of what it answers.
        agreement: the agreement that the line stands under.
        type: message type of the norms, for an opener.
        message_class: class of the norms; of an answer, the class of what it answers.
        answer: the answer's word (ROGER, WILCO, AFFIRM, REPLY, UNABLE, NEGATIVE).
        of: seq of the message that is answered, corrected or reported on.
        subject: subject code as written.
        text: free text for a person.
        fields: normalised text. Instants and windows are RFC 3339 (`from/to`), positions
            `lat,lon` in degrees with 6 decimals. An answer that reads back holds what was read.
        requires: what the sender asked for.
        answer_within_s: the sender's own deadline in seconds after `at_us`.
        reads_back: whether this is an answer that repeats fields.
        valid_until_us: until when it can be taken; None is for as long as anybody likes.
    """

    seq: int
    at_us: int
    sender: str
    to: tuple[str, ...]
    kind: str
    line: str
    agreement: str
    type: str | None = None
    message_class: MessageClass
    answer: str | None = None
    of: int | None = None
    subject: str = ""
    text: str = ""
    fields: dict[str, str] = {}
    requires: Requires | None = None
    answer_within_s: float | None = None
    reads_back: bool = False
    valid_until_us: int | None = None

    def __post_init__(self) -> None:
        if (self.type is None) == (self.answer is None):
            raise InputFault(f"message {self.seq}", wanted="a type or an answer, not both")

    @property
    def norms(self) -> MessageType:
        """The norms of its type; asks only where it is an opener."""
        assert self.type is not None, "an answer has no type of its own"
        return message_type(self.type)


class ScenarioCall(_Record, frozen=True, kw_only=True):
    """One end's own entry of a telephone call; the other end's, if it made one, is another.

    Attributes:
        id: the writer's name for this entry.
        by: the party that enters it.
        party: whom it says it was with.
        line: the line it was made on, which stands under `agreement`.
        direction: who placed it, seen from the writer.
        outcome: talked, no answer, refused or technical failure.
        began_us, ended_us: as the writer says; an end that is None was not stated.
        entered_us: when the entry was made, at once or long afterwards.
        reason: why it was refused, or what failed.
        of: seq of the message that it was about.
        same_as: id of the other end's entry that it says is the same call.
        corrects: id of the writer's own earlier entry.
    """

    id: str
    by: str
    party: str
    line: str
    agreement: str
    direction: Literal["placed", "received"]
    outcome: str
    began_us: int
    ended_us: int | None = None
    entered_us: int
    spoke_with: str = ""
    subject: str = ""
    text: str = ""
    fields: dict[str, str] = {}
    read_back: dict[str, str] = {}
    reason: str = ""
    of: int | None = None
    same_as: str | None = None
    corrects: str | None = None


class ScenarioRelayReport(_Record, frozen=True, kw_only=True):
    """What a party that was asked to pass something on says became of it.

    `at_us` is when it was passed or declined, `entered_us` when that was written down.
    """

    of: int
    by: str
    outcome: str
    at_us: int
    entered_us: int
    received_by: str = ""
    text: str = ""


class InitialState(_Record, frozen=True, kw_only=True):
    """What a zone's owner had said of its activity before the first message."""

    zone: str
    activity: str
    since_us: int
    by: str


class ZoneTerms(_Record, frozen=True, kw_only=True):
    """What entering a zone asks for, and whose flights stay inside it."""

    zone: str
    authorisation_required: bool = False
    released_to: str | None = None
    rule: str = ""


class OpenTerm(_Record, frozen=True, kw_only=True):
    """Words of a statement about an object that nobody has defined: kept, never guessed at."""

    about: str
    text: str


class DistributionRequired(_Record, frozen=True, kw_only=True):
    """The units of a party that must get a message."""

    of: int
    party: str
    units: tuple[str, ...]


class DistributionReceipt(_Record, frozen=True, kw_only=True):
    """One unit's receipt of a message."""

    of: int
    party: str
    unit: str
    at_us: int
    loaded: bool = False


class TermAsk(_Record, frozen=True, kw_only=True):
    """A text of the scenario that mixes line, zone, area, ring and corridor: what to ask of it."""

    where: str
    by: str = ""
    query: TermQuery


class Query(_Record, frozen=True, kw_only=True):
    """A question to be answered from the scenario; the fields that its kind uses are set."""

    id: str
    kind: QueryKind
    line: str | None = None
    by: str | None = None
    subject: str | None = None
    from_us: int | None = None
    to_us: int | None = None
    at_us: int | None = None
    event: str | None = None
    zones_of: str | None = None
    object: str | None = None
    message: int | None = None


class Scenario(_Record, frozen=True, kw_only=True):
    """One story, complete: who, under which agreements, where, and what was said and flown."""

    id: str
    synthetic: bool = False
    sources: tuple[Source, ...] = ()
    parties: tuple[Party, ...]
    agreements: tuple[Agreement, ...] = ()
    places: tuple[Place, ...] = ()
    boundaries: tuple[Boundary, ...] = ()
    zones: tuple[Zone, ...] = ()
    zone_terms: tuple[ZoneTerms, ...] = ()
    open_terms: tuple[OpenTerm, ...] = ()
    tracks: tuple[Track, ...] = ()
    flights: tuple[Flight, ...] = ()
    messages: tuple[ScenarioMessage, ...] = ()
    calls: tuple[ScenarioCall, ...] = ()
    relay_reports: tuple[ScenarioRelayReport, ...] = ()
    initial_states: tuple[InitialState, ...] = ()
    assertions: tuple[Assertion, ...] = ()
    events: tuple[Event, ...] = ()
    claims: tuple[Claim, ...] = ()
    demands: tuple[StatedDemand, ...] = ()
    distribution_required: tuple[DistributionRequired, ...] = ()
    distribution_receipts: tuple[DistributionReceipt, ...] = ()
    presence: tuple[ScenarioPresence, ...] = ()
    confirmations: tuple[ScenarioConfirmation, ...] = ()
    queries: tuple[Query, ...] = ()
    asks: tuple[TermAsk, ...] = ()

    def __post_init__(self) -> None:
        for name in ("sources", "parties", "agreements", "boundaries", "zones", "tracks", "flights",
                     "calls", "events", "claims", "demands", "queries"):  # fmt: skip
            refuse_twice((item.id for item in getattr(self, name)), f"scenario {self.id} {name}")
        refuse_twice((p.name for p in self.places), f"scenario {self.id} places")
        refuse_twice((line.id for line in self.lines), f"scenario {self.id} lines")
        refuse_twice((str(m.seq) for m in self.messages), f"scenario {self.id} message seq")
        _check_references(self)

    @property
    def lines(self) -> tuple[Line, ...]:
        """Every line of communication, in the order of their agreements."""
        return tuple(line for agreement in self.agreements for line in agreement.lines)

    @property
    def gazetteer(self) -> Gazetteer:
        """The places by name, alias and id."""
        return Gazetteer(self.places)

    @property
    def acting_parties(self) -> tuple[str, ...]:
        """The parties that send or receive a message or a call: a node runs for each of them."""
        acting = {m.sender for m in self.messages}.union(*(m.to for m in self.messages))
        acting = acting.union(*({call.by, call.party} for call in self.calls))
        return tuple(party.id for party in self.parties if party.id in acting)

    @property
    def end_us(self) -> int | None:
        """The last instant of which anything written tells; None where there is nothing."""
        told = [m.at_us for m in self.messages] + [r.at_us for r in self.distribution_receipts]
        told += [call.entered_us for call in self.calls]
        told += [report.entered_us for report in self.relay_reports]
        told += [each.to_us for each in self.presence]
        told += [each.at_us for each in self.confirmations]
        return max(told, default=None)

    def party(self, party_id: str) -> Party:
        """Return a party by its id."""
        return _found(self.parties, party_id, "party")

    def agreement(self, agreement_id: str) -> Agreement:
        """Return an agreement by its id."""
        return _found(self.agreements, agreement_id, "agreement")

    def line(self, line_id: str) -> Line:
        """Return a line of communication by its id."""
        return _found(self.lines, line_id, "line")

    def agreement_of_line(self, line_id: str) -> Agreement:
        """Return the agreement that a line stands under."""
        self.line(line_id)
        return next(a for a in self.agreements if any(line.id == line_id for line in a.lines))

    def zone(self, zone_id: str) -> Zone:
        """Return a zone by its id."""
        return _found(self.zones, zone_id, "zone")

    def terms_of(self, zone_id: str) -> ZoneTerms:
        """Return what entering a zone asks for; nothing, where nothing is stated."""
        stated = (terms for terms in self.zone_terms if terms.zone == zone_id)
        return next(stated, ZoneTerms(zone=zone_id))

    def place(self, name: str) -> Place:
        """Return a place by its id, its name or an alias."""
        return self.gazetteer.find(name)

    def event(self, event_id: str) -> Event:
        """Return an event by its id."""
        return _found(self.events, event_id, "event")

    def message(self, seq: int) -> ScenarioMessage:
        """Return a message by its number."""
        for message in self.messages:
            if message.seq == seq:
                return message
        raise InputFault("message", value=seq, wanted="the seq of a message of the scenario")

    def answers_to(self, seq: int) -> tuple[ScenarioMessage, ...]:
        """Return the answers to a message in the order of their times."""
        found = [m for m in self.messages if m.of == seq and m.answer is not None]
        return tuple(sorted(found, key=lambda m: (m.at_us, m.seq)))

    def correction_of(self, seq: int) -> ScenarioMessage | None:
        """Return the first correction of a message, or of an answer to it."""
        speaks_of = {seq, *(m.seq for m in self.answers_to(seq))}
        found = [m for m in self.messages if m.type == "correction" and m.of in speaks_of]
        return min(found, key=lambda m: (m.at_us, m.seq), default=None)


class _Named(Protocol):
    @property
    def id(self) -> str: ...


_N = TypeVar("_N", bound=_Named)


def _found(items: Iterable[_N], item_id: str, what: str) -> _N:
    known = {item.id: item for item in items}
    if item_id in known:
        return known[item_id]
    close = nearest(item_id, list(known))
    raise InputFault(
        what,
        value=item_id,
        wanted=f"a {what} of the scenario",
        repair=f"did you mean {close!r}?" if close else f"known: {', '.join(known) or 'none'}",
    )


def _check_references(scenario: Scenario) -> None:
    for zone in (
        *(t.zone for t in scenario.zone_terms),
        *(s.zone for s in scenario.initial_states),
    ):
        scenario.zone(zone)
    for party in _parties_named(scenario):
        scenario.party(party)
    for flight in scenario.flights:
        if flight.track is not None:
            _found(scenario.tracks, flight.track, "track")
    for assertion in scenario.assertions:
        scenario.line(assertion.line)
    for claim in scenario.claims:
        if claim.answers is not None:
            scenario.event(claim.answers.event)
    required = (needed.of for needed in scenario.distribution_required)
    for seq in (*required, *(receipt.of for receipt in scenario.distribution_receipts)):
        scenario.message(seq)
    _check_said(scenario)


def _check_said(scenario: Scenario) -> None:
    for message in scenario.messages:
        _check_message(scenario, message)
    for call in scenario.calls:
        _check_call(scenario, call)
    for report in scenario.relay_reports:
        _check_relay_report(scenario, report)
    for confirmed in scenario.confirmations:
        confirmed.check(scenario.message(confirmed.of).at_us)
    for there in scenario.presence:
        there.check(scenario.line(there.line).parties)


def _parties_named(scenario: Scenario) -> Iterator[str]:
    for boundary in scenario.boundaries:
        yield from (*boundary.agreed_by, *boundary.asserted_by)
    for zone in scenario.zones:
        yield from (*zone.agreed_by, *zone.asserted_by)
    yield from (track.party for track in scenario.tracks if track.party is not None)
    yield from (flight.party for flight in scenario.flights)
    yield from (state.by for state in scenario.initial_states)
    yield from (needed.party for needed in scenario.distribution_required)
    yield from (receipt.party for receipt in scenario.distribution_receipts)
    for message in scenario.messages:
        yield from (message.sender, *message.to)
    for call in scenario.calls:
        yield from (call.by, call.party)


def _check_message(scenario: Scenario, message: ScenarioMessage) -> None:
    if message.type == "relay.request":
        third, ends = message.fields.get("third", ""), scenario.line(message.line).parties
        if not third.strip() or third in ends:
            raise InputFault(
                f"message {message.seq} third", value=third,
                wanted=f"for whom it is: somebody who is no end of {message.line}",
            )  # fmt: skip
    if message.of is None:
        return
    opener = scenario.message(message.of)
    if opener.at_us > message.at_us:
        raise InputFault(
            f"message {message.seq} time",
            value=format_instant(message.at_us),
            wanted=f"not before message {opener.seq} that it speaks of",
        )
    if message.answer is not None and message.sender not in opener.to:
        raise InputFault(
            f"message {message.seq} sender",
            value=message.sender,
            wanted=f"an addressee of message {opener.seq}: {', '.join(opener.to)}",
        )
    until_us = opener.valid_until_us
    if message.answer == "WILCO" and until_us is not None and message.at_us > until_us:
        raise InputFault(
            f"message {message.seq} time",
            value=format_instant(message.at_us),
            wanted=f"not after {format_instant(until_us)}: what has expired is not taken",
        )


def _check_call(scenario: Scenario, call: ScenarioCall) -> None:
    """Refuse a call that could not have been entered so."""
    check_name(call.id, "call id")
    what, ends = f"call {call.id}", scenario.line(call.line).parties
    if call.by == call.party or not {call.by, call.party} <= set(ends):
        wanted = f"two ends of {call.line}: {', '.join(ends)}"
        raise InputFault(what, value=f"{call.by} with {call.party}", wanted=wanted)
    ended_us = call.began_us if call.ended_us is None else call.ended_us
    if not call.began_us <= ended_us <= call.entered_us:
        raise InputFault(f"{what} times", wanted="began, ended, entered in this order")
    if call.outcome == "talked" and not (call.subject or call.of is not None):
        raise InputFault(f"{what} subject", value="", wanted="what was talked about")
    if call.outcome in ("refused", "technical failure") and not call.reason.strip():
        wanted = "why it was refused" if call.outcome == "refused" else "the cause, as far as known"
        raise InputFault(f"{what} reason", value="", wanted=wanted)
    if call.of is not None and scenario.message(call.of).at_us > call.entered_us:
        raise InputFault(f"{what} of", value=call.of, wanted="a message said before it was entered")
    for name, own in (("same_as", False), ("corrects", True)):
        named = getattr(call, name)
        if named is None:
            continue
        other = _found(scenario.calls, named, "call")
        whose = (call.by, call.party) if own else (call.party, call.by)
        fits = (other.by, other.party, other.line) == (*whose, call.line)
        if not fits or other.entered_us > call.entered_us or other.id == call.id:
            wanted = "an earlier entry of its own" if own else "an earlier entry of the other end"
            raise InputFault(f"{what} {name}", value=named, wanted=f"{wanted}, on {call.line}")


def _check_relay_report(scenario: Scenario, report: ScenarioRelayReport) -> None:
    """Refuse a report of a relay that nobody asked its writer for, or that cannot be."""
    what, request = f"relay report of {report.of}", scenario.message(report.of)
    if request.type != "relay.request":
        raise InputFault(what, value=request.kind, wanted="of a relay_request")
    if report.by not in request.to:
        wanted = f"who was asked: {', '.join(request.to)}"
        raise InputFault(f"{what} by", value=report.by, wanted=wanted)
    if not request.at_us <= report.at_us <= report.entered_us:
        raise InputFault(f"{what} times", wanted="asked, passed, entered in this order")
    if report.outcome == "declined" and not report.text.strip():
        raise InputFault(f"{what} text", value="", wanted="why it was declined")
