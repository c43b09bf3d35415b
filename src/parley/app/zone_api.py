"""Operations of the JSON API on zones and pressure: which version held, which QNH counts."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from parley.app.http import Refusal, json_reply
from parley.app.openapi import Operation, Parameter
from parley.app.service import Service
from parley.node.rules.agreements import adopted_agreement
from parley.node.rules.pressure import PressureView, pressure_views
from parley.node.rules.zones import ZoneHeld, zone_held
from parley.world.faults import InputFault
from parley.world.time import parse_instant_us


def zone_operations(service: Service) -> list[Operation]:
    """Return the operations on the versions of zones, and on the pressure sources, of one node."""

    async def pressure(request: Request) -> Response:
        del request
        return json_reply(pressure_views(service.state, service.clock()))

    async def version(request: Request) -> Response:
        query = request.query_params
        try:
            agreement = adopted_agreement(service.state, query.get("agreement", ""))
            text = query.get("at")
            at_us = service.clock() if text is None else parse_instant_us(text, "query at")
        except InputFault as fault:
            raise Refusal(400, fault) from None
        party = query.get("party") or service.state.party
        zone = request.path_params["zone"]
        return json_reply(zone_held(service.state, agreement.id, zone, at_us, party))

    named = (
        Parameter("zone", "path", str, "The zone."),
        Parameter("agreement", "query", str, "The agreement."),
        Parameter("at", "query", str, "The instant, RFC 3339; now without it."),
        Parameter("party", "query", str, "For whom; else this party."),
    )
    return [
        Operation(
            "GET", "/api/zones/{zone}/version", "Which version of a zone was in force for whom.",
            version, ZoneHeld, parameters=named,
        ),
        Operation(
            "GET", "/api/pressure", "By which QNH each agreement compares levels and altitudes.",
            pressure, tuple[PressureView, ...],
        ),
    ]  # fmt: skip
