"""Own intents that a changed rule touches: listed, moved in one act, recorded before and after."""

from __future__ import annotations

import random

import msgspec
import pytest
from intentkit import PRIORITY, amsl, file, intent, world_of
from nodekit import do, write_as
from repositionkit import (
    STAND_OFF,
    apply,
    by_a_river,
    declared,
    deed,
    of,
    planned,
    seen,
    standing,
    stays,
)
from simworld import SECOND_US
from test_sealed_intents import everything_held

from parley.app.page_reposition import row_line, shown_lines
from parley.app.reposition_api import reposition_rows
from parley.detect.cover import cover
from parley.detect.strategic import overlap
from parley.node.agreement_bodies import IntentMove, RepositionRecorded
from parley.node.agreement_inputs import PlannedMove
from parley.node.entries import IntentChanged, IntentFiled, MessageSaid
from parley.node.inputs import ChangeIntent, DeclareZone, TrackReports
from parley.node.picture import TrackReport
from parley.node.rules.free_moves import Move, clear_together
from parley.node.rules.reposition_past import MOVES_SHOWN_MAX, SHOWN_MAX, reposition_shown
from parley.node.rules.reposition_plan import move_of
from parley.node.state import key_of
from parley.world.boundary import Boundary, side_of
from parley.world.clauses import AppliesTo, StandOff
from parley.world.faults import InputFault
from parley.world.geo import Position
from parley.world.intent import IntentState
from parley.world.norms import norms
from parley.world.shape import Circle, Corridor, Polygon
from parley.world.volume import Volume4D
from parley.world.zone import Zone

# ---- what is touched ----------------------------------------------------------------------------


@pytest.mark.row("A19")
@pytest.mark.row("S38")
def test_a_side_from_t_on_touches_own_intents_decidedly_possibly_or_not() -> None:
    world = by_a_river()
    found = seen(world, "RIVER", side="west of the river")
    assert (found.side, found.looked) == ("right", 3), "its own name for the side, never a compass"
    # X reaches from 5.9 km east to within 0.9 km of a line that is known to 1 km.
    assert {e.intent: e.decided for e in found.intents} == {"W": "touched", "X": "possibly"}
    west = found.intents[0]
    assert west.at is not None
    assert west.at.lon_deg < 38.0
    assert "right of RIVER" in west.because
    assert (west.from_us, west.to_us) == (world.now_us + 598 * SECOND_US, west.to_us)
    assert seen(world, "RIVER", side="left").intents[-1].intent == "X", "possibly on either side"
    assert seen(world, "RIVER", side="right", after_s=2_500).intents == (), "all are over by then"
    half = seen(world, "RIVER", side="right", after_s=1_000).intents[0]
    assert half.from_us == world.now_us + 1_000 * SECOND_US, "in flight when the rule begins"
    assert not found.binding
    assert found.word == "no clause of the text speaks of this side: no duty"


def test_beyond_the_ends_of_a_line_there_is_no_side_so_it_is_possible() -> None:
    world = by_a_river()
    file(world, intent(world, "ALFA", "N", lat=36.5))
    (north,) = [e for e in seen(world, "RIVER", side="right").intents if e.intent == "N"]
    assert north.decided == "possibly"
    assert "beyond the start" in north.because


@pytest.mark.row("A19")
@pytest.mark.parametrize(
    ("lon", "decided"), [(38.5, "touched"), (38.375, "possibly"), (38.3, None)]
)
def test_a_zone_is_known_no_better_than_it_is_drawn(lon, decided) -> None:
    """Its outline is 8 km around 38.5, give or take 2 km; the intent has 5 km."""
    world = world_of()
    declared(world, "ALFA", "Q1", lon=38.5, uncertainty_m=2_000.0)
    file(world, intent(world, "ALFA", "X", lon=lon))
    found = seen(world, "Q1")
    assert [e.decided for e in found.intents] == ([decided] if decided else [])
    assert found.binding
    assert found.word == "declared by ALFA itself"


