from __future__ import annotations

import asyncio

import pytest

from app.twonodes import T0_US, make_pair
from parley.app import live_socket
from parley.app.clock import DrivenClock
from parley.app.config import load_node
from parley.app.crank import Turned
from parley.app.live_socket import LiveSocket
from parley.app.process import make_crank
from parley.app.service import Service
from parley.node.inputs import BePresent, LinkClosed, LinkOpened, Say, TrackReports
from parley.node.picture import TrackReport
from parley.store.sqlite import Store
from parley.world.faults import InputFault, OurFault


@pytest.fixture
def crank(tmp_path):
    setup = load_node(make_pair(tmp_path)["COAL"])
    with Store(setup.store) as store:
        yield make_crank(setup, store)


def run(work, service):
    """Run a coroutine beside the service's own loop."""

    async def both():
        loop = asyncio.create_task(service.run())
        try:
            async with asyncio.timeout(10):
                return await work()
        finally:
            loop.cancel()
            await asyncio.gather(loop, return_exceptions=True)

    return asyncio.run(both())


def reports(count, feed="radar"):
    return TrackReports(
        feed=feed,
        reports=tuple(
            TrackReport(
                aircraft=f"A{n}", at_us=T0_US, lat_deg=35.0, lon_deg=39.0, altitude_m=1000.0,
                altitude_reference="STD", party="COAL",
            )
            for n in range(count)
        ),
    )  # fmt: skip


PRESENT = BePresent(agreement="AGR-1", line="L1", post="duty-officer")
LEAVING = BePresent(agreement="AGR-1", line="L1", post="duty-officer", present=False)


class Recorder:
    """A crank that only says in which order it was given what, and when it closed a batch."""

    full = False
    urgent = False

    def __init__(self):
        self.events = []
        self.closed = []
        self.state = None

    def take(self, now_us, event):
        del now_us
        self.events.append(type(event).__name__)
        return Turned()

    def close(self, now_us):
        del now_us
        self.closed.append(len(self.events))
        return Turned()


def test_an_act_is_stored_before_its_caller_hears_of_it(crank):
    service = Service(crank, DrivenClock(T0_US))

    async def work():
        turned = await service.act(PRESENT)
        assert [entry.type for entry in turned.written][:2] == ["log.opened", "presence.declared"]
        origin = turned.written[1].log.origin
        assert crank.store.size(origin) == 2

    run(work, service)


def test_an_act_that_cannot_be_done_tells_its_caller_and_the_loop_goes_on(crank):
    service = Service(crank, DrivenClock(T0_US))

    async def work():
        bad = Say(agreement="AGR-1", line="L9", post="x", to=("RUS",), message_type="free.text")
        with pytest.raises(InputFault, match="L9"):
            await service.act(bad)
        assert (await service.act(PRESENT)).written

    run(work, service)


def test_acts_go_before_links_and_links_before_feeds():
    async def work():
        recorder = Recorder()
        service = Service(recorder, DrivenClock(T0_US))
        waiting = [
            asyncio.ensure_future(service.track_reports(reports(1))),
            asyncio.ensure_future(service.link(LinkOpened(connection=1, nonce="n" * 32))),
            asyncio.ensure_future(service.link(LinkClosed(connection=1))),
            asyncio.ensure_future(service.act(PRESENT)),
        ]
        while service.queued < 4:
            await asyncio.sleep(0)
        loop = asyncio.create_task(service.run())
        await asyncio.gather(*waiting)
        loop.cancel()
        return recorder

    recorder = asyncio.run(work())
    assert recorder.events == ["BePresent", "LinkOpened", "LinkClosed", "TrackReports"]
    assert recorder.closed == [4], "what waits together is stored together"


def test_a_full_batch_is_closed_whatever_else_waits():
    class Small(Recorder):
        @property
        def full(self):
            return len(self.events) - (self.closed[-1] if self.closed else 0) >= 2

    async def work():
        recorder = Small()
        service = Service(recorder, DrivenClock(T0_US))
        waiting = [asyncio.ensure_future(service.act(PRESENT)) for _ in range(5)]
        while service.queued < 5:
            await asyncio.sleep(0)
        loop = asyncio.create_task(service.run())
        await asyncio.gather(*waiting)
        loop.cancel()
        return recorder.closed

    assert asyncio.run(work()) == [2, 4, 5]


