"""Asking outside witnesses to cosign our heads (C2SP tlog-witness, the asking side).

Rules:
- Nothing here can stop or slow the node: each witness has its own thread, its own time limit and
  its own pauses, and one that answers nonsense is counted and shown.
- Only what verifies with the key that we enrolled is kept, and only with a time near our own
  clock: a cosignature bounds when our entries existed.
- A line log's head is offered at once, others when ten seconds have passed since the last.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import random
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

import msgspec

from parley.app.c2sp_reading import Clock, parley_name
from parley.app.enrolment import OutsideWitness
from parley.trust.checkpoint import parse_unverified_checkpoint, verify_cosignature
from parley.trust.keys import VerifierKey
from parley.trust.note import add_signatures
from parley.trust.witness import make_add_checkpoint, parse_cosignatures, parse_size_reply
from parley.world.faults import Fault, PeerFault
from parley.world.units import MICROSECONDS_PER_SECOND

if TYPE_CHECKING:
    from parley.app.crank import Turned
    from parley.node.state import State

TIMEOUT_S = 5.0
OTHERS_EACH_S = 10.0
"""How often a log that is no line log is offered."""
CLOCK_APART_S = 120
"""A cosignature further from our clock says nothing that we could vouch for."""
REPLY_BYTES_MAX = 65_536
_REPLIES_PER_HEAD = 3
"""The first may tell the size it knows, the second that it changed meanwhile."""
_BACKOFF_MIN_S = 1.0
_BACKOFF_MAX_S = 300.0
_CUT_AGAIN_S = 0.2
Prove = Callable[[str, int, int], tuple[bytes, ...]]
"""Gives the consistency proof of one of our logs between two sizes; called in the node's loop."""


class HeadStore(Protocol):
    """What is asked of a store; `store.sqlite.Store` is one."""

    def checkpoint(self, origin: str) -> bytes | None:
        """Return the newest head."""

    def put_cosignature(self, origin: str, size: int, cosigner: str, line: bytes) -> None:
        """Keep a verified cosignature."""


class WitnessView(msgspec.Struct, frozen=True, kw_only=True):
    """How an outside witness does: what it gave, what it refused, what made no sense.

    Attributes:
        name: as the node's file has it.
        url: where it is asked.
        asked: requests sent.
        cosigned: cosignatures kept.
        failed: requests that got no answer in time.
        refused: answers that were a refusal.
        nonsense: answers that no witness may give.
        held: how far it cosigned each of our logs.
        fault: what was wrong last; empty once it does its work again.
        fault_at_us: when.
    """

    name: str
    url: str
    asked: int
    cosigned: int
    failed: int
    refused: int
    nonsense: int
    held: dict[str, int]
    fault: str
    fault_at_us: int


class _Unanswered(Exception):  # noqa: N818  it is a report, not a mistake of ours
    """No answer."""


class _Refused(Exception):  # noqa: N818  as above
    """An answer that says no."""


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: bytes


@dataclass(slots=True)
class _Offer:
    """One of our logs at one witness: what it said last, and from when on it may be asked again."""

    known: int = 0
    held: int = 0
    after_s: float = 0.0
    wait_s: float = 0.0


@dataclass(slots=True)
class _Asked:
    """One witness, and what is known of it."""

    witness: OutsideWitness
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    waiting: set[str] = field(default_factory=set)
    offers: dict[str, _Offer] = field(default_factory=dict)
    wait_s: float = 0.0
    asked: int = 0
    cosigned: int = 0
    failed: int = 0
    refused: int = 0
    nonsense: int = 0
    fault: str = ""
    fault_at_us: int = 0


