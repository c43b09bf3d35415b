"""The accuracy of predictions against geographiclib, on as many pairs as the goal names.

Run: .venv/bin/python benchmarks/accuracy_runs.py [--pairs 40000] [--seed 1] [--json FILE]
Three questions, each to `predict_pairs` (pair by pair) and `predict_all` (all in one picture):
is any pair decided wrongly further than 1 m from a limit; how far is the least distance off over
1,200 s; how long is 5 NM at every latitude and bearing. The pairs are enriched: poles,
antimeridian, closest approaches at the limit itself, levels exactly at the minimum. tests/detect
has the oracle (geodesickit.py) and a sample of this. Ends with 1, the seed and the pair if a goal
is missed.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
from detection_causes import kit
from detection_report import load, machine

from parley.app.kernel_cache import keep_kernels
from parley.detect.all_pairs import predict_all, warm
from parley.detect.prediction import States, predict_pairs

WRONG_M, DISTANCE_M, LENGTH_M = 1.0, 0.05, 0.5
"""The goals: decisions right outside this, least distances and lengths right within this."""
LONG_S = 1_200.0
PICTURE = 1_000
"""Pairs that fly at once: more of them over a pole would all meet each other."""
BANDS_DEG = (0, 30, 60, 75, 85, 90)


def pair_by_pair(states, rule):
    pairs = np.arange(len(states)).reshape(-1, 2)
    return predict_pairs(states, rule.horizontal_m, rule.vertical_m, pairs, rule.lookahead_s)


def one_picture(states, rule, geometry="wgs84"):
    """Return the rows of the drawn pairs out of pictures in which `PICTURE` of them fly at once."""
    minima = rule.horizontal_m, rule.vertical_m
    kept = []
    for first in range(0, len(states), 2 * PICTURE):
        some = slice(first, first + 2 * PICTURE)
        part = States(*(getattr(states, name)[some] for name in States.__slots__))
        found = predict_all(part, minima, lookahead_s=rule.lookahead_s, geometry=geometry)
        if found.left_out:
            raise SystemExit(f"{found.left_out} rows left out of a picture: nothing is judged")
        rows = found.rows[(found.rows["a"] % 2 == 0) & (found.rows["b"] == found.rows["a"] + 1)]
        rows["a"] += first
        rows["b"] += first
        kept.append(rows)
    return np.concatenate(kept)


def flat_plane(states, rule):
    return one_picture(states, rule, "flat")


TOLD = {"predict_pairs": pair_by_pair, "predict_all": one_picture}


def decisions(report, count, seed):
    """Count the wrong decisions of both, and for the scale of it those of a flat plane."""
    print(f"\nDecisions, {count:,} pairs, seed {seed}: wrong by more than {WRONG_M:g} m of a limit")
    for name, rule, share in (("jets", kit.JETS, 0.75), ("drones", kit.DRONES, 0.25)):
        pairs = round(share * count)
        states, places = kit.draw_pairs(seed, pairs, rule)
        flown = [kit.flights(states, 2 * k, 2 * k + 1) for k in range(pairs)]
        exactly = {k for k in range(pairs) if kit.loses(flown[k], rule)}
        for detector, told in {**TOLD, "a flat plane": flat_plane}.items():
            lost = set((told(states, rule)["a"] // 2).tolist())
            off_m = {
                k: kit.off_the_limit_m(flown[k], rule, k in lost) for k in sorted(exactly ^ lost)
            }
            wrong = [k for k in off_m if off_m[k] > WRONG_M]
            within = Counter(off for off in off_m.values() if off <= WRONG_M)
            said = ", ".join(f"{n} within {off:g} m" for off, n in sorted(within.items()))
            print(
                f"  {name:7}{detector:14}{pairs:7,} pairs, {len(lost):,} lost: {len(wrong)} wrong; "
                f"by less: {said or 'none'}",
                flush=True,
            )
            report["decisions"].append(
                {"rule": name, "detector": detector, "pairs": pairs, "lost": len(lost)}
                | {"wrong": len(wrong), "within": {f"{off:g}": n for off, n in within.items()}}
            )
            if wrong and detector in TOLD:
                k = wrong[0]
                report["failed"].append(f"seed {seed} {name} pair {k} ({places[k]}) by {detector}")


def least_distances(report, count, seed):
    """Compare least distances over 1,200 s by latitude of the approach's start."""
    print(f"\nLeast distance over {LONG_S:,.0f} s, {count:,} pairs: metres off, 99 % and most")
    drawn = dataclasses.replace(kit.JETS, lookahead_s=LONG_S)
    wide = dataclasses.replace(drawn, horizontal_m=2.5 * drawn.horizontal_m)
    states, _ = kit.draw_pairs(seed, count, drawn, level=True)
    exact_m = {}
    for detector, told in TOLD.items():
        rows = told(states, wide)
        off_m, lat_deg = [], []
        for row in rows:
            a, b = int(row["a"]), int(row["b"])
            if a not in exact_m:
                exact_m[a] = kit.nearest(*kit.flights(states, a, b), 0.0, LONG_S)[0]
            off_m.append(abs(row["least_horizontal_m"] - exact_m[a]))
            lat_deg.append(abs(states.lat_deg[a]))
        off_m, lat_deg = np.array(off_m), np.array(lat_deg)
        for low, high in pairwise(BANDS_DEG):
            here_m = off_m[(lat_deg >= low) & (lat_deg <= high)]
            most_m = float(here_m.max())
            print(
                f"  {detector:14}{low:3}-{high} deg: {len(here_m):6,} pairs, "
                f"{np.quantile(here_m, 0.99):.5f}, {most_m:.5f}"
            )
            report["distances"].append(
                {"detector": detector, "from_deg": low, "pairs": len(here_m), "most_m": most_m}
            )
            if most_m > DISTANCE_M:
                report["failed"].append(
                    f"seed {seed}: least distance off by {most_m} m ({detector})"
                )


