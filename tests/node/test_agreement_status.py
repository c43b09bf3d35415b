"""What of an agreement is in force for whom: one party's own act, validity, renewal, duties."""

from __future__ import annotations

import msgspec
import pytest
from nodekit import do, pair, say, write_as
from simstory import agreement_of, three
from simworld import START_US, SimWorld
from test_texts import S, agreed, deadline_of, enrol, made, propose, refused, sign, take, text_of

from parley.app.line_views import line_lines
from parley.node.agreement_bodies import AgreementDeclared, AgreementRenewed
from parley.node.agreement_inputs import DeclareAgreement, RenewAgreement
from parley.node.inputs import DeclareLine
from parley.node.rules.agreement_status import duty_stands, status_of, text_at
from parley.node.rules.alarms import alarms
from parley.node.rules.line_evidence import Sight
from parley.node.rules.line_history import line_changes
from parley.node.rules.lines import line_vector, owed_since_us
from parley.node.state import key_of
from parley.world.agreement import Party
from parley.world.agreement_document import canonical_document
from parley.world.clauses import Suspension, Validity
from parley.world.faults import InputFault
from parley.world.time import US_MAX, Interval

DAY_S = 86_400


def declare(world: SimWorld, party: str, value: str, *, agreement: str = "AB", **changes):
    act = DeclareAgreement(agreement=agreement, post="desk", value=value, **changes)
    return key_of(do(world, party, act)[-1])


def status(world: SimWorld, party: str, viewer: str = "ALFA", name: str = "AB"):
    state = world.node(viewer).state
    return status_of(state, state.agreement(name), party, world.now_us)


def stands(world: SimWorld, party: str, viewer: str = "ALFA", name: str = "AB", **more):
    return duty_stands(world.node(viewer).state, name, party, world.now_us, **more)


def side(world: SimWorld, viewer: str, party: str):
    state = world.node(viewer).state
    agreement = state.agreement("AB")
    vector = line_vector(state, agreement, agreement.lines[0], world.now_us)
    return vector, next(each for each in vector.sides if each.party == party)


def raised(world: SimWorld, party: str, kind: str) -> list[str]:
    return [a.text for a in alarms(world.node(party).state, world.now_us) if a.kind == kind]


# ---- one party's own act ------------------------------------------------------------------------


@pytest.mark.row("S13")
def test_a_party_suspends_alone_and_owes_nothing_from_its_stated_time_on() -> None:
    world = made()
    assert stands(world, "BRAVO")[0]
    declare(world, "BRAVO", "suspended", reason="orders")
    world.run(90)
    found = status(world, "BRAVO")
    assert (found.word, len(found.pending)) == ("in force", 1)
    assert stands(world, "BRAVO")[0], "the notice and the margin, 60 s each, have not passed"
    world.run(35)
    for viewer in ("ALFA", "BRAVO"):
        found = status(world, "BRAVO", viewer)
        assert (found.word, found.signing, found.immediate) == ("suspended", "single-signed", False)
        assert stands(world, "BRAVO", viewer) == (False, stands(world, "BRAVO")[1])
        assert "BRAVO suspended since" in stands(world, "BRAVO", viewer)[1]
        assert not stands(world, "ALFA", viewer)[0], "nobody is left to whom ALFA owes anything"
        assert status(world, "ALFA", viewer).word == "in force", "each party speaks for itself"
        past_us = world.now_us - 60 * S
        assert duty_stands(world.node(viewer).state, "AB", "BRAVO", past_us)[0]


