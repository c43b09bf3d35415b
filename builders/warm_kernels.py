"""Compile every kernel once into build/kernels, where the tests look for them.

Two workers that each compile on their own, and nodes that compile before they are ready, make the
tests slower by minutes on a fresh clone. `./test` runs this beside the linters.
"""

from __future__ import annotations

import importlib
from pathlib import Path

from parley.app.kernel_cache import keep_kernels

TOP = Path(__file__).resolve().parents[1]
KERNELS = (
    "live", "track_motion", "encounters", "all_pairs", "well_clear", "well_clear_states",
    "alert_levels",
)  # fmt: skip


def main() -> None:
    """Compile, the kernels of a node first."""
    keep_kernels(root=TOP / "build" / "kernels")
    for name in KERNELS:
        importlib.import_module(f"parley.detect.{name}").warm()


if __name__ == "__main__":
    main()