def lengths(report):
    """Compare lengths of 5 NM, 3 NM and 50 m at every degree of latitude, 72 bearings."""
    print("\nA minimum as a length, every degree of latitude, every 5 degrees of bearing: most off")
    for minimum_m in (9260.0, 5556.0, 50.0):
        places = [
            ((lat_deg, -179.98), kit.EARTH.Direct(lat_deg, -179.98, bearing_deg, minimum_m - 0.02))
            for lat_deg in range(-90, 91)
            for bearing_deg in range(0, 360, 5)
        ]
        lat_deg, lon_deg = np.array(
            [place for one, away in places for place in (one, (away["lat2"], away["lon2"]))]
        ).T
        level = np.zeros(len(lat_deg))
        # A level for each pair, so that in one picture only the two of a pair are near.
        states = States(lat_deg, lon_deg, np.arange(len(level)) // 2 * 70.0, level, level, level)
        rule = kit.Rule(minimum_m, 30.0, 60.0, 0.0, 0.0)
        for detector, told in TOLD.items():
            rows = told(states, rule)
            off_m = np.abs(rows["least_horizontal_m"] - (minimum_m - 0.02))
            missing = len(places) - len(rows)
            most_m = float(off_m.max())
            print(f"  {detector:14}{minimum_m:8,.0f} m: {most_m:.6f} m, {missing} not found")
            report["lengths"].append(
                {"detector": detector, "minimum_m": minimum_m, "most_m": most_m, "missing": missing}
            )
            if missing or most_m > LENGTH_M:
                report["failed"].append(f"{minimum_m} m is off by {most_m} m ({detector})")


def main():
    keep_kernels()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=40_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    print(f"{machine()}; geographiclib; load {load()}")
    warm()
    report = {"machine": machine(), "seed": given.seed, "failed": []}
    report |= {"decisions": [], "distances": [], "lengths": []}
    start_s = time.process_time()
    decisions(report, given.pairs, given.seed)
    least_distances(report, max(given.pairs // 4, 100), given.seed)
    lengths(report)
    for failure in report["failed"]:
        print(f"GOAL MISSED: {failure}")
    print(f"{time.process_time() - start_s:.0f} s CPU; load at the end {load()}")
    if given.json:
        given.json.write_text(json.dumps(report, indent=1) + "\n")
    return 1 if report["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
