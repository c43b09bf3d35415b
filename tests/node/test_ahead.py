"""Entries that go ahead of their line log: held, read, answered, and then found in the log."""

from __future__ import annotations

import copy
import dataclasses

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nodekit import do, pair, reference, say, thread, write_as
from simstory import three, two
from simworld import SECOND_US, SimWorld
from test_mirroring import rotate

from parley.app.message_views import messages
from parley.app.outgoing import make_ahead
from parley.node.custody_bodies import ForkEvidence
from parley.node.encoding import encode_entry, seal_entry
from parley.node.entries import Draft, MessageOverdue, MessageSaid, log_name
from parley.node.frames import Ahead, Push, Received
from parley.node.indexes import Indexes
from parley.node.inputs import AheadWanted, Answer, Display, FrameIn, Say, Tick
from parley.node.layer import HeldAhead
from parley.node.overtaking import fold_in, hold_ahead, lay
from parley.node.rules import ahead as rules
from parley.node.rules import quotas
from parley.node.rules.forks import is_proof
from parley.node.rules.hotline import closing_answer
from parley.node.snapshots import digest, snapshot
from parley.node.state import Key, Scope, State
from parley.trust.checkpoint import Checkpoint, sign_checkpoint
from parley.trust.tree import Tree, leaf_hashes

LINE = "parley.example/AB/ALFA/line/2026"
POSITION = {"position": "N 51 E 007", "time": "now"}


def session(world: SimWorld, party: str = "ALFA", peer: str = "BRAVO"):
    found = world.node(party).state.links.proven(peer)
    assert found is not None
    return found


def hold_back(world: SimWorld, party: str = "ALFA", peer: str = "BRAVO", seconds: int = 60) -> None:
    """Let a node offer its line log no more for a while, as after a peer's quota."""
    one = session(world, party, peer)
    for log in world.node(party).state.own_logs():
        if log.name.kind == "line":
            one.held_back_us[log.name.origin] = world.now_us + seconds * SECOND_US


def distress(world: SimWorld, party: str = "ALFA", to: str = "BRAVO", **changes) -> Key:
    values = {"message_type": "distress.relay", "fields": POSITION} | changes
    return say(world, party, to, **values)


def behind(seconds: int = 60, agreements=None) -> tuple[SimWorld, Key, Key]:
    """Return a world in which BRAVO has a DISTRESS message of ALFA and not the one before it."""
    world = pair(agreements)
    hold_back(world, seconds=seconds)
    routine = say(world)
    key = distress(world)
    world.run(2)
    assert world.node("BRAVO").state.log(LINE).tree.size <= routine[1]
    return world, routine, key


def caught_up(world: SimWorld) -> None:
    world.run(70)
    for a, b in (("ALFA", "BRAVO"), ("BRAVO", "ALFA")):
        for log in world.node(a).state.own_logs():
            held = world.node(b).state.log(log.name.origin)
            assert log.name.kind == "private" or held.tree.size == log.tree.size
    assert not world.node("BRAVO").state.scope("AB").ahead.held
    assert not world.stores["BRAVO"].ahead_origins()


# ---- the way of one -----------------------------------------------------------------------------


@pytest.mark.row("R14", "R17")
def test_a_distress_message_is_read_while_its_log_is_behind() -> None:
    world, routine, key = behind()
    bravo = world.node("BRAVO").state
    assert thread(world, "BRAVO", key).body.fields == POSITION
    assert routine not in bravo.scope("AB").threads
    shown = {view.key: view for view in messages(bravo, world.now_us)}
    assert shown[key].awaits_us
    assert routine not in shown
    # The sender has the receipt for exactly this entry, and for no other.
    store = world.stores["ALFA"]
    assert [r.index for r in store.entry_receipts(LINE, 0, 99) if r.index >= routine[1]] == [key[1]]


