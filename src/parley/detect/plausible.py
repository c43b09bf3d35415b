"""Whether a report can be true, beside what is known of its aircraft: pure arithmetic, no memory.

Here: how far a report lies from where its track could have got to, as a share of what is possible;
whether a place was renewed; whether two motions are alike. Never here: what is done about it.

The bound is what no aircraft outdoes, so that a report beyond it is a fault, a jump or a forgery:

- From a known motion it can turn or brake with `TURN_MPS2` and gain `THRUST_MPS2` along its way,
  and no further off its course than turning back on the spot: |off| <= min(a t² / 2, 2 v t +
  g t² / 2).
- Two places are wrong by `PLACE_SLACK_M` together, and feeds stamp them `TIME_SLACK_S` off (whole
  seconds, the time of reception instead of that of the fix): at a speed v that is v times as many
  metres.
- Without a known motion, or after a gap, only speed bounds it.

These bounds say nothing of a slow drift inside them: positions alone cannot show it.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from parley.detect.legs import MEAN_RADIUS_M, WGS84_A_M, WGS84_F

Three = tuple[float, float, float]

TURN_MPS2 = 60.0
"""Six g: what the most agile crewed aircraft pull for seconds."""
THRUST_MPS2 = 20.0
"""Two g along the way: a catapult aside, nothing gains speed faster."""
PLACE_SLACK_M = 400.0
"""200 m of error and quantisation each of the two places that are compared: GNSS, radar, MLAT."""
TIME_SLACK_S = 2.0
"""How far feeds stamp a place off the instant at which it was true."""
REACH_MPS = 400.0
"""Speed that is granted to anyone of unknown motion or after a gap; more to who flew faster."""
REACH_FACTOR = 1.5
CLIMB_MPS = 300.0
"""Faster up or down than any aircraft in steady flight."""
CLIMB_MPS2 = 40.0
HEIGHT_SLACK_M = 300.0
"""1,000 ft: receivers repeat a height for seconds in a climb, then give the newest at once."""
RENEWED_MPS = 15.0
"""Slower than this, the same place twice may be true: at `BRAKE_MPS2` it stands within 40 m."""
RENEWED_M = 20.0
"""What is flown between two reports of one place, if both were right: two quanta of ADS-B."""
BRAKE_MPS2 = 3.0
"""What helicopters, drones and landing aircraft brake with when nothing is wrong."""
HARD_BRAKE_MPS2 = 6.0
"""And when something is."""
ROUNDED_M = 110.0
"""Places in thousandths of a degree hide a stop as long as this: 1 km/h to 50 kt at the above."""
ALIKE_MPS = 30.0
ALIKE_SHARE = 0.4
STANDING_MPS = 20.0

_ECCENTRICITY_SQUARED = WGS84_F * (2.0 - WGS84_F)
_FLAT_DEG, _FLAT_LAT_DEG = 0.2, 70.0


class Known(NamedTuple):
    """Where an aircraft was last, when, and how it moved; None: not known, or too long ago."""

    at_us: int
    lat_deg: float
    lon_deg: float
    height_m: float | None
    motion_mps: Three | None


def place_share(known: Known, lat_deg: float, lon_deg: float, at_us: int) -> float:
    """Return how far a place is from where the aircraft can be, as a share of what it can fly.

    Up to 1 is possible, above it is not. The report must be later than what is known.

    An aircraft at 250 m/s, ten seconds later 2.5 km on, and 50 km off:

    >>> known = Known(0, 0.0, 0.0, None, (250.0, 0.0, 0.0))
    >>> round(place_share(known, 0.0, 0.0224578, 10_000_000), 3)
    0.0
    >>> place_share(known, 0.45, 0.0, 10_000_000) > 9
    True
    """
    span_s = (at_us - known.at_us) / 1e6
    east_m, north_m, straight_m = _offset_m(known.lat_deg, known.lon_deg, lat_deg, lon_deg)
    if known.motion_mps is None:
        return straight_m / _reach_m(0.0, span_s)
    east_mps, north_mps, _ = known.motion_mps
    speed_mps = math.sqrt(east_mps * east_mps + north_mps * north_mps)
    reach_m = _reach_m(speed_mps, span_s)
    if straight_m > reach_m:
        return straight_m / reach_m
    off_east_m, off_north_m = east_m - east_mps * span_s, north_m - north_mps * span_s
    turned_m = 0.5 * TURN_MPS2 * span_s * span_s
    slid_m = 2.0 * speed_mps * span_s + 0.5 * THRUST_MPS2 * span_s * span_s
    slack_m = PLACE_SLACK_M + TIME_SLACK_S * speed_mps + min(turned_m, slid_m)
    return math.sqrt(off_east_m * off_east_m + off_north_m * off_north_m) / slack_m


def height_share(known: Known, height_m: float, at_us: int) -> float:
    """Return how far a height is from where the aircraft can be, as a share; 0 if none is known.

    126,700 ft, the largest number of an old altitude code, two seconds after 36,000 ft:

    >>> level = Known(0, 0.0, 0.0, 10_972.8, (250.0, 0.0, 0.0))
    >>> height_share(level, 38_618.2, 2_000_000) > 30
    True
    """
    if known.height_m is None:
        return 0.0
    span_s = (at_us - known.at_us) / 1e6
    up_mps = 0.0 if known.motion_mps is None else known.motion_mps[2]
    most_m = CLIMB_MPS * (span_s + TIME_SLACK_S) + HEIGHT_SLACK_M
    if known.motion_mps is None or abs(up_mps) > CLIMB_MPS:
        return abs(height_m - known.height_m) / most_m
    off_m = abs(height_m - known.height_m - up_mps * span_s)
    climbed_m = 0.5 * CLIMB_MPS2 * span_s * span_s + TIME_SLACK_S * abs(up_mps) + HEIGHT_SLACK_M
    return off_m / min(most_m, climbed_m)


def is_reachable(known: Known, lat_deg: float, lon_deg: float, at_us: int) -> bool:
    """Return whether an aircraft gets there at all, on whatever course, at the speed granted it."""
    speed_mps = 0.0 if known.motion_mps is None else math.hypot(*known.motion_mps[:2])
    way_m = _offset_m(known.lat_deg, known.lon_deg, lat_deg, lon_deg)[2]
    return way_m <= _reach_m(speed_mps, max(at_us - known.at_us, 0) / 1e6)


def is_renewed(speed_mps: float, span_s: float) -> bool:
    """Return whether the place of before, reported again so much later, can be true.

    Receivers and feeds repeat a last place when they get no new one. At speed that is no report of
    where the aircraft is: to stand it would have had to brake on no way at all. True it is of who
    was slow, of who has not moved by more than a quantum yet, and of who had the time to brake in
    a way that rounded places hide.

    Args:
        speed_mps: how fast it was over the ground when the place was reported first.
        span_s: how long ago that was.

    An airliner on final approach and a helicopter, both at one place for ten seconds:

    >>> is_renewed(70.0, 10.0), is_renewed(24.0, 10.0)
    (False, True)
    """
    if speed_mps < RENEWED_MPS or speed_mps * span_s < RENEWED_M:
        return True
    hidden = speed_mps * speed_mps <= 2.0 * BRAKE_MPS2 * ROUNDED_M
    return hidden and span_s >= speed_mps / BRAKE_MPS2


def motion_over(before: Three, last: Three, span_s: float) -> Three:
    """Return east, north and up speed from one place to another, latitude, longitude, altitude.

    Good to a hundredth: for a look at reports, never for a prediction (`live.motion_between`).

    >>> motion = motion_over((47.0, 8.0, 0.0), (47.0, 8.02, 50.0), 10.0)
    >>> [round(speed, 1) for speed in motion]
    [152.1, 0.0, 5.0]
    """
    east_m, north_m, _ = _offset_m(before[0], before[1], last[0], last[1])
    return east_m / span_s, north_m / span_s, (last[2] - before[2]) / span_s


def is_alike(one_mps: Three, other_mps: Three) -> bool:
    """Return whether two motions are about as fast, whatever their direction."""
    one, other = (math.hypot(v[0], v[1]) for v in (one_mps, other_mps))
    return abs(one - other) <= max(ALIKE_MPS, ALIKE_SHARE * max(one, other))


def distance_m(lat0_deg: float, lon0_deg: float, lat1_deg: float, lon1_deg: float) -> float:
    """Return how far two places are apart, on the mean earth (0.6 %; near opposite ends 5 %)."""
    chord_m = _offset_m(lat0_deg, lon0_deg, lat1_deg, lon1_deg)[2]
    return 2.0 * MEAN_RADIUS_M * math.asin(min(chord_m / (2.0 * MEAN_RADIUS_M), 1.0))


def _reach_m(speed_mps: float, span_s: float) -> float:
    """Return how far an aircraft that flew so fast gets in a time, errors included."""
    return max(REACH_MPS, REACH_FACTOR * speed_mps) * (span_s + TIME_SLACK_S) + PLACE_SLACK_M


def surface_m(lat_deg: float, lon_deg: float) -> Three:
    """Return ECEF metres of a point on the ellipsoid (WGS-84)."""
    lat_rad, lon_rad = math.radians(lat_deg), math.radians(lon_deg)
    sin_lat, cos_lat = math.sin(lat_rad), math.cos(lat_rad)
    normal_m = WGS84_A_M / math.sqrt(1.0 - _ECCENTRICITY_SQUARED * sin_lat * sin_lat)
    return (
        normal_m * cos_lat * math.cos(lon_rad),
        normal_m * cos_lat * math.sin(lon_rad),
        normal_m * (1.0 - _ECCENTRICITY_SQUARED) * sin_lat,
    )


def _offset_m(
    lat0_deg: float, lon0_deg: float, lat1_deg: float, lon1_deg: float
) -> tuple[float, float, float]:
    """Return how far east and north of the first place the second lies, and the chord."""
    north_deg, east_deg = lat1_deg - lat0_deg, lon1_deg - lon0_deg
    if abs(north_deg) < _FLAT_DEG and abs(east_deg) < _FLAT_DEG and abs(lat0_deg) < _FLAT_LAT_DEG:
        # As flat between near places: 12 m off in 7.6 km at the end of this, 0.1 m in 1 km.
        cos_lat = math.cos(math.radians(0.5 * (lat0_deg + lat1_deg)))
        share = 1.0 - _ECCENTRICITY_SQUARED * (1.0 - cos_lat * cos_lat)
        normal_m = WGS84_A_M / math.sqrt(share)
        east_m = normal_m * cos_lat * math.radians(east_deg)
        north_m = normal_m * (1.0 - _ECCENTRICITY_SQUARED) / share * math.radians(north_deg)
        return east_m, north_m, math.sqrt(east_m * east_m + north_m * north_m)
    from_m, to_m = surface_m(lat0_deg, lon0_deg), surface_m(lat1_deg, lon1_deg)
    dx, dy, dz = to_m[0] - from_m[0], to_m[1] - from_m[1], to_m[2] - from_m[2]
    lat_rad, lon_rad = math.radians(lat0_deg), math.radians(lon0_deg)
    sin_lat, cos_lat = math.sin(lat_rad), math.cos(lat_rad)
    sin_lon, cos_lon = math.sin(lon_rad), math.cos(lon_rad)
    east_m = -sin_lon * dx + cos_lon * dy
    north_m = -sin_lat * cos_lon * dx - sin_lat * sin_lon * dy + cos_lat * dz
    return east_m, north_m, math.sqrt(dx * dx + dy * dy + dz * dz)
