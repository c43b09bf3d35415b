"""Verdicts on clauses about where aircraft are: separation, stand-off, rings, boundaries, zones.

Rules:
- Judged on tracks that are held here. Without them alerts are cited and nothing is decided.
- Continuous time: the next look comes before the aircraft can have reached the next change, and the
  instant of each change is found by halving. What uncertainty leaves open is not checkable.
- Leave counts when it names the flight, was given by another party, and came before.
- The class of an aircraft is its own party's word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations

from parley.detect.crossing import line_crossings
from parley.node.rules.standing_off import GIVEN_BY_ANOTHER
from parley.review.answers_geometry import pair_inside, planar_vertices, states_in, stays_in
from parley.review.nearest import greatest_m
from parley.review.verdict_evidence import Said, when
from parley.review.verdict_parts import Case, Finding, had, replaced
from parley.review.verdict_spans import Seen, Span, Word, fastest_mps, spans
from parley.world.boundary import Boundary, side_of
from parley.world.clauses import BoundaryRule, Ring, Separation, StandOff, ZoneRule
from parley.world.geo import UNDECIDED, Position
from parley.world.place import Place
from parley.world.stand_off import signed_away_m
from parley.world.stand_off import stand_off as stand_off_answer
from parley.world.time import seconds_between
from parley.world.track import Track, position_at
from parley.world.verdict import ClauseVerdict, Measure, measured
from parley.world.zone import Zone, zone_contains_4d

_LINE_LOOK_M = 1_000.0
_NO_TRACKS = "raw tracks stay with their owner"


@dataclass(frozen=True, slots=True)
class Begin:
    """Something flown that calls for a notice: a flight, a crossing, an entry."""

    flight: str
    party: str
    what: str
    at_us: int
    classes: tuple[str, ...] | None
    cites: tuple[str, ...]


# ---- what calls for a notice ---------------------------------------------------------------------


def stay_of(zone: Zone, track: Track) -> tuple[int, int] | None:
    """Return the first stay of a track in a zone as (from, to), None if there is none."""
    return next(iter(_stays(zone, track)), None)


def _stays(zone: Zone, track: Track) -> list[tuple[int, int]]:
    """Return the stays of a track in a zone; none where the zone does not apply while it flies."""
    return stays_in(zone, track) if states_in(zone, track) else []


def beginnings(case: Case, trigger: str, boundary: str, zone: str) -> Iterator[Begin]:
    """Yield what was flown in the window that calls for a notice, by each party that owes it."""
    for party, flight, track, cites in _flights(case) if trigger else ():
        classes, more = case.evidence.classes_of(case.agreement, flight, party)
        times: list[tuple[str, int]] = []
        if trigger == "flight":
            begins_us = _begins_us(case, flight, party, track)
            times = [(f"flight {flight}", begins_us)] if begins_us is not None else []
        elif track is not None and trigger == "crossing" and boundary in case.evidence.boundaries:
            line = planar_vertices(case.evidence.boundaries[boundary])
            times = [
                (f"{flight} crossing {boundary}", c.at_us) for c in line_crossings(track, line)
            ]
        elif track is not None and trigger == "entry" and zone in case.evidence.zones:
            stays = _stays(case.evidence.zones[zone], track)
            times = [(f"{flight} entering {zone}", from_us) for from_us, _ in stays]
        for what, at_us in times:
            if case.begins_in(at_us):
                yield Begin(flight, party, what, at_us, classes, tuple({*cites, *more}))


def _begins_us(case: Case, flight: str, party: str, track: Track | None) -> int | None:
    if track is not None:
        return int(track.t_us[0])
    found = [f.at_us for f in case.evidence.flights if f.flight == flight and f.by == party]
    return min(found, default=None)


def _flights(case: Case) -> Iterator[tuple[str, str, Track | None, tuple[str, ...]]]:
    """Yield the flights of the clause's parties: party, name, track if held, where it stands."""
    named = set()
    for track in case.evidence.tracks:
        if track.party is not None:
            named.add((track.party, track.id))
            yield track.party, track.id, track, (f"track {track.id}",)
    for flown in case.evidence.flights:
        if (flown.by, flown.track or flown.flight) not in named and (
            flown.by,
            flown.flight,
        ) not in named:
            named.add((flown.by, flown.flight))
            yield flown.by, flown.flight, None, (flown.cite,)


