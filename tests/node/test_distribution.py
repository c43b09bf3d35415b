"""Units and notices: who must have it, who said so, who has the old one, and what is told when."""

from __future__ import annotations

import msgspec
import pytest
from nodekit import do, pair, reference, say, thread, write_as
from simstory import two

from parley.node.agreement_bodies import UnitReceipted, UnitsRequired, UnitUntold
from parley.node.agreement_inputs import ReceiptUnit, RequireUnits
from parley.node.inputs import AcknowledgeAlarm
from parley.node.rules import distribution
from parley.node.rules.alarms import alarms
from parley.node.rules.distribution import distribution_of
from parley.world.agreement import Agreement
from parley.world.clauses import AppliesTo, Distribution, Notification
from parley.world.faults import InputFault
from parley.world.limits import UNITS_PER_NOTICE_MAX
from parley.world.time import format_instant

MIN_US = 60_000_000
UNITS = {"ALFA": ("a-1", "a-2"), "BRAVO": ("b-1", "b-2", "night crew")}


def text(*clauses, units=UNITS) -> list[Agreement]:
    """Return the text of a pair with units, and with clauses that want them told."""
    (agreement,) = two()
    parties = tuple(
        msgspec.structs.replace(p, units=units.get(p.id, ())) for p in agreement.parties
    )
    wanted = clauses or (Distribution(id="D1", units={"BRAVO": ("b-1", "b-2")}),)
    return [
        msgspec.structs.replace(agreement, parties=parties, clauses=(*agreement.clauses, *wanted))
    ]


def notice(world, *, in_min=60.0, long_min=40.0, **changes):
    """Let ALFA give a notice of something that begins in so many minutes."""
    begins_us = world.now_us + round(in_min * MIN_US)
    window = f"{format_instant(begins_us)}/{format_instant(begins_us + round(long_min * MIN_US))}"
    fields = {"centre": "35.5,38.5", "window": window} | changes.pop("fields", {})
    return told(world, **({"message_type": "area.notice", "fields": fields} | changes))


def told(world, **values):
    """Let ALFA say something, and let it arrive."""
    key = say(world, **values)
    world.run(1)
    return key


def said_us(world, key):
    return thread(world, "ALFA", key).said.issued_us


def receipt(world, key, unit, *, party="BRAVO", post="desk", **changes):
    return do(world, party, ReceiptUnit(ref=key, post=post, unit=unit, **changes))


def seen(world, key, party="BRAVO", of="BRAVO"):
    """Return how a notice stands with the units of a party, as one node sees it."""
    views = distribution_of(world.node(party).state, thread(world, party, key), world.now_us)
    return next((view for view in views if view.party == of), None)


def ringing(world, party, kind="untold"):
    return [a for a in alarms(world.node(party).state, world.now_us) if a.kind == kind]


def open_views(world, party="BRAVO"):
    state = world.node(party).state
    return distribution.open_views(state, state.scope("AB"), world.now_us)


def untold_entries(world, party="BRAVO"):
    table = world.node(party).state.scope("AB").terms.untold
    return [u for found in table.values() for e in found.values() for u in e.body.units]


# ---- who must have it ----------------------------------------------------------------------------


@pytest.mark.row("R4", "A9")
def test_headquarters_has_it_and_the_unit_has_not():
    world = pair(text())
    key = notice(world)
    world.run(2)
    receipt(world, key, "b-1")
    world.run(2)
    for party in ("ALFA", "BRAVO"):
        view = seen(world, key, party)
        assert view.required == ("b-1", "b-2")
        assert (view.told, view.not_told, view.loaded) == (("b-1",), ("b-2",), ())
        assert view.verdict == "distribution incomplete"
    assert not thread(world, "BRAVO", key).answers, "told is no answer"


def test_the_time_is_ahead_of_what_is_announced_else_soon_after_it_was_said():
    world = pair(text(Distribution(id="D1", units={"BRAVO": ("b-1",)}, before_s=900.0)))
    early = seen(world, notice(world, in_min=60))
    assert early.due_us == early.begins_us - 15 * MIN_US
    short = notice(world, in_min=5)
    assert seen(world, short).due_us == said_us(world, short) + MIN_US, "a SAFETY message is seen"
    none = told(world, message_type="sar.notice", fields={"area": "A", "window": "x"})
    assert seen(world, none).begins_us is None
    assert seen(world, none).due_us == said_us(world, none) + 30 * MIN_US


