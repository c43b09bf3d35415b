"""A bearer between two nodes: a TCP relay on loopback with a rate, a delay, and next to no buffer.

What a sender has given to the bearer and the bearer has not yet carried waits in the sender: the
relay takes bytes no faster than it carries them, and its sockets keep little.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from app.twonodes import make_pair
from parley.app.clock import wall_clock
from parley.app.config import load_node
from parley.app.connections import Links
from parley.app.crank import Turned
from parley.app.process import make_crank
from parley.app.service import Service
from parley.node.entries import Draft, LogKind, MessageSaid
from parley.node.inputs import DeclareZone, Output, Say, SetActivity
from parley.node.state import Log
from parley.store.sqlite import Store
from parley.world.geo import Position
from parley.world.shape import Circle
from parley.world.zone import Zone

SLOW_BITS_PER_S = 9_600.0
SLOW_DELAY_S = 2.0
_SOCKET_BYTES = 2_048
_PIECE_S = 0.02


@dataclass
class Way:
    """One direction of a bearer: how much it carried, and whether it still does."""

    carried_bytes: int = 0
    silent: bool = False


@dataclass
class SlowLink:
    """A relay to one port; each direction of each connection has the rate to itself.

    `bytes_per_s`: of each direction, TCP's own headers not counted; None: as fast as it goes.
    """

    port: int
    bits_per_s: float | None = SLOW_BITS_PER_S
    delay_s: float = SLOW_DELAY_S
    there: Way = field(default_factory=Way)
    back: Way = field(default_factory=Way)
    connections: int = 0
    _server: asyncio.Task[None] | None = None
    _listener: socket.socket | None = None
    _sockets: list[socket.socket] = field(default_factory=list)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def open(self) -> int:
        """Return the port at which the relay now listens."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SOCKET_BYTES)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SOCKET_BYTES)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)
        self._listener = listener
        self._server = asyncio.create_task(self._accept(listener))
        return listener.getsockname()[1]

    async def close(self) -> None:
        assert self._server is not None
        assert self._listener is not None
        tasks = [self._server, *self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._listener.close()
        self.cut()

    def cut(self) -> None:
        """Break every connection that is up; new ones are relayed again."""
        for task in list(self._tasks):
            task.cancel()
        for one in self._sockets:
            one.close()
        self._sockets.clear()

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            near, _ = await loop.sock_accept(listener)
            far = socket.socket()
            far.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SOCKET_BYTES)
            far.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SOCKET_BYTES)
            for one in (near, far):
                one.setblocking(False)
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                await loop.sock_connect(far, ("127.0.0.1", self.port))
            except OSError:
                near.close()
                far.close()
                continue
            self.connections += 1
            self._sockets += [near, far]
            for source, sink, way in ((near, far, self.there), (far, near, self.back)):
                task = asyncio.create_task(self._carry(source, sink, way))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _carry(self, source: socket.socket, sink: socket.socket, way: Way) -> None:
        loop = asyncio.get_running_loop()
        under_way: deque[tuple[float, bytes]] = deque()
        wake = asyncio.Event()
        delivering = asyncio.create_task(self._deliver(under_way, wake, sink, way))
        free_s = loop.time()
        piece = 65_536 if self.bits_per_s is None else round(self.bits_per_s / 8 * _PIECE_S)
        try:
            while data := await loop.sock_recv(source, piece):
                now_s = loop.time()
                if self.bits_per_s is not None:
                    free_s = max(now_s, free_s) + len(data) * 8 / self.bits_per_s
                    await asyncio.sleep(free_s - now_s)
                under_way.append((loop.time() + self.delay_s, data))
                wake.set()
            under_way.append((loop.time() + self.delay_s, b""))
            wake.set()
            await delivering
        except OSError:
            pass
        finally:
            delivering.cancel()
            with contextlib.suppress(OSError):
                sink.shutdown(socket.SHUT_RDWR)

    async def _deliver(
        self,
        under_way: deque[tuple[float, bytes]],
        wake: asyncio.Event,
        sink: socket.socket,
        way: Way,
    ) -> None:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(OSError):
            while True:
                while not under_way:
                    wake.clear()
                    await wake.wait()
                when_s, data = under_way.popleft()
                await asyncio.sleep(max(0.0, when_s - loop.time()))
                if not data:
                    return
                way.carried_bytes += len(data)
                if not way.silent:
                    await loop.sock_sendall(sink, data)