class Witnessing:
    """Offers each new head of our logs to each outside witness.

    Args:
        store: holds our heads, and takes their cosignatures.
        witnesses: whom to ask.
        prove: proves that one of our heads is the start of another.
        clock: the node's.
        timeout_s: for one answer.
        others_each_s: how often a log that is no line log is offered.
    """

    def __init__(
        self,
        store: HeadStore,
        witnesses: Sequence[OutsideWitness],
        prove: Prove,
        clock: Clock,
        *,
        timeout_s: float = TIMEOUT_S,
        others_each_s: float = OTHERS_EACH_S,
    ) -> None:
        self._store = store
        self._prove = prove
        self._clock = clock
        self._timeout_s = timeout_s
        self._others_each_s = others_each_s
        self._asked = [_Asked(witness) for witness in witnesses]

    # ---- what the node says ---------------------------------------------------------------------

    def after_turn(self, now_us: int, turned: Turned) -> None:
        """Take note of the own logs that a turn wrote to; for `Service.listeners`."""
        del now_us
        for origin in sorted({entry.log.origin for entry in turned.written}):
            self.offer(origin)

    def offer(self, origin: str) -> None:
        """Have the newest head of one of our logs cosigned, soon."""
        for one in self._asked:
            one.waiting.add(origin)
            one.wake.set()

    def offer_held(self, state: State) -> None:
        """Have the newest heads of all our logs cosigned: after a start some may not be."""
        for log in state.own_logs():
            self.offer(log.name.origin)

    def views(self) -> tuple[WitnessView, ...]:
        """Return how each witness does."""
        return tuple(
            WitnessView(
                name=one.witness.name,
                url=one.witness.url,
                asked=one.asked,
                cosigned=one.cosigned,
                failed=one.failed,
                refused=one.refused,
                nonsense=one.nonsense,
                held={origin: offer.held for origin, offer in one.offers.items() if offer.held},
                fault=one.fault,
                fault_at_us=one.fault_at_us,
            )
            for one in self._asked
        )

    # ---- asking ---------------------------------------------------------------------------------

    async def run(self) -> None:
        """Ask until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for one in self._asked:
                tasks.create_task(self._run(one))

    async def _run(self, one: _Asked) -> None:
        # Not the loop's own threads: a witness that lets us wait must not take those.
        threads = ThreadPoolExecutor(1, thread_name_prefix="witness")
        post = _Post(one.witness.url, self._timeout_s)
        try:
            while True:
                origin, wait_s = self._next(one)
                if origin is None:
                    one.wake.clear()
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(wait_s):
                            await one.wake.wait()
                    continue
                one.waiting.discard(origin)
                await self._ask(one, origin, post, threads)
                if one.wait_s:
                    await asyncio.sleep(one.wait_s)
        finally:
            post.cut()
            threads.shutdown(wait=False, cancel_futures=True)

    def _next(self, one: _Asked) -> tuple[str | None, float | None]:
        """Return the log whose turn it is, line logs first; else how long until one's is."""
        now_s = time.monotonic()
        soonest_s: float | None = None
        for origin in sorted(one.waiting, key=lambda each: (not _is_line(each), each)):
            left_s = one.offers.setdefault(origin, _Offer()).after_s - now_s
            if left_s <= 0:
                return origin, None
            soonest_s = left_s if soonest_s is None else min(soonest_s, left_s)
        return None, soonest_s

    async def _ask(
        self, one: _Asked, origin: str, post: _Post, threads: ThreadPoolExecutor
    ) -> None:
        """Offer a log's newest head once; what goes wrong is noted and tried again later."""
        offer = one.offers[origin]
        offer.after_s = time.monotonic() + (0.0 if _is_line(origin) else self._others_each_s)
        try:
            await self._offered(one, origin, offer, post, threads)
        except _Unanswered as problem:
            one.failed += 1
            one.wait_s = _longer_s(one.wait_s)
            self._note(one, origin, str(problem))
        except _Refused as problem:
            one.refused += 1
            self._later(one, origin, offer, str(problem))
        except Fault as fault:
            one.nonsense += isinstance(fault, PeerFault)
            offer.known = 0
            self._later(one, origin, offer, str(fault))

    async def _offered(
        self, one: _Asked, origin: str, offer: _Offer, post: _Post, threads: ThreadPoolExecutor
    ) -> None:
        """Return when the witness has cosigned this log's newest head, and that is kept.

        Raises:
            PeerFault: an answer that no witness may give.
            _Refused: it says no.
            _Unanswered: it says nothing in time.
        """
        for _ in range(_REPLIES_PER_HEAD):
            note = self._store.checkpoint(origin)
            if note is None:
                return
            size = parse_unverified_checkpoint(note).size
            proof = self._prove(origin, offer.known, size)
            one.asked += 1
            answer = await post.send(make_add_checkpoint(offer.known, proof, note), threads)
            one.wait_s = 0.0
            if answer.status == 409:
                offer.known = _told_size(answer.body, origin, offer.known, size)
                continue
            if answer.status != 200:
                said = answer.body[:200].decode("utf-8", "replace").strip()
                raise _Refused(f"refused with {answer.status}: {said!r}")
            line = verified_line(note, answer.body, one.witness.key, self._clock())
            keep = partial(self._store.put_cosignature, origin, size, one.witness.key.name, line)
            # In the thread: keeping waits for the disk.
            await asyncio.get_running_loop().run_in_executor(threads, keep)
            offer.known = offer.held = size
            offer.wait_s = 0.0
            one.cosigned += 1
            if not any(each.wait_s for each in one.offers.values()):
                one.fault = ""
            return
        raise PeerFault("answer", value="409 again and again", wanted="one size")

    def _later(self, one: _Asked, origin: str, offer: _Offer, fault: str) -> None:
        offer.wait_s = _longer_s(offer.wait_s)
        offer.after_s = max(offer.after_s, time.monotonic() + offer.wait_s)
        self._note(one, origin, fault)

    def _note(self, one: _Asked, origin: str, fault: str) -> None:
        one.waiting.add(origin)
        one.fault, one.fault_at_us = fault, self._clock()


def _longer_s(wait_s: float) -> float:
    """Return the next pause: twice as long, and not the same for all nodes after an outage."""
    longest_s = min(_BACKOFF_MAX_S, max(_BACKOFF_MIN_S, 2 * wait_s))
    return longest_s * random.uniform(0.6, 1.0)  # noqa: S311  no secret hangs on it


