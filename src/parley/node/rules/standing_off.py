"""Own aircraft that are nearer to a line, zone or place than a stand-off clause lets them be.

Rules (since rules version 4):
- A node warns of its own aircraft, and of those bound through it, by the clauses that bind its
  party; the clause is cited. One alert stands from the first look decidedly inside until one
  decidedly outside, hysteresis included: an aircraft at the very distance raises one, not many.
- Decided only: within the uncertainty of the object nothing is raised, and it is counted.
- A clause for some classes binds an aircraft whose class is known from its intents. Where no class
  is known the alert says so and does not bind: silence would read as clear.
"""

from __future__ import annotations

from collections.abc import Iterator

from parley.node.entries import AlertRaised, Draft
from parley.node.picture import Aircraft
from parley.node.rules.alerts import open_alert, resolve
from parley.node.rules.boundary_past import boundaries_now
from parley.node.rules.crossings import report_vector
from parley.node.rules.flight_classes import flight_classes
from parley.node.rules.pairs import own_party
from parley.node.rules.zones import zones_of
from parley.node.state import Scope, State, Thread
from parley.world.agreement import Agreement
from parley.world.boundary import Boundary
from parley.world.clauses import StandOff
from parley.world.geo import UNDECIDED, Position
from parley.world.norms import norms
from parley.world.place import Place
from parley.world.stand_off import STAND_OFF_MAX_M, stand_off
from parley.world.time import Interval
from parley.world.units import MICROSECONDS_PER_SECOND
from parley.world.zone import Zone

EVALUATOR = "standing_off/1"
GIVEN_BY_ANOTHER = ("clearance", "zone.issued")
"""Types by which another party gives leave: nobody gives these to itself, however it sends them."""
STAND_OFF_SINCE = 4
"""The rules version from which stand-off distances are watched."""


def stand_offs_met(
    state: State, scope: Scope, aircraft: Aircraft, position: Position, now_us: int
) -> Iterator[Draft]:
    """Yield what the newest report of one aircraft does to the stand-off distances that bind it."""
    agreement = state.agreement(scope.agreement_id)
    if scope.rules.version < STAND_OFF_SINCE or agreement is None:
        return
    clauses = [c for c in agreement.clauses if isinstance(c, StandOff)]
    if not clauses or not own_party(state, aircraft.party) or aircraft.party is None:
        return
    for clause in clauses:
        thing = _thing(state, scope, agreement, clause, aircraft.last.at_us)
        if thing is not None:
            yield from _clause(state, scope, agreement, (clause, thing), aircraft, position, now_us)


def _thing(
    state: State, scope: Scope, agreement: Agreement, clause: StandOff, at_us: int
) -> Boundary | Zone | Place | None:
    if clause.boundary:
        return boundaries_now(state, scope, at_us).get(clause.boundary)
    if clause.zone:
        return zones_of(state, scope).get(clause.zone)
    return next((place for place in agreement.places if place.id == clause.place), None)


def _clause(
    state: State,
    scope: Scope,
    agreement: Agreement,
    met: tuple[StandOff, Boundary | Zone | Place],
    aircraft: Aircraft,
    position: Position,
    now_us: int,
) -> Iterator[Draft]:
    clause, thing = met
    key = f"stand-off:{clause.id}/{aircraft.id}"
    stands = open_alert(state, scope.agreement_id, key) is not None
    named = clause.applies_to.classes
    classes = flight_classes(state, scope, aircraft.party, aircraft.id) if named else frozenset()
    parties = {aircraft.party or "", state.party}
    why_not = _why_not(scope, agreement, clause, aircraft, parties, classes)
    if why_not:
        if stands:
            yield from resolve(state, scope.agreement_id, key, why_not)
        return
    away_m = clause.distance_m + (norms().crossing.hysteresis_m if stands else 0.0)
    side = clause.side if isinstance(thing, Boundary) else ""
    # A text may ask for more than can be measured here; it must not stop the reports.
    answer = stand_off(thing, position, min(away_m, STAND_OFF_MAX_M), side=side)
    watch = state.picture.watch((key, scope.agreement_id, aircraft.id))
    if answer.decided == "out":
        watch.state = ""
        if stands:
            yield from resolve(state, scope.agreement_id, key, "at the stand-off distance again")
        return
    if answer.decided == UNDECIDED:
        state.picture.refuse(f"stand-off {clause.id}: undecided")
        return
    last_us = aircraft.last.at_us
    if watch.state != "in":
        watch.state, watch.at_us = "in", last_us
    if stands or last_us - watch.at_us < clause.dwell_s * MICROSECONDS_PER_SECOND:
        return
    known = not clause.applies_to.classes or bool(classes)
    body = AlertRaised(
        key=key,
        what="incursion",
        alert_class="short-term",
        aircraft=(aircraft.id,),
        parties=(aircraft.party or "",),
        clause=clause.id,
        binding=known and agreement.binds(state.party),
        object=thing.id,
        states=(report_vector(aircraft.last, aircraft, now_us),),
        text=f"{aircraft.id} {answer.because}, by {clause.id}{'' if known else _unknown(clause)}",
        evaluator=EVALUATOR,
    )
    happened = Interval(from_us=min(watch.at_us, now_us), to_us=max(last_us, now_us))
    yield Draft(agreement=scope.agreement_id, by="system", happened=happened, body=body)


def _unknown(clause: StandOff) -> str:
    return (
        f"; its class is not known here, {clause.id} is for {', '.join(clause.applies_to.classes)}"
    )


def _why_not(
    scope: Scope,
    agreement: Agreement,
    clause: StandOff,
    aircraft: Aircraft,
    parties: set[str],
    classes: frozenset[str],
) -> str:
    """Return why a clause does not bind an aircraft now, or ""."""
    to, at_us = clause.applies_to, aircraft.last.at_us
    if not agreement.in_force(at_us):
        return f"{agreement.id} is not in force"
    if to.parties and not parties & set(to.parties):
        return f"{clause.id} does not bind {aircraft.party}"
    if (to.from_us is not None and at_us < to.from_us) or (
        to.to_us is not None and at_us >= to.to_us
    ):
        return f"{clause.id} does not hold at this time"
    if to.classes and classes and not classes & set(to.classes):
        return f"{clause.id} is for {', '.join(to.classes)}"
    if _notified(scope, clause, aircraft):
        return "told of by a notice that the clause names"
    return ""


def _notified(scope: Scope, clause: StandOff, aircraft: Aircraft) -> bool:
    """Whether a notice by its own party, or leave of another, lets a flight come nearer."""
    if not clause.unless_notified:
        return False
    threads = (scope.threads[key] for key in scope.index.by_flight.get(aircraft.id, ()))
    return any(
        thread.said is not None
        and _is_by_right_party(thread, aircraft.party)
        and thread.body.message_type in clause.unless_notified
        and (thread.said.valid_until_us is None
             or aircraft.last.at_us <= thread.said.valid_until_us)
        for thread in threads
    )  # fmt: skip


def _is_by_right_party(thread: Thread, party: str | None) -> bool:
    """Whether a message is by the flight's own party or, where it gives leave, to it by another."""
    said = thread.said
    assert said is not None
    if thread.body.message_type in GIVEN_BY_ANOTHER:
        return said.log.party != party and party in said.to
    return said.log.party == party
