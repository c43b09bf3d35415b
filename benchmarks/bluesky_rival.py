"""BlueSky as a rival: installs it into an environment of its own, and asks its detectors.

What runs in there is bluesky_worker.py. Nothing of BlueSky is ever imported into our own process.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np

VERSION = "1.1.1"
HERE = Path(__file__).resolve().parent
FOLDER = HERE.parent / "build" / "bluesky"
"""Where it goes unless told otherwise; git ignores it."""
_PROBE = f"""
from importlib.metadata import version
from bluesky.traffic.asas import cstatebased
assert version('bluesky-simulator') == '{VERSION}'
"""


def bluesky_python(folder):
    """Return the Python of BlueSky's environment, made if it is not there, or None and why."""
    python = folder / "bin" / "python"
    if python.exists() and _done([python, "-c", _PROBE]).returncode == 0:
        return python, ""
    print(f"installing bluesky-simulator {VERSION} into {folder} ...", flush=True)
    install = ["install", "--disable-pip-version-check", "--quiet", f"bluesky-simulator=={VERSION}"]
    for step in (
        [sys.executable, "-m", "venv", "--clear", folder],
        [python, "-m", "pip", *install],
        [python, "-c", _PROBE],
    ):
        done = _done(step)
        if done.returncode:
            shutil.rmtree(folder, ignore_errors=True)
            return None, (done.stderr.strip().splitlines() or ["no reason given"])[-1]
    return python, ""


def _done(command):
    return subprocess.run(command, capture_output=True, text=True, check=False)


class BlueSky:
    """A process in BlueSky's environment; call it with traffic and it answers."""

    def __init__(self, python, folder):
        self.folder = folder
        self.process = subprocess.Popen(
            [python, HERE / "bluesky_worker.py"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def __call__(self, traffic, rule, detector, runs):
        """Return what it reports (see bluesky_worker.py), and its directed pairs as (k, 2) rows."""
        file, pairs = self.folder / "traffic.npz", self.folder / "pairs.npy"
        np.savez(file, **traffic.columns())
        job = asdict(rule) | {"traffic": str(file), "pairs": str(pairs)}
        self.process.stdin.write(json.dumps(job | {"detector": detector, "runs": runs}) + "\n")
        self.process.stdin.flush()
        for line in self.process.stdout:
            if line.startswith("RESULT "):
                return json.loads(line[len("RESULT ") :]), np.load(pairs)
        raise SystemExit(f"BlueSky's process ended with {self.process.wait()}")

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()