def _without_tracks(case: Case, what: str, thing: str = "") -> Iterator[Finding]:
    """Yield what can be said where no tracks are held: which alerts stand, and that it is open."""
    if case.evidence.tracks:
        return
    alerts = [
        a for a in case.evidence.alerts
        if case.begins_in(a.at_us)
        and a.agreement == case.agreement.id
        and (a.clause == case.clause.id or (a.what == what and thing in ("", a.object)))
    ]  # fmt: skip
    noun = (
        f"{len(alerts)} alerts stand in these logs" if alerts else "no alert stands in these logs"
    )
    if not case.evidence.tracks_held or alerts:
        yield Finding(
            parties=case.parties, about=f"{what} alerts", at_us=case.from_us, whole=True,
            verdict="not checkable", because=f"{_NO_TRACKS}; {noun}",
            cites=tuple(a.cite for a in alerts),
        )  # fmt: skip


# ---- separation ----------------------------------------------------------------------------------


def separation(case: Case) -> Iterator[Finding]:
    """Yield for each pair of aircraft of two parties how long it was inside the minima."""
    clause = case.clause
    assert isinstance(clause, Separation)
    yield from _without_tracks(case, "separation")
    known = {party.id for party in case.agreement.parties}
    tracks = sorted((t for t in case.evidence.tracks if t.party is not None), key=lambda t: t.id)
    for a, b in combinations(tracks, 2):
        begin_us, end_us = (
            max(int(a.t_us[0]), int(b.t_us[0])),
            min(int(a.t_us[-1]), int(b.t_us[-1])),
        )
        # Of two that are no parties nothing is said here.
        if (
            not known & {a.party, b.party}
            or a.party == b.party
            or begin_us > end_us
            or not case.begins_in(begin_us)
        ):
            continue
        if begin_us <= case.as_of_us and _pair_meant(case, clause, a, b) is not False:
            yield _apart(case, clause, a, b, begin_us)


def _pair_meant(case: Case, clause: Separation, a: Track, b: Track) -> bool | None:
    """Whether a pair is of the clause's class pairs; None where a class is not said."""
    if not clause.class_pairs:
        return True
    one, two = _classes(case, a), _classes(case, b)
    if not one or not two:
        return None
    pairs = {frozenset(pair) for pair in clause.class_pairs}
    return any(frozenset((x, y)) in pairs for x in one for y in two)


def _classes(case: Case, track: Track) -> tuple[str, ...]:
    return case.evidence.classes_of(case.agreement, track.id, track.party or "")[0]


def _apart(case: Case, clause: Separation, a: Track, b: Track, begin_us: int) -> Finding:
    start = Finding(
        parties=tuple(sorted((a.party or "", b.party or ""))), about=f"{a.id} and {b.id}",
        at_us=begin_us, verdict="not checkable", because="",
        cites=(f"track {a.id}", f"track {b.id}"),
        classes=(*_classes(case, a), *_classes(case, b)),
    )  # fmt: skip
    if _pair_meant(case, clause, a, b) is None:
        return replaced(start, because="no class is said of one of them")
    if a.alt_reference != b.alt_reference:
        because = f"heights on {a.alt_reference} and {b.alt_reference} are not compared here"
        return replaced(start, because=because)
    met = pair_inside(a, b, clause)
    if met is None or not met.episodes:
        least_m = 0.0 if met is None else met.least_horizontal_m
        because = f"never inside the minima; {least_m:.0f} m apart at the nearest"
        return replaced(start, verdict="met", because=because)
    first = met.episodes[0]
    longest = max(met.episodes, key=lambda e: e.dwell_s)
    limit_s = clause.dwell_s or 0.0
    measure, within = measured(round(longest.dwell_s, 1), limit_s, "s")
    near = f"nearest {met.least_horizontal_m:.0f} m at {when(met.at_us)}"
    inside = f"inside the minima for {longest.dwell_s:.0f} s from {when(longest.from_us)}"
    because = f"{inside} against {limit_s:g} s; {near}, {met.vertical_then_m:.0f} m in height then"
    verdict: ClauseVerdict = "met" if within and clause.dwell_s is not None else "missed"
    return replaced(
        start, verdict=verdict, measure=measure, because=because, at_us=max(begin_us, first.from_us)
    )


