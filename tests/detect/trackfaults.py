"""Tracks as they are flown, and the faults that recordings show, made here: no recording is copied.

A track is a list of `Shown`: what a report says, and when it comes in. `flown` makes one along a
geodesic with the errors of a good receiver; the others bend one. The likenesses are those of the
recordings that ../shared/notes/inputs.md names (`noisy_spoofing`: real GNSS spoofing over the
Baltic; `noisy_time_issue`: clock faults) and of what is published of GNSS interference since 2022:
aircraft are put on one airport or on a slow circle around it, for minutes, and come back.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
import pyproj

GEOD = pyproj.Geod(ellps="WGS84")
SECOND_US = 1_000_000
BEIRUT = (33.82, 35.49)


@dataclass(frozen=True)
class Shown:
    """One report as it reaches a node: times in seconds from the beginning of the track."""

    aircraft: str
    at_s: float
    received_s: float
    lat_deg: float
    lon_deg: float
    alt_m: float
    reference: str = "STD"
    feed: str | None = None


Track = list[Shown]


def flown(
    aircraft: str, *, start=(55.0, 20.0), course_deg=30.0, speed_mps=230.0, alt_m=10_972.8,
    climb_mps=0.0, seconds=600.0, every_s=1.0, noise_m=15.0, turn_degps=0.0, lag_s=0.3, seed=0,
) -> Track:  # fmt: skip
    """A geodesic (or a turn) with Gaussian errors of the place and heights in steps of 25 ft."""
    rng = np.random.default_rng(seed)
    lat, lon = start
    made = []
    for n in range(int(seconds / every_s) + 1):
        at_s = n * every_s
        shown_lon, shown_lat, _ = GEOD.fwd(
            lon, lat, rng.uniform(0, 360), abs(rng.normal(0.0, noise_m))
        )
        step_m = 25 * 0.3048
        height_m = round((alt_m + climb_mps * at_s) / step_m) * step_m
        made.append(Shown(aircraft, at_s, at_s + lag_s, shown_lat, shown_lon, height_m))
        lon, lat, back = GEOD.fwd(lon, lat, course_deg, speed_mps * every_s)
        course_deg = back + 180.0 + turn_degps * every_s
    return made


def _changed(track: Track, from_s: float, to_s: float, change: Callable[[Shown], Shown]) -> Track:
    return [change(s) if from_s <= s.at_s < to_s else s for s in track]


def jumped_to_point(track: Track, from_s: float, to_s: float, point=BEIRUT) -> Track:
    """Spoofing: the place is one airport, exactly, until it ends; heights stay (pressure)."""
    return _changed(track, from_s, to_s, lambda s: replace(s, lat_deg=point[0], lon_deg=point[1]))


def jumped_to_circle(
    track: Track, from_s: float, to_s: float, point=BEIRUT, radius_m=4_000.0, speed_mps=100.0
) -> Track:
    """Spoofing: the place runs on a slow circle around one point."""

    def there(s: Shown) -> Shown:
        turned_deg = math.degrees(speed_mps * s.at_s / radius_m)
        lon, lat, _ = GEOD.fwd(point[1], point[0], turned_deg % 360.0, radius_m)
        return replace(s, lat_deg=lat, lon_deg=lon)

    return _changed(track, from_s, to_s, there)


def shifted(track: Track, from_s: float, to_s: float, east_m: float) -> Track:
    """A jump sideways that goes on flying as before: a wrong fix that stays wrong."""

    def there(s: Shown) -> Shown:
        lon, lat, _ = GEOD.fwd(s.lon_deg, s.lat_deg, 90.0, east_m)
        return replace(s, lat_deg=lat, lon_deg=lon)

    return _changed(track, from_s, to_s, there)


def scattered(track: Track, from_s: float, to_s: float, within_m=400_000.0, seed=1) -> Track:
    """Spoofing that does not hold: the places jump about, as over the Baltic in 2024."""
    rng = np.random.default_rng(seed)

    def there(s: Shown) -> Shown:
        lon, lat, _ = GEOD.fwd(
            s.lon_deg, s.lat_deg, rng.uniform(0, 360), rng.uniform(0.1, 1.0) * within_m
        )
        return replace(s, lat_deg=lat, lon_deg=lon)

    return _changed(track, from_s, to_s, there)


def frozen(track: Track, from_s: float, to_s: float) -> Track:
    """The last place is reported over and over, dated anew."""
    last = [s for s in track if s.at_s < from_s][-1]
    return _changed(
        track, from_s, to_s, lambda s: replace(s, lat_deg=last.lat_deg, lon_deg=last.lon_deg)
    )


def slowed(
    aircraft: str, *, start=(55.0, 20.0), course_deg=30.0, speed_mps=60.0, brake_mps2=3.0,
    from_s=60.0, seconds=300.0, every_s=1.0, alt_m=300.0, lag_s=0.3,
) -> Track:  # fmt: skip
    """One that brakes to a hover; no errors of the place, so that it is the same to the digit."""
    made = []
    for n in range(int(seconds / every_s) + 1):
        at_s = n * every_s
        braked_s = min(max(at_s - from_s, 0.0), speed_mps / brake_mps2)
        way_m = speed_mps * (min(at_s, from_s) + braked_s) - 0.5 * brake_mps2 * braked_s**2
        lon, lat, _ = GEOD.fwd(start[1], start[0], course_deg, way_m)
        made.append(Shown(aircraft, at_s, at_s + lag_s, lat, lon, alt_m))
    return made


def rounded(track: Track, decimals: int) -> Track:
    """A receiver that gives so many decimals of a degree: 3 are 111 m."""
    return [
        replace(s, lat_deg=round(s.lat_deg, decimals), lon_deg=round(s.lon_deg, decimals))
        for s in track
    ]


def heights(track: Track, from_s: float, to_s: float, alt_m: float) -> Track:
    """A garbled height that stays for a while; the places are true."""
    return _changed(track, from_s, to_s, lambda s: replace(s, alt_m=alt_m))


def height_spikes(track: Track, every: int, alt_m=126_700 * 0.3048) -> Track:
    """Every so many reports one height is the largest number of the old altitude code."""
    return [replace(s, alt_m=alt_m) if n % every == every - 1 else s for n, s in enumerate(track)]


def clock_offset(track: Track, offset_s: float) -> Track:
    """All dates are off by so much; the places are right when they come in."""
    return [replace(s, at_s=s.at_s + offset_s) for s in track]


def clock_rate(track: Track, rate: float) -> Track:
    """The clock runs so many times as fast: 0.9 loses six seconds a minute."""
    return [replace(s, at_s=s.at_s * rate) for s in track]


def clock_step(track: Track, from_s: float, step_s: float) -> Track:
    """From some time on the dates are off by so much more."""
    return [replace(s, at_s=s.at_s + step_s) if s.at_s >= from_s else s for s in track]


def instants_repeated(track: Track, times: int) -> Track:
    """Dates move on only with every so many reports."""
    return [replace(s, at_s=track[n - n % times].at_s) for n, s in enumerate(track)]


def two_at_once(one: Track, other: Track) -> Track:
    """One id from two places in turn: two transponders with one address, or a forger beside it."""
    name = one[0].aircraft
    return merged([one, [replace(s, aircraft=name, at_s=s.at_s + 0.2, received_s=s.received_s + 0.2)
                         for s in other]])  # fmt: skip


def with_false(track: Track, at_s: float, place: tuple[float, float], date_s=0.0) -> Track:
    """One report more, of another place, dated so much off its reception."""
    near = min(track, key=lambda s: abs(s.at_s - at_s))
    false = replace(near, at_s=at_s + date_s, received_s=at_s, lat_deg=place[0], lon_deg=place[1])
    return merged([track, [false]])


def without(track: Track, from_s: float, to_s: float) -> Track:
    """A gap: nothing is heard."""
    return [s for s in track if not from_s <= s.at_s < to_s]


def merged(tracks: Iterable[Track]) -> Track:
    """All reports in the order in which they come in."""
    return sorted((s for t in tracks for s in t), key=lambda s: (s.received_s, s.aircraft, s.at_s))
