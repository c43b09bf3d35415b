"""How near own flights fly to lines, as it goes: margins by party and day, dwell by flight.

Rules (since rules version 5):
- By time between believed reports, at most `JOINED_US` apart; half of it counts for either end.
- A margin is negative beyond the line, where a clause names the party's side; else it is the
  distance. Beyond the ends of a line there is no margin; that time is told apart.
- Near is nearer than `NEAR_M` as drawn; `most` is what the uncertainty of the line may add.
- Volatile and bounded: `DAYS_KEPT` days, `FLIGHTS_MAX` flights for a line. `review.margins` makes
  the exact figures from a recording.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from parley.detect.margin_bins import MarginBins
from parley.node.picture import Aircraft
from parley.node.state import Scope, State
from parley.world.agreement import Agreement
from parley.world.boundary import Boundary
from parley.world.clauses import BoundaryRule, StandOff
from parley.world.geo import Position
from parley.world.line_search import nearest_on_line
from parley.world.time import format_instant
from parley.world.units import MICROSECONDS_PER_SECOND

NEAR_M = 5_000.0
JOINED_US = 60 * MICROSECONDS_PER_SECOND
DAYS_KEPT = 7
FLIGHTS_MAX = 1_000
NOBODY = "nobody"
_VIEW = "line margins"


@dataclass(slots=True)
class DayMargins:
    """One party at one line on one day, UTC.

    `least_m` with when and by whom; `flights` are those that were seen; `beyond_ends_s` is time
    where the line has no side.
    """

    bins: MarginBins = field(default_factory=MarginBins)
    least_m: float | None = None
    least_at_us: int = 0
    least_flight: str = ""
    near_s: float = 0.0
    near_most_s: float = 0.0
    beyond_ends_s: float = 0.0
    crossings: int = 0


@dataclass(slots=True)
class Dwell:
    """One flight at one line: its last look, since when it is near, and the longest it was."""

    last_us: int
    left_m: float | None
    since_us: int | None = None
    longest_us: int = 0
    total_us: int = 0
    near_looks: int = 0

    def now_us(self) -> int:
        """For how long it is near by now; 0 where it is not."""
        return self.last_us - self.since_us if self.since_us is not None else 0


@dataclass(slots=True)
class LineMargins:
    """What is kept under one agreement.

    Attributes:
        days: by line, party and day.
        dwells: by line, then by flight.
        dropped: flights whose dwell was let go, because there were too many.
    """

    days: dict[tuple[str, str, str], DayMargins] = field(default_factory=dict)
    dwells: dict[str, dict[str, Dwell]] = field(default_factory=dict)
    dropped: int = 0


def margins_of(scope: Scope) -> LineMargins:
    """Return what is kept under an agreement."""
    known = scope.index.views.get(_VIEW)
    if known is None:
        known = (None, LineMargins())
        scope.index.views[_VIEW] = known
    assert isinstance(known[1], LineMargins)
    return known[1]


def looked(state: State, scope: Scope, named: tuple[str, Boundary], aircraft: Aircraft) -> None:
    """Take the newest report of a flight at a line into the margins."""
    name, boundary = named
    last, kept = aircraft.last, margins_of(scope)
    foot = nearest_on_line(Position(lat_deg=last.lat_deg, lon_deg=last.lon_deg), boundary.line)
    left_m = None
    if not foot.beyond:
        left_m = foot.distance_m if foot.side == "left" else -foot.distance_m
    flights = kept.dwells.setdefault(name, {})
    dwell = flights.get(aircraft.id)
    if dwell is None:
        dwell = flights[aircraft.id] = Dwell(last.at_us, None)
        _make_room(kept, flights)
    party = party_of(state, scope, aircraft)
    span_us = last.at_us - dwell.last_us
    if 0 < span_us <= JOINED_US:
        day = _day(kept, name, party, last.at_us)
        sign_factor = _side_factor(state.agreement(scope.agreement_id), name, party)
        for end_m in (dwell.left_m, left_m):
            _weigh(
                day,
                end_m,
                sign_factor,
                span_us / 2 / MICROSECONDS_PER_SECOND,
                boundary.uncertainty_m,
            )
    elif span_us > JOINED_US:
        dwell.since_us = None
    if left_m is not None:
        day = _day(kept, name, party, last.at_us)
        sign_factor = _side_factor(state.agreement(scope.agreement_id), name, party)
        margin_m = abs(left_m) if sign_factor is None else sign_factor * left_m
        if day.least_m is None or margin_m < day.least_m:
            day.least_m, day.least_at_us, day.least_flight = margin_m, last.at_us, aircraft.id
    _dwell(dwell, left_m, last.at_us, span_us)


def party_of(state: State, scope: Scope, aircraft: Aircraft) -> str:
    """Return whose margins a flight counts to: of those who are no party all together."""
    agreement = state.agreement(scope.agreement_id)
    known = {party.id for party in agreement.parties} if agreement is not None else set()
    return aircraft.party if aircraft.party in known and aircraft.party else NOBODY


def crossed(state: State, scope: Scope, name: str, aircraft: Aircraft) -> None:
    """Count a crossing that was told."""
    party = party_of(state, scope, aircraft)
    day = _day(margins_of(scope), name, party, aircraft.last.at_us)
    day.crossings += 1


def _dwell(dwell: Dwell, left_m: float | None, at_us: int, span_us: int) -> None:
    near = left_m is not None and abs(left_m) < NEAR_M
    if near and dwell.since_us is not None and 0 < span_us <= JOINED_US:
        dwell.total_us += span_us
    if near and dwell.since_us is None:
        dwell.since_us = at_us
    if not near:
        dwell.since_us = None
    dwell.last_us, dwell.left_m = at_us, left_m
    dwell.longest_us = max(dwell.longest_us, dwell.now_us())
    dwell.near_looks += int(near)


def _weigh(
    day: DayMargins,
    left_m: float | None,
    sign_factor: float | None,
    weight_s: float,
    doubt_m: float,
) -> None:
    if left_m is None:
        day.beyond_ends_s += weight_s
        day.near_most_s += weight_s
        return
    day.bins.add(abs(left_m) if sign_factor is None else sign_factor * left_m, weight_s)
    day.near_s += weight_s if abs(left_m) < NEAR_M else 0.0
    day.near_most_s += weight_s if abs(left_m) - doubt_m < NEAR_M else 0.0


def _day(kept: LineMargins, name: str, party: str, at_us: int) -> DayMargins:
    date = format_instant(at_us)[:10]
    key = (name, party, date)
    if key not in kept.days:
        kept.days[key] = DayMargins()
        dates = sorted({each[2] for each in kept.days})[-DAYS_KEPT:]
        kept.days = {each: day for each, day in kept.days.items() if each[2] in dates}
        # A report of a day that is no longer kept is counted and shown nowhere.
        return kept.days.get(key, DayMargins())
    return kept.days[key]


def _make_room(kept: LineMargins, flights: dict[str, Dwell]) -> None:
    if len(flights) > FLIGHTS_MAX:
        del flights[min(flights, key=lambda each: (flights[each].last_us, each))]
        kept.dropped += 1


def _side_factor(agreement: Agreement | None, name: str, party: str) -> float | None:
    """Return 1 where a clause keeps a party on the left, -1 on the right; None where none does."""
    if agreement is None:
        return None
    sides = {
        clause.side
        for clause in agreement.clauses
        if isinstance(clause, BoundaryRule | StandOff)
        and clause.boundary == name
        and clause.side
        and party in clause.applies_to.parties
    }
    return {"left": 1.0, "right": -1.0}[sides.pop()] if len(sides) == 1 else None