@pytest.mark.row("S13", "S3")
def test_it_is_another_act_than_one_on_a_line_and_the_line_shows_the_worse_of_both() -> None:
    world = made()
    declare(world, "BRAVO", "suspended", effective_us=world.now_us)
    world.run(2)
    vector, bravo = side(world, "ALFA", "BRAVO")
    assert (vector.glance, bravo.agreement) == ("SUSPENDED", "suspended")
    assert bravo.agreement_because == "the agreement as a whole"
    line = DeclareLine(agreement="AB", line="LINE-AB", post="desk", value="in force")
    do(world, "BRAVO", line)
    world.run(2)
    assert side(world, "ALFA", "BRAVO")[1].agreement == "suspended", "the line alone was resumed"
    with pytest.raises(InputFault, match="suspended by BRAVO"):
        say(world)
    do(world, "BRAVO", msgspec.structs.replace(line, value="suspended", effective_us=world.now_us))
    declare(world, "BRAVO", "in force")
    world.run(2)
    vector, bravo = side(world, "ALFA", "BRAVO")
    assert (bravo.agreement, bravo.agreement_because) == ("suspended", "the line")
    assert stands(world, "BRAVO")[0], "the agreement itself is in force again"


@pytest.mark.row("S13")
def test_a_line_says_whether_the_line_or_the_agreement_was_suspended() -> None:
    world = made()
    declare(world, "BRAVO", "suspended", effective_us=world.now_us)
    declare(world, "ALFA", "suspended")
    world.run(2)
    text = "\n".join(line_lines(side(world, "ALFA", "BRAVO")[0]))
    assert "may sign until" in text
    assert ", for the agreement as a whole" in text
    assert "the agreement as a whole suspended from" in text


@pytest.mark.row("S13")
def test_the_past_of_a_line_knows_when_the_agreement_was_suspended_and_resumed() -> None:
    world = made()
    start_us = world.now_us
    declare(world, "BRAVO", "suspended", effective_us=world.now_us + 10 * S)
    world.run(20)
    declare(world, "BRAVO", "in force", effective_us=world.now_us + 5 * S)
    world.run(20)
    say(world)
    world.run(3)
    state = world.node("ALFA").state
    agreement = state.agreement("AB")
    found = line_changes(state, agreement, agreement.lines[0], start_us, world.now_us, "BRAVO")
    words = [(round((each.at_us - start_us) / S), each.after) for each in found.changes]
    assert (10, "SUSPENDED") in words
    assert any(at_s == 25 and word != "SUSPENDED" for at_s, word in words)


@pytest.mark.row("S13")
def test_life_safety_passes_a_suspended_agreement() -> None:
    world = made()
    declare(world, "BRAVO", "suspended", effective_us=world.now_us)
    world.run(2)
    said = say(world, message_type="distress.relay",
               fields={"position": "35.5 38.5", "time": "0600"})  # fmt: skip
    world.run(2)
    assert said in world.node("BRAVO").state.scope("AB").threads


@pytest.mark.row("S13")
def test_one_person_withdraws_nobody_two_do_and_duties_end_with_the_notice() -> None:
    base = agreement_of("AB", ("ALFA", "BRAVO"))
    notice = Suspension(id="C3", notice_s=60.0, withdrawal_notice_s=600.0)
    clauses = tuple(notice if isinstance(c, Suspension) else c for c in base.clauses)
    world = made([msgspec.structs.replace(base, clauses=clauses)])
    key = declare(world, "BRAVO", "withdrawn", effective_us=world.now_us)
    sign(world, "BRAVO", key, "owl")
    world.run(2)
    assert status(world, "BRAVO").word == "in force"
    assert status(world, "BRAVO").pending[0].waits_for == "signatures of 1 more"
    sign(world, "BRAVO", key, "elk")
    world.run(2)
    found = status(world, "BRAVO")
    assert (found.word, found.signing, found.immediate) == ("withdrawn", "two people", True)
    assert stands(world, "BRAVO")[0], "it left at once: what it owes, it owes for 600 s more"
    assert stands(world, "ALFA")[0]
    world.run(600)
    assert not stands(world, "BRAVO")[0]


def test_nobody_withdraws_for_another_or_from_what_it_has_not() -> None:
    world = made()
    past_us = world.now_us - 1
    act = DeclareAgreement(agreement="AB", post="desk", value="suspended", effective_us=past_us)
    refused(world, "ALFA", act, "now or later")
    refused(world, "ALFA", msgspec.structs.replace(act, post="kitchen"), "post of ALFA")
    # BRAVO's own log speaks of BRAVO alone, whatever it names.
    write_as(world, "BRAVO", AgreementDeclared(value="withdrawn", effective_us=0, post="ALFA"))
    world.run(2)
    assert status(world, "ALFA", "ALFA").word == "in force"


