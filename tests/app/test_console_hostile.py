"""What a peer with valid keys writes to blank, slow or swell the console: it costs itself alone."""

from __future__ import annotations

import asyncio
import math

import msgspec
import pytest
from simkeys import oracle

from app.fuzz5 import Looker, write
from app.storedworld import write_log
from app.test_review5_app import NAME, letter
from parley.app import console_outlines, console_screen
from parley.app.console_map import MapMaker, MapView
from parley.app.console_outlines import CORRIDOR_VERTICES_MAX, DrawnShape, Outlines, Paper
from parley.app.console_screen import ScreenMaker, ScreenView
from parley.app.console_timeline import ticks_of
from parley.app.past_knowledge import SKEW_US, Chronicle, Reading
from parley.node.documents import document_of
from parley.node.encoding import encode_entry
from parley.node.entries import (
    BoundaryDeclared,
    Draft,
    LogName,
    PresenceDeclared,
    Seen,
    ZoneDeclared,
)
from parley.store.sqlite import Store
from parley.world.boundary import Boundary
from parley.world.geo import Position
from parley.world.shape import Circle, Corridor, Polygon
from parley.world.zone import Zone


@pytest.fixture(autouse=True)
def quickly():
    with oracle():
        yield


def at(lat_deg: float, lon_deg: float) -> Position:
    return Position(lat_deg=lat_deg, lon_deg=lon_deg)


def zigzag(count: int) -> tuple[Position, ...]:
    return tuple(at(46 + i % 2 * 0.5, 10 + i * 0.002) for i in range(count))


def declare(world, zone_id: str, shape, **more):
    zone = Zone(id=zone_id, kind="zone", shape=shape, **more)
    return write(world, "RANGE", NAME, ZoneDeclared(zone=document_of(zone)))


def asked(looker: Looker, path: str) -> bytes:
    (operation,) = (o for o in looker.api.operations() if o.path == path)
    return asyncio.run(looker._ask(operation, {}))


def chronicle_of(world, folder) -> Chronicle:
    store = Store(folder / "cell.db")
    for origin in world.stores["CELL"].origins():
        write_log(world.stores["CELL"], store, origin)
    made = Chronicle(store, world.identities["CELL"], Reading())
    made.read_on()
    return made


def look(world) -> tuple[MapView, ScreenView]:
    looker = Looker(world, "CELL")
    return (
        msgspec.json.decode(asked(looker, "/api/map"), type=MapView),
        msgspec.json.decode(asked(looker, "/api/screen"), type=ScreenView),
    )


def test_no_zone_of_a_peer_blanks_the_map_or_holds_the_node_up():
    world = letter()
    before = {each.zone for each in look(world)[0].zones}
    shapes = {
        "COMB": Corridor(vertices=zigzag(1_000), width_m=1_000.0),
        "POLE": Circle(centre=at(89.9999, 10), radius_m=50_000.0),
        "EARTH": Circle(centre=at(0, 179.9), radius_m=5_000_000.0),
        "SEAM": Polygon(exterior=(at(0, 179), at(0, -179), at(2, -179), at(2, 179))),
        "POLAR": Corridor(vertices=(at(-80, 0), at(80, 100)), width_m=1e7),
    }
    for name, shape in shapes.items():
        assert declare(world, name, shape, name="\u202e\x00<b>" + name, from_us=0, to_us=1)
    for number in range(4):
        line = Boundary(id=f"B{number}", vertices=zigzag(900 + number), uncertainty_m=500.0)
        body = BoundaryDeclared(boundary=document_of(line))
        assert write(world, "RANGE", NAME, body)
    world.run(3)
    drawn, screen = look(world)
    zones = {each.zone: each for each in drawn.zones}
    assert zones.keys() == before | shapes.keys()
    assert {each.view.zone for each in screen.zones} == zones.keys()
    assert all(zones[name].shape.rings or zones[name].shape.why for name in zones)
    # Each comb and each band would take a second of the node's only loop: none is made.
    assert not zones["COMB"].shape.rings
    assert f"1000 vertices, drawn up to {CORRIDOR_VERTICES_MAX}" in zones["COMB"].shape.why
    assert "pole" in zones["POLE"].shape.why
    assert zones["EARTH"].shape.rings
    east, west = max(p[0] for p in zones["SEAM"].shape.rings[0]), 179.0
    assert east - west == pytest.approx(2.0), "it goes on over the antimeridian"
    bands = [each.band for each in drawn.boundaries if each.boundary.startswith("B")]
    assert len(bands) == 4
    assert all("vertices" in each.why and not each.rings for each in bands)


def test_what_cannot_be_drawn_for_any_reason_says_so_and_the_rest_is_drawn(monkeypatch):
    good, bad = (Circle(centre=at(10, lon), radius_m=997.0) for lon in (10, 20))
    true = console_outlines.planar_rings

    def rings(shape, **more):
        if shape == bad:
            raise OverflowError("no such number")
        return true(shape, **more)

    monkeypatch.setattr(console_outlines, "planar_rings", rings)
    paper = Paper(math.inf)
    assert paper.draw(bad) == DrawnShape(why="it cannot be drawn: OverflowError")
    assert paper.draw(good).rings


