"""Operational intents: filed, moved, changed, checked before they are filed, and alerted.

Rules: each party's intents stand in its own log, and nobody keeps a register; an overlap is a
symmetric conflict that both sides derive from the two logs (`overlaps`). Nobody's intent is
refused because of another's: a conflict is named, not hidden. Refused is another party's name, an
id that has ended, a version that does not count up, what is over the party's own limits, bad
volumes, and fewer addressees than before.
"""

from __future__ import annotations

import msgspec

from parley.node.agreement_inputs import MoveIntent
from parley.node.documents import document_of, record_of
from parley.node.entries import Draft, IntentChanged, IntentFiled
from parley.node.inputs import ChangeIntent, FileIntent
from parley.node.intent_brief import brief_of
from parley.node.intent_table import Held, IntentTable
from parley.node.rules import overlaps
from parley.node.rules.agreements import adopted_agreement, check_own_post
from parley.node.rules.free_moves import Moves, free_moves
from parley.node.rules.intent_limits import holds_at, limits_of, over_limit
from parley.node.rules.intent_record import (
    INTENT_RULES,
    IntentView,
    intent_of,
    intents_of,
    read_intents,
)
from parley.node.rules.overlaps import Conflict, against_others, conflict_between, met_by
from parley.node.rules.pressure import pressure_at
from parley.node.state import Scope, State
from parley.world.agreement import Agreement
from parley.world.faults import InputFault, nearest
from parley.world.intent import TRANSITIONS, Intent, IntentState, check_transition
from parley.world.moves import moved_intent

__all__ = ["IntentView", "intents_of"]