@pytest.mark.row("R14", "R17")
def test_it_is_displayed_and_answered_ahead_and_the_answer_goes_ahead_too() -> None:
    world, _, key = behind()
    hold_back(world, "BRAVO", "ALFA")
    say(world, "BRAVO", "ALFA")
    do(world, "BRAVO", Display(ref=key, post="desk"))
    answer = Answer(ref=key, post="desk", answer="ROGER", fields=POSITION)
    do(world, "BRAVO", answer)
    world.run(2)
    alfa = thread(world, "ALFA", key)
    assert alfa.displayed["BRAVO"].body.post == "desk"
    given = closing_answer(alfa, "BRAVO")
    assert given is not None
    # The answer stands ahead of what BRAVO said before; ALFA's machine compares it all the same.
    assert given.seq >= world.node("ALFA").state.log(given.log.origin).tree.size
    assert alfa.checks[(given.log.origin, given.seq)].body.matches
    assert world.drops == []
    caught_up(world)
    for party in ("ALFA", "BRAVO"):
        one = thread(world, party, key)
        assert closing_answer(one, "BRAVO").body.answer == "ROGER"
        assert len(one.checks) == len(one.answers) == 1


def test_what_is_held_ahead_is_in_no_digest_and_the_log_gives_the_same_with_or_without_it() -> None:
    world, _, key = behind()
    bravo = world.node("BRAVO").state
    scope = bravo.scope("AB")
    before = copy.deepcopy(scope.index)
    laid, plain = digest(scope), None
    with scope.ahead.lifted():
        assert key not in scope.threads
        plain = digest(scope)
    assert laid == plain
    assert str(key) not in snapshot(scope)["threads"]
    assert scope.threads[key].said is not None
    assert looked_up(scope.index) == looked_up(before)
    caught_up(world)
    # A node that never had anything ahead holds the same, and its indexes are the same.
    fresh = State(identity=world.identities["BRAVO"])
    for origin in world.stores["BRAVO"].origins():
        store = world.stores["BRAVO"]
        size = store.size(origin)
        fold_in(fresh, origin, 0, store.entries(origin, 0, size), store.openings(origin, 0, size))
    assert digest(fresh.scope("AB")) == digest(scope)
    for each in (fresh.scope("AB").index, scope.index):
        each.touched.clear()
        each.views.clear()
    assert fresh.scope("AB").index.sent_us == scope.index.sent_us
    assert fresh.scope("AB").index.tests == scope.index.tests


@pytest.mark.parametrize("kind", ["line.test", "clearance", "distress.relay"])
def test_lifting_takes_back_all_that_laying_changed(kind: str) -> None:
    world = pair()
    key = say(world, message_type=kind, fields={"zone": "Z1", "flight": "F1", **POSITION})
    world.run(2)
    scope = world.node("BRAVO").state.scope("AB")
    entry = scope.threads[key].said
    # The same message by another name: laid, lifted, laid, lifted.
    other = msgspec.structs.replace(entry, seq=entry.seq + 5, ref=(reference(world, "BRAVO", key),))
    before = copy.deepcopy(scope)
    held = HeldAhead(entry=other, leaf=b"l" * 32, size=99, root=b"r" * 32, checkpoint=b"")
    for _ in range(2):
        hold_ahead(world.node("BRAVO").state, held)
        assert scope.threads[(key[0], key[1] + 5)].said is other
        scope.ahead.lift()
        scope.ahead.held.clear()
        scope.index.touched = set(before.index.touched)
        scope.index.stirred = set(before.index.stirred)
        scope.index.spread = set(before.index.spread)
        scope.index.chained = set(before.index.chained)
        assert parts(scope) == parts(before)
    lay(scope)
    assert parts(scope) == parts(before)


def parts(scope: Scope) -> dict[str, object]:
    """Return all that a scope holds but its logs, which laying has no hand on."""
    found = {f.name: getattr(scope, f.name) for f in dataclasses.fields(scope)}
    del found["logs"]
    return found | {"index": looked_up(scope.index)}


def looked_up(index: Indexes) -> dict[str, object]:
    """Return what an index holds; of intents, on which laying has no hand, what stands."""
    found = {f.name: getattr(index, f.name) for f in dataclasses.fields(index)}
    table = found.pop("intents")
    return found | {"intents": (table.new, table.held, table.names)}


