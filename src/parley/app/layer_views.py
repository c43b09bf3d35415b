"""What is drawn behind the map: dated layers of the agreements, whose they are, and GeoJSON.

Only reading. A layer decides nothing: it is agreed by nobody, no zone and no boundary, and stands
in none of their lists. Which one is shown for a day is chosen by the layers' own dates.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from parley.app.http import Refusal, json_reply
from parley.app.openapi import Operation, Parameter
from parley.app.page_html import Html, instant, said, table, tag
from parley.app.service import Service
from parley.node.state import State
from parley.world.agreement import Agreement, BackgroundLayer
from parley.world.faults import InputFault, nearest
from parley.world.geo import Position
from parley.world.shape import planar_rings
from parley.world.time import format_instant, parse_instant_us

DECIDES = "decides nothing"
GEOJSON = "application/geo+json"


class LayerShown(msgspec.Struct, frozen=True, kw_only=True):
    """A layer: what it draws, as of which days, whose drawing it is.

    `shown`: whether it is the one of its kind and name for the instant asked for. `age_days`: how
    long before that instant its own dates end; 0 while they hold it.
    """

    layer: str
    agreement: str
    kind: str
    name: str
    from_us: int
    to_us: int
    source: str
    uncertainty_m: float
    areas: int
    lines: int
    shown: bool
    age_days: float
    decides: str = DECIDES


def layer_at(layers: Iterable[BackgroundLayer], at_us: int) -> dict[str, BackgroundLayer]:
    """Return the layer to show at an instant, by kind and name: the last one drawn by then.

    One that was drawn later is never shown for an earlier day: nobody had it then. One whose days
    are over is shown still, with its age, until there is a later one.
    """
    found: dict[str, BackgroundLayer] = {}
    for layer in sorted(layers, key=lambda each: (each.as_of.from_us, each.as_of.to_us, each.id)):
        if layer.as_of.from_us <= at_us:
            found[f"{layer.kind} {layer.name}"] = layer
    return found


def layers_shown(state: State, at_us: int) -> tuple[LayerShown, ...]:
    """Return every layer of every agreement, by kind, name and date."""
    return tuple(
        _shown(agreement, layer, at_us, shown=layer in layer_at(agreement.layers, at_us).values())
        for _, agreement in sorted(state.agreements.items())
        for layer in sorted(
            agreement.layers, key=lambda each: (each.kind, each.name, each.as_of.from_us, each.id)
        )
    )


def _shown(agreement: Agreement, layer: BackgroundLayer, at_us: int, *, shown: bool) -> LayerShown:
    return LayerShown(
        layer=layer.id,
        agreement=agreement.id,
        kind=layer.kind,
        name=layer.name,
        from_us=layer.as_of.from_us,
        to_us=layer.as_of.to_us,
        source=layer.source,
        uncertainty_m=layer.uncertainty_m,
        areas=len(layer.areas),
        lines=len(layer.lines),
        shown=shown,
        age_days=round(max(0, at_us - layer.as_of.to_us) / 86_400e6, 3),
    )


def layer_geojson(layer: BackgroundLayer) -> dict[str, object]:
    """Return a layer as a GeoJSON feature collection (RFC 7946), each feature with whose it is."""
    properties = {
        "layer": layer.id,
        "kind": layer.kind,
        "name": layer.name,
        "as_of_from": format_instant(layer.as_of.from_us),
        "as_of_to": format_instant(layer.as_of.to_us),
        "source": layer.source,
        "uncertainty_m": layer.uncertainty_m,
        "decides": DECIDES,
    }
    shapes: list[dict[str, object]] = [
        {
            "type": "Polygon",
            "coordinates": [_coordinates([*ring, ring[0]]) for ring in planar_rings(area)],
        }
        for area in layer.areas
    ]
    shapes += [{"type": "LineString", "coordinates": _coordinates(line)} for line in layer.lines]
    features = [{"type": "Feature", "geometry": g, "properties": properties} for g in shapes]
    return {"type": "FeatureCollection", "features": features}


def _coordinates(points: Iterable[Position]) -> list[list[float]]:
    return [[round(p.lon_deg, 9), round(p.lat_deg, 9)] for p in points]


def layer_operations(service: Service) -> list[Operation]:
    """Return the operations of the JSON API that show them."""
    at = Parameter("at", "query", str, "The instant, RFC 3339; now without it.")
    layer = Parameter("layer", "path", str, "The layer.")
    agreement = Parameter("agreement", "query", str, "Where several have such a layer.")

    def instant_of(request: Request) -> int:
        text = request.query_params.get("at")
        if text is None:
            return service.clock()
        try:
            return parse_instant_us(text, "query at")
        except InputFault as fault:
            raise Refusal(400, fault) from None

    async def layers(request: Request) -> Response:
        return json_reply(layers_shown(service.state, instant_of(request)))

    async def drawn(request: Request) -> Response:
        name, under = request.path_params["layer"], request.query_params.get("agreement", "")
        every = [
            each
            for key, known in sorted(service.state.agreements.items())
            if under in ("", key)
            for each in known.layers
        ]
        found = [each for each in every if each.id == name]
        if len(found) != 1:
            names = sorted({each.id for each in every})
            close = nearest(name, names)
            repair = "name the agreement" if found else f"did you mean {close!r}?" if close else ""
            wanted = f"one of {', '.join(names) or 'none'}"
            raise Refusal(404, InputFault("layer", value=name, wanted=wanted, repair=repair))
        data = msgspec.json.encode(layer_geojson(found[0]))
        return Response(data, media_type=GEOJSON)

    return [
        Operation(
            "GET", "/api/layers", "Dated layers behind the map; they decide nothing.",
            layers, tuple[LayerShown, ...], parameters=(at,),
        ),
        Operation(
            "GET", "/api/layers/{layer}/geojson", "A layer's drawing as GeoJSON.",
            drawn, media=GEOJSON, parameters=(layer, agreement),
        ),
    ]  # fmt: skip


def layers_part(layers: tuple[LayerShown, ...]) -> Html | None:
    """Return the page's list of them; None where there is none."""
    if not layers:
        return None
    heads = ("Layer", "What", "As of", "Drawn by", "Shown now")
    return tag(
        "section",
        tag("h2", "Background layers"),
        tag("p", tag("strong", "They decide nothing"), ": agreed by nobody, no zone, no boundary."),
        table("What is drawn behind the map", heads, [_row(each) for each in layers]),
        id="layers",
    )


def _row(layer: LayerShown) -> list[object]:
    width = f", give or take {layer.uncertainty_m:.0f} m" if layer.uncertainty_m else ""
    word = "no: another date is" if not layer.shown else "yes"
    if layer.shown and layer.age_days >= 1.0:
        word = f"yes, {layer.age_days:.0f} days old"
    as_of = [instant(layer.from_us), " to ", instant(layer.to_us)]
    return [said(layer.name), f"{layer.kind}{width}", as_of, said(layer.source), word]