def test_a_suspension_dated_back_counts_from_when_it_was_written() -> None:
    world = made()
    before_us = world.now_us
    world.run(10)
    body = AgreementDeclared(value="suspended", effective_us=before_us - DAY_S * S, post="desk")
    write_as(world, "BRAVO", body)
    world.run(2)
    state = world.node("ALFA").state
    assert duty_stands(state, "AB", "BRAVO", before_us)[0]
    assert not stands(world, "BRAVO")[0]


def test_of_three_the_two_that_stay_owe_each_other_what_they_owed() -> None:
    world = made(three(), agreement="ABC")
    declare(world, "CHARLIE", "suspended", agreement="ABC", effective_us=world.now_us)
    world.run(2)
    assert stands(world, "ALFA", name="ABC")[0]
    assert stands(world, "ALFA", name="ABC", towards=("BRAVO",))[0]
    assert not stands(world, "ALFA", name="ABC", towards=("CHARLIE",))[0]
    assert not stands(world, "CHARLIE", name="ABC")[0]


# ---- who is bound -------------------------------------------------------------------------------


@pytest.mark.row("S21", "S22")
def test_who_is_bound_through_another_stands_where_that_one_stands() -> None:
    base = agreement_of("AB", ("ALFA", "BRAVO"))
    more = (
        Party(id="SDF", bound_through="ALFA", standing="partner force"),
        Party(id="UN", bound_through="BRAVO", standing="civil user"),
        Party(id="LOOKER", bound_through=None, standing="observer"),
    )
    world = pair([msgspec.structs.replace(base, parties=(*base.parties, *more[:2]))])
    assert stands(world, "SDF")[0]
    assert "bound through ALFA" in stands(world, "SDF")[1]
    declare(world, "ALFA", "suspended", effective_us=world.now_us)
    world.run(2)
    assert status(world, "SDF").word == "suspended"
    assert status(world, "SDF").answers == "ALFA"
    assert "ALFA suspended" in stands(world, "SDF")[1]
    view = text_at(world.node("ALFA").state, "AB", world.now_us)
    assert view.bound_through == {"SDF": "ALFA", "UN": "BRAVO"}
    assert view.suspended == ("ALFA",)


@pytest.mark.row("S21")
def test_an_observer_owes_nothing_and_signs_nothing() -> None:
    base = agreement_of("ABC", ("ALFA", "BRAVO", "CHARLIE"))
    parties = tuple(msgspec.structs.replace(p, standing="observer") if p.id == "CHARLIE" else p
                    for p in base.parties)  # fmt: skip
    world = made([msgspec.structs.replace(base, parties=parties)], agreement="ABC")
    key = propose(world, text_of(world, name="ABC"))
    sign(world, "ALFA", key)
    world.run(2)
    with pytest.raises(InputFault, match="CHARLIE is not asked to sign"):
        take(world, "CHARLIE", key)
    sign(world, "BRAVO", take(world, "BRAVO", key))
    world.run(70)
    for party in world.identities:
        assert world.node(party).state.agreement("ABC").version == 2
    assert stands(world, "ALFA", name="ABC")[0]
    found = stands(world, "CHARLIE", name="ABC")
    assert found[0] is False
    assert "observer" in found[1]


@pytest.mark.row("S18")
def test_what_one_side_asserts_creates_no_duty_for_anybody() -> None:
    base = agreement_of("AB", ("ALFA", "BRAVO"))
    world = pair([msgspec.structs.replace(base, asserted_by=("ALFA",))])
    for party in ("ALFA", "BRAVO"):
        found = stands(world, party)
        wanted = f"AB not in force for {party}: asserted by ALFA: no duty for others"
        assert found == (False, wanted)
    view = text_at(world.node("BRAVO").state, "AB", world.now_us)
    assert (view.word, view.asserted_by) == ("asserted", ("ALFA",))


