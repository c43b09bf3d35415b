"""A notice against what was seen later: an aircraft somewhere else than its party gave notice of.

A notice that names a flight, a window and an area says where that flight will be. Seen outside of
it, decidedly and three times in a row, it is written down once (Il-20, 2018: the call said north).

Rules:
- Only the party's own aircraft can make its notice differ, and only while its window runs and the
  notice stands.
- Nothing is said about why; heights are not compared; what is within the uncertainty is not said.
- A look costs what is open: notices whose window is over are dropped from the table.
- Of one sender's notices of a flight the newest few that stand are looked at, and of as many it is
  written that they differ: a sender without end makes no node write without end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from parley.node.entries import Draft, Entry
from parley.node.line_bodies import NoticeDiffers
from parley.node.picture import Aircraft
from parley.node.rules.agreements import clauses_for
from parley.node.rules.custody import guarded
from parley.node.rules.guard import position_of
from parley.node.rules.standing import window_of
from parley.node.rules.threads import LINE_RULES, ending_of, expired
from parley.node.rules.zones import boundaries_of, zones_of
from parley.node.state import Key, Scope, State, Thread, rank_of
from parley.world.agreement import Agreement
from parley.world.boundary import Boundary, distance_to_boundary_m, side_of
from parley.world.clauses import Notification
from parley.world.faults import InputFault
from parley.world.geo import Position
from parley.world.norms import norms
from parley.world.shape import Circle, Shape, contains, distance_to_shape_m
from parley.world.time import Interval
from parley.world.verdict import Verdict, judge_lead_time
from parley.world.zone import Zone, zone_contains

LOOKS_TO_DIFFER = 3
WATCHED_MAX = 4
"""Notices of one flight by one sender that are held against the track, the newest ones."""
_ZONE_FIELDS = ("zone", "area", "corridor")
_RADIUS_M_MAX = 1_000_000.0
_REPORTS_LATE_US = 60 * 1_000_000
"""Reports of a window's last moments may come a little after it."""


@dataclass(frozen=True, slots=True)
class _Noticed:
    """A notice as read: of which message of whom, from when to when, and where."""

    key: Key
    party: str
    rank: tuple[int, int, str, int]
    from_us: int
    to_us: int
    where: Circle | Zone | Boundary
    side: str = ""
    uncertainty_m: float = 0.0


@dataclass(frozen=True, slots=True)
class _Outside:
    distance_m: float
    uncertainty_m: float
    text: str


def is_notice(message_type: str) -> bool:
    """Whether messages of a type say where something will be."""
    return message_type.endswith(".notice") or message_type == "intent.change"


def differences(state: State, aircraft: Aircraft, now_us: int) -> list[Draft]:
    """Return the entries that an aircraft was seen otherwise than noticed, by its newest report."""
    drafts = []
    for name in sorted(state.scopes):
        scope = state.scopes[name]
        if scope.rules.version < LINE_RULES or aircraft.id not in scope.index.by_flight:
            continue
        for noticed in _watched(state, scope, aircraft, now_us):
            draft = _differs(state, scope, noticed, aircraft, now_us)
            drafts.extend([draft] if draft else [])
    return drafts


def _open(state: State, scope: Scope, flight: str, now_us: int) -> list[_Noticed]:
    """Return the notices of a flight whose window is not over; read once, dropped when over."""
    version = (len(scope.zones), len(scope.boundaries), state.agreement(scope.agreement_id))
    name = f"noticed {flight}"
    known = scope.index.views.get(name)
    if known is None or known[0] != version:
        known = (version, (set(), []))
    seen, noticed = cast("tuple[set[Key], list[_Noticed]]", known[1])
    new = scope.index.by_flight[flight] - seen
    if new:
        read = (_read(state, scope, key) for key in sorted(new))
        noticed = [*noticed, *(each for each in read if each is not None)]
        seen = seen | new
    noticed = [each for each in noticed if each.to_us >= now_us - _REPORTS_LATE_US]
    noticed.sort(key=lambda each: each.rank)
    scope.index.views[name] = (version, (seen, noticed))
    return noticed


def _watched(state: State, scope: Scope, aircraft: Aircraft, now_us: int) -> list[_Noticed]:
    """Return the notices that an aircraft is held against: of each sender the newest that stand.

    None of a sender of whom as many as are watched already stand written.
    """
    found: dict[str, list[_Noticed]] = {}
    for noticed in _open(state, scope, aircraft.id, now_us):
        found.setdefault(noticed.party, []).append(noticed)
    watched: list[_Noticed] = []
    for _, notices in sorted(found.items()):
        free, written = [], 0
        for noticed in reversed(notices):
            thread = scope.threads.get(noticed.key)
            if thread is None or not _stands(state, scope, thread, noticed, aircraft, now_us):
                continue
            if _written(state, scope, noticed.key, aircraft.id):
                written += 1
            else:
                free.append(noticed)
        watched += free[: max(0, WATCHED_MAX - written)]
    return watched


def _read(state: State, scope: Scope, key: Key) -> _Noticed | None:
    """Return a message as a notice of a place and a window; None if it is none.

    What a peer wrote and nobody can read is no notice, and no fault of ours.
    """
    thread = scope.threads.get(key)
    if thread is None or thread.said is None or not is_notice(thread.body.message_type):
        return None
    fields = thread.body.fields
    from_us, to_us = window_of(fields)
    if from_us is None or to_us is None or guarded(thread):
        return None
    try:
        where, side = _where(state, scope, fields), fields.get("side", "")
        uncertainty_m = _metres(fields.get("uncertainty_m", "0"))
    except InputFault:
        return None
    if where is None or (isinstance(where, Boundary) and side not in ("left", "right")):
        return None
    said = thread.said
    return _Noticed(key, said.log.party, rank_of(said), from_us, to_us, where, side, uncertainty_m)


