"""Formations: agreed by all named, as one object towards others, broken aloud; real join-ups."""

from __future__ import annotations

from itertools import groupby

import msgspec
import pytest
from conflictkit import en_route, flown, geodesic, raised, resolved
from nodekit import do, reference, write_as
from simworld import SECOND_US

from parley.node.inputs import TrackReports
from parley.node.picture import TrackReport
from parley.node.rules.formation_record import formations_of
from parley.node.state import key_of
from parley.node.warning_bodies import (
    ConflictRaised,
    FormationConfirmed,
    FormationDeclared,
    FormationEnded,
)
from parley.node.warning_inputs import ConfirmFormation, DeclareFormation, EndFormation
from parley.store.files import read_recording
from parley.wire.traffic import COLUMNS, read_traffic
from parley.world.faults import InputFault
from shared_data import shared

HOUR_US = 3_600 * SECOND_US


def declaration(world, **changes):
    values = {
        "agreement": "AB", "post": "desk", "formation": "TANKER-1",
        "flights": {"ALFA": ("A1",), "BRAVO": ("B1",)}, "from_us": world.now_us,
        "to_us": world.now_us + HOUR_US, "radius_m": 2_000.0, "vertical_m": 300.0,
    } | changes  # fmt: skip
    return DeclareFormation(**values)


def declared(world, **changes):
    (entry,) = do(world, "ALFA", declaration(world, **changes))
    world.run(2)
    return key_of(entry)


def agreed(world, **changes):
    key = declared(world, **changes)
    do(world, "BRAVO", ConfirmFormation(ref=key, post="desk"))
    world.run(2)
    return key


def state_of(world, key, node="ALFA"):
    state = world.node(node).state
    views = formations_of(state, state.scope("AB"), world.now_us)
    return next(view.state for view in views if view.key == key)


def side_by_side(apart_m=1_000.0):
    lat = apart_m / 111_230
    return [
        geodesic("A1", "ALFA", 50.0, 8.0, 90.0, 200.0),
        geodesic("B1", "BRAVO", 50.0 + lat, 8.0, 90.0, 200.0),
    ]


def meeting(flight="C1", party="BRAVO", distance_m=60_000.0):
    return geodesic(flight, party, 50.0, 8.0 + distance_m / 71_700, 270.0, 200.0)


def test_only_what_all_have_confirmed_is_in_force() -> None:
    world = en_route()
    key = declared(world)
    assert state_of(world, key) == "waiting"
    assert len(raised(flown(world, side_by_side(), 20))) == 1, "one side alone silences nothing"
    do(world, "BRAVO", ConfirmFormation(ref=key, post="desk"))
    world.run(2)
    assert state_of(world, key) == state_of(world, key, "BRAVO") == "in force"


def test_inside_an_agreed_formation_nothing_is_raised_and_what_stood_ends() -> None:
    world = en_route()
    flights = side_by_side()
    assert len(raised(flown(world, flights, 20))) == 1
    agreed(world)
    written = flown(world, flights, 60, from_s=25)
    assert not raised(written)
    ((_, end),) = resolved(written)
    assert end.body.why == "flies as one of formation TANKER-1"


def test_towards_others_it_is_one_object_and_one_alert() -> None:
    world = en_route()
    agreed(world)
    written = flown(world, [*side_by_side(), meeting()], 60)
    ((_, entry),) = raised(written)
    body = entry.body
    formation = next(s for s in body.states if s.members)
    assert formation.members == ("A1", "B1")
    assert formation.radius_mm == 2_000_000
    assert set(body.aircraft) == {"A1", "C1"}
    # The minimum counts from the outside of the formation: 2 km before it is lost of the centre.
    loss_s = (body.loss_at_us - entry.issued_us) / SECOND_US
    centre_m = 60_000 - 400 * ((entry.issued_us - formation.age_us) / SECOND_US % 1)
    assert loss_s < (centre_m - 9_260) / 400
    assert body.horizontal_mm == 9_260_000, "the minimum itself is the clause's"


