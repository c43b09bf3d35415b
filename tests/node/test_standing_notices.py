"""Places kept, told in steps of precision, notices that go stale, and the ledger of what was told.

R16: a list of tens of thousands of places, some of them years old, none marked; and a record whose
positions were disclosed to whom nobody could say afterwards.
"""

from __future__ import annotations

import itertools
import json
import math

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simstory import agreement_of, three
from simworld import SECOND_US, Faults, SimWorld

from node.nodekit import do, pair, reference, say, thread, write_as
from parley.app.custody_views import no_receipts
from parley.app.notice_views import ledger_lines, ledger_view, notice_columns, notices_view
from parley.node.agreement_bodies import KeptPlace, NoticeConfirmed, PlacesKept, PlaceTold
from parley.node.agreement_inputs import ConfirmNotice, DisclosePlace, KeepPlaces
from parley.node.entries import MessageSaid
from parley.node.inputs import (
    DestroyPayload,
    FileIntent,
    GiveConsent,
    OpenPayload,
    Say,
    WithdrawConsent,
)
from parley.node.rules.alarms import alarms
from parley.node.rules.disclosure import finest_told, ledger, narrow_told
from parley.node.rules.notice_standing import standing_notices, standing_of
from parley.node.rules.places import ACT_PLACES_MAX, CHUNK_BYTES, register
from parley.node.snapshots import digest
from parley.node.state import key_of
from parley.world.clauses import AppliesTo, Disclosure, PositionCheck, StandingNotice
from parley.world.faults import InputFault
from parley.world.geo import Position
from parley.world.intent import Intent
from parley.world.norms import norms
from parley.world.place import Place
from parley.world.place_cell import PRECISION_M, Cell, cell_of, level_of, read_cell
from parley.world.shape import Circle
from parley.world.volume import Volume4D

DAY_US = 86_400 * SECOND_US
AB = {"agreement": "AB", "post": "desk"}
REF = ("parley.example/AB/ALFA/line/2026", 0)


def place(id_="H1", lat=35.6289, lon=38.7581, **changes) -> KeptPlace:
    values = {
        "place": id_, "name": f"Clinic {id_}", "kind": "hospital",
        "lat_e9": round(lat * 1e9), "lon_e9": round(lon * 1e9),
    } | changes  # fmt: skip
    return KeptPlace(**values)


def ruled(*clauses, parties=("ALFA", "BRAVO"), name="AB", **changes) -> SimWorld:
    """Return a linked world whose agreement has these clauses beside its own."""
    plain = agreement_of(name, parties)
    agreement = msgspec.structs.replace(plain, clauses=(*plain.clauses, *clauses), **changes)
    world = SimWorld(1, [agreement], Faults(delay_s=(0.001, 0.002)), tick_s=None)
    world.run(3)
    return world


def keep(world, *places, party="ALFA", **more):
    return do(world, party, KeepPlaces(**AB, places=places, **more))


def consent(world, *parties, agreement="AB", **more):
    for party in parties:
        act = GiveConsent(agreement=agreement, post="desk", addressee=party, **more)
        do(world, "ALFA", act)


def tell(world, name="H1", to="BRAVO", precision_m=10_000.0, agreement="AB", **more):
    """Tell a place; return the place of the notice, or None where nothing was to be said."""
    act = DisclosePlace(
        agreement=agreement, line=f"LINE-{agreement}", post="desk", place=name, to=(to,),
        precision_m=precision_m, **more,
    )  # fmt: skip
    written = do(world, "ALFA", act)
    world.run(2)
    return next((key_of(e) for e in written if isinstance(e.body, MessageSaid)), None)


def told(*clauses, **more):
    """Return a world in which ALFA told BRAVO of one place, and the notice."""
    world = ruled(*clauses)
    keep(world, place())
    consent(world, "BRAVO")
    key = tell(world, **more)
    assert key is not None
    return world, key


def how(world, key, party="BRAVO", at_us=None, agreement="AB"):
    state = world.node(party).state
    scope = state.scope(agreement)
    text = state.agreement(agreement)
    at_us = world.now_us if at_us is None else at_us
    return standing_of(state, scope, text, scope.threads[key], at_us)


def later(world, seconds):
    """Let a long time pass in which nobody does anything: every node slept."""
    by_us = round(seconds * SECOND_US)
    world.now_us += by_us
    world._queue = [(at_us + by_us, order, act) for at_us, order, act in world._queue]
    world.run(15)


