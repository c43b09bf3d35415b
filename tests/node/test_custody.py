"""Holds, consents, guarded notices, clocks and refusals: the rules of `rules.custody`."""

from __future__ import annotations

import pytest
from simstory import three

from node.nodekit import do, pair, say, thread, ticked_pair, write_as
from node.peoplekit import (
    AB,
    refused,
)
from parley.node.custody_bodies import (
    ClockMeasured,
    PayloadDestroyed,
    PeerRefused,
)
from parley.node.entries import MessageAnswered, ReadBackChecked
from parley.node.inputs import (
    Answer,
    DestroyPayload,
    GiveConsent,
    LiftHold,
    OpenPayload,
    SetHold,
    WithdrawConsent,
)
from parley.node.rules.custody import (
    REFUSALS_EVERY_US,
    clock_alarm,
    consents,
    destroyed,
    holds_of,
)
from parley.node.rules.hotline import find_thread
from parley.node.snapshots import digest
from parley.node.state import key_of
from parley.world.faults import InputFault

SECOND_US = 1_000_000
WORDS = {"place": "the clinic at the ford", "window": "0600Z to 0700Z"}


# ---- holds and consents -------------------------------------------------------------------------


def test_a_hold_stands_until_it_is_lifted_by_name():
    world = pair()
    do(world, "ALFA", SetHold(**AB, hold="H1", reason="inquiry"))
    do(world, "ALFA", SetHold(**AB, hold="H2", reason="inquiry"))
    refused(world, LiftHold(**AB, hold="H3", reason="x"), "one of H1, H2")
    do(world, "ALFA", LiftHold(**AB, hold="H1", reason="done"))
    world.run(3)
    state = world.node("ALFA").state
    assert holds_of(state, state.scope("AB")) == ["H2"]
    # A hold is for one's own copies.
    other = world.node("BRAVO").state
    assert holds_of(other, other.scope("AB")) == []
    refused(world, LiftHold(**AB, hold="H1", reason="again"), "one of H2")


def test_consent_is_per_addressee_ends_with_its_time_and_is_withdrawn():
    world = pair()
    state = world.node("ALFA").state
    scope = state.scope("AB")
    for addressee in ("ALFA", "CHARLIE"):
        refused(world, GiveConsent(**AB, addressee=addressee), "one of BRAVO")
    until_us = world.now_us + 10 * SECOND_US
    do(world, "ALFA", GiveConsent(**AB, addressee="BRAVO", until_us=until_us))
    assert consents(state, scope, world.now_us) == {"BRAVO"}
    assert consents(state, scope, until_us) == set()
    # What another party consents to is for its own notices.
    world.run(3)
    theirs = world.node("BRAVO").state
    assert consents(theirs, theirs.scope("AB"), world.now_us) == set()
    do(world, "ALFA", GiveConsent(**AB, addressee="BRAVO"))
    do(world, "ALFA", WithdrawConsent(**AB, addressee="BRAVO", reason="asked"))
    assert consents(state, scope, world.now_us) == set()


# ---- guarded notices ----------------------------------------------------------------------------


def notice(world, *, valid_s=60, party="ALFA", to="BRAVO", **changes):
    values = {
        "message_type": "humanitarian.notice",
        "text": "please note",
        "fields": WORDS,
        "valid_until_us": world.now_us + valid_s * SECOND_US,
    } | changes
    return say(world, party, to, **values)


def given(world):
    do(world, "ALFA", GiveConsent(**AB, addressee="BRAVO"))


def words_in(world, party):
    """Whether a word of the notice is in anything that a node has stored."""
    store = world.stores[party]
    every = [e for log in store.logs.values() for e in log]
    every += [o for log in store.opened.values() for o in log.values()]
    every += [o for part in store.parts.values() for o in part.openings.values()]
    return any(word.encode() in data for data in every for word in WORDS.values())


def test_a_notice_wants_consent_and_an_end_and_takes_roger_only():
    world = pair()
    with pytest.raises(InputFault, match="there is consent"):
        notice(world)
    given(world)
    with pytest.raises(InputFault, match="such notices expire"):
        notice(world, valid_until_us=None)
    key = notice(world)
    world.run(3)
    for word in ("WILCO", "UNABLE", "STANDBY", "AFFIRM"):
        answer = Answer(ref=key, post="desk", answer=word, fields=WORDS)
        with pytest.raises(InputFault, match="ROGER"):
            do(world, "BRAVO", answer)
    do(world, "BRAVO", OpenPayload(ref=key, post="desk"))
    do(world, "BRAVO", Answer(ref=key, post="desk", answer="ROGER", fields=WORDS))
    do(world, "ALFA", WithdrawConsent(**AB, addressee="BRAVO"))
    with pytest.raises(InputFault, match="there is consent"):
        notice(world)


