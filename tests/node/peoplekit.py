"""People with keys of their own, enrolled and signing, for tests of whoever asks them."""

from __future__ import annotations

import dataclasses

import msgspec
import pytest

from node.nodekit import do
from parley.node.inputs import (
    EnrolOperator,
    SignAct,
)
from parley.node.rules.keyring import signatures_of
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

AB = {"agreement": "AB", "post": "desk"}


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


def refused(world, act, *words):
    """Check that an act is refused with these words, and that nothing was written."""
    before = {log.name.origin: log.tree.size for log in world.node("ALFA").state.own_logs()}
    with pytest.raises(InputFault) as told:
        do(world, "ALFA", act)
    for word in words:
        assert word in str(told.value)
    after = {log.name.origin: log.tree.size for log in world.node("ALFA").state.own_logs()}
    assert before == after


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
