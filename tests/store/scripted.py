"""A script of writes to a store, and the plain model of what the store must then hold.

Every write is a function of a seed and its number, so whoever reads the store after a crash knows
what it must hold after n writes, and after n + 1, and that there is nothing between.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import random

from parley.trust.bytes import sha256_hex
from parley.trust.checkpoint import Checkpoint, sign_checkpoint
from parley.trust.keys import SigningKey
from parley.trust.seal import commitment, make_opening
from parley.trust.tree import Tree

KEY = SigningKey(b"\x01" * 32, name="parley/A/B/log", role="log")
LINE, OPS = "parley.example/A/B/line/2026", "parley.example/A/B/ops/2026"
PRIVATE = "parley.example/A/C/private/2026"
SIZES = (0, 0, 10, 300, 300, 300, 1_000, 9_000)
"""Bytes of an entry's padding, so that rows are within a page, of a page, and over several."""
_TREES = {}


@functools.cache
def opening_of(origin, index):
    if index % 3 == 0:
        return None
    salt = random.Random(f"{origin}/{index}").randbytes(32)
    return make_opening(salt, b"%d" % index + b"." * SIZES[index % 7])


@functools.cache
def entry_of(origin, index):
    opening = opening_of(origin, index)
    padding = b"x" * SIZES[index * 5 % 8]
    if opening is None:
        return b'{"v":2,"seq":%d,"body":"%b"}' % (index, padding)
    return b'{"v":2,"seq":%d,"commit":"%b","p":"%b"}' % (
        index,
        commitment(opening).encode(),
        padding,
    )


@functools.cache
def note_of(origin, size):
    tree = _TREES.setdefault(origin, Tree())
    while tree.size < size:
        tree.append(entry_of(origin, tree.size))
    head = Checkpoint(origin=origin, size=size, root=tree.root(size))
    return sign_checkpoint(KEY, head)


def openings_of(origin, first, end):
    found = {index: opening_of(origin, index) for index in range(first, end)}
    return {index: data for index, data in found.items() if data is not None}


def entries_of(origin, first, end):
    return [entry_of(origin, index) for index in range(first, end)]


def empty_log():
    return {"size": 0, "heads": [], "openings": set(), "receipts": {}, "lines": {}, "staged": None}