def test_a_third_party_holds_the_entry_and_not_a_word_of_it():
    world = pair(three())
    do(world, "ALFA", GiveConsent(agreement="ABC", post="desk", addressee="BRAVO"))
    key = notice(world, agreement="ABC", line="LINE-ABC")
    world.run(5)
    do(world, "BRAVO", OpenPayload(ref=key, post="desk"))
    do(world, "BRAVO", Answer(ref=key, post="desk", answer="ROGER", fields=WORDS))
    world.run(5)
    third = world.node("CHARLIE").state
    assert third.log(key[0]).tree.size > key[1]
    assert third.scope("ABC").sealed[key].body is None
    assert not words_in(world, "CHARLIE")
    assert words_in(world, "BRAVO")
    assert thread(world, "ALFA", key).checks
    digests = {digest(world.node(p).state.scope("ABC")) for p in ("ALFA", "BRAVO", "CHARLIE")}
    assert len(digests) == 1


def test_each_opening_is_written_into_the_private_log_which_stays():
    world = pair()
    given(world)
    key = notice(world)
    world.run(3)
    for purpose in ("to read it back", ""):
        (entry,) = [
            e
            for e in do(world, "BRAVO", OpenPayload(ref=key, post="desk", purpose=purpose))
            if e.type == "payload.opened"
        ]
        assert (entry.log.kind, entry.ref[0].key) == ("private", key)
    world.run(15)
    assert entry.log.origin in world.stores["BRAVO"].logs
    assert entry.log.origin not in world.stores["ALFA"].logs
    # Its heads do leave: what was opened cannot be unsaid later.
    assert world.stores["ALFA"].seen_heads.get(entry.log.origin)
    plain = say(world)
    for act in (OpenPayload, DestroyPayload):
        refused(world, act(ref=plain, post="desk"), "a guarded notice")


def test_a_notice_expires_on_both_sides_with_all_that_repeats_it():
    world = pair()
    given(world)
    key = notice(world, valid_s=30)
    world.run(3)
    do(world, "BRAVO", OpenPayload(ref=key, post="desk"))
    do(world, "BRAVO", Answer(ref=key, post="desk", answer="ROGER", fields=WORDS))
    world.run(3)
    assert isinstance(next(iter(thread(world, "ALFA", key).checks.values())).body, ReadBackChecked)
    assert words_in(world, "ALFA")
    assert words_in(world, "BRAVO")
    world.run(40)
    for party in ("ALFA", "BRAVO"):
        state = world.node(party).state
        assert destroyed(state, state.scope("AB"), key)
        assert not words_in(world, party)
        with pytest.raises(InputFault, match="a message held here"):
            find_thread(state, key)
    # A node that starts again from its store believes the same.
    before = digest(world.node("ALFA").state.scope("AB"))
    world.stop("ALFA")
    world.start("ALFA")
    world.run(20)
    assert digest(world.node("ALFA").state.scope("AB")) == before


def test_an_unanswered_notice_that_expires_stops_no_clock():
    """Its thread is awake when its words go: nothing may trip over that."""
    world = pair()
    given(world)
    notice(world, valid_s=5)
    world.run(400)
    state = world.node("ALFA").state
    assert len(state.scope("AB").custody["payload.destroyed"]) == 2
    say(world)
    world.run(300)
    assert [e.type for e in do(world, "ALFA", SetHold(**AB, hold="H", reason="x"))] == ["hold.set"]


def test_a_hold_beats_expiry_and_asking_until_it_is_lifted():
    world = pair()
    given(world)
    do(world, "ALFA", SetHold(**AB, hold="H1", reason="inquiry"))
    key = notice(world, valid_s=5)
    world.run(30)
    assert words_in(world, "ALFA")
    assert not words_in(world, "BRAVO")
    refused(world, DestroyPayload(ref=key, post="desk"), "held by H1")
    do(world, "ALFA", LiftHold(**AB, hold="H1", reason="done"))
    world.run(3)
    assert not words_in(world, "ALFA")


def test_one_partys_destruction_is_of_its_own_copy_only():
    world = pair()
    given(world)
    key = notice(world, valid_s=3600)
    world.run(3)
    do(world, "BRAVO", DestroyPayload(ref=key, post="desk"))
    world.run(5)
    assert not words_in(world, "BRAVO")
    assert words_in(world, "ALFA")
    assert thread(world, "ALFA", key).said is not None
    state = world.node("ALFA").state
    assert not destroyed(state, state.scope("AB"), key)
    with pytest.raises(InputFault, match="a guarded notice"):
        do(world, "BRAVO", DestroyPayload(ref=key, post="desk"))
    # Nobody destroys what is another's: an entry that says so changes nothing here.
    reference = state.reference(key)
    write_as(world, "BRAVO", PayloadDestroyed(why="asked", post="desk"), ref=(reference,))
    world.run(15)
    assert words_in(world, "ALFA")


