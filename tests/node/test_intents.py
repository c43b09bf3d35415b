"""Intents between state parties: nobody keeps a register, and both sides say the same."""

from __future__ import annotations

import msgspec
import pytest
from intentkit import (
    PRIORITY,
    alerts,
    amsl,
    conflicts,
    file,
    intent,
    standing_alerts,
    volume,
    world_of,
)
from nodekit import do, say, write_as
from simworld import SECOND_US

from parley.node.agreement_inputs import MoveIntent, ReportPressure
from parley.node.documents import document_of
from parley.node.entries import IntentChanged, IntentFiled
from parley.node.inputs import Answer, ChangeIntent, FileIntent
from parley.node.rules.free_moves import free_moves
from parley.node.rules.intent_record import intents_of
from parley.node.rules.intents import check_intent
from parley.node.rules.overlaps import waiting
from parley.world.agreement import PressureRule
from parley.world.faults import InputFault
from parley.world.intent import IntentState
from parley.world.volume import UNLIMITED, VerticalLimit

PARTIES = ("ALFA", "BRAVO")


def held(world, party):
    state = world.node(party).state
    return intents_of(state, state.scope("AB"))


@pytest.mark.row("R9")
def test_both_parties_derive_the_same_conflict_with_where_when_and_by_how_much() -> None:
    world = world_of(clauses=(PRIORITY,))
    file(world, intent(world, "ALFA", "X", priority="rescue"))
    world.run(2)
    filed = file(
        world, intent(world, "BRAVO", "Y", lat=35.05, start_s=1_200, low=1_500.0, high=3_000.0)
    )
    assert filed.body.conflicts == ("ALFA/X",), "it stands, and names what it meets"
    world.run(5)
    (mine,), (theirs,) = conflicts(world, "ALFA"), conflicts(world, "BRAVO")
    assert mine == theirs
    assert (mine.first, mine.second) == ("ALFA/X.1", "BRAVO/Y.1")
    assert (mine.decided, mine.binding, mine.over_limit) == ("overlap", True, ())
    (common,) = mine.commons
    assert common.volumes == (0, 0)
    assert common.depth_m == pytest.approx(10_000 - 5_547, abs=10)
    assert common.lower == (amsl(1_500.0),)
    assert common.upper == (amsl(2_000.0),)
    assert (common.to_us - common.from_us) / SECOND_US == pytest.approx(1_200, abs=5)
    assert (mine.precedence.goes_first, mine.precedence.clause) == ("ALFA/X.1", "P1")
    assert "'rescue' by ALFA's own word" in mine.precedence.text
    texts = {alerts(world, party)[0].body.text for party in PARTIES}
    assert texts == {mine.text}
    assert [len(alerts(world, party)) for party in PARTIES] == [1, 1]
    assert waiting(world.node("ALFA").state, world.node("ALFA").state.scope("AB")) == 0


@pytest.mark.row("R9")
@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        ("routine", "routine", "the same priority"),
        ("routine", "mine first", "does not name 'mine first'"),
    ],
)
def test_a_tie_goes_to_the_line_and_people_settle_it_there(one, other, why) -> None:
    world = world_of(clauses=(PRIORITY,))
    file(world, intent(world, "ALFA", "X", priority=one))
    file(world, intent(world, "BRAVO", "Y", priority=other))
    world.run(5)
    (found,) = conflicts(world, "ALFA")
    assert found.precedence.text.startswith("tie: goes to the line LINE-AB")
    assert why in found.precedence.text
    fields = {"manoeuvre": "ALFA waits", "gives_way": "ALFA/X.1", "goes_first": "BRAVO/Y.1"}
    key = say(world, message_type="resolution.propose", fields=fields)
    world.run(2)
    assert not conflicts(world, "BRAVO")[0].precedence.goes_first, "a proposal settles nothing"
    do(world, "BRAVO", Answer(ref=key, post="desk", answer="WILCO", fields=fields))
    world.run(2)
    for party in PARTIES:
        (settled,) = conflicts(world, party)
        assert settled.precedence.goes_first == "BRAVO/Y.1"
        assert settled.precedence.settled_by == key
    moved = file(world, intent(world, "BRAVO", "Y", priority=other, version=2))
    assert moved
    world.run(3)
    (again,) = conflicts(world, "ALFA")
    assert not again.precedence.goes_first, "what was settled was another version"


def test_a_proposal_that_was_refused_or_is_of_a_third_party_settles_nothing() -> None:
    world = world_of("ALFA", "BRAVO", "CHARLIE")
    file(world, intent(world, "ALFA", "X"))
    file(world, intent(world, "BRAVO", "Y"))
    world.run(5)
    fields = {"manoeuvre": "BRAVO waits", "gives_way": "BRAVO/Y.1", "goes_first": "ALFA/X.1"}
    mine = say(world, message_type="resolution.propose", fields=fields)
    of_third = say(world, "CHARLIE", "BRAVO", message_type="resolution.propose", fields=fields)
    world.run(2)
    unable = {"reason_code": "other"}
    do(world, "BRAVO", Answer(ref=mine, post="desk", answer="UNABLE", fields=unable, text="no"))
    do(world, "BRAVO", Answer(ref=of_third, post="desk", answer="WILCO", fields=fields))
    world.run(2)
    assert all(not conflicts(world, party)[0].precedence.goes_first for party in PARTIES)


