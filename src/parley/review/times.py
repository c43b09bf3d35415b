"""When was an entry written? An interval with who stands behind each end, never a single instant.

Not before: the writer had seen a peer's head (`seen`), so some entry of that peer was older. Not
after: somebody else cosigned a head over it, gave a receipt for it, or had seen it. Claimed: what
its writer says (`issued_us`), which proves nothing alone. Each end rests on the clock of whoever it
names; a measured difference of clocks widens it. Two honest clocks give an interval around the
claim, so a claim outside its bounds is somebody's false time, and the ends say whose word is
against whose.

Rules: plain values in (decoded logs, verified cosignatures and receipts), no store, no clock. What
does not live here: whether a signature is good (`trust`), what an entry means (`node`).
"""

from __future__ import annotations

import functools
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from parley.node.custody_bodies import ClockMeasured, LogClosed
from parley.node.encoding import decode_entry
from parley.node.entries import Entry, LogName, LogOpened, Seen, Unreadable, log_name
from parley.trust.bytes import read_entry_object
from parley.trust.tree import leaf_hash
from parley.world.faults import Fault, InputFault
from parley.world.time import US_MAX, US_MIN, format_instant
from parley.world.units import MICROSECONDS_PER_SECOND

Basis = Literal["seen", "cosignature", "receipt"]


class _Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class LogPart(_Record, frozen=True, kw_only=True):
    """A complete stretch of a log as it was read: every entry from `start` on, none left out.

    Attributes:
        origin: the log.
        start: index of the first entry here.
        entries: as `decode_entry` read them, with the openings that are held.
        types: for entries that could not be read, the type they give, where even that can be read.
        leaves: leaf hashes (hex) of the entries of calls: a call may name another.
    """

    origin: str
    start: int = 0
    entries: tuple[Entry | Unreadable, ...]
    types: dict[int, str] = {}
    leaves: dict[int, str] = {}

    @property
    def name(self) -> LogName:
        """Whose log it is."""
        return log_name(self.origin)

    @property
    def end(self) -> int:
        """The index after its last entry."""
        return self.start + len(self.entries)


class Cosigned(_Record, frozen=True, kw_only=True):
    """A verified cosignature: `party` said at `time_s` that the log had `size` entries.

    By tlog-cosignature no larger head was known to it then.
    """

    origin: str
    size: int
    party: str
    time_s: int

    @property
    def earliest_us(self) -> int:
        """The first instant it may have been made: whole seconds are written, rounded down."""
        return self.time_s * MICROSECONDS_PER_SECOND

    @property
    def latest_us(self) -> int:
        """The last instant it may have been made."""
        return self.earliest_us + MICROSECONDS_PER_SECOND - 1


class Receipted(_Record, frozen=True, kw_only=True):
    """A verified entry receipt: `party` said that it held this one entry at `at_us`."""

    origin: str
    index: int
    party: str
    at_us: int


class Bound(_Record, frozen=True, kw_only=True):
    """One end of an interval, by the clock of `party`.

    Attributes:
        at_us: the instant, widened already.
        party: whose clock and word it is.
        basis: "seen" (an entry of that party), "cosignature" or "receipt".
        origin: for "seen" the party's log, else the log of the entry.
        index: for "seen" the party's entry, for "receipt" the entry, for "cosignature" the size.
        widened_us: by how much the clocks' measured difference moved it.
    """

    at_us: int
    party: str
    basis: Basis
    origin: str
    index: int
    widened_us: int = 0

    @property
    def because(self) -> str:
        """What it rests on, in words."""
        if self.basis == "seen":
            return f"{self.party}, by its entry {self.index} of {self.origin}"
        if self.basis == "receipt":
            return f"{self.party}, by its receipt"
        return f"{self.party}, by its cosignature on {self.index} entries"


