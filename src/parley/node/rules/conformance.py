"""Conformance: own flights against their own intents, by the clocks of ASTM F3548-21.

Rules (since rules version 5):
- Own aircraft alone (`pairs.own_party`), against this party's own intents of the same flight that
  are Activated or Nonconforming; those of one audience under one agreement are judged together.
- Out for `nonconforming_after_s` by the reports, every look decidedly out: told, and the intent is
  Nonconforming. Decidedly in again for long enough (`Watched.back_after_s`): told, and Activated.
  After `contingent_after_s` without that: Contingent, for good; the operator ends it.
- Undecided is no look: it neither begins nor ends anything; nor is a track whose place is doubted
  (`belief`), which moves no state of an intent. No report for as long as that is not
  known, never inside; unheard for `STALE_US` after a last look outside counts as outside.
- An operator activates; a flight that moves in an Accepted intent is asked about, not changed.

What does not live here: geometry (`detect.conformance`), the states of each flight
(`conformance_watch`), alarms (`alarm_conformance`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from parley.detect.states import velocity_from_reports
from parley.detect.volume_fit import Dimension, Fit, Seen, fit, leaving
from parley.node.entries import Draft, IntentChanged
from parley.node.intent_table import Held
from parley.node.picture import STALE_US, Aircraft, TrackReport
from parley.node.rules import unusual_flights
from parley.node.rules.conformance_watch import (
    CONFORMANCE_SINCE,
    Group,
    Joined,
    Watched,
    Watches,
    watches_of,
)
from parley.node.rules.intent_record import read_intents
from parley.node.rules.pairs import own_party
from parley.node.rules.pressure import pressure_at
from parley.node.state import Scope, State
from parley.node.warning_bodies import ConformanceObserved, ConformanceState
from parley.world.faults import InputFault
from parley.world.geo import Position
from parley.world.intent import IntentState
from parley.world.norms import norms
from parley.world.time import Interval
from parley.world.units import MICROSECONDS_PER_SECOND
from parley.world.volume import PressureSource

REPORT_HORIZONTAL_M = 10.0
REPORT_VERTICAL_M = 8.0
"""Within so much of an outline or a limit nothing is decided: two standard deviations of a GNSS
place, and the half of a level of 25 ft with the error of a good altimeter. No feed says its own."""
MOVES_MPS = 5.0
"""A flight in an Accepted intent is asked about once it moves so fast: parked ones report too."""
MOTION_WITHIN_US = 30 * MICROSECONDS_PER_SECOND
JUMP_US = 30 * MICROSECONDS_PER_SECOND
"""A clock that went on by more than this between two looks slept, or was set: time starts anew."""
LOOK_AGAIN_US = 10 * MICROSECONDS_PER_SECOND
LOOKS_TO_LEAVE = 2


@dataclass(slots=True)
class _Look:
    """One report of one flight against the intents of one group."""

    state: State
    scope: Scope
    watches: Watches
    group: Group
    watch: Watched
    aircraft: Aircraft
    seen: Seen
    pressure: PressureSource | None
    joined: Joined
    found: Fit
    now_us: int

    @property
    def at_us(self) -> int:
        """Of the report."""
        return self.seen.at_us

    @property
    def nearest(self) -> Held:
        """The intent of the nearest volume."""
        return self.group.held[self.joined.owners[self.found.volume]]

    def meant(self) -> list[tuple[Held, Fit]]:
        """Return the intents in which the flight should be now, else the nearest, with its fit.

        Who knows of one is told of that one, whatever else the flight has filed.
        """
        if len(self.group.held) == 1:
            return [(self.nearest, self.found)]
        now = [held for held in self.group.held if _is_open(held, self.at_us)] or [self.nearest]
        known = [(held, self.watches.prepared(self.scope, held)) for held in now]
        return [
            (held, fit(volumes, self.seen, self.pressure))
            for held, volumes in known
            if volumes is not None
        ]


def _is_open(held: Held, at_us: int) -> bool:
    begun = held.from_us is None or held.from_us <= at_us
    return begun and (held.to_us is None or at_us < held.to_us)


def observed(state: State, aircraft: Aircraft, now_us: int) -> list[Draft]:
    """Return what the newest report of one aircraft says about its conformance and its place.

    Args:
        state: whose record; what was seen before is kept beside it (`conformance_watch`).
        aircraft: with its newest report, which was taken into the picture.
        now_us: this node's time; conformance goes by the time of the reports.
    """
    drafts: list[Draft] = []
    flag = aircraft.flagged(now_us)
    if flag is not None and flag.place_doubtful:
        return drafts
    drafts += unusual_flights.observed(state, aircraft, now_us)
    seen: Seen | None = None
    for name in sorted(state.scopes):
        scope = state.scopes[name]
        if not _is_watched(state, scope) or aircraft.id not in read_intents(state, scope).flights:
            continue
        if not own_party(state, aircraft.party):
            return drafts
        seen = seen or seen_of(aircraft)
        if seen is None:
            return drafts
        watches = watches_of(scope)
        for group in watches.groups(state, scope, aircraft.id, seen.at_us):
            look = _look(state, scope, watches, group, aircraft, seen, now_us)
            if look is not None:
                look.watch.take(seen.at_us, look.found)
                drafts.extend(_judged(look))
        _ask_to_activate(state, scope, watches, aircraft.id, seen)
    return drafts


def due(state: State, now_us: int) -> list[Draft]:
    """Return what time alone makes due: flights last seen outside and not heard any more."""
    drafts: list[Draft] = []
    for name in sorted(state.scopes):
        scope = state.scopes[name]
        if not _is_watched(state, scope) or not read_intents(state, scope).flights:
            continue
        watches = watches_of(scope)
        if watches.clock_us is None or not 0 <= now_us - watches.clock_us <= JUMP_US:
            watches.resumed_us = now_us
        watches.clock_us = now_us
        for group, watch in watches.standing_outside(state, scope, now_us):
            drafts.extend(_unheard(state, scope, watches, group, watch, now_us))
    return drafts


def next_due_us(state: State, now_us: int) -> Iterator[int]:
    """Yield when the flights that stand outside are looked at again."""
    for name in sorted(state.scopes):
        scope = state.scopes[name]
        if not _is_watched(state, scope) or not scope.index.intents.flights:
            continue
        if any(True for _ in watches_of(scope).standing_outside(state, scope, now_us)):
            yield now_us + LOOK_AGAIN_US


def _is_watched(state: State, scope: Scope) -> bool:
    of_rules = scope.rules.version >= CONFORMANCE_SINCE
    return of_rules and state.agreement(scope.agreement_id) is not None


def _look(
    state: State,
    scope: Scope,
    watches: Watches,
    group: Group,
    aircraft: Aircraft,
    seen: Seen,
    now_us: int,
) -> _Look | None:
    joined = watches.joined(scope, group)
    if joined is None:
        return None
    watch = watches.watch(state, scope, group)
    watch.sync(group, now_us)
    pressure = pressure_at(state, scope.agreement_id, seen.at_us)
    found = fit(joined.volumes, seen, pressure)
    return _Look(
        state, scope, watches, group, watch, aircraft, seen, pressure, joined, found, now_us
    )


# ---- one look -----------------------------------------------------------------------------------


def _judged(look: _Look) -> Iterator[Draft]:
    watch = look.watch
    if look.found.decided == "out":
        watch.leaves = None
        after_us = norms().conformance.nonconforming_after_s * MICROSECONDS_PER_SECOND
        assert watch.out_from_us is not None
        if watch.told != "outside" and look.at_us - watch.out_from_us >= after_us:
            yield from _tell_outside(look, look.at_us)
    elif look.found.decided == "in":
        if watch.told in ("outside", "overruled"):
            yield from _tell_back(look)
        else:
            yield from _leaving(look)
    yield from _contingent(look.scope, look.group, watch, look.at_us, look.now_us)


def _tell_outside(look: _Look, told_at_us: int) -> Iterator[Draft]:
    """Yield that a flight is outside, for each intent in which it should be; their new state.

    From `told_at_us` on it has its time to come back.
    """
    watch = look.watch
    assert watch.out_from_us is not None
    watch.tell("outside", watch.out_from_us, told_at_us, look.now_us)
    for held, found in look.meant():
        if held.state is IntentState.ACTIVATED:
            yield _changed(look.scope, held, IntentState.NONCONFORMING)
        yield _observed(look, held, "outside", watch.told_since_us, found)
        watch.intents.add(held.id)


def _tell_back(look: _Look) -> Iterator[Draft]:
    """Yield that a flight is inside again, once it has been for long enough."""
    watch = look.watch
    assert watch.in_from_us is not None
    back_us = round(watch.back_after_s(look.at_us) * MICROSECONDS_PER_SECOND)
    if look.at_us - watch.in_from_us < back_us:
        return
    told, watch.intents = watch.intents, set()
    # In the turn in which it was told to be outside its state is not folded yet.
    pending = watch.told == "outside" and watch.drafted_us == look.now_us
    watch.tell("inside", watch.in_from_us, look.at_us, look.now_us)
    for held in look.group.held:
        if held.id not in told:
            continue
        if held.state is IntentState.NONCONFORMING or pending:
            yield _changed(look.scope, held, IntentState.ACTIVATED)
        yield _observed(look, held, "inside", watch.told_since_us, look.found)


def _leaving(look: _Look) -> Iterator[Draft]:
    """Yield that a flight will be outside if it flies straight on, and that it will not any more.

    Told at the second look in a row, and over after as long a time without it as is looked ahead: a
    flight that circles in its area is told of once.
    """
    watch, at_us = look.watch, look.at_us
    ahead_s = norms().conformance.leaving_ahead_s
    watch.leaves = leaving(look.joined.volumes, look.seen, float(ahead_s), look.pressure)
    if watch.leaves is None:
        watch.goes_looks = 0
        steady_us = ahead_s * MICROSECONDS_PER_SECOND
        if watch.told == "leaving" and at_us - watch.goes_us >= steady_us:
            watch.tell("inside", at_us, at_us, look.now_us)
            yield _observed(look, look.nearest, "inside", at_us, look.found)
        return
    watch.goes_looks += 1
    if watch.goes_looks == 1:
        watch.goes_from_us = at_us
    watch.goes_us = at_us
    if watch.told == "leaving" or watch.goes_looks < LOOKS_TO_LEAVE:
        return
    watch.tell("leaving", watch.goes_from_us, at_us, look.now_us)
    yield _observed(
        look, look.nearest, "leaving", watch.goes_from_us, look.found, watch.leaves.what
    )


# ---- what time makes of it ----------------------------------------------------------------------


def _contingent(
    scope: Scope, group: Group, watch: Watched, at_us: int, now_us: int
) -> Iterator[Draft]:
    """Yield that an intent is Contingent: its flight did not come back within its time."""
    if watch.told != "outside" or watch.drafted_us == now_us:
        return
    within_us = norms().conformance.contingent_after_s * MICROSECONDS_PER_SECOND
    # While it is looked at whether a flight is back for good it is not given up.
    if at_us - watch.told_at_us < within_us or watch.in_from_us is not None:
        return
    for held in group.held:
        if held.state is IntentState.NONCONFORMING and held.id in watch.intents:
            yield _changed(scope, held, IntentState.CONTINGENT)
            watch.drafted_us = now_us


def _unheard(
    state: State, scope: Scope, watches: Watches, group: Group, watch: Watched, now_us: int
) -> Iterator[Draft]:
    """Yield what becomes of a flight that was last seen outside and is not heard any more."""
    aircraft = state.picture.aircraft.get(group.flight)
    heard_us = aircraft.received_us if aircraft is not None else watches.resumed_us
    if now_us - max(heard_us, watches.resumed_us) < STALE_US:
        return
    watch.sync(group, now_us)
    if watch.told == "outside":
        # Silence is no sign of being back.
        watch.in_from_us = None
        yield from _contingent(scope, group, watch, now_us, now_us)
        return
    seen = seen_of(aircraft) if aircraft is not None else None
    if seen is None or aircraft is None or watch.out_from_us is None:
        return
    look = _look(state, scope, watches, group, aircraft, seen, now_us)
    if look is not None and look.found.decided == "out":
        yield from _tell_outside(look, now_us)


# ---- an Accepted intent whose flight moves -------------------------------------------------------


def _ask_to_activate(state: State, scope: Scope, watches: Watches, flight: str, seen: Seen) -> None:
    """Note the Accepted intent in which a flight moves; `alarm_conformance` asks the operator."""
    watches.unactivated.pop(flight, None)
    if max(seen.speed_mps, abs(seen.up_mps)) < MOVES_MPS:
        return
    pressure = pressure_at(state, scope.agreement_id, seen.at_us)
    for held in watches.accepted(state, scope, flight, seen.at_us):
        among = watches.prepared(scope, held)
        if among is not None and fit(among, seen, pressure).decided == "in":
            watches.unactivated[flight] = (held.id, seen.at_us)
            return


# ---- reports and entries -------------------------------------------------------------------------


def seen_of(aircraft: Aircraft) -> Seen | None:
    """Return the newest report of an aircraft with its motion; None if it is none.

    The motion is taken from the report by which the track is predicted, at most 30 s before;
    without one it is standing still, of which nothing is told ahead.
    """
    last, before = aircraft.last, aircraft.before()
    if before is None or last.at_us - before.at_us > MOTION_WITHIN_US:
        east_mps, north_mps, up_mps = 0.0, 0.0, 0.0
    else:
        east_mps, north_mps, up_mps = _motion(before, last)
    try:
        return Seen(
            at_us=last.at_us,
            position=Position(lat_deg=last.lat_deg, lon_deg=last.lon_deg),
            altitude_m=last.altitude_m,
            altitude_reference=last.altitude_reference,
            horizontal_m=REPORT_HORIZONTAL_M,
            vertical_m=REPORT_VERTICAL_M,
            east_mps=east_mps,
            north_mps=north_mps,
            up_mps=up_mps,
        )
    except InputFault:
        return None


def _motion(before: TrackReport, last: TrackReport) -> tuple[float, float, float]:
    """Return east, north and up speed; up is 0 where the two heights have two references."""
    found = velocity_from_reports(
        before.lat_deg, before.lon_deg, before.altitude_m, before.at_us / MICROSECONDS_PER_SECOND,
        last.lat_deg, last.lon_deg, last.altitude_m, last.at_us / MICROSECONDS_PER_SECOND,
    )  # fmt: skip
    east_mps, north_mps, up_mps = (float(each[0]) for each in found)
    same = before.altitude_reference == last.altitude_reference
    return east_mps, north_mps, up_mps if same else 0.0


def _changed(scope: Scope, held: Held, new: IntentState) -> Draft:
    return Draft(
        agreement=scope.agreement_id,
        by="system",
        body=IntentChanged(intent=held.id, state=new.value),
        audience=held.audience,
    )


def _observed(
    look: _Look,
    held: Held,
    word: ConformanceState,
    since_us: int,
    found: Fit,
    what: tuple[Dimension, ...] = (),
) -> Draft:
    last, away = look.aircraft.last, word == "outside"
    to_us = max(since_us, min(last.at_us, look.now_us))
    return Draft(
        agreement=look.scope.agreement_id,
        by="system",
        ref=(look.state.reference(held.key),),
        happened=Interval(from_us=since_us, to_us=to_us),
        audience=held.audience,
        body=ConformanceObserved(
            intent=held.id,
            flight=held.flight,
            state=word,
            since_us=since_us,
            what=found.what if away else what,
            at_us=last.at_us,
            lat_e9=round(last.lat_deg * 1e9),
            lon_e9=round(last.lon_deg * 1e9),
            altitude_mm=round(last.altitude_m * 1000),
            altitude_reference=last.altitude_reference,
            horizontal_mm=round(found.horizontal_m * 1000) if away else 0,
            vertical_mm=round(found.vertical_m * 1000) if away else 0,
            late_ms=found.time_us // 1000 if away else 0,
        ),
    )
