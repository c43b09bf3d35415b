"""Alarms about conflicts: each calls once for what it is, and a flood hides none that is urgent."""

from __future__ import annotations

import pytest
from alertkit import (
    conflict,
    life,
    marked,
    raise_conflicts,
    raised,
    renewed,
    resolved,
    telephoned,
    told,
)
from nodekit import do, ticked_pair, write_as
from simkeys import oracle
from simworld import SECOND_US, SimWorld
from test_scale import calls_of

from parley.app.alarm_config import AlarmSetup, Contact
from parley.app.outbound import Line, due_now
from parley.node.inputs import AcknowledgeAlarm
from parley.node.line_bodies import AlarmAcknowledged
from parley.node.rules.alarms import Alarm, alarms, load_over_day, sounding
from parley.node.state import Key
from parley.world.norms import norms

FLOOD = norms().alert.flood_count


@pytest.fixture(autouse=True)
def _hashes_for_signatures():
    with oracle():
        yield


def seen(world: SimWorld, party: str = "ALFA", at_s: float = 0.0) -> list[Alarm]:
    now_us = world.now_us + round(at_s * SECOND_US)
    found = alarms(world.node(party).state, now_us)
    return [each for each in found if each.kind.startswith("conflict")]


def loud(world: SimWorld, party: str = "ALFA", at_s: float = 0.0) -> list[str]:
    return [each.name for each in sounding(seen(world, party, at_s))]


def take(world: SimWorld, name: str, party: str = "ALFA") -> None:
    do(world, party, AcknowledgeAlarm(agreement="AB", alarm=name, post="desk"))


def place(key: Key) -> str:
    parts = key[0].split("/")
    return f"{parts[2]}/{parts[4]}/{key[1]}"


# ---- one ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("loss_s", "word", "alarm_class"),
    [(900, "coordinate", "SAFETY"), (400, "own-move-only", "URGENT"), (90, "short-term", "URGENT")],
)
def test_a_conflict_calls_the_post_at_our_end_by_what_it_leaves_time_for(
    loss_s, word, alarm_class
) -> None:
    world = ticked_pair()
    key = raised(world, loss_s=loss_s)
    world.run(2)
    for party in ("ALFA", "BRAVO"):
        (alarm,) = seen(world, party)
        assert alarm.name == f"conflict:{place(key)}:{word}"
        assert (alarm.alarm_class, alarm.post, alarm.line) == (alarm_class, "desk", "LINE-AB")
        assert "A1" not in alarm.text, "no aircraft goes to a pager"
    assert "as ALFA alone says" in seen(world, "BRAVO")[0].text
    assert "alone" not in seen(world)[0].text
    resolved(world, key)
    assert seen(world) == []


def test_both_parties_alerts_of_one_conflict_are_one_alarm_whose_name_stays() -> None:
    world = ticked_pair()
    ours = raised(world)
    (before,) = loud(world)
    world.run(1)
    theirs = raised(world, party="BRAVO")
    world.run(2)
    assert loud(world) == [before]
    assert loud(world, "BRAVO") == [f"conflict:{place(theirs)}:coordinate"], "its own, not a word"
    take(world, before)
    assert loud(world) == []
    resolved(world, ours)
    assert loud(world) == [], "what was seen stays seen while the other's stands"
    assert len(seen(world)) == 1
    resolved(world, theirs, party="BRAVO")
    world.run(2)
    assert seen(world) == []


def test_it_sounds_again_only_when_it_is_more_urgent_than_it_ever_was() -> None:
    world = ticked_pair()
    key = raised(world, loss_s=900)
    take(world, loud(world)[0])
    renewed(world, key, loss_s=880)
    assert loud(world) == []
    renewed(world, key, loss_s=400)
    (name,) = loud(world)
    assert name.endswith(":own-move-only")
    take(world, name)
    world.run(1)
    renewed(world, key, loss_s=900)
    assert loud(world) == [], "less urgent calls nobody anew"
    renewed(world, key, loss_s=390)
    assert loud(world) == [], "and as urgent as before neither"
    renewed(world, key, loss_s=60)
    assert loud(world)[0].endswith(":short-term")


def test_time_alone_makes_it_more_urgent_though_its_writer_is_silent() -> None:
    world = ticked_pair()
    raised(world, loss_s=900)
    take(world, loud(world)[0])
    assert loud(world, at_s=299) == []
    (name,) = loud(world, at_s=301)
    assert name.endswith(":own-move-only")
    assert loud(world, at_s=781)[0].endswith(":short-term")
    (alarm,) = seen(world, at_s=781)
    assert alarm.since_us == world.now_us + 780 * SECOND_US


