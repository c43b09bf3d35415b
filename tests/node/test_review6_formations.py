"""Formations as a hostile party with valid keys and a fresh reader saw them; it stays so."""

from __future__ import annotations

import msgspec
import pytest
from conflictkit import en_route, flown
from conflictkit import raised as raised_in
from nodekit import do, reference, write_as
from review6kit import HOUR_US, REPLACE, counted, says, sealed
from simkeys import oracle
from simworld import SECOND_US
from test_formations import agreed, declaration, meeting, side_by_side
from test_formations import state_of as formation_state

from parley.node.entries import Entry, Unreadable
from parley.node.rules import conflict_minima, formation_record
from parley.node.rules.conflict_flights import watch_of
from parley.node.rules.conflict_minima import Group, number_of
from parley.node.rules.formation_record import formations_of, in_force
from parley.node.state import key_of
from parley.node.warning_bodies import (
    FormationConfirmed,
    FormationDeclared,
    FormationEnded,
)


@pytest.fixture(autouse=True)
def quickly():
    with oracle():
        yield


def test_a_formation_is_warned_of_when_the_table_of_groups_is_full(monkeypatch) -> None:
    monkeypatch.setattr(conflict_minima, "GROUPS_MAX", 8)
    world = en_route()
    agreed(world)
    watch = watch_of(world.node("ALFA").state)
    members = (Group("ALFA"), Group("BRAVO"))
    while len(watch.groups) < conflict_minima.GROUPS_MAX:
        # As one formation after another did, of another radius each.
        number_of(watch, Group(None, (), "", members, 1_000.0 + len(watch.groups), 300.0))
    assert raised_in(flown(world, [*side_by_side(), meeting()], 30))


def test_groups_that_nobody_flies_in_any_more_leave_the_table_of_minima() -> None:
    world = en_route()
    flights, watch = side_by_side(), watch_of(world.node("ALFA").state)
    for n in range(4):
        agreed(world, radius_m=2_000.0 + n)
        flown(world, flights, 10)
    assert any(group.members for group in watch.groups)
    assert sum(bool(group.members) for group in watch.groups) == 1


def test_a_formation_without_a_row_is_looked_at_by_the_widest_extent_and_it_is_told(
    monkeypatch,
) -> None:
    monkeypatch.setattr(conflict_minima, "GROUPS_MAX", 2)
    world = en_route()
    agreed(world)
    written = flown(world, [*side_by_side(), meeting()], 30)
    ((_, entry),) = raised_in(written)
    (formation,) = [each for each in entry.body.states if each.members]
    assert formation.radius_mm == 5_556_000
    watch = watch_of(world.node("ALFA").state)
    assert conflict_minima.merged(watch) == (
        "1 formations looked at by the widest extent, 5556 m and 914 m around",
    )
    monkeypatch.setattr(conflict_minima, "GROUPS_MAX", 8)
    flown(world, [*side_by_side(), meeting()], 40, from_s=35)
    assert conflict_minima.merged(watch) == ()


def test_the_table_of_minima_is_made_again_only_where_terms_or_groups_are_others(
    monkeypatch,
) -> None:
    world = en_route()
    flown(world, side_by_side(), 10)
    calls = counted(monkeypatch, conflict_minima, "_table")
    flown(world, side_by_side(), 30, from_s=15)
    assert calls[0] == 0
    agreed(world)
    flown(world, side_by_side(), 50, from_s=35)
    assert calls[0] >= 1


@pytest.mark.parametrize(
    "ahead_us",
    [
        pytest.param(-HOUR_US, id="in its time"),
        pytest.param(HOUR_US, id="ahead"),
    ],
)
def test_a_clock_ahead_lengthens_no_joining(ahead_us: int) -> None:
    world = en_route()
    body = FormationDeclared(
        formation="T1", flights={"ALFA": ("A1",), "BRAVO": ("B1",)},
        from_us=world.now_us - HOUR_US, to_us=world.now_us + 20 * HOUR_US,
        radius_mm=2_000_000, vertical_mm=300_000, post="desk",
    )  # fmt: skip
    key = write_as(world, "ALFA", body)
    # As if all had been heard for hours: who has not met the others yet is joining for half an
    # hour from when it is in force.
    world.run(2)
    ref = (reference(world, "BRAVO", key),)
    says(world, FormationConfirmed(post="desk"), issued_us=world.now_us + ahead_us, ref=ref)
    state = world.node("ALFA").state
    state.picture.watched_from_us = world.now_us - 2 * HOUR_US
    (view,) = formations_of(state, state.scope("AB"), world.now_us)
    since_us = min(view.since_us, world.now_us)
    assert view.since_us <= since_us, "it is not in force before the last word"


FLAWS = {
    "no flights": {"flights": {}},
    "none of one party": {"flights": {"ALFA": ("A1",), "BRAVO": ()}},
    "of one party only": {"flights": {"BRAVO": ("B1", "B2")}},
    "own and a stranger's": {"flights": {"BRAVO": ("B1",), "NOBODY": ("X1",)}},
    "a flight twice": {"flights": {"ALFA": ("A1",), "BRAVO": ("A1",)}},
    "10,000 flights": {"flights": {"ALFA": tuple(f"A{n}" for n in range(5_000)), "BRAVO": ("B",)}},
    "a line in a name": {"flights": {"ALFA": ("A1\nB",), "BRAVO": ("B1",)}},
    "a hundred years": {"from_us": 0, "to_us": 3_155_760_000 * SECOND_US},
    "an end before its beginning": {"to_us": 1},
    "no radius": {"radius_mm": 0},
    "a negative radius": {"radius_mm": -1},
    "a whole country": {"radius_mm": 500_000_000},
    "no height": {"vertical_mm": 0},
    "a slash in its name": {"formation": "T/1"},
    "no name": {"formation": ""},
}


