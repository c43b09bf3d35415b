"""What a hostile party with valid keys could try over a link, and what it gets."""

from __future__ import annotations

import hashlib

import msgspec
import pytest
from nodekit import greeting, pair, proof, say, signed_heads, write_as
from simstory import agreement_of, three
from simworld import Faults, SimWorld

from parley.node.encoding import encode_entry
from parley.node.entries import Draft, LogName, MessageAnswered, MessageOverdue, Reference
from parley.node.frames import Hello, Prove, Push, Receipt, push_info
from parley.node.inputs import FrameIn, LinkClosed, LinkOpened
from parley.node.rules.hotline import closing_answer
from parley.node.rules.mirroring import unpack_openings
from parley.node.state import State
from parley.trust.checkpoint import Checkpoint, sign_checkpoint
from parley.trust.keys import SigningKey
from parley.trust.seal import open_push
from parley.trust.tree import Tree
from parley.world.limits import REFUSED_KEPT_MAX


def session_of(world: SimWorld, party: str, peer: str) -> int:
    session = world.node(party).state.links.proven(peer)
    assert session is not None
    return session.connection


def push_from(
    world: SimWorld, peer: str, origin: str, entries: list[bytes], held: list[bytes]
) -> Push:
    """Return a push that `peer` signs with its real log key over `held + entries`."""
    tree = Tree()
    for data in held + entries:
        tree.append(data)
    head = Checkpoint(origin=origin, size=tree.size, root=tree.root())
    note = sign_checkpoint(world.identities[peer].keys.log, head)
    return Push(origin=origin, first=len(held), checkpoint=note.decode(), entries=tuple(entries))


def forged(world: SimWorld, peer: str, origin_kind: str, body, seq: int, **envelope) -> bytes:
    name = LogName(agreement="AB", party=peer, kind=origin_kind, year=2026)
    draft = Draft(agreement="AB", by="desk", body=body, **envelope)
    return encode_entry(draft, log=name, seq=seq, issued_us=world.now_us, seen={})


def give(world: SimWorld, party: str, peer: str, frame) -> list[str]:
    before = len(world.drops)
    world.give(party, FrameIn(connection=session_of(world, party, peer), frame=frame))
    return world.drops[before:]


@pytest.mark.row("A16")
def test_a_forked_log_is_refused_located_and_kept_as_evidence() -> None:
    world = pair()
    say(world, "BRAVO", "ALFA")
    world.run(1)
    origin = "parley.example/AB/BRAVO/line/2026"
    held = world.stores["ALFA"].entries(origin, 0, world.stores["ALFA"].size(origin))
    changed = [*held[:-1], held[-1].replace(b"desk", b"disk")]
    other = forged(world, "BRAVO", "line", MessageAnswered(answer="ROGER", post="p"), len(held))
    drops = give(world, "ALFA", "BRAVO", push_from(world, "BRAVO", origin, [other], changed))
    assert "the log was forked or changed" in drops[0]
    assert f"head of {origin} at {len(held) + 1}" in drops[0]
    (kept,) = world.stores["ALFA"].refused()
    assert kept.origin == origin
    assert kept.note.startswith(origin.encode())
    assert "forked" in kept.why
    assert world.stores["ALFA"].size(origin) == len(held)


def test_a_peer_that_repeats_a_fork_does_not_fill_the_disk() -> None:
    world = pair()
    origin = "parley.example/AB/BRAVO/line/2027"  # a log that nobody has opened
    data = forged(world, "BRAVO", "line", MessageAnswered(answer="ROGER", post="p"), 0)
    push = push_from(world, "BRAVO", origin, [data], [])
    bad = Push(origin=origin, first=0, checkpoint=push.checkpoint, entries=(data + b" ",))
    for _ in range(REFUSED_KEPT_MAX + 5):
        give(world, "ALFA", "BRAVO", bad)
        world.run(3)
    assert len(world.stores["ALFA"].refused()) == REFUSED_KEPT_MAX


@pytest.mark.parametrize(
    ("origin", "match"),
    [
        ("parley.example/AB/ALFA/line/2026", "a log written by BRAVO"),
        ("parley.example/XY/BRAVO/line/2026", "an agreement shared with BRAVO"),
        ("parley.example/AB/BRAVO/talk/2026", "log origin"),
    ],
)
def test_a_peer_pushes_only_its_own_logs(origin: str, match: str) -> None:
    world = pair()
    data = forged(world, "BRAVO", "line", MessageAnswered(answer="ROGER", post="p"), 0)
    assert match in give(world, "ALFA", "BRAVO", push_from(world, "BRAVO", origin, [data], []))[0]


