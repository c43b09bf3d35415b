from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.node.custody_bodies import ClockMeasured
from parley.node.entries import LogName, Seen
from parley.review.times import Cosigned, LogPart, Receipted, Timeline, measured_offsets, read_part
from parley.world.faults import InputFault
from review.logkit import SECOND_US, World, at, origin

PARTIES = ("ALFA", "BRAVO", "CHARLIE")
ALFA, BRAVO = origin("ALFA"), origin("BRAVO")


def exchange() -> World:
    """ALFA says something between an entry of BRAVO that it saw and BRAVO's cosignature."""
    world = World()
    world.say("BRAVO", at("09:00:00"), to="ALFA")
    world.cosign("ALFA", at("09:00:01"))
    world.say("ALFA", at("09:00:05"))
    world.cosign("BRAVO", at("09:00:07"))
    return world


def test_an_entry_lies_between_the_head_its_writer_saw_and_the_cosignature_over_it():
    bounds = exchange().timeline().bounds(ALFA, 1)
    assert bounds.claimed_us == at("09:00:05")
    assert bounds.not_before_us == at("09:00:00")
    assert (bounds.earliest[0].party, bounds.earliest[0].origin) == ("BRAVO", BRAVO)
    assert bounds.earliest[0].index == 1
    # A cosignature's second is rounded down when it is written: the whole second is allowed.
    assert bounds.not_after_us == at("09:00:07") + SECOND_US - 1
    assert bounds.latest[0].basis == "cosignature"
    assert bounds.doubts == ()
    text = "\n".join(bounds.lines())
    assert f"not before 2026-06-20T09:00:00Z  BRAVO, by its entry 1 of {BRAVO}" in text
    assert "claimed    2026-06-20T09:00:05Z" in text


def test_what_was_seen_before_bounds_later_entries_too_and_nothing_earlier():
    world = exchange()
    world.say("ALFA", at("09:30:00"), seen={})
    timeline = world.timeline()
    assert timeline.bounds(ALFA, 2).not_before_us == at("09:00:00")
    assert timeline.bounds(BRAVO, 0).not_before_us is None


def test_a_receipt_or_an_entry_of_another_that_saw_it_can_be_the_earliest_word():
    world = exchange()
    world.receipt("BRAVO", at("09:00:06"), (ALFA, 1))
    bounds = world.timeline().bounds(ALFA, 1)
    assert (bounds.not_after_us, bounds.latest[0].basis) == (at("09:00:06"), "receipt")
    # A receipt is for one entry, not for those before it.
    assert world.timeline().bounds(ALFA, 0).latest[0].basis == "cosignature"
    world.cosigned.clear()
    world.receipts.clear()
    world.say("BRAVO", at("09:01:00"), to="ALFA")
    bounds = world.timeline().bounds(ALFA, 1)
    assert (bounds.not_after_us, bounds.latest[0].basis) == (at("09:01:00"), "seen")
    assert bounds.latest[0].because == f"BRAVO, by its entry 2 of {BRAVO}"


def test_nobody_bounds_his_own_entries():
    world = World()
    place = world.say("ALFA", at("09:00:00"))
    world.cosigned.append(Cosigned(origin=ALFA, size=2, party="ALFA", time_s=1))
    world.receipt("ALFA", at("09:00:01"), place)
    world.say("ALFA", at("09:00:02"), seen={ALFA: Seen(size=2, root="00")})
    bounds = world.timeline().bounds(*place)
    assert (bounds.earliest, bounds.latest) == ((), ())
    assert "nobody else says that it held it" in "\n".join(bounds.lines())


def test_a_backdated_claim_is_named_with_whose_word_is_against_it():
    world = exchange()
    place = world.say("ALFA", at("10:00:00"), claimed_us=at("08:00:00"))
    doubts = world.timeline().bounds(*place).doubts
    assert len(doubts) == 1
    assert doubts[0].startswith(
        "claimed outside its bounds: backdated, not before 2026-06-20T09:00:00Z"
    )
    assert "BRAVO" in doubts[0]


def test_a_postdated_claim_is_named_with_whose_word_is_against_it():
    world = exchange()
    place = world.say("ALFA", at("10:00:00"), claimed_us=at("12:00:00"))
    world.cosign("BRAVO", at("10:00:01"))
    doubts = world.timeline().bounds(*place).doubts
    assert len(doubts) == 1
    assert doubts[0].startswith(
        "claimed outside its bounds: postdated, not after 2026-06-20T10:00:01"
    )


