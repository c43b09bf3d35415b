"""What a node remembers between looks at pairs of aircraft: volatile, as the live picture is.

Motions by track, the index of places and speeds, what was seen of each pair, and how many pairs are
not raised one by one. A restart loses it and the feeds give it again.

What does not live here: what follows from it (`rules.conflicts`), the machine of one pair
(`detect.alerting`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from parley.detect.alerting import PairMemory
from parley.detect.live import LiveMinima, LivePicture
from parley.detect.track_motion import Motion, TrackMotion
from parley.world.limits import TRACKS_MAX

PAIRS_WATCHED_MAX = 20_000
"""Pairs remembered at once: one per aircraft of a full picture, 10 MB."""
SEEN_ALL = 7
"""As if the last three looks had shown a loss."""
PAIRS_PER_AIRCRAFT_MAX = 16
"""Of one aircraft: twice those that may stand at once; beyond it the soonest are kept."""


def key_of_pair(first: str, second: str) -> str:
    """Return the key of the alert of two names, smaller first.

    >>> key_of_pair("A1", "B%2F2")
    'separation:A1/B%2F2'
    """
    return f"separation:{first}/{second}"


@dataclass(slots=True)
class Flying:
    """What takes part in pairs: an aircraft, or a formation as one object.

    Attributes:
        name: unambiguous; the part of an alert's key, and the name in `ConflictWatch.live`.
        aircraft: the id of the aircraft; of a formation the first of its members here.
        party: whose that one is.
        at_us: of its last report that is believed; of a formation, of the oldest of those.
        motion: how it goes on from there.
        reference: what its heights are measured from.
        group: row of the minima.
        members: of a formation, those that fly as one now, sorted.
        formation: where the declaration of the formation stands.
        radius_m: around the centre of a formation.
        vertical_m: up and down from it.
        member_of: a formation in force of which it is a member, and outside of it now.
        joining: of such a member, whether it has not met the others yet; of a formation always.
    """

    name: str
    aircraft: str
    party: str | None
    at_us: int
    motion: Motion
    reference: str
    group: int = 0
    members: tuple[str, ...] = ()
    formation: tuple[str, int] | None = None
    radius_m: float = 0.0
    vertical_m: float = 0.0
    member_of: tuple[str, int] | None = None
    joining: bool = False


@dataclass(slots=True)
class PairSeen:
    """One pair: its two names, the agreement under which it stands, and what was seen."""

    names: tuple[str, str]
    agreement: str = ""
    memory: PairMemory = field(default_factory=PairMemory)


@dataclass(frozen=True, slots=True)
class Limit:
    """One pair of distances by which a pair of groups is looked at: by which of its rules."""

    horizontal_m: float
    vertical_m: float
    rule: int


@dataclass(slots=True)
class GroupTable:
    """The minima of all pairs of groups, as they are for some time.

    Attributes:
        until_us: from then on it is made again.
        stamp: what it was made from.
        minima: by plane; plane 2 k is the k-th limit of a pair of groups, 2 k + 1 the same, wider.
        limits: by pair of groups (lower first), which limits they have.
        rules: by pair of groups, their rules.
        least_vertical_m: by group, the least vertical minimum that it has with anybody.
        groups: the groups that it is of, in order.
        terms: what was agreed for them when it was made: while it is, the table stays.
    """

    until_us: int
    stamp: object
    minima: LiveMinima
    limits: dict[tuple[int, int], tuple[Limit, ...]]
    rules: dict[tuple[int, int], tuple[object, ...]]
    least_vertical_m: tuple[float, ...]
    groups: tuple[object, ...] = ()
    terms: object = None


@dataclass(slots=True)
class ConflictWatch:
    """All of it.

    Attributes:
        live: places and speeds of what is flying, by name.
        motions: by aircraft, with the reference of its heights.
        flying: by name.
        groups: what the groups of the minima are, in order.
        group_numbers: where each of them stands, by what tells it from others.
        group_of: by aircraft, its group, from which record and of which party.
        table: the minima by groups.
        pairs: by key of the alert.
        keys_of: keys of the pairs of each name.
        formed: formations in force by name, as they flew at the last look.
        unraised: by name, how many of its pairs are not raised one by one.
        losses: by name, how many losses its last look found, where they were many.
        merged: formations that are looked at by the widest extent: the minima have no more groups.
        unlooked: names whose reports were not compared: there was a crowd, and they in it.
        taken_up: whether the open alerts were taken up after a start.
    """

    live: LivePicture = field(default_factory=lambda: LivePicture(2 * TRACKS_MAX))
    motions: dict[str, tuple[str, TrackMotion]] = field(default_factory=dict)
    flying: dict[str, Flying] = field(default_factory=dict)
    groups: list[object] = field(default_factory=list)
    group_numbers: dict[object, int] = field(default_factory=dict)
    group_of: dict[str, tuple[object, str | None, int]] = field(default_factory=dict)
    table: GroupTable | None = None
    pairs: dict[str, PairSeen] = field(default_factory=dict)
    keys_of: dict[str, set[str]] = field(default_factory=dict)
    formed: dict[str, object] = field(default_factory=dict)
    unraised: dict[str, int] = field(default_factory=dict)
    losses: dict[str, int] = field(default_factory=dict)
    merged: set[str] = field(default_factory=set)
    unlooked: set[str] = field(default_factory=set)
    taken_up: bool = False

    def remember(self, key: str, names: tuple[str, str]) -> PairSeen:
        """Return what was seen of a pair, made new if it is."""
        known = self.pairs.get(key)
        if known is None:
            known = self.pairs[key] = PairSeen(names)
            for name in names:
                self.keys_of.setdefault(name, set()).add(key)
        return known

    def hand_over(self, old: str, new: Iterable[str]) -> None:
        """Let the pairs of what flies no more under a name be seen again at the next look.

        What stood of the old name is raised of the new one at the first look: who is warned of a
        flight is warned of its formation without a gap, and back.
        """
        for key in sorted(self.keys_of.get(old, ())):
            seen = self.pairs[key]
            other = seen.names[seen.names[0] == old]
            for name in new:
                if seen.memory.told is not None and other != name:
                    first, second = sorted((name, other))
                    pair = self.remember(key_of_pair(first, second), (first, second))
                    pair.memory.seen = SEEN_ALL

    def forget_pair(self, key: str) -> None:
        """Forget a pair."""
        known = self.pairs.pop(key, None)
        for name in known.names if known is not None else ():
            keys = self.keys_of[name]
            keys.discard(key)
            if not keys:
                del self.keys_of[name]

    def forget(self, name: str) -> None:
        """Forget what was flying under a name, and its pairs."""
        self.live.drop(name)
        self.flying.pop(name, None)
        self.unraised.pop(name, None)
        self.losses.pop(name, None)
        self.merged.discard(name)
        self.unlooked.discard(name)
        for key in sorted(self.keys_of.get(name, ())):
            self.forget_pair(key)
