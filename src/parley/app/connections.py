"""Connections to peers: sockets, frames in and out, who calls whom. What frames mean is `node`'s.

Rules:
- Of two parties the one with the smaller id calls the other, and calls again when a link is lost.
- Each connection has its own bounded buffer and its own tasks: a peer that does not read is cut
  off, and neither the loop nor another link waits for it.
- What waits goes by precedence: entries that go ahead of their log, and receipts; lines; all else.
- Long frames go in pieces, as long as the link takes in a moment, where the peer reads those; the
  system's own buffer is kept as small: a higher class never waits long behind bytes of a lower one.
- A stranger may send little and has little time until it has proved who it is.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import random
import secrets
import socket
import sys
from collections import deque
from dataclasses import dataclass, field

import msgspec

from parley.app.service import Service
from parley.node.entries import log_name
from parley.node.frames import Ahead, Frame, Head, Hello, Prove, Push, Receipt, Received
from parley.node.inputs import FrameIn, LinkClosed, LinkOpened
from parley.node.rules.ahead import reads_pieces
from parley.wire.peer import FrameReader, Pieces, encode_frame
from parley.world.faults import PeerFault

CONNECTIONS_MAX = 64
"""Peers and strangers together; when full, the oldest stranger makes room, else the oldest."""
LINKS_OF_PEER_MAX = 16
"""A link that breaks leaves its dead ends for a while; who opens more loses the oldest of its own,
and never another peer's."""
BUFFER_BYTES_MAX = 67_108_864
"""Waiting for one peer: four full batches. The rest stays in the store until it reads."""
STRANGER_BYTES_MAX = 65_536
"""A greeting and a proof are below one tenth of it."""
_READ_BYTES = 65_536
_HANDSHAKE_S = 30.0
"""Over 9,600 bit/s with 2 s of delay a greeting and a proof with their keys take 12 s."""
_CONNECT_S = 5.0
_SILENT_S = 45.0
"""Four heartbeats missed: the connection is of no use, whatever the system says about it."""
_BACKOFF_MIN_S = 0.2
_BACKOFF_MAX_S = 5.0
_NONCE_BYTES = 32
EXPRESS, LINES, REST = 0, 1, 2
"""The lanes of what waits for one peer, the first first."""
_PIECE_BYTES_MIN = 512
_PIECE_BYTES_START = 1_024
_PIECE_BYTES_MAX = 16_384
"""What is under way when a quick link turns slow is not more than some of these."""
_PIECE_SLOW_S = 0.4
_PIECE_QUICK_S = 0.05
_BURST_PIECES = 32
"""So much at once says how quick a link is: less goes into empty buffers in no time."""
_BUFFERED_PIECES = 8
"""In the system's buffer: less lets a quick link run dry, more is a queue that nobody can pass."""
_LOOK_S = 0.01
_UNSENT = 0x894B
"""SIOCOUTQNSD (Linux, tcp(7)): bytes in the system's buffer that have not been sent once."""


class LinkCounts(msgspec.Struct, frozen=True, kw_only=True):
    """The newest connection with a peer: frames handed to it, taken in, and not yet written."""

    proven: bool
    sent: int
    received: int
    queued: int


@dataclass(slots=True)
class _Connection:
    number: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    called: str | None
    lanes: tuple[deque[bytes], deque[bytes], deque[bytes]] = field(
        default_factory=lambda: (deque(), deque(), deque())
    )
    under_way: dict[int, Pieces] = field(default_factory=dict)
    piece_bytes: int = _PIECE_BYTES_START
    burst: tuple[int, float] = (0, 0.0)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    waiting_bytes: int = 0
    sent: int = 0
    received: int = 0
    closed: bool = False


