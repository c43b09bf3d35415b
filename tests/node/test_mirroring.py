"""Parts of logs on slow links, openings, entry receipts, private heads, quotas, rotation."""

from __future__ import annotations

import dataclasses
import json
import math
import random

import msgspec
import pytest
from nodekit import do, pair, say, thread, write_as
from simstory import three, two
from simworld import SECOND_US, Faults, SimWorld, next_key

from parley.app import outgoing
from parley.app.outgoing import make_push
from parley.node.custody_bodies import KeyRotated, PayloadOpened, PeerRefused
from parley.node.encoding import seal_entry
from parley.node.entries import Draft, IntentFiled, log_name
from parley.node.frames import Push
from parley.node.inputs import FileIntent, FrameIn, GiveConsent, PushWanted, Say
from parley.node.links import PUSH_BYTES_MIN
from parley.node.rules import quotas
from parley.node.rules.keyring import log_key_chain
from parley.node.rules.mirroring import pack_openings, unpack_openings
from parley.node.snapshots import digest
from parley.trust.checkpoint import parse_unverified_checkpoint, verify_cosignature
from parley.trust.note import add_signatures
from parley.trust.statements import Rotation, sign_rotation, vkey_digest
from parley.world.faults import InputFault, PeerFault
from parley.world.geo import Position
from parley.world.intent import Intent
from parley.world.shape import Polygon
from parley.world.volume import Volume4D

LINE = "parley.example/AB/ALFA/line/2026"
OPS = "parley.example/AB/ALFA/ops/2026"
PRIVATE = "parley.example/AB/ALFA/private/2026"


def pushed(world: SimWorld, wanted: PushWanted) -> Push:
    crank = world.node("ALFA")
    frame = make_push(crank.state, crank.store, wanted, world.now_us)
    assert isinstance(frame, Push)
    return frame


# ---- parts of a batch ---------------------------------------------------------------------------


def batch_of(world: SimWorld, count: int) -> None:
    """Let ALFA write many entries under one head, while nothing gets through."""
    crank = world.node("ALFA")
    for n in range(count):
        act = Say(agreement="AB", line="LINE-AB", post="desk", to=("BRAVO",),
                  message_type="distress.relay",
                  fields={"position": str(n), "time": "now"})  # fmt: skip
        crank.take(world.now_us, act)
    crank.close(world.now_us)


def test_a_batch_under_one_head_goes_over_a_slow_link_in_parts_that_prove_themselves() -> None:
    world = pair()
    world.cut = {("ALFA", "BRAVO"), ("BRAVO", "ALFA")}
    batch_of(world, 60)
    log = world.node("ALFA").state.log(LINE)
    sizes = sorted(world.stores["ALFA"].heads[LINE])
    assert sizes[-1] - sizes[-2] >= 60 if len(sizes) > 1 else sizes[-1] >= 60
    for session in world.node("ALFA").state.links.sessions.values():
        session.bytes_max = PUSH_BYTES_MIN
        session.pushing.clear()
    staged: list[int] = []
    original = world.stores["BRAVO"].stage

    def stage(origin, first, entries, openings, checkpoint):
        staged.append(len(entries))
        original(origin, first, entries, openings, checkpoint)

    world.stores["BRAVO"].stage = stage  # type: ignore[method-assign]  # counting is the test's business
    world.cut.clear()
    world.run(60)
    assert world.node("BRAVO").state.log(LINE).head == log.head
    assert len(staged) > 3
    assert world.node("BRAVO").state.links.staged == {}
    assert world.stores["BRAVO"].parts == {}
    said = world.node("BRAVO").state.scope("AB").messages()
    assert [t.body.fields["position"] for t in said] == [str(n) for n in range(60)]


