"""A screen's end of the socket, over a real connection, by wsproto."""

from __future__ import annotations

import contextlib
import json
import socket
from urllib.parse import urlsplit

from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    RejectConnection,
    Request,
    TextMessage,
)


class RefusedError(Exception):
    """The node did not open the socket."""


class Screen:
    """Reads what a node tells a screen; whole messages in order.

    Args:
        url: of the node.
        origin: of the page that asks; None: no browser does.
    """

    def __init__(self, url: str, *, origin: str | None = None, host: str | None = None) -> None:
        parts = urlsplit(url)
        self._socket = socket.create_connection((parts.hostname, parts.port), timeout=10)
        self._socket.settimeout(10)
        self._connection = WSConnection(ConnectionType.CLIENT)
        headers = [(b"Origin", origin.encode())] if origin else []
        request = Request(host=host or parts.netloc, target="/api/live", extra_headers=headers)
        self._socket.sendall(self._connection.send(request))
        self.closed: int | None = None
        self._parts: list[str | bytes] = []
        self._messages: list = []
        first = self._next()
        if not isinstance(first, AcceptConnection):
            self.close()
            raise RefusedError(str(first))

    def _next(self):
        while True:
            for event in self._connection.events():
                return event
            data = self._socket.recv(65_536)
            self._connection.receive_data(data or None)

    def message(self) -> dict | bytes | None:
        """Return the next message: text as JSON, or bytes; None: the node closed the socket."""
        parts = []
        while True:
            event = self._next()
            if isinstance(event, CloseConnection | RejectConnection):
                self.closed = getattr(event, "code", None)
                return None
            if isinstance(event, TextMessage | BytesMessage):
                parts.append(event.data)
                if event.message_finished:
                    whole = parts[0][:0].join(parts)
                    return json.loads(whole) if isinstance(whole, str) else bytes(whole)

    def until(self, wanted):
        """Return the first message that `wanted` takes; fails after a hundred others."""
        for _ in range(100):
            found = self.message()
            if found is None:
                break
            if wanted(found):
                return found
        raise AssertionError(f"not among what the node told; closed {self.closed}")

    def say(self, text: str) -> None:
        self._socket.sendall(self._connection.send(TextMessage(data=text)))

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.close()

    def __enter__(self) -> Screen:
        return self

    def __exit__(self, *_) -> None:
        self.close()
