"""Texts of agreements as signed acts: proposed, countersigned, declined, in force at an instant."""

from __future__ import annotations

import random

import msgspec
import pytest
from nodekit import do, say, thread, ticked_pair, write_as
from peoplekit import enrolled, person
from simkeys import oracle
from simstore import SimStore
from simstory import agreement_of, three
from simworld import SimWorld
from test_restoring import put_back

from parley.node.agreement_bodies import (
    AgreementCountersigned,
    AgreementDeclined,
    AgreementProposed,
)
from parley.node.agreement_inputs import ProposeAgreement, SignAgreement
from parley.node.custody_bodies import ActSigned
from parley.node.encoding import decode_entry
from parley.node.inputs import EnrolOperator, RemoveOperator, SignAct
from parley.node.rules.agreement_status import duty_stands, text_at
from parley.node.rules.alarms import alarms
from parley.node.rules.lines import line_vector
from parley.node.rules.text_chain import chain_of, named_text
from parley.node.state import State, fold, key_of
from parley.review.adopted import amended
from parley.review.times import LogPart
from parley.trust.bytes import sha256_hex
from parley.trust.statements import sign_act
from parley.world.agreement_document import canonical_document
from parley.world.clauses import Acknowledgement, ExclusiveChannel
from parley.world.faults import InputFault

S = 1_000_000
DAY_S = 86_400
PEOPLE = ("owl", "elk")


def enrol(world: SimWorld, *parties: str, agreement: str = "AB") -> None:
    for party in parties:
        for name in PEOPLE:
            act = EnrolOperator(
                agreement=agreement, post="desk", **enrolled(person(name, party), party=party)
            )
            do(world, party, act)


def sign(world: SimWorld, party: str, key, *names: str) -> None:
    leaf = world.node(party).state.log(key[0]).tree.leaf(key[1]).hex()
    for name in names or PEOPLE:
        signature = sign_act(person(name, party), *key, leaf)
        do(world, party, SignAct(ref=key, post="desk", operator=name, signature=signature))


def made(agreements=None, **options) -> SimWorld:
    world = ticked_pair(agreements)
    enrol(world, *world.identities, **options)
    world.run(2)
    return world


def text_of(world: SimWorld, party: str = "ALFA", name: str = "AB", **changes):
    """Return the text in force with something changed, as the next version."""
    now = world.node(party).state.agreement(name)
    values = {"version": now.version + 1, "title": "amended"} | changes
    return msgspec.structs.replace(now, **values)


def deadline_of(agreement, within_s: float):
    clauses = tuple(
        msgspec.structs.replace(c, within_s=within_s) if isinstance(c, Acknowledgement) else c
        for c in agreement.clauses
    )
    return msgspec.structs.replace(agreement, clauses=clauses)


def propose(world: SimWorld, agreement, party: str = "ALFA", in_s: float = 60.0, **changes):
    values = {
        "agreement": agreement.id, "post": "desk", "document": canonical_document(agreement),
        "from_us": world.now_us + round(in_s * S), "reason": "the test",
    } | changes  # fmt: skip
    written = do(world, party, ProposeAgreement(**values))
    return key_of(next(e for e in written if isinstance(e.body, AgreementProposed)))


def take(world: SimWorld, party: str, key, *, yes: bool = True, **changes):
    act = SignAgreement(ref=key, post="desk", take=yes, **changes)
    written = do(world, party, act)
    return key_of(next(e for e in written if e.ref))


def agreed(world: SimWorld, agreement, proposer: str = "ALFA", in_s: float = 60.0):
    """Let all parties sign a text; return the proposal."""
    key = propose(world, agreement, proposer, in_s)
    sign(world, proposer, key)
    world.run(2)
    for party in world.identities:
        if party != proposer:
            sign(world, party, take(world, party, key))
    world.run(2)
    return key


def versions(world: SimWorld, name: str = "AB") -> dict[str, int]:
    return {p: world.node(p).state.agreement(name).version for p in world.identities}


def refused(world: SimWorld, party: str, act, *words: str) -> None:
    sizes = {log.name.origin: log.tree.size for log in world.node(party).state.own_logs()}
    with pytest.raises(InputFault) as told:
        do(world, party, act)
    for word in words:
        assert word in str(told.value)
    after = {log.name.origin: log.tree.size for log in world.node(party).state.own_logs()}
    assert after == sizes, "nothing was written"


