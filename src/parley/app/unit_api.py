"""The operations of the JSON API on units: who is not told, tokens, and a unit's own two.

Rules: reading is as open as all of this API; making and revoking tokens needs the node's own token;
a unit's token reads the notices of that unit and says that it has one, and tells what the unit saw
(`unit_report_api`); it opens nothing else.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from parley.app.config import decode_json
from parley.app.http import Access, Refusal, json_reply, read_body
from parley.app.openapi import Operation, Parameter
from parley.app.service import Service
from parley.app.unit_tokens import TokenShown, UnitTokens
from parley.app.unit_views import (
    UnitNotice,
    every_distribution,
    own_units,
    unit_notices,
    untold,
)
from parley.node.agreement_inputs import ReceiptUnit
from parley.node.inputs import Act, OpenPayload
from parley.node.rules.custody import guarded
from parley.node.rules.distribution import UNIT_ITSELF, DistributionView
from parley.node.rules.threads import find_thread
from parley.node.state import key_of
from parley.world.faults import InputFault
from parley.world.time import format_second

Body = Callable[[Request], Awaitable[bytes]]
UNIT_BODY_BYTES_MAX = 4_096


class TokenWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which unit is to have a token, or is to lose it."""

    unit: str


class TokenMade(msgspec.Struct, frozen=True, kw_only=True):
    """A unit's token, told this once, and where the unit shows it."""

    unit: str
    token: str
    url: str


