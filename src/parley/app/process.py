"""A node as a process: store, mind, links, page, clock and signals put together, and taken apart.

Ready means: the store was checked, peers are heard, the page is served, and what looks for
conflicts is compiled: the first reports wait for no compiler, and no operator behind them. Until
then the page and the API answer 503 and why, no peer is called, and a stop is obeyed. Driven, time
stands still while it works, and it compiles at the first reports. The end is clean on a
signal, on `stop` and on the end of stdin; nothing is lost without it.
"""

from __future__ import annotations

import asyncio
import dataclasses
import secrets
import signal
import sys
import threading
from collections.abc import Coroutine
from functools import partial
from pathlib import Path

from starlette.routing import BaseRoute

from parley.app.addresses import EVERY_ADDRESS
from parley.app.api import Api
from parley.app.c2sp import C2spServer, open_c2sp
from parley.app.clock import DrivenClock, wall_clock
from parley.app.config import HttpConfig, NodeSetup
from parley.app.connections import Links
from parley.app.console_files import console_routes
from parley.app.coverage_store import coverage_path, keep_coverage_saved, load_coverage
from parley.app.crank import Crank
from parley.app.driven import Driver, Ready, drive, write_reply
from parley.app.evidence import own_store
from parley.app.flown_file import flown_path, keep_saving, load_flown
from parley.app.http import Access, WebServer
from parley.app.kernel_cache import COMPILING
from parley.app.keyfile import read_past_keys
from parley.app.live_socket import LiveSocket
from parley.app.outbound import Outbound
from parley.app.page import Page
from parley.app.page_door import SignInPage
from parley.app.passkeys import Passkeys
from parley.app.picture_recorder import PictureRecorder, PictureWriter, picture_folder
from parley.app.private_files import read_token
from parley.app.publishing import Publisher
from parley.app.record_types import read_record_types
from parley.app.service import Service
from parley.app.sessions import OBSERVER_FILE, ObserverToken
from parley.app.standby import replica_route
from parley.app.startup import (
    INSTANCE,
    Start,
    ask_mirrors,
    count_start,
    refuse_standby,
    warm_kernels,
)
from parley.app.unit_page import UnitPage
from parley.app.unit_reports import FILE_NAME as REPORTS_FILE
from parley.app.unit_reports import UnitReports
from parley.app.unit_tokens import FILE_NAME, UnitTokens
from parley.app.warming import say_if_cold, warmed_or_stopped
from parley.app.witness_client import Witnessing, prove_from
from parley.node.rules.keyring import log_key_chain
from parley.store.sqlite import Store
from parley.trust.keys import parse_vkey
from parley.trust.seal import SALT_BYTES, seal
from parley.world.faults import InputFault
from parley.world.time import datetime_from_us


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
    read_record_types()
    with Store(setup.store) as store:
        own_store(store, setup.config.party)
        refuse_standby(store)
        start = count_start(store, setup.keys)
        asyncio.run(_run(setup, store, start, driven=driven))


def make_crank(
    setup: NodeSetup, store: Store, *, asking: bool = False, rotating: bool = False
) -> Crank:
    """Return a node's mind from its store, with salts from the system's own source.

    Raises:
        InputFault: a rotation of its log key was begun and not finished.
        OurFault: the store is damaged.
    """
    salt = partial(secrets.token_bytes, SALT_BYTES)
    identity = dataclasses.replace(setup.identity, past=read_past_keys(setup.keys))
    crank = Crank(
        identity,
        store,
        salt=salt,
        sealer=seal,
        asking=asking,
        instance=store.meta(INSTANCE) or "",
    )
    if not rotating and len(log_key_chain(crank.state, identity.party)) > 1:
        raise InputFault(
            f"log key in {setup.keys}",
            value="the one before a rotation that its log already has",
            wanted="the one after it",
            repair="finish the rotation: parley node rotate-key, again",
        )
    return crank


