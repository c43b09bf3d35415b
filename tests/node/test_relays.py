"""Messages for somebody who is no party: passed, declined, unknown, by whom, and since when."""

from __future__ import annotations

import msgspec
import pytest
from nodekit import do, pair, reference, say, thread, write_as
from simstory import three
from simworld import SECOND_US

from parley.node.inputs import Answer, ReportRelay
from parley.node.line_bodies import RelayReported
from parley.node.rules.hotline import closing_answer
from parley.node.rules.relays import relays_of
from parley.wire.scenario import GEOMETRY_NAME, TIMELINE_NAME, scenario_from_documents
from parley.world.faults import InputFault
from shared_data import shared

MINUTE_US = 60 * SECOND_US


def ask(world, party="ALFA", to="BRAVO", **changes):
    """Ask a party to pass something on; return the place of the request."""
    values = {
        "message_type": "relay.request",
        "fields": {"third": "SYR"},
        "text": "stop the firing at Ja'Din",
    } | changes
    key = say(world, party, to, **values)
    world.run(3)
    return key


def take(world, key, word="WILCO", party="BRAVO", **changes):
    values = {"post": "desk", "fields": {"third": "SYR"}} | changes
    do(world, party, Answer(ref=key, answer=word, **values))
    world.run(3)


def report(world, key, outcome, party="BRAVO", **changes):
    values = {"post": "desk"} | changes
    do(world, party, ReportRelay(ref=key, outcome=outcome, **values))
    world.run(3)


def relays(world, party="ALFA", agreement="AB"):
    return relays_of(world.node(party).state.scope(agreement), world.now_us)


def states(world):
    """Return how a relay stands, which both nodes must say alike."""
    found = [[(r.state, r.party, r.by_post, r.since_us) for r in relays(world, p)]
             for p in ("ALFA", "BRAVO")]  # fmt: skip
    assert found[0] == found[1]
    (only,) = found[0]
    return only


@pytest.mark.row("A18")
@pytest.mark.parametrize(
    ("outcome", "more"),
    [
        ("passed", {"received_by": "duty officer at Hama"}),
        ("declined", {"text": "no channel to them tonight"}),
        ("unknown", {}),
    ],
)
def test_a_relay_shows_what_became_of_it_by_whom_and_when(outcome, more):
    world = pair()
    key = ask(world)
    assert states(world)[:2] == ("asked", "BRAVO")
    take(world, key)
    (taken,) = relays(world)
    # Taken is not passed, and as long as nothing is said of it, it has an age.
    assert (taken.state, taken.outstanding, taken.third) == ("taken", True, "SYR")
    assert world.now_us - taken.since_us > 0
    at_us = world.now_us - SECOND_US
    report(world, key, outcome, at_us=at_us, **more)
    (done,) = relays(world)
    assert states(world) == (outcome, "BRAVO", "desk", at_us)
    assert not done.outstanding
    assert (done.received_by, done.text) == (more.get("received_by", ""), more.get("text", ""))


def test_who_answers_unable_has_declined_and_says_why():
    world = pair()
    key = ask(world)
    take(world, key, "UNABLE", text="nobody there answers us")
    (found,) = relays(world)
    assert (found.state, found.text, found.outstanding) == (
        "declined", "nobody there answers us", False,
    )  # fmt: skip


def test_taken_and_never_reported_is_no_report_once_it_is_no_longer_valid():
    world = pair()
    key = ask(world, valid_until_us=world.now_us + 60 * SECOND_US)
    take(world, key)
    assert relays(world)[0].state == "taken"
    world.run(70)
    (found,) = relays(world)
    assert (found.state, found.outstanding) == ("no report", True)


def test_the_newest_report_counts_and_all_are_kept():
    world = pair()
    key = ask(world)
    take(world, key)
    report(world, key, "unknown")
    report(world, key, "passed")
    (found,) = relays(world)
    assert found.state == "passed"
    assert [each.body.outcome for each in found.reports] == ["unknown", "passed"]


def test_a_report_is_no_answer():
    world = pair()
    key = ask(world)
    report(world, key, "passed")
    assert closing_answer(thread(world, "ALFA", key), "BRAVO") is None
    assert relays(world)[0].state == "passed"


