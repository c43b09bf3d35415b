"""The operations on assessments, incidents and boundaries in force: reading alone.

Acts go in by `POST /api/acts` (`declare_assessment`, `register_incident`).
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from parley.app.http import Refusal, json_reply
from parley.app.openapi import Operation, Parameter
from parley.app.service import Service
from parley.node.rules.assessments import (
    AssessmentsSeen,
    RegisterSeen,
    assessments,
    incident_register,
)
from parley.node.rules.boundary_past import BoundaryAt, boundary_at
from parley.world.faults import InputFault
from parley.world.time import parse_instant_us


def assessment_operations(service: Service) -> list[Operation]:
    """Return the operations of one node."""
    boundary = Parameter("boundary", "path", str, "The boundary.")
    agreement = Parameter("agreement", "query", str, "Where several have such a boundary.")
    party = Parameter("party", "query", str, "For whom; this party without it.")
    at = Parameter("at", "query", str, "The instant, RFC 3339; now without it.")
    words = Parameter("side", "query", str, 'Words for a side, "west of the river".')

    async def held(request: Request) -> Response:
        del request
        return json_reply(assessments(service.state, service.clock()))

    async def register(request: Request) -> Response:
        del request
        return json_reply(incident_register(service.state))

    async def in_force(request: Request) -> Response:
        query, now_us = request.query_params, service.clock()
        try:
            at_us = parse_instant_us(query["at"], "query at") if "at" in query else now_us
            found = boundary_at(
                service.state,
                request.path_params["boundary"],
                at_us,
                party=query.get("party") or service.state.party,
                agreement=query.get("agreement", ""),
                words=query.get("side", ""),
            )
        except InputFault as fault:
            raise Refusal(400, fault) from None
        return json_reply(found)

    return [
        Operation(
            "GET", "/api/assessments", "What posts assess before they decide, expired ones too.",
            held, AssessmentsSeen,
        ),
        Operation(
            "GET", "/api/incidents", "Each party's register of incidents, counts by definition.",
            register, RegisterSeen,
        ),
        Operation(
            "GET", "/api/boundaries/{boundary}/in-force",
            "Which versions of a boundary were in force at an instant for a party.",
            in_force, BoundaryAt, parameters=(boundary, agreement, party, at, words),
        ),
    ]  # fmt: skip