# ---- stand-off -----------------------------------------------------------------------------------


def stand_off(case: Case) -> Iterator[Finding]:
    """Yield for each aircraft how it kept its distance; with notice given it may be nearer."""
    clause = case.clause
    assert isinstance(clause, StandOff)
    thing = _thing(case, clause)
    yield from _without_tracks(case, "stand_off", clause.boundary or clause.zone or clause.place)
    if thing is None:
        if case.evidence.tracks:
            name = clause.boundary or clause.zone or clause.place
            yield Finding(
                parties=case.parties, about=name, at_us=case.from_us, whole=True,
                verdict="not checkable",
                because=f"where {name} lies is not known here",
            )  # fmt: skip
        return
    for track in _tracks(case):
        yield _stood_off(case, clause, thing, track)


def _tracks(case: Case) -> Iterator[Track]:
    for track in case.evidence.tracks:
        begins_us = int(track.t_us[0])
        if track.party is not None and case.begins_in(begins_us) and begins_us <= case.as_of_us:
            yield track


def _thing(case: Case, clause: StandOff) -> Boundary | Zone | Place | None:
    if clause.boundary:
        return case.evidence.boundaries.get(clause.boundary)
    if clause.zone:
        return case.evidence.zones.get(clause.zone)
    return next((p for p in case.evidence.places if clause.place in (p.id, p.name)), None)


def _nearer_m(thing: Boundary | Zone | Place, clause: StandOff, position: Position) -> float:
    """Return how much nearer than agreed a position is, negative if it is not."""
    away_m, _ = signed_away_m(thing, position)
    sided = bool(clause.side) and isinstance(thing, Boundary)
    if sided and isinstance(thing, Boundary) and side_of(thing, position).nominal != clause.side:
        return clause.distance_m + away_m
    return clause.distance_m - away_m


def _past_its_end(line: Boundary, clause: StandOff, position: Position) -> bool:
    """Whether a position is beyond the end of a line and not nearer than agreed to that end.

    Near enough is near enough; far from the end nobody knows, for nobody drew where it goes on.
    """
    answer = stand_off_answer(line, position, clause.distance_m, side=clause.side)
    return answer.decided == UNDECIDED and answer.margin_m == 0.0


def _nearness(
    case: Case, clause: StandOff, thing: Boundary | Zone | Place
) -> Callable[[Position, float, int], Seen]:
    def word_at(position: Position, _alt_m: float, at_us: int) -> Seen:
        if at_us > case.as_of_us:
            return "kept", None
        nearer_m = _nearer_m(thing, clause, position)
        away_m = abs(abs(nearer_m) - thing.uncertainty_m)
        if isinstance(thing, Boundary):
            # An end of the line may be passed anywhere: no margin says how far that is.
            away_m = min(away_m, _LINE_LOOK_M)
            if _past_its_end(thing, clause, position):
                return "undecided", away_m
        if abs(nearer_m) <= thing.uncertainty_m:
            return "undecided", away_m
        return ("broken" if nearer_m > 0 else "kept"), away_m

    return word_at


def _open_because(clause: StandOff, thing: Boundary | Zone | Place, worst_m: float) -> str:
    """Return why a distance cannot be decided: too near to its limit, or past the end of a line."""
    limit_km, doubt_km = clause.distance_m / 1000, thing.uncertainty_m / 1000
    margin_km = round(abs(worst_m) / 1000, 3)
    if margin_km <= doubt_km or not isinstance(thing, Boundary):
        doubt = f"with an uncertainty of {doubt_km:g} km at a margin of {margin_km:g} km"
        return f"cannot decide {limit_km:g} km {doubt}"
    return f"cannot decide {limit_km:g} km beyond the end of {thing.id}: nobody drew how it goes on"


