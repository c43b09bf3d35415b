"""By which minima pairs are looked at: a table by groups, made from the agreements of who flies.

A group is a party with the classes that its flights are of, or a formation. So a report is compared
with everybody in one pass, and the agreements are read for groups, not for pairs.

Rules:
- A group in which nobody flies any more leaves the table; its row is used again.
- Where there are more groups than rows, a formation is looked at by the widest extent that any may
  have and by the parties of its members: that warns of more, never of less, and is told (`merged`).
- The agreements are read again each second and at each entry; the table is made again only where
  they, or the groups, are others.

What does not live here: which rules hold for a pair (`pairs`), what is found (`conflicts`).
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import NamedTuple, cast

import numpy as np

from parley.detect.alerting import KEEP_FACTOR
from parley.detect.encounters import HORIZONTAL_MAX_M
from parley.detect.live import LiveMinima
from parley.detect.states import ALTITUDE_MAX_M
from parley.detect.track_motion import VERTICAL_M
from parley.node.conflict_watch import ConflictWatch, Flying, GroupTable, Limit
from parley.node.rules.flight_classes import flight_classes
from parley.node.rules.formation_record import RADIUS_MAX_M, VERTICAL_MAX_M
from parley.node.rules.pairs import Flight, PairRule, PairRules, own_party, warned_by_conflicts
from parley.node.state import State

HELD_US = 1_000_000
"""So long the table is used: an agreement that ends, or a clause that begins, counts a second later
at most. Entries that come in count at once."""
GROUPS_MAX = 256
"""Beyond it a flight is in the group of its party whose classes are not known: no clause for some
classes binds it then, and all are watched. Of those and of what formations are merged into there is
one for each party of an agreement, and for each formation in force at most."""


class Group(NamedTuple):
    """Whose flights, of which classes by agreement; of a formation its groups and extent."""

    party: str | None
    classes: tuple[tuple[str, frozenset[str]], ...] = ()
    example: str = ""
    members: tuple[Group, ...] = ()
    radius_m: float = 0.0
    vertical_m: float = 0.0

    @property
    def known_by(self) -> tuple[object, ...]:
        """What tells it from others: of the flights in it none matters more."""
        members = frozenset(member.known_by for member in self.members)
        return (self.party, self.classes, members, self.radius_m, self.vertical_m)


FREE = Group(None, radius_m=-1.0)
"""A row of the table in which nobody flies."""


def group_of(state: State, party: str | None, flight: str) -> Group:
    """Return the group of one aircraft; who is of no party to an agreement is of none.

    What a feed calls a party and no agreement knows binds nobody: it is looked at as a stranger.
    """
    classes = []
    for name, agreement in sorted(state.agreements.items()):
        named = {one.id for one in agreement.aircraft_classes}
        if named and warned_by_conflicts(state, name):
            found = flight_classes(state, state.scope(name), party, flight) & named
            if found:
                classes.append((name, frozenset(found)))
    known = any(one.id == party for each in state.agreements.values() for one in each.parties)
    return Group(party if known else None, tuple(classes), flight)


def number_of(watch: ConflictWatch, group: Group) -> int:
    """Return the row of a group in the minima, new if it is not there.

    Without a row left it is that of a group that is looked at no less: see `GROUPS_MAX`.
    """
    number = watch.group_numbers.get(group.known_by)
    if number is not None:
        return number
    instead = _instead_of(group)
    full = len(watch.group_numbers) >= GROUPS_MAX
    if full and instead is not None:
        drop_unused(watch)
        if len(watch.group_numbers) >= GROUPS_MAX:
            return number_of(watch, instead)
    groups = cast("list[Group]", watch.groups)
    if FREE in groups:
        number = groups.index(FREE)
        groups[number] = group
    else:
        number = len(groups)
        groups.append(group)
    watch.group_numbers[group.known_by] = number
    watch.table = None
    return number


def _instead_of(group: Group) -> Group | None:
    """Return a group that is looked at no less, of which there are few; None: it is one itself."""
    if not group.members:
        return Group(group.party) if group.classes else None
    parties = sorted({member.party or "" for member in group.members})
    members = tuple(Group(party or None) for party in parties)
    widest = Group(None, (), "", members, RADIUS_MAX_M, VERTICAL_MAX_M)
    return None if widest.known_by == group.known_by else widest


def drop_unused(watch: ConflictWatch) -> None:
    """Free the rows of groups in which nobody flies any more."""
    used = {flying.group for flying in watch.flying.values()}
    used.update(number for _, _, number in watch.group_of.values())
    groups = cast("list[Group]", watch.groups)
    for known_by, number in sorted(watch.group_numbers.items(), key=lambda each: each[1]):
        if number not in used:
            del watch.group_numbers[known_by]
            groups[number] = FREE
    while groups and groups[-1] == FREE:
        groups.pop()


def merged(watch: ConflictWatch) -> tuple[str, ...]:
    """Return in words what is looked at by wider minima for want of rows; none mostly."""
    if not watch.merged:
        return ()
    extent = f"{RADIUS_MAX_M:.0f} m and {VERTICAL_MAX_M:.0f} m around"
    return (f"{len(watch.merged)} formations looked at by the widest extent, {extent}",)


def stamp_of(state: State) -> int:
    """Return what changes with every entry that is held: how many there are."""
    return sum(log.tree.size for scope in state.scopes.values() for log in scope.logs.values())


# ---- the table ----------------------------------------------------------------------------------


def table_of(state: State, watch: ConflictWatch, now_us: int) -> GroupTable:
    """Return the minima of all pairs of groups, as they are now or were a moment ago."""
    stamp = stamp_of(state)
    known = watch.table
    if known is not None and known.stamp == stamp and now_us < known.until_us:
        return known
    drop_unused(watch)
    groups = tuple(cast("list[Group]", watch.groups))
    terms = _Terms.of(state, watch, groups, now_us)
    if known is not None and known.groups == groups and known.terms == terms:
        known.until_us, known.stamp = now_us + HELD_US, stamp
        return known
    watch.table = _table(groups, terms, stamp, now_us)
    return watch.table


@dataclass(frozen=True, slots=True)
class _Terms:
    """What is agreed for pairs of groups, each party with its classes looked up once.

    Attributes:
        own: by group, whether this node speaks for somebody in it.
        singles: by group, the numbers of the parties with classes that it is of.
        rules: by pair of those numbers (lower first), what holds for them.
    """

    own: tuple[bool, ...]
    singles: tuple[frozenset[int], ...]
    rules: dict[tuple[int, int], tuple[PairRule, ...]]

    @staticmethod
    def of(state: State, watch: ConflictWatch, groups: tuple[Group, ...], now_us: int) -> _Terms:
        """Read the agreements for all groups."""
        numbers: dict[object, int] = {}
        flights: list[Flight] = []
        singles: list[frozenset[int]] = []
        for group in groups:
            mine = set()
            for single in () if group == FREE else group.members or (group,):
                if single.known_by not in numbers:
                    numbers[single.known_by] = len(flights)
                    flights.append(_flight_of(state, watch, single))
                mine.add(numbers[single.known_by])
            singles.append(frozenset(mine))
        own = [own_party(state, flight.party) for flight in flights]
        formed = {n for mine in singles if len(mine) > 1 for n in mine}
        held = PairRules(state, now_us)
        rules = {}
        for one, first in enumerate(flights):
            for other, second in enumerate(flights[one:], one):
                if own[one] or own[other] or one in formed or other in formed:
                    found = held.of(first, second)
                    rules[one, other] = tuple(
                        rule for rule in found if warned_by_conflicts(state, rule.agreement)
                    )
        return _Terms(tuple(any(own[n] for n in mine) for mine in singles), tuple(singles), rules)

    def between(self, first: frozenset[int], second: frozenset[int]) -> tuple[PairRule, ...]:
        """Return the rules of two groups: of formations those of all their members."""
        found: dict[tuple[str, str], PairRule] = {}
        for pair in sorted({(min(a, b), max(a, b)) for a in first for b in second}):
            for rule in self.rules.get(pair, ()):
                name = (rule.agreement, rule.clause)
                # Of several members it binds if it binds one.
                if name not in found or (rule.binding and not found[name].binding):
                    found[name] = rule
        binding = [rule for rule in found.values() if rule.binding]
        return tuple(
            sorted(
                binding or found.values(),
                key=lambda r: (r.horizontal_m, r.vertical_m, r.agreement, r.clause),
                reverse=True,
            )
        )


def _flight_of(state: State, watch: ConflictWatch, single: Group) -> Flight:
    """Return a flight that is of a group now: the one it was made from may be of another by now."""
    if not single.classes:
        return Flight(single.party)
    number = watch.group_numbers.get(single.known_by)
    others = (name for name, held in sorted(watch.group_of.items()) if held[2] == number)
    for name in itertools.chain((single.example,), others):
        if group_of(state, single.party, name).classes == single.classes:
            return Flight(single.party, name)
    # Of no class that is known: no clause for some classes binds, and all are watched.
    return Flight(single.party)


def _table(groups: tuple[Group, ...], terms: _Terms, stamp: int, now_us: int) -> GroupTable:
    limits: dict[tuple[int, int], tuple[Limit, ...]] = {}
    rules: dict[tuple[int, int], tuple[object, ...]] = {}
    known: dict[tuple[frozenset[int], frozenset[int]], tuple[PairRule, ...]] = {}
    for one, first in enumerate(groups):
        for other, second in enumerate(groups[one:], one):
            if not (terms.own[one] or terms.own[other]):
                continue
            pair = (terms.singles[one], terms.singles[other])
            if pair not in known:
                known[pair] = terms.between(*pair)
            if known[pair]:
                rules[one, other] = known[pair]
                limits[one, other] = _limits(known[pair], first, second)
    planes = max(map(len, limits.values()), default=1)
    rows = max(len(groups), 1)
    tables_m = np.zeros((planes, 2, 2, rows, rows))
    for (one, other), each in limits.items():
        for plane, limit in enumerate(each):
            for wide, factor in enumerate((1.0, KEEP_FACTOR)):
                for side, (value_m, most_m) in enumerate(
                    ((limit.horizontal_m, HORIZONTAL_MAX_M), (limit.vertical_m, ALTITUDE_MAX_M))
                ):
                    value_m = min(value_m * factor, most_m)
                    tables_m[plane, wide, side, one, other] = value_m
                    tables_m[plane, wide, side, other, one] = value_m
    minima = LiveMinima.of(
        (tables_m[plane, wide, 0], tables_m[plane, wide, 1])
        for plane in range(planes)
        for wide in (0, 1)
    )
    least_m = _least_vertical_m(rules, rows)
    return GroupTable(now_us + HELD_US, stamp, minima, limits, rules, least_m, groups, terms)


def _least_vertical_m(
    rules: dict[tuple[int, int], tuple[object, ...]], groups: int
) -> tuple[float, ...]:
    """Return the least vertical minimum of each group: by it heights count as level or not."""
    least_m = [math.inf] * groups
    for pair, found in rules.items():
        for rule in cast("tuple[PairRule, ...]", found):
            for group in pair if rule.vertical_m > 0.0 else ():
                least_m[group] = min(least_m[group], rule.vertical_m)
    return tuple(VERTICAL_M if each_m == math.inf else each_m for each_m in least_m)


def _limits(rules: tuple[PairRule, ...], first: Group, second: Group) -> tuple[Limit, ...]:
    """Return the distances by which they are looked at; of a formation, from its outside.

    Joined by "or" both must be lost; by "and" each alone is a loss, over whatever the other is (as
    verdicts judge it: up to the widest distance that is compared at all).
    """
    out_m, up_m = first.radius_m + second.radius_m, first.vertical_m + second.vertical_m
    limits = []
    for place, rule in enumerate(rules):
        horizontal_m, vertical_m = rule.horizontal_m + out_m, rule.warned_m + up_m
        if rule.both_needed:
            limits.append(Limit(horizontal_m, ALTITUDE_MAX_M, place))
            limits.append(Limit(HORIZONTAL_MAX_M, vertical_m, place))
        else:
            limits.append(Limit(min(horizontal_m, HORIZONTAL_MAX_M), vertical_m, place))
    return tuple(limits)


def rule_at(table: GroupTable, first: Flying, second: Flying, plane: int) -> tuple[PairRule, Limit]:
    """Return by which rule and limit a plane of the minima looks at a pair."""
    pair = (min(first.group, second.group), max(first.group, second.group))
    limit = table.limits[pair][plane // 2]
    return cast("PairRule", table.rules[pair][limit.rule]), limit