def test_parts_survive_the_death_of_the_mirror_and_go_on_from_where_they_were() -> None:
    world = pair()
    world.cut = {("ALFA", "BRAVO"), ("BRAVO", "ALFA")}
    batch_of(world, 80)
    for session in world.node("ALFA").state.links.sessions.values():
        session.bytes_max = PUSH_BYTES_MIN
        session.pushing.clear()
    world.cut.clear()
    while not world.stores["BRAVO"].parts:
        world.run(0.01)
    part = len(world.stores["BRAVO"].parts[LINE].entries)
    assert part > 0
    world.stop("BRAVO")
    world.start("BRAVO")
    assert world.node("BRAVO").state.links.staged[LINE].end >= part
    world.run(60)
    assert world.node("BRAVO").state.log(LINE).head == world.node("ALFA").state.log(LINE).head


def test_a_part_of_a_batch_goes_on_to_its_own_head_before_anything_beyond_it() -> None:
    """A link that got quicker in the middle of a batch must not push past what may be taken."""
    world = pair()
    world.cut = {("ALFA", "BRAVO"), ("BRAVO", "ALFA")}
    batch_of(world, 250)
    for session in world.node("ALFA").state.links.sessions.values():
        session.bytes_max = PUSH_BYTES_MIN
        session.pushing.clear()
    world.cut.clear()
    while not (part := world.stores["BRAVO"].staged(LINE)) or len(part.entries) < 60:
        world.run(0.001)
        for session in world.node("ALFA").state.links.sessions.values():
            session.bytes_max = 4_096
    for _ in range(10):
        batch_of(world, 20)
    for session in world.node("ALFA").state.links.sessions.values():
        session.bytes_max = 10_000_000
    world.run(60)
    assert world.drops == []
    assert world.node("BRAVO").state.log(LINE).head == world.node("ALFA").state.log(LINE).head


def test_a_part_that_is_not_the_beginning_of_its_head_is_refused_as_a_fork() -> None:
    world = pair()
    say(world)
    world.run(5)
    world.cut = {("ALFA", "BRAVO"), ("BRAVO", "ALFA")}
    batch_of(world, 20)
    session = next(iter(world.node("ALFA").state.links.sessions.values()))
    first = world.node("BRAVO").state.log(LINE).tree.size
    wanted = PushWanted(connection=session.connection, peer="BRAVO", origin=LINE, first=first,
                        bytes_max=2000, secret=session.secret, counter=10_000)  # fmt: skip
    push = pushed(world, wanted)
    assert push.proof
    entries = (push.entries[0].replace(b'"desk"', b'"dask"'), *push.entries[1:])
    for forged in (
        msgspec.structs.replace(push, entries=entries),
        msgspec.structs.replace(push, proof=push.proof[:-1]),
        msgspec.structs.replace(push, proof=("zz", *push.proof[1:])),
        msgspec.structs.replace(push, proof=("00" * 32, *push.proof[1:])),
    ):
        copy = SimWorld(1, two(), Faults())
        del copy
        turned = world.node("BRAVO").turn(
            world.now_us, FrameIn(connection=session.connection, frame=forged)
        )
        if turned.drops:
            assert "goes on from root" in turned.drops[0].why or "opening" in turned.drops[0].why
        assert world.node("BRAVO").state.log(LINE).tree.size == first
        assert not world.node("BRAVO").state.links.staged


# ---- openings -----------------------------------------------------------------------------------


def test_the_log_shows_a_commitment_and_only_parties_of_the_agreement_get_the_text() -> None:
    world = pair()
    key = say(world, text="the words themselves")
    world.run(5)
    data = world.stores["BRAVO"].entries(*key[:1], key[1], key[1] + 1)[0]
    assert b"the words themselves" not in data
    assert b"F1" not in data
    assert len(json.loads(data)["commit"]) == 64
    assert thread(world, "BRAVO", key).body.text == "the words themselves"


