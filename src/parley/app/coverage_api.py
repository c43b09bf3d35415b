"""The operations of the JSON API that read the coverage from the feeds' own history."""

from __future__ import annotations

from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from parley.app.coverage_views import (
    CELLS_SHOWN_MAX,
    BandThere,
    CoverageView,
    coverage_geojson,
    coverage_view,
    place_coverage,
)
from parley.app.http import Refusal, json_reply
from parley.app.layer_views import GEOJSON
from parley.app.openapi import Operation, Parameter
from parley.app.service import Service
from parley.world.faults import InputFault
from parley.world.geo import Position

_DIGITS_MAX = 9
_Number = Annotated[int, msgspec.Meta(ge=0)]
_CELLS = (
    Parameter("feed", "query", str, "Only the cells of this feed."),
    Parameter("first", "query", _Number, "So many of them are left out before; 0 without it."),
    Parameter("count", "query", _Number, f"So many at most; never above {CELLS_SHOWN_MAX}."),
)
_PLACE = (
    Parameter("lat_deg", "query", float, "The place."),
    Parameter("lon_deg", "query", float, "The place."),
)


def coverage_operations(service: Service) -> list[Operation]:
    """Return the operations."""

    async def coverage(request: Request) -> Response:
        del request
        return json_reply(coverage_view(service.state, service.clock()))

    async def cells(request: Request) -> Response:
        query = request.query_params
        drawn = coverage_geojson(
            service.state,
            service.clock(),
            feed=query.get("feed"),
            first=_number(query.get("first"), "query first", 0),
            count=_number(query.get("count"), "query count", CELLS_SHOWN_MAX),
        )
        return Response(msgspec.json.encode(drawn), media_type=GEOJSON)

    async def place(request: Request) -> Response:
        at = _position(request)
        return json_reply(place_coverage(service.state, at.lat_deg, at.lon_deg, service.clock()))

    return [
        Operation(
            "GET", "/api/coverage",
            "Where the feeds usually see aircraft, how far areas are covered, what is not watched.",
            coverage, CoverageView,
        ),
        Operation(
            "GET", "/api/coverage/geojson", "Cells by feed and height band, as GeoJSON.",
            cells, media=GEOJSON, parameters=_CELLS,
        ),
        Operation(
            "GET", "/api/coverage/place", "What is known of each height over one place.",
            place, tuple[BandThere, ...], parameters=_PLACE,
        ),
    ]  # fmt: skip


def _number(text: str | None, what: str, default: int) -> int:
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > _DIGITS_MAX:
        raise Refusal(400, InputFault(what, value=text, wanted="a number, 0 or more"))
    return int(text)


def _position(request: Request) -> Position:
    lat, lon = (request.query_params.get(name, "") for name in ("lat_deg", "lon_deg"))
    try:
        return Position(lat_deg=float(lat), lon_deg=float(lon))
    except InputFault as fault:
        raise Refusal(400, fault) from None
    except ValueError:
        wanted = "lat_deg and lon_deg, degrees"
        told = InputFault("query place", value=f"{lat} {lon}", wanted=wanted)
        raise Refusal(400, told) from None