def test_entries_that_the_head_does_not_give_are_refused() -> None:
    world = pair()
    origin = "parley.example/AB/BRAVO/line/2027"  # a log that nobody has opened
    data = forged(world, "BRAVO", "line", MessageAnswered(answer="ROGER", post="p"), 0)
    push = push_from(world, "BRAVO", origin, [data], [])
    bad = Push(origin=origin, first=0, checkpoint=push.checkpoint, entries=(data[:-1] + b" }",))
    assert "wanted one that goes on from root" in give(world, "ALFA", "BRAVO", bad)[0]
    world.run(10)
    longer = Push(origin=origin, first=0, checkpoint=push.checkpoint, entries=(data, data))
    assert give(world, "ALFA", "BRAVO", longer)
    assert world.stores["ALFA"].size(origin) == 0


def test_a_head_signed_by_another_key_is_refused() -> None:
    world = pair()
    origin = "parley.example/AB/BRAVO/line/2027"  # a log that nobody has opened
    data = forged(world, "BRAVO", "line", MessageAnswered(answer="ROGER", post="p"), 0)
    tree = Tree()
    tree.append(data)
    thief = SigningKey(hashlib.sha256(b"thief").digest(), name="parley/BRAVO/log", role="log")
    note = sign_checkpoint(thief, Checkpoint(origin=origin, size=1, root=tree.root()))
    push = Push(origin=origin, first=0, checkpoint=note.decode(), entries=(data,))
    assert give(world, "ALFA", "BRAVO", push)
    assert world.stores["ALFA"].size(origin) == 0


def test_nothing_is_pushed_or_taken_before_the_other_end_has_proved_itself() -> None:
    world = pair()
    say(world)
    crank = world.node("ALFA")
    crank.turn(world.now_us, LinkOpened(connection=999, nonce="a" * 32, secret="5e" * 32))
    hello = greeting(world, "BRAVO", "ALFA", "b" * 32)
    turned = crank.turn(world.now_us, FrameIn(connection=999, frame=hello))
    ours = [f.frame for f in turned.frames if f.connection == 999]
    assert [type(f) for f in ours] == [Hello, Prove], "no entry, no head before the proof"
    turned = crank.turn(world.now_us, FrameIn(connection=999, frame=Prove(signature="00" * 64)))
    assert turned.drops
    assert 999 not in crank.state.links.sessions


def test_a_proof_that_overtakes_its_greeting_brings_no_entry_without_its_opening() -> None:
    """Known by its proof alone a peer has no key to seal to: all waits for its greeting."""
    world = pair()
    world.partition("ALFA", "BRAVO", seconds=60)
    key = say(world)
    crank = world.node("ALFA")
    for number in list(crank.state.links.sessions):
        crank.turn(world.now_us, LinkClosed(connection=number))
    opened = LinkOpened(connection=999, nonce="a" * 32, secret="5e" * 32, peer="BRAVO")
    crank.turn(world.now_us, opened)
    early = proof(world, "BRAVO", "ALFA", "a" * 32, b"p" * 32)
    turned = crank.turn(world.now_us, FrameIn(connection=999, frame=early))
    assert not turned.drops
    assert not [out for out in turned.frames if isinstance(out.frame, Push)]
    greeted = greeting(world, "BRAVO", "ALFA", "b" * 32)
    turned = crank.turn(world.now_us, FrameIn(connection=999, frame=greeted))
    pushes = {f.frame.origin: f.frame for f in turned.frames if isinstance(f.frame, Push)}
    push = pushes[key[0]]
    info = push_info("ALFA", "BRAVO", push.origin, push.first, len(push.entries))
    openings = unpack_openings(open_push(bytes.fromhex("5e" * 32), push.counter, info, push.box))
    assert key[1] in openings


@pytest.mark.parametrize("seal", ["", "AAAA", "ä", "another"])
def test_nothing_is_sealed_to_a_key_that_was_not_enrolled(seal: str) -> None:
    world = pair(three())
    if seal == "another":
        seal = greeting(world, "CHARLIE", "ALFA", "b" * 32).seal
    crank = world.node("ALFA")
    crank.turn(world.now_us, LinkOpened(connection=999, nonce="a" * 32, secret="5e" * 32))
    hello = msgspec.structs.replace(greeting(world, "BRAVO", "ALFA", "b" * 32), seal=seal)
    turned = crank.turn(world.now_us, FrameIn(connection=999, frame=hello))
    assert [drop.connection for drop in turned.drops] == [999]
    assert "seal" in turned.drops[0].why
    assert not [f for f in turned.frames if f.connection == 999]


