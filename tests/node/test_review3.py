"""What a review of the core found: hostile peers, unlucky operators, thieves of old keys."""

from __future__ import annotations

import dataclasses
import json

import msgspec
import pytest
import simworld
from nodekit import do, greeting, pair, say, signed_heads, thread, ticked_pair, write_as
from peoplekit import with_roots
from simstory import three
from simworld import SECOND_US, SimStore, SimWorld, next_key
from test_custody import notice, words_in
from test_mirroring import rotate
from test_peering import give
from test_restoring import copy_of, put_back

from parley.node.custody_bodies import ForkEvidence, KeyRevoked, KeyRotated
from parley.node.encoding import decode_entry, sealed_part
from parley.node.entries import Draft, LogName, LogOpened, Unreadable, log_name
from parley.node.frames import Refuse, Want
from parley.node.inputs import (
    DestroyPayload,
    FrameIn,
    GiveConsent,
    LinkOpened,
    Say,
    WithdrawConsent,
)
from parley.node.rules import forks, quotas
from parley.node.rules.fork_evidence import evidence_drafts
from parley.node.rules.keyring import log_key_chain
from parley.store.sqlite import Store
from parley.trust.checkpoint import Checkpoint, sign_checkpoint
from parley.trust.seal import commitment, make_opening
from parley.trust.statements import Rotation, sign_rotation, vkey_digest
from parley.trust.tree import Tree
from parley.world.faults import PeerFault
from parley.world.norms import norms
from parley.world.time import parse_instant_us

LINE = "parley.example/AB/ALFA/line/2026"
BRAVO_LINE = "parley.example/AB/BRAVO/line/2026"


def proven(world: SimWorld):
    session = world.node("ALFA").state.links.proven("BRAVO")
    assert session is not None
    return session


def distress(n: int) -> Say:
    return Say(
        agreement="AB",
        line="LINE-AB",
        post="desk",
        to=("BRAVO",),
        message_type="distress.relay",
        fields={"position": str(n), "time": "now"},
    )


def one_batch(world: SimWorld, party: str, count: int) -> None:
    """Let a party write many entries under one head."""
    crank = world.node(party)
    for n in range(count):
        crank.take(world.now_us, distress(n))
    for out in crank.close(world.now_us).frames:
        world._send(party, out.connection, simworld.encode_frame(out.frame))


# ---- honest parties under bad luck --------------------------------------------------------------


@pytest.mark.row("A20")
def test_an_own_log_comes_back_whole_where_one_batch_is_longer_than_one_push() -> None:
    world = ticked_pair()
    say(world)
    world.run(5)
    backup = copy_of(world.stores["ALFA"])
    one_batch(world, "ALFA", 100)
    world.run(20)
    lost = world.node("ALFA").state.log(LINE).head
    assert world.node("BRAVO").state.log(LINE).head == lost
    put_back(world, "ALFA", backup)
    world.run(60)
    crank = world.node("ALFA")
    assert crank.answered
    assert not crank.asking
    assert crank.state.log(LINE).tree.root(lost.size).hex() == lost.root
    assert not world.drops
    assert not world.stores["BRAVO"].heads_refused


def test_a_peer_that_was_away_during_a_rotation_catches_up_over_it(monkeypatch) -> None:
    world = pair()
    say(world)
    world.run(5)
    world.stop("BRAVO")
    for _ in range(3):
        say(world)
    rotate(world, "ALFA")
    world.run(5)
    keys = [say(world) for _ in range(3)]
    # A quick link takes all that is missing at once.
    monkeypatch.setattr("parley.app.outgoing._fitting", lambda first, entries, *_: len(entries))
    world.start("BRAVO")
    world.run(20)
    assert thread(world, "BRAVO", keys[-1]).said is not None
    assert not world.drops


