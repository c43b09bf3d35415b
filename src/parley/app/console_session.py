"""Who sits at the console: the session of a browser, and what it may do.

Rules: looking is allowed to whoever may open the port; acting needs a session that has shown the
token, and in each request the number that only this node's own answers carry (`X-Parley-Form`).
"""

from __future__ import annotations

from typing import Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from parley import __version__
from parley.app.clock import wall_clock
from parley.app.config import decode_json
from parley.app.http import Access, Refusal, json_reply, read_body
from parley.app.openapi import Operation
from parley.app.reading import own_reader
from parley.app.service import Service
from parley.world.faults import InputFault

SESSION_BODY_BYTES_MAX = 4_096
Role = Literal["operator", "observer"]
Clock = Literal["wall", "driven"]


class SessionView(msgspec.Struct, frozen=True, kw_only=True):
    """The session of this browser.

    `form_number`: to be sent with every act as `X-Parley-Form`; None: this session may only look.
    `clock`: "driven" where the node's time stands between beats (a demonstration). `token_wanted`:
    whether acting needs the token first.
    """

    party: str
    role: Role
    form_number: str | None
    token_wanted: bool
    clock: Clock
    version: str
    language: str


class SignIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a browser shows to act: the token of the node's token file."""

    token: str


class ConsoleSession:
    """The sessions of one node's console.

    Args:
        service: the node's.
        access: who may act.
    """

    def __init__(self, service: Service, access: Access) -> None:
        self._service = service
        self._access = access

    def view(self, request: Request) -> SessionView:
        """Return the session of the browser that asks."""
        acting = self._access.signed_in(request)
        return SessionView(
            party=self._service.state.party,
            role="operator" if acting else "observer",
            form_number=self._access.form_number if acting else None,
            token_wanted=self._access.sign_in,
            clock=clock_of(self._service),
            version=__version__,
            language=own_reader(self._service.state, self._service.language).language.code,
        )

    def operations(self) -> list[Operation]:
        """Return the operations of the session."""
        return [
            Operation(
                "GET", "/api/session", "Who this browser is here, and whether it may act.",
                self._show, SessionView,
            ),
            Operation(
                "POST", "/api/session", "Show the token; the reply sets the session's cookie.",
                self._sign_in, SessionView, body=SignIn,
            ),
        ]  # fmt: skip

    async def _show(self, request: Request) -> Response:
        return json_reply(self.view(request))

    async def _sign_in(self, request: Request) -> Response:
        data = await read_body(request, SESSION_BODY_BYTES_MAX)
        try:
            given = decode_json(data, SignIn, "session")
        except InputFault as fault:
            raise Refusal(422, fault) from None
        if not self._access.is_token(given.token.strip()):
            wrong = InputFault(
                "token",
                wanted="the token of this node's token file",
                repair="it is in the file `token` in the node's folder; copy it whole",
            )
            raise Refusal(401, wrong)
        view = msgspec.structs.replace(
            self.view(request), role="operator", form_number=self._access.form_number
        )
        response = json_reply(view)
        self._access.set_cookie(response)
        return response


def clock_of(service: Service) -> Clock:
    """Return whether a node's time is the wall's."""
    return "wall" if service.clock is wall_clock else "driven"