# ---- one text after another ---------------------------------------------------------------------


@pytest.mark.row("R8", "S12")
def test_a_text_binds_once_all_have_signed_it_with_two_people_and_its_day_has_come() -> None:
    world = made()
    base = world.node("ALFA").state.document("AB")
    agreement = text_of(world)
    key = propose(world, agreement)
    sign(world, "ALFA", key)
    world.run(2)
    sign(world, "BRAVO", take(world, "BRAVO", key))
    world.run(50)
    assert versions(world) == {"ALFA": 1, "BRAVO": 1}, "its day has not come"
    world.run(10)
    assert versions(world) == {"ALFA": 2, "BRAVO": 2}
    for party in world.identities:
        state = world.node(party).state
        assert state.document("AB") == canonical_document(agreement)
        view = text_at(state, "AB", world.now_us)
        assert (view.word, view.agreement.version, view.agreed_by) == (
            "in force", 2, ("ALFA", "BRAVO"),
        )  # fmt: skip
        assert view.proposal == key
        before = text_at(state, "AB", view.from_us - 1)
        assert (before.document, before.to_us) == (base, view.from_us)
        assert duty_stands(state, "AB", party, world.now_us)[0]


@pytest.mark.parametrize("missing", ["ALFA's second", "BRAVO's second", "BRAVO's entry"])
def test_one_signature_less_and_nothing_changes(missing) -> None:
    world = made()
    key = propose(world, text_of(world))
    sign(world, "ALFA", key, *(PEOPLE[:1] if missing == "ALFA's second" else PEOPLE))
    world.run(2)
    if missing != "BRAVO's entry":
        taken = take(world, "BRAVO", key)
        sign(world, "BRAVO", taken, *(PEOPLE[:1] if missing == "BRAVO's second" else PEOPLE))
    world.run(100)
    assert versions(world) == {"ALFA": 1, "BRAVO": 1}
    who = missing.partition("'")[0]
    with pytest.raises(InputFault, match=f"lapsed: not signed by two people of .*{who}|our own"):
        take(world, "BRAVO", key)


def test_one_person_twice_is_not_two_and_a_stranger_is_none() -> None:
    world = made()
    key = propose(world, text_of(world))
    sign(world, "ALFA", key)
    world.run(2)
    taken = take(world, "BRAVO", key)
    sign(world, "BRAVO", taken, "owl", "owl")
    world.run(70)
    assert versions(world) == {"ALFA": 1, "BRAVO": 1}
    leaf = world.node("BRAVO").state.log(taken[0]).tree.leaf(taken[1]).hex()
    forged = sign_act(person("fox", "BRAVO"), *taken, leaf)
    with pytest.raises(InputFault, match="stranger"):
        do(world, "BRAVO", SignAct(ref=taken, post="desk", operator="fox", signature=forged))


def test_who_signs_after_the_day_signs_nothing() -> None:
    world = made()
    key = propose(world, text_of(world), in_s=20)
    sign(world, "ALFA", key)
    world.run(2)
    taken = take(world, "BRAVO", key)
    sign(world, "BRAVO", taken, "owl")
    world.run(30)
    sign(world, "BRAVO", taken, "elk")
    world.run(5)
    assert versions(world) == {"ALFA": 1, "BRAVO": 1}
    assert len(chain_of(world.node("ALFA").state.scope("AB"))) == 1


@pytest.mark.row("R8")
def test_all_three_must_sign() -> None:
    world = made(three(), agreement="ABC")
    key = propose(world, text_of(world, name="ABC"))
    sign(world, "ALFA", key)
    world.run(2)
    sign(world, "BRAVO", take(world, "BRAVO", key))
    world.run(20)
    charlie = take(world, "CHARLIE", key)
    sign(world, "CHARLIE", charlie, "owl")
    world.run(10)
    assert len(chain_of(world.node("BRAVO").state.scope("ABC"))) == 1
    sign(world, "CHARLIE", charlie, "elk")
    world.run(60)
    assert set(versions(world, "ABC").values()) == {2}


