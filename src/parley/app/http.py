"""The HTTP door of a node: JSON API, page, and who may come in. Loopback, or TLS with sessions.

Rules:
- Only requests for this very host and port, and from no other site: a name that another site makes
  point here (DNS rebinding) is refused before anything is looked at.
- Whatever acts needs the token of the token file; forms need a session that has shown it, and the
  number that only the answers to this session carry. An observer's session is refused every POST.
- On loopback whoever uses the machine may look; elsewhere looking needs a session or a token too.
- A body has a limit and is decoded strictly; a fault is one JSON object with its parts.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import ssl
from collections.abc import Awaitable, Callable, Generator, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from parley.app.addresses import EVERY_ADDRESS
from parley.app.http_connections import CONNECTIONS_MAX, RoomyProtocol
from parley.app.openapi import FaultView
from parley.app.passkeys import Passkeys
from parley.app.sessions import BrowserSession, ObserverToken, Role, Sessions, same_text
from parley.app.tls import TlsFiles
from parley.app.unit_reports import UnitReports
from parley.app.unit_tokens import UnitTokens
from parley.world.faults import Fault, InputFault

BODY_BYTES_MAX = 4_194_304
"""20,000 reports of a full picture in one body; a message is far below."""
BODY_S_LEAST, BODY_BYTES_PER_S = 20.0, 40_000
"""So slow a body may come: it is cut off after so long, and longer for what may be long."""
SOCKET_BYTES_MAX = 65_536
"""What a screen says over its socket is far below."""
FORM_HEADER = "X-Parley-Form"
"""Carries the number that only this node's own answers told its console."""
"""Of an operator's or an observer's browser; a unit's has its own."""
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
_LOOKING = ("GET", "HEAD")
_OBSERVERS_TOO = ("/sign-in", "/sign-out", "/api/session", "/api/session/end", "/unit/")
"""What a browser that only looks may still post: signing in and out, and what a unit's page asks
its own token for."""
_BEFORE_SIGN_IN = (
    "/sign-in", "/sign-out", "/style.css", "/api/session", "/api/session/end", "/unit", "/unit/",
    "/api/unit/",
)  # fmt: skip
"""What is answered without a session though looking needs one: it shows nothing of the node, or
asks for a unit's own token."""
_LOOKS_ONLY = InputFault(
    "session", value="an observer's, which looks and never acts", wanted="an operator's",
    repair="an operator signs in with the token of this node's token file",
)  # fmt: skip
_NO_SESSION = InputFault(
    "session", value="none", wanted="one that has shown a token: others can ask too",
    repair="sign in at /sign-in, or show a token as a bearer (docs/api.md)",
)  # fmt: skip


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
        Refusal: longer than a body may be, or slower: it would hold its connection without end.
    """
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_S_LEAST + bytes_max / BODY_BYTES_PER_S):
            async for part in request.stream():
                size += len(part)
                if size > bytes_max:
                    wanted = f"at most {bytes_max} bytes"
                    raise Refusal(413, InputFault("request body", value="longer", wanted=wanted))
                parts.append(part)
    except TimeoutError:
        raise Refusal(408, InputFault("request body", value="late", wanted="all of it")) from None
    except ClientDisconnect:
        raise Refusal(
            400, InputFault("request body", value="cut off", wanted="all of it")
        ) from None
    return b"".join(parts)


# ---- who may come in ----------------------------------------------------------------------------


@dataclass(slots=True)
class Access:
    """The tokens, the sessions that have shown one, and the numbers that forms carry.

    Attributes:
        token: of the token file.
        sign_in: whether acting needs a session that has shown the token.
        walled: whether looking needs a session or a token too: not on loopback.
        secure: whether all comes over TLS.
        sessions: of browsers.
        observer: the token of those who may only look; None where none is kept.
        form_number: of everybody where acting needs no session; new with each start.
        units: the tokens of units; None where none are kept.
        reports: what units said that they saw; None where none are kept.
        passkeys: by which people sign; None where none are kept.
    """

    token: str
    sign_in: bool = True
    walled: bool = False
    secure: bool = False
    sessions: Sessions = field(default_factory=Sessions)
    observer: ObserverToken | None = None
    form_number: str = field(default_factory=lambda: secrets.token_hex(_SECRET_BYTES))
    units: UnitTokens | None = None
    reports: UnitReports | None = None
    passkeys: Passkeys | None = None

    # ---- who asks ---------------------------------------------------------------------------

    def session_of(self, request: HTTPConnection) -> BrowserSession | None:
        """Return the session of the browser that asks; None: it has none that stands."""
        found = self.sessions.find(request.cookies.get(self._cookie(request), ""))
        if found is None or found.role == "operator":
            return found
        return found if self.observer is not None and self.observer.opened(found) else None

    def role(self, request: HTTPConnection) -> Role | None:
        """Return what the browser that asks may do; None: it has shown nothing."""
        session = self.session_of(request)
        if session is not None:
            return session.role
        return None if self.sign_in else "operator"

    def signed_in(self, request: HTTPConnection) -> bool:
        """Whether the request comes from a session that may act."""
        return self.role(request) == "operator"

    def number_of(self, request: HTTPConnection) -> str | None:
        """Return the number that this browser's acts must carry; None: it may only look."""
        session = self.session_of(request)
        if session is not None:
            return session.number if session.role == "operator" else None
        return None if self.sign_in else self.form_number

    def may_look(self, request: HTTPConnection) -> bool:
        """Whether a request may be shown anything of the node."""
        if not self.walled or self.role(request) is not None:
            return True
        return self.role_of_token(_bearer(request)) is not None

    def only_looks(self, request: HTTPConnection) -> bool:
        """Whether a request comes from somebody who may look and never act."""
        return (
            self.role(request) == "observer" or self.role_of_token(_bearer(request)) == "observer"
        )

    # ---- acting -----------------------------------------------------------------------------

    def require_token(self, request: Request) -> None:
        """Check the bearer token, or the session and number of this node's own console.

        Raises:
            Refusal: there is none, or another.
        """
        number = request.headers.get(FORM_HEADER)
        if number is not None:
            self.require_form(request, number)
        elif not self.is_token(_bearer(request)):
            fault = InputFault(
                "Authorization",
                wanted="Bearer and the token of this node's token file",
                repair="see docs/api.md",
            )
            raise Refusal(401, fault)

    def require_form(self, request: Request, number: str) -> None:
        """Check that a form is ours and comes from a session that has shown the token.

        Raises:
            Refusal: one of them is not so.
        """
        own = self.number_of(request)
        if own is None or not same_text(number, own):
            wanted = "a form of this page, signed in since the node started"
            raise Refusal(
                403, InputFault("form", wanted=wanted, repair="sign in on the page again")
            )

    # ---- signing in -------------------------------------------------------------------------

    def is_token(self, given: str) -> bool:
        """Whether this is the token."""
        return same_text(given, self.token)

    def role_of_token(self, given: str) -> Role | None:
        """Return what whoever shows this may do; None: it is no token of this node."""
        if self.is_token(given):
            return "operator"
        return "observer" if self.observer is not None and self.observer.is_token(given) else None

    def open_session(
        self, response: Response, role: Role, token: str, request: Request
    ) -> BrowserSession:
        """Return a new session of a browser; the one that it had ends."""
        cookie = self._cookie(request)
        self.sessions.close(request.cookies.get(cookie, ""))
        name = self.sessions.open(role, token)
        response.set_cookie(
            cookie, name, httponly=True, samesite="strict", path="/", secure=self.secure
        )
        session = self.sessions.find(name)
        assert session is not None
        return session

    def close_session(self, request: Request, response: Response) -> None:
        """End the session of a browser, here and there."""
        cookie = self._cookie(request)
        self.sessions.close(request.cookies.get(cookie, ""))
        response.delete_cookie(cookie, path="/", secure=self.secure, httponly=True)

    def _cookie(self, request: HTTPConnection) -> str:
        """Return the name of this node's cookie; over TLS one that no other page can set."""
        return f"{'__Host-' if self.secure else ''}{cookie_name('parley_post', request)}"