@pytest.mark.parametrize("short_min", [0.5, 0.0, -3.0])
def test_a_notice_at_the_last_moment_is_due_at_once_and_never_before_it_was_said(short_min):
    world = pair(text())
    key = notice(world, in_min=short_min)
    view = seen(world, key)
    assert view.due_us == max(said_us(world, key), view.begins_us)


@pytest.mark.parametrize(("in_min", "long_min"), [(-90, 40), (60, -40), (30, 0)])
def test_a_window_that_cannot_be_meant_leaves_nobody_untold(in_min, long_min):
    world = pair(text())
    key = notice(world, in_min=in_min, long_min=long_min)
    view = seen(world, key)
    assert [u.unit for u in view.missing] == ["b-1", "b-2"]
    assert view.ends_us is None
    if in_min < 0:
        assert view.begins_us is None
        assert view.due_us == said_us(world, key) + 30 * MIN_US
        assert view.remarks == ("its window was over when it was said: asked all the same",)
    else:
        assert view.due_us == view.begins_us - 10 * MIN_US


def test_a_notification_names_units_by_addressee_and_is_about_its_sender():
    clause = Notification(
        id="N9", lead_s=900.0, of=("area.notice",), required_units={"BRAVO": ("night crew",)},
        units_before_s=300.0, applies_to=AppliesTo(parties=("ALFA",)),
    )  # fmt: skip
    world = pair(text(clause))
    view = seen(world, notice(world))
    assert view.required == ("night crew",)
    assert view.units[0].required_by == ("N9",)
    assert view.due_us == view.begins_us - 5 * MIN_US
    other = notice(world, party="BRAVO", to="ALFA")
    assert seen(world, other, "BRAVO", "ALFA") is None
    assert seen(world, told(world)) is None, "a clearance is no notice"


def test_an_own_list_adds_and_takes_nothing_away():
    world = pair(text())
    key = notice(world)
    world.run(2)
    do(world, "BRAVO", RequireUnits(ref=key, post="desk", units=("night crew", "b-1", "guests")))
    world.run(2)
    view = seen(world, key, "ALFA")
    assert view.required == ("b-1", "b-2", "night crew", "guests")
    assert view.remarks == ("the list of BRAVO leaves out b-2, which D1 requires: still required",)
    newer = RequireUnits(ref=key, post="desk", units=("b-1", "b-2"))
    do(world, "BRAVO", newer)
    assert do(world, "BRAVO", newer) == [], "the same list is not written twice"
    assert seen(world, key).required == ("b-1", "b-2"), "the newest list replaces the own one"
    assert seen(world, key).remarks == ()
    with pytest.raises(InputFault, match="a-1, of ALFA"):
        do(world, "BRAVO", RequireUnits(ref=key, post="desk", units=("a-1",)))


def test_an_own_time_may_be_earlier_for_a_required_unit_never_later():
    world = pair(text())
    key = notice(world)
    world.run(2)
    usual_us = seen(world, key).due_us
    for at_us, wanted_us in ((usual_us + MIN_US, usual_us), (usual_us - MIN_US, usual_us - MIN_US)):
        act = RequireUnits(ref=key, post="desk", units=("b-1", "b-2"), due_us=at_us)
        do(world, "BRAVO", act)
        assert seen(world, key).due_us == wanted_us


def test_under_rules_before_version_4_nothing_is_asked_or_counted():
    (agreement,) = two()
    old = msgspec.structs.replace(agreement, rules_version=3)
    world = pair([old])
    key = notice(world)
    world.run(2)
    assert seen(world, key) is None
    with pytest.raises(InputFault, match="pins rules version 4"):
        receipt(world, key, "b-1")


def test_a_later_text_asks_nothing_of_what_was_said_before(monkeypatch):
    from parley.node.rules import units_told

    world = pair(text())
    key = notice(world)
    later = text(Distribution(id="D1", units={"BRAVO": ("night crew",)}))[0]
    since_us = world.now_us
    now = units_told.agreement_at

    def at(state, name, at_us):
        return later if at_us >= since_us else now(state, name, at_us)

    monkeypatch.setattr(units_told, "agreement_at", at)
    newer = notice(world)
    assert seen(world, key).required == ("b-1", "b-2")
    assert seen(world, newer).required == ("night crew",)