def test_what_is_for_its_addressees_alone_leaves_the_others_with_the_commitment() -> None:
    first, second = three()
    world = SimWorld(2, [first, second], Faults(delay_s=(0.001, 0.01)))
    world.run(3)
    act = Say(agreement="ABC", line="LINE-ABC", post="desk", to=("BRAVO",),
              message_type="clearance", text="for bravo alone", addressees_only=True,
              fields={"flight": "F1", "zone": "Z1"})  # fmt: skip
    written = do(world, "ALFA", act)
    key = (written[-1].log.origin, written[-1].seq)
    world.run(20)
    assert thread(world, "BRAVO", key).body.text == "for bravo alone"
    charlie = world.node("CHARLIE").state.scope("ABC")
    assert key in charlie.sealed
    assert charlie.narrow[key] == ("ALFA", "BRAVO")
    assert world.stores["CHARLIE"].openings(key[0], key[1], key[1] + 1) == {}
    assert world.stores["BRAVO"].openings(key[0], key[1], key[1] + 1)
    digests = {digest(world.node(p).state.scope("ABC")) for p in ("ALFA", "BRAVO", "CHARLIE")}
    assert len(digests) == 1


def test_an_entry_that_comes_without_its_opening_is_held_written_down_and_not_receipted(
    monkeypatch,
) -> None:
    world = pair()
    say(world)
    world.run(5)
    crank = world.node("ALFA")
    monkeypatch.setattr(outgoing, "_openings_for", lambda *_: {})
    key = say(world, text="you will say you never had it")
    world.run(90)
    monkeypatch.undo()
    bravo = world.node("BRAVO").state
    assert key in bravo.scope("AB").sealed
    assert crank.state.links.received[LINE]["BRAVO"][0] < key[1]
    refused = [e.body for e in bravo.scope("AB").custody["peer.refused"].values()]
    assert any(
        isinstance(b, PeerRefused) and b.what == "sealed" and str(key[1]) in b.why for b in refused
    )


def test_an_opening_of_other_words_is_the_senders_fault(monkeypatch) -> None:
    world = pair()
    say(world)
    world.run(5)
    original = outgoing._openings_for

    def changed(*given) -> dict[int, bytes]:
        return {i: o[:-1] + b" }" for i, o in original(*given).items()}

    monkeypatch.setattr(outgoing, "_openings_for", changed)
    key = say(world)
    world.run(5)
    assert world.node("BRAVO").state.log(LINE).tree.size <= key[1]
    assert any("opening" in why for why in world.drops)


def test_openings_as_bytes_are_read_back_or_refused_never_anything_else() -> None:
    openings = {0: b"a" * 40, 7: b"", 2**40: b"b" * 100}
    data = pack_openings(openings)
    assert unpack_openings(data) == openings
    draw = random.Random(1)
    for _ in range(2000):
        bad = bytearray(data)
        for _ in range(draw.randint(1, 4)):
            bad[draw.randrange(len(bad))] = draw.randrange(256)
        try:
            unpack_openings(bytes(bad[: draw.randint(0, len(bad))]))
        except PeerFault:
            continue


# ---- receipts -----------------------------------------------------------------------------------


@pytest.mark.row("R5")
def test_each_entry_of_a_line_is_receipted_at_once_and_the_head_cosigned() -> None:
    world = pair()
    key = say(world)
    world.run(2)
    received = world.stores["ALFA"].entry_receipts(LINE, key[1], key[1] + 1)
    assert [each.peer for each in received] == ["BRAVO"]
    assert world.node("ALFA").state.links.receipt(LINE, "BRAVO", key[1]) is not None
    assert not world.stores["ALFA"].entry_receipts(OPS, 0, 100)


# ---- private logs -------------------------------------------------------------------------------


