"""Detection against BlueSky's detectors, on the same traffic in the same run, sets first.

Run: .venv/bin/python benchmarks/bench_prediction.py [--quick] [--full] [--all] [--json FILE]
One command prints the detection rows of the goals: CPU seconds of one thread (the least of a few
runs), ours and theirs; the pairs that both found and that only one found; a ratio only where the
sets are equal, else the differences by cause; the WGS-84 kernel beside the flat one; memory and
growth of pictures that are too large for any other.

BlueSky (bluesky-simulator, MIT) is installed by this command, with pip, into an environment of its
own (--bluesky FOLDER, by default build/bluesky). Where that is impossible, ours is printed alone
and marked so. --quick stops at 5,000 aircraft. --full adds BlueSky's C++ at 100,000 (minutes) and
its numpy detector at 5,000 (6 GB). --all runs the other benchmarks of detection and the long
accuracy runs as well.

Ends with 1 if a difference of sets has no cause that is known; never because something was slow.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

# One thread on both sides: before numpy and numba are loaded, here and in what is started here.
os.environ |= dict.fromkeys(("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")

import detection_causes as causes
import numpy as np
import traffic_sets as sets
from bluesky_rival import FOLDER, BlueSky, bluesky_python
from detection_report import Report, cpu_s, machine, peak_bytes

from parley.app.kernel_cache import keep_kernels
from parley.detect.all_pairs import flat_conflicts, predict_all, warm

HERE = Path(__file__).resolve().parent
TRACKS = HERE.parents[1] / "shared" / "data" / "tracks"
OTHERS = (
    "bench_well_clear.py", "bench_live.py", "bench_alerts.py", "bench_study.py", "accuracy_runs.py",
)  # fmt: skip
TIMES_ITS_CPP = {
    ("Europe", 5_000): 400,
    ("Europe", 10_000): 600,
    ("Europe", 20_000): 1_000,
    ("city drones", 20_000): 1_500,
}
LARGE_S = {100_000: 0.15, 1_000_000: 2.0}
LARGE_GB = 0.5
TIMES_FLAT = 2.0
TIMES_LINEAR = 1.15
SAMPLE = 100


# --- ours ----------------------------------------------------------------------------------------


def flat_call(traffic, rule):
    """Return a call that finds the pairs by BlueSky's own definition."""
    columns = (traffic.lat_deg, traffic.lon_deg, traffic.alt_m, *traffic.level_mps, traffic.up_mps)
    return lambda: flat_conflicts(*columns, **asdict(rule))


def wgs84_call(traffic, rule):
    """Return a call that finds the pairs on the ellipsoid."""
    states = traffic.states()
    minima = rule.horizontal_m, rule.vertical_m
    return lambda: predict_all(states, minima, lookahead_s=rule.lookahead_s)


CALLS = {"flat": flat_call, "wgs84": wgs84_call}


def pairs_of(answer):
    """Return the (k, 2) rows of either kind of answer."""
    if hasattr(answer, "rows"):
        return np.stack((answer.rows["a"], answer.rows["b"]), axis=1)
    return answer[0] if isinstance(answer, tuple) else answer


# --- beside BlueSky ------------------------------------------------------------------------------


def chosen_sets(options):
    """Yield name, traffic and rule of each set that is small enough for BlueSky's C++."""
    sizes = [500, 1_000, 2_000, 5_000] + ([] if options.quick else [10_000, 20_000])
    for count in sizes:
        yield "Europe", sets.europe(count), sets.EN_ROUTE
    for count in sizes[2:]:
        yield "city drones", sets.city(count), sets.CITY
    yield "world", sets.world(5_000 if options.quick else 20_000), sets.EN_ROUTE
    yield "poles, antimeridian", sets.seams(5_000), sets.EN_ROUTE
    yield "formations", sets.formations(5_000), sets.EN_ROUTE
    for name in ("switzerland", "quickstart"):
        path = TRACKS / f"{name}.parquet"
        if path.exists():
            yield f"recorded {name}", sets.recorded(path, 1), sets.EN_ROUTE
            yield f"overlaid {name}", sets.recorded(path, 60), sets.EN_ROUTE
        else:
            print(f"recorded {name}: ../shared/data/tracks/{path.name} is not here, left out")
    if options.full:
        yield "world", sets.world(100_000), sets.EN_ROUTE


