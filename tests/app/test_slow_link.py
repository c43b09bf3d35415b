"""Two real nodes over a bearer of 9,600 bit/s with 2 s each way: lines first, uploads resumed."""

from __future__ import annotations

import asyncio
import math

import pytest

from app.slowlink import SLOW_BITS_PER_S, Pair, SlowLink
from parley.app.connections import EXPRESS, LINES, REST, lane_of
from parley.node.frames import Ahead, Heads, Push, Receipt, Received
from parley.node.inputs import Answer, DeclareZone, Display, Say
from parley.world.geo import Position
from parley.world.shape import Polygon
from parley.world.zone import Zone

LINE, OPS = "parley.example/AGR-1/COAL/line/2026", "parley.example/AGR-1/COAL/ops/2026"


async def _until(true, within_s: float) -> None:
    async with asyncio.timeout(within_s):
        while not true():
            await asyncio.sleep(0.01)


def test_the_bearer_carries_what_it_says_and_no_more() -> None:
    async def work() -> None:
        got: list[tuple[float, int]] = []
        loop = asyncio.get_running_loop()

        async def sink(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while data := await reader.read(4096):
                got.append((loop.time(), len(data)))
            writer.close()

        server = await asyncio.start_server(sink, "127.0.0.1", 0)
        link = SlowLink(port=server.sockets[0].getsockname()[1], delay_s=0.3)
        _, writer = await asyncio.open_connection("127.0.0.1", await link.open())
        begin_s = loop.time()
        writer.write(b"x" * 1200)
        await _until(lambda: sum(count for _, count in got) == 1200, 10)
        first_s, last_s = got[0][0] - begin_s, got[-1][0] - begin_s
        assert first_s >= 0.3
        assert last_s >= 1200 * 8 / SLOW_BITS_PER_S + 0.29
        writer.close()
        await link.close()
        server.close()

    asyncio.run(work())


def test_a_message_reaches_the_other_store_while_operations_fill_the_bearer(tmp_path) -> None:
    async def work() -> None:
        pair = Pair(tmp_path)
        await pair.start()
        try:
            # So much waits when the link comes up that it would fill the bearer for a minute.
            pair.saturate(100)
            async with asyncio.timeout(30):
                await pair.linked()
            await _until(lambda: pair.rus.store.size(pair.coal.log("ops").name.origin) > 2, 30)
            async with asyncio.timeout(12):
                await pair.say()
            line = pair.coal.log("line").name.origin
            said = pair.rus.service.state.scope("AGR-1").messages()
            texts = [t.body.text for t in said if t.body.message_type == "free.text"]
            assert texts == ["how do you read"]
            assert pair.rus.store.size(line) == pair.coal.store.size(line)
            assert pair.coal.store.entry_receipts(line, 0, 99)
            # The operations were not told in the meantime: the bearer was really full.
            assert pair.coal.lacking("RUS") > 50
        finally:
            await pair.stop()

    asyncio.run(work())


@pytest.mark.row("R14", "R17")
def test_a_distress_message_passes_what_waits_in_its_own_log_and_all_operations(tmp_path) -> None:
    """200 ROUTINE messages before it, and the bearer full: two minutes of bytes, 10 s to pass."""

    async def work() -> None:
        pair = Pair(tmp_path)
        await pair.start()
        try:
            async with asyncio.timeout(30):
                await pair.linked()
            pair.saturate(100)
            await pair.queue_routine(200)
            await _until(lambda: pair.rus.service.state.links.staged, 20)
            log = pair.coal.log("line")
            async with asyncio.timeout(30):
                shown_s, received_s = await pair.tell("distress.relay")
            assert shown_s <= received_s <= 10.0
            # It went past them: they are still to come, and so are the operations.
            assert pair.coal.lacking("RUS", "line") > 100
            assert pair.coal.lacking("RUS") > 50
            held = pair.rus.service.state.scope("AGR-1").ahead.held
            assert [key[0] for key in held] == [log.name.origin]
            # And the answer of a person comes back as quickly, past its own side's operations.
            key = next(iter(held))
            await pair.rus.service.act(Display(ref=key, post="duty-officer"))
            await pair.rus.service.act(Answer(ref=key, post="duty-officer", answer="ROGER"))
            threads = pair.coal.service.state.scope("AGR-1").threads
            await _until(lambda: threads[key].answers, 10)
        finally:
            await pair.stop()

    asyncio.run(work())


def test_a_long_frame_of_lower_class_is_passed_between_two_of_its_pieces(tmp_path) -> None:
    """A zone of 10 kB is one entry: 8 s of the bearer, which nothing could pass before."""

    async def work() -> None:
        pair = Pair(tmp_path, delay_s=0.0)
        await pair.start()
        try:
            await pair.linked()
            await _until(lambda: not pair.coal.lacking("RUS"), 20)
            turns = [2 * math.pi * n / 250 for n in range(250)]
            ring = tuple(Position(lat_deg=math.sin(t), lon_deg=math.cos(t)) for t in turns)
            zone = Zone(id="Z-LONG", kind="zone", shape=Polygon(exterior=ring), owner="COAL")
            act = DeclareZone(agreement="AGR-1", post="duty-officer", zone=zone)
            await pair.coal.service.act(act)
            begin = pair.link.there.carried_bytes
            await _until(lambda: pair.link.there.carried_bytes > begin + 600, 10)
            _, received_s = await pair.tell("distress.relay")
            assert received_s <= 6.0
            assert pair.coal.lacking("RUS") >= 1
            await _until(lambda: not pair.coal.lacking("RUS"), 60)
        finally:
            await pair.stop()

    asyncio.run(work())


@pytest.mark.parametrize(
    ("frame", "lane"),
    [
        (Ahead(origin=LINE, index=1, checkpoint=""), EXPRESS),
        (Received(origin=LINE, index=1, leaf="", at_us=0, signature=""), EXPRESS),
        (Receipt(origin=LINE, size=1, line=""), EXPRESS),
        (Receipt(origin=OPS, size=1, line=""), LINES),
        (Heads(at_us=0, heads={}, signature=""), LINES),
        (Push(origin=LINE, first=0, checkpoint=""), LINES),
        (Push(origin=OPS, first=0, checkpoint=""), REST),
    ],
)
def test_what_a_person_waits_for_waits_in_the_first_lane(frame, lane: int) -> None:
    assert lane_of(frame) == lane


def test_an_upload_that_breaks_off_goes_on_from_where_it_was(tmp_path) -> None:
    """256 entries under one head come in parts; the bearer breaks twice, nothing comes twice."""

    async def work() -> None:
        pair = Pair(tmp_path, bits_per_s=400_000.0, delay_s=0.02)
        await pair.start()
        starts: list[int] = []
        try:
            await pair.linked()
            await _until(lambda: not pair.coal.lacking("RUS", "line"), 10)
            crank, service = pair.coal.service.crank, pair.coal.service
            original = pair.rus.store.stage

            def stage(origin, first, entries, openings, checkpoint) -> None:
                starts.append(first)
                original(origin, first, entries, openings, checkpoint)

            pair.rus.store.stage = stage
            for _ in range(256):
                crank.take(service.clock(), Say(
                    agreement="AGR-1", line="L1", post="duty-officer", to=("RUS",),
                    message_type="distress.relay", fields={"position": "here", "time": "now"},
                ))  # fmt: skip
            line = pair.coal.log("line")
            # One part after the other, so that there is a middle to break it in.
            for session in service.state.links.sessions.values():
                session.bytes_max = 4096
            await service.tick()
            for parts in (2, 6):
                await _until(lambda parts=parts: len(starts) >= parts, 15)
                pair.link.cut()
            await _until(
                lambda: pair.rus.service.state.log(line.name.origin).tree.size == line.tree.size, 30
            )
            assert pair.rus.service.state.log(line.name.origin).head == line.head
            faults = [*pair.rus.service.link_faults, *pair.coal.service.link_faults]
            assert (pair.link.connections, faults) == (3, [])
            # Each part began where the one before had ended: no part was stored twice.
            assert starts == sorted(set(starts))
            assert len(pair.rus.service.state.scope("AGR-1").messages()) == 256
        finally:
            await pair.stop()

    asyncio.run(work())
