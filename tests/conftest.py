"""Settings that every test shares."""

from __future__ import annotations

import os
from pathlib import Path

import hypothesis

from longer import more
from parley.app.kernel_cache import keep_kernels

# Before anything imports the compiler: kernels of other sources than these are not used.
keep_kernels(root=Path(__file__).parents[1] / "build" / "kernels")

# Two cores are shared with other work, so a slow example is no finding. In CI the same examples are
# drawn each time: a landing depends on the change, not on luck; a person's own runs keep searching.
hypothesis.settings.register_profile(
    "parley",
    deadline=None,
    print_blob=True,
    derandomize=os.environ.get("CI") == "true",
    max_examples=more(40, 400),
)
hypothesis.settings.load_profile("parley")