def test_a_restart_finds_the_text_again_and_adopts_nothing_anew() -> None:
    world = made()
    agreed(world, text_of(world))
    world.run(70)
    before = {p: world.node(p).state.document("AB") for p in world.identities}
    adopted = {p: len(world.node(p).state.scope("AB").adopted[p]) for p in world.identities}
    for party in world.identities:
        world.crash(party, back_after_s=1)
    world.run(20)
    assert {p: world.node(p).state.document("AB") for p in world.identities} == before
    assert versions(world) == {"ALFA": 2, "BRAVO": 2}
    after = {p: len(world.node(p).state.scope("AB").adopted[p]) for p in world.identities}
    assert after == adopted


@pytest.mark.parametrize("configured", ["operative", "another"])
def test_another_text_in_the_file_is_not_adopted_once_one_is_agreed(configured) -> None:
    world = made()
    agreed(world, text_of(world))
    world.run(70)
    now = world.node("ALFA").state.agreement("AB")
    file = now if configured == "operative" else deadline_of(now, 1.0)
    identity = world.identities["ALFA"]
    identity.agreements["AB"], identity.documents["AB"] = file, canonical_document(file)
    world.crash("ALFA", back_after_s=1)
    world.run(20)
    state = world.node("ALFA").state
    assert state.agreement("AB") == now
    assert state.document("AB") == canonical_document(now)
    assert len(state.scope("AB").adopted["ALFA"]) == 1
    assert duty_stands(state, "AB", "ALFA", world.now_us)[0]


def test_before_all_have_adopted_one_text_a_file_may_still_be_corrected() -> None:
    """Two that were started with different files would else never come together."""
    world = SimWorld(1, [agreement_of("AB", ("ALFA", "BRAVO"))], ticked_pair().faults)
    identity = world.identities["ALFA"]
    right = (identity.agreements["AB"], identity.documents["AB"])
    wrong = deadline_of(right[0], 1.0)
    identity.agreements["AB"], identity.documents["AB"] = wrong, canonical_document(wrong)
    world.run(10)
    assert text_at(world.node("ALFA").state, "AB", world.now_us).word == "not agreed"
    assert not duty_stands(world.node("BRAVO").state, "AB", "ALFA", world.now_us)[0]
    identity.agreements["AB"], identity.documents["AB"] = right
    world.crash("ALFA", back_after_s=1)
    world.run(10)
    for party in world.identities:
        assert duty_stands(world.node(party).state, "AB", "ALFA", world.now_us)[0]


# ---- the clocks of messages ---------------------------------------------------------------------


def due_of(world: SimWorld, key) -> float:
    found = thread(world, "ALFA", key)
    return (found.body.answer_due_us - found.said.issued_us) / S


@pytest.mark.row("R8")
def test_a_new_deadline_is_that_of_messages_from_its_day_on_and_of_none_before() -> None:
    world = made()
    within = {"message_type": "clearance", "message_class": "URGENT"}
    before = say(world, **within)
    agreed(world, deadline_of(text_of(world), 20.0))
    still = say(world, **within)
    world.run(70)
    after = say(world, **within)
    world.run(1)
    assert [due_of(world, key) for key in (before, still, after)] == [60.0, 60.0, 20.0]


def test_the_ladder_of_a_message_is_that_of_the_text_of_its_time() -> None:
    world = made()
    key = say(world, message_class="URGENT")
    gone = text_of(world)
    clauses = tuple(c for c in gone.clauses if not isinstance(c, Acknowledgement))
    agreed(world, msgspec.structs.replace(gone, clauses=clauses), in_s=10)
    world.run(200)
    posts = [e.body.post for e in thread(world, "ALFA", key).escalated.values()]
    assert sorted(posts) == ["commander", "duty-officer"]


# ---- partitions ---------------------------------------------------------------------------------


@pytest.mark.row("R8")
def test_a_last_signature_that_is_still_under_way_blocks_no_line() -> None:
    """One side goes by the new text, the other cannot know of it: they must still talk."""
    world = made()
    key = propose(world, text_of(world))
    sign(world, "ALFA", key)
    world.run(2)
    world.partition("ALFA", "BRAVO", seconds=120)
    sign(world, "BRAVO", take(world, "BRAVO", key))
    world.run(80)
    assert versions(world) == {"ALFA": 1, "BRAVO": 2}
    shown = {p: named_text(world.node(p).state, "AB") for p in world.identities}
    assert len(set(shown.values())) == 1, "the greeting names the first text at both ends"
    world.run(35)
    # The link is up again before the signature has come: what the greetings said is what counts.
    world.crash("BRAVO", back_after_s=1)
    urgent = say(world)
    world.run(40)
    assert versions(world) == {"ALFA": 2, "BRAVO": 2}
    assert thread(world, "BRAVO", urgent).said is not None


