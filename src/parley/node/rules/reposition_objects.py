"""What an intent may be in the way of: a zone, a side of a line, a stand-off distance, from T on.

Rules:
- An object is named, never drawn by hand: a zone or boundary as it is in force at T, or a clause of
  the text in force at T. A side is named by the line's own words.
- It binds this party only if this party agreed to it in force, or declared it itself; whatever one
  peer alone asserts is shown, and makes no duty.
- Three-valued: within the uncertainty of what is drawn, beyond the ends of a line, where heights
  cannot be compared, an intent is possibly touched; a move to such a place is not free.
- A schedule does not count, nor do exclusions where only part of an intent lies in one: both could
  only make an object smaller.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, cast

from parley.detect.cover import Field
from parley.node.entries import Reference
from parley.node.rules.agreements import adopted_agreement
from parley.node.rules.boundary_past import boundaries_now
from parley.node.rules.text_chain import text_in_chain
from parley.node.rules.zones import boundaries_of, zones_of
from parley.node.state import Scope, State
from parley.world.agreement import Agreement
from parley.world.boundary import Boundary, side_named, side_of
from parley.world.clauses import AppliesTo, BoundaryRule, StandOff
from parley.world.faults import InputFault, nearest
from parley.world.geo import UNDECIDED, Answer, Position
from parley.world.place import Place
from parley.world.shape import Circle, Corridor, Polygon, Shape
from parley.world.stand_off import stand_off
from parley.world.volume import Volume4D
from parley.world.zone import Zone, zone_contains

Side = Literal["left", "right", ""]
Kind = Literal["zone", "side", "stand-off"]
SINCE = 4
"""The rules version from which intents are repositioned."""
_LEAST_M = 0.002


@dataclass(frozen=True, slots=True)
class Thing:
    """What is to be kept clear of, from `from_us` on.

    Attributes:
        name: as it was asked for; a zone, a boundary or a clause.
        kind: what it is.
        version: of the zone or boundary; of the agreement's text for a clause.
        side: of the boundary on which one may not be; "" where it has none.
        from_us: from when it counts here.
        to_us: until when; None is open.
        by: who agreed to it, or who alone says so.
        binding: whether it is a duty of this party.
        because: why it is, or is not.
        classes: only for aircraft of these; empty is all.
        keep_clear: volumes that hold all of it, its uncertainty too; none where `field` answers.
        sure: volumes that are surely in it.
        field: for a side of a line, and distances from one.
        anchors: points of it.
        point: whether a position is in it.
        zone: the zone itself, where it is one.
        vertices: of its line or outline: what a question costs.
    """

    name: str
    kind: Kind
    version: int
    side: Side
    from_us: int
    to_us: int | None
    by: tuple[str, ...]
    binding: bool
    because: str
    point: Callable[[Position], Answer]
    classes: tuple[str, ...] = ()
    keep_clear: tuple[Volume4D, ...] = ()
    sure: tuple[Volume4D, ...] = ()
    field: Field | None = None
    anchors: tuple[Position, ...] = ()
    zone: Zone | None = None
    vertices: int = 0

    @property
    def title(self) -> str:
        """The object with its side."""
        return f"{self.name} ({self.side})" if self.side else self.name


# ---- finding it ---------------------------------------------------------------------------------


def found_thing(
    state: State,
    agreement_id: str,
    name: str,
    from_us: int,
    side: str,
    ref: tuple[Reference, ...],
) -> tuple[Agreement, Scope, Thing]:
    """Return an object with its agreement and scope.

    Raises:
        InputFault: no such agreement or object; rules before version 4.
    """
    agreement = adopted_agreement(state, agreement_id)
    scope = state.scope(agreement_id)
    if scope.rules.version < SINCE:
        what = f"under version {scope.rules.version}"
        raise InputFault(
            "reposition", value=what, wanted=f"an agreement that pins rules version {SINCE}"
        )
    by = tuple(each.log.split("/")[2] for each in ref if each.log.count("/") >= 2)
    return agreement, scope, thing_of(state, agreement, name, from_us=from_us, side=side, by=by)


def thing_of(
    state: State,
    agreement: Agreement,
    name: str,
    *,
    from_us: int,
    side: str = "",
    by: tuple[str, ...] = (),
    party: str = "",
) -> Thing:
    """Return the object of that name as it is in force from an instant on.

    Args:
        state: the record.
        agreement: under which it is known.
        name: of a zone, a boundary, or a clause on distances or sides.
        from_us: the instant.
        side: of a boundary, in its own words ("right", "west of the river"): where one may not be.
        by: who says that a side is of concern, where no clause does.
        party: whose duty it would be; else this party's.

    Raises:
        InputFault: none is called so, or a side that is none; the repair names the nearest.
    """
    scope, own = state.scope(agreement.id), party or state.party
    text = _text(scope, agreement, from_us)
    clause = next((c for c in text.clauses if c.id == name), None)
    if isinstance(clause, StandOff):
        return _of_stand_off(state, scope, text, clause, from_us, own)
    if isinstance(clause, BoundaryRule) and clause.side:
        return _of_side_rule(state, scope, text, clause, from_us, own)
    zone = _zone(state, scope, text, name, from_us)
    if zone is not None:
        if side:
            raise InputFault(f"side of {name}", value=side, wanted="none: it is a zone")
        return _of_zone(own, text, name, zone, from_us)
    line = _boundary(state, scope, text, name, from_us)
    if line is None:
        raise _unknown(state, scope, text, name)
    return _of_side(own, name, line, _side(line, side), from_us, by)


def _text(scope: Scope, agreement: Agreement, at_us: int) -> Agreement:
    """Return the text that is in force at an instant: one that is signed may begin later."""
    found = text_in_chain(scope, at_us)
    return found.agreement if found is not None and found.proposal is not None else agreement


def _zone(state: State, scope: Scope, text: Agreement, name: str, at_us: int) -> Zone | None:
    found = next((z for z in text.zones if z.id == name), None)
    return found if found is not None else zones_of(state, scope, at_us).get(name)


def _boundary(
    state: State, scope: Scope, text: Agreement, name: str, at_us: int
) -> Boundary | None:
    found = next((b for b in text.boundaries if b.id == name), None)
    if found is None:
        found = boundaries_now(state, scope, at_us).get(name)
    return found if found is not None else boundaries_of(state, scope).get(name)


def _side(line: Boundary, words: str) -> Side:
    if not words:
        wanted = f"left ({line.left}) or right ({line.right})"
        raise InputFault(f"side of {line.id}", value="none", wanted=wanted)
    if words in ("left", "right"):
        # Along the line, as records and messages say it: never by a name that a side may have.
        return cast("Side", words)
    named = side_named(line, words)
    if named.decided == UNDECIDED:
        wanted = f"left ({line.left}) or right ({line.right}); {named.because}"
        raise InputFault(f"side of {line.id}", value=words, wanted=wanted)
    return cast("Side", named.decided)


def _unknown(state: State, scope: Scope, text: Agreement, name: str) -> InputFault:
    known = {*zones_of(state, scope), *boundaries_of(state, scope)}
    known |= {z.id for z in text.zones} | {b.id for b in text.boundaries}
    known |= {c.id for c in text.clauses if isinstance(c, StandOff | BoundaryRule)}
    close = nearest(name, sorted(known))
    few = ", ".join(sorted(known)[:20]) or "none is known"
    repair = f"did you mean {close!r}?" if close else ""
    return InputFault(f"object of {text.id}", value=name, wanted=f"one of {few}", repair=repair)


# ---- zones --------------------------------------------------------------------------------------


def _of_zone(own: str, text: Agreement, name: str, zone: Zone, from_us: int) -> Thing:
    binding, because = _binding(own, text, zone, from_us)
    begin_us = from_us if zone.from_us is None else max(from_us, zone.from_us)
    keep, sure = _volumes(zone.shape, zone.uncertainty_m, zone, begin_us)
    return Thing(
        name=name,
        kind="zone",
        version=zone.version,
        side="",
        from_us=begin_us,
        to_us=zone.to_us,
        by=zone.asserted_by or zone.agreed_by or tuple(p.id for p in text.parties),
        binding=binding,
        because=because,
        point=lambda at: zone_contains(zone, at),
        keep_clear=keep,
        sure=sure,
        zone=zone,
        vertices=_vertices(zone.shape),
    )


def _binding(own: str, text: Agreement, found: Zone | Boundary, from_us: int) -> tuple[bool, str]:
    """Return whether an object is a duty of this party, and why."""
    drawn = {id(each) for each in (*text.zones, *text.boundaries)}
    if id(found) in drawn and not (found.asserted_by and own not in found.agreed_by):
        if found.agreed_by and own not in found.agreed_by:
            return False, f"agreed by {', '.join(found.agreed_by)}, not by {own}: no duty"
        if not text.binds(own) or not text.in_force(from_us):
            return False, f"{text.id} is not in force for {own} then: no duty"
        return True, f"of the text of {text.id}"
    writers = found.asserted_by or ("nobody",)
    if own in writers:
        return True, f"declared by {own} itself"
    return False, f"asserted by {', '.join(writers)} alone: advisory, no duty"


def _volumes(
    shape: Shape, by_m: float, limits: Zone | None, from_us: int, *, less_m: float | None = None
) -> tuple[tuple[Volume4D, ...], tuple[Volume4D, ...]]:
    """Return the volumes of an area grown by a distance, and of the same made smaller.

    Args:
        shape: the area.
        by_m: how far it is grown.
        limits: gives heights and the end; None is all heights, for good.
        from_us: when they begin.
        less_m: how far it is made smaller; else as far as it is grown.
    """

    def volume(of: Shape) -> Volume4D | None:
        if limits is None:
            return Volume4D(shape=of, from_us=from_us)
        if limits.to_us is not None and limits.to_us <= from_us:
            return None
        return Volume4D(
            shape=of, lower=limits.lower, upper=limits.upper, from_us=from_us, to_us=limits.to_us
        )

    grown = [volume(each) for each in _grown(shape, by_m)]
    smaller = [volume(each) for each in _grown(shape, -(by_m if less_m is None else less_m))]
    return tuple(v for v in grown if v), tuple(v for v in smaller if v)


def _grown(shape: Shape, by_m: float) -> tuple[Shape, ...]:
    """Return areas that together are an area grown by a distance, or none where that is not known.

    A polygon is made smaller by nothing here: whether a point is surely inside is asked for itself.
    """
    if by_m == 0.0:
        return (shape,)
    match shape:
        case Circle():
            radius_m = shape.radius_m + by_m
            return (Circle(centre=shape.centre, radius_m=radius_m),) if radius_m > 0.0 else ()
        case Corridor():
            width_m = shape.width_m + 2.0 * by_m
            if width_m <= _LEAST_M:
                return ()
            return (Corridor(vertices=shape.vertices, width_m=width_m, edges=shape.edges),)
        case Polygon():
            if by_m < 0.0:
                return ()
            rings = (shape.exterior, *shape.holes)
            bands = [
                Corridor(vertices=(*ring, ring[0]), width_m=2.0 * by_m, edges=shape.edges)
                for ring in rings
            ]
            return (shape, *bands)


# ---- sides and distances ------------------------------------------------------------------------


def _of_side(
    own: str,
    name: str,
    line: Boundary,
    side: Side,
    from_us: int,
    by: tuple[str, ...],
) -> Thing:
    """Return a side of a line that no clause speaks of: whoever says so says it alone."""
    who = tuple(dict.fromkeys(by)) or line.asserted_by
    by_own = who == (own,)
    if by_own:
        because = f"said by {own} itself"
    else:
        because = f"asserted by {', '.join(who)} alone: advisory, no duty"
        because = because if who else "no clause of the text speaks of this side: no duty"
    begin_us = from_us if line.from_us is None else max(from_us, line.from_us)
    return _side_thing(
        name, line, side, begin_us, line.to_us, who, because, 0.0, line.version, binding=by_own
    )


def _side_thing(
    name: str,
    line: Boundary,
    side: Side,
    from_us: int,
    to_us: int | None,
    by: tuple[str, ...],
    because: str,
    away_m: float,
    version: int,
    *,
    binding: bool,
    classes: tuple[str, ...] = (),
) -> Thing:
    def field(at: Position, reach_m: float) -> Answer:
        answer = side_of(line, at, reach_m + away_m)
        nominal = "in" if answer.nominal == side else "out"
        decided = answer.decided if answer.decided == UNDECIDED else nominal
        if nominal == "in" and away_m > 0.0:
            # The distance only makes "out" harder: on the side itself one surely is too near.
            sure = side_of(line, at, reach_m)
            decided = UNDECIDED if sure.decided == UNDECIDED else "in"
        return Answer(
            nominal=nominal, decided=decided, margin_m=answer.margin_m, because=answer.because
        )

    return Thing(
        name=name,
        kind="stand-off" if away_m else "side",
        version=version,
        side=side,
        from_us=from_us,
        to_us=to_us,
        by=by,
        binding=binding,
        because=because,
        point=lambda at: field(at, 0.0),
        classes=classes,
        field=field,
        anchors=(line.vertices[0], line.vertices[-1]),
        vertices=len(line.vertices),
    )


def _window_of(to: AppliesTo, from_us: int) -> tuple[int, int | None]:
    return (from_us if to.from_us is None else max(from_us, to.from_us)), to.to_us


def _clause_binds(
    own: str, text: Agreement, clause: StandOff | BoundaryRule, from_us: int
) -> tuple[bool, str]:
    to = clause.applies_to
    if not text.binds(own) or not text.in_force(from_us):
        return False, f"{text.id} is not in force for {own} then: no duty"
    if to.parties and own not in to.parties:
        return False, f"clause {clause.id} is for {', '.join(to.parties)}, not for {own}: no duty"
    return True, f"clause {clause.id} of {text.id}"


def _of_side_rule(
    state: State, scope: Scope, text: Agreement, clause: BoundaryRule, from_us: int, own: str
) -> Thing:
    line = _boundary(state, scope, text, clause.boundary, from_us)
    if line is None:
        raise InputFault(f"boundary of clause {clause.id}", value=clause.boundary, wanted="a line")
    binding, because = _clause_binds(own, text, clause, from_us)
    begin_us, to_us = _window_of(clause.applies_to, from_us)
    side: Side = "left" if clause.side == "right" else "right"
    return _side_thing(
        clause.id, line, side, begin_us, to_us, tuple(p.id for p in text.parties), because, 0.0,
        text.version, binding=binding, classes=clause.applies_to.classes,
    )  # fmt: skip


def _of_stand_off(
    state: State, scope: Scope, text: Agreement, clause: StandOff, from_us: int, own: str
) -> Thing:
    binding, because = _clause_binds(own, text, clause, from_us)
    begin_us, to_us = _window_of(clause.applies_to, from_us)
    by = tuple(p.id for p in text.parties)
    classes, away_m = clause.applies_to.classes, clause.distance_m
    if clause.boundary and clause.side:
        line = _line_of(state, scope, text, clause, from_us)
        other: Side = "left" if clause.side == "right" else "right"
        return _side_thing(
            clause.id, line, other, begin_us, to_us, by, because, away_m, text.version,
            binding=binding, classes=classes,
        )  # fmt: skip
    found: Boundary | Zone | Place
    if clause.boundary:
        found = _line_of(state, scope, text, clause, from_us)
    else:
        found = _far_thing(state, scope, text, clause, from_us)

    def field(at: Position, reach_m: float) -> Answer:
        return stand_off(found, at, away_m, reach_m)

    anchors, vertices = _anchors(found)
    return Thing(
        name=clause.id, kind="stand-off", version=text.version, side="", from_us=begin_us,
        to_us=to_us, by=by, binding=binding, because=because, point=lambda at: field(at, 0.0),
        classes=classes, field=field, anchors=anchors, vertices=vertices,
    )  # fmt: skip


def _anchors(found: Boundary | Zone | Place) -> tuple[tuple[Position, ...], int]:
    """Return points of what is kept away from, and how many vertices it has."""
    if isinstance(found, Boundary):
        return (found.vertices[0], found.vertices[-1]), len(found.vertices)
    if isinstance(found, Place):
        return (found.position,), 1
    shape = found.shape
    if isinstance(shape, Circle):
        return (shape.centre,), _vertices(shape)
    ring = shape.vertices if isinstance(shape, Corridor) else shape.exterior
    return ring[:1], _vertices(shape)


def _vertices(shape: Shape) -> int:
    match shape:
        case Circle():
            return 1
        case Corridor():
            return len(shape.vertices)
        case Polygon():
            return len(shape.exterior) + sum(len(hole) for hole in shape.holes)


def _line_of(
    state: State, scope: Scope, text: Agreement, clause: StandOff, from_us: int
) -> Boundary:
    line = _boundary(state, scope, text, clause.boundary, from_us)
    if line is None:
        raise InputFault(f"boundary of clause {clause.id}", value=clause.boundary, wanted="a line")
    return line


def _far_thing(
    state: State, scope: Scope, text: Agreement, clause: StandOff, from_us: int
) -> Zone | Place:
    found: Zone | Place | None
    if clause.zone:
        found = _zone(state, scope, text, clause.zone, from_us)
    else:
        found = next((p for p in text.places if p.id == clause.place), None)
    if found is None:
        what = f"what clause {clause.id} keeps away from"
        raise InputFault(what, value=clause.zone or clause.place, wanted="a known zone or place")
    return found
