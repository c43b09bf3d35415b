"""Waiting until every link of a demo is idle: only then may scenario time go on.

A node does something only when it is told a time, given an input, or sent a frame. So the nodes are
idle when on each pair what one handed over is what the other has taken in, both ways, nothing
waits anywhere, and a second look at all that were busy shows the same numbers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Protocol

from parley.app.connections import LinkCounts
from parley.app.driven import Status

LINK_WITHIN_S = 20.0
"""A link that is not proven after this time is down: the story goes on without it."""
_POLL_FIRST_S = 0.0005
_POLL_LONGEST_S = 0.05


class Standing(Protocol):
    """What a reply says of how a node stands; `Status` and `Advanced` are both that."""

    @property
    def links(self) -> dict[str, LinkCounts]:
        """Counts by peer."""

    @property
    def queue(self) -> int:
        """Inputs that wait."""

    @property
    def next_due_us(self) -> int | None:
        """When time alone is next due."""

    @property
    def logs(self) -> dict[str, int]:
        """Sizes of all logs held."""


class Asker(Protocol):
    """Gives a node's status; `demo_fleet.Fleet` is one."""

    async def status(self, party: str) -> Status:
        """Return how a node stands."""


Numbers = tuple[int, tuple[tuple[str, int, int, int, bool], ...]]


def numbers_of(standing: Standing) -> Numbers:
    """Return what must stay the same between two looks."""
    links = sorted(standing.links.items())
    return standing.queue, tuple((p, c.sent, c.received, c.queued, c.proven) for p, c in links)


class Idle:
    """Knows how each node stood last, and waits until nothing is under way.

    Args:
        asker: gives the status of a node.
        pairs: the pairs of parties that are to be linked.
    """

    def __init__(self, asker: Asker, pairs: Iterable[tuple[str, str]]) -> None:
        self._asker = asker
        self.pairs = frozenset(frozenset(pair) for pair in pairs)
        self.down: set[frozenset[str]] = set()
        self.standing: dict[str, Standing] = {}
        self._settled: dict[str, Numbers] = {}

    def busy(self) -> set[str]:
        """Return the parties of which something is under way, by what is known of them now."""
        found = {p for p, s in self.standing.items() if s.queue}
        for pair in self.pairs - self.down:
            one, other = sorted(pair)
            if not self._agree(one, other):
                found |= pair
        return found & set(self.standing)

    def unlinked(self) -> set[frozenset[str]]:
        """Return the pairs without a proven link, among nodes that stand."""
        return {
            pair
            for pair in self.pairs
            if pair <= set(self.standing) and not self._linked(*sorted(pair))
        }

    def _linked(self, one: str, other: str) -> bool:
        ours = self.standing[one].links.get(other)
        theirs = self.standing[other].links.get(one)
        return ours is not None and theirs is not None and ours.proven and theirs.proven

    def _agree(self, one: str, other: str) -> bool:
        if one not in self.standing or other not in self.standing:
            return True
        ours = self.standing[one].links.get(other)
        theirs = self.standing[other].links.get(one)
        if ours is None or theirs is None or not self._linked(one, other):
            return False
        return (
            ours.sent == theirs.received
            and theirs.sent == ours.received
            and not ours.queued
            and not theirs.queued
        )

    async def settle(self, moved: Iterable[str]) -> set[str]:
        """Return the parties that were looked at, when nothing is under way any more.

        A pair that finds no link within `LINK_WITHIN_S` is put into `down` and not waited for.

        Args:
            moved: the parties that were given time or inputs; their `standing` is that after it.
        """
        self.down &= self.unlinked()
        looked = {p for p in moved if self._settled.get(p) != numbers_of(self.standing[p])}
        poll_s, waited_s = _POLL_FIRST_S, 0.0
        while True:
            busy = self.busy()
            looked |= busy
            asked = busy or looked
            before = {party: numbers_of(self.standing[party]) for party in asked}
            await self._look(asked)
            if any(numbers_of(self.standing[p]) != n for p, n in before.items()):
                poll_s, waited_s = _POLL_FIRST_S, 0.0
            elif not busy:
                self._settled.update(before)
                return looked
            else:
                # Nothing moved, yet it does not add up: a frame or a connection is under way.
                await asyncio.sleep(poll_s)
                waited_s, poll_s = waited_s + poll_s, min(2 * poll_s, _POLL_LONGEST_S)
                if waited_s > LINK_WITHIN_S:
                    self.down |= self.unlinked()

    async def _look(self, parties: Iterable[str]) -> None:
        asked = sorted(parties)
        found = await asyncio.gather(*(self._asker.status(party) for party in asked))
        self.standing.update(zip(asked, found, strict=True))
