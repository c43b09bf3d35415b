"""A node that comes back with less than it had signed: it asks, takes back, or opens anew."""

from __future__ import annotations

import copy

import pytest
from nodekit import say, thread, ticked_pair
from simstory import three
from simworld import Faults, SimStore, SimWorld

from longer import more
from parley.node.custody_bodies import PeerRefused
from parley.node.entries import Draft, LogOpened, log_name
from parley.node.inputs import Say, Tick
from parley.node.snapshots import digest
from parley.trust.checkpoint import parse_unverified_checkpoint
from parley.world.faults import InputFault

LINE = "parley.example/AB/ALFA/line/2026"


def copy_of(store: SimStore) -> SimStore:
    kept = {k: v for k, v in store.__dict__.items() if k != "crash"}
    return SimStore(**copy.deepcopy(kept))


def put_back(world: SimWorld, party: str, old: SimStore, *, asking: bool = True) -> None:
    """Stop a node, put an older store back, and start it as `startup` does."""
    world.stop(party)
    old.crash = world.stores[party].crash
    world.stores[party] = old
    crank = world.crank(party, asking=asking)
    world.nodes[party] = crank
    world.after(0.5, lambda: world._tick(party, crank))


@pytest.mark.row("A20")
def test_a_node_restored_from_an_old_backup_takes_its_logs_back_and_goes_on_without_a_fork() -> (
    None
):
    world = ticked_pair()
    first = say(world)
    world.run(5)
    backup = copy_of(world.stores["ALFA"])
    keys = [say(world, fields={"flight": f"F{n}", "zone": "Z1"}) for n in range(40)]
    world.run(10)
    before = digest(world.node("ALFA").state.scope("AB"))
    put_back(world, "ALFA", backup)
    assert world.node("ALFA").state.log(LINE).tree.size < keys[-1][1]
    world.run(30)
    crank = world.node("ALFA")
    assert crank.answered
    assert not crank.asking
    # The texts of its own messages are back as well, from the party that had been told them.
    assert thread(world, "ALFA", keys[-1]).body.fields["flight"] == "F39"
    assert thread(world, "ALFA", first).said is not None
    assert digest(crank.state.scope("AB")) == before
    again = say(world)
    world.run(5)
    # `_note_heads` has asserted all along that no size was signed twice with two roots.
    assert again[0] == LINE
    assert thread(world, "BRAVO", again).said is not None
    assert not world.stores["BRAVO"].heads_refused
    assert not crank.state.abandoned


@pytest.mark.row("A20")
def test_a_bare_machine_gets_everything_back_from_its_mirrors() -> None:
    first, second = three()
    world = SimWorld(5, [first, second], Faults(delay_s=(0.001, 0.01)))
    world.run(3)
    for n in range(count := more(120, 300)):
        world.give(
            "BRAVO",
            Say(
                agreement="ABC",
                line="LINE-ABC",
                post="desk",
                to=("ALFA",),
                message_type="distress.relay",
                fields={"position": f"{n}", "time": "now"},
            ),
        )
        world.run(0.2)
    world.run(10)
    before = copy_of(world.stores["BRAVO"])
    put_back(world, "BRAVO", SimStore())
    world.run(60)
    crank = world.node("BRAVO")
    assert crank.answered
    assert not crank.asking
    now = world.stores["BRAVO"]
    for origin, entries in before.logs.items():
        assert now.logs[origin][: len(entries)] == entries
        assert before.opened[origin].items() <= now.opened[origin].items()
    # On duty again: it goes on with the deadlines of what it had said.
    assert len(now.logs["parley.example/ABC/BRAVO/line/2026"]) > count
    world.run(10)
    for name in ("ABC", "BC"):
        states = {digest(world.node(p).state.scope(name)) for p in ("BRAVO", "CHARLIE")}
        assert len(states) == 1


def test_while_it_asks_a_node_writes_nothing_and_says_why() -> None:
    world = ticked_pair()
    say(world)
    world.run(5)
    backup = copy_of(world.stores["ALFA"])
    world.cut = {("ALFA", "BRAVO"), ("BRAVO", "ALFA")}
    put_back(world, "ALFA", backup)
    sizes = {o: len(log) for o, log in backup.logs.items()}
    world.run(120)
    say_something = Say(
        agreement="AB", line="LINE-AB", post="desk", to=("BRAVO",), message_type="clearance"
    )
    assert world.give("ALFA", say_something) is None
    assert "asking its mirrors" in world.refusals[-1]
    assert {o: len(log) for o, log in world.stores["ALFA"].logs.items()} == sizes
    assert not world.node("ALFA").answered