# ---- told, loaded, and levels that are never merged ----------------------------------------------


def test_loaded_is_a_second_step_and_a_clause_may_want_it():
    world = pair(text(Distribution(id="D1", units={"BRAVO": ("b-1", "b-2")}, loaded=True)))
    key = notice(world)
    world.run(2)
    receipt(world, key, "b-1")
    receipt(world, key, "b-2", loaded=True)
    world.run(2)
    view = seen(world, key, "ALFA")
    assert (view.told, view.loaded) == (("b-1", "b-2"), ("b-2",))
    assert (view.not_told, view.not_loaded) == ((), ("b-1",))
    assert [each.loud for each in view.missing] == ["TOLD, NOT LOADED"]
    assert receipt(world, key, "b-1") == [], "said already"
    receipt(world, key, "b-1", loaded=True)
    assert seen(world, key).missing == ()
    assert receipt(world, key, "b-2") == [], "loaded says told as well"


def test_by_itself_or_by_voice_and_who_entered_it():
    world = pair(text())
    key = notice(world)
    world.run(2)
    receipt(world, key, "b-1", by="unit", post="unit")
    receipt(world, key, "b-2", post="commander", text="by radio")
    one, two_ = seen(world, key).units
    assert (one.told_by, one.told_post) == ("unit", "")
    assert (two_.told_by, two_.told_post) == ("voice", "commander")
    with pytest.raises(InputFault, match="post of BRAVO"):
        receipt(world, key, "night crew", post="nobody")
    with pytest.raises(InputFault, match="post of a unit's own word"):
        receipt(world, key, "night crew", by="unit", post="desk")


# ---- corrections, cancellations ------------------------------------------------------------------


def corrected(world, key, kind="correction", **changes):
    values = {"message_type": kind, "fields": {"centre": "35.7,38.5"}} | changes
    return told(world, ref=(reference(world, "ALFA", key),), **values)


@pytest.mark.row("R4")
def test_after_a_correction_who_had_it_has_the_old_one():
    world = pair(text())
    key = notice(world)
    world.run(2)
    receipt(world, key, "b-1", loaded=True)
    newer = corrected(world, key)
    world.run(2)
    for party in ("ALFA", "BRAVO"):
        old, new = seen(world, key, party), seen(world, newer, party)
        assert old.over.startswith("corrected by ")
        assert old.missing == ()
        assert (new.told, new.stale, new.not_told) == ((), ("b-1",), ("b-2",))
        assert new.begins_us == old.begins_us, "the window is the notice's own"
        assert [each.loud for each in new.missing] == ["HAS THE OLD ONE", "NOT TOLD"]
    receipt(world, key, "b-2", text="of the old one")
    assert seen(world, newer).stale == ("b-1", "b-2"), "a late receipt of the old one is no help"
    receipt(world, newer, "b-1")
    receipt(world, newer, "b-2")
    assert seen(world, newer).missing == ()
    assert seen(world, newer).verdict == "distribution complete"


def test_a_correction_of_a_correction_asks_for_all_before_it():
    world = pair(text())
    key = notice(world)
    world.run(2)
    receipt(world, key, "b-1")
    receipt(world, key, "night crew")
    newest = corrected(world, corrected(world, key))
    world.run(2)
    view = seen(world, newest)
    assert set(view.required) == {"b-1", "b-2", "night crew"}
    assert view.units[-1].required_by == ("had the one before",)
    assert set(view.stale) == {"b-1", "night crew"}


def test_a_cancellation_is_told_to_who_had_it_and_to_nobody_else():
    world = pair(text())
    key = notice(world)
    world.run(2)
    receipt(world, key, "b-1")
    over = corrected(world, key, "cancel", fields={})
    world.run(2)
    assert seen(world, key).missing == ()
    assert seen(world, over).required == ("b-1",)
    assert seen(world, over).stale == ("b-1",)
    world.run(70)
    assert [a.post for a in ringing(world, "BRAVO")] == [], "it is due before the window begins"
    receipt(world, over, "b-1")
    assert seen(world, over).missing == ()