@pytest.mark.parametrize("flaw", FLAWS)
def test_a_formation_past_a_limit_never_counts_whoever_signed_it(flaw: str) -> None:
    world = en_route()
    values = {
        "formation": "T1", "flights": {"ALFA": ("A1",), "BRAVO": ("B1",)}, "from_us": world.now_us,
        "to_us": world.now_us + HOUR_US, "radius_mm": 2_000_000, "vertical_mm": 300_000,
        "post": "desk",
    } | FLAWS[flaw]  # fmt: skip
    body = FormationDeclared(**values)
    state = world.node("ALFA").state
    if len(msgspec.json.encode(body)) > 50_000:
        entry = sealed(body, world.now_us, kind="line")
        if isinstance(entry, Entry):
            agreement = state.agreements["AB"]
            assert formation_record.flaw_of(entry.body, agreement) is not None
        return
    key = says(world, body)
    write_as(world, "ALFA", FormationConfirmed(post="desk"), ref=(reference(world, "ALFA", key),))
    scope = state.scope("AB")
    views = formations_of(state, scope, world.now_us)
    unread = isinstance(sealed(body, world.now_us, kind="line"), Unreadable)
    assert unread == (key in scope.unreadable)
    assert [view.state for view in views] == ([] if unread else ["refused"])
    assert in_force(state, world.now_us) == []


def test_a_stranger_neither_confirms_nor_ends_a_formation_and_a_wrong_leaf_counts_nothing() -> None:
    world = en_route()
    (entry,) = do(world, "ALFA", declaration(world))
    key = key_of(entry)
    world.run(2)
    wrong = REPLACE(reference(world, "BRAVO", key), leaf="00" * 32)
    says(world, FormationConfirmed(post="desk"), ref=(wrong,))
    assert formation_state(world, key) == "waiting"
    # Its own declarer does not confirm for the other.
    write_as(world, "ALFA", FormationConfirmed(post="desk"), ref=(reference(world, "ALFA", key),))
    assert formation_state(world, key) == "waiting"
    says(world, FormationConfirmed(post="desk"), ref=(reference(world, "BRAVO", key),))
    assert formation_state(world, key) == "in force"
    says(world, FormationEnded(post="desk"), ref=(wrong,))
    assert formation_state(world, key) == "in force"


def test_a_name_declared_again_with_more_room_needs_every_word_again() -> None:
    world = en_route()
    (entry,) = do(world, "ALFA", declaration(world))
    world.run(2)
    says(world, FormationConfirmed(post="desk"), ref=(reference(world, "BRAVO", key_of(entry)),))
    (again,) = do(world, "ALFA", declaration(world, radius_m=5_000.0))
    world.run(2)
    assert formation_state(world, key_of(entry)) == "replaced"
    assert formation_state(world, key_of(again)) == "waiting"


def test_a_formation_counts_by_posts_of_the_agreement_only() -> None:
    world = en_route()
    (entry,) = do(world, "ALFA", declaration(world))
    world.run(2)
    ref = (reference(world, "BRAVO", key_of(entry)),)
    says(world, FormationConfirmed(post="nobody we agreed"), ref=ref)
    assert formation_state(world, key_of(entry)) == "waiting"


def test_what_nobody_confirmed_is_not_looked_at_at_each_report(monkeypatch) -> None:
    world = en_route()
    agreed(world)
    state = world.node("ALFA").state
    for n in range(20):
        body = FormationDeclared(
            formation=f"F{n}", flights={"ALFA": ("A1",), "BRAVO": ("B1",)}, from_us=world.now_us,
            to_us=world.now_us + HOUR_US, radius_mm=2_000_000, vertical_mm=300_000, post="desk",
        )  # fmt: skip
        write_as(world, "BRAVO", body)
    world.run(5)
    calls = counted(monkeypatch, formation_record, "_view")
    (view,) = in_force(state, world.now_us)
    assert view.body.formation == "TANKER-1"
    assert calls[0] == 1


def test_an_end_at_no_post_of_its_party_ends_nothing() -> None:
    world = en_route()
    key = agreed(world)
    ref = (reference(world, "BRAVO", key),)
    says(world, FormationEnded(post="nobody we agreed"), ref=ref)
    assert formation_state(world, key) == "in force"
    for _ in range(3):
        says(world, FormationEnded(post="desk"), ref=ref)
    assert formation_state(world, key) == "ended"


def test_formations_that_are_over_are_not_read_at_each_report(monkeypatch) -> None:
    world = en_route()
    state = world.node("ALFA").state
    for n in range(40):
        write_as(
            world, "BRAVO",
            FormationDeclared(
                formation=f"F{n}", flights={"ALFA": ("A1",), "BRAVO": ("B1",)},
                from_us=world.now_us - 2 * HOUR_US, to_us=world.now_us - HOUR_US,
                radius_mm=2_000_000, vertical_mm=300_000, post="desk",
            ),
        )  # fmt: skip
    world.run(5)
    assert in_force(state, world.now_us) == []
    calls = counted(monkeypatch, formation_record, "_check")
    in_force(state, world.now_us + SECOND_US)
    assert calls[0] <= 10
