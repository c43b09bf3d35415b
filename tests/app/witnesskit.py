"""What tests of witnesses share: somebody's log, a witness of ours, and our node asking one."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager

from hypothesis import strategies as st

from app.test_c2sp import AT_US, MIRROR, Log, ask
from parley.app.c2sp import Doors
from parley.app.c2sp_reading import Reader
from parley.app.c2sp_witness import Witness
from parley.app.enrolment import OutsideWitness
from parley.app.witness_client import Witnessing
from parley.store.sqlite import Store
from parley.trust.checkpoint import (
    Checkpoint,
    sign_checkpoint,
)
from parley.trust.keys import SigningKey, VerifierKey
from parley.trust.tree import Tree
from parley.trust.witness import make_add_checkpoint

KEY = SigningKey(bytes(32), name="parley/COAL/witness", role="witness")


SIZE_TYPE = "text/x.tlog.size"


def doors_of(store: Store, key_of, heads_at_once: int = 10_000) -> Doors:
    reader = Reader(store, "COAL", MIRROR, lambda: AT_US)
    witness = Witness(store, KEY, [key_of], lambda: AT_US, heads_at_once=heads_at_once)
    return Doors(reader, witness)


class Foreign:
    """Somebody's log: its tree, and its signed heads."""

    def __init__(self, origin: str = "example.com/log", seed: bytes = bytes(32)) -> None:
        self.origin = origin
        self.key = SigningKey(seed, name="log", role="log").named(origin)
        self.tree = Tree()

    def grow(self, count: int, salt: bytes = b"") -> Foreign:
        for n in range(self.tree.size, self.tree.size + count):
            self.tree.append(b"%d" % n + salt)
        return self

    def note(self, size: int | None = None) -> bytes:
        size = self.tree.size if size is None else size
        head = Checkpoint(origin=self.origin, size=size, root=self.tree.root(size))
        return sign_checkpoint(self.key, head)

    def request(self, old: int, size: int | None = None) -> bytes:
        size = self.tree.size if size is None else size
        proof = self.tree.consistency_proof(old, size) if old <= size else ()
        return make_add_checkpoint(old, proof, self.note(size))


def post(port: int, body: bytes):
    return ask(port, "/add-checkpoint", "POST", body)


@contextmanager
def asking(witnessing: Witnessing):
    """Run the asking side in a loop of its own; give a way to offer a log."""
    loop = asyncio.new_event_loop()
    ends = asyncio.Event()

    async def run():
        work = asyncio.ensure_future(witnessing.run())
        await ends.wait()
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()))
    thread.start()
    try:
        yield lambda origin: loop.call_soon_threadsafe(witnessing.offer, origin)
    finally:
        loop.call_soon_threadsafe(ends.set)
        thread.join(10)
        assert not thread.is_alive()
        loop.close()


def asker(log: Log, *witnesses: OutsideWitness, **options) -> Witnessing:
    options = {"timeout_s": 2.0, "clock": lambda: AT_US, **options}
    return Witnessing(
        log.store,
        witnesses,
        lambda _, old, size: log.tree.consistency_proof(old, size),
        **options,
    )


def outside(port: int, key: VerifierKey = KEY.verifier) -> OutsideWitness:
    return OutsideWitness(name="W", url=f"http://127.0.0.1:{port}", key=key)


def changed(good: bytes):
    """Give good bytes with some of them changed, cut or doubled."""
    places = st.integers(0, len(good) - 1)
    return st.one_of(
        st.tuples(places, st.integers(0, 255)).map(
            lambda found: good[: found[0]] + bytes([found[1]]) + good[found[0] + 1 :]
        ),
        places.map(lambda at: good[:at]),
        places.map(lambda at: good[:at] + good[at // 2 :]),
    )
