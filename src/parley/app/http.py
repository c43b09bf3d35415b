"""The HTTP door of a node: JSON API, page, and who may come in. Loopback only.

Rules:
- Only requests for this very host and port, and from no other site: a name that another site makes
  point here (DNS rebinding) is refused before anything is looked at.
- Whatever acts needs the token of the token file; forms need a session that has shown it, and the
  number that only this process's own pages carry.
- A body has a limit and is decoded strictly; a fault is one JSON object with its parts.
"""

from __future__ import annotations

import contextlib
import hmac
import secrets
import socket
from collections.abc import Awaitable, Callable, Generator, Sequence
from dataclasses import dataclass, field

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from parley.app.openapi import FaultView
from parley.app.unit_tokens import UnitTokens
from parley.world.faults import Fault, InputFault

BODY_BYTES_MAX = 4_194_304
"""20,000 reports of a full picture in one body; a message is far below."""
SOCKET_BYTES_MAX = 65_536
"""What a screen says over its socket is far below."""
FORM_HEADER = "X-Parley-Form"
"""Carries the number that only this node's own answers told its console."""
_COOKIE = "parley_post"
_SECRET_BYTES = 32
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not no-referrer: browsers would then call the origin of our own forms "null".
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


# ---- faults as replies --------------------------------------------------------------------------


def json_reply(value: object, status: int = 200) -> Response:
    """Return a JSON reply."""
    return Response(msgspec.json.encode(value), status, media_type="application/json")


def fault_reply(fault: Fault, status: int) -> Response:
    """Return a fault as a JSON reply: the whole line, and its parts."""
    view = FaultView(
        fault=str(fault),
        what=fault.what,
        value=None if fault.value is None else str(fault.value),
        wanted=fault.wanted,
        repair=fault.repair,
    )
    return json_reply(view, status)


class Refusal(Exception):  # noqa: N818  it is a reply, not a mistake of ours
    """A request that is answered with a fault at once."""

    def __init__(self, status: int, fault: Fault) -> None:
        self.status = status
        self.fault = fault
        super().__init__(str(fault))


async def read_body(request: Request, bytes_max: int = BODY_BYTES_MAX) -> bytes:
    """Return the body of a request.

    Raises:
        Refusal: longer than a body may be.
    """
    parts: list[bytes] = []
    size = 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > bytes_max:
                wanted = f"at most {bytes_max} bytes"
                raise Refusal(413, InputFault("request body", value="longer", wanted=wanted))
            parts.append(part)
    except ClientDisconnect:
        raise Refusal(
            400, InputFault("request body", value="cut off", wanted="all of it")
        ) from None
    return b"".join(parts)


# ---- who may come in ----------------------------------------------------------------------------


@dataclass(slots=True)
class Access:
    """The token, the session that has shown it, and the number that our own forms carry.

    Attributes:
        token: of the token file.
        sign_in: whether forms need a session that has shown the token.
        session: value of the session's cookie; new with each start.
        form_number: stands in every form; new with each start.
        units: the tokens of units; None where none are kept.
    """

    token: str
    sign_in: bool = True
    session: str = field(default_factory=lambda: secrets.token_hex(_SECRET_BYTES))
    form_number: str = field(default_factory=lambda: secrets.token_hex(_SECRET_BYTES))
    units: UnitTokens | None = None

    def require_token(self, request: Request) -> None:
        """Check the bearer token, or the session and number of this node's own console.

        Raises:
            Refusal: there is none, or another.
        """
        number = request.headers.get(FORM_HEADER)
        if number is not None:
            self.require_form(request, number)
            return
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not _same(given.strip(), self.token):
            fault = InputFault(
                "Authorization",
                wanted="Bearer and the token of this node's token file",
                repair="see docs/api.md",
            )
            raise Refusal(401, fault)

    def is_token(self, given: str) -> bool:
        """Whether this is the token."""
        return _same(given, self.token)

    def signed_in(self, request: Request) -> bool:
        """Whether the request comes from a session that has shown the token."""
        return not self.sign_in or _same(request.cookies.get(_COOKIE, ""), self.session)

    def require_form(self, request: Request, number: str) -> None:
        """Check that a form is ours and comes from a session that has shown the token.

        Raises:
            Refusal: one of them is not so.
        """
        if not self.signed_in(request) or not _same(number, self.form_number):
            wanted = "a form of this page, signed in since the node started"
            raise Refusal(
                403, InputFault("form", wanted=wanted, repair="sign in on the page again")
            )

    def set_cookie(self, response: Response) -> None:
        """Give the session to whoever has shown the token."""
        response.set_cookie(_COOKIE, self.session, httponly=True, samesite="strict", path="/")


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())