@pytest.mark.parametrize(
    ("party", "changes", "words"),
    [
        ("ALFA", {}, "relay report"),
        ("BRAVO", {"post": "somebody-else"}, "post of BRAVO"),
        ("BRAVO", {"outcome": "declined"}, "reason"),
        ("BRAVO", {"outcome": "lost"}, "relay outcome"),
        ("BRAVO", {"ahead_s": 60}, "relay report at"),
        ("BRAVO", {"ahead_s": -3600}, "relay report at"),
        ("BRAVO", {"text": "x" * 4001}, "relay text"),
    ],
)
def test_only_who_was_asked_reports_and_only_what_can_be(party, changes, words):
    world = pair()
    key = ask(world)
    values = {"outcome": "passed", "post": "desk"} | changes
    if "ahead_s" in values:
        values["at_us"] = world.now_us + values.pop("ahead_s") * SECOND_US
    with pytest.raises(InputFault, match=words):
        do(world, party, ReportRelay(ref=key, **values))
    assert relays(world)[0].state == "asked"


def test_a_report_is_about_a_relay_request():
    world = pair()
    key = say(world)
    world.run(3)
    with pytest.raises(InputFault, match="relay of"):
        report(world, key, "passed")


@pytest.mark.parametrize("fields", [{}, {"third": " "}, {"third": "BRAVO"}])
def test_a_request_names_somebody_who_is_no_end_of_the_line(fields):
    world = pair()
    with pytest.raises(InputFault, match="third"):
        ask(world, fields=fields)


# ---- a rival with valid keys --------------------------------------------------------------------


def rival_report(world, key, party="BRAVO", **changes):
    values = {"third": "SYR", "outcome": "passed", "post": "desk", "at_us": world.now_us}
    ref = changes.pop("ref", (reference(world, party, key),))
    agreement = changes.pop("agreement", "AB")
    body = RelayReported(**(values | changes))
    write_as(world, party, body, ref=ref, agreement=agreement)
    world.run(3)


def test_who_asked_or_a_third_party_reports_nothing():
    world = pair()
    key = ask(world)
    rival_report(world, key, party="ALFA")
    assert states(world)[0] == "asked"
    other = pair(three())
    values = {"agreement": "ABC", "line": "LINE-ABC"}
    key = ask(other, **values)
    rival_report(other, key, party="CHARLIE", agreement="ABC")
    (found,) = relays_of(other.node("ALFA").state.scope("ABC"), other.now_us)
    assert (found.state, found.reports) == ("asked", ())


def test_a_report_about_other_bytes_or_another_third_does_not_pass_for_ours():
    world = pair()
    key = ask(world)
    true = reference(world, "BRAVO", key)
    rival_report(world, key, ref=(msgspec.structs.replace(true, leaf="0" * 64),))
    assert states(world)[0] == "asked"
    rival_report(world, key, third="TUR")
    (found,) = relays(world)
    assert (found.state, found.remark) == ("passed", "its report names TUR")


# ---- the case of 2017 ---------------------------------------------------------------------------


@pytest.mark.row("A18")
@pytest.mark.parametrize("outcome", ["passed", "declined", "unknown"])
def test_in_the_scenario_a_warning_through_the_other_side_has_its_onward_receipt(outcome):
    """C13: the Syrian side was warned through the Russian channel, it was said; who could tell?"""
    folder = shared("scenarios/syria-2017-06")
    data = scenario_from_documents(
        (folder / TIMELINE_NAME).read_bytes(), (folder / GEOMETRY_NAME).read_bytes()
    )
    plain = next(a for a in data.agreements if any(x.id == "LINE-AIR" for x in a.lines))
    agreement = msgspec.structs.replace(plain, rules_version=3)
    world = pair([agreement])
    posts = {end.party: end.post for end in agreement.lines[0].ends}
    key = ask(
        world, "COAL", "RUS", agreement=agreement.id, line="LINE-AIR", post=posts["COAL"],
        subject="relay to SYR",
    )  # fmt: skip
    take(world, key, party="RUS", post=posts["RUS"])
    (waiting,) = relays(world, "COAL", agreement.id)
    assert (waiting.state, waiting.third, waiting.outstanding) == ("taken", "SYR", True)
    report(world, key, outcome, party="RUS", post=posts["RUS"], text="their duty officer")
    (found,) = relays(world, "COAL", agreement.id)
    assert (found.state, found.party, found.by_post) == (outcome, "RUS", posts["RUS"])