@pytest.mark.row("R5")
def test_of_a_private_log_only_heads_leave_and_peers_witness_them() -> None:
    world = pair()
    write_as(world, "ALFA", PayloadOpened(post="desk", purpose="to see"))
    write_as(world, "ALFA", PayloadOpened(post="desk", purpose="again"))
    world.run(5)
    bravo = world.stores["BRAVO"]
    assert PRIVATE not in bravo.logs
    assert parse_unverified_checkpoint(bravo.seen_heads[PRIVATE]).size == 2
    lines = world.stores["ALFA"].cosignatures(PRIVATE)
    assert {each.cosigner for each in lines} == {"parley/BRAVO/witness"}
    note = world.stores["ALFA"].checkpoint_at(PRIVATE, 2)
    witness = world.identities["ALFA"].peers["BRAVO"].witness
    assert note is not None
    assert witness is not None
    newest = max(lines, key=lambda each: each.size)
    verify_cosignature(add_signatures(note, (newest.line,)), witness)


def test_a_private_log_that_is_rewritten_is_caught_by_its_witness() -> None:
    world = pair()
    write_as(world, "ALFA", PayloadOpened(post="desk", purpose="to see"))
    world.run(5)
    world.stop("ALFA")
    store = world.stores["ALFA"]
    for table in (store.logs, store.heads, store.lines, store.opened):
        table.pop(PRIVATE, None)
    world.signed = {k: v for k, v in world.signed.items() if k[0] != PRIVATE}
    world.start("ALFA")
    world.run(3)
    for _ in range(2):
        write_as(world, "ALFA", PayloadOpened(post="desk", purpose="something else"))
    world.run(60)
    bravo = world.node("BRAVO").state
    assert parse_unverified_checkpoint(world.stores["BRAVO"].seen_heads[PRIVATE]).size == 1
    evidence = bravo.scope("AB").custody.get("fork.evidence", {})
    assert [e.body.origin for e in evidence.values()] == [PRIVATE]
    assert world.stores["BRAVO"].heads_refused[0].origin == PRIVATE


def test_no_session_key_is_ever_shown() -> None:
    world = pair()
    session = next(iter(world.node("ALFA").state.links.sessions.values()))
    assert session.peer_secret is not None
    assert len(session.secret) == len(session.peer_secret) == 32
    for shown in (repr(session), str(session.secret), f"{session.peer_secret!r}"):
        assert repr(bytes(session.secret))[2:-1] not in shown
        assert repr(bytes(session.peer_secret))[2:-1] not in shown


# ---- quotas -------------------------------------------------------------------------------------


def test_a_flood_is_slowed_and_written_down_and_delays_no_other_party() -> None:
    first, second = three()
    world = SimWorld(3, [first, second], Faults(delay_s=(0.001, 0.01)))
    world.run(3)
    flooder = world.node("ALFA")
    body = PeerRefused(party="BRAVO", what="fault", count=1, why="x" * 200)
    drafts = tuple(Draft(agreement="ABC", by="system", body=body) for _ in range(256))
    for bucket in ("line", "ops"):
        quotas.take(world.node("BRAVO").state, "ALFA", bucket, 1, 1, now_us=world.now_us)
        world.node("BRAVO").state.links.buckets[("ALFA", bucket)].entries_thousandths = 10_000
    flooder.write(world.now_us, drafts)
    for session in flooder.state.links.sessions.values():
        session.pushing.clear()
    written_us = world.now_us
    origin = "parley.example/ABC/ALFA/ops/2026"
    key = do(world, "CHARLIE", Say(agreement="ABC", line="LINE-ABC", post="desk", to=("BRAVO",),
             message_type="distress.relay", fields={"position": "x", "time": "y"}))[-1]  # fmt: skip
    world.run(4)
    bravo = world.node("BRAVO")
    assert bravo.state.log(origin).tree.size < 256
    assert (key.log.origin, key.seq) in bravo.state.scope("ABC").threads
    world.run(90)
    refused = bravo.state.scope("ABC").custody["peer.refused"].values()
    own = [e for e in refused if e.log.party == "BRAVO" and e.body.what == "quota"]
    assert own
    assert all(e.body.party == "ALFA" for e in own)
    assert len(own) <= 3
    # Slowed, not lost: what was written is there in the end.
    world.run(240)
    assert bravo.state.log(origin).tree.size >= 256
    assert world.now_us > written_us + 60 * SECOND_US


