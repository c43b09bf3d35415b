"""The operation of the JSON API that reads conformance, margins to lines and the known area."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from parley.app.conformance_views import ConformanceView, conformance_view
from parley.app.http import json_reply
from parley.app.openapi import Operation
from parley.app.service import Service


def conformance_operations(service: Service) -> list[Operation]:
    """Return the operations on conformance of one node."""

    async def conformance(request: Request) -> Response:
        del request
        return json_reply(conformance_view(service.state, service.clock()))

    return [
        Operation(
            "GET", "/api/conformance",
            "Flights against their intents, how near they fly to lines, and where they ever were.",
            conformance, ConformanceView,
        ),
    ]  # fmt: skip
