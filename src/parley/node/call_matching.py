"""Which two entries are one telephone call: each end writes its own, and they are found again.

Rules:
- A pure function of the entries: both nodes, and whoever reads the logs later, find the same
  pairs, in whatever order the entries arrived.
- An entry that names an earlier one of its own party corrects it: the newest of such a chain
  counts, the others are kept beside it.
- One to one. First the ends that name each other; then the one that names the other and agrees with
  it about when; then the nearest beginnings; last what only one end says is the same call. So no
  word of one party alone takes a call away from the entry that fits it.
- What the two ends say differently is told field by field, and nothing of it is decided here.

What does not live here: what may be entered, what a call means for a line (`rules.calls`).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from parley.node.custody_bodies import ClockMeasured
from parley.node.entries import Entry, Reference
from parley.node.line_bodies import CallLogged
from parley.node.state import Key, key_of, rank_of, written_us
from parley.world.norms import norms
from parley.world.time import format_second

SAME_MINUTE_US = 60_000_000
"""People write a time of day to the minute: ends that differ by less do not disagree."""
NOT_STATED = "not stated"
Basis = Literal["each names the other", "one names the other", "same beginning", "one-sided"]
EntryMoment = Literal["at once", "late", "not known"]
Leaf = Callable[[Key], str | None]
"""Gives the leaf hash (hex) of a call's entry that is held; None of one that is not."""
Allowance = Callable[[str, str], int]
"""Gives how far two parties' clocks are known to differ, in microseconds."""


@dataclass(frozen=True, slots=True)
class CallEnd:
    """One end's word about one call: its newest entry, and what that corrects.

    `corrects`: earlier entries of the chain, oldest first. `names`: entries of others that it says
    are the same call. `about`: all else that it refers to: the messages that the call was about.
    """

    key: Key
    entry: Entry
    body: CallLogged
    corrects: tuple[Key, ...] = ()
    names: tuple[Reference, ...] = ()
    about: tuple[Reference, ...] = ()

    @property
    def party(self) -> str:
        """Who says it."""
        return self.entry.log.party

    @property
    def caller(self) -> str:
        """Who placed the call, by this end."""
        return self.party if self.body.direction == "placed" else self.body.party

    @property
    def ended_us(self) -> int | None:
        """When it ended; a call that nobody took ended when it began. None: it is not said."""
        if self.body.ended_us is not None:
            # A peer may write anything: an end before the beginning is no interval.
            return max(self.body.began_us, self.body.ended_us)
        return None if self.body.outcome == "talked" else self.body.began_us

    @property
    def entered(self) -> EntryMoment:
        """Whether it was entered at once; not known where its end is not said, and it may be."""
        at_once_us = norms().call.entered_at_once_s * 1_000_000
        since_us = self.ended_us if self.ended_us is not None else self.body.began_us
        if written_us(self.entry) - since_us <= at_once_us:
            return "at once"
        return "late" if self.ended_us is not None else "not known"


@dataclass(frozen=True, slots=True)
class CallDifference:
    """What the ends say differently: the field, and the word of each party."""

    field: str
    words: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class CallPair:
    """One call by the entries of its ends, in order of party; alone where only one has entered it.

    `named_by`: whoever says that both are the same call, where one alone does.
    """

    first: CallEnd
    second: CallEnd | None
    basis: Basis
    named_by: str = ""

    @property
    def ends(self) -> tuple[CallEnd, ...]:
        """The ends that there are."""
        return (self.first,) if self.second is None else (self.first, self.second)

    @property
    def began_us(self) -> int:
        """The earliest beginning that anybody says."""
        return min(end.body.began_us for end in self.ends)


def logged_allowance(entries: Iterable[Entry]) -> Allowance:
    """Return what gives the difference of two parties' clocks that both have written down.

    The smaller of what each found of the other: one alone must not make the search wider.

    Args:
        entries: any; those of clocks measured count.
    """
    found: dict[tuple[str, str], int] = {}
    for entry in entries:
        if isinstance(entry.body, ClockMeasured):
            name = (entry.log.party, entry.body.party)
            apart_us = abs(entry.body.offset_us) + abs(entry.body.within_us)
            found[name] = max(apart_us, found.get(name, 0))
    return lambda a, b: min(found.get((a, b), 0), found.get((b, a), 0))


# ---- from entries to ends -----------------------------------------------------------------------


