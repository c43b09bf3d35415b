"""What a scope holds as plain values, and its digest: to compare the states of two nodes.

Equal logs give equal snapshots. What an entry says to some parties only is left out, and so is what
is held ahead of its log.
"""

from __future__ import annotations

import hashlib

import msgspec

from parley.node.entries import Entry
from parley.node.state import Key, Scope, Thread, key_of


def snapshot(scope: Scope) -> dict[str, object]:
    """Return everything a scope holds as plain sorted values; equal logs give equal snapshots.

    What an entry says to some parties only is left out: they hold more of it than the others. So is
    what is held ahead of its log.
    """
    with scope.ahead.lifted():
        return _snapshot(scope)


def _snapshot(scope: Scope) -> dict[str, object]:
    plain = msgspec.to_builtins
    found: dict[str, object] = {
        "logs": {
            origin: plain(log.head)
            for origin, log in sorted(scope.logs.items())
            if log.name.kind != "private"
        },
        "adopted": _keys(scope.adopted),
        "threads": {
            str(t.key): _thread_snapshot(t)
            for _, t in sorted(scope.threads.items())
            if t.key not in scope.narrow
        },
        "line_acts": _keys(scope.line_acts),
        "zone_acts": _keys(scope.zone_acts),
        "presence": _keys({str(name): acts for name, acts in scope.presence.items()}),
        "tables": {
            name: sorted(str(key) for key in getattr(scope, name) if key not in scope.narrow)
            for name in (
                "zones", "boundaries", "intents", "intent_changes", "alerts", "resolved",
                "recorded", "unreadable", "sealed",
            )
        },
    }  # fmt: skip
    if scope.rules.version > 1:
        found["narrow"] = sorted(map(str, scope.narrow))
        acts = {
            name: sorted(str(key) for key, e in table.items() if e.log.kind != "private")
            for name, table in sorted(scope.custody.items())
        }
        # What stands in a private log alone, the others do not even know to be missing.
        found["custody"] = {name: keys for name, keys in acts.items() if keys}
    if scope.rules.version > 2:
        found["line"] = scope.line.snapshot(frozenset(scope.narrow))
    if scope.rules.version > 3:
        found["terms"] = scope.terms.snapshot(frozenset(scope.narrow))
    if scope.rules.version > 4:
        found["warnings"] = scope.warnings.snapshot(frozenset(scope.narrow))
    return found


def _keys(table: dict[str, dict[Key, Entry]]) -> dict[str, list[str]]:
    return {name: sorted(map(str, acts)) for name, acts in sorted(table.items())}


def _thread_snapshot(thread: Thread) -> dict[str, object]:
    return {
        "said": thread.said is not None,
        "displayed": {party: key_of(e) for party, e in sorted(thread.displayed.items())},
        "answers": sorted(map(str, thread.answers)),
        "checks": {str(key): key_of(e) for key, e in sorted(thread.checks.items())},
        "overdue": {str(what): key_of(e) for what, e in sorted(thread.overdue.items())},
        "escalated": {str(what): key_of(e) for what, e in sorted(thread.escalated.items())},
    }


def digest(scope: Scope) -> str:
    """Return the SHA-256 (hex) of a scope's snapshot, to compare two nodes' states."""
    return hashlib.sha256(msgspec.json.encode(snapshot(scope), order="sorted")).hexdigest()
