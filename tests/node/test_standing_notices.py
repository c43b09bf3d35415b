"""Places told in steps of precision, and notices that go stale.

R16: a list of tens of thousands of places, some of them years old, none marked.
"""

from __future__ import annotations

import itertools
import json

import pytest
from simworld import SECOND_US

from node.nodekit import do, reference, say, thread, write_as
from node.standingkit import (
    consent,
    fields_at,
    how,
    keep,
    later,
    place,
    ruled,
    standing_alarms,
    tell,
    told,
    told_rows,
)
from parley.app.notice_views import notice_columns, notices_view
from parley.node.agreement_bodies import NoticeConfirmed
from parley.node.agreement_inputs import ConfirmNotice, DisclosePlace
from parley.node.entries import MessageSaid
from parley.node.inputs import (
    OpenPayload,
)
from parley.node.rules.alarms import alarms
from parley.node.rules.notice_standing import standing_notices
from parley.node.snapshots import digest
from parley.world.clauses import AppliesTo, Disclosure, StandingNotice
from parley.world.faults import InputFault
from parley.world.norms import norms
from parley.world.place_cell import Cell, read_cell

DAY_US = 86_400 * SECOND_US


# ---- telling in steps ---------------------------------------------------------------------------


@pytest.mark.row("R16")
def test_a_place_is_told_as_a_cell_to_whom_there_is_consent():
    world = ruled()
    keep(world, place(uncertainty_mm=250_000))
    with pytest.raises(InputFault, match="an addressee for whom there is consent"):
        tell(world)
    consent(world, "BRAVO")
    key = tell(world)
    fields = fields_at(world, key)
    cell = read_cell(fields["cell"])
    assert cell.holds(place().lat_e9, place().lon_e9)
    assert cell.precision_m >= 10_000
    assert fields["uncertainty"] == "250 m"
    assert "name" not in fields
    digits = [f"{place().lat_e9}"[:6], "35.62", "38.75", "Clinic"]
    held = json.dumps({**fields, "text": thread(world, "BRAVO", key).body.text})
    assert not any(each in held for each in digits)
    assert tell(world) is None
    # A second telling in another moment is the same cell: nothing is learned by asking again.
    later(world, 3600)
    assert tell(world) is None


@pytest.mark.row("R16")
def test_precision_is_released_in_steps_each_an_update_of_the_one_before():
    world, first = told(
        Disclosure(id="D1", precision_m=20_000.0, precise_m=500.0, precise_before_s=3_600.0),
        precision_m=40_000.0,
    )
    begins = world.now_us + 2 * 3_600 * SECOND_US
    window = {"from_us": begins, "to_us": begins + 3_600 * SECOND_US}
    second = tell(world, precision_m=20_000.0, **window)
    with pytest.raises(InputFault, match=r"no finer than 20000 m \(clause D1\)"):
        tell(world, precision_m=500.0, **window)
    later(world, 3_700)
    third = tell(world, precision_m=500.0, **window)
    with pytest.raises(InputFault, match=r"no finer than 500 m"):
        tell(world, precision_m=499.0, **window)
    cells = [read_cell(fields_at(world, key)["cell"]) for key in (first, second, third)]
    for coarse, fine in itertools.pairwise(cells):
        assert fine.within(coarse)
        assert fine != coarse
    kinds = [thread(world, "BRAVO", key).body.message_type for key in (first, second, third)]
    assert kinds == ["humanitarian.notice", "humanitarian.update", "humanitarian.update"]
    assert [how(world, key).word for key in (first, second, third)] == [
        "replaced", "replaced", "fresh",
    ]  # fmt: skip
    assert how(world, first).by == second
    # Past the window the finer precision is no longer allowed, to nobody.
    later(world, 2 * 3_600)
    with pytest.raises(InputFault, match="no finer than 20000 m"):
        tell(world, precision_m=1_000.0)
    with pytest.raises(InputFault, match="a time to come"):
        tell(world, precision_m=1_000.0, **window)


