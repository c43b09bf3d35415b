from __future__ import annotations

import asyncio
import contextlib

import pytest

import parley.app.connections as connections
from app.twonodes import T0_US, make_pair
from parley.app.clock import DrivenClock
from parley.app.config import load_node
from parley.app.connections import Links
from parley.app.process import make_crank
from parley.app.service import Service
from parley.node.frames import Hello, Push
from parley.node.inputs import Answer, Say
from parley.node.snapshots import digest
from parley.store.sqlite import Store
from parley.wire.peer import FrameReader, encode_frame


class Node:
    """A node in this process, on a clock that stands."""

    def __init__(self, file):
        self.setup = load_node(file)
        self.store = Store(self.setup.store)
        self.clock = DrivenClock(T0_US)
        self.service = Service(make_crank(self.setup, self.store), self.clock)
        self.links = Links(self.service, self.setup.calls, watch_silence=False)
        self.port = 0

    async def start(self):
        listen = self.setup.config.listen
        self.port = await self.links.listen(listen.host, listen.port)
        self.loop = asyncio.create_task(self.service.run())
        await self.service.tick()
        self.links.call_peers()

    async def stop(self):
        await self.links.close()
        self.loop.cancel()
        await asyncio.gather(self.loop, return_exceptions=True)
        self.store.close()

    def count(self, peer):
        return self.links.counts().get(peer)


@contextlib.asynccontextmanager
async def started(files, *parties):
    nodes = [Node(files[party]) for party in parties]
    for node in nodes:
        await node.start()
    try:
        async with asyncio.timeout(20):
            yield nodes
    finally:
        for node in nodes:
            await node.stop()


async def until(true):
    while not true():
        await asyncio.sleep(0.005)


def idle(one, other):
    ours, theirs = one.count(other.setup.config.party), other.count(one.setup.config.party)
    return (
        ours is not None and theirs is not None and ours.proven and theirs.proven
        and (ours.sent, theirs.sent) == (theirs.received, ours.received)
        and not one.service.queued and not other.service.queued
    )  # fmt: skip


@pytest.fixture
def files(tmp_path):
    return make_pair(tmp_path)


SAY = Say(
    agreement="AGR-1", line="L1", post="duty-officer", to=("RUS",), message_type="free.text",
    text="hello",
)  # fmt: skip


def test_two_nodes_find_each_other_and_hold_the_same(files):
    async def work():
        async with started(files, "RUS", "COAL") as (rus, coal):
            await until(lambda: idle(coal, rus))
            said = await coal.service.act(SAY)
            key = next((e.log.origin, e.seq) for e in said.written if e.type == "message.said")
            await until(lambda: idle(coal, rus) and rus.store.size(key[0]) > key[1])
            await rus.service.act(Answer(ref=key, post="duty-officer", answer="ROGER"))
            await until(lambda: idle(coal, rus) and len(coal.store.origins()) == 4)
            scopes = [node.service.state.scope("AGR-1") for node in (coal, rus)]
            assert digest(scopes[0]) == digest(scopes[1])
            receipt = coal.service.state.links.receipt(key[0], "RUS", key[1])
            assert receipt is not None

    asyncio.run(work())


def test_the_caller_tries_again_until_the_other_is_there_and_after_it_was_lost(files):
    async def work():
        async with started(files, "COAL") as (coal,):
            await asyncio.sleep(0.3)
            assert coal.count("RUS") is None
            async with started(files, "RUS") as (rus,):
                await until(lambda: idle(coal, rus))
            await until(lambda: coal.count("RUS") is None)
            async with started(files, "RUS") as (rus,):
                await until(lambda: idle(coal, rus))

    asyncio.run(work())


async def ends(reader):
    with contextlib.suppress(ConnectionError):
        while await reader.read(65_536):
            pass


