"""Pairs for the tests of well clear: golden rows, random encounters, every degenerate kind."""

from __future__ import annotations

import io
import lzma

import numpy as np
import pyarrow.csv

from parley.detect.orthographic import project_pairs
from parley.detect.states import States
from parley.detect.well_clear import (
    BUFFERED,
    CYLINDER,
    NONCOOPERATIVE,
    PHASE1,
    PHASE1_PREVENTIVE,
    PHASE1_TCPA,
    PHASE1_TEP,
    PHASE1_VMOD,
    PHASE2,
    VOLUMES,
    Motions,
)
from shared_data import shared

GOLDEN_VOLUMES = {
    "prev": PHASE1_PREVENTIVE,
    "dwc1": PHASE1,
    "dwc2": PHASE2,
    "noncoop": NONCOOPERATIVE,
    "buf": BUFFERED,
    "tcpa": PHASE1_TCPA,
    "tep": PHASE1_TEP,
    "vmod20": PHASE1_VMOD,
    "cyl5nm": CYLINDER,
}
GEODETIC = tuple(name for name in GOLDEN_VOLUMES if name not in ("tcpa", "tep", "vmod20"))
GOLDEN_ALERTERS = {"phase1": "phase1", "phase2": "phase2", "noncoop": "noncooperative"}


def golden(kind):
    """The columns of ../shared/golden for `xyz` or `geo`: NaN where a cell is empty."""
    path = shared(f"golden/daidalus_detect_{kind}_open.csv.xz")
    with lzma.open(path) as packed:
        table = pyarrow.csv.read_csv(io.BytesIO(packed.read()))
    columns = {name: table[name].to_numpy() for name in table.column_names if name != "class"}
    floats = {name: column.astype(np.float64) for name, column in columns.items()}
    return {**floats, "class": np.array(table["class"].to_pylist())}


def flat_motions(rows):
    """Relative motion of the flat golden rows, intruder minus ownship."""
    names = [f"{axis}_m" for axis in "xyz"] + [f"{axis}_ms" for axis in ("ve", "vn", "vz")]
    return Motions(*(rows[f"int_{name}"] - rows[f"own_{name}"] for name in names))


def geodetic_pairs(rows):
    """The projected pairs of the geodetic golden rows."""
    names = ("lat_deg", "lon_deg", "alt_m", "ve_ms", "vn_ms", "vz_ms")
    both = (np.concatenate((rows[f"own_{name}"], rows[f"int_{name}"])) for name in names)
    pairs = np.arange(len(rows["id"]))
    return project_pairs(States(*both), pairs, pairs + len(pairs))


def encounters(count, seed):
    """Random encounters: fast and slow, near and far, many within metres of a threshold."""
    draw = np.random.default_rng(seed)
    speed = draw.choice([250.0, 30.0, 1.0], count) * draw.random(count)
    course = draw.uniform(-np.pi, np.pi, count)
    at_s = draw.uniform(-60.0, 240.0, count)
    miss = draw.choice([1852.0, 1222.32, 670.56, 457.2, 0.0, 9260.0, 3000.0], count)
    miss = miss * draw.choice([1.0, 1.0, draw.random()], count) + draw.normal(0, 2.0, count)
    height = draw.choice([137.16, 213.36, 304.8, 0.0, 500.0], count) + draw.normal(0, 1.0, count)
    climb = draw.choice([0.0, 1.0, 5.0, 15.0], count) * draw.uniform(-1, 1, count)
    u, v = speed * np.sin(course), speed * np.cos(course)
    x, y = -u * at_s + miss * np.cos(course), -v * at_s - miss * np.sin(course)
    z = height * draw.choice([-1.0, 1.0], count) - climb * draw.uniform(-60.0, 200.0, count)
    return Motions(x, y, z, u, v, climb)


def degenerate():
    """Every kind of pair that stands on an edge: still, equal, head-on, vertical, on the limit."""
    distances = [0.0]
    heights = [0.0]
    for volume in VOLUMES.values():
        distances += [
            volume.dthr_m,
            np.nextafter(volume.dthr_m, 0),
            np.nextafter(volume.dthr_m, 1e9),
        ]
        heights += [volume.zthr_m, np.nextafter(volume.zthr_m, 0), np.nextafter(volume.zthr_m, 1e9)]
    rows = [
        (x, y, z, u, v, w)
        for distance in distances
        for x, y in ((distance, 0.0), (0.0, -distance), (distance + 9_000.0, distance))
        for z in (*heights, *(-height for height in heights[1:4]))
        for u, v in ((0.0, 0.0), (-100.0, 0.0), (100.0, 0.0), (0.0, 50.0), (5e-324, -1e-170))
        for w in (0.0, 4.0, -4.0, 5e-324)
    ]
    return Motions(*np.array(sorted({*rows}), dtype=np.float64).T)
