"""The door for other people's tools: logs as C2SP says, over plain HTTP on a port of its own.

Rules:
- Nobody signs in here and nothing acts: what is served may be read by whoever reaches the port, and
  the two requests that are posted carry their own proof. TLS is a proxy's work.
- Reading is GET; POST is for add-checkpoint and add-entries alone. Everything has a limit in bytes
  and in time, and is done off the node's loop.
- A refusal is one line of text that says why.

What is served of which log stands in `c2sp_reading`, what is cosigned in `c2sp_witness`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import uvicorn
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from parley.app.c2sp_mirror import Mirror
from parley.app.c2sp_reading import Clock, Reader, Resource
from parley.app.c2sp_witness import Reply, Witness, WitnessStore, named_logs, peers_logs
from parley.app.http import _listening, _Server
from parley.node.state import State
from parley.trust.keys import VerifierKey
from parley.world.faults import InputFault

T = TypeVar("T")
CONNECTIONS_MAX = 64
BUNDLES_MAX = 8
"""Bundles of entries under way: a full one is up to 15 MB, held until its reader has taken it."""
UPLOADS_MAX = 4
"""Uploads taken at once: of each one package, up to 17 MB, is held until it is proven."""
CHECKPOINT_BYTES_MAX = 131_072
"""A proof is below 3 kB, and sixteen signatures of the longest form below 64 kB."""
HEADER_S = 10.0
REQUEST_S = 60.0
_THREADS = 4
_FOREVER = "public, max-age=31536000, immutable"
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def text_reply(status: int, text: str) -> Response:
    """Return one line of text."""
    headers = {"Cache-Control": "no-store"}
    return Response(f"{text}\n", status, headers, "text/plain; charset=utf-8")


async def read_limited(request: Request, bytes_max: int) -> bytes | None:
    """Return the body of a request, None if it is longer than that or was cut off."""
    parts: list[bytes] = []
    size = 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > bytes_max:
                return None
            parts.append(part)
    except ClientDisconnect:
        return None
    return b"".join(parts)


class TimedProtocol(H11Protocol):
    """A connection whose other end brings a request, and takes the reply, within a time."""

    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Give the first header its time."""
        super().connection_made(transport)
        self._give(HEADER_S)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the time."""
        super().connection_lost(exc)
        if self._timer is not None:
            self._timer.cancel()

    def on_response_complete(self) -> None:
        """Give the next header its time."""
        self._give(HEADER_S)
        super().on_response_complete()

    def _give(self, time_s: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.loop.call_later(time_s, self._give_up, time_s)

    def _give_up(self, given_s: float) -> None:
        # uvicorn calls the cycle before the first request None, and types it as never None.
        cycle: object = self.cycle
        answering = isinstance(cycle, RequestResponseCycle) and not cycle.response_complete
        if given_s == HEADER_S and (answering or self.transport.get_write_buffer_size()):
            self._give(REQUEST_S - HEADER_S)
        else:
            # Not close: that would wait for a reader that does not read.
            self.transport.abort()


@dataclass(slots=True)
class Doors:
    """What is behind the door; None where this node does not do it.

    Attributes:
        reader: serves logs.
        witness: answers add-checkpoint.
        mirror: answers add-entries.
        mirrored: serves what the mirror has.
    """

    reader: Reader
    witness: Witness | None = None
    mirror: Mirror | None = None
    mirrored: Reader | None = None


class Gate:
    """The ASGI application: who may come in, what is asked, and the reply.

    Args:
        doors: what is behind it.
        hosts: the Host values that are ours; filled in once the port is known.
    """

    def __init__(self, doors: Doors, hosts: set[str]) -> None:
        self._doors = doors
        self._hosts = hosts
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="c2sp")
        self._bundles = asyncio.Semaphore(BUNDLES_MAX)
        self._uploads = asyncio.Semaphore(UPLOADS_MAX)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                ours = [(k.lower().encode(), v.encode()) for k, v in _HEADERS.items()]
                message["headers"] = [*message["headers"], *ours]
            await send(message)

        request = Request(scope, receive)
        reply = self._refusal(Headers(scope=scope), request) or await self._posted(request)
        if reply is not None:
            await reply(scope, receive, send_with_headers)
            return
        path: str = request.scope["path"]
        async with self._bundles if "/tile/entries/" in path else contextlib.nullcontext():
            await self._read(path, scope, receive, send_with_headers)

    def _refusal(self, headers: Headers, request: Request) -> Response | None:
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            return text_reply(403, f"Host header is {', '.join(hosts)!r}, wanted one of ours")
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return text_reply(403, "a page of another site asks: refused")
        posts = ("/add-checkpoint", "/add-entries")
        wanted = ("POST",) if request.scope["path"] in posts else ("GET", "HEAD")
        if request.method not in wanted:
            return text_reply(405, f"method is {request.method}, wanted {' or '.join(wanted)}")
        return None

    # ---- reading --------------------------------------------------------------------------------

    async def _read(self, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            found = await self._in_thread(lambda: self._found(path.removeprefix("/")))
        except InputFault as fault:
            await text_reply(404, str(fault))(scope, receive, send)
            return
        await _send(found, send)

    def _found(self, path: str) -> Resource:
        mirrored = self._doors.mirrored
        if mirrored is not None and mirrored.knows(path):
            return mirrored.read(path)
        return self._doors.reader.read(path)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    # ---- posting --------------------------------------------------------------------------------

    async def _posted(self, request: Request) -> Response | None:
        """Return the reply to what was posted, None where nothing was."""
        if request.method != "POST":
            return None
        if request.scope["path"] == "/add-entries" and self._doors.mirror is not None:
            return await self._uploaded(request, self._doors.mirror)
        witness = self._doors.witness
        if request.scope["path"] != "/add-checkpoint" or witness is None:
            return text_reply(404, f"{request.scope['path']} is not served by this node")
        body = await read_limited(request, CHECKPOINT_BYTES_MAX)
        if body is None:
            return text_reply(413, f"body is longer, wanted at most {CHECKPOINT_BYTES_MAX} bytes")
        asked = witness.asked(body)
        if isinstance(asked, Reply):
            return _reply(asked)
        return _reply(await self._in_thread(lambda: witness.answer(asked)))

    async def _uploaded(self, request: Request, mirror: Mirror) -> Response:
        coding = request.headers.get("content-encoding", "identity").lower()
        if coding not in ("identity", "gzip"):
            return text_reply(415, f"Content-Encoding is {coding}, wanted gzip or none")
        receiving = mirror.receive(gzipped=coding == "gzip")
        reply: Reply | None = None
        async with self._uploads:
            with contextlib.suppress(ClientDisconnect):
                async for part in request.stream():
                    reply = await self._in_thread(partial(receiving.feed, part))
                    if reply is not None:
                        break
        if reply is None:
            reply = await self._in_thread(receiving.end)
        found = _reply(reply)
        found.headers["Accept-Encoding"] = "gzip"
        return found

    def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _reply(reply: Reply) -> Response:
    headers = {"Cache-Control": "no-store", "Content-Type": reply.media_type}
    return Response(reply.body, reply.status, headers)


async def _send(found: Resource, send: Send) -> None:
    """Send in parts, so that one who reads slowly holds one part in the system's buffers."""
    headers = {
        "content-type": found.media_type,
        "content-length": str(sum(map(len, found.parts))),
        "cache-control": _FOREVER if found.immutable else "no-cache",
    }
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": 200, "headers": raw})
    for part in found.parts:
        await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


