"""Waiting for news: who shows a node's state is told at once when something was written.

A number counts the turns that stored something. Whoever has seen number N asks for what comes
after it, and gets its answer as soon as there is more, or when it has waited long enough: a screen
needs no quick polling, and no message waits for the next look.
"""

from __future__ import annotations

import asyncio

import msgspec

from parley.app.crank import Turned
from parley.app.service import Service

WAIT_S_MAX = 25.0
"""Below the time after which proxies and clients give a request up."""
WAITING_MAX = 64
"""Requests that wait at once; more get their answer at once, and may ask again."""


class ChangesView(msgspec.Struct, frozen=True, kw_only=True):
    """The number of the newest turn that stored something, since this node started."""

    number: int
    now_us: int


class Changes:
    """The count of one node, and those who wait for it to move.

    Args:
        service: whose turns are counted.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._number = 0
        self._moved = asyncio.Event()
        self._waiting = 0
        self._ending = False
        service.listeners.append(self._count)

    def _count(self, now_us: int, turned: Turned) -> None:
        del now_us, turned
        self._number += 1
        self._wake()

    def _wake(self) -> None:
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    def end(self) -> None:
        """Let everybody who waits go: the node stops."""
        self._ending = True
        self._wake()

    async def after(self, number: int, wait_s: float) -> ChangesView:
        """Return the count once it is another than `number`, or after `wait_s` seconds.

        Another, not a higher one: a node that started again counts from nothing.
        """
        wait = number == self._number and self._waiting < WAITING_MAX and not self._ending
        if wait:
            self._waiting += 1
            try:
                async with asyncio.timeout(min(max(wait_s, 0.0), WAIT_S_MAX)):
                    await self._moved.wait()
            except TimeoutError:
                pass
            finally:
                self._waiting -= 1
        return ChangesView(number=self._number, now_us=self._service.clock())