@pytest.mark.row("S14")
def test_nobody_is_held_to_a_text_whose_signing_it_could_not_know_of() -> None:
    world = made()
    key = propose(world, text_of(world))
    sign(world, "ALFA", key)
    world.run(2)
    world.partition("ALFA", "BRAVO", seconds=120)
    sign(world, "BRAVO", take(world, "BRAVO", key))
    world.run(80)
    between_us = world.now_us
    world.run(100)
    say(world)
    world.run(5)
    for party in world.identities:
        state = world.node(party).state
        assert text_at(state, "AB", between_us).agreement.version == 2, "as the logs have it"
        assert text_at(state, "AB", between_us, "BRAVO").agreement.version == 2
        assert text_at(state, "AB", between_us, "ALFA").agreement.version == 1
        assert text_at(state, "AB", world.now_us, "ALFA").agreement.version == 2


# ---- hostile parties ----------------------------------------------------------------------------


def proposed_as(world: SimWorld, party: str, document: str, **changes):
    """Let a party's node sign a proposal past all rules."""
    old = chain_of(world.node(party).state.scope("AB"))[-1]
    values = {
        "agreement": "AB", "version": 2, "sha256": sha256_hex(document.encode()),
        "document": document, "from_us": world.now_us + 30 * S, "post": "desk",
        "supersedes": old.sha256,
    } | changes  # fmt: skip
    key = write_as(world, party, AgreementProposed(**values))
    sign(world, party, key)
    world.run(2)
    return key


def test_the_same_title_with_another_duty_is_another_text() -> None:
    world = made()
    shown = text_of(world)
    key = propose(world, shown)
    sign(world, "ALFA", key)
    world.run(2)
    taken = take(world, "BRAVO", key)
    sign(world, "BRAVO", taken, "owl")
    world.run(2)
    # The other one: same id, version, title; the sender has a year to answer.
    other = canonical_document(deadline_of(shown, 31_536_000.0))
    second = proposed_as(world, "ALFA", other)
    with pytest.raises(InputFault, match="rival"):
        take(world, "BRAVO", second)
    sign(world, "BRAVO", taken, "elk")
    world.run(70)
    assert world.node("BRAVO").state.document("AB") == canonical_document(shown)


def test_a_countersignature_is_of_one_sha256_and_one_entry_alone() -> None:
    world = made()
    first = propose(world, text_of(world))
    sign(world, "ALFA", first)
    other = proposed_as(world, "ALFA", canonical_document(deadline_of(text_of(world), 999.0)))
    state = world.node("BRAVO").state
    # BRAVO's own node, past all rules: of the one entry, with the SHA-256 of the other text.
    wrong = sha256_hex(canonical_document(text_of(world)).encode())
    body = AgreementCountersigned(sha256=wrong, post="desk")
    sign(world, "BRAVO", write_as(world, "BRAVO", body, ref=(state.reference(other),)))
    # And of a place whose bytes are others than those that it names.
    moved = msgspec.structs.replace(state.reference(first), leaf=state.reference(other).leaf)
    sign(world, "BRAVO", write_as(world, "BRAVO", body, ref=(moved,)))
    world.run(70)
    assert versions(world) == {"ALFA": 1, "BRAVO": 1}


