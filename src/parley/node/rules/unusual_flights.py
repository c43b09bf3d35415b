"""A flight where no flight of this party was ever seen asks this party's own post for a notice.

Nobody else expects it there (Azerbaijan, 2020: a helicopter "not seen there before").

Rules (since rules version 5):
- The area is what own flights flew, as the feeds of this node saw it (`detect.flown_area`), and
  wherever a standing own intent of that flight says that it will be.
- Until `LEARN_S` of flight were seen everything is learnt and nothing is asked: it says so.
- Outside at three looks in a row, of 5 s at least: one private entry for a flight and hour at most.
- What was flown outside becomes known once a notice about the flight was given, or somebody of ours
  took the alarm; never by flying on.
- Only this party's own post is asked. What it tells whom is its own to say.

The area outlives a restart in a file that `app` keeps (`flown_of`, `keep_flown`); the record is
never made of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from parley.detect.flown_area import FlownArea, cell_of
from parley.node.entries import Draft, Entry
from parley.node.picture import Aircraft
from parley.node.rules.alarm_raised import place_name
from parley.node.rules.conformance_watch import CONFORMANCE_SINCE
from parley.node.rules.intent_record import intent_of, read_intents
from parley.node.rules.notices import is_notice
from parley.node.rules.pairs import own_party
from parley.node.rules.standing import window_of
from parley.node.state import Scope, State, key_of, rank_of, written_us
from parley.node.warning_bodies import FlightUnusual
from parley.world.geo import UNDECIDED, Position
from parley.world.shape import contains
from parley.world.time import Interval
from parley.world.units import MICROSECONDS_PER_SECOND

LEARN_S = 36_000.0
"""Ten flight hours: what F3548-21 takes before it judges a share."""
LOOKS_TO_ASK = 3
OUTSIDE_US = 5 * MICROSECONDS_PER_SECOND
ONCE_IN_US = 3_600 * MICROSECONDS_PER_SECOND
ASKS_FOR_US = 24 * ONCE_IN_US
"""What nobody took in a day is of a flight that is over."""
ANSWERED_FOR_US = 12 * ONCE_IN_US
"""For so long a flight whose alarm was answered flies where it does, and that is learnt."""
JOINED_US = 60 * MICROSECONDS_PER_SECOND
"""Reports further apart are no flight time: nobody saw it."""
FLIGHTS_MAX = 1_000
PENDING_MAX = 1_000
_VIEW = "flown area"
_ENTRIES = "unusual entries"


@dataclass(slots=True)
class _Flight:
    """One own flight: its last report, since when it is outside, the cells that it flew there."""

    last_us: int
    looks: int = 0
    outside_from_us: int = 0
    pending: set[int] = field(default_factory=set)
    asked_us: int | None = None


@dataclass(slots=True)
class _Flown:
    area: FlownArea = field(default_factory=FlownArea)
    flights: dict[str, _Flight] = field(default_factory=dict)


def flown_of(state: State) -> FlownArea:
    """Return the area in which this party's flights were ever seen."""
    return _flown(state).area


def keep_flown(state: State, area: FlownArea) -> None:
    """Begin with an area that was kept over a restart."""
    _flown(state).area = area


def _flown(state: State) -> _Flown:
    known = state.views.get(_VIEW)
    if known is None:
        known = (None, _Flown())
        state.views[_VIEW] = known
    assert isinstance(known[1], _Flown)
    return known[1]


def observed(state: State, aircraft: Aircraft, now_us: int) -> list[Draft]:
    """Return the entry that an own flight is outside the known area, by its newest report."""
    scopes = _scopes(state)
    if not scopes or not own_party(state, aircraft.party):
        return []
    flown, last = _flown(state), aircraft.last
    position = Position(lat_deg=last.lat_deg, lon_deg=last.lon_deg)
    flight = _seen(flown, aircraft)
    if flown.area.flown_s < LEARN_S:
        flown.area.add(cell_of(position))
        return []
    if flown.area.near(position):
        flight.looks = 0
        return []
    if _is_told(state, aircraft, position) or _is_answered(state, scopes, aircraft.id, now_us):
        for cell in sorted({cell_of(position), *flight.pending}):
            flown.area.add(cell)
        flight.pending, flight.looks = set(), 0
        return []
    if len(flight.pending) < PENDING_MAX:
        flight.pending.add(cell_of(position))
    flight.looks += 1
    if flight.looks == 1:
        flight.outside_from_us = last.at_us
    if flight.looks < LOOKS_TO_ASK or last.at_us - flight.outside_from_us < OUTSIDE_US:
        return []
    return _asked(state, scopes[0], aircraft, flight, position, now_us)


def _asked(
    state: State,
    scope: Scope,
    aircraft: Aircraft,
    flight: _Flight,
    position: Position,
    now_us: int,
) -> list[Draft]:
    """Return the entry, unless one of this flight is less than an hour old."""
    said = [written_us(e) for e in _entries(state, scope) if _flight_of(e) == aircraft.id]
    before_us = max(
        [*said[-1:], *([] if flight.asked_us is None else [flight.asked_us])], default=None
    )
    # A clock that was set back makes nothing new: what is ahead of it counts as just said.
    if before_us is not None and now_us - before_us < ONCE_IN_US:
        return []
    flight.asked_us = now_us
    beyond_m = flown_of(state).beyond_m(position) or 0.0
    last, since_us = aircraft.last, flight.outside_from_us
    body = FlightUnusual(
        flight=aircraft.id,
        at_us=last.at_us,
        lat_e9=round(last.lat_deg * 1e9),
        lon_e9=round(last.lon_deg * 1e9),
        beyond_mm=round(beyond_m * 1000),
        since_us=since_us,
    )
    happened = Interval(from_us=since_us, to_us=max(since_us, min(last.at_us, now_us)))
    return [Draft(agreement=scope.agreement_id, by="system", happened=happened, body=body)]


