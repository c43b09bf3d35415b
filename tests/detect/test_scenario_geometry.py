"""Encounters, crossings and presence of both reference scenarios, and of changed copies of them."""

from __future__ import annotations

import json

import numpy as np
import pyproj
import pytest
import shapely
import yaml

from parley.detect.crossing import line_crossings, presence
from parley.detect.encounters import Minima, closest_pair
from parley.world.geo import Position
from parley.world.time import microseconds_from_datetime, parse_instant_us
from parley.world.track import Track
from shared_data import shared

GEOD = pyproj.Geod(ellps="WGS84")
NM, FT = 1852.0, 0.3048
RULES = [
    (
        "syria-2017-06",
        "encounters_rule_3nm_3000ft",
        Minima(horizontal_m=3 * NM, vertical_m=3000 * FT),
    ),
    (
        "wildfire-civil",
        "encounters_rule_0.5nm_500ft",
        Minima(horizontal_m=0.5 * NM, vertical_m=500 * FT),
    ),
]


def features(name):
    document = json.loads(shared(f"scenarios/{name}/geo.geojson").read_text())
    return {feature["properties"]["id"]: feature for feature in document["features"]}


def expected(name):
    return yaml.safe_load(shared(f"scenarios/{name}/expected.yaml").read_text())


def instant(value):
    return parse_instant_us(value) if isinstance(value, str) else microseconds_from_datetime(value)


def tracks_of(name, *, turn_deg=0.0, lift_deg=0.0, pace=1.0):
    """The scenario's tracks, moved in longitude and latitude, and flown slower or faster."""
    tracks = {}
    for key, feature in features(name).items():
        times = feature["properties"].get("times")
        if times is None:
            continue
        t_us = np.array([parse_instant_us(t) for t in times], dtype=np.int64)
        start_us = 1_500_000_000_000_000
        if pace != 1.0:
            t_us = start_us + ((t_us - t_us.min()) * pace).astype(np.int64) // 1000 * 1000
        lon, lat = np.array(feature["geometry"]["coordinates"])[:, :2].T
        tracks[key] = Track(
            id=key,
            party=None,
            t_us=t_us,
            lat_deg=lat + lift_deg,
            lon_deg=(lon + turn_deg + 180.0) % 360.0 - 180.0,
            alt_m=np.array(feature["properties"]["alt_ft"]) * FT,
            alt_reference="AMSL",
            interpolation="planar",
        )
    return tracks


def positions(coordinates):
    return tuple(Position(lon_deg=lon, lat_deg=lat) for lon, lat in coordinates)


def ring(name, key):
    return [positions(features(name)[key]["geometry"]["coordinates"][0])]


def near_instant(at_us, wanted, within_s=5.0):
    return abs(at_us - instant(wanted)) <= within_s * 1e6


@pytest.mark.parametrize(("name", "rule", "minima"), RULES)
def test_every_pair_is_as_expected(name, rule, minima):
    tracks = tracks_of(name)
    for row in expected(name)[rule]:
        answer = closest_pair(*(tracks[key] for key in row["pair"]), minima)
        assert answer.least_horizontal_m / NM == pytest.approx(row["min_horizontal_nm"], abs=0.05)
        assert near_instant(answer.at_us, row["at"])
        assert answer.vertical_then_m / FT == pytest.approx(
            row["vertical_ft_at_that_time"], abs=100
        )
        assert len(answer.episodes) == len(row["inside_both_minima"])
        for episode, wanted in zip(answer.episodes, row["inside_both_minima"], strict=True):
            assert near_instant(episode.from_us, wanted["from"], 1.0)
            assert near_instant(episode.to_us, wanted["to"], 1.0)
            assert episode.dwell_s == pytest.approx(wanted["seconds"], abs=2.0)


@pytest.mark.row("A10")
def test_the_long_dwell_of_the_drill():
    tracks = tracks_of("syria-2017-06")
    answer = closest_pair(tracks["SYN-A2"], tracks["SYN-B2"], RULES[0][2])
    assert [e.dwell_s for e in answer.episodes] == [pytest.approx(722.0, abs=2.0)]


@pytest.mark.parametrize("boundary", ["GL-EUPHRATES", "GL-EW"])
def test_crossings_of_the_lines_are_as_expected(boundary):
    tracks = tracks_of("syria-2017-06")
    vertices = positions(features("syria-2017-06")[boundary]["geometry"]["coordinates"])
    for key, rows in expected("syria-2017-06")[f"crossings_of_{boundary}"].items():
        # The river lists the state at the start as well; GL-EW runs west to east, left is north.
        wanted = rows[1:] if boundary == "GL-EUPHRATES" else rows
        found = line_crossings(tracks[key], vertices)
        assert len(found) == len(wanted)
        for crossing, row in zip(found, wanted, strict=True):
            assert near_instant(crossing.at_us, row["t"])
            side = row.get("state") or {"southward": "right", "northward": "left"}[row["direction"]]
            assert crossing.to_side == side


def test_presence_in_the_fire_area_is_as_expected():
    tracks, wanted = tracks_of("wildfire-civil"), expected("wildfire-civil")["tfr_1"]
    window = [instant(value) for value in wanted["in_force"]]
    for key, rows in wanted["presence"].items():
        found = presence(tracks[key], ring("wildfire-civil", "TFR-1"), None, 9000 * FT, *window)
        assert [state for _, state in found] == [row["state"] for row in rows]
        assert all(near_instant(f[0], row["t"]) for f, row in zip(found, rows, strict=True))