def twice(document: str) -> str:
    """Return a document in which a name stands twice: who reads the first reads another text."""
    return document.replace('"title":"amended"', '"title":"as before","title":"amended"', 1)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(twice, id="a name twice"),
        pytest.param(lambda d: d.replace(":60.0", ":60.00000000000000001", 1), id="a number"),
        pytest.param(lambda d: " " + d, id="a blank"),
        pytest.param(lambda d: d.replace("amended", "\\u0061mended", 1), id="an escape"),
        pytest.param(lambda d: d.replace('"rules_version":5,', "", 1), id="no rules version"),
        pytest.param(lambda d: d.replace('"rules_version":5', '"rules_version":3'), id="rules"),
        pytest.param(lambda d: d.replace('"id":"AB"', '"id":"XY"', 1), id="another agreement"),
        pytest.param(lambda d: d.replace('"version":2', '"version":1', 1), id="its version"),
        pytest.param(lambda d: "[" * 50_000, id="deep"),
        pytest.param(lambda d: '{"id":"AB"}', id="no parties"),
        pytest.param(lambda d: "nothing", id="no JSON"),
    ],
)
def test_what_could_be_read_in_two_ways_binds_nobody(change) -> None:
    world = made()
    document = change(canonical_document(text_of(world)))
    act = ProposeAgreement(agreement="AB", post="desk", document=document, reason="r",
                           from_us=world.now_us + 30 * S)  # fmt: skip
    refused(world, "ALFA", act)
    key = proposed_as(world, "ALFA", document)
    state = world.node("BRAVO").state
    with pytest.raises(InputFault):
        take(world, "BRAVO", key)
    body = AgreementCountersigned(sha256=sha256_hex(document.encode()), post="desk")
    sign(world, "BRAVO", write_as(world, "BRAVO", body, ref=(state.reference(key),)))
    world.run(60)
    assert versions(world) == {"ALFA": 1, "BRAVO": 1}


def test_a_document_of_sixty_kilobytes_is_proposed_and_signed_like_any_other() -> None:
    world = made()
    agreed(world, text_of(world, title="x" * 60_000))
    world.run(70)
    assert versions(world) == {"ALFA": 2, "BRAVO": 2}
    state = world.node("BRAVO").state
    assert len(state.document("AB")) > 60_000


def test_a_party_with_a_log_neither_comes_nor_goes_by_an_amendment() -> None:
    world = made()
    more = agreement_of("AB", ("ALFA", "BRAVO", "CHARLIE"))
    wider = text_of(world, parties=more.parties)
    document = canonical_document(wider)
    act = ProposeAgreement(agreement="AB", post="desk", document=document, reason="r",
                           from_us=world.now_us + 30 * S)  # fmt: skip
    refused(world, "ALFA", act, "CHARLIE would come or go", "new agreement")
    # A party that was a signatory cannot be made one that is bound through the proposer.
    parties = tuple(msgspec.structs.replace(p, bound_through="ALFA") if p.id == "BRAVO" else p
                    for p in wider.parties[:2])  # fmt: skip
    document = canonical_document(text_of(world, parties=parties))
    proposed_as(world, "ALFA", document)
    world.run(60)
    assert versions(world) == {"ALFA": 1, "BRAVO": 1}


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"from_us": 5}, "to come"),
        ({"from_us": None, "agreement": "XY"}, "one of AB"),
        ({"reason": ""}, "reason for less notice"),
        ({"post": "kitchen"}, "post of ALFA"),
    ],
)
def test_a_proposal_that_cannot_be(changes, word) -> None:
    world = made()
    values = {"agreement": "AB", "post": "desk", "document": canonical_document(text_of(world)),
              "from_us": world.now_us + 30 * S, "reason": "r"} | changes  # fmt: skip
    with pytest.raises(InputFault, match=word):
        do(world, "ALFA", ProposeAgreement(**values))


def test_without_a_day_it_is_the_notice_of_the_norms_and_needs_no_reason() -> None:
    world = made()
    key = propose(world, text_of(world), from_us=None, reason="")
    entry = world.node("ALFA").state.scope("AB").terms.proposed[key]
    assert entry.body.from_us == pytest.approx(world.now_us + DAY_S * S, abs=2 * S)


# ---- declining, rivals --------------------------------------------------------------------------


def test_one_person_declines_and_the_text_is_dead_for_good() -> None:
    world = made()
    key = propose(world, text_of(world))
    sign(world, "ALFA", key)
    world.run(2)
    take(world, "BRAVO", key, yes=False, reason="no")
    world.run(2)
    with pytest.raises(InputFault, match="declined: by BRAVO"):
        take(world, "BRAVO", key)
    with pytest.raises(InputFault, match="declined before"):
        take(world, "BRAVO", key, yes=False)


