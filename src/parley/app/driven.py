"""A node whose clock is driven: commands as JSON lines on stdin, one reply a line on stdout.

The driver of a scenario advances time when every link is idle, so that no deadline fails for want
of a processor. Between two advances the time stands; frames that come are taken at that time.
Nothing is turned before the first advance. The records here are the whole protocol.

Idle: on every pair of nodes A and B, A's `sent` to B is B's `received` from A, both ways, and no
`queue` holds anything; read twice with the same numbers.
"""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from collections.abc import Awaitable, Callable
from typing import BinaryIO

import msgspec

from parley.app.act_views import Written
from parley.app.clock import DrivenClock
from parley.app.config import decode_json
from parley.app.connections import LinkCounts, Links
from parley.app.crank import Turned
from parley.app.service import Service
from parley.app.shorttext import short
from parley.node.entries import Entry
from parley.node.inputs import Act, SegmentRecorded, Tick, TrackReports
from parley.node.snapshots import digest
from parley.node.state import key_of
from parley.node.step import next_due_us
from parley.world.faults import InputFault

_LINE_BYTES_MAX = 67_108_864
DrivenInput = Act | TrackReports | SegmentRecorded | Tick


# ---- commands -----------------------------------------------------------------------------------


class _Command(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="do", forbid_unknown_fields=True
):
    pass


class Advance(_Command, frozen=True, kw_only=True, tag="advance"):
    """Set the time, take the inputs in order at that time, then let time ask for what is due."""

    now_us: int
    inputs: tuple[DrivenInput, ...] = ()


class AskStatus(_Command, frozen=True, kw_only=True, tag="status"):
    """Ask how things stand."""


class AskSnapshot(_Command, frozen=True, kw_only=True, tag="snapshot"):
    """Ask for the digest of each scope, to compare two nodes."""


class Stop(_Command, frozen=True, kw_only=True, tag="stop"):
    """Stop cleanly; the end of stdin does the same."""


Command = Advance | AskStatus | AskSnapshot | Stop

# ---- replies ------------------------------------------------------------------------------------


class _Reply(msgspec.Struct, frozen=True, kw_only=True, tag_field="do"):
    pass


class Ready(_Reply, frozen=True, kw_only=True, tag="ready"):
    """First line: the node stands, on these ports."""

    party: str
    peer_port: int
    http_port: int | None = None


class InputError(msgspec.Struct, frozen=True, kw_only=True):
    """An input of an advance that was refused: its place, and why."""

    input: int
    fault: str


class _Standing(_Reply, frozen=True, kw_only=True):
    now_us: int
    party: str
    links: dict[str, LinkCounts]
    next_due_us: int | None
    queue: int
    logs: dict[str, int]


