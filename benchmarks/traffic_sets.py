"""The traffic that the detection benchmarks run on, each set drawn from a seed or recorded.

`europe`, `world`, `box`, `seams`, `formations` and `city` are drawn (with the densities of
../shared/notes/detection.md, sections 2 and 3) and never called real. `recorded` was flown.
Each set has a SHA-256, so that two runs can be seen to have used the same.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields

import numpy as np

from parley.detect.prediction import States, velocity_from_reports
from parley.store.files import read_recording
from parley.wire.traffic import COLUMNS, read_traffic

NM_M, FT_M, KT_MPS = 1852.0, 0.3048, 1852.0 / 3600.0
FPM_MPS = FT_M / 60.0
EARTH_M = 6_371_000.0


@dataclass(frozen=True, eq=False)
class Traffic:
    """Aircraft at one instant, as columns: track in degrees from north, speed over the ground."""

    lat_deg: np.ndarray
    lon_deg: np.ndarray
    alt_m: np.ndarray
    track_deg: np.ndarray
    speed_mps: np.ndarray
    up_mps: np.ndarray

    def __len__(self):
        return len(self.lat_deg)

    @property
    def level_mps(self):
        """East and north speed, as BlueSky computes them."""
        track = np.radians(self.track_deg)
        return self.speed_mps * np.sin(track), self.speed_mps * np.cos(track)

    def columns(self):
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def some(self, rows):
        """Return these rows alone."""
        return Traffic(**{name: column[rows] for name, column in self.columns().items()})

    def states(self):
        """Return the same as our own record."""
        columns = self.lat_deg, self.lon_deg, self.alt_m, *self.level_mps, self.up_mps
        return States(*columns)

    def sha256(self):
        joined = b"".join(np.ascontiguousarray(c).tobytes() for c in self.columns().values())
        return hashlib.sha256(joined).hexdigest()


@dataclass(frozen=True)
class Rule:
    """The minima and the lookahead that a set is judged by."""

    horizontal_m: float
    vertical_m: float
    lookahead_s: float


EN_ROUTE = Rule(5 * NM_M, 1000 * FT_M, 300.0)
CITY = Rule(50.0, 15.0, 60.0)


def jets(draw, lat_deg, lon_deg):
    """Return jets: 60 % level on whole thousands of feet, the rest climbing or sinking."""
    count = len(lat_deg)
    level = draw.uniform(size=count) < 0.6
    # Level ones stand exactly one minimum above each other: the case that decides by float noise.
    levels_m = draw.integers(28, 42, count) * 1000 * FT_M
    return Traffic(
        lat_deg,
        lon_deg,
        np.where(level, levels_m, draw.uniform(5_000, 41_000, count) * FT_M),
        draw.uniform(0.0, 360.0, count),
        draw.uniform(180.0, 500.0, count) * KT_MPS,
        np.where(level, 0.0, draw.uniform(-3_000.0, 3_000.0, count) * FPM_MPS),
    )


def europe(count, seed=1):
    """Return 35-60 N, 10 W-30 E: 60 % anywhere, 40 % around 25 hubs (standard deviation 120 km)."""
    draw = np.random.default_rng(seed)
    hubs = draw.uniform((38.0, -7.0), (57.0, 27.0), (25, 2))
    lat_deg = draw.uniform(35.0, 60.0, count)
    lon_deg = draw.uniform(-10.0, 30.0, count)
    near = draw.uniform(size=count) < 0.4
    hub = hubs[draw.integers(0, 25, count)]
    off_deg = draw.normal(0.0, np.degrees(120_000.0 / EARTH_M), (2, count))
    lat_deg = np.where(near, hub[:, 0] + off_deg[0], lat_deg)
    lon_deg = np.where(near, hub[:, 1] + off_deg[1] / np.cos(np.radians(hub[:, 0])), lon_deg)
    return jets(draw, np.clip(lat_deg, 35.0, 60.0), np.clip(lon_deg, -10.0, 30.0))


def box(share, count, seed=2):
    """Return a share of the sphere, even per area: a box over the equator, at 1 the whole earth."""
    draw = np.random.default_rng(seed)
    half = np.sqrt(share)
    lat_deg = np.degrees(np.arcsin(draw.uniform(-half, half, count)))
    return jets(draw, lat_deg, draw.uniform(-180.0 * half, 180.0 * half, count))


def world(count, seed=3):
    """Return aircraft anywhere on earth, poles and antimeridian included."""
    return box(1.0, count, seed)


def seams(count, seed=4):
    """Return aircraft north of 80 degrees and along the antimeridian, half and half."""
    draw = np.random.default_rng(seed)
    polar = draw.uniform(size=count) < 0.5
    lat_deg = np.where(polar, draw.uniform(80.0, 90.0, count), draw.uniform(-30.0, 30.0, count))
    beyond_deg = draw.uniform(-5.0, 5.0, count)
    lon_deg = np.where(beyond_deg < 0.0, 180.0 + beyond_deg, -180.0 + beyond_deg)
    return jets(draw, lat_deg, np.where(polar, draw.uniform(-180.0, 180.0, count), lon_deg))


def formations(count, seed=5):
    """Return flights of four with one velocity, 1 NM apart and on one level, over Europe."""
    leaders = europe(-(-count // 4), seed)
    rank = np.arange(count) % 4
    flight = leaders.some(np.arange(count) // 4)
    return Traffic(**(flight.columns() | {"lat_deg": flight.lat_deg + rank / 60.0}))


def city(count, seed=6):
    """Return drones over 60 x 60 km: 30-120 m high, to 20 m/s, a fifth climbing or sinking."""
    draw = np.random.default_rng(seed)
    half_deg = np.degrees(30_000.0 / EARTH_M)
    lat_deg = 48.0 + draw.uniform(-half_deg, half_deg, count)
    lon_deg = 11.0 + draw.uniform(-half_deg, half_deg, count) / np.cos(np.radians(48.0))
    level = draw.uniform(size=count) < 0.8
    return Traffic(
        lat_deg,
        lon_deg,
        draw.uniform(30.0, 120.0, count),
        draw.uniform(0.0, 360.0, count),
        draw.uniform(0.0, 20.0, count),
        np.where(level, 0.0, draw.uniform(-3.0, 3.0, count)),
    )


def recorded(path, instants, apart_min=10, max_gap_s=60.0):
    """Return the busiest whole minutes of a recording, laid over each other if more than one.

    Positions lie between the reports before and after (no more than `max_gap_s` apart); minutes
    are at least `apart_min` from each other, the busier one first. What is faster than anything
    flown is left out.
    """
    tracks = read_traffic([(path.name, read_recording(path, COLUMNS))]).tracks
    minutes = np.concatenate([np.unique(track.t_us // 60_000_000) for track in tracks])
    minutes, seen = np.unique(minutes, return_counts=True)
    chosen = []
    for minute in minutes[np.argsort(-seen, kind="stable")].tolist():
        if len(chosen) < instants and all(abs(minute - other) >= apart_min for other in chosen):
            chosen.append(minute)
    legs = [leg for minute in chosen for leg in _legs_at(tracks, minute * 60_000_000, max_gap_s)]
    share, before, after = (np.array(column).T for column in zip(*legs, strict=True))
    east_mps, north_mps, up_mps = velocity_from_reports(*before, *after)
    between = before + share * (after - before)
    track_deg = np.degrees(np.arctan2(east_mps, north_mps)) % 360.0
    traffic = Traffic(*between[:3], track_deg, np.hypot(east_mps, north_mps), up_mps)
    # Altitudes that jump by kilometres in a second are in the recordings; nobody flew them.
    return traffic.some(traffic.states().flown)


def _legs_at(tracks, at_us, max_gap_s):
    """Yield how far along it is, and the reports before and after, of each aircraft at a time."""
    for track in tracks:
        after = int(np.searchsorted(track.t_us, at_us))
        if not 0 < after < len(track.t_us):
            continue
        legs = [
            (track.lat_deg[k], track.lon_deg[k], track.alt_m[k], track.t_us[k] / 1e6)
            for k in (after - 1, after)
        ]
        gap_s = legs[1][3] - legs[0][3]
        if 0.0 < gap_s <= max_gap_s:
            yield (at_us / 1e6 - legs[0][3]) / gap_s, *legs