def test_a_proposer_takes_back_what_is_not_complete_and_nothing_that_is() -> None:
    world = made()
    key = propose(world, text_of(world))
    sign(world, "ALFA", key)
    take(world, "ALFA", key, yes=False, reason="a slip")
    world.run(2)
    with pytest.raises(InputFault, match="declined: by ALFA"):
        take(world, "BRAVO", key)
    again = agreed(world, text_of(world))
    with pytest.raises(InputFault, match="signed by all"):
        take(world, "ALFA", again, yes=False)
    # Past all rules it changes nothing either.
    state = world.node("ALFA").state
    sha256 = state.scope("AB").terms.proposed[again].body.sha256
    body = AgreementDeclined(sha256=sha256, post="desk")
    write_as(world, "ALFA", body, ref=(state.reference(again),))
    world.run(70)
    assert versions(world) == {"ALFA": 2, "BRAVO": 2}


def test_two_rivals_that_both_are_signed_by_all_are_ordered_alike_everywhere_and_told() -> None:
    """It takes a second node of each party, or a bug: no node signs two texts for one place."""
    world = made()
    from_us = world.now_us + 60 * S
    base = chain_of(world.node("ALFA").state.scope("AB"))[0].sha256
    keys = []
    for title in ("one", "two"):
        document = canonical_document(text_of(world, title=title))
        key = proposed_as(world, "ALFA", document, from_us=from_us, supersedes=base)
        state = world.node("BRAVO").state
        body = AgreementCountersigned(sha256=sha256_hex(document.encode()), post="desk")
        sign(world, "BRAVO", write_as(world, "BRAVO", body, ref=(state.reference(key),)))
        keys.append((sha256_hex(document.encode()), key))
        world.run(2)
    world.run(70)
    lowest, other = sorted(keys)
    for party in world.identities:
        text = chain_of(world.node(party).state.scope("AB"))[-1]
        assert (text.sha256, text.proposal, text.rivals) == (*lowest, (other[1],))
        told = [a.text for a in alarms(world.node(party).state, world.now_us)
                if a.kind == "agreement contradiction"]  # fmt: skip
        assert len(told) == 1
        assert "TWO TEXTS of agreement AB" in told[0]


@pytest.mark.row("R8")
def test_a_text_upon_a_text_to_come() -> None:
    world = made()
    first = text_of(world)
    agreed(world, first, in_s=60)
    with pytest.raises(InputFault, match="before it begins"):
        propose(world, msgspec.structs.replace(first, version=3), in_s=30)
    agreed(world, msgspec.structs.replace(first, version=3), "BRAVO", in_s=90)
    world.run(54)
    assert versions(world) == {"ALFA": 2, "BRAVO": 2}
    world.run(40)
    assert versions(world) == {"ALFA": 3, "BRAVO": 3}


# ---- the record ---------------------------------------------------------------------------------


def test_the_texts_are_the_same_whatever_the_order_of_arrival() -> None:
    """Logs are folded in pieces, shuffled; each log keeps its own order, as on any link."""
    with oracle():
        world = made()
        agreed(world, text_of(world))
        propose(world, text_of(world, version=3), "BRAVO", in_s=200)
        world.run(70)
        crank = world.node("BRAVO")
        wanted = chain_of(crank.state.scope("AB"))
        store = crank.store
        for seed in range(20):
            draw = random.Random(seed)
            state = State(identity=crank.state.identity)
            left = dict.fromkeys(store.origins(), 0)
            while left:
                origin = draw.choice(sorted(left))
                start, size = left[origin], store.size(origin)
                end = min(size, start + draw.randint(1, 4))
                fold(state, origin, start, store.entries(origin, start, end),
                     store.openings(origin, start, end))  # fmt: skip
                chain_of(state.scope("AB"))
                left[origin] = end
                if end == size:
                    del left[origin]
            assert chain_of(state.scope("AB")) == wanted, seed


def test_under_older_rules_a_file_is_adopted_as_ever_and_no_text_is_proposed() -> None:
    old = msgspec.structs.replace(agreement_of("AB", ("ALFA", "BRAVO")), rules_version=3)
    world = ticked_pair([old])
    act = ProposeAgreement(agreement="AB", post="desk", document=canonical_document(old))
    with pytest.raises(InputFault, match="rules version 4 or later"):
        do(world, "ALFA", act)
    identity = world.identities["ALFA"]
    changed = msgspec.structs.replace(old, title="another")
    identity.agreements["AB"], identity.documents["AB"] = changed, canonical_document(changed)
    world.crash("ALFA", back_after_s=1)
    world.run(10)
    state = world.node("BRAVO").state
    assert len(state.scope("AB").adopted["ALFA"]) == 2
    assert not duty_stands(state, "AB", "ALFA", world.now_us)[0]


