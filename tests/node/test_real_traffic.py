"""Recorded traffic, and tracks made in the likeness of bad ones, through the rules of a node."""

from __future__ import annotations

import functools
import itertools
from collections import defaultdict

import numpy as np
import pytest
from conflictkit import FT_M, NM_M, en_route
from simworld import SECOND_US

from detect import trackfaults as faults
from parley.detect.encounters import Minima, find_encounters, legs_from_tracks
from parley.node.coasting import status
from parley.node.inputs import TrackReports
from parley.node.picture import TrackReport
from parley.node.step import step
from parley.node.warning_bodies import ConflictRaised, ConflictRenewed
from shared_data import shared

EN_ROUTE = Minima(horizontal_m=5 * NM_M, vertical_m=1000 * FT_M)
WARNED = Minima(horizontal_m=5 * NM_M, vertical_m=900 * FT_M)
LEVEL_M = 100 * FT_M
"""Heights that stay within one step of reporting."""


# ---- recordings ----------------------------------------------------------------------------------


@functools.cache
def tracks_of(name):
    from parley.store.files import read_recording
    from parley.wire.traffic import COLUMNS, read_traffic

    table = read_recording(shared(f"data/tracks/{name}"), COLUMNS)
    return {track.id: track for track in read_traffic([(name, table)]).tracks}


@functools.cache
def episodes(name, minima):
    """Pair and time of each episode inside the minima."""
    table = find_encounters(legs_from_tracks(list(tracks_of(name).values()), 60.0), minima)
    rows = zip(table.a.tolist(), table.b.tolist(), table.from_us.tolist(), table.to_us.tolist(),
               strict=True)  # fmt: skip
    return [((table.ids[a], table.ids[b]), begun, ended) for a, b, begun, ended in rows]


def two_parties(pairs):
    """Give the aircraft of pairs to two parties, so that few pairs are of one party."""
    beside = defaultdict(set)
    for one, other in pairs:
        beside[one].add(other)
        beside[other].add(one)
    parties: dict[str, str] = {}
    for first in sorted(beside):
        waiting = [first]
        while waiting:
            name = waiting.pop()
            if name in parties:
                continue
            alfas = sum(parties.get(other) == "ALFA" for other in beside[name])
            bravos = sum(parties.get(other) == "BRAVO" for other in beside[name])
            parties[name] = "BRAVO" if alfas > bravos else "ALFA"
            waiting += sorted(beside[name])
    return parties


def told(name, wanted, parties, *, before_s, after_s, every_s, **changes):
    """Fly the pairs around their episodes through one node; return what is said of each pair."""
    spans = defaultdict(list)
    for pair, begun_us, ended_us in wanted:
        for each in pair:
            spans[each].append((begun_us - before_s * SECOND_US, ended_us + after_s * SECOND_US))
    rows = []
    for each, times in spans.items():
        track, last_us = tracks_of(name)[each], 0
        inside = np.zeros(len(track), dtype=bool)
        for from_us, to_us in times:
            inside |= (track.t_us >= from_us) & (track.t_us <= to_us)
        for n in np.flatnonzero(inside).tolist():
            at_us = int(track.t_us[n])
            if at_us - last_us >= every_s * SECOND_US:
                last_us = at_us
                rows.append((at_us, each, n, track))
    world = en_route(**changes)
    state = world.node("ALFA").state
    shift_us = world.now_us + SECOND_US - min(at_us for at_us, *_ in rows)
    said = defaultdict(list)
    rows.sort(key=lambda row: row[:2])
    for at_us, group in itertools.groupby(rows, key=lambda row: row[0]):
        reports = tuple(
            TrackReport(
                aircraft=each, at_us=at_us + shift_us, lat_deg=float(track.lat_deg[n]),
                lon_deg=float(track.lon_deg[n]), altitude_m=float(track.alt_m[n]),
                altitude_reference="STD", party=parties[each],
            )
            for _, each, n, track in group
        )  # fmt: skip
        # No entry is folded: each look that finds the pair raises it anew, so nothing is hidden.
        for draft in step(state, at_us + shift_us, TrackReports(feed="F", reports=reports)).drafts:
            if isinstance(draft.body, ConflictRaised | ConflictRenewed):
                pair = tuple(sorted(draft.body.aircraft))
                said[pair].append((at_us, draft.body))
    return said


def is_level(name, pair, begun_us, ended_us):
    """Whether both keep their height from two minutes before an episode to its end."""
    for each in pair:
        track = tracks_of(name)[each]
        rows = (track.t_us >= begun_us - 120 * SECOND_US) & (track.t_us <= ended_us)
        if np.ptp(track.alt_m[rows]) > LEVEL_M:
            return False
    return True


def watched_s(name, pair, at_us):
    """For how long both have been heard without a gap of a minute."""
    since_us = []
    for each in pair:
        times = tracks_of(name)[each].t_us
        times = times[times <= at_us]
        breaks = np.flatnonzero(np.diff(times) > 60 * SECOND_US)
        since_us.append(int(times[breaks[-1] + 1 if len(breaks) else 0]))
    return (at_us - max(since_us)) / SECOND_US


def across(name, wanted):
    """Return the parties of the aircraft, and the episodes of pairs of two parties."""
    parties = two_parties([pair for pair, *_ in wanted])
    return parties, [e for e in wanted if len({parties[each] for each in e[0]}) == 2]


@pytest.mark.row("R11")
def test_swiss_pairs_at_their_levels_raise_no_alert() -> None:
    """Inside 5 NM and 1,000 ft by a step of their heights: 900 to 999 ft apart, in level flight."""
    name = "switzerland.parquet"
    wanted = episodes(name, EN_ROUTE)
    assert len({pair for pair, *_ in wanted}) >= 141
    level = [episode for episode in wanted if is_level(name, *episode)]
    parties, level = across(name, level)
    assert len(level) >= 100
    said = told(name, level, parties, before_s=90, after_s=10, every_s=0)
    assert not {pair for pair, *_ in level} & said.keys(), "of no class, and so not short-term"
    # By the whole minimum the same flights do alert: the test would see it.
    some = level[:12]
    again = told(
        name, some, parties, before_s=90, after_s=10, every_s=0, vertical_quantisation_m=0.0
    )
    short = [p for p, s in again.items() if any(b.alert_class == "short-term" for _, b in s)]
    assert len(short) >= 10


@pytest.mark.row("R11")
def test_the_pairs_around_paris_are_found() -> None:
    """Who flies (above 3,000 ft), was watched for a minute, and lost the minima for 5 s or more."""
    name = "quickstart.parquet"
    wanted = [
        (pair, begun_us, ended_us)
        for pair, begun_us, ended_us in episodes(name, WARNED)
        if ended_us - begun_us >= 5 * SECOND_US
        and watched_s(name, pair, begun_us) >= 60.0
        and all(height_m(name, each, begun_us) > 3_000 * FT_M for each in pair)
    ]
    parties, wanted = across(name, wanted)
    said = told(name, wanted, parties, before_s=180, after_s=10, every_s=5)
    warned_s = []
    for pair, begun_us, ended_us in wanted:
        times_us = [at_us for at_us, _ in said.get(pair, ()) if at_us <= ended_us]
        print(pair, ended_us - begun_us, round((begun_us - times_us[0]) / 1e6) if times_us else None)
        warned_s.append((begun_us - times_us[0]) / SECOND_US if times_us else None)
    print(len(wanted))


def height_m(name, each, at_us):
    track = tracks_of(name)[each]
    return float(np.interp(at_us, track.t_us, track.alt_m))
