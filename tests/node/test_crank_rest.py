"""A node that has asked what is due does not ask again at that instant, and loses nothing."""

from __future__ import annotations

import pytest
from nodekit import pair, say
from simkeys import oracle
from simworld import SECOND_US, SimStore

from parley.app import crank as crank_room
from parley.node.entries import LogName
from parley.node.inputs import Tick
from parley.node.state import Log
from parley.node.step import step


@pytest.fixture(autouse=True)
def _hashes_for_signatures():
    with oracle():
        yield


@pytest.fixture
def asked(monkeypatch) -> list[object]:
    """The inputs that went through the one door, in order."""
    seen: list[object] = []

    def counted(state, now_us, event):
        seen.append(event)
        return step(state, now_us, event)

    monkeypatch.setattr(crank_room, "step", counted)
    return seen


def test_time_is_asked_once_an_instant_and_again_at_the_next(asked) -> None:
    world = pair()
    crank, now_us = world.node("ALFA"), world.now_us + SECOND_US
    crank.turn(now_us, Tick())
    asked.clear()
    crank.turn(now_us, Tick())
    assert not asked
    crank.turn(now_us + 1, Tick())
    assert [type(each) for each in asked] == [Tick]


def test_whatever_happens_at_that_instant_is_followed_by_what_it_makes_due(asked) -> None:
    world = pair()
    crank = world.node("ALFA")
    crank.turn(world.now_us, Tick())
    asked.clear()
    say(world)
    assert [type(each) for each in asked][-1] is Tick, "an act: time is asked after it"
    asked.clear()
    crank.abandon("lost", [])
    crank.turn(world.now_us, Tick())
    assert asked, "what changes which logs are written is no rest"


def test_a_turn_that_stores_nothing_opens_no_transaction(monkeypatch) -> None:
    opened = []
    together = SimStore.together

    def counted(self):
        opened.append(self)
        return together(self)

    world = pair()
    crank = world.node("ALFA")
    crank.turn(world.now_us, Tick())
    monkeypatch.setattr(SimStore, "together", counted)
    crank.turn(world.now_us, Tick())
    assert not opened
    say(world)
    assert opened


def test_a_log_or_an_agreement_that_is_new_is_seen_at_once() -> None:
    world = pair()
    state = world.node("ALFA").state
    name = next(iter(state.own_logs())).name
    assert name.party == "ALFA"
    held = [log.name.origin for log in state.logs()]
    new = LogName(agreement=name.agreement, party="BRAVO", kind="ops", year=2099)
    state.scope(name.agreement).logs[new.origin] = Log(name=new)
    assert [log.name.origin for log in state.logs()] == sorted([*held, new.origin])
    assert new.origin in {log.name.origin for log in state.logs_of("BRAVO")}
    assert new.origin not in {log.name.origin for log in state.own_logs()}
    shared = state.identity.shared_with("BRAVO")
    shared.append("not kept")
    assert "not kept" not in state.identity.shared_with("BRAVO")
    (agreement,) = (state.identity.agreements[each] for each in state.identity.shared_with("BRAVO"))
    state.identity.agreements["SECOND"] = agreement
    assert state.identity.shared_with("BRAVO") == sorted([agreement.id, "SECOND"])
