"""The nodes of a demo in this process: the real crank, a store in memory, frames as wire bytes."""

from __future__ import annotations

import hashlib
import random
from collections import deque

import msgspec

from parley.app.connections import LinkCounts
from parley.app.crank import Crank, Turned
from parley.app.demo_nodes import NodeDied, Views
from parley.app.driven import Advanced, InputError, Snapshot, Status, Stored
from parley.app.unit_views import every_distribution
from parley.app.views import line_vectors, logs_view, zones_shown
from parley.node.entries import log_name
from parley.node.identity import Identity, Keys, PeerKeys
from parley.node.inputs import FrameIn, LinkClosed, LinkOpened, Tick
from parley.node.snapshots import digest
from parley.node.state import key_of
from parley.node.step import next_due_us
from parley.trust.keys import SigningKey
from parley.trust.seal import SealKey, seal
from parley.wire.peer import FrameReader, encode_frame
from parley.world.faults import InputFault
from sim.simworld import SimStore


def identities_of(plan):
    """Return the identities of a plan's nodes, with keys made from their names."""

    def keys_of(party):
        seed = hashlib.sha256(party.encode()).digest()
        return Keys(
            log=SigningKey(seed, name=f"parley/{party}/log", role="log"),
            mirror=SigningKey(seed, name=f"parley/{party}/mirror", role="mirror"),
            link=SigningKey(seed, name=f"parley/{party}/link", role="link"),
            witness=SigningKey(seed, name=f"parley/{party}/witness", role="witness"),
            seal=SealKey(seed, name=f"parley/{party}/seal"),
        )

    keys = {node.party: keys_of(node.party) for node in plan.nodes}
    public = {
        party: PeerKeys(
            log=k.log.verifier,
            mirror=k.mirror.verifier,
            link=k.link.verifier,
            witness=k.witness.verifier,
            seal=k.seal.digest,
        )
        for party, k in keys.items()
    }
    texts = {a.id: a for a in plan.agreements}
    return {
        node.party: Identity(
            party=node.party,
            keys=keys[node.party],
            peers={peer: public[peer] for peer in node.peers},
            agreements={name: texts[name] for name in node.agreements},
            documents={name: msgspec.json.encode(texts[name]).decode() for name in node.agreements},
        )
        for node in plan.nodes
    }


