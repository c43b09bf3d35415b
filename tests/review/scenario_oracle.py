"""An oracle of pyproj and shapely that knows no Parley: it samples a scenario's tracks at 1 s.

And the means to change a scenario: its documents as plain values, and the answers to them.
"""

from __future__ import annotations

import copy
import functools
import json
import math
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyproj
import pytest
import shapely
import yaml

from parley.review.answers import answers
from parley.wire.scenario import scenario_from_documents

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
NAMES = ("syria-2017-06", "wildfire-civil")
GEOD = pyproj.Geod(ellps="WGS84")
NM_M = 1852.0
Document = dict[str, Any]


@functools.cache
def _texts(name: str) -> tuple[str, str]:
    folder = EXAMPLES / name
    return (folder / "timeline.yaml").read_text("utf-8"), (folder / "geo.geojson").read_text(
        "utf-8"
    )


@functools.cache
def _documents(name: str) -> tuple[Document, Document]:
    class Loader(yaml.SafeLoader):
        yaml_implicit_resolvers = {
            first: [r for r in found if r[0] != "tag:yaml.org,2002:timestamp"]
            for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
        }

    timeline, geometry = _texts(name)
    return yaml.load(timeline, Loader=Loader), json.loads(geometry)


def documents(name: str) -> tuple[Document, Document]:
    return copy.deepcopy(_documents(name))


def answered(timeline: Document | str, geometry: Document | str) -> Document:
    texts = [d if isinstance(d, str) else json.dumps(d) for d in (timeline, geometry)]
    scenario = scenario_from_documents(*(t.encode() for t in texts))
    return msgspec.json.decode(msgspec.json.encode(answers(scenario)))


def features(geometry: Document, *kinds: str) -> dict[str, Document]:
    return {
        f["properties"]["id"]: f for f in geometry["features"] if f["properties"]["kind"] in kinds
    }


def seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


# ---- the oracle ------------------------------------------------------------------------------


class Sampled:
    """A track at every whole second, straight in longitude and latitude."""

    def __init__(self, feature: Document) -> None:
        times = [seconds(t) for t in feature["properties"]["times"]]
        points = np.array([c[:2] for c in feature["geometry"]["coordinates"]], dtype=float)
        self.t = np.arange(math.ceil(times[0]), math.floor(times[-1]) + 1)
        self.lon = np.interp(self.t, times, points[:, 0])
        self.lat = np.interp(self.t, times, points[:, 1])
        self.alt_ft = np.interp(self.t, times, feature["properties"]["alt_ft"])


def oracle_encounter(a: Sampled, b: Sampled, nm: float, ft: float) -> Document | None:
    t, i, j = np.intersect1d(a.t, b.t, return_indices=True)
    if not len(t):
        return None
    away_nm = GEOD.inv(a.lon[i], a.lat[i], b.lon[j], b.lat[j])[2] / NM_M
    apart_ft = np.abs(a.alt_ft[i] - b.alt_ft[j])
    least = int(np.argmin(away_nm))
    inside = (away_nm < nm) & (apart_ft < ft)
    longest = run = 0
    for each in inside:
        run = run + 1 if each else 0
        longest = max(longest, run)
    # A sample next to a limit may fall either way; episodes that touch it are not compared. Next to
    # it is what lies between two samples: a changed copy may fly very fast.
    slack_nm = max(0.02, _most_step(away_nm))
    slack_ft = max(20.0, _most_step(apart_ft))
    near = bool(np.any((np.abs(away_nm - nm) < slack_nm) | (np.abs(apart_ft - ft) < slack_ft)))
    east_nm = (a.lon[i] - b.lon[j]) * np.cos(np.radians(a.lat[i])) * 60
    north_nm = (a.lat[i] - b.lat[j]) * 60
    step_nm = np.hypot(np.diff(east_nm), np.diff(north_nm)).max(initial=0.0)
    return {
        "nm": away_nm[least], "t": t[least], "longest": longest, "near": near, "step_nm": step_nm,
    }  # fmt: skip


def _most_step(values: np.ndarray) -> float:
    """Return the most that a series changes from one sample to the next."""
    return float(np.abs(np.diff(values)).max(initial=0.0))


def _limit_ft(limit: Document | None, absent: float) -> float:
    if limit is None or limit["value"] is None or limit["ref"] == "SFC":
        return absent
    assert limit["ref"] == "ft MSL"
    return float(limit["value"])


def oracle_presence(zone: Document, track: Sampled) -> list[tuple[float, str]]:
    p = zone["properties"]
    outline = shapely.Polygon(zone["geometry"]["coordinates"][0])
    low = _limit_ft(p.get("lower"), -math.inf)
    high = _limit_ft(p.get("upper"), math.inf)
    start = seconds(p["applies_from"]) if p.get("applies_from") else -math.inf
    end = seconds(p["applies_to"]) if p.get("applies_to") else math.inf
    applies = (track.t >= start) & (track.t <= end)
    inside = shapely.contains_xy(outline, track.lon, track.lat)
    inside = (inside & (track.alt_ft >= low) & (track.alt_ft <= high))[applies]
    turns = np.flatnonzero(np.append(True, inside[1:] != inside[:-1])) if len(inside) else []
    t = track.t[applies]
    return [(float(t[k]), "inside" if inside[k] else "outside") for k in turns]


