"""Policies: the example of the specification, every rule of the format, and quorums that add up."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.trust.checkpoint import Checkpoint, cosign, sign_checkpoint
from parley.trust.keys import SigningKey
from parley.trust.note import add_signatures
from parley.trust.policy import (
    POLICY_BYTES_MAX,
    Policy,
    PolicyGroup,
    PolicyLog,
    PolicyWitness,
    make_policy,
    parse_policy,
    verify_policy,
    verify_quorum,
)
from parley.trust.tree import leaf_hash
from parley.world.faults import InputFault, PeerFault

ORIGIN = "parley.example/SYR-17/COAL/line/2026"
LOG = SigningKey(b"\x01" * 32, name="parley/COAL/log", role="log")
LISTED = LOG.verifier.named(ORIGIN)
COSIGNERS = [
    SigningKey(bytes([number + 10]) * 32, name=f"parley/P{number}/mirror", role="mirror")
    for number in range(7)
]
WITNESSES = [key.verifier for key in COSIGNERS]
V = [key.vkey for key in WITNESSES]

EXAMPLE = f"""
log {LISTED.vkey}

# the first house
witness X1 {V[0]}
witness X2 {V[1]} https://x2.example/
 \twitness \t X3 {V[2]}\t
group X-witnesses 2 X1 X2 X3