@pytest.mark.row("A20")
def test_without_an_answer_a_restored_node_opens_a_new_incarnation_that_names_the_old() -> None:
    world = ticked_pair()
    say(world)
    world.run(5)
    backup = copy_of(world.stores["ALFA"])
    lost = say(world, fields={"flight": "F9", "zone": "Z1"})
    world.run(5)
    world.cut = {("ALFA", "BRAVO"), ("BRAVO", "ALFA")}
    put_back(world, "ALFA", backup)
    world.run(60)
    crank = world.node("ALFA")
    held = crank.state.log(LINE).head
    crank.abandon_own_logs("restored")
    crank.ready()
    key = say(world)
    assert key[0] == f"{LINE}.2"
    assert log_name(key[0]).incarnation == 2
    opened = crank.state.scope("AB").opened[key[0]].body
    assert isinstance(opened, LogOpened)
    assert opened.continues is not None
    assert (opened.continues.origin, opened.continues.size) == (LINE, held.size)
    assert opened.continues.why == "restored"
    world.cut.clear()
    world.run(40)
    # What its peer holds beyond is not lost, and no log forked.
    assert thread(world, "BRAVO", lost).said is not None
    assert thread(world, "BRAVO", key).said is not None
    assert not world.stores["BRAVO"].heads_refused
    # A restart goes on in the new incarnation, not in a third.
    world.stop("ALFA")
    world.start("ALFA")
    world.run(5)
    assert say(world)[0] == f"{LINE}.2"


def test_a_node_that_signed_before_it_asked_gives_its_log_up_and_shows_both_heads() -> None:
    """The worst case: a whole machine was put back in time, and nothing told it so."""
    world = ticked_pair()
    say(world)
    world.run(5)
    backup = copy_of(world.stores["ALFA"])
    for _ in range(3):
        say(world, fields={"flight": "F8", "zone": "Z1"})
    world.run(5)
    world.cut = {("ALFA", "BRAVO"), ("BRAVO", "ALFA")}
    world.signed.clear()
    put_back(world, "ALFA", backup, asking=False)
    world.run(1)
    say(world, fields={"flight": "F7", "zone": "Z1"})
    world.cut.clear()
    world.run(40)
    crank = world.node("ALFA")
    assert crank.state.abandoned.get(LINE) == "forked"
    assert [each.origin for each in world.stores["ALFA"].heads_refused] == [LINE]
    key = say(world)
    world.run(5)
    assert key[0] == f"{LINE}.2"
    assert thread(world, "BRAVO", key).said is not None


def test_a_peer_cannot_give_us_back_what_we_did_not_sign() -> None:
    world = ticked_pair()
    say(world)
    world.run(5)
    backup = copy_of(world.stores["ALFA"])
    say(world)
    world.run(5)
    mirror = world.stores["BRAVO"]
    size = len(mirror.logs[LINE])
    note = mirror.heads[LINE][size].decode()
    head = parse_unverified_checkpoint(note.encode())
    assert head.size == size
    broken = note[:-4] + ("A" if note[-4] != "A" else "B") + note[-3:]
    mirror.heads[LINE][size] = broken.encode()
    put_back(world, "ALFA", backup)
    world.run(30)
    crank = world.node("ALFA")
    assert crank.state.log(LINE).tree.size == len(backup.logs[LINE])
    assert not crank.answered
    assert crank.state.links.faults["BRAVO"] > 0