def _stood_off(
    case: Case, clause: StandOff, thing: Boundary | Zone | Place, track: Track
) -> Finding:
    def nearer_at_m(at_us: int) -> float:
        found = position_at(track, at_us)
        assert found is not None, "asked for inside the track's own time"
        return _nearer_m(thing, clause, found[0])

    found = spans(track, _nearness(case, clause, thing))
    start = _flown(case, track, f"{track.id} and {thing.id}")
    worst_m = greatest_m(track, nearer_at_m, case.as_of_us, fastest_mps(track))
    nearest_m = clause.distance_m - worst_m
    limit = f"{clause.distance_m:g} m from {thing.id}"
    measure = Measure(
        value=round(nearest_m, 1), limit_quantity=clause.distance_m, unit="m",
        off_quantity=round(max(0.0, worst_m), 1),
    )  # fmt: skip
    if case.clause.applies_to.classes and not start.classes:
        because = f"no class of {track.id} is said; {nearest_m:.0f} m at the nearest"
        if worst_m > -thing.uncertainty_m or any(s.word != "kept" for s in found):
            return replaced(start, verdict="not checkable", measure=measure, because=because)
    broken = max((s.seconds_s for s in found if s.word == "broken"), default=0.0)
    open_s = max((s.seconds_s for s in found if s.word != "kept"), default=0.0)
    if broken > clause.dwell_s:
        leave = _leave(case, clause.unless_notified, track, _first(found, "broken"))
        because = f"{nearest_m:.0f} m at the nearest against {limit}, nearer for {broken:.0f} s"
        return _with_leave(start, leave, measure, because)
    if open_s > clause.dwell_s and open_s > 0:
        because = f"{_open_because(clause, thing, worst_m)}: {nearest_m:.0f} m at the nearest"
        return replaced(start, verdict="not checkable", measure=measure, because=because)
    because = f"{nearest_m:.0f} m at the nearest against {limit}"
    return replaced(start, verdict="met", measure=measure, because=because)


def _flown(case: Case, track: Track, about: str) -> Finding:
    classes, cites = case.evidence.classes_of(case.agreement, track.id, track.party or "")
    return Finding(
        parties=(track.party or "",), about=about, at_us=int(track.t_us[0]), verdict="met",
        because="", cites=(f"track {track.id}", *cites), classes=classes,
    )  # fmt: skip


def _first(found: list[Span], word: Word) -> int:
    return min(span.from_us for span in found if span.word == word)


# ---- leave ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Leave:
    """What was given to a flight: in time, too late, or not at all; `wanted`: it could be given."""

    wanted: bool
    given: Said | None = None
    late_s: float = 0.0
    exclusive: bool = False


def _leave(case: Case, types: tuple[str, ...], track: Track, at_us: int) -> _Leave:
    """Return the leave, contact or notice that names a flight: the first of these message types.

    To or from another party than its own: nobody gives leave to itself.
    """
    known = {p.id for p in case.agreement.parties}
    named = [
        s for s in case.evidence.naming(track.id)
        if s.type in types
        and {s.by, *s.to} - {track.party}
        and track.party in (s.by, *s.to)
        and {s.by, *s.to} <= known
        and not (s.type in GIVEN_BY_ANOTHER and s.by == track.party)
    ]  # fmt: skip
    refused = {s.cite for s in named if _is_refused(case, s)}
    first = min((s for s in named if s.cite not in refused), key=lambda s: s.at_us, default=None)
    if first is None:
        return _Leave(wanted=bool(types), exclusive=case.exclusive)
    # Leave counts as the flight's own party had it; its own call, as another had that.
    other = first.to[0] if first.by == track.party else track.party or ""
    received = had(first.at_us, first.received, other)
    heard_us = received.from_us if received.to_us is None else received.to_us
    late_s = max(0.0, seconds_between(at_us, heard_us))
    return _Leave(wanted=True, given=first, late_s=late_s, exclusive=case.exclusive)


