"""A synthetic month of traffic in Parquet by day: rows per second, memory, one and two workers.

Run: .venv/bin/python benchmarks/bench_study.py [--days 3] [--reports 1000000] [--folder DIR]
Each run is a process of its own; CPU seconds and the peak of resident memory are those of the whole
tree of processes, told by the system when they end. The machine is shared, so CPU time and ratios
count, and the load average is printed. The first day is studied unpartitioned as well, and its rows
must be the same as those of many partitions, else no figure is printed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
from pyproj import Geod

from parley.app.kernel_cache import keep_kernels

GEOD = Geod(ellps="WGS84")
FIRST_US = 1_538_352_000_000_000
EVERY_S = 10
FLIGHT_REPORTS = 500


def write_day(path: Path, day: int, reports: int) -> None:
    """Flights of 83 minutes over Europe, on levels, one report each 10 s."""
    rng = np.random.default_rng(day)
    flights = max(reports // FLIGHT_REPORTS, 2)
    start_s = rng.uniform(0, 86_400 - FLIGHT_REPORTS * EVERY_S, flights)
    lat, lon = rng.uniform(36, 60, flights), rng.uniform(-10, 30, flights)
    towards, speed_mps = rng.uniform(0, 360, flights), rng.uniform(180, 260, flights)
    level_ft = rng.integers(280, 410, flights) * 100.0
    step = np.arange(FLIGHT_REPORTS) * float(EVERY_S)
    flight = np.repeat(np.arange(flights), FLIGHT_REPORTS)
    at_s = start_s[flight] + np.tile(step, flights)
    lons, lats, _ = GEOD.fwd(
        lon[flight], lat[flight], towards[flight], speed_mps[flight] * np.tile(step, flights)
    )
    order = np.argsort(at_s, kind="stable")
    names = np.array([f"{day:02x}{k:04x}" for k in range(flights)])
    t_us = FIRST_US + day * 86_400_000_000 + np.rint(at_s * 1e6).astype(np.int64)
    table = pa.table(
        {
            "timestamp": pa.array(t_us[order]).cast(pa.timestamp("us", "UTC")),
            "icao24": names[flight[order]],
            "latitude": np.asarray(lats)[order],
            "longitude": (np.asarray(lons)[order] + 180.0) % 360.0 - 180.0,
            "altitude": pa.array(level_ft[flight[order]].astype(np.float32)),
            "onground": np.zeros(len(order), dtype=bool),
        }
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    pyarrow.parquet.write_table(table, path, compression="zstd", row_group_size=100_000)


def peak_bytes(pid: int) -> int:
    """Resident memory now of a process and all under it."""
    total = 0
    todo = [pid]
    while todo:
        one = todo.pop()
        try:
            children = Path(f"/proc/{one}/task/{one}/children").read_text().split()
            pages = int(Path(f"/proc/{one}/statm").read_text().split()[1])
        except (OSError, IndexError):
            continue
        total += pages * resource.getpagesize()
        todo += [int(child) for child in children]
    return total


def run(arguments: list[str]) -> tuple[float, float, int, str]:
    """Return wall and CPU seconds, peak of the tree's memory and a digest of the rows."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    digest = hashlib.sha256()
    command = [sys.executable, "-m", "parley", "detect", *arguments, "--json"]
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.PIPE)
        peak = 0
        while process.poll() is None:
            peak = max(peak, peak_bytes(process.pid))
            time.sleep(0.05)
        wall_s = time.perf_counter() - start
        said = process.stderr.read().decode() if process.stderr else ""
        if process.returncode:
            raise SystemExit(said)
        out.seek(0)
        rows = 0
        for line in out:
            json.loads(line)
            digest.update(line)
            rows += 1
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall_s, cpu_s, peak, f"{rows} rows, {digest.hexdigest()[:16]}"


def tell(what: str, reports: int, figures: tuple[float, float, int, str]) -> None:
    wall_s, cpu_s, peak, found = figures
    print(
        f"{what:<34} {wall_s:7.1f} s wall {cpu_s:7.1f} s CPU "
        f"{reports / cpu_s:>10,.0f} reports/s CPU {peak / 1e6:7.0f} MB peak  {found}  "
        f"load {os.getloadavg()[0]:.1f}",
        flush=True,
    )


def main() -> None:
    keep_kernels()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=3)
    parser.add_argument("--reports", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = options.folder or Path(made)
        for day in range(options.days):
            name = np.datetime64("2018-10-01") + day
            path = folder / f"day={name}" / "part-0.parquet"
            if not path.exists():
                write_day(path, day, options.reports)
        days = sorted(folder.rglob("*.parquet"))
        first = str(days[0])
        one = pyarrow.parquet.read_metadata(first).num_rows
        every = sum(pyarrow.parquet.read_metadata(day).num_rows for day in days)
        warmed = run([first, "--minima", "0.1NM,100ft"])
        print(f"{len(days)} days of {one:,} reports; warmed in {warmed[0]:.1f} s", flush=True)
        whole = run([first])
        tell("a day unpartitioned", one, whole)
        parts = run([first, "--workers", "1", "--partition-rows", str(max(one // 8, 1000))])
        tell("a day in partitions", one, parts)
        if whole[3] != parts[3]:
            raise SystemExit("NOT the same rows: no figure counts")
        for workers in ("1", "2"):
            use = ["--workers", workers, "--memory", f"{3 * int(workers)}GB"]
            tell(f"{len(days)} days, {workers} workers", every, run([str(folder), *use]))
        small = ["--workers", "1", "--memory", "1GB"]
        tell(f"{len(days)} days in 1 GB", every, run([str(folder), *small]))


if __name__ == "__main__":
    main()
