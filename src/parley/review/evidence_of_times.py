"""What logs say of times: whether an entry was held back, how far clocks and logs are known.

A writer opens a new log whenever it likes, and dates the first entry in it as it likes. What bounds
it is what others wrote meanwhile: whose log still says that it lacks the entry, long after the
time that the entry claims, had not got it then. Rules:

- The claimed time holds unless somebody's log says so: a link that was down alone proves nothing
  against anybody, but neither does the entry prove its time.
- The party that shows it first counts; nobody can make an entry late that another had in time.

What does not live here: what follows for a verdict (`verdict_parts.unsure`).
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Mapping

from parley.node.custody_bodies import ClockMeasured
from parley.node.entries import Entry
from parley.node.line_bodies import LinkObserved
from parley.node.state import Key, Scope, State, key_of, rank_of, written_us
from parley.review.verdict_evidence import Held, Later
from parley.world.norms import class_norms, norms
from parley.world.time import US_MAX

Times = Mapping[str, list[tuple[int, int]]]
"""By log, the index and the time of its entries, in order."""


def shown_later(scope: Scope, entry: Entry, times: Times, holder: str) -> Later | None:
    """Return since when others show an entry, where that is much later than it claims; else None.

    Args:
        scope: the record of the agreement.
        entry: whose time it is.
        times: of the entries of every log.
        holder: who judges: where nobody's log shows the entry, its own log says what it lacked.
    """
    key, writer, claimed_us = key_of(entry), entry.log.party, written_us(entry)
    parties = sorted({log.name.party for log in scope.logs.values()} - {writer})
    held = {party: scope.index.held_since_us(party, key) for party in parties}
    known = [(us, party) for party, us in held.items() if us is not None]
    if known:
        since_us, party = min(known)
    elif parties:
        since_us, party = US_MAX, holder if holder in held else parties[0]
    else:
        return None
    lacked_us = _lacked_us(scope, times, party, since_us)
    if lacked_us is None or lacked_us <= claimed_us + _usual_us():
        return None
    return Later(by=party, lacked_us=lacked_us, since_us=since_us if known else None)


def latest(found: Iterable[Later | None]) -> Later | None:
    """Return of several entries that must all be there the one that is shown last."""
    return max(
        (each for each in found if each is not None),
        key=lambda each: US_MAX if each.since_us is None else each.since_us,
        default=None,
    )


def _lacked_us(scope: Scope, times: Times, party: str, since_us: int) -> int | None:
    """Return the last time that a party wrote something before its log shows the entry."""
    found = []
    for origin, written in times.items():
        log = scope.logs.get(origin)
        if log is not None and log.name.party == party:
            place = bisect.bisect_left(written, since_us, key=lambda each: each[1])
            found += [written[place - 1][1]] if place else []
    return max(found, default=None)


def _usual_us() -> int:
    """Return what two clocks and the slowest storing of a message make of any entry."""
    return round((norms().clock.alarm_s + class_norms("ROUTINE").stored_s) * 1_000_000)


def held_of(
    state: State, scope: Scope, given: Mapping[str, Held], newest: Mapping[str, int]
) -> dict[str, Held]:
    """Return for each other party until when its logs are held, where not to the end."""
    agreement = state.agreement(scope.agreement_id)
    found: dict[str, Held] = {}
    for party in (p.id for p in agreement.parties) if agreement is not None else ():
        if party == state.party:
            continue
        if party in given:
            found[party] = given[party]
            continue
        newest_us = newest.get(party)
        links = scope.line.links.get((state.party, party), {}).values()
        last = max(links, key=rank_of, default=None)
        if newest_us is None:
            found[party] = Held(until_us=None, because="nothing of it ever came")
        elif last is None:
            # Before version 3 nobody wrote down how a link was.
            found[party] = Held(until_us=newest_us, because="how its link was is not written")
        elif isinstance(last.body, LinkObserved) and last.body.link == "down":
            until_us = max(newest_us, last.body.since_us)
            found[party] = Held(until_us=until_us, because="its link is down since then")
    return found


def clock_doubt_us(scope: Scope, one: str, two: str) -> int:
    """Return by how much two clocks may differ: the most either measured, else as alarmed."""
    least_us = round(norms().clock.alarm_s * 1_000_000)
    for by, of in ((one, two), (two, one)):
        for entry in scope.acts_of("clock.measured", by).values():
            if isinstance(entry.body, ClockMeasured) and entry.body.party == of:
                least_us = max(least_us, abs(entry.body.offset_us) + entry.body.within_us)
    return least_us


def acts_mark(state: State, names: Iterable[str]) -> object:
    """Return what changes with each act on an agreement: whether one came in between."""
    return tuple(
        (
            name,
            tuple(sum(map(len, table.values())) for table in (
                scope.adopted, scope.line_acts, scope.terms.renewed, scope.terms.signed,
            )),
            len(scope.terms.proposed), len(scope.terms.declared),
        )
        for name in names
        for scope in (state.scope(name),)
    )  # fmt: skip


def logs_mark(state: State, names: Iterable[str]) -> object:
    """Return what changes with each entry under some agreements."""
    return tuple(
        (name, sum(log.tree.size for log in scope.logs.values()), len(scope.sealed))
        for name in names
        for scope in (state.scope(name),)
    )


def cite_of(key: Key) -> str:
    """Return where an entry stands, as verdicts cite it."""
    return f"{key[0]} {key[1]}"