witness Y1 {V[3]}
witness Y2 {V[4]}
witness Y3 {V[5]}
group Y-witnesses any Y1 Y2 Y3

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
""".encode()


def signed(size=9, origin=ORIGIN, key=LOG):
    return sign_checkpoint(key, Checkpoint(origin=origin, size=size, root=leaf_hash(b"root")))


def cosigned(numbers, note=None):
    note = note or signed()
    return add_signatures(note, [cosign(COSIGNERS[n], note, 1_000_000 * (n + 1)) for n in numbers])


def test_the_example_of_the_specification():
    policy = parse_policy(EXAMPLE)
    assert [log.key for log in policy.logs] == [LISTED]
    assert [(each.name, each.key.vkey) for each in policy.witnesses] == list(
        zip(("X1", "X2", "X3", "Y1", "Y2", "Y3"), V, strict=False)
    )
    assert policy.witnesses[1].url == "https://x2.example/"
    assert policy.groups[0] == PolicyGroup(
        name="X-witnesses", threshold=2, members=("X1", "X2", "X3")
    )
    assert [group.threshold for group in policy.groups] == [2, 1, 2]
    assert policy.quorum == "X-and-Y"
    assert parse_policy(policy.data) == policy
    for held, met in (
        ((0, 1, 3), True),
        ((0, 2, 5), True),
        ((0, 1, 2, 3, 4, 5), True),
        ((0, 3, 4, 5), False),
        ((0, 1, 2), False),
        ((), False),
    ):
        if met:
            names = {each.cosigner for each in verify_quorum(cosigned(held), policy)}
            assert names == {WITNESSES[n].name for n in held}
            checkpoint, found = verify_policy(cosigned(held), policy, ORIGIN)
            assert (checkpoint.size, len(found)) == (9, len(held))
        else:
            with pytest.raises(PeerFault, match="X-and-Y"):
                verify_quorum(cosigned(held or (6,)), policy)


def test_a_fault_says_who_cosigned_and_who_did_not():
    with pytest.raises(PeerFault, match="cosigned by X1, Y1, wanted more of X2, X3, Y2, Y3"):
        verify_quorum(cosigned((0, 3, 6)), parse_policy(EXAMPLE))


def test_the_short_policy_is_all_or_so_many_of_the_cosigners():
    every = make_policy([LISTED], WITNESSES[:3])
    two = make_policy([LISTED], WITNESSES[:3], 2)
    verify_policy(cosigned((0, 1, 2)), every)
    verify_policy(cosigned((0, 2)), two)
    for policy, held in ((every, (0, 1)), (two, (1,)), (two, (1, 5, 6))):
        with pytest.raises(PeerFault, match="quorum cosigners"):
            verify_policy(cosigned(held), policy)
    for policy in (every, two, make_policy([LISTED], WITNESSES[:1]), make_policy([], WITNESSES)):
        assert parse_policy(policy.data) == policy
        assert policy.text.encode() == policy.data
    assert "group cosigners 2 " in two.text
    alone = make_policy([LISTED], [])
    assert alone.text == f"log {LISTED.vkey}\nquorum none\n"
    assert verify_policy(signed(), alone)[1] == ()
    for keys, threshold in ((WITNESSES, 8), (WITNESSES, 0), (WITNESSES[:1] * 2, None), ([], 1)):
        with pytest.raises(InputFault):
            make_policy([LISTED], keys, threshold)
    named = SigningKey(b"\x33" * 32, name="cosigners", role="witness").verifier
    assert parse_policy(make_policy([], [named]).data).quorum == "cosigners-group"


def test_the_head_is_signed_by_a_listed_log_under_its_origin():
    policy = make_policy([LISTED], WITNESSES[:1])
    with pytest.raises(PeerFault, match="a listed log"):
        verify_policy(cosigned((0,), signed(origin="parley.example/SYR-17/COAL/ops/2026")), policy)
    with pytest.raises(PeerFault, match="of log"):
        verify_policy(cosigned((0,)), policy, "parley.example/SYR-17/COAL/ops/2026")
    thief = SigningKey(b"\x77" * 32, name="parley/COAL/log", role="log")
    with pytest.raises(PeerFault, match=ORIGIN):
        verify_policy(cosigned((0,), signed(key=thief)), policy)
    with pytest.raises(PeerFault, match="listed log: none"):
        verify_policy(cosigned((0,)), make_policy([], WITNESSES[:1]))
    # After a rotation both keys are listed under the one origin.
    both = make_policy([thief.verifier.named(ORIGIN), LISTED], WITNESSES[:1])
    assert verify_policy(cosigned((0,)), both)[0].size == 9
    assert verify_policy(cosigned((0,), signed(key=thief)), both)[0].size == 9


def test_a_bad_cosignature_of_a_listed_witness_refuses_the_note():
    policy = make_policy([LISTED], WITNESSES[:2], 1)
    other = cosign(COSIGNERS[1], signed(8), 5_000_000)
    with pytest.raises(PeerFault, match="parley/P1/mirror"):
        verify_quorum(add_signatures(cosigned((0,)), [other]), policy)
    stranger = cosign(COSIGNERS[5], signed(8), 5_000_000)
    assert len(verify_quorum(add_signatures(cosigned((0,)), [stranger]), policy)) == 1


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ("", "no quorum"),
        ("quorum none\nquorum none", "second line"),
        ("quorum X", "defined on lines before"),
        ("quorum none none", "line of log"),
        ("quorum", "line of log"),
        ("Quorum none", "line of log"),
        (f"log {V[0]}\nquorum none", "algorithm"),
        (f"witness W {LISTED.vkey}\nquorum none", "algorithm"),
        (f"log {LISTED.vkey}\nlog {LOG.verifier.vkey}\nquorum none", "twice"),
        (f"witness A {V[0]}\nwitness B {V[0]}\nquorum none", "twice"),
        (f"witness A {V[0]}\nwitness A {V[1]}\nquorum none", "not taken"),
        (f"witness A {V[0]}\ngroup A any A\nquorum none", "not taken"),
        (f"witness none {V[0]}\nquorum none", "not taken"),
        (f"witness A {V[0]}\ngroup none any A\nquorum A", "not taken"),
        (f"witness A {V[0]}\ngroup G any none\nquorum G", "defined on lines before"),
        (f"witness A {V[0]}\ngroup G any A none\nquorum G", "defined on lines before"),
        (f"group G any A\nwitness A {V[0]}\nquorum G", "defined on lines before"),
        (f"quorum A\nwitness A {V[0]}", "defined on lines before"),
        ("group G any G\nquorum G", "defined on lines before"),
        (f"witness A {V[0]}\ngroup G any A A\nquorum G", "twice"),
        (f"witness A {V[0]}\ngroup G any A\ngroup H any A\nquorum H", "twice"),
        (f"witness A {V[0]}\ngroup G 0 A\nquorum G", "all, any, or a decimal"),
        (f"witness A {V[0]}\ngroup G 2 A\nquorum G", "threshold 2"),
        (f"witness A {V[0]}\ngroup G 01 A\nquorum G", "all, any, or a decimal"),
        (f"witness A {V[0]}\ngroup G -1 A\nquorum G", "all, any, or a decimal"),
        (f"witness A {V[0]}\ngroup G 99999 A\nquorum G", "all, any, or a decimal"),
        (f"witness A {V[0]}\ngroup G all\nquorum A", "line of log"),
        (f"witness {V[0]}\nquorum none", "line of log"),
        (f"witness A {V[0]} https://a.example more\nquorum none", "line of log"),
        (f"witness A {V[0][:-2]}\nquorum none", "verifier key"),
        ("log\nquorum none", "line of log"),
    ],
)
def test_a_file_against_the_rules_is_refused(lines, reason):
    with pytest.raises(PeerFault, match=reason):
        parse_policy(f"{lines}\n".encode())


@pytest.mark.parametrize(
    "data",
    [
        b"quorum none",
        b"quorum none\r\n",
        b"quorum none\x00\n",
        b"# \x7f\nquorum none\n",
        b"quorum\x0bnone\n",
        b"#" * POLICY_BYTES_MAX + b"\n",
    ],
)
def test_control_characters_half_lines_and_floods_are_refused(data):
    with pytest.raises(PeerFault):
        parse_policy(data)


def test_names_are_octets():
    kelvin = f"witness \u212a {V[0]}\nwitness K {V[1]}\nquorum \u212a\n".encode()
    policy = parse_policy(kelvin)
    assert verify_quorum(cosigned((0,)), policy)
    with pytest.raises(PeerFault):
        verify_quorum(cosigned((1,)), policy)
    # Spaces of other alphabets are part of a name, and a name need not be UTF-8.
    octets = b"witness \xc2\xa0 " + V[0].encode() + b" \xff\xfe\n# \xff\nquorum \xc2\xa0\n"
    policy = parse_policy(octets)
    assert policy.witnesses[0].name == "\xa0"
    assert parse_policy(policy.data) == policy
    assert b" \xff\xfe\n" in policy.data


def test_at_least_32_of_each_are_read():
    keys = [
        SigningKey(number.to_bytes(32, "big"), name=f"w{number}", role="witness").verifier
        for number in range(32)
    ]
    logs = [
        SigningKey(number.to_bytes(32, "big"), name=f"l{number}", role="log").verifier
        for number in range(32)
    ]
    witnesses = tuple(PolicyWitness(name=key.name, key=key) for key in keys)
    groups = [PolicyGroup(name="g0", threshold=1, members=("w0",))]
    for number in range(1, 32):
        members = (f"g{number - 1}", f"w{number}")
        groups.append(PolicyGroup(name=f"g{number}", threshold=2, members=members))
    policy = Policy(
        logs=tuple(PolicyLog(key=key) for key in logs),
        witnesses=witnesses,
        groups=tuple(groups),
        quorum="g31",
    )
    assert parse_policy(policy.data) == policy
    assert policy.is_met_by([key.name for key in keys])
    assert not policy.is_met_by([key.name for key in keys[:31]])
    with pytest.raises(InputFault, match="257 groups"):
        Policy(
            groups=tuple(
                PolicyGroup(name=f"g{number}", threshold=1, members=(f"w{number}",))
                for number in range(257)
            )
        )


@pytest.mark.parametrize("name", ["", "a b", "a\tb", "a\nb", "a\x00", "none"])
def test_no_policy_is_made_that_could_not_be_read(name):
    with pytest.raises(InputFault):
        Policy(witnesses=(PolicyWitness(name=name, key=WITNESSES[0]),))
    if name != "none":
        with pytest.raises(InputFault):
            Policy(groups=(PolicyGroup(name="g", threshold=1, members=(name,)),))
    if " " in name:
        with pytest.raises(InputFault):
            Policy(logs=(PolicyLog(key=LISTED, url=name),))


@st.composite
def policies(draw):
    """A policy over the first cosigners, its groups a forest, as the format allows."""
    count = draw(st.integers(1, 7))
    names = [f"w{number}" for number in range(count)]
    witnesses = tuple(
        PolicyWitness(name=name, key=key) for name, key in zip(names, WITNESSES, strict=False)
    )
    free, groups = draw(st.permutations(names)), []
    while len(free) > 1 and draw(st.booleans()):
        size = draw(st.integers(1, len(free)))
        threshold = draw(st.integers(1, size))
        group = PolicyGroup(name=f"g{len(groups)}", threshold=threshold, members=tuple(free[:size]))
        groups.append(group)
        free = [*free[size:], group.name]
        if size == 1 and len(groups) > 8:
            break
    quorum = draw(st.sampled_from(["none", *names, *(group.name for group in groups)]))
    return Policy(witnesses=witnesses, groups=tuple(groups), quorum=quorum)


def plainly_met(policy, name, held):
    """The rule of the specification, word for word, from the top down."""
    if name == "none":
        return True
    group = next((one for one in policy.groups if one.name == name), None)
    if group is None:
        return name in held
    return sum(plainly_met(policy, member, held) for member in group.members) >= group.threshold


@given(policies(), st.sets(st.integers(0, 6)), st.integers(0, 6))
@settings(max_examples=150)
def test_a_quorum_is_the_rule_and_one_more_cosigner_never_breaks_it(policy, held, more):
    names = {f"w{number}" for number in held}
    met = policy.is_met_by(names)
    assert met == plainly_met(policy, policy.quorum, names)
    assert not met or policy.is_met_by(names | {f"w{more}"})
    # Each counts once, and a group's name, or a stranger, counts for nothing.
    assert policy.is_met_by(sorted(names) * 3) == met
    assert policy.is_met_by([*names, "stranger", *(group.name for group in policy.groups)]) == met


@given(policies())
@settings(max_examples=60)
def test_every_policy_is_read_back(policy):
    assert parse_policy(policy.data) == policy