class TimeBounds(_Record, frozen=True, kw_only=True):
    """When an entry was written: from whom it is known, and what its writer claims.

    Attributes:
        origin: its log.
        index: its place.
        claimed_us: what the writer says; None where the entry cannot be read.
        earliest: lower ends, one per party, the latest first.
        latest: upper ends, one per party, the earliest first.
    """

    origin: str
    index: int
    claimed_us: int | None
    earliest: tuple[Bound, ...] = ()
    latest: tuple[Bound, ...] = ()

    @property
    def not_before_us(self) -> int | None:
        """The tightest lower end, or None."""
        return self.earliest[0].at_us if self.earliest else None

    @property
    def not_after_us(self) -> int | None:
        """The tightest upper end, or None."""
        return self.latest[0].at_us if self.latest else None

    @property
    def doubts(self) -> tuple[str, ...]:
        """What does not fit, each with whose word is against whose."""
        found = []
        low, high = self.not_before_us, self.not_after_us
        if low is not None and high is not None and low > high:
            found.append(
                f"the bounds contradict each other: not before {instant_text(low)} "
                f"({self.earliest[0].because}), not after {instant_text(high)} "
                f"({self.latest[0].because})"
            )
        claimed = self.claimed_us
        if claimed is not None and low is not None and claimed < low:
            found.append(
                f"claimed outside its bounds: backdated, not before {instant_text(low)} "
                f"by {self.earliest[0].because}"
            )
        if claimed is not None and high is not None and claimed > high:
            found.append(
                f"claimed outside its bounds: postdated, not after {instant_text(high)} "
                f"by {self.latest[0].because}"
            )
        return tuple(found)

    def lines(self) -> list[str]:
        """Return the interval for a person: one line per end, then what does not fit."""
        first, last = self.earliest[:1], self.latest[:1]
        claimed = "unreadable" if self.claimed_us is None else instant_text(self.claimed_us)
        return [
            f"{self.origin} entry {self.index}",
            *(f"  not before {instant_text(b.at_us)}  {b.because}{_widened(b)}" for b in first),
            *([] if first else ["  not before: not known, its writer had seen nobody's head"]),
            f"  claimed    {claimed}  by its writer",
            *(f"  not after  {instant_text(b.at_us)}  {b.because}{_widened(b)}" for b in last),
            *([] if last else ["  not after: not known, nobody else says that it held it"]),
            *(f"  {doubt}" for doubt in self.doubts),
        ]


def instant_text(at_us: int) -> str:
    """Return an instant as text, also one that nobody can mean: a peer may sign any number.

    >>> instant_text(1_497_938_400_000_000), instant_text(2**62)
    ('2017-06-20T06:00:00Z', '4611686018427387904 us, outside of 1900 to 2100')
    """
    if US_MIN <= at_us <= US_MAX:
        return format_instant(at_us)
    return f"{at_us} us, outside of 1900 to 2100"


def _widened(bound: Bound) -> str:
    if not bound.widened_us:
        return ""
    return f", widened {bound.widened_us / MICROSECONDS_PER_SECOND:g} s for its clock"


# ---- reading ------------------------------------------------------------------------------------


def read_part(
    origin: str, start: int, entries: Sequence[bytes], openings: Mapping[int, bytes] | None = None
) -> LogPart:
    """Return a stretch of a log, decoded; what cannot be read stands in its place.

    Args:
        origin: the log.
        start: index of the first entry.
        entries: exact bytes, complete, as the log's head signs them.
        openings: salt and payload by index, where held.

    Raises:
        InputFault: not an origin of this profile.
    """
    name = log_name(origin)
    held = openings or {}
    read = tuple(
        decode_entry(data, log=name, index=index, opening=held.get(index))
        for index, data in enumerate(entries, start)
    )
    types = {
        one.seq: told
        for one, data in zip(read, entries, strict=True)
        if isinstance(one, Unreadable) and (told := _type_of(data)) is not None
    }
    leaves = {
        one.seq: leaf_hash(data).hex()
        for one, data in zip(read, entries, strict=True)
        if isinstance(one, Entry) and one.type == "call.logged"
    }
    return LogPart(origin=origin, start=start, entries=read, types=types, leaves=leaves)


def _type_of(data: bytes) -> str | None:
    # By the strict reader, never by searching bytes: a type may be spelt with escapes, or twice.
    try:
        told = read_entry_object(data).get("type")
    except InputFault:
        return None
    return told if isinstance(told, str) else None


def measured_offsets(parts: Iterable[LogPart], by: str) -> dict[str, int]:
    """Return how far each peer's clock was found to be from that of `by`, in microseconds.

    The largest that `by` ever measured: the offset and the doubt of the measurement together.
    """
    found: dict[str, int] = {}
    for part in parts:
        if part.name.party != by:
            continue
        for entry in part.entries:
            if isinstance(entry, Entry) and isinstance(entry.body, ClockMeasured):
                body = entry.body
                apart_us = abs(body.offset_us) + abs(body.within_us)
                found[body.party] = max(apart_us, found.get(body.party, 0))
    return found