def fields_at(world, key, party="BRAVO"):
    return thread(world, party, key).body.fields


def told_rows(world, party="ALFA", agreement="AB"):
    state = world.node(party).state
    return tuple(ledger(state, state.scope(agreement)))


def standing_alarms(world, party, at_us):
    found = alarms(world.node(party).state, at_us)
    return [each for each in found if each.name.startswith("standing:")]


# ---- the grid -----------------------------------------------------------------------------------

LAT = st.integers(-90 * 10**9, 90 * 10**9)
LON = st.integers(-180 * 10**9, 180 * 10**9)
FINE = st.floats(*PRECISION_M)


@given(LAT, LON, FINE, FINE)
@settings(max_examples=400, deadline=None)
def test_two_cells_of_a_place_are_one_in_the_other_and_hold_it(lat_e9, lon_e9, one_m, other_m):
    """Whoever joins all cells that were ever told holds the finest of them, and nothing finer."""
    fine, coarse = (cell_of(lat_e9, lon_e9, each) for each in sorted((one_m, other_m)))
    assert fine.holds(lat_e9, lon_e9)
    assert fine.within(coarse)


@given(LAT, LON, LAT, LON, FINE, FINE)
@settings(max_examples=400, deadline=None)
def test_cells_of_any_two_places_are_nested_or_share_no_area(lat_a, lon_a, lat_b, lon_b, a_m, b_m):
    a, b = cell_of(lat_a, lon_a, a_m), cell_of(lat_b, lon_b, b_m)
    nested = a.within(b) or b.within(a)
    # Bounds are rounded outwards by 1e-9 degrees: 0.1 mm, which tells nobody anything.
    overlap = (
        min(a.north_e9, b.north_e9) - max(a.south_e9, b.south_e9) > 2
        and min(a.east_e9, b.east_e9) - max(a.west_e9, b.west_e9) > 2
    )
    assert nested or not overlap


@given(st.integers(-85 * 10**9, 85 * 10**9), LON, FINE)
@settings(max_examples=400, deadline=None)
def test_no_side_of_a_cell_is_shorter_than_what_was_asked_for(lat_e9, lon_e9, precision_m):
    cell = cell_of(lat_e9, lon_e9, precision_m)
    assert cell.precision_m >= precision_m * (1 - 1e-6)
    assert 2 * cell.half_height_m <= 2 * precision_m * 1.001


def test_a_cell_round_a_pole_is_a_cap_and_a_cell_is_read_as_it_is_written():
    cap = cell_of(90 * 10**9, 17 * 10**9, 10_000.0)
    assert (cap.west_e9, cap.east_e9, cap.north_e9) == (-180 * 10**9, 180 * 10**9, 90 * 10**9)
    cell = cell_of(35_628_900_000, 38_758_100_000, 10_000.0)
    assert read_cell(cell.text) == cell
    assert cell.holds(round(cell.centre.lat_deg * 1e9), round(cell.centre.lon_deg * 1e9))


@pytest.mark.parametrize(
    "text", ["", "1,2,3", "a,b,c,d", "nan,0,1,1", "inf,0,1,1", "2,0,1,1", "0,1,1,0", "0,0,91,1",
             "0,-181,1,0", "0,0,1,1,2"],
)  # fmt: skip
def test_a_peers_cell_that_is_none_is_refused_in_one_line(text):
    with pytest.raises(InputFault):
        read_cell(text)


def test_precision_has_bounds():
    for bad in (0.0, -1.0, 1.0, 2e6, math.nan, math.inf):
        with pytest.raises(InputFault, match="precision"):
            level_of(bad)


# ---- the register -------------------------------------------------------------------------------


@pytest.mark.row("R16")
def test_a_list_read_twice_writes_nothing_the_second_time():
    world = pair()
    rows = tuple(place(f"H{n}", lat=35 + n / 1000) for n in range(300))
    assert len(keep(world, *rows)) >= 1
    state = world.node("ALFA").state
    assert len(register(state, state.scope("AB"))) == 300
    assert keep(world, *rows) == []
    (written,) = keep(world, msgspec.structs.replace(rows[7], text="closed on Fridays"), rows[8])
    assert [each.place for each in written.body.places] == ["H7"]
    world.stop("ALFA")
    world.start("ALFA")
    state = world.node("ALFA").state
    assert register(state, state.scope("AB"))["H7"].text == "closed on Fridays"