class Links:
    """All connections of one node.

    Args:
        service: takes what comes in, and gives what goes out.
        calls: the peers that this node calls, with host and port.
        watch_silence: whether a silent connection is given up; not under a driven clock, where
            nothing is sent while the time stands.
    """

    def __init__(
        self,
        service: Service,
        calls: dict[str, tuple[str, int]],
        *,
        watch_silence: bool = True,
    ) -> None:
        self._service = service
        self._calls = calls
        self._silent_s = _SILENT_S if watch_silence else None
        service.state.links.silence_counts = watch_silence
        self._connections: dict[int, _Connection] = {}
        self._number = 0
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        service.outlet = self

    async def listen(self, host: str, port: int) -> int:
        """Return the port on which peers are now heard.

        Raises:
            OSError: the port is taken or not ours.
        """
        self._server = await asyncio.start_server(self._accept, host, port, limit=_READ_BYTES)
        bound: int = self._server.sockets[0].getsockname()[1]
        return bound

    def call_peers(self) -> None:
        """Begin to call the peers that this node calls, until `close`."""
        for party, (host, port) in sorted(self._calls.items()):
            self._spawn(self._call(party, host, port))

    async def close(self) -> None:
        """Close everything."""
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections.values()):
            self._shut(connection)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def counts(self) -> dict[str, LinkCounts]:
        """Return the newest connection's counts for each peer that has greeted, by party."""
        sessions = self._service.state.links.sessions
        found: dict[str, LinkCounts] = {}
        for number, connection in sorted(self._connections.items()):
            session = sessions.get(number)
            if session is not None and session.peer is not None:
                found[session.peer] = LinkCounts(
                    proven=session.proven,
                    sent=connection.sent,
                    received=connection.received,
                    queued=sum(map(len, connection.lanes)) + len(connection.under_way),
                )
        return found

    # ---- what the service asks ------------------------------------------------------------------

    def send(self, connection: int, frame: Frame) -> None:
        """Queue a frame on a connection; one that is gone is forgotten."""
        link = self._connections.get(connection)
        if link is None or link.closed:
            return
        data = encode_frame(frame)
        if link.waiting_bytes + len(data) > BUFFER_BYTES_MAX:
            self.drop(connection, f"{link.waiting_bytes} bytes wait and are not read")
            return
        link.lanes[lane_of(frame)].append(data)
        link.waiting_bytes += len(data)
        link.sent += 1
        link.wake.set()

    def drop(self, connection: int, why: str) -> None:
        """Close a connection, and keep why."""
        link = self._connections.get(connection)
        if link is not None and not link.closed:
            self._service.link_faults.append((self._service.clock(), why))
            self._shut(link)

    def _shut(self, link: _Connection) -> None:
        link.closed = True
        link.wake.set()
        transport = link.writer.transport
        # What a peer does not read must not be waited for.
        transport.abort() if link.waiting_bytes else link.writer.close()

    # ---- connections ----------------------------------------------------------------------------

    def _spawn(self, work: object) -> None:
        assert asyncio.iscoroutine(work)
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        with contextlib.suppress(asyncio.CancelledError):
            # asyncio would report a cancelled handler as an error; ours are cancelled at stop.
            await self._serve(reader, writer, None)

    async def _call(self, party: str, host: str, port: int) -> None:
        wait_s = _BACKOFF_MIN_S
        while True:
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(_CONNECT_S):
                    reader, writer = await asyncio.open_connection(host, port, limit=_READ_BYTES)
                if await self._serve(reader, writer, party):
                    wait_s = _BACKOFF_MIN_S
            # Not all at once after a failure that hit everybody.
            await asyncio.sleep(wait_s * random.uniform(0.5, 1.0))  # noqa: S311  no secret hangs on it
            wait_s = min(_BACKOFF_MAX_S, 2 * wait_s)

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, called: str | None
    ) -> bool:
        """Return, when the connection has ended, whether its other end had proved who it is."""
        self._make_room()
        self._number += 1
        link = _Connection(self._number, reader, writer, called)
        self._connections[link.number] = link
        writing = asyncio.get_running_loop().create_task(self._write(link))
        timer = asyncio.get_running_loop().call_later(_HANDSHAKE_S, self._require_proof, link)
        was_proven = False
        try:
            nonce, secret = secrets.token_hex(_NONCE_BYTES), secrets.token_hex(_NONCE_BYTES)
            opened = LinkOpened(connection=link.number, nonce=nonce, secret=secret, peer=called)
            await self._service.link(opened)
            was_proven = await self._read(link)
        except (OSError, TimeoutError):
            pass
        except PeerFault as fault:
            self.drop(link.number, str(fault))
        finally:
            timer.cancel()
            writing.cancel()
            del self._connections[link.number]
            if not link.closed:
                self._shut(link)
            self._service.link_later(LinkClosed(connection=link.number))
        return was_proven

    async def _read(self, link: _Connection) -> bool:
        """Take frames in until the connection ends; each waits for its turn to be done."""
        frames = FrameReader()
        total_bytes = 0
        proven = False
        while not link.closed:
            async with asyncio.timeout(self._silent_s):
                data = await link.reader.read(_READ_BYTES)
            if not data:
                break
            total_bytes += len(data)
            for frame in frames.receive(data):
                await self._service.link(FrameIn(connection=link.number, frame=frame))
                link.received += 1
            if not proven and self._proven(link):
                proven = True
                self._keep_few(link)
            if not proven and total_bytes > STRANGER_BYTES_MAX:
                wanted = f"at most {STRANGER_BYTES_MAX} before a proof of identity"
                raise PeerFault("link bytes", value=total_bytes, wanted=wanted)
        return proven

    async def _write(self, link: _Connection) -> None:
        """Write what waits by precedence, no faster than the link takes it."""
        # Nothing waits in the transport: what it holds nobody can pass.
        link.writer.transport.set_write_buffer_limits(high=0)
        _keep_buffer_small(link)
        clock = asyncio.get_running_loop().time
        with contextlib.suppress(OSError):
            while not link.closed:
                if not any(link.lanes) and not link.under_way:
                    link.wake.clear()
                    link.burst = (0, 0.0)
                    await link.wake.wait()
                    continue
                begin_s = clock()
                while not link.lanes[EXPRESS] and _is_full(link):
                    await asyncio.sleep(_LOOK_S)
                data = self._next(link)
                link.writer.write(data)
                await link.writer.drain()
                _learn(link, len(data), clock() - begin_s)

    def _next(self, link: _Connection) -> bytes:
        """Return the next bytes to write: a frame, or a piece of a long one."""
        for lane, queue in enumerate(link.lanes):
            pieces = link.under_way.get(lane)
            if pieces is None and not queue:
                continue
            if pieces is None:
                data = queue.popleft()
                link.waiting_bytes -= len(data)
                # Nothing passes what goes first; and who does not know pieces gets it whole.
                whole = lane == EXPRESS or len(data) <= link.piece_bytes
                if whole or not self._reads_pieces(link):
                    return data
                pieces = link.under_way[lane] = Pieces(data, lane - LINES)
            data = pieces.next(link.piece_bytes)
            if pieces.done:
                del link.under_way[lane]
            return data
        return b""

    def _reads_pieces(self, link: _Connection) -> bool:
        state = self._service.state
        session = state.links.sessions.get(link.number)
        return session is not None and reads_pieces(state, session)

    def _proven(self, link: _Connection) -> bool:
        session = self._service.state.links.sessions.get(link.number)
        return session is not None and session.proven

    def _require_proof(self, link: _Connection) -> None:
        if not self._proven(link):
            self.drop(link.number, f"no proof of identity within {_HANDSHAKE_S:g} s")

    def _make_room(self) -> None:
        """Drop the oldest stranger when there are too many; else one of whoever has most."""
        standing = [c for _, c in sorted(self._connections.items()) if not c.closed]
        if len(standing) < CONNECTIONS_MAX:
            return
        groups: dict[str, list[_Connection]] = {}
        for each in standing:
            groups.setdefault(self._peer_of(each) if self._proven(each) else "", []).append(each)
        most = groups.get("") or max(groups.values(), key=len)
        self.drop(most[0].number, "made room for another connection")

    def _peer_of(self, link: _Connection) -> str:
        session = self._service.state.links.sessions.get(link.number)
        return session.peer or "" if session is not None else ""

    def _keep_few(self, link: _Connection) -> None:
        """Drop the oldest link of a peer that has opened too many."""
        peer = self._peer_of(link)
        theirs = [
            each
            for _, each in sorted(self._connections.items())
            if not each.closed and self._proven(each) and self._peer_of(each) == peer
        ]
        if len(theirs) > LINKS_OF_PEER_MAX:
            self.drop(theirs[0].number, f"more than {LINKS_OF_PEER_MAX} links of {peer}")