def test_the_coarsest_of_several_clauses_holds_and_each_speaks_only_of_its_own():
    world = ruled(
        Disclosure(id="D1", precision_m=1_000.0, of=("humanitarian.notice",)),
        Disclosure(id="D2", precision_m=30_000.0, to=("BRAVO",)),
        Disclosure(id="D3", precision_m=500_000.0, of=("track",)),
        Disclosure(id="D4", precision_m=500_000.0, applies_to=AppliesTo(parties=("BRAVO",))),
        Disclosure(id="D5", precision_m=1_000.0, delay_s=3_600.0, to=("CHARLIE",)),
        parties=("ALFA", "BRAVO", "CHARLIE"),
    )
    keep(world, place())
    consent(world, "BRAVO", "CHARLIE")
    with pytest.raises(InputFault, match=r"no finer than 30000 m \(clause D2\)"):
        tell(world, precision_m=29_999.0)
    assert tell(world, precision_m=30_000.0) is not None
    with pytest.raises(InputFault, match="not before"):
        tell(world, to="CHARLIE", precision_m=1_000.0)
    later(world, 3_601)
    assert tell(world, to="CHARLIE", precision_m=1_000.0) is not None


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ({"name": "H11"}, "did you mean"),
        ({"to": "DELTA"}, "one of BRAVO"),
        ({"valid_until_us": 1}, "a time to come"),
        ({"from_us": 10**16, "to_us": 10**15}, "a time to come"),
        ({"precision_m": 1e9}, "precision"),
        ({"precision_m": 9_999.0}, "the norms"),
        ({"post": "kitchen"}, "one that AB names"),
    ],
)
def test_a_telling_that_cannot_be_is_refused_in_one_line(more, wanted):
    world = ruled()
    keep(world, place())
    consent(world, "BRAVO")
    name = more.pop("name", "H1")
    values = {"precision_m": 10_000.0, "to": "BRAVO", "post": "desk"} | more
    to = values.pop("to")
    act = DisclosePlace(agreement="AB", line="LINE-AB", place=name, to=(to,), **values)
    with pytest.raises(InputFault) as caught:
        do(world, "ALFA", act)
    assert wanted in str(caught.value)
    assert told_rows(world) == ()


@pytest.mark.row("R16")
def test_who_asks_again_and_again_gets_nothing_by_asking():
    world, key = told()
    do(world, "BRAVO", OpenPayload(ref=key, post="desk", purpose="planning"))
    for number in range(20):
        say(
            world, "BRAVO", "ALFA", message_type="clarify.request",
            text=f"finer, please ({number})", fields={"place": "H1"},
            ref=(reference(world, "BRAVO", key),),
        )  # fmt: skip
        world.run(2)
    assert [row.precision_m for row in told_rows(world)] == [
        pytest.approx(19_436.8, abs=1)
    ]  # fmt: skip
    for fine_m in (9_999.0, 5_000.0, 10.0):
        with pytest.raises(InputFault, match="no finer than 10000 m"):
            tell(world, precision_m=fine_m)


@pytest.mark.row("R16")
def test_two_addressees_who_join_their_cells_hold_nothing_finer_than_the_finer_of_them():
    world = ruled(parties=("ALFA", "BRAVO", "CHARLIE"))
    keep(world, place())
    consent(world, "BRAVO", "CHARLIE")
    keys = [tell(world, to="BRAVO", precision_m=10_000.0), tell(world, to="CHARLIE",
            precision_m=50_000.0)]  # fmt: skip
    fine, coarse = (
        read_cell(fields_at(world, key, party)["cell"])
        for key, party in zip(keys, ("BRAVO", "CHARLIE"), strict=True)
    )
    assert fine.within(coarse)
    # And neither sees that the other was told, nor a byte of what.
    for key, other in zip(keys, ("CHARLIE", "BRAVO"), strict=True):
        state = world.node(other).state
        known = state.scope("AB").threads.get(key)
        assert known is None or known.said is None
        assert key in state.scope("AB").sealed
    told_of = [thread(world, "ALFA", key).said.audience for key in keys]
    assert told_of == [("ALFA", "BRAVO"), ("ALFA", "CHARLIE")]


def test_a_place_that_was_taken_out_is_told_no_more_and_its_notice_is_not_confirmed():
    world, key = told()
    keep(world, place(removed=True))
    with pytest.raises(InputFault, match="taken out"):
        tell(world, precision_m=20_000.0)
    until = world.now_us + 10 * DAY_US
    with pytest.raises(InputFault, match="withdraw the notice"):
        do(world, "ALFA", ConfirmNotice(ref=key, post="desk", until_us=until))


