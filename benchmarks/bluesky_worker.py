"""Runs BlueSky's own detectors, inside BlueSky's own environment: bench_prediction.py starts it.

Reads one job a line from stdin, as JSON: {"traffic": FILE.npz, "detector": "cpp" | "numpy",
"runs": N, "horizontal_m": .., "vertical_m": .., "lookahead_s": .., "pairs": FILE.npy}. Writes the
directed pairs of rows that it found to the `pairs` file, and a line to stdout that begins with
RESULT and is JSON: CPU seconds of each run, the number of pairs, the most memory that the process
has held, versions. Other lines are BlueSky's own talk.

Imports nothing of Parley: numpy and bluesky are all there is in that environment.
"""

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np

LEAST_S, RUNS_MAX = 0.5, 500
"""As in detection_report.py, which does not exist in this environment."""


class Aircraft:
    """What the detectors ask of BlueSky's traffic object, ownship and intruder alike."""

    def __init__(self, columns):
        self.lat, self.lon, self.alt = (columns[k] for k in ("lat_deg", "lon_deg", "alt_m"))
        self.trk, self.gs, self.vs = (columns[k] for k in ("track_deg", "speed_mps", "up_mps"))
        self.ntraf = len(self.lat)
        # Names as BlueSky gives them; rows are read from them again after the clock has stopped.
        self.id = [f"AC{row}" for row in range(self.ntraf)]


def detector(name):
    """Return a function of (ownship, intruder, rpz, hpz, lookahead)."""
    from bluesky.traffic.asas import cstatebased, statebased

    if name == "cpp":
        return cstatebased.detect
    # Its method reads nothing of its object, and making that object starts a simulator.
    return lambda *given: statebased.StateBased.detect(None, *given)


def peak_bytes():
    """Return the most memory this process has held; not `ru_maxrss`, which exec hands down."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return None


def work(job):
    with np.load(job["traffic"]) as file:
        aircraft = Aircraft({name: np.ascontiguousarray(file[name]) for name in file.files})
    limits = [
        np.full(aircraft.ntraf, job[name]) for name in ("horizontal_m", "vertical_m", "lookahead_s")
    ]
    detect = detector(job["detector"])
    cpu_s = []
    found = None
    while len(cpu_s) < job["runs"] or (sum(cpu_s) < LEAST_S and len(cpu_s) < RUNS_MAX):
        start_s = time.process_time()
        found = detect(aircraft, aircraft, *limits)
        cpu_s.append(time.process_time() - start_s)
    pairs = [(int(one[2:]), int(other[2:])) for one, other in found[0]]
    np.save(job["pairs"], np.array(pairs, dtype=np.int64).reshape(-1, 2))
    return {"cpu_s": cpu_s, "directed": len(pairs), "peak_bytes": peak_bytes()}


def main():
    # Division by zero and the like inside BlueSky are its answer, not news.
    np.seterr(all="ignore")
    versions = {name: version(name) for name in ("bluesky-simulator", "numpy")}
    for line in sys.stdin:
        result = work(json.loads(line)) | {"versions": versions}
        print("RESULT", json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