@pytest.mark.row("R17")
def test_a_node_that_crashes_in_between_holds_it_again() -> None:
    world, _, key = behind(seconds=200)
    plain = digest(world.node("BRAVO").state.scope("AB"))
    world.stop("BRAVO")
    world.start("BRAVO")
    assert thread(world, "BRAVO", key).body.fields == POSITION
    assert digest(world.node("BRAVO").state.scope("AB")) == plain
    do(world, "BRAVO", Answer(ref=key, post="desk", answer="ROGER", fields=POSITION))
    caught_up(world)
    assert closing_answer(thread(world, "ALFA", key), "BRAVO") is not None


@pytest.mark.parametrize("when", ["torn", "after append"])
def test_a_crash_as_it_comes_leaves_it_held_or_not_but_never_receipted_and_lost(when: str) -> None:
    world = pair()
    hold_back(world)
    say(world)
    world.crash_next["BRAVO"] = when
    key = distress(world)
    world.run(0.01)
    assert world.nodes["BRAVO"] is None
    assert bool(world.stores["BRAVO"].ahead(LINE)) == (when == "after append")
    receipts = [r.index for r in world.stores["ALFA"].entry_receipts(LINE, 0, 99)]
    assert key[1] not in receipts
    caught_up(world)
    assert thread(world, "BRAVO", key).said is not None


@pytest.mark.row("R14")
def test_a_log_that_the_peers_quota_holds_back_holds_no_distress_back() -> None:
    world = pair()
    bravo = world.node("BRAVO").state
    bucket = quotas._filled(bravo, "ALFA", "line", world.now_us)
    bucket.entries_thousandths = 0
    keys = [say(world) for _ in range(3)]
    world.run(1)
    assert keys[0] not in bravo.scope("AB").threads
    bucket.entries_thousandths = 0
    key = distress(world)
    world.run(0.1)
    assert thread(world, "BRAVO", key).said is not None
    assert keys[0] not in bravo.scope("AB").threads
    bucket.entries_thousandths = 10_000_000
    caught_up(world)


def test_an_urgent_message_over_the_quota_waits_and_comes_later() -> None:
    world = pair()
    bravo = world.node("BRAVO").state
    hold_back(world)
    quotas._filled(bravo, "ALFA", "line", world.now_us).entries_thousandths = -10_000_000
    key = say(world, message_type="incursion.report", fields={"zone": "Z1"}, to="BRAVO")
    say(world)
    world.run(2)
    assert key not in bravo.scope("AB").threads
    assert bravo.links.unlogged or bravo.scope("AB").custody.get("peer.refused")
    quotas._filled(bravo, "ALFA", "line", world.now_us).entries_thousandths = 10_000_000
    world.run(40)
    assert thread(world, "BRAVO", key).said is not None
    assert world.drops == []


def test_an_entry_that_is_all_the_peer_lacks_goes_once_with_its_log(monkeypatch) -> None:
    world = pair()
    frames = sent(world, monkeypatch)
    key = distress(world)
    world.run(3)
    assert thread(world, "BRAVO", key).said is not None
    carried = [f for f in frames if isinstance(f, Ahead)]
    assert carried == []
    assert any(isinstance(f, Push) and f.first == key[1] for f in frames)


def sent(world: SimWorld, monkeypatch) -> list[object]:
    """Return what ALFA gives to its links from now on."""
    frames: list[object] = []
    crank = world.node("ALFA")
    close = crank.close

    def closing(now_us: int):
        turned = close(now_us)
        frames.extend(out.frame for out in turned.frames)
        return turned

    monkeypatch.setattr(crank, "close", closing)
    return frames


def test_routine_messages_never_go_ahead_and_distress_goes_before_urgent(monkeypatch) -> None:
    world = pair()
    hold_back(world)
    frames = sent(world, monkeypatch)
    crank = world.node("ALFA")
    for kind, fields in (("clearance", {}), ("incursion.report", {}), ("distress.relay", POSITION)):
        crank.take(world.now_us, Say(agreement="AB", line="LINE-AB", post="desk", to=("BRAVO",),
                                     message_type=kind, fields=fields, confirmed=True))  # fmt: skip
    turned = crank.close(world.now_us)
    world._after_turn("ALFA", crank, turned)
    size = crank.state.log(LINE).tree.size
    assert [f.index for f in frames if isinstance(f, Ahead)] == [size - 1, size - 2]
    assert len(frames[0].proof) > 0
    world.run(1)
    held = world.node("BRAVO").state.scope("AB").ahead.held
    assert [index for _, index in sorted(held)] == [size - 2, size - 1]


