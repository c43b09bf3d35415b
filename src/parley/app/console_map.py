"""What lies still on the map: zones, boundaries, intents, layers and places, as coordinates.

Only reading. Outlines are rings of planar edges within `TOLERANCE_M` of the true ones: for looking,
never for deciding. Whose an object is and who agreed to it goes with it; its state (hot, cold, in
force) does not: that is in `/api/screen`, which has an instant.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from parley.app.console_outlines import LOOP_S_MAX, DrawnShape, Paper, Ring, ring_of
from parley.app.http import Handler
from parley.app.layer_views import layer_at, layer_geojson
from parley.app.openapi import Operation, Parameter
from parley.app.service import Service
from parley.node.intent_table import Held
from parley.node.rules.intent_record import clock_of, read_intents, view_of
from parley.node.rules.zones import boundaries_of, zones_of
from parley.node.state import Scope, State
from parley.world.boundary import Boundary
from parley.world.faults import InputFault
from parley.world.intent import IntentState
from parley.world.shape import Corridor
from parley.world.volume import VerticalLimit
from parley.world.zone import Exclusion, Zone

INTENTS_DRAWN_MAX = 2_000
"""Intents on the map, those that stand first; how many more there are is said."""
VOLUMES_DRAWN_MAX = 10_000
_DIGITS = 7
NO_LINE = DrawnShape(why="no room for its line on this map")


class _View(msgspec.Struct, frozen=True, kw_only=True):
    pass


class MapZone(_View, frozen=True, kw_only=True):
    """A zone as drawn; `zone` with `agreement` is its name in `/api/screen`.

    `exclusions` and `exclusion_names` are pairs, in the same order.
    """

    zone: str
    agreement: str
    name: str
    kind: str
    shape: DrawnShape
    lower: VerticalLimit
    upper: VerticalLimit
    from_us: int | None
    to_us: int | None
    owner: str | None
    agreed_by: tuple[str, ...]
    asserted_by: tuple[str, ...]
    exclusions: tuple[DrawnShape, ...]
    exclusion_names: tuple[str, ...]
    uncertainty_m: float
    sources: tuple[str, ...]
    version: int


class MapBoundary(_View, frozen=True, kw_only=True):
    """A boundary as drawn, with its sides and the band within which its course is not decided."""

    boundary: str
    agreement: str
    name: str
    line: Ring
    band: DrawnShape
    direction: str
    left: str
    right: str
    uncertainty_m: float
    agreed_by: tuple[str, ...]
    asserted_by: tuple[str, ...]
    from_us: int | None
    to_us: int | None
    version: int


class MapVolume(_View, frozen=True, kw_only=True):
    """A volume of an intent: outline, limits, window."""

    shape: DrawnShape
    lower: VerticalLimit
    upper: VerticalLimit
    from_us: int | None
    to_us: int | None


class MapIntent(_View, frozen=True, kw_only=True):
    """An operational intent that stands, with its volumes."""

    intent: str
    agreement: str
    party: str
    flight: str
    state: str
    priority: str
    version: int
    volumes: tuple[MapVolume, ...]


class MapLayer(_View, frozen=True, kw_only=True):
    """A dated layer behind the map; it decides nothing."""

    layer: str
    agreement: str
    geojson: dict[str, Any]


class MapPlace(_View, frozen=True, kw_only=True):
    """A place of an agreement's gazetteer."""

    place: str
    agreement: str
    name: str
    aliases: tuple[str, ...]
    role: str
    lon_deg: float
    lat_deg: float
    uncertainty_m: float


class MapView(_View, frozen=True, kw_only=True):
    """Everything that lies still; `left_out`: intents that are not drawn for want of room."""

    digest: str
    base_map: str
    zones: tuple[MapZone, ...]
    boundaries: tuple[MapBoundary, ...]
    intents: tuple[MapIntent, ...]
    layers: tuple[MapLayer, ...]
    places: tuple[MapPlace, ...]
    left_out: int = 0