class OwnReceipt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A unit says by its own token that it has a notice; `unit` is checked against the token."""

    ref: tuple[str, int]
    loaded: bool = False
    unit: str = ""


class OwnReceiptDone(msgspec.Struct, frozen=True, kw_only=True):
    """Whose receipt was written, and where it stands; None: it had been said already."""

    unit: str
    key: tuple[str, int] | None


@dataclass(slots=True)
class UnitDoor:
    """What a unit may do: read its notices, and say that it has one. The page and the API share it.

    Args:
        service: the node's.
        tokens: the units that may come in.
    """

    service: Service
    tokens: UnitTokens

    async def notices(self, unit: str) -> tuple[UnitNotice, ...]:
        """Return the notices of a unit; that a guarded one is shown is written down first.

        One that no post has opened, or of which that cannot be written, is shown without words.
        """
        state, now_us = self.service.state, self.service.clock()
        found = unit_notices(state, unit, now_us)
        for each in found:
            if each.view.reading == "opened" and not self._was_shown(each.view.key, unit):
                purpose = _shown_to(unit)
                await self.service.act(
                    OpenPayload(ref=each.view.key, post=UNIT_ITSELF, purpose=purpose)
                )
        return found

    def _was_shown(self, key: tuple[str, int], unit: str) -> bool:
        scope, _ = find_thread(self.service.state, key)
        opened = scope.acts_of("payload.opened", self.service.state.party).values()
        return any(
            entry.ref
            and entry.ref[0].key == key
            and getattr(entry.body, "purpose", "") == _shown_to(unit)
            for entry in opened
        )

    async def receipt(self, unit: str, said: OwnReceipt) -> OwnReceiptDone:
        """Write a unit's own word.

        Raises:
            InputFault: not a notice that this unit must have, or one that it was not shown.
        """
        state = self.service.state
        shown = {each.view.key: each for each in unit_notices(state, unit, self.service.clock())}
        if said.unit not in ("", unit):
            raise InputFault("unit", value=said.unit, wanted=f"{unit}, whose token this is")
        notice = shown.get(said.ref)
        if notice is None:
            wanted = f"a notice that {unit} must have now"
            raise InputFault("notice", value=f"{said.ref[0]} {said.ref[1]}", wanted=wanted)
        if notice.masked or (
            _is_guarded(self.service, said.ref) and not self._was_shown(said.ref, unit)
        ):
            raise InputFault(
                "notice",
                value="guarded, and not shown to this unit",
                wanted="one whose words it has read",
                repair="ask the post to open it; or tell the post by voice",
            )
        done = await self.service.act(
            ReceiptUnit(ref=said.ref, post=UNIT_ITSELF, unit=unit, by="unit", loaded=said.loaded)
        )
        own = [key_of(each) for each in done.written if each.type == "unit.receipted"]
        return OwnReceiptDone(unit=unit, key=own[0] if own else None)


def _shown_to(unit: str) -> str:
    return f"shown to unit {unit}"


def _is_guarded(service: Service, key: tuple[str, int]) -> bool:
    return guarded(find_thread(service.state, key)[1])


def refuse_units_word(act: Act) -> None:
    """Check that an operator does not speak as a unit: its own word comes by its own token.

    Raises:
        InputFault: a receipt by the unit itself.
    """
    if isinstance(act, ReceiptUnit) and act.by != "voice":
        raise InputFault(
            "unit receipt by",
            value=act.by,
            wanted="voice, entered by a named post",
            repair="the unit itself says it at /unit, or by parley unit receipt, with its token",
        )


def bearer_unit(request: Request, tokens: UnitTokens | None) -> str:
    """Return whose token a request shows.

    Raises:
        Refusal: nobody's.
    """
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    unit = tokens.unit_of(given) if tokens is not None and kind.lower() == "bearer" else None
    if unit is None:
        wanted = "Bearer and a token that parley unit token has made here, and nobody revoked"
        raise Refusal(401, InputFault("Authorization", wanted=wanted))
    return unit


def require_tokens(access: Access) -> UnitTokens:
    """Return the tokens of this node's units.

    Raises:
        Refusal: this node keeps none.
    """
    if access.units is None:
        fault = InputFault("unit tokens", value="none kept", wanted="a node with an [http] table")
        raise Refusal(409, fault)
    return access.units


def unit_operations(service: Service, access: Access, acting_body: Body) -> list[Operation]:
    """Return the operations; `acting_body` gives the body of a request that may act."""
    return [*_reads(service), *_tokens(service, access, acting_body), *_own(service, access)]


def _reads(service: Service) -> list[Operation]:
    every = Parameter("all", "query", bool, "true: also those of which no unit is missing.")

    async def show(request: Request) -> Response:
        only = request.query_params.get("all", "false")
        if only not in ("true", "false"):
            raise Refusal(400, InputFault("query all", value=only, wanted="true or false"))
        look = every_distribution if only == "true" else untold
        return json_reply(look(service.state, service.clock()))

    return [
        Operation(
            "GET", "/api/units", "Notices of which a unit is missing, and how each stands.",
            show, tuple[DistributionView, ...], parameters=(every,),
        )
    ]  # fmt: skip


def _tokens(service: Service, access: Access, acting_body: Body) -> list[Operation]:
    async def shown(request: Request) -> Response:
        del request
        return json_reply(access.units.shown() if access.units is not None else ())

    async def make(request: Request) -> Response:
        data = await acting_body(request)
        tokens = require_tokens(access)
        unit = _wanted(data).unit
        try:
            token = tokens.make(unit, own_units(service.state), service.clock())
        except InputFault as fault:
            raise Refusal(409, fault) from None
        scheme = "https" if access.secure else "http"
        url = f"{scheme}://{request.headers['host']}/unit"
        return json_reply(TokenMade(unit=unit, token=token, url=url), 201)

    async def revoke(request: Request) -> Response:
        data = await acting_body(request)
        tokens = require_tokens(access)
        try:
            tokens.revoke(_wanted(data).unit)
        except InputFault as fault:
            raise Refusal(409, fault) from None
        return json_reply(tokens.shown())

    return [
        Operation(
            "GET", "/api/units/tokens", "Which units have a token, and since when.", shown,
            tuple[TokenShown, ...],
        ),
        Operation(
            "POST", "/api/units/tokens", "A token for a unit: told once, kept as a hash.", make,
            TokenMade, body=TokenWanted, status=201,
        ),
        Operation(
            "POST", "/api/units/tokens/revoke", "A unit's token counts no more.", revoke,
            tuple[TokenShown, ...], body=TokenWanted,
        ),
    ]  # fmt: skip


def _own(service: Service, access: Access) -> list[Operation]:
    async def notices(request: Request) -> Response:
        unit = bearer_unit(request, access.units)
        require_begun(service)
        return json_reply(await UnitDoor(service, require_tokens(access)).notices(unit))

    async def receipt(request: Request) -> Response:
        unit = bearer_unit(request, access.units)
        require_begun(service)
        data = await read_body(request, UNIT_BODY_BYTES_MAX)
        try:
            said = decode_json(data, OwnReceipt, "receipt")
        except InputFault as fault:
            raise Refusal(422, fault) from None
        try:
            done = await UnitDoor(service, require_tokens(access)).receipt(unit, said)
        except InputFault as fault:
            raise Refusal(409, fault) from None
        return json_reply(done, 201 if done.key is not None else 200)

    return [
        Operation(
            "GET", "/api/unit/notices", "With a unit's token: the notices that it must have.",
            notices, tuple[UnitNotice, ...],
        ),
        Operation(
            "POST", "/api/unit/receipts", "With a unit's token: it has a notice, or loaded it.",
            receipt, OwnReceiptDone, body=OwnReceipt, status=201,
        ),
    ]  # fmt: skip


def require_begun(service: Service) -> None:
    """Check that the node takes inputs: a driven one does after its first advance."""
    if not service.begun:
        raise Refusal(503, InputFault("node", value="waiting for its clock", wanted="an advance"))


def _wanted(data: bytes) -> TokenWanted:
    try:
        return decode_json(data, TokenWanted, "unit token")
    except InputFault as fault:
        raise Refusal(422, fault) from None


def said_at(at_us: int | None) -> str:
    """Return an instant as a unit's page and command line tell it."""
    return format_second(at_us) if at_us is not None else "no time set"