def test_the_register_is_nobody_elses():
    world = pair()
    keep(world, place())
    world.run(5)
    state = world.node("BRAVO").state
    assert register(state, state.scope("AB")) == {}
    origins = [log.name.origin for log in state.logs() if log.name.kind == "private"]
    assert not any("/ALFA/private/" in origin for origin in origins)


def test_a_long_list_goes_into_entries_that_fit():
    world = pair()
    rows = tuple(
        place(f"H{n}", lat=34 + n / 1000, text="x" * 1_000) for n in range(1_000)
    )  # fmt: skip
    written = [e for e in keep(world, *rows) if isinstance(e.body, PlacesKept)]
    sizes = [len(msgspec.json.encode(entry.body)) for entry in written]
    assert len(written) > 1
    assert max(sizes) < CHUNK_BYTES * 1.1
    assert sum(len(entry.body.places) for entry in written) == 1_000


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"name": "=cmd|' /C calc'!A0"}, "a spreadsheet would run it"),
        ({"kind": "@SUM(1)"}, "a spreadsheet would run it"),
        ({"text": "+1-1"}, "a spreadsheet would run it"),
        ({"name": "a\x1b[2Jb"}, "printable"),
        ({"name": "a\u202eb"}, "printable"),
        ({"text": "a\nb"}, "printable"),
        ({"name": " "}, "a word"),
        ({"kind": ""}, "a word"),
        ({"name": "x" * 201}, "at most 200 characters"),
        ({"place": "H 1"}, "no blank"),
        ({"place": "../x"}, "no blank"),
        ({"lat_e9": 91 * 10**9}, "-90 to 90 degrees"),
        ({"lon_e9": -181 * 10**9}, "-180 to 180 degrees"),
        ({"uncertainty_mm": -1}, "0 to"),
    ],
)
def test_a_place_that_cannot_be_kept_is_refused_with_its_column(changes, wanted):
    world = pair()
    with pytest.raises(InputFault, match="place") as caught:
        keep(world, place(**changes), confirmed=True)
    assert wanted in str(caught.value)
    state = world.node("ALFA").state
    assert register(state, state.scope("AB")) == {}


def test_an_id_twice_and_too_many_at_once_are_refused():
    world = pair()
    with pytest.raises(InputFault, match="each id once"):
        keep(world, place(), place())
    many = tuple(place(f"H{n}") for n in range(ACT_PLACES_MAX + 1))
    with pytest.raises(InputFault, match="in parts"):
        keep(world, *many)
    with pytest.raises(InputFault, match="a place of the register"):
        keep(world, place("H9", removed=True))


@pytest.mark.row("R16")
@pytest.mark.parametrize(
    ("changed", "asked"),
    [
        (place(lat=36.08), "a known place would move far (50"),
        (place("H2", lat=38.7581, lon=35.6289, name="b"), ""),
        (place("H2", lat=5.0, lon=100.0, name="b"), "far from all that the agreement draws"),
        (place("H2", lat=0.0, lon=0.0, name="b"), "0,0 is seldom a place"),
        (place("H2"), ""),
        (place("H2", name="Clinic  h1"), "the same name at the same spot (as H1)"),
    ],
)
def test_what_is_likely_a_slip_is_asked_about_before_anything_is_written(changed, asked):
    """The clinic that moves by 50 km with the next list is the one that is bombed."""
    world = pair()
    keep(world, place())
    if asked:
        with pytest.raises(InputFault) as caught:
            keep(world, changed, place("H3", lat=35.7))
        assert asked in str(caught.value)
        state = world.node("ALFA").state
        assert sorted(register(state, state.scope("AB"))) == ["H1"]
    keep(world, changed, place("H3", lat=35.7), confirmed=True)
    state = world.node("ALFA").state
    assert register(state, state.scope("AB"))[changed.place] == changed


def test_latitude_and_longitude_in_each_others_place_are_asked_about():
    world = ruled(
        zones=(),
        places=(
            Place(id="RAQ", name="Raqqa", position=Position(lat_deg=35.95, lon_deg=39.01)),
            Place(id="TAB", name="Tabqah", position=Position(lat_deg=35.83, lon_deg=48.55)),
        ),
    )
    with pytest.raises(InputFault, match="in each other's place"):
        keep(world, place(lat=48.2, lon=35.9))


