"""Who sits at the console: the session of a browser, and what it may do.

Rules: acting needs a session that has shown the node's token, and in each request the number that
only the answers to this session carry (`X-Parley-Form`). An observer's session looks and never
acts. Looking is for whoever uses the machine, and for sessions alone where others can ask.
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
from parley.app.sessions import BrowserSession, Role
from parley.world.faults import InputFault

SESSION_BODY_BYTES_MAX = 4_096
Clock = Literal["wall", "driven"]


class SessionView(msgspec.Struct, frozen=True, kw_only=True):
    """The session of this browser.

    `role`: what it may do; "observer" too where nothing was shown. `form_number`: to be sent with
    every act as `X-Parley-Form`; None: this session may only look. `signed_in`: whether a token was
    shown. `ends_in_s`: when the session ends by itself; None where there is none. `clock`: "driven"
    where the node's time stands between beats (a demonstration). `token_wanted`: whether acting
    needs the token first. `walled`: whether looking needs a session too.
    """

    party: str
    role: Role
    form_number: str | None
    signed_in: bool
    ends_in_s: int | None
    token_wanted: bool
    walled: bool
    clock: Clock
    version: str
    language: str


class SignIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a browser shows: the token of the node's token file to act, an observer's to look."""

    token: str


class SignOut(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing: the session is the one of the browser that asks."""


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
        session = self._access.session_of(request)
        role = self._access.role(request) or "observer"
        return self._view(session, role, self._access.number_of(request))

    def _view(
        self, session: BrowserSession | None, role: Role, form_number: str | None
    ) -> SessionView:
        left_s = self._access.sessions.left_s(session) if session is not None else None
        return SessionView(
            party=self._service.state.party,
            role=role,
            form_number=form_number,
            signed_in=session is not None,
            ends_in_s=left_s,
            token_wanted=self._access.sign_in,
            walled=self._access.walled,
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
                "POST", "/api/session", "Show a token; the reply sets the session's cookie.",
                self._sign_in, SessionView, body=SignIn,
            ),
            Operation(
                "POST", "/api/session/end", "End the session of this browser.",
                self._sign_out, SessionView, body=SignOut,
            ),
        ]  # fmt: skip

    async def _show(self, request: Request) -> Response:
        return json_reply(self.view(request))

    async def _sign_in(self, request: Request) -> Response:
        data = await read_body(request, SESSION_BODY_BYTES_MAX)
        try:
            token = decode_json(data, SignIn, "session").token.strip()
        except InputFault as fault:
            raise Refusal(422, fault) from None
        role = self._access.role_of_token(token)
        if role is None:
            wrong = InputFault(
                "token",
                wanted="the token of this node's token file, or an observer's",
                repair="it is in the file `token` in the node's folder; copy it whole",
            )
            raise Refusal(401, wrong)
        # The cookie goes with the reply, whose body tells of the session: so the reply comes first.
        response = Response(media_type="application/json")
        session = self._access.open_session(response, role, token, request)
        number = session.number if role == "operator" else None
        response.body = msgspec.json.encode(self._view(session, role, number))
        response.headers["content-length"] = str(len(response.body))
        return response

    async def _sign_out(self, request: Request) -> Response:
        await read_body(request, SESSION_BODY_BYTES_MAX)
        role: Role = "observer" if self._access.sign_in else "operator"
        number = None if self._access.sign_in else self._access.form_number
        response = json_reply(self._view(None, role, number))
        self._access.close_session(request, response)
        return response


def clock_of(service: Service) -> Clock:
    """Return whether a node's time is the wall's."""
    return "wall" if service.clock is wall_clock else "driven"