def test_a_corrected_place_is_told_again_and_what_was_told_stays_told():
    world, first = told()
    keep(world, place(lat=35.9), confirmed=True)
    second = tell(world)
    assert how(world, first).by == second
    assert [row.message for row in told_rows(world)] == [first, second]


# ---- fresh, stale, expired ----------------------------------------------------------------------


@pytest.mark.row("R16")
def test_a_notice_goes_stale_and_is_marked_so_and_never_dropped():
    world, key = told(StandingNotice(id="S1", reconfirm_every_s=864_000.0, expire_s=2_592_000.0))
    sent = thread(world, "BRAVO", key).said.issued_us
    words = [how(world, key, at_us=sent + days * DAY_US).word for days in (0, 9, 11, 29, 31)]
    assert words == ["fresh", "fresh", "stale", "stale", "expired"]
    stale = how(world, key, at_us=sent + 20 * DAY_US)
    assert stale.since_us == sent + 10 * DAY_US
    assert stale.clause == "S1"
    view = notices_view(world.node("BRAVO").state, sent + 20 * DAY_US)
    (row,) = view.notices
    assert row.words.startswith("STALE since ")
    assert notice_columns(row)["state"] == "STALE"
    assert view.counts[0].counts == {"stale": 1}
    assert "no permission" in view.note
    for days in (11, 31):
        shown = notices_view(world.node("BRAVO").state, sent + days * DAY_US)
        assert shown.total == 1
        assert "fresh" not in shown.notices[0].words


def test_without_a_clause_the_norms_say_how_long_a_notice_stands():
    world, key = told()
    table = norms().standing
    sent = thread(world, "BRAVO", key).said.issued_us
    assert how(world, key).fresh_until_us == sent + table.reconfirm_every_s * SECOND_US
    assert how(world, key).expires_us == sent + table.expire_s * SECOND_US
    assert how(world, key).clause is None


def confirm(world, key, days, at_days=None):
    until = world.now_us + days * DAY_US
    written = do(world, "ALFA", ConfirmNotice(ref=key, post="desk", until_us=until))
    world.run(2)
    return written


@pytest.mark.row("R16")
def test_a_confirmation_makes_it_fresh_again_and_a_late_one_says_that_it_was_late():
    world, key = told(
        StandingNotice(id="S1", reconfirm_every_s=86_400.0, expire_s=864_000.0),
        valid_until_us=1_780_000_000_000_000 + 30 * DAY_US,
    )
    later(world, 43_200)
    confirm(world, key, 5)
    assert (how(world, key).word, how(world, key).late) == ("fresh", False)
    later(world, 3 * 86_400)
    assert how(world, key).word == "stale"
    confirm(world, key, 5)
    seen = how(world, key)
    assert (seen.word, seen.late) == ("fresh", True)
    assert seen.fresh_until_us == seen.last_word_us + DAY_US
    assert how(world, key, "ALFA").word == "fresh"
    with pytest.raises(InputFault, match="a time to come"):
        confirm(world, key, -1)
    with pytest.raises(InputFault, match="no later than its own end"):
        confirm(world, key, 60)
    later(world, 11 * 86_400)
    with pytest.raises(InputFault, match="expired since"):
        confirm(world, key, 1)


def test_a_shorter_word_of_the_sender_holds_no_longer_than_it_says():
    world, key = told()
    confirm(world, key, 2)
    until = world.now_us + 2 * DAY_US
    assert how(world, key, at_us=until - 5 * SECOND_US).word == "fresh"
    assert how(world, key, at_us=until + 5 * SECOND_US).word == "stale"


@pytest.mark.row("R16")
def test_nobody_confirms_for_another():
    world, key = told()
    until = world.now_us + DAY_US
    with pytest.raises(InputFault, match="a notice of our own"):
        do(world, "BRAVO", ConfirmNotice(ref=key, post="desk", until_us=until))
    body = NoticeConfirmed(post="desk", until_us=world.now_us + 30 * DAY_US)
    before = how(world, key)
    write_as(world, "BRAVO", body, ref=(reference(world, "BRAVO", key),))
    world.run(2)
    assert how(world, key) == before
    assert any(
        "on behalf of ALFA" in each.why
        for each in world.node("ALFA").state.scope("AB").unreadable.values()
    )


