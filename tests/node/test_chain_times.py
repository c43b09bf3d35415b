"""How long a party needs from a warning to a manoeuvre: measured whole, by no quick word."""

from __future__ import annotations

import pytest
from alertkit import answered, conflict, raise_conflicts, resolved, told
from hypothesis import given
from hypothesis import strategies as st
from nodekit import reference, ticked_pair, write_as
from simkeys import oracle
from simworld import SECOND_US, SimWorld
from test_scale import calls_of, write

from parley.node.agreement_bodies import UnitReceipted
from parley.node.entries import AlertResolved, Draft, MessageAnswered, MessageSaid
from parley.node.rules.chain_times import ChainTime, chain_times, chains, nearest_rank
from parley.node.warning_bodies import AlertMarked
from parley.world.norms import norms

LEAST = norms().alert.chain_samples_least


@pytest.fixture(autouse=True)
def _hashes_for_signatures():
    with oracle():
        yield


def times(world: SimWorld, node: str = "ALFA") -> dict[str, ChainTime]:
    later_us = world.now_us + 86_400 * SECOND_US
    found = chains(world.node(node).state, "AB", ("ALFA", "BRAVO"), later_us)
    return {each.party: each for each in found}


def chain(
    world: SimWorld,
    name: str,
    *,
    party: str = "ALFA",
    both: bool = False,
    seen_s: float = 5,
    answer_s: float | None = 20,
    unit_s: float | None = 10,
    motion_s: float = 60,
    why: str = "no loss predicted",
    status: str = "actual",
    loss_s: float = 900,
) -> None:
    """Play one chain of a party: seen, called, answered, its unit told, resolved by motion."""
    other = "BRAVO" if party == "ALFA" else "ALFA"
    key = _raise(world, name, party, status, loss_s)
    twin = _raise(world, name, other, status, loss_s) if both else None
    world.run(seen_s)
    body = AlertMarked(stage="seen", post="desk")
    _write(world, party, body, (reference(world, party, key),), status)
    message = told(world, key, party, other, status=status)
    world.run(2 if answer_s is None else max(2, answer_s))
    if answer_s is not None:
        answered(world, message, other)
        world.run(2)
    if unit_s is not None:
        world.run(unit_s)
        receipt = UnitReceipted(unit="U1", by="voice", post="desk", at_us=world.now_us)
        _write(world, party, receipt, (reference(world, party, message),), status)
    world.run(motion_s)
    resolved(world, key, why, party=party)
    if twin is not None:
        world.run(2)
        resolved(world, twin, why, party=other)
    world.run(2)


def _raise(world: SimWorld, name: str, party: str, status: str, loss_s: float):
    body = conflict(world, name, loss_s=loss_s)
    (key,) = raise_conflicts(world, body, party=party, status=status)
    world.run(1)
    return key


def _write(world: SimWorld, party: str, body, ref, status: str) -> None:
    draft = Draft(agreement="AB", by="desk", body=body, ref=ref, status=status)
    write(world, party, [draft])


def days_of(world: SimWorld, party: str, took_s: list[int]) -> None:
    """Write closed chains of these lengths into the logs, of the hours to come."""
    other = "BRAVO" if party == "ALFA" else "ALFA"
    for place, each_s in enumerate(took_s):
        at_us = world.now_us + (10 + place * 1000) * SECOND_US
        # The loss of each lies after its end: it is averted.
        body = conflict(world, f"{party}{place}", loss_s=10 + place * 1000 + each_s + 60)
        key = write_as(world, party, body, issued_us=at_us)
        ref = (reference(world, party, key),)
        seen = AlertMarked(stage="seen", post="desk")
        write_as(world, party, seen, ref=ref, issued_us=at_us + SECOND_US)
        said = MessageSaid(line="LINE-AB", message_type="free.text", message_class="SAFETY",
                           answers=("ROGER",))  # fmt: skip
        message = write_as(world, party, said, ref=ref, to=(other,), issued_us=at_us + SECOND_US)
        told_ref = (reference(world, party, message),)
        answer = MessageAnswered(answer="ROGER", post="desk")
        write_as(world, other, answer, ref=told_ref, issued_us=at_us + 2 * SECOND_US)
        receipt = UnitReceipted(unit="U1", by="voice", post="desk", at_us=at_us)
        write_as(world, party, receipt, ref=told_ref, issued_us=at_us + 3 * SECOND_US)
        end = AlertResolved(key=body.key, why="no loss predicted")
        write_as(world, party, end, ref=ref, issued_us=at_us + each_s * SECOND_US)
    world.run(3)