def test_a_correction_of_a_read_back_makes_earlier_receipts_old_and_not_later_ones():
    from parley.node.inputs import Answer

    world = pair(text())
    key = notice(world)
    world.run(2)
    receipt(world, key, "b-1")
    window = thread(world, "ALFA", key).body.fields["window"]
    read = Answer(
        ref=key, post="desk", answer="ROGER", fields={"centre": "35.6,38.5", "window": window}
    )
    do(world, "BRAVO", read)
    world.run(2)
    (answer,) = thread(world, "ALFA", key).answers
    again = told(
        world, message_type="correction", fields={"centre": "35.5,38.5"},
        ref=(reference(world, "ALFA", answer),),
    )  # fmt: skip
    world.run(2)
    view = seen(world, key)
    assert view.over == "", "the notice still stands, as it was said"
    assert (view.told, view.stale, view.not_told) == ((), ("b-1",), ("b-2",))
    receipt(world, key, "b-1")
    receipt(world, again, "b-2")
    assert seen(world, key).told == ("b-1", "b-2"), "of the notice, or of what says it again"
    assert seen(world, again).required == ()
    newest = told(
        world, message_type="correction", fields={"centre": "35.8,38.5"},
        ref=(reference(world, "ALFA", again),),
    )  # fmt: skip
    assert seen(world, newest).stale == ("b-1", "b-2"), "what is said of that is said of the notice"
    assert seen(world, key).over.startswith("corrected by ")
    assert [v.message for v in open_views(world)] == [newest]


# ---- what is told when one is not told -----------------------------------------------------------


@pytest.mark.row("R4", "A9")
def test_at_its_time_both_ends_are_told_once_per_unit_and_notice():
    world = pair(text())
    key = notice(world, in_min=12)
    world.run(2)
    receipt(world, key, "b-1")
    world.run(90)
    assert (ringing(world, "BRAVO"), untold_entries(world)) == ([], [])
    world.run(60)
    assert untold_entries(world) == ["b-2"]
    (ours,), (theirs,) = ringing(world, "BRAVO"), ringing(world, "ALFA")
    assert ours.alarm_class == theirs.alarm_class == "SAFETY"
    assert "1 of our units NOT TOLD: b-2" in ours.text
    assert "1 of units of BRAVO NOT TOLD: b-2" in theirs.text
    assert "no receipt in these logs" not in theirs.text, "BRAVO says so itself"
    world.run(600)
    assert untold_entries(world) == ["b-2"], "once"
    assert all("BEGUN WITH 1 OF" in ringing(world, p)[0].text for p in ("ALFA", "BRAVO"))
    assert seen(world, key).begun
    assert seen(world, key).over == "", "nothing is cancelled by a machine"
    receipt(world, key, "b-2")
    world.run(2)
    assert [ringing(world, p) for p in ("ALFA", "BRAVO")] == [[], []]
    (row,) = [u for u in seen(world, key, "ALFA").units if u.unit == "b-2"]
    assert row.late_s > 600
    assert row.untold_us is not None, "late stays late"


def test_units_of_one_notice_that_are_due_together_stand_in_one_entry_and_later_ones_in_another():
    names = tuple(f"u-{n}" for n in range(UNITS_PER_NOTICE_MAX - 6))
    more = tuple(f"v-{n}" for n in range(10))
    clauses = (
        Distribution(id="D1", units={"BRAVO": names}, before_s=900.0),
        Distribution(id="D2", units={"BRAVO": more}, before_s=900.0),
        Distribution(id="D3", units={"BRAVO": ("b-1",)}, before_s=60.0),
    )
    world = pair(text(*clauses, units={"BRAVO": (*names, *more, "b-1")}))
    key = notice(world, in_min=20)
    world.run(295)
    assert untold_entries(world) == []
    world.run(30)
    table = world.node("BRAVO").state.scope("AB").terms.untold[key]
    assert sorted(len(e.body.units) for e in table.values()) == [4, UNITS_PER_NOTICE_MAX]
    assert {e.body.due_us for e in table.values()} == {seen(world, key).due_us}
    assert set(untold_entries(world)) == {*names, *more}
    world.run(840)
    assert sorted(len(e.body.units) for e in table.values()) == [1, 4, UNITS_PER_NOTICE_MAX]
    world.run(120)
    assert len(untold_entries(world)) == len(set(untold_entries(world))), "each once"
    view = seen(world, key, "ALFA")
    assert all(row.untold_us is not None for row in view.units), "the sender sees each of them"