@pytest.mark.parametrize(
    ("lon", "low", "decided"),
    [(38.0, 1_000.0, "touched"), (38.35, 1_000.0, "possibly"), (38.0, 9_000.0, None)],
)
def test_a_polygon_with_heights_is_grown_by_what_it_may_be_off(lon, low, decided) -> None:
    world = world_of()
    corners = ((34.9, 37.9), (34.9, 38.26), (35.1, 38.26), (35.1, 37.9))
    ring = tuple(Position(lat_deg=lat, lon_deg=lon_deg) for lat, lon_deg in corners)
    zone = Zone(
        id="POLY", kind="zone", shape=Polygon(exterior=ring), upper=amsl(5_000.0),
        uncertainty_m=5_000.0,
    )  # fmt: skip
    do(world, "ALFA", DeclareZone(agreement="AB", post="desk", zone=zone))
    file(world, intent(world, "ALFA", "X", lon=lon, low=low, high=low + 500.0))
    found = [e.decided for e in seen(world, "POLY").intents]
    assert found == ([decided] if decided else [])


NEAR = StandOff(id="S2", distance_m=20_000.0, boundary="RIVER", applies_to=AppliesTo(
    classes=("combat",)))  # fmt: skip


@pytest.mark.row("A19")
def test_a_stand_off_clause_touches_what_is_nearer_or_on_the_other_side() -> None:
    world = by_a_river(clauses=(STAND_OFF, NEAR))
    found = seen(world, "S1")
    assert found.binding
    assert found.word == "clause S1 of AB"
    words = {e.intent: e.decided for e in found.intents}
    assert words == {"W": "touched", "X": "possibly"}, "X is nearer than 10 km, on its own side"
    by_class = seen(world, "S2").intents
    assert [(e.intent, e.decided) for e in by_class] == [("X", "possibly")]
    assert "its class is not said" in by_class[0].because
    assert {p.touched.intent: p.together is not None for p in planned(world, "S1").proposals} == {
        "W": False, "X": True
    }  # fmt: skip


def test_own_live_aircraft_are_listed_now_and_by_their_motion_and_nobody_elses() -> None:
    world = by_a_river()
    for second in range(3):
        reports = [
            TrackReport(
                aircraft=name, at_us=world.now_us, lat_deg=35.0, lon_deg=lon - 0.002 * second,
                altitude_m=3_000.0, altitude_reference="AMSL", party=party,
            )
            for name, lon, party in (
                ("A-IN", 37.9, "ALFA"), ("A-SOON", 38.2, "ALFA"), ("A-FAR", 39.5, "ALFA"),
                ("B-IN", 37.9, "BRAVO"), ("NOBODY", 37.9, None),
            )
        ]  # fmt: skip
        do(world, "ALFA", TrackReports(feed="F", reports=tuple(reports)))
        world.run(1)
    found = {f.aircraft: f for f in seen(world, "RIVER", side="right").flights}
    assert set(found) == {"A-IN", "A-SOON"}
    assert found["A-IN"].in_s == 0
    # 182 m/s west from 18 km: over the line and what it may be off in some 100 s.
    assert 60 < found["A-SOON"].in_s < 150
    world.run(120)
    assert seen(world, "RIVER", side="right").flights == (), "old reports are not flown on"


def test_only_known_objects_sides_and_rules_are_planned_for() -> None:
    world = by_a_river()
    for name, side, words in (
        ("RIVR", "right", "did you mean 'RIVER'"), ("RIVER", "", "left .east. or right .west."),
        ("RIVER", "north", "left .east. or right .west."), ("Z1", "right", "none: it is a zone"),
        ("\x1b[2J", "", "wanted one of"),
    ):  # fmt: skip
        with pytest.raises(InputFault, match=words) as told:
            seen(world, name, side=side)
        assert "\x1b" not in str(told.value)
    old = world_of(rules_version=3)
    with pytest.raises(InputFault, match="pins rules version 4"):
        seen(old, "Z1")


# ---- where it could go --------------------------------------------------------------------------