def test_many_distress_messages_go_some_at_a_time_and_all_arrive(monkeypatch) -> None:
    world = pair()
    hold_back(world, seconds=600)
    say(world)
    frames = sent(world, monkeypatch)
    world.cut |= {("BRAVO", "ALFA")}
    keys = [distress(world) for _ in range(20)]
    assert len([f for f in frames if isinstance(f, Ahead)]) == rules.DISTRESS_UNDER_WAY_MAX
    world.cut.clear()
    hold_back(world, seconds=600)
    world.run(40)
    assert all(key in world.node("BRAVO").state.scope("AB").ahead.held for key in keys)
    assert world.drops == []


@pytest.mark.row("R17")
def test_no_more_than_two_urgent_are_under_way_and_no_more_than_so_many_are_ahead(
    monkeypatch,
) -> None:
    world = pair()
    hold_back(world, seconds=600)
    say(world)
    frames = sent(world, monkeypatch)
    world.cut |= {("BRAVO", "ALFA")}
    for _ in range(40):
        say(world, message_type="incursion.report", fields={})
    world.run(1)
    assert len([f for f in frames if isinstance(f, Ahead)]) == rules.URGENT_UNDER_WAY_MAX
    world.cut.clear()
    hold_back(world, seconds=600)
    world.run(60)
    bravo = world.node("BRAVO").state
    assert len(bravo.scope("AB").ahead.held) == rules.URGENT_AHEAD_MAX
    # They fill no place that a DISTRESS message needs.
    key = distress(world)
    world.run(1)
    assert thread(world, "BRAVO", key).said is not None
    assert world.drops == []
    session(world).held_back_us.clear()
    caught_up(world)


# ---- who is never sent one ----------------------------------------------------------------------


@pytest.mark.parametrize("version", [1, 2])
def test_under_earlier_rules_nothing_goes_ahead(monkeypatch, version: int) -> None:
    """A release that knows only those would take the frame for a fault and end the link."""
    agreements = [msgspec.structs.replace(a, rules_version=version) for a in two()]
    world = pair(agreements)
    hold_back(world, seconds=20)
    frames = sent(world, monkeypatch)
    say(world)
    key = distress(world)
    world.run(5)
    assert not [f for f in frames if isinstance(f, Ahead)]
    assert not rules.reads_pieces(world.node("ALFA").state, session(world))
    world.run(40)
    assert thread(world, "BRAVO", key).said is not None
    assert world.drops == []


def test_a_peer_that_is_not_known_to_have_adopted_these_rules_is_sent_none(monkeypatch) -> None:
    world = pair()
    one = session(world)
    one.texts = dict.fromkeys(one.texts, "0" * 64)
    alfa = world.node("ALFA").state
    assert rules.reads_ahead(alfa, one, "AB")
    for entry in list(alfa.scope("AB").opened.values()):
        if entry.log.party == "BRAVO":
            del alfa.scope("AB").opened[entry.log.origin]
    assert not rules.reads_ahead(alfa, one, "AB")
    hold_back(world)
    frames = sent(world, monkeypatch)
    say(world)
    distress(world)
    world.run(2)
    assert not [f for f in frames if isinstance(f, Ahead)]


def test_only_its_addressees_are_sent_it() -> None:
    world = pair(three())
    for peer in ("BRAVO", "CHARLIE"):
        hold_back(world, "ALFA", peer)
    say(world, agreement="ABC", line="LINE-ABC")
    key = distress(world, agreement="ABC", line="LINE-ABC")
    world.run(2)
    assert thread(world, "BRAVO", key).said is not None
    assert key not in world.node("CHARLIE").state.scope("ABC").threads
    world.run(70)
    assert thread(world, "CHARLIE", key).said is not None


# ---- what a peer can do -------------------------------------------------------------------------


