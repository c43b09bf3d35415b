"""What a hostile party with valid keys does, for the tests of review 6: sign and cry anything."""

from __future__ import annotations

from types import SimpleNamespace
from unittest.mock import patch

import msgspec
from alertkit import (
    conflict,
    raise_conflicts,
)
from nodekit import write_as
from simworld import SECOND_US, START_US, SimWorld

from parley.node.encoding import decode_entry, seal_entry
from parley.node.entries import Body, Draft, Entry, LogName, Unreadable

HOUR_US = 3_600 * SECOND_US
NOW = SimpleNamespace(now_us=START_US)
REPLACE = msgspec.structs.replace


def sealed(body: Body, at_us: int, kind: str = "ops") -> Entry | Unreadable:
    """Return how a node reads a body that a peer has sealed: up to a megabyte of it."""
    name = LogName(agreement="AB", party="BRAVO", kind=kind, year=2026)
    draft = Draft(agreement="AB", by="system", body=body)
    # A peer signs what it likes: the limits of our own writing are not its limits.
    with patch("parley.node.encoding._require_readable"):
        data, opening = seal_entry(draft, log=name, seq=0, issued_us=at_us, seen={}, salt=b"s" * 32)
    return decode_entry(data, log=name, index=0, opening=opening)


def says(world: SimWorld, body: Body, **envelope):
    """Let BRAVO sign anything into its own log, past all rules; return where."""
    key = write_as(world, "BRAVO", body, **envelope)
    world.run(2)
    return key


def cry(world: SimWorld, count: int, prefix: str = "P", **more) -> None:
    """Let BRAVO alone say that so many conflicts are short-term."""
    bodies = [
        REPLACE(conflict(world, f"{prefix}{n}", **more), alert_class="short-term")
        for n in range(count)
    ]
    for first in range(0, count, 250):
        raise_conflicts(world, *bodies[first : first + 250], party="BRAVO")
    world.run(5)


def counted(monkeypatch, module, name: str) -> list[int]:
    """Count the calls of a function from now on."""
    real, calls = getattr(module, name), [0]

    def counting(*args, **more):
        calls[0] += 1
        return real(*args, **more)

    monkeypatch.setattr(module, name, counting)
    return calls
