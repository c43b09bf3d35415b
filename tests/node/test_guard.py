"""The sender-error guard: names against coordinates, names of objects, names of fields."""

from __future__ import annotations

import msgspec
import pytest
from nodekit import do, pair, say
from simstory import agreement_of

from parley.app.custody_views import no_receipts
from parley.app.message_views import messages
from parley.node.inputs import FileIntent
from parley.node.rules.guard import place_checks
from parley.world.clauses import PositionCheck
from parley.world.faults import InputFault
from parley.world.geo import Position
from parley.world.intent import Intent
from parley.world.place import Place
from parley.world.shape import Circle
from parley.world.volume import Volume4D

ASK = {"confirmed": False}
RUSAFA = Position(lat_deg=35.6289, lon_deg=38.7581)
PLACES = (
    Place(id="PL-R", name="Rusafa", aliases=("Resafa", "Rasafah"), position=RUSAFA,
          uncertainty_m=1000.0),
    Place(id="PL-J", name="Ja'Din", position=Position(lat_deg=35.9, lon_deg=38.9),
          uncertainty_m=10_000.0),
)  # fmt: skip
AWAY = "35.6289,38.8575"
NEAR = "35.6289,38.7700"


def placed(*clauses, version: int = 3):
    base = agreement_of("AB", ("ALFA", "BRAVO"))
    return msgspec.structs.replace(
        base, clauses=(*base.clauses, *clauses), places=PLACES, rules_version=version
    )


@pytest.mark.row("A6", "R12", "S32")
@pytest.mark.parametrize("name", ["Rusafa", "RESAFA", "Rasafah", "PL-R"])
@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("centre", {"message_type": "area.notice", "fields": {"window": "w"}}),
        ("position", {"message_type": "airspace.hazard.now",
                      "fields": {"level": "FL 90", "track": "90"}}),
        ("pick_up", {"message_type": "medevac.request", "fields": {}}),
    ],
)  # fmt: skip
def test_every_field_that_says_where_is_held_against_the_named_place(name, field, said) -> None:
    world = pair([placed(PositionCheck(id="C9", named_place_within_m=5000.0))])
    fields = said["fields"] | {"place": name, field: AWAY}
    with pytest.raises(InputFault, match=rf"place {name} and {field} .* 9\.0 km apart"):
        say(world, **said | {"fields": fields}, **ASK)
    say(world, **said | {"fields": fields}, confirmed=True)
    say(world, **said | {"fields": fields | {field: NEAR}}, **ASK)


@pytest.mark.row("R12")
def test_without_a_clause_the_norms_ask_where_places_are_known() -> None:
    world = pair([placed()])
    fields = {"named_place": "Rusafa", "centre": AWAY, "window": "w"}
    with pytest.raises(InputFault, match=r"within 5 km \(the norms\)"):
        say(world, message_type="area.notice", fields=fields, **ASK)
    say(pair([placed(version=2)]), message_type="area.notice", fields=fields, **ASK)
    say(pair(), message_type="area.notice", fields=fields, **ASK)


@pytest.mark.row("R12")
def test_within_what_is_not_known_of_a_place_it_is_sent_and_marked_undecided() -> None:
    world = pair([placed()])
    keys = {}
    for word, place, centre in (
        ("undecided", "Ja'Din", "35.9,38.99"),
        ("agrees", "Rusafa", NEAR),
    ):
        fields = {"place": place, "centre": centre, "window": "w"}
        keys[word] = say(world, message_type="area.notice", fields=fields, **ASK)
    meant = {"place": "Rusafa", "centre": AWAY, "window": "w"}
    keys["differs"] = say(world, message_type="area.notice", fields=meant, confirmed=True)
    world.run(1)
    for party in ("ALFA", "BRAVO"):
        rows = messages(world.node(party).state, world.now_us, receipts=no_receipts)
        shown = {row.key: row.places for row in rows}
        assert {word: shown[key][0].word for word, key in keys.items()} == {
            word: word for word in keys
        }
    assert shown[keys["differs"]][0].apart_m == pytest.approx(9003, abs=10)


@pytest.mark.row("R12", "S32")
def test_a_name_is_no_position_but_an_agreed_places_id_is() -> None:
    world = pair([placed()])
    with pytest.raises(InputFault, match=r"a name is no position; Rusafa lies at 35\.6289,38\.75"):
        say(world, message_type="medevac.request", fields={"pick_up": "Resafa"}, **ASK)
    with pytest.raises(InputFault, match="did you mean Rusafa"):
        say(world, message_type="medevac.request", fields={"pick_up": "Rusaffa"}, **ASK)
    with pytest.raises(InputFault, match="latitude,longitude"):
        say(world, message_type="medevac.request", fields={"pick_up": "35.1"}, **ASK)
    say(world, message_type="medevac.request", fields={"pick_up": "PL-R"}, **ASK)
    with pytest.raises(InputFault, match="a name is no position; give coordinates"):
        say(pair(), message_type="medevac.request", fields={"pick_up": "Resafa"}, **ASK)


@pytest.mark.row("R12", "R14")
def test_a_distress_call_goes_with_what_it_has_but_not_to_the_wrong_place_unasked() -> None:
    world = pair([placed()])
    say(world, message_type="distress.relay", fields={"position": "near Rusafa"}, **ASK)
    fields = {"place": "Rusafa", "position": AWAY}
    with pytest.raises(InputFault, match="apart"):
        say(world, message_type="distress.relay", fields=fields, **ASK)
    say(world, message_type="distress.relay", fields=fields, confirmed=True)


@pytest.mark.row("R12")
def test_an_object_is_named_not_retyped() -> None:
    world = pair()
    with pytest.raises(InputFault, match="zone is Z11, wanted a known zone; did you mean 'Z1'"):
        say(world, fields={"flight": "F1", "zone": "Z11"}, **ASK)
    say(world, fields={"flight": "F1", "zone": "Z11"}, confirmed=True)
    say(world, fields={"flight": "F1", "zone": "quite another"}, **ASK)
    here = Circle(centre=RUSAFA, radius_m=100.0)
    volume = Volume4D(shape=here, from_us=world.now_us, to_us=world.now_us + 10**9)
    intent = Intent(id="I-1", party="ALFA", flight="SYN-A1", volumes=(volume,))
    do(world, "ALFA", FileIntent(agreement="AB", post="desk", intent=intent))
    world.run(1)
    for wrong in ("SYN A1", "syn-al"):
        with pytest.raises(InputFault, match="did you mean 'SYN-A1'"):
            say(world, fields={"flight": wrong, "zone": "Z1"}, **ASK)
    say(world, fields={"flight": "SYN-A2", "zone": "Z1"}, **ASK)


def test_a_peers_words_are_compared_without_ever_raising() -> None:
    agreement = placed()
    for fields in (
        {"place": "nowhere", "centre": AWAY},
        {"place": "Rusafa", "centre": "north"},
        {"place": "Rusafa", "centre": "nan,nan"},
        {"place": "", "centre": "999,999"},
    ):
        checks = place_checks(agreement, fields, "ALFA", 0)
        assert [check.word for check in checks] == ["unknown place"]
    assert place_checks(None, {"place": "x", "centre": AWAY}, "ALFA", 0) == ()