def test_a_log_of_the_old_year_that_a_rotation_found_open_is_closed_by_the_new_key(
    monkeypatch,
) -> None:
    new_year_us = parse_instant_us("2027-01-01T00:00:00Z")
    monkeypatch.setattr(simworld, "START_US", new_year_us - 30 * SECOND_US)
    world = pair()
    say(world)
    world.run(60)
    ops = "parley.example/AB/ALFA/ops/2026"
    assert world.node("ALFA").state.log(ops).closed_at is None
    rotate(world, "ALFA")
    world.run(5)
    world.node("ALFA").state.links.refuse("BRAVO", "fault", "a reason to open the log of the year")
    world.run(20)
    assert world.node("ALFA").state.log(ops).closed_at is not None
    assert world.node("BRAVO").state.log(ops).head == world.node("ALFA").state.log(ops).head
    assert not world.drops


def test_a_clock_set_back_over_the_new_year_loses_no_word_and_stops_no_node(monkeypatch) -> None:
    new_year_us = parse_instant_us("2027-01-01T00:00:00Z")
    monkeypatch.setattr(simworld, "START_US", new_year_us - 30 * SECOND_US)
    world = pair()
    say(world)
    world.run(60)
    assert world.node("ALFA").state.log(LINE).closed_at is not None
    world.clock_offset_us["ALFA"] = -3600 * SECOND_US
    key = say(world, message_type="free.text", message_class="URGENT", fields={},
              answer_within_s=2)  # fmt: skip
    world.run(200)
    assert thread(world, "BRAVO", key).said is not None
    assert ("BRAVO", "answer") in thread(world, "BRAVO", key).overdue
    assert not world.node("ALFA").state.scope("AB").unreadable


def test_a_clock_that_once_jumped_years_ahead_does_not_cost_the_link_for_ever() -> None:
    world = pair()
    say(world)
    world.run(5)
    world.clock_offset_us["ALFA"] = 5 * 366 * 86_400 * SECOND_US
    world.run(3)
    assert world.node("ALFA").state.log(LINE).closed_at is not None
    world.clock_offset_us["ALFA"] = 0
    world.drops.clear()
    world.run(60)
    drops = len(world.drops)
    key = say(world)
    world.run(60)
    assert thread(world, "BRAVO", key).said is not None
    assert len(world.drops) == drops


@pytest.mark.row("A20")
def test_a_bare_machine_without_an_answer_signs_nothing_where_it_may_have_signed_before() -> None:
    world = ticked_pair()
    say(world)
    world.run(5)
    held = world.node("BRAVO").state.log(LINE).head
    world.cut = {("ALFA", "BRAVO"), ("BRAVO", "ALFA")}
    put_back(world, "ALFA", SimStore())
    world.run(70)
    crank = world.node("ALFA")
    crank.abandon_own_logs("restored", unsure=unsure_of(crank, 3))
    crank.ready()
    key = say(world)
    assert key[0] != LINE
    world.run(5)
    # A second loss, as offline as the first, must not come to the same name again.
    put_back(world, "ALFA", SimStore())
    world.run(70)
    crank = world.node("ALFA")
    crank.abandon_own_logs("restored", unsure=unsure_of(crank, 4))
    crank.ready()
    assert say(world)[0] not in (LINE, key[0])
    world.cut.clear()
    world.run(60)
    assert world.node("BRAVO").state.log(LINE).head == held
    assert not world.stores["BRAVO"].heads_refused
    assert not world.drops


def unsure_of(crank, count: int) -> list[LogName]:
    from parley.app.startup import unsure_logs

    return unsure_logs(crank, count, 2026)


# ---- hostile peers ------------------------------------------------------------------------------


def test_a_stranger_in_a_peers_name_does_not_stop_what_goes_to_the_peer() -> None:
    world = pair()
    say(world)
    world.run(5)
    crank = world.node("ALFA")
    crank.turn(world.now_us, LinkOpened(connection=999, nonce="n" * 64, secret="00" * 32))
    hello = msgspec.structs.replace(greeting(world, "BRAVO", "ALFA", "m" * 64), agreements={})
    crank.turn(world.now_us, FrameIn(connection=999, frame=hello))
    key = say(world)
    world.run(5)
    assert thread(world, "BRAVO", key).said is not None