class Node:
    """A node in this process, on the wall's clock."""

    def __init__(self, file: Path) -> None:
        self.setup = load_node(file)
        self.party = self.setup.config.party
        self.store = Store(self.setup.store)
        self.service = Service(make_crank(self.setup, self.store), wall_clock)
        self.calls = dict(self.setup.calls)
        self.links = Links(self.service, self.calls)
        self.tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        listen = self.setup.config.listen
        await self.links.listen(listen.host, listen.port)
        self.tasks = [
            asyncio.create_task(self.service.run()),
            asyncio.create_task(self.service.tick_each_second()),
        ]
        self.links.call_peers()

    async def stop(self) -> None:
        await self.links.close()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.store.close()

    def log(self, kind: LogKind) -> Log:
        """Return the node's own log of that kind."""
        return next(log for log in self.service.state.own_logs() if log.name.kind == kind)

    def lacking(self, peer: str, kind: LogKind = "ops") -> int:
        """Return how many entries of an own log the peer has not confirmed."""
        log = self.log(kind)
        session = self.service.state.links.proven(peer)
        held = session.confirmed.get(log.name.origin, 0) if session is not None else 0
        return log.tree.size - held


class Pair:
    """Two nodes, COAL and RUS, over a bearer; COAL calls."""

    def __init__(self, folder: Path, **bearer: float | None) -> None:
        files = make_pair(folder)
        self.rus, self.coal = Node(files["RUS"]), Node(files["COAL"])
        self.link = SlowLink(port=self.rus.setup.config.listen.port, **bearer)
        self._changes = itertools.count()
        self._filling: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        self.coal.calls["RUS"] = ("127.0.0.1", await self.link.open())
        for node in (self.rus, self.coal):
            await node.start()

    async def stop(self) -> None:
        for task in self._filling:
            task.cancel()
        await asyncio.gather(*self._filling, return_exceptions=True)
        for node in (self.coal, self.rus):
            await node.stop()
        await self.link.close()

    async def linked(self) -> None:
        """Wait until both ends have proved who they are."""
        while not (
            self.coal.service.state.links.proven("RUS")
            and self.rus.service.state.links.proven("COAL")
        ):
            await asyncio.sleep(0.01)

    def saturate(self, waiting: int = 64) -> None:
        """From now on both ends always have so many entries of operations to tell."""
        for node, peer in ((self.coal, "RUS"), (self.rus, "COAL")):
            self._filling.append(asyncio.create_task(self._fill(node, peer, waiting)))

    async def _fill(self, node: Node, peer: str, waiting: int) -> None:
        await self._declare(node)
        while True:
            for _ in range(max(0, waiting - node.lacking(peer))):
                await node.service.act(self.change(node.party))
            await asyncio.sleep(0.01)

    async def _declare(self, node: Node) -> None:
        """Let a node declare a zone of its own, whose state it then tells again and again."""
        place = Circle(centre=Position(lat_deg=10.0, lon_deg=10.0), radius_m=2000.0)
        zone = Zone(id=f"Z-{node.party}", kind="zone", shape=place, owner=node.party)
        await node.service.act(DeclareZone(agreement="AGR-1", post="duty-officer", zone=zone))

    def change(self, party: str) -> SetActivity:
        """Return what a party says of its own zone."""
        now_us = wall_clock()
        return SetActivity(
            agreement="AGR-1",
            post="duty-officer",
            zone=f"Z-{party}",
            activity=("hot", "cold")[next(self._changes) % 2],
            from_us=now_us,
            to_us=now_us + 1_000_000,
        )

    async def queue_routine(self, count: int) -> None:
        """Put so many ROUTINE messages of COAL under one head: more than a post may say at once."""
        drafts = tuple(
            Draft(
                agreement="AGR-1",
                by="duty-officer",
                to=("RUS",),
                body=MessageSaid(
                    line="L1",
                    message_type="free.text",
                    message_class="ROUTINE",
                    text=f"number {number} of what can wait until there is time for it",
                ),
            )
            for number in range(count)
        )
        service = self.coal.service
        service.crank._carry_out(service.clock(), Output(drafts=drafts), Turned())
        await service.tick()

    async def say(self) -> float:
        """Return how long a message from COAL took until RUS's receipt for its entry was here."""
        return (await self.tell("free.text"))[1]

    async def tell(self, message_type: str, **changes: object) -> tuple[float, float]:
        """Return how long a message from COAL took until RUS could show it, and to its receipt."""
        loop = asyncio.get_running_loop()
        begin_s = loop.time()
        said = await self.coal.service.act(
            Say(
                agreement="AGR-1", line="L1", post="duty-officer", to=("RUS",),
                message_type=message_type, text="how do you read", confirmed=True, **changes,
            )
        )  # fmt: skip
        entry = next(each for each in said.written if each.type == "message.said")
        key, threads = (entry.log.origin, entry.seq), self.rus.service.state.scope("AGR-1").threads
        shown_s = None
        while not self.coal.store.entry_receipts(key[0], key[1], key[1] + 1):
            await asyncio.sleep(0.005)
            thread = threads.get(key)
            if shown_s is None and thread is not None and thread.said is not None:
                shown_s = loop.time() - begin_s
        received_s = loop.time() - begin_s
        return received_s if shown_s is None else shown_s, received_s
