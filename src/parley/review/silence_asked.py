"""A question about silence with all that is known: who signed for how much of which log, when."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate

from parley.node.call_matching import CallPair
from parley.node.custody_bodies import LogClosed
from parley.node.entries import Entry, LogOpened
from parley.node.state import Key
from parley.review.silence_words import SilenceQuestion
from parley.review.times import Bound, Cosigned, LogPart, Timeline, party_of


class Cosigner:
    """What one party cosigned of one log, to be asked by time and by size.

    A cosignature says that no larger head is known then. So a party that held 60 entries at nine
    and cosigns 50 at ten has given one false word.
    """

    def __init__(self, heads: Iterable[Cosigned]) -> None:
        self.heads = sorted(heads, key=lambda each: (each.time_s, each.size))
        self._starts_us = [head.earliest_us for head in self.heads]
        self._least = list(accumulate((head.size for head in reversed(self.heads)), min))[::-1]
        by_size = sorted(self.heads, key=lambda each: each.size)
        self._sizes = [head.size for head in by_size]
        self._last_us = list(accumulate((head.earliest_us for head in by_size), max))

    def least_after(self, at_us: int) -> int | None:
        """Return the smallest size that it cosigned after an instant."""
        at = bisect_right(self._starts_us, at_us)
        return self._least[at] if at < len(self._least) else None

    def without(self, index: int) -> int | None:
        """Return when it last cosigned a head that has not yet the entry at `index`."""
        at = bisect_right(self._sizes, index)
        return self._last_us[at - 1] if at else None


class Asked:
    """The question with all that is known, and what is looked up more than once."""

    def __init__(
        self,
        question: SilenceQuestion,
        timeline: Timeline,
        heads: Sequence[Cosigned],
        offsets_us: Mapping[str, int],
    ) -> None:
        self.question = question
        self.timeline = timeline
        self.offsets_us = offsets_us
        self.pairs: dict[Key, CallPair] | None = None
        grouped: dict[str, dict[str, list[Cosigned]]] = {}
        for head in heads:
            if head.party != party_of(head.origin):
                grouped.setdefault(head.origin, {}).setdefault(head.party, []).append(head)
        self._cosigners = {
            origin: {party: Cosigner(each) for party, each in sorted(by_party.items())}
            for origin, by_party in grouped.items()
        }

    def cosigners(self, origin: str) -> Mapping[str, Cosigner]:
        """Return who else cosigned a log, by party."""
        return self._cosigners.get(origin, {})

    def signed_for(self, origin: str) -> Iterator[tuple[int, Bound]]:
        """Yield the sizes that others signed for, over a head or an entry of this very log.

        A head that somebody only says it had `seen` may be no head of it at all.
        """
        for size, bound in self.timeline.said_of(origin):
            if bound.basis != "seen":
                yield size, bound

    def goes_back(self, origin: str, size: int, bound: Bound) -> bool:
        """Whether the party behind a word later cosigned a smaller head as all it knew."""
        cosigner = self.cosigners(origin).get(bound.party)
        least = cosigner.least_after(bound.at_us) if cosigner is not None else None
        return least is not None and least < size

    def offset_us(self, entry: Entry) -> int:
        """Return how far the clock of an entry's writer may be from the others'."""
        return abs(self.offsets_us.get(entry.log.party, 0))

    def in_window(self, claimed_us: int) -> bool:
        """Whether a claimed instant lies in the window."""
        return self.question.from_us <= claimed_us <= self.question.to_us

    def ended(self, part: LogPart) -> tuple[int, str] | None:
        """Return the size at which a log ended, and why; None where nobody else says so.

        A log ends with its closing entry, where another party signed for it: one could be written
        for this reader. That a later incarnation goes on from it (`left_at`) ends nothing.
        """
        for index, entry in enumerate(part.entries, part.start):
            if isinstance(entry, Entry) and isinstance(entry.body, LogClosed):
                held = any(size > index for size, _ in self.signed_for(part.origin))
                return (index + 1, f"closed by its entry {index}") if held else None
        return None

    def left_at(self, part: LogPart) -> str | None:
        """Return at which size a later incarnation says that it goes on from a log, in words.

        That is the writer's word alone, also where others signed for the later log: they say what
        stands in it, not what stood in the one before, of which they may hold more.
        """
        for other in self.timeline.parts.values():
            first = other.entries[0] if other.entries and other.start == 0 else None
            if not isinstance(first, Entry) or not isinstance(first.body, LogOpened):
                continue
            goes_on = first.body.continues
            same = (other.name.party, other.name.kind) == (part.name.party, part.name.kind)
            if goes_on is not None and goes_on.origin == part.origin and same:
                return (
                    f"{part.origin} ended at {goes_on.size} by its writer's word alone: "
                    f"{other.origin} goes on from there"
                )
        return None