def against_bluesky(report, options, bluesky):
    """Print ours and its C++ by its own definition, set by set."""
    print("\nBy BlueSky's definition (a flat plane per pair, strict <), CPU ms: ours, its C++")
    print(
        f"{'set':21}{'aircraft':>9}{'ours':>10}{'C++':>11}{'ratio':>8}{'goal':>7}{'both':>8}"
        f"{'only ours':>11}{'only C++':>10}  SHA-256 of the set"
    )
    for name, traffic, rule in chosen_sets(options):
        count = len(traffic)
        ours_s, answer = cpu_s(flat_call(traffic, rule), 5)
        line = f"{name:21}{count:9,}{1e3 * ours_s:10.3f}"
        figures = {"set": name, "count": count, "ours_s": ours_s, "sha256": traffic.sha256()}
        if bluesky is None:
            found = len(causes.keys(pairs_of(answer), count))
            report.row("flat", f"{line}{'OURS ALONE':>19}; {found:,} pairs", **figures)
            continue
        runs = 1 if options.quick or count > 20_000 else 2 if count > 5_000 else 5
        theirs, their_pairs = bluesky(traffic, rule, "cpp", runs)
        theirs_s = min(theirs["cpu_s"])
        both, *only = causes.compared(pairs_of(answer), their_pairs, count)
        equal = not len(only[0]) and not len(only[1])
        goal = TIMES_ITS_CPP.get((name, count))
        report.row(
            "flat",
            f"{line}{1e3 * theirs_s:11.2f}{f'{theirs_s / ours_s:,.0f}' if equal else 'unequal':>8}"
            f"{goal or '':>7}{both:8,}{len(only[0]):11,}{len(only[1]):10,}  "
            f"{figures['sha256'][:12]}",
            **figures, bluesky_s=theirs_s, both=both, only=[len(each) for each in only],
        )  # fmt: skip
        report.differences(causes.bluesky_causes(traffic, rule, np.concatenate(only)))
        if goal:
            ratio = theirs_s / ours_s if equal else 0.0
            report.goal(f"{name} {count:,}: times its C++, sets equal", ratio, least=goal)


def numpy_rows(report, options, python, folder):
    """Print BlueSky's numpy detector: time, memory, and where it differs from its own C++."""
    print("\nBlueSky's numpy detector on Europe, and its pairs beside those of its own C++")
    for count in (500, 1_000, 2_000, *((5_000,) if options.full else ())):
        traffic, rule = sets.europe(count), sets.EN_ROUTE
        ours_s, _ = cpu_s(flat_call(traffic, rule), 5)
        # A process of its own each time: the most memory that it held is then this size's.
        bluesky = BlueSky(python, folder)
        _, cpp_pairs = bluesky(traffic, rule, "cpp", 1)
        theirs, pairs = bluesky(traffic, rule, "numpy", 2)
        bluesky.close()
        theirs_s = min(theirs["cpu_s"])
        both, *only = causes.compared(pairs, cpp_pairs, count)
        report.row(
            "numpy",
            f"  {count:6,}: {1e3 * theirs_s:9.1f} ms and {theirs['peak_bytes'] / 1e6:6,.0f} MB, "
            f"ours {1e3 * ours_s:.3f} ms; pairs both {both}, only numpy {len(only[0])}, only C++ "
            f"{len(only[1])}",
            count=count, numpy_s=theirs_s, peak_bytes=theirs["peak_bytes"], ours_s=ours_s,
        )  # fmt: skip
        report.differences(causes.bluesky_causes(traffic, rule, np.concatenate(only)))


def wgs84_rows(report, options):
    """Print the WGS-84 kernel beside the flat one, and why their sets differ."""
    print("\nWGS-84 with the tolerance of 0.01 m beside the flat plane, both ours: CPU ms, ratio")
    for name, traffic, rule in chosen_sets(options):
        if name != "Europe" or len(traffic) >= 2_000:
            compare_geometries(report, name, traffic, rule)
    if not options.quick and not options.full:
        compare_geometries(report, "world", sets.world(100_000), sets.EN_ROUTE)


def compare_geometries(report, name, traffic, rule):
    """Print one set in both geometries."""
    count = len(traffic)
    flat_s, flat = cpu_s(flat_call(traffic, rule), 5)
    wgs84_s, wgs84 = cpu_s(wgs84_call(traffic, rule), 5)
    both, only_wgs84, only_flat = causes.compared(pairs_of(wgs84), pairs_of(flat), count)
    report.row(
        "wgs84",
        f"{name:21}{count:9,}{1e3 * wgs84_s:10.3f}{wgs84_s / flat_s:8.2f} x; pairs both {both:,}, "
        f"only WGS-84 {len(only_wgs84):,}, only flat {len(only_flat):,}",
        set=name, count=count, wgs84_s=wgs84_s, flat_s=flat_s, both=both,
    )  # fmt: skip
    report.differences(causes.geodesic_causes(traffic, rule, only_flat, only_wgs84))
    if count >= 20_000:
        report.goal(f"{name} {count:,}: WGS-84, times flat", wgs84_s / flat_s, most=TIMES_FLAT)


# --- large pictures ------------------------------------------------------------------------------


def alone(path, geometry):
    """Print, as JSON, what a picture costs a process that does nothing else."""
    with np.load(path) as file:
        traffic = sets.Traffic(**{name: file[name] for name in file.files})
    call = CALLS[geometry](traffic, sets.EN_ROUTE)
    warm()
    before = peak_bytes()
    seconds, answer = cpu_s(call, 3)
    after = peak_bytes()
    np.save(path.with_suffix(".npy"), pairs_of(answer))
    print(json.dumps({"cpu_s": seconds, "before_bytes": before, "peak_bytes": after}))


