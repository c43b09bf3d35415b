"""Directed lines on the map with named sides: a river, a division line, a line of contact.

Sides are left and right, looking along the vertices; "west of the river" is a name for one of them.
Rules: within the uncertainty of the line, or beyond its ends, the side is undecided; a line drawn
from a place is no more certain than the place. A line that meets itself has no sides and is
refused. A line binds only who agreed to it. Not here: when something crossed it (`detect`), lines
of communication.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from functools import cached_property

import msgspec

from parley.world.faults import InputFault
from parley.world.geo import (
    UNDECIDED,
    Answer,
    EdgeMeaning,
    Polyline,
    Position,
    checked_uncertainty_m,
    course_at_deg,
    destination,
    distance_m,
    judged,
    polyline,
)
from parley.world.geo import bearing_deg as geodesic_bearing_deg
from parley.world.line_search import Nearest, nearest_on_line
from parley.world.place import Place, checked_name
from parley.world.shape import check_line_is_simple
from parley.world.volume import check_window, in_window

_RADIUS_M = 6_371_008.8
_OFFSET_MAX_M = 1_000_000.0


class Boundary(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, dict=True):
    """A directed line with named sides, one version of it.

    Args:
        id: the same in all versions.
        vertices: in the direction of the line.
        edges: what lies between two vertices.
        direction: the direction in words ("downstream").
        left: name of the side to the left of the direction.
        right: name of the side to the right.
        uncertainty_m: how far the line may lie from where it is drawn.
        agreed_by: parties bound by it.
        asserted_by: parties that say so; alone it binds nobody else.
        from_us: in force from; None is open.
        to_us: in force up to but not including; None is open.
        version: counts up.
        sources: where the course comes from.

    Raises:
        InputFault: fewer than 2 vertices, edges that meet (both are named), sides with one name, a
            party named twice, a window without an instant.
    """

    id: str
    vertices: tuple[Position, ...]
    name: str = ""
    edges: EdgeMeaning = "planar"
    direction: str = ""
    left: str = "left"
    right: str = "right"
    uncertainty_m: float = 0.0
    agreed_by: tuple[str, ...] = ()
    asserted_by: tuple[str, ...] = ()
    from_us: int | None = None
    to_us: int | None = None
    version: int = 1
    sources: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        what = f"boundary {checked_name(self.id, 'boundary id')}"
        check_line_is_simple(self.line, what)
        checked_uncertainty_m(self.uncertainty_m, f"{what} uncertainty")
        if self.left == self.right:
            raise InputFault(f"{what} sides", value=self.left, wanted="two different names")
        check_parties(self.agreed_by, self.asserted_by, what)
        check_window(self.from_us, self.to_us)
        check_version(self.version, what)

    @cached_property
    def line(self) -> Polyline:
        """The vertices as columns."""
        return polyline(self.vertices, self.edges, what=f"boundary {self.id}")


def check_parties(agreed_by: tuple[str, ...], asserted_by: tuple[str, ...], what: str) -> None:
    """Raise if a party stands twice in one of the two lists, or has no name.

    Raises:
        InputFault: as said.
    """
    for kind, parties in (("agreed by", agreed_by), ("asserted by", asserted_by)):
        for party in parties:
            checked_name(party, f"{what} {kind}")
        if len(set(parties)) < len(parties):
            raise InputFault(f"{what} {kind}", value=", ".join(parties), wanted="each party once")


def check_version(version: int, what: str) -> None:
    """Raise unless the version counts from 1.

    Raises:
        InputFault: 0 or less.
    """
    if version < 1:
        raise InputFault(f"{what} version", value=version, wanted="1 or more")


def side_of(boundary: Boundary, position: Position, uncertainty_m: float = 0.0) -> Answer:
    """Return "left" or "right" of the line, looking along its direction.

    Decided only if both the line and the region beyond its ends are further away than the
    uncertainties of line and position together; `margin_m` is the lesser of the two distances, or
    of what is known of them. Beyond the ends the nominal side is that of the first or last edge,
    extended.

    Args:
        boundary: the line.
        position: where.
        uncertainty_m: of the position; that of the line is added.

    >>> top = Position(lat_deg=43.3, lon_deg=-115.9)
    >>> foot = Position(lat_deg=43.1, lon_deg=-115.9)
    >>> line = Boundary(id="LINE-DIV", vertices=(top, foot), uncertainty_m=100.0)
    >>> side_of(line, Position(lat_deg=43.2, lon_deg=-115.8)).decided  # east, looking south
    'left'
    """
    total_m = checked_uncertainty_m(uncertainty_m) + boundary.uncertainty_m
    foot = nearest_on_line(position, boundary.line)
    sides = {"left": boundary.left, "right": boundary.right}
    because = f"{foot.distance_m:.0f} m {foot.side} of {boundary.id}, uncertainty {total_m:.0f} m"
    if sides[foot.side] != foot.side:
        because += f" ({sides[foot.side]})"
    if foot.beyond:
        because += f"; beyond the {foot.beyond} of the line"
        return judged(foot.side, margin_m=0.0, uncertainty_m=total_m, because=because)
    margin_m = min(foot.distance_m, _clear_of_ends_m(boundary.line, position, foot))
    if margin_m <= total_m < foot.distance_m:
        because += "; too near the end of the line"
    return judged(foot.side, margin_m=margin_m, uncertainty_m=total_m, because=because)


def _clear_of_ends_m(line: Polyline, position: Position, foot: Nearest) -> float:
    """Return a distance within which no point is beyond an end of the line.

    Whatever lies beyond an end has that end as its nearest point. So it is on the far side of the
    perpendicular there; and by the triangle inequality no point that has the end as its nearest is
    closer than half of what the end is further away than the line.
    """
    last = len(line.length_m) - 1
    clear_m = []
    for edge, fraction, turn_deg in ((0, 0.0, 0.0), (last, 1.0, 180.0)):
        end, course_deg = course_at_deg(line, edge, fraction)
        away_m = distance_m(end, position)
        off_rad = math.radians(geodesic_bearing_deg(end, position) - course_deg - turn_deg)
        # Distance to a great circle; 1 % off for the ellipsoid, so that it is never too much.
        sine = math.sin(away_m / _RADIUS_M) * math.cos(off_rad)
        inward_m = 0.99 * _RADIUS_M * math.asin(max(-1.0, min(1.0, sine)))
        clear_m.append(max((away_m - foot.distance_m) / 2.0, inward_m, 0.0))
    return min(clear_m)


class SideNamed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which side words like "west of the river" mean: a name of a side, never a compass test.

    `side` is "left" or "right"; `decided` is the same, or "undecided" where the words fit no side,
    or both. `because` says how it was found.
    """

    side: str
    decided: str
    name: str
    because: str


