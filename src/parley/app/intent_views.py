"""Intents as they are shown everywhere: what stands, what overlaps, what is free.

Only reading. An empty list of conflicts says how many intents are still to be compared.
"""

from __future__ import annotations

import heapq

import msgspec

from parley.app.conformance_views import conformance_text
from parley.node.intent_table import Held
from parley.node.rules.free_moves import Move
from parley.node.rules.intent_record import clock_of, read_intents
from parley.node.rules.intents import Checked
from parley.node.rules.overlaps import Conflict, conflicts_of, waiting
from parley.node.state import State
from parley.world.intent import IntentState
from parley.world.limits import INTENTS_SHOWN_MAX


class _View(msgspec.Struct, frozen=True, kw_only=True):
    pass


class IntentShown(_View, frozen=True, kw_only=True):
    """An operational intent as it stands.

    `over`: its last window is over. `over_limit`: why it has no precedence and raises nothing
    binding. `audience`: who may hold it; None is every party. `conflicts`: with how many.
    `conformance`: what is said and seen of its flight; "" says nothing.
    """

    intent: str
    agreement: str
    party: str
    flight: str
    state: str
    priority: str
    version: int
    volumes: int
    from_us: int | None
    to_us: int | None
    over: bool = False
    over_limit: str = ""
    audience: tuple[str, ...] | None = None
    conflicts: int = 0
    conformance: str = ""


class IntentsView(_View, frozen=True, kw_only=True):
    """Some of the intents that are held here: `total` counts all, `first` those before these."""

    total: int
    first: int
    intents: tuple[IntentShown, ...]


class ConflictShown(_View, frozen=True, kw_only=True):
    """A conflict, and the line of words that both parties read."""

    conflict: Conflict
    text: str


class ConflictsView(_View, frozen=True, kw_only=True):
    """The conflicts of own intents under one agreement; `waiting` intents are not compared yet."""

    agreement: str
    conflicts: tuple[ConflictShown, ...]
    waiting: int
    ignored: int


class FreeMove(_View, frozen=True, kw_only=True):
    """The nearest free time, level or place; `move` None is none, and then why."""

    how: str
    move: Move | None
    text: str


class CheckShown(_View, frozen=True, kw_only=True):
    """What would become of an intent if it were filed now; nothing is filed.

    `refused`: why it would not be taken at all; "" where it would.
    """

    intent: str
    version: int
    refused: str
    conflicts: tuple[ConflictShown, ...]
    free: tuple[FreeMove, ...]
    tests: int


def intents_shown(
    state: State, now_us: int, *, first: int = 0, count: int = INTENTS_SHOWN_MAX
) -> IntentsView:
    """Return intents of every party that are held here, those that stand first, and how many.

    Args:
        state: this party's mind.
        now_us: for what is over.
        first: how many of them are left out before.
        count: so many at most, and never more than `INTENTS_SHOWN_MAX`.
    """
    every = [
        (_is_gone(state, name, held, now_us), name, held.party, held.id)
        for name in state.agreements
        for held in read_intents(state, state.scope(name)).held.values()
    ]
    until = first + min(count, INTENTS_SHOWN_MAX)
    chosen = heapq.nsmallest(until, every)[first:]
    met = {name: _met(state, name, now_us) for name in {each[1] for each in chosen}}
    return IntentsView(
        total=len(every),
        first=first,
        intents=tuple(
            _intent_shown(state, name, (party, intent), now_us, met[name])
            for _, name, party, intent in chosen
        ),
    )


def _is_gone(state: State, name: str, held: Held, now_us: int) -> bool:
    return held.over(clock_of(state.scope(name), now_us)) or held.state is IntentState.ENDED


def _met(state: State, name: str, now_us: int) -> dict[str, int]:
    """Return with how many each version that overlaps something does."""
    met: dict[str, int] = {}
    for conflict in conflicts_of(state, state.scope(name), now_us):
        for version in (conflict.first, conflict.second):
            met[version] = met.get(version, 0) + 1
    return met


def _intent_shown(
    state: State, name: str, which: tuple[str, str], now_us: int, met: dict[str, int]
) -> IntentShown:
    scope = state.scope(name)
    # Nothing is read again from the log for it: a peer may hold very many.
    held = read_intents(state, scope).held[which]
    return IntentShown(
        intent=held.id,
        agreement=name,
        party=held.party,
        flight=held.flight,
        state=held.state.value,
        priority=held.priority,
        version=held.version,
        volumes=held.volumes,
        from_us=held.from_us,
        to_us=held.to_us,
        over=held.over(clock_of(scope, now_us)),
        over_limit=held.over_limit,
        audience=held.audience,
        conflicts=met.get(f"{held.party}/{held.id}.{held.version}", 0),
        conformance=conformance_text(state, name, held, now_us),
    )


def conflicts_shown(state: State, now_us: int) -> tuple[ConflictsView, ...]:
    """Return the conflicts of own intents under every agreement."""
    return tuple(
        ConflictsView(
            agreement=name,
            conflicts=tuple(
                _shown(each) for each in conflicts_of(state, state.scope(name), now_us)
            ),
            waiting=waiting(state, state.scope(name)),
            ignored=state.scope(name).index.intents.ignored_count,
        )
        for name in sorted(state.agreements)
    )


def _shown(conflict: Conflict) -> ConflictShown:
    return ConflictShown(conflict=conflict, text=conflict.text)


def check_shown(checked: Checked) -> CheckShown:
    """Return what a check found, with the nearest free moves in words."""
    moves = checked.moves
    free: tuple[FreeMove, ...] = ()
    if moves is not None:
        free = tuple(
            FreeMove(how=how, move=move, text=f"free {move.text}" if move is not None else why)
            for how, move, why in (
                ("time", moves.delay, moves.delay_why),
                ("level", moves.level, moves.level_why),
                ("lateral", moves.lateral, moves.lateral_why),
            )
        )
    return CheckShown(
        intent=checked.intent,
        version=checked.version,
        refused=checked.refused,
        conflicts=tuple(_shown(each) for each in checked.conflicts),
        free=free,
        tests=checked.tests,
    )
