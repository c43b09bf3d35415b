"""Very many intents are shown part by part, and counted: none goes missing without a word."""

from __future__ import annotations

import pytest
from intentkit import file, intent, world_of

from parley.app import intent_views
from parley.app.cli import intent_acts
from parley.app.intent_views import IntentsView, conflicts_shown, intents_shown
from parley.app.page_intents import intents_part
from parley.world.faults import InputFault

COUNT = 7


@pytest.fixture
def world():
    world = world_of("ALFA", "BRAVO")
    for number in range(COUNT):
        file(world, intent(world, ("ALFA", "BRAVO")[number % 2], f"I{number}", lat=30.0 + number,
                           start_s=600 + 600 * (number % 3), long_s=600))  # fmt: skip
    world.run(5)
    return world


def part(world, later_s=0, **more):
    now_us = world.now_us + later_s * 1_000_000
    return intents_shown(world.node("ALFA").state, now_us, **more)


def names(view):
    return [each.intent for each in view.intents]


def test_parts_together_are_all_of_them(world) -> None:
    everything = part(world)
    assert (everything.total, len(everything.intents)) == (COUNT, COUNT)
    parts = [part(world, first=first, count=3) for first in range(0, COUNT, 3)]
    assert {view.total for view in parts} == {COUNT}
    assert [name for view in parts for name in names(view)] == names(everything)
    assert names(part(world, first=COUNT)) == []
    assert part(world, count=0).total == COUNT


def test_no_answer_is_longer_than_the_limit_whatever_is_asked(world, monkeypatch) -> None:
    monkeypatch.setattr(intent_views, "INTENTS_SHOWN_MAX", 4)
    assert len(part(world, count=10**9).intents) == 4
    assert part(world, count=10**9).total == COUNT


def test_those_that_stand_come_first(world) -> None:
    later = part(world, later_s=1_300)
    over = [each.over for each in later.intents]
    assert over == sorted(over)
    assert (True in over, False in over) == (True, True)
    assert not any(each.over for each in part(world, later_s=1_300, count=2).intents)


def test_the_page_says_how_many_more_there_are(world) -> None:
    state, now_us = world.node("ALFA").state, world.now_us
    shown = str(intents_part(part(world, count=2), conflicts_shown(state, now_us), now_us))
    assert f"{COUNT - 2} more: parley intent prints all" in shown
    whole = str(intents_part(part(world), conflicts_shown(state, now_us), now_us))
    assert "more: parley intent" not in whole


class Asked:
    """A client of a node that answers two at a time."""

    def __init__(self, answers) -> None:
        self.answers, self.paths = answers, []

    def get(self, path, kind):
        assert kind is IntentsView
        self.paths.append(path)
        return self.answers(int(path.rpartition("=")[2]), len(self.paths))


def test_the_command_reads_every_part(world) -> None:
    client = Asked(lambda first, _: part(world, first=first, count=2))
    assert [each.intent for each in intent_acts._held(client)] == names(part(world))
    assert client.paths == [f"/api/intents?first={first}" for first in range(0, COUNT, 2)]


def test_the_command_starts_again_when_intents_change_places(world) -> None:
    """One that ends meanwhile moves to the end: the one after it would go missing."""

    def answers(first, asked):
        shifted = part(world, first=first + (1 if 1 < asked <= 4 else 0), count=2)
        return IntentsView(total=COUNT, first=first, intents=shifted.intents)

    client = Asked(answers)
    found = [each.intent for each in intent_acts._held(client)]
    assert sorted(found) == sorted(names(part(world)))
    assert len(client.paths) > 4
    always = Asked(lambda first, asked: IntentsView(
        total=COUNT, first=first, intents=part(world, first=0, count=2).intents))  # fmt: skip
    with pytest.raises(InputFault, match="changing while they are read"):
        intent_acts._held(always)