_COMPASS_DEG = {
    "north": 0.0, "northeast": 45.0, "east": 90.0, "southeast": 135.0,
    "south": 180.0, "southwest": 225.0, "west": 270.0, "northwest": 315.0,
}  # fmt: skip
_FILLERS = frozenset({"a", "of", "on", "side", "the", "to"})
_ALONG_DEG = 30.0
"""A compass word this near to the way the line runs, or to its way back, names no side of it."""


def side_named(boundary: Boundary, words: str) -> SideNamed:
    """Return the side of a line that words name.

    The sides' own names come first: the agreement may call the right bank "west" where the river
    runs from west to east, and then its western part is no side at all. Only where neither name
    has the words, or both have, the compass decides, by the course from the first vertex to the
    last.

    Args:
        boundary: the line.
        words: "west", "west of the river", "right bank", "left".

    Raises:
        InputFault: no word at all.

    >>> ends = (Position(lat_deg=36.8, lon_deg=38.0), Position(lat_deg=34.5, lon_deg=41.0))
    >>> side_named(Boundary(id="R", vertices=ends), "west of the river").side
    'right'
    """
    joined = re.sub(r"(north|south)[- ](east|west)", r"\1\2", words.casefold())
    wanted = [word for word in re.findall(r"[^\W_]+", joined) if word not in _FILLERS]
    if not wanted:
        raise InputFault(
            f"side of {boundary.id}", value=words, wanted='words: "west", "right bank"'
        )
    named = {"left": boundary.left, "right": boundary.right}
    told = next((w for w in wanted if w in named or w in _COMPASS_DEG), wanted[0])
    hits = [side for side in named if told in re.findall(r"[^\W_]+", named[side].casefold())]
    if not hits and told in named:
        hits = [told]
    if len(hits) == 1:
        because = (
            f'{boundary.id} calls its {hits[0]} side "{named[hits[0]]}"; a name, not a compass'
        )
        return SideNamed(side=hits[0], decided=hits[0], name=named[hits[0]], because=because)
    if told not in _COMPASS_DEG:
        because = f"{boundary.id} has no side of that name, or two: {', '.join(named.values())}"
        return SideNamed(side=UNDECIDED, decided=UNDECIDED, name="", because=because)
    course_deg = geodesic_bearing_deg(boundary.vertices[0], boundary.vertices[-1])
    off_deg = (_COMPASS_DEG[told] - course_deg) % 360.0
    side = "right" if off_deg < 180.0 else "left"
    along = min(off_deg % 180.0, 180.0 - off_deg % 180.0) < _ALONG_DEG
    because = f"{boundary.id} runs {course_deg:.0f} degrees from first to last vertex"
    because += f": {told} is along it, no side" if along else f": {told} of it is its {side}"
    return SideNamed(
        side=side, decided=UNDECIDED if along else side, name=named[side], because=because
    )


