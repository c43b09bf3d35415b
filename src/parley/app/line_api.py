"""The operations of the JSON API that read a line's past: at an instant, and when its word changed.

Only reading: what each side could know then is computed from the logs that this node holds.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from parley.app.http import Refusal, json_reply
from parley.app.openapi import Operation, Parameter
from parley.app.service import Service
from parley.node.rules.agreements import adopted_agreement, line_of
from parley.node.rules.line_history import LineChanges, PastVector, line_changes, line_vector_at
from parley.world.agreement import Agreement, Line
from parley.world.faults import InputFault
from parley.world.time import parse_instant_us


def line_operations(service: Service) -> list[Operation]:
    """Return the operations on the past of a line of one node."""
    line = Parameter("line", "path", str, "The line.")
    agreement = Parameter("agreement", "query", str, "Where several have such a line.")
    viewer = Parameter("viewer", "query", str, "As which party could know it; else this one.")
    at = Parameter("at", "query", str, "The instant, RFC 3339; now without it.")
    start = Parameter("from", "query", str, "Where the window begins, RFC 3339.")
    end = Parameter("to", "query", str, "Where it ends, RFC 3339; now without it.")

    async def history(request: Request) -> Response:
        under, which = _line(service, request)
        at_us = _instant(request, "at", service.clock())
        try:
            found = line_vector_at(service.state, under, which, at_us, _viewer(service, request))
        except InputFault as fault:
            raise Refusal(400, fault) from None
        return json_reply(found)

    async def changes(request: Request) -> Response:
        under, which = _line(service, request)
        to_us = _instant(request, "to", service.clock())
        from_us = _instant(request, "from", None)
        who = _viewer(service, request)
        try:
            found = line_changes(service.state, under, which, from_us, to_us, who)
        except InputFault as fault:
            raise Refusal(400, fault) from None
        return json_reply(found)

    return [
        Operation(
            "GET", "/api/lines/{line}/history", "A line's vector at an instant, as a side knew it.",
            history, PastVector, parameters=(line, agreement, at, viewer),
        ),
        Operation(
            "GET", "/api/lines/{line}/changes", "When a line's one word changed, and why.",
            changes, LineChanges, parameters=(line, agreement, start, end, viewer),
        ),
    ]  # fmt: skip


def _line(service: Service, request: Request) -> tuple[Agreement, Line]:
    """Return the line that a request names, with its agreement."""
    name = request.path_params["line"]
    given = request.query_params.get("agreement")
    agreements = service.state.agreements
    having = [key for key, each in sorted(agreements.items()) if name in {n.id for n in each.lines}]
    if given is None and len(having) != 1:
        wanted = f"agreement: one of {', '.join(having) or 'none: no agreement has it'}"
        raise Refusal(400 if having else 404, InputFault("line", value=name, wanted=wanted))
    try:
        agreement = adopted_agreement(service.state, given if given is not None else having[0])
        return agreement, line_of(agreement, name)
    except InputFault as fault:
        raise Refusal(404, fault) from None


def _instant(request: Request, name: str, default: int | None) -> int:
    text = request.query_params.get(name)
    if text is None and default is not None:
        return default
    try:
        return parse_instant_us(text, f"query {name}")
    except InputFault as fault:
        raise Refusal(400, fault) from None


def _viewer(service: Service, request: Request) -> str:
    return request.query_params.get("viewer") or service.state.party
