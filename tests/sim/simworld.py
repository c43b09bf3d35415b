"""A world of nodes from one seed: bad network, crashes, operators; the real crank turns every node.

Frames go through the real wire format. A frame may be lost, doubled, delayed, reordered or cut off
by a partition; a node may die before or after an append and comes back from its store. All is drawn
from one `random.Random(seed)`, so a failing seed replays exactly.
"""

from __future__ import annotations

import contextlib
import hashlib
import heapq
import itertools
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from parley.app.crank import Crank, Turned
from parley.node.identity import Identity, Keys, PeerKeys
from parley.node.inputs import FrameIn, Input, LinkClosed, LinkOpened, Tick
from parley.store.sqlite import EntryReceipt, Refused, Staged, StoredCosignature
from parley.trust.checkpoint import parse_unverified_checkpoint
from parley.trust.keys import SigningKey
from parley.trust.seal import SealKey, seal
from parley.trust.statements import vkey_digest
from parley.wire.peer import FrameReader, encode_frame
from parley.world.agreement import Agreement
from parley.world.faults import InputFault

START_US = 1_780_000_000_000_000
SECOND_US = 1_000_000


K = TypeVar("K")
V = TypeVar("V")


class Crash(Exception):  # noqa: N818  not an error: what the world does to a node
    """The node dies here."""


def _set(table: dict[K, V], key: K, value: V | None) -> None:
    if value is None:
        table.pop(key, None)
    else:
        table[key] = value