def lane_of(frame: Frame) -> int:
    """Return where a frame waits: who waits for a person, or for a key, goes first."""
    match frame:
        case Hello() | Prove() | Ahead() | Received():
            return EXPRESS
        case Receipt(origin=origin):
            return EXPRESS if log_name(origin).kind == "line" else LINES
        case Push(origin=origin):
            return LINES if log_name(origin).kind == "line" else REST
        case Head():
            return REST
        case _:
            return LINES


def _is_full(link: _Connection) -> bool:
    """Whether the system has a piece or two yet to send, so that a next one would only queue.

    Where it cannot say, or the link is quick, its buffer alone is the limit.
    """
    if link.piece_bytes >= _PIECE_BYTES_MAX or sys.platform != "linux" or link.closed:
        return False
    raw = link.writer.get_extra_info("socket")
    try:
        told = fcntl.ioctl(raw.fileno(), _UNSENT, bytes(4))
    except (OSError, ValueError):
        # It was closed in between: the write says so.
        return False
    return int.from_bytes(told, sys.byteorder) > link.piece_bytes


def _learn(link: _Connection, size: int, took_s: float) -> None:
    """Let the next piece be as long as the link takes in a moment, by how long this one took."""
    before = link.piece_bytes
    size, burst_s = link.burst[0] + size, link.burst[1] + took_s
    link.burst = (size, burst_s)
    if took_s > _PIECE_SLOW_S:
        link.piece_bytes = max(_PIECE_BYTES_MIN, before // 2)
    elif size > _BURST_PIECES * before and burst_s * before < _PIECE_QUICK_S * size:
        link.piece_bytes = min(_PIECE_BYTES_MAX, before * 2)
    elif size <= _BURST_PIECES * before:
        return
    link.burst = (0, 0.0)
    if link.piece_bytes != before:
        _keep_buffer_small(link)


def _keep_buffer_small(link: _Connection) -> None:
    """Tell the system to buffer no more than some pieces; else it takes megabytes from us."""
    raw = link.writer.get_extra_info("socket")
    if raw is not None:
        with contextlib.suppress(OSError):
            size = _BUFFERED_PIECES * link.piece_bytes
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, size)
