"""Alerts as they stand in the record: which are open, their class, how one ends.

Rule: only the party that raised an alert resolves it; another's word about it changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from parley.node.entries import Alert, AlertClass, AlertResolved, Draft, Entry
from parley.node.state import Key, Scope, State, key_of, rank_of
from parley.node.warning_bodies import ConflictRaised, ConflictRenewed
from parley.world.norms import norms


def open_alert(state: State, agreement: str, key: str) -> Key | None:
    """Return where this node's newest unresolved alert of that key stands, if there is one."""
    index = state.scope(agreement).index
    newest = index.newest_alert.get((state.party, key))
    return None if newest is None or (state.party, newest) in index.resolved else newest


def open_alerts(state: State) -> Iterator[tuple[Scope, Entry]]:
    """Yield all unresolved alerts held here, of every party, in the order they were raised."""
    for name in sorted(state.scopes):
        scope = state.scopes[name]
        found = scope.index.open_alerts.values()
        for entry in sorted(found, key=lambda e: (e.issued_us, key_of(e))):
            yield scope, entry


def standing(scope: Scope, key: Key) -> Entry:
    """Return what an alert is now: its newest renewal, or as it was raised; always of its party.

    Args:
        scope: of its agreement.
        key: where it was raised.
    """
    raised = scope.alerts[key]
    renewed = scope.warnings.renewed.get(key, {}).values()
    return max((raised, *(each for each in renewed if renews(raised, each))), key=rank_of)


def renews(raised: Entry, renewal: Entry) -> bool:
    """Whether a renewal is of the same conflict: its key, and the same two objects.

    Another pair under the names of the first would be read as the first. A formation is known by
    its own name: which of its members is the first changes. So may what a feed says of the party.
    """
    one, two = raised.body, renewal.body
    if not isinstance(one, ConflictRaised) or not isinstance(two, ConflictRenewed):
        return False
    return one.key == two.key and _objects(one) == _objects(two)


def _objects(body: ConflictRaised | ConflictRenewed) -> list[tuple[str, str]]:
    """Return the two objects as states name them, with the aircraft that stands for each."""
    return sorted(
        (state.aircraft, "" if state.members else aircraft)
        for state, aircraft in zip(body.states, body.aircraft, strict=False)
    )


def alert_class(loss_s: float) -> AlertClass:
    """Return the class of NORMS 6 by the time to loss."""
    if loss_s <= norms().alert.short_term_s:
        return "short-term"
    return "own move only" if loss_s <= norms().alert.chain_s else "coordinate"


def alert_key(draft: Draft) -> str:
    """Return the key of the alert that a draft raises or ends."""
    assert isinstance(draft.body, Alert | AlertResolved)
    return draft.body.key


def resolve(state: State, agreement: str, key: str, why: str) -> list[Draft]:
    """Return the end of this node's alert of that key, if one stands."""
    stands = open_alert(state, agreement, key)
    if stands is None:
        return []
    return [
        Draft(
            agreement=agreement,
            by="system",
            ref=(state.reference(stands),),
            body=AlertResolved(key=key, why=why),
        )
    ]
