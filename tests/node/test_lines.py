from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nodekit import do, pair, say, ticked_pair, write_as
from simkeys import oracle
from simstory import agreement_of, three
from simworld import SECOND_US, START_US, SimWorld

from node.peoplekit import enrolled, person
from parley.app.cli.replay import read_scenario
from parley.node.entries import LineDeclared, MessageSaid, PresenceDeclared
from parley.node.inputs import (
    Answer,
    BePresent,
    DeclareLine,
    EnrolOperator,
    SignAct,
    TestLine,
    Tick,
)
from parley.node.line_bodies import ActRefused, CallLogged, LinkObserved
from parley.node.rules.line_evidence import Sight, acts_on, suspended_by
from parley.node.rules.line_links import newest_link, ups_since_us
from parley.node.rules.lines import line_vector
from parley.node.state import key_of, rank_of
from parley.trust.statements import sign_act
from parley.world.agreement import LineEnd
from parley.world.faults import InputFault
from parley.world.time import Interval

EXAMPLES = Path(__file__).parents[2] / "examples"


def vector(world: SimWorld, party: str, name: str = "AB"):
    state = world.node(party).state
    agreement = state.identity.agreements[name]
    return line_vector(state, agreement, agreement.lines[0], world.now_us)


def side(world: SimWorld, party: str, whose: str):
    return next(s for s in vector(world, party).sides if s.party == whose)


def attend(world: SimWorld) -> None:
    for party in ("ALFA", "BRAVO"):
        do(world, party, BePresent(agreement="AB", line="LINE-AB", post="desk"))


def person_test(world: SimWorld, party: str = "ALFA", to: str = "BRAVO", name: str = "AB") -> None:
    """Let a person test a line, and a person at the other end read the words back."""
    line = f"LINE-{name}"
    written = do(world, party, TestLine(agreement=name, line=line, post="desk", to=(to,)))
    entry = next(e for e in written if isinstance(e.body, MessageSaid) and e.by == "desk")
    world.run(1)
    fields = {"nonce": entry.body.fields["nonce"]}
    do(world, to, Answer(ref=key_of(entry), post="desk", answer="REPLY", fields=fields))
    world.run(1)


def good_test(world: SimWorld) -> None:
    """Let people test the line both ways; their nodes' first tests come with it."""
    person_test(world)
    person_test(world, "BRAVO", "ALFA")


@pytest.mark.row("S1", "S4")
def test_the_glance_word_names_what_is_missing_until_all_is_there() -> None:
    world = pair()
    assert vector(world, "ALFA").glance == "DEGRADED"
    assert vector(world, "ALFA").missing == ("ALFA unknown", "BRAVO unknown", "test never")
    attend(world)
    world.run(1)
    assert vector(world, "ALFA").missing == ("test never",)
    person_test(world)
    assert vector(world, "ALFA").missing == (
        "person test BRAVO to ALFA never", "machine test BRAVO to ALFA never",
    )[::-1], "each way and each kind for itself"  # fmt: skip
    person_test(world, "BRAVO", "ALFA")
    assert (vector(world, "ALFA").glance, vector(world, "BRAVO").glance) == ("OPEN", "OPEN")
    world.run(601)
    assert vector(world, "ALFA").missing == ("ALFA unattended", "BRAVO unattended")


@pytest.mark.row("S3")
def test_one_party_alone_suspends_and_it_is_signed_with_time_and_reason() -> None:
    world = pair()
    do(world, "BRAVO", DeclareLine(
        agreement="AB", line="LINE-AB", post="desk", value="suspended", reason="policy",
    ))  # fmt: skip
    world.run(119)
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
            agreement="AB", line="LINE-AB", post="desk", value="suspended", effective_us=past_us,
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


def age(world: SimWorld, party: str, sender: str, kind: str):
    ways = vector(world, party).directions
    way = next(w for w in ways if w.sender == sender)
    return next(each for each in way.tests if each.kind == kind)


