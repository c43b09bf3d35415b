"""What the conductor asks of the nodes of a demo, wherever they run, and how one can fail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import msgspec

from parley.app.driven import Advanced, DrivenInput, Snapshot, Status
from parley.app.views import LogView, ZoneShown
from parley.node.rules.distribution import DistributionView
from parley.node.rules.lines import LineVector


class Views(msgspec.Struct, frozen=True, kw_only=True):
    """What a node's page shows of its lines, zones, logs and of the units of its notices."""

    lines: tuple[LineVector, ...]
    zones: tuple[ZoneShown, ...]
    logs: tuple[LogView, ...]
    units: tuple[DistributionView, ...] = ()


RawEntry = tuple[str, int, bytes, bytes | None]
"""Origin, index, the exact bytes of an entry, and its opening where its payload is sealed."""


class NodeDied(Exception):  # noqa: N818  what happened, not whose fault it is
    """The process of a node has ended while it should not."""

    def __init__(self, party: str, pid: int, code: int | None, said: str = "") -> None:
        self.party = party
        self.pid = pid
        self.code = code
        self.said = said
        super().__init__(f"node {party} (pid {pid}) has ended with {code}: {said}")


class Nodes(Protocol):
    """The nodes; `demo_fleet.Fleet` runs them as processes. Each call may raise `NodeDied`."""

    async def advance(
        self, party: str, now_us: int, inputs: Sequence[DrivenInput] = ()
    ) -> Advanced:
        """Return what a node did after its time was set and it took inputs."""

    async def status(self, party: str) -> Status:
        """Return how a node stands."""

    async def snapshot(self, party: str) -> Snapshot:
        """Return the digests of a node."""

    async def views(self, party: str) -> Views:
        """Return what a node's page shows."""

    async def revive(self, party: str, known: dict[str, int]) -> tuple[int, list[RawEntry]]:
        """Start a dead node again from its store.

        Args:
            party: whose node.
            known: how many entries of its own logs are known, by origin.

        Returns:
            Its new pid, and what it had stored of its own logs beyond what is known.
        """


def entries_of(reply: Advanced) -> Iterator[RawEntry]:
    """Yield the entries that a reply tells of."""
    for each in reply.entries:
        yield each.origin, each.index, each.data.encode(), each.opening