def test_an_answer_that_comes_after_the_destruction_brings_no_word_back():
    world = pair()
    given(world)
    key = notice(world, valid_s=3600)
    world.run(3)
    do(world, "ALFA", DestroyPayload(ref=key, post="desk"))
    do(world, "BRAVO", OpenPayload(ref=key, post="desk"))
    do(world, "BRAVO", Answer(ref=key, post="desk", answer="ROGER", fields=WORDS))
    world.run(15)
    answers = [e for e in world.node("ALFA").state.scope("AB").sealed.values()
               if e.type == "message.answered"]  # fmt: skip
    assert len(answers) == 1
    assert not words_in(world, "ALFA")
    assert isinstance(
        next(iter(thread(world, "BRAVO", key).answers.values())).body, MessageAnswered
    )


# ---- clocks and refusals ------------------------------------------------------------------------


def clock_entries(world, party):
    every = world.node(party).state.scope("AB").custody.get("clock.measured", {}).values()
    own = sorted((e for e in every if e.log.party == party), key=key_of)
    return [e.body for e in own]


def test_a_clock_a_second_off_alarms_once_and_calms_once():
    world = pair()
    world.run(60)
    state = world.node("ALFA").state
    assert clock_alarm(state, state.scope("AB"), "BRAVO") is None
    quiet = len(clock_entries(world, "ALFA"))
    world.clock_offset_us["BRAVO"] = 1_500_000
    world.run(120)
    alarm = clock_alarm(state, state.scope("AB"), "BRAVO")
    assert alarm is not None
    assert abs(alarm.offset_us - 1_500_000) <= alarm.within_us + 10_000
    assert len(clock_entries(world, "ALFA")) == quiet + 1
    assert clock_alarm(world.node("BRAVO").state, world.node("BRAVO").state.scope("AB"), "ALFA")
    world.clock_offset_us["BRAVO"] = 100_000
    world.run(120)
    assert clock_alarm(state, state.scope("AB"), "BRAVO") is None
    assert [b.alarm for b in clock_entries(world, "ALFA")[quiet:]] == [True, False]
    assert all(isinstance(b, ClockMeasured) for b in clock_entries(world, "ALFA"))


@pytest.mark.parametrize("offset_us", [-900_000, 900_000])
def test_a_clock_less_than_a_second_off_does_not_alarm(offset_us):
    world = pair()
    world.clock_offset_us["BRAVO"] = offset_us
    world.run(120)
    state = world.node("ALFA").state
    assert clock_alarm(state, state.scope("AB"), "BRAVO") is None


def refusals(world):
    every = world.node("ALFA").state.scope("AB").custody.get("peer.refused", {}).values()
    return [e.body for e in sorted(every, key=key_of) if e.log.party == "ALFA"]


def test_refusals_are_written_down_a_minute_at_a_time():
    world = ticked_pair()
    links = world.node("ALFA").state.links
    for number in range(500):
        links.refuse("BRAVO", "quota", f"number {number} " + "x" * 5000)
        if number % 10 == 0:
            world.run(0.1)
    world.run(REFUSALS_EVERY_US / 1e6 + 5)
    found = refusals(world)
    assert sum(body.count for body in found) == 500
    assert len(found) == 2
    assert all(isinstance(body, PeerRefused) and len(body.why) <= 300 for body in found)
    assert links.unlogged == {}


def test_kinds_of_refusal_are_counted_apart():
    world = ticked_pair()
    links = world.node("ALFA").state.links
    links.refuse("BRAVO", "fault", "bad bytes")
    links.refuse("BRAVO", "sealed", "no opening")
    world.run(3)
    assert sorted((b.what, b.count) for b in refusals(world)) == [("fault", 1), ("sealed", 1)]


def test_nobody_says_roger_to_a_notice_that_nobody_there_has_opened():
    world = pair()
    given(world)
    key = notice(world)
    world.run(3)
    act = Answer(ref=key, post="desk", answer="ROGER", fields=WORDS)
    with pytest.raises(InputFault, match="open it first"):
        do(world, "BRAVO", act)
    do(world, "BRAVO", OpenPayload(ref=key, post="desk"))
    assert do(world, "BRAVO", act)