def test_an_intent_counts_only_from_its_own_partys_log() -> None:
    world = world_of()
    file(world, intent(world, "ALFA", "X"))
    world.run(2)
    forged = intent(world, "ALFA", "X", version=9, lat=60.0)
    write_as(world, "BRAVO", IntentFiled(intent=document_of(forged)))
    write_as(world, "BRAVO", IntentChanged(intent="X", state="Ended"))
    world.run(3)
    for party in PARTIES:
        found = held(world, party)
        assert list(found) == [("ALFA", "X")]
        assert found["ALFA", "X"].intent.version == 1
        assert found["ALFA", "X"].state is IntentState.ACCEPTED
    table = world.node("ALFA").state.scope("AB").index.intents
    assert sorted(table.ignored.values()) == [
        "a change of intent X, which is not known", "an intent of ALFA in a log of BRAVO",
    ]  # fmt: skip
    in_anothers_name = FileIntent(agreement="AB", post="desk", intent=intent(world, "BRAVO", "Z"))
    with pytest.raises(InputFault, match="wanted ALFA"):
        do(world, "ALFA", in_anothers_name)


@pytest.mark.row("R9")
def test_moving_an_intent_ends_the_conflict_and_its_alert_at_both() -> None:
    world = world_of()
    file(world, intent(world, "ALFA", "X"))
    file(world, intent(world, "BRAVO", "Y"))
    world.run(5)
    assert [len(standing_alerts(world, party)) for party in PARTIES] == [1, 1]
    (entry,) = do(
        world, "ALFA", MoveIntent(agreement="AB", post="desk", intent="X", climb_m=1_500.0)
    )[:1]
    assert entry.body.conflicts == ()
    world.run(15)
    assert [conflicts(world, party) for party in PARTIES] == [(), ()]
    assert [standing_alerts(world, party) for party in PARTIES] == [[], []]
    moved = held(world, "BRAVO")["ALFA", "X"].intent
    assert moved.version == 2
    assert moved.volumes[0].lower == amsl(2_500.0)
    do(world, "ALFA", MoveIntent(agreement="AB", post="desk", intent="X", climb_m=-1_500.0))
    world.run(15)
    assert [len(alerts(world, party)) for party in PARTIES] == [2, 2], "it is a conflict again"


def test_versions_count_up_and_what_has_ended_stays_so() -> None:
    world = world_of()
    file(world, intent(world, "ALFA", "X", version=3))
    for version in (3, 1):
        with pytest.raises(InputFault, match="above 3"):
            file(world, intent(world, "ALFA", "X", version=version))
    write_as(
        world,
        "ALFA",
        IntentFiled(intent=document_of(intent(world, "ALFA", "X", version=2, lat=1.0))),
    )
    world.run(2)
    assert held(world, "BRAVO")["ALFA", "X"].intent.version == 3
    do(
        world,
        "ALFA",
        ChangeIntent(agreement="AB", post="desk", intent="X", state=IntentState.ENDED),
    )
    with pytest.raises(InputFault, match="a new id"):
        file(world, intent(world, "ALFA", "X", version=4))
    with pytest.raises(InputFault, match="one that stands"):
        do(world, "ALFA", MoveIntent(agreement="AB", post="desk", intent="X", delay_s=60))
    write_as(world, "ALFA", IntentFiled(intent=document_of(intent(world, "ALFA", "X", version=5))))
    world.run(2)
    assert held(world, "BRAVO")["ALFA", "X"].state is IntentState.ENDED


def test_a_new_version_keeps_the_state_it_is_in() -> None:
    world = world_of()
    file(world, intent(world, "ALFA", "X"))
    do(
        world,
        "ALFA",
        ChangeIntent(agreement="AB", post="desk", intent="X", state=IntentState.ACTIVATED),
    )
    do(world, "ALFA", MoveIntent(agreement="AB", post="desk", intent="X", extend_s=600))
    world.run(2)
    for party in PARTIES:
        found = held(world, party)["ALFA", "X"]
        assert (found.state, found.intent.version) == (IntentState.ACTIVATED, 2)


def test_what_is_over_stands_in_nobodys_way_and_its_alert_ends() -> None:
    world = world_of()
    file(world, intent(world, "ALFA", "X", start_s=10, long_s=60))
    file(world, intent(world, "BRAVO", "Y", start_s=20, long_s=600))
    world.run(10)
    assert [len(standing_alerts(world, party)) for party in PARTIES] == [1, 1]
    world.run(90)
    assert [standing_alerts(world, party) for party in PARTIES] == [[], []]
    assert [conflicts(world, party) for party in PARTIES] == [(), ()]
    late = file(world, intent(world, "BRAVO", "Z", start_s=10))
    assert late.body.conflicts == ()
    assert ("ALFA", "X") in held(world, "BRAVO"), "it is still in the record"