def _seen(flown: _Flown, aircraft: Aircraft) -> _Flight:
    last_us = aircraft.last.at_us
    # Who was heard last stands last: the first is the one not heard for longest.
    known = flown.flights.pop(aircraft.id, None)
    if known is None:
        if len(flown.flights) >= FLIGHTS_MAX:
            # What it flew outside is not learnt.
            del flown.flights[next(iter(flown.flights))]
        known = _Flight(last_us=last_us)
    flown.flights[aircraft.id] = known
    span_us = last_us - known.last_us
    if 0 < span_us <= JOINED_US:
        flown.area.flown_s += span_us / MICROSECONDS_PER_SECOND
    elif span_us > JOINED_US:
        known.looks = 0
    known.last_us = last_us
    return known


def _scopes(state: State) -> list[Scope]:
    """Return what is under agreements of these rules, by name; the first one takes the entry."""
    return [
        scope
        for name, scope in sorted(state.scopes.items())
        if scope.rules.version >= CONFORMANCE_SINCE and state.agreement(name) is not None
    ]


# ---- who knows of it ----------------------------------------------------------------------------


def _is_told(state: State, aircraft: Aircraft, position: Position) -> bool:
    """Whether an own intent of the flight, or a notice about it, says that it is here now."""
    at_us = aircraft.last.at_us
    for name, scope in sorted(state.scopes.items()):
        if state.agreement(name) is None:
            continue
        if _is_noticed(state, scope, aircraft.id, at_us):
            return True
        table = read_intents(state, scope)
        if aircraft.id not in table.flights:
            continue
        for (party, _), held in sorted(table.held.items()):
            if party != state.party or held.flight != aircraft.id or not held.stands(at_us):
                continue
            intent = intent_of(scope, held.key)
            shapes = [volume.shape for volume in intent.volumes] if intent is not None else []
            if any(contains(shape, position).decided in ("in", UNDECIDED) for shape in shapes):
                return True
    return False


def _is_noticed(state: State, scope: Scope, flight: str, at_us: int) -> bool:
    """Whether a notice of ours about a flight runs at an instant."""
    for key in scope.index.by_flight.get(flight, ()):
        thread = scope.threads[key]
        if thread.said is None or thread.said.log.party != state.party:
            continue
        if not is_notice(thread.body.message_type):
            continue
        from_us, to_us = window_of(thread.body.fields)
        begun = from_us is None or from_us <= at_us
        if (
            (from_us is not None or to_us is not None)
            and begun
            and (to_us is None or at_us <= to_us)
        ):
            return True
    return False


def _is_answered(state: State, scopes: list[Scope], flight: str, now_us: int) -> bool:
    """Whether the newest alarm about a flight was answered, lately."""
    for scope in scopes:
        entries = [e for e in _entries(state, scope) if _flight_of(e) == flight]
        if entries and now_us - written_us(entries[-1]) < ANSWERED_FOR_US:
            newest = entries[-1]
            if _given_since(state, newest) or _is_taken(state, scope, newest):
                return True
    return False


def _is_taken(state: State, scope: Scope, entry: Entry) -> bool:
    name = f"unusual:{place_name(key_of(entry))}"
    return bool(scope.line.acknowledged.get((state.party, name)))


def _given_since(state: State, entry: Entry) -> bool:
    """Whether a notice of ours about the flight was written since, under any agreement."""
    since_us, flight = written_us(entry), _flight_of(entry)
    return any(
        thread.said is not None
        and thread.said.log.party == state.party
        and is_notice(thread.body.message_type)
        and written_us(thread.said) >= since_us
        for scope in state.scopes.values()
        for thread in (scope.threads[key] for key in scope.index.by_flight.get(flight, ()))
    )


def unanswered(state: State, scope: Scope, now_us: int) -> Iterator[Entry]:
    """Yield the newest entry of each flight that asks for a notice, until one was given.

    Whether somebody took the alarm is for the alarms to say; after a day it is over.
    """
    newest = {_flight_of(entry): entry for entry in _entries(state, scope)}
    for _, entry in sorted(newest.items()):
        if now_us - written_us(entry) < ASKS_FOR_US and not _given_since(state, entry):
            yield entry


def _entries(state: State, scope: Scope) -> list[Entry]:
    """Return this party's own entries in the order in which they were written."""
    table = scope.warnings.unusual
    known = scope.index.views.get(_ENTRIES)
    if known is None or known[0] != len(table):
        own = [entry for entry in table.values() if entry.log.party == state.party]
        known = (len(table), sorted(own, key=rank_of))
        scope.index.views[_ENTRIES] = known
    assert isinstance(known[1], list)
    return known[1]


def _flight_of(entry: Entry) -> str:
    assert isinstance(entry.body, FlightUnusual)
    return entry.body.flight
