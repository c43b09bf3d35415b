"""When the clock will next ask something of an own message: volatile, made again after a restart.

Rules:
- A thread is awake until somebody looked and found nothing to write; then it sleeps until its next
  instant, or until `fold` touches it. So a tick costs what is due, not what was ever said.
- Waking a thread too often does no harm: what is due is decided by the record alone.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

from parley.node.indexes import Key


@dataclass(slots=True)
class Agenda:
    """Own threads that are to be looked at now, and when the others are.

    Attributes:
        awake: threads to look at, with the agreement they stand under.
        looks: how often a thread was looked at; for tests of cost.
    """

    awake: dict[Key, str] = field(default_factory=dict)
    looks: int = 0
    _asleep: dict[Key, tuple[int, str]] = field(default_factory=dict)
    _alarm: list[tuple[int, Key]] = field(default_factory=list)

    def wake(self, key: Key, agreement: str) -> None:
        """Let a thread be looked at."""
        self._asleep.pop(key, None)
        self.awake[key] = agreement

    def sleep(self, key: Key, until_us: int | None) -> None:
        """Let a thread rest until an instant; None: until it is touched."""
        agreement = self.awake.pop(key)
        if until_us is not None:
            self._asleep[key] = (until_us, agreement)
            heapq.heappush(self._alarm, (until_us, key))

    def ring(self, now_us: int) -> None:
        """Wake the threads whose instant has come."""
        while (until_us := self.next_us()) is not None and until_us <= now_us:
            _, key = heapq.heappop(self._alarm)
            self.wake(key, self._asleep[key][1])

    def next_us(self) -> int | None:
        """Return the next instant of a sleeping thread, if any."""
        while self._alarm:
            until_us, key = self._alarm[0]
            known = self._asleep.get(key)
            if known is not None and known[0] == until_us:
                return until_us
            heapq.heappop(self._alarm)
        return None
