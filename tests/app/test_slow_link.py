"""Two real nodes over a bearer of 9,600 bit/s with 2 s each way: lines first, uploads resumed."""

from __future__ import annotations

import asyncio

from app.slowlink import SLOW_BITS_PER_S, Pair, SlowLink
from parley.node.inputs import Say


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
        assert 0.3 <= first_s < 0.8
        assert 1200 * 8 / SLOW_BITS_PER_S + 0.29 <= last_s < 2.5
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
            texts = [t.body.text for t in pair.rus.service.state.scope("AGR-1").messages()]
            assert texts == ["how do you read"]
            assert pair.rus.store.size(line) == pair.coal.store.size(line)
            assert pair.coal.store.entry_receipts(line, 0, 99)
            # The operations were not told in the meantime: the bearer was really full.
            assert pair.coal.lacking("RUS") > 50
        finally:
            await pair.stop()

    asyncio.run(work())


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
            assert pair.link.connections == 3
            # Each part began where the one before had ended: no part was stored twice.
            assert starts == sorted(set(starts))
            assert len(pair.rus.service.state.scope("AGR-1").messages()) == 256
        finally:
            await pair.stop()

    asyncio.run(work())