@pytest.mark.row("R9")
def test_levels_against_altitudes_are_possible_conflicts_until_a_pressure_is_reported() -> None:
    rule = PressureRule(source="ALFA", place="APT")
    world = world_of(pressure=rule)
    file(world, intent(world, "ALFA", "X", low=1_000.0, high=2_000.0))
    level = VerticalLimit(value_m=3_000.0, reference="STD")
    file(world, intent(world, "BRAVO", "Y", low=level, high=UNLIMITED))
    world.run(5)
    for party in PARTIES:
        (found,) = conflicts(world, party)
        assert (found.decided, found.binding) == ("undecided", False)
        assert "pressure" in found.text
        assert [each.body.binding for each in alerts(world, party)] == [False]
    do(world, "ALFA", ReportPressure(agreement="AB", post="desk", place="APT", qnh_hpa=1_013.0))
    world.run(15)
    assert [conflicts(world, party) for party in PARTIES] == [(), ()]
    assert [standing_alerts(world, party) for party in PARTIES] == [[], []]


@pytest.mark.row("R9")
def test_a_check_says_what_an_intent_would_meet_and_the_nearest_free_moves_and_files_nothing() -> (
    None
):
    world = world_of(clauses=(PRIORITY,))
    file(world, intent(world, "BRAVO", "Y", long_s=1_800))
    world.run(3)
    state = world.node("ALFA").state
    size = sum(log.tree.size for log in state.own_logs())
    act = FileIntent(
        agreement="AB", post="desk", intent=intent(world, "ALFA", "X", priority="fire")
    )
    checked = check_intent(state, act, world.now_us)
    assert sum(log.tree.size for log in state.own_logs()) == size
    (met,) = checked.conflicts
    assert met.precedence.goes_first == "ALFA/X.1"
    assert checked.moves.delay.delay_s == 1_800
    assert checked.moves.level.climb_m == pytest.approx(4 * 304.8)
    assert (checked.moves.lateral.north_m, checked.moves.lateral.east_m) == (2 * 9_260.0, 0.0)
    for move in checked.moves.found:
        moved = msgspec.structs.replace(act, intent=move.of(act.intent))
        assert check_intent(state, moved, world.now_us).conflicts == ()
    do(world, "ALFA", act)
    world.run(3)
    assert [len(conflicts(world, party)) for party in PARTIES] == [1, 1], "filed anyway, and named"


def test_a_free_move_is_clear_of_own_intents_and_of_what_is_to_be_kept_clear() -> None:
    world = world_of()
    file(world, intent(world, "BRAVO", "Y"))
    file(world, intent(world, "ALFA", "W", start_s=2_400, long_s=1_800))
    world.run(3)
    state = world.node("ALFA").state
    scope = state.scope("AB")
    mine = intent(world, "ALFA", "X")
    found = free_moves(state, scope, mine, now_us=world.now_us)
    assert found.delay.delay_s == 3_600, "after its own as well"
    hot = volume(world, start_s=0, long_s=5 * 3_600, low=None, high=100_000.0)
    found = free_moves(state, scope, mine, now_us=world.now_us, keep_clear=(hot,))
    assert found.delay.delay_s == 17_400
    assert found.level is None
    assert found.level_why.startswith("none of ")
    ignoring = frozenset({("BRAVO", "Y"), ("ALFA", "W")})
    assert (
        free_moves(state, scope, mine, now_us=world.now_us, ignoring=ignoring).delay.delay_s == 300
    )
    again = free_moves(state, scope, mine, now_us=world.now_us)
    assert again == free_moves(state, scope, mine, now_us=world.now_us)


def test_what_cannot_be_moved_says_why() -> None:
    world = world_of()
    file(world, intent(world, "BRAVO", "Y", low=None))
    world.run(3)
    state = world.node("ALFA").state
    mine = intent(world, "ALFA", "X", low=None)
    found = free_moves(state, state.scope("AB"), mine, now_us=world.now_us)
    assert found.level is None
    assert "SFC" in found.level_why


def test_under_old_rules_nothing_of_this_counts() -> None:
    world = world_of(rules_version=3)
    file(world, intent(world, "ALFA", "X", start_s=10, long_s=60))
    file(world, intent(world, "BRAVO", "Y", start_s=10, long_s=60))
    world.run(120)
    for party in PARTIES:
        (alert,) = standing_alerts(world, party)
        assert alert.body.text.startswith("intent ")
        assert alert.body.evaluator == "strategic/1"
    file(world, intent(world, "ALFA", "X", version=1, lat=60.0))
    world.run(3)
    assert held(world, "BRAVO")["ALFA", "X"].intent.volumes[0].shape.centre.lat_deg == 60.0
    with pytest.raises(InputFault, match="version 4"):
        do(world, "ALFA", MoveIntent(agreement="AB", post="desk", intent="X", delay_s=60))
