"""By which minima pairs are looked at: a table by groups, made from the agreements once a second.

A group is a party with the classes that its flights are of, or a formation. So a report is compared
with everybody in one pass, and the agreements are read for groups, not for pairs.

What does not live here: which rules hold for a pair (`pairs`), what is found (`conflicts`).
"""

from __future__ import annotations

import math
from typing import NamedTuple, cast

import numpy as np

from parley.detect.alerting import KEEP_FACTOR
from parley.detect.encounters import HORIZONTAL_MAX_M
from parley.detect.live import LiveMinima
from parley.detect.states import ALTITUDE_MAX_M
from parley.detect.track_motion import VERTICAL_M
from parley.node.conflict_watch import ConflictWatch, Flying, GroupTable, Limit
from parley.node.rules.flight_classes import flight_classes
from parley.node.rules.pairs import Flight, PairRule, PairRules, own_party, warned_by_conflicts
from parley.node.state import State

HELD_US = 1_000_000
"""So long the table is used: an agreement that ends, or a clause that begins, counts a second later
at most. Entries that come in count at once."""
GROUPS_MAX = 256
"""Beyond it a flight is in the group of its party whose classes are not known: no clause for some
classes binds it then, and all are watched."""


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
        members = tuple(sorted((m.known_by for m in self.members), key=repr))
        return (self.party, self.classes, members, self.radius_m, self.vertical_m)


def group_of(state: State, party: str | None, flight: str) -> Group:
    """Return the group of one aircraft."""
    classes = []
    for name, agreement in sorted(state.agreements.items()):
        named = {one.id for one in agreement.aircraft_classes}
        if named and warned_by_conflicts(state, name):
            found = flight_classes(state, state.scope(name), party, flight) & named
            if found:
                classes.append((name, frozenset(found)))
    return Group(party, tuple(classes), flight)


def number_of(watch: ConflictWatch, group: Group) -> int:
    """Return the row of a group in the minima, new if it is not there."""
    number = watch.group_numbers.get(group.known_by)
    if number is not None:
        return number
    if len(watch.groups) >= GROUPS_MAX and (group.classes or group.members):
        return number_of(watch, Group(group.party))
    number = watch.group_numbers[group.known_by] = len(watch.groups)
    watch.groups.append(group)
    watch.table = None
    return number


def stamp_of(state: State) -> int:
    """Return what changes with every entry that is held: how many there are."""
    return sum(log.tree.size for scope in state.scopes.values() for log in scope.logs.values())


def table_of(state: State, watch: ConflictWatch, now_us: int) -> GroupTable:
    """Return the minima of all pairs of groups, as they are now or were a moment ago."""
    stamp = stamp_of(state)
    known = watch.table
    if known is not None and known.stamp == stamp and now_us < known.until_us:
        return known
    watch.table = _table(state, cast("list[Group]", watch.groups), stamp, now_us)
    return watch.table


def _table(state: State, groups: list[Group], stamp: int, now_us: int) -> GroupTable:
    held = PairRules(state, now_us)
    own = [any(own_party(state, p) for p in _parties(group)) for group in groups]
    limits: dict[tuple[int, int], tuple[Limit, ...]] = {}
    rules: dict[tuple[int, int], tuple[object, ...]] = {}
    for one, first in enumerate(groups):
        for other, second in enumerate(groups[one:], one):
            found = _rules(state, held, first, second) if own[one] or own[other] else ()
            if found:
                rules[one, other] = found
                limits[one, other] = _limits(found, first, second)
    planes = max(map(len, limits.values()), default=1)
    tables_m = np.zeros((planes, 2, 2, len(groups), len(groups)))
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
    least_m = _least_vertical_m(rules, len(groups))
    return GroupTable(now_us + HELD_US, stamp, minima, limits, rules, least_m)


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


def _parties(group: Group) -> list[str | None]:
    return [member.party for member in group.members] or [group.party]


def _rules(state: State, held: PairRules, first: Group, second: Group) -> tuple[PairRule, ...]:
    """Return the rules of a pair of groups: of formations those of all their members."""
    found: dict[tuple[str, str], PairRule] = {}
    for one in first.members or (first,):
        for other in second.members or (second,):
            for rule in held.of(Flight(one.party, one.example), Flight(other.party, other.example)):
                if warned_by_conflicts(state, rule.agreement):
                    found.setdefault((rule.agreement, rule.clause), rule)
    binding = [rule for rule in found.values() if rule.binding]
    return tuple(
        sorted(
            binding or found.values(),
            key=lambda r: (r.horizontal_m, r.vertical_m, r.agreement, r.clause),
            reverse=True,
        )
    )


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