class Script:
    """The writes of a seed, one after another, on a model and on a store.

    `done` is how many of them the model holds.
    """

    def __init__(self, seed):
        self.seed = seed
        self.done = 0
        self.logs = {LINE: empty_log(), OPS: empty_log()}
        self.meta = None
        self.blobs = set()
        self.refused = 0
        self.witnessed = 0

    def copy(self):
        other = copy.copy(self)
        other.logs = copy.deepcopy(self.logs)
        other.blobs = set(self.blobs)
        return other

    def write(self, store=None):
        """Do the next write on the model, and on the store if there is one."""
        draw = random.Random(f"{self.seed}/{self.done}")
        acts = [self._append] * 6 + [self._several] * 4
        acts += [self._stage, self._drop, self._receipt, self._line, self._others, self._undone]
        act = draw.choice(acts)
        with contextlib.ExitStack() as stack:
            act(draw, store, stack)
        self.done += 1

    def _append(self, draw, store, _stack, origin=None):
        origin = origin or draw.choice([LINE, OPS])
        log = self.logs[origin]
        first = log["size"]
        end = first + draw.choice([1, 1, 1, 2, 5])
        if store is not None:
            openings = openings_of(origin, first, end)
            entries = entries_of(origin, first, end)
            store.append(origin, first, entries, note_of(origin, end), openings)
        log["size"] = end
        log["heads"].append(end)
        log["openings"] |= set(openings_of(origin, first, end))
        if log["staged"] is not None and log["staged"] <= end:
            log["staged"] = None

    def _several(self, draw, store, stack):
        if store is not None:
            stack.enter_context(store.together())
        self._append(draw, store, stack, LINE)
        self._receipt(draw, store, stack)
        self._append(draw, store, stack, OPS)
        self._line(draw, store, stack)
        self._others(draw, store, stack)

    def _stage(self, draw, store, _stack):
        log = self.logs[OPS]
        first = log["staged"] or log["size"]
        end = first + draw.choice([1, 2, 3])
        if store is not None:
            openings = openings_of(OPS, first, end)
            store.stage(OPS, first, entries_of(OPS, first, end), openings, note_of(OPS, end))
        log["staged"] = end

    def _drop(self, draw, store, _stack):
        log = self.logs[LINE]
        index = draw.randrange(log["size"] + 1)
        if store is not None:
            assert store.drop_opening(LINE, index) == (index in log["openings"])
        log["openings"].discard(index)

    def _receipt(self, draw, store, _stack):
        log = self.logs[LINE]
        if not log["size"]:
            return
        index, peer = draw.randrange(log["size"]), draw.choice("CD")
        data = b"receipt %d" % self.done
        if store is not None:
            store.put_entry_receipt(LINE, index, peer, data)
        log["receipts"].setdefault((index, peer), data)

    def _line(self, draw, store, _stack):
        log = self.logs[OPS]
        if not log["heads"]:
            return
        size, line = draw.choice(log["heads"]), b"line %d" % self.done
        if store is not None:
            store.put_cosignature(OPS, size, "parley/C/mirror", line)
        log["lines"].setdefault(size, line)

    def _others(self, _draw, store, stack):
        blob = b"blob %d" % self.done
        if store is not None:
            stack.enter_context(store.together())
            store.put_meta("done", str(self.done))
            store.put_blob(blob)
            store.put_refused(OPS, b"note", "two roots")
            store.put_witnessed(PRIVATE, self.witnessed + 1, note_of(PRIVATE, self.witnessed + 1))
        self.meta = str(self.done)
        self.blobs.add(blob)
        self.refused += 1
        self.witnessed += 1

    def _undone(self, draw, store, stack):
        model = self.copy()
        with contextlib.suppress(ZeroDivisionError), contextlib.ExitStack() as inner:
            if store is not None:
                inner.enter_context(store.together())
            model._append(draw, store, stack)
            raise ZeroDivisionError

    def differs(self, store):
        """Return the first thing in which the store is not the model, "" if it is the model."""
        for origin, log in self.logs.items():
            for name, wanted, found in self._of_log(store, origin, log):
                if wanted != found:
                    return f"{origin} {name}: {found!r:.200}, wanted {wanted!r:.200}"
        for name, wanted, found in (
            ("meta", self.meta, store.meta("done")),
            ("blobs", set(), {b for b in self.blobs if not store.blob(sha256_hex(b))}),
            ("refused", self.refused, store.refused_count(OPS)),
            (
                "refused notes",
                [(OPS, b"note", "two roots")] * self.refused,
                [(one.origin, one.note, one.why) for one in store.refused()],
            ),
            (
                "witnessed",
                note_of(PRIVATE, self.witnessed) if self.witnessed else None,
                store.witnessed(PRIVATE),
            ),
        ):
            if wanted != found:
                return f"{name}: {found!r:.200}, wanted {wanted!r:.200}"
        return ""

    def _of_log(self, store, origin, log):
        size = log["size"]
        yield "size", size, store.size(origin)
        yield "entries", entries_of(origin, 0, size), store.entries(origin, 0, size + 9)
        yield "heads", log["heads"], store.checkpoint_sizes(origin)
        notes = [store.checkpoint_at(origin, at) for at in log["heads"]]
        yield "notes", [note_of(origin, at) for at in log["heads"]], notes
        openings = {index: opening_of(origin, index) for index in log["openings"]}
        yield "openings", openings, store.openings(origin, 0, size + 9)
        receipts = store.entry_receipts(origin, 0, size + 9)
        yield "receipts", log["receipts"], {(r.index, r.peer): r.data for r in receipts}
        yield "lines", log["lines"], {c.size: c.line for c in store.cosignatures(origin)}
        staged = store.staged(origin)
        wanted = entries_of(origin, size, log["staged"]) if log["staged"] else None
        yield "staged", wanted, staged and list(staged.entries)
