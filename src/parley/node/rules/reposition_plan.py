"""Where own intents that something touches could go: alone, and all of them together.

Rules:
- Free is decidedly clear of the object, and of every standing intent held here, own and of others
  (`free_moves`); the nearest by steps of the norms. None is found is said, with why.
- Together: in a fixed order, higher priority first, then the earlier, then by name. Each sees where
  those before it went; nobody leans on a move that is yet to come.
- A flight that has begun is not delayed. Nothing is moved by a plan: a person chooses.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from parley.node.agreement_inputs import PlannedMove
from parley.node.entries import Reference
from parley.node.rules.free_moves import Move, free_moves
from parley.node.rules.intent_record import intent_of
from parley.node.rules.pressure import pressure_at
from parley.node.rules.reposition_asked import Asked
from parley.node.rules.reposition_objects import Thing, found_thing
from parley.node.rules.touched import IntentTouched, Touched, touched_by
from parley.node.state import Scope, State
from parley.world.agreement import Agreement
from parley.world.clauses import Priority
from parley.world.intent import Intent, IntentState
from parley.world.limits import INTENT_TESTS_MAX
from parley.world.volume import Volume4D

How = Literal["time", "level", "lateral"]
PLANNED_MAX = 200
"""Own intents that one plan looks for moves of; the others are listed, and it says so."""
_WORK_PER_TEST = 500
"""So many steps of work at a line cost about as much as one exact comparison of volumes."""


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """The nearest free move of one kind; None is none, and `text` then says why."""

    how: How
    move: PlannedMove | None
    text: str


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """What could become of one touched intent.

    `options`: each free by itself, all others where they stand. `together`: the one that is free
    beside those that the plan gave to the intents before it; None is none.
    """

    touched: IntentTouched
    options: tuple[Option, ...]
    together: PlannedMove | None
    together_text: str


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A plan: what is touched, and a proposal for each; `left_out`: so many were not searched."""

    touched: Touched
    proposals: tuple[Proposal, ...]
    left_out: int = 0

    @property
    def none_found(self) -> tuple[str, ...]:
        """The intents for which there is no free move beside the others."""
        return tuple(p.touched.intent for p in self.proposals if p.together is None)


def plan(
    state: State,
    agreement_id: str,
    name: str,
    from_us: int,
    *,
    now_us: int,
    side: str = "",
    ref: tuple[Reference, ...] = (),
) -> Plan:
    """Return what is touched, and the nearest free moves; nothing is moved.

    Args:
        state: the record and the picture.
        agreement_id: under which the object is known.
        name: of a zone, a boundary, or a clause on distances or sides.
        from_us: the instant.
        now_us: the time.
        side: of a boundary, where one may not be.
        ref: what changed it.

    Raises:
        InputFault: no such agreement or object; rules before version 4.
    """
    agreement, scope, thing = found_thing(state, agreement_id, name, from_us, side, ref)
    seen = touched_by(state, scope, thing, now_us=now_us, ref=ref)
    search = _Search(state, scope, thing, now_us)
    order = sorted(seen.intents, key=lambda each: _rank(agreement, each))
    proposals: list[Proposal] = []
    for each in order[:PLANNED_MAX]:
        # A plan is made between two turns of the node: it must end.
        if search.tests > INTENT_TESTS_MAX:
            break
        proposals.append(search.proposal(each))
    left_out = len(order) - len(proposals)
    return Plan(touched=seen, proposals=tuple(proposals), left_out=left_out)


def _rank(agreement: Agreement, each: IntentTouched) -> tuple[int, int, str]:
    order = next((c.order for c in agreement.clauses if isinstance(c, Priority)), ())
    place = order.index(each.priority) if each.priority in order else len(order)
    return place, each.from_us or 0, each.intent


class _Search:
    """Finds moves one after the other; knows what went where."""

    def __init__(self, state: State, scope: Scope, thing: Thing, now_us: int) -> None:
        self._state, self._scope, self._now_us = state, scope, now_us
        self._pressure = pressure_at(state, scope.agreement_id, now_us)
        self._asked = Asked(thing, self._pressure)
        self._gone: set[tuple[str, str]] = set()
        self._taken: list[Volume4D] = []
        self._exact = 0

    @property
    def tests(self) -> int:
        """How many exact comparisons it has cost, or as much as those."""
        return self._exact + self._asked.work // _WORK_PER_TEST

    def proposal(self, seen: IntentTouched) -> Proposal:
        """Return the options of one intent, and let the chosen one take up its room."""
        intent = intent_of(self._scope, seen.entry)
        assert intent is not None, "it was touched"
        alone = self._options(seen, intent, together=False)
        beside = self._options(seen, intent, together=True) if self._gone else alone
        chosen = next((option for option in beside if option.move is not None), None)
        if chosen is None or chosen.move is None:
            why = "; ".join(f"{option.how}: {option.text}" for option in beside)
            return Proposal(touched=seen, options=alone, together=None, together_text=why)
        self._gone.add((self._state.party, seen.intent))
        moved = move_of(chosen.move).of(intent)
        self._taken += moved.volumes
        return Proposal(
            touched=seen, options=alone, together=chosen.move, together_text=chosen.text
        )

    def _options(
        self, seen: IntentTouched, intent: Intent, *, together: bool
    ) -> tuple[Option, ...]:
        found = free_moves(
            self._state,
            self._scope,
            intent,
            now_us=self._now_us,
            keep_clear=tuple(self._taken) if together else (),
            ignoring=frozenset(self._gone) if together else frozenset(),
            pressure=self._pressure,
            clear=self._asked.clear,
        )
        self._exact += found.tests
        flying = seen.state != IntentState.ACCEPTED
        delay, delay_why = found.delay, found.delay_why
        if flying:
            delay, delay_why = None, f"it is {seen.state}: a flight that has begun is not delayed"
        crew = f" (it is {seen.state}: call its crew first)" if flying else ""
        lacking = "; not looked through: too many vertices" if self._asked.spent else ""
        return (
            _option("time", seen, delay, delay_why + lacking),
            _option("level", seen, found.level, found.level_why + lacking, crew),
            _option("lateral", seen, found.lateral, found.lateral_why + lacking, crew),
        )


def _option(how: How, seen: IntentTouched, move: Move | None, why: str, crew: str = "") -> Option:
    if move is None:
        return Option(how=how, move=None, text=f"none found: {why}")
    planned = PlannedMove(
        intent=seen.intent,
        how=how,
        delay_s=move.delay_s,
        climb_m=move.climb_m,
        north_m=move.north_m,
        east_m=move.east_m,
        version=seen.version,
    )
    return Option(how=how, move=planned, text=move.text + crew)


def move_of(planned: PlannedMove) -> Move:
    """Return the move itself."""
    return Move(
        delay_s=planned.delay_s,
        climb_m=planned.climb_m,
        north_m=planned.north_m,
        east_m=planned.east_m,
    )