def test_a_member_that_leaves_the_extent_is_warned_of_again() -> None:
    world = en_route()
    agreed(world)
    flights = side_by_side()
    flown(world, flights, 30)
    off = geodesic("B1", "BRAVO", *flights[1](30)[2:4], 70.0, 200.0)
    written = flown(world, [flights[0], lambda s: off(s - 30)], 60, from_s=30)
    (entry,) = [e for _, e in raised(written)]
    assert "formation broken: " in entry.body.text
    assert {"A1", "B1"} == set(entry.body.aircraft)


def test_a_join_up_warns_where_it_is_not_agreed_and_not_where_it_is() -> None:
    def joining():
        return [
            geodesic("A1", "ALFA", 50.0, 8.0, 90.0, 150.0),
            lambda s: geodesic("B1", "BRAVO", 50.0, 7.8, 90.0, 200.0)(min(s, 272))
            if s <= 272
            else geodesic("B1", "BRAVO", *geodesic("", "", 50.0, 7.8, 90.0, 200.0)(272)[2:4], 90.0,
                          150.0)(s - 272),
        ]  # fmt: skip

    assert raised(flown(en_route(), joining(), 120))
    world = en_route()
    agreed(world)
    assert not raised(flown(world, joining(), 330))


def test_after_a_restart_nobody_is_taken_for_joining() -> None:
    """A node that cannot know whether they have met before warns, rather than be silent."""
    world = en_route()
    agreed(world)
    world.run(5)
    world.crash("ALFA", back_after_s=1)
    world.run(3)
    assert raised(flown(world, side_by_side(apart_m=4_000.0), 20))


def test_any_named_party_ends_it_for_all() -> None:
    world = en_route()
    key = agreed(world)
    do(world, "BRAVO", EndFormation(ref=key, post="desk", reason="fuel"))
    world.run(2)
    assert state_of(world, key) == state_of(world, key, "BRAVO") == "ended"
    assert raised(flown(world, side_by_side(), 20))


def test_outside_its_window_it_counts_for_nothing() -> None:
    world = en_route()
    key = agreed(world, to_us=world.now_us + 60 * SECOND_US)
    world.run(70)
    assert state_of(world, key) == "over"
    assert raised(flown(world, side_by_side(), 20))
    later = agreed(world, formation="T2", from_us=world.now_us + 600 * SECOND_US)
    assert state_of(world, later) == "not yet"


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"radius_m": 6_000.0}, "radius"),
        ({"radius_m": float("nan")}, "radius"),
        ({"vertical_m": 1_000.0}, "vertical extent"),
        ({"flights": {"ALFA": ("A1",)}}, "two parties"),
        ({"flights": {"ALFA": ("A1",), "X": ("X1",)}}, "party"),
        ({"flights": {"ALFA": ("A1", "A1"), "BRAVO": ("B1",)}}, "each flight once"),
        ({"flights": {"ALFA": (), "BRAVO": ("B1",)}}, "at least one flight"),
        ({"flights": {"ALFA": tuple(f"A{n}" for n in range(16)), "BRAVO": ("B1",)}}, "16 flights"),
        ({"flights": {"ALFA": ("A\n1",), "BRAVO": ("B1",)}}, "printable"),
        ({"to_us": 10**15}, "window"),
        ({"formation": "no spaces"}, "formation"),
    ],
)
def test_what_is_past_a_limit_is_refused_and_says_which(changes, what) -> None:
    world = en_route()
    with pytest.raises(InputFault, match=what):
        do(world, "ALFA", declaration(world, **changes))


def test_nobody_confirms_for_another_or_what_is_not_theirs() -> None:
    world = en_route()
    key = declared(world)
    with pytest.raises(InputFault, match="one of another party"):
        do(world, "ALFA", ConfirmFormation(ref=key, post="desk"))
    do(world, "BRAVO", ConfirmFormation(ref=key, post="desk"))
    with pytest.raises(InputFault, match="waits for"):
        do(world, "BRAVO", ConfirmFormation(ref=key, post="desk"))
    with pytest.raises(InputFault, match="held here"):
        do(
            world,
            "BRAVO",
            EndFormation(ref=("parley.example/AB/ALFA/line/2026", 10**6), post="desk"),
        )