class MapMaker:
    """Makes the map of a state, and keeps the last one while nothing was written.

    Args:
        loop_s: so long outlines that are new may take at once; what waits is drawn with the next.
    """

    def __init__(self, loop_s: float = LOOP_S_MAX) -> None:
        self._loop_s = loop_s
        self._version: object = None
        self._made: MapView | None = None
        self._sent: tuple[MapView, bytes] | None = None

    def make(self, state: State, now_us: int) -> MapView:
        """Return the map of now."""
        version = (
            tuple((log.name.origin, log.head.size) for log in state.logs()),
            tuple(sorted(state.agreements)),
            len(state.operative),
            now_us // 60_000_000,
        )
        if self._made is None or version != self._version:
            paper = Paper(self._loop_s)
            self._made = map_view(state, now_us, paper)
            self._version = version if paper.waits == 0 else None
        return self._made

    def encoded(self, state: State, now_us: int) -> bytes:
        """Return the map of now as it is sent, the same bytes to all who look."""
        made = self.make(state, now_us)
        if self._sent is None or self._sent[0] is not made:
            self._sent = made, msgspec.json.encode(made)
        return self._sent[1]


def map_view(state: State, now_us: int, paper: Paper) -> MapView:
    """Return what lies still on the map at an instant.

    Args:
        state: live, or of the past.
        now_us: the instant.
        paper: what there is room and time for: first what is agreed, then what parties assert.
    """
    zones, boundaries = tuple(_zones(state, now_us, paper)), tuple(_boundaries(state, paper))
    intents, left_out = _intents(state, now_us, paper)
    base_maps = {each.base_map for each in state.agreements.values()}
    # Borders are drawn only where every agreement chose them: one that did not would be overruled.
    base_map = base_maps.pop() if len(base_maps) == 1 else "coast and graticule"
    view = MapView(
        digest="",
        base_map=base_map,
        zones=zones,
        boundaries=boundaries,
        intents=intents,
        layers=tuple(_layers(state, now_us)),
        places=tuple(_places(state)),
        left_out=left_out,
    )
    digest = hashlib.sha256(msgspec.json.encode(view)).hexdigest()[:16]
    return msgspec.structs.replace(view, digest=digest)


def _zones(state: State, now_us: int, paper: Paper) -> list[MapZone]:
    found = [
        (name, known, zone)
        for name in sorted(state.agreements)
        for known, zone in sorted(zones_of(state, state.scope(name), now_us).items())
    ]
    # Those of the text first: what one party asserts takes no room of them.
    order = sorted(range(len(found)), key=lambda place: (bool(found[place][2].asserted_by), place))
    made = {place: _zone(*found[place], paper) for place in order}
    return [made[place] for place in range(len(found))]


def _zone(agreement: str, known: str, zone: Zone, paper: Paper) -> MapZone:
    return MapZone(
        zone=known,
        agreement=agreement,
        name=zone.name,
        kind=zone.kind,
        shape=paper.draw(zone.shape),
        lower=zone.lower,
        upper=zone.upper,
        from_us=zone.from_us,
        to_us=zone.to_us,
        owner=zone.owner,
        agreed_by=zone.agreed_by,
        asserted_by=zone.asserted_by,
        exclusions=tuple(_exclusion(each, paper) for each in zone.exclusions),
        exclusion_names=tuple(each.name for each in zone.exclusions),
        uncertainty_m=zone.uncertainty_m,
        sources=tuple(str(each) for each in zone.sources),
        version=zone.version,
    )


def _exclusion(excluded: Exclusion, paper: Paper) -> DrawnShape:
    """Return an excluded place as drawn: one for each name, whether it has an outline or not."""
    if excluded.shape is not None:
        return paper.draw(excluded.shape)
    at = excluded.position
    label = None if at is None else (round(at.lon_deg, _DIGITS), round(at.lat_deg, _DIGITS))
    return DrawnShape(label=label, why="its extent is not known")