class Guard:
    """ASGI middleware: refuses other hosts and other sites, and sets the headers of every reply.

    While the node waits for something, `waits_for`, nothing of it is shown: 503 and what for. The
    page of a node that takes no report yet would read as a quiet sky.

    Args:
        app: what is guarded.
        hosts: the Host values that are ours; filled in once the port is known.
    """

    def __init__(self, app: ASGIApp, hosts: set[str]) -> None:
        self._app = app
        self._hosts = hosts
        self.waits_for = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "websocket":
            await self._open(scope, receive, send)
            return
        if scope["type"] != "http":
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    # The console's files have a policy of their own, and may be kept.
                    headers.setdefault(name, value)
            await send(message)

        fault = self._flaw(Headers(scope=scope), str(scope["method"]))
        if fault is not None:
            await fault_reply(fault, 403)(scope, receive, send_with_headers)
        elif self.waits_for:
            waits = InputFault(
                "node", value=f"not ready: {self.waits_for}", wanted="one that is",
                repair="ask again once it has said where its peers are heard",
            )  # fmt: skip
            await fault_reply(waits, 503)(scope, receive, send_with_headers)
        else:
            await self._app(scope, receive, send_with_headers)

    async def _open(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Open a socket for our own pages, once the node can work; for nobody else."""
        fault = self._flaw(Headers(scope=scope), "GET")
        if fault is None and not self.waits_for:
            await self._app(scope, receive, send)
            return
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": ""})

    def _flaw(self, headers: Headers, method: str) -> InputFault | None:
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            wanted = f"one of {', '.join(sorted(self._hosts))}"
            return InputFault("Host header", value=", ".join(hosts), wanted=wanted)
        origins = headers.getlist("origin")
        if any(origin.lower() != f"http://{hosts[0].lower()}" for origin in origins):
            return InputFault("Origin header", value=", ".join(origins), wanted="this page's own")
        site = headers.get("sec-fetch-site", "none")
        followed = method == "GET" and headers.get("sec-fetch-mode") == "navigate"
        if site not in ("none", "same-origin") and not followed:
            return InputFault("Sec-Fetch-Site header", value=site, wanted="same-origin")
        return None


# ---- the server ---------------------------------------------------------------------------------

Handler = Callable[[Request], Awaitable[Response]]


def refusing(handler: Handler) -> Handler:
    """Return the handler with its refusals turned into JSON replies."""

    async def handle(request: Request) -> Response:
        try:
            return await handler(request)
        except Refusal as refusal:
            return fault_reply(refusal.fault, refusal.status)

    return handle


class _Server(uvicorn.Server):
    """A server that leaves signals to the node."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Capture nothing."""
        yield


def _listening(host: str, port: int) -> socket.socket:
    """Return a listening socket that names its protocol.

    asyncio sends small replies at once (TCP_NODELAY) only on such; else each one waits 40 ms for
    the other side's delayed acknowledgement.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen()
    except OSError:
        bound.close()
        raise
    return bound


class WebServer:
    """Serves the routes on a loopback port in this process's loop.

    Args:
        routes: of the API and the page.
        host: a loopback address.
        port: 0 takes any that is free.

    Raises:
        OSError: the port is taken or not ours.
    """

    def __init__(self, routes: Sequence[BaseRoute], host: str, port: int) -> None:
        self.ending: list[Callable[[], None]] = []
        """Called when serving stops: requests that wait would else be cut off with a loud fault."""
        self._socket = _listening(host, port)
        self.port: int = self._socket.getsockname()[1]
        shown = f"[{host}]" if ":" in host else host
        hosts = {f"{name}:{self.port}" for name in (shown, "localhost", "127.0.0.1", "[::1]")}
        self.guard = Guard(Starlette(routes=list(routes)), hosts)
        self._server = _Server(
            uvicorn.Config(
                self.guard,
                log_config=None,
                access_log=False,
                server_header=False,
                lifespan="off",
                ws="wsproto",
                ws_max_size=SOCKET_BYTES_MAX,
                ws_per_message_deflate=False,
                limit_concurrency=128,
                timeout_graceful_shutdown=1,
            )
        )

    async def serve(self) -> None:
        """Serve until `stop`."""
        await self._server.serve(sockets=[self._socket])

    def stop(self) -> None:
        """Stop serving soon."""
        for each in self.ending:
            each()
        self._server.should_exit = True
