"""Connections to a node's page: whoever holds many and asks nothing keeps nobody else out.

Rules: one that has asked nothing in some seconds is cut; and once there are many, each new one cuts
the oldest that has no request under way. Who has one keeps it.
"""

from __future__ import annotations

import asyncio
from typing import cast

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

CONNECTIONS_MAX = 128
"""Beyond it uvicorn answers 503 to everybody."""
ROOM_FROM = 96
"""From here on a new connection takes the place of an idle one."""
SILENT_S_MAX = 10.0
"""A browser asks at once; the time of a first request, its head sent whole."""


class RoomyProtocol(H11Protocol):
    """HTTP/1.1 on one connection, which makes room for others while it asks nothing."""

    begun_s: float = 0.0

    @property
    def idle(self) -> bool:
        """Whether no request is under way on it."""
        upgraded = self.transport.get_protocol() is not self
        return not upgraded and (self._begun is None or self._begun.response_complete)

    @property
    def _begun(self) -> RequestResponseCycle | None:
        return cast("RequestResponseCycle | None", self.cycle)  # None before the first request

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn names its transport too
        """Take a new connection; where there are many, cut the oldest idle one."""
        super().connection_made(transport)
        self.begun_s = self.loop.time()
        self.loop.call_later(SILENT_S_MAX, self._cut_if_silent)
        if len(self.connections) < ROOM_FROM:
            return
        idle = [
            each
            for each in self.connections
            if isinstance(each, RoomyProtocol) and each is not self and each.idle
        ]
        if idle:
            min(idle, key=lambda each: each.begun_s).cut()

    def cut(self) -> None:
        """End the connection now: it counts no more from here on."""
        self.connections.discard(self)
        self.transport.abort()

    def _cut_if_silent(self) -> None:
        if self._begun is None and self.idle and not self.transport.is_closing():
            self.cut()