def test_a_distress_message_passes_beyond_the_quota_of_its_own_flood() -> None:
    world = pair()
    say(world)
    world.run(5)
    bucket = world.node("BRAVO").state.links.buckets[("ALFA", "line")]
    bucket.entries_thousandths = 0
    key = say(world, message_type="distress.relay", fields={"position": "x", "time": "y"})
    world.run(2)
    assert thread(world, "BRAVO", key).said is not None


def test_a_program_that_floods_its_own_line_is_refused_but_distress_never() -> None:
    world = pair()
    for _ in range(120):
        say(world)
    with pytest.raises(InputFault, match="DISTRESS and URGENT always pass"):
        say(world)
    say(world, message_type="distress.relay", fields={"position": "x", "time": "y"})
    world.run(61)
    say(world)


# ---- rotation -----------------------------------------------------------------------------------


def rotate(world: SimWorld, party: str, turn: int = 1) -> None:
    """Do what `upkeep.rotate_log_key` does: the entry in every own log, then the new key."""
    crank = world.node(party)
    new, after = next_key(party, turn), next_key(party, turn + 1)
    old = crank.state.identity.keys.log.verifier.vkey
    digest_after = vkey_digest(after.verifier.vkey)
    rotation = Rotation(
        party=party, role="log", old=old, new=new.verifier.vkey, next_sha256=digest_after
    )
    body = KeyRotated(
        role="log",
        old=old,
        new=new.verifier.vkey,
        possession=sign_rotation(new, rotation),
        next_sha256=digest_after,
    )
    crank.next_key = new
    drafts = tuple(
        Draft(agreement=log.name.agreement, by="system", body=body, log=log.name)
        for log in list(crank.state.own_logs())
        if log.closed_at is None
    )
    crank.write(world.now_us, drafts)
    before = world.identities[party]
    keys = dataclasses.replace(before.keys, log=new, next_sha256=digest_after)
    world.identities[party] = dataclasses.replace(
        before, keys=keys, past=(*before.past, before.keys.log.verifier)
    )
    world.stop(party)
    world.start(party)


def test_a_rotated_key_signs_on_and_peers_follow_without_a_new_enrolment() -> None:
    world = pair()
    say(world)
    world.run(5)
    rotate(world, "ALFA")
    world.run(5)
    key = say(world)
    world.run(10)
    assert thread(world, "BRAVO", key).said is not None
    assert len(log_key_chain(world.node("BRAVO").state, "ALFA")) == 2
    rotate(world, "ALFA", 2)
    world.run(5)
    key = say(world)
    world.run(10)
    assert thread(world, "BRAVO", key).said is not None
    assert len(log_key_chain(world.node("BRAVO").state, "ALFA")) == 3
    assert not world.drops


def test_after_a_rotation_the_old_key_signs_nothing_more() -> None:
    world = pair()
    say(world)
    world.run(5)
    thief = world.identities["ALFA"]
    rotate(world, "ALFA")
    world.run(10)
    held = world.node("BRAVO").state.log(LINE).tree.size
    world.identities["ALFA"] = thief
    world.stop("ALFA")
    world.start("ALFA")
    world.run(3)
    say(world)
    world.run(10)
    assert world.node("BRAVO").state.log(LINE).tree.size == held
    assert world.drops


