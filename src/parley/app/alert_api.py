"""The operations of the API on alerts and formations: reading; acts go in by `POST /api/acts`."""

from __future__ import annotations

from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from parley.app.alert_views import (
    ALERTS_SHOWN_MAX,
    AlertsView,
    AlertView,
    alert_view,
    alerts_view,
)
from parley.app.formation_views import FormationsView, formations_view
from parley.app.http import Refusal, json_reply
from parley.app.openapi import Operation, Parameter
from parley.app.service import Service
from parley.world.faults import InputFault

_DIGITS_MAX = 15
_Number = Annotated[int, msgspec.Meta(ge=0)]
_PARAMETERS = (
    Parameter("first", "query", _Number, "So many of them are left out before; 0 without it."),
    Parameter("count", "query", _Number, f"So many at most; never above {ALERTS_SHOWN_MAX}."),
)
_PLACE = (
    Parameter("log", "path", str, "The origin of the log of the alert, with its slashes."),
    Parameter("index", "path", _Number, "Its index there."),
)


def _number(text: str | None, what: str, default: int) -> int:
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > _DIGITS_MAX:
        raise Refusal(400, InputFault(what, value=text, wanted="a number, 0 or more"))
    return int(text)


def alert_operations(service: Service) -> list[Operation]:
    """Return the operations."""

    async def alerts(request: Request) -> Response:
        query = request.query_params
        first = _number(query.get("first"), "query first", 0)
        count = _number(query.get("count"), "query count", ALERTS_SHOWN_MAX)
        view = alerts_view(service.state, service.feeds, service.clock(), first=first, count=count)
        return json_reply(view)

    async def alert(request: Request) -> Response:
        index = _number(request.path_params["index"], "alert index", 0)
        key = (request.path_params["log"], index)
        try:
            return json_reply(alert_view(service.state, key, service.clock()))
        except InputFault as fault:
            raise Refusal(404, fault) from None

    async def formations(request: Request) -> Response:
        del request
        return json_reply(formations_view(service.state, service.clock()))

    return [
        Operation(
            "GET", "/api/alerts",
            "Open alerts by time to loss, who has them and who acted, and what is not watched.",
            alerts, AlertsView, parameters=_PARAMETERS,
        ),
        Operation(
            "GET", "/api/alerts/{log:path}/{index}",
            "One alert, open or over, with all inputs that its evaluation needs.",
            alert, AlertView, parameters=_PLACE,
        ),
        Operation(
            "GET", "/api/formations",
            "Flights that parties declared to fly as one: who confirmed, and whether it counts.",
            formations, FormationsView,
        ),
    ]  # fmt: skip
