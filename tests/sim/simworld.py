"""A world of nodes from one seed: bad network, clocks and disks; the real crank turns every node.

Frames go through the real wire format. A frame may be lost, doubled, delayed, reordered, stuck in a
clogged link or cut off by a partition; a node may die before, in or after an append and comes back
from its store; its clock may drift and jump. All is drawn from one `random.Random(seed)`, so a
failing seed replays exactly.

A node ticks every second, or (`tick_s=None`) only when `parley.node.wake` says that time alone may
make something due: the same world, many times faster.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from simkeys import make_identities as make_identities  # asked for here
from simkeys import next_key as next_key  # asked for here
from simstore import Crash, SimStore

from parley.app.crank import Crank, Turned
from parley.node.entries import Entry, MessageSaid
from parley.node.inputs import Act, FrameIn, Input, LinkClosed, LinkOpened, Say, Tick
from parley.node.wake import next_turn_us
from parley.trust.checkpoint import parse_unverified_checkpoint
from parley.trust.seal import seal
from parley.wire.peer import FrameReader, encode_frame
from parley.world.agreement import Agreement
from parley.world.faults import InputFault

START_US = 1_780_000_000_000_000
SECOND_US = 1_000_000
LOOK_AT_LEAST_S = 10.0
"""A node without a tick is turned at least so often: a rule that `wake` does not know is late."""


@dataclass
class Faults:
    """How bad the network is; all chances are per frame."""

    loss: float = 0.0
    double: float = 0.0
    delay_s: tuple[float, float] = (0.01, 0.2)
    reorder: bool = False


@dataclass
class Connection:
    number: int
    ends: tuple[str, str]
    opened_us: int
    open: bool = True
    readers: dict[str, FrameReader] = field(default_factory=dict)
    last_us: dict[str, int] = field(default_factory=dict)


@dataclass
class Clog:
    """One way of a link that carries little: what is sent waits for all that was sent before."""

    bytes_per_s: float
    free_us: int = 0

    def leaves_us(self, now_us: int, size_bytes: int) -> int:
        """Return when the last byte of a frame sent now will have left."""
        took_us = round(size_bytes / self.bytes_per_s * SECOND_US)
        self.free_us = max(now_us, self.free_us) + took_us
        return self.free_us


class SimWorld:
    """Nodes, their links and one queue of events.

    Attributes:
        clock_offset_us, clock_ppm: how far each node's clock is off, and how fast it runs away.
        clogs: how little each way of a link carries, where it is clogged.
        disk_full: nodes whose disk takes nothing: each dies of its next write.
        people: whoever acts at each party's desk; a story puts them there.
        again: what each node would be after a restart, kept for whoever checks (`invariants`).
        told: every entry that an operator was told is written, by place, with its bytes.
        refused_acts: what was refused to whom, with why.
        disturbed: until when each thing that the world does to somebody holds: (from, to, whom).
        life: messages about a life at risk: who said it to whom when, and whether all were linked.
        arrived_us: when each entry came to each party.
    """

    def __init__(
        self,
        seed: int,
        agreements: Sequence[Agreement],
        faults: Faults,
        *,
        tick_s: float | None = 1.0,
    ) -> None:
        self.seed = seed
        self.random = random.Random(seed)
        self.faults = faults
        self.tick_s = tick_s
        self.now_us = START_US
        self.identities = make_identities(agreements)
        self.stores = {party: SimStore() for party in self.identities}
        self.nodes: dict[str, Crank | None] = {}
        self.clock_offset_us = dict.fromkeys(self.identities, 0)
        self.clock_ppm = dict.fromkeys(self.identities, 0.0)
        self.connections: dict[int, Connection] = {}
        self.cut: set[tuple[str, str]] = set()
        self.clogs: dict[tuple[str, str], Clog] = {}
        self.disk_full: set[str] = set()
        self.refusals: list[str] = []
        self.refused_acts: list[tuple[str, Act, InputFault]] = []
        self.told: dict[tuple[str, int], tuple[str, bytes]] = {}
        self.disturbed: list[tuple[int, int, frozenset[str]]] = []
        self.receipts: dict[tuple[str, str], int] = {}
        self.signed: dict[tuple[str, int], bytes] = {}
        self.people: dict[str, Any] = {}
        self.again: dict[str, Any] = {}
        self.started_us: dict[str, int] = {}
        self.delay_s = faults.delay_s
        self.life: dict[tuple[str, int], tuple[str, tuple[str, ...], int, bool]] = {}
        self.arrived_us: dict[tuple[tuple[str, int], str], int] = {}
        self.crash_next: dict[str, str] = {}
        self.crashes: deque[tuple[str, str]] = deque(maxlen=1000)
        self.turns = 0
        self._noted: dict[str, bytes] = {}
        self._wakes: dict[str, int] = {}
        self._dials: set[str] = set()
        self._queue: list[tuple[int, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._numbers = itertools.count(1)
        self.drops: list[str] = []
        for party, store in self.stores.items():
            store.crash = self._crasher(party)
            self.start(party)

    # ---- time

    def at(self, when_us: int, act: Callable[[], None]) -> None:
        heapq.heappush(self._queue, (when_us, next(self._order), act))

    def after(self, seconds: float, act: Callable[[], None]) -> None:
        self.at(self.now_us + round(seconds * SECOND_US), act)

    def run(self, seconds: float) -> None:
        until_us = self.now_us + round(seconds * SECOND_US)
        while self._queue and self._queue[0][0] <= until_us:
            self.now_us, _, act = heapq.heappop(self._queue)
            act()
        self.now_us = until_us

    def clock_us(self, party: str) -> int:
        """Return what a node's own clock says."""
        drift_us = round((self.now_us - START_US) * self.clock_ppm[party] / 1e6)
        return self.now_us + self.clock_offset_us[party] + drift_us

    def step_clock(self, party: str, by_s: float) -> None:
        """Set a node's clock forwards or back, as a bad time server or a person does."""
        self.clock_offset_us[party] += round(by_s * SECOND_US)
        self.give(party, Tick())

    # ---- nodes

    def _crasher(self, party: str) -> Callable[[str], None]:
        def crash(when: str) -> None:
            full = party in self.disk_full and when != "after append"
            if full or self.crash_next.get(party) == when:
                if not full:
                    del self.crash_next[party]
                self.crashes.append((party, "disk full" if full else when))
                raise Crash(party, when)

        return crash

    def crank(self, party: str, **options: object) -> Crank:
        """Return a node's mind from its store; its salts come from the seed."""
        return Crank(
            self.identities[party],
            self.stores[party],
            salt=lambda: self.random.randbytes(32),
            sealer=seal,
            **options,
        )

    def start(self, party: str) -> None:
        """Start a node from its store; the clock turns it, and it calls its peers."""
        self.nodes[party] = crank = self.crank(party)
        self.started_us[party] = self.now_us
        self._wakes.pop(party, None)
        if self.tick_s is not None:
            self.after(self.random.uniform(0.0, 1.0), lambda: self._tick(party, crank))
            return
        self._wake_at(party, crank, self.now_us + round(self.random.uniform(0.0, 1.0) * SECOND_US))
        for each in (party, *self.identities[party].peers):
            self._dial_soon(each)

    def stop(self, party: str) -> None:
        """The node is gone, as by SIGKILL; its connections break."""
        self.nodes[party] = None
        for connection in list(self.connections.values()):
            if party in connection.ends:
                self._close(connection)

    def crash(self, party: str, *, back_after_s: float) -> None:
        if self.nodes[party] is not None:
            self.crashes.append((party, "now"))
            self.disturb(back_after_s + 5, party)
            self.stop(party)
            self.after(back_after_s, lambda: self.start(party))

    def _tick(self, party: str, crank: Crank) -> None:
        if self.nodes[party] is not crank:
            return
        self.give(party, Tick())
        self._call_peers(party)
        assert self.tick_s is not None
        self.after(self.tick_s, lambda: self._tick(party, crank))

    def _wake_at(self, party: str, crank: Crank, when_us: int) -> None:
        if self._wakes.get(party) != when_us:
            self._wakes[party] = when_us
            self.at(when_us, lambda: self._woken(party, crank, when_us))

    def _woken(self, party: str, crank: Crank, when_us: int) -> None:
        if self.nodes[party] is crank and self._wakes.get(party) == when_us:
            self.give(party, Tick())

    def wake_soon(self, party: str) -> None:
        """Turn a node within a second: something was written past it, which it cannot foresee."""
        if self.tick_s is None and self.nodes[party] is not None:
            self.after(0.5, lambda: self.give(party, Tick()))

    def _wake_when_due(self, party: str, crank: Crank) -> None:
        """Turn a node again when its own clock will say so."""
        if self.tick_s is not None or self.nodes[party] is not crank:
            return
        clock_us = self.clock_us(party)
        wait_us = LOOK_AT_LEAST_S * SECOND_US if not crank.asking else SECOND_US
        wait_us = min(wait_us, next_turn_us(crank.state, clock_us) - clock_us)
        wait_us /= 1 + self.clock_ppm[party] / 1e6
        self._wake_at(party, crank, self.now_us + max(1, int(wait_us) + 1))

    def give(self, party: str, event: Input) -> Turned | None:
        """Give one input to a node; its frames go out; a crash in it stops the node."""
        crank = self.nodes[party]
        if crank is None:
            return None
        self.turns += 1
        try:
            turned = crank.turn(self.clock_us(party), event)
        except Crash:
            self.disturb(35, party)
            self.stop(party)
            self.after(self.random.uniform(1.0, 30.0), lambda: self.start(party))
            return None
        except InputFault as fault:
            self.refusals.append(f"{party}: {fault}")
            if isinstance(event, Act):
                self.refused_acts.append((party, event, fault))
            return None
        if isinstance(event, Act):
            self._note_told(party, crank, event, turned.written)
        for entry in turned.mirrored:
            self.arrived_us.setdefault(((entry.log.origin, entry.seq), party), self.now_us)
        self._note_heads(party, crank)
        self._after_turn(party, crank, turned)
        return turned

    def _after_turn(self, party: str, crank: Crank, turned: Turned) -> None:
        for out in turned.frames:
            self._send(party, out.connection, encode_frame(out.frame))
        for drop in turned.drops:
            self.drops.append(f"{party}: {drop.why}")
            if drop.connection in self.connections:
                self._close(self.connections[drop.connection])
        self._wake_when_due(party, crank)

    def _note_told(self, party: str, crank: Crank, act: Act, written: list[Entry]) -> None:
        """Remember what an operator was told is written: it must never be gone again."""
        for entry in written:
            place = (entry.log.origin, entry.seq)
            (data,) = crank.store.entries(entry.log.origin, entry.seq, entry.seq + 1)
            self.told[place] = (party, data)
            body = entry.body
            if isinstance(act, Say) and isinstance(body, MessageSaid) and body.life_safety:
                # A stream never doubles a frame or lets one overtake another: what does is a fault.
                net = self.faults
                orderly = not (net.loss or net.double or net.reorder)
                quick = orderly and self._linked(party, entry.to)
                self.life[place] = (party, entry.to, self.now_us, quick)

    def _linked(self, party: str, others: tuple[str, ...]) -> bool:
        """Whether a link of a party stands with each of these, and has for five seconds."""
        since_us = self.now_us - 5 * SECOND_US
        linked = {
            end
            for c in self.connections.values()
            if c.open and c.opened_us < since_us and party in c.ends and self._proven(c)
            for end in c.ends
        }
        return set(others) <= linked

    def _note_heads(self, party: str, crank: Crank) -> None:
        """Remember every head ever signed and every receipt ever held, for `check`."""
        for log in crank.state.own_logs():
            if self._noted.get(log.name.origin) is log.checkpoint:
                continue
            self._noted[log.name.origin] = log.checkpoint
            head = parse_unverified_checkpoint(log.checkpoint)
            known = self.signed.setdefault((head.origin, head.size), head.root)
            assert known == head.root, f"seed {self.seed}: {party} signed two heads of {head.size}"
        for origin, by_peer in crank.state.links.receipts.items():
            for peer, held in by_peer.items():
                key = (origin, peer)
                self.receipts[key] = max(self.receipts.get(key, 0), held.size)

    # ---- links

    def _dial_soon(self, party: str) -> None:
        """Let a node look within a second whether it must call somebody."""
        if self.tick_s is None and party in self.nodes and party not in self._dials:
            self._dials.add(party)
            self.after(self.random.uniform(0.2, 1.0), lambda: self._dial(party))

    def _dial(self, party: str) -> None:
        self._dials.discard(party)
        if self.nodes.get(party) is None:
            return
        self._call_peers(party)
        linked = {
            peer
            for c in self.connections.values()
            if c.open and party in c.ends and self._proven(c)
            for peer in c.ends
        }
        # A peer that is down says so itself when it comes up.
        up = {p for p in self.identities[party].peers if party < p and self.nodes.get(p)}
        if not up <= linked:
            self._dial_soon(party)

    def _call_peers(self, party: str) -> None:
        for peer in self.identities[party].peers:
            if party > peer or self.nodes.get(peer) is None:
                continue
            live = [c for c in self.connections.values() if c.open and c.ends == (party, peer)]
            for connection in live:
                if self._proven(connection) or self.now_us - connection.opened_us < 5 * SECOND_US:
                    break
                self._close(connection)
            else:
                self._open(party, peer)

    def _proven(self, connection: Connection) -> bool:
        return all(self._proven_at(end, connection.number) for end in connection.ends)

    def _proven_at(self, end: str, number: int) -> bool:
        crank = self.nodes[end]
        session = crank.state.links.sessions.get(number) if crank else None
        return session is not None and session.proven

    def _open(self, caller: str, called: str) -> None:
        connection = Connection(next(self._numbers), (caller, called), self.now_us)
        self.connections[connection.number] = connection
        for end in connection.ends:
            connection.readers[end] = FrameReader()
        nonce = [f"{self.random.getrandbits(128):032x}" for _ in range(2)]
        secret = [self.random.randbytes(32).hex() for _ in range(2)]
        number = connection.number
        self.give(called, LinkOpened(connection=number, nonce=nonce[0], secret=secret[0]))
        self.give(
            caller, LinkOpened(connection=number, nonce=nonce[1], secret=secret[1], peer=called)
        )

    def _close(self, connection: Connection) -> None:
        if not connection.open:
            return
        connection.open = False
        self.connections.pop(connection.number, None)
        for end in connection.ends:
            self.give(end, LinkClosed(connection=connection.number))
            self._dial_soon(end)

    def _send(self, sender: str, number: int, data: bytes) -> None:
        connection = self.connections.get(number)
        if connection is None or not connection.open:
            return
        receiver = connection.ends[1] if sender == connection.ends[0] else connection.ends[0]
        if (sender, receiver) in self.cut or self.random.random() < self.faults.loss:
            return
        clog = self.clogs.get((sender, receiver))
        left_us = clog.leaves_us(self.now_us, len(data)) if clog is not None else self.now_us
        for _ in range(2 if self.random.random() < self.faults.double else 1):
            when_us = left_us + round(self.random.uniform(*self.faults.delay_s) * SECOND_US)
            if not self.faults.reorder:
                when_us = max(when_us, connection.last_us.get(receiver, 0))
                connection.last_us[receiver] = when_us
            self.at(when_us, lambda: self._deliver(connection, receiver, data))

    def _deliver(self, connection: Connection, receiver: str, data: bytes) -> None:
        crank = self.nodes[receiver]
        if not connection.open or crank is None:
            return
        for frame in connection.readers[receiver].receive(data):
            self.give(receiver, FrameIn(connection=connection.number, frame=frame))
            if not connection.open:
                return

    # ---- what the world does to them

    def disturb(self, seconds: float, *parties: str) -> None:
        """Note that the world owes nothing to these parties for a while."""
        until_us = self.now_us + round(seconds * SECOND_US)
        self.disturbed.append((self.now_us, until_us, frozenset(parties)))

    def partition(self, a: str, b: str, *, seconds: float, one_way: bool = False) -> None:
        pairs = {(a, b)} if one_way else {(a, b), (b, a)}
        self.cut |= pairs
        self.disturb(seconds + 30, a, b)
        self.after(seconds, lambda: self.cut.difference_update(pairs))

    def clog(self, a: str, b: str, *, bytes_per_s: float, seconds: float) -> None:
        """Let the way from a to b carry little for a while; what queued up by then still comes.

        A frame waits for all bytes before it, whatever they are: the head of the line blocks.
        """
        self.clogs[(a, b)] = clog = Clog(bytes_per_s)
        self.disturb(seconds + 60, a, b)

        def clear() -> None:
            if self.clogs.get((a, b)) is clog:
                del self.clogs[(a, b)]

        self.after(seconds, clear)

    def fill_disk(self, party: str, *, seconds: float) -> None:
        """Let a node's disk take nothing for a while: it dies of each write and comes back."""
        self.disk_full.add(party)
        self.disturb(seconds + 35, party)
        self.after(seconds, lambda: self.disk_full.discard(party))

    def heal(self) -> None:
        """From now on the network is good and every node is up."""
        self.faults = Faults()
        self.cut.clear()
        self.clogs.clear()
        self.disk_full.clear()
        self.crash_next.clear()
        for party, crank in self.nodes.items():
            if crank is None:
                self.start(party)

    def node(self, party: str) -> Crank:
        crank = self.nodes[party]
        assert crank is not None
        return crank