def test_acts_that_wait_together_stand_under_one_head_and_one_that_is_refused_stops_none(crank):
    service = Service(crank, DrivenClock(T0_US))
    origin = "parley.example/AGR-1/COAL/line/2017"
    bad = Say(agreement="AGR-1", line="L9", post="x", to=("RUS",), message_type="free.text")
    heard = []
    service.listeners.append(lambda _, turned: heard.append(crank.store.size(origin)))

    async def work():
        acts = [asyncio.ensure_future(service.act(each)) for each in (PRESENT, bad, LEAVING)]
        done = await asyncio.gather(*acts, return_exceptions=True)
        assert isinstance(done[1], InputFault)
        assert [e.seq for turned in (done[0], done[2]) for e in turned.written][-1] == 2
        assert crank.store.checkpoint_sizes(origin) == [3]
        assert heard == [3, 3], "nobody hears of any of them before all are stored"

    run(work, service)


def test_a_full_queue_refuses_feeds_with_a_count_holds_links_and_takes_acts():
    async def work():
        service = Service(Recorder(), DrivenClock(T0_US), queued_max=3)
        tasks = [asyncio.ensure_future(service.track_reports(reports(2))) for _ in range(3)]
        while service.queued < 3:
            await asyncio.sleep(0)
        with pytest.raises(InputFault, match="feed radar is 5 reports with 3 inputs waiting"):
            await service.track_reports(reports(5))
        assert (service.feeds["radar"].reports, service.feeds["radar"].refused) == (6, 5)
        held = asyncio.ensure_future(service.link(LinkClosed(connection=7)))
        act = asyncio.ensure_future(service.act(PRESENT))
        for _ in range(5):
            await asyncio.sleep(0)
        assert service.queued == 4  # the three feeds and the act; the link event is not let in yet
        loop = asyncio.create_task(service.run())
        await asyncio.gather(*tasks, held, act)
        loop.cancel()

    asyncio.run(work())


def test_listeners_hear_of_what_was_stored_and_only_of_that(crank):
    clock = DrivenClock(T0_US)
    service = Service(crank, clock)
    heard = []
    service.listeners.append(lambda at_us, turned: heard.append((at_us, len(turned.written))))

    async def work():
        await service.tick()  # adopts the agreement
        first = len(heard)
        await service.tick()
        assert len(heard) == first == 1
        clock.advance(T0_US + 1_000_000)
        await service.act(PRESENT)
        assert heard[-1] == (T0_US + 1_000_000, 1)

    run(work, service)


def test_a_store_that_fails_stops_the_node(crank):
    service = Service(crank, DrivenClock(T0_US))

    async def work():
        loop = asyncio.create_task(service.run())
        await service.tick()
        crank.store.close()
        act = asyncio.ensure_future(service.act(PRESENT))
        with pytest.raises(OurFault, match="store"):
            await loop
        assert not act.done()  # whoever asked is never told that it was stored
        act.cancel()

    asyncio.run(work())


def test_an_act_whose_caller_goes_away_is_still_done(crank):
    service = Service(crank, DrivenClock(T0_US))

    async def work():
        # Cancelled before the loop first runs.
        act = asyncio.ensure_future(service.act(PRESENT))
        await asyncio.sleep(0)
        act.cancel()
        loop = asyncio.create_task(service.run())
        await service.tick()
        loop.cancel()
        assert crank.store.size("parley.example/AGR-1/COAL/line/2017") == 2

    asyncio.run(work())


def test_a_clock_never_goes_back():
    clock = DrivenClock(T0_US)
    clock.advance(T0_US)
    for bad in (T0_US - 1, -(10**18), 10**18):
        with pytest.raises(InputFault, match="advance now_us"):
            clock.advance(bad)
    assert clock() == T0_US


class _TakesNothing:
    """A screen's end of a socket on which whatever is sent waits for ever."""

    async def accept(self):
        pass

    async def receive_text(self):
        await asyncio.Event().wait()

    async def send_text(self, text):
        await asyncio.Event().wait()


def test_a_screen_that_takes_nothing_holds_no_node_up_that_stops(monkeypatch, crank):
    monkeypatch.setattr(live_socket, "_LEAVE_S_MAX", 0.05)

    async def stopped():
        live = LiveSocket(Service(crank, DrivenClock(T0_US)))
        serving = asyncio.create_task(live._serve(_TakesNothing()))
        await asyncio.sleep(0.05)
        assert not serving.done()
        live.end()
        await live.left()
        serving.cancel()
        await serving  # it ends, and is no fault

    asyncio.run(asyncio.wait_for(stopped(), 10))
