"""From a scenario to a plan: which nodes, which agreement texts, and who does what when.

Pure: no clock, no files, no randomness; the same scenario gives the same plan. Rules:

- What a scenario's people did becomes acts at their nodes at their times; nothing that a system
  must find out for itself (alerts, overdue, escalations, mismatches) is ever in a plan.
- A zone or boundary stands in the texts that name it, or whose lines carry messages that name it.
  What one party alone asserts is in no text: that party's node declares it.
- A person stops refreshing presence while a message to the post stands unanswered past its time.

What does not live here: processes and sockets (`demo_fleet`), time passing (`demo_conductor`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from parley.app.demo_flights import FlightPlan, flight_cues, plan_flights
from parley.app.demo_terms import NoticeKept, term_cues
from parley.app.demo_units import UnitsNamed, UnitTold
from parley.node.entries import Reference
from parley.node.inputs import (
    Act,
    Answer,
    BePresent,
    DeclareBoundary,
    DeclareLine,
    DeclareZone,
    LogCall,
    Promulgate,
    ReportRelay,
    Say,
    SetActivity,
)
from parley.node.line_bodies import CALL_OUTCOMES, RELAY_OUTCOMES
from parley.node.rules.guard import POSITION_FIELDS
from parley.world.agreement import Agreement
from parley.world.boundary import Boundary
from parley.world.clauses import BoundaryRule, PositionCheck, Ring, ZoneRule
from parley.world.faults import InputFault
from parley.world.norms import class_norms
from parley.world.scenario import Scenario, ScenarioMessage
from parley.world.time import MICROSECONDS_PER_SECOND, parse_instant_us
from parley.world.zone import Zone

LEAD_IN_US = 60 * MICROSECONDS_PER_SECOND
"""Nodes stand and are linked for this long before the first thing happens, and after the last."""
NEAR_US = 600 * MICROSECONDS_PER_SECOND
"""An instant is near what happened up to this long before it."""
PRESENCE_EVERY_US = 300 * MICROSECONDS_PER_SECOND
SHOWN_AFTER_US = 3 * MICROSECONDS_PER_SECOND
"""Somebody at an attended post has a message before their eyes so soon after it came."""
_ACTIVITIES = ("hot", "cold", "unknown")
_DECLARED = {"suspended": "suspended", "withdrawn": "withdrawn"}
_RESUMED = ("active", "in force", "resumed")


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """An answer to message `of` of the scenario, whose place in a log is known only then.

    `shown`: that the message was displayed is a cue of its own; else whoever answers has read.
    """

    of: int
    post: str
    answer: str
    fields: dict[str, str] = {}
    text: str = ""
    shown: bool = False

    def answering(self, ref: tuple[str, int]) -> Answer:
        """Return the act, now that it is known which entry the message is."""
        return Answer(
            ref=ref, post=self.post, answer=self.answer, fields=self.fields, text=self.text
        )


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """Message `of` of the scenario was put in front of a post, some seconds after it came."""

    of: int
    post: str


class CallEntered(msgspec.Struct, frozen=True, kw_only=True):
    """An end enters call `call` of the scenario: about message `of`, beside the entries `calls`."""

    call: str
    act: LogCall
    of: int | None = None
    calls: tuple[str, ...] = ()

    def entering(self, refs: tuple[Reference, ...]) -> LogCall:
        """Return the act, now that it is known where what it speaks of stands."""
        return msgspec.structs.replace(self.act, ref=refs)


class RelayTold(msgspec.Struct, frozen=True, kw_only=True):
    """A party says what became of relay request `of`, whose place in a log is known only then."""

    of: int
    report: ReportRelay

    def reporting(self, ref: tuple[str, int]) -> ReportRelay:
        """Return the act, now that it is known which entry the request is."""
        return msgspec.structs.replace(self.report, ref=ref)


class Cue(msgspec.Struct, frozen=True, kw_only=True):
    """One party does one thing at one instant.

    `seq` is the scenario's message, where it is one, and `of` the one it speaks of; `rank` orders
    what falls on one instant.
    """

    at_us: int
    rank: int
    party: str
    do: Act | Reply | Shown | CallEntered | RelayTold | UnitTold | UnitsNamed | NoticeKept
    seq: int | None = None
    of: int | None = None


class PlannedNode(msgspec.Struct, frozen=True, kw_only=True):
    """A party's node: the texts it adopts, the peers it links to, its posts (the first acts)."""

    party: str
    name: str
    posts: tuple[str, ...]
    agreements: tuple[str, ...]
    peers: tuple[str, ...]

    @property
    def post(self) -> str:
        """The post that acts."""
        return self.posts[0]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is played: nodes, texts, cues in order, flights, from when to when.

    `seat`: the party at whose post somebody real sits; "" where nobody does. `seat_from_us`: from
    when on time goes at its speed.
    """

    scenario: str
    nodes: tuple[PlannedNode, ...]
    agreements: tuple[Agreement, ...]
    cues: tuple[Cue, ...]
    flights: FlightPlan
    begins_us: int
    ends_us: int
    near: tuple[tuple[int, int], ...]
    looks: tuple[int, ...] = ()
    units_required: tuple[tuple[int, str], ...] = ()
    seat: str = ""
    seat_from_us: int = 0

    def node(self, party: str) -> PlannedNode:
        """Return the node of a party."""
        return next(node for node in self.nodes if node.party == party)

    def is_near(self, at_us: int) -> bool:
        """Whether something happens around an instant."""
        return any(begin <= at_us <= end for begin, end in self.near)


def plan_scenario(scenario: Scenario) -> Plan:
    """Return the plan of a scenario.

    Raises:
        InputFault: a scenario in which nobody says anything to anybody.
    """
    if not scenario.acting_parties:
        raise InputFault(
            f"scenario {scenario.id}", value="no message", wanted="two parties or more"
        )
    agreements = tuple(_with_objects(scenario, a) for a in scenario.agreements)
    nodes = tuple(_node(scenario, agreements, party) for party in scenario.acting_parties)
    flights = plan_flights(scenario, agreements, scenario.acting_parties)
    spans = _spans(scenario, flights)
    begins_us = min(begin for begin, _ in spans) - LEAD_IN_US
    near = _merged([(begin - LEAD_IN_US, end + NEAR_US) for begin, end in spans])
    cues = [
        *_declarations(scenario, agreements, begins_us),
        *_messages(scenario),
        *_calls(scenario),
        *_relay_reports(scenario),
        *_presence(scenario, near),
        *_intents(scenario, agreements),
        *(Cue(**each) for each in term_cues(scenario, SHOWN_AFTER_US)),
    ]
    last_us = max(end for _, end in spans)
    return Plan(
        scenario=scenario.id,
        nodes=nodes,
        agreements=agreements,
        cues=tuple(sorted(cues, key=lambda cue: (cue.at_us, cue.rank))),
        flights=flights,
        begins_us=begins_us,
        ends_us=last_us + LEAD_IN_US,
        near=near,
        looks=_looks(scenario, begins_us, last_us),
        units_required=tuple(
            (needed.of, unit) for needed in scenario.distribution_required for unit in needed.units
        ),
    )


# ---- nodes and texts ----------------------------------------------------------------------------


def _adopts(agreement: Agreement, party: str) -> bool:
    """Whether a party's node takes this text: it is a party, and nobody merely asserts the text.

    What one side asserts has no second signature; its objects are declared by that side instead.
    """
    return agreement.binds(party)


def _node(scenario: Scenario, agreements: Sequence[Agreement], party_id: str) -> PlannedNode:
    party = scenario.party(party_id)
    own = [a for a in agreements if _adopts(a, party_id)]
    others = {p.id for a in own for p in a.parties}
    peers = [p for p in scenario.acting_parties if p in others and p != party_id]
    return PlannedNode(
        party=party_id,
        name=party.name or party_id,
        posts=party.posts,
        agreements=tuple(a.id for a in own),
        peers=tuple(peers),
    )


def _with_objects(scenario: Scenario, agreement: Agreement) -> Agreement:
    """Return the agreement with the zones, boundaries and places that belong into its text."""
    # What stands in the text already stays there first, as it is.
    written = {z.id for z in agreement.zones} | {b.id for b in agreement.boundaries}
    zones = agreement.zones + tuple(
        z for z in scenario.zones
        if z.id not in written and _is_shared(z) and _names_zone(scenario, agreement, z)
    )  # fmt: skip
    boundaries = agreement.boundaries + tuple(
        b for b in scenario.boundaries
        if b.id not in written and _is_shared(b) and _names_boundary(agreement, b)
    )  # fmt: skip
    checked = any(isinstance(clause, PositionCheck) for clause in agreement.clauses)
    # Whoever names a place as where to go names one that stands in the text with its coordinates.
    known = {place.id for place in scenario.places}
    named = any(
        m.agreement == agreement.id and m.fields.get(name) in known
        for m in scenario.messages
        for name in POSITION_FIELDS
    )
    return msgspec.structs.replace(
        agreement,
        zones=zones,
        boundaries=boundaries,
        places=scenario.places if checked or named else agreement.places,
    )


def _is_shared(item: Zone | Boundary) -> bool:
    return bool(item.agreed_by) or not item.asserted_by


def _message_names(message: ScenarioMessage, zone_id: str) -> bool:
    return any(message.fields.get(name) == zone_id for name in ("zone", "area", "corridor"))


def _names_zone(scenario: Scenario, agreement: Agreement, zone: Zone) -> bool:
    return (
        zone.agreement == agreement.id
        or any(isinstance(c, ZoneRule) and c.zone == zone.id for c in agreement.clauses)
        or any(isinstance(c, Ring) and c.ring == zone.id for c in agreement.clauses)
        or any(
            m.agreement == agreement.id and _message_names(m, zone.id) for m in scenario.messages
        )
    )


def _names_boundary(agreement: Agreement, boundary: Boundary) -> bool:
    parties = {party.id for party in agreement.parties}
    return any(
        isinstance(c, BoundaryRule) and c.boundary == boundary.id for c in agreement.clauses
    ) or (bool(boundary.agreed_by) and parties == set(boundary.agreed_by))


def shared_agreement(
    agreements: Sequence[Agreement], acting: Sequence[str], party: str
) -> Agreement | None:
    """Return the text under which a party tells others what is its own: the one with most nodes.

    Only texts that bind it together with another node count; one with lines goes first.
    """
    nodes = set(acting)
    shared = [
        a for a in agreements
        if _adopts(a, party) and len(nodes & {p.id for p in a.parties}) > 1
    ]  # fmt: skip
    return max(
        shared, key=lambda a: (bool(a.lines), len(nodes & {p.id for p in a.parties})), default=None
    )


# ---- cues ---------------------------------------------------------------------------------------


def _spans(scenario: Scenario, flights: FlightPlan) -> list[tuple[int, int]]:
    """Return when something happens: messages with the time in which they are to be answered."""
    spans = [(m.at_us, m.at_us + _wait_us(m)) for m in scenario.messages]
    spans += [(receipt.at_us, receipt.at_us) for receipt in scenario.distribution_receipts]
    spans += [(call.entered_us, call.entered_us) for call in scenario.calls]
    spans += [(report.entered_us, report.entered_us) for report in scenario.relay_reports]
    spans += [(at_us, at_us) for each in scenario.presence for at_us in (each.from_us, each.to_us)]
    spans += [(each.at_us, each.at_us) for each in scenario.confirmations]
    if flights.instants:
        spans.append((flights.instants[0], flights.instants[-1]))
    return sorted(spans)


def _wait_us(message: ScenarioMessage) -> int:
    if message.requires is None:
        return 0
    within_s = message.answer_within_s or class_norms(message.message_class).answered_s
    return min(round(within_s * MICROSECONDS_PER_SECOND), NEAR_US)


def _looks(scenario: Scenario, begins_us: int, ends_us: int) -> tuple[int, ...]:
    """Return when a state may change by time alone: windows and stated times of zones and lines."""
    found: set[int | None] = {
        edge for zone in scenario.zones for edge in (zone.from_us, zone.to_us)
    }
    for message in scenario.messages:
        stated = [message.fields.get(name) for name in ("effective", "from_time")]
        stated += message.fields.get("window", "").split("/")
        found.update(parse_instant_us(text) for text in stated if text)
    return tuple(sorted(at for at in found if at is not None and begins_us <= at <= ends_us))


def _merged(spans: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    merged: list[tuple[int, int]] = []
    for begin, end in sorted(spans):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((begin, end))
    return tuple(merged)


def _declarations(
    scenario: Scenario, agreements: Sequence[Agreement], begins_us: int
) -> Iterator[Cue]:
    """Yield what is declared by one party alone, and what owners said before the story begins."""
    acting = scenario.acting_parties
    for boundary in scenario.boundaries:
        for party in () if _is_shared(boundary) else boundary.asserted_by:
            under = shared_agreement(agreements, acting, party) if party in acting else None
            if under is not None:
                post = scenario.party(party).posts[0]
                act = DeclareBoundary(agreement=under.id, post=post, boundary=boundary)
                yield Cue(at_us=begins_us, rank=0, party=party, do=act)
    for zone in scenario.zones:
        yield from _declared_zone(scenario, agreements, zone, begins_us)
    for state in scenario.initial_states:
        for agreement in agreements:
            if state.by in acting and state.zone in {z.id for z in agreement.zones}:
                yield _initial_state(scenario, agreement, state.zone, begins_us)


def _declared_zone(
    scenario: Scenario, agreements: Sequence[Agreement], zone: Zone, begins_us: int
) -> Iterator[Cue]:
    """Yield the declaration of a zone that one party asserts, just before it first speaks of it."""
    owner = zone.owner or next(iter(zone.asserted_by), "")
    if _is_shared(zone) or owner not in scenario.acting_parties:
        return
    spoken = [m for m in scenario.messages if m.sender == owner and _message_names(m, zone.id)]
    first = min(spoken, key=lambda m: m.at_us, default=None)
    known = shared_agreement(agreements, scenario.acting_parties, owner)
    under = first.agreement if first is not None else (known.id if known is not None else None)
    if under is not None:
        act = DeclareZone(agreement=under, post=scenario.party(owner).posts[0], zone=zone)
        at_us = first.at_us if first is not None else begins_us
        yield Cue(at_us=at_us, rank=0, party=owner, do=act)


def _initial_state(scenario: Scenario, agreement: Agreement, zone: str, begins_us: int) -> Cue:
    state = next(s for s in scenario.initial_states if s.zone == zone)
    activity = next(word for word in _ACTIVITIES if word == state.activity)
    act = SetActivity(
        agreement=agreement.id,
        post=scenario.party(state.by).posts[0],
        zone=zone,
        activity=activity,  # type: ignore[arg-type]  # one of the three words, by the line above
        from_us=state.since_us,
    )
    return Cue(at_us=max(begins_us, state.since_us), rank=0, party=state.by, do=act)


def _shown(scenario: Scenario, message: ScenarioMessage, post: str) -> Cue | None:
    """Return that a message was displayed as it came, where its answer in time says so."""
    opener = next(m for m in scenario.messages if m.seq == message.of)
    within_s = opener.answer_within_s or class_norms(opener.message_class).answered_s
    at_us = opener.at_us + SHOWN_AFTER_US
    late = message.at_us - opener.at_us > within_s * MICROSECONDS_PER_SECOND
    if late or at_us >= message.at_us or message.of is None:
        return None
    return Cue(at_us=at_us, rank=2, party=message.sender, do=Shown(of=message.of, post=post))


def _messages(scenario: Scenario) -> Iterator[Cue]:
    for message in scenario.messages:
        post = scenario.party(message.sender).posts[0]
        do: Say | Reply
        if message.answer is not None and message.of is not None:
            shown = _shown(scenario, message, post)
            if shown is not None:
                yield shown
            do = Reply(
                of=message.of,
                post=post,
                answer=message.answer,
                fields=message.fields,
                text=message.text,
                shown=shown is not None,
            )
        else:
            do = _say(scenario, message, post)
        yield Cue(
            at_us=message.at_us,
            rank=3,
            party=message.sender,
            do=do,
            seq=message.seq,
            of=message.of,
        )
        for act in (_line_act(message, post), _issue(scenario, message, post)):
            if act is not None:
                yield Cue(at_us=message.at_us, rank=4, party=message.sender, do=act)


def _say(scenario: Scenario, message: ScenarioMessage, post: str) -> Say:
    assert message.type is not None
    fields = dict(message.fields)
    # The node knows one word for the place that a position is meant to be.
    if "named_place" in fields and "place" not in fields:
        fields["place"] = fields.pop("named_place")
    asked = message.requires is not None
    return Say(
        agreement=message.agreement,
        line=message.line,
        post=post,
        to=message.to,
        message_type=message.type,
        message_class=message.message_class,
        subject=message.subject,
        text=message.text,
        fields=fields,
        answer_within_s=message.answer_within_s,
        valid_until_us=message.valid_until_us,
        wants_answer=asked or bool(scenario.answers_to(message.seq)),
        wants_read_back=message.requires == "read_back",
        status="exercise" if scenario.synthetic else "actual",
    )


def _calls(scenario: Scenario) -> Iterator[Cue]:
    """Yield the entries of telephone calls, each when its own end made it."""
    for call in scenario.calls:
        act = LogCall(
            agreement=call.agreement,
            line=call.line,
            post=scenario.party(call.by).posts[0],
            party=call.party,
            outcome=next(word for word in CALL_OUTCOMES if word == call.outcome),
            direction=call.direction,
            began_us=call.began_us,
            ended_us=call.ended_us,
            call="" if call.corrects else call.id,
            spoke_with=call.spoke_with,
            subject=call.subject,
            text=call.text,
            fields=call.fields,
            read_back=call.read_back,
            reason=call.reason,
        )
        others = tuple(name for name in (call.corrects, call.same_as) if name is not None)
        entered = CallEntered(call=call.id, act=act, of=call.of, calls=others)
        yield Cue(at_us=call.entered_us, rank=5, party=call.by, do=entered, of=call.of)


def _relay_reports(scenario: Scenario) -> Iterator[Cue]:
    """Yield what became of relay requests, each when it was written down."""
    for told in scenario.relay_reports:
        report = ReportRelay(
            ref=("", 0),
            post=scenario.party(told.by).posts[0],
            outcome=next(word for word in RELAY_OUTCOMES if word == told.outcome),
            at_us=told.at_us,
            received_by=told.received_by,
            text=told.text,
        )
        do = RelayTold(of=told.of, report=report)
        yield Cue(at_us=told.entered_us, rank=5, party=told.by, do=do, of=told.of)


def _line_act(message: ScenarioMessage, post: str) -> DeclareLine | None:
    """Return the act by which a party does what its message about the line's state announces."""
    value = message.fields.get("value", "")
    word = "in force" if value in _RESUMED else _DECLARED.get(value)
    about = message.fields.get("dimension", "agreement_status") == "agreement_status"
    if message.type != "line.state" or word is None or not about:
        return None
    effective = message.fields.get("effective")
    effective_us = parse_instant_us(effective, "effective") if effective else message.at_us
    return DeclareLine(
        agreement=message.agreement,
        line=message.line,
        post=post,
        value=word,  # type: ignore[arg-type]  # one of the three words, by the lines above
        effective_us=max(effective_us, message.at_us),
        reason=message.fields.get("reason_code", ""),
    )


