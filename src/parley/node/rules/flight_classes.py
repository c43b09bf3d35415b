"""Which classes of aircraft a flight is of, by the word of its own party.

Rules: only the standing intents of the flight's own party count, by the flight's own name. What
nobody said is not known. No feed of ours says a kind of aircraft, by which one could be found.
"""

from __future__ import annotations

from typing import cast

from parley.node.rules.intent_record import intents_of
from parley.node.state import Scope, State
from parley.world.intent import IntentState

_VIEW = "flight classes"


def flight_classes(state: State, scope: Scope, party: str | None, flight: str) -> frozenset[str]:
    """Return the classes that a party's own standing intents name for a flight; mostly one.

    Several where it said one thing here and another there; none where it said nothing.
    """
    stamp = (len(scope.intents), len(scope.intent_changes))
    held = scope.index.views.get(_VIEW)
    if held is None or held[0] != stamp:
        found: dict[tuple[str, str], set[str]] = {}
        for view in intents_of(state, scope).values():
            if view.intent.aircraft_class and view.state is not IntentState.ENDED:
                name = (view.party, view.intent.flight)
                found.setdefault(name, set()).add(view.intent.aircraft_class)
        held = (stamp, found)
        scope.index.views[_VIEW] = held
    known = cast("dict[tuple[str, str], set[str]]", held[1])
    return frozenset(known.get((party or "", flight), ()))