def ends_of(calls: Mapping[Key, Entry], leaf: Leaf) -> tuple[CallEnd, ...]:
    """Return each end's word about each call, corrections taken together, in order of place.

    Args:
        calls: entries of calls, by place.
        leaf: of entries that are held; a reference to other bytes than those is none.
    """
    roots: dict[Key, Key] = {}
    chains: dict[Key, list[Entry]] = {}
    for entry in sorted(calls.values(), key=rank_of):
        key = key_of(entry)
        own = [r.key for r in entry.ref if _same_party(calls, entry, r, leaf) and r.key in roots]
        roots[key] = roots[own[0]] if own else key
        chains.setdefault(roots[key], []).append(entry)
    return tuple(_end(calls, chain, leaf) for _, chain in sorted(chains.items()))


def _same_party(calls: Mapping[Key, Entry], entry: Entry, ref: Reference, leaf: Leaf) -> bool:
    other = calls.get(ref.key)
    held = other is not None and leaf(ref.key) == ref.leaf
    return held and other is not None and other.log.party == entry.log.party


def _end(calls: Mapping[Key, Entry], chain: Sequence[Entry], leaf: Leaf) -> CallEnd:
    newest = chain[-1]
    assert isinstance(newest.body, CallLogged)
    party = newest.log.party
    names: tuple[Reference, ...] = ()
    about: tuple[Reference, ...] = ()
    for entry in reversed(chain):
        others = [r for r in entry.ref if r.key not in calls or calls[r.key].log.party != party]
        # A correction that says nothing new about what it belongs to leaves that as it was.
        names = names or tuple(r for r in others if r.key in calls and leaf(r.key) == r.leaf)
        about = about or tuple(r for r in others if r.key not in calls)
    return CallEnd(
        key=key_of(newest),
        entry=newest,
        body=newest.body,
        corrects=tuple(key_of(entry) for entry in chain[:-1]),
        names=names,
        about=about,
    )


# ---- from ends to calls -------------------------------------------------------------------------


def pair_up(ends: Iterable[CallEnd], allowance: Allowance) -> tuple[CallPair, ...]:
    """Return the calls, each by the entries of one end or of both, in order of beginning.

    Args:
        ends: as `ends_of` gives them.
        allowance: by how much the clocks of two parties are known to differ.
    """
    known = list(ends)
    free = {end.key: end for end in known}
    found: list[CallPair] = []
    named = list(_named(known, allowance))
    for tier in ("each", "near"):
        _take(free, found, [each for each in named if each[0] == tier])
    for pair in _nearest(free.values(), allowance):
        found.append(pair)
        for end in pair.ends:
            del free[end.key]
    _take(free, found, [each for each in named if each[0] == "far"])
    found += [CallPair(first=end, second=None, basis="one-sided") for end in free.values()]
    return tuple(sorted(found, key=lambda pair: (pair.began_us, pair.first.key)))


_Claim = tuple[str, int, CallEnd, CallEnd]
"""A tier, how far the beginnings are apart, who names, who is named."""


def _named(ends: Sequence[CallEnd], allowance: Allowance) -> Iterator[_Claim]:
    """Yield who names whom as the same call, where each was with the other on the same line."""
    by_key = {key: end for end in ends for key in (end.key, *end.corrects)}
    claims = {
        (end.key, by_key[ref.key].key)
        for end in ends
        for ref in end.names
        if ref.key in by_key and _mirrored(end, by_key[ref.key])
    }
    for one, other in sorted(claims):
        a, b = by_key[one], by_key[other]
        apart_us = abs(a.body.began_us - b.body.began_us)
        near = apart_us <= _limit_us(a, b, allowance) and a.caller == b.caller
        tier = "each" if (other, one) in claims else "near" if near else "far"
        yield tier, apart_us, a, b


def _mirrored(a: CallEnd, b: CallEnd) -> bool:
    with_each_other = a.body.party == b.party and b.body.party == a.party
    return with_each_other and a.party != b.party and a.body.line == b.body.line


def _limit_us(a: CallEnd, b: CallEnd, allowance: Allowance) -> int:
    return norms().call.match_within_s * 1_000_000 + allowance(a.party, b.party)


def _take(free: dict[Key, CallEnd], found: list[CallPair], claims: Sequence[_Claim]) -> None:
    """Take the claims whose ends are both still free, the nearest first."""
    for tier, _, a, b in sorted(claims, key=lambda c: (c[1], *sorted((c[2].key, c[3].key)))):
        if a.key in free and b.key in free:
            del free[a.key], free[b.key]
            basis: Basis = "each names the other" if tier == "each" else "one names the other"
            found.append(_pair(a, b, basis, "" if tier == "each" else a.party))


def _pair(a: CallEnd, b: CallEnd, basis: Basis, named_by: str = "") -> CallPair:
    first, second = sorted((a, b), key=lambda end: end.party)
    return CallPair(first=first, second=second, basis=basis, named_by=named_by)


