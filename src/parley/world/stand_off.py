"""Stand-off distances: whether a position is nearer to a line, a zone or a place than agreed.

Rules: three-valued like every answer about where something is; the uncertainties of position and
object add; "10 km from the line" is no better known than the line. Nearer than the distance is
"in", at or beyond it "out". Beyond the end of a line "in" may be decided and "out" never: where
the line goes on nobody drew. Not here: whose duty it is and since when (`node.rules`, `review`).
"""

from __future__ import annotations

from typing import Literal

from parley.world.boundary import Boundary, side_of
from parley.world.faults import InputFault
from parley.world.geo import UNDECIDED, Answer, Position, checked_uncertainty_m, distance_m, judged
from parley.world.line_search import nearest_on_line
from parley.world.place import Place
from parley.world.shape import contains
from parley.world.zone import Zone

STAND_OFF_MAX_M = 1_000_000.0


def stand_off(
    thing: Boundary | Zone | Place,
    position: Position,
    distance_m: float,
    uncertainty_m: float = 0.0,
    *,
    side: Literal["left", "right", ""] = "",
) -> Answer:
    """Return "in" if the position is nearer to the thing than the distance, else "out".

    `margin_m` is how far the position is from the distance. Heights do not count. The exclusions of
    a zone do not count either: its outline is what is kept away from.

    Args:
        thing: a boundary, a zone (0 inside its outline), or a place.
        position: where.
        distance_m: the stand-off distance.
        uncertainty_m: of the position; that of the thing is added.
        side: of a boundary, on which one keeps: all of the other side is "in" then.

    Raises:
        InputFault: a distance that is not above 0, a side of what has none.

    >>> town = Place(id="p", name="Ja'Din", position=Position(lat_deg=35.6, lon_deg=38.5),
    ...              uncertainty_m=10_000.0)
    >>> stand_off(town, Position(lat_deg=35.6, lon_deg=38.58), 2_000.0).decided  # 7.2 km away
    'undecided'
    """
    if not 0.0 < distance_m <= STAND_OFF_MAX_M:
        wanted = f"above 0, to {STAND_OFF_MAX_M:.0f} m"
        raise InputFault("stand-off distance", value=distance_m, wanted=wanted)
    if side and not isinstance(thing, Boundary):
        raise InputFault(f"stand-off side of {thing.id}", value=side, wanted="only of a boundary")
    total_m = checked_uncertainty_m(uncertainty_m) + thing.uncertainty_m
    away_m, beyond = signed_away_m(thing, position)
    if side and isinstance(thing, Boundary):
        there = side_of(thing, position, uncertainty_m)
        if there.nominal != side:
            away_m = -away_m
    nominal = "in" if away_m < distance_m else "out"
    where = f"{away_m:.0f} m from" if away_m >= 0.0 else f"inside, {-away_m:.0f} m from the edge of"
    if side and away_m < 0.0:
        where = f"on the other side, {-away_m:.0f} m from"
    because = f"{where} {thing.id}, stand-off {distance_m:.0f} m, uncertainty {total_m:.0f} m"
    answer = judged(
        nominal, margin_m=abs(distance_m - away_m), uncertainty_m=total_m, because=because
    )
    if beyond and (nominal == "out" or away_m < 0.0):
        because += f"; beyond the {beyond} of the line as it is drawn"
        return Answer(nominal=nominal, decided=UNDECIDED, margin_m=0.0, because=because)
    return answer


def signed_away_m(thing: Boundary | Zone | Place, position: Position) -> tuple[float, str]:
    """Return how far away the thing is as drawn, and past which end of a line the position lies.

    Inside a zone the distance to its outline is negative; of lines and places it never is.
    """
    match thing:
        case Boundary():
            foot = nearest_on_line(position, thing.line)
            return foot.distance_m, foot.beyond
        case Zone():
            answer = contains(thing.shape, position)
            assert answer.margin_m is not None, "a shape alone always has a margin"
            return -answer.margin_m if answer.nominal == "in" else answer.margin_m, ""
        case Place():
            return distance_m(thing.position, position), ""
