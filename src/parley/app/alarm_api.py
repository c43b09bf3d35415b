"""The operations of the API about alarms: what stands, and test calls to every contact."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from parley.app.alarm_views import AlarmsView, TestCalled, alarms_view
from parley.app.config import decode_json
from parley.app.http import Refusal, json_reply
from parley.app.openapi import Operation
from parley.app.service import Service
from parley.world.faults import InputFault


class TestCall(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Call every contact with a text that says it is a test; of one post, or of all."""

    __test__ = False

    post: str | None = None


def alarm_operations(
    service: Service, acting_body: Callable[[Request], Awaitable[bytes]]
) -> list[Operation]:
    """Return the operations; `acting_body` gives the body of a request that may act."""

    async def show(request: Request) -> Response:
        del request
        return json_reply(alarms_view(service.state, service.clock(), service.calls))

    async def test(request: Request) -> Response:
        data = await acting_body(request)
        try:
            wanted = decode_json(data, TestCall, "test call")
        except InputFault as fault:
            raise Refusal(422, fault) from None
        if service.calls is None:
            repair = "name contacts in the [alarm] table of node.toml (docs/alarms.md)"
            nobody = InputFault("alarm contacts", value="none", wanted="some", repair=repair)
            raise Refusal(409, nobody)
        try:
            return json_reply(await service.calls.test(wanted.post))
        except InputFault as fault:
            raise Refusal(409, fault) from None

    return [
        Operation(
            "GET", "/api/alarms", "What somebody here must see now, and who was called.",
            show, AlarmsView,
        ),
        Operation(
            "POST", "/api/alarms/test", "Call every contact with a test, and say how it went.",
            test, tuple[TestCalled, ...], body=TestCall,
        ),
    ]  # fmt: skip