def _issue(scenario: Scenario, message: ScenarioMessage, post: str) -> Promulgate | None:
    """Return the act by which the owner of a zone issues what its own notice announces."""
    area = message.fields.get("area")
    zone = next((z for z in scenario.zones if z.id == area), None)
    if message.type != "area.notice" or zone is None or zone.owner != message.sender:
        return None
    return Promulgate(
        agreement=message.agreement,
        post=post,
        zone=zone.id,
        promulgation="issued",
        from_us=zone.from_us,
        to_us=zone.to_us,
    )


def _presence(scenario: Scenario, near: Sequence[tuple[int, int]]) -> Iterator[Cue]:
    """Yield the presence acts: from a party's first act on a line, while something is near."""
    # Where the story tells who was at a post, nobody else is put there.
    told = {(each.line, each.party) for each in scenario.presence}
    firsts: dict[tuple[str, str], ScenarioMessage] = {}
    for message in sorted(scenario.messages, key=lambda m: (m.at_us, m.seq)):
        if (message.line, message.sender) not in told:
            firsts.setdefault((message.line, message.sender), message)
    for (line, party), first in firsts.items():
        held = _unanswered(scenario, line, party)
        grid = {first.at_us, *(end for _, end in held)}
        for begin, end in near:
            start_us = -(-max(begin, first.at_us) // PRESENCE_EVERY_US) * PRESENCE_EVERY_US
            grid.update(range(start_us, end + 1, PRESENCE_EVERY_US))
        post = scenario.party(party).posts[0]
        act = BePresent(agreement=first.agreement, line=line, post=post)
        for at_us in sorted(grid):
            if not any(begin < at_us < end for begin, end in held):
                yield Cue(at_us=at_us, rank=1, party=party, do=act)


def _unanswered(scenario: Scenario, line: str, party: str) -> list[tuple[int, int]]:
    """Return from when to when a message to a party stood unanswered past its time."""
    held = []
    for message in scenario.messages:
        if message.line != line or party not in message.to or message.requires is None:
            continue
        within_s = message.answer_within_s or class_norms(message.message_class).answered_s
        due_us = message.at_us + round(within_s * MICROSECONDS_PER_SECOND)
        given = [m.at_us for m in scenario.answers_to(message.seq) if m.sender == party]
        if given and given[0] > due_us:
            held.append((due_us, given[0]))
    return held


def _intents(scenario: Scenario, agreements: Sequence[Agreement]) -> Iterator[Cue]:
    acting = scenario.acting_parties
    for flight in scenario.flights:
        under = (
            shared_agreement(agreements, acting, flight.party) if flight.party in acting else None
        )
        if under is not None and flight.intent_shared and flight.track is not None:
            post = scenario.party(flight.party).posts[0]
            for at_us, act in flight_cues(scenario, under, flight, post):
                yield Cue(at_us=at_us, rank=2, party=flight.party, do=act)