@pytest.mark.parametrize("how", ["mark", "message", "telephone"])
def test_who_has_seen_it_or_called_about_it_has_taken_its_alarm(how: str) -> None:
    world = ticked_pair()
    key = raised(world)
    assert loud(world)
    if how == "mark":
        marked(world, key)
    elif how == "message":
        told(world, key)
    else:
        telephoned(world, key)
    assert loud(world) == []
    (alarm,) = seen(world)
    assert alarm.acknowledged_by == "desk"


@pytest.mark.parametrize("how", ["mark", "message", "telephone"])
def test_who_called_before_it_became_short_term_is_called_again(how: str) -> None:
    """A message or a call about an earlier form had taken the alarm of the later one too."""
    world = ticked_pair()
    key = raised(world, loss_s=400)
    acts = {"mark": marked, "message": told, "telephone": telephoned}
    acts[how](world, key)
    assert loud(world) == []
    world.run(100)
    renewed(world, key, loss_s=60)
    assert loud(world) == [f"conflict:{place(key)}:short-term"]
    world.run(2)
    acts[how](world, key)
    assert loud(world) == []


def test_what_the_other_party_saw_silences_nothing_here() -> None:
    world = ticked_pair()
    key = raised(world)
    world.run(2)
    marked(world, key, party="BRAVO")
    world.run(2)
    assert loud(world, "BRAVO") == []
    assert len(loud(world)) == 1


def test_a_restart_raises_the_same_and_forgets_nothing_that_was_taken() -> None:
    world = ticked_pair()
    raise_conflicts(world, *(conflict(world, str(n)) for n in range(14)))
    take(world, loud(world)[0])
    before = seen(world)
    world.stop("ALFA")
    world.start("ALFA")
    assert seen(world) == before


def test_what_another_says_beyond_our_own_word_is_told_apart_until_ours_is_as_urgent() -> None:
    world = ticked_pair()
    ours = raised(world, loss_s=900)
    theirs = raised(world, party="BRAVO", alert_class="short-term")
    world.run(2)
    said, own = seen(world)
    assert (said.name, said.kind) == (f"conflict:{place(theirs)}:short-term", "conflict said")
    assert "as BRAVO alone says" in said.text
    assert (own.name, own.kind) == (f"conflict:{place(ours)}:coordinate", "conflict")
    take(world, said.name)
    assert loud(world) == [own.name]
    renewed(world, ours, loss_s=60)
    assert loud(world) == [f"conflict:{place(ours)}:short-term"]
    assert len(seen(world)) == 1, "what BRAVO says is no more than what we say"


def test_one_that_is_predicted_again_sounds_again_though_a_peer_left_its_own_open() -> None:
    world = ticked_pair()
    first = raised(world)
    raised(world, party="BRAVO")
    world.run(2)
    take(world, loud(world)[0])
    resolved(world, first)
    assert loud(world) == []
    again = raised(world)
    assert loud(world) == [f"conflict:{place(again)}:coordinate"]


def test_an_alarm_is_counted_when_it_begins_not_when_its_writer_dates_it() -> None:
    world = ticked_pair()
    day_us = 86_400 * SECOND_US
    write_as(world, "BRAVO", conflict(world, "far"), issued_us=world.now_us + day_us)
    raised(world, "1")
    world.run(2)
    state = world.node("ALFA").state
    (load,) = load_over_day(state, (), world.now_us)
    assert (load.in_10_min, load.in_day) == (1, 1)


# ---- a flood ------------------------------------------------------------------------------------


def flood(world: SimWorld, count: int, *, first: int = 0, **more) -> list[Key]:
    bodies = [conflict(world, f"{first + n}", **more) for n in range(count)]
    return raise_conflicts(world, *bodies)


def test_above_ten_in_ten_minutes_the_others_are_told_as_one_and_none_is_lost() -> None:
    world = ticked_pair()
    keys = flood(world, FLOOD + 5)
    alone = [each for each in seen(world) if each.kind == "conflict"]
    (group,) = (each for each in seen(world) if each.kind == "conflicts")
    assert len(alone) == FLOOD
    assert "5 MORE CONFLICTS with BRAVO, 5 coordinate" in group.text
    take(world, group.name)
    assert len(loud(world)) == FLOOD
    assert {life(world, key).word for key in keys} == {"new"}, "a group that was taken marks none"
    for key in keys[:FLOOD]:
        marked(world, key)
    assert loud(world) == []


