"""Free moves: the nearest free time, level and place of an intent that is in the way of something.

Rules: free means no overlap, decided or undecided, with any standing intent held here, own or of
others, nor with any volume that is to be kept clear of. Steps and limits are those of the norms.
Pure and deterministic; a search that would need too many exact tests says so and finds nothing,
rather than half of it. What a move is does not live here (`world.moves`).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from parley.detect.strategic import overlap
from parley.detect.strategic_index import box_of, boxes_meet
from parley.node.rules.intent_record import standing_near
from parley.node.state import Scope, State
from parley.world.faults import InputFault
from parley.world.intent import Intent
from parley.world.limits import INTENT_TESTS_MAX
from parley.world.moves import moved_intent
from parley.world.norms import IntentNorms, norms
from parley.world.volume import PressureSource, Volume4D

_AROUND_DEG = (0.0, 90.0, 180.0, 270.0, 45.0, 135.0, 225.0, 315.0)
"""Ways to go aside: the four winds first."""


class Move(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One move of an intent: later, up, north and east."""

    delay_s: int = 0
    climb_m: float = 0.0
    north_m: float = 0.0
    east_m: float = 0.0

    def of(self, intent: Intent) -> Intent:
        """Return the next version of the intent, moved so.

        Raises:
            InputFault: it cannot be (`world.moves`).
        """
        return moved_intent(
            intent,
            delay_s=self.delay_s,
            climb_m=self.climb_m,
            north_m=self.north_m,
            east_m=self.east_m,
        )

    @property
    def text(self) -> str:
        """In words.

        >>> Move(delay_s=600).text, Move(climb_m=-304.8).text
        ('10 min later', '305 m lower')
        """
        if self.delay_s:
            return f"{self.delay_s / 60:g} min later"
        if self.climb_m:
            return f"{abs(self.climb_m):.0f} m {'higher' if self.climb_m > 0 else 'lower'}"
        ways = ((self.north_m, "north", "south"), (self.east_m, "east", "west"))
        found = [f"{abs(m):.0f} m {up if m > 0 else down}" for m, up, down in ways if round(m)]
        return " and ".join(found) or "where it is"


