"""Each invariant can fail: one rule is broken by a planted fault, and its function says so.

`python tests/sim/test_planted.py` prints after how many simulated hours each fault was found.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import NamedTuple

import invariants
import pytest
from simkeys import oracle
from simstory import CALM_S, LENGTH_S, Story
from simworld import SECOND_US, SimWorld

from parley.app.crank import Turned
from parley.node import state as folding
from parley.node.custody_bodies import CustodyBody
from parley.node.entries import MessageDisplayed, MessageOverdue
from parley.node.inputs import Input
from parley.node.rules import (
    ahead,
    alarm_messages,
    deadlines,
    forks,
    line_evidence,
    pushing,
    saying,
)
from parley.node.rules import alarms as taking

SEEDS = 60
"""So many stories must be enough to find any of these."""


def everywhere(patch: pytest.MonkeyPatch, broken: object, *rules: Callable) -> None:
    """Put something broken in the place of rules in every module that calls them."""
    for module in [m for name, m in sys.modules.items() if name.startswith("parley.")]:
        for name, held in list(vars(module).items()):
            if any(held is rule for rule in rules):
                patch.setattr(module, name, broken)


class Planted(NamedTuple):
    """A rule that is broken, and the invariant that has to notice."""

    name: str
    plant: Callable[[pytest.MonkeyPatch], None]
    invariant: Callable[[SimWorld], None]
    says: str
    first: int = 1
    """The seed at which the test begins to look; by hand the hunt begins at 1."""
    along: bool = False
    """Whether it is looked for while the story goes on: what follows it would take long."""


def no_check(patch: pytest.MonkeyPatch) -> None:
    """The sender's node compares no read-back."""
    everywhere(patch, lambda *_: None, deadlines._check)


def blind_check(patch: pytest.MonkeyPatch) -> None:
    """The sender's node compares read-backs and sees no difference."""
    patch.setattr(deadlines, "compare_read_back", lambda *_: [])


def no_overdue(patch: pytest.MonkeyPatch) -> None:
    """A deadline that passes is not written down."""
    due_for = deadlines._due_for

    def silent(*args: object) -> list:
        return [d for d in due_for(*args) if not isinstance(d.body, MessageOverdue)]

    everywhere(patch, silent, due_for)


def one_forgets(patch: pytest.MonkeyPatch) -> None:
    """The fold of one party alone leaves out what was displayed."""
    give, take = SimWorld.give, folding._take
    now: list[str] = []

    def named(self: SimWorld, party: str, event: Input) -> Turned | None:
        now.append(party)
        try:
            return give(self, party, event)
        finally:
            now.pop()

    def partly(scope: object, log: object, entry: object, leaf: bytes) -> None:
        if now[-1:] != ["BRAVO"] or not isinstance(entry.body, MessageDisplayed):
            take(scope, log, entry, leaf)

    patch.setattr(SimWorld, "give", named)
    patch.setattr(folding, "_take", partly)


def late_wins(patch: pytest.MonkeyPatch) -> None:
    """Of two entries about one thing the one that arrives last counts."""

    def last(scope: object, log: object, entry: object, leaf: bytes) -> None:
        take(scope, log, entry, leaf)
        acts = scope.custody.get(entry.type, {}) if isinstance(entry.body, CustodyBody) else {}
        for key in list(acts)[:-1]:
            del acts[key]

    take = folding._take
    patch.setattr(folding, "_take", last)


def store_forgets(patch: pytest.MonkeyPatch) -> None:
    """A store that comes up again lacks the last entries of an own log."""
    start = SimWorld.start

    def forgetful(self: SimWorld, party: str) -> None:
        store = self.stores[party]
        own = [o for o in store.origins() if f"/{party}/" in o and len(store.heads[o]) > 1]
        for origin in own[:1]:
            store.heads[origin].pop(len(store.logs[origin]))
            del store.logs[origin][max(store.heads[origin]) :]
        start(self, party)

    patch.setattr(SimWorld, "start", forgetful)
    # Two heads of one size would be seen first: here the loss itself is to be found.
    patch.setattr(SimWorld, "_note_heads", lambda *_: None)


def deaf_to_others(patch: pytest.MonkeyPatch) -> None:
    """A node knows nothing of what others declare about a line."""
    acts_on, act_on = line_evidence.acts_on, line_evidence.act_on

    def own(scope: object, line: str, party: str, *args: object, state: object = None) -> object:
        if state is not None and party != state.party:
            return None, ()
        return acts_on(scope, line, party, *args, state=state)

    def own_one(
        scope: object, line: str, party: str, *args: object, state: object = None
    ) -> object:
        if state is not None and party != state.party:
            return None
        return act_on(scope, line, party, *args, state=state)

    everywhere(patch, own, acts_on)
    everywhere(patch, own_one, act_on)


