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


def height_m(name, each, at_us):
    track = tracks_of(name)[each]
    return float(np.interp(at_us, track.t_us, track.alt_m))


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
    level = level[::2]  # every second one: the whole takes long on a shared core, and is the same
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
    assert len(wanted) >= 15
    warned_s = []
    for pair, begun_us, ended_us in wanted:
        times_us = [at_us for at_us, _ in said.get(pair, ()) if at_us <= ended_us]
        assert times_us, f"{pair}: nothing said of it"
        warned_s.append((begun_us - times_us[0]) / SECOND_US)
    # A descent that begins a few seconds before the loss is said with the next look.
    assert min(warned_s) > -10.0
    assert np.median(warned_s) > 60.0


# ---- bad tracks ----------------------------------------------------------------------------------

NEIGHBOURS = ("A1", "B1")


def fly(tracks, parties, **changes):
    """Give made tracks to one node, a second at a time; return it and what it says, by second."""
    world = en_route(**changes)
    state = world.node("ALFA").state
    begun_us, said = world.now_us + SECOND_US, []
    rows = faults.merged(tracks)
    for second, group in itertools.groupby(rows, key=lambda shown: int(shown.received_s)):
        reports = tuple(
            TrackReport(
                aircraft=shown.aircraft, at_us=begun_us + round(shown.at_s * 1e6),
                lat_deg=shown.lat_deg, lon_deg=shown.lon_deg, altitude_m=shown.alt_m,
                altitude_reference="STD", party=parties[shown.aircraft],
            )
            for shown in group
        )  # fmt: skip
        now_us = begun_us + (second + 1) * SECOND_US
        drafts = step(state, now_us, TrackReports(feed="F", reports=reports)).drafts
        said += [(second, draft.body) for draft in drafts if isinstance(draft.body, ConflictRaised)]
    return state, now_us, said


def neighbours(seconds=300):
    """A1 and B1, head on near the place to which others are forged: lost after about 200 s."""
    start = (33.9, 34.0)
    lon, lat, _ = faults.GEOD.fwd(start[1], start[0], 90.0, 460.0 * 200 + 9_260.0)
    one = {"seconds": seconds, "every_s": 4.0, "alt_m": 9_000.0}
    return [
        faults.flown("A1", start=start, course_deg=90.0, seed=1, **one),
        faults.flown("B1", start=(lat, lon), course_deg=270.0, seed=2, **one),
    ]


def first_said(said, pair):
    return next(second for second, body in said if tuple(sorted(body.aircraft)) == pair)


@functools.cache
def first_said_alone():
    """When A1 and B1 are warned of with nobody else about."""
    _, _, said = fly(neighbours(), {"A1": "ALFA", "B1": "BRAVO"})
    return first_said(said, NEIGHBOURS)


FORGED = {
    "one airport": lambda track: faults.jumped_to_point(track, 100.0, 301.0),
    "a circle around it": lambda track: faults.jumped_to_circle(track, 100.0, 301.0),
    "to and fro": lambda track: faults.scattered(track, 100.0, 301.0),
    "a place that stays": lambda track: faults.frozen(track, 100.0, 301.0),
    "an id at two places": lambda track: faults.two_at_once(
        track, faults.flown("X", start=(33.9, 34.6), seconds=300, every_s=4.0, seed=9)[25:]
    ),
}


@pytest.mark.row("R11")
@pytest.mark.parametrize("how", sorted(FORGED))
def test_forged_places_warn_of_nothing_and_blind_nobody(how) -> None:
    """Eight aircraft 1,000 km away are forged to be near A1 and B1, at their height."""
    true = neighbours()
    far = [
        faults.flown(f"C{n}", start=(43.0 + 0.5 * n, 30.0), seconds=300, every_s=4.0,
                     alt_m=9_000.0, seed=20 + n)
        for n in range(8)
    ]  # fmt: skip
    parties = {"A1": "ALFA", "B1": "BRAVO"} | {
        f"C{n}": "BRAVO" if n % 2 else "ALFA" for n in range(8)
    }
    state, now_us, said = fly([*true, *map(FORGED[how], far)], parties)
    assert {tuple(sorted(body.aircraft)) for _, body in said} == {NEIGHBOURS}
    assert first_said(said, NEIGHBOURS) == first_said_alone()
    words = {name: status(state.picture, name, now_us).word for name in sorted(parties)}
    assert words["A1"] == words["B1"] == "watched"
    assert {words[f"C{n}"] for n in range(8)} <= {"flagged", "stale"}
    assert sum(state.picture.flags_raised.values()) >= 8


CLOCKS = {
    "half a minute ahead": lambda track: faults.clock_offset(track, 30.0),
    "ten minutes ahead": lambda track: faults.clock_offset(track, 600.0),
    "slow": lambda track: faults.clock_rate(track, 0.85),
    "steps back": lambda track: faults.clock_step(track, 100.0, -40.0),
    "stands still": lambda track: faults.instants_repeated(track, 8),
}


@pytest.mark.row("R11")
@pytest.mark.parametrize("how", sorted(CLOCKS))
def test_bad_clocks_warn_of_nothing_and_blind_nobody(how) -> None:
    """D1 flies 9 NM beside B2, on its course, with a clock that is wrong."""
    true = neighbours()
    one = {"course_deg": 30.0, "seconds": 300.0, "every_s": 4.0, "alt_m": 9_000.0}
    lon, lat, _ = faults.GEOD.fwd(20.0, 55.0, 120.0, 9 * NM_M)
    beside = faults.flown("B2", seed=30, **one)
    wrong = CLOCKS[how](faults.flown("D1", start=(lat, lon), seed=31, **one))
    parties = {"A1": "ALFA", "B1": "BRAVO", "D1": "ALFA", "B2": "BRAVO"}
    state, now_us, said = fly([*true, beside, wrong], parties)
    assert {tuple(sorted(body.aircraft)) for _, body in said} == {NEIGHBOURS}
    assert first_said(said, NEIGHBOURS) == first_said_alone()
    picture = state.picture
    assert status(picture, "B2", now_us).word == "watched"
    assert picture.refused or picture.flags_raised, "it is counted or flagged"