@pytest.mark.row("A19")
@pytest.mark.row("S40")
def test_one_act_moves_tells_and_records_and_both_sides_read_the_same() -> None:
    world = by_a_river()
    made = planned(world, "RIVER", side="right")
    options = {p.touched.intent: [o.text for o in p.options] for p in made.proposals}
    assert options["X"][2] == "9260 m east"
    assert all("none found" in text for text in options["X"][:2]), "a side has no time nor height"
    assert made.none_found == ("W",), "said, not hidden: 45 km are more than there is room for"
    assert "none of 48 steps" in made.proposals[0].together_text
    chosen = [made.proposals[1].together, PlannedMove(intent="W", how="cancelled", version=1)]
    written = apply(world, made, chosen, text="followed from T on")
    assert [e.body.intent for e in deed(written, IntentChanged)] == ["W"]
    assert len(deed(written, IntentFiled)) == 1
    (message,) = deed(written, MessageSaid)
    assert message.body.message_type == "reposition.notice"
    assert message.body.read_back == ("boundary", "time")
    assert message.body.answer_due_us is not None
    assert message.body.fields["intents"] == "X: 9260 m east; W: cancelled"
    (record,) = deed(written, RepositionRecorded)
    world.run(3)
    mine, theirs = (reposition_shown(of(world, p), key_of(record)) for p in ("ALFA", "BRAVO"))
    assert mine == theirs
    moved, ended = mine.moves
    assert (moved.move.intent, moved.move.how, moved.move.lateral_mm) == ("X", "lateral", 9_260_000)
    assert (moved.before.word, moved.after.word) == ("possibly", "clear")
    assert moved.after.away_m - moved.before.away_m == pytest.approx(9_260, abs=20)
    assert (moved.before.version, moved.after.version) == (1, 2)
    assert moved.move.text == "free alone and together when it was moved"
    assert (ended.before.word, ended.after) == ("touched", None)
    assert seen(world, "RIVER", side="right").intents == ()
    assert standing(world, "ALFA", "BRAVO")["X"].intent.version == 2
    assert standing(world, "ALFA", "BRAVO")["W"].state is IntentState.ENDED


@pytest.mark.row("A19")
def test_the_later_of_two_sees_where_the_first_went() -> None:
    world = world_of(clauses=(PRIORITY,))
    declared(world, "ALFA", "Q1", radius_m=3_000.0)
    file(world, intent(world, "ALFA", "A", priority="routine", low=1_000.0))
    file(world, intent(world, "ALFA", "B", priority="rescue", low=3_000.0, high=4_000.0, lat=35.02))
    made = planned(world, "Q1")
    assert [p.touched.intent for p in made.proposals] == ["B", "A"], "priority before name"
    moves = [p.together for p in made.proposals]
    apply(world, made, moves)
    after = [view.intent for view in standing(world, "ALFA").values()]
    assert clear_together(after) is None
    assert all(view.version == 2 for view in after)


def test_what_two_would_both_take_is_refused_by_name_and_nothing_is_moved() -> None:
    world = world_of()
    declared(world, "ALFA", "Q1", radius_m=3_000.0, to_us=world.now_us + 3_000 * SECOND_US)
    for name in ("A", "B"):
        file(world, intent(world, "ALFA", name))
    made = planned(world, "Q1")
    alone = [next(o.move for o in p.options if o.how == "time") for p in made.proposals]
    assert alone[0].delay_s == alone[1].delay_s
    with pytest.raises(InputFault, match="A: meets the moved B"):
        apply(world, made, alone)
    assert {v.intent.version for v in standing(world, "ALFA").values()} == {1}
    assert not of(world).scope("AB").terms.repositions


def test_a_move_that_is_not_free_any_more_is_refused_unless_it_is_meant() -> None:
    world = by_a_river()
    made = planned(world, "RIVER", side="right")
    move = made.proposals[1].together
    there = move_of(move).of(standing(world, "ALFA")["X"].intent)
    taken = msgspec.structs.replace(there, party="BRAVO", id="THERE", version=1)
    file(world, taken)
    world.run(2)
    with pytest.raises(InputFault, match=r"X: meets BRAVO/THERE\.1"):
        apply(world, made, [move])
    assert standing(world, "ALFA")["X"].intent.version == 1
    written = apply(world, made, [move], confirmed=True)
    (record,) = deed(written, RepositionRecorded)
    assert record.body.moves[0].text == "NOT FREE, confirmed by the post"
    with pytest.raises(InputFault, match="version is 2, wanted 1, which was looked at"):
        apply(world, made, [move], confirmed=True)