def test_an_alarm_is_taken_and_sounds_again_when_it_begins():
    world = pair(text())
    notice(world, in_min=12)
    world.run(180)
    (alarm,) = ringing(world, "BRAVO")
    do(world, "BRAVO", AcknowledgeAlarm(agreement="AB", alarm=alarm.name, post="desk"))
    assert [a.silent for a in ringing(world, "BRAVO")] == [True]
    world.run(600)
    (later,) = ringing(world, "BRAVO")
    assert not later.silent
    assert later.name != alarm.name
    assert later.rung == 1
    world.run(2400)
    assert ringing(world, "BRAVO") == [], "what it announced is over"


def test_a_party_that_writes_nothing_is_still_seen_by_the_sender():
    world = pair(text())
    notice(world, in_min=12)
    world.run(2)
    world.partition("ALFA", "BRAVO", seconds=400)
    world.run(180)
    (alarm,) = ringing(world, "ALFA")
    assert alarm.text.endswith("no receipt in these logs")


def test_what_time_makes_due_is_known_ahead():
    from parley.node.wake import next_turn_us

    world = pair(text())
    key = notice(world, in_min=12)
    world.run(2)
    due_us = seen(world, key).due_us
    at_us = world.now_us
    woken = set()
    while at_us <= due_us:
        at_us = next_turn_us(world.node("BRAVO").state, at_us)
        woken.add(at_us)
    assert due_us + 1 in woken


def test_a_restarted_node_says_the_same():
    world = pair(text())
    key = notice(world, in_min=12)
    world.run(2)
    receipt(world, key, "b-1")
    world.run(300)
    before = seen(world, key), ringing(world, "BRAVO")
    scope = world.node("BRAVO").state.scope("AB")
    scope.index.views.clear()
    scope.index.spread = set(scope.threads)
    assert (seen(world, key), ringing(world, "BRAVO")) == before
    world.run(60)
    assert untold_entries(world) == ["b-2"]


# ---- what somebody with valid keys might do ------------------------------------------------------


def forged(world, party, key, unit, *, at_us=None, issued_us=None, leaf=None, loaded=False):
    ref = reference(world, "ALFA", key)
    ref = msgspec.structs.replace(ref, leaf=leaf) if leaf else ref
    body = UnitReceipted(
        unit=unit, by="unit", post="unit", loaded=loaded,
        at_us=world.now_us if at_us is None else at_us,
    )  # fmt: skip
    return write_as(world, party, body, ref=(ref,), issued_us=issued_us)


def test_the_sender_cannot_say_that_the_other_sides_units_have_it():
    world = pair(text())
    key = notice(world)
    world.run(2)
    forged(world, "ALFA", key, "b-1")
    world.run(2)
    for party in ("ALFA", "BRAVO"):
        view = seen(world, key, party)
        assert view.told == ()
        assert view.remarks == ("ALFA wrote a receipt of b-1, a unit of BRAVO: none",)
    with pytest.raises(InputFault, match="each party answers for its own"):
        receipt(world, key, "b-1", party="ALFA")


def test_units_of_others_and_units_that_nobody_named_are_no_receipts():
    world = pair(text())
    key = notice(world)
    world.run(2)
    forged(world, "BRAVO", key, "a-1")
    forged(world, "BRAVO", key, "ghost\x1b[2J\u202e")
    world.run(2)
    view = seen(world, key, "ALFA")
    assert view.told == ()
    assert "BRAVO wrote a receipt of a-1, a unit of ALFA: none" in view.remarks
    assert "1 receipts by BRAVO of units that nobody has named: none" in view.remarks
    for unit, why in (("a-1", "a-1, of ALFA"), ("b-9", "did you mean"), ("b\x1b1", "printable")):
        with pytest.raises(InputFault, match=why):
            receipt(world, key, unit)


def test_a_receipt_counts_from_when_it_was_written():
    world = pair(text())
    key = notice(world, in_min=12)
    world.run(300)
    begun_us = said_us(world, key)
    forged(world, "BRAVO", key, "b-1", at_us=begun_us, issued_us=begun_us + 1)
    receipt(world, key, "b-2", at_us=begun_us + MIN_US)
    world.run(2)
    rows = {row.unit: row for row in seen(world, key, "ALFA").units}
    for unit in ("b-1", "b-2"):
        assert rows[unit].late_s is not None, "backdated, and late all the same"
        assert rows[unit].told_us > rows[unit].due_us
    with pytest.raises(InputFault, match="and now"):
        receipt(world, key, "night crew", at_us=world.now_us + MIN_US)
    with pytest.raises(InputFault, match="when it was said"):
        receipt(world, key, "night crew", at_us=begun_us - 10 * MIN_US)


