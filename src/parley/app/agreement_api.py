"""The operations on agreements as signed acts: what is in force for whom, now or then; whose rules.

Only reading. Acts go in by `POST /api/acts` (`propose_agreement`, `sign_agreement`,
`declare_agreement`, `renew_agreement`).
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from parley.app.agreement_views import (
    AgreementShown,
    ProposalShown,
    agreements_view,
    proposal_view,
)
from parley.app.http import Refusal, json_reply
from parley.app.openapi import Operation, Parameter
from parley.app.service import Service
from parley.node.rules.agreement_ground import GroundView, rules_over
from parley.node.rules.agreement_status import (
    PartyStatus,
    TextView,
    duty_stands,
    status_of,
    text_at,
)
from parley.node.rules.agreements import adopted_agreement
from parley.world.faults import InputFault
from parley.world.geo import Position
from parley.world.time import parse_instant_us

PROPOSALS_MAX = 8
"""Open proposals that are compared with the text before them in one answer, the newest."""
_Instant = Annotated[int, msgspec.Meta(ge=0)]


class DutyShown(msgspec.Struct, frozen=True, kw_only=True):
    """Whether an agreement put duties on a party at an instant, why, and where it stood."""

    party: str
    stands: bool
    why: str
    status: PartyStatus


class TextShown(msgspec.Struct, frozen=True, kw_only=True):
    """The text of an agreement at an instant, its exact document, and what it asked of whom."""

    text: TextView
    duties: tuple[DutyShown, ...]


def agreement_operations(service: Service) -> list[Operation]:
    """Return the operations of one node."""

    async def every(request: Request) -> Response:
        del request
        return json_reply(agreements_view(service.state, service.clock()))

    async def at(request: Request) -> Response:
        return json_reply(_at(service, request))

    async def proposals(request: Request) -> Response:
        return json_reply(_proposals(service, request))

    async def ground(request: Request) -> Response:
        return json_reply(_ground(service, request))

    agreement = Parameter(
        "agreement", "query", str, "The agreement; not needed where there is one."
    )
    party = Parameter("party", "query", str, "As it holds for this party, by what it could know.")
    at_us = Parameter("at_us", "query", _Instant, "The instant, microseconds UTC.")
    when = Parameter("at", "query", str, "Or as RFC 3339; now without either.")
    log = Parameter("log", "query", str, "With index: this one alone.")
    index = Parameter("index", "query", _Instant, "Its index in that log.")
    lat = Parameter("lat_deg", "query", float, "With lon_deg: rules over this place.")
    lon = Parameter("lon_deg", "query", float, "With lat_deg.")
    zone = Parameter("zone", "query", str, "Rules over this zone.")
    parties = Parameter("parties", "query", str, "Only agreements between these, with commas.")
    return [
        Operation(
            "GET", "/api/agreements", "Agreements: texts, who signed, who stands by them.",
            every, tuple[AgreementShown, ...],
        ),
        Operation(
            "GET", "/api/agreements/at", "What of an agreement was in force for whom, then.",
            at, TextShown, parameters=(agreement, at_us, when, party),
        ),
        Operation(
            "GET", "/api/agreements/proposals", "Open proposals, or one, with what each changes.",
            proposals, tuple[ProposalShown, ...], parameters=(log, index),
        ),
        Operation(
            "GET", "/api/agreements/ground", "Whose rules hold over a place, zone or pair.",
            ground, GroundView, parameters=(lat, lon, zone, parties, at_us, when),
        ),
    ]  # fmt: skip


def _proposals(service: Service, request: Request) -> tuple[ProposalShown, ...]:
    state, now_us = service.state, service.clock()
    log, index = request.query_params.get("log"), request.query_params.get("index", "")
    if log is None:
        keys = [version.proposal for shown in agreements_view(state, now_us)
                for version in shown.versions if version.word == "open"]  # fmt: skip
        open_ones = [key for key in keys if key is not None][:PROPOSALS_MAX]
        return tuple(proposal_view(state, key, now_us) for key in open_ones)
    if not index.isascii() or not index.isdigit() or len(index) > 15:
        raise Refusal(400, InputFault("query index", value=index, wanted="a number, 0 or more"))
    try:
        return (proposal_view(state, (log, int(index)), now_us),)
    except InputFault as fault:
        raise Refusal(404, fault) from None


def _at(service: Service, request: Request) -> TextShown:
    state, query = service.state, request.query_params
    name = query.get("agreement", "")
    if not name and len(state.agreements) == 1:
        name = next(iter(state.agreements))
    try:
        adopted = adopted_agreement(state, name)
        at_us = _instant(request, service.clock())
        party = query.get("party")
        if party:
            adopted.party(party)
    except InputFault as fault:
        raise Refusal(400, fault) from None
    view = text_at(state, name, at_us, party)
    found = []
    for each in view.agreement.parties if view.agreement is not None else ():
        stands, why = duty_stands(state, name, each.id, at_us)
        assert view.agreement is not None
        bound = view.in_force and (each.bound_through or each.id) in view.agreed_by
        status = status_of(state, view.agreement, each.id, at_us, agreed=bound)
        found.append(DutyShown(party=each.id, stands=stands, why=why, status=status))
    return TextShown(text=view, duties=tuple(found))


def _ground(service: Service, request: Request) -> GroundView:
    query = request.query_params
    parties = tuple(word for word in query.get("parties", "").split(",") if word)
    try:
        place = _place(query.get("lat_deg"), query.get("lon_deg"))
        at_us = _instant(request, service.clock())
        zone = query.get("zone", "")
        return rules_over(service.state, at_us, place=place, zone=zone, parties=parties)
    except InputFault as fault:
        raise Refusal(400, fault) from None


def _place(lat: str | None, lon: str | None) -> Position | None:
    if lat is None and lon is None:
        return None
    try:
        return Position(lat_deg=float(lat or ""), lon_deg=float(lon or ""))
    except ValueError:
        value = f"{lat}, {lon}"
        raise InputFault("place", value=value, wanted="lat_deg and lon_deg, numbers") from None


def _instant(request: Request, now_us: int) -> int:
    query = request.query_params
    text = query.get("at_us")
    if text is not None:
        if not text.isascii() or not text.isdigit() or len(text) > 16:
            raise InputFault("query at_us", value=text, wanted="microseconds since 1970, UTC")
        return int(text)
    return parse_instant_us(query["at"], "query at") if "at" in query else now_us
