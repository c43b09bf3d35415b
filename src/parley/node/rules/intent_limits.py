"""Limits of intents: how much room and time one party may hold, so that nobody squats.

Rules: an own intent over a limit is refused with the numbers. A peer's is kept and shown: it has no
precedence and raises nothing binding. Whether one is over is decided from its party's own log, in
its order and by the times it claims, never by when it came here: two nodes that hold the same log
say the same.
"""

from __future__ import annotations

import bisect
import heapq
from collections.abc import Callable
from dataclasses import dataclass

from parley.node.intent_brief import Brief
from parley.node.intent_table import Account, IntentTable
from parley.world.agreement import Agreement
from parley.world.areas import area_m2
from parley.world.clauses import IntentLimits
from parley.world.intent import Intent
from parley.world.norms import norms
from parley.world.units import MICROSECONDS_PER_SECOND


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one party, each from its clause or else from the norms.

    `clause`: its id, "" where the norms alone hold.
    """

    standing_max: int
    ahead_s: float
    longest_s: float
    area_m2: float
    unflown_max: int
    clause: str = ""


@dataclass(frozen=True, slots=True)
class Holds:
    """How many intents of a party stand besides the one asked about, and were never flown."""

    standing: int
    unflown: int


def limits_of(agreement: Agreement | None, party: str) -> Limits:
    """Return the limits of a party: those of the first clause that applies to it."""
    usual = norms().intent
    clause = next(
        (
            c
            for c in _clauses(agreement)
            if not c.applies_to.parties or party in c.applies_to.parties
        ),
        IntentLimits(id=""),
    )

    names = ("standing_max", "ahead_s", "longest_s", "area_m2", "unflown_max")
    given = {name: getattr(clause, name) for name in names}
    chosen = {
        name: getattr(usual, name) if value is None else value for name, value in given.items()
    }
    return Limits(**chosen, clause=clause.id)


def _clauses(agreement: Agreement | None) -> list[IntentLimits]:
    clauses = agreement.clauses if agreement is not None else ()
    return [clause for clause in clauses if isinstance(clause, IntentLimits)]


def limits_text(agreement: Agreement | None) -> tuple[IntentLimits, ...]:
    """Return what the limits under an agreement depend on, to see whether it has changed."""
    return tuple(_clauses(agreement))


def over_limit(
    limits: Limits,
    holds: Holds,
    brief: Brief,
    at_us: int,
    whole: Callable[[], Intent | None],
) -> tuple[str, ...]:
    """Return each limit that an intent is over, with the numbers; nothing where it is within all.

    Args:
        limits: of its party.
        holds: what its party holds besides, as of then.
        brief: of one that is filed, or about to be.
        at_us: when.
        whole: the intent itself, asked for only where its brief does not show that its area is
            within the limit.
    """
    found = []
    standing, unflown = holds.standing, holds.unflown
    if standing >= limits.standing_max:
        found.append(f"{standing} intents stand already, at most {limits.standing_max}")
    if unflown >= limits.unflown_max:
        text = f"{unflown} intents of the last {limits.ahead_s / 86_400:g} days were never flown"
        found.append(f"{text}, fewer than {limits.unflown_max}")
    found += _too_long(limits, brief, at_us)
    area = _area_m2(brief, limits.area_m2, whole)
    if area > limits.area_m2:
        found.append(f"{area / 1e6:.0f} km2, at most {limits.area_m2 / 1e6:.0f} km2")
    return tuple(found)


def _area_m2(brief: Brief, least_m2: float, whole: Callable[[], Intent | None]) -> float:
    """Return the area of all volumes; of the brief, where that is no more than some."""
    if brief.area_m2 <= least_m2:
        return brief.area_m2
    intent = whole()
    return 0.0 if intent is None else sum(area_m2(volume.shape) for volume in intent.volumes)


def _too_long(limits: Limits, brief: Brief, at_us: int) -> list[str]:
    from_us, to_us = brief.from_us, brief.to_us
    if to_us is None:
        return ["a window without an end"]
    found = []
    begins_us = at_us if from_us is None else from_us
    long_s = (to_us - begins_us) / MICROSECONDS_PER_SECOND
    if long_s > limits.longest_s:
        found.append(f"{long_s / 3_600:.1f} h long, at most {limits.longest_s / 3_600:g} h")
    ahead_s = (begins_us - at_us) / MICROSECONDS_PER_SECOND
    if ahead_s > limits.ahead_s:
        found.append(f"{ahead_s / 3_600:.1f} h ahead, at most {limits.ahead_s / 3_600:g} h")
    return found


def window_of(intent: Intent) -> tuple[int | None, int | None]:
    """Return when the first volume begins and the last one ends; None is open."""
    starts = [volume.from_us for volume in intent.volumes]
    ends = [volume.to_us for volume in intent.volumes]
    from_us = None if None in starts else min(s for s in starts if s is not None)
    to_us = None if None in ends else max(e for e in ends if e is not None)
    return from_us, to_us


def holds_of(limits: Limits, account: Account, intent: str, at_us: int) -> Holds:
    """Return what a party holds besides an intent, by its account as of an instant (`passed`)."""
    standing = len(account.standing) - (intent in account.standing)
    since = bisect.bisect_right(account.unflown_us, _since_us(limits, at_us))
    return Holds(standing=standing, unflown=len(account.unflown_us) - since)


def _since_us(limits: Limits, at_us: int) -> int:
    return at_us - round(limits.ahead_s * MICROSECONDS_PER_SECOND)


def holds_at(table: IntentTable, party: str, limits: Limits, intent: str, at_us: int) -> Holds:
    """Return what a party will hold besides an intent at an instant; the table is not changed.

    Only what is over by then is looked at, never all that stands.
    """
    account = table.parties.get(party, Account())
    now, since_us = holds_of(limits, account, intent, at_us), _since_us(limits, at_us)
    gone: set[str] = set()
    unflown = 0
    for to_us, name, version in sorted(_ended(account.ends, at_us)):
        held = table.held.get((party, name))
        counts = held is not None and held.version == version and name in account.standing
        if held is None or not counts or name in gone:
            continue
        gone.add(name)
        unflown += not held.flown and to_us > since_us
    return Holds(standing=now.standing - len(gone - {intent}), unflown=now.unflown + unflown)


def _ended(ends: list[tuple[int, str, int]], at_us: int) -> list[tuple[int, str, int]]:
    """Return what of a heap is over by an instant; what stands under one that is not is later."""
    found, places = [], [0]
    while places:
        place = places.pop()
        if place < len(ends) and ends[place][0] <= at_us:
            found.append(ends[place])
            places += (2 * place + 1, 2 * place + 2)
    return found


def passed(table: IntentTable, party: str, at_us: int, account: Account) -> Account:
    """Return a party's account, moved on to an instant: what is over then stands no more.

    An intent whose window passed, or was begun, without it ever being activated is unflown.
    """
    while account.ends and account.ends[0][0] <= at_us:
        to_us, name, version = heapq.heappop(account.ends)
        held = table.held.get((party, name))
        if held is None or held.version != version or name not in account.standing:
            continue
        account.standing.discard(name)
        if not held.flown:
            bisect.insort(account.unflown_us, to_us)
    return account
