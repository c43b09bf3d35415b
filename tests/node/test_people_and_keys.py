"""People who sign, and keys that are distrusted, revoked and replaced: `rules.keyring`."""

from __future__ import annotations

import dataclasses

import msgspec
from simstory import three

from node.nodekit import do, pair, say, thread, write_as
from node.peoplekit import (
    AB,
    enrol,
    enrolled,
    leaf_of,
    person,
    refused,
    sign,
    signed,
    statement,
    with_roots,
)
from node.test_mirroring import rotate
from parley.app.custody_views import forks_view
from parley.app.service import Service
from parley.node.custody_bodies import (
    ActSigned,
    ForkEvidence,
    OperatorEnrolled,
    OperatorRemoved,
)
from parley.node.inputs import (
    DistrustKey,
    EnrolOperator,
    RemoveOperator,
    RevokeKey,
    SignAct,
)
from parley.node.rules.keyring import refused_keys
from parley.trust.checkpoint import Checkpoint, sign_checkpoint
from parley.trust.keys import SigningKey
from parley.trust.statements import (
    sign_act,
)
from parley.world.faults import InputFault

SECOND_US = 1_000_000


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


def test_a_node_acts_on_no_appointment():
    world = pair()
    roots = with_roots(world, "BRAVO")
    other = person("owl", party="BRAVO")
    note = statement(
        world, other.verifier.vkey, "operator", roots[:2], party="BRAVO", action="appoint"
    )
    refused(world, RevokeKey(**AB, statement=note), "enrol the new key by voice")
