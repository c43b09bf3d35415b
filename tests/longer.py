"""How much the tests play: in `./test` what fits its quarter of an hour, more with PARLEY_LONGER=1.

The same tests, the same claims: only how many examples are drawn, and whole stories instead of the
short ones. CONTRIBUTING.md has the commands.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

import pytest

LONGER = os.environ.get("PARLEY_LONGER") == "1"
longer_only = pytest.mark.skipif(not LONGER, reason="plays for minutes: set PARLEY_LONGER=1")
T = TypeVar("T")


def more(quick: T, longer: T) -> T:
    """Return how many examples to draw, or which."""
    return longer if LONGER else quick


def first_or_all(params: Sequence[T]) -> Sequence[T]:
    """Return the first parameter, or all of them."""
    return params if LONGER else params[:1]