def test_a_stranger_owes_nothing() -> None:
    world = made()
    assert stands(world, "ZULU") == (False, "ZULU is no party to AB")


# ---- until when ---------------------------------------------------------------------------------


def valid_world(renewal: str, *, ends_in_s: float = 100.0, **clause) -> SimWorld:
    base = agreement_of("AB", ("ALFA", "BRAVO"))
    start = START_US - DAY_S * S
    return made([
        msgspec.structs.replace(
            base,
            valid=Interval(from_us=start, to_us=START_US + round(ends_in_s * S)),
            clauses=(*base.clauses, Validity(id="V", renewal=renewal, **clause)),
        )
    ])  # fmt: skip


@pytest.mark.row("S12", "R8")
def test_a_text_that_lapses_is_in_force_no_more_and_says_so_before() -> None:
    world = valid_world("lapse", warn_before_s=50.0)
    assert raised(world, "ALFA", "agreement end") == []
    world.run(50)
    (told,) = raised(world, "ALFA", "agreement end")
    assert "it lapses: propose another text" in told
    assert stands(world, "ALFA")[0]
    world.run(50)
    assert stands(world, "ALFA")[0] is False
    assert "ended at" in stands(world, "ALFA")[1]
    (told,) = raised(world, "ALFA", "agreement end")
    assert "ENDED" in told
    assert side(world, "ALFA", "BRAVO")[1].agreement == "not in force"
    refused(world, "ALFA", RenewAgreement(agreement="AB", post="desk"), "it lapses")


@pytest.mark.row("R8")
def test_a_text_that_goes_on_by_itself_does_until_somebody_leaves() -> None:
    world = valid_world("automatic", renew_s=100.0)
    world.run(350)
    state = world.node("ALFA").state
    assert state.agreement("AB").in_force(world.now_us)
    assert state.agreement("AB").valid.to_us == START_US + 400 * S
    assert stands(world, "ALFA")[0]
    assert raised(world, "ALFA", "agreement end") == []
    key = declare(world, "BRAVO", "withdrawn", effective_us=world.now_us)
    sign(world, "BRAVO", key)
    world.run(100)
    assert not state.agreement("AB").in_force(world.now_us)
    view = text_at(state, "AB", world.now_us)
    assert (view.word, view.until_us) == ("ended", START_US + 400 * S)


def renew(world: SimWorld, party: str, *names: str, **changes) -> None:
    act = RenewAgreement(agreement="AB", post="desk", **changes)
    sign(world, party, key_of(do(world, party, act)[-1]), *names)


@pytest.mark.row("R8")
def test_a_renewal_by_consensus_takes_two_people_of_every_signatory_before_the_end() -> None:
    world = valid_world("consensus", renew_s=1000.0, warn_before_s=90.0)
    world.run(20)
    assert "renew it by consensus" in raised(world, "BRAVO", "agreement end")[0]
    renew(world, "ALFA", until_us=START_US + 600 * S)
    renew(world, "BRAVO", "owl")
    world.run(20)
    state = world.node("ALFA").state
    assert state.agreement("AB").valid.to_us == START_US + 100 * S
    renew(world, "BRAVO")
    world.run(80)
    assert state.agreement("AB").valid.to_us == START_US + 600 * S, "the shorter of the two"
    assert stands(world, "BRAVO")[0]
    world.crash("ALFA", back_after_s=1)
    world.run(10)
    assert world.node("ALFA").state.agreement("AB").valid.to_us == START_US + 600 * S
    refused(world, "ALFA", RenewAgreement(agreement="AB", post="desk", until_us=US_MAX), "at most")