def distance_to_boundary_m(boundary: Boundary, position: Position) -> float:
    """Return the geodesic distance in metres from the position to the line as drawn."""
    return nearest_on_line(position, boundary.line).distance_m


def offset_boundary(
    place: Place,
    bearing_deg: float,
    distance_m: float,
    *,
    boundary_id: str,
    half_length_m: float,
    name: str = "",
    uncertainty_m: float = 0.0,
    agreed_by: tuple[str, ...] = (),
    asserted_by: tuple[str, ...] = (),
    sources: tuple[str, ...] = (),
) -> Boundary:
    """Return the line at a stated distance from a place, square to the bearing.

    The place lies on its left.

    It inherits the uncertainty of the place: "2 km from Ja'Din" is no better known than Ja'Din.

    Args:
        place: where the distance is measured from.
        bearing_deg: true, from the place to the line.
        distance_m: from the place to the line.
        boundary_id: of the new line.
        half_length_m: how far it runs either way from the foot.
        name: of the new line; by default in words.
        uncertainty_m: of the distance itself; added to that of the place.
        agreed_by: see `Boundary`.
        asserted_by: see `Boundary`.
        sources: see `Boundary`.

    Raises:
        InputFault: a distance or length that is not positive.
    """
    for what, value_m in (("offset distance", distance_m), ("offset half length", half_length_m)):
        if not 0.0 < value_m <= _OFFSET_MAX_M:
            raise InputFault(what, value=value_m, wanted=f"above 0, to {_OFFSET_MAX_M:.0f} m")
    foot = destination(place.position, bearing_deg, distance_m)
    # Square to the bearing as it is at the line: it turns on the way, faster towards a pole.
    back_deg = geodesic_bearing_deg(foot, place.position)
    ends = tuple(destination(foot, back_deg + turn, half_length_m) for turn in (-90.0, 90.0))
    return Boundary(
        id=boundary_id,
        name=name or f"{distance_m:.0f} m from {place.name}, bearing {bearing_deg % 360.0:.0f}",
        vertices=(ends[0], foot, ends[1]),
        edges="geodesic",
        direction=f"bearing {(bearing_deg - 90.0) % 360.0:.0f}",
        left=f"the side of {place.name}",
        right="the far side",
        uncertainty_m=place.uncertainty_m + checked_uncertainty_m(uncertainty_m),
        agreed_by=agreed_by,
        asserted_by=asserted_by,
        sources=sources,
    )


def boundary_in_force(
    versions: Iterable[Boundary], at_us: int, party: str | None = None
) -> Boundary | None:
    """Return the newest version whose window holds the instant; None if there is none.

    Args:
        versions: of one line.
        at_us: the instant asked for.
        party: if given, only versions which this party agreed to: what binds it then.

    Raises:
        InputFault: versions of different lines, or one version number twice.
    """
    known = list(versions)
    if len({boundary.id for boundary in known}) > 1:
        names = ", ".join(sorted({boundary.id for boundary in known}))
        raise InputFault("boundary versions", value=names, wanted="versions of one line")
    if len({boundary.version for boundary in known}) < len(known):
        raise InputFault(f"boundary {known[0].id} versions", wanted="each version number once")
    holding = [
        boundary
        for boundary in known
        if in_window(boundary.from_us, boundary.to_us, at_us).nominal == "in"
        and (party is None or party in boundary.agreed_by)
    ]
    return max(holding, key=lambda boundary: boundary.version, default=None)