class Checked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What would become of an intent if it were filed now; nothing is filed.

    `refused`: why it could not be filed at all. `conflicts`: with intents of other parties that are
    held here. `moves`: the nearest free time, level and place, where there are conflicts.
    """

    intent: str
    version: int
    refused: str
    conflicts: tuple[Conflict, ...]
    moves: Moves | None
    tests: int


def file_intent(state: State, act: FileIntent, now_us: int) -> Draft:
    """Return the entry of an intent, with the conflicts that were known when it was filed.

    Raises:
        InputFault: not this party's own, an id that has ended; under rules version 4 and later also
            a version that does not count up, a limit, fewer addressees, or too many to compare.
    """
    agreement = adopted_agreement(state, act.agreement)
    scope = state.scope(act.agreement)
    _check_filed(state, scope, agreement, act, now_us)
    audience = _audience(state, scope, agreement, act)
    named = tuple(
        f"{held.party}/{held.id}"
        for held in met_by(state, scope, act.intent, now_us)
        if _may_be_named(audience, held.audience)
    )
    return Draft(
        agreement=act.agreement,
        by=act.post,
        body=IntentFiled(intent=document_of(act.intent), conflicts=named),
        audience=audience,
    )


def _may_be_named(audience: tuple[str, ...] | None, of_other: tuple[str, ...] | None) -> bool:
    """Return whether everybody who may hold an intent may hold another too."""
    return of_other is None or (audience is not None and set(audience) <= set(of_other))


def _check_filed(
    state: State, scope: Scope, agreement: Agreement, act: FileIntent, now_us: int
) -> None:
    intent = act.intent
    if intent.party != state.party:
        what = f"intent {intent.id} party"
        raise InputFault(what, value=intent.party, wanted=state.party)
    table = read_intents(state, scope)
    known = table.held.get((state.party, intent.id))
    if known is not None and known.state is IntentState.ENDED:
        raise InputFault(f"intent {intent.id}", value="ended", wanted="a new id")
    if scope.rules.version < INTENT_RULES:
        return
    check_own_post(agreement, state.party, act.post)
    document = document_of(intent)
    brief = brief_of(document)
    if brief is None or brief.party != state.party:
        raise InputFault(f"intent {intent.id}", wanted="an intent that can be read again")
    if known is not None:
        _check_version(intent, known)
    limits = limits_of(agreement, state.party)
    why = over_limit(
        limits,
        holds_at(table, state.party, limits, intent.id, now_us),
        brief,
        now_us,
        lambda: record_of(document, Intent),
    )
    if why:
        clause = limits.clause
        raise InputFault(
            f"intent {intent.id}",
            value="; ".join(why),
            wanted=f"within the limits of {f'clause {clause}' if clause else 'the norms'}",
        )


def _check_version(intent: Intent, known: Held) -> None:
    if intent.version <= known.version:
        wanted = f"above {known.version}, the version that stands"
        raise InputFault(f"intent {intent.id} version", value=intent.version, wanted=wanted)
    kept = intent.state in (known.state, IntentState.ACCEPTED)
    if not kept and intent.state not in TRANSITIONS[known.state]:
        check_transition(known.state, intent.state)


def _audience(
    state: State, scope: Scope, agreement: Agreement, act: FileIntent
) -> tuple[str, ...] | None:
    """Return who may hold the volumes: every party, or the addressees alone.

    Raises:
        InputFault: addressees that are no parties, or fewer than of the version before: whoever
            then held the old one would believe that it stands.
    """
    known = read_intents(state, scope).held.get((state.party, act.intent.id))
    before = known.audience if known is not None else ()
    if not act.addressees:
        return None if known is None else before
    if not scope.rules.sealed:
        wanted = "an agreement of rules version 2 or later: its payloads are sealed"
        raise InputFault("intent addressees", value=", ".join(act.addressees), wanted=wanted)
    parties = [party.id for party in agreement.parties]
    for name in act.addressees:
        if name not in parties or name == state.party:
            others = ", ".join(p for p in parties if p != state.party)
            raise InputFault("intent addressee", value=name, wanted=f"one of {others}")
    audience = tuple(sorted({state.party, *act.addressees}))
    if known is not None and (before is None or not set(before) <= set(audience)):
        held_by = ", ".join(before) if before else "everybody"
        raise InputFault(
            f"intent {act.intent.id} addressees",
            value=", ".join(act.addressees),
            wanted=f"all who have the version before: {held_by}",
            repair="end it, and file a new one",
        )
    return audience


def change_intent(state: State, act: ChangeIntent) -> Draft:
    """Return the entry that an own intent goes to another state.

    Raises:
        InputFault: no such intent, or a step that F3548 does not have.
    """
    agreement = adopted_agreement(state, act.agreement)
    scope = state.scope(agreement.id)
    if scope.rules.version >= INTENT_RULES:
        check_own_post(agreement, state.party, act.post)
    held = _own(state, read_intents(state, scope), act.intent)
    check_transition(held.state, act.state)
    return Draft(
        agreement=act.agreement,
        by=act.post,
        body=IntentChanged(intent=act.intent, state=act.state.value),
        audience=held.audience,
    )


def _own(state: State, table: IntentTable, name: str) -> Held:
    held = table.held.get((state.party, name))
    if held is None:
        close = nearest(name, [known for party, known in table.held if party == state.party])
        raise InputFault(
            "intent", value=name, wanted="an own intent",
            repair=f"did you mean {close!r}?" if close else "",
        )  # fmt: skip
    return held


def move_intent(state: State, event: MoveIntent, now_us: int) -> Draft:
    """Return the entry of an own intent's next version: delayed, extended, climbed or shifted.

    Raises:
        InputFault: no such intent, one that has ended, rules before version 4, or a move that
            cannot be.
    """
    agreement = adopted_agreement(state, event.agreement)
    scope = state.scope(agreement.id)
    if scope.rules.version < INTENT_RULES:
        wanted = f"an agreement that pins rules version {INTENT_RULES}"
        raise InputFault("intent move", value=f"under version {scope.rules.version}", wanted=wanted)
    moved = moved_version(state, scope, event)
    act = FileIntent(agreement=event.agreement, post=event.post, intent=moved)
    return file_intent(state, act, now_us)


def moved_version(state: State, scope: Scope, event: MoveIntent) -> Intent:
    """Return the next version of an own intent, moved, in the state that it is in.

    Raises:
        InputFault: as in `move_intent`.
    """
    held = _own(state, read_intents(state, scope), event.intent)
    intent = intent_of(scope, held.key)
    if intent is None or held.state is IntentState.ENDED:
        raise InputFault(f"intent {event.intent}", value="ended", wanted="one that stands")
    moved = moved_intent(
        intent,
        delay_s=event.delay_s,
        extend_s=event.extend_s,
        climb_m=event.climb_m,
        north_m=event.north_m,
        east_m=event.east_m,
    )
    return msgspec.structs.replace(moved, state=held.state)


def check_intent(state: State, act: FileIntent, now_us: int) -> Checked:
    """Return what an intent would meet if it were filed now; nothing is filed.

    Raises:
        InputFault: no such agreement, or it cannot be compared with everything that stands.
    """
    agreement = adopted_agreement(state, act.agreement)
    scope, refused = state.scope(act.agreement), ""
    try:
        _check_filed(state, scope, agreement, act, now_us)
        audience = _audience(state, scope, agreement, act)
    except InputFault as fault:
        refused, audience = str(fault), None
    intent = act.intent
    own = IntentView(intent, intent.state, state.party, audience)
    found, tests = against_others(state, scope, intent, now_us)
    conflicts = tuple(
        conflict_between(
            state,
            scope,
            own,
            IntentView(other, held.state, held.party, held.audience, held.over_limit),
            common,
        )
        for held, other, common in found
    )
    moves = None
    if conflicts:
        pressure = pressure_at(state, scope.agreement_id, now_us)
        moves = free_moves(state, scope, intent, now_us=now_us, pressure=pressure)
    return Checked(
        intent=intent.id,
        version=intent.version,
        refused=refused,
        conflicts=conflicts,
        moves=moves,
        tests=tests,
    )


def due(state: State, now_us: int) -> list[Draft]:
    """Return an alert for each overlap of an own intent that is not alerted yet, and its end."""
    drafts = []
    for name in sorted(state.scopes):
        scope = state.scopes[name]
        if state.agreement(name) is None or not scope.intents:
            continue
        drafts.extend(overlaps.due(state, scope, now_us))
    return drafts