def _nearest(ends: Iterable[CallEnd], allowance: Allowance) -> Iterator[CallPair]:
    """Yield the pairs of mirrored ends that began nearest to each other, each end once."""
    groups: dict[tuple[str, str, str, str], list[CallEnd]] = {}
    for end in ends:
        low, high = sorted((end.party, end.body.party))
        if low != high:
            groups.setdefault((end.body.line, low, high, end.caller), []).append(end)
    for _, group in sorted(groups.items()):
        yield from _nearest_of(group, allowance)


def _nearest_of(group: Sequence[CallEnd], allowance: Allowance) -> Iterator[CallPair]:
    """Yield the nearest pairs among calls of one line with one caller.

    The nearest two ends of different parties always stand side by side in time, so that each is
    looked at with its neighbours only: a party that enters thousands of calls makes it no slower.
    """
    row = sorted(group, key=lambda end: (end.body.began_us, end.key))
    before = list(range(-1, len(row) - 1))
    after = [*range(1, len(row)), -1]
    waiting: list[tuple[int, int, int]] = []

    def offer(left: int, right: int) -> None:
        if left < 0 or right < 0 or row[left].party == row[right].party:
            return
        apart_us = row[right].body.began_us - row[left].body.began_us
        if apart_us <= _limit_us(row[left], row[right], allowance):
            heapq.heappush(waiting, (apart_us, left, right))

    for at in range(len(row) - 1):
        offer(at, at + 1)
    gone: set[int] = set()
    while waiting:
        _, left, right = heapq.heappop(waiting)
        if left in gone or right in gone:
            continue
        gone |= {left, right}
        yield _pair(row[left], row[right], "same beginning")
        outer_left, outer_right = before[left], after[right]
        if outer_left >= 0:
            after[outer_left] = outer_right
        if outer_right >= 0:
            before[outer_right] = outer_left
        offer(outer_left, outer_right)


# ---- differences --------------------------------------------------------------------------------


def differences_of(pair: CallPair, allowance_us: int) -> tuple[CallDifference, ...]:
    """Return what the ends of a call say differently, and what one of them heard read back wrong.

    Args:
        pair: the call.
        allowance_us: by how much their clocks are known to differ.
    """
    found = [_misread(end) for end in pair.ends]
    if pair.second is None:
        return tuple(each for end in found for each in end)
    a, b = pair.first, pair.second
    plain = [
        ("who placed it", a.caller, b.caller),
        ("outcome", a.body.outcome, b.body.outcome),
        ("subject", a.body.subject or NOT_STATED, b.body.subject or NOT_STATED),
    ]
    times = [
        ("began", a.body.began_us, b.body.began_us),
        ("ended", a.ended_us, b.ended_us),
    ]
    told = [
        _words(a, b, name, format_second(one), format_second(other))
        for name, one, other in times
        if one is not None
        and other is not None
        and abs(one - other) > SAME_MINUTE_US + allowance_us
    ]
    told += [_words(a, b, *each) for each in plain if each[1] != each[2]]
    told += [*_fields(a, b, "said", a.body.fields, b.body.fields, both=False)]
    told += [*_fields(a, b, "read back", a.body.read_back, b.body.read_back, both=True)]
    if a.body.language and b.body.language and a.body.language != b.body.language:
        told.append(_words(a, b, "language", a.body.language, b.body.language))
    return (*told, *(each for end in found for each in end))


def _words(a: CallEnd, b: CallEnd, name: str, one: str, other: str) -> CallDifference:
    return CallDifference(field=name, words=((a.party, one), (b.party, other)))


def _fields(
    a: CallEnd,
    b: CallEnd,
    what: str,
    one: Mapping[str, str],
    other: Mapping[str, str],
    *,
    both: bool,
) -> Iterator[CallDifference]:
    """Yield the fields that differ; with `both`, of those that both ends have."""
    names = set(one) & set(other) if both else set(one) | set(other)
    for name in sorted(names):
        if one.get(name) != other.get(name):
            words = (one.get(name, NOT_STATED), other.get(name, NOT_STATED))
            yield _words(a, b, f"{what}: {name}", *words)


def _misread(end: CallEnd) -> list[CallDifference]:
    """Return what one end says that it said, and heard repeated otherwise."""
    said, read = end.body.fields, end.body.read_back
    return [
        CallDifference(
            field=f"read back otherwise: {name}",
            words=((end.party, said[name]), (end.body.party, read[name])),
        )
        for name in sorted(set(said) & set(read))
        if said[name] != read[name]
    ]