@pytest.mark.row("R1", "R3")
def test_a_failed_test_makes_its_way_unverified_at_once_and_no_other() -> None:
    world = pair()
    good_test(world)
    assert vector(world, "ALFA").test == "verified"
    do(world, "ALFA", TestLine(agreement="AB", line="LINE-AB", post="desk"))
    world.run(59)
    assert vector(world, "ALFA").test == "verified"
    world.run(3)
    assert vector(world, "ALFA").test == "unverified"
    assert vector(world, "ALFA").missing[-1] == "person test ALFA to BRAVO unverified"
    assert age(world, "BRAVO", "ALFA", "person").word == "unverified"
    assert age(world, "ALFA", "BRAVO", "person").word == "verified"
    person_test(world)
    assert vector(world, "ALFA").test == "verified"


@pytest.mark.row("R3")
def test_a_wrong_nonce_fails_the_test() -> None:
    world = pair()
    key = say(world, message_type="line.test", fields={"nonce": "oak"})
    world.run(1)
    do(world, "BRAVO", Answer(ref=key, post="desk", answer="REPLY", fields={"nonce": "elm"}))
    world.run(1)
    assert age(world, "ALFA", "ALFA", "person").word == "unverified"
    assert age(world, "BRAVO", "ALFA", "person").word == "unverified"


@pytest.mark.row("A12", "R3")
def test_the_hospital_line_is_unverified_after_nobody_answered_its_test() -> None:
    """The scenario's own line, parties, posts and times; and a copy in which somebody answers."""
    scenario = read_scenario(EXAMPLES / "wildfire-civil")
    agreement = next(a for a in scenario.agreements if any(n.id == "LINE-HOSP" for n in a.lines))
    line = next(n for n in agreement.lines if n.id == "LINE-HOSP")
    posts = {end.party: end.post for end in line.ends}
    for answered in (False, True):
        world = pair([agreement])
        written = do(world, "MEDEVAC", TestLine(
            agreement=agreement.id, line=line.id, post=posts["MEDEVAC"], to=("HOSP",),
        ))  # fmt: skip
        entry = next(e for e in written if isinstance(e.body, MessageSaid) and e.by != "system")
        world.run(20)
        if answered:
            fields = {"nonce": entry.body.fields["nonce"]}
            do(world, "HOSP", Answer(
                ref=key_of(entry), post=posts["HOSP"], answer="REPLY", fields=fields
            ))  # fmt: skip
        world.run(300)
        for viewer in ("MEDEVAC", "HOSP"):
            state = world.node(viewer).state
            way = line_vector(state, agreement, line, world.now_us).directions[0]
            tests = {each.kind: each for each in way.tests}
            assert (way.sender, way.receiver) == ("MEDEVAC", "HOSP")
            assert tests["person"].word == ("verified" if answered else "unverified")
            assert (tests["person"].good_us is not None) == answered, "last good: never"
            assert tests["machine"].word == "verified", "the node answered; no person did"


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


# ---- links, as they are written down -------------------------------------------------------------


def links(world: SimWorld, party: str, about: str) -> list[str]:
    table = world.node(party).state.scope("AB").line.links.get((party, about), {})
    return [e.body.link for _, e in sorted(table.items()) if isinstance(e.body, LinkObserved)]


@pytest.mark.row("R1")
def test_a_link_is_written_when_it_changes_and_a_quiet_one_is_written_once() -> None:
    world = pair()
    world.run(1200)
    assert links(world, "ALFA", "BRAVO") == ["up"]
    world.partition("ALFA", "BRAVO", seconds=100)
    world.run(200)
    assert links(world, "ALFA", "BRAVO") == ["up", "down", "up"]
    down = sorted(world.node("ALFA").state.scope("AB").line.links[("ALFA", "BRAVO")].items())[1][1]
    assert START_US + 1190 * SECOND_US < down.body.since_us < START_US + 1204 * SECOND_US
    world.run(60)
    assert links(world, "ALFA", "BRAVO") == ["up", "down", "up"]


