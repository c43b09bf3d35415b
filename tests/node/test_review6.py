"""What a hostile party with valid keys and a fresh reader found in rules version 5; it stays so.

A finding that is still open is an expected failure with its number; strictly, so that whoever
mends it is told to take the mark off.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from unittest.mock import patch

import msgspec
import pytest
from alertkit import (
    answered,
    conflict,
    life,
    marked,
    of,
    raise_conflicts,
    raised,
    renewed,
    resolved,
    state_of,
    told,
)
from conflictkit import en_route, flown, head_on
from conflictkit import raised as raised_in
from nodekit import do, pair, reference, write_as
from simkeys import oracle
from simstory import two
from simworld import SECOND_US, START_US, SimWorld
from test_alarm_conflicts import loud, seen, take
from test_formations import agreed, declaration, meeting, side_by_side
from test_formations import state_of as formation_state

from parley.node.encoding import decode_entry, encode_entry, seal_entry
from parley.node.entries import AlertResolved, Body, Draft, Entry, LogName, Reference, Unreadable
from parley.node.line_bodies import AlarmAcknowledged
from parley.node.rules import alarm_conflicts, conflict_minima, formation_record
from parley.node.rules.alarms import LISTED_MAX, alarms
from parley.node.rules.alert_life import life_of
from parley.node.rules.alerts import standing
from parley.node.rules.chain_times import CHAIN_RULES, chain_times, chains
from parley.node.rules.conflict_flights import watch_of
from parley.node.rules.conflict_minima import Group, number_of
from parley.node.rules.conformance_watch import newest_observed
from parley.node.rules.formation_record import formations_of, in_force
from parley.node.state import key_of
from parley.node.versions import rules_of
from parley.node.warning_bodies import (
    WARNING_BODY_TYPES,
    AlertMarked,
    ConflictRaised,
    ConflictRenewed,
    ConformanceObserved,
    FlightUnusual,
    FormationConfirmed,
    FormationDeclared,
    FormationEnded,
)
from parley.world.clauses import Separation
from parley.world.norms import norms

HOUR_US = 3_600 * SECOND_US
NOW = SimpleNamespace(now_us=START_US)
REPLACE = msgspec.structs.replace


@pytest.fixture(autouse=True)
def quickly():
    with oracle():
        yield


def sealed(body: Body, at_us: int, kind: str = "ops") -> Entry | Unreadable:
    """Return how a node reads a body that a peer has sealed: up to a megabyte of it."""
    name = LogName(agreement="AB", party="BRAVO", kind=kind, year=2026)
    draft = Draft(agreement="AB", by="system", body=body)
    # A peer signs what it likes: the limits of our own writing are not its limits.
    with patch("parley.node.encoding._require_readable"):
        data, opening = seal_entry(draft, log=name, seq=0, issued_us=at_us, seen={}, salt=b"s" * 32)
    return decode_entry(data, log=name, index=0, opening=opening)


def says(world: SimWorld, body: Body, **envelope):
    """Let BRAVO sign anything into its own log, past all rules; return where."""
    key = write_as(world, "BRAVO", body, **envelope)
    world.run(2)
    return key


def cry(world: SimWorld, count: int, prefix: str = "P", **more) -> None:
    """Let BRAVO alone say that so many conflicts are short-term."""
    bodies = [
        REPLACE(conflict(world, f"{prefix}{n}", **more), alert_class="short-term")
        for n in range(count)
    ]
    for first in range(0, count, 250):
        raise_conflicts(world, *bodies[first : first + 250], party="BRAVO")
    world.run(5)


# ---- who is silenced ----------------------------------------------------------------------------


def test_what_a_peer_cried_and_we_took_does_not_silence_our_own_prediction() -> None:
    world = pair()
    says(world, REPLACE(conflict(world), alert_class="short-term"))
    (name,) = loud(world)
    take(world, name)
    assert loud(world) == []
    raised(world, loss_s=600)
    assert loud(world) != [], "nobody of ours has seen that our own node predicts it"


def test_our_own_escalation_sounds_whatever_a_peer_cried_before() -> None:
    world = pair()
    key = raised(world, loss_s=900)
    says(world, REPLACE(conflict(world), alert_class="short-term"))
    for name in loud(world):
        take(world, name)
    assert loud(world) == []
    renewed(world, key, loss_s=60)
    assert loud(world) != [], "60 s to loss by our own node, and nothing sounds"


def test_a_flood_that_a_peer_makes_does_not_take_our_own_conflicts_with_it() -> None:
    world = pair()
    bodies = [conflict(world, f"P{n}", loss_s=400) for n in range(45)]
    raise_conflicts(world, *bodies, party="BRAVO")
    world.run(2)
    for name in loud(world):
        take(world, name)
    assert loud(world) == []
    raised(world, "OWN", loss_s=400)
    assert loud(world) != [], "own move only, by our own node, and nothing sounds"


def test_cries_of_a_peer_hide_no_conflict_of_our_own(monkeypatch) -> None:
    monkeypatch.setattr("parley.node.rules.alarms.LISTED_MAX", 20)
    world = pair()
    cry(world, 30)
    raised(world, "OWN", loss_s=500)
    assert LISTED_MAX > 20
    assert [each.kind for each in seen(world)].count("conflict") == 1


def test_a_peer_alone_cannot_make_more_alarms_than_the_flood_rule_allows() -> None:
    world = pair()
    cry(world, 60)
    assert len(loud(world)) <= norms().alert.flood_count + 1


def test_our_own_short_term_conflict_is_listed_before_all_that_a_peer_cries(monkeypatch) -> None:
    monkeypatch.setattr("parley.node.rules.alarms.LISTED_MAX", 20)
    world = pair()
    cry(world, 30)
    raised(world, "OWN", loss_s=60)
    first = seen(world)[0]
    assert (first.kind, first.silent) == ("conflict", False)


def test_an_exercise_raises_no_actual_alarm() -> None:
    world = pair()
    says(world, conflict(world), status="exercise")
    assert loud(world) == []


def test_an_alarm_taken_in_an_exercise_hides_no_later_one() -> None:
    world = pair()
    key = raised(world)
    (name,) = loud(world)
    body = AlarmAcknowledged(alarm=name, post="desk")
    for status in ("exercise", "actual"):
        write_as(world, "ALFA", body, status=status)
    assert of(world, key, "ALFA").word == "seen"


def test_nobody_marks_ends_or_renews_for_another() -> None:
    world = pair()
    key = raised(world)
    world.run(2)
    ref = (reference(world, "BRAVO", key),)
    says(world, AlertMarked(stage="called", post="desk"), ref=ref)
    says(world, AlertResolved(key="separation:A1/B1", why="no loss predicted"), ref=ref)
    later = conflict(world, loss_s=5_000, kind=ConflictRenewed)
    stranger = says(world, later, ref=ref)
    says(world, AlarmAcknowledged(alarm=loud(world)[0], post="desk"))
    assert len(loud(world)) == 1, "our own people have not seen it"
    found = life(world, key)
    assert (found.word, found.resolved_us) == ("new", None)
    assert of(world, key, "BRAVO").word == "called"
    scope = world.node("ALFA").state.scope("AB")
    assert stranger in scope.unreadable
    assert key in scope.index.watched["ALFA"]


def test_marks_of_other_bytes_by_no_post_or_of_no_alert_do_not_count_and_crash_nothing() -> None:
    world = pair()
    key = raised(world)
    world.run(2)
    wrong = REPLACE(reference(world, "BRAVO", key), leaf="00" * 32)
    nowhere = Reference(log="parley.example/AB/ALFA/ops/2026", index=2**40, leaf="00" * 32)
    says(world, AlertMarked(stage="seen", post="desk"), ref=(wrong,))
    says(world, AlertMarked(stage="seen", post="nobody"), ref=(reference(world, "BRAVO", key),))
    says(world, AlertMarked(stage="called", post="desk"), ref=(nowhere,))
    says(world, AlertMarked(stage="seen", post="desk"))
    mark = says(world, AlertMarked(stage="seen", post="desk"), ref=(wrong, wrong))
    says(world, AlertMarked(stage="seen", post="desk"), ref=(reference(world, "BRAVO", mark),))
    found = life(world, key)
    assert of(world, key, "BRAVO").word == "not seen"
    assert len(found.remarks) == 2


# ---- what is believed ---------------------------------------------------------------------------


LIMITS: dict[str, Callable[[ConflictRaised], ConflictRaised]] = {
    "no states": lambda b: REPLACE(b, states=()),
    "no aircraft": lambda b: REPLACE(b, aircraft=(), parties=()),
    "three states": lambda b: REPLACE(b, states=(*b.states, b.states[0])),
    "500 states": lambda b: REPLACE(b, states=b.states[:1] * 500),
    "100,000 aircraft": lambda b: REPLACE(b, aircraft=("A1",) * 100_000),
    "30,000 times to act": lambda b: REPLACE(b, chain_s={f"X{n}": 600 for n in range(30_000)}),
    "a name of 900,000": lambda b: REPLACE(
        b, states=(REPLACE(b.states[0], aircraft="A" * 900_000), b.states[1])
    ),
    "10,000 members": lambda b: REPLACE(
        b, states=(REPLACE(b.states[0], members=("A1",) * 10_000), b.states[1])
    ),
    "a name with a line in it": lambda b: REPLACE(b, aircraft=("A1\nresolved", "B1")),
    "a negative minimum": lambda b: REPLACE(b, horizontal_mm=-1),
    "a chance above one": lambda b: REPLACE(b, probability_ppm=1_000_001),
    "a negative time to act": lambda b: REPLACE(b, chain_s={"ALFA": -1}),
    "a year to act": lambda b: REPLACE(b, chain_s={"ALFA": 31_536_000}),
    "north of the pole": lambda b: REPLACE(
        b, states=(REPLACE(b.states[0], lat_e9=90_000_000_001), b.states[1])
    ),
    "no key": lambda b: REPLACE(b, key=""),
    "a negative age": lambda b: REPLACE(b, states=(REPLACE(b.states[0], age_us=-1), b.states[1])),
}


@pytest.mark.parametrize("name", LIMITS)
def test_a_conflict_past_a_limit_cannot_be_read_whoever_signed_it(name: str) -> None:
    assert isinstance(sealed(conflict(NOW), NOW.now_us), Entry)
    assert isinstance(sealed(LIMITS[name](conflict(NOW)), NOW.now_us), Unreadable)


def test_what_is_past_a_limit_stops_no_node_and_no_alarm() -> None:
    world = pair()
    bodies = [change(conflict(world)) for change in LIMITS.values()]
    signed = [body for body in bodies if len(msgspec.json.encode(body)) < 55_000]
    assert len(signed) >= 10
    for body in signed:
        write_as(world, "BRAVO", body)
    raised(world, "OWN", loss_s=60)
    world.run(5)
    assert seen(world)[0].kind == "conflict"


@pytest.mark.parametrize(
    "change",
    [
        {"loss_at_us": 2**53 - 1},
        {"loss_at_us": -(2**53) + 1},
        {"least_at_us": 10**15 * 5},
        {"end_us": -(10**16)},
    ],
)
def test_times_beyond_the_calendar_cannot_be_read(change) -> None:
    name = LogName(agreement="AB", party="BRAVO", kind="ops", year=2026)
    draft = Draft(agreement="AB", by="system", body=conflict(NOW))
    data = encode_entry(draft, log=name, seq=0, issued_us=NOW.now_us, seen={})
    ((field, value),) = change.items()
    before = getattr(conflict(NOW), field)
    text = f'"{field}":{"null" if before is None else before}'.encode()
    assert text in data
    changed = data.replace(text, f'"{field}":{value}'.encode())
    assert isinstance(decode_entry(data, log=name, index=0), Entry)
    assert isinstance(decode_entry(changed, log=name, index=0), Unreadable)


def test_a_key_twice_and_an_unknown_field_cannot_be_read() -> None:
    name = LogName(agreement="AB", party="BRAVO", kind="ops", year=2026)
    draft = Draft(agreement="AB", by="system", body=conflict(NOW))
    data = encode_entry(draft, log=name, seq=0, issued_us=NOW.now_us, seen={})
    for old, new in (
        (b'"binding":true', b'"binding":true,"binding":false'),
        (b'"binding":true', b'"binding":true,"hidden":false'),
        (b'"ALFA":600', b'"ALFA":600,"ALFA":1'),
        (b'"horizontal_mm":5556000', b'"horizontal_mm":1e999'),
        (b'"horizontal_mm":5556000', b'"horizontal_mm":NaN'),
        (b'"horizontal_mm":5556000', b'"horizontal_mm":' + b"9" * 400),
    ):
        assert old in data
        assert isinstance(decode_entry(data.replace(old, new, 1), log=name, index=0), Unreadable)


def test_a_conflict_that_a_peer_cries_says_that_it_alone_says_so() -> None:
    world = pair()
    says(world, REPLACE(conflict(world), alert_class="short-term", loss_at_us=0))
    (alarm,) = seen(world)
    assert alarm.kind == "conflict said"
    assert "as BRAVO alone says" in alarm.text


def test_a_flood_tells_the_soonest_loss_as_it_was_told_last() -> None:
    world = pair()
    bodies = [conflict(world, f"P{n}", loss_s=900 + n) for n in range(14)]
    keys = raise_conflicts(world, *bodies)
    (before,) = [each for each in seen(world) if each.kind == "conflicts"]
    world.run(5)
    last = int(before.cause[1])
    newest = next(key for key in keys if key[1] > last)
    name = world.node("ALFA").state.scope("AB").alerts[newest].body.aircraft[0][1:]
    renewed(world, newest, name, loss_s=640)
    (after,) = [each for each in seen(world) if each.kind == "conflicts"]
    assert after.text != before.text
    assert after.text < before.text, "the soonest loss is sooner"


# ---- what is measured ---------------------------------------------------------------------------


def closed_chains(world: SimWorld, count: int) -> list:
    """Let both raise conflicts, ALFA close them within seconds; return what BRAVO left open."""
    names = [str(n) for n in range(count)]
    ours = raise_conflicts(world, *(conflict(world, name) for name in names))
    theirs = raise_conflicts(world, *(conflict(world, name) for name in names), party="BRAVO")
    world.run(2)
    messages = [told(world, key) for key in ours]
    world.run(2)
    for key, message in zip(ours, messages, strict=True):
        answered(world, message)
        marked(world, key)
    world.run(2)
    for key in ours:
        resolved(world, key)
    return theirs


def test_a_peer_does_not_lengthen_our_time_to_act() -> None:
    world = pair()
    later_us = world.now_us + HOUR_US
    for key in closed_chains(world, norms().alert.chain_samples_least):
        name = world.node("BRAVO").state.scope("AB").alerts[key].body.key
        body = AlertResolved(key=name, why="no loss predicted")
        ref = (reference(world, "BRAVO", key),)
        write_as(world, "BRAVO", body, issued_us=later_us, ref=ref)
    world.run(2)
    (found,) = chains(world.node("ALFA").state, "AB", ["ALFA"], later_us)
    assert found.measured, "a check of the check"
    assert found.chain_s <= norms().alert.chain_s


def test_a_peer_does_not_take_our_samples_away() -> None:
    world = pair()
    closed_chains(world, 1)
    world.run(2)
    (found,) = chains(world.node("ALFA").state, "AB", ["ALFA"], world.now_us + HOUR_US)
    assert found.samples == 1


def test_a_peers_mark_shortens_nothing_of_our_time_to_act() -> None:
    world = pair()
    for n in range(norms().alert.chain_samples_least):
        key = raised(world, str(n))
        world.run(2)
        says(world, AlertMarked(stage="called", post="desk"), ref=(reference(world, "BRAVO", key),))
        resolved(world, key)
    world.run(2)
    state = world.node("ALFA").state
    assert chain_times(state, "AB", ["ALFA"], world.now_us)["ALFA"] == norms().alert.chain_s


# ---- what is dear -------------------------------------------------------------------------------


def counted(monkeypatch, module, name: str) -> list[int]:
    """Count the calls of a function from now on."""
    real, calls = getattr(module, name), [0]

    def counting(*args, **more):
        calls[0] += 1
        return real(*args, **more)

    monkeypatch.setattr(module, name, counting)
    return calls


def test_conflicts_that_a_peer_leaves_open_are_not_read_again_at_each_look(monkeypatch) -> None:
    world = pair()
    cry(world, 60)
    state = world.node("ALFA").state
    alarms(state, world.now_us)
    calls = counted(monkeypatch, alarm_conflicts, "steps_of")
    alarms(state, world.now_us + SECOND_US)
    assert calls[0] <= 10


def test_conflicts_dated_ahead_make_nothing_dear(monkeypatch) -> None:
    world = pair()
    day_us = 24 * HOUR_US
    for n in range(100):
        write_as(world, "BRAVO", conflict(world, f"P{n}"), issued_us=world.now_us + day_us + n)
    world.run(5)
    seen(world)
    raised(world, "OWN")
    calls = counted(monkeypatch, alarm_conflicts, "_place_in_flood")
    seen(world)
    assert 0 < calls[0] <= 20


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


def test_what_a_peer_observes_makes_a_look_at_one_intent_no_dearer() -> None:
    class Counting(dict):
        walked = 0

        def items(self):
            for each in super().items():
                Counting.walked += 1
                yield each

    world = pair()
    body = ConformanceObserved(
        intent="I1", flight="B1", state="outside", since_us=world.now_us, what=("place",),
        at_us=world.now_us, lat_e9=0, lon_e9=0, altitude_mm=0, altitude_reference="AMSL",
    )  # fmt: skip
    for n in range(50):
        nowhere = Reference(log="parley.example/AB/BRAVO/ops/2026", index=n, leaf="00" * 32)
        write_as(world, "BRAVO", body, ref=(nowhere,))
    world.run(5)
    scope = world.node("ALFA").state.scope("AB")
    scope.warnings.conformance = Counting(scope.warnings.conformance)
    newest_observed(scope)
    before = Counting.walked
    assert before >= 50
    newest_observed(scope)
    assert Counting.walked - before <= 10


# ---- formations ---------------------------------------------------------------------------------


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


DECLARED = FormationDeclared(
    formation="T1", flights={"ALFA": ("A1",), "BRAVO": ("B1",)}, from_us=START_US,
    to_us=START_US + HOUR_US, radius_mm=2_000_000, vertical_mm=300_000, post="desk",
)  # fmt: skip
OBSERVED = ConformanceObserved(
    intent="I1", flight="B1", state="outside", since_us=START_US, what=("place",),
    at_us=START_US, lat_e9=0, lon_e9=0, altitude_mm=0, altitude_reference="AMSL",
)  # fmt: skip
MARKED = AlertMarked(stage="seen", post="desk")
PAST = {
    "17 flights": REPLACE(DECLARED, flights={"ALFA": tuple(f"A{n}" for n in range(17))}),
    "17 parties": REPLACE(DECLARED, flights={f"P{n}": () for n in range(17)}),
    "a flight without a name": REPLACE(DECLARED, flights={"ALFA": ("",), "BRAVO": ("B1",)}),
    "a reason of two lines": FormationEnded(post="desk", reason="fuel\nF2: IN FORCE"),
    "a post of two lines": REPLACE(MARKED, post="desk\nseen"),
    "a mark of two lines": REPLACE(MARKED, text="no\nresolved"),
    "no height that there is": REPLACE(OBSERVED, altitude_reference="QFE\n"),
    "nowhere": REPLACE(OBSERVED, lon_e9=180_000_000_001),
    "a negative distance": REPLACE(OBSERVED, horizontal_mm=-1),
    "a thousand words": REPLACE(OBSERVED, what=("place",) * 1_000),
    "a flight of two lines": REPLACE(OBSERVED, flight="B1\nB2"),
}


@pytest.mark.parametrize("name", PAST)
def test_other_bodies_past_a_limit_cannot_be_read_either(name: str) -> None:
    body = PAST[name]
    kind = "ops" if isinstance(body, ConformanceObserved) else "line"
    for good in (DECLARED, OBSERVED, MARKED):
        of_kind = "ops" if good is OBSERVED else "line"
        assert isinstance(sealed(good, START_US, kind=of_kind), Entry)
    found = sealed(body, START_US, kind=kind)
    assert isinstance(found, Unreadable)
    assert "wanted" in found.why


def test_a_renewal_of_another_pair_is_told_and_renews_nothing() -> None:
    world = pair()
    key = raised(world, loss_s=900)
    renewed(world, key, "9", loss_s=60)
    world.run(2)
    found = life(world, key)
    assert found.remarks == (
        "1 renewals of ALFA name another key or other aircraft than it raised",
    )
    renewed(world, key, loss_s=300)
    scope = world.node("ALFA").state.scope("AB")
    assert standing(scope, key).body.alert_class == "own move only"


# ---- two nodes, two orders ----------------------------------------------------------------------


def test_a_renewal_and_marks_before_what_they_are_about_count_when_it_comes() -> None:
    world = pair()
    key = raised(world)
    renewal = renewed(world, key, loss_s=100)
    world.run(2)
    marked(world, key, party="BRAVO")
    world.run(2)
    state = world.node("ALFA").state
    scope = state.scope("AB")
    fresh = world.crank("BRAVO").state
    there = fresh.scope("AB")
    assert renewal in there.warnings.renewed[key]
    assert life_of(fresh, there, there.alerts[key]).parties == life(world, key).parties
    del state, scope


def test_a_mark_counts_by_the_text_that_holds_not_by_when_it_was_first_looked_at() -> None:
    world = pair()
    key = raised(world)
    world.run(2)
    says(world, AlertMarked(stage="seen", post="tower"), ref=(reference(world, "BRAVO", key),))
    assert of(world, key, "BRAVO").word == "not seen"
    identity = world.node("ALFA").state.identity
    agreement = identity.agreements["AB"]
    parties = tuple(REPLACE(each, posts=(*each.posts, "tower")) for each in agreement.parties)
    # As when the text that names the post comes after the mark: a node that starts now counts it.
    identity.agreements["AB"] = REPLACE(agreement, parties=parties)
    assert of(world, key, "BRAVO").word == "seen"


def test_floods_are_the_same_whatever_came_in_which_order() -> None:
    world = pair()
    for n in range(24):
        party = ("ALFA", "BRAVO")[n % 2]
        write_as(world, party, conflict(world, f"{n // 2}"))
        world.run(2 if n % 5 else 20)
        if n % 3 == 0:
            seen(world)
    state = world.node("ALFA").state
    scope = state.scope("AB")
    kept = alarm_conflicts._floods(state, scope)
    assert kept.episode
    del scope.index.views["conflict floods"]
    anew = alarm_conflicts._floods(state, scope)
    assert (kept.rows, kept.episode) == (anew.rows, anew.episode)
    assert {name: keys for name, keys in kept.members.items() if keys} == anew.members


# ---- earlier rules ------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [1, 2, 3, 4])
def test_earlier_rules_read_none_of_the_new_types(version: int) -> None:
    tags = {str(kind.__struct_config__.tag) for kind in WARNING_BODY_TYPES}
    assert len(tags) == 8
    assert tags <= rules_of(version).unknown
    world = pair([REPLACE(two()[0], rules_version=version)])
    key = says(world, conflict(world))
    for party in ("ALFA", "BRAVO"):
        state = world.node(party).state
        scope = state.scope("AB")
        assert key in scope.unreadable
        assert not scope.alerts
        assert [e for e in alarms(state, world.now_us) if e.kind.startswith("conflict")] == []
        assert version < CHAIN_RULES
        assert chain_times(state, "AB", [party], world.now_us) == {party: norms().alert.chain_s}


def test_a_private_entry_in_an_open_log_counts_nowhere() -> None:
    world = pair()
    name = LogName(agreement="AB", party="BRAVO", kind="ops", year=2026)
    private = REPLACE(name, kind="private")
    body = FlightUnusual(
        flight="B1", at_us=world.now_us, lat_e9=0, lon_e9=0, beyond_mm=0, since_us=world.now_us
    )
    draft = Draft(agreement="AB", by="system", body=body)
    data = encode_entry(draft, log=private, seq=0, issued_us=world.now_us, seen={})
    assert isinstance(decode_entry(data, log=private, index=0), Entry)
    assert isinstance(decode_entry(data, log=name, index=0), Unreadable)


def test_a_dwell_clause_says_so_in_the_text_and_the_aircraft_stand_apart() -> None:
    world = en_route(dwell_s=30.0)
    ((_, entry),) = raised_in(flown(world, head_on(80_000.0), 60))
    assert entry.body.text.startswith("inside for ")
    assert entry.body.aircraft == ("A1", "B1")
    assert isinstance(world.node("ALFA").state.agreements["AB"].clauses[0], Separation)
    assert state_of("A1", "ALFA", world.now_us).aircraft == "A1"