class C2spServer:
    """Serves the doors in this process's loop.

    Args:
        doors: what is behind it.
        host: an address of this machine.
        port: 0 takes any that is free.
        hosts: further values of the Host header that are ours, as a proxy hands them on.

    Raises:
        OSError: the port is taken or not ours.
    """

    def __init__(self, doors: Doors, host: str, port: int, hosts: Iterable[str] = ()) -> None:
        self._socket = _listening(host, port)
        self.port: int = self._socket.getsockname()[1]
        shown = f"[{host}]" if ":" in host else host
        names = {f"{name}:{self.port}" for name in (shown, "localhost", "127.0.0.1", "[::1]")}
        self._gate = Gate(doors, names | {name.lower() for name in hosts})
        self._server = _Server(
            uvicorn.Config(
                self._gate,
                http=TimedProtocol,
                log_config=None,
                access_log=False,
                server_header=False,
                lifespan="off",
                ws="none",
                limit_concurrency=CONNECTIONS_MAX,
                timeout_graceful_shutdown=1,
            )
        )

    async def serve(self) -> None:
        """Serve until `stop`."""
        try:
            await self._server.serve(sockets=[self._socket])
        finally:
            self._gate.close()

    def stop(self) -> None:
        """Stop serving soon."""
        self._server.should_exit = True


def open_c2sp(
    state: Callable[[], State],
    store: WitnessStore,
    clock: Clock,
    *,
    host: str,
    port: int,
    entries: bool = False,
    kinds: tuple[str, ...] = ("line", "ops"),
    hosts: Iterable[str] = (),
    others: Sequence[VerifierKey] = (),
    mirror_folder: Path | None = None,
) -> C2spServer:
    """Return the server of a node's logs and of its witness, with its port bound.

    Args:
        state: gives the node's mind, between its turns.
        store: its logs.
        clock: its clock.
        host: an address of this machine.
        port: 0 takes any that is free.
        entries: whether entries are served, beside their hashes.
        kinds: which kinds of logs are.
        hosts: further values of the Host header that are ours.
        others: keys of other people's logs to witness; each one's name is its log's origin.
        mirror_folder: where these are mirrored too; None: they are not.

    Raises:
        OSError: the port is taken or not ours.
    """
    identity = state().identity
    reader = Reader(store, identity.party, identity.keys.mirror, clock, entries, kinds)
    known = (peers_logs(state), named_logs(others))
    doors = Doors(reader, Witness(store, identity.keys.witness, known, clock))
    if mirror_folder is not None:
        key = identity.keys.mirror
        doors.mirror = Mirror(mirror_folder, others, store, key, clock)
        doors.mirrored = Reader(doors.mirror.logs, identity.party, key, clock, entries=True)
    return C2spServer(doors, host, port, hosts)