def test_each_choice_says_what_it_is_and_only_own_standing_intents_are_chosen() -> None:
    world = by_a_river()
    made = planned(world, "RIVER", side="right")
    for moves, words in (
        ((), "wanted 1 to 200 intents"),
        ((stays("W"), stays("W")), "W"),
        ((stays("W", text=" "),), "why it stays"),
        ((stays("Y"),), "wanted an own intent"),
        ((stays("E"),), "RIVER .right. does not touch it now"),
        ((PlannedMove(intent="W", how="level", delay_s=60),), "wanted level"),
        ((PlannedMove(intent="W", how="lateral", north_m=9_260.0),), "W: still in RIVER .right."),
    ):
        with pytest.raises(InputFault, match=words):
            apply(world, made, moves)
    with pytest.raises(InputFault, match="post"):
        apply(world, made, [stays("W")], post="nobody")
    assert not of(world).scope("AB").terms.repositions
    do(world, "ALFA", ChangeIntent(
        agreement="AB", post="desk", intent="W", state=IntentState.ACTIVATED))  # fmt: skip
    ended = PlannedMove(intent="W", how="cancelled")
    with pytest.raises(InputFault, match="it is Activated: its aircraft would fly without"):
        apply(world, made, [ended])
    flying = planned(world, "RIVER", side="right").proposals[0]
    assert "a flight that has begun is not delayed" in flying.options[0].text
    with pytest.raises(InputFault, match="the flight has begun"):
        apply(world, made, [PlannedMove(intent="W", how="time", delay_s=300)])


# ---- who is told --------------------------------------------------------------------------------


@pytest.mark.row("A19")
@pytest.mark.row("S41")
def test_of_a_sealed_intent_only_its_holders_have_message_and_record() -> None:
    world = world_of("ALFA", "BRAVO", "CHARLIE")
    declared(world, "ALFA", "Q1", radius_m=20_000.0)
    file(world, intent(world, "ALFA", "OPEN", lat=35.1))
    file(world, intent(world, "ALFA", "HUSH", flight="PATROL-7", lat=34.9), to=("BRAVO",))
    for _ in range(2):
        reports = tuple(
            TrackReport(
                aircraft=name, at_us=world.now_us, lat_deg=35.0, lon_deg=38.0,
                altitude_m=1_500.0, altitude_reference="AMSL", party="ALFA",
            )
            for name in ("PATROL-7", "UNTOLD-1")
        )  # fmt: skip
        do(world, "ALFA", TrackReports(feed="F", reports=reports))
        world.run(1)
    made = planned(world, "Q1")
    moves = [stays("HUSH", text="PATROL-7 is told by voice"),
             next(p.together for p in made.proposals if p.touched.intent == "OPEN")]  # fmt: skip
    written = apply(world, made, moves, to=("BRAVO", "CHARLIE"))
    said = {e.audience: e.to for e in deed(written, MessageSaid)}
    assert said == {None: ("BRAVO", "CHARLIE"), ("ALFA", "BRAVO"): ("BRAVO",)}
    held = {e.audience: [m.intent for m in e.body.moves] for e in deed(written, RepositionRecorded)}
    assert held == {None: ["OPEN"], ("ALFA", "BRAVO"): ["HUSH"], ("ALFA",): []}
    flights = {e.audience: e.body.flights for e in deed(written, RepositionRecorded)}
    assert flights[("ALFA",)] == ("UNTOLD-1",)
    assert flights[("ALFA", "BRAVO")] == ("PATROL-7",)
    world.run(5)
    assert [len(of(world, p).scope("AB").terms.repositions) for p in ("ALFA", "BRAVO", "CHARLIE")
            ] == [3, 2, 1]  # fmt: skip
    for party, words in (("CHARLIE", (b"HUSH", b"PATROL-7", b"UNTOLD-1")), ("BRAVO", (b"UNTOLD",))):
        for word in words:
            assert word not in everything_held(world, party), word
    assert b"PATROL-7" in everything_held(world, "BRAVO")