# ---- what is measured ---------------------------------------------------------------------------


def test_without_data_it_is_ten_minutes_and_says_so() -> None:
    world = ticked_pair()
    assert chain_times(world.node("ALFA").state, "AB", ("ALFA", "BRAVO"), world.now_us) == {
        "ALFA": 600, "BRAVO": 600,
    }  # fmt: skip
    assert times(world)["ALFA"].text == f"ALFA 10 min (default: 0 samples of {LEAST})"


def test_one_closed_chain_is_one_sample_of_its_party_alone() -> None:
    world = ticked_pair()
    chain(world, "1")
    assert (times(world)["ALFA"].samples, times(world)["BRAVO"].samples) == (1, 0)
    assert times(world, "BRAVO")["ALFA"].samples == 1, "the other node reads the same logs"
    assert not times(world)["ALFA"].measured


def test_the_whole_from_the_first_alert_to_the_last_resolution_is_measured() -> None:
    """What is measured is the motion, not the marks: they may be as quick as they like."""
    world = ticked_pair()
    begin_us = world.now_us
    chain(world, "1", seen_s=0, answer_s=2, unit_s=2, motion_s=200)
    took_s = (world.now_us - 2 * SECOND_US - begin_us) / SECOND_US
    sample = _sample(world, "ALFA")
    assert sample.took_s == pytest.approx(took_s, abs=1)
    assert sample.closed


def test_where_no_unit_was_told_the_default_share_of_unit_and_crew_is_the_least() -> None:
    world = ticked_pair()
    chain(world, "1", seen_s=5, answer_s=20, unit_s=None, motion_s=10)
    # 1 s until it was raised at both, 5 s seen, 20 s answered, and half of ten minutes.
    assert _sample(world, "ALFA").took_s == pytest.approx(26 + 300, abs=2)


@pytest.mark.parametrize("why", ["not watched any more: no report of A1 for 60 s", "feed changed"])
def test_an_end_that_is_no_motion_closes_no_chain(why: str) -> None:
    world = ticked_pair()
    chain(world, "1", why=why)
    sample = _sample(world, "ALFA")
    assert (sample.closed, sample.took_s) == (False, 600)


def test_a_chain_that_was_begun_and_not_closed_counts_as_the_default_or_longer() -> None:
    world = ticked_pair()
    chain(world, "1", answer_s=None)
    assert _sample(world, "ALFA").took_s == 600
    assert times(world)["ALFA"].unclosed == 1


def test_an_alert_about_which_nobody_called_measures_nothing() -> None:
    world = ticked_pair()
    key = _raise(world, "1", "ALFA", "actual", 900)
    world.run(5)
    resolved(world, key)
    assert times(world)["ALFA"].samples == 0


def test_exercises_are_not_mixed_in() -> None:
    world = ticked_pair()
    chain(world, "1", status="exercise")
    assert times(world)["ALFA"].samples == 0


def test_what_stands_yet_is_no_sample_and_counts_once_it_is_over() -> None:
    world = ticked_pair()
    key = _raise(world, "1", "ALFA", "actual", 900)
    _write(world, "ALFA", AlertMarked(stage="seen", post="desk"),
           (reference(world, "ALFA", key),), "actual")  # fmt: skip
    message = told(world, key)
    world.run(2)
    answered(world, message)
    world.run(2)
    assert times(world)["ALFA"].samples == 0
    resolved(world, key)
    assert times(world)["ALFA"].samples == 1


@pytest.mark.parametrize("count", [LEAST - 1, LEAST])
def test_from_enough_samples_on_it_is_the_p95_by_nearest_rank(count: int) -> None:
    world = ticked_pair()
    took_s = [200 + 10 * n for n in range(count)]
    days_of(world, "ALFA", took_s)
    found = times(world)["ALFA"]
    assert found.samples == count
    assert found.measured == (count >= LEAST)
    assert found.chain_s == (took_s[18] if count >= LEAST else 600), "the 19th of 20"


def test_samples_are_those_of_the_last_days_alone() -> None:
    world = ticked_pair()
    days_of(world, "ALFA", [300] * LEAST)
    assert times(world)["ALFA"].measured
    later_us = world.now_us + (norms().alert.chain_days + 2) * 86_400 * SECOND_US
    (found,) = chains(world.node("ALFA").state, "AB", ["ALFA"], later_us)
    assert (found.samples, found.chain_s) == (0, 600)