@pytest.mark.parametrize("at_us", [10**40, 4_102_444_800_000_001])
def test_a_heartbeat_of_no_time_there_is_is_the_peers_fault(at_us) -> None:
    world = pair()
    session = proven(world)
    frame = signed_heads(world, "BRAVO", "ALFA", session.nonce, {}, at_us)
    give(world, "ALFA", "BRAVO", frame)
    assert world.node("ALFA").state.links.faults["BRAVO"] == 1
    assert abs(world.node("ALFA").state.links.offset_us["BRAVO"]) < 10 * SECOND_US


def test_a_peer_cannot_make_us_ask_for_ten_thousand_logs_of_ours() -> None:
    world = pair()
    session = proven(world)
    heads = {f"parley.example/AB/ALFA/line/2026.{n}": 9 for n in range(2, 9_000)}
    frame = signed_heads(world, "BRAVO", "ALFA", session.nonce, heads, world.now_us)
    turned = world.node("ALFA").turn(
        world.now_us, FrameIn(connection=session.connection, frame=frame)
    )
    assert sum(isinstance(out.frame, Want) for out in turned.frames) <= 256
    assert len(world.node("ALFA").state.links.ahead) <= 256


def test_what_a_peer_refuses_or_wants_leaves_nothing_behind_unless_it_is_there() -> None:
    world = pair()
    say(world)
    world.run(5)
    session = proven(world)
    for n in range(100):
        give(
            world,
            "ALFA",
            "BRAVO",
            Refuse(origin=f"parley.example/AB/ALFA/ops/{1000 + n}", why="", wait_us=1),
        )
        give(
            world, "ALFA", "BRAVO", Want(origin=f"parley.example/AB/BRAVO/line/{1000 + n}", first=0)
        )
    assert len(session.held_back_us) <= 2
    assert len(session.asked) <= 2


def test_a_peer_cannot_open_a_log_for_each_of_ten_thousand_incarnations() -> None:
    world = pair()
    say(world, "BRAVO", "ALFA")
    world.run(5)
    for n in range(2, 200):
        origin = f"{BRAVO_LINE}.{n}"
        world.node("BRAVO").append_exact(origin, 0, [b"{}"])
    world.run(60)
    held = [log for log in world.node("ALFA").state.logs() if log.name.party == "BRAVO"]
    assert len(held) < 100


def test_what_an_entry_says_it_has_seen_is_kept_of_logs_there_can_be_only() -> None:
    world = pair()
    seen = {f"log {n}": {"size": 1, "root": "00" * 32} for n in range(400)}
    log = world.node("BRAVO").state.log(BRAVO_LINE)
    for n in range(30):
        bogus = {f"{name} {n}": head for name, head in seen.items()}
        entry = {
            "v": 1, "type": "hold.set", "seq": log.tree.size, "issued_us": world.now_us,
            "by": "desk", "seen": bogus, "body": {"hold": "H", "post": "desk", "reason": "r"},
        }  # fmt: skip
        world.node("BRAVO").append_exact(BRAVO_LINE, log.tree.size, [json.dumps(entry).encode()])
    world.run(20)
    assert world.node("ALFA").state.log(BRAVO_LINE).tree.size == log.tree.size
    assert len(world.node("ALFA").state.log(BRAVO_LINE).seen) <= 4096


@pytest.mark.parametrize(
    "shape",
    [
        '{"commit":"%(bad)s","commit":"%(good)s"}',
        '{"commit":"%(good)s","by":"\\u0061","by":"b"}',
        '{"commit":"%(good)s","x":99999999999999999999,"y":"\\u0061"}',
        '{"comm\\u0069t":"%(good)s"}',
    ],
)
def test_what_we_take_with_its_opening_the_store_takes_as_well(tmp_path, shape) -> None:
    opening = make_opening(bytes(32), b"{}")
    data = (shape % {"good": commitment(opening), "bad": "0" * 64}).encode()
    part = sealed_part(data)
    if part.commit is None:
        return
    tree = Tree()
    tree.append(data)
    head = Checkpoint(origin=BRAVO_LINE, size=1, root=tree.root())
    note = sign_checkpoint(next_key("BRAVO"), head)
    with Store(tmp_path / "s.db") as store:
        store.append(BRAVO_LINE, 0, [data], note, {0: opening})
    Store(tmp_path / "s.db").close()


