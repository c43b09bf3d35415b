"""The operations on repositioning: what a change touches, where it could go, what became of it.

Reading alone: the act goes in by `POST /api/acts` (`reposition`).
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from parley.app.http import Refusal, json_reply
from parley.app.openapi import Operation, Parameter
from parley.app.service import Service
from parley.node.entries import Reference
from parley.node.rules.agreements import adopted_agreement
from parley.node.rules.reposition_past import RepositionShown, reposition_shown, repositions
from parley.node.rules.reposition_plan import Plan, plan
from parley.node.state import Key, State, key_of, written_us
from parley.world.faults import InputFault, OurFault
from parley.world.time import parse_instant_us

_Count = Annotated[int, msgspec.Meta(ge=0)]
_INDEX_DIGITS = 18
_SHOWN_AT_ONCE = 10


class RepositionRow(msgspec.Struct, frozen=True, kw_only=True):
    """One act in a list: by whom, because of what, how many intents."""

    key: Key
    agreement: str
    party: str
    at_us: int
    object: str
    side: str
    from_us: int
    intents: int
    flights: int
    text: str
    audience: tuple[str, ...] | None


def reposition_rows(state: State) -> tuple[RepositionRow, ...]:
    """Return the acts held here of every party, the newest first."""
    return tuple(
        RepositionRow(
            key=key_of(entry),
            agreement=entry.log.agreement,
            party=entry.log.party,
            at_us=written_us(entry),
            object=body.object,
            side=body.side,
            from_us=body.from_us,
            intents=len(body.moves),
            flights=len(body.flights),
            text=body.text,
            audience=entry.audience,
        )
        for entry, body in repositions(state)
    )


def only_agreement(state: State, given: str) -> str:
    """Return the agreement that is named, or the only one there is.

    Raises:
        InputFault: none is named and there are several, or none.
    """
    if given:
        return adopted_agreement(state, given).id
    known = sorted(state.agreements)
    if len(known) != 1:
        raise InputFault("agreement", value="none named", wanted=f"one of {', '.join(known)}")
    return known[0]


def reposition_operations(service: Service) -> list[Operation]:
    """Return the operations of one node."""
    of_plan = (
        Parameter("object", "query", str, "A zone, a boundary, or a clause on distances or sides."),
        Parameter("from", "query", str, "From when it counts, RFC 3339; now without it."),
        Parameter("side", "query", str, "Of a boundary, where one may not be: right, west."),
        Parameter("agreement", "query", str, "Where there are several."),
        Parameter("log", "query", str, "With index: the entry that changed it."),
        Parameter("index", "query", _Count, "Its index in that log."),
    )
    of_one = (
        Parameter("log", "query", str, "The log of one act; without it the newest ones."),
        Parameter("index", "query", _Count, "Its index there."),
    )

    async def planned(request: Request) -> Response:
        query = request.query_params
        state, now_us = service.state, service.clock()
        try:
            agreement = only_agreement(state, query.get("agreement", ""))
            from_us = parse_instant_us(query["from"], "query from") if "from" in query else now_us
            ref: tuple[Reference, ...] = ()
            if "log" in query:
                ref = (_reference(state, _key(request)),)
            found = plan(
                state, agreement, query.get("object", ""), from_us, now_us=now_us,
                side=query.get("side", ""), ref=ref,
            )  # fmt: skip
        except InputFault as fault:
            raise Refusal(400, fault) from None
        return json_reply(found)

    async def every(request: Request) -> Response:
        del request
        return json_reply(reposition_rows(service.state))

    async def one(request: Request) -> Response:
        state = service.state
        if "log" not in request.query_params:
            newest = repositions(state)[:_SHOWN_AT_ONCE]
            return json_reply(tuple(reposition_shown(state, key_of(each)) for each, _ in newest))
        try:
            found = reposition_shown(state, _key(request))
        except InputFault as fault:
            raise Refusal(404, fault) from None
        return json_reply((found,))

    return [
        Operation(
            "GET", "/api/reposition/plan", "What a change touches of our own, and free moves.",
            planned, Plan, parameters=of_plan,
        ),
        Operation(
            "GET", "/api/repositions", "What became of intents by a change, newest first.",
            every, tuple[RepositionRow, ...],
        ),
        Operation(
            "GET", "/api/repositions/shown", "Such acts with each intent before and after.",
            one, tuple[RepositionShown, ...], parameters=of_one,
        ),
    ]  # fmt: skip


def _reference(state: State, key: Key) -> Reference:
    try:
        return state.reference(key)
    except OurFault as fault:
        wanted = "an entry that is held here"
        raise InputFault("query log", value=str(fault.what), wanted=wanted) from None


def _key(request: Request) -> Key:
    text = request.query_params.get("index", "")
    if not (text.isascii() and text.isdigit() and len(text) <= _INDEX_DIGITS):
        raise InputFault("query index", value=text, wanted="a count, 0 or more")
    return request.query_params.get("log", ""), int(text)