def test_outlines_that_are_new_wait_for_the_next_map_and_all_come():
    shapes = [Circle(centre=at(10 + i * 0.01, 10.123), radius_m=100_000.0) for i in range(6)]
    none = Paper(0.0)
    assert {none.draw(each).why for each in shapes} == {
        "drawn with the next map: many outlines are new"
    }
    assert none.waits == 6
    rounds = 0
    while (paper := Paper(1e-9)) and [paper.draw(each) for each in shapes] and paper.waits:
        assert paper.waits == 5 - rounds, "one each time, though there is hardly any time"
        rounds += 1
    assert rounds == 5
    assert all(Paper(0.0).draw(each).rings for each in shapes)


def test_a_map_on_which_something_waits_is_made_again(monkeypatch):
    world = letter()
    circles = [Circle(centre=at(10 + i * 0.01, 20.321), radius_m=5_000.0) for i in range(3)]
    for number, each in enumerate(circles):
        declare(world, f"C{number}", each)
    world.run(3)
    monkeypatch.setattr(console_outlines, "EVERY", Outlines())
    maker, state = MapMaker(1e-9), world.node("CELL").state
    waiting = []
    for _ in range(40):
        made = maker.make(state, world.now_us)
        waiting.append(sum("next map" in each.shape.why for each in made.zones))
        if not waiting[-1] and maker.make(state, world.now_us) is made:
            break
    assert waiting[0] > 0
    assert waiting[-1] == 0
    assert sorted(waiting, reverse=True) == waiting


def test_a_map_has_room_for_so_many_points_and_says_what_it_left_out(monkeypatch):
    shapes = [Circle(centre=at(10, 10 + i), radius_m=900_000.0) for i in range(4)]
    points = Paper(math.inf).draw(shapes[0]).points
    paper = Paper(math.inf, points=2 * points + points // 2)
    made = [paper.draw(each) for each in shapes]
    assert [bool(each.rings) for each in made] == [True, True, False, False]
    assert all("no room" in each.why and each.label for each in made[2:])
    monkeypatch.setattr(console_outlines, "_KEPT_POINTS_MAX", 3 * points)
    kept = Outlines()
    for each in shapes:
        kept.draw(each)
    assert kept.find(shapes[0]) is None
    assert kept.find(shapes[-1]) is not None
    assert kept._points <= 3 * points


def test_many_who_look_cost_no_more_than_one(monkeypatch):
    world = letter()
    looker = Looker(world, "CELL")
    clock = {"now_us": world.now_us}
    looker.service.clock = lambda: clock["now_us"]
    monkeypatch.setattr(console_screen, "clock_of", lambda service: "wall")
    maker = ScreenMaker(looker.service, MapMaker())
    made, true = [], maker.make
    monkeypatch.setattr(maker, "make", lambda: made.append(1) or true())
    first = maker.encoded()
    for _ in range(64):
        clock["now_us"] += 1_000
        assert maker.encoded() is first
    assert len(made) == 1
    looker.service.listeners[-1](0, None)  # something was written
    assert maker.encoded() is not first
    clock["now_us"] += console_screen.SHARED_US
    maker.encoded()
    clock["now_us"] -= 1  # by a clock that goes back nobody is shown what is ahead of it
    maker.encoded()
    assert len(made) == 4


def test_a_flood_of_entries_leaves_the_ticks_of_everybody_else(monkeypatch, tmp_path):
    monkeypatch.setattr("parley.app.console_timeline.READ_MAX", 120)
    world = letter()
    for number in range(200):
        body = PresenceDeclared(line="LINE-KARST", post="range-control", present=bool(number % 2))
        write(world, "RANGE", NAME, body, by="range-control")
    world.run(20)
    chronicle = chronicle_of(world, tmp_path)
    ticks, unread = ticks_of(chronicle, "CELL", 0, world.now_us)
    assert unread > 100
    own = [each for each in ticks if each.party == "CELL" and each.kind == "message"]
    assert len(own) == 1
    flood = [each for each in ticks if each.party == "RANGE" and each.kind == "presence"]
    assert 0 < len(flood) <= 120


def test_a_party_that_says_to_have_seen_what_was_not_written_yet_did_not_know_it(tmp_path):
    world = letter()
    node = world.node("RANGE")
    origin = LogName(agreement=NAME, party="CELL", kind="line", year=2026).origin
    body = PresenceDeclared(line="LINE-KARST", post="range-control", present=True)
    name = LogName(agreement=NAME, party="RANGE", kind="line", year=2026)
    seq = node.state.log(name.origin).tree.size
    draft = Draft(agreement=NAME, by="range-control", body=body)
    seen = {origin: Seen(size=10**6, root="00" * 32)}
    said_us = world.now_us
    data = encode_entry(draft, log=name, seq=seq, issued_us=said_us, seen=seen)
    node.append_exact(name.origin, seq, [data])
    world.run(2 * SKEW_US / 1e6)
    write(world, "CELL", NAME, body, by="supervisor")
    world.run(3)
    chronicle = chronicle_of(world, tmp_path)
    held = chronicle.store.size(origin)
    assert chronicle.knowledge("RANGE", said_us + 1).sure[origin] < held
    (last,) = chronicle.read(origin, held - 1, held)
    assert chronicle.known_us("RANGE", last) >= last.issued_us - SKEW_US
