"""A line at any past instant, as each side could know it then: certain, and perhaps."""

from __future__ import annotations

import msgspec
import pytest
from nodekit import do, pair, write_as
from simstory import agreement_of, three
from simworld import SECOND_US, START_US, SimWorld

from node.test_lines import attend, declare, good_test, side, vector
from parley.node.entries import LineDeclared, LogName
from parley.node.inputs import BePresent, DeclareLine, TestLine
from parley.node.line_bodies import LinkObserved
from parley.node.rules.line_evidence import Sight
from parley.node.rules.line_history import known_by, line_changes, line_vector_at
from parley.node.rules.lines import vector_by
from parley.world.faults import InputFault
from parley.world.norms import norms
from parley.world.time import format_instant


def at(world: SimWorld, holder: str, viewer: str, at_us: int, name: str = "AB"):
    """Return the past as one node computes it for one side."""
    state = world.node(holder).state
    agreement = state.identity.agreements[name]
    return line_vector_at(state, agreement, agreement.lines[0], at_us, viewer)


def changes(world: SimWorld, holder: str, viewer: str, from_us: int = START_US):
    state = world.node(holder).state
    agreement = state.identity.agreements["AB"]
    return line_changes(state, agreement, agreement.lines[0], from_us, world.now_us, viewer)


def heard(world: SimWorld) -> None:
    """Let both write something within a moment: it proves what they have seen by then."""
    world.run(1)
    attend(world)
    world.run(60)


def agreement_word(past, party: str) -> tuple[str, str]:
    sides = [next(s for s in v.sides if s.party == party) for v in (past.certain, past.perhaps)]
    return sides[0].agreement, sides[1].agreement


@pytest.mark.row("R1", "S3", "S4")
def test_suspended_resumed_and_suspended_again_stand_on_one_timeline_in_each_sides_words() -> None:
    """2017 in seconds: off after the strike of April, on again, off on 19 June; the link was up."""
    world = pair()
    attend(world)
    good_test(world)
    world.run(20)
    first_us = world.now_us + 5 * SECOND_US
    off = declare(world, "BRAVO", "suspended", effective_us=first_us, reason="the strike of April")
    heard(world)
    resumed_us = world.now_us
    declare(world, "BRAVO", "in force", reason="talks between the staffs")
    heard(world)
    again_us = world.now_us
    declare(world, "BRAVO", "suspended", effective_us=again_us, reason="the loss of 18 June")
    heard(world)
    for holder in ("ALFA", "BRAVO"):
        for viewer in ("ALFA", "BRAVO"):
            told = changes(world, holder, viewer)
            words = [(c.before, c.after) for c in told.changes]
            assert words[-3:] == [
                ("OPEN", "SUSPENDED"), ("SUSPENDED", "OPEN"), ("OPEN", "SUSPENDED"),
            ], (holder, viewer)  # fmt: skip
            assert told.changes[-3].came == ("agreement suspended by BRAVO",)
            assert told.changes[-2].gone == ("agreement suspended by BRAVO",)
    told = changes(world, "ALFA", "BRAVO")
    assert [c.at_us for c in told.changes[-3:]] == [first_us, resumed_us, again_us]
    assert told.changes[-3].by == (off,), "at its effect time, and the act is named"
    for at_us, word, reason in (
        (first_us + SECOND_US, "suspended", "the strike of April"),
        (resumed_us + SECOND_US, "in force", "talks between the staffs"),
        (again_us + SECOND_US, "suspended", "the loss of 18 June"),
    ):
        past = at(world, "ALFA", "BRAVO", at_us)
        found = next(s for s in past.certain.sides if s.party == "BRAVO")
        assert (found.agreement, found.agreement_reason) == (word, reason)
        assert next(s for s in past.certain.sides if s.party == "ALFA").agreement == "in force"
        # Declared, and all the while reachable: two facts.
        assert next(s for s in past.certain.sides if s.party == "ALFA").link == "up"


@pytest.mark.row("R1")
def test_declared_and_unreachable_stay_two_facts_when_both_hold() -> None:
    world = pair()
    declare(world, "BRAVO", "suspended", effective_us=world.now_us, reason="policy")
    world.run(5)
    world.partition("ALFA", "BRAVO", seconds=300)
    world.run(60)
    now = vector(world, "ALFA")
    assert now.glance == "DOWN"
    assert now.missing[:2] == ("agreement suspended by BRAVO", "link to BRAVO down")
    assert side(world, "ALFA", "BRAVO").agreement == "suspended"
    down_us = world.now_us
    world.run(300)
    past = at(world, "ALFA", "ALFA", down_us)
    assert past.certain.glance == "DOWN"
    assert past.certain.missing[:2] == ("agreement suspended by BRAVO", "link to BRAVO down")
    assert vector(world, "ALFA").glance == "SUSPENDED", "reachable again, and still declared"


