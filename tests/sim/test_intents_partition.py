"""Overlapping intents filed in the same second over links that are cut: the same at every party."""

from __future__ import annotations

import os

import pytest
from intentworld import IntentWorld, played

from parley.node.rules.overlaps import conflicts_of

SEEDS = int(os.environ.get("PARLEY_INTENT_SEEDS", "25"))
FIRST = int(os.environ.get("PARLEY_INTENT_FIRST", "0"))


@pytest.mark.row("R9")
@pytest.mark.parametrize("seed", range(FIRST, FIRST + SEEDS))
def test_both_see_the_same_conflict_when_the_link_returns(seed: int) -> None:
    """`PARLEY_INTENT_SEEDS=1000` plays as many."""
    played(seed)


def test_the_worlds_have_conflicts_and_sealed_intents_and_changes_in_them() -> None:
    """A check of the check: what is compared above is there."""
    conflicts = sealed = tied = decided = ended = 0
    for seed in range(12):
        world = played(seed)
        for party in world.parties:
            state = world.world.node(party).state
            found = conflicts_of(state, state.scope("AB"), world.world.now_us)
            conflicts += len(found)
            tied += sum(not each.precedence.goes_first for each in found)
            decided += sum(bool(each.precedence.goes_first) for each in found)
        table = state.scope("AB").index.intents
        sealed += sum(held.audience is not None for held in table.held.values())
        ended += sum(held.state.value == "Ended" for held in table.held.values())
    assert min(conflicts, sealed, tied, decided, ended) > 0


def test_what_is_broken_would_be_seen() -> None:
    """A node that forgets a conflict, and one that thinks otherwise of an intent, are found out."""
    seed = next(
        seed for seed in range(50) if not IntentWorld(seed).broken() and _has_conflict(seed)
    )
    world = played(seed)
    table = world.world.node("ALFA").state.scope("AB").index.intents
    for pair in list(table.pairs):
        table.drop_pairs(pair[0])
    assert world.broken()


def _has_conflict(seed: int) -> bool:
    world = played(seed)
    state = world.world.node("ALFA").state
    return bool(conflicts_of(state, state.scope("AB"), world.world.now_us))
