"""Operational intents: filed, changed, and their overlaps with those of other parties.

Rules: each party's intents stand in its own log; an overlap is a symmetric conflict that both sides
derive from the two logs. Nobody's intent is refused by another; a conflict is named, not hidden.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import cast

from parley.detect.strategic import conflicts
from parley.node.agreement_inputs import MoveIntent
from parley.node.documents import document_of, record_of
from parley.node.entries import (
    AlertRaised,
    AlertResolved,
    Draft,
    Entry,
    IntentChanged,
    IntentFiled,
)
from parley.node.inputs import ChangeIntent, FileIntent
from parley.node.rules.agreements import adopted_agreement
from parley.node.state import Scope, State, key_of
from parley.world.faults import Fault, InputFault, nearest
from parley.world.intent import TRANSITIONS, Intent, IntentState, check_transition


@dataclass(frozen=True, slots=True)
class IntentView:
    """An intent as it stands: its newest version, its state, and the party that filed it."""

    intent: Intent
    state: IntentState
    party: str


def intents_of(scope: Scope) -> dict[tuple[str, str], IntentView]:
    """Return the intents under an agreement, by party and id; each only from its own log.

    The answer is shared: nobody may change it.
    """
    version = (len(scope.intents), len(scope.intent_changes))
    known = scope.index.views.get("intents")
    if known is not None and known[0] == version:
        return cast("dict[tuple[str, str], IntentView]", known[1])
    found: dict[tuple[str, str], IntentView] = {}
    for entry in sorted(scope.intents.values(), key=key_of):
        intent = _intent_of(scope, entry)
        if intent is not None and intent.party == entry.log.party:
            found[(entry.log.party, intent.id)] = IntentView(intent, intent.state, entry.log.party)
    for entry in sorted(scope.intent_changes.values(), key=key_of):
        assert isinstance(entry.body, IntentChanged)
        standing = found.get((entry.log.party, entry.body.intent))
        new = IntentState(entry.body.state)
        if standing is not None and (new is standing.state or new in TRANSITIONS[standing.state]):
            view = IntentView(standing.intent, new, standing.party)
            found[(entry.log.party, standing.intent.id)] = view
    scope.index.views["intents"] = (version, found)
    return found


def _intent_of(scope: Scope, entry: Entry) -> Intent | None:
    """Return a filed intent, read once; None if it is none."""
    assert isinstance(entry.body, IntentFiled)
    key = key_of(entry)
    if key not in scope.index.intents:
        try:
            scope.index.intents[key] = record_of(entry.body.intent, Intent)
        except Fault:
            scope.index.intents[key] = None
    return scope.index.intents[key]


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


def move_intent(state: State, event: MoveIntent, now_us: int) -> Draft:
    """Return the entry of an own intent's next version: delayed, extended, climbed or shifted."""
    del state, now_us
    raise InputFault(type(event).__name__, wanted="not built yet")


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
    """Return an alert for each overlap of an own intent that is not alerted yet, and its end."""
    drafts = []
    for name in sorted(state.scopes):
        scope = state.scopes[name]
        if state.agreement(name) is None or not scope.intents:
            continue
        drafts.extend(_due_under(state, scope))
    return drafts


def _due_under(state: State, scope: Scope) -> list[Draft]:
    # Overlaps depend only on what is filed: looked at again only when that has changed, and then
    # only where one of the two is new.
    watch = state.picture.watch(("intents", scope.agreement_id, ""))
    version = f"{len(scope.intents)}/{len(scope.intent_changes)}"
    if watch.state == version:
        return []
    views = intents_of(scope)
    drafts = [*_overlaps(state, scope, views, watch.hits), *_ended(state, scope, views)]
    if not drafts:
        # Only now: what could not be stored is drafted again.
        watch.state, watch.hits = version, len(scope.intents)
    return drafts


def _overlaps(
    state: State, scope: Scope, views: dict[tuple[str, str], IntentView], looked: int
) -> list[Draft]:
    filed = itertools.islice(scope.intents.values(), looked, None)
    read = ((entry.log.party, _intent_of(scope, entry)) for entry in filed)
    new = {(party, intent.id) for party, intent in read if intent is not None}
    own = [v for _, v in sorted(views.items()) if v.party == state.party and _stands(v)]
    drafts = []
    for view in own:
        mine = (view.party, view.intent.id)
        others = views if mine in new else {name: views[name] for name in new if name in views}
        for _, other in sorted(others.items()):
            key = _key(view, other)
            if (
                other.party != state.party
                and _stands(other)
                and (state.party, key) not in scope.index.newest_alert
                and conflicts(view.intent.volumes, other.intent.volumes)
            ):
                drafts.append(_alert(scope, key, view, other))
    return drafts


def _stands(view: IntentView) -> bool:
    return view.state is not IntentState.ENDED


def _key(one: IntentView, other: IntentView) -> str:
    return f"overlap:{':'.join(sorted((_name(one), _name(other))))}"


def _name(view: IntentView) -> str:
    return f"{view.party}/{view.intent.id}.{view.intent.version}".replace(":", "%3A")


def _ended(state: State, scope: Scope, views: dict[tuple[str, str], IntentView]) -> list[Draft]:
    """Return the end of own overlap alerts of which an intent has ended or has a new version."""
    standing = {_name(v) for v in views.values() if _stands(v)}
    drafts = []
    for key, entry in sorted(scope.index.open_alerts.items()):
        body = entry.body
        own = entry.log.party == state.party and isinstance(body, AlertRaised)
        if not own or not isinstance(body, AlertRaised) or body.what != "intent overlap":
            continue
        if not set(body.key.removeprefix("overlap:").split(":")) <= standing:
            drafts.append(
                Draft(
                    agreement=scope.agreement_id,
                    by="system",
                    ref=(state.reference(key),),
                    body=AlertResolved(key=body.key, why="an intent ended or was changed"),
                )
            )
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