def test_a_restart_measures_the_same() -> None:
    world = ticked_pair()
    chain(world, "1")
    before = times(world)
    world.stop("ALFA")
    world.start("ALFA")
    assert times(world) == before


# ---- what somebody with valid keys does ---------------------------------------------------------


def test_quick_marks_do_not_shorten_a_chain() -> None:
    """BRAVO marks and answers at once whatever ALFA raises: ALFA's chain is its own whole."""
    world = ticked_pair()
    chain(world, "1", both=True, seen_s=0, answer_s=2, unit_s=2, motion_s=150)
    assert _sample(world, "ALFA").took_s >= 150
    assert times(world)["BRAVO"].samples in (0, 1)


def test_a_party_does_not_end_a_chain_before_the_other_has_ended_its_own() -> None:
    """BRAVO says at once that the conflict is over; ALFA's node sees it stand for minutes."""
    world = ticked_pair()
    ours = _raise(world, "1", "ALFA", "actual", 900)
    theirs = _raise(world, "1", "BRAVO", "actual", 900)
    body = AlertMarked(stage="seen", post="desk")
    _write(world, "BRAVO", body, (reference(world, "BRAVO", theirs),), "actual")
    message = told(world, theirs, "BRAVO", "ALFA")
    world.run(2)
    answered(world, message, "ALFA")
    world.run(2)
    resolved(world, theirs, party="BRAVO")
    world.run(3)
    assert times(world)["BRAVO"].samples == 0, "it is not over while ALFA's stands"
    world.run(180)
    resolved(world, ours)
    assert _sample(world, "BRAVO").took_s >= 180


def test_a_peers_word_makes_our_own_chain_no_longer_and_ours_ends_by_our_own_node() -> None:
    """BRAVO raises the same long before ALFA's node does, and never ends it."""
    world = ticked_pair()
    _raise(world, "1", "BRAVO", "actual", 900)
    world.run(400)
    chain(world, "1", seen_s=5, answer_s=10, unit_s=5, motion_s=100)
    sample = _sample(world, "ALFA")
    assert sample.closed
    assert sample.took_s < 200


@pytest.mark.parametrize("answer_s", [2, None])
def test_no_chain_is_longer_than_the_look_ahead(answer_s) -> None:
    world = ticked_pair()
    longest_s = norms().alert.lookahead_long_s
    chain(world, "1", answer_s=answer_s, motion_s=longest_s + 300, loss_s=2 * longest_s)
    sample = _sample(world, "ALFA")
    assert (sample.took_s, sample.closed) == (longest_s, answer_s is not None)


def test_chains_made_up_in_a_second_come_to_no_less_than_the_short_term_time() -> None:
    world = ticked_pair()
    days_of(world, "BRAVO", [4] * LEAST)
    found = times(world)["BRAVO"]
    assert (found.measured, found.chain_s) == (True, norms().alert.short_term_s)
    assert times(world)["ALFA"].chain_s == 600, "and shorten nobody else's"


def test_a_message_of_a_machine_uses_no_line() -> None:
    world = ticked_pair()
    key = _raise(world, "1", "ALFA", "actual", 900)
    ref = (reference(world, "ALFA", key),)
    said = MessageSaid(line="LINE-AB", message_type="free.text", message_class="SAFETY")
    write(world, "ALFA", [Draft(agreement="AB", by="system", to=("BRAVO",), ref=ref, body=said)])
    resolved(world, key)
    assert times(world)["ALFA"].samples == 0


def test_a_look_costs_what_changed_and_not_what_ever_was() -> None:
    counts = []
    for many in (3, 12):
        world = ticked_pair()
        days_of(world, "ALFA", [300] * many)
        state = world.node("ALFA").state
        times(world)
        chain_times(state, "AB", ["ALFA"], world.now_us)
        counts.append(calls_of(lambda s=state, w=world: chain_times(s, "AB", ["ALFA"], w.now_us)))
    assert counts[1] == counts[0]


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=60), st.floats(0.01, 1.0))
def test_the_nearest_rank_is_the_least_value_that_covers_the_share(values, share) -> None:
    ordered = sorted(values)
    found = nearest_rank(ordered, share)
    assert sum(v <= found for v in ordered) >= share * len(ordered) - 1e-9
    below = [v for v in ordered if v < found]
    assert len(below) < share * len(ordered) + 1e-9


def _sample(world: SimWorld, party: str):
    times(world)
    index = world.node("ALFA").state.scope("AB").index.views["chain times"][1]
    (sample,) = (each for each in index.samples.values() if each.party == party)
    return sample
