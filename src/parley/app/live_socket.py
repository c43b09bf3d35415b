"""The console's socket: a beat each second, the names of aircraft, and track frames.

Nothing signed goes over it, and nothing comes in but what a screen looks at. Rules: the beat is
what makes a picture live; a screen that is too slow is not waited for, it gets the newest frame
once it has taken the last, and one that takes nothing is let go; their number is bounded, and those
that may only look take no room of those that may act. Each second whoever looks must still be
somebody who may: a session that ended ends its screens.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from dataclasses import dataclass, field
from typing import Literal

import msgspec
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from parley.app.console_session import Clock, clock_of
from parley.app.crank import Turned
from parley.app.http import Access
from parley.app.picture_recorder import Drawn
from parley.app.service import Service
from parley.app.track_frames import (
    PART,
    NamedTrack,
    TrackColumns,
    TrackNames,
    decode_frame,
    encode_frame,
    rows_within,
)

SCREENS_MAX = 32
"""Of those that may act; as many again of those that only look."""
WHOLE_FRAME_TRACKS_MAX = 20_000
"""Above it a screen gets what it looks at, and what it says must always be there."""
ALWAYS_MAX = 1_000
NAMES_AT_ONCE = 5_000
_BEAT_S = 1.0
_SEND_S_MAX = 15.0
_LEAVE_S_MAX = 1.0
_ASKED_BYTES_MAX = 16_384
_DEGREES_MAX = 1_080.0
"""A map that was turned round the earth a few times still says where it looks."""


class Beat(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="beat"):
    """The node's time, and the number of the newest turn that stored something since it started.

    `ready`: false while a node has no time yet or does not answer for its picture.
    """

    now_us: int
    number: int
    clock: Clock
    ready: bool
    tracks: int


class Names(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="names"):
    """Numbers of aircraft in frames."""

    names: tuple[NamedTrack, ...]


class Looking(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a screen looks at: a box in degrees, and aircraft that it wants wherever they are."""

    kind: Literal["looking"] = "looking"
    west_deg: float
    south_deg: float
    east_deg: float
    north_deg: float
    always: tuple[int, ...] = ()


@dataclass(slots=True, eq=False)
class _Screen:
    socket: WebSocket
    acts: bool
    looking: Looking | None = None
    named: int = 0
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    gone: asyncio.Event = field(default_factory=asyncio.Event)