def test_a_group_taken_in_an_exercise_is_not_taken_in_earnest() -> None:
    world = ticked_pair()
    flood(world, FLOOD + 3)
    (group,) = (each for each in seen(world) if each.kind == "conflicts")
    body = AlarmAcknowledged(alarm=group.name, post="desk")
    write_as(world, "ALFA", body, status="exercise")
    assert group.name in loud(world)
    write_as(world, "ALFA", body)
    assert group.name not in loud(world)


def test_a_group_sounds_again_at_each_doubling_and_not_for_each_one() -> None:
    world = ticked_pair()
    flood(world, FLOOD + 1)
    for name in loud(world):
        take(world, name)
    sounded = 0
    for n in range(1, 32):
        flood(world, 1, first=100 + n)
        for name in loud(world):
            sounded += 1
            take(world, name)
    assert sounded == 5, "of 1 to 32: at 2, 4, 8, 16 and 32"


def test_a_group_sounds_again_for_a_higher_class_and_never_for_a_lower() -> None:
    world = ticked_pair()
    keys = flood(world, FLOOD + 3)
    for name in loud(world):
        take(world, name)
    world.run(1)
    renewed(world, keys[-1], str(FLOOD + 2), loss_s=300)
    (name,) = loud(world)
    (group,) = (each for each in seen(world) if each.name == name)
    assert (group.kind, group.alarm_class) == ("conflicts", "URGENT")
    take(world, name)
    resolved(world, keys[-1])
    assert loud(world) == []


def test_a_short_term_conflict_is_never_in_a_group_and_stands_first() -> None:
    world = ticked_pair()
    flood(world, FLOOD + 20, loss_s=300)
    (late,) = flood(world, 1, first=900, loss_s=60)
    first = seen(world)[0]
    assert first.name == f"conflict:{place(late)}:short-term"
    assert not first.silent


def test_what_a_peer_alone_says_hides_none_that_our_own_node_predicts() -> None:
    """BRAVO raises a hundred short-term conflicts that nobody else sees; then comes a real one."""
    world = ticked_pair()
    bodies = [conflict(world, f"x{n}", loss_s=60) for n in range(100)]
    raise_conflicts(world, *bodies, party="BRAVO")
    world.run(3)
    (ours,) = flood(world, 1, loss_s=100)
    assert seen(world)[0].name == f"conflict:{place(ours)}:short-term"
    assert {each.kind for each in seen(world)[1:]} == {"conflict said", "conflicts said"}


def test_more_than_is_looked_at_of_what_a_peer_alone_says_is_told(monkeypatch) -> None:
    monkeypatch.setattr("parley.node.rules.alarm_conflicts.SAID_LOOKED_MAX", 20)
    world = ticked_pair()
    keys = []
    for n in range(30):
        keys += raise_conflicts(world, conflict(world, f"x{n}"), party="BRAVO")
        world.run(1)
    (ours,) = flood(world, 1)
    (unread,) = (each for each in seen(world) if ":unread:" in each.name)
    assert unread.text.startswith("10 OLDER CONFLICTS that BRAVO alone says are not told")
    assert (unread.alarm_class, unread.cause) == ("URGENT", keys[9])
    assert f"conflict:{place(ours)}:coordinate" in loud(world)
    take(world, unread.name)
    assert unread.name not in loud(world)
    for key in keys[:20]:
        resolved(world, key, party="BRAVO")
    world.run(2)
    assert not [each for each in seen(world) if ":unread:" in each.name]


def test_nothing_that_a_peer_says_puts_our_own_off_the_list(monkeypatch) -> None:
    monkeypatch.setattr("parley.node.rules.alarms.LISTED_MAX", 8)
    world = ticked_pair()
    said = [conflict(world, f"x{n}", loss_s=60) for n in range(FLOOD)]
    raise_conflicts(world, *said, party="BRAVO")
    world.run(2)
    flood(world, 6, loss_s=500)
    kinds = [each.kind for each in alarms(world.node("ALFA").state, world.now_us)]
    assert kinds.count("conflict") == 6
    assert kinds.count("conflict said") == 8
    assert kinds.count("beyond") == 1
    flood(world, 4, first=50, loss_s=60)
    names = [each.name for each in alarms(world.node("ALFA").state, world.now_us)]
    (beyond,) = (name for name in names if name.startswith("beyond:own:"))
    assert len(set(names)) == len(names)
    assert "URGENT" in beyond