@pytest.mark.row("R1")
def test_a_side_knew_an_act_surely_only_from_its_own_entry_that_saw_it() -> None:
    world = pair()
    heard(world)
    world.partition("ALFA", "BRAVO", seconds=400)
    world.run(1)
    said_us = world.now_us
    declare(world, "BRAVO", "suspended", effective_us=said_us)
    world.run(500)
    do(world, "ALFA", BePresent(agreement="AB", line="LINE-AB", post="desk"))
    world.run(5)
    for holder in ("ALFA", "BRAVO"):
        assert agreement_word(at(world, holder, "BRAVO", said_us + SECOND_US), "BRAVO") == (
            "suspended", "suspended",
        )  # fmt: skip
        for after_s in (1, 300):
            past = at(world, holder, "ALFA", said_us + after_s * SECOND_US)
            assert agreement_word(past, "BRAVO") == ("in force", "suspended"), holder
            (besides,) = [b for b in past.besides if b.type == "line.declared"]
            assert besides.written_us == said_us
            assert besides.known_us > said_us + 390 * SECOND_US, "the link was cut until then"
        past = at(world, holder, "ALFA", besides.known_us)
        assert agreement_word(past, "BRAVO") == ("suspended", "suspended")
        assert [b for b in past.besides if b.type == "line.declared"] == []


@pytest.mark.row("R1")
def test_what_a_side_never_provably_had_is_never_certain() -> None:
    world = pair()
    heard(world)
    world.cut |= {("BRAVO", "ALFA"), ("ALFA", "BRAVO")}
    said_us = world.now_us
    declare(world, "BRAVO", "suspended", effective_us=said_us)
    world.run(3600)
    past = at(world, "BRAVO", "ALFA", world.now_us)
    assert agreement_word(past, "BRAVO") == ("in force", "suspended")
    (besides,) = [b for b in past.besides if b.type == "line.declared"]
    assert besides.known_us is None


@pytest.mark.row("R1")
def test_the_link_then_is_what_the_viewer_itself_wrote_and_not_what_is_measured_now() -> None:
    world = pair()
    world.run(20)
    world.partition("ALFA", "BRAVO", seconds=100)
    world.run(60)
    cut_us = world.now_us
    world.run(200)
    assert vector(world, "ALFA").glance == "DEGRADED", "now"
    for viewer, other in (("ALFA", "BRAVO"), ("BRAVO", "ALFA")):
        found = next(s for s in at(world, "ALFA", viewer, cut_us).certain.sides if s.party == other)
        assert (found.link, at(world, "ALFA", viewer, cut_us).certain.glance) == ("down", "DOWN")
    before = at(world, "ALFA", "ALFA", START_US).certain
    assert next(s for s in before.sides if s.party == "BRAVO").link == "unknown"


@pytest.mark.row("R1")
def test_presence_and_tests_are_as_old_then_as_they_were_then() -> None:
    world = pair()
    attend(world)
    good_test(world)
    world.run(20)
    open_us = world.now_us
    attend(world)
    world.run(1)
    # ALFA has seen that BRAVO is there: that is what makes it certain.
    attend(world)
    world.run(3700)
    now = vector(world, "ALFA")
    assert now.glance == "DEGRADED"
    past = at(world, "ALFA", "ALFA", open_us + SECOND_US)
    assert past.certain.glance == "OPEN"
    machine = past.certain.directions[0].tests[0]
    assert machine.good_us < open_us
    assert now.directions[0].tests[0].good_us > open_us
    told = changes(world, "ALFA", "ALFA", open_us)
    assert (told.first, [c.after for c in told.changes]) == ("OPEN", ["DEGRADED"])
    assert len(told.changes[0].came) == 1
    assert told.changes[0].came[0] in ("ALFA unattended", "BRAVO unattended")
    gone_us = told.changes[0].at_us
    assert open_us + 600 * SECOND_US < gone_us < open_us + 602 * SECOND_US, "ten minutes later"
    assert told.changes[0].by == (), "time alone"


@pytest.mark.row("R1")
def test_at_the_present_the_past_says_what_the_vector_says() -> None:
    world = pair()
    attend(world)
    good_test(world)
    declare(world, "BRAVO", "suspended", effective_us=world.now_us)
    world.run(20)
    attend(world)
    world.run(2)
    for viewer in ("ALFA", "BRAVO"):
        here = vector(world, viewer)
        past = at(world, viewer, viewer, world.now_us).perhaps
        assert (past.glance, past.missing) == (here.glance, here.missing)
        assert [w.tests for w in past.directions] == [w.tests for w in here.directions]
        assert [w.messages_24h for w in past.directions] == [
            w.messages_24h for w in here.directions
        ]