# ---- payloads -----------------------------------------------------------------------------------


def test_consent_that_was_withdrawn_before_a_notice_went_keeps_its_words_here() -> None:
    world = pair()
    do(world, "ALFA", GiveConsent(agreement="AB", post="desk", addressee="BRAVO"))
    world.run(3)
    world.cut = {("ALFA", "BRAVO"), ("BRAVO", "ALFA")}
    key = notice(world, valid_s=600)
    act = WithdrawConsent(agreement="AB", post="desk", addressee="BRAVO", reason="asked")
    do(world, "ALFA", act)
    world.cut.clear()
    world.run(60)
    assert world.node("BRAVO").state.log(key[0]).tree.size > key[1]
    assert not words_in(world, "BRAVO")


def test_what_was_destroyed_does_not_come_back_with_the_own_log_from_a_mirror() -> None:
    world = ticked_pair(three())
    for other in ("BRAVO", "CHARLIE"):
        do(world, "ALFA", GiveConsent(agreement="ABC", post="desk", addressee=other))
    key = notice(world, agreement="ABC", line="LINE-ABC", to=("BRAVO", "CHARLIE"), valid_s=6000)
    world.run(5)
    do(world, "ALFA", DestroyPayload(ref=key, post="desk"))
    world.run(10)
    assert not words_in(world, "ALFA")
    put_back(world, "ALFA", SimStore())
    world.run(60)
    assert world.node("ALFA").answered
    assert world.node("ALFA").state.log(key[0]).tree.size > key[1]
    assert not words_in(world, "ALFA")


# ---- thieves of keys ----------------------------------------------------------------------------


def test_a_key_that_was_given_up_begins_no_new_incarnation() -> None:
    world = pair()
    say(world)
    world.run(5)
    thief = world.identities["ALFA"]
    rotate(world, "ALFA")
    world.run(10)
    world.identities["ALFA"] = thief
    world.stop("ALFA")
    world.start("ALFA")
    world.node("ALFA").abandon_own_logs("takeover")
    world.run(20)
    assert world.drops
    assert f"{LINE}.2" not in world.node("BRAVO").state.scope("AB").logs


def test_a_thief_of_a_key_does_not_choose_the_next_by_a_log_of_a_year_gone_by() -> None:
    world = pair()
    say(world)
    world.run(5)
    identity = world.identities["BRAVO"]
    peer = msgspec.structs.replace(identity.peers["ALFA"], next=None)
    world.identities["BRAVO"] = dataclasses.replace(identity, peers={"ALFA": peer})
    world.stop("BRAVO")
    world.start("BRAVO")
    world.run(5)
    own = next_key("ALFA", 77)
    keys = {"log": peer.log.vkey, "next": vkey_digest(own.verifier.vkey)}
    body = LogOpened(agreement="AB", kind="line", year=2010, keys=keys, rules_version=2)
    issued_us = parse_instant_us("2010-01-01T00:00:00Z")
    write_as(world, "ALFA", body, year=2010, issued_us=issued_us)
    after = vkey_digest(next_key("ALFA", 78).verifier.vkey)
    rotation = Rotation(
        party="ALFA", role="log", old=peer.log.vkey, new=own.verifier.vkey, next_sha256=after
    )
    rotated = KeyRotated(
        role="log", old=peer.log.vkey, new=own.verifier.vkey,
        possession=sign_rotation(own, rotation), next_sha256=after,
    )  # fmt: skip
    draft = Draft(agreement="AB", by="system", body=rotated, log=log_name(LINE))
    world.node("ALFA").write(world.now_us, (draft,))
    world.run(90)
    state = world.node("BRAVO").state
    assert state.scope("AB").acts_of("key.rotated", "ALFA")
    assert state.log("parley.example/AB/ALFA/line/2010").tree.size
    assert log_key_chain(state, "ALFA") == (peer.log,)


# ---- what a flood costs -------------------------------------------------------------------------


