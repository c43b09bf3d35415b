"""The operational figures of the alerts on recorded traffic, beside detectors without memory.

    python benchmarks/bench_alerts.py [--quick] [--json] [--file RECORDING ...] [--cases NAME ...]

Recordings of ../shared/data/tracks are changed and disturbed (`noisy_traffic`, seeds there), given
to the machine of the node and to its rivals in one run (`alert_replay`), and judged against what
was flown (`alert_scores`: every word of the table is defined there). docs/alert-figures.md says how
to read it. CPU seconds are process time; the load of the machine stands beside them.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from alert_replay import Limits, Ours, Plain, replayed
from alert_scores import CLASSES, figures_of, truth_of
from noisy_traffic import Changes, Disturbance, changed, recorded, reports_of

from parley.detect import live, track_motion
from parley.world.norms import norms

TRACKS = Path(__file__).resolve().parents[2] / "shared" / "data" / "tracks"
NM_M, FT_M = 1852.0, 0.3048
QUANTISATION_M = norms().alert.vertical_quantisation_ft * FT_M
EN_ROUTE = Limits(5 * NM_M, 1000 * FT_M, QUANTISATION_M)
STATE = Limits(3 * NM_M, 3000 * FT_M, QUANTISATION_M)
AS_FLOWN = Changes()
CHANGED = Changes(shifted=0.5, climbing=0.1, turning=0.1, seed=1)
CLEAN = Disturbance("as recorded")
FEEDS = (
    CLEAN,
    Disturbance("50 m, 100 ft", sigma_m=50.0, step_ft=100.0),
    Disturbance("5 % lost, 30 m, dates 0.5 s", sigma_m=30.0, dropped=0.05, dated_s=0.5, late_s=2.0),
    Disturbance("20 % lost, gaps, 30 m", sigma_m=30.0, dropped=0.2, bursts=6.0, late_s=2.0),
)


@dataclass(frozen=True)
class Case:
    """One recording, how it is changed, the minima, and the feeds that are tried on it."""

    name: str
    file: str
    limits: Limits
    changes: Changes
    feeds: tuple[Disturbance, ...]
    every_s: float = 0.0
    hours: float | None = None


CASES = (
    Case("Swiss, as flown", "switzerland.parquet", EN_ROUTE, AS_FLOWN, (CLEAN,), hours=6.0),
    Case("Swiss, changed", "switzerland.parquet", EN_ROUTE, CHANGED, FEEDS, hours=6.0),
    Case("Paris, as flown", "quickstart.parquet", EN_ROUTE, AS_FLOWN, (CLEAN,), 5.0),
    Case("Paris, changed", "quickstart.parquet", EN_ROUTE, CHANGED, (FEEDS[2],), 5.0),
    Case(
        "Swiss, changed, 3 NM 3,000 ft",
        "switzerland.parquet",
        STATE,
        CHANGED,
        (FEEDS[2],),
        hours=6.0,
    ),
)
QUICK = (Case("Swiss, changed", "switzerland.parquet", EN_ROUTE, CHANGED, (FEEDS[2],), hours=2.0),)


def rows_of(case: Case, path: Path):
    """Yield the rows of a case: what was flown, and the figures of each detector on each feed."""
    tracks = changed(recorded(path, case.every_s, hours=case.hours), case.changes)
    truth = truth_of(tracks, case.limits)
    for feed in case.feeds:
        reports = reports_of(tracks, feed)
        ours = Ours(case.limits)
        detectors = [
            ours,
            Plain(case.limits, "reported"),
            Plain(case.limits, "two reports"),
            Plain(case.limits, "line", ours.tracks),
        ]
        spent: dict[str, float] = {}
        picture = replayed(reports, detectors, spent)
        until_us = int(reports.received_us[-1])
        for detector in detectors:
            figures = figures_of(detector.events, truth, until_us)
            yield {
                "case": case.name, "feed": feed.name, "detector": detector.name,
                "reports": len(reports), "refused": sum(picture.refused.values()),
                "aircraft": len(tracks), "flight_hours": truth.flight_hours,
                "hours": truth.span_hours, "losses": len(truth.losses),
                "foreseeable_90": sum(loss.seen_at_90 for loss in truth.losses),
                "sudden": truth.sudden, "paper": truth.paper,
                "cpu_s": spent[detector.name], "picture_cpu_s": spent["picture"],
                **asdict(figures),
            }  # fmt: skip


def shown(row) -> str:
    """One line of the table."""
    hours = row["flight_hours"]
    said = " ".join(
        f"{counts[0]:4d} {counts[1] / hours:5.2f} {counts[2] / hours:5.2f}"
        for counts in (row["said"][name] for name in CLASSES)
    )
    low_s, mid_s = np.percentile(row["warning_s"], [5, 50]) if row["warning_s"] else (np.nan,) * 2
    return (
        f"{row['detector']:18s} {row['alerts']:5d} {row['alerts'] / row['hours']:6.1f} "
        f"{row['nuisance'] / hours:6.2f} {row['near'] / hours:5.2f} | {said} | "
        f"{row['missed']:3d} ({row['missed_foreseeable']}) "
        f"{row['late_60']:3d} ({row['late_60_foreseeable']}) "
        f"{row['late_120']:3d} ({row['late_120_foreseeable']:2d}) {low_s:4.0f} {mid_s:4.0f} | "
        f"{row['flickers']:4d} {row['entries'] / max(row['alerts'], 1):4.1f} "
        f"{row['changes'] / max(row['alerts'], 1):4.2f} {row['most_open']:3d} "
        f"{row['cpu_s'] / row['reports'] * 1e6:5.0f}"
    )


HEAD = (
    "detector           alerts   /h  nuis/fh near | coordinate: said, nuisance and near per fh; "
    "own move only; short-term | missed late60 late120 (of these foreseeable) warned p5 p50 s | "
    "flicker, entries and class changes per alert, most open, CPU us per report"
)


def run(case: Case, path: Path, *, as_json: bool) -> None:
    before = None
    for row in rows_of(case, path):
        if as_json:
            print(json.dumps(row, default=float), flush=True)
            continue
        if before is None:
            print(
                f"\n## {case.name}: {row['flight_hours']:.0f} flight hours, {row['aircraft']} "
                f"aircraft, {row['losses']} losses to warn of ({row['foreseeable_90']} foreseeable "
                f"90 s before), {row['sudden']} sudden, {row['paper']} within a step of levels"
            )
        if row["feed"] != before:
            print(f"-- {row['feed']}: {row['reports']} reports, {row['refused']} refused")
            before = row["feed"]
        print(shown(row), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one case of two hours")
    parser.add_argument("--json", action="store_true", help="a JSON object a line")
    parser.add_argument("--file", action="append", default=[], help="other recordings, changed")
    parser.add_argument("--cases", action="append", default=[], help="names of cases")
    options = parser.parse_args()
    live.warm()
    track_motion.warm()
    begun, cpu = time.time(), time.process_time()
    if not options.json:
        print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n{HEAD}")
    chosen = [(case, TRACKS / case.file) for case in (QUICK if options.quick else CASES)]
    if options.file:
        chosen = [
            (Case(Path(name).name, name, EN_ROUTE, CHANGED, (FEEDS[2],)), Path(name))
            for name in options.file
        ]
    for case, path in chosen:
        if not options.cases or case.name in options.cases:
            run(case, path, as_json=options.json)
    if not options.json:
        print(
            f"\n{time.process_time() - cpu:.0f} s CPU, {time.time() - begun:.0f} s by the clock, "
            f"load {os.getloadavg()[0]:.1f}"
        )


if __name__ == "__main__":
    main()
