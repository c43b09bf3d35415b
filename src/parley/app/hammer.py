"""The hammer: a fresh log under load of writers and readers, everything read checked meanwhile.

Writers queue entries to the single writer, as a node's turns do, and wait until theirs is durable.
Readers are strangers: they know the log's key, take heads, tiles and entries by the addresses that
a node serves (`c2sp_reading`), and proofs, and hold each against the newest head that they saw. At
the end the store is checked from its entries up. Whatever does not fit is a fault, with its place.
After Tessera's tool of that name.
"""

from __future__ import annotations

import queue
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

import msgspec

from parley.app.c2sp_reading import Reader
from parley.node.entries import LogName
from parley.store.sqlite import Store
from parley.trust.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from parley.trust.keys import SEED_BYTES, SigningKey, VerifierKey
from parley.trust.tiles import TILE_HASHES, entries_path, split_tile, tile_path, verify_bundle
from parley.trust.tree import Tree, leaf_hash, root_of, verify_consistency, verify_inclusion
from parley.world.faults import Fault, InputFault, OurFault
from parley.world.limits import BATCH_ENTRIES_MAX

_PARTY = "HAMMER"
_ORIGIN = LogName(agreement="HAMMER", party=_PARTY, kind="ops", year=2026).origin
_FILE = "hammer.db"
_FAULTS_KEPT_MAX = 100
_WAIT_S = 0.05
_PADDING_MAX = 600
_PAUSE_S = 0.0005
"""Between two reads of one reader: readers and writers share one interpreter."""


class HammerPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How hard: the first of `entries` and `seconds_s` that is reached ends the writing."""

    writers: int = 8
    readers: int = 4
    entries: int = 10_000
    seconds_s: float = 30.0

    def __post_init__(self) -> None:
        for name, value, most in (
            ("writers", self.writers, 1_000),
            ("readers", self.readers, 1_000),
            ("entries", self.entries, 100_000_000),
        ):
            if not 1 <= value <= most:
                raise InputFault(f"hammer {name}", value=value, wanted=f"1 to {most}")
        if not 0 < self.seconds_s <= 86_400:
            raise InputFault("hammer seconds", value=self.seconds_s, wanted="above 0, to 86400")


class HammerReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What it came to.

    Attributes:
        entries: acknowledged as durable, each read back since.
        batches: appends, each with its signed head.
        took_s: from the first entry to the last.
        entries_per_s: of that time.
        p50_ms: half of the entries were durable within this time of being queued.
        p99_ms: 99 of 100 were.
        checks: how many checks the readers did, by kind.
        checks_per_s: of all kinds.
        faults: what did not fit, the first hundred.
        faults_count: how many there were.
    """

    entries: int
    batches: int
    took_s: float
    entries_per_s: float
    p50_ms: float
    p99_ms: float
    checks: dict[str, int]
    checks_per_s: float
    faults: tuple[str, ...]
    faults_count: int

    def lines(self) -> list[str]:
        """Return the report for a person."""
        checks = ", ".join(f"{count} {kind}" for kind, count in sorted(self.checks.items()))
        return [
            f"{self.entries} entries, {self.batches} batches: {self.entries_per_s:,.0f} entries/s",
            f"queued to durable: p50 {self.p50_ms:.1f} ms, p99 {self.p99_ms:.1f} ms",
            f"checked: {checks}; {self.checks_per_s:,.0f} checks/s",
            *(f"fault: {fault}" for fault in self.faults),
            f"{self.faults_count} faults",
        ]


def hammer_folder(folder: Path) -> Path:
    """Return the folder if a hammer may work in it: its own, never a node's.

    Raises:
        InputFault: it is not a folder, or not empty.
    """
    if not folder.is_dir():
        raise InputFault(f"folder {folder}", value="not there", wanted="an empty folder")
    if any(folder.iterdir()):
        raise InputFault(
            f"folder {folder}",
            value="not empty",
            wanted="an empty folder",
            repair="a hammer fills a log with noise: never a node's",
        )
    return folder


def run_hammer(
    folder: Path, plan: HammerPlan, *, seed: bytes, open_store: Callable[[Path], Store] = Store
) -> HammerReport:
    """Return what came of loading a fresh log; everything stays in the folder.

    Args:
        folder: an empty folder.
        plan: how hard.
        seed: 32 bytes, for the keys and for what is written and read.
        open_store: how the store is opened.

    Raises:
        InputFault: the folder is not empty.
        OurFault: the store cannot be written.
    """
    path = hammer_folder(folder) / _FILE
    with open_store(path) as store:
        work = _Hammer(store, plan, seed)
        took_s = work.run_s()
        try:
            size = store.fsck().get(_ORIGIN, 0)
            if size != work.served.size:
                work.fault(f"the store has {size} of {work.served.size} entries")
        except OurFault as fault:
            work.fault(f"fsck: {fault}")
    return work.report(took_s)


