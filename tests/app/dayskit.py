"""Traffic for tests of the batch study: where partitions have their edges, and with bad reports."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pyarrow.parquet
from pyproj import Geod

GEOD = Geod(ellps="WGS84")
MIDNIGHT_US = 1_538_352_000_000_000
"""2018-10-01T00:00:00Z."""
PLACES = {
    "north pole": (89.97, 20.0),
    "south pole": (-89.99, -120.0),
    "antimeridian": (-17.0, 179.98),
    "prime meridian": (51.0, 0.0),
    "cube corner": (math.degrees(math.asin(2 * 512.0 / 6371.0)), math.degrees(math.atan2(1, 2))),
    "equator": (0.0, 90.0),
}


def fleet(rng, place, *, aircraft=12, minutes=40, spread_m=10_000.0, prefix="a"):
    """Reports of aircraft that cross one place about midnight, as rows without order.

    The first two fly together all the time, a few hundred metres apart.
    """
    rows = []
    flown = None
    lat_deg, lon_deg = PLACES[place]
    for number in range(aircraft):
        name = f"{prefix}{number:05x}"
        towards, offset = rng.uniform(0, 360), rng.uniform(0, spread_m)
        lon, lat, _ = GEOD.fwd(lon_deg, lat_deg, rng.uniform(0, 360), offset)
        alt_ft = 30_000.0 + 250.0 * rng.integers(-2, 3)
        climb = rng.choice([0.0, 2.0])
        speed, middle_s = rng.uniform(20.0, 280.0), rng.uniform(-300, 300)
        if number == 1:
            lat, lon, towards, alt_ft, climb, speed, middle_s = flown
            lon, lat, _ = GEOD.fwd(lon, lat, 45.0, 400.0)
        flown = lat, lon, towards, alt_ft, climb, speed, middle_s
        first_s, last_s = middle_s - 30.0 * minutes, middle_s + 30.0 * minutes
        at_s = np.cumsum(rng.choice([1.0, 5.0, 12.5, 30.0, 59.0, 90.0], 400)) + first_s
        at_s = at_s[at_s < last_s]
        heights_ft = alt_ft + climb * (at_s - middle_s)
        far = speed * (at_s - middle_s)
        lons, lats, _ = GEOD.fwd(
            np.full(len(at_s), lon), np.full(len(at_s), lat), np.full(len(at_s), towards), far
        )
        lons = (np.asarray(lons) + 180.0) % 360.0 - 180.0
        rows += [
            {
                "timestamp": MIDNIGHT_US + round(t * 1e6), "icao24": name, "latitude": float(a),
                "longitude": float(b), "altitude": float(h), "onground": False,
            }
            for t, a, b, h in zip(at_s, lats, lons, heights_ft, strict=True)
        ]  # fmt: skip
    return rows


def spoiled(rng, rows):
    """The rows with what recordings have: jumps, empty positions, ground, repeats."""
    rows = [dict(row) for row in rows]
    for k in rng.choice(len(rows), len(rows) // 30, replace=False):
        rows[k]["latitude"] = -rows[k]["latitude"] / 2.0
    for k in rng.choice(len(rows), len(rows) // 40, replace=False):
        rows[k][str(rng.choice(["latitude", "altitude"]))] = math.nan
    for k in rng.choice(len(rows), len(rows) // 40, replace=False):
        rows[k]["onground"] = True
    again = rng.choice(len(rows), len(rows) // 20, replace=False)
    return rows + [dict(rows[k]) for k in again] + [dict(rows[again[0]])]


def table_of(rows, *, kind=None):
    """Rows as a table in order of time, with instants of a type."""
    rows = sorted(rows, key=lambda row: row["timestamp"])
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    us = pa.array(columns.pop("timestamp"), pa.int64())
    kind = kind or pa.timestamp("us", "UTC")
    return pa.table({"timestamp": us.cast(pa.timestamp("us")).cast(kind), **columns})


def write_days(folder, rows, *, row_group=500):
    """Rows in folders by day, two files each, as archives have them."""
    days = {}
    for row in rows:
        days.setdefault(row["timestamp"] // 86_400_000_000, []).append(row)
    for day, own in days.items():
        name = np.datetime64(day, "D").astype(str)
        own.sort(key=lambda row: row["timestamp"])
        for part, half in enumerate((own[::2], own[1::2])):
            path = folder / f"day={name}" / f"part-{part}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            pa.parquet.write_table(table_of(half), path, row_group_size=row_group)
    return folder
