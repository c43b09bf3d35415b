"""How long a demo takes: `python benchmarks/bench_demo.py [SCENARIO ...]`.

Plays each scenario with --once, as `./run --once` does, and prints seconds to the first event, wall
seconds, story seconds per second, and the processor seconds of all its processes.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time

SCENARIOS = ("wildfire-civil", "syria-2017-06")


def played(scenario):
    """Return the figures of one run."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began_s = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "parley", "demo", scenario, "--once", "--json"],
        capture_output=True,
        check=True,
    )
    whole_s = time.monotonic() - began_s
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    summary = json.loads(done.stdout)
    return {
        "scenario": scenario,
        "command_s": round(whole_s, 1),
        "first_event_s": round(summary["first_event_s"], 1),
        "story_s": round(summary["simulated_s"]),
        "played_in_s": round(summary["wall_s"], 1),
        "story_s_per_s": round(summary["simulated_s"] / summary["wall_s"]),
        "steps": summary["steps"],
        "entries": sum(summary["logs"].values()),
        "processor_s": round(
            after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1
        ),
        "peers_agree": summary["digests_agree"],
    }


if __name__ == "__main__":
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    for name in sys.argv[1:] or SCENARIOS:
        print(json.dumps(played(name)), flush=True)
