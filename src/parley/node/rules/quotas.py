"""What one party may put on another: a burst, then a rate, per peer and kind of log.

Rules:
- What is over the quota is not taken now; the peer is told how long to wait, and nothing is lost.
- One peer's flood never delays another's link: each has its own bucket and its own connection.
- A push with a DISTRESS message in it is taken whatever the quota says, once in a while.
"""

from __future__ import annotations

from parley.node.entries import LogKind
from parley.node.links import Bucket
from parley.node.state import State
from parley.world.norms import norms

DISTRESS_ENTRIES = 256
"""How far a push with a distress message may overdraw: one package, then the quota holds again."""
_MINUTE_US = 60_000_000


def take(
    state: State, peer: str, kind: LogKind, entries: int, size_bytes: int, *, now_us: int
) -> int:
    """Return 0 and take from the peer's quota, or how long to wait, microseconds, and take nothing.

    Args:
        state: the buckets are changed in place.
        peer: who sends.
        kind: into which kind of log.
        entries: how many.
        size_bytes: how long they are together.
        now_us: the time.
    """
    bucket = _filled(state, peer, kind, now_us)
    if bucket.entries_thousandths >= entries * 1000 and bucket.size_bytes >= size_bytes:
        bucket.entries_thousandths -= entries * 1000
        bucket.size_bytes -= size_bytes
        return 0
    return norms().quota.wait_s * 1_000_000


def overdraw(
    state: State, peer: str, kind: LogKind, entries: int, size_bytes: int, *, now_us: int
) -> bool:
    """Return whether a push with a distress message is taken beyond the quota, and take it."""
    bucket = _filled(state, peer, kind, now_us)
    if bucket.entries_thousandths < -DISTRESS_ENTRIES * 1000 or bucket.size_bytes < 0:
        return False
    bucket.entries_thousandths -= entries * 1000
    bucket.size_bytes -= size_bytes
    return True


def _limits(kind: LogKind) -> tuple[int, int]:
    table = norms().quota
    return {
        "line": (table.line_burst, table.line_per_min),
        "ops": (table.ops_burst, table.ops_per_min),
        "private": (table.private_burst, table.private_per_min),
    }[kind]


def _filled(state: State, peer: str, kind: LogKind, now_us: int) -> Bucket:
    table = norms().quota
    burst, per_min = _limits(kind)
    bucket = state.links.buckets.get((peer, kind))
    if bucket is None:
        bucket = Bucket(
            entries_thousandths=burst * 1000, size_bytes=table.bytes_burst, at_us=now_us
        )
        state.links.buckets[(peer, kind)] = bucket
    # A clock that was set back gives nothing and takes nothing.
    passed_us = max(0, now_us - bucket.at_us)
    more = passed_us * per_min * 1000 // _MINUTE_US
    bucket.entries_thousandths = min(burst * 1000, bucket.entries_thousandths + more)
    more_bytes = passed_us * table.bytes_per_min // _MINUTE_US
    bucket.size_bytes = min(table.bytes_burst, bucket.size_bytes + more_bytes)
    # What is too little to count yet is not lost by asking often.
    if more or now_us < bucket.at_us:
        bucket.at_us = now_us
    return bucket
