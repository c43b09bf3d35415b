"""A store that outlives its node, on a disk that can fail.

Rules: what `together` returned from is kept, nothing else. A disk fault ends the node: whatever was
half written is taken back when it comes up again, as SQLite takes it back from its journal.
"""

from __future__ import annotations

import contextlib
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from parley.store.sqlite import EntryReceipt, Overtaken, Refused, Staged, StoredCosignature

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
    """A store that survives its node: what `together` returned from is kept, nothing else.

    Attributes:
        crash: called before an append, when a transaction is written but not committed ("torn"),
            and after one that was committed; may raise `Crash`.
    """

    logs: dict[str, list[bytes]] = field(default_factory=dict)
    heads: dict[str, dict[int, bytes]] = field(default_factory=dict)
    lines: dict[str, dict[tuple[int, str], bytes]] = field(default_factory=dict)
    heads_refused: list[Refused] = field(default_factory=list)
    opened: dict[str, dict[int, bytes]] = field(default_factory=dict)
    parts: dict[str, Staged] = field(default_factory=dict)
    seen_heads: dict[str, bytes] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    overtaken: dict[str, dict[int, Overtaken]] = field(default_factory=dict)
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
            if self._appended:
                self.crash("torn")
        except Crash:
            for undo in reversed(self._undo):
                undo()
            self._undo.clear()
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
        ahead = self.overtaken.get(origin, {})
        for index in [i for i in ahead if i < first_index + len(entries)]:
            self._put(ahead, index, None)
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
        # Heads are put in by rising size, and only the newest is ever taken back.
        heads = self.heads.get(origin, {})
        sizes = list(heads)
        place = bisect_right(sizes, size)
        return (sizes[place - 1], heads[sizes[place - 1]]) if place else None

    def head_at_or_after(self, origin: str, size: int) -> tuple[int, bytes] | None:
        heads = self.heads.get(origin, {})
        sizes = list(heads)
        place = bisect_left(sizes, size)
        return (sizes[place], heads[sizes[place]]) if place < len(sizes) else None

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

    def put_ahead(self, origin: str, entry: Overtaken) -> None:
        assert entry.index >= self.size(origin), "an entry ahead that the log has"
        self._appended = True
        self._put(self.overtaken.setdefault(origin, {}), entry.index, entry)

    def ahead(self, origin: str) -> list[Overtaken]:
        return [entry for _, entry in sorted(self.overtaken.get(origin, {}).items())]

    def ahead_origins(self) -> list[str]:
        return sorted(origin for origin, held in self.overtaken.items() if held)

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
        known = lines.get((size, cosigner), line).splitlines(keepends=True)
        # The first says since when, the newest until when; those between say nothing more.
        first = known[0]
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
