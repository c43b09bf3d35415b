"""Connections to a node's page: whoever holds them keeps nobody else out. Over real sockets."""

from __future__ import annotations

import asyncio
import contextlib

import httpx
from starlette.responses import Response
from starlette.routing import Route

from parley.app.http import WebServer, read_body, refusing


async def _served(asked):
    """Return what `asked` returns of a node's server with one page."""

    async def page(request) -> Response:
        return Response(await read_body(request))

    web = WebServer([Route("/x", refusing(page), methods=["GET", "POST"])], "127.0.0.1", 0)
    serving = asyncio.create_task(web.serve())
    try:
        async with asyncio.timeout(20):
            return await asked(web.port)
    finally:
        web.stop()
        await serving


async def _status(port: int) -> int:
    async with httpx.AsyncClient(trust_env=False) as client:
        return (await client.get(f"http://127.0.0.1:{port}/x")).status_code


def test_who_holds_many_connections_and_asks_nothing_keeps_nobody_out():
    async def asked(port: int) -> list[int]:
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(300)]
        for _, writer in held[::2]:
            writer.write(b"GET /x HTTP/1.1\r\nHost: ")  # a head that never ends
        found = [await _status(port) for _ in range(3)]
        # Nor who asks and then keeps the connection.
        kept = [await asyncio.open_connection("127.0.0.1", port) for _ in range(150)]
        for _, writer in kept:
            writer.write(f"GET /x HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        await asyncio.sleep(0.5)
        found += [await _status(port) for _ in range(3)]
        for _, writer in (*held, *kept):
            writer.close()
        return found

    assert asyncio.run(_served(asked)) == [200] * 6


def test_who_asks_nothing_or_sends_its_body_drop_by_drop_is_cut_off(monkeypatch):
    monkeypatch.setattr("parley.app.http_connections.SILENT_S_MAX", 0.2)
    monkeypatch.setattr("parley.app.http.BODY_S_LEAST", -104.6)

    async def asked(port: int) -> tuple[bytes, bytes]:
        silent, writer = await asyncio.open_connection("127.0.0.1", port)
        slow, drops = await asyncio.open_connection("127.0.0.1", port)
        head = f"POST /x HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 9\r\n\r\n"
        drops.write(head.encode() + b"x")
        with contextlib.suppress(ConnectionError):
            first = await silent.read()
        told = await slow.readline()
        writer.close()
        drops.close()
        return first, told

    first, told = asyncio.run(_served(asked))
    assert first == b""
    assert b" 408 " in told
