"""Encounters in real recordings, against samples every whole second made here by pyproj alone."""

from __future__ import annotations

import functools

import numpy as np
import pyproj
import pytest

from longer import more
from parley.detect.encounters import Minima, find_encounters, legs_from_tracks
from parley.detect.encounters_plain import find_encounters_plain
from parley.detect.legs import select_legs
from parley.store.files import read_recording
from parley.wire.traffic import COLUMNS, read_traffic
from shared_data import shared

GEOD = pyproj.Geod(ellps="WGS84")
NM, FT = 1852.0, 0.3048
EN_ROUTE = Minima(horizontal_m=5 * NM, vertical_m=1000 * FT)
MAX_GAP_S = 60.0
# Pairs that whole seconds miss: 1 ft of a second below 1,000 ft as a descent passes the limit.
UNSAMPLED_S = 1.0


@functools.cache
def tracks(name):
    return read_traffic([(name, read_recording(shared(f"data/tracks/{name}"), COLUMNS))]).tracks


@functools.cache
def studied(name, minima=EN_ROUTE):
    return find_encounters(legs_from_tracks(tracks(name), MAX_GAP_S), minima)


def seconds_of(track):
    """The track at every whole second inside a leg: second, longitude, latitude, altitude."""
    from_us, to_us = track.t_us[:-1], track.t_us[1:]
    first, last = -(-from_us // 1_000_000), to_us // 1_000_000
    count = np.where(to_us - from_us <= MAX_GAP_S * 1e6, np.maximum(last - first + 1, 0), 0)
    leg = np.repeat(np.arange(len(count)), count)
    second = np.arange(len(leg)) - np.repeat(np.cumsum(count) - count, count) + first[leg]
    share = (second * 1_000_000 - from_us[leg]) / (to_us - from_us)[leg]
    lon, lat, alt = track.lon_deg, track.lat_deg, track.alt_m
    azimuth, _, length = GEOD.inv(lon[:-1], lat[:-1], lon[1:], lat[1:])
    at_lon, at_lat, _ = GEOD.fwd(lon[leg], lat[leg], azimuth[leg], length[leg] * share)
    at_alt = alt[leg] + (alt[leg + 1] - alt[leg]) * share
    second, once = np.unique(second, return_index=True)
    return second, at_lon[once], at_lat[once], at_alt[once]


@functools.cache
def brute_force(name, minima=EN_ROUTE):
    """Whole seconds inside both minima per pair: {(a, b): [(second, distance, height)]}."""
    columns = [seconds_of(track) for track in tracks(name)]
    who = np.concatenate([np.full(len(c[0]), k) for k, c in enumerate(columns)])
    second, lon, lat, alt = (np.concatenate([c[i] for c in columns]) for i in range(4))
    order = np.argsort(second, kind="stable")
    who, second, lon, lat, alt = who[order], second[order], lon[order], lat[order], alt[order]
    cuts = np.flatnonzero(np.diff(second)) + 1
    found = {}
    for low, high in zip(np.r_[0, cuts], np.r_[cuts, len(second)], strict=True):
        i, j = near_by_latitude(lat[low:high], minima.horizontal_m / 110_000.0)
        i, j = i + low, j + low
        # 1 cm: flight levels stand exactly on the minimum, float noise must not decide.
        near = np.abs(alt[i] - alt[j]) < minima.vertical_m - 0.01
        i, j = i[near], j[near]
        _, _, apart_m = GEOD.inv(lon[i], lat[i], lon[j], lat[j])
        for k in np.flatnonzero(np.asarray(apart_m) < minima.horizontal_m - 0.01):
            row = int(second[low]), float(apart_m[k]), float(abs(alt[i[k]] - alt[j[k]]))
            pair = sorted((int(who[i[k]]), int(who[j[k]])))
            found.setdefault(tuple(pair), []).append(row)
    return found


def near_by_latitude(lat, limit_deg):
    """Every pair of rows whose latitudes are nearer than the limit, once: neighbours in order."""
    order = np.argsort(lat, kind="stable")
    ends = np.searchsorted(lat[order], lat[order] + limit_deg)
    count = np.maximum(ends - np.arange(len(lat)) - 1, 0)
    one = np.repeat(np.arange(len(lat)), count)
    two = one + 1 + np.arange(len(one)) - np.repeat(np.cumsum(count) - count, count)
    return order[one], order[two]


@pytest.mark.parametrize(
    ("name", "pairs"), [("quickstart.parquet", 146), ("switzerland.parquet", 158)]
)
def test_the_pairs_are_those_of_brute_force_and_borderline_ones(name, pairs):
    sampled, table = brute_force(name), studied(name)
    ours = set(zip(table.a.tolist(), table.b.tolist(), strict=True))
    assert len(sampled) == pairs
    assert set(sampled) - ours == set()
    for a, b in sorted(ours - set(sampled)):
        own = (table.a == a) & (table.b == b)
        listed = f"{table.ids[a]} {table.ids[b]}"
        assert table.dwell_s[own].max() < UNSAMPLED_S, f"{listed}: not a borderline pair"


@pytest.mark.parametrize("name", ["quickstart.parquet", "switzerland.parquet"])
def test_every_sampled_second_lies_in_an_episode_that_came_as_near(name):
    sampled, table = brute_force(name), studied(name)
    for (a, b), rows in sampled.items():
        own = (table.a == a) & (table.b == b)
        from_s, to_s = table.from_us[own] / 1e6, table.to_us[own] / 1e6
        for second, apart_m, high_m in rows:
            at = np.flatnonzero((from_s <= second) & (second <= to_s))
            assert len(at) == 1, f"{table.ids[a]} {table.ids[b]} at {second}"
            assert table.least_horizontal_m[own][at[0]] <= apart_m + 0.2
            assert table.least_vertical_m[own][at[0]] <= high_m + 1e-6


@pytest.mark.parametrize("name", ["quickstart.parquet", "switzerland.parquet"])
def test_the_least_distances_are_those_of_brute_force_within_a_twentieth_of_a_mile(name):
    table = studied(name)
    by_id = {track.id: track for track in tracks(name)}
    for k in range(len(table)):
        at_us = table.least_horizontal_at_us[k]
        ends = [place_at(by_id[table.ids[index[k]]], at_us) for index in (table.a, table.b)]
        apart_m = GEOD.inv(*ends[0][:2], *ends[1][:2])[2]
        assert abs(apart_m - table.least_horizontal_m[k]) < 0.05 * NM
        assert abs(ends[0][2] - ends[1][2]) == pytest.approx(table.vertical_then_m[k], abs=0.01)


def place_at(track, at_us):
    """Longitude, latitude and altitude of a track at an instant, by pyproj."""
    k = min(int(np.searchsorted(track.t_us, at_us, side="right")) - 1, len(track) - 2)
    share = (at_us - track.t_us[k]) / (track.t_us[k + 1] - track.t_us[k])
    lon, lat, alt = track.lon_deg, track.lat_deg, track.alt_m
    azimuth, _, length = GEOD.inv(lon[k], lat[k], lon[k + 1], lat[k + 1])
    at_lon, at_lat, _ = GEOD.fwd(lon[k], lat[k], azimuth, length * share)
    return at_lon, at_lat, alt[k] + (alt[k + 1] - alt[k]) * share


@pytest.mark.parametrize(
    ("name", "from_h", "to_h"),
    [("quickstart.parquet", 12, more(13, 15)), ("switzerland.parquet", 6, 12)],
)
def test_the_episodes_are_those_of_the_plain_twin(name, from_h, to_h):
    legs = legs_from_tracks(tracks(name), MAX_GAP_S)
    hour = legs.from_us / 3.6e9 % 24.0
    legs = select_legs(legs, (hour >= from_h) & (hour < to_h))
    table, plain = find_encounters(legs, EN_ROUTE), find_encounters_plain(legs, EN_ROUTE)
    assert len(table) > 20
    assert np.array_equal(table.a, plain.a)
    assert np.array_equal(table.b, plain.b)
    assert np.abs(table.from_us - plain.from_us).max() < 10_000
    assert np.abs(table.to_us - plain.to_us).max() < 10_000
    assert np.abs(table.least_horizontal_m - plain.least_horizontal_m).max() < 0.05
    assert np.abs(table.least_vertical_m - plain.least_vertical_m).max() < 0.1


def test_the_real_join_up():
    table = studied(
        "dreamliner_airfrance.json.gz", Minima(horizontal_m=1 * NM, vertical_m=500 * FT)
    )
    assert table.pairs() == [("3900fb", "39c424")]
    assert table.dwell_s.sum() == pytest.approx(1196.0, abs=2.0 * len(table))
    k = int(np.argmin(table.least_horizontal_m))
    at = np.datetime64(int(table.least_horizontal_at_us[k]), "us")
    assert abs((at - np.datetime64("2017-12-01T15:08:45")) / np.timedelta64(1, "s")) < 2.0
    assert table.least_horizontal_m[k] / NM == pytest.approx(0.003, abs=0.001)
    assert table.vertical_then_m[k] / FT == pytest.approx(76.0, abs=1.0)