def test_a_session_key_for_another_link_is_refused() -> None:
    """A proof says which link it is for: one taken from another, box and all, proves nothing."""
    world = pair()
    crank = world.node("ALFA")
    crank.turn(world.now_us, LinkOpened(connection=999, nonce="a" * 32, secret="5e" * 32))
    hello = greeting(world, "BRAVO", "ALFA", "b" * 32)
    crank.turn(world.now_us, FrameIn(connection=999, frame=hello))
    other = proof(world, "BRAVO", "ALFA", "c" * 32, b"p" * 32)
    turned = crank.turn(world.now_us, FrameIn(connection=999, frame=other))
    assert turned.drops
    crank.turn(world.now_us, LinkOpened(connection=998, nonce="a" * 32, secret="5e" * 32))
    crank.turn(world.now_us, FrameIn(connection=998, frame=hello))
    good = proof(world, "BRAVO", "ALFA", "a" * 32, b"p" * 32)
    swapped = msgspec.structs.replace(good, box=other.box)
    assert crank.turn(world.now_us, FrameIn(connection=998, frame=swapped)).drops


def test_a_replayed_heartbeat_does_not_keep_a_link_up() -> None:
    world = pair()
    heads = signed_heads(world, "BRAVO", "ALFA", "c" * 32, {}, world.now_us)
    assert give(world, "ALFA", "BRAVO", heads)


def test_a_receipt_that_the_mirror_key_did_not_sign_is_refused() -> None:
    world = pair()
    key = say(world)
    note = world.stores["ALFA"].checkpoint(key[0])
    assert note is not None
    line = "— parley/BRAVO/mirror " + "A" * 100 + "\n"
    receipt = Receipt(origin=key[0], size=world.stores["ALFA"].size(key[0]), line=line)
    assert give(world, "ALFA", "BRAVO", receipt)
    assert world.node("ALFA").state.links.receipt(key[0], "BRAVO", key[1]) is None


def test_nobody_answers_or_declares_overdue_for_another_party() -> None:
    """CHARLIE signs, in its own log, an answer to a message for BRAVO, and an overdue of ALFA's."""
    world = pair(three())
    key = say(world, agreement="ABC", line="LINE-ABC")
    world.run(1)
    thread_leaf = world.node("ALFA").state.reference(key)
    reference = Reference(log=key[0], index=key[1], leaf=thread_leaf.leaf)
    for body in (
        MessageAnswered(answer="WILCO", post="desk", fields={"flight": "F1", "zone": "Z1"}),
        MessageOverdue(duty="answer", party="BRAVO", due_us=world.now_us),
    ):
        write_as(world, "CHARLIE", body, agreement="ABC", ref=(reference,))
    world.run(20)
    state = world.node("ALFA").state
    thread = state.scope("ABC").threads[key]
    assert closing_answer(thread, "BRAVO") is None
    assert closing_answer(thread, "CHARLIE") is None
    assert not thread.overdue
    whys = [u.why for u in state.scope("ABC").unreadable.values()]
    assert whys == ["message.overdue on behalf of ALFA"]


def test_a_peer_that_claims_to_hold_more_of_our_log_is_shown_not_obeyed() -> None:
    world = pair()
    say(world)
    world.run(1)
    state: State = world.node("ALFA").state
    session = state.links.proven("BRAVO")
    assert session is not None
    origin = "parley.example/AB/ALFA/line/2026"
    heads = signed_heads(world, "BRAVO", "ALFA", session.nonce, {origin: 500}, world.now_us)
    assert not give(world, "ALFA", "BRAVO", heads)
    assert state.links.ahead[origin] == ("BRAVO", 500)
    say(world)


def test_nothing_is_pushed_under_an_agreement_that_the_peer_does_not_hold() -> None:
    """ALFA has a second text with BRAVO, which BRAVO was never given: the link lives on."""
    first, second = agreement_of("AB", ("ALFA", "BRAVO")), agreement_of("XY", ("ALFA", "BRAVO"))
    world = SimWorld(1, [first, second], Faults())
    bravo = world.node("BRAVO").state.identity
    for held in (bravo.agreements, bravo.documents):
        del held["XY"]
    key = say(world, agreement="AB", line="LINE-AB")
    say(world, agreement="XY", line="LINE-XY")
    world.run(60)
    assert not world.drops
    assert world.stores["BRAVO"].size(key[0]) == world.stores["ALFA"].size(key[0])
    assert not [o for o in world.stores["BRAVO"].origins() if "/XY/ALFA/" in o]