def cookie_name(kind: str, request: HTTPConnection) -> str:
    """Return the name of a cookie with the port in it.

    A browser keeps the cookies of all ports of a host together: two nodes on one machine would end
    each other's sessions.
    """
    port = request.url.port or (443 if request.url.scheme in ("https", "wss") else 80)
    return f"{kind}_{port}"


def _bearer(request: HTTPConnection) -> str:
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    return given.strip() if kind.lower() == "bearer" else ""


class Guard:
    """ASGI middleware: refuses other hosts and other sites, and sets the headers of every reply.

    While the node waits for something, `waits_for`, nothing of it is shown: 503 and what for. The
    page of a node that takes no report yet would read as a quiet sky.

    Args:
        app: what is guarded.
        hosts: the Host values that are ours; filled in once the port is known.
        access: who may look and who may not act; None: whoever is on this machine looks.
    """

    def __init__(self, app: ASGIApp, hosts: set[str], access: Access | None = None) -> None:
        self._app = app
        self._hosts = hosts
        self._access = access
        self._scheme = "https" if access is not None and access.secure else "http"
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

        refused = self._refused(scope)
        if refused is not None:
            await refused(scope, receive, send_with_headers)
        else:
            await self._app(scope, receive, send_with_headers)

    def _refused(self, scope: Scope) -> Response | None:
        """Return the answer to a request that is not passed on."""
        method = str(scope["method"])
        fault = self._flaw(Headers(scope=scope), method)
        if fault is not None:
            return fault_reply(fault, 403)
        if self.waits_for:
            waits = InputFault(
                "node", value=f"not ready: {self.waits_for}", wanted="one that is",
                repair="ask again once it has said where its peers are heard",
            )  # fmt: skip
            return fault_reply(waits, 503)
        access, path = self._access, str(scope["path"])
        if access is None:
            return None
        request = HTTPConnection(scope)
        if (
            method not in _LOOKING
            and not _is_of(path, _OBSERVERS_TOO)
            and access.only_looks(request)
        ):
            return fault_reply(_LOOKS_ONLY, 403)
        if access.may_look(request) or _is_of(path, _BEFORE_SIGN_IN):
            return None
        if method in _LOOKING and not path.startswith("/api/") and path != "/openapi.json":
            return RedirectResponse(
                "/sign-in" if path == "/" else f"/sign-in?next={quote(path)}", 303
            )
        return fault_reply(_NO_SESSION, 401)

    async def _open(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Open a socket for our own pages, once the node can work; for nobody else."""
        fault = self._flaw(Headers(scope=scope), "GET")
        looks = self._access is None or self._access.may_look(HTTPConnection(scope))
        if fault is None and looks and not self.waits_for:
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
        if any(origin.lower() != f"{self._scheme}://{hosts[0].lower()}" for origin in origins):
            return InputFault("Origin header", value=", ".join(origins), wanted="this page's own")
        site = headers.get("sec-fetch-site", "none")
        followed = method == "GET" and headers.get("sec-fetch-mode") == "navigate"
        if site not in ("none", "same-origin") and not followed:
            return InputFault("Sec-Fetch-Site header", value=site, wanted="same-origin")
        return None


def _is_of(path: str, places: Sequence[str]) -> bool:
    return any(path == each or (each.endswith("/") and path.startswith(each)) for each in places)


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


def told_on_page(handler: Handler, fault_page: Callable[[Fault, int], Response]) -> Handler:
    """Return the handler with its refusals told on a page instead: `fault_page` makes it."""

    async def handle(request: Request) -> Response:
        try:
            return await handler(request)
        except Refusal as refusal:
            return fault_page(refusal.fault, refusal.status)

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


def own_hosts(host: str, port: int, names: Sequence[str], *, secure: bool) -> set[str]:
    """Return the Host values under which a node is asked.

    >>> sorted(own_hosts("0.0.0.0", 443, ("post.example",), secure=True))[-2:]
    ['post.example', 'post.example:443']
    """
    every = {"localhost", "127.0.0.1", "[::1]", *(each.lower() for each in names)}
    if host not in EVERY_ADDRESS:
        every.add(f"[{host}]" if ":" in host else host)
    with_port = {each if _has_port(each) else f"{each}:{port}" for each in every}
    usual = port == (443 if secure else 80)
    return with_port | ({each for each in every if not _has_port(each)} if usual else set())


def _has_port(name: str) -> bool:
    return ":" in name.rpartition("]")[2]


class WebServer:
    """Serves the routes on a port of this machine in this process's loop.

    Args:
        routes: of the API and the page.
        host: an address of this machine; one that others reach only with `tls` and `access`.
        port: 0 takes any that is free.
        access: who may look, and who may not act.
        tls: the certificate and key to serve with.
        names: further Host values that are ours.

    Raises:
        OSError: the port is taken or not ours.
    """

    def __init__(
        self,
        routes: Sequence[BaseRoute],
        host: str,
        port: int,
        *,
        access: Access | None = None,
        tls: TlsFiles | None = None,
        names: Sequence[str] = (),
    ) -> None:
        self.ending: list[Callable[[], None]] = []
        """Called when serving stops: requests that wait would else be cut off with a loud fault."""
        self.leaving: list[Callable[[], Awaitable[None]]] = []
        """Waited for when serving has stopped: who looks is told, each for a bounded time."""
        self._socket = _listening(host, port)
        self.port: int = self._socket.getsockname()[1]
        hosts = own_hosts(host, self.port, names, secure=tls is not None)
        self.guard = Guard(Starlette(routes=list(routes)), hosts, access)
        config = uvicorn.Config(
            self.guard,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            ws="wsproto",
            ws_max_size=SOCKET_BYTES_MAX,
            ws_per_message_deflate=False,
            http=RoomyProtocol,
            limit_concurrency=CONNECTIONS_MAX,
            timeout_graceful_shutdown=1,
            ssl_certfile=tls.certificate if tls is not None else None,
            ssl_keyfile=tls.key if tls is not None else None,
        )
        config.load()
        if config.ssl is not None:
            config.ssl.minimum_version = ssl.TLSVersion.TLSv1_2
        self._server = _Server(config)

    async def serve(self) -> None:
        """Serve until `stop`."""
        await self._server.serve(sockets=[self._socket])

    def stop(self) -> None:
        """Stop serving soon."""
        for each in self.ending:
            each()
        self._server.should_exit = True

    async def left(self) -> None:
        """Wait, not for long, until those who look were told that it stops."""
        for each in self.leaving:
            await each()
