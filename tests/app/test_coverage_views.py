"""Coverage as shown, kept over a restart, drawn, and asked for at a real node."""

from __future__ import annotations

import json
import os
import stat
import time

import msgspec
import pytest
import shapely
from simkeys import make_identities
from simstory import agreement_of, two

from app.twonodes import Running, make_pair, parley_here
from parley.app import coverage_views
from parley.app.alert_views import alerts_view
from parley.app.coverage_store import (
    coverage_bytes,
    coverage_path,
    load_coverage,
    save_coverage,
)
from parley.app.coverage_views import (
    coverage_geojson,
    coverage_texts,
    coverage_view,
    place_coverage,
    place_texts,
)
from parley.detect.coverage import SLOT_US, SLOTS_TO_COVER, Coverage
from parley.node.rules import covered_areas
from parley.node.rules.coverage_watch import coverage_of, keep_coverage
from parley.node.state import State
from parley.world.boundary import Boundary
from parley.world.geo import Position
from parley.world.shape import Circle
from parley.world.volume import VerticalLimit
from parley.world.zone import Zone

SECOND_US = 1_000_000
NOW_US = 1_700_000_000 * SECOND_US


def state_with(coverage=None, **changes):
    base = msgspec.structs.replace(agreement_of("AB", ("ALFA", "BRAVO")), **changes)
    state = State(identity=make_identities([base] if changes else two())["ALFA"])
    if coverage is not None:
        keep_coverage(state, coverage)
    return state


def seen(places, *, now_us=NOW_US, altitudes_m=(4_000.0,), feed="X", into=None):
    """Return a coverage in which a feed has usually seen aircraft at some places."""
    coverage = Coverage() if into is None else into
    for slot in reversed(range(SLOTS_TO_COVER)):
        for lat_deg, lon_deg in places:
            for altitude_m in altitudes_m:
                at_us = now_us - slot * SLOT_US
                coverage.note(feed, lat_deg, lon_deg, altitude_m, "AMSL", at_us)
    return coverage


def grid(south=35.15, west=38.15, rows=8, columns=8):
    return [(south + 0.1 * r, west + 0.1 * c) for r in range(rows) for c in range(columns)]


CELLS = 53
"""Of the grid: 8 rows, and no more than 7 of the cells that are 11 km wide."""
ALL_HEIGHTS = (100.0, 500.0, 2_000.0, 4_000.0, 7_000.0, 10_000.0)


# ---- in words -----------------------------------------------------------------------------------


def test_nothing_known_is_said_to_be_nothing_known():
    view = coverage_view(state_with(), NOW_US)
    assert (view.feeds, view.learnt, view.not_watched) == ((), False, ())
    assert "no feed has given a report that counts" in coverage_texts(view)[1]
    (zone,) = view.areas
    assert zone.text == "below 12,000 m no history"


def test_covered_is_never_said_without_what_it_does_not_mean():
    view = coverage_view(state_with(seen(grid(), altitudes_m=ALL_HEIGHTS)), NOW_US)
    (zone,) = view.areas
    assert (zone.text, view.not_watched) == ("", ())
    texts = coverage_texts(view)
    assert texts[-1] == "zone Z1 of AB: covered at all its heights"
    assert "nothing of aircraft that do not report, and is no clearance" in texts[0]
    assert not any("clear of" in text or "not covered" in text for text in texts)


def test_a_line_says_how_many_of_its_kilometres_are_covered():
    ends = (Position(lat_deg=36.8, lon_deg=38.0), Position(lat_deg=35.1, lon_deg=39.25))
    river = Boundary(id="EUPHRATES", vertices=ends, agreed_by=("ALFA",))
    coverage = seen(grid(36.45, 37.85, 4, 6), altitudes_m=ALL_HEIGHTS)
    view = coverage_view(state_with(coverage, zones=(), boundaries=(river,)), NOW_US)
    assert view.not_watched == (
        "boundary EUPHRATES of AB: below 12,000 m 51 of 220 km covered, else no history",
    )
    # By another way: the part of the line north of 36.4, in a plane.
    expected = 219.6 * (36.8 - 36.4) / (36.8 - 35.1)
    assert abs(51 - expected) <= 1.5