@pytest.mark.row("R8")
def test_a_text_that_was_changed_since_decides_no_silence_by_its_old_clause() -> None:
    """An amendment may have ended that the logs are the only channel."""
    base = agreement_of("AB", ("ALFA", "BRAVO"))
    only = ExclusiveChannel(id="X", value=True)
    world = made([msgspec.structs.replace(base, clauses=(*base.clauses, only))])
    key = propose(world, text_of(world, clauses=base.clauses))
    assert not amended(parts_of(world, "BRAVO"), "AB")
    world.run(2)
    take(world, "BRAVO", key)
    assert amended(parts_of(world, "BRAVO"), "AB")
    assert not amended(parts_of(world, "BRAVO"), "XY")


def parts_of(world: SimWorld, party: str) -> list[LogPart]:
    crank = world.node(party)
    found = []
    for log in crank.state.logs():
        origin, size = log.name.origin, log.tree.size
        held, rules = crank.store.openings(origin, 0, size), crank.state.scope("AB").rules
        entries = tuple(
            decode_entry(data, log=log.name, index=n, opening=held.get(n), rules=rules)
            for n, data in enumerate(crank.store.entries(origin, 0, size))
        )
        found.append(LogPart(origin=origin, entries=entries))
    return found


# ---- keys ---------------------------------------------------------------------------------------


def test_a_key_revoked_after_the_fact_unsigns_nothing() -> None:
    """Else a party could undo at will, alone, what all had signed and gone by."""
    world = made()
    agreed(world, text_of(world))
    world.run(70)
    for name in PEOPLE:
        do(world, "BRAVO", RemoveOperator(agreement="AB", post="desk", operator=name))
    world.run(3)
    assert versions(world) == {"ALFA": 2, "BRAVO": 2}
    key = propose(world, text_of(world), in_s=30)
    sign(world, "ALFA", key)
    world.run(2)
    taken = take(world, "BRAVO", key)
    with pytest.raises(InputFault, match="removed"):
        sign(world, "BRAVO", taken, "owl")


def test_a_signature_that_claims_an_earlier_time_is_believed_and_binds_no_past_of_ours() -> None:
    """Not defended: who keeps its log still may sign late and claim the day before.

    What it gains is small: we are judged by what our own log shows that we held.
    """
    world = made()
    key = propose(world, text_of(world), in_s=20)
    sign(world, "ALFA", key)
    world.run(5)
    early_us = world.now_us
    world.run(40)
    assert versions(world) == {"ALFA": 1, "BRAVO": 1}
    state = world.node("BRAVO").state
    sha256 = state.scope("AB").terms.proposed[key].body.sha256
    body = AgreementCountersigned(sha256=sha256, post="desk")
    ref = (state.reference(key),)
    taken = write_as(world, "BRAVO", body, ref=ref, issued_us=early_us)
    leaf = state.log(taken[0]).tree.leaf(taken[1]).hex()
    for name in PEOPLE:
        signed = ActSigned(operator=name, signature=sign_act(person(name, "BRAVO"), *taken, leaf))
        write_as(world, "BRAVO", signed, ref=(state.reference(taken),), issued_us=early_us)
    world.run(5)
    assert versions(world) == {"ALFA": 2, "BRAVO": 2}
    say(world)
    world.run(2)
    for party in world.identities:
        state = world.node(party).state
        assert text_at(state, "AB", early_us + 30 * S, "ALFA").agreement.version == 1
        assert text_at(state, "AB", world.now_us, "ALFA").agreement.version == 2


@pytest.mark.parametrize("file", ["first", "amended"])
def test_a_machine_that_lost_its_store_finds_the_text_in_force_again(file) -> None:
    world = made()
    agreed(world, text_of(world))
    world.run(70)
    now = world.node("BRAVO").state.agreement("AB")
    identity = world.identities["ALFA"]
    if file == "amended":
        identity.agreements["AB"], identity.documents["AB"] = now, canonical_document(now)
    put_back(world, "ALFA", SimStore())
    world.run(60)
    for party in world.identities:
        state = world.node(party).state
        assert state.agreement("AB") == now
        assert duty_stands(state, "AB", "ALFA", world.now_us)[0]
        vector = line_vector(state, now, now.lines[0], world.now_us)
        assert [each.agreement for each in vector.sides] == ["in force", "in force"], party
