"""Own intents and own live aircraft that an object touches from an instant on.

Rules: only this party's own standing intents, and aircraft of its own or bound through it, are
looked at: nobody else's are ours to move. All of them are looked at, none is left out; what is
decided by nothing is listed as possible. Whether it is anybody's duty is said beside it.
"""

from __future__ import annotations

import math
from typing import Literal

import msgspec

from parley.detect.prediction import velocity_from_reports
from parley.node.entries import Reference
from parley.node.intent_table import Held
from parley.node.picture import STALE_US, Aircraft
from parley.node.rules.intent_record import (
    candidates,
    clock_of,
    intent_of,
    read_intents,
)
from parley.node.rules.pairs import own_party
from parley.node.rules.pressure import pressure_at
from parley.node.rules.reposition_asked import WORK_MAX, Asked, Met
from parley.node.rules.reposition_objects import Thing, found_thing
from parley.node.state import Key, Scope, State
from parley.world.geo import UNDECIDED, Position, destination, inside_all
from parley.world.intent import Intent
from parley.world.norms import norms
from parley.world.units import MICROSECONDS_PER_SECOND
from parley.world.volume import PressureSource, altitude_inside, checked_altitude_m

_STEP_S = 10
"""A live aircraft's way ahead is asked so often: at 300 m/s every three kilometres."""


class IntentTouched(msgspec.Struct, frozen=True, kw_only=True):
    """One own intent in the way: how surely, which of its volumes, when, where, why.

    `volumes`: how many of its volumes are touched; the rest is about the first of the surest.
    """

    intent: str
    version: int
    flight: str
    state: str
    priority: str
    entry: Key
    audience: tuple[str, ...] | None
    decided: Literal["touched", "possibly"]
    volume: int
    volumes: int
    from_us: int | None
    to_us: int | None
    at: Position | None
    because: str


class FlightTouched(msgspec.Struct, frozen=True, kw_only=True):
    """One own live aircraft that is in the object now, or will be by its motion."""

    aircraft: str
    party: str
    decided: Literal["touched", "possibly"]
    in_s: int
    at: Position
    because: str


class Touched(msgspec.Struct, frozen=True, kw_only=True):
    """What an object touches of this party's own, from `from_us` on.

    `word`: in one line whether it is a duty. `looked`: so many own intents were looked at.
    """

    agreement: str
    object: str
    kind: str
    version: int
    side: str
    from_us: int
    to_us: int | None
    by: tuple[str, ...]
    binding: bool
    word: str
    ref: tuple[Reference, ...]
    intents: tuple[IntentTouched, ...]
    flights: tuple[FlightTouched, ...]
    looked: int

    @property
    def text(self) -> str:
        """In one line."""
        sure = sum(each.decided == "touched" for each in self.intents)
        maybe = len(self.intents) - sure
        title = f"{self.object} ({self.side})" if self.side else self.object
        parts = [counted(sure, "own intent")]
        parts += [f"possibly {maybe} more"] if maybe else []
        parts += [f"{len(self.flights)} own aircraft"]
        return f"{title} touches {', '.join(parts)}; {self.word}"


def counted(count: int, what: str) -> str:
    """Return a number of things.

    >>> counted(1, "own intent"), counted(0, "own intent")
    ('1 own intent', '0 own intents')
    """
    return f"{count} {what}{'' if count == 1 else 's'}"


def touched(
    state: State,
    agreement_id: str,
    name: str,
    from_us: int,
    *,
    now_us: int,
    side: str = "",
    ref: tuple[Reference, ...] = (),
) -> Touched:
    """Return what an object touches of this party's own from an instant on.

    Args:
        state: the record and the picture.
        agreement_id: under which the object is known.
        name: of a zone, a boundary, or a clause on distances or sides.
        from_us: the instant.
        now_us: what is over by now is touched by nothing.
        side: of a boundary, where one may not be, in its own words.
        ref: what changed it; who wrote that is who says so.

    Raises:
        InputFault: no such agreement or object; rules before version 4.
    """
    _, scope, thing = found_thing(state, agreement_id, name, from_us, side, ref)
    return touched_by(state, scope, thing, now_us=now_us, ref=ref)


def touched_by(
    state: State,
    scope: Scope,
    thing: Thing,
    *,
    now_us: int,
    ref: tuple[Reference, ...] = (),
    work_max: int = WORK_MAX,
) -> Touched:
    """Return what an object that is already found touches; arguments as in `touched`, `Asked`."""
    pressure = pressure_at(state, scope.agreement_id, now_us)
    asked = Asked(thing, pressure, work_max=work_max)
    every = _near(state, scope, thing, now_us)
    found = []
    for held in every:
        intent = intent_of(scope, held.key)
        if intent is None:
            continue
        seen = _intent(asked, held, intent, now_us)
        if seen is not None:
            found.append(seen)
    flights = tuple(_flights(state, thing, pressure, now_us))
    return Touched(
        agreement=scope.agreement_id,
        object=thing.name,
        kind=thing.kind,
        version=thing.version,
        side=thing.side,
        from_us=thing.from_us,
        to_us=thing.to_us,
        by=thing.by,
        binding=thing.binding,
        word=thing.because,
        ref=ref,
        intents=tuple(sorted(found, key=lambda each: (each.from_us or 0, each.intent))),
        flights=flights,
        looked=len(every),
    )