@pytest.mark.row("R1")
def test_a_link_that_flaps_for_hours_writes_four_entries_an_hour_and_is_down_meanwhile() -> None:
    world = pair()
    down = 0
    for _ in range(90):
        world.partition("ALFA", "BRAVO", seconds=60)
        world.run(120)
        down += links(world, "ALFA", "BRAVO")[-1] == "down"
    assert len(links(world, "ALFA", "BRAVO")) <= 3 * 4 + 2
    assert down >= 80
    world.run(3700)
    assert links(world, "ALFA", "BRAVO")[-1] == "up"


@pytest.mark.row("R1")
def test_after_a_restart_a_link_that_the_log_says_is_up_is_not_up_for_ever() -> None:
    world = pair()
    world.run(20)
    world.crash("BRAVO", back_after_s=10_000)
    world.crash("ALFA", back_after_s=1)
    world.run(40)
    assert links(world, "ALFA", "BRAVO") == ["up"], "it may still be heard"
    world.run(40)
    assert links(world, "ALFA", "BRAVO") == ["up", "down"]
    table = world.node("ALFA").state.scope("AB").line.links[("ALFA", "BRAVO")]
    newest = max(table.values(), key=lambda e: e.seq)
    assert newest.body.since_us < START_US + 30 * SECOND_US, "no life sign after the crash"


@pytest.mark.row("R1")
def test_who_is_not_heard_learns_it_from_the_other_side_and_it_is_told_as_its_word() -> None:
    world = pair()
    attend(world)
    good_test(world)
    world.partition("BRAVO", "ALFA", seconds=1000, one_way=True)
    world.run(45)
    assert vector(world, "ALFA").glance == "DOWN"
    found = vector(world, "BRAVO")
    assert found.glance == "DEGRADED"
    assert "ALFA says its link to BRAVO is down" in found.missing
    way = next(w for w in found.directions if w.sender == "BRAVO")
    assert (way.link, way.link_by is not None) == ("down", True)
    assert next(w for w in found.directions if w.sender == "ALFA").link == "up"


def looks(world: SimWorld, at_s: list[float]) -> list[str]:
    """Let ALFA alone look at its links at some times from now, and hear nobody meanwhile."""
    crank, since_us = world.node("ALFA"), world.now_us
    for each_s in at_s:
        crank.turn(since_us + round(each_s * SECOND_US), Tick())
    return links(world, "ALFA", "BRAVO")


@pytest.mark.row("R1")
def test_who_slept_for_forty_seconds_writes_no_link_down_and_who_looked_each_second_does() -> None:
    with oracle():
        world = pair()
        world.run(20)
        slept = [1.0, 41.0, 42.0, 43.0, 60.0, 70.9]
        assert looks(world, slept) == ["up"], "nobody could be heard in its sleep"
        assert looks(world, [72.0]) == ["up", "down"], "but since then it has looked itself"
        world = pair()
        world.run(20)
        awake = [float(n) for n in range(1, 26)]
        assert looks(world, awake) == ["up"]
        assert looks(world, [*(float(n) for n in range(26, 32))]) == ["up", "down"]


@pytest.mark.row("R1")
def test_what_is_known_of_links_is_what_reading_the_whole_table_gives() -> None:
    world = pair()
    for _ in range(3):
        world.partition("ALFA", "BRAVO", seconds=50)
        world.run(90)
        scope = world.node("ALFA").state.scope("AB")
        for (observer, about), table in scope.line.links.items():
            assert newest_link(scope, observer, about) == max(table.values(), key=rank_of)
            ups = sorted(e.issued_us for e in table.values() if e.body.link == "up")
            assert ups_since_us(scope, observer, about, 0) == ups
            assert ups_since_us(scope, observer, about, ups[0]) == ups[1:]


# ---- one party's own acts ------------------------------------------------------------------------