def test_what_a_rival_asserts_comes_last_and_keeps_nothing_of_ours_out(monkeypatch):
    def zone(name, **more):
        ring = Circle(centre=Position(lat_deg=10.0, lon_deg=10.0), radius_m=5_000.0)
        return Zone(id=name, kind="zone", shape=ring, **more)

    ours = zone("ZZ", agreed_by=("ALFA", "BRAVO"))
    theirs = tuple(zone(f"A{n}", asserted_by=("BRAVO",)) for n in range(30))
    state = state_with(seen(grid()), zones=(ours, *theirs))
    monkeypatch.setattr(covered_areas, "AREAS_MAX", 20)
    view = coverage_view(state, NOW_US)
    assert view.areas[0].name == "ZZ"
    assert (len(view.areas), view.areas_left_out) == (20, 11)
    assert view.not_watched[0].startswith("zone ZZ of AB: below 12,000 m no history")
    assert view.not_watched[-1].startswith("21 more areas ")
    assert len(view.not_watched) == covered_areas.LINES_MAX + 1


def test_an_area_too_large_is_said_not_to_have_been_looked_at():
    ring = Circle(centre=Position(lat_deg=0.0, lon_deg=0.0), radius_m=3_000_000.0)
    state = state_with(seen(grid()), zones=(Zone(id="BIG", kind="zone", shape=ring),))
    (line,) = coverage_view(state, NOW_US).not_watched
    assert line.startswith("zone BIG of AB: not looked at: ")


def test_a_zone_above_the_ground_is_not_covered_by_heights_above_the_sea():
    ring = Circle(centre=Position(lat_deg=35.5, lon_deg=38.5), radius_m=8_000.0)
    top = VerticalLimit(value_m=120.0, reference="AGL")
    drones = Zone(id="D1", kind="zone", shape=ring, upper=top)
    state = state_with(seen(grid(), altitudes_m=ALL_HEIGHTS), zones=(drones,))
    (line,) = coverage_view(state, NOW_US).not_watched
    assert line == "zone D1 of AB: below 300 m above ground no history"


def test_the_alerts_list_carries_what_is_not_watched_by_history():
    state = state_with(seen(grid()))
    said = alerts_view(state, {}, NOW_US + 42 * SECOND_US).watch.not_watched
    assert any(text.startswith("feed X: no report that counts for 42 s: ") for text in said)
    assert any(text.startswith("zone Z1 of AB: below 3,000 m no history") for text in said)


def test_a_place_is_told_height_by_height_and_feed_by_feed():
    coverage = seen([(35.5, 38.5)])
    seen([(35.5, 38.5)], feed="Y", altitudes_m=(4_000.0, 200.0), into=coverage)
    texts = place_texts(place_coverage(state_with(coverage), 35.5, 38.5, NOW_US))
    assert texts[0] == "below 300 m: covered; Y: covered"
    assert texts[1] == "300 to 1,000 m: no history"
    assert texts[3] == "3,000 to 6,000 m: covered; X: covered; Y: covered"
    assert len(texts) == 7


# ---- drawn --------------------------------------------------------------------------------------


def test_the_drawing_has_every_cell_once_and_the_rest_as_a_number():
    coverage = seen([(35.5, 38.5), (0.0, 179.99), (0.0, -179.99), (90.0, 5.0)])
    state = state_with(coverage)
    drawn = json.loads(msgspec.json.encode(coverage_geojson(state, NOW_US)))
    assert (drawn["total"], drawn["left_out"], len(drawn["features"])) == (4, 0, 4)
    for feature in drawn["features"]:
        area = shapely.geometry.shape(feature["geometry"])
        assert area.is_valid
        assert area.exterior.is_ccw, "RFC 7946"
        assert -180.0 <= area.bounds[0] <= area.bounds[2] <= 180.0
        told = feature["properties"]
        assert (told["feed"], told["word"], told["lower_m"], told["upper_m"]) == (
            "X", "covered", 3_000.0, 6_000.0,
        )  # fmt: skip
    pages = [coverage_geojson(state, NOW_US, first=n, count=1) for n in range(5)]
    assert [page["left_out"] for page in pages] == [3, 3, 3, 3, 4]
    assert [page["features"][0] for page in pages[:4]] == coverage_geojson(state, NOW_US)[
        "features"
    ]
    assert coverage_geojson(state, NOW_US, feed="other")["total"] == 0
    assert coverage_views.CELLS_SHOWN_MAX * 400 < 3_000_000


# ---- over a restart -----------------------------------------------------------------------------