def test_after_a_takeover_the_peers_take_nothing_more_from_the_first_node() -> None:
    world = ticked_pair()
    say(world)
    world.run(5)
    standby = copy_of(world.stores["ALFA"])
    first = world.node("ALFA")
    crank = world.crank("ALFA")
    world.stop("ALFA")
    put_back(world, "ALFA", standby, asking=False)
    world.node("ALFA").abandon_own_logs("takeover")
    key = say(world)
    world.run(10)
    assert key[0] == f"{LINE}.2"
    assert thread(world, "BRAVO", key).said is not None
    held = len(world.stores["BRAVO"].logs[LINE])
    # The first node comes back and writes on into its old log.
    world.stop("ALFA")
    world.nodes["ALFA"] = first
    first.state.links.sessions.clear()
    first.turn(world.now_us, Tick())
    world.after(0.1, lambda: world._tick("ALFA", first))
    late = Say(agreement="AB", line="LINE-AB", post="desk", to=("BRAVO",), message_type="clearance",
               fields={"flight": "F1", "zone": "Z1"})  # fmt: skip
    assert world.give("ALFA", late) is not None
    world.run(20)
    assert len(world.stores["BRAVO"].logs[LINE]) == held
    assert any("goes on from there (takeover)" in why for why in world.drops)
    del crank


def test_what_was_signed_before_a_rollback_comes_back_even_after_a_new_incarnation() -> None:
    """Nothing is lost, and no copy differs: the old log is taken back, and is not written on."""
    world = ticked_pair()
    say(world)
    world.run(5)
    backup = copy_of(world.stores["ALFA"])
    lost = say(world, fields={"flight": "F9", "zone": "Z1"})
    world.run(5)
    world.cut = {("ALFA", "BRAVO"), ("BRAVO", "ALFA")}
    put_back(world, "ALFA", backup)
    world.run(60)
    crank = world.node("ALFA")
    crank.abandon_own_logs("restored")
    crank.ready()
    key = say(world)
    world.cut.clear()
    world.run(60)
    assert key[0] != LINE
    assert thread(world, "ALFA", lost).body.fields["flight"] == "F9"
    held = world.node("BRAVO").state.log(LINE).head
    assert crank.state.log(LINE).head == held
    again = say(world)
    world.run(5)
    assert again[0] == key[0]
    assert crank.state.log(LINE).head == held
    assert digest(crank.state.scope("AB")) == digest(world.node("BRAVO").state.scope("AB"))


def test_rules_that_chase_each_other_are_named_and_stop_nothing(monkeypatch) -> None:
    world = ticked_pair()
    crank = world.node("ALFA")
    body = PeerRefused(party="BRAVO", what="fault", count=1, why="again and again")
    draft = Draft(agreement="AB", by="system", body=body)
    monkeypatch.setattr("parley.node.step.tracks.due", lambda *_: [draft])
    world.run(3)
    assert any("rounds" in why for why in crank.unwritable.values())
    assert len(crank.state.scope("AB").custody["peer.refused"]) < 100
    key = say(world)
    world.run(5)
    assert thread(world, "BRAVO", key).said is not None


@pytest.mark.row("A20")
def test_the_first_node_that_comes_back_after_a_takeover_signs_nothing() -> None:
    """Nobody reads at 3 a.m. that it must not be started: it must see so by itself."""
    world = ticked_pair()
    say(world)
    world.run(5)
    world.stop("ALFA")
    first = world.stores["ALFA"]
    standby = copy_of(first)
    standby.crash = first.crash
    world.stores["ALFA"] = standby
    world.nodes["ALFA"] = second = world.crank("ALFA", instance="second")
    second.abandon_own_logs("takeover")
    world.after(0.5, lambda: world._tick("ALFA", second))
    world.run(5)
    key = say(world)
    world.run(10)
    assert thread(world, "BRAVO", key).said is not None
    size = world.node("BRAVO").state.log(key[0]).tree.size
    # The first machine comes back by itself, as a service does, and the second is cut off.
    world.stop("ALFA")
    world.stores["ALFA"] = first
    world.nodes["ALFA"] = ghost = world.crank("ALFA", instance="first", asking=True)
    world.after(0.5, lambda: world._tick("ALFA", ghost))
    world.run(60)
    with pytest.raises(InputFault, match="another node took over"):
        say(world)
    assert ghost.superseded is not None
    assert world.node("BRAVO").state.log(key[0]).tree.size == size
    # The second goes on where it was: it made the takeover.
    world.stop("ALFA")
    world.stores["ALFA"] = standby
    world.nodes["ALFA"] = second = world.crank("ALFA", instance="second")
    world.after(0.5, lambda: world._tick("ALFA", second))
    world.run(10)
    again = say(world)
    world.run(10)
    assert again[0] == key[0]
    assert thread(world, "BRAVO", again).said is not None
    assert not world.stores["BRAVO"].heads_refused