def test_nobody_is_told_of_what_nobody_addressed_holds() -> None:
    world = world_of("ALFA", "BRAVO", "CHARLIE")
    declared(world, "ALFA", "Q1")
    file(world, intent(world, "ALFA", "HUSH"), to=("BRAVO",))
    made = planned(world, "Q1")
    with pytest.raises(InputFault, match="somebody who holds one of the intents"):
        apply(world, made, [stays("HUSH")], to=("CHARLIE",))
    assert deed(apply(world, made, [stays("HUSH")], to=()), MessageSaid) == []


def test_a_record_of_versions_that_are_not_there_is_not_believed() -> None:
    world = by_a_river()
    body = RepositionRecorded(
        object="RIVER", side="right", version=1, from_us=world.now_us, post="desk",
        moves=(IntentMove(intent="W", version_before=1, version_after=7, how="lateral"),),
    )  # fmt: skip
    key = write_as(world, "BRAVO", body)
    world.run(2)
    (move,) = reposition_shown(of(world), key).moves
    assert (move.before, move.after) == (None, None), "W is ALFA's: BRAVO speaks of its own alone"
    with pytest.raises(InputFault, match="held here"):
        reposition_shown(of(world), (key[0], key[1] + 99))


# ---- what is told of it afterwards, and how long it looks ----------------------------------------


@pytest.mark.parametrize("later", [True, False])
def test_a_zone_that_shrinks_after_we_moved_is_as_it_was_or_is_said_not_to_be_known(later) -> None:
    world = by_a_river()
    declared(world, "BRAVO", "Q1", lon=37.5, radius_m=9_000.0)
    made = planned(world, "Q1")
    written = apply(world, made, [p.together for p in made.proposals])
    key = key_of(deed(written, RepositionRecorded)[0])
    before = reposition_shown(of(world), key)
    assert before.moves[0].before.word == "touched"
    if later:
        world.run(1)
    declared(world, "BRAVO", "Q1", lon=37.5, radius_m=900.0, version=2)
    assert planned(world, "Q1").touched.version == 2
    after = reposition_shown(of(world), key)
    if later:
        assert after == before, "what counted then still counts for it"
        return
    # Dated as of the very instant of the act: which of the two counted stands in no log.
    assert after.object_word == "version 1 counted then, version 2 is known here for that time"
    assert {after.moves[0].before.word, after.moves[0].after.word} == {"not known"}


def test_a_line_of_ten_thousand_vertices_is_looked_at_within_bounds() -> None:
    steps = 10_000
    vertices = tuple(
        Position(lat_deg=36.0 - 2.0 * n / steps, lon_deg=38.0 + 0.01 * (n % 2))
        for n in range(steps)
    )
    line = Boundary(id="LONG", vertices=vertices)
    asked = []

    def field(at, reach_m):
        asked.append(at)
        answer = side_of(line, at, reach_m)
        word = {"right": "in", "left": "out"}
        return msgspec.structs.replace(
            answer, nominal=word[answer.nominal], decided=word.get(answer.decided, "undecided")
        )

    far = Corridor(vertices=(Position(lat_deg=35.5, lon_deg=39.0),
                             Position(lat_deg=34.5, lon_deg=39.0)), width_m=5_000.0)  # fmt: skip
    along = Corridor(vertices=(Position(lat_deg=35.9, lon_deg=38.04),
                               Position(lat_deg=34.1, lon_deg=38.04)), width_m=5_000.0)  # fmt: skip
    assert cover(field, far).word == "clear"
    assert len(asked) < 20
    asked.clear()
    found = cover(field, along, quick=True, tests_max=60)
    assert found.because == "more than 60 questions: not looked through"
    assert (found.word, len(asked)) == ("undecided", 60)


# ---- against a slow twin ------------------------------------------------------------------------


