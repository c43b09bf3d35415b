"""A node as a process: store, mind, links, page, clock and signals put together, and taken apart.

Ready means: the store was checked, peers are heard, the page is served. The end is clean on a
signal, on `stop` and on the end of stdin; nothing is lost without it.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Coroutine

from parley.app.api import Api
from parley.app.clock import DrivenClock, wall_clock
from parley.app.config import NodeSetup
from parley.app.connections import Links
from parley.app.crank import Crank
from parley.app.driven import Driver, Ready, drive, write_reply
from parley.app.evidence import own_store
from parley.app.http import Access, WebServer
from parley.app.keyfile import read_token
from parley.app.page import Page
from parley.app.service import Service
from parley.store.sqlite import Store
from parley.world.faults import InputFault


def run_node(setup: NodeSetup, *, driven: bool) -> None:
    """Run a node until it is told to stop.

    Args:
        setup: from `config.load_node`.
        driven: whether commands on stdin drive its clock.

    Raises:
        InputFault: a port that cannot be had.
        OurFault: the store is damaged or held by another process, or failed while running.
    """
    if not setup.store.parent.is_dir():
        raise InputFault(f"store {setup.store}", value="no such folder", wanted="a folder")
    with Store(setup.store) as store:
        own_store(store, setup.config.party)
        asyncio.run(_run(setup, store, driven=driven))


async def _run(setup: NodeSetup, store: Store, *, driven: bool) -> None:
    clock = DrivenClock()
    service = Service(Crank(setup.identity, store), clock if driven else wall_clock)
    links = Links(service, setup.calls, watch_silence=not driven)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    work = _Work(stop)
    try:
        web = _web_server(setup, service, store)
        ready = await _open_ports(setup, links, web)
        work.start(stop.wait())
        if web is not None:
            work.start(web.serve())
        if driven:

            def begin() -> None:
                work.start(service.run())
                links.call_peers()

            work.start(drive(Driver(service, links, clock, begin)))
            write_reply(ready)
        else:
            work.start(service.run(), ends=True)
            work.start(service.tick_each_second(), ends=True)
            links.call_peers()
        _say_ready(setup, ready)
        await work.until_first_ends()
    finally:
        await links.close()
        await work.cancel()


class _Work:
    """The tasks of a node: when one of them ends, or fails, the node does."""

    def __init__(self, stop: asyncio.Event) -> None:
        self._stop = stop
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[object, object, object], *, ends: bool = True) -> None:
        """Start a task; if `ends`, the node ends with it."""

        async def run() -> None:
            await work

        task = asyncio.get_running_loop().create_task(run())
        self._tasks.add(task)
        if ends:
            task.add_done_callback(lambda _: self._stop.set())

    async def until_first_ends(self) -> None:
        """Wait until a task ends; raise what it raised."""
        await self._stop.wait()
        for task in self._tasks:
            if task.done() and not task.cancelled():
                task.result()

    async def cancel(self) -> None:
        """End all that still run."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _web_server(setup: NodeSetup, service: Service, store: Store) -> WebServer | None:
    """Return the server of page and API, with its port bound; None where none is wanted."""
    http = setup.config.http
    if http is None or setup.token is None:
        return None
    access = Access(token=read_token(setup.token), sign_in=http.sign_in)
    routes = [*Api(service, store, access).routes(), *Page(service, access).routes()]
    try:
        return WebServer(routes, http.host, http.port)
    except OSError as error:
        raise _no_port(f"http {http.host}:{http.port}", error) from None


def _no_port(what: str, error: OSError) -> InputFault:
    found = error.strerror or str(error)
    return InputFault(what, value=found, wanted="an address of this machine and a free port")


async def _open_ports(setup: NodeSetup, links: Links, web: WebServer | None) -> Ready:
    listen = setup.config.listen
    try:
        peer_port = await links.listen(listen.host, listen.port)
    except OSError as error:
        raise _no_port(f"listen {listen.host}:{listen.port}", error) from None
    http_port = web.port if web is not None else None
    return Ready(party=setup.config.party, peer_port=peer_port, http_port=http_port)


def _say_ready(setup: NodeSetup, ready: Ready) -> None:
    host = setup.config.listen.host
    page = f", page http://127.0.0.1:{ready.http_port}/" if ready.http_port else ""
    sys.stderr.write(f"node {ready.party}: peers on {host}:{ready.peer_port}{page}\n")
    sys.stderr.flush()
