"""What a hostile party with valid keys and a fresh reader found in rules version 5; it stays so.

Formations stand in `test_review6_formations`.
"""

from __future__ import annotations

from collections.abc import Callable

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
from nodekit import reference, ticked_pair, write_as
from review6kit import HOUR_US, NOW, REPLACE, counted, cry, says, sealed
from simkeys import oracle
from simstory import two
from simworld import SECOND_US, START_US, SimWorld
from test_alarm_conflicts import loud, seen, take

from parley.node.encoding import decode_entry, encode_entry
from parley.node.entries import AlertResolved, Draft, Entry, LogName, Reference, Unreadable
from parley.node.line_bodies import AlarmAcknowledged
from parley.node.rules import alarm_conflicts
from parley.node.rules.alarms import LISTED_MAX, alarms
from parley.node.rules.alert_life import life_of
from parley.node.rules.alerts import standing
from parley.node.rules.chain_times import CHAIN_RULES, chain_times, chains
from parley.node.rules.conformance_watch import newest_observed
from parley.node.versions import rules_of
from parley.node.warning_bodies import (
    WARNING_BODY_TYPES,
    AlertMarked,
    ConflictRaised,
    ConflictRenewed,
    ConformanceObserved,
    FlightUnusual,
    FormationDeclared,
    FormationEnded,
)
from parley.world.clauses import Separation
from parley.world.norms import norms


@pytest.fixture(autouse=True)
def quickly():
    with oracle():
        yield


# ---- who is silenced ----------------------------------------------------------------------------


def test_what_a_peer_cried_and_we_took_does_not_silence_our_own_prediction() -> None:
    world = ticked_pair()
    says(world, REPLACE(conflict(world), alert_class="short-term"))
    (name,) = loud(world)
    take(world, name)
    assert loud(world) == []
    raised(world, loss_s=600)
    assert loud(world) != [], "nobody of ours has seen that our own node predicts it"


def test_our_own_escalation_sounds_whatever_a_peer_cried_before() -> None:
    world = ticked_pair()
    key = raised(world, loss_s=900)
    says(world, REPLACE(conflict(world), alert_class="short-term"))
    for name in loud(world):
        take(world, name)
    assert loud(world) == []
    renewed(world, key, loss_s=60)
    assert loud(world) != [], "60 s to loss by our own node, and nothing sounds"


def test_a_flood_that_a_peer_makes_does_not_take_our_own_conflicts_with_it() -> None:
    world = ticked_pair()
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
    world = ticked_pair()
    cry(world, 30)
    raised(world, "OWN", loss_s=500)
    assert LISTED_MAX > 20
    assert [each.kind for each in seen(world)].count("conflict") == 1


def test_a_peer_alone_cannot_make_more_alarms_than_the_flood_rule_allows() -> None:
    world = ticked_pair()
    cry(world, 60)
    assert len(loud(world)) <= norms().alert.flood_count + 1


def test_our_own_short_term_conflict_is_listed_before_all_that_a_peer_cries(monkeypatch) -> None:
    monkeypatch.setattr("parley.node.rules.alarms.LISTED_MAX", 20)
    world = ticked_pair()
    cry(world, 30)
    raised(world, "OWN", loss_s=60)
    first = seen(world)[0]
    assert (first.kind, first.silent) == ("conflict", False)


def test_an_exercise_raises_no_actual_alarm() -> None:
    world = ticked_pair()
    says(world, conflict(world), status="exercise")
    assert loud(world) == []


def test_an_alarm_taken_in_an_exercise_hides_no_later_one() -> None:
    world = ticked_pair()
    key = raised(world)
    (name,) = loud(world)
    body = AlarmAcknowledged(alarm=name, post="desk")
    for status in ("exercise", "actual"):
        write_as(world, "ALFA", body, status=status)
    assert of(world, key, "ALFA").word == "seen"


def test_nobody_marks_ends_or_renews_for_another() -> None:
    world = ticked_pair()
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
    world = ticked_pair()
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
    world = ticked_pair()
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
    world = ticked_pair()
    says(world, REPLACE(conflict(world), alert_class="short-term", loss_at_us=0))
    (alarm,) = seen(world)
    assert alarm.kind == "conflict said"
    assert "as BRAVO alone says" in alarm.text


def test_a_flood_tells_the_soonest_loss_as_it_was_told_last() -> None:
    world = ticked_pair()
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
    world = ticked_pair()
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
    world = ticked_pair()
    closed_chains(world, 1)
    world.run(2)
    (found,) = chains(world.node("ALFA").state, "AB", ["ALFA"], world.now_us + HOUR_US)
    assert found.samples == 1


def test_a_peers_mark_shortens_nothing_of_our_time_to_act() -> None:
    world = ticked_pair()
    for n in range(norms().alert.chain_samples_least):
        key = raised(world, str(n))
        world.run(2)
        says(world, AlertMarked(stage="called", post="desk"), ref=(reference(world, "BRAVO", key),))
        resolved(world, key)
    world.run(2)
    state = world.node("ALFA").state
    assert chain_times(state, "AB", ["ALFA"], world.now_us)["ALFA"] == norms().alert.chain_s


# ---- what is dear -------------------------------------------------------------------------------


def test_conflicts_that_a_peer_leaves_open_are_not_read_again_at_each_look(monkeypatch) -> None:
    world = ticked_pair()
    cry(world, 60)
    state = world.node("ALFA").state
    alarms(state, world.now_us)
    calls = counted(monkeypatch, alarm_conflicts, "steps_of")
    alarms(state, world.now_us + SECOND_US)
    assert calls[0] <= 10


def test_conflicts_dated_ahead_make_nothing_dear(monkeypatch) -> None:
    world = ticked_pair()
    day_us = 24 * HOUR_US
    for n in range(100):
        write_as(world, "BRAVO", conflict(world, f"P{n}"), issued_us=world.now_us + day_us + n)
    world.run(5)
    seen(world)
    raised(world, "OWN")
    calls = counted(monkeypatch, alarm_conflicts, "_place_in_flood")
    seen(world)
    assert 0 < calls[0] <= 20


def test_what_a_peer_observes_makes_a_look_at_one_intent_no_dearer() -> None:
    class Counting(dict):
        walked = 0

        def items(self):
            for each in super().items():
                Counting.walked += 1
                yield each

    world = ticked_pair()
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
    world = ticked_pair()
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
    world = ticked_pair()
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
    world = ticked_pair()
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
    world = ticked_pair()
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
    world = ticked_pair([REPLACE(two()[0], rules_version=version)])
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
    world = ticked_pair()
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