# ---- bounds -------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Steps:
    """Something that only grows along an axis: value by key, keys ascending."""

    keys: list[int] = field(default_factory=list)
    values: list[int] = field(default_factory=list)

    def grow(self, key: int, value: int) -> None:
        """Take a value if it is the largest so far; keys come in ascending order."""
        if not self.values or value > self.values[-1]:
            self.keys.append(key)
            self.values.append(value)

    def up_to(self, key: int) -> int | None:
        """Return the value of the last key that is not above `key`."""
        at = bisect_right(self.keys, key)
        return self.values[at - 1] if at else None


@dataclass(slots=True)
class _Covers:
    """Who said when that a log had how many entries; asked for the earliest over an index."""

    said: list[tuple[int, int, Bound]] = field(default_factory=list)
    _sizes: list[int] = field(default_factory=list)
    _best: list[Bound] = field(default_factory=list)

    def add(self, size: int, bound: Bound) -> None:
        self.said.append((size, bound.at_us, bound))

    def close(self) -> None:
        """Keep, for each size, the earliest word over it or over any larger one."""
        self.said.sort(key=lambda each: each[:2])
        best: list[Bound] = []
        for _, _, bound in reversed(self.said):
            best.append(bound if not best or bound.at_us < best[-1].at_us else best[-1])
        self._sizes = [size for size, _, _ in self.said]
        self._best = best[::-1]

    def over(self, index: int) -> Bound | None:
        at = bisect_left(self._sizes, index + 1)
        return self._best[at] if at < len(self._best) else None


class Timeline:
    """The bounds of every entry of some logs, from all that stands in them and was said of them.

    Args:
        parts: one stretch per log.
        cosigned: verified cosignatures on their heads; one by the log's own party is left out.
        receipts: verified entry receipts; one by the log's own party is left out.
        offsets_us: how far the clock of a party may be from the writers', where it was measured
            (`measured_offsets`); it widens the bounds that rest on that party.
        roots: roots (hex) by origin and size, as verified; a head in `seen` with another root
            bounds nothing.

    Raises:
        InputFault: two stretches of one log.
    """

    def __init__(
        self,
        parts: Iterable[LogPart],
        cosigned: Iterable[Cosigned] = (),
        receipts: Iterable[Receipted] = (),
        *,
        offsets_us: Mapping[str, int] | None = None,
        roots: Mapping[tuple[str, int], str] | None = None,
    ) -> None:
        self._parts: dict[str, LogPart] = {}
        for part in parts:
            if part.origin in self._parts:
                raise InputFault("log", value=part.origin, wanted="one stretch of each log")
            self._parts[part.origin] = part
        self._offsets_us = offsets_us or {}
        self._roots = roots or {}
        self._readable = {origin: _readable(part) for origin, part in self._parts.items()}
        # By log: what its writer had seen of each other log; who said that it had how many entries.
        self._seen: dict[str, dict[str, _Steps]] = {}
        self._covers: dict[tuple[str, str], _Covers] = {}
        self._receipts: dict[str, dict[int, list[Bound]]] = {}
        self._mentions: dict[str, tuple[str, int]] = {}
        for part in self._parts.values():
            self._take_seen(part)
        for each in cosigned:
            self._cover(each.origin, each.size, each.latest_us, each.party, "cosignature")
        for receipt in receipts:
            if receipt.party != party_of(receipt.origin):
                key = (receipt.origin, receipt.index)
                bound = self._upper(receipt.at_us, receipt.party, "receipt", *key)
                of_log = self._receipts.setdefault(receipt.origin, {})
                of_log.setdefault(receipt.index, []).append(bound)
        self._by_log: dict[str, list[_Covers]] = {}
        for (origin, _), covers in self._covers.items():
            covers.close()
            self._by_log.setdefault(origin, []).append(covers)

    @property
    def parts(self) -> Mapping[str, LogPart]:
        """The logs, by origin."""
        return self._parts

    @property
    def mentions(self) -> Mapping[str, tuple[str, int]]:
        """Each log that some entry here names, held or not, with the first entry that does."""
        return self._mentions

    def said_of(self, origin: str) -> Iterator[tuple[int, Bound]]:
        """Yield every size that another party said a log had, with who and when."""
        for covers in self._by_log.get(origin, ()):
            for size, _, bound in covers.said:
                yield size, bound
        for index, bounds in self._receipts.get(origin, {}).items():
            for bound in bounds:
                yield index + 1, bound

    def _take_seen(self, part: LogPart) -> None:
        party = part.name.party
        steps = self._seen.setdefault(part.origin, {})
        for index, entry in _entries(part):
            for origin in _named(entry):
                self._mentions.setdefault(origin, (part.origin, index))
            for origin, seen in entry.seen.items():
                other = party_of(origin)
                if other in ("", party) or self._is_refuted(origin, seen):
                    continue
                known = steps.setdefault(origin, _Steps())
                if known.values and seen.size <= known.values[-1]:
                    continue
                known.grow(index, seen.size)
                place = (part.origin, index)
                self._cover(origin, seen.size, entry.issued_us, party, "seen", place=place)

    def _is_refuted(self, origin: str, seen: Seen) -> bool:
        root = self._roots.get((origin, seen.size))
        return root is not None and root != seen.root

    def _offset(self, party: str) -> int:
        return self._offsets_us.get(party, 0)

    def _upper(self, at_us: int, party: str, basis: Basis, origin: str, index: int) -> Bound:
        offset_us = self._offset(party)
        return Bound(
            at_us=at_us + offset_us,
            party=party,
            basis=basis,
            origin=origin,
            index=index,
            widened_us=offset_us,
        )

    def _cover(
        self,
        origin: str,
        size: int,
        at_us: int,
        party: str,
        basis: Basis,
        *,
        place: tuple[str, int] | None = None,
    ) -> None:
        if party == party_of(origin) or size <= 0:
            return
        bound = self._upper(at_us, party, basis, *(place or (origin, size)))
        self._covers.setdefault((origin, party), _Covers()).add(size, bound)

    def bounds(self, origin: str, index: int) -> TimeBounds:
        """Return when an entry of one of the logs was written, as far as anybody can say.

        Raises:
            InputFault: the entry is not in these logs.
        """
        part = self._parts.get(origin)
        if part is None or not part.start <= index < part.end:
            held = "no such log" if part is None else f"entries {part.start} to {part.end - 1}"
            raise InputFault(f"log {origin} entry", value=index, wanted=f"one held here: {held}")
        entry = part.entries[index - part.start]
        return TimeBounds(
            origin=origin,
            index=index,
            claimed_us=entry.issued_us if isinstance(entry, Entry) else None,
            earliest=_per_party(self._lower(origin, index), latest=True),
            latest=_per_party(self._later(origin, index), latest=False),
        )

    def _lower(self, origin: str, index: int) -> Iterator[Bound]:
        for other, steps in self._seen.get(origin, {}).items():
            size = steps.up_to(index)
            readable = self._readable.get(other)
            if size is None or readable is None:
                continue
            # An entry further below the seen head is older still: a bound, if a weaker one.
            at = bisect_left(readable[0], size)
            if at == 0:
                continue
            party = party_of(other)
            offset_us = self._offset(party)
            yield Bound(
                at_us=readable[1][at - 1] - offset_us,
                party=party,
                basis="seen",
                origin=other,
                index=readable[0][at - 1],
                widened_us=offset_us,
            )

    def _later(self, origin: str, index: int) -> Iterator[Bound]:
        yield from self._receipts.get(origin, {}).get(index, ())
        for covers in self._by_log.get(origin, ()):
            found = covers.over(index)
            if found is not None:
                yield found


