"""Recorded traffic, bent and disturbed: manoeuvres that nobody flew, and the errors of feeds.

Two steps, both drawn from seeds. First the *way* is changed, for all who look at it: flights moved
in time meet others that no controller kept apart, flights leave their level or their course. What
is then flown is the truth. Second the *reports* are disturbed: errors of places, steps of heights,
dates off, late, lost one by one and for 30 s. Only a detector sees those.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from parley.store.files import read_recording
from parley.wire.traffic import COLUMNS, read_traffic
from parley.world.track import Track

FT_M = 0.3048
US_PER_S = 1_000_000
EARTH_M = 6_371_008.8
BURST_US = 30 * US_PER_S
CLIMB_MPS = 1_500 * FT_M / 60
"""Of an added change of level."""
HELD_S = 120.0
AWAY_S = 150.0
"""In which a flight goes off its course: 8 km sideways in it are a turn of 20 degrees."""
SPEED_SIGMA_MPS, UP_STEP_MPS = 1.2, 64 * FT_M / 60
"""A velocity that is reported: NACv 2 (3 m/s, 95 %), vertical in steps of 64 ft/min."""
SPEED_OVER_US = 8 * US_PER_S


@dataclass(frozen=True)
class Changes:
    """The ways that are changed: shares of the aircraft, and the seed."""

    shifted: float = 0.0
    climbing: float = 0.0
    turning: float = 0.0
    seed: int = 1


@dataclass(frozen=True)
class Disturbance:
    """What becomes of reports: sigma per axis in metres, height steps in feet, times in seconds.

    `dropped`: the share lost one by one; `bursts`: how often an hour nothing is heard for 30 s.
    """

    name: str
    sigma_m: float = 0.0
    step_ft: float = 25.0
    dated_s: float = 0.0
    late_s: float = 0.0
    dropped: float = 0.0
    bursts: float = 0.0
    seed: int = 7


@dataclass(frozen=True, eq=False)
class Reports:
    """Reports as columns, in the order in which they come in; `aircraft` indexes `ids`."""

    ids: tuple[str, ...]
    aircraft: np.ndarray
    at_us: np.ndarray
    received_us: np.ndarray
    lat_deg: np.ndarray
    lon_deg: np.ndarray
    alt_m: np.ndarray
    velocity_mps: np.ndarray
    """What the aircraft itself would report: east, north, up; seen by one baseline only."""

    def __len__(self):
        return len(self.aircraft)


def recorded(path, every_s=0.0, from_s=0.0, hours=None) -> list[Track]:
    """Return the tracks of a recording, thinned to one report in so many seconds, or a part."""
    tracks = read_traffic([(path.name, read_recording(path, COLUMNS))]).tracks
    begun_us = min(int(t.t_us[0]) for t in tracks) + round(from_s * US_PER_S)
    until_us = begun_us + round(hours * 3600 * US_PER_S) if hours else None
    made = []
    for track in tracks:
        inside = track.t_us >= begun_us
        if until_us is not None:
            inside &= track.t_us < until_us
        kept = thinned(track.t_us, every_s) & inside
        if kept.sum() >= 2:
            made.append(taken(track, kept))
    return made


def thinned(t_us, every_s):
    """Return which instants are kept: each the first that is so long after the last kept."""
    kept = np.ones(len(t_us), dtype=bool)
    last = None
    for row, at_us in enumerate(t_us.tolist()):
        kept[row] = last is None or at_us - last >= every_s * US_PER_S
        last = at_us if kept[row] else last
    return kept


def taken(track: Track, rows) -> Track:
    return replace(
        track, t_us=track.t_us[rows], lat_deg=track.lat_deg[rows], lon_deg=track.lon_deg[rows],
        alt_m=track.alt_m[rows],
    )  # fmt: skip


# ---- the way ------------------------------------------------------------------------------------


def changed(tracks: list[Track], changes: Changes) -> list[Track]:
    """Return the tracks as flown after the changes; each aircraft draws from its own seed."""
    made = []
    for number, track in enumerate(sorted(tracks, key=lambda t: t.id)):
        drawn = np.random.default_rng((changes.seed, number))
        chance = drawn.random(3)
        if chance[0] < changes.shifted:
            way = 1 if drawn.random() < 0.5 else -1
            shift_us = way * round(drawn.uniform(600.0, 3600.0)) * US_PER_S
            track = replace(track, t_us=track.t_us + shift_us)
        if chance[1] < changes.climbing:
            track = left_level(track, drawn)
        if chance[2] < changes.turning:
            track = left_course(track, drawn)
        made.append(track)
    return made


def left_level(track: Track, drawn) -> Track:
    """One change of level by 1,000 or 2,000 ft at 1,500 ft/min, held, and back."""
    rise_m = drawn.choice((-2000, -1000, 1000, 2000)) * FT_M
    since_s = (track.t_us - drawn.choice(track.t_us)) / US_PER_S
    ramp_s = abs(rise_m) / CLIMB_MPS
    share = np.clip(np.minimum(since_s, 2 * ramp_s + HELD_S - since_s) / ramp_s, 0.0, 1.0)
    alt_m = track.alt_m + rise_m * share
    return replace(track, alt_m=np.where(track.alt_m > 3_000.0, alt_m, track.alt_m))


def left_course(track: Track, drawn) -> Track:
    """Once to the side by 4 to 8 km and back, without a bend sharper than 0.2 g."""
    away_m = drawn.uniform(4_000.0, 8_000.0) * drawn.choice((-1, 1))
    begun = int(drawn.integers(len(track.t_us)))
    since_s = (track.t_us - track.t_us[begun]) / US_PER_S
    share = np.clip(np.minimum(since_s, 2 * AWAY_S + HELD_S - since_s) / AWAY_S, 0.0, 1.0)
    off_m = away_m * 0.5 * (1.0 - np.cos(math.pi * share))
    other = min(begun + 1, len(track.t_us) - 1)
    east = (track.lon_deg[other] - track.lon_deg[begun]) * math.cos(
        math.radians(track.lat_deg[begun])
    )
    course = math.atan2(east, track.lat_deg[other] - track.lat_deg[begun])
    lat, lon = moved(
        track.lat_deg, track.lon_deg, off_m * math.cos(course), -off_m * math.sin(course)
    )
    return replace(track, lat_deg=lat, lon_deg=lon)


def moved(lat_deg, lon_deg, east_m, north_m):
    """Return places a few kilometres on: sphere, 0.5 % of the distance, which is drawn anyhow."""
    lat = lat_deg + np.degrees(north_m / EARTH_M)
    return lat, lon_deg + np.degrees(east_m / (EARTH_M * np.cos(np.radians(lat_deg))))


# ---- the reports --------------------------------------------------------------------------------


def reports_of(tracks: list[Track], disturbance: Disturbance) -> Reports:
    """Return what a feed makes of the tracks."""
    ordered = sorted(tracks, key=lambda t: t.id)
    columns = [_disturbed(n, track, disturbance) for n, track in enumerate(ordered)]
    aircraft = np.repeat(np.arange(len(ordered)), [len(c[0]) for c in columns])
    at_us, received_us, lat, lon, alt = (np.concatenate([c[k] for c in columns]) for k in range(5))
    velocity = np.concatenate([c[5] for c in columns])
    order = np.lexsort((aircraft, received_us))
    return Reports(
        tuple(t.id for t in ordered), aircraft[order], at_us[order], received_us[order],
        lat[order], lon[order], alt[order], velocity[order],
    )  # fmt: skip


def _disturbed(number, track, by: Disturbance):
    drawn = np.random.default_rng((by.seed, number))
    count = len(track.t_us)
    noise = drawn.normal(0.0, 1.0, (count, 2)) * by.sigma_m
    dated_us = drawn.uniform(-by.dated_s, by.dated_s, count) * US_PER_S
    late_us = drawn.uniform(0.05, 0.05 + by.late_s, count) * US_PER_S
    lost = drawn.random(count) < by.dropped
    hours = (int(track.t_us[-1]) - int(track.t_us[0])) / 3600 / US_PER_S
    for begun_us in drawn.uniform(track.t_us[0], track.t_us[-1], drawn.poisson(by.bursts * hours)):
        lost |= (track.t_us >= begun_us) & (track.t_us < begun_us + BURST_US)
    lat, lon = moved(track.lat_deg, track.lon_deg, noise[:, 0], noise[:, 1])
    step_m = by.step_ft * FT_M
    velocity = velocities(track) + drawn.normal(0.0, SPEED_SIGMA_MPS, (count, 3)) * (1, 1, 0)
    velocity[:, 2] = np.round(velocity[:, 2] / UP_STEP_MPS) * UP_STEP_MPS
    at_us = (track.t_us + dated_us).astype(np.int64)
    received_us = (track.t_us + late_us).astype(np.int64)
    kept = ~lost
    return (
        at_us[kept], received_us[kept], lat[kept], lon[kept],
        np.round(track.alt_m / step_m)[kept] * step_m, velocity[kept],
    )  # fmt: skip


def velocities(track: Track) -> np.ndarray:
    """Return the speeds along the way, from `SPEED_OVER_US` before each report to after it.

    It looks ahead a little, which no receiver can: in favour of the baseline that uses it.
    """
    times = track.t_us
    first = np.searchsorted(times, times - SPEED_OVER_US, side="left")
    last = np.searchsorted(times, times + SPEED_OVER_US, side="right") - 1
    lonely = last == first
    first = np.where(lonely, np.maximum(np.arange(len(times)) - 1, 0), first)
    last = np.where(lonely, np.minimum(np.arange(len(times)) + 1, len(times) - 1), last)
    span_s = np.maximum((times[last] - times[first]) / US_PER_S, 1e-3)
    north_m = np.radians(track.lat_deg[last] - track.lat_deg[first]) * EARTH_M
    flat_m = EARTH_M * np.cos(np.radians(track.lat_deg))
    east_m = np.radians((track.lon_deg[last] - track.lon_deg[first] + 180) % 360 - 180) * flat_m
    up_m = track.alt_m[last] - track.alt_m[first]
    made = np.stack((east_m / span_s, north_m / span_s, up_m / span_s), axis=1)
    # Across a gap nothing is known of the speed; two flights of one day are not one way.
    far = times[last] - times[first] > 60 * US_PER_S
    made[far] = 0.0
    return made