def _is_refused(case: Case, said: Said) -> bool:
    return any(a.of == said.cite and not a.positive for a in case.evidence.answers)


def _with_leave(start: Finding, leave: _Leave, measure: Measure | None, because: str) -> Finding:
    """Return what follows where a rule was not kept, with the leave that there may have been."""
    if leave.given is not None:
        cites = (*start.cites, leave.given.cite)
        if leave.late_s <= 0:
            because = f"{because}; {leave.given.type} names it, before"
            return replaced(start, verdict="met", measure=measure, because=because, cites=cites)
        late, _ = measured(leave.late_s, 0.0, "s")
        because = f"{because}; {leave.given.type} names it, {leave.late_s:.0f} s after"
        return replaced(start, verdict="late", measure=late, because=because, cites=cites)
    if leave.wanted and not leave.exclusive:
        because = f"{because}; no leave in these logs, which are not the only channel"
        return replaced(start, verdict="not checkable", measure=measure, because=because)
    return replaced(start, verdict="missed", measure=measure, because=because)


# ---- rings, boundaries, zones --------------------------------------------------------------------


def ring(case: Case) -> Iterator[Finding]:
    """Yield for each aircraft that came into a ring whether there was contact before."""
    clause = case.clause
    assert isinstance(clause, Ring)
    yield from _without_tracks(case, "incursion", clause.ring)
    zone = case.evidence.zones.get(clause.ring)
    for track in _tracks(case) if zone is not None else ():
        assert zone is not None
        found = _zone_spans(case, zone, track, stays="outside")
        entered = [s for s in found[1:] if s.word == "broken"]
        start = _flown(case, track, f"{track.id} into {zone.id}")
        if found[0].word == "broken" and not entered:
            because = "it was inside when its track begins: how it came in is not held here"
            yield replaced(start, verdict="not checkable", because=because)
        if not entered:
            continue
        because = f"entered at {when(entered[0].from_us)}"
        if not clause.contact:
            because += f"; {clause.rule or 'its rule'} is for people to judge"
            yield replaced(start, verdict="not checkable", because=because)
            continue
        leave = _leave(case, clause.contact, track, entered[0].from_us)
        yield _with_leave(start, leave, None, because)


def boundary(case: Case) -> Iterator[Finding]:
    """Yield for each aircraft whether it stayed on its side of a boundary."""
    clause = case.clause
    assert isinstance(clause, BoundaryRule)
    yield from _without_tracks(case, "crossing", clause.boundary)
    drawn = case.evidence.boundaries.get(clause.boundary)
    for track in _tracks(case) if drawn is not None else ():
        assert drawn is not None
        found = spans(track, _on_side(case, drawn, clause.side)) if clause.side else []
        start = _flown(case, track, f"{track.id} and {drawn.id}")
        off = [s for s in found if s.word == "broken"]
        if not clause.side:
            if line_crossings(track, planar_vertices(drawn)):
                because = f"{clause.rule or 'its rule'} is for people to judge"
                yield replaced(start, verdict="not checkable", because=because)
        elif off:
            longest_s = sum(s.seconds_s for s in off)
            measure, _ = measured(round(longest_s, 1), 0.0, "s")
            because = f"not on the {clause.side} for {longest_s:.0f} s from {when(off[0].from_us)}"
            yield _with_leave(
                start, _leave(case, clause.crossing, track, off[0].from_us), measure, because
            )
        elif any(s.word == "undecided" for s in found):
            doubt = f"within the {drawn.uncertainty_m:g} m by which {drawn.id} is uncertain"
            because = f"{doubt}, or beyond its ends"
            yield replaced(start, verdict="not checkable", because=because)
        else:
            yield replaced(start, verdict="met", because=f"on the {clause.side} all the time")


