"""Links between the ends of lines, as those who observed them wrote them down.

Rules:
- Each observer is believed about its own receiver alone, by its newest entry.
- What an entry says is read once, however many there are: links are asked about in each step.

What does not live here: how a link is measured (`peering`), what is written of it (`lines`).
"""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field

from parley.node.entries import Entry
from parley.node.line_bodies import LinkObserved
from parley.node.rules.line_evidence import AHEAD_US, Sight, caught_up
from parley.node.state import Scope, rank_of


def link_observed(
    scope: Scope, observer: str, about: str, at_us: int, sight: Sight
) -> Entry | None:
    """Return the newest entry in which an observer says how its link to a party is."""
    table = scope.line.links.get((observer, about), {})
    if sight.known is None:
        newest = newest_link(scope, observer, about)
        if newest is not None and newest.issued_us <= at_us + AHEAD_US:
            return newest
    known = [e for e in table.values() if sight.has(e, at_us) and e.issued_us <= at_us + AHEAD_US]
    return max(known, key=rank_of, default=None)


@dataclass(slots=True)
class _Links:
    """What an observer wrote of its link to a party: the last entry, and when it was up."""

    newest: Entry | None = None
    ups_us: list[int] = field(default_factory=list)

    def take(self, entry: Entry) -> None:
        """Take one more in."""
        if self.newest is None or rank_of(entry) > rank_of(self.newest):
            self.newest = entry
        if isinstance(entry.body, LinkObserved) and entry.body.link == "up":
            bisect.insort(self.ups_us, entry.issued_us)


def _links(scope: Scope, observer: str, about: str) -> _Links:
    table = scope.line.links.get((observer, about), {})
    return caught_up(scope, f"link {observer} {about}", table, _Links, _Links.take)


def newest_link(scope: Scope, observer: str, about: str) -> Entry | None:
    """Return the last entry of an observer about its link to a party; each is read once."""
    return _links(scope, observer, about).newest


def ups_since_us(scope: Scope, observer: str, about: str, since_us: int) -> list[int]:
    """Return when an observer wrote its link to a party as up, after an instant, in order."""
    ups_us = _links(scope, observer, about).ups_us
    return ups_us[bisect.bisect_right(ups_us, since_us) :]