def oracle_crossings(line: Document, track: Sampled) -> list[tuple[float, str]]:
    """Return (second, side reached) of each second's step that crosses one edge of the line."""
    vertices = np.array(line["geometry"]["coordinates"], dtype=float)
    here = np.column_stack([track.lon[:-1], track.lat[:-1]])
    there = np.column_stack([track.lon[1:], track.lat[1:]])

    def is_left(a, b, c):
        return (b[..., 0] - a[..., 0]) * (c[..., 1] - a[..., 1]) >= (b[..., 1] - a[..., 1]) * (
            c[..., 0] - a[..., 0]
        )

    found = []
    for a, b in pairwise(vertices):
        apart = is_left(a, b, here) != is_left(a, b, there)
        crosses = apart & (is_left(here, there, a) != is_left(here, there, b))
        for k in np.flatnonzero(crosses):
            found.append((float(track.t[k]), "left" if is_left(a, b, there[k]) else "right"))
    return sorted(found)


def _flat(lon: float, lat: float):
    """Return a projection of longitudes and latitudes into a plane true from one point."""
    here = pyproj.Proj(proj="aeqd", lat_0=lat, lon_0=lon, ellps="WGS84")

    def dense(points: list[list[float]]) -> np.ndarray:
        line = shapely.segmentize(shapely.LineString([p[:2] for p in points]), 0.01)
        x, y = here(*np.array(line.coords).T)
        return np.column_stack([x, y])

    return dense


def oracle_distance_km(place: Document, shape: Document) -> float:
    lon, lat = place["geometry"]["coordinates"]
    dense = _flat(lon, lat)
    if shape["geometry"]["type"] == "LineString":
        return (
            shapely.LineString(dense(shape["geometry"]["coordinates"])).distance(
                shapely.Point(0, 0)
            )
            / 1000
        )
    outline = shapely.Polygon(dense(shape["geometry"]["coordinates"][0]))
    return outline.distance(shapely.Point(0, 0)) / 1000


def oracle_side(place: Document, line: Document) -> str:
    points = _flat(*place["geometry"]["coordinates"])(line["geometry"]["coordinates"])
    steps = shapely.linestrings(np.stack([points[:-1], points[1:]], axis=1))
    k = int(np.argmin(shapely.distance(steps, shapely.Point(0, 0))))
    (ax, ay), (bx, by) = points[k], points[k + 1]
    return "left" if (bx - ax) * (0 - ay) - (by - ay) * (0 - ax) > 0 else "right"


def check_encounters(found: Document, geometry: Document, nm: float, ft: float) -> None:
    tracks = {k: Sampled(f) for k, f in features(geometry, "track").items()}
    answers_by_pair = {tuple(e["pair"]): e for e in found["encounters"]}
    names = sorted(tracks)
    for i, a in enumerate(names):
        for b in names[i + 1 :]:
            wanted = oracle_encounter(tracks[a], tracks[b], nm, ft)
            if wanted is None:
                assert (a, b) not in answers_by_pair
                continue
            answer = answers_by_pair[a, b]
            # Samples a second apart miss the least by up to half of what the pair moves in one.
            late_nm = wanted["nm"] - answer["min_horizontal_nm"]
            assert -0.05 <= late_nm <= 0.02 + wanted["step_nm"] / 2
            if not wanted["near"]:
                assert answer["longest_s"] == pytest.approx(wanted["longest"], abs=2)
                assert (answer["verdict"] == "clear") == (wanted["longest"] == 0)


def check_presence(found: Document, geometry: Document) -> None:
    tracks = {k: Sampled(f) for k, f in features(geometry, "track").items()}
    for zone_id, zone in features(geometry, "zone", "ring", "notified_area").items():
        for name, track in tracks.items():
            wanted = oracle_presence(zone, track)
            got = found["presence"][zone_id].get(name, {"states": []})["states"]
            got = _without_blinks([(seconds(s["t"]), s["state"]) for s in got])
            wanted = _without_blinks(wanted)
            assert [s for _, s in got] == [s for _, s in wanted], (zone_id, name)
            for (t, _), (u, _) in zip(got, wanted, strict=True):
                assert abs(t - u) <= 5


def _without_blinks(states: list[tuple[float, str]]) -> list[tuple[float, str]]:
    """Return states without stays of 2 s or less, which samples may miss."""
    kept: list[tuple[float, str]] = []
    for k, (t, state) in enumerate(states):
        if k + 1 < len(states) and states[k + 1][0] - t <= 2 and kept:
            continue
        if not kept or kept[-1][1] != state:
            kept.append((t, state))
    return kept


def check_crossings(found: Document, geometry: Document) -> None:
    tracks = {k: Sampled(f) for k, f in features(geometry, "track").items()}
    for line_id, line in features(geometry, "directed_line").items():
        for name, track in tracks.items():
            wanted = oracle_crossings(line, track)
            got = found["crossings"][line_id][name]["crossings"]
            assert [c["to"] for c in got] == [side for _, side in wanted]
            for one, (t, _) in zip(got, wanted, strict=True):
                assert abs(seconds(one["t"]) - t) <= 5


def check_places(found: Document, geometry: Document) -> None:
    for place in features(geometry, "place").values():
        answer = found["places"][place["properties"].get("name", place["properties"]["id"])]
        for zone_id, zone in features(geometry, "zone", "ring", "notified_area").items():
            distance_km = oracle_distance_km(place, zone)
            assert answer["zones"][zone_id]["distance_km"] == pytest.approx(distance_km, abs=0.5)
            if answer["zones"][zone_id]["exclusion"] is None:
                nominal = "in" if distance_km == 0 else "out"
                assert answer["zones"][zone_id]["nominal"] == nominal
        for line_id, line in features(geometry, "directed_line").items():
            side = answer["boundaries"][line_id]
            distance_km = oracle_distance_km(place, line)
            assert side["distance_km"] == pytest.approx(distance_km, abs=0.5)
            if side["decided"] != "undecided":
                assert side["decided"] == oracle_side(place, line)
                uncertainty_m = line["properties"].get("uncertainty_m", 0)
                assert side["distance_km"] * 1000 > uncertainty_m
