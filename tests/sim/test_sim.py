"""Worlds from one seed: whatever the network and the crashes do, the record holds.

`PARLEY_SIM_SEEDS=20000 pytest tests/sim` runs more; a failing seed is printed and replays.
"""

from __future__ import annotations

import os

import pytest
from simstory import Story

SEEDS = int(os.environ.get("PARLEY_SIM_SEEDS", "200"))
GROUP = 10


@pytest.mark.parametrize("first", range(0, SEEDS, GROUP))
def test_seeds(first: int) -> None:
    for seed in range(first, min(first + GROUP, SEEDS)):
        story = Story(seed)
        try:
            story.play()
            story.check()
        except Exception as error:
            raise AssertionError(
                f"seed {seed} (replay: Story({seed}).play(); .check()): {error}"
            ) from error


def test_a_seed_replays_byte_for_byte() -> None:
    first, second = Story(7), Story(7)
    for story in (first, second):
        story.play()
    assert first.world.signed == second.world.signed
    assert {p: s.logs for p, s in first.world.stores.items()} == {
        p: s.logs for p, s in second.world.stores.items()
    }


def test_the_faults_really_happen() -> None:
    """Over the seeds, frames are lost and doubled, nodes die and come back, and read-backs fail."""
    loss = crashes = mismatches = overdue = 0
    for seed in range(24):
        story = Story(seed)
        loss += story.world.faults.loss > 0
        starts = dict.fromkeys(story.world.identities, 0)
        original = story.world.start

        def start(party: str, starts=starts, original=original) -> None:
            starts[party] += 1
            original(party)

        story.world.start = start  # type: ignore[method-assign]  # counting is the test's business
        story.play()
        crashes += sum(starts.values())
        for party in story.world.identities:
            for scope in story.world.node(party).state.scopes.values():
                for thread in scope.messages():
                    overdue += len(thread.overdue)
                    mismatches += sum(not c.body.matches for c in thread.checks.values())
    assert loss > 3
    assert crashes > 5
    assert mismatches > 3
    assert overdue > 10