def test_two_words_that_cannot_both_be_true_are_named():
    world = exchange()
    world.cosigned.append(
        Cosigned(origin=ALFA, size=2, party="CHARLIE", time_s=at("08:00:00") // SECOND_US)
    )
    doubts = world.timeline().bounds(ALFA, 1).doubts
    assert "the bounds contradict each other" in doubts[0]
    assert "CHARLIE" in doubts[0]
    assert "BRAVO" in doubts[0]


def test_a_head_with_another_root_than_the_verified_one_bounds_nothing():
    world = World()
    world.say("BRAVO", at("09:00:00"), to="ALFA")
    false = {BRAVO: Seen(size=2, root="ff" * 32)}
    place = world.say("ALFA", at("08:00:00"), seen=false)
    roots = {(BRAVO, 2): world.head(BRAVO, 2).root}
    assert world.timeline().bounds(*place).not_before_us == at("09:00:00")
    assert world.timeline(roots=roots).bounds(*place).not_before_us is None


def test_a_stretch_of_a_log_still_bounds_by_an_older_entry():
    world = World()
    for minute in range(5):
        world.say("BRAVO", at(f"09:0{minute}:00"), to="ALFA")
    world.cosign("ALFA", at("09:05:00"))
    place = world.say("ALFA", at("09:06:00"))
    timeline = Timeline([world.part(ALFA), world.part(BRAVO, 1, 4)])
    assert timeline.bounds(*place).not_before_us == at("09:02:00")
    assert timeline.bounds(*place).earliest[0].index == 3


def test_a_measured_difference_of_clocks_widens_what_rests_on_that_clock():
    world = exchange()
    body = ClockMeasured(party="BRAVO", offset_us=-1_500_000, within_us=500_000, alarm=True)
    world.write("ALFA", at("09:10:00"), body)
    offsets = measured_offsets(world.parts(), by="ALFA")
    assert offsets == {"BRAVO": 2 * SECOND_US}
    assert measured_offsets(world.parts(), by="BRAVO") == {}
    bounds = world.timeline(offsets_us=offsets).bounds(ALFA, 1)
    assert bounds.not_before_us == at("08:59:58")
    assert bounds.not_after_us == at("09:00:10") - 1
    assert "widened 2 s for its clock" in "\n".join(bounds.lines())


def test_what_cannot_be_read_has_bounds_and_no_claim():
    world = exchange()
    world.logs[ALFA].append(b'{"v":1,"type":"mess\\u0061ge.said","nonsense":1}')
    world.logs[ALFA].append(b"\xff not json")
    world.cosign("BRAVO", at("09:20:00"))
    part = world.part(ALFA)
    assert part.types == {2: "message.said"}
    bounds = world.timeline().bounds(ALFA, 2)
    assert (bounds.claimed_us, bounds.not_before_us) == (None, at("09:00:00"))
    assert "unreadable" in "\n".join(bounds.lines())


@pytest.mark.parametrize("place", [(ALFA, 2), (ALFA, -1), (origin("CHARLIE"), 0)])
def test_an_entry_that_is_not_here_is_refused(place):
    with pytest.raises(InputFault):
        exchange().timeline().bounds(*place)


def test_two_stretches_of_one_log_are_refused():
    world = exchange()
    with pytest.raises(InputFault):
        Timeline([world.part(ALFA, 0, 1), world.part(ALFA, 1)])


_ACTS = st.lists(
    st.tuples(
        st.sampled_from(["say", "cosign", "receipt"]),
        st.sampled_from(PARTIES),
        st.sampled_from(PARTIES),
        st.integers(0, 3_000_000),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=60)
@given(_ACTS, st.tuples(*[st.integers(-5_000_000, 5_000_000)] * 3))
def test_honest_parties_always_claim_between_their_bounds(acts, offsets):
    """Within the difference of their clocks; and with true clocks without any widening."""
    for clocks in ((0, 0, 0), offsets):
        world = World(offset_us=dict(zip(PARTIES, clocks, strict=True)))
        now_us = at("09:00:00")
        for act, party, other, after_us in acts:
            now_us += after_us
            if act == "say":
                world.say(party, now_us, to=other)
            elif origin(other) in world.logs and other != party:
                of = origin(other)
                world.cosign(party, now_us, of) if act == "cosign" else world.receipt(
                    party, now_us, (of, len(world.logs[of]) - 1)
                )
        apart_us = max(clocks) - min(clocks)
        timeline = world.timeline(offsets_us=dict.fromkeys(PARTIES, apart_us))
        for name, entries in world.logs.items():
            for index in range(len(entries)):
                bounds = timeline.bounds(name, index)
                assert bounds.doubts == ()
                low = bounds.not_before_us
                high = bounds.not_after_us
                assert low is None or low <= bounds.claimed_us
                assert high is None or bounds.claimed_us <= high


@settings(max_examples=100)
@given(st.lists(st.binary(max_size=80), max_size=5), st.integers(0, 5))
def test_any_bytes_in_a_log_are_read(entries, start):
    part = read_part(ALFA, start, entries)
    timeline = Timeline([part], [Cosigned(origin=ALFA, size=9, party="BRAVO", time_s=5)])
    for index in range(part.start, part.end):
        assert timeline.bounds(ALFA, index).lines()


def test_seen_of_anything_is_only_a_name():
    world = World()
    strange = {
        "": Seen(size=1, root=""),
        "x/y": Seen(size=-4, root="zz"),
        BRAVO: Seen(size=2**53 - 1, root=""),
    }
    place = world.say("ALFA", at("09:00:00"), seen=strange)
    timeline = Timeline(
        [world.part(ALFA), LogPart(origin=BRAVO, entries=())],
        receipts=[Receipted(origin="nowhere", index=0, party="B", at_us=0)],
    )
    assert timeline.bounds(*place).earliest == ()
    assert timeline.mentions["x/y"] == place


def test_parties_of_incarnations_are_the_same_party():
    name = LogName(agreement="AB", party="ALFA", kind="line", year=2026, incarnation=2)
    world = World()
    world.say("ALFA", at("09:00:00"), log=name)
    world.cosigned.append(Cosigned(origin=name.origin, size=2, party="ALFA", time_s=0))
    assert world.timeline().bounds(name.origin, 1).latest == ()
