"""The year turns: every party has two logs of a kind, and everything goes on as before."""

from __future__ import annotations

import pytest
import simworld
from nodekit import do, pair, reference, say, thread, write_as
from simworld import SECOND_US
from test_lines import attend, good_test, side, vector
from test_tracks import alerts_of, fly, head_on

from parley.node.entries import AlertResolved, MessageAnswered
from parley.node.inputs import Answer, DeclareLine
from parley.node.rules.agreements import agreed_by
from parley.node.rules.alerts import open_alerts
from parley.node.rules.hotline import closing_answer
from parley.node.snapshots import digest
from parley.node.state import key_of
from parley.world.norms import norms
from parley.world.time import parse_instant_us

FIELDS = {"flight": "F1", "zone": "Z1"}
LINE = "parley.example/AB/ALFA/line"
NEW_YEAR_US = parse_instant_us("2027-01-01T00:00:00Z")


@pytest.fixture
def world(monkeypatch):
    monkeypatch.setattr(simworld, "START_US", NEW_YEAR_US - 30 * SECOND_US)
    return pair()


def test_a_message_of_the_old_year_is_answered_checked_and_escalated_in_the_new(world) -> None:
    key = say(world)
    silent = say(world, message_type="free.text", message_class="URGENT", fields={})
    world.run(40)
    do(world, "BRAVO", Answer(ref=key, post="desk", answer="WILCO", fields=FIELDS))
    world.run(40)
    for party in ("ALFA", "BRAVO"):
        held = thread(world, party, key)
        closed = closing_answer(held, "BRAVO")
        assert (key[0][-4:], closed.log.year) == ("2026", 2027)
        assert held.checks[key_of(closed)].body.matches
        assert thread(world, party, silent).overdue[("BRAVO", "answer")].log.year == 2027
    assert not world.drops
    receipts = world.node("ALFA").state.links.receipts
    assert {origin[-4:] for origin in receipts} == {"2026", "2027"}
    assert digest(world.node("ALFA").state.scope("AB")) == digest(
        world.node("BRAVO").state.scope("AB")
    )


def test_the_line_keeps_its_state_over_the_year(world) -> None:
    attend(world)
    good_test(world)
    world.run(40)
    assert vector(world, "ALFA").glance == "OPEN"
    own = world.node("ALFA").state.scope("AB").adopted_by("ALFA")
    assert agreed_by(world.node("BRAVO").state.scope("AB"), own.sha256) == ("ALFA", "BRAVO")
    do(world, "BRAVO", DeclareLine(agreement="AB", line="LINE-AB", post="desk", value="suspended"))
    world.run(60 + norms().line.suspension_margin_s + 5)
    assert side(world, "ALFA", "BRAVO").agreement == "suspended"
    assert side(world, "ALFA", "BRAVO").used_24h_count == 1, "its own test"
    assert side(world, "ALFA", "ALFA").used_24h_count == 1


def test_an_alert_of_the_old_year_is_resolved_in_the_new(world) -> None:
    written = fly(world, "ALFA", head_on(distance_m=20_000.0), 120)
    assert alerts_of(written)[0].log.year == 2026
    (resolved,) = [e for e in written if isinstance(e.body, AlertResolved)]
    assert resolved.log.year == 2027
    assert not list(open_alerts(world.node("ALFA").state))


def test_both_years_are_folded_back_and_gone_on_with(world) -> None:
    key = say(world)
    world.run(60)
    do(world, "BRAVO", Answer(ref=key, post="desk", answer="WILCO", fields=FIELDS))
    world.run(5)
    crank = world.node("ALFA")
    again = world.crank("ALFA")
    assert digest(again.state.scope("AB")) == digest(crank.state.scope("AB"))
    world.crash("ALFA", back_after_s=1)
    world.run(10)
    later = say(world)
    world.run(5)
    assert later[0].endswith("2027")
    assert thread(world, "BRAVO", later).said is not None


def test_peers_whose_clocks_are_in_different_years_go_on(world) -> None:
    world.clock_offset_us["BRAVO"] = 60 * SECOND_US
    key = say(world)
    world.run(3)
    do(world, "BRAVO", Answer(ref=key, post="desk", answer="WILCO", fields=FIELDS))
    world.run(3)
    back = say(world, "BRAVO", "ALFA")
    world.run(3)
    do(world, "ALFA", Answer(ref=back, post="desk", answer="WILCO", fields=FIELDS))
    world.run(3)
    assert closing_answer(thread(world, "ALFA", key), "BRAVO").log.year == 2027
    assert closing_answer(thread(world, "BRAVO", back), "ALFA").log.year == 2026
    assert not world.drops


def test_the_old_year_ends_with_its_closing_entry_and_the_new_log_names_its_head(world) -> None:
    say(world)
    world.run(45)
    old, new = f"{LINE}/2026", f"{LINE}/2027"
    for party in ("ALFA", "BRAVO"):
        scope = world.node(party).state.scope("AB")
        log = scope.logs[old]
        assert log.closed_at == log.tree.size - 1
        after = scope.opened[new].body.continues
        assert (after.origin, after.size, after.root) == (old, log.tree.size, log.head.root)
        assert after.why == "year"
        closing = next(e.body for e in scope.custody["log.closed"].values() if e.log.origin == old)
        assert (closing.why, closing.next) == ("year", new)


def test_what_is_written_behind_the_closing_entry_counts_for_nobody(world) -> None:
    key = say(world, message_type="free.text", fields={})
    world.run(45)
    late = MessageAnswered(answer="ROGER", post="desk")
    where = write_as(
        world, "BRAVO", late, ref=(reference(world, "BRAVO", key),), year=2026,
        issued_us=NEW_YEAR_US - SECOND_US,
    )  # fmt: skip
    assert "log.closed" in world.node("BRAVO").state.scope("AB").unreadable[where].why
    assert closing_answer(thread(world, "BRAVO", key), "BRAVO") is None
    held = world.node("ALFA").state.log(where[0]).tree.size
    world.run(20)
    # The peer does not even take it: another log has gone on from the closed one.
    assert world.node("ALFA").state.log(where[0]).tree.size == held
    assert any("goes on from there" in why for why in world.drops)
