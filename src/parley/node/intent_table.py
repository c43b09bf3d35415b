"""Intents under one agreement as the logs say: which version stands, in which state, and an index.

Rules:
- A function of the set of logs (and, for limits, of the agreement's text), whatever the order in
  which entries arrive: each party's intents are read from that party's own logs, in their order.
- Nothing here is decoded for longer than it is needed: what was read is kept up to a limit.
- `pairs` and what is still to be compared are volatile: found again from the rest.

What does not live here: which entry counts (`rules.intent_record`), what overlaps
(`rules.overlaps`).
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

from parley.detect.strategic import VolumeConflict
from parley.detect.strategic_index import VolumeIndex
from parley.world.intent import Intent, IntentState
from parley.world.limits import INTENTS_READ_MAX
from parley.world.volume import PressureSource

Key = tuple[str, int]
"""Where an entry stands: origin and index."""
Name = tuple[str, str]
"""An intent: party and id."""
Rank = tuple[int, int, str, int]
IGNORED_SHOWN_MAX = 100


@dataclass(slots=True)
class Held:
    """One intent as it stands.

    Attributes:
        party: who filed it.
        id: its id.
        key: where the version that stands is filed.
        version: of that.
        state: as it is now.
        from_us: when its first volume begins; None is open.
        to_us: when its last one ends; None is open.
        audience: who may hold it; None: every party.
        flown: whether it was ever activated.
        number: its owner number in the index.
        flight: of the version that stands.
        priority: of that.
        volumes: how many it has.
        over_limit: why it is over its party's limits; "" where it is not.
    """

    party: str
    id: str
    key: Key
    version: int
    state: IntentState
    from_us: int | None
    to_us: int | None
    audience: tuple[str, ...] | None
    flown: bool
    number: int
    flight: str = ""
    priority: str = ""
    volumes: int = 0
    over_limit: str = ""

    @property
    def name(self) -> Name:
        """Party and id."""
        return (self.party, self.id)

    def over(self, now_us: int) -> bool:
        """Return whether its last window is over."""
        return self.to_us is not None and self.to_us <= now_us

    def stands(self, now_us: int) -> bool:
        """Return whether it takes up room: not ended, and not over."""
        return self.state is not IntentState.ENDED and not self.over(now_us)


@dataclass(slots=True)
class Account:
    """How much one party holds, in the order of its logs, for its limits.

    Attributes:
        rank: of the last entry that was read.
        ends: of the intents that stand: when each is over, its id and version (a heap).
        standing: how many stand.
        unflown_us: when the windows passed of those that were never activated, in order.
    """

    rank: Rank = (0, 0, "", -1)
    ends: list[tuple[int, str, int]] = field(default_factory=list)
    standing: set[str] = field(default_factory=set)
    unflown_us: list[int] = field(default_factory=list)

    def push(self, to_us: int | None, intent: str, version: int) -> None:
        """Take in an intent that stands now."""
        self.standing.add(intent)
        if to_us is not None:
            heapq.heappush(self.ends, (to_us, intent, version))


@dataclass(slots=True)
class IntentTable:
    """All intents held under one agreement.

    Attributes:
        new: entries that were folded and not yet read.
        held: by party and id.
        parties: what counts against each party's limits.
        of_party: where each party's entries stand.
        changed: parties that changed the state of some intent.
        names: the intents by owner number.
        own: volumes of this party's intents that stand.
        others: those of the other parties.
        read: intents as read, the oldest first.
        flights: the flights that intents are of.
        ignored: entries that count for nothing, with why; the newest of them.
        limits: the clauses by which they were judged; None before any was.
        limits_of: the limits of each party by them.
        pairs: own and other number to the overlaps of their volumes.
        of_number: the pairs that a number is in.
        todo: numbers that are still to be compared.
        to_alert: pairs of which it is to be seen whether an alert stands.
        pressure: with which the pairs were compared.
        pruned_us: up to when intents that are over are out of the index.
        turns: counts up with everything that may change an overlap.
        looked: when alerts were last looked at, by `turns` and time.
    """

    new: list[Key] = field(default_factory=list)
    held: dict[Name, Held] = field(default_factory=dict)
    parties: dict[str, Account] = field(default_factory=dict)
    of_party: dict[str, list[Key]] = field(default_factory=dict)
    changed: dict[str, bool] = field(default_factory=dict)
    names: dict[int, Name] = field(default_factory=dict)
    next_number: int = 0
    own: VolumeIndex = field(default_factory=VolumeIndex)
    others: VolumeIndex = field(default_factory=VolumeIndex)
    read: dict[Key, Intent | None] = field(default_factory=dict)
    flights: set[str] = field(default_factory=set)
    ignored: dict[Key, str] = field(default_factory=dict)
    ignored_count: int = 0
    limits: object = None
    limits_of: dict[str, object] = field(default_factory=dict)
    pairs: dict[tuple[int, int], tuple[VolumeConflict, ...]] = field(default_factory=dict)
    of_number: dict[int, set[tuple[int, int]]] = field(default_factory=dict)
    todo: set[int] = field(default_factory=set)
    to_alert: set[tuple[int, int]] = field(default_factory=set)
    pressure: PressureSource | None = None
    pruned_us: int | None = None
    turns: int = 0
    looked: tuple[int, int] | None = None

    def keep_read(self, key: Key, intent: Intent | None) -> None:
        """Keep an intent as read, and let the oldest go where there are too many."""
        if len(self.read) >= INTENTS_READ_MAX:
            del self.read[next(iter(self.read))]
        self.read[key] = intent

    def ignore(self, key: Key, why: str) -> None:
        """Note an entry that counts for nothing."""
        self.ignored_count += 1
        self.ignored[key] = why
        if len(self.ignored) > IGNORED_SHOWN_MAX:
            del self.ignored[next(iter(self.ignored))]

    def drop_pairs(self, number: int) -> None:
        """Forget what was found of an intent."""
        self.turns += 1
        for pair in self.of_number.pop(number, set()):
            self.pairs.pop(pair, None)
            self.to_alert.discard(pair)
            other = pair[1] if pair[0] == number else pair[0]
            self.of_number.get(other, set()).discard(pair)

    def put_pair(self, pair: tuple[int, int], found: tuple[VolumeConflict, ...]) -> None:
        """Keep what was found of two intents."""
        self.pairs[pair] = found
        self.to_alert.add(pair)
        for number in pair:
            self.of_number.setdefault(number, set()).add(pair)
