"""Nothing leaves a node before its store has what it speaks of; one bad entry stops nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from nodekit import pair, say, write_as
from simstory import Story
from simworld import SimStore

from parley.app.crank import Crank, Turned
from parley.node.entries import MessageDisplayed, MessageSaid
from parley.node.frames import Ahead, Heads, Push, Receipt, Received
from parley.node.inputs import Answer, Input
from parley.node.rules import deadlines
from parley.trust.checkpoint import parse_unverified_checkpoint
from parley.world.limits import PAYLOAD_BYTES_MAX


class RecordingStore(SimStore):
    """A store that knows what it had when a turn ended."""

    def held(self, origin: str, size: int) -> bool:
        return self.size(origin) >= size and (size == 0 or size in self.heads[origin])

    def kept(self, origin: str, size: int) -> bool:
        """Whether so many entries are durable, in the log or as a part that reaches no head yet."""
        part = self.parts.get(origin)
        end = 0 if part is None else part.first_index + len(part.entries)
        return max(self.size(origin), end) >= size

    def append(
        self,
        origin: str,
        first_index: int,
        entries: Sequence[bytes],
        checkpoint: bytes,
        openings: Mapping[int, bytes] | None = None,
    ) -> None:
        end = first_index + len(entries)
        assert parse_unverified_checkpoint(checkpoint).size == end
        assert all(first_index <= index < end for index in openings or {})
        super().append(origin, first_index, entries, checkpoint, openings)


def check_turn(store: SimStore, turned: Turned) -> list[str]:
    """Check everything that a turn gives back against the store; return what was checked."""
    checked = []
    for out in turned.frames:
        frame = out.frame
        checked.append(type(frame).__name__)
        if isinstance(frame, Receipt):
            there = store.held if frame.line else store.kept
            assert there(frame.origin, frame.size), "a receipt for what is not stored"
        elif isinstance(frame, Push):
            end = frame.first + len(frame.entries)
            head = parse_unverified_checkpoint(frame.checkpoint.encode())
            assert store.held(frame.origin, head.size), "a push of what is not stored"
            assert store.entries(frame.origin, frame.first, end) == list(frame.entries)
            assert store.heads[frame.origin][head.size].decode() == frame.checkpoint
            assert bool(frame.proof) == (end < head.size), "a part without its proof"
        elif isinstance(frame, Ahead):
            head = parse_unverified_checkpoint(frame.checkpoint.encode())
            assert store.held(frame.origin, head.size), "an entry ahead of what is not stored"
            assert store.entries(frame.origin, frame.index, frame.index + 1) == [frame.entry]
        elif isinstance(frame, Received):
            ahead = {each.index for each in store.ahead(frame.origin)}
            there = store.kept(frame.origin, frame.index + 1) or frame.index in ahead
            assert there, "a receipt for an entry that is not stored"
        elif isinstance(frame, Heads):
            assert all(store.kept(origin, size) for origin, size in frame.heads.items())
    for entry in turned.written + turned.mirrored:
        ahead = {each.index for each in store.ahead(entry.log.origin)}
        there = store.size(entry.log.origin) > entry.seq or entry.seq in ahead
        assert there, "shown before it is stored"
    return checked


@pytest.mark.parametrize("seed", [4, 5, 9])
def test_no_frame_speaks_of_what_the_store_does_not_have(monkeypatch, seed: int) -> None:
    """Over a story with loss and crashes, every turn of every node is checked as it returns."""
    checked: list[str] = []
    turn = Crank.turn

    def checking(self: Crank, now_us: int, event: Input) -> Turned:
        turned = turn(self, now_us, event)
        checked.extend(check_turn(self.store, turned))
        return turned

    monkeypatch.setattr("simworld.SimStore", RecordingStore)
    monkeypatch.setattr(Crank, "turn", checking)
    story = Story(seed)
    story.play()
    story.check()
    assert {"Receipt", "Received", "Push", "Heads"} <= set(checked)
    assert checked.count("Receipt") >= 10


def test_an_entry_of_our_own_rules_that_cannot_be_written_stops_nothing_else(monkeypatch) -> None:
    world = pair()
    key = say(world, message_type="free.text", message_class="URGENT", fields={})
    overdue = deadlines._overdue

    def broken(state, scope, thread, party, duty, due_us):
        draft = overdue(state, scope, thread, party, duty, due_us)
        body = MessageDisplayed(post="x" * PAYLOAD_BYTES_MAX)
        return type(draft)(agreement=draft.agreement, by="system", body=body, ref=draft.ref)

    monkeypatch.setattr(deadlines, "_overdue", broken)
    world.run(200)
    crank = world.node("ALFA")
    found = crank.state.scope("AB").threads[key]
    assert sorted(step for _, step in found.escalated) == [0, 1], "the escalation goes on"
    assert len(crank.unwritable) == 1
    back = say(world, "BRAVO", "ALFA")
    world.run(2)
    assert world.give("ALFA", Answer(ref=back, post="desk", answer="UNABLE", text="busy")).written


def test_a_long_log_is_pushed_in_batches_that_end_at_heads() -> None:
    world = pair()
    world.partition("ALFA", "BRAVO", seconds=30)
    body = MessageSaid(line="LINE-AB", message_type="free.text", message_class="ADMIN")
    for _ in range(600):
        key = write_as(world, "ALFA", body, to=("BRAVO",))
    world.run(120)
    assert world.stores["BRAVO"].size(key[0]) == world.stores["ALFA"].size(key[0]) > key[1]
    assert world.node("ALFA").state.links.receipt(key[0], "BRAVO", key[1]) is not None
    assert not world.drops
