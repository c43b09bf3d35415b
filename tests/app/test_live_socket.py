"""The console's socket against whoever holds it, floods it, or looks on after their session."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import msgspec
import pytest
from starlette.websockets import WebSocket

from parley.app import live_socket
from parley.app.live_socket import LiveSocket


class Wire:
    """One screen's connection, as the server gives it to the route."""

    def __init__(self, role: str = "operator") -> None:
        self.sent: list[dict] = []
        self.stuck = False
        self.inbox: asyncio.Queue[dict] = asyncio.Queue()
        self.inbox.put_nowait({"type": "websocket.connect"})
        scope = {"type": "websocket", "path": "/api/live", "headers": [], "role": role}
        self.socket = WebSocket(scope, self.inbox.get, self._send)

    async def _send(self, message: dict) -> None:
        while self.stuck:
            await asyncio.sleep(0.01)
        self.sent.append(message)

    def say(self, text: str) -> None:
        self.inbox.put_nowait({"type": "websocket.receive", "text": text})

    @property
    def opened(self) -> bool:
        return any(each["type"] == "websocket.accept" for each in self.sent)

    @property
    def closed(self) -> int | None:
        codes = [each["code"] for each in self.sent if each["type"] == "websocket.close"]
        return codes[0] if codes else None


@pytest.fixture
def access():
    """Give who may look: whose scope says so, until a test takes it away."""
    made = SimpleNamespace(roles={"operator", "observer"})
    made.signed_in = lambda socket: socket.scope["role"] == "operator"
    made.may_look = lambda socket: socket.scope["role"] in made.roles
    return made


@pytest.fixture
def live(access, monkeypatch):
    monkeypatch.setattr(live_socket, "_BEAT_S", 0.05)
    service = SimpleNamespace(
        clock=lambda: 1_000_000, begun=True, listeners=[],
        state=SimpleNamespace(picture=SimpleNamespace(aircraft={})),
    )  # fmt: skip
    return LiveSocket(service, access)


def serve(live: LiveSocket, wire: Wire) -> asyncio.Task:
    (route,) = live.routes()
    assert route.path == "/api/live"
    return asyncio.create_task(live._serve(wire.socket))


async def until(true) -> None:
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.01)


def test_a_screen_that_takes_nothing_is_let_go_and_holds_no_place(live, monkeypatch):
    monkeypatch.setattr(live_socket, "_SEND_S_MAX", 0.2)

    async def run() -> None:
        wire = Wire()
        served = serve(live, wire)
        await until(lambda: len(wire.sent) > 2)
        wire.stuck = True
        async with asyncio.timeout(10):
            await served  # it ends, and the server cuts the connection
        assert live._screens == set()

    asyncio.run(run())


def test_a_session_that_ended_ends_its_screens(live, access):
    async def run() -> None:
        looks, acts = Wire("observer"), Wire()
        tasks = [serve(live, each) for each in (looks, acts)]
        await until(lambda: len(looks.sent) > 2 and len(acts.sent) > 2)
        access.roles = {"operator"}
        await until(lambda: looks.closed)
        assert looks.closed == 1008
        count = len(looks.sent)
        told = len(acts.sent)
        await until(lambda: len(acts.sent) > told + 2)
        assert len(looks.sent) == count
        assert acts.closed is None
        live.end()
        await asyncio.gather(*tasks)
        assert acts.closed == 1001

    asyncio.run(run())


def test_those_who_only_look_take_no_place_of_those_who_act(live, monkeypatch):
    monkeypatch.setattr(live_socket, "SCREENS_MAX", 2)

    async def run() -> None:
        lookers = [Wire("observer") for _ in range(4)]
        tasks = [serve(live, each) for each in lookers]
        await until(lambda: all(each.opened or each.closed for each in lookers))
        assert [each.closed for each in lookers] == [None, None, 1013, 1013]
        acts = Wire()
        tasks.append(serve(live, acts))
        await until(lambda: acts.opened)
        # Who leaves makes room.
        lookers[0].inbox.put_nowait({"type": "websocket.disconnect", "code": 1001})
        await until(lambda: len(live._screens) == 2)
        late = Wire("observer")
        tasks.append(serve(live, late))
        await until(lambda: late.opened)
        live.end()
        await asyncio.gather(*tasks)

    asyncio.run(run())


def box(**changes) -> str:
    degrees = {"west_deg": 30, "south_deg": 30, "east_deg": 40, "north_deg": 40}
    return msgspec.json.encode({"kind": "looking", **degrees, **changes}).decode()


@pytest.mark.parametrize(
    "text",
    [
        box(west_deg=1e308), box(north_deg=-1e300), box(always=[-1]), box(always=[1 << 32]),
        box().replace("30", "1e999", 1), box().replace("30", "NaN", 1),
        box(always=["9"]), box(always=[10**18] * 10), box().replace("30", "9" * 400, 1),
    ],
)  # fmt: skip
def test_a_box_that_is_no_place_ends_the_screen_that_says_it(live, text):
    async def run() -> None:
        wire = Wire()
        served = serve(live, wire)
        await until(lambda: len(wire.sent) > 2)
        wire.say(box(west_deg=-190.0, always=[0, (1 << 32) - 1]))
        wire.say(text)
        async with asyncio.timeout(10):
            await served
        assert wire.closed == 1008
        assert live._screens == set()

    asyncio.run(run())