def test_a_thief_of_the_present_key_cannot_choose_the_next() -> None:
    world = pair()
    say(world)
    world.run(5)
    own = next_key("ALFA", 77)
    old = world.node("ALFA").state.identity.keys.log.verifier.vkey
    after = vkey_digest(next_key("ALFA", 78).verifier.vkey)
    rotation = Rotation(party="ALFA", role="log", old=old, new=own.verifier.vkey, next_sha256=after)
    body = KeyRotated(role="log", old=old, new=own.verifier.vkey,
                      possession=sign_rotation(own, rotation), next_sha256=after)  # fmt: skip
    world.node("ALFA").write(
        world.now_us,
        (Draft(agreement="AB", by="system", body=body, log=log_name(LINE)),),
    )
    world.run(10)
    assert len(log_key_chain(world.node("BRAVO").state, "ALFA")) == 1


def test_consent_is_an_entry_of_its_own_party() -> None:
    world = pair()
    do(world, "ALFA", GiveConsent(agreement="AB", post="desk", addressee="BRAVO"))
    world.run(5)
    given = world.node("BRAVO").state.scope("AB").custody["consent.given"]
    assert [e.log.party for e in given.values()] == ["ALFA"]


# ---- large payloads -----------------------------------------------------------------------------


def test_what_is_too_long_for_an_entry_goes_in_by_digest_and_is_mirrored_beside_it() -> None:
    """An intent of 10,000 vertices: the entry holds its commitment, both stores the whole of it."""
    world = pair()
    points = 10_000
    ring = tuple(
        Position(
            lat_deg=35.0 + 0.5 * math.sin(2 * math.pi * n / points),
            lon_deg=39.0 + 0.5 * math.cos(2 * math.pi * n / points),
        )
        for n in range(points)
    )
    volume = Volume4D(
        shape=Polygon(exterior=ring),
        from_us=world.now_us,
        to_us=world.now_us + 600 * SECOND_US,
    )
    intent = Intent(id="WIDE", party="ALFA", flight="F1", volumes=(volume,))
    written = do(world, "ALFA", FileIntent(agreement="AB", post="desk", intent=intent))
    key = next((e.log.origin, e.seq) for e in written if e.type == "intent.filed")
    world.run(5)
    for party in ("ALFA", "BRAVO"):
        store = world.stores[party]
        assert len(store.entries(key[0], key[1], key[1] + 1)[0]) < 1_000
        assert len(store.openings(key[0], key[1], key[1] + 1)[key[1]]) > 200_000
        assert key in world.node(party).state.scope("AB").intents


def test_a_payload_over_its_limit_is_refused_before_it_stands() -> None:
    world = pair()
    long = IntentFiled(intent=msgspec.Raw(b'"' + b"x" * 1_000_000 + b'"'))
    with pytest.raises(InputFault, match="at most 1000000"):
        seal_entry(
            Draft(agreement="AB", by="desk", body=long),
            log=log_name(OPS), seq=0, issued_us=world.now_us, seen={}, salt=bytes(32),
        )  # fmt: skip


# ---- quiet lines --------------------------------------------------------------------------------


def test_the_head_of_a_quiet_line_is_cosigned_again_and_both_keep_the_newest_word() -> None:
    world = pair()
    world.run(400)  # the nodes have tested the line, and will for the first time in an hour again
    key = say(world, message_type="free.text", message_class="ADMIN", fields={})
    world.run(5)
    size = world.node("ALFA").state.log(LINE).tree.size
    world.run(1300)
    assert world.node("ALFA").state.log(LINE).tree.size == size, "nothing was written meanwhile"
    note = world.stores["ALFA"].checkpoint_at(LINE, size)
    mirror = world.identities["ALFA"].peers["BRAVO"].mirror
    assert note is not None
    for party in ("ALFA", "BRAVO"):
        lines = [
            each.line
            for each in world.stores[party].cosignatures(LINE, size)
            if each.cosigner == mirror.name
        ]
        times_s = [verify_cosignature(add_signatures(note, (one,)), mirror).time_s for one in lines]
        assert len(times_s) == 2
        assert times_s == sorted(times_s)
        assert times_s[1] - times_s[0] >= 1100
    assert key[1] < size