@pytest.mark.row("A19")
@pytest.mark.parametrize("seed", range(40))
def test_every_proposed_move_is_free_by_the_plain_test_and_no_smaller_delay_is(seed) -> None:
    """The twin compares every volume with every other, with neither index nor boxes."""
    chance, world = random.Random(seed), world_of()
    for number in range(9):
        party = "ALFA" if number < 5 else "BRAVO"
        low = chance.choice((1_000.0, 1_500.0, 3_000.0))
        file(world, intent(
            world, party, f"I{number}", lat=35.0 + chance.uniform(-0.15, 0.15),
            lon=38.0 + chance.uniform(-0.15, 0.15), start_s=chance.choice((600, 900, 1_800)),
            low=low, high=low + 900.0, radius_m=chance.uniform(1_000.0, 5_000.0),
        ))  # fmt: skip
    unsure_m = chance.choice((0.0, 1_500.0))
    radius_m = chance.uniform(3_000.0, 12_000.0)
    to_us = world.now_us + chance.choice((3_000, 9_000)) * SECOND_US
    declared(
        world, "ALFA", "Q1", radius_m=radius_m, uncertainty_m=unsure_m, upper=amsl(3_200.0),
        to_us=to_us,
    )  # fmt: skip
    made = planned(world, "Q1")
    area = Circle(centre=Position(lat_deg=35.0, lon_deg=38.0), radius_m=radius_m + unsure_m)
    zone = Volume4D(shape=area, upper=amsl(3_200.0), from_us=made.touched.from_us, to_us=to_us)
    everybody = {**standing(world, "ALFA"), **standing(world, "BRAVO")}
    places = {name: view.intent.volumes for name, view in everybody.items()}

    def free(moved, where):
        others = [v for name, vs in where.items() if name != moved.id for v in vs] + [zone]
        return not any(overlap(v, other) for v in moved.volumes for other in others)

    touching = {n for n in places if n in standing(world, "ALFA")
                and any(overlap(v, zone) for v in places[n])}  # fmt: skip
    assert {e.intent for e in made.touched.intents} == touching
    later = dict(places)
    for proposal in made.proposals:
        before = everybody[proposal.touched.intent].intent
        for option in proposal.options:
            if option.move is not None:
                assert free(move_of(option.move).of(before), places)
            if option.how == "time":
                limits = norms().intent
                found_s = option.move.delay_s if option.move else limits.delay_max_s + 1
                for delay_s in range(limits.delay_step_s, found_s, limits.delay_step_s):
                    assert not free(Move(delay_s=delay_s).of(before), places)
        if proposal.together is not None:
            moved = move_of(proposal.together).of(before)
            assert free(moved, later)
            later[before.id] = moved.volumes
    chosen = [p.together for p in made.proposals if p.together is not None]
    if chosen:
        assert deed(apply(world, made, chosen), RepositionRecorded)


def test_a_peer_neither_writes_our_records_out_of_the_list_nor_rows_into_it() -> None:
    world = by_a_river()
    made = planned(world, "RIVER", side="right")
    (ours,) = deed(apply(world, made, [stays("W")]), RepositionRecorded)
    world.run(1)
    body = RepositionRecorded(
        object="RIVER\nALFA at once", side="right", version=1, from_us=world.now_us, post="desk",
        moves=tuple(
            IntentMove(intent=f"N{n}", version_before=1, version_after=1, how="unchanged")
            for n in range(MOVES_SHOWN_MAX + 1)
        ),
        text="done\nRUS moved\x1b[2J",
    )  # fmt: skip
    key = write_as(world, "BRAVO", body)
    for _ in range(SHOWN_MAX + 1):
        write_as(world, "BRAVO", msgspec.structs.replace(body, moves=()))
    world.run(5)
    listed = reposition_rows(of(world))
    assert [row.key for row in listed if row.party == "ALFA"] == [key_of(ours)]
    assert len(listed) == SHOWN_MAX + 1
    shown = reposition_shown(of(world), key)
    assert (len(shown.moves), shown.more) == (MOVES_SHOWN_MAX, 1)
    lines = [*shown_lines(shown), *(row_line(row) for row in listed)]
    assert all("\n" not in line for line in lines)
    assert "not known here" in shown.object_word