@pytest.mark.row("R1")
def test_a_rival_that_dates_its_act_back_changes_no_past() -> None:
    world = pair()
    do(world, "BRAVO", BePresent(agreement="AB", line="LINE-AB", post="desk"))
    world.run(300)
    do(world, "BRAVO", BePresent(agreement="AB", line="LINE-AB", post="desk"))
    spoken_us = world.now_us
    body = LineDeclared(
        line="LINE-AB", value="suspended", effective_us=START_US, post="desk", reason="always was"
    )
    write_as(world, "BRAVO", body, issued_us=START_US + SECOND_US)
    world.run(20)
    for viewer in ("ALFA", "BRAVO"):
        past = at(world, "ALFA", viewer, spoken_us - SECOND_US)
        assert agreement_word(past, "BRAVO") == ("in force", "in force")
    assert side(world, "ALFA", "BRAVO").agreement == "suspended"
    assert side(world, "ALFA", "BRAVO").agreement_since_us >= spoken_us


@pytest.mark.row("R1")
def test_what_is_for_others_only_a_side_is_not_said_to_have_known() -> None:
    world = pair(three())
    scope = world.node("BRAVO").state.scope("ABC")
    entry = next(iter(scope.line.links[("BRAVO", "ALFA")].values()))
    narrow = msgspec.structs.replace(entry, audience=("BRAVO", "CHARLIE"))
    assert known_by(scope, "BRAVO")(narrow) is not None
    assert known_by(scope, "ALFA")(narrow) is None
    assert isinstance(entry.body, LinkObserved)
    assert entry.log == LogName(agreement="ABC", party="BRAVO", kind="line", year=2026)


def test_a_stranger_and_a_window_turned_round_are_refused() -> None:
    world = pair()
    with pytest.raises(InputFault, match="viewer is NOBODY, wanted one of ALFA, BRAVO"):
        at(world, "ALFA", "NOBODY", START_US)
    with pytest.raises(InputFault, match="its beginning first"):
        changes(world, "ALFA", "ALFA", world.now_us + SECOND_US)


def test_a_window_in_which_too_much_happened_is_asked_for_in_parts(monkeypatch) -> None:
    monkeypatch.setattr("parley.node.rules.line_history.INSTANTS_MAX", 3)
    world = pair()
    attend(world)
    good_test(world)
    with pytest.raises(InputFault, match="3 at most; ask for a shorter one"):
        changes(world, "ALFA", "ALFA")
    assert format_instant(changes(world, "ALFA", "ALFA", world.now_us).from_us)


def test_an_agreement_of_the_rules_before_has_a_past_too() -> None:
    old = msgspec.structs.replace(agreement_of("AB", ("ALFA", "BRAVO")), rules_version=2)
    world = pair([old])
    act = DeclareLine(
        agreement="AB", line="LINE-AB", post="any", value="suspended", effective_us=world.now_us
    )
    do(world, "BRAVO", act)
    said_us = world.now_us
    world.run(5)
    past = at(world, "ALFA", "BRAVO", said_us)
    assert agreement_word(past, "BRAVO") == ("suspended", "suspended")
    assert past.certain.glance == "DOWN", "no link was ever written down under these rules"


@pytest.mark.row("R1")
@pytest.mark.parametrize("viewer", ["ALFA", "BRAVO"])
def test_the_changes_are_those_that_a_look_at_each_second_finds(viewer) -> None:
    """Which instants may matter is worked out; here none is left out."""
    world = pair()
    attend(world)
    good_test(world)
    world.run(50)
    declare(world, "BRAVO", "suspended", reason="by notice")
    world.run(70 + norms().line.suspension_margin_s)
    attend(world)
    declare(world, "BRAVO", "in force")
    world.run(2)
    attend(world)
    world.partition("ALFA", "BRAVO", seconds=90)
    world.run(30)
    do(world, "ALFA", TestLine(agreement="AB", line="LINE-AB", post="desk"))
    world.run(200)
    good_test(world)
    attend(world)
    world.run(800)
    start_us = START_US + SECOND_US
    told = changes(world, "BRAVO", viewer, start_us)
    looked = []
    state = world.node("BRAVO").state
    agreement = state.identity.agreements["AB"]
    sight = Sight(viewer, known_by(state.scope("AB"), viewer))
    for at_us in range(start_us, world.now_us, SECOND_US):
        word = vector_by(state, agreement, agreement.lines[0], at_us, sight).glance
        if not looked or looked[-1][1] != word:
            looked.append((at_us, word))
    found = [(told.from_us, told.first), *((c.at_us, c.after) for c in told.changes)]
    lasting = [
        each for each, (next_us, _) in zip(found, [*found[1:], (world.now_us, "")], strict=True)
        if next_us - each[0] > SECOND_US
    ]  # fmt: skip
    assert [word for _, word in looked] == [word for _, word in lasting]
    assert all(0 <= at - us <= SECOND_US for (at, _), (us, _) in zip(looked, lasting, strict=True))
    assert {word for _, word in looked} == {"OPEN", "DEGRADED", "SUSPENDED", "DOWN"}