def _near(state: State, scope: Scope, thing: Thing, now_us: int) -> list[Held]:
    """Return the own standing intents that may be touched; of a side, all there are."""
    table = read_intents(state, scope)
    clock_us = clock_of(scope, now_us)
    if thing.field is None:
        return candidates(table, thing.keep_clear, now_us=clock_us, whose="own")
    names = sorted(name for name in table.held if name[0] == state.party)
    return [table.held[name] for name in names if table.held[name].stands(clock_us)]


def _intent(asked: Asked, held: Held, intent: Intent, now_us: int) -> IntentTouched | None:
    classes = asked.thing.classes
    if classes and intent.aircraft_class and intent.aircraft_class not in classes:
        return None
    mets = met_of(asked, intent, now_us)
    if not mets:
        return None
    unknown = bool(classes) and not intent.aircraft_class
    place, met = min(mets, key=lambda each: (each[1].decided != "touched", each[1].from_us or 0))
    because = met.because
    if unknown:
        because += f"; its class is not said, the rule is for {', '.join(classes)}"
    return IntentTouched(
        intent=held.id,
        version=held.version,
        flight=held.flight,
        state=held.state.value,
        priority=held.priority,
        entry=held.key,
        audience=held.audience,
        decided="possibly" if unknown else met.decided,
        volume=place,
        volumes=len(mets),
        from_us=met.from_us,
        to_us=met.to_us,
        at=met.at,
        because=because,
    )


def met_of(asked: Asked, intent: Intent, now_us: int) -> list[tuple[int, Met]]:
    """Return how each volume of an intent that is not over yet is touched, by its place."""
    return [
        (place, met)
        for place, volume in enumerate(intent.volumes)
        if (volume.to_us is None or volume.to_us > now_us)
        and (met := asked.met(volume)) is not None
    ]


# ---- live aircraft ------------------------------------------------------------------------------


def _flights(
    state: State, thing: Thing, pressure: PressureSource | None, now_us: int
) -> list[FlightTouched]:
    found = []
    for name in sorted(state.picture.aircraft):
        aircraft = state.picture.aircraft[name]
        if not own_party(state, aircraft.party) or now_us - aircraft.last.at_us > STALE_US:
            continue
        if thing.to_us is not None and thing.to_us <= now_us:
            continue
        seen = _flight(thing, aircraft, pressure, now_us)
        if seen is not None:
            found.append(seen)
    return found


def _flight(
    thing: Thing, aircraft: Aircraft, pressure: PressureSource | None, now_us: int
) -> FlightTouched | None:
    """Return when an aircraft is in the object: now, or by its motion within the lookahead.

    Whoever is there before it begins is told all the same: the crew needs the time to leave.
    """
    possible: FlightTouched | None = None
    for in_s in range(0, norms().alert.lookahead_s + 1, _STEP_S):
        at, altitude_m = _ahead(aircraft, now_us, in_s)
        where = thing.point(at)
        if thing.zone is not None:
            height = altitude_inside(
                altitude_m, aircraft.last.altitude_reference, thing.zone.lower, thing.zone.upper,
                pressure=pressure, at_us=now_us + in_s * MICROSECONDS_PER_SECOND,
            )  # fmt: skip
            where = inside_all(where, height)
        if where.decided == "out":
            continue
        seen = FlightTouched(
            aircraft=aircraft.id,
            party=aircraft.party or "",
            decided="possibly" if where.decided == UNDECIDED else "touched",
            in_s=in_s,
            at=at,
            because=where.because,
        )
        if seen.decided == "touched":
            return seen
        possible = possible or seen
    return possible


def _ahead(aircraft: Aircraft, now_us: int, in_s: int) -> tuple[Position, float]:
    """Return where an aircraft will be by the motion between its last two reports."""
    last = aircraft.last
    here = Position(lat_deg=last.lat_deg, lon_deg=last.lon_deg)
    age_s = max(0.0, (now_us - last.at_us) / MICROSECONDS_PER_SECOND)
    if len(aircraft.reports) < 2:
        return here, last.altitude_m
    before = aircraft.reports[-2]
    east, north, up = velocity_from_reports(
        before.lat_deg, before.lon_deg, before.altitude_m,
        before.at_us / MICROSECONDS_PER_SECOND, last.lat_deg, last.lon_deg, last.altitude_m,
        last.at_us / MICROSECONDS_PER_SECOND,
    )  # fmt: skip
    flown_s = age_s + in_s
    east_m, north_m = float(east[0]) * flown_s, float(north[0]) * flown_s
    altitude_m = min(max(last.altitude_m + float(up[0]) * flown_s, -1_000.0), 100_000.0)
    return _moved(here, north_m, east_m), checked_altitude_m(altitude_m)


def _moved(here: Position, north_m: float, east_m: float) -> Position:
    away_m = math.hypot(north_m, east_m)
    if away_m == 0.0:
        return here
    return destination(here, math.degrees(math.atan2(east_m, north_m)), away_m)