def test_a_renewal_after_the_end_revives_nothing_and_one_too_long_is_cut() -> None:
    world = valid_world("consensus", renew_s=100.0)
    sha256 = text_at(world.node("ALFA").state, "AB", world.now_us).sha256
    body = AgreementRenewed(sha256=sha256, until_us=US_MAX, post="desk")
    for party in world.identities:
        sign(world, party, write_as(world, party, body))
    world.run(5)
    assert text_at(world.node("ALFA").state, "AB", world.now_us).until_us == START_US + 200 * S
    world.run(200)
    for party in world.identities:
        refused(world, party, RenewAgreement(agreement="AB", post="desk"), "it ended at")
        sign(world, party, write_as(world, party, body))
    world.run(5)
    assert not stands(world, "ALFA")[0]


# ---- what is told -------------------------------------------------------------------------------


def test_what_waits_for_our_people_is_told_and_what_came_into_force() -> None:
    world = made()
    key = propose(world, text_of(world))
    assert "0 of 2 of our people" in raised(world, "ALFA", "agreement proposed")[0]
    sign(world, "ALFA", key)
    world.run(2)
    assert raised(world, "ALFA", "agreement proposed") == []
    assert "to be signed or declined" in raised(world, "BRAVO", "agreement proposed")[0]
    taken = take(world, "BRAVO", key)
    sign(world, "BRAVO", taken, "owl")
    assert "1 of 2 of our people" in raised(world, "BRAVO", "agreement proposed")[0]
    sign(world, "BRAVO", taken, "elk")
    world.run(70)
    for party in world.identities:
        assert raised(world, party, "agreement proposed") == []
        (told,) = raised(world, party, "agreement changed")
        assert "AB version 2 is IN FORCE" in told


def test_a_peer_that_leaves_by_one_signature_is_told_as_what_does_not_count_yet() -> None:
    world = made()
    key = declare(world, "BRAVO", "withdrawn", effective_us=world.now_us)
    world.run(2)
    (told,) = raised(world, "ALFA", "agreement declared")
    assert told.endswith("does not count yet, waits for signatures of 2 more")
    sign(world, "BRAVO", key, "owl")
    sign(world, "BRAVO", key, "elk")
    world.run(2)
    (told,) = raised(world, "ALFA", "agreement declared")
    assert "does not count yet" not in told


def test_a_peer_that_suspends_the_agreement_is_told_at_once() -> None:
    world = made()
    declare(world, "BRAVO", "suspended", effective_us=world.now_us)
    world.run(2)
    (told,) = raised(world, "ALFA", "agreement declared")
    assert "BRAVO declares agreement AB suspended" in told
    assert told.endswith(", at once")
    assert raised(world, "BRAVO", "agreement declared") == []


def test_a_file_with_a_text_that_was_never_agreed_is_told() -> None:
    world = made()
    identity = world.identities["ALFA"]
    other = deadline_of(identity.agreements["AB"], 1.0)
    identity.agreements["AB"], identity.documents["AB"] = other, canonical_document(other)
    world.crash("ALFA", back_after_s=1)
    world.run(10)
    (told,) = raised(world, "ALFA", "agreement file")
    assert "never agreed: it counts for nothing" in told
    assert stands(world, "ALFA")[0]


def test_an_amended_line_owes_its_tests_from_its_day_on() -> None:
    world = made()
    agreed(world, text_of(world), in_s=30)
    world.run(40)
    state = world.node("ALFA").state
    agreement = state.agreement("AB")
    way = ("BRAVO", "ALFA")
    since_us = owed_since_us(state, agreement, agreement.lines[0], way, world.now_us, Sight("ALFA"))
    assert since_us == text_at(state, "AB", world.now_us).from_us


def test_people_who_are_enrolled_later_have_not_signed_before() -> None:
    world = pair()
    enrol(world, "ALFA")
    key = propose(world, text_of(world))
    sign(world, "ALFA", key)
    world.run(2)
    taken = take(world, "BRAVO", key)
    with pytest.raises(InputFault, match="stranger"):
        sign(world, "BRAVO", taken, "owl")
    enrol(world, "BRAVO")
    sign(world, "BRAVO", taken)
    world.run(70)
    assert world.node("ALFA").state.agreement("AB").version == 2
