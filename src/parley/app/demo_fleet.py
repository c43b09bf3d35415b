"""The nodes of a demo as processes of this machine: made, started, driven, started again, stopped.

Rules:
- One folder of our own, readable by nobody else, holds all keys, texts and stores.
- Each node runs in a session of its own, so that Ctrl-C reaches the demo, which stops them by pid.
- Ports are loopback only and stay with a node for its life, so that peers find it after a restart.

What does not live here: what the nodes are told and when (`demo_conductor`).
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from parley.app.client import Client
from parley.app.demo_nodes import NodeDied, RawEntry, Views
from parley.app.demo_plan import Plan, PlannedNode
from parley.app.driven import (
    Advance,
    Advanced,
    AskSnapshot,
    AskStatus,
    Command,
    CommandFault,
    DrivenInput,
    Ready,
    Reply,
    Snapshot,
    Status,
    Stop,
)
from parley.app.keyfile import make_keys, read_keys
from parley.app.private_files import make_token
from parley.app.record_types import read_record_types
from parley.app.setup import peer_table
from parley.app.views import LogView, ZoneShown
from parley.node.entries import log_name
from parley.node.identity import Keys
from parley.node.rules.distribution import DistributionView
from parley.node.rules.lines import LineVector
from parley.store.sqlite import Store
from parley.world.agreement import Agreement
from parley.world.faults import InputFault, OurFault

_HOST = "127.0.0.1"
_LINE_BYTES_MAX = 67_108_864
_START_WITHIN_S = 60.0
_REPLY_WITHIN_S = 60.0
_STOP_WITHIN_S = 5.0
_LOG = "node.log"
_LOG_CHARACTERS = 160


# ---- folders ------------------------------------------------------------------------------------


def make_folders(plan: Plan, top: Path, port_base: int | None) -> dict[str, Path]:
    """Return each party's configuration file, after making its folder with keys and texts.

    Args:
        plan: names nodes and agreements.
        top: an empty folder of our own.
        port_base: the first of two ports per node; None takes any that are free.
    """
    ports = _ports(2 * len(plan.nodes), port_base)
    peer_ports = {node.party: ports[2 * place] for place, node in enumerate(plan.nodes)}
    http_ports = {node.party: ports[2 * place + 1] for place, node in enumerate(plan.nodes)}
    keys: dict[str, Keys] = {}
    for node in plan.nodes:
        folder = top / node.party
        folder.mkdir(mode=0o700, parents=True)
        make_keys(folder / "keys", node.party)
        make_token(folder / "token")
        keys[node.party] = read_keys(folder / "keys", node.party)
        for agreement in plan.agreements:
            if agreement.id in node.agreements:
                (folder / f"{agreement.id}.json").write_bytes(_document(agreement))
    found = {}
    for node in plan.nodes:
        path = top / node.party / "node.toml"
        text = _config(node, keys, peer_ports, http_ports[node.party])
        path.write_text(text, encoding="utf-8")
        found[node.party] = path
    return found


def _document(agreement: Agreement) -> bytes:
    return msgspec.json.format(msgspec.json.encode(agreement), indent=1) + b"\n"


def _config(
    node: PlannedNode, keys: dict[str, Keys], peer_ports: dict[str, int], http_port: int
) -> str:
    texts = ", ".join(f'"{name}.json"' for name in node.agreements)
    parts = [
        f'party = "{node.party}"\nstore = "parley.db"\nkeys = "keys"\nagreements = [{texts}]\n',
        f'[listen]\nhost = "{_HOST}"\nport = {peer_ports[node.party]}\n',
        f'[http]\nhost = "{_HOST}"\nport = {http_port}\ntoken = "token"\nsign_in = false\n',
    ]
    parts += [peer_table(peer, f"{_HOST}:{peer_ports[peer]}", keys[peer]) for peer in node.peers]
    return "\n".join(parts)


def _ports(count: int, base: int | None) -> list[int]:
    """Return loopback ports that are free now.

    Raises:
        InputFault: one of those asked for is taken.
    """
    held: list[socket.socket] = []
    try:
        for place in range(count):
            wanted = 0 if base is None else base + place
            held.append(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            held[-1].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                held[-1].bind((_HOST, wanted))
            except (OSError, OverflowError) as error:
                raise InputFault(
                    "--port-base",
                    value=f"port {wanted}: {error}",
                    wanted=f"{count} free ports from {base}",
                    repair="leave it out, and free ports are taken",
                ) from None
        return [one.getsockname()[1] for one in held]
    finally:
        for one in held:
            one.close()


# ---- one process --------------------------------------------------------------------------------


@dataclass(slots=True)
class NodeProcess:
    """One node: its process, its ports, and one command at a time."""

    party: str
    config: Path
    process: asyncio.subprocess.Process
    ready: Ready
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def pid(self) -> int:
        """The process id."""
        return self.process.pid

    @property
    def page(self) -> str:
        """The address of its page, empty where it serves none."""
        port = self.ready.http_port
        return f"http://{_HOST}:{port}/" if port else ""

    async def ask(self, command: Command) -> Reply:
        """Return the reply to a command.

        Raises:
            NodeDied: the process has ended.
            OurFault: it does not understand us, or does not answer.
        """
        try:
            async with self.turn:
                reply = await _exchange(self.party, self.process, command)
        except NodeDied as death:
            death.said = _last_said(self.config.parent)
            raise
        if isinstance(reply, CommandFault):
            raise OurFault(f"node {self.party}", value=reply.fault, wanted="a command carried out")
        return reply


async def _exchange(party: str, process: asyncio.subprocess.Process, command: Command) -> Reply:
    assert process.stdin is not None
    with contextlib.suppress(ConnectionError):
        process.stdin.write(msgspec.json.encode(command) + b"\n")
        await process.stdin.drain()
    return await _reply(party, process, _REPLY_WITHIN_S)


async def _reply(party: str, process: asyncio.subprocess.Process, within_s: float) -> Reply:
    assert process.stdout is not None
    try:
        async with asyncio.timeout(within_s):
            line = await process.stdout.readline()
    except TimeoutError:
        raise OurFault(
            f"node {party}", value="silent", wanted=f"a reply in {within_s:g} s"
        ) from None
    if not line:
        raise NodeDied(party, process.pid, await process.wait())
    reply: Reply = msgspec.json.decode(line, type=Reply)
    return reply


async def start_node(party: str, config: Path) -> NodeProcess:
    """Return a node that stands.

    Raises:
        OurFault: it ended instead, with the last it said.
    """
    with (config.parent / _LOG).open("ab") as stderr:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "parley", "node", "run", str(config), "--driven",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr,
            limit=_LINE_BYTES_MAX, start_new_session=True,
        )  # fmt: skip
    try:
        ready = await _reply(party, process, _START_WITHIN_S)
        if not isinstance(ready, Ready):
            raise OurFault(f"node {party}", value=type(ready).__name__, wanted="ready first")
    except NodeDied:
        said = _last_said(config.parent)
        raise OurFault(f"node {party}", value=said, wanted="a node that starts") from None
    except BaseException:
        _end(process)
        raise
    return NodeProcess(party, config, process, ready)


def _last_said(folder: Path) -> str:
    """Return the last line that a node wrote for its operator."""
    text = (folder / _LOG).read_text(encoding="utf-8", errors="replace")
    return text.strip().rpartition("\n")[2][-_LOG_CHARACTERS:]


def _end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()


# ---- all of them --------------------------------------------------------------------------------


class Fleet:
    """All nodes of a plan.

    Args:
        configs: each party's configuration file.
    """

    def __init__(self, configs: dict[str, Path]) -> None:
        self._configs = configs
        self.nodes: dict[str, NodeProcess] = {}

    async def start(self) -> None:
        """Start every node; returns when all stand.

        Raises:
            OurFault: one does not start; those that do are still to be stopped.
        """
        read_record_types()  # nodes are asked side by side, each in a thread
        async with asyncio.TaskGroup() as starting:
            for party in self._configs:
                starting.create_task(self._start(party))

    async def _start(self, party: str) -> None:
        self.nodes[party] = await start_node(party, self._configs[party])

    async def revive(self, party: str, known: dict[str, int]) -> tuple[int, list[RawEntry]]:
        """Start a dead node again from its store; return its pid and what it had stored untold.

        Raises:
            OurFault: its store is damaged, or it does not start.
        """
        stored = _stored_beyond(self._configs[party].parent / "parley.db", party, known)
        await self._start(party)
        return self.nodes[party].pid, stored

    async def advance(
        self, party: str, now_us: int, inputs: Sequence[DrivenInput] = ()
    ) -> Advanced:
        """Return what a node did after its time was set and it took inputs."""
        reply = await self.nodes[party].ask(Advance(now_us=now_us, inputs=tuple(inputs)))
        assert isinstance(reply, Advanced)
        return reply

    async def status(self, party: str) -> Status:
        """Return how a node stands."""
        reply = await self.nodes[party].ask(AskStatus())
        assert isinstance(reply, Status)
        return reply

    async def snapshot(self, party: str) -> Snapshot:
        """Return the digests of a node."""
        reply = await self.nodes[party].ask(AskSnapshot())
        assert isinstance(reply, Snapshot)
        return reply

    async def views(self, party: str) -> Views:
        """Return what a node's page shows, by its API.

        Raises:
            NodeDied: its process has ended.
        """
        node = self.nodes[party]
        client = Client(node.page.rstrip("/"), None)

        def ask() -> Views:
            return Views(
                lines=client.get("/api/lines", tuple[LineVector, ...]),
                zones=client.get("/api/zones", tuple[ZoneShown, ...]),
                logs=client.get("/api/logs", tuple[LogView, ...]),
                units=client.get("/api/units?all=true", tuple[DistributionView, ...]),
            )

        try:
            return await asyncio.to_thread(ask)
        except InputFault:
            # It may have died under our hands: its pipe knows.
            await self.status(party)
            raise

    async def stop(self) -> None:
        """End every process that was started here and still runs."""
        await asyncio.gather(*(self._stop(node) for node in self.nodes.values()))
        self.nodes.clear()

    async def _stop(self, node: NodeProcess) -> None:
        process = node.process
        if process.returncode is not None:
            return
        assert process.stdin is not None
        with contextlib.suppress(OSError, TimeoutError):
            process.stdin.write(msgspec.json.encode(Stop()) + b"\n")
            process.stdin.close()
            async with asyncio.timeout(_STOP_WITHIN_S):
                await process.wait()
        if process.returncode is None:
            _end(process)
            await process.wait()


def _stored_beyond(path: Path, party: str, known: dict[str, int]) -> list[RawEntry]:
    """Return the entries of a party's own logs beyond those known; its node must not be running."""
    found: list[RawEntry] = []
    with Store(path) as store:
        for origin in store.origins():
            if log_name(origin).party == party:
                first, size = known.get(origin, 0), store.size(origin)
                data, openings = store.entries(origin, first, size), store.openings(origin, 0, size)
                found.extend(
                    (origin, index, each, openings.get(index))
                    for index, each in enumerate(data, first)
                )
    return found