def test_a_peer_cannot_sign_itself_past_the_limits() -> None:
    """BRAVO signs a formation of 500 km around our flights, and confirms its own besides."""
    world = en_route()
    body = FormationDeclared(
        formation="WIDE", flights={"ALFA": ("A1",), "BRAVO": ("B1",)}, from_us=world.now_us,
        to_us=world.now_us + HOUR_US, radius_mm=500_000_000, vertical_mm=300_000, post="desk",
    )  # fmt: skip
    key = write_as(world, "BRAVO", body)
    world.run(2)
    small = msgspec.structs.replace(body, formation="SMALL", radius_mm=2_000_000)
    own = write_as(world, "BRAVO", small)
    ref = reference(world, "BRAVO", own)
    write_as(world, "BRAVO", FormationConfirmed(post="desk"), ref=(ref,))
    world.run(2)
    assert state_of(world, key) == "refused"
    assert state_of(world, own) == "waiting", "nobody confirms its own"
    assert raised(flown(world, side_by_side(), 20))


def test_a_stranger_of_the_name_of_a_member_is_no_member() -> None:
    world = en_route()
    agreed(world)
    a, b = side_by_side()

    def stranger(second):
        return ("B1", None, *b(second)[2:])

    assert raised(flown(world, [a, stranger], 20))


def test_an_end_by_who_has_no_part_in_it_counts_for_nothing() -> None:
    world = en_route()
    key = agreed(world)
    forged = msgspec.structs.replace(reference(world, "ALFA", key), leaf="00" * 32)
    write_as(world, "BRAVO", FormationEnded(post="desk"), ref=(forged,))
    world.run(2)
    assert state_of(world, key) == "in force", "it ends other bytes than these"


# ---- a real one ----------------------------------------------------------------------------------

FROM_S, TO_S = 6_690, 7_060


def recorded(world, crank, key=None):
    """Fly a slice of the recorded join-up of dreamliner_airfrance through a node."""
    name = "dreamliner_airfrance.json.gz"
    tracks = read_traffic([(name, read_recording(shared(f"data/tracks/{name}"), COLUMNS))]).tracks
    begin_us = min(int(track.t_us[0]) for track in tracks) + FROM_S * SECOND_US
    shift_us = world.now_us + SECOND_US - begin_us
    rows = sorted(
        (int(track.t_us[n]) + shift_us, track.id, party, n, track)
        for party, track in zip(("ALFA", "BRAVO"), tracks, strict=True)
        for n in range(len(track))
        if 0 <= int(track.t_us[n]) - begin_us < (TO_S - FROM_S) * SECOND_US
        and (int(track.t_us[n]) // SECOND_US) % 4 == 0
    )
    written = []
    for second, of_second in groupby(rows, key=lambda row: row[0] // SECOND_US):
        reports = tuple(
            TrackReport(
                aircraft=name, at_us=at_us, lat_deg=float(track.lat_deg[n]),
                lon_deg=float(track.lon_deg[n]), altitude_m=float(track.alt_m[n]),
                altitude_reference="STD", party=party,
            )
            for at_us, name, party, n, track in of_second
        )  # fmt: skip
        turned = crank.turn((second + 1) * SECOND_US, TrackReports(feed="F", reports=reports))
        written += turned.written
    return [e for e in written if isinstance(e.body, ConflictRaised)]


def test_a_recorded_join_up_warns_unless_it_is_agreed() -> None:
    world = en_route()
    found = recorded(world, world.node("ALFA"))
    assert found
    assert {name for e in found for name in e.body.aircraft} == {"3900fb", "39c424"}
    world = en_route()
    agreed(
        world, flights={"ALFA": ("3900fb",), "BRAVO": ("39c424",)}, radius_m=5_500.0,
        vertical_m=900.0,
    )  # fmt: skip
    assert not recorded(world, world.node("ALFA"))
