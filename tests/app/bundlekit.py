"""Nodes with real stores and no socket between them, and what they say to each other by file."""

from __future__ import annotations

import asyncio
import contextlib

import msgspec

from app.twonodes import T0_US
from parley.app.bundle_api import Bundles
from parley.app.clock import DrivenClock
from parley.app.config import load_node
from parley.app.custody_views import StoredReceipts
from parley.app.message_views import messages
from parley.app.process import make_crank
from parley.app.service import Service
from parley.app.setup import make_node
from parley.node.inputs import Answer, Display, Say
from parley.store.sqlite import Store
from parley.world.agreement import Agreement, Line, LineEnd, Party

SECOND_US = 1_000_000
THREE = Agreement(
    id="ABC",
    title="A test agreement of three",
    parties=tuple(Party(id=party, posts=("desk",)) for party in ("ALFA", "BRAVO", "CHARLIE")),
    lines=(Line(id="L3", ends=tuple(LineEnd(party=p) for p in ("ALFA", "BRAVO", "CHARLIE"))),),
    clauses=(),
)


def make_three(folder):
    """Return the TOML files of three nodes under one agreement; ALFA and CHARLIE never met."""
    (folder / "abc.json").write_bytes(msgspec.json.encode(THREE))
    tables = {
        party: make_node(folder / party, party=party, listen="127.0.0.1:1", http="127.0.0.1:0")
        for party in ("ALFA", "BRAVO", "CHARLIE")
    }
    files = {}
    for party in tables:
        file = folder / party / "node.toml"
        text = file.read_text().replace("agreements = []", 'agreements = ["../abc.json"]')
        file.write_text(text + "".join(tables[p] for p in tables if p != party))
        files[party] = file
    return files


class Offline:
    """A node of one laptop: its queue runs, nobody is linked."""

    def __init__(self, file, at_us=T0_US):
        self.setup = load_node(file)
        self.party = self.setup.config.party
        self.store = Store(self.setup.store)
        self.clock = DrivenClock(at_us)
        self.service = Service(make_crank(self.setup, self.store), self.clock)
        self.bundles = Bundles(self.service, self.store)

    @property
    def state(self):
        return self.service.state

    async def start(self):
        self.loop = asyncio.create_task(self.service.run())
        await self.service.tick()

    async def stop(self):
        self.loop.cancel()
        await asyncio.gather(self.loop, return_exceptions=True)
        self.store.close()

    def later(self, seconds):
        self.clock.now_us += round(seconds * SECOND_US)

    async def act(self, act):
        return await self.service.act(act)

    async def say(self, **changed):
        to = next(p for p in ("RUS", "COAL") if p != self.party)
        values = {
            "agreement": "AGR-1", "line": "L1", "post": "duty-officer", "to": (to,),
            "message_type": "free.text", "text": "a word",
        }  # fmt: skip
        turned = await self.act(Say(**(values | changed)))
        entry = next(e for e in turned.written if e.type == "message.said")
        return entry.log.origin, entry.seq

    async def display(self, key):
        await self.act(Display(ref=key, post="duty-officer"))

    async def answer(self, key, word="ROGER", **fields):
        await self.act(Answer(ref=key, answer=word, fields=fields, post="duty-officer"))

    def view(self, key):
        receipts = StoredReceipts(self.store)
        found = messages(self.state, self.clock(), receipts=receipts)
        return next(view for view in found if view.key == key)

    def held(self, origin):
        return self.store.size(origin)

    def log(self, kind="line"):
        return next(log for log in self.state.own_logs() if log.name.kind == kind)

    async def take(self, data):
        return await self.bundles.take(data)


@contextlib.asynccontextmanager
async def offline(files, *parties, met=True):
    """Give the nodes of these parties; `met`: a greeting went each way once."""
    nodes = [Offline(files[party]) for party in parties]
    try:
        async with asyncio.timeout(60):
            for node in nodes:
                await node.start()
            if met:
                await meet(*nodes)
            yield nodes
    finally:
        for node in nodes:
            await node.stop()


async def meet(one, other):
    for sender, taker in ((one, other), (other, one), (one, other)):
        await taker.take(sender.bundles.make(taker.party))