@dataclass
class SimStore:
    """A store that survives its node: what `together` returned from is kept, nothing else."""

    logs: dict[str, list[bytes]] = field(default_factory=dict)
    heads: dict[str, dict[int, bytes]] = field(default_factory=dict)
    lines: dict[str, dict[tuple[int, str], bytes]] = field(default_factory=dict)
    heads_refused: list[Refused] = field(default_factory=list)
    opened: dict[str, dict[int, bytes]] = field(default_factory=dict)
    parts: dict[str, Staged] = field(default_factory=dict)
    seen_heads: dict[str, bytes] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    received: dict[tuple[str, int, str], bytes] = field(default_factory=dict)
    _undo: list[Callable[[], object]] = field(default_factory=list)
    _appended: bool = False
    crash: Callable[[str], None] = lambda when: None

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """One transaction: a crash inside takes every write back; one at its end does not."""
        self._undo.clear()
        self._appended = False
        try:
            yield
        except Crash:
            for undo in reversed(self._undo):
                undo()
            raise
        self._undo.clear()
        if self._appended:
            self.crash("after append")

    def _put(self, table: dict[K, V], key: K, value: V | None) -> None:
        """Set or remove one value so that it can be taken back."""
        before = table.get(key)
        self._undo.append(lambda: _set(table, key, before))
        _set(table, key, value)

    def append(
        self,
        origin: str,
        first_index: int,
        entries: Sequence[bytes],
        checkpoint: bytes,
        openings: Mapping[int, bytes] | None = None,
    ) -> None:
        self.crash("before append")
        log = self.logs.setdefault(origin, [])
        assert first_index == len(log), "an append that does not continue the log"
        self._appended = True
        self._put(self.parts, origin, None)
        self._undo.append(lambda: self._take_back(origin, first_index))
        log.extend(entries)
        self.opened.setdefault(origin, {}).update(openings or {})
        self.heads.setdefault(origin, {})[len(log)] = checkpoint

    def _take_back(self, origin: str, size: int) -> None:
        self.heads[origin].pop(len(self.logs[origin]))
        del self.logs[origin][size:]
        for index in [i for i in self.opened[origin] if i >= size]:
            del self.opened[origin][index]
        if not self.logs[origin]:
            del self.logs[origin]

    def entries(self, origin: str, start: int, end: int) -> list[bytes]:
        return self.logs[origin][start:end]

    def openings(self, origin: str, start: int, end: int) -> dict[int, bytes]:
        return {i: o for i, o in self.opened.get(origin, {}).items() if start <= i < end}

    def drop_opening(self, origin: str, index: int) -> bool:
        held = self.opened.get(origin, {})
        found = index in held
        self._put(held, index, None)
        return found

    def head_at_or_before(self, origin: str, size: int) -> tuple[int, bytes] | None:
        found = [at for at in self.heads.get(origin, {}) if at <= size]
        return (max(found), self.heads[origin][max(found)]) if found else None

    def head_at_or_after(self, origin: str, size: int) -> tuple[int, bytes] | None:
        found = [at for at in self.heads.get(origin, {}) if at >= size]
        return (min(found), self.heads[origin][min(found)]) if found else None

    def stage(
        self,
        origin: str,
        first_index: int,
        entries: Sequence[bytes],
        openings: Mapping[int, bytes],
        checkpoint: bytes,
    ) -> None:
        known = self.parts.get(origin)
        before = tuple(known.entries) if known is not None else ()
        first = known.first_index if known is not None else first_index
        held = dict(known.openings) if known is not None else {}
        assert first_index == first + len(before)
        part = Staged(
            first_index=first,
            entries=(*before, *entries),
            openings={**held, **openings},
            checkpoint=checkpoint,
        )
        self._put(self.parts, origin, part)

    def staged(self, origin: str) -> Staged | None:
        return self.parts.get(origin)

    def meta(self, key: str) -> str | None:
        return self.settings.get(key)

    def put_meta(self, key: str, value: str) -> None:
        self._put(self.settings, key, value)

    def staged_origins(self) -> list[str]:
        return sorted(self.parts)

    def put_witnessed(self, origin: str, size: int, note: bytes) -> None:
        self._put(self.seen_heads, origin, note)

    def witnessed(self, origin: str) -> bytes | None:
        return self.seen_heads.get(origin)

    def witnessed_origins(self) -> list[str]:
        return sorted(self.seen_heads)

    def put_entry_receipt(self, origin: str, index: int, peer: str, data: bytes) -> None:
        self._put(self.received, (origin, index, peer), data)

    def entry_receipts(self, origin: str, start: int, end: int) -> list[EntryReceipt]:
        return [
            EntryReceipt(index=index, peer=peer, data=data)
            for (at, index, peer), data in sorted(self.received.items())
            if at == origin and start <= index < end
        ]

    def refused_count(self, origin: str) -> int:
        return sum(each.origin == origin for each in self.heads_refused)

    def origins(self) -> list[str]:
        return sorted(self.logs)

    def size(self, origin: str) -> int:
        return len(self.logs.get(origin, []))

    def checkpoint(self, origin: str) -> bytes | None:
        return self.heads[origin][self.size(origin)] if self.size(origin) else None

    def checkpoint_at(self, origin: str, size: int) -> bytes | None:
        return self.heads.get(origin, {}).get(size)

    def checkpoint_sizes(self, origin: str, after: int = -1) -> list[int]:
        return sorted(size for size in self.heads.get(origin, {}) if size > after)

    def put_cosignature(self, origin: str, size: int, cosigner: str, line: bytes) -> None:
        lines = self.lines.setdefault(origin, {})
        first = lines.get((size, cosigner), line).splitlines(keepends=True)[0]
        self._put(lines, (size, cosigner), first if line == first else first + line)

    def cosignatures(self, origin: str, size: int | None = None) -> list[StoredCosignature]:
        return [
            StoredCosignature(size=at, cosigner=cosigner, line=line)
            for (at, cosigner), lines in sorted(self.lines.get(origin, {}).items())
            for line in lines.splitlines(keepends=True)
            if size in (None, at)
        ]

    def put_refused(self, origin: str, note: bytes, why: str) -> None:
        self.heads_refused.append(Refused(origin=origin, note=note, why=why))
        self._undo.append(self.heads_refused.pop)

    def refused(self) -> list[Refused]:
        return list(self.heads_refused)


def next_key(party: str, turn: int = 1) -> SigningKey:
    """Return the log key that a party has promised for its n-th rotation."""
    seed = hashlib.sha256(f"{party} next {turn}".encode()).digest()
    return SigningKey(seed, name=f"parley/{party}/log", role="log")


def make_identities(agreements: Sequence[Agreement]) -> dict[str, Identity]:
    """Return identities for all parties of the agreements, with keys made from their names."""
    parties = sorted({p.id for a in agreements for p in a.parties})

    def keys_of(party: str) -> Keys:
        seed = hashlib.sha256(party.encode()).digest()
        return Keys(
            log=SigningKey(seed, name=f"parley/{party}/log", role="log"),
            mirror=SigningKey(seed, name=f"parley/{party}/mirror", role="mirror"),
            link=SigningKey(seed, name=f"parley/{party}/link", role="link"),
            witness=SigningKey(seed, name=f"parley/{party}/witness", role="witness"),
            seal=SealKey(seed, name=f"parley/{party}/seal"),
            next_sha256=vkey_digest(next_key(party).verifier.vkey),
        )

    keys = {party: keys_of(party) for party in parties}
    public = {
        party: PeerKeys(
            log=k.log.verifier,
            mirror=k.mirror.verifier,
            link=k.link.verifier,
            witness=k.witness.verifier,
            seal=k.seal.digest,
            next=k.next_sha256,
        )
        for party, k in keys.items()
    }
    identities = {}
    for party in parties:
        own = {a.id: a for a in agreements if party in {p.id for p in a.parties}}
        partners = {p.id for a in own.values() for p in a.parties} - {party}
        identities[party] = Identity(
            party=party,
            keys=keys[party],
            peers={p: public[p] for p in sorted(partners)},
            agreements=own,
            documents={
                name: msgspec.json.encode(a, order="sorted").decode() for name, a in own.items()
            },
        )
    return identities


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


