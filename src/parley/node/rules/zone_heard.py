"""Whether whose word of cold is leant on was heard of lately, and completely.

What does not live here: what a party said (`zone_acts`), what it means (`zone_agreed`).
"""

from __future__ import annotations

import bisect
from typing import cast

from parley.node.entries import LogOpened, log_name
from parley.node.rules.peering import link_state
from parley.node.state import Scope, State
from parley.world.faults import InputFault
from parley.world.norms import norms
from parley.world.units import MICROSECONDS_PER_SECOND


def lacking(state: State, scope: Scope, party: str, at_us: int) -> bool:
    """Whether a party's own entries tell of others of its that have not come here for too long.

    A link may be up and its owner's words of hot be held up all the same: by a slow bearer, by a
    fault, or by somebody. Each entry tells how long its writer's other logs then were. What a party
    has lost for good never comes: where a later log of its goes on from an earlier head, the rest
    is not waited for. What that rest said is nobody's word any more; its owner may say it again.
    """
    if party == state.party:
        return False
    limit_us = norms().line.link_up_within_s * MICROSECONDS_PER_SECOND
    for (writer, origin), tables in scope.index.seen.items():
        name = log_name(origin)
        # Of a private log only heads go out: its entries never come.
        if writer != party or name.party != party or name.kind == "private":
            continue
        held = scope.logs[origin].tree.size if origin in scope.logs else 0
        ends_at = _gone_on_from(scope, party, origin)
        if ends_at is not None and held >= ends_at:
            continue
        for sizes, since_us in tables.values():
            place = bisect.bisect_right(sizes, held)
            if place < len(sizes) and at_us - since_us[place] > limit_us:
                return True
    return False


def silent(state: State, party: str, limit_us: int, at_us: int) -> bool:
    """Whether a party whose confirmation is leant on was not heard for too long, or never."""
    if party == state.party:
        return False
    word, heard_us = link_state(state, party, at_us)
    return heard_us is None or word == "unknown" or at_us - heard_us > limit_us


def _gone_on_from(scope: Scope, party: str, origin: str) -> int | None:
    """Return how long a log is from which a later log of the same writer goes on, by that log."""
    known = scope.index.views.get("logs gone on")
    if known is None or known[0] != len(scope.opened):
        ends: dict[tuple[str, str], int] = {}
        for entry in scope.opened.values():
            after = entry.body.continues if isinstance(entry.body, LogOpened) else None
            if after is None:
                continue
            try:
                before = log_name(after.origin)
            except InputFault:
                continue
            name = entry.log
            later = (name.year, name.incarnation) > (before.year, before.incarnation)
            if later and (before.party, before.kind) == (name.party, name.kind):
                place = (name.party, after.origin)
                ends[place] = max(ends.get(place, 0), after.size)
        known = (len(scope.opened), ends)
        scope.index.views["logs gone on"] = known
    return cast("dict[tuple[str, str], int]", known[1]).get((party, origin))
