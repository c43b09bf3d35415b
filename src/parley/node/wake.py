"""When time alone will next make a node do something: an entry, a heartbeat, a push, a cosignature.

A loop that turns a node at these instants, and whenever an input comes, writes and sends what a
loop that ticks each second would, and never later; `tests/sim/test_wake.py` holds the two against
each other. Looking too early does no harm: what is due is decided by the rules alone.

What does not live here: what is then done (`step`); rules that only an entry or a frame can wake.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from parley.node.entries import Alert
from parley.node.picture import STALE_US
from parley.node.rules import (
    conformance,
    distribution,
    hotline,
    line_tests,
    lines,
    texts,
    zone_duties,
)
from parley.node.rules.custody import REFUSALS_EVERY_US, holds_of
from parley.node.rules.mirroring import COSIGN_AGAIN_US
from parley.node.rules.pushing import PUSH_AGAIN_US
from parley.node.state import State
from parley.world.norms import norms
from parley.world.time import datetime_from_us, microseconds_from_datetime


def next_turn_us(state: State, now_us: int) -> int:
    """Return the next instant at which time alone may make something due, after a turn at now.

    What was due by now has been done by that turn, or cannot be: only later instants count.
    """
    return min(instant_us for instant_us in _instants(state, now_us) if instant_us > now_us)


def _instants(state: State, now_us: int) -> Iterator[int]:
    yield _next_year_us(now_us)
    message_us = hotline.next_due_us(state, now_us)
    if message_us is not None:
        yield message_us
    text_us = texts.next_due_us(state, now_us)
    if text_us is not None:
        yield text_us
    yield from _aircraft(state, now_us)
    yield from _custody(state)
    yield from _sessions(state, now_us)
    tests_us = line_tests.rests_until_us(state, now_us)
    yield from line_tests.next_due_us(state, now_us) if tests_us is None else (tests_us,)
    yield from lines.next_due_us(state, now_us)
    yield from distribution.next_due_us(state, now_us)
    yield from zone_duties.next_due_us(state, now_us)
    yield from conformance.next_due_us(state, now_us)


def _next_year_us(now_us: int) -> int:
    """Return when the logs of the next year are opened, and those of this one closed."""
    year = datetime_from_us(now_us).year
    return microseconds_from_datetime(datetime(year + 1, 1, 1, tzinfo=UTC))


def _aircraft(state: State, now_us: int) -> Iterator[int]:
    """Yield when the aircraft of own alerts will not have been heard for too long."""
    picture = state.picture
    watched_us = picture.watched_from_us
    for scope in state.scopes.values():
        for entry in scope.index.watched.get(state.party, {}).values():
            if not isinstance(entry.body, Alert):
                continue
            since_us = max(entry.issued_us, now_us if watched_us is None else watched_us)
            heard_us = min(
                picture.aircraft[name].received_us if name in picture.aircraft else since_us
                for name in entry.body.aircraft
            )
            yield max(since_us, heard_us) + STALE_US + 1


def _custody(state: State) -> Iterator[int]:
    """Yield when refusals, clocks and expired payloads are looked at again."""
    links = state.links
    for name in links.unlogged:
        yield links.logged_us.get(name, 0) + REFUSALS_EVERY_US
    for _, look_us in links.clock_looked.values():
        yield look_us
    for scope in state.scopes.values():
        if scope.index.expiring and not holds_of(state, scope):
            yield from (until_us + 1 for until_us, _ in scope.index.expiring)


def _sessions(state: State, now_us: int) -> Iterator[int]:
    """Yield when heartbeats, cosignatures and what was held back are due to each peer."""
    every_us = norms().line.heartbeat_every_s * 1_000_000
    for session in state.links.sessions.values():
        if not session.proven:
            continue
        yield (session.heads_sent_us[-1] if session.heads_sent_us else now_us) + every_us
        for cosigned_us in session.cosigned_us.values():
            yield cosigned_us + COSIGN_AGAIN_US
        yield from session.held_back_us.values()
        for express in session.express.values():
            yield from (sent_us + PUSH_AGAIN_US for sent_us in express.sent_us.values())