@pytest.mark.row("S32")
def test_a_place_that_is_called_like_one_of_the_agreement_is_held_against_it():
    """Tabqah in three spellings: a name is never trusted over its coordinates, nor the reverse."""
    tabqah = Place(
        id="TAB", name="Tabqah", aliases=("Taqbah", "al-Thawra"),
        position=Position(lat_deg=35.8367, lon_deg=38.5481), uncertainty_m=2_000.0,
    )  # fmt: skip
    world = ruled(
        PositionCheck(id="C7", named_place_within_m=3_000.0), places=(tabqah,)
    )  # fmt: skip
    keep(world, place("T1", lat=35.84, lon=38.55, name="TAQBAH"))
    with pytest.raises(InputFault, match="somewhere else"):
        keep(world, place("T2", lat=35.34, lon=40.14, name="Taqbah"))
    keep(world, place("T3", lat=35.34, lon=40.14, name="Tabqah clinic"))


def test_what_is_already_known_of_a_place_stays_known_when_another_version_forbids_it():
    world = ruled(rules_version=3)
    with pytest.raises(InputFault, match="rules version 3"):
        keep(world, place())


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


# ---- the ledger ---------------------------------------------------------------------------------


@pytest.mark.row("R16")
def test_the_ledger_says_what_whom_how_fine_and_by_which_consent_and_never_where():
    """The BoI's record: positions were disclosed, and afterwards nobody could say to whom."""
    world, first = told(Disclosure(id="D1", precision_m=1_000.0), precision_m=40_000.0)
    given = world.node("ALFA").state.scope("AB").acts_of("consent.given", "ALFA")
    fine = tell(world, precision_m=1_000.0)
    do(world, "ALFA", WithdrawConsent(**AB, addressee="BRAVO", reason="talks are over"))
    rows = told_rows(world)
    assert [(r.place, r.addressee, r.message) for r in rows] == [
        ("H1", "BRAVO", first), ("H1", "BRAVO", fine),
    ]  # fmt: skip
    assert rows[0].consent in given
    finest = finest_told(rows)[("H1", "BRAVO")]
    assert finest.message == fine
    assert 1_000 <= finest.precision_m < 2_000
    view = ledger_view(world.node("ALFA").state, world.now_us, no_receipts)
    text = "\n".join(ledger_lines(view)) + msgspec.json.encode(view).decode()
    assert "cannot be recalled" in view.note
    assert "the finest yet" in text
    for digits in ("35.6", "38.7", "Clinic", read_cell(fields_at(world, fine)["cell"]).text):
        assert digits not in text


@pytest.mark.row("R16")
def test_what_was_destroyed_or_withdrawn_stays_in_the_ledger_over_a_restart():
    world, key = told()
    said = (reference(world, "ALFA", key),)
    say(world, message_type="humanitarian.withdraw", fields={"place": "H1"}, ref=said,
        valid_until_us=world.now_us + DAY_US)  # fmt: skip
    do(world, "ALFA", DestroyPayload(ref=key, post="desk"))
    world.run(2)
    world.stop("ALFA")
    world.start("ALFA")
    (row,) = told_rows(world)
    assert (row.place, row.addressee, row.message) == ("H1", "BRAVO", key)
    assert row.destroyed_us is not None
    assert row.precision_m == pytest.approx(19_436.8, abs=1)
    view = ledger_view(world.node("ALFA").state, world.now_us, no_receipts)
    assert view.rows[0].word == "no longer held here"
    assert "our copy destroyed" in ledger_lines(view)[0]
    # The private entry that stays names the place and how fine, and holds no position.
    (entry,) = world.node("ALFA").state.scope("AB").terms.told.values()
    assert isinstance(entry.body, PlaceTold)
    assert set(entry.body.__struct_fields__) == {
        "place", "addressees", "precision_mm", "valid_until_us",
    }  # fmt: skip