def frame_of(world: SimWorld, index: int, **changes) -> Ahead:
    """Return an entry of ALFA's line log as ALFA would send it ahead, changed."""
    one = session(world)
    wanted = AheadWanted(
        connection=one.connection,
        peer="BRAVO",
        origin=LINE,
        index=index,
        first=0,
        secret=one.secret,
        counter=one.next_counter(),
    )
    crank = world.node("ALFA")
    frame = make_ahead(crank.state, crank.store, wanted, world.now_us)
    assert frame is not None
    return msgspec.structs.replace(frame, **changes)


def give(world: SimWorld, frame: Ahead, party: str = "BRAVO", peer: str = "ALFA"):
    """Let a node take a frame from a peer; return what it sends, and why the link was cut."""
    before = len(world.drops)
    connection = session(world, party, peer).connection
    turned = world.give(party, FrameIn(connection=connection, frame=frame))
    assert turned is not None
    return [out.frame for out in turned.frames], world.drops[before:]


def waiting() -> tuple[SimWorld, Key, Key]:
    """Return a world in which a DISTRESS message of ALFA waits behind another, both unsent."""
    world = pair()
    world.cut |= {("ALFA", "BRAVO"), ("BRAVO", "ALFA")}
    hold_back(world)
    return world, say(world), distress(world)


def test_the_frame_as_sent_is_taken_receipted_and_taken_again_without_harm() -> None:
    world, _, key = waiting()
    for _ in range(3):
        frames, drops = give(world, frame_of(world, key[1]))
        assert drops == []
        assert [type(f) for f in frames] == [Received]
        assert frames[0].index == key[1]
    assert len(world.stores["BRAVO"].ahead(LINE)) == 1
    assert thread(world, "BRAVO", key).said is not None


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda f: {"index": f.index - 1}, "inclusion proof"),
        (lambda f: {"index": f.index + 1}, "index below the size"),
        (lambda f: {"proof": f.proof[:-1]}, "inclusion proof"),
        (lambda f: {"proof": (b"x" * 32, *f.proof[1:])}, "inclusion proof"),
        (lambda f: {"proof": (*f.proof, b"x" * 32)}, "inclusion proof"),
        (lambda f: {"proof": (b"short", *f.proof[1:])}, "inclusion proof"),
        (lambda f: {"entry": f.entry[:-1] + b" }"}, "inclusion proof"),
        (lambda f: {"checkpoint": f.checkpoint.replace("line", "ops")}, "head|signature|origin"),
        (lambda f: {"checkpoint": "x" * 70_000}, "bytes"),
        (lambda f: {"box": f.box[:-1]}, "session's key"),
        (lambda f: {"box": b""}, "unreadable"),
        (lambda f: {"counter": f.counter + 1}, "session's key"),
        (lambda f: {"origin": LINE.replace("ALFA", "BRAVO")}, "written by ALFA"),
        (lambda f: {"origin": LINE.replace("AB", "XY")}, "agreement shared"),
        (lambda f: {"origin": LINE.replace("line", "ops")}, "line log"),
        (lambda f: {"origin": LINE.replace("line", "private")}, "line log"),
        (lambda f: {"origin": "nothing"}, "origin"),
        (lambda f: {"origin": LINE.replace("2026", "1990")}, "year"),
    ],
)
def test_a_frame_that_does_not_prove_itself_is_the_peers_fault(change, why: str) -> None:
    world, _, key = waiting()
    frame = frame_of(world, key[1])
    frames, drops = give(world, msgspec.structs.replace(frame, **change(frame)))
    assert len(drops) == 1
    assert any(part in drops[0] for part in why.split("|")), drops
    assert not [f for f in frames if isinstance(f, Received)]
    assert not world.stores["BRAVO"].ahead(LINE)
    assert not world.node("BRAVO").state.scope("AB").ahead.held


def test_what_is_no_message_of_these_classes_does_not_go_ahead() -> None:
    world, routine, _ = waiting()
    _, drops = give(world, frame_of(world, routine[1]))
    assert "unreadable" in drops[0]
    world, _, _ = waiting()
    _, drops = give(world, frame_of(world, 0))
    assert "unreadable" not in drops[0] or "message" in drops[0]