def enrol(world: SimWorld, party: str, *names: str) -> None:
    for name in names:
        key = person(name, party)
        act = EnrolOperator(agreement="AB", post="desk", **enrolled(key, party=party))
        do(world, party, act)


def sign(world: SimWorld, party: str, key, name: str) -> None:
    leaf = world.node(party).state.log(key[0]).tree.leaf(key[1]).hex()
    signature = sign_act(person(name, party), *key, leaf)
    do(world, party, SignAct(ref=key, post="desk", operator=name, signature=signature))


def declare(world: SimWorld, party: str, value: str, **changes):
    act = DeclareLine(agreement="AB", line="LINE-AB", post="desk", value=value, **changes)
    return key_of(do(world, party, act)[-1])


@pytest.mark.row("S3", "R1")
def test_a_suspension_without_a_second_person_is_shown_as_single_signed() -> None:
    world = pair()
    enrol(world, "BRAVO", "owl", "elk")
    key = declare(world, "BRAVO", "suspended", effective_us=world.now_us)
    world.run(1)
    assert vector(world, "ALFA").glance == "SUSPENDED", "one person alone is enough"
    found = side(world, "ALFA", "BRAVO")
    assert found.agreement_signing == "single-signed"
    assert found.second_due_us == found.agreement_since_us + 3600 * SECOND_US
    sign(world, "BRAVO", key, "owl")
    sign(world, "BRAVO", key, "owl")
    world.run(1)
    assert side(world, "ALFA", "BRAVO").agreement_signing == "single-signed", "one person twice"
    sign(world, "BRAVO", key, "elk")
    world.run(1)
    found = side(world, "ALFA", "BRAVO")
    assert (found.agreement_signing, found.second_due_us) == ("two people", None)


@settings(max_examples=60, deadline=None)
@given(
    acts=st.lists(
        st.tuples(st.sampled_from(("suspended", "in force")), st.integers(0, 60)), max_size=12
    ),
    at_s=st.integers(-5, 70),
)
def test_the_act_in_effect_is_the_newest_written_whose_time_has_come(acts, at_s) -> None:
    """By its definition, looking at each; read after each, as the table grows."""
    with oracle():
        world = pair()
        since_us, scope = world.now_us, world.node("BRAVO").state.scope("AB")
        keys = []
        for value, after_s in acts:
            body = LineDeclared(
                line="LINE-AB", value=value, effective_us=since_us + after_s * SECOND_US
            )
            keys.append((write_as(world, "BRAVO", body), after_s, value))
            at_us = since_us + at_s * SECOND_US
            act, pending = acts_on(scope, "LINE-AB", "BRAVO", at_us, Sight("BRAVO"))
            past = Sight("BRAVO", lambda entry: 0)
            assert acts_on(scope, "LINE-AB", "BRAVO", at_us, past) == (act, pending)
            here = [n for n, (_, after, _) in enumerate(keys) if after <= at_s]
            assert (act and key_of(act.entry)) == (keys[here[-1]][0] if here else None)
            later = keys[here[-1] + 1 :] if here else keys
            assert [each.by for each in pending] == [key for key, _, _ in later]


@pytest.mark.row("R1")
def test_a_second_signature_after_an_hour_changes_nothing() -> None:
    world = pair()
    enrol(world, "BRAVO", "owl", "elk")
    key = declare(world, "BRAVO", "suspended", effective_us=world.now_us)
    sign(world, "BRAVO", key, "owl")
    world.run(3601)
    assert side(world, "ALFA", "BRAVO").second_due_us is None
    sign(world, "BRAVO", key, "elk")
    world.run(1)
    assert side(world, "ALFA", "BRAVO").agreement_signing == "single-signed"


