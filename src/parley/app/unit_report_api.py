"""The operations of the JSON API on what units saw: told by a unit's token, ended by a post.

Rules: a unit's report goes to this node alone. That a post has said it is taken from a message that
stands in this party's own log, never from anybody's word that one was sent.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from parley.app.config import decode_json
from parley.app.http import Access, Refusal, json_reply, read_body
from parley.app.openapi import Operation, Parameter
from parley.app.service import Service
from parley.app.unit_api import UNIT_BODY_BYTES_MAX, Body, bearer_unit, require_begun
from parley.app.unit_reports import UnitReport, UnitReports, UnitSaw
from parley.node.rules.threads import find_thread
from parley.node.state import State
from parley.world.faults import InputFault

T = TypeVar("T")
INCURSION = "incursion.report"
ENDED_SHOWN_MAX = 50
OWN_SHOWN_MAX = 20


class ReportSaid(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A post has said a unit's report, as the message at this place of our own log."""

    id: str
    post: str
    message: tuple[str, int]


class ReportAside(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A post says a unit's report to nobody, and why."""

    id: str
    post: str
    reason: str


def require_reports(access: Access) -> UnitReports:
    """Return what units of this node's party reported.

    Raises:
        Refusal: this node keeps none.
    """
    if access.reports is None:
        fault = InputFault("unit reports", value="none kept", wanted="a node with an [http] table")
        raise Refusal(409, fault)
    return access.reports


def own_post(state: State, post: str) -> None:
    """Check that a post is one of this party's.

    Raises:
        InputFault: it is not.
    """
    known = {
        each
        for _, agreement in state.agreements.items()
        for party in agreement.parties
        for each in party.posts
        if party.id == state.party
    }
    if post not in known:
        wanted = f"one of ours: {', '.join(sorted(known)) or 'none'}"
        raise InputFault("post", value=post[:80], wanted=wanted)


def said_for(state: State, report: UnitReport | None, key: tuple[str, int]) -> None:
    """Check that a message can be how a post has said a report.

    Raises:
        InputFault: not ours, of another type, no actual one, or from before the unit told it.
    """
    _, thread = find_thread(state, key)
    said, body = thread.said, thread.body
    assert said is not None
    good = said.log.party == state.party and body.message_type == INCURSION
    if not good or said.status != "actual":
        value = f"{said.status} {body.message_type} of {said.log.party}"
        raise InputFault("report message", value=value, wanted=f"an actual {INCURSION} of ours")
    if report is not None and said.issued_us < report.told_us:
        wanted = "one said after the unit told it"
        raise InputFault("report message", value="said before", wanted=wanted)


def report_operations(service: Service, access: Access, acting_body: Body) -> list[Operation]:
    """Return the operations; `acting_body` gives the body of a request that may act."""
    return [*_of_posts(service, access, acting_body), *_of_units(service, access)]


def _of_posts(service: Service, access: Access, acting_body: Body) -> list[Operation]:
    async def shown(request: Request) -> Response:
        only = request.query_params.get("waiting", "false")
        if only not in ("true", "false"):
            raise Refusal(400, InputFault("query waiting", value=only, wanted="true or false"))
        count = 0 if only == "true" else ENDED_SHOWN_MAX
        return json_reply(access.reports.newest(count) if access.reports is not None else ())

    async def said(request: Request) -> Response:
        data = await acting_body(request)
        reports = require_reports(access)
        body = _decoded(data, ReportSaid)
        try:
            own_post(service.state, body.post)
            mine = next((each for each in reports.waiting() if each.id == body.id), None)
            said_for(service.state, mine, body.message)
            done = reports.said(body.id, body.post, body.message, service.clock())
        except InputFault as fault:
            raise Refusal(409, fault) from None
        return json_reply(done)

    async def aside(request: Request) -> Response:
        data = await acting_body(request)
        reports = require_reports(access)
        body = _decoded(data, ReportAside)
        try:
            own_post(service.state, body.post)
            done = reports.put_aside(body.id, body.post, body.reason, service.clock())
        except InputFault as fault:
            raise Refusal(409, fault) from None
        return json_reply(done)

    waiting = Parameter("waiting", "query", bool, "true: only those that wait for a post.")
    return [
        Operation(
            "GET", "/api/units/reports", "What units saw: what waits for a post, then the newest.",
            shown, tuple[UnitReport, ...], parameters=(waiting,),
        ),
        Operation(
            "POST", "/api/units/reports/said", "A post has said it, as a message of our own log.",
            said, UnitReport, body=ReportSaid,
        ),
        Operation(
            "POST", "/api/units/reports/aside", "A post says it to nobody, and why.", aside,
            UnitReport, body=ReportAside,
        ),
    ]  # fmt: skip


def _of_units(service: Service, access: Access) -> list[Operation]:
    async def own(request: Request) -> Response:
        unit = bearer_unit(request, access.units)
        return json_reply(require_reports(access).of_unit(unit, OWN_SHOWN_MAX))

    async def tell(request: Request) -> Response:
        unit = bearer_unit(request, access.units)
        require_begun(service)
        saw = _decoded(await read_body(request, UNIT_BODY_BYTES_MAX), UnitSaw)
        try:
            saw.check(service.clock())
        except InputFault as fault:
            raise Refusal(422, fault) from None
        try:
            report = require_reports(access).tell(unit, saw, service.clock())
        except InputFault as fault:
            raise Refusal(409, fault) from None
        return json_reply(report, 201)

    return [
        Operation(
            "GET", "/api/unit/reports", "With a unit's token: what it reported, and what became "
            "of it.", own, tuple[UnitReport, ...],
        ),
        Operation(
            "POST", "/api/unit/reports", "With a unit's token: what it saw, for its own post.",
            tell, UnitReport, body=UnitSaw, status=201,
        ),
    ]  # fmt: skip


def _decoded(data: bytes, kind: type[T]) -> T:
    try:
        return decode_json(data, kind, "unit report")
    except InputFault as fault:
        raise Refusal(422, fault) from None
