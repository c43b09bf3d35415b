"""Conformance: own flights against their own intents, by the clocks of ASTM F3548-21."""

from __future__ import annotations

from parley.node.entries import Draft
from parley.node.state import State


def due(state: State, now_us: int) -> list[Draft]:
    """Return what time alone makes due."""
    del state, now_us
    return []