@pytest.mark.row("R16")
def test_confirming_for_ever_what_was_withdrawn_makes_nothing_current():
    """A peer with valid keys whose node confirms notices of places that it has withdrawn."""
    world, key = told()
    values = {"message_type": "humanitarian.withdraw", "fields": {"place": "H1"}}
    say(world, ref=(reference(world, "ALFA", key),), valid_until_us=world.now_us + DAY_US, **values)
    world.run(2)
    assert how(world, key).word == "withdrawn"
    with pytest.raises(InputFault, match="withdrawn since"):
        confirm(world, key, 5)
    for _ in range(5):
        body = NoticeConfirmed(post="desk", until_us=world.now_us + 30 * DAY_US)
        write_as(world, "ALFA", body, ref=(reference(world, "ALFA", key),))
        world.run(60)
    assert how(world, key).word == "withdrawn"
    assert how(world, key, "ALFA").word == "withdrawn"


@pytest.mark.row("R16")
def test_a_confirmation_by_a_hostile_clock_or_for_too_long_gains_nothing():
    world, key = told(StandingNotice(id="S1", reconfirm_every_s=86_400.0, expire_s=172_800.0))
    sent = thread(world, "BRAVO", key).said.issued_us
    ref = (reference(world, "ALFA", key),)
    far = NoticeConfirmed(post="desk", until_us=sent + 3_000 * DAY_US)
    write_as(world, "ALFA", far, ref=ref)
    world.run(2)
    seen = how(world, key)
    assert seen.fresh_until_us == seen.last_word_us + DAY_US
    # Dated a month ahead: it counts when that time has come, and by then the notice is over.
    write_as(world, "ALFA", far, ref=ref, issued_us=world.now_us + 30 * DAY_US)
    world.run(2)
    assert how(world, key).fresh_until_us == seen.fresh_until_us
    assert how(world, key, at_us=sent + 20 * DAY_US).word == "expired"
    assert how(world, key, at_us=sent + 31 * DAY_US).word == "expired"


def test_a_notice_that_its_sender_dates_ahead_is_not_current():
    world = ruled()
    consent(world, "BRAVO")
    body = MessageSaid(
        line="LINE-AB", message_type="humanitarian.notice", message_class="SAFETY",
        fields={"place": "H1"}, life_safety=True,
    )  # fmt: skip
    ahead = world.now_us + 60 * DAY_US
    key = write_as(world, "ALFA", body, to=("BRAVO",), issued_us=ahead, valid_until_us=ahead + 1)
    world.run(2)
    assert how(world, key).word == "stale"


def test_both_nodes_fold_to_the_same_and_a_restart_forgets_nothing():
    world, key = told()
    confirm(world, key, 9)
    tell(world, precision_m=20_000.0, text="by day only")
    world.run(3)
    before = [(s.message, s.word, s.fresh_until_us) for s in _all_of(world, "BRAVO")]
    world.stop("BRAVO")
    world.start("BRAVO")
    assert [(s.message, s.word, s.fresh_until_us) for s in _all_of(world, "BRAVO")] == before
    states = [world.node(party).state for party in ("ALFA", "BRAVO")]
    assert len({digest(state.scope("AB")) for state in states}) == 1


def _all_of(world, party):
    state = world.node(party).state
    scope, text = state.scope("AB"), state.agreement("AB")
    found = standing_notices(state, scope, text, world.now_us)
    return sorted(found, key=lambda each: each.message)


# ---- alarms -------------------------------------------------------------------------------------