def measured_alone(folder, traffic, geometry):
    """Return the figures of `alone` in a new process, and the pairs."""
    path = folder / "large.npz"
    np.savez(path, **traffic.columns())
    command = [sys.executable, __file__, "--alone", path, geometry]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{geometry} at {len(traffic):,}: {done.stderr}")
    return json.loads(done.stdout), np.load(path.with_suffix(".npy"))


def large_rows(report, folder):
    """Print time and memory at sizes that no other detector can be asked for."""
    print("\nLarge pictures, each in a process of its own: CPU s, memory of the whole process")
    for count, most_s in LARGE_S.items():
        traffic = sets.world(count)
        for geometry in CALLS:
            figures, pairs = measured_alone(folder, traffic, geometry)
            differ, judged = sample_differs(traffic, geometry, pairs)
            report.unexplained += differ
            gigabytes = figures["peak_bytes"] / 1e9
            report.row(
                "large",
                f"world {count:10,} {geometry:6}{figures['cpu_s']:8.3f} s, {gigabytes:.2f} GB "
                f"({figures['before_bytes'] / 1e9:.2f} GB before the first call), "
                f"{len(pairs):,} pairs; {judged:,} of them looked for plainly, {differ} differ",
                count=count, geometry=geometry, pairs=len(pairs), **figures,
            )  # fmt: skip
            report.goal(f"world {count:,} {geometry}: CPU s", figures["cpu_s"], most=most_s)
            if count == 1_000_000:
                report.goal(f"world {count:,} {geometry}: GB", gigabytes, most=LARGE_GB)


def sample_differs(traffic, geometry, pairs):
    """Return how many pairs of some aircraft are not as the slow twin says, and of how many.

    Half of the aircraft are drawn from all, half from those that are in a pair.
    """
    draw = np.random.default_rng(9)
    rows = draw.choice(len(traffic), SAMPLE, replace=False)
    if len(pairs):
        rows = np.union1d(rows, draw.choice(np.unique(pairs), SAMPLE))
    slow = {"flat": causes.flat_partners, "wgs84": causes.geodesic_partners}[geometry]
    return causes.sample_differs(traffic, sets.EN_ROUTE, pairs, rows, slow)


def growth_rows(report, folder):
    """Print the cost of an aircraft from 10,000 to 1,000,000 at constant density."""
    print("\nGrowth at one density (a box over the equator, at last the earth): CPU us an aircraft")
    for geometry in CALLS:
        each_us = []
        for count in (10_000, 100_000, 1_000_000):
            figures, _ = measured_alone(folder, sets.box(count / 1e6, count), geometry)
            each_us.append(1e6 * figures["cpu_s"] / count)
        factor = each_us[-1] / each_us[0]
        report.row(
            "growth",
            f"{geometry:6} 10,000 {each_us[0]:.3f}, 100,000 {each_us[1]:.3f}, 1,000,000 "
            f"{each_us[2]:.3f}: {factor:.2f} times linear",
            geometry=geometry, each_us=each_us,
        )  # fmt: skip
        report.goal(f"growth {geometry}, times linear", factor, most=TIMES_LINEAR)


# --- the command ---------------------------------------------------------------------------------


def measure(report, options, folder):
    """Print all tables."""
    python, why = bluesky_python(options.bluesky.resolve())
    if python is None:
        print(f"OURS ALONE: BlueSky could not be installed ({why})")
        against_bluesky(report, options, None)
    else:
        bluesky = BlueSky(python, folder)
        found = bluesky(sets.europe(10), sets.EN_ROUTE, "cpp", 1)[0]["versions"]
        print(f"bluesky-simulator {found['bluesky-simulator']}, with numpy {found['numpy']}")
        against_bluesky(report, options, bluesky)
        bluesky.close()
        numpy_rows(report, options, python, folder)
    wgs84_rows(report, options)
    if not options.quick:
        large_rows(report, folder)
        growth_rows(report, folder)


def run_others():
    """Run the other benchmarks of detection; return whether one failed."""
    failed = False
    for name in OTHERS:
        print(f"\n=== {name}{'' if (HERE / name).exists() else ' is not here'}", flush=True)
        if (HERE / name).exists():
            code = subprocess.run([sys.executable, HERE / name], check=False).returncode
            failed |= code != 0
            print(f"=== {name} ended with {code}", flush=True)
    return failed


def main():
    keep_kernels()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="nothing above 5,000 aircraft")
    parser.add_argument("--full", action="store_true", help="what takes minutes and 6 GB as well")
    parser.add_argument("--all", action="store_true", help="the other benchmarks of detection too")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--bluesky", type=Path, default=FOLDER, help="BlueSky's environment")
    parser.add_argument("--alone", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.alone:
        alone(Path(options.alone[0]), options.alone[1])
        return 0
    report = Report()
    print(f"{machine()}; load {report.started}")
    start_s = time.perf_counter()
    warm()
    print(f"kernels ready after {time.perf_counter() - start_s:.2f} s")
    with tempfile.TemporaryDirectory() as folder:
        measure(report, options, Path(folder))
    report.end(options.json)
    failed = options.all and run_others()
    return 1 if report.unexplained or failed else 0


if __name__ == "__main__":
    sys.exit(main())
