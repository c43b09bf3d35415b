"""The operations on telephone calls and relays: reading; acts go in by `POST /api/acts`."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from parley.app.call_views import CallsView, RelayView, calls_view, relays_view
from parley.app.custody_views import Receipts
from parley.app.http import json_reply
from parley.app.openapi import Operation, Parameter
from parley.app.service import Service


class CallApi:
    """What the API says of calls and relays.

    Args:
        service: the node's.
        receipts: when peers said that they held our entries.
    """

    def __init__(self, service: Service, receipts: Receipts) -> None:
        self._service = service
        self._receipts = receipts

    def operations(self) -> list[Operation]:
        """Return the table of operations."""
        line = Parameter("line", "query", str, "Only the calls on this line.")
        return [
            Operation(
                "GET", "/api/calls", "Telephone calls, newest first, each with both ends' word.",
                self._calls, CallsView, parameters=(line,),
            ),
            Operation(
                "GET", "/api/relays", "Messages to be passed on, and what became of them.",
                self._relays, tuple[RelayView, ...],
            ),
        ]  # fmt: skip

    async def _calls(self, request: Request) -> Response:
        line = request.query_params.get("line", "")
        now_us = self._service.clock()
        return json_reply(
            calls_view(self._service.state, now_us, line=line, receipts=self._receipts)
        )

    async def _relays(self, request: Request) -> Response:
        del request
        return json_reply(relays_view(self._service.state, self._service.clock()))
