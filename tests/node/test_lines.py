from __future__ import annotations

import msgspec
import pytest
from nodekit import do, pair, say, thread
from simstory import agreement_of, three
from simworld import SECOND_US, START_US, SimWorld

from parley.node.entries import MessageSaid
from parley.node.inputs import Answer, BePresent, DeclareLine
from parley.node.rules.lines import line_vector
from parley.world.faults import InputFault
from parley.world.time import Interval


def vector(world: SimWorld, party: str, name: str = "AB"):
    state = world.node(party).state
    agreement = state.identity.agreements[name]
    return line_vector(state, agreement, agreement.lines[0], world.now_us)


def side(world: SimWorld, party: str, whose: str):
    return next(s for s in vector(world, party).sides if s.party == whose)


def attend(world: SimWorld) -> None:
    for party in ("ALFA", "BRAVO"):
        do(world, party, BePresent(agreement="AB", line="LINE-AB", post="desk"))


def good_test(world: SimWorld) -> None:
    key = say(world, message_type="line.test", fields={"nonce": "oak elm"})
    world.run(1)
    assert isinstance(thread(world, "BRAVO", key).body, MessageSaid)
    do(world, "BRAVO", Answer(ref=key, post="desk", answer="REPLY", fields={"nonce": "oak elm"}))
    world.run(1)


@pytest.mark.row("S1", "S4")
def test_the_glance_word_names_what_is_missing_until_all_is_there() -> None:
    world = pair()
    assert vector(world, "ALFA").glance == "DEGRADED"
    assert vector(world, "ALFA").missing == ("ALFA unknown", "BRAVO unknown", "test never")
    attend(world)
    world.run(1)
    assert vector(world, "ALFA").missing == ("test never",)
    good_test(world)
    assert (vector(world, "ALFA").glance, vector(world, "BRAVO").glance) == ("OPEN", "OPEN")
    world.run(601)
    assert vector(world, "ALFA").missing == ("ALFA unattended", "BRAVO unattended")


@pytest.mark.row("S3")
def test_one_party_alone_suspends_and_it_is_signed_with_time_and_reason() -> None:
    world = pair()
    do(world, "BRAVO", DeclareLine(
        agreement="AB", line="LINE-AB", post="desk", value="suspended", reason="policy",
    ))  # fmt: skip
    world.run(59)
    assert side(world, "ALFA", "BRAVO").agreement == "in force"
    world.run(2)
    assert vector(world, "ALFA").glance == "SUSPENDED"
    assert side(world, "ALFA", "BRAVO").agreement == "suspended"
    assert side(world, "ALFA", "ALFA").agreement == "in force", "only its own side"
    assert side(world, "ALFA", "BRAVO").link == "up", "declared and unreachable are never mixed"
    origin, index = side(world, "ALFA", "BRAVO").agreement_by
    body = world.node("ALFA").state.scope("AB").line_acts["LINE-AB"][(origin, index)].body
    assert (body.reason, body.immediate) == ("policy", False)
    do(world, "BRAVO", DeclareLine(agreement="AB", line="LINE-AB", post="desk", value="in force"))
    world.run(1)
    assert vector(world, "ALFA").glance == "DEGRADED"


def test_an_immediate_suspension_is_marked_so() -> None:
    world = pair()
    (entry,) = do(world, "BRAVO", DeclareLine(
        agreement="AB", line="LINE-AB", post="desk", value="suspended", effective_us=world.now_us,
    ))  # fmt: skip
    assert entry.body.immediate
    past_us = world.now_us - SECOND_US
    with pytest.raises(InputFault, match="wanted now or later"):
        do(world, "BRAVO", DeclareLine(
            agreement="AB", line="LINE-AB", post="d", value="suspended", effective_us=past_us,
        ))  # fmt: skip


def test_a_silent_peer_is_down_not_suspended_and_each_direction_is_its_own() -> None:
    world = pair()
    attend(world)
    good_test(world)
    world.partition("BRAVO", "ALFA", seconds=1000, one_way=True)
    world.run(45)
    assert vector(world, "ALFA").glance == "DOWN"
    assert side(world, "ALFA", "BRAVO").agreement == "in force"
    assert side(world, "ALFA", "BRAVO").link == "down"


@pytest.mark.row("A12")
def test_a_failed_test_makes_the_line_unverified_at_once() -> None:
    world = pair()
    good_test(world)
    assert vector(world, "ALFA").test == "verified"
    say(world, message_type="line.test", fields={"nonce": "fir"}, answer_within_s=60.0)
    world.run(59)
    assert vector(world, "ALFA").test == "verified"
    world.run(2)
    assert vector(world, "ALFA").test == "unverified"
    good_test(world)
    assert vector(world, "ALFA").test == "verified"


def test_a_wrong_nonce_fails_the_test() -> None:
    world = pair()
    key = say(world, message_type="line.test", fields={"nonce": "oak"})
    world.run(1)
    do(world, "BRAVO", Answer(ref=key, post="desk", answer="REPLY", fields={"nonce": "elm"}))
    world.run(1)
    assert vector(world, "ALFA").test == "unverified"


def test_use_is_counted_each_way() -> None:
    world = pair()
    for _ in range(3):
        say(world)
    world.run(1)
    assert side(world, "BRAVO", "ALFA").used_24h_count == 3
    assert side(world, "BRAVO", "BRAVO").used_last_us is None


def test_a_line_of_three_is_degraded_by_one_lost_end_and_names_it() -> None:
    world = pair(three())
    world.crash("CHARLIE", back_after_s=10_000)
    world.run(60)
    found = vector(world, "ALFA", "ABC")
    assert found.glance == "DEGRADED"
    assert "link to CHARLIE down" in found.missing


def test_an_agreement_that_has_run_out_is_not_in_force() -> None:
    base = agreement_of("AB", ("ALFA", "BRAVO"))
    valid = Interval(from_us=START_US - SECOND_US, to_us=START_US + 60 * SECOND_US)
    world = pair([msgspec.structs.replace(base, valid=valid)])
    world.run(10)
    assert side(world, "ALFA", "BRAVO").agreement == "in force"
    world.run(60)
    assert side(world, "ALFA", "BRAVO").agreement == "not in force"
