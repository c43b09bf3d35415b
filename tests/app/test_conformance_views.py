"""Conformance as shown: what is not known never reads as inside; the area over a restart."""

from __future__ import annotations

import json
import stat

import msgspec
import pytest

from parley.app.conformance_views import ConformanceShown, _margin, conformance_view
from parley.app.conformance_views import _text as shown_text
from parley.app.flown_file import flown_path, load_flown, save_flown
from parley.detect.flown_area import FlownArea, cell_of
from parley.node.identity import Identity
from parley.node.rules.line_margins import DayMargins
from parley.node.rules.unusual_flights import LEARN_S, flown_of, keep_flown
from parley.node.state import State
from parley.world.geo import Position

HOME = Position(lat_deg=35.0, lon_deg=38.0)


def shown(**changes):
    values = {
        "agreement": "AB", "intent": "C1", "party": "ALFA", "flight": "F1", "state": "Activated",
        "said": "", "wanted_share": 0.95,
    }  # fmt: skip
    return ConformanceShown(**(values | changes))


@pytest.fixture
def state():
    from simkeys import make_identities
    from simstory import two

    identity: Identity = make_identities(two())["ALFA"]
    return State(identity=identity)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, ""),
        ({"seen": "not known"}, "place NOT KNOWN"),
        ({"seen": "doubted", "said": "inside"}, "said to be inside, seen doubted"),
        ({"said": "outside", "since_us": 0, "what": ("place", "time"), "horizontal_m": 612.4,
          "off_s": -30.0}, "OUTSIDE since 1970-01-01T00:00:00Z (612 m, 30 s early when told)"),
        ({"seen": "inside", "leaves_in_s": 12.0, "leaves_after_m": 600.0},
         "seen inside, leaves in 12 s, after 600 m, straight on"),
        # What is a little below what is wanted must not read as it.
        ({"share": 0.94999, "known_s": 9.0}, "inside 94.9 % of 9 s known, BELOW WHAT IS WANTED"),
        ({"share": 0.95, "known_s": 100.0}, "inside 95.0 % of 100 s known"),
    ],
)  # fmt: skip
def test_the_words_say_no_more_than_is_known(changes, text):
    assert shown_text(shown(**changes)) == text


def test_a_node_that_saw_nothing_says_so(state):
    view = conformance_view(state, 0)
    assert (view.flights, view.margins, view.dwells, view.left_out) == ((), (), (), 0)
    assert view.flown.learns
    assert "LEARNING" in view.flown.text


@pytest.mark.parametrize(
    ("margins_m", "p5", "p50"),
    [
        ((), (None, ""), (None, "")),
        ((99_774.0, 120_000.0), (None, "at least"), (None, "at least")),
        ((3_040.0, 70_000.0, 70_000.0), (3_000.0, ""), (None, "at least")),
        ((-60_000.0, 49_950.0, 49_950.0), (None, "at least beyond"), (49_900.0, "")),
    ],
)  # fmt: skip
def test_a_margin_of_which_only_a_bound_is_known_is_no_number(margins_m, p5, p50):
    """The edge of what is kept read as half of the time at 50 km: it was never nearer than 99."""
    kept = DayMargins()
    for margin_m in margins_m:
        kept.bins.add(margin_m, 10.0)
    view = _margin("AB", "RIVER", "ALFA", "2026-05-28", kept)
    assert (view.p5_m, view.p5_beyond) == p5
    assert (view.p50_m, view.p50_beyond) == p50
    assert view.reach_m == 50_000.0
    assert json.loads(msgspec.json.encode(view))["p50_m"] == p50[0]


def test_the_known_area_outlives_a_restart_and_only_its_owner_reads_it(state, tmp_path):
    path = flown_path(tmp_path / "parley.db")
    save_flown(state, path)
    assert not path.exists(), "nothing seen, nothing written"
    keep_flown(state, FlownArea([cell_of(HOME)], LEARN_S + 1.0))
    save_flown(state, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = State(identity=state.identity)
    load_flown(again, path)
    assert flown_of(again).cells == (cell_of(HOME),)
    assert flown_of(again).flown_s == LEARN_S + 1.0
    assert not conformance_view(again, 0).flown.learns
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{", b"\x00\xff", b'{"format": "another", "flown_s": 1, "cells": []}',
        json.dumps({"format": "parley flown area 1", "flown_s": 1.0, "cells": [-5]}).encode(),
        b'{"format": "parley flown area 1", "flown_s": -1, "cells": []}',
        b'{"format": "parley flown area 1", "flown_s": 1e400, "cells": []}',
    ],
)  # fmt: skip
def test_a_damaged_file_is_moved_aside_and_told_and_the_node_learns_anew(
    state, tmp_path, data, capsys
):
    path = flown_path(tmp_path / "parley.db")
    path.write_bytes(data)
    load_flown(state, path)
    assert not path.exists()
    assert path.with_name(path.name + ".damaged").read_bytes() == data
    assert "cannot be read" in capsys.readouterr().err
    assert len(flown_of(state)) == 0


def test_where_the_folder_is_gone_nothing_is_written_and_nothing_fails(state, tmp_path):
    keep_flown(state, FlownArea([cell_of(HOME)]))
    save_flown(state, flown_path(tmp_path / "gone" / "parley.db"))
    assert list(tmp_path.iterdir()) == []
