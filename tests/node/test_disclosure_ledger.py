"""The ledger of what was told to whom, how precisely, and by which consent.

R16: a record whose positions were disclosed to whom nobody could say afterwards.
"""

from __future__ import annotations

import msgspec
import pytest
from simstory import three
from simworld import SECOND_US, Faults, SimWorld

from node.nodekit import do, reference, say
from node.standingkit import (
    AB,
    consent,
    fields_at,
    how,
    keep,
    place,
    ruled,
    tell,
    told,
    told_rows,
)
from parley.app.custody_views import no_receipts
from parley.app.notice_views import ledger_lines, ledger_view, notice_columns, notices_view
from parley.node.agreement_bodies import PlaceTold
from parley.node.agreement_inputs import KeepPlaces
from parley.node.inputs import (
    DestroyPayload,
    FileIntent,
    OpenPayload,
    Say,
    WithdrawConsent,
)
from parley.node.rules.disclosure import finest_told, narrow_told
from parley.node.rules.notice_standing import standing_notices
from parley.node.rules.places import register
from parley.world.clauses import Disclosure
from parley.world.faults import InputFault
from parley.world.geo import Position
from parley.world.intent import Intent
from parley.world.place_cell import read_cell
from parley.world.shape import Circle
from parley.world.volume import Volume4D

DAY_US = 86_400 * SECOND_US


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