@functools.lru_cache(maxsize=4096)
def party_of(origin: str) -> str:
    """Return whose log an origin names, "" for one that is not of this profile."""
    try:
        return log_name(origin).party
    except Fault:
        return ""


def _named(entry: Entry) -> Iterator[str]:
    """Yield the logs that an entry names."""
    yield from entry.seen
    for reference in entry.ref:
        yield reference.log
    if isinstance(entry.body, LogOpened) and entry.body.continues is not None:
        yield entry.body.continues.origin
    if isinstance(entry.body, LogClosed) and entry.body.next is not None:
        yield entry.body.next


def _entries(part: LogPart) -> Iterator[tuple[int, Entry]]:
    for index, entry in enumerate(part.entries, part.start):
        if isinstance(entry, Entry):
            yield index, entry


def _readable(part: LogPart) -> tuple[list[int], list[int]]:
    """Return the indexes of the readable entries, and what each claims."""
    found = list(_entries(part))
    return [index for index, _ in found], [entry.issued_us for _, entry in found]


def _per_party(bounds: Iterable[Bound], *, latest: bool) -> tuple[Bound, ...]:
    """Return each party's tightest bound, the tightest of all first."""
    order = sorted(bounds, key=lambda each: (-each.at_us if latest else each.at_us, each.party))
    found: dict[str, Bound] = {}
    for bound in order:
        found.setdefault(bound.party, bound)
    return tuple(found.values())