@pytest.mark.row("R1")
def test_a_withdrawal_counts_once_two_people_have_signed_it_and_is_shown_until_then() -> None:
    world = pair()
    enrol(world, "BRAVO", "owl", "elk")
    key = declare(world, "BRAVO", "withdrawn", reason="policy")
    sign(world, "BRAVO", key, "owl")
    world.run(2)
    found = side(world, "ALFA", "BRAVO")
    assert found.agreement == "in force"
    assert [(p.value, p.waits_for, p.reason) for p in found.pending] == [
        ("withdrawn", "signatures of 1 more", "policy")
    ]
    state = world.node("ALFA").state
    assert suspended_by(state.scope("AB"), "LINE-AB", world.now_us, state=state) == ()
    say(world)
    sign(world, "BRAVO", key, "elk")
    world.run(2)
    found = side(world, "ALFA", "BRAVO")
    assert (found.agreement, found.pending) == ("withdrawn", ())
    assert found.agreement_since_us > START_US + 3 * SECOND_US, "since the second signature"
    assert suspended_by(state.scope("AB"), "LINE-AB", world.now_us, state=state) == ("BRAVO",)


@pytest.mark.row("R1")
def test_under_the_rules_before_one_person_withdraws_as_ever() -> None:
    old = msgspec.structs.replace(agreement_of("AB", ("ALFA", "BRAVO")), rules_version=2)
    world = pair([old])
    declare(world, "BRAVO", "withdrawn")
    world.run(1)
    found = side(world, "ALFA", "BRAVO")
    assert (found.agreement, found.agreement_signing) == ("withdrawn", "")
    assert vector(world, "ALFA").directions[0].tests == ()
    assert vector(world, "ALFA").test == "never"


@pytest.mark.row("R1")
def test_an_act_in_the_name_of_another_post_is_refused_and_stands_in_the_private_log() -> None:
    world = ticked_pair()
    for _ in range(3):
        with pytest.raises(InputFault, match=r"post of BRAVO is dezk.*did you mean 'desk'"):
            do(world, "BRAVO", DeclareLine(
                agreement="AB", line="LINE-AB", post="dezk", value="suspended",
            ))  # fmt: skip
    with pytest.raises(InputFault, match="post of BRAVO"):
        do(world, "BRAVO", BePresent(agreement="AB", line="LINE-AB", post="tower"))
    world.run(3)
    scope = world.node("BRAVO").state.scope("AB")
    refused = [e for e in scope.line.refused.values() if isinstance(e.body, ActRefused)]
    assert sorted((e.body.act, e.body.post) for e in refused) == [
        ("be_present", "tower"), ("declare_line", "dezk"),
    ]  # fmt: skip
    assert {e.log.kind for e in refused} == {"private"}
    assert world.node("ALFA").state.scope("AB").line.refused == {}
    assert side(world, "ALFA", "BRAVO").agreement == "in force"


def test_a_post_at_the_end_of_a_line_or_called_by_a_clause_is_a_post_of_the_party() -> None:
    base = agreement_of("AB", ("ALFA", "BRAVO"))
    ends = (LineEnd(party="ALFA", post="tower"), LineEnd(party="BRAVO", post="desk"))
    line = msgspec.structs.replace(base.lines[0], ends=ends)
    parties = tuple(msgspec.structs.replace(p, posts=("desk",)) for p in base.parties)
    world = pair([msgspec.structs.replace(base, lines=(line,), parties=parties)])
    for post in ("tower", "desk", "commander"):
        do(world, "ALFA", BePresent(agreement="AB", line="LINE-AB", post=post))
    with pytest.raises(InputFault, match="post of BRAVO"):
        do(world, "BRAVO", BePresent(agreement="AB", line="LINE-AB", post="tower"))


@pytest.mark.row("S3", "R1")
def test_what_a_rival_declares_in_another_name_changes_only_its_own_side() -> None:
    world = pair()
    body = LineDeclared(
        line="LINE-AB", value="suspended", effective_us=world.now_us, post="desk", reason="ALFA"
    )
    write_as(world, "BRAVO", body)
    world.run(2)
    assert side(world, "ALFA", "ALFA").agreement == "in force"
    assert side(world, "ALFA", "BRAVO").agreement == "suspended"