def _on_side(case: Case, drawn: Boundary, side: str) -> Callable[[Position, float, int], Seen]:
    def word_at(position: Position, _alt_m: float, at_us: int) -> Seen:
        if at_us > case.as_of_us:
            return "kept", None
        answer = side_of(drawn, position)
        margin_m = answer.margin_m
        away_m = None if margin_m is None else abs(margin_m - drawn.uncertainty_m)
        if answer.decided not in ("left", "right"):
            return "undecided", away_m
        return ("kept" if answer.decided == side else "broken"), away_m

    return word_at


def zone(case: Case) -> Iterator[Finding]:
    """Yield for each aircraft whether it stayed in, or out of, a zone."""
    clause = case.clause
    assert isinstance(clause, ZoneRule)
    yield from _without_tracks(case, "incursion", clause.zone)
    area = case.evidence.zones.get(clause.zone)
    for track in _tracks(case) if area is not None else ():
        assert area is not None
        start = _flown(case, track, f"{track.id} and {area.id}")
        if not clause.stay:
            if _stays(area, track):
                because = f"{clause.rule or 'its rule'} is for people to judge"
                yield replaced(start, verdict="not checkable", because=because, zone=area.id)
            continue
        found = _zone_spans(case, area, track, stays=clause.stay)
        yield _stayed(case, clause, track, found, start)


def _zone_spans(case: Case, area: Zone, track: Track, *, stays: str) -> list[Span]:
    limits = (area.lower, area.upper)
    one_reference = all(x.value_m is None or x.reference == track.alt_reference for x in limits)
    until_us = min(int(track.t_us[-1]), case.as_of_us)
    if one_reference and not area.uncertainty_m and not area.exclusions:
        return _exact_spans(_stays(area, track), int(track.t_us[0]), until_us, stays)

    def word_at(position: Position, alt_m: float, at_us: int) -> Seen:
        if at_us > case.as_of_us:
            return "kept", None
        answer = zone_contains_4d(area, position, alt_m, track.alt_reference, at_us)
        if answer.decided not in ("in", "out"):
            return "undecided", None
        kept = (answer.decided == "in") == (stays == "inside")
        return ("kept" if kept else "broken"), None

    return spans(track, word_at)


def _exact_spans(
    stayed: list[tuple[int, int]], first_us: int, until_us: int, stays: str
) -> list[Span]:
    """Return the stretches in and out of a zone, from when it was entered and left."""
    words_of: tuple[Word, Word] = ("kept", "broken") if stays == "inside" else ("broken", "kept")
    found: list[Span] = []
    at_us = first_us
    for from_us, to_us in stayed:
        if from_us >= until_us:
            break
        if from_us > at_us:
            found.append(Span(words_of[1], at_us, from_us))
        found.append(Span(words_of[0], from_us, min(to_us, until_us)))
        at_us = min(to_us, until_us)
    if at_us < until_us:
        found.append(Span(words_of[1], at_us, until_us))
    return found or [Span("kept", first_us, first_us)]


def _stayed(
    case: Case, clause: ZoneRule, track: Track, found: list[Span], start: Finding
) -> Finding:
    off_s = max((s.seconds_s for s in found if s.word == "broken"), default=0.0)
    open_s = max((s.seconds_s for s in found if s.word != "kept"), default=0.0)
    where = "outside" if clause.stay == "inside" else "inside"
    if off_s > clause.dwell_s:
        measure, _ = measured(round(off_s, 1), clause.dwell_s, "s")
        from_us = _first(found, "broken")
        because = f"{where} for {off_s:.0f} s from {when(from_us)} against {clause.dwell_s:g} s"
        return _with_leave(start, _leave(case, clause.leave, track, from_us), measure, because)
    if open_s > clause.dwell_s and open_s > 0:
        because = f"for {open_s:.0f} s it cannot be decided whether it was {where}"
        return replaced(start, verdict="not checkable", because=because)
    measure, _ = measured(round(off_s, 1), clause.dwell_s, "s")
    return replaced(
        start, verdict="met", measure=measure, because=f"{clause.stay} but for {off_s:.0f} s"
    )