@pytest.mark.parametrize(
    "bad",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\xff" * 64,
        b"\x00\x00\x00\x06\x00\x00\x00\x02{}",
        encode_frame(Hello(party="RUS", peer="NOBODY", nonce="n" * 64)),
        encode_frame(Hello(party="STRANGER", peer="COAL", nonce="n" * 64)),
        encode_frame(Hello(party="RUS", peer="COAL", nonce="n")),
        encode_frame(Push(origin="o", first=0, checkpoint="", entries=(b"x",))),
    ],
)
def test_a_stranger_that_breaks_the_rules_is_cut_off_and_told_nothing(files, bad):
    async def work():
        async with started(files, "COAL") as (coal,):
            reader, writer = await asyncio.open_connection("127.0.0.1", coal.port)
            writer.write(bad)
            await ends(reader)
            writer.close()
            await until(lambda: not coal.service.state.links.sessions)
            assert coal.service.link_faults
            assert (await coal.service.act(SAY)).written  # the node goes on

    asyncio.run(work())


def test_a_stranger_that_says_nothing_is_cut_off_in_time(files, monkeypatch):
    monkeypatch.setattr(connections, "_HANDSHAKE_S", 0.2)

    async def work():
        async with started(files, "COAL") as (coal,):
            reader, writer = await asyncio.open_connection("127.0.0.1", coal.port)
            await ends(reader)
            writer.close()
            assert "no proof of identity" in coal.service.link_faults[-1][1]

    asyncio.run(work())


def test_a_stranger_may_not_send_much(files):
    async def work():
        async with started(files, "COAL") as (coal,):
            reader, writer = await asyncio.open_connection("127.0.0.1", coal.port)
            with contextlib.suppress(ConnectionError):
                writer.write((1 << 20).to_bytes(4, "big") + b"x" * 200_000)
                await writer.drain()
            await ends(reader)
            writer.close()
            assert "before a proof of identity" in coal.service.link_faults[-1][1]

    asyncio.run(work())


def test_the_oldest_stranger_makes_room_when_there_are_too_many(files, monkeypatch):
    monkeypatch.setattr(connections, "CONNECTIONS_MAX", 3)

    async def work():
        async with started(files, "RUS") as (rus,):
            strangers = [await asyncio.open_connection("127.0.0.1", rus.port) for _ in range(3)]
            await until(lambda: len(rus.service.state.links.sessions) == 3)
            async with started(files, "COAL") as (coal,):
                await until(lambda: idle(coal, rus))
                await ends(strangers[0][0])
            for _, writer in strangers:
                writer.close()

    asyncio.run(work())


def test_a_peer_that_does_not_read_is_cut_off_and_no_other_link_waits(files, monkeypatch):
    """A connection whose other end never reads; frames to it wait in its own bounded buffer."""
    monkeypatch.setattr(connections, "BUFFER_BYTES_MAX", 3_000_000)

    async def work():
        async with started(files, "RUS", "COAL") as (rus, coal):
            await until(lambda: idle(coal, rus))
            reader, writer = await asyncio.open_connection("127.0.0.1", rus.port)
            await until(lambda: len(rus.service.state.links.sessions) == 2)
            deaf = max(rus.service.state.links.sessions)
            big = Push(
                origin="parley.example/AGR-1/RUS/ops/2017", first=0, checkpoint="",
                entries=(b"x" * 60_000,) * 10,
            )  # fmt: skip
            for _ in range(40):  # 24 MB: more than the system's own buffers take
                rus.links.send(deaf, big)
                await asyncio.sleep(0)
            assert "not read" in rus.service.link_faults[-1][1]
            said = await coal.service.act(SAY)
            key = next((e.log.origin, e.seq) for e in said.written if e.type == "message.said")
            await until(lambda: idle(coal, rus))
            assert rus.store.size(key[0]) > key[1]
            await ends(reader)
            writer.close()

    asyncio.run(work())


def test_line_logs_go_before_operations_logs(files):
    async def work():
        async with started(files, "RUS") as (rus,):
            reader, writer = await asyncio.open_connection("127.0.0.1", rus.port)
            await until(lambda: rus.service.state.links.sessions)
            (number,) = rus.service.state.links.sessions

            def push(kind, size):
                origin = f"parley.example/AGR-1/RUS/{kind}/2017"
                return Push(origin=origin, first=0, checkpoint="", entries=(b"x" * size,))

            for frame in (push("ops", 10), push("ops", 11), push("line", 12)):
                rus.links.send(number, frame)
            frames, received = FrameReader(), []
            while len(received) < 3:
                received += frames.receive(await reader.read(65_536))
            assert [len(each.entries[0]) for each in received] == [12, 10, 11]
            writer.close()

    asyncio.run(work())