def suspended_for_all(patch: pytest.MonkeyPatch) -> None:
    """A suspended line lets nothing pass, not even a call for help."""
    check = saying._check_suspension

    def refuse(*args: object, **_: object) -> None:
        check(*args, life_safety=False)

    everywhere(patch, refuse, check)


def limit_for_all(patch: pytest.MonkeyPatch) -> None:
    """The limit of messages in a minute holds for calls for help, too."""
    check = saying._check_rate

    def limited(state: object, act: object, _: str, now_us: int, **__: object) -> None:
        check(state, act, "ROUTINE", now_us, life_safety=False)

    everywhere(patch, limited, check)


def slow_to_push(patch: pytest.MonkeyPatch) -> None:
    """What is new goes out in five of thirty seconds only."""
    due_pushes = pushing.due_pushes

    def at_times(state: object, session: object, now_us: int) -> tuple:
        open_now = now_us % (30 * SECOND_US) < 5 * SECOND_US
        return due_pushes(state, session, now_us) if open_now else ()

    everywhere(patch, at_times, due_pushes)
    everywhere(patch, lambda *_: (), ahead.due_ahead)


def sees_forks(patch: pytest.MonkeyPatch) -> None:
    """A node takes some heads that others have seen for another history."""
    here = forks._root_here

    def wrong(state: object, scope: object, origin: str, size: int) -> str | None:
        found = here(state, scope, origin, size)
        return found if found is None or size % 5 else "00" * 32

    patch.setattr(forks, "_root_here", wrong)


def deaf_to_people(patch: pytest.MonkeyPatch) -> None:
    """An alarm that somebody took sounds on."""
    everywhere(patch, lambda *_: {}, taking._taken_with)


def alarms_for_ever(patch: pytest.MonkeyPatch) -> None:
    """A message that was answered calls on."""
    patch.setattr(alarm_messages, "closing_answer", lambda *_: None)


def no_alarm(patch: pytest.MonkeyPatch) -> None:
    """A message of ours that is not answered in time calls nobody."""
    patch.setattr(alarm_messages, "_of_ours", lambda *_: [])


PLANTED = (
    Planted("no read-back is checked", no_check, invariants.closed_only_with_read_back, "closed"),
    Planted(
        "no difference is seen", blind_check, invariants.closed_only_with_read_back, "wrongly", 3
    ),
    Planted("no overdue entry", no_overdue, invariants.overdue_is_written, "no overdue entry"),
    Planted("one fold leaves out", one_forgets, invariants.same_logs_same_state, "other state"),
    Planted("the last one counts", late_wins, invariants.same_logs_same_state, "other state", 4),
    Planted(
        "a store forgets",
        store_forgets,
        invariants.told_is_kept,
        "acknowledged and lost",
        5,
        along=True,
    ),
    Planted("deaf to others", deaf_to_others, invariants.vectors_agree, "vectors differ", 5),
    Planted(
        "suspended for all",
        suspended_for_all,
        invariants.life_safety_is_never_refused,
        "life-safety refused",
    ),
    Planted(
        "limited for all",
        limit_for_all,
        invariants.life_safety_is_never_refused,
        "life-safety refused",
        11,
    ),
    Planted(
        "pushed at times only",
        slow_to_push,
        lambda world: invariants.life_safety_arrives(world, calm=False),
        "life-safety came late",
        first=20,
    ),
    Planted(
        "a taken alarm sounds on",
        deaf_to_people,
        invariants.taken_alarms_are_silent,
        "a taken alarm sounds",
    ),
    Planted(
        "answered and still called",
        alarms_for_ever,
        invariants.alarms_are_of_what_stands,
        "an alarm for what is over",
    ),
    Planted(
        "unanswered and nobody called",
        no_alarm,
        invariants.alarms_are_of_what_stands,
        "no alarm for what was not answered",
    ),
    Planted(
        "forks where there are none",
        sees_forks,
        lambda world: invariants.nobody_is_accused(world, orderly=False),
        "an honest party accused",
    ),
)


def hunt(planted: Planted, first: int = 1) -> tuple[int, float, str]:
    """Return the seed that found a planted fault, after how many hours, and what was said.

    Raises:
        AssertionError: none did.
    """
    for seed in range(first, first + SEEDS):
        with pytest.MonkeyPatch.context() as patch, oracle():
            planted.plant(patch)
            story = Story(seed, along=planted.along)
            try:
                story.play()
                planted.invariant(story.world)
            except invariants.Broken as broken:
                hours = (seed - first + 1) * (LENGTH_S + CALM_S) / 3600
                return seed, hours, str(broken)
    raise AssertionError(f"{planted.name}: not found in {SEEDS} seeds")


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.name)
def test_a_planted_fault_is_found(planted: Planted) -> None:
    seed, _, said = hunt(planted, planted.first)
    assert f"seed {seed}:" in said
    assert planted.says in said


if __name__ == "__main__":
    for each in PLANTED:
        found = hunt(each)
        sys.stdout.write(f"{each.name}: seed {found[0]}, {found[1]:.1f} h: {found[2][:150]}\n")