def _where(state: State, scope: Scope, fields: dict[str, str]) -> Circle | Zone | Boundary | None:
    if "centre" in fields:
        agreement = state.agreement(scope.agreement_id)
        centre = position_of(agreement, fields["centre"], "notice centre")
        # A centre alone is as wide as a named place may lie off.
        usual_m = norms().guard.named_place_within_m
        radius_m = _metres(fields["radius_m"]) if "radius_m" in fields else usual_m
        return Circle(centre=centre, radius_m=radius_m)
    zones = zones_of(state, scope)
    for name in _ZONE_FIELDS:
        if fields.get(name) in zones:
            return zones[fields[name]]
    return boundaries_of(state, scope).get(fields.get("boundary", ""))


def _metres(text: str) -> float:
    try:
        value_m = float(text)
    except ValueError:
        value_m = -1.0
    if not 0.0 <= value_m <= _RADIUS_M_MAX:
        raise InputFault("notice length", value=text, wanted=f"0 to {_RADIUS_M_MAX:.0f} m")
    return value_m


def _differs(
    state: State, scope: Scope, noticed: _Noticed, aircraft: Aircraft, now_us: int
) -> Draft | None:
    thread = scope.threads.get(noticed.key)
    if thread is None:
        return None
    watch = state.picture.watch((f"notice:{noticed.key}", scope.agreement_id, aircraft.id))
    if watch.state == "written":
        return None
    last = aircraft.last
    outside = _outside(noticed, Position(lat_deg=last.lat_deg, lon_deg=last.lon_deg))
    if outside is None:
        watch.hits = 0
        return None
    watch.hits += 1
    if watch.hits < LOOKS_TO_DIFFER:
        return None
    # Once: a restart looks into the record, where it then stands.
    watch.state = "written"
    assert thread.said is not None
    return Draft(
        agreement=scope.agreement_id,
        by="system",
        to=tuple(p for p in (thread.said.log.party, *thread.said.to) if p != state.party),
        ref=(state.reference(noticed.key),),
        happened=Interval(from_us=min(last.at_us, now_us), to_us=max(last.at_us, now_us)),
        audience=thread.said.audience,
        body=NoticeDiffers(
            aircraft=aircraft.id,
            at_us=last.at_us,
            lat_e9=round(last.lat_deg * 1e9),
            lon_e9=round(last.lon_deg * 1e9),
            distance_mm=round(outside.distance_m * 1000),
            uncertainty_mm=round(outside.uncertainty_m * 1000),
            text=outside.text,
        ),
    )


def _stands(
    state: State, scope: Scope, thread: Thread, noticed: _Noticed, aircraft: Aircraft, now_us: int
) -> bool:
    """Whether a notice is in force, between us and another, and of this party's own aircraft."""
    said = thread.said
    if said is None or state.party not in (said.log.party, *said.to):
        return False
    if aircraft.party not in (None, said.log.party):
        return False
    runs = noticed.from_us <= aircraft.last.at_us <= noticed.to_us
    return runs and not expired(thread, now_us) and ending_of(scope, thread) is None


def _written(state: State, scope: Scope, key: Key, aircraft: str) -> bool:
    entries: list[Entry] = list(scope.line.differs.get(key, {}).values())
    return any(
        entry.log.party == state.party
        and isinstance(entry.body, NoticeDiffers)
        and entry.body.aircraft == aircraft
        for entry in entries
    )


def _outside(noticed: _Noticed, position: Position) -> _Outside | None:
    """Return by how much a position is decidedly outside of what was noticed, or None."""
    where = noticed.where
    if isinstance(where, Boundary):
        answer = side_of(where, position, noticed.uncertainty_m)
        total_m = noticed.uncertainty_m + where.uncertainty_m
        if answer.decided not in ("left", "right") or answer.decided == noticed.side:
            return None
        text = f"noticed {noticed.side} of {where.id}, seen {answer.decided}"
        return _Outside(distance_to_boundary_m(where, position), total_m, text)
    shape: Shape
    if isinstance(where, Circle):
        answer = contains(where, position, noticed.uncertainty_m)
        shape, total_m, name = where, noticed.uncertainty_m, "the noticed area"
    else:
        answer = zone_contains(where, position, noticed.uncertainty_m)
        shape, name = where.shape, where.id
        total_m = noticed.uncertainty_m + where.uncertainty_m
    if answer.decided != "out":
        return None
    return _Outside(distance_to_shape_m(shape, position), total_m, f"seen outside {name}")


def lead_time_of(state: State, scope: Scope, thread: Thread) -> Verdict | None:
    """Return whether a notice came long enough before its window, by this node's own clock.

    None where no clause asks for it. The sender's time is taken back by what its clock was measured
    to be ahead of ours: a receiver goes by its own.
    """
    said = thread.said
    agreement: Agreement | None = state.agreement(scope.agreement_id)
    if said is None or agreement is None:
        return None
    name = thread.body.message_type
    sender, at_us, fields = (said.log.party,), said.issued_us, thread.body.fields
    for clause in clauses_for(agreement, Notification, sender, at_us, fields=fields):
        if name in clause.of or not clause.of:
            sent_us = said.issued_us - state.links.offset_us.get(said.log.party, 0)
            begins_us, _ = window_of(thread.body.fields)
            return judge_lead_time(
                sent_us=sent_us, begins_us=begins_us, lead_s=clause.lead_s, clause=clause.id
            )
    return None