class LocalNodes:
    """Implements `demo_nodes.Nodes`. Frames flow when a status is asked, one round at a time.

    `die` names parties and on which of their advances (counted from 1) they die, and whether
    before or after the inputs are stored: {"IC": (120, "after")}.
    """

    def __init__(self, plan, die=None):
        self.identities = identities_of(plan)
        self.stores = {party: SimStore() for party in self.identities}
        self.cranks = {}
        self.now_us = dict.fromkeys(self.identities, 0)
        self.written = {party: [] for party in self.identities}
        self.links = {}
        self.counts = {}
        self.frames = deque()
        self.number = 0
        self.advances = dict.fromkeys(self.identities, 0)
        self.die = dict(die or {})
        self.random = random.Random(1)
        for party in self.identities:
            self.cranks[party] = self._crank(party)

    # ---- what the conductor asks

    async def advance(self, party, now_us, inputs=()):
        self.advances[party] += 1
        at, when = self.die.get(party, (0, ""))
        if self.advances[party] == at and when == "before":
            raise self._death(party)
        self.now_us[party] = now_us
        self._connect(party)
        errors = []
        for place, event in enumerate(inputs):
            try:
                self._turn(party, event)
            except InputFault as fault:
                errors.append(InputError(input=place, fault=str(fault)))
        self._turn(party, Tick())
        if self.advances[party] == at and when == "after":
            raise self._death(party)
        written, self.written[party] = tuple(self.written[party]), []
        return Advanced(errors=tuple(errors), written=(), entries=written, **self._standing(party))

    async def status(self, party):
        for _ in range(len(self.frames)):
            self._deliver(*self.frames.popleft())
        return Status(**self._standing(party))

    async def snapshot(self, party):
        state = self.cranks[party].state
        return Snapshot(
            digests={name: digest(scope) for name, scope in state.scopes.items()},
            sizes={log.name.origin: log.tree.size for log in state.logs()},
        )

    async def views(self, party):
        state = self.cranks[party].state
        return Views(
            lines=line_vectors(state, self.now_us[party]),
            zones=zones_shown(state, self.now_us[party]),
            logs=logs_view(state),
            units=every_distribution(state, self.now_us[party]),
        )

    async def revive(self, party, known):
        store = self.stores[party]
        self.cranks[party] = self._crank(party)
        found = []
        for origin in store.origins():
            if log_name(origin).party == party:
                first = known.get(origin, 0)
                data = store.entries(origin, first, store.size(origin))
                openings = store.openings(origin, first, store.size(origin))
                found.extend(
                    (origin, n, each, openings.get(n)) for n, each in enumerate(data, first)
                )
        return 1, found

    # ---- the inside

    def _crank(self, party):
        return Crank(
            self.identities[party],
            self.stores[party],
            salt=lambda: self.random.randbytes(32),
            sealer=seal,
        )

    def _death(self, party):
        self.written[party] = []
        for peer in [p for (p, q) in self.links if q == party]:
            number = self.links.pop((peer, party))
            self.links.pop((party, peer), None)
            self.counts.pop((peer, party), None)
            self.counts.pop((party, peer), None)
            self.cranks[peer].turn(self.now_us[peer], LinkClosed(connection=number))
        self.frames = deque(f for f in self.frames if party not in (f[0], f[1]))
        self.now_us[party] = 0
        return NodeDied(party, 0, -9)

    def _connect(self, party):
        for peer in self.identities[party].peers:
            if (party, peer) in self.links or not self.now_us[peer]:
                continue
            self.number += 1
            caller, called = sorted((party, peer))
            for one, other in ((caller, called), (called, caller)):
                self.links[one, other] = self.number
                self.counts[one, other] = [0, 0, FrameReader()]
            for one, peer in ((called, None), (caller, called)):
                nonce, secret = self.random.randbytes(32).hex(), self.random.randbytes(32).hex()
                opened = LinkOpened(connection=self.number, nonce=nonce, secret=secret, peer=peer)
                self._turn(one, opened)

    def _turn(self, party, event):
        turned: Turned = self.cranks[party].turn(self.now_us[party], event)
        for entry in turned.written:
            store, (origin, index) = self.stores[party], key_of(entry)
            data = store.entries(origin, index, index + 1)[0]
            opening = store.openings(origin, index, index + 1).get(index)
            stored = Stored(origin=origin, index=index, data=data.decode(), opening=opening)
            # As it comes over the pipe of a node that is a process.
            self.written[party].append(
                msgspec.json.decode(msgspec.json.encode(stored), type=Stored)
            )
        peers = {number: q for (p, q), number in self.links.items() if p == party}
        for out in turned.frames:
            peer = peers.get(out.connection)
            if peer is not None:
                self.counts[party, peer][0] += 1
                self.frames.append((party, peer, encode_frame(out.frame)))
        assert not turned.drops, turned.drops

    def _deliver(self, sender, party, data):
        if (party, sender) not in self.links:
            return
        counts = self.counts[party, sender]
        for frame in counts[2].receive(data):
            self._turn(party, FrameIn(connection=self.links[party, sender], frame=frame))
            counts[1] += 1

    def _standing(self, party):
        state = self.cranks[party].state
        links = {}
        for (one, other), number in self.links.items():
            session = state.links.sessions.get(number)
            if one == party and session is not None:
                sent, received, _ = self.counts[one, other]
                links[other] = LinkCounts(
                    proven=session.proven, sent=sent, received=received, queued=0
                )
        return {
            "now_us": self.now_us[party],
            "party": party,
            "links": links,
            "next_due_us": next_due_us(state, self.now_us[party]),
            "queue": 0,
            "logs": {log.name.origin: log.tree.size for log in state.logs()},
        }


class Notes:
    """A screen that remembers."""

    def __init__(self):
        self.lines = []
        self.remarks = []

    def tell(self, line):
        self.lines.append(line)

    def say(self, text, style=""):
        self.remarks.append(text)