async def _run(setup: NodeSetup, store: Store, start: Start, *, driven: bool) -> None:
    clock = DrivenClock()
    # Driven, time stands: nobody could be waited for. Only who was rolled back must ask even then.
    asking = bool(setup.identity.peers) and (start.rolled_back or not driven)
    crank = make_crank(setup, store, asking=asking)
    service = Service(crank, clock if driven else wall_clock)
    service.language, service.takes_tracks = setup.config.language, setup.config.tracks
    links = Links(service, setup.calls, watch_silence=not driven)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    work = _Work(stop)
    published = threading.Event()
    web = None
    try:
        web = _web_server(setup, service, store, work)
        work.start(stop.wait())
        ready = await _open_ports(setup, links, web, work, driven=driven)
        if ready is not None:
            _serve_others(setup, service, store, work, published, driven=driven)
            _call_people(setup, service, work)
            _begin(service, links, work, ready, clock if driven else None)
            _say_ready(setup, ready)
            if asking:
                work.start(_ask(setup, crank, start), ends=False)
        await work.until_first_ends()
    finally:
        published.set()
        if web is not None:
            web.stop()
        await links.close()
        if web is not None:
            await web.left()
        await work.cancel()


def _begin(
    service: Service, links: Links, work: _Work, ready: Ready, clock: DrivenClock | None
) -> None:
    """Begin to think and to call peers: with a driven clock once it is told the time."""
    if clock is None:
        work.start(service.run())
        work.start(service.tick_each_second())
        links.call_peers()
        return

    def begin() -> None:
        work.start(service.run())
        links.call_peers()

    work.start(drive(Driver(service, links, clock, begin)))
    write_reply(ready)


def _serve_others(
    setup: NodeSetup,
    service: Service,
    store: Store,
    work: _Work,
    stop: threading.Event,
    *,
    driven: bool,
) -> None:
    """Begin what stands beside a node: served logs, outside witnesses, a static folder, a file."""
    kept = flown_path(setup.store)
    load_flown(service.state, kept)
    work.start(keep_saving(service.state, kept), ends=False)
    cover = coverage_path(setup.store)
    load_coverage(service.state, cover)
    work.start(keep_coverage_saved(service.state, cover), ends=False)
    c2sp = _c2sp_server(setup, service, store)
    if c2sp is not None:
        work.start(c2sp.serve())
    if setup.witnesses and not driven:
        prove = prove_from(lambda: service.state)
        outside = Witnessing(store, setup.witnesses, prove, service.clock)
        service.listeners.append(outside.after_turn)
        outside.offer_held(service.state)
        work.start(outside.run(), ends=False)
    if setup.publish is not None:
        _publish(setup, store, stop)


def _call_people(setup: NodeSetup, service: Service, work: _Work) -> None:
    """Begin to call people about alarms, if the node's file names anybody."""
    if setup.alarm is not None and setup.alarm.contacts:
        outbound = Outbound(service, setup.alarm)
        service.calls = outbound
        service.listeners.append(outbound.after_turn)
        work.start(outbound.run(), ends=False)


async def _ask(setup: NodeSetup, crank: Crank, start: Start) -> None:
    year = datetime_from_us(wall_clock()).year
    said = await ask_mirrors(crank, start, setup.config.ask_mirrors_s, year=year)
    sys.stderr.write(f"node {setup.config.party}: {said}\n")
    sys.stderr.flush()