def test_a_thousand_statements_of_a_root_are_verified_once_each(monkeypatch) -> None:
    world = pair()
    with_roots(world, "BRAVO")
    crank = world.node("ALFA")
    calls = []
    monkeypatch.setattr(
        "parley.node.rules.keyring.verify_statement", lambda *a: calls.append(a) or none()
    )
    for _ in range(50):
        write_as(world, "BRAVO", KeyRevoked(statement="nothing"))
    world.run(120)
    assert crank.state.scope("AB").custody["key.revoked"]
    assert 50 <= len(calls) <= 200


def none():
    raise PeerFault("statement")


def test_a_flood_with_a_distress_message_in_each_push_has_an_end_in_bytes_too() -> None:
    world = pair()
    state = world.node("ALFA").state
    taken_bytes = 0
    while quotas.take(state, "BRAVO", "line", 1, 20_000_000, now_us=world.now_us) == 0 or (
        quotas.overdraw(state, "BRAVO", "line", 1, 20_000_000, now_us=world.now_us)
    ):
        taken_bytes += 20_000_000
        assert taken_bytes < 2 * norms().quota.bytes_burst


def test_a_fork_that_looks_like_one_does_not_keep_the_proof_of_one_from_being_told() -> None:
    """A peer that first sends a head with a wrong proof has used up nothing."""
    world = pair()
    say(world, "BRAVO", "ALFA")
    world.run(5)
    state = world.node("ALFA").state
    log = state.log(BRAVO_LINE)
    other = Checkpoint(origin=BRAVO_LINE, size=log.tree.size + 5, root=bytes(32))
    key = world.identities["BRAVO"].keys.log
    doubtful = sign_checkpoint(key, other)
    (draft,) = evidence_drafts(state, log.name, log.checkpoint, doubtful, "a wrong proof")
    world.node("ALFA").write(world.now_us, (draft,))
    assert evidence_drafts(state, log.name, log.checkpoint, doubtful, "again") == ()
    same = sign_checkpoint(key, Checkpoint(origin=BRAVO_LINE, size=log.tree.size, root=bytes(32)))
    (draft,) = evidence_drafts(state, log.name, log.checkpoint, same, "two heads of one size")
    world.node("ALFA").write(world.now_us, (draft,))
    assert evidence_drafts(state, log.name, log.checkpoint, same, "again") == ()


def test_a_thousand_tales_of_forks_are_looked_at_once(monkeypatch) -> None:
    world = pair()
    say(world)
    world.run(5)
    crank = world.node("ALFA")
    looked = []
    original = forks._notes_belied

    def count(state, scope, entry):
        if state is crank.state:
            looked.append(entry)
        return original(state, scope, entry)

    monkeypatch.setattr(forks, "_notes_belied", count)
    tale = ForkEvidence(origin=BRAVO_LINE, held="x", refused="y", why="w")
    for _ in range(100):
        write_as(world, "BRAVO", tale)
    world.run(30)
    say(world, "BRAVO", "ALFA")
    world.run(30)
    assert len(crank.state.scope("AB").custody["fork.evidence"]) >= 100
    assert 0 < len(looked) <= 16


def test_a_number_too_large_for_arithmetic_counts_nowhere() -> None:
    world = pair()
    ops = BRAVO_LINE.replace("line", "ops")
    log = world.node("BRAVO").state.log(ops)
    alert = {
        "key": "k", "what": "separation", "alert_class": "notice", "aircraft": ["A"],
        "parties": ["ALFA"], "clause": None, "binding": False, "horizontal_mm": 10**400,
    }  # fmt: skip
    payload = json.dumps(alert).encode()
    opening = make_opening(bytes(32), payload)
    entry = {
        "v": 1, "type": "alert.raised", "seq": 7, "issued_us": world.now_us, "by": "desk",
        "commit": commitment(opening),
    }  # fmt: skip
    read = decode_entry(json.dumps(entry).encode(), log=log.name, index=7, opening=opening)
    assert isinstance(read, Unreadable)
    assert "horizontal_mm" in read.why