def prove_from(state: Callable[[], State]) -> Prove:
    """Return what proves the growth of the node's own logs, from the trees of its mind."""

    def prove(origin: str, old: int, size: int) -> tuple[bytes, ...]:
        return state().log(origin).tree.consistency_proof(old, size)

    return prove


def _is_line(origin: str) -> bool:
    name = parley_name(origin)
    return name is not None and name.kind == "line"


# ---- the bytes ----------------------------------------------------------------------------------


def _told_size(body: bytes, origin: str, old: int, size: int) -> int:
    """Return the size that a witness says it cosigned last.

    Raises:
        PeerFault: not a size, or one beyond our log: somebody else signed with our key, or this
            node came back from a backup and must learn what it had signed.
    """
    told = parse_size_reply(body)
    if told == old:
        raise PeerFault(
            f"answer 409 on log {origin}",
            value=f"size {told}, which we named",
            wanted="a cosignature",
            repair="it knows another root for this size: compare the heads, it may prove a fork",
        )
    if told > size:
        raise PeerFault(
            f"answer 409 on log {origin}",
            value=f"size {told}",
            wanted=f"at most {size}, all that we signed",
            repair="if it is true our own newest head is lost here: fetch it from the peers",
        )
    return told


def verified_line(note: bytes, body: bytes, key: VerifierKey, now_us: int) -> bytes:
    """Return the one line of an answer that is the witness's cosignature on our head.

    Args:
        note: our signed head.
        body: the answer; lines of other keys are passed over.
        key: the witness's.
        now_us: our clock.

    Raises:
        PeerFault: there is none, it does not verify, or its time is far from ours.
    """
    for signature in parse_cosignatures(body):
        if (signature.name, signature.key_id) != (key.name, key.key_id):
            continue
        given = verify_cosignature(add_signatures(note, (signature.line,)), key)
        apart_s = given.time_s - now_us // MICROSECONDS_PER_SECOND
        if abs(apart_s) > CLOCK_APART_S:
            raise PeerFault(
                "cosignature time",
                value=f"{apart_s} s from our clock",
                wanted=f"at most {CLOCK_APART_S} s",
            )
        return signature.line
    raise PeerFault("answer", value="no line of its key", wanted=f"a cosignature by {key.name}")


class _Post:
    """Sends requests to one address over one connection that is kept; blocks in its own thread."""

    def __init__(self, url: str, timeout_s: float) -> None:
        parts = urlsplit(url)
        self._host = parts.hostname or ""
        self._port = parts.port
        self._path = f"{parts.path.rstrip('/')}/add-checkpoint"
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._timeout_s = timeout_s
        self._connection: http.client.HTTPConnection | None = None

    async def send(self, body: bytes, threads: ThreadPoolExecutor) -> _Answer:
        """Return the answer.

        Raises:
            _Unanswered: none in time, or not HTTP.
        """
        watch = asyncio.create_task(self._cut_late())
        try:
            return await asyncio.get_running_loop().run_in_executor(threads, self._send, body)
        except (OSError, http.client.HTTPException, ValueError, AttributeError) as error:
            # A connection that is cut in mid-reading also shows as missing parts of it.
            self._close()
            raise _Unanswered(f"no answer: {str(error) or type(error).__name__}"[:200]) from None
        finally:
            watch.cancel()

    async def _cut_late(self) -> None:
        """End a request whose time is over: the socket's own limit is for each byte, not for all.

        Again and again, since the connection may be made after the first time.
        """
        await asyncio.sleep(self._timeout_s)
        while True:
            self.cut()
            await asyncio.sleep(_CUT_AGAIN_S)

    def _send(self, body: bytes) -> _Answer:
        kept = self._connection is not None
        try:
            return self._exchange(body)
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            # A kept connection may have been closed by the other end since.
            if not kept:
                raise
            self._close()
            return self._exchange(body)

    def _exchange(self, body: bytes) -> _Answer:
        connection = self._connection = self._connection or self._connect()
        headers = {"Content-Type": "text/plain; charset=utf-8", "User-Agent": "parley"}
        connection.request("POST", self._path, body, headers)
        reply = connection.getresponse()
        data = reply.read(REPLY_BYTES_MAX + 1)
        if reply.length and len(data) <= REPLY_BYTES_MAX:
            raise http.client.IncompleteRead(data, reply.length)
        if reply.will_close or not reply.isclosed():
            self._close()
        return _Answer(reply.status, data[:REPLY_BYTES_MAX])

    def _connect(self) -> http.client.HTTPConnection:
        if self._tls is not None:
            return http.client.HTTPSConnection(
                self._host, self._port, timeout=self._timeout_s, context=self._tls
            )
        return http.client.HTTPConnection(self._host, self._port, timeout=self._timeout_s)

    def cut(self) -> None:
        """End the connection under the feet of the thread that waits on it; it closes it itself."""
        sock = self._connection.sock if self._connection is not None else None
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