class _Work:
    """The tasks of a node: when one of them ends, or fails, the node does."""

    def __init__(self, stop: asyncio.Event) -> None:
        self.stop = stop
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[object, object, object], *, ends: bool = True) -> None:
        """Start a task; if `ends`, the node ends with it."""

        async def run() -> None:
            await work

        task = asyncio.get_running_loop().create_task(run())
        self._tasks.add(task)
        if ends:
            task.add_done_callback(lambda _: self.stop.set())

    async def until_first_ends(self) -> None:
        """Wait until a task ends; raise what it raised."""
        await self.stop.wait()
        for task in self._tasks:
            if task.done() and not task.cancelled():
                task.result()

    async def cancel(self) -> None:
        """End all that still run."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _web_server(setup: NodeSetup, service: Service, store: Store, work: _Work) -> WebServer | None:
    """Return the server of page and API, with its port bound; None where none is wanted."""
    http = setup.config.http
    if http is None or setup.token is None:
        return None
    access = _access(setup, http, setup.token)
    assert access.units is not None
    api = Api(service, store, access)
    live = LiveSocket(service, access)
    routes: list[BaseRoute] = [
        *api.routes(),
        *live.routes(),
        *console_routes(),
        *Page(service, access).routes(),
        *SignInPage(service.state.party, access).routes(),
        *UnitPage(service, access.units, access).routes(),
        replica_route(store, setup.config.party, access),
    ]
    try:
        web = WebServer(
            routes, http.host, http.port, access=access, tls=setup.tls, names=http.hosts
        )
    except OSError as error:
        raise _no_port(f"http {http.host}:{http.port}", error) from None
    web.ending += [api.end_waits, live.end, api.past.end]
    web.leaving.append(live.left)
    if setup.config.picture.record:
        writer = PictureWriter(picture_folder(setup.store), setup.config.picture)
        api.past.recording = writer.state
        work.start(PictureRecorder(writer, live.drawn).run(), ends=False)
    return web


def _access(setup: NodeSetup, http: HttpConfig, token: Path) -> Access:
    """Return who may look and act, from the files beside the token."""
    return Access(
        token=read_token(token),
        sign_in=http.sign_in,
        walled=http.walled,
        secure=setup.tls is not None,
        observer=ObserverToken(token.with_name(OBSERVER_FILE)),
        units=UnitTokens(token.with_name(FILE_NAME)),
        reports=UnitReports(token.with_name(REPORTS_FILE)),
        passkeys=Passkeys(token.parent),
    )


def _publish(setup: NodeSetup, store: Store, stop: threading.Event) -> None:
    """Begin to keep our logs up as static folders, in a thread that ends with the node."""
    assert setup.publish is not None
    entries = setup.config.c2sp is not None and setup.config.c2sp.entries
    publisher = Publisher(store, setup.config.party, setup.publish, entries=entries)
    threading.Thread(target=publisher.run, args=(stop,), daemon=True).start()


def _c2sp_server(setup: NodeSetup, service: Service, store: Store) -> C2spServer | None:
    """Return the server for other people's tools, with its port bound; None where none is."""
    wanted = setup.config.c2sp
    if wanted is None:
        return None
    folder = setup.store.parent / wanted.mirror if wanted.mirror is not None else None
    try:
        return open_c2sp(
            lambda: service.state,
            store,
            service.clock,
            host=wanted.host,
            port=wanted.port,
            entries=wanted.entries,
            kinds=wanted.logs,
            hosts=wanted.hosts,
            others=[parse_vkey(text) for text in wanted.others],
            mirror_folder=folder,
        )
    except OSError as error:
        raise _no_port(f"c2sp {wanted.host}:{wanted.port}", error) from None


def _no_port(what: str, error: OSError) -> InputFault:
    found = error.strerror or str(error)
    return InputFault(what, value=found, wanted="an address of this machine and a free port")


async def _open_ports(
    setup: NodeSetup, links: Links, web: WebServer | None, work: _Work, *, driven: bool
) -> Ready | None:
    """Return where the node is reached once it can work; None: it was told to stop before."""
    listen = setup.config.listen
    try:
        peer_port = await links.listen(listen.host, listen.port)
    except OSError as error:
        raise _no_port(f"listen {listen.host}:{listen.port}", error) from None
    # Driven, time stands still meanwhile; who watches no aircraft has nothing to compile.
    compiles = setup.config.tracks and not driven
    if web is not None:
        web.guard.waits_for = COMPILING if compiles else ""
        work.start(web.serve())
    if compiles:
        say_if_cold(setup.config.party)
        if not await warmed_or_stopped(warm_kernels, work.stop):
            return None
    if web is not None:
        web.guard.waits_for = ""
    http_port = web.port if web is not None else None
    return Ready(party=setup.config.party, peer_port=peer_port, http_port=http_port)


def _say_ready(setup: NodeSetup, ready: Ready) -> None:
    host = setup.config.listen.host
    page = f", page {_page_address(setup, ready.http_port)}" if ready.http_port else ""
    sys.stderr.write(f"node {ready.party}: peers on {host}:{ready.peer_port}{page}\n")
    if setup.tls is not None:
        sys.stderr.write(f"node {ready.party}: certificate SHA-256 {setup.tls.fingerprint}\n")
    sys.stderr.flush()


def _page_address(setup: NodeSetup, port: int) -> str:
    """Return where people open the page: under a name of the certificate where there is one."""
    http = setup.config.http
    if http is None or setup.tls is None:
        return f"http://127.0.0.1:{port}/"
    name = next(iter(http.hosts), "127.0.0.1" if http.host in EVERY_ADDRESS else http.host)
    shown = f"[{name}]" if name.count(":") > 1 and not name.startswith("[") else name
    return f"https://{shown if _has_port(shown) else f'{shown}:{port}'}/"


def _has_port(name: str) -> bool:
    return ":" in name.rpartition("]")[2]