class SimWorld:
    """Nodes, their links and one queue of events."""

    def __init__(self, seed: int, agreements: Sequence[Agreement], faults: Faults) -> None:
        self.seed = seed
        self.random = random.Random(seed)
        self.faults = faults
        self.now_us = START_US
        self.identities = make_identities(agreements)
        self.stores = {party: SimStore() for party in self.identities}
        self.nodes: dict[str, Crank | None] = {}
        self.clock_offset_us = dict.fromkeys(self.identities, 0)
        self.connections: dict[int, Connection] = {}
        self.cut: set[tuple[str, str]] = set()
        self.refusals: list[str] = []
        self.receipts: dict[tuple[str, str], int] = {}
        self.signed: dict[tuple[str, int], bytes] = {}
        self.crash_next: dict[str, str] = {}
        self._noted: dict[str, bytes] = {}
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

    # ---- nodes

    def _crasher(self, party: str) -> Callable[[str], None]:
        def crash(when: str) -> None:
            if self.crash_next.get(party) == when:
                del self.crash_next[party]
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
        """Start a node from its store; it ticks every second or so and calls its peers."""
        self.nodes[party] = crank = self.crank(party)
        self.after(self.random.uniform(0.0, 1.0), lambda: self._tick(party, crank))

    def stop(self, party: str) -> None:
        """The node is gone, as by SIGKILL; its connections break."""
        self.nodes[party] = None
        for connection in list(self.connections.values()):
            if party in connection.ends:
                self._close(connection)

    def crash(self, party: str, *, back_after_s: float) -> None:
        if self.nodes[party] is not None:
            self.stop(party)
            self.after(back_after_s, lambda: self.start(party))

    def _tick(self, party: str, crank: Crank) -> None:
        if self.nodes[party] is not crank:
            return
        self.give(party, Tick())
        self._call_peers(party)
        self.after(1.0, lambda: self._tick(party, crank))

    def give(self, party: str, event: Input) -> Turned | None:
        """Give one input to a node; its frames go out; a crash in it stops the node."""
        crank = self.nodes[party]
        if crank is None:
            return None
        try:
            turned = crank.turn(self.now_us + self.clock_offset_us[party], event)
        except Crash:
            self.stop(party)
            self.after(self.random.uniform(1.0, 30.0), lambda: self.start(party))
            return None
        except InputFault as fault:
            self.refusals.append(f"{party}: {fault}")
            return None
        self._note_heads(party, crank)
        for out in turned.frames:
            self._send(party, out.connection, encode_frame(out.frame))
        for drop in turned.drops:
            self.drops.append(f"{party}: {drop.why}")
            self._close(self.connections[drop.connection])
        return turned

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
        found = []
        for end in connection.ends:
            crank = self.nodes[end]
            session = crank.state.links.sessions.get(connection.number) if crank else None
            found.append(session is not None and session.proven)
        return all(found)

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
        for end in connection.ends:
            self.give(end, LinkClosed(connection=connection.number))

    def _send(self, sender: str, number: int, data: bytes) -> None:
        connection = self.connections[number]
        if not connection.open:
            return
        receiver = connection.ends[1] if sender == connection.ends[0] else connection.ends[0]
        if (sender, receiver) in self.cut or self.random.random() < self.faults.loss:
            return
        for _ in range(2 if self.random.random() < self.faults.double else 1):
            when_us = self.now_us + round(self.random.uniform(*self.faults.delay_s) * SECOND_US)
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

    def partition(self, a: str, b: str, *, seconds: float, one_way: bool = False) -> None:
        pairs = {(a, b)} if one_way else {(a, b), (b, a)}
        self.cut |= pairs
        self.after(seconds, lambda: self.cut.difference_update(pairs))

    def heal(self) -> None:
        """From now on the network is good and every node is up."""
        self.faults = Faults()
        self.cut.clear()
        self.crash_next.clear()
        for party, crank in self.nodes.items():
            if crank is None:
                self.start(party)

    def node(self, party: str) -> Crank:
        crank = self.nodes[party]
        assert crank is not None
        return crank