class _Queued(msgspec.Struct, frozen=True):
    data: bytes
    done: Future[int]


class _Served:
    """What the log's own side gives out beside the store: proofs, from its tree."""

    def __init__(self) -> None:
        self._tree = Tree()
        self._turn = threading.Lock()

    @property
    def size(self) -> int:
        return self._tree.size

    def grown(self, leaves: list[bytes]) -> Checkpoint:
        """Return the head after these leaves."""
        with self._turn:
            self._tree.extend(leaves)
            return Checkpoint(origin=_ORIGIN, size=self._tree.size, root=self._tree.root())

    def inclusion(self, index: int, size: int) -> tuple[bytes, ...]:
        with self._turn:
            return self._tree.inclusion_proof(index, size)

    def consistency(self, old: int, size: int) -> tuple[bytes, ...]:
        with self._turn:
            return self._tree.consistency_proof(old, size)


class _Hammer:
    """The threads and what they share."""

    def __init__(self, store: Store, plan: HammerPlan, seed: bytes) -> None:
        if len(seed) != SEED_BYTES:
            raise InputFault("hammer seed", value=f"{len(seed)} bytes", wanted=f"{SEED_BYTES}")
        self.store = store
        self.plan = plan
        self.seed = seed
        self.key = SigningKey(seed, name=_ORIGIN, role="log")
        self.reader = Reader(
            store=store,
            party=_PARTY,
            mirror=SigningKey(seed, name=f"parley/{_PARTY}/mirror", role="mirror"),
            clock=lambda: time.time_ns() // 1000,
            entries=True,
        )
        self.served = _Served()
        self.queue: queue.Queue[_Queued] = queue.Queue(maxsize=4 * BATCH_ENTRIES_MAX)
        self.left = plan.entries
        self.writing = threading.Event()
        self.reading = threading.Event()
        self.turn = threading.Lock()
        self.waited_s: list[float] = []
        self.batches = 0
        self.checks: Counter[str] = Counter()
        self.faults: list[str] = []
        self.faults_count = 0

    def fault(self, text: str) -> None:
        """Keep what did not fit."""
        with self.turn:
            self.faults_count += 1
            if len(self.faults) < _FAULTS_KEPT_MAX:
                self.faults.append(text)

    def run_s(self) -> float:
        """Return the seconds that the writing took, after all threads have ended."""
        self.writing.set()
        self.reading.set()
        numbers = random.Random(self.seed)  # noqa: S311  what is read and written, no secret
        readers = [
            threading.Thread(target=self._guarded, args=(self._read, numbers.getrandbits(64)))
            for _ in range(self.plan.readers)
        ]
        writers = [
            threading.Thread(target=self._guarded, args=(self._write, numbers.getrandbits(64)))
            for _ in range(self.plan.writers)
        ]
        single = threading.Thread(target=self._guarded, args=(self._append, 0))
        start_s = time.perf_counter()
        for thread in (single, *readers, *writers):
            thread.start()
        for thread in writers:
            thread.join()
        took_s = time.perf_counter() - start_s
        self.writing.clear()
        single.join()
        self.reading.clear()
        for thread in readers:
            thread.join()
        return took_s

    def _guarded(self, work: Callable[[int], None], number: int) -> None:
        """Run a thread's work; what it raises is a fault of the log under load."""
        try:
            work(number)
        except Fault as fault:
            self.fault(f"{work.__name__.strip('_')}: {fault}")

    # ---- the single writer ----------------------------------------------------------------------

    def _append(self, number: int) -> None:
        """Append what is queued until the writers are done; after a failure, refuse the rest."""
        del number
        failed: OurFault | None = None
        while self.writing.is_set() or not self.queue.empty():
            batch = self._next_batch()
            if batch and failed is None:
                try:
                    self._append_batch(batch)
                except OurFault as fault:
                    self.fault(f"append: {fault}")
                    failed = fault
            if failed is not None:
                for each in batch:
                    each.done.set_exception(failed)

    def _next_batch(self) -> list[_Queued]:
        try:
            batch = [self.queue.get(timeout=_WAIT_S)]
        except queue.Empty:
            return []
        while len(batch) < BATCH_ENTRIES_MAX and not self.queue.empty():
            batch.append(self.queue.get_nowait())
        return batch

    def _append_batch(self, batch: list[_Queued]) -> None:
        entries = [each.data for each in batch]
        first = self.served.size
        head = self.served.grown([leaf_hash(data) for data in entries])
        self.store.append(_ORIGIN, first, entries, sign_checkpoint(self.key, head))
        self.batches += 1
        for index, each in enumerate(batch, first):
            each.done.set_result(index)

    # ---- writers --------------------------------------------------------------------------------

    def _write(self, number: int) -> None:
        """Queue one entry after the other; each must be readable once it is acknowledged."""
        numbers = random.Random(number)  # noqa: S311  what is written, no secret
        end_s = time.perf_counter() + self.plan.seconds_s
        while time.perf_counter() < end_s and self._take():
            padding = "x" * numbers.randrange(_PADDING_MAX)
            data = msgspec.json.encode({"writer": number, "n": numbers.random(), "text": padding})
            queued = _Queued(data, Future())
            start_s = time.perf_counter()
            self.queue.put(queued)
            index = queued.done.result(timeout=self.plan.seconds_s + 60.0)
            waited_s = time.perf_counter() - start_s
            if self.store.entries(_ORIGIN, index, index + 1) != [data]:
                self.fault(f"entry {index} is not what was acknowledged")
            with self.turn:
                self.waited_s.append(waited_s)

    def _take(self) -> bool:
        with self.turn:
            self.left -= 1
            return self.left >= 0

    # ---- readers --------------------------------------------------------------------------------

    def _read(self, number: int) -> None:
        """Read at random until the end, then once more at the last head."""
        visit = _Visit(self, random.Random(number))  # noqa: S311  what is read, no secret
        while self.reading.is_set():
            visit.once()
            time.sleep(_PAUSE_S)
        visit.once()

    def report(self, took_s: float) -> HammerReport:
        """Return what it came to."""
        ordered = sorted(self.waited_s) or [0.0]
        count = len(self.waited_s)
        return HammerReport(
            entries=count,
            batches=self.batches,
            took_s=took_s,
            entries_per_s=count / took_s,
            p50_ms=1000 * ordered[len(ordered) // 2],
            p99_ms=1000 * ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)],
            checks=dict(self.checks),
            checks_per_s=self.checks.total() / took_s,
            faults=tuple(self.faults),
            faults_count=self.faults_count,
        )