class Status(_Standing, frozen=True, kw_only=True, tag="status"):
    """How things stand: links by peer, inputs waiting, when time alone is next due, log sizes."""


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that this node wrote, exactly: its log, its place, its bytes as text.

    `opening` (base64): salt and payload, where the entry holds a commitment to them.
    """

    origin: str
    index: int
    data: str
    opening: bytes | None = None


class Advanced(_Standing, frozen=True, kw_only=True, tag="advanced"):
    """The same after an advance; all that was written since the advance before it.

    `written` tells it in short, `entries` exactly, in the same order.
    """

    errors: tuple[InputError, ...]
    written: tuple[Written, ...]
    entries: tuple[Stored, ...] = ()


class Snapshot(_Reply, frozen=True, kw_only=True, tag="snapshot"):
    """The digest of each scope, and the size of each log."""

    digests: dict[str, str]
    sizes: dict[str, int]


class CommandFault(_Reply, frozen=True, kw_only=True, tag="fault"):
    """A command that was not understood or cannot be done; the node goes on."""

    fault: str


class Stopped(_Reply, frozen=True, kw_only=True, tag="stopped"):
    """Last line."""


Reply = Ready | Status | Advanced | Snapshot | CommandFault | Stopped


class Driver:
    """Carries out commands on a node.

    Args:
        service: the node's.
        links: the node's.
        clock: the one that the service reads.
        begin: starts turning inputs and calling peers, once, after the first advance.
    """

    def __init__(
        self, service: Service, links: Links, clock: DrivenClock, begin: Callable[[], None]
    ) -> None:
        self._service = service
        self._links = links
        self._clock = clock
        self._begin = begin
        self._begun = False
        self._written: list[Written] = []
        self._entries: list[Stored] = []
        service.listeners.append(self._keep)

    def _keep(self, at_us: int, turned: Turned) -> None:
        self._written.extend(short(at_us, entry) for entry in turned.written)
        self._entries.extend(self._stored(entry) for entry in turned.written)

    def _stored(self, entry: Entry) -> Stored:
        origin, index = key_of(entry)
        store = self._service.crank.store
        data = store.entries(origin, index, index + 1)[0]
        opening = store.openings(origin, index, index + 1).get(index)
        return Stored(origin=origin, index=index, data=data.decode(), opening=opening)

    async def reply_to(self, line: bytes) -> Reply:
        """Return the reply to one command line; never raises for what the line says."""
        try:
            command: Command = decode_json(line, Command, "command")  # type: ignore[arg-type]  # a union is a type to msgspec, not to its stub
            match command:
                case Advance():
                    return await self._advance(command)
                case AskStatus():
                    return self._status()
                case AskSnapshot():
                    return self._snapshot()
                case Stop():
                    return Stopped()
        except InputFault as fault:
            return CommandFault(fault=str(fault))

    async def _advance(self, command: Advance) -> Advanced:
        self._clock.advance(command.now_us)
        if not self._begun:
            self._begun = True
            self._begin()
        errors = []
        for place, event in enumerate(command.inputs):
            try:
                await self._service.put(event)
            except InputFault as fault:
                errors.append(InputError(input=place, fault=str(fault)))
        await self._service.tick()
        written, self._written = tuple(self._written), []
        entries, self._entries = tuple(self._entries), []
        status = self._status()
        return Advanced(
            errors=tuple(errors),
            written=written,
            entries=entries,
            **{name: getattr(status, name) for name in status.__struct_fields__},
        )

    def _status(self) -> Status:
        state = self._service.state
        now_us = self._clock()
        return Status(
            now_us=now_us,
            party=state.party,
            links=self._links.counts(),
            next_due_us=next_due_us(state, now_us),
            queue=self._service.queued,
            logs={log.name.origin: log.tree.size for log in state.logs()},
        )

    def _snapshot(self) -> Snapshot:
        state = self._service.state
        return Snapshot(
            digests={name: digest(scope) for name, scope in sorted(state.scopes.items())},
            sizes={log.name.origin: log.tree.size for log in state.logs()},
        )


# ---- stdin and stdout ---------------------------------------------------------------------------


def write_reply(reply: Reply, out: BinaryIO | None = None) -> None:
    """Write one reply as a line."""
    stream = out if out is not None else sys.stdout.buffer
    stream.write(msgspec.json.encode(reply) + b"\n")
    stream.flush()


async def drive(driver: Driver) -> None:
    """Carry out the commands on stdin until it ends or says stop."""
    reader = await _stdin_lines()
    while line := await reader():
        if not line.strip():
            continue
        reply = await driver.reply_to(line)
        write_reply(reply)
        if isinstance(reply, Stopped):
            return


async def _stdin_lines() -> Callable[[], Awaitable[bytes]]:
    """Return what gives the next line of stdin, b"" at its end, without stopping the loop."""
    mode = os.fstat(sys.stdin.fileno()).st_mode
    if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
        reader = asyncio.StreamReader(limit=_LINE_BYTES_MAX)
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        return reader.readline
    # A file or a terminal: read in a thread, since neither can be waited for on the loop.
    stdin = sys.stdin.buffer
    return lambda: asyncio.to_thread(stdin.readline)