def test_a_payload_that_ends_goes_with_its_log_only() -> None:
    world = pair()
    hold_back(world)
    say(world)
    key = distress(world, addressees_only=True, valid_until_us=world.now_us + 3600 * SECOND_US)
    world.run(2)
    bravo = world.node("BRAVO").state
    assert key not in bravo.scope("AB").threads
    _, drops = give(world, frame_of(world, key[1]))
    assert "with its log only" in drops[0]


def test_a_peer_cannot_have_more_than_so_many_ahead(monkeypatch) -> None:
    world = pair()
    world.cut |= {("ALFA", "BRAVO")}
    hold_back(world)
    say(world)
    keys = [distress(world) for _ in range(rules.HELD_MAX + 1)]
    for key in keys[:-1]:
        _, drops = give(world, frame_of(world, key[1]))
        assert drops == []
    _, drops = give(world, frame_of(world, keys[-1][1]))
    assert f"{rules.HELD_MAX} entries at once" in drops[0]
    # Those held stay, the link comes again, and the log catches up.
    assert len(world.stores["BRAVO"].ahead(LINE)) == rules.HELD_MAX
    world.cut.clear()
    caught_up(world)
    assert thread(world, "BRAVO", keys[-1]).said is not None


def test_a_repeated_frame_costs_its_sender_quota() -> None:
    world, _, key = waiting()
    frame = frame_of(world, key[1])
    bravo = world.node("BRAVO").state
    give(world, frame)
    bucket = quotas._filled(bravo, "ALFA", "line", world.now_us)
    bucket.entries_thousandths = -quotas.DISTRESS_ENTRIES * 1000 - 1
    frames, drops = give(world, frame)
    assert drops == []
    assert not [each for each in frames if isinstance(each, Received)]
    refused = bravo.scope("AB").custody["peer.refused"].values()
    assert [entry.body.what for entry in refused] == ["quota"]


def forked_head(world: SimWorld, entries: list[bytes]) -> str:
    root = Tree(leaf_hashes(entries)).root()
    head = Checkpoint(origin=LINE, size=len(entries), root=root)
    return sign_checkpoint(world.identities["ALFA"].keys.log, head).decode()


def test_a_log_that_says_something_else_at_that_place_is_a_fork_with_evidence() -> None:
    world, routine, key = waiting()
    give(world, frame_of(world, key[1]))
    # ALFA now pushes another entry at that place, under a head it signed too.
    store = world.stores["ALFA"]
    entries = store.entries(LINE, 0, key[1])
    draft = Draft(
        agreement="AB",
        by="desk",
        to=("BRAVO",),
        body=MessageSaid(line="LINE-AB", message_type="free.text", message_class="ROUTINE"),
    )
    other = encode_entry(draft, log=log_name(LINE), seq=key[1], issued_us=world.now_us, seen={})
    first = world.node("BRAVO").state.log(LINE).tree.size
    assert first == routine[1]
    note = forked_head(world, [*entries, other])
    push = Push(origin=LINE, first=first, checkpoint=note, entries=(*entries[first:], other))
    _, drops = give(world, push)
    assert "forked" in drops[0]
    bravo = world.node("BRAVO")
    assert bravo.state.log(LINE).tree.size == first
    assert [each.note.decode() for each in world.stores["BRAVO"].refused()] == [note]
    evidence = [e.body for e in bravo.state.scope("AB").custody["fork.evidence"].values()]
    assert len(evidence) == 1
    assert isinstance(evidence[0], ForkEvidence)
    assert evidence[0].refused == note
    assert evidence[0].held != ""
    # What was said to us stays said to us, whatever the log says now.
    assert thread(world, "BRAVO", key).body.fields == POSITION