class _Visit:
    """One reader: what it knows of the log is its key and the newest head that it saw."""

    def __init__(self, hammer: _Hammer, numbers: random.Random) -> None:
        self._hammer = hammer
        self._key: VerifierKey = hammer.key.verifier
        self._numbers = numbers
        self._head: Checkpoint | None = None

    def once(self) -> None:
        """Take the newest head and one thing under it; what does not fit is kept as a fault."""
        try:
            if self._hammer.store.size(_ORIGIN) == 0:
                return
            head = self._take_head()
            check = self._numbers.choice((self._entry, self._tiles, self._proof))
            check(head)
        except Fault as fault:
            self._hammer.fault(str(fault))

    def _get(self, path: str) -> bytes:
        return b"".join(self._hammer.reader.read(f"{_ORIGIN}/{path}").parts)

    def _done(self, kind: str) -> None:
        with self._hammer.turn:
            self._hammer.checks[kind] += 1

    def _take_head(self) -> Checkpoint:
        head = open_checkpoint(self._get("checkpoint"), self._key, _ORIGIN)
        before = self._head
        if before is not None:
            if head.size < before.size:
                raise OurFault("head", value=f"{head.size} after {before.size}", wanted="no less")
            proof = self._hammer.served.consistency(before.size, head.size)
            verify_consistency(before.size, head.size, proof, before.root, head.root)
            self._done("consistency proofs")
        self._head = head
        return head

    def _tile(self, level: int, index: int, size: int) -> list[bytes]:
        width = min(TILE_HASHES, (size >> (8 * level)) - index * TILE_HASHES)
        path = tile_path(level, index, width)
        return split_tile(self._get(path), width, path)

    def _entry(self, head: Checkpoint) -> None:
        """An entry of a bundle is the one that its tile has hashed, and that the head covers."""
        index = self._numbers.randrange(head.size)
        tile = index // TILE_HASHES
        width = min(TILE_HASHES, head.size - tile * TILE_HASHES)
        hashes = self._get(tile_path(0, tile, width))
        entries = verify_bundle(self._get(entries_path(tile, width)), hashes, tile * TILE_HASHES)
        self._done("entries")
        self._include(leaf_hash(entries[index % TILE_HASHES]), index, head)

    def _proof(self, head: Checkpoint) -> None:
        index = self._numbers.randrange(head.size)
        (leaf,) = self._hammer.store.leaf_hashes(_ORIGIN, index, index + 1)
        self._include(leaf, index, head)

    def _include(self, leaf: bytes, index: int, head: Checkpoint) -> None:
        proof = self._hammer.served.inclusion(index, head.size)
        verify_inclusion(leaf, index, head.size, proof, head.root)
        self._done("inclusion proofs")

    def _tiles(self, head: Checkpoint) -> None:
        """A hash of an upper tile is the root of the tile below it."""
        full = head.size // TILE_HASHES
        if not full:
            return self._entry(head)
        index = self._numbers.randrange(full)
        above = self._tile(1, index // TILE_HASHES, head.size)[index % TILE_HASHES]
        if root_of(self._tile(0, index, head.size)) != above:
            raise OurFault(tile_path(0, index), value="of another root", wanted="what is above it")
        self._done("tiles")
        return None