def test_presence_in_the_drone_box_rings_and_notified_area_is_as_expected():
    tracks, wanted = tracks_of("wildfire-civil"), expected("wildfire-civil")
    box = ring("wildfire-civil", "UAS-BOX")
    found = presence(tracks["U-3"], box, 4000 * FT, 4400 * FT, None, None)
    assert [state for _, state in found] == [row["state"] for row in wanted["uas_box"]["U-3"]]
    for key, rings in wanted["rings_inbound"].items():
        for name, at in rings.items():
            states = presence(tracks[key], ring("wildfire-civil", name), None, None, None, None)
            inbound = [t for t, state in states[1:] if state == "inside"]
            if at is None:
                assert inbound == []
            else:
                assert near_instant(inbound[0], at)
    area = expected("syria-2017-06")["inside_AREA-N1_while_active"]["SYN-A1"]
    states = presence(
        tracks_of("syria-2017-06")["SYN-A1"],
        ring("syria-2017-06", "AREA-N1"),
        10000 * FT,
        25000 * FT,
        instant("2017-06-20T06:10:00Z"),
        instant("2017-06-20T06:50:00Z"),
    )
    assert [state for _, state in states] == ["outside", "inside", "outside"]
    assert near_instant(states[1][0], area["from"])
    assert near_instant(states[2][0], area["to"])


# --- changed copies, judged by pyproj and shapely alone -----------------------------------------


def sampled(one, other):
    """Common whole seconds with distance and height difference, by pyproj."""
    first = -(-max(one.t_us[0], other.t_us[0]) // 1_000_000)
    last = min(one.t_us[-1], other.t_us[-1]) // 1_000_000
    at = np.arange(first, last + 1) * 1_000_000
    places = []
    for t in (one, other):
        lon = np.interp(at, t.t_us, np.unwrap(t.lon_deg, period=360.0))
        places += [lon, np.interp(at, t.t_us, t.lat_deg), np.interp(at, t.t_us, t.alt_m)]
    _, _, apart_m = GEOD.inv(places[0], places[1], places[3], places[4])
    return at, np.asarray(apart_m), np.abs(places[2] - places[5])


@pytest.mark.parametrize(
    ("turn_deg", "lift_deg", "pace", "factor"),
    [(141.0, 0.0, 1.0, 1.0), (-64.2, 30.0, 1.7, 2.5), (10.0, -80.0, 0.6, 6.0)],
)
@pytest.mark.parametrize(("name", "rule", "minima"), RULES)
def test_changed_copies_agree_with_samples_by_pyproj(
    name, rule, minima, turn_deg, lift_deg, pace, factor
):
    minima = Minima(
        horizontal_m=minima.horizontal_m * factor, vertical_m=minima.vertical_m * factor
    )
    tracks = list(tracks_of(name, turn_deg=turn_deg, lift_deg=lift_deg, pace=pace).values())
    for k, one in enumerate(tracks):
        for other in tracks[k + 1 :]:
            at, apart_m, high_m = sampled(one, other) if one.t_us[0] < other.t_us[-1] else ([],) * 3
            if not len(at):
                continue
            answer = closest_pair(one, other, minima)
            assert answer.least_horizontal_m <= apart_m.min() + 0.2
            assert answer.least_horizontal_m >= apart_m.min() - 0.05 * NM
            within = (apart_m < minima.horizontal_m) & (high_m < minima.vertical_m)
            dwell_s = sum(e.dwell_s for e in answer.episodes)
            assert dwell_s == pytest.approx(within.sum(), abs=2.0 * (len(answer.episodes) + 1))
            for t in at[within]:
                assert any(e.from_us - 10_000 <= t <= e.to_us + 10_000 for e in answer.episodes)


def points_of(meeting):
    return [] if meeting.is_empty else shapely.get_parts(meeting)


@pytest.mark.parametrize(("turn_deg", "pace"), [(141.2, 1.0), (-64.2, 1.7)])
def test_changed_copies_cross_where_shapely_says(turn_deg, pace):
    for boundary in ("GL-EUPHRATES", "GL-EW"):
        vertices = np.array(features("syria-2017-06")[boundary]["geometry"]["coordinates"])
        moved = [((lon + turn_deg + 180.0) % 360.0 - 180.0, lat) for lon, lat in vertices]
        plane = shapely.LineString(vertices + np.array([turn_deg, 0.0]))
        for one in tracks_of("syria-2017-06", turn_deg=turn_deg, pace=pace).values():
            wanted = []
            lon = np.unwrap(one.lon_deg, period=360.0)
            lon += 360.0 * round((vertices[0][0] + turn_deg - lon[0]) / 360.0)
            for k in range(len(one) - 1):
                leg = shapely.LineString(
                    [(lon[k], one.lat_deg[k]), (lon[k + 1], one.lat_deg[k + 1])]
                )
                for point in points_of(plane.intersection(leg)):
                    share = leg.project(point, normalized=True)
                    wanted.append(one.t_us[k] + share * (one.t_us[k + 1] - one.t_us[k]))
            found = [crossing.at_us for crossing in line_crossings(one, positions(moved))]
            assert found == pytest.approx(sorted(wanted), abs=2_000, rel=0)