def test_a_notice_worded_by_hand_counts_as_exact_in_the_ledger():
    world = ruled(parties=("ALFA", "BRAVO", "CHARLIE"))
    consent(world, "BRAVO", "CHARLIE")
    until = world.now_us + DAY_US
    values = {"message_type": "humanitarian.notice", "valid_until_us": until}
    say(world, fields={"place": "the clinic", "window": "0600Z"}, text="35.1, 38.2", **values)
    say(world, to=("BRAVO", "CHARLIE"), fields={"place": "H1", "position": "35.1,38.2"}, **values)
    world.run(2)
    rows = told_rows(world)
    assert [(r.place, r.addressee, r.precision_m) for r in rows] == [
        # Words of a guarded notice that are no name of our own register stand in no list.
        ("", "BRAVO", None), ("", "BRAVO", 0.0), ("", "CHARLIE", 0.0),
    ]  # fmt: skip
    lines = ledger_lines(ledger_view(world.node("ALFA").state, world.now_us, no_receipts))
    assert "WORDED BY HAND" in lines[0]
    assert "EXACTLY" in lines[1]
    keep(world, place())
    tell(world)
    assert finest_told(told_rows(world))[("H1", "BRAVO")].precision_m == 0.0


def test_sealed_intents_and_narrow_messages_are_in_the_ledger_of_who_has_what():

    world = ruled(parties=("ALFA", "BRAVO", "CHARLIE"))
    here = Circle(centre=Position(lat_deg=35.6, lon_deg=38.6), radius_m=2_000.0)
    ends_us = world.now_us + 1_800 * SECOND_US
    volume = Volume4D(shape=here, from_us=world.now_us + 900 * SECOND_US, to_us=ends_us)
    intent = Intent(id="I-1", party="ALFA", flight="F1", volumes=(volume,))
    do(world, "ALFA", FileIntent(**AB, intent=intent, addressees=("BRAVO",)))
    say(world, addressees_only=True)
    do(world, "ALFA", Say(**AB, line="LINE-AB", to=("BRAVO", "CHARLIE"), message_type="free.text",
                          text="for all"))  # fmt: skip
    world.run(2)
    state = world.node("ALFA").state
    found = list(narrow_told(state, state.scope("AB")))
    assert sorted(each.what for each in found) == ["clearance", "intent"]
    assert {each.to for each in found} == {("BRAVO",)}
    assert "I-1" in {each.object for each in found}


@pytest.mark.row("R16")
def test_the_reader_is_on_the_record_and_a_guarded_notice_shows_nothing_before():
    """Like the humanitarian notification system's lists: who has looked, at what, when."""
    world, key = told()
    state = world.node("BRAVO").state
    (row,) = notices_view(state, world.now_us).notices
    assert (row.reading, row.fields, row.text, row.precision_m) == ("guarded", {}, "", None)
    assert notice_columns(row)["kind"] == "(not opened here)"
    do(world, "BRAVO", OpenPayload(ref=key, post="desk", purpose="planning"))
    (row,) = notices_view(world.node("BRAVO").state, world.now_us).notices
    assert row.fields["kind"] == "hospital"
    opened = world.node("BRAVO").state.scope("AB").acts_of("payload.opened", "BRAVO")
    assert len(opened) == 1


@pytest.mark.row("R16")
def test_three_parties_each_hold_what_is_theirs_and_an_agreement_tells_another_nothing():
    world = SimWorld(1, three(), Faults(delay_s=(0.001, 0.002)))
    world.run(3)
    for under, name, lat in (("ABC", "UNHRD-1", 35.6), ("ABC", "SYN-H1", 35.8)):
        rows = (place(name, lat=lat),)
        do(world, "ALFA", KeepPlaces(agreement=under, post="desk", places=rows))
    consent(world, "BRAVO", agreement="ABC")
    with pytest.raises(InputFault, match="CHARLIE"):
        tell(world, "UNHRD-1", to="CHARLIE", agreement="ABC")
    key = tell(world, "UNHRD-1", agreement="ABC")
    assert how(world, key, agreement="ABC").word == "fresh"
    charlie = world.node("CHARLIE").state
    assert list(_seen_by(charlie, "ABC", world.now_us)) == []
    for party in ("BRAVO", "CHARLIE"):
        state = world.node(party).state
        assert register(state, state.scope("ABC")) == {}
        assert register(state, state.scope("BC")) == {}
        assert told_rows(world, party, "ABC") == ()
    (row,) = told_rows(world, "ALFA", "ABC")
    assert (row.place, row.addressee) == ("UNHRD-1", "BRAVO")


def _seen_by(state, agreement, now_us):
    return standing_notices(state, state.scope(agreement), state.agreement(agreement), now_us)


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