def test_two_heads_of_one_size_over_two_entries_ahead_prove_the_fork_to_anybody() -> None:
    world, _, key = waiting()
    frame = frame_of(world, key[1])
    give(world, frame)
    entries = world.stores["ALFA"].entries(LINE, 0, key[1])
    draft = Draft(
        agreement="AB",
        by="desk",
        to=("BRAVO",),
        body=MessageSaid(
            line="LINE-AB", message_type="distress.relay", message_class="DISTRESS", text="no"
        ),
    )
    other = encode_entry(draft, log=log_name(LINE), seq=key[1], issued_us=world.now_us, seen={})
    whole = [*entries, other]
    changed = msgspec.structs.replace(
        frame,
        entry=other,
        box=b"",
        checkpoint=forked_head(world, whole),
        proof=Tree(leaf_hashes(whole)).inclusion_proof(key[1], len(whole)),
    )
    _, drops = give(world, changed)
    assert "forked" in drops[0]
    bravo = world.node("BRAVO").state
    body = next(iter(bravo.scope("AB").custody["fork.evidence"].values())).body
    assert is_proof(bravo, body)


def test_an_entry_that_the_log_has_is_receipted_again_and_another_one_is_a_fork() -> None:
    world = pair()
    key = distress(world)
    world.run(3)
    assert world.node("BRAVO").state.log(LINE).tree.size > key[1]
    frames, drops = give(world, frame_of(world, key[1]))
    assert drops == []
    assert [type(f) for f in frames] == [Received]
    assert not world.stores["BRAVO"].ahead(LINE)
    store = world.stores["ALFA"]
    entries = store.entries(LINE, 0, key[1] + 1)
    draft = Draft(agreement="AB", by="desk", to=("BRAVO",), body=MessageSaid(
        line="LINE-AB", message_type="distress.relay", message_class="DISTRESS"))  # fmt: skip
    other, _ = seal_entry(
        draft, log=log_name(LINE), seq=key[1], issued_us=world.now_us, seen={}, salt=b"s" * 32
    )
    whole = [*entries[:-1], other, b'{"v":1}']
    frame = msgspec.structs.replace(
        frame_of(world, key[1]),
        entry=other,
        box=b"",
        checkpoint=forked_head(world, whole),
        proof=Tree(leaf_hashes(whole)).inclusion_proof(key[1], len(whole)),
    )
    _, drops = give(world, frame)
    assert "forked" in drops[0]


def test_an_entry_about_a_message_of_somebody_else_counts_nowhere() -> None:
    """An overdue entry in another's name: held, because its class is not known here, not shown."""
    world, _, _ = waiting()
    theirs = distress(world, "BRAVO", "ALFA")
    body = MessageOverdue(duty="answer", party="BRAVO", due_us=world.now_us)
    reference = world.node("BRAVO").state.reference(theirs)
    key = write_as(world, "ALFA", body, to=("BRAVO",), ref=(reference,))
    before = digest(world.node("BRAVO").state.scope("AB"))
    _, drops = give(world, frame_of(world, key[1]))
    assert drops == []
    scope = world.node("BRAVO").state.scope("AB")
    assert scope.threads[theirs].overdue == {}
    assert key not in scope.unreadable
    assert digest(scope) == before
    world.give("BRAVO", Tick())


def test_under_a_key_that_the_peer_does_not_know_yet_nothing_goes_ahead(monkeypatch) -> None:
    world = pair()
    frames = sent(world, monkeypatch)
    hold_back(world, seconds=20)
    say(world)
    rotate(world, "ALFA")
    key = distress(world)
    # BRAVO lacks the entry that names the new key, so the head over this one says nothing to it.
    assert not [f for f in frames if isinstance(f, Ahead)]
    world.run(30)
    assert thread(world, "BRAVO", key).said is not None
    assert world.drops == []


@given(
    st.builds(
        Ahead,
        origin=st.sampled_from([LINE, LINE.replace("ALFA", "BRAVO"), "x", LINE + ".2"]),
        index=st.integers(0, 2**62),
        checkpoint=st.text(max_size=60),
        counter=st.integers(0, 2**62),
        proof=st.lists(st.binary(max_size=40), max_size=4).map(tuple),
        entry=st.binary(min_size=1, max_size=80),
        box=st.binary(max_size=40),
    )
)
def test_any_frame_of_a_peer_is_taken_or_its_fault(frame: Ahead) -> None:
    world = _shared()
    give(world, frame)
    assert not world.stores["BRAVO"].ahead(LINE)
    world.run(10)


_WORLD: list[SimWorld] = []


def _shared() -> SimWorld:
    if not _WORLD:
        _WORLD.append(pair())
    return _WORLD[0]