class LiveSocket:
    """The screens that look at one node.

    Args:
        service: the node's.
        access: who may look; None: whoever opens it.
    """

    def __init__(self, service: Service, access: Access | None = None) -> None:
        self._service = service
        self._access = access
        self.names = TrackNames()
        self._columns = TrackColumns(self.names)
        self._screens: set[_Screen] = set()
        self._number = 0
        self._frame: tuple[int, bytes] = (-1, b"")
        self._ending = False
        service.listeners.append(self._count)

    def routes(self) -> list[WebSocketRoute]:
        """Return the route of the socket."""
        return [WebSocketRoute("/api/live", self._serve)]

    def end(self) -> None:
        """Let every screen go: the node stops."""
        self._ending = True
        for screen in self._screens:
            screen.wake.set()

    async def left(self) -> None:
        """Wait, not for long, until each screen that takes what is sent knows of the end."""
        waits = [asyncio.ensure_future(screen.gone.wait()) for screen in self._screens]
        if waits:
            _, late = await asyncio.wait(waits, timeout=_LEAVE_S_MAX)
            for each in late:
                each.cancel()

    def frame(self) -> bytes:
        """Return the newest frame, made at most once for each instant."""
        now_us = self._service.clock() if self._service.begun else 0
        if self._frame[0] != now_us:
            self._frame = (now_us, self._columns.frame(self._service.state.picture, now_us))
        return self._frame[1]

    def drawn(self) -> Drawn | None:
        """Return the picture of now for the recording; None while there is no time yet."""
        if not self._service.begun:
            return None
        frame = self.frame()
        return Drawn(at_us=self._frame[0], frame=frame, named=self.names.named)

    def _count(self, now_us: int, turned: Turned) -> None:
        del now_us, turned
        self._number += 1
        for screen in self._screens:
            screen.wake.set()

    async def _serve(self, socket: WebSocket) -> None:
        acts = self._access is None or self._access.signed_in(socket)
        if sum(each.acts == acts for each in self._screens) >= SCREENS_MAX:
            await socket.close(1013, f"{SCREENS_MAX} screens look at this node already")
            return
        screen = _Screen(socket, acts)
        self._screens.add(screen)
        try:
            await socket.accept()
            await self._until_it_goes(screen)
        except asyncio.CancelledError:
            # A screen that takes nothing is cut off when the node stops: no fault of anybody's.
            if not self._ending:
                raise
        finally:
            self._screens.discard(screen)
            screen.gone.set()

    async def _until_it_goes(self, screen: _Screen) -> None:
        """Tell and listen until one of them ends: a screen that takes nothing holds no place."""
        both = [asyncio.create_task(each) for each in (self._listen(screen), self._tell(screen))]
        first: set[asyncio.Task[None]] = set()
        try:
            first, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in both:
                each.cancel()
            await asyncio.gather(*both, return_exceptions=True)
        for each in first:
            with contextlib.suppress(asyncio.CancelledError, WebSocketDisconnect, TimeoutError):
                each.result()

    async def _listen(self, screen: _Screen) -> None:
        """Take what the screen looks at, until it goes; anything else ends it."""
        while True:
            try:
                text = await screen.socket.receive_text()
                if len(text) > _ASKED_BYTES_MAX:
                    raise ValueError("longer than a screen asks for")
                asked = _checked(msgspec.json.decode(text, type=Looking))
            except WebSocketDisconnect:
                return
            except (ValueError, KeyError):  # msgspec's faults are ValueErrors
                await screen.socket.close(1008, "not what a screen says: see docs/console.md")
                return
            screen.looking = asked

    async def _tell(self, screen: _Screen) -> None:
        """Send a beat each second and at each change, a frame each second."""
        loop = asyncio.get_running_loop()
        next_s = loop.time()
        while not self._ending:
            with_frame = loop.time() >= next_s
            if with_frame and self._access is not None and not self._access.may_look(screen.socket):
                await screen.socket.close(1008, "the session that opened this ended")
                return
            async with asyncio.timeout(_SEND_S_MAX):
                await self._send(screen, with_frame=with_frame)
            if with_frame:
                next_s = max(next_s + _BEAT_S, loop.time())
            screen.wake.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, next_s - loop.time())):
                    await screen.wake.wait()
        await screen.socket.close(1001, "the node stops")

    async def _send(self, screen: _Screen, *, with_frame: bool) -> None:
        service = self._service
        beat = Beat(
            now_us=service.clock() if service.begun else 0,
            number=self._number,
            clock=clock_of(service),
            ready=service.begun,
            tracks=len(service.state.picture.aircraft),
        )
        frame = self._frame_for(screen) if with_frame else b""
        await screen.socket.send_text(msgspec.json.encode(beat).decode())
        # The names first: a frame never has a number that the screen was not told.
        while screen.named < len(self.names.named):
            part = self.names.named[screen.named : screen.named + NAMES_AT_ONCE]
            screen.named += len(part)
            await screen.socket.send_text(msgspec.json.encode(Names(names=tuple(part))).decode())
        if frame:
            await screen.socket.send_bytes(frame)

    def _frame_for(self, screen: _Screen) -> bytes:
        frame, looking = self.frame(), screen.looking
        if looking is None or len(self._service.state.picture.aircraft) <= WHOLE_FRAME_TRACKS_MAX:
            return frame
        now_us, flags, rows = decode_frame(frame)
        box_deg = (looking.west_deg, looking.south_deg, looking.east_deg, looking.north_deg)
        kept = rows_within(rows, box_deg, looking.always)
        left_out = len(rows) - len(kept)
        return encode_frame(kept, now_us, now_us, flags=flags | PART, left_out=left_out)


def _checked(asked: Looking) -> Looking:
    """Return what a screen looks at, as far as it can be looked at.

    Raises:
        ValueError: no place on the earth, or no number of an aircraft.
    """
    box_deg = (asked.west_deg, asked.south_deg, asked.east_deg, asked.north_deg)
    if not all(math.isfinite(each) and abs(each) <= _DEGREES_MAX for each in box_deg):
        raise ValueError("no place on the earth")
    always = asked.always[:ALWAYS_MAX]
    if any(not 0 <= each < 1 << 32 for each in always):
        raise ValueError("no number of an aircraft")
    return msgspec.structs.replace(asked, always=always)
