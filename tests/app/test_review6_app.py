"""What a hostile party and a fresh reader found in how alerts are shown; it stays so."""

from __future__ import annotations

import msgspec
import pytest
from alertkit import conflict, raised, resolved
from conflictkit import en_route, flown, head_on
from nodekit import pair, reference, write_as
from simkeys import oracle
from simworld import SimWorld

from parley.app.alert_lines import alert_lines, rest_lines, title
from parley.app.alert_views import AlertsView, alerts_view
from parley.app.page_alerts import alerts_part
from parley.app.page_html import visible
from parley.node.entries import AlertResolved
from parley.node.warning_bodies import ConflictRenewed

REPLACE = msgspec.structs.replace


@pytest.fixture(autouse=True)
def quickly():
    with oracle():
        yield


def view_of(world: SimWorld) -> AlertsView:
    return alerts_view(world.node("ALFA").state, {}, world.now_us)


def page_of(world: SimWorld) -> str:
    return str(alerts_part(view_of(world), world.now_us, lambda _: ("desk",), "n1"))


@pytest.mark.parametrize("party", ["ALFA", "BRAVO"])
def test_no_text_of_anybody_stands_in_place_of_the_aircraft(party: str) -> None:
    world = pair()
    write_as(world, party, REPLACE(conflict(world), text="exercise only, no action"))
    world.run(2)
    (line, *_) = alert_lines(view_of(world))
    assert line.startswith("coordinate: A1 and B1 (exercise only, no action): loss ")
    assert "A1 and B1" in page_of(world)


def test_a_conflict_under_a_dwell_clause_names_its_aircraft() -> None:
    """Every one of our own did not: its text took the place of the two names."""
    world = en_route(dwell_s=30.0)
    flown(world, head_on(80_000.0), 60)
    (found,) = view_of(world).alerts
    assert found.text.startswith("inside for ")
    assert title(found).startswith("A1 and B1 (inside for ")


@pytest.mark.parametrize("refs", [0, 1])
def test_an_end_about_nothing_hides_no_end_of_ours(refs: int) -> None:
    world = pair()
    key = raised(world)
    resolved(world, key)
    world.run(1)
    ref = (reference(world, "ALFA", key),) * refs
    write_as(world, "BRAVO", AlertResolved(key="x", why="never mind"), ref=ref)
    world.run(2)
    (line,) = [each for each in rest_lines(view_of(world)) if each.startswith("resolved: ")]
    assert line.endswith("by ALFA): no loss predicted")


def test_many_ends_about_nothing_hide_no_end_of_ours(monkeypatch) -> None:
    monkeypatch.setattr("parley.app.alert_views.ENDED_SHOWN_MAX", 4)
    world = pair()
    key = raised(world)
    resolved(world, key)
    for _ in range(20):
        write_as(world, "BRAVO", AlertResolved(key="x", why="never mind"))
    world.run(2)
    assert any("by ALFA): no loss predicted" in line for line in rest_lines(view_of(world)))


def test_a_renewal_of_other_aircraft_is_not_shown_as_of_those_that_were_raised() -> None:
    world = pair()
    key = write_as(world, "BRAVO", conflict(world))
    other = conflict(world, "9", kind=ConflictRenewed, loss_s=60)
    write_as(world, "BRAVO", other, ref=(reference(world, "BRAVO", key),))
    world.run(2)
    (found,) = view_of(world).alerts
    assert {each.aircraft for each in found.states} == set(found.aircraft)


@pytest.mark.parametrize("status", ["exercise", "test"])
def test_an_exercise_says_so_and_is_not_one_with_an_actual_conflict(status: str) -> None:
    world = pair()
    write_as(world, "BRAVO", REPLACE(conflict(world), text="no words"), status=status)
    raised(world)
    world.run(2)
    practised, actual = sorted(view_of(world).alerts, key=lambda each: each.own)
    assert practised.text == f"{status.upper()}, no words"
    assert (actual.own, actual.text, actual.others) == (True, "", ())


def test_odd_letters_of_a_peer_write_no_line_and_move_no_cursor() -> None:
    world = pair()
    body = REPLACE(conflict(world), aircraft=("A1\nRESOLVED", "B1\x1b[2J\u202e"), text="")
    write_as(world, "BRAVO", body)
    world.run(2)
    view = view_of(world)
    assert view.total == 0, "no node reads such a name"
    for line in map(visible, [*alert_lines(view), *rest_lines(view)]):
        assert "\x1b" not in line
        assert "\u202e" not in line
    msgspec.json.encode(view)


def test_a_name_with_a_line_in_it_stays_on_its_line() -> None:
    world = pair()
    write_as(world, "BRAVO", REPLACE(conflict(world), aircraft=("A1\nRESOLVED: A2", "B1")))
    world.run(2)
    assert all("\n" not in visible(line) for line in alert_lines(view_of(world)))


def test_a_conflict_of_no_aircraft_and_no_states_breaks_no_list() -> None:
    world = pair()
    for changes in ({"states": ()}, {"aircraft": (), "parties": ("ALFA",), "key": ""}):
        write_as(world, "BRAVO", REPLACE(conflict(world), **changes))
    key = raised(world, "2", loss_s=60)
    world.run(2)
    view = view_of(world)
    assert view.alerts[0].key == key
    assert view.total == 1, "no node reads the others"
    assert "A2 and B2" in page_of(world)