@pytest.mark.row("R16")
def test_the_sender_is_told_once_before_all_its_notices_go_stale():
    world = ruled()
    consent(world, "BRAVO")
    keep(world, *(place(f"H{n}", lat=35 + n / 100) for n in range(30)))
    for number in range(30):
        act = DisclosePlace(
            agreement="AB", line="LINE-AB", post="desk", place=f"H{number}", to=("BRAVO",),
            precision_m=10_000.0, wants_answer=False,
        )  # fmt: skip
        do(world, "ALFA", act)
    world.run(3)
    soon = world.now_us + 28 * DAY_US
    (before,) = standing_alarms(world, "ALFA", soon)
    assert before.text.startswith("30 standing notices of ours to BRAVO go stale from ")
    assert before.alarm_class == "ROUTINE"
    (late,) = standing_alarms(world, "ALFA", world.now_us + 31 * DAY_US)
    assert "read STALE there" in late.text
    assert late.alarm_class == "SAFETY"
    assert late.name != before.name
    assert standing_alarms(world, "ALFA", world.now_us + DAY_US) == []
    assert standing_alarms(world, "ALFA", world.now_us + 100 * DAY_US) == []
    for number in range(30):
        assert f"H{number}" not in before.text


def test_a_list_calls_nobody_one_by_one_and_one_alarm_says_that_it_waits():
    world = ruled()
    consent(world, "BRAVO")
    keep(world, *(place(f"H{n}", lat=35 + n / 100) for n in range(12)))
    keys = []
    for number in range(12):
        keys.append(tell(world, f"H{number}", wants_answer=False))
    later = world.now_us + 1_200 * SECOND_US
    found = [a for a in alarms(world.node("BRAVO").state, later) if a.party == "ALFA"]
    ours = [a for a in found if a.kind in ("unanswered", "notices to be read")]
    assert [a.kind for a in ours] == ["notices to be read"]
    assert ours[0].text.startswith("12 standing notices from ALFA")
    for key in keys:
        do(world, "BRAVO", OpenPayload(ref=key, post="desk"))
    assert standing_alarms(world, "BRAVO", later) == []


@pytest.mark.row("R16")
def test_a_flood_of_standing_notices_is_counted_whole_and_raises_one_alarm():
    world = ruled()
    state = world.node("ALFA").state
    body = MessageSaid(
        line="LINE-AB", message_type="humanitarian.notice", message_class="ADMIN",
        fields={"place": "H1", "cell": "0,0,1,1"}, life_safety=True,
    )  # fmt: skip
    until = world.now_us + 60 * DAY_US
    for _ in range(1_500):
        write_as(world, "ALFA", body, to=("BRAVO",), valid_until_us=until)
    world.run(30)
    state = world.node("BRAVO").state
    view = notices_view(state, world.now_us)
    assert view.total == 1_500
    assert len(view.notices) == 1_000
    assert view.counts[0].counts == {"fresh": 1_500}
    later = world.now_us + 1_200 * SECOND_US
    assert len(standing_alarms(world, "BRAVO", later)) == 1
    assert len([a for a in alarms(state, later) if a.party == "ALFA"]) < 5


def test_notices_of_other_types_stand_where_a_clause_names_them():
    world = ruled(
        StandingNotice(id="S1", reconfirm_every_s=86_400.0, of=("advisory",)),
        StandingNotice(id="S2", reconfirm_every_s=3_600.0, of=("humanitarian.notice",)),
    )
    key = say(world, message_type="advisory", text="drones here", fields={"area": "Z1"})
    world.run(2)
    seen = how(world, key)
    assert (seen.clause, seen.fresh_until_us - seen.last_word_us) == ("S1", DAY_US)
    confirm(world, key, 30)
    assert how(world, key).word == "fresh"
    plain = say(world)
    with pytest.raises(InputFault, match="a notice that stands"):
        confirm(world, plain, 1)


def test_a_cell_of_a_peer_that_cannot_be_read_is_no_cell_and_breaks_nothing():
    world = ruled()
    body = MessageSaid(
        line="LINE-AB", message_type="humanitarian.notice", message_class="ADMIN",
        fields={"place": "=cmd", "cell": "9e999,0,1,1", "name": "\x1b[2J"}, life_safety=True,
    )  # fmt: skip
    key = write_as(world, "ALFA", body, to=("BRAVO",), valid_until_us=world.now_us + DAY_US)
    world.run(2)
    do(world, "BRAVO", OpenPayload(ref=key, post="desk"))
    (row,) = notices_view(world.node("BRAVO").state, world.now_us).notices
    assert row.precision_m is None
    assert isinstance(Cell(south_e9=0, west_e9=0, north_e9=1, east_e9=1).text, str)