def test_a_receipt_of_other_bytes_or_of_nothing_counts_nowhere():
    world = pair(text())
    key = notice(world)
    world.run(2)
    forged(world, "BRAVO", key, "b-1", leaf="00" * 32)
    ahead = (key[0], key[1] + 1)
    body = UnitReceipted(unit="b-2", by="unit", post="unit", at_us=world.now_us)
    guess = msgspec.structs.replace(reference(world, "ALFA", key), index=ahead[1], leaf="11" * 32)
    write_as(world, "BRAVO", body, ref=(guess,))
    world.run(2)
    assert seen(world, key, "ALFA").told == ()
    later = notice(world)
    world.run(2)
    assert seen(world, later, "ALFA").told == (), "nobody can have what was not said yet"
    with pytest.raises(InputFault, match="a message held here"):
        receipt(world, (key[0], 99_999), "b-1")


def test_entries_on_behalf_of_another_party_count_nowhere():
    world = pair(text())
    key = notice(world)
    world.run(2)
    ref = (reference(world, "ALFA", key),)
    write_as(world, "ALFA", UnitsRequired(units=("b-1", "x"), post="desk"), ref=ref)
    write_as(world, "ALFA", UnitUntold(units=("b-1",), due_us=1), ref=ref)
    world.run(2)
    view = seen(world, key)
    assert view.required == ("b-1", "b-2")
    assert all(row.untold_us is None for row in view.units)


def test_ten_thousand_receipts_are_looked_at_once_each(monkeypatch):
    from parley.node.rules import units_required

    world = pair(text())
    key = notice(world)
    world.run(2)
    crank = world.node("BRAVO")
    ref = (reference(world, "ALFA", key),)
    looks = []
    real = units_required._add_receipt

    def counted(found, entry, body):
        looks.append(entry.seq)
        real(found, entry, body)

    monkeypatch.setattr(units_required, "_add_receipt", counted)
    from parley.node.encoding import encode_entry
    from parley.node.entries import Draft, LogName

    name = LogName(agreement="AB", party="BRAVO", kind="line", year=2026)
    first = crank.state.log(name.origin).tree.size
    data = []
    for place in range(10_000):
        body = UnitReceipted(unit=f"made-up-{place}", by="unit", post="unit", at_us=world.now_us)
        draft = Draft(agreement="AB", by="unit", ref=ref, body=body)
        data.append(
            encode_entry(draft, log=name, seq=first + place, issued_us=world.now_us, seen={})
        )
    for place in range(0, len(data), 250):
        crank.append_exact(name.origin, first + place, data[place : place + 250])
        seen(world, key)
        alarms(crank.state, world.now_us)
    assert len(looks) == 10_000
    view = seen(world, key)
    assert (view.told, len(view.units)) == ((), 2)
    assert view.remarks == ("10000 receipts by BRAVO of units that nobody has named: none",)
    receipt(world, key, "b-1")
    assert seen(world, key).told == ("b-1",)
    assert len(looks) == 10_001


def test_an_own_list_of_a_peer_without_end_or_with_names_that_are_none():
    world = pair(text())
    key = notice(world)
    world.run(2)
    units = (*(f"u-{n}" for n in range(400)), "bad\x00", " blank ", "")
    body = UnitsRequired(units=units, post="desk")
    write_as(world, "BRAVO", body, ref=(reference(world, "ALFA", key),))
    world.run(2)
    view = seen(world, key, "ALFA")
    assert len(view.required) == 256 + 2
    assert all(name.isprintable() for name in view.required)
    with pytest.raises(InputFault, match="256 at most"):
        do(world, "BRAVO", RequireUnits(ref=key, post="desk", units=units))


def test_corrections_that_name_each_other_end_somewhere():
    world = pair(text())
    key = notice(world)
    receipt(world, key, "b-1")
    for _ in range(70):
        key = corrected(world, key)
    view = seen(world, key)
    assert view.required == ("b-1", "b-2"), "who corrects without end tells nobody less"
    assert view.told == ()
