"""How the detection benchmarks measure and report: CPU time, memory, causes, goals, the machine."""

from __future__ import annotations

import json
import os
import platform
import time
from importlib.metadata import version
from pathlib import Path

import detection_causes as causes
import numpy as np

LEAST_S = 0.5
"""Short calls are repeated until so much CPU time has gone, on both sides: the least one counts."""
RUNS_MAX = 500


def load():
    """Return the load averages as text."""
    return " ".join(f"{value:.2f}" for value in os.getloadavg())


def machine():
    """Return the processor and the versions that matter, as text."""
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text().splitlines() if facts.exists() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return (
        f"{models[0] if models else platform.processor()}, {os.cpu_count()} cores, "
        f"{platform.system()}; Python {platform.python_version()}, numpy {version('numpy')}, "
        f"numba {version('numba')}"
    )


def cpu_s(work, runs):
    """Return the least CPU seconds of one call, over so many runs or `LEAST_S`, and its answer."""
    each_s = []
    answer = None
    while len(each_s) < runs or (sum(each_s) < LEAST_S and len(each_s) < RUNS_MAX):
        start_s = time.process_time()
        answer = work()
        each_s.append(time.process_time() - start_s)
    return min(each_s), answer


def peak_bytes():
    """Return the most memory this process has held; not `ru_maxrss`, which exec hands down."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)


class Report:
    """What was measured: printed as it comes, kept for --json, the goals once more at the end."""

    def __init__(self):
        self.rows, self.goals, self.unexplained = [], [], 0
        self.started = load()

    def row(self, table, text, **figures):
        """Print one row of a table and keep its figures."""
        print(text, flush=True)
        self.rows.append({"table": table} | figures)

    def goal(self, what, figure, *, least=None, most=None):
        """Keep a goal: at least or at most so much."""
        reached = figure >= least if most is None else figure <= most
        wanted = f">= {least:,}" if most is None else f"<= {most:,}"
        self.goals.append(
            {"goal": what, "figure": figure, "wanted": wanted, "reached": bool(reached)}
        )

    def differences(self, found):
        """Print how many pairs each cause has, and the exact distances where geometry is it."""
        for cause, rows in sorted(found.items()):
            line = f"    {len(rows)} {cause}"
            over_m = [row[0] for row in rows if len(row) == 3]
            if over_m and "plane" in cause:
                line += (
                    f"; by geographiclib {over_m[0]:+.2f} to {over_m[-1]:+.2f} m from the limit, "
                    f"median {float(np.median(over_m)):+.2f} m"
                )
            print(line, flush=True)
            self.rows.append({"table": "causes", "cause": cause, "pairs": len(rows)})
            if cause.endswith(causes.UNEXPLAINED):
                self.unexplained += len(rows)
                print(f"      {[tuple(row[-2:]) for row in rows[:5]]}")

    def end(self, path):
        """Print the goals and the load, and write all of it to a file if there is one."""
        print("\nGoals")
        for goal in self.goals:
            word = "reached" if goal["reached"] else "NOT reached"
            print(f"  {word:12} {goal['goal']}: {goal['figure']:,.4g}, wanted {goal['wanted']}")
        if self.unexplained:
            print(f"DIFFERENCES WITHOUT A CAUSE: {self.unexplained} pairs")
        print(f"load at the start {self.started}, at the end {load()}", flush=True)
        if path:
            facts = {"machine": machine(), "load": [self.started, load()]}
            facts |= {"goals": self.goals, "unexplained": self.unexplained, "rows": self.rows}
            path.write_text(json.dumps(facts, indent=1) + "\n")