class Moves(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The nearest free time, level and place; None where there is none, and then why."""

    delay: Move | None
    level: Move | None
    lateral: Move | None
    delay_why: str = ""
    level_why: str = ""
    lateral_why: str = ""
    tests: int = 0

    @property
    def found(self) -> tuple[Move, ...]:
        """Those there are, the delay first."""
        return tuple(m for m in (self.delay, self.level, self.lateral) if m is not None)


class _TooMany(Exception):  # noqa: N818  not an error: how a search ends that would be too long
    pass


def free_moves(
    state: State,
    scope: Scope,
    intent: Intent,
    *,
    now_us: int,
    keep_clear: Iterable[Volume4D] = (),
    ignoring: frozenset[tuple[str, str]] = frozenset(),
    pressure: PressureSource | None = None,
    clear: Callable[[Volume4D], bool] | None = None,
) -> Moves:
    """Return the nearest delay, level and lateral move at which an intent is free of everything.

    Args:
        state: this party's mind.
        scope: the agreement; only intents that are held under it are known.
        intent: of this party or about to be; its own standing version is not in its way.
        now_us: intents that are over by now are in nobody's way.
        keep_clear: volumes to keep clear of besides: hot zones, what other moves will take up.
        ignoring: intents by party and id that will not be where they stand.
        pressure: compares levels with altitudes; without it they are in the way of each other.
        clear: whether a volume is clear of what no volume can be made of: a side of a line.
    """
    left_out = ignoring | {(intent.party, intent.id)}
    limits = norms().intent

    def obstacles(reach: Intent) -> list[Volume4D]:
        found = [
            volume
            for name, other in standing_near(state, scope, reach.volumes, now_us=now_us)
            if name not in left_out
            for volume in other.volumes
        ]
        return [*found, *keep_clear]

    search = _Search(intent, obstacles, pressure, now_us, clear)
    delay, delay_why = search.first(_delays(limits))
    level, level_why = search.first(_levels(limits))
    lateral, lateral_why = search.first(_laterals(limits))
    return Moves(
        delay=delay,
        level=level,
        lateral=lateral,
        delay_why=delay_why,
        level_why=level_why,
        lateral_why=lateral_why,
        tests=search.tests,
    )


def _delays(limits: IntentNorms) -> Iterator[Move]:
    for delay_s in range(limits.delay_step_s, limits.delay_max_s + 1, limits.delay_step_s):
        yield Move(delay_s=delay_s)


def _levels(limits: IntentNorms) -> Iterator[Move]:
    for count in range(1, int(limits.level_max_m / limits.level_step_m + 1e-9) + 1):
        climb_m = round(count * limits.level_step_m, 3)
        yield Move(climb_m=climb_m)
        yield Move(climb_m=-climb_m)


def _laterals(limits: IntentNorms) -> Iterator[Move]:
    for count in range(1, int(limits.lateral_max_m / limits.lateral_step_m + 1e-9) + 1):
        for bearing_deg in _AROUND_DEG:
            away_m, angle = count * limits.lateral_step_m, math.radians(bearing_deg)
            north_m, east_m = away_m * math.cos(angle), away_m * math.sin(angle)
            yield Move(north_m=round(north_m, 3), east_m=round(east_m, 3))


class _Search:
    """Tries moves in order; counts its exact tests, and gives up when there are too many."""

    def __init__(
        self,
        intent: Intent,
        obstacles: Callable[[Intent], list[Volume4D]],
        pressure: PressureSource | None,
        now_us: int,
        clear: Callable[[Volume4D], bool] | None = None,
    ) -> None:
        self._clear = clear
        self._intent = intent
        self._obstacles = obstacles
        self._pressure = pressure
        self._now_us = now_us
        self.tests = 0

    def first(self, moves: Iterable[Move]) -> tuple[Move | None, str]:
        """Return the first free move, or why there is none."""
        why, tried = "", 0
        try:
            for move in moves:
                try:
                    moved = move.of(self._intent)
                except InputFault as fault:
                    why = why or str(fault)
                    continue
                tried += 1
                if self._is_free(moved):
                    return move, ""
        except _TooMany:
            return None, f"more than {INTENT_TESTS_MAX} exact tests: not searched to its end"
        if not tried:
            return None, f"it cannot be moved so: {why}"
        return None, f"none of {tried} steps is free{f' ({why})' if why else ''}"

    def _is_free(self, moved: Intent) -> bool:
        flown = (volume for volume in moved.volumes if not _over(volume, self._now_us))
        if self._clear is not None and not all(self._clear(volume) for volume in flown):
            return False
        others = [(box_of(volume), volume) for volume in self._obstacles(moved)]
        for volume in moved.volumes:
            box = box_of(volume)
            if _over(volume, self._now_us):
                continue
            for other_box, other in others:
                if not boxes_meet(box, other_box):
                    continue
                self.tests += 1
                if self.tests > INTENT_TESTS_MAX:
                    raise _TooMany
                if overlap(volume, other, pressure=self._pressure) is not None:
                    return False
        return True


def _over(volume: Volume4D, now_us: int) -> bool:
    return volume.to_us is not None and volume.to_us <= now_us


def clear_together(
    intents: Sequence[Intent], *, pressure: PressureSource | None = None
) -> tuple[str, str] | None:
    """Return the first two of these intents that overlap, by id, or None: all are clear."""
    for one, other in itertools.combinations(intents, 2):
        for volume, rest in itertools.product(one.volumes, other.volumes):
            if boxes_meet(box_of(volume), box_of(rest)) and overlap(
                volume, rest, pressure=pressure
            ):
                return one.id, other.id
    return None
