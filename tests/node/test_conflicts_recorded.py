"""Recorded traffic through a node: levels in steps raise nothing, real losses are told in time."""

from __future__ import annotations

import functools
from itertools import groupby

import numpy as np
from conflictkit import FT_M, NM_M, en_route
from simworld import SECOND_US

from parley.detect.encounters import Minima, find_encounters, legs_from_tracks
from parley.node.inputs import TrackReports
from parley.node.picture import TrackReport
from parley.node.warning_bodies import ConflictRaised
from parley.store.files import read_recording
from parley.wire.traffic import COLUMNS, read_traffic
from shared_data import shared

EVERY_S = 5
BEFORE_S = 150


@functools.cache
def tracks(name):
    return read_traffic([(name, read_recording(shared(f"data/tracks/{name}"), COLUMNS))]).tracks


@functools.cache
def encounters(name, vertical_ft):
    """(a, b, from, to, least vertical ft) of pairs inside 5 NM and a height, longest first."""
    table = find_encounters(
        legs_from_tracks(tracks(name), 60.0),
        Minima(horizontal_m=5 * NM_M, vertical_m=vertical_ft * FT_M),
    )
    rows = zip(
        table.a.tolist(), table.b.tolist(), table.from_us.tolist(), table.to_us.tolist(),
        (table.least_vertical_m / FT_M).tolist(), strict=True,
    )  # fmt: skip
    return sorted(rows, key=lambda row: (row[2] - row[3], row))


def told(pair, from_us, to_us):
    """Fly two tracks from 150 s before to the end; return what is raised as (time, body)."""
    world = en_route()
    crank = world.node("ALFA")
    begin_us = from_us - BEFORE_S * SECOND_US
    shift_us = world.now_us + SECOND_US - begin_us
    rows = []
    for party, track in zip(("ALFA", "BRAVO"), pair, strict=True):
        inside = (track.t_us >= begin_us) & (track.t_us <= to_us)
        rows += [(int(track.t_us[n]) + shift_us, party, track, n) for n in np.flatnonzero(inside)]
    rows.sort(key=lambda row: row[:2])
    found = []
    for step, group in groupby(rows, key=lambda row: row[0] // (EVERY_S * SECOND_US)):
        # The newest report of each in these seconds: as a radar would tell them.
        newest = {party: (at_us, track, n) for at_us, party, track, n in group}
        reports = tuple(
            TrackReport(
                aircraft=track.id, at_us=at_us, lat_deg=float(track.lat_deg[n]),
                lon_deg=float(track.lon_deg[n]), altitude_m=float(track.alt_m[n]),
                altitude_reference="STD", party=party,
            )
            for party, (at_us, track, n) in sorted(newest.items())
        )  # fmt: skip
        now_us = (step + 1) * EVERY_S * SECOND_US
        turned = crank.turn(now_us, TrackReports(feed="F", reports=reports))
        found += [
            (now_us - shift_us, e.body)
            for e in turned.written
            if isinstance(e.body, ConflictRaised)
        ]
    return found


def steady_level(track, from_us, to_us):
    """Whether a track keeps its level within one step of 100 ft all the while."""
    inside = (track.t_us >= from_us - BEFORE_S * SECOND_US) & (track.t_us <= to_us)
    heights_ft = track.alt_m[inside] / FT_M
    return np.ptp(heights_ft) <= 100.0 if len(heights_ft) else False


def test_swiss_pairs_at_the_vertical_minimum_raise_no_short_term_alert_in_level_flight() -> None:
    """141 pairs are inside 5 NM and 1,000 ft, all of them 900 to 999 ft apart: steps of levels."""
    name = "switzerland.parquet"
    every, level = tracks(name), 0
    for a, b, from_us, to_us, least_ft in encounters(name, 1000.0):
        pair = (every[a], every[b])
        if least_ft < 900.0 - 0.01 or not all(steady_level(t, from_us, to_us) for t in pair):
            continue
        level += 1
        raised = told(pair, from_us, to_us)
        assert not raised, (pair[0].id, pair[1].id, raised)
        if level >= 8:
            break
    assert level == 8


def test_paris_pairs_are_found_in_time() -> None:
    """Those well inside 5 NM and 900 ft: an alert before, or as it begins.

    Of all 159 (here: the longest) 157 are told, the latest 6 s after they begin. The two that are
    not, for 7 and 5 s (3944e1 with a560f3, 3946e3 with 405636), begin with the first report in an
    hour and more of the one that takes off, and end with the second or third.
    """
    name = "quickstart.parquet"
    every, late = tracks(name), []
    chosen = [row for row in encounters(name, 900.0) if row[4] < 700.0]
    # Both were reported a while before: who takes off beside another has no warning time.
    known = [
        row
        for row in chosen
        if all(int(every[n].t_us[0]) < row[2] - 60 * SECOND_US for n in row[:2])
    ]
    assert len(known) == 159
    # One of these two was held at one place by its feed while the other came down to it.
    held = [row for row in known if {every[n].id for n in row[:2]} == {"3944ed", "3965a5"}]
    assert len(held) == 1
    known = known[:7] + held
    for a, b, from_us, to_us, _ in known:
        raised = told((every[a], every[b]), from_us, min(to_us, from_us + 60 * SECOND_US))
        assert raised, (every[a].id, every[b].id)
        late.append((raised[0][0] - from_us) / SECOND_US)
    assert max(late) <= 2 * EVERY_S + 20, late
    assert sorted(late)[len(late) // 2] <= -20.0, late
