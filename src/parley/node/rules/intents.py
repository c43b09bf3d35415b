"""Operational intents: filed, changed, and their overlaps with those of other parties.

Rules: each party's intents stand in its own log; an overlap is a symmetric conflict that both sides
derive from the two logs. Nobody's intent is refused by another; a conflict is named, not hidden.
"""

from __future__ import annotations

from dataclasses import dataclass

from parley.detect.strategic import conflicts
from parley.node.documents import document_of, record_of
from parley.node.entries import AlertRaised, Draft, IntentChanged, IntentFiled
from parley.node.inputs import ChangeIntent, FileIntent
from parley.node.rules.agreements import adopted_agreement
from parley.node.state import Scope, State, key_of, order_of
from parley.world.faults import Fault, InputFault, nearest
from parley.world.intent import TRANSITIONS, Intent, IntentState, check_transition


@dataclass(frozen=True, slots=True)
class IntentView:
    """An intent as it stands: its newest version, its state, and the party that filed it."""

    intent: Intent
    state: IntentState
    party: str


def intents_of(scope: Scope) -> dict[tuple[str, str], IntentView]:
    """Return the intents under an agreement, by party and id; each only from its own log."""
    found: dict[tuple[str, str], IntentView] = {}
    for entry in sorted(scope.intents.values(), key=key_of):
        assert isinstance(entry.body, IntentFiled)
        try:
            intent = record_of(entry.body.intent, Intent)
        except Fault:
            continue
        if intent.party == entry.log.party:
            found[(entry.log.party, intent.id)] = IntentView(intent, intent.state, entry.log.party)
    for entry in sorted(scope.intent_changes.values(), key=order_of):
        assert isinstance(entry.body, IntentChanged)
        known = found.get((entry.log.party, entry.body.intent))
        new = IntentState(entry.body.state)
        if known is not None and (new is known.state or new in TRANSITIONS[known.state]):
            found[(entry.log.party, known.intent.id)] = IntentView(known.intent, new, known.party)
    return found


def file_intent(state: State, act: FileIntent) -> Draft:
    """Return the entry of an intent, with the conflicts that were known when it was filed.

    Raises:
        InputFault: not this party's own, or an id that has ended.
    """
    adopted_agreement(state, act.agreement)
    if act.intent.party != state.party:
        what = f"intent {act.intent.id} party"
        raise InputFault(what, value=act.intent.party, wanted=state.party)
    scope = state.scope(act.agreement)
    known = intents_of(scope).get((state.party, act.intent.id))
    if known is not None and known.state is IntentState.ENDED:
        raise InputFault(f"intent {act.intent.id}", value="ended", wanted="a new id")
    named = tuple(
        f"{view.party}/{view.intent.id}" for view in overlapping(scope, act.intent, state.party)
    )
    return Draft(
        agreement=act.agreement,
        by=act.post,
        body=IntentFiled(intent=document_of(act.intent), conflicts=named),
    )


def change_intent(state: State, act: ChangeIntent) -> Draft:
    """Return the entry that an own intent goes to another state.

    Raises:
        InputFault: no such intent, or a step that F3548 does not have.
    """
    known = intents_of(state.scope(adopted_agreement(state, act.agreement).id))
    view = known.get((state.party, act.intent))
    if view is None:
        close = nearest(act.intent, [name for _, name in known])
        raise InputFault(
            "intent", value=act.intent, wanted="an own intent",
            repair=f"did you mean {close!r}?" if close else "",
        )  # fmt: skip
    check_transition(view.state, act.state)
    return Draft(
        agreement=act.agreement,
        by=act.post,
        body=IntentChanged(intent=act.intent, state=act.state.value),
    )


def overlapping(scope: Scope, intent: Intent, party: str) -> list[IntentView]:
    """Return the intents of other parties that overlap this one in space, height and time."""
    return [
        view
        for _, view in sorted(intents_of(scope).items())
        if view.party != party
        and view.state is not IntentState.ENDED
        and conflicts(intent.volumes, view.intent.volumes)
    ]


def due(state: State) -> list[Draft]:
    """Return an alert for each overlap of an own intent that is not alerted yet."""
    drafts = []
    for name in sorted(state.scopes):
        scope = state.scopes[name]
        if state.agreement(name) is None or not scope.intents:
            continue
        drafts.extend(_due_under(state, scope))
    return drafts


def _due_under(state: State, scope: Scope) -> list[Draft]:
    raised = {
        e.body.key
        for e in scope.alerts.values()
        if isinstance(e.body, AlertRaised) and e.log.party == state.party
    }
    views = intents_of(scope)
    # Overlaps depend only on what is filed: checked again only when that has changed.
    mark = ("intents", scope.agreement_id)
    version = f"{len(scope.intents)}/{len(scope.intent_changes)}"
    watch = state.picture.watch(mark)
    if watch.state == version:
        return []
    watch.state = version
    drafts = []
    for (party, _), view in sorted(views.items()):
        if party != state.party or view.state is IntentState.ENDED:
            continue
        for other in overlapping(scope, view.intent, party):
            names = sorted(f"{v.party}/{v.intent.id}.{v.intent.version}" for v in (view, other))
            key = f"overlap:{':'.join(names)}"
            if key not in raised:
                drafts.append(_alert(scope, key, view, other))
    return drafts


def _alert(scope: Scope, key: str, view: IntentView, other: IntentView) -> Draft:
    body = AlertRaised(
        key=key,
        what="intent overlap",
        alert_class="coordinate",
        aircraft=tuple(sorted((view.intent.flight, other.intent.flight))),
        parties=tuple(sorted((view.party, other.party))),
        clause=None,
        binding=True,
        text=f"intent {view.intent.id} overlaps {other.party}'s {other.intent.id}",
        evaluator="strategic/1",
    )
    return Draft(agreement=scope.agreement_id, by="system", body=body)