def _boundaries(state: State, paper: Paper) -> Iterator[MapBoundary]:
    for name in sorted(state.agreements):
        for known, each in sorted(boundaries_of(state, state.scope(name)).items()):
            band = _band(each, paper)
            room = paper.takes(len(each.vertices))
            yield MapBoundary(
                boundary=known,
                agreement=name,
                name=each.name,
                line=ring_of(each.vertices) if room else (),
                band=band if room else NO_LINE,
                direction=each.direction,
                left=each.left,
                right=each.right,
                uncertainty_m=each.uncertainty_m,
                agreed_by=each.agreed_by,
                asserted_by=each.asserted_by,
                from_us=each.from_us,
                to_us=each.to_us,
                version=each.version,
            )


def _band(boundary: Boundary, paper: Paper) -> DrawnShape:
    if boundary.uncertainty_m <= 0.0:
        return DrawnShape()
    try:
        band = Corridor(
            vertices=boundary.vertices,
            width_m=2.0 * boundary.uncertainty_m,
            edges=boundary.edges,
        )
    except InputFault as fault:
        return DrawnShape(why=str(fault))
    return paper.draw(band)


def _intents(state: State, now_us: int, paper: Paper) -> tuple[tuple[MapIntent, ...], int]:
    """Return the intents that stand, the soonest first, and how many there was no room for."""
    standing = []
    for name in sorted(state.agreements):
        scope = state.scope(name)
        clock_us = clock_of(scope, now_us)
        standing += [
            (held.from_us or 0, name, scope, held)
            for held in read_intents(state, scope).held.values()
            if not held.over(clock_us) and held.state is not IntentState.ENDED
        ]
    standing.sort(key=lambda each: (each[0], each[1], each[3].party, each[3].id))
    made: list[MapIntent] = []
    volumes = 0
    for _, name, scope, held in standing[:INTENTS_DRAWN_MAX]:
        volumes += held.volumes
        if volumes > VOLUMES_DRAWN_MAX:
            break
        made += _intent(name, scope, held, paper)
    return tuple(made), len(standing) - len(made)


def _intent(name: str, scope: Scope, held: Held, paper: Paper) -> list[MapIntent]:
    view = view_of(scope, held)
    if view is None:
        return []
    intent = view.intent
    volumes = tuple(
        MapVolume(
            shape=paper.draw(each.shape), lower=each.lower, upper=each.upper,
            from_us=each.from_us, to_us=each.to_us,
        )
        for each in intent.volumes
    )  # fmt: skip
    made = MapIntent(
        intent=intent.id, agreement=name, party=view.party, flight=intent.flight,
        state=view.state.value, priority=intent.priority, version=intent.version, volumes=volumes,
    )  # fmt: skip
    return [made]


def _layers(state: State, now_us: int) -> Iterator[MapLayer]:
    for name, agreement in sorted(state.agreements.items()):
        for layer in layer_at(agreement.layers, now_us).values():
            yield MapLayer(layer=layer.id, agreement=name, geojson=layer_geojson(layer))


def _places(state: State) -> Iterator[MapPlace]:
    for name, agreement in sorted(state.agreements.items()):
        for place in agreement.places:
            yield MapPlace(
                place=place.id, agreement=name, name=place.name, aliases=place.aliases,
                role=place.role, lon_deg=round(place.position.lon_deg, _DIGITS),
                lat_deg=round(place.position.lat_deg, _DIGITS), uncertainty_m=place.uncertainty_m,
            )  # fmt: skip


def map_operations(
    service: Service, maker: MapMaker, past: Handler, parameters: tuple[Parameter, ...]
) -> list[Operation]:
    """Return the operation that gives the map of now, and of an instant of the past.

    Args:
        service: the node's.
        maker: of now.
        past: answers where an instant is asked for.
        parameters: by which it is.
    """

    async def whole(request: Request) -> Response:
        if not request.query_params.keys().isdisjoint(each.name for each in parameters):
            return await past(request)
        sent = maker.encoded(service.state, service.clock())
        return Response(sent, media_type="application/json")

    return [
        Operation(
            "GET", "/api/map", "What lies still on the map, as coordinates.", whole, MapView,
            parameters=parameters,
        )
    ]  # fmt: skip
