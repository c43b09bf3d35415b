"""People, keys, holds, consents and guarded notices: the rules of `rules.custody` and `keyring`."""

from __future__ import annotations

import dataclasses

import msgspec
import pytest
from simstory import three

from node.nodekit import do, pair, say, thread, ticked_pair, write_as
from node.test_mirroring import rotate
from parley.app.custody_views import forks_view
from parley.app.service import Service
from parley.node.custody_bodies import (
    ActSigned,
    ClockMeasured,
    ForkEvidence,
    OperatorEnrolled,
    OperatorRemoved,
    PayloadDestroyed,
    PeerRefused,
)
from parley.node.entries import MessageAnswered, ReadBackChecked
from parley.node.inputs import (
    Answer,
    DestroyPayload,
    DistrustKey,
    EnrolOperator,
    GiveConsent,
    LiftHold,
    OpenPayload,
    RemoveOperator,
    RevokeKey,
    SetHold,
    SignAct,
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
from parley.node.rules.keyring import refused_keys, signatures_of
from parley.node.snapshots import digest
from parley.node.state import key_of
from parley.trust.checkpoint import Checkpoint, sign_checkpoint
from parley.trust.keys import SigningKey
from parley.trust.statements import (
    Enrolment,
    Statement,
    combine_statements,
    sign_act,
    sign_enrolment,
    sign_statement,
)
from parley.world.faults import InputFault

SECOND_US = 1_000_000
AB = {"agreement": "AB", "post": "desk"}
WORDS = {"place": "the clinic at the ford", "window": "0600Z to 0700Z"}


def person(name, party="ALFA", seed=None):
    raw = (seed or name).encode().ljust(32, b".")
    return SigningKey(raw, name=f"parley/{party}/operator/{name}", role="operator")


def enrolled(key, posts=("desk",), until_us=None, party="ALFA"):
    """Return the enrolment of a person, with the proof that the key is held."""
    name = key.name.rpartition("/")[2]
    enrolment = Enrolment(
        party=party, operator=name, key=key.verifier.vkey, posts=posts, until_us=until_us
    )
    return {
        "operator": name,
        "key": key.verifier.vkey,
        "posts": posts,
        "until_us": until_us,
        "possession": sign_enrolment(key, enrolment),
    }


def enrol(world, key, **options):
    return do(world, "ALFA", EnrolOperator(**AB, **enrolled(key, **options)))


def leaf_of(world, key, party="ALFA"):
    return world.node(party).state.log(key[0]).tree.leaf(key[1]).hex()


def sign(world, key, by, post="desk", leaf=None):
    name = by.name.rpartition("/")[2]
    signature = sign_act(by, *key, leaf or leaf_of(world, key))
    act = SignAct(ref=key, post=post, operator=name, signature=signature)
    return do(world, "ALFA", act)


def signed(world, party, key):
    """Return (person, counts, why) for each signature on an entry, as a node holds them."""
    state = world.node(party).state
    found = signatures_of(state, state.scope("AB"), key, leaf_of(world, key, party))
    return [(each.operator, each.counts, each.why) for each in found]


# ---- people -------------------------------------------------------------------------------------


def test_a_persons_signature_counts_on_both_nodes():
    world = pair()
    owl, fox = person("owl"), person("fox")
    enrol(world, owl)
    enrol(world, fox, posts=("commander", "desk"))
    key = say(world)
    sign(world, key, owl)
    sign(world, key, fox, post="commander")
    world.run(3)
    for party in ("ALFA", "BRAVO"):
        assert signed(world, party, key) == [("owl", True, ""), ("fox", True, "")]


def refused(world, act, *words):
    """Check that an act is refused with these words, and that nothing was written."""
    before = {log.name.origin: log.tree.size for log in world.node("ALFA").state.own_logs()}
    with pytest.raises(InputFault) as told:
        do(world, "ALFA", act)
    for word in words:
        assert word in str(told.value)
    after = {log.name.origin: log.tree.size for log in world.node("ALFA").state.own_logs()}
    assert before == after


def test_who_may_not_sign_is_refused_with_the_reason():
    world = pair()
    owl, stray = person("owl"), person("stray")
    enrol(world, owl, until_us=world.now_us + 5 * SECOND_US)
    key = say(world)

    def act(by, post="desk", **changes):
        body = {"ref": key, "post": post, "operator": by.name.rpartition("/")[2]}
        body["signature"] = sign_act(by, *key, leaf_of(world, key))
        return SignAct(**body | changes)

    refused(world, act(stray), "a stranger")
    refused(world, act(owl, post="commander"), "at post commander", "at desk")
    refused(world, act(owl, operator="stray"), "a stranger")
    refused(world, act(person("owl", seed="thief")), "this very statement")
    refused(world, act(owl, ref=(key[0], 10**6)), "an entry of our own")
    refused(world, act(owl, ref=("parley.example/AB/BRAVO/line/2026", 0)), "an entry of our own")
    other = say(world)
    refused(world, act(owl, ref=other), "this very statement")
    world.run(10)
    refused(world, act(owl), "enrolled until")
    assert signed(world, "ALFA", key) == []


def test_enrolment_is_for_our_own_posts_and_shows_that_the_key_is_held():
    world = pair()
    good = enrolled(person("owl"))
    for changes, word in (
        ({"posts": ("dsk",)}, "did you mean 'desk'?"),
        ({"possession": "00" * 64}, "owl"),
        ({"operator": "fox"}, "fox"),
        ({"posts": ("commander",)}, "this very statement"),
        ({"agreement": "XY"}, "XY"),
    ):
        refused(world, EnrolOperator(**(AB | good | changes)), word)
    refused(world, RemoveOperator(**AB, operator="owl"), "a person enrolled")
    do(world, "ALFA", EnrolOperator(**AB, **good))
    refused(world, RemoveOperator(**AB, operator="owll"), "did you mean 'owl'?")


def test_a_removed_person_and_a_stranger_do_not_count_even_where_their_node_writes_it():
    """A node that breaks the rules can write any signature: its peer judges it anew."""
    world = pair()
    owl, stray = person("owl"), person("stray")
    enrol(world, owl)
    key = say(world)
    sign(world, key, owl)
    do(world, "ALFA", RemoveOperator(**AB, operator="owl", reason="left"))
    reference = world.node("ALFA").state.reference(key)
    for by in (owl, stray):
        signature = sign_act(by, *key, leaf_of(world, key))
        body = ActSigned(operator=by.name.rpartition("/")[2], signature=signature)
        write_as(world, "ALFA", body, ref=(reference,))
    late = person("newt")
    body = OperatorEnrolled(**enrolled(late, until_us=world.now_us - SECOND_US))
    write_as(world, "ALFA", body)
    signature = sign_act(late, *key, leaf_of(world, key))
    write_as(world, "ALFA", ActSigned(operator="newt", signature=signature), ref=(reference,))
    world.run(15)
    found = signed(world, "BRAVO", key)
    assert [(name, counts) for name, counts, _ in found] == [
        ("owl", True), ("owl", False), ("stray", False), ("newt", False),
    ]  # fmt: skip
    for (_, _, why), word in zip(found[1:], ("removed at", "stranger", "until"), strict=True):
        assert word in why
    assert "left" in found[1][2]


def test_nobody_signs_or_removes_for_another_party():
    world = pair()
    owl = person("owl")
    enrol(world, owl)
    key = say(world)
    world.run(3)
    reference = world.node("BRAVO").state.reference(key)
    signature = sign_act(owl, *key, leaf_of(world, key))
    write_as(world, "BRAVO", ActSigned(operator="owl", signature=signature), ref=(reference,))
    write_as(world, "BRAVO", OperatorRemoved(operator="owl"))
    world.run(15)
    assert signed(world, "ALFA", key) == [("owl", False, "on an entry of another party")]
    sign(world, key, owl)
    assert signed(world, "ALFA", key)[0] == ("owl", True, "")


def test_a_key_of_the_same_pseudonym_replaces_the_one_before():
    world = pair()
    old, new = person("owl"), person("owl", seed="second")
    enrol(world, old)
    key = say(world)
    sign(world, key, old)
    enrol(world, new)
    signature = sign_act(old, *key, leaf_of(world, key))
    refused(world, SignAct(ref=key, post="desk", operator="owl", signature=signature), "owl")
    sign(world, key, new)
    world.run(3)
    assert [counts for _, counts, _ in signed(world, "BRAVO", key)] == [True, True]


# ---- keys ---------------------------------------------------------------------------------------


def test_one_person_distrusts_a_key_and_the_link_is_dead():
    world = pair()
    link = world.identities["BRAVO"].keys.link.verifier.vkey
    refused(world, DistrustKey(**AB, party="BRAVO", key=link, reason="  "), "in a few words")
    refused(world, DistrustKey(**AB, party="NOBODY", key=link, reason="x"), "one of BRAVO")
    refused(world, DistrustKey(**AB, party="BRAVO", key="x+1+y", reason="x"), "a key enrolled")
    do(world, "ALFA", DistrustKey(**AB, party="BRAVO", key=link, reason="found on a stick"))
    state = world.node("ALFA").state
    assert refused_keys(state, "BRAVO") == {link: "distrusted by desk: found on a stick"}
    world.run(15)
    assert state.links.proven("BRAVO") is None
    # It is what ALFA thinks: BRAVO reads it, and its own keys count for itself as before.
    assert refused_keys(world.node("BRAVO").state, "BRAVO") == {}
    mine = world.identities["ALFA"].keys.log.verifier.vkey
    write_as(world, "BRAVO", next(iter(state.scope("AB").custody["key.distrusted"].values())).body)
    assert mine not in refused_keys(state, "ALFA")


def test_a_fork_is_shown_as_proven_only_with_its_proof_also_after_the_key_is_distrusted():
    world = pair(three())
    origin = "parley.example/ABC/ALFA/line/2026"
    log = world.identities["ALFA"].keys.log

    def head(letter, key=log):
        checkpoint = Checkpoint(origin=origin, size=5, root=letter * 32)
        return sign_checkpoint(key, checkpoint).decode()

    forger = SigningKey(b"f" * 32, name="parley/ALFA/log", role="log")
    proof = ForkEvidence(origin=origin, held=head(b"a"), refused=head(b"b"), why="two heads")
    lies = [
        msgspec.structs.replace(proof, refused=head(b"b", forger)),
        msgspec.structs.replace(proof, refused=head(b"a")),
        msgspec.structs.replace(proof, held="no note"),
        msgspec.structs.replace(proof, origin="parley.example/ABC/ALFA/ops/2026"),
        msgspec.structs.replace(proof, origin="nothing"),
    ]
    for body in (*lies, proof):
        write_as(world, "BRAVO", body, agreement="ABC")
    world.run(15)
    state = world.node("CHARLIE").state
    shown = forks_view(state)
    assert [each.proven for each in shown] == [True, False, False, False, False, False]
    assert (shown[0].party, shown[0].found_by) == ("ALFA", "BRAVO")
    act = DistrustKey(
        agreement="ABC", post="desk", party="ALFA", key=log.verifier.vkey, reason="it forked"
    )
    do(world, "CHARLIE", act)
    assert forks_view(state)[0].proven


def with_roots(world, party, count=3, threshold=2):
    """Give a party an offline root that its peers have enrolled; return its keys."""
    roots = [
        SigningKey(bytes([n]) * 32, name=f"parley/{party}/root-{n}", role="root")
        for n in range(1, count + 1)
    ]
    public = tuple(root.verifier for root in roots)
    for each, identity in world.identities.items():
        world.stop(each)
        changes: dict[str, object] = {}
        if each == party:
            changes["roots"] = (public, threshold)
        if party in identity.peers:
            peer = msgspec.structs.replace(
                identity.peers[party], roots=public, root_threshold=threshold
            )
            changes["peers"] = {**identity.peers, party: peer}
        world.identities[each] = dataclasses.replace(identity, **changes)
        world.start(each)
    world.run(10)
    return roots


def statement(world, key, role, roots, at_us=None, party="ALFA", action="revoke"):
    made = Statement(
        party=party, action=action, role=role, key=key,
        at_us=world.now_us if at_us is None else at_us, reason="lost in a move",
    )  # fmt: skip
    return combine_statements([sign_statement(root, made) for root in roots]).decode()


def test_a_root_revokes_with_enough_of_its_keys_and_not_with_fewer():
    world = pair()
    roots = with_roots(world, "BRAVO")
    mirror = world.identities["BRAVO"].keys.mirror.verifier.vkey
    one = statement(world, mirror, "mirror", roots[:1], party="BRAVO")
    refused(world, RevokeKey(**AB, statement=one), "2 of 3")
    two = statement(world, mirror, "mirror", roots[1:], party="BRAVO")
    refused(world, RevokeKey(**AB, statement=two.replace("lost", "sold")), "signature by parley")
    do(world, "BRAVO", RevokeKey(**AB, statement=two))
    world.run(3)
    for party in ("ALFA", "BRAVO"):
        why = refused_keys(world.node(party).state, "BRAVO")[mirror]
        assert why == "revoked by the root of BRAVO: lost in a move"


def test_a_revoked_persons_signature_counts_no_more_but_what_was_signed_before_stays():
    world = pair()
    roots = with_roots(world, "ALFA")
    owl = person("owl")
    enrol(world, owl)
    key, later = say(world), say(world)
    sign(world, key, owl)
    world.run(3)
    note = statement(world, owl.verifier.vkey, "operator", roots[:2])
    do(world, "ALFA", RevokeKey(**AB, statement=note))
    world.run(3)
    signature = sign_act(owl, *later, leaf_of(world, later))
    act = SignAct(ref=later, post="desk", operator="owl", signature=signature)
    refused(world, act, "revoked by the root of ALFA")
    reference = world.node("ALFA").state.reference(later)
    write_as(world, "ALFA", ActSigned(operator="owl", signature=signature), ref=(reference,))
    world.run(15)
    assert signed(world, "BRAVO", key) == [("owl", True, "")]
    ((_, counts, why),) = signed(world, "BRAVO", later)
    assert (counts, "revoked by the root" in why) == (False, True)


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


def test_after_a_revoked_log_key_the_way_back_is_the_promised_key_enrolled_by_voice():
    world = pair()
    roots = with_roots(world, "ALFA")
    say(world)
    world.run(5)
    before = world.identities["ALFA"].keys
    note = statement(world, before.log.verifier.vkey, "log", roots[:2])
    do(world, "BRAVO", RevokeKey(**AB, statement=note))
    world.run(10)
    # Its own node tells it, by what BRAVO's log says: nobody else would.
    told = Service(world.node("ALFA"), lambda: world.now_us).faults()
    assert any("our own log key counts no more" in why for why in told)
    mute = say(world)
    world.run(10)
    assert find_absent(world, "BRAVO", mute)
    rotate(world, "ALFA")
    world.run(10)
    still_mute = say(world)
    world.run(10)
    assert find_absent(world, "BRAVO", still_mute)
    # BRAVO's people compare the new key by voice and write it into their file.
    after = world.identities["ALFA"].keys
    told = world.identities["BRAVO"]
    peer = msgspec.structs.replace(
        told.peers["ALFA"], log=after.log.verifier, next=after.next_sha256
    )
    world.identities["BRAVO"] = dataclasses.replace(told, peers={"ALFA": peer})
    world.stop("BRAVO")
    world.start("BRAVO")
    world.run(30)
    heard = say(world)
    world.run(10)
    assert thread(world, "BRAVO", heard).said is not None
    assert thread(world, "BRAVO", mute).said is not None


def find_absent(world, party, key) -> bool:
    try:
        return thread(world, party, key).said is None
    except InputFault:
        return True


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


def test_a_node_acts_on_no_appointment():
    world = pair()
    roots = with_roots(world, "BRAVO")
    other = person("owl", party="BRAVO")
    note = statement(
        world, other.verifier.vkey, "operator", roots[:2], party="BRAVO", action="appoint"
    )
    refused(world, RevokeKey(**AB, statement=note), "enrol the new key by voice")
