"""The single writer: one queue of inputs, one turn of the crank at a time, then send and publish.

Rules:
- Nothing is sent or published before everything it speaks of is stored (the crank sees to it).
- An operator's act is never refused for want of room and goes before frames and feeds.
- Frames wait for room, so that a peer that floods is slowed by its own connection.
- A feed is refused with a count when the queue is full; its reports are never half taken.

Sockets, HTTP and the command line are elsewhere; this is the only caller of `Crank.turn`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from parley.app.alarm_views import Calls
from parley.app.crank import Clock, Crank, Turned
from parley.node.frames import Frame
from parley.node.inputs import Act, FrameIn, Input, LinkClosed, LinkOpened, Tick, TrackReports
from parley.node.rules.keyring import refused_keys
from parley.node.state import State
from parley.world.faults import InputFault
from parley.world.limits import INPUTS_QUEUED_MAX

BATCH_MOST_S = 0.1
"""A batch closes when nothing waits, or after so long; 250 ms are allowed for lines, 2 s else."""
ASKING = "asking the peers for the end of our own logs: nothing is written before they answer"
_TICK_S = 1.0
Listener = Callable[[int, Turned], None]
"""Called after each turn that stored something, with the time of the turn."""
LinkEvent = LinkOpened | FrameIn | LinkClosed


class Outlet(Protocol):
    """Where frames leave; `connections.Links` is one."""

    def send(self, connection: int, frame: Frame) -> None:
        """Queue a frame on a connection; one that is gone is forgotten."""

    def drop(self, connection: int, why: str) -> None:
        """Close a connection."""


@dataclass(slots=True)
class Feed:
    """What one feed has given: when last, how many reports, how many refused for want of room."""

    last_us: int
    reports: int = 0
    refused: int = 0


@dataclass(slots=True)
class _Job:
    event: Input
    done: asyncio.Future[Turned]


@dataclass(slots=True)
class _Queues:
    """Waiting inputs by precedence: acts and ticks, then links in order, then feeds."""

    acts: deque[_Job] = field(default_factory=deque)
    links: deque[_Job] = field(default_factory=deque)
    feeds: deque[_Job] = field(default_factory=deque)

    def next(self) -> _Job | None:
        for queue in (self.acts, self.links, self.feeds):
            if queue:
                return queue.popleft()
        return None

    def __len__(self) -> int:
        return len(self.acts) + len(self.links) + len(self.feeds)


class Service:
    """Everything that reaches one party's mind, one input at a time.

    Args:
        crank: the mind with its store.
        clock: gives the time of each turn.
        outlet: where frames go; set by `connections` once it stands.
        queued_max: inputs that may wait.
    """

    def __init__(
        self,
        crank: Crank,
        clock: Clock,
        outlet: Outlet | None = None,
        queued_max: int = INPUTS_QUEUED_MAX,
    ) -> None:
        self.crank = crank
        self.clock = clock
        self.outlet = outlet
        self.listeners: list[Listener] = []
        self.feeds: dict[str, Feed] = {}
        self.link_faults: deque[tuple[int, str]] = deque(maxlen=32)
        self.begun = False
        self.calls: Calls | None = None
        self.by_file: dict[str, int] = {}
        """When a bundle of each peer was taken last: no link, and never shown as one."""
        self.takes_tracks = True
        """Whether feeds may report here."""
        self.language = ""
        """In which language the fixed phrases are shown here; "": as the agreements say."""
        self._queued_max = queued_max
        self._queues = _Queues()
        self._work = asyncio.Event()
        self._room = asyncio.Condition()

    @property
    def state(self) -> State:
        """The mind, to be read between turns and never changed."""
        return self.crank.state

    @property
    def queued(self) -> int:
        """How many inputs wait."""
        return len(self._queues)

    def faults(self) -> tuple[str, ...]:
        """Return what this node itself could not do: entries not written, receipts not believed."""
        asking = (ASKING,) if self.crank.asking else ()
        crank = self.crank
        calls = self.calls.faults() if self.calls is not None else ()
        own = (*self._own_key_refused(), *asking, *crank.doubted, *crank.unwritable.values())
        return (*own, *calls)

    def _own_key_refused(self) -> tuple[str, ...]:
        """Return in words that our own log key was revoked: nobody would tell us otherwise."""
        state = self.crank.state
        vkey = state.identity.keys.log.verifier.vkey
        why = refused_keys(state, state.party).get(vkey)
        if why is None:
            return ()
        return (f"our own log key counts no more ({why}): the peers take nothing that we sign",)

    # ---- ways in --------------------------------------------------------------------------------

    async def act(self, event: Act) -> Turned:
        """Return what an operator's act led to, after it is stored.

        Raises:
            InputFault: it cannot be done; nothing has changed.
        """
        return await self._put(self._queues.acts, event)

    async def tick(self) -> Turned:
        """Return what time alone led to."""
        return await self._put(self._queues.acts, Tick())

    async def link(self, event: LinkEvent) -> Turned:
        """Return what a link event led to; waits for room first, so the caller reads no further."""
        async with self._room:
            await self._room.wait_for(lambda: self.queued < self._queued_max)
        return await self._put(self._queues.links, event)

    def link_later(self, event: LinkEvent) -> None:
        """Queue a link event from where nothing can be awaited."""
        _ = self._add(self._queues.links, event)

    async def track_reports(self, event: TrackReports) -> Turned:
        """Return what a feed's reports led to.

        Raises:
            InputFault: no room, and all these reports are refused and counted; or none are wanted.
        """
        if not self.takes_tracks:
            raise InputFault(
                "tracks",
                value=f"{len(event.reports)} reports of {event.feed}",
                wanted="none: this node watches no aircraft",
                repair="leave tracks = false out of its file, and start it again",
            )
        now_us = self.clock()
        feed = self.feeds.setdefault(event.feed, Feed(last_us=now_us))
        if self.queued >= self._queued_max:
            feed.refused += len(event.reports)
            raise InputFault(
                f"feed {event.feed}",
                value=f"{len(event.reports)} reports with {self.queued} inputs waiting",
                wanted=f"fewer than {self._queued_max} waiting",
                repair="send again later, or less often",
            )
        feed.last_us, feed.reports = now_us, feed.reports + len(event.reports)
        return await self._put(self._queues.feeds, event)

    async def put(self, event: Input) -> Turned:
        """Return what any input led to, by the way in that it takes.

        Raises:
            InputFault: it cannot be done or there is no room.
        """
        if isinstance(event, Tick):
            return await self.tick()
        if isinstance(event, TrackReports):
            return await self.track_reports(event)
        if isinstance(event, LinkOpened | FrameIn | LinkClosed):
            return await self.link(event)
        return await self._put(self._queues.acts, event)

    def _add(self, queue: deque[_Job], event: Input) -> asyncio.Future[Turned]:
        job = _Job(event, asyncio.get_running_loop().create_future())
        queue.append(job)
        self._work.set()
        return job.done

    async def _put(self, queue: deque[_Job], event: Input) -> Turned:
        # An act that is queued is done even if whoever asked has gone away: that ends the waiting.
        return await self._add(queue, event)

    # ---- the one loop ---------------------------------------------------------------------------

    async def run(self) -> None:
        """Turn the crank for each input until cancelled.

        What waits is taken together and stored by one transaction, with no turn for anybody in
        between: no reader ever sees what is not yet durable.

        Raises:
            OurFault: the store failed or a rule is broken: the node must stop and be looked at.
        """
        self.begun = True
        while True:
            if not len(self._queues):
                self._work.clear()
                await self._work.wait()
                continue
            self._batch()
            # Readers, writers and requests get their turn between two of ours.
            await asyncio.sleep(0)
            async with self._room:
                self._room.notify_all()

    def _batch(self) -> None:
        """Take what waits, as much as one batch holds, and make it durable."""
        clock = asyncio.get_running_loop().time
        until_s = clock() + BATCH_MOST_S
        taken: list[tuple[_Job, Turned]] = []
        while not self.crank.full and clock() < until_s:
            job = self._queues.next()
            if job is None:
                break
            try:
                taken.append((job, self.crank.take(self.clock(), job.event)))
            except InputFault as fault:
                self._refused(job, fault)
        self._close(taken)

    def _close(self, taken: list[tuple[_Job, Turned]]) -> None:
        """Make everything that was taken durable; only then send it, and tell who asked for it."""
        now_us = self.clock()
        closed = self.crank.close(now_us)
        if self.outlet is not None:
            for out in closed.frames:
                self.outlet.send(out.connection, out.frame)
            for drop in closed.drops:
                self.link_faults.append((now_us, drop.why))
                self.outlet.drop(drop.connection, drop.why)
        for job, turned in taken:
            if turned.written or turned.mirrored:
                for listener in self.listeners:
                    listener(now_us, turned)
            if not job.done.done():
                job.done.set_result(turned)

    def _refused(self, job: _Job, fault: InputFault) -> None:
        """Tell whoever asked; a link event that cannot be taken ends its link instead."""
        if isinstance(job.event, LinkOpened | FrameIn | LinkClosed):
            self.link_faults.append((self.clock(), str(fault)))
            if self.outlet is not None:
                self.outlet.drop(job.event.connection, str(fault))
            if not job.done.done():
                job.done.set_result(Turned())
        elif not job.done.done():
            job.done.set_exception(fault)
            job.done.exception()  # Marked as seen: whoever asked may have gone away.

    async def tick_each_second(self) -> None:
        """Let time pass, for a node whose clock is the wall's, until cancelled."""
        while True:
            await self.tick()
            await asyncio.sleep(_TICK_S)