# ---- who is there --------------------------------------------------------------------------------


@pytest.mark.row("S2", "R1")
def test_each_post_is_shown_with_who_said_so_and_any_attendant_makes_the_end_attended() -> None:
    world = pair()
    do(world, "BRAVO", BePresent(agreement="AB", line="LINE-AB", post="desk"))
    do(world, "BRAVO", BePresent(agreement="AB", line="LINE-AB", post="commander"))
    do(world, "BRAVO", BePresent(agreement="AB", line="LINE-AB", post="desk", present=False))
    world.run(1)
    found = side(world, "ALFA", "BRAVO")
    assert found.attended == "attended"
    assert [(p.post, p.word) for p in found.posts] == [("commander", "present"), ("desk", "left")]
    world.run(601)
    found = side(world, "ALFA", "BRAVO")
    assert found.attended == "unattended"
    assert [(p.post, p.word) for p in found.posts] == [("commander", "lapsed"), ("desk", "left")]


@pytest.mark.row("S2", "R1")
def test_presence_dated_ahead_or_at_a_post_that_nobody_named_is_nobody() -> None:
    world = pair()
    body = PresenceDeclared(line="LINE-AB", post="desk", present=True)
    write_as(world, "BRAVO", PresenceDeclared(line="LINE-AB", post="ghost", present=True))
    world.run(1)
    assert side(world, "ALFA", "BRAVO").attended == "unknown"
    write_as(world, "BRAVO", body, issued_us=world.now_us + 4000 * SECOND_US)
    world.run(3)
    assert side(world, "ALFA", "BRAVO").attended == "unknown", "dated an hour ahead"


@pytest.mark.row("S1", "R1")
def test_outside_of_its_hours_nobody_counts_on_a_line() -> None:
    base = agreement_of("AB", ("ALFA", "BRAVO"))
    # The world begins on a Thursday at 20:26:40Z.
    line = msgspec.structs.replace(base.lines[0], hours="14:00-20:30Z", languages=("en", "ru"))
    world = pair([msgspec.structs.replace(base, lines=(line,))])
    attend(world)
    world.run(1)
    found = vector(world, "ALFA")
    assert (found.within_hours, found.hours, found.languages) == (True, line.hours, ("en", "ru"))
    assert side(world, "ALFA", "BRAVO").attended == "attended"
    world.run(200)
    found = vector(world, "ALFA")
    assert found.within_hours is False
    assert "outside the hours 14:00-20:30Z" in found.missing
    assert side(world, "ALFA", "BRAVO").attended == "unattended"


# ---- use -----------------------------------------------------------------------------------------


@pytest.mark.row("R1")
def test_calls_are_use_once_and_a_refused_call_or_a_machine_is_none() -> None:
    world = pair()
    began_us = world.now_us
    for party, other, way in (("ALFA", "BRAVO", "placed"), ("BRAVO", "ALFA", "received")):
        write_as(world, party, CallLogged(
            line="LINE-AB", call=f"{party} 1", party=other, direction=way, outcome="talked",
            began_us=began_us,
        ))  # fmt: skip
    write_as(world, "ALFA", CallLogged(
        line="LINE-AB", call="2", party="BRAVO", direction="placed", outcome="refused",
        began_us=began_us, reason="policy",
    ))  # fmt: skip
    world.run(400)
    for viewer in ("ALFA", "BRAVO"):
        ways = {w.sender: w for w in vector(world, viewer).directions}
        assert (ways["ALFA"].calls_24h, ways["ALFA"].messages_24h) == (1, 0)
        assert ways["ALFA"].used_last_us == began_us
        assert (ways["BRAVO"].calls_24h, ways["BRAVO"].used_last_us) == (0, None)
        assert age(world, viewer, "ALFA", "machine").word == "verified", "and tests are no use"