def test_it_outlives_a_restart_and_only_its_owner_reads_it(tmp_path):
    path = coverage_path(tmp_path / "parley.db")
    save_coverage(state_with(), path)
    assert not path.exists(), "no report, nothing written"
    state = state_with(seen(grid()))
    save_coverage(state, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = state_with()
    load_coverage(again, path)
    assert coverage_of(again).rows() == coverage_of(state).rows()
    assert coverage_bytes(coverage_of(again)) == path.read_bytes()
    assert list(tmp_path.iterdir()) == [path]
    # What was covered before is not watched until its feed is heard again.
    later_us = NOW_US + 60 * SECOND_US
    assert coverage_view(again, later_us).not_watched[0].startswith("feed X: no report that counts")
    assert "covered" not in [word for a in coverage_view(again, later_us).areas for b in a.bands
                             for word in b.amounts]  # fmt: skip


GOOD = coverage_bytes(seen(grid()))


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{", b"\x00\xff", GOOD[:-200], GOOD[: len(GOOD) // 2],
        GOOD.replace(b",3,", b",4,", 1), GOOD.replace(b'"X"', b'"Y"'),
        GOOD.replace(b"parley coverage 1", b"parley coverage 2"),
        b" " * 20_000_001,
    ],
)  # fmt: skip
def test_a_damaged_file_is_named_moved_aside_and_never_believed(tmp_path, data, capsys):
    assert data != GOOD
    path = coverage_path(tmp_path / "parley.db")
    path.write_bytes(data)
    state = state_with()
    load_coverage(state, path)
    assert not path.exists()
    assert path.with_name(path.name + ".damaged").read_bytes() == data
    assert "parley.coverage.json cannot be read" in capsys.readouterr().err
    assert len(coverage_of(state)) == 0
    (line,) = coverage_view(state, NOW_US).not_watched
    assert line.startswith("the coverage begins anew: parley.coverage.json could not be read")


def test_every_flipped_byte_of_a_file_is_found(tmp_path):
    path = coverage_path(tmp_path / "parley.db")
    data = coverage_bytes(seen([(35.5, 38.5)]))
    believed = 0
    for place in range(len(data)):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        state = state_with()
        load_coverage(state, path)
        believed += len(coverage_of(state))
    assert believed == 0


def test_where_the_folder_is_gone_nothing_is_written_and_nothing_fails(tmp_path):
    save_coverage(state_with(seen(grid())), coverage_path(tmp_path / "gone" / "parley.db"))
    assert list(tmp_path.iterdir()) == []


# ---- at a real node -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    """Give a node that begins with a history kept by the process before it."""
    files = make_pair(tmp_path_factory.mktemp("coverage"), tracks=True)
    now_us = round(time.time() * SECOND_US)
    (store,) = {file.parent / "parley.db" for name, file in files.items() if name == "COAL"}
    kept = coverage_bytes(seen(grid(), now_us=now_us))
    handle = os.open(coverage_path(store), os.O_WRONLY | os.O_CREAT, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(kept)
    started = Running(files["COAL"])
    started.kept = coverage_path(store)
    yield started
    if started.process.poll() is None:
        started.stop()


def here(node, capsys, *arguments):
    return parley_here(
        capsys, "coverage", *arguments, "--node", node.url, "--token", node.token_file
    )


def test_the_command_prints_what_the_node_knows(node, capsys, tmp_path):
    code, out, _ = here(node, capsys)
    assert code == 0
    assert out.startswith("covered: aircraft there are usually seen by a feed that is heard now.")
    assert "feed X: " in out
    code, out, _ = here(node, capsys, "--json")
    (row,) = [json.loads(line) for line in out.splitlines()]
    assert (row["learnt"], row["kept"], row["feeds"][0]["feed"]) == (True, CELLS, "X")
    code, out, _ = here(node, capsys, "--at", "35.5", "38.5")
    assert (code, len(out.splitlines())) == (0, 7)
    assert "no history" in out
    drawing = tmp_path / "cells.geojson"
    assert here(node, capsys, "--geojson", drawing)[:2] == (
        0, f"{CELLS} cells and bands written to {drawing}\n",
    )  # fmt: skip
    drawn = json.loads(drawing.read_bytes())
    assert (len(drawn["features"]), drawn["total"], drawn["left_out"]) == (CELLS, CELLS, 0)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--at", "91", "0"), "latitude"),
        (("--at", "nan", "0"), "latitude"),
        (("--feed", "X"), "--feed alone"),
        (("--at", "1", "1", "--geojson", "x.geojson"), "--at with --geojson"),
        (("--geojson", "none/there/x.geojson"), "a new file"),
    ],
)
def test_bad_usage_is_refused_in_one_line(node, capsys, arguments, said):
    code, out, err = here(node, capsys, *arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert len(err.splitlines()) == 1


def test_the_node_writes_what_it_knows_when_it_stops(node):
    node.kept.unlink()
    assert node.stop() == 0
    state = state_with()
    load_coverage(state, node.kept)
    assert len(coverage_of(state)) == CELLS