def test_one_that_leaves_a_group_by_becoming_short_term_sounds_by_itself() -> None:
    world = ticked_pair()
    keys = flood(world, FLOOD + 4, loss_s=700)
    for name in loud(world):
        take(world, name)
    assert loud(world, at_s=50) == []
    renewed(world, keys[-1], str(FLOOD + 3), loss_s=100)
    (name,) = loud(world)
    assert name == f"conflict:{place(keys[-1])}:short-term"


def test_a_flood_that_is_over_groups_nothing_any_more() -> None:
    world = ticked_pair()
    for key in flood(world, FLOOD + 5):
        resolved(world, key)
    assert seen(world) == []
    world.run(norms().alert.flood_s + 5)
    flood(world, 1, first=500)
    assert [each.kind for each in seen(world)] == ["conflict"]


def test_the_same_pair_told_again_and_again_floods_nobody_with_names() -> None:
    world = ticked_pair()
    for n in range(100):
        bodies = [conflict(world, "1", loss_s=900, least_horizontal_mm=n)]
        raise_conflicts(world, *bodies, party="BRAVO")
    world.run(3)
    assert len(seen(world)) == 1


def test_a_thousand_at_once_cost_no_more_each_than_a_few() -> None:
    counts = []
    for many in (50, 400):
        world = ticked_pair()
        flood(world, many)
        seen(world)
        counts.append(calls_of(lambda w=world: seen(w)) / many)
    assert counts[1] < 1.5 * counts[0]


# ---- who is called out --------------------------------------------------------------------------


def test_a_new_short_term_conflict_lets_the_one_call_of_a_flood_go_at_once() -> None:
    world = ticked_pair()
    contact = Contact(name="c", post="desk", channel="sound", classes=("URGENT", "SAFETY"))
    line, setup = Line(contact, frozenset({"desk"})), AlarmSetup((contact,), 60, 20)
    flood(world, FLOOD + 30, loss_s=300)
    now_us = world.now_us
    # Ten were told one by one; then the rest as one, ten seconds ago.
    line.first_us.extend([now_us] * FLOOD)
    for alarm in seen(world):
        told_of = line.of(alarm)
        told_of.tried = told_of.delivered = 1
        told_of.last_us = now_us
    line.heard_us["BRAVO"] = line.group_us = now_us
    line.group_rank = 1
    assert due_now(line, seen(world), now_us, setup) is None
    flood(world, 1, first=700, loss_s=300)
    assert due_now(line, seen(world), now_us, setup) is None, "as urgent as those told: it waits"
    flood(world, 1, first=800, loss_s=60)
    due = due_now(line, seen(world), now_us, setup)
    assert due is not None
    assert "short-term" in due.alarm.text


# ---- how many -----------------------------------------------------------------------------------


def test_the_load_of_a_post_is_measured_over_the_day() -> None:
    world = ticked_pair()
    now_us = world.now_us
    key = raised(world, "1")
    (now,) = load_over_day(
        world.node("ALFA").state, alarms(world.node("ALFA").state, now_us), now_us
    )
    assert (now.post, now.in_10_min, now.in_day, now.p95_in_10_min) == ("desk", 1, 1, 0)
    assert now.steady
    resolved(world, key)
    flood(world, FLOOD + 8, first=10)
    state = world.node("ALFA").state
    (busy,) = load_over_day(state, alarms(state, now_us), now_us)
    # The one that ended counts; of the nine in the flood the first, second, fourth and eighth.
    assert busy.in_10_min == busy.most_in_10_min == FLOOD + 4
    later_us = now_us + 2 * 86_400 * SECOND_US
    assert load_over_day(state, (), later_us) == ()


def test_a_post_that_is_called_each_five_minutes_all_day_is_not_steady() -> None:
    world = ticked_pair()
    state = world.node("ALFA").state
    standing = [
        Alarm(name=f"n{n}", kind="link", alarm_class="URGENT", agreement="AB", line="",
              party="BRAVO", text="", post="desk", rung=0,
              since_us=world.now_us - n * 300 * SECOND_US)
        for n in range(287)
    ]  # fmt: skip
    (load,) = load_over_day(state, standing, world.now_us)
    assert (load.p95_in_10_min, load.steady) == (2, False)
