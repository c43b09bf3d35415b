"""A node for measuring the console: valid views of nothing, and moving tracks at one a second.

It serves the built console and the four things that it asks for; nothing is folded or signed.
`python benchmarks/console_node.py TRACKS [PORT]` serves one until Ctrl-C, to look at.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import uvicorn
from numpy.typing import NDArray
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

TOP = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TOP / "src"), str(TOP / "tests"), str(TOP / "tests" / "sim"), str(TOP)]

from simkeys import make_identities  # noqa: E402  tests are no package

from app.consoleworld import lively_agreement  # noqa: E402  tests are no package
from parley.app.console_files import console_routes  # noqa: E402  src comes onto the path above
from parley.app.console_map import map_view  # noqa: E402  the same
from parley.app.console_outlines import Paper  # noqa: E402  the same
from parley.app.console_screen import screen_of  # noqa: E402  the same
from parley.app.console_session import SessionView  # noqa: E402  the same
from parley.app.live_socket import Beat, Looking, Names  # noqa: E402  the same
from parley.app.track_frames import (  # noqa: E402  the same
    PART,
    ROW,
    NamedTrack,
    encode_frame,
    rows_within,
)
from parley.node.state import State  # noqa: E402  the same

WHOLE_FRAME_TRACKS_MAX = 20_000
NAMES_AT_ONCE = 5_000
PARTIES = ("COAL", "RUS", None)
BOX_DEG = (25.0, 25.0, 50.0, 45.0)
"""West, south, east, north: where the tracks fly, and what the screen then shows."""


def now_us() -> int:
    return time.time_ns() // 1000


class Traffic:
    """Tracks that fly straight on and come in again at the other side.

    Args:
        count: how many.
        seed: gives the same ones again.
    """

    def __init__(self, count: int, seed: int = 7) -> None:
        chance = np.random.default_rng(seed)
        west, south, east, north = BOX_DEG
        self._lon_deg = chance.uniform(west, east, count)
        self._lat_deg = chance.uniform(south, north, count)
        self._course_deg = chance.uniform(0.0, 360.0, count)
        self._speed_mps = chance.uniform(60.0, 260.0, count)
        self._began_us = now_us()
        self.rows: NDArray[np.void] = np.zeros(count, ROW)
        self.rows["number"] = np.arange(count)
        self.rows["altitude_dm"] = chance.integers(5_000, 120_000, count)
        self.rows["speed_dmps"] = np.round(self._speed_mps * 10)
        self.rows["course_cdeg"] = np.round(self._course_deg * 100) % 36_000
        self.rows["climb_cmps"] = chance.integers(-800, 800, count)
        self.rows["reference"] = 2
        self.rows["status"] = chance.choice([0, 0, 0, 0, 0, 0, 0, 1, 2, 3], count)
        self.names = tuple(
            NamedTrack(number=n, aircraft=f"T{n:05d}", party=PARTIES[n % 3]) for n in range(count)
        )

    def at(self, at_us: int) -> NDArray[np.void]:
        """Return the rows at an instant."""
        west, south, east, north = BOX_DEG
        way_m = self._speed_mps * (at_us - self._began_us) / 1e6
        course = np.radians(self._course_deg)
        lat = self._lat_deg + np.cos(course) * way_m / 111_132.0
        lat = south + (lat - south) % (north - south)
        lon = self._lon_deg + np.sin(course) * way_m / (111_320.0 * np.cos(np.radians(lat)))
        lon = west + (lon - west) % (east - west)
        self.rows["lat_e7"] = np.round(lat * 1e7)
        self.rows["lon_e7"] = np.round(lon * 1e7)
        return self.rows


class ConsoleNode:
    """What the console asks a node for.

    Args:
        count: tracks.
        folder: of the built console; the package's own without it.
    """

    def __init__(self, count: int, folder: Path | None = None) -> None:
        agreement = lively_agreement()
        state = State(identity=make_identities([agreement])["COAL"])
        self._map = map_view(state, now_us(), Paper(math.inf))
        self._state = state
        self.traffic = Traffic(count)
        self.app = Starlette(
            routes=[
                Route("/api/session", self._session),
                Route("/api/screen", self._screen),
                Route("/api/map", self._whole_map),
                WebSocketRoute("/api/live", self._live),
                *console_routes(folder),
            ]
        )

    async def _session(self, _: Request) -> Response:
        return _json(
            SessionView(
                party="COAL", role="observer", form_number=None, signed_in=False, ends_in_s=None,
                token_wanted=False, walled=False, clock="wall", version="0", language="en",
            )
        )  # fmt: skip

    async def _screen(self, _: Request) -> Response:
        return _json(screen_of(self._state, now_us(), feeds={}, map_digest=self._map.digest))

    async def _whole_map(self, _: Request) -> Response:
        return _json(self._map)

    async def _live(self, live: WebSocket) -> None:
        await live.accept()
        looking: list[Looking] = []

        async def listen() -> None:
            while True:
                looking[:] = [msgspec.json.decode(await live.receive_text(), type=Looking)]

        listening = asyncio.create_task(listen())
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await self._tell(live, looking)
        listening.cancel()
        with contextlib.suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError):
            await listening

    async def _tell(self, live: WebSocket, looking: list[Looking]) -> None:
        """Send what a node sends, in its order: a beat, names, a frame."""
        names, told = self.traffic.names, 0
        while True:
            at_us = now_us()
            beat = Beat(now_us=at_us, number=0, clock="wall", ready=True, tracks=len(names))
            await live.send_text(msgspec.json.encode(beat).decode())
            while told < len(names):
                part = names[told : told + NAMES_AT_ONCE]
                told += len(part)
                await live.send_text(msgspec.json.encode(Names(names=part)).decode())
            await live.send_bytes(self._frame(at_us, looking))
            await asyncio.sleep(1.0)

    def _frame(self, at_us: int, looking: list[Looking]) -> bytes:
        rows = self.traffic.at(at_us)
        if not looking or len(rows) <= WHOLE_FRAME_TRACKS_MAX:
            return encode_frame(rows, at_us, at_us)
        box = looking[0]
        kept = rows_within(
            rows, (box.west_deg, box.south_deg, box.east_deg, box.north_deg), box.always
        )
        left_out = len(rows) - len(kept)
        return encode_frame(kept, at_us, at_us, flags=PART, left_out=left_out)


def _json(view: msgspec.Struct) -> Response:
    return Response(msgspec.json.encode(view), media_type="application/json")


@contextlib.contextmanager
def serving(node: ConsoleNode, port: int = 0) -> Iterator[str]:
    """Give the address at which a node is served."""
    bound = socket.create_server(("127.0.0.1", port))
    server = uvicorn.Server(uvicorn.Config(node.app, log_level="error", ws="wsproto"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(5)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    with serving(ConsoleNode(count), port) as url:
        print(f"{url}/console/", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
