"""Pairs in straight flight by geographiclib alone: the oracle of predictions, and pairs for it.

Motion is the direct problem, distance the inverse one (Karney 2013). The rate of the distance is
the first variation of the geodesic between the two: the speeds along it at both ends. With it, the
nearest moment takes a few steps of Newton. Of `parley.detect` only the record of columns is used.
benchmarks/accuracy_runs.py has the same functions on many more pairs than a test can take.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from geographiclib.geodesic import Geodesic

from parley.detect.states import States

EARTH = Geodesic.WGS84
TOLERANCE_M = 0.01
"""Written again here: the oracle takes no constant from what it judges."""

_PLACE = Geodesic.LATITUDE | Geodesic.LONGITUDE | Geodesic.AZIMUTH
_APART = Geodesic.DISTANCE | Geodesic.AZIMUTH
_STEPS = 12
_SETTLED_M = 1e-6


@dataclass(frozen=True)
class Rule:
    """Minima, lookahead, and what flies under them: the fastest, the steepest climb."""

    horizontal_m: float
    vertical_m: float
    lookahead_s: float
    speed_mps: float
    climb_mps: float


JETS = Rule(9260.0, 304.8, 300.0, 330.0, 20.0)
DRONES = Rule(50.0, 15.0, 60.0, 20.0, 5.0)


class Flight:
    """One aircraft on its geodesic."""

    def __init__(self, states, row):
        self.alt_m, self.up_mps = float(states.alt_m[row]), float(states.up_mps[row])
        self.speed_mps = math.hypot(states.east_mps[row], states.north_mps[row])
        course_deg = math.degrees(math.atan2(states.east_mps[row], states.north_mps[row]))
        self.line = EARTH.Line(
            float(states.lat_deg[row]),
            float(states.lon_deg[row]),
            course_deg,
            _PLACE | Geodesic.DISTANCE_IN,
        )

    def at(self, at_s):
        """Return latitude, longitude and course in degrees."""
        place = self.line.Position(self.speed_mps * at_s, _PLACE)
        return place["lat2"], place["lon2"], place["azi2"]


def flights(states, a, b):
    """Return both flights of a pair."""
    return Flight(states, a), Flight(states, b)


def approach(one, other, at_s):
    """Return the horizontal distance, its rate, and the relative speed squared at a time."""
    lat_a, lon_a, course_a = one.at(at_s)
    lat_b, lon_b, course_b = other.at(at_s)
    between = EARTH.Inverse(lat_a, lon_a, lat_b, lon_b, _APART)
    angle_a = math.radians(course_a - between["azi1"])
    angle_b = math.radians(course_b - between["azi2"])
    along_mps = other.speed_mps * math.cos(angle_b) - one.speed_mps * math.cos(angle_a)
    across_mps = other.speed_mps * math.sin(angle_b) - one.speed_mps * math.sin(angle_a)
    return between["s12"], along_mps, along_mps * along_mps + across_mps * across_mps


def nearest(one, other, low_s, high_s):
    """Return the least horizontal distance between two times, ends included, and when it is."""
    ends = [(approach(one, other, at_s)[0], at_s) for at_s in (low_s, high_s)]
    at_s = 0.5 * (low_s + high_s)
    seen = []
    for _ in range(_STEPS):
        apart_m, rate_mps, squared = approach(one, other, at_s)
        seen.append((apart_m, at_s))
        if squared <= 1e-12:
            break
        # In a plane this is the nearest moment itself; the earth's bend leaves a little to repeat.
        next_s = min(max(at_s - apart_m * rate_mps / squared, low_s), high_s)
        if abs(next_s - at_s) * math.sqrt(squared) < _SETTLED_M:
            break
        at_s = next_s
    return min(ends + seen)


def level_time_s(one, other, vertical_m, lookahead_s):
    """Return from when to when the vertical distance is below a limit, or None if never."""
    first_m, climb_mps = other.alt_m - one.alt_m, other.up_mps - one.up_mps
    if vertical_m <= 0.0:
        return None
    if climb_mps == 0.0:
        return (0.0, lookahead_s) if abs(first_m) < vertical_m else None
    times_s = sorted(((-vertical_m - first_m) / climb_mps, (vertical_m - first_m) / climb_mps))
    low_s, high_s = max(times_s[0], 0.0), min(times_s[1], lookahead_s)
    return (low_s, high_s) if low_s < high_s else None


def least_inside_m(one, other, vertical_m, lookahead_s):
    """Return the least horizontal distance while below a vertical limit; infinite if never."""
    during = level_time_s(one, other, vertical_m, lookahead_s)
    return math.inf if during is None else nearest(one, other, *during)[0]


def loses(pair, rule, more_m=0.0, tolerance_m=TOLERANCE_M):
    """Return whether a pair loses separation, if both minima were `more_m` larger."""
    horizontal_m = rule.horizontal_m - tolerance_m + more_m
    vertical_m = rule.vertical_m - tolerance_m + more_m
    return least_inside_m(*pair, vertical_m, rule.lookahead_s) < horizontal_m


EXCUSES_M = (1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1.0)


def off_the_limit_m(pair, rule, said):
    """Return how far from the limits a decision is still right: 0 if it is right, else one of
    `EXCUSES_M`, or infinity where it is wrong by more than a metre."""
    for more_m in (0.0, *EXCUSES_M):
        if loses(pair, rule, more_m if said else -more_m) == said:
            return more_m
    return math.inf


# --- pairs to judge by ---------------------------------------------------------------------------


def meeting(place, bearing_deg, miss_m, at_s, courses_deg, speeds_mps):
    """Return rows of lat, lon, course now of two, `miss_m` apart at `at_s`; courses then."""
    lat_deg, lon_deg = place
    away = EARTH.Direct(lat_deg, lon_deg, bearing_deg, miss_m)
    rows = []
    for lat, lon, course, speed_mps in zip(
        (lat_deg, away["lat2"]), (lon_deg, away["lon2"]), courses_deg, speeds_mps, strict=True
    ):
        # A negative distance runs the geodesic backwards; its azimuth there is the course there.
        back = EARTH.Direct(lat, lon, course, -speed_mps * at_s)
        rows.append((back["lat2"], back["lon2"], back["azi2"]))
    return rows


PLACES = ("anywhere", "75 to 85 degrees", "poles", "antimeridian")


def draw_place(draw, where):
    """Return latitude and longitude of a place of one kind."""
    lat_deg = math.degrees(math.asin(draw.uniform(-1.0, 1.0)))
    lon_deg = draw.uniform(-180.0, 180.0)
    sign = draw.choice((-1.0, 1.0))
    if where == "75 to 85 degrees":
        return sign * draw.uniform(75.0, 85.0), lon_deg
    if where == "poles":
        # Within 55 km of the pole: what flies there crosses it or passes beside it.
        return sign * (90.0 - 0.5 * draw.uniform(0.0, 1.0) ** 2), lon_deg
    if where == "antimeridian":
        return lat_deg, sign * (180.0 - 0.05 * draw.uniform(0.0, 1.0))
    return lat_deg, lon_deg


def draw_miss_m(draw, rule):
    """Return a distance of closest approach: to twice the minimum, often next to it."""
    kind = draw.integers(4)
    if kind < 2:
        return rule.horizontal_m - TOLERANCE_M + draw.uniform(-1.0, 1.0) * (3.0, 0.005)[kind]
    return draw.uniform(0.0, 2.0 * rule.horizontal_m)


def draw_heights_m(draw, rule, at_s):
    """Return altitudes now and climbs of a pair: level, at the minimum itself, climbing through."""
    base_m = 10.0 * rule.vertical_m
    kind = draw.integers(4)
    if kind == 0:
        return (base_m, base_m + draw.uniform(-1.0, 1.0) * rule.vertical_m), (0.0, 0.0)
    if kind == 1:
        off_m = rule.vertical_m + draw.choice((0.0, 1e-9, -1e-9, -0.02, 0.02, 2.0, -2.0))
        return (base_m, base_m + draw.choice((-1.0, 1.0)) * off_m), (0.0, 0.0)
    climbs_mps = draw.uniform(-rule.climb_mps, rule.climb_mps, 2)
    then_m = draw.uniform(-2.0, 2.0) * rule.vertical_m
    other_m = base_m + then_m - (climbs_mps[1] - climbs_mps[0]) * at_s
    return (base_m, other_m), tuple(climbs_mps)


def draw_speeds_mps(draw, rule):
    """Return two speeds: like jets, one slow, one standing still, or the same."""
    kind = draw.integers(5)
    one, other = draw.uniform(0.3, 1.0, 2) * rule.speed_mps
    if kind == 0:
        return one, 0.1 * other
    if kind == 1:
        return one, 0.0
    if kind == 2:
        return one, one
    return one, other


def draw_pairs(seed, count, rule, *, level=False, place=None):
    """Return the states of `count` enriched pairs (rows 2 k and 2 k + 1) and the place of each."""
    draw = np.random.default_rng(seed)
    rows, places = [], []
    for _ in range(count):
        where = place or PLACES[draw.choice(4, p=(0.4, 0.2, 0.2, 0.2))]
        spot = draw_place(draw, where)
        courses_deg = draw.uniform(0.0, 360.0, 2)
        speeds_mps = draw_speeds_mps(draw, rule)
        at_s = draw.uniform(-0.1, 1.1) * rule.lookahead_s
        east, north = (
            speeds_mps[1] * turn(math.radians(courses_deg[1]))
            - speeds_mps[0] * turn(math.radians(courses_deg[0]))
            for turn in (math.sin, math.cos)
        )
        # Square to the relative motion: then the distance drawn is the closest approach, nearly.
        bearing_deg = math.degrees(math.atan2(east, north)) + draw.choice((-90.0, 90.0))
        flown = meeting(spot, bearing_deg, draw_miss_m(draw, rule), at_s, courses_deg, speeds_mps)
        alts_m, climbs_mps = draw_heights_m(draw, rule, at_s)
        if level:
            alts_m, climbs_mps = (1000.0, 1000.0), (0.0, 0.0)
        for k, (lat_deg, lon_deg, course_deg) in enumerate(flown):
            course = math.radians(course_deg)
            level_mps = speeds_mps[k] * math.sin(course), speeds_mps[k] * math.cos(course)
            rows.append((lat_deg, lon_deg, alts_m[k], *level_mps, climbs_mps[k]))
        places.append(where)
    return States(*np.array(rows).T), places
