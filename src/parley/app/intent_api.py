"""The operations of the JSON API on conflicts of intents, and on what one would meet."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from parley.app.config import decode_json
from parley.app.http import Refusal, json_reply
from parley.app.intent_views import (
    CheckShown,
    ConflictsView,
    IntentsView,
    check_shown,
    conflicts_shown,
    intents_shown,
)
from parley.app.openapi import Operation, Parameter
from parley.app.service import Service
from parley.node.inputs import FileIntent
from parley.node.rules.intents import check_intent
from parley.world.faults import InputFault
from parley.world.limits import INTENTS_SHOWN_MAX

_NUMBER_MAX = 10**9
_Number = Annotated[int, msgspec.Meta(ge=0)]
_PARAMETERS = (
    Parameter("first", "query", _Number, "So many of them are left out before; 0 without it."),
    Parameter("count", "query", _Number, f"So many at most; never above {INTENTS_SHOWN_MAX}."),
)


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > len(str(_NUMBER_MAX)):
        raise Refusal(400, InputFault(f"query {name}", value=text, wanted="a number, 0 or more"))
    return int(text)


def intent_operations(
    service: Service, acting_body: Callable[[Request], Awaitable[bytes]]
) -> list[Operation]:
    """Return the operations.

    Args:
        service: the node's.
        acting_body: reads the body of a request that has leave to act here.
    """

    async def intents(request: Request) -> Response:
        first, count = _number(request, "first", 0), _number(request, "count", INTENTS_SHOWN_MAX)
        return json_reply(intents_shown(service.state, service.clock(), first=first, count=count))

    async def conflicts(request: Request) -> Response:
        del request
        return json_reply(conflicts_shown(service.state, service.clock()))

    async def check(request: Request) -> Response:
        data = await acting_body(request)
        try:
            act = decode_json(data, FileIntent, "intent")
        except InputFault as fault:
            raise Refusal(422, fault) from None
        try:
            found = check_intent(service.state, act, service.clock())
        except InputFault as fault:
            raise Refusal(409, fault) from None
        return json_reply(check_shown(found))

    return [
        Operation(
            "GET", "/api/intents",
            "Operational intents of every party, those that stand first, and how many there are.",
            intents, IntentsView, parameters=_PARAMETERS,
        ),
        Operation(
            "GET", "/api/intents/conflicts",
            "Overlaps of own intents with others: where, when, by how much, and who goes first.",
            conflicts, tuple[ConflictsView, ...],
        ),
        Operation(
            "POST", "/api/intents/check",
            "What an intent would meet, and the nearest free time, level and place; files nothing.",
            check, CheckShown, body=FileIntent,
        ),
    ]  # fmt: skip
